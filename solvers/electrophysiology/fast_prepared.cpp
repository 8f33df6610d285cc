// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <mutex>

#include "solvers/electrophysiology/fast_answer.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

std::mutex kept_mutex;
std::vector<FastPrepared> kept_prepared;   // newest first, at most 3

struct Kept {
  std::weak_ptr<const core::TetMesh> mesh;
  std::weak_ptr<const FibreField> fibres;
  ElectroProblem problem;   // without mesh and fibres
  FastTemplates templates;
  std::shared_ptr<const FastAnswer> answer;
};
std::vector<Kept> kept_answers;   // newest first, at most 2

bool same_electrodes(const std::vector<Electrode>& a, const std::vector<Electrode>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Electrode& x, const Electrode& y) { return x.name == y.name && x.position == y.position; });
}

Mat3 healthy_diffusion(const ElectroProblem& p, std::size_t t) {
  const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
  const Vec3 n = f.cross(s);
  const Vec3 d = p.sigma / (p.chi_per_mm * p.cm_uF_per_mm2);   // mS/mm / (uF/mm3) = mm2/ms
  return d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose();
}

std::shared_ptr<const RepolarisationCoupling> make_coupling(const ElectroProblem& p, const fem::NodeTets& around) {
  auto out = std::make_shared<RepolarisationCoupling>();
  const std::size_t nt = p.mesh->tets.size();
  std::vector<Mat3> tensor(nt);
  for (std::size_t t = 0; t < nt; ++t) tensor[t] = healthy_diffusion(p, t);
  const auto geometry = fem::tet_geometry(*p.mesh);
  out->stiffness = fem::assemble_stiffness(*p.mesh, around, geometry, tensor);
  out->mass = fem::lumped_mass(*p.mesh, around, geometry);
  return out;
}

bool same_sites(const std::vector<ActivationSite>& a, const std::vector<ActivationSite>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ActivationSite& x, const ActivationSite& y) {
    return x.nodes == y.nodes && x.start_ms == y.start_ms && x.duration_ms == y.duration_ms && x.amplitude_mV_per_ms == y.amplitude_mV_per_ms;
  });
}

// All that a FAST answer depends on but mesh and fibres; regions that no tet has are of no account.
bool same_answer(const ElectroProblem& a, const FastTemplates& ta, const ElectroProblem& b, const FastTemplates& tb) {
  if (a.tissue != b.tissue || a.cell_type != b.cell_type || a.velocity != b.velocity || a.sigma != b.sigma || a.chi_per_mm != b.chi_per_mm ||
      a.cm_uF_per_mm2 != b.cm_uF_per_mm2 || a.end_ms != b.end_ms || a.frame_every_ms != b.frame_every_ms || !same_electrodes(a.electrodes, b.electrodes) ||
      !same_sites(a.sites, b.sites) || ta.shapes.size() != tb.shapes.size())
    return false;
  for (std::size_t k = 0; k < ta.shapes.size(); ++k) {
    const ActionPotential &x = ta.shapes[k], &y = tb.shapes[k];
    if (x.dt_ms != y.dt_ms || x.upstroke_ms != y.upstroke_ms || x.apd90_ms != y.apd90_ms || x.rest_mV != y.rest_mV || x.v_mV != y.v_mV) return false;
  }
  std::size_t used = 1;
  for (const std::uint8_t t : a.tissue) used = std::max<std::size_t>(used, t + 1u);
  const auto speed = [](const FastTemplates& t, std::size_t r) { return r < t.speed.size() ? t.speed[r] : 1.0; };
  for (std::size_t r = 0; r < used; ++r) {
    if (ta.of_region[r] != tb.of_region[r] || speed(ta, r) != speed(tb, r) || (r < a.regions.size()) != (r < b.regions.size())) return false;
    if (r < a.regions.size() && (a.regions[r].conducting != b.regions[r].conducting || a.regions[r].sigma_scale != b.regions[r].sigma_scale)) return false;
  }
  return true;
}

}  // namespace

SpeedMap fast_speeds(const ElectroProblem& p, const FastTemplates& templates) {
  SpeedMap map = speed_map(p);
  for (std::size_t r = 0; r < map.factor.size() && r < templates.speed.size(); ++r)
    if (templates.speed[r] > 0) map.factor[r] *= templates.speed[r];
  return map;
}

std::vector<std::uint8_t> carrying_tets(const ElectroProblem& p, const FastTemplates& templates) {
  std::vector<std::uint8_t> flags = conducting_tets(p);
  for (std::size_t t = 0; t < flags.size() && !templates.speed.empty(); ++t)
    if (!(templates.speed[p.tissue.empty() ? 0 : p.tissue[t]] > 0)) flags[t] = 0;
  return flags;
}

core::Result<FastPrepared> prepare_fast(const ElectroProblem& p, const FastTemplates& templates, const core::Progress& progress) {
  FastPrepared found;
  {
    const std::lock_guard lock(kept_mutex);
    std::erase_if(kept_prepared, [](const FastPrepared& x) { return x.mesh.expired() || x.fibres.expired(); });
    for (const auto& x : kept_prepared)
      if (x.mesh.lock() == p.mesh && x.fibres.lock() == p.fibres && x.velocity == p.velocity && x.sigma == p.sigma && x.chi == p.chi_per_mm &&
          x.cm == p.cm_uF_per_mm2 && same_electrodes(x.electrodes, p.electrodes)) {
        found = x;
        break;
      }
  }
  const SpeedMap speed = fast_speeds(p, templates);
  bool changed = false;
  if (!found.eikonal) {
    auto eikonal = Eikonal::make(p.mesh, p.fibres, p.velocity, speed);
    if (!eikonal) return core::pass(eikonal);
    auto leads = make_healthy_lead_field(p, progress);
    if (!leads) return core::pass(leads);
    auto around = std::make_shared<fem::NodeTets>(fem::node_tets(*p.mesh));
    auto coupling = make_coupling(p, *around);
    found = {p.mesh, p.fibres, p.velocity, p.sigma, p.chi_per_mm, p.cm_uF_per_mm2, p.electrodes, p.mesh->sha256(),
             std::make_shared<Eikonal>(std::move(*eikonal)), std::make_shared<LeadField>(std::move(*leads)), std::move(coupling), std::move(around)};
    changed = true;
  } else if (!found.eikonal->has(speed, carrying_tets(p, templates))) {
    auto eikonal = found.eikonal->with(speed);
    if (!eikonal) return core::pass(eikonal);
    found.eikonal = std::make_shared<Eikonal>(std::move(*eikonal));
    changed = true;
  }
  if (changed) {
    const std::lock_guard lock(kept_mutex);
    std::erase_if(kept_prepared, [&](const FastPrepared& x) { return x.mesh.lock() == p.mesh && x.healthy_leads == found.healthy_leads; });
    kept_prepared.insert(kept_prepared.begin(), found);
    if (kept_prepared.size() > 3) kept_prepared.resize(3);
  }
  return found;
}

std::shared_ptr<const FastAnswer> kept_answer(const ElectroProblem& p, const FastTemplates& templates) {
  const std::lock_guard lock(kept_mutex);
  std::erase_if(kept_answers, [](const Kept& x) { return x.mesh.expired() || x.fibres.expired(); });
  for (const Kept& x : kept_answers)
    if (x.mesh.lock() == p.mesh && x.fibres.lock() == p.fibres && same_answer(p, templates, x.problem, x.templates)) return x.answer;
  return nullptr;
}

void keep_answer(const ElectroProblem& p, const FastTemplates& templates, std::shared_ptr<const FastAnswer> answer) {
  Kept kept{p.mesh, p.fibres, p, templates, std::move(answer)};
  kept.problem.mesh.reset();
  kept.problem.fibres.reset();
  const std::lock_guard lock(kept_mutex);
  kept_answers.insert(kept_answers.begin(), std::move(kept));
  if (kept_answers.size() > 2) kept_answers.resize(2);
}

ElectroProblem without_lesions(const ElectroProblem& p) {
  ElectroProblem out = p;
  out.tissue = p.tissue_before;
  out.tissue_before.clear();
  return out;
}

bool only_lesions(const ElectroProblem& p, const FastTemplates& templates) {
  if (p.tissue_before.size() != p.tissue.size()) return false;
  const auto carries = carrying_tets(p, templates);
  for (std::size_t t = 0; t < p.tissue.size(); ++t)
    if (p.tissue[t] != p.tissue_before[t] && carries[t]) return false;
  return true;
}

}  // namespace ot::ep
