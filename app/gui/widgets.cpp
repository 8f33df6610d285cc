// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets.hpp"

#include <QHBoxLayout>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QStyle>
#include <QTimer>
#include <algorithm>

#include "app/gui/theme.hpp"

namespace ot::gui {

void set_role(QWidget* widget, const char* role) {
  if (widget->property("role").toString() == QLatin1String(role)) return;
  widget->setProperty("role", role);
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
}

QLabel* make_label(const QString& text, const char* role, QWidget* parent, bool wrap) {
  auto* label = new QLabel(text, parent);
  label->setProperty("role", role);
  label->setWordWrap(wrap);
  if (QLatin1String(role) == QLatin1String("caption")) label->setText(text.toUpper());
  return label;
}

void name_widget(QWidget* widget, const QString& object_name, const QString& accessible_name) {
  widget->setObjectName(object_name);
  widget->setAccessibleName(accessible_name);
}

QPushButton* make_button(const QString& text, const QString& object_name, QWidget* parent, const char* role) {
  auto* button = new QPushButton(text, parent);
  name_widget(button, object_name, text);
  if (role) button->setProperty("role", role);
  button->setCursor(Qt::PointingHandCursor);
  return button;
}

QToolButton* make_icon_button(const QString& icon_name, const QString& object_name, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  name_widget(button, object_name, tip);
  button->setToolTip(tip);
  button->setProperty("role", "icon");
  button->setIconSize({18, 18});
  set_icon(button, icon_name);
  return button;
}

void set_icon(QAbstractButton* button, const QString& icon_name) {
  const bool first = !button->property("icon_name").isValid();
  button->setProperty("icon_name", icon_name);
  const auto color_it = [button] {
    const QString role = button->property("role").toString();
    button->setIcon(icon(button->property("icon_name").toString(), role == "primary" ? QColor(Qt::white) : theme().secondary));
  };
  color_it();
  if (first) QObject::connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, button, color_it);
}

QFrame* make_card(QWidget* parent) {
  auto* card = new QFrame(parent);
  card->setProperty("role", "card");
  auto* box = new QVBoxLayout(card);
  box->setContentsMargins(12, 10, 12, 12);
  box->setSpacing(6);
  return card;
}

QFrame* make_rule(QWidget* parent) {
  auto* rule = new QFrame(parent);
  rule->setProperty("role", "rule");
  rule->setFixedHeight(1);
  return rule;
}

void allow(QWidget* widget, bool allowed, const QString& tip, const QString& why_not) {
  widget->setEnabled(allowed);
  widget->setToolTip(allowed ? tip : why_not);
}

void scroll_to_top(QWidget* widget) {
  constexpr int settled_ms = 60;   // a body that was just shown has its height after the next layout
  QTimer::singleShot(settled_ms, widget, [widget] {
    for (QWidget* p = widget->parentWidget(); p; p = p->parentWidget())
      if (auto* scroll = qobject_cast<QScrollArea*>(p)) {
        constexpr int above = 8;
        scroll->verticalScrollBar()->setValue(widget->mapTo(scroll->widget(), QPoint(0, 0)).y() - above);
        return;
      }
  });
}

void clear_layout(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (QWidget* widget = item->widget()) {
      widget->hide();
      widget->setParent(nullptr);   // out of the tree at once: it must not be found by name any more
      widget->deleteLater();
    }
    if (item->layout()) clear_layout(item->layout());
    delete item;
  }
}

double tabular_width(const QFontMetricsF& metrics, const QString& text) {
  const double digit = metrics.horizontalAdvance('0');
  double width = 0;
  for (const QChar c : text) width += c.isDigit() ? digit : metrics.horizontalAdvance(c);
  return width;
}

void draw_tabular(QPainter& painter, double right, double baseline, const QString& text) {
  const QFontMetricsF metrics(painter.font(), painter.device());
  const double digit = metrics.horizontalAdvance('0');
  double x = right - tabular_width(metrics, text);
  for (const QChar c : text) {
    const double own = metrics.horizontalAdvance(c);
    painter.drawText(QPointF(x + (c.isDigit() ? (digit - own) / 2 : 0), baseline), QString(c));
    x += c.isDigit() ? digit : own;
  }
}

NumberLabel::NumberLabel(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed); }

void NumberLabel::set(const QString& value, const QString& unit) {
  if (value == value_ && unit == unit_) return;
  const bool longer = value.size() != value_.size() || unit != unit_;
  value_ = value;
  unit_ = unit;
  setAccessibleDescription(unit.isEmpty() ? value : value + " " + unit);
  if (longer) updateGeometry();
  update();
}

QSize NumberLabel::sizeHint() const {
  const QFontMetricsF value(ui_font(13, weight_)), unit(ui_font(13));
  const double width = tabular_width(value, value_) + (unit_.isEmpty() ? 0 : 4 + unit.horizontalAdvance(unit_));
  return {int(std::ceil(width)) + 2, 20};
}

void NumberLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  double right = width() - 1;
  painter.setFont(ui_font(13));
  const QFontMetricsF metrics(painter.font(), this);
  const double baseline = (height() + metrics.ascent() - metrics.descent()) / 2;
  if (!unit_.isEmpty()) {
    painter.setPen(theme().hint);
    right -= metrics.horizontalAdvance(unit_);
    painter.drawText(QPointF(right, baseline), unit_);
    right -= 4;
  }
  painter.setFont(ui_font(13, weight_));
  painter.setPen(color_.isValid() ? color_ : theme().text);
  draw_tabular(painter, right, baseline, value_);
}

ElidedLabel::ElidedLabel(QString text, QWidget* parent, Qt::Alignment side) : QWidget(parent), text_(std::move(text)), side_(side) {
  setAccessibleDescription(text_);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(ui_font(12));
  painter.setPen(theme().hint);
  painter.drawText(rect(), int(side_ | Qt::AlignVCenter), QFontMetrics(painter.font()).elidedText(text_, Qt::ElideRight, width()));
}

QWidget* make_fact(const QString& name, const QString& value, QWidget* parent) {
  auto* row = new QWidget(parent);
  auto* box = new QHBoxLayout(row);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(8);
  auto* left = make_label(name, "small", row);
  auto* right = make_label(value, "", row);
  right->setStyleSheet("font-size: 12px;");
  right->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  right->setTextInteractionFlags(Qt::TextSelectableByMouse);
  // A number keeps to one line beside its unit; a long name gives way.
  constexpr int number_size = 14, row_size = 30;
  right->setWordWrap(value.size() > number_size && value.size() + name.size() > row_size);
  left->setWordWrap(value.size() + name.size() > row_size - 4);
  box->addWidget(left, left->wordWrap() && !right->wordWrap() ? 1 : 0, Qt::AlignTop);
  box->addWidget(right, left->wordWrap() && !right->wordWrap() ? 0 : 1);
  row->setAccessibleName(name);
  row->setAccessibleDescription(value);
  return row;
}

TileButton::TileButton(const QString& icon_name, const QString& title, const QString& line, QWidget* parent)
    : QAbstractButton(parent), icon_(icon_name), line_(line) {
  setText(title);
  setCheckable(true);
  setAccessibleName(title);
  setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setFixedHeight(50);
  setAttribute(Qt::WA_Hover);
}

void TileButton::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  QColor fill = t.card, line = t.hairline;
  if (isChecked()) {
    fill = mix(t.card, t.accent, t.dark ? 0.20 : 0.12);
    line = t.accent;
  } else if (underMouse() && isEnabled()) {
    fill = t.selected;
  }
  if (hasFocus()) line = t.accent;
  painter.setPen(QPen(line, 1));
  painter.setBrush(fill);
  painter.drawRoundedRect(box, 7, 7);
  const QColor text = isEnabled() ? t.text : t.hint;
  painter.drawPixmap(width() - 28, 8, icon_pixmap(icon_, isChecked() ? t.accent : isEnabled() ? t.secondary : t.hint, 18, devicePixelRatioF()));
  painter.setPen(text);
  painter.setFont(ui_font(13, QFont::Medium));
  painter.drawText(QRectF(10, 7, width() - 40, 18), Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(painter.font()).elidedText(this->text(), Qt::ElideRight, width() - 40));
  painter.setPen(t.hint);
  painter.setFont(ui_font(11));
  painter.drawText(QRectF(10, 26, width() - 16, 16), Qt::AlignLeft | Qt::AlignVCenter,
                   QFontMetrics(painter.font()).elidedText(line_, Qt::ElideRight, width() - 16));
}

Histogram::Histogram(QWidget* parent) : QWidget(parent) {
  setMinimumHeight(76);
  setAccessibleName("Histogram");
}

void Histogram::set(const std::vector<int>& counts, const QString& from, const QString& to) {
  counts_ = counts;
  from_ = from;
  to_ = to;
  update();
}

void Histogram::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& t = theme();
  const int most = counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end());
  const double floor = height() - 18;
  if (most > 0) {
    const double step = double(width()) / double(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const double h = std::max(counts_[i] > 0 ? 1.5 : 0.0, (floor - 2) * counts_[i] / most);
      painter.setPen(Qt::NoPen);
      painter.setBrush(mix(t.accent, t.card, 0.25));
      painter.drawRoundedRect(QRectF(double(i) * step + 1, floor - h, step - 2, h), 1.5, 1.5);
    }
  }
  painter.setPen(QPen(t.hairline, 1));
  painter.drawLine(QPointF(0, floor + 0.5), QPointF(width(), floor + 0.5));
  painter.setFont(ui_font(11));
  painter.setPen(t.hint);
  painter.drawText(QRectF(0, floor + 2, width(), 16), Qt::AlignLeft, from_);
  painter.drawText(QRectF(0, floor + 2, width(), 16), Qt::AlignRight, to_);
}

}  // namespace ot::gui
