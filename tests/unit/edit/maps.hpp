// SPDX-License-Identifier: GPL-3.0-or-later
// Small label maps with known shapes for the tests of the editing tools.
#pragma once
#include <numbers>
#include <random>

#include "imaging/edit/edit.hpp"

namespace ot::test {

inline core::LabelMap empty_map(std::array<int, 3> size, core::Vec3 spacing, bool oblique = false) {
  core::LabelMap m;
  m.grid.size = size;
  m.grid.spacing = spacing;
  m.grid.origin = {-40, 25, 110};
  if (oblique) m.grid.direction = (Eigen::AngleAxisd(0.4, core::Vec3(1, 2, 0.5).normalized()) * Eigen::AngleAxisd(-0.7, core::Vec3::UnitZ())).toRotationMatrix();
  m.values.assign(m.grid.voxels(), 0);
  m.labels = core::labels::heart();
  return m;
}
inline core::Vec3 middle(const core::LabelMap& m) { return m.grid.to_patient(core::Vec3(m.grid.size[0] - 1, m.grid.size[1] - 1, m.grid.size[2] - 1) * 0.5); }
template <class F>
void put(core::LabelMap& m, int label, F&& inside) {
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        if (inside(m.grid.to_patient(core::Vec3(i, j, k)))) m.values[m.grid.offset(i, j, k)] = std::uint8_t(label);
}
inline void put_ball(core::LabelMap& m, int label, const core::Vec3& c, double r) {
  put(m, label, [&](const core::Vec3& p) { return (p - c).norm() <= r; });
}
// 300 HU where the map has a label, 40 elsewhere, with noise.
inline core::Volume scan_of(const core::LabelMap& m, double noise = 15) {
  core::Volume v;
  v.grid = m.grid;
  std::mt19937 random(3);
  std::normal_distribution<float> n(0, float(noise));
  for (auto x : m.values) v.values.push_back((x ? 300.f : 40.f) + n(random));
  return v;
}
inline double ball_ml(double r) { return 4.0 / 3.0 * std::numbers::pi * r * r * r / 1000; }

}  // namespace ot::test
