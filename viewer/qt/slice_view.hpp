// SPDX-License-Identifier: GPL-3.0-or-later
// SliceView: one slice with outlines, letters, caption and linked crosshair; drawn with QPainter, no OpenGL needed.
// Mouse: wheel slice, left click or drag crosshair, right drag window (x) and level (y), middle drag pan, Ctrl+wheel zoom,
// Shift+move linked crosshair, double click maximise, R reset, number keys window presets; handles on the crosshair turn the other planes.
#pragma once
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "viewer/scene/slice_scene.hpp"

namespace ot::viewer {

class SliceTool;

class SliceView : public QWidget {
  Q_OBJECT
 public:
  explicit SliceView(SlicePlane plane, QWidget* parent = nullptr);
  ~SliceView() override;

  SliceScene& scene();           // after changing it directly call refresh()
  void refresh();
  // When several views change at once each is computed in a turn of its own (app/gui/turn_queue.hpp): until release() the last picture is painted.
  void hold();
  void release();
  void set_volume(std::shared_ptr<const core::Volume> volume);
  void set_labels(std::shared_ptr<const core::LabelMap> labels);
  void set_equal_labels(std::shared_ptr<const core::LabelMap> labels);   // another map with the same voxels: nothing is painted
  // For a brush: the map given to set_labels was written in this voxel box (inclusive) by its owner; repaints only when it is seen here.
  void labels_changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi);
  void update_part(const QRectF& device_pixels);  // paints this rectangle again, for tools whose mark moves
  void set_phase(std::shared_ptr<const core::Volume> volume, const std::string& label);   // next instant of a cine
  // Lines of the other planes with handles to turn them (double oblique); the own plane's colour marks the name. Empty: plain crosshair.
  void set_cross_planes(std::vector<CrossPlane> planes, std::optional<core::Color> own = std::nullopt);
  void set_window_preset(const std::string& name, WindowLevel wl);
  void set_crosshair(const core::Vec3& lps_mm);   // from another view: no signal back
  void set_window_level(WindowLevel wl);          // from another view: no signal back
  void set_si_letters(bool on);                   // S/I instead of H/F
  void set_tool(SliceTool* tool);                 // not owned; null: the crosshair
  // Always painted above the outlines and below the tool (measurements, seeds, valve discs); not owned.
  void add_overlay(SliceTool* overlay);
  void remove_overlay(SliceTool* overlay);
  QSize sizeHint() const override { return {264, 220}; }

 signals:
  void crosshair_moved(const ot::core::Vec3& lps_mm);
  void window_level_changed(double width, double level);
  void slice_changed(double position_mm);
  void plane_turned(double radians);              // a handle was dragged: the other planes turn about this one's normal
  void preset_asked(int digit);                   // a number key: window preset
  void hovered(const QString& text);              // "x y z mm · 312 HU · LV blood pool", empty when left
  void maximise_requested();

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void wheelEvent(QWheelEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void mouseDoubleClickEvent(QMouseEvent*) override;
  void keyPressEvent(QKeyEvent*) override;
  void leaveEvent(QEvent*) override;
  bool event(QEvent*) override;                   // number keys are presets here, EP views elsewhere

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
