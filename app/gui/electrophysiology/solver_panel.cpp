// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/solver_panel.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <cmath>
#include <set>
#include <tuple>

#include "app/gui/electrophysiology/electrode_tool.hpp"
#include "app/gui/number_row.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/body_choices.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/whole_heart.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::gui {

SolverPanel::SolverPanel(Workspace& workspace, ElectrodeTool& electrodes, QWidget* parent) : QWidget(parent), workspace_(workspace), electrodes_(electrodes) {
  name_widget(this, "solver_panel", "How the beat is computed");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  auto* caption = make_label("How the beat is computed", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  cell_ = new QComboBox(this);
  name_widget(cell_, "solver_cell", "Cell model");
  cell_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  cell_->setMinimumContentsLength(8);
  std::set<std::string> seen;
  for (const auto& m : ep::builtin_ionic_models())
    if (m.family && seen.insert(m.family->key).second) {
      QString name = QString::fromStdString(m.name);
      name = name.section(',', 0, 0);   // the family, not its cell type
      cell_->addItem(name, QString::fromStdString(m.family->key));
      cell_->setItemData(cell_->count() - 1, QString::fromStdString(m.source), Qt::ToolTipRole);
    }
  box->addWidget(cell_);
  source_ = make_label({}, "small_hint", this, true);
  box->addWidget(source_);
  const auto field = [&](const char* object, const QString& label, const QString& unit, double lo, double hi, double step, int decimals, const QString& tip) {
    auto* number = number_row(box, this, object, label, unit.isEmpty() ? unit : " " + unit, {lo, hi, step, decimals}, tip);
    connect(number, &QDoubleSpinBox::valueChanged, this, [this] {
      if (!filling_) apply();
    });
    return number;
  };
  step_ = field("solver_dt", "Time step", "ms", 0.005, 0.1, 0.01, 3, "Of the FULL model. Verified at 0.05 ms and below; a larger step runs, and its notes say how much it errs.");
  end_ = field("solver_end", "End of the beat", "ms", 50, 5000, 50, 0, "FULL and FAST stop here: 150 ms are enough for QRS, 500 ms for QT at rest.");
  cycle_ = field("solver_cycle", "Cycle length", "ms", 250, 3000, 50, 0, "Cells are paced at it before the beat; rate correction and repolarisation follow it.");
  sodium_ = field("solver_sodium", "Sodium weight", "", 0, 1, 0.05, 2, "Share of the interpolated sodium current in the upstroke: 0.65 where conductivities are tuned to the asked velocity, 1 where not, 0 nodal.");
  torso_ = new QComboBox(this);
  name_widget(torso_, "solver_torso", "Body of the ECG");
  for (const auto& [name, key, tip] : {std::tuple{"ECG: standard torso", "standard", "Of an average adult (322 x 243 x 598 mm), laid around the heart"},
                                      {"ECG: patient's skin where seen", "auto", "The skin around the chest as the CT shows it bounds the conductor and carries the electrodes; where too little of it is seen, the standard torso"},
                                      {"ECG: patient's skin", "skin", "Refused with the reason where the CT shows too little of it"}}) {
    torso_->addItem(name, key);
    torso_->setItemData(torso_->count() - 1, QString(tip), Qt::ToolTipRole);
  }
  torso_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  torso_->setMinimumContentsLength(8);
  box->addWidget(torso_);
  connect(torso_, &QComboBox::activated, this, &SolverPanel::choose_torso);
  torso_now_ = make_label({}, "small_hint", this, true);
  torso_now_->setObjectName("solver_torso_now");
  box->addWidget(torso_now_);
  show_ = new QCheckBox("ECG electrodes in 3D", this);
  name_widget(show_, "solver_electrodes", "ECG electrodes in 3D");
  show_->setToolTip("Shows the electrodes around the heart; drag one to move it, the ECG is computed again when you let go.");
  box->addWidget(show_);
  connect(show_, &QCheckBox::toggled, this, [this](bool on) { electrodes_.set_shown(on); });
  reset_ = make_button("Electrodes back in place", "electrodes_reset", this, "left");
  set_icon(reset_, "reset");
  connect(reset_, &QPushButton::clicked, this, [this] { electrodes_.reset(); });
  box->addWidget(reset_);
  note_ = make_label("A change computes the beat again; Undo takes it back. Results of parts that did not change are kept.", "small_hint", this, true);
  box->addWidget(note_);
  connect(cell_, &QComboBox::activated, this, &SolverPanel::apply);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &SolverPanel::refresh);
  refresh();
}

void SolverPanel::refresh() {
  const auto* heart = workspace_.heart();
  setVisible(heart != nullptr);
  if (!heart) return;
  filling_ = true;
  const auto& p = heart->baseline;
  {
    const QSignalBlocker block(cell_);
    cell_->setCurrentIndex(cell_->findData(QString::fromStdString(p.ionic_model)));
  }
  const auto data = workspace_.data();
  {
    const QSignalBlocker block(torso_);
    torso_->setCurrentIndex(torso_->findData(QString::fromStdString(data->choices.torso)));
  }
  // A body needs the ventricles and their mesh: it is laid when the twin is built.
  torso_->setVisible(data->heart_mesh && data->choices.organ != "atria");
  QStringList now;
  for (const auto& line : session::torso_words(*data->twin)) now << QString::fromStdString(line);
  torso_now_->setText(now.join(' '));
  torso_now_->setVisible(torso_->isVisibleTo(this) && !now.isEmpty());
  source_->setText(cell_->currentIndex() >= 0 ? cell_->currentData(Qt::ToolTipRole).toString() : QString());
  step_->setValue(p.dt_ms);
  end_->setValue(p.end_ms);
  cycle_->setValue(p.cycle_length_ms);
  sodium_->setValue(ep::sodium_weight(p));
  filling_ = false;
  const int moved = electrodes_.moved();
  reset_->setVisible(moved > 0);
  reset_->setToolTip(QStringLiteral("%1 of them stand where a hand put them; Undo brings that back").arg(moved));
}

void SolverPanel::choose_torso() {
  const std::string torso = torso_->currentData().toString().toStdString();
  if (torso == workspace_.data()->choices.torso) return;
  workspace_.session().run_model_job("Fitting the torso to the skin", "torso of the ECG", [torso](session::CaseData& d, const core::Progress& progress) -> core::Result<void> {
    d.choices.torso = torso;
    if (auto ok = session::build_chosen_twin(d, {}, progress.part(0, 0.8)); !ok) return ok;
    if (auto run = session::run_scenario(d, {}, core::Mode::fast, {}, progress.part(0.8, 1)); !run) return core::pass(run);
    return {};
  });
  refresh();   // until it is built the twin stands as it was
}

void SolverPanel::apply() {
  const auto* heart = workspace_.heart();
  if (!heart) return;
  const auto data = workspace_.data();
  auto choices = session::electro_of(heart->baseline);
  if (data->choices.electro) choices.electrodes = data->choices.electro->electrodes;
  const auto before = choices;
  if (cell_->currentIndex() >= 0) choices.ionic_model = cell_->currentData().toString().toStdString();
  choices.dt_ms = step_->value();
  choices.end_ms = end_->value();
  choices.cycle_length_ms = cycle_->value();
  // Left alone, the choice stays with the solver (a negative weight), which knows whether conductivities are tuned.
  if (std::abs(sodium_->value() - ep::sodium_weight(heart->baseline)) > 1e-9) choices.sodium_interpolation_weight = sodium_->value();
  std::string what;
  if (choices.ionic_model != before.ionic_model) what = "cell model";
  else if (choices.dt_ms != before.dt_ms) what = "time step";
  else if (choices.end_ms != before.end_ms) what = "end of the beat";
  else if (choices.cycle_length_ms != before.cycle_length_ms) what = "cycle length";
  else if (choices.sodium_interpolation_weight != before.sodium_interpolation_weight) what = "sodium weight";
  else return;
  if (choices.ionic_model != before.ionic_model) {   // its cells are paced and a wave is sent through them: seconds
    workspace_.session().run_model_job("Tuning conductivities to the cells", what, [choices](session::CaseData& d, const core::Progress& progress) { return session::set_electro(d, choices, progress); });
    return;
  }
  workspace_.session().update_measured(what, [&](session::CaseData& d) {
    if (const auto done = session::set_electro(d, choices); !done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  });
}

}  // namespace ot::gui
