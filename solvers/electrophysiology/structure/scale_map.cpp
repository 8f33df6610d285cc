// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/scale_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

using core::Vec3;

constexpr int most_levels = 40;
constexpr double least_ratio = 1.02;          // between two levels
constexpr std::size_t most_regions = 200;     // of 255 that a tet can name; interventions add some
constexpr double least_covered = 0.99;

// Points in cells as wide as the reach: the nearest one within it lies in the 27 cells around.
class Points {
 public:
  explicit Points(const std::vector<Vec3>& points) : points_(points) {
    for (std::size_t i = 0; i < points.size(); ++i) cells_[key(cell(points[i]))].push_back(i);
  }
  // Place and distance; a distance beyond the reach when there is none.
  std::pair<std::size_t, double> nearest(const Vec3& x) const {
    std::pair<std::size_t, double> best{0, std::numeric_limits<double>::infinity()};
    const auto c = cell(x);
    for (std::int64_t i = -1; i <= 1; ++i)
      for (std::int64_t j = -1; j <= 1; ++j)
        for (std::int64_t k = -1; k <= 1; ++k)
          if (const auto at = cells_.find(key({c[0] + i, c[1] + j, c[2] + k})); at != cells_.end())
            for (const std::size_t n : at->second)
              if (const double d = (points_[n] - x).norm(); d < best.second || (d == best.second && n < best.first)) best = {n, d};
    return best;
  }

 private:
  static std::array<std::int64_t, 3> cell(const Vec3& x) {
    std::array<std::int64_t, 3> c;
    for (int a = 0; a < 3; ++a) c[std::size_t(a)] = std::int64_t(std::floor(x[a] / map_reach_mm));
    return c;
  }
  static std::uint64_t key(const std::array<std::int64_t, 3>& c) {
    std::uint64_t k = 0;
    for (const std::int64_t x : c) k = (k << 21) ^ (std::uint64_t(x) & 0x1fffff);
    return k;
  }
  const std::vector<Vec3>& points_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> cells_;
};

core::Result<const ChannelKey*> channel_of(const ElectroProblem& p, const ScaleMap& map) {
  const ChannelKey* channel = nullptr;
  for (const ChannelKey& k : channel_keys())
    if (k.key == map.channel) channel = &k;
  std::string known;
  bool here = false;
  for (const std::string& model : ionic_models_of(p))
    if (const IonicFamily* family = find_ionic_family(model))
      for (const std::string& key : family->scales) {
        here = here || key == map.channel;
        if (known.find(key) == std::string::npos) known += (known.empty() ? "" : ", ") + key;
      }
  if (!channel) return core::wrong_usage(fmt::format("There is no conductance \"{}\" (nothing to scale). These cells have: {}.", map.channel, known));
  if (!here) return core::bad_input(fmt::format("The cells of this tissue have no {} (a map of it would change nothing). They have: {}.", map.channel, known));
  return channel;
}

}  // namespace

core::Result<ScaleMapUse> scale_by_map(ElectroProblem& p, const ScaleMap& map) {
  const auto channel = channel_of(p, map);
  if (!channel) return core::pass(channel);
  if (map.points.empty() || map.points.size() != map.factor.size())
    return core::bad_input(fmt::format("The map \"{}\" holds {} places and {} factors (one each is needed). Export it again.", map.name, map.points.size(), map.factor.size()));
  for (std::size_t i = 0; i < map.factor.size(); ++i)
    if (!(map.factor[i] >= 0 && double(map.factor[i]) <= largest_map_scale) || !map.points[i].allFinite())
      return core::bad_input(fmt::format("The map \"{}\" holds {} at its place {}: a conductance is scaled by 0 to {:g} (beyond, no cell model was ever tested). 1 is as published.", map.name, map.factor[i], i, largest_map_scale));
  const core::TetMesh& mesh = *p.mesh;
  const std::vector<std::uint8_t> tissue = p.tissue.empty() ? std::vector<std::uint8_t>(mesh.tets.size(), 0) : p.tissue;
  bool own_nodes = map.points.size() == mesh.nodes.size();
  for (std::size_t i = 0; own_nodes && i < mesh.nodes.size(); ++i) own_nodes = (map.points[i] - mesh.nodes[i]).norm() < 1e-3;
  // Factor of every tet; 1 where nothing conducts.
  std::vector<double> factor(mesh.tets.size(), 1.0);
  ScaleMapUse use{0, std::numeric_limits<double>::infinity(), 0, 0, 0};
  double least = std::numeric_limits<double>::infinity();   // above 0
  std::size_t conducting = 0, covered = 0;
  const Points points(map.points);
  for (std::size_t t = 0; t < factor.size(); ++t) {
    if (!p.regions[tissue[t]].conducting) continue;
    ++conducting;
    Vec3 middle = Vec3::Zero();
    double mean = 0;
    for (const core::Index i : mesh.tets[t]) {
      middle += mesh.nodes[std::size_t(i)] / 4;
      if (own_nodes) mean += double(map.factor[std::size_t(i)]) / 4;
    }
    if (own_nodes) {
      factor[t] = mean;
    } else {
      const auto [n, distance] = points.nearest(middle);
      if (!(distance <= map_reach_mm)) continue;
      factor[t] = double(map.factor[n]);
      use.farthest_mm = std::max(use.farthest_mm, distance);
    }
    ++covered;
    use.lowest = std::min(use.lowest, factor[t]);
    use.highest = std::max(use.highest, factor[t]);
    if (factor[t] > 0) least = std::min(least, factor[t]);
  }
  if (conducting == 0) return core::bad_input("No tissue conducts (there is nothing to lay a map on). Remove lesions or scar.");
  if (double(covered) < least_covered * double(conducting))
    return core::bad_input(fmt::format("The map \"{}\" covers {:.0f} % of the conducting tissue within {:g} mm (the rest would have no factor). Lay it on the whole mesh, in mm and in the coordinates of the case.", map.name,
                                       100.0 * double(covered) / double(conducting), map_reach_mm));
  // Levels: 0 is "factor 0", k >= 1 is least * ratio^(k - 1/2) ; fewer when the regions would not fit.
  std::vector<int> level(factor.size());
  std::map<std::pair<std::uint8_t, int>, std::uint8_t> number;
  const double span = std::isfinite(least) && use.highest > least ? std::log(use.highest / least) : 0.0;
  for (int wanted = most_levels;; wanted /= 2) {
    if (wanted < 2) return core::bad_input(fmt::format("The tissue has {} regions; with a map there would be more than {} (no tet could name them). Join regions, or use fewer maps.", p.regions.size(), most_regions));
    const int levels = span > 0 ? std::clamp(int(std::ceil(span / std::log(least_ratio))), 1, wanted) : 1;
    const double step = span / levels;
    number.clear();
    for (std::size_t t = 0; t < factor.size(); ++t) {
      level[t] = !p.regions[tissue[t]].conducting || factor[t] == 1.0 ? -1 : factor[t] == 0.0 ? 0 : span > 0 ? 1 + std::min(levels - 1, int(std::log(factor[t] / least) / step)) : 1;
      if (level[t] >= 0) number.try_emplace({tissue[t], level[t]}, std::uint8_t(0));
    }
    if (p.regions.size() + number.size() > most_regions) continue;
    use.rounding_percent = 100 * (std::exp(0.5 * step) - 1);
    std::vector<TissueRegion> regions;
    std::vector<std::uint8_t> base(p.regions.size());
    for (std::size_t r = 0; r < p.regions.size(); ++r) {
      base[r] = std::uint8_t(regions.size());
      regions.push_back(p.regions[r]);
      for (auto& [which, at] : number) {
        if (which.first != r) continue;
        const double value = which.second == 0 ? 0.0 : least * std::exp((which.second - 0.5) * step);
        at = std::uint8_t(regions.size());
        regions.push_back(p.regions[r]);
        regions.back().channels.*(*channel)->member *= value;
        regions.back().source += fmt::format("{}{} x {:.3g} by map {}", regions.back().source.empty() ? "" : "; ", map.channel, value, map.name);
      }
    }
    const auto renumber = [&](const std::vector<std::uint8_t>& old) {
      std::vector<std::uint8_t> out(old.size());
      for (std::size_t t = 0; t < old.size(); ++t) {
        const auto at = number.find({old[t], level[t]});
        out[t] = at == number.end() ? base[old[t]] : at->second;
      }
      return out;
    };
    p.tissue = renumber(tissue);
    if (!p.tissue_before.empty()) p.tissue_before = renumber(p.tissue_before);
    p.regions = std::move(regions);
    use.levels = number.size();
    return use;
  }
}

std::string scale_map_words(const ScaleMap& map, const ScaleMapUse& use) {
  return fmt::format("{} is scaled from place to place by the map {}: x {:.3g} to x {:.3g}, rounded to {} regions with factors true to {:.1f} %{}.", map.channel, map.name, use.lowest, use.highest, use.levels,
                     use.rounding_percent, use.farthest_mm > 0 ? fmt::format("; the farthest tetrahedron is {:.2g} mm from a place of the map", use.farthest_mm) : "");
}

}  // namespace ot::ep
