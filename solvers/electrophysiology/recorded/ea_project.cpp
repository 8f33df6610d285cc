// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <queue>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"
#include "solvers/electrophysiology/recorded/surface_finder.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr float none = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t most_neighbours = 16;   // enough for a plane with noise; more only smooths

struct Neighbour {
  double distance;
  std::int32_t point;
};

// Beyond the outermost points a plane carries on by twice their spacing: of the places beside a straight rim of scattered points 0.2 % are farther from the nearest of them
// (exp(-2^2 pi / 2)), so a mapped rim is kept whole. Further out nothing was mapped.
constexpr double rim_spacings = 2.0;

// Distance of scattered points from each other, mm, where the k nearest lie on one side within `farthest`: k = density pi farthest^2 / 2.
double spacing_beside(double farthest, std::size_t k) { return farthest * std::sqrt(M_PI / (2.0 * double(k))); }

// All neighbours lie on one side of the node: it is outside of their hull.
bool outside_hull(std::vector<double> angles) {
  std::sort(angles.begin(), angles.end());
  double widest = angles.front() + 2 * M_PI - angles.back();
  for (std::size_t i = 1; i < angles.size(); ++i) widest = std::max(widest, angles[i] - angles[i - 1]);
  return widest >= M_PI;
}

// Value at `x` of the weighted plane through the neighbours' values in the plane of the surface there; not a number where the map does not reach. `may_leave`: beside the rim values may leave
// those of the neighbours (times do, voltages do not).
double plane_value(const Vec3& x, const Vec3& normal, const std::vector<Neighbour>& near, const std::vector<Vec3>& at, const std::vector<double>& value, bool may_leave) {
  // Weights fall to zero at the farthest neighbour; the nearest one always counts.
  const double reach = std::max(1.05 * near.back().distance, 1e-6);
  Vec3 u = normal.unitOrthogonal(), v = normal.cross(u);
  Eigen::Matrix3d a = Eigen::Matrix3d::Zero();
  Eigen::Vector3d b = Eigen::Vector3d::Zero();
  double lo = std::numeric_limits<double>::infinity(), hi = -lo, sum = 0, mean = 0;
  std::vector<double> angles;
  for (const auto& n : near) {
    const double q = n.distance / reach;
    // Inverse square near the node makes the surface pass through the points, the factor ends it smoothly.
    const double w = (1 - q) * (1 - q) / (q * q + 1e-4);
    const Vec3 d = at[std::size_t(n.point)] - x;
    // Laid out in the tangent plane; round a bend at the distance along the surface (paths along edges are up to 15 % too long, so that
    // up to 1.2 times the straight line counts as straight: a linear field on a flat piece is then met exactly).
    Eigen::Vector2d flat(d.dot(u), d.dot(v));
    const double length = flat.norm(), straight = d.norm();
    if (length > 1e-9) angles.push_back(std::atan2(flat[1], flat[0]));
    if (length > 1e-9) flat *= (n.distance > 1.2 * straight ? n.distance : straight) / length;
    const Eigen::Vector3d p(1, flat[0], flat[1]);
    const double y = value[std::size_t(n.point)];
    a += w * p * p.transpose();
    b += w * y * p;
    lo = std::min(lo, y), hi = std::max(hi, y);
    sum += w, mean += w * y;
  }
  mean /= sum;
  if (near.size() < 4) return mean;
  const bool outside = angles.size() == near.size() && outside_hull(angles);   // a point on the node itself: inside
  if (outside && near.front().distance > rim_spacings * spacing_beside(near.back().distance, near.size())) return none;
  // A slope is only taken where the neighbours span the plane; a small ridge (0.1 % of the spread) holds it otherwise.
  const double ridge = 1e-3 * (a(1, 1) + a(2, 2));
  a(1, 1) += ridge, a(2, 2) += ridge;
  const Eigen::LDLT<Eigen::Matrix3d> solver(a);
  const Eigen::Vector3d c = solver.solve(b);
  if (!c.allFinite()) return mean;
  return outside && may_leave ? c[0] : std::clamp(c[0], lo, hi);
}

}  // namespace

core::Result<EaOnHeart> project_map(const EaMap& map, const core::TetMesh& heart, EaQuantity quantity, const core::Progress& progress) {
  if (!(map.limit_mm > 0) || !(map.reach_mm > 0)) return core::bad_input("The projection limit and the reach of interpolation must be positive. 10 mm each are usual.");
  const SurfaceFinder finder(heart, map.surface);
  if (finder.empty()) return core::bad_input(fmt::format("The heart's mesh has no surface \"{}\" (the map has nothing to lie on). Choose endocardium_lv, endocardium_rv or epicardium.", map.surface));
  EaOnHeart out;
  const std::size_t np = map.points.size();
  out.on_surface.resize(np);
  out.distance_mm.resize(np);
  out.used.assign(np, 0);
  std::vector<int> triangle(np, -1);
  core::parallel_chunks(std::ptrdiff_t(np), 64, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      const auto c = finder.closest(map.registration.to_heart(map.points[std::size_t(i)].at));
      out.on_surface[std::size_t(i)] = c.at;
      out.distance_mm[std::size_t(i)] = float(c.distance);
      triangle[std::size_t(i)] = c.triangle;
    }
  });
  if (progress.cancelled()) return core::cancelled();
  std::vector<double> value(np);
  double sum = 0;
  for (std::size_t i = 0; i < np; ++i) {
    value[i] = value_of(map.points[i], quantity);
    if (!std::isfinite(value[i])) ++out.points_without_value;
    else if (out.distance_mm[i] > map.limit_mm) ++out.points_far;
    else {
      out.used[i] = 1;
      ++out.points_used;
      sum += out.distance_mm[i];
      out.max_distance_mm = std::max(out.max_distance_mm, double(out.distance_mm[i]));
    }
  }
  if (out.points_used == 0) {
    if (out.points_far == 0) return core::bad_input(fmt::format("No point of the map carries a {} value. Choose another quantity.", name_of(quantity)));
    return core::bad_input(fmt::format("All {} points with a {} value lie farther than {:g} mm from the surface (the map is not registered to this heart). Register it by landmarks first.", out.points_far, name_of(quantity), map.limit_mm));
  }
  out.mean_distance_mm = sum / out.points_used;
  progress.report(0.3, "laying the map on the heart");

  // From each point to the nodes around it, along the surface; a node keeps its nearest points. Serial per chunk of points and merged in
  // order, so that the bits do not depend on threads.
  std::vector<std::vector<Neighbour>> near(heart.nodes.size());
  // Neighbours may lie beyond the reach of coverage: twice as far for the plane, else a lone far point decides alone.
  const double search = 2 * map.reach_mm;
  constexpr std::size_t batch = 512;
  for (std::size_t from = 0; from < np; from += batch) {
    if (progress.cancelled()) return core::cancelled();
    const std::size_t to = std::min(np, from + batch);
    std::vector<std::vector<std::pair<double, Index>>> reached(to - from);
    core::parallel_chunks(std::ptrdiff_t(to - from), 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t i = b; i < e; ++i)
        if (out.used[from + std::size_t(i)]) finder.near_nodes(out.on_surface[from + std::size_t(i)], triangle[from + std::size_t(i)], search, reached[std::size_t(i)]);
    });
    for (std::size_t i = 0; i < to - from; ++i)
      for (const auto& [d, n] : reached[i]) {
        auto& list = near[std::size_t(n)];
        const Neighbour one{d, std::int32_t(from + i)};
        if (list.size() >= most_neighbours && !(d < list.back().distance)) continue;
        list.insert(std::upper_bound(list.begin(), list.end(), one, [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }), one);
        if (list.size() > most_neighbours) list.pop_back();
      }
    progress.report(0.3 + 0.5 * double(to) / double(np), "laying the map on the heart");
  }
  std::vector<Vec3> normal(heart.nodes.size(), Vec3::Zero());
  for (const auto& t : finder.triangles()) {
    const Vec3 n = (heart.nodes[t[1]] - heart.nodes[t[0]]).cross(heart.nodes[t[2]] - heart.nodes[t[0]]);
    for (Index k : t) normal[std::size_t(k)] += n;
  }
  out.value.assign(heart.nodes.size(), none);
  const auto& nodes = finder.nodes();
  core::parallel_chunks(std::ptrdiff_t(nodes.size()), 256, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      const std::size_t n = std::size_t(nodes[std::size_t(i)]);
      if (near[n].empty() || near[n].front().distance > map.reach_mm) continue;
      const double length = normal[n].norm();
      out.value[n] = float(plane_value(heart.nodes[n], length > 0 ? Vec3(normal[n] / length) : Vec3(0, 0, 1), near[n], out.on_surface, value, quantity == EaQuantity::lat));
    }
  });
  double covered = 0;
  for (const auto& t : finder.triangles()) {
    const double s = 0.5 * (heart.nodes[t[1]] - heart.nodes[t[0]]).cross(heart.nodes[t[2]] - heart.nodes[t[0]]).norm();
    int known = 0;
    for (Index k : t) known += std::isfinite(out.value[std::size_t(k)]);
    covered += s * known / 3.0;
  }
  out.coverage_percent = finder.area() > 0 ? 100 * covered / finder.area() : 0;
  progress.report(1, "map laid on the heart");
  return out;
}

core::Result<EaScar> scar_from_voltage(const EaOnHeart& voltage, const core::TetMesh& heart, const EaScarParams& p, const core::Progress& progress) {
  if (p.quantity == EaQuantity::lat) return core::wrong_usage("Scar is drawn from voltage, not from LAT. Choose bipolar or unipolar.");
  if (!(p.scar_below_mV > 0) || !(p.border_below_mV >= p.scar_below_mV)) return core::bad_input("The scar threshold must be positive and not above the border's. 0.5 and 1.5 mV are usual.");
  if (voltage.value.size() != heart.nodes.size()) return core::bad_input("The map was projected onto another mesh (it does not fit this one). Project it again.");
  // Voltage of the nearest covered surface node, by steps through the wall; uncovered surface ends it where it is nearer.
  std::vector<float> at(heart.nodes.size(), none);
  std::vector<double> distance(heart.nodes.size(), std::numeric_limits<double>::infinity());
  std::vector<std::vector<Index>> around(heart.nodes.size());
  for (const auto& t : heart.tets)
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b)
        if (a != b) around[std::size_t(t[std::size_t(a)])].push_back(t[std::size_t(b)]);
  using Entry = std::pair<double, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::size_t covered = 0;
  for (std::size_t n = 0; n < heart.nodes.size(); ++n)
    if (std::isfinite(voltage.value[n])) {
      at[n] = voltage.value[n];
      distance[n] = 0;
      open.emplace(0.0, Index(n));
      ++covered;
    }
  if (covered == 0) return core::bad_input("The map covers nothing of this heart (no tissue can be drawn from it). Register the map first.");
  // Through the wall: 25 mm exceeds any wall, yet stops the septum's far side from being reached around an edge of the map.
  const double deepest = p.depth_mm > 0 ? p.depth_mm : 25.0;
  std::size_t steps = 0;
  while (!open.empty()) {
    if (++steps % 65536 == 0 && progress.cancelled()) return core::cancelled();
    const auto [d, n] = open.top();
    open.pop();
    if (d > distance[std::size_t(n)]) continue;
    for (Index m : around[std::size_t(n)]) {
      const double e = d + (heart.nodes[m] - heart.nodes[n]).norm();
      if (e < distance[std::size_t(m)] && e <= deepest) {
        distance[std::size_t(m)] = e;
        at[std::size_t(m)] = at[std::size_t(n)];
        open.emplace(e, m);
      }
    }
  }
  auto mesh = std::make_shared<core::TetMesh>(heart);
  if (mesh->region.empty()) mesh->region.assign(mesh->tets.size(), 0);
  int scar = -1, border = -1, top = 0;
  for (const auto& [value, name] : mesh->region_names) {
    if (name == "scar") scar = value;
    if (name == "border_zone") border = value;
    top = std::max(top, value);
  }
  for (int r : mesh->region) top = std::max(top, r);
  if (scar < 0) scar = ++top;
  if (border < 0) border = ++top;
  mesh->region_names[scar] = "scar";
  mesh->region_names[border] = "border_zone";
  EaScar out;
  for (std::size_t t = 0; t < heart.tets.size(); ++t) {
    double v = 0;
    int known = 0;
    for (Index n : heart.tets[t])
      if (std::isfinite(at[std::size_t(n)])) v += at[std::size_t(n)], ++known;
    if (known < 4) continue;
    v /= known;
    const auto& q = heart.tets[t];
    const double ml = core::tet_volume(heart.nodes[q[0]], heart.nodes[q[1]], heart.nodes[q[2]], heart.nodes[q[3]]) * 1e-3;
    if (v < p.scar_below_mV) mesh->region[t] = scar, out.scar_ml += ml;
    else if (v < p.border_below_mV) mesh->region[t] = border, out.border_ml += ml;
  }
  for (const auto& f : heart.boundary) {
    double v = 0;
    bool known = true;
    for (Index n : f.nodes) known = known && std::isfinite(voltage.value[std::size_t(n)]), v += voltage.value[std::size_t(n)] / 3;
    if (!known) continue;
    const double cm2 = 0.005 * (heart.nodes[f.nodes[1]] - heart.nodes[f.nodes[0]]).cross(heart.nodes[f.nodes[2]] - heart.nodes[f.nodes[0]]).norm();
    if (v < p.scar_below_mV) out.scar_area_cm2 += cm2;
    else if (v < p.border_below_mV) out.border_area_cm2 += cm2;
  }
  out.notes.push_back(fmt::format("{} voltage below {:g} mV as dense scar, below {:g} mV as border zone ({}).", p.quantity == EaQuantity::bipolar ? "Bipolar" : "Unipolar", p.scar_below_mV, p.border_below_mV,
                                  p.quantity == EaQuantity::bipolar && p.scar_below_mV == 0.5 && p.border_below_mV == 1.5 ? "Marchlinski et al. 2000" : "thresholds set by hand"));
  out.notes.push_back(p.depth_mm > 0 ? fmt::format("Depth {:g} mm from the mapped surface (set by hand: a surface map does not tell depth).", p.depth_mm) : "Scar through the wall (assumed: a surface map does not tell depth).");
  out.mesh = std::move(mesh);
  return out;
}

}  // namespace ot::ep
