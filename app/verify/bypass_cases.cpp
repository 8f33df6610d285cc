// SPDX-License-Identifier: GPL-3.0-or-later
// A bypass graft past a lesion, by the same functions as a plan of the program: FAST (parallel branch) against FULL (lumen and graft meshed as one).
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>

#include "app/session/pipeline.hpp"
#include "app/solve/revolution.hpp"
#include "app/verify/flow_cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/sections.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::verify {
using namespace flow;

Rows flow_bypass(bool quick, const core::Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  constexpr double radius_mm = 1.5, length_mm = 50, throat_mm = 22,   // the five sections lie clear of both mouths
       lesion_mm = 8, degree = 0.7, flow_mm3_s = 1500, graft_mm = 2.5, from_mm = 8, to_mm = 40;
  const double edge_mm = quick ? 0.5 : 0.35;
  std::vector<std::pair<double, double>> profile;
  for (double z = 0; z < length_mm + 1e-9; z += 0.25)
    profile.emplace_back(z, std::abs(z - throat_mm) < lesion_mm / 2 ? radius_mm * (1 - degree / 2 * (1 + std::cos(2 * std::numbers::pi * (z - throat_mm) / lesion_mm))) : radius_mm);
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = "tube", vessel->name = "Tube", vessel->edge_mm = edge_mm;
  const core::SurfaceMesh lumen = solve::surface_of_revolution(profile, edge_mm);
  auto network = imaging::centerline(lumen, progress.part(0, 0.05));
  if (!network) return core::pass(network);
  vessel->lumen = std::make_shared<core::SurfaceMesh>(lumen);
  vessel->network = std::make_shared<core::VesselNetwork>(std::move(*network));
  vessel->stenoses = core::find_stenoses(*vessel->network);
  vessel->baseline.network = vessel->network;
  vessel->baseline.inlets = {{1, {{0.0, flow_mm3_s}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{2, 5.0, 0, 0, 0}};
  vessel->baseline.sections = 5;
  auto model = std::make_shared<twin::TwinModel>();
  model->organ = "vessel", model->vessels = {vessel};
  twin::InterventionSpec spec;
  const twin::InterventionKind* kind = twin::find_intervention("bypass");
  spec.id = "bypass-1", spec.kind = "bypass", spec.params = kind->schema.defaults();
  spec.params.set("diameter_mm", graft_mm);
  spec.placement.kind = kind->placement, spec.placement.vessel = "tube", spec.placement.start_mm = from_mm, spec.placement.to_mm = to_mm;
  twin::Scenario plan;
  plan.interventions = {spec};
  const auto run_in = [&](const twin::Scenario& scenario, core::Mode mode, const core::Progress& part) -> core::Result<twin::RunResult> {
    auto setup = twin::compile(model, scenario, mode, session::tools(), part.part(0, 0.3));
    if (!setup) return core::pass(setup);
    return twin::run(*setup, {}, part.part(0.3, 1));
  };
  auto bare = run_in({}, core::Mode::fast, {});
  if (!bare) return core::pass(bare);
  auto fast = run_in(plan, core::Mode::fast, {});
  if (!fast) return core::pass(fast);
  auto full = run_in(plan, core::Mode::full, progress.part(0.05, 1));
  if (!full) return core::pass(full);
  const auto value = [](const twin::RunResult& r, const char* key) { return twin::quantity_of(r, std::string("tube_") + key); };
  const twin::VesselResult& solved = full->vessels.front();
  // Mass where FULL could lose it: what passes graft and throat must be the inflow.
  const double through = hemo::section_flow(*solved.mesh, *solved.network, solved.flow->velocity, 0, throat_mm);
  const double graft = value(*full, "graft_flow_share") * flow_mm3_s;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const std::string source = fmt::format("own Navier-Stokes solve, {} tets, change {:.1e}; graft of {} mm over {:.1f} mm past 70 % in a 3 mm tube at {} mm3/s; FAST without the graft {:.2f} mmHg", solved.mesh->tets.size(),
                                         value(*full, "steady_change"), graft_mm, value(*full, "bypass_length_mm"), flow_mm3_s, value(*bare, "pressure_drop_mmhg"));
  Row share = close_to("flow/bypass", "graft_flow_share_fast", value(*fast, "graft_flow_share"), value(*full, "graft_flow_share"), 0.05, source, wall, quick);
  share.relative = false;
  return std::vector<Row>{close_to("flow/bypass", "pressure_drop_mmhg_fast", value(*fast, "pressure_drop_mmhg"), value(*full, "pressure_drop_mmhg"), 0.08, source, wall, quick), share,
                          close_to("flow/bypass", "graft_and_throat_flow_mm3_s_full", graft + through, flow_mm3_s, quick ? 0.02 : 0.01, source + fmt::format("; {:.0f} through the throat", through), wall, quick),
                          at_most("flow/bypass", "consistent_balance_rel", value(*full, "mass_balance_rel"), 1e-5, source, wall, quick),
                          at_most("flow/bypass", "section_flow_error_rel", value(*full, "section_flow_error_rel"), quick ? 0.02 : 0.01, "integral of u.n over five sections of the native vessel against outlet less graft", wall, quick)};
}

}  // namespace ot::verify
