// SPDX-License-Identifier: GPL-3.0-or-later
// Regions and boundary patches of the ventricular wall mesh, by what lies outside each face.
#pragma once
#include "imaging/meshing/heart_wall.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"

namespace ot::imaging {

namespace heart_regions {
inline constexpr int lv_myocardium = 1, rv_wall = 2, scar = 3, border_zone = 4, myocardial_fat = 5;
}
namespace heart_patches {
inline constexpr int endocardium_lv = 1, endocardium_rv = 2, epicardium = 3, base = 4;
// Rings of the valves, named "base_mitral" ...: parts of the base, so that whatever asks for patches beginning with "base" has them too.
inline constexpr int base_mitral = 5, base_aortic = 6, base_tricuspid = 7, base_pulmonary = 8;
inline bool is_base(int patch) { return patch >= base; }
}

// Regions of all tets from the labels at their centroids; interfaces are made smoother by moving inner nodes onto them.
void assign_regions(core::TetMesh& mesh, const std::vector<char>& on_surface, const HeartWall& wall, double edge_mm);
// Patches of all boundary faces: what of the base lies within 4 mm of a ventricle's blood is the ring of the valve whose plane made it. Islands smaller than 30 mm2 and 5 % of their patch join their neighbour.
void assign_patches(core::TetMesh& mesh, const HeartWall& wall);

// Keeps the largest part connected through faces; returns the volume dropped, mm3.
double keep_largest_part(core::TetMesh& mesh, std::vector<char>& on_node);

// Removes tets around boundary edges where the wall only touches itself (four boundary faces at one edge), so that the boundary is
// a closed manifold of edges. Returns the volume removed, mm3.
double open_pinches(core::TetMesh& mesh, std::vector<char>& on_node, const core::Progress& progress = {});

}  // namespace ot::imaging
