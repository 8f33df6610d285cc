// SPDX-License-Identifier: GPL-3.0-or-later
// ThresholdPlot: histogram of the wall with the remote region's mean and SD and the thresholds; the scar threshold can be dragged.
#pragma once
#include <QWidget>
#include <vector>

namespace ot::gui {

class ThresholdPlot : public QWidget {
  Q_OBJECT
 public:
  explicit ThresholdPlot(QWidget* parent = nullptr);
  void set_values(const std::vector<float>& values, const QString& unit);   // empty clears
  // NaN: not drawn. scar_above: the side of the threshold that is scar.
  void set_lines(double remote_mean, double remote_sd, double border, double threshold, bool scar_above);
  QSize sizeHint() const override { return {200, 104}; }

 signals:
  void dragged(double value);

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  double x_of(double value) const;
  double value_at(double x) const;

  std::vector<int> counts_;
  double lo_ = 0, hi_ = 1, mean_, sd_, border_, threshold_;
  bool above_ = true;
  QString unit_;
};

}  // namespace ot::gui
