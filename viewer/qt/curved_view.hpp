// SPDX-License-Identifier: GPL-3.0-or-later
// CurvedView: a vessel along its centreline (straightened or curved) with the cross-section at the cursor, its area and diameters.
// Mouse on a device: drag its middle to move it, its ends to change its length, Esc leaves it where it was.
// Mouse on the long picture: left drag sideways moves the cursor, up and down turns about the line; wheel turns by 10 degrees,
// Ctrl+wheel is not used; right drag window. Keys: left and right move the cursor by 0.5 mm.
#pragma once
#include <QString>
#include <QWidget>
#include <memory>

#include "viewer/scene/curved_scene.hpp"

namespace ot::viewer {

class CurvedView : public QWidget {
  Q_OBJECT
 public:
  explicit CurvedView(QWidget* parent = nullptr);
  ~CurvedView() override;
  CurvedScene& scene();                          // after changing it directly call refresh()
  void refresh();
  void set_spans(std::vector<PathSpan> spans);   // stenoses: bars with a tick at the throat
  // Devices along the line, drawn at their radius with struts or, what does not stay, as a sleeve; draggable ones move by their middle
  // and change length by their ends.
  struct Device {
    QString id;
    double start_mm = 0, end_mm = 0, start_radius_mm = 0, end_radius_mm = 0;
    bool selected = false, movable = true, struts = true;
  };
  void set_devices(std::vector<Device> devices);
  bool dragging_device() const;
  void set_cursor(double arc_mm);                // from elsewhere: no signal back
  CrossSection section() const;                  // at the cursor
  QString numbers() const;                       // what is written beside the section
  QSize sizeHint() const override { return {560, 320}; }

 signals:
  void cursor_moved(double arc_mm, const ot::core::Vec3& lps_mm);
  void device_taken(const QString& id);
  void device_moved(double start_mm, double length_mm);   // along the path
  void device_released(bool kept);                         // false: Esc
  void window_level_changed(double width, double level);
  void hovered(const QString& text);

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void wheelEvent(QWheelEvent*) override;
  void keyPressEvent(QKeyEvent*) override;
  void leaveEvent(QEvent*) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
