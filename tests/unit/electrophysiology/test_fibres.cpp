// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

// A flat wall: endocardium at x = 0, epicardium at x = depth, base at the top. Long in z, so that far from the ends psi is linear.
core::TetMesh slab(double depth, double height, double edge) {
  core::TetMesh mesh = core::make_box(Vec3(depth, depth, height), edge, core::BoxSplit::alternating);
  mesh.patch_names = {{1, "endocardium_lv"}, {3, "epicardium"}, {4, "base"}, {5, "side"}};
  for (auto& f : mesh.boundary) {
    const Vec3 c = (mesh.nodes[f.nodes[0]] + mesh.nodes[f.nodes[1]] + mesh.nodes[f.nodes[2]]) / 3.0;
    f.patch = c.z() > height - 1e-6 ? 4 : c.x() < 1e-6 ? 1 : c.x() > depth - 1e-6 ? 3 : 5;
  }
  return mesh;
}

double unit_error(const ep::FibreField& field) {
  double worst = 0;
  for (std::size_t t = 0; t < field.f.size(); ++t)
    worst = std::max({worst, std::abs(field.f[t].norm() - 1), std::abs(field.s[t].norm() - 1), std::abs(field.f[t].dot(field.s[t]))});
  return worst;
}

}  // namespace

TEST_CASE("fibres: on a slab the helix angle at five depths follows the stated law to 0.1 degree (linear, Bayer 2012 as published: quadratic)") {
  const core::TetMesh mesh = slab(10, 20, 1.0);
  // Exact coordinates of a slab, so that the test is about the rule and not about Laplace.
  ep::VentricularCoordinates c;
  for (const auto& x : mesh.nodes) {
    c.transmural.push_back(x.x() / 10);
    c.phi_lv.push_back(1 - x.x() / 10);
    c.phi_rv.push_back(0);
    c.psi.push_back(x.z() / 20);
  }
  c.grad_psi.assign(mesh.tets.size(), Vec3(0, 0, 0.05));
  c.grad_epi.assign(mesh.tets.size(), Vec3(0.1, 0, 0));
  c.grad_lv.assign(mesh.tets.size(), Vec3(-0.1, 0, 0));
  c.grad_rv.assign(mesh.tets.size(), Vec3::Zero());
  ep::FibreAngles published{40, -50, 0, 0, ep::DepthLaw::as_published};
  for (const auto& angles : {ep::FibreAngles{}, ep::FibreAngles{40, -50, 0, 0}, published}) {
    auto field = ep::rule_based_fibres(mesh, c, angles);
    REQUIRE(field);
    CHECK(unit_error(*field) < 1e-12);
    for (double depth : {0.1, 0.3, 0.5, 0.7, 0.9}) {
      std::size_t best = 0;
      double closest = 1, at = 0;
      for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
        double phi = 0;
        for (Index n : mesh.tets[t]) phi += 0.25 * c.transmural[n];
        if (std::abs(phi - depth) < closest) {
          closest = std::abs(phi - depth);
          best = t;
          at = phi;
        }
      }
      const double share = angles.depth == ep::DepthLaw::linear ? at : at * at;
      const double expected = angles.alpha_endo * (1 - share) + angles.alpha_epi * share;
      // Around the wall is z x x = y; the fibre has no sense.
      const double angle = std::atan(field->f[best].z() / field->f[best].y()) * 180 / M_PI;
      CHECK(std::abs(angle - expected) < 0.1);
      CHECK(std::abs(std::abs(field->s[best].x()) - 1) < 1e-9);   // sheets transmural at beta = 0
    }
  }
}

TEST_CASE("fibres: the coordinates of a meshed slab give the same angles to 1 degree away from its ends") {
  const core::TetMesh mesh = slab(8, 32, 1.0);
  auto c = ep::ventricular_coordinates(mesh, {});
  REQUIRE(c);
  CHECK(!c->has_rv);
  auto field = ep::rule_based_fibres(mesh, *c);
  REQUIRE(field);
  int checked = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    Vec3 x = Vec3::Zero();
    for (Index n : mesh.tets[t]) x += 0.25 * mesh.nodes[n];
    if (x.z() < 18 || x.z() > 26) continue;
    ++checked;
    const double angle = std::atan(field->f[t].z() / field->f[t].y()) * 180 / M_PI;
    CHECK(std::abs(angle - (60 - 120 * x.x() / 8)) < 1.0);
  }
  CHECK(checked > 500);
}

TEST_CASE("fibres: biventricular and LV-only hearts: unit and orthogonal to 1e-9, continuous, same bits with 1 and 2 threads") {
  for (bool rv : {true, false}) {
    const core::TetMesh mesh = test::ellipsoid_heart({.edge_mm = 3.5, .right_ventricle = rv});
    const int before = core::thread_count();
    core::set_thread_count(1);
    auto c1 = ep::ventricular_coordinates(mesh, {});
    REQUIRE(c1);
    auto f1 = ep::rule_based_fibres(mesh, *c1);
    core::set_thread_count(2);
    auto c2 = ep::ventricular_coordinates(mesh, {});
    REQUIRE(c2);
    auto f2 = ep::rule_based_fibres(mesh, *c2);
    core::set_thread_count(before);
    REQUIRE((f1 && f2));
    CHECK(c1->has_rv == rv);
    CHECK(unit_error(*f1) < 1e-9);
    bool same = true;
    for (std::size_t t = 0; t < f1->f.size(); ++t) same = same && f1->f[t] == f2->f[t] && f1->s[t] == f2->s[t];
    CHECK(same);
    // Neighbours through a face turn by little nearly everywhere (the apex and the RV insertions are singular by topology).
    std::map<std::array<Index, 3>, Index> face;
    std::vector<double> turn;
    for (std::size_t t = 0; t < mesh.tets.size(); ++t)
      for (int k = 0; k < 4; ++k) {
        std::array<Index, 3> key{mesh.tets[t][(k + 1) % 4], mesh.tets[t][(k + 2) % 4], mesh.tets[t][(k + 3) % 4]};
        std::sort(key.begin(), key.end());
        const auto [it, fresh] = face.try_emplace(key, Index(t));
        if (!fresh) turn.push_back(std::acos(std::min(1.0, std::abs(f1->f[t].dot(f1->f[it->second])))) * 180 / M_PI);
      }
    std::sort(turn.begin(), turn.end());
    CHECK(turn[turn.size() / 2] < 12);            // one edge is a third of the wall: 120 degrees / 3 layers / 4 tets deep
    CHECK(turn[turn.size() * 95 / 100] < 35);
    for (double u : c1->apicobasal) CHECK((u >= 0 && u <= 1));
    CHECK(c1->apicobasal[c1->apex] == Approx(0.0));
  }
}

TEST_CASE("fibres: a mesh without an epicardium or with impossible angles is refused in words") {
  core::TetMesh mesh = slab(4, 8, 1.0);
  auto c = ep::ventricular_coordinates(mesh, {});
  REQUIRE(c);
  ep::FibreAngles wild;
  wild.alpha_endo = 400;
  CHECK(!ep::rule_based_fibres(mesh, *c, wild));
  for (auto& f : mesh.boundary)
    if (f.patch == 3) f.patch = 5;
  const auto without = ep::ventricular_coordinates(mesh, {});
  REQUIRE(!without);
  CHECK(without.error().code == core::ErrorCode::bad_input);
  CHECK(without.error().message.find("epicardium") != std::string::npos);
}
