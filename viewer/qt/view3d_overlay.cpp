// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/qt/view3d_overlay.hpp"

#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "viewer/qt/theme_colors.hpp"

namespace ot::viewer {
namespace {
constexpr int chip_height = 24, chip_pad = 9, dot = 8;
QFont chip_font(bool bold) {
  QFont f;
  f.setPixelSize(12);
  f.setWeight(bold ? QFont::DemiBold : QFont::Normal);
  return f;
}
void card_background(QPainter& p, const QRectF& r, const QColor& border, double radius) {
  p.setRenderHint(QPainter::Antialiasing);
  QColor fill = theme::panel;
  fill.setAlpha(232);
  p.setPen(QPen(border, 1));
  p.setBrush(fill);
  p.drawRoundedRect(r.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}
}  // namespace

Chip::Chip(QWidget* parent) : QWidget(parent) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}
void Chip::set(const QString& bold, const QString& plain, const QColor& mark) {
  bold_ = bold, plain_ = plain, mark_ = mark;
  setAccessibleName((bold + " " + plain).trimmed());
  setVisible(!empty());
  resize(sizeHint());
  update();
}
QSize Chip::sizeHint() const {
  const int bold = QFontMetrics(chip_font(true)).horizontalAdvance(bold_), plain = QFontMetrics(chip_font(false)).horizontalAdvance(plain_);
  return {2 * chip_pad + (mark_.isValid() ? dot + 6 : 0) + bold + (bold && plain ? 6 : 0) + plain, chip_height};
}
void Chip::fit(int width) {
  const QSize whole = sizeHint();
  if (whole.width() <= width) {
    resize(whole);
    return;
  }
  const QFontMetrics metrics(chip_font(false));
  const int words = std::max(40, width - (whole.width() - metrics.horizontalAdvance(plain_)));
  resize(width, metrics.boundingRect(QRect(0, 0, words, 1000), Qt::TextWordWrap, plain_).height() + chip_height - metrics.height());
}
void Chip::paintEvent(QPaintEvent*) {
  QPainter p(this);
  card_background(p, rect(), mark_.isValid() ? mark_ : theme::hairline, 6);
  int x = chip_pad;
  if (mark_.isValid()) {
    p.setPen(Qt::NoPen);
    p.setBrush(mark_);
    p.drawEllipse(QRectF(x, 0.5 * (height() - dot), dot, dot));
    x += dot + 6;
  }
  p.setFont(chip_font(true));
  p.setPen(mark_.isValid() ? mark_ : theme::text);
  p.drawText(QRect(x, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft, bold_);
  x += QFontMetrics(chip_font(true)).horizontalAdvance(bold_) + (bold_.isEmpty() ? 0 : 6);
  p.setFont(chip_font(false));
  p.setPen(mark_.isValid() ? mark_ : theme::secondary);
  const bool lines = height() > chip_height;
  p.drawText(QRect(x, 0, lines ? width() - x - chip_pad : width(), height()), Qt::AlignVCenter | Qt::AlignLeft | (lines ? int(Qt::TextWordWrap) : 0), plain_);
}

HoverCard::HoverCard(QWidget* parent) : QLabel(parent) {
  setObjectName("hover_card");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setTextFormat(Qt::RichText);
  QFont f;
  f.setPixelSize(12);
  setFont(f);
  setContentsMargins(10, 7, 10, 7);
  setStyleSheet("QLabel { color: #e6ebf0; background: transparent; }");
  hide();
}
void HoverCard::show_at(const QPoint& cursor, const QString& text) {
  if (this->text() != text) setText(text);
  adjustSize();
  const QSize room = parentWidget()->size();
  QPoint at = cursor + QPoint(16, 14);
  if (at.x() + width() > room.width() - 4) at.setX(cursor.x() - width() - 12);
  if (at.y() + height() > room.height() - 4) at.setY(cursor.y() - height() - 10);
  move(std::max(4, at.x()), std::max(4, at.y()));
  show();
  raise();
}
void HoverCard::paintEvent(QPaintEvent* event) {
  {
    QPainter p(this);
    card_background(p, rect(), theme::hairline, 7);
  }
  QLabel::paintEvent(event);
}

Hatching::Hatching(QWidget* parent) : QWidget(parent) {
  setObjectName("stale_hatching");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}
void Hatching::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  QColor line = theme::attention;
  line.setAlpha(38);
  p.setPen(QPen(line, 1.5));
  for (int x = -height(); x < width(); x += 16) p.drawLine(x, height(), x + height(), 0);
}

EmptyMessage::EmptyMessage(QWidget* parent) : QWidget(parent), text_(new QLabel(this)), button_(new QPushButton(this)) {
  setObjectName("empty_message");
  auto* column = new QVBoxLayout(this);
  column->setSpacing(12);
  text_->setAlignment(Qt::AlignCenter);
  text_->setWordWrap(true);
  text_->setStyleSheet("color: #9aa7b4; font-size: 13px; background: transparent;");
  column->addWidget(text_);
  column->addWidget(button_, 0, Qt::AlignHCenter);
  button_->setObjectName("empty_button");
  button_->setMinimumHeight(28);
  connect(button_, &QPushButton::clicked, this, &EmptyMessage::activated);
  hide();
}
void EmptyMessage::set(const QString& text, const QString& button) {
  text_->setText(text);
  button_->setText(button);
  button_->setAccessibleName(button);
  button_->setVisible(!button.isEmpty());
  setVisible(!text.isEmpty());
}

}  // namespace ot::viewer
