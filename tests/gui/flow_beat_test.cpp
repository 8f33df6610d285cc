// SPDX-License-Identifier: GPL-3.0-or-later
// A beat of the blood in the real window: colours, particles and cuts that follow the clock, and probes in the vessel.
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "app/gui/flow/probe_waves.hpp"
#include "app/gui/flow/stent_panel.hpp"
#include "app/gui/flow/stream_show.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;

namespace {

// The narrowed tube alone, over a beat of 0.8 s between 200 and 1000 mm3/s, highest in its middle.
session::CaseData beating_case() {
  auto data = test::journey_case();
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  twin->heart = nullptr;
  auto vessel = std::make_shared<twin::VesselModel>(*twin->vessels[0]);
  vessel->report_ffr = false;
  vessel->baseline.steady = false;
  vessel->baseline.dt_s = 0.01;
  vessel->baseline.cycles = 1;
  auto& flow = vessel->baseline.inlets[0].flow;
  flow.clear();
  for (int k = 0; k <= 40; ++k) flow.emplace_back(0.02 * k, 600 - 400 * std::cos(2 * std::numbers::pi * k / 40));
  twin->vessels = {vessel};
  data.twin = twin;
  return data;
}

}  // namespace

TEST_CASE("A FULL beat plays: the clock ends with it (800 ms), colours name the instant within half a frame, the number of particles changes over the beat, streamlines and the cut are drawn with a bar in m/s") {
  test::Window w;
  w.session().replace(beating_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().set_shown_vessel("lad");
  w.session().run(0, core::Mode::full);
  REQUIRE(w.wait([&] { return w.session().result(0, core::Mode::full) != nullptr; }, 300000));
  w.wait([] { return false; }, 300);
  REQUIRE(w.session().result(0, core::Mode::full)->vessels[0].flow->beat.size() == 32);
  w.workspace().set_shown_vessel({});
  w.workspace().set_shown_vessel("lad");
  CHECK(w.workspace().playback().end_ms() == Approx(800));
  w.workspace().set_playing(false);
  auto& scene = w->centre().main_pane().view().scene();
  const auto title = [&] { return scene.field_style() ? scene.field_style()->title : std::string(); };
  w.workspace().set_vessel_display(gui::VesselDisplay::pressure_beat);
  for (const int ms : {200, 600}) {
    w.workspace().set_time(ms);
    CHECK(title() == "Pressure at " + std::to_string(ms) + " ms of the beat");
    CHECK(scene.field_style()->unit == "mmHg");
  }
  w.workspace().set_vessel_display(gui::VesselDisplay::shear_beat);
  w.workspace().set_time(410);   // the nearest kept instant is 400
  CHECK(title() == "Wall shear at 400 ms of the beat");

  auto* show = w->findChild<gui::StreamShow*>();
  REQUIRE(show);
  w.workspace().set_vessel_display(gui::VesselDisplay::streams);
  REQUIRE(w.wait([&] { return show->lines() > 0; }, 60000));
  CHECK(show->pulses());
  int few = 1 << 20, many = 0;   // in the vessel at once, over the beat
  for (int ms = 0; ms < 800; ms += 40) {
    w.workspace().set_time(ms);
    few = std::min(few, show->particles()), many = std::max(many, show->particles());
  }
  CHECK(few > 0);
  CHECK(many > few);
  for (const auto as : {gui::VesselDisplay::lines, gui::VesselDisplay::slice}) {
    w.workspace().set_vessel_display(as);
    REQUIRE(w.wait([&] { return title().find(as == gui::VesselDisplay::lines ? "streamlines" : "cut along the vessel") != std::string::npos; }, 60000));
    CHECK(scene.field_style()->unit == "m/s");
    CHECK(scene.counts().vessels == 2);   // the lumen, and what is in it
  }
}

TEST_CASE("Two clicks of the mouse on the vessel place two probes on the centreline within 0.05 mm, they are read in both models and over the beat, renamed, undone, written and kept in the case") {
  test::Window w;
  w.session().replace(beating_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().set_shown_vessel("lad");
  w.session().run(0, core::Mode::full);
  REQUIRE(w.wait([&] { return w.session().result(0, core::Mode::full) != nullptr; }, 300000));
  REQUIRE(w.command("click tab_flow").isEmpty());
  REQUIRE(w.command("click flow_probe_place").isEmpty());
  w.wait([] { return false; }, 200);
  REQUIRE(w.command("pick_vessel 8").isEmpty());
  REQUIRE(w.command("pick_vessel 32").isEmpty());
  auto placed = [&] { return w.session().data()->flow_probes; };
  REQUIRE(placed().size() == 2);
  for (const auto& p : placed()) CHECK(std::hypot(p.at.x(), p.at.y()) < 0.05);
  CHECK(placed()[0].at.z() < 16);
  w.workspace().set_tool(gui::Tool::none);
  auto* waves = w->findChild<gui::ProbeWaves*>();
  REQUIRE(waves);
  REQUIRE(w.wait([&] { return waves->runs() == 2 && waves->readings(0).size() == 2; }, 60000));
  const auto curves = waves->curves(viewer::PullbackPlot::Kind::wave_mmhg);
  REQUIRE(curves.size() == 4);   // two probes, FULL and FAST
  for (const auto& c : curves) CHECK(c.arc_mm.back() == Approx(0.8));
  for (std::size_t run = 0; run < 2; ++run) {
    const auto gradients = session::probe_gradients(waves->readings(run));
    REQUIRE(gradients.size() == 1);
    CHECK(gradients[0].mean_mmhg > 0.5);   // a lesion of 60 % lies between them
    CHECK(gradients[0].peak_mmhg > gradients[0].mean_mmhg);
  }
  REQUIRE(w.command("set flow_quantity Pressure at probes").isEmpty());
  auto* plot = w->findChild<viewer::PullbackPlot*>("pullback_plot");
  CHECK(plot->curves().size() == 4);
  const auto folder = test::scratch_folder("flow-beat");
  const QString csv = QString::fromStdString((folder / "probes.csv").string());
  REQUIRE(waves->export_csv(csv));
  QFile file(csv);
  REQUIRE(file.open(QIODevice::ReadOnly));
  CHECK(file.readLine().startsWith("t_s,P1 "));
  CHECK(file.readAll().count('\n') >= 32);

  waves->rename("P1", "before");
  CHECK(placed()[0].name == "before");
  w.session().undo();
  CHECK(placed()[0].name == "P1");
  w.session().undo();
  REQUIRE(placed().size() == 1);
  w.session().redo();
  REQUIRE(placed().size() == 2);
  w.wait([] { return false; }, 300);   // the list is laid out
  const QString refused = w.command("click flow_probe_move_P2");
  INFO(refused.toStdString());
  REQUIRE(refused.isEmpty());
  const double before = placed()[1].at.z();
  REQUIRE(w.command("pick_vessel 26").isEmpty());
  REQUIRE(placed().size() == 2);
  CHECK(placed()[1].at.z() < before - 3);
  const auto kept = placed();
  REQUIRE(w.command("save " + QString::fromStdString((folder / "case").string())).isEmpty());
  const auto back = session::load_case(folder / "case", {});
  REQUIRE(back);
  CHECK(back->flow_probes == kept);
}
