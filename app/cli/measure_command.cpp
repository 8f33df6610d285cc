// SPDX-License-Identifier: GPL-3.0-or-later
// measure: distances, angles, areas and image statistics kept with a case; listed, added, removed and exported as CSV.
#include <fmt/format.h>

#include <set>

#include "app/cli/context.hpp"
#include "app/session/case.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, image, add, remove, csv;
  bool list = false;
};
Options& options() {
  static Options o;
  return o;
}

core::Result<session::ImageData*> wanted_image(session::CaseData& data) {
  if (data.images.empty()) return core::bad_input("The case has no image (there is nothing to measure in). Import one first.");
  if (options().image.empty()) return &data.images.front();
  std::string keys;
  for (auto& i : data.images) {
    if (i.key == options().image) return &i;
    keys += (keys.empty() ? "" : ", ") + i.key;
  }
  return core::wrong_usage(fmt::format("The case has no image \"{}\". It has: {}.", options().image, keys));
}

// One measurement or a list of them; the argument is JSON, or the name of a file that holds it.
core::Result<std::vector<core::Measurement>> read_added(const std::string& argument) {
  std::string text = argument;
  if (const auto first = text.find_first_not_of(" \t\r\n"); first == std::string::npos || (text[first] != '{' && text[first] != '[')) {
    auto file = core::read_file(argument, std::size_t(16) << 20);
    if (!file) return core::pass(file);
    text = std::move(*file);
  }
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return core::bad_input("The measurement is not JSON (nothing was added). Give {\"kind\": \"distance\", \"points_lps_mm\": [[x,y,z],[x,y,z]]}.");
  if (json.is_object()) json = nlohmann::json::array({json});
  std::vector<core::Measurement> out;
  for (const auto& one : json) {
    auto m = core::measurement_from_json(one);
    if (!m) return core::pass(m);
    out.push_back(std::move(*m));
  }
  return out;
}

void give_id(core::Measurement& m, const std::vector<core::Measurement>& others) {
  std::set<std::string> taken;
  for (const auto& o : others) taken.insert(o.id);
  if (m.id.empty() || taken.contains(m.id)) {
    int n = 1;
    while (taken.contains(fmt::format("m{}", n))) ++n;
    m.id = fmt::format("m{}", n);
  }
  if (m.name.empty()) m.name = fmt::format("{} {}", core::name_of(m.kind), m.id);
}

core::Result<void> measure(Context& context) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(options().case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto image = wanted_image(*data);
  if (!image) return core::pass(image);
  auto& list = (*image)->measurements;
  bool changed = false;
  if (!options().add.empty()) {
    auto added = read_added(options().add);
    if (!added) return core::pass(added);
    for (auto& m : *added) {
      give_id(m, list);
      list.push_back(std::move(m));
      changed = true;
    }
  }
  if (!options().remove.empty()) {
    const auto gone = std::erase_if(list, [&](const core::Measurement& m) { return m.id == options().remove; });
    if (gone == 0) return core::bad_input(fmt::format("There is no measurement \"{}\" in image {} (nothing was removed). See measure {} --list.", options().remove, (*image)->key, options().case_folder));
    changed = true;
  }
  if (changed)
    if (auto saved = session::save_case(*data, options().case_folder, progress.part(0.5, 0.95)); !saved) return saved;

  nlohmann::json json{{"measurements", nlohmann::json::array()}};
  std::string text, csv = core::measurements_csv_header();
  for (const auto& i : data->images) {
    if (!options().image.empty() && i.key != options().image) continue;
    for (const auto& m : i.measurements) {
      nlohmann::json one = core::to_json(m);
      one["image"] = i.key;
      for (const auto& q : core::evaluate(m, i.volume.get())) one["values"][q.key] = {{"value", quantity_or_null(q.value)}, {"unit", q.unit}};
      json["measurements"].push_back(one);
      text += fmt::format("{:<10} {:<6} {:<28} {}\n", i.key, m.id, m.name, core::summary(m, i.volume.get()));
      csv += core::measurement_csv_rows(i.key, m, i.volume.get());
    }
  }
  if (!options().csv.empty())
    if (auto written = core::write_file(options().csv, csv); !written) return written;
  if (text.empty()) text = "No measurements.\n";
  return context.print(json, text);
}

}  // namespace

void register_measure(CLI::App& app, Context& context, Action& chosen) {
  auto* c = app.add_subcommand("measure", "Distances, angles, areas and HU statistics kept with a case");
  c->footer("Example: organtwin-cli measure cases/p1 --csv measurements.csv");
  c->add_option("CASE", options().case_folder, "Case folder")->required();
  c->add_option("--image", options().image, "Image of the case (default: the first; --list shows all)");
  c->add_flag("--list", options().list, "List the measurements (the default)");
  c->add_option("--add", options().add, "JSON of one measurement or a list, or a file with it: {\"kind\": \"distance\", \"points_lps_mm\": [[x,y,z],[x,y,z]]}");
  c->add_option("--remove", options().remove, "Identifier to remove (m1)");
  c->add_option("--csv", options().csv, "Write the listed measurements as CSV");
  c->callback([&] { chosen = [&context] { return measure(context); }; });
}

}  // namespace ot::cli
