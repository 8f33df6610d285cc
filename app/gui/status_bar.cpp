// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/status_bar.hpp"

#include <QFile>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <cmath>
#include <unistd.h>

#include "app/gui/turn_queue.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::gui {
namespace {

QString time_left(double seconds) {
  if (seconds < 0) return {};
  const int s = int(std::ceil(seconds));
  return QStringLiteral(" · %1:%2 left").arg(s / 60).arg(s % 60, 2, 10, QChar('0'));
}

}  // namespace

double resident_mb() {
  QFile file("/proc/self/statm");
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const auto parts = file.readAll().split(' ');
  return parts.size() > 1 ? parts[1].toDouble() * double(sysconf(_SC_PAGESIZE)) / 1048576.0 : 0;
}

StatusBar::StatusBar(Workspace& workspace, QWidget* parent) : QFrame(parent), workspace_(workspace) {
  name_widget(this, "status_bar", "Status");
  setFixedHeight(30);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 0, 12, 0);
  row->setSpacing(8);
  title_ = make_label({}, "small", this);
  title_->setObjectName("job_title");
  bar_ = new QProgressBar(this);
  name_widget(bar_, "job_progress", "Progress of the job");
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  bar_->setFixedWidth(130);
  detail_ = make_label({}, "small", this);
  detail_->setObjectName("job_detail");
  cancel_ = make_icon_button("close", "job_cancel", "Cancel this job", this);
  more_ = make_label({}, "small_hint", this);
  row->addWidget(title_);
  row->addWidget(bar_);
  row->addWidget(detail_);
  row->addWidget(cancel_);
  row->addWidget(more_);
  hover_ = make_label({}, "small_hint", this);
  hover_->setObjectName("hover_text");
  row->addSpacing(12);
  row->addWidget(hover_);
  row->addStretch(1);
  mode_ = make_label({}, "small", this);
  mode_->setObjectName("mode_label");
  threads_ = make_label({}, "small_hint", this);
  memory_ = make_label({}, "small_hint", this);
  memory_->setObjectName("memory_label");
  saved_ = make_label({}, "small_hint", this);
  saved_->setObjectName("saved_label");
  for (auto* label : {mode_, threads_, memory_, saved_}) {
    row->addWidget(label);
    if (label != saved_) row->addSpacing(8);
  }
  connect(cancel_, &QToolButton::clicked, this, [this] {
    auto& jobs = workspace_.session().jobs();
    if (failed_) jobs.dismiss(shown_job_);
    else jobs.cancel(shown_job_);
    refresh_jobs();
  });
  for (auto signal : {&Workspace::jobs_changed, &Workspace::results_changed, &Workspace::case_replaced}) connect(&workspace, signal, this, &StatusBar::refresh_jobs);
  for (auto signal : {&Workspace::plans_changed, &Workspace::results_changed, &Workspace::case_replaced, &Workspace::saved})
    connect(&workspace, signal, this, &StatusBar::refresh_facts);
  connect(&workspace, &Workspace::model_changed, this, &StatusBar::refresh_facts);
  connect(&workspace, &Workspace::image_changed, this, &StatusBar::refresh_facts);
  connect(&workspace, &Workspace::vessel_changed, this, &StatusBar::refresh_facts);
  connect(&workspace, &Workspace::quantity_hovered, hover_, &QLabel::setText);
  slow_.setInterval(2000);
  connect(&slow_, &QTimer::timeout, this, &StatusBar::refresh_facts);
  slow_.start();
  refresh_jobs();
  refresh_facts();
}

void StatusBar::refresh_jobs() {
  const auto jobs = workspace_.session().jobs().status();
  const session::JobStatus *shown = nullptr, *broken = nullptr;
  int others = 0;
  for (const auto& job : jobs) {
    if (job.state == session::JobState::failed && !broken) broken = &job;
    if (job.state != session::JobState::running && job.state != session::JobState::waiting) continue;
    // The longest running one is what a person waits for.
    if (!shown || (job.state == session::JobState::running && job.elapsed_s > shown->elapsed_s)) shown = &job;
    ++others;
  }
  failed_ = !shown && broken;
  if (failed_) shown = broken;
  shown_job_ = shown ? shown->id : 0;
  for (QWidget* w : {static_cast<QWidget*>(title_), static_cast<QWidget*>(cancel_), static_cast<QWidget*>(detail_)}) w->setVisible(shown);
  bar_->setVisible(shown && !failed_);
  more_->setVisible(others > 1);
  if (!shown) return;
  if (failed_) {
    cancel_->setEnabled(true);
    set_role(title_, "bad");
    title_->setText(QString::fromStdString(shown->title) + " failed");
    detail_->setText(QFontMetrics(font()).elidedText(QString::fromStdString(shown->error), Qt::ElideRight, 480));
    detail_->setToolTip(QString::fromStdString(shown->error));
    cancel_->setToolTip("Dismiss");
    return;
  }
  set_role(title_, "small");
  title_->setText(QString::fromStdString(shown->title));
  // QProgressBar::setValue paints at once, and with itself all that waits to be painted: in a turn of its own.
  in_own_turn(this, 0, [this, value = int(shown->fraction * 1000)] { bar_->setValue(value); });
  const QString what = QString::fromStdString(shown->what);
  cancel_->setEnabled(!shown->cancelling);
  detail_->setText(shown->cancelling ? QStringLiteral("cancelling") + (what.isEmpty() ? QString() : " · " + what)
                   : shown->state == session::JobState::waiting ? "waiting"
                                                              : QStringLiteral("%1 %%2").arg(int(shown->fraction * 100)).arg(time_left(shown->left_s)) +
                                                                    (what.isEmpty() ? "" : " · " + what));
  detail_->setToolTip(what);
  cancel_->setToolTip("Cancel: " + QString::fromStdString(shown->title));
  more_->setText(QStringLiteral("+%1 more").arg(others - 1));
}

void StatusBar::refresh_facts() {
  const int plan = workspace_.session().active_plan();
  auto shown = workspace_.shown_result(plan);
  if (auto full = workspace_.vessel_full(plan, workspace_.shown_vessel())) shown.result = std::move(full), shown.stale = false;   // as the view shows the vessel
  if (shown.result) {
    const bool full = shown.result->mode == core::Mode::full;
    set_role(mode_, shown.stale ? "small" : full ? "good" : "attention");
    mode_->setText(shown.stale ? "out of date" : full ? "FULL" : "FAST");
    if (workspace_.session().model_out_of_date()) {
      set_role(mode_, "attention");
      mode_->setText("labels changed: model out of date");
      mode_->setToolTip("Rebuild it in the Anatomy stage.");
    }
  } else {
    mode_->clear();
  }
  threads_->setText(QStringLiteral("%1 thread%2").arg(core::thread_count()).arg(core::thread_count() == 1 ? "" : "s"));
  const double mb = resident_mb();
  memory_->setText(mb >= 1000 ? QStringLiteral("%1 GB").arg(mb / 1024, 0, 'f', 1) : QStringLiteral("%1 MB").arg(mb, 0, 'f', 0));
  const QString at = QString::fromStdString(workspace_.session().autosaved_at());
  saved_->setText(at.isEmpty() ? QString() : "autosaved " + at);
  saved_->setVisible(!at.isEmpty());
}

}  // namespace ot::gui
