// SPDX-License-Identifier: GPL-3.0-or-later
// export: labels, image, meshes of a case to files of other tools; and the taking of meshes.
#include <fmt/format.h>

#include "app/cli/exchange_command.hpp"
#include "imaging/exchange/label_scheme.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/exchange/mesh_unit.hpp"
#include "imaging/io/preflight.hpp"

namespace ot::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string case_folder, what = "labels", format, image, vessel, plan;
};
Options& options() {
  static Options o;
  return o;
}

// --format nifti, or an ending such as .vtu
core::Result<std::string> ending(const session::ExportKind& kind, const std::string& format) {
  static const std::vector<std::pair<std::string, std::string>> words{{"nifti", ".nii.gz"}, {"nii", ".nii"}, {"nrrd", ".nrrd"}, {"mha", ".mha"}, {"dicom-seg", ".dcm"}, {"dicom", ".dcm"}, {"vtu", ".vtu"}, {"vtp", ".vtp"}, {"stl", ".stl"},
                                                                    {"ply", ".ply"}, {"obj", ".obj"}, {"opencarp", ".elem"}, {"gmsh", ".msh"}, {"gmsh2", ".msh"}, {"csv", ".csv"}, {"pvd", ".pvd"}};
  if (format.empty()) return kind.formats.front().first;
  for (const auto& [word, end] : words)
    if (format == word) return end;
  return core::wrong_usage("--format takes nifti, nrrd, mha, dicom-seg, vtu, vtp, stl, ply, obj, opencarp, gmsh, gmsh2 (version 2.2), csv or pvd.");
}

core::Result<void> export_case(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  const auto kind = std::find_if(session::export_kinds().begin(), session::export_kinds().end(), [&](const auto& k) { return k.what == o.what; });
  if (kind == session::export_kinds().end()) {
    std::string known;
    for (const auto& k : session::export_kinds()) known += (known.empty() ? "" : ", ") + k.what;
    return core::wrong_usage(fmt::format("--what takes one of {}.", known));
  }
  session::ExportRequest request{o.what, o.image, o.vessel, o.plan, context.out, o.format == "gmsh2"};
  const std::string given = imaging::image_extension(context.out);
  const bool has_ending = !given.empty() && !context.out.filename().empty();
  if (!has_ending || !o.format.empty()) {
    auto end = ending(*kind, o.format);
    if (!end) return core::pass(end);
    std::error_code ec;
    if (context.out.empty()) request.path = o.what + *end;
    else if (fs::is_directory(context.out, ec)) request.path = context.out / (o.what + *end);
    else if (!has_ending) request.path = context.out.string() + *end;
    else if (given != *end) return core::wrong_usage(fmt::format("--format {} and the ending of {} disagree. Leave one out.", o.format, context.out.string()));
  }
  auto data = session::load_case(o.case_folder, progress.part(0, 0.3));
  if (!data) return core::pass(data);
  auto report = session::export_part(*data, request, progress.part(0.3, 1));
  if (!report) return core::pass(report);
  nlohmann::json json{{"what", o.what}, {"files", nlohmann::json::array()}, {"notes", report->notes}};
  std::string text;
  for (const auto& f : report->files) {
    json["files"].push_back(f.string());
    text += f.string() + "\n";
  }
  for (const auto& n : report->notes) text += n + "\n";
  return context.print(json, text);
}

}  // namespace

core::Result<void> import_mesh(Context& context, const fs::path& case_folder, const std::string& case_name, const session::ForeignMesh& mesh, double edge_mm) {
  const core::Progress progress = context.progress();
  session::CaseData data;
  std::error_code ec;
  if (fs::exists(case_folder / "case.json", ec)) {
    auto old = session::load_case(case_folder, progress.part(0, 0.1));
    if (!old) return core::pass(old);
    data = std::move(*old);
  } else {
    data.created_utc = session::now_utc();
    data.program_version = session::program_version();
    data.patient.id = case_name.empty() ? case_folder.filename().string() : case_name;
    data.patient.series = "mesh of another tool";
  }
  const std::size_t stages = data.stages.size();
  session::PipelineParams params;
  if (edge_mm > 0) params.vessel_edge_mm = edge_mm;
  if (auto ok = session::add_foreign_mesh(data, mesh, params, progress.part(0.1, 0.95)); !ok) return ok;
  if (auto ok = session::save_case(data, case_folder, progress.part(0.95, 1)); !ok) return ok;
  nlohmann::json json{{"stages", nlohmann::json::array()}};
  std::string text;
  for (std::size_t i = stages; i < data.stages.size(); ++i) {
    const auto& s = data.stages[i];
    nlohmann::json one{{"name", s.name}, {"wall_s", s.wall_s}, {"notes", s.notes}};
    text += fmt::format("{} ({:.1f} s)\n", s.name, s.wall_s);
    for (const auto& q : s.quantities) {
      one[q.key] = quantity_or_null(q.value);
      text += fmt::format("  {:<34} {:.6g} {}\n", q.label, q.value, q.unit);
    }
    for (const auto& n : s.notes) text += "  " + n + "\n";
    json["stages"].push_back(std::move(one));
  }
  return context.print(json, text);
}

core::Result<std::string> unit_or_question(Context& context, const fs::path& path, const std::string& name, const std::string& given) {
  if (!given.empty()) return given;
  auto mesh = imaging::read_mesh(path, "", context.progress().part(0, 0.02));
  if (!mesh) return core::pass(mesh);
  const auto proposal = imaging::propose_unit(*mesh, name);
  auto unit = imaging::decide_unit(proposal, path.filename().string());
  if (!unit) return core::pass(unit);
  context.note(proposal.sentence);
  return std::string(imaging::name_of(*unit));
}

nlohmann::json label_schemes() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& s : imaging::builtin_schemes()) {
    nlohmann::json labels = nlohmann::json::array();
    for (const auto& e : s.entries) labels.push_back({{"value", e.value}, {"key", e.key}, {"name", e.name}});
    out.push_back({{"name", s.key}, {"summary", fmt::format("{}, {} labels", s.name, s.entries.size())}, {"source", s.source}, {"parameters", nlohmann::json::array()}, {"labels", labels}, {"notes", s.notes}});
  }
  return out;
}

void register_export(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* command = app.add_subcommand("export", "Labels, image or meshes of a case to files that other tools read");
  command->add_option("case", o.case_folder, "Case folder")->required();
  command->add_option("--what", o.what, "labels, volume, heart-mesh, fibres, lumen, lumen-mesh, surfaces, activation, electrodes, ecg or potentials (default: labels)");
  command->add_option("--format", o.format, "nifti, nrrd, mha, dicom-seg, vtu, vtp, stl, ply, obj, opencarp, gmsh, gmsh2, csv, pvd; else by the ending of --out");
  command->add_option("--image", o.image, "Image of the case (default: the first that fits)");
  command->add_option("--vessel", o.vessel, "Vessel of the case (default: the first)");
  command->add_option("--plan", o.plan, "Plan whose run is written: activation, ecg, potentials (default: Baseline)");
  command->footer("Example: organtwin-cli export cases/p1 --what labels --out p1.dcm\n         organtwin-cli export cases/p1 --what heart-mesh --format opencarp --out p1/heart");
  command->callback([&] { chosen = [&] { return export_case(context); }; });
}

}  // namespace ot::cli
