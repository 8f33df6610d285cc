// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/studies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "app/session/pipeline.hpp"
#include "app/session/studies_impl.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

constexpr const char* going_folder = "going";   // of a FULL study: attempts at sites that are not done (ep::StudyOptions::keep)

using Json = nlohmann::json;

core::Result<void> write_cbor(const fs::path& path, const Json& j) {
  const auto bytes = Json::to_cbor(j);
  return core::write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string study_key(const ep::ElectroProblem& problem, const StudySpec& spec) {
  core::Hasher h;
  h.text("study 1").text(problem.sha256()).text(to_json(spec).dump());
  return h.hex().substr(0, 24);
}

StudySpec preset(ep::ProtocolKind kind, const std::string& name) {
  StudySpec s;
  s.name = name;
  s.protocol.kind = kind;
  return s;
}

}  // namespace

ep::ElectroProblem baseline_of(const CaseData& data, ep::ChamberPart part) {
  const ep::ElectroProblem& p = data.twin->heart->baseline;
  return ep::is_whole_heart(*p.mesh) ? ep::alone(p, part) : p;
}

core::Result<ep::ElectroProblem> problem_of(const CaseData& data, const std::string& plan_name, ep::ChamberPart part, const std::vector<twin::InterventionSpec>& added) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to stimulate). Run `build` first.");
  const auto plan = std::find_if(data.plans.begin(), data.plans.end(), [&](const Plan& p) { return p.name == plan_name; });
  if (plan == data.plans.end()) {
    std::string known;
    for (const auto& p : data.plans) known += (known.empty() ? "" : ", ") + p.name;
    return core::bad_input(fmt::format("There is no plan \"{}\" (nothing to study). Plans of this case: {}.", plan_name, known));
  }
  twin::Scenario scenario = plan->scenario;
  for (const auto& one : added) {
    const std::string id = scenario.fresh_id(one.kind);
    scenario.interventions.push_back(one);
    scenario.interventions.back().id = id;
  }
  auto setup = twin::prepare(data.twin, scenario, core::Mode::fast);
  if (!setup) return core::pass(setup);
  return ep::is_whole_heart(*setup->electro->mesh) ? ep::alone(*setup->electro, part) : *setup->electro;
}

const std::vector<StudyPreset>& study_presets() {
  static const std::vector<StudyPreset> all = [] {
    const std::string arevalo = "S1 x 6 at 600 ms, extra-stimuli in steps of 10 ms, 17 segments and RV: Arevalo et al. 2016, Nat Commun 7:11437; EP-FACTS section 3";
    std::vector<StudyPreset> p;
    StudySpec vt = preset(ep::ProtocolKind::programmed, "vt-induction");
    vt.protocol.extrastimuli = 3;
    p.push_back({"vt-induction", "VT induction", "S2, S3 and S4 shortened in steps of 10 ms at 17 segments and the right ventricle, until re-entry", arevalo, vt});
    StudySpec sweep = preset(ep::ProtocolKind::programmed, "s1s2-sweep");
    sweep.protocol.extrastimuli = 1;
    p.push_back({"s1s2-sweep", "17-segment S1-S2", "S2 alone, shortened in steps of 10 ms at 17 segments", arevalo, sweep});
    p.back().spec.sites = {"aha"};
    StudySpec window = preset(ep::ProtocolKind::window, "vulnerable-window");
    p.push_back({"vulnerable-window", "Vulnerable window", "Every S2 of the range: which couplings induce re-entry", arevalo, window});
    StudySpec burst = preset(ep::ProtocolKind::burst, "burst");
    burst.protocol.s1_beats = 2;
    p.push_back({"burst", "Burst", "Ten beats at 250 ms at each site", "clinical burst pacing; numbers are our choice", burst});
    StudySpec af = preset(ep::ProtocolKind::burst, "af-burst");
    af.protocol.s1_beats = 2;
    af.protocol.s1_interval_ms = 500;
    af.protocol.burst_interval_ms = 130;   // just above the refractory period of remodelled atria (115 ms in our strand); at 180 ms nothing is refractory
    af.protocol.burst_beats = 14;
    af.protocol.observe_ms = 2000;
    af.sites = {"atria"};
    p.push_back({"af-burst", "AF by burst", "Fourteen beats at 130 ms at eight places of the atria (twin with atria)", "trains of 14 beats at many sites: EP-FACTS section 5; bursts down to the refractory period: Clayton 2018, 10.3389/fphys.2018.01052 (to 150 ms in remodelled cells); the interval is our choice", af});
    StudySpec pace = preset(ep::ProtocolKind::fixed, "pace");
    p.push_back({"pace", "Pacing", "A train of S1 alone (or with given couplings)", "", pace});
    return p;
  }();
  return all;
}

core::Result<SharedStudy> run_study(const CaseData& data, const StudySpec& spec, const fs::path& folder, const core::Progress& progress, const std::function<void(const ep::SiteRun&)>& on_run) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to stimulate). Run `build` first.");
  const auto part = part_of_study(*data.twin, spec);
  if (!part) return core::pass(part);
  auto problem = problem_of(data, spec.plan, *part, spec.added);
  if (!problem) return core::pass(problem);
  auto sites = study_sites(*data.twin, spec);
  if (!sites) return core::pass(sites);
  // Lesions of the plan may have burned a site.
  for (auto& s : *sites) s.nodes = ep::nodes_near(*problem, s.at_mm, spec.site_radius_mm, 10.0);
  std::erase_if(*sites, [](const auto& s) { return s.nodes.empty(); });
  ep::StudyOptions options;
  fs::path where;
  core::Result<void> kept;
  if (!folder.empty()) {
    where = folder / "studies" / study_key(*problem, spec);
    std::error_code ec;
    fs::create_directories(where, ec);
    if (ec) return core::bad_input(fmt::format("Cannot create {} ({}). Choose a case folder you may write to.", where.string(), ec.message()));
    for (const auto& s : *sites) {
      auto text = core::read_file(where / (s.key + ".cbor"));
      if (!text) continue;
      try {
        options.known.push_back(run_from(Json::from_cbor(*text)));
      } catch (const std::exception&) {
        // A damaged run is played again.
      }
    }
  }
  std::set<std::string> continued;   // sites whose attempts went on
  if (!where.empty() && spec.mode == core::Mode::full) {
    options.keep = where / going_folder;
    options.on_continued = [&](const ep::StudySite& s, double) { continued.insert(s.key); };
  }
  options.on_run = [&](const ep::SiteRun& r) {
    if (!where.empty()) {
      auto ok = write_cbor(where / (r.site.key + ".cbor"), run_file(r));
      std::error_code ec;
      if (ok) fs::remove_all(where / going_folder / r.site.key, ec);   // the run holds what they led to
      else if (kept) kept = ok;
    }
    if (on_run) on_run(r);
  };
  auto study = ep::run_study(*problem, *sites, spec.protocol, spec.mode, options, progress);
  if (!study) return core::pass(study);
  if (!kept) return core::pass(kept);
  if (ep::is_whole_heart(*problem->mesh))
    study->notes.push_back(fmt::format("Played on the {} of the whole heart: nothing is conducted between atria and ventricles during a study.", *part == ep::ChamberPart::atria ? "atria" : "ventricles"));
  for (const auto& s : *sites)
    if (const auto place = ep::paced_place(*problem->mesh, s, spec.site_radius_mm); place.moved_mm > 0)
      study->notes.push_back(fmt::format("{} lies in tissue that does not conduct: paced {:.1f} mm away, at ({:.1f}, {:.1f}, {:.1f}) mm LPS.", s.name, place.moved_mm, place.at_mm.x(), place.at_mm.y(), place.at_mm.z()));
  if (!options.known.empty()) study->notes.push_back(fmt::format("{} of {} runs were taken over from an earlier start.", options.known.size(), study->runs.size()));
  if (!continued.empty()) study->notes.push_back(fmt::format("{} of {} runs went on inside, from where they had been stopped.", continued.size(), study->runs.size()));
  if (!where.empty()) {
    std::error_code ec;
    fs::remove_all(where / going_folder, ec);
    Json order = Json::array();
    for (const auto& r : study->runs) order.push_back(r.site.key);
    const Json j{{"spec", to_json(spec)}, {"saved_utc", now_utc()}, {"problem_sha256", study->problem_sha256}, {"mesh_sha256", study->mesh_sha256}, {"runs", order}, {"notes", study->notes}, {"wall_s", study->wall_s}};
    if (auto ok = core::write_file(where / "study.json", j.dump(1) + "\n"); !ok) return core::pass(ok);
  }
  return std::make_shared<const ep::StudyResult>(std::move(*study));
}

std::vector<SavedStudy> saved_studies(const fs::path& folder) {
  std::vector<SavedStudy> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder / "studies", ec)) {
    const auto text = core::read_file(entry.path() / "study.json", std::size_t(64) << 20);
    if (!text) continue;   // not complete yet
    try {
      const Json j = Json::parse(*text);
      auto spec = study_from_json(j.at("spec"));
      if (!spec) continue;
      auto study = std::make_shared<ep::StudyResult>();
      study->mode = spec->mode;
      study->protocol = spec->protocol;
      study->problem_sha256 = j.at("problem_sha256").get<std::string>();
      study->mesh_sha256 = j.at("mesh_sha256").get<std::string>();
      study->notes = j.at("notes").get<std::vector<std::string>>();
      study->wall_s = j.at("wall_s").get<double>();
      for (const auto& key : j.at("runs")) {
        auto bytes = core::read_file(entry.path() / (key.get<std::string>() + ".cbor"));
        if (!bytes) throw std::runtime_error("a run is missing");
        study->runs.push_back(run_from(Json::from_cbor(*bytes)));
        const auto& r = study->runs.back();
        if (!r.induced()) continue;
        const double c = r.attempts[std::size_t(r.best)].found.cycle_length_ms;
        study->shortest_cycle_ms = study->induced == 0 ? c : std::min(study->shortest_cycle_ms, c);
        study->longest_cycle_ms = std::max(study->longest_cycle_ms, c);
        ++study->induced;
      }
      out.push_back({entry.path().filename().string(), spec->name, j.at("saved_utc").get<std::string>(), *spec, study});
    } catch (const std::exception&) {
      continue;   // a damaged study is not shown; running it again replaces it
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.saved_utc != b.saved_utc ? a.saved_utc > b.saved_utc : a.key < b.key; });
  return out;
}

}  // namespace ot::session
