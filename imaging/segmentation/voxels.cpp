// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/voxels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging::voxels {
namespace {

// f(start offset, stride, count) for every line of the grid along `axis`.
template <class F>
void for_lines(const core::Grid& g, int axis, F&& f) {
  const std::array<std::ptrdiff_t, 3> stride{1, g.size[0], std::ptrdiff_t(g.size[0]) * g.size[1]};
  const int u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  const std::ptrdiff_t lines = std::ptrdiff_t(g.size[std::size_t(u)]) * g.size[std::size_t(v)];
  core::parallel_chunks(lines, 256, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t line = b; line < e; ++line) {
      const std::ptrdiff_t iu = line % g.size[std::size_t(u)], iv = line / g.size[std::size_t(u)];
      f(iu * stride[std::size_t(u)] + iv * stride[std::size_t(v)], stride[std::size_t(axis)], std::ptrdiff_t(g.size[std::size_t(axis)]));
    }
  });
}

constexpr float far_away = 1e18f;

}  // namespace

std::vector<float> gaussian(const core::Grid& grid, const std::vector<float>& values, double sigma_mm) {
  std::vector<float> out = values;
  for (int axis = 0; axis < 3; ++axis) {
    const double sigma = sigma_mm / grid.spacing[axis];
    const int half = int(std::ceil(3 * sigma));
    if (half < 1 || sigma < 0.05) continue;
    std::vector<float> w(std::size_t(2 * half + 1));
    double sum = 0;
    for (int i = -half; i <= half; ++i) sum += w[std::size_t(i + half)] = float(std::exp(-0.5 * i * i / (sigma * sigma)));
    for (float& x : w) x = float(x / sum);
    for_lines(grid, axis, [&](std::ptrdiff_t start, std::ptrdiff_t stride, std::ptrdiff_t n) {
      thread_local std::vector<float> line;
      line.resize(std::size_t(n));
      for (std::ptrdiff_t i = 0; i < n; ++i) line[std::size_t(i)] = out[std::size_t(start + i * stride)];
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        float acc = 0;
        for (int d = -half; d <= half; ++d) acc += w[std::size_t(d + half)] * line[std::size_t(std::clamp<std::ptrdiff_t>(i + d, 0, n - 1))];
        out[std::size_t(start + i * stride)] = acc;
      }
    });
  }
  return out;
}

std::vector<float> distance_to(const core::Grid& grid, const Mask& mask) {
  OT_EXPECT(mask.size() == grid.voxels());
  std::vector<float> d(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) d[i] = mask[i] ? 0.0f : far_away;
  for (int axis = 0; axis < 3; ++axis) {
    const double h = grid.spacing[axis];
    for_lines(grid, axis, [&](std::ptrdiff_t start, std::ptrdiff_t stride, std::ptrdiff_t n) {
      thread_local std::vector<double> f, z;
      thread_local std::vector<std::ptrdiff_t> v;
      f.resize(std::size_t(n));
      z.resize(std::size_t(n) + 1);
      v.resize(std::size_t(n));
      bool any = false;
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        f[std::size_t(i)] = d[std::size_t(start + i * stride)];
        any = any || f[std::size_t(i)] < far_away;
      }
      if (!any) return;
      std::ptrdiff_t k = -1;  // lower envelope of parabolas rooted at finite samples
      for (std::ptrdiff_t q = 0; q < n; ++q) {
        if (f[std::size_t(q)] >= far_away) continue;
        double s = -std::numeric_limits<double>::infinity();
        while (k >= 0) {
          const double p = h * double(v[std::size_t(k)]), x = h * double(q);
          s = ((f[std::size_t(q)] + x * x) - (f[std::size_t(v[std::size_t(k)])] + p * p)) / (2 * (x - p));
          if (s > z[std::size_t(k)]) break;
          --k;
        }
        if (k < 0) s = -std::numeric_limits<double>::infinity();
        ++k;
        v[std::size_t(k)] = q;
        z[std::size_t(k)] = s;
        z[std::size_t(k) + 1] = std::numeric_limits<double>::infinity();
      }
      const std::ptrdiff_t last = k;
      k = 0;
      for (std::ptrdiff_t q = 0; q < n; ++q) {
        while (k < last && z[std::size_t(k) + 1] < h * double(q)) ++k;
        const double x = h * double(q - v[std::size_t(k)]);
        d[std::size_t(start + q * stride)] = float(x * x + f[std::size_t(v[std::size_t(k)])]);
      }
    });
  }
  core::parallel_chunks(std::ptrdiff_t(d.size()), 65536, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) d[std::size_t(i)] = std::sqrt(d[std::size_t(i)]);
  });
  return d;
}

Mask dilate(const core::Grid& grid, const Mask& mask, double radius_mm) {
  const auto d = distance_to(grid, mask);
  Mask out(mask.size());
  for (std::size_t i = 0; i < d.size(); ++i) out[i] = d[i] <= radius_mm;
  return out;
}

Mask erode(const core::Grid& grid, const Mask& mask, double radius_mm) {
  Mask outside(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) outside[i] = !mask[i];
  const auto d = distance_to(grid, outside);
  for (std::size_t i = 0; i < d.size(); ++i) outside[i] = d[i] > radius_mm;
  return outside;
}

Mask close(const core::Grid& grid, const Mask& mask, double radius_mm) { return erode(grid, dilate(grid, mask, radius_mm), radius_mm); }
Mask open(const core::Grid& grid, const Mask& mask, double radius_mm) { return dilate(grid, erode(grid, mask, radius_mm), radius_mm); }

std::vector<std::int32_t> components(const core::Grid& grid, const Mask& mask, std::vector<std::size_t>& sizes) {
  std::vector<std::int32_t> out(mask.size(), 0);
  sizes.assign(1, 0);
  std::vector<std::size_t> stack;
  const std::ptrdiff_t nx = grid.size[0], nxy = nx * grid.size[1];
  for (std::size_t seed = 0; seed < mask.size(); ++seed) {
    if (!mask[seed]) {
      ++sizes[0];
      continue;
    }
    if (out[seed]) continue;
    const auto id = std::int32_t(sizes.size());
    sizes.push_back(0);
    out[seed] = id;
    stack.push_back(seed);
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      ++sizes.back();
      const auto i = std::ptrdiff_t(at) % nx, j = std::ptrdiff_t(at) / nx % grid.size[1], k = std::ptrdiff_t(at) / nxy;
      const auto visit = [&](bool inside, std::ptrdiff_t step) {
        const auto next = std::size_t(std::ptrdiff_t(at) + step);
        if (inside && mask[next] && !out[next]) {
          out[next] = id;
          stack.push_back(next);
        }
      };
      visit(i > 0, -1), visit(i + 1 < nx, 1), visit(j > 0, -nx), visit(j + 1 < grid.size[1], nx), visit(k > 0, -nxy), visit(k + 1 < grid.size[2], nxy);
    }
  }
  return out;
}

Mask largest_component(const core::Grid& grid, const Mask& mask) {
  std::vector<std::size_t> sizes;
  const auto part = components(grid, mask, sizes);
  if (sizes.size() < 2) return Mask(mask.size(), 0);
  const auto best = std::int32_t(std::max_element(sizes.begin() + 1, sizes.end()) - sizes.begin());
  Mask out(mask.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = part[i] == best;
  return out;
}

Mask fill_holes(const core::Grid& grid, const Mask& mask) {
  Mask outside(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) outside[i] = !mask[i];
  std::vector<std::size_t> sizes;
  const auto part = components(grid, outside, sizes);
  std::vector<std::uint8_t> reaches(sizes.size(), 0);
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        if (i == 0 || j == 0 || k == 0 || i + 1 == grid.size[0] || j + 1 == grid.size[1] || k + 1 == grid.size[2])
          reaches[std::size_t(part[grid.offset(i, j, k)])] = 1;
  Mask out(mask.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = mask[i] || !reaches[std::size_t(part[i])];
  return out;
}

std::vector<double> otsu(std::vector<float> values, int classes) {
  OT_EXPECT(classes >= 2 && classes <= 4);
  if (values.size() < 16) return {};
  const auto at = [&](double q) {
    const auto n = std::size_t(q * double(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(n), values.end());
    return values[n];
  };
  const float low = at(0.001), high = at(0.999);
  if (!(high > low)) return {};
  constexpr int bins = 256;
  std::array<double, bins + 1> p{}, m{};  // cumulative weight and first moment
  std::array<double, bins> h{};
  for (float v : values) h[std::size_t(std::clamp(int((v - low) / (high - low) * bins), 0, bins - 1))] += 1;
  for (int b = 0; b < bins; ++b) p[std::size_t(b + 1)] = p[std::size_t(b)] + h[std::size_t(b)], m[std::size_t(b + 1)] = m[std::size_t(b)] + b * h[std::size_t(b)];
  // Best split of bins [0, b) into c classes, by dynamic programming over sum of m^2 / p.
  const auto gain = [&](int a, int b) {
    const double w = p[std::size_t(b)] - p[std::size_t(a)], s = m[std::size_t(b)] - m[std::size_t(a)];
    return w > 0 ? s * s / w : 0.0;
  };
  std::array<std::array<double, bins + 1>, 5> best{};
  std::array<std::array<int, bins + 1>, 5> from{};
  for (int b = 0; b <= bins; ++b) best[1][std::size_t(b)] = gain(0, b);
  for (int c = 2; c <= classes; ++c)
    for (int b = c; b <= bins; ++b) {
      best[std::size_t(c)][std::size_t(b)] = -1;
      int first = 0;  // equal splits (empty bins) count as one: its middle is taken
      for (int a = c - 1; a < b; ++a) {
        const double v = best[std::size_t(c - 1)][std::size_t(a)] + gain(a, b);
        if (v > best[std::size_t(c)][std::size_t(b)]) best[std::size_t(c)][std::size_t(b)] = v, first = a;
        if (v == best[std::size_t(c)][std::size_t(b)]) from[std::size_t(c)][std::size_t(b)] = (first + a) / 2;
      }
    }
  std::vector<double> out;
  for (int c = classes, b = bins; c >= 2; --c) {
    b = from[std::size_t(c)][std::size_t(b)];
    out.insert(out.begin(), low + double(b) * (high - low) / bins);
  }
  return out;
}

core::Grid crop_grid(const core::Grid& grid, std::array<int, 3>& low, std::array<int, 3>& high) {
  core::Grid out = grid;
  for (std::size_t d = 0; d < 3; ++d) {
    low[d] = std::clamp(low[d], 0, grid.size[d] - 1);
    high[d] = std::clamp(high[d], low[d], grid.size[d] - 1);
    out.size[d] = high[d] - low[d] + 1;
  }
  out.origin = grid.to_patient(core::Vec3(low[0], low[1], low[2]));
  return out;
}

}  // namespace ot::imaging::voxels
