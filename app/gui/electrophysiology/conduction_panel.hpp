// SPDX-License-Identifier: GPL-3.0-or-later
// ConductionPanel: which conduction system the ventricles have, blocked where, with which accessory pathway, whether the atria lead them or stand alone, and of what tissue they are.
// A change builds the twin again as a job (one undo step). Part of the Model stage. GUI thread.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QComboBox;
class QLabel;
class QPushButton;

namespace ot::gui {

class AtrialTissueForm;

class ConductionPanel : public QWidget {
  Q_OBJECT
 public:
  ConductionPanel(Workspace& workspace, QWidget* parent);

 private:
  void build();
  void refresh();
  void take_choices();   // what the case was built with

  Workspace& workspace_;
  QComboBox *kind_, *block_, *accessory_, *atria_;
  AtrialTissueForm* tissue_;
  QPushButton* build_;
  QLabel *now_, *note_;
};

}  // namespace ot::gui
