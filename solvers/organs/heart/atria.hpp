// SPDX-License-Identifier: GPL-3.0-or-later
// Baseline atrial twin: the thin wall of both atria in, fibres, tissue, sinus node, electrodes and the sinus beat out.
// In:   TetMesh, LPS mm: regions "left_atrial_wall", "right_atrial_wall"; patches "<region>/left_atrium", "<region>/right_atrium" (blood beside it), all others are
//       outside (imaging::tet_mesh_from_labels of the labels session::atrial_wall_labels makes).
// Model: fibres by one of two rules (atrial_wall.hpp), one layer. Two fast bundles, each the wall within a few mm of the shortest way along it: Bachmann's from the sinus node over the
//       highest place where the atria are joined to the left side of the left atrium, and the crista terminalis from the node by the lateral wall to the lowest. Pectinate
//       muscles are left out.
//       Fibrosis, where asked for: patches with a quarter of the conductivity (diffusion 0.05 of 0.05 to 0.2 mm2/ms, Clayton 2018, 10.3389/fphys.2018.01052) and the currents of
//       fibrotic atrium (tissue_regions.hpp), on top of the remodelling.
//       Cells: Courtemanche 1998; with `remodelled` the conductances of persistent AF (tissue_regions.hpp).
// Source: fibres: Piersanti et al. 2021, CMAME 373:113468 (structure/atrial_fibres.hpp). Velocities: chambers.hpp. Course of the bundles: general
//       anatomy (Ho et al. 2002, Heart Rhythm, not read).
// Fails: bad_input when the mesh cannot be simulated or lacks blood or a wall; cancelled. Threads: same bits for every count.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/organs/heart/atrial_wall.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::organs {

// Bundles: upper end of 1.1 to 1.5 m/s (Bachmann's bundle, EP-FACTS section 8), as Loewe's conductivities along the crista, 6.56 for 3.75, give 1.32 times working muscle.
struct AtriaParams {
  core::Vec3 velocity = ep::atrial_velocity;   // m/s along f, s, n
  double bundle_velocity = 1.5;            // m/s, all directions; not above `velocity`: no bundles
  double bundle_half_width_mm = 4.0;       // general anatomy: bundles of 5 to 10 mm
  AtrialFibreRule fibres = AtrialFibreRule::rings;   // decision 0012
  bool remodelled = false;
  // Patches of fibrosis (structure/fibrosis.hpp): no image shows them to the program, so they are drawn at random.
  double fibrosis_share = 0;               // of the working muscle by volume, 0 = none
  double fibrosis_length_mm = 5;           // middle of 1.25 (diffuse) to 10 mm (focal), Clayton 2018
  std::uint64_t fibrosis_seed = 1;
  double site_radius_mm = 3.0;             // sinus node
};

struct AtriaInputs {
  std::shared_ptr<const core::TetMesh> mesh;
  std::vector<core::Index> valve_rims;  // nodes of both walls on the rims of mitral and tricuspid valve
  AtrialOstia ostia;                    // of labelled veins
  core::Vec3 sinus_node{0, 0, 0};       // near the wall of the right atrium
  ep::HeartAxes axes;                   // of the whole heart: electrodes stand around it
  AtriaParams params;
};

// Working muscle of the atria on a mesh with fibres: cells, velocities and the conductivities that give them, the step they need; no bundles, patches or sites. One region.
ep::ElectroProblem atrial_muscle(std::shared_ptr<const core::TetMesh> mesh, std::shared_ptr<const ep::FibreField> fibres, const AtriaParams& params);
// Patches of fibrosis over the tetrahedra of region 0, as params asks; none: nothing changes.
void lay_fibrosis(ep::ElectroProblem& problem, const AtriaParams& params);

core::Result<std::shared_ptr<const twin::HeartModel>> build_atria(const AtriaInputs& inputs, const core::Progress& progress);
std::vector<std::string> assumptions(const AtriaInputs& inputs);

}  // namespace ot::organs
