// SPDX-License-Identifier: GPL-3.0-or-later
// Two hearts through the program's own recipe and mesher, for the cases that need one: the built-in phantom and one real CT.
#pragma once
#include <memory>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::verify {

struct Patient {
  core::LabelMap labels;
  std::shared_ptr<const core::TetMesh> mesh;   // of the ventricles, 2 mm edges; null: no such data here
};

core::Result<Patient> phantom_patient(const core::Progress& progress);
core::Result<Patient> ct_patient(const core::Progress& progress);   // needs ORGANTWIN_SHARED

}  // namespace ot::verify
