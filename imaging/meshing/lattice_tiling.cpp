// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/lattice_tiling.hpp"

#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Regular_triangulation_3.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace {

using K = CGAL::Exact_predicates_inexact_constructions_kernel;
using Regular = CGAL::Regular_triangulation_3<K>;

using Corners = std::array<std::array<int, 3>, 4>;   // of a tet, points of the lattice

// All cells of a small lattice: the lower hull of the points lifted by x'Ax, which is the regular triangulation with weights x'x - x'Ax. In integers faces
// of the box are exactly flat and volumes are multiples of one sixth: there are no slivers.
std::vector<Corners> lifted_hull(const std::array<int, 3>& cells, const core::Mat3& a) {
  std::vector<Regular::Weighted_point> points;
  for (int k = 0; k <= cells[2]; ++k)
    for (int j = 0; j <= cells[1]; ++j)
      for (int i = 0; i <= cells[0]; ++i) {
        const core::Vec3 x(i, j, k);
        points.emplace_back(K::Point_3(i, j, k), x.squaredNorm() - x.dot(a * x));
      }
  const Regular all(points.begin(), points.end());
  OT_EXPECT(all.number_of_vertices() == points.size());   // a positive definite lift hides no point
  std::vector<Corners> tets;
  tets.reserve(all.number_of_finite_cells());
  for (auto c = all.finite_cells_begin(); c != all.finite_cells_end(); ++c) {
    Corners t;
    for (int v = 0; v < 4; ++v)
      for (int x = 0; x < 3; ++x) t[std::size_t(v)][std::size_t(x)] = static_cast<int>(c->vertex(v)->point()[x]);
    tets.push_back(t);
  }
  return tets;
}

int lowest(const Corners& t, std::size_t axis) { return std::min({t[0][axis], t[1][axis], t[2][axis], t[3][axis]}); }

// Even permutation: the lowest corner first, then the lowest of the rest.
template <class Four>
void in_order(Four& t) {
  const auto cycle = [&](std::size_t x, std::size_t y, std::size_t z) {
    const auto first = t[x];
    t[x] = t[y], t[y] = t[z], t[z] = first;
  };
  const auto least = std::size_t(std::min_element(t.begin(), t.end()) - t.begin());
  if (least == 1) cycle(0, 1, 2);
  else if (least == 2) cycle(0, 2, 3);
  else if (least == 3) cycle(0, 3, 1);
  while (t[2] < t[1] || t[3] < t[1]) cycle(1, 2, 3);
}

// Do the tets that begin in layer `at` and in the next one look the same?
bool repeats(const std::vector<Corners>& tets, std::size_t axis, int at) {
  std::vector<Corners> here, next;
  for (Corners t : tets) {
    const int from = lowest(t, axis);
    if (from != at && from != at + 1) continue;
    if (from != at)
      for (auto& x : t) --x[axis];
    in_order(t);
    (from == at ? here : next).push_back(t);
  }
  std::sort(here.begin(), here.end());
  std::sort(next.begin(), next.end());
  return here == next;
}

}  // namespace

core::Mat3 lattice_superbase(const core::Mat3& conductivity) {
  // Directions n spread evenly where D is 1 (a spiral over half a sphere), so that n.D.n = 1 and those across fibres count as much as those along.
  constexpr int directions = 200;
  const core::Mat3 root = Eigen::SelfAdjointEigenSolver<core::Mat3>(conductivity).operatorInverseSqrt();
  std::vector<core::Vec3> n;
  for (int i = 0; i < directions; ++i) {
    const double z = (i + 0.5) / directions, turn = i * M_PI * (3 - std::sqrt(5.0)), r = std::sqrt(1 - z * z);
    n.push_back(root * core::Vec3(r * std::cos(turn), r * std::sin(turn), z));
  }
  const double unit = root.squaredNorm();   // of squares of spacings
  std::vector<core::Vec3> steps;   // one of each pair +-
  for (int k = -2; k <= 2; ++k)
    for (int j = -2; j <= 2; ++j)
      for (int i = 0; i <= 2; ++i)
        if (i > 0 || j > 0 || (j == 0 && k > 0)) steps.emplace_back(i, j, k);
  core::Mat3 best = core::Mat3::Identity();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t x = 0; x < steps.size(); ++x)
    for (std::size_t y = x + 1; y < steps.size(); ++y)
      for (std::size_t z = y + 1; z < steps.size(); ++z) {
        core::Mat3 c;
        c << steps[x], steps[y], steps[z];
        if (std::abs(std::abs(c.determinant()) - 1) > 0.5) continue;
        for (int signs = 0; signs < 4; ++signs) {
          core::Mat3 base = c;
          if (signs & 1) base.col(1) = -base.col(1);
          if (signs & 2) base.col(2) = -base.col(2);
          const core::Mat3 inverse = base.inverse(), d = inverse * conductivity * inverse.transpose();
          const double all = (d(0, 1) + d(1, 2) + d(0, 2)) / 3;   // coupling along c1 + c2 + c3, of the six tets around it
          const double k[7] = {d(0, 0) - d(0, 1) - d(0, 2) + all, d(1, 1) - d(0, 1) - d(1, 2) + all, d(2, 2) - d(0, 2) - d(1, 2) + all, d(0, 1) - all, d(1, 2) - all, d(0, 2) - all, all};
          double low = std::numeric_limits<double>::infinity(), high = -low;
          for (const core::Vec3& way : n) {
            const core::Vec3 p = base.transpose() * way;
            const double e[7] = {p[0], p[1], p[2], p[0] + p[1], p[1] + p[2], p[0] + p[2], p.sum()};
            double square = 0;
            for (int i = 0; i < 7; ++i) square += k[i] * e[i] * e[i] * e[i] * e[i];
            low = std::min(low, square);
            high = std::max(high, square);
            if (high - low > least) break;
          }
          const double spread = high - low + 1e-6 * unit * base.squaredNorm();   // of equals the shortest
          if (spread < least) least = spread, best = base;
        }
      }
  return best;
}

core::Result<std::vector<core::Tet>> lattice_tiling(const std::array<int, 3>& cells, const core::Mat3& superbase, const core::Progress& progress) {
  OT_EXPECT(cells[0] > 0 && cells[1] > 0 && cells[2] > 0 && std::abs(std::abs(superbase.determinant()) - 1) < 1e-9);
  // The tets are Delaunay in the metric in which the four vectors of the superbase are equally long and their angles equal.
  core::Mat3 equal;
  equal << 3, -1, -1, -1, 3, -1, -1, -1, 3;
  const core::Mat3 inverse = superbase.inverse().array().round(), a = inverse.transpose() * equal * inverse;   // integers
  // The faces of the box are felt a few layers deep: the middle layer of a smaller box is repeated to fill a large one.
  std::array<int, 3> part{};
  std::vector<Corners> small;
  for (int most = 16;; most *= 2) {
    if (progress.cancelled()) return core::cancelled();
    for (std::size_t x = 0; x < 3; ++x) part[x] = std::min(cells[x], most);
    small = lifted_hull(part, a);
    bool fits = true;
    for (std::size_t x = 0; x < 3; ++x) fits = fits && (part[x] == cells[x] || repeats(small, x, part[x] / 2));
    if (fits) break;
  }
  std::vector<core::Tet> tets;
  long sixths = 0;
  for (const Corners& t : small) {
    std::array<int, 3> from{}, to{};
    for (std::size_t x = 0; x < 3; ++x) {
      const int middle = part[x] / 2, begins = lowest(t, x), more = cells[x] - part[x];
      from[x] = begins > middle ? more : 0;
      to[x] = begins < middle ? 0 : more;
    }
    const auto side = [&](std::size_t v, std::size_t x) { return long(t[v][x] - t[0][x]); };
    const long volume = side(1, 0) * (side(2, 1) * side(3, 2) - side(2, 2) * side(3, 1)) - side(1, 1) * (side(2, 0) * side(3, 2) - side(2, 2) * side(3, 0)) +
                        side(1, 2) * (side(2, 0) * side(3, 1) - side(2, 1) * side(3, 0));
    for (int k = from[2]; k <= to[2]; ++k)
      for (int j = from[1]; j <= to[1]; ++j)
        for (int i = from[0]; i <= to[0]; ++i) {
          core::Tet tet;
          for (std::size_t v = 0; v < 4; ++v)
            tet[v] = core::Index((std::ptrdiff_t(t[v][2] + k) * (cells[1] + 1) + t[v][1] + j) * (cells[0] + 1) + t[v][0] + i);
          in_order(tet);
          tets.push_back(tet);
          sixths += volume;
        }
  }
  OT_EXPECT(sixths == 6l * cells[0] * cells[1] * cells[2]);
  std::sort(tets.begin(), tets.end());
  return tets;
}

}  // namespace ot::imaging
