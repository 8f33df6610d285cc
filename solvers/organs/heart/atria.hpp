// SPDX-License-Identifier: GPL-3.0-or-later
// Baseline atrial twin: the thin wall of both atria in, fibres, tissue, sinus node, electrodes and the sinus beat out.
// In:   TetMesh, LPS mm: regions "left_atrial_wall", "right_atrial_wall"; patches "<region>/left_atrium", "<region>/right_atrium" (blood beside it), all others are
//       outside (imaging::tet_mesh_from_labels of the labels session::atrial_wall_labels makes).
// Model: fibres run around the valves: across the gradient of a harmonic field from the valve rims (0) to the wall furthest from them (1), in the wall. One
//       layer: the bundles of Bachmann, crista terminalis and pectinate muscles are left out; both atria touch wherever the walls do (septum).
//       Cells: Courtemanche 1998; with `remodelled` the conductances of persistent AF (tissue_regions.hpp).
// Source: circumferential fibres of the body: Piersanti et al. 2021, CMAME 373:113468 (field psi_ab, general knowledge of it); velocities: EP-FACTS section 8 (0.6 to 0.9 m/s along);
//       ratio of velocities 2: conductivity 4:1, within the range of Kleber and Rudy 2004, Physiol Rev 84:431 (general knowledge).
// Fails: bad_input when the mesh cannot be simulated or lacks blood or a wall; cancelled. Threads: same bits for every count.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::organs {

struct AtriaParams {
  core::Vec3 velocity{0.8, 0.4, 0.4};   // m/s along f, s, n
  bool remodelled = false;
  double site_radius_mm = 3.0;          // sinus node
};

struct AtriaInputs {
  std::shared_ptr<const core::TetMesh> mesh;
  std::vector<core::Index> valve_rims;  // nodes of both walls on the rims of mitral and tricuspid valve
  core::Vec3 sinus_node{0, 0, 0};       // near the wall of the right atrium
  ep::HeartAxes axes;                   // of the whole heart: electrodes stand around it
  AtriaParams params;
};

core::Result<std::shared_ptr<const twin::HeartModel>> build_atria(const AtriaInputs& inputs, const core::Progress& progress);
std::vector<std::string> assumptions(const AtriaInputs& inputs);

// A place on the wall of one atrium: the node furthest along a direction (LPS), e.g. the roof along (0, 0, 1).
core::Index furthest_node(const core::TetMesh& mesh, const std::string& region, const core::Vec3& direction);

}  // namespace ot::organs
