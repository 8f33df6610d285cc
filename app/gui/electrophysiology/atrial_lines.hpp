// SPDX-License-Identifier: GPL-3.0-or-later
// AtrialLines: rings around the pulmonary veins and the line over the roof, put into the plan as ordinary lesions, and their proof of block.
// Part of the Intervene stage; shown where the twin has a left atrium.
#pragma once
#include <QWidget>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/session/atria.hpp"

class QDoubleSpinBox;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class AtrialLines : public QWidget {
  Q_OBJECT
 public:
  AtrialLines(Workspace& workspace, QWidget* parent);

 signals:
  // Pace at these two places, one on each side of a set that lies in the plan.
  void proof_wanted(const ot::core::Vec3& inside, const ot::core::Vec3& outside);

 private:
  struct Line {
    std::string key;
    QPushButton *add, *prove;
  };
  void refresh();
  // Hands the sets of the present twin to `then`, at once when they are there; else a job makes them first (it takes seconds), with words said when they cannot be made.
  void with_sets(const std::function<void()>& then);
  void add(const std::vector<std::string>& keys, const QString& step_name);
  void place(const std::vector<std::string>& keys, const QString& step_name);   // sets_ are those of the present twin
  void prove(const std::string& key);

  Workspace& workspace_;
  std::vector<Line> lines_;
  QPushButton* all_;
  QDoubleSpinBox* margin_;
  int job_ = 0;
  double margin_of_ = -1;   // of sets_, mm
  std::shared_ptr<const twin::TwinModel> sets_of_, making_for_;   // making_for_: a job is on its way
  std::vector<session::LesionSet> sets_;
};

}  // namespace ot::gui
