// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/param_form.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <algorithm>
#include <cmath>

#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/heart_facts.hpp"
#include "app/present/numbers.hpp"

namespace ot::gui {
namespace {

constexpr int slider_steps = 200;
constexpr int shown_at_first = 4;        // the rest is under "More"

int decimals_for(double range) { return range > 200 ? 0 : range > 5 ? 1 : 2; }

QString help_of(const core::ParamSpec& spec) {
  QString text = QString::fromStdString(spec.help);
  if (std::holds_alternative<double>(spec.fallback))
    text += QStringLiteral("\nAllowed: %1 to %2 %3").arg(spec.min).arg(spec.max).arg(QString::fromStdString(spec.unit));
  if (!spec.source.empty()) text += "\nSource: " + QString::fromStdString(spec.source);
  return text.trimmed();
}

}  // namespace

NumberField::NumberField(const core::ParamSpec& spec, QWidget* parent) : QWidget(parent), min_(spec.min), max_(spec.max) {
  const QString key = QString::fromStdString(spec.key);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setSpacing(8);
  auto* name = make_label(QString::fromStdString(spec.label), "", this, true);
  name->setMinimumWidth(20);
  row->addWidget(name, 1);
  auto* frame = new QFrame(this);
  frame->setProperty("role", "field");
  frame->setFixedSize(104, 28);
  auto* inner = new QHBoxLayout(frame);
  inner->setContentsMargins(8, 0, 8, 0);
  inner->setSpacing(4);
  box_ = new NumberBox(frame);
  name_widget(box_, "param_" + key, QString::fromStdString(spec.label));
  box_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  box_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  box_->setDecimals(decimals_for(max_ - min_));
  box_->setRange(min_, max_);
  box_->setSingleStep((max_ - min_) / 50);
  box_->setFrame(false);
  box_->setMinimumWidth(24);
  box_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  inner->addWidget(box_, 1);
  const QString unit = present::unit_text(QString::fromStdString(spec.unit));
  if (!unit.isEmpty()) inner->addWidget(make_label(unit, "hint", frame));
  row->addWidget(frame);
  column->addLayout(row);
  slider_ = new QSlider(Qt::Horizontal, this);
  name_widget(slider_, "slider_" + key, QString::fromStdString(spec.label) + " slider");
  slider_->setRange(0, slider_steps);
  if (const double* usual = std::get_if<double>(&spec.fallback)) {
    const double share = (*usual - min_) / (max_ - min_);
    if (share > 0 && share < 0.15) power_ = std::log(share) / std::log(1.0 / 3);   // the default at a third of the way
  }
  column->addWidget(slider_);
  setToolTip(help_of(spec));
  setAccessibleName(QString::fromStdString(spec.label));
  connect(box_, &QDoubleSpinBox::valueChanged, this, [this](double v) {
    const QSignalBlocker block(slider_);
    slider_->setValue(step_at(v));
    emit edited(v);
  });
  connect(slider_, &QSlider::valueChanged, this, [this](int s) {
    const double scale = std::pow(10.0, box_->decimals());
    const double v = std::round(value_at(s) * scale) / scale;
    const QSignalBlocker block(box_);
    box_->setValue(v);
    emit edited(box_->value());
  });
}

double NumberField::value() const { return box_->value(); }

void NumberField::set_value(double value) {
  const QSignalBlocker a(box_), b(slider_);
  box_->setValue(value);
  slider_->setValue(step_at(value));
}

double NumberField::value_at(int step) const { return min_ + (max_ - min_) * std::pow(double(step) / slider_steps, power_); }

int NumberField::step_at(double value) const {
  const double share = std::clamp((value - min_) / (max_ - min_), 0.0, 1.0);
  return int(std::lround(std::pow(share, 1 / power_) * slider_steps));
}

ParamForm::ParamForm(QWidget* parent) : QWidget(parent) {
  box_ = new QVBoxLayout(this);
  box_->setContentsMargins(0, 0, 0, 0);
  box_->setSpacing(4);
  soon_.setSingleShot(true);
  soon_.setInterval(66);
  connect(&soon_, &QTimer::timeout, this, &ParamForm::edited);
}

void ParamForm::show(const core::ParamSchema& schema, const core::ParamSet& values) {
  if (schema_.name != schema.name || setters_.size() != schema.params.size()) {
    soon_.stop();
    build(schema);
  }
  if (soon_.isActive()) return;   // the person is faster: their value goes out first
  values_ = values;
  for (const auto& [key, value] : values.values()) {
    const auto setter = setters_.find(key);
    if (setter != setters_.end()) setter->second(value);
  }
  show_rows();
}

void ParamForm::show_rows() {
  int used = 0;
  for (const auto& [key, row] : rows_) {
    const bool applies = schema_.applies(key, values_);
    row->setVisible(applies && (more_ || used < shown_at_first));
    used += applies;
  }
  more_button_->setVisible(used > shown_at_first);
  more_button_->setText(more_ ? "Less" : "More");
}

void ParamForm::build(const core::ParamSchema& schema) {
  clear_layout(box_);
  setters_.clear();
  rows_.clear();
  schema_ = schema;
  for (const core::ParamSpec& spec : schema.params) {
    const std::string key = spec.key;
    const QString object = "param_" + QString::fromStdString(key), label = QString::fromStdString(spec.label);
    if (std::holds_alternative<double>(spec.fallback)) {
      auto* field = new NumberField(spec, this);
      rows_.emplace_back(key, field);
      connect(field, &NumberField::edited, this, [this, key](double v) { change(key, v); });
      setters_[key] = [field](const core::ParamValue& v) {
        if (const double* number = std::get_if<double>(&v)) field->set_value(*number);
      };
    } else if (std::holds_alternative<bool>(spec.fallback)) {
      auto* check = new QCheckBox(label, this);
      name_widget(check, object, label);
      check->setToolTip(help_of(spec));
      rows_.emplace_back(key, check);
      connect(check, &QCheckBox::toggled, this, [this, key](bool on) { change(key, on); });
      setters_[key] = [check](const core::ParamValue& v) {
        const QSignalBlocker block(check);
        if (const bool* on = std::get_if<bool>(&v)) check->setChecked(*on);
      };
    } else {
      auto* row = new QWidget(this);
      auto* line = new QBoxLayout(label.size() > 8 ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight, row);
      line->setContentsMargins(0, 2, 0, 4);
      line->setSpacing(4);
      line->addWidget(make_label(label, "", row));
      row->setToolTip(help_of(spec));
      if (!spec.choices.empty()) {
        auto* choice = new QComboBox(row);
        name_widget(choice, object, label);
        for (const auto& text : spec.choices) choice->addItem(QString::fromStdString(present::words(text)), QString::fromStdString(text));
        choice->setMinimumWidth(100);
        choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        choice->setMaxVisibleItems(24);
        line->addWidget(choice, 1);
        connect(choice, &QComboBox::currentIndexChanged, this,
                [this, key, choice](int at) { change(key, choice->itemData(at).toString().toStdString()); });
        setters_[key] = [choice](const core::ParamValue& v) {
          const QSignalBlocker block(choice);
          if (const auto* text = std::get_if<std::string>(&v)) choice->setCurrentIndex(choice->findData(QString::fromStdString(*text)));
        };
      } else {
        auto* edit = new QLineEdit(row);
        name_widget(edit, object, label);
        line->addWidget(edit, 1);
        connect(edit, &QLineEdit::editingFinished, this, [this, key, edit] { change(key, edit->text().toStdString()); });
        setters_[key] = [edit](const core::ParamValue& v) {
          if (const auto* text = std::get_if<std::string>(&v))
            if (!edit->hasFocus()) edit->setText(QString::fromStdString(*text));
        };
      }
      rows_.emplace_back(key, row);
    }
    box_->addWidget(rows_.back().second);
  }
  more_button_ = make_button("More", "param_more", this, "link");
  connect(more_button_, &QPushButton::clicked, this, [this] {
    more_ = !more_;
    show_rows();
  });
  box_->addWidget(more_button_);
}

void ParamForm::change(const std::string& key, core::ParamValue value) {
  values_.set(key, std::move(value));
  show_rows();
  if (!soon_.isActive()) soon_.start();
}

}  // namespace ot::gui
