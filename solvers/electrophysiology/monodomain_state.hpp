// SPDX-License-Identifier: GPL-3.0-or-later
// A monodomain run between two steps, as memory and as a file ("OTMS", native byte order, version 3).
// Fails: bad_input in one sentence for a file that is missing, damaged or of another version. Threads: re-entrant.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::ep {

// What the next step needs (inner numbers). Belongs to one tissue, membrane, dt and scheme: `key`.
struct MonodomainState {
  std::string key;   // of the run it belongs to: all but stimuli, end, frames and electrodes
  double t_ms = 0;
  std::int64_t steps = 0;
  std::int64_t iterations = 0, awake_steps = 0, solved_steps = 0, block_steps = 0;   // what the notes count
  std::vector<double> state, v, dv, dv_before, i_before, e_na, kv, kd, peak, rest_cells;
  std::vector<std::uint8_t> asleep, armed;
  std::vector<std::vector<float>> activation, repolarisation;   // [beat][n] ms, NaN = not
};

core::Result<void> write_state(const MonodomainState& state, const std::filesystem::path& file);
core::Result<MonodomainState> read_state(const std::filesystem::path& file);

}  // namespace ot::ep
