// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ball_heart.hpp"

#include "solvers/core/contracts.hpp"

namespace ot::test {

using core::Vec3;
namespace l = core::labels;

core::LabelMap ball_heart(double gap, bool ventricles) {
  core::LabelMap m;
  m.grid.size = {60, 40, 60};
  m.grid.spacing = {2, 2, 2};
  m.grid.origin = {-60, -40, -80};
  m.values.assign(m.grid.voxels(), 0);
  m.labels = l::heart();
  const double x = 20 + gap / 2;
  const struct { int label; Vec3 centre; double radius; } parts[] = {{l::lv_blood_pool, {x, 0, -38}, ventricles ? 20.0 : 0}, {l::rv_blood_pool, {-x, 0, -38}, ventricles ? 20.0 : 0}, {l::left_atrium, {x, 0, 0}, 20}, {l::right_atrium, {-x, 0, 0}, 20}};
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        for (const auto& p : parts)
          if ((m.grid.to_patient(Vec3(i, j, k)) - p.centre).norm() <= p.radius) m.values[m.grid.offset(i, j, k)] = std::uint8_t(p.label);
  return m;
}

}  // namespace ot::test
