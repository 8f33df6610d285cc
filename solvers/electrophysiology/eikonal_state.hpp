// SPDX-License-Identifier: GPL-3.0-or-later
// What one solve of the eikonal equation works on; shared by the files of Eikonal, by nobody else.
#pragma once
#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "solvers/electrophysiology/eikonal.hpp"

namespace ot::ep {

struct Eikonal::State {
  std::vector<double> t;              // [nodes] curve order
  std::vector<std::int32_t> queued;   // [nodes] bucket a node waits in, -1 = none
  std::vector<std::vector<core::Index>> bucket;
  double origin = 0, width = 1;
  std::int32_t current = 0;
  // start-up only
  std::vector<double> start;          // [nodes] start time of sources, infinity elsewhere
  std::vector<std::int32_t> seen;
  std::int32_t stamp = 0;
  std::map<std::pair<core::Index, int>, core::Mat3> metric;

  std::vector<std::uint32_t> parent;  // [nodes] cell * 4 + local node
  std::vector<core::Vec3> slowness;         // [nodes] of the front, known in start balls
  std::vector<std::int32_t> source;   // [nodes] in start balls: which source

  void lower(core::Index n, double value, std::uint32_t way) {
    t[n] = value;
    parent[n] = way;
    const double place = (value - origin) / width;
    const std::int32_t b = std::max(current, std::int32_t(std::min(place, 4.0e6)));
    if (queued[n] == b) return;
    queued[n] = b;
    if (std::size_t(b) >= bucket.size()) bucket.resize(std::size_t(b) + 64);
    bucket[b].push_back(n);
  }
};

}  // namespace ot::ep
