// SPDX-License-Identifier: GPL-3.0-or-later
// BullsEye: the 17 segments of the American Heart Association as rings, base outside, anterior at 12 o'clock, septum left.
// Segments and names: Cerqueira et al., Circulation 105:539 (2002).
#pragma once
#include <QPointF>
#include <QWidget>
#include <array>
#include <memory>

#include "viewer/scene/palette.hpp"

namespace ot::viewer {

const char* aha_segment_name(int segment);   // 1..17, "basal anterior"

class BullsEye : public QWidget {
  Q_OBJECT
 public:
  explicit BullsEye(QWidget* parent = nullptr);
  ~BullsEye() override;
  void set_values(const std::array<double, 17>& values, const FieldStyle& style);   // [0] is segment 1; NaN = no value
  void clear();
  void set_selected(int segment);      // 0: none
  int selected() const;
  void set_show_values(bool on);       // value under the number
  void set_show_scale(bool on);        // colour bar with unit below
  // Where the RV wall meets the LV, degrees from the middle of the septum towards the anterior wall (core::lv_angle_deg).
  void set_insertions(double anterior_deg, double posterior_deg);
  void clear_insertions();
  // 0 when outside; position in widget pixels.
  int segment_at(const QPointF& position) const;
  QSize sizeHint() const override { return {260, 240}; }
  QSize minimumSizeHint() const override { return {140, 140}; }

 signals:
  void segment_clicked(int segment);   // 1..17

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  bool event(QEvent* event) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
