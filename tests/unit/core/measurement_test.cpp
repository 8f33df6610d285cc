// SPDX-License-Identifier: GPL-3.0-or-later
// Measurements against closed forms. Tolerance 1e-6 (issue 3), far above double rounding.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "solvers/core/measurement.hpp"

using namespace ot::core;

namespace {
constexpr double tolerance = 1e-6;
constexpr double pi = std::numbers::pi;

double value(const Measurement& m, const std::string& key, const Volume* image = nullptr) {
  for (const Quantity& q : evaluate(m, image))
    if (q.key == key) return q.value;
  return std::nan("");
}
Measurement make(MeasurementKind kind, std::vector<Vec3> points) { return {"m1", "test", kind, std::move(points)}; }

// An arbitrary rigid motion: numbers must not notice.
Vec3 moved_point(const Vec3& x) {
  const Eigen::AngleAxisd r(0.7, Vec3(0.3, -0.5, 0.8).normalized());
  return r * x + Vec3(-120, 45, 300);
}
std::vector<Vec3> moved(std::vector<Vec3> points) {
  for (auto& p : points) p = moved_point(p);
  return points;
}

// value = 10 x - 3 y + 7 z + 50 in patient mm, on any grid orientation.
Volume linear_image(const Mat3& direction) {
  Volume v;
  v.grid.size = {61, 53, 47};
  v.grid.spacing = Vec3(0.8, 0.9, 1.1);
  v.grid.direction = direction;
  v.grid.origin = -direction * Vec3(60, 52, 46).cwiseProduct(v.grid.spacing) * 0.5;
  v.values.resize(v.grid.voxels());
  for (int k = 0; k < 47; ++k)
    for (int j = 0; j < 53; ++j)
      for (int i = 0; i < 61; ++i) {
        const Vec3 x = v.grid.to_patient(Vec3(i, j, k));
        v.values[v.grid.offset(i, j, k)] = float(10 * x.x() - 3 * x.y() + 7 * x.z() + 50);
      }
  return v;
}
}  // namespace

TEST_CASE("lengths, angles and areas equal their closed forms to 1e-6, wherever they lie in space") {
  for (const bool turn : {false, true}) {
    const auto place = [&](std::vector<Vec3> p) { return turn ? moved(std::move(p)) : p; };
    CHECK(value(make(MeasurementKind::distance, place({{0, 0, 0}, {3, 4, 12}})), "length_mm") == Approx(13).margin(tolerance));
    CHECK(value(make(MeasurementKind::polyline, place({{0, 0, 0}, {3, 4, 0}, {3, 4, 7}})), "length_mm") == Approx(12).margin(tolerance));
    for (const double angle : {0.0, 1e-4, 30.0, 90.0, 135.0, 179.9999, 180.0}) {
      const double a = angle * pi / 180;
      const auto m = make(MeasurementKind::angle, place({{5, 0, 0}, {0, 0, 0}, {7 * std::cos(a), 7 * std::sin(a), 0}}));
      CHECK(value(m, "angle_deg") == Approx(angle).margin(tolerance));
    }
    // An L: area 3, perimeter 8; concave, so a fan from its middle would be wrong.
    const auto l = make(MeasurementKind::contour, place({{0, 0, 0}, {2, 0, 0}, {2, 1, 0}, {1, 1, 0}, {1, 2, 0}, {0, 2, 0}}));
    CHECK(value(l, "area_mm2") == Approx(3).margin(tolerance));
    CHECK(value(l, "perimeter_mm") == Approx(8).margin(tolerance));
    const auto circle = make(MeasurementKind::ellipse, place({{1, 2, 3}, {11, 2, 3}, {1, 12, 3}}));
    CHECK(value(circle, "area_mm2") == Approx(100 * pi).margin(tolerance));
    CHECK(value(circle, "perimeter_mm") == Approx(20 * pi).margin(tolerance));
    const auto ball = make(MeasurementKind::sphere, place({{0, 0, 0}, {0, 3, 4}}));
    CHECK(value(ball, "volume_mm3") == Approx(4.0 / 3.0 * pi * 125).margin(tolerance));
  }
}

TEST_CASE("the perimeter of an ellipse equals the numerical arc length to 1e-9 of itself") {
  for (const auto& [a, b] : {std::pair{10.0, 10.0}, {10.0, 5.0}, {20.0, 0.5}, {1.0, 7.0}}) {
    double sum = 0;
    constexpr int n = 200000;   // the trapezoid rule on a periodic integrand converges faster than any power
    for (int i = 0; i < n; ++i) {
      const double t = 2 * pi * i / n;
      sum += std::hypot(a * std::sin(t), b * std::cos(t));
    }
    CHECK(ellipse_perimeter(a, b) == Approx(sum * 2 * pi / n).epsilon(1e-9));
  }
  CHECK(ellipse_perimeter(3, 0) == Approx(12));
}

TEST_CASE("a sphere's statistics are those of the voxels whose centres lie inside, for all 48 grid orientations") {
  std::array<int, 3> order{0, 1, 2};
  int orientations = 0;
  const Vec3 centre(1.3, -2.1, 0.7);
  const double radius = 6;
  do {
    for (int signs = 0; signs < 8; ++signs) {
      Mat3 d = Mat3::Zero();
      for (int c = 0; c < 3; ++c) d(order[std::size_t(c)], c) = (signs >> c) & 1 ? -1 : 1;
      const Volume image = linear_image(d);
      // Brute force over every voxel, two passes.
      double sum = 0, square = 0, lo = 1e9, hi = -1e9;
      std::size_t n = 0;
      std::vector<double> inside;
      for (int k = 0; k < 47; ++k)
        for (int j = 0; j < 53; ++j)
          for (int i = 0; i < 61; ++i)
            if ((image.grid.to_patient(Vec3(i, j, k)) - centre).norm() <= radius) inside.push_back(double(image.at(i, j, k)));
      for (const double v : inside) sum += v, lo = std::min(lo, v), hi = std::max(hi, v), ++n;
      for (const double v : inside) square += (v - sum / double(n)) * (v - sum / double(n));
      const auto s = statistics(make(MeasurementKind::sphere, {centre, centre + Vec3(0, 0, radius)}), image);
      REQUIRE(n > 500);
      CHECK(s.n == n);
      CHECK(s.mean == Approx(sum / double(n)).margin(tolerance));
      CHECK(s.sd == Approx(std::sqrt(square / double(n))).margin(tolerance));
      CHECK(s.min == lo);
      CHECK(s.max == hi);
      ++orientations;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orientations == 48);
}

TEST_CASE("a flat region in a plane of the grid takes the voxels of that slice, an oblique one samples the field at its centre value") {
  const Volume image = linear_image(Mat3::Identity());
  // A slice through voxel centres: k = 20.
  const Vec3 c = image.grid.to_patient(Vec3(30, 26, 20));
  const auto m = make(MeasurementKind::ellipse, {c, c + Vec3(8, 0, 0), c + Vec3(0, 5, 0)});
  std::size_t n = 0;
  double sum = 0;
  for (int j = 0; j < 53; ++j)
    for (int i = 0; i < 61; ++i) {
      const Vec3 d = image.grid.to_patient(Vec3(i, j, 20)) - c;
      if (d.x() * d.x() / 64 + d.y() * d.y() / 25 <= 1) sum += double(image.at(i, j, 20)), ++n;
    }
  const auto s = statistics(m, image);
  CHECK(s.n == n);
  CHECK(s.mean == Approx(sum / double(n)).margin(tolerance));
  // Trilinear interpolation is exact for a linear field and the lattice is symmetric: the mean is the value at the centre. Values are
  // stored as float with magnitude < 600: 1e-4 is their rounding.
  const Eigen::AngleAxisd r(0.6, Vec3(1, 2, 0.5).normalized());
  const auto oblique = statistics(make(MeasurementKind::ellipse, {c, c + r * Vec3(8, 0, 0), c + r * Vec3(0, 5, 0)}), image);
  CHECK(oblique.n > 100);
  CHECK(oblique.mean == Approx(10 * c.x() - 3 * c.y() + 7 * c.z() + 50).margin(1e-4));
  // The same outline as a contour of many corners holds the same voxels but for those on the rim.
  Measurement contour = make(MeasurementKind::contour, outline(m, 360));
  contour.points.pop_back();
  CHECK(std::abs(double(statistics(contour, image).n) - double(n)) <= 4);
}

TEST_CASE("regions outside the image have no statistics instead of invented ones") {
  const Volume image = linear_image(Mat3::Identity());
  CHECK(statistics(make(MeasurementKind::sphere, {{500, 0, 0}, {503, 0, 0}}), image).n == 0);
  CHECK(statistics(make(MeasurementKind::ellipse, {{0, 0, 400}, {5, 0, 400}, {0, 5, 400}}), image).n == 0);
  CHECK(std::isnan(value(make(MeasurementKind::sphere, {{500, 0, 0}, {503, 0, 0}}), "mean", &image)));
}

TEST_CASE("measurements that mean nothing are refused in words") {
  CHECK_FALSE(check(make(MeasurementKind::distance, {{0, 0, 0}})));
  CHECK_FALSE(check(make(MeasurementKind::distance, {{1, 1, 1}, {1, 1, 1}})));
  CHECK_FALSE(check(make(MeasurementKind::distance, {{0, 0, 0}, {std::nan(""), 0, 0}})));
  CHECK_FALSE(check(make(MeasurementKind::angle, {{0, 0, 0}, {0, 0, 0}, {1, 0, 0}})));
  CHECK_FALSE(check(make(MeasurementKind::contour, {{0, 0, 0}, {10, 0, 0}, {10, 10, 5}, {0, 10, 0}})));
  CHECK_FALSE(check(make(MeasurementKind::ellipse, {{0, 0, 0}, {5, 0, 0}, {7, 0, 0}})));
  CHECK_FALSE(measurement_from_json({{"kind", "distance"}, {"points_lps_mm", {{1, 2}, {3, 4}}}}));
  CHECK_FALSE(measurement_from_json({{"kind", "guess"}, {"points_lps_mm", nlohmann::json::array()}}));
  const auto refused = measurement_from_json(nlohmann::json::object());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("kind") != std::string::npos);
}

TEST_CASE("a measurement survives JSON unchanged and its CSV repeats the points exactly") {
  Measurement m = make(MeasurementKind::polyline, {{0.1, 1.0 / 3.0, -2e-7}, {4, 5, 6}, {7.25, 8, 9}});
  m.name = "=cmd, \"quoted\"";
  const auto back = measurement_from_json(to_json(m));
  REQUIRE(back);
  CHECK(*back == m);
  const std::string row = measurement_csv_rows("thorax", m, nullptr);
  CHECK(row.find("\"'=cmd, \"\"quoted\"\"\"") != std::string::npos);   // a spreadsheet must not run it
  CHECK(row.find("0.33333333333333331") != std::string::npos);
}

TEST_CASE("dragging a handle of an ellipse keeps its axes perpendicular and moves all of it by its centre") {
  Measurement m = make(MeasurementKind::ellipse, moved({{0, 0, 0}, {10, 0, 0}, {0, 4, 0}}));
  move_point(m, 1, moved_point(Vec3(6, 8, 3)));   // the third coordinate is off the plane
  CHECK((m.points[1] - moved_point(Vec3(6, 8, 0))).norm() < tolerance);
  CHECK((m.points[1] - m.points[0]).dot(m.points[2] - m.points[0]) == Approx(0).margin(tolerance));
  CHECK((m.points[2] - m.points[0]).norm() == Approx(4).margin(tolerance));
  const double area = value(m, "area_mm2");
  move_point(m, 0, moved_point(Vec3(50, 50, 50)));
  CHECK(value(m, "area_mm2") == Approx(area).margin(tolerance));
  CHECK((m.points[0] - moved_point(Vec3(50, 50, 50))).norm() < tolerance);
}
