// SPDX-License-Identifier: GPL-3.0-or-later
// Parallel loops whose results do not depend on the number of threads.
// Rule of the house: a loop writes each output once (no atomics on floating point), and sums go through ordered_sum.
// Threads: one budget for the whole process, set_thread_count(); nested regions run serially.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace ot::core {

void set_thread_count(int threads);  // >= 1; the number OpenMP regions use from now on, in every thread
int thread_count();
int hardware_threads();
// First line of main(): OpenMP threads must wait passively (busy waiting slows two threads ten-fold beside other load), and the
// runtime reads that setting only when it is loaded. So the program starts itself again with OMP_WAIT_POLICY=passive, unless the
// user chose a policy. Returns when nothing had to be done or when the restart failed.
void wait_passively(char** argv);

// f(begin, end) over [0, n) in chunks of fixed size; the chunks do not depend on the thread count.
template <class F>
void parallel_chunks(std::ptrdiff_t n, std::ptrdiff_t chunk, F&& f) {
  const std::ptrdiff_t chunks = (n + chunk - 1) / chunk;
  if (chunks <= 1 || thread_count() == 1) {
    for (std::ptrdiff_t c = 0; c < chunks; ++c) f(c * chunk, std::min(n, (c + 1) * chunk));
    return;
  }
#pragma omp parallel for schedule(static) num_threads(thread_count())
  for (std::ptrdiff_t c = 0; c < chunks; ++c) f(c * chunk, std::min(n, (c + 1) * chunk));
}

// Sum of partial(begin, end) over fixed chunks, added in order: the same bits for every thread count.
template <class F>
double ordered_sum(std::ptrdiff_t n, F&& partial, std::ptrdiff_t chunk = 2048) {
  const std::ptrdiff_t chunks = (n + chunk - 1) / chunk;
  std::vector<double> part(static_cast<std::size_t>(std::max<std::ptrdiff_t>(chunks, 1)), 0.0);
  parallel_chunks(n, chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) { part[std::size_t(b / chunk)] = partial(b, e); });
  double sum = 0.0;
  for (double p : part) sum += p;
  return sum;
}

}  // namespace ot::core
