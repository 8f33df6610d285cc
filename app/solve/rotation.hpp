// SPDX-License-Identifier: GPL-3.0-or-later
// What goes round in a run of solve, kind tissue: period and phase singularities from the activations of every node.
#pragma once
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/electrophysiology/monodomain.hpp"

namespace ot::solve {

struct Rotation {
  double period_ms = 0;        // median over nodes with three activations or more after `from`: mean interval; 0: nothing goes round
  int typical = 0;             // median over the samples of the places with singularities; those within reach_mm of each other are one
  int lasting = 0;             // tracks that lived for a period or longer; one that is lost and found again counts twice
  double longest_ms = 0;       // life of the longest within the time looked at, which ends one period before the run
  double path_mm = 0;          // that one's way
  std::vector<double> t_ms;    // samples
  std::vector<int> count;      // places with singularities at them
};
// Singularities are looked for every `every_ms`; one that moves less than reach_mm between samples is the same.
Rotation rotation_of(const core::TetMesh& mesh, const std::vector<std::uint8_t>& conducting, const ep::MonodomainResult& run, double from_ms, double end_ms,
                     double every_ms, double reach_mm);

}  // namespace ot::solve
