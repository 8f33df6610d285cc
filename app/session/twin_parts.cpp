// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/twin_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/session/flow_assumptions.hpp"
#include "imaging/meshing/thin_lumen.hpp"
#include "solvers/core/has_label.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "solvers/organs/heart/muscle.hpp"

namespace ot::session {
namespace {

constexpr double stored_frame_every_ms = 4.0;

core::Vec3 centroid(const core::LabelMap& labels, int value) {
  core::Vec3 sum(0, 0, 0);
  double count = 0;
  const auto& g = labels.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (labels.at(i, j, k) == value) {
          sum += core::Vec3(i, j, k);
          count += 1;
        }
  return g.to_patient(count > 0 ? core::Vec3(sum / count) : sum);
}

// Starts a coronary's field clear of the aorta: labels there hold a skin of the aortic wall. Returns where it leaves the aorta.
std::optional<core::Vec3> clear_of_aorta(const core::LabelMap& labels, double clearance_mm, core::Volume& field) {
  const auto& g = labels.grid;
  std::vector<core::Vec3> wall;   // aortic voxels that touch the coronary's neighbourhood
  core::Vec3 sum(0, 0, 0);
  double count = 0;
  const auto touches = [&](int i, int j, int k, int value) {
    for (int a = 0; a < 3; ++a)
      for (int step : {-1, 1}) {
        const int x = i + (a == 0) * step, y = j + (a == 1) * step, z = k + (a == 2) * step;
        if (g.contains(x, y, z) && labels.at(x, y, z) == value) return true;
      }
    return false;
  };
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.at(i, j, k) == core::labels::aorta && (touches(i, j, k, 0) || touches(i, j, k, core::labels::coronary))) wall.push_back(g.to_patient(core::Vec3(i, j, k)));
        if (labels.at(i, j, k) == core::labels::coronary && touches(i, j, k, core::labels::aorta)) {
          sum += g.to_patient(core::Vec3(i, j, k));
          count += 1;
        }
      }
  if (count == 0) return std::nullopt;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        float& value = field.values[g.offset(i, j, k)];
        if (value > 1.0f) continue;   // far outside stays outside
        const core::Vec3 x = g.to_patient(core::Vec3(i, j, k));
        double nearest = 1e300;
        for (const auto& w : wall) nearest = std::min(nearest, (w - x).squaredNorm());
        const double depth = labels.at(i, j, k) == core::labels::aorta ? 0 : std::sqrt(nearest);
        value = static_cast<float>(std::max(static_cast<double>(value), clearance_mm - depth));
      }
  return sum / count;
}

// Of the wall and scar that were labelled; 0 when there is none. Density 1.05 g/ml: usual in cardiac imaging.
double lv_mass_g(const CaseData& data) {
  for (const auto& image : data.images)
    if (image.labels && core::has_label(*image.labels, core::labels::lv_myocardium))
      return 1.05 * (image.labels->volume_ml(core::labels::lv_myocardium) + image.labels->volume_ml(core::labels::scar) + image.labels->volume_ml(core::labels::border_zone));
  return 0;
}

const imaging::Plane* find_plane(const std::vector<imaging::Plane>& planes, const std::string& key) {
  for (const auto& p : planes)
    if (p.key == key) return &p;
  return nullptr;
}

// A coronary is a few voxels wide: its wall is placed at half of the step in brightness, finer than a voxel, inside what was labelled.
struct CoronaryField {
  core::Volume field;
  imaging::LumenParams params;
  std::vector<std::string> notes;
};
core::Result<CoronaryField> coronary_field(const ImageData& image, const core::Progress& progress) {
  auto field = imaging::lumen_level_set(*image.volume, *image.labels, core::labels::coronary, progress.part(0, 0.7));
  if (!field) return core::pass(field);
  CoronaryField out;
  constexpr double clearance_mm = 2.5;   // about the radius of a left main: past the funnel of its ostium
  out.params.inlet_near = clear_of_aorta(*image.labels, clearance_mm, *field);
  out.params.ends = image.vessel_ends;
  auto thin = imaging::refine_thin_lumen(*image.volume, *image.labels, core::labels::coronary, std::move(*field), out.params.inlet_near, progress.part(0.7, 1));
  if (!thin) return core::pass(thin);
  out.field = std::move(thin->field);
  if (thin->refined_mm > 0)
    out.notes.push_back(fmt::format("{:.0f} mm of the vessel are thinner than about three voxels: there its width follows from the sum of brightness across it (smallest {:.2f} mm).", thin->refined_mm, thin->thinnest_mm));
  return out;
}

const std::vector<int> aorta_labels{core::labels::aorta, core::labels::descending_aorta};
imaging::LumenParams aorta_params(const ImageData& image) {
  imaging::LumenParams params;
  params.smoothing_mm = image.volume->grid.spacing.maxCoeff();
  const auto* valve = find_plane(image.planes, "aortic");
  params.inlet_near = valve ? valve->centre : centroid(*image.labels, core::labels::lv_blood_pool);
  params.ends = image.vessel_ends;
  return params;
}

}  // namespace

core::Result<imaging::Lumen> coronary_lumen(const ImageData& image, const core::Progress& progress) {
  auto vessel = coronary_field(image, progress.part(0, 0.4));
  if (!vessel) return core::pass(vessel);
  auto lumen = imaging::lumen_from_field(vessel->field, vessel->params, progress.part(0.4, 1));
  if (lumen) lumen->notes.insert(lumen->notes.end(), vessel->notes.begin(), vessel->notes.end());
  return lumen;
}

core::Result<imaging::Lumen> aorta_lumen(const ImageData& image, const core::Progress& progress) {
  return imaging::lumen_from_labels(*image.labels, aorta_labels, aorta_params(image), progress);
}

core::Result<imaging::LumenProposal> propose_vessel_ends(const ImageData& image, const core::Progress& progress) {
  if (!image.labels) return core::bad_input("The image has no labels (there is no vessel to end). Segment it first.");
  if (core::has_label(*image.labels, core::labels::coronary)) {
    auto vessel = coronary_field(image, progress.part(0, 0.4));
    if (!vessel) return core::pass(vessel);
    return imaging::propose_lumen_ends(vessel->field, vessel->params, progress.part(0.4, 1));
  }
  if (core::has_label(*image.labels, core::labels::aorta)) return imaging::propose_lumen_ends(*image.labels, aorta_labels, aorta_params(image), progress);
  return core::bad_input("The labels hold neither coronaries nor an aorta (there is no vessel to end). Segment one first.");
}

namespace {

// The ventricles as the parameters and the choices of the case ask for them, but for the frame of their image.
core::Result<organs::HeartInputs> heart_inputs(const CaseData& data, const PipelineParams& params) {
  organs::HeartInputs inputs;
  auto conduction = organs::heart_conduction(params.conduction, params.block, params.accessory);
  if (!conduction) return core::pass(conduction);
  inputs.params.conduction = std::move(*conduction);
  inputs.params.conduction.pathway_from_atria = params.pathway_from_atria;
  inputs.mesh = data.heart_mesh->mesh;
  inputs.fibres = data.heart_mesh->fibres;
  inputs.fibres_source = data.heart_mesh->fibres_source;
  const MuscleChoices& muscle = data.choices.muscle;
  if (muscle.fibres && inputs.fibres)
    return core::bad_input(fmt::format("The mesh brings its own fibres from {}, so fibre angles of a rule cannot be chosen (they would not be used). Take the angles back to default, or mesh the heart again.", inputs.fibres_source));
  if (data.choices.electro) inputs.params.ionic_model = data.choices.electro->ionic_model;
  if (muscle.velocity) inputs.params.velocity = *muscle.velocity;
  if (muscle.fibres) inputs.params.fibres = *muscle.fibres;
  return inputs;
}

}  // namespace

core::Result<std::shared_ptr<const twin::HeartModel>> make_heart(const CaseData& data, const PipelineParams& params, const core::Progress& progress) {
  auto chosen = heart_inputs(data, params);
  if (!chosen) return core::pass(chosen);
  organs::HeartInputs inputs = std::move(*chosen);
  // Segments of the nodes as those of the voxels: by the landmarks of the image the mesh was made from.
  for (const auto& image : data.images)
    if (image.labels && core::has_label(*image.labels, core::labels::lv_myocardium) && image.labels->sha256() == data.heart_mesh->labels_sha256)
      if (auto landmarks = imaging::find_landmarks(*image.labels, image.planes, image.landmarks, progress); landmarks && landmarks->septum_known) inputs.lv_frame = landmarks->frame;
  return organs::build_heart(inputs, progress);
}

core::Result<std::shared_ptr<const twin::VesselModel>> make_vessel(const CaseData& data, const MeshedVessel& meshed) {
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = meshed.key;
  vessel->name = meshed.name;
  vessel->lumen = meshed.lumen;
  vessel->network = meshed.network;
  vessel->mesh = meshed.mesh;
  vessel->edge_mm = meshed.edge_mm;
  vessel->stenoses = core::find_stenoses(*meshed.network);
  hemo::FlowProblem& flow = vessel->baseline;
  flow.mesh = meshed.mesh;
  flow.network = meshed.network;
  flow.steady = true;
  vessel->aortic_pressure_Pa = hemo::mean_aortic_pressure_Pa;
  if (const auto coronary = hemo::coronary_of(meshed.key)) {
    vessel->report_ffr = true;
    const double rest = hemo::coronary_rest_flow(*coronary, lv_mass_g(data));
    auto outlets = hemo::coronary_outlets(*meshed.network, rest, vessel->aortic_pressure_Pa, true);
    if (!outlets) return core::pass(outlets);
    flow.outlets = std::move(*outlets);
    flow.inlets.push_back({meshed.network->inlet_patch, {{0.0, rest}}, hemo::InletProfile::parabolic});
    // what the aortic pressure drives through this vessel at hyperaemia
    auto driven = hemo::flow_for_inlet_pressure(flow, vessel->aortic_pressure_Pa);
    if (!driven) return core::pass(driven);
    flow.inlets.front().flow.front().second = *driven;
  } else {
    const double output = population_inflow(meshed.key, *meshed.network);
    flow.inlets.push_back({meshed.network->inlet_patch, {{0.0, output}}, hemo::InletProfile::plug});
    auto outlets = hemo::murray_outlets(hemo::outlet_sizes(*meshed.network), output, vessel->aortic_pressure_Pa, hemo::venous_pressure_Pa);
    if (!outlets) return core::pass(outlets);
    flow.outlets = std::move(*outlets);
  }
  return std::shared_ptr<const twin::VesselModel>(std::move(vessel));
}

std::vector<std::string> standing_assumptions(const twin::TwinModel& twin, const PipelineParams& params, const CaseData& data) {
  std::vector<std::string> lines;
  if (twin.heart) {
    if (const auto inputs = heart_inputs(data, params)) lines = organs::assumptions(*inputs);
    organs::restate_muscle(lines, twin.heart->baseline);
  }
  for (const auto& vessel : twin.vessels)
    for (const auto& line : flow_assumptions(*vessel, false)) lines.push_back(line);
  return lines;
}

twin::RunResult thin_frames(twin::RunResult run) {
  if (!run.electro || run.electro->frames.size() < 3) return run;
  auto thinned = std::make_shared<ep::ElectroResult>(*run.electro);
  std::vector<ep::ElectroFrame> kept;
  for (const auto& f : thinned->frames)
    if (kept.empty() || f.t_ms - kept.back().t_ms >= stored_frame_every_ms - 1e-6) kept.push_back(f);
  if (kept.size() == thinned->frames.size()) return run;
  thinned->frames = std::move(kept);
  run.electro = std::move(thinned);
  return run;
}

}  // namespace ot::session
