// SPDX-License-Identifier: GPL-3.0-or-later
// A FULL run on disk while it goes on, so that one that was cancelled, killed or lost its power goes on where it stopped.
// In/out:  folder/state.otms, the last state kept (monodomain_state.hpp), replaced as a whole; folder/record.otmr, what was recorded up to there, pieces
//          with their hashes one behind the other. A piece is written before the state that needs it; pieces behind it are cut off when the run goes on.
// Model:   the run that goes on is the uninterrupted one bit for bit: steps, maps, frames, ECG, electrograms, notes (wall time apart).
// Fails:   never: what cannot be read, belongs to another question or is held by another program is left aside and the run starts from the beginning;
//          where nothing can be written the run goes on without (on_note says so once).
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct KeepRun {
  std::filesystem::path folder;                       // of this run alone, made when needed; empty: nothing is kept
  bool fresh = false;                                 // from the beginning; what is there is written over
  double every_ms = 20, least_s = 5;                  // simulated time between states, and at least so long on the clock; and always on cancel
  std::function<void(double t_ms)> on_continued;      // before the first step of a run that goes on
  std::function<void(const std::string&)> on_note;    // why nothing can be kept
  // A run that the sentinel stops leaves folder/last_good.otms; this may write a picture of it beside and returns its name, empty for none.
  std::function<std::string(const core::TetMesh&, const ElectroFrame&, const std::filesystem::path& folder)> on_last_good;
};

// Removes the folder and its parts unless another program holds one of them.
void drop_kept(const std::filesystem::path& folder);

}  // namespace ot::ep
