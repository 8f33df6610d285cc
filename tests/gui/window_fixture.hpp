// SPDX-License-Identifier: GPL-3.0-or-later
// The real window on a virtual display, with its settings and autosaves in a folder of its own.
#pragma once
#include <QApplication>
#include <QTest>
#include <cstdlib>
#include <memory>
#include <string>

#include "app/gui/actions.hpp"
#include "app/gui/centre_view.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/inspector.hpp"
#include "app/gui/main_window.hpp"
#include "app/gui/script.hpp"
#include "app/gui/theme.hpp"
#include "tests/gui/journey_case.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/virtual_display.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace ot::test {

inline QApplication& application() {
  // Never deleted: the display it talks to may be gone before the statics are.
  static QApplication* const app = [] {
    need_display();
    static int argc = 1;
    static char name[] = "test_gui";
    static char* argv[] = {name, nullptr};
    viewer::prepare_opengl();
    auto* made = new QApplication(argc, argv);
    gui::apply_theme(*made, gui::dark_theme());
    return made;
  }();
  return *app;
}

struct Window {
  std::unique_ptr<gui::MainWindow> window;
  bool active = false;
  gui::MainWindow* operator->() { return window.get(); }
  gui::Workspace& workspace() { return window->workspace(); }
  session::Session& session() { return window->workspace().session(); }

  Window() {
    application();
    // Autosaves of this window alone: plans of an earlier one must not come back.
    static int count = 0;
    const auto home = scratch_folder("gui-home-" + std::to_string(++count));
    setenv("XDG_DATA_HOME", home.c_str(), 1);
    setenv("XDG_CONFIG_HOME", home.c_str(), 1);
    gui::WindowOptions options;
    options.safe_mode = options.scripted = true;
    options.starter = false;
    window = std::make_unique<gui::MainWindow>(options);
    window->show();
    window->activateWindow();
    active = QTest::qWaitForWindowActive(window.get(), 10000);   // keys go to the active window only
  }
  bool wait(const std::function<bool()>& done, int timeout_ms = 60000) { return gui::wait_until(done, timeout_ms); }
  bool fast_ready(int plan) {
    return wait([&] { return session().result(plan, core::Mode::fast) != nullptr; }) && wait([&] { return !session().jobs().busy(); });
  }
  QString command(const QString& line) { return gui::run_command(*window, line); }
  QString cell(const QString& key, int column) {
    auto* table = window->findChild<gui::NumberTableWidget*>("number_table");
    const int row = table->row_of(key);
    return row < 0 || column >= table->columnCount() ? QString() : table->item(row, column)->text();
  }
  const std::vector<twin::InterventionSpec>& placed(int plan) { return session().data()->plans[std::size_t(plan)].scenario.interventions; }
};

}  // namespace ot::test
