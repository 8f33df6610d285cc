// SPDX-License-Identifier: GPL-3.0-or-later
// Bypass graft: where it runs, what it refuses, what FAST makes of it, and its way through JSON.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/interventions/geometry/graft_line.hpp"
#include "solvers/twin/one_vessel.hpp"
#include "solvers/twin/placement.hpp"
#include "tests/support/tube_mesh.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using Catch::Matchers::Contains;
using core::Mode;

namespace {

// Tube of 3 mm, 40 mm long, with a cosine lesion of 70 % from 20 to 32 mm.
std::shared_ptr<const twin::TwinModel> narrow() { return test::small_twin({1.0, 70, 5}); }

twin::InterventionSpec graft(double from, double to, double diameter = 2.0) {
  auto spec = test::sample("bypass");
  spec.placement.start_mm = from, spec.placement.to_mm = to;
  spec.params.set("diameter_mm", diameter);
  return spec;
}

std::string refusal(const std::shared_ptr<const twin::TwinModel>& model, const twin::InterventionSpec& spec) {
  const auto ok = twin::validate(*model, spec);
  return ok ? "" : ok.error().message;
}

}  // namespace

TEST_CASE("a graft begins and ends on the centreline at 45 degrees, stays 0.5 mm clear of the vessel and bends no tighter than 1.5 of its radius") {
  const auto model = narrow();
  const auto& vessel = *model->vessels[0];
  for (const double diameter : {1.5, 2.5}) {
    const auto g = interventions::plan_graft(*vessel.network, *vessel.lumen, {0, 0, 8, 36}, diameter);
    INFO((g ? "" : g.error().message));
    REQUIRE(g);
    const auto& line = g->line;
    CHECK((line.points.front() - vessel.network->point_at(0, 8)).norm() < 1e-9);
    CHECK((line.points.back() - vessel.network->point_at(0, 36)).norm() < 1e-9);
    const core::Vec3 out = (line.points[1] - line.points[0]).normalized(), in = (line.points.back() - line.points[line.points.size() - 2]).normalized();
    CHECK(out.dot(vessel.network->tangent_at(0, 8)) == Approx(std::cos(M_PI / 4)).margin(0.08));   // a step of half a radius along the curve
    CHECK(in.dot(vessel.network->tangent_at(0, 36)) == Approx(std::cos(M_PI / 4)).margin(0.08));
    CHECK(g->free_from_mm == Approx(1.5 / std::sin(M_PI / 4)).epsilon(0.1));   // the axis leaves a tube of 1.5 mm at 45 degrees
    double highest = 0;
    for (std::size_t k = 0; k < line.points.size(); ++k) {
      highest = std::max(highest, std::hypot(line.points[k].x(), line.points[k].y()) - 1.5);
      CHECK(line.radius[k] <= 0.5 * diameter + 1e-12);
      if (k > 0) CHECK(line.arc[k] - line.arc[k - 1] == Approx((line.points[k] - line.points[k - 1]).norm()).epsilon(0.01));
    }
    CHECK(highest >= 0.5 * diameter + 0.5);
    CHECK(line.radius[line.radius.size() / 2] == 0.5 * diameter);
    const auto again = interventions::plan_graft(*vessel.network, *vessel.lumen, {0, 0, 8, 36}, diameter);
    REQUIRE(again);
    CHECK(again->line.points == line.points);
  }
}

TEST_CASE("a graft that cannot be made is refused in one sentence: upstream, in the lesion, too wide, at an end, off the branch, through other branches") {
  const auto model = narrow();
  CHECK(refusal(model, graft(8, 36)).empty());
  CHECK_THAT(refusal(model, graft(36, 8)), Contains("downstream"));
  CHECK_THAT(refusal(model, graft(8, 27)), Contains("ends in the narrowing"));
  CHECK_THAT(refusal(model, graft(25, 36)), Contains("begins in the narrowing"));
  CHECK_THAT(refusal(model, graft(8, 36, 3.4)), Contains("wider than the vessel"));
  CHECK_THAT(refusal(model, graft(0.2, 36)), Contains("from an end or fork"));
  CHECK_THAT(refusal(model, graft(8, 39.9)), Contains("from an end or fork"));
  CHECK_THAT(refusal(model, graft(8, 45)), Contains("outside the branch"));
  auto other = graft(8, 36);
  other.placement.to_branch = 3;
  CHECK_THAT(refusal(model, other), Contains("branch 3"));
  // A vessel among eight neighbours (drawn as branches of the network) has no free side.
  const auto& vessel = *model->vessels[0];
  core::VesselNetwork crowd = *vessel.network;
  for (int k = 0; k < 24; ++k) {
    core::VesselBranch b = crowd.branches[0];
    b.parent = 0;
    for (auto& p : b.points) p += core::Vec3(6 * std::cos(k * M_PI / 12), 6 * std::sin(k * M_PI / 12), 0);
    for (auto& r : b.radius) r = 1.2;
    crowd.branches.push_back(b);
  }
  const auto blocked = interventions::plan_graft(crowd, *vessel.lumen, {0, 0, 8, 36}, 2.5);
  REQUIRE_FALSE(blocked);
  CHECK_THAT(blocked.error().message, Contains("No free way"));
}

TEST_CASE("a graft keeps clear of the twin's other vessels: one on its way makes it choose another side, one on every side refuses it") {
  auto model = std::make_shared<twin::TwinModel>(*narrow());
  const auto vessel = model->vessels[0];
  const auto free = interventions::plan_graft(*model, graft(8, 36, 2.5), *vessel->network, *vessel->lumen);
  REQUIRE(free);
  const core::Vec3 middle = free->line.points[free->line.points.size() / 2];
  const double away = std::hypot(middle.x(), middle.y());
  const auto beside = [&](int k) {   // a vessel of 2.4 mm along the host, `away` from it, at k of 24 places round it; 0 is where the graft ran
    auto other = std::make_shared<twin::VesselModel>(*vessel);
    auto line = std::make_shared<core::VesselNetwork>(*vessel->network);
    const double angle = std::atan2(middle.y(), middle.x()) + k * M_PI / 12;
    for (auto& p : line->branches[0].points) p += core::Vec3(away * std::cos(angle), away * std::sin(angle), 0);
    for (auto& r : line->branches[0].radius) r = 1.2;
    other->key = "beside-" + std::to_string(k), other->network = line;
    return other;
  };
  const auto nearest = [&](const hemo::Graft& g, const twin::VesselModel& other) {
    double least = 1e300;
    for (const auto& p : g.line.points)
      for (const auto& q : other.network->branches[0].points) least = std::min(least, (p - q).norm());
    return least;
  };
  model->vessels.push_back(beside(0));
  CHECK(nearest(*free, *model->vessels[1]) < 1.2 + 1.25);   // it would run through it
  const auto round = interventions::plan_graft(*model, graft(8, 36, 2.5), *vessel->network, *vessel->lumen);
  REQUIRE(round);
  CHECK(nearest(*round, *model->vessels[1]) > 1.2 + 1.25);
  for (int k = 1; k < 24; ++k) model->vessels.push_back(beside(k));
  CHECK_THAT(refusal(model, graft(8, 36, 2.5)), Contains("another vessel"));
}

TEST_CASE("FAST: a graft past a lesion of 70 % raises FFR by more than 0.1 and the flow at the same aortic pressure, the thicker the more") {
  const auto model = narrow();
  const auto alone = twin::vessel_twin(*model, "lad", false);
  const auto none = twin::answer_flow(alone, {}), thin = twin::answer_flow(alone, test::scenario({graft(8, 36, 1.5)})), thick = twin::answer_flow(alone, test::scenario({graft(8, 36, 2.5)}));
  INFO(thin.refused << thick.refused);
  REQUIRE((none.run && thin.run && thick.run));
  CHECK(thin.ffr > none.ffr + 0.05);
  CHECK(thick.ffr > thin.ffr);
  CHECK(thick.ffr > none.ffr + 0.1);
  CHECK(thick.vessel()->flow->pullback.front().flow_mm3_s > none.vessel()->flow->pullback.front().flow_mm3_s);
  CHECK(twin::quantity_of(*thick.run, "lad_graft_flow_share") > 0.5);
  CHECK(twin::quantity_of(*thick.run, "lad_bypass_length_mm") > 24);
  CHECK(thick.vessel()->lumen == alone->vessels[0]->lumen);   // FAST draws the graft beside the vessel, FULL joins it
}

TEST_CASE("a graft after a stent and two grafts in one plan are applied in order, and a graft past nothing says so") {
  const auto model = narrow();
  auto stent = test::sample("stent");
  auto second = graft(12, 36, 1.5);
  second.id = "bypass-2";
  const auto both = twin::prepare(model, test::scenario({stent, graft(8, 36)}), Mode::fast);
  INFO((both ? "" : both.error().message));
  REQUIRE(both);
  CHECK(both->vessels[0].problem.grafts.size() == 1);
  CHECK(both->vessels[0].lumen_changed);
  const auto two = twin::prepare(model, test::scenario({graft(8, 36, 1.5), second}), Mode::fast);
  REQUIRE(two);
  CHECK(two->vessels[0].problem.grafts.size() == 2);
  CHECK(twin::find_quantity(two->quantities, "lad_bypass_2_length_mm"));
  const auto healthy = twin::prepare(test::small_twin(), test::scenario({graft(8, 36)}), Mode::fast);
  REQUIRE(healthy);
  REQUIRE_FALSE(healthy->notes.empty());
  CHECK_THAT(healthy->notes[0], Contains("past no narrowing"));
}

TEST_CASE("a graft survives JSON with its two places, and a bridge with keys of a segment is refused by name") {
  const auto plan = test::scenario({graft(8.125, 36.5, 2.25)});
  const auto back = twin::scenario_from_text(twin::to_json(plan).dump());
  REQUIRE(back);
  CHECK(*back == plan);
  auto json = twin::to_json(plan);
  json["interventions"][0]["placement"]["length_mm"] = 3;
  const auto refused = twin::scenario_from_json(json);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("length_mm"));
}

TEST_CASE("FULL asks for the lumen with the graft joined, and says so when the program cannot") {
  const auto model = narrow();
  twin::Tools tools;
  const auto plan = test::scenario({graft(8, 36)});
  const auto without = twin::compile(model, plan, Mode::full, tools);
  REQUIRE_FALSE(without);
  CHECK_THAT(without.error().message, Contains("without the mesher"));
  int asked = 0;
  tools.graft_lumen = [&](const core::SurfaceMesh& lumen, const core::VesselNetwork&, const std::vector<core::VesselBranch>& tubes, double, const core::Progress&) -> core::Result<twin::Tools::Grafted> {
    ++asked;
    CHECK(tubes.size() == 1);
    return twin::Tools::Grafted{lumen, test::tube(1.5, 40, 3).mesh};   // stands in: compile() only passes it on
  };
  const auto made = twin::compile(model, plan, Mode::full, tools), quick = twin::prepare(model, plan, Mode::full);
  INFO((made ? "" : made.error().message));
  REQUIRE((made && quick));
  CHECK(asked == 1);
  CHECK(made->vessels[0].grafted);
  CHECK(made->sha256() == quick->sha256());
}
