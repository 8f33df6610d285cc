// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/body_skin.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "imaging/segmentation/chest_parts.hpp"
#include "imaging/segmentation/working_grid.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;

constexpr double working_mm = 3.0, level_mm = 6.0;
constexpr int angles = 120;
constexpr double least_air_mm = 10.0;        // wider than the folds of skin a half-line may cross
constexpr double least_rim_mm = 4.0;         // of air is enough where the scan ends
constexpr double least_body_ml = 1000;       // as chest_ct
// Below any tissue or gas on the HU scale: what reconstructions write outside their round field of view. Noise of air stays above it.
constexpr float padding_hu = -1250;

// Radius of the round field inside which every slice was reconstructed, in voxels of the plane; a large number when all of it was.
// Known by corners that all hold one and the same value, which noise never gives.
double round_field(const core::Volume& ct) {
  const core::Grid& g = ct.grid;
  if (std::abs(g.direction(2, 2)) < 0.9) return 1e30;   // its slices are not those of the scanner
  const int k = g.size[2] / 2;
  const float corner = ct.at(0, 0, k);
  const int w = std::max(1, std::min(g.size[0], g.size[1]) / 32);
  for (const int x : {0, g.size[0] - w})
    for (const int y : {0, g.size[1] - w})
      for (int j = y; j < y + w; ++j)
        for (int i = x; i < x + w; ++i)
          if (ct.at(i, j, k) != corner) return 1e30;
  return 0.5 * std::min(g.size[0], g.size[1]) - 1.5;
}

}  // namespace

core::Result<std::vector<Vec3>> find_skin(const core::Volume& ct, const core::Progress& progress) {
  const double field = round_field(ct);
  chest::Scan work;
  work.hounsfield = ct.quantity == "HU";
  {
    auto volume = to_working_grid(ct, std::max(working_mm, ct.grid.spacing.minCoeff()), progress.part(0, 0.6));
    if (!volume) return core::pass(volume);
    work.grid = volume->grid;
    work.values = std::move(volume->values);
  }
  const core::Grid& g = work.grid;
  const auto none = [] { return core::bad_input("No body surrounded by air was found in the scan (its skin would give the places of the ECG electrodes)."); };
  chest::Levels levels;
  if (!chest::find_gas_level(work, levels)) return none();
  progress.report(0.6, "skin: the body");
  const voxels::Mask body = chest::find_body(work, levels);
  if (progress.cancelled()) return core::cancelled();
  Vec3 middle = Vec3::Zero();
  double count = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (body[g.offset(i, j, k)]) {
          middle += Vec3(i, j, k);
          ++count;
        }
  if (count * g.voxel_volume() / 1000 < least_body_ml) return none();
  middle /= count;
  progress.report(0.8, "skin: where the body ends");

  const auto nearest = [&](const Vec3& q) { return std::array<int, 3>{int(std::lround(q.x())), int(std::lround(q.y())), int(std::lround(q.z()))}; };
  // Seen: within the scan and its round field, and no padding.
  const auto seen = [&](const Vec3& q) {
    const auto v = nearest(q);
    if (!g.contains(v[0], v[1], v[2]) || (work.hounsfield && work.values[g.offset(v[0], v[1], v[2])] < padding_hu)) return false;
    const Vec3 p = ct.grid.to_index(g.to_patient(q));
    return std::hypot(p.x() - 0.5 * (ct.grid.size[0] - 1), p.y() - 0.5 * (ct.grid.size[1] - 1)) < field;
  };
  const auto inside = [&](const Vec3& q) {
    const auto v = nearest(q);
    return body[g.offset(v[0], v[1], v[2])] != 0;
  };
  const auto value = [&](const Vec3& q) {   // in the plane of the slice
    const int i = std::clamp(int(std::floor(q.x())), 0, g.size[0] - 2), j = std::clamp(int(std::floor(q.y())), 0, g.size[1] - 2), k = int(std::lround(q.z()));
    const double x = q.x() - i, y = q.y() - j;
    const auto at = [&](int a, int b) { return double(work.values[g.offset(a, b, k)]); };
    return (1 - x) * ((1 - y) * at(i, j) + y * at(i, j + 1)) + x * ((1 - y) * at(i + 1, j) + y * at(i + 1, j + 1));
  };
  const int skip = std::max(1, int(std::lround(level_mm / g.spacing.z())));
  const int heights = (g.size[2] + skip - 1) / skip;
  std::vector<std::vector<Vec3>> found(static_cast<std::size_t>(heights));
  core::parallel_chunks(heights, 1, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (std::ptrdiff_t h = from; h < to; ++h)
      for (int a = 0; a < angles; ++a) {
        const double turn = 2 * M_PI * a / angles;
        const Vec3 start(middle.x(), middle.y(), double(h) * skip), step(0.5 * std::cos(turn) / g.spacing.x(), 0.5 * std::sin(turn) / g.spacing.y(), 0);   // half a millimetre
        double left = -1, air = 0;   // where the body was left, how much air followed
        bool known = true;
        int n = 0;
        if (!seen(start) || !inside(start)) continue;
        for (; air < least_air_mm; ++n) {
          const Vec3 q = start + n * step;
          if (!seen(q)) {
            known = air >= least_rim_mm;
            break;
          }
          if (inside(q)) {
            left = -1;
            air = 0;
          } else {
            if (left < 0) left = n;
            air += 0.5;
          }
        }
        if (!known || left < 0) continue;
        // The crossing of the threshold nearest to where the mask ends; the mask itself is as coarse as its voxels.
        double best = left;
        const int reach = int(std::ceil(2 * g.spacing.x() / 0.5));
        double least = 1e30;
        for (int m = int(left) - reach; m < int(left) + reach; ++m) {
          if (m < 0 || !seen(start + (m + 1) * step)) continue;
          const double here = value(start + m * step), next = value(start + (m + 1) * step);
          if (here < levels.gas || next >= levels.gas) continue;
          const double at = m + (here - levels.gas) / (here - next);
          if (std::abs(at - left) < least) least = std::abs(at - left), best = at;
        }
        found[std::size_t(h)].push_back(g.to_patient(start + best * step));
      }
  });
  std::vector<Vec3> out;
  for (const auto& level : found) out.insert(out.end(), level.begin(), level.end());
  progress.report(1, "skin: found");
  return out;
}

}  // namespace ot::imaging
