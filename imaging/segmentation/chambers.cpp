// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/phantom/model_heart.hpp"
#include "imaging/segmentation/heart_stages.hpp"
#include "imaging/segmentation/partition.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using core::Vec3;
using voxels::Mask;
namespace l = core::labels;

// Columns of the Potts problem; the last is "other blood": branches, bone.
constexpr std::array<int, 10> column_label = {l::lv_blood_pool, l::rv_blood_pool, l::left_atrium, l::right_atrium, l::aorta, l::pulmonary_artery, l::descending_aorta,
                                              l::superior_vena_cava, l::inferior_vena_cava, l::pulmonary_veins};
constexpr std::array<int, 10> column_model = {l::lv_blood_pool, l::rv_blood_pool, l::left_atrium, l::right_atrium, l::aorta, l::pulmonary_artery, l::descending_aorta,
                                              model_labels::svc, model_labels::ivc, model_labels::pulmonary_vein};
constexpr int pools = 7;                              // columns before the veins
constexpr int columns = 11;
// Faces of cut per voxel and mm of distance to the model's chamber: small, so that the model only decides where the image does not.
constexpr double pull_per_mm = 0.02;
constexpr double most_far = 30.0, most_deep = 10.0;  // mm, where the pull levels off
constexpr double reach = 20.0;                        // mm around the model heart that is looked at
constexpr double stranger = 14.0;                     // mm from every chamber at which "other blood" becomes as likely
constexpr double vein_handicap = 3.0;                 // mm: a vein is taken only where the model says so clearly
constexpr float certain = 4.0f;                       // faces of cut that a click is worth: more than a voxel's six half faces
constexpr double seed_mm = 2.5;                       // what a seed paints

std::vector<float> costs(const core::Grid& grid, const std::vector<std::int32_t>& voxel, const ShapePrior& prior, const HeartFit& fit, const Hints& hints) {
  const Unfit unfit(fit);
  std::vector<float> out(voxel.size() * std::size_t(columns));
  const double h = grid.spacing.mean();
  const bool told = !hints.empty();
  core::parallel_chunks(std::ptrdiff_t(voxel.size()), 2048, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n) {
      const std::ptrdiff_t at = voxel[std::size_t(n)];
      const Vec3 index(double(at % grid.size[0]), double(at / grid.size[0] % grid.size[1]), double(at / (std::ptrdiff_t(grid.size[0]) * grid.size[1])));
      const Vec3 p = grid.to_patient(index), m = unfit(p);
      float* c = &out[std::size_t(n) * columns];
      double nearest = 1e9;
      for (int k = 0; k + 1 < columns; ++k) {
        double d = unfit.scale * double(prior.at(column_model[std::size_t(k)], m));
        if (k < pools) nearest = std::min(nearest, d);
        else d += vein_handicap;
        c[k] = float(pull_per_mm * h * std::clamp(d, -most_deep, most_far));
      }
      c[columns - 1] = float(pull_per_mm * h * std::clamp(stranger - nearest, -most_deep, most_far));
      if (!told) continue;
      for (int k = 0; k + 1 < columns; ++k)
        if (hints.forbidden(column_label[std::size_t(k)], p)) c[k] += certain;
      if (const int label = hints.seeded(p, std::max(seed_mm, h)); label) {
        const auto found = std::find(column_label.begin(), column_label.end(), label);
        c[found - column_label.begin()] -= certain;   // not found: the last column, other blood
      }
    }
  });
  return out;
}

std::vector<std::int32_t> members(const Mask& mask) {
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i]) out.push_back(std::int32_t(i));
  return out;
}

struct Cut {
  std::vector<std::uint8_t> column;  // columns: not blood
  std::vector<float> margin;
};

// One cut of the blood in `domain`. With `before` (a cut on a coarser grid) only blood within `band` coarse voxels of another label there is
// cut again; the rest keeps its label and holds its neighbours to it.
Result<Cut> cut(const HeartImage& image, const core::Grid& grid, const std::vector<float>& smooth, const Mask& domain, const ShapePrior& prior,
                const HeartFit& fit, const Hints& hints, int iterations, const core::Grid* coarse, const Cut* before, const core::Progress& progress) {
  Cut out;
  out.column.assign(domain.size(), std::uint8_t(columns));
  out.margin.assign(domain.size(), 1.0f);
  Mask open = domain;
  std::vector<std::uint8_t> guess(domain.size(), std::uint8_t(columns));
  if (before) {
    constexpr int band = 2;
    Mask settled(before->column.size(), 0);
    for (int k = 0; k < coarse->size[2]; ++k)
      for (int j = 0; j < coarse->size[1]; ++j)
        for (int i = 0; i < coarse->size[0]; ++i) {
          const std::size_t o = coarse->offset(i, j, k);
          if (before->column[o] == columns) continue;
          bool same = true;
          for (int z = std::max(0, k - band); z <= std::min(coarse->size[2] - 1, k + band) && same; ++z)
            for (int y = std::max(0, j - band); y <= std::min(coarse->size[1] - 1, j + band) && same; ++y)
              for (int x = std::max(0, i - band); x <= std::min(coarse->size[0] - 1, i + band) && same; ++x) {
                const int other = before->column[coarse->offset(x, y, z)];
                same = other == columns || other == before->column[o];
              }
          settled[o] = same;
        }
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i) {
          const std::size_t o = grid.offset(i, j, k);
          const std::size_t c = coarse->offset(std::min(i / 2, coarse->size[0] - 1), std::min(j / 2, coarse->size[1] - 1), std::min(k / 2, coarse->size[2] - 1));
          if (!domain[o]) continue;
          guess[o] = before->column[c];
          if (settled[c]) open[o] = 0, out.column[o] = before->column[c];
        }
  }
  const auto voxel = members(open);
  auto cost = costs(grid, voxel, prior, fit, hints);
  const double threshold = image.above_wall, blood = image.blood;
  // Unmixed contrast, far brighter than blood in the left heart, is on its way through the right heart (SVC against right pulmonary artery). Where
  // the right heart is that bright as a whole, the pulmonary artery may be as well.
  const double mixed_right = std::max(blood, image.right_blood);
  for (std::size_t n = 0; n < voxel.size(); ++n) {
    const auto excess = [&](double usual) { return std::clamp((smooth[std::size_t(voxel[n])] - (2 * usual - threshold)) / (usual - threshold), 0.0, 1.0); };
    const float left = float(0.35 * excess(blood)), artery = mixed_right > blood ? float(0.35 * excess(mixed_right)) : left;
    for (std::size_t c = 0; c + 1 < columns; ++c)
      if (column_label[c] != l::right_atrium && column_label[c] != l::rv_blood_pool && column_label[c] != l::superior_vena_cava && column_label[c] != l::inferior_vena_cava)
        cost[n * columns + c] += column_label[c] == l::pulmonary_artery ? artery : left;
  }
  std::vector<float> weight(voxel.size());
  std::vector<std::uint8_t> start(voxel.size());
  const std::ptrdiff_t nx = grid.size[0], nxy = nx * grid.size[1];
  const Unfit unfit(fit);
  for (std::size_t n = 0; n < voxel.size(); ++n) {
    const auto at = std::size_t(voxel[n]);
    float* c = &cost[n * columns];
    const std::ptrdiff_t i = std::ptrdiff_t(at) % nx, j = std::ptrdiff_t(at) / nx % grid.size[1], k = std::ptrdiff_t(at) / nxy;
    const Vec3 p = grid.to_patient(Vec3(double(i), double(j), double(k)));
    const Level level = level_at(image, prior, unfit(p));
    weight[n] = float(0.25 + 0.75 * std::clamp((smooth[at] - level.above_wall) / (0.7 * (level.blood - level.above_wall)), 0.0, 1.0));
    if (!hints.empty() && hints.free_cut(p, 2.0 * grid.spacing.mean())) weight[n] = 0.02f;
    const auto hold = [&](bool inside, std::ptrdiff_t step) {
      const auto next = std::size_t(std::ptrdiff_t(at) + step);
      if (inside && !open[next] && out.column[next] < columns) c[out.column[next]] -= 1.0f;  // the face towards a settled neighbour
    };
    hold(i > 0, -1), hold(i + 1 < nx, 1), hold(j > 0, -nx), hold(j + 1 < grid.size[1], nx), hold(k > 0, -nxy), hold(k + 1 < grid.size[2], nxy);
    start[n] = guess[at] < columns ? guess[at] : std::uint8_t(std::min_element(c, c + columns) - c);
  }
  const auto part = cut_blood(grid, open, columns, cost, weight, start, iterations, progress);
  if (!part) return core::pass(part);
  for (std::size_t n = 0; n < part->voxel.size(); ++n) {
    out.column[std::size_t(part->voxel[n])] = part->label[n];
    out.margin[std::size_t(part->voxel[n])] = part->margin[n];
  }
  return out;
}

Mask blood_domain(const HeartImage& image, const core::Grid& grid, const std::vector<float>& smooth, const ShapePrior& prior, const HeartFit& fit) {
  const double least = std::min(image.above_wall, image.right_above_wall);
  Mask out(grid.voxels());
  const Unfit unfit(fit);
  core::parallel_chunks(std::ptrdiff_t(grid.size[2]) * grid.size[1], 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % grid.size[1]), k = int(row / grid.size[1]);
      for (int i = 0; i < grid.size[0]; ++i) {
        const std::size_t o = grid.offset(i, j, k);
        if (!(smooth[o] > least)) continue;
        const Vec3 m = unfit(grid.to_patient(Vec3(i, j, k)));
        out[o] = unfit.scale * prior.at(0, m) < reach && smooth[o] > level_at(image, prior, m).above_wall;
      }
    }
  });
  return out;
}

Vec3 at_voxel(const core::Grid& g, std::size_t o) {
  const auto at = std::ptrdiff_t(o);
  return g.to_patient(Vec3(double(at % g.size[0]), double(at / g.size[0] % g.size[1]), double(at / (std::ptrdiff_t(g.size[0]) * g.size[1]))));
}

// A left atrium larger than the model's spills into "veins" and "other blood". Pulmonary veins are thinner than 16 mm (normal ostia 10 to 15,
// Kato et al., Circulation 2003, doi 10.1161/01.CIR.0000060544.41744.7C): what an opening of that width keeps in one piece with the atrium is atrium.
void widen_left_atrium(const core::Grid& grid, std::vector<std::uint8_t>& labels) {
  Mask pool(labels.size());
  for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = labels[i] == l::left_atrium || labels[i] == l::pulmonary_veins || labels[i] == 255;
  const Mask wide = voxels::open(grid, pool, 8.0);
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(grid, wide, sizes);
  std::vector<std::size_t> atrium(sizes.size(), 0);
  for (std::size_t i = 0; i < pool.size(); ++i) atrium[std::size_t(part[i])] += wide[i] && labels[i] == l::left_atrium;
  for (std::size_t i = 0; i < pool.size(); ++i)
    if (wide[i] && 10 * atrium[std::size_t(part[i])] > 4 * sizes[std::size_t(part[i])]) labels[i] = l::left_atrium;   // mostly atrium: not bone that touches it
}

// Pieces of vein of at least 0.3 ml that touch the left atrium (within two voxels: the cut itself).
Mask veins_of_left_atrium(const core::Grid& grid, const Mask& vein, const std::vector<std::uint8_t>& labels) {
  Mask atrium(vein.size());
  for (std::size_t i = 0; i < vein.size(); ++i) atrium[i] = labels[i] == l::left_atrium;
  const Mask near = voxels::dilate(grid, atrium, 2.0 * grid.spacing.maxCoeff());
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(grid, vein, sizes);
  std::vector<std::uint8_t> keep(sizes.size(), 0);
  for (std::size_t i = 0; i < vein.size(); ++i)
    if (vein[i] && near[i] && double(sizes[std::size_t(part[i])]) * grid.voxel_volume() >= 300.0) keep[std::size_t(part[i])] = 1;
  Mask out(vein.size());
  for (std::size_t i = 0; i < vein.size(); ++i) out[i] = vein[i] && keep[std::size_t(part[i])];
  return out;
}

// Only where a seed shows it: other blood within 20 mm of the seed and connected to it.
void paint_coronary_sinus(const HeartImage& image, const Hints& hints, std::vector<std::uint8_t>& labels) {
  const auto seeds = hints.input().seeds.find("coronary_sinus");
  if (seeds == hints.input().seeds.end()) return;
  const core::Grid& grid = image.grid;
  const double level = 0.5 * (image.wall + image.above_wall);
  Mask near(labels.size(), 0);
  for (std::size_t i = 0; i < near.size(); ++i) {
    if ((labels[i] != 0 && labels[i] != 255) || image.smooth[i] < level) continue;
    const Vec3 p = at_voxel(grid, i);
    for (const Vec3& s : seeds->second) near[i] = near[i] || (p - s).norm() < 20.0;
  }
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(grid, near, sizes);
  std::vector<std::uint8_t> keep(sizes.size(), 0);
  for (std::size_t i = 0; i < near.size(); ++i)
    if (near[i])
      for (const Vec3& s : seeds->second)
        if ((at_voxel(grid, i) - s).norm() < seed_mm) keep[std::size_t(part[i])] = 1;
  for (std::size_t i = 0; i < near.size(); ++i)
    if (near[i] && keep[std::size_t(part[i])]) labels[i] = l::coronary_sinus;
}

// Blood in the right atrium is often unmixed and darker than the threshold. It grows to a quarter of the way from wall to blood, within what
// the model gives to it, and is rounded. False: cancelled.
bool grow_right_atrium(const HeartImage& image, const ShapePrior& prior, const Hints& hints, Chambers& out, const core::Progress& progress) {
  const core::Grid& grid = image.grid;
  const double lower = hints.input().right_atrium_threshold.value_or(image.wall + 0.25 * (image.right_above_wall - image.wall));
  const bool told = !hints.empty();
  const Unfit unfit(out.fit);
  const auto its = [&](std::size_t o) {
    const Vec3 p = at_voxel(grid, o);
    return unfit.scale * prior.at(l::right_atrium, unfit(p)) < 4.0 && !(told && hints.forbidden(l::right_atrium, p));
  };
  Mask pool(out.labels.size(), 0);
  for (std::size_t o = 0; o < pool.size(); ++o) {
    if (out.labels[o] == l::right_atrium) pool[o] = 1;
    else if (!out.labels[o] && image.smooth[o] > lower) pool[o] = its(o);
  }
  pool = voxels::largest_component(grid, voxels::erode(grid, pool, 2.2));
  pool = voxels::dilate(grid, pool, 2.7);
  const Mask round = voxels::close(grid, pool, 9.0);
  if (progress.cancelled()) return false;
  for (std::size_t o = 0; o < pool.size(); ++o) {
    if (out.labels[o] || !(pool[o] || round[o]) || image.smooth[o] < (pool[o] ? lower : image.below_wall)) continue;
    if (its(o)) out.labels[o] = l::right_atrium;
  }
  return true;
}

// The largest piece of a pool without what hangs on it by necks narrower than twice `trim`.
Mask trimmed(const core::Grid& grid, const Mask& pool, double trim) {
  return voxels::dilate(grid, voxels::largest_component(grid, voxels::erode(grid, pool, trim)), trim + 1.0);
}

// The aorta is one round lumen. Where motion or blur fuses it with the vena cava or a pulmonary branch beside it, the bridge is narrower than
// the lumen: necks of up to 0.8 of its widest radius are cut. A normal arch is about three quarters as wide as the ascending aorta (from memory
// of CT series), nearly twice as wide as such a neck. When the cut would take a fifth or more, it runs through the aorta itself (coarctation):
// then only branches go.
Mask main_lumen(const core::Grid& grid, const Mask& pool, double trim) {
  constexpr double neck_share = 0.4, widest_trim = 6.0, most_lost = 0.2;
  Mask outside(pool.size());
  for (std::size_t i = 0; i < pool.size(); ++i) outside[i] = !pool[i];
  const auto depth = voxels::distance_to(grid, outside);
  float radius = 0;
  for (std::size_t i = 0; i < pool.size(); ++i)
    if (pool[i]) radius = std::max(radius, depth[i]);
  const Mask usual = trimmed(grid, pool, trim);
  const double wider = std::min(neck_share * double(radius), widest_trim);
  if (wider <= trim) return usual;
  Mask narrow = trimmed(grid, pool, wider);
  std::size_t before = 0, after = 0;
  for (std::size_t i = 0; i < pool.size(); ++i) before += pool[i] && usual[i], after += pool[i] && usual[i] && narrow[i];
  if (double(before - after) >= most_lost * double(before)) return usual;
  for (std::size_t i = 0; i < pool.size(); ++i) narrow[i] = narrow[i] && usual[i];
  return narrow;
}

}  // namespace

Level level_at(const HeartImage& image, const ShapePrior& prior, const Vec3& m) {
  const Level left{image.above_wall, image.blood};
  if (image.right_above_wall == image.above_wall && image.above_wall_vessel == image.above_wall) return left;
  double right = 1e9, other = 1e9;
  for (int v : {l::rv_blood_pool, l::right_atrium, l::pulmonary_artery, model_labels::svc}) right = std::min(right, double(prior.at(v, m)));
  for (int v : {l::lv_blood_pool, l::lv_myocardium, l::left_atrium, l::aorta, l::descending_aorta, model_labels::pulmonary_vein}) other = std::min(other, double(prior.at(v, m)));
  // Where the left heart is nearer its higher threshold holds: its blurred border must not become right-heart blood.
  if (right < other) return {image.right_above_wall, image.right_blood};
  double vessel = 1e9, chamber = 1e9;
  for (int v : {l::aorta, l::descending_aorta}) vessel = std::min(vessel, double(prior.at(v, m)));
  for (int v : {l::lv_blood_pool, l::lv_myocardium, l::left_atrium, model_labels::pulmonary_vein}) chamber = std::min(chamber, double(prior.at(v, m)));
  return vessel < chamber ? Level{image.above_wall_vessel, image.blood} : left;
}

Result<Chambers> find_chambers(const HeartImage& image, const ShapePrior& prior, const HeartFit& start, Hints& hints, const core::Progress& progress) {
  Chambers out;
  out.fit = start;
  const core::Grid& grid = image.grid;
  // First on every second voxel, to sharpen the fit.
  core::Grid coarse = grid;
  for (std::size_t d = 0; d < 3; ++d) coarse.size[d] = std::max(1, grid.size[d] / 2), coarse.spacing[Eigen::Index(d)] = 2 * grid.spacing[Eigen::Index(d)];
  coarse.origin = grid.to_patient(Vec3::Constant(0.5));
  std::vector<float> mean(coarse.voxels());
  for (int k = 0; k < coarse.size[2]; ++k)
    for (int j = 0; j < coarse.size[1]; ++j)
      for (int i = 0; i < coarse.size[0]; ++i) {
        float sum = 0;
        for (int c = 0; c < 8; ++c)
          sum += image.raw[grid.offset(std::min(2 * i + (c & 1), grid.size[0] - 1), std::min(2 * j + (c >> 1 & 1), grid.size[1] - 1), std::min(2 * k + (c >> 2), grid.size[2] - 1))];
        mean[coarse.offset(i, j, k)] = sum / 8;
      }
  Cut rough;
  const auto anchors = hints.anchors();
  for (int round = 0; round < 3; ++round) {
    hints.orient(out.fit, prior);
    const Mask domain = blood_domain(image, coarse, mean, prior, out.fit);
    auto now = cut(image, coarse, mean, domain, prior, out.fit, hints, 120, nullptr, nullptr, progress.part(0.15 * round, 0.15 * round + 0.15));
    if (!now) return core::pass(now);
    rough = std::move(*now);
    if (round == 2) break;
    // Wall for the refit: soft voxels within 10 mm of the left ventricle.
    std::vector<std::uint8_t> labels(domain.size(), 0);
    Mask lv(labels.size());
    for (std::size_t i = 0; i < lv.size(); ++i) {
      if (rough.column[i] < pools) labels[i] = std::uint8_t(column_label[rough.column[i]]);
      lv[i] = labels[i] == l::lv_blood_pool;
    }
    const auto d = voxels::distance_to(coarse, lv);
    for (std::size_t i = 0; i < lv.size(); ++i)
      if (!labels[i] && !domain[i] && d[i] < 10 && mean[i] > image.below_wall && mean[i] < image.above_wall) labels[i] = l::lv_myocardium;
    out.fit = refit_heart(out.fit, prior, anchors, image.right_filled, coarse, labels);
    if (progress.cancelled()) return core::cancelled();
  }
  const Mask domain = blood_domain(image, grid, image.smooth, prior, out.fit);
  auto fine = cut(image, grid, image.smooth, domain, prior, out.fit, hints, 120, &coarse, &rough, progress.part(0.45, 0.85));
  if (!fine) return core::pass(fine);
  out.margin = std::move(fine->margin);
  out.labels.assign(domain.size(), 0);
  for (std::size_t i = 0; i < domain.size(); ++i)
    if (fine->column[i] < columns) out.labels[i] = std::uint8_t(fine->column[i] + 1 < columns ? column_label[fine->column[i]] : 255);
  // Every pool: its largest piece; thin branches trimmed by an opening (4 mm for veins and branches, heart-segmentation.md), the ventricles
  // keep their recesses. What is trimmed off the left atrium is a vein.
  widen_left_atrium(grid, out.labels);
  Mask off_atrium(domain.size(), 0);
  for (int c = 0; c < columns - 1; ++c) {
    const int label = column_label[std::size_t(c)];
    if (progress.cancelled()) return core::cancelled();
    Mask pool(domain.size());
    for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = out.labels[i] == label;
    const double trim = label == l::left_atrium ? 4.0 : label == l::right_atrium ? 2.5 : (label == l::aorta || label == l::pulmonary_artery || label == l::descending_aorta ? 3.0 : 1.5);
    if (label == l::pulmonary_veins) {
      for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = pool[i] || off_atrium[i];
      const Mask kept = veins_of_left_atrium(grid, pool, out.labels);
      for (std::size_t i = 0; i < pool.size(); ++i)
        if (pool[i]) out.labels[i] = kept[i] ? l::pulmonary_veins : 0;
      continue;
    }
    const Mask core = label == l::aorta ? main_lumen(grid, pool, trim) : trimmed(grid, pool, trim);
    for (std::size_t i = 0; i < pool.size(); ++i)
      if (pool[i] && !core[i]) out.labels[i] = 0, off_atrium[i] = label == l::left_atrium;
  }
  paint_coronary_sinus(image, hints, out.labels);
  for (auto& v : out.labels)
    if (v == 255) v = 0;
  if (image.right_filled && !grow_right_atrium(image, prior, hints, out, progress)) return core::cancelled();
  // Papillary muscles and trabeculae: closed with 6 mm (left) and 5 mm (right); never into fat or gas or another pool.
  const bool told = !hints.empty();
  const double papillary = hints.input().papillary == Papillary::wall ? 0.0 : 6.0;
  for (const auto& [label, radius] : {std::pair{l::lv_blood_pool, papillary}, {l::rv_blood_pool, 5.0}, {l::right_atrium, 5.0}, {l::left_atrium, 2.0}, {l::aorta, 2.0}}) {
    if (progress.cancelled()) return core::cancelled();
    if (radius <= 0) continue;
    Mask pool(domain.size());
    for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = out.labels[i] == label;
    const Mask closed = voxels::fill_holes(grid, voxels::close(grid, pool, radius));
    for (std::size_t i = 0; i < pool.size(); ++i)
      if (closed[i] && !out.labels[i] && image.smooth[i] > image.below_wall && !(told && hints.forbidden(label, at_voxel(grid, i)))) out.labels[i] = std::uint8_t(label);
  }
  progress.report(1.0, "chambers found");
  return out;
}

}  // namespace ot::imaging
