// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/partition.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

// Euclidean projection onto the probability simplex (Held, Wolfe, Crowder 1974): sort, find the shift.
void project(float* u, int n) {
  std::array<float, 16> s;
  std::copy(u, u + n, s.begin());
  std::sort(s.begin(), s.begin() + n, std::greater<float>());
  float sum = 0, shift = 0;
  for (int i = 0; i < n; ++i) {
    sum += s[std::size_t(i)];
    const float t = (sum - 1.0f) / float(i + 1);
    if (s[std::size_t(i)] - t > 0) shift = t;
  }
  for (int i = 0; i < n; ++i) u[i] = std::max(0.0f, u[i] - shift);
}

}  // namespace

core::Result<Partition> cut_blood(const core::Grid& grid, const voxels::Mask& domain, int labels, const std::vector<float>& cost,
                                  const std::vector<float>& weight, const std::vector<std::uint8_t>& start, int iterations, const core::Progress& progress) {
  OT_EXPECT(labels >= 2 && labels <= 16);
  Partition out;
  std::vector<std::int32_t> number(domain.size(), -1);
  for (std::size_t i = 0; i < domain.size(); ++i)
    if (domain[i]) {
      number[i] = std::int32_t(out.voxel.size());
      out.voxel.push_back(std::int32_t(i));
    }
  const std::size_t n = out.voxel.size(), m = std::size_t(labels);
  OT_EXPECT(cost.size() == n * m && weight.size() == n && start.size() == n);
  const std::ptrdiff_t stride[3] = {1, grid.size[0], std::ptrdiff_t(grid.size[0]) * grid.size[1]};
  std::vector<std::array<std::int32_t, 6>> next(n);  // +x +y +z -x -y -z, -1 outside the domain
  for (std::size_t v = 0; v < n; ++v) {
    const std::ptrdiff_t at = out.voxel[v];
    const std::ptrdiff_t p[3] = {at % grid.size[0], at / grid.size[0] % grid.size[1], at / stride[2]};
    for (int d = 0; d < 3; ++d) {
      next[v][std::size_t(d)] = p[d] + 1 < grid.size[std::size_t(d)] ? number[std::size_t(at + stride[d])] : -1;
      next[v][std::size_t(d + 3)] = p[d] > 0 ? number[std::size_t(at - stride[d])] : -1;
    }
  }
  std::vector<float> u(n * m, 0.0f), bar, p(n * m * 3, 0.0f);
  for (std::size_t v = 0; v < n; ++v) u[v * m + start[v]] = 1;
  bar = u;
  const float step = float(1.0 / std::sqrt(12.0));
  for (int it = 0; it < iterations; ++it) {
    if (progress.cancelled()) return core::cancelled();
    if (it % 10 == 0) progress.report(double(it) / iterations, "separating the chambers");
    core::parallel_chunks(std::ptrdiff_t(n), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (auto v = std::size_t(b); v < std::size_t(e); ++v) {
        const float bound = 0.5f * weight[v];  // each cut is seen by two labels
        for (std::size_t c = 0; c < m; ++c) {
          float* q = &p[(v * m + c) * 3];
          float norm = 0;
          for (std::size_t d = 0; d < 3; ++d) {
            const std::int32_t w = next[v][d];
            q[d] = w < 0 ? 0.0f : q[d] + step * (bar[std::size_t(w) * m + c] - bar[v * m + c]);
            norm += q[d] * q[d];
          }
          norm = std::sqrt(norm);
          if (norm > bound)
            for (std::size_t d = 0; d < 3; ++d) q[d] *= bound / norm;
        }
      }
    });
    core::parallel_chunks(std::ptrdiff_t(n), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      std::array<float, 16> now{};
      for (auto v = std::size_t(b); v < std::size_t(e); ++v) {
        for (std::size_t c = 0; c < m; ++c) {
          float div = 0;
          for (std::size_t d = 0; d < 3; ++d) {
            div += p[(v * m + c) * 3 + d];
            const std::int32_t w = next[v][d + 3];
            if (w >= 0) div -= p[(std::size_t(w) * m + c) * 3 + d];
          }
          now[c] = u[v * m + c] + step * (div - cost[v * m + c]);
        }
        project(now.data(), labels);
        for (std::size_t c = 0; c < m; ++c) {
          bar[v * m + c] = 2 * now[c] - u[v * m + c];
          u[v * m + c] = now[c];
        }
      }
    });
  }
  out.label.resize(n);
  out.margin.resize(n);
  for (std::size_t v = 0; v < n; ++v) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < m; ++c)
      if (u[v * m + c] > u[v * m + best]) best = c;
    float second = 0;
    for (std::size_t c = 0; c < m; ++c)
      if (c != best) second = std::max(second, u[v * m + c]);
    out.label[v] = std::uint8_t(best);
    out.margin[v] = u[v * m + best] - second;
  }
  return out;
}

}  // namespace ot::imaging
