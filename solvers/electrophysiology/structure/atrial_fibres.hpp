// SPDX-License-Identifier: GPL-3.0-or-later
// Rule-based fibres of the left atrium on its surface: bundles from Laplace fields between valve, veins and appendage.
// Model:   three fields, harmonic on the surface: psi_ab (right veins 2, mitral 1, left veins 0, appendage -1), psi_v (left veins 0, right veins 1),
//          psi_r (mitral 1, veins and appendage 0). The bundle of a triangle chooses the field: psi_r >= tau_mitral: mitral ring;
//          psi_v <= tau_left or >= tau_right: veins; else the body, psi_ab. The fibre lies in the surface across that field's gradient.
// Source:  R. Piersanti et al. 2021 (Comput Methods Appl Mech Eng 373:113468), left atrium: fields and thresholds 0.65, 0.65, 0.10
//          (the last two on 1 - psi_v). Not read in the paper: the thresholds stand in PyAnsys-Heart (github ansys/pyansys-heart, AtrialFiber
//          settings), which cites it for them, and the boundary values of all three fields in AugmentA (github KIT-IBT/AugmentA, Fiber_LA/Parfiles, openCARP), which implements it.
//          One layer: an endocardial surface has no transmural field, so the rule's turn through the wall is left out.
// In/out:  triangles, mm; vertices of the rings. Unit fibre per triangle.
// Numerics: cotangent Laplacian, sparse Cholesky (Eigen). Fails: bad_input when a boundary is empty, part of the surface touches none,
//          or a triangle is degenerate. Threads: serial, same bits.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/types.hpp"

namespace ot::ep {

struct AtrialBoundaries {
  std::vector<core::Index> mitral, left_veins, right_veins, appendage;   // vertices; the appendage may be its tip
};

struct AtrialRule {
  double tau_mitral = 0.65;
  double tau_left = 0.35;      // 1 - 0.65
  double tau_right = 0.90;     // 1 - 0.10
};

enum class AtrialBundle : std::uint8_t { mitral_ring, left_veins, right_veins, body };

struct AtrialFibres {
  std::vector<core::Vec3> f, normal;       // [triangles] unit, f.normal = 0
  std::vector<AtrialBundle> bundle;        // [triangles]
  std::vector<double> psi_ab, psi_v, psi_r;  // [vertices]
};

core::Result<AtrialFibres> left_atrial_fibres(const std::vector<core::Vec3>& points, const std::vector<core::Triangle>& triangles,
                                              const AtrialBoundaries& boundaries, const AtrialRule& rule = {}, const core::Progress& progress = {});

// Harmonic field on a triangulated surface with fixed vertices.
core::Result<std::vector<double>> surface_laplace(const std::vector<core::Vec3>& points, const std::vector<core::Triangle>& triangles,
                                                  const std::vector<std::pair<core::Index, double>>& fixed);
// Closed chains of edges that belong to one triangle: vertices, ascending; the longest chain first.
std::vector<std::vector<core::Index>> open_rings(const std::vector<core::Vec3>& points, const std::vector<core::Triangle>& triangles);

}  // namespace ot::ep
