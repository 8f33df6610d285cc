// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

std::shared_ptr<const ep::FibreField> uniform_fibres(std::size_t tets, const Vec3& f, const Vec3& s) {
  auto field = std::make_shared<ep::FibreField>();
  field->f.assign(tets, f.normalized());
  field->s.assign(tets, (s - s.dot(f.normalized()) * f.normalized()).normalized());
  return field;
}

// Alternating box whose inner nodes are moved by up to `share` of an edge: no preferred direction left.
core::TetMesh jittered_box(double side, int n, double share) {
  core::TetMesh mesh = core::make_box(Vec3::Constant(side), side / n, core::BoxSplit::alternating);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> u(-share, share);
  const double h = side / n;
  for (auto& x : mesh.nodes) {
    const Vec3 d(u(random), u(random), u(random));
    if ((x.array() > 0.5 * h).all() && (x.array() < side - 0.5 * h).all()) x += h * d;
  }
  return mesh;
}

Index nearest(const core::TetMesh& mesh, const Vec3& x) {
  Index best = 0;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if ((mesh.nodes[n] - x).squaredNorm() < (mesh.nodes[best] - x).squaredNorm()) best = Index(n);
  return best;
}

}  // namespace

TEST_CASE("eikonal: point and two sources in a medium of tensor ratio 9:1, 40 elements across: error below 1 % of the largest arrival also with 10 and 20 % node jitter, below 0.65 % for one source") {
  for (double share : {0.0, 0.1, 0.2}) {
    double error[2][2];
    for (int level = 0; level < 2; ++level) {
      const int n = level == 0 ? 20 : 40;
      auto mesh = std::make_shared<core::TetMesh>(jittered_box(20, n, share));
      const Vec3 f = Vec3(1, 0.7, 0.3).normalized();
      auto eikonal = ep::Eikonal::make(mesh, uniform_fibres(mesh->tets.size(), f, Vec3(-0.2, 1, 0.4)), Vec3(0.6, 0.2, 0.2));
      REQUIRE(eikonal);
      const ep::EikonalSource a{nearest(*mesh, Vec3(7, 8, 9)), 0}, b{nearest(*mesh, Vec3(16, 15, 5)), 7.5};
      for (int two = 0; two < 2; ++two) {
        const auto sources = two ? std::vector{a, b} : std::vector{a};
        auto t = eikonal->solve(sources);
        REQUIRE(t);
        double worst = 0, largest = 0;
        for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
          double exact = 1e30;
          for (const auto& s : sources) {
            const Vec3 d = mesh->nodes[k] - mesh->nodes[s.node];
            const double along = d.dot(f);
            exact = std::min(exact, s.start_ms + std::sqrt(along * along / 0.36 + (d.squaredNorm() - along * along) / 0.04));
          }
          worst = std::max(worst, std::abs((*t)[k] - exact));
          largest = std::max(largest, exact);
        }
        error[level][two] = worst / largest;
      }
    }
    INFO("jitter " << share << ": one source " << error[0][0] << ", " << error[1][0] << "; two " << error[0][1] << ", " << error[1][1]);
    CHECK(error[0][0] < 0.01);
    CHECK(error[1][0] < 0.0065);
    CHECK(error[1][1] < 0.01);
  }
}

TEST_CASE("eikonal: a source inside a tet gives the exact distance from its true place within 0.5 % at 20 elements across") {
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(10, 20, 0.2));
  auto eikonal = ep::Eikonal::make(mesh, uniform_fibres(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0)), Vec3(0.5, 0.5, 0.5));
  REQUIRE(eikonal);
  const Vec3 at(4.27, 5.14, 3.61);
  auto t = eikonal->solve(ep::sources_at(*mesh, at, 3.0));
  REQUIRE(t);
  double worst = 0, largest = 0;
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n) {
    const double exact = 3.0 + (mesh->nodes[n] - at).norm() / 0.5;
    worst = std::max(worst, std::abs((*t)[n] - exact));
    largest = std::max(largest, exact);
  }
  CHECK(worst / largest < 0.005);
}

TEST_CASE("eikonal: a plane wave along each axis of the tensor arrives at distance / velocity to 1e-6 ms") {
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(10, 10, 0.2));
  auto fibres = uniform_fibres(mesh->tets.size(), Vec3(0, 1, 0), Vec3(1, 0, 0));
  auto eikonal = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2));
  REQUIRE(eikonal);
  const double speed[3] = {0.3, 0.6, 0.2};
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<ep::EikonalSource> plane;
    for (std::size_t n = 0; n < mesh->nodes.size(); ++n)
      if (mesh->nodes[n][axis] < 1e-9) plane.push_back({Index(n), 2.5});
    auto t = eikonal->solve(plane);
    REQUIRE(t);
    double worst = 0;
    for (std::size_t n = 0; n < mesh->nodes.size(); ++n) worst = std::max(worst, std::abs((*t)[n] - 2.5 - mesh->nodes[n][axis] / speed[axis]));
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("eikonal: mesh and fibres rotated together leave every arrival unchanged to 1e-6 ms") {
  auto mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart({.edge_mm = 4.0, .shrink = 0.8}));
  auto fibres = std::make_shared<ep::FibreField>();
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) {   // any field that varies in space
    const Vec3 x = mesh->nodes[mesh->tets[t][0]];
    const Vec3 f = Vec3(std::cos(x.x() / 12), std::sin(x.x() / 12), 0.6 * std::sin(x.y() / 15)).normalized();
    fibres->f.push_back(f);
    fibres->s.push_back(f.cross(Vec3(0.3, 0.2, 0.9)).normalized());
  }
  const core::Mat3 r = Eigen::AngleAxisd(1.1, Vec3(0.3, -0.5, 0.8).normalized()).toRotationMatrix();
  auto turned_mesh = std::make_shared<core::TetMesh>(*mesh);
  auto turned_fibres = std::make_shared<ep::FibreField>(*fibres);
  for (auto& x : turned_mesh->nodes) x = r * x;
  for (auto& v : turned_fibres->f) v = r * v;
  for (auto& v : turned_fibres->s) v = r * v;
  const std::vector<ep::EikonalSource> sources{{10, 0.0}, {Index(mesh->nodes.size() / 2), 12.0}};
  auto a = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2));
  auto b = ep::Eikonal::make(turned_mesh, turned_fibres, Vec3(0.6, 0.3, 0.2));
  REQUIRE((a && b));
  auto ta = a->solve(sources), tb = b->solve(sources);
  REQUIRE((ta && tb));
  double worst = 0;
  for (std::size_t n = 0; n < ta->size(); ++n) worst = std::max(worst, std::abs((*ta)[n] - (*tb)[n]));
  CHECK(worst < 1e-6);
}

TEST_CASE("eikonal: tissue inside a closed wall of non-conducting tets is never activated, all other tissue is") {
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(12, 24, 0.15));
  auto fibres = uniform_fibres(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0));
  std::vector<std::uint8_t> conducting(mesh->tets.size(), 1);
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index n : mesh->tets[t]) c += 0.25 * mesh->nodes[n];
    const double radius = (c - Vec3(6, 6, 6)).norm();
    if (radius > 2.5 && radius < 4.2) conducting[t] = 0;
  }
  auto eikonal = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2));
  REQUIRE(eikonal);
  auto t = eikonal->solve({{0, 0.0}}, conducting);
  REQUIRE(t);
  std::size_t inside = 0, outside = 0;
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n) {
    const double radius = (mesh->nodes[n] - Vec3(6, 6, 6)).norm();
    if (radius < 2.2) {
      ++inside;
      CHECK(std::isinf((*t)[n]));
    }
    if (radius > 4.9) {
      ++outside;
      CHECK(std::isfinite((*t)[n]));
    }
  }
  CHECK(inside > 50);
  CHECK(outside > 1000);
  // A source right at the wall must not start the inside either (start ball).
  auto near = eikonal->solve({{nearest(*mesh, Vec3(6, 6, 1.6)), 0.0}}, conducting);
  REQUIRE(near);
  CHECK(std::isinf((*near)[nearest(*mesh, Vec3(6, 6, 6))]));
}

TEST_CASE("eikonal: building with 1 and 2 threads gives the same bits, speeds set later equal speeds set at once") {
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(10, 16, 0.2));
  auto fibres = uniform_fibres(mesh->tets.size(), Vec3(1, 0.4, 0), Vec3(0, 1, 0.1));
  ep::SpeedMap speed;
  speed.factor = {Vec3(1, 1, 1), Vec3(2, 3, 4)};
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) speed.kind.push_back(mesh->nodes[mesh->tets[t][0]].x() < 2);
  const int before = core::thread_count();
  core::set_thread_count(1);
  auto one = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2), speed)->solve({{5, 0.0}});
  core::set_thread_count(2);
  auto two = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2), speed)->solve({{5, 0.0}});
  auto later = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2))->with(speed)->solve({{5, 0.0}});
  core::set_thread_count(before);
  REQUIRE((one && two && later));
  CHECK(*one == *two);
  CHECK(*one == *later);
}

TEST_CASE("eikonal: bad velocities, scales and sources are refused in words") {
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(4, 4, 0));
  auto fibres = uniform_fibres(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0));
  CHECK(!ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0, 0.2)));
  CHECK(!ep::Eikonal::make(mesh, fibres, Vec3(0.6, std::nan(""), 0.2)));
  auto eikonal = ep::Eikonal::make(mesh, fibres, Vec3(0.6, 0.3, 0.2));
  REQUIRE(eikonal);
  CHECK(!eikonal->solve({}));
  CHECK(!eikonal->solve({{Index(mesh->nodes.size()), 0}}));
  CHECK(!eikonal->solve({{0, std::nan("")}}));
  const auto nothing = eikonal->solve({{0, 0}}, std::vector<std::uint8_t>(mesh->tets.size(), 0));
  REQUIRE(!nothing);
  CHECK(nothing.error().code == core::ErrorCode::bad_input);
}
