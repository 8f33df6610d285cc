// SPDX-License-Identifier: GPL-3.0-or-later
// What the model says it assumes of a vessel's flow follows what is set, and the pull-back as a table.
#include <algorithm>
#include <catch2/catch.hpp>

#include "app/session/flow_assumptions.hpp"
#include "app/session/flow_ends.hpp"
#include "app/session/pullback_table.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

namespace {

// A carotid of 6 mm with the population's inflow and outlets by Murray's law.
twin::VesselModel carotid() {
  const test::Tube made = test::tube(3.0, 40, 4);
  twin::VesselModel v;
  v.key = "carotid", v.name = "Carotid";
  v.network = std::make_shared<const core::VesselNetwork>(made.network);
  v.aortic_pressure_Pa = hemo::mean_aortic_pressure_Pa;
  v.baseline.network = v.network;
  v.baseline.steady = true;
  const double q = session::population_inflow(v.key, *v.network);
  v.baseline.inlets = {{test::tube_inlet, {{0.0, q}}, hemo::InletProfile::plug}};
  auto outlets = hemo::murray_outlets(hemo::outlet_sizes(*v.network), q, v.aortic_pressure_Pa, hemo::venous_pressure_Pa);
  REQUIRE(outlets);
  v.baseline.outlets = std::move(*outlets);
  return v;
}
bool says(const std::vector<std::string>& lines, const std::string& words) {
  return std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("steady flow and population values are said until a beat, an inflow or an outlet is set, then what was set, each line once") {
  twin::VesselModel v = carotid();
  std::vector<std::string> lines{"The heart is an ellipsoid.", "Carotid: rigid wall, Newtonian blood (1060 kg/m3, 3.5 mPa s), steady flow.", "Carotid: inflow 100 mL/min and mean pressure 93 mmHg are population values; outlets share the flow by Murray's law."};
  session::say_flow_assumptions(lines, v, false);
  CHECK(lines.size() == 3);
  CHECK(says(lines, "steady flow"));
  CHECK(says(lines, "are population values"));
  v.baseline.steady = false, v.baseline.cycle_s = 0.9;
  v.baseline.inlets[0].flow = {{0.0, 2000.0}, {0.3, 9000.0}, {0.6, 2000.0}, {0.9, 2000.0}};
  session::say_flow_assumptions(lines, v, true);
  CHECK_FALSE(says(lines, "steady flow"));
  CHECK_FALSE(says(lines, "population values;"));
  CHECK(says(lines, "flow over a beat of 0.9 s"));
  CHECK(says(lines, "was set by hand; outlets share the flow by Murray's law"));
  v.baseline.outlets[0].rd *= 2, v.baseline.outlets[0].rp *= 2;
  session::say_flow_assumptions(lines, v, true);
  CHECK(says(lines, "what is behind the outlets was set by hand"));
  CHECK_FALSE(says(lines, "Murray"));
  CHECK(lines.size() == 4);
  CHECK(lines.front() == "The heart is an ellipsoid.");
  v = carotid();
  v.baseline.outlets[0].rp *= 2, v.baseline.outlets[0].rd *= 2;
  session::say_flow_assumptions(lines, v, true);
  CHECK(says(lines, "is a population value; what is behind the outlets was set by hand"));
}

TEST_CASE("the inflow of a vessel that reports FFR is not free, that of another artery is") {
  twin::VesselModel v = carotid();
  CHECK(session::check_inflow_is_free(v));
  v.report_ffr = true;
  const auto refused = session::check_inflow_is_free(v);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("what the aortic pressure drives") != std::string::npos);
}

TEST_CASE("a lesion on the shorter of two branches gets its own way from the inlet, the table counts mm from there and FFR from the inlet pressure") {
  core::VesselNetwork n;
  n.branches.resize(3);
  const auto set = [&](int b, int parent, double length) {
    n.branches[std::size_t(b)].parent = parent, n.branches[std::size_t(b)].name = b == 0 ? "trunk" : b == 1 ? "long" : "short";
    for (int k = 0; k <= 10; ++k) n.branches[std::size_t(b)].points.emplace_back(b, 0, length * k / 10), n.branches[std::size_t(b)].arc.push_back(length * k / 10), n.branches[std::size_t(b)].radius.push_back(1);
    if (parent >= 0) n.branches[std::size_t(parent)].children.push_back(b);
  };
  set(0, -1, 30), set(1, 0, 50), set(2, 0, 20);
  core::Stenosis on_trunk, on_short;
  on_trunk.branch = 0, on_short.branch = 2;
  CHECK(session::ways_with_lesions(n, {on_trunk}).size() == 1);
  const auto ways = session::ways_with_lesions(n, {on_trunk, on_short});
  REQUIRE(ways.size() == 2);
  CHECK(ways[0].branches == std::vector<int>{0, 1});
  CHECK(ways[0].length_mm == Approx(80));
  CHECK(ways[1].branches == std::vector<int>{0, 2});
  CHECK(ways[1].start_mm == std::vector<double>{0, 30});
  CHECK(session::name_of(n, ways[1]) == "short");
  auto flow = std::make_shared<hemo::FlowResult>();
  flow->pullback = {{0, 0, 12400, 1, 1000}, {0, 30, 12000, 1, 1000}, {2, 10, 9300, 1, 400}};
  twin::VesselModel v;
  v.report_ffr = true, v.aortic_pressure_Pa = 12400;
  twin::VesselResult result{"lad", nullptr, std::make_shared<const core::VesselNetwork>(n), nullptr, flow};
  const auto rows = session::pullback_rows(v, result);
  REQUIRE(rows.size() == 3);
  CHECK(rows[2].from_inlet_mm == Approx(40));
  CHECK(rows[2].ffr == Approx(0.75));
  CHECK(rows[2].flow_ml_min == Approx(24));
  const std::string csv = session::pullback_csv(v, result);
  CHECK(csv.find("branch,name,arc_mm,from_inlet_mm,radius_mm,flow_ml_min,pressure_mmhg,ffr,wall_shear_pa\n") == 0);
  CHECK(csv.find("\n2,short,10,40,1,24,") != std::string::npos);
  CHECK(session::pullback_json(v, result).size() == 2);
}
