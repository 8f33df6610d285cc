// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/twin/placement.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using core::Mode;
using core::Vec3;

TEST_CASE("exclusive pacing replaces the sinus sites by the nodes within 1.5 mm of the wall point, not exclusive adds to them", "[pacing]") {
  const auto model = test::small_twin();
  auto spec = test::sample("pacing");
  spec.placement.points_mm = {{15, 15, 7}};  // a millimetre off the wall
  auto setup = twin::prepare(model, test::scenario({spec}), Mode::full);
  REQUIRE(setup);
  REQUIRE(setup->electro->sites.size() == 1);
  const auto& mesh = *setup->electro->mesh;
  std::size_t expected = 0;
  for (const Vec3& x : mesh.nodes) expected += (x - Vec3(15, 15, 6)).norm() <= 1.5;
  CHECK(expected > 5);
  CHECK(setup->electro->sites[0].nodes.size() == expected);
  CHECK(setup->electro->cycle_length_ms == 1000);
  spec.params.set("exclusive", false);
  spec.params.set("start_ms", 40.0);
  setup = twin::prepare(model, test::scenario({spec}), Mode::full);
  REQUIRE(setup);
  REQUIRE(setup->electro->sites.size() == 2);
  CHECK(setup->electro->sites[0].nodes == model->heart->baseline.sites[0].nodes);
  CHECK(setup->electro->sites[1].start_ms == 40.0);
  CHECK(setup->electro->cycle_length_ms == model->heart->baseline.cycle_length_ms);
  CHECK(setup->electro->end_ms == model->heart->baseline.end_ms + 40.0);
}

TEST_CASE("a pacing site far from the wall is refused with its distance, one in tissue ablated before captures nothing and says so", "[pacing]") {
  const auto model = test::small_twin();
  auto spec = test::sample("pacing");
  spec.placement.points_mm = {{15, 15, 36}};
  const auto refused = twin::validate(*model, spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("30.0 mm from the nearest tissue") != std::string::npos);

  auto lesion = test::sample("ablation");
  lesion.params.set("radius_mm", 6.0);
  lesion.params.set("depth_mm", 9.0);
  const auto setup = twin::prepare(model, test::scenario({lesion, test::sample("pacing")}), Mode::full);
  REQUIRE(setup);
  CHECK(setup->electro->sites.size() == 1);
  CHECK(setup->electro->sites[0].name == "corner");
  REQUIRE(setup->notes.size() == 1);
  CHECK(setup->notes[0].find("captures nothing") != std::string::npos);
}
