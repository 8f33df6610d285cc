// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/cell_page.hpp"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/inspector.hpp"
#include "app/gui/number_row.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/interventions/drug/drug.hpp"
#include "solvers/pharmacology/drug.hpp"
#include "viewer/qt/pullback_plot.hpp"

namespace ot::gui {
namespace {

constexpr const char* job_key = "single_cell";
constexpr int column_width = 232, words_width = 336, both_width = 860;   // below it curves and numbers take turns
constexpr int wait_ms = 350;         // typing pauses
constexpr double uM_per_mM = 1000;

QString text_of(const std::string& s) { return QString::fromStdString(s); }

// One cell of the heart's family: endocardial where there are several, as drugs are tested on.
const ep::IonicModel* cell_of(const std::string& family) {
  const ep::IonicModel* found = nullptr;
  for (const auto& m : ep::builtin_ionic_models())
    if (m.family->key == family && (!found || m.cell_type == ep::CellType::endo)) found = &m;
  return found;
}

QComboBox* choice(QVBoxLayout* box, QWidget* parent, const char* object, const QString& name) {
  auto* made = new QComboBox(parent);
  name_widget(made, object, name);
  made->setToolTip(name);
  made->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  made->setMinimumContentsLength(8);
  box->addWidget(made);
  return made;
}

}  // namespace

CellPage::CellPage(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "cell_page", "Single cell");
  filling_ = true;   // until every field is there
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 10, 8);
  row->setSpacing(10);
  const auto scrolled = [&](QWidget* in, QWidget* what) {
    auto* scroll = new QScrollArea(in);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(what);
    return scroll;
  };
  column_ = new QWidget(this);
  column_->setFixedWidth(column_width);
  auto* column = new QVBoxLayout(column_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  auto* title = make_label("One isolated cell, not the patient", "strong", column_);
  title->setObjectName("cell_title");
  title->setToolTip("A cell without neighbours, as its model was published. What the drug does to this heart is in the plan's own numbers.");
  column->addWidget(title);
  auto* inside = new QWidget(column_);
  auto* box = new QVBoxLayout(inside);
  box->setContentsMargins(0, 0, 6, 0);
  box->setSpacing(4);
  make_fields(box, inside);
  box->addStretch(1);
  column->addWidget(scrolled(column_, inside), 1);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(4);
  compute_ = make_button("Compute", "cell_compute", column_);
  connect(compute_, &QPushButton::clicked, this, &CellPage::compute);
  buttons->addWidget(compute_, 1);
  csv_ = make_button("CSV", "cell_csv", column_);
  connect(csv_, &QPushButton::clicked, this, [this] {
    if (const QString file = QFileDialog::getSaveFileName(window(), "Export the cell", "cell.csv", "CSV (*.csv)"); !file.isEmpty()) export_csv(file);
  });
  buttons->addWidget(csv_);
  numbers_ = make_button("Numbers", "cell_numbers", column_);
  numbers_->setCheckable(true);
  numbers_->setToolTip("Numbers in place of the curves");
  connect(numbers_, &QPushButton::toggled, this, &CellPage::refresh_room);
  buttons->addWidget(numbers_);
  column->addLayout(buttons);
  row->addWidget(column_);

  plots_ = new QWidget(this);
  auto* plots = new QVBoxLayout(plots_);
  plots->setContentsMargins(0, 0, 0, 0);
  plots->setSpacing(0);
  const auto plot = [&](const char* object, const QString& name, const QString& unit) {
    auto* made = new viewer::PullbackPlot(plots_);
    name_widget(made, object, name);
    made->setMinimumHeight(74);
    made->set_trace(unit);
    made->set_title(name);
    plots->addWidget(made, 1);
    return made;
  };
  v_ = plot("cell_plot_v", "Membrane potential V", "mV");
  ca_ = plot("cell_plot_ca", "Calcium in the cell", QString::fromUtf8("µM"));
  i_ = plot("cell_plot_i", "Current", "A/F");
  for (auto* of : {v_, ca_, i_}) {
    connect(of, &viewer::PullbackPlot::hovered, this, [this, of](double at) {
      for (auto* other : {v_, ca_, i_})
        if (other != of) other->set_hover(at);
    });
    connect(of, &viewer::PullbackPlot::arc_picked, this, [this](double at) {
      for (auto* each : {v_, ca_, i_}) each->set_cursor(at);
    });
  }
  row->addWidget(plots_, 1);

  words_ = new QWidget(this);
  auto* words = new QVBoxLayout(words_);
  words->setContentsMargins(0, 0, 4, 0);
  words->setSpacing(6);
  table_ = new NumberTableWidget(words_);
  name_widget(table_, "cell_table", "Numbers of the cell");
  table_->set_all(true);
  words->addWidget(table_);
  note_ = make_label({}, "small_hint", words_, true);
  note_->setObjectName("cell_note");
  note_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  words->addWidget(note_);
  words->addStretch(1);
  auto* scroll = scrolled(this, words_);
  scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);   // lines of the note are broken for the width that is left
  words_ = scroll;
  row->addWidget(scroll);

  soon_.setSingleShot(true);
  soon_.setInterval(wait_ms);
  connect(&soon_, &QTimer::timeout, this, &CellPage::compute);
  connect(&workspace, &Workspace::case_replaced, this, &CellPage::take_heart);
  connect(&workspace, &Workspace::model_changed, this, &CellPage::take_heart);
  connect(&workspace, &Workspace::jobs_changed, this, &CellPage::refresh_state);
  ended_.setSingleShot(true);
  ended_.setInterval(250);
  connect(&ended_, &QTimer::timeout, this, &CellPage::refresh_state);
  for (auto signal : {&Workspace::plans_changed, &Workspace::selection_changed}) connect(&workspace, signal, this, &CellPage::refresh_drug);
  connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, this, &CellPage::show_answer);
  take_heart();
}

void CellPage::make_fields(QVBoxLayout* box, QWidget* inside) {
  model_ = choice(box, inside, "cell_model", "Cell model");
  for (const auto& m : ep::builtin_ionic_models()) {
    model_->addItem(text_of(m.name), text_of(m.key));
    model_->setItemData(model_->count() - 1, text_of(m.source), Qt::ToolTipRole);
  }
  model_->view()->setMinimumWidth(290);   // names in full
  const auto number = [&](const char* object, const QString& label, const QString& unit, const NumberRange& range, const QString& tip) {
    auto* made = number_row(box, inside, object, label, unit, range, tip);
    connect(made, &QDoubleSpinBox::valueChanged, this, &CellPage::edited);
    return made;
  };
  cycle_ = number("cell_cycle", "Cycle length", " ms", {50, 20000, 50, 0}, "The cell is stimulated once every so many ms");
  beats_ = number("cell_beats", "Beats", "", {1, 100000, 50, 0}, "How many are played from the published initial state; the last is shown. Binding to hERG takes about 1000 to settle.");
  beats_->setValue(100);
  auto* caption = make_label("Drug", "caption", inside);
  caption->setContentsMargins(0, 4, 0, 0);
  box->addWidget(caption);
  drug_ = choice(box, inside, "cell_drug", "Drug of the catalogue");
  drug_->addItem("No drug", "");
  for (const auto& d : pharma::builtin_drugs()) drug_->addItem(text_of(d.name), text_of(d.key));
  dose_ = number("cell_dose", "Dose, x free Cmax", "", {0, 1000, 0.5, 2}, "Free concentration as a multiple of the usual free maximum of therapy");
  dose_->setValue(1);
  dose_row_ = dose_->parentWidget();
  way_ = choice(box, inside, "cell_drug_way", "How the drug acts on this cell");
  way_->addItem("Acts as in the heart", false);
  way_->addItem("Acts by its static blocks", true);
  way_->setToolTip("This cell has no channel that a drug binds to. In the heart such cells take the change of repolarisation of CiPAORdv1.0, which was made for drugs (decision 0010); the static blocks are what the cell itself answers.");
  from_plan_ = make_button("Take the plan's drug", "cell_from_plan", inside, "left");
  connect(from_plan_, &QPushButton::clicked, this, &CellPage::take_plan_drug);
  box->addWidget(from_plan_);
  caption = make_label("Plotted", "caption", inside);
  caption->setContentsMargins(0, 4, 0, 0);
  box->addWidget(caption);
  current_ = choice(box, inside, "cell_current", "Current below V and calcium");
  caption = make_label("Conductances, % of published", "caption", inside);
  caption->setContentsMargins(0, 4, 0, 0);
  box->addWidget(caption);
  auto* rows = new QWidget(inside);
  currents_ = new QVBoxLayout(rows);
  currents_->setContentsMargins(0, 0, 0, 0);
  currents_->setSpacing(2);
  box->addWidget(rows);
  reset_ = make_button("All back to 100 %", "cell_reset", inside, "left");
  set_icon(reset_, "reset");
  connect(reset_, &QPushButton::clicked, this, [this] {
    for (auto& [name, field] : percent_) field->setValue(100);
  });
  box->addWidget(reset_);
  connect(model_, &QComboBox::currentIndexChanged, this, &CellPage::refresh_model);
  for (auto* each : {drug_, way_}) connect(each, &QComboBox::currentIndexChanged, this, [this] {
      refresh_drug();
      edited();
    });
  connect(current_, &QComboBox::currentIndexChanged, this, &CellPage::show_answer);
}

void CellPage::take_heart() {
  const auto* heart = workspace_.heart();
  filling_ = true;
  const ep::IonicModel* cell = heart ? cell_of(heart->baseline.ionic_model) : &ep::builtin_ionic_models().front();
  if (cell) model_->setCurrentIndex(model_->findData(text_of(cell->key)));
  cycle_->setValue(heart ? heart->baseline.cycle_length_ms : 1000);
  filling_ = false;
  refresh_model();
}

void CellPage::refresh_model() {
  const ep::IonicModel* model = ep::find_ionic_model(model_->currentData().toString().toStdString());
  if (!model) return;
  model_->setToolTip(text_of(model->name + ": " + model->source));
  std::map<std::string, double> before;
  for (const auto& [name, field] : percent_) before[name] = field->value();
  percent_.clear();
  clear_layout(currents_);
  const auto& there = model->family->scales;
  for (const ep::ChannelKey& k : ep::channel_keys()) {
    if (std::find(there.begin(), there.end(), k.key) == there.end()) continue;
    const std::string object = std::string("cell_percent_") + k.current;
    auto* field = number_row(currents_, currents_->parentWidget(), object.c_str(), k.current, " %", {0, 100 * interventions::largest_cell_factor, 10, 1}, "Maximal conductance or rate: 100 is as published, 0 is blocked. A drug's block multiplies it.");
    field->setValue(before.count(k.current) ? before[k.current] : 100);
    connect(field, &QDoubleSpinBox::valueChanged, this, &CellPage::edited);
    percent_[k.current] = field;
  }
  {
    const QSignalBlocker quiet(current_);
    const QString shown = current_->currentData().toString();
    current_->clear();
    current_->addItem("No current", "");
    for (const auto& k : interventions::currents_of(*model)) current_->addItem(k.current, QString(k.current));
    const int at = current_->findData(shown.isEmpty() && current_->count() > 1 && !answer_ ? QString("IKr") : shown);
    current_->setCurrentIndex(std::max(0, at));
  }
  refresh_drug();
  edited();
}

void CellPage::refresh_drug() {
  const ep::IonicModel* model = ep::find_ionic_model(model_->currentData().toString().toStdString());
  const pharma::Drug* drug = pharma::find_drug(drug_->currentData().toString().toStdString());
  dose_row_->setVisible(drug != nullptr);
  way_->setVisible(drug && drug->herg && model && ep::takes_verified_response(model->family->key));
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  bool given = false;
  if (plan >= 0 && plan < int(data->plans.size()))
    for (const auto& spec : data->plans[std::size_t(plan)].scenario.interventions) given = given || spec.kind == "drug";
  allow(from_plan_, given, "Drug and dose of the plan shown; of several the selected one, else the first", "The plan shown gives no drug.");
}

void CellPage::take_plan_drug() {
  const twin::InterventionSpec* given = workspace_.selected_spec();
  const auto data = workspace_.data();
  if (given && given->kind != "drug") given = nullptr;
  const int plan = workspace_.session().active_plan();
  if (!given && plan >= 0 && plan < int(data->plans.size()))
    for (const auto& spec : data->plans[std::size_t(plan)].scenario.interventions)
      if (!given && spec.kind == "drug" && spec.enabled) given = &spec;
  if (!given) {
    workspace_.say(Tone::info, "The plan shown gives no drug. Choose one in the list of the single cell.");
    return;
  }
  const std::string key = given->params.text("drug");
  const pharma::Drug* drug = pharma::find_drug(key);
  const auto concentration = interventions::concentration_nM(*given);
  if (!drug || !concentration) {
    workspace_.say(Tone::bad, concentration ? QStringLiteral("The drug is not in the catalogue.") : text_of(concentration.error().message));
    return;
  }
  drug_->setCurrentIndex(drug_->findData(text_of(key)));
  dose_->setValue(*concentration / drug->free_cmax_nM.value);
}

interventions::CellTrial CellPage::asked() const {
  interventions::CellTrial trial;
  trial.model = model_->currentData().toString().toStdString();
  trial.cycle_length_ms = cycle_->value();
  trial.beats = int(std::lround(beats_->value()));
  if (const std::string drug = drug_->currentData().toString().toStdString(); !drug.empty()) trial.drug = {drug, dose_->value(), !way_->isHidden() && way_->currentData().toBool()};
  for (const auto& [name, field] : percent_)
    if (field->value() != 100) trial.scale.emplace_back(name, 0.01 * field->value());
  return trial;
}

void CellPage::edited() {
  if (filling_) return;
  show_answer();   // out of date now
  if (isVisible()) soon_.start();
}

void CellPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (!answer_ || !(answer_->asked == asked())) soon_.start();
  refresh_state();
}

void CellPage::compute() {
  soon_.stop();
  const auto trial = asked();
  if (answer_ && answer_->asked == trial) return;
  QPointer<CellPage> self(this);
  workspace_.session().jobs().start(session::Lane::image, job_key, "Single cell, " + std::to_string(trial.beats) + " beats",
                                    [self, trial, before = answer_](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
                                      auto found = interventions::run_cell_trial(trial, progress, before.get());
                                      if (!found) return core::pass(found);
                                      auto answer = std::make_shared<const interventions::CellTrialAnswer>(std::move(*found));
                                      return session::JobRunner::Completion([self, answer] {
                                        if (!self) return;
                                        self->answer_ = answer;
                                        self->show_answer();
                                      });
                                    });
  refresh_state();
}

void CellPage::refresh_state() {
  if (!isVisible()) return;   // told of many times a second while anything is computed
  const bool computing = soon_.isActive() || workspace_.session().jobs().active(job_key) != 0, current = answer_ && answer_->asked == asked();
  if (computing && !ended_.isActive()) ended_.start();
  compute_->setText(computing ? "Computing" : current ? "Computed" : "Compute");
  allow(compute_, !computing && !current, "Computes the cell as the fields say", computing ? "The cell is being computed: see the status bar, where it can be cancelled." : "The curves and numbers are those of the fields.");
  allow(csv_, answer_ != nullptr, "Writes curves, numbers and the spec for organtwin-cli solve as a table", "Nothing has been computed yet.");
  const QString message = computing ? "The cell is being computed." : "Press Compute.";
  for (auto* plot : {v_, ca_, i_}) plot->set_message(message);
}

void CellPage::show_answer() {
  refresh_state();
  ca_->setVisible(!answer_ || !answer_->control->cai_mM.empty());
  const QString current = current_->currentData().toString();
  i_->setVisible(!current.isEmpty());
  if (!answer_) return;
  const ep::CellResult &control = *answer_->control, &changed = *answer_->changed;
  const bool stale = !(answer_->asked == asked()), two = answer_->changed != answer_->control;
  const auto curves = [&](const std::vector<double>& a, const std::vector<double>& b, double factor) {
    std::vector<viewer::PullbackCurve> out;
    const auto add = [&](const char* name, const std::vector<double>& t, std::vector<double> values, int plan) {
      for (double& x : values) x *= factor;
      if (t.size() == values.size() && !t.empty()) out.push_back({name, t, std::move(values), plan_color(plan), stale});
    };
    add("Control", control.t_ms, a, 0);
    if (two) add("Changed", changed.t_ms, b, 1);
    return out;
  };
  v_->set_curves(curves(control.v_mV, changed.v_mV, 1));
  ca_->set_curves(curves(control.cai_mM, changed.cai_mM, uM_per_mM));
  const auto& names = answer_->currents;
  const auto at = std::size_t(std::find(names.begin(), names.end(), current.toStdString()) - names.begin());
  i_->set_title(current + ", outward positive");
  i_->set_curves(at < names.size() ? curves(control.currents_uA_per_uF[at], changed.currents_uA_per_uF[at], 1) : std::vector<viewer::PullbackCurve>{});

  present::NumberTable table;
  table.columns = {{0, "Control", "", stale}};
  if (two) table.columns.push_back({1, "Changed", "", stale}), table.right = 1, table.difference_of = "change";
  const auto a = interventions::quantities_of(control), b = interventions::quantities_of(changed);
  for (std::size_t k = 0; k < a.size() && k < b.size(); ++k) {
    const bool calcium = a[k].unit == "mM";
    if (calcium && control.cai_mM.empty()) continue;
    const double factor = calcium ? uM_per_mM : 1;
    present::NumberRow line;
    line.key = text_of(a[k].key);
    line.label = text_of(a[k].label);
    line.unit = calcium ? QString::fromUtf8("µM") : a[k].unit == "uC/uF" ? QString::fromUtf8("µC/µF") : text_of(a[k].unit);
    line.note = a[k].key == "apd90_change_ms" ? "APD90 of the last beat less that of the one before: how steady the state is"
                : a[k].key == "triangulation_ms" ? "APD90 less APD50"
                : a[k].key == "dvdt_max_V_per_s" ? "The stimulus takes part in it"
                : a[k].key == "qnet_uC_per_uF" ? "Net charge of INaL, ICaL, Ito, IKr, IKs and IK1 over the beat: the metric of CiPA (Li et al. 2017; Dutta et al. 2017)" : "";
    line.values = {factor * a[k].value};
    if (two) line.values.push_back(factor * b[k].value);
    line.full.assign(line.values.size(), std::nan(""));
    line.difference = two ? line.values[1] - line.values[0] : std::nan("");
    table.rows.push_back(std::move(line));
  }
  table_->show_table(table);
  constexpr int number_width = 60;
  for (int c = 1; c < table_->columnCount(); ++c) table_->setColumnWidth(c, number_width);

  QStringList words;
  if (stale) words << "Out of date: the fields have changed.";
  for (const auto& note : answer_->notes) words << text_of(note);
  if (const auto* model = ep::find_ionic_model(answer_->asked.model))
    words << QStringLiteral("%1: %2. From the published state, beat %3 of %4 every %5 ms; no neighbours, no patient data, the factors of the Model stage do not act here.").arg(text_of(model->name), text_of(model->source)).arg(control.reported_beat).arg(answer_->asked.beats).arg(answer_->asked.cycle_length_ms, 0, 'f', 0);
  note_->setText(words.join("\n"));
}

bool CellPage::export_csv(const QString& file) {
  if (!answer_) return false;
  const auto written = core::write_file(file.toStdString(), interventions::csv_of(*answer_));
  if (!written) workspace_.say(Tone::bad, text_of(written.error().message));
  else workspace_.say(Tone::good, "Exported " + file);
  return bool(written);
}

void CellPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  refresh_room();
}

void CellPage::refresh_room() {
  const bool both = width() >= both_width, only_numbers = !both && numbers_->isChecked();
  numbers_->setVisible(!both);
  words_->setVisible(both || only_numbers);
  plots_->setVisible(!only_numbers);
  words_->setMinimumWidth(both ? words_width : 0);
  words_->setMaximumWidth(both ? words_width : QWIDGETSIZE_MAX);
}

}  // namespace ot::gui
