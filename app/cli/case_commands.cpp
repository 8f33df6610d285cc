// SPDX-License-Identifier: GPL-3.0-or-later
// import, segment, mesh, build: a case step by step.
#include <fmt/format.h>

#include "app/cli/context.hpp"
#include "app/session/pipeline.hpp"
#include "imaging/io/io.hpp"

namespace ot::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string path, case_folder, series, recipe = "cardiac_ct", image, labels, scheme = "organtwin", organ = "heart", surface, unit = "mm", cap_array, name;
  int inlet = 0;
  double edge = 1.0, rv_wall = 3.0;
  bool vessels = true;
};
Options& options() {
  static Options o;
  return o;
}

nlohmann::json stage_json(const session::StageReport& s) {
  nlohmann::json one{{"name", s.name}, {"wall_s", s.wall_s}, {"notes", s.notes}};
  for (const auto& q : s.quantities) one[q.key] = quantity_or_null(q.value);
  return one;
}

// The stages added since `from`, as JSON and as text.
core::Result<void> print_stages(Context& context, const session::CaseData& data, std::size_t from) {
  nlohmann::json json{{"stages", nlohmann::json::array()}};
  std::string text;
  for (std::size_t i = from; i < data.stages.size(); ++i) {
    const auto& s = data.stages[i];
    json["stages"].push_back(stage_json(s));
    text += fmt::format("{} ({:.1f} s)\n", s.name, s.wall_s);
    for (const auto& q : s.quantities) text += fmt::format("  {:<34} {:.6g} {}\n", q.label.empty() ? q.key : q.label, q.value, q.unit);
    for (const auto& n : s.notes) text += "  " + n + "\n";
  }
  return context.print(json, text);
}

// Opens the case, lets `step` change it, saves it, prints what was done. Nothing is saved when the step fails.
core::Result<void> with_case(Context& context, const std::string& folder, const std::function<core::Result<void>(session::CaseData&, const core::Progress&)>& step) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  const std::size_t stages = data->stages.size();
  if (auto ok = step(*data, progress.part(0.05, 0.95)); !ok) return ok;
  if (auto ok = session::save_case(*data, folder, progress.part(0.95, 1)); !ok) return ok;
  return print_stages(context, *data, stages);
}

core::Result<void> list_only(Context& context) {
  auto series = imaging::list_series(options().path, context.progress());
  if (!series) return core::pass(series);
  nlohmann::json json{{"series", nlohmann::json::array()}};
  std::string text;
  for (const auto& s : *series) {
    json["series"].push_back({{"uid", s.uid}, {"modality", s.modality}, {"description", s.description}, {"files", s.files}, {"voxels", s.size},
                              {"spacing_mm", {s.spacing[0], s.spacing[1], s.spacing[2]}}, {"usable", s.usable}, {"verdict", s.verdict}});
    text += fmt::format("{} {} {}\n  {} files: {}\n", s.modality, s.uid, s.description, s.files, s.verdict);
  }
  return context.print(json, text);
}

core::Result<imaging::LengthUnit> length_unit(const std::string& text) {
  if (text == "mm") return imaging::LengthUnit::mm;
  if (text == "cm") return imaging::LengthUnit::cm;
  if (text == "um") return imaging::LengthUnit::um;
  if (text == "m") return imaging::LengthUnit::m;
  return core::wrong_usage("--unit takes mm, cm, um or m.");
}

core::Result<void> refuse_existing(const fs::path& folder) {
  std::error_code ec;
  if (fs::exists(folder / "case.json", ec)) return core::bad_input(fmt::format("{} already holds a case (import would replace it). Choose another --case folder.", folder.string()));
  return {};
}

core::Result<void> import(Context& context) {
  const Options& o = options();
  if (o.case_folder.empty()) return list_only(context);
  if (auto ok = refuse_existing(o.case_folder); !ok) return ok;
  const core::Progress progress = context.progress();
  session::CaseData data;
  data.created_utc = session::now_utc();
  data.program_version = session::program_version();
  data.patient.id = o.name.empty() ? fs::path(o.case_folder).filename().string() : o.name;
  if (!o.surface.empty() || !o.cap_array.empty()) {   // a vessel lumen
    auto unit = length_unit(o.unit);
    if (!unit) return core::pass(unit);
    auto surface = imaging::read_surface(o.path, *unit, o.cap_array);
    if (!surface) return core::pass(surface);
    const std::string key = o.surface.empty() ? "vessel" : o.surface;
    session::PipelineParams params;
    if (o.edge > 0) params.vessel_edge_mm = o.edge;
    if (auto ok = session::add_lumen_surface(data, key, key, *surface, o.inlet, params, progress.part(0.05, 0.9)); !ok) return ok;
    data.patient.series = "lumen surface";
  } else {
    auto volume = imaging::read_volume(o.path, o.series, progress.part(0, 0.9));
    if (!volume) return core::pass(volume);
    data.patient.series = fmt::format("{} {}x{}x{}, {:.2f} mm", volume->quantity == "HU" ? "CT" : "MR", volume->grid.size[0], volume->grid.size[1], volume->grid.size[2], volume->grid.spacing[0]);
    if (auto ok = session::add_image(data, "image", fs::path(o.path).filename().string(), std::move(*volume)); !ok) return ok;
  }
  if (auto ok = session::save_case(data, o.case_folder, progress.part(0.9, 1)); !ok) return ok;
  return print_stages(context, data, 0);
}

core::Result<void> segment(Context& context) {
  const Options& o = options();
  return with_case(context, o.case_folder, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
    if (data.images.empty()) return core::bad_input("The case holds no image (nothing to segment). Import one first.");
    const std::string image = o.image.empty() ? data.images.front().key : o.image;
    if (o.labels.empty()) return session::segment_image(data, image, o.recipe, progress);
    auto labels = imaging::read_labels(o.labels, core::labels::heart());
    if (!labels) return core::pass(labels);
    return session::take_labels(data, image, *labels);
  });
}

core::Result<void> mesh(Context& context) {
  const Options& o = options();
  return with_case(context, o.case_folder, [&](session::CaseData& data, const core::Progress& progress) {
    session::PipelineParams params;
    params.heart_edge_mm = o.edge;
    params.rv_wall_mm = o.rv_wall;
    params.vessels = o.vessels;
    return session::mesh_case(data, params, progress);
  });
}

core::Result<void> build(Context& context) {
  const Options& o = options();
  if (o.organ != "heart") return core::wrong_usage("--organ takes: heart. See 'organtwin-cli list organs'.");
  return with_case(context, o.case_folder, [&](session::CaseData& data, const core::Progress& progress) { return session::build_twin(data, {}, progress); });
}

// CLI::Range lets "nan" through.
CLI::Validator within(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        double x = 0;
        if (CLI::detail::lexical_cast(text, x) && x >= low && x <= high) return {};
        return fmt::format("{} is not a number from {:g} to {:g}.", text, low, high);
      },
      fmt::format("FLOAT in [{:g} - {:g}]", low, high));
}

}  // namespace

void register_case_commands(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* import_command = app.add_subcommand("import", "DICOM folder or file, NIfTI, NRRD, MHA -> a new case; a lumen surface with --surface");
  import_command->add_option("path", o.path, "Image, DICOM folder, or surface")->required();
  import_command->add_option("--case", o.case_folder, "New case folder; without it the series are listed");
  import_command->add_option("--series", o.series, "UID of the DICOM series to take");
  import_command->add_option("--name", o.name, "Case name shown instead of a patient's name");
  import_command->add_option("--surface", o.surface, "Read a closed vessel surface under this name");
  import_command->add_option("--unit", o.unit, "Length unit of the surface: mm, cm, um, m");
  import_command->add_option("--cap-array", o.cap_array, "Integer cell array that numbers the caps");
  import_command->add_option("--inlet", o.inlet, "Number of the inlet cap");
  import_command->add_option("--edge", o.edge, "Largest edge of the lumen mesh, mm")->check(within(0.05, 20.0));
  import_command->footer("Example: organtwin-cli import ct.nii.gz --case cases/p1\n         organtwin-cli import aorta.vtp --surface aorta --unit cm --cap-array ModelFaceID --inlet 3 --edge 2 --case cases/aorta");
  import_command->callback([&] { chosen = [&] { return import(context); }; });

  auto* segment_command = app.add_subcommand("segment", "Automatic recipe, or a label map from another tool");
  segment_command->add_option("case", o.case_folder, "Case folder")->required();
  segment_command->add_option("--recipe", o.recipe, "Recipe, see 'list recipes'");
  segment_command->add_option("--image", o.image, "Image of the case (default: the first)");
  segment_command->add_option("--labels", o.labels, "Label map to take instead (numbers as 'list labels')");
  segment_command->footer("Example: organtwin-cli segment cases/p1 --recipe cardiac_ct");
  segment_command->callback([&] { chosen = [&] { return segment(context); }; });

  auto* mesh_command = app.add_subcommand("mesh", "Surfaces and tetrahedra with a quality report");
  mesh_command->add_option("case", o.case_folder, "Case folder")->required();
  mesh_command->add_option("--edge", o.edge, "Edge length in the ventricles, mm")->check(within(0.2, 10.0));
  mesh_command->add_option("--rv-wall", o.rv_wall, "Assumed thickness of the RV wall, mm")->check(within(1.0, 10.0));
  mesh_command->add_flag("--vessels,!--no-vessels", o.vessels, "Also mesh the vessels that are labelled");
  mesh_command->footer("Example: organtwin-cli mesh cases/p1 --edge 1.0");
  mesh_command->callback([&] { chosen = [&] { return mesh(context); }; });

  auto* build_command = app.add_subcommand("build", "Baseline twin: fibres, tissue, conduction, boundary conditions");
  build_command->add_option("case", o.case_folder, "Case folder")->required();
  build_command->add_option("--organ", o.organ, "Organ, see 'list organs'");
  build_command->footer("Example: organtwin-cli build cases/p1 --organ heart");
  build_command->callback([&] { chosen = [&] { return build(context); }; });
}

}  // namespace ot::cli
