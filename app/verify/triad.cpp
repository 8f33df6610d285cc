// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/verify/triad.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "solvers/core/parallel.hpp"

namespace ot::verify {

double thread_cpu_s() {
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

double triad_GB_per_s(bool by_own_cpu) {
  const std::ptrdiff_t n = 10'000'000;
  std::vector<double> a(n, 0), b(n, 1), c(n, 2);
  double best = 1e300;
  for (int repeat = 0; repeat < 4; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu = thread_cpu_s();
    core::parallel_chunks(n, 65536, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      for (auto i = from; i < to; ++i) a[std::size_t(i)] = b[std::size_t(i)] + 3.0 * c[std::size_t(i)];
    });
    best = std::min(best, by_own_cpu ? thread_cpu_s() - cpu : std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 24e-9 * double(n) / best;
}

}  // namespace ot::verify
