// SPDX-License-Identifier: GPL-3.0-or-later
// The upstroke where fibres lie askew to mirrored tets (masses 3 : 1, couplings of both signs) and h / sqrt(D) across is 3.6: single nodes
// used to stall at 0 mV and resting ones to be driven to -113 mV by a correction larger than the sodium current it corrects.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;

ep::ElectroProblem askew(const core::Vec3& f, double dt) {
  auto p = test::slab({8, 2.4, 1.2}, 0.4, core::BoxSplit::alternating);
  p.fibres = test::uniform_fibres(p.mesh->tets.size(), f.normalized(), f.cross(core::Vec3(0, 0, 1)).normalized());
  p.dt_ms = dt;
  p.end_ms = 25;
  p.frame_every_ms = 0.25;
  p.sites[0].nodes.clear();
  p.sites[0].weights.clear();
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
    if (p.mesh->nodes[i].x() < 1.21) {
      p.sites[0].nodes.push_back(core::Index(i));
      p.sites[0].weights.push_back(p.mesh->nodes[i].x() > 1.19f ? 0.5f : 1.0f);
    }
  return p;
}
}  // namespace

TEST_CASE("Fibres askew on mirrored tets: no node's activation moves by more than 3 % from dt 0.02 to 0.05, none undershoots -98 mV (ep-numerics.md section 4: -91 nodal)") {
  for (const core::Vec3& f : {core::Vec3(1, 0.7, 0.4), core::Vec3(1, -0.5, 0.2)}) {
    const auto coarse = ep::run_monodomain(askew(f, 0.05), {}, {}), fine = ep::run_monodomain(askew(f, 0.02), {}, {});
    REQUIRE(coarse);
    REQUIRE(fine);
    double worst = 0;
    for (std::size_t i = 0; i < fine->activation_ms.size(); ++i) {
      REQUIRE(std::isfinite(coarse->activation_ms[i]));
      if (fine->activation_ms[i] > 2.5f) worst = std::max(worst, std::abs(double(coarse->activation_ms[i]) / double(fine->activation_ms[i]) - 1));
    }
    CHECK(worst < 0.03);
    float lowest = 0;
    for (const auto& frame : coarse->frames) lowest = std::min(lowest, *std::min_element(frame.v_mV->begin(), frame.v_mV->end()));
    CHECK(lowest > -98.0f);
  }
}

TEST_CASE("Interpolation never turns the fast sodium current of a node outward, weights 0.65 and 1, scattered potentials and gates") {
  const auto p = askew({1, 0.7, 0.4}, 0.05);
  const auto tissue = ep::set_up_tissue(p, {});
  REQUIRE(tissue);
  const auto& family = *tissue->family;
  const std::size_t bn = ep::block_nodes, padded = std::size_t(tissue->padded), states = std::size_t(family.states);
  ep::AlignedVector param(std::size_t(family.params) * bn), state(padded * states, 0.0), v(padded, -85.0), e(padded, 70.0);
  for (std::size_t k = 0; k < std::size_t(family.params); ++k)
    for (std::size_t l = 0; l < bn; ++l) param[k * bn + l] = tissue->classes[0].parameters[k];
  std::uint32_t seed = 7;
  const auto random = [&] { return double((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216.0; };   // Numerical Recipes' generator
  const auto at = [&](int row, std::size_t i) -> double& { return state[(i / bn * states + std::size_t(row)) * bn + i % bn]; };
  for (std::size_t i = 0; i < std::size_t(tissue->n); ++i) {
    v[i] = -90 + 120 * random();
    at(family.sodium.m, i) = random();
    at(family.sodium.h, i) = random();
    at(family.sodium.j, i) = random();
  }
  for (const double weight : {0.65, 1.0}) {
    ep::SodiumInterpolation sodium(*tissue, weight);
    for (std::size_t b = 0; b < padded / bn; ++b) {
      const ep::BlockPart whole{&family, state.data() + b * states * bn, param.data()};
      sodium.note_block(std::ptrdiff_t(b), {&whole, 1});
    }
    sodium.update(*tissue, v.data(), e.data());
    double moved = 0;
    for (std::size_t i = 0; i < std::size_t(tissue->n); ++i) {
      const double nodal = ep::fast_sodium_current(param[std::size_t(family.sodium.conductance) * bn], at(family.sodium.m, i), at(family.sodium.h, i),
                                                   at(family.sodium.j, i), v[i], e[i]);
      CHECK(nodal + sodium.correction()[i] <= 1e-9 * (1 - nodal));
      moved = std::max(moved, std::abs(sodium.correction()[i]));
    }
    CHECK(moved > 10);
  }
}
