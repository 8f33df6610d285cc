// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/drug/cell_trial.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/electrophysiology/reaction/ionic_model.hpp"

using namespace ot;
using namespace ot::interventions;

namespace {

CellTrialAnswer ran(const CellTrial& trial, const CellTrialAnswer* before = nullptr) {
  auto found = run_cell_trial(trial, {}, before);
  INFO((found ? "" : found.error().message));
  REQUIRE(found);
  return *found;
}
double quantity(const ep::CellResult& cell, const std::string& key) {
  for (const auto& q : quantities_of(cell))
    if (q.key == key) return q.value;
  return std::nan("");
}

}  // namespace

TEST_CASE("a single cell with nothing changed is its control, half of IKr lengthens APD90, and the control is not paced twice", "[cell]") {
  CellTrial trial{"ten_tusscher_panfilov_2006_endo", 600, 5, {}, {}};
  const auto control = ran(trial);
  CHECK(control.changed == control.control);
  trial.scale = {{"IKr", 0.5}};
  const auto half = ran(trial, &control);
  CHECK(half.control == control.control);
  CHECK(quantity(*half.changed, "apd90_ms") > quantity(*half.control, "apd90_ms") + 2);
  CHECK(std::find(half.currents.begin(), half.currents.end(), "IKr") != half.currents.end());
  CHECK(half.currents.size() == half.changed->currents_uA_per_uF.size());
  trial.cycle_length_ms = 1000;
  CHECK(ran(trial, &half).control != control.control);
  CHECK(std::isnan(quantity(*control.control, "qnet_uC_per_uF")));   // TT06 has no such integral
}

TEST_CASE("a single cell refuses an unknown current, drug, model and a negative factor by name, zero dose is no drug", "[cell]") {
  CellTrial trial{"cipaordv1_2017_endo", 1000, 2, {}, {{"IXyz", 0.5}}};
  CHECK_THAT(run_cell_trial(trial, {}).error().message, Catch::Contains("IXyz"));
  trial.scale = {{"IKr", -1}};
  CHECK_THAT(run_cell_trial(trial, {}).error().message, Catch::Contains("IKr"));
  trial.scale.clear();
  trial.drug.key = "sugar";
  CHECK_THAT(run_cell_trial(trial, {}).error().message, Catch::Contains("sugar"));
  trial.drug = {"dofetilide", 0, false};
  const auto none = ran(trial);
  CHECK(none.changed == none.control);
  CHECK(std::isfinite(quantity(*none.control, "qnet_uC_per_uF")));
  trial.model = "sugar";
  CHECK_FALSE(run_cell_trial(trial, {}));
}

TEST_CASE("the table of a single cell holds the spec of solve, each quantity, and as many rows as the trace has samples", "[cell]") {
  const auto answer = ran({"cipaordv1_2017_endo", 500, 2, {"verapamil", 2, false}, {{"INaL", 2.0}}});
  const std::string csv = csv_of(answer);
  CHECK_THAT(csv, Catch::Contains(R"("drug":{"name":"verapamil","x_cmax":2.0})"));
  CHECK_THAT(csv, Catch::Contains(R"("scale":{"INaL":2.0})"));
  CHECK_THAT(csv, Catch::Contains("# qnet_uC_per_uF,uC/uF,"));
  CHECK_THAT(csv, Catch::Contains("t_ms,V_control_mV,Cai_control_mM,INa_control_A_per_F"));
  std::size_t rows = 0, from = 0;
  for (std::size_t at; (at = csv.find('\n', from)) != std::string::npos; from = at + 1) rows += csv[from] != '#';
  CHECK(rows == answer.control->t_ms.size() + 1);
}
