// SPDX-License-Identifier: GPL-3.0-or-later
// ModelPrompt: the step from labels to a model: seen while labels have no model yet, or were edited after it was made.
#pragma once
#include <QLabel>
#include <QPushButton>

#include "app/gui/workspace.hpp"

namespace ot::gui {

class ModelPrompt : public QWidget {
  Q_OBJECT
 public:
  // `name`: object name of the button; the panels that show the prompt need different ones.
  ModelPrompt(Workspace& workspace, const QString& name, QWidget* parent);

 private:
  void refresh();
  Workspace& workspace_;
  QLabel* hint_;
  QPushButton* build_;
};

bool model_is_being_built(session::Session& session);
// Labels that no model was made from: what a first build needs.
bool labels_wait_for_model(const session::CaseData& data);
// Why there is no heart muscle to work on, and the step that brings it; empty when there is one.
QString why_no_muscle(const session::CaseData& data);

}  // namespace ot::gui
