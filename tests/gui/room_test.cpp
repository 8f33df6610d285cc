// SPDX-License-Identifier: GPL-3.0-or-later
// Small screens: every stage and tab at 1100x700 and 1280x800 shows its words in full.
#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QStyle>
#include <QToolButton>
#include <catch2/catch.hpp>

#include "app/present/stages.hpp"
#include "tests/gui/placed_stent.hpp"

using namespace ot;
using namespace ot::test;

namespace {

constexpr int slack = 2;   // px: rounding of fonts

bool cut(const QWidget* w) {
  if (const auto* label = qobject_cast<const QLabel*>(w)) {
    if (label->text().isEmpty() || !label->pixmap(Qt::ReturnByValue).isNull()) return false;
    if (label->wordWrap()) return label->heightForWidth(label->width()) > label->height() + slack;
    return label->sizeHint().width() > label->width() + slack;
  }
  const QFontMetrics metrics(w->font());
  if (const auto* button = qobject_cast<const QAbstractButton*>(w)) {
    if (button->text().isEmpty() || (qobject_cast<const QToolButton*>(w) && static_cast<const QToolButton*>(w)->toolButtonStyle() == Qt::ToolButtonIconOnly)) return false;
    const bool plain = w->inherits("QPushButton") || w->inherits("QCheckBox") || w->inherits("QToolButton");   // others paint their text themselves
    const int icon = button->icon().isNull() ? 0 : button->iconSize().width() + 4, mark = w->inherits("QCheckBox") ? 20 : 0;
    return plain && metrics.size(Qt::TextShowMnemonic, button->text()).width() + icon + mark > w->width() + slack;
  }
  if (const auto* box = qobject_cast<const QComboBox*>(w)) {
    constexpr int arrow = 26;
    return metrics.horizontalAdvance(box->currentText()) + arrow > w->width() + slack && box->toolTip().isEmpty();   // a long choice is read in its tip
  }
  return false;
}

// What is cut, by words or by the edge of what holds it (only up and down can be scrolled).
QStringList cut_in(const Window& w, const QString& where) {
  QStringList found;
  for (const auto* child : w.window->findChildren<QWidget*>()) {
    if (!child->isVisible() || child->visibleRegion().isEmpty()) continue;
    const bool says = qobject_cast<const QLabel*>(child) || qobject_cast<const QAbstractButton*>(child) || qobject_cast<const QComboBox*>(child);
    if (!says) continue;
    const bool beyond = child->visibleRegion().boundingRect().width() + slack < child->width();
    if (!cut(child) && !beyond) continue;
    const auto* label = qobject_cast<const QLabel*>(child);
    const auto* button = qobject_cast<const QAbstractButton*>(child);
    const auto* box = qobject_cast<const QComboBox*>(child);
    const QString text = label ? label->text() : button ? button->text() : box->currentText();
    found << QStringLiteral("%1: %2 \"%3\"%4").arg(where, child->objectName(), text.left(60), beyond ? QString(" (beyond the edge)") : QString());
  }
  return found;
}

}  // namespace

TEST_CASE("no label, button or choice is cut in any stage, dock page or inspector page at 1100 x 700 and 1280 x 800 px, of a plan with a stent and a drug") {
  Window w;
  place_stent(w);
  const QString stent = w.workspace().selection();
  REQUIRE(w.command("action drug").isEmpty());
  REQUIRE(w.fast_ready(1));
  const QString drug = w.workspace().selection();
  QStringList found;
  for (const auto& [width, height] : {std::pair(1100, 700), std::pair(1280, 800)}) {
    w->resize(width, height);
    const auto look = [&](const QString& where) {
      w.wait([&] { return !w.session().jobs().busy(); });   // names of jobs come and go
      w.wait([] { return false; }, 120);
      found << cut_in(w, QStringLiteral("%1x%2 %3").arg(width).arg(height).arg(where));
    };
    for (int stage = 0; stage < present::stage_count; ++stage) {
      w.workspace().request_stage(stage);
      look(QStringLiteral("stage %1").arg(stage + 1));
    }
    w.workspace().request_stage(present::stage_intervene);
    for (const QString& chosen : {stent, drug}) {
      w.workspace().set_selection(chosen);
      look("form of " + chosen);
    }
    for (const char* tab : {"tab_flow", "tab_egm", "tab_cell", "tab_ecg"}) {
      REQUIRE(w.command(QStringLiteral("click ") + tab).isEmpty());
      look(tab);
    }
    REQUIRE(w.command("action compare").isEmpty());
    look("compare");
    REQUIRE(w.command("action compare").isEmpty());
  }
  found.removeDuplicates();
  INFO(found.join("\n").toStdString());
  CHECK(found.isEmpty());
}
