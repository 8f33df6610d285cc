// SPDX-License-Identifier: GPL-3.0-or-later
// Stimulation studies in the window: a short study fills the table, a long one is cancelled, targets go into a plan, export, proof of block.
#include <QAbstractButton>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <catch2/catch.hpp>
#include <filesystem>

#include "app/gui/electrophysiology/runs_table.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/present/stages.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;
using namespace ot::test;

namespace {

void check_names(gui::StudiesPanel& panel, int least) {
  int controls = 0;
  for (auto* widget : panel.findChildren<QWidget*>()) {
    const bool control = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) || qobject_cast<QDoubleSpinBox*>(widget);
    if (!control || !widget->isVisible() || widget->objectName().startsWith("qt_")) continue;
    ++controls;
    INFO(widget->objectName().toStdString());
    CHECK_FALSE(widget->objectName().isEmpty());
    CHECK_FALSE(widget->accessibleName().isEmpty());
    if (!widget->isEnabled()) CHECK_FALSE(widget->toolTip().isEmpty());
    if (qobject_cast<QAbstractButton*>(widget)) CHECK(widget->height() >= 28);
  }
  CHECK(controls >= least);
}

}  // namespace

TEST_CASE("a short study fills the table, is exported and explains what it lacks; a long one is cancelled") {
  const auto folder = scratch_folder("gui-study");
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  auto* panel = w->findChild<gui::StudiesPanel*>();
  auto* table = w->findChild<gui::RunsTable*>("study_runs");
  auto* start = w->findChild<QPushButton*>("study_start");
  auto* cancel = w->findChild<QPushButton*>("study_cancel");
  w->findChild<QPushButton*>("study_open")->setChecked(true);
  const auto& model = panel->model();
  CHECK(w->findChild<QLabel*>("study_empty")->isVisible());
  CHECK(w->findChild<QLabel*>("study_limits")->text().contains("source-sink"));
  CHECK_FALSE(cancel->isEnabled());
  check_names(*panel, 7);

  // A chosen segment that is not chosen yet is refused in words.
  auto* sites = w->findChild<QComboBox*>("study_sites");
  auto* preset = w->findChild<QComboBox*>("study_preset");
  preset->setCurrentIndex(preset->findData("pace"));
  sites->setCurrentIndex(sites->findData("segment"));
  CHECK_FALSE(start->isEnabled());
  CHECK(start->toolTip().contains("segment"));
  w.workspace().set_segment(7);
  REQUIRE(start->isEnabled());
  w->findChild<QDoubleSpinBox*>("study_beats")->setValue(1);
  w->findChild<QDoubleSpinBox*>("study_observe")->setValue(400);
  const auto asked = panel->asked();
  REQUIRE(asked);
  CHECK(asked->sites == std::vector<std::string>{"7"});
  CHECK(asked->protocol.s1_beats == 1);
  CHECK(asked->protocol.observe_ms == 400);
  start->click();
  CHECK(model.doing() == gui::StudiesModel::Doing::study);
  CHECK_FALSE(start->isEnabled());
  CHECK(cancel->isEnabled());
  REQUIRE(table->rowCount() == 1);
  CHECK(table->item(0, 2)->text() == "…");   // still to come
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }));
  REQUIRE(model.chosen());
  CHECK(model.chosen()->state == gui::StudyEntry::State::complete);
  REQUIRE(table->rowCount() == 1);
  CHECK(table->item(0, 0)->text() == "7 mid A");
  CHECK(table->item(0, 2)->text() == "dies out");
  CHECK(w->findChild<QWidget*>("study_fact_inducible")->accessibleDescription() == "0 of 1 sites");
  auto* suggest = w->findChild<QPushButton*>("study_suggest");
  CHECK_FALSE(suggest->isEnabled());
  CHECK(suggest->toolTip().contains("Nothing was induced"));
  table->selectRow(0);
  const core::Vec3 site = model.chosen()->study->runs[0].site.at_mm;
  CHECK((w.workspace().crosshair() - site).norm() < 1e-9);
  CHECK(w->findChild<QLabel*>("study_run_words")->text().contains("dies out"));
  check_names(*panel, 12);
  panel->export_to(folder / "out");
  const auto csv = core::read_file(folder / "out" / "runs.csv");
  REQUIRE(csv);
  CHECK(csv->find("7 mid anterior") != std::string::npos);

  // Asked again it replaces the older answer.
  const int first = model.chosen()->id;
  start->click();
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }));
  REQUIRE(model.entries().size() == 1);
  CHECK(model.chosen()->id != first);

  // All sites, every coupling: cancelled.
  preset->setCurrentIndex(preset->findData("vulnerable-window"));
  sites->setCurrentIndex(sites->findData("all"));
  start->click();
  REQUIRE(table->rowCount() > 15);
  w.wait([] { return false; }, 300);
  cancel->click();
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }, 5000));
  CHECK(w->findChild<QLabel*>("study_problem")->text().contains("Cancelled"));
  CHECK(start->isEnabled());
  for (const auto& e : model.entries()) CHECK(e.state != gui::StudyEntry::State::running);
}

TEST_CASE("block is proved from two points of the wall, and a case without a heart says why nothing can be started") {
  Window w;
  auto data = journey_case();
  data.plans.push_back({"A", "", {}});
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  auto* panel = w->findChild<gui::StudiesPanel*>();
  w->findChild<QPushButton*>("study_open")->setChecked(true);
  auto* preset = w->findChild<QComboBox*>("study_preset");
  auto* start = w->findChild<QPushButton*>("study_start");
  w.session().set_active_plan(0);
  preset->setCurrentIndex(preset->findData("block-proof"));
  CHECK(start->toolTip().contains("baseline"));
  w.session().set_active_plan(1);
  CHECK(start->toolTip().contains("side A"));
  check_names(*panel, 7);
  const auto& nodes = w.workspace().heart()->baseline.mesh->nodes;
  w.workspace().set_crosshair(nodes.front());
  w->findChild<QPushButton*>("study_take_a")->click();
  w.workspace().set_crosshair(nodes[nodes.size() / 2]);
  w->findChild<QPushButton*>("study_take_b")->click();
  REQUIRE(start->isEnabled());
  start->click();
  REQUIRE(w.wait([&] { return panel->model().doing() == gui::StudiesModel::Doing::nothing; }));
  REQUIRE(panel->model().proof());
  CHECK(w->findChild<QLabel*>("study_verdict")->text() == "Conducts");   // nothing was burned
  CHECK(panel->model().proof()->proof.delay_ab_ms == Approx(panel->model().proof()->proof.delay_ab_without_ms));

  w.session().replace(session::CaseData{}, {});
  REQUIRE(w.wait([&] { return !start->isEnabled(); }, 2000));
  CHECK(start->toolTip().contains("no heart muscle"));
  CHECK_FALSE(panel->model().proof());
}
