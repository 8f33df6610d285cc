// SPDX-License-Identifier: GPL-3.0-or-later
// What was measured in the patient, in the window: a recording behind the leads, a map on the heart, scar taken and undone.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "app/gui/centre_view.hpp"
#include "app/gui/electrophysiology/measured_panel.hpp"
#include "app/gui/electrophysiology/phi_show.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/present/stages.hpp"
#include "app/session/recorded.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;
using namespace ot::test;

TEST_CASE("a recording lies behind the leads with its differences and a map lies on the heart, both undo and scar from voltage rebuilds the twin") {
  const auto folder = scratch_folder("gui-measured");
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);

  // The simulated ECG itself, repeated, is the recording: the differences must be small.
  const auto simulated = w.session().result(0, core::Mode::fast)->electro->ecg;
  ep::Ecg strip;
  strip.leads = simulated.leads;
  strip.mV.resize(strip.leads.size());
  for (int i = 0; i < 4000; ++i) {
    const double t = 2.0 * i, u = std::fmod(t + 700, 1000.0) ;
    strip.t_ms.push_back(t);
    for (std::size_t l = 0; l < strip.leads.size(); ++l) {
      const double at = u / 2.0;
      const std::size_t k = std::size_t(at);
      strip.mV[l].push_back(k < simulated.t_ms.size() ? simulated.mV[l][k] : 0.0);
    }
  }
  REQUIRE(session::export_ecg(strip, folder / "rest.csv"));
  REQUIRE(w.command(QString::fromStdString("import_ecg " + (folder / "rest.csv").string())).isEmpty());
  REQUIRE(w.wait([&] { return w.workspace().recording() != nullptr; }));
  CHECK(w.session().data()->recorded_ecgs.size() == 1);
  CHECK(w.session().undo_name() == "import recorded ECG");
  CHECK(w->findChild<QLabel*>("ecg_note")->text().contains("Mean correlation"));
  CHECK(w->findChild<QComboBox*>("ecg_which")->currentText() == "rest");

  // A map of the run's own activation on the LV endocardium, with a low-voltage patch.
  const auto& problem = w.session().data()->twin->heart->baseline;
  const auto& activation = w.session().result(0, core::Mode::fast)->electro->activation_ms;
  std::string csv = "x_mm,y_mm,z_mm,lat_ms,bipolar_mV\n";
  const auto values = problem.mesh->patch_values("endocardium_lv");
  core::Vec3 first(0, 0, 0);
  int count = 0;
  for (const auto& f : problem.mesh->boundary) {
    if (std::find(values.begin(), values.end(), f.patch) == values.end()) continue;
    const core::Vec3 p = problem.mesh->nodes[f.nodes[0]];
    if (count++ == 0) first = p;
    csv += fmt::format("{},{},{},{},{}\n", p.x(), p.y(), p.z(), activation[std::size_t(f.nodes[0])] - 40, (p - first).norm() < 12 ? 0.2 : 3.0);
  }
  REQUIRE(core::write_file(folder / "map.csv", csv));
  REQUIRE(w.command(QString::fromStdString("import_map " + (folder / "map.csv").string())).isEmpty());
  REQUIRE(w.wait([&] { return w.workspace().shown_map() != nullptr; }));
  CHECK(w.workspace().display() == gui::Display::ea_map);
  CHECK(w.workspace().shown_map()->kind == 0);
  w->findChild<QComboBox*>("map_quantity")->setCurrentIndex(1);
  REQUIRE(w.wait([&] { return w.workspace().shown_map() && w.workspace().shown_map()->kind == 2; }));
  CHECK(w.workspace().shown_map()->hi <= 15);   // the same field but for interpolation
  w->findChild<QComboBox*>("map_quantity")->setCurrentIndex(2);
  auto* take = w->findChild<QPushButton*>("map_take_scar");
  REQUIRE(w.wait([&] { return take->isEnabled() && w.workspace().shown_map() && w.workspace().shown_map()->kind == 1; }));
  const auto twin = w.session().data()->twin;
  take->click();
  REQUIRE(w.wait([&] { return w.session().data()->twin != twin && w.session().data()->twin; }, 120000));
  bool scar = false;
  for (const auto t : w.session().data()->twin->heart->baseline.tissue) scar = scar || w.session().data()->twin->heart->baseline.regions[t].key == "scar_core";
  CHECK(scar);
  CHECK(w.session().undo_name() == "scar from map");
  w.session().undo();
  CHECK(w.session().data()->twin == twin);
  w.session().undo();
  CHECK(w.session().data()->ea_maps.empty());
  CHECK(w.workspace().shown_map() == nullptr);
  w.session().undo();
  CHECK(w.session().data()->recorded_ecgs.empty());
  CHECK(w.workspace().recording() == nullptr);
}

TEST_CASE("the extracellular potential of the shown beat is painted over time, in mV around zero, and follows the clock") {
  Window w;
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  auto* pane = &w->centre().main_pane();
  // Cancelled, it is computed when it is chosen again.
  REQUIRE(w.command("action show_extracellular").isEmpty());
  w.session().jobs().cancel_all();
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }, 20000));
  REQUIRE(w.command("action show_voltage").isEmpty());
  REQUIRE(w.command("action show_extracellular").isEmpty());
  CHECK(w.workspace().display() == gui::Display::extracellular);
  const auto painted = [&] {
    const auto* style = pane->view().scene().field_style();
    return style && style->title == "Extracellular";
  };
  REQUIRE(w.wait(painted, 60000));
  const auto style = *pane->view().scene().field_style();
  CHECK(style.unit == "mV");
  CHECK(style.lo == -style.hi);
  CHECK(style.hi >= 10);
  CHECK(style.hi <= 100);   // the membrane potential itself swings by about 110 mV
  auto* phi = pane->findChild<gui::PhiShow*>();
  REQUIRE(phi);
  const auto early = phi->at(20), late = phi->at(60);
  REQUIRE(early);
  REQUIRE(late);
  CHECK(early != late);
  CHECK(*std::max_element(early->begin(), early->end()) > 1);    // ahead of the front
  CHECK(*std::min_element(early->begin(), early->end()) < -1);   // behind it
  REQUIRE(w.command("action show_voltage").isEmpty());
  CHECK(w.wait([&] { return !painted(); }));
}
