// SPDX-License-Identifier: GPL-3.0-or-later
// SolverPanel: what the beat is computed with: cell model, time step, length of the beat, rate, weight of the sodium interpolation, and
// the body the ECG is taken on and where its electrodes stand. Each change is one undo step of the model and kept in the case, through rebuilds too.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QCheckBox;
class QPushButton;
class QComboBox;
class QDoubleSpinBox;
class QLabel;

namespace ot::gui {

class ElectrodeTool;

class SolverPanel : public QWidget {
  Q_OBJECT
 public:
  SolverPanel(Workspace& workspace, ElectrodeTool& electrodes, QWidget* parent);

 private:
  void refresh();
  void apply();
  void choose_torso();

  Workspace& workspace_;
  ElectrodeTool& electrodes_;
  QComboBox* cell_;
  QDoubleSpinBox *step_, *end_, *cycle_, *sodium_;
  QComboBox* torso_;
  QCheckBox* show_;
  QPushButton* reset_;
  QLabel *source_, *torso_now_, *note_;
  bool filling_ = false;
};

}  // namespace ot::gui
