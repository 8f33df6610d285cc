// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "app/cli/global_options.hpp"

namespace ot::cli {
namespace {

// Commands that write something to --out, and what.
const std::map<std::string, const char*>& out_meanings() {
  static const std::map<std::string, const char*> all{{"demo", "folder of the case, pictures and report"}, {"run", "folder for fields (VTU) and the ECG (CSV)"}, {"report", "the report's file, .html (default: report.html)"},
                                                      {"solve", "folder for fields and tables"}, {"study", "folder for tables, maps and scenario files"}, {"export", "the file, or the folder it goes to"}};
  return all;
}

// Edits (insert, delete, replace) that turn one word into the other.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t(0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t before = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1])});
      corner = before;
    }
  }
  return row[b.size()];
}

}  // namespace

void tell_global_options(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    std::string text = "Options of every command:\n"
                       "  --json                      One JSON document on standard output\n"
                       "  -q,--quiet                  No progress and no notes on standard error\n"
                       "  -v,--verbose                More notes on standard error\n"
                       "  --threads INT               Threads to use (default: all)\n";
    if (command->get_name() == "demo") text += "  --seed UINT                 Seed of the phantoms' noise\n";
    if (const auto out = out_meanings().find(command->get_name()); out != out_meanings().end()) text += fmt::format("  --out PATH                  {}\n", out->second);
    command->footer(text + "\n" + command->get_footer());
    for (CLI::App* part : command->get_subcommands([](CLI::App*) { return true; })) part->footer(text + "\n" + part->get_footer());
  }
}

core::Result<void> check_out(const CLI::App& app, const Context& context) {
  if (context.out.empty()) return {};
  for (const CLI::App* command : app.get_subcommands())
    if (!out_meanings().count(command->get_name()))
      return core::wrong_usage(fmt::format("{} writes nothing to --out (the folder {} would stay empty). Leave it out; --json gives the result as a document.", command->get_name(), context.out.string()));
  return {};
}

std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  for (std::size_t k = 0; k < words.size(); ++k) {
    if (words[k] == "--threads" || words[k] == "--seed" || words[k] == "--out") {
      ++k;
      continue;
    }
    if (words[k].empty() || words[k][0] == '-') continue;
    std::string nearest, all;
    std::size_t least = 3;   // more edits than two are another word
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      const std::string name = command->get_name();
      if (name == words[k]) return {};
      all += (all.empty() ? "" : ", ") + name;
      if (const std::size_t d = distance(words[k], name); d < least) least = d, nearest = name;
    }
    return nearest.empty() ? fmt::format("There is no command \"{}\". The commands are: {}.", words[k], all) : fmt::format("There is no command \"{}\". Did you mean {}?", words[k], nearest);
  }
  return {};
}

}  // namespace ot::cli
