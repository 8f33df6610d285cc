// SPDX-License-Identifier: GPL-3.0-or-later
// Bone in native and contrast CT. Bone and contrast-filled blood share their HU; what tells them apart here: blood is thick, lies in the
// front of the chest, and is enclosed by something darker, marrow by a brighter cortex. Neglects: calcified vessels and stents beside bone, vessels thinner than 5 mm that
// touch bone (they count as bone), cement and metal (bone).
#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/segmentation/chest_parts.hpp"

namespace ot::imaging::chest {
namespace {

using voxels::Mask;

constexpr double core_mm = 4.0;            // half the width of the thinnest lumen treated as blood on its own
constexpr double least_contrast_ml = 15.0; // cores of a filled heart hold far more, calcified nodes and vertebral bodies in front of the middle none
// Thinner lumen that hangs together with bone: its core is at the blood's level, as even as blood, and lies in a darker wall.
constexpr double lumen_mm = 2.2;           // half the width of the thinnest such core: three voxels of 1.5 mm
constexpr double lumen_low = 0.5, lumen_high = 1.5;   // of the step from soft tissue to blood: partial volume below, mixing and hardening above
constexpr double lumen_shell_mm = 4.5;     // beyond the core's blurred rim of a voxel
constexpr double least_dark = 0.6;         // of that shell, below half way to blood: marrow lies in its cortex, a vessel touches bone on one side
constexpr double most_cortex = 0.25;       // of that shell, above blood: bone on one side
constexpr double bone_share = 0.3;         // of the step from soft tissue to the mean of bone: trabecular bone begins at 100 to 200 HU

double median_of(std::vector<float> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return double(v[v.size() / 2]);
}

// Cores of thin contrast-filled lumen inside what was taken for bone, and the rim of one voxel around them.
Mask thin_lumen(const Scan& s, const Mask& bright, const Mask& thick, double soft, double blood) {
  const core::Grid& g = s.grid;
  const std::size_t n = bright.size();
  const double step = blood - soft, h = g.spacing.maxCoeff();
  const auto u = [&](std::size_t i) { return (s.values[i] - soft) / step; };
  const auto spread_of = [&](const Mask& m) {
    double sum = 0, squares = 0, count = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (m[i]) sum += u(i), squares += u(i) * u(i), ++count;
    return count > 0 ? std::sqrt(std::max(0.0, squares / count - sum / count * sum / count)) : 0.0;
  };
  // As even as blood: the spread of the thick blood's cores, and of a rim whose values fill the range from the least to whole blood evenly.
  const double even = spread_of(voxels::erode(g, thick, 2.5 * h)), rim = (1 - lumen_low) / std::sqrt(12.0), most_uneven = std::hypot(even, rim);
  // The blurred rim of compact bone passes through the blood's level: one voxel beside it is left out.
  Mask compact(n), core(n);
  for (std::size_t i = 0; i < n; ++i) compact[i] = bright[i] && u(i) >= lumen_high;
  const auto to_compact = voxels::distance_to(g, compact);
  for (std::size_t i = 0; i < n; ++i) core[i] = bright[i] && u(i) > lumen_low && u(i) < lumen_high && to_compact[i] > 1.01 * h;
  core = voxels::open(g, core, std::max(lumen_mm, 1.47 * h));
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, core, sizes);
  struct Piece {
    double sum = 0, squares = 0, shell = 0, dark = 0, cortex = 0;
  };
  std::vector<Piece> pieces(sizes.size());
  for (std::size_t i = 0; i < n; ++i)
    if (Piece& p = pieces[std::size_t(part[i])]; part[i]) p.sum += u(i), p.squares += u(i) * u(i);
  // Every voxel of the shell counts for the piece nearest to it.
  const int reach = int(std::ceil(lumen_shell_mm / g.spacing.minCoeff()));
  std::vector<std::array<int, 4>> ball;   // squared distance first
  for (int z = -reach; z <= reach; ++z)
    for (int y = -reach; y <= reach; ++y)
      for (int x = -reach; x <= reach; ++x) {
        const double d = core::Vec3(x, y, z).cwiseProduct(g.spacing).norm();
        if (d > 0 && d <= lumen_shell_mm) ball.push_back({int(std::lround(1000 * d)), x, y, z});
      }
  std::sort(ball.begin(), ball.end());
  const auto away = voxels::distance_to(g, core);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t o = g.offset(i, j, k);
        if (core[o] || away[o] > lumen_shell_mm) continue;
        for (const auto& [d, x, y, z] : ball) {
          if (!g.contains(i + x, j + y, k + z)) continue;
          const int id = part[g.offset(i + x, j + y, k + z)];
          if (!id) continue;
          Piece& p = pieces[std::size_t(id)];
          ++p.shell, p.dark += u(o) < 0.5, p.cortex += u(o) >= lumen_high;
          break;
        }
      }
  std::vector<std::uint8_t> keep(sizes.size(), 0);
  for (std::size_t p = 1; p < sizes.size(); ++p) {
    const Piece& q = pieces[p];
    const double count = double(sizes[p]), uneven = std::sqrt(std::max(0.0, q.squares / count - q.sum / count * q.sum / count));
    keep[p] = q.shell > 0 && q.dark >= least_dark * q.shell && q.cortex <= most_cortex * q.shell && uneven <= most_uneven;
  }
  for (std::size_t i = 0; i < n; ++i) core[i] = core[i] && keep[std::size_t(part[i])];
  const auto to_core = voxels::distance_to(g, core);
  for (std::size_t i = 0; i < n; ++i) core[i] = core[i] || (bright[i] && to_core[i] <= 1.01 * h && u(i) < lumen_high);
  return core;
}

}  // namespace

Bones find_bone(const Scan& s, const Mask& body, const Lungs& lungs, Levels& levels, const core::Progress& progress) {
  Bones out;
  const core::Grid& g = s.grid;
  const std::size_t n = body.size();
  const double voxel_ml = g.voxel_volume() / 1000;
  const auto in_lung = [&](std::size_t i) { return lungs.left[i] || lungs.right[i] || lungs.airway[i]; };
  out.bone.assign(n, 0);
  out.blood.assign(n, 0);
  out.lumen.assign(n, 0);
  // Bright: above the upper of two classes of what is well above soft tissue.
  std::vector<float> above, below;
  for (std::size_t i = 0; i < n; i += 3) {
    if (!body[i] || in_lung(i) || s.values[i] < levels.fat) continue;
    if (s.values[i] > levels.soft) above.push_back(s.values[i]);
    else below.push_back(float(levels.soft) - s.values[i]);
  }
  if (above.size() < 1000) return out;
  const double spread = 1.4826 * median_of(below);   // of soft tissue around its commonest value
  std::vector<float> bright;
  for (float v : above)
    if (v > levels.soft + 4 * spread) bright.push_back(v);
  if (bright.size() < 100) return out;
  double mean = 0;
  for (float v : bright) mean += v;
  mean /= double(bright.size());
  levels.bone = levels.soft + std::max(3 * spread, bone_share * (mean - levels.soft));

  // Contrast: thick homogeneous cores in the front 60 % of the body at their level.
  Mask candidate(n);
  for (std::size_t i = 0; i < n; ++i) candidate[i] = body[i] && !in_lung(i) && s.values[i] > levels.bone;
  const Mask cores = voxels::erode(g, candidate, core_mm);
  if (progress.cancelled()) return out;
  progress.report(0.3, "contrast-filled blood");
  std::vector<int> front(std::size_t(g.size[2]), g.size[1]), back(std::size_t(g.size[2]), -1);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (body[g.offset(i, j, k)]) front[std::size_t(k)] = std::min(front[std::size_t(k)], j), back[std::size_t(k)] = std::max(back[std::size_t(k)], j);
  {
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, cores, sizes);
    std::vector<double> depth(sizes.size(), 0), level(sizes.size(), 0);
    std::vector<std::uint8_t> lung_slice(std::size_t(g.size[2]), 0);
    for (std::size_t i = 0; i < n; ++i) lung_slice[i / (std::size_t(g.size[0]) * std::size_t(g.size[1]))] |= in_lung(i);
    std::vector<std::vector<float>> values(sizes.size());
    for (std::size_t i = 0; i < n; ++i) {
      const auto p = std::size_t(part[i]);
      if (!p) continue;
      const auto k = i / (std::size_t(g.size[0]) * std::size_t(g.size[1]));
      const double j = double(i / std::size_t(g.size[0]) % std::size_t(g.size[1]));
      depth[p] += (j - front[k]) / std::max(1, back[k] - front[k]);
      level[p] += lung_slice[k];
      values[p].push_back(s.values[i]);
    }
    // Marrow lies inside a brighter cortex, blood inside a darker wall: rays from the core's voxels to where the brightness ends.
    std::vector<double> rays(sizes.size(), 0), cortex(sizes.size(), 0), across(sizes.size(), 0), mean_core(sizes.size(), 0);
    for (std::size_t p = 1; p < sizes.size(); ++p) mean_core[p] = median_of(values[p]);
    const int furthest = int(std::ceil(15.0 / g.spacing[0]));   // a vertebral body's cortex is nearer than that to the edge of its core
    for (int k = 0; k < g.size[2]; ++k)
      for (int j = 0; j < g.size[1]; ++j)
        for (int i = 0; i < g.size[0]; ++i) {
          const auto id = std::size_t(part[g.offset(i, j, k)]);
          if (!id) continue;
          across[id] += i;
          const int step[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
          for (const auto& d : step) {
            if (!g.contains(i + d[0], j + d[1], k) || std::size_t(part[g.offset(i + d[0], j + d[1], k)]) == id) continue;
            double most = -1e30;
            bool ends = false;
            for (int r = 1; r <= furthest && g.contains(i + r * d[0], j + r * d[1], k); ++r) {
              const std::size_t o = g.offset(i + r * d[0], j + r * d[1], k);
              if (!candidate[o]) {
                ends = true;
                break;
              }
              most = std::max(most, double(s.values[o]));
            }
            if (!ends) continue;
            ++rays[id];
            cortex[id] += most > s.values[g.offset(i, j, k)] + 2 * spread;
          }
        }
    // Where contrast shows: in front, at the level of the lungs, or near the middle when there is no lung (hips and pelvis lie beside it).
    const double half_width = g.size[0] / 6.0;
    std::vector<float> pool;
    std::vector<std::uint8_t> is_front(sizes.size(), 0), is_blood(sizes.size(), 0);
    for (std::size_t p = 1; p < sizes.size(); ++p) {
      is_blood[p] = rays[p] > 0 && cortex[p] < 0.5 * rays[p] && double(sizes[p]) * voxel_ml > 0.2;
      is_front[p] = is_blood[p] && depth[p] / double(sizes[p]) < 0.6 && double(sizes[p]) * voxel_ml > 0.5 &&
                    (lungs.found ? level[p] > 0.5 * double(sizes[p]) : std::abs(across[p] / double(sizes[p]) - 0.5 * g.size[0]) < half_width);
      if (is_front[p]) pool.insert(pool.end(), values[p].begin(), values[p].end());
    }
    if (double(pool.size()) * voxel_ml > least_contrast_ml) {
      out.blood_level = median_of(pool);
      // Front cores brighter than half way to the blood are blood. At the back (descending aorta, dissection) cores without a cortex are, unless
      // they are so bright that only compact bone can be meant.
      const double half = 0.5 * (levels.soft + out.blood_level), compact = levels.soft + 1.5 * (out.blood_level - levels.soft);
      Mask seeds(n, 0);
      for (std::size_t i = 0; i < n; ++i) {
        const auto p = std::size_t(part[i]);
        if (!p) continue;
        seeds[i] = is_front[p] ? s.values[i] > half : is_blood[p] && mean_core[p] < compact;
      }
      seeds = voxels::open(g, seeds, 1.01 * g.spacing.maxCoeff());
      const auto reach = voxels::distance_to(g, seeds);
      for (std::size_t i = 0; i < n; ++i) out.blood[i] = reach[i] <= core_mm + 1.5 * g.spacing.maxCoeff() && s.values[i] > levels.bone;
    }
  }
  if (progress.cancelled()) return out;
  progress.report(0.6, "bone");
  // Enhanced spleen, kidney and slow lumen reach a third of the blood's brightness; trabecular bone below that comes back with its cortex.
  if (out.blood_level > 0) levels.bone = std::max(levels.bone, levels.soft + 0.4 * (out.blood_level - levels.soft));
  for (std::size_t i = 0; i < n; ++i) candidate[i] = candidate[i] && !out.blood[i] && s.values[i] > levels.bone;
  const Mask bright_all = candidate;
  {
    // Pieces under 0.5 ml are calcium or noise; pieces that lean on the blood over a third of their voxels are its branches and rims;
    // bone has compact bone in a twentieth of it, an enhanced organ has none.
    std::vector<float> to_blood;
    if (out.blood_level > 0) to_blood = voxels::distance_to(g, out.blood);
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, candidate, sizes);
    std::vector<std::size_t> near(sizes.size(), 0), compact(sizes.size(), 0);
    for (std::size_t i = 0; i < n; ++i) compact[std::size_t(part[i])] += s.values[i] > mean;
    if (!to_blood.empty())
      for (std::size_t i = 0; i < n; ++i)
        if (part[i]) near[std::size_t(part[i])] += to_blood[i] <= 3.0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto p = std::size_t(part[i]);
      candidate[i] = p && double(sizes[p]) * voxel_ml > 0.5 && near[p] * 3 < sizes[p] && compact[p] * 20 > sizes[p];
    }
  }
  if (progress.cancelled()) return out;
  if (out.blood_level > 0) {
    out.lumen = thin_lumen(s, bright_all, out.blood, levels.soft, out.blood_level);
    if (progress.cancelled()) return out;
    for (std::size_t i = 0; i < n; ++i) candidate[i] = candidate[i] && !out.lumen[i];
    std::vector<std::size_t> sizes;   // what was left of the lumen's rim is no bone either
    const auto part = voxels::components(g, candidate, sizes);
    for (std::size_t i = 0; i < n; ++i) candidate[i] = candidate[i] && double(sizes[std::size_t(part[i])]) * voxel_ml > 0.5;
  }
  // Marrow inside the cortex.
  const Mask closed = voxels::fill_holes(g, voxels::close(g, candidate, 3.0));
  for (std::size_t i = 0; i < n; ++i) out.bone[i] = candidate[i] || (closed[i] && body[i] && !out.blood[i] && !out.lumen[i] && !in_lung(i) && s.values[i] > levels.fat);
  return out;
}

}  // namespace ot::imaging::chest
