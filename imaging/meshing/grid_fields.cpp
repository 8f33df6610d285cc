// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/grid_fields.hpp"

#include <algorithm>
#include <cmath>

#include "imaging/meshing/triangle_finder.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/core/triangle.hpp"

namespace ot::imaging {

using core::Grid;
using core::Vec3;
using core::Volume;

LabelSet label_set(const std::vector<int>& values) {
  LabelSet set;
  for (int v : values)
    if (v > 0 && v < 256) set.set(std::size_t(v));
  return set;
}

Window window_around(const core::LabelMap& labels, const LabelSet& set, double margin_mm, double least_spacing_mm) {
  const Grid& g = labels.grid;
  std::array<int, 3> lo{g.size[0], g.size[1], g.size[2]}, hi{-1, -1, -1};
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j) {
      const std::uint8_t* row = labels.values.data() + g.offset(0, j, k);
      for (int i = 0; i < g.size[0]; ++i)
        if (set[row[i]]) {
          lo[0] = std::min(lo[0], i), hi[0] = std::max(hi[0], i);
          lo[1] = std::min(lo[1], j), hi[1] = std::max(hi[1], j);
          lo[2] = std::min(lo[2], k), hi[2] = std::max(hi[2], k);
        }
    }
  Window w;
  if (hi[0] < 0) return w;
  w.empty = false;
  w.grid = g;
  Vec3 first;
  for (int a = 0; a < 3; ++a) {
    const int f = std::max(1, int(std::floor(least_spacing_mm / g.spacing[a] + 1e-6)));
    const int pad = int(std::ceil(margin_mm / g.spacing[a])) + 2 * f;
    w.factor[std::size_t(a)] = f;
    w.first[std::size_t(a)] = lo[std::size_t(a)] - pad;
    w.grid.size[std::size_t(a)] = (hi[std::size_t(a)] - lo[std::size_t(a)] + 1 + 2 * pad + f - 1) / f;
    w.grid.spacing[a] = g.spacing[a] * f;
    first[a] = w.first[std::size_t(a)] + 0.5 * (f - 1);
  }
  w.grid.origin = g.to_patient(first);
  return w;
}

Volume indicator(const core::LabelMap& labels, const LabelSet& set, const Window& w) {
  OT_EXPECT(!w.empty);
  Volume out;
  out.grid = w.grid;
  out.quantity = "share";
  out.values.assign(w.grid.voxels(), 0.0f);
  const auto& f = w.factor;
  const float share = 1.0f / float(f[0] * f[1] * f[2]);
  core::parallel_chunks(w.grid.size[2], 4, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int k = int(b); k < int(e); ++k)
      for (int dk = 0; dk < f[2]; ++dk)
        for (int j = 0; j < w.grid.size[1]; ++j)
          for (int dj = 0; dj < f[1]; ++dj) {
            const int sk = w.first[2] + k * f[2] + dk, sj = w.first[1] + j * f[1] + dj;
            if (sk < 0 || sj < 0 || sk >= labels.grid.size[2] || sj >= labels.grid.size[1]) continue;
            float* row = out.values.data() + w.grid.offset(0, j, k);
            for (int i = 0; i < w.grid.size[0]; ++i)
              for (int di = 0; di < f[0]; ++di) {
                const int si = w.first[0] + i * f[0] + di;
                if (si < 0 || si >= labels.grid.size[0]) continue;
                if (set[labels.at(si, sj, sk)]) row[i] += share;
              }
          }
  });
  return out;
}

namespace {

std::vector<float> kernel(double sigma) {
  const int r = std::max(1, int(std::ceil(4.0 * sigma)));
  std::vector<double> w(std::size_t(2 * r + 1));
  double sum = 0;
  for (int i = -r; i <= r; ++i) sum += w[std::size_t(i + r)] = std::exp(-0.5 * i * i / (sigma * sigma));
  std::vector<float> out;
  for (double v : w) out.push_back(float(v / sum));
  return out;
}

void smooth_axis(std::vector<float>& v, const Grid& g, int axis, double sigma) {
  if (sigma <= 0) return;
  const std::vector<float> w = kernel(sigma);
  const int r = int(w.size() / 2), n = g.size[std::size_t(axis)];
  const int o1 = axis == 0 ? 1 : 0, o2 = axis == 2 ? 1 : 2;
  const std::size_t stride[3] = {1, std::size_t(g.size[0]), std::size_t(g.size[0]) * std::size_t(g.size[1])};
  const std::size_t s = stride[axis];
  core::parallel_chunks(g.size[std::size_t(o2)], 4, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    std::vector<float> line(std::size_t(n + 2 * r), 0.0f);
    for (std::ptrdiff_t y = b; y < e; ++y)
      for (int x = 0; x < g.size[std::size_t(o1)]; ++x) {
        float* p = v.data() + std::size_t(x) * stride[o1] + std::size_t(y) * stride[o2];
        for (int i = 0; i < n; ++i) line[std::size_t(i + r)] = p[std::size_t(i) * s];
        for (int i = 0; i < n; ++i) {
          float sum = 0;
          for (std::size_t m = 0; m < w.size(); ++m) sum += w[m] * line[std::size_t(i) + m];
          p[std::size_t(i) * s] = sum;
        }
      }
  });
}

}  // namespace

void gaussian(Volume& field, const Vec3& sigma) {
  for (int a = 0; a < 3; ++a) smooth_axis(field.values, field.grid, a, sigma[a]);
}

Volume signed_band(const core::SurfaceMesh& surface, const Volume& inside, double iso, double band, const core::Progress& progress) {
  const Grid& g = inside.grid;
  Volume out;
  out.grid = g;
  out.quantity = "mm";
  out.values.assign(g.voxels(), float(band));
  struct Reach { int lo[3], hi[3]; };
  std::vector<Reach> reach(surface.triangles.size());
  const int slab = 4;
  std::vector<std::vector<core::Index>> in_slab(std::size_t((g.size[2] + slab - 1) / slab));
  for (std::size_t t = 0; t < surface.triangles.size(); ++t) {
    Vec3 lo = Vec3::Constant(1e300), hi = -lo;
    for (core::Index n : surface.triangles[t]) {
      const Vec3 q = g.to_index(surface.points[std::size_t(n)]);
      lo = lo.cwiseMin(q), hi = hi.cwiseMax(q);
    }
    bool hit = true;
    for (int a = 0; a < 3; ++a) {
      reach[t].lo[a] = std::max(0, int(std::ceil(lo[a] - band / g.spacing[a])));
      reach[t].hi[a] = std::min(g.size[std::size_t(a)] - 1, int(std::floor(hi[a] + band / g.spacing[a])));
      hit = hit && reach[t].lo[a] <= reach[t].hi[a];
    }
    if (!hit) continue;
    for (int s = reach[t].lo[2] / slab; s <= reach[t].hi[2] / slab; ++s) in_slab[std::size_t(s)].push_back(core::Index(t));
  }
  core::parallel_chunks(std::ptrdiff_t(in_slab.size()), 1, [&](std::ptrdiff_t sb, std::ptrdiff_t se) {
    for (std::ptrdiff_t s = sb; s < se; ++s) {
      if (progress.cancelled()) return;
      const int k0 = int(s) * slab, k1 = std::min(g.size[2], k0 + slab);
      for (core::Index t : in_slab[std::size_t(s)]) {
        const auto& tri = surface.triangles[std::size_t(t)];
        const Vec3 &a = surface.points[std::size_t(tri[0])], &b = surface.points[std::size_t(tri[1])], &c = surface.points[std::size_t(tri[2])];
        const Vec3 centre = (a + b + c) / 3;
        const double around = std::max({(a - centre).norm(), (b - centre).norm(), (c - centre).norm()});
        const Reach& r = reach[std::size_t(t)];
        for (int k = std::max(k0, r.lo[2]); k <= std::min(k1 - 1, r.hi[2]); ++k)
          for (int j = r.lo[1]; j <= r.hi[1]; ++j) {
            float* row = out.values.data() + g.offset(0, j, k);
            for (int i = r.lo[0]; i <= r.hi[0]; ++i) {
              const Vec3 x = g.to_patient(Vec3(i, j, k));
              const double far = around + row[i];
              if ((x - centre).squaredNorm() >= far * far) continue;
              const float d = float((x - core::closest_on_triangle(x, a, b, c)).norm());
              if (d < row[i]) row[i] = d;
            }
          }
      }
      for (std::size_t o = g.offset(0, 0, k0); o < g.offset(0, 0, k0) + std::size_t(k1 - k0) * g.offset(0, 0, 1); ++o)
        if (inside.values[o] > iso) out.values[o] = -out.values[o];
    }
  });
  return out;
}

Sampler::Sampler(const Volume& field) : data_(field.values.data()) {
  const Grid& g = field.grid;
  OT_EXPECT(g.voxels() > 0 && field.values.size() == g.voxels());
  nx_ = std::size_t(g.size[0]), ny_ = std::size_t(g.size[1]);
  const std::size_t stride[3] = {1, nx_, nx_ * ny_};
  for (int a = 0; a < 3; ++a) {
    const int n = g.size[std::size_t(a)];
    top_[a] = n - 1;
    last_[a] = std::max(0, n - 2);
    step_[a] = n > 1 ? stride[a] : 0;
  }
  to_index_ = g.spacing.cwiseInverse().asDiagonal() * g.direction.transpose();
  shift_ = -(to_index_ * g.origin);
}

}  // namespace ot::imaging
