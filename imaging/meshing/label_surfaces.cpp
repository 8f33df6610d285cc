// SPDX-License-Identifier: GPL-3.0-or-later
// Closed smooth surfaces of several labels at once; neighbours meet at the same border (label_field.hpp).
// Model: per label the zero level of its share minus the largest other share. Where two labels meet, the two fields differ only in
// sign, so both surfaces cross every grid edge at the same point; along a line where three meet they part by less than a voxel.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "imaging/meshing/isosurface.hpp"
#include "imaging/meshing/label_field.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

core::Volume margin(const LabelField& field, int m) {
  core::Volume out;
  out.grid = field.grid_of(m);
  out.values.resize(out.grid.voxels());
  const core::Grid& g = out.grid;
  core::parallel_chunks(g.size[2], 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    std::vector<double> share(std::size_t(field.materials()) + 1);
    for (int k = int(b); k < int(e); ++k)
      for (int j = 0; j < g.size[1]; ++j)
        for (int i = 0; i < g.size[0]; ++i) {
          field.shares(g.to_patient(Vec3(i, j, k)), share.data());
          double other = -1;
          for (int o = 0; o <= field.materials(); ++o)
            if (o != m) other = std::max(other, share[std::size_t(o)]);
          out.values[g.offset(i, j, k)] = float(share[std::size_t(m)] - other);
        }
  });
  return out;
}

}  // namespace

core::Result<std::vector<LabelSurface>> surfaces_from_labels(const core::LabelMap& labels, const std::vector<int>& values, double smoothing,
                                                             const core::Progress& progress) {
  if (values.empty() || !(smoothing >= 0) || !std::isfinite(smoothing)) {
    return core::wrong_usage("No surface: at least one label value and a smoothing of 0 mm or more are needed. Check the call.");
  }
  auto made = LabelField::make(labels, values, smoothing, 0.0, progress.part(0, 0.5));
  if (!made) return core::pass(made);
  LabelField& field = **made;
  std::vector<LabelSurface> out;
  for (int m = 1; m <= field.materials(); ++m) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.5 + 0.5 * (m - 1) / field.materials(), "surfaces: triangles");
    LabelSurface s;
    s.label = field.label(m);
    s.labelled_mm3 = field.voxel_volume_of(m);
    const core::Volume g = margin(field, m);
    s.surface = isosurface(g, 0.0, Inside::above);
    // The polyhedron of a sliver can differ from the sampled volume: a level of its own then, which moves only this label's border.
    double volume = s.surface.volume(), level = 0;
    for (int it = 0; it < 6 && std::abs(volume - s.labelled_mm3) > 0.015 * s.labelled_mm3 && s.surface.triangles.size() > 3; ++it) {
      level += std::clamp((volume - s.labelled_mm3) * 2.0 * field.slope() / std::max(s.surface.area(), 1e-9), -0.1, 0.1);
      core::SurfaceMesh next = isosurface(g, level, Inside::above);
      const double v = next.volume();
      if (std::abs(v - s.labelled_mm3) < std::abs(volume - s.labelled_mm3)) s.surface = std::move(next), volume = v, s.own_border = true;
    }
    s.volume_mm3 = volume;
    if (!s.surface.triangles.empty()) out.push_back(std::move(s));
  }
  if (out.empty()) {
    return core::computation_failed(fmt::format("The labelled parts are too thin for a surface smoothed by {:.2f} mm (they vanished). "
                                                "Use less smoothing or check the labels.", smoothing));
  }
  return out;
}

}  // namespace ot::imaging
