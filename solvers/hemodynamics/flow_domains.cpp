// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_domains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "solvers/core/contracts.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

constexpr double most_tets = 8e6;  // about 7 GB in the solver
using Plane = std::vector<std::array<Index, 3>>;

// Three tets in the prism over triangle t between the layers that begin at node `low` and `high`.
void add_prism(core::TetMesh& m, std::array<Index, 3> t, Index low, Index high, bool even) {
  if (even) std::sort(t.begin(), t.end());
  else std::sort(t.begin(), t.end(), std::greater<>());
  const auto [a, b, c] = t;
  for (core::Tet e : {core::Tet{low + a, low + b, low + c, high + c}, core::Tet{low + a, low + b, high + b, high + c}, core::Tet{low + a, high + a, high + b, high + c}}) {
    const auto& x = m.nodes;
    if (core::tet_volume(x[std::size_t(e[0])], x[std::size_t(e[1])], x[std::size_t(e[2])], x[std::size_t(e[3])]) < 0) std::swap(e[2], e[3]);
    m.tets.push_back(e);
  }
}

// Ring r of the disc has 6 r points.
int ring_point(int ring, int k) { return ring == 0 ? 0 : 1 + 3 * ring * (ring - 1) + ((k % (6 * ring)) + 6 * ring) % (6 * ring); }

Plane disc_triangles(int rings) {
  Plane t;
  for (int r = 1; r <= rings; ++r)
    for (int sextant = 0; sextant < 6; ++sextant)
      for (int k = 0; k < r; ++k) {
        const int o = sextant * r + k, i = sextant * (r - 1) + k;
        t.push_back({Index(ring_point(r - 1, i)), Index(ring_point(r, o)), Index(ring_point(r, o + 1))});
        if (k + 1 < r) t.push_back({Index(ring_point(r - 1, i)), Index(ring_point(r, o + 1)), Index(ring_point(r - 1, i + 1))});
      }
  return t;
}

// Ring radii 0..1 whose last cell is `grading` times the mean one: a geometric series towards the wall.
std::vector<double> graded(int rings, double grading) {
  double low = 0.2, high = 1.0;  // quotient of neighbours
  const auto last = [&](double q) {
    double sum = 0;
    for (int k = 0; k < rings; ++k) sum += std::pow(q, k);
    return std::pow(q, rings - 1) / sum * rings;
  };
  for (int round = 0; round < 80; ++round) {
    const double q = 0.5 * (low + high);
    (last(q) > grading ? high : low) = q;
  }
  std::vector<double> r(std::size_t(rings) + 1, 0.0);
  for (int k = 0; k < rings; ++k) r[std::size_t(k) + 1] = r[std::size_t(k)] + std::pow(high, k);
  for (double& v : r) v /= r.back();
  return r;
}

// A stretch of the profile between two steps.
struct Stretch {
  std::vector<std::pair<double, double>> points;
  int rings = 0;
  // Rings that belong to the narrow side of the step at either end, 0 = none; and its radius.
  int first_inner = 0, last_inner = 0;
  double first_radius = 0, last_radius = 0;
  double radius(double z) const {
    for (std::size_t k = 1; k < points.size(); ++k)
      if (z <= points[k].first) {
        const auto [z0, r0] = points[k - 1];
        const auto [z1, r1] = points[k];
        return r0 + (r1 - r0) * (z - z0) / (z1 - z0);
      }
    return points.back().second;
  }
};

double ratio_at(const Revolution& shape, double z) {
  const auto& at = shape.axial_ratio_at;
  if (at.empty()) return shape.axial_ratio;
  if (z <= at.front().first) return at.front().second;
  for (std::size_t k = 1; k < at.size(); ++k)
    if (z < at[k].first) return at[k - 1].second + (at[k].second - at[k - 1].second) * (z - at[k - 1].first) / (at[k].first - at[k - 1].first);
  return at.back().second;
}

std::vector<double> ring_radii(const Stretch& s, double z, double grading) {
  const double radius = s.radius(z);
  const std::vector<double> plain = graded(s.rings, grading);
  const auto split = [&](int inner, double at) {
    if (inner <= 0 || inner >= s.rings) {
      std::vector<double> r = plain;
      for (double& v : r) v *= radius;
      return r;
    }
    std::vector<double> r = graded(inner, grading);
    for (double& v : r) v *= at;
    // Outside: first cell like the last mean one inside, then growing by a constant quotient.
    const int n = s.rings - inner;
    const double span = radius - at, first = std::min(at / inner, span / n);
    double low = 1.0, high = 3.0;
    for (int round = 0; round < 80; ++round) {
      const double q = 0.5 * (low + high);
      double sum = 0;
      for (int k = 0; k < n; ++k) sum += first * std::pow(q, k);
      (sum > span ? high : low) = q;
    }
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += std::pow(low, k);
    for (int k = 0; k < n; ++k) r.push_back(r.back() + span * std::pow(low, k) / sum);
    return r;
  };
  const double z0 = s.points.front().first, z1 = s.points.back().first, w = z1 > z0 ? (z - z0) / (z1 - z0) : 0.0;
  if (s.first_inner > 0 && s.last_inner > 0) {
    std::vector<double> a = split(s.first_inner, s.first_radius * radius / s.radius(z0)), b = split(s.last_inner, s.last_radius * radius / s.radius(z1));
    for (std::size_t k = 0; k < a.size(); ++k) a[k] += w * (b[k] - a[k]);
    return a;
  }
  if (s.first_inner > 0) return split(s.first_inner, s.first_radius * radius / s.radius(z0));
  if (s.last_inner > 0) return split(s.last_inner, s.last_radius * radius / s.radius(z1));
  return split(0, 0);
}

}  // namespace

core::Result<RevolutionMesh> revolution_mesh(const Revolution& shape) {
  const auto& profile = shape.profile;
  if (profile.size() < 2) return core::bad_input("The profile has fewer than two points (it encloses no lumen). Give [z, r] from the inlet to the outlet.");
  double narrow = INFINITY;
  for (std::size_t k = 0; k < profile.size(); ++k) {
    if (!(profile[k].second > 0) || !std::isfinite(profile[k].second) || !std::isfinite(profile[k].first))
      return core::bad_input(fmt::format("Point {} of the profile has a radius of {} mm (no blood can pass). Give positive radii.", k, profile[k].second));
    if (k > 0 && profile[k].first < profile[k - 1].first)
      return core::bad_input(fmt::format("The profile goes back at point {} (the lumen would cut itself). Let z rise from the inlet to the outlet.", k));
    narrow = std::min(narrow, profile[k].second);
  }
  if (profile[0].first == profile[1].first || profile[profile.size() - 2].first == profile.back().first)
    return core::bad_input("The profile has a step at its very end (the cap would have no vessel). Lengthen it by a diameter.");
  if (!(shape.edge_mm > 0) || shape.edge_mm > narrow)
    return core::bad_input(fmt::format("An edge of {} mm does not fit a lumen of {} mm radius (no cell lies off the wall). Use {:.3g} mm or less.", shape.edge_mm, narrow, narrow / 6));
  for (std::size_t k = 0; k < shape.axial_ratio_at.size(); ++k)
    if (!(shape.axial_ratio_at[k].second >= 0.2 && shape.axial_ratio_at[k].second <= 10) || (k > 0 && !(shape.axial_ratio_at[k].first > shape.axial_ratio_at[k - 1].first)))
      return core::bad_input("The axial ratios along the profile must lie in 0.2 to 10 and their z must rise (cells would be too flat or have no place). Correct them.");
  if (!(shape.axial_ratio >= 0.2 && shape.axial_ratio <= 10) || !(shape.wall_grading >= 0.05 && shape.wall_grading <= 1) || !(shape.expanded_edge_ratio >= 1 && shape.expanded_edge_ratio <= 10))
    return core::bad_input("The axial ratio must lie in 0.2 to 10, the wall grading in 0.05 to 1 and the edge ratio behind a step in 1 to 10 (cells would be too flat). Use 1, 1 and 1.");

  std::vector<Stretch> stretches(1);
  for (std::size_t k = 0; k < profile.size(); ++k) {
    if (k > 0 && profile[k].first == profile[k - 1].first) {
      if (profile[k].second == profile[k - 1].second) continue;
      stretches.emplace_back();
    }
    stretches.back().points.push_back(profile[k]);
  }
  for (const Stretch& s : stretches)
    if (s.points.size() < 2) return core::bad_input("The profile has two steps at one place (the lumen has no length between them). Keep one.");
  // Rings: the narrowest stretch has radius / edge; a wider neighbour keeps them inside and adds its own outside.
  std::size_t least = 0;
  for (std::size_t k = 0; k < stretches.size(); ++k) {
    double r = INFINITY, best = INFINITY;
    for (const auto& p : stretches[k].points) r = std::min(r, p.second);
    for (const auto& p : stretches[least].points) best = std::min(best, p.second);
    if (r < best) least = k;
  }
  stretches[least].rings = std::max(2, int(std::lround(narrow / shape.edge_mm)));
  const auto across = [&](Stretch& from, Stretch& to, bool forward) -> bool {
    const double r_from = forward ? from.points.back().second : from.points.front().second;
    const double r_to = forward ? to.points.front().second : to.points.back().second;
    if (r_to > r_from) {
      const double edge = r_from / from.rings;
      const double mean = edge * 0.5 * (1 + shape.expanded_edge_ratio);
      to.rings = from.rings + std::max(1, int(std::lround((r_to - r_from) / mean)));
      (forward ? to.first_inner : to.last_inner) = from.rings;
      (forward ? to.first_radius : to.last_radius) = r_from;
    } else {
      to.rings = std::max(1, int(std::lround(from.rings * r_to / r_from)));
      if (to.rings >= from.rings) to.rings = from.rings - 1;
      (forward ? from.last_inner : from.first_inner) = to.rings;
      (forward ? from.last_radius : from.first_radius) = r_to;
    }
    return to.rings >= 2;
  };
  bool fits = true;
  for (std::size_t k = least; k + 1 < stretches.size(); ++k) fits = across(stretches[k], stretches[k + 1], true) && fits;
  for (std::size_t k = least; k > 0; --k) fits = across(stretches[k], stretches[k - 1], false) && fits;
  if (!fits) return core::bad_input("The edge is too long for the steps of this profile (a part would be one cell wide). Use a shorter edge.");

  // Layers.
  struct Layer {
    double z;
    const Stretch* below;  // the layer's cells lie between this plane and the one before, in this stretch
  };
  std::vector<Layer> layers{{stretches.front().points.front().first, nullptr}};
  double tets = 0;
  for (const Stretch& s : stretches) {
    const double z0 = s.points.front().first, z1 = s.points.back().first;
    const int inner = std::max(s.first_inner, s.last_inner);
    const int fine = 2000;
    std::vector<double> count(fine + 1, 0.0);
    for (int k = 0; k < fine; ++k) {
      const double z = z0 + (z1 - z0) * (k + 0.5) / fine, r = s.radius(z);
      double edge = r / s.rings;
      if (inner > 0) edge = std::min(edge, (s.first_inner > 0 ? s.first_radius : s.last_radius) / inner);
      count[std::size_t(k) + 1] = count[std::size_t(k)] + (z1 - z0) / fine / (edge * ratio_at(shape, z));
    }
    const int n = std::max(2, int(std::lround(count[fine])));
    tets += 18.0 * s.rings * s.rings * n;
    if (tets > most_tets)
      return core::bad_input(fmt::format("An edge of {} mm makes more than {:.0f} million tetrahedra (more than this solver takes). Use a longer edge or a larger axial ratio.", shape.edge_mm, most_tets / 1e6));
    for (int l = 1, k = 0; l <= n; ++l) {
      const double want = count[fine] * l / n;
      while (k < fine - 1 && count[std::size_t(k) + 1] < want) ++k;
      const double z = l == n ? z1 : z0 + (z1 - z0) * (k + (want - count[std::size_t(k)]) / (count[std::size_t(k) + 1] - count[std::size_t(k)])) / fine;
      layers.push_back({z, &s});
    }
  }

  RevolutionMesh out;
  core::TetMesh& m = out.mesh;
  m.patch_names = {{domain_inlet, "inlet"}, {domain_outlet, "outlet 1"}, {domain_wall, "wall"}};
  m.region_names = {{1, "lumen"}};
  std::vector<Index> begin;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Stretch* below = layers[l].below;
    const Stretch* above = l + 1 < layers.size() ? layers[l + 1].below : below;
    const Stretch& s = !below ? *above : above->rings > below->rings ? *above : *below;
    const std::vector<double> r = ring_radii(s, layers[l].z, shape.wall_grading);
    begin.push_back(Index(m.nodes.size()));
    m.nodes.push_back(Vec3(0, 0, layers[l].z));
    for (int k = 1; k <= s.rings; ++k) {
      const double part = std::numbers::pi / (3.0 * k), equal_area = std::sqrt(part / std::sin(part));
      for (int j = 0; j < 6 * k; ++j) m.nodes.push_back(Vec3(r[std::size_t(k)] * equal_area * std::cos(part * j), r[std::size_t(k)] * equal_area * std::sin(part * j), layers[l].z));
    }
  }
  std::map<int, Plane> planes;
  for (std::size_t l = 1; l < layers.size(); ++l) {
    const int rings = layers[l].below->rings;
    auto at = planes.find(rings);
    if (at == planes.end()) at = planes.emplace(rings, disc_triangles(rings)).first;
    for (const auto& t : at->second) add_prism(m, t, begin[l - 1], begin[l], l % 2 == 0);
  }
  m.region.assign(m.tets.size(), 1);
  m.boundary = core::find_boundary(m.tets);
  const Index first_end = begin[1], last_begin = begin.back();
  for (core::BoundaryFace& f : m.boundary) {
    bool bottom = true, top = true;
    for (Index v : f.nodes) bottom &= v < first_end, top &= v >= last_begin;
    f.patch = bottom ? domain_inlet : top ? domain_outlet : domain_wall;
  }

  core::VesselBranch b;
  b.name = "axis";
  b.outlet_patch = domain_outlet;
  const double z0 = layers.front().z, z1 = layers.back().z;
  const int steps = std::clamp(int(std::lround(4 * (z1 - z0) / narrow)), 8, 2000);
  const auto radius_at = [&](double z) {
    for (const Stretch& s : stretches)
      if (z <= s.points.back().first) return s.radius(z);
    return stretches.back().points.back().second;
  };
  for (int k = 0; k <= steps; ++k) {
    const double z = z0 + (z1 - z0) * k / steps;
    b.points.push_back(Vec3(0, 0, z));
    b.arc.push_back(z - z0);
    b.radius.push_back(radius_at(z));
  }
  out.network.branches.push_back(std::move(b));
  out.network.inlet_patch = domain_inlet;
  return out;
}

core::Result<core::TetMesh> cylinder_channel_mesh(const CylinderChannel& c) {
  const double radius = c.diameter_mm / 2;
  if (!(c.length_mm > 0 && c.height_mm > 0 && c.depth_mm > 0 && c.diameter_mm > 0) || c.around_quarter < 4 || c.around_quarter > 200 || c.layers < 4 || c.layers > 200)
    return core::bad_input("The channel needs positive sizes, 4 to 200 cells on a quarter of the cylinder and 4 to 200 layers (it cannot be meshed). Correct them.");
  // The cylinder sits in a block of the channel's whole height.
  const double above = c.height_mm - c.y_mm, half = std::min(std::min(c.y_mm, above), std::min(c.x_mm, c.length_mm - c.x_mm));
  if (half < 1.2 * radius)
    return core::bad_input("The cylinder touches or nearly touches a wall of the channel (cells beside it would collapse). Leave at least a fifth of its radius free.");
  const double before = std::min(c.x_mm, 0.5 * c.height_mm), behind = std::min(c.length_mm - c.x_mm, 0.5 * c.height_mm);
  const int m = c.around_quarter;
  std::vector<std::array<double, 2>> points;
  std::vector<std::uint8_t> on_cylinder;
  Plane triangles;
  std::map<std::pair<long, long>, Index> known;  // points on a grid of 1e-7 of the height
  const double grid = 1e-7 * c.height_mm;
  const auto point = [&](double x, double y, bool rim) {
    const std::pair<long, long> key{std::lround(x / grid), std::lround(y / grid)};
    const auto [at, fresh] = known.try_emplace(key, Index(points.size()));
    if (fresh) points.push_back({x, y}), on_cylinder.push_back(rim);
    return at->second;
  };
  const auto quad = [&](Index a, Index b, Index q, Index d, bool turn) {
    if (turn) triangles.push_back({a, b, q}), triangles.push_back({a, q, d});
    else triangles.push_back({a, b, d}), triangles.push_back({b, q, d});
  };
  // Ring of the block: spokes from the circle to the square's border, m per side.
  const double x0 = c.x_mm - before, x1 = c.x_mm + behind;
  const double side = c.height_mm / m;           // cell on the block's border
  const double rim = std::numbers::pi * radius / (2 * m);
  const double gap = 0.25 * (before + behind + c.height_mm) - radius;
  int rings = 2;
  double quotient = 1;
  for (; rings < 400; ++rings) {                  // smallest number of rings whose outermost cell is no longer than a side cell
    double low = 1.0, high = 2.0;
    for (int round = 0; round < 60; ++round) {
      const double q = 0.5 * (low + high);
      double sum = 0;
      for (int k = 0; k < rings; ++k) sum += rim * std::pow(q, k);
      (sum > gap ? high : low) = q;
    }
    quotient = low;
    if (rim * std::pow(quotient, rings - 1) <= side && quotient < 1.13) break;  // growth per cell: flow-numerics.md, part b
  }
  std::vector<double> share(std::size_t(rings) + 1, 0.0);
  for (int k = 0; k < rings; ++k) share[std::size_t(k) + 1] = share[std::size_t(k)] + std::pow(quotient, k);
  for (double& v : share) v /= share.back();
  const int spokes = 4 * m;
  const auto border = [&](int k) -> std::array<double, 2> {  // counter-clockwise from the lower right corner
    const int edge = (k / m) % 4;
    const double s = double(k % m) / m;
    switch (edge) {
      case 0: return {x1, s * c.height_mm};
      case 1: return {x1 + (x0 - x1) * s, c.height_mm};
      case 2: return {x0, c.height_mm * (1 - s)};
      default: return {x0 + (x1 - x0) * s, 0.0};
    }
  };
  const auto spoke = [&](int k, int ring) {
    const double angle = -std::numbers::pi / 4 + 2 * std::numbers::pi * k / spokes, part = std::numbers::pi / spokes;
    const double equal_area = std::sqrt(part / std::sin(part) / std::cos(part));
    const std::array<double, 2> b = border(k);
    const double cx = c.x_mm + radius * equal_area * std::cos(angle), cy = c.y_mm + radius * equal_area * std::sin(angle), s = share[std::size_t(ring)];
    return point(cx + s * (b[0] - cx), cy + s * (b[1] - cy), ring == 0);
  };
  for (int k = 0; k < spokes; ++k)
    for (int r = 0; r < rings; ++r) quad(spoke(k, r), spoke(k, r + 1), spoke((k + 1) % spokes, r + 1), spoke((k + 1) % spokes, r), (k + r) % 2 == 0);
  // Upstream and downstream: columns that grow away from the block.
  const auto columns = [&](double from, double to, double growth) {
    const double length = std::abs(to - from);
    if (length < 1e-9 * c.length_mm) return;
    std::vector<double> x{0};
    for (double step = side; x.back() < length; step = std::min(step * growth, 4 * side)) x.push_back(x.back() + step);
    if (x.size() > 2 && x.back() - length > 0.5 * (x.back() - x[x.size() - 2])) x.pop_back();
    const double stretch = length / x.back();
    for (double& v : x) v = from + (to > from ? 1 : -1) * v * stretch;
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
      for (int j = 0; j < m; ++j) {
        const double ya = c.height_mm * j / m, yb = c.height_mm * (j + 1) / m;
        Index a = point(x[i], ya, false), b = point(x[i + 1], ya, false), q = point(x[i + 1], yb, false), d = point(x[i], yb, false);
        if (to < from) std::swap(a, b), std::swap(q, d);
        quad(a, b, q, d, (int(i) + j) % 2 == 0);
      }
  };
  columns(x1, c.length_mm, 1.05);
  columns(x0, 0, 1.05);
  if (3.0 * double(triangles.size()) * c.layers > most_tets)
    return core::bad_input(fmt::format("This channel needs more than {:.0f} million tetrahedra (more than this solver takes). Use fewer cells.", most_tets / 1e6));

  core::TetMesh mesh;
  mesh.patch_names = {{domain_inlet, "inlet"}, {domain_outlet, "outlet 1"}, {domain_wall, "wall"}, {domain_cylinder, "cylinder"}};
  mesh.region_names = {{1, "lumen"}};
  const Index per = Index(points.size());
  for (int l = 0; l <= c.layers; ++l) {
    // Closer at the walls: half cosine, half even.
    const double even = double(l) / c.layers, cosine = 0.5 * (1 - std::cos(std::numbers::pi * even)), z = c.depth_mm * 0.5 * (even + cosine);
    for (const auto& p : points) mesh.nodes.push_back(Vec3(p[0], p[1], z));
  }
  for (int l = 0; l < c.layers; ++l)
    for (const auto& t : triangles) add_prism(mesh, t, Index(l) * per, Index(l + 1) * per, l % 2 == 0);
  mesh.region.assign(mesh.tets.size(), 1);
  mesh.boundary = core::find_boundary(mesh.tets);
  const double eps = 1e-6 * c.height_mm;
  for (core::BoundaryFace& f : mesh.boundary) {
    bool in = true, out = true, cylinder = true;
    for (Index v : f.nodes) {
      in &= mesh.nodes[std::size_t(v)][0] < eps, out &= mesh.nodes[std::size_t(v)][0] > c.length_mm - eps;
      cylinder &= on_cylinder[std::size_t(v % per)] != 0;
    }
    // A face of the z-walls has all its nodes in one plane.
    const bool flat = f.nodes[0] / per == f.nodes[1] / per && f.nodes[1] / per == f.nodes[2] / per;
    f.patch = in ? domain_inlet : out ? domain_outlet : cylinder && !flat ? domain_cylinder : domain_wall;
  }
  return mesh;
}

}  // namespace ot::hemo
