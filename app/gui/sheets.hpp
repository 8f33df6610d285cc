// SPDX-License-Identifier: GPL-3.0-or-later
// Sheets that lie over the window and go with Esc: keys (H), help on the thing under the pointer (F1), the starter card.
#pragma once
#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace ot::gui {

class Actions;

class Sheet : public QFrame {
  Q_OBJECT
 public:
  explicit Sheet(QWidget* window);
  void show_keys(const Actions& actions);
  void show_help_on(QWidget* under_pointer);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent*) override { hide(); }

 private:
  void present(int width);
  QVBoxLayout* box_;
};

// "Pace it - Burn it - Drug it - Open my scan".
class StarterCard : public QFrame {
  Q_OBJECT
 public:
  StarterCard(Actions& actions, QWidget* parent);

 signals:
  void closed();
};

}  // namespace ot::gui
