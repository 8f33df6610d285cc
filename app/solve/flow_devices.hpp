// SPDX-License-Identifier: GPL-3.0-or-later
// "devices" of a flow spec: stents, balloons, grafts, ideal lumens and further kinds that sit on a vessel, put into the domain by the same
// functions as in a plan (solvers/interventions). The inflow stays as given.
// Throws SpecError for keys and kinds, SolverFailed in the words of the intervention for a device that does not fit.
#pragma once
#include "app/solve/flow_domain.hpp"
#include "solvers/hemodynamics/problem.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::solve {

// The list as read: kind, centreline_branch, start_mm and length_mm or to_branch and to_mm, and the parameters of the kind.
twin::Scenario read_devices(const nlohmann::json& list);

struct TreatedDomain {
  hemo::FlowProblem problem;                  // FULL: with the mesh of the treated lumen
  std::vector<core::Quantity> quantities;     // what the devices report: diameters before and after, lengths
  std::vector<std::string> notes;
};
TreatedDomain put_devices(const twin::Scenario& devices, const FlowDomain& domain, const hemo::FlowProblem& problem, bool full, const twin::Tools& tools, const core::Progress& progress);

}  // namespace ot::solve
