// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedra inside the zero level of a function, by isosurface stuffing.
// Model: body-centred cubic lattice; lattice nodes close to the surface are moved onto it; lattice tets that the surface still
// crosses are cut by a fixed stencil. No search, no randomness: the same function gives the same bits.
// Source: Labelle & Shewchuk, "Isosurface stuffing: fast tetrahedral meshes with good dihedral angles", ACM TOG 26(3) 57, 2007
// (lattice, warp thresholds). Quads are split by a total order of the nodes (Dompierre et al., 8th IMR, 1999) instead of the
// paper's parity rule; tet_improve lifts the few flat ones.
// In: f(x) < 0 inside, any scale; box [mm]; cell a [mm] (mean edge 0.92 a). Out: positive tets, nodes [mm].
// Fails: nothing inside (empty result); cancelled. Threads: f is called from several threads; result independent of their number.
#pragma once
#include <functional>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/types.hpp"

namespace ot::imaging {

using Implicit = std::function<double(const core::Vec3&)>;

struct RawTets {
  std::vector<core::Vec3> nodes;
  std::vector<core::Tet> tets;
  std::vector<char> on_surface;   // [nodes] lies on the zero level
};

core::Result<RawTets> stuff(const Implicit& f, const core::Vec3& low, const core::Vec3& high, double cell_mm,
                            const core::Progress& progress);

// Ratio mean edge / cell of the undisturbed lattice: 8 short (sqrt(3)/2) and 6 long (1) edges at every node.
inline constexpr double stuffing_edge_per_cell = (8 * 0.8660254037844386 + 6) / 14;

}  // namespace ot::imaging
