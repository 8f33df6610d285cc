// SPDX-License-Identifier: GPL-3.0-or-later
// Where a bypass graft runs: from one station of a vessel's centreline to another one downstream, clear of the vessel on its way.
// Model: a cubic Bezier curve that leaves and meets the host at 45 degrees, lifted to the side with most room of 24 and no higher than it
//   must be; evenly spaced. Its radius is constant, but near the host not wider than 0.85 of the largest ball that fits into the lumen at
//   the station, so that its mouth lies inside. The real route and length are the surgeon's.
// Source: range of anastomotic angles that was studied, 20 to 90 degrees with 30 to 45 usual: Ghista & Kabinejadian 2013, BioMed Eng OnLine 12:129
//   (review of bypass haemodynamics). The other lengths are choices of this program, reasons beside them.
// Fails: bad_input in one sentence: not downstream, in a lesion, too near an end or a fork, wider than the host, no free way.
// Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/problem.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::interventions {

struct GraftEnds {
  int from_branch = 0, to_branch = 0;
  double from_mm = 0, to_mm = 0;      // arcs; the branches exist and the arcs lie on them
};
// beside: centrelines of other vessels, which the free part of the graft keeps clear of as well.
core::Result<hemo::Graft> plan_graft(const core::VesselNetwork& network, const core::SurfaceMesh& lumen, const GraftEnds& ends, double diameter_mm, const std::vector<const core::VesselNetwork*>& beside = {});
// The graft of a spec on its vessel with that network and lumen, clear of the twin's other vessels as imaged.
core::Result<hemo::Graft> plan_graft(const twin::TwinModel& model, const twin::InterventionSpec& spec, const core::VesselNetwork& network, const core::SurfaceMesh& lumen);

// Narrowings with their throat on the native way between the ends; empty: the graft leads past none.
std::vector<core::Stenosis> bypassed_lesions(const core::VesselNetwork& network, const GraftEnds& ends);

}  // namespace ot::interventions
