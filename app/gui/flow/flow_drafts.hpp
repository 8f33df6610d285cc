// SPDX-License-Identifier: GPL-3.0-or-later
// FlowDrafts: a device that is being dragged. Every move is shown at once and answered by the FAST model of its vessel on a thread of
// its own (newest place wins, the window never waits); letting go is one undo step, and the FULL flow of that vessel follows behind it.
#pragma once
#include <QObject>
#include <QTimer>
#include <memory>

#include "app/gui/workspace.hpp"

namespace ot::gui {

template <class Request>
class LatestWorker;

class FlowDrafts : public QObject {
  Q_OBJECT
 public:
  FlowDrafts(Workspace& workspace, QObject* parent);
  ~FlowDrafts() override;

  // The device with this id of the active plan. False when there is none.
  bool begin(const QString& id);
  bool dragging() const { return dragging_; }
  // Where the placement would begin and how long it would be; brought onto the branch.
  void move(double start_mm, double length_mm);
  void finish();                     // one undo step, then FULL behind it
  void abandon();                    // Esc: as before the drag
  double branch_length() const;      // of the branch the device sits on, 0 when none is dragged

  bool full_behind() const { return full_behind_; }
  void set_full_behind(bool on) { full_behind_ = on; }
  // FULL flow of one vessel of a plan, in the background; started again for the newest place only.
  void confirm_vessel(int plan, const QString& vessel);
  void confirm_soon(int plan, const QString& vessel);
  bool confirming() const;

 signals:
  void answered();

 private:
  struct Request;
  void ask();
  void stop_confirming();

  Workspace& workspace_;
  std::unique_ptr<LatestWorker<Request>> worker_;
  long newest_ = 0;
  std::shared_ptr<const twin::TwinModel> vessel_;
  twin::InterventionSpec before_;
  QTimer soon_;
  int soon_plan_ = 0, confirm_job_ = 0;
  QString soon_vessel_;
  bool dragging_ = false, full_behind_ = true;
};

}  // namespace ot::gui
