// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/atria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/structure/fibrosis.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::organs {
namespace {

using core::Index;
using core::Vec3;
using Fixed = std::vector<std::pair<Index, double>>;

constexpr const char *left = "left_atrial_wall", *right = "right_atrial_wall";

bool ends_with(const std::string& s, const std::string& end) { return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0; }

std::vector<char> on_patches(const core::TetMesh& mesh, const std::string& end) {
  std::vector<char> on(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary) {
    const auto name = mesh.patch_names.find(f.patch);
    if (name != mesh.patch_names.end() && ends_with(name->second, end))
      for (Index n : f.nodes) on[std::size_t(n)] = 1;
  }
  return on;
}

std::vector<char> in_region(const core::TetMesh& mesh, const std::string& key) {
  std::vector<char> in(mesh.nodes.size(), 0);
  for (const auto& [value, name] : mesh.region_names)
    if (name == key)
      for (std::size_t t = 0; t < mesh.tets.size(); ++t)
        if (mesh.region[t] == value)
          for (Index n : mesh.tets[t]) in[std::size_t(n)] = 1;
  return in;
}

std::vector<Vec3> gradients(const core::TetMesh& mesh, const std::vector<double>& u) {
  const auto geometry = fem::tet_geometry(mesh);
  std::vector<Vec3> g(mesh.tets.size(), Vec3::Zero());
  for (std::size_t t = 0; t < g.size(); ++t)
    for (int k = 0; k < 4; ++k) g[t] += u[std::size_t(mesh.tets[t][std::size_t(k)])] * geometry.gradient[t][std::size_t(k)];
  return g;
}

// Across the wall: blood of the left atrium 0, of the right one 1, everything else on the surface a half. So the septum runs from 0 to 1.
Fixed across_wall(const core::TetMesh& mesh, const std::vector<char>& la, const std::vector<char>& ra) {
  Fixed fixed;
  std::vector<char> surface(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary)
    for (Index n : f.nodes) surface[std::size_t(n)] = 1;
  for (std::size_t n = 0; n < surface.size(); ++n)
    if (surface[n]) fixed.emplace_back(Index(n), la[n] && !ra[n] ? 0.0 : ra[n] && !la[n] ? 1.0 : 0.5);
  return fixed;
}

// From the valve rims to the tenth of a percent of each atrium's nodes (at least three) furthest from its rim's centre.
core::Result<Fixed> around_valves(const core::TetMesh& mesh, const std::vector<Index>& rims) {
  std::vector<char> rim(mesh.nodes.size(), 0);
  for (Index n : rims) rim[std::size_t(n)] = 1;
  Fixed fixed;
  for (const char* region : {left, right}) {
    const auto in = in_region(mesh, region);
    Vec3 centre = Vec3::Zero();
    std::size_t count = 0, all = 0;
    for (std::size_t n = 0; n < in.size(); ++n) {
      all += in[n] != 0;
      if (in[n] && rim[n]) centre += mesh.nodes[n], ++count;
    }
    if (all == 0) return core::bad_input(fmt::format("The mesh has no region \"{}\" (both atria are needed). Mesh the atria from labels of both.", region));
    if (count == 0) return core::bad_input(fmt::format("The wall \"{}\" has no rim at its valve (fibres run around it). Labels of the ventricles' blood are needed beside the atria.", region));
    centre /= double(count);
    std::vector<std::pair<double, Index>> far;
    for (std::size_t n = 0; n < in.size(); ++n) {
      if (!in[n]) continue;
      if (rim[n]) fixed.emplace_back(Index(n), 0.0);
      else far.emplace_back(-(mesh.nodes[n] - centre).norm(), Index(n));
    }
    std::sort(far.begin(), far.end());
    far.resize(std::min(far.size(), std::max<std::size_t>(3, all / 1000)));
    for (const auto& [d, n] : far) fixed.emplace_back(n, 1.0);
  }
  // A node of both walls appears twice: the first counts.
  std::stable_sort(fixed.begin(), fixed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  fixed.erase(std::unique(fixed.begin(), fixed.end(), [](const auto& a, const auto& b) { return a.first == b.first; }), fixed.end());
  return fixed;
}

// Edges of the mesh between nodes that are `in`, for ways along the wall.
class Ways {
 public:
  Ways(const core::TetMesh& mesh, std::vector<char> in) : mesh_(mesh), in_(std::move(in)), begin_(mesh.nodes.size() + 1, 0) {
    static constexpr int pairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
    for (int pass = 0; pass < 2; ++pass) {
      std::vector<std::ptrdiff_t> fill(begin_.begin(), begin_.end() - 1);
      for (const auto& v : mesh.tets)
        for (const auto& e : pairs) {
          const Index x = v[std::size_t(e[0])], y = v[std::size_t(e[1])];
          if (!in_[std::size_t(x)] || !in_[std::size_t(y)]) continue;
          if (pass == 0) {
            ++begin_[std::size_t(x) + 1], ++begin_[std::size_t(y) + 1];
          } else {
            to_[std::size_t(fill[std::size_t(x)]++)] = y, to_[std::size_t(fill[std::size_t(y)]++)] = x;
          }
        }
      if (pass == 1) break;
      for (std::size_t n = 0; n + 1 < begin_.size(); ++n) begin_[n + 1] += begin_[n];
      to_.resize(std::size_t(begin_.back()));
    }
  }
  // Shortest over the edges from `from` to `to`, both ends included; empty when they are not joined. Ties go to the lower node.
  std::vector<Index> between(Index from, Index to) const {
    const double far = std::numeric_limits<double>::infinity();
    std::vector<double> d(mesh_.nodes.size(), far);
    std::vector<Index> before(mesh_.nodes.size(), -1);
    std::set<std::pair<double, Index>> open{{0.0, from}};
    d[std::size_t(from)] = 0;
    while (!open.empty() && open.begin()->second != to) {
      const auto [at, n] = *open.begin();
      open.erase(open.begin());
      for (std::ptrdiff_t k = begin_[std::size_t(n)]; k < begin_[std::size_t(n) + 1]; ++k) {
        const Index m = to_[std::size_t(k)];
        const double next = at + (mesh_.nodes[std::size_t(m)] - mesh_.nodes[std::size_t(n)]).norm();
        if (!(next < d[std::size_t(m)])) continue;
        open.erase({d[std::size_t(m)], m});
        open.insert({d[std::size_t(m)] = next, m});
        before[std::size_t(m)] = n;
      }
    }
    if (!(d[std::size_t(to)] < far)) return {};
    std::vector<Index> way{to};
    while (way.back() != from) way.push_back(before[std::size_t(way.back())]);
    return {way.rbegin(), way.rend()};
  }

 private:
  const core::TetMesh& mesh_;
  std::vector<char> in_;
  std::vector<std::ptrdiff_t> begin_;
  std::vector<Index> to_;
};

// 1: the tet lies in a bundle: within half its width of the shortest way along the wall between the bundle's ends.
std::vector<char> bundles(const core::TetMesh& mesh, Index node, double half_width) {
  const auto in_left = in_region(mesh, left), in_right = in_region(mesh, right);
  const Index left_side = furthest_node(mesh, left, {1, -0.5, 0.3});   // towards the left appendage: left and in front
  const Index lateral = furthest_node(mesh, right, {-1, 0.2, 0}), low = furthest_node(mesh, right, {0, 0.2, -1});
  // Bachmann's bundle crosses where the atria are joined highest.
  Index top = -1;
  for (std::size_t n = 0; n < in_left.size(); ++n)
    if (in_left[n] && in_right[n] && (top < 0 || mesh.nodes[n].z() > mesh.nodes[std::size_t(top)].z())) top = Index(n);
  const Ways over_left(mesh, in_left), over_right(mesh, in_right);
  std::vector<Vec3> line;
  const auto lay = [&](const Ways& wall, Index from, Index to) {
    for (Index n : wall.between(from, to)) line.push_back(mesh.nodes[std::size_t(n)]);
  };
  if (top >= 0) {
    lay(over_right, node, top);
    lay(over_left, top, left_side);
  }
  lay(over_right, node, lateral);   // crista terminalis
  lay(over_right, lateral, low);
  std::vector<char> in(mesh.tets.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(in.size()), 1024, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t t = b; t < e; ++t) {
      Vec3 c = Vec3::Zero();
      for (Index n : mesh.tets[std::size_t(t)]) c += 0.25 * mesh.nodes[std::size_t(n)];
      for (std::size_t k = 0; k < line.size() && !in[std::size_t(t)]; ++k) in[std::size_t(t)] = (line[k] - c).squaredNorm() <= half_width * half_width;
    }
  });
  return in;
}

}  // namespace

core::Index furthest_node(const core::TetMesh& mesh, const std::string& region, const Vec3& direction) {
  const auto in = in_region(mesh, region);
  Index best = -1;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < in.size(); ++n)
    if (in[n] && mesh.nodes[n].dot(direction) > most) {
      most = mesh.nodes[n].dot(direction);
      best = Index(n);
    }
  return best;
}

std::vector<std::string> assumptions(const AtriaInputs& in) {
  std::vector<std::string> out{"The atrial wall was not seen: a shell of even thickness around the blood is assumed.",
          "Atrial fibres run around the valves by a rule; Bachmann's bundle and the crista terminalis lie where a rule puts them; the atria are joined at the septum, at the top (Bachmann) and below (coronary sinus) alone.",
          fmt::format("Cells: Courtemanche 1998{}.", in.params.remodelled ? " with the remodelling of persistent atrial fibrillation" : ""),
          fmt::format("Conduction {:g} m/s along, {:g} m/s across the fibres and {:g} m/s in the bundles are population values.", in.params.velocity[0], in.params.velocity[1], std::max(in.params.bundle_velocity, in.params.velocity[0])),
          "The sinus node lies where the rule puts it; the ventricles and the AV node are not part of this twin.",
          "ECG in an unbounded homogeneous conductor of 0.22 S/m; electrodes stand at standard distances around the heart."};
  if (in.params.fibrosis_share > 0)
    out.push_back(fmt::format("Fibrosis was not seen: patches of about {:g} mm over {:.0f} % of the working muscle were drawn at random (seed {}); another seed puts them elsewhere.", in.params.fibrosis_length_mm,
                              100 * in.params.fibrosis_share, in.params.fibrosis_seed));
  return out;
}

ep::ElectroProblem atrial_muscle(std::shared_ptr<const core::TetMesh> mesh, std::shared_ptr<const ep::FibreField> fibres, const AtriaParams& par) {
  ep::ElectroProblem p;
  p.mesh = std::move(mesh);
  p.fibres = std::move(fibres);
  p.ionic_model = "courtemanche_1998";
  p.regions = {par.remodelled ? ep::tissue_region("af_remodelled") : ep::tissue_region("healthy")};
  if (!par.remodelled) p.regions[0].source = "Courtemanche et al. 1998, Am J Physiol 275:H301; velocities: Heida et al. 2021, Loewe et al. 2015 (chambers.hpp)";
  p.tissue.assign(p.mesh->tets.size(), 0);
  p.cell_type.assign(p.mesh->nodes.size(), std::uint8_t(ep::CellType::epi));
  p.velocity = par.velocity;
  // Conductivities whose plane waves in healthy cells have these velocities.
  p.chi_per_mm = ep::atrial_chi_per_mm();
  p.sigma = (par.velocity / ep::atrial_wave_constant()).cwiseAbs2() * (p.chi_per_mm * p.cm_uF_per_mm2);
  p.dt_ms = 0.02;            // Courtemanche's upstroke needs it (structure.md)
  p.cycle_length_ms = 800;   // 75 beats a minute
  p.end_ms = 500;
  return p;
}

void lay_fibrosis(ep::ElectroProblem& p, const AtriaParams& par) {
  if (!(par.fibrosis_share > 0)) return;
  ep::TissueRegion fibrosis = ep::tissue_region("atrial_fibrosis");
  fibrosis.channels = fibrosis.channels * p.regions[0].channels;
  fibrosis.sigma_scale = core::Vec3::Constant(0.25);
  fibrosis.source += "; conductivity a quarter: lower end of the diffusion coefficients of Clayton 2018 (0.05 to 0.2 mm2/ms)";
  p.regions.push_back(std::move(fibrosis));
  std::vector<char> working(p.tissue.size());
  for (std::size_t t = 0; t < working.size(); ++t) working[t] = p.tissue[t] == 0;
  const auto patches = ep::fibrotic_tets(*p.mesh, working, par.fibrosis_share, par.fibrosis_length_mm, par.fibrosis_seed);
  for (std::size_t t = 0; t < patches.size(); ++t)
    if (patches[t]) p.tissue[t] = std::uint8_t(p.regions.size() - 1);
}

core::Result<std::shared_ptr<const twin::HeartModel>> build_atria(const AtriaInputs& in, const core::Progress& progress) {
  OT_EXPECT(in.mesh != nullptr);
  const core::TetMesh& mesh = *in.mesh;
  for (Index n : in.valve_rims) OT_EXPECT(n >= 0 && std::size_t(n) < mesh.nodes.size());
  const AtriaParams& par = in.params;
  if (auto ok = core::check_simulation_ready(mesh); !ok) return core::pass(ok);
  if (!par.velocity.allFinite() || (par.velocity.array() <= 0).any() || par.velocity.maxCoeff() > 5)
    return core::bad_input("Conduction velocities of the atria must lie between 0 and 5 m/s. Usual: 0.8 along, 0.4 across.");
  if (!(par.fibrosis_share >= 0 && par.fibrosis_share <= 0.7) || !(par.fibrosis_length_mm >= 1 && par.fibrosis_length_mm <= 30))
    return core::bad_input("Fibrosis of the atria covers 0 to 70 % of the muscle in patches of 1 to 30 mm (beyond, nothing would be left to conduct). Usual: 30 % in patches of 5 mm.");
  const auto la = on_patches(mesh, "/left_atrium"), ra = on_patches(mesh, "/right_atrium");
  for (const auto& [side, name] : {std::pair<const std::vector<char>&, const char*>{la, "left"}, {ra, "right"}})
    if (std::find(side.begin(), side.end(), 1) == side.end()) return core::bad_input(fmt::format("No wall faces the blood of the {} atrium (its inside is not known). Mesh the atria from labels of both.", name));
  const std::vector<core::Mat3> even(mesh.tets.size(), core::Mat3::Identity());
  auto across = fem::solve_laplace(mesh, even, across_wall(mesh, la, ra), progress.part(0.0, 0.3));
  if (!across) return core::pass(across);
  auto rims = around_valves(mesh, in.valve_rims);
  if (!rims) return core::pass(rims);
  auto away = fem::solve_laplace(mesh, even, *rims, progress.part(0.3, 0.6));
  if (!away) return core::pass(away);

  auto model = std::make_shared<twin::HeartModel>();
  model->apicobasal.assign(away->begin(), away->end());
  model->transmural.resize(mesh.nodes.size());
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) model->transmural[n] = float(std::min(1.0, 2 * std::min((*across)[n], 1 - (*across)[n])));
  model->aha_segment.assign(mesh.nodes.size(), 0);
  model->landmarks.base_centre = in.axes.centre;
  model->landmarks.long_axis = in.axes.long_axis;
  model->landmarks.rv_direction = in.axes.rv_direction;
  model->landmarks.apex = in.axes.centre + 80.0 * in.axes.long_axis;   // mm, about the length of a ventricle: for the view alone

  auto fibres = std::make_shared<ep::FibreField>();
  const auto through = gradients(mesh, *across), along = gradients(mesh, *away);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const Vec3 n = through[t].squaredNorm() > 1e-20 ? Vec3(through[t].normalized()) : Vec3(0, 0, 1);
    Vec3 f = along[t].cross(n);
    if (!(f.squaredNorm() > 1e-12 * along[t].squaredNorm()) || !(f.squaredNorm() > 1e-24)) f = n.unitOrthogonal();
    f.normalize();
    fibres->f.push_back(f);
    fibres->s.push_back(n.cross(f).normalized());
  }

  ep::ElectroProblem& p = model->baseline;
  p = atrial_muscle(in.mesh, fibres, par);
  if (progress.cancelled()) return core::cancelled();
  const auto wall = in_region(mesh, right);
  Index nearest = -1;   // of the sinus node
  for (std::size_t n = 0; n < wall.size(); ++n)
    if (wall[n] && (nearest < 0 || (mesh.nodes[n] - in.sinus_node).squaredNorm() < (mesh.nodes[std::size_t(nearest)] - in.sinus_node).squaredNorm())) nearest = Index(n);
  if (par.bundle_velocity > par.velocity.maxCoeff()) {
    ep::TissueRegion fast = p.regions[0];
    fast.key = "atrial_bundle";
    fast.sigma_scale = (par.bundle_velocity / par.velocity.array()).square();   // CV ~ sqrt(sigma)
    fast.source = "Bachmann's bundle 1.1 to 1.5 m/s: EP-FACTS section 8; crista terminalis 1.32 times working muscle: Loewe et al. 2015";
    p.regions.push_back(std::move(fast));
    const auto in_bundle = bundles(mesh, nearest, par.bundle_half_width_mm);
    for (std::size_t t = 0; t < in_bundle.size(); ++t) p.tissue[t] = std::uint8_t(in_bundle[t]);
  }

  lay_fibrosis(p, par);

  ep::ActivationSite node;
  node.name = "sinus node";
  for (std::size_t n = 0; n < wall.size(); ++n)
    if (wall[n] && (mesh.nodes[n] - mesh.nodes[std::size_t(nearest)]).norm() <= par.site_radius_mm) node.nodes.push_back(Index(n));
  p.sites.push_back(std::move(node));
  p.electrodes = ep::standard_electrodes(in.axes, ep::ElectrodeFrame::patient);
  progress.report(1.0, "atria: ready");
  return std::shared_ptr<const twin::HeartModel>(std::move(model));
}

}  // namespace ot::organs
