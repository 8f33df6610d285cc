// SPDX-License-Identifier: GPL-3.0-or-later
// Phase, phase singularities and filaments from activation times, FAST and FULL alike.
// Model:    phase of a node grows linearly from 0 at an activation to 2 pi at the next; after the last one by the cycle length given, then it is at rest (no
//           phase). A triangle whose phase winds once around holds a singularity; in a tetrahedron the line between its two pierced faces is a
//           piece of filament. Pieces that share a face, or lie within three mean edges, are one filament: along a line of block, where the phase
//           jumps from node to node, a mesh holds a string of pieces that end and begin again; they are counted once (the width is our choice).
// Source:   winding number: Iyer, Gray 2001, Ann Biomed Eng 29:47; filaments from elements' faces: Clayton et al. 2006, Prog Biophys Mol Biol 90:378.
//           Phase from activation times is continuous where the front is; along a line of block it jumps, and a singularity found there marks its end.
// Units:    rad (-pi..pi), ms, mm. Threads: pure; same bits for every count.
#pragma once
#include <cstdint>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/reentry/record.hpp"

namespace ot::ep {

struct FilamentFrame {
  double t_ms = 0;
  int count = 0;                       // separate filaments
  double length_mm = 0;                // all together
  std::vector<core::Vec3> points;      // centroids of the pierced faces
  std::vector<int> filament;           // [points] 0..count-1
  std::vector<int> charge;             // [points] +1 or -1, the face's nodes in ascending order
};

std::vector<float> phase_at(const ActivationRecord& record, double t_ms, double cycle_length_ms);   // NaN: at rest, never activated
// conducting: [tets] 0/1, empty = all.
FilamentFrame filaments_at(const core::TetMesh& mesh, const std::vector<std::uint8_t>& conducting, const std::vector<float>& phase, double t_ms);

// Where each filament's middle goes from frame to frame: nearest within reach_mm, else a new track.
struct FilamentTrack {
  std::vector<double> t_ms;
  std::vector<core::Vec3> at_mm;
  double lived_ms() const { return t_ms.empty() ? 0 : t_ms.back() - t_ms.front(); }
};
std::vector<FilamentTrack> track(const std::vector<FilamentFrame>& frames, double reach_mm);

}  // namespace ot::ep
