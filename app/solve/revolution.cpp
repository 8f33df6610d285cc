// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/revolution.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::solve {
namespace {

// Profile points at most `edge` apart.
std::vector<std::pair<double, double>> refined(const std::vector<std::pair<double, double>>& profile, double edge) {
  std::vector<std::pair<double, double>> out{profile.front()};
  for (std::size_t i = 1; i < profile.size(); ++i) {
    const auto [z0, r0] = profile[i - 1];
    const auto [z1, r1] = profile[i];
    const int pieces = std::max(1, static_cast<int>(std::ceil(std::hypot(z1 - z0, r1 - r0) / edge)));
    for (int k = 1; k <= pieces; ++k) out.emplace_back(z0 + (z1 - z0) * k / pieces, r0 + (r1 - r0) * k / pieces);
  }
  return out;
}

}  // namespace

core::SurfaceMesh surface_of_revolution(const std::vector<std::pair<double, double>>& profile, double edge) {
  OT_EXPECT(profile.size() >= 2 && edge > 0);
  const auto points = refined(profile, edge);
  double r_max = 0;
  for (const auto& p : points) r_max = std::max(r_max, p.second);
  const int around = std::max(12, static_cast<int>(std::ceil(2 * M_PI * r_max / edge)));
  const double equal_area = std::sqrt(2 * M_PI / around / std::sin(2 * M_PI / around));   // polygon with the circle's area
  core::SurfaceMesh mesh;
  mesh.patch_names = {{1, "inlet"}, {2, "outlet 1"}, {3, "wall"}};
  const auto ring = [&](double z, double r) {
    const auto first = static_cast<core::Index>(mesh.points.size());
    for (int i = 0; i < around; ++i) {
      const double a = 2 * M_PI * i / around;
      mesh.points.emplace_back(r * equal_area * std::cos(a), r * equal_area * std::sin(a), z);
    }
    return first;
  };
  const auto triangle = [&](core::Index a, core::Index b, core::Index c, int patch) {
    mesh.triangles.push_back({a, b, c});
    mesh.patch.push_back(patch);
  };
  std::vector<core::Index> rings;
  for (const auto& [z, r] : points) rings.push_back(ring(z, r));
  for (std::size_t k = 0; k + 1 < rings.size(); ++k)
    for (int i = 0; i < around; ++i) {
      const core::Index a = rings[k] + i, b = rings[k] + (i + 1) % around, c = rings[k + 1] + i, d = rings[k + 1] + (i + 1) % around;
      triangle(a, b, d, 3);
      triangle(a, d, c, 3);
    }
  // caps: concentric rings down to the centre
  const auto cap = [&](core::Index outer, double z, double r, int patch, bool upward) {
    const int layers = std::max(1, static_cast<int>(std::lround(r / edge)));
    core::Index previous = outer;
    for (int l = layers - 1; l >= 1; --l) {
      const core::Index inner = ring(z, r * l / layers);
      for (int i = 0; i < around; ++i) {
        const core::Index a = previous + i, b = previous + (i + 1) % around, c = inner + i, d = inner + (i + 1) % around;
        if (upward) triangle(a, b, d, patch), triangle(a, d, c, patch);
        else triangle(a, d, b, patch), triangle(a, c, d, patch);
      }
      previous = inner;
    }
    const auto centre = static_cast<core::Index>(mesh.points.size());
    mesh.points.emplace_back(0, 0, z);
    for (int i = 0; i < around; ++i)
      if (upward) triangle(previous + i, previous + (i + 1) % around, centre, patch);
      else triangle(previous + (i + 1) % around, previous + i, centre, patch);
  };
  cap(rings.front(), points.front().first, points.front().second, 1, false);
  cap(rings.back(), points.back().first, points.back().second, 2, true);
  OT_ENSURE(mesh.volume() > 0);
  return mesh;
}

}  // namespace ot::solve
