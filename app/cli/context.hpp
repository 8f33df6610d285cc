// SPDX-License-Identifier: GPL-3.0-or-later
// What every command shares: global options, progress on stderr, results on stdout, exit codes (cli.md).
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::cli {

class Context {
 public:
  bool json = false, quiet = false, verbose = false;
  int threads = 0;                    // 0: all
  std::uint64_t seed = 20261121;
  std::filesystem::path out;

  core::Progress progress();          // bar or lines on stderr; cancelled by Ctrl-C and SIGTERM
  void note(const std::string& line); // stderr, unless --quiet
  // Prints the JSON document with --json, else the text. Fails when stdout is closed or full.
  core::Result<void> print(const nlohmann::json& document, const std::string& text);
  void end_progress();

 private:
  struct Bar;
  std::shared_ptr<Bar> bar_;
};

// A command registers itself with CLI11 and returns what to run when it was chosen.
using Action = std::function<core::Result<void>()>;
using Register = void (*)(CLI::App& app, Context& context, Action& chosen);

void register_demo(CLI::App&, Context&, Action&);
void register_import(CLI::App&, Context&, Action&);
void register_case_commands(CLI::App&, Context&, Action&);   // segment build
void register_run_commands(CLI::App&, Context&, Action&);    // run compare report rerun
void register_solve(CLI::App&, Context&, Action&);
void register_verify(CLI::App&, Context&, Action&);          // verify bench
void register_list(CLI::App&, Context&, Action&);
void register_edit(CLI::App&, Context&, Action&);
void register_export(CLI::App&, Context&, Action&);
void register_tissue(CLI::App&, Context&, Action&);
void register_measure(CLI::App&, Context&, Action&);
void register_ecg(CLI::App&, Context&, Action&);
void register_map(CLI::App&, Context&, Action&);
void register_mesh(CLI::App&, Context&, Action&);            // mesh patches vessels
void register_conditions(CLI::App&, Context&, Action&);
void register_vessel_commands(CLI::App&, Context&, Action&);  // probes sizes

void register_study(CLI::App&, Context&, Action&);

nlohmann::json quantity_or_null(double value);
std::string version_text();

}  // namespace ot::cli
