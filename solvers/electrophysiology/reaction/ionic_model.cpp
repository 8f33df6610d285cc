// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

#include <fmt/format.h>

#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::ep {

const IonicModel* find_ionic_model(const std::string& key) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.key == key) return &m;
  return nullptr;
}

core::Result<void> check_cells(const ElectroProblem& p) {
  for (const std::string& model : ionic_models_of(p))
    if (!find_ionic_family(model))
      return core::wrong_usage(fmt::format("There is no ionic model family \"{}\" (nothing can be computed). Choose one that `list ionic-models` shows.", model));
  return {};
}

std::string family_name(const std::string& key) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.family && m.family->key == key) return m.name.substr(0, m.name.find(','));
  return key;
}

const IonicFamily* find_ionic_family(const std::string& key) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.family->key == key) return m.family;
  return nullptr;
}

core::Result<std::vector<double>> named_state(const IonicModel& model, const std::vector<std::pair<std::string, double>>& values,
                                              std::vector<std::string>* missing) {
  std::vector<double> state = model.initial_state();
  std::vector<char> given(state.size(), 0);
  for (const auto& [name, value] : values) {
    const std::string last = name.substr(name.rfind('.') + 1);
    int found = -1, by_last = -1;
    for (std::size_t i = 0; i < model.states.size(); ++i) {
      if (model.states[i].name == name || (!model.states[i].reference.empty() && model.states[i].reference == name)) found = int(i);
      if (model.states[i].name == last && model.states[i].reference.empty()) by_last = int(i);
    }
    if (found < 0) found = by_last;
    if (found < 0)
      return core::bad_input(fmt::format("{} has no state \"{}\" (the start would not be the one meant). Use the names that its description lists.", model.name, name));
    if (given[std::size_t(found)])
      return core::bad_input(fmt::format("State \"{}\" of {} is given twice (which one is meant?). Give each once.", name, model.name));
    given[std::size_t(found)] = 1;
    // What no cell can start from: a potential beyond +-200 mV, a negative concentration, a gate outside 0..1. Gates carry no unit; the
    // variables of models without calcium are no gates.
    const IonicState& s = model.states[std::size_t(found)];
    const bool gate = (s.unit.empty() || s.unit == "1") && model.family->cai >= 0, published_gate = state[std::size_t(found)] >= 0 && state[std::size_t(found)] <= 1;
    const bool impossible = !std::isfinite(value) || (found == 0 && s.unit == "mV" && std::abs(value) > 200) || (found > 0 && s.unit == "mM" && value < 0) ||
                            (found > 0 && gate && published_gate && (value < -1e-6 || value > 1 + 1e-6));
    if (impossible)
      return core::bad_input(fmt::format("State \"{}\" of {} cannot be {:g}{}{} (no cell starts there). Correct the initial state.", name, model.name, value, s.unit.empty() ? "" : " ", s.unit));
    state[std::size_t(found)] = value;
  }
  if (missing)
    for (std::size_t i = 0; i < given.size(); ++i)
      if (!given[i]) missing->push_back(model.states[i].name);
  return state;
}

std::vector<std::string> usable_instruction_sets() {
  std::vector<std::string> sets;
#ifdef OT_X86_KERNELS
  // What -march=x86-64-v4 and -v3 let the compiler use (x86-64 psABI, micro-architecture levels).
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (v4) sets.push_back("avx512");
  if (v3) sets.push_back("avx2");
#endif
  sets.push_back("baseline");
  return sets;
}

KernelStep best_kernel(const IonicFamily& family) {
  for (const std::string& set : usable_instruction_sets())
    if (const KernelStep step = family.kernel(set)) return step;
  OT_EXPECT(!"every family has a baseline kernel");
  return nullptr;
}

}  // namespace ot::ep
