// SPDX-License-Identifier: GPL-3.0-or-later
// The eikonal solver on irregular tetrahedra against closed forms: nodes moved, and meshes of our own mesher (CGAL).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "app/solve/box_mesh.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/speed.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/electrophysiology/eikonal.hpp"

namespace ot::verify {
namespace {

using core::Index;
using core::Vec3;

constexpr const char* issue = "issue 4: max error / largest arrival <= 1 % at 40 elements across; closed form";

Row row(const std::string& name, const std::string& quantity, double value, double bound, bool quick) { return make_row(name, quantity, value, 0, bound, issue, quick); }

using MeshOf = std::function<core::Result<core::TetMesh>(double side, int across)>;

// Tensor ratio 9:1, one source inside a tet, and two with a delay, on meshes of so many edges across.
Rows one_and_two_sources(const std::string& name, const MeshOf& mesh_of, const std::vector<int>& across, bool quick, const core::Progress& progress) {
  const Vec3 f = Vec3(1, 0.7, 0.3).normalized(), velocity(0.6, 0.2, 0.2);
  const Vec3 place[2] = {Vec3(7.13, 8.21, 9.07), Vec3(16.3, 15.1, 5.2)};
  const double start[2] = {0, 7.5};
  std::vector<Row> rows;
  double before[2] = {0, 0};
  int n_before = 0;
  for (int n : across) {
    auto made = mesh_of(20, n);
    if (!made) return core::pass(made);
    auto mesh = std::make_shared<core::TetMesh>(std::move(*made));
    auto eikonal = ep::Eikonal::make(mesh, straight_fibres(mesh->tets.size(), f, Vec3(-0.2, 1, 0.4)), velocity);
    if (!eikonal) return core::pass(eikonal);
    for (int two = 0; two < 2; ++two) {
      std::vector<ep::EikonalSource> sources;
      for (int k = 0; k <= two; ++k)
        for (const auto& s : ep::sources_at(*mesh, place[k], start[k])) sources.push_back(s);
      auto t = eikonal->solve(sources, {}, progress);
      if (!t) return core::pass(t);
      double worst = 0, largest = 0;
      for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
        double exact = 1e300;
        for (int s = 0; s <= two; ++s) {
          const Vec3 d = mesh->nodes[k] - place[s];
          const double along = d.dot(f);
          exact = std::min(exact, start[s] + std::sqrt(along * along / 0.36 + (d.squaredNorm() - along * along) / 0.04));
        }
        worst = std::max(worst, std::abs((*t)[k] - exact));
        largest = std::max(largest, exact);
      }
      const std::string what = two ? "two_sources" : "one_source";
      rows.push_back(row(name, fmt::format("{}_error_of_largest_arrival_at_{}_across", what, n), worst / largest, n < 40 ? 0.02 : 0.01, quick));
      if (n < 40) rows.back().source = "for the order only; issue 4 asks for 40 across";
      rows.back().source += fmt::format("; {} nodes, mean edge {:.3f} mm, mesh {}; sources inside tets: straight rays within 4.07 slowest edge times", mesh->nodes.size(), mesh->mean_edge(), mesh->sha256().substr(0, 16));
      if (before[two] > 0) {
        rows.push_back(row(name, fmt::format("{}_error_at_{}_over_error_at_{}_across", what, n, n_before), worst / largest / before[two], 1.0, quick));
        rows.back().source = fmt::format("convergence: order {:.2f}", std::log(before[two] / (worst / largest)) / std::log(double(n) / n_before));
      }
      before[two] = worst / largest;
    }
    n_before = n;
  }
  return rows;
}

// Two nested spheres with the outside of the inner one turned in: an icosahedron, its triangles cut in four `rounds` times.
core::SurfaceMesh sphere_shell(const Vec3& centre, double inner, double outer, int rounds) {
  core::SurfaceMesh out;
  const double g = (1 + std::sqrt(5.0)) / 2;
  std::vector<Vec3> points{{-1, g, 0}, {1, g, 0}, {-1, -g, 0}, {1, -g, 0}, {0, -1, g}, {0, 1, g}, {0, -1, -g}, {0, 1, -g}, {g, 0, -1}, {g, 0, 1}, {-g, 0, -1}, {-g, 0, 1}};
  std::vector<core::Triangle> faces{{0, 11, 5}, {0, 5, 1}, {0, 1, 7}, {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                                    {3, 9, 4}, {3, 4, 2}, {3, 2, 6}, {3, 6, 8}, {3, 8, 9}, {4, 9, 5}, {2, 4, 11}, {6, 2, 10}, {8, 6, 7}, {9, 8, 1}};
  for (int round = 0; round < rounds; ++round) {
    std::map<std::pair<Index, Index>, Index> middle;
    const auto between = [&](Index a, Index b) {
      const auto [at, fresh] = middle.try_emplace(std::minmax(a, b), Index(points.size()));
      if (fresh) points.push_back((points[std::size_t(a)].normalized() + points[std::size_t(b)].normalized()));
      return at->second;
    };
    std::vector<core::Triangle> finer;
    for (const core::Triangle& t : faces) {
      const Index ab = between(t[0], t[1]), bc = between(t[1], t[2]), ca = between(t[2], t[0]);
      for (const core::Triangle& part : {core::Triangle{t[0], ab, ca}, core::Triangle{ab, t[1], bc}, core::Triangle{ca, bc, t[2]}, core::Triangle{ab, bc, ca}}) finer.push_back(part);
    }
    faces = std::move(finer);
  }
  for (const double radius : {outer, inner}) {
    const auto first = Index(out.points.size());
    for (const Vec3& x : points) out.points.push_back(centre + radius * x.normalized());
    for (const core::Triangle& t : faces) {
      out.triangles.push_back(radius == outer ? core::Triangle{first + t[0], first + t[1], first + t[2]} : core::Triangle{first + t[0], first + t[2], first + t[1]});
      out.patch.push_back(radius == outer ? 1 : 2);
    }
  }
  out.patch_names = {{1, "outer"}, {2, "inner"}};
  return out;
}

// Worst error over largest arrival of a wave at 0.5 m/s from a place outside a ball that does not conduct: beyond the tangent circle the shortest way is a tangent and an arc. Nodes less than
// `clear` from the ball are left out.
core::Result<Row> around_a_ball(const std::string& name, const std::string& quantity, const std::shared_ptr<core::TetMesh>& mesh, const std::vector<std::uint8_t>& conducting, const Vec3& centre, double ball, const Vec3& from,
                                double clear, bool quick, const core::Progress& progress) {
  const double v = 0.5;
  auto eikonal = ep::Eikonal::make(mesh, straight_fibres(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0)), Vec3(v, v, v));
  if (!eikonal) return core::pass(eikonal);
  auto t = eikonal->solve(ep::sources_at(*mesh, from, 0), conducting, progress);
  if (!t) return core::pass(t);
  const double d = (from - centre).norm(), tangent = std::sqrt(d * d - ball * ball), seen = std::acos(ball / d);
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
    const Vec3 x = mesh->nodes[k] - centre;
    const double r = std::max(x.norm(), ball);   // nodes on the wall lie on chords of it
    if (x.norm() < ball + clear) continue;
    const double angle = std::acos(std::clamp(x.dot(from - centre) / (x.norm() * d), -1.0, 1.0));
    const double shadow = seen + std::acos(ball / r);
    const double way = angle <= shadow ? (mesh->nodes[k] - from).norm() : tangent + std::sqrt(r * r - ball * ball) + ball * (angle - shadow);
    worst = std::max(worst, std::abs((*t)[k] - way / v));   // a node that is not reached fails
    largest = std::max(largest, way / v);
  }
  Row out = row(name, quantity, worst / largest, 0.01, quick);
  out.source += fmt::format("; {} nodes, mesh {}", mesh->nodes.size(), mesh->sha256().substr(0, 16));
  return out;
}

// A box of 40 mm with a hole for the ball, whose wall follows faces of the mesh: nodes within half an edge of it are pulled onto it first, where their tets stay sound.
core::Result<Row> box_with_a_hole(const std::string& name, core::TetMesh made, bool quick, const core::Progress& progress) {
  auto mesh = std::make_shared<core::TetMesh>(std::move(made));
  const double hole = 8, pull = 0.45, clear = 1.5;   // the wall itself is a staircase of faces
  const Vec3 centre(20, 20, 20), from(4.0, 20, 20);
  std::vector<std::vector<std::size_t>> around(mesh->nodes.size());
  for (std::size_t t = 0; t < mesh->tets.size(); ++t)
    for (Index k : mesh->tets[t]) around[std::size_t(k)].push_back(t);
  const auto volume = [&](std::size_t t) {
    const auto& n = mesh->tets[t];
    return core::tet_volume(mesh->nodes[std::size_t(n[0])], mesh->nodes[std::size_t(n[1])], mesh->nodes[std::size_t(n[2])], mesh->nodes[std::size_t(n[3])]);
  };
  for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
    const Vec3 was = mesh->nodes[k];
    const double r = (was - centre).norm();
    if (std::abs(r - hole) >= pull) continue;
    std::vector<double> whole;
    for (std::size_t t : around[k]) whole.push_back(volume(t));
    mesh->nodes[k] = centre + (was - centre) * (hole / r);
    for (std::size_t i = 0; i < whole.size(); ++i)
      if (volume(around[k][i]) < 0.1 * whole[i]) mesh->nodes[k] = was;
  }
  std::vector<std::uint8_t> conducting(mesh->tets.size(), 1);
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index k : mesh->tets[t]) c += 0.25 * mesh->nodes[std::size_t(k)];
    if ((c - centre).norm() < hole) conducting[t] = 0;
  }
  return around_a_ball(name, "error_of_largest_arrival_behind_a_ball_shaped_hole", mesh, conducting, centre, hole, from, clear, quick, progress);
}

core::Result<core::TetMesh> moved_nodes(double side, int across) { return jittered_box(side, across); }
MeshOf cgal_box(const core::Progress& progress) {
  return [progress](double side, int across) { return solve::unstructured_box(Vec3::Constant(side), side / across, progress); };
}

}  // namespace

Rows eikonal_jittered(bool quick, const core::Progress& progress) {
  return one_and_two_sources("ep/eikonal-jittered", moved_nodes, quick ? std::vector<int>{40} : std::vector<int>{40, 80}, quick, progress);
}

Rows eikonal_shell(bool quick, const core::Progress& progress) {
  auto row = box_with_a_hole("ep/eikonal-shell", jittered_box(40, 40), quick, progress);
  if (!row) return core::pass(row);
  return std::vector<Row>{std::move(*row)};
}

Rows eikonal_unstructured(bool quick, const core::Progress& progress) {
  constexpr const char* name = "ep/eikonal-unstructured";
  auto rows = one_and_two_sources(name, cgal_box(progress.part(0, 0.2)), {20, 40}, quick, progress.part(0.2, 0.5));
  if (!rows) return rows;
  auto box = solve::unstructured_box(Vec3::Constant(40), 1.0, progress.part(0.5, 0.7));
  if (!box) return core::pass(box);
  auto hole = box_with_a_hole(name, std::move(*box), quick, progress.part(0.7, 0.75));
  if (!hole) return core::pass(hole);
  rows->push_back(std::move(*hole));
  // A wall of 4 mm between two spheres, 40 mm across: no staircase, every node counts.
  const double inner = 16, outer = 20;
  auto shell = imaging::wall_from_surface(sphere_shell(Vec3::Zero(), inner, outer, 5), 1.0, "shell", progress.part(0.75, 0.95));
  if (!shell) return core::pass(shell);
  auto wall = around_a_ball(name, "curved_shell_of_4_mm_error_of_largest_arrival", std::make_shared<core::TetMesh>(std::move(*shell)), {}, Vec3::Zero(), inner, Vec3(-18, 0, 0), -0.1, quick, progress.part(0.95, 1));
  if (!wall) return core::pass(wall);
  rows->push_back(std::move(*wall));
  return rows;
}

}  // namespace ot::verify
