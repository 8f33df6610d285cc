// SPDX-License-Identifier: GPL-3.0-or-later
// Restitution study of a case's plan, and how it is written. Threads: runs on a worker thread.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/session/case.hpp"
#include "solvers/electrophysiology/studies/restitution_study.hpp"

namespace ot::session {

// The plan's drugs act; lesions only take cells away.
core::Result<ep::RestitutionStudy> run_restitution(const CaseData& data, const std::string& plan, double base_interval_ms, const core::Progress& progress);

nlohmann::json to_json(const ep::RestitutionStudy& study);
ep::RestitutionStudy restitution_from(const nlohmann::json& json);   // what to_json wrote; throws what nlohmann throws on a damaged one
std::string restitution_table(const ep::RestitutionStudy& study);
std::string restitution_csv(const ep::RestitutionStudy& study);   // one line per point
// restitution.csv into the folder; its path.
core::Result<std::string> export_restitution(const ep::RestitutionStudy& study, const std::filesystem::path& folder);

}  // namespace ot::session
