// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles of an atrium on a plate: fields with closed forms, and what is refused.
#include <catch2/catch.hpp>

#include <cmath>

#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/structure/atrial_fibres.hpp"
#include "solvers/organs/heart/atrial_wall.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

// A plate 30 x 10 x 1 mm: left veins at x = 0, right veins at x = 30, the mitral rim and the appendage on its long sides.
struct Plate {
  core::TetMesh mesh = core::make_box(Vec3(30, 10, 1), 1.0, core::BoxSplit::alternating);
  std::vector<char> wall = std::vector<char>(mesh.tets.size(), 1);
  ep::LeftAtrialBoundaries on;
  Plate() {
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
      const Vec3& x = mesh.nodes[n];
      if (x.x() < 1e-6) on.left_veins.push_back(Index(n));
      else if (x.x() > 30 - 1e-6) on.right_veins.push_back(Index(n));
      else if (x.y() < 1e-6 && std::abs(x.x() - 15) < 3) on.mitral.push_back(Index(n));
      else if (x.y() > 10 - 1e-6 && std::abs(x.x() - 15) < 1.1) on.appendage.push_back(Index(n));
    }
  }
};

}  // namespace

TEST_CASE("bundles of the left veins lie where psi_v = x / 30 says, across its gradient to 1e-6 (Piersanti 2021: psi_v at most 0.35, at least 0.90), and the mitral ring hugs its rim", "[atria]") {
  const Plate p;
  const auto bundles = ep::left_atrial_bundles(p.mesh, p.wall, p.on);
  REQUIRE(bundles);
  int seen[3] = {0, 0, 0};
  for (std::size_t t = 0; t < p.mesh.tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index n : p.mesh.tets[t]) c += 0.25 * p.mesh.nodes[std::size_t(n)];
    const auto bundle = bundles->bundle[t];
    CHECK(bundle != ep::AtrialBundle::none);
    if (bundle == ep::AtrialBundle::mitral_ring) {
      ++seen[0];
      CHECK(c.y() < 5);
      continue;
    }
    CHECK((bundle == ep::AtrialBundle::left_veins) == (c.x() <= 0.35 * 30));
    CHECK((bundle == ep::AtrialBundle::right_veins) == (c.x() >= 0.90 * 30));
    if (bundle == ep::AtrialBundle::left_body) continue;
    ++seen[bundle == ep::AtrialBundle::left_veins ? 1 : 2];
    CHECK((bundles->across[t] - Vec3(1.0 / 30, 0, 0)).norm() < 1e-6);
  }
  for (const int s : seen) CHECK(s > 0);
}

TEST_CASE("elements outside the wall have no bundle and no say: half a plate alone gives the same fields as with the other half beside it, to 1e-6 per mm", "[atria]") {
  Plate p;
  const auto whole = ep::left_atrial_bundles(p.mesh, p.wall, p.on);
  REQUIRE(whole);
  core::TetMesh wide = core::make_box(Vec3(30, 20, 1), 1.0, core::BoxSplit::alternating);
  std::vector<char> wall(wide.tets.size(), 0);
  ep::LeftAtrialBoundaries on;
  const auto moved = [&](const std::vector<Index>& nodes) {
    std::vector<Index> out;
    for (Index n : nodes)
      for (std::size_t m = 0; m < wide.nodes.size(); ++m)
        if ((wide.nodes[m] - p.mesh.nodes[std::size_t(n)]).norm() < 1e-9) out.push_back(Index(m));
    return out;
  };
  on = {moved(p.on.mitral), moved(p.on.left_veins), moved(p.on.right_veins), moved(p.on.appendage)};
  for (std::size_t t = 0; t < wall.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index n : wide.tets[t]) c += 0.25 * wide.nodes[std::size_t(n)];
    wall[t] = c.y() < 10;
  }
  const auto half = ep::left_atrial_bundles(wide, wall, on);
  REQUIRE(half);
  for (std::size_t t = 0; t < wall.size(); ++t)
    if (!wall[t]) {
      CHECK(half->bundle[t] == ep::AtrialBundle::none);
      CHECK(half->across[t].norm() == 0);
    }
  // The same element of both meshes, found by its middle.
  std::size_t compared = 0;
  for (std::size_t t = 0; t < p.mesh.tets.size(); t += 7) {
    Vec3 c = Vec3::Zero();
    for (Index n : p.mesh.tets[t]) c += 0.25 * p.mesh.nodes[std::size_t(n)];
    for (std::size_t u = 0; u < wall.size(); ++u) {
      Vec3 d = Vec3::Zero();
      for (Index n : wide.tets[u]) d += 0.25 * wide.nodes[std::size_t(n)];
      if (!wall[u] || (c - d).norm() > 1e-9) continue;
      ++compared;
      CHECK(half->bundle[u] == whole->bundle[t]);
      CHECK((half->across[u] - whole->across[t]).norm() < 1e-6);
    }
  }
  CHECK(compared > 20);
}

TEST_CASE("atrial fibres without a boundary, with thresholds out of order or by an unknown rule are refused in words", "[atria]") {
  Plate p;
  ep::AtrialRule rule;
  rule.tau_left = 0.95;   // beyond the right veins'
  CHECK(ep::left_atrial_bundles(p.mesh, p.wall, p.on, rule).error().code == core::ErrorCode::bad_input);
  p.on.appendage.clear();
  CHECK(ep::left_atrial_bundles(p.mesh, p.wall, p.on).error().code == core::ErrorCode::bad_input);
  CHECK(ep::right_atrial_bundles(p.mesh, p.wall, {}).error().code == core::ErrorCode::bad_input);
  CHECK(organs::atrial_fibre_rule("circles").error().code == core::ErrorCode::wrong_usage);
  CHECK(*organs::atrial_fibre_rule(organs::name_of(organs::AtrialFibreRule::rings)) == organs::AtrialFibreRule::rings);
}
