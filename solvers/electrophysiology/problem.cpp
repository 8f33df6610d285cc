// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/problem.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

void add(core::Hasher& h, const core::Vec3& v) { h.value(v.x()).value(v.y()).value(v.z()); }

void add(core::Hasher& h, const ChannelScales& c) {
  for (const ChannelKey& k : channel_keys()) h.value(c.*k.member);
  const HergBinding& b = c.herg;
  h.value(b.concentration_nM).value(b.Kmax).value(b.Ku_per_ms).value(b.n).value(b.halfmax_nM_n).value(b.Vhalf_mV);
}

void add(core::Hasher& h, const std::vector<core::Vec3>& v) {
  h.value<std::uint64_t>(v.size());
  for (const core::Vec3& x : v) add(h, x);
}

}  // namespace

const std::vector<ChannelKey>& channel_keys() {
  using S = ChannelScales;
  static const std::vector<ChannelKey> all{
      {"g_Na", &S::g_Na, "INa"},       {"g_CaL", &S::g_CaL, "ICaL"},    {"g_Kr", &S::g_Kr, "IKr"},    {"g_Ks", &S::g_Ks, "IKs"},
      {"g_K1", &S::g_K1, "IK1"},       {"g_to", &S::g_to, "Ito"},       {"g_NaL", &S::g_NaL, "INaL"}, {"g_Kur", &S::g_Kur, "IKur"},
      {"g_f", &S::g_f, "If"},          {"g_sus", &S::g_sus, "Isus"},    {"g_NaCa", &S::g_NaCa, "INaCa"}, {"g_NaK", &S::g_NaK, "INaK"},
      {"g_pCa", &S::g_pCa, "IpCa"},    {"g_pK", &S::g_pK, "IpK"},       {"g_bNa", &S::g_bNa, "INab"}, {"g_bCa", &S::g_bCa, "ICab"},
      {"g_bK", &S::g_bK, "IKb"},       {"g_ClCa", &S::g_ClCa, "IClCa"}, {"g_bCl", &S::g_bCl, "IClb"}, {"J_up", &S::J_up, "Jup"},
      {"J_rel", &S::J_rel, "Jrel"},    {"J_leak", &S::J_leak, "Jleak"},
  };
  return all;
}

ChannelScales operator*(const ChannelScales& a, const ChannelScales& b) {
  ChannelScales out = a;
  for (const ChannelKey& k : channel_keys()) out.*k.member *= b.*k.member;
  if (b.herg.concentration_nM > 0) out.herg = b.herg;
  return out;
}

bool usable(const ChannelScales& scales) {
  for (const ChannelKey& k : channel_keys())
    if (!std::isfinite(scales.*k.member) || scales.*k.member < 0) return false;
  const HergBinding& b = scales.herg;
  for (double x : {b.concentration_nM, b.Kmax, b.Ku_per_ms})
    if (!std::isfinite(x) || x < 0) return false;
  return std::isfinite(b.Vhalf_mV) && std::isfinite(b.n) && b.n > 0 && std::isfinite(b.halfmax_nM_n) && b.halfmax_nM_n > 0;
}

const std::string& ionic_model_of(const ElectroProblem& p, std::size_t region, CellType type) {
  if (region < p.regions.size() && !p.regions[region].ionic_model.empty()) return p.regions[region].ionic_model;
  const std::string& layer = p.layer_models[std::min<std::size_t>(std::size_t(type), 2)];
  return layer.empty() ? p.ionic_model : layer;
}

std::vector<std::string> ionic_models_of(const ElectroProblem& p) {
  std::vector<std::string> out{p.ionic_model};
  std::array<bool, 3> used{p.cell_type.empty(), false, false};
  for (const std::uint8_t type : p.cell_type) used[std::min<std::size_t>(type, 2)] = true;
  for (std::size_t r = 0; r < std::max<std::size_t>(1, p.regions.size()); ++r) {
    for (std::size_t type = 0; type < 3; ++type)
      if (const std::string& model = ionic_model_of(p, r, CellType(type)); used[type] && std::find(out.begin(), out.end(), model) == out.end()) out.push_back(model);
  }
  return out;
}

std::string other_cells(const ElectroProblem& p) {
  static const char* const layer[] = {"the epicardial layer", "the mid-wall layer", "the endocardial layer"};
  std::string out;
  const auto say = [&](const std::string& model, const std::string& where) {
    const std::string one = family_name(model) + " in " + where;
    if (!model.empty() && model != p.ionic_model && out.find(one) == std::string::npos) out += (out.empty() ? "" : ", ") + one;   // parts of a region keep its key
  };
  for (std::size_t type = 0; type < 3; ++type) say(p.layer_models[type], layer[type]);
  for (const TissueRegion& r : p.regions) {
    std::string where = r.key;
    std::replace(where.begin(), where.end(), '_', ' ');
    const bool part = std::any_of(p.regions.begin(), p.regions.end(), [&](const TissueRegion& o) { return o.conducting && o.key == r.key && o.ionic_model != r.ionic_model; });   // a segment keeps the key
    if (r.conducting) say(r.ionic_model, (part ? "a part of " : "") + where);
  }
  return out;
}

std::string ElectroProblem::sha256() const {
  OT_EXPECT(mesh != nullptr);
  core::Hasher h;
  // The number rises when the solvers answer a problem otherwise than before: stored results serve no run any more then.
  h.text("ElectroProblem 3").text(mesh->sha256());
  h.value(fibres != nullptr);
  if (fibres) {
    add(h, fibres->f);
    add(h, fibres->s);
  }
  h.array(tissue);
  if (!tissue_before.empty()) h.text("before lesions").array(tissue_before);
  h.array(cell_type).text(ionic_model);
  h.value<std::uint64_t>(regions.size());
  for (const TissueRegion& r : regions) {
    h.text(r.key).value(r.conducting);
    add(h, r.sigma_scale);
    add(h, r.channels);
    if (!r.ionic_model.empty()) h.text("cells").text(r.ionic_model);
  }
  for (const std::string& model : layer_models)
    if (!model.empty()) h.text("layer").value<std::uint64_t>(std::uint64_t(&model - layer_models.data())).text(model);
  add(h, sigma);
  h.value(chi_per_mm).value(cm_uF_per_mm2);
  add(h, velocity);
  add(h, channels);
  h.value<std::uint64_t>(sites.size());
  for (const ActivationSite& s : sites)
    h.text(s.name).array(s.nodes).array(s.weights).value(s.start_ms).value(s.duration_ms).value(s.amplitude_mV_per_ms);
  h.value<std::uint64_t>(electrodes.size());
  for (const Electrode& e : electrodes) {
    h.text(e.name);
    add(h, e.position);
  }
  h.value(cycle_length_ms).value(end_ms).value(dt_ms).value(frame_every_ms).value(solver_tolerance);
  h.value(upstroke_sodium_interpolation).value(sodium_interpolation_weight).value(skip_tissue_at_rest).value(conductivity_tuning);
  if (bidomain) {
    h.text("bidomain").value(bidomain->tolerance).array(bidomain->bath).array(bidomain->ground);
    add(h, bidomain->sigma_i);
    add(h, bidomain->sigma_e);
    for (const ExtracellularSite& s : bidomain->sites) h.text(s.name).array(s.nodes).array(s.weights).value(s.current_uA).value(s.start_ms).value(s.duration_ms);
  }
  return h.hex();
}

}  // namespace ot::ep
