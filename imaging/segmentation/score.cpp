// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/score.hpp"

#include <cmath>
#include <limits>

#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
using voxels::Mask;
namespace l = core::labels;

constexpr double near_mm = 10.0;
constexpr int more_voxels = 3;

bool cut_arbitrarily(int v) { return v == l::pulmonary_artery || v == l::left_atrium || (v >= l::superior_vena_cava && v <= l::coronary_sinus); }
bool is(int voxel, int label) { return label == l::lv_myocardium ? voxel == l::lv_myocardium || voxel == l::scar : voxel == label; }

Mask surface(const core::Grid& g, const Mask& m) {
  Mask out(m.size(), 0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t o = g.offset(i, j, k);
        if (!m[o]) continue;
        const auto off = [&](int x, int y, int z) { return g.contains(x, y, z) && !m[g.offset(x, y, z)]; };
        out[o] = off(i - 1, j, k) || off(i + 1, j, k) || off(i, j - 1, k) || off(i, j + 1, k) || off(i, j, k - 1) || off(i, j, k + 1);
      }
  return out;
}

// Mean over the voxels of `a`'s surface of their distance to `b`'s surface, outside `skip`.
std::pair<double, double> one_way(const core::Grid& g, const Mask& a, const Mask& b, const Mask& skip) {
  const auto d = voxels::distance_to(g, b);
  double sum = 0, n = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] && !skip[i]) sum += double(d[i]), n += 1;
  return {sum, n};
}

}  // namespace

core::Result<std::vector<LabelScore>> score_labels(const core::LabelMap& found, const core::LabelMap& reference, const core::LabelMap* ignore,
                                                   const std::function<Vec3(const Vec3&)>& map) {
  const core::Grid& g = reference.grid;
  if (ignore && !ignore->grid.same_as(g)) return core::wrong_usage("The ignore mask lies on another grid than the reference (it would hide the wrong voxels). Use a mask on the reference's grid.");
  std::vector<std::uint8_t> mine(g.voxels(), 0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 p = g.to_patient(Vec3(i, j, k)), q = found.grid.to_index(map ? map(p) : p);
        const int x = int(std::lround(q.x())), y = int(std::lround(q.y())), z = int(std::lround(q.z()));
        if (found.grid.contains(x, y, z)) mine[g.offset(i, j, k)] = found.at(x, y, z);
      }
  Eigen::Index axial = 0;  // the grid axis that runs along the body
  g.direction.row(2).cwiseAbs().maxCoeff(&axial);
  std::vector<LabelScore> out;
  const double voxel_ml = g.voxel_volume() / 1000.0;
  for (const core::LabelInfo& info : reference.labels) {
    const int label = info.value;
    if (label == l::scar) continue;
    Mask ref(mine.size()), hit(mine.size()), skip(mine.size(), 0);
    std::size_t count = 0;
    for (std::size_t i = 0; i < ref.size(); ++i) {
      ref[i] = is(reference.values[i], label), hit[i] = is(mine[i], label);
      count += ref[i];
      if (ignore) skip[i] = ignore->values[i] != 0;
    }
    if (count == 0) continue;
    if (label == l::aorta) {
      int low = std::numeric_limits<int>::max(), high = -1;
      const auto level = [&](int i, int j, int k) { return axial == 0 ? i : axial == 1 ? j : k; };
      for (int pass = 0; pass < 2; ++pass)
        for (int k = 0; k < g.size[2]; ++k)
          for (int j = 0; j < g.size[1]; ++j)
            for (int i = 0; i < g.size[0]; ++i) {
              const std::size_t o = g.offset(i, j, k);
              const int n = level(i, j, k);
              if (pass == 0 && ref[o]) low = std::min(low, n), high = std::max(high, n);
              if (pass == 1 && (n < low - more_voxels || n > high + more_voxels)) skip[o] = 1;
            }
    } else if (cut_arbitrarily(label)) {
      const auto d = voxels::distance_to(g, ref);
      for (std::size_t i = 0; i < skip.size(); ++i) skip[i] = skip[i] || double(d[i]) > near_mm;
    }
    LabelScore s;
    s.label = label;
    double a = 0, b = 0, both = 0;
    for (std::size_t i = 0; i < ref.size(); ++i)
      if (!skip[i]) a += hit[i], b += ref[i], both += hit[i] && ref[i];
    s.dice = a + b > 0 ? 2 * both / (a + b) : 1.0;
    s.found_ml = a * voxel_ml;
    s.reference_ml = b * voxel_ml;
    const Mask sa = surface(g, hit), sb = surface(g, ref);
    const auto [sum1, n1] = one_way(g, sa, sb, skip);
    const auto [sum2, n2] = one_way(g, sb, sa, skip);
    s.surface_mm = n1 > 0 && n2 > 0 ? (sum1 + sum2) / (n1 + n2) : std::numeric_limits<double>::quiet_NaN();
    out.push_back(s);
  }
  return out;
}

}  // namespace ot::imaging
