// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of electrophysiology and what vouches for it: every problem that a bench times is made by one function, which the verification named by the bench's rows calls too.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/verify/cases.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::verify {

// A speed row without its clock: BenchRow::name, BenchRow::source and BenchRow::settings. Tests look for a row of the verification that says the same settings.
struct Timed {
  std::string bench, vouched_by;
  std::function<core::Result<std::string>(const core::Progress&)> settings;
};
const std::vector<Timed>& timed_problems();

// monodomain_speed_cases.cpp
Rows monodomain_step_rows(bool quick, const core::Progress&);
Rows monodomain_step_heart_rows(bool quick, const core::Progress&);
Rows beat_of_300k_rows(bool quick, const core::Progress&);
// fast_cases.cpp: meshes of our own mesher
Rows eikonal_unstructured(bool quick, const core::Progress&);
// fast_speed_cases.cpp
Rows eikonal_box_rows(bool quick, const core::Progress&);
Rows fast_lesion_rows(bool quick, const core::Progress&);
Rows fast_lesion_heart_rows(bool quick, const core::Progress&);
std::string eikonal_box_settings();
core::Result<std::string> fast_lesion_settings(const core::Progress&);
core::Result<std::string> fast_lesion_heart_settings(const core::Progress&);
// study_cases.cpp
Rows sweep_rows(bool quick, const core::Progress&);
std::string sweep_settings();
// ionic_speed_cases.cpp
Rows ionic_kernel_rows(bool quick, const core::Progress&);
std::string cipa_settings(int beats);
std::vector<Timed> timed_kernels();

// Alternating box of n edges per side whose inner nodes move by up to a fifth of an edge: the same mesh everywhere.
core::TetMesh jittered_box(double side_mm, int n);
std::shared_ptr<const ep::FibreField> straight_fibres(std::size_t tets, core::Vec3 f, core::Vec3 s);
// Every tet in eight, the nodes of the mesh first and in their order: the same piecewise constant medium with half the edges. Sites keep their nodes.
ep::ElectroProblem halved_edges(const ep::ElectroProblem& problem);
// FAST on this tissue without its lesion, in words: scheme, electrodes, hashes.
std::string fast_settings(const ep::ElectroProblem& problem);

}  // namespace ot::verify
