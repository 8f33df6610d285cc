// SPDX-License-Identifier: GPL-3.0-or-later
// Slices, planes, measuring and cine in the real window, driven by mouse and keys.
#include <catch2/catch.hpp>
#include <cmath>

#include "app/gui/views/slice_deck.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;
using core::Vec3;

namespace {

// A left ventricle with its neighbours in a CT-like image: enough labels for landmarks; two phases when asked.
session::CaseData labelled_case(int phases) {
  session::CaseData data;
  session::ImageData image;
  image.key = "chest";
  image.name = "Chest";
  auto volume = std::make_shared<core::Volume>();
  auto labels = std::make_shared<core::LabelMap>();
  core::Grid g;
  g.size = {90, 90, 90};
  g.spacing = Vec3::Constant(1.5);
  g.origin = Vec3::Constant(-67);
  volume->grid = labels->grid = g;
  labels->labels = core::labels::heart();
  labels->values.assign(g.voxels(), 0);
  volume->values.assign(g.voxels(), -80.0f);
  const Vec3 axis = Vec3(0.62, -0.5, -0.6).normalized(), rv = Vec3(-0.62, -0.62, -0.12).normalized();
  for (int k = 0; k < 90; ++k)
    for (int j = 0; j < 90; ++j)
      for (int i = 0; i < 90; ++i) {
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        const double along = x.dot(axis);
        const Vec3 across = x - along * axis;
        const double r = std::hypot(along / 48, across.norm() / 24), outer = std::hypot(along / 58, across.norm() / 34);
        const double right = std::hypot(along / 46, (across - 32 * (rv - rv.dot(axis) * axis).normalized()).norm() / 22);
        const std::size_t n = g.offset(i, j, k);
        int label = 0;
        if (along > -25) label = r < 1 ? core::labels::lv_blood_pool : outer < 1 ? core::labels::lv_myocardium : right < 1 ? core::labels::rv_blood_pool : 0;
        else if (along > -55 && across.norm() < 24) label = core::labels::left_atrium;
        labels->values[n] = std::uint8_t(label);
        if (label) volume->values[n] = label == core::labels::lv_myocardium ? 110.0f : 360.0f;
      }
  image.volume = volume;
  image.labels = labels;
  for (int p = 0; p < phases; ++p) {
    auto copy = std::make_shared<core::Volume>(*volume);
    for (float& v : copy->values) v += float(p);
    image.phases.push_back({p * 40.0, p == 0 ? std::shared_ptr<const core::Volume>(volume) : copy});
  }
  data.images.push_back(std::move(image));
  return data;
}

}  // namespace

TEST_CASE("a beat of uneven trigger times plays every phase for its own time, the last as long as the mean, and wraps") {
  gui::CineClock clock;
  clock.set_triggers({10, 50, 130, 170});
  CHECK(clock.beat_ms() == Approx(160.0 * 4 / 3));
  CHECK(clock.phase_at(0) == 0);
  CHECK(clock.phase_at(39) == 0);
  CHECK(clock.phase_at(40) == 1);
  CHECK(clock.phase_at(119.9) == 1);
  CHECK(clock.phase_at(120) == 2);
  CHECK(clock.phase_at(200) == 3);
  CHECK(clock.phase_at(clock.beat_ms() + 41) == 1);
  clock.set_triggers({0, 0, 0});   // no usable times: a beat of one second
  CHECK(clock.beat_ms() == Approx(1000));
  CHECK(clock.phase_at(500) == 1);
}

TEST_CASE("a distance dragged in a slice is kept as one undo step, equals the dragged millimetres, and undo takes it away") {
  test::Window w;
  w.session().replace(labelled_case(1), {});
  REQUIRE(w.wait([&] { return w->centre().deck().image() != nullptr; }));
  CHECK(w.command("action measure") == "");
  auto& view = w->centre().slice(0);
  const double expected = 0.2 * view.width() * view.devicePixelRatioF() * view.scene().mm_per_pixel();
  CHECK(w.command("drag slice_axial 0.4 0.5 0.6 0.5") == "");
  const auto& list = w.session().data()->images[0].measurements;
  REQUIRE(list.size() == 1);
  CHECK((list[0].points[1] - list[0].points[0]).norm() == Approx(expected).epsilon(0.03));
  CHECK(w->findChild<QWidget*>("measurement_m1") != nullptr);
  CHECK(w.session().undo_name().find("measure") != std::string::npos);
  w.session().undo();
  CHECK(w.session().data()->images[0].measurements.empty());
  w.session().redo();
  CHECK(w.session().data()->images[0].measurements.size() == 1);
  CHECK(w.command("key slice_axial Esc") == "");
  CHECK_FALSE(w->centre().deck().measuring());
}

TEST_CASE("cardiac planes come from the labels: the right ventricle is drawn left in the short axis and the layout shows big slices") {
  test::Window w;
  w.session().replace(labelled_case(1), {});
  REQUIRE(w.wait([&] { return w->centre().deck().image() != nullptr; }));
  CHECK(w.command("action planes_4ch") == "");
  REQUIRE(w.wait([&] { return w->centre().deck().planes() == gui::SliceDeck::Planes::cardiac; }));
  CHECK(w.workspace().layout() == gui::Layout::slices);
  auto& scene = w->centre().slice(0).scene();
  CHECK(scene.name() == "Short axis");
  // Where the outline of the right ventricle is drawn, against that of the left.
  const auto middle = [&](int label) {
    double sum = 0, n = 0;
    for (const auto& o : scene.outlines())
      if (o.label == label)
        for (const auto& s : o.segments) sum += s[0], n += 1;
    REQUIRE(n > 0);
    return sum / n;
  };
  CHECK(middle(core::labels::rv_blood_pool) < middle(core::labels::lv_blood_pool) - 20);
  CHECK(w.command("action planes_body") == "");
  CHECK(w->centre().deck().planes() == gui::SliceDeck::Planes::body);
  CHECK(w->centre().slice(0).scene().letters().left == "R");
}

TEST_CASE("a handle dragged in double oblique turns the other two planes and leaves this one") {
  test::Window w;
  w.session().replace(labelled_case(1), {});
  REQUIRE(w.wait([&] { return w->centre().deck().image() != nullptr; }));
  CHECK(w.command("action planes_free") == "");
  QTest::qWait(50);
  auto& deck = w->centre().deck();
  auto& view = w->centre().slice(0);
  const auto before = deck.triad();
  // The right handle of the horizontal line: 0.28 of the smaller side from the crosshair.
  const auto at = view.scene().to_screen(view.scene().crosshair());
  const double ratio = view.devicePixelRatioF(), reach = 0.28 * std::min(view.scene().width(), view.scene().height()), turn = 30 * 3.14159265358979 / 180;
  const auto part = [&](double x, double y) { return QStringLiteral("%1 %2").arg(x / ratio / view.width(), 0, 'f', 6).arg(y / ratio / view.height(), 0, 'f', 6); };
  CHECK(w.command("drag slice_axial " + part(at[0] + reach, at[1]) + " " + part(at[0] + reach * std::cos(turn), at[1] + reach * std::sin(turn))) == "");
  const auto after = deck.triad();
  CHECK(after.axes[0].normal.isApprox(before.axes[0].normal, 1e-12));
  CHECK(after.axes[1].normal.dot(before.axes[1].normal) == Approx(std::cos(turn)).margin(0.02));
  CHECK(after.axes[2].normal.dot(before.axes[2].normal) == Approx(std::cos(turn)).margin(0.02));
  // Right-handed about head: the line that was dragged is where the coronal plane cuts now.
  const auto lines = view.scene().cross_lines();
  bool follows = false;
  for (const auto& line : lines) follows = follows || std::abs(line.direction[0] * std::sin(turn) - line.direction[1] * std::cos(turn)) < 0.03;
  CHECK(follows);
}

TEST_CASE("number keys over a slice choose window presets in all slices, and elsewhere they still turn the 3D view") {
  test::Window w;
  w.session().replace(labelled_case(1), {});
  REQUIRE(w.wait([&] { return w->centre().deck().image() != nullptr; }));
  CHECK(w.command("key slice_coronal 5") == "");
  for (int i = 0; i < 3; ++i) {
    CHECK(w->centre().slice(i).scene().window_level().width == 1500);
    CHECK(w->centre().slice(i).scene().caption().find("Lung") != std::string::npos);
  }
  if (!w.active) return;   // keys reach the active window only
  w->centre().slice(0).setFocus();
  QTest::keyClick(&w->centre().slice(0), Qt::Key_2);
  CHECK(w->centre().slice(2).scene().window_level().width == 600);
}

TEST_CASE("phases play in all slices together, stop where they are, and step by keys") {
  test::Window w;
  w.session().replace(labelled_case(5), {});
  REQUIRE(w.wait([&] { return w->centre().deck().image() != nullptr; }));
  auto& deck = w->centre().deck();
  REQUIRE(deck.phases() == 5);
  CHECK(w->centre().slice(0).scene().caption().find("phase 1/5") != std::string::npos);
  deck.play(true);
  CHECK(w.wait([&] { return deck.phase() >= 2; }, 5000));
  deck.play(false);
  const int at = deck.phase();
  QTest::qWait(120);
  CHECK(deck.phase() == at);
  for (int i = 0; i < 3; ++i) CHECK(w->centre().slice(i).scene().volume() == w.session().data()->images[0].phases[std::size_t(at)].volume);
  CHECK(w.command("action phase_forward") == "");
  CHECK(deck.phase() == (at + 1) % 5);
}
