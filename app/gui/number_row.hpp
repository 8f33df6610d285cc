// SPDX-License-Identifier: GPL-3.0-or-later
// A number with its label in one line of a stage panel: label left, field of fixed width right, answered when typing ends.
#pragma once
#include <QDoubleSpinBox>
#include <QString>
#include <QVBoxLayout>

namespace ot::gui {

struct NumberRange {
  double low = 0, high = 1, step = 1;
  int decimals = 0;
};
// suffix: as shown behind the number, with its space. Added to the end of `box`; the caller connects valueChanged.
QDoubleSpinBox* number_row(QVBoxLayout* box, QWidget* parent, const char* object, const QString& label, const QString& suffix, const NumberRange& range, const QString& tip);

}  // namespace ot::gui
