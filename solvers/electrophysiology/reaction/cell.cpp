// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

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

// One beat at full resolution, measured after it ended.
struct Beat {
  std::vector<double> v, cai;   // values at t = k dt, k = 0 .. steps
  double vrest = nan, vpeak = nan, dvdt_max = nan, apd50 = nan, apd90 = nan, ca_diastolic = nan, ca_peak = nan;
};

// Definitions: shared/reference/ionic/README.md. V just before the stimulus; APD from max dV/dt (stimulus included)
// to the last fall through Vpeak - x (Vpeak - Vrest).
void measure(Beat& beat, double dt, double stimulus_start) {
  const std::size_t first = std::min(std::size_t(std::floor(stimulus_start / dt + 1e-9)), beat.v.size() - 1);
  beat.vrest = beat.v[first];
  std::size_t peak = first, steepest = first;
  double slope = -std::numeric_limits<double>::infinity();
  for (std::size_t k = first; k < beat.v.size(); ++k) {
    if (beat.v[k] > beat.v[peak]) peak = k;
    if (k + 1 < beat.v.size() && beat.v[k + 1] - beat.v[k] > slope) {
      slope = beat.v[k + 1] - beat.v[k];
      steepest = k;
    }
  }
  beat.vpeak = beat.v[peak];
  beat.dvdt_max = slope / dt;
  if (!beat.cai.empty()) {
    beat.ca_diastolic = beat.cai[first];
    beat.ca_peak = *std::max_element(beat.cai.begin() + std::ptrdiff_t(first), beat.cai.end());
  }
  if (beat.vpeak <= 0) return;  // did not fire
  const auto apd = [&](double share) {
    const double level = beat.vpeak - share * (beat.vpeak - beat.vrest);
    for (std::size_t k = peak; k + 1 < beat.v.size(); ++k)
      if (beat.v[k] > level && beat.v[k + 1] <= level)
        return (double(k) + (beat.v[k] - level) / (beat.v[k] - beat.v[k + 1]) - (double(steepest) + 0.5)) * dt;
    return nan;
  };
  beat.apd50 = apd(0.5);
  beat.apd90 = apd(0.9);
}

core::Result<void> check(const CellProblem& p, const IonicModel* model) {
  if (!model) {
    std::string known;
    for (const IonicModel& m : builtin_ionic_models()) known += (known.empty() ? "" : ", ") + m.key;
    return core::wrong_usage(fmt::format("There is no ionic model \"{}\" (nothing can be computed). Choose one of: {}.", p.model, known));
  }
  if (!(p.dt_ms > 0) || p.dt_ms > 0.1)
    return core::wrong_usage(fmt::format("A time step of {} ms cannot be used (accuracy needs 0 < dt <= 0.1 ms). Try 0.02.", p.dt_ms));
  if (!(p.cycle_length_ms >= 50) || p.cycle_length_ms > 60000)
    return core::wrong_usage(fmt::format("A cycle length of {} ms cannot be used (50 to 60000 ms are possible). Try 1000.", p.cycle_length_ms));
  if (p.beats < 1 || p.record_beats < 1 || p.record_beats > p.beats)
    return core::wrong_usage("At least one beat must be run and recorded, and no more recorded than run. Change beats or record_beats.");
  if (!(p.stimulus_mV_per_ms >= 0) || !(p.stimulus_ms >= 0) || !(p.stimulus_start_ms >= 0) || !std::isfinite(p.stimulus_mV_per_ms) ||
      !std::isfinite(p.stimulus_ms) || p.stimulus_start_ms + p.stimulus_ms >= p.cycle_length_ms)
    return core::wrong_usage("The stimulus is negative, not a number, or does not fit in the cycle (it would never end). Check amplitude, start and duration.");
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
  const IonicModel* const model = find_ionic_model(problem.model);
  if (const auto ok = check(problem, model); !ok) return core::pass(ok);
  if (const auto ok = check_scales(problem.channels); !ok) return core::pass(ok);
  const auto scales = apply_blocks(problem.channels, problem.blocks);
  if (!scales) return core::pass(scales);

  const IonicFamily& family = *model->family;
  const double amplitude = problem.stimulus_mV_per_ms > 0 ? problem.stimulus_mV_per_ms : family.stimulus_mV_per_ms;
  const double duration = problem.stimulus_ms > 0 ? problem.stimulus_ms : family.stimulus_ms;
  const long steps = std::lround(std::ceil(problem.cycle_length_ms / problem.dt_ms - 1e-9));
  const double dt = problem.cycle_length_ms / double(steps);
  const long every = std::max(1L, std::lround(problem.record_every_ms / dt));
  CellBatch cell(family, {family.parameters(model->cell_type, *scales)},
                 {problem.initial_state.empty() ? model->initial_state() : problem.initial_state});

  CellResult result;
  double apd90_before = nan;
  for (int beat = 0; beat < problem.beats; ++beat) {
    const bool measured = beat >= problem.beats - 2, recorded = beat >= problem.beats - problem.record_beats;
    Beat now;
    for (long k = 0; k <= steps; ++k) {
      if (measured) {
        now.v.push_back(cell.v(0));
        if (family.cai >= 0) now.cai.push_back(cell.state(0, family.cai));
      }
      if (recorded && k % every == 0 && (k < steps || beat == problem.beats - 1)) {
        result.t_ms.push_back((beat - (problem.beats - problem.record_beats)) * problem.cycle_length_ms + double(k) * dt);
        result.v_mV.push_back(cell.v(0));
        if (family.cai >= 0) result.cai_mM.push_back(cell.state(0, family.cai));
      }
      if (k == steps) break;
      const double share = stimulus_share(double(k) * dt, dt, problem.stimulus_start_ms, duration);
      cell.step(dt, share * amplitude);
      if ((k & 1023) == 0 && progress.cancelled()) return core::cancelled();
    }
    if (!cell.sound())
      return core::computation_failed(fmt::format(
          "The cell's potential left the range of +-200 mV in beat {} (the result would be meaningless). "
          "Try a smaller time step, a weaker stimulus or less extreme channel scales.", beat + 1));
    if (measured) {
      measure(now, dt, problem.stimulus_start_ms);
      result.apd90_change_ms = now.apd90 - apd90_before;
      apd90_before = now.apd90;
      result.vrest_mV = now.vrest;
      result.vpeak_mV = now.vpeak;
      result.dvdt_max_V_per_s = now.dvdt_max;
      result.apd50_ms = now.apd50;
      result.apd90_ms = now.apd90;
      result.ca_diastolic_mM = now.ca_diastolic;
      result.ca_peak_mM = now.ca_peak;
    }
    progress.report(double(beat + 1) / problem.beats, "pacing the cell");
  }
  result.final_state = cell.states(0);
  if (std::isnan(result.apd90_ms)) result.notes.push_back("The last beat did not fire or did not repolarise within the cycle.");
  for (const ChannelKey& k : channel_keys())
    if ((*scales).*k.member != 1.0 && std::find(family.scales.begin(), family.scales.end(), k.key) == family.scales.end())
      result.notes.push_back(fmt::format("{} has no channel {}: its scale had no effect.", model->name, k.key));
  return result;
}

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
  std::vector<std::size_t> missing;
  for (std::size_t c = 0; c < types.size(); ++c) {
    Key key = family->parameters(types[c], scales[c]);
    key.insert(key.end(), {cycle_length_ms, double(beats), dt_ms, double(types[c])});
    keys.push_back(key);
    const std::lock_guard<std::mutex> lock(mutex);
    if (const auto found = cache.find({family_key, key}); found != cache.end()) states[c] = found->second;
    else missing.push_back(c);
  }
  const long steps = std::lround(std::ceil(cycle_length_ms / dt_ms - 1e-9));
  const double dt = cycle_length_ms / double(steps);
  for (std::size_t from = 0; from < missing.size(); from += block_nodes) {
    const std::size_t to = std::min(missing.size(), from + block_nodes);
    std::vector<std::vector<double>> columns, start;
    for (std::size_t k = from; k < to; ++k) {
      columns.push_back(family->parameters(types[missing[k]], scales[missing[k]]));
      start.push_back(family->initial(types[missing[k]]));
    }
    CellBatch batch(*family, columns, start);
    for (int beat = 0; beat < beats; ++beat) {
      for (long k = 0; k < steps; ++k) {
        batch.step(dt, family->stimulus_mV_per_ms * stimulus_share(double(k) * dt, dt, 0.0, family->stimulus_ms));
        if ((k & 4095) == 0 && progress.cancelled()) return core::cancelled();
      }
      if (!batch.sound())
        return core::computation_failed(fmt::format(
            "A cell's potential left the range of +-200 mV while it was paced at {} ms (the tissue would start from nonsense). "
            "Use less extreme channel scales.", cycle_length_ms));
      progress.report((double(from) + double(to - from) * double(beat + 1) / beats) / double(missing.size()), "pacing the cells");
    }
    const std::lock_guard<std::mutex> lock(mutex);
    for (std::size_t k = from; k < to; ++k) {
      states[missing[k]] = batch.states(int(k - from));
      cache[{family_key, keys[missing[k]]}] = states[missing[k]];
    }
  }
  return states;
}

}  // namespace ot::ep
