// SPDX-License-Identifier: GPL-3.0-or-later
// DeviceTool: stents, balloons and all else on a stretch of a vessel taken by the hand, in the 3D view and on the straightened vessel. The middle moves a device along its centreline,
// its ends change its length; Esc puts it back.
#pragma once
#include <QObject>

#include "app/gui/flow/flow_drafts.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::gui {

class HeartPane;
class VesselPane;

class DeviceTool : public QObject {
  Q_OBJECT
 public:
  DeviceTool(Workspace& workspace, FlowDrafts& drafts, HeartPane& pane, VesselPane& straight, QObject* parent);
  // What the hand does over this place of the view: View3D::Grab.
  Qt::CursorShape hand_on(const viewer::Pick& pick, bool pressed);

 private:
  // Of the branch under the device: the arc whose place on screen is nearest to the pointer.
  double arc_under(double x, double y) const;
  void refresh_straight();

  Workspace& workspace_;
  FlowDrafts& drafts_;
  HeartPane& pane_;
  VesselPane& straight_;
  int part_ = 0;                 // -1 start, 0 middle, 1 end
  double offset_ = 0;            // mm from the pointer to the device's start or end
  double straight_start_ = 0;    // arc on the shown path at which the device's branch begins
};

}  // namespace ot::gui
