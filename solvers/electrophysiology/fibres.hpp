// SPDX-License-Identifier: GPL-3.0-or-later
// Rule-based ventricular fibres and the ventricular coordinates behind them.
// Model:   Laplace fields psi (apex 0, base 1), phi_epi, phi_lv, phi_rv (1 on their surface, 0 on the other two); local axes from
//          their gradients; helix angle alpha and sheet angle beta through the wall; frames blended across the septum by bislerp.
// Source:  Bayer, Blake, Plank, Trayanova 2012 (Ann Biomed Eng 40:2243), equations as in the public code finsberg/ldrb.
//          Angles: Streeter et al. 1969 (Circ Res 24:339), +60 at the endocardium to -60 at the epicardium, about linear through
//          the wall; sheets kept transmural (beta = 0). Bayer's own optimum 40/-50/-65/25 is offered as bayer_2012().
// Depth law: linear (default): alpha = alpha_endo (1 - phi) + alpha_epi phi. The published equations interpolate twice and give
//          alpha_endo (1 - phi^2) + alpha_epi phi^2, and flip sense when the angles differ by more than 90 degrees; they are
//          kept as DepthLaw::as_published.
// In/out:  TetMesh with patches endocardium_lv, epicardium, base, optionally endocardium_rv; frames [tets], orthonormal:
//          f along the fibre, s in the sheet (transmural at beta = 0), n = f x s.
// Fails:   bad_input when a patch is missing or a part of the mesh touches none; cancelled.
// Threads: same bits for every thread count.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct VentricularCoordinates {
  std::vector<double> transmural;        // [nodes] 0 any endocardium .. 1 epicardium (= phi_epi; small all over the septum)
  std::vector<double> apicobasal;        // [nodes] 0 apex .. 1 base, by distances: d_apex / (d_apex + d_base)
  std::vector<double> phi_lv, phi_rv;    // [nodes]; phi_rv is 0 without a right ventricle
  std::vector<double> psi;               // [nodes] Laplace field, apex 0, base 1
  std::vector<core::Vec3> grad_psi, grad_epi, grad_lv, grad_rv;   // [tets] smoothed over neighbours, 1/mm
  core::Index apex = -1;                 // epicardial node farthest from the base
  bool has_rv = false;
};

core::Result<VentricularCoordinates> ventricular_coordinates(const core::TetMesh& mesh, const core::Progress& progress);

enum class DepthLaw { linear, as_published };

struct FibreAngles {
  double alpha_endo = 60, alpha_epi = -60;   // degrees
  double beta_endo = 0, beta_epi = 0;
  DepthLaw depth = DepthLaw::linear;
  bool operator==(const FibreAngles&) const = default;
};
FibreAngles bayer_2012();   // 40, -50, -65, 25, as published

core::Result<FibreField> rule_based_fibres(const core::TetMesh& mesh, const VentricularCoordinates& coordinates,
                                           const FibreAngles& angles = {});

}  // namespace ot::ep
