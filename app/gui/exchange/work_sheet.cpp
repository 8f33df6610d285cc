// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/exchange/work_sheet.hpp"

#include <QEvent>
#include <QGraphicsDropShadowEffect>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/widgets.hpp"

namespace ot::gui {

WorkSheet::WorkSheet(const QString& object_name, const QString& title, QSize wanted, QWidget* window) : QFrame(window), wanted_(wanted) {
  name_widget(this, object_name, title);
  setProperty("role", "card");
  setFocusPolicy(Qt::StrongFocus);
  auto* shadow = new QGraphicsDropShadowEffect(this);
  shadow->setBlurRadius(48);
  shadow->setOffset(0, 10);
  shadow->setColor(QColor(0, 0, 0, 160));
  setGraphicsEffect(shadow);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(20, 14, 20, 16);
  outer->setSpacing(8);
  auto* head = new QHBoxLayout;
  head->addWidget(make_label(title, "title", this), 1);
  auto* close = make_icon_button("close", object_name + "_close", "Close (Esc)", this);
  connect(close, &QToolButton::clicked, this, &QWidget::hide);
  head->addWidget(close);
  outer->addLayout(head);
  box_ = new QVBoxLayout;
  box_->setSpacing(8);
  outer->addLayout(box_, 1);
  line_ = make_label("", "small", this, true);
  line_->setObjectName(object_name + "_line");
  line_->hide();
  outer->addWidget(line_);
  window->installEventFilter(this);
  hide();
}

void WorkSheet::say(const QString& text, const char* role) {
  line_->setText(text);
  set_role(line_, role);
  line_->setVisible(!text.isEmpty());
}

void WorkSheet::place() {
  const QSize window = parentWidget()->size();
  const int width = std::min(wanted_.width(), window.width() - 40), height = std::min(wanted_.height(), window.height() - 40);
  setGeometry((window.width() - width) / 2, std::max(20, (window.height() - height) / 2), width, height);
}

void WorkSheet::present() {
  place();
  show();
  raise();
  setFocus();
}

void WorkSheet::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) hide();
  else QFrame::keyPressEvent(event);
}

bool WorkSheet::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  return QFrame::eventFilter(watched, event);
}

}  // namespace ot::gui
