// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "app/cli/context.hpp"
#include "app/session/pipeline.hpp"
#include "app/solve/solve.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {

void register_solve(CLI::App& app, Context& context, Action& chosen) {
  static std::string spec_path, schema_kind;
  auto* command = app.add_subcommand("solve", "One solver on one case given as data: cell, tissue, eikonal, flow, network");
  command->add_option("spec", spec_path, "JSON file with the case");
  command->add_option("--schema", schema_kind, "Print a complete documented example of a kind instead");
  command->footer("Example: organtwin-cli solve --schema cell --json; organtwin-cli solve tests/cases/poiseuille.json --json");
  command->callback([&] {
    chosen = [&]() -> core::Result<void> {
      if (!schema_kind.empty()) {
        auto schema = solve::schema(schema_kind);
        if (!schema) return core::pass(schema);
        return context.print(*schema, schema->dump(2) + "\n");
      }
      if (spec_path.empty()) return core::wrong_usage("solve needs a spec file, or --schema KIND. Kinds: cell, tissue, eikonal, flow, network.");
      auto text = core::read_file(spec_path, std::size_t(256) << 20);
      if (!text) return core::pass(text);
      const std::filesystem::path given(spec_path);
      const bool yaml = given.extension() == ".yaml" || given.extension() == ".yml";  // a specification of openBF
      const auto json = yaml ? nlohmann::json{{"kind", "network"}, {"openbf", given.filename().string()}} : nlohmann::json::parse(*text, nullptr, false);
      if (json.is_discarded()) return core::bad_input(fmt::format("{} is not JSON (it cannot be read as a spec). Check it with a JSON tool.", spec_path));
      auto answer = solve::solve(json, {std::filesystem::path(spec_path).parent_path(), context.out, session::tools()}, context.progress());
      if (!answer) return core::pass(answer);
      std::string human;
      for (const auto& [key, q] : (*answer)["quantities"].items())
        human += fmt::format("{:<34} {} {}\n", key, q["value"].is_null() ? std::string("-") : fmt::format("{:.6g}", q["value"].get<double>()), q["unit"].get<std::string>());
      if (answer->contains("notes"))
        for (const auto& note : (*answer)["notes"]) human += fmt::format("Note: {}\n", note.get<std::string>());
      return context.print(*answer, human);
    };
  });
}

}  // namespace ot::cli
