// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of a report that set plans side by side: what is done in each, and what was computed for each.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

struct PlanRun {
  const Plan* plan;
  std::shared_ptr<const twin::RunResult> run;
};

std::string shown_number(double v);   // "–" when there is none

// One row per quantity, one column per plan, in the order of the runs; with the baseline's run first, a column of differences to it beside every other plan.
std::string quantity_table(const std::vector<PlanRun>& runs, bool baseline_first);

// Plan, what is done, where and with which numbers, in words and units.
std::string plans_table(const CaseData& data);

}  // namespace ot::session
