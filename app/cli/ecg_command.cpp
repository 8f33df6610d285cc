// SPDX-License-Identifier: GPL-3.0-or-later
// ecg: a recorded electrocardiogram into a case, against the simulated one, and out again.
#include <fmt/format.h>

#include <cmath>

#include "app/cli/context.hpp"
#include "app/session/recorded.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, file, key, plan, what = "simulated", path, unit;
  double rate = 0;
};
Options& options() {
  static Options o;
  return o;
}

nlohmann::json intervals_json(const ep::EcgIntervals& i, double rr) {
  return {{"rr_ms", quantity_or_null(rr)}, {"qrs_ms", quantity_or_null(i.qrs_ms)}, {"qt_ms", quantity_or_null(i.qt_ms)}, {"qtc_fridericia_ms", quantity_or_null(i.qtc_fridericia_ms)},
          {"qtc_bazett_ms", quantity_or_null(i.qtc_bazett_ms)}, {"axis_deg", quantity_or_null(i.axis_deg)}};
}
std::string show(double v, int digits = 0) { return std::isfinite(v) ? fmt::format("{:.{}f}", v, digits) : "-"; }
std::string signed_or(double v) { return std::isfinite(v) ? fmt::format("{:+.0f}", v) : "-"; }

nlohmann::json recording_json(const ep::RecordedEcg& e, const ep::RepresentativeBeat* beat) {
  nlohmann::json j{{"key", e.key}, {"name", e.name}, {"format", e.format}, {"source_file", e.source_file}, {"source_sha256", e.source_sha256}, {"sample_hz", e.sample_hz}, {"samples", e.ecg.t_ms.size()},
                   {"duration_s", double(e.ecg.t_ms.size()) / e.sample_hz}, {"leads", e.ecg.leads}, {"notes", e.notes}};
  if (beat) {
    j["intervals"] = intervals_json(beat->intervals, beat->rr_ms);
    j["intervals"]["pr_ms"] = quantity_or_null(beat->pr_ms);
    j["beats"] = beat->beats;
    j["beats_left_out"] = beat->left_out;
    j["noise_uV"] = beat->noise_uV;
  }
  return j;
}

std::string recording_text(const ep::RecordedEcg& e, const ep::RepresentativeBeat* b) {
  std::string out = fmt::format("{}  {}  {} Hz, {:.1f} s, {} leads, {}\n", e.key.empty() ? "-" : e.key, e.name, e.sample_hz, double(e.ecg.t_ms.size()) / e.sample_hz, e.ecg.leads.size(), e.format);
  if (b)
    out += fmt::format("  rate {}/min  PR {}  QRS {}  QT {}  QTcF {} ms  axis {} deg  ({} beats, {} left out, noise {:.0f} uV)\n", show(60000 / b->rr_ms), show(b->pr_ms), show(b->intervals.qrs_ms), show(b->intervals.qt_ms),
                       show(b->intervals.qtc_fridericia_ms), show(b->intervals.axis_deg), b->beats, b->left_out, b->noise_uV);
  for (const auto& n : e.notes) out += "  " + n + "\n";
  return out;
}

core::Result<void> import_ecg(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.4));
  if (!data) return core::pass(data);
  auto ecg = session::read_recorded_ecg(o.file, {o.rate, o.unit}, progress.part(0.4, 0.6));
  if (!ecg) return core::pass(ecg);
  auto beat = ep::representative_beat(ecg->ecg);
  if (!beat) return core::fail(beat.error().code, fmt::format("{}: {}", ecg->source_file, beat.error().message));
  ecg->key = session::add_recorded_ecg(*data, *ecg);
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.6, 1)); !ok) return ok;
  return context.print(recording_json(*ecg, &*beat), recording_text(*ecg, &*beat));
}

core::Result<void> list_ecgs(Context& context) {
  auto data = session::load_case(options().case_folder, context.progress());
  if (!data) return core::pass(data);
  nlohmann::json json{{"recorded_ecgs", nlohmann::json::array()}};
  std::string text;
  for (const auto& e : data->recorded_ecgs) {
    auto beat = ep::representative_beat(e->ecg);
    json["recorded_ecgs"].push_back(recording_json(*e, beat ? &*beat : nullptr));
    text += recording_text(*e, beat ? &*beat : nullptr);
  }
  return context.print(json, text.empty() ? "No recorded ECG. Import one: organtwin-cli ecg import CASE FILE\n" : text);
}

core::Result<void> remove_ecg(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.5));
  if (!data) return core::pass(data);
  auto found = session::find_recorded_ecg(*data, o.key);
  if (!found) return core::pass(found);
  std::erase(data->recorded_ecgs, *found);
  if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.5, 1)); !ok) return ok;
  return context.print({{"removed", o.key}}, fmt::format("{} was removed.\n", o.key));
}

core::Result<void> compare(Context& context) {
  const Options& o = options();
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  auto recorded = session::find_recorded_ecg(*data, o.key);
  if (!recorded) return core::pass(recorded);
  auto simulated = session::simulated_ecg(*data, o.plan);
  if (!simulated) return core::pass(simulated);
  auto beat = ep::representative_beat((*recorded)->ecg);
  if (!beat) return core::pass(beat);
  auto c = ep::compare_ecg(*beat, simulated->result->ecg, simulated->cycle_ms);
  if (!c) return core::pass(c);
  const char* mode = core::name_of(simulated->result->mode);
  nlohmann::json json{{"recorded", recording_json(**recorded, &*beat)}, {"plan", simulated->plan}, {"mode", mode}, {"simulated", intervals_json(c->simulated, c->simulated_rr_ms)}, {"leads", nlohmann::json::array()},
                      {"mean_correlation", quantity_or_null(c->mean_correlation)}, {"mean_qrs_correlation", quantity_or_null(c->mean_qrs_correlation)}, {"qrs_difference_ms", quantity_or_null(c->qrs_difference_ms)},
                      {"qt_difference_ms", quantity_or_null(c->qt_difference_ms)}, {"axis_difference_deg", quantity_or_null(c->axis_difference_deg)}, {"span_ms", c->span_ms}};
  std::string text = fmt::format("{} (recorded) against plan {} ({}), aligned at QRS onset, {:.0f} ms\n", (*recorded)->name, simulated->plan, mode, c->span_ms);
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "", "recorded", "simulated", "diff");
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "RR, ms", show(c->recorded_rr_ms), show(c->simulated_rr_ms), signed_or(c->simulated_rr_ms - c->recorded_rr_ms));
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "QRS, ms", show(c->recorded.qrs_ms), show(c->simulated.qrs_ms), signed_or(c->qrs_difference_ms));
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "QT, ms", show(c->recorded.qt_ms), show(c->simulated.qt_ms), signed_or(c->qt_difference_ms));
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "QTcF, ms", show(c->recorded.qtc_fridericia_ms), show(c->simulated.qtc_fridericia_ms), signed_or(c->simulated.qtc_fridericia_ms - c->recorded.qtc_fridericia_ms));
  text += fmt::format("  {:<10} {:>9} {:>9} {:>9}\n", "axis, deg", show(c->recorded.axis_deg), show(c->simulated.axis_deg), signed_or(c->axis_difference_deg));
  text += fmt::format("  {:<6} {:>11} {:>11} {:>9} {:>12} {:>13}\n", "lead", "correlation", "within QRS", "RMS, mV", "recorded, mV", "simulated, mV");
  for (const auto& l : c->leads) {
    json["leads"].push_back({{"lead", l.lead}, {"correlation", quantity_or_null(l.correlation)}, {"qrs_correlation", quantity_or_null(l.qrs_correlation)}, {"rms_mV", l.rms_mV}, {"recorded_qrs_mV", l.recorded_mV}, {"simulated_qrs_mV", l.simulated_mV}});
    text += fmt::format("  {:<6} {:>11} {:>11} {:>9} {:>12} {:>13}\n", l.lead, show(l.correlation, 2), show(l.qrs_correlation, 2), show(l.rms_mV, 2), show(l.recorded_mV, 2), show(l.simulated_mV, 2));
  }
  text += fmt::format("  mean correlation {} (QRS {})\n", show(c->mean_correlation, 2), show(c->mean_qrs_correlation, 2));
  return context.print(json, text);
}

core::Result<void> export_ecg(Context& context) {
  const Options& o = options();
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  ep::Ecg ecg;
  if (o.what == "simulated") {
    auto simulated = session::simulated_ecg(*data, o.plan);
    if (!simulated) return core::pass(simulated);
    ecg = simulated->result->ecg;
  } else {
    auto recorded = session::find_recorded_ecg(*data, o.key);
    if (!recorded) return core::pass(recorded);
    ecg = (*recorded)->ecg;
    if (o.what == "beat") {
      auto beat = ep::representative_beat(ecg);
      if (!beat) return core::pass(beat);
      ecg = beat->ecg;
    }
  }
  auto files = session::export_ecg(ecg, o.path);
  if (!files) return core::pass(files);
  nlohmann::json json{{"files", nlohmann::json::array()}};
  std::string text;
  for (const auto& f : *files) json["files"].push_back(f.string()), text += f.string() + "\n";
  return context.print(json, text);
}

}  // namespace

void register_ecg(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* ecg = app.add_subcommand("ecg", "Recorded electrocardiograms: import, list, compare with the simulated one, export");
  ecg->require_subcommand(1);
  ecg->footer("Example: organtwin-cli ecg import cases/p1 recording.hea\n         organtwin-cli ecg compare cases/p1 --plan A");
  const auto add = [&](const char* name, const char* what, core::Result<void> (*run)(Context&)) {
    auto* c = ecg->add_subcommand(name, what);
    c->add_option("CASE", o.case_folder, "Case folder")->required();
    c->callback([&context, &chosen, run] { chosen = [&context, run] { return run(context); }; });
    return c;
  };
  auto* in = add("import", "Keep a recorded ECG with the case: WFDB (.hea), CSV or DICOM waveform", import_ecg);
  in->add_option("FILE", o.file, "The recording")->required();
  in->add_option("--rate", o.rate, "Samples per second of a CSV without a time column")->check(CLI::PositiveNumber);
  in->add_option("--unit", o.unit, "mV, uV or V of a CSV (default: what its header says, else mV)");
  in->footer("Example: organtwin-cli ecg import cases/p1 recording.hea");
  add("list", "Recorded ECGs of the case with their intervals", list_ecgs)->footer("Example: organtwin-cli ecg list cases/p1 --json");
  auto* out = add("remove", "Forget a recorded ECG", remove_ecg);
  out->add_option("KEY", o.key, "ecg1 ...")->required();
  out->footer("Example: organtwin-cli ecg remove cases/p1 ecg1");
  auto* cmp = add("compare", "Intervals and correlation per lead against the simulated ECG", compare);
  cmp->add_option("--key", o.key, "Which recording (default: the last)");
  cmp->add_option("--plan", o.plan, "Which plan (default: Baseline)");
  cmp->footer("Example: organtwin-cli ecg compare cases/p1 --plan A --json");
  auto* ex = add("export", "Write an ECG as CSV or WFDB (.hea with .dat)", export_ecg);
  ex->add_option("FILE", o.path, "Ending .csv or .hea")->required();
  ex->add_option("--what", o.what, "simulated, recorded or beat (the representative one)")->check(CLI::IsMember({"simulated", "recorded", "beat"}));
  ex->add_option("--key", o.key, "Which recording (default: the last)");
  ex->add_option("--plan", o.plan, "Which plan (default: Baseline)");
  ex->footer("Example: organtwin-cli ecg export cases/p1 leads.csv --what simulated");
}

}  // namespace ot::cli
