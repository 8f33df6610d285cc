// SPDX-License-Identifier: GPL-3.0-or-later
// Where a tissue or eikonal spec plays: "mesh" (a box, or a file of this or another tool) and "fibres" (one direction, those of the file, or by rule).
// In/out:  mesh in mm; a unit frame in every tetrahedron.
// Fails:   SpecError in one sentence: unreadable file, unknown unit, fibres that are not there, a rule without its surfaces. Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::solve {

struct TissueDomain {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const ep::FibreField> fibres;
};
// Reads both keys of the spec. squares: of the velocities along fibre, sheet and across (any unit): a box is cut by them where its fibres lie askew.
// usual_split: of a box that names none.
TissueDomain read_tissue_domain(SpecReader& spec, const core::Vec3& squares, const char* usual_split, const SolveOptions& options, std::vector<std::string>& notes, const core::Progress& progress);

}  // namespace ot::solve
