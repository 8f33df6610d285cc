// SPDX-License-Identifier: GPL-3.0-or-later
// LesionTool: lesions and pacing electrodes taken by the hand on the wall of the 3D view, and pushed by the arrow keys. A line or ring is taken
// at one of its drawn points (which moves alone) or between them (all of it moves); Esc puts it back.
#pragma once
#include <QObject>

#include "app/gui/electrophysiology/lesion_drafts.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::gui {

class HeartPane;

class LesionTool : public QObject {
  Q_OBJECT
 public:
  LesionTool(Workspace& workspace, LesionDrafts& drafts, HeartPane& pane, QObject* parent);
  // What the hand does over this place of the view: View3D::Grab.
  Qt::CursorShape hand_on(const viewer::Pick& pick, bool pressed);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;   // arrow keys of the view

 private:
  Workspace& workspace_;
  LesionDrafts& drafts_;
  HeartPane& pane_;
  double offset_x_ = 0, offset_y_ = 0;   // device pixels from the pointer to the place that was taken
};

}  // namespace ot::gui
