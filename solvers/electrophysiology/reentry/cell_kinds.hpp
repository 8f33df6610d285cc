// SPDX-License-Identifier: GPL-3.0-or-later
// Which kinds of cell a tissue holds: ionic model, cell type and channel scales (region times drug), told apart by the parameters of the ionic model.
// A node takes the region that holds most of the conducting volume around it, the first in a tie: the rule of FULL.
// Contract: mesh, tissue and regions fit each other; known ionic models. Threads: pure.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct CellKind {
  std::string model;                     // family
  CellType type = CellType::epi;
  ChannelScales scales;
  std::string region;                    // key of the region it was first met in
  core::Vec3 sigma_scale{1, 1, 1};       // of that region
  std::size_t nodes = 0;                 // conducting nodes of this kind
};
struct CellKinds {
  std::vector<CellKind> kinds;           // [0]: healthy epicardium of the problem's family without drug, what problem.velocity belongs to; it may have no node
  std::vector<std::uint16_t> of_node;
};
// drug: as it acts in each family and cell type (acting_drugs in reaction/verified_response.hpp).
CellKinds cell_kinds(const ElectroProblem& problem, const std::map<std::string, std::array<ChannelScales, 3>>& drug);

std::vector<std::uint8_t> node_regions(const ElectroProblem& problem);

}  // namespace ot::ep
