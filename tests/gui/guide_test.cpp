// SPDX-License-Identifier: GPL-3.0-or-later
// The Guide panel: clicks in slices become the guide, each an undo step; discs, residuals and the run.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <catch2/catch.hpp>

#include "app/gui/guided/guide_panel.hpp"
#include "app/gui/guided/guide_tool.hpp"
#include "imaging/phantom/phantom.hpp"
#include "tests/gui/window_fixture.hpp"
#include "viewer/qt/slice_view.hpp"

using namespace ot;
using core::Vec3;

namespace {

session::CaseData phantom_case() {
  imaging::PhantomParams p;
  p.spacing_mm = 2.0;
  auto phantom = imaging::make_thorax_phantom(p, {});
  if (!phantom) FAIL(phantom.error().message);
  session::CaseData data;
  session::ImageData image;
  image.key = "thorax";
  image.name = "Phantom";
  image.volume = std::make_shared<core::Volume>(std::move(phantom->ct));
  data.images.push_back(image);
  return data;
}

// A click of the tool at a patient point, in the axial slice through it.
void click(gui::GuideTool& tool, viewer::SliceView& view, const Vec3& p) {
  view.scene().set_position(p.dot(view.scene().axes().normal));
  const auto q = view.scene().to_screen(p);
  const viewer::SlicePointer at{q[0], q[1], view.scene().to_patient(q[0], q[1]), Qt::LeftButton, Qt::LeftButton, Qt::NoModifier};
  REQUIRE(tool.press(view, at));
  tool.release(view, at);
}

}  // namespace

TEST_CASE("Guide: hinge clicks, a drag, Delete and a seed are single undo steps, the ring's residual is shown") {
  test::Window w;
  w.session().replace(phantom_case(), {});
  w->workspace().request_stage(1);
  REQUIRE(w.wait([&] { return w.session().data()->images.size() == 1; }));
  auto* panel = w->findChild<gui::GuidePanel*>();
  REQUIRE(panel);
  panel->findChild<QPushButton*>("guide_open")->setChecked(true);
  panel->findChild<QPushButton*>("guide_mitral")->click();
  auto* tool = panel->findChild<gui::GuideTool*>();
  REQUIRE(tool);
  CHECK(tool->item().key == "mitral");
  auto& axial = w->centre().slice(0);
  const auto guide = [&]() -> const imaging::GuidedInput& { return w.session().data()->images.front().guided; };
  for (const Vec3& p : {Vec3(20, -9, 22), Vec3(33, -2, 8), Vec3(20, -9, -6), Vec3(7, -16, 8)}) click(*tool, axial, p);
  REQUIRE(guide().valves.at("mitral").size() == 4);
  CHECK((guide().valves.at("mitral")[1] - Vec3(33, -2, 8)).norm() < 1.5);
  CHECK(panel->findChild<QLabel*>("guide_mitral_state")->text().startsWith("4 · "));
  // Drag the last point by 6 mm: one step, whatever the mouse does between.
  {
    const auto q = axial.scene().to_screen(guide().valves.at("mitral")[3]);
    const double per = axial.scene().mm_per_pixel();
    viewer::SlicePointer at{q[0], q[1], guide().valves.at("mitral")[3], Qt::LeftButton, Qt::LeftButton, Qt::NoModifier};
    REQUIRE(tool->press(axial, at));
    at.button = Qt::NoButton;
    for (int i = 1; i <= 3; ++i) {
      at.x = q[0] + 2.0 * i / per;
      at.at = axial.scene().to_patient(at.x, at.y);
      REQUIRE(tool->move(axial, at));
    }
    tool->release(axial, at);
    CHECK((guide().valves.at("mitral")[3] - Vec3(7, -16, 8)).norm() == Approx(6).margin(1.5));
  }
  w.session().undo();
  CHECK((guide().valves.at("mitral")[3] - Vec3(7, -16, 8)).norm() < 1.5);
  REQUIRE(tool->key(axial, Qt::Key_Delete, Qt::NoModifier));
  CHECK(guide().valves.at("mitral").size() == 3);
  w.session().undo();
  CHECK(guide().valves.at("mitral").size() == 4);
  panel->findChild<QPushButton*>("guide_seed_left_atrium")->click();
  click(*tool, axial, Vec3(9, 8, 17));
  CHECK(guide().seeds.at("left_atrium").size() == 1);
  CHECK(w.session().undo_name().find("seed") != std::string::npos);
  for (int i = 0; i < 5; ++i) w.session().undo();
  CHECK(guide().empty());
}

TEST_CASE("Guide: the run is a job that lands as one undo step, and the panel then shows the valve planes it found") {
  test::Window w;
  w.session().replace(phantom_case(), {});
  w->workspace().request_stage(1);
  auto* panel = w->findChild<gui::GuidePanel*>();
  REQUIRE(panel);
  panel->findChild<QPushButton*>("guide_open")->setChecked(true);
  auto* run = panel->findChild<QPushButton*>("guide_run");
  REQUIRE(run->isEnabled());
  run->click();
  CHECK_FALSE(run->isEnabled());
  CHECK_FALSE(run->toolTip().isEmpty());
  REQUIRE(w.wait([&] { return w.session().data()->images.front().labels != nullptr; }, 180000));
  CHECK(w.session().data()->images.front().planes.size() == 4);
  CHECK(panel->findChild<QLabel*>("guide_mitral_state")->text() == "found");
  // The volumes follow the threshold slider without a run: lower, more blood; the labels stay.
  auto* live = panel->findChild<QLabel*>("guide_live_volumes");
  REQUIRE(w.wait([&] { return !live->text().isEmpty(); }));
  const auto labels = w.session().data()->images.front().labels;
  const auto lv_ml = [&] { return live->text().mid(3, live->text().indexOf(" mL") - 3).toDouble(); };
  CHECK(lv_ml() == Approx(labels->volume_ml(core::labels::lv_blood_pool)).margin(1.0));
  const double before = lv_ml();
  auto* slider = panel->findChild<QSlider*>("guide_threshold");
  slider->setValue(slider->value() - 60);
  CHECK(lv_ml() > before);
  CHECK(live->text().contains("estimate"));
  CHECK(w.session().data()->images.front().labels == labels);
  w.session().undo();
  w.session().undo();
  CHECK(w.session().data()->images.front().labels == nullptr);
}
