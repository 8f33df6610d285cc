// SPDX-License-Identifier: GPL-3.0-or-later
// Outlines in polar coordinates around the ventricle's centre. Region energies after Chan and Vese (IEEE TIP 10:266, 2001,
// doi 10.1109/83.902291); the best closed path by dynamic programming over the angles (Gerard et al., IEEE TMI 21:1059, 2002,
// doi 10.1109/TMI.2002.804435 use the same for short-axis MR).
#include <algorithm>
#include <cmath>

#include "imaging/segmentation/cine_parts.hpp"

namespace ot::imaging::cine {
namespace {

constexpr double step_mm = 0.5;
constexpr double two_pi = 6.283185307179586;
constexpr int most_jump = 3;   // steps of radius between neighbouring angles (5 degrees): 17 degrees of slope at 25 mm

// Least sum of cost[angle][radius] over closed paths with bounded slope; `bend` is the price of one step of slope.
std::vector<int> closed_path(const std::vector<std::vector<double>>& cost, double bend) {
  const int n = int(cost.size()), m = int(cost[0].size());
  // Two turns: the middle of the second is free of the arbitrary start.
  std::vector<std::vector<int>> from(std::size_t(2 * n), std::vector<int>(std::size_t(m), 0));
  std::vector<double> best = cost[0], next(std::size_t(m), 0.0);
  for (int a = 1; a < 2 * n; ++a) {
    for (int r = 0; r < m; ++r) {
      double least = 1e300;
      for (int d = -most_jump; d <= most_jump; ++d) {
        const int q = r + d;
        if (q < 0 || q >= m) continue;
        const double c = best[std::size_t(q)] + bend * d * d;
        if (c < least) least = c, from[std::size_t(a)][std::size_t(r)] = q;
      }
      next[std::size_t(r)] = least + cost[std::size_t(a % n)][std::size_t(r)];
    }
    best.swap(next);
  }
  int r = int(std::min_element(best.begin(), best.end()) - best.begin());
  std::vector<int> path(std::size_t(n), 0);
  for (int a = 2 * n - 1; a >= 0; --a) {
    if (a >= n / 2 && a < n / 2 + n) path[std::size_t(a % n)] = r;
    if (a > 0) r = from[std::size_t(a)][std::size_t(r)];
  }
  return path;
}

Ring to_ring(const std::vector<int>& path, double first_mm) {
  Ring out{};
  for (int a = 0; a < angles; ++a) {   // light smoothing: the steps of the search are not anatomy
    const auto at = [&](int d) { return double(path[std::size_t((a + d + angles) % angles)]); };
    out[std::size_t(a)] = first_mm + step_mm * (at(-2) + 2 * at(-1) + 3 * at(0) + 2 * at(1) + at(2)) / 9.0;
  }
  return out;
}

}  // namespace

float Plane2::at(double x, double y) const {
  const double u = std::clamp(x / dx, 0.0, nx - 1.001), v = std::clamp(y / dy, 0.0, ny - 1.001);
  const int i = int(u), j = int(v);
  const double a = u - i, b = v - j;
  const auto p = [&](int k, int l) { return double(values[std::size_t(l) * std::size_t(nx) + std::size_t(k)]); };
  return float((1 - a) * (1 - b) * p(i, j) + a * (1 - b) * p(i + 1, j) + (1 - a) * b * p(i, j + 1) + a * b * p(i + 1, j + 1));
}

Ring endocardium(const Plane2& image, double cx, double cy, const Levels& levels, double most_mm) {
  const int m = std::max(12, int(most_mm / step_mm));
  const int ring = int(5.0 / step_mm);   // the wall is at least 5 mm thick
  const double half = std::max(1e-6, levels.blood - levels.threshold);
  std::vector<std::vector<double>> cost(std::size_t(angles), std::vector<double>(std::size_t(m), 0.0));
  for (int a = 0; a < angles; ++a) {
    const double c = std::cos(two_pi * a / angles), s = std::sin(two_pi * a / angles);
    std::vector<double> bright(std::size_t(m + ring + 1));
    for (std::size_t r = 0; r < bright.size(); ++r) bright[r] = std::clamp((image.at(cx + step_mm * double(r) * c, cy + step_mm * double(r) * s) - levels.threshold) / half, -1.0, 1.0);
    double inner = 0;
    for (int r = 0; r < m; ++r) {
      double outer = 0;
      for (int q = 1; q <= ring; ++q) outer += bright[std::size_t(r + q)];
      cost[std::size_t(a)][std::size_t(r)] = -inner + outer;
      inner += bright[std::size_t(r)];
    }
  }
  return to_ring(closed_path(cost, 0.6), 0.0);
}

Ring epicardium(const Plane2& image, double cx, double cy, const Levels& levels, const Ring& endo) {
  const int least = int(3.0 / step_mm), m = int(22.0 / step_mm), ring = int(4.0 / step_mm);
  // How bright the wall is, from what is dark 1.5 to 4.5 mm beyond the cavity.
  std::vector<float> samples;
  for (int a = 0; a < angles; ++a)
    for (double q = 1.5; q <= 4.5; q += 1.0) {
      const double r = endo[std::size_t(a)] + q;
      const float v = image.at(cx + r * std::cos(two_pi * a / angles), cy + r * std::sin(two_pi * a / angles));
      if (v < levels.threshold) samples.push_back(v);
    }
  double wall = levels.wall;
  if (samples.size() > 20) {
    std::nth_element(samples.begin(), samples.begin() + std::ptrdiff_t(samples.size() / 2), samples.end());
    wall = samples[samples.size() / 2];
  }
  // Unlike the wall: half way to blood above it; lung and air below 60 % of it.
  const double above = std::max(1e-6, 0.5 * (levels.threshold - wall)), below = std::max(1e-6, 0.4 * wall);
  std::vector<std::vector<double>> cost(std::size_t(angles), std::vector<double>(std::size_t(m - least), 0.0));
  for (int a = 0; a < angles; ++a) {
    const double c = std::cos(two_pi * a / angles), s = std::sin(two_pi * a / angles), from = endo[std::size_t(a)];
    bool sealed = false;
    std::vector<double> other(std::size_t(m + ring + 1));   // -1 like the wall, 1 unlike
    for (std::size_t r = 0; r < other.size(); ++r) {
      const double v = image.at(cx + (from + step_mm * double(r)) * c, cy + (from + step_mm * double(r)) * s);
      other[r] = std::clamp(v > wall ? (v - wall) / above : (wall - v) / below, 0.0, 2.0) - 1.0;
      // Beyond a rim of fat or blood lung may look like wall again: the wall does not come back.
      if (r >= std::size_t(least) && other[r - 1] > 0.3 && other[r - 2] > 0.3) sealed = true;
      if (sealed) other[r] = std::max(other[r], 0.5);
    }
    double inner = 0;
    for (int r = 0; r < m; ++r) {
      if (r >= least) {
        double outer = 0;
        for (int q = 1; q <= ring; ++q) outer += other[std::size_t(r + q)];
        cost[std::size_t(a)][std::size_t(r - least)] = inner - outer;
      }
      if (r >= int(2.0 / step_mm)) inner += other[std::size_t(r)];   // the blurred 2 mm at the cavity count for nothing
    }
  }
  Ring thickness = to_ring(closed_path(cost, 0.8), 3.0);
  for (int a = 0; a < angles; ++a) thickness[std::size_t(a)] += endo[std::size_t(a)];
  return thickness;
}

double wall_share(const Plane2& image, double cx, double cy, const Levels& levels, const Ring& endo) {
  int dark = 0;
  for (int a = 0; a < angles; ++a) {
    const double c = std::cos(two_pi * a / angles), s = std::sin(two_pi * a / angles);
    double mean = 0;
    for (int q = 0; q < 3; ++q) mean += image.at(cx + (endo[std::size_t(a)] + 2.0 + q) * c, cy + (endo[std::size_t(a)] + 2.0 + q) * s) / 3.0;
    dark += mean < levels.threshold;
  }
  return double(dark) / angles;
}

bool inside(const Ring& ring, double dx, double dy) {
  double a = std::atan2(dy, dx) / two_pi * angles;
  if (a < 0) a += angles;
  const int k = int(a) % angles;
  const double f = a - std::floor(a), r = (1 - f) * ring[std::size_t(k)] + f * ring[std::size_t((k + 1) % angles)];
  return dx * dx + dy * dy <= r * r;
}

double area_mm2(const Ring& ring) {
  double sum = 0;
  for (int a = 0; a < angles; ++a) sum += 0.5 * std::sin(two_pi / angles) * ring[std::size_t(a)] * ring[std::size_t((a + 1) % angles)];
  return sum;
}

std::vector<Blob> candidates(const Plane2& image, const std::vector<float>& motion, double threshold, double cx, double cy, double reach) {
  core::Grid g;
  g.size = {image.nx, image.ny, 1};
  g.spacing = core::Vec3(image.dx, image.dy, 1);
  voxels::Mask bright(image.values.size());
  for (std::size_t i = 0; i < bright.size(); ++i) {
    const double x = double(i % std::size_t(image.nx)) * image.dx - cx, y = double(i / std::size_t(image.nx)) * image.dy - cy;
    bright[i] = image.values[i] > threshold && x * x + y * y < reach * reach;
  }
  bright = voxels::open(g, bright, 3.0);
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, bright, sizes);
  std::vector<Blob> out(sizes.size());
  for (std::size_t i = 0; i < part.size(); ++i) {
    Blob& b = out[std::size_t(part[i])];
    b.x += double(i % std::size_t(image.nx)) * image.dx, b.y += double(i / std::size_t(image.nx)) * image.dy;
    b.motion += motion[i];
  }
  std::vector<double> far(sizes.size(), 0.0);
  for (std::size_t p = 1; p < out.size(); ++p) {
    const double n = double(sizes[p]);
    out[p].x /= n, out[p].y /= n, out[p].motion /= n;
    out[p].area = n * image.dx * image.dy;
  }
  // Roundness: area over that of the circle with the same second moment (1 for a disc, less for crescents).
  std::vector<double> moment(sizes.size(), 0.0);
  for (std::size_t i = 0; i < part.size(); ++i) {
    const Blob& b = out[std::size_t(part[i])];
    const double x = double(i % std::size_t(image.nx)) * image.dx - b.x, y = double(i / std::size_t(image.nx)) * image.dy - b.y;
    moment[std::size_t(part[i])] += x * x + y * y;
  }
  std::vector<Blob> good;
  for (std::size_t p = 1; p < out.size(); ++p) {
    Blob& b = out[p];
    b.roundness = b.area / (6.283185307179586 * moment[p] / double(sizes[p]));
    b.found = true;
    // Rim: outside the equal-area circle, over 8 mm, some wall before the next bright thing.
    const double r = std::sqrt(b.area / 3.14159265358979);
    int dark = 0;
    for (int a = 0; a < 36; ++a) {
      double least = 1e30;
      for (int q = 0; q < 9; ++q) least = std::min(least, double(image.at(b.x + (r + q) * std::cos(a * 0.1745329), b.y + (r + q) * std::sin(a * 0.1745329))));
      dark += least < threshold;
    }
    b.rim = dark / 36.0;
    good.push_back(b);
  }
  return good;
}

}  // namespace ot::imaging::cine
