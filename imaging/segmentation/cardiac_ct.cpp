// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "cardiac_ct": contrast CT of the chest or heart -> chambers, great arteries, LV wall, scar. No per-case number.
// Steps: working grid 1.5 mm; gas | soft | contrast by Otsu; a model heart is fitted (heart_fit.hpp); thresholds again inside the heart; blood
// is cut into chambers by least-area cuts (partition.hpp); valve planes from the cuts; LV wall by rays (myocardium.cpp); scar by n SD.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "imaging/segmentation/heart_stages.hpp"
#include "imaging/segmentation/recipes.hpp"
#include "imaging/segmentation/working_grid.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using core::Vec3;
namespace l = core::labels;

constexpr double working_mm = 1.5;
constexpr double thickest_slice_mm = 5.0;  // valve planes and thin walls are lost beyond
constexpr double surely = 0.26;            // below, other readings of the scan are tried too: right heart unfilled, left and right swapped
constexpr double fat_step = 0.38;          // of the step from wall down to pure fat: their border (a class with blurred borders in it: 0.4)
constexpr double least_fat_step = 0.4;     // fat lies some 210 HU below the wall, blood of 250 to 600 HU at most 500 above it
constexpr double least_fat_share = 0.08;   // of the dark voxels that lie among their like; blurred borders have hardly any
constexpr double faint_right = 0.7;        // right-heart blood, in steps from LV wall to left-heart blood: below, it gets its own threshold
constexpr double least_right = 0.18;       // below, it cannot be told from wall (noise and partial volume are of that size)
constexpr double brighter_right = 1.3;     // of the same steps: above, contrast is still on its way and the right heart is cut at half of its own height
constexpr double unsmeared = 0.04;         // of the step from wall to blood: a still scan's median lies that close above where the wall's values crowd (real CT: 0.025, beating: 0.11)
constexpr double unlikely = 0.02;          // handicap of those readings
constexpr double least_score_placed = 0.05;   // where a person placed the heart by clicks
constexpr double least_score = 0.20;       // agreement with the model heart; non-hearts among the shared scans reach 0.14, hearts 0.28 and more

bool right_heart(int label) {
  return label == l::rv_blood_pool || label == l::right_atrium || label == l::pulmonary_artery || label == l::superior_vena_cava || label == l::inferior_vena_cava;
}

Result<void> check_scan(const core::Volume& scan) {
  const double step = scan.grid.spacing.maxCoeff();
  if (step > thickest_slice_mm)
    return core::bad_input(fmt::format("The slices are {:.3g} mm apart: too thick for a cardiac recipe (walls and valves of 2 to 10 mm would be lost). "
                                       "Use a scan with steps of {:.0f} mm or less.", step, thickest_slice_mm));
  const Vec3 extent = scan.grid.spacing.cwiseProduct(Vec3(scan.grid.size[0], scan.grid.size[1], scan.grid.size[2]));
  if (extent.minCoeff() < 60)
    return core::bad_input(fmt::format("The scan covers only {:.0f} mm along one side (a heart needs about 120 mm). Use a scan of the whole heart.", extent.minCoeff()));
  return {};
}

struct Classes {
  double gas = 0, contrast = 0;
};

// Guesses at gas | soft | contrast; the model heart decides which fits. In HU gas is parted first and then the rest; in rescaled 8-bit scans,
// where all gas is one value, all at once. `two_bloods`: the blood of one side is so much brighter (contrast still on its way through the right
// heart, or gone from it) that it makes a class of its own.
Result<std::vector<Classes>> find_classes(const std::vector<float>& smooth, bool two_bloods) {
  std::vector<float> some;
  for (std::size_t i = 0; i < smooth.size(); i += 7) some.push_back(smooth[i]);
  const auto two = voxels::otsu(some, 2);
  const auto flat = [] {
    return core::bad_input("The scan has no contrast between tissues (all voxels are alike). Use a contrast CT of the heart.");
  };
  if (two.empty()) return flat();
  std::vector<float> tissue;
  for (float v : some)
    if (v > two[0]) tissue.push_back(v);
  const int more = two_bloods ? 1 : 0;
  const auto three = voxels::otsu(std::move(tissue), 3 + more);
  if (int(three.size()) < 2 + more) {
    if (two_bloods) return std::vector<Classes>{};
    return flat();
  }
  std::vector<Classes> out = {{two[0], three[1]}};
  const auto all = voxels::otsu(std::move(some), 3 + more);
  if (int(all.size()) == 2 + more) out.push_back({all[0], all[1]});
  return out;
}

MatterMap find_matter(const core::Grid& grid, const std::vector<float>& smooth, const Classes& t) {
  MatterMap m;
  m.grid = grid;
  for (std::size_t d = 0; d < 3; ++d) m.grid.size[d] = std::max(1, grid.size[d] / 2), m.grid.spacing[Eigen::Index(d)] *= 2;
  m.grid.origin = grid.to_patient(Vec3::Constant(0.5));
  m.values.resize(m.grid.voxels());
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i) {
        float sum = 0;
        for (int c = 0; c < 8; ++c)
          sum += smooth[grid.offset(std::min(2 * i + (c & 1), grid.size[0] - 1), std::min(2 * j + (c >> 1 & 1), grid.size[1] - 1), std::min(2 * k + (c >> 2), grid.size[2] - 1))] / 8;
        m.values[m.grid.offset(i, j, k)] = sum < t.gas ? Matter::gas : (sum < t.contrast ? Matter::soft : Matter::contrast);
      }
  return m;
}

// Where the values crowd: the middle of the narrowest range that holds a third of them (the mean of all such ranges when whole numbers make
// several alike). Where motion smears blood into the wall the mixtures pull a median up by tens of HU, but not this.
double densest(std::vector<float> v) {
  std::sort(v.begin(), v.end());
  const std::size_t third = std::max<std::size_t>(1, v.size() / 3);
  double narrowest = 1e30, sum = 0, n = 0;
  for (std::size_t i = 0; i + third < v.size(); ++i) {
    const double width = double(v[i + third]) - double(v[i]);
    if (width < narrowest) narrowest = width, sum = n = 0;
    if (width == narrowest) sum += double(v[i + third / 2]), n += 1;
  }
  return n > 0 ? sum / n : double(v[v.size() / 2]);
}

// The part of the scan around the fitted heart, with thresholds found inside it.
Result<HeartImage> around_heart(const core::Volume& work, const ShapePrior& prior, const HeartFit& fit, const Classes& global, const Hints& hints, std::array<int, 3>& low) {
  Vec3 a = Vec3::Constant(1e30), b = -a;
  const core::Grid& m = prior.grid;
  const auto& whole = prior.distance.at(0);
  for (int k = 0; k < m.size[2]; k += 2)
    for (int j = 0; j < m.size[1]; j += 2)
      for (int i = 0; i < m.size[0]; i += 2)
        if (whole[m.offset(i, j, k)] < 0) {
          const Vec3 q = work.grid.to_index(fit.to_patient(m.to_patient(Vec3(i, j, k))));
          a = a.cwiseMin(q);
          b = b.cwiseMax(q);
        }
  std::array<int, 3> high{};
  for (std::size_t d = 0; d < 3; ++d) {
    const double pad = 25.0 / work.grid.spacing[Eigen::Index(d)];  // mm around the model heart
    low[d] = int(std::floor(a[Eigen::Index(d)] - pad));
    high[d] = int(std::ceil(b[Eigen::Index(d)] + pad));
  }
  HeartImage out;
  out.grid = voxels::crop_grid(work.grid, low, high);
  out.raw = voxels::crop(work.grid, work.values, low, high);
  out.smooth = voxels::gaussian(out.grid, out.raw, 0.75);
  std::vector<float> inside, pools, around, walls, right;
  voxels::Mask near(out.grid.voxels(), 0);   // within 12 mm of the model heart
  const Unfit unfit(fit);
  for (int k = 0; k < out.grid.size[2]; ++k)
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) {
        const std::size_t o = out.grid.offset(i, j, k);
        const Vec3 m = unfit(out.grid.to_patient(Vec3(i, j, k)));
        const double outside = unfit.scale * double(prior.at(0, m));
        if (outside < 12.0) around.push_back(out.smooth[o]), near[o] = 1;
        if (prior.at(l::lv_myocardium, m) < -2.5) walls.push_back(out.smooth[o]);   // with what is dark: in a rescaled scan the gas threshold may reach into the wall
        if (outside > 4.0 || out.smooth[o] <= global.gas) continue;
        if (prior.at(l::rv_blood_pool, m) < -5.0 || prior.at(l::pulmonary_artery, m) < -5.0) right.push_back(out.smooth[o]);
        inside.push_back(out.smooth[o]);
        if (out.smooth[o] <= global.contrast) continue;
        for (int label : {l::lv_blood_pool, l::left_atrium, l::aorta})
          if (prior.at(label, m) < -4.0) pools.push_back(out.smooth[o]);
      }
  // Unmixed contrast in the right heart is far brighter than blood elsewhere and would draw the thresholds up: cut at the level of the left.
  if (pools.size() < 500)
    return core::bad_input("Too little contrast in the left heart (blood and wall look alike). Use a CT taken while the left heart is filled with contrast.");
  std::nth_element(pools.begin(), pools.begin() + std::ptrdiff_t(pools.size() / 2), pools.end());
  out.blood = pools[pools.size() / 2];
  for (float& v : inside) v = std::min(v, float(out.blood));
  const auto t = voxels::otsu(inside, 3);
  if (t.size() < 2) return core::bad_input("The heart region of the scan has no contrast (blood and wall look alike). Use a contrast CT of the heart.");
  // The model's wall says how bright the wall is; blood begins half way from there.
  const auto median = [](std::vector<float> v) {
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return double(v[v.size() / 2]);
  };
  walls.erase(std::remove_if(walls.begin(), walls.end(), [&](float v) { return v > t[1]; }), walls.end());
  double crowd = out.wall = 2 * t[1] - out.blood;
  if (walls.size() > 200) out.wall = median(walls), crowd = densest(std::move(walls));
  // A smeared wall still counts with what was smeared into it where it borders on fat and lung (its outer border, myocardium.cpp), not against blood.
  const double smeared = (out.wall - crowd) / std::max(1.0, out.blood - crowd);
  out.above_wall = 0.5 * (out.wall - std::clamp((smeared - unsmeared) / unsmeared, 0.0, 1.0) * (out.wall - crowd) + out.blood);
  out.above_wall_vessel = 0.5 * (out.wall + out.blood);
  if (hints.input().threshold) out.above_wall = out.above_wall_vessel = *hints.input().threshold;
  // Right heart: half way to its own blood where that is clearly fainter; no threshold where it can hardly be told from wall.
  out.right_blood = out.blood, out.right_above_wall = out.above_wall;
  if (right.size() > 200) {
    const double level = (median(right) - out.wall) / std::max(1.0, out.blood - out.wall);
    out.right_filled = level > least_right;
    if (out.right_filled && (level < faint_right || level > brighter_right)) {
      out.right_blood = out.wall + level * (out.blood - out.wall);
      out.right_above_wall = 0.5 * (out.wall + out.right_blood);
    }
  }
  // Fat is the darker class of what is neither gas nor brighter than the wall, in and around the heart. The border is put at 60 % of the
  // step: at half height one voxel of fat between heart and liver is already bridged by blur. In a rescaled scan the gas threshold may lie
  // above fat; there all gas has one value and is a class of its own. In a window cut off above fat there is no such class, only blurred
  // borders: then the darkest value stands for it.
  const bool rescaled = out.wall - global.gas < 1.1 * (out.blood - out.wall);   // fat lies 0.5 to 1 such steps below the wall
  std::vector<float> dark_values;
  for (float v : around)
    if (v <= out.wall && (rescaled || v > global.gas)) dark_values.push_back(v);
  const auto dark = voxels::otsu(dark_values, rescaled ? 3 : 2);
  out.below_wall = t[0];
  out.gas = rescaled && !dark.empty() ? 0.5 * dark[0] + 0.5 * *std::min_element(dark_values.begin(), dark_values.end()) : global.gas;
  if (!dark.empty() && !rescaled) {
    dark_values.erase(std::remove_if(dark_values.begin(), dark_values.end(), [&](float v) { return v > dark[0]; }), dark_values.end());
    if (dark_values.size() > 100) out.below_wall = 0.4 * median(std::move(dark_values)) + 0.6 * out.wall;
  } else if (dark.size() == 2) {
    const auto is_fat = [&](std::size_t o) { return out.smooth[o] > dark[0] && out.smooth[o] <= dark[1]; };
    std::vector<float> fat;
    std::size_t all_dark = 0;
    const core::Grid& g = out.grid;
    for (int k = 1; k + 1 < g.size[2]; ++k)
      for (int j = 1; j + 1 < g.size[1]; ++j)
        for (int i = 1; i + 1 < g.size[0]; ++i) {
          const std::size_t o = g.offset(i, j, k);
          if (!is_fat(o) || !near[o]) continue;
          ++all_dark;
          const std::size_t nx = std::size_t(g.size[0]), nxy = nx * std::size_t(g.size[1]);
          if (is_fat(o - 1) && is_fat(o + 1) && is_fat(o - nx) && is_fat(o + nx) && is_fat(o - nxy) && is_fat(o + nxy)) fat.push_back(out.smooth[o]);
        }
    const bool seen = double(fat.size()) >= least_fat_share * double(all_dark) && out.wall - median(fat) > least_fat_step * (out.blood - out.wall);   // else muscle
    if (seen) dark_values = std::move(fat);
    else dark_values.erase(std::remove_if(dark_values.begin(), dark_values.end(), [&](float v) { return v > dark[0]; }), dark_values.end());
    // A value that fat was cut off to lies nearer to the wall than fat: half way.
    if (dark_values.size() > 100) out.below_wall = out.wall - (seen ? fat_step : 0.5) * (out.wall - median(std::move(dark_values)));
  }
  return out;
}

core::Volume mirrored(core::Volume v) {
  const int nx = v.grid.size[0];
  for (std::size_t row = 0; row < v.values.size(); row += std::size_t(nx)) std::reverse(v.values.begin() + std::ptrdiff_t(row), v.values.begin() + std::ptrdiff_t(row) + nx);
  return v;
}

// Left and right swapped about the middle of the working grid; `sum` = twice its x.
GuidedInput mirrored(GuidedInput g, double sum) {
  const auto flip = [sum](Vec3& p) { p.x() = sum - p.x(); };
  for (auto& [key, points] : g.seeds) std::for_each(points.begin(), points.end(), flip);
  for (auto& [key, points] : g.valves) std::for_each(points.begin(), points.end(), flip);
  if (g.apex) flip(*g.apex);
  for (CutPlane& c : g.cuts) flip(c.centre), c.normal.x() = -c.normal.x();
  for (SplitSheet& s : g.splits)
    for (auto& line : s.strokes) std::for_each(line.begin(), line.end(), flip);
  return g;
}

// The model heart on the scan, under the reading of the scan that agrees best.
struct Found {
  HeartFit fit;
  Classes classes;
  bool mirrored = false, right_filled = true;
};
Result<Found> find_heart(const core::Volume& work, const ShapePrior& prior, const GuidedInput& input, const core::Progress& progress) {
  const auto smooth = voxels::gaussian(work.grid, work.values, 1.0);
  if (progress.cancelled()) return core::cancelled();
  auto guesses = find_classes(smooth, false);
  if (!guesses) return core::pass(guesses);
  Found best;
  best.fit.score = -1e9;
  const auto try_all = [&](const std::vector<float>& values, bool flip, bool right_filled, double handicap, const core::Progress& part) -> Result<void> {
    const double sum = 2 * work.grid.origin.x() + (work.grid.size[0] - 1) * work.grid.spacing.x();
    const auto anchors = Hints(flip ? mirrored(input, sum) : input).anchors();
    for (const Classes& guess : *guesses) {
      const auto tried = fit_heart(find_matter(work.grid, values, guess), prior, anchors, right_filled, part);
      if (!tried) return core::pass(tried);
      if (tried->score - handicap > best.fit.score) best = {*tried, guess, flip, right_filled};
    }
    return {};
  };
  if (auto ok = try_all(smooth, false, true, 0, progress.part(0, 0.5)); !ok) return core::pass(ok);
  if (best.fit.score < surely) {
    auto more = find_classes(smooth, true);
    if (!more) return core::pass(more);
    const auto usual = std::exchange(*guesses, std::move(*more));
    if (auto ok = try_all(smooth, false, true, unlikely, progress.part(0.5, 0.6)); !ok) return core::pass(ok);
    *guesses = usual;
    if (auto ok = try_all(smooth, false, false, unlikely, progress.part(0.6, 0.75)); !ok) return core::pass(ok);
    core::Volume flipped;
    flipped.grid = work.grid;
    flipped.values = smooth;
    flipped = mirrored(std::move(flipped));
    if (auto ok = try_all(flipped.values, true, true, unlikely, progress.part(0.75, 1.0)); !ok) return core::pass(ok);
  }
  return best;
}

Result<Segmentation> segment_heart(const core::Volume& scan, const GuidedInput& told, const core::Progress& progress) {
  if (auto ok = check_scan(scan); !ok) return core::pass(ok);
  auto work = to_working_grid(scan, working_mm, progress.part(0, 0.1));
  if (!work) return core::pass(work);
  static const ShapePrior prior = make_shape_prior();
  if (progress.cancelled()) return core::cancelled();
  const auto found = find_heart(*work, prior, told, progress.part(0.12, 0.3));
  if (!found) return core::pass(found);
  const HeartFit* fit = &found->fit;
  const bool placed = told.seeds.size() + told.valves.size() >= 3;   // a person showed where the heart is
  if (fit->score < (placed ? least_score_placed : least_score))
    return core::bad_input(fmt::format("No contrast-filled heart was found (best agreement with a heart {:.2f}, needed {:.2f}). "
                                       "Use a contrast CT that shows the whole heart{}.", fit->score, placed ? least_score_placed : least_score,
                                       placed ? "; check the guide's points" : ", or set seeds and valve points in the Guide panel"));
  const double mirror_sum = 2 * work->grid.origin.x() + (work->grid.size[0] - 1) * work->grid.spacing.x();
  if (found->mirrored) *work = mirrored(std::move(*work));
  Hints hints(found->mirrored ? mirrored(told, mirror_sum) : told);
  hints.orient(*fit, prior);
  std::array<int, 3> low{};
  auto image = around_heart(*work, prior, *fit, found->classes, hints, low);
  if (!image) return core::pass(image);
  if (!found->right_filled && !image->right_filled) image->right_above_wall = image->above_wall;
  auto chambers = find_chambers(*image, prior, *fit, hints, progress.part(0.3, 0.75));
  if (!chambers) return core::pass(chambers);

  Segmentation out;
  out.planes = fit_valves(image->grid, chambers->labels, chambers->fit, hints);
  const auto wall = find_wall(*image, chambers->labels, out.planes, chambers->fit, hints, progress.part(0.75, 0.9));
  if (!wall) return core::pass(wall);

  std::vector<std::uint8_t> unfilled;
  if (!image->right_filled) {
    auto assumed = assume_right_heart(*image, prior, *chambers, wall->myocardium, progress.part(0.9, 0.92));
    if (!assumed) return core::pass(assumed);
    unfilled = std::move(*assumed);
  }

  core::LabelMap map;
  map.grid = work->grid;
  map.labels = l::heart();
  map.values.assign(map.grid.voxels(), 0);
  std::array<std::size_t, 256> doubtful{}, all{}, at_edge{};
  for (int k = 0; k < image->grid.size[2]; ++k)
    for (int j = 0; j < image->grid.size[1]; ++j)
      for (int i = 0; i < image->grid.size[0]; ++i) {
        const std::size_t from = image->grid.offset(i, j, k);
        std::uint8_t v = chambers->labels[from];
        if (!v && wall->myocardium[from]) v = std::uint8_t(wall->scar[from] ? l::scar : l::lv_myocardium);
        bool assumed = false;
        if (!image->right_filled && (v == 0 || right_heart(v))) v = unfilled[from], assumed = v != 0;
        const int x = found->mirrored ? map.grid.size[0] - 1 - (low[0] + i) : low[0] + i;
        map.values[map.grid.offset(x, low[1] + j, low[2] + k)] = v;
        ++all[v];
        at_edge[v] += low[0] + i == 0 || low[1] + j == 0 || low[2] + k == 0 || low[0] + i + 1 == map.grid.size[0] || low[1] + j + 1 == map.grid.size[1] || low[2] + k + 1 == map.grid.size[2];
        // Doubtful: the cut wavers, or the value lies within 15 % of the blood-wall contrast of the threshold between them.
        double near = std::abs(image->smooth[from] - image->above_wall) / std::max(1.0, image->blood - image->above_wall);
        if (v == l::lv_myocardium || v == l::scar) {   // its outer border too; scar may be as dark as that
          if (v == l::lv_myocardium) near = std::min(near, std::abs(image->smooth[from] - image->below_wall) / std::max(1.0, image->wall - image->below_wall));
          assumed = assumed || wall->guessed[from];
        }
        doubtful[v] += assumed || chambers->margin[from] < 0.5f || near < 0.15;
      }
  if (found->mirrored)
    for (Plane& p : out.planes) p.centre.x() = mirror_sum - p.centre.x(), p.normal.x() = -p.normal.x();
  auto back = from_working_grid(map, scan.grid, progress.part(0.92, 1.0));
  if (!back) return core::pass(back);
  out.labels = std::move(*back);

  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  for (const core::LabelInfo& info : out.labels.labels) {
    if (all[std::size_t(info.value)] == 0) continue;
    add(info.key + "_ml", info.name + " volume", "ml", out.labels.volume_ml(info.value));
    add(info.key + "_uncertain_percent", info.name + ": uncertain share", "%", 100.0 * double(doubtful[std::size_t(info.value)]) / double(all[std::size_t(info.value)]),
        info.value == l::lv_myocardium || info.value == l::scar ? "near a threshold, or its outer border was not seen" : "near the blood threshold or near a cut");
  }
  add("threshold_blood", "Threshold blood | wall", scan.quantity, image->above_wall, "half way from the LV wall's usual value to the blood of the left heart");
  add("threshold_right_atrium", "Threshold blood | wall, right atrium", scan.quantity, told.right_atrium_threshold.value_or(image->wall + 0.25 * (image->right_above_wall - image->wall)),
      "a quarter of the way to the threshold: its blood is often unmixed");
  add("threshold_wall", "Threshold wall | fat", scan.quantity, image->below_wall, "60 % of the step from fat to the LV wall");
  add("lv_wall_thickness_median_mm", "LV wall thickness, median", "mm", wall->median_thickness_mm);
  add("lv_edge_blur_mm", "Blur of the LV's inner border", "mm", wall->edge_blur_mm, "voxels, reconstruction and motion together; the wall's outer border is corrected for it");
  add("lv_wall_replaced_percent", "LV wall taken from neighbours", "%", 100.0 * wall->replaced_share, "directions without a visible outer border");
  add("scar_threshold", "Scar threshold", scan.quantity, wall->scar_threshold, fmt::format("remote wall {:.0f} minus 2.5 SD of {:.0f}", wall->remote_mean, wall->remote_sd));
  add("heart_fit_agreement", "Agreement with the model heart", "1", fit->score);
  if (image->right_above_wall != image->above_wall) add("threshold_right_blood", "Threshold blood | wall, right heart", scan.quantity, image->right_above_wall, "half way from the wall to the right heart's own blood");
  for (const Plane& p : out.planes)
    if (!p.fitted) out.notes.push_back(fmt::format("The {} valve plane could not be seen; it is assumed from the model heart.", p.key));
  if (wall->corrected_mm > 0)
    out.notes.push_back(fmt::format("The heart's borders are blurred over {:.1f} mm (motion or thick voxels): the LV wall was moved out by {:.1f} mm where lung lies beyond. Look at its outline.", wall->edge_blur_mm, wall->corrected_mm));
  for (std::string& note : hints.notes()) out.notes.push_back(std::move(note));
  if (found->mirrored)
    out.notes.push_back("The heart lies mirrored in this scan (apex to the patient's right): a true dextrocardia, or left and right were swapped on the way. Check the laterality before going on.");
  if (!image->right_filled)
    out.notes.push_back("The right heart holds no visible contrast: RV, right atrium and pulmonary artery are assumed: the model heart's, moved out to the fat and lung around them.");
  else if (image->right_above_wall != image->above_wall)
    out.notes.push_back(fmt::format("The right heart is {} than the left: it was cut at {:.0f} instead of {:.0f}.", image->right_above_wall < image->above_wall ? "fainter" : "much brighter", image->right_above_wall, image->above_wall));
  for (const int value : {l::lv_blood_pool, l::lv_myocardium, l::rv_blood_pool, l::left_atrium, l::right_atrium})
    if (double(at_edge[std::size_t(value)]) * working_mm * working_mm > 100.0)   // mm^2: more than a rounded rim that touches it
      out.notes.push_back(fmt::format("{} is cut off by the edge of the scan: its volume is too small.", l::heart()[std::size_t(value - 1)].name));
  const auto sane = [&](int value, double least, double most, const char* what) {
    const double ml = out.labels.volume_ml(value);
    if (ml < least || ml > most) out.notes.push_back(fmt::format("{} is {:.0f} ml, outside the usual {:.0f} to {:.0f} ml: look at it before going on.", what, ml, least, most));
  };
  sane(l::lv_blood_pool, 40, 250, "The LV blood pool");
  sane(l::lv_myocardium, 60, 250, "The LV wall");
  if (all[l::lv_blood_pool] == 0 || all[l::lv_myocardium] == 0)
    return core::bad_input("The left ventricle could not be found in this scan (blood and wall do not separate). Use a contrast CT that shows the whole heart.");
  progress.report(1.0, "segmented");
  return out;
}

}  // namespace

Result<Segmentation> segment_cardiac_ct(const core::Volume& scan, const core::Progress& progress) { return segment_heart(scan, {}, progress); }

Result<Segmentation> segment_guided(const core::Volume& scan, const GuidedInput& input, const core::Progress& progress) {
  if (auto ok = check_guided(input, scan); !ok) return core::pass(ok);
  return segment_heart(scan, input, progress);
}

}  // namespace ot::imaging
