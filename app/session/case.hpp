// SPDX-License-Identifier: GPL-3.0-or-later
// A case: one patient, the twin built from the images, the plans and the results. A value; parts are shared and immutable.
// On disk: a folder with case.json (small, versioned) and blobs named by their SHA-256, written atomically; see case_folder.cpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "imaging/meshing/meshing.hpp"
#include "imaging/segmentation/guided.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/tissue/landmarks.hpp"
#include "solvers/core/measurement.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"
#include "solvers/electrophysiology/structure/scale_map.hpp"
#include "solvers/organs/heart/muscle.hpp"
#include "solvers/twin/scenario.hpp"
#include "solvers/twin/simulation.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::session {

struct PatientInfo {
  std::string id = "BUILT-IN";       // never a real name
  std::string age, sex;              // "57 y", "F", "" when unknown
  std::string series;                // "CT 1.5 mm, phantom"
  bool built_in = false;             // shown as TEACHING CASE
};

// One instant of a moving image (cine, gated phases).
struct ImagePhase {
  double trigger_ms = 0;                             // after the R peak
  std::shared_ptr<const core::Volume> volume;
};

// Where an image came from, without identity (app/session/deidentify.hpp): only what is listed here enters a case.
struct ImageSource {
  std::string modality, reading;                     // "CT", "Volume, 88 slices"
  std::string study_date;                            // shifted, "2013-05-09"
  std::string study_uid, series_uid, frame_uid;      // replaced
  std::vector<core::Quantity> facts;                 // tube voltage, echo time ...
  std::vector<std::string> notes;                    // verdict of the import, what was corrected or assumed
};

struct ImageData {
  std::string key;                                   // "thorax", "coronary"
  std::string name;                                  // shown
  std::shared_ptr<const core::Volume> volume;
  std::shared_ptr<const core::LabelMap> labels;      // segmented; null before segmentation
  std::vector<imaging::Plane> planes;                // valve planes found with the labels
  std::vector<core::Quantity> quantities;            // dice_* against truth (phantoms only), volumes in ml
  std::vector<std::string> notes;                    // what the recipe assumed or doubted
  std::vector<ImagePhase> phases;                    // in time; empty for a still image, else phases[0].volume is `volume`
  ImageSource source;                                // empty for phantoms
  std::vector<core::Measurement> measurements;       // drawn in the slices, in the order they were made
  std::vector<imaging::Landmark> landmarks;          // set by hand; all others follow from labels and planes (imaging::find_landmarks)
  imaging::GuidedInput guided;                       // what a person told the recipe: seeds, valve clicks, cuts, thresholds
  std::vector<imaging::EndMark> vessel_ends;         // ends of the vessel set by hand; all others are found (imaging::LumenParams)
};

// Meshes made from the labels, before a twin is built on them.
struct MeshedHeart {
  std::shared_ptr<const core::TetMesh> mesh;
  core::MeshQuality quality;
  std::vector<imaging::Plane> cut_planes;
  double cut_volume_ml = 0;
  std::string labels_sha256;
  std::vector<std::string> notes;
  std::shared_ptr<const ep::FibreField> fibres;      // measured or from another tool; null: the twin lays rule-based ones
  std::string fibres_source;                         // "heart.lon"
};
struct MeshedVessel {
  std::string key, name;                             // "lad", "LAD"
  std::shared_ptr<const core::SurfaceMesh> lumen;
  std::shared_ptr<const core::VesselNetwork> network;
  std::shared_ptr<const core::TetMesh> mesh;
  core::MeshQuality quality;
  double edge_mm = 1.0;
  std::string labels_sha256;
  std::vector<std::string> notes;
};

// Tetrahedra of any labels with shared interfaces (session::mesh_labels).
struct MeshedParts {
  std::string key, name;
  std::shared_ptr<const core::TetMesh> mesh;
  core::MeshQuality quality;
  double edge_mm = 1.0;
  std::string labels_sha256;
  std::vector<std::string> notes;
};

// Smooth display surface of one anatomical label.
struct AnatomySurface {
  std::string key, name;                             // "left_atrium", "Left atrium"
  core::Color color{200, 200, 200};
  bool assumed = false;
  bool active_tissue = false;                        // part of the electrical mesh: shown by the field instead
  std::shared_ptr<const core::SurfaceMesh> surface;
};

struct Plan {
  std::string name;                                  // "Baseline", "A", "B"
  std::string title;                                 // "isthmus line"; editable
  twin::Scenario scenario;
  bool operator==(const Plan&) const = default;
};

// A run and the scenario it belongs to (enabled interventions only; names and notes do not matter).
struct StoredRun {
  std::string scenario_sha256;
  std::shared_ptr<const twin::RunResult> result;
};
std::string scenario_sha256(const twin::Scenario& scenario);

// One line per pipeline stage, as reported by `demo --json`.
struct StageReport {
  std::string name;                                  // "segment thorax"
  double wall_s = 0;
  std::vector<core::Quantity> quantities;            // voxels, nodes, tets, min_dihedral_deg, ...
  std::vector<std::string> notes;
};

// What a person chose for the model beyond the labels: kept in the case, and laid on again whenever the twin is built anew.
struct CapCondition {
  std::string patch;                                 // of the lumen: "inlet", "outlet 2"
  std::string name;                                  // given by hand, "Diagonal"; empty: the patch's
  core::Vec3 centre{0, 0, 0};                        // of the cap, mm: a rebuilt vessel takes the condition over when its cap lies here
  bool inlet = false;
  hemo::Inlet inflow;                                // patch index of the present mesh
  hemo::Outlet outflow;
};
struct FlowConditions {
  std::vector<CapCondition> caps;
  bool steady = true;
  double cycle_s = 0.8;
  int cycles = hemo::FlowProblem{}.cycles;           // beats of a FULL run; the last one is averaged
  double dt_s = hemo::FlowProblem{}.dt_s, steady_tolerance = hemo::FlowProblem{}.steady_tolerance;
  hemo::Fluid fluid;
  hemo::NetworkModel network_model = hemo::NetworkModel::automatic;   // FAST over a beat
  hemo::VesselWall vessel_wall;
};
struct ElectroChoices {
  std::string ionic_model;
  double dt_ms = 0.05, end_ms = 500, cycle_length_ms = 1000, sodium_interpolation_weight = -1;   // negative: the solver's own
  std::map<std::string, core::Vec3> electrodes;      // moved by hand, by name, mm
  std::map<std::string, core::Vec3> electrodes_placed;   // where those stood before
};
// The muscle beyond its cells; what is empty is as the twin takes it by itself.
struct MuscleChoices {
  std::optional<core::Vec3> velocity;                // m/s along f, s, n of the ventricles
  std::optional<ep::FibreAngles> fibres;             // of the rule, when the mesh brings no fibres
  std::vector<organs::ConductanceScale> conductances;
  std::vector<organs::CellsIn> cells;                // of other models than the muscle's, by place
  std::vector<ep::ScaleMap> maps;                    // conductances that differ from place to place; laid on anew when the twin is built
  bool operator==(const MuscleChoices&) const = default;
};
struct ModelChoices {
  std::string organ = "heart", av = "normal";        // heart, atria or whole_heart; AV conduction of the last
  std::optional<double> atrial_wall_mm, atrial_right_wall_mm, atrial_edge_mm;   // else the usual ones
  std::optional<std::string> atrial_fibres;          // rule: rings or piersanti; else the usual one
  bool af_remodelled = false;
  double fibrosis_share = 0;                         // of the working atrial muscle, patches drawn at random; 0: none
  std::optional<double> fibrosis_mm;                 // their size, else the usual one
  std::uint64_t fibrosis_seed = 1;
  std::string conduction = "purkinje", block = "none", accessory = "none";   // as PipelineParams has them
  std::string torso = "standard";                    // of the ECG: standard, auto, skin (body_choices.hpp)
  MuscleChoices muscle;
  std::map<std::string, FlowConditions> flow;        // by vessel key
  std::optional<ElectroChoices> electro;
};

// A place that a person named: on the heart's wall (its electrogram is drawn) or in a vessel (pressure and flow over the beat are).
struct PlacedProbe {
  std::string name;
  core::Vec3 at{0, 0, 0};                            // mm
  bool operator==(const PlacedProbe& o) const { return name == o.name && at == o.at; }
};
using EgmProbe = PlacedProbe;

struct CaseData {
  PatientInfo patient;
  std::vector<ImageData> images;
  std::vector<AnatomySurface> anatomy;
  std::optional<MeshedHeart> heart_mesh;             // after `mesh`
  std::vector<MeshedVessel> vessel_meshes;
  std::vector<MeshedParts> part_meshes;
  std::shared_ptr<const twin::TwinModel> twin;       // null before `build`
  std::vector<Plan> plans{{"Baseline", "untreated", {}}};   // [0] is the untreated baseline and stays empty
  std::vector<StoredRun> results;                    // one per (scenario, mode)
  std::vector<StageReport> stages;
  ModelChoices choices;
  std::vector<std::shared_ptr<const ep::RecordedEcg>> recorded_ecgs;   // in the order of their import
  std::vector<std::shared_ptr<const ep::EaMap>> ea_maps;
  std::vector<EgmProbe> egm_probes;
  std::string created_utc, program_version;
  // Which edits these images already hold: the journal of edits beside the case (edit_journal.hpp) continues after them.
  std::string edit_id;
  std::uint64_t edits_held = 0;
  std::vector<PlacedProbe> flow_probes;              // in the vessels
};

inline constexpr int case_format_version = 1;

std::shared_ptr<const twin::RunResult> find_result(const CaseData& data, const twin::Scenario& scenario, core::Mode mode);
void forget_result(CaseData& data, const twin::Scenario& scenario, core::Mode mode);
void store_result(CaseData& data, const twin::Scenario& scenario, std::shared_ptr<const twin::RunResult> result);
// Everything known so far, for RunOptions::known.
std::vector<std::shared_ptr<const twin::RunResult>> known_results(const CaseData& data);

class BlobNames;
// Load checks every blob's hash; a damaged or missing blob is refused by name. Newer versions are refused.
// Edits of images that were journaled after the last save are applied.
struct LoadedCase {
  CaseData data;
  std::shared_ptr<BlobNames> names;                  // of what was loaded: for save_case
  std::string message;                               // about the edits: "12 edits after the last save were restored."
};
// `edits`: where the journal lies when it is not beside the case (a read-only one), as a function of the case.
core::Result<LoadedCase> load_case_with_edits(const std::filesystem::path& folder, const std::function<std::filesystem::path(const CaseData&)>& edits, const core::Progress& progress);
core::Result<CaseData> load_case(const std::filesystem::path& folder, const core::Progress& progress);
// Unchanged blobs are kept; case.json is replaced last, so a crash or a full disk leaves the old case intact.
// known: large objects named in it are not encoded again when their blob is there; used: the names of all that was saved.
core::Result<void> save_case(const CaseData& data, const std::filesystem::path& folder, const core::Progress& progress, const BlobNames* known = nullptr, BlobNames* used = nullptr);
// Only plans: small and quick, called by autosave after every edit.
core::Result<std::vector<Plan>> load_plans(const std::filesystem::path& folder);
core::Result<void> save_plans(const std::vector<Plan>& plans, const std::filesystem::path& folder);

}  // namespace ot::session
