// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/flow_answer.hpp"

#include <algorithm>
#include <cmath>

#include "app/session/pipeline.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::present {

core::Result<std::shared_ptr<const twin::RunResult>> run_vessel_full(const std::shared_ptr<const twin::TwinModel>& vessel_twin, const twin::Scenario& scenario,
                                                                     const core::Progress& progress) {
  const std::string key = vessel_twin->vessels.front()->key;
  auto setup = twin::compile(vessel_twin, vessel_scenario(scenario, key), core::Mode::full, session::tools(), progress.part(0, 0.15));
  if (!setup) return core::pass(setup);
  auto run = twin::run(*setup, {}, progress.part(0.15, 1));
  if (!run) return core::pass(run);
  return std::make_shared<const twin::RunResult>(std::move(*run));
}

const StentCatalogue& coronary_stents() {
  static const StentCatalogue catalogue{{2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 4.0},
                                        {8, 12, 15, 18, 23, 28, 33, 38},
                                        "Usual sizes of a coronary drug-eluting stent (those of XIENCE Sierra, Abbott, from general knowledge; look at the stock)"};
  return catalogue;
}

double nearest_size(const std::vector<double>& sizes, double wanted) {
  OT_EXPECT(!sizes.empty());
  return *std::min_element(sizes.begin(), sizes.end(), [&](double a, double b) { return std::abs(a - wanted) < std::abs(b - wanted); });
}

}  // namespace ot::present
