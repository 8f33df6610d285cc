// SPDX-License-Identifier: GPL-3.0-or-later
// Both parts of a whole heart (chambers.hpp) with all that a monodomain run can be asked for.
// In/out:  `run` as in monodomain.hpp. Kept on disk each part has a folder of its own in run.keep.folder: "atria", "ventricles". Electrograms of `probes` are the sum of both parts; FAST
//          records none. Maps of single beats stay empty.
#pragma once
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/monodomain.hpp"

namespace ot::ep {

core::Result<MonodomainResult> run_chambers_with(const ElectroProblem& whole, core::Mode mode, const MonodomainRun& run, const core::Progress& progress);

// What run_chambers_with is made of: one part, which rests when nobody excites it; the resting potential at every frame; what a part is asked; electrograms of both.
core::Result<MonodomainResult> run_part(const ElectroProblem& part, core::Mode mode, const MonodomainRun& run, const core::Progress& progress);
core::Result<MonodomainResult> at_rest(const ElectroProblem& part, core::Mode mode, const core::Progress& progress);
MonodomainRun part_run(const MonodomainRun& whole, const char* name, double end_ms);
void add_probes(const MonodomainResult& a, const MonodomainResult& b, MonodomainResult& out);

}  // namespace ot::ep
