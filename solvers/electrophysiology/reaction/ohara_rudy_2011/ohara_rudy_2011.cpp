// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/ohara_rudy_2011/ohara_rudy_2011.hpp"

#include "solvers/electrophysiology/reaction/ohara_rudy_2011/rows.hpp"
#include "solvers/electrophysiology/reaction/rudy_parts.hpp"

namespace ot::ep::ord {

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

std::vector<double> own_parameters(CellType type, const ChannelScales& scale) { return parameters(type, scale, false); }

// Share of channels that m can open (supplement, INa): h j where not phosphorylated, hp jp where they are; each h 99 % fast, 1 % slow.
void available_sodium(const double* state, double* out) {
  const auto y = [=](int row, int l) { return state[row * block_nodes + l]; };
  for (int l = 0; l < block_nodes; ++l) {
    const double f = kinase(y(row_CaMKt, l), y(row_Cass, l)).share, hf = 0.99 * y(row_hf, l);
    out[l] = (1.0 - f) * (hf + 0.01 * y(row_hs, l)) * y(row_j, l) + f * (hf + 0.01 * y(row_hsp, l)) * y(row_jp, l);
  }
}

// Initial values of the published code.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + state_rows, 0.0);
  y[0] = -87;
  double* const x = y.data() + 1;
  x[row_Nai] = x[row_Nass] = 7;
  x[row_Ki] = x[row_Kss] = 145;
  x[row_Cai] = x[row_Cass] = 1e-4;
  x[row_CaNSR] = x[row_CaJSR] = 1.2;
  for (int row : {row_hf, row_hs, row_j, row_hsp, row_jp, row_hL, row_hLp, row_iF, row_iS, row_iFp, row_iSp, row_ff, row_fs, row_fcaf, row_fcas,
                  row_jca, row_ffp, row_fcafp, row_xk1})
    x[row] = 1;
  return y;
}

}  // namespace

std::vector<double> parameters(CellType type, const ChannelScales& s, bool optimised) {
  const bool epi = type == CellType::epi, mid = type == CellType::mid;
  const auto pick = [&](double endo, double epicardial, double midmyocardial) { return epi ? epicardial : mid ? midmyocardial : endo; };
  std::vector<double> p(param_rows);
  p[row_gNa] = 75 * s.g_Na;
  p[row_gNaL] = 0.0075 * pick(1, 0.6, 1) * (optimised ? 2.661 : 1) * s.g_NaL;
  p[row_gto] = 0.02 * pick(1, 4, 4) * s.g_to;
  p[row_PCa] = 1e-4 * pick(1, 1.2, 2.5) * (optimised ? 1.007 : 1) * s.g_CaL;
  p[row_gKr] = 0.046 * pick(1, 1.3, 0.8) * (optimised ? 1.114 / 1.1 : 1) * s.g_Kr;   // sqrt(Ko/5.4) = 1
  p[row_gKs] = 0.0034 * pick(1, 1.4, 1) * (optimised ? 1.87 : 1) * s.g_Ks;
  p[row_gK1] = 0.1908 * pick(1, 1.2, 1.3) * (optimised ? 1.698 : 1) * s.g_K1;
  p[row_gNaCa] = 0.0008 * pick(1, 1.1, 1.4) * s.g_NaCa;
  p[row_PNaK] = 30 * pick(1, 0.9, 0.7) * s.g_NaK;
  p[row_gKb] = 0.003 * pick(1, 0.6, 1) * s.g_bK;
  p[row_PNab] = 3.75e-10 * s.g_bNa;
  p[row_PCab] = 2.5e-8 * s.g_bCa;
  p[row_gpCa] = 0.0005 * s.g_pCa;
  p[row_up] = pick(1, 1.3, 1) * s.J_up;
  p[row_rel] = s.J_rel;
  p[row_leak] = s.J_leak;
  p[row_cmdn] = 0.05 * pick(1, 1.3, 1);
  p[row_epi] = epi ? 1 : mid ? -1 : 0;
  return p;
}

std::vector<IonicState> shared_states() {
  return {{"V", "mV"},           {"Nai", "mM", "sodium.Na_i"}, {"Nass", "mM", "sodium.Na_ss"}, {"Ki", "mM", "potassium.K_i"},
          {"Kss", "mM", "potassium.K_ss"}, {"Cai", "mM", "calcium.Ca_i"}, {"Cass", "mM", "calcium.Ca_ss"}, {"CaNSR", "mM", "calcium.Ca_nsr"},
          {"CaJSR", "mM", "calcium.Ca_jsr"}, {"m", "1", "ina.m"},  {"hf", "1"}, {"hs", "1"}, {"j", "1"}, {"hsp", "1"}, {"jp", "1"},
          {"mL", "1", "inal.m"}, {"hL", "1", "inal.h"}, {"hLp", "1", "inal.hp"}, {"a", "1"}, {"iF", "1", "ito.if"}, {"iS", "1", "ito.is"},
          {"ap", "1"}, {"iFp", "1", "ito.ifp"}, {"iSp", "1", "ito.isp"}, {"d", "1"}, {"ff", "1"}, {"fs", "1"}, {"fcaf", "1"}, {"fcas", "1"},
          {"jca", "1"}, {"ffp", "1"}, {"fcafp", "1"}, {"nca", "1"}, {"xs1", "1", "iks.x1"}, {"xs2", "1", "iks.x2"}, {"xk1", "1", "ik1.x"},
          {"Jrelnp", "mM/ms"}, {"Jrelp", "mM/ms"}, {"CaMKt", "1", "camk.CaMK_trapped"}};
}

std::vector<IonicParameter> described(const std::vector<double>& p, const std::string& source) {
  return {{"gNa", "fast sodium conductance", "mS/uF", p[row_gNa], source},
          {"gNaL", "late sodium conductance", "mS/uF", p[row_gNaL], source},
          {"gto", "transient outward conductance", "mS/uF", p[row_gto], source},
          {"PCa", "L-type calcium permeability", "L/F/ms", p[row_PCa], source},
          {"gKr", "rapid delayed rectifier conductance", "mS/uF", p[row_gKr], source},
          {"gKs", "slow delayed rectifier conductance", "mS/uF", p[row_gKs], source},
          {"gK1", "inward rectifier conductance", "mS/uF", p[row_gK1], source},
          {"gNaCa", "exchanger", "C/F", p[row_gNaCa], source},
          {"PNaK", "sodium pump", "C/F", p[row_PNaK], source},
          {"gKb", "background potassium conductance", "mS/uF", p[row_gKb], source},
          {"PNab", "background sodium permeability", "L/F/ms", p[row_PNab], source},
          {"PCab", "background calcium permeability", "L/F/ms", p[row_PCab], source},
          {"gpCa", "calcium pump", "uA/uF", p[row_gpCa], source}};
}

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily o;
    o.key = "ohara_rudy_2011";
    o.states = state_rows;
    o.params = param_rows;
    o.cai = row_Cai;
    o.scales = {"g_Na", "g_CaL", "g_Kr", "g_Ks", "g_K1", "g_to", "g_NaL", "g_NaCa", "g_NaK", "g_pCa", "g_bNa", "g_bCa", "g_bK", "J_up", "J_rel", "J_leak"};
    o.stimulus_mV_per_ms = 80;   // published: 80 uA/uF for 0.5 ms
    o.stimulus_ms = 0.5;
    o.two_stage = true;
    o.watched = {row_Cass, row_CaJSR};
    o.sodium = {row_m, -1, -1, row_gNa, &available_sodium};
    o.parameters = &own_parameters;
    o.initial = &initial;
    o.kernel = &kernel;
    return o;
  }();
  return f;
}

IonicModel model(CellType type) {
  static const char* const suffix[] = {"epi", "mid", "endo"};
  static const char* const words[] = {"epicardial", "mid-myocardial", "endocardial"};
  IonicModel m;
  m.key = family().key + "_" + suffix[int(type)];
  m.name = std::string("O'Hara-Rudy 2011, ") + words[int(type)];
  m.summary = "Human ventricular cell with CaMKII and subspace, 41 variables";
  m.source = "O'Hara, Virag, Varro, Rudy 2011, PLoS Comput Biol 7:e1002061, doi:10.1371/journal.pcbi.1002061";
  m.family = &family();
  m.cell_type = type;
  m.states = shared_states();
  m.states.push_back({"xrf", "1", "ikr.xf"});
  m.states.push_back({"xrs", "1", "ikr.xs"});
  m.parameters = described(own_parameters(type, {}), m.source);
  return m;
}

}  // namespace ot::ep::ord

std::vector<ot::ep::IonicModel> ot::ep::ohara_rudy_2011_models() { return {ord::model(CellType::epi), ord::model(CellType::mid), ord::model(CellType::endo)}; }
