// SPDX-License-Identifier: GPL-3.0-or-later
// A case as read: blocks, their connections and the run's settings. Used by lumped.cpp only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/lumped/blocks.hpp"

namespace ot::hemo::lumped {

struct Settings {
  int cycles = 1, points = 2, steps = 1;      // points per cycle; time points of the whole run
  double tolerance = 1e-8, rho = 0.5, dt = 0, cycle_error = 0.01;
  int iterations = 30, interval = 1;
  bool steady_initial = true, variable_based = false, mean_only = false, derivative = false, all_cycles = false, cycle_to_cycle = false, coupled = false;
};

struct Node {
  std::string name;
  int flow = 0, pressure = 0;  // variables
};

struct Model {
  Settings settings;
  Clock clock;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<Node> nodes;
  std::vector<std::string> variables;
  std::vector<std::pair<int, int>> caps;  // flow and pressure variable of vessels at an end
  bool windkessel = false;
  double largest_time_constant = 0;
  System system;
  Vector y, ydot;                         // initial state
  Block* find(const std::string& name) const;
};

core::Result<std::unique_ptr<Model>> read_case(const std::string& json);

}  // namespace ot::hemo::lumped
