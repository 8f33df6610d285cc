// SPDX-License-Identifier: GPL-3.0-or-later
// Template action potentials from single paced cells.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/response.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"

namespace ot::ep {
namespace {

constexpr double pacing_dt_ms = 0.02;   // as FULL, which shares the cached states
constexpr int beats_after = 3;          // with the template's own: four stimuli show responses of 2:1, 3:1 and 4:3

using Key = std::pair<std::string, std::vector<double>>;   // family, numbers

Key key_of(const std::string& family, int type, const ChannelScales& c, double cycle) {
  Key key{family, {double(type), cycle}};
  for (const ChannelKey& k : channel_keys()) key.second.push_back(c.*k.member);
  const HergBinding& b = c.herg;
  key.second.insert(key.second.end(), {b.concentration_nM, b.Kmax, b.Ku_per_ms, b.n, b.halfmax_nM_n, b.Vhalf_mV});
  return key;
}

std::mutex cache_mutex;
std::map<Key, ActionPotential> cache;

// The model of the family for a cell type; families with one kind of cell have one model for all. Contract: the family exists.
const IonicModel& model_of(const std::string& family, int type) {
  const IonicModel* any = nullptr;
  for (const IonicModel& m : builtin_ionic_models()) {
    if (!m.family || m.family->key != family) continue;
    if (m.cell_type == CellType(type)) return m;
    if (!any) any = &m;
  }
  OT_EXPECT(any != nullptr);
  return *any;
}

core::Result<ActionPotential> last_beat(const std::string& family, int type, const ChannelScales& channels, double cycle, std::vector<double> state) {
  CellProblem cell;
  cell.model = model_of(family, type).key;
  cell.channels = channels;
  cell.cycle_length_ms = cycle;
  cell.beats = 1;
  cell.initial_state = std::move(state);
  cell.record_every_ms = 0.25;
  cell.stimulus_start_ms = 10;
  auto run = run_cell(cell);
  if (!run) return core::pass(run);
  const auto& v = run->v_mV;
  const auto& t = run->t_ms;
  ActionPotential ap;
  std::size_t up = 0;
  for (std::size_t k = 1; k < v.size() && up == 0; ++k)
    if (v[k - 1] < 0 && v[k] >= 0) up = k;
  if (up == 0)
    return core::computation_failed(fmt::format("Cell {} does not fire at cycle length {:g} ms with these channels (no action potential to build on). Reduce the block.", cell.model, cycle));
  CellProblem further = cell;
  further.beats = beats_after;
  further.initial_state = run->final_state;
  const auto next = run_cell(further);
  if (!next) return core::pass(next);
  const int stimuli = run->stimuli_followed + next->stimuli_followed, captured = run->stimuli_captured + next->stimuli_captured;
  if (captured < stimuli)
    return core::computation_failed(fmt::format("Cell {} does not follow a cycle of {:g} ms with these channels: {} of {} stimuli start an action potential (FAST repeats one beat and would show a wrong one). "
                                                "Lengthen the cycle or reduce the block.", cell.model, cycle, captured, stimuli));
  if (std::abs(next->apd90_change_ms) > alternating_apd_ms)
    ap.note = fmt::format("action potentials of {} change from beat to beat at {:g} ms (APD90 by {:.0f} ms); one of them is shown everywhere.", cell.model, cycle, std::abs(next->apd90_change_ms));
  const double crossing = t[up - 1] + (0 - v[up - 1]) / (v[up] - v[up - 1]) * (t[up] - t[up - 1]);
  const double peak = *std::max_element(v.begin(), v.end());
  const double rest = v.front();
  const double level = peak - 0.9 * (peak - rest);
  std::size_t down = 0;
  for (std::size_t k = up + 1; k < v.size() && down == 0; ++k)
    if (v[k - 1] > level && v[k] <= level && t[k] - crossing > 20) down = k;
  if (down == 0)
    return core::computation_failed(fmt::format("Cell {} does not repolarise within the cycle of {:g} ms (the block is beyond what a template can show). Reduce the block.", cell.model, cycle));
  const double repolarised = t[down - 1] + (v[down - 1] - level) / (v[down - 1] - v[down]) * (t[down] - t[down - 1]);
  ap.apd90_ms = repolarised - crossing;
  ap.rest_mV = float(rest);
  // From 2 ms before the crossing (rest until the stimulus) to the end of the cycle.
  std::size_t from = up;
  while (from > 0 && t[from] > crossing - 2.0) --from;
  ap.dt_ms = t[1] - t[0];
  ap.upstroke_ms = crossing - t[from];
  for (std::size_t k = from; k < v.size(); ++k) ap.v_mV.push_back(float(v[k]));
  ap.v_mV.front() = ap.rest_mV;
  return ap;
}

std::mutex velocity_mutex;
std::map<Key, double> velocity_cache;

// Plane-wave velocity over sqrt(D) of epicardial cells of FULL's membrane model, extrapolated from two strands; 0 when a wave dies.
// The cell type matters little for the upstroke.
core::Result<double> wave_velocity(const std::string& model, const ChannelScales& channels, double cycle, const core::Progress& progress) {
  const Key key = key_of(model, 0, channels, cycle);
  {
    const std::lock_guard lock(velocity_mutex);
    if (const auto it = velocity_cache.find(key); it != velocity_cache.end()) return it->second;
  }
  const IonicFamily* family = find_ionic_family(model);
  if (!family) return 0.0;
  std::vector<double> state = family->initial(CellType::epi);
  if (cycle > 0) {
    auto states = paced_states(model, cycle, family->pacing_beats, pacing_dt_ms, {CellType::epi}, {channels}, progress.part(0, 0.6));   // the strands take the rest
    if (!states) return core::pass(states);
    state = (*states)[0];
  }
  const auto parameters = family->parameters(CellType::epi, channels);
  constexpr double dt = 0.01;   // as the tuning of FULL
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.6, "velocity along a strand");
  const double velocity = converged_velocity(*family, parameters, state, dt, 1.0, progress.part(0.6, 1.0));
  if (progress.cancelled()) return core::cancelled();
  const std::lock_guard lock(velocity_mutex);
  return velocity_cache[key] = velocity;
}

}  // namespace

core::Result<FastTemplates> make_templates(const ElectroProblem& problem, const core::Progress& progress) {
  FastTemplates out;
  const std::string& model = problem.ionic_model;
  if (auto ok = check_cells(problem); !ok) return core::pass(ok);
  std::array<bool, 3> used{problem.cell_type.empty(), false, false};
  for (std::uint8_t type : problem.cell_type) used[std::min<int>(type, 2)] = true;
  // Which pairs of cell type and channel scales are needed, each once.
  struct Wanted {
    std::string model;
    int type;
    ChannelScales scales;
    std::optional<ActionPotential> shape;
    std::string where = {};   // regions of the tissue that have it; empty: none has
  };
  std::vector<Wanted> wanted;
  std::map<Key, std::uint8_t> index;
  const std::size_t regions = std::max<std::size_t>(problem.regions.size(), 1);
  const auto drug = acting_drugs(problem, progress.part(0, 0.5), &out.notes);
  if (!drug) return core::pass(drug);
  std::vector<char> present(regions, problem.tissue.empty());
  for (std::uint8_t t : problem.tissue)
    if (t < regions) present[t] = 1;
  for (std::size_t r = 0; r < regions; ++r) {
    std::array<std::uint8_t, 3> row{0, 0, 0};
    const bool own = !problem.regions.empty() && problem.regions[r].conducting;
    for (int type = 0; type < 3; ++type) {
      if (!used[type]) continue;
      const std::string& cells = ionic_model_of(problem, r, CellType(type));
      const ChannelScales& acts = drug->at(cells)[std::size_t(type)];
      const ChannelScales scales = own ? acts * problem.regions[r].channels : acts;
      const auto [it, fresh] = index.try_emplace(key_of(cells, type, scales, problem.cycle_length_ms), std::uint8_t(wanted.size()));
      if (fresh && wanted.size() >= 255)
        return core::bad_input("More than 255 different action potentials are needed (FAST keeps one per cell type and tissue). Use fewer tissue regions.");
      if (fresh) wanted.push_back({cells, type, scales, std::nullopt});
      row[type] = it->second;
      if (auto& where = wanted[it->second].where; present[r] && (own || problem.regions.empty())) where += (where.empty() ? "" : ", ") + (problem.regions.empty() ? std::string("the muscle") : problem.regions[r].key);
    }
    out.of_region.push_back(row);
  }
  // Only the channels that carry or oppose the upstroke change the velocity at rest.
  bool slowed = false;
  for (std::size_t r = 0; r < regions; ++r) {
    if (!present[r]) continue;
    const bool own = !problem.regions.empty() && problem.regions[r].conducting;
    const ChannelScales s = own ? problem.channels * problem.regions[r].channels : problem.channels;
    slowed = slowed || s.g_Na != 1.0 || s.g_K1 != 1.0 || ionic_model_of(problem, r, CellType::epi) != model;
  }
  const core::Progress velocities = progress.part(0.0, slowed ? 0.6 : 0.0);
  for (std::size_t r = 0; r < regions && slowed; ++r) {
    if (!present[r]) {
      out.speed.push_back(1.0);
      continue;
    }
    const bool own = !problem.regions.empty() && problem.regions[r].conducting;
    const ChannelScales s = own ? problem.channels * problem.regions[r].channels : problem.channels;
    const core::Progress part = velocities.part(double(r) / double(regions), double(r + 1) / double(regions));
    auto healthy = wave_velocity(model, {}, problem.cycle_length_ms, part.part(0.0, 0.5));
    if (!healthy) return core::pass(healthy);
    ChannelScales relevant;
    relevant.g_Na = s.g_Na;
    relevant.g_K1 = s.g_K1;
    auto here = wave_velocity(ionic_model_of(problem, r, CellType::epi), relevant, problem.cycle_length_ms, part.part(0.5, 1.0));
    if (!here) return core::pass(here);
    out.speed.push_back(*healthy > 0 ? *here / *healthy : 1.0);
    if (own && out.speed[r] > 0 && out.speed[r] != 1.0)
      out.notes.push_back(fmt::format("FAST: conduction in {} runs at {:.2f} of its healthy speed for its cells and channels (strand of FULL's cells).", problem.regions[r].key, out.speed[r]));
    if (own && !(out.speed[r] > 0))
      out.notes.push_back(fmt::format("FAST: a wave dies in {} with these channels; it is not activated.", problem.regions[r].key));
  }
  std::map<std::string, std::vector<std::size_t>> missing;   // by model
  {
    const std::lock_guard lock(cache_mutex);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      auto& w = wanted[k];
      if (const auto it = cache.find(key_of(w.model, w.type, w.scales, problem.cycle_length_ms)); it != cache.end()) {
        w.shape = it->second;
        continue;
      }
      missing[w.model].push_back(k);
    }
  }
  const core::Progress pacing = progress.part(slowed ? 0.6 : 0.0, 1.0);
  std::size_t paced = 0;
  for (const auto& [cells, which] : missing) {
    std::vector<CellType> types;
    std::vector<ChannelScales> scales;
    for (const std::size_t k : which) {
      types.push_back(CellType(wanted[k].type));
      scales.push_back(wanted[k].scales);
    }
    const double from = double(paced++) / double(missing.size());
    auto states = paced_states(cells, problem.cycle_length_ms, find_ionic_family(cells)->pacing_beats, pacing_dt_ms, types, scales, pacing.part(from, from + 1.0 / double(missing.size())));
    if (!states) return core::pass(states);
    for (std::size_t k = 0; k < which.size(); ++k) {
      if (progress.cancelled()) return core::cancelled();
      auto& w = wanted[which[k]];
      auto shape = last_beat(cells, w.type, w.scales, problem.cycle_length_ms, std::move((*states)[k]));
      if (!shape) return core::pass(shape);
      w.shape = std::move(*shape);
      const std::lock_guard lock(cache_mutex);
      if (cache.size() > 256) cache.clear();
      cache[key_of(cells, w.type, w.scales, problem.cycle_length_ms)] = *w.shape;
    }
  }
  for (auto& w : wanted) {
    if (!w.shape->note.empty() && !w.where.empty()) out.notes.push_back(fmt::format("FAST: in {}, {}", w.where, w.shape->note));
    out.shapes.push_back(std::move(*w.shape));
  }
  for (const std::string& cells : ionic_models_of(problem))
    out.notes.push_back(fmt::format("FAST action potentials: {} cells paced {} times at {:g} ms.", family_name(cells), find_ionic_family(cells)->pacing_beats + 1, problem.cycle_length_ms));
  if (const std::string other = other_cells(problem); !other.empty())
    out.notes.push_back(fmt::format("Other cells: {}; elsewhere {}. FAST: the region takes its cells' action potential and the velocity of a strand of them; velocity is that of epicardial cells, layers differ in shape only.", other, family_name(model)));
  return out;
}

}  // namespace ot::ep
