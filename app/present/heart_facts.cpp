// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/heart_facts.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>

#include "app/present/views.hpp"
#include "solvers/core/units.hpp"

namespace ot::present {

HeartFacts heart_facts(const twin::HeartModel& heart) {
  HeartFacts facts;
  const auto& problem = heart.baseline;
  if (!problem.mesh) return facts;
  const core::TetMesh& mesh = *problem.mesh;
  facts.quality = core::measure_quality(mesh);

  std::vector<double> by_tissue(problem.regions.size(), 0.0);
  std::map<int, double> by_wall;
  std::array<double, 17> all{}, changed{};
  double total = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto& tet = mesh.tets[t];
    const double volume = core::tet_volume(mesh.nodes[std::size_t(tet[0])], mesh.nodes[std::size_t(tet[1])],
                                           mesh.nodes[std::size_t(tet[2])], mesh.nodes[std::size_t(tet[3])]);
    total += volume;
    const std::size_t tissue = t < problem.tissue.size() ? problem.tissue[t] : 0;
    if (tissue < by_tissue.size()) by_tissue[tissue] += volume;
    if (t < mesh.region.size()) by_wall[mesh.region[t]] += volume;
    const std::size_t node = std::size_t(tet[0]);
    const int segment = node < heart.aha_segment.size() ? heart.aha_segment[node] : 0;
    if (segment >= 1 && segment <= 17) {
      all[std::size_t(segment - 1)] += volume;
      if (tissue < problem.regions.size() && class_of(problem.regions[tissue]) != TissueClass::healthy) changed[std::size_t(segment - 1)] += volume;
    }
  }
  const auto share = [&](std::string key, std::string source, double volume, bool conducting) {
    return TissueShare{std::move(key), std::move(source), core::units::ml_from_mm3(volume), total > 0 ? 100 * volume / total : 0, conducting};
  };
  for (std::size_t r = 0; r < problem.regions.size(); ++r)
    facts.tissue.push_back(share(problem.regions[r].key, problem.regions[r].source, by_tissue[r], problem.regions[r].conducting));
  for (const auto& [region, volume] : by_wall) {
    const auto name = mesh.region_names.find(region);
    facts.walls.push_back(share(name == mesh.region_names.end() ? "region " + std::to_string(region) : name->second, "", volume, true));
  }
  for (std::size_t s = 0; s < 17; ++s)
    facts.scar_percent[s] = all[s] > 0 ? 100 * changed[s] / all[s] : std::numeric_limits<double>::quiet_NaN();
  return facts;
}

std::array<double, 17> segment_means(const twin::HeartModel& heart, const std::vector<float>& node_values) {
  std::array<double, 17> sum{}, mean{};
  std::array<long, 17> count{};
  for (std::size_t n = 0; n < node_values.size() && n < heart.aha_segment.size(); ++n) {
    const int segment = heart.aha_segment[n];
    if (segment < 1 || segment > 17 || !std::isfinite(node_values[n])) continue;
    sum[std::size_t(segment - 1)] += double(node_values[n]);
    ++count[std::size_t(segment - 1)];
  }
  for (std::size_t s = 0; s < 17; ++s) mean[s] = count[s] ? sum[s] / double(count[s]) : std::numeric_limits<double>::quiet_NaN();
  return mean;
}

std::array<double, 2> finite_range(const std::vector<float>& values) {
  float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
  for (const float v : values)
    if (std::isfinite(v)) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  if (low > high) return {0.0, 1.0};
  return {double(low), double(high)};
}

std::string words(const std::string& key) {
  std::string text;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    if (word == "lv" || word == "rv" || word == "la" || word == "ra" || word == "av" || word == "ecg")
      for (char& c : word) c = char(std::toupper(c));
    if (!text.empty()) text += ' ';
    text += word;
    word.clear();
  };
  for (const char c : key)
    if (c == '_') flush();
    else word += c;
  flush();
  if (!text.empty()) text[0] = char(std::toupper(text[0]));
  return text;
}

}  // namespace ot::present
