// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/thickness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "imaging/tissue/wall_grid.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
using tissue::Part;
using tissue::WallGrid;
constexpr float nan_f = std::numeric_limits<float>::quiet_NaN();
constexpr std::int32_t endo = -1, epi = -2, closed = -3;   // neighbours that are not unknowns
// Borders closer than this to a voxel centre would make the equations stiff; a tenth of a voxel of thickness is the price.
constexpr double least_fraction = 0.1;

struct Node {
  std::array<std::int32_t, 6> to;    // unknown or one of the above: -i +i -j +j -k +k
  std::array<float, 6> h;            // mm to it
};

double value_of(std::int32_t to, const std::vector<double>& u) { return to >= 0 ? u[std::size_t(to)] : to == epi ? 1.0 : 0.0; }

void relax(const std::vector<Node>& nodes, std::vector<double>& u, const core::Progress& progress) {
  constexpr double omega = 1.7;       // near the best for walls of 5 to 20 voxels
  constexpr int most = 400;
  for (int round = 0; round < most; ++round) {
    double change = 0;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      const Node& node = nodes[n];
      double sum = 0, weight = 0;
      for (int d = 0; d < 3; ++d) {
        const int a = 2 * d, b = a + 1;
        const double width = double(node.h[std::size_t(a)]) + double(node.h[std::size_t(b)]);
        for (int q : {a, b}) {
          if (node.to[std::size_t(q)] == closed) continue;
          const double w = 1.0 / (width * double(node.h[std::size_t(q)]));
          sum += w * value_of(node.to[std::size_t(q)], u);
          weight += w;
        }
      }
      if (!(weight > 0)) continue;
      const double step = omega * (sum / weight - u[n]);
      u[n] += step;
      change = std::max(change, std::abs(step));
    }
    if (round % 8 == 7) {
      if (progress.cancelled()) return;
      progress.report(0.2 + 0.5 * std::min(1.0, round / 100.0), "wall: depth");
    }
    if (change < 1e-4) break;
  }
}

Vec3 direction(const Node& node, const std::vector<double>& u, std::size_t n) {
  Vec3 g = Vec3::Zero();
  for (int d = 0; d < 3; ++d) {
    const std::int32_t a = node.to[std::size_t(2 * d)], b = node.to[std::size_t(2 * d + 1)];
    const double ha = double(node.h[std::size_t(2 * d)]), hb = double(node.h[std::size_t(2 * d + 1)]);
    const double da = a == closed ? 0 : (u[n] - value_of(a, u)) / ha, db = b == closed ? 0 : (value_of(b, u) - u[n]) / hb;
    g[d] = a == closed ? db : b == closed ? da : (ha * db + hb * da) / (ha + hb);
  }
  const double length = g.norm();
  return length > 1e-9 ? Vec3(g / length) : Vec3(Vec3::Zero());
}

// Length of the way back along `sign` * gradient to the border `goal`.
std::vector<double> arrival(const std::vector<Node>& nodes, const std::vector<Vec3>& t, const std::vector<std::int32_t>& order, double sign, std::int32_t goal) {
  constexpr double unknown = -1;
  std::vector<double> length(nodes.size(), unknown);
  for (int sweep = 0; sweep < 3; ++sweep)   // the order is causal but for a few voxels at kinks
    for (const std::int32_t n : order) {
      const Node& node = nodes[std::size_t(n)];
      double sum = 1, weight = 0;
      for (int d = 0; d < 3; ++d) {
        const double along = sign * t[std::size_t(n)][d];
        if (std::abs(along) < 1e-9) continue;
        const std::size_t q = std::size_t(2 * d + (along > 0 ? 0 : 1));
        const std::int32_t from = node.to[q];
        if (from != goal && (from < 0 || length[std::size_t(from)] < 0)) continue;
        const double w = std::abs(along) / double(node.h[q]);
        sum += w * (from == goal ? 0.0 : length[std::size_t(from)]);
        weight += w;
      }
      if (weight > 0) length[std::size_t(n)] = sum / weight;
    }
  return length;
}

double around(const WallMap& m, const std::vector<float>& values, const Vec3& x) {
  const Vec3 index = m.grid.to_index(x);
  double sum = 0, weight = 0;
  const int c[3] = {int(std::lround(index.x())), int(std::lround(index.y())), int(std::lround(index.z()))};
  for (int reach = 1; reach <= 2 && weight == 0; ++reach)
    for (int k = c[2] - reach; k <= c[2] + reach; ++k)
      for (int j = c[1] - reach; j <= c[1] + reach; ++j)
        for (int i = c[0] - reach; i <= c[0] + reach; ++i) {
          if (!m.grid.contains(i, j, k)) continue;
          const float v = values[m.grid.offset(i, j, k)];
          if (std::isnan(v)) continue;
          const double w = 1.0 / (0.05 + (Vec3(i, j, k) - index).squaredNorm());
          sum += w * double(v);
          weight += w;
        }
  return weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double WallMap::thickness_at(const Vec3& x) const { return around(*this, thickness_mm, x); }
double WallMap::transmural_at(const Vec3& x) const { return around(*this, transmural, x); }

core::Result<WallMap> measure_wall(const core::LabelMap& labels, const std::optional<core::LvFrame>& frame, const core::Progress& progress) {
  const WallGrid w = tissue::wall_grid(labels, 3.0);
  if (w.wall == 0) return core::bad_input("The labels hold no LV myocardium (there is no wall to measure). Segment the LV myocardium first.");
  if (w.blood == 0) return core::bad_input("The labels hold no LV blood pool (the wall has no inner border to measure from). Segment the LV blood pool first.");
  const core::Grid& g = w.grid;
  const std::size_t voxels = g.voxels();
  std::vector<float> inner(voxels), outer(voxels);
  for (std::size_t v = 0; v < voxels; ++v) {
    inner[v] = w.part[v] == Part::blood;
    outer[v] = w.part[v] == Part::blood || w.part[v] == Part::wall;
  }
  // 0.8 voxels take the stairs off the border and shift a sphere of 20 voxels radius by less than 0.02 voxels.
  const double sigma = 0.8 * std::cbrt(g.voxel_volume());
  inner = voxels::gaussian(g, inner, sigma);
  if (progress.cancelled()) return core::cancelled();
  outer = voxels::gaussian(g, outer, sigma);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.15, "wall: borders");

  std::vector<std::int32_t> number(voxels, -1);
  std::vector<std::size_t> place;
  for (std::size_t v = 0; v < voxels; ++v)
    if (w.part[v] == Part::wall) number[v] = std::int32_t(place.size()), place.push_back(v);
  std::vector<Node> nodes(place.size());
  const std::ptrdiff_t stride[3] = {1, g.size[0], std::ptrdiff_t(g.size[0]) * g.size[1]};
  for (std::size_t n = 0; n < place.size(); ++n) {
    const std::size_t v = place[n];
    const int x[3] = {int(v % std::size_t(g.size[0])), int(v / std::size_t(g.size[0]) % std::size_t(g.size[1])), int(v / std::size_t(g.size[0]) / std::size_t(g.size[1]))};
    for (int q = 0; q < 6; ++q) {
      const int d = q / 2, s = q % 2 ? 1 : -1;
      auto& to = nodes[n].to[std::size_t(q)];
      auto& h = nodes[n].h[std::size_t(q)];
      h = float(g.spacing[d]);
      to = closed;
      if (x[d] + s < 0 || x[d] + s >= g.size[std::size_t(d)]) continue;   // the image ends here
      const std::size_t other = std::size_t(std::ptrdiff_t(v) + s * stride[d]);
      if (number[other] >= 0) {
        to = number[other];
        continue;
      }
      const auto fraction = [&](const std::vector<float>& f) {
        const double here = double(f[v]), there = double(f[other]);
        const double t = std::abs(there - here) > 1e-6 ? (0.5 - here) / (there - here) : 0.5;
        return std::clamp(t, least_fraction, 1.0);
      };
      if (w.part[other] == Part::blood) {
        to = endo;
        h *= float(fraction(inner));
      } else if (w.part[other] == Part::outside) {
        if (frame) {
          Vec3 at(x[0], x[1], x[2]);
          at[d] += s;
          if (core::lv_depth(*frame, g.to_patient(at)) < 0) continue;
        }
        to = epi;
        h *= float(fraction(outer));
      }
    }
  }
  std::vector<double> u(nodes.size(), 0.5);
  relax(nodes, u, progress);
  if (progress.cancelled()) return core::cancelled();
  std::vector<Vec3> t(nodes.size());
  core::parallel_chunks(std::ptrdiff_t(nodes.size()), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n) t[std::size_t(n)] = direction(nodes[std::size_t(n)], u, std::size_t(n));
  });
  std::vector<std::int32_t> order(nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return u[std::size_t(a)] != u[std::size_t(b)] ? u[std::size_t(a)] < u[std::size_t(b)] : a < b; });
  progress.report(0.8, "wall: thickness");
  const auto in = arrival(nodes, t, order, 1.0, endo);
  if (progress.cancelled()) return core::cancelled();
  std::reverse(order.begin(), order.end());
  const auto out_length = arrival(nodes, t, order, -1.0, epi);
  if (progress.cancelled()) return core::cancelled();

  WallMap out;
  out.grid = g;
  out.low = w.low;
  out.thickness_mm.assign(voxels, nan_f);
  out.transmural.assign(voxels, nan_f);
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    out.transmural[place[n]] = float(u[n]);
    if (in[n] >= 0 && out_length[n] >= 0) out.thickness_mm[place[n]] = float(in[n] + out_length[n]);
  }
  progress.report(1.0, "wall: measured");
  return out;
}

}  // namespace ot::imaging
