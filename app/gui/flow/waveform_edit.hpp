// SPDX-License-Identifier: GPL-3.0-or-later
// WaveformEdit: flow over one beat, drawn by hand. Drag a point to move it, double click to add one, right click to take one away.
// Keys: left and right choose a point, up and down change its flow by a hundredth of the highest, Delete takes it away.
#pragma once
#include <QWidget>

#include "app/session/waveform.hpp"

namespace ot::gui {

class WaveformEdit : public QWidget {
  Q_OBJECT
 public:
  explicit WaveformEdit(QWidget* parent = nullptr);
  void set_waveform(session::Waveform wave);   // no signal
  const session::Waveform& waveform() const { return wave_; }
  QPointF place_of(int point) const;           // in the widget, for tests
  QSize sizeHint() const override { return {212, 130}; }
  QSize minimumSizeHint() const override { return {160, 110}; }

 signals:
  void edited();                               // a gesture has ended

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void mouseDoubleClickEvent(QMouseEvent*) override;
  void keyPressEvent(QKeyEvent*) override;

 private:
  QRectF plot() const;
  double low() const;
  double high() const;
  QPointF to_screen(double t_s, double flow) const;
  int point_at(const QPointF& at) const;
  void take_away(int point);

  session::Waveform wave_;
  int held_ = -1, chosen_ = -1;
  double frozen_high_ = 0, frozen_low_ = 0;    // the scale stands still while a point is in the hand
  bool moved_ = false;
};

}  // namespace ot::gui
