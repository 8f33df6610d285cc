// SPDX-License-Identifier: GPL-3.0-or-later
// StreamShow: the blood of a FULL result in the translucent lumen of one 3D view: particles that move with it (over a beat they pulse with the clock of
// the window), streamlines that stand still, or the speed and direction in a cut along the vessel.
#pragma once
#include <QObject>
#include <memory>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/session/streamlines.hpp"
#include "app/session/velocity_slice.hpp"

namespace ot::gui {

class HeartPane;

class StreamShow : public QObject {
  Q_OBJECT
 public:
  StreamShow(Workspace& workspace, HeartPane& pane, QObject* parent);
  int lines() const { return traced_ ? int(traced_->lines.size()) : 0; }
  int particles() const { return particles_; }
  bool pulses() const { return traced_ && traced_->over_beat; }

 private:
  // What was found in one result for one way of showing it.
  struct Traced {
    std::vector<session::Streamline> lines;
    bool over_beat = false;              // the lines are paths through a beat
    session::VelocitySlice slice;
    double fastest_m_s = 1;
  };
  bool wanted() const;
  void refresh();
  void draw();
  void take_away();

  Workspace& workspace_;
  HeartPane& pane_;
  std::shared_ptr<const Traced> traced_;
  std::shared_ptr<const hemo::FlowResult> of_;      // the result it was found in
  VesselDisplay as_ = VesselDisplay::plain;         // and what for
  double clock_s_ = 0, last_ms_ = 0, radius_mm_ = 0.2;
  int particles_ = 0, frame_ = -1;
  bool drawn_ = false;
};

}  // namespace ot::gui
