// SPDX-License-Identifier: GPL-3.0-or-later
// One solver on one case given as data: the kinds of `organtwin-cli solve` (resources/docs/dev/cli.md).
// Answer: {"kind", "spec_sha256", "quantities": {name: {"value", "unit"}}, "series": {...}, "files": [], "wall_s", "iterations"}.
#pragma once
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::solve {

struct SolveOptions {
  std::filesystem::path base;   // paths in the spec are relative to this folder
  std::filesystem::path out;    // fields are written here; empty: none
  twin::Tools tools{};          // meshing of a lumen that devices changed (session::tools()); without them devices run FAST only
};

core::Result<nlohmann::json> solve(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
std::vector<std::string> kinds();
// A complete example with every key, and what each means.
core::Result<nlohmann::json> schema(const std::string& kind);

// --- used by solve() and by the verifications ---
nlohmann::json solve_cell(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
nlohmann::json solve_tissue(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
nlohmann::json solve_eikonal(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
nlohmann::json solve_flow(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
nlohmann::json solve_network(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress);
const char* network_example();
nlohmann::json network_forms();

// Throws the error of a failed Result as SolverFailed; solve() turns it back.
class SolverFailed : public std::runtime_error {
 public:
  explicit SolverFailed(core::Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const core::Error& error() const { return error_; }

 private:
  core::Error error_;
};
template <class T>
T take(core::Result<T> result) {
  if (!result) throw SolverFailed(result.error());
  return std::move(*result);
}

inline nlohmann::json quantity(double value, const std::string& unit) {
  return {{"value", std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr)}, {"unit", unit}};
}

// Mean over time by trapezoids: the last point of a closed cycle is its first and must not count twice. One point: its value.
inline double mean_over_time(const std::vector<double>& t, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t k = 1; k < values.size(); ++k) sum += 0.5 * (values[k] + values[k - 1]) * (t[k] - t[k - 1]);
  return values.size() < 2 || !(t.back() > t.front()) ? (values.empty() ? 0.0 : values.front()) : sum / (t.back() - t.front());
}

}  // namespace ot::solve
