// SPDX-License-Identifier: GPL-3.0-or-later
// Patches of fibrosis drawn at random: which tetrahedra they hold, so that they make up a given share of the volume.
// Model:   a Gaussian random field of given length (correlation exp(-r^2 / (2 length^2))), as a sum of 128 plane waves with random directions and phases; the patches are where it is highest.
// Source:  Clayton 2018, Front Physiol 9:1052, 10.3389/fphys.2018.01052: fibrosis of the atrium as a Gaussian random field, lengths 1.25 (diffuse) to 10 mm (focal).
// In/out:  share 0..1 of the volume of the tets with candidate != 0 (empty: all), length mm > 0, seed -> 1 per fibrotic tet. A function of mesh and seed alone.
// Threads: same bits for every count.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::ep {

std::vector<char> fibrotic_tets(const core::TetMesh& mesh, const std::vector<char>& candidate, double share, double length_mm, std::uint64_t seed);

}  // namespace ot::ep
