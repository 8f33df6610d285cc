// SPDX-License-Identifier: GPL-3.0-or-later
// Bad input gives one clear sentence and the right code; cancel stops.
#include <catch2/catch.hpp>

#include "imaging/meshing/meshing.hpp"
#include "tests/verification/meshing/shapes.hpp"

using namespace ot;
using namespace ot::test;
using Catch::Contains;
using core::ErrorCode;

namespace {

core::Progress cancelled_at_once() {
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  return core::Progress(nullptr, flag);
}

core::SurfaceMesh tube() {
  return make_tube([](double s) { return Vec3(0, 0, 20 * s); }, [](double) { return 4.0; }, 12, 16);
}

}  // namespace

TEST_CASE("An empty label map, or one without LV myocardium, RV blood or LV blood, is refused by name with bad_input") {
  const auto none = imaging::biventricular_mesh({}, {}, {}, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::bad_input);
  const core::Grid g = cube(40, 4.0);
  const std::pair<int, const char*> cases[] = {{2, "no LV myocardium (nothing to mesh). Run segmentation first."}, {1, "no LV blood pool"}, {3, "no RV blood pool"}};
  for (const auto& [missing, words] : cases) {
    const auto l = voxelise(g, [m = missing](const Vec3& x) { const int v = toy_heart(x); return v == m ? 0 : v; });
    const auto r = imaging::biventricular_mesh(l, {}, {}, {});
    REQUIRE_FALSE(r);
    CHECK(r.error().code == ErrorCode::bad_input);
    CHECK_THAT(r.error().message, Contains(words));
  }
  const auto s = imaging::surface_from_labels(voxelise(g, [](const Vec3&) { return 0; }), {6}, 1.0, {});
  REQUIRE_FALSE(s);
  CHECK_THAT(s.error().message, Contains("Aorta") || Contains("aorta"));
}

TEST_CASE("Edge lengths and wall thicknesses that make no sense are wrong usage") {
  const auto l = voxelise(cube(60, 4.0), toy_heart);
  for (const imaging::HeartMeshParams p : {imaging::HeartMeshParams{0.0, 3.0}, {-1.0, 3.0}, {std::nan(""), 3.0}, {1.2, 0.0}, {1.2, 50.0}}) {
    const auto r = imaging::biventricular_mesh(l, toy_planes(), p, {});
    REQUIRE_FALSE(r);
    CHECK(r.error().code == ErrorCode::wrong_usage);
  }
  CHECK(imaging::lumen_tets(tube(), -1, {}).error().code == ErrorCode::wrong_usage);
}

TEST_CASE("A plane that removes all of the wall is refused in words, not answered with an empty mesh") {
  const auto l = voxelise(cube(60, 3.0), toy_heart);
  const auto r = imaging::biventricular_mesh(l, {{"mitral", {0, 0, -100}, {0, 0, -1}, 15, true}}, {2.0, 3.0}, {});
  REQUIRE_FALSE(r);
  CHECK(r.error().code == ErrorCode::bad_input);
  CHECK_THAT(r.error().message, Contains("Check the valve planes"));
}

TEST_CASE("Open, inside-out, self-intersecting and empty lumens are refused in words") {
  auto open = tube();
  open.triangles.pop_back(), open.patch.pop_back();
  CHECK_THAT(imaging::lumen_tets(open, 1, {}).error().message, Contains("open"));
  auto inverted = tube();
  for (auto& t : inverted.triangles) std::swap(t[1], t[2]);
  CHECK_THAT(imaging::lumen_tets(inverted, 1, {}).error().message, Contains("inside out"));
  auto crossing = tube();
  crossing.points[16 * 6] = Vec3(-30, 0, 10);   // one wall vertex pulled through the opposite wall
  crossing.points[16 * 6 + 8] = Vec3(30, 0, 10);
  CHECK_THAT(imaging::lumen_tets(crossing, 1, {}).error().message, Contains("intersects itself"));
  CHECK(imaging::lumen_tets({}, 1, {}).error().code == ErrorCode::bad_input);
  auto bare = tube();
  bare.patch.clear();
  CHECK_THAT(imaging::centerline(bare, {}).error().message, Contains("no patches"));
  auto broken = tube();
  broken.triangles[0][0] = 100000;
  CHECK(imaging::lumen_tets(broken, 1, {}).error().code == ErrorCode::bad_input);
}

TEST_CASE("A named inlet that is not a flat cap of the surface is refused by number") {
  CHECK_THAT(imaging::lumen_from_surface(tube(), 9, {}, {}).error().message, Contains("patch 9"));
  CHECK_THAT(imaging::lumen_from_surface(tube(), 1, {}, {}).error().message, Contains("patch 1"));
}

TEST_CASE("A tube without labels, open, inside out or both becomes the lumen of the labelled tube: one inlet, one outlet, volume within 1 %, the larger end is the inlet") {
  const auto labelled = make_tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double s) { return 3 + s; }, 40, 24);
  const double volume = labelled.volume();
  const auto bare = [&](bool open, bool inverted) {
    core::SurfaceMesh s = labelled;
    if (open) {
      std::vector<core::Triangle> wall;
      for (std::size_t t = 0; t < s.triangles.size(); ++t)
        if (s.patch[t] == 1) wall.push_back(s.triangles[t]);
      s.triangles = std::move(wall);
    }
    s.patch.clear(), s.patch_names.clear();
    if (inverted)
      for (auto& t : s.triangles) std::swap(t[1], t[2]);
    return s;
  };
  for (const bool open : {false, true})
    for (const bool inverted : {false, true}) {
      INFO("open " << open << ", inside out " << inverted);
      const auto lumen = imaging::lumen_from_surface(bare(open, inverted), 0, {}, {});
      if (!lumen) INFO(lumen.error().message);
      REQUIRE(lumen);
      CHECK(lumen->surface.patch_names == std::map<int, std::string>{{1, "wall"}, {2, "inlet"}, {3, "outlet 1"}});
      CHECK(lumen->surface.volume() == Approx(volume).epsilon(0.01));
      CHECK(lumen->network.branches.front().points.front().z() > 35);   // the larger end
    }
  auto ball = bare(false, false);
  for (auto& x : ball.points) x = 10 * (x - Vec3(0, 0, 20)).normalized();
  CHECK_THAT(imaging::lumen_from_surface(ball, 0, {}, {}).error().message, Contains("flat") || Contains("crosses") || Contains("intersects"));
}

TEST_CASE("A closed blob has no two ends and is refused as a lumen") {
  const auto l = voxelise(cube(20, 1.0), [](const Vec3& x) { return x.norm() < 10 ? 6 : 0; });
  const auto r = imaging::lumen_from_labels(l, 6, {}, {});
  REQUIRE_FALSE(r);
  CHECK_THAT(r.error().message, Contains("end of the vessel") || Contains("ends"));
}

TEST_CASE("Every long meshing function returns cancelled when asked to stop") {
  const auto l = voxelise(cube(60, 4.0), toy_heart);
  CHECK(imaging::surface_from_labels(l, {2}, 1.0, cancelled_at_once()).error().code == ErrorCode::cancelled);
  CHECK(imaging::biventricular_mesh(l, toy_planes(), {3.0, 3.0}, cancelled_at_once()).error().code == ErrorCode::cancelled);
  CHECK(imaging::centerline(tube(), cancelled_at_once()).error().code == ErrorCode::cancelled);
  CHECK(imaging::lumen_tets(tube(), 1.0, cancelled_at_once()).error().code == ErrorCode::cancelled);
  CHECK(imaging::wall_from_surface(tube(), 1.0, "lv_myocardium", cancelled_at_once()).error().code == ErrorCode::cancelled);
  CHECK(imaging::lumen_from_surface(tube(), 2, {}, cancelled_at_once()).error().code == ErrorCode::cancelled);
}
