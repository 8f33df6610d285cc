// SPDX-License-Identifier: GPL-3.0-or-later
// InterventionPanel: tools to place things, the form of the selected one, and the list of the plan.
#pragma once
#include "app/gui/stage_panels.hpp"

class QFrame;

class QPushButton;

namespace ot::gui {

class TileButton;
class ParamForm;
class FlowDrafts;
class Placement;
class NumberField;

class IntervenePanel : public StagePanel {
  Q_OBJECT
 public:
  IntervenePanel(Workspace& workspace, Actions& actions, Placement& placement, FlowDrafts& drafts, QWidget* parent);

 private:
  void refresh_tools();
  void refresh_list();
  void refresh_form();
  void refresh_run_note();
  void send_edit();

  Actions& actions_;
  Placement& placement_;
  std::map<std::string, TileButton*> tiles_;
  QWidget* lesion_shapes_;
  QLabel *hint_, *form_title_, *run_note_, *assumes_, *list_caption_;
  QWidget* form_area_;
  ParamForm* form_;
  QPushButton* on_cell_;   // of a drug
  QVBoxLayout *form_box_, *segment_box_, *list_;
  QString segment_for_;
  std::vector<NumberField*> segment_fields_;
};

}  // namespace ot::gui
