// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <limits>

#include "solvers/electrophysiology/studies/phantom.hpp"
#include "solvers/electrophysiology/studies/restitution_study.hpp"
#include "solvers/electrophysiology/studies/study.hpp"

using namespace ot;

namespace {

// Every node fires at `start`, then every `interval`, `count` times.
ep::ActivationRecord beats(std::size_t nodes, double start, double interval, int count, double end) {
  ep::ActivationRecord r;
  r.end_ms = end;
  r.begin.push_back(0);
  for (std::size_t n = 0; n < nodes; ++n) {
    for (int k = 0; k < count; ++k) {
      r.at_ms.push_back(float(start + k * interval));
      r.repolarised_ms.push_back(float(start + k * interval + 150));
    }
    r.begin.push_back(std::uint32_t(r.at_ms.size()));
  }
  return r;
}

}  // namespace

TEST_CASE("activity is classified by the rule: capture and two further cycles and 30 ms of variation", "[studies]") {
  const std::vector<std::uint8_t> all(50, 1);
  const auto kind = [&](const ep::ActivationRecord& r, bool captured, ep::Chamber chamber = ep::Chamber::ventricles) { return ep::classify(r, all, 1000, captured, 2, chamber); };
  CHECK(kind(beats(50, 500, 300, 1, 3000), false).outcome == ep::Outcome::no_capture);
  CHECK(kind(beats(50, 1010, 300, 1, 3000), true).outcome == ep::Outcome::decay);
  CHECK(kind(beats(50, 1010, 300, 2, 3000), true).outcome == ep::Outcome::decay);
  const auto vt = kind(beats(50, 1010, 300, 5, 2300), true);
  CHECK(vt.outcome == ep::Outcome::reentry);
  CHECK(vt.rhythm == ep::Rhythm::monomorphic_vt);
  CHECK(vt.cycles == 4);
  CHECK(vt.cycle_length_ms == Approx(300));
  CHECK(vt.sustained);
  CHECK_FALSE(kind(beats(50, 1010, 300, 5, 3000), true).sustained);
  CHECK(kind(beats(50, 1010, 180, 5, 1800), true).rhythm == ep::Rhythm::ventricular_flutter);
  CHECK(kind(beats(50, 1010, 200, 5, 1900), true, ep::Chamber::atria).rhythm == ep::Rhythm::atrial_tachycardia);
  auto irregular = beats(50, 1010, 160, 6, 2000);
  for (std::size_t i = 0; i < irregular.at_ms.size(); ++i)
    if (i % 6 % 2) irregular.at_ms[i] += 30;
  CHECK(kind(irregular, true).rhythm == ep::Rhythm::vf);
  CHECK(kind(irregular, true, ep::Chamber::atria).rhythm == ep::Rhythm::af);
}

TEST_CASE("a wave rotating about a line holds one filament along it of the sheet's thickness within 30 %", "[studies]") {
  const core::TetMesh mesh = core::make_box({20, 20, 4}, 1.0, core::BoxSplit::alternating);
  ep::ActivationRecord r;
  r.end_ms = 2000;
  r.begin.push_back(0);
  const core::Vec3 axis(9.7, 10.4, 0);
  for (const auto& x : mesh.nodes) {
    const double a = std::atan2(x.y() - axis.y(), x.x() - axis.x());
    for (int k = 0; k < 8; ++k) {
      r.at_ms.push_back(float(200 * (k + (a + M_PI) / (2 * M_PI))));
      r.repolarised_ms.push_back(r.at_ms.back() + 100);
    }
    r.begin.push_back(std::uint32_t(r.at_ms.size()));
  }
  std::vector<ep::FilamentFrame> frames;
  for (double t = 600; t < 1000; t += 37) {
    frames.push_back(ep::filaments_at(mesh, {}, ep::phase_at(r, t, 200), t));
    CHECK(frames.back().count == 1);
    CHECK(frames.back().length_mm == Approx(4).epsilon(0.3));
    for (const auto& p : frames.back().points) CHECK(std::hypot(p.x() - axis.x(), p.y() - axis.y()) < 1.0);
  }
  const auto tracks = ep::track(frames, 5);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].lived_ms() > 350);
  // A plane wave holds none.
  ep::ActivationRecord plane = r;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    for (int k = 0; k < 8; ++k) plane.at_ms[8 * n + std::size_t(k)] = float(200 * k + 3 * mesh.nodes[n].x());
  CHECK(ep::filaments_at(mesh, {}, ep::phase_at(plane, 700, 200), 700).count == 0);
}

TEST_CASE("an absurd protocol and a site without muscle are refused in words", "[studies]") {
  auto v = ep::make_infarct({3.0});
  ep::Protocol p;
  p.step_ms = 0;
  CHECK(ep::check(p).error().code == core::ErrorCode::wrong_usage);
  p = {};
  p.s2_first_ms = 700;
  CHECK_FALSE(ep::check(p));
  CHECK(ep::nodes_near(v.problem, {500, 0, 0}, 3, 8).empty());
  const auto refused = ep::run_study(v.problem, {{"far", "far", {500, 0, 0}, 0, {}}}, {}, core::Mode::fast, {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::ErrorCode::bad_input);
}

TEST_CASE("a site on tissue that does not conduct is paced at the nearest node that does, and its place and distance are told", "[studies]") {
  auto v = ep::make_infarct({3.0});
  const auto& nodes = v.problem.mesh->nodes;
  constexpr double radius = 2.5;
  // Everything within 6 mm of a place is burned.
  const core::Vec3 at = v.opposite;
  ep::TissueRegion burned;
  burned.key = "lesion";
  burned.conducting = false;
  v.problem.regions.push_back(burned);
  for (std::size_t t = 0; t < v.problem.tissue.size(); ++t)
    for (core::Index n : v.problem.mesh->tets[t])
      if ((nodes[std::size_t(n)] - at).norm() < 6) v.problem.tissue[t] = std::uint8_t(v.problem.regions.size() - 1);
  const ep::StudySite moved{"a", "a", at, 0, ep::nodes_near(v.problem, at, radius, 12)};
  const auto place = ep::paced_place(*v.problem.mesh, moved, radius);
  CHECK(place.moved_mm >= 6);
  CHECK(place.moved_mm < 12);
  CHECK((place.at_mm - at).norm() == Approx(place.moved_mm));
  const core::Vec3 healthy = nodes[std::size_t(moved.nodes.front())];
  const ep::StudySite there{"b", "b", healthy, 0, ep::nodes_near(v.problem, healthy, radius, 12)};
  CHECK(ep::paced_place(*v.problem.mesh, there, radius).moved_mm == 0);
  CHECK(ep::paced_place(*v.problem.mesh, there, radius).at_mm == healthy);
}

TEST_CASE("the phantom infarct is one part with positive tets and its scar has the area of its circle within 10 %", "[studies]") {
  const auto v = ep::make_infarct({2.0});
  const auto q = core::measure_quality(*v.problem.mesh);
  CHECK(q.inverted == 0);
  CHECK(q.parts == 1);
  double scar = 0;
  for (std::size_t t = 0; t < v.problem.tissue.size(); ++t)
    if (v.problem.tissue[t] > 0) {
      const auto& n = v.problem.mesh->tets[t];
      const auto& x = v.problem.mesh->nodes;
      scar += core::tet_volume(x[std::size_t(n[0])], x[std::size_t(n[1])], x[std::size_t(n[2])], x[std::size_t(n[3])]);
    }
  CHECK(scar == Approx(M_PI * 22 * 22 * 8).epsilon(0.1));
}

TEST_CASE("restitution: intervals fall, the slope of a straight line is its slope, and an impossible interval is refused", "[studies]") {
  const auto intervals = ep::dynamic_intervals(1000);
  for (std::size_t i = 1; i < intervals.size(); ++i) CHECK(intervals[i] < intervals[i - 1]);
  CHECK(intervals.back() >= 150);
  CHECK(ep::steepest_slope({{300, 50, 1, 200}, {350, 80, 1, 221}, {400, 120, 1, 249}}) == Approx(0.7));
  const auto v = ep::make_infarct({3.0});
  CHECK(ep::study_restitution(v.problem, 100, 6, {}).error().code == core::ErrorCode::wrong_usage);
}

TEST_CASE("an S2 that starts inside refractoriness is lengthened until it captures: the limit is that of a start above, within one step of 10 ms", "[studies]") {
  ep::InfarctPhantom shape;
  shape.edge_mm = 4;
  shape.scar_radius_mm = 0;
  const auto v = ep::make_infarct(shape);
  ep::StudySite site{"a", "a", v.opposite, 0, ep::nodes_near(v.problem, v.opposite, 4, 8)};
  ep::Protocol p;
  p.s1_beats = 1;
  p.extrastimuli = 1;
  p.observe_ms = 400;
  p.shortest_ms = 200;
  p.s2_first_ms = 250;
  const auto low = ep::run_study(v.problem, {site}, p, core::Mode::fast, {}, {});
  p.s2_first_ms = 450;
  const auto high = ep::run_study(v.problem, {site}, p, core::Mode::fast, {}, {});
  REQUIRE(low);
  REQUIRE(high);
  CHECK(low->runs[0].attempts.size() > 2);
  CHECK(low->runs[0].attempts.back().captured);
  CHECK(std::abs(low->runs[0].refractory_ms - high->runs[0].refractory_ms) <= 10);
}
