// SPDX-License-Identifier: GPL-3.0-or-later
// The hearts that rows and benches are run on: the built-in phantom's and that of one real CT, through the program's own recipe and mesher.
#pragma once
#include <memory>

#include "solvers/core/volume.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::verify {

struct Patient {
  core::LabelMap labels;
  std::shared_ptr<const core::TetMesh> mesh;   // of the ventricles; null: no such data here
};
constexpr double heart_edge_mm = 2.0;          // of the rows
core::Result<Patient> phantom_patient(const core::Progress& progress, double edge_mm = heart_edge_mm);
core::Result<Patient> ct_patient(const core::Progress& progress, double edge_mm = heart_edge_mm);   // needs ORGANTWIN_SHARED
// Blood of four chambers as ellipsoids of adult size, LPS: 75 ml and 86 ml of atria, 4 mm of wall and groove between them.
core::LabelMap four_chambers();
// The healthy twin of a mesh with the Purkinje tree; block: "none", "lbbb" ...
core::Result<std::shared_ptr<const twin::HeartModel>> heart_of(const std::shared_ptr<const core::TetMesh>& mesh, const char* block, const core::Progress& progress);

}  // namespace ot::verify
