// SPDX-License-Identifier: GPL-3.0-or-later
// Scalar fields on cropped image grids: label indicators, Gaussian smoothing, exact distance near a surface, fast sampling.
// In: label maps; out: float fields, lengths in mm. Numerics: separable Gaussian cut at 4 sigma; trilinear sampling; point-to-
// triangle distance exact inside the band. Threads: parallel_chunks, each output written once, same bits for every count.
#pragma once
#include <array>
#include <bitset>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

using LabelSet = std::bitset<256>;
LabelSet label_set(const std::vector<int>& values);

// A box of voxels of the image, grown by a margin that may reach beyond the image, coarsened by an integer factor per axis.
struct Window {
  core::Grid grid;                    // of the window
  std::array<int, 3> first{0, 0, 0};  // image index of the first fine voxel
  std::array<int, 3> factor{1, 1, 1};
  bool empty = true;
};
// Window around all voxels of `set` with `margin_mm` on every side. An axis finer than `least_spacing_mm` is coarsened.
Window window_around(const core::LabelMap& labels, const LabelSet& set, double margin_mm, double least_spacing_mm);

// Share of each window voxel covered by `set`, 0..1; 0 beyond the image.
core::Volume indicator(const core::LabelMap& labels, const LabelSet& set, const Window& window);
// Gaussian with standard deviation sigma (voxels, per axis); 0 outside the grid.
void gaussian(core::Volume& field, const core::Vec3& sigma_voxels);

// Distance in mm to the surface, negative where `inside` > iso, exact up to band_mm, +-band_mm beyond.
core::Volume signed_band(const core::SurfaceMesh& surface, const core::Volume& inside, double iso, double band_mm,
                         const core::Progress& progress);

// Trilinear value at a patient point, clamped to the grid's border values.
class Sampler {
 public:
  explicit Sampler(const core::Volume& field);
  double operator()(const core::Vec3& x) const {
    double u[3];
    int i[3];
    const core::Vec3 q = to_index_ * x + shift_;
    for (int a = 0; a < 3; ++a) {
      double v = q[a];
      v = v < 0 ? 0 : (v > top_[a] ? top_[a] : v);
      i[a] = int(v);
      if (i[a] > last_[a]) i[a] = last_[a];
      u[a] = v - i[a];
    }
    const float* p = data_ + (std::size_t(i[2]) * ny_ + std::size_t(i[1])) * nx_ + std::size_t(i[0]);
    const std::size_t sx = step_[0], sy = step_[1], sz = step_[2];
    const double c00 = p[0] + u[0] * (double(p[sx]) - p[0]);
    const double c10 = p[sy] + u[0] * (double(p[sy + sx]) - p[sy]);
    const double c01 = p[sz] + u[0] * (double(p[sz + sx]) - p[sz]);
    const double c11 = p[sz + sy] + u[0] * (double(p[sz + sy + sx]) - p[sz + sy]);
    const double c0 = c00 + u[1] * (c10 - c00), c1 = c01 + u[1] * (c11 - c01);
    return c0 + u[2] * (c1 - c0);
  }

 private:
  const float* data_;
  std::size_t nx_, ny_;
  std::size_t step_[3];
  double top_[3];
  int last_[3];
  core::Mat3 to_index_;
  core::Vec3 shift_;
};

}  // namespace ot::imaging
