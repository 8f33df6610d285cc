// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/chambers_full.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/twin/heart_run.hpp"

namespace ot::twin {
namespace {

using core::Mode;
using core::Progress;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::shared_ptr<const ep::ElectroResult> known_electro(const RunOptions& options, Mode mode, const std::string& problem_sha256) {
  for (const auto& run : options.known)
    if (run && run->electro && run->electro->mode == mode && run->electro->problem_sha256 == problem_sha256) return run->electro;
  return nullptr;
}

std::shared_ptr<const hemo::FlowResult> known_flow(const RunOptions& options, Mode mode, const std::string& problem_sha256) {
  for (const auto& run : options.known) {
    if (!run) continue;
    for (const VesselResult& vessel : run->vessels)
      if (vessel.flow && vessel.flow->mode == mode && vessel.flow->problem_sha256 == problem_sha256) return vessel.flow;
  }
  return nullptr;
}

core::Result<std::shared_ptr<const ep::ElectroResult>> run_electro(const SimulationSetup& setup, const RunOptions& options, const HeartRun& heart, const Progress& progress) {
  const ep::ElectroProblem& problem = *setup.electro;
  const std::string problem_sha256 = problem.sha256();
  if (auto known = known_electro(options, setup.mode, problem_sha256); known && !(heart.again && setup.mode == Mode::full)) return known;
  core::Result<ep::ElectroResult> solved = core::computation_failed("");
  const bool whole = ep::is_whole_heart(*problem.mesh);
  if (setup.mode == Mode::fast && whole) {
    solved = ep::run_chambers(problem, setup.mode, {}, progress);
  } else if (setup.mode == Mode::fast) {
    auto templates = ep::make_templates(problem, progress.part(0.0, 0.5));
    if (!templates) return pass(templates);
    solved = ep::run_fast(problem, *templates, progress.part(0.5, 1.0));
  } else {
    const std::string mesh_sha256 = problem.mesh->sha256();
    const auto publish = [&](const ep::ElectroFrame& at, const ep::Ecg& so_far) {
      if (!options.mailbox) return;
      auto frame = std::make_shared<Frame>();
      frame->mode = setup.mode;
      frame->mesh_sha256 = mesh_sha256;
      frame->t_ms = at.t_ms;
      frame->v_mV = at.v_mV;
      frame->ecg_so_far = std::make_shared<const ep::Ecg>(so_far);
      options.mailbox->publish(std::move(frame));
    };
    ep::MonodomainRun how;
    how.on_frame = publish;
    if (options.mailbox) how.on_live = publish;
    how.keep = heart.keep;
    how.keep.folder = kept_folder(heart, problem_sha256);
    how.probes = heart.probes;
    how.probe_every_ms = heart.probe_every_ms;
    auto full = whole ? ep::run_chambers_with(problem, setup.mode, how, progress) : ep::run_monodomain_with(problem, how, progress);
    if (!full) return pass(full);
    if (heart.on_probes && !heart.probes.empty()) heart.on_probes(problem_sha256, full->probe_t_ms, full->probe_mV);
    solved = ep::ElectroResult(std::move(static_cast<ep::ElectroResult&>(*full)));
  }
  if (!solved) return pass(solved);
  OT_ENSURE(solved->mode == setup.mode && solved->problem_sha256 == problem_sha256);
  return std::make_shared<const ep::ElectroResult>(std::move(*solved));
}

// The inflow is what the aortic pressure drives; a beat set by hand is none of it.
bool follows_pressure(const VesselModel& model, const hemo::FlowProblem& problem) {
  return model.report_ffr && model.aortic_pressure_Pa > 0 && problem.steady && problem.inlets.size() == 1 && problem.inlets.front().flow.size() == 1;
}

core::Result<std::shared_ptr<const hemo::FlowResult>> run_flow(const VesselSetup& vessel, const VesselModel& model, Mode mode, const RunOptions& options, const Progress& progress) {
  const std::string problem_sha256 = vessel.problem.sha256();
  if (auto known = known_flow(options, mode, problem_sha256)) return known;
  const bool at_pressure = follows_pressure(model, vessel.problem);
  // The given inflow drives the FAST network at the aortic pressure. The FULL model loses another pressure, so its inflow follows the pressure.
  hemo::FlowOptions how;
  if (at_pressure) how.inlet_pressure_Pa = model.aortic_pressure_Pa;
  std::string kept;
  if (options.on_divergence && vessel.problem.mesh) how.on_divergence = [&](const hemo::FlowDivergence& d) { kept = options.on_divergence(vessel.key, *vessel.problem.mesh, d); };
  if (options.on_stopped) how.on_stopped = [&](std::shared_ptr<const hemo::FlowState> state) { options.on_stopped(vessel.key, std::move(state)); };
  for (const auto& state : options.stopped)
    if (state && state->problem_sha256 == problem_sha256) how.resume = state;
  auto solved = mode == Mode::fast ? hemo::run_network(vessel.problem, progress) : hemo::run_navier_stokes(vessel.problem, progress, how);
  if (!solved) {
    core::Error error = solved.error();
    if (!kept.empty()) error.message += " " + kept;
    return tl::unexpected<core::Error>(std::move(error));
  }
  OT_ENSURE(solved->mode == mode && solved->problem_sha256 == problem_sha256);
  return std::make_shared<const hemo::FlowResult>(std::move(*solved));
}

// APD90 of one endocardial cell paced alone with the drug's factors: what the drug does before coupling evens it out.
core::Result<core::Quantity> endocardial_apd(const ep::ElectroProblem& problem, const Progress& progress) {
  core::Quantity quantity{"apd90_endo_ms", "APD90, endocardial cell", "ms", none, "single cell paced alone, to 90 % repolarisation"};
  if (problem.cycle_length_ms <= 0) {
    quantity.note = "not measured: the cells start from the published state without pacing";
    return quantity;
  }
  ep::ElectroProblem cell;
  cell.regions.resize(1);
  cell.ionic_model = problem.ionic_model;
  cell.layer_models = problem.layer_models;
  if (!problem.regions.empty()) {   // healthy muscle: as remodelled or scaled by hand
    cell.regions[0].channels = problem.regions[0].channels;
    cell.regions[0].ionic_model = problem.regions[0].ionic_model;
  }
  auto type = ep::CellType::endo;
  if (problem.mesh && ep::is_atrial(*problem.mesh)) {   // one kind of cell, as remodelled
    type = ep::CellType::epi;
    quantity.key = "apd90_atrial_ms";
    quantity.label = "APD90, atrial cell";
  }
  cell.cell_type = {static_cast<std::uint8_t>(type)};
  cell.channels = problem.channels;
  cell.cycle_length_ms = problem.cycle_length_ms;
  auto templates = ep::make_templates(cell, progress);
  if (!templates && templates.error().code == core::ErrorCode::cancelled) return pass(templates);
  if (templates) quantity.value = templates->shapes[templates->of_region[0][int(type)]].apd90_ms;
  else quantity.note = templates.error().message;
  return quantity;
}

// The lesions FFR is read behind: those of the untreated vessel, so that before and after are read at one place, and new ones.
std::vector<core::Stenosis> lesions_of(const VesselModel& model, const core::VesselNetwork& network) {
  std::vector<core::Stenosis> lesions = model.stenoses;
  for (const core::Stenosis& found : core::find_stenoses(network)) {
    const bool old = std::any_of(model.stenoses.begin(), model.stenoses.end(), [&](const core::Stenosis& s) {
      return s.branch == found.branch && found.throat_mm >= s.start_mm && found.throat_mm <= s.end_mm;
    });
    if (!old) lesions.push_back(found);
  }
  return lesions;
}

void collect_vessel(const VesselModel& model, const hemo::FlowProblem& problem, const VesselResult& vessel, RunResult& out) {
  const auto add = [&](const std::string& key, const std::string& label, const std::string& unit, double value, const std::string& note) {
    out.quantities.push_back({vessel.key + "_" + key, model.name + ": " + label, unit, value, note});
  };
  for (const core::Quantity& q : vessel.flow->quantities) add(q.key, q.label, q.unit, q.value, q.note);
  const core::VesselNetwork& network = *vessel.network;
  if (model.report_ffr) {
    const auto reading = hemo::read_ffr(vessel.flow->pullback, network, lesions_of(model, network), model.aortic_pressure_Pa);
    add("ffr", "FFR", "", reading ? reading->value : none, reading ? reading->note : reading.error().message);
    if (!follows_pressure(model, problem)) out.notes.push_back(model.name + ": FFR is read at the inflow that was set by hand, not at what the aortic pressure drives through the vessel: a treated lesion takes no more flow.");
  }
  double least = std::numeric_limits<double>::infinity(), worst = 0;
  for (const auto& branch : network.branches)
    for (double r : branch.radius) least = std::min(least, 2 * r);
  for (const core::Stenosis& s : core::find_stenoses(network)) worst = std::max(worst, s.diameter_percent);
  add("min_lumen_diameter_mm", "smallest lumen diameter", "mm", std::isfinite(least) ? least : none, "area equivalent, whole vessel");
  add("diameter_stenosis_percent", "worst stenosis", "%", worst, "of the diameter; 0: none above 25 %");
  for (const std::string& note : vessel.flow->notes) out.notes.push_back(model.name + ": " + note);
}

}  // namespace

core::Result<RunResult> run(const SimulationSetup& setup, const RunOptions& options, const Progress& progress) { return run(setup, options, HeartRun{}, progress); }

std::filesystem::path kept_folder(const HeartRun& heart, const std::string& problem_sha256) {
  if (heart.keep.folder.empty()) return {};
  core::Hasher h;
  return heart.keep.folder / h.text(problem_sha256).text(heart.answers).hex().substr(0, 16);
}

core::Result<RunResult> run(const SimulationSetup& setup, const RunOptions& options, const HeartRun& heart, const Progress& progress) {
  OT_EXPECT(setup.twin != nullptr);
  const auto start = std::chrono::steady_clock::now();
  RunResult out;
  out.mode = setup.mode;
  out.setup_sha256 = setup.sha256();
  out.source_labels_sha256 = setup.twin->source_labels_sha256;
  out.notes = setup.twin->assumptions;
  out.notes.insert(out.notes.end(), setup.notes.begin(), setup.notes.end());

  const bool electro = options.electro && setup.electro.has_value(), flow = options.flow && !setup.vessels.empty();
  const double electro_share = electro ? (flow ? 0.6 : 1.0) : 0.0;  // of the wall time on the built-in case, about
  if (electro) {
    const Progress part = progress.part(0.0, electro_share);
    auto solved = run_electro(setup, options, heart, part.part(0.0, 0.95));
    if (!solved) return pass(solved);
    out.electro = *solved;
    out.quantities = out.electro->quantities;
    out.notes.insert(out.notes.end(), out.electro->notes.begin(), out.electro->notes.end());
    auto apd = endocardial_apd(*setup.electro, part.part(0.95, 1.0));
    if (!apd) return pass(apd);
    if (!find_quantity(out.quantities, apd->key)) out.quantities.push_back(std::move(*apd));
  }
  out.quantities.insert(out.quantities.end(), setup.quantities.begin(), setup.quantities.end());

  const std::size_t count = flow ? setup.vessels.size() : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const VesselSetup& vessel = setup.vessels[i];
    const VesselModel* model = setup.twin->find_vessel(vessel.key);
    OT_EXPECT(model && vessel.network);
    if (progress.cancelled()) return core::cancelled();
    const double from = electro_share + (1 - electro_share) * double(i) / double(count), to = electro_share + (1 - electro_share) * double(i + 1) / double(count);
    auto solved = run_flow(vessel, *model, setup.mode, options, progress.part(from, to));
    if (!solved) return pass(solved);
    VesselResult result{vessel.key, vessel.grafted ? vessel.grafted : vessel.lumen, vessel.network, setup.mode == Mode::full ? vessel.problem.mesh : nullptr, *solved};
    collect_vessel(*model, vessel.problem, result, out);
    out.vessels.push_back(std::move(result));
  }
  if (progress.cancelled()) return core::cancelled();
  out.wall_s = seconds_since(start);
  progress.report(1.0, "done");
  return out;
}

}  // namespace ot::twin
