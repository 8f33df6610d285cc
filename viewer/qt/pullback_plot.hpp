// SPDX-License-Identifier: GPL-3.0-or-later
// PullbackPlot: FFR or pressure along the vessel, before and after, with the 0.80 break and the grey zone 0.76..0.80; or waves at places over the beat;
// or a trace of any quantity over milliseconds (a single cell's).
#pragma once
#include <QColor>
#include <QString>
#include <QWidget>
#include <memory>
#include <vector>

namespace ot::viewer {

struct PullbackCurve {
  QString name;                    // "Baseline", "A"
  std::vector<double> arc_mm, value;
  QColor color;                    // invalid: taken from the theme by order (grey, accent, plan B)
  bool dashed = false;             // FAST results
};
struct PullbackSpan {              // stenosis or stent drawn as a bar on the axis
  double start_mm = 0, end_mm = 0;
  QString name;
  bool stent = false;
};

class PullbackPlot : public QWidget {
  Q_OBJECT
 public:
  enum class Kind { ffr, pressure_mmhg, shear_pa, wave_mmhg, wave_ml_min, wave_mm_s, trace };   // wave: over the beat, arc_mm holds seconds; trace: ms
  explicit PullbackPlot(QWidget* parent = nullptr);
  ~PullbackPlot() override;
  void set_kind(Kind kind);
  void set_trace(const QString& unit);          // kind trace, its values in this unit
  void set_message(const QString& text);        // shown while there is no curve; empty: the usual one
  void set_hover(double arc_mm);                // as if the mouse were there: plots one below the other read at one place; negative: none
  void set_curves(std::vector<PullbackCurve> curves);
  void set_spans(std::vector<PullbackSpan> spans);
  void set_cursor(double arc_mm);  // negative: none
  double cursor() const;
  const std::vector<PullbackCurve>& curves() const;
  void set_title(const QString& title);
  QSize sizeHint() const override { return {320, 200}; }
  QSize minimumSizeHint() const override { return {200, 120}; }

 signals:
  void arc_picked(double arc_mm);  // click or drag
  void hovered(double arc_mm);     // negative: the mouse has left

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void leaveEvent(QEvent*) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
