// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/session/electrode_choices.hpp"
#include "app/session/heart_out.hpp"
#include "imaging/exchange/labels_out.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/exchange/mesh_unit.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/has_label.hpp"
#include "solvers/electrophysiology/recorded/fibres_in.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using core::Result;

const ImageData* pick_image(const CaseData& data, const std::string& key, bool labels) {
  for (const auto& i : data.images)
    if (key.empty() ? (!labels || i.labels) : i.key == key) return &i;
  return nullptr;
}

const MeshedVessel* pick_vessel(const CaseData& data, const std::string& key) {
  for (const auto& v : data.vessel_meshes)
    if (key.empty() || v.key == key) return &v;
  return nullptr;
}

std::vector<core::Vec3> fibres_of(const CaseData& data, const core::TetMesh& mesh, bool sheet) {
  if (!(data.twin && data.twin->heart) && data.heart_mesh && data.heart_mesh->fibres && data.heart_mesh->mesh.get() == &mesh) return sheet ? data.heart_mesh->fibres->s : data.heart_mesh->fibres->f;
  if (!data.twin || !data.twin->heart) return {};
  const auto& p = data.twin->heart->baseline;
  if (!p.fibres || !p.mesh || p.mesh->tets.size() != mesh.tets.size() || p.mesh->sha256() != mesh.sha256()) return {};
  return sheet ? p.fibres->s : p.fibres->f;
}

const Plan* pick_plan(const CaseData& data, const std::string& name) {
  for (const auto& p : data.plans)
    if (p.name == (name.empty() ? data.plans.front().name : name)) return &p;
  return nullptr;
}

std::shared_ptr<const twin::RunResult> best_run(const CaseData& data, const Plan& plan) {
  for (const auto mode : {core::Mode::full, core::Mode::fast})
    if (auto run = find_result(data, plan.scenario, mode); run && run->electro) return run;
  return nullptr;
}

Result<ExportReport> export_run(const CaseData& data, const ExportRequest& r, const core::Progress& progress) {
  const Plan* plan = pick_plan(data, r.plan);
  if (!plan) return core::wrong_usage(fmt::format("The case has no plan \"{}\".", r.plan));
  const auto run = best_run(data, *plan);
  if (!run) return core::bad_input(fmt::format("{} has not been computed (there is nothing to write). Run it first.", plan->name));
  ExportReport out;
  out.files = {r.path};
  if (r.what == "activation") {
    if (auto ok = write_activation(*data.twin, *run, r.path); !ok) return core::pass(ok);
  } else if (r.what == "ecg") {
    if (auto ok = write_ecg(*run, r.path); !ok) return core::pass(ok);
  } else {
    auto files = write_potentials(data.twin, plan->scenario, *run, r.path, progress);
    if (!files) return core::pass(files);
    out.files = std::move(*files);
    out.notes.push_back("The film (.pvd) opens all its instants at once.");
  }
  out.notes.push_back(fmt::format("{}, {} model.", plan->name, run->mode == core::Mode::full ? "FULL" : "FAST"));
  return out;
}

std::string own_unit(const fs::path& path) {
  const std::string ext = imaging::image_extension(path);
  return ext == ".elem" || ext == ".pts" ? "Coordinates are in micrometres (openCARP's convention), patient LPS." : "Coordinates are in mm, patient LPS.";
}

Result<ExportReport> export_surfaces(const CaseData& data, const ExportRequest& r, const core::Progress& progress) {
  ExportReport out;
  const std::string ext = imaging::image_extension(r.path);
  std::string base = r.path.string();
  base.resize(base.size() - ext.size());
  for (std::size_t i = 0; i < data.anatomy.size(); ++i) {
    const auto& a = data.anatomy[i];
    if (!a.surface || (!r.image.empty() && a.key.rfind(r.image + "/", 0) != 0)) continue;
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(i) / double(data.anatomy.size()), "writing " + a.name);
    std::string key = a.key;
    std::replace(key.begin(), key.end(), '/', '_');
    auto files = imaging::export_surface(*a.surface, base + "_" + key + ext, {r.gmsh_22 ? imaging::GmshVersion::v22 : imaging::GmshVersion::v41, {}, {}, {}}, progress);
    if (!files) return core::pass(files);
    out.files.insert(out.files.end(), files->begin(), files->end());
  }
  if (out.files.empty()) return core::bad_input("No surface belongs to that image. Leave --image out to export all.");
  return out;
}

std::string mesh_key(const std::string& region) {
  const std::string key = imaging::anatomy_key(region);
  return key.empty() ? region : key;
}

// What other tools call the surfaces of the ventricles (openCARP and cardiac meshing tools, LDRB_Fibers, Gmsh users).
std::string patch_key(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> table{
      {"endocardium_lv", "endocardium_lv"}, {"lv_endocardium", "endocardium_lv"}, {"lv_endo", "endocardium_lv"}, {"endo_lv", "endocardium_lv"}, {"lvendo", "endocardium_lv"}, {"left_endocardium", "endocardium_lv"}, {"lv", "endocardium_lv"},
      {"endocardium_rv", "endocardium_rv"}, {"rv_endocardium", "endocardium_rv"}, {"rv_endo", "endocardium_rv"}, {"endo_rv", "endocardium_rv"}, {"rvendo", "endocardium_rv"}, {"right_endocardium", "endocardium_rv"}, {"rv", "endocardium_rv"},
      {"endocardium", "endocardium_lv"}, {"endo", "endocardium_lv"}, {"epicardium", "epicardium"}, {"epi", "epicardium"}, {"base", "base"}};
  const std::string key = imaging::own_key(name);
  for (const auto& [word, ours] : table)
    if (key == word) return ours;
  return name;
}

Result<void> add_heart(CaseData& data, const ForeignMesh& m, const imaging::MixedMesh& mixed, imaging::LengthUnit unit, StageReport& stage) {
  auto tets = imaging::to_tets(mixed, unit);
  if (!tets) return core::pass(tets);
  for (auto& [value, name] : tets->mesh.region_names) name = mesh_key(name);
  if (tets->mesh.region_names.size() == 1 && !imaging::heart_label(tets->mesh.region_names.begin()->second)) {
    tets->notes.push_back(fmt::format("The file's one region, \"{}\", was taken as myocardium of the left ventricle (assumed).", tets->mesh.region_names.begin()->second));
    tets->mesh.region_names.begin()->second = "lv_myocardium";
  }
  for (auto& [value, name] : tets->mesh.patch_names) name = patch_key(name);
  const auto has = [&](const char* patch) { return std::any_of(tets->mesh.patch_names.begin(), tets->mesh.patch_names.end(), [&](const auto& p) { return p.second == patch; }); };
  if (!has("endocardium_lv") || !has("epicardium") || tets->mesh.patch_values("base").empty())   // the valves' rings are "base_mitral" ...
    tets->notes.push_back("The file does not name endocardium, epicardium and base: the mesh can be looked at and exported; a twin needs these surfaces named in the file.");
  std::shared_ptr<const ep::FibreField> fibres;
  if (!tets->fibre.empty()) {
    auto taken = ep::taken_fibres(std::move(tets->fibre), std::move(tets->sheet), m.path.filename().string());
    if (!taken) return core::pass(taken);
    tets->notes.push_back(fmt::format("The fibres of the file are kept: the twin uses them instead of rule-based ones.{}", taken->completed.empty() ? "" : " " + taken->completed));
    fibres = taken->field;
  }
  MeshedHeart heart;
  heart.quality = core::measure_quality(tets->mesh);
  heart.labels_sha256 = tets->mesh.sha256();
  heart.notes = tets->notes;
  heart.notes.push_back(fmt::format("The mesh came from {}, read as {}.", m.path.filename().string(), imaging::name_of(unit)));
  stage.quantities = {{"nodes", "Nodes", "", double(heart.quality.nodes), ""}, {"tets", "Tetrahedra", "", double(heart.quality.tets), ""}, {"min_dihedral_deg", "Smallest dihedral angle", "deg", heart.quality.min_dihedral_deg, ""},
                      {"median_dihedral_deg", "Median smallest dihedral", "deg", heart.quality.median_dihedral_deg, ""}, {"inverted", "Inverted", "", double(heart.quality.inverted), ""},
                      {"volume_ml", "Volume", "ml", heart.quality.volume_ml, ""}};
  stage.notes.insert(stage.notes.end(), heart.notes.begin(), heart.notes.end());
  heart.mesh = std::make_shared<core::TetMesh>(std::move(tets->mesh));
  heart.fibres = std::move(fibres);
  if (heart.fibres) heart.fibres_source = m.path.filename().string();
  data.heart_mesh = std::move(heart);
  return {};
}

}  // namespace

bool exports_a_run(const std::string& what) { return what == "activation" || what == "ecg" || what == "potentials"; }

const std::vector<ExportKind>& export_kinds() {
  static const std::vector<std::pair<std::string, std::string>> tets{{".vtu", "VTU (ParaView)"}, {".elem", "openCARP"}, {".msh", "Gmsh"}}, surfaces{{".vtp", "VTP (ParaView)"}, {".stl", "STL"}, {".ply", "PLY"}, {".obj", "OBJ"}, {".msh", "Gmsh"}, {".elem", "openCARP"}};
  static const std::vector<ExportKind> kinds{
      {"labels", "Label map", {{".nii.gz", "NIfTI"}, {".seg.nrrd", "NRRD (3D Slicer)"}, {".dcm", "DICOM SEG"}, {".mha", "MetaImage"}}, "the segmentation, with names and colours"},
      {"volume", "Image", {{".nii.gz", "NIfTI"}, {".nrrd", "NRRD"}, {".mha", "MetaImage"}}, "the scan itself, without identity"},
      {"heart-mesh", "Ventricular mesh", tets, "tetrahedra with regions, named patches and, with a twin, fibres"},
      {"fibres", "Fibres", tets, "the ventricular mesh with fibre and sheet directions of the twin"},
      {"lumen", "Vessel lumen", surfaces, "closed lumen with named caps"},
      {"lumen-mesh", "Vessel mesh", tets, "tetrahedra of the lumen with named patches"},
      {"surfaces", "Anatomy surfaces", surfaces, "one file per structure"},
      {"activation", "Activation and repolarisation", {{".vtu", "VTU (ParaView)"}}, "when each node of the heart is activated and repolarised, ms"},
      {"electrodes", "ECG electrodes", {{".csv", "CSV"}}, "the ten electrodes, name,x,y,z in mm (LPS), as build --electrodes reads them"},
      {"ecg", "12-lead ECG", {{".csv", "CSV"}}, "twelve leads over time, mV"},
      {"potentials", "Extracellular potential", {{".pvd", "VTU over time (ParaView)"}}, "membrane and extracellular potential at every 10 ms, one VTU each"}};
  return kinds;
}

std::string why_no_export(const CaseData& data, const std::string& what) {
  if (what == "volume") return data.images.empty() ? "The case holds no image. Open a scan first." : "";
  if (what == "labels") return pick_image(data, "", true) && pick_image(data, "", true)->labels ? "" : "No image of the case has labels yet. Segment it first.";
  if (what == "electrodes") return data.twin && data.twin->heart && !data.twin->heart->baseline.electrodes.empty() ? "" : "The case has no heart with electrodes yet. Build the model first.";
  if (what == "heart-mesh") return data.heart_mesh || (data.twin && data.twin->heart) ? "" : "The case has no ventricular mesh yet. Build the model first.";
  if (what == "fibres") return data.twin && data.twin->heart && data.twin->heart->baseline.fibres ? "" : "Fibres are laid when the twin is built. Build the model first.";
  if (what == "lumen" || what == "lumen-mesh") return data.vessel_meshes.empty() ? "The case has no vessel lumen yet. Build the model, or import a lumen surface." : "";
  if (what == "surfaces") return data.anatomy.empty() ? "The case has no surfaces yet. Build the model first." : "";
  if (exports_a_run(what)) {
    const bool any = std::any_of(data.plans.begin(), data.plans.end(), [&](const Plan& p) { return best_run(data, p) != nullptr; });
    return any ? "" : "No plan has an answer of the heart yet. Run one first.";
  }
  return fmt::format("\"{}\" is nothing that is exported.", what);
}

Result<ExportReport> export_part(const CaseData& data, const ExportRequest& r, const core::Progress& progress) {
  const auto kind = std::find_if(export_kinds().begin(), export_kinds().end(), [&](const ExportKind& k) { return k.what == r.what; });
  if (kind == export_kinds().end()) {
    std::string known;
    for (const auto& k : export_kinds()) known += (known.empty() ? "" : ", ") + k.what;
    return core::wrong_usage(fmt::format("--what takes one of {}.", known));
  }
  if (const std::string why = why_no_export(data, r.what); !why.empty()) return core::bad_input(why);
  if (exports_a_run(r.what)) return export_run(data, r, progress);
  ExportReport out;
  const auto take = [&](Result<std::vector<fs::path>> files) -> Result<void> {
    if (!files) return core::pass(files);
    out.files = std::move(*files);
    return {};
  };
  imaging::MeshExport options;
  if (r.gmsh_22) options.gmsh = imaging::GmshVersion::v22;
  if (r.what == "labels" || r.what == "volume") {
    const ImageData* image = pick_image(data, r.image, r.what == "labels");
    if (!image) return core::wrong_usage(fmt::format("The case has no image \"{}\".", r.image));
    if (r.what == "volume") {
      if (image->phases.size() > 1) {
        std::vector<const core::Volume*> phases;
        std::vector<double> times;
        for (const auto& p : image->phases) phases.push_back(p.volume.get()), times.push_back(p.trigger_ms);
        const auto written = imaging::write_moving(phases, times, r.path, progress);
        if (!written) return core::pass(written);
        out.notes.push_back(fmt::format("{} phases, with time as the {}.", phases.size(), imaging::image_extension(r.path) == ".nrrd" ? "first axis (a sequence of 3D Slicer, each time kept)" : "fourth axis"));
        if (written->uneven) out.notes.push_back("The times are not evenly spaced: the mean step was written. A .nrrd keeps each of them.");
      } else if (auto ok = imaging::write_volume(*image->volume, r.path); !ok) {
        return core::pass(ok);
      }
      out.files = {r.path};
      out.notes.push_back(fmt::format("Values are {}.", image->volume->quantity == "HU" ? "Hounsfield units" : "the scanner's intensities"));
      return out;
    }
    if (!image->labels) return core::bad_input(fmt::format("The image \"{}\" has no labels yet. Segment it first.", image->key));
    if (auto ok = take(imaging::export_labels(*image->labels, r.path, {}, progress)); !ok) return core::pass(ok);
    if (imaging::image_extension(r.path) == ".dcm") out.notes.push_back("The object names no source series: the case keeps none. It lies in patient coordinates of the scan.");
    return out;
  }
  if (r.what == "electrodes") {
    if (auto ok = core::write_file(r.path, named_points_csv(electrodes_of(data.twin->heart->baseline))); !ok) return core::pass(ok);
    out.files = {r.path};
    out.notes.push_back("Patient coordinates (LPS) in mm.");
    return out;
  }
  if (r.what == "surfaces") {
    auto report = export_surfaces(data, r, progress);
    if (report) report->notes.push_back(own_unit(r.path));
    return report;
  }
  if (r.what == "lumen" || r.what == "lumen-mesh") {
    const MeshedVessel* v = pick_vessel(data, r.vessel);
    if (!v) return core::wrong_usage(fmt::format("The case has no vessel \"{}\".", r.vessel));
    if (r.what == "lumen" ? !v->lumen : !v->mesh) return core::bad_input(fmt::format("{} has no mesh yet. Build the model first.", v->name));
    if (auto ok = r.what == "lumen" ? take(imaging::export_surface(*v->lumen, r.path, options, progress)) : take(imaging::export_tets(*v->mesh, r.path, options, progress)); !ok) return core::pass(ok);
  } else {
    const core::TetMesh& mesh = r.what == "fibres" || !data.heart_mesh ? *data.twin->heart->baseline.mesh : *data.heart_mesh->mesh;
    options.fibre = fibres_of(data, mesh, false);
    options.sheet = fibres_of(data, mesh, true);
    if (auto ok = take(imaging::export_tets(mesh, r.path, options, progress)); !ok) return core::pass(ok);
    if (options.fibre.empty()) out.notes.push_back("Without fibres: the case has no twin on this mesh.");
  }
  out.notes.push_back(own_unit(r.path));
  return out;
}

void put_labels(ImageData& image, const imaging::TakenLabels& taken, const std::string& source) {
  image.quantities.clear();
  for (const auto& label : taken.labels.labels)
    if (core::has_label(taken.labels, label.value)) image.quantities.push_back({"volume_" + label.key + "_ml", label.name + " volume", "ml", taken.labels.volume_ml(label.value), ""});
  image.labels = std::make_shared<core::LabelMap>(taken.labels);
  image.planes.clear();
  image.notes = {fmt::format("Labels were taken from {}.", source)};
  image.notes.insert(image.notes.end(), taken.notes.begin(), taken.notes.end());
}

Result<void> take_foreign_labels(CaseData& data, const std::string& image_key, const fs::path& path, const std::string& scheme, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto image = std::find_if(data.images.begin(), data.images.end(), [&](const ImageData& i) { return i.key == image_key; });
  if (image == data.images.end() || !image->volume) return core::bad_input(fmt::format("The case has no image \"{}\". Import one first.", image_key));
  auto foreign = imaging::read_foreign_labels(path, progress.part(0, 0.5));
  if (!foreign) return core::pass(foreign);
  if (imaging::place(*foreign, image->volume->grid).outside_share >= 1.0)
    return core::bad_input("The label map and the image do not overlap in patient space (they belong to different scans or one lost its geometry). Check both headers.");
  Result<imaging::LabelScheme> chosen = scheme.empty() ? imaging::decide_scheme(imaging::propose_schemes(*foreign, path), *foreign, path) : imaging::find_scheme(scheme);
  if (!chosen) return core::pass(chosen);
  auto taken = imaging::bring_labels(*foreign, imaging::mapping_of(*foreign, *chosen), image->volume->grid, progress.part(0.5, 1));
  if (!taken) return core::pass(taken);
  put_labels(*image, *taken, fmt::format("{} ({}), scheme {}{}", path.filename().string(), foreign->format, chosen->key, scheme.empty() ? ", recognised by its numbers and names" : ""));
  for (const auto& n : chosen->notes) image->notes.push_back(fmt::format("{}: {}", chosen->name, n));
  StageReport stage;
  stage.name = "labels " + image_key;
  stage.quantities = image->quantities;
  stage.quantities.push_back({"outside_percent", "Labelled voxels outside the image", "%", 100 * taken->placement.outside_share, ""});
  stage.notes = image->notes;
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  data.stages.push_back(std::move(stage));
  return {};
}

Result<void> add_foreign_mesh(CaseData& data, const ForeignMesh& m, const PipelineParams& params, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  auto mixed = imaging::read_mesh(m.path, m.cap_array, progress.part(0, 0.4));
  if (!mixed) return core::pass(mixed);
  const std::string as = !m.as.empty() ? m.as : mixed->has_volume() ? "heart" : "surface";
  StageReport stage;
  stage.name = "import mesh " + m.path.filename().string();
  imaging::LengthUnit unit;
  if (m.unit.empty()) {
    const auto proposal = imaging::propose_unit(*mixed, as == "heart" && m.name.empty() ? "heart" : m.name);
    auto decided = imaging::decide_unit(proposal, m.path.filename().string());
    if (!decided) return core::pass(decided);
    unit = *decided;
    stage.notes.push_back(proposal.sentence);
  } else {
    auto given = imaging::unit_of(m.unit);
    if (!given) return core::pass(given);
    unit = *given;
    stage.notes.push_back(fmt::format("Read as {}, as asked.", m.unit));
  }
  const std::string name = m.name.empty() ? m.path.stem().string() : m.name, key = imaging::own_key(name).empty() ? "mesh" : imaging::own_key(name);
  if (as == "heart") {
    if (auto ok = add_heart(data, m, *mixed, unit, stage); !ok) return ok;
  } else if (as == "vessel" || as == "surface") {
    auto surface = imaging::to_surface(*mixed, unit);
    if (!surface) return core::pass(surface);
    stage.quantities = {{"triangles", "Triangles", "", double(surface->triangles.size()), ""}, {"area_cm2", "Area", "cm2", surface->area() / 100, ""}};
    if (as == "vessel") {
      const std::size_t stages = data.stages.size();
      if (auto ok = add_lumen_surface(data, key, name, *surface, m.inlet, params, progress.part(0.4, 1)); !ok) {
        data.stages.resize(stages);
        return ok;
      }
    } else {
      if (!surface->closed()) stage.notes.push_back("The surface is open: it can be looked at, not meshed as a vessel.");
      std::erase_if(data.anatomy, [&](const AnatomySurface& a) { return a.key == "mesh/" + key; });
      data.anatomy.push_back({"mesh/" + key, name, imaging::own_color(int(data.anatomy.size()) + 60), false, false, std::make_shared<core::SurfaceMesh>(std::move(*surface))});
    }
  } else {
    return core::wrong_usage("--as takes heart, vessel or surface.");
  }
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  data.stages.push_back(std::move(stage));
  progress.report(1, "mesh imported");
  return {};
}

}  // namespace ot::session
