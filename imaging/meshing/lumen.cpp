// SPDX-License-Identifier: GPL-3.0-or-later
// Vessel lumen: closed surface with flat caps, patches and centreline, from labels, from a field, or from a surface with caps.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "imaging/centerline/inside_grid.hpp"
#include "imaging/centerline/sections.hpp"
#include "imaging/meshing/chords.hpp"
#include "imaging/meshing/grid_fields.hpp"
#include "imaging/meshing/isosurface.hpp"
#include "imaging/meshing/lumen_cut.hpp"
#include "imaging/meshing/lumen_ends.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_edit.hpp"
#include "imaging/meshing/surface_tets.hpp"

namespace ot::imaging {

using core::SurfaceMesh;
using core::Vec3;

namespace {

constexpr int wall_patch = lumen_wall, inlet_patch_value = lumen_inlet, first_outlet = lumen_first_outlet;

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
  std::vector<core::BoundaryFace> faces(even->triangles.size());
  for (std::size_t t = 0; t < faces.size(); ++t) faces[t] = {even->triangles[t], even->patch[t]};
  match_volume(even->points, faces, wall_patch, raw);
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

// A closed vessel before its ends are cut. `start` (a point at the end that blood comes from) is absent when unknown.
struct Uncut {
  SurfaceMesh surface;
  InsideGrid inside;
  std::optional<Vec3> start;
  std::string start_reason;
};

struct Cut {
  CutPlane plane;
  Vec3 tip{0, 0, 0};
  EndMark::Kind kind = EndMark::Kind::outlet;
  bool by_hand = false;
};

std::string at_place(const Vec3& x) { return fmt::format("({:.0f}, {:.0f}, {:.0f})", x.x(), x.y(), x.z()); }

// The central path from a voxel to the source of the tree, as points.
std::vector<Vec3> way_to_source(const InsideGrid& inside, const PathTree& tree, std::int64_t voxel) {
  std::vector<Vec3> way;
  for (std::int64_t v = voxel; v >= 0 && way.size() < inside.depth.size(); v = tree.parent[std::size_t(v)]) way.push_back(inside.point(v));
  return way;
}

// A plane across the vessel through a place told by hand; an inlet loses the side of the source, an outlet the other one.
std::optional<CutPlane> plane_by_hand(const Uncut& vessel, const PathTree& tree, const EndMark& mark) {
  const std::int64_t voxel = vessel.inside.nearest_inside(mark.at, 1e3);
  if (voxel < 0) return std::nullopt;
  const std::vector<Vec3> way = way_to_source(vessel.inside, tree, voxel);
  // From the wall the path runs to the middle first: the middle is where the depth stops growing.
  double radius = 0;
  std::size_t middle = 0;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const auto at = vessel.inside.nearest_inside(way[i], 1e-3);
    const double depth = at >= 0 ? double(vessel.inside.depth[std::size_t(at)]) : 0;
    if ((way[i] - way.front()).norm() > 2 * std::max(radius, depth) + 1e-9) break;
    if (depth > radius) radius = depth, middle = i;
  }
  std::size_t beyond = middle;
  while (beyond + 1 < way.size() && (way[beyond] - way[middle]).norm() < 1.5 * radius) ++beyond;
  const Vec3 to_source = way[beyond] - way[middle];
  if (to_source.norm() < 0.5 * radius || radius <= 0) return std::nullopt;   // at the source itself
  CutPlane plane;
  plane.outward = (mark.kind == EndMark::Kind::inlet ? to_source : Vec3(-to_source)).normalized();
  plane.centre = way[middle] + (mark.at - way[middle]).dot(plane.outward) * plane.outward;
  const auto section = Slicer(vessel.surface).cut(plane.centre, plane.outward);
  constexpr double widest = 2.0;   // of the radius: a section along the vessel, or across a fork, is larger
  if (!section || section->area <= 0) return std::nullopt;
  plane.radius = std::sqrt(section->area / 3.14159265358979323846);
  if (!section->contains_point || plane.radius > widest * radius) return std::nullopt;
  plane.centre = section->centroid;
  plane.most_removed = 0.95;
  plane.found = true;
  return plane;
}

// Ends the vessel has by itself, then what was told by hand laid over them.
core::Result<std::vector<Cut>> find_cuts(const Uncut& vessel, const LumenParams& params, std::vector<std::string>& notes, const core::Progress& progress) {
  const InsideGrid& inside = vessel.inside;
  std::int64_t source = -1;
  if (vessel.start) source = inside.nearest_inside(*vessel.start, 1e3);
  for (std::size_t v = 0; source < 0 && v < inside.depth.size(); ++v)
    if (inside.depth[v] > 0) source = std::int64_t(v);
  if (source < 0) return core::bad_input("The vessel is empty (nothing to mesh). Run segmentation first.");
  if (!vessel.start) {
    // Unknown start: the far end from anywhere is a true end.
    const PathTree far = paths_from(inside, source, PathCost::length, progress);
    if (far.cost.empty()) return core::cancelled();
    for (std::size_t v = 0; v < far.cost.size(); ++v)
      if (std::isfinite(far.cost[v]) && far.cost[v] > far.cost[std::size_t(source)]) source = std::int64_t(v);
  }
  progress.report(0.1, "lumen: ends");
  std::vector<Cut> cuts;
  const std::vector<VesselEnd> ends = find_ends(inside, source, progress);
  if (progress.cancelled()) return core::cancelled();
  for (const VesselEnd& e : ends) {
    const CutPlane p = place_cut(vessel.surface, e);
    if (p.found) cuts.push_back({p, e.path.front(), EndMark::Kind::outlet, false});
    else notes.push_back(fmt::format("One short branch end near {} could not be cut and stays closed.", at_place(e.path.front())));
  }
  if (params.ends.empty()) {
    if (ends.size() < 2) return core::computation_failed("The vessel has fewer than two ends (no flow can pass). Check the label: it may be a closed blob, or set its ends by hand.");
    return cuts;
  }
  PathTree tree;
  for (const EndMark& mark : params.ends) {
    constexpr double reach = 1.5;   // of the radius of an end: a click this near to it means that end
    Cut* nearest = nullptr;
    double distance = 1e300;
    for (Cut& c : cuts)
      if (const double d = std::min((mark.at - c.plane.centre).norm(), (mark.at - c.tip).norm()); d < distance) distance = d, nearest = &c;
    if (nearest && distance <= reach * nearest->plane.radius) {
      nearest->kind = mark.kind;
      nearest->by_hand = true;
      continue;
    }
    if (mark.kind == EndMark::Kind::closed) {
      notes.push_back(fmt::format("Nothing to leave closed near {}: the vessel has no end there.", at_place(mark.at)));
      continue;
    }
    if (tree.parent.empty()) tree = paths_from(inside, source, PathCost::central, progress);
    if (tree.parent.empty()) return core::cancelled();
    const auto plane = plane_by_hand(vessel, tree, mark);
    if (!plane) return core::bad_input(fmt::format("The vessel could not be cut across near {} (it forks or ends there). Move that end away from the fork, or take it back.", at_place(mark.at)));
    // What lies beyond the new end goes with it.
    std::erase_if(cuts, [&](const Cut& c) {
      const auto tip = inside.nearest_inside(c.tip, 1e3);
      bool through = false;
      for (const Vec3& x : way_to_source(inside, tree, tip)) through = through || (x - plane->centre).norm() < 1.2 * plane->radius;
      return mark.kind == EndMark::Kind::inlet ? !through : through;
    });
    cuts.push_back({*plane, mark.at, mark.kind, true});
  }
  return cuts;
}

// One inlet: told by hand, else nearest to where blood comes from, else the largest.
void choose_inlet(std::vector<Cut>& cuts, const Uncut& vessel, const LumenParams& params, std::vector<std::string>& notes) {
  std::size_t inlet = 0;
  const auto told = [](const Cut& c) { return c.kind == EndMark::Kind::inlet; };
  if (const auto hand = std::find_if(cuts.begin(), cuts.end(), told); hand != cuts.end()) {
    inlet = std::size_t(hand - cuts.begin());
    notes.push_back("Inlet: set by hand.");
  } else if (params.inlet_near || vessel.start) {
    const Vec3 near = params.inlet_near ? *params.inlet_near : *vessel.start;
    for (std::size_t i = 1; i < cuts.size(); ++i)
      if ((cuts[i].tip - near).norm() < (cuts[inlet].tip - near).norm()) inlet = i;
    notes.push_back(params.inlet_near ? "Inlet: the end nearest to the given point." : fmt::format("Inlet: {}.", vessel.start_reason));
  } else {
    for (std::size_t i = 1; i < cuts.size(); ++i)
      if (cuts[i].plane.radius > cuts[inlet].plane.radius) inlet = i;
    notes.push_back("Inlet: the largest end (nothing said where the blood comes from).");
  }
  for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i].kind = i == inlet ? EndMark::Kind::inlet : EndMark::Kind::outlet;
}

core::Result<LumenProposal> propose(Uncut vessel, const LumenParams& params, const core::Progress& progress) {
  LumenProposal out;
  auto cuts = find_cuts(vessel, params, out.notes, progress);
  if (!cuts) return core::pass(cuts);
  std::vector<Cut> open, closed;
  for (const Cut& c : *cuts) (c.kind == EndMark::Kind::closed ? closed : open).push_back(c);
  if (!open.empty()) choose_inlet(open, vessel, params, out.notes);
  for (const auto* some : {&open, &closed})
    for (const Cut& c : *some) out.ends.push_back({c.plane.centre, c.plane.outward, c.plane.radius, c.kind, c.by_hand});
  out.surface = std::move(vessel.surface);
  return out;
}

// Caps the ends of a smooth closed surface.
core::Result<Lumen> cap_and_finish(const Uncut& vessel, const LumenParams& params, const core::Progress& progress) {
  std::vector<std::string> notes;
  auto found = find_cuts(vessel, params, notes, progress);
  if (!found) return core::pass(found);
  std::vector<Cut>& cuts = *found;
  const auto closed = std::erase_if(cuts, [](const Cut& c) { return c.kind == EndMark::Kind::closed; });
  if (closed > 0) notes.push_back(fmt::format("{} end(s) left closed by hand.", closed));
  if (cuts.size() < 2) {
    return core::computation_failed("Fewer than two ends of the vessel could be cut: it ends blindly or is broken where it is narrower than about two voxels (no flow can "
                                    "pass). Paint the narrow part open, segment it on a finer image, or set its ends by hand.");
  }
  choose_inlet(cuts, vessel, params, notes);
  SurfaceMesh cut = vessel.surface;
  cut.patch.assign(cut.triangles.size(), wall_patch);
  int outlet = first_outlet, made = 0;
  for (const Cut& c : cuts) {
    if (progress.cancelled()) return core::cancelled();
    const bool inlet = c.kind == EndMark::Kind::inlet;
    auto next = cut_end(cut, c.plane, inlet ? inlet_patch_value : outlet);
    if (!next) {
      if (inlet || c.by_hand) return core::pass(next);
      notes.push_back(next.error().message);
      continue;
    }
    outlet += !inlet;
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

core::Result<Uncut> uncut_from_labels(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params, const core::Progress& progress) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  // Not over 0.8 voxel: the neck of a stenosis is few voxels wide.
  const double smoothing = std::min(params.smoothing_mm, 0.8 * labels.grid.spacing.minCoeff());
  auto surface = surface_from_labels(labels, values, smoothing, progress);
  if (!surface) return core::pass(surface);
  const LabelSet set = label_set(values);
  const Window w = window_around(labels, set, 0, 0);
  core::Volume share = indicator(labels, set, w);
  gaussian(share, Vec3::Constant(0.6));   // closes one-voxel gaps in thin vessels
  std::vector<char> mask(share.values.size());
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = share.values[v] > 0.4f;
  const core::Volume labelled = indicator(labels, set, w);
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = mask[v] || labelled.values[v] > 0.5f;   // a neck of one voxel stays open
  Uncut out;
  out.inside = inside_of_mask(w.grid, mask);
  namespace l = core::labels;
  if (params.inlet_near) out.start = params.inlet_near;
  else if (set[l::coronary]) out.start = contact(labels, set, label_set({l::aorta})), out.start_reason = "where the coronary leaves the aorta";
  else if (set[l::aorta] || set[l::pulmonary_artery]) {
    out.start = contact(labels, set, label_set({set[l::aorta] ? l::lv_blood_pool : l::rv_blood_pool})), out.start_reason = "where the vessel leaves the heart";
  } else if (set[l::descending_aorta]) out.start = contact(labels, set, label_set({l::aorta})), out.start_reason = "where the arch ends";
  out.surface = largest_part(*surface);
  return out;
}

core::Result<Uncut> uncut_from_field(const core::Volume& field, const LumenParams& params) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  if (field.values.size() != field.grid.voxels() || field.values.empty()) return core::bad_input("No lumen: the field is empty. Run segmentation first.");
  Uncut out;
  out.surface = isosurface(field, 0.0, Inside::below);
  if (out.surface.triangles.empty()) return core::bad_input("No lumen: the field is nowhere inside the vessel (nothing to mesh). Run segmentation first.");
  out.surface = largest_part(out.surface);
  std::vector<char> mask(field.values.size());
  for (std::size_t v = 0; v < mask.size(); ++v) mask[v] = field.values[v] < 0;
  out.inside = inside_of_mask(field.grid, mask);
  out.start = params.inlet_near;
  out.start_reason = "the end nearest to the given point";
  return out;
}

}  // namespace

core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params, const core::Progress& progress) {
  auto vessel = uncut_from_labels(labels, values, params, progress.part(0, 0.2));
  if (!vessel) return core::pass(vessel);
  return cap_and_finish(*vessel, params, progress.part(0.2, 1));
}

core::Result<Lumen> lumen_from_labels(const core::LabelMap& labels, int value, const LumenParams& params, const core::Progress& progress) {
  return lumen_from_labels(labels, std::vector<int>{value}, params, progress);
}

core::Result<Lumen> lumen_from_field(const core::Volume& field, const LumenParams& params, const core::Progress& progress) {
  auto vessel = uncut_from_field(field, params);
  if (!vessel) return core::pass(vessel);
  return cap_and_finish(*vessel, params, progress.part(0.1, 1));
}

core::Result<LumenProposal> propose_lumen_ends(const core::LabelMap& labels, const std::vector<int>& values, const LumenParams& params, const core::Progress& progress) {
  auto vessel = uncut_from_labels(labels, values, params, progress.part(0, 0.5));
  if (!vessel) return core::pass(vessel);
  return propose(std::move(*vessel), params, progress.part(0.5, 1));
}

core::Result<LumenProposal> propose_lumen_ends(const core::Volume& field, const LumenParams& params, const core::Progress& progress) {
  auto vessel = uncut_from_field(field, params);
  if (!vessel) return core::pass(vessel);
  return propose(std::move(*vessel), params, progress);
}

core::Result<Lumen> lumen_from_surface(const SurfaceMesh& given, int inlet_patch, const LumenParams& params, const core::Progress& progress) {
  if (const auto ok = check(params); !ok) return core::pass(ok);
  auto ends = lumen_ends(given);
  if (!ends) return core::pass(ends);
  if (progress.cancelled()) return core::cancelled();
  int inlet = inlet_patch;
  std::vector<std::string> notes = std::move(ends->notes);
  if (inlet == 0 && !ends->area_mm2.count(0)) {   // nothing was said: as lumen_from_labels does
    inlet = ends->largest();
    notes.push_back("Inlet: the largest cap (nothing said where the blood comes from).");
  }
  if (!ends->area_mm2.count(inlet)) {
    std::string known;
    for (const auto& [patch, area] : ends->area_mm2) known += fmt::format("{}{} ({:.1f} mm2)", known.empty() ? "" : ", ", patch, area);
    return core::bad_input(fmt::format("No lumen: patch {} is not a flat cap of this surface (it was named as the inlet). Name another patch: {}.", inlet, known));
  }
  const std::map<int, int> renamed = lumen_patches(*ends, inlet);
  for (int p : std::set<int>(ends->surface.patch.begin(), ends->surface.patch.end())) {
    const auto end = ends->area_mm2.find(p);
    if (end != ends->area_mm2.end()) notes.push_back(fmt::format("Cap {}: {}, {:.1f} mm2.", p, p == inlet ? std::string("inlet") : fmt::format("outlet {}", renamed.at(p) - first_outlet + 1), end->second));
  }
  SurfaceMesh s = std::move(ends->surface);
  for (int& p : s.patch) p = renamed.at(p);
  return finish(std::move(s), params, std::move(notes), progress);
}

}  // namespace ot::imaging
