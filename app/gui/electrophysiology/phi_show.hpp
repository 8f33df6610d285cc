// SPDX-License-Identifier: GPL-3.0-or-later
// The extracellular potential of the result a 3D view shows: computed from its membrane potential when it is wanted, in a job, every 10 ms.
// Nothing is stored in the case. GUI thread.
#pragma once
#include <QObject>
#include <memory>
#include <vector>

#include "app/gui/workspace.hpp"

namespace ot::gui {

class HeartPane;

class PhiShow : public QObject {
  Q_OBJECT
 public:
  PhiShow(Workspace& workspace, HeartPane& pane, QObject* parent);
  // [nodes] mV of the frame nearest to t; null until the job is done, and where there is no result.
  std::shared_ptr<const std::vector<float>> at(double t_ms) const;
  double range_mV() const { return range_mV_; }   // of the colours, to both sides of zero: one for the whole beat

 signals:
  void changed();

 private:
  void refresh();

  Workspace& workspace_;
  HeartPane& pane_;
  std::shared_ptr<const ep::ElectroResult> of_;   // what was asked for last
  std::vector<ep::ElectroFrame> frames_;          // the potential stands where v_mV does
  double range_mV_ = 10;
};

}  // namespace ot::gui
