// SPDX-License-Identifier: GPL-3.0-or-later
// Palettes, EP views, camera, picking and drawn geometry: no display needed.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "tests/support/shared_data.hpp"
#include "tests/support/viewer_shapes.hpp"
#include "viewer/scene/scene3d.hpp"
#include "viewer/scene/surface_data.hpp"
#include "viewer/scene/view_camera.hpp"

using namespace ot;
using core::Vec3;
using viewer::EpView;

TEST_CASE("activation is red at the earliest and purple at the latest band and bands are 5 ms wide") {
  const auto style = viewer::activation_style(0, 92, 5);
  const auto bands = viewer::bands_of(style);
  REQUIRE(bands.size() == 19);
  REQUIRE(bands.front().lo == 0);
  REQUIRE(bands[3].hi - bands[3].lo == Approx(5));
  const auto first = bands.front().color, last = bands.back().color;
  REQUIRE((first[0] > 180 && first[1] < 80 && first[2] < 80));
  REQUIRE((last[2] > last[1] && last[0] > last[1] && last[2] > 100));
  REQUIRE(viewer::color_of(style, 7.4) == bands[1].color);
  REQUIRE(viewer::color_of(style, std::nan("")) == viewer::no_value_color);
  REQUIRE(viewer::isoline_levels(style).size() == 18);
}

TEST_CASE("FFR breaks hard at 0.80 in both palettes: 0.80 is on the positive side, 0.81 is not") {
  for (const auto vision : {viewer::Vision::normal, viewer::Vision::color_blind}) {
    auto style = viewer::ffr_style();
    style.vision = vision;
    const auto distance = [](core::Color a, core::Color b) { return std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]); };
    const auto at = viewer::color_of(style, 0.80), above = viewer::color_of(style, 0.81), below = viewer::color_of(style, 0.78);
    REQUIRE(at == below);
    REQUIRE(distance(at, above) > 100);
    REQUIRE(distance(viewer::color_of(style, 0.86), above) < 100);
  }
  // The colours belong to the values: another range does not move the break.
  auto narrow = viewer::ffr_style();
  narrow.lo = 0.7;
  REQUIRE(viewer::color_of(narrow, 0.80) != viewer::color_of(narrow, 0.81));
}

TEST_CASE("EP views: in AP the patient's left is on screen right, LAO looks from the left front, SUP shows front below") {
  REQUIRE(viewer::frame_of(EpView::ap).right().isApprox(Vec3(1, 0, 0), 1e-12));
  REQUIRE(viewer::frame_of(EpView::pa).right().isApprox(Vec3(-1, 0, 0), 1e-9));
  REQUIRE(viewer::frame_of(EpView::ll).from.isApprox(Vec3(1, 0, 0), 1e-9));
  const auto lao = viewer::frame_of(EpView::lao);
  REQUIRE((lao.from.x() > 0.5 && lao.from.y() < -0.5));
  const auto rao = viewer::frame_of(EpView::rao);
  REQUIRE((rao.from.x() < -0.3 && rao.from.y() < -0.5));
  REQUIRE(viewer::frame_of(EpView::sup).up.isApprox(Vec3(0, 1, 0), 1e-9));
  REQUIRE(viewer::frame_of(EpView::inf).up.isApprox(Vec3(0, -1, 0), 1e-9));
}

TEST_CASE("the C-arm read-out inverts its angles to 1e-9 degrees and reads LAO 35 / CRAN 10") {
  for (double a = -170; a <= 180; a += 25) {
    for (double c = -80; c <= 80; c += 20) {
      const auto arm = viewer::carm_of(viewer::frame_of_angles(a, c).from);
      REQUIRE(arm.lao_deg == Approx(a).margin(1e-9));
      REQUIRE(arm.cran_deg == Approx(c).margin(1e-9));
    }
  }
  REQUIRE(viewer::carm_of(viewer::frame_of_angles(35, 10).from).text() == "LAO 35 / CRAN 10");
  REQUIRE(viewer::carm_of(viewer::frame_of_angles(-30, -15).from).text() == "RAO 30 / CAUD 15");
  REQUIRE(viewer::carm_of(viewer::frame_of(EpView::ap).from).text() == "AP");
}

TEST_CASE("fit shows every point and fills at least 85 percent of one direction") {
  const auto ball = test::ball_surface(Vec3(40, -160, 650), Vec3(30, 20, 45));
  for (const EpView view : viewer::ep_views) {
    viewer::ViewCamera camera;
    camera.width = 800, camera.height = 600;
    camera.frame = viewer::frame_of(view);
    camera.fit(ball->points, 0.08);
    double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
    for (const Vec3& p : ball->points) {
      const auto at = camera.project(p);
      REQUIRE(at);
      x0 = std::min(x0, (*at)[0]), x1 = std::max(x1, (*at)[0]), y0 = std::min(y0, (*at)[1]), y1 = std::max(y1, (*at)[1]);
    }
    REQUIRE((x0 >= 0 && x1 <= 800 && y0 >= 0 && y1 <= 600));
    REQUIRE(std::max((x1 - x0) / 800, (y1 - y0) / 600) > 0.85);
  }
}

TEST_CASE("a pick lands on the surface within 0.5 mm, comes back to its pixel within 0.1 and names object, patch and node") {
  const auto mesh = std::make_shared<core::TetMesh>(test::cup_mesh(96, 60, 3));
  viewer::Scene3D scene;
  scene.set_size(800, 600, 1);
  scene.set_tissue(mesh);
  std::vector<float> value(mesh->nodes.size());
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = float(mesh->nodes[i].x());
  scene.show_activation(value, -40, 40, 5);
  int hits = 0;
  for (const EpView view : viewer::ep_views) {
    scene.set_view(view);
    scene.fit();
    for (int y = 100; y <= 500; y += 100) {
      for (int x = 150; x <= 650; x += 100) {
        const auto pick = scene.pick(x, y);
        if (!pick) continue;
        ++hits;
        REQUIRE(pick->object_key == "tissue");
        REQUIRE_FALSE(pick->patch.empty());
        const auto back = scene.project(pick->point);
        REQUIRE(back);
        REQUIRE(std::hypot((*back)[0] - x, (*back)[1] - y) < 0.1);
        REQUIRE((mesh->nodes[std::size_t(pick->node)] - pick->point).norm() < 4.0);
        REQUIRE(pick->value == Approx(pick->point.x()).margin(0.5));  // linear field: the value tells the place
        if (pick->patch == "epicardium") {
          const Vec3 apex = Vec3(0.62, -0.50, -0.60).normalized();
          const double h = pick->point.dot(apex), r = (pick->point - h * apex).norm();
          const double on = std::hypot(r / 34, h / 48);   // 1 on the ellipsoid
          REQUIRE(std::abs(on - 1) * 34 < 0.5);
        }
      }
    }
  }
  REQUIRE(hits > 60);
}

TEST_CASE("a solid wall is picked through a translucent neighbour, a lesion before the wall, and nothing beside them") {
  viewer::Scene3D scene;
  scene.set_size(600, 600, 1);
  scene.set_anatomy({{"inner", "Inner", {200, 80, 80}, 1.0, test::ball_surface(Vec3(0, 0, 0), Vec3(20, 20, 20))},
                     {"outer", "Outer", {80, 80, 200}, 0.3, test::ball_surface(Vec3(0, 0, 0), Vec3(40, 40, 40))}});
  scene.fit();
  REQUIRE(scene.pick(300, 300)->object_key == "inner");
  REQUIRE((scene.pick(300, 300)->point - Vec3(0, -20, 0)).norm() < 0.5);
  REQUIRE(scene.pick(300, 60)->object_key == "outer");
  REQUIRE_FALSE(scene.pick(3, 3));
  scene.set_lesions({{"7", Vec3(0, -20, 0), 3, false}, {"8", Vec3(10, -17, 0), 3, true}});
  REQUIRE(scene.pick(300, 300)->object_key == "lesion:7");
  const auto at = scene.project(Vec3(10, -20, 0));
  REQUIRE(scene.pick((*at)[0], (*at)[1])->object_key == "lesion:8");
  // A cut plane takes the front away: the far wall is what remains.
  scene.set_lesions({});
  scene.set_clip(viewer::ClipPlane{Vec3(0, 0, 0), Vec3(0, 1, 0)});
  REQUIRE(scene.pick(300, 300)->point.y() > 0);
}

TEST_CASE("linked cameras move as one and stop when unlinked") {
  viewer::Scene3D a, b;
  b.set_view(EpView::rao);
  a.set_view(EpView::lao);
  a.link_camera(b);
  REQUIRE(b.carm_readout() == "LAO 45");
  b.rotate(30, 10);
  REQUIRE(a.carm_readout() == b.carm_readout());
  b.unlink_camera();
  a.set_view(EpView::pa);
  REQUIRE(b.carm_readout() != a.carm_readout());
}

TEST_CASE("isolines lie where the linear field has their value, to 1e-6 and never-activated triangles have none") {
  const auto mesh = test::cup_mesh();
  const auto surface = viewer::boundary_of(mesh);
  REQUIRE(surface.points.size() < mesh.nodes.size());
  std::vector<float> z(surface.points.size());
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = float(surface.points[i].z());
  const std::vector<double> levels{-20, -10, 0, 10};
  const auto lines = viewer::isoline_points(surface, z, levels);
  REQUIRE(lines.size() > 400);
  for (const Vec3& p : lines) {
    double nearest = 1e9;
    for (const double l : levels) nearest = std::min(nearest, std::abs(p.z() - l));
    REQUIRE(nearest < 1e-5);
  }
  std::fill(z.begin(), z.end(), std::nanf(""));
  REQUIRE(viewer::isoline_points(surface, z, levels).empty());
}

TEST_CASE("smoothed normals are under 3 degrees from the true ball where the triangles are even") {
  const auto ball = test::ball_surface(Vec3(1, 2, 3), Vec3(25, 25, 25));
  const auto normals = viewer::smooth_normals(ball->points, ball->triangles, 6);
  for (std::size_t i = 64 * 5; i + 64 * 5 < normals.size(); ++i) {  // off the poles of the grid
    REQUIRE(normals[i].dot((ball->points[i] - Vec3(1, 2, 3)).normalized()) > std::cos(3 * M_PI / 180));
  }
}

TEST_CASE("stent struts stay on the given radius within one strut thickness and span the whole segment") {
  std::vector<Vec3> line;
  std::vector<double> radius;
  for (int i = 0; i <= 60; ++i) line.emplace_back(0, 0, -0.3 * i), radius.push_back(1.5);
  const auto struts = viewer::stent_struts(line, radius);
  REQUIRE(struts.lines.size() > 8);
  double top = -1e9, bottom = 1e9;
  for (const auto& l : struts.lines) {
    for (const Vec3& p : l) {
      top = std::max(top, p.z()), bottom = std::min(bottom, p.z());
      REQUIRE(std::abs(std::hypot(p.x(), p.y()) - 1.5) < struts.strut_radius + 0.1);
    }
  }
  REQUIRE(top > -0.5);
  REQUIRE(bottom < -17);
}

TEST_CASE("the scene counts what it shows and a field of another mesh's size is a broken contract") {
  const auto mesh = std::make_shared<core::TetMesh>(test::cup_mesh());
  viewer::Scene3D scene;
  scene.set_tissue(mesh);
  const std::vector<float> wrong(mesh->nodes.size() + 1, 0.f);
  REQUIRE_THROWS(scene.show_voltage(wrong));
  std::vector<float> lat(mesh->nodes.size());
  for (std::size_t i = 0; i < lat.size(); ++i) lat[i] = float(mesh->nodes[i].norm());
  scene.show_activation(lat, 20, 60, 5);
  REQUIRE(scene.counts().isoline_segments > 100);
  REQUIRE(scene.field_style()->unit == "ms");
  scene.set_lesions({{"a", mesh->nodes[0], 3, false}});
  REQUIRE(scene.counts().lesions == 1);
  scene.clear();
  REQUIRE(scene.counts().triangles == 0);
  REQUIRE(scene.field_style() == nullptr);
}

TEST_CASE("without a display a 3D picture fails with one sentence that names xvfb-run, and writes nothing") {
  ::unsetenv("DISPLAY");
  const auto folder = test::scratch_folder("no-display");
  const auto result = viewer::render_png([](viewer::Scene3D&) { FAIL("must not be drawn"); }, folder / "x.png", 320, 240);
  REQUIRE_FALSE(result.has_value());
  REQUIRE(result.error().code == core::ErrorCode::bad_input);
  REQUIRE(result.error().message.find("xvfb-run") != std::string::npos);
  REQUIRE_FALSE(std::filesystem::exists(folder / "x.png"));
  ::setenv("DISPLAY", ":4999", 1);
  REQUIRE(viewer::check_display().error().message.find(":4999") != std::string::npos);
}
