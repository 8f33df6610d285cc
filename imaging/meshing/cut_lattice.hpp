// SPDX-License-Identifier: GPL-3.0-or-later
// A tetrahedral lattice refined where it must be, warped onto the borders of several materials and cut along them.
// Model: body-centred cubic lattice; longest-edge bisection down to the asked edge; nodes near a border move onto it and then belong
// to both materials; edges between nodes without a common material are cut at the border; tets are split by bisecting their cut edges
// in one global order, so neighbours fit whatever the pattern of materials.
// Source: Labelle & Shewchuk, ACM TOG 26(3) 57, 2007 (lattice, warp thresholds, two materials); Bronson, Levine & Whitaker, "Lattice
// cleaving", IEEE TVCG 20(2), 2014 (the idea for more than two; their stencils are not used); Plaza & Carey, Appl. Numer. Math.
// 32(2), 2000 (conforming longest-edge refinement by the skeleton).
// In: LabelField, sizes [mm]. Out: positive tets, materials of nodes (up to four) and tets. Threads: samples parallel, the rest serial.
#pragma once
#include <array>
#include <functional>
#include <vector>

#include "imaging/meshing/label_field.hpp"
#include "solvers/core/mesh.hpp"

namespace ot::imaging {

// Up to four materials a node belongs to; one = inside it, two = on their border, three and four = on a line or point.
struct MaterialSet {
  std::array<std::int16_t, 4> m{-1, -1, -1, -1};
  int size() const { return m[0] < 0 ? 0 : m[1] < 0 ? 1 : m[2] < 0 ? 2 : m[3] < 0 ? 3 : 4; }
  bool has(int v) const { return m[0] == v || m[1] == v || m[2] == v || m[3] == v; }
  void add(int v) {
    for (auto& e : m) {
      if (e == v) return;
      if (e < 0) { e = std::int16_t(v); return; }
    }
  }
  bool meets(const MaterialSet& o) const {
    for (auto e : m)
      if (e >= 0 && o.has(e)) return true;
    return false;
  }
};

struct CutLattice {
  std::vector<core::Vec3> nodes;
  std::vector<MaterialSet> of_node;
  std::vector<core::Tet> tets;
  std::vector<std::int16_t> of_tet;   // never 0: outside is dropped
  std::size_t refined = 0;            // tets made by refinement for thin parts
};

// edge_at(x, material): wanted mean edge, mm; `largest` is its largest value. occupied: 1 for voxels of `labels` that count.
core::Result<CutLattice> cut_lattice(const LabelField& field, const core::LabelMap& labels, const LabelSet& set, double largest_edge_mm,
                                     const std::function<double(const core::Vec3&, int)>& edge_at, const core::Progress& progress);

}  // namespace ot::imaging
