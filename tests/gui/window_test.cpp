// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractButton>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QListWidget>
#include <QSet>
#include <QSlider>
#include <catch2/catch.hpp>

#include "app/gui/command_search.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;

TEST_CASE("every control has an object name and an accessible name, and a disabled one says why") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  int controls = 0;
  for (auto* widget : w->findChildren<QWidget*>()) {
    const bool control = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QSlider*>(widget) || qobject_cast<QComboBox*>(widget) ||
                         qobject_cast<QDoubleSpinBox*>(widget);
    if (!control || !widget->isVisible() || QString(widget->metaObject()->className()).startsWith("ot::viewer")) continue;
    if (widget->objectName().startsWith("qt_")) continue;   // parts of Qt's own widgets
    const bool inside_viewer = [&] {
      for (const QWidget* p = widget->parentWidget(); p; p = p->parentWidget())
        if (QString(p->metaObject()->className()).startsWith("ot::viewer")) return true;
      return false;
    }();
    if (inside_viewer && widget->objectName().isEmpty()) continue;
    ++controls;
    INFO(widget->metaObject()->className() << " \"" << widget->objectName().toStdString() << "\" in " << (widget->parentWidget() ? widget->parentWidget()->objectName().toStdString() : ""));
    CHECK_FALSE(widget->objectName().isEmpty());
    CHECK_FALSE(widget->accessibleName().isEmpty());
    if (!widget->isEnabled()) CHECK_FALSE(widget->toolTip().isEmpty());
    if (qobject_cast<QAbstractButton*>(widget) && widget->objectName() != "" && !inside_viewer) CHECK(widget->height() >= 28);
  }
  CHECK(controls > 30);
}

TEST_CASE("no two actions share a key, and each is found by the command search") {
  test::Window w;
  QSet<QString> keys;
  for (auto* action : w->actions().all()) {
    CHECK_FALSE(action->text().isEmpty());
    CHECK(gui::match_score(action->text(), action->text()) > 0);
    if (action->shortcut().isEmpty()) continue;
    INFO(action->shortcut().toString().toStdString());
    CHECK_FALSE(keys.contains(action->shortcut().toString()));
    keys.insert(action->shortcut().toString());
  }
  QTest::keyClick(w.window.get(), Qt::Key_K, Qt::ControlModifier);
  auto* search = w->findChild<QWidget*>("command_search");
  REQUIRE(search->isVisible());
  auto* edit = w->findChild<QLineEdit*>("command_search_edit");
  QTest::keyClicks(edit, "key sheet");
  auto* list = w->findChild<QListWidget*>("command_search_list");
  REQUIRE(list->count() >= 1);
  CHECK(list->item(0)->text() == "Key sheet");
  QTest::keyClick(edit, Qt::Key_Return);
  CHECK_FALSE(search->isVisible());
  CHECK(w->findChild<QWidget*>("sheet")->isVisible());
}

TEST_CASE("an empty window says in one sentence what to do and refuses tools with the reason") {
  test::Window w;
  CHECK_FALSE(w->actions().find("lesion_point")->isEnabled());
  CHECK(w->actions().find("lesion_point")->toolTip().contains("Open a case"));
  CHECK_FALSE(w.command("action lesion_point").isEmpty());
  w->open_path("/nowhere/at/all");
  auto& banner = w->centre().banner();
  CHECK(w.wait([&] { return banner.text().contains("does not exist"); }, 2000));
}

TEST_CASE("the window holds its layout from 1280x800 to 1600x1000 and the 3D view is the largest thing on it") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  for (const auto& size : {QSize(1280, 800), QSize(1600, 1000)}) {
    w->resize(size);
    w.wait([] { return false; }, 200);
    CHECK(w->size() == size);
    const auto area = [&](const char* name) {
      auto* widget = w->findChild<QWidget*>(name);
      REQUIRE(widget);
      return widget->isVisible() ? widget->width() * widget->height() : 0;
    };
    const int view = area("pane_main");
    for (const char* other : {"stage_rail", "inspector", "slice_column", "dock"}) {
      INFO(other << " at " << size.width());
      CHECK(area(other) > 0);
      CHECK(view > area(other) * (QString(other) == "slice_column" ? 1.2 : 1.0));
    }
  }
}
