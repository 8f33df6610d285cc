// SPDX-License-Identifier: GPL-3.0-or-later
// "Export": what, format, where; written by a job. What cannot be exported yet says why.
#pragma once
#include "app/gui/exchange/work_sheet.hpp"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ot::gui {

class Workspace;

class ExportSheet : public WorkSheet {
  Q_OBJECT
 public:
  ExportSheet(Workspace& workspace, QWidget* window);
  void open(const QString& what);   // key of session::export_kinds(); "" keeps the last

 private:
  void refresh();
  void refresh_formats();
  void fit_ending();
  void browse();
  void write();

  Workspace& workspace_;
  QComboBox *what_, *format_, *which_;
  QLabel *summary_, *which_caption_;
  QLineEdit* path_;
  QPushButton* write_;
  int job_ = 0;
};

}  // namespace ot::gui
