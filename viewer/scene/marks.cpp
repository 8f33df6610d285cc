// SPDX-License-Identifier: GPL-3.0-or-later
// Balls, tubes and stent struts.
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "viewer/scene/surface_data.hpp"

namespace ot::viewer {
using core::Index;
using core::Triangle;
using core::Vec3;

namespace {

struct UnitBall { std::vector<Vec3> points; std::vector<Triangle> triangles; };

UnitBall make_unit_ball(int subdivisions) {
  const double g = (1 + std::sqrt(5.0)) / 2;  // golden ratio: corners of the icosahedron
  UnitBall b;
  for (const auto& p : {Vec3(-1, g, 0), Vec3(1, g, 0), Vec3(-1, -g, 0), Vec3(1, -g, 0), Vec3(0, -1, g), Vec3(0, 1, g), Vec3(0, -1, -g),
                        Vec3(0, 1, -g), Vec3(g, 0, -1), Vec3(g, 0, 1), Vec3(-g, 0, -1), Vec3(-g, 0, 1)}) {
    b.points.push_back(p.normalized());
  }
  b.triangles = {{0, 11, 5}, {0, 5, 1},  {0, 1, 7},   {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                 {3, 9, 4},  {3, 4, 2},  {3, 2, 6},   {3, 6, 8},  {3, 8, 9},   {4, 9, 5}, {2, 4, 11}, {6, 2, 10},  {8, 6, 7},  {9, 8, 1}};
  for (int s = 0; s < subdivisions; ++s) {
    std::map<std::pair<Index, Index>, Index> middle;
    const auto between = [&](Index a, Index c) {
      const auto [it, fresh] = middle.try_emplace(std::minmax(a, c), Index(b.points.size()));
      if (fresh) b.points.push_back((b.points[a] + b.points[c]).normalized());
      return it->second;
    };
    std::vector<Triangle> finer;
    for (const auto& t : b.triangles) {
      const Index m01 = between(t[0], t[1]), m12 = between(t[1], t[2]), m20 = between(t[2], t[0]);
      finer.insert(finer.end(), {{t[0], m01, m20}, {t[1], m12, m01}, {t[2], m20, m12}, {m01, m12, m20}});
    }
    b.triangles.swap(finer);
  }
  return b;
}

Vec3 any_across(const Vec3& t) {
  const Vec3 axis = std::abs(t.x()) < 0.7 ? Vec3(1, 0, 0) : Vec3(0, 1, 0);
  return t.cross(axis).normalized();
}

// Frames that turn as little as possible along a polyline (parallel transport).
struct LineFrame { Vec3 tangent, u, v; };
std::vector<LineFrame> transport(std::span<const Vec3> line) {
  std::vector<LineFrame> out(line.size());
  for (std::size_t i = 0; i < line.size(); ++i) {
    Vec3 t = line[std::min(i + 1, line.size() - 1)] - line[i > 0 ? i - 1 : 0];
    t = t.norm() > 1e-12 ? Vec3(t.normalized()) : i > 0 ? out[i - 1].tangent : Vec3(0, 0, 1);
    Vec3 u = i == 0 ? any_across(t) : Vec3(out[i - 1].u - out[i - 1].u.dot(t) * t);
    u = u.norm() > 1e-9 ? Vec3(u.normalized()) : any_across(t);
    out[i] = {t, u, t.cross(u)};
  }
  return out;
}

}  // namespace

void add_ball(DrawSurface& to, const Vec3& center, double radius, int subdivisions) {
  static const UnitBall balls[4] = {make_unit_ball(0), make_unit_ball(1), make_unit_ball(2), make_unit_ball(3)};
  const UnitBall& b = balls[std::clamp(subdivisions, 0, 3)];
  const Index base = Index(to.points.size());
  for (const auto& p : b.points) {
    to.points.push_back(center + radius * p);
    to.normals.push_back(p);
  }
  for (const auto& t : b.triangles) to.triangles.push_back({t[0] + base, t[1] + base, t[2] + base});
}

void add_tube(DrawSurface& to, std::span<const Vec3> line, double radius, int sides) {
  if (line.size() < 2) return;
  const auto frames = transport(line);
  const Index base = Index(to.points.size());
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (int s = 0; s < sides; ++s) {
      const double a = 2 * std::numbers::pi * s / sides;
      const Vec3 n = std::cos(a) * frames[i].u + std::sin(a) * frames[i].v;
      to.points.push_back(line[i] + radius * n);
      to.normals.push_back(n);
    }
  }
  for (Index i = 0; i + 1 < Index(line.size()); ++i) {
    for (Index s = 0; s < sides; ++s) {
      const Index a = base + i * sides + s, b = base + i * sides + (s + 1) % sides;
      to.triangles.push_back({a, b, a + sides});
      to.triangles.push_back({b, b + sides, a + sides});
    }
  }
}

StrutLines stent_struts(std::span<const Vec3> centreline, std::span<const double> radius) {
  StrutLines out;
  if (centreline.size() < 2) return out;
  const auto frames = transport(centreline);
  std::vector<double> arc(centreline.size(), 0);
  for (std::size_t i = 1; i < arc.size(); ++i) arc[i] = arc[i - 1] + (centreline[i] - centreline[i - 1]).norm();
  double mean_radius = 0;
  for (const double r : radius) mean_radius += r / double(radius.size());
  // Looks of an open-cell design, coarser than a real one so that it reads as a stent from afar; drawing only.
  constexpr int crowns = 6;
  const double ring = std::max(0.5, 1.0 * mean_radius), gap = 0.25 * ring;
  out.strut_radius = std::clamp(0.085 * mean_radius, 0.08, 0.7);
  const auto on_wall = [&](double s, double angle) {
    s = std::clamp(s, 0.0, arc.back());
    const std::size_t i = std::min(std::size_t(std::upper_bound(arc.begin(), arc.end(), s) - arc.begin()), arc.size() - 1);
    const double t = arc[i] > arc[i - 1] ? (s - arc[i - 1]) / (arc[i] - arc[i - 1]) : 0.0;
    const Vec3 c = centreline[i - 1] + t * (centreline[i] - centreline[i - 1]);
    const Vec3 u = (frames[i - 1].u + t * (frames[i].u - frames[i - 1].u)).normalized();
    const Vec3 v = (frames[i - 1].v + t * (frames[i].v - frames[i - 1].v)).normalized();
    const double r = radius[i - 1] + t * (radius[i] - radius[i - 1]) + 0.3 * out.strut_radius;
    return Vec3(c + r * (std::cos(angle) * u + std::sin(angle) * v));
  };
  const int rings = std::max(1, int(std::floor((arc.back() + gap) / (ring + gap))));
  const double pitch = arc.back() / rings, length = pitch - gap * pitch / (ring + gap);
  constexpr int per_leg = 4;
  for (int k = 0; k < rings; ++k) {
    const double s0 = k * pitch;
    std::vector<Vec3> zigzag;
    for (int j = 0; j <= 2 * crowns * per_leg; ++j) {
      const double phase = double(j) / per_leg;            // one leg per unit
      const double leg = phase - std::floor(phase);
      const double up = int(std::floor(phase)) % 2 == 0 ? leg : 1 - leg;
      zigzag.push_back(on_wall(s0 + up * length, std::numbers::pi * phase / crowns));
    }
    out.lines.push_back(std::move(zigzag));
    if (k + 1 == rings) continue;
    for (int c = k % 2; c < crowns; c += 3) {  // a link from a crown's tip to the next ring's valley
      const double angle = std::numbers::pi * (2 * c + 1) / crowns, next = std::numbers::pi * (2 * c) / crowns;
      out.lines.push_back({on_wall(s0 + length, angle), on_wall(s0 + 0.5 * (length + pitch), 0.5 * (angle + next)), on_wall(s0 + pitch, next)});
    }
  }
  return out;
}

StrutLines sleeve_lines(std::span<const Vec3> centreline, std::span<const double> radius) {
  StrutLines out;
  if (centreline.size() < 2) return out;
  const auto frames = transport(centreline);
  double mean_radius = 0;
  for (const double r : radius) mean_radius += r / double(radius.size());
  out.strut_radius = std::clamp(0.07 * mean_radius, 0.07, 0.6);   // thinner than struts: it is not there
  const auto on_wall = [&](std::size_t i, double angle) {
    return Vec3(centreline[i] + (radius[i] + 0.3 * out.strut_radius) * (std::cos(angle) * frames[i].u + std::sin(angle) * frames[i].v));
  };
  constexpr int round = 48, along = 6;
  for (const std::size_t i : {std::size_t(0), centreline.size() / 2, centreline.size() - 1}) {
    std::vector<Vec3> ring;
    for (int k = 0; k <= round; ++k) ring.push_back(on_wall(i, 2 * std::numbers::pi * k / round));
    out.lines.push_back(std::move(ring));
  }
  for (int k = 0; k < along; ++k) {
    std::vector<Vec3> line;
    for (std::size_t i = 0; i < centreline.size(); ++i) line.push_back(on_wall(i, 2 * std::numbers::pi * k / along));
    out.lines.push_back(std::move(line));
  }
  return out;
}

}  // namespace ot::viewer
