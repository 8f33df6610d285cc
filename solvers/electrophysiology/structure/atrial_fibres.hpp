// SPDX-License-Identifier: GPL-3.0-or-later
// Rule-based bundles of the atria: which way fibres run in the wall of one atrium, from harmonic fields between valve, veins and appendage.
// Model:   fields harmonic in the wall, zero flux through its surfaces. Left atrium: psi_ab (right veins 2, mitral 1, left veins 0, appendage -1), psi_v (left veins 0, right
//          veins 1), psi_r (mitral 1, veins and appendage 0). Right atrium: psi_ab (inferior cava 2, tricuspid 1, superior cava 0, appendage -1), psi_v (inferior cava 1, superior
//          cava and appendage 0), psi_r (tricuspid 1, top 0), psi_w (septal side of the tricuspid ring 1, its free side -1, top 0); the top is the wall from cava to cava away
//          from the valve. Thresholds on the fields choose the bundle of an element, the bundle chooses the field; the fibre lies in the wall across that field's gradient.
// Source:  R. Piersanti et al. 2021 (Comput Methods Appl Mech Eng 373:113468). Not read in the paper: boundary values, thresholds and the order in which they are asked stand in PyAnsys-Heart
//          (github ansys/pyansys-heart, AtrialFiber settings, LaplaceWriter, bundle selection), which cites it for them; those of the left atrium also in AugmentA (github KIT-IBT/AugmentA).
//          Left: 0.65, 0.65, 0.10 (the last two on 1 - psi_v). Right: as AtrialRule; PyAnsys takes the paper's tau_ib and tau_ras for exchanged, as is done here.
//          The paper's fibres do not turn through the wall of an atrium.
// In/out:  tetrahedra, mm; nodes of the boundaries; [tets] 1 where the wall of this atrium is. Per tet its bundle and the direction across which fibres run.
// Fails:   bad_input when a boundary is empty or the thresholds are out of order; cancelled. Threads: same bits for every count.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::ep {

struct LeftAtrialBoundaries {
  std::vector<core::Index> mitral, left_veins, right_veins, appendage;   // nodes; the appendage may be its tip
};
struct RightAtrialBoundaries {
  std::vector<core::Index> tricuspid_septal, tricuspid_free, superior_cava, inferior_cava, appendage, top;
};

struct AtrialRule {
  double tau_mitral = 0.65;
  double tau_left = 0.35;      // 1 - 0.65
  double tau_right = 0.90;     // 1 - 0.10
  double tau_tricuspid = 0.90, tau_wall = 0.55;   // of psi_r
  double tau_crista_low = -0.18, tau_crista_high = -0.10, tau_isthmus = 0.135, tau_septum = 0.35;   // of psi_w
  double tau_inferior_cava = 0.90, tau_superior_cava = 0.10;   // of psi_v
};

enum class AtrialBundle : std::uint8_t { none, mitral_ring, left_veins, right_veins, left_body, tricuspid_ring, superior_cava, inferior_cava, crista, isthmus, septum, right_body };

struct AtrialBundles {
  std::vector<AtrialBundle> bundle;   // [tets] none: outside the wall
  std::vector<core::Vec3> across;     // [tets] 1/mm, gradient of the bundle's field; zero outside the wall and where the field is flat
};

core::Result<AtrialBundles> left_atrial_bundles(const core::TetMesh& mesh, const std::vector<char>& wall, const LeftAtrialBoundaries& boundaries, const AtrialRule& rule = {},
                                                const core::Progress& progress = {});
core::Result<AtrialBundles> right_atrial_bundles(const core::TetMesh& mesh, const std::vector<char>& wall, const RightAtrialBoundaries& boundaries, const AtrialRule& rule = {},
                                                 const core::Progress& progress = {});

// Closed chains of edges that belong to one triangle: vertices, ascending; the longest chain first.
std::vector<std::vector<core::Index>> open_rings(const std::vector<core::Vec3>& points, const std::vector<core::Triangle>& triangles);

}  // namespace ot::ep
