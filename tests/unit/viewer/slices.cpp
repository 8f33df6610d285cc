// SPDX-License-Identifier: GPL-3.0-or-later
// Slices and letters: no display, no OpenGL.
#include <Eigen/Geometry>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "tests/support/shared_data.hpp"
#include "tests/support/viewer_shapes.hpp"
#include "viewer/scene/slice_scene.hpp"

using namespace ot;
using core::Mat3;
using core::Vec3;
using viewer::SlicePlane;

namespace {

// Every signed permutation of the axes: 48 direction matrices, mirrored ones included.
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

core::Grid centred_grid(const Mat3& direction, std::array<int, 3> size, const Vec3& spacing) {
  core::Grid g;
  g.size = size;
  g.spacing = spacing;
  g.direction = direction;
  g.origin = -direction * spacing.cwiseProduct(Vec3(size[0] - 1, size[1] - 1, size[2] - 1) * 0.5);
  return g;
}

// One bright voxel-sized blob at an LPS point.
std::shared_ptr<core::Volume> blob_at(const core::Grid& g, const Vec3& at) {
  auto v = std::make_shared<core::Volume>();
  v->grid = g;
  v->values.assign(g.voxels(), 0.0f);
  for (int k = 0; k < g.size[2]; ++k) {
    for (int j = 0; j < g.size[1]; ++j) {
      for (int i = 0; i < g.size[0]; ++i) v->values[g.offset(i, j, k)] = float(500 * std::exp(-0.05 * (g.to_patient(Vec3(i, j, k)) - at).squaredNorm()));
    }
  }
  return v;
}

std::array<double, 2> brightest(const viewer::RgbaImage& image) {
  double sum = 0, x = 0, y = 0;
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      const double w = std::pow(image.pixels[(std::size_t(r) * std::size_t(image.width) + std::size_t(c)) * 4], 3);
      sum += w, x += w * (c + 0.5), y += w * (r + 0.5);
    }
  }
  REQUIRE(sum > 0);
  return {x / sum, y / sum};
}

}  // namespace

TEST_CASE("letters are R-L A-P H-F in the radiological places for all 48 axis flips and permutations") {
  for (const Mat3& d : all_directions()) {
    for (const auto alignment : {viewer::SliceAlignment::patient, viewer::SliceAlignment::acquisition}) {
      const auto axial = viewer::edge_letters(viewer::slice_axes(SlicePlane::axial, alignment, d));
      REQUIRE(axial.left + axial.right + axial.top + axial.bottom == "RLAP");
      const auto coronal = viewer::edge_letters(viewer::slice_axes(SlicePlane::coronal, alignment, d));
      REQUIRE(coronal.left + coronal.right + coronal.top + coronal.bottom == "RLHF");
      const auto sagittal = viewer::edge_letters(viewer::slice_axes(SlicePlane::sagittal, alignment, d));
      REQUIRE(sagittal.left + sagittal.right + sagittal.top + sagittal.bottom == "APHF");
    }
  }
}

TEST_CASE("a point left of, in front of and above the middle is drawn right, up and up for all 48 directions, within 0.5 pixel") {
  const Vec3 at(14, -11, 9);
  for (const Mat3& d : all_directions()) {
    const auto volume = blob_at(centred_grid(d, {40, 44, 36}, Vec3(1.5, 1.2, 1.7)), at);
    for (const auto plane : {SlicePlane::axial, SlicePlane::coronal, SlicePlane::sagittal}) {
      viewer::SliceScene s(plane);
      s.set_size(180, 160);
      s.set_volume(volume);
      s.set_window_level({600, 300});
      s.set_crosshair(at);
      const auto seen = brightest(s.image()), expected = s.to_screen(at);
      CAPTURE(d, int(plane));
      REQUIRE(std::hypot(seen[0] - expected[0], seen[1] - expected[1]) < 0.5);
      const bool right_of_middle = seen[0] > 90, above_middle = seen[1] < 80;
      // Left of the body is on the screen's right; in sagittal views the front is on the left.
      REQUIRE(right_of_middle == (plane != SlicePlane::sagittal));
      REQUIRE(above_middle);
    }
  }
}

TEST_CASE("an oblique grid (30 degrees about the body axis) keeps body planes by reslicing, and has letters such as LP by its own planes") {
  const Mat3 d = Eigen::AngleAxisd(30 * M_PI / 180, Vec3::UnitZ()).toRotationMatrix();
  const Vec3 at(12, -9, 4);
  viewer::SliceScene s(SlicePlane::axial);
  s.set_size(200, 200);
  s.set_volume(blob_at(centred_grid(d, {50, 50, 30}, Vec3(1.4, 1.4, 2)), at));
  s.set_window_level({600, 300});
  s.set_crosshair(at);
  REQUIRE(s.letters().left == "R");
  const auto body = brightest(s.image());
  REQUIRE(std::hypot(body[0] - s.to_screen(at)[0], body[1] - s.to_screen(at)[1]) < 0.5);
  s.set_alignment(viewer::SliceAlignment::acquisition);
  REQUIRE(s.letters().right == core::orientation_letters(d.col(0)));
  REQUIRE(s.letters().right == "LP");
  REQUIRE(s.letters().left == "RA");
  const auto own = brightest(s.image());
  REQUIRE(std::hypot(own[0] - s.to_screen(at)[0], own[1] - s.to_screen(at)[1]) < 0.5);
}

TEST_CASE("neurological display mirrors picture and letters together and says so") {
  viewer::SliceScene s(SlicePlane::axial);
  s.set_volume(test::two_chambers(centred_grid(Mat3::Identity(), {60, 60, 40}, Vec3(3, 3, 3))).volume);
  const Vec3 left(30, 0, 0);
  REQUIRE(s.to_screen(left)[0] > 132);
  s.set_neurological(true);
  REQUIRE(s.mirrored());
  REQUIRE(s.letters().left == "L");
  REQUIRE(s.to_screen(left)[0] < 132);
}

TEST_CASE("screen to patient and back is the identity to 1e-9 pixel after zoom and pan") {
  viewer::SliceScene s(SlicePlane::sagittal);
  s.set_volume(test::two_chambers(centred_grid(Mat3::Identity(), {40, 40, 40}, Vec3(4, 4, 4))).volume);
  s.zoom_at(2.3, 50, 60);
  s.pan(13, -21);
  const auto back = s.to_screen(s.to_patient(77.25, 31.5));
  REQUIRE(std::abs(back[0] - 77.25) < 1e-9);
  REQUIRE(std::abs(back[1] - 31.5) < 1e-9);
  REQUIRE(s.to_patient(1, 2).dot(s.axes().normal) == Approx(s.position()));
}

TEST_CASE("the outline of a 26 mm ball has its radius within 0.6 mm and its own colour and a hidden label has none") {
  const auto data = test::two_chambers(centred_grid(Mat3::Identity(), {110, 100, 90}, Vec3(1.5, 1.5, 1.5)));
  viewer::SliceScene s(SlicePlane::axial);
  s.set_size(500, 500);
  s.set_volume(data.volume);
  s.set_labels(data.labels);
  const Vec3 center(22, -10, -5);
  s.set_crosshair(center);
  const auto& outlines = s.outlines();
  REQUIRE(outlines.size() == 2);
  REQUIRE(outlines[0].label == 1);
  REQUIRE(outlines[0].color == core::Color{90, 200, 140});
  const auto middle = s.to_screen(center);
  double mean = 0, worst = 0;
  for (const auto& g : outlines[0].segments) {
    const double r = std::hypot(g[0] - middle[0], g[1] - middle[1]) * s.mm_per_pixel();
    mean += r / double(outlines[0].segments.size());
    worst = std::max(worst, std::abs(r - 26));
  }
  REQUIRE(std::abs(mean - 26) < 0.6);
  REQUIRE(worst < 1.5);   // one voxel
  REQUIRE(s.label_at(middle[0], middle[1]) == "LV blood pool");
  s.set_label_visible(1, false);
  REQUIRE(s.outlines().size() == 1);
}

TEST_CASE("outlines follow the slice: far from the labels there are none (negative control)") {
  const auto data = test::two_chambers(centred_grid(Mat3::Identity(), {110, 100, 90}, Vec3(1.5, 1.5, 1.5)));
  viewer::SliceScene s(SlicePlane::axial);
  s.set_volume(data.volume);
  s.set_labels(data.labels);
  s.set_position(60);
  REQUIRE(s.outlines().empty());
  s.set_position(-5);
  REQUIRE(s.outlines().size() == 2);
}

TEST_CASE("window 600 level 200 shows -100 HU black, 200 HU mid grey, 500 HU white and the caption says so") {
  auto v = std::make_shared<core::Volume>();
  v->grid = centred_grid(Mat3::Identity(), {30, 10, 10}, Vec3(2, 2, 2));
  v->values.resize(v->grid.voxels());
  for (int k = 0; k < 10; ++k) {
    for (int j = 0; j < 10; ++j) {
      for (int i = 0; i < 30; ++i) v->values[v->grid.offset(i, j, k)] = i < 10 ? -100.f : i < 20 ? 200.f : 500.f;
    }
  }
  viewer::SliceScene s(SlicePlane::axial);
  s.set_size(300, 100);
  s.set_volume(v);
  REQUIRE(s.window_level().width == 600);
  REQUIRE(s.window_level().level == 200);
  const auto image = s.image();
  const auto grey = [&](int x) { return int(image.pixels[(50 * 300 + std::size_t(x)) * 4]); };
  REQUIRE(grey(40) == 0);
  REQUIRE(std::abs(grey(150) - 128) <= 1);
  REQUIRE(grey(260) == 255);
  REQUIRE(s.caption() == "Axial 0.0 mm · W 600 L 200");
}

TEST_CASE("the wheel steps by the spacing of the axis nearest to the normal and stops at the ends") {
  viewer::SliceScene s(SlicePlane::coronal);
  Mat3 d = Mat3::Zero();
  d(1, 2) = 1, d(0, 0) = 1, d(2, 1) = -1;   // k runs to posterior
  s.set_volume(test::two_chambers(centred_grid(d, {40, 40, 30}, Vec3(2, 2, 5))).volume);
  const double before = s.position();
  s.step(1);
  REQUIRE(s.position() == Approx(before + 5));
  s.step(1000);
  REQUIRE(s.position() == Approx(s.position_range()[1]));
}

TEST_CASE("a slice picture is written without a display") {
  ::unsetenv("DISPLAY");
  const auto folder = test::scratch_folder("slice");
  const auto data = test::two_chambers(centred_grid(Mat3::Identity(), {60, 60, 40}, Vec3(3, 3, 3)));
  viewer::SliceScene s(SlicePlane::coronal);
  s.set_volume(data.volume);
  s.set_labels(data.labels);
  const auto saved = s.save_png(folder / "coronal.png", 400, 300);
  REQUIRE(saved.has_value());
  REQUIRE(std::filesystem::file_size(folder / "coronal.png") > 2000);
  const auto refused = s.save_png(folder / "missing" / "x.png", 400, 300);
  REQUIRE_FALSE(refused.has_value());
  REQUIRE(s.save_png(folder / "tiny.png", 3, 3).error().code == core::ErrorCode::wrong_usage);
}
