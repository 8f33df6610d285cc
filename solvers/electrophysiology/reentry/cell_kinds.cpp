// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"

#include <map>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {
namespace {

std::uint8_t region_of(const ElectroProblem& p, std::size_t t) { return p.tissue.empty() ? 0 : p.tissue[t]; }

}  // namespace

std::vector<std::uint8_t> node_regions(const ElectroProblem& p) {
  const auto geometry = fem::tet_geometry(*p.mesh);
  std::vector<std::map<std::uint8_t, double>> share(p.mesh->nodes.size());
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
    if (p.regions.empty() || p.regions[region_of(p, t)].conducting)
      for (core::Index n : p.mesh->tets[t]) share[std::size_t(n)][region_of(p, t)] += geometry.volume[t];
  std::vector<std::uint8_t> region(share.size(), 0);
  for (std::size_t n = 0; n < share.size(); ++n) {
    double most = 0;
    for (const auto& [r, v] : share[n])
      if (v > most * (1 + 1e-9)) {
        most = v;
        region[n] = r;
      }
  }
  return region;
}

CellKinds cell_kinds(const ElectroProblem& p, const std::map<std::string, std::array<ChannelScales, 3>>& drug) {
  OT_EXPECT(p.mesh);
  const auto region = node_regions(p);
  std::vector<char> conducts(region.size(), 0);
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
    if (p.regions.empty() || p.regions[region_of(p, t)].conducting)
      for (core::Index n : p.mesh->tets[t]) conducts[std::size_t(n)] = 1;
  CellKinds out;
  std::map<std::pair<std::string, std::vector<double>>, std::uint16_t> known;
  const auto kind_of = [&](const std::string& model, CellType type, const ChannelScales& s, std::uint8_t r) {
    const IonicFamily* const family = find_ionic_family(model);
    OT_EXPECT(family != nullptr);
    std::pair<std::string, std::vector<double>> key{model, family->parameters(type, s)};
    key.second.push_back(double(type));
    const auto [at, added] = known.try_emplace(std::move(key), std::uint16_t(out.kinds.size()));
    if (added) {
      CellKind kind{model, type, s, "healthy", {1, 1, 1}, 0};
      if (!p.regions.empty()) {
        kind.region = p.regions[r].key;
        kind.sigma_scale = p.regions[r].sigma_scale;
      }
      out.kinds.push_back(std::move(kind));
    }
    return at->second;
  };
  kind_of(p.ionic_model, CellType::epi, {}, 0);
  out.of_node.resize(region.size());
  for (std::size_t n = 0; n < region.size(); ++n) {
    const ChannelScales of_region = p.regions.empty() ? ChannelScales{} : p.regions[region[n]].channels;
    const CellType type = p.cell_type.empty() ? CellType::epi : CellType(p.cell_type[n]);
    const std::string& model = ionic_model_of(p, region[n], type);
    out.of_node[n] = kind_of(model, type, of_region * drug.at(model)[std::size_t(type)], region[n]);
    out.kinds[out.of_node[n]].nodes += conducts[n] != 0;
  }
  return out;
}

}  // namespace ot::ep
