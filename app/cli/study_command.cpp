// SPDX-License-Identifier: GPL-3.0-or-later
// study: stimulation protocols on the twin of a case, table of runs; proof of block; suggested targets.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/cli/context.hpp"
#include "app/session/atria.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/restitution.hpp"
#include "app/session/studies.hpp"
#include "app/session/study_records.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, protocol, preset, mode, plan, from, to, couplings;
  std::vector<std::string> sites, scenarios;
  bool targets = false, list = false, residual = false;
  double radius_mm = 4, depth_mm = 8, interval_ms = 600, margin_mm = session::AtrialLineParams{}.antral_margin_mm;
};
Options& options() {
  static Options o;
  return o;
}

std::string preset_names() {
  std::string names = "block-proof, restitution, atrial-lines";
  for (const auto& p : session::study_presets()) names += ", " + p.key;
  return names;
}

core::Result<std::vector<twin::InterventionSpec>> interventions_of(const std::vector<std::string>& files) {
  std::vector<twin::InterventionSpec> out;
  for (const std::string& file : files) {
    auto text = core::read_file(file, std::size_t(4) << 20);
    if (!text) return core::pass(text);
    const auto scenario = twin::scenario_from_text(*text);
    if (!scenario) return core::pass(scenario);
    out.insert(out.end(), scenario->interventions.begin(), scenario->interventions.end());
  }
  return out;
}

// The plan asked for; with scenario files a plan of its own that holds both, in memory only.
core::Result<std::string> plan_with_scenarios(session::CaseData& data, const Options& o) {
  const std::string plan = o.plan.empty() ? "Baseline" : o.plan;
  const auto at = std::find_if(data.plans.begin(), data.plans.end(), [&](const session::Plan& p) { return p.name == plan; });
  if (o.scenarios.empty() || at == data.plans.end()) return plan;   // a plan that is not there is refused by what plays it
  auto added = interventions_of(o.scenarios);
  if (!added) return core::pass(added);
  session::Plan both = *at;
  both.name += " with scenario";
  for (auto& one : *added) {
    one.id = both.scenario.fresh_id(one.kind);
    both.scenario.interventions.push_back(std::move(one));
  }
  data.plans.push_back(std::move(both));
  return data.plans.back().name;
}

core::Result<session::StudySpec> spec_of(const Options& o) {
  nlohmann::json j = nlohmann::json::object();
  if (!o.protocol.empty()) {
    auto text = core::read_file(o.protocol, std::size_t(4) << 20);
    if (!text) return core::pass(text);
    j = nlohmann::json::parse(*text, nullptr, false);
    if (j.is_discarded() || !j.is_object()) return core::bad_input(fmt::format("{} is no JSON object (no protocol can be read). See 'organtwin-cli study --help'.", o.protocol));
  }
  if (!o.preset.empty()) j["preset"] = o.preset;
  if (!o.mode.empty()) j["mode"] = o.mode;
  if (!o.plan.empty()) j["plan"] = o.plan;
  if (!o.sites.empty()) j["sites"] = o.sites;
  if (!o.couplings.empty()) {
    auto couplings = session::couplings_from(o.couplings);
    if (!couplings) return core::pass(couplings);
    if (o.preset != "pace" && !j.contains("protocol")) return core::wrong_usage("--couplings belongs to --preset pace: a fixed sequence.");
    j["protocol"]["couplings_ms"] = *couplings;
  }
  auto spec = session::study_from_json(j);
  if (!spec) return spec;
  auto added = interventions_of(o.scenarios);
  if (!added) return core::pass(added);
  spec->added = std::move(*added);
  return spec;
}

core::Result<core::Vec3> point(const std::string& text) {
  core::Vec3 x;
  char rest;
  if (std::sscanf(text.c_str(), "%lf,%lf,%lf%c", &x[0], &x[1], &x[2], &rest) != 3 || !x.allFinite()) return core::wrong_usage(fmt::format("\"{}\" is not a point. Write it as x,y,z in LPS mm.", text));
  return x;
}

// Hash of what the plan holds.
std::string scenario_of(const session::CaseData& data, const std::string& plan) {
  for (const auto& p : data.plans)
    if (p.name == plan) return session::scenario_sha256(p.scenario);
  return {};
}

nlohmann::json ms(double v) { return quantity_or_null(v); }
nlohmann::json point_json(const ep::PacedPlace& p) { return {p.at_mm.x(), p.at_mm.y(), p.at_mm.z()}; }

core::Result<void> block_proof(Context& context, const Options& o) {
  if (o.from.empty() || o.to.empty()) return core::wrong_usage("The proof of block needs --from x,y,z and --to x,y,z: one point on each side of the line.");
  auto a = point(o.from), b = point(o.to);
  if (!a) return core::pass(a);
  if (!b) return core::pass(b);
  if (!o.mode.empty() && o.mode != "fast" && o.mode != "full") return core::wrong_usage("--mode takes fast or full.");
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.1));
  if (!data) return core::pass(data);
  const auto mode = o.mode == "full" ? core::Mode::full : core::Mode::fast;
  const auto plan = plan_with_scenarios(*data, o);
  if (!plan) return core::pass(plan);
  auto proof = session::prove_block(*data, *plan, *a, *b, mode, progress.part(0.1, 1));
  if (!proof) return core::pass(proof);
  if (o.scenarios.empty())   // the case keeps what belongs to one of its plans
    if (auto ok = session::keep_proof(o.case_folder, {*proof, *plan, scenario_of(*data, *plan), mode, *a, *b, session::now_utc()}); !ok) return ok;
  const auto moved = session::moved_words(*proof);
  const nlohmann::json j{{"preset", "block-proof"}, {"plan", *plan}, {"kept", o.scenarios.empty()}, {"mode", core::name_of(mode)}, {"delay_ab_ms", ms(proof->delay_ab_ms)}, {"delay_ba_ms", ms(proof->delay_ba_ms)},
                         {"delay_ab_before_ms", ms(proof->delay_ab_without_ms)}, {"delay_ba_before_ms", ms(proof->delay_ba_without_ms)}, {"block_ab", proof->block_ab}, {"block_ba", proof->block_ba},
                         {"bidirectional", proof->block_ab && proof->block_ba}, {"verdict", proof->verdict},
                         {"paced_a_mm", point_json(proof->a)}, {"paced_b_mm", point_json(proof->b)}, {"moved_a_mm", proof->a.moved_mm}, {"moved_b_mm", proof->b.moved_mm}, {"notes", moved}};
  const auto show = [](double v) { return std::isfinite(v) ? fmt::format("{:.1f} ms", v) : std::string("never"); };
  return context.print(j, fmt::format("a -> b: {} (before the lesions {}), {}\nb -> a: {} (before {}), {}\n{}\n{}", show(proof->delay_ab_ms), show(proof->delay_ab_without_ms), proof->block_ab ? "block" : "conducts",
                                      show(proof->delay_ba_ms), show(proof->delay_ba_without_ms), proof->block_ba ? "block" : "conducts", proof->verdict, moved.empty() ? "" : fmt::format("{}\n", fmt::join(moved, "\n"))));
}

core::Result<void> restitution(Context& context, const Options& o) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.1));
  if (!data) return core::pass(data);
  const auto plan = plan_with_scenarios(*data, o);
  if (!plan) return core::pass(plan);
  auto study = session::run_restitution(*data, *plan, o.interval_ms, progress.part(0.1, 1));
  if (!study) return core::pass(study);
  if (o.scenarios.empty())
    if (auto ok = session::keep_restitution(o.case_folder, {*study, *plan, scenario_of(*data, *plan), session::now_utc()}); !ok) return ok;
  nlohmann::json j = session::to_json(*study);
  j["plan"] = *plan, j["kept"] = o.scenarios.empty();
  j["files"] = nlohmann::json::array();
  std::string text = session::restitution_table(*study);
  if (!context.out.empty()) {
    auto file = session::export_restitution(*study, context.out);
    if (!file) return core::pass(file);
    j["files"].push_back(*file);
    text += "Wrote " + *file + "\n";
  }
  return context.print(j, text);
}

// What is suggested, as a file for `run --scenario` and `study --scenario`; its name goes to the files.
core::Result<void> write_suggestion(const std::filesystem::path& path, const std::string& title, const twin::InterventionSpec& spec, nlohmann::json& files, std::string& text) {
  twin::Scenario scenario;
  scenario.name = title;
  scenario.interventions = {spec};
  if (auto ok = core::write_file(path, twin::to_json(scenario).dump(1) + "\n"); !ok) return ok;
  files.push_back(path.string());
  text += "Wrote " + path.string() + "\n";
  return {};
}

// Lesion sets of an atrial twin as scenario files for `run --scenario`, each proved when it is put into place.
core::Result<void> atrial_lines(Context& context, const Options& o) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.1));
  if (!data) return core::pass(data);
  if (!data->twin) return core::bad_input("The case has no twin yet (nothing to burn). Run `build --organ atria` or `--organ whole_heart` first.");
  auto sets = session::atrial_lesion_sets(*data->twin, {o.margin_mm}, progress.part(0.1, 0.2));
  if (!sets) return core::pass(sets);
  nlohmann::json j{{"preset", "atrial-lines"}, {"sets", nlohmann::json::array()}, {"files", nlohmann::json::array()}};
  std::string text;
  if (!context.out.empty()) {
    std::error_code ec;
    std::filesystem::create_directories(context.out, ec);
    if (ec) return core::bad_input(fmt::format("Cannot create {} ({}).", context.out.string(), ec.message()));
  }
  double at = 0.2;
  std::vector<twin::InterventionSpec> burned;
  for (const auto& set : *sets) {
    // The line over the roof runs from ring to ring: it is proved with both in place.
    if (set.key != "roof") burned.clear();
    else burned = {(*sets)[0].spec, (*sets)[1].spec};
    burned.push_back(set.spec);
    auto proof = session::prove_lesions(*data, burned, set.inside, set.outside, progress.part(at, at + 0.26));
    at += 0.26;
    if (!proof) return core::pass(proof);
    const bool ring = set.enclosed_percent > 0;
    j["sets"].push_back({{"key", set.key}, {"title", set.title}, {"enclosed_percent", ring ? nlohmann::json(set.enclosed_percent) : nlohmann::json()}, {"enclosed_cm2", ring ? nlohmann::json(set.enclosed_cm2) : nlohmann::json()}, {"block_out", proof->block_ab}, {"block_in", proof->block_ba}, {"delay_out_ms", ms(proof->delay_ab_ms)}, {"delay_in_ms", ms(proof->delay_ba_ms)},
                         {"delay_out_before_ms", ms(proof->delay_ab_without_ms)}, {"delay_in_before_ms", ms(proof->delay_ba_without_ms)}, {"verdict", proof->verdict}});
    text += fmt::format("{}. {}\n", set.spec.note, proof->verdict);
    if (context.out.empty()) continue;
    if (auto ok = write_suggestion(context.out / (set.key + ".json"), set.title, set.spec, j["files"], text); !ok) return ok;
  }
  return context.print(j, text + "Suggestions: nothing is burned unless you run or add them.\n");
}

// The protocol without and with the lesions.
core::Result<void> residual(Context& context, const Options& o, const session::StudySpec& spec) {
  if (o.targets) return core::wrong_usage("--targets and --residual exclude each other (targets are tried before a plan holds them). Give one of them.");
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  auto both = session::run_residual(*data, spec, o.case_folder, progress.part(0.05, 1));
  if (!both) return core::pass(both);
  nlohmann::json j = session::to_json(*both->after);
  j["spec"] = session::to_json(spec);
  j["before"] = session::to_json(*both->before);
  j["residual"] = session::to_json(both->residual);
  j["files"] = nlohmann::json::array();
  std::string text = session::residual_table(both->residual);
  if (!context.out.empty())
    for (const auto& [study, name] : {std::pair{both->before, "before"}, {both->after, "after"}}) {
      auto files = session::export_study(*data, *study, context.out / name);
      if (!files) return core::pass(files);
      for (const auto& f : *files) j["files"].push_back(f), text += "Wrote " + f + "\n";
    }
  for (const auto& n : both->after->notes) text += "  " + n + "\n";
  return context.print(j, text);
}

core::Result<void> study(Context& context) {
  const Options& o = options();
  if (o.residual && (o.preset == "atrial-lines" || o.preset == "restitution" || o.preset == "block-proof"))
    return core::wrong_usage(fmt::format("--residual belongs to protocols that induce (not to {}). Leave it out.", o.preset));
  if (!o.scenarios.empty() && o.preset == "atrial-lines") return core::wrong_usage("--scenario does not belong to atrial-lines, which writes scenarios. Leave it out.");
  if (o.preset == "atrial-lines") return atrial_lines(context, o);
  if (o.preset == "restitution") return restitution(context, o);
  if (o.preset == "block-proof") return block_proof(context, o);
  const auto& known = session::study_presets();
  if (!o.preset.empty() && std::none_of(known.begin(), known.end(), [&](const auto& p) { return p.key == o.preset; }))
    return core::wrong_usage(fmt::format("There is no preset \"{}\". Choose one of: {}.", o.preset, preset_names()));
  const auto spec = spec_of(o);
  if (!spec) return core::pass(spec);
  if (o.list) {
    nlohmann::json j = nlohmann::json::array();
    std::string text;
    for (const auto& s : session::saved_studies(o.case_folder)) {
      j.push_back({{"key", s.key}, {"name", s.name}, {"saved_utc", s.saved_utc}, {"spec", session::to_json(s.spec)}, {"study", session::to_json(*s.study)}});
      text += fmt::format("{}  {}  {} ({} model), {} of {} sites inducible\n", s.saved_utc, s.key, s.name, core::name_of(s.spec.mode), s.study->induced, s.study->runs.size());
    }
    return context.print(j, text.empty() ? "No studies yet.\n" : text);
  }
  if (o.residual) return residual(context, o, *spec);
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  auto study = session::run_study(*data, *spec, o.case_folder, progress.part(0.05, o.targets ? 0.5 : 0.98),
                                  [&](const ep::SiteRun& r) { if (context.verbose) context.note(fmt::format("{}: {}", r.site.name, r.induced() ? "re-entry" : "none")); });
  if (!study) return core::pass(study);
  nlohmann::json j = session::to_json(**study);
  j["spec"] = session::to_json(*spec);
  std::string text = session::study_table(**study);
  text += fmt::format("{} of {} sites inducible ({} model, {:.1f} s)\n", (*study)->induced, (*study)->runs.size(), core::name_of(spec->mode), (*study)->wall_s);
  std::vector<session::Target> suggested;
  if (o.targets) {
    auto targets = session::suggest_targets(*data, *spec, **study, o.radius_mm, o.depth_mm, progress.part(0.5, 0.98));
    if (!targets) return core::pass(targets);
    j["targets"] = nlohmann::json::array();
    text += "Suggested targets (put into a plan only by you)\n";
    suggested = std::move(*targets);
    for (const auto& t : suggested) {
      j["targets"].push_back({{"at_mm", {t.at_mm.x(), t.at_mm.y(), t.at_mm.z()}}, {"why", t.why}, {"induced_before", t.induced_before}, {"induced_after", t.induced_after}, {"lesion_cm3", t.lesion_cm3}});
      text += fmt::format("  ({:.1f}, {:.1f}, {:.1f}) mm: {} -> {} sites inducible, {:.2f} cm3; {}\n", t.at_mm.x(), t.at_mm.y(), t.at_mm.z(), t.induced_before, t.induced_after, t.lesion_cm3, t.why);
    }
  }
  j["files"] = nlohmann::json::array();
  if (!context.out.empty()) {
    auto files = session::export_study(*data, **study, context.out);
    if (!files) return core::pass(files);
    j["files"] = *files;
    for (const auto& f : *files) text += "Wrote " + f + "\n";
    for (std::size_t k = 0; k < suggested.size(); ++k)   // in the order of their rank
      if (auto ok = write_suggestion(context.out / fmt::format("target-{}.json", k + 1), fmt::format("Target {}", k + 1), suggested[k].spec, j["files"], text); !ok) return ok;
  }
  for (const auto& n : (*study)->notes) text += "  " + n + "\n";
  return context.print(j, text);
}

}  // namespace

void register_study(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* command = app.add_subcommand("study", "Stimulation protocols: VT induction, vulnerable window, burst, 17-segment sweep; restitution curves; proof of block; suggested targets");
  command->add_option("case", o.case_folder, "Case folder; finished runs are kept in it and not repeated")->required();
  auto* file = command->add_option("--protocol", o.protocol, "JSON file: preset, mode, plan, sites, site_radius_mm, protocol {...}");
  command->add_option("--preset", o.preset, "One of: " + preset_names())->excludes(file);
  command->add_option("--mode", o.mode, "fast or full");
  command->add_option("--plan", o.plan, "Plan whose lesions and drugs apply (default: Baseline)");
  command->add_option("--scenario", o.scenarios, "Scenario file whose interventions apply on top of the plan; may be given again (a proof or restitution with it is printed, not kept with the case)")->check(CLI::ExistingFile);
  command->add_flag("--residual", o.residual, "Play the protocol on the untreated baseline too: which sites stay inducible after the plan and scenarios");
  command->add_option("--site", o.sites, "aha, rv, atria, a segment 1 to 17, or x,y,z in LPS mm; may be given again");
  command->add_option("--couplings", o.couplings, "pace: a fixed sequence of S2, S3 ..., ms: 350,300,280");
  command->add_option("--from", o.from, "block-proof: point on one side, x,y,z");
  command->add_option("--to", o.to, "block-proof: point on the other side");
  command->add_option("--margin", o.margin_mm, "atrial-lines: mm from the veins' ostia to the rings, 0 to 25")->check(CLI::Range(0.0, 25.0));
  command->add_option("--interval", o.interval_ms, "restitution: interval of the trains before S2, ms")->check(CLI::Range(250.0, 5000.0));
  command->add_flag("--targets", o.targets, "Try a lesion at each exit and rank them by what stays inducible; with --out each as a scenario file, target-1.json first");
  command->add_option("--radius", o.radius_mm, "Radius of the tried lesions, mm");
  command->add_option("--depth", o.depth_mm, "Depth of the tried lesions, mm");
  command->add_flag("--list", o.list, "Studies kept in the case");
  command->footer("Example: organtwin-cli study cases/p1 --preset vt-induction --targets --out results\n"
                  "         organtwin-cli study cases/p1 --preset af-burst --scenario lines/pvi-left.json --scenario lines/pvi-right.json --residual\n"
                  "         organtwin-cli study cases/p1 --preset vulnerable-window --site 7\n"
                  "         organtwin-cli study cases/p1 --preset restitution --interval 600 --out results\n"
                  "         organtwin-cli study cases/p1 --preset block-proof --plan A --from 10,20,30 --to 14,26,30");
  command->callback([&] { chosen = [&] { return study(context); }; });
}

}  // namespace ot::cli
