// SPDX-License-Identifier: GPL-3.0-or-later
// Development only: every widget of viewer/qt with synthetic data, for looking at. viewer_demo [picture.png] grabs and quits.
#include <QApplication>
#include <QGridLayout>
#include <QTimer>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "tests/support/viewer_shapes.hpp"
#include "viewer/qt/bulls_eye.hpp"
#include "viewer/qt/ecg_paper.hpp"
#include "viewer/qt/pullback_plot.hpp"
#include "viewer/qt/slice_view.hpp"
#include "viewer/qt/view3d.hpp"
#include "viewer/qt/vtk_widget.hpp"

using namespace ot;
using core::Vec3;

namespace {

viewer::EcgTraces synthetic_beat() {
  viewer::EcgTraces e;
  e.leads = {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
  const double r[12] = {0.7, 1.1, 0.5, -0.9, 0.2, 0.8, 0.2, 0.5, 0.9, 1.5, 1.3, 0.9};
  const double q[12] = {0.1, 0.1, 0.1, 0.0, 0.1, 0.1, 1.1, 1.4, 0.9, 0.4, 0.2, 0.1};
  e.mV.resize(12);
  const auto bump = [](double t, double at, double width) { return std::exp(-0.5 * (t - at) * (t - at) / (width * width)); };
  for (double t = 0; t <= 520; t += 2) {
    e.t_ms.push_back(t);
    for (std::size_t k = 0; k < 12; ++k) {
      const double sign = r[k] < 0 ? -1 : 1;
      e.mV[k].push_back(r[k] * bump(t, 58, 9) - q[k] * bump(t, 80, 9) + sign * (0.12 * bump(t, 10, 12) + 0.28 * bump(t, 290, 38)));
    }
  }
  return e;
}

}  // namespace

int main(int argc, char** argv) {
  viewer::prepare_opengl();
  QApplication app(argc, argv);
  app.setFont(QFont("Inter", 10));
  QWidget window;
  window.setStyleSheet("background: #0f1317;");
  auto* grid = new QGridLayout(&window);
  grid->setSpacing(2);
  auto* view = new viewer::View3D;
  grid->addWidget(view, 0, 0, 3, 1);
  grid->setColumnStretch(0, 5);
  grid->setColumnStretch(1, 2);
  grid->setColumnStretch(2, 2);

  const auto mesh = std::make_shared<core::TetMesh>(test::cup_mesh(120, 70, 4));
  std::vector<float> lat(mesh->nodes.size());
  const Vec3 source = mesh->nodes[mesh->nodes.size() - 2000];
  for (std::size_t i = 0; i < lat.size(); ++i) {
    const Vec3& x = mesh->nodes[i];
    lat[i] = float((x - source).norm() * 0.9 + 3 * std::sin(0.2 * x.z()) + 2 * std::cos(0.23 * x.x()));
  }
  auto& scene = view->scene();
  scene.set_tissue(mesh);
  scene.set_anatomy({{"left_atrium", "Left atrium", {205, 150, 160}, 0.45, test::ball_surface(Vec3(-22, 24, 38), Vec3(26, 22, 22))},
                     {"aorta", "Aorta", {214, 92, 84}, 0.9, test::ball_surface(Vec3(-24, 2, 72), Vec3(13, 13, 34))},
                     {"rv", "RV", {120, 150, 215}, 0.4, test::ball_surface(Vec3(-24, -22, 2), Vec3(30, 20, 34))}});
  scene.show_activation(lat, 0, 95, 5);
  scene.set_view(viewer::EpView::lao);
  // A line of lesions on the epicardium.
  std::vector<viewer::LesionMark> lesions;
  scene.set_size(900, 640, 1);
  scene.fit();
  for (int i = 0; i < 7; ++i) {
    if (const auto p = scene.pick(420 + 16 * i, 350 + 9 * i)) lesions.push_back({"lesion-" + std::to_string(i), p->point, 2.4, i == 6});
  }
  scene.set_lesions(lesions);
  if (const auto p = scene.pick(470, 480)) scene.set_pacing({{"pace-1", "RV apex", p->point, false}});
  view->set_mode_badge(core::Mode::full, "monodomain, TT06");
  view->set_note(QString::fromUtf8("Δ to FAST 2.1 ms median"));

  core::Grid g;
  g.size = {120, 110, 100};
  g.spacing = {1.5, 1.5, 1.5};
  g.origin = {-90, -82, -75};
  const auto data = test::two_chambers(g);
  int row = 0;
  for (const auto plane : {viewer::SlicePlane::axial, viewer::SlicePlane::coronal, viewer::SlicePlane::sagittal}) {
    auto* slice = new viewer::SliceView(plane);
    slice->set_volume(data.volume);
    slice->set_labels(data.labels);
    slice->set_crosshair(Vec3(18, -12, -3));
    grid->addWidget(slice, row++, 1);
  }
  auto* bull = new viewer::BullsEye;
  std::array<double, 17> values;
  for (int i = 0; i < 17; ++i) values[std::size_t(i)] = 40 + 35 * std::sin(1.1 * i);
  bull->set_values(values, viewer::activation_style(0, 92, 0));
  bull->set_show_values(true);
  grid->addWidget(bull, 0, 2);
  auto* pull = new viewer::PullbackPlot;
  viewer::PullbackCurve before{"Baseline", {}, {}, {}, false}, after{"A", {}, {}, {}, false};
  for (double s = 0; s <= 90; s += 1) {
    before.arc_mm.push_back(s), after.arc_mm.push_back(s);
    const double step = 1 / (1 + std::exp(-(s - 38) / 3));
    before.value.push_back(1 - 0.0004 * s - 0.24 * step + 0.03 * step * std::exp(-(s - 42) / 10));
    after.value.push_back(1 - 0.0005 * s - 0.03 * step);
  }
  pull->set_title("LAD pull-back");
  pull->set_curves({before, after});
  pull->set_spans({{31, 47, "stenosis", false}});
  grid->addWidget(pull, 1, 2);
  auto* vessel = new viewer::View3D;
  vessel->setObjectName("view3d_b");
  {
    // A curved tube with a narrow place, coloured by FFR, with a stent in it.
    auto tube = std::make_shared<core::SurfaceMesh>();
    std::vector<float> ffr;
    viewer::StentMark stent{"stent-1", {}, {}, false};
    constexpr int rings = 140, sides = 36;
    const auto line = [](double s) { return Vec3(0.22 * s * std::cos(s / 60), -8 * std::sin(s / 25), -0.8 * s); };
    for (int i = 0; i <= rings; ++i) {
      const double s = 90.0 * i / rings;
      const Vec3 c = line(s), t = (line(s + 0.1) - line(s - 0.1)).normalized(), u = t.cross(Vec3(0, 1, 0)).normalized(), v = t.cross(u);
      const double radius = 1.9 - 0.007 * s - 0.85 * std::exp(-0.5 * std::pow((s - 38) / 4.5, 2));
      for (int k = 0; k < sides; ++k) {
        const double a = 2 * M_PI * k / sides;
        tube->points.push_back(c + radius * (std::cos(a) * u + std::sin(a) * v));
        ffr.push_back(float(before.value[std::min<std::size_t>(std::size_t(s), 90)]));
      }
      if (s >= 55 && s <= 73) stent.points.push_back(c), stent.radius.push_back(radius + 0.05);
    }
    for (int i = 0; i < rings; ++i) {
      for (int k = 0; k < sides; ++k) {
        const core::Index a = i * sides + k, b = i * sides + (k + 1) % sides;
        tube->triangles.push_back({a, b, a + sides});
        tube->triangles.push_back({b, b + sides, a + sides});
      }
    }
    vessel->scene().set_vessel({.key = "lad", .name = "LAD", .surface = tube, .values = ffr, .style = viewer::ffr_style()});
    vessel->scene().set_stents({stent});
    vessel->set_view_buttons_visible(false);
    vessel->set_mode_badge(core::Mode::fast, "network");
    vessel->set_stale(true, "stent moved");
  }
  grid->addWidget(vessel, 2, 2);
  auto* ecg = new viewer::EcgPaper;
  ecg->set_traces(synthetic_beat(), 600);
  auto ghost = synthetic_beat();
  for (auto& lead : ghost.mV) {
    for (auto& v : lead) v *= 0.8;
  }
  ecg->set_ghost(ghost, 600, "Baseline");
  ecg->set_intervals(QString::fromUtf8("rate 100/min  PR 152  QRS 112  QT/QTcF 358/424 ms  axis 42°"));
  ecg->set_time(97);
  ecg->setFixedHeight(230);
  grid->addWidget(ecg, 3, 0, 1, 3);
  window.resize(1600, 1000);
  window.show();
  if (argc > 1) {
    QTimer::singleShot(900, &window, [&] {
      vessel->scene().fit();
      view->scene().fit();
    });
    QTimer::singleShot(1800, &window, [&] {
      std::printf("%s\n%ld triangles\n", view->canvas().gl_description().c_str(), scene.counts().triangles);
      // Processor time, because a busy machine makes wall time meaningless; all threads and Qt's composition included.
      const auto measure = [&](const char* what, auto step) {
        const long until = view->canvas().frames() + 30;
        const std::clock_t begin = std::clock();
        while (view->canvas().frames() < until) {
          const long now = view->canvas().frames();
          step();
          while (view->canvas().frames() == now) QApplication::processEvents();
        }
        std::printf("%s: %.1f ms of processor time per frame of the whole window\n", what, 1e3 * double(std::clock() - begin) / CLOCKS_PER_SEC / 30);
      };
      measure("rotate", [&] { scene.rotate(3, 0); });
      std::vector<float> v(mesh->nodes.size());
      int t = 0;
      measure("voltage", [&] {
        t += 4;
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = lat[i] < float(t) ? 20.f : -85.f;
        scene.show_voltage(v);
      });
      scene.show_activation(lat, 0, 95, 5);
      scene.set_view(viewer::EpView::lao);
      QApplication::processEvents();
      const bool saved = window.grab().save(argv[1]);
      app.exit(saved ? 0 : 1);
    });
  }
  return app.exec();
}
