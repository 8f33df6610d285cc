// SPDX-License-Identifier: GPL-3.0-or-later
// Signed distances (mm, negative inside) to the few analytic bodies that the phantoms are made of.
#pragma once
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::imaging::shapes {

using core::Vec3;

// First-order distance to an axis-aligned ellipsoid (exact on its surface, fair within a few mm of it).
inline double ellipsoid(const Vec3& p, const Vec3& centre, const Vec3& semi_axes) {
  const Vec3 q = p - centre;
  const double k0 = q.cwiseQuotient(semi_axes).norm();
  const double k1 = q.cwiseQuotient(semi_axes.cwiseProduct(semi_axes)).norm();
  return k1 > 0 ? k0 * (k0 - 1.0) / k1 : -semi_axes.minCoeff();
}

// The same in its own frame: columns of `axes` are orthonormal.
inline double ellipsoid(const Vec3& p, const Vec3& centre, const core::Mat3& axes, const Vec3& semi_axes) {
  return ellipsoid(Vec3(axes.transpose() * (p - centre)), Vec3::Zero(), semi_axes);
}

struct Tube {
  std::vector<Vec3> points;
  std::vector<double> radius;  // [points]
  Vec3 low{0, 0, 0}, high{0, 0, 0};

  Tube() = default;
  // Catmull-Rom curve through the knots, `steps` pieces per knot interval; flat ends are left to the caller.
  Tube(const std::vector<Vec3>& knots, const std::vector<double>& knot_radius, int steps) {
    const int n = int(knots.size());
    auto at = [&](int i) { return std::clamp(i, 0, n - 1); };
    for (int i = 0; i + 1 < n; ++i)
      for (int s = 0; s < steps + (i + 2 == n ? 1 : 0); ++s) {
        const double t = double(s) / steps;
        const Vec3 &a = knots[std::size_t(at(i - 1))], &b = knots[std::size_t(i)], &c = knots[std::size_t(i + 1)],
                   &d = knots[std::size_t(at(i + 2))];
        points.push_back(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t));
        radius.push_back(knot_radius[std::size_t(i)] * (1 - t) + knot_radius[std::size_t(i + 1)] * t);
      }
    bound();
  }
  void bound() {
    low = high = points.front();
    double most = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      low = low.cwiseMin(points[i]);
      high = high.cwiseMax(points[i]);
      most = std::max(most, radius[i]);
    }
    low.array() -= most;
    high.array() += most;
  }
  // Distance to the swept wall with round ends. Far from the bounding box the distance to the box is returned (a lower bound).
  double distance(const Vec3& p) const {
    const Vec3 outside = (low - p).cwiseMax(p - high).cwiseMax(Vec3::Zero());
    const double box = outside.norm();
    if (box > 12.0) return box;
    double best = 1e9;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Vec3 ab = points[i + 1] - points[i], ap = p - points[i];
      const double t = std::clamp(ap.dot(ab) / std::max(1e-12, ab.squaredNorm()), 0.0, 1.0);
      best = std::min(best, (ap - t * ab).norm() - (radius[i] * (1 - t) + radius[i + 1] * t));
    }
    return best;
  }
};

// A round disc-shaped plug: within `radius` of the axis and `half` of the plane. Returns the axial coordinate in `axial`.
inline double plug(const Vec3& p, const Vec3& centre, const Vec3& normal, double radius, double half, double& axial) {
  const Vec3 q = p - centre;
  axial = q.dot(normal);
  return std::max((q - axial * normal).norm() - radius, std::abs(axial) - half);
}

}  // namespace ot::imaging::shapes
