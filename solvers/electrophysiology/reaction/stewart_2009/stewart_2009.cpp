// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/stewart_2009/stewart_2009.hpp"

#include "solvers/electrophysiology/reaction/stewart_2009/rows.hpp"

namespace ot::ep::stewart09 {

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
  p[row_gNa] = 130.5744 * scale.g_Na;
  p[row_gCaL] = 0.0398 * scale.g_CaL;
  p[row_gKr] = 0.0918 * scale.g_Kr;
  p[row_gKs] = 0.2352 * scale.g_Ks;
  p[row_gK1] = 0.065 * scale.g_K1;
  p[row_gto] = 0.08184 * scale.g_to;
  p[row_gsus] = 0.0227 * scale.g_sus;
  p[row_f_scale] = scale.g_f;
  p[row_NaK] = scale.g_NaK;
  p[row_NaCa] = scale.g_NaCa;
  p[row_gpCa] = 0.1238 * scale.g_pCa;
  p[row_gpK] = 0.0146 * scale.g_pK;
  p[row_gbNa] = 0.00029 * scale.g_bNa;
  p[row_gbCa] = 0.000592 * scale.g_bCa;
  p[row_up] = scale.J_up;
  p[row_rel] = scale.J_rel;
  p[row_leak] = scale.J_leak;
  return p;
}

// Initial state of the published model code.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + state_rows);
  y[0] = -71.2864384994753;
  double* const x = y.data() + 1;
  x[row_Cai] = 1.02363913704158e-4;
  x[row_CaSR] = 3.14149868138687;
  x[row_CaSS] = 3.81250245527617e-4;
  x[row_Nai] = 8.80505373054986;
  x[row_Ki] = 136.773426842999;
  x[row_m] = 2.83293473203284e-2;
  x[row_h] = 0.251110676365191;
  x[row_j] = 0.265680422809986;
  x[row_xr1] = 1.34628009070351e-2;
  x[row_xr2] = 0.332697379577156;
  x[row_xs] = 8.40127007165385e-3;
  x[row_r] = 8.84290083740065e-4;
  x[row_s] = 0.968749754333663;
  x[row_d] = 2.16290842830039e-4;
  x[row_f] = 0.968969771502978;
  x[row_f2] = 0.996328488888527;
  x[row_fcass] = 0.999935288766206;
  x[row_y] = 3.84052487230444e-2;
  x[row_R] = 0.984086493577585;
  return y;
}

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily p;
    p.key = "stewart_2009";
    p.states = state_rows;
    p.params = param_rows;
    p.sodium = {row_m, row_h, row_j, row_gNa};
    p.cai = row_Cai;
    p.scales = {"g_Na", "g_CaL", "g_Kr", "g_Ks", "g_K1", "g_to", "g_sus", "g_f", "g_NaCa", "g_NaK", "g_pCa", "g_pK", "g_bNa", "g_bCa", "J_up", "J_rel", "J_leak"};
    p.stimulus_mV_per_ms = 52;  // that of the ten Tusscher cell it is built on, 1 ms
    p.stimulus_ms = 1;
    p.parameters = &parameters;
    p.initial = &initial;
    p.kernel = &kernel;
    return p;
  }();
  return f;
}

IonicModel model() {
  IonicModel m;
  m.key = family().key;
  m.name = "Stewart 2009, Purkinje fibre";
  m.summary = "Human Purkinje cell, spontaneously active, 20 variables";
  m.source = "Stewart et al. 2009, Phil Trans R Soc A 367:2225, doi:10.1098/rsta.2008.0283";
  m.family = &family();
  m.states = {{"V", "mV", "membrane.V"}, {"Cai", "mM", "calcium.Ca_i"}, {"CaSR", "mM", "calcium.Ca_SR"}, {"CaSS", "mM", "calcium.Ca_ss"},
              {"Nai", "mM", "sodium.Na_i"}, {"Ki", "mM", "potassium.K_i"}, {"m", "1", "ina.m"}, {"h", "1", "ina.h"},
              {"j", "1", "ina.j"}, {"xr1", "1", "ikr.Xr1"}, {"xr2", "1", "ikr.Xr2"}, {"xs", "1", "iks.Xs"},
              {"r", "1", "ito.r"}, {"s", "1", "ito.s"}, {"d", "1", "ical.d"}, {"f", "1", "ical.f1"},
              {"f2", "1", "ical.f2"}, {"fCaSS", "1", "ical.fCass"}, {"y", "1", "if.y"}, {"R", "1", "irel.R_prime"}};
  const std::vector<double> p = parameters(CellType::epi, {});
  m.parameters = {{"gNa", "fast sodium conductance", "mS/uF", p[row_gNa], m.source},
                  {"gCaL", "L-type calcium permeability", "L/F/s", p[row_gCaL], m.source},
                  {"gKr", "rapid delayed rectifier conductance", "mS/uF", p[row_gKr], m.source},
                  {"gKs", "slow delayed rectifier conductance", "mS/uF", p[row_gKs], m.source},
                  {"gK1", "inward rectifier conductance", "mS/uF", p[row_gK1], m.source},
                  {"gto", "transient outward conductance", "mS/uF", p[row_gto], m.source},
                  {"gsus", "sustained potassium conductance", "mS/uF", p[row_gsus], m.source},
                  {"gfK", "funny current, potassium", "mS/uF", 0.0234346 * p[row_f_scale], m.source},
                  {"gfNa", "funny current, sodium", "mS/uF", 0.0145654 * p[row_f_scale], m.source},
                  {"PNaK", "sodium pump", "A/F", 2.724 * p[row_NaK], m.source},
                  {"KNaCa", "sodium-calcium exchanger", "A/F", 1000 * p[row_NaCa], m.source},
                  {"gpCa", "calcium pump", "A/F", p[row_gpCa], m.source},
                  {"gpK", "plateau potassium conductance", "mS/uF", p[row_gpK], m.source},
                  {"gbNa", "background sodium conductance", "mS/uF", p[row_gbNa], m.source},
                  {"gbCa", "background calcium conductance", "mS/uF", p[row_gbCa], m.source}};
  return m;
}

}  // namespace ot::ep::stewart09

std::vector<ot::ep::IonicModel> ot::ep::stewart_2009_models() { return {stewart09::model()}; }
