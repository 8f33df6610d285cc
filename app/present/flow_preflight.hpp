// SPDX-License-Identifier: GPL-3.0-or-later
// What is looked at before a flow run: every end has a condition, flow and pressure are plausible, the mesh is fine enough.
// Bad: the run would be refused. Attention: it runs, and a reader should know. Threads: pure function, a few milliseconds.
#pragma once
#include <string>
#include <vector>

#include "solvers/twin/twin_model.hpp"

namespace ot::present {

struct PreflightLine {
  enum class Level { good, attention, bad } level = Level::good;
  std::string what;       // "Every end has a condition"
  std::string detail;     // one sentence, with numbers
};
std::vector<PreflightLine> preflight_flow(const twin::VesselModel& vessel);
bool refused(const std::vector<PreflightLine>& lines);

}  // namespace ot::present
