// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/parallel.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "solvers/core/contracts.hpp"

namespace ot::core {
namespace {
std::atomic<int> budget{0};
}

int hardware_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void set_thread_count(int threads) {
  OT_EXPECT(threads >= 1);
  budget.store(threads);
}

void wait_passively(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  ::execv("/proc/self/exe", argv);
}

int thread_count() {
  const int n = budget.load(std::memory_order_relaxed);
  return n > 0 ? n : hardware_threads();
}

}  // namespace ot::core
