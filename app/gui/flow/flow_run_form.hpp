// SPDX-License-Identifier: GPL-3.0-or-later
// FlowRunForm: what a vessel's flow run is made of beyond its ends: blood, how FAST follows a beat and on what wall, and how long and how
// finely FULL computes. Shows and fills FlowConditions; `edited` is sent for what a person changed only.
#pragma once
#include <QWidget>

#include "app/session/case.hpp"

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace ot::gui {

class FlowRunForm : public QWidget {
  Q_OBJECT
 public:
  explicit FlowRunForm(QWidget* parent);
  void show_conditions(const session::FlowConditions& conditions);
  void take(session::FlowConditions& conditions) const;   // into it

 signals:
  void edited();

 private:
  void refresh_rows();

  bool filling_ = false, steady_ = true;
  QComboBox *blood_, *network_, *wall_;
  QDoubleSpinBox *step_, *tolerance_, *young_, *thickness_;
  QSpinBox* beats_;
  QWidget *network_row_, *wall_row_, *young_row_, *thickness_row_, *beats_row_, *step_row_, *tolerance_row_;
};

}  // namespace ot::gui
