// SPDX-License-Identifier: GPL-3.0-or-later
// probes, sizes: places in the vessels that are read by every run, and devices of several sizes side by side.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/cli/context.hpp"
#include "app/session/device_sizes.hpp"
#include "app/session/flow_probes.hpp"
#include "solvers/hemodynamics/ffr.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, plan = "A", device, mode = "fast";
  std::vector<std::string> add, remove;
  bool centre = false;
};
Options& options() {
  static Options o;
  return o;
}

core::Result<session::PlacedProbe> probe_of(const std::string& text) {
  const auto equals = text.find('=');
  session::PlacedProbe probe;
  const auto wrong = [&] { return core::wrong_usage(fmt::format("--add takes NAME=x,y,z in mm of the patient, not \"{}\".", text)); };
  if (equals == std::string::npos || equals == 0) return wrong();
  probe.name = text.substr(0, equals);
  const auto words = CLI::detail::split(text.substr(equals + 1), ',');
  if (words.size() != 3) return wrong();
  for (std::size_t k = 0; k < 3; ++k)
    if (!CLI::detail::lexical_cast(words[k], probe.at[Eigen::Index(k)]) || !std::isfinite(probe.at[Eigen::Index(k)])) return wrong();
  return probe;
}

core::Result<void> probes(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto& list = data->flow_probes;
  for (const std::string& name : o.remove)
    if (std::erase_if(list, [&](const auto& p) { return p.name == name; }) == 0) return core::bad_input(fmt::format("The case has no probe \"{}\" (nothing was removed). `organtwin-cli probes {}` lists them.", name, o.case_folder));
  for (const std::string& text : o.add) {
    auto probe = probe_of(text);
    if (!probe) return core::pass(probe);
    const std::string vessel = data->twin ? session::vessel_of(*data->twin, probe->at) : std::string();
    if (vessel.empty()) return core::bad_input("The case has no vessel with a centreline (a probe would read nothing). Mesh a vessel and build first.");
    const core::Vec3 middle = session::on_centreline(*data->twin->find_vessel(vessel)->network, probe->at);
    constexpr double near_mm = 30;   // further off it is a slip of the hand
    if ((middle - probe->at).norm() > near_mm) return core::bad_input(fmt::format("Probe {} lies {:.0f} mm from the nearest vessel (it would read nothing). Give a place in a vessel, mm of the patient.", probe->name, (middle - probe->at).norm()));
    if (o.centre) probe->at = middle;
    const auto old = std::find_if(list.begin(), list.end(), [&](const auto& p) { return p.name == probe->name; });
    if (old != list.end()) *old = *probe;
    else list.push_back(*probe);
  }
  if (!o.add.empty() || !o.remove.empty())
    if (auto saved = session::save_case(*data, o.case_folder, progress.part(0.5, 1)); !saved) return saved;
  nlohmann::json json{{"probes", nlohmann::json::array()}};
  std::string text;
  for (const auto& p : list) {
    const std::string vessel = data->twin ? session::vessel_of(*data->twin, p.at) : std::string();
    json["probes"].push_back({{"name", p.name}, {"at_mm", {p.at.x(), p.at.y(), p.at.z()}}, {"vessel", vessel}});
    text += fmt::format("{:<16} {:<10} ({:.2f}, {:.2f}, {:.2f}) mm\n", p.name, vessel, p.at.x(), p.at.y(), p.at.z());
  }
  return context.print(json, text.empty() ? "No probes in the vessels.\n" : text);
}

core::Result<void> sizes(Context& context) {
  const Options& o = options();
  if (o.mode != "fast" && o.mode != "full") return core::wrong_usage("--mode takes fast or full.");
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  const auto plan = std::find_if(data->plans.begin(), data->plans.end(), [&](const auto& p) { return p.name == o.plan; });
  if (plan == data->plans.end() || !data->twin) return core::bad_input(fmt::format("The case has no plan \"{}\" (there is no device to compare). See its plans with `organtwin-cli run`.", o.plan));
  const auto& placed = plan->scenario.interventions;
  const auto device = std::find_if(placed.begin(), placed.end(), [&](const auto& s) { return o.device.empty() ? session::has_sizes(s.kind) : s.id == o.device; });
  if (device == placed.end()) return core::bad_input(fmt::format("Plan {} has no {} (no sizes can be compared). Place a stent or balloon first.", o.plan, o.device.empty() ? "device with sizes" : "device \"" + o.device + "\""));
  const twin::VesselModel* model = data->twin->find_vessel(device->placement.vessel);
  if (!model) return core::bad_input(fmt::format("{} sits on no vessel of this case (no sizes can be compared). Place it again.", device->id));
  const double healthy = session::healthy_diameter(*model, device->placement);
  const auto& shelf = session::catalogue_for(healthy);
  const auto now = session::size_of(*device);
  const auto answers = session::compare_sizes(data->twin, plan->scenario, device->id, session::sizes_around(now, shelf), o.mode == "full" ? core::Mode::full : core::Mode::fast, progress.part(0.05, 1));
  if (!answers) return core::pass(answers);
  nlohmann::json json{{"plan", plan->name}, {"device", device->id}, {"vessel", model->key}, {"mode", o.mode}, {"healthy_diameter_mm", quantity_or_null(healthy)}, {"catalogue", shelf.key}, {"source", shelf.source}, {"sizes", nlohmann::json::array()}};
  std::string text = fmt::format("{} on {}, {} model; shelf: {} ({})\n{:>12} {:>10} {:>10} {:>8}\n", device->id, model->name, o.mode, shelf.name, shelf.source, "size, mm", "MLD, mm", "drop, mmHg", "FFR");
  bool ffr = false;
  for (const auto& a : *answers) {
    const bool is_now = session::same_size({a.diameter_mm, a.length_mm}, now);
    nlohmann::json one{{"diameter_mm", a.diameter_mm}, {"length_mm", a.length_mm}, {"now", is_now}};
    if (!a.answer.refused.empty()) {
      one["refused"] = a.answer.refused;
      text += fmt::format("{:>6.4g} x {:<3.4g} {}\n", a.diameter_mm, a.length_mm, a.answer.refused);
    } else {
      one["min_lumen_diameter_mm"] = quantity_or_null(a.answer.min_diameter_mm), one["pressure_drop_mmhg"] = quantity_or_null(a.answer.drop_mmhg), one["ffr"] = quantity_or_null(a.answer.ffr);
      if (std::isfinite(a.answer.ffr)) one["ffr_low"] = a.answer.ffr - hemo::ffr_agreement, one["ffr_high"] = std::min(1.0, a.answer.ffr + hemo::ffr_agreement), ffr = true;
      text += fmt::format("{:>6.4g} x {:<3.4g} {:>10.2f} {:>10.2f} {}{}\n", a.diameter_mm, a.length_mm, a.answer.min_diameter_mm, a.answer.drop_mmhg, std::isfinite(a.answer.ffr) ? fmt::format("{:>8.2f}", a.answer.ffr) : fmt::format("{:>8}", "-"),
                          is_now ? "   placed now" : "");
    }
    json["sizes"].push_back(std::move(one));
  }
  if (ffr) text += fmt::format("Computed FFR lies within about +-{:.1f} of a measured one (95 % limits of agreement): smaller differences between sizes are those of the model.\n", hemo::ffr_agreement);
  return context.print(json, text);
}

}  // namespace

void register_vessel_commands(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* p = app.add_subcommand("probes", "Places in the vessels whose pressure, speed and flow every run reports; listed, added, moved, removed");
  p->add_option("case", o.case_folder, "Case folder")->required();
  p->add_option("--add", o.add, "NAME=x,y,z in mm of the patient; a name that is there is moved; repeated");
  p->add_flag("--centre", o.centre, "Put added probes on the centreline beside the place, as a click in the window does");
  p->add_option("--remove", o.remove, "Name; repeated");
  p->footer("Example: organtwin-cli probes cases/p1 --add \"before=12.1,-40.2,88\" --centre");
  p->callback([&context, &chosen] { chosen = [&context] { return probes(context); }; });

  auto* s = app.add_subcommand("sizes", "The sizes next to that of a placed stent or balloon side by side, by the FAST or the FULL model");
  s->add_option("case", o.case_folder, "Case folder")->required();
  s->add_option("--plan", o.plan, "Plan (default: A)");
  s->add_option("--device", o.device, "Identifier of the device, stent-1 (default: the first with sizes)");
  s->add_option("--mode", o.mode, "fast or full");
  s->footer("Example: organtwin-cli sizes cases/p1 --plan A --device stent-1");
  s->callback([&context, &chosen] { chosen = [&context] { return sizes(context); }; });
}

}  // namespace ot::cli
