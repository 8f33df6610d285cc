// SPDX-License-Identifier: GPL-3.0-or-later
// Node moves on a finished tetrahedral mesh: lift the smallest dihedral angles, pull inner nodes onto a material interface.
// Numerics: a move is kept only when the smallest dihedral angle of all tets around the node stays above a bound (snap) or grows
// (improve), so no tet can invert. Nodes are visited in order: deterministic. Threads: serial.
#pragma once
#include <functional>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::imaging {

// Smallest dihedral angle of a tet in degrees, negative volume gives -1.
double smallest_dihedral(const core::Vec3& a, const core::Vec3& b, const core::Vec3& c, const core::Vec3& d);

// Tets around each node.
struct NodeStars {
  std::vector<std::int32_t> start, tet;
  NodeStars(std::size_t nodes, const std::vector<core::Tet>& tets);
};

// Pulls nodes with `free` set onto psi = 0 when they are closer than `reach_mm` and every tet around keeps `least_deg`.
// Returns how many moved.
std::size_t snap_to_interface(std::vector<core::Vec3>& nodes, const std::vector<core::Tet>& tets, const std::vector<char>& free,
                              const std::function<double(const core::Vec3&)>& psi, double reach_mm, double least_deg);

// Lifts tets under `target_deg`. `place(node, x)` returns where a node may go when it wants to go to x: x itself for an inner
// node, the nearest point of its surface for a boundary node, its old position when it is fixed. Returns the smallest angle left.
double improve_dihedrals(std::vector<core::Vec3>& nodes, const std::vector<core::Tet>& tets,
                         const std::function<core::Vec3(core::Index, const core::Vec3&)>& place, double target_deg, int rounds);

}  // namespace ot::imaging
