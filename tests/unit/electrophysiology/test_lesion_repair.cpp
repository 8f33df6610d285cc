// SPDX-License-Identifier: GPL-3.0-or-later
// What a lesion does to arrival times and to a whole FAST answer: nothing comes earlier, nothing else changes.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

using Random = std::mt19937;
double between(Random& r, double a, double b) { return std::uniform_real_distribution<double>(a, b)(r); }
Vec3 point(Random& r, double a, double b) {
  const double x = between(r, a, b), y = between(r, a, b), z = between(r, a, b);
  return {x, y, z};
}

struct Block {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const ep::FibreField> fibres;
};

// Jittered block of 1 mm edges with fibres that turn through it.
Block block(Random& r, int n) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(Vec3::Constant(n), 1.0, core::BoxSplit::alternating));
  for (Vec3& x : mesh->nodes) {
    const Vec3 d = point(r, -0.2, 0.2);
    if ((x.array() > 0.5).all() && (x.array() < n - 0.5).all()) x += d;
  }
  const double turn = between(r, -3, 3), first = between(r, 0, 3);
  auto fibres = std::make_shared<ep::FibreField>();
  for (const core::Tet& t : mesh->tets) {
    const double a = first + turn * mesh->nodes[std::size_t(t[0])].z() / n;
    fibres->f.push_back(Vec3(std::cos(a), std::sin(a), 0));
    fibres->s.push_back(Vec3(-std::sin(a), std::cos(a), 0));
  }
  return {mesh, fibres};
}

std::vector<std::uint8_t> without_ball(const core::TetMesh& mesh, std::vector<std::uint8_t> conducting, const Vec3& centre, double radius) {
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index n : mesh.tets[t]) c += 0.25 * mesh.nodes[std::size_t(n)];
    if ((c - centre).norm() < radius) conducting[t] = 0;
  }
  return conducting;
}

// Voltage rises at once and falls evenly over 200 ms.
ep::FastTemplates ramp(std::size_t regions) {
  ep::ActionPotential ap;
  ap.dt_ms = 1;
  ap.upstroke_ms = 1;
  ap.rest_mV = -85;
  ap.apd90_ms = 190;
  ap.v_mV = {-85, 0};
  for (int k = 0; k <= 200; ++k) ap.v_mV.push_back(float(20 - 0.525 * k));
  ep::FastTemplates t;
  t.shapes = {ap};
  t.of_region.assign(regions, {0, 0, 0});
  return t;
}

}  // namespace

TEST_CASE("lesion repair: on 20 random blocks with 40 tree junctions and random lesions no node comes earlier, and every node lies within 2.5 % of the largest arrival of a solve from nothing") {
  double furthest = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Random r(seed);
    const int n = 14;
    const Block b = block(r, n);
    const auto eikonal = ep::Eikonal::make(b.mesh, b.fibres, Vec3(0.6, between(r, 0.2, 0.4), 0.2));
    REQUIRE(eikonal);
    // Junctions on one face, reached from one corner at the speed of a Purkinje fibre; each excites the nodes around it.
    std::vector<ep::EikonalSource> sources;
    for (int k = 0; k < 40; ++k) {
      const Vec3 x(between(r, 0, n), between(r, 0, 0.8 * n), 0);
      for (std::size_t m = 0; m < b.mesh->nodes.size(); ++m)
        if ((b.mesh->nodes[m] - x).norm() < 1.3) sources.push_back({Index(m), x.norm() / 2.5});
    }
    std::vector<std::uint8_t> all(b.mesh->tets.size(), 1);
    if (seed % 3 == 0) all = without_ball(*b.mesh, all, point(r, 0, n), 2.5);   // a scar that was there before
    const auto before = eikonal->arrive(sources, all);
    REQUIRE(before);
    const auto t0 = eikonal->times(*before);
    const auto same = eikonal->repair(*before, sources, all, all);
    REQUIRE(same);
    CHECK(eikonal->times(*same) == t0);
    auto burned = all;
    for (unsigned k = 0; k <= seed % 3; ++k) burned = without_ball(*b.mesh, burned, point(r, 0, n), between(r, 1.0, 4.0));
    const auto after = eikonal->repair(*before, sources, all, burned);
    REQUIRE(after);
    const auto t1 = eikonal->times(*after);
    const auto fresh = eikonal->solve(sources, burned);
    REQUIRE(fresh);
    int earlier = 0, reached_differently = 0;
    double largest = 0, apart = 0;
    for (std::size_t m = 0; m < t0.size(); ++m) {
      earlier += t1[m] < t0[m];
      reached_differently += std::isfinite(t1[m]) != std::isfinite((*fresh)[m]);
      if (!std::isfinite((*fresh)[m])) continue;
      largest = std::max(largest, (*fresh)[m]);
      apart = std::max(apart, std::abs(t1[m] - (*fresh)[m]));
    }
    INFO("seed " << seed);
    CHECK(earlier == 0);
    CHECK(reached_differently == 0);
    furthest = std::max(furthest, apart / largest);
  }
  INFO("furthest from a solve from nothing " << furthest);
  CHECK(furthest < 0.025);
}

TEST_CASE("lesion repair: behind a ball-shaped lesion of 8 mm the wave comes along tangent and arc to 1 % of the largest arrival, at 30 elements across") {
  const int n = 30;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(Vec3::Constant(n), 1.0, core::BoxSplit::alternating));
  const Vec3 centre(15, 15, 15), from(3, 15, 15);
  const double hole = 6, v = 0.5;
  for (Vec3& x : mesh->nodes)   // its wall follows faces
    if (const double d = (x - centre).norm(); std::abs(d - hole) < 0.45) x = centre + (x - centre) * (hole / d);
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  const auto eikonal = ep::Eikonal::make(mesh, fibres, Vec3(v, v, v));
  REQUIRE(eikonal);
  const std::vector<std::uint8_t> all(mesh->tets.size(), 1);
  const auto sources = ep::sources_at(*mesh, from, 0);
  const auto before = eikonal->arrive(sources, all);
  REQUIRE(before);
  const auto after = eikonal->repair(*before, sources, all, without_ball(*mesh, all, centre, hole));
  REQUIRE(after);
  const auto t = eikonal->times(*after);
  const double d = (from - centre).norm(), tangent = std::sqrt(d * d - hole * hole), seen = std::acos(hole / d);
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
    const Vec3 x = mesh->nodes[k] - centre;
    const double r = x.norm();
    if (r < hole + 1.5 || !std::isfinite(t[k])) continue;   // the wall itself is a staircase of faces
    const double angle = std::acos(std::clamp(x.dot(from - centre) / (r * d), -1.0, 1.0)), shadow = seen + std::acos(hole / r);
    const double way = angle <= shadow ? (mesh->nodes[k] - from).norm() : tangent + std::sqrt(r * r - hole * hole) + hole * (angle - shadow);
    worst = std::max(worst, std::abs(t[k] - way / v));
    largest = std::max(largest, way / v);
  }
  INFO("error " << worst / largest);
  CHECK(worst / largest < 0.01);
}

TEST_CASE("lesion repair: a FAST answer with a lesion has the same bits from nothing, after the answer without it, after another lesion, and on 1, 2 and 4 threads") {
  Random r(3);
  ep::ElectroProblem p;
  const Block b = block(r, 16);
  p.fibres = b.fibres;
  p.regions.resize(2);
  p.regions[1].conducting = false;
  p.electrodes = ep::standard_electrodes({Vec3(8, 8, 8), Vec3(0.6, -0.5, -0.6).normalized(), Vec3(-0.6, -0.7, 0)});
  ep::ActivationSite site;
  for (std::size_t m = 0; m < b.mesh->nodes.size(); ++m)
    if ((b.mesh->nodes[m] - Vec3(3, 8, 8)).norm() < 1.6) site.nodes.push_back(Index(m));
  p.sites = {site};
  p.end_ms = 300;
  const auto burn = [&](const Vec3& centre) {
    const std::vector<std::uint8_t> all(b.mesh->tets.size(), 1);
    const auto left = without_ball(*b.mesh, all, centre, 2.5);
    p.tissue_before.assign(left.size(), 0);
    p.tissue = p.tissue_before;
    for (std::size_t t = 0; t < left.size(); ++t) p.tissue[t] = std::uint8_t(1 - left[t]);
  };
  const Vec3 place(8, 8, 8);
  std::vector<core::Result<ep::ElectroResult>> runs;
  const int threads = core::thread_count();
  for (int k : {1, 2, 4}) {   // a mesh of its own each: nothing is kept for it
    core::set_thread_count(k);
    p.mesh = std::make_shared<const core::TetMesh>(*b.mesh);
    burn(place);
    runs.push_back(ep::run_fast(p, ramp(2), {}));
  }
  core::set_thread_count(threads);
  p.mesh = b.mesh;
  p.tissue.assign(b.mesh->tets.size(), 0);
  p.tissue_before.clear();
  const auto healthy = ep::run_fast(p, ramp(2), {});
  REQUIRE(healthy);
  burn(place + Vec3(2, 1, 0));
  REQUIRE(ep::run_fast(p, ramp(2), {}));
  burn(place);
  runs.push_back(ep::run_fast(p, ramp(2), {}));
  for (const auto& run : runs) REQUIRE(run);
  const auto same = [](const std::vector<float>& x, const std::vector<float>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](float a, float c) { return a == c || (std::isnan(a) && std::isnan(c)); });
  };
  for (const auto& run : runs) {
    CHECK(same(run->activation_ms, runs[0]->activation_ms));
    CHECK(same(run->repolarisation_ms, runs[0]->repolarisation_ms));
    CHECK(run->ecg.mV == runs[0]->ecg.mV);
    REQUIRE(run->frames.size() == runs[0]->frames.size());
    for (std::size_t k = 0; k < run->frames.size(); ++k) REQUIRE(*run->frames[k].v_mV == *runs[0]->frames[k].v_mV);
  }
  // It did something, and its leads are those of its frames.
  int later = 0, earlier = 0;
  for (std::size_t m = 0; m < healthy->activation_ms.size(); ++m) {
    later += runs[0]->activation_ms[m] > healthy->activation_ms[m];
    earlier += runs[0]->activation_ms[m] < healthy->activation_ms[m];
  }
  CHECK(later > 50);
  CHECK(earlier == 0);
  const auto leads = ep::make_lead_field(p);
  for (std::size_t k = 5; k < runs[0]->frames.size(); k += 7) {
    const auto from_frame = ep::evaluate(leads, *runs[0]->frames[k].v_mV);
    for (int l = 0; l < ep::lead_count; ++l) CHECK(from_frame[std::size_t(l)] == Approx(runs[0]->ecg.mV[std::size_t(l)][k]).margin(1e-9));
  }
}
