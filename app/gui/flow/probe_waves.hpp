// SPDX-License-Identifier: GPL-3.0-or-later
// ProbeWaves: probes in the shown vessel: placed by a click, moved, named, deleted (each an undo step, kept in the case), what they read in the shown
// results, the pressure gradient from one to the next, and the table as CSV. The curves over the beat are drawn by the Flow tab.
#pragma once
#include <QWidget>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/session/flow_probes.hpp"
#include "viewer/qt/pullback_plot.hpp"
#include "viewer/scene/scene3d.hpp"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class Places;
struct FlowPageRun;

class ProbeWaves : public QWidget {
  Q_OBJECT
 public:
  ProbeWaves(Workspace& workspace, QWidget* parent);
  void attach(Places& places);
  // Reads the probes of this vessel in these results, in the background; `changed` when there is another answer.
  void read(const QString& vessel, const std::vector<FlowPageRun>& runs);
  std::vector<viewer::PullbackCurve> curves(viewer::PullbackPlot::Kind kind) const;
  const std::vector<session::ProbeReading>& readings(std::size_t run) const { return runs_.at(run).readings; }
  std::size_t runs() const { return runs_.size(); }
  bool export_csv(const QString& file);              // false: said in the banner
  void add(const core::Vec3& at);                    // on the centreline beside it; moves the chosen one while one is being moved
  void rename(const std::string& name, const QString& to);

 signals:
  void changed();

 private:
  struct Run {
    QString name;
    int plan = 0;
    bool fast = false;
    std::vector<session::ProbeReading> readings;
    QString refused;
  };
  std::vector<session::PlacedProbe> here() const;    // of the shown vessel
  void refresh_list();
  void refresh_marks();
  void change(const std::string& step, const std::function<void(std::vector<session::PlacedProbe>&)>& edit);

  Workspace& workspace_;
  Places* places_ = nullptr;
  QPushButton *place_, *csv_;
  QVBoxLayout* list_;
  QLabel* note_;
  QString vessel_;
  std::string moving_;                               // name of the probe that the next click moves
  std::vector<Run> runs_;
  int asked_ = 0;
};

}  // namespace ot::gui
