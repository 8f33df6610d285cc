// SPDX-License-Identifier: GPL-3.0-or-later
// Every activation of every node over a run: what FAST re-entry and FULL runs both give to the studies.
// Units: ms. Threads: plain data.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/types.hpp"

namespace ot::ep {

struct ActivationRecord {
  double end_ms = 0;                        // complete up to here
  std::vector<std::uint32_t> begin;         // [nodes + 1] into the two below
  std::vector<float> at_ms;                 // ascending per node
  std::vector<float> repolarised_ms;        // 90 %; NaN = after the end

  std::size_t nodes() const { return begin.empty() ? 0 : begin.size() - 1; }
  std::uint32_t count(std::size_t node) const { return begin[node + 1] - begin[node]; }
  // Index of the last activation at or before t; begin[node + 1] when there is none.
  std::uint32_t last_before(std::size_t node, double t_ms) const {
    std::uint32_t found = begin[node + 1];
    for (std::uint32_t k = begin[node]; k < begin[node + 1] && double(at_ms[k]) <= t_ms; ++k) found = k;
    return found;
  }
};

}  // namespace ot::ep
