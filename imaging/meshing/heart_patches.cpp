// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/heart_patches.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "imaging/meshing/mesh_parts.hpp"
#include "imaging/meshing/tet_improve.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Index;
using core::Tet;
using core::TetMesh;
using core::Vec3;

namespace {

Vec3 centroid(const TetMesh& m, const Tet& t) {
  return 0.25 * (m.nodes[std::size_t(t[0])] + m.nodes[std::size_t(t[1])] + m.nodes[std::size_t(t[2])] + m.nodes[std::size_t(t[3])]);
}

double volume_of(const TetMesh& m, const Tet& t) {
  return core::tet_volume(m.nodes[std::size_t(t[0])], m.nodes[std::size_t(t[1])], m.nodes[std::size_t(t[2])], m.nodes[std::size_t(t[3])]);
}

}  // namespace

double keep_largest_part(TetMesh& mesh, std::vector<char>& on_node) {
  int count = 0;
  const std::vector<int> part = parts_of(face_neighbours(mesh.tets), std::vector<int>(mesh.tets.size(), 0), count);
  std::vector<double> volume(std::size_t(count), 0.0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) volume[std::size_t(part[t])] += volume_of(mesh, mesh.tets[t]);
  const int keep = int(std::max_element(volume.begin(), volume.end()) - volume.begin());
  std::vector<Index> id(mesh.nodes.size(), -1);
  std::vector<Tet> tets;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (part[t] == keep) {
      tets.push_back(mesh.tets[t]);
      for (Index n : tets.back()) id[std::size_t(n)] = 0;
    }
  std::vector<Vec3> nodes;
  std::vector<char> flags;
  for (std::size_t n = 0; n < id.size(); ++n)
    if (id[n] == 0) {
      id[n] = Index(nodes.size());
      nodes.push_back(mesh.nodes[n]);
      flags.push_back(on_node[n]);
    }
  for (Tet& t : tets)
    for (Index& n : t) n = id[std::size_t(n)];
  mesh.nodes = std::move(nodes);
  mesh.tets = std::move(tets);
  on_node = std::move(flags);
  return std::accumulate(volume.begin(), volume.end(), 0.0) - volume[std::size_t(keep)];
}

double open_pinches(TetMesh& mesh, std::vector<char>& on_node, const core::Progress& progress) {
  double removed = 0;
  for (int round = 0; round < 8; ++round) {
    if (progress.cancelled()) return removed;   // the caller asks again
    const std::vector<char> pinched = at_pinched_edges(mesh.tets);
    if (pinched.empty()) break;
    std::vector<Tet> kept;
    for (std::size_t t = 0; t < pinched.size(); ++t)
      if (pinched[t]) removed += volume_of(mesh, mesh.tets[t]);
      else kept.push_back(mesh.tets[t]);
    mesh.tets = std::move(kept);
    removed += keep_largest_part(mesh, on_node);
  }
  // Inner nodes that lie on the boundary now must not be moved any more.
  for (const core::BoundaryFace& f : core::find_boundary(mesh.tets))
    for (Index n : f.nodes) on_node[std::size_t(n)] = 1;
  return removed;
}

void assign_regions(TetMesh& mesh, const std::vector<char>& on_surface, const HeartWall& wall, double edge) {
  using namespace heart_regions;
  std::vector<char> free(on_surface.size());
  for (std::size_t n = 0; n < free.size(); ++n) free[n] = !on_surface[n];
  // Half an edge at most to the interface; 20 degrees keeps these tets above the flattest boundary ones.
  const double border = 0.5 * wall.voxel();
  snap_to_interface(mesh.nodes, mesh.tets, free, [&](const Vec3& x) { return wall.lv_wall(x) - border; }, 0.3 * edge, 20.0);
  if (wall.has_scar()) {
    snap_to_interface(mesh.nodes, mesh.tets, free,
                      [&](const Vec3& x) { return std::max(-wall.scar_excess(x), 0.1 * (wall.lv_wall(x) - border)); }, 0.3 * edge, 20.0);
  }
  mesh.region.assign(mesh.tets.size(), lv_myocardium);
  core::parallel_chunks(std::ptrdiff_t(mesh.tets.size()), 8192, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t t = b; t < e; ++t) {
      const Vec3 x = centroid(mesh, mesh.tets[std::size_t(t)]);
      int& r = mesh.region[std::size_t(t)];
      if (wall.lv_wall(x) > border) r = rv_wall;
      else if (const auto kind = wall.tissue(x); kind != HeartWall::Tissue::muscle)
        r = kind == HeartWall::Tissue::scar ? scar : kind == HeartWall::Tissue::border ? border_zone : myocardial_fat;
    }
  });
  mesh.region_names = {{lv_myocardium, "lv_myocardium"}, {rv_wall, "rv_wall"}};
  if (wall.has_scar()) mesh.region_names[scar] = "scar";
  if (wall.has_border()) mesh.region_names[border_zone] = "border_zone";
  if (wall.has_fat()) mesh.region_names[myocardial_fat] = "myocardial_fat";
  // Crumbs of shell between the LV wall and RV blood come from smoothing, not from a wall: under 50 mm3 they join the LV.
  int count = 0;
  const std::vector<std::int32_t> other = face_neighbours(mesh.tets);
  const std::vector<int> part = parts_of(other, mesh.region, count);
  std::vector<double> volume(std::size_t(count), 0.0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) volume[std::size_t(part[t])] += volume_of(mesh, mesh.tets[t]);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (mesh.region[t] == rv_wall && volume[std::size_t(part[t])] < 50.0) mesh.region[t] = lv_myocardium;
}

namespace {

// Faces that share an edge; boundary edges belong to two faces, at pinches to four (joined by order).
std::vector<std::array<std::int32_t, 3>> boundary_neighbours(const TetMesh& m) {
  struct Side {
    std::uint64_t edge;
    std::int32_t id;
    bool operator<(const Side& o) const { return edge != o.edge ? edge < o.edge : id < o.id; }
  };
  std::vector<Side> sides;
  for (std::size_t f = 0; f < m.boundary.size(); ++f)
    for (int s = 0; s < 3; ++s) {
      const auto a = std::uint64_t(m.boundary[f].nodes[std::size_t(s)]), b = std::uint64_t(m.boundary[f].nodes[std::size_t((s + 1) % 3)]);
      sides.push_back({std::min(a, b) << 32 | std::max(a, b), std::int32_t(3 * f) + s});
    }
  std::sort(sides.begin(), sides.end());
  std::vector<std::array<std::int32_t, 3>> out(m.boundary.size(), {-1, -1, -1});
  for (std::size_t i = 0; i + 1 < sides.size(); ++i)
    if (sides[i].edge == sides[i + 1].edge) {
      out[std::size_t(sides[i].id / 3)][std::size_t(sides[i].id % 3)] = sides[i + 1].id / 3;
      out[std::size_t(sides[i + 1].id / 3)][std::size_t(sides[i + 1].id % 3)] = sides[i].id / 3;
      ++i;
    }
  return out;
}

void clean_islands(TetMesh& m) {
  const auto next = boundary_neighbours(m);
  std::vector<double> area(m.boundary.size());
  for (std::size_t f = 0; f < area.size(); ++f) {
    const auto& t = m.boundary[f].nodes;
    area[f] = 0.5 * (m.nodes[std::size_t(t[1])] - m.nodes[std::size_t(t[0])]).cross(m.nodes[std::size_t(t[2])] - m.nodes[std::size_t(t[0])]).norm();
  }
  for (int round = 0; round < 20; ++round) {
    std::vector<std::int32_t> part(area.size(), -1);
    std::vector<double> size;
    std::vector<int> patch;
    std::vector<std::int32_t> stack;
    for (std::size_t s = 0; s < area.size(); ++s) {
      if (part[s] >= 0) continue;
      const std::int32_t id = std::int32_t(size.size());
      size.push_back(0), patch.push_back(m.boundary[s].patch);
      part[s] = id, stack.push_back(std::int32_t(s));
      while (!stack.empty()) {
        const std::size_t f = std::size_t(stack.back());
        stack.pop_back();
        size.back() += area[f];
        for (std::int32_t o : next[f])
          if (o >= 0 && part[std::size_t(o)] < 0 && m.boundary[std::size_t(o)].patch == patch.back())
            part[std::size_t(o)] = id, stack.push_back(o);
      }
    }
    std::map<int, double> largest;
    for (std::size_t p = 0; p < size.size(); ++p) largest[patch[p]] = std::max(largest[patch[p]], size[p]);
    // Smallest first: one island per round and neighbourhood is enough, the next round sees the result.
    std::vector<std::map<int, int>> shared(size.size());
    for (std::size_t f = 0; f < area.size(); ++f)
      for (std::int32_t o : next[f])
        if (o >= 0 && part[std::size_t(o)] != part[f]) ++shared[std::size_t(part[f])][part[std::size_t(o)]];
    std::vector<int> target(size.size(), 0);
    bool any = false;
    for (std::size_t p = 0; p < size.size(); ++p) {
      if (size[p] >= largest[patch[p]] || size[p] >= std::max(30.0, 0.05 * largest[patch[p]])) continue;
      if (heart_patches::is_base(patch[p]) && size[p] >= 30.0) continue;   // each valve leaves a base of its own
      int best = -1, most = 0;
      for (const auto& [q, n] : shared[p])
        if (n > most) most = n, best = q;
      if (best < 0 || size[std::size_t(best)] < size[p]) continue;
      if (patch[p] == heart_patches::base && heart_patches::is_base(patch[std::size_t(best)])) continue;   // a strip between two rings is part of neither
      target[p] = patch[std::size_t(best)];
      any = true;
    }
    if (!any) return;
    for (std::size_t f = 0; f < area.size(); ++f)
      if (const int t = target[std::size_t(part[f])]) m.boundary[f].patch = t;
  }
}

// Widest ring of a valve: leaflets hang on fibrous tissue of a few mm (order of size from memory; a biventricular mesh has two to four faces there).
constexpr double ring_mm = 4.0;

int ring_of(const std::string& valve) {
  using namespace heart_patches;
  return valve == "mitral" ? base_mitral : valve == "aortic" ? base_aortic : valve == "tricuspid" ? base_tricuspid : valve == "pulmonary" ? base_pulmonary : base;
}

}  // namespace

void assign_patches(TetMesh& mesh, const HeartWall& wall) {
  using namespace heart_patches;
  mesh.boundary = core::find_boundary(mesh.tets);
  const double out = std::max(0.6 * wall.voxel(), 0.8);  // mm outside the face
  // The atria and great vessels bound the base only near a valve plane; farther on they lie on the epicardium.
  const double near_plane_mm = 6.0;
  core::parallel_chunks(std::ptrdiff_t(mesh.boundary.size()), 2048, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      core::BoundaryFace& f = mesh.boundary[std::size_t(i)];
      const Vec3 &p = mesh.nodes[std::size_t(f.nodes[0])], &q = mesh.nodes[std::size_t(f.nodes[1])], &r = mesh.nodes[std::size_t(f.nodes[2])];
      const Vec3 x = (p + q + r) / 3 + out * (q - p).cross(r - p).normalized();
      const double lv = wall.lv_blood(x), rv = wall.rv_blood(x), tolerance = 0.25 * wall.voxel();
      if (wall.uncut(x) < 0) {
        const BaseCut* cut = wall.cut_at(x, lv <= rv);
        f.patch = cut && std::min(lv, rv) < ring_mm ? ring_of(cut->plane.key) : base;
      }
      else if (lv < tolerance && lv <= rv) f.patch = endocardium_lv;
      else if (rv < tolerance) f.patch = endocardium_rv;
      else if (wall.other_cavity(x) < tolerance && std::max(wall.removed(x, true), wall.removed(x, false)) > -near_plane_mm) f.patch = base;
      else f.patch = epicardium;
    }
  });
  mesh.patch_names = {{endocardium_lv, "endocardium_lv"}, {endocardium_rv, "endocardium_rv"}, {epicardium, "epicardium"}, {base, "base"}};
  for (const BaseCut& cut : wall.cuts())
    if (const int ring = ring_of(cut.plane.key); ring != base) mesh.patch_names[ring] = "base_" + cut.plane.key;
  clean_islands(mesh);
  for (auto it = mesh.patch_names.begin(); it != mesh.patch_names.end();) {   // a ring that no face belongs to has no name either
    const bool empty = it->first > base && std::none_of(mesh.boundary.begin(), mesh.boundary.end(), [&](const core::BoundaryFace& f) { return f.patch == it->first; });
    it = empty ? mesh.patch_names.erase(it) : std::next(it);
  }
}

}  // namespace ot::imaging
