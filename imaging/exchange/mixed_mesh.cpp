// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/mixed_mesh.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "imaging/exchange/mesh_file.hpp"

namespace ot::imaging {
namespace {

using core::bad_input;
using core::Index;
using core::Result;

bool is_volume(CellKind kind) { return kind >= CellKind::tetra; }

core::Triangle sorted(core::Triangle t) {
  std::sort(t.begin(), t.end());
  return t;
}

// Splits a cell into tetrahedra. A quadrilateral face is cut from its smallest node number, so both neighbours cut it alike.
// Node order of VTK and openCARP: prism (0 1 2)(3 4 5), pyramid base 0 1 2 3 tip 4, hexahedron (0 1 2 3)(4 5 6 7).
void split_prism(const std::array<Index, 6>& v, std::vector<core::Tet>& out) {
  // Turn the prism so that the smallest node is first (table 1 of the paper).
  static constexpr int turn[6][6] = {{0, 1, 2, 3, 4, 5}, {1, 2, 0, 4, 5, 3}, {2, 0, 1, 5, 3, 4}, {3, 5, 4, 0, 2, 1}, {4, 3, 5, 1, 0, 2}, {5, 4, 3, 2, 1, 0}};
  const int low = int(std::min_element(v.begin(), v.end()) - v.begin());
  std::array<Index, 6> w;
  for (int i = 0; i < 6; ++i) w[std::size_t(i)] = v[std::size_t(turn[low][i])];
  if (std::min(w[1], w[5]) < std::min(w[2], w[4])) {
    out.push_back({w[0], w[1], w[2], w[5]});
    out.push_back({w[0], w[1], w[5], w[4]});
    out.push_back({w[0], w[4], w[5], w[3]});
  } else {
    out.push_back({w[0], w[1], w[2], w[4]});
    out.push_back({w[0], w[4], w[2], w[5]});
    out.push_back({w[0], w[4], w[5], w[3]});
  }
}

void split_pyramid(const std::array<Index, 5>& v, std::vector<core::Tet>& out) {
  if (std::min(v[0], v[2]) < std::min(v[1], v[3])) {
    out.push_back({v[0], v[1], v[2], v[4]});
    out.push_back({v[0], v[2], v[3], v[4]});
  } else {
    out.push_back({v[1], v[2], v[3], v[4]});
    out.push_back({v[1], v[3], v[0], v[4]});
  }
}

// From the smallest corner: the three faces that do not hold it, each cut from its own smallest node, joined to that corner.
void split_hexa(const std::array<Index, 8>& v, std::vector<core::Tet>& out) {
  static constexpr int faces[6][4] = {{0, 3, 2, 1}, {4, 5, 6, 7}, {0, 1, 5, 4}, {1, 2, 6, 5}, {2, 3, 7, 6}, {3, 0, 4, 7}};
  const Index apex = *std::min_element(v.begin(), v.end());
  for (const auto& f : faces) {
    std::array<Index, 4> q{v[std::size_t(f[0])], v[std::size_t(f[1])], v[std::size_t(f[2])], v[std::size_t(f[3])]};
    if (std::find(q.begin(), q.end(), apex) != q.end()) continue;
    std::rotate(q.begin(), std::min_element(q.begin(), q.end()), q.end());
    out.push_back({apex, q[0], q[2], q[1]});
    out.push_back({apex, q[0], q[3], q[2]});
  }
}

Result<void> check(const MixedMesh& m) {
  for (const core::Vec3& p : m.points)
    if (!p.allFinite()) return bad_input("The mesh has a point that is not a number (the file is damaged). Export it again.");
  const auto n = Index(m.points.size());
  for (const MixedCell& c : m.cells)
    for (int i = 0; i < nodes_of(c.kind); ++i)
      if (c.nodes[std::size_t(i)] < 0 || c.nodes[std::size_t(i)] >= n) return bad_input("The mesh has a cell that names a missing point (the file is damaged). Export it again.");
  return {};
}

}  // namespace

int nodes_of(CellKind kind) {
  static constexpr int n[] = {2, 3, 4, 4, 5, 6, 8};
  return n[int(kind)];
}

const char* name_of(CellKind kind) {
  static constexpr const char* n[] = {"lines", "triangles", "quadrilaterals", "tetrahedra", "pyramids", "prisms", "hexahedra"};
  return n[int(kind)];
}

std::size_t MixedMesh::count(CellKind kind) const {
  return std::size_t(std::count_if(cells.begin(), cells.end(), [&](const MixedCell& c) { return c.kind == kind; }));
}
std::size_t MixedMesh::count_volume() const {
  return std::size_t(std::count_if(cells.begin(), cells.end(), [](const MixedCell& c) { return is_volume(c.kind); }));
}
bool MixedMesh::has_volume() const {
  return std::any_of(cells.begin(), cells.end(), [](const MixedCell& c) { return is_volume(c.kind); });
}

Result<TetsFromMixed> to_tets(const MixedMesh& mixed, LengthUnit unit) {
  if (auto ok = check(mixed); !ok) return core::pass(ok);
  if (!mixed.has_volume()) return bad_input("The mesh holds no volume cells (only a surface). Import it as a surface, or export a tetrahedral mesh.");
  TetsFromMixed out;
  core::TetMesh& mesh = out.mesh;
  const double scale = millimetres_per(unit);
  for (const core::Vec3& p : mixed.points) mesh.nodes.push_back(p * scale);
  std::size_t split = 0, turned = 0, flat = 0;
  std::vector<core::Tet> pieces;
  for (std::size_t c = 0; c < mixed.cells.size(); ++c) {
    const MixedCell& cell = mixed.cells[c];
    if (!is_volume(cell.kind)) continue;
    const auto& n = cell.nodes;
    pieces.clear();
    if (cell.kind == CellKind::tetra) pieces.push_back({n[0], n[1], n[2], n[3]});
    else if (cell.kind == CellKind::pyramid) split_pyramid({n[0], n[1], n[2], n[3], n[4]}, pieces);
    else if (cell.kind == CellKind::prism) split_prism({n[0], n[1], n[2], n[3], n[4], n[5]}, pieces);
    else split_hexa({n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]}, pieces);
    split += cell.kind != CellKind::tetra;
    for (core::Tet t : pieces) {
      const double v = core::tet_volume(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])], mesh.nodes[std::size_t(t[3])]);
      if (v < 0) {
        std::swap(t[2], t[3]);
        ++turned;
      } else if (!(v > 0)) {
        ++flat;
      }
      mesh.tets.push_back(t);
      mesh.region.push_back(cell.region);
      if (!mixed.fibre.empty()) out.fibre.push_back(mixed.fibre[c]);
      if (!mixed.sheet.empty()) out.sheet.push_back(mixed.sheet[c]);
    }
  }
  if (flat > 0) return bad_input(fmt::format("The mesh holds {} tetrahedra without volume (no solver can use them). Repair it in the tool that made it.", flat));
  if (split > 0) out.notes.push_back(fmt::format("{} prisms, pyramids or hexahedra were split into tetrahedra.", split));
  if (turned > 0) out.notes.push_back(fmt::format("{} tetrahedra were numbered the other way round and were turned.", turned));
  mesh.region_names = mixed.region_names;
  for (const int r : mesh.region) mesh.region_names.emplace(r, fmt::format("region {}", r));
  mesh.boundary = core::find_boundary(mesh.tets);
  std::map<core::Triangle, int> patch_of;
  for (const MixedCell& c : mixed.cells) {
    if (c.kind == CellKind::triangle) patch_of[sorted({c.nodes[0], c.nodes[1], c.nodes[2]})] = c.region;
    if (c.kind == CellKind::quad)
      for (int i = 0; i < 4; ++i)   // whichever diagonal the split took
        patch_of[sorted({c.nodes[std::size_t(i)], c.nodes[std::size_t((i + 1) % 4)], c.nodes[std::size_t((i + 2) % 4)]})] = c.region;
  }
  std::size_t unnamed = 0;
  int other = 0;
  for (const auto& [face, patch] : patch_of) other = std::max(other, patch + 1);
  for (core::BoundaryFace& f : mesh.boundary) {
    if (patch_of.empty()) continue;
    const auto hit = patch_of.find(sorted(f.nodes));
    f.patch = hit != patch_of.end() ? hit->second : other;
    unnamed += hit == patch_of.end();
  }
  for (const core::BoundaryFace& f : mesh.boundary)
    if (!mesh.patch_names.contains(f.patch)) {
      const auto named = mixed.patch_names.find(f.patch);
      mesh.patch_names[f.patch] = named != mixed.patch_names.end() ? named->second : patch_of.empty() || f.patch == other ? "boundary" : fmt::format("patch {}", f.patch);
    }
  if (!patch_of.empty() && unnamed > 0) out.notes.push_back(fmt::format("{} boundary faces have no patch in the file; they are called \"boundary\".", unnamed));
  const std::size_t nodes = mesh.nodes.size();
  core::compact(mesh);
  if (mesh.nodes.size() != nodes) out.notes.push_back(fmt::format("{} points that no tetrahedron uses were dropped.", nodes - mesh.nodes.size()));
  if (auto ok = core::check_simulation_ready(mesh); !ok) return core::pass(ok);
  const auto unit_length = [](std::vector<core::Vec3>& v) {
    for (core::Vec3& x : v) x = x.norm() > 1e-12 ? core::Vec3(x.normalized()) : core::Vec3(0, 0, 0);
  };
  unit_length(out.fibre);
  unit_length(out.sheet);
  out.notes.insert(out.notes.begin(), mixed.notes.begin(), mixed.notes.end());
  return out;
}

Result<core::SurfaceMesh> to_surface(const MixedMesh& mixed, LengthUnit unit) {
  if (auto ok = check(mixed); !ok) return core::pass(ok);
  core::SurfaceMesh out;
  std::vector<Index> number(mixed.points.size(), -1);
  const double scale = millimetres_per(unit);
  const auto node = [&](Index i) {
    if (number[std::size_t(i)] < 0) number[std::size_t(i)] = 0;
    return i;
  };
  bool several = false;
  for (const MixedCell& c : mixed.cells) {
    if (c.kind != CellKind::triangle && c.kind != CellKind::quad) continue;
    const auto& n = c.nodes;
    out.triangles.push_back({node(n[0]), node(n[1]), node(n[2])});
    out.patch.push_back(c.region);
    if (c.kind == CellKind::quad) {
      out.triangles.push_back({node(n[0]), node(n[2]), node(n[3])});
      out.patch.push_back(c.region);
    }
    several = several || c.region != out.patch.front();
  }
  if (out.triangles.empty()) return bad_input("The mesh holds no triangles (it is no surface). Export a surface, or import it as a tetrahedral mesh.");
  Index next = 0;
  for (std::size_t i = 0; i < number.size(); ++i)
    if (number[i] == 0) {
      number[i] = next++;
      out.points.push_back(mixed.points[i] * scale);
    }
  for (core::Triangle& t : out.triangles)
    for (Index& i : t) i = number[std::size_t(i)];
  const auto& names = mixed.has_volume() ? mixed.patch_names : mixed.region_names;
  for (const int p : out.patch)
    if (!out.patch_names.contains(p)) {
      const auto named = names.find(p);
      out.patch_names[p] = named != names.end() ? named->second : fmt::format("patch {}", p);
    }
  return out;
}

MixedMesh from_tets(const core::TetMesh& mesh, bool with_boundary) {
  MixedMesh out;
  out.points = mesh.nodes;
  for (std::size_t i = 0; i < mesh.tets.size(); ++i) {
    const core::Tet& t = mesh.tets[i];
    out.cells.push_back({CellKind::tetra, mesh.region.empty() ? 0 : mesh.region[i], {t[0], t[1], t[2], t[3]}});
  }
  if (with_boundary)
    for (const core::BoundaryFace& f : mesh.boundary) out.cells.push_back({CellKind::triangle, f.patch, {f.nodes[0], f.nodes[1], f.nodes[2]}});
  out.region_names = mesh.region_names;
  out.patch_names = mesh.patch_names;
  return out;
}

MixedMesh from_surface(const core::SurfaceMesh& mesh) {
  MixedMesh out;
  out.points = mesh.points;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const core::Triangle& t = mesh.triangles[i];
    out.cells.push_back({CellKind::triangle, mesh.patch.empty() ? 0 : mesh.patch[i], {t[0], t[1], t[2]}});
  }
  out.region_names = mesh.patch_names;
  return out;
}

}  // namespace ot::imaging
