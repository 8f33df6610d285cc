// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tube_mesh.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <stdexcept>

namespace ot::test {
using core::Index;
using core::Vec3;

namespace {

struct Disc {
  std::vector<std::array<double, 2>> points;  // unit disc
  std::vector<std::array<int, 3>> triangles;  // counter-clockwise
  int rim_begin = 0;                          // points from here on lie on the circle
};

int ring_point(int ring, int k) {
  if (ring == 0) return 0;
  return 1 + 3 * ring * (ring - 1) + ((k % (6 * ring)) + 6 * ring) % (6 * ring);
}

Disc make_disc(int n) {
  Disc d;
  d.points.push_back({0, 0});
  for (int r = 1; r <= n; ++r)
    for (int k = 0; k < 6 * r; ++k) {
      const double a = 2 * std::numbers::pi * k / (6.0 * r), s = double(r) / n;
      d.points.push_back({s * std::cos(a), s * std::sin(a)});
    }
  for (int r = 1; r <= n; ++r)
    for (int sextant = 0; sextant < 6; ++sextant)
      for (int k = 0; k < r; ++k) {
        const int o = sextant * r + k, i = sextant * (r - 1) + k;
        d.triangles.push_back({ring_point(r - 1, i), ring_point(r, o), ring_point(r, o + 1)});
        if (k + 1 < r) d.triangles.push_back({ring_point(r - 1, i), ring_point(r, o + 1), ring_point(r - 1, i + 1)});
      }
  d.rim_begin = 1 + 3 * n * (n - 1);
  return d;
}

// Layer heights proportional to the local radius.
std::vector<double> layer_heights(double length, double edge_share, const std::function<double(double)>& radius_at) {
  const int fine = 4000;
  std::vector<double> count(fine + 1, 0.0);
  for (int k = 0; k < fine; ++k) {
    const double z = length * (k + 0.5) / fine;
    count[k + 1] = count[k] + length / fine / (edge_share * radius_at(z));
  }
  const int layers = std::max(2, int(std::lround(count[fine])));
  std::vector<double> z(layers + 1, 0.0);
  for (int l = 1, k = 0; l <= layers; ++l) {
    const double want = count[fine] * l / layers;
    while (k < fine - 1 && count[k + 1] < want) ++k;
    z[l] = length * (k + (want - count[k]) / (count[k + 1] - count[k])) / fine;
  }
  z[layers] = length;
  return z;
}

double noise(std::uint64_t& state) {  // xorshift64*, in [-1, 1]
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return double((state * 2685821657736338717ULL) >> 11) / double(1ULL << 52) - 1.0;
}

}  // namespace

std::function<double(double)> cosine_stenosis(double radius, double severity, double centre, double length) {
  return [=](double z) {
    const double x = z - centre;
    if (std::abs(x) >= length / 2) return radius;
    return radius * (1 - severity / 2 * (1 + std::cos(2 * std::numbers::pi * x / length)));
  };
}

Tube tube(double radius, double length, int n, const std::function<double(double)>& profile, double jitter) {
  if (!(radius > 0 && length > 0 && n >= 1)) throw std::invalid_argument("tube: radius, length and elements must be positive");
  const auto radius_at = profile ? profile : [radius](double) { return radius; };
  const Disc disc = make_disc(n);
  const std::vector<double> z = layer_heights(length, 1.0 / n, radius_at);
  const int layers = int(z.size()) - 1, per = int(disc.points.size());

  Tube t;
  core::TetMesh& m = t.mesh;
  m.patch_names = {{tube_wall, "wall"}, {tube_inlet, "inlet"}, {tube_outlet, "outlet 1"}};
  m.region_names = {{1, "lumen"}};
  std::uint64_t state = 88172645463325252ULL;
  for (int l = 0; l <= layers; ++l)
    for (int p = 0; p < per; ++p) {
      const double r = radius_at(z[l]);
      Vec3 x(r * disc.points[p][0], r * disc.points[p][1], z[l]);
      if (jitter > 0 && p < disc.rim_begin) {
        const double a = jitter * r / n;
        const Vec3 move(a * noise(state), a * noise(state), l > 0 && l < layers ? a * noise(state) : 0.0);
        x += move;
      }
      m.nodes.push_back(x);
    }
  const auto id = [per](int p, int l) { return Index(l * per + p); };
  for (int l = 0; l < layers; ++l)
    for (auto tri : disc.triangles) {
      if (l % 2 == 0) std::sort(tri.begin(), tri.end());
      else std::sort(tri.begin(), tri.end(), std::greater<>());
      const auto [a, b, c] = tri;
      const core::Tet three[3] = {{id(a, l), id(b, l), id(c, l), id(c, l + 1)},
                                  {id(a, l), id(b, l), id(b, l + 1), id(c, l + 1)},
                                  {id(a, l), id(a, l + 1), id(b, l + 1), id(c, l + 1)}};
      for (core::Tet e : three) {
        if (core::tet_volume(m.nodes[e[0]], m.nodes[e[1]], m.nodes[e[2]], m.nodes[e[3]]) < 0) std::swap(e[2], e[3]);
        m.tets.push_back(e);
      }
    }
  m.region.assign(m.tets.size(), 1);
  m.boundary = core::find_boundary(m.tets);
  for (core::BoundaryFace& f : m.boundary) {
    bool bottom = true, top = true;
    for (Index v : f.nodes) bottom &= v < per, top &= v >= layers * per;
    f.patch = bottom ? tube_inlet : top ? tube_outlet : tube_wall;
  }

  std::map<Index, Index> on_surface;
  t.surface.patch_names = m.patch_names;
  for (const core::BoundaryFace& f : m.boundary) {
    core::Triangle s;
    for (int k = 0; k < 3; ++k) {
      const auto [it, fresh] = on_surface.try_emplace(f.nodes[k], Index(t.surface.points.size()));
      if (fresh) t.surface.points.push_back(m.nodes[std::size_t(f.nodes[k])]);
      s[k] = it->second;
    }
    t.surface.triangles.push_back(s);
    t.surface.patch.push_back(f.patch);
  }

  core::VesselBranch b;
  b.name = "tube";
  b.outlet_patch = tube_outlet;
  const int steps = std::max(4, int(std::lround(4 * length / radius)));
  for (int k = 0; k <= steps; ++k) {
    const double s = length * k / steps;
    b.points.push_back(Vec3(0, 0, s));
    b.arc.push_back(s);
    b.radius.push_back(radius_at(s));
  }
  t.network.branches.push_back(std::move(b));
  t.network.inlet_patch = tube_inlet;
  return t;
}

}  // namespace ot::test
