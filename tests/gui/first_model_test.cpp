// SPDX-License-Identifier: GPL-3.0-or-later
// From a scan that was just imported to its first model: what the window says and offers on the way.
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <catch2/catch.hpp>

#include "tests/gui/journey_case.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;

namespace {

bool says(QWidget& view, const QString& text) {
  for (auto* label : view.findChildren<QLabel*>())
    if (label->isVisible() && label->text().contains(text)) return true;
  return false;
}

int listed_labels(QWidget& window) {
  int n = 0;
  for (auto* w : window.findChildren<QWidget*>()) n += w->objectName().startsWith("label_thorax/") && w->isVisible() ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("an imported scan is led to its first model: recipe, labels in the list, build, each said in the empty view and taken back by undo") {
  test::Window w;
  auto data = test::journey_case();
  const auto labels = data.images.front().labels;
  data.images.front().labels.reset();
  data.twin.reset();
  data.anatomy.clear();
  w.session().replace(data, {});
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  REQUIRE(w.command("click stage_anatomy").isEmpty());
  auto& view = w->centre().main_pane().view();
  auto* build = w->findChild<QPushButton*>("rebuild_model");
  REQUIRE(build);
  CHECK(!build->isVisible());
  CHECK(listed_labels(*w.window) == 0);
  CHECK(says(view, "Nothing is labelled yet"));
  CHECK(!w->findChild<QSlider*>("time_slider")->isEnabled());

  REQUIRE(w.session().update_image("thorax", "labels", [&](session::ImageData& image) { image.labels = labels; }));
  REQUIRE(w.wait([&] { return build->isVisible(); }, 5000));
  CHECK(build->text() == "Build the model");
  CHECK(w.wait([&] { return listed_labels(*w.window) >= 2; }, 5000));
  CHECK(says(view, "then build the model"));
  w.session().undo();
  REQUIRE(w.wait([&] { return !build->isVisible(); }, 5000));
  CHECK(w.wait([&] { return listed_labels(*w.window) == 0; }, 5000));
  w.session().redo();
  REQUIRE(w.wait([&] { return build->isVisible(); }, 5000));

  REQUIRE(w.command("click rebuild_model").isEmpty());
  REQUIRE(w.wait([&] { return says(view, "is being built"); }, 5000));
  CHECK(!build->isEnabled());
  w.session().jobs().cancel_all();
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }, 10000));
  REQUIRE(w.wait([&] { return build->isEnabled(); }, 5000));
  CHECK(!w.session().data()->twin);
  CHECK(says(view, "then build the model"));
  REQUIRE(w.command("click stage_model").isEmpty());
  CHECK(w->findChild<QPushButton*>("build_model")->isVisible());
}

TEST_CASE("tools to place things wake when a model comes to be, say what is missing before, and sleep again when it is undone") {
  test::Window w;
  auto data = test::journey_case();
  const auto twin = data.twin;
  data.twin.reset();
  w.session().replace(data, {});
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  REQUIRE(w.command("click stage_intervene").isEmpty());
  const auto* lesion = w->findChild<QAbstractButton*>("tile_ablation");
  const auto* stent = w->findChild<QAbstractButton*>("tile_stent");
  const auto asleep = [&] { return !lesion->isEnabled() && !stent->isEnabled() && !w->actions().find("lesion_point")->isEnabled(); };
  CHECK(asleep());
  CHECK(lesion->toolTip().contains("Build the model first."));   // labels are there
  w.session().update_measured("build model", [&](session::CaseData& d) { d.twin = twin; });
  CHECK(lesion->isEnabled());
  CHECK(stent->isEnabled());
  CHECK(w->actions().find("lesion_point")->isEnabled());
  w.session().undo();
  CHECK(asleep());
}
