// SPDX-License-Identifier: GPL-3.0-or-later
// Placement: turns clicks on the wall or the vessel into interventions, for the tool that is chosen.
#pragma once
#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "app/gui/workspace.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::gui {

class HeartPane;

class Placement : public QObject {
  Q_OBJECT
 public:
  Placement(Workspace& workspace, HeartPane& pane, QObject* parent);
  void finish();             // Enter, double click: a line with what was clicked so far
  void cancel();             // Esc
  bool collecting() const { return !points_.empty(); }
  // Parameters the next placement starts from (what the person set in the form before clicking).
  core::ParamSet& defaults_of(const std::string& kind);

 signals:
  void hint_changed(const QString& hint);

 private:
  void on_tool();
  void on_picked(const viewer::Pick& pick);
  void on_clicked(const viewer::Pick& pick);
  void place_on_wall(const viewer::Pick& pick);
  std::optional<core::Vec3> wall_under(const viewer::Pick& pick) const;   // the muscle itself, also under a lesion that is drawn there
  void place_on_vessel(const viewer::Pick& pick, const std::string& kind);
  void place_graft(const viewer::Pick& pick);
  void measure(const viewer::Pick& pick);
  bool begin_stroke(const viewer::Pick& pick);   // a line or ring drawn with the button held down
  void end_stroke(bool kept);
  std::vector<core::Vec3> stroke_line();   // its points, a lesion spacing apart
  void done();

  Workspace& workspace_;
  HeartPane& pane_;
  std::vector<core::Vec3> points_;
  std::vector<core::Vec3> stroke_;   // places under the pointer since the button went down
  std::map<std::string, core::ParamSet> defaults_;
};

// Kind of intervention a tool places; empty for tools that place nothing.
std::string kind_of(Tool tool);
QString hint_of(Tool tool);

}  // namespace ot::gui
