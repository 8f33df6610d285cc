// SPDX-License-Identifier: GPL-3.0-or-later
// Image -> labels -> meshes -> twin -> run, as free functions over CaseData. The command line and the desktop call the same.
// Each appends one StageReport per step and leaves `data` unchanged when it fails.
#pragma once
#include <filesystem>
#include <string>

#include "app/session/case.hpp"

namespace ot::session {

struct PipelineParams {
  double heart_edge_mm = 1.0;     // about 100k nodes on an adult heart
  double rv_wall_mm = 3.0;        // assumed RV free wall
  double vessel_edge_mm = 0.0;    // largest edge in a lumen; 0 = from the radius
  double vessel_resolution = 6.0; // elements per radius asked for when vessel_edge_mm is 0
  bool heart = true, vessels = true;
  // Conduction system of the heart: points | purkinje; none | lbbb | rbbb | lafb | lpfb; none | left_lateral ... (organs/heart/conduction.hpp)
  std::string conduction = "purkinje", block = "none", accessory = "none";
  bool pathway_from_atria = false;   // whole heart: organs::HeartConduction
};

std::string program_version();
std::string now_utc();                        // ISO 8601
double peak_memory_mb();
twin::Tools tools();                          // CGAL meshing handed to twin::compile
std::filesystem::path builtin_case_folder();  // ORGANTWIN_BUILTIN_CASE, else where set-up installed it; may not exist

core::Result<void> add_image(CaseData& data, const std::string& key, const std::string& name, core::Volume volume);
// Runs the recipe on the image; labels, planes, volumes.
core::Result<void> segment_image(CaseData& data, const std::string& image_key, const std::string& recipe, const core::Progress& progress);
// Labels of another tool instead of a recipe; brought onto the image's grid by physical coordinates.
core::Result<void> take_labels(CaseData& data, const std::string& image_key, const core::LabelMap& labels);
// Dice of the labels against a known truth, added to the image's quantities.
void score_against(CaseData& data, const std::string& image_key, const core::LabelMap& truth, const std::vector<std::string>& keys);
// Surfaces for display, the biventricular mesh and the lumens, all from the labels in `data`.
core::Result<void> mesh_case(CaseData& data, const PipelineParams& params, const core::Progress& progress);
// Fibres, tissue, conduction, boundary conditions: the baseline twin.
core::Result<void> build_twin(CaseData& data, const PipelineParams& params, const core::Progress& progress);
// Compiles and runs one scenario; stores the result. full_end_ms > 0 ends the FULL beat there (activation only, no QT).
core::Result<std::shared_ptr<const twin::RunResult>> run_scenario(CaseData& data, const twin::Scenario& scenario, core::Mode mode,
                                                                  const twin::RunOptions& options, const core::Progress& progress,
                                                                  double full_end_ms = 0);
// A vessel-only case from a closed lumen surface with labelled caps.
core::Result<void> add_lumen_surface(CaseData& data, const std::string& key, const std::string& name, const core::SurfaceMesh& surface,
                                     int inlet_patch, const PipelineParams& params, const core::Progress& progress);

}  // namespace ot::session
