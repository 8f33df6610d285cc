// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the report on what was studied: stimulation studies, proofs of block, restitution curves, electrograms of the probes.
#pragma once
#include <string>

#include "app/session/electrograms.hpp"
#include "app/session/study_records.hpp"

namespace ot::session {

// "S1 6 x 600 ms, S2 to S4 from 400 down to 200 ms in steps of 10": what was asked for, in words.
std::string protocol_words(const ep::Protocol& protocol);

// HTML; empty where nothing was studied.
std::string studies_section(const StudyRecords& records);
std::string proofs_section(const std::vector<KeptProof>& proofs);
std::string restitution_section(const std::vector<KeptRestitution>& curves);
// Electrograms of one plan: tables and drawing; `title` names plan and model.
std::string electrogram_section(const std::string& title, const std::vector<ProbeTrace>& traces);

}  // namespace ot::session
