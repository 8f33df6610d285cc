// SPDX-License-Identifier: GPL-3.0-or-later
// A stent of 3.0 mm in a stenosed tube of 3.0 mm: diameter, what it leaves alone, and the pressure drop of the healthy tube.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "app/solve/revolution.hpp"
#include "app/verify/flow_cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/twin/simulation.hpp"

namespace ot::verify {
namespace {

using namespace flow;
constexpr double radius_mm = 1.5, length_mm = 30, throat_mm = 15, edge_mm = 0.3;

core::SurfaceMesh tube(double degree) {
  std::vector<std::pair<double, double>> profile;
  for (double z = 0; z < length_mm + 1e-9; z += 0.25)
    profile.emplace_back(z, std::abs(z - throat_mm) < 3 ? radius_mm * (1 - degree / 2 * (1 + std::cos(std::numbers::pi * (z - throat_mm) / 3))) : radius_mm);
  return solve::surface_of_revolution(profile, edge_mm);
}

}  // namespace

Rows flow_stent(bool quick, const core::Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  const core::SurfaceMesh healthy = tube(0), narrow = tube(0.6);
  auto network = imaging::centerline(narrow, progress.part(0, 0.1));
  if (!network) return core::pass(network);
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = "tube", vessel->name = "Tube", vessel->edge_mm = edge_mm;
  vessel->lumen = std::make_shared<const core::SurfaceMesh>(narrow);
  vessel->network = std::make_shared<const core::VesselNetwork>(*network);
  vessel->baseline.network = vessel->network;
  vessel->baseline.inlets = {{1, {{0.0, 1500.0}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{2, 5.0, 0, 0, 0}};
  auto model = std::make_shared<twin::TwinModel>();
  model->organ = "vessel", model->vessels = {vessel};
  twin::InterventionSpec spec;
  const twin::InterventionKind* kind = twin::find_intervention("stent");
  spec.id = "stent-1", spec.kind = "stent", spec.params = kind->schema.defaults();
  spec.params.set("diameter_mm", 3.0);
  spec.placement.kind = kind->placement, spec.placement.vessel = "tube", spec.placement.start_mm = 9, spec.placement.length_mm = 12;
  twin::Scenario plan;
  plan.name = "stented", plan.interventions = {spec};
  auto setup = twin::prepare(model, plan, core::Mode::fast);
  if (!setup) return core::pass(setup);
  const core::SurfaceMesh& after = *setup->vessels[0].lumen;
  auto measured = imaging::centerline(after, progress.part(0.1, 0.2));
  if (!measured) return core::pass(measured);
  double least = INFINITY, moved = 0, outside = 0;
  for (double r : measured->branches[0].radius) least = std::min(least, 2 * r);
  for (std::size_t v = 0; v < narrow.points.size(); ++v) {
    const double d = (after.points[v] - narrow.points[v]).norm(), z = narrow.points[v].z();
    (z < 7 || z > 23 ? outside : moved) = std::max(z < 7 || z > 23 ? outside : moved, d);
  }
  const std::string source = "3 mm tube with a 60 % cosine lesion of 6 mm, stent 12 mm long over it, tapers of 2 mm";
  const auto wall = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::vector<Row> rows{close_to("flow/stent", "min_diameter_mm", least, 3.0, 0.02, source, wall(), quick),
                        at_most("flow/stent", "largest_move_outside_device_and_tapers_mm", outside, 1e-12, source + fmt::format("; inside the wall moves by up to {:.2f} mm", moved), wall(), quick)};
  // Pressure drops: the healthy tube, meshed and solved in the same way.
  const auto drop = [&](const core::SurfaceMesh& lumen, const core::VesselNetwork& line, bool full, const core::Progress& part) -> core::Result<double> {
    hemo::FlowProblem p = vessel->baseline;
    p.network = std::make_shared<core::VesselNetwork>(line);
    if (full) {
      auto mesh = imaging::lumen_tets(lumen, edge_mm, part.part(0, 0.2));
      if (!mesh) return core::pass(mesh);
      p.mesh = std::make_shared<core::TetMesh>(std::move(*mesh));
    }
    auto r = full ? hemo::run_navier_stokes(p, part.part(0.2, 1)) : hemo::run_network(p);
    if (!r) return core::pass(r);
    return quantity_of(*r, "pressure_drop_mmhg");
  };
  auto line = imaging::centerline(healthy, {});
  if (!line) return core::pass(line);
  for (bool full : {false, true}) {
    auto a = drop(healthy, *line, full, progress.part(full ? 0.2 : 0.15, full ? 0.6 : 0.2));
    if (!a) return core::pass(a);
    auto b = drop(after, *measured, full, progress.part(full ? 0.6 : 0.2, full ? 1 : 0.2));
    if (!b) return core::pass(b);
    rows.push_back(close_to("flow/stent", full ? "pressure_drop_mmhg_full" : "pressure_drop_mmhg_fast", *b, *a, 0.05, source + "; reference: the healthy tube, same solver and edge", wall(), quick));
  }
  return rows;
}

}  // namespace ot::verify
