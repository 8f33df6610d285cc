// SPDX-License-Identifier: GPL-3.0-or-later
// Which conduction system a heart is given, and where its roots lie in ventricular coordinates.
// In:   the case parameters `conduction`, `block`, `accessory`.  Fails: wrong_usage naming the choices.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/structure/conduction_system.hpp"

namespace ot::organs {

enum class Endocardium { lv, rv_septum, rv_free_wall };

// An early site of the conduction system in ventricular coordinates.
struct RootSite {
  std::string name;
  Endocardium on = Endocardium::lv;
  double apicobasal = 0.5;        // 0 apex .. 1 base
  double angle_deg = 0;           // around the long axis, 0 = middle of the septum, 90 = anterior wall
  double start_ms = 0;
};

// points: the early sites alone, with a fast endocardial layer in place of the Purkinje network.
// purkinje: His bundle, fascicles and fractal trees; no fast layer.
enum class ConductionKind { points, purkinje };
struct HeartConduction {
  ConductionKind kind = ConductionKind::purkinje;
  ep::ConductionBlock block = ep::ConductionBlock::none;
  std::string accessory = "none";   // name of an entry of accessory_sites()
  // The pathway waits for the atria (chambers.hpp): the heart's sites are those of the conduction system by itself, and those of the pathway by itself with ep::bypassed_prefix, each
  // set with times of its own. Otherwise it fires AccessoryPathway::lead_ms before the conduction system.
  bool pathway_from_atria = false;
  ep::ConductionParams params;
  // Apicobasal extent of both trees: free-running Purkinje fibres end below the base, which is the last to be excited (Durrer et al. 1970).
  // 0.8 is our calibration on hearts of different shape (docs/dev/structure.md); lower gives a longer QRS and turns its axis.
  double left_up_to = 0.8, right_up_to = 0.8;
  bool plain() const { return kind == ConductionKind::points && block == ep::ConductionBlock::none && accessory == "none"; }
};
core::Result<HeartConduction> heart_conduction(const std::string& kind, const std::string& block, const std::string& accessory);

// Where accessory pathways cross the valve rings (Arruda et al. 1998, J Cardiovasc Electrophysiol 9:2, names of the regions);
// the angle 0 points from the left ventricle to the right one.
const std::vector<RootSite>& accessory_sites();

// Roots of the His-Purkinje system. The ends of the fascicles and of the right bundle are the early sites of Durrer et al. 1970.
struct PurkinjeSites {
  RootSite left, left_anterior, left_posterior, left_septal, right, right_septal, right_free_wall;
};
PurkinjeSites purkinje_sites();

// `node_at`: the endocardial node nearest to a place, -1 when there is none.
core::Result<ep::ConductionRoots> purkinje_roots(const PurkinjeSites& sites, bool has_rv, const std::function<core::Index(const RootSite&)>& node_at);
core::Result<std::optional<ep::AccessoryPathway>> accessory_pathway(const std::string& name, const std::function<core::Index(const RootSite&)>& node_at);

// What was assumed, in words.
std::vector<std::string> assumptions(const HeartConduction& conduction);

}  // namespace ot::organs
