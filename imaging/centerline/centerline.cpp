// SPDX-License-Identifier: GPL-3.0-or-later
// Centreline tree of a closed lumen with patches "inlet" and "outlet ...".
// Model: cheapest central paths from the inlet cap to each outlet cap through a voxel grid, joined where they meet, then centred and
// measured on exact plane sections of the surface (branches.hpp).
// Fails: missing caps, open surface, an outlet that cannot be reached; cancelled. Threads: deterministic.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>

#include "imaging/centerline/branches.hpp"
#include "imaging/centerline/inside_grid.hpp"
#include "imaging/meshing/meshing.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

struct Cap {
  int patch = 0;
  Vec3 centre{0, 0, 0}, outward{0, 0, 1};
  double area = 0, radius = 0;
};

Cap measure_cap(const core::SurfaceMesh& s, int patch) {
  Cap cap;
  cap.patch = patch;
  Vec3 normal = Vec3::Zero(), centre = Vec3::Zero();
  for (std::size_t t = 0; t < s.triangles.size(); ++t) {
    if (s.patch[t] != patch) continue;
    const Vec3 &a = s.points[std::size_t(s.triangles[t][0])], &b = s.points[std::size_t(s.triangles[t][1])], &c = s.points[std::size_t(s.triangles[t][2])];
    const Vec3 n = 0.5 * (b - a).cross(c - a);
    normal += n;
    cap.area += n.norm();
    centre += n.norm() * (a + b + c) / 3;
  }
  if (cap.area > 0) cap.centre = centre / cap.area, cap.outward = normal.normalized();
  cap.radius = std::sqrt(cap.area / 3.14159265358979323846);
  return cap;
}

// Voxel paths joined to a tree: nodes are voxels, each with its way to the inlet.
struct RawBranch {
  std::vector<Vec3> points;   // proximal to distal
  double depth = 0;           // median depth
  int parent = -1;
  int outlet = -1;            // index of the cap at its distal end
};

std::vector<RawBranch> join(const InsideGrid& inside, const PathTree& tree, const std::vector<std::int64_t>& targets) {
  std::vector<std::vector<std::int64_t>> paths;
  for (std::int64_t target : targets) {
    std::vector<std::int64_t> path;
    for (std::int64_t v = target; v >= 0; v = tree.parent[std::size_t(v)]) path.push_back(v);
    std::reverse(path.begin(), path.end());
    paths.push_back(std::move(path));
  }
  // A set of paths shares its first part; recurse on the groups behind each split.
  std::vector<RawBranch> out;
  struct Job { std::vector<int> group; std::size_t from; int parent; };
  std::vector<Job> jobs;
  std::vector<int> all;
  for (std::size_t i = 0; i < paths.size(); ++i) all.push_back(int(i));
  jobs.push_back({all, 0, -1});
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const Job job = jobs[j];
    std::size_t to = job.from;
    const auto& lead = paths[std::size_t(job.group.front())];
    auto same = [&](std::size_t at) {
      for (int g : job.group)
        if (paths[std::size_t(g)].size() <= at || paths[std::size_t(g)][at] != lead[at]) return false;
      return true;
    };
    while (same(to + 1)) ++to;
    // Splits that follow within one depth are one junction: the children below then start here.
    RawBranch b;
    b.parent = job.parent;
    std::vector<float> depths;
    for (std::size_t m = job.from; m <= to; ++m) b.points.push_back(inside.point(lead[m])), depths.push_back(inside.depth[std::size_t(lead[m])]);
    std::nth_element(depths.begin(), depths.begin() + std::ptrdiff_t(depths.size() / 2), depths.end());
    b.depth = depths[depths.size() / 2];
    const double reach = inside.depth[std::size_t(lead[to])];
    const bool trivial = job.parent >= 0 && arc_of(b.points).back() < reach && job.group.size() > 1;
    int self = job.parent;
    std::size_t start = job.from;
    if (!trivial) {
      self = int(out.size());
      start = to;
      if (job.group.size() == 1) b.outlet = job.group.front();
      out.push_back(std::move(b));
    }
    if (job.group.size() == 1) continue;
    std::vector<std::pair<std::int64_t, std::vector<int>>> groups;
    for (int g : job.group) {
      const std::int64_t next = paths[std::size_t(g)].size() > to + 1 ? paths[std::size_t(g)][to + 1] : -1 - g;
      auto it = std::find_if(groups.begin(), groups.end(), [&](const auto& e) { return e.first == next; });
      if (it == groups.end()) groups.push_back({next, {g}});
      else it->second.push_back(g);
    }
    for (auto& [voxel, group] : groups) jobs.push_back({group, start, self});
  }
  return out;
}

}  // namespace

core::Result<core::VesselNetwork> centerline(const core::SurfaceMesh& lumen, const core::Progress& progress) {
  if (lumen.triangles.empty() || lumen.patch.size() != lumen.triangles.size()) {
    return core::bad_input("No centreline: the lumen surface has no patches (inlet and outlets are not known). Build it with caps first.");
  }
  std::vector<Cap> outlets;
  std::optional<Cap> inlet;
  for (const auto& [patch, name] : lumen.patch_names) {
    if (name == "inlet") inlet = measure_cap(lumen, patch);
    else if (name.rfind("outlet", 0) == 0) outlets.push_back(measure_cap(lumen, patch));
  }
  std::erase_if(outlets, [](const Cap& c) { return c.area <= 0; });
  if (!inlet || inlet->area <= 0 || outlets.empty()) {
    return core::bad_input("No centreline: the lumen needs an inlet and at least one outlet cap (the flow has no way through). Cut its ends first.");
  }
  if (!lumen.closed()) {
    return core::bad_input("No centreline: the lumen surface is open or not manifold (its inside is not defined). Close its ends with caps.");
  }
  double smallest = inlet->radius;
  for (const Cap& c : outlets) smallest = std::min(smallest, c.radius);
  Vec3 lo = Vec3::Constant(1e300), hi = -lo;
  for (const Vec3& p : lumen.points) lo = lo.cwiseMin(p), hi = hi.cwiseMax(p);
  // Five voxels across the smallest cap's radius, at most about 25 million voxels; finer when a stenosis closes at that size.
  double spacing = std::max(smallest / 5.0, std::cbrt((hi - lo).prod() / 25e6));
  InsideGrid inside;
  PathTree tree;
  std::vector<std::int64_t> targets;
  for (int attempt = 0;; ++attempt) {
    progress.report(0.1, "centreline: voxels");
    inside = rasterise(lumen, spacing);
    if (progress.cancelled()) return core::cancelled();
    auto anchor = [&](const Cap& c) { return inside.nearest_inside(c.centre - 0.5 * std::min(c.radius, 4 * spacing) * c.outward, 1.5 * c.radius); };
    const std::int64_t source = anchor(*inlet);
    bool reached = source >= 0;
    targets.clear();
    if (reached) {
      tree = paths_from(inside, source, PathCost::central, progress.part(0.2, 0.5));
      if (tree.cost.empty()) return core::cancelled();
      for (const Cap& c : outlets) {
        const std::int64_t v = anchor(c);
        targets.push_back(v);
        reached = reached && v >= 0 && std::isfinite(tree.cost[std::size_t(v)]);
      }
    }
    if (reached) break;
    if (attempt == 3) {
      return core::computation_failed(fmt::format("No centreline: an outlet cannot be reached from the inlet even with {:.2f} mm voxels (the "
                                                  "lumen is closed or very narrow somewhere). Check the surface.", spacing));
    }
    spacing = std::max(0.6 * spacing, std::cbrt((hi - lo).prod() / 60e6));
  }
  progress.report(0.5, "centreline: branches");
  std::vector<RawBranch> raw = join(inside, tree, targets);
  const Slicer slicer(lumen);
  core::VesselNetwork network;
  network.inlet_patch = inlet->patch;
  for (std::size_t b = 0; b < raw.size(); ++b) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.5 + 0.5 * double(b) / double(raw.size()), "centreline: radii");
    RawBranch& r = raw[b];
    BranchEnd proximal, distal;
    proximal.junction_reach_mm = distal.junction_reach_mm = 0;
    if (r.parent < 0) {
      proximal.cap_direction = -inlet->outward;
      proximal.cap_radius = inlet->radius;
      r.points.front() = inlet->centre;
    } else {
      proximal.junction_reach_mm = 3.0 * std::max(r.depth, raw[std::size_t(r.parent)].depth);
      r.points.front() = network.branches[std::size_t(r.parent)].points.back();
    }
    if (r.outlet >= 0) {
      const Cap& cap = outlets[std::size_t(r.outlet)];
      distal.cap_direction = cap.outward;
      distal.cap_radius = cap.radius;
      r.points.push_back(cap.centre);
    } else {
      distal.junction_reach_mm = 3.0 * r.depth;
    }
    if (r.points.size() < 2) r.points.push_back(r.points.front() + 1e-3 * Vec3::UnitZ());
    const BranchShape shape = shape_branch(slicer, r.points, r.depth, proximal, distal);
    core::VesselBranch branch;
    branch.name = fmt::format("branch {}", b);
    branch.parent = r.parent;
    branch.points = shape.points;
    branch.radius = shape.radius;
    branch.arc = arc_of(shape.points);
    branch.outlet_patch = r.outlet >= 0 ? outlets[std::size_t(r.outlet)].patch : 0;
    if (r.parent >= 0) network.branches[std::size_t(r.parent)].children.push_back(int(b));
    network.branches.push_back(std::move(branch));
  }
  progress.report(1.0, "centreline: done");
  return network;
}

}  // namespace ot::imaging
