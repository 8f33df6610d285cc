// SPDX-License-Identifier: GPL-3.0-or-later
// Several labels as one smooth partition of space: every point belongs to exactly one material, so neighbours share their border.
// Model: Gaussian-smoothed 0/1 indicator of each label plus one offset per label; the largest wins; 0 (outside) is what is left of
// the sum. The offsets are the ones that give every label the volume of its voxels, so smoothing neither shrinks a sliver nor fills a
// groove (a power-diagram argument; the rate of change of a volume with its offset is its area over the slope of the indicator).
// In: label map (any direction matrix), values, smoothing [mm] (not under 0.7 voxel, under which the stairs show). Out: LPS mm.
// Fails: no voxel of any label; cancelled. Threads: sampling is const and safe; results do not depend on the thread count.
#pragma once
#include <memory>
#include <vector>

#include "imaging/meshing/grid_fields.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

class LabelField {
 public:
  // Material m is values[m - 1]; labels without a voxel are left out. An axis finer than least_spacing_mm is coarsened.
  static core::Result<std::unique_ptr<LabelField>> make(const core::LabelMap& labels, const std::vector<int>& values, double smoothing_mm,
                                                        double least_spacing_mm, const core::Progress& progress);

  int materials() const { return int(parts_.size()); }              // without outside
  int label(int material) const { return material == 0 ? 0 : parts_[std::size_t(material - 1)].label; }
  int material(const core::Vec3& x) const;                           // 0 = outside
  // Share of a material at x with its offset; of any material at once: shares(x, out[materials() + 1]).
  double share(int material, const core::Vec3& x) const;
  void shares(const core::Vec3& x, double* out) const;
  double voxel_volume_of(int material) const { return parts_[std::size_t(material - 1)].wanted; }  // mm3, as labelled
  const core::Grid& grid() const { return window_.grid; }            // around all materials
  core::Grid grid_of(int material) const { return parts_[std::size_t(material - 1)].field->grid; }
  void shift(int material, double by) { parts_[std::size_t(material - 1)].offset += by; }
  double slope() const { return slope_; }                            // of a share across a flat border, 1/mm

 private:
  struct Part {
    int label = 0;
    double wanted = 0, offset = 0;
    std::unique_ptr<core::Volume> field;
    core::Vec3 first;       // of the field in index space of the window
  };
  // Share at window index q, 0 outside its field.
  static double at(const Part& p, const core::Vec3& q);
  core::Vec3 index_of(const core::Vec3& x) const { return to_index_ * x + shift_; }
  void match_volumes(const core::Progress& progress);

  Window window_;
  double slope_ = 1;
  core::Mat3 to_index_;
  core::Vec3 shift_{0, 0, 0};
  std::vector<Part> parts_;
};

}  // namespace ot::imaging
