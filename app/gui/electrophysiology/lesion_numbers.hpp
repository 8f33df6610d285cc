// SPDX-License-Identifier: GPL-3.0-or-later
// LesionNumbers: what the burned lesions of the plan measure (number, area, volume, share of the muscle, gaps), beside the selected lesion.
// It shows every quantity the ablation reports, so a new one needs nothing here.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QVBoxLayout;

namespace ot::gui {

class LesionNumbers : public QWidget {
  Q_OBJECT
 public:
  LesionNumbers(Workspace& workspace, QWidget* parent);

 private:
  void refresh();
  Workspace& workspace_;
  QVBoxLayout* box_;
};

}  // namespace ot::gui
