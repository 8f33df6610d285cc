// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/chords.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>

#include "imaging/meshing/triangle_finder.hpp"

namespace ot::imaging {

using core::Vec3;

void match_volume(std::vector<Vec3>& nodes, std::span<const core::BoundaryFace> faces, int wall, const core::SurfaceMesh& reference) {
  constexpr int rounds = 3;               // a move shifts the faces of the neighbours too; the volumes that are left are in the test
  constexpr double most_of_edge = 0.15;   // of the shortest edge at a node: where a corner of the reference is far, tetrahedra stay whole
  const TriangleFinder finder(reference);
  const int only = reference.patch.empty() ? -1 : wall;
  struct At {
    Vec3 along{0, 0, 0}, cap{0, 0, 0};
    double lack = 0, weight = 0, shortest = 1e300;
  };
  std::vector<At> at(nodes.size());
  for (int round = 0; round < rounds; ++round) {
    std::fill(at.begin(), at.end(), At{});
    for (const core::BoundaryFace& f : faces) {
      const std::array<Vec3, 3> x{nodes[std::size_t(f.nodes[0])], nodes[std::size_t(f.nodes[1])], nodes[std::size_t(f.nodes[2])]};
      const Vec3 twice = (x[1] - x[0]).cross(x[2] - x[0]);
      if (f.patch != wall) {
        for (core::Index n : f.nodes) at[std::size_t(n)].cap += twice;
        continue;
      }
      const double area = 0.5 * twice.norm();
      if (!(area > 0)) continue;
      const Vec3 normal = twice.normalized();
      double lack = 0, shortest = 1e300;
      for (std::size_t e = 0; e < 3; ++e) {
        const Vec3 middle = 0.5 * (x[e] + x[(e + 1) % 3]);
        lack += (finder.nearest(middle, only).point - middle).dot(normal) / 3;
        shortest = std::min(shortest, (x[e] - x[(e + 1) % 3]).norm());
      }
      for (core::Index n : f.nodes) {
        At& a = at[std::size_t(n)];
        a.along += twice, a.lack += area * lack, a.weight += area, a.shortest = std::min(a.shortest, shortest);
      }
    }
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      const At& a = at[n];
      if (!(a.weight > 0) || !(a.along.squaredNorm() > 0)) continue;
      const double limit = most_of_edge * a.shortest;
      Vec3 move = std::clamp(a.lack / a.weight, -limit, limit) * a.along.normalized();
      if (a.cap.squaredNorm() > 0) {
        const Vec3 cap = a.cap.normalized();
        move -= move.dot(cap) * cap;
      }
      nodes[n] += move;
    }
  }
}

}  // namespace ot::imaging
