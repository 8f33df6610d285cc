// SPDX-License-Identifier: GPL-3.0-or-later
// Comparison of a lumped run with the result tables of svZeroDSolver; used by the verify rows and their tests.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/hemodynamics/lumped/lumped.hpp"

namespace ot::verify {

struct SeriesGap {
  std::string series;   // as in the table
  double relative = 0;  // largest difference / largest value of the reference series (1 when that is zero)
  int points = 0;
};
// Every series of the table `result_csv` against the case; the table may hold fewer time points.
core::Result<std::vector<SeriesGap>> compare_lumped(const std::filesystem::path& case_json, const std::filesystem::path& result_csv,
                                                    const hemo::lumped::Options& options, const core::Progress& progress);
// Every variable of two runs of one case at the same time points.
std::vector<SeriesGap> gaps_between_runs(const hemo::lumped::Result& run, const hemo::lumped::Result& reference);
// A case with a symmetric tree of 2^levels - 1 vessels (R, C, L by Murray's law from a 12 mm root), RCR ends and a pulsatile inflow.
std::string generated_tree(int levels, int points_per_cycle, int cycles);

}  // namespace ot::verify
