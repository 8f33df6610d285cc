// SPDX-License-Identifier: GPL-3.0-or-later
// Places a person points at: discs on the ends of vessels, balls for electrodes and probes.
#include <cmath>

#include "viewer/scene/scene3d_impl.hpp"
#include "viewer/scene/surface_data.hpp"

namespace ot::viewer {
namespace {

// A flat button a little off the wall, seen from both sides, with a rim that catches the light.
void add_disc(DrawSurface& to, const core::Vec3& center, const core::Vec3& normal, double radius) {
  constexpr int sides = 40;
  const core::Vec3 n = normal.normalized(), u = n.cross(std::abs(n.z()) < 0.9 ? core::Vec3(0, 0, 1) : core::Vec3(1, 0, 0)).normalized(), v = n.cross(u);
  const core::Vec3 middle = center + 0.05 * radius * n;
  for (const double side : {1.0, -1.0}) {
    const auto base = core::Index(to.points.size());
    to.points.push_back(middle);
    to.normals.push_back(side * n);
    for (int k = 0; k < sides; ++k) {
      const double a = 2 * 3.14159265358979323846 * k / sides;
      to.points.push_back(middle + radius * (std::cos(a) * u + std::sin(a) * v));
      to.normals.push_back(side * n);
    }
    for (int k = 0; k < sides; ++k) {
      const auto a = base + 1 + k, b = base + 1 + (k + 1) % sides;
      to.triangles.push_back(side > 0 ? core::Triangle{base, a, b} : core::Triangle{base, b, a});
    }
  }
  std::vector<core::Vec3> rim;
  for (int k = 0; k <= sides; ++k) {
    const double a = 2 * 3.14159265358979323846 * k / sides;
    rim.push_back(middle + radius * (std::cos(a) * u + std::sin(a) * v));
  }
  add_tube(to, rim, 0.07 * radius, 8);
}

}  // namespace

void Scene3D::set_places(std::vector<PlaceMark> places) {
  Impl& s = *impl_;
  for (const auto& group : s.place_groups) s.stage.remove(group->drawn.prop());
  s.place_groups.clear();
  s.places = std::move(places);
  std::map<core::Color, DrawSurface> shapes;
  std::map<core::Color, std::vector<std::pair<core::Index, std::string>>> owners;
  for (const PlaceMark& p : s.places) {
    DrawSurface& shape = shapes[p.color];
    owners[p.color].emplace_back(core::Index(shape.triangles.size()), p.key);
    if (p.normal.norm() > 0) add_disc(shape, p.center, p.normal, p.radius);
    else add_ball(shape, p.center, p.radius, 3);
  }
  for (auto& [color, shape] : shapes) {
    auto group = std::make_unique<MarkGroup>();
    group->from_triangle = owners[color];
    group->drawn.set_geometry(std::move(shape));
    group->drawn.set_color(color);
    s.stage.add(group->drawn.prop());
    s.place_groups.push_back(std::move(group));
  }
  s.changed();
}

}  // namespace ot::viewer
