// SPDX-License-Identifier: GPL-3.0-or-later
// What both flow solvers need of bypass grafts: checks, which part of the vessel a graft leads past, their flows and numbers.
// Units: mm, g, s. Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::hemo {

// Branches exist, the end lies downstream of the beginning, neither at the end of a branch; radii positive. The network itself is checked elsewhere.
core::Result<void> check_grafts(const FlowProblem& problem);

// What the grafts lead past this place of the network, mm3/s: flow of the vessel there = flow of the outlets behind it less this.
double led_past(const FlowProblem& problem, const std::vector<double>& graft_flow, int branch, double arc_mm);

// Flow through the middle of each graft in a mesh that holds them, mm3/s: integral of u.n over a plane section (about 1 %, as every section).
std::vector<double> measured_graft_flows(const FlowProblem& problem, const std::vector<float>& velocity);

// "graft_flow_ml_min" (the second one "graft_2_flow_ml_min") and its share of the inflow.
void add_graft_quantities(const FlowProblem& problem, const std::vector<double>& graft_flow, double inflow, std::vector<core::Quantity>& quantities);

}  // namespace ot::hemo
