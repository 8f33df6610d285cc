// SPDX-License-Identifier: GPL-3.0-or-later
// Topology of tetrahedral meshes: neighbours, connected parts, pinched edges, removal of flat tets by edge collapse.
// Threads: serial, deterministic.
#pragma once
#include <vector>

#include "imaging/meshing/cut_lattice.hpp"
#include "solvers/core/mesh.hpp"

namespace ot::imaging {

double tet_volume_of(const core::TetMesh& mesh, std::size_t tet);
// For each tet face (4 tet + face) the neighbour's tet * 4 + face, or -1.
std::vector<std::int32_t> face_neighbours(const std::vector<core::Tet>& tets);
// Connected tets with equal key; parts numbered by their first tet.
std::vector<int> parts_of(const std::vector<std::int32_t>& neighbours, const std::vector<int>& key, int& count);
// The three faces across the sides of each boundary face, -1 where the side is not shared by exactly two.
std::vector<std::array<core::Index, 3>> surface_neighbours(const std::vector<core::BoundaryFace>& faces);

// Drops connected parts smaller than `share` of the largest (1 = all but the largest); region and `sets` are kept in step.
// Returns the volume dropped, mm3.
double drop_parts(core::TetMesh& mesh, double share, std::vector<MaterialSet>* sets);
// Marks the tets at boundary edges with more than two boundary faces; empty when there is no such edge.
std::vector<char> at_pinched_edges(const std::vector<core::Tet>& tets);
// Drops tets around boundary edges with more than two boundary faces. Returns the volume dropped, mm3.
double open_pinched_edges(core::TetMesh& mesh, std::vector<MaterialSet>* sets, double part_share);
// Collapses edges of tets flatter than least_deg when every tet around gets better and no material changes its nodes. Returns how many.
std::size_t collapse_flat(core::TetMesh& mesh, std::vector<MaterialSet>& sets, double least_deg);

}  // namespace ot::imaging
