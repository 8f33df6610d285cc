// SPDX-License-Identifier: GPL-3.0-or-later
// Forms, plan strip, proof of block, devices and the report as a person meets them.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <catch2/catch.hpp>
#include <future>

#include "app/gui/dock.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/gui/param_form.hpp"
#include "app/present/stages.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/gui/placed_stent.hpp"

using namespace ot;
using namespace ot::test;

TEST_CASE("the form of a lesion shows radius and depth or power, force and time, never both, and what is hidden stays in the plan") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  REQUIRE(w.command("action lesion_point").isEmpty());
  w.wait([] { return false; }, 200);
  REQUIRE(gui::click_wall(*w.window, 3));
  REQUIRE(w.fast_ready(1));
  QTest::keyClick(w.window.get(), Qt::Key_Escape);
  const auto shown = [&](const char* key) {
    const auto* field = w->findChild<QWidget*>(QString("param_") + key);
    return field && field->isVisible();
  };
  REQUIRE(shown("size"));
  if (auto* more = w->findChild<QPushButton*>("param_more"); more->isVisible()) more->click();
  for (const char* key : {"radius_mm", "depth_mm", "spacing_mm", "closed"}) CHECK(shown(key));
  for (const char* key : {"power_W", "force_g", "time_s", "size_sd"}) CHECK_FALSE(shown(key));
  REQUIRE(w.command("set param_radius_mm 4.5").isEmpty());
  REQUIRE(w.wait([&] { return w.placed(1)[0].params.number("radius_mm") == 4.5; }));
  REQUIRE(w.command("set param_size power, force and time").isEmpty());
  REQUIRE(w.wait([&] { return w.placed(1)[0].params.text("size") != "given"; }));
  for (const char* key : {"power_W", "force_g", "time_s", "size_sd"}) CHECK(shown(key));
  for (const char* key : {"radius_mm", "depth_mm"}) CHECK_FALSE(shown(key));
  CHECK(w.placed(1)[0].params.number("radius_mm") == 4.5);
  REQUIRE(w.fast_ready(1));
}

TEST_CASE("the form of a drug shows the fields of the way its dose is given") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  REQUIRE(w.command("action drug").isEmpty());
  REQUIRE(w.fast_ready(1));
  if (auto* more = w->findChild<QPushButton*>("param_more"); more->isVisible()) more->click();
  const auto shown = [&](const char* key) { return w->findChild<QWidget*>(QString("param_") + key)->isVisible(); };
  CHECK(shown("dose_x_cmax"));
  for (const char* key : {"dose_mg", "interval_h", "hours_since_dose", "course", "weight_kg"}) CHECK_FALSE(shown(key));
  REQUIRE(w.command("set param_input oral_dose").isEmpty());
  REQUIRE(w.wait([&] { return w.placed(1)[0].params.text("input") == "oral_dose"; }));
  if (auto* more = w->findChild<QPushButton*>("param_more"); more->text() == "More") more->click();
  CHECK_FALSE(shown("dose_x_cmax"));
  for (const char* key : {"dose_mg", "interval_h", "hours_since_dose", "course", "weight_kg"}) CHECK(shown(key));
  REQUIRE(w.command("set param_course single_dose").isEmpty());
  REQUIRE(w.wait([&] { return w.placed(1)[0].params.text("course") == "single_dose"; }));
  CHECK_FALSE(shown("interval_h"));
  REQUIRE(w.fast_ready(1));
}

TEST_CASE("the titles of four plans are on the strip at 1600 x 1000 and 1100 x 700 px, compared or not, each at least 30 px wide (those shown or compared, where two are compared at 1100), and nothing lies outside") {
  Window w;
  auto data = journey_case();
  for (const char* title : {"isthmus line", "mitral line and box", "anterior ring", "amiodarone, chronic"}) data.plans.push_back({std::string(1, char('A' + int(data.plans.size()) - 1)), title, {}});
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  auto* dock = w->findChild<gui::Dock*>();
  for (const bool comparing : {false, true}) {
    w.workspace().set_comparing(comparing);
    for (const auto& [width, height] : {std::pair(1600, 1000), std::pair(1100, 700)}) {
      w->resize(width, height);
      w.wait([] { return false; }, 200);
      int titled = 0;
      for (const auto* chip : dock->findChildren<gui::PlanChip*>()) {
        INFO(chip->text().toStdString() << " at " << width << (comparing ? ", compared" : ""));
        if (width > 1100 || !comparing || chip->isChecked() || chip->compared()) CHECK(chip->title_room() >= 30);
        CHECK(chip->width() >= chip->sizeHint().width());
        CHECK(dock->rect().contains(QRect(chip->mapTo(dock, QPoint()), chip->size())));
        titled += chip->toolTip().contains("intervention") && chip->toolTip().contains(". ");
      }
      CHECK(titled == 4);   // the whole title in the tip
    }
  }
}

TEST_CASE("a proof of block whose side was burned says how far and where it was paced instead, in the panel and with the kept proof") {
  Window w;
  auto data = journey_case();
  data.plans.push_back({"A", "", {}});
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  w.session().set_active_plan(1);
  w.workspace().request_stage(present::stage_intervene);
  REQUIRE(w.command("action lesion_point").isEmpty());
  w.wait([] { return false; }, 200);
  REQUIRE(gui::click_wall(*w.window, 3));
  REQUIRE(w.fast_ready(1));
  QTest::keyClick(w.window.get(), Qt::Key_Escape);
  auto lesion = w.placed(1)[0];
  lesion.params.set("radius_mm", 7.0);
  lesion.params.set("depth_mm", 12.0);
  REQUIRE(w.session().update(1, lesion));
  REQUIRE(w.fast_ready(1));
  const core::Vec3 burned = lesion.placement.points_mm.front();
  const auto& nodes = w.workspace().heart()->baseline.mesh->nodes;
  core::Vec3 far = nodes.front();
  for (const auto& x : nodes)
    if ((x - burned).norm() > (far - burned).norm()) far = x;
  w->findChild<QPushButton*>("study_open")->setChecked(true);
  auto* preset = w->findChild<QComboBox*>("study_preset");
  preset->setCurrentIndex(preset->findData("block-proof"));
  w.workspace().set_crosshair(burned);
  w->findChild<QPushButton*>("study_take_a")->click();
  w.workspace().set_crosshair(far);
  w->findChild<QPushButton*>("study_take_b")->click();
  auto* start = w->findChild<QPushButton*>("study_start");
  REQUIRE(start->isEnabled());
  start->click();
  auto* panel = w->findChild<gui::StudiesPanel*>();
  REQUIRE(w.wait([&] { return panel->model().doing() == gui::StudiesModel::Doing::nothing; }));
  REQUIRE(panel->model().proof());
  const auto& proof = panel->model().proof()->proof;
  CHECK(proof.a.moved_mm > 2.5);
  CHECK(proof.a.moved_mm < 10);
  CHECK((proof.a.at_mm - burned).norm() == Approx(proof.a.moved_mm));
  CHECK(proof.b.moved_mm == 0);
  const auto said = w->findChildren<QLabel*>("study_moved");
  REQUIRE(said.size() == 1);
  CHECK(said.front()->text().contains(QStringLiteral("Side A")));
  CHECK(said.front()->text().contains(QStringLiteral("%1 mm away").arg(proof.a.moved_mm, 0, 'f', 1)));
}

TEST_CASE("a stent chosen in the list brings its vessel to the screen, and one of 1.5 times the vessel is warned about") {
  Window w;
  place_stent(w);
  const QString id = w.workspace().selection(), vessel = w.workspace().shown_vessel();
  REQUIRE_FALSE(vessel.isEmpty());
  CHECK(w->findChildren<QLabel*>("stent_oversize").isEmpty());
  w.workspace().set_shown_vessel({});
  w.workspace().set_selection({});
  w.workspace().set_selection(id);
  CHECK(w.workspace().shown_vessel() == vessel);
  auto stent = w.placed(1)[0];
  const auto* model = w.session().data()->twin->find_vessel(vessel.toStdString());
  REQUIRE(model);
  stent.params.set("diameter_mm", 1.5 * 2 * model->network->radius_at(0, 2.0));   // the healthy tube before the narrowing
  REQUIRE(w.session().update(1, stent));
  REQUIRE(w.fast_ready(1));
  REQUIRE(w.wait([&] { return !w->findChildren<QLabel*>("stent_oversize").isEmpty(); }, 5000));
  CHECK(w->findChild<QLabel*>("stent_oversize")->text().contains("1.5 times"));
  const auto& notes = w.session().result(1, core::Mode::fast)->notes;
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& n) { return n.find("1.5 times the vessel's reference diameter") != std::string::npos; }));
}

TEST_CASE("the card under the pointer goes when the views change place") {
  Window w;
  auto data = journey_case();
  data.plans.push_back({"A", "", {}});
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  auto* card = w->centre().main_pane().findChild<QWidget*>("hover_card");
  REQUIRE(card);
  card->show();
  w.workspace().set_comparing(true);
  w.wait([] { return false; }, 100);
  CHECK_FALSE(card->isVisible());
}

TEST_CASE("a report is written as PDF from the window, while the lane of FULL runs is taken") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  std::promise<void> gate;   // holds the lane of FULL runs
  w.session().jobs().start(session::Lane::heavy, "gate", "Waiting for the test", [open = gate.get_future().share()](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
    open.wait();
    return core::cancelled();
  });
  const auto file = scratch_folder("window-report") / "report.pdf";
  REQUIRE(w.command("report " + QString::fromStdString(file.string())).isEmpty());
  REQUIRE(w.wait([&] { return std::filesystem::exists(file) && w.session().jobs().active("report") == 0; }));
  gate.set_value();
  const auto bytes = core::read_file(file);
  REQUIRE(bytes);
  CHECK(bytes->rfind("%PDF-", 0) == 0);
  CHECK(bytes->size() > 20000);
  w.wait([&] { return !w.session().jobs().busy(); });
}
