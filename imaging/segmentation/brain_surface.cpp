// SPDX-License-Identifier: GPL-3.0-or-later
// Deformable surface of the brain after S. M. Smith, "Fast robust automated brain extraction", Human Brain Mapping 17:143 (2002),
// doi 10.1002/hbm.10062: a sphere inside the brain grows until the local minimum of the intensity inwards falls below a local threshold.
// Written from the paper's equations. Neck: only the top of the head is looked at for the start.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "imaging/segmentation/brain_parts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging::brain {
namespace {

using core::Vec3;

constexpr double head_mm = 150.0;      // top of the scalp to the lowest part of an adult's cerebellum
constexpr double inward_mm = 20.0, maximum_mm = 10.0;   // d1 and d2 of the paper
constexpr double fraction = 0.5;       // b_t of the paper
constexpr double least_radius = 3.33, most_radius = 10.0;
constexpr int steps = 1000;

struct Sphere {
  std::vector<Vec3> points;
  std::vector<std::array<int, 3>> faces;
  std::vector<std::vector<int>> next;
};

Sphere unit_sphere(int levels) {
  Sphere s;
  const double t = 0.5 * (1 + std::sqrt(5.0));
  for (const auto& p : {Vec3(-1, t, 0), Vec3(1, t, 0), Vec3(-1, -t, 0), Vec3(1, -t, 0), Vec3(0, -1, t), Vec3(0, 1, t), Vec3(0, -1, -t), Vec3(0, 1, -t), Vec3(t, 0, -1), Vec3(t, 0, 1), Vec3(-t, 0, -1), Vec3(-t, 0, 1)})
    s.points.push_back(p.normalized());
  s.faces = {{0, 11, 5}, {0, 5, 1}, {0, 1, 7}, {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
             {3, 9, 4}, {3, 4, 2}, {3, 2, 6}, {3, 6, 8}, {3, 8, 9}, {4, 9, 5}, {2, 4, 11}, {6, 2, 10}, {8, 6, 7}, {9, 8, 1}};
  for (int l = 0; l < levels; ++l) {
    std::map<std::pair<int, int>, int> middle;
    const auto mid = [&](int a, int b) {
      const auto key = std::minmax(a, b);
      if (auto it = middle.find(key); it != middle.end()) return it->second;
      s.points.push_back((s.points[std::size_t(a)] + s.points[std::size_t(b)]).normalized());
      return middle[key] = int(s.points.size()) - 1;
    };
    std::vector<std::array<int, 3>> finer;
    for (const auto& f : s.faces) {
      const int a = mid(f[0], f[1]), b = mid(f[1], f[2]), c = mid(f[2], f[0]);
      finer.insert(finer.end(), {{f[0], a, c}, {f[1], b, a}, {f[2], c, b}, {a, b, c}});
    }
    s.faces = std::move(finer);
  }
  s.next.resize(s.points.size());
  for (const auto& f : s.faces)
    for (int c = 0; c < 3; ++c) s.next[std::size_t(f[std::size_t(c)])].push_back(f[std::size_t((c + 1) % 3)]);
  return s;
}

float value_at(const core::Grid& g, const std::vector<float>& v, const Vec3& p) {
  // The working grid lies along the patient's axes: no rotation, and rounding by truncation is enough beyond the origin.
  const Vec3 q = (p - g.origin).cwiseQuotient(g.spacing) + Vec3::Constant(0.5);
  const int i = q.x() < 0 ? -1 : int(q.x()), j = q.y() < 0 ? -1 : int(q.y()), k = q.z() < 0 ? -1 : int(q.z());
  return g.contains(i, j, k) ? v[g.offset(i, j, k)] : 0.0f;
}

}  // namespace

core::Result<voxels::Mask> surface_mask(const core::Grid& g, const std::vector<float>& values, const core::Progress& progress) {
  // Robust ends of the intensities and the head's top.
  std::vector<float> sorted;
  for (std::size_t i = 0; i < values.size(); i += 5) sorted.push_back(values[i]);
  std::sort(sorted.begin(), sorted.end());
  const double t2 = sorted[sorted.size() * 2 / 100], t98 = sorted[sorted.size() * 98 / 100], t = t2 + 0.1 * (t98 - t2);
  int top = -1;
  const std::size_t slice = std::size_t(g.size[0]) * std::size_t(g.size[1]);
  for (int k = g.size[2] - 1; k >= 0 && top < 0; --k) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < slice; ++i) n += values[slice * std::size_t(k) + i] > t;
    if (double(n) * g.spacing[0] * g.spacing[1] > 1500) top = k;   // 15 cm2: noise is not a head
  }
  if (top < 0) return voxels::Mask{};
  const int bottom = std::max(0, top - int(head_mm / g.spacing[2]));
  Vec3 centre = Vec3::Zero();
  double weight = 0, voxels_above = 0;
  for (int k = bottom; k <= top; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const double v = std::min(double(values[g.offset(i, j, k)]), t98);
        if (v > t) centre += v * g.to_patient(Vec3(i, j, k)), weight += v, ++voxels_above;
      }
  if (weight <= 0) return voxels::Mask{};
  centre /= weight;
  const double radius = std::cbrt(voxels_above * g.voxel_volume() * 3 / (4 * 3.14159265358979));
  std::vector<float> inside;
  for (std::size_t i = 0; i < values.size(); i += 3) {
    const Vec3 p = g.to_patient(Vec3(double(i % std::size_t(g.size[0])), double(i / std::size_t(g.size[0]) % std::size_t(g.size[1])), double(i / slice)));
    if ((p - centre).norm() < radius && values[i] > t2 && values[i] < t98) inside.push_back(values[i]);
  }
  if (inside.size() < 1000) return voxels::Mask{};
  std::nth_element(inside.begin(), inside.begin() + std::ptrdiff_t(inside.size() / 2), inside.end());
  const double tm = inside[inside.size() / 2];

  Sphere s = unit_sphere(4);
  for (auto& p : s.points) p = centre + 0.5 * radius * p;
  std::vector<Vec3> moved(s.points.size()), normal(s.points.size());
  const double e = 0.5 * (1 / least_radius + 1 / most_radius), f = 6 / (1 / least_radius - 1 / most_radius);
  for (int step = 0; step < steps; ++step) {
    if (step % 20 == 0) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(step) / steps, "brain surface");
    }
    double edge = 0;
    std::size_t edges = 0;
    std::fill(normal.begin(), normal.end(), Vec3::Zero());
    for (const auto& face : s.faces) {
      const Vec3 a = s.points[std::size_t(face[0])], b = s.points[std::size_t(face[1])], c = s.points[std::size_t(face[2])];
      const Vec3 m = (b - a).cross(c - a);
      for (int v : face) normal[std::size_t(v)] += m;
      edge += (b - a).norm();
      ++edges;
    }
    const double l = edge / double(edges);
    core::parallel_chunks(std::ptrdiff_t(s.points.size()), 256, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t v = begin; v < end; ++v) {
        const Vec3 x = s.points[std::size_t(v)], n = normal[std::size_t(v)].normalized();
        Vec3 mean = Vec3::Zero();
        for (int w : s.next[std::size_t(v)]) mean += s.points[std::size_t(w)];
        mean /= double(s.next[std::size_t(v)].size());
        const Vec3 d = mean - x, dn = d.dot(n) * n, dt = d - dn;
        const double curvature = 2 * dn.norm() / (l * l);
        const double smooth = 0.5 * (1 + std::tanh(f * (curvature - e)));
        double least = tm, most = t;
        for (double r = 1; r <= inward_mm; r += 1) {
          const double value = value_at(g, values, x - r * n);
          least = std::min(least, value);
          if (r <= maximum_mm) most = std::max(most, value);
        }
        least = std::max(t2, least);
        most = std::min(tm, most);
        const double local = t2 + fraction * (most - t2);
        const double push = most > t2 ? 2 * (least - local) / (most - t2) : -1;
        moved[std::size_t(v)] = x + 0.5 * dt + smooth * dn + 0.05 * push * l * n;
      }
    });
    s.points.swap(moved);
  }
  // Inside of the surface: distance of the surface along each ray from the centre would need a star shape; voxels are filled from the
  // surface's shell instead.
  voxels::Mask shell(values.size(), 0);
  for (const auto& face : s.faces) {
    const Vec3 a = s.points[std::size_t(face[0])], b = s.points[std::size_t(face[1])], c = s.points[std::size_t(face[2])];
    const int parts = 2 + int(std::max({(b - a).norm(), (c - a).norm(), (c - b).norm()}) / (0.4 * g.spacing.minCoeff()));
    for (int u = 0; u <= parts; ++u)
      for (int w = 0; u + w <= parts; ++w) {
        const Vec3 q = g.to_index(a + (b - a) * (double(u) / parts) + (c - a) * (double(w) / parts));
        const int i = int(std::lround(q.x())), j = int(std::lround(q.y())), k = int(std::lround(q.z()));
        if (g.contains(i, j, k)) shell[g.offset(i, j, k)] = 1;
      }
  }
  // Where the scan ends inside the head, its end closes the surface.
  voxels::Mask open(values.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = !shell[i];
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, open, sizes);
  const Vec3 q = g.to_index(centre);
  const int i = int(std::lround(q.x())), j = int(std::lround(q.y())), k = int(std::lround(q.z()));
  if (!g.contains(i, j, k)) return voxels::Mask{};
  const auto id = part[g.offset(i, j, k)];
  if (!id) return voxels::Mask{};
  for (std::size_t o = 0; o < open.size(); ++o) open[o] = shell[o] || part[o] == id;
  return open;
}

}  // namespace ot::imaging::brain
