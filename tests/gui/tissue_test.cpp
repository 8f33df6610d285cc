// SPDX-License-Identifier: GPL-3.0-or-later
// The Tissue stage on an image with labels and no twin yet.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <catch2/catch.hpp>

#include "app/gui/tissue/tissue_panel.hpp"
#include "app/present/stages.hpp"
#include "imaging/tissue/phantom.hpp"
#include "tests/gui/window_fixture.hpp"
#include "viewer/qt/bulls_eye.hpp"

using namespace ot;
using namespace ot::test;
namespace l = core::labels;

TEST_CASE("the Tissue stage finds scar within 5 % of the phantom's, applies it as one undo step, moves a landmark and selects a segment") {
  imaging::VentricleParams p;
  p.spacing = core::Vec3(2, 2, 2);
  auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  session::CaseData data;
  session::ImageData image;
  image.key = image.name = "lge";
  image.volume = std::make_shared<const core::Volume>(v->image);
  image.labels = std::make_shared<const core::LabelMap>(v->labels);
  data.images.push_back(image);
  Window w;
  w.session().replace(data, {});
  w.workspace().request_stage(present::stage_tissue);
  auto* panel = w->findChild<gui::TissuePanel*>("panel_tissue");
  REQUIRE(panel);
  REQUIRE(w.wait([&] { return panel->model().report() && panel->model().preview(); }));
  CHECK(w->findChild<QComboBox*>("tissue_method")->currentIndex() == 0);   // MR: n SD
  CHECK(panel->model().preview()->scar_ml == Approx(v->scar_ml).epsilon(0.05));
  CHECK(w->findChild<QLabel*>("tissue_counts")->text().contains("Scar"));

  w->findChild<QDoubleSpinBox*>("tissue_value")->setValue(6);
  const double at_five = panel->model().preview()->scar_ml;
  REQUIRE(w.wait([&] { return panel->model().preview() && panel->model().preview()->scar_ml < at_five; }));

  const auto before = w.session().data()->images.front().labels;
  auto* apply = w->findChild<QPushButton*>("tissue_apply");
  REQUIRE(apply->isEnabled());
  apply->click();
  CHECK(w.session().data()->images.front().labels->count(l::scar) > 0);
  CHECK(w.session().undo_name() == "scar by SD");
  w.session().undo();
  CHECK(w.session().data()->images.front().labels->count(l::scar) == 0);
  CHECK(w.session().data()->images.front().labels->values == before->values);

  panel->model().move_landmark("lv_apex_endocardium", v->frame.apex + core::Vec3(2, 0, 0));
  REQUIRE(w.wait([&] { return panel->model().report() && panel->model().report()->landmarks.find("lv_apex_endocardium")->by_hand; }));
  CHECK(w.session().data()->images.front().landmarks.size() == 1);
  panel->model().reset_landmark("lv_apex_endocardium");
  REQUIRE(w.wait([&] { return panel->model().report() && !panel->model().report()->landmarks.find("lv_apex_endocardium")->by_hand; }));

  auto* bulls = w->findChild<viewer::BullsEye*>("tissue_bulls_eye");
  w.workspace().set_segment(11);
  CHECK(bulls->selected() == 11);
  CHECK(w->findChild<QLabel*>("tissue_segment")->text().startsWith("11 mid inferolateral"));
}
