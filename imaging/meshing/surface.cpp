// SPDX-License-Identifier: GPL-3.0-or-later
// Smooth closed surface of a union of labels.
// Model: the union's indicator smoothed by 2 G - G G (G a Gaussian), the level chosen so that the enclosed volume is that of the voxels.
// A plain Gaussian moves a border of radius R inward by sigma^2 / 2R, which would deepen a stenosis by several percent; this kernel has
// no second moment (van Cittert, Z. Phys. 69:298, 1931, one step), so necks keep their width to fourth order.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "imaging/meshing/grid_fields.hpp"
#include "imaging/meshing/isosurface.hpp"
#include "imaging/meshing/meshing.hpp"

namespace ot::imaging {

using core::Vec3;

core::Result<core::SurfaceMesh> surface_from_labels(const core::LabelMap& labels, const std::vector<int>& values, double smoothing_mm,
                                                    const core::Progress& progress) {
  if (values.empty() || !(smoothing_mm >= 0) || !std::isfinite(smoothing_mm)) {
    return core::wrong_usage("No surface: at least one label value and a smoothing of 0 mm or more are needed. Check the call.");
  }
  if (labels.values.size() != labels.grid.voxels() || labels.grid.voxels() == 0) {
    return core::bad_input("No surface: the label map is empty. Run segmentation first.");
  }
  const Window window = window_around(labels, label_set(values), 5.7 * smoothing_mm, 0.0);
  if (window.empty) {
    std::string names;
    for (int v : values) {
      const auto it = std::find_if(labels.labels.begin(), labels.labels.end(), [&](const core::LabelInfo& l) { return l.value == v; });
      names += (names.empty() ? "" : ", ") + (it == labels.labels.end() ? fmt::format("label {}", v) : it->name);
    }
    return core::bad_input(fmt::format("The label map has no voxel of {} (nothing to draw or mesh). Run segmentation first.", names));
  }
  progress.report(0.1, "surface: smoothing");
  core::Volume field = indicator(labels, label_set(values), window);
  double voxels = 0;
  for (float v : field.values) voxels += v;
  // Under 0.7 voxel the stairs of the voxels show.
  Vec3 sigma;
  for (int a = 0; a < 3; ++a) sigma[a] = std::max(0.7, smoothing_mm / window.grid.spacing[a]);
  gaussian(field, sigma);
  core::Volume twice = field;
  gaussian(twice, sigma);
  for (std::size_t v = 0; v < field.values.size(); ++v) field.values[v] = 2 * field.values[v] - twice.values[v];
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.5, "surface: triangles");
  LevelSurface out = surface_of_volume(field, voxels * window.grid.voxel_volume());
  if (progress.cancelled()) return core::cancelled();
  if (out.surface.triangles.empty()) {
    return core::computation_failed(fmt::format("The labelled part is too thin for a surface smoothed by {:.2f} mm (it vanished). "
                                                "Use less smoothing or check the labels.", smoothing_mm));
  }
  return std::move(out.surface);
}

}  // namespace ot::imaging
