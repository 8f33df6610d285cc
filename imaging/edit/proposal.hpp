// SPDX-License-Identifier: GPL-3.0-or-later
// Inside ot_edit: what a tool proposes for the voxels of a box, and the one place where proposals are written into a label map.
#pragma once
#include <cstdint>
#include <vector>

#include "imaging/edit/edit.hpp"

namespace ot::imaging::tools {

inline std::size_t index_in(const VoxelBox& box, int i, int j, int k) {
  const std::size_t nx = std::size_t(box.high[0] - box.low[0] + 1), ny = std::size_t(box.high[1] - box.low[1] + 1);
  return (std::size_t(k - box.low[2]) * ny + std::size_t(j - box.low[1])) * nx + std::size_t(i - box.low[0]);
}

struct Proposal {
  VoxelBox box;
  std::vector<std::int16_t> value;   // per voxel of the box, -1: as it is
  explicit Proposal(const VoxelBox& b) : box(b), value(b.voxels(), -1) {}
  std::size_t at(int i, int j, int k) const { return index_in(box, i, j, k); }
};

// Writes what the scope allows.
LabelDelta commit(core::LabelMap& labels, const core::Volume* volume, const EditScope& scope, const Proposal& proposal);

// Box of voxels with any of these values (empty list: any label); empty when there is none.
VoxelBox box_of(const core::LabelMap& labels, const std::vector<int>& values);
core::Grid box_grid(const core::Grid& grid, const VoxelBox& box);
// Bytes 1 where the map has the value, within the box.
std::vector<std::uint8_t> mask_of(const core::LabelMap& labels, const VoxelBox& box, int value);
int pad_voxels(const core::Grid& grid, double mm);   // voxels that cover mm along every axis, plus one

core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Paint&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const GrowRegion&, const EditScope&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Scissors&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Islands&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const FillHoles&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Smooth&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Resize&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Refine&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Interpolate&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const Combine&, const core::Progress&);
core::Result<Proposal> propose(const core::LabelMap&, const core::Volume*, const PlaneCut&, const core::Progress&);

}  // namespace ot::imaging::tools
