// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the eikonal solver and of a FAST answer after a lesion moved, and what vouches for both: the same problems against a closed form, against half the edges and
// against FULL.
//
// Bounds per node: the least that must move is every cell (a cache line) with the four times it reads and one write of each node's, over the triad measured beside it; the work is what the same
// solver takes on a box of 24 edges across, whose 4 MB of cells stay in the last-level cache.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/hearts.hpp"
#include "app/verify/speed.hpp"
#include "app/verify/triad.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/twin/results.hpp"

namespace ot::verify {
namespace {

using core::Index;
using core::Vec3;
using Clock = std::chrono::steady_clock;

// Reproducible numbers in -1..1 from the place of a node (splitmix64): no preferred direction, no library dependence.
double noise(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15ull;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
  return double((n ^ (n >> 31)) >> 11) / 4503599627370496.0 - 1.0;
}

}  // namespace

core::TetMesh jittered_box(double side, int n) {
  core::TetMesh mesh = core::make_box(Vec3::Constant(side), side / n, core::BoxSplit::alternating);
  const double h = side / n;
  for (std::size_t k = 0; k < mesh.nodes.size(); ++k) {
    Vec3& x = mesh.nodes[k];
    if ((x.array() > 0.5 * h).all() && (x.array() < side - 0.5 * h).all()) x += 0.2 * h * Vec3(noise(3 * k), noise(3 * k + 1), noise(3 * k + 2));
  }
  return mesh;
}

std::shared_ptr<const ep::FibreField> straight_fibres(std::size_t tets, Vec3 f, Vec3 s) {
  f.normalize();
  s = (s - s.dot(f) * f).normalized();
  auto field = std::make_shared<ep::FibreField>();
  field->f.assign(tets, f);
  field->s.assign(tets, s);
  return field;
}

ep::ElectroProblem halved_edges(const ep::ElectroProblem& problem) {
  ep::ElectroProblem fine = problem;
  auto mesh = std::make_shared<core::TetMesh>();
  auto fibres = std::make_shared<ep::FibreField>();
  mesh->nodes = problem.mesh->nodes;
  fine.tissue.clear(), fine.tissue_before.clear();
  std::map<std::pair<Index, Index>, Index> middle;
  const auto between = [&](Index a, Index b) {
    const auto [at, fresh] = middle.try_emplace(std::minmax(a, b), Index(mesh->nodes.size()));
    if (fresh) {
      mesh->nodes.push_back(0.5 * (problem.mesh->nodes[std::size_t(a)] + problem.mesh->nodes[std::size_t(b)]));
      if (!fine.cell_type.empty()) fine.cell_type.push_back(problem.cell_type[std::size_t(std::min(a, b))]);   // a wall of layers stays where it was to half an edge
    }
    return at->second;
  };
  for (std::size_t t = 0; t < problem.mesh->tets.size(); ++t) {
    const core::Tet& n = problem.mesh->tets[t];
    const Index ab = between(n[0], n[1]), ac = between(n[0], n[2]), ad = between(n[0], n[3]), bc = between(n[1], n[2]), bd = between(n[1], n[3]), cd = between(n[2], n[3]);
    // Four corners, and the octahedron between them cut along ac-bd (Bey 1995: always the same diagonal keeps shapes bounded).
    const core::Tet parts[8] = {{n[0], ab, ac, ad}, {ab, n[1], bc, bd}, {ac, bc, n[2], cd}, {ad, bd, cd, n[3]}, {ab, ac, ad, bd}, {ab, ac, bd, bc}, {ac, ad, bd, cd}, {ac, bc, cd, bd}};
    for (core::Tet part : parts) {
      const auto at = [&](int k) -> const Vec3& { return mesh->nodes[std::size_t(part[std::size_t(k)])]; };
      if (core::tet_volume(at(0), at(1), at(2), at(3)) < 0) std::swap(part[2], part[3]);
      mesh->tets.push_back(part);
      fibres->f.push_back(problem.fibres->f[t]);
      fibres->s.push_back(problem.fibres->s[t]);
      if (!problem.mesh->region.empty()) mesh->region.push_back(problem.mesh->region[t]);
      if (!problem.tissue.empty()) fine.tissue.push_back(problem.tissue[t]);
      if (!problem.tissue_before.empty()) fine.tissue_before.push_back(problem.tissue_before[t]);
    }
  }
  mesh->boundary = core::find_boundary(mesh->tets);
  std::map<core::Triangle, int> patch;   // by sorted nodes
  const auto sorted = [](core::Triangle f) {
    std::sort(f.begin(), f.end());
    return f;
  };
  for (const core::BoundaryFace& f : problem.mesh->boundary) {
    const auto& n = f.nodes;
    const Index ab = between(n[0], n[1]), bc = between(n[1], n[2]), ca = between(n[2], n[0]);
    for (const core::Triangle& part : {core::Triangle{n[0], ab, ca}, core::Triangle{ab, n[1], bc}, core::Triangle{ca, bc, n[2]}, core::Triangle{ab, bc, ca}}) patch[sorted(part)] = f.patch;
  }
  for (core::BoundaryFace& f : mesh->boundary) {
    const auto found = patch.find(sorted(f.nodes));
    if (found != patch.end()) f.patch = found->second;
  }
  mesh->region_names = problem.mesh->region_names, mesh->patch_names = problem.mesh->patch_names;
  fine.mesh = mesh;
  fine.fibres = fibres;
  return fine;
}

std::string fast_settings(const ep::ElectroProblem& p) {
  ep::ElectroProblem before = p;
  if (!p.tissue_before.empty()) before.tissue = p.tissue_before;
  before.tissue_before.clear();
  return fmt::format("FAST: eikonal to 1e-9 ms, templates of {}, {} electrodes, double precision; mesh {}, problem {}", p.ionic_model, p.electrodes.size(), p.mesh->sha256().substr(0, 16), before.sha256().substr(0, 16));
}

namespace {

// The box of bench ep/eikonal-box: a source in its corner, fibres along x.
constexpr int box_edges = 79;
const Vec3 box_velocity(0.6, 0.3, 0.2);
core::Result<ep::Eikonal> eikonal_box(int edges) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(Vec3::Constant(edges), 1.0, core::BoxSplit::alternating));
  return ep::Eikonal::make(mesh, straight_fibres(mesh->tets.size(), Vec3(1, 0, 0), Vec3(0, 1, 0)), box_velocity);
}
std::string eikonal_settings(const ep::Eikonal& e) {
  return fmt::format("eikonal to 1e-9 ms, velocities {:g} {:g} {:g} m/s, source at node 0, double precision; mesh {}", box_velocity.x(), box_velocity.y(), box_velocity.z(), e.mesh().sha256().substr(0, 16));
}
// Best of three, s of this thread.
core::Result<double> eikonal_time(const ep::Eikonal& e, const core::Progress& progress) {
  double best = 1e300;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const double start = thread_cpu_s();
    auto times = e.solve({{0, 0}}, {}, progress);
    if (!times) return core::pass(times);
    best = std::min(best, thread_cpu_s() - start);
  }
  return best;
}

}  // namespace

std::string eikonal_box_settings() { return eikonal_settings(*eikonal_box(box_edges)); }

Rows eikonal_box_rows(bool quick, const core::Progress& progress) {
  const auto start = Clock::now();
  const auto e = eikonal_box(box_edges);
  if (!e) return core::pass(e);
  const auto t = e->solve({{0, 0}}, {}, progress);
  if (!t) return core::pass(t);
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < t->size(); ++k) {
    const double exact = e->mesh().nodes[k].cwiseQuotient(box_velocity).norm();
    worst = std::max(worst, std::abs((*t)[k] - exact)), largest = std::max(largest, exact);
  }
  return std::vector<Row>{with_settings(timed_row("ep/eikonal-box", "error_of_largest_arrival", worst / largest, 0, 0.01, "closed form; issue 4: 1 %", quick, start), eikonal_settings(*e))};
}

BenchRows bench_eikonal(const core::Progress& progress) {
  const auto big = eikonal_box(box_edges), small = eikonal_box(24);
  if (!big) return core::pass(big);
  if (!small) return core::pass(small);
  const int before = core::thread_count();
  core::set_thread_count(1);   // solve() is serial
  const auto time = eikonal_time(*big, progress), in_cache = eikonal_time(*small, progress);
  const double triad = triad_GB_per_s(true);
  core::set_thread_count(before);
  if (!time) return core::pass(time);
  if (!in_cache) return core::pass(in_cache);
  const auto per_node = [](double s, const ep::Eikonal& e) { return s * 1e9 / double(e.mesh().nodes.size()); };
  const double nodes = double(big->mesh().nodes.size()), tets = double(big->mesh().tets.size()), bytes = (tets * (64 + 4 * 8) + nodes * 8) / nodes;
  const double ns = per_node(*time, *big), memory = bytes / triad, work = per_node(*in_cache, *small);
  return std::vector<BenchRow>{{"ep/eikonal-box",
                                {{"nodes", nodes}, {"tets", tets}, {"ns_per_node", ns}, {"bytes_per_node", bytes}, {"triad_GB_per_s", triad}, {"memory_bound_ns", memory}, {"ns_per_node_in_cache", work}, {"ratio_to_sum_of_bounds", ns / (memory + work)}},
                                1, *time, "CPU s", 1.5, "issue 4: 500k nodes within 1.5 s on one core; bounds measured beside it: least bytes over triad, the same solver in cache", "ep/eikonal-box", eikonal_settings(*big)}};
}

namespace {

constexpr double lesion_radius_mm = 5;
struct MovedLesion {
  ep::ElectroProblem p;              // the last region is the lesion; none placed
  std::array<Vec3, 4> places;
};
void place_lesion(ep::ElectroProblem& p, const std::vector<std::uint8_t>& before, const Vec3& at) {
  p.tissue = before;
  p.tissue_before = before;   // as an ablation of the program leaves it
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
    if ((p.mesh->nodes[std::size_t(p.mesh->tets[t][0])] - at).norm() < lesion_radius_mm) p.tissue[t] = std::uint8_t(p.regions.size() - 1);
}
// FAST again after the lesion moved to each place; the first builds what a mesh needs once.
BenchRows time_lesion(const std::string& name, const MovedLesion& moved, const core::Progress& progress) {
  ep::ElectroProblem p = moved.p;
  const auto& places = moved.places;
  const auto templates = ep::make_templates(p, progress);
  if (!templates) return core::pass(templates);
  const auto before_lesion = p.tissue;
  std::vector<BenchRow> rows;
  const int before = core::thread_count();
  for (int threads : {1, 2}) {
    core::set_thread_count(threads);
    double wall = 1e300, cpu = 1e300;
    for (std::size_t k = 0; k < places.size(); ++k) {
      place_lesion(p, before_lesion, places[k]);
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
    rows.push_back({name, size, threads, wall * 1e3, "ms", 200, "issue 4: FAST activation and 12-lead ECG after moving a lesion within 200 ms", name, fast_settings(p)});
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

// 60 thousand nodes, rotating fibres, ten electrodes; the lesion moves, everything that depends on it is computed again.
MovedLesion lesion_in_a_box() {
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
  return {std::move(p), {Vec3(25, 30, 30), Vec3(28, 30, 30), Vec3(31, 30, 30), Vec3(34, 30, 30)}};
}

// The ventricles of the built-in phantom with their Purkinje tree and the twin's own end; the lesion moves along the lateral wall from the apex to the base.
core::Result<MovedLesion> lesion_in_the_heart(const core::Progress& progress) {
  const auto patient = phantom_patient(progress.part(0, 0.7), 1.75);
  if (!patient) return core::pass(patient);
  const auto heart = heart_of(patient->mesh, "none", progress.part(0.7, 1));
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
  return MovedLesion{std::move(p), places};
}

// The answer with the lesion where it was moved to, against the same on half the edges: activation at every node and the leads. Both are functions of the problem alone, so that nothing of the way
// there is left in them. Nodes that the lesion does not delay keep their times bit for bit (fast-ep.md), so the others are its shadow: behind a wall of whole tets, which half the edges do not smooth. fine_mesh: 40 elements across, as issue 4 asks for its 1 %.
core::Result<ep::ElectroResult> fast_with_lesion(RowTable& table, const MovedLesion& moved, bool fine_mesh, ep::ElectroProblem& p, const core::Progress& progress) {
  const auto templates = ep::make_templates(moved.p, progress.part(0, 0.2));
  if (!templates) return core::pass(templates);
  const auto healthy = ep::run_fast(moved.p, *templates, progress.part(0.2, 0.3));
  if (!healthy) return core::pass(healthy);
  p = moved.p;
  place_lesion(p, moved.p.tissue, moved.places.back());
  auto coarse = ep::run_fast(p, *templates, progress.part(0.3, 0.4));
  if (!coarse) return core::pass(coarse);
  const auto fine = ep::run_fast(halved_edges(p), *templates, progress.part(0.4, 1));
  if (!fine) return core::pass(fine);
  std::vector<double> off;
  double outside = 0, largest = 0;
  for (std::size_t k = 0; k < coarse->activation_ms.size(); ++k) {
    const float a = coarse->activation_ms[k], b = fine->activation_ms[k];
    if (std::isnan(a) && std::isnan(b)) continue;
    off.push_back(std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::infinity() : std::abs(double(a) - double(b)));   // infinite: reached by one of the two
    if (a == healthy->activation_ms[k]) outside = std::max(outside, off.back());
    if (std::isfinite(b)) largest = std::max(largest, double(b));
  }
  std::sort(off.begin(), off.end());
  double apart = 0, square = 0;
  for (std::size_t l = 0; l < fine->ecg.mV.size(); ++l)
    for (std::size_t k = 0; k < fine->ecg.mV[l].size(); ++k) {
      const double d = coarse->ecg.mV[l][k] - fine->ecg.mV[l][k];
      apart += d * d, square += fine->ecg.mV[l][k] * fine->ecg.mV[l][k];
    }
  const double leads = std::sqrt(apart / square);
  const std::string source = fmt::format("the same tissue on half the edges: worst of all {:.2f} ms, outside the lesion's shadow {:.2f} ms, latest arrival {:.1f} ms, twelve leads {:.1f} % rms apart", off.back(), outside, largest, 100 * leads);
  const auto add = [&](const std::string& quantity, double value, double bound, const std::string& why) {
    table.at_most(quantity, value, bound, source + "; " + why);
    table.rows.back() = with_settings(table.rows.back(), fast_settings(p));
  };
  add("median_difference_with_the_moved_lesion_ms", off[off.size() / 2], 3, "bound of FAST against FULL, issue 4");
  add("p95_difference_with_the_moved_lesion_ms", off[off.size() * 95 / 100], 8, "bound of FAST against FULL, issue 4");
  if (fine_mesh) {
    add("error_of_largest_arrival_outside_the_shadow", outside / largest, 0.01, "issue 4: 1 %");
    add("twelve_leads_rms_over_their_rms", leads, 0.05, "5 % ours");
  }
  return coarse;
}

}  // namespace

core::Result<std::string> fast_lesion_settings(const core::Progress&) { return fast_settings(lesion_in_a_box().p); }
core::Result<std::string> fast_lesion_heart_settings(const core::Progress& progress) {
  const auto moved = lesion_in_the_heart(progress);
  if (!moved) return core::pass(moved);
  return fast_settings(moved->p);
}

Rows fast_lesion_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ep/fast-lesion", quick};
  ep::ElectroProblem p;
  if (auto ok = fast_with_lesion(table, lesion_in_a_box(), true, p, progress); !ok) return core::pass(ok);
  return table.rows;
}

// And against FULL on the same mesh with the same lesion.
Rows fast_lesion_heart_rows(bool quick, const core::Progress& progress) {
  RowTable table{"ep/fast-lesion-heart", quick};
  const auto moved = lesion_in_the_heart(progress.part(0, 0.2));
  if (!moved) return core::pass(moved);
  ep::ElectroProblem p;
  const auto fast = fast_with_lesion(table, *moved, false, p, progress.part(0.2, quick ? 1 : 0.5));
  if (!fast) return core::pass(fast);
  if (quick) return table.rows;
  p.end_ms = 130;
  p.tissue_before.clear();
  const std::string settings = table.rows.back().source.substr(table.rows.back().source.find("; settings: ") + 12);
  const auto full = ep::run_monodomain(p, {}, progress.part(0.5, 1));
  if (!full) return core::pass(full);
  const auto apart = twin::activation_difference(fast->activation_ms, full->activation_ms);
  table.at_most("median_difference_from_full_ms", apart.median_ms, 3, "issue 4: FAST vs FULL activation on the biventricle; here with a lesion");
  table.rows.back() = with_settings(table.rows.back(), settings);
  table.at_most("p95_difference_from_full_ms", apart.p95_ms, 8, "issue 4: FAST vs FULL activation on the biventricle; here with a lesion");
  table.rows.back() = with_settings(table.rows.back(), settings);
  return table.rows;
}

BenchRows bench_fast_lesion(const core::Progress& progress) { return time_lesion("ep/fast-lesion", lesion_in_a_box(), progress); }
BenchRows bench_fast_lesion_heart(const core::Progress& progress) {
  const auto moved = lesion_in_the_heart(progress.part(0, 0.4));
  if (!moved) return core::pass(moved);
  return time_lesion("ep/fast-lesion-heart", *moved, progress.part(0.4, 1));
}

}  // namespace ot::verify
