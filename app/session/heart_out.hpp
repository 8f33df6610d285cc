// SPDX-License-Identifier: GPL-3.0-or-later
// What a run of the heart leaves for other tools: activation and repolarisation as VTU, the ECG as CSV, membrane and extracellular potential as VTU
// over time. The command line (`run --out`, `export`) and the desktop write the same.
// Threads: run on a worker thread; files appear whole or not at all.
#pragma once
#include <filesystem>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

// Nodal fields activation_ms, repolarisation_ms and transmural on the heart's mesh.
core::Result<void> write_activation(const twin::TwinModel& twin, const twin::RunResult& run, const std::filesystem::path& vtu);
// t_ms and the twelve leads in mV.
core::Result<void> write_ecg(const twin::RunResult& run, const std::filesystem::path& csv);
// v_mV and phi_e_mV at every 10 ms, one file each beside the .pvd ("heart-0120ms.vtu" beside heart.pvd), which ParaView opens as a film. The files, the film last.
core::Result<std::vector<std::filesystem::path>> write_potentials(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const twin::RunResult& run,
                                                                  const std::filesystem::path& pvd, const core::Progress& progress);

}  // namespace ot::session
