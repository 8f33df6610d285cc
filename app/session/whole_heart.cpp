// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/whole_heart.hpp"

#include <algorithm>

#include "app/session/model_choices.hpp"
#include "app/session/muscle_choices.hpp"
#include "solvers/organs/heart/whole_heart.hpp"

namespace ot::session {
core::Result<void> build_whole_heart(CaseData& original, const PipelineParams& params, const AtriaCaseParams& atria, const std::string& av, const core::Progress& progress) {
  const auto state = organs::av_state(av);
  if (!state) return core::pass(state);
  PipelineParams chosen = with_choices(params, original.choices);
  chosen.pathway_from_atria = true;
  const auto conduction = organs::heart_conduction(chosen.conduction, chosen.block, chosen.accessory);
  if (!conduction) return core::pass(conduction);
  if (!original.heart_mesh) return core::bad_input("The case has no mesh of the ventricles (the atria cannot be joined to it). Run `mesh` first.");
  CaseData data = original;   // parts are shared: cheap; kept only when everything worked
  if (auto ok = build_twin(data, chosen, progress.part(0, 0.4)); !ok) return ok;
  auto made = add_atria(data, data.heart_mesh->labels_sha256, atria, progress.part(0.4, 0.95));
  if (!made) return core::pass(made);
  auto whole = organs::join_heart(*data.twin->heart, *made->heart, made->inputs.valve_rims, *state, *conduction);
  if (!whole) return core::pass(whole);
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  twin->heart = *whole;
  for (const auto& lines : {organs::assumptions(made->inputs), wall_assumptions(atria), organs::assumptions(*state)})
    for (const auto& line : lines)
      if (line.rfind("ECG in ", 0) != 0 && line.find("not part of this twin") == std::string::npos) twin->assumptions.push_back(line);   // one torso for both
  if (auto ok = lay_muscle(data.choices.muscle, *twin); !ok) return ok;
  data.twin = std::move(twin);
  data.choices.organ = "whole_heart";
  data.choices.av = av;
  keep_atria(data.choices, atria);
  original = std::move(data);
  return {};
}

core::Result<void> build_chosen_twin(CaseData& data, const PipelineParams& params, const core::Progress& progress) {
  const ModelChoices& c = data.choices;
  if (!data.heart_mesh && c.organ != "atria") return build_twin(data, params, progress);   // vessels alone
  if (c.organ == "whole_heart") return build_whole_heart(data, params, chosen_atria(c), std::string(c.av), progress);
  if (c.organ == "atria") return build_atrial_twin(data, chosen_atria(c), progress);
  return build_twin(data, params, progress);
}

}  // namespace ot::session
