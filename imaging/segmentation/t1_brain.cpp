// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "t1_brain": T1-weighted MR of the head -> grey matter, white matter, cerebrospinal fluid. No per-case number.
// Steps: working grid of 1 mm; deformable brain surface (brain_surface.cpp); shading inside it (brain_bias.cpp); tissue classes (brain_tissue.cpp);
// what hangs on the brain by a bridge of less than 4 mm (dura, muscle, eye) is cut off. An image without skull keeps its own outline.
// Neglects: lesions (a tumour, its oedema and contrast agent fall into some class or stay undecided), partial volume, the deep nuclei's own
// contrast (they fall to white matter where they are as bright).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/brain_parts.hpp"
#include "imaging/segmentation/recipes.hpp"
#include "imaging/segmentation/working_grid.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using voxels::Mask;
namespace l = core::labels;

constexpr double working_mm = 1.0;
constexpr double thickest_slice_mm = 8.0;
constexpr double least_extent_mm = 90.0;   // a head is 140 to 200 mm wide
constexpr double grey_reach_mm = 7.0;
constexpr double bridge_mm = 2.0;          // half the width of what is cut

std::size_t count(const Mask& m) {
  std::size_t n = 0;
  for (auto v : m) n += v;
  return n;
}

}  // namespace

Result<Segmentation> segment_t1_brain(const core::Volume& scan, const core::Progress& progress) {
  const double coarsest = scan.grid.spacing.maxCoeff();
  if (coarsest > thickest_slice_mm)
    return core::bad_input(fmt::format("The slices are {:.3g} mm apart: too thick for grey and white matter (the cortex is 2 to 4 mm). Use a T1 scan with steps of {:.0f} mm or less.", coarsest, thickest_slice_mm));
  if (scan.quantity == "HU")
    return core::bad_input("This is a CT: grey and white matter differ by a few HU only. Use a T1-weighted MR of the head.");
  const core::Vec3 extent = scan.grid.spacing.cwiseProduct(core::Vec3(scan.grid.size[0], scan.grid.size[1], scan.grid.size[2]));
  if (extent.minCoeff() < least_extent_mm)
    return core::bad_input(fmt::format("The scan covers only {:.0f} mm along one side (a brain needs about 140 mm). Use a scan of the whole head.", extent.minCoeff()));
  const auto work = to_working_grid(scan, std::max(working_mm, scan.grid.spacing.minCoeff()), progress.part(0, 0.2));
  if (!work) return core::pass(work);
  const core::Grid& whole = work->grid;
  const double voxel_ml = whole.voxel_volume() / 1000;
  const auto no_brain = [](double ml) {
    return core::bad_input(fmt::format("No brain was found (the surface that should settle inside the skull encloses {:.0f} ml; a brain has 900 to 2000). Use a T1-weighted MR that shows the whole head.", ml));
  };
  // Already without skull: the outside is one exact value and what is left has the size of a brain.
  Mask brain(work->values.size(), 0);
  bool stripped = false;
  {
    std::size_t zero = 0;
    for (float v : scan.values) zero += v == 0.0f;
    Mask some(brain.size());
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = work->values[i] > 0;
    const Mask filled = voxels::fill_holes(whole, voxels::largest_component(whole, some));
    const double ml = double(count(filled)) * voxel_ml;
    if (double(zero) > 0.3 * double(scan.values.size()) && ml > 900 && ml < 2200) brain = filled, stripped = true;
  }
  if (progress.cancelled()) return core::cancelled();
  const auto smooth = voxels::gaussian(whole, work->values, 0.8);
  if (!stripped) {
    auto found = brain::surface_mask(whole, smooth, progress.part(0.2, 0.45));
    if (!found) return core::pass(found);
    brain = std::move(*found);
    if (brain.empty()) return no_brain(0);
  }
  const double first_ml = double(count(brain)) * voxel_ml;
  if (first_ml < 600 || first_ml > 6000) return no_brain(first_ml);   // a surface that took neck and face with it is cut back below
  // From here on only the part of the head that holds it.
  std::array<int, 3> low{1 << 30, 1 << 30, 1 << 30}, high{-1, -1, -1};
  for (int k = 0; k < whole.size[2]; ++k)
    for (int j = 0; j < whole.size[1]; ++j)
      for (int i = 0; i < whole.size[0]; ++i)
        if (brain[whole.offset(i, j, k)]) {
          const std::array<int, 3> at{i, j, k};
          for (std::size_t d = 0; d < 3; ++d) low[d] = std::min(low[d], at[d]), high[d] = std::max(high[d], at[d]);
        }
  for (std::size_t d = 0; d < 3; ++d) low[d] -= 3, high[d] += 3;
  const core::Grid g = voxels::crop_grid(whole, low, high);
  brain = voxels::crop(whole, brain, low, high);
  const auto raw = voxels::crop(whole, work->values, low, high);
  progress.report(0.45, "shading of the coil");
  const auto shade = brain::shading(g, raw, brain, progress.part(0.45, 0.65));
  if (!shade) return core::pass(shade);
  std::vector<float> even(raw.size());
  for (std::size_t i = 0; i < even.size(); ++i) even[i] = raw[i] / (*shade)[i];
  auto tissue = brain::classify(g, even, brain, progress.part(0.65, 0.75));
  if (!tissue) return core::pass(tissue);
  if (!stripped && tissue->separated) {
    // White matter is the brain's own: muscle is grey, and fat and marrow are thin. Grey matter lies within 7 mm of it (cortex 2 to 4 mm, cut
    // aslant) or is enclosed by it (deep nuclei).
    Mask white(brain.size());
    for (std::size_t i = 0; i < white.size(); ++i) white[i] = tissue->label[i] == l::white_matter;
    white = voxels::largest_component(g, voxels::open(g, white, 1.5));
    if (progress.cancelled()) return core::cancelled();
    const Mask reach = voxels::dilate(g, white, grey_reach_mm);
    if (progress.cancelled()) return core::cancelled();
    const Mask hull = voxels::fill_holes(g, voxels::erode(g, voxels::dilate(g, white, 12.0), 12.0));
    if (progress.cancelled()) return core::cancelled();
    // Grey and white matter hang together; dura, muscle and eye hang on by thin bridges.
    Mask solid(brain.size());
    for (std::size_t i = 0; i < solid.size(); ++i) solid[i] = (reach[i] || hull[i]) && (tissue->label[i] == l::grey_matter || tissue->label[i] == l::white_matter);
    const Mask core = voxels::largest_component(g, voxels::erode(g, solid, bridge_mm));
    if (progress.cancelled()) return core::cancelled();
    const Mask back = voxels::dilate(g, core, bridge_mm + 2.0);   // 2 mm more: gyri thinner than the bridge
    // CSF between gyri and in the ventricles belongs to it: a closing of 10 mm (the deepest open sulci).
    const Mask closed = voxels::fill_holes(g, voxels::close(g, back, 10.0));
    if (progress.cancelled()) return core::cancelled();
    for (std::size_t i = 0; i < brain.size(); ++i) {
      const bool tissue_here = tissue->label[i] != l::cerebrospinal_fluid;
      brain[i] = brain[i] && (tissue_here ? back[i] && (reach[i] || hull[i]) : closed[i]);
    }
    brain = voxels::largest_component(g, brain);
    auto again = brain::classify(g, even, brain, progress.part(0.8, 0.9));
    if (!again) return core::pass(again);
    tissue = std::move(again);
  }
  if (!tissue->separated)
    return core::bad_input("Grey and white matter cannot be told apart in this image (their intensities overlap). Use a T1-weighted MR of the head.");

  core::LabelMap map;
  map.grid = whole;
  map.labels = l::heart();
  map.values.assign(whole.voxels(), 0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) map.values[whole.offset(low[0] + i, low[1] + j, low[2] + k)] = tissue->label[g.offset(i, j, k)];
  std::array<std::size_t, 256> all{}, doubtful{};
  for (std::size_t i = 0; i < brain.size(); ++i) ++all[tissue->label[i]], doubtful[tissue->label[i]] += tissue->margin[i] < 0.5f;
  const double brain_ml = double(all[l::grey_matter] + all[l::white_matter] + all[l::brain]) * voxel_ml, inside_ml = brain_ml + double(all[l::cerebrospinal_fluid]) * voxel_ml;
  if (brain_ml < 600 || brain_ml > 2200) return no_brain(brain_ml);
  auto back = from_working_grid(map, scan.grid, progress.part(0.92, 1.0));
  if (!back) return core::pass(back);
  Segmentation out;
  out.labels = std::move(*back);
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("brain_total_ml", "Brain volume (grey + white matter)", "ml", brain_ml, "adults about 1000 to 1500 ml");
  for (const core::LabelInfo& info : out.labels.labels) {
    if (all[std::size_t(info.value)] == 0) continue;
    add(info.key + "_ml", info.value == l::brain ? "Brain, class not decided" : info.name + " volume", "ml", out.labels.volume_ml(info.value));
    add(info.key + "_percent", info.name + ": share of what is inside", "%", 100 * double(all[std::size_t(info.value)]) * voxel_ml / inside_ml);
    if (info.value != l::brain)
      add(info.key + "_uncertain_percent", info.name + ": uncertain share", "%", 100.0 * double(doubtful[std::size_t(info.value)]) / double(all[std::size_t(info.value)]), "voxels whose best two classes are closer than 3 : 1");
  }
  add("threshold_csf_grey", "CSF | grey matter", scan.quantity, 0.5 * (tissue->mean[0] + tissue->mean[1]), "after the shading was taken out");
  add("threshold_grey_white", "Grey | white matter", scan.quantity, 0.5 * (tissue->mean[1] + tissue->mean[2]), "after the shading was taken out");
  out.notes.push_back(stripped ? "The image comes without skull: its own outline was kept as the outline of the brain." : "The outline of the brain was found by a deformable surface; look at it at the temples, the eyes and the cerebellum.");
  out.notes.push_back("Lesions are not recognised: a tumour or scar falls into one of the classes by its brightness.");
  if (all[l::brain] > 0) out.notes.push_back("Voxels far brighter than white matter (contrast agent, vessels, fat) are labelled brain without a class.");
  if (coarsest > 2.5) out.notes.push_back(fmt::format("The slices are {:.1f} mm apart: the cortex of 2 to 4 mm is blurred across them and tissue volumes are rough.", coarsest));
  if (brain_ml < 900 || brain_ml > 1700) out.notes.push_back(fmt::format("The brain is {:.0f} ml, outside the usual 900 to 1700 ml: look at its outline before going on.", brain_ml));
  progress.report(1.0, "segmented");
  return out;
}

}  // namespace ot::imaging
