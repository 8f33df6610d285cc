// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "solvers/core/parallel.hpp"
#include "tests/unit/studies/ring.hpp"

using namespace ot;
using core::Index;

namespace {

std::vector<Index> nodes_where(const core::TetMesh& mesh, const std::function<bool(const core::Vec3&)>& inside) {
  std::vector<Index> out;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (inside(mesh.nodes[n])) out.push_back(Index(n));
  return out;
}

std::shared_ptr<const ep::ReentryTissue> tissue_of(const ep::ElectroProblem& p, double patience = 0.25) {
  ep::ReentryParams params;
  params.patience = patience;
  auto t = ep::ReentryTissue::make(p, std::vector<ep::RestitutionCurve>(p.regions.size(), test::curve()), params);
  REQUIRE(t);
  return *t;
}

// Angle on the ring, 0..2 pi in the sense of travel.
double angle(const core::Vec3& x) {
  const double a = std::atan2(x.x(), x.y());
  return a < 0 ? a + 2 * M_PI : a;
}

// A wave that already runs: the front at angle 0, its tail behind it as if it had come round in `period`.
ep::ReentryRun rotating(const ep::ElectroProblem& p, std::shared_ptr<const ep::ReentryTissue> tissue, double period, double apd) {
  ep::ReentryRun run(std::move(tissue));
  std::vector<double> last;
  for (const auto& x : p.mesh->nodes) {
    const double a = angle(x);
    last.push_back(a < 1e-9 ? 0.0 : -period * (2 * M_PI - a) / (2 * M_PI));
  }
  run.impose(last, std::vector<double>(last.size(), apd));
  return run;
}

// Path of the wave: along the inner face, chords between neighbouring nodes.
double inner_path(double radius, double edge) {
  const int pieces = 2 * int(std::ceil(2 * M_PI * radius / edge / 2));
  return 2 * radius * std::sin(M_PI / pieces) * pieces;
}

// T = path / (v cv(DI)), T = apd(DI) + DI.
double fixed_point_period(double path, double v) {
  double lo = 10, hi = 5000;
  const auto excess = [&](double di) { return path / (v * test::curve_cv(di)) - test::curve_apd(di) - di; };
  for (int i = 0; i < 200; ++i) (excess(0.5 * (lo + hi)) > 0 ? lo : hi) = 0.5 * (lo + hi);
  return test::curve_apd(lo) + lo;
}

}  // namespace

TEST_CASE("a plane S2 wave runs at v cv(DI) within 1 % at DI 15 to 400 ms", "[reentry]") {
  const auto p = test::strip(60, 2, 1);
  const auto tissue = tissue_of(p);
  const auto end = nodes_where(*p.mesh, [](const core::Vec3& x) { return x.x() < 0.5; });
  for (const double di : {15.0, 30.0, 80.0, 400.0}) {
    ep::ReentryRun run(tissue);
    run.stimulate(end, 0);
    REQUIRE(run.advance(1));
    // The first beat lasts 200 ms (from rest); the second starts di after it at the stimulated end.
    run.stimulate(end, 200 + di);
    REQUIRE(run.advance(2000));
    const auto r = run.record(2000);
    const auto at = [&](double x) {
      for (std::size_t n = 0; n < r.nodes(); ++n)
        if ((p.mesh->nodes[n] - core::Vec3(x, 0, 0)).norm() < 1e-6) {
          REQUIRE(r.count(n) == 2);
          return std::pair(double(r.at_ms[r.begin[n]]), double(r.at_ms[r.begin[n] + 1]));
        }
      return std::pair(0.0, 0.0);
    };
    // Truth along x: dt/dx = 1 / (v cv(t - 200 - x/v)), integrated finely.
    double t = 200 + di;
    const double v = p.velocity[0], h = 0.001;
    for (double x = 0; x < 50 - 1e-9; x += h) t += h / (v * test::curve_cv(t - (200 + x / v)));
    CHECK(at(50).first == Approx(50 / v).epsilon(1e-3));
    CHECK(at(50).second - (200 + di) == Approx(t - (200 + di)).epsilon(0.01));
  }
}

TEST_CASE("re-entry on a ring has the period path / cv(DI) of the closed-form fixed point within 1 %", "[reentry]") {
  for (const double radius : {25.0, 32.0, 45.0}) {
    const auto p = test::ring(radius, 1, 1);
    const double path = inner_path(radius, 1), expected = fixed_point_period(path, p.velocity[0]);
    auto run = rotating(p, tissue_of(p), expected * 1.1, 150);
    REQUIRE(run.advance(8000));
    CHECK_FALSE(run.quiet());
    const auto r = run.record(8000);
    for (std::size_t n = 0; n < r.nodes(); n += 7) {
      REQUIRE(r.count(n) > 10);
      const std::uint32_t k = r.begin[n + 1] - 1;
      CHECK(r.at_ms[k] - r.at_ms[k - 1] == Approx(expected).epsilon(0.01));
    }
  }
}

TEST_CASE("a ring 5 % shorter than the shortest wavelength blocks and one 5 % longer does not on 0.25 mm edges", "[reentry]") {
  // Shortest wavelength: v cv(10) (120 + 10); no patience, so that the limit is sharp.
  const double wavelength = 0.6 * test::curve_cv(10) * (120 + 10);
  for (const double share : {0.8, 0.95, 1.05}) {
    const double radius = share * wavelength / (2 * M_PI);
    const auto p = test::ring(radius, 0.25, 0.25);
    ep::ReentryParams params;
    params.patience = 0;
    const auto tissue = ep::ReentryTissue::make(p, {test::flat_curve(120)}, params);
    REQUIRE(tissue);
    auto run = rotating(p, *tissue, 140, 120);
    REQUIRE(run.advance(6000));
    INFO("ring of " << share << " wavelengths");
    CHECK(run.quiet() == (share < 1));
  }
}

TEST_CASE("tissue stays refractory for its action potential and a stimulus within it captures nothing", "[reentry]") {
  const auto p = test::strip(20, 2, 1);
  const auto end = nodes_where(*p.mesh, [](const core::Vec3& x) { return x.x() < 0.5; });
  ep::ReentryRun run(tissue_of(p));
  run.stimulate(end, 0);
  run.stimulate(end, 200 + 5, 2.0);   // shortest DI is 10 ms
  REQUIRE(run.advance(3000));
  CHECK(run.captured() == 0);
  CHECK(run.activations() == long(p.mesh->nodes.size()));
}

TEST_CASE("a rested point source agrees with the exact anisotropic arrival within 5 % of the largest time at 40 elements across", "[reentry]") {
  auto p = test::strip(20, 20, 0.5);
  {
    auto mesh = std::make_shared<core::TetMesh>(core::make_box({20, 20, 5}, 0.5, core::BoxSplit::alternating));
    auto fibres = std::make_shared<ep::FibreField>();
    fibres->f.assign(mesh->tets.size(), core::Vec3(1, 1, 0).normalized());
    fibres->s.assign(mesh->tets.size(), core::Vec3(-1, 1, 0).normalized());
    p.tissue.assign(mesh->tets.size(), 0);
    p.mesh = mesh;
    p.fibres = fibres;
  }
  ep::ReentryRun run(tissue_of(p));
  const core::Vec3 source(10, 10, 2.5);
  run.stimulate(nodes_where(*p.mesh, [&](const core::Vec3& x) { return (x - source).norm() < 1e-6; }), 0);
  REQUIRE(run.advance(1000));
  const auto r = run.record(1000);
  double worst = 0, largest = 0;
  for (std::size_t n = 0; n < r.nodes(); ++n) {
    const core::Vec3 d = p.mesh->nodes[n] - source;
    const double f = d.dot(p.fibres->f[0]) / p.velocity[0], s = d.dot(p.fibres->s[0]) / p.velocity[1], z = d.z() / p.velocity[2];
    const double exact = std::sqrt(f * f + s * s + z * z);
    REQUIRE(r.count(n) == 1);
    worst = std::max(worst, std::abs(double(r.at_ms[r.begin[n]]) - exact));
    largest = std::max(largest, exact);
  }
  CHECK(worst / largest < 0.05);
}

TEST_CASE("the bits of a re-entrant run do not depend on the thread count and a copy goes on like its original", "[reentry]") {
  auto p = test::ring(32, 2, 1);
  p.regions.push_back(p.regions[0]);
  p.regions[1].sigma_scale = {0.5, 0.5, 0.5};
  for (std::size_t t = 0; t < p.tissue.size() / 4; ++t) p.tissue[t] = 1;
  std::vector<ep::ActivationRecord> records;
  const int before = core::thread_count();
  for (const int threads : {1, 2, 4}) {
    core::set_thread_count(threads);
    auto run = rotating(p, tissue_of(p), 400, 180);
    REQUIRE(run.advance(1500));
    ep::ReentryRun copy = run;
    REQUIRE(copy.advance(4000));
    REQUIRE(run.advance(4000));
    records.push_back(run.record(4000));
    CHECK(copy.record(4000).at_ms == records.back().at_ms);
  }
  core::set_thread_count(before);
  CHECK(records[0].at_ms.size() > 3000);
  CHECK(records[1].at_ms == records[0].at_ms);
  CHECK(records[2].at_ms == records[0].at_ms);
  CHECK(records[2].repolarised_ms.size() == records[0].repolarised_ms.size());
}

TEST_CASE("atrial cells in a strand at 500 ms are refractory for 200 to 270 ms healthy and 90 to 160 ms remodelled by AF: waves whose spike ends at 0 mV count", "[reentry]") {
  // Effective refractory periods of human atria in sinus rhythm and in persistent AF: general knowledge of the literature of electrical remodelling.
  const auto shortest = [](const ep::ChannelScales& scales) {
    const auto curve = ep::restitution("courtemanche_1998", ep::CellType::epi, scales, 500, {});
    REQUIRE(curve);
    REQUIRE((*curve)->conducts());
    CHECK((*curve)->points.back().interval_ms == 500);
    return (*curve)->points.front().interval_ms;
  };
  ep::ChannelScales af;   // tissue_regions.cpp, af_remodelled
  af.g_to = 0.5, af.g_CaL = 0.3, af.g_Kur = 0.5, af.g_K1 = 2.0;
  const double healthy = shortest({}), remodelled = shortest(af);
  CHECK(healthy >= 200);
  CHECK(healthy <= 270);
  CHECK(remodelled >= 90);
  CHECK(remodelled <= 160);
}
