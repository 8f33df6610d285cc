// SPDX-License-Identifier: GPL-3.0-or-later
// FlowPage: the Flow tab of the dock: pull-back of the vessel before and after, what the FFR means, waves of probes over the beat, and the marker shared
// with the views.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"
#include "app/present/views.hpp"

class QComboBox;
class QLabel;
class QVBoxLayout;

namespace ot::viewer {
class PullbackPlot;
}

namespace ot::gui {

class Places;
class ProbeWaves;

struct FlowPageRun {
  QString name;                      // "A FULL"
  int plan = 0;
  std::shared_ptr<const twin::RunResult> run;
};

class FlowPage : public QWidget {
  Q_OBJECT
 public:
  FlowPage(Workspace& workspace, QWidget* parent);
  bool has_vessels() const;
  void attach(Places& places);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  const twin::VesselModel* model() const;
  void refresh_vessels();
  void refresh();
  void refresh_words(const std::vector<FlowPageRun>& runs);
  void draw_waves();
  bool waves() const;                // waves of probes are drawn, not a curve along the vessel
  void follow();                     // the crosshair moved: the marker goes there when it lies on the shown way

  Workspace& workspace_;
  QComboBox *vessel_, *quantity_;
  QWidget* column_;
  QVBoxLayout* numbers_;
  QLabel* sentence_;
  viewer::PullbackPlot* plot_;
  ProbeWaves* probes_;
  present::PullbackWay way_;
  bool picking_ = false;
};

}  // namespace ot::gui
