// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/lumen_ends.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "imaging/meshing/surface_edit.hpp"
#include "imaging/meshing/surface_repair.hpp"

namespace ot::imaging {
namespace {

using core::Index;
using core::SurfaceMesh;
using core::Vec3;

constexpr double flat = 0.999;         // vector sum of the areas over their sum: allows folds of 2.5 degrees
constexpr double same_plane = 0.9994;  // cosine of 2 degrees, from triangle to triangle
constexpr double sharp = 0.77;         // cosine of 40 degrees between an end and the wall beside it; the strips of a tube of ten sides meet at 36
constexpr double round = 0.4;          // 4 pi area / perimeter^2: 1 for a circle, 0.5 for an ellipse of 4 : 1, less for the strips of a tube
constexpr double least_share = 0.02;   // of the largest such piece: smaller ones are facets

Vec3 area_vector(const SurfaceMesh& s, std::size_t t) {
  const auto& v = s.triangles[t];
  return 0.5 * (s.points[std::size_t(v[1])] - s.points[std::size_t(v[0])]).cross(s.points[std::size_t(v[2])] - s.points[std::size_t(v[0])]);
}

std::map<int, double> flat_patches(const SurfaceMesh& s) {
  std::map<int, std::pair<Vec3, double>> sums;
  for (std::size_t t = 0; t < s.triangles.size() && t < s.patch.size(); ++t) {
    const Vec3 n = area_vector(s, t);
    auto& [sum, area] = sums.try_emplace(s.patch[t], Vec3::Zero(), 0.0).first->second;
    sum += n, area += n.norm();
  }
  std::map<int, double> out;
  for (const auto& [patch, sum] : sums)
    if (sum.first.norm() > flat * sum.second) out[patch] = sum.second;
  return out;
}

struct Piece {
  std::vector<std::size_t> triangles;
  double area = 0;
};

// Flat pieces that could be ends, largest first.
std::vector<Piece> flat_pieces(const SurfaceMesh& s) {
  std::map<std::pair<Index, Index>, std::vector<std::size_t>> beside;   // undirected edge -> its triangles
  const auto edge = [&](std::size_t t, std::size_t e) {
    const Index a = s.triangles[t][e], b = s.triangles[t][(e + 1) % 3];
    return std::pair(std::min(a, b), std::max(a, b));
  };
  std::vector<Vec3> normal(s.triangles.size());
  std::vector<double> area(s.triangles.size());
  for (std::size_t t = 0; t < s.triangles.size(); ++t) {
    const Vec3 n = area_vector(s, t);
    area[t] = n.norm(), normal[t] = area[t] > 0 ? Vec3(n / area[t]) : Vec3(Vec3::Zero());
    for (std::size_t e = 0; e < 3; ++e) beside[edge(t, e)].push_back(t);
  }
  std::vector<char> seen(s.triangles.size(), 0);
  std::vector<Piece> found;
  for (std::size_t first = 0; first < s.triangles.size(); ++first) {
    if (seen[first]) continue;
    Piece piece;
    Vec3 sum = Vec3::Zero();
    double rim = 0, blunt = 0;
    std::vector<std::size_t> stack{first};
    seen[first] = 1;
    while (!stack.empty()) {
      const std::size_t t = stack.back();
      stack.pop_back();
      piece.triangles.push_back(t);
      piece.area += area[t], sum += area[t] * normal[t];
      for (std::size_t e = 0; e < 3; ++e)
        for (std::size_t o : beside[edge(t, e)])
          if (o != t && !seen[o] && normal[t].dot(normal[o]) > same_plane) seen[o] = 1, stack.push_back(o);
    }
    if (!(piece.area > 0) || sum.norm() < flat * piece.area) continue;
    const std::vector<std::size_t> sorted = [&] {
      auto copy = piece.triangles;
      std::sort(copy.begin(), copy.end());
      return copy;
    }();
    for (std::size_t t : sorted)
      for (std::size_t e = 0; e < 3; ++e)
        for (std::size_t o : beside[edge(t, e)]) {
          if (o == t || std::binary_search(sorted.begin(), sorted.end(), o)) continue;
          const double length = (s.points[std::size_t(s.triangles[t][(e + 1) % 3])] - s.points[std::size_t(s.triangles[t][e])]).norm();
          rim += length;
          if (normal[t].dot(normal[o]) > sharp) blunt += length;
        }
    if (rim > 0 && blunt < 0.1 * rim && 4 * std::numbers::pi * piece.area > round * rim * rim) found.push_back(std::move(piece));
  }
  std::stable_sort(found.begin(), found.end(), [](const Piece& a, const Piece& b) { return a.area > b.area; });
  std::erase_if(found, [&](const Piece& p) { return p.area < least_share * found.front().area; });
  return found;
}

// The rim of a patch: how much its cap's plane goes on in the wall beside it, and the patch it lies in.
struct Rim {
  double blunt = 0;   // mean over its length of the cosine between cap and wall: 0 a cut across, 1 a hole in a plane
  int beside = 0;     // patch along most of the rim
  Vec3 centre{0, 0, 0}, area{0, 0, 0};
  double filled = 0;  // mm2 of its triangles
};

Rim rim_of(const SurfaceMesh& s, int patch) {
  Rim rim;
  std::map<std::pair<Index, Index>, std::size_t> outside;   // directed edge -> triangle of another patch
  for (std::size_t t = 0; t < s.triangles.size(); ++t)
    if (s.patch[t] != patch)
      for (std::size_t e = 0; e < 3; ++e) outside[{s.triangles[t][e], s.triangles[t][(e + 1) % 3]}] = t;
  for (std::size_t t = 0; t < s.triangles.size(); ++t)
    if (s.patch[t] == patch) {
      const Vec3 n = area_vector(s, t);
      rim.area += n, rim.filled += n.norm();
    }
  const Vec3 plane = rim.area.normalized();
  std::map<int, double> along;
  double length = 0;
  for (std::size_t t = 0; t < s.triangles.size(); ++t)
    if (s.patch[t] == patch)
      for (std::size_t e = 0; e < 3; ++e) {
        const Index a = s.triangles[t][e], b = s.triangles[t][(e + 1) % 3];
        const auto beyond = outside.find({b, a});
        if (beyond == outside.end()) continue;
        const double l = (s.points[std::size_t(b)] - s.points[std::size_t(a)]).norm();
        length += l, rim.blunt += l * plane.dot(area_vector(s, beyond->second).normalized());
        rim.centre += 0.5 * l * (s.points[std::size_t(a)] + s.points[std::size_t(b)]);
        along[s.patch[beyond->second]] += l;
      }
  if (length > 0) rim.blunt /= length, rim.centre /= length;
  const auto most = std::max_element(along.begin(), along.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  rim.beside = most == along.end() ? patch : most->first;
  return rim;
}

// Openings that were closed just now and are no ends: in the side of the vessel, or not in one plane. Small ones are wall; larger ones are
// refused, for a flat lid there is another lumen than the one that was meant.
core::Result<void> close_holes(LumenEnds& out, const std::vector<int>& openings) {
  constexpr double in_the_side = 0.5, small_hole = 0.1, crumb = 0.005;   // cosine of 60 degrees; shares of the largest end's area
  double holes = 0, largest_end = 0;
  std::map<int, Rim> rims;
  for (int patch : openings) rims[patch] = rim_of(out.surface, patch);
  const auto is_end = [&](const Rim& r) { return r.blunt < in_the_side && r.area.norm() > flat * r.filled; };
  for (const auto& [patch, area] : out.area_mm2)
    if (const auto rim = rims.find(patch); rim == rims.end() || is_end(rim->second)) largest_end = std::max(largest_end, area);
  if (largest_end == 0)
    for (const Piece& piece : flat_pieces(out.surface)) largest_end = std::max(largest_end, rims.count(out.surface.patch[piece.triangles.front()]) ? 0.0 : piece.area);
  int closed = 0;
  Vec3 where = Vec3::Zero();
  for (const auto& [patch, rim] : rims) {
    const bool tiny = rim.filled < crumb * largest_end;
    if (is_end(rim) && !tiny) continue;
    if (largest_end > 0 && rim.filled > small_hole * largest_end)
      return core::bad_input(fmt::format("The surface has an opening of {:.3g} mm2 near ({:.1f}, {:.1f}, {:.1f}) mm that is no end of a vessel ({}). Close it there, or cut the vessel across in one plane.", rim.filled, rim.centre.x(),
                                         rim.centre.y(), rim.centre.z(), rim.blunt >= in_the_side ? "it lies in the side of the wall" : "its rim does not lie in one plane"));
    if (largest_end == 0) continue;   // nothing to compare it with: refused below for want of ends
    for (int& p : out.surface.patch)
      if (p == patch) p = rim.beside;
    out.surface.patch_names.erase(patch);
    if (rim.filled > holes) holes = rim.filled, where = rim.centre;
    ++closed;
  }
  if (closed > 0) {
    out.area_mm2 = flat_patches(out.surface);
    out.notes.push_back(fmt::format("{} hole(s) in the wall were closed as wall, the largest of {:.2g} mm2 near ({:.1f}, {:.1f}, {:.1f}) mm: no end of the vessel is there.", closed, holes, where.x(), where.y(), where.z()));
  }
  return {};
}

}  // namespace

int LumenEnds::largest() const {
  const auto most = std::max_element(area_mm2.begin(), area_mm2.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == area_mm2.end() ? -1 : most->first;
}

std::map<int, int> lumen_patches(const LumenEnds& ends, int inlet) {
  std::map<int, int> out;
  int outlet = lumen_first_outlet;
  for (int p : std::set<int>(ends.surface.patch.begin(), ends.surface.patch.end())) out[p] = !ends.area_mm2.count(p) ? lumen_wall : p == inlet ? lumen_inlet : outlet++;
  return out;
}

core::Result<LumenEnds> lumen_ends(const SurfaceMesh& given) {
  LumenEnds out;
  if (given.patch.size() == given.triangles.size() && check_closed_surface(given, "the lumen")) {
    out.area_mm2 = flat_patches(given);
    if (out.area_mm2.size() >= 2) {
      out.surface = given;
      return out;
    }
  }
  auto repaired = repair_surface(given);
  if (!repaired) return core::pass(repaired);
  out.surface = std::move(repaired->surface);
  out.notes = std::move(repaired->notes);
  out.area_mm2 = flat_patches(out.surface);
  if (auto ok = close_holes(out, repaired->openings); !ok) return core::pass(ok);
  if (out.area_mm2.size() >= 2) return out;
  int patch = 1 + *std::max_element(out.surface.patch.begin(), out.surface.patch.end());
  for (const Piece& piece : flat_pieces(out.surface)) {
    if (out.area_mm2.count(out.surface.patch[piece.triangles.front()])) continue;   // an open end that was closed just now
    for (std::size_t t : piece.triangles) out.surface.patch[t] = patch;
    out.area_mm2[patch++] = piece.area;
  }
  if (out.area_mm2.size() < 2)
    return core::bad_input(fmt::format("No lumen: {} end(s) were found on the surface (blood needs a way in and a way out; an end is flat and meets the wall at a sharp edge). Cut the vessel across its ends, or leave them open.", out.area_mm2.size()));
  out.notes.push_back(fmt::format("{} ends were found by their shape.", out.area_mm2.size()));
  return out;
}

}  // namespace ot::imaging
