// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/courtemanche_1998/courtemanche_1998.hpp"

#include "solvers/electrophysiology/reaction/courtemanche_1998/rows.hpp"

namespace ot::ep::crn98 {

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

std::vector<double> parameters(CellType, const ChannelScales& scale) {
  std::vector<double> p(param_rows);
  p[row_gNa] = 7.8 * scale.g_Na;
  p[row_gK1] = 0.09 * scale.g_K1;
  p[row_gto] = 0.1652 * scale.g_to;
  p[row_Kur] = scale.g_Kur;
  p[row_gKr] = 0.029411765 * scale.g_Kr;
  p[row_gKs] = 0.12941176 * scale.g_Ks;
  p[row_gCaL] = 0.12375 * scale.g_CaL;
  p[row_NaK] = scale.g_NaK;
  p[row_NaCa] = scale.g_NaCa;
  p[row_pCa] = 0.275 * scale.g_pCa;
  p[row_gbNa] = 0.0006744375 * scale.g_bNa;
  p[row_gbCa] = 0.001131 * scale.g_bCa;
  p[row_up] = scale.J_up;
  p[row_rel] = scale.J_rel;
  p[row_leak] = scale.J_leak;
  return p;
}

// Sources: courtemanche_1998.hpp.
std::vector<double> parameters_af(CellType type, const ChannelScales& scale) {
  std::vector<double> p = parameters(type, scale);
  p[row_gto] *= 0.5;
  p[row_gCaL] *= 0.3;
  p[row_Kur] *= 0.5;
  p[row_gK1] *= 2.0;
  return p;
}

// Initial state of the published model code.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + state_rows);
  y[0] = -81.9463303822041;
  double* const x = y.data() + 1;
  x[row_Nai] = 13.8169746305368;
  x[row_Ki] = 136.355229902154;
  x[row_Cai] = 1.23092247890490e-4;
  x[row_CaUp] = 1.54668119199095;
  x[row_CaRel] = 1.07650740580355;
  x[row_m] = 2.56385228666526e-3;
  x[row_h] = 0.970298907063270;
  x[row_j] = 0.981123905023235;
  x[row_oa] = 2.91755626557170e-2;
  x[row_oi] = 0.999342865333056;
  x[row_ua] = 4.58838038240151e-3;
  x[row_ui] = 0.991468962753066;
  x[row_xr] = 8.33819909884048e-4;
  x[row_xs] = 1.86683180787285e-2;
  x[row_d] = 1.24231529593717e-4;
  x[row_f] = 0.951907788168155;
  x[row_fCa] = 0.739682838459565;
  x[row_u] = 0.0;
  x[row_v] = 1.0;
  x[row_w] = 0.999233799248153;
  return y;
}

IonicFamily base(const char* key) {
  IonicFamily f;
  f.key = key;
  f.states = state_rows;
  f.params = param_rows;
  f.sodium = {row_m, row_h, row_j, row_gNa};
  f.cai = row_Cai;
  f.scales = {"g_Na", "g_CaL", "g_Kr", "g_Ks", "g_K1", "g_to", "g_Kur", "g_NaCa", "g_NaK", "g_pCa", "g_bNa", "g_bCa", "J_up", "J_rel", "J_leak"};
  f.stimulus_mV_per_ms = 20;  // 2 nA on 100 pF for 2 ms, figure 14 of the paper: twice diastolic threshold
  f.stimulus_ms = 2;
  f.two_stage = true;
  f.parameters = &parameters;
  f.initial = &initial;
  f.kernel = &kernel;
  // About half of the upstroke: in a strand the spike ends at 0 mV (+0.5 mV healthy, -0.0 mV remodelled by AF, for a beat 500 ms after another),
  // so that 0 mV took waves that pass for block. Below the plateau and its notch (about -20 mV), so that a beat crosses it once.
  f.upstroke_mV = -40;
  return f;
}

IonicModel describe(const IonicFamily& family, std::vector<double> p) {
  IonicModel m;
  m.key = family.key;
  m.family = &family;
  m.source = "Courtemanche, Ramirez, Nattel 1998, Am J Physiol 275:H301, doi:10.1152/ajpheart.1998.275.1.H301";
  m.states = {{"V", "mV", "membrane.V"}, {"Nai", "mM", "sodium.Nai"}, {"Ki", "mM", "potassium.Ki"}, {"Cai", "mM", "calcium.Cai"},
              {"CaUp", "mM", "calcium.CaUp"}, {"CaRel", "mM", "calcium.CaRel"}, {"m", "1", "ina.m"}, {"h", "1", "ina.h"},
              {"j", "1", "ina.j"}, {"oa", "1", "ito.oa"}, {"oi", "1", "ito.oi"}, {"ua", "1", "ikur.ua"},
              {"ui", "1", "ikur.ui"}, {"xr", "1", "ikr.xr"}, {"xs", "1", "iks.xs"}, {"d", "1", "ical.d"},
              {"f", "1", "ical.f"}, {"fCa", "1", "ical.fCa"}, {"u", "1", "cajsr.u"}, {"v", "1", "cajsr.v"},
              {"w", "1", "cajsr.w"}};
  m.parameters = {{"gNa", "fast sodium conductance", "mS/uF", p[row_gNa], m.source},
                  {"gK1", "inward rectifier conductance", "mS/uF", p[row_gK1], m.source},
                  {"gto", "transient outward conductance", "mS/uF", p[row_gto], m.source},
                  {"gKur", "factor on the ultrarapid delayed rectifier", "1", p[row_Kur], m.source},
                  {"gKr", "rapid delayed rectifier conductance", "mS/uF", p[row_gKr], m.source},
                  {"gKs", "slow delayed rectifier conductance", "mS/uF", p[row_gKs], m.source},
                  {"gCaL", "L-type calcium conductance", "mS/uF", p[row_gCaL], m.source},
                  {"INaK_max", "sodium pump", "A/F", 0.59933874 * p[row_NaK], m.source},
                  {"INaCa_max", "sodium-calcium exchanger", "A/F", 1600 * p[row_NaCa], m.source},
                  {"IpCa_max", "calcium pump", "A/F", p[row_pCa], m.source},
                  {"gbNa", "background sodium conductance", "mS/uF", p[row_gbNa], m.source},
                  {"gbCa", "background calcium conductance", "mS/uF", p[row_gbCa], m.source},
                  {"Iup_max", "uptake into the store", "mM/ms", 0.005 * p[row_up], m.source},
                  {"krel", "release rate", "1/ms", 30 * p[row_rel], m.source}};
  return m;
}

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = base("courtemanche_1998");
  return f;
}

const IonicFamily& family_af() {
  static const IonicFamily f = [] {
    IonicFamily af = base("courtemanche_1998_af");
    af.parameters = &parameters_af;
    return af;
  }();
  return f;
}

IonicModel model() {
  IonicModel m = describe(family(), parameters(CellType::epi, {}));
  m.name = "Courtemanche-Ramirez-Nattel 1998";
  m.summary = "Human atrial cell, 21 variables";
  return m;
}

IonicModel model_af() {
  IonicModel m = describe(family_af(), parameters_af(CellType::epi, {}));
  m.name = "Courtemanche-Ramirez-Nattel 1998, remodelled by persistent AF";
  m.summary = "Human atrial cell with Ito -50 %, ICaL -70 %, IKur -50 %, IK1 +100 %";
  m.source += "; remodelling: Courtemanche et al. 1999, Cardiovasc Res 42:477, and Krogh-Madsen et al. 2012, PLoS Comput Biol 8:e1002390";
  return m;
}

}  // namespace ot::ep::crn98

std::vector<ot::ep::IonicModel> ot::ep::courtemanche_1998_models() { return {crn98::model(), crn98::model_af()}; }
