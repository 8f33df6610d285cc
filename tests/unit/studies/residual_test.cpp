// SPDX-License-Identifier: GPL-3.0-or-later
// Residual inducibility: counts and words from two studies, lesions laid on top of a plan, and what is refused.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "app/session/studies.hpp"
#include "tests/unit/session/small_case.hpp"
#include "tests/unit/studies/two_sites.hpp"

using namespace ot;

namespace {

ep::SiteRun run_of(const std::string& key, bool captured, double cycle_ms) {
  ep::SiteRun r;
  r.site.key = r.site.name = key;
  ep::Attempt a;
  a.captured = captured;
  a.found.outcome = cycle_ms > 0 ? ep::Outcome::reentry : captured ? ep::Outcome::decay : ep::Outcome::no_capture;
  a.found.cycle_length_ms = cycle_ms;
  r.attempts = {a};
  r.best = 0;
  r.finished = true;
  return r;
}

}  // namespace

TEST_CASE("residual inducibility counts sites that stay, end, begin and were burned, and never calls a reduced number an end", "[studies][session]") {
  ep::StudyResult before, after;
  before.runs = {run_of("a", true, 180), run_of("b", true, 200), run_of("c", true, 0), run_of("d", true, 150)};
  after.runs = {run_of("a", true, 190), run_of("b", true, 0), run_of("c", true, 170)};   // d was burned
  auto r = session::residual_inducibility(before, after);
  CHECK(r.induced_before == 3);
  CHECK(r.induced_after == 2);
  CHECK(r.no_more == 2);
  CHECK(r.newly == 1);
  CHECK(r.burned == 1);
  CHECK(r.sites[0].cycle_after_ms == 190);
  CHECK_FALSE(r.sites[3].paced_after);
  CHECK(r.verdict.find("3 of 4 sites inducible before, 2 of 3 after (1 site was burned") == 0);
  CHECK(r.verdict.find("Inducibility remains") != std::string::npos);
  after.runs = {run_of("a", true, 0), run_of("b", false, 0), run_of("c", true, 0), run_of("d", true, 0)};
  r = session::residual_inducibility(before, after);
  CHECK(r.induced_after == 0);
  CHECK(r.verdict.find("not inducible any more by this protocol") != std::string::npos);
  CHECK(session::residual_table(r).find("no capture") != std::string::npos);
  r = session::residual_inducibility(before, before);
  CHECK(r.verdict.find("end no re-entry") != std::string::npos);
  CHECK(session::to_json(r)["sites"].size() == 4);
  before.runs = {run_of("a", true, 0)};
  CHECK(session::residual_inducibility(before, before).verdict.find("nothing was inducible before") != std::string::npos);
}

TEST_CASE("a lesion laid on top of the baseline changes the problem that is played, is kept with the study's question, and the baseline compared with itself is refused", "[studies][session]") {
  const auto data = test::small_case();
  auto spec = test::two_sites();
  CHECK(session::run_residual(data, spec, {}, {}).error().code == core::ErrorCode::wrong_usage);
  const twin::InterventionKind* kind = twin::find_intervention("ablation");
  REQUIRE(kind);
  twin::InterventionSpec lesion;
  lesion.id = "lesion-1";
  lesion.kind = "ablation";
  lesion.placement.kind = twin::Placement::Kind::point;
  lesion.placement.points_mm = {{6, 4, 1}};
  lesion.params = kind->schema.defaults();
  lesion.params.set("radius_mm", 2.0);
  spec.added = {lesion};
  const auto json = session::to_json(spec);
  const auto back = session::study_from_json(json);
  REQUIRE(back);
  CHECK(back->added == spec.added);
  CHECK_FALSE(session::to_json(test::two_sites()).contains("scenario"));   // the keys of studies kept before stay
  const auto both = session::run_residual(data, spec, {}, {});
  REQUIRE(both);
  CHECK(both->before->problem_sha256 != both->after->problem_sha256);
  CHECK(both->residual.sites.size() == 2);
  CHECK(both->residual.sites[0].captured_before);
  CHECK(data.plans.front().scenario.interventions.empty());
}
