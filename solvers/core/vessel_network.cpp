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

// Reference diameter, as in QCA the "interpolated reference" (Reiber et al., Circulation 71:280, 1985): a line through the diameters of
// the healthy vessel, from which narrow AND wide stretches are left out, so that neither a long lesion nor an aneurysm pulls it. Here
// it is the line that most of the branch agrees with to 7 % (Fischler & Bolles, CACM 24:381, 1981, with every pair of about 60 points
// tried instead of random ones; of two equal ones the wider), refined by least squares. The vessel may taper to a third of its
// diameter (epicardial arteries taper about 2 % per cm and halve over their length: Dodge et al., Circulation 86:232, 1992), or widen
// by a quarter.
// A lesion is a stretch of at least `least_percent`; its ends are where the narrowing falls under a tenth. A stretch that runs into
// an end of the branch without widening again before it (longer than 1.5 reference diameters, or longer than five in any case) has no
// healthy vessel on one side: it is a narrower vessel (the neck of an aneurysm, the part after an unseen side branch), not a lesion.
namespace {

struct Line {
  double offset = 0, slope = 0;
  double at(double x) const { return std::max(offset + slope * x, 1e-9); }
};

Line reference_line(const VesselBranch& v) {
  const std::size_t n = v.points.size();
  constexpr double agree = 0.07, least_ratio = 1.0 / 3.0, most_ratio = 1.25;
  const std::size_t step = std::max<std::size_t>(1, n / 60);
  const double length = std::max(v.arc.back(), 1e-9);
  Line best;
  double most = -1;
  // Weights are lengths, so that uneven sampling does not matter.
  std::vector<double> weight(n);
  for (std::size_t i = 0; i < n; ++i) weight[i] = 0.5 * (v.arc[std::min(i + 1, n - 1)] - v.arc[i == 0 ? 0 : i - 1]);
  for (std::size_t i = 0; i < n; i += step)
    for (std::size_t j = i + step; j < n; j += step) {
      if (v.arc[j] - v.arc[i] < 0.15 * length) continue;
      Line l;
      l.slope = 2 * (v.radius[j] - v.radius[i]) / (v.arc[j] - v.arc[i]);
      l.offset = 2 * v.radius[i] - l.slope * v.arc[i];
      const double head = l.offset, tail = l.offset + l.slope * length;
      if (!(head > 0) || tail < least_ratio * head || tail > most_ratio * head) continue;
      double score = 0;
      for (std::size_t k = 0; k < n; ++k)
        if (std::abs(2 * v.radius[k] - l.at(v.arc[k])) < agree * l.at(v.arc[k])) score += weight[k];
      score *= 1 + 1e-3 * (head + tail) / (head + tail + 1);   // of equal ones the wider
      if (score > most) most = score, best = l;
    }
  if (most < 0) {   // no pair far enough apart: the upper quartile
    std::vector<double> d;
    for (double r : v.radius) d.push_back(2 * r);
    std::nth_element(d.begin(), d.begin() + std::ptrdiff_t(3 * n / 4), d.end());
    best.offset = d[3 * n / 4];
    return best;
  }
  for (int round = 0; round < 3; ++round) {
    double s0 = 0, s1 = 0, s2 = 0, t0 = 0, t1 = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double x = v.arc[k], y = 2 * v.radius[k], w = weight[k];
      if (std::abs(y - best.at(x)) >= agree * best.at(x)) continue;
      s0 += w, s1 += w * x, s2 += w * x * x, t0 += w * y, t1 += w * x * y;
    }
    const double det = s0 * s2 - s1 * s1;
    if (!(s0 > 0) || !(det > 1e-9 * s0 * s2)) break;
    best.slope = (s0 * t1 - s1 * t0) / det;
    best.offset = (t0 - best.slope * s1) / s0;
  }
  return best;
}

}  // namespace

std::vector<double> reference_diameters(const VesselBranch& branch) {
  std::vector<double> out(branch.points.size(), 0.0);
  if (branch.points.size() < 3) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = 2 * branch.radius[i];
    return out;
  }
  const Line l = reference_line(branch);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = l.at(branch.arc[i]);
  return out;
}

std::vector<Stenosis> find_stenoses(const VesselNetwork& network, double least_percent) {
  std::vector<Stenosis> found;
  for (std::size_t b = 0; b < network.branches.size(); ++b) {
    const VesselBranch& v = network.branches[b];
    const std::size_t n = v.points.size();
    if (n < 8) continue;
    const std::vector<double> reference = reference_diameters(v);
    const auto percent = [&](std::size_t i) { return 100.0 * (1.0 - 2 * v.radius[i] / reference[i]); };
    for (std::size_t i = 0; i < n;) {
      if (percent(i) < least_percent) {
        ++i;
        continue;
      }
      std::size_t first = i, last = i, throat = i;
      while (last + 1 < n && percent(last + 1) > 10.0) ++last;
      while (first > 0 && percent(first - 1) > 10.0) --first;
      for (std::size_t k = first; k <= last; ++k)
        if (percent(k) > percent(throat)) throat = k;
      const bool open = first == 0 || last + 1 == n;
      i = last + 1;
      const double length_in_diameters = (v.arc[last] - v.arc[first]) / reference[throat];
      const double at_end = first == 0 && last + 1 == n ? std::min(percent(0), percent(n - 1)) : percent(first == 0 ? 0 : n - 1);
      if (open && (length_in_diameters > 5.0 || (length_in_diameters > 1.5 && at_end > 0.8 * percent(throat)))) continue;
      Stenosis s;
      s.branch = static_cast<int>(b);
      s.start_mm = v.arc[first];
      s.end_mm = v.arc[last];
      s.throat_mm = v.arc[throat];
      s.min_diameter_mm = 2 * v.radius[throat];
      s.reference_diameter_mm = reference[throat];
      s.diameter_percent = percent(throat);
      s.area_percent = 100.0 * (1.0 - std::pow(s.min_diameter_mm / s.reference_diameter_mm, 2));
      found.push_back(s);
    }
  }
  return found;
}

std::vector<Bifurcation> find_bifurcations(const VesselNetwork& network) {
  std::vector<Bifurcation> out;
  for (std::size_t b = 0; b < network.branches.size(); ++b) {
    const VesselBranch& v = network.branches[b];
    if (v.children.size() < 2 || v.points.size() < 2) continue;
    Bifurcation f;
    f.parent = static_cast<int>(b);
    f.children = v.children;
    f.position = v.points.back();
    // Beyond the junction's own bulge: a parent diameter away, at most half of the branch.
    const double reach = 2 * v.radius.back();
    f.parent_diameter_mm = 2 * network.radius_at(f.parent, std::max(0.5 * v.length(), v.length() - reach));
    std::vector<Vec3> away;
    for (int c : v.children) {
      const VesselBranch& w = network.branches[static_cast<std::size_t>(c)];
      const double at = std::min(0.5 * w.length(), reach);
      f.child_diameters_mm.push_back(2 * network.radius_at(c, at));
      away.push_back((network.point_at(c, std::min(0.8 * w.length(), 2 * reach)) - f.position).normalized());
    }
    for (std::size_t i = 0; i < away.size(); ++i)
      for (std::size_t j = i + 1; j < away.size(); ++j)
        f.angle_deg = std::max(f.angle_deg, std::acos(std::clamp(away[i].dot(away[j]), -1.0, 1.0)) * 180.0 / 3.14159265358979323846);
    out.push_back(std::move(f));
  }
  return out;
}

}  // namespace ot::core
