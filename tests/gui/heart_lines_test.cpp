// SPDX-License-Identifier: GPL-3.0-or-later
// Vein rings of the atria, a fixed sequence of couplings, measured fibres and what a run leaves for other tools, in the window.
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <catch2/catch.hpp>
#include <cmath>

#include "app/gui/electrophysiology/fibres_panel.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/gui/exchange/export_sheet.hpp"
#include "app/present/stages.hpp"
#include "app/session/atria.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {

// Two ellipsoid atria over two balls of blood; voxels of 2 mm.
core::LabelMap two_atria() {
  core::LabelMap m;
  m.grid.size = {70, 50, 60};
  m.grid.spacing = {2, 2, 2};
  m.grid.origin = {-70, -50, -80};
  m.values.assign(m.grid.voxels(), 0);
  m.labels = l::heart();
  const struct { int label; Vec3 centre, half; } parts[] = {{l::lv_blood_pool, {26, 0, -42}, {20, 20, 20}}, {l::rv_blood_pool, {-26, 0, -42}, {20, 20, 20}}, {l::left_atrium, {26, 4, 0}, {27, 20, 22}}, {l::right_atrium, {-26, 0, 0}, {23, 20, 22}}};
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        for (const auto& p : parts)
          if ((m.grid.to_patient(Vec3(i, j, k)) - p.centre).cwiseQuotient(p.half).norm() <= 1) m.values[m.grid.offset(i, j, k)] = std::uint8_t(p.label);
  return m;
}

}  // namespace

TEST_CASE("vein rings and the roof line go into the plan as one undo step, and the left ring is proved to block both ways from the window") {
  session::AtriaCaseParams params;
  params.edge_mm = 1.5;
  const auto made = session::make_atria(two_atria(), params, {});
  REQUIRE(made);
  session::CaseData data;
  data.patient.built_in = true;
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "whole_heart";   // the sets need the wall, not the name
  twin->heart = made->heart;
  data.twin = twin;
  test::Window w;
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  auto* all = w->findChild<QPushButton*>("atrial_add_all");
  auto* prove = w->findChild<QPushButton*>("atrial_prove_pvi-left");
  REQUIRE(w.wait([&] { return all->isVisible() && all->isEnabled(); }, 3000));
  CHECK_FALSE(prove->isEnabled());
  all->click();
  CHECK_FALSE(all->isEnabled());   // the search is a job: the click itself returns at once
  REQUIRE(w.wait([&] { return w.session().plan_count() == 2; }, 60000));
  REQUIRE(w.placed(1).size() == 3);
  CHECK(w.placed(1)[0].params.flag("closed"));
  CHECK_FALSE(w.placed(1)[2].params.flag("closed"));
  CHECK(w.placed(1)[0].note.find("left pulmonary veins") != std::string::npos);
  CHECK_FALSE(all->isEnabled());
  REQUIRE(w.fast_ready(1));
  w.session().undo();
  CHECK(w.placed(1).empty());
  w.session().redo();
  REQUIRE(w.placed(1).size() == 3);
  REQUIRE(w.fast_ready(1));
  CHECK(prove->isEnabled());
  prove->click();
  auto* panel = w->findChild<gui::StudiesPanel*>();
  REQUIRE(w.wait([&] { return panel->model().doing() == gui::StudiesModel::Doing::nothing; }, 120000));
  INFO(panel->model().problem().toStdString());
  REQUIRE(panel->model().proof());
  CHECK(panel->model().proof()->proof.block_ab);
  CHECK(panel->model().proof()->proof.block_ba);
  CHECK(std::isfinite(panel->model().proof()->proof.delay_ab_without_ms));
  CHECK(panel->model().records().proofs.size() == 1);
  if (const char* picture = std::getenv("ORGANTWIN_TEST_PICTURE")) {
    w.wait([] { return false; }, 800);
    w->save_picture(QString(picture) + ".atria.png");
  }
}

TEST_CASE("a fixed sequence is typed in the panel: its couplings are asked for, a word that is none is refused") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  w->findChild<QPushButton*>("study_open")->setChecked(true);
  auto* preset = w->findChild<QComboBox*>("study_preset");
  auto* couplings = w->findChild<QLineEdit*>("study_couplings");
  auto* panel = w->findChild<gui::StudiesPanel*>();
  preset->setCurrentIndex(preset->findData("vt-induction"));
  CHECK_FALSE(couplings->isVisible());
  preset->setCurrentIndex(preset->findData("pace"));
  REQUIRE(w.wait([&] { return couplings->isVisible(); }, 3000));
  couplings->setText("350, 300 280");
  const auto spec = panel->asked();
  REQUIRE(spec);
  CHECK(spec->protocol.kind == ep::ProtocolKind::fixed);
  CHECK(spec->protocol.couplings_ms == std::vector<double>{350, 300, 280});
  couplings->setText("350 soon");
  const auto refused = panel->asked();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("\"soon\" is no coupling") != std::string::npos);
}

TEST_CASE("the ECG of the active plan is exported as CSV from the window") {
  const auto folder = test::scratch_folder("gui-ecg-out");
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w->findChild<gui::ExportSheet*>()->open("ecg");
  auto* which = w->findChild<QComboBox*>("export_which");
  CHECK(which->currentData().toString() == "Baseline");
  w->findChild<QLineEdit*>("export_path")->setText(QString::fromStdString((folder / "ecg.csv").string()));
  auto* write = w->findChild<QPushButton*>("export_write");
  REQUIRE(w.wait([&] { return write->isEnabled(); }, 3000));
  write->click();
  REQUIRE(w.wait([&] { return std::filesystem::exists(folder / "ecg.csv"); }, 20000));
  const auto text = core::read_file(folder / "ecg.csv", std::size_t(1) << 24);
  REQUIRE(text);
  CHECK(text->rfind("t_ms,I_mV,II_mV", 0) == 0);
  CHECK(std::count(text->begin(), text->end(), '\n') == long(w.session().result(0, core::Mode::fast)->electro->ecg.t_ms.size()) + 1);
}

TEST_CASE("measured fibres of a .lon file are laid on the heart as one undo step, and a file of another mesh is refused in words") {
  const auto folder = test::scratch_folder("gui-fibres");
  auto data = test::journey_case();
  const auto mesh = data.twin->heart->baseline.mesh;
  session::MeshedHeart heart;
  heart.mesh = mesh;
  heart.quality = core::measure_quality(*mesh);
  data.heart_mesh = heart;
  data.choices.conduction = "points";
  std::string lon = "1\n";
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) lon += "0.6 0.8 0\n";
  REQUIRE(core::write_file(folder / "measured.lon", lon));
  REQUIRE(core::write_file(folder / "other.lon", "1\n1 0 0\n"));
  test::Window w;
  w.session().replace(data, {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);
  auto* panel = w->findChild<gui::FibresPanel*>();
  CHECK(w->findChild<QPushButton*>("fibres_import")->isEnabled());
  CHECK_FALSE(w->findChild<QPushButton*>("fibres_rule")->isEnabled());
  const auto before = w.session().data()->twin;
  panel->import_fibres(folder / "other.lon");
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }, 60000));
  CHECK(w.session().data()->twin == before);
  panel->import_fibres(folder / "measured.lon");
  REQUIRE(w.wait([&] { return w.session().data()->twin != before && !w.session().jobs().busy(); }, 120000));
  const auto& f = w.session().data()->twin->heart->baseline.fibres->f;
  REQUIRE(f.size() == mesh->tets.size());
  CHECK(std::abs(f[0].dot(Vec3(0.6, 0.8, 0))) == Approx(1).margin(1e-6));
  CHECK(w->findChild<QPushButton*>("fibres_rule")->isEnabled());
  w.session().undo();
  CHECK_FALSE(w.session().data()->heart_mesh->fibres);
}
