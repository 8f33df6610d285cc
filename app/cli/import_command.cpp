// SPDX-License-Identifier: GPL-3.0-or-later
// import: what a folder or file holds (series, possible readings, verdicts), and one reading as a new case without identity.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/exchange_command.hpp"
#include "app/cli/stages.hpp"
#include "app/session/import_scan.hpp"
#include "app/session/join_image.hpp"
#include "app/session/pipeline.hpp"
#include "imaging/io/io.hpp"

namespace ot::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string path, case_folder, series, reading, resolution, surface, unit, mesh_as, cap_array, name;
  int inlet = 0;
  double edge = 1.0;
  bool mesh = false, join = false, trust = false;
};
Options& options() {
  static Options o;
  return o;
}

const char* state_name(imaging::ReadingState s) {
  switch (s) {
    case imaging::ReadingState::good: return "good";
    case imaging::ReadingState::caution: return "caution";
    case imaging::ReadingState::refused: return "refused";
  }
  return "";
}

nlohmann::json reading_json(const session::ImportScan& scan, const session::ImportReading& r, std::size_t number) {
  nlohmann::json uid = nullptr;
  if (r.dicom >= 0)
    if (const int s = scan.dicom->readings[std::size_t(r.dicom)].series; s >= 0) uid = scan.dicom->series[std::size_t(s)].info.uid;
  const auto need = session::memory_need(r, {});
  return {{"number", number}, {"key", r.key}, {"series_uid", uid}, {"modality", r.modality}, {"name", r.name}, {"state", state_name(r.state)}, {"verdict", r.verdict}, {"notes", r.notes},
          {"warnings", r.warnings}, {"files", r.files}, {"voxels", r.grid.size}, {"spacing_mm", {r.grid.spacing[0], r.grid.spacing[1], r.grid.spacing[2]}}, {"phases", r.phases},
          {"image_memory_mb", double(need.image_bytes) / 1e6}, {"work_memory_mb", double(need.work_bytes) / 1e6}, {"recommended", r.recommended}};
}

core::Result<void> list_only(Context& context) {
  auto scan = session::scan_for_import(options().path, context.progress());
  if (!scan) return core::pass(scan);
  nlohmann::json json{{"series", nlohmann::json::array()}, {"readings", nlohmann::json::array()}, {"quarantine", nlohmann::json::array()}, {"notes", scan->notes}};
  if (scan->dicom)
    for (const auto& series : scan->dicom->series) {
      const auto& s = series.info;
      json["series"].push_back({{"uid", s.uid}, {"modality", s.modality}, {"description", s.description}, {"files", s.files}, {"voxels", s.size},
                                {"spacing_mm", {s.spacing[0], s.spacing[1], s.spacing[2]}}, {"usable", s.usable}, {"verdict", s.verdict}, {"warnings", series.warnings}});
    }
  std::string text;
  for (std::size_t i = 0; i < scan->readings.size(); ++i) {
    const auto& r = scan->readings[i];
    json["readings"].push_back(reading_json(*scan, r, i + 1));
    text += fmt::format("{:>3}{} {:<8} {} {} - {}\n", i + 1, r.recommended ? "*" : " ", state_name(r.state), r.modality, r.series, r.name);
    text += fmt::format("             {}\n", r.verdict);
    if (r.grid.voxels() > 0 && r.state != imaging::ReadingState::refused)
      text += fmt::format("             {} x {} x {} voxels, {:.4g} x {:.4g} x {:.4g} mm, {:.0f} MB; key {}\n", r.grid.size[0], r.grid.size[1], r.grid.size[2], r.grid.spacing[0], r.grid.spacing[1],
                          r.grid.spacing[2], double(session::memory_need(r, {}).image_bytes) / 1e6, r.key);
    for (const auto& n : r.notes) text += "             " + n + "\n";
    for (const auto& w : r.warnings) text += "             ! " + w + "\n";
  }
  for (const auto& q : scan->quarantine) {
    json["quarantine"].push_back({{"file", q.path.string()}, {"reason", q.reason}});
    text += fmt::format("  left out: {}: {}\n", q.path.string(), q.reason);
  }
  for (const auto& n : scan->notes) text += "  " + n + "\n";
  if (scan->recommended()) text += "* is imported when no --reading is given.\n";
  if (auto ok = context.print(json, text); !ok) return ok;
  const auto refused = [](const session::ImportReading& r) { return r.state == imaging::ReadingState::refused; };
  if (std::all_of(scan->readings.begin(), scan->readings.end(), refused))
    return core::bad_input(fmt::format("Nothing in {} can be imported (every reading is refused, the first because: {}). Choose another folder or repair the files.", options().path,
                                       scan->readings.empty() ? "there is none" : scan->readings.front().verdict));
  return {};
}

core::Result<imaging::LengthUnit> length_unit(const std::string& text) {
  if (text == "mm") return imaging::LengthUnit::mm;
  if (text == "cm") return imaging::LengthUnit::cm;
  if (text == "um") return imaging::LengthUnit::um;
  if (text == "m") return imaging::LengthUnit::m;
  return core::wrong_usage("--unit takes mm, cm, um or m.");
}

core::Result<session::CaseData> import_lumen(Context& context, const core::Progress& progress) {
  const Options& o = options();
  session::CaseData data;
  data.created_utc = session::now_utc();
  data.program_version = session::program_version();
  data.patient.id = o.name.empty() ? fs::path(o.case_folder).filename().string() : o.name;
  const auto named = unit_or_question(context, o.path, o.surface, o.unit);
  if (!named) return core::pass(named);
  auto unit = length_unit(*named);
  if (!unit) return core::pass(unit);
  auto surface = imaging::read_surface(o.path, *unit, o.cap_array);
  if (!surface) return core::pass(surface);
  const std::string key = o.surface.empty() ? "vessel" : o.surface;
  session::PipelineParams params;
  if (o.edge > 0) params.vessel_edge_mm = o.edge;
  if (auto ok = session::add_lumen_surface(data, key, key, *surface, o.inlet, params, progress.part(0.05, 0.9)); !ok) return core::pass(ok);
  data.patient.series = "lumen surface";
  return data;
}

// What the options choose, with the warnings about it said.
struct Chosen {
  session::ImportScan scan;
  const session::ImportReading* reading = nullptr;
  session::Resolution resolution;
};
core::Result<Chosen> choose(Context& context, const core::Progress& progress) {
  const Options& o = options();
  auto resolution = session::resolution_from(o.resolution);
  if (!resolution) return core::pass(resolution);
  auto scan = session::scan_for_import(o.path, progress);
  if (!scan) return core::pass(scan);
  Chosen out{std::move(*scan), nullptr, *resolution};
  auto reading = out.scan.find(o.reading, o.series);
  if (!reading) return core::pass(reading);
  const session::ImportReading& r = **reading;
  out.reading = *reading;
  for (const auto& w : r.warnings) context.note("Warning: " + w);
  if (!out.scan.quarantine.empty()) context.note(fmt::format("{} files were left out, the first because {} ({}).", out.scan.quarantine.size(), out.scan.quarantine.front().reason, out.scan.quarantine.front().path.string()));
  const auto need = session::memory_need(r, *resolution);
  if (need.work_bytes > session::free_memory()) {
    const auto fit = session::fitting_resolution(r);
    context.note(fmt::format("Warning: working with this image takes about {:.1f} GB, this machine can give {:.1f} GB. --resolution {} fits.", double(need.work_bytes) / 1e9, double(session::free_memory()) / 1e9,
                             fit.kind == session::Resolution::Kind::half ? "half" : fmt::format("{:g}", fit.mm)));
  }
  return out;   // the readings stay where they are when the vector moves
}

core::Result<session::CaseData> import_scan(Context& context, const core::Progress& progress) {
  auto chosen = choose(context, progress.part(0, 0.2));
  if (!chosen) return core::pass(chosen);
  return session::import_reading(chosen->scan, *chosen->reading, {chosen->resolution, options().name}, progress.part(0.2, 1));
}

core::Result<void> join(Context& context) {
  const Options& o = options();
  if (o.case_folder.empty()) return core::wrong_usage("--join needs --case (the case that the series joins). Name its folder.");
  if (!o.surface.empty() || !o.cap_array.empty()) return core::wrong_usage("--join takes a scan, not a surface (import --mesh brings a mesh into a case). Leave --surface out.");
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  const std::size_t stages = data->stages.size();
  auto chosen = choose(context, progress.part(0.05, 0.2));
  if (!chosen) return core::pass(chosen);
  if (auto ok = session::join_reading(*data, chosen->scan, *chosen->reading, {chosen->resolution, o.name, o.trust}, progress.part(0.2, 0.85)); !ok) return ok;
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.85, 1)); !ok) return ok;
  return print_stages(context, *data, stages);
}


core::Result<void> import(Context& context) {
  const Options& o = options();
  if (o.mesh) {
    if (o.case_folder.empty()) return core::wrong_usage("--mesh needs --case (where the mesh goes). Name a case folder.");
    return import_mesh(context, o.case_folder, o.name, {o.path, o.unit, o.mesh_as, o.surface, o.cap_array, o.inlet}, o.edge);
  }
  if (o.trust && !o.join) return core::wrong_usage("--trust-positions belongs to --join. Leave it out.");
  if (o.join) return join(context);
  if (o.case_folder.empty()) return list_only(context);
  std::error_code ec;
  if (fs::exists(fs::path(o.case_folder) / "case.json", ec))
    return core::bad_input(fmt::format("{} already holds a case (import would replace it). Choose another --case folder, or add the series to it with --join.", o.case_folder));
  const core::Progress progress = context.progress();
  const bool lumen = !o.surface.empty() || !o.cap_array.empty();
  auto data = lumen ? import_lumen(context, progress.part(0, 0.9)) : import_scan(context, progress.part(0, 0.85));
  if (!data) return core::pass(data);
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.85, 1)); !ok) return ok;
  return print_stages(context, *data, 0);
}

}  // namespace

void register_import(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* c = app.add_subcommand("import", "DICOM folder or file, NIfTI, NRRD, MHA -> a new case without identity; a lumen surface with --surface");
  c->add_option("path", o.path, "Image, DICOM folder, or surface")->required();
  c->add_option("--case", o.case_folder, "New case folder; without it the series and their possible readings are listed");
  c->add_option("--series", o.series, "UID of the DICOM series to take");
  c->add_option("--reading", o.reading, "Number or key of the reading to take, as listed (default: the one marked *)");
  c->add_option("--resolution", o.resolution, "full, half, or voxel size in mm (boxes of voxels are averaged)");
  c->add_option("--name", o.name, "Case name shown instead of the made-up patient id; with --join the image's key");
  c->add_flag("--join", o.join, "The series becomes one more image of the case that --case names (late enhancement beside cine); refused when the frames of reference differ");
  c->add_flag("--trust-positions", o.trust, "With --join: take the series although its frame of reference differs");
  c->add_option("--surface", o.surface, "Read a closed vessel surface under this name");
  c->add_option("--unit", o.unit, "Length unit of the surface or mesh: mm, cm, um, m (default: detected and said)");
  c->add_flag("--mesh", o.mesh, "The file is a mesh (VTU, openCARP, Gmsh, VTP, STL, PLY, OBJ): a part of the case");
  c->add_option("--as", o.mesh_as, "What the mesh is: heart, vessel or surface (default: by its cells)");
  c->add_option("--cap-array", o.cap_array, "Integer cell array that numbers the caps");
  c->add_option("--inlet", o.inlet, "Number of the inlet cap");
  c->add_option("--edge", o.edge, "Largest edge of the lumen mesh, mm")->check(within(0.05, 20.0));
  c->footer("Example: organtwin-cli import scans/ct --case cases/p1 --resolution half\n         organtwin-cli import aorta.vtp --surface aorta --unit cm --cap-array ModelFaceID --inlet 3 --edge 2 --case cases/aorta");
  c->callback([&] { chosen = [&] { return import(context); }; });
}

}  // namespace ot::cli
