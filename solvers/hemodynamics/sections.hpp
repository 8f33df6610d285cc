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

// One plane section, or one point, of a mesh as fixed weights on its nodes.
struct SectionProbe {
  int branch = 0;
  double arc_mm = 0, area_mm2 = 0;
  core::Vec3 normal{0, 0, 1};
  std::vector<core::Index> node;
  std::vector<double> weight;    // mm2, sums to the area
  double flow(const std::vector<double>& velocity) const;
  double pressure(const std::vector<double>& pressure) const;
};
// `count` sections spread evenly along the whole network's length, ends left out.
std::vector<SectionProbe> section_probes(const core::TetMesh& mesh, const core::VesselNetwork& network, int count);
struct PointProbe {
  bool inside = false;
  core::Tet nodes{0, 0, 0, 0};
  double weight[4] = {0, 0, 0, 0};
};
// Outside by up to `slack_mm`: the nearest tet's value is taken.
PointProbe point_probe(const core::TetMesh& mesh, const core::Vec3& x, double slack_mm);

// integral of u.n over the plane section at one centreline point, mm3/s (a check of interior mass conservation).
double section_flow(const core::TetMesh& mesh, const core::VesselNetwork& network, const std::vector<float>& velocity,
                    int branch, double arc_mm);

}  // namespace ot::hemo
