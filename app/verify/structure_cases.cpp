// SPDX-License-Identifier: GPL-3.0-or-later
// Fibres, sheets and the conduction system of the ventricles.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "app/verify/cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "solvers/electrophysiology/structure/conduction_system.hpp"
#include "solvers/organs/heart/heart.hpp"

namespace ot::verify {
namespace {

using core::Index;
using core::Vec3;
using Clock = std::chrono::steady_clock;
constexpr double pi = 3.14159265358979323846;

class Table {
 public:
  Table(std::string name, bool quick) : name_(std::move(name)), quick_(quick) {}
  void near(const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
    Row r;
    r.name = name_;
    r.quantity = quantity;
    r.value = value;
    r.reference = reference;
    r.tolerance = tolerance;
    r.relative = false;
    r.source = source;
    r.wall_s = std::chrono::duration<double>(Clock::now() - start_).count();
    r.threads = core::thread_count();
    r.quick = quick_;
    rows_.push_back(std::move(r));
  }
  // low <= value <= high
  void between(const std::string& quantity, double value, double low, double high, const std::string& source) { near(quantity, value, 0.5 * (low + high), 0.5 * (high - low), source); }
  std::vector<Row> rows() const { return rows_; }

 private:
  std::string name_;
  bool quick_;
  Clock::time_point start_ = Clock::now();
  std::vector<Row> rows_;
};

double orthonormal_error(const ep::FibreField& field) {
  double worst = 0;
  for (std::size_t t = 0; t < field.f.size(); ++t)
    worst = std::max({worst, std::abs(field.f[t].norm() - 1), std::abs(field.s[t].norm() - 1), std::abs(field.f[t].dot(field.s[t]))});
  return worst;
}

double percentile(std::vector<double> x, double share) {
  if (x.empty()) return std::nan("");
  std::sort(x.begin(), x.end());
  return x[std::size_t(share * double(x.size() - 1))];
}

// Two ventricles of about adult size as voxels of 1.5 mm, meshed by the program's own mesher.
core::Result<std::shared_ptr<const core::TetMesh>> two_ventricles(double edge, const core::Progress& progress) {
  core::LabelMap l;
  constexpr int n = 72;
  l.grid.size = {n, n, n};
  l.grid.spacing = Vec3::Constant(1.5);
  l.grid.origin = Vec3(-68.1, -52.1, -66.1);
  l.labels = core::labels::heart();
  l.values.resize(l.grid.voxels());
  const auto in = [](const Vec3& x, const Vec3& c, const Vec3& r) { return (x - c).cwiseQuotient(r).squaredNorm() < 1; };
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) {
        const Vec3 x = l.grid.to_patient(Vec3(i, j, k));
        int v = 0;
        if (x.z() < 20) {
          if (in(x, {0, 0, 0}, {22, 22, 50})) v = core::labels::lv_blood_pool;
          else if (in(x, {0, 0, 0}, {32, 32, 60})) v = core::labels::lv_myocardium;
          else if (in(x, {-26, -6, 4}, {28, 30, 46})) v = core::labels::rv_blood_pool;
          else if (in(x, {-26, -6, 4}, {32, 34, 50})) v = core::labels::rv_wall;
        }
        l.values[l.grid.offset(i, j, k)] = std::uint8_t(v);
      }
  imaging::HeartMeshParams params;
  params.edge_mm = edge;
  auto heart = imaging::biventricular_mesh(l, {}, params, progress);
  if (!heart) return core::pass(heart);
  return std::shared_ptr<const core::TetMesh>(std::make_shared<core::TetMesh>(std::move(heart->mesh)));
}

double value_of(const std::vector<core::Quantity>& all, const std::string& key) {
  for (const auto& q : all)
    if (q.key == key) return q.value;
  return std::nan("");
}

}  // namespace

Rows fibres_slab(bool quick, const core::Progress&) {
  Table table("ep/fibres-slab", quick);
  // Exact coordinates of a slab 10 mm thick: the row is about the rule, not about Laplace.
  const core::TetMesh mesh = core::make_box(Vec3(10, 10, 20), 1.0, core::BoxSplit::alternating);
  ep::VentricularCoordinates c;
  for (const Vec3& x : mesh.nodes) {
    c.transmural.push_back(x.x() / 10);
    c.phi_lv.push_back(1 - x.x() / 10);
    c.phi_rv.push_back(0);
    c.psi.push_back(x.z() / 20);
  }
  c.grad_psi.assign(mesh.tets.size(), Vec3(0, 0, 0.05));
  c.grad_epi.assign(mesh.tets.size(), Vec3(0.1, 0, 0));
  c.grad_lv.assign(mesh.tets.size(), Vec3(-0.1, 0, 0));
  c.grad_rv.assign(mesh.tets.size(), Vec3::Zero());
  struct Law {
    const char* name;
    ep::FibreAngles angles;
    const char* source;
  };
  for (const Law& law : {Law{"default", {}, "decision 0005: linear, +60 to -60 degrees (Streeter 1969)"},
                         Law{"as_published_40_-50", {40, -50, 0, 0, ep::DepthLaw::as_published}, "Bayer 2012 as written: quadratic, EP-FACTS section 1"},
                         Law{"sheets_-65_25", {40, -50, -65, 25, ep::DepthLaw::linear}, "linear law of the sheet angle, EP-FACTS section 1"}}) {
    const auto field = ep::rule_based_fibres(mesh, c, law.angles);
    if (!field) return core::pass(field);
    table.near(fmt::format("{}_orthonormal_error", law.name), orthonormal_error(*field), 0, 1e-9, "unit and orthogonal");
    for (const double depth : {0.1, 0.3, 0.5, 0.7, 0.9}) {
      std::size_t best = 0;
      double closest = 1, at = 0;
      for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
        double phi = 0;
        for (const Index n : mesh.tets[t]) phi += 0.25 * c.transmural[std::size_t(n)];
        if (std::abs(phi - depth) < closest) {
          closest = std::abs(phi - depth);
          best = t;
          at = phi;
        }
      }
      const double share = law.angles.depth == ep::DepthLaw::linear ? at : at * at;
      const double alpha = law.angles.alpha_endo * (1 - share) + law.angles.alpha_epi * share;
      // Around the wall is y; the fibre has no sense.
      const Vec3 f = field->f[best].y() < 0 ? Vec3(-field->f[best]) : field->f[best];
      table.near(fmt::format("{}_alpha_error_deg_at_{:g}", law.name, depth), std::atan2(f.z(), f.y()) * 180 / pi - alpha, 0, 0.1, law.source);
      if (law.angles.beta_endo != 0) {
        const double beta = law.angles.beta_endo * (1 - at) + law.angles.beta_epi * at;
        const Vec3 through(1, 0, 0), across = through.cross(f);   // the frame turned by beta about the fibre
        const Vec3 s = field->s[best].dot(through) < 0 ? Vec3(-field->s[best]) : field->s[best];
        table.near(fmt::format("{}_beta_error_deg_at_{:g}", law.name, depth), std::atan2(s.dot(across), s.dot(through)) * 180 / pi - beta, 0, 0.1, law.source);
      }
    }
  }
  return table.rows();
}

Rows fibres_biventricle(bool quick, const core::Progress& progress) {
  Table table("ep/fibres-biventricle", quick);
  const auto heart = two_ventricles(quick ? 3.0 : 2.0, progress.part(0, 0.5));
  if (!heart) return core::pass(heart);
  const core::TetMesh& mesh = **heart;
  const auto c = ep::ventricular_coordinates(mesh, progress.part(0.5, 1));
  if (!c) return core::pass(c);
  for (const auto& [name, angles] : {std::pair{"default", ep::FibreAngles{}}, {"bayer_2012", ep::bayer_2012()}}) {
    const auto field = ep::rule_based_fibres(mesh, *c, angles);
    if (!field) return core::pass(field);
    table.near(fmt::format("{}_orthonormal_error", name), orthonormal_error(*field), 0, 1e-9, "unit and orthogonal");
    // Turn per mm between neighbours through a face: across the middle of the septum against elsewhere in the septum.
    std::map<std::array<Index, 3>, std::size_t> face;
    std::vector<double> across_f, within_f, across_s, within_s;
    for (std::size_t t = 0; t < mesh.tets.size(); ++t)
      for (int k = 0; k < 4; ++k) {
        std::array<Index, 3> key{mesh.tets[t][(k + 1) % 4], mesh.tets[t][(k + 2) % 4], mesh.tets[t][(k + 3) % 4]};
        std::sort(key.begin(), key.end());
        const auto [it, fresh] = face.try_emplace(key, t);
        if (fresh) continue;
        double d[2], septal = 1;
        Vec3 x[2];
        const std::size_t pair[2] = {t, it->second};
        for (int q = 0; q < 2; ++q) {
          double lv = 0, rv = 0, up = 0;
          x[q] = Vec3::Zero();
          for (const Index n : mesh.tets[pair[q]]) {
            lv += 0.25 * c->phi_lv[std::size_t(n)];
            rv += 0.25 * c->phi_rv[std::size_t(n)];
            up += 0.25 * c->apicobasal[std::size_t(n)];
            x[q] += 0.25 * mesh.nodes[std::size_t(n)];
          }
          d[q] = rv / std::max(lv + rv, 1e-9);
          if (lv + rv < 0.8 || d[q] < 0.15 || d[q] > 0.85 || up < 0.25) septal = 0;   // not the insertions, not the apex
        }
        if (septal == 0) continue;
        const double mm = (x[0] - x[1]).norm();
        const auto turn = [&](const std::vector<Vec3>& v) { return std::acos(std::min(1.0, std::abs(v[pair[0]].dot(v[pair[1]])))) * 180 / pi / mm; };
        const bool middle = (d[0] < 0.5) != (d[1] < 0.5);
        (middle ? across_f : within_f).push_back(turn(field->f));
        (middle ? across_s : within_s).push_back(turn(field->s));
      }
    const std::string source = "continuity: no faster turn where the two ventricles' frames meet than on either side (bislerp, Bayer 2012)";
    table.between(fmt::format("{}_septum_fibre_turn_ratio_p95", name), percentile(across_f, 0.95) / percentile(within_f, 0.95), 0.5, 1.5, source);
    table.between(fmt::format("{}_septum_sheet_turn_ratio_p95", name), percentile(across_s, 0.95) / std::max(percentile(within_s, 0.95), 1e-9), 0.0, 1.5, source);
    table.between(fmt::format("{}_septum_faces_looked_at", name), double(across_f.size()), 50, 1e7, "the row looks at something");
  }
  return table.rows();
}

// A flat sheet of 60 x 60 mm, one bud in the middle.
Rows purkinje_sheet(bool quick, const core::Progress& progress) {
  Table table("ep/purkinje-sheet", quick);
  constexpr int n = 60;
  std::vector<Vec3> points;
  std::vector<core::Triangle> triangles;
  for (int j = 0; j <= n; ++j)
    for (int i = 0; i <= n; ++i) points.emplace_back(i, j, 0);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {
      const Index a = j * (n + 1) + i, b = a + 1, c = a + n + 1, d = c + 1;
      triangles.push_back({a, b, d});
      triangles.push_back({a, d, c});
    }
  const auto sheet = ep::WallSurface::make(points, triangles);
  const auto grow = [&](std::uint64_t seed) -> core::Result<ep::PurkinjeTree> {
    ep::PurkinjeTree tree;
    ep::PurkinjeParams params;
    params.seed = seed;
    const Index root = tree.add(Vec3(30, 30, 0), -1, 0, 0, (n / 2) * (n + 1) + n / 2);
    if (auto ok = ep::grow_purkinje(sheet, {{root, Vec3(1, 0, 0), 0}}, params, {}, tree, progress); !ok) return core::pass(ok);
    return tree;
  };
  const auto tree = grow(1), again = grow(1), other = grow(2);
  if (!tree) return core::pass(tree);
  if (!again) return core::pass(again);
  if (!other) return core::pass(other);
  double off = 0, outside = 0, backwards = 0;
  for (std::size_t i = 0; i < tree->points.size(); ++i) {
    const Vec3& x = tree->points[i];
    off = std::max(off, std::abs(x.z()));
    outside += x.x() < 0 || x.x() > n || x.y() < 0 || x.y() > n;
    backwards += tree->parent[i] >= Index(i);
  }
  table.near("distance_from_surface_mm", off, 0, 1e-9, "branches lie on the surface");
  table.near("points_outside", outside, 0, 0, "branches end at the border");
  table.near("parents_after_children", backwards, 0, 0, "a tree");
  // Segments that cross: a tree in the plane has none.
  double crossings = 0;
  const auto side = [](const Vec3& a, const Vec3& b, const Vec3& c) { return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x()); };
  for (std::size_t i = 1; i < tree->points.size(); ++i)
    for (std::size_t j = i + 1; j < tree->points.size(); ++j) {
      const Index p = tree->parent[i], q = tree->parent[j];
      if (p == q || p == Index(j) || q == Index(i)) continue;
      const Vec3 &a = tree->points[std::size_t(p)], &b = tree->points[i], &c = tree->points[std::size_t(q)], &d = tree->points[j];
      if (std::max(a.x(), b.x()) < std::min(c.x(), d.x()) || std::max(c.x(), d.x()) < std::min(a.x(), b.x())) continue;
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) ++crossings;
    }
  table.near("crossing_segments", crossings, 0, 0, "Sahli Costabal 2016: a branch ends where it meets another");
  std::vector<double> gap;
  for (const Vec3& x : points) {
    double nearest = 1e300;
    for (const Vec3& y : tree->points) nearest = std::min(nearest, (x - y).norm());
    gap.push_back(nearest);
  }
  table.between("distance_to_tree_p95_mm", percentile(gap, 0.95), 0, ep::PurkinjeParams{}.branch_mm, "no hole wider than a branch: our choice");
  bool same = tree->points.size() == again->points.size(), differs = tree->points.size() != other->points.size();
  for (std::size_t i = 0; same && i < tree->points.size(); ++i) same = tree->points[i] == again->points[i];
  table.near("same_seed_same_tree", same, 1, 0, "deterministic by seed");
  table.near("other_seed_other_tree", differs, 1, 0, "deterministic by seed");
  // Times: along the tree from the root, and the other way round from one leaf.
  const auto t = ep::tree_times(*tree, {{0, 0.0}}, {}, 2.5);
  double worst = 0;
  for (std::size_t i = 0; i < tree->points.size(); ++i) {
    double length = 0;
    for (Index k = Index(i); tree->parent[std::size_t(k)] >= 0; k = tree->parent[std::size_t(k)]) length += tree->length_mm[std::size_t(k)];
    worst = std::max(worst, std::abs(t[i] - length / 2.5));
  }
  table.near("arrival_error_ms", worst, 0, 1e-9, "length / speed");
  const Index leaf = tree->leaves().back();
  const auto back = ep::tree_times(*tree, {{leaf, 0.0}}, {}, 2.5);
  table.near("backward_arrival_error_ms", back[0] - t[std::size_t(leaf)], 0, 1e-9, "length / speed, entered from a leaf");
  const auto cut = ep::tree_times(*tree, {{0, 0.0}}, {leaf}, 2.5);
  table.near("cut_leaf_is_never_reached", std::isinf(cut[std::size_t(leaf)]), 1, 0, "block");
  return table.rows();
}

Rows purkinje_tree(bool quick, const core::Progress& progress) {
  Table table("ep/purkinje-heart", quick);
  const double usual = quick ? 3.0 : 2.0;
  std::map<double, std::shared_ptr<const core::TetMesh>> meshes;   // by edge
  for (const double edge : quick ? std::vector<double>{usual} : std::vector<double>{usual, 2.5, 3.0}) {
    auto meshed = two_ventricles(edge, progress.part(0.06 * double(meshes.size()), 0.06 * double(meshes.size() + 1)));
    if (!meshed) return core::pass(meshed);
    meshes[edge] = *meshed;
  }
  struct Beat {
    const char *block, *accessory;
    double edge;
    double qrs = 0, axis = 0, r_v1 = 0, s_v1 = 0, end_v1 = 0;
    std::size_t sites = 0;
  };
  std::vector<Beat> beats{{"none", "none", usual}, {"lbbb", "none", usual}, {"rbbb", "none", usual}, {"none", "left_lateral", usual}, {"none", "none", 2.5}, {"none", "none", 3.0}};
  if (quick) beats.resize(2);
  double first = 0;
  for (std::size_t k = 0; k < beats.size(); ++k) {
    Beat& b = beats[k];
    organs::HeartInputs in;
    in.mesh = meshes.at(b.edge);
    in.frame = ep::ElectrodeFrame::heart;
    auto conduction = organs::heart_conduction("purkinje", b.block, b.accessory);
    if (!conduction) return core::pass(conduction);
    in.params.conduction = *conduction;
    const auto part = progress.part(0.2 + 0.8 * double(k) / double(beats.size()), 0.2 + 0.8 * double(k + 1) / double(beats.size()));
    const auto heart = organs::build_heart(in, part.part(0, 0.5));
    if (!heart) return core::pass(heart);
    const auto templates = ep::make_templates((*heart)->baseline, part.part(0.5, 0.8));
    if (!templates) return core::pass(templates);
    const auto run = ep::run_fast((*heart)->baseline, *templates, part.part(0.8, 1.0));
    if (!run) return core::pass(run);
    b.sites = (*heart)->baseline.sites.size();
    b.qrs = value_of(run->quantities, "qrs_ms");
    b.axis = value_of(run->quantities, "axis_deg");
    const auto v1 = std::size_t(std::find(run->ecg.leads.begin(), run->ecg.leads.end(), "V1") - run->ecg.leads.begin());
    for (std::size_t s = 0; v1 < run->ecg.leads.size() && s < run->ecg.t_ms.size() && run->ecg.t_ms[s] < b.qrs + 20; ++s) {
      b.r_v1 = std::max(b.r_v1, run->ecg.mV[v1][s]);
      b.s_v1 = std::min(b.s_v1, run->ecg.mV[v1][s]);
    }
    double earliest = std::numeric_limits<double>::infinity();
    for (const auto& site : (*heart)->baseline.sites) earliest = std::min(earliest, site.start_ms);
    first = std::max(first, std::abs(earliest));
    if (std::string(b.accessory) != "none") table.near("pre-excited_first_site_is_the_pathway", (*heart)->baseline.sites.front().start_ms, 0, 1e-9, "Wolff-Parkinson-White: the bypass excites first");
  }
  table.near("first_excitation_ms", first, 0, 1e-9, "time 0 is the first excitation of muscle");
  table.between("healthy_qrs_ms", beats[0].qrs, 80, 110, "issue 4: 80-110 ms; a simple shape of adult size");
  table.between("lbbb_qrs_ms", beats[1].qrs, 120, 200, "issue 4: at least 120 ms");
  table.between("lbbb_r_over_s_in_v1", beats[1].r_v1 / std::max(1e-9, -beats[1].s_v1), 0, 0.3, "issue 4: QS or rS in V1");
  if (!quick) {
    table.between("rbbb_qrs_ms", beats[2].qrs, 110, 200, "incomplete to complete right bundle branch block: 110 ms and more (AHA/ACCF/HRS 2009)");
    table.between("rbbb_r_in_v1_over_healthy", beats[2].r_v1 / std::max(1e-9, beats[0].r_v1), 1.2, 1e3, "late rightward forces: a taller R in V1");
    table.between("pre-excited_qrs_longer_by_ms", beats[3].qrs - beats[0].qrs, 10, 100, "delta wave");
    const auto [shortest, longest] = std::minmax({beats[0].qrs, beats[4].qrs, beats[5].qrs});
    table.between("healthy_qrs_spread_over_edges_2_2.5_3_mm", longest - shortest, 0, 8, "the same heart on three meshes, a tree grown on each; our bound: two meshes of the phantom were 9 ms apart before junctions had a size of their own");
  }
  return table.rows();
}

}  // namespace ot::verify
