// SPDX-License-Identifier: GPL-3.0-or-later
// Atria alone in the real window: tissue is chosen in the Model stage, kept with the case, and taken back by one undo.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <catch2/catch.hpp>

#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/present/stages.hpp"
#include "app/session/atria.hpp"
#include "tests/gui/window_fixture.hpp"
#include "tests/support/ball_heart.hpp"

using namespace ot;
using namespace ot::test;

namespace {

session::CaseData labelled_balls() {
  auto data = journey_case();
  auto labels = std::make_shared<core::LabelMap>(ball_heart(3));
  auto volume = std::make_shared<core::Volume>();
  volume->grid = labels->grid;
  volume->values.assign(labels->values.begin(), labels->values.end());
  session::ImageData image;
  image.key = "balls";
  image.name = "Balls";
  image.volume = volume;
  image.labels = labels;
  data.images = {image};
  data.choices.atrial_edge_mm = 1.5;   // the default: at 2.5 mm no ring is found to isolate the veins of these balls
  return data;
}

}  // namespace

TEST_CASE("atria alone with 30 % fibrosis and remodelled cells are built in the Model stage, drawn by their number, kept in the case and undone in one step") {
  Window w;
  w.session().replace(labelled_balls(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);
  auto* atria = w->findChild<QComboBox*>("conduction_atria");
  auto* build = w->findChild<QPushButton*>("conduction_build");
  auto* af = w->findChild<QCheckBox*>("conduction_af");
  auto* fibres = w->findChild<QComboBox*>("conduction_atrial_fibres");
  auto* share = w->findChild<QDoubleSpinBox*>("conduction_fibrosis");
  auto* seed = w->findChild<QDoubleSpinBox*>("conduction_fibrosis_seed");
  REQUIRE(w.wait([&] { return atria->isVisible(); }, 3000));
  CHECK_FALSE(share->isVisible());   // ventricles alone
  CHECK_FALSE(build->isEnabled());   // no mesh of the ventricles
  atria->setCurrentIndex(atria->findData("alone"));
  REQUIRE(w.wait([&] { return share->isVisible(); }, 3000));
  CHECK(share->value() == 0);        // none unless asked
  CHECK(share->text() == "none");
  CHECK_FALSE(seed->isVisible());
  CHECK_FALSE(af->accessibleName().isEmpty());
  CHECK(fibres->currentData().toString() == "rings");
  REQUIRE(build->isEnabled());
  const auto before = w.session().data()->twin;
  af->setChecked(true);
  REQUIRE(w.command("set conduction_fibrosis 30").isEmpty());
  REQUIRE(w.wait([&] { return seed->isVisible(); }, 3000));
  REQUIRE(w.command("set conduction_fibrosis_seed 7").isEmpty());
  const auto built = [&] {
    const auto now = w.session().data()->twin;
    build->click();
    REQUIRE(w.wait([&] { return w.session().data()->twin != now; }, 120000));
    REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  };
  built();
  const auto data = w.session().data();
  CHECK(data->twin->organ == "atria");
  CHECK(data->choices.af_remodelled);
  CHECK(data->choices.fibrosis_share == Approx(0.3));
  CHECK(data->choices.fibrosis_seed == 7);
  const auto fibrotic = [](const session::CaseData& d) {
    const auto& p = d.twin->heart->baseline;
    std::vector<std::size_t> out;
    for (std::size_t t = 0; t < p.tissue.size(); ++t)
      if (p.regions[p.tissue[t]].key == "atrial_fibrosis") out.push_back(t);
    return out;
  };
  const auto patches = fibrotic(*data);
  CHECK(patches.size() > data->twin->heart->baseline.tissue.size() / 10);   // 30 % of the working muscle, bundles spared
  CHECK(w->findChild<QLabel*>("conduction_now")->text().contains("seed 7"));
  CHECK(w.session().undo_name() == "atria");

  REQUIRE(w.command("set conduction_fibrosis_seed 8").isEmpty());
  built();
  CHECK(fibrotic(*w.session().data()) != patches);
  w.session().undo();
  CHECK(seed->value() == 7);
  CHECK(fibrotic(*w.session().data()) == patches);
  const auto rings = w.session().data()->twin->heart->baseline.fibres;
  fibres->setCurrentIndex(fibres->findData("piersanti"));
  built();
  CHECK(w.session().data()->choices.atrial_fibres == "piersanti");
  CHECK(w.session().data()->twin->heart->baseline.fibres->f != rings->f);
  CHECK(w->findChild<QLabel*>("conduction_now")->text().contains("Piersanti"));
  w.session().undo();
  CHECK(fibres->currentData().toString() == "rings");
  CHECK(w.session().data()->twin->heart->baseline.fibres->f == rings->f);

  const auto folder = scratch_folder("gui-atria") / "case";
  REQUIRE(session::save_case(*w.session().data(), folder, {}));
  const auto loaded = session::load_case(folder, {});
  REQUIRE(loaded);
  CHECK(fibrotic(*loaded) == patches);
  CHECK(session::chosen_atria(loaded->choices).tissue.fibrosis_share == Approx(0.3));
  w.session().undo();
  CHECK(w.session().data()->twin == before);
  CHECK(w.session().data()->choices.fibrosis_share == 0);
  CHECK_FALSE(share->isVisible());   // ventricles alone again
}

TEST_CASE("vein rings go into a plan, the study of the baseline is played again on it, and the panel says what stays inducible") {
  Window w;
  auto data = labelled_balls();
  session::AtriaCaseParams params = session::chosen_atria(data.choices);
  REQUIRE(session::build_atrial_twin(data, params, {}));
  w.session().replace(std::move(data), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_intervene);
  auto* panel = w->findChild<gui::StudiesPanel*>();
  auto& model = panel->model();
  w->findChild<QPushButton*>("study_open")->click();
  REQUIRE(w.wait([&] { return w->findChild<QPushButton*>("atrial_add_pvi-left")->isVisible(); }, 3000));
  auto* preset = w->findChild<QComboBox*>("study_preset");
  preset->setCurrentIndex(preset->findData("af-burst"));
  w->findChild<QPushButton*>("study_numbers")->click();
  for (const char* line : {"set study_beats 1", "set study_burst_interval 300", "set study_burst_beats 2", "set study_observe 400"}) REQUIRE(w.command(line).isEmpty());
  auto* again = w->findChild<QPushButton*>("study_again");
  w->findChild<QPushButton*>("study_start")->click();
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }, 180000));
  REQUIRE(model.chosen());
  REQUIRE(model.chosen()->study->runs.size() == 8);
  CHECK_FALSE(again->isEnabled());   // no plan with lesions yet
  CHECK(again->toolTip().contains("plan with lesions"));
  CHECK(w->findChild<QWidget*>("study_fact_residual") == nullptr);
  std::size_t rings = 0;
  for (const char* ring : {"atrial_add_pvi-left", "atrial_add_pvi-right"}) {
    w->findChild<QPushButton*>(ring)->click();
    ++rings;
    REQUIRE(w.wait([&] { return w.session().plan_count() == 2 && w.placed(1).size() == rings; }, 60000));
  }
  for (const auto& ring : w.placed(1)) CHECK(ring.params.flag("closed"));
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  REQUIRE(again->isEnabled());
  again->click();
  REQUIRE(w.wait([&] { return model.doing() == gui::StudiesModel::Doing::nothing; }, 180000));
  CHECK(model.chosen()->spec.plan != "Baseline");
  REQUIRE(w->findChild<QWidget*>("study_fact_residual"));
  CHECK(w->findChild<QLabel*>("study_residual_words")->text().contains("nothing was inducible before"));   // healthy cells at 300 ms
  CHECK_FALSE(again->isEnabled());
  w.session().undo();
  w.session().undo();
  CHECK(w.placed(1).empty());
}
