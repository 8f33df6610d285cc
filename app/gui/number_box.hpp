// SPDX-License-Identifier: GPL-3.0-or-later
// A number field that never turns what was typed into another number. Point and comma are both decimal marks (thousands are never grouped); a value outside the range stays as typed, marked, with the range beside it, and is refused in words.
#pragma once
#include <QDoubleSpinBox>
#include <QEvent>
#include <QString>
#include <optional>

namespace ot::gui {

// Sent to the window of a field whose number was refused; the window says the sentence.
class NumberRefused : public QEvent {
 public:
  explicit NumberRefused(QString sentence) : QEvent(kind()), sentence_(std::move(sentence)) {}
  const QString& sentence() const { return sentence_; }
  static QEvent::Type kind();

 private:
  QString sentence_;
};

class NumberBox : public QDoubleSpinBox {
 public:
  explicit NumberBox(QWidget* parent = nullptr);
  QValidator::State validate(QString& text, int& at) const override;
  double valueFromText(const QString& text) const override;

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QString digits(const QString& text) const;                 // without prefix and suffix, the mark as a point
  std::optional<double> parsed(const QString& text) const;   // the number of a text, if it is one
  bool within(double typed) const;
  std::optional<double> outside() const;   // the typed number when it is out of range
  QString range_words() const;
  void refuse(double typed);
  void mark();
};

// Scrolling a page must not change the fields under the pointer: the wheel reaches number fields and sliders only when they have the keyboard focus, closed
// lists never. One per program.
class WheelGuard : public QObject {
 public:
  using QObject::QObject;
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace ot::gui
