// SPDX-License-Identifier: GPL-3.0-or-later
// Vessel lumen: closed surface with flat caps, patches and centreline, from labels, from a field, or from a surface with caps.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "imaging/centerline/inside_grid.hpp"
#include "imaging/meshing/grid_fields.hpp"
#include "imaging/meshing/isosurface.hpp"
#include "imaging/meshing/lumen_cut.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_edit.hpp"
#include "imaging/meshing/surface_tets.hpp"

namespace ot::imaging {

using core::SurfaceMesh;
using core::Vec3;

namespace {

constexpr int wall_patch = 1, inlet_patch_value = 2, first_outlet = 3;

void name_patches(SurfaceMesh& s) {
  s.patch_names = {{wall_patch, "wall"}, {inlet_patch_value, "inlet"}};
  for (int p : std::set<int>(s.patch.begin(), s.patch.end()))
    if (p >= first_outlet) s.patch_names[p] = fmt::format("outlet {}", p - first_outlet + 1);
}

// Seven triangles across the narrowest radius' diameter, but not under half of what the usual radius asks for.
double edge_from(const core::VesselNetwork& n) {
  std::vector<double> r;
  for (const auto& b : n.branches) r.insert(r.end(), b.radius.begin(), b.radius.end());
  std::sort(r.begin(), r.end());
  return std::max(0.3 * r.front(), 0.15 * r[r.size() / 2]);
}

core::Result<Lumen> finish(SurfaceMesh raw, const LumenParams& params, std::vector<std::string> notes, const core::Progress& progress) {
  name_patches(raw);
  auto network = centerline(raw, progress.part(0, 0.5));
  if (!network) return core::pass(network);
  const double edge = params.edge_mm > 0 ? params.edge_mm : edge_from(*network);
  auto even = remesh(raw, edge, 4, progress.part(0.5, 0.9));
  if (!even) return core::pass(even);
  if (const auto ok = check_closed_surface(*even, "the lumen"); !ok) return core::pass(ok);
  Lumen out;
  out.surface = std::move(*even);
  out.network = std::move(*network);
  double narrowest = 1e300, length = 0;
  for (const auto& b : out.network.branches) {
    length += b.length();
    for (double r : b.radius) narrowest = std::min(narrowest, 2 * r);
  }
  int outlets = 0;
  for (const auto& [p, name] : out.surface.patch_names) outlets += p >= first_outlet;
  out.quantities = {{"lumen_volume_ml", "Lumen volume", "ml", out.surface.volume() / 1000.0, ""},
                    {"lumen_length_mm", "Centreline length", "mm", length, ""},
                    {"lumen_min_diameter_mm", "Smallest diameter", "mm", narrowest, "area-equivalent"},
                    {"lumen_outlets", "Outlets", "", double(outlets), ""}};
  out.notes = std::move(notes);
  progress.report(1.0, "lumen: done");
  return out;
}

core::Result<void> check(const LumenParams& p) {
  if (!(p.smoothing_mm >= 0) || !(p.edge_mm >= 0) || !std::isfinite(p.smoothing_mm) || !std::isfinite(p.edge_mm)) {
    return core::wrong_usage("Smoothing and edge length of a lumen must be 0 mm or more. Check the parameters.");
  }
  return {};
}

// Caps the ends of a smooth closed surface. `start` (a point at the end that blood comes from) is absent when unknown.
core::Result<Lumen> cap_and_finish(const SurfaceMesh& surface, const InsideGrid& inside, std::optional<Vec3> start, std::string start_reason,
                                   const LumenParams& params, const core::Progress& progress) {
  std::int64_t source = -1;
  if (start) source = inside.nearest_inside(*start, 1e3);
  for (std::size_t v = 0; source < 0 && v < inside.depth.size(); ++v)
    if (inside.depth[v] > 0) source = std::int64_t(v);
  if (source < 0) return core::bad_input("The vessel is empty (nothing to mesh). Run segmentation first.");
  if (!start) {
    // Unknown start: the far end from anywhere is a true end.
    const PathTree far = paths_from(inside, source, PathCost::length, progress);
    if (far.cost.empty()) return core::cancelled();
    for (std::size_t v = 0; v < far.cost.size(); ++v)
      if (std::isfinite(far.cost[v]) && far.cost[v] > far.cost[std::size_t(source)]) source = std::int64_t(v);
  }
  progress.report(0.1, "lumen: ends");
  const std::vector<VesselEnd> ends = find_ends(inside, source, progress);
  if (progress.cancelled()) return core::cancelled();
  if (ends.size() < 2) {
    return core::computation_failed("The vessel has fewer than two ends (no flow can pass). Check the label: it may be a closed blob.");
  }
  std::vector<CutPlane> planes;
  std::vector<Vec3> tips;
  std::vector<std::string> notes;
  for (const VesselEnd& e : ends) {
    const CutPlane p = place_cut(surface, e);
    if (!p.found) {
      notes.push_back(fmt::format("One short branch end near ({:.0f}, {:.0f}, {:.0f}) could not be cut and stays closed.", e.path.front().x(),
                                  e.path.front().y(), e.path.front().z()));
      continue;
    }
    planes.push_back(p);
    tips.push_back(e.path.front());
  }
  if (planes.size() < 2) {
    return core::computation_failed("Fewer than two ends of the vessel could be cut: it ends blindly or is broken where it is narrower than about two voxels (no flow can "
                                    "pass). Paint the narrow part open, or segment it on a finer image.");
  }
  std::size_t inlet = 0;
  if (params.inlet_near || start) {
    const Vec3 near = params.inlet_near ? *params.inlet_near : *start;
    for (std::size_t i = 1; i < tips.size(); ++i)
      if ((tips[i] - near).norm() < (tips[inlet] - near).norm()) inlet = i;
    notes.push_back(params.inlet_near ? "Inlet: the end nearest to the given point." : fmt::format("Inlet: {}.", start_reason));
  } else {
    for (std::size_t i = 1; i < planes.size(); ++i)
      if (planes[i].radius > planes[inlet].radius) inlet = i;
    notes.push_back("Inlet: the largest end (nothing said where the blood comes from).");
  }
  SurfaceMesh cut = surface;
  cut.patch.assign(cut.triangles.size(), wall_patch);
  int outlet = first_outlet, made = 0;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    if (progress.cancelled()) return core::cancelled();
    auto next = cut_end(cut, planes[i], i == inlet ? inlet_patch_value : outlet);
    if (!next) {
      if (i == inlet) return core::pass(next);
      notes.push_back(next.error().message);
      continue;
    }
    outlet += i != inlet;
    ++made;
    cut = std::move(*next);
  }
  if (made < 2) return core::computation_failed("Fewer than two ends of the vessel could be cut (no flow can pass). Check the label.");
  notes.push_back(fmt::format("{} ends cut: 1 inlet, {} outlet(s).", made, made - 1));
  return finish(std::move(cut), params, std::move(notes), progress.part(0.3, 1));
}

// Keeps the part of a surface with the largest enclosed volume.
SurfaceMesh largest_part(const SurfaceMesh& s) {
  std::vector<core::Index> root(s.points.size());
  for (std::size_t i = 0; i < root.size(); ++i) root[i] = core::Index(i);
  auto find = [&](core::Index v) {
    while (root[std::size_t(v)] != v) v = root[std::size_t(v)] = root[std::size_t(root[std::size_t(v)])];
    return v;
  };
  for (const auto& t : s.triangles)
    for (core::Index v : t) {
      const core::Index a = find(t[0]), b = find(v);
      root[std::size_t(std::max(a, b))] = std::min(a, b);
    }
  std::vector<double> volume(s.points.size(), 0.0);
  for (const auto& t : s.triangles)
    volume[std::size_t(find(t[0]))] += s.points[std::size_t(t[0])].cross(s.points[std::size_t(t[1])]).dot(s.points[std::size_t(t[2])]) / 6;
  const core::Index keep = core::Index(std::max_element(volume.begin(), volume.end()) - volume.begin());
  SurfaceMesh out;
  std::vector<core::Index> id(s.points.size(), -1);
  for (const auto& t : s.triangles) {
    if (find(t[0]) != keep) continue;
    core::Triangle n{};
    for (std::size_t e = 0; e < 3; ++e) {
      core::Index& i = id[std::size_t(t[e])];
      if (i < 0) i = core::Index(out.points.size()), out.points.push_back(s.points[std::size_t(t[e])]);
      n[e] = i;
    }
    out.triangles.push_back(n);
  }
  return out;
}

// Mean position of vessel voxels that touch a label out of `touching`.
std::optional<Vec3> contact(const core::LabelMap& l, const LabelSet& vessel, const LabelSet& touching) {
  Vec3 sum = Vec3::Zero();
  double n = 0;
  const core::Grid& g = l.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (!vessel[l.at(i, j, k)]) continue;
        for (int d = 0; d < 6; ++d) {
          const int s = d % 2 ? 1 : -1, a = d / 2, u = i + (a == 0) * s, v = j + (a == 1) * s, w = k + (a == 2) * s;
          if (g.contains(u, v, w) && touching[l.at(u, v, w)]) sum += g.to_patient(Vec3(i, j, k)), n += 1;
        }
      }
  if (n < 3) return std::nullopt;
  return sum / n;
}

}  // namespace

core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params,
                                      const core::Progress& progress) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  // Not over 0.8 voxel: the neck of a stenosis is few voxels wide.
  const double smoothing = std::min(params.smoothing_mm, 0.8 * labels.grid.spacing.minCoeff());
  auto surface = surface_from_labels(labels, values, smoothing, progress.part(0, 0.2));
  if (!surface) return core::pass(surface);
  const LabelSet set = label_set(values);
  const Window w = window_around(labels, set, 0, 0);
  core::Volume share = indicator(labels, set, w);
  gaussian(share, Vec3::Constant(0.6));   // closes one-voxel gaps in thin vessels
  std::vector<char> mask(share.values.size());
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = share.values[v] > 0.4f;
  const core::Volume labelled = indicator(labels, set, w);
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = mask[v] || labelled.values[v] > 0.5f;   // a neck of one voxel stays open
  const InsideGrid inside = inside_of_mask(w.grid, mask);
  namespace l = core::labels;
  std::optional<Vec3> start;
  std::string reason;
  if (params.inlet_near) start = params.inlet_near;
  else if (set[l::coronary]) start = contact(labels, set, label_set({l::aorta})), reason = "where the coronary leaves the aorta";
  else if (set[l::aorta] || set[l::pulmonary_artery]) {
    start = contact(labels, set, label_set({set[l::aorta] ? l::lv_blood_pool : l::rv_blood_pool})), reason = "where the vessel leaves the heart";
  } else if (set[l::descending_aorta]) start = contact(labels, set, label_set({l::aorta})), reason = "where the arch ends";
  return cap_and_finish(largest_part(*surface), inside, start, reason, params, progress.part(0.2, 1));
}

core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, int value, const LumenParams& params, const core::Progress& progress) {
  return lumen_from_labels(labels, std::vector<int>{value}, params, progress);
}

core::Result<Lumen> lumen_from_field(const core::Volume& field, const LumenParams& params, const core::Progress& progress) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  if (field.values.size() != field.grid.voxels() || field.values.empty()) return core::bad_input("No lumen: the field is empty. Run segmentation first.");
  SurfaceMesh surface = isosurface(field, 0.0, Inside::below);
  if (surface.triangles.empty()) return core::bad_input("No lumen: the field is nowhere inside the vessel (nothing to mesh). Run segmentation first.");
  surface = largest_part(surface);
  std::vector<char> mask(field.values.size());
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = field.values[v] < 0;
  return cap_and_finish(surface, inside_of_mask(field.grid, mask), params.inlet_near, "the end nearest to the given point", params, progress.part(0.1, 1));
}

core::Result<Lumen> lumen_from_surface(const SurfaceMesh& given, int inlet, const LumenParams& params, const core::Progress& progress) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  if (given.patch.size() != given.triangles.size() || given.triangles.empty()) {
    return core::bad_input("No lumen: the surface has no patches (its caps are not known). Read it with the name of its cap array.");
  }
  if (const auto ok = check_closed_surface(given, "the lumen"); !ok) return core::pass(ok);
  // A cap is flat: the area of its vector sum is its area (0.999 allows folds of 2.5 degrees).
  std::map<int, std::pair<Vec3, double>> patches;
  for (std::size_t t = 0; t < given.triangles.size(); ++t) {
    const auto& v = given.triangles[t];
    const Vec3 n = 0.5 * (given.points[std::size_t(v[1])] - given.points[std::size_t(v[0])]).cross(given.points[std::size_t(v[2])] - given.points[std::size_t(v[0])]);
    auto& [sum, area] = patches.try_emplace(given.patch[t], Vec3::Zero(), 0.0).first->second;
    sum += n, area += n.norm();
  }
  std::map<int, int> renamed;
  int outlet = first_outlet;
  std::vector<std::string> notes;
  for (const auto& [p, sums] : patches) {
    const bool flat = sums.first.norm() > 0.999 * sums.second;
    renamed[p] = !flat ? wall_patch : p == inlet ? inlet_patch_value : outlet++;
    if (flat) notes.push_back(fmt::format("Cap {}: {}, {:.1f} mm2.", p, p == inlet ? std::string("inlet") : fmt::format("outlet {}", renamed[p] - first_outlet + 1), sums.second));
  }
  if (!patches.count(inlet) || renamed[inlet] != inlet_patch_value) {
    return core::bad_input(fmt::format("No lumen: patch {} is not a flat cap of this surface (it was named as the inlet). Name another patch.", inlet));
  }
  if (outlet == first_outlet) return core::bad_input("No lumen: the surface has no flat cap besides the inlet (no flow can pass). Label its outlets.");
  SurfaceMesh s = given;
  for (int& p : s.patch) p = renamed[p];
  return finish(std::move(s), params, std::move(notes), progress);
}

}  // namespace ot::imaging
