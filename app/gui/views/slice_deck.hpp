// SPDX-License-Identifier: GPL-3.0-or-later
// SliceDeck: what the three slice views show together: image and phase, planes (body, cardiac, turned by hand), window presets, slab,
// measurements. The bar above the slices and the actions of the window call it. GUI thread.
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <array>
#include <memory>

#include "app/gui/views/cine_clock.hpp"
#include "app/gui/views/measure_tool.hpp"
#include "app/gui/workspace.hpp"
#include "viewer/qt/slice_view.hpp"
#include "viewer/scene/plane_triad.hpp"
#include "viewer/scene/window_presets.hpp"

namespace ot::gui {

// Asks for apex, mitral centre and RV by clicks.
class LandmarkClicks;

class SliceDeck : public QObject {
  Q_OBJECT
 public:
  SliceDeck(Workspace& workspace, std::array<viewer::SliceView*, 3> views, QObject* parent);
  ~SliceDeck() override;

  // Image by its key; the same image again keeps view, planes and window. Empty: none.
  void show_image(const QString& key);
  const session::ImageData* image() const;
  const QString& image_key() const { return key_; }

  // --- planes ---
  enum class Planes { body, free, cardiac };
  Planes planes() const { return mode_; }
  const viewer::PlaneTriad& triad() const { return triad_; }
  void show_body_planes();
  void turn_by_hand();                                  // handles on the crosshair, planes stay where they are
  void show_cardiac(viewer::CardiacView view);          // from the landmarks of the labels; asks for clicks when there are none
  void ask_landmarks(viewer::CardiacView view);         // three clicks
  void set_cardiac(const viewer::CardiacPoints& points, viewer::CardiacView view);
  void turn(int view, double radians);

  // --- window, slab, letters ---
  std::vector<viewer::WindowPreset> presets() const;
  void apply_preset(const QString& key);
  void set_slab(viewer::Slab slab);
  viewer::Slab slab() const { return slab_; }
  void set_si_letters(bool on);
  bool si_letters() const { return si_; }
  void set_neurological(bool on);
  bool neurological() const { return neurological_; }

  // --- cine ---
  int phases() const { return clock_.count(); }
  int phase() const { return phase_; }
  void set_phase(int phase);
  void step_phase(int by);
  void play(bool on);
  bool playing() const { return timer_.isActive(); }
  void set_speed(double speed);                          // 1: the patient's own rate
  double speed() const { return speed_; }

  // --- measuring ---
  MeasureTool& measure() { return *measure_; }
  void start_measuring(core::MeasurementKind kind);
  void stop_tool();
  bool measuring() const { return measuring_; }
  // The views keep their pictures until each is computed in a turn of its own.
  void take_turns();
  // Point pairs of distances and polylines, for the 3D view.
  std::vector<core::Vec3> lines_in_3d() const;

 signals:
  void planes_changed();
  void phase_changed(int phase);
  void playing_changed(bool playing);
  void tool_changed();
  void measurements_changed();
  void image_shown();
  void slices_wanted();       // cardiac planes want room: layout with big slices

 private:
  void apply_triad();
  void on_image_changed(const QString& key);

  Workspace& workspace_;
  std::array<viewer::SliceView*, 3> views_;
  std::array<QPointer<viewer::SliceView>, 3> alive_;     // when the window closes the views may go first
  QString key_;
  std::shared_ptr<const core::Volume> base_;             // the image's volume when it was shown
  Planes mode_ = Planes::body;
  viewer::PlaneTriad triad_ = viewer::body_planes();
  viewer::Slab slab_;
  bool si_ = false, neurological_ = false, measuring_ = false;
  MeasureTool* measure_;
  std::unique_ptr<LandmarkClicks> clicks_;
  CineClock clock_;
  QTimer timer_;
  QElapsedTimer since_;
  double offset_ms_ = 0, speed_ = 1;
  int phase_ = 0;
  std::shared_ptr<const core::LabelMap> landmarks_of_;   // labels the cached points belong to
  std::optional<viewer::CardiacPoints> points_;
};

}  // namespace ot::gui
