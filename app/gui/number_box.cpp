// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/number_box.hpp"

#include <QAbstractSlider>
#include <QComboBox>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QStyle>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace ot::gui {

QEvent::Type NumberRefused::kind() {
  static const auto type = QEvent::Type(QEvent::registerEventType());
  return type;
}

NumberBox::NumberBox(QWidget* parent) : QDoubleSpinBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setKeyboardTracking(false);
  lineEdit()->installEventFilter(this);
  connect(lineEdit(), &QLineEdit::textChanged, this, [this] { mark(); });
}

QString NumberBox::digits(const QString& text) const {
  QString number = text;
  if (!suffix().isEmpty() && number.endsWith(suffix())) number.chop(suffix().size());
  if (!prefix().isEmpty() && number.startsWith(prefix())) number.remove(0, prefix().size());
  return number.trimmed().replace(',', '.');
}

std::optional<double> NumberBox::parsed(const QString& text) const {
  bool number = false;
  const double typed = QLocale::c().toDouble(digits(text), &number);
  return number ? std::optional(typed) : std::nullopt;
}

bool NumberBox::within(double typed) const {
  const double slack = 0.5 * std::pow(10.0, -decimals());   // the ends as shown, rounded
  return typed >= minimum() - slack && typed <= maximum() + slack;
}

QValidator::State NumberBox::validate(QString& text, int& at) const {
  if (!specialValueText().isEmpty() && text == specialValueText()) return QDoubleSpinBox::validate(text, at);
  static const QRegularExpression form(QStringLiteral("^-?\\d{0,12}([.]\\d{0,6})?$"));
  if (!form.match(digits(text)).hasMatch()) return QDoubleSpinBox::validate(text, at);
  const auto typed = parsed(text);
  return typed && within(*typed) ? QValidator::Acceptable : QValidator::Intermediate;
}

double NumberBox::valueFromText(const QString& text) const {
  const auto typed = text == specialValueText() ? std::nullopt : parsed(text);
  return typed ? std::clamp(*typed, minimum(), maximum()) : QDoubleSpinBox::valueFromText(text);
}

std::optional<double> NumberBox::outside() const {
  const auto typed = parsed(cleanText());
  return typed && !within(*typed) ? typed : std::nullopt;
}

QString NumberBox::range_words() const { return QStringLiteral("%1 to %2").arg(locale().toString(minimum(), 'g', 6), textFromValue(maximum()) + suffix()); }

void NumberBox::mark() {
  const bool wrong = outside().has_value();
  if (property("refused").toBool() == wrong) return;
  setProperty("refused", wrong);
  style()->unpolish(this);
  style()->polish(this);
  if (wrong && hasFocus()) QToolTip::showText(mapToGlobal(QPoint(0, height())), "Allowed: " + range_words(), this);
  else QToolTip::hideText();
}

void NumberBox::refuse(double typed) {
  NumberRefused event(QStringLiteral("%1: %2 is not possible here, it stays at %3. Allowed: %4.")
                          .arg(accessibleName().isEmpty() ? QStringLiteral("Number") : accessibleName(), locale().toString(typed, 'g', 8) + suffix(), textFromValue(value()) + suffix(), range_words()));
  QCoreApplication::sendEvent(window(), &event);
}

void NumberBox::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
    if (const auto typed = outside()) {   // stays as typed and marked: the person corrects it
      refuse(*typed);
      selectAll();
      event->accept();
      return;
    }
  QDoubleSpinBox::keyPressEvent(event);
}

void NumberBox::focusOutEvent(QFocusEvent* event) {
  if (const auto typed = outside()) {
    refuse(*typed);
    setValue(value());
    lineEdit()->setText(prefix() + textFromValue(value()) + suffix());
    mark();   // the field may have written its text without a word
  }
  QDoubleSpinBox::focusOutEvent(event);
}

bool NumberBox::eventFilter(QObject* watched, QEvent* event) {
  // With nothing typed, undo and redo are those of the plan, not of the text field.
  if (watched == lineEdit() && event->type() == QEvent::ShortcutOverride && cleanText() == textFromValue(value())) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
      event->ignore();
      return true;
    }
  }
  return QDoubleSpinBox::eventFilter(watched, event);
}

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::Wheel) return false;
  auto* widget = qobject_cast<QWidget*>(watched);
  if (!widget) return false;
  QWidget* field = nullptr;   // a list's popup is a view of its own and scrolls as before
  for (QWidget* w = widget; w && !w->isWindow() && !field; w = w->parentWidget())
    if (qobject_cast<QAbstractSpinBox*>(w) || qobject_cast<QComboBox*>(w) || (qobject_cast<QAbstractSlider*>(w) && !qobject_cast<QScrollBar*>(w))) field = w;
  // A closed list jumps by whole choices (another cell model, another way to size a lesion): there the wheel never means the field.
  if (!field || (field->hasFocus() && !qobject_cast<QComboBox*>(field))) return false;
  QWidget* page = field->parentWidget();
  while (page && !page->isWindow() && !qobject_cast<QScrollArea*>(page)) page = page->parentWidget();
  if (!qobject_cast<QScrollArea*>(page)) return false;   // nothing to scroll: the wheel can only mean the field
  event->ignore();   // goes on to the page behind
  return true;
}

}  // namespace ot::gui
