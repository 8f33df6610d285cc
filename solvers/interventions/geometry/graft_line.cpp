// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/graft_line.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "solvers/core/triangle.hpp"
#include "solvers/interventions/geometry/lumen_shape.hpp"
#include "solvers/interventions/geometry/wall_surface.hpp"

namespace ot::interventions {
namespace {

using core::Vec3;

constexpr double rise = std::numbers::pi / 4;      // angle of the anastomosis, header
constexpr double mouth_share = 0.85;               // of the ball that fits: the lumen is not round and the mouth must stay inside it
constexpr double gap_mm = 0.5;                     // between two lumina: two walls of a small artery
constexpr int sides = 24;                          // directions that are tried
constexpr double handles[] = {0.4, 0.5, 0.65, 0.85, 1.1, 1.5};   // of the straight distance: low to high arcs
constexpr double least_bend = 1.5;                 // radius of curvature over that of the graft: below it a tube kinks

// The stretches of the native way from the first station to the second one, from the second upwards; empty when it is not downstream.
struct Stretch {
  int branch = 0;
  double from_mm = 0, to_mm = 0;
};
std::vector<Stretch> native_way(const core::VesselNetwork& network, const GraftEnds& ends) {
  std::vector<Stretch> way;
  int b = ends.to_branch;
  double end = ends.to_mm;
  for (std::size_t guard = 0; guard <= network.branches.size() && b >= 0; ++guard) {
    if (b == ends.from_branch) {
      if (!(end > ends.from_mm)) return {};
      way.push_back({b, ends.from_mm, end});
      return way;
    }
    way.push_back({b, 0, end});
    b = network.branches[std::size_t(b)].parent;
    if (b >= 0) end = network.branches[std::size_t(b)].length();
  }
  return {};
}

// Distance of x from the axis of a branch less the radius there.
double outside_of(const core::VesselBranch& branch, const Vec3& x, double& axis) {
  double best = std::numeric_limits<double>::infinity();
  axis = best;
  for (std::size_t i = 0; i + 1 < branch.points.size(); ++i) {
    const Vec3 d = branch.points[i + 1] - branch.points[i];
    const double length2 = d.squaredNorm(), share = length2 > 0 ? std::clamp(d.dot(x - branch.points[i]) / length2, 0.0, 1.0) : 0.0;
    const double distance = (x - branch.points[i] - share * d).norm();
    if (distance >= axis) continue;
    axis = distance;
    best = distance - (branch.radius[i] + share * (branch.radius[i + 1] - branch.radius[i]));
  }
  return best;
}

double ball_at(const core::SurfaceMesh& lumen, const Vec3& x) {
  double least = std::numeric_limits<double>::infinity();
  for (const core::Triangle& t : lumen.triangles) {
    const Vec3 &a = lumen.points[std::size_t(t[0])], &b = lumen.points[std::size_t(t[1])], &c = lumen.points[std::size_t(t[2])];
    const double bound = (a - x).norm() - std::sqrt(std::max((b - a).squaredNorm(), (c - a).squaredNorm()));
    if (bound < least) least = std::min(least, (core::closest_on_triangle(x, a, b, c) - x).norm());
  }
  return least;
}

struct Curve {
  Vec3 p[4];
  Vec3 at(double t) const {
    const double s = 1 - t;
    return s * s * s * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t * t * t * p[3];
  }
  double bend(double t) const {   // curvature, 1/mm
    const double s = 1 - t;
    const Vec3 d = 3 * (s * s * (p[1] - p[0]) + 2 * s * t * (p[2] - p[1]) + t * t * (p[3] - p[2]));
    const Vec3 dd = 6 * (s * (p[2] - 2 * p[1] + p[0]) + t * (p[3] - 2 * p[2] + p[1]));
    const double n = d.norm();
    return n > 0 ? d.cross(dd).norm() / (n * n * n) : std::numeric_limits<double>::infinity();
  }
};

std::optional<Vec3> lifted(const Vec3& along, const Vec3& side) {
  const Vec3 across = side - side.dot(along) * along;
  if (across.norm() < 0.3) return std::nullopt;   // that side lies along the host: nothing to lift to
  return Vec3(std::cos(rise) * along + std::sin(rise) * across.normalized());
}

// Room between the middle of the graft and the vessel, mm; negative when it touches anything but its hosts at its ends.
double room(const core::VesselNetwork& network, const GraftEnds& ends, const Curve& curve, double radius, const std::vector<const core::VesselNetwork*>& beside) {
  constexpr int samples = 60;
  double least = std::numeric_limits<double>::infinity(), axis = 0;
  std::vector<Vec3> x(samples + 1);
  std::vector<double> from(samples + 1), to(samples + 1);
  for (int k = 0; k <= samples; ++k) {
    x[std::size_t(k)] = curve.at(double(k) / samples);
    from[std::size_t(k)] = outside_of(network.branches[std::size_t(ends.from_branch)], x[std::size_t(k)], axis);
    to[std::size_t(k)] = outside_of(network.branches[std::size_t(ends.to_branch)], x[std::size_t(k)], axis);
  }
  // The graft lies against its host until it has risen by its own radius; there only other branches count.
  int free_from = 0, free_to = samples;
  while (free_from <= samples && from[std::size_t(free_from)] < radius + gap_mm) ++free_from;
  while (free_to >= 0 && to[std::size_t(free_to)] < radius + gap_mm) --free_to;
  if (free_from >= free_to) return -radius;   // never clear of the host
  for (int k = 0; k <= samples; ++k)
    for (std::size_t b = 0; b < network.branches.size(); ++b) {
      const bool at_host = (int(b) == ends.from_branch && k < free_from) || (int(b) == ends.to_branch && k > free_to);
      const bool inside = (k < free_from && from[std::size_t(k)] < 0) || (k > free_to && to[std::size_t(k)] < 0);
      if (at_host || inside || network.branches[b].points.size() < 2) continue;
      const double d = int(b) == ends.from_branch ? from[std::size_t(k)] : int(b) == ends.to_branch ? to[std::size_t(k)] : outside_of(network.branches[b], x[std::size_t(k)], axis);
      if (d < radius + gap_mm) return d - radius - gap_mm;
      if (k >= samples / 4 && k <= 3 * samples / 4) least = std::min(least, d - radius - gap_mm);
    }
  for (int k = free_from; k <= free_to; ++k)
    for (const core::VesselNetwork* other : beside)
      for (const core::VesselBranch& b : other->branches) {
        if (b.points.size() < 2) continue;
        const double d = outside_of(b, x[std::size_t(k)], axis);
        if (d < radius + gap_mm) return d - radius - gap_mm;
        if (k >= samples / 4 && k <= 3 * samples / 4) least = std::min(least, d - radius - gap_mm);
      }
  return least;
}

}  // namespace

std::vector<core::Stenosis> bypassed_lesions(const core::VesselNetwork& network, const GraftEnds& ends) {
  std::vector<core::Stenosis> found;
  const auto way = native_way(network, ends);
  for (const core::Stenosis& s : core::find_stenoses(network))
    for (const Stretch& part : way)
      if (part.branch == s.branch && s.throat_mm > part.from_mm && s.throat_mm < part.to_mm) found.push_back(s);
  return found;
}

core::Result<hemo::Graft> plan_graft(const twin::TwinModel& model, const twin::InterventionSpec& spec, const core::VesselNetwork& network, const core::SurfaceMesh& lumen) {
  std::vector<const core::VesselNetwork*> beside;
  for (const auto& other : model.vessels)
    if (other->key != spec.placement.vessel && other->network) beside.push_back(other->network.get());
  return plan_graft(network, lumen, {spec.placement.branch, spec.placement.to_branch, spec.placement.start_mm, spec.placement.to_mm}, spec.params.number("diameter_mm"), beside);
}

core::Result<hemo::Graft> plan_graft(const core::VesselNetwork& network, const core::SurfaceMesh& lumen, const GraftEnds& ends, double diameter, const std::vector<const core::VesselNetwork*>& beside) {
  using core::bad_input;
  if (native_way(network, ends).empty())
    return bad_input("The graft does not end downstream of where it begins (it would lead the blood in a circle). Begin it above the lesion and end it beyond.");
  const double r = 0.5 * diameter;
  struct Mouth {
    const char* name;
    int branch;
    double arc, radius, outer;   // of the whole mouth
  };
  Mouth mouths[2] = {{"begins", ends.from_branch, ends.from_mm, 0, 0}, {"ends", ends.to_branch, ends.to_mm, 0, 0}};
  const auto lesions = core::find_stenoses(network);
  for (int m = 0; m < 2; ++m) {
    Mouth& mouth = mouths[m];
    const double length = network.branches[std::size_t(mouth.branch)].length(), host = network.radius_at(mouth.branch, mouth.arc);
    for (const core::Stenosis& s : lesions)
      if (s.branch == mouth.branch && mouth.arc > s.start_mm && mouth.arc < s.end_mm)
        return bad_input(fmt::format("The graft {} in the narrowing from {:.1f} to {:.1f} mm (it cannot be sewn there). Choose a healthy place.", mouth.name, s.start_mm, s.end_mm));
    if (r > host * (1 + 1e-9))
      return bad_input(fmt::format("A graft of {:.1f} mm is wider than the vessel of {:.1f} mm where it {} (it cannot be joined to its side). Choose at most {:.1f} mm.", diameter, 2 * host, mouth.name, 2 * host));
    // The axis crosses the wall one host radius further on (45 degrees); the hole reaches a diameter over sin 45 about that.
    const double ahead = host + r / std::sin(rise) + gap_mm, behind = r * std::sin(rise) + gap_mm;
    const double before = m == 0 ? behind : ahead, after = m == 0 ? ahead : behind;
    if (mouth.arc < before || mouth.arc + after > length)
      return bad_input(fmt::format("The graft {} {:.1f} mm from an end or fork of the vessel (its mouth needs {:.1f} mm before and {:.1f} mm behind). Choose a place between {:.1f} and {:.1f} mm of this branch.", mouth.name,
                                   std::min(mouth.arc, length - mouth.arc), before, after, before, std::max(before, length - after)));
    mouth.radius = std::min(r, mouth_share * ball_at(lumen, network.point_at(mouth.branch, mouth.arc)));
  }
  const Vec3 a = network.point_at(ends.from_branch, ends.from_mm), b = network.point_at(ends.to_branch, ends.to_mm);
  const Vec3 ta = network.tangent_at(ends.from_branch, ends.from_mm), tb = network.tangent_at(ends.to_branch, ends.to_mm);
  const double straight = (b - a).norm();
  if (!(straight > 2 * (mouths[0].radius + mouths[1].radius)))
    return bad_input(fmt::format("The graft's ends are only {:.1f} mm apart (its two mouths would be one). Move them apart.", straight));
  const Vec3 chord = (b - a) / straight;
  const Vec3 axis = std::abs(chord.x()) <= std::abs(chord.y()) && std::abs(chord.x()) <= std::abs(chord.z()) ? Vec3(1, 0, 0) : std::abs(chord.y()) <= std::abs(chord.z()) ? Vec3(0, 1, 0) : Vec3(0, 0, 1);
  const Vec3 e1 = chord.cross(axis).normalized(), e2 = chord.cross(e1);
  std::optional<Curve> found;
  for (double handle : handles) {
    double best = 0;
    for (int k = 0; k < sides; ++k) {
      const double angle = 2 * std::numbers::pi * k / sides;
      const Vec3 side = std::cos(angle) * e1 + std::sin(angle) * e2;
      const auto up = lifted(ta, side), down = lifted(Vec3(-tb), side);
      if (!up || !down) continue;
      const Curve curve{{a, a + handle * straight * *up, b + handle * straight * *down, b}};
      double bend = 0;
      for (int t = 0; t <= 40; ++t) bend = std::max(bend, curve.bend(t / 40.0));
      if (bend * r * least_bend > 1) continue;
      if (const double clear = room(network, ends, curve, r, beside); clear > best) best = clear, found = curve;
    }
    if (found) break;
  }
  if (!found)
    return bad_input("No free way was found for the graft (on every side it would run through the vessel, another branch or another vessel, or kink). Move its ends or choose a thinner graft.");

  hemo::Graft g;
  g.from_branch = ends.from_branch, g.to_branch = ends.to_branch, g.from_mm = ends.from_mm, g.to_mm = ends.to_mm;
  // Even spacing of half a radius: the rings of its wall and the steps of the network's march.
  constexpr int fine = 2000;
  std::vector<double> arc(fine + 1, 0.0);
  for (int k = 1; k <= fine; ++k) arc[std::size_t(k)] = arc[std::size_t(k) - 1] + (found->at(double(k) / fine) - found->at(double(k - 1) / fine)).norm();
  const double length = arc.back();
  const int steps = std::clamp(int(std::ceil(length / (0.5 * r))), 12, 400);
  const auto at_arc = [&](double s) {
    const auto k = std::clamp<std::size_t>(std::size_t(std::lower_bound(arc.begin(), arc.end(), s) - arc.begin()), 1, fine);
    return found->at((double(k - 1) + (s - arc[k - 1]) / (arc[k] - arc[k - 1])) / fine);
  };
  const auto leaves = [&](int branch, bool backwards) {   // arc at which the axis crosses the host's wall
    double axis_distance = 0;
    for (int k = 0; k <= fine; ++k) {
      const double s = length * (backwards ? fine - k : k) / fine;
      if (outside_of(network.branches[std::size_t(branch)], at_arc(s), axis_distance) >= 0) return s;
    }
    return backwards ? 0.0 : length;
  };
  g.free_from_mm = leaves(ends.from_branch, false);
  g.free_to_mm = leaves(ends.to_branch, true);
  g.line.name = "graft";
  for (int k = 0; k <= steps; ++k) {
    const double s = length * k / steps;
    g.line.points.push_back(k == 0 ? a : k == steps ? b : at_arc(s));
    g.line.arc.push_back(s);
    // Full width two radii behind the host's wall.
    const double w0 = smooth_step((s - g.free_from_mm) / (2 * r)), w1 = smooth_step((g.free_to_mm - s) / (2 * r));
    g.line.radius.push_back(std::min(mouths[0].radius + w0 * (r - mouths[0].radius), mouths[1].radius + w1 * (r - mouths[1].radius)));
  }
  return g;
}

}  // namespace ot::interventions
