// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/stages.hpp"

#include <fmt/format.h>

namespace ot::cli {

core::Result<void> print_stages(Context& context, const session::CaseData& data, std::size_t from) {
  nlohmann::json json{{"stages", nlohmann::json::array()}};
  std::string text;
  for (std::size_t i = from; i < data.stages.size(); ++i) {
    const auto& s = data.stages[i];
    nlohmann::json one{{"name", s.name}, {"wall_s", s.wall_s}, {"notes", s.notes}};
    for (const auto& q : s.quantities) one[q.key] = quantity_or_null(q.value);
    json["stages"].push_back(one);
    text += fmt::format("{} ({:.1f} s)\n", s.name, s.wall_s);
    for (const auto& q : s.quantities) text += fmt::format("  {:<34} {:.6g} {}\n", q.label.empty() ? q.key : q.label, q.value, q.unit);
    for (const auto& n : s.notes) text += "  " + n + "\n";
  }
  return context.print(json, text);
}

CLI::Validator within(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        double x = 0;
        if (CLI::detail::lexical_cast(text, x) && x >= low && x <= high) return {};
        return fmt::format("{} is not a number from {:g} to {:g}.", text, low, high);
      },
      fmt::format("FLOAT in [{:g} - {:g}]", low, high));
}

}  // namespace ot::cli
