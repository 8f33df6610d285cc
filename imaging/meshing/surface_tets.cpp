// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/surface_tets.hpp"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Mesh_complex_3_in_triangulation_3.h>
#include <CGAL/Mesh_criteria_3.h>
#include <CGAL/Mesh_polyhedron_3.h>
#include <CGAL/Mesh_triangulation_3.h>
#include <CGAL/Polygon_mesh_processing/polygon_soup_to_polygon_mesh.h>
#include <CGAL/Polyhedral_mesh_domain_with_features_3.h>
#include <CGAL/Random.h>
#include <CGAL/make_mesh_3.h>
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <exception>
#include <unordered_map>

#include "imaging/meshing/tet_improve.hpp"
#include "imaging/meshing/triangle_finder.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

using K = CGAL::Exact_predicates_inexact_constructions_kernel;
using Polyhedron = CGAL::Mesh_polyhedron_3<K>::type;
using Domain = CGAL::Polyhedral_mesh_domain_with_features_3<K, Polyhedron>;
using Tr = CGAL::Mesh_triangulation_3<Domain>::type;
using C3t3 = CGAL::Mesh_complex_3_in_triangulation_3<Tr, Domain::Corner_index, Domain::Curve_index>;
using Criteria = CGAL::Mesh_criteria_3<Tr>;

struct Cancelled : std::exception {};
struct Endless : std::exception {
  const char* what() const noexcept override { return "refinement does not end at a sharp or touching corner"; }
};

// Asked during the whole refinement, so it is also where cancel is noticed.
struct Size {
  using FT = K::FT;
  using Point_3 = K::Point_3;
  using Index = Domain::Index;
  const std::function<double(const Vec3&)>* edge;
  const core::Progress* progress;
  double factor;
  std::int64_t* left;   // size queries before the refinement counts as endless
  FT operator()(const Point_3& p, int, const Index&) const {
    if (progress->cancelled()) throw Cancelled();
    if (--*left < 0) throw Endless();
    return factor * (*edge)(Vec3(p.x(), p.y(), p.z()));
  }
};

// Circumradius bounds that give a mean edge near the asked one: an equilateral triangle has edge 1.73 R, a regular tet 1.63 R,
// and Delaunay refinement ends at about 3/4 of its bounds. Measured on tubes in tests/verification/meshing.
constexpr double facet_factor = 0.70, cell_factor = 0.75, line_factor = 1.0, distance_factor = 0.08;

core::TetMesh extract(const C3t3& c3t3) {
  core::TetMesh mesh;
  std::unordered_map<C3t3::Vertex_handle, core::Index> id;
  for (auto c = c3t3.cells_in_complex_begin(); c != c3t3.cells_in_complex_end(); ++c) {
    core::Tet t{};
    for (int v = 0; v < 4; ++v) {
      const auto [it, fresh] = id.try_emplace(c->vertex(v), core::Index(mesh.nodes.size()));
      if (fresh) {
        const auto& p = c->vertex(v)->point().point();
        mesh.nodes.emplace_back(p.x(), p.y(), p.z());
      }
      t[std::size_t(v)] = it->second;
    }
    mesh.tets.push_back(t);
  }
  for (core::Tet& t : mesh.tets)
    if (core::tet_volume(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])], mesh.nodes[std::size_t(t[3])]) < 0)
      std::swap(t[2], t[3]);
  return mesh;
}

}  // namespace

SharpLines patch_borders(const core::SurfaceMesh& s, double least_fold) {
  std::unordered_map<std::uint64_t, std::size_t> first;
  std::unordered_map<core::Index, std::vector<core::Index>> next;
  std::vector<core::Index> order;
  auto normal = [&](std::size_t t) {
    const auto& n = s.triangles[t];
    return Vec3((s.points[std::size_t(n[1])] - s.points[std::size_t(n[0])]).cross(s.points[std::size_t(n[2])] - s.points[std::size_t(n[0])]).normalized());
  };
  const double flat = std::cos(least_fold * 3.14159265358979 / 180.0);
  for (std::size_t t = 0; t < s.triangles.size() && !s.patch.empty(); ++t)
    for (std::size_t e = 0; e < 3; ++e) {
      const core::Index a = s.triangles[t][e], b = s.triangles[t][(e + 1) % 3];
      const std::uint64_t key = std::uint64_t(std::min(a, b)) << 32 | std::uint64_t(std::max(a, b));
      const auto [it, fresh] = first.try_emplace(key, t);
      if (fresh || s.patch[it->second] == s.patch[t]) continue;
      if (least_fold > 0 && normal(it->second).dot(normal(t)) > flat) continue;
      for (const auto& [p, q] : {std::pair(a, b), std::pair(b, a)}) {
        if (next[p].empty()) order.push_back(p);
        next[p].push_back(q);
      }
    }
  std::unordered_map<core::Index, std::size_t> degree;   // before any line is taken away: a corner of three lines stays a corner
  for (const auto& [n, there] : next) degree[n] = there.size();
  SharpLines out;
  auto walk = [&](core::Index from, core::Index to) {
    std::vector<Vec3> line{s.points[std::size_t(from)]};
    for (;;) {
      auto& there = next[from];
      there.erase(std::find(there.begin(), there.end(), to));
      auto& back = next[to];
      back.erase(std::find(back.begin(), back.end(), from));
      line.push_back(s.points[std::size_t(to)]);
      if (degree[to] != 2 || back.size() != 1) break;   // end, junction, or the loop is closed
      from = to;
      to = back.front();
    }
    out.lines.push_back(std::move(line));
  };
  for (core::Index n : order)   // junctions and loose ends first
    if (degree[n] != 2)
      while (!next[n].empty()) walk(n, next[n].front());
  for (core::Index n : order)
    while (!next[n].empty()) walk(n, next[n].front());
  return out;
}

core::Result<core::TetMesh> tets_inside(const core::SurfaceMesh& surface, const SharpLines& sharp,
                                        const std::function<double(const Vec3&)>& edge, double largest, const core::Progress& progress) {
  core::TetMesh mesh;
  try {
    std::vector<K::Point_3> points;
    for (const Vec3& p : surface.points) points.emplace_back(p.x(), p.y(), p.z());
    std::vector<std::vector<std::size_t>> faces;
    for (const auto& t : surface.triangles) faces.push_back({std::size_t(t[0]), std::size_t(t[1]), std::size_t(t[2])});
    Polyhedron polyhedron;
    CGAL::Polygon_mesh_processing::polygon_soup_to_polygon_mesh(points, faces, polyhedron);
    CGAL::Random random(20261121);
    CGAL::get_default_random() = CGAL::Random(20261121);
    Domain domain(polyhedron, &random);
    std::vector<std::vector<K::Point_3>> lines;
    for (const auto& l : sharp.lines) {
      lines.emplace_back();
      for (const Vec3& p : l) lines.back().emplace_back(p.x(), p.y(), p.z());
    }
    domain.add_features(lines.begin(), lines.end());
    // Finished meshes took about 5 queries per tet, about 40 per cube of the smallest size; ten times that is endless.
    double smallest = largest;
    for (const Vec3& p : surface.points) smallest = std::min(smallest, edge(p));
    std::int64_t left = std::int64_t(2e5 + 400 * (surface.area() / (smallest * smallest) + surface.volume() / (smallest * smallest * smallest)));
    const Size line{&edge, &progress, line_factor, &left}, facet{&edge, &progress, facet_factor, &left}, cell{&edge, &progress, cell_factor, &left};
    namespace p = CGAL::parameters;
    const Criteria criteria(p::edge_size = line, p::facet_angle = 25, p::facet_size = facet, p::facet_distance = distance_factor * largest,
                            p::cell_radius_edge_ratio = 2.0, p::cell_size = cell);
    progress.report(0.05, "meshing: refining tetrahedra");
    C3t3 c3t3 = CGAL::make_mesh_3<C3t3>(domain, criteria, p::no_perturb(), p::no_exude());
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.6, "meshing: removing flat tetrahedra");
    CGAL::exude_mesh_3(c3t3, p::sliver_bound = 15, p::time_limit = 0);
    mesh = extract(c3t3);
  } catch (const Cancelled&) {
    return core::cancelled();
  } catch (const std::exception& e) {
    return core::computation_failed(fmt::format("Filling the surface with tetrahedra failed ({}). Use another edge length or smooth the surface.", e.what()));
  }
  if (mesh.tets.empty()) {
    return core::computation_failed("Filling the surface gave no tetrahedra (the edge length is larger than the vessel). Use a smaller edge length.");
  }
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.8, "meshing: lifting flat tetrahedra");
  // Boundary faces take the patch of the nearest input triangle; nodes of several patches stay, others slide on their patch.
  mesh.boundary = core::find_boundary(mesh.tets);
  const TriangleFinder finder(surface);
  std::vector<int> patch_of(mesh.nodes.size(), -1);   // -1 inner, -2 fixed
  for (core::BoundaryFace& f : mesh.boundary) {
    Vec3 x = Vec3::Zero();
    for (core::Index n : f.nodes) x += mesh.nodes[std::size_t(n)] / 3;
    const auto hit = finder.nearest(x);
    f.patch = surface.patch.empty() ? 1 : surface.patch[std::size_t(hit.triangle)];
    for (core::Index n : f.nodes) {
      int& p = patch_of[std::size_t(n)];
      p = p == -1 || p == f.patch ? f.patch : -2;
    }
  }
  improve_dihedrals(
      mesh.nodes, mesh.tets,
      [&](core::Index n, const Vec3& x) {
        const int p = patch_of[std::size_t(n)];
        if (p == -2) return mesh.nodes[std::size_t(n)];
        return p == -1 ? x : finder.nearest(x, p).point;
      },
      15.0, 8);
  mesh.boundary = core::find_boundary(mesh.tets);
  for (core::BoundaryFace& f : mesh.boundary) {
    Vec3 x = Vec3::Zero();
    for (core::Index n : f.nodes) x += mesh.nodes[std::size_t(n)] / 3;
    f.patch = surface.patch.empty() ? 1 : surface.patch[std::size_t(finder.nearest(x).triangle)];
  }
  mesh.patch_names = surface.patch_names;
  mesh.region.assign(mesh.tets.size(), 1);
  return mesh;
}

}  // namespace ot::imaging
