// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/box_mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/lattice_tiling.hpp"

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

namespace {

// core::make_box with edges of three lengths.
core::TetMesh regular_box(const Vec3& size, const Vec3& edges, core::BoxSplit split) {
  const double edge = edges.maxCoeff();
  if (edges.minCoeff() == edge) return core::make_box(size, edge, split);
  const Vec3 stretch = edges / edge;
  core::TetMesh box = core::make_box(size.cwiseQuotient(stretch), edge, split);
  for (Vec3& x : box.nodes) x = x.cwiseProduct(stretch);
  return box;
}

}  // namespace

core::Result<core::TetMesh> fibre_box(const Vec3& size, const Vec3& edges, const core::Mat3& conductivity, const core::Progress& progress) {
  core::TetMesh box = regular_box(size, edges, core::BoxSplit::kuhn);
  std::array<int, 3> cells{};   // as core::make_box counts them
  Vec3 step;
  const double edge = edges.maxCoeff();
  for (int a = 0; a < 3; ++a) {
    cells[std::size_t(a)] = std::max(1, static_cast<int>(std::lround(size[a] / (edges[a] / edge) / edge)));
    step[a] = size[a] / cells[std::size_t(a)];
  }
  const Vec3 per_step = step.cwiseInverse();
  auto tets = imaging::lattice_tiling(cells, imaging::lattice_superbase(per_step.asDiagonal() * conductivity * per_step.asDiagonal()), progress);
  if (!tets) return core::pass(tets);
  std::vector<unsigned> sides(box.nodes.size(), 0);   // of a node: the faces of the box it lies on
  for (const core::BoundaryFace& f : box.boundary)
    for (const Index i : f.nodes) sides[std::size_t(i)] |= 1u << f.patch;
  box.tets = std::move(*tets);
  box.region.assign(box.tets.size(), 1);
  box.boundary = core::find_boundary(box.tets);
  for (core::BoundaryFace& f : box.boundary) {
    const unsigned shared = sides[std::size_t(f.nodes[0])] & sides[std::size_t(f.nodes[1])] & sides[std::size_t(f.nodes[2])];
    f.patch = std::countr_zero(shared);
  }
  return box;
}

std::string auto_split(const core::Mat3& conductivity) {
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < a; ++b)
      if (std::abs(conductivity(a, b)) > 1e-3 * std::sqrt(conductivity(a, a) * conductivity(b, b))) return "fibres";
  return "alternating";
}

core::Result<core::TetMesh> box_mesh(const std::string& split, const Vec3& size, const Vec3& edges, const core::Mat3& conductivity, const core::Progress& progress) {
  if (split == "kuhn") return regular_box(size, edges, core::BoxSplit::kuhn);
  if (split == "alternating") return regular_box(size, edges, core::BoxSplit::alternating);
  if (split == "fibres") return fibre_box(size, edges, conductivity, progress);
  if (split == "unstructured") return unstructured_box(size, edges[0], progress);
  return core::wrong_usage(fmt::format("There is no way \"{}\" to cut a box into tetrahedra. Use kuhn, alternating, fibres or unstructured.", split));
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
