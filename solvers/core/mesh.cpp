// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::core {
namespace {

// Faces opposite to each local node, outward for a tet of positive volume.
constexpr int faces[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

double smallest_dihedral_deg(const std::vector<Vec3>& x, const Tet& t) {
  Vec3 normal[4];
  for (int f = 0; f < 4; ++f) {
    const Vec3 &a = x[t[faces[f][0]]], &b = x[t[faces[f][1]]], &c = x[t[faces[f][2]]];
    normal[f] = (b - a).cross(c - a);
    const double length = normal[f].norm();
    if (!(length > 0)) return 0;
    normal[f] /= length;
  }
  double smallest = 180;
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j) {
      const double c = std::clamp(-normal[i].dot(normal[j]), -1.0, 1.0);
      smallest = std::min(smallest, std::acos(c) * 180.0 / M_PI);
    }
  return smallest;
}

Index find_root(std::vector<Index>& parent, Index i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

std::size_t count_parts(const TetMesh& mesh) {
  std::vector<Index> parent(mesh.nodes.size());
  std::iota(parent.begin(), parent.end(), 0);
  std::vector<std::uint8_t> used(mesh.nodes.size(), 0);
  for (const auto& t : mesh.tets)
    for (int i = 0; i < 4; ++i) {
      used[t[i]] = 1;
      const Index a = find_root(parent, t[0]), b = find_root(parent, t[i]);
      parent[std::max(a, b)] = std::min(a, b);
    }
  std::size_t parts = 0;
  for (Index i = 0; i < static_cast<Index>(parent.size()); ++i) parts += used[i] && find_root(parent, i) == i;
  return parts;
}

}  // namespace

double tet_volume(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& d) {
  return (b - a).dot((c - a).cross(d - a)) / 6.0;
}

double TetMesh::volume() const {
  double sum = 0;
  for (const auto& t : tets) sum += tet_volume(nodes[t[0]], nodes[t[1]], nodes[t[2]], nodes[t[3]]);
  return sum;
}

double TetMesh::mean_edge() const {
  double sum = 0;
  for (const auto& t : tets)
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j) sum += (nodes[t[i]] - nodes[t[j]]).norm();
  return tets.empty() ? 0 : sum / (6.0 * static_cast<double>(tets.size()));
}

std::vector<int> TetMesh::patch_values(const std::string& prefix) const {
  std::vector<int> values;
  for (const auto& [value, name] : patch_names)
    if (name.rfind(prefix, 0) == 0) values.push_back(value);
  return values;
}

std::string TetMesh::sha256() const {
  Hasher hasher;
  hasher.text("tets 1").value<std::uint64_t>(nodes.size());
  for (const auto& p : nodes) hasher.bytes(p.data(), 3 * sizeof(double));
  hasher.array(tets).array(region).value<std::uint64_t>(boundary.size());
  for (const auto& f : boundary) hasher.bytes(f.nodes.data(), sizeof f.nodes).value(f.patch);
  for (const auto& [value, name] : region_names) hasher.value(value).text(name);
  for (const auto& [value, name] : patch_names) hasher.value(value).text(name);
  return hasher.hex();
}

MeshQuality measure_quality(const TetMesh& mesh) {
  MeshQuality q;
  q.nodes = mesh.nodes.size();
  q.tets = mesh.tets.size();
  q.dihedral_histogram.assign(18, 0);
  std::vector<double> smallest;
  smallest.reserve(q.tets);
  for (const auto& t : mesh.tets) {
    const double v = tet_volume(mesh.nodes[t[0]], mesh.nodes[t[1]], mesh.nodes[t[2]], mesh.nodes[t[3]]);
    q.inverted += !(v > 0);
    smallest.push_back(v > 0 ? smallest_dihedral_deg(mesh.nodes, t) : 0.0);
    ++q.dihedral_histogram[std::clamp(static_cast<int>(smallest.back() / 5.0), 0, 17)];
  }
  if (!smallest.empty()) {
    q.min_dihedral_deg = *std::min_element(smallest.begin(), smallest.end());
    const auto middle = smallest.begin() + static_cast<std::ptrdiff_t>(smallest.size() / 2);
    std::nth_element(smallest.begin(), middle, smallest.end());
    q.median_dihedral_deg = *middle;
  }
  q.mean_edge_mm = mesh.mean_edge();
  q.volume_ml = mesh.volume() / 1000.0;
  q.parts = count_parts(mesh);
  return q;
}

std::vector<BoundaryFace> find_boundary(const std::vector<Tet>& tets) {
  // Faces in buckets by their smallest node; a face is on the boundary when its two other nodes come up once in the bucket.
  struct Key {
    Index middle, last;
    std::size_t face;   // 4 tet + local face
  };
  Index nodes = 0;
  for (const Tet& t : tets)
    for (Index n : t) nodes = std::max(nodes, n + 1);
  std::vector<std::size_t> start(static_cast<std::size_t>(nodes) + 1, 0);
  const auto sorted_face = [&](std::size_t e, std::size_t f) {
    std::array<Index, 3> s{tets[e][faces[f][0]], tets[e][faces[f][1]], tets[e][faces[f][2]]};
    std::sort(s.begin(), s.end());
    return s;
  };
  for (std::size_t e = 0; e < tets.size(); ++e)
    for (std::size_t f = 0; f < 4; ++f) ++start[static_cast<std::size_t>(sorted_face(e, f)[0]) + 1];
  for (std::size_t n = 1; n < start.size(); ++n) start[n] += start[n - 1];
  std::vector<Key> keys(tets.size() * 4);
  std::vector<std::size_t> next(start.begin(), start.end());
  for (std::size_t e = 0; e < tets.size(); ++e)
    for (std::size_t f = 0; f < 4; ++f) {
      const auto s = sorted_face(e, f);
      keys[next[static_cast<std::size_t>(s[0])]++] = {s[1], s[2], 4 * e + f};
    }
  std::vector<char> single(tets.size() * 4, 0);
  for (std::size_t n = 0; n + 1 < start.size(); ++n) {
    const auto first = keys.begin() + static_cast<std::ptrdiff_t>(start[n]), end = keys.begin() + static_cast<std::ptrdiff_t>(start[n + 1]);
    std::sort(first, end, [](const Key& a, const Key& b) { return a.middle != b.middle ? a.middle < b.middle : a.last < b.last; });
    for (auto i = first; i != end;) {
      auto j = i + 1;
      while (j != end && j->middle == i->middle && j->last == i->last) ++j;
      if (j == i + 1) single[i->face] = 1;
      i = j;
    }
  }
  std::vector<BoundaryFace> boundary;
  for (std::size_t k = 0; k < single.size(); ++k) {
    if (!single[k]) continue;
    BoundaryFace face;
    for (std::size_t i = 0; i < 3; ++i) face.nodes[i] = tets[k / 4][faces[k % 4][i]];
    face.tet = static_cast<Index>(k / 4);
    boundary.push_back(face);
  }
  return boundary;
}

Result<void> check_simulation_ready(const TetMesh& mesh) {
  if (mesh.tets.empty()) return bad_input("The mesh has no tetrahedra (there is nothing to simulate). Segment the image again or check the file.");
  const auto n = static_cast<Index>(mesh.nodes.size());
  for (const auto& p : mesh.nodes)
    if (!p.allFinite()) return bad_input("The mesh has a node that is not a number (the geometry is damaged). Export the mesh again.");
  if (mesh.region.size() != mesh.tets.size()) return bad_input("The mesh has no region for some tetrahedra (tissue cannot be assigned). Export it with a region for each cell.");
  std::vector<std::uint8_t> used(mesh.nodes.size(), 0);
  std::size_t inverted = 0;
  Index first = -1;
  for (Index e = 0; e < static_cast<Index>(mesh.tets.size()); ++e) {
    const Tet& t = mesh.tets[e];
    for (Index i : t) {
      if (i < 0 || i >= n) return bad_input(fmt::format("Tetrahedron {} names node {} of {} (the mesh file is damaged). Export it again.", e, i, n));
      used[i] = 1;
    }
    if (!(tet_volume(mesh.nodes[t[0]], mesh.nodes[t[1]], mesh.nodes[t[2]], mesh.nodes[t[3]]) > 0)) {
      if (inverted++ == 0) first = e;
    }
  }
  if (inverted > 0) {
    const Vec3 x = mesh.nodes[mesh.tets[first][0]];
    return bad_input(fmt::format(
        "{} of {} tetrahedra are inverted or flat, the first is number {} near ({:.1f}, {:.1f}, {:.1f}) mm (a simulation on them is meaningless). Mesh again with another edge length.",
        inverted, mesh.tets.size(), first, x[0], x[1], x[2]));
  }
  const auto loose = std::count(used.begin(), used.end(), 0);
  if (loose > 0) return bad_input(fmt::format("{} nodes belong to no tetrahedron (the equations there are singular). Remove unused nodes and try again.", loose));
  return {};
}

TetMesh make_box(const Vec3& size_mm, double edge_mm, BoxSplit split) {
  OT_EXPECT(edge_mm > 0 && (size_mm.array() > 0).all());
  std::array<int, 3> n;
  Vec3 h;
  for (int a = 0; a < 3; ++a) {
    n[a] = std::max(1, static_cast<int>(std::lround(size_mm[a] / edge_mm)));
    h[a] = size_mm[a] / n[a];
  }
  TetMesh mesh;
  const auto id = [&](int i, int j, int k) { return static_cast<Index>((static_cast<long>(k) * (n[1] + 1) + j) * (n[0] + 1) + i); };
  for (int k = 0; k <= n[2]; ++k)
    for (int j = 0; j <= n[1]; ++j)
      for (int i = 0; i <= n[0]; ++i) mesh.nodes.emplace_back(i * h[0], j * h[1], k * h[2]);
  // Kuhn: six tets around the diagonal (0,0,0)-(1,1,1), one per order of the axes. Alternating: cubes of odd index mirrored
  // along that axis, so neighbouring cubes share face diagonals and no direction is preferred.
  constexpr int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i) {
        const int cube[3] = {i, j, k};
        for (const auto& order : orders) {
          int corner[3] = {0, 0, 0};
          Tet t;
          for (int step = 0; step <= 3; ++step) {
            int at[3];
            for (int a = 0; a < 3; ++a) {
              const bool mirrored = split == BoxSplit::alternating && (cube[a] & 1);
              at[a] = cube[a] + (mirrored ? 1 - corner[a] : corner[a]);
            }
            t[step] = id(at[0], at[1], at[2]);
            if (step < 3) corner[order[step]] = 1;
          }
          if (tet_volume(mesh.nodes[t[0]], mesh.nodes[t[1]], mesh.nodes[t[2]], mesh.nodes[t[3]]) < 0) std::swap(t[2], t[3]);
          mesh.tets.push_back(t);
        }
      }
  mesh.region.assign(mesh.tets.size(), 1);
  mesh.region_names[1] = "tissue";
  mesh.boundary = find_boundary(mesh.tets);
  const char* names[6] = {"x_min", "x_max", "y_min", "y_max", "z_min", "z_max"};
  for (auto& face : mesh.boundary)
    for (int a = 0; a < 3; ++a)
      for (int side = 0; side < 2; ++side) {
        bool on = true;
        for (Index i : face.nodes) on = on && std::abs(mesh.nodes[i][a] - (side ? size_mm[a] : 0.0)) < 1e-9 * size_mm[a];
        if (on) face.patch = 1 + 2 * a + side;
      }
  for (int p = 0; p < 6; ++p) mesh.patch_names[p + 1] = names[p];
  return mesh;
}

void compact(TetMesh& mesh) {
  std::vector<Index> fresh(mesh.nodes.size(), -1);
  for (const auto& t : mesh.tets)
    for (Index i : t) fresh[i] = 0;
  std::vector<Vec3> kept;
  for (std::size_t i = 0; i < fresh.size(); ++i)
    if (fresh[i] == 0) {
      fresh[i] = static_cast<Index>(kept.size());
      kept.push_back(mesh.nodes[i]);
    }
  for (auto& t : mesh.tets)
    for (Index& i : t) i = fresh[i];
  for (auto& f : mesh.boundary)
    for (Index& i : f.nodes) i = fresh[i];
  mesh.nodes = std::move(kept);
}

}  // namespace ot::core
