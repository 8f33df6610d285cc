// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/surface_repair.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "imaging/meshing/lumen_cut.hpp"
#include "imaging/meshing/surface_edit.hpp"

namespace ot::imaging {

using core::Index;
using core::SurfaceMesh;
using core::Triangle;
using core::Vec3;

namespace {

constexpr double pi = 3.14159265358979323846;
// Points closer than this share of the diagonal are one (single precision files differ by 1e-7).
constexpr double same_point = 1e-6;
// Loose pieces under this share of the largest piece's area are crumbs.
constexpr double crumb_share = 0.01;

std::uint64_t edge_key(Index a, Index b) { return std::uint64_t(std::min(a, b)) << 32 | std::uint64_t(std::max(a, b)); }

void keep_triangles(SurfaceMesh& s, const std::vector<char>& keep) {
  std::size_t n = 0;
  for (std::size_t t = 0; t < s.triangles.size(); ++t)
    if (keep[t]) {
      s.triangles[n] = s.triangles[t];
      if (!s.patch.empty()) s.patch[n] = s.patch[t];
      ++n;
    }
  s.triangles.resize(n);
  if (!s.patch.empty()) s.patch.resize(n);
}

void drop_unused(SurfaceMesh& s) {
  std::vector<Index> id(s.points.size(), -1);
  std::vector<Vec3> points;
  for (Triangle& t : s.triangles)
    for (Index& v : t) {
      if (id[std::size_t(v)] < 0) id[std::size_t(v)] = Index(points.size()), points.push_back(s.points[std::size_t(v)]);
      v = id[std::size_t(v)];
    }
  s.points = std::move(points);
}

std::size_t join_points(SurfaceMesh& s) {
  Vec3 lo = Vec3::Constant(1e300), hi = -lo;
  for (const Vec3& p : s.points) lo = lo.cwiseMin(p), hi = hi.cwiseMax(p);
  const double h = std::max(same_point * (hi - lo).norm(), 1e-12);
  std::map<std::array<std::int64_t, 3>, Index> at;
  std::vector<Index> id(s.points.size());
  std::size_t joined = 0;
  for (std::size_t p = 0; p < s.points.size(); ++p) {
    const Vec3 q = (s.points[p] - lo) / h;
    const std::array<std::int64_t, 3> c{std::llround(q.x()), std::llround(q.y()), std::llround(q.z())};
    const auto [it, fresh] = at.try_emplace(c, Index(p));
    id[p] = it->second;
    joined += !fresh;
  }
  for (Triangle& t : s.triangles)
    for (Index& v : t) v = id[std::size_t(v)];
  return joined;
}

// Open rims as closed loops of nodes in the sense of the missing triangles. False when a rim touches itself.
bool open_loops(const SurfaceMesh& s, std::vector<std::vector<Index>>& loops) {
  std::map<std::uint64_t, int> count;
  for (const auto& t : s.triangles)
    for (std::size_t e = 0; e < 3; ++e) ++count[edge_key(t[e], t[(e + 1) % 3])];
  std::map<Index, Index> next;
  for (const auto& t : s.triangles)
    for (std::size_t e = 0; e < 3; ++e)
      if (count[edge_key(t[e], t[(e + 1) % 3])] == 1)
        if (!next.try_emplace(t[(e + 1) % 3], t[e]).second) return false;
  std::set<Index> seen;
  for (const auto& [from, to] : next) {
    if (seen.count(from)) continue;
    std::vector<Index> loop;
    Index at = from;
    while (seen.insert(at).second) {
      loop.push_back(at);
      const auto it = next.find(at);
      if (it == next.end()) return false;
      at = it->second;
    }
    if (at != from) return false;
    loops.push_back(std::move(loop));
  }
  return true;
}

Vec3 vector_area(const SurfaceMesh& s, const std::vector<Index>& loop, Vec3& centre) {
  centre = Vec3::Zero();
  for (Index v : loop) centre += s.points[std::size_t(v)] / double(loop.size());
  Vec3 n = Vec3::Zero();
  for (std::size_t i = 0; i < loop.size(); ++i)
    n += 0.5 * (s.points[std::size_t(loop[i])] - centre).cross(s.points[std::size_t(loop[(i + 1) % loop.size()])] - centre);
  return n;
}

}  // namespace

core::Result<RepairedSurface> repair_surface(const SurfaceMesh& given) {
  RepairedSurface out;
  SurfaceMesh& s = out.surface;
  s = given;
  for (const auto& t : s.triangles)
    for (Index v : t)
      if (v < 0 || std::size_t(v) >= s.points.size() || !s.points[std::size_t(v)].allFinite())
        return core::bad_input("The surface has a triangle with a missing or non-finite point (the file is damaged). Export it again.");
  if (s.patch.empty()) s.patch.assign(s.triangles.size(), 1), s.patch_names[1] = "wall";
  if (const std::size_t joined = join_points(s)) out.notes.push_back(fmt::format("{} duplicate points were joined.", joined));
  std::vector<char> keep(s.triangles.size(), 1);
  std::set<std::array<Index, 3>> seen;
  std::size_t flat = 0, repeated = 0;
  for (std::size_t t = 0; t < s.triangles.size(); ++t) {
    std::array<Index, 3> k = s.triangles[t];
    std::sort(k.begin(), k.end());
    if (k[0] == k[1] || k[1] == k[2]) keep[t] = 0, ++flat;
    else if (!seen.insert(k).second) keep[t] = 0, ++repeated;
  }
  keep_triangles(s, keep);
  if (flat) out.notes.push_back(fmt::format("{} triangles without area were dropped.", flat));
  if (repeated) out.notes.push_back(fmt::format("{} repeated triangles were dropped.", repeated));
  if (s.triangles.empty()) return core::bad_input("The surface has no triangle with an area (nothing to repair). Export it again.");

  std::map<std::uint64_t, std::vector<Index>> across;
  for (std::size_t t = 0; t < s.triangles.size(); ++t)
    for (std::size_t e = 0; e < 3; ++e) across[edge_key(s.triangles[t][e], s.triangles[t][(e + 1) % 3])].push_back(Index(t));
  std::size_t many = 0;
  Vec3 where = Vec3::Zero();
  for (const auto& [k, list] : across)
    if (list.size() > 2 && many++ == 0) where = s.points[std::size_t(k >> 32)];
  if (many > 0) {
    return core::bad_input(fmt::format("{} edges of the surface belong to three or more triangles, the first near ({:.1f}, {:.1f}, {:.1f}) mm (it has inner walls or touches "
                                       "itself, so inside and outside cannot be told apart). Remove the inner walls and export it again.", many, where.x(), where.y(), where.z()));
  }
  // Turn all triangles of a piece to the sense of its first.
  std::vector<int> piece(s.triangles.size(), -1);
  std::vector<double> area;
  std::size_t turned = 0;
  for (std::size_t first = 0; first < s.triangles.size(); ++first) {
    if (piece[first] >= 0) continue;
    const int id = int(area.size());
    area.push_back(0);
    std::vector<Index> stack{Index(first)};
    piece[first] = id;
    while (!stack.empty()) {
      const std::size_t t = std::size_t(stack.back());
      stack.pop_back();
      const Triangle n = s.triangles[t];
      area.back() += 0.5 * (s.points[std::size_t(n[1])] - s.points[std::size_t(n[0])]).cross(s.points[std::size_t(n[2])] - s.points[std::size_t(n[0])]).norm();
      for (std::size_t e = 0; e < 3; ++e)
        for (Index o : across[edge_key(n[e], n[(e + 1) % 3])]) {
          if (std::size_t(o) == t || piece[std::size_t(o)] >= 0) continue;
          Triangle& m = s.triangles[std::size_t(o)];
          for (std::size_t q = 0; q < 3; ++q)
            if (m[q] == n[e] && m[(q + 1) % 3] == n[(e + 1) % 3]) {
              std::swap(m[1], m[2]);
              ++turned;
              break;
            }
          piece[std::size_t(o)] = id;
          stack.push_back(o);
        }
    }
  }
  if (turned) out.notes.push_back(fmt::format("{} triangles that faced the other way than their neighbours were turned.", turned));
  const double largest = *std::max_element(area.begin(), area.end());
  std::size_t crumbs = 0, pieces = 0;
  for (double a : area) a < crumb_share * largest ? ++crumbs : ++pieces;
  if (pieces > 1) {
    return core::bad_input(fmt::format("The surface has {} separate pieces of similar size (one vessel or one wall is expected). Export the one that is meant.", pieces));
  }
  if (crumbs) {
    keep.assign(s.triangles.size(), 1);
    for (std::size_t t = 0; t < keep.size(); ++t) keep[t] = area[std::size_t(piece[t])] >= crumb_share * largest;
    keep_triangles(s, keep);
    out.notes.push_back(fmt::format("{} loose pieces under {:.0f} % of the area were dropped.", crumbs, 100 * crumb_share));
  }
  drop_unused(s);

  std::vector<std::vector<Index>> loops;
  if (!open_loops(s, loops)) return core::bad_input("An open rim of the surface touches itself (it cannot be closed in one way). Cut the end again in the tool that made it.");
  std::vector<std::pair<double, std::size_t>> by_area;
  for (std::size_t l = 0; l < loops.size(); ++l) {
    Vec3 c;
    by_area.emplace_back(-vector_area(s, loops[l], c).norm(), l);
  }
  std::sort(by_area.begin(), by_area.end());
  int next_patch = 1 + (s.patch.empty() ? 0 : *std::max_element(s.patch.begin(), s.patch.end()));
  if (!s.patch_names.empty()) next_patch = std::max(next_patch, s.patch_names.rbegin()->first + 1);
  // A hole of few edges is a defect of the wall, not an end.
  std::size_t holes = 0;
  for (const auto& [minus_area, l] : by_area) {
    const auto& loop = loops[l];
    Vec3 centre;
    const Vec3 normal = vector_area(s, loop, centre);
    const bool hole = loop.size() <= 8 && -minus_area < 0.05 * -by_area.front().first;
    const int patch = hole ? s.patch.front() : next_patch;
    std::vector<Vec3> polygon;
    for (Index v : loop) polygon.push_back(s.points[std::size_t(v)]);
    const auto fill = fill_polygon(polygon, normal);
    if (!fill.empty()) {
      for (const auto& t : fill) s.triangles.push_back({loop[std::size_t(t[0])], loop[std::size_t(t[1])], loop[std::size_t(t[2])]}), s.patch.push_back(patch);
    } else {   // not a simple polygon in its plane: a fan to its middle
      const Index m = Index(s.points.size());
      s.points.push_back(centre);
      for (std::size_t i = 0; i < loop.size(); ++i) s.triangles.push_back({loop[i], loop[(i + 1) % loop.size()], m}), s.patch.push_back(patch);
    }
    if (hole) {
      ++holes;
    } else {
      out.openings.push_back(patch);
      s.patch_names[patch] = fmt::format("opening {}", out.openings.size());
      ++next_patch;
    }
  }
  if (holes) out.notes.push_back(fmt::format("{} small holes in the wall were closed.", holes));
  if (!out.openings.empty()) out.notes.push_back(fmt::format("{} open ends were closed with caps.", out.openings.size()));
  if (s.volume() < 0) {
    for (Triangle& t : s.triangles) std::swap(t[1], t[2]);
    out.notes.push_back("The surface was inside out and was turned.");
  }
  if (const auto ok = check_closed_surface(s, "the repaired surface"); !ok) return core::pass(ok);
  return out;
}

core::Result<SurfaceMesh> add_flow_extensions(const SurfaceMesh& given, double diameters) {
  if (!(diameters >= 0 && diameters <= 10)) return core::wrong_usage("Flow extensions are 0 to 10 diameters long. Choose about 5 for an inlet.");
  if (diameters == 0) return given;
  if (given.patch.size() != given.triangles.size()) return core::bad_input("No flow extensions: the surface has no patches (its caps are not known). Cut its ends first.");
  SurfaceMesh s = given;
  int wall = -1;
  for (const auto& [v, name] : s.patch_names)
    if (name == "wall") wall = v;
  if (wall < 0) return core::bad_input("No flow extensions: the surface has no patch \"wall\". Name it first.");
  bool any = false;
  for (const auto& [cap, name] : given.patch_names) {
    if (name != "inlet" && name.rfind("outlet", 0) != 0) continue;
    std::vector<char> keep(s.triangles.size(), 1);
    std::size_t removed = 0;
    for (std::size_t t = 0; t < keep.size(); ++t)
      if (s.patch[t] == cap) keep[t] = 0, ++removed;
    if (removed == 0) continue;
    keep_triangles(s, keep);
    std::vector<std::vector<Index>> loops;
    if (!open_loops(s, loops) || loops.size() != 1) {
      return core::bad_input(fmt::format("No flow extension at \"{}\": its cap has no single rim. Cut this end again.", name));
    }
    const std::vector<Index> rim = loops.front();
    Vec3 centre;
    const Vec3 vector = vector_area(s, rim, centre);
    const double area = vector.norm(), radius = std::sqrt(area / pi);
    const Vec3 out = vector / area, u = out.unitOrthogonal(), w = out.cross(u);
    double edge = 0;
    for (std::size_t i = 0; i < rim.size(); ++i) edge += (s.points[std::size_t(rim[i])] - s.points[std::size_t(rim[(i + 1) % rim.size()])]).norm() / double(rim.size());
    const double length = diameters * 2 * radius;
    const int rings = std::max(2, int(std::lround(length / std::max(edge, 0.1 * radius))));
    // The circle's points keep the rim's order and share of its length; the start angle is the rim's mean one, so that nothing twists.
    std::vector<double> share(rim.size(), 0.0);
    for (std::size_t i = 1; i < rim.size(); ++i) share[i] = share[i - 1] + (s.points[std::size_t(rim[i])] - s.points[std::size_t(rim[i - 1])]).norm();
    const double round = share.back() + (s.points[std::size_t(rim.front())] - s.points[std::size_t(rim.back())]).norm();
    double sx = 0, sy = 0;
    for (std::size_t i = 0; i < rim.size(); ++i) {
      const Vec3 d = s.points[std::size_t(rim[i])] - centre;
      const double a = std::atan2(d.dot(w), d.dot(u)) - 2 * pi * share[i] / round;
      sx += std::cos(a), sy += std::sin(a);
    }
    const double start = std::atan2(sy, sx);
    std::vector<Index> before = rim;
    for (int r = 1; r <= rings; ++r) {
      const double z = length * r / rings, blend = std::min(1.0, z / (2 * radius)), k = blend * blend * (3 - 2 * blend);
      std::vector<Index> ring;
      for (std::size_t i = 0; i < rim.size(); ++i) {
        const Vec3 p = s.points[std::size_t(rim[i])];
        const double a = start + 2 * pi * share[i] / round;
        const Vec3 circle = centre + radius * (std::cos(a) * u + std::sin(a) * w);
        ring.push_back(Index(s.points.size()));
        s.points.push_back((1 - k) * p + k * circle + z * out);
      }
      for (std::size_t i = 0; i < rim.size(); ++i) {
        const std::size_t j = (i + 1) % rim.size();
        s.triangles.push_back({before[i], before[j], ring[j]}), s.patch.push_back(wall);
        s.triangles.push_back({before[i], ring[j], ring[i]}), s.patch.push_back(wall);
      }
      before = std::move(ring);
    }
    const Index middle = Index(s.points.size());
    s.points.push_back(centre + length * out);
    for (std::size_t i = 0; i < rim.size(); ++i) s.triangles.push_back({before[i], before[(i + 1) % rim.size()], middle}), s.patch.push_back(cap);
    any = true;
  }
  if (!any) return core::bad_input("No flow extensions: the surface has no inlet or outlet caps. Cut its ends first.");
  drop_unused(s);
  if (!s.closed() || s.volume() <= 0) return core::computation_failed("The flow extensions do not close the surface (a cap is not flat). Cut this end again.");
  return s;
}

}  // namespace ot::imaging
