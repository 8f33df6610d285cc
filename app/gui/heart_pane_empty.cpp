// SPDX-License-Identifier: GPL-3.0-or-later
// HeartPane without a model: which step comes next.
#include <utility>

#include "app/gui/heart_pane.hpp"
#include "app/gui/model_prompt.hpp"

namespace ot::gui {

void HeartPane::refresh_empty() {
  if (instead_) return;
  const auto say = [this](const QString& text, const QString& button) {
    if (text != std::exchange(empty_says_, text)) view_->set_empty(text, button);
  };
  if (!empty_) return say({}, {});
  const auto data = workspace_.data();
  if (data->images.empty()) {
    const bool opening = workspace_.session().jobs().busy();
    return say(opening ? "The heart is being prepared." : "Open a case, or start from your own scan.", opening ? "" : "Open a case");
  }
  if (!labels_wait_for_model(*data)) return say("Nothing is labelled yet. Look at the slices, then run a recipe in the Anatomy stage.", {});
  const bool building = model_is_being_built(workspace_.session());
  say(building ? "The model is being built from the labels." : "The labels are there. Check their outlines in the slices, then build the model.",
                   building ? "" : "Build the model");
}

}  // namespace ot::gui
