// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/pipeline.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <map>
#include <optional>

#include "app/session/body_choices.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/muscle_choices.hpp"
#include "app/session/run_with.hpp"
#include "app/session/twin_parts.hpp"
#include "imaging/centerline/branch_names.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/graft.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/segmentation/cine_shape.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/has_label.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/hemodynamics/preflight.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

ImageData* find_image(CaseData& data, const std::string& key) {
  for (auto& image : data.images)
    if (image.key == key) return &image;
  return nullptr;
}

// A stage that is being timed; reported only when the step succeeds.
class Stage {
 public:
  Stage(CaseData& data, std::string name) : data_(data) { report_.name = std::move(name); }
  void add(std::string key, std::string label, std::string unit, double value) { report_.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, ""}); }
  void add(const std::vector<core::Quantity>& quantities) { report_.quantities.insert(report_.quantities.end(), quantities.begin(), quantities.end()); }
  void add(const core::MeshQuality& q) {
    add("nodes", "Nodes", "", static_cast<double>(q.nodes));
    add("tets", "Tetrahedra", "", static_cast<double>(q.tets));
    add("min_dihedral_deg", "Smallest dihedral angle", "deg", q.min_dihedral_deg);
    add("median_dihedral_deg", "Median smallest dihedral", "deg", q.median_dihedral_deg);
    add("inverted", "Inverted", "", static_cast<double>(q.inverted));
    add("mean_edge_mm", "Mean edge", "mm", q.mean_edge_mm);
  }
  void notes(const std::vector<std::string>& lines) { report_.notes.insert(report_.notes.end(), lines.begin(), lines.end()); }
  void done() {
    report_.wall_s = std::chrono::duration<double>(Clock::now() - start_).count();
    data_.stages.push_back(std::move(report_));
  }

 private:
  CaseData& data_;
  StageReport report_;
  Clock::time_point start_ = Clock::now();
};

bool is_active_tissue(int label) { return label == core::labels::lv_myocardium || label == core::labels::rv_wall || label == core::labels::scar || label == core::labels::border_zone || label == core::labels::myocardial_fat; }

core::Result<void> add_surfaces(CaseData& data, const ImageData& image, const core::Progress& progress) {
  using namespace core::labels;
  Stage stage(data, "surfaces " + image.key);
  std::size_t triangles = 0;
  std::vector<AnatomySurface> made;
  const auto& labels = image.labels->labels;
  // Planes far apart (cine stacks) are filled in by shape first: stairs and slivers otherwise.
  std::optional<core::LabelMap> filled;
  if (imaging::is_sparse_stack(image.labels->grid)) {
    filled = imaging::between_planes(*image.labels, std::max(image.labels->grid.spacing[0], image.labels->grid.spacing[1]));
    stage.notes({fmt::format("The planes are {:.1f} mm apart: surfaces are interpolated between them by shape.", image.labels->grid.spacing[2])});
  }
  const core::LabelMap& map = filled ? *filled : *image.labels;
  const double smoothing = std::max(0.5, map.grid.spacing.maxCoeff());
  // One partition for all organs, so that neighbours share their border; the large surroundings are drawn by themselves.
  std::vector<int> together;
  for (const auto& label : labels)
    if (label.value != lung && label.value != bone && label.value != body && map.volume_ml(label.value) >= 0.05) together.push_back(label.value);
  std::map<int, core::SurfaceMesh> shared;
  if (together.size() > 1) {
    auto all = imaging::surfaces_from_labels(map, together, smoothing, progress.part(0, 0.5));
    if (progress.cancelled()) return core::cancelled();
    if (all)
      for (auto& s : *all) shared[s.label] = std::move(s.surface);
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& label = labels[i];
    if (label.value == lung || label.value == bone || image.labels->volume_ml(label.value) < 0.05) continue;
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.5 + 0.5 * static_cast<double>(i) / static_cast<double>(labels.size()), "surface of " + label.name);
    auto surface = shared.count(label.value) ? core::Result<core::SurfaceMesh>(std::move(shared[label.value])) : imaging::surface_from_labels(map, {label.value}, smoothing, {});
    if (!surface) {
      stage.notes({label.name + ": " + surface.error().message});
      continue;
    }
    constexpr std::size_t most_triangles = 40000;   // smooth to the eye at 1000 x 1000 pixels, cheap in software OpenGL
    if (surface->triangles.size() > most_triangles)
      if (auto lighter = imaging::decimate(*surface, most_triangles)) surface = std::move(lighter);
    triangles += surface->triangles.size();
    made.push_back({image.key + "/" + label.key, label.name, label.color, label.assumed, is_active_tissue(label.value), std::make_shared<core::SurfaceMesh>(std::move(*surface))});
  }
  std::erase_if(data.anatomy, [&](const AnatomySurface& a) { return a.key.rfind(image.key + "/", 0) == 0; });
  data.anatomy.insert(data.anatomy.end(), made.begin(), made.end());
  stage.add("surfaces", "Surfaces", "", static_cast<double>(made.size()));
  stage.add("triangles", "Triangles", "", static_cast<double>(triangles));
  stage.done();
  return {};
}

core::Result<void> mesh_heart(CaseData& data, const ImageData& image, const PipelineParams& params, const core::Progress& progress) {
  Stage stage(data, "mesh ventricles");
  progress.report(0, "meshing the ventricles");
  auto meshed = imaging::biventricular_mesh(*image.labels, image.planes, {params.heart_edge_mm, params.rv_wall_mm}, progress);
  if (!meshed) return core::pass(meshed);
  if (auto ok = core::check_simulation_ready(meshed->mesh); !ok) return ok;
  MeshedHeart heart;
  heart.quality = meshed->quality;
  heart.cut_planes = meshed->cut_planes;
  heart.cut_volume_ml = meshed->cut_volume_ml;
  heart.labels_sha256 = image.labels->sha256();
  heart.notes = meshed->notes;
  heart.mesh = std::make_shared<core::TetMesh>(std::move(meshed->mesh));
  stage.add(heart.quality);
  stage.add(meshed->quantities);
  stage.add("cut_volume_ml", "Wall cut away at the base", "ml", heart.cut_volume_ml);
  stage.notes(heart.notes);
  stage.done();
  data.heart_mesh = std::move(heart);
  return {};
}

double median_radius(const core::VesselNetwork& network) {
  std::vector<double> radius;
  for (const auto& b : network.branches) radius.insert(radius.end(), b.radius.begin(), b.radius.end());
  if (radius.empty()) return 1;
  std::nth_element(radius.begin(), radius.begin() + static_cast<std::ptrdiff_t>(radius.size() / 2), radius.end());
  return radius[radius.size() / 2];
}

// Lumen with caps -> tetrahedra; appended to data.vessel_meshes.
core::Result<void> mesh_vessel(CaseData& data, const std::string& key, const std::string& name, core::Result<imaging::Lumen> lumen, const std::string& labels_sha256, const PipelineParams& params,
                               const core::Progress& progress) {
  if (!lumen) return core::pass(lumen);
  Stage stage(data, "mesh " + key);
  MeshedVessel vessel;
  vessel.key = key;
  vessel.name = name;
  vessel.edge_mm = params.vessel_edge_mm > 0 ? params.vessel_edge_mm : median_radius(lumen->network) / params.vessel_resolution;
  vessel.labels_sha256 = labels_sha256;
  vessel.notes = lumen->notes;
  progress.report(0.1, "meshing " + name);
  auto tets = imaging::lumen_tets(lumen->surface, vessel.edge_mm, progress);
  if (!tets) return core::pass(tets);
  vessel.quality = core::measure_quality(*tets);
  vessel.mesh = std::make_shared<core::TetMesh>(std::move(*tets));
  vessel.lumen = std::make_shared<core::SurfaceMesh>(std::move(lumen->surface));
  const auto kind = key.find("aorta") != std::string::npos ? imaging::VesselKind::aorta : key.find("coronary") != std::string::npos ? imaging::VesselKind::left_coronary : imaging::VesselKind::other;
  if (lumen->network.branches.size() > 1)   // a single branch has nothing to be told from
    for (const auto& why : imaging::name_branches(lumen->network, kind))
      if (why.rfind("branch ", 0) != 0) vessel.notes.push_back(why);
  vessel.network = std::make_shared<core::VesselNetwork>(std::move(lumen->network));
  stage.add(vessel.quality);
  stage.add(lumen->quantities);
  stage.add("branches", "Branches", "", static_cast<double>(vessel.network->branches.size()));
  stage.notes(vessel.notes);
  stage.done();
  std::erase_if(data.vessel_meshes, [&](const MeshedVessel& v) { return v.key == key; });
  data.vessel_meshes.push_back(std::move(vessel));
  return {};
}

}  // namespace

std::string program_version() { return std::string("OrganTwin ") + OT_VERSION; }

std::string now_utc() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;   // Linux: KiB
}

twin::Tools tools() {
  twin::Tools t;
  t.remesh_lumen = [](const core::SurfaceMesh& lumen, double edge_mm, const core::Progress& progress) { return imaging::lumen_tets(lumen, edge_mm, progress); };
  t.graft_lumen = [](const core::SurfaceMesh& lumen, const core::VesselNetwork& network, const std::vector<core::VesselBranch>& tubes, double edge_mm, const core::Progress& progress) -> core::Result<twin::Tools::Grafted> {
    auto united = imaging::unite_tubes(lumen, tubes, progress.part(0, 0.1));
    if (!united) return core::pass(united);
    core::VesselNetwork lines = network;
    lines.branches.insert(lines.branches.end(), tubes.begin(), tubes.end());
    auto mesh = imaging::lumen_tets_along(*united, lines, edge_mm, progress.part(0.1, 1));
    if (!mesh) return core::pass(mesh);
    return twin::Tools::Grafted{std::move(*united), std::move(*mesh)};
  };
  return t;
}

fs::path builtin_case_folder() {
  if (const char* given = std::getenv("ORGANTWIN_BUILTIN_CASE"); given && *given) return given;
  std::error_code ec;
  for (const char* place : {OT_BUILTIN_CASE_BUILD, OT_BUILTIN_CASE_INSTALLED})
    if (fs::exists(fs::path(place) / "case.json", ec)) return place;
  return OT_BUILTIN_CASE_BUILD;
}

core::Result<void> add_image(CaseData& data, const std::string& key, const std::string& name, core::Volume volume) {
  if (find_image(data, key)) return core::wrong_usage(fmt::format("The case already has an image \"{}\".", key));
  ImageData image;
  image.key = key;
  image.name = name;
  image.volume = std::make_shared<core::Volume>(std::move(volume));
  data.images.push_back(std::move(image));
  return {};
}

core::Result<void> segment_image(CaseData& data, const std::string& image_key, const std::string& recipe_key, const core::Progress& progress) {
  ImageData* image = find_image(data, image_key);
  if (!image) return core::bad_input(fmt::format("The case has no image \"{}\" (nothing to segment). Import one first.", image_key));
  const imaging::Recipe* recipe = imaging::find_recipe(recipe_key);
  if (recipe_key == "auto") {
    recipe = imaging::recommended_recipe(imaging::image_traits(*image->volume, int(std::max<std::size_t>(1, image->phases.size()))));
    if (!recipe) return core::bad_input(fmt::format("No recipe is for the image \"{}\" (see the reasons with 'list recipes'). Take labels of another tool with --labels.", image_key));
  }
  if (!recipe) return core::wrong_usage(fmt::format("There is no recipe \"{}\". See 'organtwin-cli list recipes'.", recipe_key));
  Stage stage(data, "segment " + image_key);
  core::Result<imaging::Segmentation> segmented = imaging::Segmentation{};
  if (recipe->run_phases && image->phases.size() > 1) {
    imaging::Phases frames;
    for (const auto& p : image->phases) frames.push_back(p.volume);
    auto moving = recipe->run_phases(frames, progress);
    if (!moving) return core::pass(moving);
    segmented->labels = std::move(moving->labels.front());   // of the frame that is shown: phases[0].volume is `volume`
    segmented->quantities = std::move(moving->quantities);
    segmented->notes = std::move(moving->notes);
  } else {
    segmented = recipe->run(*image->volume, progress);
  }
  if (!segmented) return core::pass(segmented);
  if (recipe_key == "auto") segmented->notes.insert(segmented->notes.begin(), "Recipe chosen for this image: " + recipe->name + ".");
  if (std::all_of(segmented->labels.values.begin(), segmented->labels.values.end(), [](auto v) { return v == 0; }))
    return core::bad_input(fmt::format("The recipe \"{}\" found nothing in this image (no label has a voxel). It is for: {}", recipe->name, recipe->use_for));
  image->labels = std::make_shared<core::LabelMap>(std::move(segmented->labels));
  image->planes = std::move(segmented->planes);
  image->quantities = segmented->quantities;
  image->notes = segmented->notes;
  stage.add("voxels", "Voxels", "", static_cast<double>(image->labels->values.size()));
  stage.add(segmented->quantities);
  stage.notes(segmented->notes);
  stage.done();
  return {};
}

core::Result<void> take_labels(CaseData& data, const std::string& image_key, const core::LabelMap& labels) {
  ImageData* image = find_image(data, image_key);
  if (!image) return core::bad_input(fmt::format("The case has no image \"{}\". Import one first.", image_key));
  if (std::all_of(labels.values.begin(), labels.values.end(), [](auto v) { return v == 0; }))
    return core::bad_input("The label map is empty (every voxel is background, so there is no anatomy to mesh). Choose the file with the labels.");
  Stage stage(data, "labels " + image_key);
  auto fitted = imaging::resample_labels(labels, image->volume->grid);
  if (std::all_of(fitted.values.begin(), fitted.values.end(), [](auto v) { return v == 0; }))
    return core::bad_input("The label map and the image do not overlap in patient space (they belong to different scans or one lost its geometry). Check both headers.");
  image->quantities.clear();
  for (const auto& label : fitted.labels)
    if (core::has_label(fitted, label.value)) image->quantities.push_back({"volume_" + label.key + "_ml", label.name + " volume", "ml", fitted.volume_ml(label.value), ""});
  image->labels = std::make_shared<core::LabelMap>(std::move(fitted));
  image->planes.clear();
  image->notes = {"Labels were taken from a file."};
  stage.add(image->quantities);
  stage.done();
  return {};
}

void score_against(CaseData& data, const std::string& image_key, const core::LabelMap& truth, const std::vector<std::string>& keys) {
  ImageData* image = find_image(data, image_key);
  OT_EXPECT(image && image->labels && image->labels->grid.same_as(truth.grid));
  for (const auto& key : keys) {
    const core::LabelInfo* label = truth.find(key);
    if (!label || truth.count(label->value) == 0) continue;
    image->quantities.push_back({"dice_" + key, "Dice " + label->name, "", core::dice(*image->labels, truth, label->value), "against the phantom's known truth"});
  }
}

core::Result<void> mesh_case(CaseData& original, const PipelineParams& params, const core::Progress& progress) {
  CaseData data = original;   // parts are shared: cheap; kept only when everything worked
  if (data.images.empty()) return core::bad_input("The case holds no image (nothing to mesh). Import one first.");
  const std::vector<ImageData> images = data.images;
  const bool labelled = std::any_of(images.begin(), images.end(), [](const ImageData& i) { return i.labels != nullptr; });
  if (!labelled) return core::bad_input("The case has no labels yet (nothing to mesh). Run `segment` first.");
  double at = 0;
  const double share = 1.0 / static_cast<double>(images.size());
  std::string heart_from;   // one heart, from the first image with an LV wall; a second image of it gives its scar (join_image.hpp)
  for (const auto& image : images) {
    if (!image.labels) continue;
    const core::Progress part = progress.part(at, at + share);
    at += share;
    const auto& labels = *image.labels;
    const bool wall = core::has_label(labels, core::labels::lv_myocardium), again = wall && !heart_from.empty();
    if (!again)
      if (auto ok = add_surfaces(data, image, part.part(0, 0.3)); !ok) return ok;
    if (again && data.heart_mesh) data.heart_mesh->notes.push_back(fmt::format("Made from the labels of {}; those of {} show the same heart and were not meshed.", heart_from, image.name));
    if (wall && !again) heart_from = image.name;
    if (params.heart && wall && !again)
      if (auto ok = mesh_heart(data, image, params, part.part(0.3, 0.7)); !ok) return ok;
    if (!params.vessels || (again && labels.count(core::labels::coronary) == 0)) continue;
    if (core::has_label(labels, core::labels::coronary)) {
      if (auto ok = mesh_vessel(data, "lad", "LAD", coronary_lumen(image, part.part(0.7, 0.8)), labels.sha256(), params, part.part(0.8, 1.0)); !ok) return ok;
    } else if (core::has_label(labels, core::labels::aorta)) {
      if (auto ok = mesh_vessel(data, "aorta", "Aorta", aorta_lumen(image, part.part(0.7, 0.8)), labels.sha256(), params, part.part(0.8, 1.0)); !ok) return ok;
    }
  }
  if (!data.heart_mesh && data.vessel_meshes.empty())
    return core::bad_input("The labels hold neither a left-ventricular wall nor a vessel (nothing to mesh). Check the segmentation.");
  data.twin = nullptr;   // a twin on older meshes would mislead
  data.results.clear();
  original = std::move(data);
  return {};
}

core::Result<void> build_twin(CaseData& data, const PipelineParams& given, const core::Progress& progress) {
  const PipelineParams params = with_choices(given, data.choices);
  if (!data.heart_mesh && data.vessel_meshes.empty()) return core::bad_input("The case has no meshes (nothing to build a twin on). Run `mesh` first.");
  Stage stage(data, "build twin");
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "heart";
  std::vector<std::string> hashes;
  if (data.heart_mesh) {
    auto heart = make_heart(data, params, progress.part(0, 0.8));
    if (!heart) return core::pass(heart);
    twin->heart = *heart;
    hashes.push_back(data.heart_mesh->labels_sha256);
    for (const auto& n : data.heart_mesh->notes) twin->assumptions.push_back(n);
    stage.add("heart_nodes", "Heart nodes", "", static_cast<double>(data.heart_mesh->mesh->nodes.size()));
  }
  for (const auto& meshed : data.vessel_meshes) {
    auto vessel = make_vessel(data, meshed);
    if (!vessel) return core::pass(vessel);
    for (const auto& s : (*vessel)->stenoses) {
      stage.add(meshed.key + "_stenosis_percent", meshed.name + " diameter stenosis", "%", s.diameter_percent);
      stage.add(meshed.key + "_min_diameter_mm", meshed.name + " smallest diameter", "mm", s.min_diameter_mm);
    }
    for (const auto& n : meshed.notes) twin->assumptions.push_back(meshed.name + ": " + n);
    if (std::find(hashes.begin(), hashes.end(), meshed.labels_sha256) == hashes.end()) hashes.push_back(meshed.labels_sha256);
    twin->vessels.push_back(*vessel);
  }
  for (const auto& line : standing_assumptions(*twin, params, data)) twin->assumptions.push_back(line);
  if (auto ok = lay_torso(data, *twin, progress.part(0.8, 1)); !ok) return ok;
  if (data.choices.electro && twin->heart) note_electrodes(*data.choices.electro, twin->heart->baseline);
  if (!params.pathway_from_atria)   // a whole heart gets them when its chambers are joined
    if (auto ok = lay_muscle(data.choices.muscle, *twin); !ok) return ok;
  lay_choices(data.choices, *twin);
  if (twin->heart) {
    const ep::ElectroProblem& p = twin->heart->baseline;
    for (const auto& [axis, words, k] : {std::tuple("f", "along the fibres", 0), {"s", "in the sheets", 1}, {"n", "across the sheets", 2}}) {
      stage.add(fmt::format("velocity_{}_m_per_s", axis), fmt::format("Velocity {}", words), "m/s", p.velocity[k]);
      stage.add(fmt::format("sigma_{}_mS_per_mm", axis), fmt::format("Conductivity {}", words), "mS/mm", p.sigma[k]);
    }
  }
  if (hashes.size() == 1) {
    twin->source_labels_sha256 = hashes.front();
  } else {
    core::Hasher hasher;
    for (const auto& h : hashes) hasher.text(h);
    twin->source_labels_sha256 = hasher.hex();
  }
  stage.notes(twin->assumptions);
  stage.done();
  data.twin = std::move(twin);
  data.results.clear();
  return {};
}

core::Result<std::shared_ptr<const twin::RunResult>> run_scenario(CaseData& data, const twin::Scenario& scenario, core::Mode mode, const twin::RunOptions& options, const core::Progress& progress,
                                                                  double full_end_ms) {
  return run_scenario_with(data, scenario, mode, options, {}, progress, full_end_ms);
}

core::Result<std::shared_ptr<const twin::RunResult>> run_scenario_with(CaseData& data, const twin::Scenario& scenario, core::Mode mode, const twin::RunOptions& options,
                                                                       const twin::HeartRun& heart, const core::Progress& progress, double full_end_ms) {
  if (!data.twin) return core::bad_input("The case has no twin yet (nothing to simulate). Run `build` first.");
  if (auto known = find_result(data, scenario, mode); known && !heart.again) return known;
  auto setup = twin::compile(data.twin, scenario, mode, tools(), progress.part(0, 0.15));
  if (!setup) return core::pass(setup);
  if (mode == core::Mode::full && full_end_ms > 0 && setup->electro && setup->electro->end_ms > full_end_ms) {
    setup->electro->end_ms = full_end_ms;
    setup->notes.push_back(fmt::format("The full model was ended at {:.0f} ms: activation and QRS only.", full_end_ms));
    // As short for blood: a jet that does not settle is averaged over the last three of four flow-throughs instead of eight.
    constexpr double passes = 4;
    for (auto& v : setup->vessels)
      if (v.problem.steady && v.problem.mesh && v.problem.inlets.size() == 1 && !v.problem.inlets.front().flow.empty())
        v.problem.max_s = passes * v.problem.mesh->volume() / v.problem.inlets.front().flow.front().second;
  }
  if (options.flow)
    for (const auto& v : setup->vessels)   // what a clinician would want to know beforehand stands beside the numbers
      for (const auto& item : hemo::preflight(v.problem, mode == core::Mode::full, hemo::VesselKind::artery)) {
        if (item.level == hemo::PreflightItem::Level::refused) return core::bad_input(fmt::format("{}: {}", data.twin->find_vessel(v.key)->name, item.sentence));
        if (item.level == hemo::PreflightItem::Level::warning) setup->notes.push_back(fmt::format("{}: {}", data.twin->find_vessel(v.key)->name, item.sentence));
      }
  auto run = twin::run(*setup, options, heart, progress.part(0.15, 1));
  if (!run) return core::pass(run);
  auto result = std::make_shared<const twin::RunResult>(thin_frames(std::move(*run)));
  store_result(data, scenario, result);
  return result;
}

core::Result<void> add_lumen_surface(CaseData& data, const std::string& key, const std::string& name, const core::SurfaceMesh& surface, int inlet_patch, const PipelineParams& params, const core::Progress& progress) {
  auto lumen = imaging::lumen_from_surface(surface, inlet_patch, {}, progress.part(0, 0.4));
  return mesh_vessel(data, key, name, std::move(lumen), surface.sha256(), params, progress.part(0.4, 1));
}

}  // namespace ot::session
