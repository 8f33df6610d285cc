// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/vessel_network.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::core {
namespace {

// Segment i..i+1 that holds arc, and the share of it.
void bracket(const VesselBranch& branch, double arc, std::size_t& i, double& share) {
  OT_EXPECT(branch.points.size() >= 2 && branch.arc.size() == branch.points.size());
  const auto at = std::upper_bound(branch.arc.begin(), branch.arc.end(), arc);
  const auto index = std::clamp<std::ptrdiff_t>(at - branch.arc.begin() - 1, 0, static_cast<std::ptrdiff_t>(branch.arc.size()) - 2);
  i = static_cast<std::size_t>(index);
  const double span = branch.arc[i + 1] - branch.arc[i];
  share = span > 0 ? std::clamp((arc - branch.arc[i]) / span, 0.0, 1.0) : 0.0;
}

}  // namespace

bool VesselNetwork::locate(const Vec3& x, int& branch, double& arc_mm, double& distance_mm) const {
  bool found = false;
  for (std::size_t b = 0; b < branches.size(); ++b) {
    const VesselBranch& v = branches[b];
    for (std::size_t i = 0; i + 1 < v.points.size(); ++i) {
      const Vec3 d = v.points[i + 1] - v.points[i];
      const double share = std::clamp(d.dot(x - v.points[i]) / std::max(d.squaredNorm(), 1e-300), 0.0, 1.0);
      const double distance = (x - v.points[i] - share * d).norm();
      if (!found || distance < distance_mm) {
        found = true;
        distance_mm = distance;
        branch = static_cast<int>(b);
        arc_mm = v.arc[i] + share * (v.arc[i + 1] - v.arc[i]);
      }
    }
  }
  return found;
}

Vec3 VesselNetwork::point_at(int branch, double arc_mm) const {
  OT_EXPECT(branch >= 0 && branch < static_cast<int>(branches.size()));
  std::size_t i;
  double s;
  bracket(branches[branch], arc_mm, i, s);
  return (1 - s) * branches[branch].points[i] + s * branches[branch].points[i + 1];
}

Vec3 VesselNetwork::tangent_at(int branch, double arc_mm) const {
  OT_EXPECT(branch >= 0 && branch < static_cast<int>(branches.size()));
  std::size_t i;
  double s;
  bracket(branches[branch], arc_mm, i, s);
  const Vec3 d = branches[branch].points[i + 1] - branches[branch].points[i];
  return d.norm() > 0 ? Vec3(d.normalized()) : Vec3(0, 0, 1);
}

double VesselNetwork::radius_at(int branch, double arc_mm) const {
  OT_EXPECT(branch >= 0 && branch < static_cast<int>(branches.size()));
  std::size_t i;
  double s;
  bracket(branches[branch], arc_mm, i, s);
  return (1 - s) * branches[branch].radius[i] + s * branches[branch].radius[i + 1];
}

// Reference diameter: the healthy vessel tapers about linearly, so it is a line through robust upper diameters: a least-squares
// line refitted three times while points more than 10 % below it are left out. A stenosis is a stretch below `least_percent`;
// its ends are where the narrowing falls under a tenth. QCA definitions: product.md section 2.
std::vector<Stenosis> find_stenoses(const VesselNetwork& network, double least_percent) {
  std::vector<Stenosis> found;
  for (std::size_t b = 0; b < network.branches.size(); ++b) {
    const VesselBranch& v = network.branches[b];
    const std::size_t n = v.points.size();
    if (n < 8) continue;
    std::vector<std::uint8_t> keep(n, 1);
    double offset = 0, slope = 0;
    for (int round = 0; round < 8; ++round) {
      double s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (!keep[i]) continue;
        const double x = v.arc[i], y = 2 * v.radius[i];
        s0 += 1, s1 += x, s2 += x * x, t0 += y, t1 += x * y;
      }
      const double det = s0 * s2 - s1 * s1;
      if (s0 < 4 || !(det > 0)) break;
      slope = (s0 * t1 - s1 * t0) / det;
      offset = (t0 - slope * s1) / s0;
      std::size_t dropped = 0;
      for (std::size_t i = 0; i < n; ++i)
        if (keep[i] && 2 * v.radius[i] < 0.9 * (offset + slope * v.arc[i])) keep[i] = 0, ++dropped;
      if (dropped == 0) break;
    }
    const auto reference = [&](std::size_t i) { return std::max(offset + slope * v.arc[i], 1e-9); };
    const auto percent = [&](std::size_t i) { return 100.0 * (1.0 - 2 * v.radius[i] / reference(i)); };
    for (std::size_t i = 0; i < n;) {
      if (percent(i) < least_percent) {
        ++i;
        continue;
      }
      std::size_t first = i, last = i, throat = i;
      while (last + 1 < n && percent(last + 1) > 10.0) ++last;
      while (first > 0 && percent(first - 1) > 10.0) --first;
      for (std::size_t k = first; k <= last; ++k)
        if (v.radius[k] < v.radius[throat]) throat = k;
      Stenosis s;
      s.branch = static_cast<int>(b);
      s.start_mm = v.arc[first];
      s.end_mm = v.arc[last];
      s.throat_mm = v.arc[throat];
      s.min_diameter_mm = 2 * v.radius[throat];
      s.reference_diameter_mm = reference(throat);
      s.diameter_percent = percent(throat);
      s.area_percent = 100.0 * (1.0 - std::pow(s.min_diameter_mm / s.reference_diameter_mm, 2));
      found.push_back(s);
      i = last + 1;
    }
  }
  return found;
}

}  // namespace ot::core
