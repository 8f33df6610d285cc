// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "app/cli/context.hpp"
#include "app/cli/pictures.hpp"
#include "app/session/demo.hpp"
#include "app/session/report.hpp"

namespace ot::cli {
namespace {

std::string human(const nlohmann::json& json) {
  std::string text = fmt::format("{} in {:.0f} s, peak memory {:.0f} MB\n", json["patient"]["id"].get<std::string>(), json["wall_s"].get<double>(), json["peak_memory_mb"].get<double>());
  for (const auto& s : json["stages"]) text += fmt::format("  {:<28} {:7.1f} s\n", s["name"].get<std::string>(), s["wall_s"].get<double>());
  text += "Dice against the phantom's truth:";
  for (const auto& [key, value] : json["dice"].items()) text += fmt::format(" {} {:.3f}", key, value.is_null() ? 0.0 : value.get<double>());
  if (json.contains("mesh"))
    text += fmt::format("\nVentricles: {} nodes, {} tetrahedra, smallest dihedral {:.1f} deg, inverted {}\n", json["mesh"]["nodes"].get<long>(), json["mesh"]["tets"].get<long>(),
                        json["mesh"]["min_dihedral_deg"].get<double>(), json["mesh"]["inverted"].get<long>());
  for (const auto& i : json["interventions"]) {
    text += fmt::format("{} ({}), {} model:\n", i["title"].get<std::string>(), i["kind"].get<std::string>(), i["mode"].get<std::string>());
    for (const auto& [key, before] : i["before"].items()) {
      if (!before.is_number() || !i["after"].contains(key) || !i["after"][key].is_number()) continue;
      const double a = before.get<double>(), b = i["after"][key].get<double>();
      if (a != b) text += fmt::format("  {:<34} {:10.3f} -> {:10.3f}\n", key, a, b);
    }
  }
  for (const auto& f : json["files"]) text += "Wrote " + f.get<std::string>() + "\n";
  return text;
}

}  // namespace

void register_demo(CLI::App& app, Context& context, Action& chosen) {
  auto* command = app.add_subcommand("demo", "The main job on the built-in patient: image -> labels -> meshes -> baseline -> ablation, stent, drug -> comparison -> report");
  static bool quick = false;
  command->add_flag("--quick", quick, "Coarser, under 90 s on 2 cores");
  command->footer("Example: organtwin-cli demo --out out/demo --json > demo.json");
  command->callback([&] {
    chosen = [&]() -> core::Result<void> {
      session::DemoParams params;
      params.quick = quick;
      params.out = context.out;
      auto demo = session::run_demo(params, context.progress());
      if (!demo) return core::pass(demo);
      if (!params.out.empty()) {
        std::vector<session::ReportPicture> pictures;
        if (auto drawn = draw_case(demo->data, params.out, pictures); !drawn) {
          context.note("Pictures were skipped: " + drawn.error().message);
        } else {
          for (const auto& p : pictures) demo->files.push_back(p.png.string());
          if (auto ok = session::write_report(demo->data, params.out / "report.html", pictures); !ok) return ok;
        }
      }
      const auto json = demo->report();
      return context.print(json, human(json));
    };
  });
}

}  // namespace ot::cli
