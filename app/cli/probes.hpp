// SPDX-License-Identifier: GPL-3.0-or-later
// `run --probe` and `run --electrograms`: places in the heart's wall give electrograms, places in the blood pressure and velocity.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/electrograms.hpp"
#include "app/session/flow_probes.hpp"

namespace ot::cli {

struct AskedProbes {
  std::vector<session::EgmProbe> wall;
  std::vector<session::PlacedProbe> blood;   // some: the twin's vessels hold them, and the case keeps the run without them
};
// A probe belongs to what it lies in, else to what is nearer: lumen or wall. file: points with names (session/named_points.hpp), all on the heart; empty: none.
core::Result<AskedProbes> lay_probes(session::CaseData& data, const std::vector<std::string>& asked, const std::string& file);

// Probes of the case and those asked for, by vessel: into the answer, its text and, with a folder, a table.
core::Result<void> report_probes(const session::CaseData& data, const twin::Scenario& scenario, const twin::RunResult& run, const std::vector<session::PlacedProbe>& probes, const std::filesystem::path& folder,
                                 nlohmann::json& json, std::string& text, std::vector<std::string>& files);
// "  Probe 1: 4.21 mV from peak to peak, steepest fall -1.95 mV/ms at 71.5 ms"
std::string electrograms_text(const std::vector<session::ProbeTrace>& unipolar);

}  // namespace ot::cli
