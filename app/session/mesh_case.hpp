// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of any labels, patch names and vessels of a case, as free functions over CaseData: the command line and the desktop call the
// same. Each appends one StageReport and leaves `data` unchanged when it fails. What a twin was built on changes: twin and results go.
#pragma once
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "imaging/meshing/mesh_report.hpp"

namespace ot::session {

// Tetrahedra of the asked labels with shared interfaces, kept as CaseData::part_meshes under `key` (replaced when it exists).
core::Result<void> mesh_labels(CaseData& data, const std::string& image_key, const imaging::MeshRequest& request, const std::string& key,
                               const core::Progress& progress);
// Number of a label by key or number text ("lv_myocardium", "2"); 0 when the map has none.
int label_value(const core::LabelMap& labels, const std::string& text);

// Every mesh of the case by its key: "heart", the vessels, the part meshes.
struct MeshEntry {
  std::string key, name;
  std::shared_ptr<const core::TetMesh> mesh;
};
std::vector<MeshEntry> meshes_of(const CaseData& data);
core::Result<void> rename_patch(CaseData& data, const std::string& mesh_key, const std::string& from, const std::string& to);
// All faces of one patch join another. Not for vessels: their caps carry the flow.
core::Result<void> merge_patch(CaseData& data, const std::string& mesh_key, const std::string& from, const std::string& into);
// The boundary faces whose middle lies in a ball become part of the named patch, which is made when the mesh has none of that name. Not for vessels.
core::Result<void> paint_patch(CaseData& data, const std::string& mesh_key, const std::string& name, const core::Vec3& centre_mm, double radius_mm);

// --- vessels ---
core::Result<void> rename_branch(CaseData& data, const std::string& vessel, int branch, const std::string& name);
// Another cap becomes the inlet: caps change names, the centreline is made again from there, branches are named again.
core::Result<void> choose_inlet(CaseData& data, const std::string& vessel, const std::string& outlet, const core::Progress& progress);
// Every cap lengthened by so many diameters (0 to 10); mesh and centreline made again.
core::Result<void> extend_vessel(CaseData& data, const std::string& vessel, double diameters, const core::Progress& progress);
// One line per bifurcation and lesion, for the table and the command line.
struct VesselFindings {
  std::vector<core::Stenosis> stenoses;
  std::vector<core::Bifurcation> bifurcations;
  std::vector<std::string> doubts;      // a throat of few voxels, lesions in a branch without a healthy part
};
VesselFindings find_in_vessel(const MeshedVessel& vessel, double voxel_mm, double least_percent = 25.0);
double voxel_of(const CaseData& data, const MeshedVessel& vessel);   // of the labels it was made from, 0 when unknown

}  // namespace ot::session
