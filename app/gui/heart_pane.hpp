// SPDX-License-Identifier: GPL-3.0-or-later
// HeartPane: one 3D view of one plan. It turns case, result, time and selection into calls of the viewer's scene.
#pragma once
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/present/views.hpp"
#include "viewer/qt/view3d.hpp"

class QToolButton;
class QLabel;

namespace ot::gui {

class PhiShow;
class VolumeShow;

class HeartPane : public QWidget {
  Q_OBJECT
 public:
  HeartPane(Workspace& workspace, const QString& name, QWidget* parent);
  viewer::View3D& view() { return *view_; }
  VolumeShow& volume() { return *volume_; }
  void set_plan(int plan);           // -1: the active plan
  int plan() const;
  void set_compact(bool compact);    // compare: plan name in the badge, no chooser
  void set_minus(int plan);          // what is shown is this pane's plan less that one; -1: the plan itself
  int minus() const { return minus_; }
  // Nothing of the case but this surface, until it is taken away again: a vessel whose ends are being set.
  void show_instead(std::optional<viewer::VesselItem> item);
  void refresh_case();
  void refresh_empty();   // what an empty view says and offers
  void refresh_result();
  void refresh_time();
  void refresh_marks();
  // The centre of the drawn lesion of this intervention that is nearest to a place.
  core::Vec3 mark_at(const twin::InterventionSpec& spec, const core::Vec3& place) const;
  void set_points_in_progress(std::vector<core::Vec3> points);
  // Device-independent position of a patient point in this pane; nothing when it is behind the camera.
  std::optional<QPointF> position_of(const core::Vec3& lps_mm) const;

 signals:
  void picked(const ot::viewer::Pick& pick);
  void clicked(const ot::viewer::Pick& pick);
  void pick_cancelled();
  void empty_action();
  void maximise_requested();
  void double_clicked();             // on the picture, also while a tool is chosen

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show_heart_field();           // heart_pane_field.cpp, as refresh_time and the next two
  Display display() const;           // as chosen; beside a difference map the field whose difference it is
  void show_extracellular();
  void show_vessel();                // heart_pane_flow.cpp, as what follows to the next empty line
  void refresh_draft();
  void refresh_heart_draft();
  const HeartDraft* heart_drafted() const;   // of the plan in this pane, while the heart is in it
  const FlowDraft* drafted() const;  // of the vessel and the plan in this pane
  QString flow_difference() const;   // FULL against FAST of the shown vessel, in words
  bool show_instant(const twin::VesselModel& model, const twin::VesselResult& result);   // false: not asked for, or no frames of a beat are kept
  void show_vessel_difference();
  void show_heart_difference();
  viewer::FieldStyle difference_style(double most, const char* title, const char* unit) const;
  std::pair<std::shared_ptr<const twin::RunResult>, std::shared_ptr<const twin::RunResult>> compared() const;   // this plan's and the other's, of one mode

  void refresh_badge();
  void refresh_cut();
  void build_chooser();
  void place_overlays();
  void refresh_work();               // whether what is missing is being computed
  QString hover_text(const viewer::Pick& pick) const;

  Workspace& workspace_;
  viewer::View3D* view_;
  QToolButton *chooser_, *compute_;
  Workspace::Work work_ = Workspace::Work::none;
  VolumeShow* volume_;
  PhiShow* phi_;
  int plan_ = -1, minus_ = -1;
  bool compact_ = false;
  std::shared_ptr<const twin::RunResult> shown_minus_;
  std::optional<viewer::VesselItem> instead_;
  present::PlanResult shown_;
  std::shared_ptr<const std::vector<float>> shown_frame_;
  bool map_lines_shown_ = false, trouble_shown_ = false;
  std::vector<core::Vec3> wall_, in_progress_;
  std::vector<float> tissue_;
  present::LumenArcs arcs_;          // of arcs_of_
  std::shared_ptr<const core::SurfaceMesh> arcs_of_;
  QString scene_vessel_;             // "" = the heart is in the scene
  bool fitted_ = false;
  bool empty_ = true;                // neither a model nor a surface to draw
  QString empty_says_;
  int beat_frame_ = -1;              // of the kept beat, as painted
};

}  // namespace ot::gui
