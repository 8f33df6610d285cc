// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/lumen_shape.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "solvers/core/contracts.hpp"
#include "solvers/interventions/geometry/wall_clearance.hpp"

namespace ot::interventions {
namespace {

using core::Vec3;

struct Nearest {
  double arc = 0, distance = std::numeric_limits<double>::infinity();
  bool beyond_end = false;  // projects past the first or last centreline point
};

Nearest nearest_on(const core::VesselBranch& branch, const Vec3& x) {
  Nearest best;
  for (std::size_t i = 0; i + 1 < branch.points.size(); ++i) {
    const Vec3 d = branch.points[i + 1] - branch.points[i];
    const double length2 = d.squaredNorm();
    if (length2 <= 0) continue;
    const double raw = d.dot(x - branch.points[i]) / length2, share = std::clamp(raw, 0.0, 1.0);
    const double distance = (x - branch.points[i] - share * d).norm();
    if (distance >= best.distance) continue;
    best = {branch.arc[i] + share * (branch.arc[i + 1] - branch.arc[i]), distance, (i == 0 && raw < -1e-9) || (i + 2 == branch.points.size() && raw > 1 + 1e-9)};
  }
  return best;
}

// How far each vertex is inside the tube of its own branch compared with the next: > 0 belongs to `branch`.
struct Ownership {
  std::vector<Nearest> place;    // on the branch
  std::vector<double> lead_mm;   // infinity when there is only one branch
};

Ownership find_owners(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, int branch) {
  Ownership out;
  out.place.resize(lumen.points.size());
  out.lead_mm.assign(lumen.points.size(), std::numeric_limits<double>::infinity());
  for (std::size_t v = 0; v < lumen.points.size(); ++v) {
    out.place[v] = nearest_on(network.branches[branch], lumen.points[v]);
    const double own = out.place[v].distance - network.radius_at(branch, out.place[v].arc);
    for (int b = 0; b < static_cast<int>(network.branches.size()); ++b) {
      if (b == branch || network.branches[b].points.size() < 2) continue;
      const Nearest other = nearest_on(network.branches[b], lumen.points[v]);
      if (other.beyond_end) continue;  // its tube does not reach there
      out.lead_mm[v] = std::min(out.lead_mm[v], other.distance - network.radius_at(b, other.arc) - own);
    }
  }
  return out;
}

std::vector<std::uint8_t> cap_vertices(const core::SurfaceMesh& lumen) {
  std::vector<std::uint8_t> cap(lumen.points.size(), 0);
  if (lumen.patch.empty()) return cap;
  for (std::size_t t = 0; t < lumen.triangles.size(); ++t) {
    const auto name = lumen.patch_names.find(lumen.patch[t]);
    if (name == lumen.patch_names.end() || name->second.rfind("wall", 0) == 0) continue;
    for (core::Index v : lumen.triangles[t]) cap[std::size_t(v)] = 1;
  }
  return cap;
}

// What every reshaping of one branch asks of the lumen it starts from.
struct BranchWall {
  struct Piece {                        // a triangle whose three vertices belong to the branch
    double low_mm = 0, high_mm = 0;     // arcs of its vertices
    core::Index triangle = 0;
  };
  Ownership owners;
  std::vector<std::uint8_t> cap;        // [vertices]
  std::vector<Piece> pieces;            // by low_mm
  std::vector<double> area_mm2;         // [points of the branch] section of the unchanged lumen
  WallClearance clearance;              // of the branch's own vertices, along their rays from the centreline
};

// Signed area cut from the plane through c with normal n by triangles of the branch near c.
double area_of_cut(const core::SurfaceMesh& lumen, const BranchWall& wall, const Vec3& c, const Vec3& n, double arc, double reach) {
  Vec3 twice = Vec3::Zero();
  auto piece = std::lower_bound(wall.pieces.begin(), wall.pieces.end(), arc - reach, [](const BranchWall::Piece& p, double low) { return p.low_mm < low; });
  for (; piece != wall.pieces.end() && piece->low_mm <= arc + reach; ++piece) {
    if (piece->high_mm > arc + reach) continue;
    const core::Triangle& t = lumen.triangles[std::size_t(piece->triangle)];
    std::array<double, 3> side;
    for (int i = 0; i < 3; ++i) side[i] = n.dot(lumen.points[t[i]] - c);
    Vec3 rising, falling;
    int crossings = 0;
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3;
      if ((side[i] >= 0) == (side[j] >= 0)) continue;
      const Vec3 x = lumen.points[t[i]] + side[i] / (side[i] - side[j]) * (lumen.points[t[j]] - lumen.points[t[i]]) - c;
      (side[j] >= 0 ? rising : falling) = x;
      ++crossings;
    }
    if (crossings == 2) twice += rising.cross(falling);
  }
  return 0.5 * std::abs(twice.dot(n));
}

double reach_of(double radius) { return 3 * radius + 1; }   // mm along the branch: the plane of a section cuts no wall further away

constexpr double looked_for = 2.5;   // radii that a wall is looked for: no device is wider than twice the vessel

// Ends of a vessel that lie on the wall of another one (nearer to it than their own radius, which a vessel that passes by never is), each with
// the ball in which the two are joined.
struct Joint {
  Vec3 at;
  double reach = 0;
};
std::vector<Joint> joints_of(const core::VesselNetwork& network, const core::SurfaceMesh& other) {
  std::vector<Joint> out;
  for (const core::VesselBranch& b : network.branches) {
    if (b.points.empty()) continue;
    for (const bool begin : {true, false}) {
      if (begin ? b.parent >= 0 : !b.children.empty()) continue;
      const Vec3& x = begin ? b.points.front() : b.points.back();
      const double r = begin ? b.radius.front() : b.radius.back();
      if (std::any_of(other.points.begin(), other.points.end(), [&](const Vec3& p) { return (p - x).squaredNorm() < r * r; })) out.push_back({x, reach_of(r)});
    }
  }
  return out;
}

BranchWall find_wall(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, int branch, const std::vector<Neighbour>& others = {}) {
  BranchWall wall;
  wall.owners = find_owners(lumen, network, branch);
  wall.cap = cap_vertices(lumen);
  for (std::size_t t = 0; t < lumen.triangles.size(); ++t) {
    BranchWall::Piece piece{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), core::Index(t)};
    bool ours = true;
    for (core::Index v : lumen.triangles[t]) {
      const double arc = wall.owners.place[std::size_t(v)].arc;
      ours = ours && wall.owners.lead_mm[std::size_t(v)] > 0;
      piece.low_mm = std::min(piece.low_mm, arc), piece.high_mm = std::max(piece.high_mm, arc);
    }
    if (ours) wall.pieces.push_back(piece);
  }
  std::stable_sort(wall.pieces.begin(), wall.pieces.end(), [](const auto& a, const auto& b) { return a.low_mm < b.low_mm; });
  const core::VesselBranch& target = network.branches[std::size_t(branch)];
  for (std::size_t i = 0; i < target.points.size(); ++i)
    wall.area_mm2.push_back(area_of_cut(lumen, wall, target.points[i], network.tangent_at(branch, target.arc[i]), target.arc[i], reach_of(target.radius[i])));
  std::vector<Vec3> direction(lumen.points.size(), Vec3::Zero());
  std::vector<double> reach(lumen.points.size(), 0.0);
  std::vector<double> gap(lumen.points.size(), 0.0);
  constexpr double least_gap_mm = 0.1, gap_share = 0.1;
  for (std::size_t v = 0; v < lumen.points.size(); ++v) {
    const Nearest& at = wall.owners.place[v];
    if (wall.cap[v] || at.beyond_end || wall.owners.lead_mm[v] <= 0 || at.distance <= 0) continue;
    direction[v] = (lumen.points[v] - network.point_at(branch, at.arc)) / at.distance;
    const double radius = network.radius_at(branch, at.arc);
    reach[v] = looked_for * radius, gap[v] = std::max(least_gap_mm, gap_share * radius);
  }
  std::vector<WallBeside> beside;
  for (const Neighbour& n : others) {
    std::vector<Joint> joined = joints_of(network, *n.lumen);
    if (n.network)
      for (const Joint& j : joints_of(*n.network, lumen)) joined.push_back(j);
    beside.push_back({n.lumen.get(), [wall = n.lumen.get(), joined](core::Index t) {
                        const core::Triangle& corners = wall->triangles[std::size_t(t)];
                        const Vec3 x = (wall->points[std::size_t(corners[0])] + wall->points[std::size_t(corners[1])] + wall->points[std::size_t(corners[2])]) / 3;
                        return std::none_of(joined.begin(), joined.end(), [&](const Joint& j) { return (x - j.at).norm() < j.reach; });
                      }});
  }
  wall.clearance = find_clearance(lumen, direction, reach, gap, [&](core::Index vertex, core::Index triangle) {
    const Nearest& at = wall.owners.place[std::size_t(vertex)];
    const double near = reach_of(network.radius_at(branch, at.arc));
    const auto& t = lumen.triangles[std::size_t(triangle)];
    return std::any_of(t.begin(), t.end(), [&](core::Index n) { return wall.owners.lead_mm[std::size_t(n)] <= 0 || std::abs(wall.owners.place[std::size_t(n)].arc - at.arc) > near; });
  }, beside);
  return wall;
}

// find_wall, remembered for the last few lumens that still exist: while a device is dragged the untreated lumen is the same at every
// move, and finding the owners of its vertices is nine tenths of the work. Meshes behind these pointers never change, so a remembered
// answer is the computed one bit for bit. Any thread.
std::shared_ptr<const BranchWall> wall_of(const std::shared_ptr<const core::SurfaceMesh>& lumen, const std::shared_ptr<const core::VesselNetwork>& network, int branch, const std::vector<Neighbour>& beside) {
  struct Known {
    std::weak_ptr<const core::SurfaceMesh> lumen;
    std::weak_ptr<const core::VesselNetwork> network;
    int branch = 0;
    std::vector<std::weak_ptr<const core::SurfaceMesh>> beside;
    std::shared_ptr<const BranchWall> wall;
  };
  const auto same_beside = [&](const Known& k) { return std::equal(k.beside.begin(), k.beside.end(), beside.begin(), beside.end(), [](const auto& a, const Neighbour& b) { return a.lock() == b.lumen; }); };
  static std::mutex mutex;
  static std::vector<Known> known;
  constexpr std::size_t most = 6;   // a vessel has few branches that are treated at once; 1 MB each
  {
    const std::lock_guard lock(mutex);
    std::erase_if(known, [](const Known& k) { return k.lumen.expired() || k.network.expired(); });
    for (const Known& k : known)
      if (k.branch == branch && k.lumen.lock() == lumen && k.network.lock() == network && same_beside(k)) return k.wall;
  }
  auto wall = std::make_shared<const BranchWall>(find_wall(*lumen, *network, branch, beside));
  const std::lock_guard lock(mutex);
  if (known.size() >= most) known.erase(known.begin());
  known.push_back({lumen, network, branch, {}, wall});
  for (const Neighbour& n : beside) known.back().beside.push_back(n.lumen);
  return wall;
}

// Of the move a vertex wants, what the wall across its way leaves it. That wall takes its share when it moves too.
double allowed_move(const core::SurfaceMesh& lumen, const BranchWall& wall, const std::vector<double>& wanted, std::size_t v) {
  const core::Index met = wall.clearance.met[v];
  if (met < 0 || wanted[v] <= 0) return wanted[v];
  if (wall.clearance.met_wall[v] >= 0) return std::min(wanted[v], double(wall.clearance.free_mm[v]));   // another vessel stays where it is
  double other = 0;
  for (core::Index n : lumen.triangles[std::size_t(met)]) other = std::max(other, wanted[std::size_t(n)]);
  return std::min(wanted[v], double(wall.clearance.free_mm[v]) * wanted[v] / (wanted[v] + other));
}

}  // namespace

double smooth_step(double x) {
  const double s = std::clamp(x, 0.0, 1.0);
  return s * s * (3 - 2 * s);
}

ReshapedLumen reshape_lumen(const std::shared_ptr<const core::SurfaceMesh>& given, const std::shared_ptr<const core::VesselNetwork>& line, int branch, double from_mm, double to_mm, const RadiusRule& rule, const std::vector<Neighbour>& beside) {
  OT_EXPECT(given && line && branch >= 0 && branch < static_cast<int>(line->branches.size()));
  const core::SurfaceMesh& lumen = *given;
  const core::VesselNetwork& network = *line;
  const core::VesselBranch& target = network.branches[branch];
  const auto wall = wall_of(given, line, branch, beside);
  const Ownership& owners = wall->owners;
  std::shared_ptr<core::SurfaceMesh> moved;
  ReshapedLumen out;
  std::vector<double> wanted(lumen.points.size(), 0.0);
  for (std::size_t v = 0; v < lumen.points.size(); ++v) {
    const Nearest& at = owners.place[v];
    if (wall->cap[v] || at.beyond_end || at.arc < from_mm || at.arc > to_mm || owners.lead_mm[v] <= 0 || at.distance <= 0) continue;
    const double radius = network.radius_at(branch, at.arc);
    const double fade = smooth_step(owners.lead_mm[v] / std::max(0.5 * radius, 1e-6));
    wanted[v] = fade * (rule(at.arc, at.distance) - at.distance);
  }
  for (std::size_t v = 0; v < lumen.points.size(); ++v) {
    if (wanted[v] == 0) continue;
    const Nearest& at = owners.place[v];
    const double allowed = allowed_move(lumen, *wall, wanted, v);
    if (wanted[v] - allowed > out.held_mm) {
      const int of = wall->clearance.met_wall[v];
      const core::SurfaceMesh& met = of < 0 ? lumen : *beside[std::size_t(of)].lumen;
      const core::Triangle& t = met.triangles[std::size_t(wall->clearance.met[v])];
      out.held_mm = wanted[v] - allowed;
      out.held_at = (met.points[std::size_t(t[0])] + met.points[std::size_t(t[1])] + met.points[std::size_t(t[2])]) / 3;
      out.held_by_vessel = of < 0 ? std::string() : beside[std::size_t(of)].name;
    }
    if (allowed == 0) continue;
    if (!moved) moved = std::make_shared<core::SurfaceMesh>(lumen);
    const Vec3 c = network.point_at(branch, at.arc);
    moved->points[v] = lumen.points[v] + (lumen.points[v] - c) * (allowed / at.distance);
    out.largest_move_mm = std::max(out.largest_move_mm, std::abs(allowed));
  }
  if (out.held_mm > 0 && out.held_by_vessel.empty()) {
    double arc = 0, distance = 0;
    if (!network.locate(out.held_at, out.held_by, arc, distance)) out.held_by = -1;
  }
  if (out.largest_move_mm == 0) {
    out.lumen = given;
    out.network = line;
    return out;
  }
  auto radii = std::make_shared<core::VesselNetwork>(network);
  for (std::size_t i = 0; i < target.points.size(); ++i) {
    const double arc = target.arc[i];
    if (arc < from_mm || arc > to_mm) continue;
    const double before = wall->area_mm2[i], after = area_of_cut(*moved, *wall, target.points[i], network.tangent_at(branch, arc), arc, reach_of(target.radius[i]));
    const double ratio = before > 0 ? std::sqrt(after / before) : rule(arc, target.radius[i]) / target.radius[i];
    radii->branches[branch].radius[i] = target.radius[i] * ratio;
  }
  out.lumen = std::move(moved);
  out.network = std::move(radii);
  return out;
}

std::vector<Neighbour> neighbours_of(const twin::SimulationSetup& setup, const twin::VesselSetup& vessel) {
  double widest = 0;
  for (const core::VesselBranch& b : vessel.network->branches)
    for (double r : b.radius) widest = std::max(widest, r);
  const auto box = [](const core::SurfaceMesh& s) {
    Vec3 low = Vec3::Constant(std::numeric_limits<double>::infinity()), high = -low;
    for (const Vec3& x : s.points) low = low.cwiseMin(x), high = high.cwiseMax(x);
    return std::pair(low, high);
  };
  const auto [low, high] = box(*vessel.lumen);
  std::vector<Neighbour> out;
  for (const twin::VesselSetup& other : setup.vessels) {
    if (other.key == vessel.key || !other.lumen) continue;
    const auto [from, to] = box(*other.lumen);
    if (((from - high).array() > looked_for * widest).any() || ((low - to).array() > looked_for * widest).any()) continue;
    const twin::VesselModel* model = setup.twin->find_vessel(other.key);
    out.push_back({model ? model->name : other.key, other.lumen, other.network});
  }
  return out;
}

double section_area(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, int branch, double arc_mm) {
  return area_of_cut(lumen, find_wall(lumen, network, branch), network.point_at(branch, arc_mm), network.tangent_at(branch, arc_mm), arc_mm, reach_of(network.radius_at(branch, arc_mm)));
}

double least_diameter(const core::VesselNetwork& network, int branch, double from_mm, double to_mm) {
  double least = std::min(network.radius_at(branch, from_mm), network.radius_at(branch, to_mm));
  const auto& b = network.branches[branch];
  for (std::size_t i = 0; i < b.points.size(); ++i)
    if (b.arc[i] >= from_mm && b.arc[i] <= to_mm) least = std::min(least, b.radius[i]);
  return 2 * least;
}

double reference_diameter(const core::VesselNetwork& network, int branch, double from_mm, double to_mm, double margin_mm) {
  double most = std::max(network.radius_at(branch, from_mm), network.radius_at(branch, to_mm));
  const auto& b = network.branches[branch];
  for (std::size_t i = 0; i < b.points.size(); ++i)
    if (b.arc[i] >= from_mm - margin_mm && b.arc[i] <= to_mm + margin_mm) most = std::max(most, b.radius[i]);
  return 2 * most;
}

core::Result<void> check_segment(const twin::TwinModel& model, const twin::InterventionSpec& spec, const std::string& what) {
  const twin::Placement& at = spec.placement;
  const twin::VesselModel* vessel = model.find_vessel(at.vessel);
  if (!vessel) {
    std::vector<std::string> known;
    for (const auto& v : model.vessels) known.push_back(v->key);
    return core::bad_input(known.empty() ? fmt::format("{} needs a vessel (this twin has none). Open a case with a vessel.", what)
                                         : fmt::format("{} names a vessel \"{}\" that this twin does not have. Choose one of: {}.", what, at.vessel, fmt::join(known, ", ")));
  }
  OT_EXPECT(vessel->network && vessel->lumen);
  const int branches = static_cast<int>(vessel->network->branches.size());
  if (at.branch < 0 || at.branch >= branches)
    return core::bad_input(fmt::format("{} names branch {} of {} (it has branches 0 to {}). Choose one of those.", what, at.branch, vessel->name, branches - 1));
  if (!(at.length_mm > 0)) return core::bad_input(fmt::format("{} has length {:.1f} mm (it would change nothing). Give it a length above 0.", what, at.length_mm));
  const double whole = vessel->network->branches[at.branch].length();
  const double slack = 1e-6;  // mm, rounding of arcs that come from a text file
  if (at.start_mm < -slack || at.start_mm + at.length_mm > whole + slack)
    return core::bad_input(fmt::format("{} reaches from {:.1f} to {:.1f} mm, outside the branch of 0 to {:.1f} mm (the vessel is not known there). Shorten or move it.", what, at.start_mm,
                                       at.start_mm + at.length_mm, whole));
  return {};
}

twin::VesselSetup& vessel_of(twin::SimulationSetup& setup, const twin::InterventionSpec& spec) {
  for (auto& v : setup.vessels)
    if (v.key == spec.placement.vessel) return v;
  core::contract_failed("expectation", "validated spec names a vessel of the setup", __FILE__, __LINE__);
}

}  // namespace ot::interventions
