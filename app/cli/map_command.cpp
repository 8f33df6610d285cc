// SPDX-License-Identifier: GPL-3.0-or-later
// map: electro-anatomical maps into a case, registered and laid on the heart, against a simulation, and to scar regions.
#include <fmt/format.h>

#include <cmath>

#include "app/cli/context.hpp"
#include "app/session/muscle_choices.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/whole_heart.hpp"
#include "app/session/recorded.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, file, key, surface, landmarks, fit = "none", quantity = "bipolar", plan, vtu, csv, channel;
  double limit = 0, reach = 0, scar = 0.5, border = 1.5, depth = 0;
  bool take = false, take_back = false;
};
Options& options() {
  static Options o;
  return o;
}

std::string show(double v, int digits = 1) { return std::isfinite(v) ? fmt::format("{:.{}f}", v, digits) : "-"; }

ep::EaQuantity quantity() {
  const auto& q = options().quantity;
  return q == "lat" ? ep::EaQuantity::lat : q == "unipolar" ? ep::EaQuantity::unipolar : ep::EaQuantity::bipolar;
}

nlohmann::json registration_json(const ep::EaRegistration& r) {
  nlohmann::json rows = nlohmann::json::array();
  for (int i = 0; i < 3; ++i) rows.push_back({r.rotation(i, 0), r.rotation(i, 1), r.rotation(i, 2)});
  return {{"method", r.method}, {"rotation", rows}, {"translation_mm", {r.translation.x(), r.translation.y(), r.translation.z()}}, {"landmarks", r.landmarks.size()}, {"landmark_rms_mm", quantity_or_null(r.landmark_rms_mm)},
          {"surface_rms_mm", quantity_or_null(r.surface_rms_mm)}, {"surface_rms_before_mm", quantity_or_null(r.surface_rms_before_mm)}, {"surface_max_mm", quantity_or_null(r.surface_max_mm)}, {"iterations", r.iterations}};
}

nlohmann::json map_json(const ep::EaMap& m) {
  return {{"key", m.key}, {"name", m.name}, {"format", m.format}, {"source_file", m.source_file}, {"source_sha256", m.source_sha256}, {"points", m.points.size()}, {"shell_triangles", m.shell.triangles.size()},
          {"surface", m.surface}, {"limit_mm", m.limit_mm}, {"reach_mm", m.reach_mm}, {"registration", registration_json(m.registration)}, {"notes", m.notes}};
}
std::string map_text(const ep::EaMap& m) {
  std::string out = fmt::format("{}  {}  {}, {} points on {}\n", m.key, m.name, m.format, m.points.size(), m.surface.empty() ? "the nearest surface" : m.surface);
  const auto& r = m.registration;
  out += fmt::format("  registration: {}", r.method);
  if (std::isfinite(r.landmark_rms_mm)) out += fmt::format(", landmarks {:.1f} mm RMS", r.landmark_rms_mm);
  if (std::isfinite(r.surface_rms_mm)) out += fmt::format(", surface {:.1f} mm RMS (was {:.1f}), farthest {:.1f} mm", r.surface_rms_mm, r.surface_rms_before_mm, r.surface_max_mm);
  out += "\n";
  for (const auto& n : m.notes) out += "  " + n + "\n";
  return out;
}

core::Result<void> import_map(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto map = session::read_ea_map(o.file);
  if (!map) return core::pass(map);
  if (!o.surface.empty()) map->surface = o.surface == "nearest" ? "" : o.surface;
  const std::string key = session::add_ea_map(*data, std::move(*map));
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.5, 1)); !ok) return ok;
  const auto& kept = *data->ea_maps.back();
  return context.print(map_json(kept), map_text(kept));
}

core::Result<void> list_maps(Context& context) {
  auto data = session::load_case(options().case_folder, context.progress());
  if (!data) return core::pass(data);
  nlohmann::json json{{"ea_maps", nlohmann::json::array()}};
  std::string text;
  for (const auto& m : data->ea_maps) json["ea_maps"].push_back(map_json(*m)), text += map_text(*m);
  return context.print(json, text.empty() ? "No electro-anatomical map. Import one: organtwin-cli map import CASE FILE\n" : text);
}

core::Result<void> remove_map(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto found = session::find_ea_map(*data, o.key);
  if (!found) return core::pass(found);
  std::erase(data->ea_maps, *found);
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.5, 1)); !ok) return ok;
  return context.print({{"removed", o.key}}, fmt::format("{} was removed.\n", o.key));
}

core::Result<void> write_vtu(const core::TetMesh& heart, const std::vector<core::Field>& fields) {
  if (options().vtu.empty()) return {};
  imaging::MeshExport e;
  e.fields = fields;
  auto files = imaging::export_tets(heart, options().vtu, e, {});
  if (!files) return core::pass(files);
  return {};
}

core::Field field(const char* name, const char* unit, std::vector<float> values, const std::string& sha) {
  core::Field f;
  f.name = name;
  f.unit = unit;
  f.values = std::move(values);
  f.mesh_sha256 = sha;
  return f;
}

core::Result<void> project(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.3));
  if (!data) return core::pass(data);
  auto found = session::find_ea_map(*data, o.key);
  if (!found) return core::pass(found);
  auto heart = session::mapped_heart(*data);
  if (!heart) return core::pass(heart);
  ep::EaMap map = **found;
  bool changed = false;
  if (!o.surface.empty()) map.surface = o.surface == "nearest" ? "" : o.surface, changed = true;
  if (o.limit > 0) map.limit_mm = o.limit, changed = true;
  if (o.reach > 0) map.reach_mm = o.reach, changed = true;
  if (!o.landmarks.empty()) {
    auto pairs = session::read_landmark_pairs(o.landmarks);
    if (!pairs) return core::pass(pairs);
    auto r = ep::register_landmarks(*pairs);
    if (!r) return core::pass(r);
    map.registration = std::move(*r);
    changed = true;
  }
  if (o.fit != "none") {
    auto r = ep::register_surface(map, **heart, map.registration, o.fit == "auto" ? ep::EaStart::axes : ep::EaStart::as_given, progress.part(0.3, 0.6));
    if (!r) return core::pass(r);
    map.registration = std::move(*r);
    changed = true;
  }
  auto on = ep::project_map(map, **heart, quantity(), progress.part(0.6, 0.8));
  if (!on) return core::pass(on);
  if (auto ok = write_vtu(**heart, {field(ep::name_of(quantity()), ep::unit_of(quantity()), on->value, (*heart)->sha256())}); !ok) return ok;
  if (!o.csv.empty())
    if (auto ok = core::write_file(o.csv, ep::ea_csv(map)); !ok) return ok;
  if (changed) {
    session::replace_ea_map(*data, map);
    if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.8, 1)); !ok) return ok;
  }
  nlohmann::json json = map_json(map);
  json["quantity"] = ep::name_of(quantity());
  json["projection"] = {{"points_used", on->points_used}, {"points_far", on->points_far}, {"points_without_value", on->points_without_value}, {"mean_distance_mm", on->mean_distance_mm}, {"max_distance_mm", on->max_distance_mm}, {"coverage_percent", on->coverage_percent}};
  std::string text = map_text(map);
  text += fmt::format("  {}: {} points used, {} farther than {:g} mm, {} without a value; distance {:.1f} mm mean, {:.1f} max; {:.0f} % of the surface covered\n", ep::name_of(quantity()), on->points_used, on->points_far, map.limit_mm,
                      on->points_without_value, on->mean_distance_mm, on->max_distance_mm, on->coverage_percent);
  json["doubtful"] = on->points_far > on->points_used;
  if (on->points_far > on->points_used) text += "  Most points lie too far from the surface: the map is probably not registered. Give --landmarks, or try --fit auto.\n";
  return context.print(json, text);
}

core::Result<void> compare(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto map = session::find_ea_map(*data, o.key);
  if (!map) return core::pass(map);
  auto heart = session::mapped_heart(*data);
  if (!heart) return core::pass(heart);
  auto simulated = session::simulated_ecg(*data, o.plan);
  if (!simulated) return core::pass(simulated);
  auto on = ep::project_map(**map, **heart, ep::EaQuantity::lat, progress.part(0.5, 0.9));
  if (!on) return core::pass(on);
  auto c = ep::compare_lat(*on, simulated->result->activation_ms);
  if (!c) return core::pass(c);
  if (auto ok = write_vtu(**heart, {field("lat", "ms", on->value, ""), field("activation", "ms", simulated->result->activation_ms, ""), field("difference", "ms", c->difference_ms, "")}); !ok) return ok;
  const nlohmann::json json{{"map", (*map)->key}, {"plan", simulated->plan}, {"mode", core::name_of(simulated->result->mode)}, {"nodes", c->nodes}, {"coverage_percent", on->coverage_percent}, {"offset_ms", c->offset_ms}, {"median_abs_ms", c->median_abs_ms},
                            {"p95_abs_ms", c->p95_abs_ms}, {"rms_ms", c->rms_ms}, {"correlation", quantity_or_null(c->correlation)}, {"measured_span_ms", c->measured_span_ms}, {"simulated_span_ms", c->simulated_span_ms},
                            {"registration", registration_json((*map)->registration)}};
  return context.print(json, fmt::format("{} against plan {} ({}), {} nodes, {:.0f} % of the surface\n  difference after {:+.0f} ms offset: median {:.1f}, 95th percentile {:.1f}, RMS {:.1f} ms; correlation {}\n  span: measured {:.0f}, simulated {:.0f} ms\n",
                                         (*map)->name, simulated->plan, core::name_of(simulated->result->mode), c->nodes, on->coverage_percent, c->offset_ms, c->median_abs_ms, c->p95_abs_ms, c->rms_ms, show(c->correlation, 2),
                                         c->measured_span_ms, c->simulated_span_ms));
}

core::Result<void> scar(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.2));
  if (!data) return core::pass(data);
  auto map = session::find_ea_map(*data, o.key);
  if (!map) return core::pass(map);
  auto heart = session::mapped_heart(*data);
  if (!heart) return core::pass(heart);
  auto on = ep::project_map(**map, **heart, quantity(), progress.part(0.2, 0.3));
  if (!on) return core::pass(on);
  auto proposal = ep::scar_from_voltage(*on, **heart, {quantity(), o.scar, o.border, o.depth}, progress.part(0.3, 0.4));
  if (!proposal) return core::pass(proposal);
  if (o.take) {
    session::take_scar(*data, *proposal, (*map)->name);
    if (auto ok = session::build_chosen_twin(*data, {}, progress.part(0.4, 0.9)); !ok) return ok;
    if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.9, 1)); !ok) return ok;
  }
  nlohmann::json json{{"map", (*map)->key}, {"quantity", ep::name_of(quantity())}, {"scar_below_mV", o.scar}, {"border_below_mV", o.border}, {"scar_ml", proposal->scar_ml}, {"border_zone_ml", proposal->border_ml},
                      {"scar_area_cm2", proposal->scar_area_cm2}, {"border_zone_area_cm2", proposal->border_area_cm2}, {"coverage_percent", on->coverage_percent}, {"taken", o.take}, {"notes", proposal->notes}};
  std::string text = fmt::format("Scar {:.1f} ml ({:.1f} cm2), border zone {:.1f} ml ({:.1f} cm2), {:.0f} % of the surface covered\n", proposal->scar_ml, proposal->scar_area_cm2, proposal->border_ml, proposal->border_area_cm2, on->coverage_percent);
  for (const auto& n : proposal->notes) text += "  " + n + "\n";
  text += o.take ? "Taken into the model: the twin was built again, results must be run again.\n" : "A proposal: nothing was changed. Add --take to put it into the model.\n";
  return context.print(json, text);
}

core::Result<void> fibres(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.2));
  if (!data) return core::pass(data);
  if (auto ok = session::take_fibres(*data, o.file, progress.part(0.2, 0.4)); !ok) return ok;
  if (auto ok = session::build_chosen_twin(*data, {}, progress.part(0.4, 0.9)); !ok) return ok;
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.9, 1)); !ok) return ok;
  const std::string note = data->heart_mesh->notes.back();
  return context.print({{"tets", data->heart_mesh->fibres->f.size()}, {"source", data->heart_mesh->fibres_source}, {"note", note}}, note + "\nThe twin was built again with these fibres; results must be run again.\n");
}

core::Result<void> scales(Context& context) {
  const Options& o = options();
  if (o.file.empty() == !o.take_back)
    return core::wrong_usage("map scales takes a file, or --none to take the map of this conductance back (one of them). Example: organtwin-cli map scales cases/p1 g_na.vtu --channel g_Na");
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.2));
  if (!data) return core::pass(data);
  ep::ScaleMapUse use;
  if (o.take_back) {
    if (std::erase_if(data->choices.muscle.maps, [&](const ep::ScaleMap& m) { return m.channel == o.channel; }) == 0)
      return core::bad_input(fmt::format("The case has no map of {} (nothing to take back).", o.channel));
  } else {
    auto taken = session::take_scale_map(*data, o.file, o.channel);
    if (!taken) return core::pass(taken);
    use = *taken;
  }
  if (auto ok = session::build_chosen_twin(*data, {}, progress.part(0.4, 0.9)); !ok) return ok;
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.9, 1)); !ok) return ok;
  if (o.take_back) return context.print({{"channel", o.channel}, {"taken_back", true}}, fmt::format("The map of {} was taken back and the twin built again; results must be run again.\n", o.channel));
  const std::string words = ep::scale_map_words(data->choices.muscle.maps.back(), use);
  return context.print({{"channel", o.channel}, {"lowest", use.lowest}, {"highest", use.highest}, {"regions", use.levels}, {"rounding_percent", use.rounding_percent}, {"farthest_mm", use.farthest_mm}, {"note", words}},
                       words + "\nThe twin was built again with it; results must be run again.\n");
}

}  // namespace

void register_map(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* map = app.add_subcommand("map", "Electro-anatomical maps: import, register and project, compare with a run, scar from voltage");
  map->require_subcommand(1);
  map->footer("Example: organtwin-cli map import cases/p1 points.csv\n         organtwin-cli map project cases/p1 --landmarks pairs.csv --fit surface\n         organtwin-cli map compare cases/p1");
  const auto add = [&](const char* name, const char* what, core::Result<void> (*run)(Context&)) {
    auto* c = map->add_subcommand(name, what);
    c->add_option("CASE", o.case_folder, "Case folder")->required();
    c->callback([&context, &chosen, run] { chosen = [&context, run] { return run(context); }; });
    return c;
  };
  const auto surface = [&](CLI::App* c) { c->add_option("--surface", o.surface, "Where it lies: endocardium_lv, endocardium_rv, epicardium or nearest"); };
  auto* in = add("import", "Keep a map with the case: CSV, CARTO _car.txt or .mesh, EnSite DxL CSV", import_map);
  in->add_option("FILE", o.file, "The map")->required();
  surface(in);
  in->footer("Example: organtwin-cli map import cases/p1 1-LV_car.txt --surface endocardium_lv");
  add("list", "Maps of the case", list_maps)->footer("Example: organtwin-cli map list cases/p1");
  auto* out = add("remove", "Forget a map", remove_map);
  out->add_option("KEY", o.key, "map1 ...")->required();
  out->footer("Example: organtwin-cli map remove cases/p1 map1");
  auto* p = add("project", "Register the map and lay it on the heart; coverage and residuals", project);
  p->add_option("--key", o.key, "Which map (default: the last)");
  surface(p);
  p->add_option("--landmarks", o.landmarks, "CSV of landmark pairs: map x,y,z,heart x,y,z in mm");
  p->add_option("--fit", o.fit, "none, surface (from the present position) or auto (main axes first: a guess)")->check(CLI::IsMember({"none", "surface", "auto"}));
  p->add_option("--limit", o.limit, "Points farther from the surface are not used, mm")->check(CLI::PositiveNumber);
  p->add_option("--reach", o.reach, "How far along the surface a point speaks, mm")->check(CLI::PositiveNumber);
  p->add_option("--quantity", o.quantity, "lat, unipolar or bipolar")->check(CLI::IsMember({"lat", "unipolar", "bipolar"}));
  p->add_option("--vtu", o.vtu, "Write the heart with the map as VTU");
  p->add_option("--csv", o.csv, "Write the points in patient coordinates as CSV");
  p->footer("Example: organtwin-cli map project cases/p1 --landmarks pairs.csv --fit surface --quantity lat --vtu lat.vtu");
  auto* c = add("compare", "LAT against the simulated activation: difference map and statistics", compare);
  c->add_option("--key", o.key, "Which map (default: the last)");
  c->add_option("--plan", o.plan, "Which plan (default: Baseline)");
  c->add_option("--vtu", o.vtu, "Write LAT, activation and their difference as VTU");
  c->footer("Example: organtwin-cli map compare cases/p1 --plan A --json");
  auto* s = add("scar", "Scar and border zone from voltage: a proposal, taken with --take", scar);
  s->add_option("--key", o.key, "Which map (default: the last)");
  s->add_option("--quantity", o.quantity, "bipolar or unipolar")->check(CLI::IsMember({"unipolar", "bipolar"}));
  s->add_option("--scar", o.scar, "Dense scar below, mV");
  s->add_option("--border", o.border, "Border zone below, mV");
  s->add_option("--depth", o.depth, "From the mapped surface, mm (default: through the wall)");
  s->add_flag("--take", o.take, "Put it into the model and build the twin again");
  auto* fib = add("fibres", "Measured fibres on the case's own mesh: .lon in its order of tetrahedra, or a .vtu with an array named fibre", fibres);
  fib->add_option("FILE", o.file, "The fibres")->required();
  fib->footer("Example: organtwin-cli map fibres cases/p1 measured.lon");
  auto* scale = add("scales", "Factors on one conductance from place to place: a .vtu with an array, or a .csv of x, y, z (mm) and factor; kept with the case", scales);
  scale->add_option("FILE", o.file, "The factors, 0 to 10 (1: as published)");
  scale->add_option("--channel", o.channel, "Which conductance, see 'list ionic-models': g_Na")->required();
  scale->add_flag("--none", o.take_back, "Take the map of this conductance back");
  scale->footer("Example: organtwin-cli map scales cases/p1 g_na.vtu --channel g_Na");
  s->footer("Example: organtwin-cli map scar cases/p1 --scar 0.5 --border 1.5 --take");
}

}  // namespace ot::cli
