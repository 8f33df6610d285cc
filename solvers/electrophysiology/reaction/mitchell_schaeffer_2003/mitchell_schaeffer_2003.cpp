// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/mitchell_schaeffer_2003/mitchell_schaeffer_2003.hpp"

#include "solvers/electrophysiology/reaction/mitchell_schaeffer_2003/rows.hpp"

namespace ot::ep::ms03 {

void step_baseline(const KernelBlock& block);
void step_avx2(const KernelBlock& block);
void step_avx512(const KernelBlock& block);

namespace {

constexpr double tau_in = 0.3;  // ms, Mitchell and Schaeffer 2003, section 3

KernelStep kernel(const std::string& set) {
  if (set == "baseline") return &step_baseline;
#ifdef OT_X86_KERNELS
  if (set == "avx2") return &step_avx2;
  if (set == "avx512") return &step_avx512;
#endif
  return nullptr;
}

std::vector<double> parameters(CellType, const ChannelScales& scale) { return {scale.g_Na / tau_in}; }

std::vector<double> initial(CellType) { return {-80.0, 1.0}; }  // v = 0, h = 1: the resting state

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily ms;
    ms.key = "mitchell_schaeffer_2003";
    ms.states = state_rows;
    ms.params = param_rows;
    ms.scales = {"g_Na"};
    ms.stimulus_mV_per_ms = 20;  // 0.2 /ms on v, 1 ms: four times the threshold
    ms.stimulus_ms = 1;
    ms.parameters = &parameters;
    ms.initial = &initial;
    ms.kernel = &kernel;
    return ms;
  }();
  return f;
}

IonicModel model() {
  IonicModel m;
  m.key = family().key;
  m.name = "Mitchell-Schaeffer 2003";
  m.summary = "Two-variable ventricular cell: fronts and durations, no ion concentrations";
  m.source = "Mitchell, Schaeffer 2003, Bull Math Biol 65:767, doi:10.1016/S0092-8240(03)00041-7";
  m.family = &family();
  m.states = {{"V", "mV"}, {"h", "1"}};
  m.parameters = {{"tau_in", "time scale of the inward current", "ms", tau_in, m.source},
                  {"tau_out", "time scale of the outward current", "ms", 6.0, m.source},
                  {"tau_open", "recovery of the gate", "ms", 120.0, m.source},
                  {"tau_close", "closing of the gate", "ms", 150.0, m.source},
                  {"v_gate", "potential at which the gate turns", "1", 0.13, m.source}};
  return m;
}

}  // namespace ot::ep::ms03

std::vector<ot::ep::IonicModel> ot::ep::mitchell_schaeffer_2003_models() { return {ms03::model()}; }
