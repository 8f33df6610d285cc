// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <utility>

#include "solvers/core/hash.hpp"
#include "solvers/core/mesh.hpp"

namespace ot::core {

double SurfaceMesh::area() const {
  double sum = 0;
  for (const auto& t : triangles) sum += 0.5 * (points[t[1]] - points[t[0]]).cross(points[t[2]] - points[t[0]]).norm();
  return sum;
}

double SurfaceMesh::volume() const {
  if (points.empty()) return 0;
  const Vec3 o = points.front();  // near origin: keeps digits
  double sum = 0;
  for (const auto& t : triangles) sum += (points[t[0]] - o).dot((points[t[1]] - o).cross(points[t[2]] - o));
  return sum / 6.0;
}

bool SurfaceMesh::closed() const {
  if (triangles.empty()) return false;
  std::vector<std::pair<Index, Index>> edges;
  edges.reserve(triangles.size() * 3);
  for (const auto& t : triangles)
    for (int e = 0; e < 3; ++e) edges.emplace_back(t[e], t[(e + 1) % 3]);
  std::sort(edges.begin(), edges.end());
  if (std::adjacent_find(edges.begin(), edges.end()) != edges.end()) return false;  // one edge twice in the same sense
  for (const auto& e : edges)
    if (!std::binary_search(edges.begin(), edges.end(), std::make_pair(e.second, e.first))) return false;
  return true;
}

std::vector<Vec3> SurfaceMesh::vertex_normals() const {
  std::vector<Vec3> normals(points.size(), Vec3::Zero());
  for (const auto& t : triangles) {
    const Vec3 n = (points[t[1]] - points[t[0]]).cross(points[t[2]] - points[t[0]]);
    for (Index i : t) normals[i] += n;
  }
  for (auto& n : normals) {
    const double length = n.norm();
    n = length > 0 ? Vec3(n / length) : Vec3(0, 0, 1);
  }
  return normals;
}

std::string SurfaceMesh::sha256() const {
  Hasher hasher;
  hasher.text("surface 1").value<std::uint64_t>(points.size());
  for (const auto& p : points) hasher.bytes(p.data(), 3 * sizeof(double));
  hasher.array(triangles).array(patch);
  for (const auto& [value, name] : patch_names) hasher.value(value).text(name);
  return hasher.hex();
}

}  // namespace ot::core
