// SPDX-License-Identifier: GPL-3.0-or-later
// StatusBar: every job with progress, time left and a cancel; threads, memory, FAST or FULL, autosave.
#pragma once
#include <QFrame>
#include <QTimer>

class QLabel;
class QProgressBar;
class QToolButton;

namespace ot::gui {

class Workspace;

class StatusBar : public QFrame {
  Q_OBJECT
 public:
  StatusBar(Workspace& workspace, QWidget* parent);

 private:
  void refresh_jobs();
  void refresh_facts();

  Workspace& workspace_;
  QLabel *title_, *detail_, *more_, *hover_, *mode_, *threads_, *memory_, *saved_;
  QProgressBar* bar_;
  QToolButton* cancel_;
  QTimer slow_;
  int shown_job_ = 0;
  bool failed_ = false;
};

// Memory of this process in MB (resident); 0 when the system does not say.
double resident_mb();

}  // namespace ot::gui
