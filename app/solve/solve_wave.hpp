// SPDX-License-Identifier: GPL-3.0-or-later
// The two forms of one-dimensional networks in a solve spec: "one_d" and "openbf".
#pragma once
#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"

namespace ot::solve {

nlohmann::json solve_wave(const nlohmann::json& spec, SpecReader& reader, const SolveOptions& options, const core::Progress& progress);

}  // namespace ot::solve
