// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/lv_frame.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::core {

LvFrame make_lv_frame(const Vec3& base, const Vec3& apex, const Vec3& towards_septum, const Vec3& towards_anterior) {
  OT_EXPECT((apex - base).norm() > 0);
  LvFrame f;
  f.base = base;
  f.apex = apex;
  const Vec3 axis = f.axis();
  Vec3 septum = towards_septum - axis * axis.dot(towards_septum);
  if (!(septum.norm() > 1e-9)) septum = axis.unitOrthogonal();
  f.septum = septum.normalized();
  f.anterior = f.septum.cross(axis);
  if (f.anterior.dot(towards_anterior) < 0) f.anterior = -f.anterior;
  return f;
}

double lv_depth(const LvFrame& f, const Vec3& x) { return (x - f.base).dot(f.axis()) / f.length(); }

double lv_angle_deg(const LvFrame& f, const Vec3& x) {
  const Vec3 d = x - f.base;
  return std::atan2(d.dot(f.anterior), d.dot(f.septum)) * 180.0 / M_PI;
}

int aha_segment(double depth, double angle_deg) {
  if (depth > 1.0) return 17;
  const double a = angle_deg;
  if (depth > 2.0 / 3.0) return a > -45 && a <= 45 ? 14 : a > 45 && a <= 135 ? 13 : a > -135 && a <= -45 ? 15 : 16;
  // anteroseptal, anterior, anterolateral, inferolateral, inferior, inferoseptal
  static constexpr int six[] = {2, 1, 6, 5, 4, 3};
  const int sector = std::clamp(int(std::floor((a < 0 ? a + 360 : a) / 60.0)), 0, 5);
  return six[sector] + (depth > 1.0 / 3.0 ? 6 : 0);
}

int aha_segment(const LvFrame& f, const Vec3& x) { return aha_segment(lv_depth(f, x), lv_angle_deg(f, x)); }

const char* aha_name(int segment) {
  static const char* const names[17] = {"basal anterior", "basal anteroseptal", "basal inferoseptal", "basal inferior", "basal inferolateral",
                                        "basal anterolateral", "mid anterior", "mid anteroseptal", "mid inferoseptal", "mid inferior",
                                        "mid inferolateral", "mid anterolateral", "apical anterior", "apical septal", "apical inferior",
                                        "apical lateral", "apex"};
  OT_EXPECT(segment >= 1 && segment <= 17);
  return names[segment - 1];
}

}  // namespace ot::core
