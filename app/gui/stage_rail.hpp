// SPDX-License-Identifier: GPL-3.0-or-later
// StageRail: the six stages with their state, and the panel of the chosen one beneath.
#pragma once
#include <QAbstractButton>
#include <QFrame>
#include <array>

#include "app/present/stages.hpp"

class QStackedWidget;

namespace ot::gui {

class Workspace;

class StageButton : public QAbstractButton {
  Q_OBJECT
 public:
  StageButton(int number, QWidget* parent);
  void set_line(const present::StageLine& line);
  QSize sizeHint() const override { return {216, 36}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  int number_;
  present::StageLine line_;
};

class StageRail : public QFrame {
  Q_OBJECT
 public:
  StageRail(Workspace& workspace, QWidget* parent);
  void set_panel(int stage, QWidget* panel);   // takes it, puts it into a scroll area
  void choose(int stage);
  int chosen() const { return chosen_; }
  StageButton* button(int stage) { return buttons_[std::size_t(stage)]; }

 signals:
  void chosen_changed(int stage);

 private:
  void refresh();
  Workspace& workspace_;
  std::array<StageButton*, present::stage_count> buttons_{};
  QStackedWidget* stack_;
  int chosen_ = -1;
};

}  // namespace ot::gui
