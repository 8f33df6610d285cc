// SPDX-License-Identifier: GPL-3.0-or-later
// The network of the FAST solver with every graft's ends as nodes: branches are cut there, grafts are edges between two nodes.
// Without grafts it is the network itself. In: a problem whose grafts were checked (grafts.hpp). Threads: pure function.
#pragma once
#include <utility>
#include <vector>

#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

struct Pieces {
  core::VesselNetwork network;
  std::vector<std::pair<int, double>> origin;    // [pieces] branch and arc where it begins
  struct Edge {
    int from = 0, to = 0;                        // pieces whose distal ends it joins
    core::VesselBranch line;                     // outside the host's lumen
    core::Vec3 leaves{0, 0, 0}, joins{0, 0, 0};  // unit, of its axis inside the host's lumen, where it begins and ends; zero: it has none there
  };
  std::vector<Edge> edges;
};
Pieces cut_at_grafts(const FlowProblem& problem);

}  // namespace ot::hemo
