// SPDX-License-Identifier: GPL-3.0-or-later
// Editing labels with the mouse in the real window.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <time.h>

#include "app/gui/edit/edit_panel.hpp"
#include "app/gui/loop_watch.hpp"
#include "tests/gui/window_fixture.hpp"
#include "viewer/qt/slice_view.hpp"

using namespace ot;

namespace {

double cpu_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
}

// What one event of the mouse cost with the painting it caused: time on the clock; processor time of the window's thread; processor time
// of all threads (the software OpenGL that puts the window together too), which no other program on the machine can lengthen much.
struct Cost {
  double wall = 0, window = 0, all = 0;
  Cost now() const { return {cpu_ms(CLOCK_MONOTONIC) - wall, cpu_ms(CLOCK_THREAD_CPUTIME_ID) - window, cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - all}; }
  // On a machine with two free cores: the rest is the software OpenGL's two threads side by side, for which the window waits.
  double idle() const { return window + 0.5 * (all - window); }
  void keep_longer(const Cost& o) { *this = {std::max(wall, o.wall), std::max(window, o.window), std::max(all, o.all)}; }
};

struct CountPaints : QObject {
  int paints = 0;
  bool eventFilter(QObject*, QEvent* e) override {
    if (e->type() == QEvent::Paint) ++paints;
    return false;
  }
};

// Press, moves and release of the left button, each followed by the paint events it caused. The longest of them.
Cost drag(viewer::SliceView* view, const std::vector<QPointF>& path, Qt::KeyboardModifiers modifiers = Qt::NoModifier, CountPaints* paints = nullptr) {
  Cost longest;
  const auto send = [&](QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons held) {
    const Cost start = Cost{}.now();
    const int before = paints ? paints->paints : 0;
    QMouseEvent event(type, at, view->mapToGlobal(at), button, held, modifiers);
    QApplication::sendEvent(view, &event);
    QApplication::sendPostedEvents();   // the update that the event asked for is painted in here
    if (paints && type != QEvent::MouseButtonRelease) CHECK(paints->paints > before);
    longest.keep_longer(start.now());
  };
  send(QEvent::MouseMove, path.front(), Qt::NoButton, Qt::NoButton);
  send(QEvent::MouseButtonPress, path.front(), Qt::LeftButton, Qt::LeftButton);
  for (std::size_t n = 1; n < path.size(); ++n)
    for (int s = 1; s <= 10; ++s) send(QEvent::MouseMove, path[n - 1] + (path[n] - path[n - 1]) * (s / 10.0), Qt::NoButton, Qt::LeftButton);
  send(QEvent::MouseButtonRelease, path.back(), Qt::LeftButton, Qt::NoButton);
  return longest;
}

void open_tools(test::Window& w) {
  REQUIRE(w.command("click stage_anatomy").isEmpty());
  REQUIRE(w.command("click edit_open").isEmpty());
  w.wait([] { return false; }, 150);
}

}  // namespace

TEST_CASE("a mouse drag in a slice paints, undo restores every voxel, Esc leaves, the saved case opens with the stroke") {
  const auto folder = test::scratch_folder("gui-edit") / "case";
  std::vector<std::uint8_t> painted;
  {
    test::Window w;
    w.session().replace(test::journey_case(), {});
    REQUIRE(w.fast_ready(0));
    open_tools(w);
    const auto start = w.session().data()->images.front().labels->values;
    REQUIRE(w.command("set edit_label 6").isEmpty());   // aorta
    REQUIRE(w.command("click edit_brush").isEmpty());
    auto* axial = w->findChild<viewer::SliceView*>("slice_axial");
    REQUIRE(axial);
    const QPointF a(axial->width() * 0.42, axial->height() * 0.45), b(axial->width() * 0.55, axial->height() * 0.5);
    drag(axial, {a, b});
    CHECK(w.session().undo_name() == "brush, Aorta");
    painted = w.session().data()->images.front().labels->values;
    CHECK(painted != start);
    CHECK(w->findChild<QWidget*>("undo_button")->accessibleName() == "Undo: brush, Aorta");
    QTest::keyClick(w.window.get(), Qt::Key_Z, Qt::ControlModifier);
    CHECK(w.session().data()->images.front().labels->values == start);
    QTest::keyClick(w.window.get(), Qt::Key_Y, Qt::ControlModifier);
    CHECK(w.session().data()->images.front().labels->values == painted);
    auto* panel = w->findChild<gui::EditPanel*>("edit_panel");
    CHECK(panel->tool().mode() == gui::EditMode::brush);
    const double radius = panel->tool().radius();
    QTest::keyClick(axial, Qt::Key_BracketRight);
    CHECK(panel->tool().radius() > radius);
    QTest::keyClick(axial, Qt::Key_Escape);
    CHECK(panel->tool().mode() == gui::EditMode::none);
    CHECK(w.session().data()->images.front().labels->values == painted);
    REQUIRE(w.session().save_as(folder));
    REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  }
  test::Window again;
  again->open_path(folder);
  REQUIRE(again.wait([&] { return !again.session().data()->images.empty() && again.session().data()->images.front().labels; }));
  CHECK(again.session().data()->images.front().labels->values == painted);
  REQUIRE(again.fast_ready(0));
}

TEST_CASE("scissors and a whole-label tool work from the panel, each one undo step, and a stroke is given up by Esc") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  open_tools(w);
  auto* axial = w->findChild<viewer::SliceView*>("slice_axial");
  const auto settled = [&] { return w.wait([&] { return !w.session().jobs().busy(); }); };
  const auto labels = [&] { return w.session().data()->images.front().labels; };
  const auto start = labels()->values;
  REQUIRE(w.command("set edit_label 1").isEmpty());
  REQUIRE(w.command("click edit_scissors").isEmpty());
  REQUIRE(w.command("set edit_through on").isEmpty());
  const auto at = [&](double x, double y) { return QPointF(axial->width() * x, axial->height() * y); };
  drag(axial, {at(0.05, 0.05), at(0.5, 0.05), at(0.5, 0.95), at(0.05, 0.95)});
  REQUIRE(w.wait([&] { return w.session().undo_name() == "scissors, LV blood pool"; }));
  REQUIRE(settled());
  CHECK(labels()->count(1) < core::LabelMap{labels()->grid, start, labels()->labels}.count(1));
  REQUIRE(w.command("set edit_by_mm 4").isEmpty());
  REQUIRE(w.command("click edit_smooth").isEmpty());
  REQUIRE(w.wait([&] { return w.session().undo_name() == "smooth, LV blood pool"; }));
  REQUIRE(settled());
  w.session().undo();
  w.session().undo();
  CHECK(labels()->values == start);
  CHECK(!w.session().can_undo());
  REQUIRE(w.command("click edit_eraser").isEmpty());
  QMouseEvent press(QEvent::MouseButtonPress, at(0.5, 0.5), axial->mapToGlobal(at(0.5, 0.5)), Qt::LeftButton, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(axial, &press);
  QTest::keyClick(axial, Qt::Key_Escape);
  QMouseEvent let_go(QEvent::MouseButtonRelease, at(0.5, 0.5), axial->mapToGlobal(at(0.5, 0.5)), Qt::LeftButton, Qt::NoButton, Qt::NoModifier);
  QApplication::sendEvent(axial, &let_go);
  CHECK(labels()->values == start);
  CHECK(!w.session().can_undo());
}

TEST_CASE("a brush on 512 x 512 x 512 voxels takes under 50 ms from the mouse to the painted slice (issue 3)") {
  test::Window w;
  session::CaseData data;
  data.patient.id = "LARGE";
  data.patient.built_in = true;   // nothing is written to the disk
  session::ImageData image;
  image.key = "large";
  image.name = "Large";
  auto volume = std::make_shared<core::Volume>();
  volume->grid.size = {512, 512, 512};
  volume->grid.spacing = {0.5, 0.5, 0.5};
  volume->values.assign(volume->grid.voxels(), 60.f);
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = volume->grid;
  labels->labels = core::labels::heart();
  labels->values.assign(volume->grid.voxels(), 0);
  for (int k = 150; k < 360; ++k)   // three nested balls, as chambers in a wall are
    for (int j = 150; j < 360; ++j)
      for (int i = 150; i < 360; ++i) {
        const double r = std::hypot(i - 256, j - 256, k - 256);
        if (r < 100) labels->values[labels->grid.offset(i, j, k)] = r < 40 ? 3 : r < 70 ? 1 : 2;
      }
  image.volume = volume;
  image.labels = labels;
  data.images.push_back(image);
  w.session().replace(data, {});
  image = {};
  data = {};
  labels.reset();
  volume.reset();
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  open_tools(w);
  REQUIRE(w.command("action layout_slices").isEmpty());
  REQUIRE(w.command("set edit_label 6").isEmpty());
  REQUIRE(w.command("set edit_ball on").isEmpty());
  REQUIRE(w.command("click edit_brush").isEmpty());
  w->findChild<gui::EditPanel*>("edit_panel")->tool().set_radius(10);
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  w.wait([] { return false; }, 300);
  auto* axial = w->findChild<viewer::SliceView*>("slice_axial");
  const auto at = [&](double x, double y) { return QPointF(axial->width() * x, axial->height() * y); };
  Cost longest;
  CountPaints paints;
  axial->installEventFilter(&paints);
  for (int n = 0; n < 6; ++n) {
    longest.keep_longer(drag(axial, {at(0.4 + 0.02 * n, 0.4), at(0.6, 0.45 + 0.02 * n)}, Qt::NoModifier, &paints));
    w.wait([&] { return !w.session().jobs().busy(); });
  }
  paints.paints = 0;
  const Cost start = Cost{}.now();
  w.session().undo();
  QApplication::sendPostedEvents();
  const Cost undo = start.now();
  CHECK(paints.paints > 0);
  const auto words = [](const Cost& c) { return fmt::format("{:.1f} ms on the clock, {:.1f} ms of the window's thread, {:.1f} ms of all threads", c.wall, c.window, c.all); };
  WARN("slowest mouse event with its painting " << words(longest) << "; undo " << words(undo) << "; undo memory " << double(w.session().undo_memory()) / 1e6 << " MB");
  CHECK(longest.idle() < 50);
  CHECK(undo.idle() < 100);
}
