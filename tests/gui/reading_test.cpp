// SPDX-License-Identifier: GPL-3.0-or-later
// What a person reads off the window: that it says what is known, what is being computed, and from where a number comes.
#include <QAbstractButton>
#include <QImage>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <catch2/catch.hpp>
#include <cmath>

#include "app/present/stages.hpp"
#include "solvers/twin/setup.hpp"
#include "tests/gui/window_fixture.hpp"
#include "viewer/qt/ecg_paper.hpp"
#include "viewer/scene/palette.hpp"
#include "viewer/scene/stage.hpp"

using namespace ot;

namespace {

// The labels of the standard scheme, of which the first `count` have one voxel each.
std::shared_ptr<const core::LabelMap> few_labels(const core::Grid& grid, int count) {
  auto map = std::make_shared<core::LabelMap>();
  map->grid = grid;
  map->values.assign(std::size_t(grid.voxels()), 0);
  map->labels = core::labels::heart();
  for (int i = 0; i < count; ++i) map->values[std::size_t(i)] = std::uint8_t(map->labels[std::size_t(i)].value);
  return map;
}

}  // namespace

TEST_CASE("undoing a new plan shows the plan it was made from, and redoing it shows the new one") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  for (int i = 0; i < 2; ++i) w.session().add_plan("", 0);   // A and B
  w.session().set_active_plan(0);
  const int added = w.session().add_plan("", 0);
  CHECK(w.session().active_plan() == added);
  w.session().undo();
  CHECK(w.session().active_plan() == 0);      // not B, which lies where the new one lay
  w.session().redo();
  CHECK(w.session().active_plan() == added);
  w.session().set_active_plan(1);
  w.session().remove_plan(1);
  w.session().undo();
  CHECK(w.session().active_plan() == 1);
}

TEST_CASE("a cancelled answer says so beside the picture and offers to compute it again") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  auto* pane = w->findChild<QWidget*>("pane_main");
  auto* compute = pane->findChild<QToolButton*>("pane_main_compute");
  CHECK(compute->isHidden());
  const int plan = w.session().add_plan("", 0);
  REQUIRE(w.fast_ready(plan));
  twin::InterventionSpec drug;
  drug.kind = "drug";
  drug.params = twin::find_intervention("drug")->schema.defaults();
  drug.params.set("dose_x_cmax", 1.37);   // paced by nobody before
  REQUIRE(w.workspace().add_intervention(drug));
  CHECK(w.workspace().work_on(plan) == gui::Workspace::Work::computing);
  auto* chip = pane->findChild<QWidget*>("stale_chip");
  REQUIRE(w.wait([&] { return chip->accessibleName() == "Out of date computing"; }, 2000));
  CHECK(compute->isHidden());
  w.session().jobs().cancel_all();
  REQUIRE(w.wait([&] { return chip->accessibleName() == "Out of date not computed"; }, 10000));
  REQUIRE(compute->isVisible());
  compute->click();
  CHECK(compute->isHidden());
  REQUIRE(w.fast_ready(plan));
  REQUIRE(w.wait([&] { return chip->isHidden(); }, 2000));
}

TEST_CASE("a tool for placing is put down when another stage is chosen and when two plans are compared") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.session().add_plan("", 0);
  REQUIRE(w.command("action pacing").isEmpty());
  REQUIRE(w.workspace().tool() == gui::Tool::pacing);
  REQUIRE(w.command("click stage_model").isEmpty());
  CHECK(w.workspace().tool() == gui::Tool::none);
  REQUIRE(w.command("action lesion_point").isEmpty());
  REQUIRE(w.workspace().tool() == gui::Tool::lesion_point);
  REQUIRE(w.command("action compare").isEmpty());
  REQUIRE(w.workspace().comparing());
  CHECK(w.workspace().tool() == gui::Tool::none);
}

TEST_CASE("the rail counts the labels that have a voxel, not those of the scheme") {
  test::Window w;
  auto data = test::journey_case();
  REQUIRE_FALSE(data.images.empty());
  data.images.front().labels = few_labels(data.images.front().volume->grid, 3);
  w.session().replace(std::move(data), {});
  REQUIRE(w.wait([&] { return w.session().labels_present(w.session().data()->images.front().key).has_value(); }));
  CHECK(present::stage_lines(w.session(), nullptr)[present::stage_anatomy].summary == "3 labels");
}

TEST_CASE("without a model the tips name the step that brings one, and nothing beats") {
  test::Window w;
  auto data = test::journey_case();
  data.twin = nullptr;
  data.results.clear();
  data.images.front().labels = few_labels(data.images.front().volume->grid, 1);
  w.session().replace(std::move(data), {});
  auto* egm = w->findChild<QPushButton*>("tab_egm");
  REQUIRE(w.wait([&] { return !egm->isEnabled(); }, 2000));
  CHECK(egm->toolTip() == "Build the model first.");
  CHECK(w->findChild<QAbstractButton*>("tile_pacing")->toolTip() == "Build the model first.");
  CHECK_FALSE(w->findChild<QPushButton*>("study_open")->isEnabled());
  CHECK_FALSE(w->findChild<QToolButton*>("play_button")->isEnabled());
  // The slices are what there is to see, once the layout has had its turn.
  CHECK(w.wait([&] { return w->findChild<QWidget*>("slice_column")->width() > w->findChild<QWidget*>("pane_main")->width(); }, 2000));
}

TEST_CASE("opening the label editor brings its first line to the top of the rail") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  w->resize(1200, 760);
  REQUIRE(w.command("click stage_anatomy").isEmpty());
  auto* open = w->findChild<QPushButton*>("edit_open");
  open->click();
  auto* scroll = qobject_cast<QScrollArea*>(w->findChild<QWidget*>("panel_anatomy")->parentWidget()->parentWidget());
  REQUIRE(scroll);
  const auto top = [&] { return open->mapTo(scroll->viewport(), QPoint(0, 0)).y(); };
  const auto* bar = scroll->verticalScrollBar();
  REQUIRE(w.wait([&] { return (top() >= 0 && top() < 40) || bar->value() == bar->maximum(); }, 2000));
  CHECK(top() < scroll->viewport()->height() - 40);
}

TEST_CASE("a scale of differences has one neutral band around zero, and is marked at whole steps") {
  const viewer::FieldStyle style{.palette = viewer::Palette::difference, .lo = -27.5, .hi = 27.5, .step = 5, .title = "LAT difference", .unit = "ms"};
  const auto zero = viewer::color_of(style, 0);
  for (const double v : {-2.4, -0.001, 0.001, 2.4}) CHECK(viewer::color_of(style, v) == zero);
  CHECK(viewer::color_of(style, 2.6) != zero);
  CHECK(viewer::color_of(style, -2.6) != zero);
  CHECK(zero == viewer::color_at(viewer::Palette::difference, 0.5, viewer::Vision::normal));
  CHECK(viewer::bar_labels(style) == std::vector<double>{-25, -10, 0, 10, 25});
}

TEST_CASE("an ECG that ended at 130 ms is drawn to 130 ms, once per column, and a low paper halves its gain") {
  test::application();
  viewer::EcgTraces ramp;   // leads at 1 mV from 0 to 130 ms
  for (const char* lead : {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"}) {
    ramp.leads.push_back(lead);
    ramp.mV.push_back({1, 1, 1});
  }
  ramp.t_ms = {0, 65, 130};
  viewer::EcgPaper paper;
  paper.set_partial(ramp);
  constexpr int dpi = 254;   // 10 pixels per mm
  QImage page(2700, 1100, QImage::Format_RGB32);
  {
    QPainter painter(&page);
    paper.paint_on(painter, QRectF(0, 0, 2700, 1100), dpi);
  }
  // Columns of pixels with the trace's colour between 1 s and 2.4 s of lead I: none, for nothing was computed there.
  const auto dark = [&](double from_ms, double to_ms) {
    long count = 0;
    for (int x = 120 + int(from_ms / 4); x < 120 + int(to_ms / 4); ++x)   // 25 mm/s: 4 ms per pixel; the first column begins at 12 mm
      for (int y = 0; y < 1040; ++y) count += page.pixelColor(x, y).lightness() < 90;
    return count;
  };
  CHECK(dark(300, 400) > 50);      // 280 ms of lead-in, then the beat
  CHECK(dark(450, 2400) == 0);

  paper.set_print_dpi(96);
  paper.resize(1060, 180);
  CHECK(std::abs(paper.scale().mm_per_mV - 5) < 1e-9);
  paper.resize(1060, 340);
  CHECK(std::abs(paper.scale().mm_per_mV - 10) < 1e-9);
}
