// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

#include "solvers/core/contracts.hpp"

namespace ot::ep {

const IonicModel* find_ionic_model(const std::string& key) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.key == key) return &m;
  return nullptr;
}

const IonicFamily* find_ionic_family(const std::string& key) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.family->key == key) return m.family;
  return nullptr;
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
