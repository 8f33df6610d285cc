// SPDX-License-Identifier: GPL-3.0-or-later
// Inspector: numbers of the plans side by side, where they come from, and notes.
#pragma once
#include <QFrame>
#include <QTableWidget>

#include "app/gui/workspace.hpp"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace ot::viewer {
class BullsEye;
}

namespace ot::gui {

// The table "quantity, Base, A, difference". Cells hold plain text, so that a screen reader and a test read the same.
class NumberTableWidget : public QTableWidget {
  Q_OBJECT
 public:
  explicit NumberTableWidget(QWidget* parent);
  void show_table(const present::NumberTable& table);
  int row_of(const QString& key) const;   // -1 when absent
  void set_all(bool all);                 // else the first rows only
  bool has_more() const { return rowCount() > first_rows; }

 private:
  void fold();
  static constexpr int first_rows = 9;
  bool all_ = false;
};

class Inspector : public QFrame {
  Q_OBJECT
 public:
  Inspector(Workspace& workspace, QWidget* parent);
  NumberTableWidget& table() { return *table_; }

 private:
  QWidget* make_numbers();
  QWidget* make_trust();
  QWidget* make_notes();
  void refresh_numbers();
  void refresh_sure();
  void refresh_bulls_eye();
  void refresh_trust();
  void refresh_note();
  void choose(int tab);

  Workspace& workspace_;
  QStackedWidget* stack_;
  QList<QPushButton*> tabs_;
  NumberTableWidget* table_;
  QLabel *empty_, *bulls_title_, *remark_;
  QPushButton* more_;
  QFrame *sure_card_, *bulls_card_;
  QVBoxLayout *sure_, *trust_;
  viewer::BullsEye* bulls_eye_;
  QPlainTextEdit *note_, *log_;
  QLabel* note_title_;
};

}  // namespace ot::gui
