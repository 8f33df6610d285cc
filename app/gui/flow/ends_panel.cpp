// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/ends_panel.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <cmath>

#include "app/gui/flow/flow_run_form.hpp"
#include "app/gui/flow/waveform_edit.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/latest_worker.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/places.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/flow_preflight.hpp"
#include "app/session/flow_ends.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/conditions.hpp"

namespace ot::gui {
namespace {

constexpr double mm3_s_per_ml_min = 1000.0 / 60.0;
constexpr double resistance_unit = core::units::pa_per_mmhg / core::units::mm3_per_ml;    // Pa s/mm3 in 1 mmHg s/mL
constexpr double compliance_unit = core::units::mm3_per_ml / core::units::pa_per_mmhg;    // mm3/Pa in 1 mL/mmHg
constexpr qint64 largest_table = 4 << 20;  // bytes; a beat is some kilobytes
const core::Color inlet_color{0xff, 0x9f, 0x5a}, outlet_color{0x5f, 0xc9, 0x8b}, open_color{0xff, 0x6b, 0x5e}, chosen_color{0x4c, 0xc2, 0xff};

QString kind_key(const session::CapCondition& c, bool steady) {
  switch (session::kind_of(c, steady)) {
    case session::EndKind::flow: return "flow";
    case session::EndKind::waveform: return "waveform";
    case session::EndKind::pressure: return "pressure";
    case session::EndKind::resistance: return "resistance";
    case session::EndKind::windkessel: return "rcr";
    case session::EndKind::coronary: return "coronary";
  }
  return {};
}

QString summary_of(const session::CapCondition& c, const session::FlowConditions& all) {
  if (!session::has_condition(c)) return "no condition";
  if (c.inlet) return QStringLiteral("%1 mL/min").arg(session::mean_of(c, all.cycle_s) / mm3_s_per_ml_min, 0, 'f', 0);
  const QString kind = kind_key(c, all.steady);
  if (kind == "pressure") return QStringLiteral("%1 mmHg").arg(core::units::mmhg_from_pa(c.outflow.pd), 0, 'f', 0);
  return QStringLiteral("R %1 mmHg·s/mL%2").arg((c.outflow.rp + c.outflow.rd) / resistance_unit, 0, 'g', 3).arg(kind == "rcr" ? " with C" : kind == "coronary" ? " coronary" : "");
}

}  // namespace

struct EndsPanel::Check {
  std::shared_ptr<const twin::VesselModel> vessel;
  long number = 0;
  present::EndNames names;
  std::vector<present::PreflightLine> lines;
};

EndsPanel::EndsPanel(Workspace& workspace, Places& places, QWidget* parent) : QWidget(parent), workspace_(workspace), places_(places) {
  name_widget(this, "ends_panel", "Ends of the vessel");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  auto* caption = make_label("Ends of the vessels", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  vessel_ = new QComboBox(this);
  name_widget(vessel_, "ends_vessel", "Vessel whose ends are shown");
  box->addWidget(vessel_);
  list_ = new QVBoxLayout;
  list_->setSpacing(2);
  box->addLayout(list_);
  note_ = make_label("Click an end in the list or in the 3D view.", "small_hint", this, true);
  box->addWidget(note_);

  form_ = new QWidget(this);
  auto* form = new QVBoxLayout(form_);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(4);
  title_ = make_label({}, "strong", form_);
  title_->setObjectName("end_title");
  form->addWidget(title_);
  name_ = new QLineEdit(form_);
  name_widget(name_, "end_name", "Name of this end");
  name_->setPlaceholderText("Name, for example Diagonal");
  form->addWidget(name_);
  kind_ = new QComboBox(form_);
  name_widget(kind_, "end_kind", "Kind of condition");
  form->addWidget(kind_);
  const auto field = [&](const char* object, const QString& label, const QString& unit, double lo, double hi, int decimals, const QString& tip) {
    Field f;
    f.row = new QWidget(form_);
    auto* row = new QHBoxLayout(f.row);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(make_label(label, "", f.row), 1);
    f.box = new NumberBox(f.row);
    name_widget(f.box, object, label);
    f.box->setRange(lo, hi);
    f.box->setDecimals(decimals);
    f.box->setSuffix(" " + unit);
    f.box->setButtonSymbols(QAbstractSpinBox::NoButtons);
    f.box->setFixedWidth(116);
    f.row->setToolTip(tip);
    row->addWidget(f.box);
    form->addWidget(f.row);
    connect(f.box, &QDoubleSpinBox::valueChanged, this, [this] {
      if (!filling_) apply();
    });
    return f;
  };
  const auto choice = [&](const char* object, const QString& label, const QString& tip, QComboBox*& box) {
    auto* row = new QWidget(form_);
    auto* inside = new QHBoxLayout(row);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->addWidget(make_label(label, "", row), 1);
    box = new QComboBox(row);
    name_widget(box, object, label);
    box->setFixedWidth(116);
    row->setToolTip(tip);
    inside->addWidget(box);
    form->addWidget(row);
    connect(box, &QComboBox::activated, this, &EndsPanel::apply);
    return row;
  };
  profile_row_ = choice("end_profile", "Profile", "Velocity across the inlet: plug, developed flow of its own shape, or Womersley's for every harmonic of the beat", profile_);
  for (const auto& [text, profile] : {std::pair{"Plug", hemo::InletProfile::plug}, {"Developed", hemo::InletProfile::parabolic}, {"Womersley", hemo::InletProfile::womersley}}) profile_->addItem(text, int(profile));
  side_row_ = choice("end_side", "Ventricle", "Whose pressure squeezes the small arteries: all of the left one's, or a quarter of it as in the right one", side_);
  side_->addItem("Left", int(session::CoronarySide::left)), side_->addItem("Right", int(session::CoronarySide::right));
  flow_ = field("end_flow", "Mean flow", "mL/min", 0.1, 30000, 1, "Into the vessel, mean over the beat");
  cycle_ = field("end_cycle", "Beat", "s", 0.2, 3, 2, "Length of one beat");
  aortic_ = make_label({}, "attention", form_, true);
  aortic_->setObjectName("end_aortic");
  aortic_->setStyleSheet("font-size: 12px;");
  form->addWidget(aortic_);
  wave_row_ = new QWidget(form_);
  auto* wave_box = new QVBoxLayout(wave_row_);
  wave_box->setContentsMargins(0, 0, 0, 0);
  wave_box->setSpacing(4);
  wave_ = new WaveformEdit(wave_row_);
  wave_box->addWidget(wave_);
  auto* import = make_button("Import a table ...", "end_import", wave_row_, "left");
  import->setToolTip("CSV with two columns, time and flow; a first line may name the units (s or ms; mL/s, mL/min, L/min)");
  wave_box->addWidget(import);
  form->addWidget(wave_row_);
  proximal_ = field("end_proximal", "R proximal", "mmHg s/mL", 0, 1e5, 4, "Characteristic resistance, before the compliance");
  resistance_ = field("end_resistance", "Resistance", "mmHg s/mL", 0, 1e5, 4, "From the end of the vessel to the veins");
  compliance_ = field("end_compliance", "Compliance", "mL/mmHg", 0, 100, 5, "Of the arteries behind this end");
  pressure_ = field("end_pressure", "Pressure behind", "mmHg", -20, 300, 1, "At the far side of the resistance (veins), or at the end itself");
  box->addWidget(form_);
  auto* murray = make_button("Windkessels by Murray's law", "ends_murray", this, "left");
  murray->setToolTip("All outlets in one step: shares by calibre, resistances for the mean pressure at the mean flow, compliances for a decay of 1.5 s");
  connect(murray, &QPushButton::clicked, this, &EndsPanel::give_murray);
  box->addWidget(murray);
  auto* run_caption = make_label("How it is computed", "caption", this);
  run_caption->setContentsMargins(0, 6, 0, 0);
  box->addWidget(run_caption);
  run_ = new FlowRunForm(this);
  connect(run_, &FlowRunForm::edited, this, [this] {
    auto all = conditions();
    run_->take(all);
    send(all, "settings");
  });
  box->addWidget(run_);
  auto* check_caption = make_label("Before a run", "caption", this);
  check_caption->setContentsMargins(0, 6, 0, 0);
  box->addWidget(check_caption);
  checks_ = new QVBoxLayout;
  checks_->setSpacing(4);
  box->addLayout(checks_);

  connect(vessel_, &QComboBox::activated, this, [this] { workspace_.set_shown_vessel(vessel_->currentData().toString()); });
  connect(name_, &QLineEdit::editingFinished, this, [this] {
    if (!filling_) apply();
  });
  connect(kind_, &QComboBox::activated, this, &EndsPanel::apply);
  connect(wave_, &WaveformEdit::edited, this, &EndsPanel::apply);
  connect(import, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Flow over one beat", {}, "Tables (*.csv *.tsv *.txt);;All files (*)");
    if (!file.isEmpty()) import_waveform(file);
  });
  connect(&places.pane(), &HeartPane::clicked, this, [this](const viewer::Pick& pick) {
    const QString key = QString::fromStdString(pick.object_key);
    if (isVisible() && key.startsWith("cap:")) choose(key.mid(4));
  });
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::vessel_changed}) connect(&workspace, signal, this, &EndsPanel::refresh);
  form_->hide();
  checker_ = std::make_unique<LatestWorker<Check>>([this](Check check) {
    check.lines = present::preflight_flow(*check.vessel, check.names);
    QMetaObject::invokeMethod(this, [this, check = std::move(check)] { show_checks(check); }, Qt::QueuedConnection);
  });
}

EndsPanel::~EndsPanel() { checker_.reset(); }   // joins: nobody calls back afterwards

void EndsPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void EndsPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  places_.set("ends", {});
}

const twin::VesselModel* EndsPanel::vessel() const {
  const auto data = workspace_.data();
  return data->twin ? data->twin->find_vessel(vessel_->currentData().toString().toStdString()) : nullptr;
}

session::FlowConditions EndsPanel::conditions() const {
  const auto* v = vessel();
  if (!v) return {};
  auto now = session::conditions_of(*v);
  const auto data = workspace_.data();
  if (const auto known = data->choices.flow.find(v->key); known != data->choices.flow.end())
    for (auto& c : now.caps)
      for (const auto& k : known->second.caps)
        if (k.patch == c.patch) c.name = k.name;
  return now;
}

void EndsPanel::choose(const QString& patch) {
  chosen_ = patch;
  refresh();
}

void EndsPanel::refresh() {
  const auto data = workspace_.data();
  setVisible(data->twin && !data->twin->vessels.empty());   // no vessel has no ends
  if (!isVisible()) return;
  {
    const QSignalBlocker block(vessel_);
    vessel_->clear();
    if (data->twin)
      for (const auto& v : data->twin->vessels) vessel_->addItem(QString::fromStdString(v->name), QString::fromStdString(v->key));
    if (const int at = vessel_->findData(workspace_.shown_vessel()); at >= 0) vessel_->setCurrentIndex(at);
  }
  allow(vessel_, vessel_->count() > 0, "Vessel whose ends are shown", "This case has no vessel with a centreline.");
  clear_layout(list_);
  const auto all = conditions();
  bool known = false;
  for (const auto& c : all.caps) {
    const QString patch = QString::fromStdString(c.patch);
    known = known || patch == chosen_;
    const QString shown = c.name.empty() ? patch : QString::fromStdString(c.name);
    const QString value = summary_of(c, all);
    auto* row = make_button(shown + "   " + value, "end_" + QString(patch).replace(' ', '_'), this, "left");
    row->setCheckable(true);
    row->setChecked(patch == chosen_);
    connect(row, &QPushButton::clicked, this, [this, patch] { choose(patch); });
    list_->addWidget(row);
  }
  if (!known) chosen_.clear();
  note_->setVisible(!known && !all.caps.empty());
  run_->show_conditions(all);
  refresh_form();
  refresh_checks();
  refresh_marks();
}

void EndsPanel::refresh_form() {
  const auto all = conditions();
  const session::CapCondition* c = nullptr;
  for (const auto& cap : all.caps)
    if (QString::fromStdString(cap.patch) == chosen_) c = &cap;
  form_->setVisible(c != nullptr);
  if (!c) return;
  filling_ = true;
  title_->setText(chosen_.left(1).toUpper() + chosen_.mid(1));
  name_->setText(QString::fromStdString(c->name));
  const QString kind = kind_key(*c, all.steady);
  {
    const QSignalBlocker block(kind_);
    kind_->clear();
    if (c->inlet) {
      kind_->addItem("Constant flow", "flow");
      kind_->addItem("Flow over the beat", "waveform");
    } else {
      kind_->addItem("Resistance", "resistance");
      kind_->addItem("Windkessel (R C R)", "rcr");
      kind_->addItem("Coronary bed", "coronary");
      kind_->addItem("Pressure", "pressure");
    }
    kind_->setCurrentIndex(kind_->findData(kind));
  }
  profile_row_->setVisible(c->inlet);
  side_row_->setVisible(kind == "coronary");
  if (c->inlet) profile_->setCurrentIndex(profile_->findData(int(c->inflow.profile)));
  // The right bed is squeezed by a quarter of the pressure: told by its highest value.
  if (kind == "coronary") side_->setCurrentIndex(side_->findData(int(session::side_of_bed(*c->outflow.coronary))));
  flow_.row->setVisible(c->inlet);
  const auto* here = vessel();
  QString aortic;   // of the coronaries, which hang on the aorta but are solved by themselves
  for (const auto& v : workspace_.data()->twin->vessels)
    if (v->report_ffr && v->aortic_pressure_Pa > 0 && here && !here->report_ffr) aortic = QStringLiteral("The coronaries keep their aortic pressure of %1 mmHg: this inflow does not reach them.").arg(core::units::mmhg_from_pa(v->aortic_pressure_Pa), 0, 'f', 0);
  aortic_->setText(aortic);
  aortic_->setVisible(c->inlet && !aortic.isEmpty());
  cycle_.row->setVisible(kind == "waveform");
  wave_row_->setVisible(kind == "waveform");
  proximal_.row->setVisible(kind == "rcr");
  resistance_.row->setVisible(kind == "resistance" || kind == "rcr");
  compliance_.row->setVisible(kind == "rcr");
  pressure_.row->setVisible(!c->inlet);
  cycle_.box->setValue(all.cycle_s);
  if (c->inlet) {
    flow_.box->setValue(session::mean_of(*c, all.cycle_s) / mm3_s_per_ml_min);
    if (kind == "waveform") wave_->set_waveform(session::wave_of(*c, all.cycle_s));
  } else {
    proximal_.box->setValue(c->outflow.rp / resistance_unit);
    resistance_.box->setValue((kind == "rcr" ? c->outflow.rd : c->outflow.rp + c->outflow.rd) / resistance_unit);
    compliance_.box->setValue(c->outflow.c / compliance_unit);
    pressure_.box->setValue(core::units::mmhg_from_pa(c->outflow.pd));
  }
  filling_ = false;
}

void EndsPanel::apply() {
  const auto before = conditions();
  auto all = before;
  session::CapCondition* c = nullptr;
  for (auto& cap : all.caps)
    if (QString::fromStdString(cap.patch) == chosen_) c = &cap;
  if (!c) return;
  c->name = name_->text().trimmed().toStdString();
  const QString was = kind_key(*c, all.steady), kind = kind_->currentData().toString();
  if (c->inlet) c->inflow.profile = hemo::InletProfile(profile_->currentData().toInt());
  if (const auto free = c->inlet && vessel() ? session::check_inflow_is_free(*vessel()) : core::Result<void>(); !free && kind == "flow" && was == "flow") {
    // A constant inflow follows the aortic pressure: name and profile may be given, and a beat.
    const double shown = session::mean_of(*c, all.cycle_s) / mm3_s_per_ml_min;
    if (kind == was && std::abs(flow_.box->value() - shown) <= 0.5 * std::pow(10.0, -flow_.box->decimals())) {
      send(all, c->name.empty() ? chosen_ : QString::fromStdString(c->name));
    } else {
      workspace_.say(Tone::bad, QString::fromStdString(free.error().message));
      refresh_form();
    }
    return;
  }
  if (c->inlet) {
    const double asked = flow_.box->value() * mm3_s_per_ml_min;
    if (kind == "waveform") {
      session::Waveform wave = was == "waveform" ? wave_->waveform() : session::pulse_of_mean(asked, all.cycle_s);
      if (was == "waveform") {
        // The mean given in figures scales the curve; a new length of the beat stretches it.
        const double shown = session::mean_of(*c, all.cycle_s);
        const bool other = std::abs(asked - shown) > 0.5 * std::pow(10.0, -flow_.box->decimals()) * mm3_s_per_ml_min;
        wave = session::with_mean(wave, other ? asked : wave.mean(), cycle_.box->value());
      }
      if (auto ok = session::give_waveform(all, *c, wave); !ok) {
        workspace_.say(Tone::bad, QString::fromStdString(ok.error().message));
        refresh_form();
        return;
      }
    } else {
      session::give_flow(all, *c, asked);
    }
  } else {
    const double r = resistance_.box->value() * resistance_unit;
    auto& o = c->outflow;
    o.pd = core::units::pa_from_mmhg(pressure_.box->value());
    if (kind == "pressure") session::give_pressure(*c, o.pd);
    else if (kind == "resistance") session::give_resistance(*c, was == "resistance" ? r : o.rp + o.rd);
    else if (kind == "coronary") {
      // Anew only for another kind or ventricle: what stands there may have been scaled.
      const auto side = was == "coronary" ? session::CoronarySide(side_->currentData().toInt()) : session::side_of(*vessel());
      if (was != "coronary" || session::side_of_bed(*o.coronary) != side) session::give_coronary(all, *c, *vessel(), side);
    } else if (was == "rcr") o.rp = proximal_.box->value() * resistance_unit, o.rd = r, o.c = compliance_.box->value() * compliance_unit;
    else session::give_windkessel(*c);
  }
  const QString shown = c->name.empty() ? chosen_ : QString::fromStdString(c->name);
  send(all, shown);
}

void EndsPanel::send(const session::FlowConditions& all, const QString& what) {
  const auto* v = vessel();
  if (!v) return;
  const auto laid = session::with_conditions(*v, all);
  if (!laid) {
    workspace_.say(Tone::bad, QString::fromStdString(laid.error().message));
    refresh_form();
    return;
  }
  if (const auto fits = hemo::check_conditions((*laid)->baseline); !fits) {
    workspace_.say(Tone::bad, QString::fromStdString(fits.error().message));
    refresh_form();
    return;
  }
  const std::string key = v->key;
  workspace_.session().update_measured("end " + what.toStdString() + " of " + v->name, [&](session::CaseData& d) {
    const auto done = session::set_conditions(d, key, all);
    if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  });
}

void EndsPanel::import_waveform(const QString& file) {
  QFile in(file);
  if (!in.open(QIODevice::ReadOnly) || in.size() > largest_table) {
    workspace_.say(Tone::bad, QStringLiteral("%1 cannot be read as a table (it is missing or larger than 4 MB). Choose a CSV of one beat.").arg(file));
    return;
  }
  const auto wave = session::read_waveform(in.readAll().toStdString());
  if (!wave) {
    workspace_.say(Tone::bad, QString::fromStdString(wave.error().message));
    return;
  }
  auto all = conditions();
  for (auto& c : all.caps)
    if (QString::fromStdString(c.patch) == chosen_ && c.inlet) {
      if (const auto given = session::give_waveform(all, c, *wave); !given) {
        workspace_.say(Tone::bad, QString::fromStdString(given.error().message));
        return;
      }
      send(all, c.name.empty() ? chosen_ : QString::fromStdString(c.name));
      return;
    }
  workspace_.say(Tone::info, "Choose an inlet first: the table is its flow.");
}

void EndsPanel::refresh_checks() {
  clear_layout(checks_);
  const auto data = workspace_.data();
  const auto* v = vessel();
  ++asked_;
  if (!v) return;
  for (const auto& known : data->twin->vessels)
    if (known.get() == v) checker_->ask({known, asked_, present::end_names(*data, v->key), {}});
  checks_->addWidget(make_label("Looking ...", "small_hint", this));
}

void EndsPanel::show_checks(const Check& check) {
  if (check.number != asked_) return;   // the conditions changed meanwhile
  clear_layout(checks_);
  using Level = present::PreflightLine::Level;
  for (const auto& line : check.lines) {
    auto* label = make_label(QString::fromStdString(line.what), line.level == Level::good ? "good" : line.level == Level::bad ? "bad" : "attention", this, true);
    label->setStyleSheet("font-size: 12px;");
    checks_->addWidget(label);
    checks_->addWidget(make_label(QString::fromStdString(line.detail), "small_hint", this, true));
  }
}

void EndsPanel::give_murray() {
  const auto* v = vessel();
  if (!v) return;
  auto all = conditions();
  if (const auto given = session::give_murray_windkessels(all, *v); !given) {
    workspace_.say(Tone::bad, QString::fromStdString(given.error().message));
    return;
  }
  send(all, "Windkessels by Murray's law");
}

void EndsPanel::refresh_marks() {
  const auto* v = vessel();
  std::vector<viewer::PlaceMark> marks;
  if (v && v->lumen && QString::fromStdString(v->key) == workspace_.shown_vessel()) {
    const auto all = conditions();
    for (const auto& cap : session::lumen_caps(*v->lumen)) {
      const session::CapCondition* c = nullptr;
      for (const auto& k : all.caps)
        if (k.patch == cap.name) c = &k;
      const bool chosen = QString::fromStdString(cap.name) == chosen_;
      marks.push_back({"cap:" + cap.name, cap.centre, cap.normal, 1.15 * cap.radius_mm,
                        chosen ? chosen_color : !c || !session::has_condition(*c) ? open_color : c->inlet ? inlet_color : outlet_color});
    }
  }
  places_.set("ends", std::move(marks));
}

}  // namespace ot::gui
