// SPDX-License-Identifier: GPL-3.0-or-later
// A re-entry of a study on the 3D heart: isochrones of its last cycle, or its phase over the last cycles with the filaments drawn
// through the wall, scrubbed or played.
#pragma once
#include <QTimer>
#include <QWidget>
#include <memory>

#include "app/gui/workspace.hpp"
#include "solvers/electrophysiology/studies/study.hpp"

class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace ot::gui {

// Point pairs that make each filament one line: every point with its nearest earlier one of the same filament within `reach_mm`.
std::vector<core::Vec3> filament_lines(const ep::FilamentFrame& frame, double reach_mm);

class ReentryShow : public QWidget {
  Q_OBJECT
 public:
  ReentryShow(Workspace& workspace, QWidget* parent);
  // On the heart from now on; null takes it away. The run is copied: the study may go on.
  void show_run(const ep::SiteRun* run, core::Mode mode);
  bool shown() const { return map_ && workspace_.shown_map() == map_; }

 private:
  void draw();
  void reveal();   // the rail scrolls to it
  void play(bool on);
  std::shared_ptr<ShownMap> isochrones() const;
  std::shared_ptr<ShownMap> phase() const;

  Workspace& workspace_;
  std::shared_ptr<const ep::SiteRun> run_;
  core::Mode mode_ = core::Mode::fast;            // of the study, which may not be that of the beat in the view
  std::shared_ptr<const ShownMap> map_;
  QComboBox* kind_;
  QToolButton* play_;
  QSlider* time_;
  QLabel* words_;
  QWidget* bar_;
  QTimer timer_;
};

}  // namespace ot::gui
