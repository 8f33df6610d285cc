// SPDX-License-Identifier: GPL-3.0-or-later
// A regular image grid in patient space: x_LPS = origin + direction * diag(spacing) * index (index of voxel centres).
#pragma once
#include <array>
#include <cstddef>
#include <string>

#include "solvers/core/types.hpp"

namespace ot::core {

struct Grid {
  std::array<int, 3> size{0, 0, 0};  // voxels along i, j, k; i runs fastest in memory
  Vec3 spacing{1, 1, 1};             // mm, > 0
  Vec3 origin{0, 0, 0};              // LPS mm of the centre of voxel (0, 0, 0)
  Mat3 direction = Mat3::Identity(); // columns: unit direction of i, j, k in LPS; orthonormal

  std::size_t voxels() const { return std::size_t(size[0]) * std::size_t(size[1]) * std::size_t(size[2]); }
  std::size_t offset(int i, int j, int k) const {
    return (std::size_t(k) * std::size_t(size[1]) + std::size_t(j)) * std::size_t(size[0]) + std::size_t(i);
  }
  bool contains(int i, int j, int k) const {
    return i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2];
  }
  double voxel_volume() const { return spacing.prod(); }  // mm3
  Vec3 to_patient(const Vec3& index) const { return origin + direction * index.cwiseProduct(spacing); }
  Vec3 to_index(const Vec3& lps_mm) const { return (direction.transpose() * (lps_mm - origin)).cwiseQuotient(spacing); }
  bool same_as(const Grid& o) const {
    return size == o.size && spacing.isApprox(o.spacing, 1e-6) && (origin - o.origin).norm() < 1e-3 &&
           direction.isApprox(o.direction, 1e-6);
  }
};

// The letter of the patient direction that LPS vector v mostly points to: 'R','L','A','P','F','H'
// (two or three letters for oblique views, in order of dominance, components under 0.2 left out).
std::string orientation_letters(const Vec3& v);

}  // namespace ot::core
