// SPDX-License-Identifier: GPL-3.0-or-later
// Where a re-entrant wave leaves slow tissue (border zone, isthmus) for healthy tissue, ranked by how much it activates from there.
// Model:    over one cycle every healthy node inherits the exit of the neighbour it was reached from (the earliest one); a healthy node reached from slow
//           tissue opens an exit. Exits within 8 mm are one: the width of an ablation lesion. Those of less than 5 % of the healthy tissue are dropped.
// Source:   exit = site from which the surroundings of a scar are activated during VT: Stevenson et al. 1993, Circulation 88:1647. Widths are our choice.
// Units:    mm, ms. Threads: pure.
#pragma once
#include <vector>

#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reentry/record.hpp"

namespace ot::ep {

struct Exit {
  core::Vec3 at_mm{0, 0, 0};
  core::Index node = 0;
  double time_ms = 0;                  // within the cycle looked at
  double share_percent = 0;            // of the healthy tissue's nodes that are activated from here
  core::Vec3 isthmus_mm{0, 0, 0};      // half way, in time, along the path through slow tissue that leads to the exit
  double isthmus_ms = 0;               // time spent on that path; 0: none
};

// Slow tissue: regions with key "border_zone". The cycle looked at ends at to_ms.
std::vector<Exit> find_exits(const ElectroProblem& problem, const ActivationRecord& record, double cycle_length_ms, double to_ms);

}  // namespace ot::ep
