// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/vtu_film.hpp"

#include <fmt/format.h>

#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::session {

core::Result<void> VtuFilm::add(const core::TetMesh& mesh, double t_ms, const std::vector<core::Field>& fields) {
  const std::filesystem::path path = pvd_.parent_path() / fmt::format("{}-{:04.0f}ms.vtu", pvd_.stem().string(), t_ms);
  if (auto ok = imaging::write_tet_mesh(mesh, path, fields); !ok) return ok;
  files_.push_back(path);
  sets_ += fmt::format("<DataSet timestep=\"{:g}\" file=\"{}\"/>\n", t_ms, path.filename().string());
  return {};
}

core::Result<std::vector<std::filesystem::path>> VtuFilm::finish() {
  if (auto ok = core::write_file(pvd_, "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\">\n<Collection>\n" + sets_ + "</Collection>\n</VTKFile>\n"); !ok) return core::pass(ok);
  files_.push_back(pvd_);
  return std::move(files_);
}

}  // namespace ot::session
