// SPDX-License-Identifier: GPL-3.0-or-later
// edit: the desktop's editing tools on the labels of a case, from a file of operations (resources/docs/dev/edit-file.md).
#include <fmt/format.h>

#include "app/cli/context.hpp"
#include "app/session/case.hpp"
#include "imaging/edit/edit_json.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, ops, image;
  bool list = false;
};
Options& options() {
  static Options o;
  return o;
}

core::Result<void> list_tools(Context& context) {
  nlohmann::json json{{"format", "organtwin-edits"}, {"version", 1}, {"tools", nlohmann::json::array()}};
  std::string text = "An edit file: {\"format\": \"organtwin-edits\", \"version\": 1, \"image\": \"thorax\", \"operations\": [{\"tool\": ...}, ...]}\n\n";
  for (const auto& tool : imaging::edit_tools_help()) {
    nlohmann::json keys = nlohmann::json::object();
    text += fmt::format("{}: {}\n", tool.tool, tool.summary);
    for (const auto& k : tool.keys) {
      keys[k.key] = k.help;
      text += fmt::format("  {:<16} {}\n", k.key, k.help);
    }
    json["tools"].push_back({{"tool", tool.tool}, {"summary", tool.summary}, {"keys", keys}});
  }
  text += "Every tool takes \"scope\": {\"protect\": [labels], \"only_over\": [labels], \"window\": [low, high]}.\nLabels by key (\"aorta\") or number; points and directions in LPS, mm.\n";
  json["scope"] = {{"protect", "labels that are never overwritten"}, {"only_over", "only these labels are overwritten"}, {"window", "only voxels with an intensity in [low, high]"}};
  return context.print(json, text);
}

core::Result<void> run_edits(Context& context) {
  const Options& o = options();
  if (o.list) return list_tools(context);
  if (o.case_folder.empty() || o.ops.empty()) return core::wrong_usage("edit needs a case and --ops FILE (or --list). See 'organtwin-cli edit --help'.");
  auto text = core::read_file(o.ops, std::size_t(64) << 20);
  if (!text) return core::pass(text);
  auto wanted = imaging::image_of_edit_file(*text);
  if (!wanted) return core::pass(wanted);
  const std::string key = o.image.empty() ? *wanted : o.image;
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.2));
  if (!data) return core::pass(data);
  session::ImageData* image = nullptr;
  for (auto& i : data->images)
    if (!image && (key.empty() ? i.labels != nullptr : i.key == key)) image = &i;
  if (!image) return core::bad_input(key.empty() ? "The case has no labels yet (nothing to edit). Run `segment` first." : fmt::format("The case has no image \"{}\" (nothing to edit). Check --image.", key));
  auto labels = std::make_shared<core::LabelMap>();
  if (image->labels) {
    *labels = *image->labels;
  } else {   // drawn from nothing
    labels->grid = image->volume->grid;
    labels->values.assign(labels->grid.voxels(), 0);
    labels->labels = core::labels::heart();
  }
  auto file = imaging::edit_file_from_text(*text, labels->labels);
  if (!file) return core::pass(file);
  if (file->edits.empty()) return core::bad_input("The edit file holds no operation (nothing to do). See 'organtwin-cli edit --list'.");
  nlohmann::json json{{"image", image->key}, {"operations", nlohmann::json::array()}, {"volumes_ml", nlohmann::json::object()}};
  std::string out;
  for (std::size_t n = 0; n < file->edits.size(); ++n) {
    const double from = 0.2 + 0.6 * double(n) / double(file->edits.size());
    const auto delta = imaging::apply_edit(*labels, image->volume.get(), file->edits[n], progress.part(from, from + 0.6 / double(file->edits.size())));
    if (!delta) {
      if (delta.error().code == core::ErrorCode::cancelled) return core::pass(delta);
      return core::fail(delta.error().code, fmt::format("Operation {} failed, and nothing was saved: {}", n + 1, delta.error().message));
    }
    const std::string name = imaging::edit_name(file->edits[n], *labels);
    json["operations"].push_back({{"name", name}, {"changed_voxels", delta->changed}});
    out += fmt::format("{:<40} {} voxels changed\n", name, delta->changed);
  }
  std::array<std::size_t, 256> count{};
  for (auto v : labels->values) ++count[v];
  for (const auto& l : labels->labels)
    if (count[std::size_t(l.value)] > 0) {
      const double ml = double(count[std::size_t(l.value)]) * labels->grid.voxel_volume() / 1000;
      json["volumes_ml"][l.key] = ml;
      out += fmt::format("  {:<38} {:.2f} ml\n", l.name, ml);
    }
  image->labels = labels;
  json["labels_sha256"] = labels->sha256();
  const bool stale = data->heart_mesh || !data->vessel_meshes.empty();
  json["model_out_of_date"] = stale;
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.8, 1)); !ok) return ok;
  if (stale) context.note("The model was made from the labels before this edit: run `mesh` and `build` to make it new.");
  return context.print(json, out);
}

}  // namespace

void register_edit(CLI::App& app, Context& context, Action& chosen) {
  auto* edit = app.add_subcommand("edit", "Edit the labels of a case with a file of operations");
  edit->footer("Example: organtwin-cli edit cases/p1 --ops operations.json");
  edit->add_option("case", options().case_folder, "Case folder");
  edit->add_option("--ops", options().ops, "JSON file with the operations (see --list)");
  edit->add_option("--image", options().image, "Key of the image (default: the file's, else the first with labels)");
  edit->add_flag("--list", options().list, "List the tools and their keys");
  edit->callback([&context, &chosen] { chosen = [&context] { return run_edits(context); }; });
}

}  // namespace ot::cli
