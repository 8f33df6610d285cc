// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/phase.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

constexpr double pieces_apart_edges = 3;   // mean edges; see the header

// Difference of two phases, into (-pi, pi].
double wrapped(double d) {
  while (d > M_PI) d -= 2 * M_PI;
  while (d <= -M_PI) d += 2 * M_PI;
  return d;
}

int find(std::vector<int>& parent, int i) {
  while (parent[std::size_t(i)] != i) i = parent[std::size_t(i)] = parent[std::size_t(parent[std::size_t(i)])];
  return i;
}

}  // namespace

std::vector<float> phase_at(const ActivationRecord& r, double t, double cycle) {
  OT_EXPECT(cycle > 0);
  std::vector<float> out(r.nodes(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::uint32_t k = r.last_before(n, t);
    if (k == r.begin[n + 1]) continue;
    const double last = double(r.at_ms[k]);
    double share = (t - last) / cycle;
    if (k + 1 < r.begin[n + 1]) share = (t - last) / (double(r.at_ms[k + 1]) - last);
    else if (share > 1) continue;   // at rest
    out[n] = float(wrapped(2 * M_PI * share));
  }
  return out;
}

FilamentFrame filaments_at(const core::TetMesh& mesh, const std::vector<std::uint8_t>& conducting, const std::vector<float>& phase, double t) {
  OT_EXPECT(phase.size() == mesh.nodes.size() && (conducting.empty() || conducting.size() == mesh.tets.size()));
  FilamentFrame out;
  out.t_ms = t;
  std::map<std::array<core::Index, 3>, int> face;   // pierced, its number
  std::vector<int> parent;
  constexpr int corner[4][3] = {{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}};
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    if (!conducting.empty() && !conducting[e]) continue;
    const auto& tet = mesh.tets[e];
    // A tet over which the phase spans less than half a turn holds nothing.
    bool known = true;
    double low = 10, high = -10;
    for (core::Index n : tet) {
      const float p = phase[std::size_t(n)];
      known = known && !std::isnan(p);
      low = std::min(low, double(p));
      high = std::max(high, double(p));
    }
    if (!known || high - low < 2 * M_PI / 3) continue;
    int found[4], count = 0;
    for (const auto& c : corner) {
      std::array<core::Index, 3> f{tet[std::size_t(c[0])], tet[std::size_t(c[1])], tet[std::size_t(c[2])]};
      std::sort(f.begin(), f.end());
      const double a = phase[std::size_t(f[0])], b = phase[std::size_t(f[1])], d = phase[std::size_t(f[2])];
      const double turns = (wrapped(b - a) + wrapped(d - b) + wrapped(a - d)) / (2 * M_PI);
      if (std::abs(turns) < 0.5) continue;
      const auto [at, added] = face.try_emplace(f, int(parent.size()));
      if (added) {
        parent.push_back(at->second);
        out.points.push_back((mesh.nodes[std::size_t(f[0])] + mesh.nodes[std::size_t(f[1])] + mesh.nodes[std::size_t(f[2])]) / 3.0);
        out.charge.push_back(turns > 0 ? 1 : -1);
      }
      found[count++] = at->second;
    }
    for (int i = 1; i < count; ++i) {
      parent[std::size_t(find(parent, found[i]))] = find(parent, found[0]);
      if (count == 2) out.length_mm += (out.points[std::size_t(found[1])] - out.points[std::size_t(found[0])]).norm();
    }
  }
  // Pieces within the reach of each other are one: a line of block is a string of them (see the header).
  const double reach = pieces_apart_edges * mesh.mean_edge();
  std::map<std::array<int, 3>, std::vector<int>> cells;
  const auto cell_of = [&](const core::Vec3& x) { return std::array<int, 3>{int(std::floor(x[0] / reach)), int(std::floor(x[1] / reach)), int(std::floor(x[2] / reach))}; };
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const auto at = cell_of(out.points[i]);
    for (int dx = -1; dx <= 1; ++dx)
      for (int dy = -1; dy <= 1; ++dy)
        for (int dz = -1; dz <= 1; ++dz)
          if (const auto near = cells.find({at[0] + dx, at[1] + dy, at[2] + dz}); near != cells.end())
            for (int j : near->second)
              if ((out.points[std::size_t(j)] - out.points[i]).squaredNorm() < reach * reach) parent[std::size_t(find(parent, int(i)))] = find(parent, j);
    cells[at].push_back(int(i));
  }
  std::map<int, int> number;
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const int root = find(parent, int(i));
    out.filament.push_back(number.try_emplace(root, int(number.size())).first->second);
  }
  out.count = int(number.size());
  return out;
}

std::vector<FilamentTrack> track(const std::vector<FilamentFrame>& frames, double reach) {
  std::vector<FilamentTrack> tracks;
  std::vector<std::size_t> alive;
  for (const FilamentFrame& frame : frames) {
    std::vector<core::Vec3> middle(std::size_t(frame.count), core::Vec3::Zero());
    std::vector<int> size(std::size_t(frame.count), 0);
    for (std::size_t i = 0; i < frame.points.size(); ++i) {
      middle[std::size_t(frame.filament[i])] += frame.points[i];
      ++size[std::size_t(frame.filament[i])];
    }
    std::vector<char> taken(middle.size(), 0);
    std::vector<std::size_t> next;
    for (std::size_t i = 0; i < middle.size(); ++i) middle[i] /= double(size[i]);
    // The oldest track chooses first.
    for (std::size_t t : alive) {
      std::size_t best = middle.size();
      double least = reach;
      for (std::size_t i = 0; i < middle.size(); ++i)
        if (const double d = (middle[i] - tracks[t].at_mm.back()).norm(); !taken[i] && d < least) {
          least = d;
          best = i;
        }
      if (best == middle.size()) continue;
      taken[best] = 1;
      tracks[t].t_ms.push_back(frame.t_ms);
      tracks[t].at_mm.push_back(middle[best]);
      next.push_back(t);
    }
    for (std::size_t i = 0; i < middle.size(); ++i)
      if (!taken[i]) {
        next.push_back(tracks.size());
        tracks.push_back({{frame.t_ms}, {middle[i]}});
      }
    alive = std::move(next);
  }
  return tracks;
}

}  // namespace ot::ep
