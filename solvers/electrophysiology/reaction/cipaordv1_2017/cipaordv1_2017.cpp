// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/cipaordv1_2017/cipaordv1_2017.hpp"

#include <cmath>

#include "solvers/electrophysiology/reaction/ohara_rudy_2011/ohara_rudy_2011.hpp"
#include "solvers/electrophysiology/reaction/ohara_rudy_2011/rows.hpp"

namespace ot::ep::cipa {

void step_baseline(const KernelBlock& block);
void step_avx2(const KernelBlock& block);
void step_avx512(const KernelBlock& block);

namespace {

using namespace ord;

KernelStep kernel(const std::string& set) {
  if (set == "baseline") return &cipa::step_baseline;
#ifdef OT_X86_KERNELS
  if (set == "avx2") return &cipa::step_avx2;
  if (set == "avx512") return &cipa::step_avx512;
#endif
  return nullptr;
}

std::vector<double> cipa_parameters(CellType type, const ChannelScales& scale) {
  std::vector<double> p = ord::parameters(type, scale, true);
  p.resize(cipa_param_rows, 0.0);
  const HergBinding& b = scale.herg;
  if (b.concentration_nM > 0) {
    // C^n / (C^n + halfmax) through its logarithm: C^n may overflow at absurd concentrations.
    p[row_bind] = b.Kmax * b.Ku_per_ms / (1.0 + std::exp(std::log(b.halfmax_nM_n) - b.n * std::log(b.concentration_nM)));
    p[row_Ku] = b.Ku_per_ms;
    p[row_Kt] = 3.5e-5;   // 1/ms, Li et al. 2017: the same for every drug
  }
  p[row_Vhalf] = b.Vhalf_mV;
  return p;
}

// newordherg_states_CL2000.txt of FDA/CiPA: steady at a cycle length of 2000 ms.
std::vector<double> initial(CellType) {
  std::vector<double> y(1 + cipa_state_rows, 0.0);
  y[0] = -88.0145;
  double* const x = y.data() + 1;
  const std::pair<int, double> published[] = {
      {row_Nai, 6.46961},      {row_Nass, 6.46967},     {row_Ki, 145.501},       {row_Kss, 145.501},      {row_Cai, 7.45321e-05}, {row_Cass, 7.30454e-05},
      {row_CaNSR, 1.37897},    {row_CaJSR, 1.37944},    {row_m, 0.00733485},     {row_hf, 0.698542},      {row_hs, 0.698542},     {row_j, 0.698542},
      {row_hsp, 0.455526},     {row_jp, 0.698541},      {row_mL, 0.000187813},   {row_hL, 0.513396},      {row_hLp, 0.307923},    {row_a, 0.00100025},
      {row_iF, 0.999555},      {row_iS, 0.871715},      {row_ap, 0.000509652},   {row_iFp, 0.999555},     {row_iSp, 0.905466},    {row_d, 2.33382e-09},
      {row_ff, 1},             {row_fs, 0.971897},      {row_fcaf, 1},           {row_fcas, 1},           {row_jca, 1},           {row_nca, 0.0015391},
      {row_ffp, 1},            {row_fcafp, 1},          {row_xs1, 0.130941},     {row_xs2, 0.000192517},  {row_xk1, 0.996756},    {row_Jrelnp, 1.46507e-07},
      {row_Jrelp, 1.83132e-07}, {row_CaMKt, 0.00325232}, {row_IC1, 0.999637},    {row_IC2, 6.83208e-05},  {row_C1, 1.80145e-08},  {row_C2, 8.26619e-05},
      {row_O, 0.00015551},     {row_IO, 5.67623e-05}};
  for (const auto& [row, value] : published) x[row] = value;
  return y;
}

}  // namespace

const IonicFamily& family() {
  static const IonicFamily f = [] {
    IonicFamily o = ord::family();
    o.key = "cipaordv1_2017";
    o.states = cipa_state_rows;
    o.params = cipa_param_rows;
    o.qnet = row_qNet;
    o.dynamic_herg = true;
    o.pacing_beats = 400;   // trapped dofetilide and the ions both need minutes: APD90 +9, +14, +22, +30 ms after 31, 100, 200, 400 beats at 1000 ms
    o.parameters = &cipa_parameters;
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
  m.name = std::string("CiPAORdv1.0, ") + words[int(type)];
  m.summary = "O'Hara-Rudy with dynamic hERG and drug trapping, 48 variables; qNet";
  m.source = "Dutta et al. 2017, Front Physiol 8:616, doi:10.3389/fphys.2017.00616; Li et al. 2017, doi:10.1161/CIRCEP.116.004628";
  m.family = &family();
  m.cell_type = type;
  m.states = shared_states();
  for (const char* name : {"IC1", "IC2", "C1", "C2", "O", "IO", "IObound", "Obound", "Cbound"}) m.states.push_back({name, "1"});
  m.states.push_back({"qNet", "uA/uF ms"});
  m.parameters = described(cipa_parameters(type, {}), m.source);
  return m;
}

}  // namespace ot::ep::cipa

std::vector<ot::ep::IonicModel> ot::ep::cipaordv1_2017_models() { return {cipa::model(CellType::epi), cipa::model(CellType::mid), cipa::model(CellType::endo)}; }
