// SPDX-License-Identifier: GPL-3.0-or-later
// The few small widgets every panel is made of, so that all of them look and measure the same.
#pragma once
#include <QAbstractButton>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace ot::gui {

// Text with a role of the style sheet: "secondary", "hint", "caption", "title", "strong", "small" ...
QLabel* make_label(const QString& text, const char* role, QWidget* parent, bool wrap = false);
void set_role(QWidget* widget, const char* role);
void name_widget(QWidget* widget, const QString& object_name, const QString& accessible_name);
QPushButton* make_button(const QString& text, const QString& object_name, QWidget* parent, const char* role = nullptr);
QToolButton* make_icon_button(const QString& icon_name, const QString& object_name, const QString& tip, QWidget* parent);
void set_icon(QAbstractButton* button, const QString& icon_name);   // follows the theme
QFrame* make_card(QWidget* parent);                                  // with a QVBoxLayout, 12 px inside
QFrame* make_rule(QWidget* parent);
// Disabled with the reason in the tooltip, enabled with the usual one.
void allow(QWidget* widget, bool allowed, const QString& tip, const QString& why_not);
void clear_layout(QLayout* layout);
void scroll_to_top(QWidget* widget);   // of the scroll area it lies in, as soon as its layout has settled

// Digits of equal width, right aligned; unit after the value in the hint colour.
class NumberLabel : public QWidget {
  Q_OBJECT
 public:
  explicit NumberLabel(QWidget* parent = nullptr);
  void set(const QString& value, const QString& unit = {});
  void set_color(const QColor& color) { color_ = color; update(); }
  void set_weight(int weight) { weight_ = weight; updateGeometry(); update(); }
  QString value() const { return value_; }
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QString value_, unit_;
  QColor color_;
  int weight_ = QFont::Normal;
};

// Draws text whose digits all take the width of a zero; `right` is the right end.
void draw_tabular(QPainter& painter, double right, double baseline, const QString& text);
double tabular_width(const QFontMetricsF& metrics, const QString& text);

// One line in the hint colour, cut with an ellipsis when there is no room.
class ElidedLabel : public QWidget {
  Q_OBJECT
 public:
  ElidedLabel(QString text, QWidget* parent, Qt::Alignment side = Qt::AlignRight);
  QSize sizeHint() const override { return {40, 18}; }
  QSize minimumSizeHint() const override { return {10, 18}; }
  QString text() const { return text_; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QString text_;
  Qt::Alignment side_;
};

// A name at the left and a value at the right.
QWidget* make_fact(const QString& name, const QString& value, QWidget* parent);

// Card-like button with a title, a line below and an icon: "Lesion / point line ring".
class TileButton : public QAbstractButton {
  Q_OBJECT
 public:
  TileButton(const QString& icon_name, const QString& title, const QString& line, QWidget* parent);
  void set_line(const QString& line) { line_ = line; update(); }
  QSize sizeHint() const override { return {100, 48}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QString icon_, line_;
};

// A small bar chart with a caption under its ends.
class Histogram : public QWidget {
  Q_OBJECT
 public:
  explicit Histogram(QWidget* parent = nullptr);
  void set(const std::vector<int>& counts, const QString& from, const QString& to);
  QSize sizeHint() const override { return {200, 76}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  std::vector<int> counts_;
  QString from_, to_;
};

}  // namespace ot::gui
