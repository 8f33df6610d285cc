// SPDX-License-Identifier: GPL-3.0-or-later
// Heart labels against known ones: the phantom's truth, and the rater's labels of the one real CT (scored as issue 3 says, score.hpp).
// The real CT lies in $ORGANTWIN_SHARED/data/heart-cta-dissection; without that folder its cases have no rows.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "app/session/guided_case.hpp"
#include "app/session/pipeline.hpp"
#include "app/verify/cases.hpp"
#include "imaging/io/io.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/score.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {

namespace l = core::labels;
using Clock = std::chrono::steady_clock;

struct Floor {
  int label;
  double dice;
};

std::string key_of(int label) {
  for (const auto& info : l::heart())
    if (info.value == label) return info.key;
  return {};
}

Row row(const std::string& name, const std::string& quantity, double value, double reference, double tolerance, bool relative, const char* source, Clock::time_point start) {
  Row out = timed_row(name, quantity, value, reference, tolerance, source, false, start);
  out.relative = relative;
  return out;
}

Rows real_heart(const std::string& name, const std::vector<Floor>& floors, bool guided, const core::Progress& progress) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const std::filesystem::path folder = std::filesystem::path(shared ? shared : "") / "data/heart-cta-dissection", guide = OT_GUIDE_HEART_CTA;
  std::error_code ec;
  if (!shared || !std::filesystem::exists(folder / "ct.nii.gz", ec) || (guided && !std::filesystem::exists(guide, ec))) return std::vector<Row>{};
  const auto ct = imaging::read_volume(folder / "ct.nii.gz", "", progress.part(0, 0.1));
  if (!ct) return core::pass(ct);
  const auto reference = imaging::read_labels(folder / "reference_heart_labels.nii.gz", l::heart());
  if (!reference) return core::pass(reference);
  const auto ignore = imaging::read_labels(folder / "reference_heart_labels_ignore.nii.gz", {});
  if (!ignore) return core::pass(ignore);
  imaging::GuidedInput input;
  if (guided) {
    auto read = session::read_guide_file(guide);
    if (!read) return core::pass(read);
    input = std::move(*read);
  }
  const auto start = Clock::now();
  const auto found = imaging::segment_guided(*ct, input, progress.part(0.1, 1));
  if (!found) return core::pass(found);
  const auto scores = imaging::score_labels(found->labels, *reference, &*ignore);
  if (!scores) return core::pass(scores);
  std::vector<Row> rows;
  for (const Floor& f : floors)
    for (const auto& s : *scores)
      if (s.label == f.label) rows.push_back(row(name, "dice_" + key_of(f.label), s.dice, 1.0, 1.0 - f.dice, false, "labels of one careful rater, outside the ignore mask (SOURCE.md)", start));
  return rows;
}

}  // namespace

Rows phantom_labels(bool quick, const core::Progress& progress) {
  if (quick) return std::vector<Row>{};
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  const auto start = Clock::now();
  const auto found = imaging::find_recipe("cardiac_ct")->run(phantom->ct, progress.part(0.2, 1));
  if (!found) return core::pass(found);
  const auto scores = imaging::score_labels(found->labels, phantom->truth);
  if (!scores) return core::pass(scores);
  const char* name = "imaging/phantom/labels";
  const char* source = "known truth of the code-generated phantom";
  const double voxel = phantom->ct.grid.spacing.mean();
  std::vector<Row> rows;
  for (const auto& s : *scores) {
    const bool pool = s.label == l::lv_blood_pool || s.label == l::rv_blood_pool || s.label == l::left_atrium || s.label == l::right_atrium;
    if (s.label == l::lv_blood_pool || s.label == l::aorta) rows.push_back(row(name, "dice_" + key_of(s.label), s.dice, 1, 0.05, false, source, start));
    if (s.label == l::lv_myocardium) rows.push_back(row(name, "dice_" + key_of(s.label), s.dice, 1, 0.10, false, source, start));
    if (pool || s.label == l::lv_myocardium || s.label == l::aorta)
      rows.push_back(row(name, "surface_distance_voxels_" + key_of(s.label), s.surface_mm / voxel, 0, 0.7, false, source, start));
    if (pool) rows.push_back(row(name, "volume_ml_" + key_of(s.label), found->labels.volume_ml(s.label), phantom->truth.volume_ml(s.label), 0.05, true, source, start));
  }
  return rows;
}

Rows heart_cta_automatic(bool quick, const core::Progress& progress) {
  if (quick) return std::vector<Row>{};
  return real_heart("imaging/heart-cta/automatic", {{l::lv_blood_pool, 0.90}, {l::lv_myocardium, 0.80}, {l::left_atrium, 0.88}, {l::rv_blood_pool, 0.85}, {l::right_atrium, 0.75}, {l::aorta, 0.90}}, false, progress);
}

Rows heart_cta_guided(bool quick, const core::Progress& progress) {
  if (quick) return std::vector<Row>{};
  return real_heart("imaging/heart-cta/guided", {{l::lv_blood_pool, 0.95}, {l::lv_myocardium, 0.88}, {l::left_atrium, 0.93}, {l::rv_blood_pool, 0.93}, {l::right_atrium, 0.88}, {l::aorta, 0.92}}, true, progress);
}

BenchRows bench_segment(const core::Progress& progress) {
  const auto made = imaging::make_hospital_ct(progress.part(0, 0.4));
  if (!made) return core::pass(made);
  const core::Volume& ct = *made;
  const auto start = Clock::now();
  const auto found = imaging::find_recipe("cardiac_ct")->run(ct, progress.part(0.4, 1));
  if (!found) return core::pass(found);
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  const std::vector<std::pair<std::string, double>> size{{"voxels", double(ct.grid.voxels())}};
  return std::vector<BenchRow>{{"imaging/segment-512x512x400", size, core::thread_count(), wall, "s", 120, "issue 3: at most 120 s on 2 cores", "phantom at 0.7 mm in a field of 512 x 512 x 400"},
                               {"imaging/segment-512x512x400-peak", size, core::thread_count(), session::peak_memory_mb(), "MB", 2178, "issue 3: 500 MB + 8 x int16 bytes; of the whole process so far", "getrusage"}};
}

}  // namespace ot::verify
