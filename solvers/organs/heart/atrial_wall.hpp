// SPDX-License-Identifier: GPL-3.0-or-later
// The wall of both atria as a mesh: its parts, ways along it, where veins, cavae and appendages are, and the rules that lay its fibres.
// In:    TetMesh as build_atria takes it (regions "left_atrial_wall", "right_atrial_wall"), LPS mm.
// Model: rings: fibres run across the gradient of a harmonic field from the valve rims (0) to the wall furthest from them (1). Piersanti: bundles of
//        structure/atrial_fibres.hpp. Both lie in the wall: across the gradient of a harmonic field through it. Places no label shows are those that reach furthest in
//        a direction (general anatomy): upper and lower veins of a side, venae cavae, tips of the appendages. An unlabelled vein is a patch of the wall of the diameter of an
//        ostium, in which fibres run round its middle.
// Fails: bad_input when a wall, a rim at a valve or a way along the wall is missing; cancelled. Threads: same bits for every count.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/structure/atrial_fibres.hpp"

namespace ot::organs {

inline constexpr const char *left_atrial_wall = "left_atrial_wall", *right_atrial_wall = "right_atrial_wall";

// Where no vein is labelled, ostia of the diameter of 22 +- 7 mm (85 veins, CMR before ablation: Hauser et al., J Atr Fibrillation, abstract) are assumed about the places that reach furthest.
inline constexpr double vein_ostium_radius_mm = 11;
inline constexpr double vein_clear_mm = 12;   // a vein is looked for no nearer to a joint or valve
enum class VeinLevel { upper, lower };
core::Vec3 vein_direction(bool left_side, VeinLevel level);   // LPS: to the side, to the back, up or a little down

enum class AtrialFibreRule { rings, piersanti };
core::Result<AtrialFibreRule> atrial_fibre_rule(const std::string& name);   // "rings", "piersanti"; wrong_usage
const char* name_of(AtrialFibreRule rule);

// Nodes of the wall where labelled veins leave it; empty: not labelled.
struct AtrialOstia {
  std::vector<core::Index> pulmonary_veins, superior_cava, inferior_cava;
};

struct AtrialBoundaries {
  ep::LeftAtrialBoundaries left;
  ep::RightAtrialBoundaries right;
  std::vector<std::pair<core::Vec3, std::vector<core::Index>>> caps;   // unlabelled ostia: middle and nodes
};
core::Result<AtrialBoundaries> atrial_boundaries(const core::TetMesh& mesh, const std::vector<core::Index>& valve_rims, const AtrialOstia& ostia);

struct AtrialFibreField {
  ep::FibreField fibres;
  std::vector<ep::AtrialBundle> bundle;            // [tets] none: laid as rings
  std::vector<double> across_wall, from_valve;     // [nodes] blood of the left 0 to the right 1; valve rim 0 to furthest 1
};
core::Result<AtrialFibreField> lay_atrial_fibres(const core::TetMesh& mesh, const std::vector<core::Index>& valve_rims, const AtrialOstia& ostia, AtrialFibreRule rule, const core::Progress& progress);

// Fibres of elements from the way through the wall and that across the fibres; unit, at right angles. `else_across` where `across` says nothing (zero).
ep::FibreField in_the_wall(const std::vector<core::Vec3>& through, const std::vector<core::Vec3>& across, const std::vector<core::Vec3>& else_across);
// Field of the rings of one atrium: its rim 0, the tenth of a percent of its nodes (at least three) furthest from the rim's centre 1.
core::Result<std::vector<std::pair<core::Index, double>>> from_rim_to_far(const core::TetMesh& mesh, const std::vector<char>& in, const std::vector<core::Index>& rim, const std::string& wall);

std::vector<char> tets_of(const core::TetMesh& mesh, const std::string& region);      // [tets]
std::vector<char> nodes_of(const core::TetMesh& mesh, const std::string& region);     // [nodes]
std::vector<char> nodes_beside(const core::TetMesh& mesh, const std::string& blood);  // [nodes] on patches "<region>/<blood>"
std::vector<core::Vec3> tet_gradients(const core::TetMesh& mesh, const std::vector<double>& u);

// Edges of the mesh between nodes that are `in`, for ways along the wall.
class WallWays {
 public:
  WallWays(const core::TetMesh& mesh, std::vector<char> in);
  // Shortest over the edges from `from` to `to`, both ends included; empty when they are not joined. Ties go to the lower node.
  std::vector<core::Index> between(core::Index from, core::Index to) const;

 private:
  const core::TetMesh& mesh_;
  std::vector<char> in_;
  std::vector<std::ptrdiff_t> begin_;
  std::vector<core::Index> to_;
};

// The node of a region furthest along a direction (LPS), e.g. the roof along (0, 0, 1).
core::Index furthest_node(const core::TetMesh& mesh, const std::string& region, const core::Vec3& direction);

}  // namespace ot::organs
