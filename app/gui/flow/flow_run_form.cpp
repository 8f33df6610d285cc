// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/flow_run_form.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "app/gui/widgets.hpp"
#include "app/session/flow_codec.hpp"
#include "app/session/flow_ends.hpp"

namespace ot::gui {
namespace {

constexpr int field_width = 128;

QWidget* row_of(QVBoxLayout* form, QWidget* parent, const QString& label, QWidget* field, const QString& tip) {
  auto* row = new QWidget(parent);
  auto* box = new QHBoxLayout(row);
  box->setContentsMargins(0, 0, 0, 0);
  box->addWidget(make_label(label, "", row), 1);
  field->setFixedWidth(field_width);
  row->setToolTip(tip);
  box->addWidget(field);
  form->addWidget(row);
  return row;
}

QDoubleSpinBox* number(QWidget* parent, const char* object, const QString& label, const QString& unit, double low, double high, int decimals) {
  auto* box = new QDoubleSpinBox(parent);
  name_widget(box, object, label);
  box->setRange(low, high);
  box->setDecimals(decimals);
  if (!unit.isEmpty()) box->setSuffix(" " + unit);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  box->setKeyboardTracking(false);
  return box;
}

}  // namespace

FlowRunForm::FlowRunForm(QWidget* parent) : QWidget(parent) {
  name_widget(this, "flow_run_form", "How the flow is computed");
  auto* form = new QVBoxLayout(this);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(4);
  const auto choice = [&](const char* object, const QString& label, std::initializer_list<std::pair<const char*, const char*>> items) {
    auto* box = new QComboBox(this);
    name_widget(box, object, label);
    for (const auto& [text, key] : items) box->addItem(text, QString(key));
    connect(box, &QComboBox::activated, this, [this] {
      refresh_rows();
      if (!filling_) emit edited();
    });
    return box;
  };
  blood_ = choice("flow_blood", "Blood", {{"Newtonian", "newtonian"}, {"Shear thinning", "carreau_yasuda"}});
  row_of(form, this, "Blood", blood_, "Newtonian: 3.5 mPa s. Shear thinning: Carreau-Yasuda, 3.45 to 56 mPa s");
  network_ = choice("flow_network", "Fast model of the beat", {{"Automatic (RLC)", "automatic"}, {"Lumped (RLC)", "rlc"}, {"Pulse waves (1-D)", "one_d"}, {"Quasi-steady", "quasi_steady"}});
  network_row_ = row_of(form, this, "Fast model", network_, "How FAST follows a beat: inertia and elastic wall in pieces, pulse waves (takes a second or more), or losses alone");
  wall_ = choice("flow_wall", "Wall", {{"By calibre", "olufsen"}, {"Modulus, thickness", "young"}});
  wall_row_ = row_of(form, this, "Wall (fast)", wall_, "Stiffness of the wall in the fast model: E h / r by calibre (Olufsen 2000), or Young's modulus and thickness. The full model has a rigid wall");
  young_ = number(this, "flow_young", "Young's modulus", "kPa", 1, 1e5, 0);
  young_row_ = row_of(form, this, "Young's modulus", young_, "Of the wall, everywhere in this vessel");
  thickness_ = number(this, "flow_thickness", "Thickness of the wall", "mm", 0.01, 10, 2);
  thickness_row_ = row_of(form, this, "Thickness", thickness_, "Of the wall, everywhere in this vessel");
  beats_ = new QSpinBox(this);
  name_widget(beats_, "flow_beats", "Beats of the full model");
  beats_->setRange(1, 1000);
  beats_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  beats_->setKeyboardTracking(false);
  beats_row_ = row_of(form, this, "Beats (full)", beats_, "The last one is averaged; one alone is not periodic");
  step_ = number(this, "flow_step", "Time step of the full model", "ms", 0.0001, 100, 4);
  step_row_ = row_of(form, this, "Time step (full)", step_, "Divided by the solver where blood crosses too many cells in one step");
  tolerance_ = number(this, "flow_tolerance", "Tolerance of a steady run", {}, 1e-6, 1, 6);
  tolerance_row_ = row_of(form, this, "Tolerance", tolerance_, "A steady run has settled when its pressure drop changes by less than this share per flow-through");
  for (auto* box : {young_, thickness_, step_, tolerance_})
    connect(box, &QDoubleSpinBox::valueChanged, this, [this] {
      if (!filling_) emit edited();
    });
  connect(beats_, &QSpinBox::valueChanged, this, [this] {
    if (!filling_) emit edited();
  });
}

void FlowRunForm::show_conditions(const session::FlowConditions& all) {
  filling_ = true;
  steady_ = all.steady;
  blood_->setCurrentIndex(blood_->findData(all.fluid.carreau_yasuda ? "carreau_yasuda" : "newtonian"));
  network_->setCurrentIndex(network_->findData(session::name_of(all.network_model)));
  wall_->setCurrentIndex(wall_->findData(all.vessel_wall.by_young() ? "young" : "olufsen"));
  constexpr double usual_kPa = 400, usual_mm = 0.5;   // where a person begins
  young_->setValue(all.vessel_wall.by_young() ? 1e-3 * all.vessel_wall.young_Pa : usual_kPa);
  thickness_->setValue(all.vessel_wall.by_young() ? all.vessel_wall.thickness_mm : usual_mm);
  beats_->setValue(all.cycles);
  step_->setValue(1e3 * all.dt_s);
  tolerance_->setValue(all.steady_tolerance);
  filling_ = false;
  refresh_rows();
}

void FlowRunForm::refresh_rows() {
  const bool elastic = !steady_ && network_->currentData().toString() != "quasi_steady", by_hand = elastic && wall_->currentData().toString() == "young";
  network_row_->setVisible(!steady_);
  wall_row_->setVisible(elastic);
  young_row_->setVisible(by_hand), thickness_row_->setVisible(by_hand);
  beats_row_->setVisible(!steady_), step_row_->setVisible(!steady_);
  tolerance_row_->setVisible(steady_);
}

void FlowRunForm::take(session::FlowConditions& all) const {
  if ((blood_->currentData().toString() == "carreau_yasuda") != all.fluid.carreau_yasuda) session::give_blood(all, !all.fluid.carreau_yasuda);
  if (const auto model = session::network_model_from(network_->currentData().toString().toStdString())) all.network_model = *model;
  if (wall_->currentData().toString() == "olufsen") all.vessel_wall = {};
  else all.vessel_wall.young_Pa = 1e3 * young_->value(), all.vessel_wall.thickness_mm = thickness_->value();
  all.cycles = beats_->value();
  all.dt_s = 1e-3 * step_->value();
  all.steady_tolerance = tolerance_->value();
}

}  // namespace ot::gui
