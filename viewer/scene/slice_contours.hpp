// SPDX-License-Identifier: GPL-3.0-or-later
// TiledContours: the label outlines of one slice, kept in square tiles so that a brush stroke recomputes only the tiles it touched
// and a scroll skips tiles without a border. Outlines are the half-way line of each label's smoothed indicator (trilinear, then
// 1-2-1 twice: rounds voxel corners, moves flat walls nowhere). Plane coordinates: mm along axes.right and axes.down.
// Threads: one owner; computed with the shared thread budget, same bits for every thread count.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "viewer/scene/slice_image.hpp"

namespace ot::viewer {

class TiledContours {
 public:
  // Forgets everything when grid, axes or position differ; the voxels are read when outlines are asked for.
  void set(std::shared_ptr<const core::LabelMap> labels, const SliceAxes& axes, double position_mm);
  // `equal` has the voxels of `known` (the private copy of a brush): what was computed from `known` stays.
  void follow(const std::shared_ptr<const core::LabelMap>& known, std::shared_ptr<const core::LabelMap> equal) {
    if (labels_ && labels_ == known) labels_ = std::move(equal);
  }
  void clear();
  // Voxels lo..hi (inclusive) of the map were written: tiles that see them are computed again. Returns the rectangle they cover,
  // {u from, v from, u to, v to} in mm of the plane; nothing when none does.
  std::optional<std::array<double, 4>> changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi);
  std::vector<LabelContour> all();             // sorted by label
  long tiles_computed() const { return computed_; }   // since construction, for tests

 private:
  struct Tile {
    bool valid = false;
    std::vector<LabelContour> contours;
  };
  void compute(int tu, int tv);
  bool one_label(int from_u, int from_v, int wide, int tall) const;   // samples from there

  std::shared_ptr<const core::LabelMap> labels_;
  SliceAxes axes_{};
  double position_ = 0, step_ = 1, u0_ = 0, v0_ = 0;
  int nu_ = 0, nv_ = 0, tiles_u_ = 0, tiles_v_ = 0;
  core::Vec3 first_, du_, dv_;                 // index coordinates of sample (u, v) = first + u du + v dv
  std::vector<Tile> tiles_;
  long computed_ = 0;
};

}  // namespace ot::viewer
