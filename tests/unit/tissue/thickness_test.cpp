// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <iostream>

#include "imaging/tissue/phantom.hpp"
#include "imaging/tissue/segments.hpp"
#include "imaging/tissue/thickness.hpp"
#include "solvers/core/parallel.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {

struct Error {
  double worst = 0, mean = 0, p95 = 0;
};
Error measure(const core::LabelMap& m, double inner, double outer, double shift) {
  const auto wall = imaging::measure_wall(m, std::nullopt);
  if (!wall) FAIL(wall.error().message);
  std::vector<double> error;
  for (int k = 0; k < wall->grid.size[2]; ++k)
    for (int j = 0; j < wall->grid.size[1]; ++j)
      for (int i = 0; i < wall->grid.size[0]; ++i) {
        const float t = wall->thickness_mm[wall->grid.offset(i, j, k)];
        if (std::isnan(t) || (i + j + k) % 5) continue;
        const Vec3 x = wall->grid.to_patient(Vec3(i, j, k));
        error.push_back(std::abs(double(t) - imaging::shell_thickness(x, inner, outer, shift)));
      }
  std::sort(error.begin(), error.end());
  Error e;
  for (const double v : error) e.mean += v / double(error.size());
  e.worst = error.back();
  e.p95 = error[std::size_t(0.95 * double(error.size() - 1))];
  return e;
}

}  // namespace

TEST_CASE("wall thickness of concentric and eccentric shells: 95 % of voxels within 0.5 voxel of the field line's length, mean within 0.2 voxel") {
  for (const double shift : {0.0, 3.0})
    for (const auto& [inner, outer] : {std::pair{22.0, 32.0}, {26.0, 31.0}}) {
      const Error e = measure(imaging::make_shell(Vec3(1, 1, 1), core::Mat3::Identity(), inner, outer, shift), inner, outer, shift);
      INFO("shift " << shift << " wall " << outer - inner << ": mean " << e.mean << " p95 " << e.p95 << " worst " << e.worst);
      CHECK(e.p95 < 0.5);
      CHECK(e.mean < 0.2);
    }
}

TEST_CASE("wall thickness with anisotropic voxels of 1 x 1 x 3 mm in a turned grid: 95 % within 0.5 of the largest spacing, mean within 0.5 mm") {
  const core::Mat3 turn = Eigen::AngleAxisd(0.6, Vec3(1, 1, 0.3).normalized()).toRotationMatrix();
  const Error e = measure(imaging::make_shell(Vec3(1, 1, 3), turn, 22, 32, 3.0), 22, 32, 3.0);
  INFO("mean " << e.mean << " p95 " << e.p95 << " worst " << e.worst);
  CHECK(e.p95 < 1.5);
  CHECK(e.mean < 0.5);
}

TEST_CASE("depth through the wall grows from 0 at the endocardium to 1 at the epicardium as 1/r does in a shell, within 0.06") {
  const auto m = imaging::make_shell(Vec3(1, 1, 1), core::Mat3::Identity(), 20, 32, 0);
  const auto wall = imaging::measure_wall(m, std::nullopt);
  REQUIRE(wall);
  double worst = 0;
  for (int k = 0; k < wall->grid.size[2]; ++k)
    for (int j = 0; j < wall->grid.size[1]; ++j)
      for (int i = 0; i < wall->grid.size[0]; ++i) {
        const float u = wall->transmural[wall->grid.offset(i, j, k)];
        if (std::isnan(u)) continue;
        const double r = wall->grid.to_patient(Vec3(i, j, k)).norm();
        worst = std::max(worst, std::abs(double(u) - (1 / 20.0 - 1 / r) / (1 / 20.0 - 1 / 32.0)));
      }
  CHECK(worst < 0.06);
}

TEST_CASE("the ventricle's segments are 10 mm thick within 0.75 mm at mid level, and its base is no border") {
  imaging::VentricleParams p;
  const auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  const auto wall = imaging::measure_wall(v->labels, v->frame);
  REQUIRE(wall);
  const auto rows = imaging::measure_segments(v->labels, &v->image, v->frame, *wall);
  for (int s = 1; s <= 12; ++s) {
    INFO("segment " << s << " " << rows[std::size_t(s - 1)].thickness_mm);
    CHECK(rows[std::size_t(s - 1)].thickness_mm == Approx(9.9).margin(0.75));   // the ellipsoids are 10 mm apart at base and tip, a little less between
  }
}

TEST_CASE("wall thickness has the same bits for one and two threads, and is refused without blood") {
  auto m = imaging::make_shell(Vec3(2, 2, 2), core::Mat3::Identity(), 20, 30, 2);
  core::set_thread_count(1);
  const auto a = imaging::measure_wall(m, std::nullopt);
  core::set_thread_count(2);
  const auto b = imaging::measure_wall(m, std::nullopt);
  REQUIRE(a);
  REQUIRE(b);
  REQUIRE(a->thickness_mm.size() == b->thickness_mm.size());
  CHECK(std::memcmp(a->thickness_mm.data(), b->thickness_mm.data(), a->thickness_mm.size() * sizeof(float)) == 0);
  for (auto& value : m.values) value = value == l::lv_blood_pool ? 0 : value;
  CHECK_FALSE(imaging::measure_wall(m, std::nullopt));
}
