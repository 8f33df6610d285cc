// SPDX-License-Identifier: GPL-3.0-or-later
// CellPage: one isolated cell, paced as published and with a drug or factors on its currents: V, calcium and one current of the last beat, control against changed, and what is
// measured of them. It is a calculator beside the case: nothing of it changes a plan. Computed by a job of the session, the newest in place of the older.
// Model and sources: solvers/interventions/drug/cell_trial.hpp.
#pragma once
#include <QTimer>
#include <QWidget>
#include <map>
#include <memory>
#include <string>

#include "app/gui/workspace.hpp"
#include "solvers/interventions/drug/cell_trial.hpp"

class QBoxLayout;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ot::viewer {
class PullbackPlot;
}

namespace ot::gui {

class NumberTableWidget;

class CellPage : public QWidget {
  Q_OBJECT
 public:
  CellPage(Workspace& workspace, QWidget* parent);
  void take_plan_drug();                    // the drug and dose of the selected or first drug of the plan shown
  bool export_csv(const QString& file);     // false: said in the banner
  interventions::CellTrial asked() const;   // what the fields say
  // Null until computed; may lag behind the fields.
  const std::shared_ptr<const interventions::CellTrialAnswer>& answer() const { return answer_; }

 protected:
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void make_fields(QVBoxLayout* box, QWidget* inside);
  void take_heart();                        // cell model and cycle length of the case
  void refresh_model();                     // fields that depend on the model
  void refresh_drug();
  void edited();
  void compute();
  void refresh_state();                     // of the job and of the button
  void show_answer();
  void refresh_room();

  Workspace& workspace_;
  QWidget *column_, *words_;
  QComboBox *model_, *drug_, *way_, *current_;
  QDoubleSpinBox *cycle_, *beats_, *dose_;
  QWidget* dose_row_;
  QPushButton *compute_, *csv_, *from_plan_, *reset_, *numbers_;
  QVBoxLayout* currents_;
  QWidget* plots_;
  std::map<std::string, QDoubleSpinBox*> percent_;   // by the current: "IKr"
  viewer::PullbackPlot *v_, *ca_, *i_;
  NumberTableWidget* table_;
  QLabel* note_;
  QTimer soon_;
  QTimer ended_;   // looks whether the computation is still there: one that is cancelled as soon as it began is told of by nobody
  bool filling_ = false;
  std::shared_ptr<const interventions::CellTrialAnswer> answer_;
};

}  // namespace ot::gui
