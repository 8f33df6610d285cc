// SPDX-License-Identifier: GPL-3.0-or-later
// The memory of a run as a file, to go on another day. Little-endian: "OTFLOW1\n", the mesh's hash (64 characters), time and
// step, then six arrays, each as its length (8 bytes) and doubles; of a run that was stopped ("OTFLOW2\n") its problem's hash, steps, sums
// and curves; last the SHA-256 of all before as 64 characters.
// Fails: bad_input for a file that is not one, is cut short or was changed; storage errors of the disk.
#pragma once
#include <filesystem>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

core::Result<void> write_flow_state(const FlowState& state, const std::filesystem::path& path);
core::Result<FlowState> read_flow_state(const std::filesystem::path& path);

}  // namespace ot::hemo
