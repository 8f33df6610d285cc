// SPDX-License-Identifier: GPL-3.0-or-later
// What is read in a vessel's result: kept frames of a beat, probes, gradients, wall shear along the way, shares, sizes of devices, streamlines, cuts.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "app/session/case.hpp"
#include "app/session/device_sizes.hpp"
#include "app/session/flow_probes.hpp"
#include "app/session/velocity_slice.hpp"
#include "app/session/wall_stations.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/tube_mesh.hpp"
#include "tests/unit/interventions/small_twin.hpp"

using namespace ot;
using session::PlacedProbe;

namespace {

// A straight tube of 3 mm and 40 mm with one outlet; pulsatile: a beat of 0.8 s between 500 and 1500 mm3/s on 40 steps.
std::shared_ptr<const twin::TwinModel> tube_twin(bool pulsatile, std::vector<core::Vec3> probes = {}, int per_radius = 4) {
  test::SmallTwinOptions options;
  options.stenosis_percent = 0;
  options.elements_per_radius = per_radius;
  auto twin = std::make_shared<twin::TwinModel>(*test::small_twin(options));
  twin->heart = nullptr;
  auto vessel = std::make_shared<twin::VesselModel>(*twin->vessels[0]);
  vessel->baseline.probes = std::move(probes);
  if (pulsatile) {
    vessel->baseline.steady = false;
    vessel->baseline.dt_s = 0.02;
    vessel->baseline.cycles = 1;
    auto& flow = vessel->baseline.inlets[0].flow;
    flow.clear();
    for (int k = 0; k <= 40; ++k) flow.emplace_back(0.02 * k, 1000 - 500 * std::cos(2 * std::numbers::pi * k / 40));
  }
  twin->vessels = {vessel};
  return twin;
}

twin::RunResult run(const std::shared_ptr<const twin::TwinModel>& twin, core::Mode mode) {
  if (mode == core::Mode::full) {
    const auto full = session::run_vessel_full(twin, {}, {});
    REQUIRE(full);
    return **full;
  }
  const auto fast = twin::answer_flow(twin::vessel_twin(*twin, "lad", false), {});
  REQUIRE(fast.run);
  return *fast.run;
}

}  // namespace

TEST_CASE("A beat keeps 32 frames at even instants, the last at its end, at most 96 MiB, none where fewer than 12 fit, and a probe read from them is the one of the run within 1e-4") {
  CHECK(hemo::kept_beat_frames(10000, 400) == 32);
  CHECK(hemo::kept_beat_frames(10000, 20) == 20);
  for (const std::size_t nodes : {100000u, 200000u, 280000u}) CHECK(nodes * 28 * std::size_t(hemo::kept_beat_frames(nodes, 400)) <= hemo::most_beat_bytes);
  CHECK(hemo::kept_beat_frames(280000, 400) >= hemo::least_beat_frames);
  CHECK(hemo::kept_beat_frames(300000, 400) == 0);

  const core::Vec3 at(0.4, 0.2, 20);
  const auto with = tube_twin(true, {at}), without = tube_twin(true);
  const auto result = run(with, core::Mode::full);
  const auto& flow = *result.vessels[0].flow;
  REQUIRE(flow.beat.size() == 32);
  CHECK(flow.beat.back().t_s == Approx(0.8));
  for (std::size_t k = 1; k < flow.beat.size(); ++k) CHECK(flow.beat[k].t_s > flow.beat[k - 1].t_s);
  CHECK(flow.beat.back().pressure == flow.pressure);      // the end of the run
  CHECK(flow.beat.back().velocity == flow.velocity);
  const std::vector<PlacedProbe> probes{{"P1", at}};
  const auto series = session::read_probes(*with, {}, result.vessels[0], probes), frames = session::read_probes(*without, {}, result.vessels[0], probes);
  REQUIRE(series);
  REQUIRE(frames);
  REQUIRE(series->at(0).t_s.size() == 40);
  REQUIRE(frames->at(0).t_s.size() == 32);
  int compared = 0;
  for (std::size_t k = 0; k < 32; ++k)
    for (std::size_t n = 0; n < 40; ++n)
      if (std::abs(frames->at(0).t_s[k] - series->at(0).t_s[n]) < 1e-9) {
        CHECK(frames->at(0).beat_pressure_mmhg[k] == Approx(series->at(0).beat_pressure_mmhg[n]).epsilon(1e-4));
        CHECK(frames->at(0).beat_speed_mm_s[k] == Approx(series->at(0).beat_speed_mm_s[n]).epsilon(1e-4));
        ++compared;
      }
  CHECK(compared == 32);
  // The flow of the section is what leaves: its mean over the beat is the mean that enters.
  double mean = 0;
  for (const double q : frames->at(0).beat_flow_ml_min) mean += q / double(frames->at(0).beat_flow_ml_min.size());
  CHECK(mean == Approx(60).epsilon(1e-3));
  CHECK(frames->at(0).pressure_mmhg == Approx(series->at(0).pressure_mmhg).epsilon(0.02));
  const auto outside = session::read_probes(*without, {}, result.vessels[0], {{"far", core::Vec3(9, 0, 20)}});
  REQUIRE_FALSE(outside);
  CHECK(outside.error().message.find("outside the blood") != std::string::npos);
}

TEST_CASE("FAST reads probes too, pressure of the curve, speed of the section Q / (pi r^2) to 1e-9, gradients between them, and over a beat at every step") {
  const auto twin = tube_twin(false);
  const auto steady = run(twin, core::Mode::fast);
  const std::vector<PlacedProbe> probes{{"far", core::Vec3(0, 0, 30)}, {"near", core::Vec3(0, 0, 10)}};
  const auto read = session::read_probes(*twin, {}, steady.vessels[0], probes);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK(read->at(0).velocity_mm_s.norm() == Approx(1000 / (std::numbers::pi * 2.25)).epsilon(1e-6));
  CHECK(read->at(0).flow_ml_min == Approx(60));
  CHECK(read->at(0).from_inlet_mm == Approx(30));
  CHECK(read->at(0).t_s.empty());
  const auto gradients = session::probe_gradients(*read);
  REQUIRE(gradients.size() == 1);
  CHECK(gradients[0].from == "near");   // downstream order, whatever the order they were placed in
  // Developed flow loses 8 mu Q L / (pi r^4) over the 20 mm between them.
  CHECK(gradients[0].mean_mmhg == Approx(core::units::mmhg_from_pa(8 * 0.0035 * 1000 * 20 / (std::numbers::pi * std::pow(1.5, 4)))).epsilon(0.02));
  CHECK(std::isnan(gradients[0].peak_mmhg));
  CHECK(session::probes_csv(*read).find("far pressure mmHg,far speed mm/s,far flow mL/min") != std::string::npos);

  const auto beating = tube_twin(true);
  const auto over_beat = run(beating, core::Mode::fast);
  const auto waves = session::read_probes(*beating, {}, over_beat.vessels[0], probes);
  REQUIRE(waves);
  const auto& wave = waves->at(1);
  REQUIRE(wave.t_s.size() == 100);   // FAST follows a beat in at least 100 steps
  REQUIRE(wave.beat_flow_ml_min.size() == 100);
  for (std::size_t k = 0; k < 100; ++k) CHECK(wave.beat_speed_mm_s[k] == Approx(wave.beat_flow_ml_min[k] / 0.06 / (std::numbers::pi * 2.25)).epsilon(1e-6));
  const double peak = *std::max_element(wave.beat_flow_ml_min.begin(), wave.beat_flow_ml_min.end());
  CHECK(peak < 90);   // of the inflow: the elastic wall before the probe takes up some of it
  CHECK(peak == Approx(90).epsilon(0.01));
  CHECK(std::isfinite(session::probe_gradients(*waves).at(0).peak_mmhg));
  const std::string csv = session::probes_csv(*waves);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 101);
}

TEST_CASE("Probes in vessels and the kept beat come back from the case folder, bit for bit") {
  session::CaseData data;
  data.twin = tube_twin(true);
  data.flow_probes = {{"before", core::Vec3(0, 0, 8)}, {"after", core::Vec3(0, 0, 32)}};
  data.created_utc = "2026-11-22T00:00:00Z";
  session::store_result(data, {}, std::make_shared<const twin::RunResult>(run(data.twin, core::Mode::full)));
  const auto folder = test::scratch_folder("vessel-readings") / "c1";
  REQUIRE(session::save_case(data, folder, {}));
  const auto back = session::load_case(folder, {});
  REQUIRE(back);
  CHECK(back->flow_probes == data.flow_probes);
  const auto stored = session::find_result(*back, {}, core::Mode::full), before = session::find_result(data, {}, core::Mode::full);
  REQUIRE(stored);
  const auto &a = stored->vessels[0].flow->beat, &b = before->vessels[0].flow->beat;
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    CHECK(a[k].t_s == b[k].t_s);
    CHECK(a[k].velocity == b[k].velocity);
    CHECK(a[k].pressure == b[k].pressure);
    CHECK(a[k].wall_shear == b[k].wall_shear);
  }
}

TEST_CASE("Wall shear along the way of a FULL result is the computed one, mean round the wall, 4 mu Q / (pi r^3) within 3 % in a straight tube (Poiseuille), and FAST gives that formula itself") {
  const auto twin = tube_twin(false, {}, 6);
  const auto &model = *twin->vessels[0];
  const double exact = 4 * 0.0035 * 1000 / (std::numbers::pi * 1.5 * 1.5 * 1.5);
  const auto full = run(twin, core::Mode::full), fast = run(twin, core::Mode::fast);
  CHECK(session::has_computed_shear(full.vessels[0]));
  CHECK_FALSE(session::has_computed_shear(fast.vessels[0]));
  const double q = full.vessels[0].flow->pullback[20].flow_mm3_s / 1000;   // the aortic pressure drives a little more or less
  const auto along = session::station_shear(model, full.vessels[0]);
  const auto& curve = full.vessels[0].flow->pullback;
  int checked = 0;
  for (std::size_t k = 0; k < along.size(); ++k)
    if (curve[k].arc_mm > 6 && curve[k].arc_mm < 34) {
      CHECK(along[k] == Approx(exact * q).epsilon(0.03));
      ++checked;
    }
  CHECK(checked > 20);
  for (const double v : session::station_shear(model, fast.vessels[0])) CHECK(v == Approx(4 * 0.0035 * fast.vessels[0].flow->pullback[0].flow_mm3_s / (std::numbers::pi * 1.5 * 1.5 * 1.5)).epsilon(1e-3));
}

TEST_CASE("In FAST the shares of two outlets add up to 100 %, and the energy lost in a straight tube is flow times pressure drop to 1e-6") {
  const auto twin = tube_twin(false);
  const auto fast = run(twin, core::Mode::fast);
  const auto& f = *fast.vessels[0].flow;
  const double drop_Pa = f.pullback.front().pressure_Pa - f.pullback.back().pressure_Pa;
  CHECK(twin::quantity_of(fast, "lad_energy_loss_mw") == Approx(f.pullback[0].flow_mm3_s * drop_Pa * 1e-6).epsilon(1e-6));
  CHECK(std::isnan(twin::quantity_of(fast, "lad_outlet_1_share_percent")));   // one outlet: nothing to share
  hemo::FlowProblem p = twin->vessels[0]->baseline;
  auto network = std::make_shared<core::VesselNetwork>(*p.network);
  core::VesselBranch trunk = network->branches[0], left = trunk, right = trunk;
  trunk.children = {1, 2}, trunk.outlet_patch = 0;
  left.parent = right.parent = 0, left.outlet_patch = 11, right.outlet_patch = 12;
  for (auto* b : {&left, &right})
    for (auto& x : b->points) x += core::Vec3(b == &left ? -0.3 * x.z() : 0.3 * x.z(), 0, 40);
  network->branches = {trunk, left, right};
  p.network = network;
  p.mesh = nullptr;
  p.outlets = {{11, 10, 0, 0, 0}, {12, 30, 0, 0, 0}};
  const auto split = hemo::run_network(p);
  REQUIRE(split);
  double sum = 0;
  int shares = 0;
  for (const auto& q : split->quantities)
    if (q.key.ends_with("_share_percent")) sum += q.value, ++shares;
  CHECK(shares == 2);
  CHECK(sum == Approx(100));
}

TEST_CASE("Shelves follow the vessel's calibre (3 mm coronary, 8 mm peripheral, 18 mm coarctation, 30 mm aortic), and sizes side by side widen the lumen in order, and a device that has no sizes is refused") {
  CHECK(session::catalogue_for(3).key == "coronary");
  CHECK(session::catalogue_for(8).key == "peripheral");
  CHECK(session::catalogue_for(18).key == "large");
  CHECK(session::catalogue_for(30).key == "aortic");
  for (const auto& shelf : session::device_catalogues()) {
    CHECK(std::is_sorted(shelf.diameters_mm.begin(), shelf.diameters_mm.end()));
    CHECK(std::is_sorted(shelf.lengths_mm.begin(), shelf.lengths_mm.end()));
    CHECK_FALSE(shelf.source.empty());
  }
  const auto around = session::sizes_around({30, 150}, session::catalogue_for(30));
  CHECK(around.size() == 7);   // four diameters and two lengths about it
  test::SmallTwinOptions narrowed;
  narrowed.stenosis_percent = 50;
  const auto twin = test::small_twin(narrowed);
  CHECK(session::healthy_diameter(*twin->vessels[0], test::sample("stent").placement) == Approx(3).margin(0.15));
  const auto plan = test::scenario({test::sample("stent")});
  const auto answers = session::compare_sizes(twin, plan, "stent-1", {{2.5, 16}, {3.0, 16}, {40, 16}}, core::Mode::fast, {});
  REQUIRE(answers);
  REQUIRE(answers->size() == 3);
  CHECK(answers->at(0).answer.min_diameter_mm < answers->at(1).answer.min_diameter_mm - 0.1);
  CHECK(answers->at(0).answer.drop_mmhg > answers->at(1).answer.drop_mmhg);
  CHECK(answers->at(2).answer.refused.find("twice") != std::string::npos);
  CHECK_FALSE(session::compare_sizes(twin, test::scenario({test::sample("ideal_lumen")}), "ideal_lumen-1", {{3, 16}}, core::Mode::fast, {}));
  CHECK_FALSE(session::compare_sizes(twin, plan, "stent-9", {{3, 16}}, core::Mode::fast, {}));
}

TEST_CASE("A plain stent that shortens by 10 % is deployed over 0.9 of its placed length to 1e-9, by default over all of it") {
  const auto twin = test::small_twin();
  auto spec = test::sample("stent");
  for (const double percent : {0.0, 10.0}) {
    spec.params.set("foreshortening_percent", percent);
    const auto answer = twin::answer_flow(twin::vessel_twin(*twin, "lad", false), test::scenario({spec}));
    REQUIRE(answer.run);
    CHECK(twin::quantity_of(*answer.run, "lad_stent_deployed_length_mm") == Approx(16 * (1 - percent / 100)).epsilon(1e-9));
  }
  CHECK(twin::find_intervention("stent")->schema.defaults().number("foreshortening_percent") == 0);
  CHECK(twin::find_intervention("tapered_stent")->schema.defaults().number("foreshortening_percent") == 5);
}

TEST_CASE("Paths through a beat whose frames are all alike are the streamlines of that field within 1 %, blood begins only while it enters, and the particles of the beat repeat with it") {
  const auto made = test::tube(1.5, 20, 4);
  std::vector<float> parabola(3 * made.mesh.nodes.size(), 0.0f);
  for (std::size_t n = 0; n < made.mesh.nodes.size(); ++n) {
    const auto& x = made.mesh.nodes[n];
    parabola[3 * n + 2] = float(std::max(0.0, 100 * (1 - (x.x() * x.x() + x.y() * x.y()) / 2.25)));
  }
  std::vector<hemo::FlowFrame> beat;
  for (int k = 1; k <= 16; ++k) beat.push_back({0.05 * k, parabola, {}, {}});
  session::StreamlineParams params;
  params.count = 40;
  const auto paths = session::trace_pathlines(made.mesh, beat, test::tube_inlet, params);
  REQUIRE(paths);
  REQUIRE(paths->size() == 40);
  int through = 0;
  for (const auto& path : *paths) {
    const auto &from = path.points.front(), &to = path.points.back();
    CHECK(std::hypot(to.x() - from.x(), to.y() - from.y()) < 1e-6);   // straight
    if (path.speed.front() < 10) continue;
    CHECK(path.duration_s() == Approx((to.z() - from.z()) / double(path.speed.front())).epsilon(0.02));
    through += to.z() > 19;
  }
  CHECK(through >= 30);
  // The second half of the beat stands still: nothing begins in it.
  auto half = beat;
  for (std::size_t k = 8; k < 16; ++k) std::fill(half[k].velocity.begin(), half[k].velocity.end(), 0.0f);
  const auto pulsing = session::trace_pathlines(made.mesh, half, test::tube_inlet, params);
  REQUIRE(pulsing);
  for (const auto& path : *pulsing) CHECK(path.start_s <= 0.4 + 1e-9);
  const auto now = session::pulsing_particles_at(*pulsing, 0.33, 0.8, 0.1, 0.03), later = session::pulsing_particles_at(*pulsing, 0.33 + 0.8, 0.8, 0.1, 0.03);
  CHECK(now.count > 0);
  CHECK(now.count == later.count);
  REQUIRE(now.tubes.points.size() == later.tubes.points.size());
  CHECK((now.tubes.points.front() - later.tubes.points.front()).norm() < 1e-6);
  CHECK_FALSE(session::trace_pathlines(made.mesh, {}, test::tube_inlet, params));
}

TEST_CASE("The VTP of streamlines holds every point once, and a cut along a tube shows the parabola on it, speed within 6 % of the largest at 4 cells per radius") {
  const auto made = test::tube(1.5, 20, 4);
  std::vector<float> parabola(3 * made.mesh.nodes.size(), 0.0f);
  for (std::size_t n = 0; n < made.mesh.nodes.size(); ++n) {
    const auto& x = made.mesh.nodes[n];
    parabola[3 * n + 2] = float(std::max(0.0, 100 * (1 - (x.x() * x.x() + x.y() * x.y()) / 2.25)));
  }
  const auto lines = session::trace_streamlines(made.mesh, parabola, test::tube_inlet, {});
  REQUIRE(lines);
  std::size_t points = 0;
  for (const auto& l : *lines) points += l.points.size();
  const std::string vtp = session::streamlines_vtp(*lines);
  CHECK(vtp.find("NumberOfPoints=\"" + std::to_string(points) + "\"") != std::string::npos);
  CHECK(vtp.find("NumberOfLines=\"" + std::to_string(lines->size()) + "\"") != std::string::npos);
  CHECK(vtp.find("speed_mm_per_s") != std::string::npos);

  const auto slice = session::velocity_slice(made.mesh, made.network, session::longest_way(made.network));
  REQUIRE(slice.band.points.size() > 500);
  CHECK_FALSE(slice.band.triangles.empty());
  const auto picture = session::draw_slice(slice, parabola, 100, 2);
  for (std::size_t k = 0; k < slice.band.points.size(); ++k) {
    const auto& x = slice.band.points[k];
    CHECK(std::hypot(x.x(), x.y()) < 1.5 + 1e-6);   // inside the blood
    CHECK(double(picture.speed_m_s[k]) == Approx(0.1 * (1 - (x.x() * x.x() + x.y() * x.y()) / 2.25)).margin(0.006));
  }
  CHECK(picture.surface.points.size() > slice.band.points.size());   // and arrows
  CHECK(picture.surface.points.size() == picture.speed_m_s.size());
}
