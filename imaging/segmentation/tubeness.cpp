// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/tubeness.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

std::vector<float> tubeness(const core::Grid& g, const std::vector<float>& values, const voxels::Mask& where, const std::vector<double>& sigmas_mm,
                            const core::Progress& progress) {
  OT_EXPECT(values.size() == g.voxels() && where.size() == g.voxels());
  std::vector<float> best(values.size(), 0);
  const std::ptrdiff_t nx = g.size[0], ny = g.size[1], nz = g.size[2], sheet = nx * ny;
  for (std::size_t n = 0; n < sigmas_mm.size(); ++n) {
    if (progress.cancelled()) return {};
    progress.report(double(n) / double(sigmas_mm.size()), "tubes");
    const double sigma = sigmas_mm[n];
    const auto smooth = voxels::gaussian(g, values, sigma);
    if (progress.cancelled()) return {};
    const double norm = sigma * sigma;
    core::parallel_chunks(nz, 1, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver;
      for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(from, 1); k < std::min(to, nz - 1); ++k)
        for (std::ptrdiff_t j = 1; j + 1 < ny; ++j)
          for (std::ptrdiff_t i = 1; i + 1 < nx; ++i) {
            const std::ptrdiff_t at = i + nx * j + sheet * k;
            if (!where[std::size_t(at)]) continue;
            const float* p = smooth.data() + at;
            const auto second = [&](std::ptrdiff_t step, int axis) { return (double(p[step]) + p[-step] - 2.0 * p[0]) / (g.spacing[axis] * g.spacing[axis]); };
            const auto mixed = [&](std::ptrdiff_t a, std::ptrdiff_t b, int axis, int other) {
              return (double(p[a + b]) + p[-a - b] - p[a - b] - p[b - a]) / (4 * g.spacing[axis] * g.spacing[other]);
            };
            Eigen::Matrix3d h;
            h(0, 0) = second(1, 0), h(1, 1) = second(nx, 1), h(2, 2) = second(sheet, 2);
            if (h.trace() >= 0) continue;   // l2 + l3 < 0 with a small l1: not a bright tube otherwise
            h(0, 1) = h(1, 0) = mixed(1, nx, 0, 1);
            h(0, 2) = h(2, 0) = mixed(1, sheet, 0, 2);
            h(1, 2) = h(2, 1) = mixed(nx, sheet, 1, 2);
            solver.computeDirect(h, Eigen::EigenvaluesOnly);
            std::array<double, 3> l{solver.eigenvalues()[0], solver.eigenvalues()[1], solver.eigenvalues()[2]};
            std::sort(l.begin(), l.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
            if (!(l[1] < 0 && l[2] < 0)) continue;
            const double along = l[0] / l[1];
            best[std::size_t(at)] = std::max(best[std::size_t(at)], float(norm * -l[1] * (1 - along * along)));
          }
    });
  }
  return best;
}

}  // namespace ot::imaging
