// SPDX-License-Identifier: GPL-3.0-or-later
// MeasureTool: draws the measurements of the shown image in every slice that contains them (faded when off its plane) and, while it
// is the tool of the slices, makes new ones and drags their handles. Every finished change is one undo step of the session.
// Clicks: distance 2, angle 3 (corner second), polyline and contour until Enter or double click (a contour may be drawn in one drag);
// ellipse and sphere: press the centre, drag the radius. Esc gives up the one begun; Del removes the selected one.
#pragma once
#include <QObject>
#include <QString>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "solvers/core/measurement.hpp"
#include "viewer/qt/slice_tool.hpp"

namespace ot::gui {

class Workspace;

class MeasureTool : public QObject, public viewer::SliceTool {
  Q_OBJECT
 public:
  MeasureTool(Workspace& workspace, QObject* parent);

  void set_image(const QString& key);
  const QString& image() const { return image_; }
  // What the next clicks make; nothing: only handles.
  void set_kind(std::optional<core::MeasurementKind> kind);
  std::optional<core::MeasurementKind> kind() const { return kind_; }
  QString selected() const { return QString::fromStdString(selected_); }
  void select(const QString& id);
  void remove(const QString& id);
  void rename(const QString& id, const QString& name);
  std::vector<core::Measurement> list() const;
  QString value_text(const core::Measurement& m) const;    // cached until the measurement or the image changes
  void forget_values() { values_.clear(); }

  bool press(viewer::SliceView&, const viewer::SlicePointer&) override;
  bool move(viewer::SliceView&, const viewer::SlicePointer&) override;
  bool release(viewer::SliceView&, const viewer::SlicePointer&) override;
  bool double_click(viewer::SliceView&, const viewer::SlicePointer&) override;
  bool key(viewer::SliceView&, int key, Qt::KeyboardModifiers) override;
  bool wants_key(int key, Qt::KeyboardModifiers) override;
  void paint(viewer::SliceView&, QPainter&) override;

 signals:
  void changed();          // what is drawn
  void left();             // Esc with nothing begun

 private:
  void draw(viewer::SliceView&, QPainter&, const core::Measurement&, bool selected, bool growing) const;
  void finish();
  void commit(const core::Measurement& m, bool fresh);
  std::optional<std::pair<core::Measurement, std::size_t>> handle_at(viewer::SliceView&, const viewer::SlicePointer&) const;

  Workspace& workspace_;
  QString image_;
  std::optional<core::MeasurementKind> kind_;
  std::string selected_;
  std::optional<core::Measurement> building_;   // clicks so far; the last point follows the mouse
  std::optional<core::Measurement> dragged_;
  std::size_t dragged_point_ = 0;
  bool pressed_ = false;
  core::Vec3 pressed_at_{0, 0, 0};
  core::Vec3 across_{1, 0, 0}, along_{0, 1, 0};   // screen axes of the view where an ellipse is drawn
  mutable std::map<std::string, std::pair<core::Measurement, QString>> values_;
};

}  // namespace ot::gui
