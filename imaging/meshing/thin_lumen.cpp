// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/thin_lumen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "imaging/centerline/inside_grid.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

constexpr double sure_radius = 1.6, free_radius = 2.3;   // voxels: below the first the sum decides, above the second the half maximum
constexpr double core_depth = 1.8;                       // voxels under the border: blood there is undisturbed by a blur of up to one voxel
constexpr double blur_reach_mm = 0.8;                    // a scanner's blur (0.6 to 0.7 mm at half height) has ended that far outside
constexpr double ring_mm = 0.8;                          // of tissue around the disc
constexpr double along_mm = 1.0;                         // sections averaged over
constexpr double blood_reach_mm = 30;                    // along the vessel, for its undisturbed blood
constexpr double most_fine_voxels = 80e6;                // 320 MB

struct Station {
  Vec3 at{0, 0, 0}, along{0, 0, 1};
  double arc = 0, depth = 0, bright = 0, blood = 0, radius = 0, weight = 0;
};

double median(std::vector<double>& v) {
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// A voxel path smoothed over a millimetre and sampled every half voxel.
std::vector<Station> stations_of(const std::vector<Vec3>& path, double h) {
  std::vector<double> arc(path.size(), 0.0);
  for (std::size_t i = 1; i < path.size(); ++i) arc[i] = arc[i - 1] + (path[i] - path[i - 1]).norm();
  std::vector<Station> out;
  if (path.size() < 5 || arc.back() < 4 * along_mm) return out;
  const double step = 0.5 * h, half = std::max(along_mm, 2 * h);
  std::size_t from = 0;
  for (double s = 0; s <= arc.back(); s += step) {
    const double reach = std::max(step, std::min({half, s, arc.back() - s}));   // symmetric: the ends keep their place
    while (from + 1 < arc.size() && arc[from] < s - reach) ++from;
    Vec3 sum = Vec3::Zero();
    double n = 0;
    for (std::size_t i = from; i < arc.size() && arc[i] <= s + reach; ++i) sum += path[i], n += 1;
    if (n == 0) continue;
    Station one;
    one.at = sum / n;
    one.arc = s;
    out.push_back(one);
  }
  const auto look = std::ptrdiff_t(std::lround(half / step)), last = std::ptrdiff_t(out.size()) - 1;
  for (std::ptrdiff_t i = 0; i <= last; ++i) {
    const Vec3 d = out[std::size_t(std::min(last, i + look))].at - out[std::size_t(std::max<std::ptrdiff_t>(0, i - look))].at;
    out[std::size_t(i)].along = d.norm() > 0 ? Vec3(d.normalized()) : Vec3::UnitZ();
  }
  return out;
}

// Radius by the sum of brightness in a disc across the vessel; moves the station to the middle of that brightness. Not a number where there is no tissue around to compare with.
void measure(const core::Volume& scan, const core::LabelMap& labels, int value, Station& s, double h) {
  const Vec3 u = (std::abs(s.along.z()) < 0.9 ? s.along.cross(Vec3::UnitZ()) : s.along.cross(Vec3::UnitX())).normalized(), v = s.along.cross(u);
  const double pitch = 0.5 * h;
  double radius = s.depth + 0.25 * h;
  for (int round = 0; round < 3; ++round) {
    const double disc = radius + std::max(blur_reach_mm, 2 * h), outer = disc + ring_mm;
    const int n = int(std::ceil(outer / pitch));
    std::vector<double> ring;
    std::vector<std::array<double, 3>> in;
    for (int b = -n; b <= n; ++b)
      for (int a = -n; a <= n; ++a) {
        const double r = pitch * std::hypot(a, b);
        if (r > outer) continue;
        const Vec3 x = s.at + pitch * (a * u + b * v);
        const double bright = scan.sample(x, std::numeric_limits<float>::quiet_NaN());
        if (!std::isfinite(bright)) continue;
        if (r <= disc) {
          in.push_back({bright, pitch * a, pitch * b});
          continue;
        }
        const Vec3 q = labels.grid.to_index(x);
        const int i = int(std::lround(q.x())), j = int(std::lround(q.y())), k = int(std::lround(q.z()));
        if (!labels.grid.contains(i, j, k)) continue;
        const int l = labels.at(i, j, k);
        if (l == value || (l != 0 && l != core::labels::lv_myocardium)) continue;
        ring.push_back(bright);
      }
    if (ring.size() < 12) {
      s.radius = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    const double ground = median(ring), step = s.blood - ground;
    if (!(step > 0)) {
      s.radius = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    double sum = 0, du = 0, dv = 0;
    for (const auto& [bright, a, b] : in) {
      const double share = (bright - ground) / step;
      sum += share;
      if (share > 0.15) du += share * a, dv += share * b;   // noise far out would pull the middle
    }
    const double area = std::max(0.0, sum * pitch * pitch);
    radius = std::sqrt(area / std::numbers::pi);
    if (round < 2 && sum > 0) {
      Vec3 move = (du * u + dv * v) / sum;
      if (move.norm() > 0.5 * h) move *= 0.5 * h / move.norm();
      s.at += move;
    }
  }
  s.radius = radius;
}

void smooth_radius(std::vector<Station>& s, double h) {
  const auto half = std::ptrdiff_t(std::max(1.0, std::round(0.5 * along_mm / (0.5 * h))));
  const auto n = std::ptrdiff_t(s.size());
  std::vector<double> out(s.size());
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    std::vector<double> near;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(0, i - half); k <= std::min(n - 1, i + half); ++k)
      if (std::isfinite(s[std::size_t(k)].radius)) near.push_back(s[std::size_t(k)].radius);
    double mean = 0;
    for (const double r : near) mean += r;
    out[std::size_t(i)] = near.empty() ? std::numeric_limits<double>::quiet_NaN() : mean / double(near.size());
  }
  for (std::ptrdiff_t i = 0; i < n; ++i) s[std::size_t(i)].radius = out[std::size_t(i)];
}

double ramp(double x, double from, double to) { return std::clamp((to - x) / (to - from), 0.0, 1.0); }

}  // namespace

core::Result<ThinLumen> refine_thin_lumen(const core::Volume& scan, const core::LabelMap& labels, int value, core::Volume field, const std::optional<Vec3>& start, const core::Progress& progress) {
  OT_EXPECT(scan.grid.same_as(labels.grid) && scan.grid.same_as(field.grid));
  const core::Grid& full = field.grid;
  const double h = full.spacing.mean();
  ThinLumen out;
  // The lumen with its throats: what the half maximum says, and labelled voxels that it just misses.
  std::array<int, 3> lo{full.size[0], full.size[1], full.size[2]}, hi{-1, -1, -1};
  const auto in_lumen = [&](std::size_t o) { return field.values[o] < 0 || (labels.values[o] == value && field.values[o] < 1.5 * h); };
  for (int k = 0; k < full.size[2]; ++k)
    for (int j = 0; j < full.size[1]; ++j)
      for (int i = 0; i < full.size[0]; ++i)
        if (in_lumen(full.offset(i, j, k))) {
          lo = {std::min(lo[0], i), std::min(lo[1], j), std::min(lo[2], k)};
          hi = {std::max(hi[0], i), std::max(hi[1], j), std::max(hi[2], k)};
        }
  if (hi[0] < 0) {
    out.field = std::move(field);
    return out;
  }
  core::Grid g = full;
  constexpr int pad = 4;
  for (std::size_t d = 0; d < 3; ++d) {
    lo[d] = std::max(0, lo[d] - pad), hi[d] = std::min(full.size[d] - 1, hi[d] + pad);
    g.size[d] = hi[d] - lo[d] + 1;
  }
  g.origin = full.to_patient(Vec3(lo[0], lo[1], lo[2]));
  std::vector<char> mask(g.voxels());
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) mask[g.offset(i, j, k)] = in_lumen(full.offset(lo[0] + i, lo[1] + j, lo[2] + k));
  const InsideGrid inside = inside_of_mask(g, mask);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.2, "lumen: thin places");
  std::int64_t source = start ? inside.nearest_inside(*start, 1e3) : -1;
  for (std::size_t v = 0; source < 0 && v < inside.depth.size(); ++v)
    if (inside.depth[v] > 0) source = std::int64_t(v);
  if (source < 0) {
    out.field = std::move(field);
    return out;
  }
  if (!start) {
    const PathTree far = paths_from(inside, source, PathCost::length, progress);
    if (far.cost.empty()) return core::cancelled();
    for (std::size_t v = 0; v < far.cost.size(); ++v)
      if (std::isfinite(far.cost[v]) && far.cost[v] > far.cost[std::size_t(source)]) source = std::int64_t(v);
  }
  const auto ends = find_ends(inside, source, progress);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.4, "lumen: brightness across thin places");
  std::vector<std::vector<Station>> branches;
  for (const VesselEnd& e : ends) {
    auto s = stations_of(e.path, h);
    if (s.empty()) continue;
    std::vector<double> all;
    for (Station& one : s) {
      const Vec3 q = g.to_index(one.at);
      for (int c = -1; c <= 1; ++c)
        for (int b = -1; b <= 1; ++b)
          for (int a = -1; a <= 1; ++a) {
            const int i = int(std::lround(q.x())) + a, j = int(std::lround(q.y())) + b, k = int(std::lround(q.z())) + c;
            if (g.contains(i, j, k)) one.depth = std::max(one.depth, double(inside.depth[g.offset(i, j, k)]));
          }
      one.bright = scan.sample(one.at, 0.0f);
      if (one.depth >= core_depth * h) all.push_back(one.bright);
    }
    if (all.size() < 4) continue;   // nowhere undisturbed blood: nothing to compare with
    const double overall = median(all);
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (s[i].depth > free_radius * h) continue;
      std::vector<double> near;
      for (const Station& other : s)
        if (other.depth >= core_depth * h && std::abs(other.arc - s[i].arc) <= blood_reach_mm) near.push_back(other.bright);
      s[i].blood = near.size() >= 4 ? median(near) : overall;
    }
    branches.push_back(std::move(s));
  }
  bool thin = false;
  for (auto& s : branches) {
    if (progress.cancelled()) return core::cancelled();
    core::parallel_chunks(std::ptrdiff_t(s.size()), 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t i = b; i < e; ++i) {
        Station& one = s[std::size_t(i)];
        one.radius = std::numeric_limits<double>::quiet_NaN();
        if (one.depth <= free_radius * h) measure(scan, labels, value, one, h);
      }
    });
    smooth_radius(s, h);
    for (Station& one : s) {
      if (!std::isfinite(one.radius)) continue;
      // A vessel's own tip is no throat: there the section is cut by the end.
      double tip = std::numeric_limits<double>::max();
      for (const VesselEnd& e : ends) tip = std::min(tip, (e.path.front() - one.at).norm());
      one.weight = ramp(one.radius, sure_radius * h, free_radius * h) * (1 - ramp(tip, 2 * along_mm, 4 * along_mm));
      thin = thin || one.weight > 0;
    }
  }
  if (!thin) {
    out.field = std::move(field);
    return out;
  }
  core::Grid fine = g;
  for (std::size_t d = 0; d < 3; ++d) fine.size[d] = 2 * g.size[d] - 1;
  fine.spacing *= 0.5;
  if (double(fine.voxels()) > most_fine_voxels) {
    out.field = std::move(field);
    return out;
  }
  // On the fine grid: the given border, and where it is thin the tube (nearest station decides).
  out.field.grid = fine;
  out.field.quantity = field.quantity;
  out.field.description = field.description;
  out.field.values.resize(fine.voxels());
  core::parallel_chunks(fine.size[2], 2, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int k = int(b); k < int(e); ++k)
      for (int j = 0; j < fine.size[1]; ++j)
        for (int i = 0; i < fine.size[0]; ++i) {
          double sum = 0;
          for (int c = 0; c < 8; ++c) {
            const int x = (i + (c & 1)) / 2, y = (j + (c >> 1 & 1)) / 2, z = (k + (c >> 2)) / 2;   // the two voxels about a half step, one twice on a whole one
            sum += double(field.values[full.offset(lo[0] + x, lo[1] + y, lo[2] + z)]);
          }
          out.field.values[fine.offset(i, j, k)] = float(sum / 8);
        }
  });
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.8, "lumen: thin places");
  std::vector<float> tube(fine.voxels(), std::numeric_limits<float>::max());
  std::vector<float> share(fine.voxels(), 0.0f);
  const double least = 0.8 * fine.spacing.maxCoeff();   // the thinnest tube a grid can hold open: half its cell diagonal is 0.87 of a step
  out.thinnest_mm = std::numeric_limits<double>::max();
  for (const auto& s : branches)
    for (std::size_t n = 0; n < s.size(); ++n) {
      const Station& one = s[n];
      if (!(one.weight > 0)) continue;
      const double r = std::max(least, one.radius), keep = r + 1.5 * h, end = r + 2.5 * h;
      if (one.weight > 0.99) {
        out.refined_mm += 0.5 * h;
        out.thinnest_mm = std::min(out.thinnest_mm, 2 * r);
      }
      const Vec3 q = fine.to_index(one.at);
      int from[3], to[3];
      for (int a = 0; a < 3; ++a) {
        from[a] = std::max(0, int(std::floor(q[a] - end / fine.spacing[a])));
        to[a] = std::min(fine.size[std::size_t(a)] - 1, int(std::ceil(q[a] + end / fine.spacing[a])));
      }
      for (int k = from[2]; k <= to[2]; ++k)
        for (int j = from[1]; j <= to[1]; ++j)
          for (int i = from[0]; i <= to[0]; ++i) {
            const double away = (Vec3(i, j, k) - q).cwiseProduct(fine.spacing).norm();
            if (away > end) continue;
            const std::size_t o = fine.offset(i, j, k);
            if (const float d = float(away - r); d < tube[o]) {
              tube[o] = d;
              share[o] = float(one.weight * ramp(away, keep, end));
            }
          }
    }
  for (std::size_t o = 0; o < tube.size(); ++o)
    if (share[o] > 0) out.field.values[o] = (1 - share[o]) * out.field.values[o] + share[o] * tube[o];
  if (out.refined_mm == 0) out.thinnest_mm = 0;
  progress.report(1, "lumen: thin places");
  return out;
}

}  // namespace ot::imaging
