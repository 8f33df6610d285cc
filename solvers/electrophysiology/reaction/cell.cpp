// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/cell.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/beat.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/pacer.hpp"
#include "solvers/electrophysiology/reaction/response.hpp"

namespace ot::ep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int followed_beats = 12;   // last beats of which capture and alternans are told: a 2:1, 3:1 or 4:1 answer shows three times

constexpr double upstroke_foot_ms = 30;   // before V passes 0 mV in an action potential that no stimulus made: its foot

// Without what comes later than to_ms.
void cut(Beat& beat, double to_ms) {
  const auto n = std::max<std::ptrdiff_t>(2, std::upper_bound(beat.t.begin(), beat.t.end(), to_ms) - beat.t.begin());
  beat.t.resize(std::size_t(n));
  beat.v.resize(std::size_t(n));
  if (!beat.cai.empty()) beat.cai.resize(std::size_t(n));
}

double* channel(ChannelScales& s, const std::string& key) {
  for (const ChannelKey& k : channel_keys())
    if (key == k.key) return &(s.*k.member);
  return nullptr;
}

core::Result<void> check_scales(const ChannelScales& scales) {
  if (!usable(scales))
    return core::wrong_usage("A channel scale is negative or not a number (a conductance cannot be). Give scales of 0 or more; 1 is as published.");
  return {};
}

std::vector<std::string> currents_of(const IonicFamily& family) {
  std::vector<std::string> out;
  for (const ChannelKey& k : channel_keys())
    if (k.current[0] == 'I' && std::find(family.scales.begin(), family.scales.end(), k.key) != family.scales.end()) out.push_back(k.current);
  return out;
}

core::Result<void> check(const CellProblem& p, const IonicModel* model) {
  if (!model) {
    std::string known;
    for (const IonicModel& m : builtin_ionic_models()) known += (known.empty() ? "" : ", ") + m.key;
    return core::wrong_usage(fmt::format("There is no ionic model \"{}\" (nothing can be computed). Choose one of: {}.", p.model, known));
  }
  if (!(p.dt_ms >= 0) || p.dt_ms > 0.1)
    return core::wrong_usage(fmt::format("A time step of {} ms cannot be used (accuracy needs at most 0.1 ms; 0 chooses it by the error). Try 0.02.", p.dt_ms));
  if (!(p.tolerance_mV >= 1e-6) || p.tolerance_mV > 1)
    return core::wrong_usage(fmt::format("A step tolerance of {} mV cannot be used (1e-6 to 1 are possible). Try 0.1.", p.tolerance_mV));
  if (!(p.cycle_length_ms >= 50) || p.cycle_length_ms > 60000)
    return core::wrong_usage(fmt::format("A cycle length of {} ms cannot be used (50 to 60000 ms are possible). Try 1000.", p.cycle_length_ms));
  if (p.beats < 1 || p.record_beats < 1 || p.record_beats > p.beats)
    return core::wrong_usage("At least one beat must be run and recorded, and no more recorded than run. Change beats or record_beats.");
  if (!(p.stimulus_mV_per_ms >= 0) || !(p.stimulus_ms >= 0) || !(p.stimulus_start_ms >= 0) || !std::isfinite(p.stimulus_mV_per_ms) ||
      !std::isfinite(p.stimulus_ms) || p.stimulus_start_ms + p.stimulus_ms >= p.cycle_length_ms)
    return core::wrong_usage("The stimulus is negative, not a number, or does not fit in the cycle (it would never end). Check amplitude, start and duration.");
  for (const std::string& key : p.record) {
    const auto& known = channel_keys();
    const auto k = std::find_if(known.begin(), known.end(), [&](const ChannelKey& c) { return key == c.key; });
    if (key != "total" && (k == known.end() || k->current[0] != 'I' || std::find(model->family->scales.begin(), model->family->scales.end(), key) == model->family->scales.end()))
      return core::bad_input(fmt::format("{} has no membrane current {} to record. It has: {}, total.", model->key, k == known.end() ? key : std::string(k->current), fmt::join(currents_of(*model->family), ", ")));
  }
  if (!(p.record_every_ms > 0))
    return core::wrong_usage("The recording interval must be more than 0 ms. Try 0.5.");
  if (!p.initial_state.empty() && p.initial_state.size() != model->states.size())
    return core::wrong_usage(fmt::format("The initial state has {} values, but {} has {} variables. Give them in the model's order, V first.",
                                         p.initial_state.size(), model->key, model->states.size()));
  for (double x : p.initial_state)
    if (!std::isfinite(x)) return core::bad_input("The initial state holds a value that is not a number. Check the file of states.");
  return {};
}

}  // namespace

core::Result<ChannelScales> apply_blocks(const ChannelScales& scales, const std::vector<ChannelBlock>& blocks) {
  ChannelScales out = scales;
  for (const ChannelBlock& b : blocks) {
    double* const g = channel(out, b.channel);
    if (!g) {
      std::string known;
      for (const ChannelKey& k : channel_keys()) known += (known.empty() ? "" : ", ") + std::string(k.key);
      return core::wrong_usage(fmt::format("There is no channel \"{}\" (the block cannot act). Choose one of: {}.", b.channel, known));
    }
    if (!(b.fraction >= 0 && b.fraction <= 1))
      return core::wrong_usage(fmt::format("A block of {} on {} is impossible. Give a fraction from 0 (free) to 1 (fully blocked).", b.fraction, b.channel));
    *g *= 1.0 - b.fraction;
  }
  return out;
}

core::Result<CellResult> run_cell(const CellProblem& problem, const core::Progress& progress) {
  const auto scales = apply_blocks(problem.channels, problem.blocks);
  if (!scales) return core::pass(scales);
  auto results = run_cells(problem, {*scales}, progress);
  if (!results) return core::pass(results);
  return std::move(results->front());
}

core::Result<std::vector<CellResult>> run_cells(const CellProblem& problem, const std::vector<ChannelScales>& scales, const core::Progress& progress) {
  const IonicModel* const model = find_ionic_model(problem.model);
  if (const auto ok = check(problem, model); !ok) return core::pass(ok);
  OT_EXPECT(!scales.empty() && scales.size() <= std::size_t(block_nodes));
  for (const ChannelScales& s : scales)
    if (const auto ok = check_scales(s); !ok) return core::pass(ok);

  const IonicFamily& family = *model->family;
  Pacing pacing;
  pacing.cycle_ms = problem.cycle_length_ms;
  pacing.stimulus_start_ms = problem.stimulus_start_ms;
  pacing.stimulus_ms = problem.stimulus_ms > 0 ? problem.stimulus_ms : family.stimulus_ms;
  pacing.stimulus_mV_per_ms = problem.stimulus_mV_per_ms > 0 ? problem.stimulus_mV_per_ms : family.stimulus_mV_per_ms;
  pacing.dt_ms = problem.dt_ms > 0 || family.two_stage ? problem.dt_ms : 0.01;
  pacing.tolerance_mV = problem.tolerance_mV;
  const std::size_t cells = scales.size();
  const std::vector<double> start = problem.initial_state.empty() ? model->initial_state() : problem.initial_state;
  std::vector<std::vector<double>> columns;
  for (const ChannelScales& s : scales) columns.push_back(family.parameters(model->cell_type, s));
  CellBatch batch(family, columns, std::vector<std::vector<double>>(cells, start));

  // Parameters without each recorded current; none for the total.
  std::vector<std::vector<std::vector<double>>> without;
  for (const std::string& key : problem.record) {
    without.emplace_back();
    for (ChannelScales s : scales)
      if (double* const g = channel(s, key)) *g = 0, without.back().push_back(family.parameters(model->cell_type, s));
  }
  std::vector<CellResult> results(cells);
  for (CellResult& r : results) r.currents_uA_per_uF.resize(without.size());
  std::vector<double> apd90_before(cells, nan), qnet_before(cells, 0), worst_slope(cells, nan);
  const int watched = std::max(2, problem.watch_beats), followed = std::max(followed_beats, watched);
  const BeatStimulus stimulus{pacing.stimulus_start_ms, pacing.stimulus_ms, pacing.stimulus_mV_per_ms};
  std::vector<PacedResponse> response(cells, PacedResponse(model->initial_state()[0], pacing.stimulus_start_ms, problem.cycle_length_ms));
  for (int beat = 0; beat < problem.beats; ++beat) {
    const bool last = beat == problem.beats - 1, measured = beat >= problem.beats - followed, recorded = beat >= problem.beats - problem.record_beats;
    const double shift = (beat - (problem.beats - problem.record_beats)) * problem.cycle_length_ms;
    std::vector<Beat> now(cells);
    std::size_t sample_index = 0;
    if (family.qnet >= 0)
      for (std::size_t c = 0; c < cells; ++c) qnet_before[c] = batch.state(int(c), family.qnet);
    std::vector<double> before_v(cells), before_cai(cells);
    std::vector<std::vector<double>> current(without.size(), std::vector<double>(cells)), before_current = current;   // [record][cells]
    double t_before = 0;
    const auto sample = [&](double t) {
      if (recorded && !without.empty()) {
        before_current.swap(current);
        const std::vector<double> total = batch.ionic_current(columns);
        for (std::size_t k = 0; k < without.size(); ++k) {
          current[k] = total;
          if (without[k].empty()) continue;
          const std::vector<double> rest = batch.ionic_current(without[k]);
          for (std::size_t c = 0; c < cells; ++c) current[k][c] -= rest[c];
        }
      }
      for (std::size_t c = 0; c < cells; ++c) response[c].sample(t, batch.v(int(c)));
      for (std::size_t c = 0; c < cells && (measured || recorded); ++c) {
        const double v = batch.v(int(c)), cai = family.cai >= 0 ? batch.state(int(c), family.cai) : 0;
        if (measured) {
          now[c].t.push_back(t);
          now[c].v.push_back(v);
          if (family.cai >= 0) now[c].cai.push_back(cai);
        }
        if (recorded) {   // linear between steps; the end of a beat is the start of the next
          std::size_t k = sample_index;
          for (; double(k) * problem.record_every_ms <= t + 1e-9; ++k) {
            const double at = double(k) * problem.record_every_ms;
            if (at > problem.cycle_length_ms - 1e-9 && !last) break;
            const double w = t > t_before ? std::clamp((at - t_before) / (t - t_before), 0.0, 1.0) : 1.0;
            results[c].t_ms.push_back(shift + at);
            results[c].v_mV.push_back(t > t_before ? before_v[c] + w * (v - before_v[c]) : v);
            for (std::size_t i = 0; i < without.size(); ++i) results[c].currents_uA_per_uF[i].push_back(t > t_before ? before_current[i][c] + w * (current[i][c] - before_current[i][c]) : current[i][c]);
            if (family.cai >= 0) results[c].cai_mM.push_back(t > t_before ? before_cai[c] + w * (cai - before_cai[c]) : cai);
          }
          if (c + 1 == cells) sample_index = k;
        }
        before_v[c] = v;
        before_cai[c] = cai;
      }
      t_before = t;
    };
    const auto steps = pace_beat(batch, family, pacing, beat, progress, sample);
    if (!steps) return core::pass(steps);
    for (std::size_t c = 0; c < cells; ++c) {
      CellResult& r = results[c];
      r.steps += *steps;
      if (!measured) {
        response[c].end_beat(nullptr);
        continue;
      }
      if (const double other = response[c].unprompted_ms(); other > pacing.stimulus_start_ms) cut(now[c], other - upstroke_foot_ms);
      Biomarkers b = measure(now[c], stimulus);
      if (response[c].end_beat(&b) != PacedResponse::Answer::captured) b.apd50 = b.apd90 = nan, b.early_afterdepolarisation = false;
      r.apd90_change_ms = b.apd90 - apd90_before[c];
      apd90_before[c] = b.apd90;
      if (b.early_afterdepolarisation && beat >= problem.beats - std::max(1, problem.watch_beats)) ++r.early_afterdepolarisations;
      // The last beat, or the watched one with the steepest rise during repolarisation (a beat that fails to repolarise included).
      if (problem.watch_beats > 1 && beat > problem.beats - watched && !(b.repolarisation_slope > worst_slope[c]) && !std::isnan(worst_slope[c])) continue;
      worst_slope[c] = b.repolarisation_slope;
      r.reported_beat = beat + 1;
      r.vrest_mV = b.vrest;
      r.vpeak_mV = b.vpeak;
      r.dvdt_max_V_per_s = b.dvdt_max;
      r.dvdt_max_ionic_V_per_s = b.dvdt_max_ionic;
      r.apd50_ms = b.apd50;
      r.apd90_ms = b.apd90;
      r.ca_diastolic_mM = b.ca_diastolic;
      r.ca_peak_mM = b.ca_peak;
      if (family.qnet >= 0) r.qnet_uC_per_uF = 1e-3 * (batch.state(int(c), family.qnet) - qnet_before[c]);
    }
    progress.report(double(beat + 1) / problem.beats, "pacing the cell");
  }
  for (std::size_t c = 0; c < cells; ++c) {
    CellResult& r = results[c];
    r.final_state = batch.states(int(c));
    const PacedResponse::Summary s = response[c].summary();
    r.stimuli_followed = s.stimuli;
    r.stimuli_captured = s.captured;
    r.captured_apd90_ms = s.apd90_ms;
    if (!s.note.empty()) r.notes.push_back(s.note);
    if (std::isnan(r.apd90_ms) && s.captured == s.stimuli) r.notes.push_back(fmt::format("Beat {} did not repolarise within its cycle.", r.reported_beat));
    if (s.captured == s.stimuli && r.dvdt_max_ionic_V_per_s < stimulus.mV_per_ms)
      r.notes.push_back(fmt::format("The steepest rise of V, {:.3g} V/s, is made by the stimulus; the currents of the membrane raise V by {:.3g} V/s at most.", r.dvdt_max_V_per_s,
                                    r.dvdt_max_ionic_V_per_s));
    for (const ChannelKey& k : channel_keys())
      if (scales[c].*k.member != 1.0 && std::find(family.scales.begin(), family.scales.end(), k.key) == family.scales.end())
        r.notes.push_back(fmt::format("{} has no channel {}: its scale had no effect.", model->name, k.key));
    if (scales[c].herg.concentration_nM > 0 && !family.dynamic_herg)
      r.notes.push_back(fmt::format("{} has no channel that a drug binds to: its binding had no effect.", model->name));
  }
  return results;
}

constexpr int long_history_beats = 100;

core::Result<std::vector<std::vector<double>>> paced_states(const std::string& family_key, double cycle_length_ms, int beats,
                                                            double dt_ms, const std::vector<CellType>& types,
                                                            const std::vector<ChannelScales>& scales, const core::Progress& progress) {
  const IonicFamily* const family = find_ionic_family(family_key);
  OT_EXPECT(family && types.size() == scales.size() && beats >= 0 && dt_ms > 0 && cycle_length_ms > 0);
  for (const ChannelScales& s : scales)
    if (const auto ok = check_scales(s); !ok) return core::pass(ok);

  // Every cell is paced in its own lane, so its state does not depend on which others are asked for with it.
  using Key = std::vector<double>;
  static std::mutex mutex;
  static std::map<std::pair<std::string, Key>, std::vector<double>> cache;
  std::vector<Key> keys;
  std::vector<std::vector<double>> states(types.size());
  std::vector<std::size_t> missing, twins;   // twins: equal to one that is paced in this call
  std::map<Key, std::size_t> first;
  for (std::size_t c = 0; c < types.size(); ++c) {
    Key key = family->parameters(types[c], scales[c]);
    key.insert(key.end(), {cycle_length_ms, double(beats), dt_ms, double(types[c])});
    keys.push_back(key);
    const std::lock_guard<std::mutex> lock(mutex);
    if (const auto found = cache.find({family_key, key}); found != cache.end()) states[c] = found->second;
    else (first.try_emplace(key, c).second ? missing : twins).push_back(c);
  }
  Pacing pacing;
  pacing.cycle_ms = cycle_length_ms;
  pacing.stimulus_ms = family->stimulus_ms;
  pacing.stimulus_mV_per_ms = family->stimulus_mV_per_ms;
  // A long history with fixed steps takes minutes (13 s per 100 beats of CiPAORdv1.0, 0.4 s with chosen ones). The worst cell of a batch
  // chooses the step, so each goes alone: its state still does not depend on the others.
  const bool alone = family->two_stage && beats > long_history_beats;
  pacing.dt_ms = alone ? 0 : dt_ms;
  const std::ptrdiff_t together = alone ? 1 : block_nodes;
  core::Result<void> outcome;
  std::size_t done = 0;   // beats of cells
  core::parallel_chunks(std::ptrdiff_t(missing.size()), together, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::size_t from(begin), to(end);
    std::vector<std::vector<double>> columns, start;
    for (std::size_t k = from; k < to; ++k) {
      columns.push_back(family->parameters(types[missing[k]], scales[missing[k]]));
      start.push_back(family->initial(types[missing[k]]));
    }
    CellBatch batch(*family, columns, start);
    const core::Progress silent = progress.with({});   // pace_beat only asks it whether to stop
    for (int beat = 0; beat < beats; ++beat) {
      const auto steps = pace_beat(batch, *family, pacing, beat, silent, [](double) {});
      const std::lock_guard<std::mutex> lock(mutex);
      if (!steps) outcome = core::pass(steps);
      if (!outcome) return;
      done += to - from;
      progress.report(double(done) / double(missing.size() * std::size_t(beats)), "pacing the cells");
    }
    const std::lock_guard<std::mutex> lock(mutex);
    for (std::size_t k = from; k < to; ++k) {
      states[missing[k]] = batch.states(int(k - from));
      cache[{family_key, keys[missing[k]]}] = states[missing[k]];
    }
  });
  if (!outcome) return core::pass(outcome);
  for (const std::size_t c : twins) states[c] = states[first.at(keys[c])];
  return states;
}

}  // namespace ot::ep
