// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/stage_rail.hpp"

#include <QPainter>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"

namespace ot::gui {

StageButton::StageButton(int number, QWidget* parent) : QAbstractButton(parent), number_(number) {
  setCheckable(true);
  setFixedHeight(36);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
}

void StageButton::set_line(const present::StageLine& line) {
  line_ = line;
  setText(line.name);
  setAccessibleName("Stage " + QString::number(number_) + ": " + line.name);
  setAccessibleDescription(line.summary);
  setToolTip(line.detail);
  update();
}

void StageButton::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF box = QRectF(rect()).adjusted(0, 1, 0, -1);
  if (isChecked() || underMouse()) {
    p.setPen(Qt::NoPen);
    p.setBrush(isChecked() ? t.selected : mix(t.panel, t.selected, 0.5));
    p.drawRoundedRect(box, 6, 6);
  }
  if (hasFocus()) {
    p.setPen(QPen(t.accent, 1));
    p.setBrush(Qt::NoBrush);
    p.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  }
  const QRectF disc(9, (height() - 20) / 2.0, 20, 20);
  QColor fill = t.card, mark = t.secondary;
  QString icon_name;
  switch (line_.state) {
    case present::StageState::ready:
      fill = mix(t.panel, t.good, 0.28);
      mark = t.good;
      icon_name = "check";
      break;
    case present::StageState::attention:
      fill = mix(t.panel, t.attention, 0.25);
      mark = t.attention;
      break;
    case present::StageState::busy:
    case present::StageState::empty: break;
  }
  if (isChecked()) {
    fill = t.accent;
    mark = t.on_accent;
    icon_name.clear();
  }
  p.setPen(Qt::NoPen);
  p.setBrush(fill);
  p.drawEllipse(disc);
  if (!icon_name.isEmpty()) {
    p.drawPixmap(int(disc.x()) + 3, int(disc.y()) + 3, icon_pixmap(icon_name, mark, 14, devicePixelRatioF()));
  } else {
    p.setPen(mark);
    p.setFont(ui_font(11, QFont::DemiBold));
    p.drawText(disc, Qt::AlignCenter, line_.state == present::StageState::attention && !isChecked() ? "!" : QString::number(number_));
  }
  p.setPen(isChecked() ? t.text : line_.state == present::StageState::empty ? t.secondary : t.text);
  p.setFont(ui_font(13, isChecked() ? QFont::DemiBold : QFont::Normal));
  p.drawText(QRectF(38, 0, 90, height()), Qt::AlignVCenter | Qt::AlignLeft, line_.name);
  p.setPen(isChecked() ? t.secondary : t.hint);
  p.setFont(ui_font(11));
  p.drawText(QRectF(110, 0, width() - 120, height()), Qt::AlignVCenter | Qt::AlignRight,
             QFontMetrics(p.font()).elidedText(line_.summary, Qt::ElideRight, width() - 122));
}

StageRail::StageRail(Workspace& workspace, QWidget* parent) : QFrame(parent), workspace_(workspace) {
  name_widget(this, "stage_rail", "Stages");
  setFixedWidth(236);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(10, 10, 0, 0);
  box->setSpacing(2);
  auto* list = new QVBoxLayout;
  list->setContentsMargins(0, 0, 10, 0);
  list->setSpacing(2);
  for (int s = 0; s < present::stage_count; ++s) {
    auto* button = new StageButton(s + 1, this);
    static const char* const ids[] = {"case", "anatomy", "tissue", "model", "intervene", "report"};
    button->setObjectName(QStringLiteral("stage_") + ids[s]);
    connect(button, &QAbstractButton::clicked, this, [this, s] { choose(s); });
    buttons_[std::size_t(s)] = button;
    list->addWidget(button);
  }
  box->addLayout(list);
  box->addSpacing(6);
  stack_ = new QStackedWidget(this);
  stack_->setObjectName("stage_panels");
  box->addWidget(stack_, 1);
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::results_changed, &Workspace::facts_changed})
    connect(&workspace, signal, this, &StageRail::refresh);
  connect(&workspace, &Workspace::model_changed, this, &StageRail::refresh);
  connect(&workspace, &Workspace::image_changed, this, &StageRail::refresh);
  refresh();
}

void StageRail::set_panel(int stage, QWidget* panel) {
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(panel);
  stack_->insertWidget(stage, scroll);
}

void StageRail::choose(int stage) {
  for (int s = 0; s < present::stage_count; ++s) buttons_[std::size_t(s)]->setChecked(s == stage);
  if (stage == chosen_) return;
  chosen_ = stage;
  stack_->setCurrentIndex(stage);
  emit chosen_changed(stage);
}

void StageRail::refresh() {
  const auto lines = present::stage_lines(workspace_.session(), workspace_.facts());
  for (std::size_t s = 0; s < lines.size(); ++s) buttons_[s]->set_line(lines[s]);
}

}  // namespace ot::gui
