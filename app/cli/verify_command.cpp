// SPDX-License-Identifier: GPL-3.0-or-later
// verify and bench.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "app/cli/context.hpp"
#include "app/verify/catalogue.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::vector<std::string> names;
  bool list = false, quick = false;
};

template <class List>
core::Result<void> print_list(Context& context, const List& list) {
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const auto& c : list) {
    json.push_back({{"name", c.name}, {"summary", c.summary}, {"source", c.source}});
    text += fmt::format("{:<28} {}\n", c.name, c.summary);
  }
  return context.print(json, text);
}

template <class List>
core::Result<std::vector<const typename List::value_type*>> pick(const List& list, const std::vector<std::string>& names) {
  std::vector<const typename List::value_type*> chosen;
  for (const auto& c : list)
    if (verify::matches(c.name, names)) chosen.push_back(&c);
  if (chosen.empty()) return core::wrong_usage("No case has such a name (nothing to run). See --list.");
  return chosen;
}

core::Result<void> run_verify(Context& context, const Options& o) {
  if (o.list) return print_list(context, verify::builtin_verifications());
  auto chosen = pick(verify::builtin_verifications(), o.names);
  if (!chosen) return core::pass(chosen);
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  std::size_t failed = 0;
  std::vector<std::string> silent;   // cases without a row here: they need data, or have no short variant
  const core::Progress progress = context.progress();
  for (std::size_t i = 0; i < chosen->size(); ++i) {
    const double share = 1.0 / static_cast<double>(chosen->size());
    auto rows = (*chosen)[i]->run(o.quick, progress.part(share * static_cast<double>(i), share * static_cast<double>(i + 1)));
    if (!rows) return core::pass(rows);
    if (rows->empty()) silent.push_back((*chosen)[i]->name);
    for (auto& r : *rows) {
      r.threads = core::thread_count();
      failed += !r.pass();
      nlohmann::json one{{"name", r.name}, {"quantity", r.quantity}, {"value", quantity_or_null(r.value)}, {"reference", r.reference}, {"tolerance", r.tolerance}, {"tolerance_kind", r.relative ? "relative" : "absolute"},
                         {"pass", r.pass()}, {"source", r.source}, {"wall_s", r.wall_s}, {"threads", r.threads}};
      if (r.quick) one["quick"] = true;
      json.push_back(std::move(one));
      text += fmt::format("{} {:<28} {:<34} {:12.6g} reference {:g} tolerance {:g}{}\n", r.pass() ? "pass" : "FAIL", r.name, r.quantity, r.value, r.reference, r.relative ? 100 * r.tolerance : r.tolerance, r.relative ? " %" : "");
    }
  }
  if (!silent.empty()) {
    const char* const why = std::getenv("ORGANTWIN_SHARED") ? "no short variant (leave out --quick)" : "it needs data (set ORGANTWIN_SHARED to the folder with them) or has no short variant";
    for (const auto& name : silent) text += fmt::format("none {:<28} no row: {}\n", name, why);
    fmt::print(stderr, "{} of {} cases gave no row: {}.\n", silent.size(), chosen->size(), why);
    if (json.empty()) return core::wrong_usage(fmt::format("None of the chosen cases gave a row: {}.", why));
  }
  if (auto ok = context.print(json, text); !ok) return ok;
  if (failed > 0) return core::computation_failed(fmt::format("{} of {} verification rows failed. They are marked in the list.", failed, json.size()));
  return {};
}

core::Result<void> run_bench(Context& context, const Options& o) {
  if (o.list) return print_list(context, verify::builtin_benchmarks());
  auto chosen = pick(verify::builtin_benchmarks(), o.names);
  if (!chosen) return core::pass(chosen);
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const auto* bench : *chosen) {
    auto rows = bench->run(context.progress());
    if (!rows) return core::pass(rows);
    for (const auto& r : *rows) {
      nlohmann::json size = nlohmann::json::object();
      for (const auto& [key, value] : r.size) size[key] = value;
      json.push_back({{"name", r.name}, {"size", size}, {"threads", r.threads}, {"value", r.value}, {"unit", r.unit}, {"bound", r.bound > 0 ? nlohmann::json(r.bound) : nlohmann::json(nullptr)}, {"bound_reason", r.bound_reason},
                      {"ratio_to_bound", r.bound > 0 ? nlohmann::json(r.value / r.bound) : nlohmann::json(nullptr)}, {"source", r.source}, {"settings", r.settings}});
      text += fmt::format("{:<24} {} threads {:12.4g} {} {}\n", r.name, r.threads, r.value, r.unit, size.dump());
    }
  }
  return context.print(json, text);
}

}  // namespace

void register_verify(CLI::App& app, Context& context, Action& chosen) {
  static Options verify_options, bench_options;
  auto* verify_command = app.add_subcommand("verify", "Verification cases against analytic solutions and published figures; exit 1 if a row fails");
  verify_command->add_option("names", verify_options.names, "Names or patterns, e.g. 'ep/*' (default: all)");
  verify_command->add_flag("--list", verify_options.list, "List the cases");
  verify_command->add_flag("--quick", verify_options.quick, "Short variant of each");
  verify_command->footer("Example: organtwin-cli verify 'flow/*' --quick --json");
  verify_command->callback([&] { chosen = [&] { return run_verify(context, verify_options); }; });

  auto* bench_command = app.add_subcommand("bench", "Throughput figures with thread count, size and bound");
  bench_command->add_option("names", bench_options.names, "Names or patterns (default: all)");
  bench_command->add_flag("--list", bench_options.list, "List the benchmarks");
  bench_command->footer("Example: organtwin-cli bench machine/triad --json");
  bench_command->callback([&] { chosen = [&] { return run_bench(context, bench_options); }; });
}

}  // namespace ot::cli
