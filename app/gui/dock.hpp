// SPDX-License-Identifier: GPL-3.0-or-later
// Dock: plan chips, the clock, and beneath them the ECG paper and the pull-back of the vessels.
#pragma once
#include <QAbstractButton>
#include <QFrame>

#include "app/gui/workspace.hpp"

class QComboBox;
class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace ot::viewer {
class EcgPaper;
}

namespace ot::gui {

class Actions;
class CellPage;
class EgmPage;
class FlowPage;
class NumberLabel;

class PlanChip : public QAbstractButton {
  Q_OBJECT
 public:
  PlanChip(int plan, const QString& name, const QString& title, QWidget* parent);
  static constexpr int most_title_px = 96;
  void set_title_room(int px);            // width for the title, cut with an ellipsis where it is longer; 0: the name alone
  int title_room() const { return title_room_; }
  int width_with(int title_px) const;     // of the chip
  bool compared() const { return compared_; }
  void set_compared(bool compared) { compared_ = compared; update(); }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  int plan_;
  QString title_;
  bool compared_ = false;
  int title_room_ = most_title_px;
};

class Dock : public QFrame {
  Q_OBJECT
 public:
  Dock(Workspace& workspace, Actions& actions, QWidget* parent);
  void show_tab(int tab);   // 0 ECG, 1 Flow, 2 electrograms, 3 single cell
  EgmPage& egm() { return *egm_; }
  FlowPage& flow() { return *flow_; }
  CellPage& cell() { return *cell_; }
  bool wants_height() const;   // the page in front needs more than an ECG does

 signals:
  void height_wanted();        // wants_height() is another

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void refresh_plans();
  void refresh_room();
  void refresh_time();
  void refresh_ecg();
  void refresh_live();
  void plan_menu(int plan, const QPoint& at);

  Workspace& workspace_;
  Actions& actions_;
  QBoxLayout* bar_;                       // plans and time: side by side, or one below the other
  QHBoxLayout* chips_;
  QPushButton *compare_, *difference_, *tab_ecg_, *tab_flow_, *tab_egm_, *tab_cell_;
  QToolButton* play_;
  QComboBox* speed_;
  QSlider* slider_;
  NumberLabel* time_;
  QLabel *beat_, *time_name_;
  QStackedWidget* stack_;
  viewer::EcgPaper* ecg_;
  FlowPage* flow_;
  EgmPage* egm_;
  CellPage* cell_;
  bool sliding_ = false;
  bool had_beats_ = true;
};

}  // namespace ot::gui
