// SPDX-License-Identifier: GPL-3.0-or-later
// Plans the built-in case comes with, placed by what the twin itself shows (scar, stenosis), never by phantom coordinates.
#pragma once
#include "app/session/case.hpp"

namespace ot::session {

// Baseline; A: lesion line across the scar's isthmus; B: stent over the tightest stenosis; C: a drug. Parts that the twin
// lacks are left out.
core::Result<std::vector<Plan>> example_plans(const CaseData& data);

}  // namespace ot::session
