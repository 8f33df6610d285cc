// SPDX-License-Identifier: GPL-3.0-or-later
// The widgets under a virtual display. Every picture test asserts data too and has a control that must differ.
#include <QAbstractButton>
#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <set>

#include "tests/support/shared_data.hpp"
#include "tests/support/viewer_shapes.hpp"
#include "tests/support/virtual_display.hpp"
#include "viewer/qt/bulls_eye.hpp"
#include "viewer/qt/ecg_paper.hpp"
#include "viewer/qt/pullback_plot.hpp"
#include "viewer/qt/slice_view.hpp"
#include "viewer/qt/view3d.hpp"
#include "viewer/qt/vtk_widget.hpp"

using namespace ot;
using core::Vec3;

namespace {

void need_application() {
  test::need_display();
  static int argc = 1;
  static char name[] = "test_viewer_qt";
  static char* argv[] = {name, nullptr};
  static bool made = false;
  if (made) return;
  made = true;
  viewer::prepare_opengl();
  new QApplication(argc, argv);   // lives to the end of the process
}

void wait_for_picture(viewer::View3D& view) {
  const long before = view.canvas().frames();
  view.canvas().request_frame();
  REQUIRE(QTest::qWaitFor([&] { return view.canvas().frames() > before; }, 30000));
  QTest::qWait(30);
}

QImage shot(viewer::View3D& view) {
  wait_for_picture(view);
  return view.canvas().grab_frame().convertToFormat(QImage::Format_RGB32);
}

long saturated_pixels(const QImage& image) {
  long n = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) n += image.pixelColor(x, y).saturation() > 120 && image.pixelColor(x, y).value() > 90;
  }
  return n;
}

// Bounding box and number of the pixels that differ clearly.
QRect difference(const QImage& a, const QImage& b, long& count) {
  QRect box;
  count = 0;
  REQUIRE(a.size() == b.size());
  for (int y = 0; y < a.height(); ++y) {
    for (int x = 0; x < a.width(); ++x) {
      const QColor p = a.pixelColor(x, y), q = b.pixelColor(x, y);
      if (std::abs(p.red() - q.red()) + std::abs(p.green() - q.green()) + std::abs(p.blue() - q.blue()) > 40) ++count, box |= QRect(x, y, 1, 1);
    }
  }
  return box;
}

std::unique_ptr<viewer::View3D> heart_view() {
  auto view = std::make_unique<viewer::View3D>();
  view->resize(640, 480);
  const auto mesh = std::make_shared<core::TetMesh>(test::cup_mesh(72, 40, 2));
  std::vector<float> lat(mesh->nodes.size());
  for (std::size_t i = 0; i < lat.size(); ++i) lat[i] = float((mesh->nodes[i] - mesh->nodes[100]).norm());
  view->scene().set_tissue(mesh);
  view->scene().show_activation(lat, 0, 95, 5);
  view->show();
  REQUIRE(QTest::qWaitForWindowExposed(view.get(), 30000));
  wait_for_picture(*view);
  view->scene().fit();
  return view;
}

viewer::EcgTraces square_beat(double cycle_ms) {
  viewer::EcgTraces e;
  e.leads = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
  e.mV.resize(12);
  for (double t = 0; t <= cycle_ms; t += 2) {
    e.t_ms.push_back(t);
    for (auto& lead : e.mV) lead.push_back(t >= 100 && t <= 140 ? 0.5 : 0.0);
  }
  return e;
}

}  // namespace

TEST_CASE("the 3D widget draws the activation map: over 15 percent of the view coloured, at least 12 hues, 19 bands in the data") {
  need_application();
  const auto view = heart_view();
  const QImage image = shot(*view);
  REQUIRE(double(saturated_pixels(image)) / (image.width() * image.height()) > 0.15);
  std::set<int> hues;
  for (int y = 0; y < image.height(); y += 2) {
    for (int x = 100; x < image.width(); x += 2) {
      const QColor c = image.pixelColor(x, y);
      if (c.saturation() > 120 && c.value() > 90) hues.insert(c.hue() / 8);
    }
  }
  REQUIRE(hues.size() >= 12);
  REQUIRE(viewer::bands_of(*view->scene().field_style()).size() == 19);
  REQUIRE(view->scene().counts().isoline_segments > 100);
  // Control: without the tissue nothing coloured is left.
  view->scene().set_tissue(nullptr);
  REQUIRE(saturated_pixels(shot(*view)) < 400);
}

TEST_CASE("removing one of three lesions changes the picture there and nowhere else (negative control)") {
  need_application();
  const auto view = heart_view();
  auto& scene = view->scene();
  std::vector<viewer::LesionMark> lesions;
  for (const double x : {260.0, 320.0, 380.0}) {
    const auto pick = scene.pick(x, 240);
    REQUIRE(pick);
    lesions.push_back({std::to_string(int(x)), pick->point, 3, false});
  }
  scene.set_lesions(lesions);
  const QImage three = shot(*view);
  long count = 0;
  difference(three, shot(*view), count);
  REQUIRE(count == 0);   // the same scene gives the same picture
  const auto gone = scene.project(lesions[1].center);
  lesions.erase(lesions.begin() + 1);
  scene.set_lesions(lesions);
  const QRect box = difference(three, shot(*view), count);
  REQUIRE(count > 60);
  REQUIRE(scene.counts().lesions == 2);
  REQUIRE(box.contains(QPoint(int((*gone)[0]), int((*gone)[1]))));
  REQUIRE(box.width() < 90);
}

TEST_CASE("in pick mode a click emits the wall point within 0.5 mm of a 30 mm ball and Esc leaves") {
  need_application();
  viewer::View3D view;
  view.resize(500, 400);
  view.scene().set_anatomy({{"ball", "Ball", {200, 90, 90}, 1.0, test::ball_surface(Vec3(5, -6, 7), Vec3(30, 30, 30), 160, 80)}});
  view.show();
  REQUIRE(QTest::qWaitForWindowExposed(&view, 30000));
  wait_for_picture(view);
  view.scene().fit();
  std::vector<viewer::Pick> picks;
  int selected = 0, cancelled = 0;
  QObject::connect(&view, &viewer::View3D::picked, [&](const viewer::Pick& p) { picks.push_back(p); });
  QObject::connect(&view, &viewer::View3D::clicked, [&](const viewer::Pick&) { ++selected; });
  QObject::connect(&view, &viewer::View3D::pick_cancelled, [&] { ++cancelled; });
  view.set_pick_mode(true, 3, "Click the wall");
  QTest::mouseClick(&view.canvas(), Qt::LeftButton, {}, QPoint(270, 180));
  REQUIRE(picks.size() == 1);
  REQUIRE(picks[0].object_key == "ball");
  REQUIRE(std::abs((picks[0].point - Vec3(5, -6, 7)).norm() - 30) < 0.5);
  REQUIRE(picks[0].normal.dot((picks[0].point - Vec3(5, -6, 7)).normalized()) > 0.99);
  QTest::keyClick(&view, Qt::Key_Escape);
  REQUIRE(cancelled == 1);
  view.set_pick_mode(false);
  QTest::mouseClick(&view.canvas(), Qt::LeftButton, {}, QPoint(270, 180));
  REQUIRE(selected == 1);
  REQUIRE(picks.size() == 1);
  QTest::mouseClick(&view.canvas(), Qt::LeftButton, Qt::ControlModifier, QPoint(270, 180));
  REQUIRE(picks.size() == 2);
}

TEST_CASE("a view moved to another window (new OpenGL context) draws the same coloured map again") {
  need_application();
  auto view = heart_view();
  const long before = saturated_pixels(shot(*view));
  REQUIRE(before > 20000);
  QWidget other;
  other.resize(640, 480);
  view->setParent(&other);
  view->move(0, 0);
  view->show();
  other.show();
  REQUIRE(QTest::qWaitForWindowExposed(&other, 30000));
  const long after = saturated_pixels(shot(*view));
  REQUIRE(std::abs(double(after - before)) < 0.02 * double(before));
  view->setParent(nullptr);
}

TEST_CASE("key 3 gives LAO 45 and a drag of the mouse turns the camera and buttons show the view on screen") {
  need_application();
  const auto view = heart_view();
  QTest::keyClick(view.get(), Qt::Key_3);
  REQUIRE(view->scene().carm_readout() == "LAO 45");
  auto* button = view->findChild<QAbstractButton*>("view_lao");
  REQUIRE((button && button->isChecked()));
  QTest::mousePress(&view->canvas(), Qt::LeftButton, {}, QPoint(300, 200));
  QTest::mouseMove(&view->canvas(), QPoint(340, 205));
  QTest::qWait(20);
  QTest::mouseMove(&view->canvas(), QPoint(380, 210));
  QTest::mouseRelease(&view->canvas(), Qt::LeftButton, {}, QPoint(380, 210));
  REQUIRE(view->scene().carm_readout() != "LAO 45");
  wait_for_picture(*view);
  REQUIRE_FALSE(button->isChecked());
}

TEST_CASE("a picture from a description is drawn off screen at the asked size and is not blank") {
  test::need_display();
  need_application();
  const auto folder = test::scratch_folder("offscreen");
  const auto mesh = std::make_shared<core::TetMesh>(test::cup_mesh());
  const std::vector<float> v(mesh->nodes.size(), 20.f);
  const auto result = viewer::render_png([&](viewer::Scene3D& s) {
    s.set_tissue(mesh);
    s.show_voltage(v);
  }, folder / "heart.png", 480, 360);
  if (!result) FAIL(result.error().message);
  QImage image(QString::fromStdString((folder / "heart.png").string()));
  REQUIRE(image.size() == QSize(480, 360));
  REQUIRE(saturated_pixels(image) > 480 * 360 / 8);
  // A second and an empty one in the same process.
  REQUIRE(viewer::render_png([](viewer::Scene3D&) {}, folder / "empty.png", 320, 240).has_value());
  REQUIRE(saturated_pixels(QImage(QString::fromStdString((folder / "empty.png").string()))) < 200);
}

TEST_CASE("ECG paper: 1 mV is 10 mm and 1 s is 25 mm: the drawn calibration pulse is 100 x 50 pixels at 254 dpi") {
  need_application();
  viewer::EcgScale scale;
  REQUIRE(scale.y_px(1) == Approx(-10 * 96 / 25.4));
  REQUIRE(scale.x_px(1000) == Approx(25 * 96 / 25.4));
  REQUIRE(scale.ms_of_px(scale.x_px(123)) == Approx(123));
  viewer::EcgPaper paper;
  paper.set_traces(square_beat(800), 800);
  QImage page(2700, 900, QImage::Format_RGB32);
  {
    QPainter painter(&page);
    paper.paint_on(painter, QRectF(0, 0, 2700, 900), 254);   // 10 pixels per mm
  }
  // Dark trace pixels in the calibration column of the first row.
  const auto dark = [&](int x, int y) { return page.pixelColor(x, y).lightness() < 90; };
  int top = -1, left = -1, right = -1;
  for (int y = 0; y < 300 && top < 0; ++y) {
    for (int x = 0; x < 110; ++x) {
      if (dark(x, y) && dark(x + 4, y)) top = y, left = left < 0 ? x : left;
    }
  }
  REQUIRE(top >= 0);
  for (int x = left; x < 140 && dark(x, top + 1); ++x) right = x;
  int bottom = top;
  for (int y = top; y < top + 200; ++y) {
    if (dark(left + 1, y)) bottom = y;
  }
  REQUIRE(std::abs((right - left) - 50) <= 4);     // pen width 3.4 pixels
  REQUIRE(std::abs((bottom - top) - 100) <= 4);
  // Grid: the bold lines are 50 pixels = 5 mm apart.
  const QColor bold(0xe4, 0xa8, 0x97);
  std::vector<int> lines;
  for (int x = 0; x < 2700; ++x) {
    if (page.pixelColor(x, 885) == bold && (lines.empty() || x - lines.back() > 5)) lines.push_back(x);
  }
  REQUIRE(lines.size() > 20);
  REQUIRE(lines[lines.size() - 1] - lines[lines.size() - 2] == 50);
}

TEST_CASE("ECG paper repeats the beat at the cycle length and a click gives the time within the beat to 10 ms") {
  need_application();
  viewer::EcgPaper paper;
  paper.resize(1060, 214);
  paper.set_print_dpi(96);
  paper.set_traces(square_beat(500), 500);
  std::vector<double> times;
  QObject::connect(&paper, &viewer::EcgPaper::time_picked, [&](double t) { times.push_back(t); });
  paper.show();
  REQUIRE(QTest::qWaitForWindowExposed(&paper, 30000));
  const double px_per_cycle = paper.scale().x_px(500);
  QTest::mouseClick(&paper, Qt::LeftButton, {}, QPoint(300, 60));
  QTest::mouseClick(&paper, Qt::LeftButton, {}, QPoint(300 + int(std::lround(2 * px_per_cycle)), 60));
  REQUIRE(times.size() == 2);
  REQUIRE(times[0] == Approx(times[1]).margin(10));
  REQUIRE((times[0] >= 0 && times[0] < 500));
  // The cursor drawn at that time lies under the click, modulo whole beats.
  const QImage without = paper.grab().toImage();
  paper.set_time(times[0]);
  long count = 0;
  const QRect box = difference(without, paper.grab().toImage(), count);
  REQUIRE(count > 50);
  const double beats = (300 - box.left()) / px_per_cycle;
  REQUIRE(std::abs(beats - std::round(beats)) * px_per_cycle < 6);
}

TEST_CASE("bull's-eye: segment 1 at 12 o'clock, septum left, 17 in the middle and a click names its segment") {
  need_application();
  viewer::BullsEye eye;
  eye.resize(300, 300);
  const double r = 0.5 * (300 - 40);
  const auto at = [&](double part, double deg) { return QPointF(150 + part * r * std::cos(deg * M_PI / 180), 150 - part * r * std::sin(deg * M_PI / 180)); };
  REQUIRE(eye.segment_at(at(0.9, 90)) == 1);
  REQUIRE(eye.segment_at(at(0.9, 150)) == 2);
  REQUIRE(eye.segment_at(at(0.9, 210)) == 3);
  REQUIRE(eye.segment_at(at(0.9, 270)) == 4);
  REQUIRE(eye.segment_at(at(0.9, 330)) == 5);
  REQUIRE(eye.segment_at(at(0.9, 30)) == 6);
  REQUIRE(eye.segment_at(at(0.6, 90)) == 7);
  REQUIRE(eye.segment_at(at(0.3, 90)) == 13);
  REQUIRE(eye.segment_at(at(0.3, 180)) == 14);
  REQUIRE(eye.segment_at(at(0.3, 0)) == 16);
  REQUIRE(eye.segment_at(at(0, 0)) == 17);
  REQUIRE(eye.segment_at(QPointF(2, 2)) == 0);
  QSignalSpy spy(&eye, &viewer::BullsEye::segment_clicked);
  QTest::mouseClick(&eye, Qt::LeftButton, {}, at(0.9, 150).toPoint());
  REQUIRE(spy.count() == 1);
  REQUIRE(spy[0][0].toInt() == 2);
  REQUIRE(std::string(viewer::aha_segment_name(14)) == "apical septal");
}

TEST_CASE("slice view: the wheel moves one slice, a click moves the crosshair there, a right drag changes W/L") {
  need_application();
  viewer::SliceView view(viewer::SlicePlane::axial);
  view.resize(300, 260);
  core::Grid g;
  g.size = {60, 56, 50};
  g.spacing = {3, 3, 3};
  g.origin = {-88, -82, -75};
  const auto data = test::two_chambers(g);
  view.set_volume(data.volume);
  view.set_labels(data.labels);
  view.show();
  REQUIRE(QTest::qWaitForWindowExposed(&view, 30000));
  std::vector<Vec3> moved;
  QObject::connect(&view, &viewer::SliceView::crosshair_moved, [&](const Vec3& p) { moved.push_back(p); });
  const double before = view.scene().position();
  QWheelEvent wheel(QPointF(100, 100), view.mapToGlobal(QPointF(100, 100)), {}, QPoint(0, 120), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
  QApplication::sendEvent(&view, &wheel);
  REQUIRE(view.scene().position() == Approx(before + 3));
  QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(200, 90));
  REQUIRE(moved.size() == 2);
  const auto at = view.scene().to_screen(moved.back());
  REQUIRE(std::hypot(at[0] - 200, at[1] - 90) < 1e-6);
  REQUIRE(moved.back().x() > 0);   // right half of the screen is the patient's left
  QSignalSpy spy(&view, &viewer::SliceView::window_level_changed);
  QTest::mousePress(&view, Qt::RightButton, {}, QPoint(150, 130));
  QTest::mouseMove(&view, QPoint(180, 130));
  QTest::qWait(20);
  QTest::mouseRelease(&view, Qt::RightButton, {}, QPoint(180, 130));
  REQUIRE(spy.count() >= 1);
  REQUIRE(view.scene().window_level().width > 600);
  // Outlines are on the picture: hiding the labels changes it.
  const QImage with = view.grab().toImage().convertToFormat(QImage::Format_RGB32);
  view.set_labels(nullptr);
  long count = 0;
  difference(with, view.grab().toImage().convertToFormat(QImage::Format_RGB32), count);
  REQUIRE(count > 100);
}

TEST_CASE("pull-back plot: a click tells the arc and a curve that is taken away changes the picture") {
  need_application();
  viewer::PullbackPlot plot;
  plot.resize(320, 200);
  plot.set_curves({{"Baseline", {0, 30, 60}, {1.0, 0.9, 0.7}, {}, false}, {"A", {0, 30, 60}, {1.0, 0.97, 0.93}, {}, true}});
  plot.show();
  REQUIRE(QTest::qWaitForWindowExposed(&plot, 30000));
  QSignalSpy spy(&plot, &viewer::PullbackPlot::arc_picked);
  QTest::mouseClick(&plot, Qt::LeftButton, {}, QPoint(40 + (320 - 52) / 2, 100));
  REQUIRE(spy.count() == 1);
  REQUIRE(spy[0][0].toDouble() == Approx(30).margin(0.5));
  const QImage two = plot.grab().toImage().convertToFormat(QImage::Format_RGB32);
  plot.set_curves({{"Baseline", {0, 30, 60}, {1.0, 0.9, 0.7}, {}, false}});
  long count = 0;
  difference(two, plot.grab().toImage().convertToFormat(QImage::Format_RGB32), count);
  REQUIRE(count > 100);
}

TEST_CASE("no Qt 5 library is loaded beside Qt 6") {
  need_application();
  std::ifstream maps("/proc/self/maps");
  bool qt6 = false;
  for (std::string line; std::getline(maps, line);) {
    CHECK(line.find("libQt5") == std::string::npos);
    CHECK(line.find("GUISupportQt") == std::string::npos);
    qt6 = qt6 || line.find("libQt6Widgets") != std::string::npos;
  }
  REQUIRE(qt6);
}
