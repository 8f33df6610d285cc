// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "app/session/pipeline.hpp"
#include "app/session/session.hpp"
#include "solvers/twin/one_vessel.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/interventions/small_twin.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::session;

namespace {

struct Fixture {
  Session session;
  Fixture() {
    ::setenv("XDG_DATA_HOME", test::scratch_folder("xdg").c_str(), 1);
    session.replace(test::small_case(), {});
  }
  void settle() {
    do {
      session.jobs().wait_until_idle();
      session.poll();
    } while (session.jobs().busy());
  }
  twin::InterventionSpec lesion(const core::Vec3& at) {
    twin::InterventionSpec spec;
    spec.kind = "ablation";
    spec.params = twin::find_intervention("ablation")->schema.defaults();
    spec.placement.kind = twin::Placement::Kind::point;
    spec.placement.points_mm = {at};
    return spec;
  }
};

}  // namespace

TEST_CASE("a lesion changes the FAST result, undo by name returns equal numbers, redo the changed ones") {
  Fixture f;
  f.session.run(1, core::Mode::fast);
  f.settle();
  const auto before = f.session.result(1, core::Mode::fast);
  REQUIRE(before);
  REQUIRE(f.session.add(1, f.lesion({6, 4, 1.5})));
  CHECK(f.session.undo_name() == "lesion 1");
  f.settle();
  const auto after = f.session.result(1, core::Mode::fast);
  REQUIRE(after);
  CHECK(after->electro->problem_sha256 != before->electro->problem_sha256);
  f.session.undo();
  f.settle();
  CHECK(f.session.result(1, core::Mode::fast)->electro->problem_sha256 == before->electro->problem_sha256);
  CHECK(f.session.data()->plans[1].scenario.interventions.empty());
  f.session.redo();
  f.settle();
  CHECK(f.session.result(1, core::Mode::fast)->electro->problem_sha256 == after->electro->problem_sha256);
}

TEST_CASE("a lesion outside the tissue is refused in words and nothing changes") {
  Fixture f;
  const auto plans = f.session.data()->plans;
  const auto refused = f.session.add(1, f.lesion({200, 0, 0}));
  REQUIRE(!refused);
  CHECK(refused.error().message.find("nearest tissue") != std::string::npos);
  CHECK(f.session.data()->plans == plans);
  CHECK(!f.session.can_undo());
}

TEST_CASE("a negative dose is refused by the schema, with the allowed range") {
  Fixture f;
  twin::InterventionSpec drug;
  drug.kind = "drug";
  drug.params = twin::find_intervention("drug")->schema.defaults();
  drug.params.set("dose_x_cmax", -1.0);
  const auto refused = f.session.add(1, drug);
  REQUIRE(!refused);
  CHECK(refused.error().code == core::ErrorCode::bad_input);
  CHECK(refused.error().message.find("outside 0") != std::string::npos);
}

TEST_CASE("the baseline cannot be treated") {
  Fixture f;
  const auto refused = f.session.add(0, f.lesion({6, 4, 1.5}));
  REQUIRE(!refused);
  CHECK(refused.error().message.find("baseline stays untreated") != std::string::npos);
}

TEST_CASE("switching an intervention off gives the result without it, deleting it too") {
  Fixture f;
  f.session.run(1, core::Mode::fast);
  f.settle();
  const std::string untreated = f.session.result(1, core::Mode::fast)->setup_sha256;
  REQUIRE(f.session.add(1, f.lesion({6, 4, 1.5})));
  const std::string id = f.session.data()->plans[1].scenario.interventions[0].id;
  f.session.set_enabled(1, id, false);
  f.settle();
  CHECK(f.session.result(1, core::Mode::fast)->setup_sha256 == untreated);
  f.session.remove(1, id);
  f.settle();
  CHECK(f.session.result(1, core::Mode::fast)->setup_sha256 == untreated);
}

TEST_CASE("a running FULL model streams frames and stops within a second of cancel") {
  Fixture f;
  CaseData data = test::small_case();
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  auto heart = std::make_shared<twin::HeartModel>(*twin->heart);
  heart->baseline.end_ms = 100000;   // far longer than the test
  twin->heart = heart;
  data.twin = twin;
  f.session.replace(data, {});
  f.session.run(0, core::Mode::full);
  std::shared_ptr<const twin::Frame> frame;
  const auto begin = std::chrono::steady_clock::now();
  while (!frame && std::chrono::steady_clock::now() - begin < std::chrono::seconds(60)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    f.session.poll();
    frame = f.session.take_frame();
  }
  REQUIRE(frame);
  CHECK(frame->v_mV->size() == heart->baseline.mesh->nodes.size());
  const auto cancel = std::chrono::steady_clock::now();
  f.session.jobs().cancel_all();
  f.session.jobs().wait_until_idle();
  CHECK(std::chrono::steady_clock::now() - cancel < std::chrono::seconds(1));
  CHECK(!f.session.result(0, core::Mode::full));
}

TEST_CASE("the FULL flow solved behind a drag is taken over by the plan's FULL run, not solved again") {
  Fixture f;
  CaseData data = test::small_case();
  auto vessels = std::make_shared<twin::TwinModel>(*test::small_twin({3.0, 0, 3}));
  vessels->heart = nullptr;
  data.twin = vessels;
  auto stent = test::sample("stent");
  data.plans[0].scenario.interventions = {stent};
  f.session.replace(data, {});
  REQUIRE(f.session.plan_count() == 2);
  const auto alone = twin::vessel_twin(*f.session.data()->twin, "lad", true);
  const auto setup = twin::compile(alone, twin::vessel_scenario(f.session.data()->plans[1].scenario, "lad"), core::Mode::full, tools());
  REQUIRE(setup);
  auto solved = twin::run(*setup, {}, {});
  REQUIRE(solved);
  const auto part = std::make_shared<const twin::RunResult>(std::move(*solved));
  f.session.take_over(part);
  f.session.run(1, core::Mode::full);
  f.settle();
  const auto full = f.session.result(1, core::Mode::full);
  REQUIRE(full);
  CHECK(full->vessels[0].flow == part->vessels[0].flow);
  CHECK(full->vessels[0].mesh->sha256() == part->vessels[0].mesh->sha256());
}

TEST_CASE("plans of a case in a folder are saved by every edit and come back on reopening") {
  Fixture f;
  const auto folder = test::scratch_folder("autosave") / "c1";
  REQUIRE(f.session.save_as(folder));
  f.settle();
  REQUIRE(f.session.add(1, f.lesion({6, 4, 1.5})));
  CHECK(!f.session.autosaved_at().empty());
  const auto kept = load_plans(folder);
  REQUIRE(kept);
  CHECK(*kept == f.session.data()->plans);
  f.settle();
  Session other;
  other.open(folder);
  other.jobs().wait_until_idle();
  other.poll();
  CHECK(other.data()->plans == *kept);
}

TEST_CASE("opening what is no case keeps the open one and says why") {
  Fixture f;
  f.session.open("/nowhere");
  f.session.jobs().wait_until_idle();
  f.session.poll();
  CHECK(f.session.data()->patient.id == "TEST");
  REQUIRE(f.session.jobs().status().size() == 1);
  CHECK(f.session.jobs().status()[0].error.find("There is no case at /nowhere") == 0);
}

TEST_CASE("zero dose equals the baseline bit for bit, FAST and FULL") {
  CaseData data = test::small_case();
  twin::InterventionSpec drug;
  drug.id = "drug-1";
  drug.kind = "drug";
  drug.params = twin::find_intervention("drug")->schema.defaults();
  drug.params.set("dose_x_cmax", 0.0);
  const twin::Scenario dosed{"A", {drug}};
  for (const core::Mode mode : {core::Mode::fast, core::Mode::full}) {
    CaseData one = data, two = data;
    const auto base = run_scenario(one, {}, mode, {}, {});
    const auto zero = run_scenario(two, dosed, mode, {}, {});
    REQUIRE(base);
    REQUIRE(zero);
    CHECK((*base)->electro->problem_sha256 == (*zero)->electro->problem_sha256);
    const auto &a = (*base)->electro->activation_ms, &b = (*zero)->electro->activation_ms;
    REQUIRE(a.size() == b.size());
    CHECK(std::memcmp(a.data(), b.data(), 4 * a.size()) == 0);
    CHECK((*base)->electro->ecg.mV == (*zero)->electro->ecg.mV);
  }
}
