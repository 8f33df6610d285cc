// SPDX-License-Identifier: GPL-3.0-or-later
// organtwin-cli: everything the desktop computes, without a display. The contract is resources/docs/dev/cli.md.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <exception>

#include "app/cli/context.hpp"
#include "app/cli/global_options.hpp"
#include "solvers/core/parallel.hpp"

int main(int argc, char** argv) {
  using namespace ot;
  core::wait_passively(argv);
  ::signal(SIGPIPE, SIG_IGN);
  cli::Context context;
  context.progress();   // from here on Ctrl-C is a request
  cli::Action chosen;
  CLI::App app{"OrganTwin: image -> labels -> meshes -> twin -> intervention -> simulated response (research and education only)", "organtwin-cli"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", cli::version_text());
  app.add_flag("--json", context.json, "Print one JSON document to standard output");
  app.add_flag("--quiet,-q", context.quiet, "No progress and no notes on standard error");
  app.add_flag("--verbose,-v", context.verbose, "More notes on standard error");
  app.add_option("--threads", context.threads, "Threads to use (default: all)")->check(CLI::Range(1, 1024));
  const CLI::Validator no_sign([](const std::string& given) { return std::string(given.starts_with('-') ? "it must be 0 or more." : ""); }, "");   // CLI11 would wrap -1 round
  app.add_option("--seed", context.seed, "Seed of the phantoms' noise, 0 or more")->check(no_sign);
  app.add_option("--out", context.out, "Folder or file for results");
  for (const cli::Register add : {cli::register_demo, cli::register_import, cli::register_case_commands, cli::register_mesh, cli::register_conditions, cli::register_vessel_commands, cli::register_run_commands, cli::register_solve, cli::register_verify, cli::register_tissue, cli::register_list, cli::register_edit, cli::register_export, cli::register_measure, cli::register_ecg, cli::register_map, cli::register_study})
    add(app, context, chosen);
  cli::tell_global_options(app);
  try {
    app.parse(argc, argv);
    if (auto ok = cli::check_out(app, context); !ok) {
      fmt::print(stderr, "{}\n", ok.error().message);
      return core::exit_code(ok.error().code);
    }
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);   // --help, --version
    const std::string unknown = cli::unknown_command(app, {argv + 1, argv + argc});
    fmt::print(stderr, "{} See 'organtwin-cli --help' or 'organtwin-cli COMMAND --help'.\n", unknown.empty() ? e.what() : unknown);
    return core::exit_code(core::ErrorCode::wrong_usage);
  }
  if (context.threads > 0) core::set_thread_count(context.threads);
  try {
    const auto done = chosen();
    context.end_progress();
    if (done) return 0;
    fmt::print(stderr, "{}\n", done.error().message);
    return core::exit_code(done.error().code);
  } catch (const std::exception& e) {
    context.end_progress();
    fmt::print(stderr, "An internal error stopped the work: {}. Files under their final names are complete. Please report this sentence.\n", e.what());
    return 1;
  }
}
