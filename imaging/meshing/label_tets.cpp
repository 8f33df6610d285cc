// SPDX-License-Identifier: GPL-3.0-or-later
// Label map -> one tetrahedral mesh of any set of labels with shared interfaces, regions and named patches.
// Model: cut_lattice.hpp, then node moves: inner nodes freely, border nodes along their border, until the flattest tets are lifted.
// Fails: unknown label, impossible edge length, nothing left, tets flatter than the solvers take; cancelled.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>

#include "imaging/meshing/cut_lattice.hpp"
#include "imaging/meshing/label_field.hpp"
#include "imaging/meshing/mesh_parts.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/tet_improve.hpp"
#include "solvers/core/has_label.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/core/units.hpp"

namespace ot::imaging {

using core::Index;
using core::Tet;
using core::Vec3;

namespace {

// Loose pieces under this share of the largest are crumbs of the segmentation; larger ones (a second kidney) stay.
constexpr double crumb_share = 0.005;
// Angles aimed at; the solvers need 8 degrees (core::check_simulation_ready's callers).
constexpr double wanted_deg = 14.0, needed_deg = 8.0;

core::Result<void> check(const core::LabelMap& labels, const MeshRequest& r) {
  if (labels.values.size() != labels.grid.voxels() || labels.values.empty()) {
    return core::bad_input("The label map is empty (nothing to mesh). Run segmentation first.");
  }
  if (r.parts.empty()) return core::wrong_usage("No label was asked for (nothing to mesh). Name at least one.");
  auto bad_edge = [](double e) { return !(e >= 0.1 && e <= 20.0); };
  if (bad_edge(r.edge_mm)) return core::wrong_usage(fmt::format("An edge length of {} mm cannot be meshed (0.1 to 20 mm are possible).", r.edge_mm));
  LabelSet seen;
  for (const auto& p : r.parts) {
    if (p.label < 1 || p.label > 255) return core::wrong_usage(fmt::format("{} is not a label (1 to 255 are).", p.label));
    if (seen[std::size_t(p.label)]) return core::wrong_usage(fmt::format("Label {} was asked for twice. Name it once.", p.label));
    seen.set(std::size_t(p.label));
    if (p.edge_mm != 0 && bad_edge(p.edge_mm)) return core::wrong_usage(fmt::format("An edge length of {} mm cannot be meshed (0.1 to 20 mm are possible).", p.edge_mm));
    if (labels.count(p.label) == 0) {
      const auto it = std::find_if(labels.labels.begin(), labels.labels.end(), [&](const core::LabelInfo& l) { return l.value == p.label; });
      return core::bad_input(fmt::format("The label map has no voxel of {} (nothing to mesh there). Leave it out or segment it first.",
                                         it == labels.labels.end() ? fmt::format("label {}", p.label) : it->name));
    }
  }
  for (const auto& s : r.spots)
    if (bad_edge(s.edge_mm) || !(s.radius_mm > 0) || !s.centre.allFinite())
      return core::wrong_usage("A finer spot needs a point, a radius over 0 mm and an edge of 0.1 to 20 mm.");
  return {};
}

std::string key_of(const core::LabelMap& labels, int value) {
  for (const auto& l : labels.labels)
    if (l.value == value) return l.key;
  return fmt::format("label_{}", value);
}

// Where a border node may go: the nearest point of the border between its two materials.
class Slide {
 public:
  Slide(const LabelField& field, const CutLattice& cut) : field_(field), of_(cut.of_node), start_(cut.nodes), h_(0.25 * field.grid().spacing.minCoeff()) {}
  Vec3 on_border(Index n, const Vec3& wish, const Vec3& now) const {
    const auto& s = of_[std::size_t(n)];
    Vec3 p = wish;
    for (int it = 0; it < 2; ++it) {
      const double f = balance(s, p);
      Vec3 slope;
      for (int a = 0; a < 3; ++a) {
        const Vec3 e = Vec3::Unit(a) * h_;
        slope[a] = (balance(s, p + e) - balance(s, p - e)) / (2 * h_);
      }
      const double s2 = slope.squaredNorm();
      if (!(s2 > 1e-8)) return now;
      const Vec3 step = -f / s2 * slope;
      if (step.norm() > 8 * h_) return now;
      p += step;
    }
    return p;
  }
  // Off the border by at most `off` mm.
  bool near_border(Index n, const Vec3& x, double off) const {
    const auto& s = of_[std::size_t(n)];
    if (s.size() == 2) return std::abs(balance(s, x)) <= 2 * field_.slope() * off && (x - start_[std::size_t(n)]).norm() < 8 * off;
    return (x - start_[std::size_t(n)]).norm() <= off;
  }

 private:
  double balance(const MaterialSet& s, const Vec3& x) const { return field_.share(s.m[0], x) - field_.share(s.m[1], x); }
  const LabelField& field_;
  const std::vector<MaterialSet>& of_;
  std::vector<Vec3> start_;
  double h_;
};

// Tets of a region that hang together with nothing of it are slivers along the lines where three labels meet: they join the neighbour
// with which they share most faces.
void join_crumbs(core::TetMesh& m, double least_mm3) {
  const auto other = face_neighbours(m.tets);
  for (int round = 0; round < 3; ++round) {
    int count = 0;
    const std::vector<int> part = parts_of(other, m.region, count);
    std::vector<double> volume(std::size_t(count), 0.0);
    for (std::size_t t = 0; t < m.tets.size(); ++t) volume[std::size_t(part[t])] += tet_volume_of(m, t);
    std::map<int, std::map<int, int>> beside;
    for (std::size_t t = 0; t < m.tets.size(); ++t)
      if (volume[std::size_t(part[t])] < least_mm3)
        for (std::size_t f = 4 * t; f < 4 * t + 4; ++f)
          if (other[f] >= 0 && m.region[std::size_t(other[f]) / 4] != m.region[t]) ++beside[part[t]][m.region[std::size_t(other[f]) / 4]];
    std::map<int, int> target;
    for (const auto& [p, regions] : beside) {
      int most = 0;
      for (const auto& [r, n] : regions)
        if (n > most) most = n, target[p] = r;
    }
    if (target.empty()) return;
    for (std::size_t t = 0; t < m.tets.size(); ++t)
      if (const auto it = target.find(part[t]); it != target.end()) m.region[t] = it->second;
  }
}

void name_patches(core::TetMesh& mesh, const core::LabelMap& labels, const LabelSet& meshed) {
  namespace l = core::labels;
  mesh.boundary = core::find_boundary(mesh.tets);
  const core::Grid& g = labels.grid;
  const double out = 0.75 * g.spacing.maxCoeff();
  std::vector<std::pair<int, int>> beside(mesh.boundary.size());   // region, label beside it (0 = outside)
  for (std::size_t i = 0; i < beside.size(); ++i) {
    const auto& f = mesh.boundary[i];
    const Vec3 &a = mesh.nodes[std::size_t(f.nodes[0])], &b = mesh.nodes[std::size_t(f.nodes[1])], &c = mesh.nodes[std::size_t(f.nodes[2])];
    const Vec3 q = g.to_index((a + b + c) / 3 + out * (b - a).cross(c - a).normalized());
    const int v[3] = {int(std::lround(q[0])), int(std::lround(q[1])), int(std::lround(q[2]))};
    int label = g.contains(v[0], v[1], v[2]) ? int(labels.at(v[0], v[1], v[2])) : 0;
    if (meshed[std::size_t(label)]) label = 0;
    beside[i] = {mesh.region[std::size_t(f.tet)], label};
  }
  // Three rounds of majority among the faces around take out the speckle of voxel borders.
  const auto next = surface_neighbours(mesh.boundary);
  for (int round = 0; round < 3; ++round) {
    const auto before = beside;
    for (std::size_t i = 0; i < beside.size(); ++i) {
      std::map<int, int> votes;
      votes[before[i].second] += 1;
      for (Index o : next[i])
        if (o >= 0 && before[std::size_t(o)].first == before[i].first) ++votes[before[std::size_t(o)].second];
      for (const auto& [label, n] : votes)
        if (n > votes[beside[i].second]) beside[i].second = label;
    }
  }
  // A contact that is under a fiftieth of the region's outer faces is a brush, not a border.
  std::map<std::pair<int, int>, std::size_t> faces;
  std::map<int, std::size_t> of_region;
  for (const auto& b : beside) ++faces[b], ++of_region[b.first];
  for (auto& b : beside)
    if (50 * faces[b] < of_region[b.first]) b.second = 0;
  // In a heart the patches have the names the fibre rules ask for (decision 0004, solvers/organs/heart).
  const bool heart = meshed[l::lv_myocardium] && !meshed[l::lv_blood_pool] && core::has_label(labels, l::lv_blood_pool);
  std::map<std::string, int> value;
  for (std::size_t i = 0; i < beside.size(); ++i) {
    const int b = beside[i].second;
    std::string name = mesh.region_names[beside[i].first] + "/" + (b == 0 ? std::string("outside") : key_of(labels, b));
    if (heart) {
      const bool cavity = b == l::left_atrium || b == l::right_atrium || b == l::aorta || b == l::pulmonary_artery;
      name = b == l::lv_blood_pool ? "endocardium_lv" : b == l::rv_blood_pool ? "endocardium_rv" : cavity ? "base" : "epicardium";
    }
    const auto it = value.try_emplace(name, int(value.size()) + 1).first;
    mesh.boundary[i].patch = it->second;
  }
  mesh.patch_names.clear();
  for (const auto& [name, v] : value) mesh.patch_names[v] = name;
}

}  // namespace

core::Result<LabelledMesh> tet_mesh_from_labels(const core::LabelMap& labels, const MeshRequest& request, const core::Progress& progress) {
  if (const auto ok = check(labels, request); !ok) return core::pass(ok);
  std::vector<int> values;
  double largest = 0, smallest = 1e300;
  std::map<int, double> edge_of_label;
  for (const auto& p : request.parts) {
    values.push_back(p.label);
    const double asked = p.edge_mm > 0 ? p.edge_mm : request.edge_mm;
    // A small part keeps six edges across the ball of its volume: flat faces cut about (e / d)^2 off a ball, 2 % and more above that.
    const double across = std::cbrt(6.0 * 1000.0 * labels.volume_ml(p.label) / 3.14159265358979);
    const double e = std::min(asked, std::max(across / 6.0, std::max(0.1, asked / 4.0)));
    edge_of_label[p.label] = e;
    largest = std::max(largest, e), smallest = std::min(smallest, e);
  }
  for (const auto& s : request.spots) smallest = std::min(smallest, s.edge_mm);
  // A field a third as fine as the edges resolves their borders; finer voxels only cost time and memory.
  const double least_spacing = smallest / 3.0;
  auto made = LabelField::make(labels, values, request.smoothing_mm, least_spacing, progress.part(0, 0.3));
  if (!made) return core::pass(made);
  const LabelField& field = **made;
  std::vector<double> edge(std::size_t(field.materials()) + 1, largest);
  for (int m = 1; m <= field.materials(); ++m) edge[std::size_t(m)] = edge_of_label[field.label(m)];
  auto edge_at = [&](const Vec3& x, int material) {
    double e = edge[std::size_t(material)];
    for (const auto& s : request.spots)
      if ((x - s.centre).squaredNorm() < s.radius_mm * s.radius_mm) e = std::min(e, s.edge_mm);
    return e;
  };
  auto cut = cut_lattice(field, labels, label_set(values), largest, edge_at, progress.part(0.3, 0.7));
  if (!cut) return core::pass(cut);
  LabelledMesh out;
  if (cut->tets.empty()) return core::bad_input("Nothing is left to mesh (the labels are thinner than the edge length). Use a smaller edge length.");

  core::TetMesh mesh;
  for (std::size_t t = 0; t < cut->tets.size(); ++t) {
    const int label = field.label(cut->of_tet[t]);
    const auto at = std::find_if(request.parts.begin(), request.parts.end(), [&](const auto& p) { return p.label == label; });
    mesh.region.push_back(int(at - request.parts.begin()) + 1);
  }
  for (std::size_t p = 0; p < request.parts.size(); ++p)
    mesh.region_names[int(p) + 1] = request.parts[p].region.empty() ? key_of(labels, request.parts[p].label) : request.parts[p].region;
  mesh.nodes = cut->nodes;
  mesh.tets = cut->tets;
  const double crumbs = drop_parts(mesh, request.keep_largest_part ? 1.0 : crumb_share, &cut->of_node);
  const double pinched = open_pinched_edges(mesh, &cut->of_node, request.keep_largest_part ? 1.0 : crumb_share);
  cut->nodes = mesh.nodes;
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.75, "meshing: lifting flat tetrahedra");

  const double voxel = labels.grid.spacing.minCoeff();
  const Slide slide(field, *cut);
  std::vector<char> boundary(mesh.nodes.size(), 0);
  for (const auto& f : core::find_boundary(mesh.tets))
    for (Index n : f.nodes) boundary[std::size_t(n)] = 1;
  auto place = [&](Index n, const Vec3& wish, double off) -> Vec3 {
    const auto& s = cut->of_node[std::size_t(n)];
    const Vec3& now = mesh.nodes[std::size_t(n)];
    if (s.size() == 1 && !boundary[std::size_t(n)]) return wish;
    if (off > 0) return slide.near_border(n, wish, off) ? wish : now;
    if (s.size() != 2) return now;
    return slide.on_border(n, wish, now);
  };
  double least = improve_dihedrals(mesh.nodes, mesh.tets, [&](Index n, const Vec3& x) { return place(n, x, 0); }, wanted_deg, 6);
  if (progress.cancelled()) return core::cancelled();
  // What is still flat may leave its border a little: at most a quarter of a voxel, half of what is allowed.
  if (least < wanted_deg) least = improve_dihedrals(mesh.nodes, mesh.tets, [&](Index n, const Vec3& x) { return place(n, x, 0.25 * voxel); }, wanted_deg, 8);
  if (progress.cancelled()) return core::cancelled();
  if (least < needed_deg) {
    const std::size_t collapsed = collapse_flat(mesh, cut->of_node, needed_deg + 1.0);
    if (collapsed > 0) {
      boundary.assign(mesh.nodes.size(), 0);
      for (const auto& f : core::find_boundary(mesh.tets))
        for (Index n : f.nodes) boundary[std::size_t(n)] = 1;
      cut->nodes = mesh.nodes;
      const Slide again(field, *cut);
      least = improve_dihedrals(
          mesh.nodes, mesh.tets,
          [&](Index n, const Vec3& wish) -> Vec3 {
            if (cut->of_node[std::size_t(n)].size() == 1 && !boundary[std::size_t(n)]) return wish;
            return again.near_border(n, wish, 0.25 * voxel) ? wish : mesh.nodes[std::size_t(n)];
          },
          wanted_deg, 6);
    }
  }
  join_crumbs(mesh, 0.5 * labels.grid.voxel_volume());
  progress.report(0.9, "meshing: patches");
  name_patches(mesh, labels, label_set(values));
  if (progress.cancelled()) return core::cancelled();
  if (const auto ready = core::check_simulation_ready(mesh); !ready) return core::pass(ready);
  out.quality = core::measure_quality(mesh);
  if (out.quality.inverted > 0 || out.quality.min_dihedral_deg < needed_deg) {
    return core::computation_failed(fmt::format("The mesh has elements that are too flat ({:.1f} degrees; the solvers need {:g}). Use another edge length.",
                                                out.quality.min_dihedral_deg, needed_deg));
  }
  std::map<int, double> volume;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) volume[mesh.region[t]] += tet_volume_of(mesh, t);
  for (std::size_t p = 0; p < request.parts.size(); ++p) {
    const double labelled = double(labels.count(request.parts[p].label)) * labels.grid.voxel_volume();
    const std::string& name = mesh.region_names[int(p) + 1];
    out.quantities.push_back({"mesh_" + name + "_ml", name + " in the mesh", "ml", core::units::ml_from_mm3(volume[int(p) + 1]),
                              fmt::format("{:.2f} ml labelled", core::units::ml_from_mm3(labelled))});
    if (std::abs(volume[int(p) + 1] - labelled) > 0.05 * labelled) {
      out.notes.push_back(fmt::format("{}: {:.2f} ml in the mesh, {:.2f} ml labelled ({:+.0f} %): it is thin against the edge length. Give it a finer edge.", name,
                                      core::units::ml_from_mm3(volume[int(p) + 1]), core::units::ml_from_mm3(labelled), 100 * (volume[int(p) + 1] / labelled - 1)));
    }
  }
  if (crumbs + pinched > 1e-9) out.notes.push_back(fmt::format("Loose crumbs of {:.3f} ml together were left out.", core::units::ml_from_mm3(crumbs + pinched)));
  if (out.quality.parts > 1) out.notes.push_back(fmt::format("The mesh has {} separate parts (the labels do not touch).", out.quality.parts));
  if (cut->refined > 0 && smallest == largest) out.notes.push_back("Finer tetrahedra were used where a label is thinner than an edge.");
  out.mesh = std::move(mesh);
  progress.report(1.0, "meshing: done");
  return out;
}

}  // namespace ot::imaging
