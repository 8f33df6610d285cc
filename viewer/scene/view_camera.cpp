// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/view_camera.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace ot::viewer {
using core::Vec3;
namespace {
constexpr double deg = std::numbers::pi / 180.0;
double half_tangent(const ViewCamera& c) { return std::tan(0.5 * c.angle_deg * deg); }
void turn(ViewFrame& f, const Eigen::AngleAxisd& by) {
  f.from = (by * f.from).normalized();
  f.up = by * f.up;
  f.up = (f.up - f.up.dot(f.from) * f.from).normalized();
}
}  // namespace

double ViewCamera::mm_per_pixel() const { return 2 * distance * half_tangent(*this) / std::max(1, height); }

ViewCamera::Ray ViewCamera::ray(double x, double y) const {
  const double k = mm_per_pixel();
  const Vec3 through = center + k * (x - 0.5 * width) * frame.right() - k * (y - 0.5 * height) * frame.up;
  return {eye(), (through - eye()).normalized()};
}

std::optional<std::array<double, 2>> ViewCamera::project(const Vec3& p) const {
  const Vec3 r = p - center;
  const double depth = distance - r.dot(frame.from);
  if (depth <= 1e-6) return std::nullopt;
  const double k = distance / depth / mm_per_pixel();
  return std::array<double, 2>{0.5 * width + k * r.dot(frame.right()), 0.5 * height - k * r.dot(frame.up)};
}

void ViewCamera::rotate(double dx_px, double dy_px) {
  const double per_px = 180.0 / std::max(1, std::min(width, height));  // half a turn across the view
  turn(frame, Eigen::AngleAxisd(-dx_px * per_px * deg, frame.up));
  turn(frame, Eigen::AngleAxisd(-dy_px * per_px * deg, frame.right()));
}
void ViewCamera::roll(double degrees) { turn(frame, Eigen::AngleAxisd(degrees * deg, frame.from)); }
void ViewCamera::pan(double dx_px, double dy_px) {
  center += mm_per_pixel() * (-dx_px * frame.right() + dy_px * frame.up);
}
void ViewCamera::zoom(double factor) {
  if (factor > 0) distance = std::clamp(distance / factor, 1.0, 1e5);
}

void ViewCamera::fit(std::span<const Vec3> points, double margin) {
  if (points.empty()) return;
  const Vec3 right = frame.right();
  const double ty = half_tangent(*this) / (1 + margin), tx = ty * width / std::max(1, height);
  // Four planes through the eye; for each screen axis the two tightest planes fix distance and middle.
  double xa = -1e300, xb = -1e300, ya = -1e300, yb = -1e300, front = -1e300;
  for (const Vec3& p : points) {
    const double x = p.dot(right), y = p.dot(frame.up), z = p.dot(frame.from);
    xa = std::max(xa, x + tx * z), xb = std::max(xb, -x + tx * z);
    ya = std::max(ya, y + ty * z), yb = std::max(yb, -y + ty * z);
    front = std::max(front, z);
  }
  // Eye at (x, y, e): x + tx * (e - z) >= px for all, and the mirrored one.
  const double ex = 0.5 * (xa - xb), ey = 0.5 * (ya - yb);
  const double e = std::max({(xa + xb) / (2 * tx), (ya + yb) / (2 * ty), front + 1.0});
  double back = 1e300;
  for (const Vec3& p : points) back = std::min(back, p.dot(frame.from));
  const double middle = 0.5 * (front + back);
  center = ex * right + ey * frame.up + middle * frame.from;
  distance = std::max(1.0, e - middle);
}

}  // namespace ot::viewer
