// SPDX-License-Identifier: GPL-3.0-or-later
// The block of tissue behind the monodomain benches and the rows that vouch for their step.
#pragma once
#include <string>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::verify {

// A box of mirrored tets stimulated in a corner, healthy TT06 epi from the published state; `askew`: inner nodes moved by up to a fifth of an edge and
// fibres that turn by 120 degrees through it, so that every coupling of a tet counts as in a mesh of a heart.
ep::ElectroProblem monodomain_block(const core::Vec3& size_mm, double edge_mm, bool askew);

// Step, tolerances, scheme, precision and the mesh's hash, in words: what a bench row and the row that vouches for it have in common.
std::string settings_of(const ep::ElectroProblem& problem);

}  // namespace ot::verify
