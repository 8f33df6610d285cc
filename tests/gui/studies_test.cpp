// SPDX-License-Identifier: GPL-3.0-or-later
// Stimulation studies in the window: a short study fills the table, a long one is cancelled, targets go into a plan, export, proof of block.
#include <QToolButton>
#include <QSlider>
#include <QAbstractButton>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "app/gui/electrophysiology/restitution_plot.hpp"
#include "app/gui/electrophysiology/runs_table.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/present/stages.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;
using namespace ot::test;

namespace {

// One kind of cell everywhere: its restitution curve is made once (seconds each).
session::CaseData one_kind_of_cell() {
  auto data = journey_case();
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  auto heart = std::make_shared<twin::HeartModel>(*twin->heart);
  heart->baseline.cell_type.clear();
  for (auto& region : heart->baseline.regions) region.channels = {};
  twin->heart = heart;
  data.twin = twin;
  return data;
}

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

TEST_CASE("a short study fills the table, is exported and explains what it lacks, a long one is cancelled") {
  const auto folder = scratch_folder("gui-study");
  Window w;
  w.session().replace(one_kind_of_cell(), {});
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
  // Restitution needs neither sites nor a model: one button, and curves only once measured.
  preset->setCurrentIndex(preset->findData("restitution"));
  CHECK(start->text() == "Measure");
  CHECK(start->isEnabled());
  CHECK_FALSE(sites->isVisible());
  CHECK_FALSE(w->findChild<QComboBox*>("study_mode")->isVisible());
  CHECK_FALSE(w->findChild<QWidget*>("restitution_plot")->isVisible());
  CHECK_FALSE(w->findChild<QPushButton*>("study_restitution_export")->isEnabled());
  preset->setCurrentIndex(preset->findData("pace"));
  CHECK(sites->isVisible());
  CHECK(start->text() == "Start");
  sites->setCurrentIndex(sites->findData("segment"));
  CHECK_FALSE(start->isEnabled());
  CHECK(start->toolTip().contains("segment"));
  w.workspace().set_segment(7);
  REQUIRE(start->isEnabled());
  w->findChild<QDoubleSpinBox*>("study_s1")->setValue(1000);   // the pace of the baseline: the proof below needs the same curve
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
  auto data = one_kind_of_cell();
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
  CHECK(start->toolTip() == "Open a case or a scan first.");
  CHECK_FALSE(panel->model().proof());
}

TEST_CASE("targets of a re-entry are tried, ranked, and put into a plan as one undo step, and its circuit lies on the heart") {
  Window w;
  auto data = one_kind_of_cell();
  data.plans.push_back({"A", "", {}});
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  w.session().set_active_plan(1);
  w.workspace().request_stage(present::stage_intervene);
  w->findChild<QPushButton*>("study_open")->setChecked(true);
  auto* panel = w->findChild<gui::StudiesPanel*>();
  auto& model = panel->model();
  // A study whose only site induced a VT that leaves the border zone at one place of the LV wall; played again the wave dies out.
  gui::StudyEntry entry;
  entry.spec = session::study_presets().back().spec;
  entry.spec.sites = {"7"};
  entry.spec.plan = "A";
  entry.spec.protocol.s1_interval_ms = 1000;
  entry.spec.protocol.s1_beats = 1;
  entry.spec.protocol.observe_ms = 400;
  const auto& heart = *w.workspace().heart();
  const std::size_t nodes = heart.baseline.mesh->nodes.size();
  const auto sites = session::study_sites(*w.session().data()->twin, entry.spec);
  REQUIRE(sites);
  auto study = std::make_shared<ep::StudyResult>();
  study->protocol = entry.spec.protocol;
  study->mesh_sha256 = heart.baseline.mesh->sha256();
  study->induced = 1;
  study->shortest_cycle_ms = study->longest_cycle_ms = 260;
  ep::SiteRun run;
  run.site = sites->front();
  ep::Attempt attempt;
  attempt.couplings_ms = {310, 240};
  attempt.captured = true;
  attempt.found = {ep::Outcome::reentry, ep::Rhythm::monomorphic_vt, 260, 5, 4, true, 2000};
  run.attempts = {attempt};
  run.best = 0;
  run.exits = {{sites->front().at_mm, sites->front().nodes.front(), 30, 62}};
  run.last_cycles.end_ms = 2000;
  for (std::size_t n = 0; n <= nodes; ++n) run.last_cycles.begin.push_back(std::uint32_t(n));
  for (std::size_t n = 0; n < nodes; ++n) {
    run.last_cycles.at_ms.push_back(float(1745 + 250.0 * double(n) / double(nodes)));
    run.last_cycles.repolarised_ms.push_back(2000);
  }
  ep::FilamentFrame filament;
  filament.t_ms = 1990;
  filament.count = 1;
  filament.length_mm = 1;
  const auto& at = w.workspace().heart()->baseline.mesh->nodes[0];
  filament.points = {at, at + core::Vec3(1, 0, 0)};
  filament.filament = {0, 0};
  filament.charge = {1, -1};
  run.filaments = {filament, filament};
  run.filaments[1].t_ms = 2000;
  study->runs = {run};
  entry.study = study;
  model.add(entry);
  auto* table = w->findChild<gui::RunsTable*>("study_runs");
  REQUIRE(table->rowCount() == 1);
  CHECK(table->item(0, 1)->text() == "310 240");
  CHECK(table->item(0, 2)->text() == "VT");
  CHECK(table->item(0, 3)->text() == "260");
  auto* circuit = w->findChild<QPushButton*>("study_reentry");
  CHECK_FALSE(circuit->isEnabled());
  table->selectRow(0);
  REQUIRE(circuit->isEnabled());
  circuit->setChecked(true);
  REQUIRE(w.workspace().shown_map());
  CHECK(w.workspace().shown_map()->values.front() == Approx(5).margin(0.01));   // 1745 ms, the cycle began at 1740
  // Phase and filaments over time: the first node was activated at 1745 ms, so 245 of 260 ms of its turn are over at 1990.
  auto* kind = w->findChild<QComboBox*>("reentry_kind");
  auto* time = w->findChild<QSlider*>("reentry_time");
  CHECK_FALSE(time->isVisible());
  kind->setCurrentIndex(1);
  emit kind->activated(1);
  REQUIRE(time->isVisible());
  REQUIRE(w.workspace().shown_map());
  CHECK(w.workspace().shown_map()->kind == 3);
  CHECK(w.workspace().shown_map()->values.front() == Approx(360.0 * 245 / 260).margin(0.1));
  CHECK(w.workspace().shown_map()->lines.size() == 2);
  CHECK(w->findChild<QLabel*>("reentry_words")->text().contains("1990 ms · 1 filament, 1 mm"));
  time->setValue(1);
  CHECK(w.workspace().shown_map()->values.front() == Approx(360.0 * 255 / 260).margin(0.1));
  w->findChild<QToolButton*>("reentry_play")->click();
  CHECK(w.wait([&] { return time->value() == 0; }));   // it goes round
  w->findChild<QToolButton*>("reentry_play")->click();
  circuit->setChecked(false);
  CHECK_FALSE(w.workspace().shown_map());
  CHECK_FALSE(time->isVisible());

  auto* suggest = w->findChild<QPushButton*>("study_suggest");
  REQUIRE(suggest->isEnabled());
  suggest->click();
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }));
  REQUIRE(model.chosen()->targets.size() == 1);
  CHECK(model.chosen()->targets[0].induced_before == 1);
  CHECK(model.chosen()->targets[0].induced_after == 0);
  CHECK(model.chosen()->targets[0].lesion_cm3 > 0);
  check_names(*panel, 13);
  CHECK(w.placed(1).empty());   // a suggestion only
  w->findChild<QPushButton*>("study_target_add_0")->click();
  REQUIRE(w.placed(1).size() == 1);
  CHECK(w.placed(1)[0].kind == "ablation");
  w.session().undo();
  CHECK(w.placed(1).empty());
}

TEST_CASE("a conduction system is chosen in the Model stage, and what cannot be built says why") {
  Window w;
  w.session().replace(one_kind_of_cell(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);
  auto* build = w->findChild<QPushButton*>("conduction_build");
  auto* note = w->findChild<QLabel*>("conduction_note");
  CHECK(w->findChild<QLabel*>("conduction_now")->text().contains("early sites"));
  CHECK_FALSE(build->isEnabled());
  CHECK(build->toolTip().contains("mesh"));

  auto data = one_kind_of_cell();   // now with the mesh the twin stands on
  session::MeshedHeart meshed;
  meshed.mesh = data.twin->heart->baseline.mesh;
  meshed.labels_sha256 = data.twin->source_labels_sha256;
  data.heart_mesh = meshed;
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(build->isEnabled());
  auto* kind = w->findChild<QComboBox*>("conduction_kind");
  CHECK(kind->currentData().toString() == "purkinje");   // what hearts get unless asked otherwise
  kind->setCurrentIndex(kind->findData("points"));
  auto* block = w->findChild<QComboBox*>("conduction_block");
  block->setCurrentIndex(block->findData("lafb"));
  CHECK_FALSE(build->isEnabled());   // the early sites have no fascicles
  CHECK(build->toolTip().contains("Purkinje"));
  block->setCurrentIndex(block->findData("lbbb"));
  REQUIRE(build->isEnabled());
  const auto before = w.session().data()->twin;
  build->click();
  REQUIRE(w.wait([&] { return w.session().data()->twin != before; }));
  CHECK(w->findChild<QLabel*>("conduction_now")->text().contains("block"));
  CHECK(w.session().undo_name() == "conduction system");
  w.session().undo();
  CHECK(w.session().data()->twin == before);
  kind->setCurrentIndex(kind->findData("purkinje"));
  CHECK(note->text().contains("set on three hearts"));
}

TEST_CASE("the restitution plot draws a line and dots for every kind that conducts, in its own colour, and leaves out rare kinds") {
  Window w;   // the program with its theme
  ep::RestitutionStudy study;
  const struct { const char* name; double share, apd, speed; } kinds[] = {{"healthy, epicardial", 55, 300, 0.6}, {"healthy, mid-wall", 30, 380, 0.5}, {"border zone, epicardial", 14.5, 340, 0.4}, {"rare", 0.5, 280, 0.3}};
  for (const auto& k : kinds) {
    ep::KindRestitution r;
    r.name = k.name;
    r.share_percent = k.share;
    r.velocity_m_per_s = k.speed;
    std::vector<ep::RestitutionPoint> points;
    for (double di : {40.0, 60.0, 90.0, 140.0, 220.0, 320.0}) points.push_back({di + k.apd, di, 1 - 0.5 * std::exp(-di / 60), k.apd * (1 - 0.45 * std::exp(-di / 80))});
    r.dynamic = points;
    for (auto& p : r.dynamic) p.apd_ms -= 12;
    r.s1s2 = ep::make_curve(points, 1, k.apd);
    study.kinds.push_back(r);
  }
  gui::RestitutionPlot plot;
  plot.resize(300, 320);
  plot.set_study(study);
  CHECK(plot.shown() == 3);
  const QImage picture = plot.grab().toImage();
  if (const char* folder = std::getenv("ORGANTWIN_TEST_PICTURES")) picture.save(QString::fromUtf8(folder) + "/restitution_plot.png");
  for (int kind = 0; kind < 3; ++kind) {
    int pixels = 0;
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x) pixels += picture.pixelColor(x, y) == gui::RestitutionPlot::color(kind);
    INFO(kind);
    CHECK(pixels > 50);
  }
}
