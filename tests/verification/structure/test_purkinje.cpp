// SPDX-License-Identifier: GPL-3.0-or-later
// The conduction system on the ellipsoid heart; the tree on a flat sheet is also a verify row (ep/purkinje-sheet).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/structure/conduction_system.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

core::Result<std::shared_ptr<const twin::HeartModel>> built(double edge, const char* kind, const char* block, const char* accessory, bool from_atria = false) {
  organs::HeartInputs in;
  in.mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart({.edge_mm = edge}));
  auto c = organs::heart_conduction(kind, block, accessory);
  REQUIRE(c);
  in.params.conduction = *c;
  in.params.conduction.pathway_from_atria = from_atria;
  return organs::build_heart(in, {});
}

double latest(const std::shared_ptr<const twin::HeartModel>& h) {
  auto eikonal = ep::Eikonal::make(h->baseline.mesh, h->baseline.fibres, h->baseline.velocity, ep::speed_map(h->baseline));
  REQUIRE(eikonal);
  auto t = eikonal->solve(ep::eikonal_sources(h->baseline), ep::conducting_tets(h->baseline), {});
  REQUIRE(t);
  double last = 0;
  for (const double x : *t) last = std::isfinite(x) ? std::max(last, x) : last;
  return last;
}

bool any_named(const ep::ElectroProblem& p, const char* prefix) {
  return std::any_of(p.sites.begin(), p.sites.end(), [&](const auto& s) { return s.name.rfind(prefix, 0) == 0; });
}

}  // namespace

TEST_CASE("conduction: the tree is the same for 1 and 2 threads, covers both ventricles, and every junction touches muscle") {
  const int before = core::thread_count();
  core::set_thread_count(1);
  const auto one = built(3.5, "purkinje", "none", "none");
  core::set_thread_count(2);
  const auto two = built(3.5, "purkinje", "none", "none");
  core::set_thread_count(before);
  REQUIRE((one && two));
  CHECK((*one)->baseline.sha256() == (*two)->baseline.sha256());
  const auto& p = (*one)->baseline;
  CHECK(p.sites.size() > 50);
  CHECK(any_named(p, "left"));
  CHECK(any_named(p, "right bundle"));
  double first = std::numeric_limits<double>::infinity();
  for (const auto& s : p.sites) {
    CHECK(!s.nodes.empty());
    first = std::min(first, s.start_ms);
  }
  CHECK(first == Approx(0.0).margin(1e-9));
}

TEST_CASE("wall surface: ways over a flat sheet are straight to 2 percent, on a regular and an irregular triangulation, whatever way the edges run") {
  for (const double jitter : {0.0, 0.3}) {
    constexpr int n = 24;
    std::vector<Vec3> points;
    std::vector<core::Triangle> triangles;
    for (int j = 0; j <= n; ++j)
      for (int i = 0; i <= n; ++i) {
        const bool inner = i > 0 && j > 0 && i < n && j < n;
        points.emplace_back(i + inner * jitter * std::sin(12.9898 * i + 78.233 * j), j + inner * jitter * std::sin(39.346 * i + 11.135 * j), 0);
      }
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) {
        const Index a = j * (n + 1) + i, b = a + 1, c = a + n + 1, d = c + 1;
        triangles.push_back({a, b, d});
        triangles.push_back({a, d, c});
      }
    const auto sheet = ep::WallSurface::make(points, triangles);
    const Index start = 3 * (n + 1) + 2;
    const auto ways = sheet.ways_from(start);
    double worst = 0;
    for (std::size_t v = 0; v < points.size(); ++v) {
      const double straight = (points[v] - points[std::size_t(start)]).norm();
      CHECK(ways.distance[v] >= straight - 1e-9);
      if (straight > 3) worst = std::max(worst, ways.distance[v] / straight - 1);
    }
    INFO("jitter " << jitter << ": " << worst);
    CHECK(worst < 0.02);
    // The way back is a chain whose steps add up.
    double length = 0;
    Index at = Index(points.size()) - 1;
    for (; ways.before[std::size_t(at)] >= 0; at = ways.before[std::size_t(at)]) length += (ways.place[std::size_t(at)] - ways.place[std::size_t(ways.before[std::size_t(at)])]).norm();
    CHECK(at == start);
    CHECK(length == Approx(ways.distance[points.size() - 1]).epsilon(1e-12));
  }
}

TEST_CASE("conduction: the ellipsoid heart is excited within 3 percent of the same time on edges of 2.5 and 3 mm") {
  // The tree grows anew on every mesh; muscle stimulated around a junction must not advance the wave with the size of the elements.
  std::vector<double> last;
  for (const double edge : {2.5, 3.0}) {
    const auto h = built(edge, "purkinje", "none", "none");
    REQUIRE(h);
    last.push_back(latest(*h));
    INFO(edge << " mm: " << last.back() << " ms");
    CHECK(std::abs(last.back() / last.front() - 1) < 0.03);
  }
}

TEST_CASE("conduction: a bundle branch block delays the whole activation by at least 20 ms, and the blocked side is entered from muscle") {
  const auto healthy = built(3.5, "purkinje", "none", "none"), left = built(3.5, "purkinje", "lbbb", "none"), right = built(3.5, "purkinje", "rbbb", "none");
  REQUIRE((healthy && left && right));
  CHECK(latest(*left) > latest(*healthy) + 20);
  CHECK(latest(*right) > latest(*healthy) + 20);
  const auto first_of = [](const ep::ElectroProblem& p, const char* prefix) {
    double t = std::numeric_limits<double>::infinity();
    for (const auto& s : p.sites)
      if (s.name.rfind(prefix, 0) == 0) t = std::min(t, s.start_ms);
    return t;
  };
  CHECK(first_of((*left)->baseline, "right") == Approx(0.0).margin(1e-9));
  CHECK(first_of((*left)->baseline, "left") > 20);
  CHECK(first_of((*right)->baseline, "left") == Approx(0.0).margin(1e-9));
  CHECK(first_of((*right)->baseline, "right") > 20);
}

TEST_CASE("conduction: an accessory pathway is the first site, the His-Purkinje system follows 40 ms later (points and purkinje)") {
  for (const char* kind : {"points", "purkinje"}) {
    const auto h = built(3.5, kind, "none", "left_lateral");
    REQUIRE(h);
    const auto& sites = (*h)->baseline.sites;
    REQUIRE(sites.front().name == "accessory pathway left_lateral");
    CHECK(sites.front().start_ms == Approx(0.0).margin(1e-9));
    double next = std::numeric_limits<double>::infinity();
    for (std::size_t k = 1; k < sites.size(); ++k) next = std::min(next, sites[k].start_ms);
    if (std::string(kind) == "points") CHECK(next == Approx(40.0).margin(1e-9));
    else CHECK((next > 0 && next <= 40.0 + 1e-9));   // the tree may be entered from the pre-excited muscle before
  }
}

TEST_CASE("conduction: a pathway that waits for the atria leaves the conduction system's sites as they are and adds its own from time 0, entering the tree backwards (points and purkinje)") {
  for (const char* kind : {"points", "purkinje"}) {
    const auto plain = built(3.5, kind, "none", "none"), both = built(3.5, kind, "none", "left_lateral", true);
    REQUIRE(plain);
    REQUIRE(both);
    const auto &p = (*plain)->baseline.sites, &q = (*both)->baseline.sites;
    REQUIRE(q.size() > p.size());
    for (std::size_t k = 0; k < p.size(); ++k) {
      CHECK(q[k].start_ms == p[k].start_ms);
      CHECK(q[k].nodes == p[k].nodes);
    }
    for (std::size_t k = p.size(); k < q.size(); ++k) CHECK(q[k].name.rfind("bypassed ", 0) == 0);
    CHECK(q[p.size()].name == "bypassed accessory pathway left_lateral");
    CHECK(q[p.size()].start_ms == 0.0);
    if (std::string(kind) == "points") CHECK(q.size() == p.size() + 1);
    else CHECK(q.size() > p.size() + 10);   // the tree, from the muscle it excites
  }
}

TEST_CASE("conduction: points without block or pathway leave the baseline as it was: five sites after Durrer") {
  const auto h = built(3.5, "points", "none", "none");
  REQUIRE(h);
  REQUIRE((*h)->baseline.sites.size() == 5);
  CHECK((*h)->baseline.sites[0].start_ms == 0.0);
  CHECK((*h)->baseline.sites[3].start_ms == 5.0);
}

TEST_CASE("conduction: unknown kinds, blocks and pathways are refused with the choices and a fascicle cannot be blocked without a tree") {
  CHECK(!organs::heart_conduction("spaghetti", "none", "none"));
  CHECK(!organs::heart_conduction("points", "mbbb", "none"));
  const auto pathway = organs::heart_conduction("points", "none", "everywhere");
  REQUIRE(!pathway);
  CHECK(pathway.error().message.find("left_lateral") != std::string::npos);
  CHECK(!organs::heart_conduction("points", "lafb", "none"));
  CHECK(organs::heart_conduction("purkinje", "lafb", "none"));
}
