// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/surface_edit.hpp"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Polygon_mesh_processing/orientation.h>
#include <CGAL/Polygon_mesh_processing/remesh.h>
#include <CGAL/Polygon_mesh_processing/self_intersections.h>
#include <CGAL/Surface_mesh.h>
#include <CGAL/Surface_mesh_simplification/Policies/Edge_collapse/Count_stop_predicate.h>
#include <CGAL/Surface_mesh_simplification/edge_collapse.h>
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <exception>

#include "imaging/meshing/meshing.hpp"

namespace ot::imaging {

namespace pmp = CGAL::Polygon_mesh_processing;
using K = CGAL::Exact_predicates_inexact_constructions_kernel;
using Mesh = CGAL::Surface_mesh<K::Point_3>;
using core::SurfaceMesh;
using core::Vec3;

namespace {

using PatchMap = Mesh::Property_map<Mesh::Face_index, int>;

bool convert(const SurfaceMesh& in, Mesh& out, PatchMap& patch) {
  patch = out.add_property_map<Mesh::Face_index, int>("f:patch", 0).first;
  for (const Vec3& p : in.points) out.add_vertex(K::Point_3(p.x(), p.y(), p.z()));
  for (std::size_t t = 0; t < in.triangles.size(); ++t) {
    const auto& n = in.triangles[t];
    const auto f = out.add_face(Mesh::Vertex_index(unsigned(n[0])), Mesh::Vertex_index(unsigned(n[1])), Mesh::Vertex_index(unsigned(n[2])));
    if (f == Mesh::null_face()) return false;
    if (!in.patch.empty()) patch[f] = in.patch[t];
  }
  return true;
}

SurfaceMesh convert(Mesh& in, const PatchMap& patch, const SurfaceMesh& like) {
  in.collect_garbage();
  SurfaceMesh out;
  std::vector<core::Index> id(in.number_of_vertices(), -1);
  for (const auto f : in.faces()) {
    core::Triangle t{};
    int m = 0;
    for (const auto v : in.vertices_around_face(in.halfedge(f))) {
      core::Index& n = id[std::size_t(v)];
      if (n < 0) {
        n = core::Index(out.points.size());
        const auto& p = in.point(v);
        out.points.emplace_back(p.x(), p.y(), p.z());
      }
      t[std::size_t(m++)] = n;
    }
    out.triangles.push_back(t);
    if (!like.patch.empty()) out.patch.push_back(patch[f]);
  }
  out.patch_names = like.patch_names;
  return out;
}

}  // namespace

core::Result<void> check_closed_surface(const SurfaceMesh& mesh, const std::string& what) {
  if (mesh.triangles.empty()) return core::bad_input(fmt::format("Cannot mesh {}: the surface has no triangles. Build it first.", what));
  for (const auto& t : mesh.triangles)
    for (core::Index n : t)
      if (n < 0 || std::size_t(n) >= mesh.points.size() || !mesh.points[std::size_t(n)].allFinite()) {
        return core::bad_input(fmt::format("Cannot mesh {}: a triangle refers to a missing or non-finite point. Export the surface again.", what));
      }
  if (!mesh.closed()) {
    return core::bad_input(fmt::format("Cannot mesh {}: the surface is open or has edges with more than two triangles "
                                       "(inside and outside cannot be told apart). Close its ends with caps.", what));
  }
  if (mesh.volume() <= 0) {
    return core::bad_input(fmt::format("Cannot mesh {}: the surface is inside out (its triangles face inward). Flip the triangle order.", what));
  }
  try {
    Mesh m;
    PatchMap patch;
    if (!convert(mesh, m, patch)) {
      return core::bad_input(fmt::format("Cannot mesh {}: the surface touches itself in a point or edge. Smooth or repair it.", what));
    }
    if (pmp::does_self_intersect(m)) {
      return core::bad_input(fmt::format("Cannot mesh {}: the surface intersects itself (the inside is ambiguous). Smooth it or make the change smaller.", what));
    }
  } catch (const std::exception& e) {
    return core::computation_failed(fmt::format("Checking {} failed ({}). Repair the surface.", what, e.what()));
  }
  return {};
}

core::Result<SurfaceMesh> remesh(const SurfaceMesh& mesh, double edge_mm, int rounds, const core::Progress& progress) {
  try {
    Mesh m;
    PatchMap patch;
    if (!convert(mesh, m, patch)) {
      return core::bad_input("The surface touches itself in a point or edge (it cannot be remeshed). Smooth or repair it.");
    }
    for (int r = 0; r < rounds; ++r) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(r) / rounds, "surface: even triangles");
      pmp::isotropic_remeshing(m.faces(), edge_mm, m,
                               CGAL::parameters::number_of_iterations(1).face_patch_map(patch).number_of_relaxation_steps(2));
    }
    return convert(m, patch, mesh);
  } catch (const std::exception& e) {
    return core::computation_failed(fmt::format("Remeshing the surface to {:.2f} mm failed ({}). Use another edge length.", edge_mm, e.what()));
  }
}

core::Result<SurfaceMesh> decimate(const SurfaceMesh& mesh, std::size_t target) {
  if (target < 4) return core::wrong_usage("A closed surface needs at least 4 triangles. Ask for more.");
  if (mesh.triangles.size() <= target) return mesh;
  namespace sms = CGAL::Surface_mesh_simplification;
  try {
    Mesh m;
    PatchMap patch;
    if (!convert(mesh, m, patch)) {
      return core::bad_input("The surface touches itself in a point or edge (it cannot be decimated). Smooth or repair it.");
    }
    // Lindstrom-Turk: quadric-like cost without memory, keeps the volume and the topology. Three edges per two triangles.
    sms::Count_stop_predicate<Mesh> stop(std::size_t(1.5 * double(target)));
    sms::edge_collapse(m, stop);
    SurfaceMesh like = mesh;
    like.patch.clear();
    return convert(m, patch, like);
  } catch (const std::exception& e) {
    return core::computation_failed(fmt::format("Decimating the surface failed ({}). Ask for more triangles.", e.what()));
  }
}

}  // namespace ot::imaging
