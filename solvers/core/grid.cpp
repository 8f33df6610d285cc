// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/grid.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace ot::core {

std::string orientation_letters(const Vec3& v) {
  const double length = v.norm();
  if (!(length > 0)) return "";
  static const char negative[3] = {'R', 'A', 'F'};
  static const char positive[3] = {'L', 'P', 'H'};
  std::vector<std::pair<double, char>> parts;
  for (int axis = 0; axis < 3; ++axis) {
    const double c = v[axis] / length;
    if (std::abs(c) >= 0.2) parts.emplace_back(std::abs(c), c < 0 ? negative[axis] : positive[axis]);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string letters;
  for (const auto& p : parts) letters += p.second;
  return letters;
}

}  // namespace ot::core
