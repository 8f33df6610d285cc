// SPDX-License-Identifier: GPL-3.0-or-later
// What a case gives to other tools and takes from them. The command line and the desktop call the same functions.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/pipeline.hpp"
#include "imaging/exchange/foreign_labels.hpp"

namespace ot::session {

// --- out ---
struct ExportKind {
  std::string what, name;                                       // "labels", "Label map"
  std::vector<std::pair<std::string, std::string>> formats;     // ending and name: ".nii.gz", "NIfTI"; the first is the default
  std::string summary;
};
const std::vector<ExportKind>& export_kinds();
bool exports_a_run(const std::string& what);                      // of a plan: what a run computed
// Why this cannot be exported from the case now; "" when it can.
std::string why_no_export(const CaseData& data, const std::string& what);

struct ExportRequest {
  std::string what;                    // key of export_kinds()
  std::string image, vessel;           // which one; "" = the first that fits
  std::string plan;                    // of what a run computed: its name; "" = Baseline. FULL when it was run, else FAST
  std::filesystem::path path;          // the ending chooses the format; for several surfaces a name that each extends
  bool gmsh_22 = false;
};
struct ExportReport {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> notes;      // unit, what was left out
};
// Files appear whole or not at all; none carries the case's identity.
core::Result<ExportReport> export_part(const CaseData& data, const ExportRequest& request, const core::Progress& progress);

// --- in ---
// Puts the labels into the image: volumes, notes with the source, valve planes dropped (they belonged to the old labels).
void put_labels(ImageData& image, const imaging::TakenLabels& taken, const std::string& source);
// `scheme`: built-in key or file; "" guesses and refuses when unsure. Appends a stage.
core::Result<void> take_foreign_labels(CaseData& data, const std::string& image_key, const std::filesystem::path& path, const std::string& scheme, const core::Progress& progress);

struct ForeignMesh {
  std::filesystem::path path;
  std::string unit;                    // "mm" ..., "" = detect, refused when unsure
  std::string as;                      // "heart", "vessel", "surface"; "" = heart for tetrahedra, surface for triangles
  std::string name;                    // of a vessel or surface; its words help with the unit
  std::string cap_array;
  int inlet = 0;
};
// Tetrahedra as the case's ventricular mesh, a closed lumen as a vessel, or a surface to look at.
core::Result<void> add_foreign_mesh(CaseData& data, const ForeignMesh& mesh, const PipelineParams& params, const core::Progress& progress);

}  // namespace ot::session
