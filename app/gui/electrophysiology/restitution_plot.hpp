// SPDX-License-Identifier: GPL-3.0-or-later
// RestitutionPlot: action potential duration and conduction velocity over the diastolic interval, one colour per kind of cell; S1-S2 as lines, trains as dots.
#pragma once
#include <QColor>
#include <QWidget>

#include "solvers/electrophysiology/studies/restitution_study.hpp"

namespace ot::gui {

class RestitutionPlot : public QWidget {
  Q_OBJECT
 public:
  explicit RestitutionPlot(QWidget* parent = nullptr);
  void set_study(const ep::RestitutionStudy& study);   // kinds under 1 % of the cells are left out when there are more than three
  static QColor color(int kind);
  int shown() const { return int(kinds_.size()); }
  QSize sizeHint() const override { return {240, 300}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  std::vector<ep::KindRestitution> kinds_;
};

}  // namespace ot::gui
