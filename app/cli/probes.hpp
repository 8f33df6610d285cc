// SPDX-License-Identifier: GPL-3.0-or-later
// `run --probe` and `run --electrograms`: places in the heart's wall give electrograms, places in the blood pressure and velocity.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/electrograms.hpp"

namespace ot::cli {

struct AskedProbes {
  std::vector<session::EgmProbe> wall;
  bool blood = false;                              // the twin's vessels hold some: the case keeps the run without them
};
// A probe belongs to what it lies in, else to what is nearer: lumen or wall. file: points with names (session/named_points.hpp), all on the heart; empty: none.
core::Result<AskedProbes> lay_probes(session::CaseData& data, const std::vector<std::string>& asked, const std::string& file);

nlohmann::json blood_json(const std::vector<core::Vec3>& places, const hemo::FlowResult& flow);
// "  Probe 1: 4.21 mV from peak to peak, steepest fall -1.95 mV/ms at 71.5 ms"
std::string electrograms_text(const std::vector<session::ProbeTrace>& unipolar);

}  // namespace ot::cli
