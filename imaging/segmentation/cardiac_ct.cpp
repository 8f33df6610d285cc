// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "cardiac_ct": contrast CT of the chest or heart -> chambers, great arteries, LV wall, scar. No per-case number.
// Steps: working grid 1.5 mm; gas | soft | contrast by Otsu; a model heart is fitted (heart_fit.hpp); thresholds again inside the heart; blood
// is cut into chambers by least-area cuts (partition.hpp); valve planes from the cuts; LV wall by rays (myocardium.cpp); scar by n SD.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
constexpr double least_score = 0.20;       // agreement with the model heart; non-hearts among the shared scans reach 0.14, hearts 0.28 and more

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

// Two guesses at gas | soft | contrast: in HU, gas first and then the rest; in rescaled 8-bit scans, where all gas is one value, all at once.
// The model heart decides which fits.
Result<std::vector<Classes>> find_classes(const std::vector<float>& smooth) {
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
  const auto three = voxels::otsu(std::move(tissue), 3);
  if (three.size() < 2) return flat();
  std::vector<Classes> out = {{two[0], three[1]}};
  const auto all = voxels::otsu(std::move(some), 3);
  if (all.size() == 2) out.push_back({all[0], all[1]});
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

// The part of the scan around the fitted heart, with thresholds found inside it.
Result<HeartImage> around_heart(const core::Volume& work, const ShapePrior& prior, const HeartFit& fit, const Classes& global, std::array<int, 3>& low) {
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
  std::vector<float> inside, pools, around, walls;
  const Unfit unfit(fit);
  for (int k = 0; k < out.grid.size[2]; ++k)
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) {
        const std::size_t o = out.grid.offset(i, j, k);
        const Vec3 m = unfit(out.grid.to_patient(Vec3(i, j, k)));
        const double outside = unfit.scale * double(prior.at(0, m));
        if (outside < 12.0) around.push_back(out.smooth[o]);
        if (outside > 4.0 || out.smooth[o] <= global.gas) continue;
        inside.push_back(out.smooth[o]);
        if (prior.at(l::lv_myocardium, m) < -2.5) walls.push_back(out.smooth[o]);
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
  out.wall = walls.size() > 200 ? median(std::move(walls)) : 2 * t[1] - out.blood;
  out.above_wall = 0.5 * (out.wall + out.blood);
  // Fat is the darker class of what is neither gas nor brighter than the wall, in and around the heart. The border is put at 60 % of the
  // step: at half height one voxel of fat between heart and liver is already bridged by blur.
  around.erase(std::remove_if(around.begin(), around.end(), [&](float v) { return v > out.wall || v <= global.gas; }), around.end());
  const auto dark = voxels::otsu(around, 2);
  out.below_wall = t[0];
  if (!dark.empty()) {
    around.erase(std::remove_if(around.begin(), around.end(), [&](float v) { return v > dark[0]; }), around.end());
    if (around.size() > 100) out.below_wall = 0.4 * median(std::move(around)) + 0.6 * out.wall;
  }
  return out;
}

}  // namespace

Result<Segmentation> segment_cardiac_ct(const core::Volume& scan, const core::Progress& progress) {
  if (auto ok = check_scan(scan); !ok) return core::pass(ok);
  const auto work = to_working_grid(scan, working_mm, progress.part(0, 0.1));
  if (!work) return core::pass(work);
  const auto smooth = voxels::gaussian(work->grid, work->values, 1.0);
  if (progress.cancelled()) return core::cancelled();
  const auto guesses = find_classes(smooth);
  if (!guesses) return core::pass(guesses);
  static const ShapePrior prior = make_shape_prior();
  if (progress.cancelled()) return core::cancelled();
  Result<HeartFit> fit = HeartFit{};
  const Classes* classes = nullptr;
  for (const Classes& guess : *guesses) {
    auto tried = fit_heart(find_matter(work->grid, smooth, guess), prior, progress.part(0.12, 0.3));
    if (!tried) return core::pass(tried);
    if (!classes || tried->score > fit->score) fit = std::move(tried), classes = &guess;
  }
  if (fit->score < least_score)
    return core::bad_input(fmt::format("No contrast-filled heart was found (best agreement with a heart {:.2f}, needed {:.2f}). "
                                       "Use a contrast CT that shows the whole heart.", fit->score, least_score));
  std::array<int, 3> low{};
  const auto image = around_heart(*work, prior, *fit, *classes, low);
  if (!image) return core::pass(image);
  auto chambers = find_chambers(*image, prior, *fit, progress.part(0.3, 0.75));
  if (!chambers) return core::pass(chambers);

  Segmentation out;
  out.planes = fit_valves(image->grid, chambers->labels, chambers->fit);
  const auto wall = find_wall(*image, chambers->labels, out.planes, chambers->fit, progress.part(0.75, 0.9));
  if (!wall) return core::pass(wall);

  core::LabelMap map;
  map.grid = work->grid;
  map.labels = l::heart();
  map.values.assign(map.grid.voxels(), 0);
  std::array<std::size_t, 256> doubtful{}, all{};
  for (int k = 0; k < image->grid.size[2]; ++k)
    for (int j = 0; j < image->grid.size[1]; ++j)
      for (int i = 0; i < image->grid.size[0]; ++i) {
        const std::size_t from = image->grid.offset(i, j, k);
        std::uint8_t v = chambers->labels[from];
        if (!v && wall->myocardium[from]) v = std::uint8_t(wall->scar[from] ? l::scar : l::lv_myocardium);
        map.values[map.grid.offset(low[0] + i, low[1] + j, low[2] + k)] = v;
        ++all[v];
        // Doubtful: the cut wavers, or the value lies within 15 % of the blood-wall contrast of the threshold between them.
        const double near = std::abs(image->smooth[from] - image->above_wall) / std::max(1.0, image->blood - image->above_wall);
        doubtful[v] += chambers->margin[from] < 0.5f || near < 0.15;
      }
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
        "voxels near the blood threshold or near a cut");
  }
  add("threshold_blood", "Threshold blood | wall", scan.quantity, image->above_wall, "half way from the LV wall's median to the blood of the left heart");
  add("threshold_wall", "Threshold wall | fat", scan.quantity, image->below_wall, "60 % of the step from fat to the LV wall");
  add("lv_wall_thickness_median_mm", "LV wall thickness, median", "mm", wall->median_thickness_mm);
  add("lv_wall_replaced_percent", "LV wall taken from neighbours", "%", 100.0 * wall->replaced_share, "directions without a visible outer border");
  add("scar_threshold", "Scar threshold", scan.quantity, wall->scar_threshold, fmt::format("remote wall {:.0f} minus 2.5 SD of {:.0f}", wall->remote_mean, wall->remote_sd));
  add("heart_fit_agreement", "Agreement with the model heart", "1", fit->score);
  for (const Plane& p : out.planes)
    if (!p.fitted) out.notes.push_back(fmt::format("The {} valve plane could not be seen; it is assumed from the model heart.", p.key));
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

}  // namespace ot::imaging
