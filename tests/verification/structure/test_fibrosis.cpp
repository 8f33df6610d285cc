// SPDX-License-Identifier: GPL-3.0-or-later
// Random patches of fibrosis: share, size, seeds, threads.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/structure/fibrosis.hpp"

using namespace ot;

namespace {

// A sheet of cubes of 1 mm, six tets each.
core::TetMesh sheet(int nx, int ny) {
  core::TetMesh m;
  const auto at = [&](int i, int j, int k) { return core::Index((k * (ny + 1) + j) * (nx + 1) + i); };
  for (int k = 0; k <= 1; ++k)
    for (int j = 0; j <= ny; ++j)
      for (int i = 0; i <= nx; ++i) m.nodes.push_back(core::Vec3(i, j, k));
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i) {
      const auto v = [&](int c) { return at(i + (c & 1), j + ((c >> 1) & 1), (c >> 2) & 1); };
      for (const auto& [a, b] : {std::pair{1, 3}, {3, 2}, {2, 6}, {6, 4}, {4, 5}, {5, 1}}) m.tets.push_back({v(0), v(a), v(b), v(7)});
    }
  return m;
}

double share_of(const core::TetMesh& m, const std::vector<char>& in) {
  double in_volume = 0, all = 0;
  for (std::size_t t = 0; t < m.tets.size(); ++t) {
    const auto& v = m.tets[t];
    const double volume = core::tet_volume(m.nodes[v[0]], m.nodes[v[1]], m.nodes[v[2]], m.nodes[v[3]]);
    all += volume;
    in_volume += in[t] ? volume : 0;
  }
  return in_volume / all;
}

// Pairs of cubes side by side of which one is fibrotic, per mm of sheet: how finely the patches are broken up.
double borders(const std::vector<char>& in, int nx, int ny) {
  double count = 0;
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i + 1 < nx; ++i) count += in[std::size_t(6 * (j * nx + i))] != in[std::size_t(6 * (j * nx + i + 1))];
  return count / double(ny * (nx - 1));
}

}  // namespace

TEST_CASE("patches of fibrosis fill 10, 30 and 50 % of the volume within 0.1 points, spare what is no candidate, and follow seed and mesh alone", "[fibrosis]") {
  const auto m = sheet(60, 60);
  for (const double share : {0.0, 0.1, 0.3, 0.5}) CHECK(share_of(m, ep::fibrotic_tets(m, {}, share, 5, 1)) == Approx(share).margin(0.001));
  const auto one = ep::fibrotic_tets(m, {}, 0.3, 5, 1);
  CHECK(one != ep::fibrotic_tets(m, {}, 0.3, 5, 2));
  const int before = core::thread_count();
  core::set_thread_count(4);
  CHECK(one == ep::fibrotic_tets(m, {}, 0.3, 5, 1));
  core::set_thread_count(before);
  std::vector<char> half(m.tets.size());
  for (std::size_t t = 0; t < half.size(); ++t) half[t] = t % 2 == 0;
  const auto of_half = ep::fibrotic_tets(m, half, 0.5, 5, 1);
  std::size_t spared = 0;
  for (std::size_t t = 0; t < half.size(); ++t) spared += !half[t] && of_half[t];
  CHECK(spared == 0);
  CHECK(share_of(m, of_half) == Approx(0.25).margin(0.001));
}

TEST_CASE("patches follow the length asked for: level crossings of a Gaussian field at its 30 % level are exp(-u^2/2) / (pi length) per mm (Rice 1944), within a quarter", "[fibrosis]") {
  const int n = 100;
  const auto m = sheet(n, n);
  constexpr double u = 0.5244;   // 30 % of a normal variable lies above
  for (const double length : {4.0, 8.0}) {
    double mean = 0;
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) mean += 0.25 * borders(ep::fibrotic_tets(m, {}, 0.3, length, seed), n, n);
    CHECK(mean == Approx(std::exp(-u * u / 2) / (M_PI * length)).epsilon(0.25));
  }
}
