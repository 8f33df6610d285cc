// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/number_row.hpp"

#include <QHBoxLayout>

#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {

QDoubleSpinBox* number_row(QVBoxLayout* box, QWidget* parent, const char* object, const QString& label, const QString& suffix, const NumberRange& range, const QString& tip) {
  auto* line = new QWidget(parent);
  auto* row = new QHBoxLayout(line);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(make_label(label, "", line), 1);
  auto* number = new NumberBox(line);
  name_widget(number, object, label);
  number->setRange(range.low, range.high);
  number->setSingleStep(range.step);
  number->setDecimals(range.decimals);
  number->setSuffix(suffix);
  number->setButtonSymbols(QAbstractSpinBox::NoButtons);
  number->setFixedWidth(92);
  line->setToolTip(tip);
  number->setToolTip(tip);
  row->addWidget(number);
  box->addWidget(line);
  return number;
}

}  // namespace ot::gui
