// SPDX-License-Identifier: GPL-3.0-or-later
// What a device on one vessel does: the FAST answer while it is dragged (twin/one_vessel.hpp), the FULL one behind it, and its sizes side by side.
// Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/device_sizes.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::present {

using twin::answer_flow;
using twin::FlowAnswer;
using twin::quantity_of;
using twin::vessel_scenario;
using twin::vessel_twin;

using session::run_vessel_full;
using StentSize = session::SizedAnswer;

}  // namespace ot::present
