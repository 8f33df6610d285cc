// SPDX-License-Identifier: GPL-3.0-or-later
// A plan with a bypass graft as FAST and FULL compute it: the lumen with the graft joined is meshed and solved. Coarse; `verify flow/bypass` is finer.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>

#include "imaging/meshing/graft.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/sections.hpp"
#include "solvers/twin/one_vessel.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

TEST_CASE("a graft of 2.5 mm past a lesion of 65 %: FAST's share of the graft lies within 0.08 of FULL's on a coarse mesh, graft and throat together pass the inflow within 3 %") {
  constexpr double flow = 1200, throat = 20;
  auto vessel = std::make_shared<twin::VesselModel>();
  const test::Tube tube = test::tube(1.5, 42, 5, test::cosine_stenosis(1.5, 0.65, throat, 8));
  vessel->key = "tube", vessel->name = "Tube", vessel->edge_mm = 0.6;
  vessel->lumen = std::make_shared<const core::SurfaceMesh>(tube.surface);
  vessel->network = std::make_shared<const core::VesselNetwork>(tube.network);
  vessel->baseline.inlets = {{test::tube_inlet, {{0.0, flow}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{test::tube_outlet, 5.0, 0, 0, 0}};
  auto model = std::make_shared<twin::TwinModel>();
  model->organ = "vessel", model->vessels = {vessel};
  twin::InterventionSpec spec;
  spec.id = "bypass-1", spec.kind = "bypass", spec.params = twin::find_intervention("bypass")->schema.defaults();
  spec.params.set("diameter_mm", 2.5);
  spec.placement.kind = twin::Placement::Kind::bridge, spec.placement.vessel = "tube", spec.placement.start_mm = 8, spec.placement.to_mm = 33;
  twin::Scenario plan;
  plan.interventions = {spec};
  twin::Tools tools;
  tools.graft_lumen = [](const core::SurfaceMesh& lumen, const core::VesselNetwork& network, const std::vector<core::VesselBranch>& tubes, double edge, const core::Progress&) -> core::Result<twin::Tools::Grafted> {
    auto united = imaging::unite_tubes(lumen, tubes, {});
    if (!united) return core::pass(united);
    core::VesselNetwork lines = network;
    lines.branches.insert(lines.branches.end(), tubes.begin(), tubes.end());
    auto mesh = imaging::lumen_tets_along(*united, lines, edge, {});
    if (!mesh) return core::pass(mesh);
    return twin::Tools::Grafted{std::move(*united), std::move(*mesh)};
  };
  const auto solve = [&](core::Mode mode) {
    auto setup = twin::compile(model, plan, mode, tools);
    INFO((setup ? "" : setup.error().message));
    REQUIRE(setup);
    auto run = twin::run(*setup, {}, {});
    INFO((run ? "" : run.error().message));
    REQUIRE(run);
    return std::move(*run);
  };
  const auto fast = solve(core::Mode::fast), full = solve(core::Mode::full);
  const twin::VesselResult& solved = full.vessels.front();
  REQUIRE(solved.mesh);
  const double share = twin::quantity_of(full, "tube_graft_flow_share");
  const double through = hemo::section_flow(*solved.mesh, *solved.network, solved.flow->velocity, 0, throat);
  std::printf("bypass: FULL %zu tets, drop %.3f mmHg, graft %.3f, throat %.3f of the inflow; FAST drop %.3f mmHg, graft %.3f\n", solved.mesh->tets.size(), twin::quantity_of(full, "tube_pressure_drop_mmhg"), share, through / flow,
              twin::quantity_of(fast, "tube_pressure_drop_mmhg"), twin::quantity_of(fast, "tube_graft_flow_share"));
  CHECK(twin::quantity_of(fast, "tube_graft_flow_share") == Approx(share).margin(0.08));
  CHECK(share + through / flow == Approx(1).margin(0.03));
  CHECK(twin::quantity_of(full, "tube_mass_balance_rel") < 1e-5);
  CHECK(solved.lumen != vessel->lumen);   // the joined one
  // The pull-back knows what the graft leads past: less flow between its ends.
  for (const auto& p : solved.flow->pullback) CHECK(p.flow_mm3_s == Approx(p.arc_mm > 8 && p.arc_mm < 33 ? flow * (1 - share) : flow).epsilon(1e-3));
}
