// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/sheets.hpp"

#include <QGraphicsDropShadowEffect>
#include <QGridLayout>
#include <QKeyEvent>
#include <QMap>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/actions.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {

Sheet::Sheet(QWidget* window) : QFrame(window) {
  name_widget(this, "sheet", "Help");
  setProperty("role", "card");
  setFocusPolicy(Qt::StrongFocus);
  auto* shadow = new QGraphicsDropShadowEffect(this);
  shadow->setBlurRadius(48);
  shadow->setOffset(0, 10);
  shadow->setColor(QColor(0, 0, 0, 160));
  setGraphicsEffect(shadow);
  box_ = new QVBoxLayout(this);
  box_->setContentsMargins(20, 16, 20, 18);
  box_->setSpacing(8);
  hide();
}

void Sheet::present(int width) {
  resize(width, 100);
  box_->activate();
  const QSize window = parentWidget()->size();
  const int height = std::min(box_->hasHeightForWidth() ? box_->heightForWidth(width) : sizeHint().height(), window.height() - 40);
  setGeometry((window.width() - width) / 2, std::max(20, (window.height() - height) / 2), width, height);
  show();
  raise();
  setFocus();
}

void Sheet::show_keys(const Actions& actions) {
  clear_layout(box_);
  box_->addWidget(make_label("Keys", "title", this));
  QStringList groups;
  QMap<QString, QVector<QAction*>> by_group;
  for (QAction* action : actions.all()) {
    if (action->shortcut().isEmpty()) continue;
    const QString group = action->property("group").toString();
    if (!groups.contains(group)) groups << group;
    by_group[group] << action;
  }
  auto* columns = new QHBoxLayout;
  columns->setSpacing(36);
  constexpr int most_rows = 26;   // of 21 px: what a window of 760 px holds; four columns, wide enough for the longest name
  QVBoxLayout* column = nullptr;
  int rows = 0;
  for (const QString& group : groups) {
    if (!column || rows + 2 + by_group[group].size() > most_rows) {
      if (column) column->addStretch(1);
      column = new QVBoxLayout;
      column->setSpacing(4);
      columns->addLayout(column, 1);
      rows = 0;
    }
    auto* caption = make_label(group, "caption", this);
    caption->setContentsMargins(0, 8, 0, 2);
    column->addWidget(caption);
    rows += 2 + int(by_group[group].size());
    for (QAction* action : by_group[group]) {
      auto* line = new QHBoxLayout;
      line->addWidget(make_label(action->property("command").toString(), "", this));
      line->addStretch(1);
      line->addWidget(make_label(action->shortcut().toString(QKeySequence::NativeText), "secondary", this));
      column->addLayout(line);
    }
  }
  if (column) column->addStretch(1);
  box_->addLayout(columns);
  box_->addWidget(make_label("3D: left drag rotates, middle or Shift+left pans, wheel or right drag zooms, Ctrl+left rolls, Ctrl+click picks. "
                             "Slices: left crosshair, wheel slice, right drag window and level, Ctrl+wheel zoom, double click maximises.",
                             "small_hint", this, true));
  present(std::min(1240, parentWidget()->width() - 40));
}

void Sheet::show_help_on(QWidget* under_pointer) {
  clear_layout(box_);
  QString title = "OrganTwin", text;
  for (QWidget* w = under_pointer; w; w = w->parentWidget()) {
    if (w->toolTip().isEmpty() && w->accessibleName().isEmpty()) continue;
    title = w->accessibleName().isEmpty() ? title : w->accessibleName();
    text = w->toolTip();
    break;
  }
  box_->addWidget(make_label(title, "title", this));
  if (!text.isEmpty()) box_->addWidget(make_label(text, "", this, true));
  box_->addWidget(make_label("How it works", "caption", this));
  box_->addWidget(make_label("A twin is built from the image once: labels, meshes, fibres, the untreated beat. What you place goes into a plan; the "
                             "baseline never changes. Every edit is answered at once by the FAST model; \"Confirm with full model\" solves the "
                             "equations behind it and replaces the answer, and says by how much they differ. Everything can be undone by name.",
                             "small", this, true));
  box_->addWidget(make_label("First steps", "caption", this));
  box_->addWidget(make_label("Press P and click the wall: the heart is paced from there. Press L and click: a lesion that no longer conducts. Press D for a "
                             "drug, S for a stent. C compares two plans. Ctrl+K finds every command, H lists the keys.",
                             "small", this, true));
  box_->addWidget(make_label("Research and education only. Not for diagnosis or treatment of a patient.", "attention", this, true));
  present(520);
}

void Sheet::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_F1 || event->key() == Qt::Key_H) hide();
  else QFrame::keyPressEvent(event);
}

StarterCard::StarterCard(Actions& actions, QWidget* parent) : QFrame(parent) {
  name_widget(this, "starter_card", "What would you like to do?");
  setProperty("role", "card");
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(14, 8, 8, 8);
  row->setSpacing(8);
  row->addWidget(make_label("This heart is alive.", "strong", this));
  row->addSpacing(4);
  const std::tuple<const char*, const char*, const char*> entries[] = {{"pacing", "pacing", "Pace it"},
                                                                       {"lesion_point", "lesion", "Burn it"},
                                                                       {"drug", "drug", "Drug it"},
                                                                       {"open_image", "image", "Open my scan"}};
  for (const auto& [id, icon_name, text] : entries) {
    auto* button = make_button(text, QStringLiteral("starter_") + id, this);
    set_icon(button, icon_name);
    connect(button, &QPushButton::clicked, actions.find(id), &QAction::trigger);
    connect(button, &QPushButton::clicked, this, &StarterCard::closed);
    row->addWidget(button);
  }
  auto* close = make_icon_button("close", "starter_close", "Close this card", this);
  connect(close, &QToolButton::clicked, this, &StarterCard::closed);
  row->addWidget(close);
}

}  // namespace ot::gui
