// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/aliev_panfilov_1996/aliev_panfilov_1996.hpp"

#include "solvers/electrophysiology/reaction/aliev_panfilov_1996/rows.hpp"

namespace ot::ep::ap96 {

void step_baseline(const KernelBlock& block);
void step_avx2(const KernelBlock& block);
void step_avx512(const KernelBlock& block);

namespace {

KernelStep kernel(const std::string& set) {
  if (set == "baseline") return &step_baseline;
#ifdef OT_X86_KERNELS
  if (set == "avx2") return &step_avx2;
  if (set == "avx512") return &step_avx512;
#endif
  return nullptr;
}

std::vector<double> parameters(CellType, const ChannelScales& scale) { return {scale.g_Na}; }

std::vector<double> initial(CellType) { return {-80.0, 0.0}; }  // u = v = 0: the resting state

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily ap;
    ap.key = "aliev_panfilov_1996";
    ap.states = state_rows;
    ap.params = param_rows;
    ap.scales = {"g_Na"};
    ap.stimulus_mV_per_ms = 20;  // 2 ms lift u by 0.4: more than twice the threshold a = 0.15
    ap.stimulus_ms = 2;
    ap.parameters = &parameters;
    ap.initial = &initial;
    ap.kernel = &kernel;
    return ap;
  }();
  return f;
}

IonicModel model() {
  IonicModel m;
  m.key = family().key;
  m.name = "Aliev-Panfilov 1996";
  m.summary = "Two-variable cell with restitution, scaled to mV and ms; no ion concentrations";
  m.source = "Aliev, Panfilov 1996, Chaos Solitons Fractals 7:293, doi:10.1016/0960-0779(95)00089-5";
  m.family = &family();
  m.states = {{"V", "mV"}, {"v", "1"}};
  m.parameters = {{"k", "strength of the cubic current", "1", 8.0, m.source},
                  {"a", "threshold", "1", 0.15, m.source},
                  {"eps0", "recovery rate", "1", 0.002, m.source},
                  {"mu1", "growth of the recovery rate with v", "1", 0.2, m.source},
                  {"mu2", "its fall with u", "1", 0.3, m.source}};
  return m;
}

}  // namespace ot::ep::ap96

std::vector<ot::ep::IonicModel> ot::ep::aliev_panfilov_1996_models() { return {ap96::model()}; }
