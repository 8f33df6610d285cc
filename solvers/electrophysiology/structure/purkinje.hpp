// SPDX-License-Identifier: GPL-3.0-or-later
// A fractal Purkinje tree on the endocardium, and when each of its points is excited.
// Model:   from each bud two branches leave at +-angle; a branch advances in short segments along the surface, its direction bent
//          away from the nearest other branch, and ends at its length, at the border, or where it meets another branch; both ends
//          of a generation bud again. Leaves are the junctions with muscle (PMJ). Conduction: constant speed along the tree.
// Source:  F. Sahli Costabal, D. Hurtado, E. Kuhl 2016, J Biomech 49:2455 (growth rule); ratios of the parameters (repulsion 0.1,
//          angle 0.15 rad, segment a tenth of a branch, standard deviation of the length sqrt(0.2) of it) as in the authors' public
//          code fsahli/fractal-tree; own code. Branch length and speed: see the fields.
// In/out:  mm, ms, m/s. Fails: bad_input when a bud is off the surface; cancelled.
// Numerics: own generator of random numbers: the same tree on every machine for the same seed. Threads: serial.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/structure/wall_surface.hpp"

namespace ot::ep {

struct PurkinjeParams {
  double branch_mm = 6.0;            // mean length; our choice: leaves about 4 mm apart on an adult ventricle
  double branch_deviation = 0.447;   // standard deviation / mean = sqrt(0.2)
  double segment_share = 0.1;        // segment / mean length
  double angle_rad = 0.15;           // between a branch and its parent
  double repulsion = 0.1;            // w of the paper
  int generations = 40;              // most; growth ends by itself when the surface is covered
  std::uint64_t seed = 1;
  bool operator==(const PurkinjeParams&) const = default;
};

// Points of a tree; the parent of a point comes before it.
struct PurkinjeTree {
  std::vector<core::Vec3> points;       // mm
  std::vector<core::Index> parent;      // -1: root
  std::vector<double> length_mm;        // to the parent, along the way
  std::vector<std::uint8_t> bundle;     // which trunk it hangs on, see conduction_system.hpp
  std::vector<char> closed;             // 1: insulated trunk, no contact with muscle even at its end
  std::vector<core::Index> node;        // nearest mesh node on the surface, -1: inside the wall or the cavity
  core::Index add(const core::Vec3& x, core::Index parent, double length, std::uint8_t bundle, core::Index node);
  std::vector<core::Index> leaves() const;   // without children and not closed, ascending
};

struct PurkinjeBud {
  core::Index point = -1;               // of the tree
  core::Vec3 direction{0, 0, 0};        // tangent to the surface
  std::uint8_t bundle = 0;
};

// Grows branches on the surface from the buds into `tree`. open: [mesh nodes] 1 where it may grow; empty: everywhere.
core::Result<void> grow_purkinje(const WallSurface& surface, const std::vector<PurkinjeBud>& buds, const PurkinjeParams& params,
                                 const std::vector<char>& open, PurkinjeTree& tree, const core::Progress& progress = {});

struct TreeEntry {
  core::Index point = 0;
  double start_ms = 0;
};
// Arrival times along the tree from all entries, both ways through every edge; `cut` edges (child's index) do not conduct.
// Infinity where no way leads.
std::vector<double> tree_times(const PurkinjeTree& tree, const std::vector<TreeEntry>& entries, const std::vector<core::Index>& cut, double speed_m_per_s);

}  // namespace ot::ep
