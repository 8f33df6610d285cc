// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/fibrosis.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::ep {
namespace {

// splitmix64 (Steele, Lea, Flood 2014, OOPSLA): the same numbers with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double uniform() {   // in (0, 1)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1.0p-53;
  }
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(uniform())), angle = 2.0 * M_PI * uniform();
    return radius * std::cos(angle);
  }

 private:
  std::uint64_t state_;
};

}  // namespace

std::vector<char> fibrotic_tets(const core::TetMesh& mesh, const std::vector<char>& candidate, double share, double length_mm, std::uint64_t seed) {
  OT_EXPECT(share >= 0 && share <= 1 && length_mm > 0 && (candidate.empty() || candidate.size() == mesh.tets.size()));
  constexpr std::size_t waves = 128;   // a sum of so many is Gaussian enough to draw patches (level crossings within a tenth)
  Random random(seed);
  std::vector<core::Vec3> k(waves);
  std::vector<double> phase(waves);
  for (std::size_t w = 0; w < waves; ++w) {
    for (int a = 0; a < 3; ++a) k[w][a] = random.normal() / length_mm;
    phase[w] = 2.0 * M_PI * random.uniform();
  }
  const std::size_t nt = mesh.tets.size();
  std::vector<double> field(nt), volume(nt);
  core::parallel_chunks(std::ptrdiff_t(nt), 512, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      const auto& v = mesh.tets[std::size_t(i)];
      const core::Vec3 &p0 = mesh.nodes[v[0]], &p1 = mesh.nodes[v[1]], &p2 = mesh.nodes[v[2]], &p3 = mesh.nodes[v[3]];
      const core::Vec3 centre = 0.25 * (p0 + p1 + p2 + p3);
      double sum = 0;
      for (std::size_t w = 0; w < waves; ++w) sum += std::cos(k[w].dot(centre) + phase[w]);
      field[std::size_t(i)] = sum;
      volume[std::size_t(i)] = candidate.empty() || candidate[std::size_t(i)] ? core::tet_volume(p0, p1, p2, p3) : 0.0;
    }
  });
  std::vector<std::size_t> order(nt);
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return field[a] != field[b] ? field[a] > field[b] : a < b; });
  const double wanted = share * std::accumulate(volume.begin(), volume.end(), 0.0);
  std::vector<char> out(nt, 0);
  double taken = 0;
  for (const std::size_t t : order) {
    if (!(taken + 0.5 * volume[t] < wanted)) break;
    if (volume[t] <= 0) continue;
    out[t] = 1;
    taken += volume[t];
  }
  return out;
}

}  // namespace ot::ep
