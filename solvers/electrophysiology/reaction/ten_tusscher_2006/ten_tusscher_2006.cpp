// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/ten_tusscher_2006/ten_tusscher_2006.hpp"

#include "solvers/electrophysiology/reaction/ten_tusscher_2006/rows.hpp"

namespace ot::ep::tt06 {

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

std::vector<double> parameters(CellType type, const ChannelScales& scale) {
  std::vector<double> p(param_rows);
  p[row_gNa] = 14.838 * scale.g_Na;
  p[row_gCaL] = 0.0398 * scale.g_CaL;
  p[row_gKr] = 0.153 * scale.g_Kr;
  p[row_gKs] = (type == CellType::mid ? 0.098 : 0.392) * scale.g_Ks;
  p[row_gK1] = 5.405 * scale.g_K1;
  p[row_gto] = (type == CellType::endo ? 0.073 : 0.294) * scale.g_to;
  p[row_endo] = type == CellType::endo ? 1.0 : 0.0;
  p[row_NaK] = 2.724 * scale.g_NaK;
  p[row_NaCa] = 1000.0 * scale.g_NaCa;
  p[row_gpCa] = 0.1238 * scale.g_pCa;
  p[row_gpK] = 0.0146 * scale.g_pK;
  p[row_gbNa] = 0.00029 * scale.g_bNa;
  p[row_gbCa] = 0.000592 * scale.g_bCa;
  p[row_up] = 0.006375 * scale.J_up;
  p[row_rel] = 0.102 * scale.J_rel;
  p[row_leak] = 0.00036 * scale.J_leak;
  return p;
}

// Niederer et al. 2011, table 2 (the published initial state of the epicardial cell); used for all three cell types.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + state_rows);
  y[0] = -85.23;
  double* const x = y.data() + 1;
  x[row_Cai] = 0.000126;
  x[row_CaSR] = 3.64;
  x[row_CaSS] = 0.00036;
  x[row_Nai] = 8.604;
  x[row_Ki] = 136.89;
  x[row_m] = 0.00172;
  x[row_h] = 0.7444;
  x[row_j] = 0.7045;
  x[row_xr1] = 0.00621;
  x[row_xr2] = 0.4712;
  x[row_xs] = 0.0095;
  x[row_r] = 2.42e-8;
  x[row_s] = 0.999998;
  x[row_d] = 3.373e-5;
  x[row_f] = 0.7888;
  x[row_f2] = 0.9755;
  x[row_fcass] = 0.9953;
  x[row_R] = 0.9073;
  return y;
}

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily tt;
    tt.key = "ten_tusscher_panfilov_2006";
    tt.states = state_rows;
    tt.params = param_rows;
    tt.sodium = {row_m, row_h, row_j, row_gNa};
    tt.cai = row_Cai;
    tt.scales = {"g_Na", "g_CaL", "g_Kr", "g_Ks", "g_K1", "g_to", "g_NaCa", "g_NaK", "g_pCa", "g_pK", "g_bNa", "g_bCa", "J_up", "J_rel", "J_leak"};
    tt.stimulus_mV_per_ms = 52;  // the stimulus of the published model description, 1 ms
    tt.stimulus_ms = 1;
    tt.parameters = &parameters;
    tt.initial = &initial;
    tt.kernel = &kernel;
    return tt;
  }();
  return f;
}

IonicModel model(CellType type) {
  static const char* const suffix[] = {"epi", "mid", "endo"};
  static const char* const words[] = {"epicardial", "mid-myocardial", "endocardial"};
  IonicModel m;
  m.key = family().key + "_" + suffix[int(type)];
  m.name = std::string("ten Tusscher-Panfilov 2006, ") + words[int(type)];
  m.summary = "Human ventricular cell with calcium handling, 19 variables";
  m.source = "ten Tusscher, Panfilov 2006, Am J Physiol Heart Circ Physiol 291:H1088, doi:10.1152/ajpheart.00109.2006";
  m.family = &family();
  m.cell_type = type;
  m.states = {{"V", "mV"}, {"Cai", "mM"}, {"CaSR", "mM"}, {"CaSS", "mM"}, {"Nai", "mM"}, {"Ki", "mM"}, {"m", "1"},
              {"h", "1"},  {"j", "1"},    {"xr1", "1"},   {"xr2", "1"},   {"xs", "1"},   {"r", "1"},   {"s", "1"},
              {"d", "1"},  {"f", "1"},    {"f2", "1"},    {"fCaSS", "1"}, {"R", "1"}};
  const std::vector<double> p = parameters(type, {});
  m.parameters = {{"gNa", "fast sodium conductance", "mS/uF", p[row_gNa], m.source},
                  {"gCaL", "L-type calcium permeability", "L/F/s", p[row_gCaL], m.source},
                  {"gKr", "rapid delayed rectifier conductance", "mS/uF", p[row_gKr], m.source},
                  {"gKs", "slow delayed rectifier conductance", "mS/uF", p[row_gKs], m.source},
                  {"gK1", "inward rectifier conductance", "mS/uF", p[row_gK1], m.source},
                  {"gto", "transient outward conductance", "mS/uF", p[row_gto], m.source},
                  {"PNaK", "largest current of the sodium-potassium pump", "uA/uF", p[row_NaK], m.source},
                  {"kNaCa", "largest current of the sodium-calcium exchanger", "uA/uF", p[row_NaCa], m.source},
                  {"gpCa", "calcium pump of the membrane", "uA/uF", p[row_gpCa], m.source},
                  {"gpK", "plateau potassium conductance", "mS/uF", p[row_gpK], m.source},
                  {"gbNa", "background sodium conductance", "mS/uF", p[row_gbNa], m.source},
                  {"gbCa", "background calcium conductance", "mS/uF", p[row_gbCa], m.source},
                  {"Vmaxup", "largest uptake into the sarcoplasmic reticulum (SERCA)", "mM/ms", p[row_up], m.source},
                  {"Vrel", "release from the sarcoplasmic reticulum", "1/ms", p[row_rel], m.source},
                  {"Vleak", "leak from the sarcoplasmic reticulum", "1/ms", p[row_leak], m.source}};
  return m;
}

}  // namespace ot::ep::tt06

std::vector<ot::ep::IonicModel> ot::ep::ten_tusscher_2006_models() { return {tt06::model(CellType::epi), tt06::model(CellType::mid), tt06::model(CellType::endo)}; }
