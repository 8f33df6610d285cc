// SPDX-License-Identifier: GPL-3.0-or-later
// Ends of a vessel set by hand before the lumen is made.
#include <algorithm>
#include <catch2/catch.hpp>

#include "imaging/meshing/lumen_ends.hpp"
#include "imaging/meshing/meshing.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;
using Kind = imaging::EndMark::Kind;

namespace {

double to_segment(const Vec3& x, const Vec3& a, const Vec3& b) {
  const double t = std::clamp((x - a).dot(b - a) / (b - a).squaredNorm(), 0.0, 1.0);
  return (x - a - t * (b - a)).norm();
}

// A trunk of 40 mm along z that forks into two legs; the left leg is longer.
const Vec3 root(0, 0, 0), branching(0, 0, 40), left_tip(-22, 0, 84), right_tip(18, 0, 70);
core::LabelMap y_vessel() {
  core::Grid g;
  g.size = {60, 26, 84};
  g.spacing = Vec3::Constant(1.1);
  g.origin = Vec3(-34, -14, -5);
  return voxelise(g, [](const Vec3& x) {
    const bool in = to_segment(x, root, branching) < 5.5 || to_segment(x, branching, left_tip) < 4.2 || to_segment(x, branching, right_tip) < 4.2;
    return in ? int(core::labels::aorta) : 0;
  });
}
imaging::LumenParams from_root() {
  imaging::LumenParams p;
  p.inlet_near = root;
  return p;
}
core::Result<imaging::Lumen> made(const std::vector<imaging::EndMark>& ends) {
  auto p = from_root();
  p.ends = ends;
  return imaging::lumen_from_labels(y_vessel(), core::labels::aorta, p, {});
}
int outlets(const imaging::Lumen& l) { return int(std::count_if(l.surface.patch_names.begin(), l.surface.patch_names.end(), [](const auto& p) { return p.second.rfind("outlet", 0) == 0; })); }
double highest(const imaging::Lumen& l) {
  double z = -1e300;
  for (const auto& x : l.surface.points) z = std::max(z, x.z());
  return z;
}

}  // namespace

TEST_CASE("The ends proposed of a Y are those the lumen gets, and one left closed by hand has no cap and stays part of the wall") {
  const auto proposed = imaging::propose_lumen_ends(y_vessel(), {core::labels::aorta}, from_root(), {});
  REQUIRE(proposed);
  REQUIRE(proposed->ends.size() == 3);
  CHECK(std::count_if(proposed->ends.begin(), proposed->ends.end(), [](const auto& e) { return e.kind == Kind::inlet; }) == 1);
  const auto all = made({});
  REQUIRE(all);
  CHECK(outlets(*all) == 2);
  for (const auto& e : proposed->ends) {
    if (e.kind == Kind::inlet) {
      CHECK((e.centre - root).norm() < 6);
      continue;
    }
    CHECK(e.radius_mm == Approx(4.2).margin(0.6));
  }
  const auto& right = *std::find_if(proposed->ends.begin(), proposed->ends.end(), [](const auto& e) { return e.kind == Kind::outlet && e.centre.x() > 0; });
  const auto one = made({{right.centre, Kind::closed}});
  REQUIRE(one);
  CHECK(outlets(*one) == 1);
  CHECK(one->surface.volume() > all->surface.volume());   // what the cut took is back
}

TEST_CASE("An outlet clicked on the wall half-way down a leg cuts it there within a voxel of 1.1 mm, and what lies beyond is gone") {
  const Vec3 middle = 0.5 * (branching + left_tip), along = (left_tip - branching).normalized();
  const Vec3 wall = middle + 4.2 * along.cross(Vec3(0, 1, 0)).normalized();
  const auto cut = made({{wall, Kind::outlet}});
  REQUIRE(cut);
  CHECK(outlets(*cut) == 2);
  // Nothing of the left leg lies beyond the plane through the click.
  double beyond = -1e300;
  for (const auto& x : cut->surface.points)
    if (x.x() < -8) beyond = std::max(beyond, (x - middle).dot(along));
  CHECK(beyond == Approx(0).margin(1.1));
  CHECK(highest(*cut) < 0.9 * left_tip.z());
}

TEST_CASE("An inlet set by hand at a leg turns the vessel round, and one half-way up the trunk cuts the root away") {
  const auto turned = made({{right_tip, Kind::inlet}});
  REQUIRE(turned);
  CHECK(outlets(*turned) == 2);
  CHECK((turned->network.branches.front().points.front() - right_tip).norm() < 8);
  const auto shorter = made({{Vec3(5.5, 0, 18), Kind::inlet}});
  REQUIRE(shorter);
  CHECK(outlets(*shorter) == 2);
  double lowest = 1e300;
  for (const auto& x : shorter->surface.points) lowest = std::min(lowest, x.z());
  CHECK(lowest == Approx(18).margin(1.1));
}

TEST_CASE("Closing all but one end is refused in words") {
  const auto blind = made({{left_tip, Kind::closed}, {right_tip, Kind::closed}});
  REQUIRE_FALSE(blind);
  CHECK(blind.error().message.find("no flow can pass") != std::string::npos);
}

namespace {

// A tube of 3 mm radius and 40 mm, labelled or not, without the wall triangles whose middle lies within `radius` of (3, 0, 20).
core::SurfaceMesh holed_tube(double radius, bool labelled) {
  auto tube = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double) { return 3.0; }, 80, 40);
  core::SurfaceMesh out = tube;
  out.triangles.clear(), out.patch.clear();
  const Vec3 there = tube.points[std::size_t(40 * 40)];   // a point of the wall half-way
  std::size_t first = tube.triangles.size();
  for (std::size_t t = 0; t < tube.triangles.size(); ++t) {
    Vec3 middle(0, 0, 0);
    for (core::Index v : tube.triangles[t]) middle += tube.points[std::size_t(v)] / 3;
    const bool near = (middle - there).norm() < radius;
    if (near && radius < 0.5 && first == tube.triangles.size()) first = t;   // a small hole: one triangle
    if (radius < 0.5 ? t == first : near) continue;
    out.triangles.push_back(tube.triangles[t]);
    if (labelled) out.patch.push_back(tube.patch[t]);
  }
  if (!labelled) out.patch_names.clear();
  return out;
}

}  // namespace

TEST_CASE("One triangle missing in the wall of a tube is closed as wall with a note and no outlet, with labelled caps and without") {
  for (const bool labelled : {true, false}) {
    const auto ends = imaging::lumen_ends(holed_tube(0.4, labelled));
    INFO((ends ? "" : ends.error().message));
    REQUIRE(ends);
    CHECK(ends->area_mm2.size() == 2);
    CHECK(ends->surface.closed());
    for (const auto& [patch, area] : ends->area_mm2) CHECK(area == Approx(pi * 9).epsilon(0.01));
    CHECK(std::any_of(ends->notes.begin(), ends->notes.end(), [](const auto& n) { return n.find("hole(s) in the wall were closed") != std::string::npos; }));
  }
}

TEST_CASE("A hole of 3 mm radius in the side of a tube of 3 mm is refused with its place, and two open ends of a tube stay ends") {
  const auto large = imaging::lumen_ends(holed_tube(3.0, true));
  REQUIRE_FALSE(large);
  CHECK(large.error().message.find("no end of a vessel") != std::string::npos);
  auto open = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double s) { return 3 - s; }, 80, 40);
  core::SurfaceMesh pipe = open;
  pipe.triangles.clear(), pipe.patch.clear(), pipe.patch_names.clear();
  for (std::size_t t = 0; t < open.triangles.size(); ++t)
    if (open.patch[t] == 1) pipe.triangles.push_back(open.triangles[t]);
  const auto ends = imaging::lumen_ends(pipe);
  REQUIRE(ends);
  CHECK(ends->area_mm2.size() == 2);
  CHECK(std::none_of(ends->notes.begin(), ends->notes.end(), [](const auto& n) { return n.find("hole(s)") != std::string::npos; }));
}
