// SPDX-License-Identifier: GPL-3.0-or-later
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "app/session/pipeline.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;

namespace {

double quantity(const twin::RunResult& result, const std::string& key) {
  for (const auto& q : result.quantities)
    if (q.key == key) return q.value;
  return std::nan("");
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("a person places a lesion with the mouse, sees FAST change, undoes it by name, and gets the same bits back") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  const auto base = w.session().result(0, core::Mode::fast);
  REQUIRE(base->electro);
  CHECK(w.cell("total_activation_ms", 1) != "");

  REQUIRE(w.command("action lesion_point").isEmpty());
  REQUIRE(w.command("set param_radius_mm 9").isEmpty());
  REQUIRE(w.wait([] { return false; }, 150) == false);   // the form hands its value on
  REQUIRE(gui::click_wall(*w.window, 0));
  REQUIRE(w.active);
  REQUIRE(w.session().plan_count() == 2);
  REQUIRE(w.placed(1).size() == 1);
  CHECK(w.placed(1)[0].kind == "ablation");
  CHECK(w.placed(1)[0].params.number("radius_mm") == 9.0);
  REQUIRE(w.fast_ready(1));
  const auto treated = w.session().result(1, core::Mode::fast);
  CHECK_FALSE(same_bits(treated->electro->activation_ms, base->electro->activation_ms));
  CHECK(quantity(*treated, "lesion_volume_cm3") > 0.1);
  CHECK(w.cell("lesion_volume_cm3", 2) != QStringLiteral("–"));

  auto* undo = w->findChild<QPushButton*>("undo_button");
  REQUIRE(undo->isEnabled());
  CHECK(undo->text().startsWith("Undo: lesion"));
  QTest::mouseClick(undo, Qt::LeftButton);
  CHECK(w.placed(1).empty());
  REQUIRE(w.fast_ready(1));
  const auto back = w.session().result(1, core::Mode::fast);
  CHECK(same_bits(back->electro->activation_ms, base->electro->activation_ms));
  CHECK(back->electro->ecg.mV == base->electro->ecg.mV);
  QTest::keyClick(w.window.get(), Qt::Key_Y, Qt::ControlModifier);
  REQUIRE(w.placed(1).size() == 1);
  CHECK(w->findChild<QPushButton*>("undo_button")->text().startsWith("Undo: lesion"));
}

TEST_CASE("a stent placed by a click raises FFR, a dose lengthens QT, and play advances the shared time") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(w.command("action stent").isEmpty());
  CHECK(w.workspace().shown_vessel() == "lad");
  w.wait([] { return false; }, 300);
  REQUIRE(w.command("pick_vessel 20").isEmpty());
  REQUIRE(w.session().plan_count() == 2);
  REQUIRE(w.placed(1).size() == 1);
  REQUIRE(w.placed(1)[0].placement.kind == twin::Placement::Kind::segment);
  CHECK(w.placed(1)[0].placement.start_mm < 20);
  CHECK(w.placed(1)[0].placement.start_mm + w.placed(1)[0].placement.length_mm > 20);
  REQUIRE(w.fast_ready(1));
  const double before = quantity(*w.session().result(0, core::Mode::fast), "lad_ffr");
  const double after = quantity(*w.session().result(1, core::Mode::fast), "lad_ffr");
  CHECK(before < 0.99);
  CHECK(after > before);

  REQUIRE(w.command("action drug").isEmpty());
  REQUIRE(w.placed(1).size() == 2);
  REQUIRE(w.command("set param_dose_x_cmax 3").isEmpty());
  REQUIRE(w.wait([&] { return w.placed(1)[1].params.number("dose_x_cmax") == 3.0; }, 2000));
  REQUIRE(w.fast_ready(1));
  const double qt_before = quantity(*w.session().result(0, core::Mode::fast), "qt_ms");
  const double qt_after = quantity(*w.session().result(1, core::Mode::fast), "qt_ms");
  CHECK(qt_after > qt_before + 5);   // dofetilide blocks IKr: QT grows (CiPA high-risk drug)

  w.workspace().set_playing(false);
  const double still = w.workspace().playback().time_ms();
  w.wait([] { return false; }, 200);
  CHECK(w.workspace().playback().time_ms() == still);
  QTest::keyClick(w.window.get(), Qt::Key_Space);
  CHECK(w.workspace().playback().playing());
  CHECK(w.wait([&] { return w.workspace().playback().time_ms() != still; }, 2000));

  // Both undo by name, one after the other.
  CHECK(w->findChild<QPushButton*>("undo_button")->accessibleName().contains("drug"));
  while (w.session().can_undo()) w.session().undo();
  CHECK(w.session().plan_count() == 1);
}

TEST_CASE("two plans compare side by side with linked cameras and a difference column") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(w.command("action pacing").isEmpty());
  w.wait([] { return false; }, 200);
  REQUIRE(gui::click_wall(*w.window, 3));
  REQUIRE(w.fast_ready(1));
  QTest::keyClick(w.window.get(), Qt::Key_C);
  REQUIRE(w.workspace().comparing());
  auto& left = w->centre().other_pane();
  auto& right = w->centre().main_pane();
  CHECK(left.isVisible());
  CHECK(left.plan() == 0);
  CHECK(right.plan() == 1);
  w.wait([] { return false; }, 300);
  right.view().scene().set_angles(-20, 15);
  w.wait([] { return false; }, 300);
  CHECK(left.view().scene().carm().lao_deg == Approx(-20).margin(1));
  CHECK(left.view().scene().carm().cran_deg == Approx(15).margin(1));
  auto* table = w->findChild<gui::NumberTableWidget*>("number_table");
  REQUIRE(table->columnCount() == 4);   // quantity, Base, A, difference
  CHECK(w.cell("total_activation_ms", 3) != "0");
  CHECK(w.cell("total_activation_ms", 3) != QStringLiteral("–"));
  QTest::keyClick(w.window.get(), Qt::Key_C);
  CHECK_FALSE(w.workspace().comparing());
  CHECK_FALSE(left.isVisible());
}

TEST_CASE("a running FULL job streams frames and stops within 1 s of cancel, the window never waits for it") {
  test::Window w;
  w.session().replace(test::journey_case({2.0, 500}), {});
  REQUIRE(w.fast_ready(0));
  w->loop_watch().reset();
  REQUIRE(w.command("action run_full").isEmpty());
  CHECK(w.wait([&] { return !w->actions().find("run_full")->isEnabled(); }, 20000));   // the check before a run comes first
  REQUIRE(w.wait([&] { return w.workspace().live_frame() != nullptr; }, 120000));
  auto* cancel = w->findChild<QWidget*>("job_cancel");
  REQUIRE(cancel->isVisible());
  QElapsedTimer clock;
  clock.start();
  QTest::mouseClick(cancel, Qt::LeftButton);
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }, 20000));
  const double stop_ms = double(clock.elapsed());
  WARN("cancel took " << stop_ms << " ms; longest pause of the window during the run " << w->loop_watch().longest_ms() << " ms");
  CHECK(stop_ms < 1000);
  CHECK(w.session().result(0, core::Mode::full) == nullptr);
  CHECK(w.session().result(0, core::Mode::fast) != nullptr);
  CHECK(w->loop_watch().longest_ms() < 1000);
}

TEST_CASE("confirming with the full model replaces FAST, says FULL, and names the difference to FAST") {
  test::Window w;
  w.session().replace(test::journey_case({6.0, 320}), {});
  REQUIRE(w.fast_ready(0));
  auto* mode = w->findChild<QLabel*>("mode_label");
  CHECK(mode->text() == "FAST");
  REQUIRE(w.command("action run_full").isEmpty());
  const auto failed = [&] {
    const auto jobs = w.session().jobs().status();
    return std::any_of(jobs.begin(), jobs.end(), [](const session::JobStatus& j) { return j.state == session::JobState::failed; });
  };
  w.wait([&] { return w.session().result(0, core::Mode::full) != nullptr || failed(); }, 300000);
  for (const auto& job : w.session().jobs().status()) UNSCOPED_INFO(job.title << ": " << job.error);
  REQUIRE(w.session().result(0, core::Mode::full) != nullptr);
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  w.wait([] { return false; }, 200);
  CHECK(mode->text() == "FULL");
  CHECK(w->findChild<QWidget*>("pane_main")->findChild<QWidget*>("mode_badge")->accessibleName().startsWith("FULL"));
  CHECK(w->findChild<QWidget*>("pane_main")->findChild<QWidget*>("mode_note")->accessibleName().contains("to FAST"));
  CHECK_FALSE(w->actions().find("run_full")->isEnabled());
  CHECK(w->actions().find("run_full")->toolTip().contains("already confirmed"));
  CHECK(w.workspace().live_frame() == nullptr);
  if (const char* picture = std::getenv("ORGANTWIN_TEST_PICTURE")) CHECK(w->save_picture(picture));
}

TEST_CASE("a saved case reopens with identical plans, and later edits are saved by themselves") {
  const auto folder = test::scratch_folder("gui-save") / "case";
  std::vector<session::Plan> plans;
  {
    test::Window w;
    w.session().replace(test::journey_case(), {});
    REQUIRE(w.fast_ready(0));
    REQUIRE(w.command("action lesion_line").isEmpty());
    w.wait([] { return false; }, 200);
    for (const int nth : {0, 60, 140}) REQUIRE(gui::click_wall(*w.window, nth));
    CHECK(w.session().plan_count() == 1);   // still collecting
    QTest::keyClick(w.window.get(), Qt::Key_Return);
    REQUIRE(w.session().plan_count() == 2);
    REQUIRE(w.placed(1)[0].placement.points_mm.size() == 3);
    REQUIRE(w.session().save_as(folder));
    REQUIRE(w.wait([&] { return !w.session().folder().empty(); }));
    REQUIRE(w.command("action drug").isEmpty());   // after saving: autosave keeps it
    plans = w.session().data()->plans;
    REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  }
  test::Window again;
  again->open_path(folder);
  REQUIRE(again.wait([&] { return again.session().data()->twin != nullptr; }));
  CHECK(again.session().data()->plans == plans);
  REQUIRE(again.fast_ready(1));
}
