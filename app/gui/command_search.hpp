// SPDX-License-Identifier: GPL-3.0-or-later
// CommandSearch: Ctrl+K, a filtered list of everything the program can do. An overlay, never a dialog.
#pragma once
#include <QFrame>

class QLineEdit;
class QListWidget;

namespace ot::gui {

class Actions;

class CommandSearch : public QFrame {
  Q_OBJECT
 public:
  CommandSearch(Actions& actions, QWidget* parent);
  void open();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter(const QString& text);
  void run_current();

  Actions& actions_;
  QLineEdit* edit_;
  QListWidget* list_;
};

// Score of a command for typed text: 0 = no match, higher is better. Words in any order, prefixes before the middle.
int match_score(const QString& command, const QString& typed);

}  // namespace ot::gui
