// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors named fibre (fiber, f0) and sheet (s0) of a .vtu, at points and at its tetrahedra, in the file's order and unit.
// Fails: bad_input with one sentence (unreadable, no such vectors). Threads: each call is its own.
#pragma once
#include <filesystem>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/types.hpp"

namespace ot::imaging {

struct VtuVectors {
  std::vector<core::Vec3> points, node_fibre, node_sheet, tet_fibre, tet_sheet;
  std::size_t tets = 0;
};
core::Result<VtuVectors> read_vtu_vectors(const std::filesystem::path& path);

}  // namespace ot::imaging
