// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/box_mesh.hpp"

#include <fmt/format.h>

#include <cmath>

#include "imaging/meshing/meshing.hpp"

namespace ot::solve {

using core::Index;
using core::Vec3;

core::Result<core::TetMesh> unstructured_box(const Vec3& size, double edge, const core::Progress& progress) {
  // The skin of a structured box: CGAL starts from points on the surface and finds none on single large triangles.
  const core::TetMesh block = core::make_box(size, std::max(edge, 0.1 * size.minCoeff()), core::BoxSplit::kuhn);
  core::SurfaceMesh box;
  std::vector<Index> number(block.nodes.size(), -1);
  for (const core::BoundaryFace& f : block.boundary) {
    core::Triangle t = f.nodes;
    for (Index& i : t) {
      Index& n = number[std::size_t(i)];
      if (n < 0) n = static_cast<Index>(box.points.size()), box.points.push_back(block.nodes[std::size_t(i)]);
      i = n;
    }
    box.triangles.push_back(t);
    box.patch.push_back(f.patch);
  }
  box.patch_names = block.patch_names;
  double asked = edge;
  for (int attempt = 0; attempt < 4; ++attempt) {
    if (progress.cancelled()) return core::cancelled();
    auto mesh = imaging::wall_from_surface(box, asked, "tissue", progress);
    if (!mesh) return mesh;
    const double ratio = mesh->mean_edge() / edge;
    if (std::abs(ratio - 1) < 0.02) return mesh;
    asked /= ratio;
  }
  return core::computation_failed(fmt::format("The unstructured box could not be meshed with a mean edge of {} mm. Try another edge.", edge));
}

Place locate(const core::TetMesh& mesh, const Vec3& x) {
  Place place;
  double nearest = 1e300;
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i)
    if (const double d = (mesh.nodes[i] - x).squaredNorm(); d < nearest) nearest = d, place.node[0] = static_cast<Index>(i);
  place.weight = {1, 0, 0, 0};
  place.node[1] = place.node[2] = place.node[3] = place.node[0];
  place.inside = nearest < 1e-18;
  if (place.inside) return place;
  for (const core::Tet& t : mesh.tets) {
    const Vec3 &a = mesh.nodes[std::size_t(t[0])], &b = mesh.nodes[std::size_t(t[1])], &c = mesh.nodes[std::size_t(t[2])], &d = mesh.nodes[std::size_t(t[3])];
    if ((x.array() < a.array().min(b.array()).min(c.array()).min(d.array()) - 1e-9).any() ||
        (x.array() > a.array().max(b.array()).max(c.array()).max(d.array()) + 1e-9).any())
      continue;
    const double v = core::tet_volume(a, b, c, d);
    const double w[4] = {core::tet_volume(x, b, c, d) / v, core::tet_volume(a, x, c, d) / v, core::tet_volume(a, b, x, d) / v, core::tet_volume(a, b, c, x) / v};
    if (w[0] < -1e-9 || w[1] < -1e-9 || w[2] < -1e-9 || w[3] < -1e-9) continue;
    for (std::size_t k = 0; k < 4; ++k) place.node[k] = t[k], place.weight[k] = w[k];
    place.inside = true;
    return place;
  }
  return place;
}

}  // namespace ot::solve
