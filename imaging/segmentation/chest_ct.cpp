// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "chest_ct": any CT of the trunk -> body, lungs, airways, bone. No per-case number; thresholds from the scan.
// Steps: working grid of 1.5 mm or the scan's own finest step; Otsu gas | tissue; body; lungs and airways (chest_air.cpp); bone (chest_bone.cpp).
// Neglects: what lies inside the mediastinum and the abdomen (no heart, liver or other organ is claimed); consolidated lung and effusion (tissue).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/chest_parts.hpp"
#include "imaging/segmentation/recipes.hpp"
#include "imaging/segmentation/working_grid.hpp"

namespace ot::imaging {
namespace {

using core::Result;
namespace l = core::labels;

constexpr double working_mm = 1.5;          // a rib's cortex and a segmental bronchus are 3 to 5 mm wide
constexpr double thickest_slice_mm = 8.0;
constexpr double least_body_ml = 1000;

std::size_t count(const voxels::Mask& m) {
  std::size_t n = 0;
  for (auto v : m) n += v;
  return n;
}

}  // namespace

Result<Segmentation> segment_chest_ct(const core::Volume& scan, const core::Progress& progress) {
  const double coarsest = scan.grid.spacing.maxCoeff();
  if (coarsest > thickest_slice_mm)
    return core::bad_input(fmt::format("The slices are {:.3g} mm apart: too thick for lungs, airways and ribs (they would be cut into steps). Use a CT with steps of {:.0f} mm or less.", coarsest, thickest_slice_mm));
  chest::Scan work;
  work.hounsfield = scan.quantity == "HU";
  {
    auto volume = to_working_grid(scan, std::clamp(scan.grid.spacing.minCoeff(), working_mm, 3.0), progress.part(0, 0.25));
    if (!volume) return core::pass(volume);
    work.grid = volume->grid;
    work.values = std::move(volume->values);
  }
  chest::Levels levels;
  const auto no_chest = [] {
    return core::bad_input("No body surrounded by air was found (the gas of a CT is missing or everything is alike). This recipe is for CT of the trunk; use another recipe for MR.");
  };
  if (!chest::find_gas_level(work, levels)) return no_chest();
  progress.report(0.28, "body");
  const voxels::Mask body = chest::find_body(work, levels);
  if (progress.cancelled()) return core::cancelled();
  const double voxel_ml = work.grid.voxel_volume() / 1000;
  if (double(count(body)) * voxel_ml < least_body_ml) return no_chest();
  progress.report(0.4, "lungs and airways");
  const chest::Lungs lungs = chest::find_lungs(work, body, levels, progress.part(0.4, 0.65));
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.65, "bone");
  const chest::Bones bones = chest::find_bone(work, body, lungs, levels, progress.part(0.65, 0.9));
  if (progress.cancelled()) return core::cancelled();
  if (!lungs.found && count(bones.bone) == 0) return no_chest();

  core::LabelMap map;
  map.grid = work.grid;
  map.labels = l::heart();
  map.values.resize(body.size());
  std::array<std::size_t, 256> all{}, doubtful{};
  // Doubtful: within 15 % of the contrast across the border from its threshold, as in the other recipes.
  const double gas_band = 0.15 * (levels.soft - (lungs.found ? levels.lung : levels.air)), bone_band = 0.5 * (levels.bone - levels.soft);
  std::size_t left = 0, right = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const std::uint8_t v = lungs.airway[i] ? l::airway : lungs.left[i] || lungs.right[i] ? l::lung : bones.bone[i] ? l::bone : body[i] ? l::body : 0;
    map.values[i] = v;
    if (v == l::lung) (lungs.left[i] ? left : right) += 1;
    ++all[v];
    const double near = std::abs(work.values[i] - (v == l::bone ? levels.bone : levels.gas));
    doubtful[v] += v == l::airway ? work.values[i] > 0.5 * (levels.air + levels.lung) : near < (v == l::bone ? bone_band : gas_band);
  }
  auto back = from_working_grid(map, scan.grid, progress.part(0.9, 1.0));
  if (!back) return core::pass(back);
  Segmentation out;
  out.labels = std::move(*back);
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  for (const core::LabelInfo& info : out.labels.labels) {
    if (all[std::size_t(info.value)] == 0) continue;
    add(info.key + "_ml", info.name + " volume", "ml", out.labels.volume_ml(info.value));
    add(info.key + "_uncertain_percent", info.name + ": uncertain share", "%", 100.0 * double(doubtful[std::size_t(info.value)]) / double(all[std::size_t(info.value)]), "voxels near the threshold of their border");
  }
  if (lungs.found) {
    if (lungs.separated) {
      add("lung_left_ml", "Left lung volume", "ml", double(left) * voxel_ml, "of the part in the scan");
      add("lung_right_ml", "Right lung volume", "ml", double(right) * voxel_ml, "of the part in the scan");
    }
    add("lung_median", "Lung, median", scan.quantity, levels.lung);
  }
  add("threshold_gas", "Threshold gas | tissue", scan.quantity, levels.gas, "Otsu");
  add("threshold_bone", "Threshold soft tissue | bone", scan.quantity, levels.bone, "30 % of the step from soft tissue to the mean of what is brighter");
  if (bones.blood_level > 0) add("contrast_level", "Contrast-filled blood", scan.quantity, bones.blood_level, "kept out of the bone label");

  if (!lungs.found) out.notes.push_back("No lung was found in this scan; body and bone are labelled.");
  else {
    out.notes.push_back("Vessels of up to 12 mm inside the lungs count as lung; consolidation, effusion and masses count as body.");
    if (lungs.cut_by_ends || lungs.cut_by_sides)
      out.notes.push_back(fmt::format("The lungs go on beyond the {} of the scan: their volumes are those of the part seen.", lungs.cut_by_ends && lungs.cut_by_sides ? "ends and sides" : lungs.cut_by_ends ? "ends" : "sides"));
    if (!lungs.separated) out.notes.push_back("Left and right lung touch so widely that they were not parted.");
    if (all[l::airway] == 0) out.notes.push_back(work.hounsfield ? "No airway was found (none of 5 mm or more with a visible wall)." : "The scan is rescaled, so air and lung look alike: airways were not looked for.");
    else out.notes.push_back("Airways are followed down to about 5 mm width; smaller ones count as lung.");
    if (!work.hounsfield) out.notes.push_back("The scan is not in HU: a lung cut by the side of the field of view cannot be told from the air outside.");
  }
  if (bones.blood_level > 0) out.notes.push_back("The scan has contrast: bright homogeneous lumen was kept out of the bone. Thin vessels, stents and calcium that touch bone may count as bone.");
  out.notes.push_back("Heart, liver and other soft organs are not told apart by this recipe; they are part of the body label.");
  progress.report(1.0, "segmented");
  return out;
}

}  // namespace ot::imaging
