// SPDX-License-Identifier: GPL-3.0-or-later
// WorkSheet: a card over the window for one task, with a title and a close button; goes with Esc. Not modal: the window stays usable.
#pragma once
#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace ot::gui {

class WorkSheet : public QFrame {
  Q_OBJECT
 public:
  WorkSheet(const QString& object_name, const QString& title, QSize wanted, QWidget* window);

 protected:
  void present();
  void say(const QString& text, const char* role);   // one line above the buttons; empty hides it
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  QVBoxLayout* box_;

 private:
  void place();
  QSize wanted_;
  QLabel* line_ = nullptr;
};

}  // namespace ot::gui
