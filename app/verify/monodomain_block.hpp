// SPDX-License-Identifier: GPL-3.0-or-later
// The monodomain problems whose speed is timed, each made by one function for the bench and for the row that vouches for it.
#pragma once
#include <limits>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "app/verify/catalogue.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::verify {

// A box of mirrored tets stimulated in a corner, healthy TT06 epi from the published state; `askew`: inner nodes moved by up to a fifth of an edge and
// fibres that turn by 120 degrees through it, so that every coupling of a tet counts as in a mesh of a heart.
ep::ElectroProblem monodomain_block(const core::Vec3& size_mm, double edge_mm, bool askew);

// Of bench ep/monodomain-step, ep/monodomain-step-heart (the phantom's ventricles) and ep/beat-300k. Every node of the first three steps, at rest or not.
ep::ElectroProblem slab_of_the_step();
ep::ElectroProblem askew_block_of_the_step();
core::Result<ep::ElectroProblem> heart_of_the_step(const core::Progress& progress);
ep::ElectroProblem beat_of_300k();

// The Niederer slab as `solve` takes it, 60 ms, dt 0.05, sensors at P2..P9; what ep/slab-* verify and bench ep/monodomain-slab times.
nlohmann::json slab_spec(double edge_mm, const std::string& split);
// Of an answer of `solve` to it: every key of the spec but its end and its sensors, and the mesh.
std::string slab_settings(const nlohmann::json& spec, const nlohmann::json& answer);
// Accepted reference vector of shared/reference/niederer/SPEC.md, P2..P9, ms.
inline constexpr double accepted_slab_ms[8] = {26.7, 31.8, 41.4, 8.4, 28.1, 33.0, 42.3, 19.7};

// Step, tolerances, scheme, precision, the mesh's hash and that of all else but end and frames, in words: what a bench row and the row that vouches for it have in common.
std::string settings_of(const ep::ElectroProblem& problem);

// A problem at its dt against itself at dt 0.01, over all nodes that the finer run reaches in the first nine tenths of end_ms: the rest may come after the end.
struct StepError {
  double activation = 0;     // largest relative change, after the stimulus; NaN where only one of the two reaches a node
  double apd_ms = 0;         // largest change of APD90; NaN where only one of the two repolarises
  long nodes = 0, repolarised = 0;   // compared
};
core::Result<StepError> against_finer_step(ep::ElectroProblem problem, double end_ms, const core::Progress& progress);

}  // namespace ot::verify
