// SPDX-License-Identifier: GPL-3.0-or-later
// What a device on one vessel does: the FAST answer while it is dragged (twin/one_vessel.hpp), the FULL one behind it, and stent sizes.
// Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::present {

using twin::answer_flow;
using twin::FlowAnswer;
using twin::quantity_of;
using twin::vessel_scenario;
using twin::vessel_twin;

// FULL flow of this vessel alone under the plan: remeshes a changed lumen, then solves.
core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario,
                                                                     const core::Progress& progress);

// Sizes of a balloon-expandable coronary stent. They are labels on a shelf, not constants of the model: any other size can be typed.
struct StentCatalogue {
  std::vector<double> diameters_mm, lengths_mm;
  std::string source;
};
const StentCatalogue& coronary_stents();
// Nearest size of the catalogue to what is asked; devices of large vessels have no catalogue here.
double nearest_size(const std::vector<double>& sizes, double wanted);

struct StentSize {
  double diameter_mm = 0, length_mm = 0;
  FlowAnswer answer;
  double full_ffr = 0;                       // NaN: not confirmed
};

}  // namespace ot::present
