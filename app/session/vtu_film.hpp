// SPDX-License-Identifier: GPL-3.0-or-later
// Instants of fields on one mesh as a film that ParaView opens: "heart-0120ms.vtu" ... beside heart.pvd.
// Fails: as imaging::write_tet_mesh; files appear whole or not at all. Threads: one film on one thread.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::session {

class VtuFilm {
 public:
  explicit VtuFilm(std::filesystem::path pvd) : pvd_(std::move(pvd)) {}
  core::Result<void> add(const core::TetMesh& mesh, double t_ms, const std::vector<core::Field>& fields);
  core::Result<std::vector<std::filesystem::path>> finish();   // the files, the film last

 private:
  std::filesystem::path pvd_;
  std::string sets_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace ot::session
