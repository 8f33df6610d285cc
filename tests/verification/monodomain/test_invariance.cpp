// SPDX-License-Identifier: GPL-3.0-or-later
// Metamorphic checks of the monodomain solver on a small slab.
#include <Eigen/Geometry>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;

ep::ElectroProblem small() {
  auto p = test::slab({6, 4, 2}, 0.5, core::BoxSplit::alternating);
  p.end_ms = 18;
  p.frame_every_ms = 1;
  return p;
}

ep::ElectroResult run(const ep::ElectroProblem& p) {
  auto r = ep::run_monodomain(p, {}, {});
  if (!r) FAIL(r.error().message);
  return *r;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double d = 0;
  for (std::size_t i = 0; i < a.size(); ++i) d = std::max(d, std::isnan(a[i]) && std::isnan(b[i]) ? 0.0 : std::abs(double(a[i]) - double(b[i])));
  return d;
}

ep::ElectroProblem rotated(const ep::ElectroProblem& p) {
  const core::Mat3 turn = (Eigen::AngleAxisd(0.7, core::Vec3(1, 2, 3).normalized())).toRotationMatrix();
  auto q = p;
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  for (core::Vec3& x : mesh->nodes) x = turn * x + core::Vec3(11, -7, 40);
  q.mesh = mesh;
  q.fibres = test::uniform_fibres(mesh->tets.size(), turn * core::Vec3(1, 0, 0), turn * core::Vec3(0, 1, 0));
  return q;
}
}  // namespace

TEST_CASE("1 and 2 threads give bitwise identical potentials, activation and repolarisation") {
  auto p = test::slab({8, 5, 3}, 0.2, core::BoxSplit::alternating);   // 17 056 nodes: enough that two threads are used
  for (std::size_t i = 0; i < p.cell_type.size(); ++i) p.cell_type[i] = std::uint8_t(i % 3);
  p.end_ms = 6;
  p.frame_every_ms = 1;
  core::set_thread_count(1);
  const auto one = run(p);
  core::set_thread_count(2);
  const auto two = run(p);
  core::set_thread_count(core::hardware_threads());
  CHECK(same_bits(one.activation_ms, two.activation_ms));
  CHECK(same_bits(one.repolarisation_ms, two.repolarisation_ms));
  REQUIRE(one.frames.size() == 7);
  REQUIRE(two.frames.size() == 7);
  for (std::size_t f = 0; f < one.frames.size(); ++f) CHECK(same_bits(*one.frames[f].v_mV, *two.frames[f].v_mV));
}

TEST_CASE("Rotating mesh and fibres together moves activation by less than 0.02 ms at solver tolerance 1e-4") {
  const auto p = small();
  CHECK(largest_difference(run(p).activation_ms, run(rotated(p)).activation_ms) < 0.02);
}

TEST_CASE("Rotating mesh and fibres together moves activation by less than 1e-5 ms at solver tolerance 1e-12") {
  auto p = small();
  p.solver_tolerance = 1e-12;
  CHECK(largest_difference(run(p).activation_ms, run(rotated(p)).activation_ms) < 1e-5);
}

TEST_CASE("Channel scales of exactly 1 in regions and globally equal the baseline bit for bit, and a block changes the result") {
  auto p = small();
  const auto base = run(p);
  auto ones = p;
  ones.regions.push_back(ones.regions[0]);
  ones.regions[1].key = "border_zone";
  for (std::size_t e = 0; e < ones.tissue.size(); e += 2) ones.tissue[e] = 1;
  CHECK(same_bits(base.activation_ms, run(ones).activation_ms));
  CHECK(same_bits(*base.frames.back().v_mV, *run(ones).frames.back().v_mV));
  p.conductivity_tuning = false;
  p.end_ms = 30;
  auto blocked = p;
  blocked.channels.g_Na = 0.6;
  const auto plain = run(p), slower = run(blocked);
  CHECK(test::value_at(*p.mesh, slower.activation_ms, {6, 4, 2}) > 1.1 * test::value_at(*p.mesh, plain.activation_ms, {6, 4, 2}));
}

TEST_CASE("A closed shell of non-conducting tets keeps the patch inside at rest while the rest of the slab is activated") {
  auto p = test::slab({10, 10, 2}, 0.5, core::BoxSplit::alternating);
  p.end_ms = 60;
  p.regions.push_back({"lesion", false, {1, 1, 1}, {}, "test"});
  const core::Vec3 centre(7, 7, 0);
  std::vector<char> inside(p.mesh->nodes.size(), 0);
  for (std::size_t e = 0; e < p.mesh->tets.size(); ++e) {
    core::Vec3 c = core::Vec3::Zero();
    for (core::Index i : p.mesh->tets[e]) c += p.mesh->nodes[std::size_t(i)] / 4;
    c.z() = 0;
    const double r = (c - centre).norm();
    if (r > 1.2 && r < 2.4) p.tissue[e] = 1;
  }
  const auto r = run(p);
  std::size_t patch = 0, outside = 0, inert = 0;
  std::vector<char> conducts(p.mesh->nodes.size(), 0);
  for (std::size_t e = 0; e < p.mesh->tets.size(); ++e)
    if (p.tissue[e] == 0)
      for (core::Index i : p.mesh->tets[e]) conducts[std::size_t(i)] = 1;
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i) {
    core::Vec3 x = p.mesh->nodes[i];
    x.z() = 0;
    const double d = (x - centre).norm();
    if (!conducts[i]) {
      ++inert;
      CHECK(std::isnan(r.activation_ms[i]));
      CHECK((*r.frames.back().v_mV)[i] == Approx(-85.23).margin(1e-4));
    } else if (d < 1.2) {
      ++patch;
      CHECK(std::isnan(r.activation_ms[i]));
    } else if (d > 2.9) {
      ++outside;
      CHECK(r.activation_ms[i] > 0);
    }
  }
  CHECK(patch > 30);
  CHECK(outside > 1000);
  CHECK(inert > 0);
  bool told = false;
  for (const std::string& n : r.notes) told = told || n.find("hold no stimulus") != std::string::npos;
  CHECK(told);
}

TEST_CASE("Node order does not matter: reversing the node numbers moves activation by less than 1e-5 ms at tolerance 1e-12") {
  auto p = small();
  p.solver_tolerance = 1e-12;
  auto q = p;
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  const core::Index n = core::Index(mesh->nodes.size());
  std::reverse(mesh->nodes.begin(), mesh->nodes.end());
  for (core::Tet& t : mesh->tets)
    for (core::Index& i : t) i = n - 1 - i;
  q.mesh = mesh;
  for (core::Index& i : q.sites[0].nodes) i = n - 1 - i;
  auto a = run(p).activation_ms, b = run(q).activation_ms;
  std::reverse(b.begin(), b.end());
  CHECK(largest_difference(a, b) < 1e-5);
}

TEST_CASE("A whole beat repolarises: APD90 of paced TT06 epi tissue is within 12 ms of the single cell's 301 ms (reference/ionic)") {
  auto p = test::slab({3, 1, 1}, 0.5, core::BoxSplit::alternating);
  p.cycle_length_ms = 1000;
  p.end_ms = 400;
  const auto r = run(p);
  for (std::size_t i = 0; i < r.activation_ms.size(); ++i)
    CHECK(double(r.repolarisation_ms[i]) - double(r.activation_ms[i]) == Approx(301).margin(12));
}
