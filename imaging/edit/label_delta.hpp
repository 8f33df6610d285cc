// SPDX-License-Identifier: GPL-3.0-or-later
// What an edit changed in a label map, as runs of equal (old, new): small enough to keep hundreds for undo, exact in both directions.
// Threads: values; free functions are safe on different maps.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "solvers/core/volume.hpp"

namespace ot::imaging {

// Index box of voxels, both ends included; empty when high < low.
struct VoxelBox {
  std::array<int, 3> low{0, 0, 0}, high{-1, -1, -1};
  bool empty() const { return high[0] < low[0] || high[1] < low[1] || high[2] < low[2]; }
  std::size_t voxels() const;
  void add(int i, int j, int k);
  void add(const VoxelBox& other);
  VoxelBox grown(int by, const std::array<int, 3>& size) const;   // clipped to the grid
  static VoxelBox whole(const std::array<int, 3>& size) { return {{0, 0, 0}, {size[0] - 1, size[1] - 1, size[2] - 1}}; }
  bool operator==(const VoxelBox&) const = default;
};

struct LabelDelta {
  std::array<int, 3> size{0, 0, 0};        // grid it belongs to
  std::size_t changed = 0;                 // voxels
  VoxelBox box;                            // holds every changed voxel
  std::vector<std::uint8_t> runs;          // per run: gap since the last run's end, length (base 128), old, new
  bool table_changed = false;              // names and colours of labels
  std::vector<core::LabelInfo> table_before, table_after;

  bool empty() const { return changed == 0 && !table_changed; }
  std::size_t memory() const;              // bytes
};

// Collects runs in increasing order of offset; neighbouring runs with the same change become one.
class DeltaWriter {
 public:
  explicit DeltaWriter(const std::array<int, 3>& size);
  void add(std::size_t offset, std::size_t length, std::uint8_t before, std::uint8_t after);   // nothing when before == after
  LabelDelta finish();

 private:
  void flush();
  LabelDelta delta_;
  std::size_t end_ = 0, start_ = 0, length_ = 0;
  std::uint8_t before_ = 0, after_ = 0;
};

// Contract: same grid size. `within` is where the maps may differ (the whole grid when empty).
// How many voxels each label gains (negative: loses) by the edit.
std::array<std::int64_t, 256> tally(const LabelDelta& delta);
LabelDelta difference(const core::LabelMap& before, const core::LabelMap& after, const VoxelBox& within = {});
// Makes `map` the state after the edit (forward) or before it. False, and `map` untouched, when it is not the state the delta starts from
// or when the delta is damaged.
bool apply(core::LabelMap& map, const LabelDelta& delta, bool forward);
// Damaged runs (from a file) are found without touching any map.
bool well_formed(const LabelDelta& delta);

// One delta for several that follow each other and change no voxel twice (a brush stroke). Contract: that is so.
LabelDelta join(const std::vector<LabelDelta>& parts, const std::array<int, 3>& size);

bool same_table(const std::vector<core::LabelInfo>& a, const std::vector<core::LabelInfo>& b);

}  // namespace ot::imaging
