// SPDX-License-Identifier: GPL-3.0-or-later
// Fibre directions measured or made by another tool, brought into the form the solvers need: a unit frame in every tetrahedron.
// Model: fibre directions are axes (f and -f are the same). A missing or zero vector, or a missing sheet, is completed: fibres from the
//   nearest known tetrahedra are not invented; too many gaps are refused. Without sheets any direction across the fibre will do, because
//   the conductivity across is then taken as equal by whoever measured one direction only; the choice is stated.
// Units: none. Fails: bad_input with one sentence. Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct TakenFibres {
  std::shared_ptr<const FibreField> field;
  std::string completed;                    // sentences on what was filled in; empty when nothing was
};
// `f`, `s` [tets]; s may be empty. Refused: not finite, more than 1 % of zero fibres.
core::Result<TakenFibres> taken_fibres(std::vector<core::Vec3> f, std::vector<core::Vec3> s, const std::string& source);

// openCARP .lon text: optional first line 1 or 2, then one or two vectors a cell. Any count of cells is accepted.
struct LonVectors {
  std::vector<core::Vec3> f, s;
};
core::Result<LonVectors> parse_lon(std::string_view text);

// Vectors at nodes to tetrahedra: the axis that fits the four nodes best (largest eigenvector of the sum of f f').
std::vector<core::Vec3> axes_of_tets(const core::TetMesh& mesh, const std::vector<core::Vec3>& at_nodes);

}  // namespace ot::ep
