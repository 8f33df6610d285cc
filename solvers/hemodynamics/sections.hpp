// SPDX-License-Identifier: GPL-3.0-or-later
// Mean pressure of the cross-sections along a centreline: the pull-back curve of a three-dimensional result.
// Model: every tet cut by the plane normal to the centreline within 1.6 local radii; mean of the linear pressure over the cut area.
#pragma once
#include <map>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

// Flow through each branch: what its downstream outlets pass. outlet_flow: patch -> mm3/s.
std::vector<double> branch_flows(const core::VesselNetwork& network, const std::map<int, double>& outlet_flow);

// One point per centreline point. A section that cuts no tet takes the value of the nearest one on its branch.
std::vector<PullbackPoint> pullback_curve(const core::TetMesh& mesh, const core::VesselNetwork& network,
                                          const std::vector<float>& pressure_Pa, const std::map<int, double>& outlet_flow);

// integral of u.n over the plane section at one centreline point, mm3/s (a check of interior mass conservation).
double section_flow(const core::TetMesh& mesh, const core::VesselNetwork& network, const std::vector<float>& velocity,
                    int branch, double arc_mm);

}  // namespace ot::hemo
