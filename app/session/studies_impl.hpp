// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the studies share within this folder: the problem a plan leads to, and runs as files.
// run_from throws what nlohmann throws, or std::runtime_error, on a damaged run: its callers catch it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "app/session/studies.hpp"

namespace ot::session {

// The twin with the plan's interventions, and one more on top when given.
core::Result<ep::ElectroProblem> problem_of(const CaseData& data, const std::string& plan, const twin::InterventionSpec* extra = nullptr);

nlohmann::json vec_json(const core::Vec3& v);
nlohmann::json protocol_json(const ep::Protocol& protocol);
nlohmann::json run_file(const ep::SiteRun& run);
ep::SiteRun run_from(const nlohmann::json& file);

}  // namespace ot::session
