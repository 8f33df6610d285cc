// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/demo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/session/examples.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/report.hpp"
#include "imaging/io/io.hpp"
#include "imaging/phantom/phantom.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::session {
namespace {
namespace fs = std::filesystem;

constexpr double quick_end_ms = 130;   // of the FULL beat with --quick: activation is over, repolarisation is FAST's

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

PipelineParams pipeline_for(bool quick) {
  PipelineParams params;
  if (quick) {
    params.heart_edge_mm = 2.2;
    params.vessel_resolution = 1.0;   // lumens still get 2.5 edges per radius, the throat 3.3 instead of 8: its jet takes steps as short as its cells
  } else {
    params.heart_edge_mm = 1.4;   // 100k nodes and more on the phantom's ventricles
    params.vessel_resolution = 2.0;   // the throat gets six edges per radius
  }
  return params;
}

nlohmann::json number(double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(nullptr); }

nlohmann::json quantities(const std::vector<core::Quantity>& list) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& q : list) out[q.key] = number(q.value);
  return out;
}

nlohmann::json outcome(const twin::RunResult& run) {
  nlohmann::json out = quantities(run.quantities);
  out["mode"] = core::name_of(run.mode);
  out["source_labels_sha256"] = run.source_labels_sha256;
  out["setup_sha256"] = run.setup_sha256;
  return out;
}

nlohmann::json placement_json(const twin::Placement& p) {
  nlohmann::json out = nlohmann::json::object();
  if (!p.points_mm.empty()) {
    out["points_mm"] = nlohmann::json::array();
    for (const auto& x : p.points_mm) out["points_mm"].push_back({x[0], x[1], x[2]});
  }
  if (p.kind == twin::Placement::Kind::segment) {
    out["vessel"] = p.vessel;
    out["branch"] = p.branch;
    out["start_mm"] = p.start_mm;
    out["length_mm"] = p.length_mm;
  }
  return out;
}

// Phantom, its image in the case, and its labels scored against the truth.
core::Result<void> add_phantom(CaseData& data, const std::string& key, const std::string& name, const std::string& recipe, core::Result<imaging::Phantom> made, double made_s,
                               const std::vector<std::string>& scored, const LabelEdit& edit, const core::Progress& progress) {
  if (!made) return core::pass(made);
  data.stages.push_back({"phantom " + key, made_s,
                         {{"voxels", "Voxels", "", static_cast<double>(made->ct.grid.voxels()), ""}, {"spacing_mm", "Spacing", "mm", made->ct.grid.spacing[0], ""}},
                         {}});
  if (auto ok = add_image(data, key, name, std::move(made->ct)); !ok) return ok;
  if (auto ok = segment_image(data, key, recipe, progress); !ok) return ok;
  score_against(data, key, made->truth, scored);
  if (edit) {
    for (auto& image : data.images)
      if (image.key == key) {
        auto changed = std::make_shared<core::LabelMap>(*image.labels);
        edit(key, *changed);
        image.labels = std::move(changed);
      }
  }
  return {};
}

}  // namespace

core::Result<CaseData> build_builtin(const DemoParams& params, const LabelEdit& edit, const core::Progress& progress) {
  CaseData data;
  data.patient = {"BUILT-IN", "", "", "CT phantoms 1.5 mm and 0.5 mm, generated", true};
  data.created_utc = now_utc();
  data.program_version = program_version();

  imaging::PhantomParams thorax;
  auto start = std::chrono::steady_clock::now();
  progress.report(0.0, "generating the thorax phantom");
  auto thorax_phantom = imaging::make_thorax_phantom(thorax, progress.part(0.0, 0.05));
  if (auto ok = add_phantom(data, "thorax", "Thorax CT (phantom)", "cardiac_ct", std::move(thorax_phantom), seconds_since(start),
                            {"lv_blood_pool", "lv_myocardium", "rv_blood_pool", "left_atrium", "right_atrium", "aorta", "descending_aorta", "pulmonary_artery", "scar"}, edit, progress.part(0.05, 0.35));
      !ok)
    return core::pass(ok);

  imaging::PhantomParams coronary;
  coronary.spacing_mm = 0.5;
  coronary.stenosis_percent = 50.0;   // a lesion whose jet settles: the steady flow model is not for transition
  start = std::chrono::steady_clock::now();
  progress.report(0.35, "generating the coronary phantom");
  auto coronary_phantom = imaging::make_coronary_phantom(coronary, progress.part(0.35, 0.4));
  if (auto ok = add_phantom(data, "coronary", "Coronary CT (phantom)", "coronary_ct", std::move(coronary_phantom), seconds_since(start), {"coronary", "aorta"}, edit, progress.part(0.4, 0.55)); !ok)
    return core::pass(ok);

  const PipelineParams pipeline = pipeline_for(params.quick);
  if (auto ok = mesh_case(data, pipeline, progress.part(0.55, 0.9)); !ok) return core::pass(ok);
  if (auto ok = build_twin(data, pipeline, progress.part(0.9, 1.0)); !ok) return core::pass(ok);
  return data;
}

core::Result<CaseData> make_coarse_builtin(const core::Progress& progress) {
  DemoParams params;
  params.quick = true;
  auto data = build_builtin(params, nullptr, progress.part(0, 0.9));
  if (!data) return data;
  auto plans = example_plans(*data);
  if (!plans) return core::pass(plans);
  data->plans = std::move(*plans);
  if (auto run = run_scenario(*data, data->plans.front().scenario, core::Mode::fast, {}, progress.part(0.9, 1)); !run) return core::pass(run);
  return data;
}

core::Result<CaseData> case_from_image(const fs::path& path, const core::Progress& progress) {
  progress.report(0, "reading the image");
  auto volume = imaging::read_volume(path, "", progress.part(0, 0.1));
  if (!volume) return core::pass(volume);
  CaseData data;
  data.created_utc = now_utc();
  data.program_version = program_version();
  data.patient.id = "IMPORTED";
  data.patient.series = fmt::format("{} {}x{}x{}", volume->quantity == "HU" ? "CT" : "MR", volume->grid.size[0], volume->grid.size[1], volume->grid.size[2]);
  PipelineParams pipeline;
  pipeline.vessels = false;   // vessels of a patient are chosen by hand: see `mesh --vessel`
  volume->description.clear();
  if (auto ok = add_image(data, "image", data.patient.series, std::move(*volume)); !ok)   // never the name of the file: it may be a person's return core::pass(ok);
  if (auto ok = segment_image(data, "image", "cardiac_ct", progress.part(0.1, 0.6)); !ok) return core::pass(ok);
  if (auto ok = mesh_case(data, pipeline, progress.part(0.6, 0.85)); !ok) return core::pass(ok);
  if (auto ok = build_twin(data, pipeline, progress.part(0.85, 0.95)); !ok) return core::pass(ok);
  data.plans.push_back({"A", "", {"A", {}}});
  if (auto run = run_scenario(data, {}, core::Mode::fast, {}, progress.part(0.95, 1)); !run) return core::pass(run);
  return data;
}

core::Result<DemoResult> run_demo(const DemoParams& params, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  auto built = build_builtin(params, nullptr, progress.part(0, 0.3));
  if (!built) return core::pass(built);
  DemoResult demo;
  demo.data = std::move(*built);
  auto plans = example_plans(demo.data);
  if (!plans) return core::pass(plans);
  demo.data.plans = std::move(*plans);

  // FAST of every plan first (cheap, and shown beside FULL), then FULL of every plan; equal parts are taken over.
  const std::size_t count = demo.data.plans.size();
  const std::vector<Plan> todo = demo.data.plans;
  for (const core::Mode mode : {core::Mode::fast, core::Mode::full})
    for (std::size_t i = 0; i < count; ++i) {
      const bool full = mode == core::Mode::full;
      // FULL before and after each geometric intervention; a drug changes the action potential of every cell the same way, FAST shows it.
      const auto& list = todo[i].scenario.interventions;
      if (full && !list.empty() && std::all_of(list.begin(), list.end(), [](const auto& spec) { return spec.kind == "drug"; })) continue;
      const double from = full ? 0.35 + 0.6 * static_cast<double>(i) / static_cast<double>(count) : 0.3 + 0.05 * static_cast<double>(i) / static_cast<double>(count);
      const double to = full ? from + 0.6 / static_cast<double>(count) : from + 0.05 / static_cast<double>(count);
      const auto began = std::chrono::steady_clock::now();
      twin::RunOptions options;
      options.known = known_results(demo.data);
      auto run = run_scenario(demo.data, todo[i].scenario, mode, options, progress.part(from, to), params.quick ? quick_end_ms : 0);
      if (!run) return core::pass(run);
      demo.data.stages.push_back({fmt::format("{} {}", core::name_of(mode), todo[i].name), seconds_since(began), (*run)->quantities, (*run)->notes});
    }
  demo.wall_s = seconds_since(start);

  if (!params.out.empty()) {
    progress.report(0.96, "writing the case and the report");
    std::error_code ec;
    fs::create_directories(params.out, ec);
    if (ec) return core::bad_input(fmt::format("Cannot create {} ({}). Choose a folder you may write to with --out.", params.out.string(), ec.message()));
    if (auto ok = save_case(demo.data, params.out / "case", progress.part(0.96, 0.99)); !ok) return core::pass(ok);
    demo.files.push_back((params.out / "case").string());
    if (auto ok = write_report(demo.data, params.out / "report.html"); !ok) return core::pass(ok);
    demo.files.push_back((params.out / "report.html").string());
    for (const auto& plan : demo.data.plans) {
      if (plan.scenario.interventions.empty()) continue;
      const fs::path path = params.out / ("scenario-" + plan.name + ".json");
      if (auto ok = core::write_file(path, twin::to_json(plan.scenario).dump(2) + "\n"); !ok) return core::pass(ok);
      demo.files.push_back(path.string());
    }
  }
  return demo;
}

nlohmann::json DemoResult::report() const {
  nlohmann::json json;
  json["patient"] = {{"id", data.patient.id}, {"series", data.patient.series}, {"built_in", data.patient.built_in}};
  json["stages"] = nlohmann::json::array();
  for (const auto& s : data.stages) {
    nlohmann::json one = quantities(s.quantities);
    one["name"] = s.name;
    one["wall_s"] = s.wall_s;
    if (!s.notes.empty()) one["notes"] = s.notes;
    json["stages"].push_back(std::move(one));
  }
  json["dice"] = nlohmann::json::object();
  json["images"] = nlohmann::json::object();
  for (const auto& image : data.images) {
    const auto& g = image.volume->grid;
    nlohmann::json one{{"voxels", g.size}, {"spacing_mm", {g.spacing[0], g.spacing[1], g.spacing[2]}}};
    if (json["image"].is_null()) json["image"] = one;
    nlohmann::json dice = nlohmann::json::object();
    for (const auto& q : image.quantities)
      if (q.key.rfind("dice_", 0) == 0) dice[q.key.substr(5)] = number(q.value);
    if (image.key == "thorax") json["dice"] = dice;
    one["dice"] = dice;
    one["labels_sha256"] = image.labels ? image.labels->sha256() : "";
    json["images"][image.key] = one;
  }
  const auto quality = [](const core::MeshQuality& q) {
    return nlohmann::json{{"nodes", q.nodes}, {"tets", q.tets}, {"min_dihedral_deg", q.min_dihedral_deg}, {"median_dihedral_deg", q.median_dihedral_deg}, {"inverted", q.inverted}, {"mean_edge_mm", q.mean_edge_mm}};
  };
  if (data.heart_mesh) json["mesh"] = quality(data.heart_mesh->quality);
  json["vessel_meshes"] = nlohmann::json::object();
  for (const auto& v : data.vessel_meshes) json["vessel_meshes"][v.key] = quality(v.quality);
  json["interventions"] = nlohmann::json::array();
  for (const core::Mode mode : {core::Mode::full, core::Mode::fast}) {
    const auto before = find_result(data, data.plans.front().scenario, mode);
    for (std::size_t i = 1; i < data.plans.size() && before; ++i) {
      const auto after = find_result(data, data.plans[i].scenario, mode);
      if (!after || data.plans[i].scenario.interventions.empty()) continue;
      const auto& spec = data.plans[i].scenario.interventions.front();
      json["interventions"].push_back({{"kind", spec.kind}, {"plan", data.plans[i].name}, {"title", data.plans[i].title}, {"mode", core::name_of(mode)},
                                       {"placement", placement_json(spec.placement)}, {"params", core::to_json(spec.params)}, {"before", outcome(*before)}, {"after", outcome(*after)}});
    }
  }
  json["source_labels_sha256"] = data.twin ? data.twin->source_labels_sha256 : "";
  json["assumptions"] = data.twin ? data.twin->assumptions : std::vector<std::string>{};
  json["wall_s"] = wall_s;
  json["peak_memory_mb"] = peak_memory_mb();
  json["files"] = files;
  json["program_version"] = data.program_version;
  return json;
}

}  // namespace ot::session
