// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/working_grid.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;

bool along_patient_axes(const core::Grid& g) {
  for (int c = 0; c < 3; ++c) {
    int ones = 0;
    for (int r = 0; r < 3; ++r) ones += std::abs(std::abs(g.direction(r, c)) - 1.0) < 1e-4;
    if (ones != 1) return false;
  }
  return true;
}

// Trilinear with coordinates clamped to the grid.
float sample(const core::Volume& v, Vec3 p) {
  const core::Grid& g = v.grid;
  int a[3], b[3];
  double f[3];
  for (int d = 0; d < 3; ++d) {
    const double x = std::clamp(p[d], 0.0, double(g.size[std::size_t(d)] - 1));
    a[d] = std::min(int(x), g.size[std::size_t(d)] - 1);
    b[d] = std::min(a[d] + 1, g.size[std::size_t(d)] - 1);
    f[d] = x - a[d];
  }
  double sum = 0;
  for (int c = 0; c < 8; ++c)
    sum += (c & 1 ? f[0] : 1 - f[0]) * (c & 2 ? f[1] : 1 - f[1]) * (c & 4 ? f[2] : 1 - f[2]) *
           double(v.at(c & 1 ? b[0] : a[0], c & 2 ? b[1] : a[1], c & 4 ? b[2] : a[2]));
  return float(sum);
}

}  // namespace

core::Result<core::Volume> to_working_grid(const core::Volume& scan, double spacing_mm, const core::Progress& progress) {
  core::Volume out;
  out.quantity = scan.quantity;
  out.description = scan.description;
  const core::Grid& in = scan.grid;
  Vec3 low = Vec3::Constant(1e30), high = -low;
  for (int c = 0; c < 8; ++c) {
    const Vec3 p = in.to_patient(Vec3(c & 1 ? in.size[0] - 1 : 0, c & 2 ? in.size[1] - 1 : 0, c & 4 ? in.size[2] - 1 : 0));
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  out.grid.origin = low;
  const bool reorder = along_patient_axes(in) && in.spacing.minCoeff() > 0.8 * spacing_mm && in.spacing.maxCoeff() < 1.2 * spacing_mm;
  for (int d = 0; d < 3; ++d) {
    if (reorder) {
      int axis = 0;
      in.direction.row(d).cwiseAbs().maxCoeff(&axis);
      out.grid.spacing[d] = in.spacing[axis];
      out.grid.size[std::size_t(d)] = in.size[std::size_t(axis)];
    } else {
      out.grid.spacing[d] = spacing_mm;
      out.grid.size[std::size_t(d)] = std::max(1, int(std::floor((high[d] - low[d]) / spacing_mm + 1e-6)) + 1);
    }
  }
  // The same to the last bit however the scan's axes are stored.
  if (reorder) out.grid.origin = (out.grid.origin * 1e6).array().round().matrix() / 1e6;
  out.values.resize(out.grid.voxels());
  const double step = spacing_mm / 3.0;
  const int nz = out.grid.size[2], ny = out.grid.size[1];
  for (int k0 = 0; k0 < nz; k0 += 4) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k0) / nz, "resampling the scan");
    core::parallel_chunks(std::ptrdiff_t(std::min(4, nz - k0)) * ny, 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t row = b; row < e; ++row) {
        const int k = k0 + int(row / ny), j = int(row % ny);
        for (int i = 0; i < out.grid.size[0]; ++i) {
          const Vec3 p = out.grid.to_patient(Vec3(i, j, k));
          float& to = out.values[out.grid.offset(i, j, k)];
          if (reorder) {
            const Vec3 q = in.to_index(p);
            to = scan.at(int(std::lround(q.x())), int(std::lround(q.y())), int(std::lround(q.z())));
            continue;
          }
          double sum = 0;
          for (int c = -1; c <= 1; ++c)
            for (int d = -1; d <= 1; ++d)
              for (int f = -1; f <= 1; ++f) sum += sample(scan, in.to_index(p + step * Vec3(f, d, c)));
          to = float(sum / 27.0);
        }
      }
    });
  }
  return out;
}

core::Result<core::LabelMap> from_working_grid(const core::LabelMap& labels, const core::Grid& scan, const core::Progress& progress) {
  core::LabelMap out;
  out.grid = scan;
  out.labels = labels.labels;
  out.values.assign(scan.voxels(), 0);
  const core::Grid& g = labels.grid;
  const int nz = scan.size[2], ny = scan.size[1];
  for (int k0 = 0; k0 < nz; k0 += 8) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k0) / nz, "labels back on the scan");
    core::parallel_chunks(std::ptrdiff_t(std::min(8, nz - k0)) * ny, 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t row = b; row < e; ++row) {
        const int k = k0 + int(row / ny), j = int(row % ny);
        for (int i = 0; i < scan.size[0]; ++i) {
          const Vec3 q = g.to_index(scan.to_patient(Vec3(i, j, k)));
          int a[3];
          double f[3];
          bool inside = true;
          for (int d = 0; d < 3; ++d) {
            const double x = std::abs(q[d] - std::round(q[d])) < 1e-4 ? std::round(q[d]) : q[d];
            inside = inside && x >= -0.5 && x <= g.size[std::size_t(d)] - 0.5;
            a[d] = int(std::floor(x));
            f[d] = x - a[d];
          }
          if (!inside) continue;
          int value[8];
          double weight[8];
          for (int c = 0; c < 8; ++c) {
            const int x = std::clamp(a[0] + (c & 1), 0, g.size[0] - 1), y = std::clamp(a[1] + (c >> 1 & 1), 0, g.size[1] - 1), z = std::clamp(a[2] + (c >> 2), 0, g.size[2] - 1);
            value[c] = labels.at(x, y, z);
            weight[c] = (c & 1 ? f[0] : 1 - f[0]) * (c & 2 ? f[1] : 1 - f[1]) * (c & 4 ? f[2] : 1 - f[2]);
          }
          double best = -1;
          int chosen = 0;
          for (int c = 0; c < 8; ++c) {
            double w = 0;
            for (int d = 0; d < 8; ++d)
              if (value[d] == value[c]) w += weight[d];
            if (w > best + 1e-12 || (w > best - 1e-12 && value[c] < chosen)) best = w, chosen = value[c];
          }
          out.values[scan.offset(i, j, k)] = std::uint8_t(chosen);
        }
      }
    });
  }
  return out;
}

}  // namespace ot::imaging
