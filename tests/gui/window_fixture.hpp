// SPDX-License-Identifier: GPL-3.0-or-later
// The real window on a virtual display, with its settings and autosaves in a folder of its own.
#pragma once
#include <QApplication>
#include <QTest>
#include <memory>

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
  static std::unique_ptr<QApplication> app;
  if (!app) {
    need_display();
    static const auto home = scratch_folder("gui-home");
    setenv("XDG_DATA_HOME", home.c_str(), 1);
    setenv("XDG_CONFIG_HOME", home.c_str(), 1);
    static int argc = 1;
    static char name[] = "test_gui";
    static char* argv[] = {name, nullptr};
    viewer::prepare_opengl();
    app = std::make_unique<QApplication>(argc, argv);
    gui::apply_theme(*app, gui::dark_theme());
  }
  return *app;
}

struct Window {
  std::unique_ptr<gui::MainWindow> window;
  gui::MainWindow* operator->() { return window.get(); }
  gui::Workspace& workspace() { return window->workspace(); }
  session::Session& session() { return window->workspace().session(); }

  Window() {
    application();
    gui::WindowOptions options;
    options.safe_mode = options.scripted = true;
    options.starter = false;
    window = std::make_unique<gui::MainWindow>(options);
    window->show();
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
