// SPDX-License-Identifier: GPL-3.0-or-later
// Extracellular potential in the wall from the membrane potential (pseudo-bidomain field recovery).
// Model:   div((sigma_i + sigma_e) grad phi_e) = -div(sigma_i grad Vm) in the muscle, no current leaves its surface (no bath), mean of phi_e over every separate piece 0. Vm is that of the
//          monodomain run, so phi_e does not act back. sigma_i and sigma_e follow from the monodomain tensor sigma = sigma_i sigma_e / (sigma_i + sigma_e) and the ratio sigma_e / sigma_i
//          along each axis. Tissue that does not conduct has sigma_i = 0; its extracellular space conducts. Conductivity scales above 1 of a fast layer are taken as 1, as for the ECG.
// Source:  Bishop & Plank 2011 (IEEE Trans Biomed Eng 58:2297; the method, without their bath). Ratios: sigma_i 0.17 and 0.019, sigma_e 0.62 and 0.24 S/m along and across (Clerc 1976;
//          Niederer 2011 table 1), whose combination is the monodomain tensor of the benchmark.
// In/out:  frames of Vm [nodes] mV -> phi_e [nodes] mV at the same frames.
// Numerics: P1, order 2; conjugate gradients with multigrid to 1e-8. One node of each piece is tied to 0, which changes nothing but the constant; then the mean is taken off.
// Fails:   computation_failed when the solver does not converge; cancelled. Threads: same bits for every count.
#pragma once
#include <memory>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// sigma_e / sigma_i along f, s, n.
inline const core::Vec3 extra_over_intra{0.62 / 0.17, 0.24 / 0.019, 0.24 / 0.019};

core::Result<std::vector<std::shared_ptr<const std::vector<float>>>> extracellular_potentials(const ElectroProblem& problem, const std::vector<ElectroFrame>& frames, const core::Progress& progress,
                                                                                            const core::Vec3& ratio = extra_over_intra);

}  // namespace ot::ep
