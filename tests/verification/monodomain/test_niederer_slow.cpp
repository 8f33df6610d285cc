// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

using namespace ot;

TEST_CASE("Niederer slab, dx 0.2, dt 0.05, alternating tets: P2..P9 within 4 % of the accepted reference (niederer/SPEC.md)") {
  const core::Vec3 place[] = {{0, 7, 0}, {20, 0, 0}, {20, 7, 0}, {0, 0, 3}, {0, 7, 3}, {20, 0, 3}, {20, 7, 3}, {10, 3.5, 1.5}};
  const double reference[] = {26.7, 31.8, 41.4, 8.4, 28.1, 33.0, 42.3, 19.7};
  auto p = test::niederer(0.2, core::BoxSplit::alternating);
  p.end_ms = 46;
  const auto r = ep::run_monodomain(p, {}, {});
  REQUIRE(r);
  for (int i = 0; i < 8; ++i) {
    INFO("P" << i + 2);
    CHECK(test::value_at(*p.mesh, r->activation_ms, place[i]) == Approx(reference[i]).epsilon(0.04));
  }
}
