// SPDX-License-Identifier: GPL-3.0-or-later
// VeinRings: puts the suggested lesion sets of the left atrium (rings around the veins, line over the roof) into the active plan, as lines a person may move. Seen where the twin has a left atrium.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QPushButton;

namespace ot::gui {

class VeinRings : public QWidget {
  Q_OBJECT
 public:
  VeinRings(Workspace& workspace, QWidget* parent);

 private:
  void add(bool rings);
  void refresh();

  Workspace& workspace_;
  QPushButton *rings_, *roof_;
};

}  // namespace ot::gui
