// SPDX-License-Identifier: GPL-3.0-or-later
// VesselNetwork: centreline graph of a vessel tree with radii. Branch b runs from its proximal to its distal end.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::core {

struct VesselBranch {
  std::string name;                 // "branch 0", "LAD", ...
  int parent = -1;                  // branch whose distal end this one starts at, -1 for the root
  std::vector<Vec3> points;         // mm, about evenly spaced
  std::vector<double> radius;       // mm, [points]: area-equivalent lumen radius sqrt(A/pi)
  std::vector<double> arc;          // mm from the proximal end of this branch, [points], arc[0] = 0
  std::vector<int> children;
  int outlet_patch = 0;             // patch of the cap at the distal end of a terminal branch, 0 for inner branches
  double length() const { return arc.empty() ? 0.0 : arc.back(); }
};

struct VesselNetwork {
  std::vector<VesselBranch> branches;  // [0] is the root
  int inlet_patch = 0;

  // Nearest centreline point to x. Returns false when the network is empty.
  bool locate(const Vec3& x, int& branch, double& arc_mm, double& distance_mm) const;
  Vec3 point_at(int branch, double arc_mm) const;
  Vec3 tangent_at(int branch, double arc_mm) const;  // unit, proximal to distal
  double radius_at(int branch, double arc_mm) const;
};

// Quantitative stenosis of one branch (QCA): reference is interpolated between healthy ends.
struct Stenosis {
  int branch = 0;
  double start_mm = 0, end_mm = 0, throat_mm = 0;      // arc
  double min_diameter_mm = 0, reference_diameter_mm = 0;
  double diameter_percent = 0, area_percent = 0;       // (1 - MLD/RVD)*100 ; (1 - (MLD/RVD)^2)*100
};
std::vector<Stenosis> find_stenoses(const VesselNetwork& network, double least_percent = 25.0);
// Interpolated reference diameter at every centreline point of a branch, mm.
std::vector<double> reference_diameters(const VesselBranch& branch);

struct Bifurcation {
  int parent = 0;
  std::vector<int> children;
  Vec3 position{0, 0, 0};                      // mm
  double angle_deg = 0;                        // largest between two children
  double parent_diameter_mm = 0;
  std::vector<double> child_diameters_mm;      // [children]
};
std::vector<Bifurcation> find_bifurcations(const VesselNetwork& network);

}  // namespace ot::core
