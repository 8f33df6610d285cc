// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of meshes and vessels: shapes with known truth, made here.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <set>

#include "app/verify/cases.hpp"
#include "imaging/meshing/mesh_report.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_repair.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {

using core::Vec3;
using Clock = std::chrono::steady_clock;
constexpr double pi = 3.14159265358979323846;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

core::LabelMap voxels(double half, double spacing, bool flipped, const std::function<int(const Vec3&)>& label) {
  core::LabelMap l;
  const int n = int(2 * half / spacing) + 1;
  l.grid.size = {n, n, n};
  l.grid.spacing = Vec3::Constant(spacing);
  l.grid.origin = Vec3::Constant(-half + 0.13);
  if (flipped) {
    l.grid.origin = l.grid.to_patient(Vec3(n - 1, 0, 0));
    l.grid.direction.col(0) *= -1;
  }
  l.labels = core::labels::heart();
  l.values.resize(l.grid.voxels());
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) l.values[l.grid.offset(i, j, k)] = std::uint8_t(label(l.grid.to_patient(Vec3(i, j, k))));
  return l;
}

// Two ventricles with an LV wall, an RV wall of 3 mm and a scar sliver 1.6 mm thick.
int ventricles(const Vec3& x) {
  namespace l = core::labels;
  auto in = [&](const Vec3& c, const Vec3& r) { return (x - c).cwiseQuotient(r).squaredNorm() < 1; };
  if (x.z() > 12) return 0;
  if (in({0, 0, 0}, {17, 17, 36})) return l::lv_blood_pool;
  if (in({0, 0, 0}, {26, 26, 44})) return std::abs(x.x() - 21.5) < 0.8 && x.tail<2>().norm() < 9 ? l::scar : l::lv_myocardium;
  if (in({-20, -8, 2}, {26, 22, 34})) return l::rv_blood_pool;
  return in({-20, -8, 2}, {29, 25, 37}) ? l::rv_wall : 0;
}

// Share of points within limit_mm of a voxel face between `label` and another.
double share_near_border(const core::LabelMap& l, int label, const std::vector<Vec3>& points, double limit) {
  std::size_t good = 0;
  auto member = [&](int i, int j, int k) { return l.grid.contains(i, j, k) && l.at(i, j, k) == label; };
  for (const Vec3& x : points) {
    const Vec3 q = l.grid.to_index(x);
    const int c[3] = {int(std::lround(q[0])), int(std::lround(q[1])), int(std::lround(q[2]))};
    double best = 1e300;
    for (int k = c[2] - 2; k <= c[2] + 2; ++k)
      for (int j = c[1] - 2; j <= c[1] + 2; ++j)
        for (int i = c[0] - 2; i <= c[0] + 2; ++i)
          for (int a = 0; a < 3; ++a) {
            if (member(i, j, k) == member(i + (a == 0), j + (a == 1), k + (a == 2))) continue;
            Vec3 d;
            const int at[3] = {i, j, k};
            for (int b = 0; b < 3; ++b) d[b] = b == a ? std::abs(q[b] - at[b] - 0.5) : std::max(0.0, std::abs(q[b] - at[b]) - 0.5);
            best = std::min(best, d.cwiseProduct(l.grid.spacing).norm());
          }
    good += best <= limit;
  }
  return points.empty() ? 0 : double(good) / double(points.size());
}

std::vector<Vec3> border_nodes(const core::TetMesh& m, int region) {
  std::vector<std::set<int>> of(m.nodes.size());
  for (std::size_t t = 0; t < m.tets.size(); ++t)
    for (core::Index n : m.tets[t]) of[std::size_t(n)].insert(m.region[t]);
  for (const auto& f : m.boundary)
    for (core::Index n : f.nodes) of[std::size_t(n)].insert(0);
  std::vector<Vec3> out;
  for (std::size_t n = 0; n < of.size(); ++n)
    if (of[n].count(region) && of[n].size() > 1) out.push_back(m.nodes[n]);
  return out;
}

class Table {
 public:
  Table(std::string name, std::string source, bool quick) : name_(std::move(name)), source_(std::move(source)), quick_(quick) {}
  void near(const std::string& quantity, double value, double reference, double tolerance, bool relative = false) {
    Row r;
    r.name = name_, r.quantity = quantity, r.value = value, r.reference = reference, r.tolerance = tolerance, r.relative = relative;
    r.source = source_, r.wall_s = since(start_), r.threads = core::thread_count(), r.quick = quick_;
    rows_.push_back(r);
  }
  // value >= least
  void least(const std::string& quantity, double value, double least_value) { near(quantity + "_short_of_bound", std::max(0.0, least_value - value), 0, 0); }
  std::vector<Row> rows() const { return rows_; }

 private:
  std::string name_, source_;
  bool quick_;
  Clock::time_point start_ = Clock::now();
  std::vector<Row> rows_;
};

core::SurfaceMesh tube(const std::function<Vec3(double)>& centre, const std::function<double(double)>& radius, int rings, int around, double shift = 0) {
  core::SurfaceMesh m;
  m.patch_names = {{1, "wall"}, {2, "inlet"}, {3, "outlet 1"}};
  Vec3 side = Vec3::Zero();
  for (int i = 0; i <= rings; ++i) {
    const double s = double(i) / rings, h = 1e-4;
    const Vec3 t = (centre(s + h) - centre(s - h)).normalized();
    if (i == 0) side = t.unitOrthogonal();
    side = (side - side.dot(t) * t).normalized();
    const Vec3 up = t.cross(side);
    // An eccentric narrowing keeps one side of the wall where it was.
    const Vec3 c = centre(s) + shift * (radius(0) - radius(s)) * side;
    for (int j = 0; j < around; ++j) m.points.push_back(c + radius(s) * (std::cos(2 * pi * j / around) * side + std::sin(2 * pi * j / around) * up));
  }
  auto put = [&](int a, int b, int c, int patch) { m.triangles.push_back({a, b, c}), m.patch.push_back(patch); };
  for (int i = 0; i < rings; ++i)
    for (int j = 0; j < around; ++j) {
      const int a = i * around + j, b = i * around + (j + 1) % around, c = a + around, d = b + around;
      put(a, b, d, 1), put(a, d, c, 1);
    }
  const int first = int(m.points.size());
  m.points.push_back(centre(0)), m.points.push_back(centre(1));
  for (int j = 0; j < around; ++j) put(first, (j + 1) % around, j, 2), put(first + 1, rings * around + j, rings * around + (j + 1) % around, 3);
  return m;
}

double cosine(double z, double percent, double half) { return 1.5 * (1 - (std::abs(z) < half ? percent / 100 * 0.5 * (1 + std::cos(pi * z / half)) : 0)); }

}  // namespace

Rows mesh_labels_quality(bool quick, const core::Progress& progress) {
  Table t("mesh/labels-quality", "issue 3: zero inverted, smallest dihedral >= 8 degrees, median >= 40, surface within 0.5 voxel (95th percentile)", quick);
  for (const bool flipped : {false, true}) {
    const auto l = voxels(60, 1.5, flipped, ventricles);
    imaging::MeshRequest r;
    r.edge_mm = quick ? 2.0 : 1.5;
    for (int v : {core::labels::lv_blood_pool, core::labels::lv_myocardium, core::labels::rv_blood_pool, core::labels::rv_wall, core::labels::scar}) r.parts.push_back({v, "", 0});
    auto m = imaging::tet_mesh_from_labels(l, r, progress);
    if (!m) return core::pass(m);
    const std::string tag = flipped ? "_flipped_grid" : "";
    t.near("inverted" + tag, double(m->quality.inverted), 0, 0);
    t.least("min_dihedral" + tag, m->quality.min_dihedral_deg, 8);
    t.least("median_dihedral" + tag, m->quality.median_dihedral_deg, 40);
    t.near("parts" + tag, double(m->quality.parts), 1, 0);
    const auto report = imaging::report_mesh(m->mesh, 1);
    t.near("pinched_edges" + tag, double(report.pinched_edges), 0, 0);
    for (std::size_t p = 0; p < r.parts.size(); ++p) {
      const std::string name = m->mesh.region_names[int(p) + 1];
      double volume = 0;
      for (std::size_t e = 0; e < m->mesh.tets.size(); ++e)
        if (m->mesh.region[e] == int(p) + 1) {
          const auto& n = m->mesh.tets[e];
          volume += core::tet_volume(m->mesh.nodes[std::size_t(n[0])], m->mesh.nodes[std::size_t(n[1])], m->mesh.nodes[std::size_t(n[2])], m->mesh.nodes[std::size_t(n[3])]);
        }
      const double labelled = double(l.count(r.parts[p].label)) * l.grid.voxel_volume();
      // The sliver is one voxel thick: an interface between flat facets cannot hold it to 2 %.
      t.near("volume_" + name + tag, volume, labelled, r.parts[p].label == core::labels::scar ? 0.15 : 0.02, true);
      t.least("share_within_half_voxel_" + name + tag, share_near_border(l, r.parts[p].label, border_nodes(m->mesh, int(p) + 1), 0.75), 0.95);
    }
    if (quick) break;
  }
  return t.rows();
}

Rows mesh_surface_volume(bool quick, const core::Progress& progress) {
  Table t("mesh/surface-volume", "issue 3: smoothing changes no volume by 2 % or more, slivers included", quick);
  for (const bool flipped : {false, true}) {
    const auto l = voxels(60, 1.5, flipped, ventricles);
    auto made = imaging::surfaces_from_labels(l, {1, 2, 3, 8, 9}, 0, progress);
    if (!made) return core::pass(made);
    const std::string tag = flipped ? "_flipped_grid" : "";
    t.near("surfaces" + tag, double(made->size()), 5, 0);
    for (const auto& s : *made) {
      t.near("volume_label_" + std::to_string(s.label) + tag, s.volume_mm3, s.labelled_mm3, 0.02, true);
      t.near("closed_label_" + std::to_string(s.label) + tag, s.surface.closed() ? 1 : 0, 1, 0);
    }
  }
  return t.rows();
}

Rows vessel_radius(bool quick, const core::Progress& progress) {
  Table t("vessels/radius", "issue 3: centreline radius within 2 % on tube, torus, tapered helix; caps included", quick);
  struct Shape { const char* name; std::function<Vec3(double)> centre; std::function<double(double)> radius; };
  const Shape shapes[] = {{"tube", [](double s) { return Vec3(38.4 * s, 48 * s, 51.2 * s); }, [](double) { return 6.0; }},
                          {"torus", [](double s) { return Vec3(30 * std::cos(3.5 * s), 30 * std::sin(3.5 * s), 0); }, [](double) { return 8.0; }},
                          {"tapered_helix", [](double s) { return Vec3(12 * std::cos(9.4 * s), 12 * std::sin(9.4 * s), 40 * s); }, [](double s) { return 2.0 - 0.5 * s; }}};
  for (const auto& shape : shapes) {
    const auto n = imaging::centerline(tube(shape.centre, shape.radius, 160, 48), progress);
    if (!n) return core::pass(n);
    double worst = 0;
    for (const auto& b : n->branches)
      for (std::size_t i = 0; i < b.points.size(); ++i) {
        double nearest = 1e300, truth = 1;
        for (int m = 0; m <= 1000; ++m)
          if (const double d = (shape.centre(m / 1000.0) - b.points[i]).norm(); d < nearest) nearest = d, truth = shape.radius(m / 1000.0);
        worst = std::max(worst, std::abs(b.radius[i] / truth - 1));
      }
    t.near(std::string("largest_radius_error_") + shape.name, worst, 0, 0.02);
  }
  return t.rows();
}

Rows vessel_stenosis(bool quick, const core::Progress& progress) {
  Table t("vessels/stenosis", "issue 3: stenosis degree within 3 percentage points; cosine narrowings of a 3 mm tube, short, long, eccentric", quick);
  const auto line = [](double s) { return Vec3(28.8 * s, 36 * s, 38.4 * s); };
  for (const double percent : {30.0, 50.0, 70.0, 85.0})
    for (const int kind : {0, 1, 2}) {
      const double half = kind == 1 ? 12 : 5;
      const auto n = imaging::centerline(tube(line, [&](double s) { return cosine(60 * s - 30, percent, half); }, 240, 48, kind == 2 ? 1.0 : 0.0), progress);
      if (!n) return core::pass(n);
      const auto found = core::find_stenoses(*n);
      const std::string tag = "_" + std::to_string(int(percent)) + (kind == 0 ? "_short" : kind == 1 ? "_long" : "_eccentric");
      t.near("lesions" + tag, double(found.size()), 1, 0);
      if (!found.empty()) t.near("percent" + tag, found.front().diameter_percent, percent, 3);
    }
  // From voxels: where the throat is at least three voxels wide.
  for (const auto& [percent, per_diameter] : {std::pair(30.0, 6.0), std::pair(50.0, 6.0), std::pair(70.0, 10.0)}) {
    core::LabelMap l;
    const double h = 3.0 / per_diameter;
    l.grid.size = {int(40 / h), int(46 / h), int(48 / h)};
    l.grid.spacing = Vec3::Constant(h);
    l.grid.origin = Vec3(-5.1, -5.07, -5.03);
    l.labels = core::labels::heart();
    l.values.assign(l.grid.voxels(), 0);
    const Vec3 axis = line(1) / 60.0;
    for (int k = 0; k < l.grid.size[2]; ++k)
      for (int j = 0; j < l.grid.size[1]; ++j)
        for (int i = 0; i < l.grid.size[0]; ++i) {
          const Vec3 x = l.grid.to_patient(Vec3(i, j, k));
          const double z = x.dot(axis);
          if (z > 0 && z < 60 && (x - z * axis).norm() < cosine(z - 30, percent, 12)) l.values[l.grid.offset(i, j, k)] = core::labels::vessel;
        }
    imaging::LumenParams params;
    params.inlet_near = Vec3::Zero();
    auto lumen = imaging::lumen_from_labels(l, core::labels::vessel, params, progress);
    if (!lumen) return core::pass(lumen);
    const auto found = core::find_stenoses(lumen->network);
    const std::string tag = "_voxels_" + std::to_string(int(percent));
    t.near("lesions" + tag, double(found.size()), 1, 0);
    if (!found.empty()) t.near("percent" + tag, found.front().diameter_percent, percent, 3);
    if (quick) break;
  }
  return t.rows();
}

Rows vessel_reference(bool quick, const core::Progress& progress) {
  Table t("vessels/reference", "an aneurysm, a natural taper and a neck are no stenosis; a lesion beside an aneurysm keeps its degree (QCA interpolated reference, Reiber 1985)", quick);
  const auto line = [](double s) { return Vec3(0, 0, 200 * s); };
  const auto count = [&](const std::string& name, const std::function<double(double)>& radius, double expected, double percent) -> core::Result<void> {
    const auto n = imaging::centerline(tube(line, radius, 300, 48), progress);
    if (!n) return core::pass(n);
    const auto found = core::find_stenoses(*n);
    t.near("lesions_" + name, double(found.size()), expected, 0);
    if (expected > 0 && !found.empty()) t.near("percent_" + name, found.front().diameter_percent, percent, 3);
    return {};
  };
  const auto bulge = [](double s) { return 12 + 12 * std::exp(-std::pow((200 * s - 110) / 22, 2)); };
  if (auto ok = count("aneurysm", bulge, 0, 0); !ok) return core::pass(ok);
  if (auto ok = count("taper", [](double s) { return 12 - 6 * s; }, 0, 0); !ok) return core::pass(ok);
  if (auto ok = count("wide_then_narrow", [](double s) { return 18 - 9 / (1 + std::exp(-(200 * s - 130) / 5)); }, 0, 0); !ok) return core::pass(ok);
  if (auto ok = count("lesion_beside_aneurysm", [&](double s) { const double z = 200 * s - 40; return bulge(s) * (1 - (std::abs(z) < 10 ? 0.25 * (1 + std::cos(pi * z / 10)) : 0)); }, 1, 50); !ok) return core::pass(ok);
  return t.rows();
}

Rows vessel_extension(bool quick, const core::Progress& progress) {
  Table t("vessels/flow-extension", "a cap lengthened by 5 diameters: closed, longer by that much, round at its end", quick);
  const auto given = tube([](double s) { return Vec3(0, 0, 40 * s); }, [](double) { return 4.0; }, 40, 40);
  auto longer = imaging::add_flow_extensions(given, 5);
  if (!longer) return core::pass(longer);
  auto n = imaging::centerline(*longer, progress);
  if (!n) return core::pass(n);
  t.near("closed", longer->closed() ? 1 : 0, 1, 0);
  t.near("length_mm", n->branches.front().length(), 40 + 2 * 5 * 8, 0.01, true);
  t.near("end_radius_mm", n->branches.front().radius.back(), 4, 0.02, true);
  return t.rows();
}

BenchRows bench_tets(const core::Progress& progress) {
  std::vector<BenchRow> rows;
  const auto l = voxels(60, 1.0, false, ventricles);
  const int before = core::thread_count();
  core::Result<void> ok;
  for (const int n : before == 1 ? std::vector<int>{1} : std::vector<int>{1, before}) {
    core::set_thread_count(n);
    imaging::MeshRequest r;
    r.edge_mm = 1.55;
    for (int v : {1, 2, 3, 8, 9}) r.parts.push_back({v, "", 0});
    const auto start = Clock::now();
    auto m = imaging::tet_mesh_from_labels(l, r, progress);
    if (!m) {
      ok = core::pass(m);
      break;
    }
    rows.push_back({"mesh/tets-500k", {{"voxels", double(l.grid.voxels())}, {"tets", double(m->quality.tets)}}, n, since(start) * 5e5 / double(m->quality.tets), "s per 500k tets", 60,
                    "issue 3: 500k tets from labels in 60 s on 2 cores", "mesh/labels-quality"});
  }
  core::set_thread_count(before);
  if (!ok) return core::pass(ok);
  return rows;
}

}  // namespace ot::verify
