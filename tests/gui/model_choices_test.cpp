// SPDX-License-Identifier: GPL-3.0-or-later
// What a person chooses for the model in the real window: ends of vessels, settings of the beat, electrodes, probes; kept in the case.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPushButton>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <future>

#include "app/gui/electrophysiology/egm_page.hpp"
#include "app/gui/flow/cut_panel.hpp"
#include "app/gui/flow/ends_panel.hpp"
#include "app/gui/flow/waveform_edit.hpp"
#include "app/present/flow_preflight.hpp"
#include "app/present/stages.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "tests/gui/window_fixture.hpp"

using namespace ot;

namespace {

const hemo::FlowProblem& flow_of(test::Window& w) { return w.session().data()->twin->vessels[0]->baseline; }
const ep::ElectroProblem& beat_of(test::Window& w) { return w.session().data()->twin->heart->baseline; }

// with_ffr: a coronary, whose inflow follows the aortic pressure; else any other artery.
gui::EndsPanel* open_ends(test::Window& w, bool with_ffr = true) {
  auto data = test::journey_case();
  if (!with_ffr) {
    auto twin = std::make_shared<twin::TwinModel>(*data.twin);
    auto artery = std::make_shared<twin::VesselModel>(*twin->vessels[0]);
    artery->report_ffr = false;
    twin->vessels[0] = artery;
    data.twin = twin;
  }
  w.session().replace(std::move(data), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().set_shown_vessel("lad");
  w.workspace().request_stage(present::stage_model);
  auto* panel = w->findChild<gui::EndsPanel*>();
  REQUIRE(panel);
  REQUIRE(w.wait([&] { return panel->isVisible(); }, 3000));
  return panel;
}

}  // namespace

TEST_CASE("an outlet clicked in 3D opens, its resistance doubles the pressure there, undo takes it back and the case keeps it") {
  test::Window w;
  auto* panel = open_ends(w);
  const auto caps = session::lumen_caps(*w.session().data()->twin->vessels[0]->lumen);
  REQUIRE(caps.size() == 2);
  // A click on the disc, wherever the camera shows it.
  const auto& outlet = caps[0].name == "inlet" ? caps[1] : caps[0];
  w->centre().main_pane().view().scene().set_view(std::abs(outlet.normal[2]) > 0.7 ? (outlet.normal[2] > 0 ? viewer::EpView::sup : viewer::EpView::inf)
                                                                                    : outlet.normal[0] > 0.7 ? viewer::EpView::ll : outlet.normal[0] < -0.7 ? viewer::EpView::rl : viewer::EpView::ap);
  w.wait([] { return false; }, 200);
  CHECK(w->centre().main_pane().view().scene().counts().places == 2);
  REQUIRE(w.command(QStringLiteral("pick %1 %2 %3").arg(outlet.centre[0]).arg(outlet.centre[1]).arg(outlet.centre[2])).isEmpty());
  CHECK(panel->chosen().toStdString() == outlet.name);
  const double before = flow_of(w).outlets[0].rp;
  const auto first = w.session().result(0, core::Mode::fast);
  const double pressure = present::quantity_of(*first, "lad_inlet_pressure_mmhg");
  auto* field = w->findChild<QDoubleSpinBox*>("end_resistance");
  REQUIRE(field->isVisible());
  REQUIRE(w.command(QStringLiteral("set end_resistance %1").arg(2 * field->value(), 0, 'f', 4)).isEmpty());
  CHECK(flow_of(w).outlets[0].rp == Approx(2 * before).epsilon(2e-3));
  REQUIRE(w.fast_ready(0));
  const auto second = w.session().result(0, core::Mode::fast);
  CHECK(present::quantity_of(*second, "lad_inlet_pressure_mmhg") > 1.5 * pressure);
  CHECK(second->electro == first->electro);   // the beat did not change and was not computed again
  const auto folder = test::scratch_folder("choices-case") / "case";
  REQUIRE(session::save_case(*w.session().data(), folder, {}));
  const auto loaded = session::load_case(folder, {});
  REQUIRE(loaded);
  REQUIRE(loaded->choices.flow.count("lad") == 1);
  CHECK(loaded->twin->vessels[0]->baseline.outlets[0].rp == flow_of(w).outlets[0].rp);
  CHECK(w.session().undo_name().find("outlet") != std::string::npos);
  w.session().undo();
  CHECK(flow_of(w).outlets[0].rp == before);
  CHECK(w.session().data()->choices.flow.empty());
}

TEST_CASE("an inlet becomes a waveform of the same mean, a dragged point changes it, a table of another unit replaces it, nonsense is refused") {
  test::Window w;
  auto* panel = open_ends(w, false);
  panel->choose("inlet");
  const double mean = flow_of(w).inlets[0].flow[0].second;
  auto* kind = w->findChild<QComboBox*>("end_kind");
  kind->setCurrentIndex(kind->findData("waveform"));
  emit kind->activated(kind->currentIndex());
  REQUIRE_FALSE(flow_of(w).steady);
  CHECK(hemo::mean_flow(flow_of(w).inlets[0], flow_of(w).cycle_s) == Approx(mean).epsilon(1e-6));
  auto* wave = w->findChild<gui::WaveformEdit*>("waveform");
  REQUIRE(w.wait([&] { return wave->isVisible(); }, 2000));
  REQUIRE(w.wait([&] { return wave->height() >= wave->minimumSizeHint().height(); }, 10000));   // the form takes its places
  w.wait([] { return false; }, 100);
  const auto at = wave->place_of(3);
  const double was = wave->waveform().points[3].second;
  const auto part = [&](const QPointF& p) { return QStringLiteral("%1 %2").arg(p.x() / wave->width(), 0, 'f', 6).arg(p.y() / wave->height(), 0, 'f', 6); };
  REQUIRE(w.command("drag waveform " + part(at) + " " + part(at + QPointF(0, 25))).isEmpty());
  INFO("point at " << at.x() << ", " << at.y() << " then " << wave->place_of(3).x() << ", " << wave->place_of(3).y() << " of " << wave->width() << " x " << wave->height());
  CHECK(wave->waveform().points[3].second < was);
  CHECK(flow_of(w).inlets[0].flow[3].second == Approx(wave->waveform().points[3].second));
  const auto table = test::scratch_folder("choices-table") / "beat.csv";
  QFile file(QString::fromStdString(table.string()));
  REQUIRE(file.open(QIODevice::WriteOnly));
  file.write("time [ms]; flow [ml/min]\n0; 60\n250; 240\n500; 60\n750; 60\n1000; 60\n");
  file.close();
  panel->import_waveform(QString::fromStdString(table.string()));
  CHECK(flow_of(w).cycle_s == Approx(1.0));
  CHECK(hemo::mean_flow(flow_of(w).inlets[0], 1.0) == Approx(105e3 / 60).epsilon(1e-9));   // 60 + 180 / 4 ml/min
  const auto kept = flow_of(w).inlets[0].flow;
  REQUIRE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
  file.write("0 -1\n0.5 -2\n0.9 -3\n");
  file.close();
  panel->import_waveform(QString::fromStdString(table.string()));
  CHECK(flow_of(w).inlets[0].flow == kept);
  CHECK(w.wait([&] { return w->centre().banner().text().contains("not into the vessel"); }, 2000));
}

TEST_CASE("the constant inflow of a coronary is what the aortic pressure drives: another flow is refused in the window as on the command line, a name and a flow over the beat are taken") {
  test::Window w;
  auto* panel = open_ends(w);
  panel->choose("inlet");
  const auto before = flow_of(w).inlets[0].flow;
  auto* flow = w->findChild<QDoubleSpinBox*>("end_flow");
  flow->setValue(flow->value() + 20);
  CHECK(flow_of(w).inlets[0].flow == before);
  CHECK(w.wait([&] { return w->centre().banner().text().contains("what the aortic pressure drives"); }, 2000));
  auto* name = w->findChild<QLineEdit*>("end_name");
  name->setText("Ostium");
  emit name->editingFinished();
  const auto& caps = w.session().data()->choices.flow.at("lad").caps;
  CHECK(std::any_of(caps.begin(), caps.end(), [](const auto& c) { return c.inlet && c.name == "Ostium"; }));
  const auto table = test::scratch_folder("choices-coronary-table") / "beat.csv";
  QFile file(QString::fromStdString(table.string()));
  REQUIRE(file.open(QIODevice::WriteOnly));
  file.write("time [ms]; flow [ml/min]\n0; 60\n250; 240\n500; 60\n1000; 60\n");
  file.close();
  panel->import_waveform(QString::fromStdString(table.string()));
  CHECK_FALSE(flow_of(w).steady);
  CHECK(flow_of(w).cycle_s == Approx(1.0));
}

TEST_CASE("the check before a run names a missing condition and an unusual flow, and stops the full model") {
  auto data = test::journey_case();
  const auto lines = present::preflight_flow(*data.twin->vessels[0]);
  CHECK_FALSE(present::refused(lines));
  auto vessel = std::make_shared<twin::VesselModel>(*data.twin->vessels[0]);
  vessel->baseline.inlets[0].flow = {{0.0, 90000.0}};   // 5.4 l/min through 3 mm
  bool unusual = false;
  for (const auto& l : present::preflight_flow(*vessel)) unusual = unusual || l.what == "Mean flow is unusual";
  CHECK(unusual);
  vessel->baseline.outlets.clear();
  CHECK(present::refused(present::preflight_flow(*vessel)));
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  twin->vessels[0] = vessel;
  data.twin = twin;
  test::Window w;
  w.session().replace(std::move(data), {});
  w.wait([] { return false; }, 300);
  REQUIRE(w.wait([&] { return w->actions().find("run_full")->isEnabled(); }, 5000));
  std::promise<void> gate;   // holds the lane, so that the check is seen while it waits
  w.session().jobs().start(session::Lane::quick, "gate", "Waiting for the test", [open = gate.get_future().share()](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
    open.wait();
    return session::JobRunner::Completion([] {});
  });
  w->actions().find("run_full")->trigger();
  CHECK(w.session().jobs().active(gui::check_before_full) != 0);
  CHECK(w.workspace().running_full() == 0);   // the check is no run of the full model
  CHECK_FALSE(w->actions().find("run_full")->isEnabled());
  gate.set_value();
  // FAST says the same of this case, so the check is waited for, not the words.
  REQUIRE(w.wait([&] { return w.session().jobs().active(gui::check_before_full) == 0; }, 20000));
  CHECK(w.wait([&] { return w->centre().banner().text().contains("no outlet"); }, 5000));
  CHECK(w.wait([&] { return w->actions().find("run_full")->isEnabled(); }, 5000));   // answered: to be tried again after mending
  CHECK(w.workspace().running_full() == 0);
}

TEST_CASE("the settings of the beat are one undo step each, and choices are laid on a twin that is built anew") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);
  auto* step = w->findChild<QDoubleSpinBox*>("solver_dt");
  REQUIRE(w.wait([&] { return step->isVisible(); }, 3000));
  const double before = beat_of(w).dt_ms;
  REQUIRE(w.command("set solver_dt 0.02").isEmpty());
  CHECK(beat_of(w).dt_ms == Approx(0.02));
  CHECK(w.session().undo_name() == "time step");
  CHECK(beat_of(w).sodium_interpolation_weight < 0);   // left to the solver
  CHECK(w->findChild<QDoubleSpinBox*>("solver_sodium")->value() == Approx(0.65));   // what it takes with tuned conductivities
  REQUIRE(w.command("set solver_sodium 0.8").isEmpty());
  CHECK(beat_of(w).sodium_interpolation_weight == Approx(0.8));
  twin::TwinModel fresh = *test::journey_case().twin;
  session::lay_choices(w.session().data()->choices, fresh);
  CHECK(fresh.heart->baseline.dt_ms == Approx(0.02));
  CHECK(fresh.heart->baseline.sodium_interpolation_weight == Approx(0.8));
  session::PipelineParams params;
  session::ModelChoices choices;
  choices.conduction = "purkinje";
  choices.block = "lbbb";
  CHECK(session::with_choices(params, choices).block == "lbbb");
  params.block = "rbbb";   // asked for now: stands above the choice
  CHECK(session::with_choices(params, choices).block == "rbbb");
  w.session().undo();
  w.session().undo();
  CHECK(beat_of(w).dt_ms == before);
}

TEST_CASE("an electrode dragged in 3D moves in the plane of the screen, changes the ECG and comes back by undo") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w.workspace().request_stage(present::stage_model);
  w.wait([] { return false; }, 200);
  REQUIRE(w.command("set solver_electrodes on").isEmpty());
  w.wait([] { return false; }, 200);
  auto& scene = w->centre().main_pane().view().scene();
  CHECK(scene.counts().places == 10);   // the electrodes, not the points of the body
  const auto ecg = w.session().result(0, core::Mode::fast)->electro->ecg.mV;
  std::string moved;
  core::Vec3 from(0, 0, 0);
  for (const auto& e : beat_of(w).electrodes) {   // one that nothing hides
    const auto px = scene.project(e.position);
    if (!px || e.name == "RL") continue;
    const auto pick = scene.pick((*px)[0], (*px)[1]);
    if (pick && pick->object_key == "electrode:" + e.name) {
      moved = e.name;
      from = e.position;
      break;
    }
  }
  REQUIRE(!moved.empty());
  auto& canvas = w->centre().main_pane().view().canvas();
  const auto at = *w->centre().main_pane().position_of(from);
  const auto send = [&](QEvent::Type type, const QPointF& p, Qt::MouseButton button, Qt::MouseButtons held) {
    QMouseEvent event(type, p, canvas.mapToGlobal(p), button, held, Qt::NoModifier);
    QApplication::sendEvent(&canvas, &event);
  };
  send(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton);
  for (int step = 1; step <= 5; ++step) send(QEvent::MouseMove, at + QPointF(4, 2) * step, Qt::NoButton, Qt::LeftButton);
  send(QEvent::MouseButtonRelease, at + QPointF(20, 10), Qt::LeftButton, Qt::NoButton);
  core::Vec3 to = from;
  for (const auto& e : beat_of(w).electrodes)
    if (e.name == moved) to = e.position;
  CHECK((to - from).norm() > 1);
  CHECK(std::abs((to - from).dot(scene.camera().frame.from)) < 1e-6);
  REQUIRE(w.fast_ready(0));
  CHECK(w.session().result(0, core::Mode::fast)->electro->ecg.mV != ecg);
  w.session().undo();
  for (const auto& e : beat_of(w).electrodes)
    if (e.name == moved) CHECK(e.position == from);
  // Reset puts it back as well, also in a case that was closed in between, and is itself undone.
  w.session().redo();
  const auto folder = test::scratch_folder("electrodes-case") / "case";
  REQUIRE(session::save_case(*w.session().data(), folder, {}));
  auto loaded = session::load_case(folder, {});
  REQUIRE(loaded);
  w.session().replace(std::move(*loaded), {});
  REQUIRE(w.wait([&] { return w->findChild<QPushButton*>("electrodes_reset")->isVisible(); }, 5000));
  w->findChild<QPushButton*>("electrodes_reset")->click();
  CHECK(w.session().undo_name() == "electrodes back in place");
  for (const auto& e : beat_of(w).electrodes)
    if (e.name == moved) CHECK(e.position == from);
  CHECK_FALSE(w->findChild<QPushButton*>("electrodes_reset")->isVisibleTo(w->findChild<QWidget*>("panel_model")));
  w.session().undo();
  for (const auto& e : beat_of(w).electrodes)
    if (e.name == moved) CHECK(e.position == to);
}

TEST_CASE("probes clicked on the wall record electrograms, and a bipolar one is the difference of its poles") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  auto* page = w->findChild<gui::EgmPage*>();
  REQUIRE(w.command("click tab_egm").isEmpty());
  REQUIRE(w.command("click egm_place").isEmpty());
  REQUIRE(gui::click_wall(*w.window, 0));
  REQUIRE(gui::click_wall(*w.window, 60));
  CHECK(page->probes() == 2);
  REQUIRE(w.wait([&] { return page->plot().traces().size() == 2; }, 20000));
  const auto unipolar = page->plot().traces();
  double size = 0;
  for (const double v : unipolar[0].mV) size = std::max(size, std::abs(v));
  CHECK(size > 0.05);
  CHECK(unipolar[0].t_ms.size() == unipolar[0].mV.size());
  REQUIRE(w.command("set egm_bipolar on").isEmpty());
  const auto bipolar = page->plot().traces();
  REQUIRE(bipolar.size() == 1);
  for (std::size_t i = 0; i < bipolar[0].mV.size(); ++i) CHECK(bipolar[0].mV[i] == Approx(unipolar[0].mV[i] - unipolar[1].mV[i]).margin(1e-12));
  CHECK(w->centre().main_pane().view().scene().counts().places == 2);
  // They belong to the case: each is one undo step, saved and found again.
  CHECK(w.session().undo_name() == "Probe 2");
  const auto kept = w.session().data()->egm_probes;
  const auto folder = test::scratch_folder("probes-case") / "case";
  REQUIRE(session::save_case(*w.session().data(), folder, {}));
  w.session().undo();
  CHECK(page->probes() == 1);
  CHECK(w->centre().main_pane().view().scene().counts().places == 1);
  auto loaded = session::load_case(folder, {});
  REQUIRE(loaded);
  CHECK(loaded->egm_probes == kept);
  w.session().replace(std::move(*loaded), {});
  CHECK(page->probes() == 2);
  w.wait([] { return false; }, 100);
  CHECK(w->centre().main_pane().view().scene().counts().places == 2);
  REQUIRE(w.command("click delete_Probe_1").isEmpty());
  REQUIRE(page->probes() == 1);
  CHECK(w.session().data()->egm_probes[0].name == "Probe 2");
  w.session().undo();
  CHECK(w.session().data()->egm_probes == kept);
}

TEST_CASE("ends of a vessel are set by clicks before it is meshed: one left closed is a step of the image, saved, and the mesh has no outlet there") {
  const core::Vec3 root(0, 0, 0), fork(0, 0, 40), left(-22, 0, 84), right(18, 0, 70);
  const auto near = [](const core::Vec3& x, const core::Vec3& a, const core::Vec3& b, double r) {
    const double t = std::clamp((x - a).dot(b - a) / (b - a).squaredNorm(), 0.0, 1.0);
    return (x - a - t * (b - a)).norm() < r;
  };
  core::LabelMap labels;
  labels.grid.size = {54, 24, 76};
  labels.grid.spacing = {1.25, 1.25, 1.25};
  labels.grid.origin = {-35, -14, -5};
  labels.labels = core::labels::heart();
  labels.values.resize(labels.grid.voxels());
  core::Volume volume;
  volume.grid = labels.grid;
  volume.values.assign(labels.grid.voxels(), 0.0f);
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto x = labels.grid.to_patient(core::Vec3(i, j, k));
        if (!near(x, root, fork, 5.5) && !near(x, fork, left, 4.2) && !near(x, fork, right, 4.2)) continue;
        labels.values[labels.grid.offset(i, j, k)] = std::uint8_t(core::labels::aorta);
        volume.values[labels.grid.offset(i, j, k)] = 350;
      }
  session::CaseData data;
  data.patient.id = "ENDS";
  session::ImageData image;
  image.key = "thorax";
  image.name = "Thorax";
  image.volume = std::make_shared<core::Volume>(std::move(volume));
  image.labels = std::make_shared<core::LabelMap>(std::move(labels));
  image.planes.push_back({"aortic", root, {0, 0, -1}, 5.5, true});
  data.images.push_back(std::move(image));
  test::Window w;
  w.session().replace(std::move(data), {});
  w.wait([] { return false; }, 200);
  w.workspace().request_stage(present::stage_model);
  w.wait([] { return false; }, 100);
  auto* panel = w->findChild<gui::CutPanel*>();
  REQUIRE(panel->isVisible());
  REQUIRE(w.command("click cut_start").isEmpty());
  REQUIRE(w.wait([&] { return !panel->working() && panel->proposal(); }, 30000));
  REQUIRE(panel->proposal()->ends.size() == 3);
  auto& scene = w->centre().main_pane().view().scene();
  CHECK(scene.counts().places == 3);
  CHECK(scene.counts().vessels == 1);
  using Kind = imaging::EndMark::Kind;
  core::Vec3 disc(0, 0, 0);
  for (const auto& e : panel->proposal()->ends)
    if (e.kind == Kind::outlet && e.centre.x() > 0) disc = e.centre;
  scene.set_view(viewer::EpView::ap);
  w.wait([] { return false; }, 200);
  REQUIRE(w.command("click cut_kind_closed").isEmpty());
  REQUIRE(w.command(QStringLiteral("pick %1 %2 %3").arg(disc[0]).arg(disc[1]).arg(disc[2])).isEmpty());
  REQUIRE(w.session().data()->images[0].vessel_ends.size() == 1);
  CHECK(w.session().undo_name() == "vessel end left closed");
  const auto closed = [&] { return std::count_if(panel->proposal()->ends.begin(), panel->proposal()->ends.end(), [](const auto& e) { return e.kind == Kind::closed; }); };
  REQUIRE(w.wait([&] { return !panel->working() && closed() == 1; }, 30000));
  w.session().undo();
  REQUIRE(w.wait([&] { return !panel->working() && closed() == 0; }, 30000));
  w.session().redo();
  REQUIRE(w.wait([&] { return !panel->working() && closed() == 1; }, 30000));
  REQUIRE(w.command("click cut_mesh").isEmpty());
  CHECK(w.workspace().tool() == gui::Tool::none);
  REQUIRE(w.wait([&] { return w.session().data()->twin != nullptr; }, 120000));
  const auto& made = *w.session().data()->twin->vessels[0];
  CHECK(made.baseline.outlets.size() == 1);
  const auto folder = test::scratch_folder("ends-case") / "case";
  REQUIRE(session::save_case(*w.session().data(), folder, {}));
  const auto loaded = session::load_case(folder, {});
  REQUIRE(loaded);
  REQUIRE(loaded->images[0].vessel_ends.size() == 1);
  CHECK(loaded->images[0].vessel_ends[0].kind == Kind::closed);
}

TEST_CASE("the panel of a selected lesion shows what the lesions of the plan measure, and goes with the selection") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  REQUIRE(w.command("action lesion_point").isEmpty());
  REQUIRE(w.command("set param_radius_mm 8").isEmpty());
  w.wait([] { return false; }, 150);
  REQUIRE(gui::click_wall(*w.window, 0));
  REQUIRE(w.fast_ready(1));
  auto* numbers = w->findChild<QWidget*>("lesion_numbers");
  REQUIRE(w.wait([&] { return numbers->isVisible(); }, 3000));
  CHECK(numbers->findChild<QWidget*>("fact_lesion_volume_cm3") != nullptr);
  w.workspace().set_selection({});
  CHECK_FALSE(numbers->isVisible());
}
