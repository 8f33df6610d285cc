// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/core/place.hpp"
#include "solvers/electrophysiology/bidomain.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/ecg_quantities.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/interval_notes.hpp"
#include "solvers/electrophysiology/monodomain_keep.hpp"
#include "solvers/electrophysiology/monodomain_record.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

core::Error trouble_error(const ElectroProblem& problem, const Tissue& tissue, const MonodomainStep::Trouble& trouble, double t,
                          double last_good) {
  const core::Vec3& x = problem.mesh->nodes[std::size_t(tissue.node_of[std::size_t(trouble.inner_node)])];
  if (trouble.solver)
    return {core::ErrorCode::computation_failed,
            fmt::format("The {} at {:.2f} ms did not converge (the result would be wrong). Check the mesh for slivers near {} and the conductivities.", problem.bidomain ? "diffusion step or the extracellular potential" : "diffusion step", t,
                        core::place_words(x))};
  const std::string value = std::isfinite(trouble.v_mV) ? fmt::format("{:.0f} mV", trouble.v_mV) : std::string("not a number");
  return {core::ErrorCode::computation_failed,
          fmt::format("The potential at {} became {} at {:.2f} ms (no tissue does that, so the run was stopped). Try a "
                      "smaller time step, a weaker stimulus, or less extreme channel scales.{}", core::place_words(x), value, t,
                      last_good >= 0 ? fmt::format(" The last good state kept is that of {:.2f} ms.", last_good) : std::string())};
}

void add_quantities(const ElectroProblem& problem, const Tissue& tissue, const MonodomainStep& step, ElectroResult& result) {
  double first = std::numeric_limits<double>::infinity(), last = -first, apd = 0;
  std::size_t activated = 0, repolarised = 0;
  for (std::size_t i = 0; i < std::size_t(tissue.n); ++i) {
    const double a = double(step.activation()[0][i]), r = double(step.repolarisation()[0][i]);
    if (std::isnan(a)) continue;
    ++activated;
    first = std::min(first, a);
    last = std::max(last, a);
    if (std::isnan(r)) continue;
    ++repolarised;
    apd += r - a;
  }
  const double none = std::numeric_limits<double>::quiet_NaN();
  std::string level;   // of activation; models may differ
  for (const std::string& model : ionic_models_of(problem))
    if (const std::string own = fmt::format("{:g} mV", find_ionic_family(model)->upstroke_mV); level.find(own) == std::string::npos) level += (level.empty() ? "" : " or ") + own;
  result.quantities.push_back({"total_activation_ms", "Total activation", "ms", activated ? last - first : none, fmt::format("first to last activation ({})", level)});
  result.quantities.push_back({"last_activation_ms", "Last activation", "ms", activated ? last : none, ""});
  result.quantities.push_back(
      {"activated_percent", "Activated tissue", "%", activated_percent(problem, result.activation_ms), "of all myocardium by volume, scar and lesions included"});
  result.quantities.push_back({"mean_apd90_ms", "Mean action potential duration", "ms", repolarised ? apd / double(repolarised) : none,
                               fmt::format("{} to 90 % repolarisation, nodes that repolarised before the end", level)});
  result.quantities.push_back({"conducting_percent", "Conducting nodes", "%", 100.0 * double(tissue.n) / double(problem.mesh->nodes.size()), ""});
  add_ecg_quantities(problem, result.ecg, result.quantities);
}

// V and phi_e at the places, now.
void sample_places(const std::vector<MonodomainRun::Place>& places, const Tissue& tissue, const MonodomainStep& step, const std::vector<double>& phi, MonodomainResult& result) {
  result.place_t_ms.push_back(step.time());
  for (std::size_t p = 0; p < places.size(); ++p) {
    double v = 0, outside = phi.empty() ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    for (std::size_t k = 0; k < 4; ++k) {
      const double w = places[p].weight[k];
      if (w == 0) continue;
      const std::size_t n = std::size_t(places[p].node[k]);
      const core::Index i = tissue.inner_of[n];
      v += i >= 0 ? w * step.v()[std::size_t(i)] : std::numeric_limits<double>::quiet_NaN();
      if (!phi.empty()) outside += w * phi[n];
    }
    result.place_v_mV[p].push_back(v);
    result.place_phi_e_mV[p].push_back(outside);
  }
}

}  // namespace

std::string restart_key(const ElectroProblem& problem) {
  ElectroProblem p = problem;
  p.sites.clear();
  p.electrodes.clear();
  p.end_ms = p.frame_every_ms = 0;
  return p.sha256();
}

namespace {

// The same question, to be answered by the same instructions.
std::string keep_key(const std::string& problem_sha256, const MonodomainRun& run) {
  core::Hasher h;
  h.text(problem_sha256).text(usable_instruction_sets().front());
  for (const core::Vec3& x : run.probes)
    for (int k = 0; k < 3; ++k) h.value(x[k]);
  return h.value(run.probe_every_ms).hex();
}

}  // namespace

core::Result<ElectroResult> run_monodomain(const ElectroProblem& problem,
                                           const std::function<void(const ElectroFrame&, const Ecg& so_far)>& on_frame,
                                           const core::Progress& progress) {
  MonodomainRun run;
  run.on_frame = on_frame;
  auto result = run_monodomain_with(problem, run, progress);
  if (!result) return core::pass(result);
  return ElectroResult(std::move(static_cast<ElectroResult&>(*result)));
}

core::Result<MonodomainResult> run_monodomain_with(const ElectroProblem& problem, const MonodomainRun& run, const core::Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  if (const auto ok = check_problem(problem); !ok) return core::pass(ok);
  const bool keeps = !run.keep.folder.empty() && !problem.bidomain;   // the state holds no extracellular potentials
  OT_EXPECT(!keeps || !run.restart);
  const std::string key = run.restart || run.on_saved || run.on_state || run.on_last_good || keeps ? restart_key(problem) : std::string();
  if (run.restart && run.restart->key != key)
    return core::bad_input("The saved state belongs to another run (only stimuli, end, frames and electrodes may differ; mesh, fibres, tissue, "
                           "membrane, time step and scheme may not). Restart the run it was saved from.");
  if (run.restart && !(problem.end_ms > run.restart->t_ms))
    return core::bad_input(fmt::format("The saved state is of {} ms, the run ends at {} ms (nothing would be computed). Give a later end.",
                                       run.restart->t_ms, problem.end_ms));
  if (run.on_saved && (!(run.save_at_ms <= problem.end_ms) || run.save_at_ms < (run.restart ? run.restart->t_ms : 0.0)))
    return core::wrong_usage(fmt::format("The state is to be saved at {} ms, the run goes from {} to {} ms (nothing would be saved). Choose a time within it.",
                                         run.save_at_ms, run.restart ? run.restart->t_ms : 0.0, problem.end_ms));
  OT_EXPECT(!run.on_state || run.state_every_ms > 0);
  if (!run.probes.empty() && !(run.probe_every_ms > 0))
    return core::wrong_usage("The spacing of the probes' samples must be a positive time in ms.");
  if (problem.bidomain) {
    if (run.restart || run.on_saved || run.on_state) return core::wrong_usage("A bidomain run cannot be saved or restarted (the state holds no extracellular potentials). Run it from the start to its end.");
    if (const auto ok = check_bidomain(problem); !ok) return core::pass(ok);
  }
  progress.report(0.0, "preparing the tissue");
  const auto tissue = set_up_tissue(problem, progress.part(0.0, 0.1));
  if (!tissue) return core::pass(tissue);

  MonodomainResult result;
  result.mode = core::Mode::full;
  result.problem_sha256 = problem.sha256();
  result.mesh_sha256 = problem.mesh->sha256();
  result.notes = tissue->notes;
  if (run.restart) {   // how cells were started once is not what this run began with
    std::erase_if(result.notes, [](const std::string& n) { return n.find("start from the published initial state") != std::string::npos || n.find("was paced alone for") != std::string::npos; });
    result.notes.push_back(fmt::format("Continued from the saved state of {:g} ms.", run.restart->t_ms));
    for (const ActivationSite& s : problem.sites)
      if (s.start_ms + s.duration_ms <= run.restart->t_ms)
        result.notes.push_back(fmt::format("The stimulus \"{}\" at {:g} ms lies before the saved state and is not given again.", s.name, s.start_ms));
  }
  MonodomainStep step(problem, *tissue);
  if (run.restart && !step.restore(*run.restart))
    return core::bad_input("The saved state does not fit this tissue (another machine or version may order its nodes differently). Run from the start.");
  std::optional<BidomainSource> extracellular;
  if (problem.bidomain) {
    progress.report(0.1, "preparing the extracellular space");
    extracellular.emplace(problem, *tissue);
    if (const auto ok = extracellular->prepare(progress.part(0.1, 0.1)); !ok) return core::pass(ok);
    step.set_source([&](double t, const AlignedVector& v, AlignedVector& rate) { return extracellular->add(t, v, rate); });
    for (const std::string& n : extracellular->notes()) result.notes.push_back(n);
  }
  result.place_v_mV.resize(run.places.size());
  result.place_phi_e_mV.resize(run.places.size());
  LeadField leads;
  if (!problem.electrodes.empty()) {
    auto field = make_lead_field(problem, progress);
    if (!field) return core::pass(field);
    leads = std::move(*field);
  }
  MonodomainRecord record(problem, *tissue, std::move(leads), run.probes);
  RunKeeper keeper(run.keep, keeps ? keep_key(result.problem_sha256, run) : std::string());
  const auto kept = keeper.take_up(record);
  const bool goes_on = kept && step.restore(*kept);
  if (kept && !goes_on) {
    record.clear();
    keeper.start_over();
  }
  if (goes_on && run.keep.on_continued) run.keep.on_continued(kept->t_ms);
  const auto saved = [&] {
    MonodomainState s = step.save();
    s.key = key;
    s.t_ms = step.time();
    return s;
  };
  const core::Progress stepping = progress.part(0.1, 1.0);
  const std::string doing = goes_on ? fmt::format("monodomain, continued from {:.0f} ms", kept->t_ms) : std::string("monodomain");
  const long steps = std::max(1L, std::lround(std::ceil(problem.end_ms / problem.dt_ms - 1e-9)));
  const auto next = [&](double every) {   // the first multiple that has not passed; what goes on has recorded the one at its time already
    long n = run.restart ? std::lround(std::ceil(step.time() / every - 1e-9)) : 0L;
    if (goes_on)
      for (n = std::max(0L, long(step.time() / every) - 1); step.time() >= double(n) * every - 1e-9;) ++n;
    return n;
  };
  long next_frame = next(problem.frame_every_ms), next_probe = next(run.probe_every_ms), next_place = next_probe, next_good = run.restart ? next(last_good_every_ms) : 0L;
  long next_state = run.on_state ? std::lround(std::floor(step.time() / run.state_every_ms + 1e-9)) + 1 : 0L;   // not at once
  bool to_save = run.on_saved && run.save_at_ms >= step.time() - 1e-9;
  std::optional<MonodomainState> last_good;
  ElectroFrame last_good_frame;
  auto shown = std::chrono::steady_clock::now();
  for (long k = step.steps(); k <= steps; ++k) {
    const auto due = [&](long& n, double every) {
      if (step.time() < double(n) * every - 1e-9) return false;
      while (step.time() >= double(n) * every - 1e-9) ++n;
      return true;
    };
    if (due(next_frame, problem.frame_every_ms)) {
      const ElectroFrame frame = record.record(step);
      if (run.on_frame) run.on_frame(frame, record.ecg());
      stepping.report(double(k) / double(steps), doing);
      shown = std::chrono::steady_clock::now();
    } else if (run.on_live) {
      if (const auto now = std::chrono::steady_clock::now(); std::chrono::duration<double>(now - shown).count() >= run.live_every_s) {
        run.on_live(record.look(step), record.ecg());
        shown = now;
      }
    }
    if (record.has_probes() && due(next_probe, run.probe_every_ms)) record.probe(step);
    if (!run.places.empty() && due(next_place, run.probe_every_ms)) {
      const auto phi = extracellular ? extracellular->potential(step.time(), step.v()) : std::vector<double>();
      if (extracellular && phi.empty()) return core::computation_failed(fmt::format("The extracellular potential did not converge at {:.2f} ms (the run would be wrong). Check the mesh for slivers.", step.time()));
      sample_places(run.places, *tissue, step, phi, result);
    }
    if (to_save && step.time() >= run.save_at_ms - 1e-9) {
      run.on_saved(saved());
      to_save = false;
    }
    if (run.on_state && due(next_state, run.state_every_ms)) run.on_state(saved());
    if ((run.on_last_good || keeper.on()) && due(next_good, last_good_every_ms)) {
      last_good = saved();
      last_good_frame = record.look(step);
    }
    if (k == steps) {
      if (keeper.on() && keeper.took_long()) keeper.keep(saved(), record);   // until the caller has stored the result
      break;
    }
    if (progress.cancelled()) {
      if (keeper.on()) keeper.keep(saved(), record);
      return core::cancelled();
    }
    if (keeper.due(step.time())) keeper.keep(saved(), record);
    const double t = step.time();
    if (const auto trouble = step.advance(); trouble.inner_node >= 0) {
      if (last_good && run.on_last_good) run.on_last_good(*last_good);
      core::Error error = trouble_error(problem, *tissue, trouble, t + problem.dt_ms, last_good && !keeper.on() ? last_good->t_ms : -1.0);
      if (last_good && keeper.on()) error.message += keeper.keep_last_good(*last_good, *problem.mesh, last_good_frame);
      return tl::unexpected<core::Error>(std::move(error));
    }
  }

  const auto to_mesh = [&](const std::vector<float>& inner) {
    std::vector<float> all(problem.mesh->nodes.size(), nan);
    for (std::size_t i = 0; i < std::size_t(tissue->n); ++i) all[std::size_t(tissue->node_of[i])] = inner[i];
    return all;
  };
  for (std::size_t b = 0; b < std::max<std::size_t>(1, step.activation().size() - 1); ++b) {   // the last one is always empty
    result.beat_activation_ms.push_back(to_mesh(step.activation()[b]));
    result.beat_repolarisation_ms.push_back(to_mesh(step.repolarisation()[b]));
  }
  result.activation_ms = result.beat_activation_ms[0];
  result.repolarisation_ms = result.beat_repolarisation_ms[0];
  result.probe_t_ms = record.probe_times();
  result.probe_mV = record.take_probes();
  record.finish(result);
  add_quantities(problem, *tissue, step, result);
  if (std::string late = late_repolarisation_note(problem, result.activation_ms, result.repolarisation_ms); !late.empty()) result.notes.push_back(std::move(late));
  result.steps = step.steps();
  result.notes.push_back(fmt::format("Diffusion: {:.1f} iterations per step at a relative residual of {:g}.",
                                     double(step.iterations()) / double(std::max(1L, step.steps())),
                                     problem.solver_tolerance));
  if (step.awake_share() < 0.995)
    result.notes.push_back(fmt::format("Tissue still at rest was left out of {:.0f} % of the node-steps (it follows one resting cell to {:g} mV).",
                                       100 * (1 - step.awake_share()), rest_tolerance_mV(problem)));
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace ot::ep
