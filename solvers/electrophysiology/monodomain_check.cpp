// SPDX-License-Identifier: GPL-3.0-or-later
// What run_monodomain refuses before the first step.
#include <fmt/format.h>

#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/place.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

using core::bad_input;
using core::Result;
using core::wrong_usage;

// mS/mm. Blood plasma has 1.6 and fibres of the heart 0.05 to 0.3; seven orders below them nothing spreads within a beat.
constexpr double most_conductive = 10, least_conductive = 1e-8;

core::Vec3 centroid(const core::TetMesh& mesh, std::size_t e) {
  core::Vec3 c = core::Vec3::Zero();
  for (core::Index i : mesh.tets[e]) c += mesh.nodes[std::size_t(i)] / 4.0;
  return c;
}

Result<void> check_numbers(const ElectroProblem& p) {
  if (!(p.dt_ms > 0) || p.dt_ms > 0.2)
    return wrong_usage(fmt::format("A time step of {} ms cannot be used (the upstroke would be lost; 0 < dt <= 0.2 ms). Try 0.05.", p.dt_ms));
  if (!(p.end_ms > 0) || p.end_ms > 1e6)
    return wrong_usage(fmt::format("An end time of {} ms cannot be used (nothing to compute, or too much). Try 500.", p.end_ms));
  if (!(p.frame_every_ms > 0)) return wrong_usage("The spacing of frames must be more than 0 ms (no frame would ever come). Try 2.");
  if (!(p.cycle_length_ms == 0 || (p.cycle_length_ms >= 50 && p.cycle_length_ms <= 60000)))
    return wrong_usage(fmt::format("A cycle length of {} ms cannot be used (cells are paced at it). Give 50 to 60000 ms, or 0 for the published "
                                   "initial state.", p.cycle_length_ms));
  if (!(p.solver_tolerance > 0) || p.solver_tolerance > 0.1)
    return wrong_usage(fmt::format("A solver tolerance of {} cannot be used (0 < tolerance <= 0.1). Try 1e-4.", p.solver_tolerance));
  if (!(p.chi_per_mm > 0) || !(p.cm_uF_per_mm2 > 0) || !std::isfinite(p.chi_per_mm) || !std::isfinite(p.cm_uF_per_mm2))
    return bad_input("Membrane area per volume and capacitance must be positive numbers (they divide everything). Usual: 140 /mm and 0.01 uF/mm2.");
  if (!p.sigma.allFinite() || !(p.sigma.minCoeff() > 0))
    return bad_input(fmt::format("The conductivities {} {} {} mS/mm are not all positive numbers (the tissue could not conduct). "
                                 "Usual values are 0.13 along and 0.018 across fibres.", p.sigma.x(), p.sigma.y(), p.sigma.z()));
  if (p.sigma.maxCoeff() > most_conductive || p.sigma.minCoeff() < least_conductive)
    return bad_input(fmt::format("A conductivity of {:g} mS/mm is beyond any tissue (1 S/m = 1 mS/mm; usual: 0.13 along, 0.018 across fibres). Check the unit.",
                                 p.sigma.maxCoeff() > most_conductive ? p.sigma.maxCoeff() : p.sigma.minCoeff()));
  const double membrane = p.chi_per_mm * p.cm_uF_per_mm2;   // uF/mm3
  if (membrane < 0.01 || membrane > 100)
    return bad_input(fmt::format("A membrane of {:g} /mm with {:g} uF/mm2 is beyond any tissue ({:g} uF/mm3; usual: 140 /mm, 0.01 uF/mm2, 1.4 uF/mm3). Check the units.", p.chi_per_mm, p.cm_uF_per_mm2, membrane));
  return check_cells(p);
}

Result<void> check_regions(const ElectroProblem& p) {
  if (!usable(p.channels)) return bad_input("A channel scale is negative or not a number (a conductance cannot be). Check the drug's block.");
  if (p.regions.empty()) return bad_input("No tissue region is given (nothing says what conducts). Give at least the healthy one.");
  for (const TissueRegion& r : p.regions) {
    if (!usable(r.channels))
      return bad_input(fmt::format("Region \"{}\" has a channel scale that is negative or not a number (a conductance cannot be). Correct it.", r.key));
    if (r.conducting && (!r.sigma_scale.allFinite() || !(r.sigma_scale.minCoeff() > 0)))
      return bad_input(fmt::format("Region \"{}\" has a conductivity that is not a positive number (it could not conduct). Correct its scale, or mark "
                                   "it as not conducting.", r.key));
    const core::Vec3 sigma = p.sigma.cwiseProduct(r.sigma_scale);
    if (r.conducting && (sigma.maxCoeff() > most_conductive || sigma.minCoeff() < least_conductive))
      return bad_input(fmt::format("Region \"{}\" conducts with {:g} to {:g} mS/mm, beyond any tissue. Correct its scale, or mark it as not conducting.", r.key, sigma.minCoeff(), sigma.maxCoeff()));
  }
  return {};
}

Result<void> check_mesh(const ElectroProblem& p) {
  const core::TetMesh& mesh = *p.mesh;
  if (mesh.tets.empty() || mesh.nodes.empty()) return bad_input("The mesh has no elements (there is nothing to compute on). Build the mesh first.");
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i)
    if (!mesh.nodes[i].allFinite()) return bad_input(fmt::format("Node {} of the mesh has no position (a coordinate is not a number). Rebuild the mesh.", i));
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    const core::Tet& t = mesh.tets[e];
    for (core::Index i : t)
      if (i < 0 || std::size_t(i) >= mesh.nodes.size())
        return bad_input(fmt::format("Tet {} of the mesh names node {}, which does not exist (the mesh is damaged). Rebuild the mesh.", e, i));
    const double v = core::tet_volume(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])],
                                      mesh.nodes[std::size_t(t[3])]);
    if (!(v > 0))
      return bad_input(fmt::format("Tet {} at {} is inverted or flat, volume {:.2e} mm3 (diffusion would run backwards there). Rebuild or repair "
                                   "the mesh.", e, core::place_words(centroid(mesh, e)), v));
  }
  if (p.fibres->f.size() != mesh.tets.size() || p.fibres->s.size() != mesh.tets.size())
    return bad_input("The fibres do not belong to this mesh (one direction per tet is needed). Compute the fibres again.");
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    const core::Vec3 &f = p.fibres->f[e], &s = p.fibres->s[e];
    if (!(std::abs(f.norm() - 1) < 1e-3) || !(std::abs(s.norm() - 1) < 1e-3) || !(std::abs(f.dot(s)) < 1e-3))
      return bad_input(fmt::format("The fibre frame of tet {} at {} is not orthonormal (conductivities would be wrong). Compute the fibres again.", e,
                                   core::place_words(centroid(mesh, e))));
  }
  if (!p.tissue.empty() && p.tissue.size() != mesh.tets.size())
    return bad_input("The tissue regions do not belong to this mesh (one per tet is needed). Assign the tissue again.");
  bool conducts = p.tissue.empty() && p.regions[0].conducting;
  for (std::size_t e = 0; e < p.tissue.size(); ++e) {
    if (p.tissue[e] >= p.regions.size())
      return bad_input(fmt::format("Tet {} belongs to region {}, which is not described (only {} are). Assign the tissue again.", e, p.tissue[e],
                                   p.regions.size()));
    conducts = conducts || p.regions[p.tissue[e]].conducting;
  }
  if (!conducts) return bad_input("No tissue conducts (nothing can be activated). Remove lesions or scar.");
  if (!p.cell_type.empty() && p.cell_type.size() != mesh.nodes.size())
    return bad_input("The cell types do not belong to this mesh (one per node is needed). Assign them again.");
  for (std::uint8_t t : p.cell_type)
    if (t > 2) return bad_input(fmt::format("Cell type {} is unknown (0 epi, 1 mid, 2 endo). Assign the cell types again.", t));
  return {};
}

Result<void> check_sites(const ElectroProblem& p) {
  const core::TetMesh& mesh = *p.mesh;
  std::vector<char> conducts(mesh.nodes.size(), 0);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e)
    if (p.regions[p.tissue.empty() ? 0 : p.tissue[e]].conducting)
      for (core::Index i : mesh.tets[e]) conducts[std::size_t(i)] = 1;
  bool any = false;
  for (const ActivationSite& s : p.sites) {
    if (s.nodes.empty())
      return bad_input(fmt::format("The stimulus \"{}\" has no nodes (it would do nothing). Place it on the tissue.", s.name));
    if (!s.weights.empty() && s.weights.size() != s.nodes.size())
      return bad_input(fmt::format("The stimulus \"{}\" has {} weights for {} nodes (one each is needed). Give them again.", s.name, s.weights.size(),
                                   s.nodes.size()));
    if (!std::isfinite(s.start_ms) || !(s.duration_ms > 0) || !std::isfinite(s.duration_ms) || !std::isfinite(s.amplitude_mV_per_ms))
      return bad_input(fmt::format("The stimulus \"{}\" has an impossible time or amplitude. Give a start, a duration above 0 and a finite amplitude.",
                                   s.name));
    for (std::size_t k = 0; k < s.nodes.size(); ++k) {
      if (s.nodes[k] < 0 || std::size_t(s.nodes[k]) >= mesh.nodes.size())
        return bad_input(fmt::format("The stimulus \"{}\" names node {}, which is outside the mesh (it belongs to another one). Place it again.", s.name,
                                     s.nodes[k]));
      const double w = s.weights.empty() ? 1.0 : double(s.weights[k]);
      if (!std::isfinite(w) || w < 0)
        return bad_input(fmt::format("The stimulus \"{}\" has a weight that is negative or not a number. Give 0 to 1.", s.name));
      any = any || (w > 0 && conducts[std::size_t(s.nodes[k])]);
    }
  }
  if (p.sites.empty() && p.bidomain && !p.bidomain->sites.empty()) return {};   // extracellular electrodes
  if (p.sites.empty())
    return bad_input("There is no stimulus (the tissue would stay at rest). Place at least one activation site.");
  if (!any)
    return bad_input("Every stimulus lies outside conducting tissue (nothing would be activated). Move a site off the lesion or scar, onto the muscle.");
  return {};
}

}  // namespace

core::Result<void> check_problem(const ElectroProblem& problem) {
  OT_EXPECT(problem.mesh != nullptr);
  if (!problem.fibres) return bad_input("There are no fibres (conductivity has no direction). Compute the fibres first.");
  for (const auto check : {&check_numbers, &check_regions, &check_mesh, &check_sites})
    if (auto ok = check(problem); !ok) return ok;
  return {};
}

}  // namespace ot::ep
