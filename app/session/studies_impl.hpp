// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the studies share within this folder: the problem a plan leads to, and runs as files.
// run_from throws what nlohmann throws, or std::runtime_error, on a damaged run: its callers catch it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "app/session/studies.hpp"
#include "solvers/electrophysiology/chambers.hpp"

namespace ot::session {

// Where a study is played on a twin of atria and ventricles: nothing is conducted between them meanwhile. Of no account for other twins.
// By sites: bad_input when they lie on both. By a point: the wall nearest to it.
core::Result<ep::ChamberPart> part_of_study(const twin::TwinModel& twin, const StudySpec& spec);
ep::ChamberPart part_at(const core::TetMesh& mesh, const core::Vec3& point);

// The twin with the plan's interventions and those added on top; on a whole heart the part alone (nodes stay those of the whole).
core::Result<ep::ElectroProblem> problem_of(const CaseData& data, const std::string& plan, ep::ChamberPart part, const std::vector<twin::InterventionSpec>& added = {});
ep::ElectroProblem baseline_of(const CaseData& data, ep::ChamberPart part);

nlohmann::json vec_json(const core::Vec3& v);
core::Vec3 vec_from(const nlohmann::json& j);
nlohmann::json protocol_json(const ep::Protocol& protocol);
nlohmann::json run_file(const ep::SiteRun& run);
ep::SiteRun run_from(const nlohmann::json& file);

}  // namespace ot::session
