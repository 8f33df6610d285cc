// SPDX-License-Identifier: GPL-3.0-or-later
// The single-cell page of the real window; and what a case prepares when it opens.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <future>
#include <sstream>

#include "app/gui/dock.hpp"
#include "app/gui/electrophysiology/cell_page.hpp"
#include "app/gui/views/vessel_pane.hpp"
#include "app/present/flow_preflight.hpp"
#include "app/present/stages.hpp"
#include "app/session/import_scan.hpp"
#include "app/session/warm_up.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "tests/gui/placed_stent.hpp"
#include "viewer/qt/pullback_plot.hpp"

using namespace ot;
using namespace ot::test;

namespace {

struct Cell {
  Window& w;
  gui::CellPage* page;
  explicit Cell(Window& window) : w(window), page(window->findChild<gui::CellPage*>("cell_page")) { REQUIRE(page); }
  bool answered() {
    return w.wait([&] { return page->answer() && page->answer()->asked == page->asked() && !w.session().jobs().busy(); }, 120000);
  }
  QString number(const QString& key, int column) {
    auto* table = w->findChild<gui::NumberTableWidget*>("cell_table");
    const int row = table->row_of(key);
    return row < 0 || column >= table->columnCount() ? QString() : table->item(row, column)->text();
  }
};

}  // namespace

TEST_CASE("the single cell page plays the heart's cell, shows what run_cell gives, half of IKr beside control, and writes both as a table") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  Cell cell(w);
  CHECK_FALSE(cell.page->answer());   // nothing is computed before it is looked at
  REQUIRE(w.command("action single_cell").isEmpty());
  CHECK(cell.page->isVisible());
  CHECK(w->findChild<QLabel*>("cell_title")->text().contains("not the patient"));
  REQUIRE(w.command("set cell_beats 4").isEmpty());
  REQUIRE(w.command("set cell_cycle 700").isEmpty());
  REQUIRE(cell.answered());
  const auto family = w.workspace().heart()->baseline.ionic_model;
  CHECK(cell.page->asked().model == family + "_endo");
  ep::CellProblem problem;
  problem.model = family + "_endo";
  problem.cycle_length_ms = 700;
  problem.beats = 4;
  problem.dt_ms = 0;
  const auto control = ep::run_cell(problem);
  REQUIRE(control);
  CHECK(cell.page->answer()->control->apd90_ms == control->apd90_ms);
  CHECK(cell.number("apd90_ms", 1) == QString::number(std::round(control->apd90_ms), 'f', 0));
  CHECK(w->findChild<viewer::PullbackPlot*>("cell_plot_v")->curves().size() == 1);

  REQUIRE(w.command("set cell_percent_IKr 50").isEmpty());
  REQUIRE(cell.answered());
  problem.channels.g_Kr = 0.5;
  const auto half = ep::run_cell(problem);
  REQUIRE(half);
  CHECK(cell.page->answer()->changed->apd90_ms == half->apd90_ms);
  CHECK(half->apd90_ms > control->apd90_ms);
  CHECK(cell.number("apd90_ms", 2) == QString::number(std::round(half->apd90_ms), 'f', 0));
  for (const char* plot : {"cell_plot_v", "cell_plot_ca", "cell_plot_i"}) CHECK(w->findChild<viewer::PullbackPlot*>(plot)->curves().size() == 2);
  CHECK(w.session().data()->plans.size() == 1);   // a calculator: no plan was made

  const auto file = scratch_folder("gui-cell") / "cell.csv";
  REQUIRE(cell.page->export_csv(QString::fromStdString(file.string())));
  std::ifstream in(file);
  std::stringstream csv;
  csv << in.rdbuf();
  CHECK_THAT(csv.str(), Catch::Contains(R"("scale":{"IKr":0.5})"));

  // The newest question replaces a long one, and a cancelled one can be asked again.
  REQUIRE(w.command("set cell_beats 100000").isEmpty());
  REQUIRE(w.wait([&] { return w.session().jobs().active("single_cell") != 0; }, 5000));
  CHECK_FALSE(w->findChild<QPushButton*>("cell_compute")->isEnabled());
  w.session().jobs().cancel_all();
  REQUIRE(w.wait([&] { return w->findChild<QPushButton*>("cell_compute")->isEnabled(); }, 10000));
  REQUIRE(w.command("set cell_beats 5").isEmpty());
  REQUIRE(cell.answered());
  CHECK(cell.page->answer()->asked.beats == 5);
}

TEST_CASE("the link under a drug takes its dose to the single cell page, in CiPAORdv1.0 qNet stands beside its control, and the page fits 1024 x 640") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(w.command("action drug").isEmpty());
  auto spec = w.placed(1)[0];
  spec.params.set("drug", std::string("verapamil"));
  spec.params.set("dose_x_cmax", 3.0);
  REQUIRE(w.session().update(1, spec));
  REQUIRE(w.command("set cell_model cipaordv1_2017_endo").isEmpty());
  REQUIRE(w.command("set cell_beats 3").isEmpty());
  REQUIRE(w.command("click drug_on_cell").isEmpty());
  Cell cell(w);
  CHECK(cell.page->isVisible());
  CHECK(cell.page->asked().drug == interventions::CellDrug{"verapamil", 3.0, false});
  REQUIRE(cell.answered());
  const auto& answer = *cell.page->answer();
  CHECK(std::isfinite(answer.control->qnet_uC_per_uF));
  CHECK(answer.changed->qnet_uC_per_uF != answer.control->qnet_uC_per_uF);
  CHECK_FALSE(cell.number("qnet_uC_per_uF", 2).isEmpty());
  CHECK(w->findChild<QLabel*>("cell_note")->text().contains("1000 beats"));
  REQUIRE(w.command("resize 1024 640").isEmpty());
  w.wait([] { return false; }, 200);
  CHECK(w->findChild<viewer::PullbackPlot*>("cell_plot_v")->isVisible());
  REQUIRE(w.command("set cell_numbers on").isEmpty());
  CHECK_FALSE(w->findChild<viewer::PullbackPlot*>("cell_plot_v")->isVisible());
  CHECK(w->findChild<gui::NumberTableWidget*>("cell_table")->isVisible());
  // Nothing of the page lies behind the status bar, here or on a large screen.
  for (const auto& [width, height] : {std::pair(1024, 640), std::pair(1100, 700), std::pair(1280, 800), std::pair(1600, 1000)}) {
    w->resize(width, height);
    w.wait([] { return false; }, 150);
    INFO(width << " x " << height);
    const auto* csv = w->findChild<QPushButton*>("cell_csv");
    CHECK(csv->visibleRegion().boundingRect().height() == csv->height());
    CHECK(cell.page->visibleRegion().boundingRect().height() == cell.page->height());
  }
}

TEST_CASE("the vessel layout opens on the vessel and branch of the plan's device, a line chosen by hand stays") {
  auto data = journey_case();
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  auto other = std::make_shared<twin::VesselModel>(*twin->vessels[0]);
  other->key = "aorta";
  other->name = "Aorta";
  other->network = std::make_shared<const core::VesselNetwork>(*other->network);
  other->report_ffr = false;
  twin->vessels.insert(twin->vessels.begin(), other);
  data.twin = twin;
  Window w;
  w.session().replace(std::move(data), {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(w.command("action layout_vessel").isEmpty());
  w.wait([] { return false; }, 200);
  auto& pane = w->centre().vessel_pane();
  CHECK(pane.vessel() == "lad");   // no device: where FFR is reported, not the first of the list
  REQUIRE(w.command("action layout_vessel").isEmpty());
  twin::InterventionSpec stent;
  stent.kind = "stent";
  stent.params = twin::find_intervention("stent")->schema.defaults();
  stent.placement.kind = twin::Placement::Kind::segment;
  stent.placement.vessel = "aorta";
  stent.placement.start_mm = 12;
  stent.placement.length_mm = 15;
  REQUIRE(w.workspace().add_intervention(stent));
  REQUIRE(w.fast_ready(1));
  REQUIRE(w.command("action layout_vessel").isEmpty());
  w.wait([] { return false; }, 200);
  CHECK(pane.vessel() == "aorta");
}

TEST_CASE("the check before a run calls ends as the window does: the name given by hand, else that of the lumen, never a patch number") {
  auto vessel = *journey_case().twin->vessels[0];
  vessel.baseline.inlets[0].flow = {{0.0, 90000.0}};   // far too much
  const auto said = [&](const present::EndNames& given) {
    std::string all;
    for (const auto& line : present::preflight_flow(vessel, given)) all += line.detail + "\n";
    return all;
  };
  CHECK_THAT(said({}), !Catch::Contains("patch"));
  CHECK_THAT(said({}), Catch::Contains("enter inlet at"));
  const int number = vessel.baseline.inlets[0].patch;
  const std::string key = vessel.lumen->patch_names.at(number);
  CHECK_THAT(said({{key, "Ostium"}}), Catch::Contains("enter Ostium at"));
  CHECK(present::with_end_names("Outlet patch " + std::to_string(number) + " has a value.", vessel, {{key, "diagonal"}}) == "Diagonal has a value.");
  CHECK(present::with_end_names("Outlet patch 977 has a value.", vessel, {}) == "Outlet patch 977 has a value.");
}

TEST_CASE("a case of svZeroDSolver, of openBF or a spec of solve opened in the window is answered with the line for the command line") {
  const auto folder = scratch_folder("gui-solver-case");
  const std::pair<const char*, const char*> files[] = {{"loop.json", R"({"simulation_parameters": {}, "boundary_conditions": []})"},
                                                       {"carotid.yaml", "project_name: cca\nsolver:\n  cycles: 10\nnetwork:\n  - label: a\n"},
                                                       {"spec.json", R"({"kind": "cell", "beats": 5})"}};
  for (const auto& [name, text] : files) {
    REQUIRE(core::write_file(folder / name, std::string(text)));
    const auto scan = session::scan_for_import(folder / name, {});
    REQUIRE_FALSE(scan);
    CHECK_THAT(scan.error().message, Catch::Contains("organtwin-cli solve \"" + (folder / name).string() + "\""));
  }
  REQUIRE(core::write_file(folder / "other.json", std::string("{\"a\": 1}")));
  const auto other = session::scan_for_import(folder / "other.json", {});
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().message, !Catch::Contains("organtwin-cli solve"));
}

TEST_CASE("a case that opens with its answers stored prepares FAST behind the window, one without a stored answer only computes it") {
  auto data = journey_case();
  {
    Window fresh;
    fresh.session().replace(data, {});
    fresh.wait([] { return false; }, 60);   // its timer has fired
    CHECK(fresh.session().jobs().active(session::warm_up_job) == 0);
    REQUIRE(fresh.fast_ready(0));
    data = *fresh.session().data();
  }
  Window w;
  std::promise<void> gate;   // holds the lane, so that the preparation is seen while it waits: on an idle machine it is over within one turn of the loop
  w.session().jobs().start(session::Lane::quick, "gate", "Waiting for the test", [open = gate.get_future().share()](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
    open.wait();
    return session::JobRunner::Completion([] {});
  });
  w.session().replace(data, {});
  CHECK(w.wait([&] { return w.session().jobs().active(session::warm_up_job) != 0; }, 5000));
  gate.set_value();
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }, 120000));
  CHECK(w.session().jobs().status().empty());   // it did not fail
}
