// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/isosurface.hpp"

#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::imaging {

using core::SurfaceMesh;
using core::Vec3;

SurfaceMesh isosurface(const core::Volume& field, double level, Inside inside) {
  const core::Grid& g = field.grid;
  OT_EXPECT(field.values.size() == g.voxels() && g.voxels() > 0);
  const float low = *std::min_element(field.values.begin(), field.values.end());
  const float high = *std::max_element(field.values.begin(), field.values.end());
  SurfaceMesh mesh;
  if (!(low < level && high > level)) return mesh;
  // "Inside above" for the extraction; a value exactly on the level would collapse triangles, so it moves a little.
  const float sense = inside == Inside::above ? 1.0f : -1.0f;
  const float nudge = 1e-4f * std::max(high - low, 1e-6f);
  const float outside = -std::max(float(level) - low, high - float(level));
  vtkNew<vtkImageData> image;
  image->SetDimensions(g.size[0] + 2, g.size[1] + 2, g.size[2] + 2);
  image->SetOrigin(-1, -1, -1);
  image->SetSpacing(1, 1, 1);
  image->AllocateScalars(VTK_FLOAT, 1);
  float* out = static_cast<float*>(image->GetScalarPointer());
  std::size_t o = 0;
  for (int k = -1; k <= g.size[2]; ++k)
    for (int j = -1; j <= g.size[1]; ++j)
      for (int i = -1; i <= g.size[0]; ++i, ++o) {
        float v = outside;
        if (g.contains(i, j, k)) {
          v = sense * (field.at(i, j, k) - float(level));
          if (std::abs(v) < nudge) v = v < 0 ? -nudge : nudge;
        }
        out[o] = v;
      }
  vtkNew<vtkFlyingEdges3D> edges;
  edges->SetInputData(image);
  edges->SetValue(0, 0.0);
  edges->ComputeNormalsOff();
  edges->ComputeGradientsOff();
  edges->ComputeScalarsOff();
  edges->Update();
  vtkPolyData* poly = edges->GetOutput();
  mesh.points.resize(std::size_t(poly->GetNumberOfPoints()));
  for (vtkIdType p = 0; p < poly->GetNumberOfPoints(); ++p) {
    double x[3];
    poly->GetPoint(p, x);
    mesh.points[std::size_t(p)] = g.to_patient(Vec3(x[0], x[1], x[2]));
  }
  vtkCellArray* cells = poly->GetPolys();
  mesh.triangles.reserve(std::size_t(cells->GetNumberOfCells()));
  cells->InitTraversal();
  vtkIdType n = 0;
  const vtkIdType* ids = nullptr;
  while (cells->GetNextCell(n, ids))
    if (n == 3) mesh.triangles.push_back({core::Index(ids[0]), core::Index(ids[1]), core::Index(ids[2])});
  if (mesh.volume() < 0)
    for (auto& t : mesh.triangles) std::swap(t[1], t[2]);
  return mesh;
}

LevelSurface surface_of_volume(const core::Volume& field, double wanted) {
  LevelSurface best;
  double lo = 0.02, hi = 0.9, level = 0.5, least = 1e300;
  for (int it = 0; it < 8; ++it) {
    SurfaceMesh mesh = isosurface(field, level, Inside::above);
    const double volume = mesh.volume(), error = std::abs(volume - wanted);
    if (error < least) least = error, best.level = level, best.surface = std::move(mesh);
    if (error < 0.002 * wanted) break;
    (volume > wanted ? lo : hi) = level;
    // The layer between two levels holds d(volume) = area * d(distance); near 0.5 the indicator falls about 0.4/sigma per voxel.
    level = it < 2 ? level + 0.5 * std::clamp((volume - wanted) / wanted, -0.3, 0.3) : 0.5 * (lo + hi);
    if (level <= lo || level >= hi) level = 0.5 * (lo + hi);
  }
  return best;
}

}  // namespace ot::imaging
