// SPDX-License-Identifier: GPL-3.0-or-later
// tissue: landmarks, AHA segments, wall thickness, scar, border zone and fat of the LV wall.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>
#include <sstream>

#include "app/cli/context.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/tissue.hpp"
#include "app/session/tissue_factors.hpp"
#include "imaging/io/io.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, image, scar, remote, hu, landmarks, maps;
  double n = 5, border_n = 2, thin_mm = 5, island_ml = 0.1;
  bool fat = false, reset = false, dry_run = false;
};
Options& options() {
  static Options o;
  return o;
}

nlohmann::json vec(const core::Vec3& v) { return {v.x(), v.y(), v.z()}; }

core::Result<std::vector<double>> numbers(const std::string& text, const char* option) {
  std::vector<double> out;
  std::istringstream in(text);
  std::string word;
  while (std::getline(in, word, ',')) {
    char* end = nullptr;
    const double v = std::strtod(word.c_str(), &end);
    if (word.empty() || *end != '\0' || !std::isfinite(v)) return core::wrong_usage(fmt::format("{} takes numbers with commas between them, not '{}'.", option, text));
    out.push_back(v);
  }
  return out;
}

core::Result<imaging::ScarParams> scar_params() {
  const Options& o = options();
  imaging::ScarParams p;
  auto method = imaging::scar_method(o.scar.empty() ? "none" : o.scar);
  if (!method) return core::pass(method);
  p.method = *method;
  p.n = o.n;
  p.border_n = o.border_n;
  p.thin_mm = o.thin_mm;
  p.island_ml = o.island_ml;
  p.fat = o.fat;
  if (!o.hu.empty()) {
    auto range = numbers(o.hu, "--hu");
    if (!range) return core::pass(range);
    if (range->size() != 2 || !((*range)[0] < (*range)[1])) return core::wrong_usage("--hu takes a lower and an upper value: --hu -5,60.");
    p.hu_low = (*range)[0];
    p.hu_high = (*range)[1];
  }
  if (!o.remote.empty() && o.remote != "auto") {
    auto values = numbers(o.remote, "--remote");
    if (!values) return core::pass(values);
    const bool segments = std::all_of(values->begin(), values->end(), [](double v) { return v == std::floor(v) && v >= 1 && v <= 17; });
    if (segments) {   // four whole numbers from 1 to 17 are segments; no heart lies within 17 mm of the scanner's origin in all three axes
      for (const double v : *values) p.remote.segments.push_back(int(v));
    } else if (values->size() == 4 && (*values)[3] > 0) {
      p.remote.centre = core::Vec3((*values)[0], (*values)[1], (*values)[2]);
      p.remote.radius_mm = (*values)[3];
    } else {
      return core::wrong_usage("--remote takes AHA segments (8,9), or a ball x,y,z,radius in LPS mm.");
    }
  }
  return p;
}

nlohmann::json landmarks_json(const imaging::HeartLandmarks& lm) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& kind : imaging::landmark_kinds())
    if (const auto* p = lm.find(kind.key)) list.push_back({{"key", kind.key}, {"name", kind.name}, {"at_mm", vec(p->at)}, {"by_hand", p->by_hand}});
  return list;
}

std::string show(double v, int decimals) { return std::isnan(v) ? "-" : fmt::format("{:.{}f}", v, decimals); }

// Thickness and ventricular coordinates of every wall voxel as NIfTI, of every mesh node as VTU. Outside the wall: NaN, segments 0.
core::Result<std::vector<std::string>> write_maps(const std::filesystem::path& folder, const session::CaseData& data, const session::ImageData& image, const session::TissueReport& report,
                                                  const core::Progress& progress) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}). Choose a folder you may write to.", folder.string(), ec.message()));
  std::vector<std::string> files;
  const float none = std::numeric_limits<float>::quiet_NaN();
  const imaging::WallMap& wall = *report.wall;
  const core::Grid& g = wall.grid;
  core::Volume thickness, transmural, apicobasal, rotational;
  core::LabelMap segments;
  for (core::Volume* v : {&thickness, &transmural, &apicobasal, &rotational}) v->grid = g, v->values.assign(g.voxels(), none);
  thickness.values = wall.thickness_mm;
  transmural.values = wall.transmural;
  segments.grid = g;
  segments.values.assign(g.voxels(), 0);
  for (int s = 1; s <= 17; ++s) segments.labels.push_back({s, fmt::format("aha_{}", s), core::aha_name(s), {std::uint8_t(15 * s), std::uint8_t(255 - 14 * s), std::uint8_t(s * 97 % 256)}, false});
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t v = g.offset(i, j, k);
        if (std::isnan(wall.transmural[v])) continue;
        const auto p = imaging::ventricular_point(report.landmarks, nullptr, g.to_patient(core::Vec3(i, j, k)));
        apicobasal.values[v] = float(p.apicobasal);
        rotational.values[v] = float(p.angle_deg);
        segments.values[v] = std::uint8_t(p.segment);
      }
  const std::pair<const char*, const core::Volume*> volumes[] = {{"wall_thickness_mm", &thickness}, {"transmural", &transmural}, {"apicobasal", &apicobasal}, {"rotational_deg", &rotational}};
  for (const auto& [name, volume] : volumes) {
    if (progress.cancelled()) return core::cancelled();
    const auto path = folder / (std::string(name) + ".nii.gz");
    if (auto ok = imaging::write_volume(*volume, path); !ok) return core::pass(ok);
    files.push_back(path.string());
  }
  const auto labels = folder / "aha_segments.nii.gz";
  if (auto ok = imaging::write_labels(segments, labels); !ok) return core::pass(ok);
  files.push_back(labels.string());
  if (data.heart_mesh && data.heart_mesh->labels_sha256 == image.labels->sha256()) {
    const core::TetMesh& mesh = *data.heart_mesh->mesh;
    std::vector<core::Field> fields(5);
    const std::pair<const char*, const char*> names[] = {{"wall_thickness", "mm"}, {"transmural", "1"}, {"apicobasal", "1"}, {"rotational", "deg"}, {"aha_segment", "1"}};
    for (std::size_t f = 0; f < 5; ++f) fields[f].name = names[f].first, fields[f].unit = names[f].second;
    for (const auto& p : imaging::ventricular_points(report.landmarks, &wall, mesh.nodes)) {
      const double row[] = {p.thickness_mm, p.transmural, p.apicobasal, p.angle_deg, std::isnan(p.transmural) ? 0.0 : double(p.segment)};
      for (std::size_t f = 0; f < 5; ++f) fields[f].values.push_back(float(row[f]));
    }
    const auto path = folder / "ventricular_coordinates.vtu";
    if (auto ok = imaging::write_tet_mesh(mesh, path, fields); !ok) return core::pass(ok);
    files.push_back(path.string());
  }
  return files;
}

core::Result<void> tissue(Context& context) {
  const Options& o = options();
  auto params = scar_params();
  if (!params) return core::pass(params);
  const bool classify = params->method != imaging::ScarMethod::none || params->fat || o.scar == "none";
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.2));
  if (!data) return core::pass(data);
  const auto* found = session::tissue_image(*data, o.image);
  if (!found) return core::bad_input("The case has no image with LV blood and LV wall in its labels (tissue is measured in the wall). Segment an image first.");
  session::ImageData image = *found;
  bool changed = false;
  if (o.reset) changed = !image.landmarks.empty(), image.landmarks.clear();
  if (!o.landmarks.empty()) {
    auto given = session::read_landmarks(o.landmarks);
    if (!given) return core::pass(given);
    for (const auto& p : *given) {
      std::erase_if(image.landmarks, [&](const auto& q) { return q.key == p.key; });
      image.landmarks.push_back(p);
    }
    changed = true;
  }
  auto report = session::measure_tissue(image, progress.part(0.2, 0.7));
  if (!report) return core::pass(report);
  std::optional<imaging::ScarResult> result;
  if (classify) {
    auto r = imaging::classify_wall(*report->sample, *params, progress.part(0.7, 0.8));
    if (!r) return core::pass(r);
    result = std::move(*r);
    session::put_tissue(image, *report->sample, *result, *params);
    report->rows = imaging::measure_segments(*image.labels, image.volume && image.volume->grid.same_as(image.labels->grid) ? image.volume.get() : nullptr, report->landmarks.frame, *report->wall);
    changed = true;
  }
  if (changed && !o.dry_run) {
    for (auto& i : data->images)
      if (i.key == image.key) i = image;
    if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.8, 1)); !ok) return ok;
  }
  std::vector<std::string> files;
  if (!o.maps.empty()) {
    auto written = write_maps(o.maps, *data, image, *report, progress);
    if (!written) return core::pass(written);
    files = std::move(*written);
  }
  const auto& lm = report->landmarks;
  const std::string unit = report->sample->ct ? "HU" : "intensity";
  nlohmann::json json{{"image", image.key}, {"landmarks", landmarks_json(lm)}, {"long_axis", vec(lm.frame.axis())}, {"length_mm", lm.frame.length()},
                      {"base_plane", {{"centre_mm", vec(lm.base.centre)}, {"normal", vec(lm.base.normal)}}}, {"septum_direction", vec(lm.frame.septum)}, {"anterior_direction", vec(lm.frame.anterior)},
                      {"septum_known", lm.septum_known}, {"mirrored", lm.mirrored}, {"rv_insertion_angle_deg", {{"anterior", lm.insertion_angle_deg[0]}, {"posterior", lm.insertion_angle_deg[1]}}},
                      {"notes", lm.notes}, {"segments", nlohmann::json::array()}, {"units", {{"intensity", unit}}}, {"saved", changed && !o.dry_run}, {"files", files}};
  std::string text = fmt::format("Landmarks of {} (LPS mm)\n", image.name);
  for (const auto& kind : imaging::landmark_kinds()) {
    if (const auto* p = lm.find(kind.key)) text += fmt::format("  {:<24} {:8.1f} {:8.1f} {:8.1f}{}\n", kind.name, p->at.x(), p->at.y(), p->at.z(), p->by_hand ? "  by hand" : "");
    else text += fmt::format("  {:<24} not found\n", kind.name);
  }
  text += fmt::format("  {:<24} {:8.3f} {:8.3f} {:8.3f}  {:.0f} mm\n", "Long axis", lm.frame.axis().x(), lm.frame.axis().y(), lm.frame.axis().z(), lm.frame.length());
  for (const auto& note : lm.notes) text += "  " + note + "\n";
  text += fmt::format("Segments                    ml   wall mm  thinnest  thinner %  {:>9}   scar %  border %   fat %\n", unit);
  double wall_ml = 0;
  for (int s = 1; s <= 17; ++s) {
    const auto& r = report->rows[std::size_t(s - 1)];
    wall_ml += r.volume_ml;
    text += fmt::format("  {:>2} {:<20} {:>6} {:>9} {:>9} {:>10} {:>10} {:>8} {:>9} {:>7}\n", s, core::aha_name(s), show(r.volume_ml, 1), show(r.thickness_mm, 1), show(r.thinnest_mm, 1), show(r.thinning_percent, 0),
                        show(r.intensity, 0), show(r.scar_percent, 1), show(r.border_percent, 1), show(r.fat_percent, 1));
    json["segments"].push_back({{"segment", s}, {"name", core::aha_name(s)}, {"volume_ml", r.volume_ml}, {"thickness_mm", quantity_or_null(r.thickness_mm)}, {"thinnest_mm", quantity_or_null(r.thinnest_mm)},
                                {"thinning_percent", quantity_or_null(r.thinning_percent)}, {"mean_intensity", quantity_or_null(r.intensity)}, {"sd_intensity", quantity_or_null(r.intensity_sd)},
                                {"scar_percent", quantity_or_null(r.scar_percent)}, {"border_zone_percent", quantity_or_null(r.border_percent)}, {"fat_percent", quantity_or_null(r.fat_percent)}});
  }
  namespace l = core::labels;
  const double scar = image.labels->volume_ml(l::scar), border = image.labels->volume_ml(l::border_zone), fat = image.labels->volume_ml(l::myocardial_fat);
  json["volumes"] = {{"wall_ml", wall_ml}, {"scar_ml", scar}, {"border_zone_ml", border}, {"fat_ml", fat}, {"scar_percent", wall_ml > 0 ? 100 * scar / wall_ml : 0.0}};
  text += fmt::format("Wall {:.1f} ml, scar {:.2f} ml ({:.1f} %), border zone {:.2f} ml, fat {:.2f} ml\n", wall_ml, scar, wall_ml > 0 ? 100 * scar / wall_ml : 0.0, border, fat);
  if (result) {
    const auto notes = session::tissue_notes(*result, *params);
    json["scar"] = {{"method", imaging::name_of(params->method)}, {"n", params->n}, {"remote_mean", quantity_or_null(result->remote_mean)}, {"remote_sd", quantity_or_null(result->remote_sd)},
                    {"remote_voxels", result->remote_voxels}, {"remote_segments", result->remote_segments}, {"threshold", quantity_or_null(result->threshold)}, {"border_threshold", quantity_or_null(result->border_threshold)},
                    {"peak", quantity_or_null(result->peak)}, {"scar_partial_volume_ml", result->scar_partial_ml}, {"dark_core_ml", result->dark_core_ml}, {"dropped_ml", result->dropped_ml},
                    {"dense_fat_ml", result->fat_dense_ml}, {"notes", notes}};
    for (const auto& note : notes) text += "  " + note + "\n";
  }
  json["factors"] = session::tissue_factors(data->twin && data->twin->heart ? data->twin->heart->baseline.regions : ep::builtin_tissue_regions());   // what the twin is computed with
  for (const auto* key : {"scar_core", "border_zone", "fat_admixture"}) text += fmt::format("{:<16} {}; source: {}\n", key, session::factor_words(ep::tissue_region(key)), ep::tissue_region(key).source);
  if (changed && !o.dry_run && data->heart_mesh) text += "The meshes were made from the former labels: run `mesh` and `build` to bring the tissue into the twin.\n";
  return context.print(json, text);
}

}  // namespace

void register_tissue(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* command = app.add_subcommand("tissue", "Landmarks, 17 segments, wall thickness, scar, border zone and fat of the LV wall");
  command->add_option("case", o.case_folder, "Case folder")->required();
  command->add_option("--image", o.image, "Image of the case (default: the first with LV wall and blood)");
  command->add_option("--scar", o.scar, "nsd, fwhm (late enhancement), hu (early CT), thinning, or none to remove it; without it labels stay as they are");
  command->add_option("--n", o.n, "SD above the remote mean, 2 to 6");
  command->add_option("--border", o.border_n, "Border zone from this many SD; as large as --n: none");
  command->add_option("--hu", o.hu, "HU range of scar, LOW,HIGH");
  command->add_option("--thin", o.thin_mm, "Wall thinner than this is scar, mm");
  command->add_option("--remote", o.remote, "Healthy wall: AHA segments (8,9) or x,y,z,radius in LPS mm (default: automatic)");
  command->add_option("--island", o.island_ml, "Smallest part kept, ml");
  command->add_flag("--fat", o.fat, "Also label fat in the wall (CT)");
  command->add_option("--landmarks", o.landmarks, "JSON file of landmarks to set by hand");
  command->add_flag("--reset-landmarks", o.reset, "Forget landmarks set by hand");
  command->add_option("--maps", o.maps, "Folder for maps: thickness, coordinates and segments as NIfTI, and on the mesh as VTU");
  command->add_flag("--dry-run", o.dry_run, "Print only, do not change the case");
  command->footer("Example: organtwin-cli tissue cases/p1\n         organtwin-cli tissue cases/lge --scar nsd --n 5\n         organtwin-cli tissue cases/p1 --scar thinning --thin 5 --fat --dry-run");
  command->callback([&] { chosen = [&] { return tissue(context); }; });
}

}  // namespace ot::cli
