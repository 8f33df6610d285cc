// SPDX-License-Identifier: GPL-3.0-or-later
// The six stages of the rail: what each one has to say about itself in a word or two.
#pragma once
#include <QString>
#include <array>

#include "app/present/heart_facts.hpp"
#include "app/session/session.hpp"

namespace ot::present {

enum class StageState { empty, ready, attention, busy };

struct StageLine {
  QString name, summary, detail;    // detail: tooltip
  StageState state = StageState::empty;
};

enum Stage { stage_case, stage_anatomy, stage_tissue, stage_model, stage_intervene, stage_report, stage_count };

std::array<StageLine, stage_count> stage_lines(const session::Session& session, const HeartFacts* facts);

// "Lesion line 1", "Stent aorta 1": a name a person reads for one intervention of a plan.
QString intervention_name(const twin::InterventionSpec& spec);
// "through 7 points · 3 mm"; a vessel by its name in the twin
QString intervention_summary(const twin::InterventionSpec& spec, const twin::TwinModel* twin = nullptr);

}  // namespace ot::present
