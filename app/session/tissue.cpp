// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/tissue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::session {
namespace {
constexpr const char* note_mark = "Tissue: ";   // begins every note of this kind, so that they can be replaced
constexpr const char* keys[] = {"scar_ml", "border_zone_ml", "myocardial_fat_ml", "myocardial_fat_dense_ml"};
}  // namespace

const ImageData* tissue_image(const CaseData& data, const std::string& key) {
  for (const auto& image : data.images) {
    if (!key.empty() && image.key != key) continue;
    if (image.labels && core::has_label(*image.labels, core::labels::lv_myocardium) && core::has_label(*image.labels, core::labels::lv_blood_pool)) return &image;
  }
  return nullptr;
}

core::Result<TissueReport> measure_tissue(const ImageData& image, const core::Progress& progress) {
  if (!image.labels) return core::bad_input("The image has no labels yet (tissue is measured in the labelled LV wall). Segment it first.");
  TissueReport out;
  out.image_key = image.key;
  auto landmarks = imaging::find_landmarks(*image.labels, image.planes, image.landmarks, progress.part(0, 0.2));
  if (!landmarks) return core::pass(landmarks);
  out.landmarks = std::move(*landmarks);
  auto wall = imaging::measure_wall(*image.labels, out.landmarks.frame, progress.part(0.2, 0.8));
  if (!wall) return core::pass(wall);
  out.wall = std::make_shared<const imaging::WallMap>(std::move(*wall));
  const bool image_fits = image.volume && image.volume->grid.same_as(image.labels->grid);
  auto sample = imaging::sample_wall(*image.labels, image_fits ? image.volume.get() : nullptr, out.landmarks.frame, *out.wall, progress.part(0.8, 0.9));
  if (!sample) return core::pass(sample);
  out.sample = std::make_shared<const imaging::WallSample>(std::move(*sample));
  out.rows = imaging::measure_segments(*image.labels, image_fits ? image.volume.get() : nullptr, out.landmarks.frame, *out.wall);
  if (progress.cancelled()) return core::cancelled();
  progress.report(1, "tissue: measured");
  return out;
}

std::vector<std::string> tissue_notes(const imaging::ScarResult& r, const imaging::ScarParams& p) {
  using imaging::ScarMethod;
  std::vector<std::string> out;
  const auto remote = [&] {
    std::string where = r.remote_segments.empty() ? "picked region" : "segments";
    for (const int s : r.remote_segments) where += fmt::format(" {}", s);
    return fmt::format("remote wall {:.1f} +- {:.1f} ({} voxels, {}{})", r.remote_mean, r.remote_sd, r.remote_voxels, where,
                       p.remote.segments.empty() && !(p.remote.radius_mm > 0) ? ", chosen automatically" : "");
  };
  switch (p.method) {
    case ScarMethod::none: break;
    case ScarMethod::n_sd:
      out.push_back(fmt::format("scar above {:.1f} = remote + {:g} SD (Bondarenko 2005 for 5), border zone from {:.1f} = remote + {:g} SD beside scar (after Yan 2006); {}.", r.threshold, p.n, r.border_threshold, p.border_n, remote()));
      break;
    case ScarMethod::fwhm:
      if (std::isnan(r.threshold)) break;
      out.push_back(fmt::format("scar above {:.1f}, half way from remote to the maximum {:.1f} (Amado 2004), border zone from {:.1f} = remote + {:g} SD beside scar; {}.", r.threshold, r.peak, r.border_threshold, p.border_n, remote()));
      break;
    case ScarMethod::hu: out.push_back(fmt::format("scar from {:g} to {:.0f} HU; {}.", p.hu_low, r.threshold, remote())); break;
    case ScarMethod::thinning: out.push_back(fmt::format("scar where the wall is thinner than {:g} mm (Komatsu 2013 for 5 mm).", p.thin_mm)); break;
  }
  if (p.fat) out.push_back(fmt::format("fat from {:g} to {:g} HU (PROSE-ICD), dense below {:g} HU, the rest mixed with muscle.", p.fat_low, p.fat_high, p.fat_dense));
  for (const auto& n : r.notes) out.push_back(n);
  if (r.dropped_ml > 0) out.push_back(fmt::format("{:.2f} ml of islands under {:g} ml were dropped.", r.dropped_ml, p.island_ml));
  return out;
}

void put_tissue(ImageData& image, const imaging::WallSample& sample, const imaging::ScarResult& r, const imaging::ScarParams& p) {
  image.labels = std::make_shared<const core::LabelMap>(imaging::with_tissue(*image.labels, sample, r));
  std::erase_if(image.quantities, [](const core::Quantity& q) { return std::any_of(std::begin(keys), std::end(keys), [&](const char* k) { return q.key == k; }); });
  std::erase_if(image.notes, [](const std::string& n) { return n.rfind(note_mark, 0) == 0; });
  const std::string source = imaging::name_of(p.method);
  image.quantities.push_back({"scar_ml", "Scar", "ml", r.scar_ml, source});
  image.quantities.push_back({"border_zone_ml", "Border zone", "ml", r.border_ml, source});
  if (p.fat) {
    image.quantities.push_back({"myocardial_fat_ml", "Fat in the wall", "ml", r.fat_ml, "HU range"});
    image.quantities.push_back({"myocardial_fat_dense_ml", "Dense fat in the wall", "ml", r.fat_dense_ml, "HU range"});
  }
  for (const auto& n : tissue_notes(r, p)) image.notes.push_back(note_mark + n);
}

core::Result<std::vector<imaging::Landmark>> read_landmarks(const std::filesystem::path& path) {
  auto text = core::read_file(path, std::size_t(1) << 20);
  if (!text) return core::pass(text);
  const auto wrong = [&](const std::string& what) {
    return core::bad_input(fmt::format("{} is not a landmark file ({}). Write {{\"lv_apex_endocardium\": [x, y, z]}} in LPS mm, or what `tissue --json` prints.", path.string(), what));
  };
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return wrong("it is no JSON object");
  std::vector<imaging::Landmark> out;
  std::string refused;
  const auto take = [&](const std::string& key, const nlohmann::json& at) {
    const auto& kinds = imaging::landmark_kinds();
    const bool known = std::any_of(kinds.begin(), kinds.end(), [&](const auto& k) { return key == k.key; });
    const bool point = at.is_array() && at.size() == 3 && std::all_of(at.begin(), at.end(), [](const auto& v) { return v.is_number(); });
    if (!known) refused = fmt::format("there is no landmark '{}'", key);
    else if (!point) refused = fmt::format("'{}' has no three numbers", key);
    else if (const core::Vec3 x(at[0].get<double>(), at[1].get<double>(), at[2].get<double>()); !(x.cwiseAbs().maxCoeff() < 1e5)) refused = fmt::format("'{}' lies nowhere near a patient", key);
    else out.push_back({key, x, true});
  };
  if (json.contains("landmarks")) {
    if (!json["landmarks"].is_array()) return wrong("'landmarks' is no list");
    for (const auto& p : json["landmarks"]) {
      if (!p.is_object() || !p.contains("key") || !p["key"].is_string() || !p.contains("at_mm")) return wrong("a landmark needs key and at_mm");
      take(p["key"].get<std::string>(), p["at_mm"]);
    }
  } else {
    for (const auto& [key, at] : json.items()) take(key, at);
  }
  if (!refused.empty()) return wrong(refused);
  if (out.empty()) return wrong("it names no landmark");
  return out;
}

}  // namespace ot::session
