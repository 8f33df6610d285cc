// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/septum.hpp"

#include <algorithm>
#include <cmath>

namespace ot::imaging::tissue {
namespace {

using core::Vec3;
constexpr int bins = 180;                   // of 2 degrees
constexpr double bin_rad = 2 * M_PI / bins;
constexpr int gap_bins = 8;                 // 16 degrees: a hole in the septum's outline no wider than this is closed
constexpr int least_bins = 15;              // 30 degrees: less is not a septum but a touch
// RV blood this far behind the LV wall still makes the wall septum: one RV trabecula or label gap, mm.
constexpr double behind_mm = 2.5;

struct Arc {
  double from = 0, to = 0;   // radians, from < to
};

// Longest run of set bins on the circle after closing gaps.
bool longest_arc(std::array<char, bins> on, Arc& arc) {
  if (std::count(on.begin(), on.end(), 1) < least_bins) return false;
  if (std::count(on.begin(), on.end(), 1) == bins) return false;
  std::array<char, bins> closed = on;
  int start = 0;
  while (!on[std::size_t(start)]) ++start;
  for (int n = 0, gap = 0; n <= bins; ++n) {
    const int b = (start + n) % bins;
    if (on[std::size_t(b)]) {
      if (gap > 0 && gap <= gap_bins)
        for (int q = 1; q <= gap; ++q) closed[std::size_t((b - q + bins) % bins)] = 1;
      gap = 0;
    } else {
      ++gap;
    }
  }
  int off = 0;
  while (off < bins && closed[std::size_t(off)]) ++off;
  if (off == bins) return false;
  int best = 0, best_from = 0, run = 0;
  for (int n = 0; n <= bins; ++n) {
    const int b = (off + n) % bins;
    if (n < bins && closed[std::size_t(b)]) {
      ++run;
    } else {
      if (run > best) best = run, best_from = off + n - run;
      run = 0;
    }
  }
  if (best < least_bins) return false;
  arc.from = best_from * bin_rad;   // bins are centred on their angle
  arc.to = (best_from + best - 1) * bin_rad;
  return true;
}

}  // namespace

Septum find_septum(const core::LabelMap& labels, const WallGrid& w, const Vec3& base, const Vec3& apex) {
  namespace l = core::labels;
  Septum out;
  const Vec3 axis = (apex - base).normalized();
  const double length = (apex - base).norm();
  const Vec3 a = axis.unitOrthogonal(), b = axis.cross(a);
  const core::Grid& g = w.grid;
  const double step = 0.4 * g.spacing.minCoeff();
  // Without a labelled cavity the RV wall alone marks the septum.
  const bool cavity = std::find(w.label.begin(), w.label.end(), std::uint8_t(l::rv_blood_pool)) != w.label.end();
  if (!cavity && labels.count(l::rv_wall) == 0) return out;
  const double reach = behind_mm + g.spacing.maxCoeff();
  const auto ray = [&](double depth, double angle, double& exit) {
    const Vec3 from = base + depth * length * axis, way = std::cos(angle) * a + std::sin(angle) * b;
    double last = -1;
    bool rv = false;
    for (double r = 0; r < 90.0; r += step) {   // wider than any ventricle, mm
      const Vec3 index = g.to_index(from + r * way);
      const int i = int(std::lround(index.x())), j = int(std::lround(index.y())), k = int(std::lround(index.z()));
      if (!g.contains(i, j, k)) break;
      const std::size_t v = g.offset(i, j, k);
      if (w.part[v] == Part::wall) {
        if (!rv) last = r;
        continue;
      }
      if (w.part[v] == Part::blood || last < 0) continue;
      if (r - last > reach) break;
      if (w.label[v] == (cavity ? l::rv_blood_pool : l::rv_wall)) {
        rv = true;
        break;
      }
    }
    exit = last;
    return rv && last > 0;
  };
  const auto look = [&](double from, double to, Vec3 ends[2], Vec3& middle) {
    const int levels = std::max(3, int((to - from) * length));
    std::array<double, 2> c[2] = {{0, 0}, {0, 0}};   // sums of cos, sin of first and last angle
    std::array<double, 2> m{0, 0};
    double radius[2] = {0, 0};
    int used = 0;
    for (int q = 0; q < levels; ++q) {
      const double depth = from + (to - from) * (q + 0.5) / levels;
      std::array<char, bins> on{};
      std::array<double, bins> exit{};
      for (int s = 0; s < bins; ++s) on[std::size_t(s)] = ray(depth, s * bin_rad, exit[std::size_t(s)]);
      Arc arc;
      if (!longest_arc(on, arc)) continue;
      ++used;
      const double weight = arc.to - arc.from, mid = 0.5 * (arc.from + arc.to);
      m[0] += weight * std::cos(mid);
      m[1] += weight * std::sin(mid);
      const double angle[2] = {arc.from, arc.to};
      for (int e = 0; e < 2; ++e) {
        c[e][0] += std::cos(angle[e]);
        c[e][1] += std::sin(angle[e]);
        radius[e] += exit[std::size_t(int(std::lround(angle[e] / bin_rad)) % bins)];
      }
    }
    if (used < std::max(2, levels / 6)) return false;
    middle = (m[0] * a + m[1] * b).normalized();
    const Vec3 half = base + 0.5 * length * axis;
    for (int e = 0; e < 2; ++e) ends[e] = half + radius[e] / used * (c[e][0] * a + c[e][1] * b).normalized();
    return true;
  };
  Vec3 middle;
  if (look(1.0 / 3.0, 2.0 / 3.0, out.end, middle)) {
    out.found = true;
  } else if (look(0.1, 0.85, out.end, middle)) {
    out.found = true;
    out.middle_third = false;
  }
  if (out.found) {
    // The middle between the two ends, so that segments and insertions agree.
    const auto across = [&](const Vec3& x) { return Vec3((x - base) - axis * axis.dot(x - base)).normalized(); };
    const Vec3 sum = across(out.end[0]) + across(out.end[1]);
    out.towards = sum.norm() > 0.2 && sum.dot(middle) > 0 ? sum.normalized() : middle;
  }
  return out;
}

}  // namespace ot::imaging::tissue
