// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/plane_triad.hpp"

#include <cmath>
#include <numbers>

namespace ot::viewer {
using core::Vec3;

void PlaneTriad::turn(int v, double radians) {
  const Eigen::AngleAxisd r(radians, axes[std::size_t(v)].normal);
  for (int other = 0; other < 3; ++other) {
    if (other == v) continue;
    SliceAxes& a = axes[std::size_t(other)];
    a = {(r * a.right).normalized(), (r * a.down).normalized(), (r * a.normal).normalized()};
  }
  body = false;
}
void PlaneTriad::turn_about(const Vec3& axis, double radians) {
  const Eigen::AngleAxisd r(radians, axis.normalized());
  for (SliceAxes& a : axes) a = {(r * a.right).normalized(), (r * a.down).normalized(), (r * a.normal).normalized()};
  body = false;
}

PlaneTriad body_planes() {
  PlaneTriad t;
  for (const SlicePlane p : {SlicePlane::axial, SlicePlane::coronal, SlicePlane::sagittal}) {
    t.axes[std::size_t(p)] = slice_axes(p, SliceAlignment::patient, core::Mat3::Identity());
    t.names[std::size_t(p)] = name_of(p);
  }
  return t;
}

const char* name_of(CardiacView view) {
  switch (view) {
    case CardiacView::four_chamber: return "4-chamber";
    case CardiacView::two_chamber: return "2-chamber";
    case CardiacView::three_chamber: return "3-chamber";
  }
  return "";
}

core::Result<PlaneTriad> cardiac_planes(const CardiacPoints& p, CardiacView view) {
  constexpr double least_mm = 10;   // closer points give no direction worth the name
  const Vec3 axis = p.mitral - p.apex;
  if (!(axis.norm() > least_mm))
    return core::bad_input("Apex and mitral valve are less than 10 mm apart (they give no long axis). Place them again.");
  const Vec3 base = axis.normalized();
  const auto across = [&](const Vec3& x) { return Vec3((x - p.apex) - (x - p.apex).dot(base) * base); };
  const Vec3 side = across(p.rv);
  if (!(side.norm() > 0.5 * least_mm))
    return core::bad_input("The RV point lies on the long axis of the left ventricle (the planes cannot be turned to the septum). Place it on the RV side.");
  const Vec3 rv = side.normalized();
  // Anterior wall: at right angles to long axis and septum, on the side that looks to the front and to the head. A mirrored heart
  // (RV on the other side) keeps "RV left, anterior up" by being seen from the base instead of from the apex.
  Vec3 up = base.cross(rv);
  if (up.dot(Vec3(0, -1, 1)) < 0) up = -up;
  PlaneTriad t;
  t.body = false;
  t.axes[0] = {-rv, -up, base};
  t.names[0] = "Short axis";
  // Long-axis views: apex up (down is to the base), `right` is what lies screen-right.
  const auto long_axis = [&](const Vec3& right) { return SliceAxes{right, base, right.cross(base).normalized()}; };
  Vec3 right = -rv;
  if (view == CardiacView::two_chamber) right = up;
  if (view == CardiacView::three_chamber) {
    // Anteroseptal wall (60 degrees from anterior towards the septum) on the right, inferolateral on the left.
    right = std::cos(std::numbers::pi / 3) * up + std::sin(std::numbers::pi / 3) * rv;
    if (p.aortic && across(*p.aortic).norm() > 0.5 * least_mm) right = across(*p.aortic).normalized();
  }
  t.axes[2] = long_axis(right);
  t.names[2] = name_of(view);
  t.axes[1] = long_axis(view == CardiacView::four_chamber ? up : Vec3(t.axes[2].normal.dot(rv) > 0 ? Vec3(-t.axes[2].normal) : t.axes[2].normal));
  t.names[1] = view == CardiacView::four_chamber ? "2-chamber" : view == CardiacView::two_chamber ? "4-chamber" : "Long axis";
  return t;
}

}  // namespace ot::viewer
