// SPDX-License-Identifier: GPL-3.0-or-later
// Changes the shape of a lumen along one stretch of its centreline: the wall moves radially, the topology stays.
// Model: a wall vertex belongs to the branch whose tube it lies deepest in (distance to the centreline minus the radius there).
//   Vertices of the chosen branch move along the ray from the nearest centreline point to the distance the rule asks for;
//   close to another branch the move fades out, vertices of other branches and of caps never move, and no vertex comes nearer to
//   another part of the wall, or to the wall of another vessel, that lies across its way than a tenth of the radius (at least 0.1 mm); two
//   walls of the lumen that move towards each other share the room. Where a vessel springs from another one the two walls are joined and
//   do not stand in each other's way: within 3 radii + 1 mm of an end that lies on the other wall. Radii of the centreline are
//   scaled by sqrt(section area after / before), measured on the surface in the plane perpendicular to it.
// In: lumen closed, patch "wall" (a surface without patch names counts as all wall); arc in mm from the branch's proximal end.
// Cost: the vertices' places on the centreline are found once per lumen and remembered while it exists (a drag asks again and again).
// Threads: any; the result is a pure function of what is given.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/vessel_network.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

// Distance from the centreline a wall point at `arc_mm` and distance `rho_mm` gets.
using RadiusRule = std::function<double(double arc_mm, double rho_mm)>;

// Another vessel, as it stands.
struct Neighbour {
  std::string name;
  std::shared_ptr<const core::SurfaceMesh> lumen;
  std::shared_ptr<const core::VesselNetwork> network;
};
// Every vessel of the setup but this one whose wall a device in it could reach.
std::vector<Neighbour> neighbours_of(const twin::SimulationSetup& setup, const twin::VesselSetup& vessel);

struct ReshapedLumen {
  std::shared_ptr<const core::SurfaceMesh> lumen;
  std::shared_ptr<const core::VesselNetwork> network;
  double largest_move_mm = 0;   // 0: nothing changed
  double held_mm = 0;           // the largest part of a move that another wall did not allow; 0: none
  core::Vec3 held_at{0, 0, 0};  // where, on that wall
  int held_by = -1;             // the branch that wall belongs to
  std::string held_by_vessel;   // the other vessel that wall belongs to; empty: none
};
ReshapedLumen reshape_lumen(const std::shared_ptr<const core::SurfaceMesh>& lumen, const std::shared_ptr<const core::VesselNetwork>& network, int branch,
                            double from_mm, double to_mm, const RadiusRule& rule, const std::vector<Neighbour>& beside = {});

// Area of the lumen's section at `arc_mm` of the branch, mm2, from triangles whose vertices belong to the branch.
double section_area(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, int branch, double arc_mm);

// Smallest diameter (area equivalent) on the stretch, mm.
double least_diameter(const core::VesselNetwork& network, int branch, double from_mm, double to_mm);
// Largest diameter within `margin_mm` of the stretch: the reference of a stent.
double reference_diameter(const core::VesselNetwork& network, int branch, double from_mm, double to_mm, double margin_mm);

double smooth_step(double x);  // 0 for x <= 0, 1 for x >= 1, continuous slope

// Vessel exists, branch exists, 0 <= start, length > 0, end on the branch. `what`: "The stent".
core::Result<void> check_segment(const twin::TwinModel& model, const twin::InterventionSpec& spec, const std::string& what);
// The vessel of a validated spec in the setup.
twin::VesselSetup& vessel_of(twin::SimulationSetup& setup, const twin::InterventionSpec& spec);

}  // namespace ot::interventions
