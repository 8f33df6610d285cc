// SPDX-License-Identifier: GPL-3.0-or-later
// EcgPaper: a twelve-lead electrocardiogram on paper, in true millimetres when the screen's DPI is right.
// 25 mm/s (1 mm = 40 ms) and 10 mm/mV (1 mm = 0.1 mV) unless set otherwise; 3 x 4 leads of 2.5 s and a rhythm strip of lead II.
// One computed beat is repeated at the cycle length; one that ends before its T wave is drawn once in every column, to where it was
// computed. The whole paper is scaled down, never stretched, when the widget is small, and below 16 mm per row drawn at half the gain
// (so that rows do not run into each other): the scale line says both.
#pragma once
#include <QRectF>
#include <QString>
#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <vector>

class QPainter;

namespace ot::viewer {

struct EcgTraces {
  std::vector<std::string> leads;            // I II III aVR aVL aVF V1..V6, any order; missing ones are left empty
  std::vector<double> t_ms;                  // [samples], increasing
  std::vector<std::vector<double>> mV;       // [leads][samples]
  bool empty() const { return t_ms.size() < 2 || leads.empty(); }
};

// Geometry of the paper, free of widgets so that it can be tested.
struct EcgScale {
  double mm_per_s = 25, mm_per_mV = 10;
  double px_per_mm = 96.0 / 25.4;            // dpi / 25.4
  double x_px(double ms) const { return ms / 1000.0 * mm_per_s * px_per_mm; }
  double y_px(double mV) const { return -mV * mm_per_mV * px_per_mm; }   // up is negative
  double ms_of_px(double px) const { return px / (mm_per_s * px_per_mm) * 1000.0; }
};

class EcgPaper : public QWidget {
  Q_OBJECT
 public:
  explicit EcgPaper(QWidget* parent = nullptr);
  ~EcgPaper() override;

  void set_traces(EcgTraces traces, double cycle_length_ms);   // a finished beat: repeated at the cycle length
  void set_partial(EcgTraces traces);                          // while a run streams, or a run that ended early: drawn once, up to its last sample
  // Another plan in grey; empty removes. Cycle length 0: ends at its last sample.
  void set_ghost(EcgTraces traces, double cycle_length_ms, const QString& name);
  void set_intervals(const QString& line);                     // "rate 100/min  PR 152  QRS 112  QT/QTcF 358/424 ms  axis 42"
  void set_time(std::optional<double> t_ms);                   // accent cursor at this time of the beat
  void set_message(const QString& text);                       // shown when there is no trace
  void set_speed(double mm_per_s);                             // 25 or 50
  void set_gain(double mm_per_mV);                             // 5, 10 or 20
  enum class FitMode { shrink_to_fit, true_millimetres };
  void set_fit(FitMode fit);
  void set_print_dpi(double dpi);                              // 0: the screen's

  EcgScale scale() const;                                      // in effect for the present size, logical pixels
  // The same drawing on any paint device (report page); rectangle in the device's pixels, at true millimetres for dpi.
  void paint_on(QPainter& painter, const QRectF& area, double dpi) const;
  QSize sizeHint() const override { return {1060, 214}; }
  QSize minimumSizeHint() const override { return {420, 120}; }

 signals:
  void time_picked(double t_ms);                               // click or drag on the paper: time within the beat

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
