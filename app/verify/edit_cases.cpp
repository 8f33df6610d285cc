// SPDX-License-Identifier: GPL-3.0-or-later
// Cost of the brush on a large scan.
#include <algorithm>
#include <chrono>

#include "app/verify/cases.hpp"
#include "imaging/edit/edit.hpp"

namespace ot::verify {
namespace {
using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point t) { return 1000 * std::chrono::duration<double>(Clock::now() - t).count(); }
}  // namespace

// 200 strokes of 40 mouse moves with a ball of 10 mm on 512 x 512 x 512 voxels: the slowest move, letting the button go, and the memory of undo.
BenchRows bench_brush(const core::Progress& progress) {
  core::LabelMap map;
  map.grid.size = {512, 512, 512};
  map.grid.spacing = {0.5, 0.5, 0.5};
  map.values.assign(map.grid.voxels(), 0);
  map.labels = core::labels::heart();
  double slowest_move = 0, slowest_release = 0, slowest_undo = 0;
  std::size_t memory = 0;
  std::vector<imaging::LabelDelta> deltas;
  constexpr int strokes = 200, moves = 40;
  for (int s = 0; s < strokes; ++s) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(s) / strokes, "brush strokes");
    imaging::Stroke stroke(map, nullptr, imaging::Paint{1 + s % 8, {}, 10.0}, {});
    for (int m = 0; m < moves; ++m) {
      const auto start = Clock::now();
      stroke.extend(core::Vec3(40 + (37 * s) % 170 + 0.8 * m, 40 + (53 * s) % 170, 40 + (29 * s) % 170));
      slowest_move = std::max(slowest_move, ms_since(start));
    }
    const auto start = Clock::now();
    deltas.push_back(stroke.finish());
    slowest_release = std::max(slowest_release, ms_since(start));
    memory += deltas.back().memory();
  }
  for (auto d = deltas.rbegin(); d != deltas.rend(); ++d) {
    const auto start = Clock::now();
    if (!imaging::apply(map, *d, false)) return core::computation_failed("A stroke could not be undone (its change does not fit the labels). Please report this.");
    slowest_undo = std::max(slowest_undo, ms_since(start));
  }
  if (std::any_of(map.values.begin(), map.values.end(), [](auto v) { return v != 0; })) return core::computation_failed("Undoing 200 strokes did not give back the empty labels. Please report this.");
  const std::string source = "issue 3: a brush under 50 ms on 512^3";
  const std::vector<std::pair<std::string, double>> size{{"voxels", double(map.values.size())}, {"strokes", strokes}, {"radius_mm", 10}};
  return std::vector<BenchRow>{{"imaging/brush-512 slowest move", size, 1, slowest_move, "ms", 50, "issue 3", source},
                               {"imaging/brush-512 slowest release", size, 1, slowest_release, "ms", 50, "issue 3", source},
                               {"imaging/brush-512 slowest undo", size, 1, slowest_undo, "ms", 50, "issue 3", source},
                               {"imaging/brush-512 undo of 200 strokes", size, 1, double(memory) / 1e6, "MB", 0, "", source}};
}

}  // namespace ot::verify
