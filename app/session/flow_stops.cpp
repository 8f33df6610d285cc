// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_stops.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "imaging/io/io.hpp"
#include "solvers/hemodynamics/flow_state.hpp"

namespace ot::session {
namespace {

namespace fs = std::filesystem;
constexpr const char* stopped_end = "_stopped.state";

std::vector<fs::path> stopped_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
    if (at->path().filename().string().ends_with(stopped_end)) files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

fs::path default_out(const fs::path& case_folder) { return case_folder / "out"; }

void keep_unfinished(twin::RunOptions& options, const fs::path& folder) {
  options.on_divergence = [folder](const std::string& vessel, const core::TetMesh& mesh, const hemo::FlowDivergence& d) {
    std::error_code ec;
    fs::create_directories(folder, ec);
    const fs::path path = folder / (vessel + "_last_good.vtu");
    const std::string hash = mesh.sha256();
    const auto kept = imaging::write_tet_mesh(mesh, path, {{"pressure_Pa", "Pa", core::Field::On::node, 1, d.last_good.pressure, hash}, {"velocity_mm_per_s", "mm/s", core::Field::On::node, 3, d.last_good.velocity, hash},
                                                           {"wall_shear_Pa", "Pa", core::Field::On::node, 3, d.last_good.wall_shear, hash}});
    return kept ? fmt::format("The last good state is in {}.", path.string()) : fmt::format("The last good state could not be kept: {}", kept.error().message);
  };
  options.on_stopped = [folder, before = options.on_stopped](const std::string& vessel, std::shared_ptr<const hemo::FlowState> state) {
    std::error_code ec;
    fs::create_directories(folder, ec);
    [[maybe_unused]] const auto kept = hemo::write_flow_state(*state, folder / (vessel + stopped_end));   // a cancelled run has no answer to put a complaint into
    if (before) before(vessel, std::move(state));
  };
}

std::vector<std::shared_ptr<const hemo::FlowState>> stopped_runs(const fs::path& folder) {
  std::vector<std::shared_ptr<const hemo::FlowState>> states;
  for (const fs::path& file : stopped_files(folder))
    if (auto state = hemo::read_flow_state(file)) states.push_back(std::make_shared<const hemo::FlowState>(std::move(*state)));
  return states;
}

void forget_stopped(const fs::path& folder, const twin::RunResult& answered) {
  for (const fs::path& file : stopped_files(folder)) {
    const auto state = hemo::read_flow_state(file);
    std::error_code ec;
    if (state && std::any_of(answered.vessels.begin(), answered.vessels.end(), [&](const auto& v) { return v.flow && v.flow->mode == core::Mode::full && v.flow->problem_sha256 == state->problem_sha256; })) fs::remove(file, ec);
  }
}

}  // namespace ot::session
