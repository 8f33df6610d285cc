// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/geometry/wall_surface.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/triangle.hpp"

namespace ot::interventions {
namespace {

using core::Vec3;

constexpr double same_side = 0.5;   // cosine of 60 degrees; a face that looks away further belongs to another side of the wall
constexpr int deepest_halving = 14; // of a line between two placed points: 2^14 pieces

}  // namespace

WallSurface::WallSurface(const core::TetMesh& mesh) {
  faces_.reserve(mesh.boundary.size());
  for (const auto& face : mesh.boundary) {
    Face f;
    f.a = mesh.nodes[face.nodes[0]];
    f.b = mesh.nodes[face.nodes[1]];
    f.c = mesh.nodes[face.nodes[2]];
    f.centre = (f.a + f.b + f.c) / 3.0;
    f.radius = std::sqrt(std::max({(f.a - f.centre).squaredNorm(), (f.b - f.centre).squaredNorm(), (f.c - f.centre).squaredNorm()}));
    const Vec3 n = (f.b - f.a).cross(f.c - f.a);
    f.area = 0.5 * n.norm();
    f.normal = f.area > 0 ? Vec3(n.normalized()) : Vec3(0, 0, 0);
    const auto name = mesh.patch_names.find(face.patch);
    f.base = name != mesh.patch_names.end() && name->second.rfind("base", 0) == 0;   // "base" and the valve rings "base_mitral" ...
    has_wall_ = has_wall_ || !f.base;
    faces_.push_back(f);
  }
  OT_EXPECT(!faces_.empty());
}

WallSurface::Hit WallSurface::closest(const Vec3& x, bool with_base, const std::optional<Vec3>& facing) const {
  Hit best;
  for (std::size_t i = 0; i < faces_.size(); ++i) {
    const Face& f = faces_[i];
    if (!with_base && f.base && has_wall_) continue;
    if (facing && f.normal.dot(*facing) <= same_side) continue;
    if (best.found && (x - f.centre).norm() - f.radius > best.distance) continue;
    const Vec3 at = core::closest_on_triangle(x, f.a, f.b, f.c);
    const double distance = (x - at).norm();
    if (!best.found || distance < best.distance) best = {at, distance, i, true};
  }
  return best;
}

double WallSurface::distance_to_tissue(const Vec3& x) const {
  const Hit hit = closest(x, true, std::nullopt);
  // Faces sharing the nearest edge or corner all lie at that distance: x is inside when it is behind their mean plane.
  Vec3 outward = Vec3::Zero();
  for (const Face& f : faces_) {
    if ((hit.position - f.centre).norm() > f.radius * (1 + 1e-9) + 1e-9) continue;
    if ((core::closest_on_triangle(hit.position, f.a, f.b, f.c) - hit.position).norm() < 1e-9 * (1 + f.radius)) outward += f.normal;
  }
  return outward.dot(x - hit.position) <= 0 ? 0.0 : hit.distance;
}

WallPoint WallSurface::nearest(const Vec3& x, double reach_mm, const std::optional<Vec3>& facing) const {
  Hit hit = closest(x, false, facing);
  if (!hit.found) hit = closest(x, false, std::nullopt);
  OT_EXPECT(hit.found);
  Vec3 outward = Vec3::Zero();
  for (const Face& f : faces_)
    if (!(f.base && has_wall_) && (f.centre - hit.position).norm() <= reach_mm && f.normal.dot(faces_[hit.face].normal) > same_side) outward += f.area * f.normal;
  if (outward.norm() == 0) outward = faces_[hit.face].normal;
  return {hit.position, -outward.normalized(), hit.distance};
}

std::vector<WallPoint> WallSurface::along(const std::vector<Vec3>& points, bool closed, double spacing_mm, double reach_mm) const {
  OT_EXPECT(!points.empty() && spacing_mm > 0);
  std::vector<WallPoint> corners;
  for (const Vec3& p : points) corners.push_back(nearest(p, reach_mm));
  if (corners.size() == 1) return corners;
  if (closed) corners.push_back(corners.front());

  // The drawn line: chords are halved and their middles laid on the same side of the wall until the pieces are short.
  const double piece = std::min(1.0, spacing_mm / 3.0);
  std::vector<WallPoint> line{corners.front()};
  const auto draw = [&](auto&& self, const WallPoint& from, const WallPoint& to, int depth) -> void {
    if ((to.position - from.position).norm() <= piece || depth >= deepest_halving) {
      line.push_back(to);
      return;
    }
    const Vec3 facing = -(from.inward + to.inward);
    const std::optional<Vec3> side = facing.norm() > 0.1 ? std::optional<Vec3>(facing.normalized()) : std::nullopt;
    const WallPoint middle = nearest(0.5 * (from.position + to.position), reach_mm, side);
    const double whole = (to.position - from.position).norm();
    const bool shorter = (middle.position - from.position).norm() < whole && (to.position - middle.position).norm() < whole;
    if (!shorter) {
      line.push_back(to);
      return;
    }
    self(self, from, middle, depth + 1);
    self(self, middle, to, depth + 1);
  };
  for (std::size_t i = 0; i + 1 < corners.size(); ++i) draw(draw, corners[i], corners[i + 1], 0);

  std::vector<double> arc(line.size(), 0.0);
  for (std::size_t i = 1; i < line.size(); ++i) arc[i] = arc[i - 1] + (line[i].position - line[i - 1].position).norm();
  if (arc.back() < 1e-9) return {corners.front()};
  const int pieces = std::max(1, static_cast<int>(std::ceil(arc.back() / spacing_mm - 1e-9)));
  std::vector<WallPoint> places;
  std::size_t at = 0;
  for (int k = 0; k < (closed ? pieces : pieces + 1); ++k) {
    const double s = arc.back() * k / pieces;
    while (at + 2 < arc.size() && arc[at + 1] < s) ++at;
    const double span = arc[at + 1] - arc[at];
    const double share = span > 0 ? std::clamp((s - arc[at]) / span, 0.0, 1.0) : 0.0;
    const Vec3 x = (1 - share) * line[at].position + share * line[at + 1].position;
    const Vec3 facing = -((1 - share) * line[at].inward + share * line[at + 1].inward);
    places.push_back(nearest(x, reach_mm, facing.norm() > 0.1 ? std::optional<Vec3>(facing.normalized()) : std::nullopt));
  }
  return places;
}

}  // namespace ot::interventions
