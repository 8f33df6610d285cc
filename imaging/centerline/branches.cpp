// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/centerline/branches.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::imaging {

using core::Vec3;

std::vector<double> arc_of(const std::vector<Vec3>& p) {
  std::vector<double> s(p.size(), 0.0);
  for (std::size_t i = 1; i < p.size(); ++i) s[i] = s[i - 1] + (p[i] - p[i - 1]).norm();
  return s;
}

std::vector<Vec3> resample(const std::vector<Vec3>& p, double step) {
  OT_EXPECT(p.size() >= 2 && step > 0);
  const std::vector<double> s = arc_of(p);
  const std::size_t n = std::max<std::size_t>(2, std::size_t(std::lround(s.back() / step)));
  std::vector<Vec3> out;
  std::size_t i = 0;
  for (std::size_t m = 0; m <= n; ++m) {
    const double at = s.back() * double(m) / double(n);
    while (i + 2 < p.size() && s[i + 1] < at) ++i;
    const double length = s[i + 1] - s[i];
    out.push_back(length > 0 ? Vec3(p[i] + std::clamp((at - s[i]) / length, 0.0, 1.0) * (p[i + 1] - p[i])) : p[i]);
  }
  out.front() = p.front(), out.back() = p.back();
  return out;
}

std::vector<Vec3> smooth(const std::vector<Vec3>& p, double length) {
  if (p.size() < 3) return p;
  const double step = std::max(arc_of(p).back() / double(p.size() - 1), 1e-9);
  const int rounds = std::clamp(int(std::lround((length / step) * (length / step))), 1, 400);
  std::vector<Vec3> a = p, b = p;
  for (int r = 0; r < rounds; ++r) {
    for (std::size_t i = 1; i + 1 < a.size(); ++i) b[i] = 0.25 * a[i - 1] + 0.5 * a[i] + 0.25 * a[i + 1];
    std::swap(a, b);
  }
  return a;
}

namespace {

struct Sampled {
  std::optional<Section> section;
  bool clean = false;
};

double area_radius(const Section& s) { return std::sqrt(s.area / 3.14159265358979323846); }

// Unit directions; towards a cap they turn into the cap's normal within one radius, so that sections stay off the cap.
std::vector<Vec3> directions(const std::vector<Vec3>& p, double reach, const BranchEnd& proximal, const BranchEnd& distal) {
  const std::vector<double> s = arc_of(p);
  std::vector<Vec3> t(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    const std::size_t a = i == 0 ? 0 : i - 1, b = std::min(i + 1, p.size() - 1);
    t[i] = (p[b] - p[a]).normalized();
    auto turn = [&](const BranchEnd& end, double from_end) {
      if (!end.cap_direction || from_end >= reach) return;
      const double w = from_end / reach;
      const Vec3 mixed = w * t[i] + (1 - w) * *end.cap_direction;
      if (mixed.norm() > 0.1) t[i] = mixed.normalized();
    };
    turn(proximal, s[i]);
    turn(distal, s.back() - s[i]);
  }
  return t;
}

std::vector<Sampled> sections_along(const Slicer& slicer, const std::vector<Vec3>& p, double depth, const BranchEnd& proximal, const BranchEnd& distal) {
  const std::vector<Vec3> t = directions(p, depth, proximal, distal);
  const std::vector<double> s = arc_of(p);
  std::vector<Sampled> out(p.size());
  std::vector<double> ratios;
  auto near_junction = [&](std::size_t i) { return s[i] < proximal.junction_reach_mm || s.back() - s[i] < distal.junction_reach_mm; };
  for (std::size_t i = 0; i < p.size(); ++i) {
    const bool at_cap = (i == 0 && proximal.cap_direction) || (i + 1 == p.size() && distal.cap_direction);
    if (at_cap) continue;
    out[i].section = slicer.cut(p[i], t[i]);
    if (out[i].section && out[i].section->contains_point && out[i].section->inscribed > 0 && !near_junction(i)) {
      ratios.push_back(area_radius(*out[i].section) / out[i].section->inscribed);
    }
  }
  double usual = 1.15;   // a branch that is all junction: the ratio of an ellipse with axes 1 : 0.76
  if (!ratios.empty()) {
    std::nth_element(ratios.begin(), ratios.begin() + std::ptrdiff_t(ratios.size() / 2), ratios.end());
    usual = std::clamp(ratios[ratios.size() / 2], 1.0, 1.6);
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!out[i].section) continue;
    const Section& c = *out[i].section;
    if (near_junction(i)) out[i].clean = c.contains_point && area_radius(c) <= 1.2 * usual * c.inscribed;
    else out[i].clean = c.contains_point || c.inscribed < area_radius(c);
  }
  return out;
}

// Points added where the lumen changes quickly: the even spacing suits the branch, not the throat of a lesion, which lies between two
// points and reads too wide (a 75 % lesion by 1-3 % of its radius, 4-13 % of its pressure loss). Spacing there: a quarter of the radius.
void resolve_throats(const Slicer& slicer, BranchShape& shape) {
  constexpr double changes = 0.03;    // of the radius from one point to the next: above the noise of a section
  constexpr double share = 0.25;      // of the smaller radius
  constexpr int most = 8;             // new intervals per old one
  const std::vector<Vec3> p = shape.points;
  const std::vector<double> r = shape.radius;
  const std::size_t n = p.size();
  if (n < 4) return;
  const auto steep = [&](std::size_t i) { return i + 1 < n && std::abs(r[i + 1] - r[i]) > changes * std::min(r[i], r[i + 1]); };
  BranchShape out;
  for (std::size_t i = 0; i < n; ++i) {
    out.points.push_back(p[i]), out.radius.push_back(r[i]);
    if (i == 0 || i + 2 >= n || !(steep(i) || steep(i - 1) || steep(i + 1))) continue;
    const double gap = (p[i + 1] - p[i]).norm(), least = std::min(r[i], r[i + 1]);
    const int pieces = std::min(most, int(std::ceil(gap / (share * least))));
    for (int k = 1; k < pieces; ++k) {
      const double w = double(k) / pieces, straight = r[i] + w * (r[i + 1] - r[i]);
      const Vec3 a = 0.5 * (p[i + 1] - p[i - 1]), b = 0.5 * (p[i + 2] - p[i]);  // Catmull-Rom
      const double h00 = (1 + 2 * w) * (1 - w) * (1 - w), h10 = w * (1 - w) * (1 - w), h01 = w * w * (3 - 2 * w), h11 = w * w * (w - 1);
      const Vec3 x = h00 * p[i] + h10 * a + h01 * p[i + 1] + h11 * b;
      const Vec3 along = (1 - w) * (p[i + 1] - p[i - 1]).normalized() + w * (p[i + 2] - p[i]).normalized();
      const auto section = slicer.cut(x, along);
      // A section that is far from its neighbours has leaked into another vessel: the line between them stands.
      const bool clean = section && section->contains_point && area_radius(*section) < 1.25 * std::max(r[i], r[i + 1]) && area_radius(*section) > 0.5 * least;
      out.points.push_back(x), out.radius.push_back(clean ? area_radius(*section) : straight);
    }
  }
  shape = std::move(out);
}

}  // namespace

BranchShape shape_branch(const Slicer& slicer, std::vector<Vec3> path, double depth, const BranchEnd& proximal, const BranchEnd& distal) {
  double step = std::min(1.0, 0.5 * depth);
  const double total = arc_of(path).back();
  step = std::max(step, total / 2000.0);
  path = smooth(resample(path, step), depth);
  for (int round = 0; round < 4; ++round) {
    const std::vector<Sampled> at = sections_along(slicer, path, depth, proximal, distal);
    std::vector<Vec3> moved = path;
    for (std::size_t i = 1; i + 1 < path.size(); ++i)
      if (at[i].clean) {
        const Vec3 shift = at[i].section->centroid - path[i];
        const double most = area_radius(*at[i].section);
        moved[i] += std::min(1.0, most / std::max(shift.norm(), 1e-12)) * shift;
      }
    path = smooth(resample(moved, step), round < 3 ? 0.5 * depth : 0.15 * depth);
  }
  BranchShape out;
  out.points = std::move(path);
  const std::vector<Sampled> at = sections_along(slicer, out.points, depth, proximal, distal);
  const std::vector<double> s = arc_of(out.points);
  const std::size_t n = out.points.size();
  out.radius.assign(n, -1.0);
  for (std::size_t i = 0; i < n; ++i)
    if (at[i].clean) out.radius[i] = area_radius(*at[i].section);
  // A section that is not perpendicular to the vessel is larger by 1 / cos of the angle (exact for a cylinder): sections that turn
  // into a cap, and a cap cut askew, count with their area across the vessel.
  const std::vector<Vec3> used = directions(out.points, depth, proximal, distal);
  const std::vector<Vec3> along = directions(out.points, depth, {}, {});
  auto straight = [&](std::size_t i) { return std::sqrt(std::clamp(std::abs(used[i].dot(along[i])), 0.25, 1.0)); };
  for (std::size_t i = 0; i < n; ++i)
    if (out.radius[i] > 0) out.radius[i] *= straight(i);
  if (proximal.cap_direction) out.radius.front() = proximal.cap_radius * straight(0);
  if (distal.cap_direction) out.radius.back() = distal.cap_radius * straight(n - 1);
  if (std::none_of(out.radius.begin(), out.radius.end(), [](double r) { return r > 0; })) {
    // No clean section at all (a very short branch): the inscribed radius, or the depth of the raw path.
    for (std::size_t i = 0; i < n; ++i) out.radius[i] = at[i].section && at[i].section->contains_point ? at[i].section->inscribed : depth;
  }
  std::size_t last = n;
  for (std::size_t i = 0; i <= n; ++i) {
    if (i < n && out.radius[i] <= 0) continue;
    const std::size_t from = last == n ? 0 : last + 1;
    for (std::size_t m = from; m < std::min(i, n); ++m) {
      if (last == n) out.radius[m] = out.radius[i];
      else if (i == n) out.radius[m] = out.radius[last];
      else out.radius[m] = out.radius[last] + (s[m] - s[last]) / (s[i] - s[last]) * (out.radius[i] - out.radius[last]);
    }
    last = i;
  }
  resolve_throats(slicer, out);
  return out;
}

}  // namespace ot::imaging
