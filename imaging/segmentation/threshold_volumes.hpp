// SPDX-License-Identifier: GPL-3.0-or-later
// How the volumes of blood pools follow the blood threshold, fast enough for a slider: an estimate between two runs of the recipe.
// Model: raised, a pool loses its voxels between the old and the new value; lowered, it gains the voxels between both that lie within `shell`
// voxels of it outside every label or in muscle, each counted for the nearest pool. Cuts between pools stay. At the old threshold it is exact.
// Fails: labels on another grid than the image; cancelled. Threads: pure.
#pragma once
#include <map>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

class ThresholdVolumes {
 public:
  double threshold() const { return threshold_; }
  const std::map<int, double>& volumes_ml() const { return now_ml_; }   // at that threshold, by label
  double volume_ml(int label, double threshold) const;                  // 0 for a label that is no blood pool here

 private:
  friend core::Result<ThresholdVolumes> threshold_volumes(const core::Volume&, const core::LabelMap&, double, const core::Progress&);
  double threshold_ = 0, low_ = 0, step_ = 1;
  std::map<int, double> now_ml_;
  std::map<int, std::vector<double>> loses_ml_, gains_ml_;              // per bin of values: in the pool; in its shell
};

// Pools of the heart's label table; `threshold`: the one that the labels were made with.
core::Result<ThresholdVolumes> threshold_volumes(const core::Volume& image, const core::LabelMap& labels, double threshold, const core::Progress& progress);

}  // namespace ot::imaging
