// SPDX-License-Identifier: GPL-3.0-or-later
// The eikonal solver on irregular tetrahedra against closed forms, and the speed of a FAST answer after a lesion moved.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <ctime>

#include "app/verify/cases.hpp"
#include "app/verify/hearts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"

namespace ot::verify {
namespace {

using core::Index;
using core::Vec3;

constexpr const char* issue = "issue 4: max error / largest arrival <= 1 % at 40 elements across; closed form";

// Reproducible numbers in -1..1 from the place of a node (splitmix64): no preferred direction, no library dependence.
double noise(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15ull;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
  return double((n ^ (n >> 31)) >> 11) / 4503599627370496.0 - 1.0;
}

// Alternating box of n edges per side whose inner nodes move by up to a fifth of an edge.
core::TetMesh jittered_box(double side, int n) {
  core::TetMesh mesh = core::make_box(Vec3::Constant(side), side / n, core::BoxSplit::alternating);
  const double h = side / n;
  for (std::size_t k = 0; k < mesh.nodes.size(); ++k) {
    Vec3& x = mesh.nodes[k];
    if ((x.array() > 0.5 * h).all() && (x.array() < side - 0.5 * h).all()) x += 0.2 * h * Vec3(noise(3 * k), noise(3 * k + 1), noise(3 * k + 2));
  }
  return mesh;
}

std::shared_ptr<const ep::FibreField> straight(std::size_t tets, Vec3 f, Vec3 s) {
  f.normalize();
  s = (s - s.dot(f) * f).normalized();
  auto field = std::make_shared<ep::FibreField>();
  field->f.assign(tets, f);
  field->s.assign(tets, s);
  return field;
}

Row row(const std::string& name, const std::string& quantity, double value, double bound, bool quick) { return make_row(name, quantity, value, 0, bound, issue, quick); }

}  // namespace

// Tensor ratio 9:1, one source inside a tet, and two with a delay; 20, 40 (and 80) edges across.
Rows eikonal_jittered(bool quick, const core::Progress& progress) {
  const Vec3 f = Vec3(1, 0.7, 0.3).normalized(), velocity(0.6, 0.2, 0.2);
  const Vec3 place[2] = {Vec3(7.13, 8.21, 9.07), Vec3(16.3, 15.1, 5.2)};
  const double start[2] = {0, 7.5};
  std::vector<Row> rows;
  double before[2] = {0, 0};
  for (int n : quick ? std::vector<int>{40} : std::vector<int>{40, 80}) {
    auto mesh = std::make_shared<core::TetMesh>(jittered_box(20, n));
    auto eikonal = ep::Eikonal::make(mesh, straight(mesh->tets.size(), f, Vec3(-0.2, 1, 0.4)), velocity);
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
      rows.push_back(row("ep/eikonal-jittered", fmt::format("{}_error_of_largest_arrival_at_{}_across", what, n), worst / largest, 0.01, quick));
      if (before[two] > 0) {
        Row order = row("ep/eikonal-jittered", fmt::format("{}_error_at_{}_over_error_at_{}_across", what, n, n / 2), worst / largest / before[two], 1.0, quick);
        order.source = "convergence: order = -log2 of this figure";
        rows.push_back(order);
      }
      before[two] = worst / largest;
    }
  }
  return rows;
}

// A wave around a ball-shaped hole: beyond the tangent circle the shortest way is a tangent and an arc.
Rows eikonal_shell(bool quick, const core::Progress& progress) {
  const int n = 40;
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(40, n));
  const Vec3 centre(20, 20, 20), from(4.0, 20, 20);
  const double hole = 8, v = 0.5;
  std::vector<std::uint8_t> conducting(mesh->tets.size(), 1);
  // The hole's wall follows faces of the mesh; nodes within half an edge of the ball are pulled onto it first.
  for (auto& x : mesh->nodes) {
    const double r = (x - centre).norm();
    if (std::abs(r - hole) < 0.45) x = centre + (x - centre) * (hole / r);
  }
  for (std::size_t t = 0; t < mesh->tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index k : mesh->tets[t]) c += 0.25 * mesh->nodes[std::size_t(k)];
    if ((c - centre).norm() < hole) conducting[t] = 0;
  }
  auto eikonal = ep::Eikonal::make(mesh, straight(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0)), Vec3(v, v, v));
  if (!eikonal) return core::pass(eikonal);
  auto t = eikonal->solve(ep::sources_at(*mesh, from, 0), conducting, progress);
  if (!t) return core::pass(t);
  const double d = (from - centre).norm(), tangent = std::sqrt(d * d - hole * hole), seen = std::acos(hole / d);
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < mesh->nodes.size(); ++k) {
    const Vec3 x = mesh->nodes[k] - centre;
    const double r = x.norm();
    if (r < hole + 1.5 || !std::isfinite((*t)[k])) continue;   // the wall itself is a staircase of faces
    const double angle = std::acos(std::clamp(x.dot(from - centre) / (r * d), -1.0, 1.0));
    const double shadow = seen + std::acos(hole / r);
    const double way = angle <= shadow ? (mesh->nodes[k] - from).norm() : tangent + std::sqrt(r * r - hole * hole) + hole * (angle - shadow);
    worst = std::max(worst, std::abs((*t)[k] - way / v));
    largest = std::max(largest, way / v);
  }
  return std::vector<Row>{row("ep/eikonal-shell", "error_of_largest_arrival_behind_a_ball_shaped_hole", worst / largest, 0.01, quick)};
}

namespace {

// FAST again after the lesion moved to each place; the first builds what a mesh needs once. Tissue region 1 of the problem is the lesion.
BenchRows lesion_rows(const std::string& name, ep::ElectroProblem p, const std::array<Vec3, 4>& places, const std::string& vouched_by, const core::Progress& progress) {
  constexpr double radius_mm = 5;
  const auto templates = ep::make_templates(p, progress);
  if (!templates) return core::pass(templates);
  const auto before_lesion = p.tissue;
  const auto lesion = std::uint8_t(p.regions.size() - 1);
  std::vector<BenchRow> rows;
  const int before = core::thread_count();
  for (int threads : {1, 2}) {
    core::set_thread_count(threads);
    double wall = 1e300, cpu = 1e300;
    for (std::size_t k = 0; k < places.size(); ++k) {
      p.tissue = before_lesion;
      p.tissue_before = p.tissue;   // as an ablation of the program leaves it
      for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
        if ((p.mesh->nodes[std::size_t(p.mesh->tets[t][0])] - places[k]).norm() < radius_mm) p.tissue[t] = lesion;
      const auto start = std::chrono::steady_clock::now();
      const auto used = std::clock();
      auto run = ep::run_fast(p, *templates, progress);
      if (!run) {
        core::set_thread_count(before);
        return core::pass(run);
      }
      if (k == 0) continue;
      wall = std::min(wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      cpu = std::min(cpu, double(std::clock() - used) / CLOCKS_PER_SEC);
    }
    const std::vector<std::pair<std::string, double>> size{{"nodes", double(p.mesh->nodes.size())}, {"tets", double(p.mesh->tets.size())}, {"electrodes", double(p.electrodes.size())}, {"cpu_ms", cpu * 1e3}};
    rows.push_back({name, size, threads, wall * 1e3, "ms", 200, "issue 4: FAST activation and 12-lead ECG after moving a lesion within 200 ms", vouched_by, "eikonal, mesh " + p.mesh->sha256().substr(0, 16)});
  }
  core::set_thread_count(before);
  return rows;
}

void add_lesion_region(ep::ElectroProblem& p) {
  ep::TissueRegion lesion;
  lesion.key = "lesion";
  lesion.conducting = false;
  p.regions.push_back(lesion);
}

}  // namespace

// 60 thousand nodes, rotating fibres, ten electrodes; the lesion moves, everything that depends on it is computed again.
BenchRows bench_fast_lesion(const core::Progress& progress) {
  ep::ElectroProblem p;
  auto mesh = std::make_shared<core::TetMesh>(jittered_box(60, 39));
  p.mesh = mesh;
  auto field = std::make_shared<ep::FibreField>();
  for (const core::Tet& t : mesh->tets) {
    const double a = (mesh->nodes[std::size_t(t[0])].z() / 60 - 0.5) * 2 * M_PI / 3;
    field->f.push_back(Vec3(std::cos(a), std::sin(a), 0));
    field->s.push_back(Vec3(-std::sin(a), std::cos(a), 0));
  }
  p.fibres = field;
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.tissue.assign(mesh->tets.size(), 0);
  add_lesion_region(p);
  p.electrodes = ep::standard_electrodes({Vec3(30, 30, 30), Vec3(0.6, -0.5, -0.6).normalized(), Vec3(-0.6, -0.7, 0)});
  ep::ActivationSite site;
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n)
    if ((mesh->nodes[n] - Vec3(15, 30, 30)).norm() < 3) site.nodes.push_back(Index(n));
  p.sites = {site};
  p.end_ms = 450;
  return lesion_rows("ep/fast-lesion", p, {Vec3(25, 30, 30), Vec3(28, 30, 30), Vec3(31, 30, 30), Vec3(34, 30, 30)}, "ep/eikonal-jittered", progress);
}

// The ventricles of the built-in phantom with their Purkinje tree and the twin's own end; the lesion moves along the lateral wall from the apex to the base.
BenchRows bench_fast_lesion_heart(const core::Progress& progress) {
  const auto patient = phantom_patient(progress.part(0, 0.3), 1.75);
  if (!patient) return core::pass(patient);
  const auto heart = heart_of(patient->mesh, "none", progress.part(0.3, 0.4));
  if (!heart) return core::pass(heart);
  ep::ElectroProblem p = (*heart)->baseline;
  add_lesion_region(p);
  std::array<Vec3, 4> places;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const double height = 0.3 + 0.1 * double(k);
    double nearest = 1e300;
    for (std::size_t n = 0; n < p.mesh->nodes.size(); ++n) {   // AHA segments 5, 11 and 16 are the lateral wall
      const auto segment = (*heart)->aha_segment[n];
      if (segment != 5 && segment != 11 && segment != 16) continue;
      const double off = std::abs(double((*heart)->apicobasal[n]) - height) + std::abs(double((*heart)->transmural[n]) - 0.5);
      if (off < nearest) nearest = off, places[k] = p.mesh->nodes[n];
    }
  }
  return lesion_rows("ep/fast-lesion-heart", std::move(p), places, "ep/fast-vs-full", progress.part(0.4, 1));
}

}  // namespace ot::verify
