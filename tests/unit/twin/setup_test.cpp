// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/twin/setup.hpp"
#include "tests/support/tube_mesh.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using core::Mode;

namespace {

// Counts its calls and returns the mesh of an unchanged tube: compile() only passes it on.
twin::Tools counting_tools(int& calls, double& edge) {
  twin::Tools tools;
  tools.remesh_lumen = [&](const core::SurfaceMesh&, double edge_mm, const core::Progress&) -> core::Result<core::TetMesh> {
    ++calls;
    edge = edge_mm;
    return test::tube(1.5, 40, 3).mesh;
  };
  return tools;
}

}  // namespace

TEST_CASE("FULL remeshes a changed lumen once at the vessel's edge, an unchanged one never, FAST never does", "[setup]") {
  const auto model = test::small_twin();
  int calls = 0;
  double edge = 0;
  const auto tools = counting_tools(calls, edge);
  const auto stented = test::scenario({test::sample("stent")});
  const auto full = twin::compile(model, stented, Mode::full, tools);
  REQUIRE(full);
  CHECK(calls == 1);
  CHECK(edge == 0.4);
  REQUIRE(full->vessels[0].problem.mesh);
  CHECK(full->vessels[0].problem.mesh != model->vessels[0]->mesh);
  CHECK(full->vessels[0].problem.network == full->vessels[0].network);

  const auto untouched = twin::compile(model, test::scenario({test::sample("drug")}), Mode::full, tools);
  REQUIRE(untouched);
  CHECK(calls == 1);
  CHECK(untouched->vessels[0].problem.mesh == model->vessels[0]->mesh);
  REQUIRE(twin::compile(model, stented, Mode::fast, tools));
  CHECK(calls == 1);
}

TEST_CASE("prepare and compile of one scenario agree on the hash, the mode is part of it", "[setup]") {
  const auto model = test::small_twin();
  int calls = 0;
  double edge = 0;
  const auto tools = counting_tools(calls, edge);
  const auto scenario = test::scenario({test::sample("stent"), test::sample("ablation")});
  const auto a = twin::prepare(model, scenario, Mode::full), b = twin::prepare(model, scenario, Mode::fast);
  const auto c = twin::compile(model, scenario, Mode::full, tools);
  REQUIRE((a && b && c));
  CHECK(a->sha256() == c->sha256());
  CHECK(a->sha256() != b->sha256());
}

TEST_CASE("the hash sees the labels the twin came from, and every number of the baseline problems", "[setup]") {
  const auto model = test::small_twin();
  const auto hash = [](const twin::TwinModel& m) {
    const auto setup = twin::prepare(std::make_shared<const twin::TwinModel>(m), {}, Mode::fast);
    REQUIRE(setup);
    return setup->sha256();
  };
  const std::string baseline = hash(*model);
  CHECK(hash(*test::small_twin()) == baseline);
  twin::TwinModel other = *model;
  other.source_labels_sha256[0] = other.source_labels_sha256[0] == 'a' ? 'b' : 'a';
  CHECK(hash(other) != baseline);

  other = *model;
  auto heart = std::make_shared<twin::HeartModel>(*model->heart);
  auto bent = std::make_shared<core::TetMesh>(*heart->baseline.mesh);
  bent->nodes[100].x() += 1e-9;  // corrupted by a nanometre
  heart->baseline.mesh = bent;
  other.heart = heart;
  CHECK(hash(other) != baseline);
  CHECK(other.sha256() != model->sha256());

  other = *model;
  auto vessel = std::make_shared<twin::VesselModel>(*model->vessels[0]);
  vessel->baseline.fluid.viscosity_Pa_s *= 1.0000001;
  other.vessels[0] = vessel;
  CHECK(hash(other) != baseline);
  CHECK(other.sha256() != model->sha256());
}

TEST_CASE("a cancelled compile returns cancelled before and after meshing", "[setup]") {
  const auto model = test::small_twin();
  const auto scenario = test::scenario({test::sample("stent")});
  auto flag = std::make_shared<core::CancelFlag>();
  const core::Progress progress({}, flag);
  twin::Tools tools;
  tools.remesh_lumen = [&](const core::SurfaceMesh&, double, const core::Progress&) -> core::Result<core::TetMesh> {
    flag->cancel();
    return test::tube(1.5, 40, 3).mesh;
  };
  const auto late = twin::compile(model, scenario, Mode::full, tools, progress);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == core::ErrorCode::cancelled);
  const auto early = twin::compile(model, scenario, Mode::full, tools, progress);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == core::ErrorCode::cancelled);
}

TEST_CASE("what the mesher or an intervention refuses is handed on, without a mesher FULL says so", "[setup]") {
  const auto model = test::small_twin();
  const auto scenario = test::scenario({test::sample("stent")});
  const auto none = twin::compile(model, scenario, Mode::full, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("mesher") != std::string::npos);
  twin::Tools tools;
  tools.remesh_lumen = [](const core::SurfaceMesh&, double, const core::Progress&) -> core::Result<core::TetMesh> { return core::computation_failed("The lumen crosses itself."); };
  const auto failed = twin::compile(model, scenario, Mode::full, tools);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "LAD cannot be meshed with stent stent-1: The lumen crosses itself.");   // and names what did it
  tools.remesh_lumen = [](const core::SurfaceMesh&, double, const core::Progress&) -> core::Result<core::TetMesh> { return core::TetMesh{}; };
  CHECK_FALSE(twin::compile(model, scenario, Mode::full, tools));
  auto twice = test::scenario({test::sample("drug"), test::sample("drug")});
  const auto same_id = twin::prepare(model, twice, Mode::fast);
  REQUIRE_FALSE(same_id);
  CHECK(same_id.error().message.find("drug-1") != std::string::npos);
}

TEST_CASE("interventions act in the order of the scenario: a stent before a stenosis is narrowed by it", "[setup]") {
  const auto model = test::small_twin();
  auto stent = test::sample("stent"), stenosis = test::sample("stenosis");
  const auto narrow_last = twin::prepare(model, test::scenario({stent, stenosis}), Mode::fast), stent_last = twin::prepare(model, test::scenario({stenosis, stent}), Mode::fast);
  REQUIRE((narrow_last && stent_last));
  const auto least = [](const twin::SimulationSetup& s) {
    double r = 1e9;
    for (double x : s.vessels[0].network->branches[0].radius) r = std::min(r, x);
    return r;
  };
  CHECK(least(*narrow_last) == Approx(0.5 * 1.75).epsilon(0.02));
  CHECK(least(*stent_last) == Approx(1.5).epsilon(0.02));
}
