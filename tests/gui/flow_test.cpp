// SPDX-License-Identifier: GPL-3.0-or-later
// Flow in the real window: stents in the hand, sizes side by side, pull-back and its words.
#include <QDoubleSpinBox>
#include <QLabel>
#include <QTableWidget>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "app/gui/flow/flow_drafts.hpp"
#include "app/gui/flow/stent_panel.hpp"
#include "app/gui/flow/stream_show.hpp"
#include "app/gui/views/vessel_pane.hpp"
#include "app/present/devices.hpp"
#include "solvers/core/units.hpp"
#include "tests/gui/placed_stent.hpp"
#include "viewer/qt/pullback_plot.hpp"

using namespace ot;

namespace {

using test::place_stent;

}  // namespace

TEST_CASE("the answer of one vessel alone equals the FAST run of the whole plan bit for bit") {
  const auto data = test::journey_case();
  twin::Scenario scenario;
  twin::InterventionSpec spec;
  spec.id = "stent-1";
  spec.kind = "stent";
  spec.placement.kind = twin::Placement::Kind::segment;
  spec.placement.vessel = "lad";
  spec.placement.start_mm = 12;
  spec.placement.length_mm = 15;
  spec.params = twin::find_intervention("stent")->schema.defaults();
  scenario.interventions = {spec};
  auto whole = twin::prepare(data.twin, scenario, core::Mode::fast);
  REQUIRE(whole);
  twin::RunOptions flow_only;
  flow_only.electro = false;
  const auto run = twin::run(*whole, flow_only, {});
  REQUIRE(run);
  const auto answer = present::answer_flow(present::vessel_twin(*data.twin, "lad", false), scenario);
  REQUIRE(answer.refused.empty());
  CHECK(answer.ffr == present::quantity_of(*run, "lad_ffr"));
  CHECK(answer.drop_mmhg == present::quantity_of(*run, "lad_pressure_drop_mmhg"));
  const auto& a = answer.vessel()->flow->pullback;
  const auto& b = run->vessels[0].flow->pullback;
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].pressure_Pa == b[i].pressure_Pa);
  // Too large a device is an answer in words, not a crash.
  scenario.interventions[0].params.set("diameter_mm", 40.0);
  CHECK(present::answer_flow(present::vessel_twin(*data.twin, "lad", false), scenario).refused.find("twice") != std::string::npos);
}

TEST_CASE("a stent dragged 8 mm along the vessel in 3D moves 8 +- 1 mm, is answered on the way, and is one undo step") {
  test::Window w;
  place_stent(w);
  const auto before = w.placed(1)[0].placement;
  const double middle = before.start_mm + before.length_mm / 2;
  int answers = 0;
  QObject::connect(&w->drafts(), &gui::FlowDrafts::answered, w.window.get(), [&] { ++answers; });
  REQUIRE(w.command(QStringLiteral("drag_vessel %1 %2").arg(middle).arg(middle - 8)).isEmpty());
  const auto after = w.placed(1)[0].placement;
  CHECK(after.start_mm == Approx(std::max(0.0, before.start_mm - 8)).margin(1));
  CHECK(after.length_mm == before.length_mm);
  CHECK(w.session().undo_name().find("stent") != std::string::npos);
  REQUIRE(w.fast_ready(1));
  CHECK(w.wait([&] { return w.workspace().flow_draft() == nullptr; }, 5000));
  CHECK(answers > 0);
  // A second drag is a step of its own.
  REQUIRE(w.command(QStringLiteral("drag_vessel %1 %2").arg(middle - 8).arg(middle - 3)).isEmpty());
  CHECK(w.placed(1)[0].placement.start_mm > after.start_mm + 3);
  w.session().undo();
  CHECK(w.placed(1)[0].placement == after);
  w.session().undo();
  CHECK(w.placed(1)[0].placement == before);
}

TEST_CASE("Esc during a drag leaves the stent where it was and adds no undo step") {
  test::Window w;
  place_stent(w);
  const auto before = w.placed(1)[0].placement;
  const auto name = w.session().undo_name();
  REQUIRE(w->drafts().begin(QString::fromStdString(w.placed(1)[0].id)));
  w->drafts().move(before.start_mm - 5, before.length_mm);
  REQUIRE(w.workspace().flow_draft());
  CHECK(w.workspace().flow_draft()->spec.placement.start_mm == Approx(before.start_mm - 5));
  CHECK(w.wait([&] { return w.workspace().flow_draft()->answer != nullptr; }, 5000));
  CHECK(w.placed(1)[0].placement == before);   // the case does not know of it yet
  w->drafts().abandon();
  CHECK(w.workspace().flow_draft() == nullptr);
  CHECK(w.placed(1)[0].placement == before);
  CHECK(w.session().undo_name() == name);
}

TEST_CASE("the end of a stent dragged on the straightened vessel changes its length there, the other end stays") {
  test::Window w;
  place_stent(w);
  w.workspace().set_layout(gui::Layout::vessel);
  auto& pane = w->centre().vessel_pane();
  REQUIRE(w.wait([&] { return pane.path() != nullptr && pane.view().isVisible(); }, 5000));
  w.wait([] { return false; }, 100);
  auto& scene = pane.view().scene();
  const auto before = w.placed(1)[0].placement;
  const double end = before.start_mm + before.length_mm, ratio = pane.view().devicePixelRatioF();
  const auto part = [&](double arc) {
    const auto at = scene.place_of(arc);
    return QStringLiteral("%1 %2").arg(at[0] / ratio / pane.view().width(), 0, 'f', 6).arg(at[1] / ratio / pane.view().height(), 0, 'f', 6);
  };
  REQUIRE(w.command("drag curved_view " + part(end) + " " + part(end - 6)).isEmpty());
  const auto after = w.placed(1)[0].placement;
  CHECK(after.start_mm == Approx(before.start_mm).margin(1e-9));
  CHECK(after.length_mm == Approx(before.length_mm - 6).margin(0.7));
  REQUIRE(w.command("drag curved_view " + part(after.start_mm + after.length_mm / 2) + " " + part(after.start_mm + after.length_mm / 2 + 5)).isEmpty());
  CHECK(w.placed(1)[0].placement.start_mm == Approx(after.start_mm + 5).margin(0.7));
  CHECK(w.placed(1)[0].placement.length_mm == Approx(after.length_mm).margin(1e-9));
}

TEST_CASE("sizes side by side: a wider stent leaves a wider lumen and a higher FFR, and a clicked size is taken as one step") {
  test::Window w;
  place_stent(w);
  w.workspace().set_selection(QString::fromStdString(w.placed(1)[0].id));
  auto* panel = w->findChild<gui::StentPanel*>();
  REQUIRE(panel);
  REQUIRE(w.wait([&] { return panel->isVisible(); }, 3000));
  REQUIRE(w.command("click stent_compare").isEmpty());
  REQUIRE(w.wait([&] { return panel->sizes().size() >= 5; }, 10000));
  const auto sizes = panel->sizes();
  const double length = w.placed(1)[0].placement.length_mm;
  double last_diameter = 0, last_ffr = 0;
  int compared = 0;
  for (const auto& s : sizes) {
    if (s.length_mm != length || !s.answer.refused.empty()) continue;
    if (compared++) {
      CHECK(s.diameter_mm > last_diameter);
      CHECK(s.answer.ffr >= last_ffr - 1e-6);
    }
    last_diameter = s.diameter_mm;
    last_ffr = s.answer.ffr;
  }
  CHECK(compared >= 3);
  auto* table = w->findChild<QTableWidget*>("stent_sizes");
  REQUIRE(table->rowCount() == int(sizes.size()));
  const auto at = table->visualItemRect(table->item(0, 0)).center();
  QTest::mouseClick(table->viewport(), Qt::LeftButton, Qt::NoModifier, at);
  CHECK(w.placed(1)[0].params.number("diameter_mm") == sizes[0].diameter_mm);
  w.session().undo();
  CHECK(w.placed(1)[0].params.number("diameter_mm") != sizes[0].diameter_mm);
}

TEST_CASE("the flow in 3D follows a drag by itself, stands beside FAST, and goes when the stent moves on") {
  test::Window w;
  place_stent(w);
  w->drafts().set_full_behind(true);
  const auto place = w.placed(1)[0].placement;
  const double middle = place.start_mm + place.length_mm / 2;
  REQUIRE(w.command(QStringLiteral("drag_vessel %1 %2").arg(middle).arg(middle - 4)).isEmpty());
  REQUIRE(w.wait([&] { return w.workspace().vessel_full(1, "lad") != nullptr; }, 120000));
  const double full = present::quantity_of(*w.workspace().vessel_full(1, "lad"), "lad_ffr");
  CHECK(full > 0.5);
  CHECK(full < 1.0);
  auto* plot = w->findChild<viewer::PullbackPlot*>("pullback_plot");
  bool fast = false, in_3d = false;
  for (const auto& c : plot->curves()) {
    fast = fast || c.name == "A FAST";
    in_3d = in_3d || c.name == "A FULL";
  }
  CHECK(fast);
  CHECK(in_3d);
  CHECK(w.session().result(1, core::Mode::full) == nullptr);   // the plan as a whole is not confirmed by one vessel
  w->drafts().set_full_behind(false);
  REQUIRE(w.command(QStringLiteral("drag_vessel %1 %2").arg(middle - 4).arg(middle)).isEmpty());
  CHECK(w.workspace().vessel_full(1, "lad") == nullptr);
}

TEST_CASE("the pull-back says what its FFR means with the limits of agreement, and its marker and the crosshair are one") {
  test::Window w;
  place_stent(w);
  auto* sentence = w->findChild<QLabel*>("ffr_sentence");
  REQUIRE(sentence);
  for (const char* part : {"limits of agreement", "hyperaemia", "Wilson 1990", "0.24"}) CHECK(sentence->text().contains(part));
  auto* plot = w->findChild<viewer::PullbackPlot*>("pullback_plot");
  REQUIRE(w.command("drag pullback_plot 0.5 0.5 0.5 0.5").isEmpty());
  const double arc = plot->cursor();
  CHECK(arc > 5);
  const auto& network = *w.session().data()->twin->vessels[0]->network;
  CHECK((w.workspace().crosshair() - network.point_at(0, arc)).norm() < 0.1);
  w.workspace().set_crosshair(network.point_at(0, 30.0));
  CHECK(plot->cursor() == Approx(30).margin(0.3));
  w.workspace().set_crosshair(core::Vec3(300, 300, 300));
  CHECK(plot->cursor() < 0);
  REQUIRE(w.command("set flow_quantity pressure").isEmpty());
  CHECK(plot->curves().front().value.front() > 20);   // mmHg, no longer a ratio
}

TEST_CASE("a line around a turning fluid closes within 0.1 % of its radius after one turn, and particles keep to the lines") {
  // Rigid rotation u = omega x r in a flat box: every way is a circle.
  core::TetMesh mesh;
  constexpr int n = 24;
  constexpr double half = 10, omega = 6;   // mm, 1/s
  const auto id = [](int i, int j, int k) { return core::Index((k * (n + 1) + j) * (n + 1) + i); };
  for (int k = 0; k <= 1; ++k)
    for (int j = 0; j <= n; ++j)
      for (int i = 0; i <= n; ++i) mesh.nodes.push_back({-half + 2 * half * i / n, -half + 2 * half * j / n, k * 1.0});
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {   // six tetrahedra about the diagonal of each cell (Kuhn)
      const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
      for (const auto& o : order) {
        std::array<int, 3> at{i, j, 0};
        core::Tet tet;
        tet[0] = id(at[0], at[1], at[2]);
        for (int s = 0; s < 3; ++s) {
          ++at[std::size_t(o[s])];
          tet[std::size_t(s + 1)] = id(at[0], at[1], at[2]);
        }
        const auto& a = mesh.nodes[std::size_t(tet[0])];
        if ((mesh.nodes[std::size_t(tet[1])] - a).cross(mesh.nodes[std::size_t(tet[2])] - a).dot(mesh.nodes[std::size_t(tet[3])] - a) < 0) std::swap(tet[2], tet[3]);
        mesh.tets.push_back(tet);
      }
    }
  std::vector<float> velocity;
  for (const auto& x : mesh.nodes)
    for (const double u : {-omega * x[1], omega * x[0], 0.0}) velocity.push_back(float(u));
  // A door of its own: one inner face of a tetrahedron near (5, 0), turned against the flow.
  for (std::size_t t = 0; t < mesh.tets.size() && mesh.boundary.empty(); ++t) {
    core::Vec3 middle(0, 0, 0);
    for (const auto c : mesh.tets[t]) middle += 0.25 * mesh.nodes[std::size_t(c)];
    if (std::abs(middle[0] - 5) > 0.6 || std::abs(middle[1]) > 0.6) continue;
    for (int skip = 0; skip < 4; ++skip) {
      core::Triangle face{};
      int k = 0;
      for (int c = 0; c < 4; ++c)
        if (c != skip) face[std::size_t(k++)] = mesh.tets[t][std::size_t(c)];
      auto normal = (mesh.nodes[std::size_t(face[1])] - mesh.nodes[std::size_t(face[0])]).cross(mesh.nodes[std::size_t(face[2])] - mesh.nodes[std::size_t(face[0])]);
      if (normal.dot(mesh.nodes[std::size_t(mesh.tets[t][std::size_t(skip)])] - mesh.nodes[std::size_t(face[0])]) > 0) {
        std::swap(face[1], face[2]);
        normal = -normal;
      }
      if (normal[1] < -0.1 * normal.norm() && mesh.boundary.empty()) mesh.boundary.push_back({face, 7, core::Index(t)});
    }
  }
  REQUIRE(mesh.boundary.size() == 1);
  session::StreamlineParams params;
  params.count = 1;
  params.longest_s = 2 * 3.14159265358979 / omega;
  const auto lines = session::trace_streamlines(mesh, velocity, 7, params);
  REQUIRE(lines);
  REQUIRE(lines->size() == 1);
  const auto& line = lines->front();
  REQUIRE(line.duration_s() > 0.97 * params.longest_s);
  const double radius = std::hypot(line.points[0][0], line.points[0][1]);
  for (const auto& x : line.points) CHECK(std::hypot(x[0], x[1]) == Approx(radius).epsilon(1e-3));
  CHECK(double(line.speed[0]) == Approx(omega * radius).epsilon(1e-5));
  const auto particles = session::particles_at(*lines, 0.4, 0.1, 0.02, 0.2);
  CHECK(particles.count >= 4);
  for (const auto& x : particles.tubes.points) CHECK(std::hypot(x[0], x[1]) == Approx(radius).margin(0.12));
  CHECK_FALSE(session::trace_streamlines(mesh, {1.0f}, 7, params));
}

TEST_CASE("particles appear with the flow in 3D, move with the clock, and go with the display") {
  test::Window w;
  place_stent(w);
  w->drafts().confirm_vessel(1, "lad");
  REQUIRE(w.wait([&] { return w.workspace().vessel_full(1, "lad") != nullptr; }, 120000));
  w.workspace().set_vessel_display(gui::VesselDisplay::streams);
  gui::StreamShow* show = nullptr;
  for (auto* s : w.window->findChildren<gui::StreamShow*>())
    if (s->particles() > 0 || w.wait([&] { return s->particles() > 0; }, 3000)) show = s;
  REQUIRE(show);
  CHECK(show->lines() > 40);
  CHECK(w->centre().main_pane().view().scene().counts().vessels == 2);   // the lumen and the blood
  w.workspace().set_vessel_display(gui::VesselDisplay::pressure);
  CHECK(show->particles() == 0);
  CHECK(w->centre().main_pane().view().scene().counts().vessels == 1);
}

TEST_CASE("tapered stent, balloon and ideal lumen are placed by a click on a narrowed tube, raise its FFR, are dragged in 3D and taken back by undo") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w->drafts().set_full_behind(false);
  const double before = present::quantity_of(*w.session().result(0, core::Mode::fast), "lad_ffr");
  for (const auto& [tool, kind] : {std::pair{"tapered_stent", "tapered_stent"}, {"balloon", "angioplasty"}, {"ideal_lumen", "ideal_lumen"}}) {
    INFO(kind);
    REQUIRE(w.command(QStringLiteral("click tile_") + kind).isEmpty());
    w.wait([] { return false; }, 150);
    REQUIRE(w.command("pick_vessel 20").isEmpty());
    REQUIRE(w.session().plan_count() == 2);
    REQUIRE(w.fast_ready(1));
    REQUIRE(w.placed(1).size() == 1);
    const auto placed = w.placed(1)[0];
    CHECK(placed.kind == kind);
    CHECK(present::quantity_of(*w.session().result(1, core::Mode::fast), "lad_ffr") > before);
    CHECK(w->centre().main_pane().view().scene().counts().stents == 1);
    CHECK(w->findChild<QLabel*>("assumes")->text().length() > 30);   // what it takes for granted stands beside the form
    const double middle = placed.placement.start_mm + placed.placement.length_mm / 2;
    REQUIRE(w.command(QStringLiteral("drag_vessel %1 %2").arg(middle).arg(middle + 5)).isEmpty());
    CHECK(w.placed(1)[0].placement.start_mm > placed.placement.start_mm + 3);
    w.session().undo();
    CHECK(w.placed(1)[0] == placed);
    w.session().undo();
    CHECK((w.session().plan_count() == 1 || w.placed(1).empty()));
    if (w.session().plan_count() > 1) w.session().remove_plan(1);
    REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  }
}

TEST_CASE("an ideal lumen takes a clicked narrowing as a whole, 20 mm +- 6 mm in the tube, and a tapered stent keeps its taper between sizes") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  const auto& found = w.session().data()->twin->vessels[0]->stenoses;
  REQUIRE(found.size() == 1);
  REQUIRE(w.command("action ideal_lumen").isEmpty());
  w.wait([] { return false; }, 150);
  REQUIRE(w.command(QStringLiteral("pick_vessel %1").arg(found[0].start_mm + 1)).isEmpty());   // not in its middle
  REQUIRE(w.fast_ready(1));
  const auto place = w.placed(1)[0].placement;
  CHECK(place.start_mm <= found[0].start_mm);
  CHECK(place.start_mm + place.length_mm >= found[0].end_mm);
  CHECK(place.start_mm + place.length_mm / 2 == Approx(20).margin(6));
  twin::InterventionSpec tapered;
  tapered.kind = "tapered_stent";
  tapered.params = twin::find_intervention("tapered_stent")->schema.defaults();
  tapered.placement.start_mm = 10;
  tapered.placement.length_mm = 12;
  const auto wider = present::with_size(tapered, {3.5, 18}, 40);
  CHECK(wider.params.number("diameter_mm") - wider.params.number("distal_diameter_mm") == Approx(tapered.params.number("diameter_mm") - tapered.params.number("distal_diameter_mm")));
  CHECK(wider.placement.start_mm + wider.placement.length_mm / 2 == Approx(16));
}

TEST_CASE("the difference of two compared plans is drawn on the right vessel from two answers of one model, and goes with the comparison") {
  test::Window w;
  place_stent(w);
  w.workspace().set_comparing(true);
  auto& pane = w->centre().main_pane();
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  REQUIRE(w.command("click difference_button").isEmpty());
  CHECK(pane.minus() == 0);
  REQUIRE(pane.view().scene().field_style());
  CHECK(pane.view().scene().field_style()->palette == viewer::Palette::difference);
  CHECK(pane.view().scene().field_style()->lo == -pane.view().scene().field_style()->hi);
  // The map against the pull-backs it comes from: its largest value is the largest difference of the two curves.
  const auto& model = *w.session().data()->twin->vessels[0];
  const auto a = w.session().result(1, core::Mode::fast), b = w.session().result(0, core::Mode::fast);
  const auto paint = present::paint_difference(model, *present::find_vessel_result(*a, "lad"), *present::find_vessel_result(*b, "lad"), present::LumenQuantity::pressure);
  const auto way_a = present::pullback(model, *present::find_vessel_result(*a, "lad")), way_b = present::pullback(model, *present::find_vessel_result(*b, "lad"));
  REQUIRE(way_a.arc_mm == way_b.arc_mm);
  double most = 0;
  for (std::size_t i = 0; i < way_a.value.size(); ++i) most = std::max(most, way_a.value[i] - way_b.value[i]);
  CHECK(paint.hi == Approx(most).margin(0.02));
  CHECK(paint.hi > 0.01);
  REQUIRE(w.command("click compare_button").isEmpty());
  CHECK(pane.minus() < 0);
  CHECK(pane.view().scene().field_style()->palette != viewer::Palette::difference);
}

TEST_CASE("a bypass graft is placed by two clicks in either order, drawn, raises FFR, is moved by its numbers in one undo step, and reopens with the case") {
  const auto folder = test::scratch_folder("gui-bypass") / "case";
  twin::InterventionSpec placed;
  {
    test::Window w;
    w.session().replace(test::journey_case(), {});
    REQUIRE(w.fast_ready(0));
    w->drafts().set_full_behind(false);
    const double before = present::quantity_of(*w.session().result(0, core::Mode::fast), "lad_ffr");
    REQUIRE(w.command("click tile_bypass").isEmpty());
    w.wait([] { return false; }, 150);
    auto* hint = w->findChild<QLabel*>("placement_hint");
    REQUIRE(hint);
    REQUIRE(w.command("pick_vessel 33").isEmpty());
    CHECK(hint->text().contains("beyond the lesion"));   // asks for the second place
    CHECK(w.session().plan_count() == 1);
    REQUIRE(w.command("pick_vessel 7").isEmpty());
    REQUIRE(w.session().plan_count() == 2);
    REQUIRE(w.fast_ready(1));
    REQUIRE(w.placed(1).size() == 1);
    placed = w.placed(1)[0];
    CHECK(placed.kind == "bypass");
    CHECK(placed.placement.start_mm == Approx(7).margin(1.5));
    CHECK(placed.placement.to_mm == Approx(33).margin(1.5));
    CHECK(placed.params.number("diameter_mm") <= 3.0);
    const auto run = w.session().result(1, core::Mode::fast);
    CHECK(present::quantity_of(*run, "lad_ffr") > before);
    CHECK(present::quantity_of(*run, "lad_graft_flow_share") > 0.2);
    CHECK(w->centre().main_pane().view().scene().counts().stents == 1);
    w.session().close_step();
    auto* to = w->findChild<QDoubleSpinBox*>("segment_to_mm");
    REQUIRE(to);
    to->setValue(placed.placement.to_mm - 2);
    REQUIRE(w.wait([&] { return std::abs(w.placed(1)[0].placement.to_mm - (placed.placement.to_mm - 2)) < 0.1; }, 3000));
    w.session().undo();
    CHECK(w.placed(1)[0] == placed);
    // Where it cannot be made the reason is said and nothing is placed.
    REQUIRE(w.command("action bypass").isEmpty());
    w.wait([] { return false; }, 150);
    REQUIRE(w.command("pick_vessel 7").isEmpty());
    REQUIRE(w.command("pick_vessel 20").isEmpty());   // in the lesion
    CHECK(w.placed(1).size() == 1);
    w.workspace().set_tool(gui::Tool::none);
    REQUIRE(w.session().save_as(folder));
    REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  }
  const auto again = session::load_case(folder, {});
  REQUIRE(again);
  REQUIRE(again->plans.size() == 2);
  REQUIRE(again->plans[1].scenario.interventions.size() == 1);
  CHECK(again->plans[1].scenario.interventions[0] == placed);
}

TEST_CASE("a FULL run over beats is painted by its means: pressure of 93 mmHg of the sections, not 40 mmHg of the last instant, TAWSS 2 Pa, OSI 0.2, RRT 0.8 1/Pa, and says so") {
  const auto data = test::journey_case();
  const twin::VesselModel& model = *data.twin->vessels[0];
  auto plain = model;
  plain.report_ffr = false;
  auto flow = std::make_shared<hemo::FlowResult>();
  const std::size_t nodes = model.mesh->nodes.size();
  flow->mode = core::Mode::full;
  flow->pressure.assign(nodes, float(core::units::pa_from_mmhg(40)));
  flow->wall_shear.assign(3 * nodes, 9.0f);
  for (std::size_t k = 0; k < model.network->branches[0].points.size(); ++k) flow->pullback.push_back({0, model.network->branches[0].arc[k], core::units::pa_from_mmhg(93), 1.5, 1000});
  twin::VesselResult result{model.key, model.lumen, model.network, model.mesh, flow};
  using present::LumenQuantity;
  CHECK(present::paint_vessel(plain, result).hi == Approx(40));   // steady: the nodes' own
  CHECK_FALSE(present::has_wall_indices(result));
  CHECK(present::paint_vessel(plain, result, LumenQuantity::osi).values.empty());
  flow->series.push_back({"inlet flow", "mm3/s", "s", {0, 0.8}, {1000, 1000}});
  flow->tawss.assign(nodes, 2.0f), flow->osi.assign(nodes, 0.2f), flow->rrt.assign(nodes, 0.8f);
  const auto pressure = present::paint_vessel(plain, result);
  CHECK(pressure.beat_mean);
  CHECK(pressure.lo == Approx(93));
  CHECK(pressure.hi == Approx(93));
  CHECK(present::paint_vessel(plain, result, LumenQuantity::wall_shear).hi == Approx(2));
  CHECK(present::paint_vessel(plain, result, LumenQuantity::osi).hi == Approx(0.2));
  CHECK(present::paint_vessel(plain, result, LumenQuantity::rrt).lo == Approx(0.8));
}
