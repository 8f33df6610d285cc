// SPDX-License-Identifier: GPL-3.0-or-later
// A stent of 3.0 mm in a stenosed tube of 3.0 mm: diameter, what it leaves alone, and the pressure drop of the healthy tube.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <numbers>

#include "app/session/case.hpp"
#include "app/session/pipeline.hpp"
#include "app/solve/revolution.hpp"
#include "app/verify/flow_cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::verify {
namespace {

using namespace flow;
constexpr double radius_mm = 1.5, length_mm = 30, throat_mm = 15, edge_mm = 0.3;

core::SurfaceMesh tube(double degree) {
  std::vector<std::pair<double, double>> profile;
  for (double z = 0; z < length_mm + 1e-9; z += 0.25)
    profile.emplace_back(z, std::abs(z - throat_mm) < 3 ? radius_mm * (1 - degree / 2 * (1 + std::cos(std::numbers::pi * (z - throat_mm) / 3))) : radius_mm);
  return solve::surface_of_revolution(profile, edge_mm);
}

}  // namespace

Rows flow_stent(bool quick, const core::Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  const core::SurfaceMesh healthy = tube(0), narrow = tube(0.6);
  auto network = imaging::centerline(narrow, progress.part(0, 0.1));
  if (!network) return core::pass(network);
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = "tube", vessel->name = "Tube", vessel->edge_mm = edge_mm;
  vessel->lumen = std::make_shared<const core::SurfaceMesh>(narrow);
  vessel->network = std::make_shared<const core::VesselNetwork>(*network);
  vessel->baseline.network = vessel->network;
  vessel->baseline.inlets = {{1, {{0.0, 1500.0}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{2, 5.0, 0, 0, 0}};
  auto model = std::make_shared<twin::TwinModel>();
  model->organ = "vessel", model->vessels = {vessel};
  twin::InterventionSpec spec;
  const twin::InterventionKind* kind = twin::find_intervention("stent");
  spec.id = "stent-1", spec.kind = "stent", spec.params = kind->schema.defaults();
  spec.params.set("diameter_mm", 3.0);
  spec.placement.kind = kind->placement, spec.placement.vessel = "tube", spec.placement.start_mm = 9, spec.placement.length_mm = 12;
  twin::Scenario plan;
  plan.name = "stented", plan.interventions = {spec};
  auto setup = twin::prepare(model, plan, core::Mode::fast);
  if (!setup) return core::pass(setup);
  const core::SurfaceMesh& after = *setup->vessels[0].lumen;
  auto measured = imaging::centerline(after, progress.part(0.1, 0.2));
  if (!measured) return core::pass(measured);
  double least = INFINITY, moved = 0, outside = 0;
  for (double r : measured->branches[0].radius) least = std::min(least, 2 * r);
  for (std::size_t v = 0; v < narrow.points.size(); ++v) {
    const double d = (after.points[v] - narrow.points[v]).norm(), z = narrow.points[v].z();
    (z < 7 || z > 23 ? outside : moved) = std::max(z < 7 || z > 23 ? outside : moved, d);
  }
  const std::string source = "3 mm tube with a 60 % cosine lesion of 6 mm, stent 12 mm long over it, tapers of 2 mm";
  const auto wall = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::vector<Row> rows{close_to("flow/stent", "min_diameter_mm", least, 3.0, 0.02, source, wall(), quick),
                        at_most("flow/stent", "largest_move_outside_device_and_tapers_mm", outside, 1e-12, source + fmt::format("; inside the wall moves by up to {:.2f} mm", moved), wall(), quick)};
  // Pressure drops: the healthy tube, meshed and solved in the same way.
  const auto drop = [&](const core::SurfaceMesh& lumen, const core::VesselNetwork& line, bool full, const core::Progress& part) -> core::Result<double> {
    hemo::FlowProblem p = vessel->baseline;
    p.network = std::make_shared<core::VesselNetwork>(line);
    if (full) {
      auto mesh = imaging::lumen_tets(lumen, edge_mm, part.part(0, 0.2));
      if (!mesh) return core::pass(mesh);
      p.mesh = std::make_shared<core::TetMesh>(std::move(*mesh));
    }
    auto r = full ? hemo::run_navier_stokes(p, part.part(0.2, 1)) : hemo::run_network(p);
    if (!r) return core::pass(r);
    return quantity_of(*r, "pressure_drop_mmhg");
  };
  auto line = imaging::centerline(healthy, {});
  if (!line) return core::pass(line);
  for (bool full : {false, true}) {
    auto a = drop(healthy, *line, full, progress.part(full ? 0.2 : 0.15, full ? 0.6 : 0.2));
    if (!a) return core::pass(a);
    auto b = drop(after, *measured, full, progress.part(full ? 0.6 : 0.2, full ? 1 : 0.2));
    if (!b) return core::pass(b);
    rows.push_back(close_to("flow/stent", full ? "pressure_drop_mmhg_full" : "pressure_drop_mmhg_fast", *b, *a, 0.05, source + "; reference: the healthy tube, same solver and edge", wall(), quick));
  }
  return rows;
}

namespace {

// The LAD of the built-in case by itself; plan 0 leaves it, 1 puts a stent of 15 mm over its lesion, 2 has that stent moved by 1.5 mm.
struct Lad {
  std::shared_ptr<const twin::TwinModel> alone, without_mesh;
  const twin::VesselModel& vessel() const { return *alone->vessels.front(); }
  twin::InterventionSpec stent(double start_mm) const {
    twin::InterventionSpec spec;
    spec.id = "stent-1", spec.kind = "stent", spec.params = twin::find_intervention("stent")->schema.defaults();
    spec.placement.kind = twin::Placement::Kind::segment, spec.placement.vessel = "lad", spec.placement.branch = vessel().stenoses.front().branch;
    spec.placement.length_mm = 15, spec.placement.start_mm = std::max(0.0, start_mm);
    return spec;
  }
  twin::Scenario plan(int k) const {
    twin::Scenario plan;
    if (k > 0) plan.interventions = {stent(vessel().stenoses.front().throat_mm - 7.5 + (k == 2 ? 1.5 : 0.0))};
    return plan;
  }
  std::string fast_settings() const { return settings_of(vessel().baseline, fmt::format("stent of 15 mm on the LAD, steady marched network, K_t {:g}; lumen {}", hemo::marched_expansion_loss, vessel().lumen->sha256().substr(0, 16))); }
};
constexpr const char* lad_names[] = {"flow/lad-full", "flow/lad-full-stent-placed", "flow/lad-full-stent-moved"};

core::Result<Lad> builtin_lad(const core::Progress& progress) {
  auto data = session::load_case(session::builtin_case_folder(), progress);
  if (!data) return core::pass(data);
  const twin::VesselModel* lad = data->twin ? data->twin->find_vessel("lad") : nullptr;
  if (!lad || lad->stenoses.empty()) return core::bad_input("The built-in case has no LAD with a lesion (nothing to treat). Point ORGANTWIN_BUILTIN_CASE to a folder made by `demo`.");
  return Lad{twin::vessel_twin(*data->twin, "lad", true), twin::vessel_twin(*data->twin, "lad", false)};
}

// FULL of a plan: meshing of the changed lumen included, nothing carried over from another plan.
struct LadRun {
  std::shared_ptr<const twin::RunResult> run;
  double tets = 0, meshing_s = 0, wall_s = 0, cpu_s = 0;
  std::string settings;
  double value(const char* key) const { return twin::quantity_of(*run, std::string("lad_") + key); }
};
core::Result<LadRun> run_lad(const Lad& lad, int k, const core::Progress& progress) {
  LadRun out;
  const auto begin = std::chrono::steady_clock::now();
  const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const std::clock_t cpu = std::clock();
  auto setup = twin::compile(lad.alone, lad.plan(k), core::Mode::full, session::tools(), progress.part(0, 0.3));
  if (!setup) return core::pass(setup);
  out.meshing_s = since();
  auto run = twin::run(*setup, {}, progress.part(0.3, 1));
  if (!run) return core::pass(run);
  out.wall_s = since(), out.cpu_s = double(std::clock() - cpu) / CLOCKS_PER_SEC;
  const hemo::FlowProblem& problem = setup->vessels.front().problem;
  out.tets = double(problem.mesh->tets.size());
  out.settings = settings_of(problem, "steady at the aortic pressure, defaults of a plan's FULL run");
  out.run = std::make_shared<twin::RunResult>(std::move(*run));
  return out;
}

}  // namespace

// FAST as it is drawn along and FULL of the three plans of the benches, against each other.
Rows flow_lad(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  std::error_code ec;
  if (!std::filesystem::exists(session::builtin_case_folder() / "case.json", ec)) return rows;
  const auto lad = builtin_lad(progress.part(0, 0.1));
  if (!lad) return core::pass(lad);
  for (int k = 0; k < 3; ++k) {
    auto full = run_lad(*lad, k, progress.part(0.1 + 0.3 * k, 0.4 + 0.3 * k));
    if (!full) return core::pass(full);
    const twin::FlowAnswer fast = twin::answer_flow(lad->without_mesh, lad->plan(k));
    if (!fast.run) return core::computation_failed("The stent was refused: " + fast.refused);
    const double spread = quantity_of(*full->run->vessels.front().flow, "pressure_drop_spread_mmhg");   // only where the steady solve was averaged
    const std::string settled = std::isfinite(spread) ? fmt::format(", did not settle (its drop swings by {:.2f} mmHg)", spread) : "";
    const std::string source = fmt::format("FAST of the same plan {:.4f} (bound of issue 5 for the network against 3D); FULL: {:.0f} tetrahedra{}", fast.ffr, full->tets, settled);
    rows.push_back(make_row(lad_names[k], "ffr_full_less_fast", full->value("ffr") - fast.ffr, 0, 0.03, source, quick));
    rows.back().wall_s = full->wall_s, rows.back() = with_settings(rows.back(), full->settings);
    rows.push_back(make_row("flow/stent-drag", fmt::format("ffr_fast_less_full_of_{}", lad_names[k] + 5), fast.ffr - full->value("ffr"), 0, 0.03, fmt::format("own Navier-Stokes solve {:.4f}, {:.0f} tetrahedra{}", full->value("ffr"), full->tets, settled), quick));
    rows.back().wall_s = fast.ms / 1e3, rows.back() = with_settings(rows.back(), lad->fast_settings());
  }
  return rows;
}

// A stent of 15 mm drawn along the branch with the lesion of the built-in left anterior descending artery, half a millimetre a move.
core::Result<std::vector<BenchRow>> bench_stent_drag(const core::Progress& progress) {
  const auto lad = builtin_lad(progress.part(0, 0.5));
  if (!lad) return core::pass(lad);
  const twin::VesselModel& vessel = lad->vessel();
  const core::VesselBranch& branch = vessel.network->branches[std::size_t(vessel.stenoses.front().branch)];
  if (branch.length() < 20) return core::bad_input("The branch with the lesion is shorter than 20 mm (a stent of 15 mm cannot be drawn along it). Use the built-in case.");
  double first = 0, sum = 0, worst = 0;
  int answers = 0, changed = 0;
  const std::clock_t cpu = std::clock();
  for (double at = 1; at + 15 < branch.length() && answers < 60; at += 0.5, ++answers) {
    if (progress.cancelled()) return core::cancelled();
    twin::Scenario plan;
    plan.interventions = {lad->stent(at)};
    const twin::FlowAnswer answer = twin::answer_flow(lad->without_mesh, plan);
    if (!answer.run) return core::computation_failed("The stent was refused: " + answer.refused);
    changed += answer.vessel()->lumen != vessel.lumen;
    if (answers == 0) first = answer.ms;
    else sum += answer.ms, worst = std::max(worst, answer.ms);
  }
  const double used = 1e3 * double(std::clock() - cpu) / CLOCKS_PER_SEC / answers;
  return std::vector<BenchRow>{{"flow/stent-drag",
                                {{"answers", double(answers)}, {"that_moved_the_wall", double(changed)}, {"wall_vertices", double(vessel.lumen->points.size())}, {"branches", double(vessel.network->branches.size())}, {"first_ms", first}, {"worst_ms", worst}, {"cpu_ms", used}},
                                1, sum / std::max(1, answers - 1), "ms per answer, wall", 20, "issue 5: 0D FFR while dragging at most 20 ms", "flow/stent-drag", lad->fast_settings()}};
}

// FULL flow of the built-in LAD at the aortic pressure: untreated, with a stent over its lesion, and with that stent moved by 1.5 mm.
core::Result<std::vector<BenchRow>> bench_stent_full(const core::Progress& progress) {
  const auto lad = builtin_lad(progress.part(0, 0.1));
  if (!lad) return core::pass(lad);
  std::vector<BenchRow> rows;
  for (int k = 0; k < 3; ++k) {
    auto r = run_lad(*lad, k, progress.part(0.1 + 0.3 * k, 0.4 + 0.3 * k));
    if (!r) return core::pass(r);
    rows.push_back({lad_names[k],
                    {{"tets", r->tets}, {"steps", double(r->run->vessels.front().flow->steps)}, {"meshing_s", r->meshing_s}, {"cpu_s", r->cpu_s}, {"ffr", r->value("ffr")}, {"pressure_drop_mmhg", r->value("pressure_drop_mmhg")},
                     {"inlet_pressure_mmhg", r->value("inlet_pressure_mmhg")}, {"change_per_flow_through", r->value("steady_change")}},
                    core::thread_count(), r->wall_s, "s, wall", k == 0 ? 30.0 : 10.0, k == 0 ? "issue 5: one steady 3D coronary FFR at most 30 s" : "issue 5: after moving a stent at most 10 s", lad_names[k], r->settings});
  }
  return rows;
}

}  // namespace ot::verify
