// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/atria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/structure/fibrosis.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"

namespace ot::organs {
namespace {

using core::Index;
using core::Vec3;

// 1: the tet lies in a bundle: within half its width of the shortest way along the wall between the bundle's ends.
std::vector<char> bundles(const core::TetMesh& mesh, Index node, double half_width) {
  const auto in_left = nodes_of(mesh, left_atrial_wall), in_right = nodes_of(mesh, right_atrial_wall);
  const Index left_side = furthest_node(mesh, left_atrial_wall, {1, -0.5, 0.3});   // towards the left appendage: left and in front
  const Index lateral = furthest_node(mesh, right_atrial_wall, {-1, 0.2, 0}), low = furthest_node(mesh, right_atrial_wall, {0, 0.2, -1});
  // Bachmann's bundle crosses where the atria are joined highest.
  Index top = -1;
  for (std::size_t n = 0; n < in_left.size(); ++n)
    if (in_left[n] && in_right[n] && (top < 0 || mesh.nodes[n].z() > mesh.nodes[std::size_t(top)].z())) top = Index(n);
  const WallWays over_left(mesh, in_left), over_right(mesh, in_right);
  std::vector<Vec3> line;
  const auto lay = [&](const WallWays& wall, Index from, Index to) {
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

std::vector<std::string> assumptions(const AtriaInputs& in) {
  std::vector<std::string> out{"The atrial wall was not seen: a shell of even thickness around the blood is assumed.",
          fmt::format("{}; Bachmann's bundle and the crista terminalis lie where a rule puts them; the atria are joined at the septum, at the top (Bachmann) and below (coronary sinus) alone.",
                      in.params.fibres == AtrialFibreRule::rings ? "Atrial fibres run around the valves by a rule (rings)"
                                                                 : "Atrial fibres were not seen: they follow the bundles of a rule (Piersanti et al. 2021); veins, cavae and appendages without a label lie where general anatomy puts them"),
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
  auto laid = lay_atrial_fibres(mesh, in.valve_rims, in.ostia, par.fibres, progress.part(0.0, 0.8));
  if (!laid) return core::pass(laid);

  auto model = std::make_shared<twin::HeartModel>();
  model->apicobasal.assign(laid->from_valve.begin(), laid->from_valve.end());
  model->transmural.resize(mesh.nodes.size());
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) model->transmural[n] = float(std::min(1.0, 2 * std::min(laid->across_wall[n], 1 - laid->across_wall[n])));
  model->aha_segment.assign(mesh.nodes.size(), 0);
  model->landmarks.base_centre = in.axes.centre;
  model->landmarks.long_axis = in.axes.long_axis;
  model->landmarks.rv_direction = in.axes.rv_direction;
  model->landmarks.apex = in.axes.centre + 80.0 * in.axes.long_axis;   // mm, about the length of a ventricle: for the view alone

  ep::ElectroProblem& p = model->baseline;
  p = atrial_muscle(in.mesh, std::make_shared<ep::FibreField>(std::move(laid->fibres)), par);
  if (progress.cancelled()) return core::cancelled();
  const auto wall = nodes_of(mesh, right_atrial_wall);
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
