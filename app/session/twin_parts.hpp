// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of the pipeline that carry physiology: which vessel is cut where, boundary conditions, standing assumptions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/pipeline.hpp"
#include "imaging/meshing/meshing.hpp"

namespace ot::session {

core::Result<imaging::Lumen> coronary_lumen(const ImageData& image, const core::Progress& progress);
core::Result<imaging::Lumen> aorta_lumen(const ImageData& image, const core::Progress& progress);
// Where the vessel of these labels (coronary, else aorta) would be cut, with the ends set by hand in `image`.
core::Result<imaging::LumenProposal> propose_vessel_ends(const ImageData& image, const core::Progress& progress);
core::Result<std::shared_ptr<const twin::HeartModel>> make_heart(const CaseData& data, const PipelineParams& params, const core::Progress& progress);
core::Result<std::shared_ptr<const twin::VesselModel>> make_vessel(const CaseData& data, const MeshedVessel& meshed);
std::vector<std::string> standing_assumptions(const twin::TwinModel& twin, const PipelineParams& params, const CaseData& data);
// Keeps about one stored frame in 4 ms: enough for scrubbing, a third of the memory.
twin::RunResult thin_frames(twin::RunResult run);

}  // namespace ot::session
