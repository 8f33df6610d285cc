// SPDX-License-Identifier: GPL-3.0-or-later
// Oblique planes, letters, slabs, windows, live outlines and vessel views; no display. Letters are checked against where physical marker
// voxels are drawn, never against the formula that makes them.
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>

#include "viewer/scene/curved_scene.hpp"
#include "viewer/scene/plane_triad.hpp"
#include "viewer/scene/slice_contours.hpp"
#include "viewer/scene/window_presets.hpp"

using namespace ot;
using core::Mat3;
using core::Vec3;
using viewer::CardiacView;

namespace {

std::vector<Mat3> all_directions() {
  std::vector<Mat3> out;
  std::array<int, 3> order{0, 1, 2};
  do {
    for (int signs = 0; signs < 8; ++signs) {
      Mat3 m = Mat3::Zero();
      for (int c = 0; c < 3; ++c) m(order[std::size_t(c)], c) = (signs >> c) & 1 ? -1 : 1;
      out.push_back(m);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return out;
}

core::Grid cube(const Mat3& direction, int n = 41, double spacing = 3) {
  core::Grid g;
  g.size = {n, n, n};
  g.spacing = Vec3::Constant(spacing);
  g.direction = direction;
  g.origin = -direction * Vec3::Constant(0.5 * (n - 1) * spacing);
  return g;
}

// One bright voxel (and its trilinear foot) nearest to a patient point.
std::shared_ptr<core::Volume> marker(const core::Grid& g, const Vec3& at) {
  auto v = std::make_shared<core::Volume>();
  v->grid = g;
  v->values.assign(g.voxels(), 0.0f);
  const Vec3 i = g.to_index(at);
  v->values[g.offset(int(std::lround(i.x())), int(std::lround(i.y())), int(std::lround(i.z())))] = 1000;
  return v;
}

// Centre of brightness in pixels from the middle of the picture.
std::array<double, 2> offset_of_light(const viewer::RgbaImage& image) {
  double sum = 0, x = 0, y = 0;
  for (int r = 0; r < image.height; ++r)
    for (int c = 0; c < image.width; ++c) {
      const double v = image.pixels[(std::size_t(r) * std::size_t(image.width) + std::size_t(c)) * 4];
      sum += v, x += v * (c + 0.5), y += v * (r + 0.5);
    }
  REQUIRE(sum > 0);
  return {x / sum - 0.5 * image.width, y / sum - 0.5 * image.height};
}

// Letters of an edge from where markers at `reach` mm to the left, to the back and to the head are drawn: share[axis] of the screen axis.
std::string letters_seen(const std::array<double, 3>& share, double side) {
  static const char positive[3] = {'L', 'P', 'H'}, negative[3] = {'R', 'A', 'F'};
  std::vector<std::pair<double, char>> parts;
  for (int a = 0; a < 3; ++a)
    if (std::abs(share[std::size_t(a)]) > 0.2) parts.emplace_back(std::abs(share[std::size_t(a)]), side * share[std::size_t(a)] > 0 ? positive[a] : negative[a]);
  std::sort(parts.begin(), parts.end(), [](auto& p, auto& q) { return p.first > q.first; });
  std::string out;
  for (const auto& p : parts) out += p.second;
  return out;
}

// A heart as it lies in the chest: apex to the left, front and feet; RV to the right and front of the septum.
viewer::CardiacPoints heart_points() {
  return {Vec3(40, -35, -30), Vec3(-8, 12, 12), Vec3(-30, -38, -22), Vec3(-22, -2, 20)};
}

}  // namespace

TEST_CASE("letters of body, oblique and cardiac planes name the sides where marker voxels are drawn, for all 48 grids, plain and mirrored") {
  struct Shown { std::string name; std::optional<viewer::SliceAxes> axes; viewer::SlicePlane plane; };
  std::vector<Shown> planes{{"axial", std::nullopt, viewer::SlicePlane::axial}, {"coronal", std::nullopt, viewer::SlicePlane::coronal},
                            {"sagittal", std::nullopt, viewer::SlicePlane::sagittal}};
  const auto cardiac = viewer::cardiac_planes(heart_points(), CardiacView::four_chamber);
  REQUIRE(cardiac);
  for (int v = 0; v < 3; ++v) planes.push_back({cardiac->names[std::size_t(v)], cardiac->axes[std::size_t(v)], viewer::SlicePlane::axial});
  viewer::PlaneTriad turned = viewer::body_planes();
  turned.turn(0, 0.61);
  turned.turn(1, -0.35);
  planes.push_back({"turned", turned.axes[2], viewer::SlicePlane::sagittal});

  constexpr double reach = 42;   // mm, a multiple of the voxel size: marker voxels lie exactly there
  int checked = 0, combined = 0;
  for (const Mat3& direction : all_directions()) {
    const core::Grid g = cube(direction);
    const std::shared_ptr<core::Volume> markers[3] = {marker(g, {reach, 0, 0}), marker(g, {0, reach, 0}), marker(g, {0, 0, reach})};
    for (const Shown& shown : planes) {
      for (const bool mirrored : {false, true}) {
        viewer::SliceScene scene(shown.plane);
        scene.set_size(48, 48);
        std::array<double, 3> right{}, down{};
        for (int a = 0; a < 3; ++a) {
          scene.set_volume(markers[a]);
          scene.set_crosshair({0, 0, 0});
          scene.set_axes(shown.axes, shown.name);
          scene.set_neurological(mirrored);
          scene.show_around({0, 0, 0}, 55);
          scene.set_window_level({1000, 500});
          scene.set_slab({110, viewer::SlabMode::mip});   // markers off the plane are seen through the slab
          const auto at = offset_of_light(scene.image());
          right[std::size_t(a)] = at[0] * scene.mm_per_pixel() / reach;
          down[std::size_t(a)] = at[1] * scene.mm_per_pixel() / reach;
        }
        const viewer::EdgeLetters l = scene.letters();
        INFO(shown.name << " mirrored " << mirrored);
        CHECK(l.right == letters_seen(right, 1));
        CHECK(l.left == letters_seen(right, -1));
        CHECK(l.bottom == letters_seen(down, 1));
        CHECK(l.top == letters_seen(down, -1));
        combined += l.right.size() > 1;
        ++checked;
      }
    }
  }
  CHECK(checked == 48 * 7 * 2);
  CHECK(combined > 48);   // the obliques do have combined letters
}

TEST_CASE("the short axis shows the RV on the left and the anterior wall up, and the long axes show the apex up, for any position of the heart") {
  // Rigid motions of the patient and of a mirrored heart; markers are projected by the views themselves.
  for (const bool mirrored_heart : {false, true}) {
    for (const double tilt : {-0.5, 0.0, 0.4}) {
      viewer::CardiacPoints p = heart_points();
      const Eigen::AngleAxisd r(tilt, Vec3(0.2, 0.9, 0.3).normalized());
      for (Vec3* x : {&p.apex, &p.mitral, &p.rv, &*p.aortic}) {
        *x = r * *x;
        if (mirrored_heart) x->x() = -x->x();
      }
      for (const auto view : {CardiacView::four_chamber, CardiacView::two_chamber, CardiacView::three_chamber}) {
        const auto t = viewer::cardiac_planes(p, view);
        REQUIRE(t);
        const auto place = [&](int v, const Vec3& x) { return std::array<double, 2>{x.dot(t->axes[std::size_t(v)].right), x.dot(t->axes[std::size_t(v)].down)}; };
        const Vec3 middle = 0.5 * (p.apex + p.mitral);
        CHECK(place(0, p.rv)[0] < place(0, middle)[0] - 10);                       // RV screen-left
        CHECK(std::abs(place(0, p.apex)[0] - place(0, p.mitral)[0]) < 1e-9);       // the axis is seen end on
        const Vec3 front_and_head = middle + 30 * Vec3(0, -1, 1).normalized();
        CHECK(place(0, front_and_head)[1] < place(0, middle)[1]);                  // anterior up
        CHECK(place(2, p.apex)[1] < place(2, p.mitral)[1] - 40);                   // apex up
        CHECK(place(1, p.apex)[1] < place(1, p.mitral)[1] - 40);
        CHECK(std::abs((p.apex - p.mitral).dot(t->axes[2].normal)) < 1e-9);        // the plane holds the long axis
        if (view == CardiacView::four_chamber) {
          CHECK(place(2, p.rv)[0] < place(2, middle)[0] - 10);
          CHECK(std::abs((p.rv - p.apex).dot(t->axes[2].normal)) < 1e-9);
        }
        if (view == CardiacView::three_chamber) {
          CHECK(std::abs((*p.aortic - p.apex).dot(t->axes[2].normal)) < 1e-9);
          CHECK(place(2, *p.aortic)[0] > place(2, middle)[0]);
        }
        for (int a = 0; a < 3; ++a)
          for (int b = a + 1; b < 3; ++b) CHECK(std::abs(t->axes[std::size_t(a)].normal.dot(t->axes[std::size_t(b)].normal)) < 1e-12);
      }
    }
  }
  viewer::CardiacPoints line = heart_points();
  line.rv = 0.5 * (line.apex + line.mitral);
  CHECK_FALSE(viewer::cardiac_planes(line, CardiacView::four_chamber));
}

TEST_CASE("turning a plane keeps the crosshair on its pixel, the three planes at right angles, and the picture of the turned view") {
  const core::Grid g = cube(Mat3::Identity());
  viewer::SliceScene scene(viewer::SlicePlane::coronal);
  scene.set_volume(marker(g, {9, 9, 9}));
  scene.set_size(200, 160);
  scene.set_crosshair({12, -6, 9});
  const auto before = scene.to_screen(scene.crosshair());
  viewer::PlaneTriad t = viewer::body_planes();
  const auto axial = t.axes[0];
  for (int i = 0; i < 7; ++i) {
    t.turn(0, 0.2);
    t.turn(2, -0.13);
    scene.set_axes(t.axes[1], "free");
    const auto now = scene.to_screen(scene.crosshair());
    CHECK(std::abs(now[0] - before[0]) < 1e-9);
    CHECK(std::abs(now[1] - before[1]) < 1e-9);
    CHECK(std::abs(scene.position() - scene.crosshair().dot(t.axes[1].normal)) < 1e-9);
  }
  for (int a = 0; a < 3; ++a)
    for (int b = a + 1; b < 3; ++b) CHECK(std::abs(t.axes[std::size_t(a)].normal.dot(t.axes[std::size_t(b)].normal)) < 1e-9);
  CHECK_FALSE(t.axes[0].normal.isApprox(axial.normal, 1e-3));   // turned through view 2
  scene.set_axes(std::nullopt);
  CHECK(scene.letters().left == "R");
}

TEST_CASE("a MIP slab of 20 mm shows the brightest, a mean slab the mean of the values along the normal within 1 percent") {
  const core::Grid g = cube(Mat3::Identity());
  auto v = std::make_shared<core::Volume>();
  v->grid = g;
  v->values.assign(g.voxels(), 0.0f);
  for (int k = 0; k < 41; ++k)
    for (int j = 0; j < 41; ++j)
      for (int i = 0; i < 41; ++i) v->values[g.offset(i, j, k)] = float(100 + 10 * (k - 20));   // 10 per 3 mm along z
  viewer::SliceScene scene(viewer::SlicePlane::axial);
  scene.set_volume(v);
  scene.set_size(40, 40);
  scene.set_window_level({255, 127.5});   // grey = value
  scene.set_crosshair({0, 0, 0});
  const auto grey = [&] { return int(scene.image().pixels[(20 * 40 + 20) * 4]); };
  CHECK(std::abs(grey() - 100) <= 1);
  scene.set_slab({20, viewer::SlabMode::mip});
  CHECK(std::abs(grey() - (100 + 10 * 10.0 / 3)) <= 1.5);
  scene.set_slab({20, viewer::SlabMode::minip});
  CHECK(std::abs(grey() - (100 - 10 * 10.0 / 3)) <= 1.5);
  scene.set_slab({20, viewer::SlabMode::average});
  CHECK(std::abs(grey() - 100) <= 1.5);
  CHECK(scene.caption().find("mean 20 mm") != std::string::npos);
}

TEST_CASE("outlines patched in the box of a brush stroke equal outlines made anew, and other slices are not touched") {
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = cube(Mat3::Identity(), 81, 1);
  labels->values.assign(labels->grid.voxels(), 0);
  labels->labels = core::labels::heart();
  const auto ball = [&](const Vec3& c, double r, std::uint8_t value) {
    for (int k = 0; k < 81; ++k)
      for (int j = 0; j < 81; ++j)
        for (int i = 0; i < 81; ++i)
          if ((Vec3(i, j, k) - c).norm() <= r) labels->values[labels->grid.offset(i, j, k)] = value;
  };
  ball({40, 40, 40}, 20, 1);
  viewer::SliceScene scene(viewer::SlicePlane::axial);
  auto v = std::make_shared<core::Volume>();
  v->grid = labels->grid;
  v->values.assign(v->grid.voxels(), 0.0f);
  scene.set_volume(v);
  scene.set_labels(labels);
  scene.set_crosshair({0, 0, 0});
  const auto lines = [](const std::vector<viewer::Outline>& outlines) {
    std::map<int, std::vector<std::array<float, 4>>> out;
    for (const auto& o : outlines) {
      out[o.label] = o.segments;
      std::sort(out[o.label].begin(), out[o.label].end());
    }
    return out;
  };
  const auto first = lines(scene.outlines());
  ball({58, 45, 40}, 6, 2);
  CHECK(scene.labels_changed_in({52, 39, 34}, {64, 51, 46}));
  const auto patched = lines(scene.outlines());
  viewer::SliceScene fresh(viewer::SlicePlane::axial);
  fresh.set_volume(v);
  fresh.set_labels(labels);
  fresh.set_crosshair({0, 0, 0});
  CHECK(patched == lines(fresh.outlines()));
  CHECK(patched != first);
  CHECK_FALSE(scene.labels_changed_in({10, 10, 60}, {20, 20, 70}));   // 20 mm away from the slice
  // Only the touched tiles were computed.
  viewer::TiledContours tiles;
  tiles.set(labels, viewer::slice_axes(viewer::SlicePlane::axial, viewer::SliceAlignment::patient, Mat3::Identity()), 0);
  tiles.all();
  const long whole = tiles.tiles_computed();
  tiles.changed_in({50, 40, 40}, {54, 44, 40});
  tiles.all();
  CHECK(tiles.tiles_computed() - whole <= 4);
  CHECK(tiles.tiles_computed() > whole);
}

TEST_CASE("CT presets have the values of the list and unique keys, and null myocardium puts remote wall black and 5 SD white despite a scar") {
  core::Volume ct;
  ct.grid = cube(Mat3::Identity(), 11, 1);
  ct.values.assign(ct.grid.voxels(), 40.0f);
  std::map<int, std::string> digits;
  for (const auto& p : viewer::window_presets(ct, nullptr)) {
    if (p.digit) CHECK(digits.emplace(p.digit, p.key).second);
    CHECK_FALSE(p.source.empty());
    if (p.key == "cta_coronary") CHECK((p.wl.width == 800 && p.wl.level == 300));
    if (p.key == "lung") CHECK((p.wl.width == 1500 && p.wl.level == -600));
  }
  CHECK(digits.size() == 8);

  core::Volume mr;
  mr.grid = cube(Mat3::Identity(), 41, 1);
  mr.quantity = "intensity";
  mr.values.assign(mr.grid.voxels(), 300.0f);
  core::LabelMap labels;
  labels.grid = mr.grid;
  labels.labels = core::labels::heart();
  labels.values.assign(labels.grid.voxels(), core::labels::lv_myocardium);
  // Remote wall: mean 100, SD 10 (a deterministic normal sample); a third of the wall is scar at 400.
  std::uint64_t state = 20261121;
  const auto uniform = [&] {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (double(state >> 11) + 0.5) / 9007199254740992.0;
  };
  std::size_t n = 0;
  for (float& v : mr.values) v = n++ % 3 == 0 ? 400.0f : float(100 + 10 * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform()));
  const auto wl = viewer::null_myocardium_window(mr, labels);
  REQUIRE(wl);
  // A third of scar moves the median by 0.67 SD and the spread a little: black within 1 SD of the remote mean, white 4 to 7 SD above.
  CHECK(std::abs(wl->level - 0.5 * wl->width - 100) < 10);
  CHECK(wl->level + 0.5 * wl->width > 140);
  CHECK(wl->level + 0.5 * wl->width < 175);
}

namespace {
// A helix of radius 30 mm and pitch 40 mm with a lumen of 3 mm and a stenosis of 50 percent diameter in the middle.
struct Helix {
  std::shared_ptr<core::LabelMap> labels = std::make_shared<core::LabelMap>();
  std::shared_ptr<core::Volume> image = std::make_shared<core::Volume>();
  core::VesselNetwork network;
};
Vec3 helix_at(double t) { return {30 * std::cos(t), 30 * std::sin(t), 40 * t / (2 * std::numbers::pi) - 10}; }
const Helix& helix() {
  static const Helix h = [] {
    Helix made;
    core::VesselBranch b;
    b.name = "helix";
    double arc = 0;
    for (int i = 0; i <= 400; ++i) {
      const Vec3 x = helix_at(0.5 + 2.0 * i / 400);
      if (i) arc += (x - b.points.back()).norm();
      b.points.push_back(x);
      b.arc.push_back(arc);
      b.radius.push_back(3);
    }
    for (std::size_t i = 0; i < b.points.size(); ++i) {
      const double s = (b.arc[i] - 0.5 * arc) / 5;
      if (std::abs(s) < 1) b.radius[i] = 3 - 1.5 * 0.5 * (1 + std::cos(std::numbers::pi * s));
    }
    made.network.branches.push_back(b);
    core::Grid g;
    g.size = {190, 160, 110};
    g.spacing = Vec3::Constant(0.4);
    g.origin = Vec3(-42, -8, -14);
    made.labels->grid = g;
    made.labels->labels = core::labels::heart();
    made.labels->values.assign(g.voxels(), 0);
    made.image->grid = g;
    made.image->values.assign(g.voxels(), 0.0f);
    for (std::size_t n = 0; n < b.points.size(); ++n) {
      const Vec3 c = g.to_index(b.points[n]);
      const int r = int(std::ceil(b.radius[n] / 0.4)) + 1;
      for (int k = -r; k <= r; ++k)
        for (int j = -r; j <= r; ++j)
          for (int i = -r; i <= r; ++i) {
            const int x = int(std::lround(c.x())) + i, y = int(std::lround(c.y())) + j, z = int(std::lround(c.z())) + k;
            if (!g.contains(x, y, z)) continue;
            const Vec3 d = g.to_patient(Vec3(x, y, z)) - b.points[n];
            const Vec3 t = (b.points[std::min(n + 1, b.points.size() - 1)] - b.points[n ? n - 1 : 0]).normalized();
            if (std::abs(d.dot(t)) > 0.25 || (d - d.dot(t) * t).norm() > b.radius[n]) continue;
            made.labels->values[g.offset(x, y, z)] = core::labels::coronary;
            made.image->values[g.offset(x, y, z)] = 400;
          }
    }
    return made;
  }();
  return h;
}
}  // namespace

TEST_CASE("along a helix the frames stay orthonormal, do not spin, and arc length is kept within 0.2 percent") {
  const auto path = viewer::path_to(helix().network, 0);
  REQUIRE(path.points.size() > 100);
  CHECK(path.length() == Approx(std::hypot(30.0, 40 / (2 * std::numbers::pi)) * 2.0).epsilon(0.002));
  double spin = 0;
  for (std::size_t i = 0; i < path.points.size(); ++i) {
    const auto& p = path.points[i];
    CHECK(std::abs(p.u.dot(p.tangent)) < 1e-9);
    CHECK(std::abs(p.u.dot(p.v)) < 1e-9);
    CHECK(p.u.norm() == Approx(1).margin(1e-9));
    if (i == 0) continue;
    // Change of u across the tangent plane: zero for a frame that does not rotate about the tangent.
    spin += std::abs((p.u - path.points[i - 1].u).dot(path.points[i - 1].v));
  }
  CHECK(spin < 0.02);   // radians over the whole helix; a Frenet frame turns by the torsion, 0.4
  for (const double arc : {0.0, 13.0, 40.0}) {
    const auto [at, distance] = path.locate(path.at(arc).at);
    CHECK(at == Approx(arc).margin(0.01));
    CHECK(distance < 0.01);
  }
}

TEST_CASE("the cross-section of a 6 mm lumen has its area within 3 percent and diameters within 0.2 mm, and half of it in the stenosis") {
  viewer::CurvedScene scene;
  scene.set_volume(helix().image);
  scene.set_labels(helix().labels);
  scene.set_path(viewer::path_to(helix().network, 0));
  const double length = scene.path().length();
  scene.set_cursor(0.2 * length);
  auto s = scene.section(9);
  CHECK(s.label == core::labels::coronary);
  CHECK(s.area_mm2 == Approx(std::numbers::pi * 9).epsilon(0.03));
  CHECK(s.min_diameter_mm == Approx(6).margin(0.2));
  CHECK(s.max_diameter_mm == Approx(6).margin(0.25));
  CHECK_FALSE(s.open);
  scene.set_cursor(0.5 * length);
  s = scene.section(9);
  CHECK(s.min_diameter_mm == Approx(3).margin(0.25));
  CHECK(s.area_mm2 == Approx(std::numbers::pi * 2.25).epsilon(0.08));
}

TEST_CASE("the straightened vessel is a straight bright band of 6 mm about the line at every angle, and its curved picture keeps the arc length") {
  viewer::CurvedScene scene;
  scene.set_volume(helix().image);
  scene.set_labels(helix().labels);
  scene.set_path(viewer::path_to(helix().network, 0));
  scene.set_size(300, 150);
  for (const double angle : {0.0, 45.0, 90.0, 160.0}) {
    scene.set_angle(angle);
    const auto image = scene.image();
    for (const double part : {0.15, 0.3, 0.75, 0.9}) {
      const auto at = scene.place_of(part * scene.path().length());
      CHECK(at[1] == Approx(75));
      int bright = 0;
      double centre = 0;
      for (int y = 0; y < 150; ++y)
        if (image.pixels[(std::size_t(y) * 300 + std::size_t(at[0])) * 4] > 60) ++bright, centre += y + 0.5;
      REQUIRE(bright > 0);
      CHECK(bright * scene.mm_per_pixel() == Approx(6).margin(0.8));
      CHECK(centre / bright == Approx(75).margin(1.5));
    }
    scene.set_shape(viewer::CurvedScene::Shape::curved);
    double sum = 0;
    auto before = scene.place_of(0);
    for (double arc = 0.25; arc <= scene.path().length(); arc += 0.25) {
      const auto now = scene.place_of(arc);
      sum += std::hypot(now[0] - before[0], now[1] - before[1]);
      before = now;
    }
    CHECK(sum * scene.mm_per_pixel() == Approx(scene.path().length()).epsilon(0.01));
    scene.set_shape(viewer::CurvedScene::Shape::straightened);
  }
  // A place of the picture leads back to the patient.
  const auto at = scene.place_of(20);
  const auto x = scene.patient_at(at[0], at[1]);
  REQUIRE(x);
  CHECK((*x - scene.path().at(20).at).norm() < 0.05);
}

TEST_CASE("speed of scrolling a 512x512 view over a 512x512x120 CT with ten labels (prints milliseconds)", "[.speed]") {
  core::Grid g;
  g.size = {512, 512, 120};
  g.spacing = Vec3(0.7, 0.7, 1.2);
  auto v = std::make_shared<core::Volume>();
  v->grid = g;
  v->values.assign(g.voxels(), 0.0f);
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = g;
  labels->labels = core::labels::heart();
  labels->values.assign(g.voxels(), 0);
  for (int k = 0; k < 120; ++k)
    for (int j = 0; j < 512; ++j)
      for (int i = 0; i < 512; ++i) {
        v->values[g.offset(i, j, k)] = float((i * 7 + j * 13 + k * 29) % 800 - 200);
        for (int b = 0; b < 10; ++b) {
          const double x = i - (120 + 30 * b), y = j - (150 + 22 * b), z = 1.7 * (k - 60);
          if (x * x + y * y + z * z < 48 * 48) labels->values[g.offset(i, j, k)] = std::uint8_t(1 + b);
        }
      }
  for (const auto plane : {viewer::SlicePlane::axial, viewer::SlicePlane::sagittal}) {
    viewer::SliceScene scene(plane);
    scene.set_volume(v);
    scene.set_labels(labels);
    scene.set_size(512, 512);
    double image = 0, outlines = 0;
    constexpr int n = 30;
    for (int i = 0; i < n; ++i) {
      scene.step(i % 2 ? -3 : 4);
      auto from = std::chrono::steady_clock::now();
      scene.image();
      auto to = std::chrono::steady_clock::now();
      image += std::chrono::duration<double, std::milli>(to - from).count();
      scene.outlines();
      outlines += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - to).count();
    }
    auto from = std::chrono::steady_clock::now();
    for (int i = 0; i < n; ++i) {
      scene.labels_changed_in({250, 250, 0}, {270, 270, 119});
      scene.outlines();
    }
    const double patch = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count();
    std::printf("%s: image %.1f ms, outlines %.1f ms, outlines after a brush dab %.1f ms\n", viewer::name_of(plane), image / n, outlines / n, patch / n);
  }
}
