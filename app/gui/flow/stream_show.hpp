// SPDX-License-Identifier: GPL-3.0-or-later
// StreamShow: particles that move with the blood of a FULL result through the translucent lumen of one 3D view, with the clock of the window.
#pragma once
#include <QObject>
#include <memory>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/present/streamlines.hpp"

namespace ot::gui {

class HeartPane;

class StreamShow : public QObject {
  Q_OBJECT
 public:
  StreamShow(Workspace& workspace, HeartPane& pane, QObject* parent);
  int lines() const { return lines_ ? int(lines_->size()) : 0; }
  int particles() const { return particles_; }

 private:
  bool wanted() const;
  void refresh();
  void draw();
  void take_away();

  Workspace& workspace_;
  HeartPane& pane_;
  std::shared_ptr<const std::vector<present::Streamline>> lines_;
  std::shared_ptr<const hemo::FlowResult> of_;      // the result the lines follow
  double clock_s_ = 0, last_ms_ = 0, fastest_m_s_ = 1, radius_mm_ = 0.2;
  int particles_ = 0;
  bool drawn_ = false;
};

}  // namespace ot::gui
