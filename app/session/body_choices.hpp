// SPDX-License-Identifier: GPL-3.0-or-later
// Which body the ECG is taken on: ModelChoices::torso, laid on a twin under construction.
//   standard  the standard torso (default: decision 0013)
//   auto      the patient's skin where the heart's own CT shows enough of it (ep::fit_body), else the standard torso; the twin says which and why
//   skin      the patient's skin; the build fails when there is not enough of it
// Threads: re-entrant.
#pragma once
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

core::Result<std::string> torso_from(const std::string& text);   // one of the three; wrong_usage otherwise

// Electrodes and assumptions of the ventricles (alone or with atria). Atria alone have no bounded torso and stay as they are.
core::Result<void> lay_torso(const CaseData& data, twin::TwinModel& twin, const core::Progress& progress);

// The lines of the assumptions that say which body it is.
std::vector<std::string> torso_words(const twin::TwinModel& twin);

}  // namespace ot::session
