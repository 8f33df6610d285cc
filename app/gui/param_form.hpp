// SPDX-License-Identifier: GPL-3.0-or-later
// ParamForm: a form made from a ParamSchema alone: sliders, fields, choices, units, help. Parameters that do not apply to the present values are hidden.
#pragma once
#include <QFrame>
#include <QTimer>
#include <QWidget>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "solvers/core/param_schema.hpp"

class QDoubleSpinBox;
class QPushButton;
class QSlider;
class QVBoxLayout;

namespace ot::gui {

// Number with unit, and a slider below; both show the same value. Sliders run over `steps` even steps.
class NumberField : public QWidget {
  Q_OBJECT
 public:
  NumberField(const core::ParamSpec& spec, QWidget* parent);
  double value() const;
  void set_value(double value);   // no signal
  QSlider* slider() { return slider_; }
  QDoubleSpinBox* box() { return box_; }

 signals:
  void edited(double value);

 private:
  double value_at(int step) const;
  int step_at(double value) const;

  double min_, max_, power_ = 1;   // slider position ~ value^(1/power): fine where the default is small
  QDoubleSpinBox* box_;
  QSlider* slider_;
};

class ParamForm : public QWidget {
  Q_OBJECT
 public:
  explicit ParamForm(QWidget* parent = nullptr);
  // Rebuilds for another schema; keeps the widgets (and the keyboard focus) when the schema is the one already shown.
  void show(const core::ParamSchema& schema, const core::ParamSet& values);
  core::ParamSet values() const { return values_; }

 signals:
  void edited();   // coalesced: at most about 15 times a second while dragging

 private:
  void build(const core::ParamSchema& schema);
  void change(const std::string& key, core::ParamValue value);
  void show_rows();                // those that apply to the present values, the rarely used ones only when unfolded

  core::ParamSchema schema_;
  bool more_ = false;            // the rarely used ones are unfolded
  core::ParamSet values_;
  std::map<std::string, std::function<void(const core::ParamValue&)>> setters_;
  std::vector<std::pair<std::string, QWidget*>> rows_;   // in order of the schema
  QPushButton* more_button_ = nullptr;
  QVBoxLayout* box_;
  QTimer soon_;
};

}  // namespace ot::gui
