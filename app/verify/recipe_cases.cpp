// SPDX-License-Identifier: GPL-3.0-or-later
// The recipes beside the heart's: vessels, chest, brain, cine. Real scans lie in $ORGANTWIN_SHARED/data; without it those rows are missing.
// Where no reference exists the row says what anatomy allows: value, middle of the range, half its width.
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>

#include "app/verify/cases.hpp"
#include "imaging/io/dicom.hpp"
#include "imaging/io/io.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {

namespace l = core::labels;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

fs::path shared(const char* below) {
  const char* root = std::getenv("ORGANTWIN_SHARED");
  std::error_code ignored;
  const fs::path at = fs::path(root ? root : "") / "data" / below;
  return root && *root && fs::exists(at, ignored) ? at : fs::path();
}

double process_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

double quantity(const std::vector<core::Quantity>& all, const std::string& key) {
  for (const auto& q : all)
    if (q.key == key) return q.value;
  return std::numeric_limits<double>::quiet_NaN();   // a missing number fails its row
}

core::Result<std::vector<core::Volume>> recommended_phases(const fs::path& folder, std::optional<imaging::ReadingKind> kind, const core::Progress& progress) {
  const auto scan = imaging::scan_dicom(folder, progress);
  if (!scan) return core::pass(scan);
  for (const auto& r : scan->readings) {
    if (kind ? r.kind != *kind : !r.recommended) continue;
    auto loaded = imaging::load_reading(*scan, r, {}, progress);
    if (!loaded) return core::pass(loaded);
    std::vector<core::Volume> out;
    for (auto& p : loaded->phases) out.push_back(std::move(p.volume));
    return out;
  }
  return core::bad_input("no reading of " + folder.string() + " fits");
}

}  // namespace

Rows vessels_phantom(bool quick, const core::Progress& progress) {
  RowTable t{"imaging/vessels/phantom"};
  const std::string source = "known truth of the code-generated vessel tree";
  for (const double spacing : quick ? std::vector<double>{1.5} : std::vector<double>{0.8, 1.5}) {
    imaging::PhantomParams params;
    params.spacing_mm = spacing;
    const auto phantom = imaging::make_vessel_phantom(params, progress.part(0, 0.3));
    if (!phantom) return core::pass(phantom);
    const auto found = imaging::find_recipe("contrast_vessels")->run(phantom->ct, progress.part(0.3, 1));
    if (!found) return core::pass(found);
    // Branches of at least two voxels' diameter.
    const auto s = imaging::score_vessels(found->labels, *phantom, std::max(1.5, spacing));
    const std::string at = spacing < 1 ? "_0.8mm" : "_1.5mm";
    t.at_least("dice" + at, s.dice, 0.85, source);
    t.at_least("centreline_found" + at, s.centreline, 0.95, source + ": branches of 1.5 mm radius and more");
    t.at_most("lumen_outside" + at, s.outside, 0.01, source + ": more than 1.5 mm from the tree");
    t.at_most("bone_called_lumen" + at, s.bone, 0.01, source);
  }
  return t.rows;
}

Rows vessels_heart_cta(bool quick, const core::Progress& progress) {
  const auto folder = shared("heart-cta-dissection");
  if (quick || folder.empty()) return std::vector<Row>{};
  const auto ct = imaging::read_volume(folder / "ct.nii.gz", "", progress.part(0, 0.1));
  if (!ct) return core::pass(ct);
  RowTable t{"imaging/vessels/heart-cta"};
  const auto found = imaging::find_recipe("contrast_vessels")->run(*ct, progress.part(0.1, 1));
  if (!found) return core::pass(found);
  // The masks are an automatic tool's, with wall, thrombus and the unfilled false lumen: lumen is what is over the rater's threshold, half way
  // between wall and blood (SOURCE.md).
  constexpr float lumen_hu = 300;
  for (const char* branch : {"brachiocephalic_trunk", "common_carotid_artery_left", "subclavian_artery_left", "aorta_mask"}) {
    const auto mask = imaging::read_labels(folder / (std::string(branch) + ".nii.gz"), {});
    if (!mask) return core::pass(mask);
    double all = 0, hit = 0;
    for (std::size_t i = 0; i < mask->values.size(); ++i)
      if (mask->values[i] && ct->values[i] > lumen_hu) ++all, hit += found->labels.values[i] != 0;
    t.at_least(std::string("found_of_") + branch, all > 0 ? hit / all : std::numeric_limits<double>::quiet_NaN(), 0.9, "TotalSegmentator's masks beside the CT, where the CT is over 300 HU (SOURCE.md)");
  }
  const auto bone = imaging::find_recipe("chest_ct")->run(*ct, progress);
  if (!bone) return core::pass(bone);
  double vessel = 0, in_bone = 0;
  for (std::size_t i = 0; i < bone->labels.values.size(); ++i)
    if (found->labels.values[i] == l::vessel) ++vessel, in_bone += bone->labels.values[i] == l::bone;
  t.at_most("vessel_called_bone_by_chest_ct", vessel > 0 ? in_bone / vessel : 0, 0.1, "two recipes must not claim the same voxels");
  return t.rows;
}

Rows recipe_chest(bool quick, const core::Progress& progress) {
  RowTable t{"imaging/recipes/chest"};
  const auto* recipe = imaging::find_recipe("chest_ct");
  const auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  const auto of_phantom = recipe->run(phantom->ct, progress.part(0.2, 0.5));
  if (!of_phantom) return core::pass(of_phantom);
  t.at_least("dice_lung_phantom", core::dice(of_phantom->labels, phantom->truth, l::lung), 0.98, "known truth of the phantom");
  t.at_least("dice_bone_phantom", core::dice(of_phantom->labels, phantom->truth, l::bone), 0.88, "known truth of the phantom");
  if (const auto folder = shared("dicom-ct-chest"); !folder.empty() && !quick) {
    const auto scan = recommended_phases(folder, std::nullopt, progress.part(0.5, 0.6));
    if (!scan) return core::pass(scan);
    const auto found = recipe->run(scan->front(), progress.part(0.6, 1));
    if (!found) return core::pass(found);
    t.between("lung_median_hu", quantity(found->quantities, "lung_median"), -900, -700, "density of aerated lung");
    t.between("bone_ml", quantity(found->quantities, "bone_ml"), 150, 450, "what a chest part of this length can hold");
  }
  return t.rows;
}

Rows recipe_brain(bool quick, const core::Progress& progress) {
  const auto folder = shared("dicom-mr-brain-t1");
  if (quick || folder.empty()) return std::vector<Row>{};
  RowTable t{"imaging/recipes/t1-brain"};
  const auto scan = recommended_phases(folder, std::nullopt, progress.part(0, 0.1));
  if (!scan) return core::pass(scan);
  const auto found = imaging::find_recipe("t1_brain")->run(scan->front(), progress.part(0.1, 1));
  if (!found) return core::pass(found);
  const double grey = quantity(found->quantities, "grey_matter_ml"), white = quantity(found->quantities, "white_matter_ml");
  t.between("brain_total_ml", quantity(found->quantities, "brain_total_ml"), 1000, 1400, "adult brains");
  t.between("grey_share", grey / (grey + white), 0.45, 0.62, "adult brains");
  return t.rows;
}

Rows recipe_cine(bool quick, const core::Progress& progress) {
  const auto folder = shared("dicom-mr-cine-heart");
  if (quick || folder.empty()) return std::vector<Row>{};
  RowTable t{"imaging/recipes/cine"};
  auto scan = recommended_phases(folder, imaging::ReadingKind::stack_phases, progress.part(0, 0.2));
  if (!scan) return core::pass(scan);
  imaging::Phases phases;
  for (auto& v : *scan) phases.push_back(std::make_shared<core::Volume>(std::move(v)));
  const auto found = imaging::find_recipe("mr_cine")->run_phases(phases, progress.part(0.2, 1));
  if (!found) return core::pass(found);
  t.between("lv_ef_percent", quantity(found->quantities, "lv_ef_percent"), 40, 75, "a patient without heart failure (SOURCE.md); surfaces are compared in tests/verification/recipes");
  t.between("rv_ef_percent", quantity(found->quantities, "rv_ef_percent"), 35, 75, "the same: both ventricles pump the same volume");
  return t.rows;
}

BenchRows bench_brain(const core::Progress& progress) {
  const auto folder = shared("dicom-mr-brain-t1");
  if (folder.empty()) return std::vector<BenchRow>{};
  const auto scan = recommended_phases(folder, std::nullopt, progress.part(0, 0.1));
  if (!scan) return core::pass(scan);
  const auto start = Clock::now();
  const double cpu = process_cpu_s();
  const auto found = imaging::find_recipe("t1_brain")->run(scan->front(), progress.part(0.1, 1));
  if (!found) return core::pass(found);
  const std::vector<std::pair<std::string, double>> size{{"voxels", double(scan->front().grid.voxels())}};
  return std::vector<BenchRow>{{"imaging/t1-brain", size, core::thread_count(), std::chrono::duration<double>(Clock::now() - start).count(), "s", 60, "issue 3: a recipe is waited for; one minute", "shared/data/dicom-mr-brain-t1"},
                               {"imaging/t1-brain-cpu", size, core::thread_count(), process_cpu_s() - cpu, "s of all threads", 0, "", "clock of the process"}};
}

}  // namespace ot::verify
