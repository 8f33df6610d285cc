// SPDX-License-Identifier: GPL-3.0-or-later
// The front of one eikonal solve: first-order local solvers to their fixed point, curvature correction, meeting fronts. Shared by
// the whole solve and by the repair of a part of it; used by nobody else.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/electrophysiology/eikonal_state.hpp"

namespace ot::ep {

class Eikonal::Front {
 public:
  // open: [cells] 0/1, empty = all conduct. known: [nodes, curve order] 1 = keeps its time and serves the others; empty = none does.
  Front(const Eikonal& eikonal, State& state, const std::vector<std::uint8_t>& open, const std::vector<std::uint8_t>& known);
  // From the queued nodes to the end; cells: those whose nodes may still change, empty = all. False when cancelled.
  bool run(const std::vector<std::uint32_t>& cells, const core::Progress& progress);

 private:
  struct Lower {
    core::Index node;
    double t;
    std::uint32_t way;
  };
  bool fixed(core::Index n) const { return known_ && known_[n]; }
  unsigned tents(const Cell& cell) const;
  void improve(const Cell& cell, int w, unsigned tent);
  unsigned downwind(const Cell& cell) const;
  void correct(core::Index v);
  void settle(core::Index v);
  bool drain(void (Front::*visit)(core::Index), const core::Progress& progress);
  bool check_all(const std::vector<std::uint32_t>& cells, const core::Progress& progress);

  const Eikonal& e_;
  State& state_;
  const std::uint8_t *is_open_, *known_;
  std::vector<std::uint8_t> settled_;
  bool sharpened_ = false, collect_ = false;   // collect: improvements are kept in found_ instead of made
  double slack_;
  std::vector<Lower> found_;
  long visits_ = 0;
};

}  // namespace ot::ep
