// SPDX-License-Identifier: GPL-3.0-or-later
// run, compare, report, rerun.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "app/cli/context.hpp"
#include "app/cli/pdf.hpp"
#include "app/cli/pictures.hpp"
#include "app/cli/probes.hpp"
#include "app/session/flow_stops.hpp"
#include "app/session/heart_out.hpp"
#include "app/session/kept_runs.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/pullback_table.hpp"
#include "app/session/report.hpp"
#include "app/session/streamlines.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/twin/results.hpp"

namespace ot::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string case_folder, scenario = "Baseline", mode = "fast", a = "Baseline", b, report_path;
  std::string fields, electrograms, restart = "kept";
  std::vector<std::string> probes;
};
Options& options() {
  static Options o;
  return o;
}

core::Result<core::Mode> mode_of(const std::string& text) {
  if (text == "fast") return core::Mode::fast;
  if (text == "full") return core::Mode::full;
  return core::wrong_usage("--mode takes fast or full.");
}

// A plan of the case by name, or a scenario file.
core::Result<session::Plan> find_plan(const session::CaseData& data, const std::string& name) {
  for (const auto& plan : data.plans)
    if (plan.name == name || plan.scenario.name == name) return plan;
  std::error_code ec;
  if (!fs::exists(name, ec)) {
    std::string known;
    for (const auto& plan : data.plans) known += (known.empty() ? "" : ", ") + plan.name;
    return core::bad_input(fmt::format("There is no plan and no file \"{}\" (nothing to run). Plans of this case: {}.", name, known));
  }
  auto text = core::read_file(name, std::size_t(16) << 20);
  if (!text) return core::pass(text);
  auto scenario = twin::scenario_from_text(*text);
  if (!scenario) return core::pass(scenario);
  return session::Plan{scenario->name, "", *scenario};
}

core::Result<void> write_fields(const session::CaseData& data, const twin::RunResult& run, const fs::path& folder, std::vector<std::string>& files) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}).", folder.string(), ec.message()));
  if (run.electro && data.twin->heart) {
    if (auto ok = session::write_activation(*data.twin, run, folder / "heart.vtu"); !ok) return ok;
    files.push_back((folder / "heart.vtu").string());
    if (auto ok = session::write_ecg(run, folder / "ecg.csv"); !ok) return ok;
    files.push_back((folder / "ecg.csv").string());
  }
  for (const auto& v : run.vessels) {
    if (!v.flow || !v.mesh || v.flow->pressure.empty()) continue;
    std::vector<core::Field> fields{{"pressure_Pa", "Pa", core::Field::On::node, 1, v.flow->pressure, v.flow->mesh_sha256}, {"velocity_mm_per_s", "mm/s", core::Field::On::node, 3, v.flow->velocity, v.flow->mesh_sha256},
                                    {"wall_shear_Pa", "Pa", core::Field::On::node, 3, v.flow->wall_shear, v.flow->mesh_sha256}};
    const fs::path path = folder / (v.key + ".vtu");
    if (!v.flow->tawss.empty()) {   // over a beat; the three above are those at its end
      const auto add = [&](const char* name, const char* unit, int components, const std::vector<float>& values) { fields.push_back({name, unit, core::Field::On::node, components, values, v.flow->mesh_sha256}); };
      add("tawss_Pa", "Pa", 1, v.flow->tawss), add("osi", "", 1, v.flow->osi), add("rrt_per_Pa", "1/Pa", 1, v.flow->rrt), add("mean_wall_shear_Pa", "Pa", 3, v.flow->mean_wall_shear);
    }
    if (auto ok = imaging::write_tet_mesh(*v.mesh, path, fields); !ok) return ok;
    files.push_back(path.string());
    const twin::VesselModel* model = data.twin->find_vessel(v.key);
    if (!model || model->baseline.inlets.empty()) continue;
    const auto lines = session::trace_streamlines(*v.mesh, v.flow->velocity, model->baseline.inlets.front().patch, {});
    if (!lines) continue;   // no blood enters at the instant of the fields
    const fs::path drawn = folder / (v.key + "_streamlines.vtp");
    if (auto ok = core::write_file(drawn, session::streamlines_vtp(*lines)); !ok) return ok;
    files.push_back(drawn.string());
  }
  for (const auto& v : run.vessels) {
    const twin::VesselModel* model = data.twin->find_vessel(v.key);
    if (!model || !v.flow || v.flow->pullback.empty()) continue;
    const fs::path path = folder / (v.key + "_pullback.csv");
    if (auto ok = core::write_file(path, session::pullback_csv(*model, v)); !ok) return ok;
    files.push_back(path.string());
    if (v.flow->series.empty()) continue;
    const fs::path waves = folder / (v.key + "_waveforms.csv");
    if (auto ok = core::write_file(waves, session::waveforms_csv(*v.flow)); !ok) return ok;
    files.push_back(waves.string());
  }
  return {};
}

std::string quantities_text(const std::vector<core::Quantity>& quantities) {
  std::string text;
  for (const auto& q : quantities) text += std::isfinite(q.value) ? fmt::format("  {:<36} {:12.4f} {}\n", q.label, q.value, q.unit) : fmt::format("  {:<36} {:>12} {}\n", q.label, "-", q.unit);
  return text;
}

core::Result<void> run(Context& context) {
  const Options& o = options();
  auto mode = mode_of(o.mode);
  if (!mode) return core::pass(mode);
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  auto plan = find_plan(*data, o.scenario);
  if (!plan) return core::pass(plan);
  if (!o.fields.empty() && o.fields != "phi_e") return core::wrong_usage("--fields takes phi_e.");
  if (o.restart != "kept" && o.restart != "fresh") return core::wrong_usage("--restart takes kept (go on where a stopped FULL beat was left) or fresh (from the beginning).");
  if (!o.fields.empty() && context.out.empty()) return core::wrong_usage("--fields needs a folder to write to. Give --out as well.");
  twin::RunOptions known;
  known.known = session::known_results(*data);
  const auto probes = lay_probes(*data, o.probes, o.electrograms);
  if (!probes) return core::pass(probes);
  session::RunAsked asked;
  asked.folder = o.case_folder;
  asked.fresh = o.restart == "fresh";
  asked.insist_on_probes = true;
  for (const auto& p : probes->wall) asked.probes.push_back(p.at);
  const fs::path unfinished = context.out.empty() ? session::default_out(o.case_folder) : fs::path(context.out);
  if (*mode == core::Mode::full && !asked.fresh) known.stopped = session::stopped_runs(unfinished);   // another problem's state is not taken
  session::keep_unfinished(known, unfinished);
  const auto done = session::run_scenario_kept(*data, plan->scenario, *mode, known, asked, progress.part(0.05, o.fields.empty() ? 0.9 : 0.8));
  if (!done && done.error().code == core::ErrorCode::cancelled && (session::holds_stopped_run(asked.folder) || !session::stopped_runs(unfinished).empty()))
    return core::fail(core::ErrorCode::cancelled, "Cancelled. The case holds what it held; what was computed of the FULL model lies beside it, and the same command goes on from there (--restart fresh begins again).");
  if (!done) return core::pass(done);
  const auto* const result = &done->result;
  session::forget_stopped(unfinished, **result);
  if (const std::string said = session::words_of(*done); !said.empty()) context.note(said);
  auto traces = session::probe_electrograms(data->twin, probes->wall, plan->scenario, **result, progress.part(0.9, 0.95), asked.folder);
  if (!traces) return core::pass(traces);
  bool in_case = false;
  for (const auto& p : data->plans) in_case = in_case || p.name == plan->name;
  if (!in_case) data->plans.push_back(*plan);
  if (probes->blood.empty()) {
    if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.95, 1)); !ok) return ok;
    session::tidy_kept_runs(*data, o.case_folder);
  }
  nlohmann::json json = twin::to_json(**result);
  json["plan"] = plan->name;
  json["scenario"] = twin::to_json(plan->scenario);
  std::vector<std::string> files;
  if (!context.out.empty())
    if (auto ok = write_fields(*data, **result, context.out, files); !ok) return ok;
  if (!traces->empty() && !context.out.empty()) {
    if (auto ok = core::write_file(context.out / "electrograms.csv", session::electrograms_csv(*traces)); !ok) return ok;
    files.push_back((context.out / "electrograms.csv").string());
  }
  if (!o.fields.empty()) {
    const auto written = session::write_potentials(data->twin, plan->scenario, **result, context.out / "heart.pvd", progress.part(0.8, 0.95));
    if (!written) return core::pass(written);
    for (const auto& f : *written) files.push_back(f.string());
  }
  if (!traces->empty()) json["electrograms"] = session::electrograms_json(*traces);
  if (done->continued_ms >= 0) json["continued_from_ms"] = done->continued_ms;
  std::string text = fmt::format("{} ({} model, {:.1f} s)\n{}", plan->name, core::name_of(*mode), (*result)->wall_s, quantities_text((*result)->quantities));
  text += electrograms_text(*traces);
  for (const auto& v : (*result)->vessels) {
    const twin::VesselModel* model = data->twin->find_vessel(v.key);
    if (!model || !v.flow) continue;
    json["pullback"][v.key] = session::pullback_json(*model, v);
    const auto ffr = session::ffr_json(*model, **result);
    if (ffr.is_null()) continue;
    json["ffr"][v.key] = ffr;
    text += fmt::format("  {}: {}\n", model->name, session::ffr_words(*model, **result));
  }
  std::vector<session::PlacedProbe> in_blood = data->flow_probes;
  in_blood.insert(in_blood.end(), probes->blood.begin(), probes->blood.end());
  if (data->twin)
    if (auto ok = report_probes(*data, plan->scenario, **result, in_blood, context.out, json, text, files); !ok) {
      json["probes_not_read"] = ok.error().message;   // the run itself is good
      text += "  " + ok.error().message + "\n";
    }
  json["files"] = files;
  for (const auto& n : (*result)->notes) text += "  " + n + "\n";
  for (const auto& f : files) text += "Wrote " + f + "\n";
  return context.print(json, text);
}

std::string comparison_text(const std::vector<twin::ComparisonRow>& rows, const std::string& a, const std::string& b, const std::string& remark) {
  std::string text = fmt::format("{:<36} {:>12} {:>12} {:>12}{}\n", "quantity", a, b, "difference", remark);
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format("{:12.4f}", v) : fmt::format("{:>12}", "-"); };
  for (const auto& r : rows) text += fmt::format("{:<36} {} {} {}   {}\n", r.label, cell(r.a), cell(r.b), cell(r.difference), r.unit);
  return text;
}

// Both modes of one plan: how far FAST may be trusted.
core::Result<void> compare_modes(Context& context, const session::CaseData& data, const session::Plan& plan) {
  const auto fast = session::find_result(data, plan.scenario, core::Mode::fast), full = session::find_result(data, plan.scenario, core::Mode::full);
  for (const auto& [result, mode] : {std::pair(fast, "fast"), {full, "full"}})
    if (!result) return core::bad_input(fmt::format("{} has no {} result (its modes cannot be compared). Run it first: organtwin-cli run {} --scenario {} --mode {}.", plan.name, mode, options().case_folder, plan.name, mode));
  const auto rows = twin::compare(*fast, *full);
  nlohmann::json json{{"plan", plan.name}, {"source_labels_sha256", full->source_labels_sha256}, {"a", "fast"}, {"b", "full"}, {"rows", twin::to_json(rows)}};
  std::string text = comparison_text(rows, "FAST", "FULL", fmt::format("   ({})", plan.name));
  if (fast->electro && full->electro) {
    const auto d = twin::activation_difference(fast->electro->activation_ms, full->electro->activation_ms);
    json["activation_difference"] = {{"median_ms", quantity_or_null(d.median_ms)}, {"p95_ms", quantity_or_null(d.p95_ms)}, {"only_fast_percent", quantity_or_null(d.only_a_percent)},
                                     {"only_full_percent", quantity_or_null(d.only_b_percent)}};
    text += fmt::format("Activation, FAST against FULL: median {:.2f} ms, 95th percentile {:.2f} ms; activated in FAST alone {:.2f} %, in FULL alone {:.2f} % of the nodes\n", d.median_ms, d.p95_ms, d.only_a_percent, d.only_b_percent);
  }
  return context.print(json, text);
}

// The result of a plan: stored, FULL when both have it; the sentence says how to get it.
core::Result<void> compare(Context& context) {
  const Options& o = options();
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  auto a = find_plan(*data, o.a);
  if (!a) return core::pass(a);
  if (o.b.empty()) return compare_modes(context, *data, *a);
  auto b = find_plan(*data, o.b);
  if (!b) return core::pass(b);
  for (const core::Mode mode : {core::Mode::full, core::Mode::fast}) {
    const auto ra = session::find_result(*data, a->scenario, mode), rb = session::find_result(*data, b->scenario, mode);
    if (!ra || !rb) continue;
    const auto rows = twin::compare(*ra, *rb);
    nlohmann::json json{{"a", a->name}, {"b", b->name}, {"mode", core::name_of(mode)}, {"source_labels_sha256", ra->source_labels_sha256}, {"rows", twin::to_json(rows)}};
    return context.print(json, comparison_text(rows, a->name, b->name, fmt::format("   ({} model)", core::name_of(mode))));
  }
  return core::bad_input(fmt::format("{} and {} have no results in the same mode (nothing to compare). Run both first: organtwin-cli run {} --scenario {}.", a->name, b->name, o.case_folder, b->name));
}

core::Result<void> report(Context& context) {
  const Options& o = options();
  const fs::path path = context.out.empty() ? fs::path("report.html") : context.out;
  const bool pdf = path.extension() == ".pdf";
  if (!pdf && path.extension() != ".html") return core::wrong_usage(fmt::format("--out {}: reports are written as .html or .pdf. Choose a name that ends so.", path.string()));
  if (pdf)
    if (auto ok = check_pdf(); !ok) return ok;
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  std::vector<session::ReportPicture> pictures;
  const fs::path pictures_folder = fs::temp_directory_path() / fmt::format("organtwin-pictures-{}", ::getpid());
  std::error_code ec;
  fs::create_directories(pictures_folder, ec);
  if (auto drawn = draw_case(*data, pictures_folder, pictures); !drawn) context.note("Pictures were skipped: " + drawn.error().message);
  const auto html = session::report_html(*data, pictures, session::study_records(o.case_folder), context.progress());
  fs::remove_all(pictures_folder, ec);
  if (!html) return core::pass(html);
  if (auto ok = pdf ? write_pdf(*html, path, "OrganTwin report · " + data->patient.id) : core::write_file(path, *html); !ok) return ok;
  return context.print({{"files", {path.string()}}}, "Wrote " + path.string() + "\n");
}

core::Result<void> rerun(Context& context) {
  const Options& o = options();
  auto claims = session::read_report(o.report_path);
  if (!claims) return core::pass(claims);
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  if (!data->twin || data->twin->sha256() != claims->twin_sha256)
    return core::bad_input("The report was made from another twin (its hash differs, so its numbers cannot be repeated here). Choose the case it came from.");
  data->results.clear();
  nlohmann::json json{{"runs", nlohmann::json::array()}};
  std::string text;
  bool identical = true;
  for (std::size_t i = 0; i < claims->runs.size(); ++i) {
    const auto& claim = claims->runs[i];
    auto scenario = twin::scenario_from_text(claim.scenario_json);
    if (!scenario) return core::pass(scenario);
    auto mode = mode_of(claim.mode);
    if (!mode) return core::pass(mode);
    twin::RunOptions options;
    options.known = session::known_results(*data);
    const double share = 0.95 / static_cast<double>(claims->runs.size());
    auto result = session::run_scenario(*data, *scenario, *mode, options, progress.part(0.05 + share * static_cast<double>(i), 0.05 + share * static_cast<double>(i + 1)));
    if (!result) return core::pass(result);
    nlohmann::json differs = nlohmann::json::array();
    for (const auto& q : claim.quantities)
      for (const auto& now : (*result)->quantities)
        if (now.key == q.key && !(now.value == q.value || (std::isnan(now.value) && std::isnan(q.value)))) differs.push_back({{"key", q.key}, {"report", quantity_or_null(q.value)}, {"now", quantity_or_null(now.value)}});
    identical = identical && differs.empty() && (*result)->setup_sha256 == claim.setup_sha256;
    text += fmt::format("{} ({}): {}\n", claim.plan, claim.mode, differs.empty() ? "identical" : fmt::format("differs in {} quantities", differs.size()));
    for (const auto& d : differs) text += fmt::format("  {} {} -> {}\n", d["key"].get<std::string>(), d["report"].dump(), d["now"].dump());
    json["runs"].push_back({{"plan", claim.plan}, {"mode", claim.mode}, {"same_setup", (*result)->setup_sha256 == claim.setup_sha256}, {"differs", differs}});
  }
  json["identical"] = identical;
  if (auto ok = context.print(json, text); !ok) return ok;
  if (!identical) return core::computation_failed("The repeated run differs from the report (another program version or machine). The differences are listed above.");
  return {};
}

}  // namespace

void register_run_commands(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* run_command = app.add_subcommand("run", "Simulate a plan of the case or a scenario file; stores frames and quantities of interest in the case");
  run_command->add_option("case", o.case_folder, "Case folder")->required();
  run_command->add_option("--scenario", o.scenario, "Plan name or scenario file (default: Baseline)");
  run_command->add_option("--mode", o.mode, "fast or full");
  run_command->add_option("--fields", o.fields, "phi_e: membrane and extracellular potential every 10 ms as VTU into --out");
  run_command->add_option("--probe", o.probes, "x,y,z in mm, repeated. In the wall of the heart: its electrogram; in the blood: pressure and velocity (FAST: of the section beside it; such a run is not kept in the case; probes of the case, `probes`, need none of their own)");
  run_command->add_option("--electrograms", o.electrograms, "Probes on the heart from a file: CSV name,x,y,z or JSON. Unipolar, and each with the next bipolar, every 0.5 ms; CSV into --out");
  run_command->add_option("--restart", o.restart, "FULL beat or flow that was stopped: kept (default) goes on where it was left, fresh begins again");
  run_command->footer("Example: organtwin-cli run cases/p1 --scenario lesion.json --mode full --out out/lesion --json");
  run_command->callback([&] { chosen = [&] { return run(context); }; });

  auto* compare_command = app.add_subcommand("compare", "Differences of two runs, quantity by quantity; with one plan its FAST against its FULL");
  compare_command->add_option("case", o.case_folder, "Case folder")->required();
  compare_command->add_option("a", o.a, "First plan")->required();
  compare_command->add_option("b", o.b, "Second plan; left out: both modes of the first, with the difference of activation in the median and at 95 %");
  compare_command->footer("Example: organtwin-cli compare cases/p1 Baseline A\n         organtwin-cli compare cases/p1 Baseline");
  compare_command->callback([&] { chosen = [&] { return compare(context); }; });

  auto* report_command = app.add_subcommand("report", "One file, HTML or PDF, with tables, ECGs, pictures, assumptions, hashes and versions");
  report_command->add_option("case", o.case_folder, "Case folder")->required();
  report_command->footer("Example: organtwin-cli report cases/p1 --out report.html\n         organtwin-cli report cases/p1 --out report.pdf");
  report_command->callback([&] { chosen = [&] { return report(context); }; });

  auto* rerun_command = app.add_subcommand("rerun", "Repeat the runs of a report on its case and say identical or differs by");
  rerun_command->add_option("report", o.report_path, "Report made by `report` or `demo`")->required();
  rerun_command->add_option("--case", o.case_folder, "The case it came from")->required();
  rerun_command->footer("Example: organtwin-cli rerun report.html --case cases/p1");
  rerun_command->callback([&] { chosen = [&] { return rerun(context); }; });
}

}  // namespace ot::cli
