// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/phantom/render.hpp"

#include <array>
#include <atomic>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

// SplitMix64 finaliser (Steele, Lea, Flood, OOPSLA 2014, doi 10.1145/2660193.2660195).
std::uint64_t mix(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

double counter_normal(std::uint64_t seed, std::uint64_t counter) {
  const std::uint64_t base = mix(seed) ^ mix(counter * 2 + 1);
  const double u = (double(mix(base) >> 11) + 0.5) * 0x1p-53, v = double(mix(base + 1) >> 11) * 0x1p-53;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * 3.14159265358979323846 * v);  // Box and Muller 1958
}

core::Result<Phantom> render_phantom(const core::Grid& grid, const std::vector<Tissue>& tissues,
                                     const std::function<int(const core::Vec3&)>& tissue_at, double noise_hu, std::uint64_t seed,
                                     const core::Progress& progress) {
  OT_EXPECT(grid.size[0] > 2 && grid.size[1] > 2 && grid.size[2] > 2);
  const int nx = grid.size[0], ny = grid.size[1], nz = grid.size[2];
  std::vector<std::uint8_t> centre(grid.voxels());
  const int block = 4;  // slices between two looks at the cancel flag
  for (int k0 = 0; k0 < nz; k0 += block) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.4 * k0 / nz, "building the phantom");
    const int k1 = std::min(nz, k0 + block);
    core::parallel_chunks(std::ptrdiff_t(k1 - k0) * ny, 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t row = b; row < e; ++row) {
        const int k = k0 + int(row / ny), j = int(row % ny);
        for (int i = 0; i < nx; ++i)
          centre[grid.offset(i, j, k)] = std::uint8_t(tissue_at(grid.to_patient(core::Vec3(i, j, k))));
      }
    });
  }
  Phantom out;
  out.ct.grid = out.truth.grid = grid;
  out.ct.values.resize(grid.voxels());
  out.truth.values.resize(grid.voxels());
  out.truth.labels = core::labels::heart();
  out.ct.quantity = "HU";
  for (int k0 = 0; k0 < nz; k0 += block) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.4 + 0.6 * k0 / nz, "building the phantom: partial volume and noise");
    const int k1 = std::min(nz, k0 + block);
    core::parallel_chunks(std::ptrdiff_t(k1 - k0) * ny, 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t row = b; row < e; ++row) {
        const int k = k0 + int(row / ny), j = int(row % ny);
        for (int i = 0; i < nx; ++i) {
          const std::size_t at = grid.offset(i, j, k);
          const std::uint8_t own = centre[at];
          bool pure = true;
          for (int c = -1; c <= 1 && pure; ++c)
            for (int d = -1; d <= 1 && pure; ++d)
              for (int f = -1; f <= 1 && pure; ++f) {
                const int x = std::clamp(i + f, 0, nx - 1), y = std::clamp(j + d, 0, ny - 1), z = std::clamp(k + c, 0, nz - 1);
                pure = centre[grid.offset(x, y, z)] == own;
              }
          double hu = tissues[own].hu;
          std::uint8_t label = tissues[own].label;
          if (!pure) {
            std::array<int, 256> votes{};
            hu = 0;
            for (int c = -1; c <= 1; ++c)
              for (int d = -1; d <= 1; ++d)
                for (int f = -1; f <= 1; ++f) {
                  const Tissue& t = tissues[std::size_t(tissue_at(grid.to_patient(core::Vec3(i + f / 3.0, j + d / 3.0, k + c / 3.0))))];
                  hu += t.hu;
                  ++votes[t.label];
                }
            hu /= 27.0;
            label = 0;
            for (int l = 1; l < 256; ++l)
              if (votes[std::size_t(l)] > votes[label]) label = std::uint8_t(l);
          }
          out.truth.values[at] = label;
          out.ct.values[at] = float(std::round(std::max(-1024.0, hu + noise_hu * counter_normal(seed, at))));
        }
      }
    });
  }
  progress.report(1.0, "phantom built");
  return out;
}

}  // namespace ot::imaging
