// SPDX-License-Identifier: GPL-3.0-or-later
// Labels -> smooth surfaces -> simulation-ready tetrahedra (CGAL Mesh_3 in .cpp only).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/vessel_network.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// Smooth closed surface around the voxels of the given labels (volume change by smoothing < 2 %).
core::Result<core::SurfaceMesh> surface_from_labels(const core::LabelMap& labels, const std::vector<int>& values,
                                                    double smoothing_mm, const core::Progress& progress);
// One closed surface per label, all from one smooth partition: neighbours share their border. Labels without a voxel are left out.
struct LabelSurface {
  int label = 0;
  core::SurfaceMesh surface;
  double labelled_mm3 = 0, volume_mm3 = 0;   // of the voxels, of the surface (within 2 %)
  bool own_border = false;                   // a sliver whose border was moved a little against its neighbours to keep its volume
};
core::Result<std::vector<LabelSurface>> surfaces_from_labels(const core::LabelMap& labels, const std::vector<int>& values,
                                                             double smoothing_mm, const core::Progress& progress);
core::Result<core::SurfaceMesh> decimate(const core::SurfaceMesh& mesh, std::size_t target_triangles);

struct HeartMeshParams {
  double edge_mm = 1.2;          // target edge length
  double rv_wall_mm = 3.0;       // assumed RV free wall: a shell outside RV blood
};
// Biventricular wall: LV myocardium and scar as segmented, RV wall an assumed shell. Base cut by the fitted valve planes,
// or by one plane when they are missing.
struct HeartMesh {
  core::TetMesh mesh;            // regions "lv_myocardium", "rv_wall", "scar"; patches "endocardium_lv", "endocardium_rv", "epicardium", "base"
                                 // and the valve rings "base_mitral", "base_aortic", "base_tricuspid", "base_pulmonary" where a plane cut the wall
  core::MeshQuality quality;
  std::vector<Plane> cut_planes; // used to cut the base
  double cut_volume_ml = 0;      // wall removed above the planes
  std::vector<core::Quantity> quantities;
  std::vector<std::string> notes;
};
core::Result<HeartMesh> biventricular_mesh(const core::LabelMap& labels, const std::vector<Plane>& planes,
                                           const HeartMeshParams& params, const core::Progress& progress);

// Tetrahedra of any set of labels in one mesh with shared interfaces (label_tets.cpp).
struct MeshRequest {
  struct Part {
    int label = 0;
    std::string region;        // "" = key of the label
    double edge_mm = 0;        // 0 = edge_mm of the request
  };
  struct Spot {                // finer near a point
    core::Vec3 centre{0, 0, 0};
    double radius_mm = 0, edge_mm = 0;
  };
  std::vector<Part> parts;
  double edge_mm = 1.5;
  double smoothing_mm = 0;     // 0 = 0.7 voxel
  std::vector<Spot> spots;
  bool keep_largest_part = false;   // else only crumbs are dropped
};
struct LabelledMesh {
  core::TetMesh mesh;          // regions in the order of the request (1..); patches "<region>/outside", "<region>/<label beside it>",
                               // in a heart "endocardium_lv", "endocardium_rv", "epicardium", "base"
  core::MeshQuality quality;
  std::vector<core::Quantity> quantities;
  std::vector<std::string> notes;
};
core::Result<LabelledMesh> tet_mesh_from_labels(const core::LabelMap& labels, const MeshRequest& request, const core::Progress& progress);

// An end of a vessel as a person tells it before the lumen is made: cut here, or left closed.
struct EndMark {
  enum class Kind { inlet, outlet, closed };
  core::Vec3 at{0, 0, 0};      // on the wall or inside, mm
  Kind kind = Kind::outlet;
};

struct LumenParams {
  double smoothing_mm = 0.5;
  double edge_mm = 0.0;          // surface edge; 0 = from the vessel radius
  std::optional<core::Vec3> inlet_near;   // the end nearest to this point is the inlet; else where the vessel leaves the heart or
                                          // its parent vessel, else the largest end
  std::vector<EndMark> ends;              // told by hand: the end found there gets this kind; where none was found the vessel is cut
};
// Closed vessel lumen with flat caps cut across the ends; patches "wall", "inlet", "outlet 1" ... (inlet: largest cap unless said).
struct Lumen {
  core::SurfaceMesh surface;
  core::VesselNetwork network;
  std::vector<core::Quantity> quantities;
  std::vector<std::string> notes;
};
core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, int value, const LumenParams& params, const core::Progress& progress);
// The union of several labels as one vessel ("aorta" with "descending aorta").
core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params,
                                      const core::Progress& progress);
// What lumen_from_labels and lumen_from_field would cut: the closed vessel and its ends, for a person to correct before the lumen is made.
struct ProposedEnd {
  core::Vec3 centre{0, 0, 0}, outward{0, 0, 1};
  double radius_mm = 0;
  EndMark::Kind kind = EndMark::Kind::outlet;
  bool by_hand = false;
};
struct LumenProposal {
  core::SurfaceMesh surface;
  std::vector<ProposedEnd> ends;
  std::vector<std::string> notes;
};
core::Result<LumenProposal> propose_lumen_ends(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params, const core::Progress& progress);
core::Result<LumenProposal> propose_lumen_ends(const core::Volume& signed_distance_mm, const LumenParams& params, const core::Progress& progress);
// From a field in mm, negative inside the lumen: boundary finer than a voxel. The label map's grid need not be the same.
core::Result<Lumen> lumen_from_field(const core::Volume& signed_distance_mm, const LumenParams& params, const core::Progress& progress);
// A closed surface whose caps are already labelled (patch values); inlet_patch names the inlet cap (0 where patch 0 is no
// cap: the largest), wall patches all others that are not flat caps.
core::Result<Lumen> lumen_from_surface(const core::SurfaceMesh& closed_with_caps, int inlet_patch, const LumenParams& params,
                                       const core::Progress& progress);
// Tetrahedra inside a closed lumen; patches carried over, caps flat. edge_mm is the largest edge: narrow places get smaller ones
// (radius / 2.5, not under edge / 4). 0 = from the vessel radius. Refuses open, self-intersecting or inside-out surfaces in words.
core::Result<core::TetMesh> lumen_tets(const core::SurfaceMesh& lumen, double edge_mm, const core::Progress& progress);
// Centreline tree of a closed lumen with patches.
core::Result<core::VesselNetwork> centerline(const core::SurfaceMesh& lumen, const core::Progress& progress);

// Tetrahedra inside any closed surface whose triangles carry patches (a ventricular wall from another tool); edges between
// patches stay sharp when they fold by more than 40 degrees. One region, named region_key.
core::Result<core::TetMesh> wall_from_surface(const core::SurfaceMesh& closed, double edge_mm, const std::string& region_key,
                                              const core::Progress& progress);

}  // namespace ot::imaging
