// SPDX-License-Identifier: GPL-3.0-or-later
// TwinModel: the baseline twin, built once from labels and meshes, immutable. Scenarios never change it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/vessel_network.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::twin {

// Points every heart tool agrees on, LPS mm.
struct HeartLandmarks {
  core::Vec3 apex{0, 0, 0}, base_centre{0, 0, 0};
  core::Vec3 long_axis{0, 0, 1};        // unit, base to apex
  core::Vec3 rv_direction{1, 0, 0};     // unit, perpendicular to long_axis, LV centre towards RV
};

// Electrical half: mesh, fibres and per-node coordinates, plus the baseline problem (sinus rhythm).
struct HeartModel {
  ep::ElectroProblem baseline;               // mesh, fibres, tissue, sites, electrodes ... of the untreated heart
  std::vector<float> transmural;             // [nodes] 0 endocardium .. 1 epicardium
  std::vector<float> apicobasal;             // [nodes] 0 apex .. 1 base
  std::vector<std::uint8_t> aha_segment;     // [nodes] 1..17, 0 = not LV
  HeartLandmarks landmarks;
};

// Flow half: a closed lumen with named caps, its centreline, and the baseline conditions.
struct VesselModel {
  std::string key;                                   // "aorta", "lad"
  std::string name;                                  // "Aorta"
  std::shared_ptr<const core::SurfaceMesh> lumen;    // closed; patch_names: "wall", "inlet", "outlet 1", ...
  std::shared_ptr<const core::VesselNetwork> network;
  std::shared_ptr<const core::TetMesh> mesh;         // of the untreated lumen
  double edge_mm = 1.0;                              // target edge for (re)meshing
  hemo::FlowProblem baseline;
  std::vector<core::Stenosis> stenoses;              // found on the baseline
  bool report_ffr = false;                           // coronary: FFR at hyperaemia
  double aortic_pressure_Pa = 0;                     // FFR reference pressure when the inlet is the aorta
};

struct TwinModel {
  std::string organ;                                 // "heart"
  std::string source_labels_sha256;                  // of the label map(s) all meshes came from
  std::shared_ptr<const HeartModel> heart;           // may be null (vessel-only case)
  std::vector<std::shared_ptr<const VesselModel>> vessels;
  std::vector<std::string> assumptions;              // shown wherever results are shown
  std::string sha256() const;
  const VesselModel* find_vessel(const std::string& key) const;
};

}  // namespace ot::twin
