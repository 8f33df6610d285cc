// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/tor_ord_dyncl_2020/tor_ord_dyncl_2020.hpp"

#include "solvers/electrophysiology/reaction/rudy_parts.hpp"
#include "solvers/electrophysiology/reaction/tor_ord_dyncl_2020/rows.hpp"

namespace ot::ep::torord {

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

std::vector<double> parameters(CellType type, const ChannelScales& s) {
  const bool epi = type == CellType::epi, mid = type == CellType::mid;
  const auto pick = [&](double endo, double epicardial, double midmyocardial) { return epi ? epicardial : mid ? midmyocardial : endo; };
  std::vector<double> p(param_rows);
  p[row_gNa] = 11.7802 * s.g_Na;
  p[row_gNaL] = 0.0279 * pick(1, 0.6, 1) * s.g_NaL;
  p[row_gto] = 0.16 * pick(1, 2, 2) * s.g_to;
  p[row_PCa] = 8.3757e-5 * pick(1, 1.2, 2) * s.g_CaL;
  p[row_gKr] = 0.0321 * pick(1, 1.3, 0.8) * s.g_Kr;   // sqrt(Ko/5) = 1
  p[row_gKs] = 0.0011 * pick(1, 1.4, 1) * s.g_Ks;
  p[row_gK1] = 0.6992 * pick(1, 1.2, 1.3) * s.g_K1;   // sqrt(Ko/5) = 1
  p[row_gNaCa] = 0.0034 * pick(1, 1.1, 1.4) * s.g_NaCa;
  p[row_PNaK] = 15.4509 * pick(1, 0.9, 0.7) * s.g_NaK;
  p[row_gKb] = 0.0189 * pick(1, 0.6, 1) * s.g_bK;
  p[row_PNab] = 1.9239e-9 * s.g_bNa;
  p[row_PCab] = 5.9194e-8 * s.g_bCa;
  p[row_gpCa] = 0.0005 * s.g_pCa;
  p[row_gClCa] = 0.2843 * s.g_ClCa;
  p[row_gClb] = 0.00198 * s.g_bCl;
  p[row_up] = pick(1, 1.3, 1) * s.J_up;
  p[row_rel] = s.J_rel;
  p[row_leak] = s.J_leak;
  p[row_cmdn] = 0.05 * pick(1, 1.3, 1);
  p[row_epi] = epi ? 1 : mid ? -1 : 0;
  return p;
}

// Share of channels that m can open: h j where not phosphorylated, hp jp where they are.
void available_sodium(const double* state, double* out) {
  const auto y = [=](int row, int l) { return state[row * block_nodes + l]; };
  for (int l = 0; l < block_nodes; ++l) {
    const double f = kinase(y(row_CaMKt, l), y(row_Cass, l)).share;
    out[l] = (1.0 - f) * y(row_h, l) * y(row_j, l) + f * y(row_hp, l) * y(row_jp, l);
  }
}

// Published initial state of the endocardial cell (jtmff/torord), used for all three cell types.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + state_rows, 0.0);
  y[0] = -89.74808;
  double* const x = y.data() + 1;
  const std::pair<int, double> published[] = {
      {row_Nai, 12.39736},    {row_Nass, 12.3977},    {row_Ki, 147.7115},      {row_Kss, 147.7114},    {row_Cai, 7.453481e-5}, {row_Cass, 6.497341e-5},
      {row_CaNSR, 1.528001},  {row_CaJSR, 1.525693},  {row_Cli, 29.20698},     {row_Clss, 29.20696},   {row_m, 6.517154e-4},   {row_h, 0.8473267},
      {row_j, 0.8471657},     {row_hp, 0.7018454},    {row_jp, 0.8469014},     {row_mL, 1.351203e-4},  {row_hL, 0.5566017},    {row_hLp, 0.3115491},
      {row_a, 8.899259e-4},   {row_iF, 0.9996716},    {row_iS, 0.5988908},     {row_ap, 4.534165e-4},  {row_iFp, 0.9996716},   {row_iSp, 0.6620692},
      {row_d, 1.588841e-31},  {row_ff, 1},            {row_fs, 0.9401791},     {row_fcaf, 1},          {row_fcas, 0.9999014},  {row_jca, 0.9999846},
      {row_ffp, 1},           {row_fcafp, 1},         {row_ncai, 8.326009e-4}, {row_ncass, 4.899378e-4}, {row_C3, 0.9982511},  {row_C2, 7.93602e-4},
      {row_C1, 6.532143e-4},  {row_O, 2.922449e-4},   {row_I, 9.804083e-6},    {row_xs1, 0.243959},    {row_xs2, 1.586167e-4}, {row_Jrelnp, 1.808248e-22},
      {row_Jrelp, 4.358608e-21}, {row_CaMKt, 1.095026e-2}};
  for (const auto& [row, value] : published) x[row] = value;
  return y;
}

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily o;
    o.key = "tor_ord_dyncl_2020";
    o.states = state_rows;
    o.params = param_rows;
    o.cai = row_Cai;
    o.scales = {"g_Na", "g_CaL", "g_Kr", "g_Ks", "g_K1", "g_to", "g_NaL", "g_NaCa", "g_NaK", "g_pCa",
                "g_bNa", "g_bCa", "g_bK", "g_ClCa", "g_bCl", "J_up", "J_rel", "J_leak"};
    o.stimulus_mV_per_ms = 53;   // published: 53 uA/uF for 1 ms
    o.stimulus_ms = 1;
    o.two_stage = true;
    o.watched = {row_Cass, row_CaJSR};
    o.sodium = {row_m, -1, -1, row_gNa, &available_sodium};
    o.parameters = &parameters;
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
  m.name = std::string("ToR-ORd dynCl 2020, ") + words[int(type)];
  m.summary = "Human ventricular cell with dynamic chloride, 45 variables";
  m.source = "Tomek, Bueno-Orovio, Rodriguez 2020, doi:10.1101/2020.06.01.127043; Tomek et al. 2019, doi:10.7554/eLife.48890";
  m.family = &family();
  m.cell_type = type;
  m.states = {{"V", "mV"}, {"Nai", "mM", "sodium.Na_i"}, {"Nass", "mM", "sodium.Na_ss"}, {"Ki", "mM", "potassium.K_i"}, {"Kss", "mM", "potassium.K_ss"},
              {"Cai", "mM", "calcium.Ca_i"}, {"Cass", "mM", "calcium.Ca_ss"}, {"CaNSR", "mM", "calcium.Ca_nsr"}, {"CaJSR", "mM", "calcium.Ca_jsr"},
              {"Cli", "mM", "chloride.Cl_i"}, {"Clss", "mM", "chloride.Cl_ss"}, {"m", "1", "ina.m"}, {"h", "1", "ina.h"}, {"j", "1"},
              {"hp", "1", "ina.hp"}, {"jp", "1"}, {"mL", "1", "inal.m"}, {"hL", "1", "inal.h"}, {"hLp", "1", "inal.hp"}, {"a", "1"},
              {"iF", "1", "ito.if"}, {"iS", "1", "ito.is"}, {"ap", "1"}, {"iFp", "1", "ito.ifp"}, {"iSp", "1", "ito.isp"}, {"d", "1"}, {"ff", "1"},
              {"fs", "1"}, {"fcaf", "1"}, {"fcas", "1"}, {"jca", "1"}, {"ffp", "1"}, {"fcafp", "1"}, {"ncai", "1", "ical.nca_i"},
              {"ncass", "1", "ical.nca_ss"}, {"C3", "1"}, {"C2", "1"}, {"C1", "1"}, {"O", "1"}, {"I", "1"}, {"xs1", "1", "iks.x1"},
              {"xs2", "1", "iks.x2"}, {"Jrelnp", "mM/ms"}, {"Jrelp", "mM/ms"}, {"CaMKt", "1", "camk.CaMK_trapped"}};
  const std::vector<double> p = parameters(type, {});
  m.parameters = {{"gNa", "fast sodium conductance", "mS/uF", p[row_gNa], m.source},
                  {"gNaL", "late sodium conductance", "mS/uF", p[row_gNaL], m.source},
                  {"gto", "transient outward conductance", "mS/uF", p[row_gto], m.source},
                  {"PCa", "L-type calcium permeability", "L/F/ms", p[row_PCa], m.source},
                  {"gKr", "rapid delayed rectifier conductance", "mS/uF", p[row_gKr], m.source},
                  {"gKs", "slow delayed rectifier conductance", "mS/uF", p[row_gKs], m.source},
                  {"gK1", "inward rectifier conductance", "mS/uF", p[row_gK1], m.source},
                  {"gNaCa", "exchanger", "C/F", p[row_gNaCa], m.source},
                  {"PNaK", "sodium pump", "C/F", p[row_PNaK], m.source},
                  {"gKb", "background potassium conductance", "mS/uF", p[row_gKb], m.source},
                  {"PNab", "background sodium permeability", "L/F/ms", p[row_PNab], m.source},
                  {"PCab", "background calcium permeability", "L/F/ms", p[row_PCab], m.source},
                  {"gpCa", "calcium pump", "uA/uF", p[row_gpCa], m.source},
                  {"gClCa", "calcium-activated chloride conductance", "mS/uF", p[row_gClCa], m.source},
                  {"gClb", "background chloride conductance", "mS/uF", p[row_gClb], m.source}};
  return m;
}

}  // namespace ot::ep::torord

std::vector<ot::ep::IonicModel> ot::ep::tor_ord_dyncl_2020_models() { return {torord::model(CellType::epi), torord::model(CellType::mid), torord::model(CellType::endo)}; }
