// SPDX-License-Identifier: GPL-3.0-or-later
// LesionDrafts: a lesion or a pacing electrode that is being moved on the wall. Every move is shown at once and answered by the FAST model of
// the heart on a thread of its own (newest place wins, the window never waits); letting go is one undo step.
#pragma once
#include <QObject>
#include <memory>

#include "app/gui/workspace.hpp"
#include "solvers/core/progress.hpp"

namespace ot::interventions {
class WallSurface;
}

namespace ot::gui {

template <class Request>
class LatestWorker;

// Lies on the wall by points, so that it can be moved there: lesions and pacing electrodes.
bool lies_on_wall(const twin::InterventionSpec& spec);

class LesionDrafts : public QObject {
  Q_OBJECT
 public:
  LesionDrafts(Workspace& workspace, QObject* parent);
  ~LesionDrafts() override;

  // What lies under this id in the active plan, taken at this place on the wall: one of its points (grip), or the whole of it (-1).
  // False when there is none.
  bool begin(const QString& id, int grip, const core::Vec3& at);
  bool dragging() const { return dragging_; }
  void move(const core::Vec3& to);   // where the taken place shall be, on the wall
  void finish();                     // one undo step
  void abandon();                    // Esc: as before the drag
  // The selected one (its gripped point, or all of it) one step along the wall; consecutive steps are one undo step.
  void nudge(const core::Vec3& direction, double length_mm);

 signals:
  void answered();

 private:
  struct Request;
  const interventions::WallSurface* wall();   // of the heart on screen, kept; null without one
  void ask();

  Workspace& workspace_;
  std::unique_ptr<LatestWorker<Request>> worker_;
  std::shared_ptr<const twin::TwinModel> heart_;
  std::shared_ptr<const core::TetMesh> wall_of_;
  std::unique_ptr<interventions::WallSurface> wall_;
  std::shared_ptr<const twin::RunResult> before_run_;
  std::shared_ptr<core::CancelFlag> cancel_;
  twin::InterventionSpec before_;
  core::Vec3 from_{0, 0, 0};
  int grip_ = -1;
  long newest_ = 0;
  bool dragging_ = false;
};

}  // namespace ot::gui
