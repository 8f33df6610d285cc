// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/graft.hpp"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/corefinement.h>
#include <CGAL/Surface_mesh.h>
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <map>
#include <numbers>
#include <set>

#include "imaging/meshing/surface_edit.hpp"

namespace ot::imaging {
namespace {

namespace pmp = CGAL::Polygon_mesh_processing;
using K = CGAL::Exact_predicates_inexact_constructions_kernel;
using Mesh = CGAL::Surface_mesh<K::Point_3>;
using core::Vec3;

bool to_cgal(const core::SurfaceMesh& in, Mesh& out) {
  for (const Vec3& p : in.points) out.add_vertex(K::Point_3(p.x(), p.y(), p.z()));
  for (const core::Triangle& t : in.triangles)
    if (out.add_face(Mesh::Vertex_index(unsigned(t[0])), Mesh::Vertex_index(unsigned(t[1])), Mesh::Vertex_index(unsigned(t[2]))) == Mesh::null_face()) return false;
  return true;
}

// A triangle by its corners, whatever it begins with: untouched triangles of a union keep their coordinates bit for bit.
using Corners = std::array<std::array<double, 3>, 3>;
Corners corners(const Vec3& a, const Vec3& b, const Vec3& c) {
  Corners k{{{a.x(), a.y(), a.z()}, {b.x(), b.y(), b.z()}, {c.x(), c.y(), c.z()}}};
  std::sort(k.begin(), k.end());
  return k;
}

int wall_patch(const core::SurfaceMesh& s) {
  for (const auto& [patch, name] : s.patch_names)
    if (name.rfind("wall", 0) == 0) return patch;
  return s.patch.empty() ? 0 : s.patch.front();
}

long handles(const core::SurfaceMesh& s) {   // of a closed surface in one piece: genus
  std::vector<char> used(s.points.size(), 0);
  for (const core::Triangle& t : s.triangles)
    for (core::Index v : t) used[std::size_t(v)] = 1;
  return (2 - (long(std::count(used.begin(), used.end(), 1)) - long(s.triangles.size()) / 2)) / 2;   // V - E + F with E = 3 F / 2
}

}  // namespace

core::SurfaceMesh tube_surface(const core::VesselBranch& line, double edge) {
  core::SurfaceMesh s;
  double widest = 0;
  for (double r : line.radius) widest = std::max(widest, r);
  const int around = std::clamp(int(std::ceil(2 * std::numbers::pi * widest / edge)), 16, 96);
  const double same_area = std::sqrt(2 * std::numbers::pi / (around * std::sin(2 * std::numbers::pi / around)));   // of the polygon and the circle
  const std::size_t rings = line.points.size();
  // A frame that does not twist about the line.
  Vec3 across = Vec3::Zero();
  for (std::size_t k = 0; k < rings; ++k) {
    const Vec3 along = (line.points[std::min(k + 1, rings - 1)] - line.points[k == 0 ? 0 : k - 1]).normalized();
    if (k == 0) across = along.cross(std::abs(along.x()) < 0.6 ? Vec3(1, 0, 0) : Vec3(0, 1, 0));
    across = (across - across.dot(along) * along).normalized();
    const Vec3 other = along.cross(across);
    for (int j = 0; j < around; ++j) {
      const double angle = 2 * std::numbers::pi * (j + (k % 2 ? 0.5 : 0.0)) / around;
      s.points.push_back(line.points[k] + same_area * line.radius[k] * (std::cos(angle) * across + std::sin(angle) * other));
    }
  }
  const auto at = [&](std::size_t ring, int j) { return core::Index(ring * std::size_t(around) + std::size_t((j % around + around) % around)); };
  for (std::size_t k = 0; k + 1 < rings; ++k)
    for (int j = 0; j < around; ++j) {
      if (k % 2 == 0) {   // the next ring lies half a step ahead
        s.triangles.push_back({at(k, j), at(k, j + 1), at(k + 1, j)});
        s.triangles.push_back({at(k, j + 1), at(k + 1, j + 1), at(k + 1, j)});
      } else {
        s.triangles.push_back({at(k, j), at(k + 1, j + 1), at(k + 1, j)});
        s.triangles.push_back({at(k, j), at(k, j + 1), at(k + 1, j + 1)});
      }
    }
  for (const bool end : {false, true}) {
    const std::size_t ring = end ? rings - 1 : 0;
    const core::Index centre = core::Index(s.points.size());
    s.points.push_back(line.points[ring]);
    for (int j = 0; j < around; ++j) {
      if (end) s.triangles.push_back({at(ring, j), at(ring, j + 1), centre});
      else s.triangles.push_back({at(ring, j + 1), at(ring, j), centre});
    }
  }
  return s;
}

core::Result<core::SurfaceMesh> unite_tubes(const core::SurfaceMesh& lumen, const std::vector<core::VesselBranch>& tubes, const core::Progress& progress) {
  if (const auto ok = check_closed_surface(lumen, "the lumen"); !ok) return core::pass(ok);
  const int wall = wall_patch(lumen);
  std::map<Corners, int> caps;
  for (std::size_t t = 0; t < lumen.triangles.size() && !lumen.patch.empty(); ++t) {
    const core::Triangle& n = lumen.triangles[t];
    if (lumen.patch[t] != wall) caps[corners(lumen.points[std::size_t(n[0])], lumen.points[std::size_t(n[1])], lumen.points[std::size_t(n[2])])] = lumen.patch[t];
  }
  constexpr double edges_per_radius = 4;   // of a tube's wall: about that of a lumen from an image
  core::SurfaceMesh out;
  std::set<std::array<double, 3>> mouths;   // points of the tubes' closed ends: all must vanish inside the lumen
  try {
    Mesh all;
    if (!to_cgal(lumen, all)) return core::bad_input("The lumen touches itself in a point or edge (no graft can be joined to it). Smooth or repair it.");
    for (std::size_t k = 0; k < tubes.size(); ++k) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(k) / double(tubes.size()), "joining the graft to the lumen");
      double widest = 0;
      for (double r : tubes[k].radius) widest = std::max(widest, r);
      const core::SurfaceMesh tube = tube_surface(tubes[k], widest / edges_per_radius);
      if (const auto ok = check_closed_surface(tube, "the graft"); !ok) return core::pass(ok);
      const std::size_t around = (tube.points.size() - 2) / tubes[k].points.size();
      for (std::size_t p = 0; p < tube.points.size(); ++p)
        if (p < around || p + around + 2 >= tube.points.size()) mouths.insert({tube.points[p].x(), tube.points[p].y(), tube.points[p].z()});
      Mesh one, united;
      if (!to_cgal(tube, one) || !pmp::corefine_and_compute_union(all, one, united))
        return core::computation_failed("The graft could not be joined to the lumen (their surfaces only touch). Move one of its ends a little.");
      united.collect_garbage();
      all = std::move(united);
    }
    out.points.reserve(all.number_of_vertices());
    for (const auto v : all.vertices()) out.points.emplace_back(all.point(v).x(), all.point(v).y(), all.point(v).z());
    for (const auto f : all.faces()) {
      core::Triangle t{};
      int m = 0;
      for (const auto v : all.vertices_around_face(all.halfedge(f))) t[std::size_t(m++)] = core::Index(v);
      const auto cap = caps.find(corners(out.points[std::size_t(t[0])], out.points[std::size_t(t[1])], out.points[std::size_t(t[2])]));
      out.triangles.push_back(t);
      if (!lumen.patch.empty()) out.patch.push_back(cap == caps.end() ? wall : cap->second);
    }
  } catch (const std::exception& e) {
    return core::computation_failed(fmt::format("Joining the graft to the lumen failed ({}). Move one of its ends a little.", e.what()));
  }
  out.patch_names = lumen.patch_names;
  std::size_t kept = 0;
  for (int p : out.patch) kept += p != wall;
  if (kept != caps.size())
    return core::bad_input("The graft runs through an end of the vessel (blood would leave through its wall). Move its ends away from there.");
  for (const Vec3& p : out.points)
    if (mouths.count({p.x(), p.y(), p.z()})) return core::bad_input("The graft comes out through the opposite wall of the vessel (its mouth does not fit into the lumen there). Move that end or choose a thinner graft.");
  if (handles(out) - handles(lumen) != long(tubes.size()))
    return core::bad_input("The graft meets the vessel elsewhere than at its two ends (it touches it on its way). Move its ends or choose a thinner graft.");
  return out;
}

}  // namespace ot::imaging
