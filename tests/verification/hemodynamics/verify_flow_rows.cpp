// SPDX-License-Identifier: GPL-3.0-or-later
// The short variants of the `verify` rows of 3D flow.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"

using namespace ot;

namespace {

void all_pass(const verify::Rows& rows) {
  if (!rows) FAIL(rows.error().message);
  REQUIRE_FALSE(rows->empty());
  for (const auto& r : *rows) {
    INFO(r.name << " " << r.quantity << " " << r.value << ", reference " << r.reference << ", tolerance " << r.tolerance << ": " << r.source);
    CHECK(r.pass());
  }
}

// Each row of the bench names a verification and stands, settings word for word, in a row of it that passes.
void vouched_for(const core::Result<std::vector<verify::BenchRow>>& bench, const verify::Rows& rows) {
  if (!bench) FAIL(bench.error().message);
  REQUIRE_FALSE(bench->empty());
  all_pass(rows);
  for (const auto& b : *bench) {
    INFO(b.name << " by " << b.source << " with " << b.settings);
    REQUIRE_FALSE(b.settings.empty());
    CHECK(std::any_of(rows->begin(), rows->end(), [&](const auto& r) { return r.name == b.source && r.source.find("; settings: " + b.settings) != std::string::npos; }));
  }
}

}  // namespace

TEST_CASE("bench flow/ffr-drag is vouched for by a row of its own tree: mass to 1e-6, the root's lesion within 8 % of our own 3D") { vouched_for(verify::bench_network_drag({}), verify::flow_ffr_drag(true, {})); }
TEST_CASE("bench flow/lumped-tree-255 is vouched for by a row of its own tree: the source's scheme within 0.1 % of our own integrator") { vouched_for(verify::bench_lumped_tree({}), verify::lumped_tree(true, {})); }
TEST_CASE("Poiseuille at R/h 10: velocity L2 below 1 % with order 1.9, wall shear within 3 %, mass and sections within the bounds of issue 5 (exact solution)") { all_pass(verify::flow_poiseuille(true, {})); }
TEST_CASE("Womersley alpha 2 and 4.5 below 1 % with order 1.9, alpha 12.9 below 2 %, wall shear within 3 % of the peak (exact solution)") { all_pass(verify::flow_womersley(true, {})); }
TEST_CASE("Oscillating pipe at R/h 12: TAWSS and OSI at every node of the wall, those of inlet and outlet too, within 2 % of Womersley's solution (issue 5)") { all_pass(verify::flow_oscillating_wall(true, {})); }
TEST_CASE("a pipe pushed from rest with the steps that bench flow/step-3d times: velocity L2 within 1 % of the series over the zeros of J2") { all_pass(verify::flow_step_3d(true, {})); }
TEST_CASE("Ethier-Steinman velocity L2 below 1 % with order 1.9 (exact solution)") { all_pass(verify::flow_ethier_steinman(true, {})); }
TEST_CASE("tube with RCR: outlet pressure within 0.2 % of its equation, second order in time, stable with reversal") { all_pass(verify::flow_rcr(true, {})); }
TEST_CASE("tube with the coronary bed: outlet pressure within 0.2 % of its equations, second order in time") { all_pass(verify::flow_coronary_outlet(true, {})); }
TEST_CASE("Carreau-Yasuda pipe flow within 1 % of one-dimensional quadrature") { all_pass(verify::flow_carreau(true, {})); }
TEST_CASE("DFG cylinder 3D-1Z: drag and pressure difference within 1.5 % (Braack and Richter 2006)") { all_pass(verify::flow_cylinder(true, {})); }
