// SPDX-License-Identifier: GPL-3.0-or-later
// A membrane with one gate that carries a manufactured solution V = A phi(x) s(t) of dV/dt = div(D grad V) - R(V, w) + S, dw/dt = (w_inf(V) - w) / tau:
// R = V / 5 + 0.15 w V + 5e-5 V^3 (per ms), w_inf = 1/2 + V / 100, linear, so that w is known in closed form. The source S rides in the model, which keeps time as its second state.
// Every node is a class of its own with parameters phi and div(D grad phi).
// Threads: pure functions.
#pragma once
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::verify {

inline constexpr double manufactured_mV = 40;   // A
double manufactured_s(double t_ms);
// Makes every node of the tissue such a cell. phi, spread = div(D grad phi): [n] by inner node.
void manufacture(ep::Tissue& tissue, const std::vector<double>& phi, const std::vector<double>& spread);
// sum mass (V - A phi s(t))^2 / sum mass (A phi s(t))^2, its root.
double manufactured_error(const ep::Tissue& tissue, const ep::MonodomainStep& step, const std::vector<double>& phi, double t_ms);
// A problem that steps every node, untuned, nodal, with one healthy region and one frame of fibres.
ep::ElectroProblem manufactured_problem(std::shared_ptr<const core::TetMesh> mesh, const core::Vec3& f, const core::Vec3& s, double dt_ms, double end_ms);

}  // namespace ot::verify
