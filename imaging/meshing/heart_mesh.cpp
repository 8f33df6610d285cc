// SPDX-License-Identifier: GPL-3.0-or-later
// Label map -> one tetrahedral mesh of the wall of both ventricles, with regions and patches.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "imaging/meshing/heart_patches.hpp"
#include "imaging/meshing/heart_wall.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/stuffing.hpp"
#include "imaging/meshing/tet_improve.hpp"
#include "solvers/core/units.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

// A wall of thickness w keeps at least one layer of free lattice nodes in every direction when w > 1.21 cells: widest layer
// distance of the lattice (1/sqrt 2) plus the warp zone on both sides (2 * 0.25).
constexpr double least_cells_per_wall = 1.25;

core::Result<void> check(const core::LabelMap& labels, const HeartMeshParams& params) {
  namespace l = core::labels;
  if (labels.values.size() != labels.grid.voxels() || labels.values.empty()) {
    return core::bad_input("The label map is empty (nothing to mesh). Run segmentation first.");
  }
  if (!(params.edge_mm >= 0.3 && params.edge_mm <= 10.0)) {
    return core::wrong_usage(fmt::format("An edge length of {} mm cannot mesh a heart (0.3 to 10 mm are possible). Choose about 1.2 mm.", params.edge_mm));
  }
  if (!(params.rv_wall_mm >= 1.0 && params.rv_wall_mm <= 10.0)) {
    return core::wrong_usage(fmt::format("An RV wall of {} mm is outside 1 to 10 mm (no heart has it). Choose about 3 mm.", params.rv_wall_mm));
  }
  const std::pair<int, const char*> needed[] = {
      {l::lv_myocardium, "LV myocardium"}, {l::lv_blood_pool, "LV blood pool"}, {l::rv_blood_pool, "RV blood pool"}};
  for (const auto& [value, name] : needed)
    if (labels.count(value) == 0) {
      return core::bad_input(fmt::format("The label map has no {} ({}). Run segmentation first.", name,
                                         value == l::lv_myocardium ? "nothing to mesh" : "the wall around it cannot be told from the outside"));
    }
  return {};
}

// Wall before and after the cut, by counting samples of the working grid.
double cut_volume(const HeartWall& wall) {
  const core::Grid& g = wall.window().grid;
  double removed = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        if (wall.uncut(x) < 0 && wall(x) >= 0) removed += 1;
      }
  return removed * g.voxel_volume();
}

}  // namespace

core::Result<HeartMesh> biventricular_mesh(const core::LabelMap& labels, const std::vector<Plane>& planes, const HeartMeshParams& params,
                                           const core::Progress& progress) {
  if (const auto ok = check(labels, params); !ok) return core::pass(ok);
  auto made = HeartWall::make(labels, planes, params, progress.part(0, 0.4));
  if (!made) return core::pass(made);
  const HeartWall& wall = **made;

  HeartMesh out;
  out.notes = wall.notes();
  out.notes.push_back(fmt::format("RV wall assumed: a shell of {:.1f} mm outside RV blood; it is not seen in the image.", params.rv_wall_mm));
  double cell = params.edge_mm / stuffing_edge_per_cell;
  if (cell > params.rv_wall_mm / least_cells_per_wall) {
    cell = params.rv_wall_mm / least_cells_per_wall;
    out.notes.push_back(fmt::format("Edge length {:.2f} mm is too coarse for an RV wall of {:.1f} mm; {:.2f} mm was used.", params.edge_mm,
                                    params.rv_wall_mm, cell * stuffing_edge_per_cell));
  }
  const double edge = cell * stuffing_edge_per_cell;

  Vec3 low = Vec3::Constant(1e300), high = -low;
  const core::Grid& g = wall.window().grid;
  for (int c = 0; c < 8; ++c) {
    const Vec3 x = g.to_patient(Vec3((c & 1) * (g.size[0] - 1), (c >> 1 & 1) * (g.size[1] - 1), (c >> 2) * (g.size[2] - 1)));
    low = low.cwiseMin(x), high = high.cwiseMax(x);
  }
  auto raw = stuff([&](const Vec3& x) { return wall(x); }, low, high, cell, progress.part(0.4, 0.7));
  if (!raw) return core::pass(raw);
  if (raw->tets.empty()) {
    return core::bad_input("No ventricular wall is left below the base planes (nothing to mesh). Check the valve planes and the LV myocardium label.");
  }
  progress.report(0.75, "meshing: regions and patches");
  core::TetMesh mesh;
  mesh.nodes = std::move(raw->nodes);
  mesh.tets = std::move(raw->tets);
  std::vector<char> on_surface = std::move(raw->on_surface);
  double dropped = keep_largest_part(mesh, on_surface);
  if (progress.cancelled()) return core::cancelled();
  dropped += open_pinches(mesh, on_surface, progress);
  if (progress.cancelled()) return core::cancelled();
  improve_dihedrals(
      mesh.nodes, mesh.tets,
      [&](core::Index n, const Vec3& x) { return on_surface[std::size_t(n)] ? mesh.nodes[std::size_t(n)] : x; }, 15.0, 5);
  if (progress.cancelled()) return core::cancelled();
  assign_regions(mesh, on_surface, wall, edge);
  if (progress.cancelled()) return core::cancelled();
  assign_patches(mesh, wall);
  if (progress.cancelled()) return core::cancelled();

  for (const auto& [value, name] : mesh.patch_names)
    if (std::none_of(mesh.boundary.begin(), mesh.boundary.end(), [v = value](const core::BoundaryFace& f) {
          return v == heart_patches::base ? heart_patches::is_base(f.patch) : f.patch == v;
        })) {
      return core::bad_input(fmt::format("The mesh has no {} (fibres and activation need it). Check the blood pool labels and the valve planes.", name));
    }
  if (const auto ready = core::check_simulation_ready(mesh); !ready) return core::pass(ready);
  progress.report(0.9, "meshing: quality");
  out.quality = core::measure_quality(mesh);
  if (out.quality.inverted > 0 || out.quality.min_dihedral_deg < 8.0) {
    return core::computation_failed(fmt::format("The mesh has elements that are too flat ({:.1f} degrees; the solvers need 8). Use another edge length.",
                                                out.quality.min_dihedral_deg));
  }
  for (const BaseCut& c : wall.cuts()) out.cut_planes.push_back(c.plane);
  out.cut_volume_ml = core::units::ml_from_mm3(cut_volume(wall));
  std::map<int, double> volume;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto& n = mesh.tets[t];
    volume[mesh.region[t]] += core::tet_volume(mesh.nodes[std::size_t(n[0])], mesh.nodes[std::size_t(n[1])], mesh.nodes[std::size_t(n[2])],
                                               mesh.nodes[std::size_t(n[3])]);
  }
  const std::string assumed = fmt::format("RV wall assumed {:.1f} mm", params.rv_wall_mm);
  out.quantities = {
      {"mesh_lv_myocardium_ml", "LV myocardium in the mesh", "ml", core::units::ml_from_mm3(volume[heart_regions::lv_myocardium]), ""},
      {"mesh_scar_ml", "Scar in the mesh", "ml", core::units::ml_from_mm3(volume[heart_regions::scar]), ""},
      {"mesh_rv_wall_ml", "RV wall in the mesh", "ml", core::units::ml_from_mm3(volume[heart_regions::rv_wall]), assumed},
      {"mesh_cut_ml", "Wall cut off at the base", "ml", out.cut_volume_ml, ""},
      {"mesh_dropped_ml", "Loose pieces left out", "ml", core::units::ml_from_mm3(dropped), ""},
  };
  out.notes.push_back(fmt::format("Base cut by {} plane(s): {:.1f} ml of wall removed.", out.cut_planes.size(), out.cut_volume_ml));
  if (dropped > 100.0) out.notes.push_back(fmt::format("Loose pieces of wall of {:.2f} ml together were left out.", core::units::ml_from_mm3(dropped)));
  out.mesh = std::move(mesh);
  progress.report(1.0, "meshing: done");
  return out;
}

}  // namespace ot::imaging
