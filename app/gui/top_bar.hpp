// SPDX-License-Identifier: GPL-3.0-or-later
// TopBar: brand, patient, undo and redo by name, command search, layout, report, research badge.
#pragma once
#include <QFrame>

class QLabel;
class QPushButton;
class QToolButton;

namespace ot::gui {

class Workspace;
class Actions;

class TopBar : public QFrame {
  Q_OBJECT
 public:
  TopBar(Workspace& workspace, Actions& actions, QWidget* parent);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void refresh_patient();
  void refresh_undo();
  void refresh_layout();

  Workspace& workspace_;
  Actions& actions_;
  QLabel *brand_, *patient_id_, *patient_facts_;
  QPushButton *undo_, *search_, *layout_;
  QToolButton* redo_;
};

}  // namespace ot::gui
