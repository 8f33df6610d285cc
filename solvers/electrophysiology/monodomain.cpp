// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "solvers/core/contracts.hpp"
#include "solvers/core/place.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/ecg_quantities.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/interval_notes.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t frame_budget = std::size_t(512) << 20;   // bytes of frames kept in the result

core::Error trouble_error(const ElectroProblem& problem, const Tissue& tissue, const MonodomainStep::Trouble& trouble, double t,
                          double last_good) {
  const core::Vec3& x = problem.mesh->nodes[std::size_t(tissue.node_of[std::size_t(trouble.inner_node)])];
  if (trouble.solver)
    return {core::ErrorCode::computation_failed,
            fmt::format("The diffusion step at {:.2f} ms did not converge (the result would be wrong). Check the mesh for slivers near {} and the conductivities.", t,
                        core::place_words(x))};
  const std::string value = std::isfinite(trouble.v_mV) ? fmt::format("{:.0f} mV", trouble.v_mV) : std::string("not a number");
  return {core::ErrorCode::computation_failed,
          fmt::format("The potential at {} became {} at {:.2f} ms (no tissue does that, so the run was stopped). Try a "
                      "smaller time step, a weaker stimulus, or less extreme channel scales.{}", core::place_words(x), value, t,
                      last_good >= 0 ? fmt::format(" The last good state kept is that of {:.2f} ms.", last_good) : std::string())};
}

// Frames for the caller and, thinned to the budget, for the result.
class Recorder {
 public:
  Recorder(const ElectroProblem& problem, const Tissue& tissue, LeadField field) : problem_(problem), tissue_(tissue), field_(std::move(field)) {
    if (!field_.empty()) {
      ecg_.leads.assign(lead_names().begin(), lead_names().end());
      ecg_.mV.resize(ecg_.leads.size());
    }
    const std::size_t bytes = std::max<std::size_t>(1, tissue.inner_of.size() * sizeof(float));
    most_ = std::max<std::size_t>(16, frame_budget / bytes);
  }

  ElectroFrame look(const MonodomainStep& step) const {
    auto v = std::make_shared<std::vector<float>>(tissue_.rest_mV);
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) (*v)[std::size_t(tissue_.node_of[std::size_t(i)])] = float(step.v()[std::size_t(i)]);
    return {step.time(), v};
  }

  ElectroFrame record(const MonodomainStep& step) {
    const ElectroFrame frame = look(step);
    if (!field_.empty()) {
      const auto leads = evaluate(field_, *frame.v_mV);
      ecg_.t_ms.push_back(frame.t_ms);
      for (std::size_t l = 0; l < ecg_.mV.size(); ++l) ecg_.mV[l].push_back(leads[l]);
    }
    if (count_++ % stride_ == 0) kept_.push_back(frame);
    if (kept_.size() > most_) {  // keep every second one from now on
      std::size_t to = 0;
      for (std::size_t from = 0; from < kept_.size(); from += 2) kept_[to++] = kept_[from];
      kept_.resize(to);
      stride_ *= 2;
    }
    return frame;
  }

  const Ecg& ecg() const { return ecg_; }
  void finish(ElectroResult& result) {
    result.ecg = std::move(ecg_);
    result.frames = std::move(kept_);
    if (stride_ > 1)
      result.notes.push_back(fmt::format("Only every {}th frame is kept, to stay within {} MB.", stride_, frame_budget >> 20));
    if (field_.empty() && !problem_.electrodes.empty()) result.notes.push_back("No ECG: an electrode of the 12 leads is missing.");
  }

 private:
  const ElectroProblem& problem_;
  const Tissue& tissue_;
  LeadField field_;
  Ecg ecg_;
  std::vector<ElectroFrame> kept_;
  std::size_t most_ = 0, stride_ = 1, count_ = 0;
};

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

}  // namespace

std::string restart_key(const ElectroProblem& problem) {
  ElectroProblem p = problem;
  p.sites.clear();
  p.electrodes.clear();
  p.end_ms = p.frame_every_ms = 0;
  return p.sha256();
}

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
  const std::string key = run.restart || run.on_saved || run.on_last_good ? restart_key(problem) : std::string();
  if (run.restart && run.restart->key != key)
    return core::bad_input("The saved state belongs to another run (only stimuli, end, frames and electrodes may differ; mesh, fibres, tissue, "
                           "membrane, time step and scheme may not). Restart the run it was saved from.");
  if (run.restart && !(problem.end_ms > run.restart->t_ms))
    return core::bad_input(fmt::format("The saved state is of {} ms, the run ends at {} ms (nothing would be computed). Give a later end.",
                                       run.restart->t_ms, problem.end_ms));
  if (run.on_saved && (!(run.save_at_ms <= problem.end_ms) || run.save_at_ms < (run.restart ? run.restart->t_ms : 0.0)))
    return core::wrong_usage(fmt::format("The state is to be saved at {} ms, the run goes from {} to {} ms (nothing would be saved). Choose a time within it.",
                                         run.save_at_ms, run.restart ? run.restart->t_ms : 0.0, problem.end_ms));
  if (!run.probes.empty() && !(run.probe_every_ms > 0))
    return core::wrong_usage("The spacing of the probes' samples must be a positive time in ms.");
  progress.report(0.0, "preparing the tissue");
  const auto tissue = set_up_tissue(problem, progress.part(0.0, 0.1));
  if (!tissue) return core::pass(tissue);

  MonodomainResult result;
  result.mode = core::Mode::full;
  result.problem_sha256 = problem.sha256();
  result.mesh_sha256 = problem.mesh->sha256();
  result.notes = tissue->notes;
  MonodomainStep step(problem, *tissue);
  if (run.restart && !step.restore(*run.restart))
    return core::bad_input("The saved state does not fit this tissue (another machine or version may order its nodes differently). Run from the start.");
  LeadField leads;
  if (!problem.electrodes.empty()) {
    auto field = make_lead_field(problem, progress);
    if (!field) return core::pass(field);
    leads = std::move(*field);
  }
  Recorder recorder(problem, *tissue, std::move(leads));
  std::vector<std::vector<double>> probe_weights;
  for (const core::Vec3& x : run.probes) probe_weights.push_back(point_weights(problem, x));
  result.probe_mV.resize(probe_weights.size());
  const auto probe = [&] {
    result.probe_t_ms.push_back(step.time());
    for (std::size_t p = 0; p < probe_weights.size(); ++p)   // the weights of a point sum to 0: inert nodes at rest add nothing but their rest
      result.probe_mV[p].push_back(core::ordered_sum(std::ptrdiff_t(tissue->inner_of.size()), [&](std::ptrdiff_t from, std::ptrdiff_t to) {
        double sum = 0;
        for (std::ptrdiff_t i = from; i < to; ++i) {
          const core::Index k = tissue->inner_of[std::size_t(i)];
          sum += probe_weights[p][std::size_t(i)] * (k >= 0 ? step.v()[std::size_t(k)] : double(tissue->rest_mV[std::size_t(i)]));
        }
        return sum;
      }));
  };
  const auto saved = [&] {
    MonodomainState s = step.save();
    s.key = key;
    s.t_ms = step.time();
    return s;
  };
  const core::Progress stepping = progress.part(0.1, 1.0);
  const long steps = std::max(1L, std::lround(std::ceil(problem.end_ms / problem.dt_ms - 1e-9)));
  const auto next = [&](double every) {   // the first multiple that has not passed
    return run.restart ? std::lround(std::ceil(step.time() / every - 1e-9)) : 0L;
  };
  long next_frame = next(problem.frame_every_ms), next_probe = next(run.probe_every_ms), next_good = next(last_good_every_ms);
  bool to_save = run.on_saved && run.save_at_ms >= step.time() - 1e-9;
  std::optional<MonodomainState> last_good;
  auto shown = std::chrono::steady_clock::now();
  for (long k = step.steps(); k <= steps; ++k) {
    const auto due = [&](long& n, double every) {
      if (step.time() < double(n) * every - 1e-9) return false;
      while (step.time() >= double(n) * every - 1e-9) ++n;
      return true;
    };
    if (due(next_frame, problem.frame_every_ms)) {
      const ElectroFrame frame = recorder.record(step);
      if (run.on_frame) run.on_frame(frame, recorder.ecg());
      stepping.report(double(k) / double(steps), "monodomain");
      shown = std::chrono::steady_clock::now();
    } else if (run.on_live) {
      if (const auto now = std::chrono::steady_clock::now(); std::chrono::duration<double>(now - shown).count() >= run.live_every_s) {
        run.on_live(recorder.look(step), recorder.ecg());
        shown = now;
      }
    }
    if (!probe_weights.empty() && due(next_probe, run.probe_every_ms)) probe();
    if (to_save && step.time() >= run.save_at_ms - 1e-9) {
      run.on_saved(saved());
      to_save = false;
    }
    if (run.on_last_good && due(next_good, last_good_every_ms)) last_good = saved();
    if (k == steps) break;
    if (progress.cancelled()) return core::cancelled();
    const double t = step.time();
    if (const auto trouble = step.advance(); trouble.inner_node >= 0) {
      if (last_good) run.on_last_good(*last_good);
      return tl::unexpected<core::Error>(trouble_error(problem, *tissue, trouble, t + problem.dt_ms, last_good ? last_good->t_ms : -1.0));
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
  recorder.finish(result);
  add_quantities(problem, *tissue, step, result);
  if (std::string late = late_repolarisation_note(problem, result.activation_ms, result.repolarisation_ms); !late.empty()) result.notes.push_back(std::move(late));
  result.steps = step.steps();
  result.notes.push_back(fmt::format("Diffusion: {:.1f} iterations per step at a relative residual of {:g}.",
                                     double(step.iterations()) / double(std::max(1L, step.steps() - (run.restart ? long(run.restart->steps) : 0L))),
                                     problem.solver_tolerance));
  if (step.awake_share() < 0.995)
    result.notes.push_back(fmt::format("Tissue still at rest was left out of {:.0f} % of the node-steps (it follows one resting cell to {:g} mV).",
                                       100 * (1 - step.awake_share()), rest_tolerance_mV(problem)));
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace ot::ep
