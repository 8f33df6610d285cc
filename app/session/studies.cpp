// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/studies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "app/session/pipeline.hpp"
#include "app/session/session.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/core/lv_frame.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/studies/phase.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

Json vec(const core::Vec3& v) { return {v.x(), v.y(), v.z()}; }
Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }

core::Result<ep::ElectroProblem> problem_of(const CaseData& data, const std::string& plan_name, const twin::InterventionSpec* extra = nullptr) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to stimulate). Run `build` first.");
  const auto plan = std::find_if(data.plans.begin(), data.plans.end(), [&](const Plan& p) { return p.name == plan_name; });
  if (plan == data.plans.end()) {
    std::string known;
    for (const auto& p : data.plans) known += (known.empty() ? "" : ", ") + p.name;
    return core::bad_input(fmt::format("There is no plan \"{}\" (nothing to study). Plans of this case: {}.", plan_name, known));
  }
  twin::Scenario scenario = plan->scenario;
  if (extra) {
    scenario.interventions.push_back(*extra);
    scenario.interventions.back().id = scenario.fresh_id(extra->kind);
  }
  auto setup = twin::prepare(data.twin, scenario, core::Mode::fast);
  if (!setup) return core::pass(setup);
  return *setup->electro;
}

// ---- JSON of runs ----
ep::Outcome outcome_from(const std::string& s) {
  for (auto o : {ep::Outcome::no_capture, ep::Outcome::decay, ep::Outcome::reentry})
    if (s == name_of(o)) return o;
  throw std::runtime_error("unknown outcome");
}
ep::Rhythm rhythm_from(const std::string& s) {
  using R = ep::Rhythm;
  for (auto r : {R::none, R::monomorphic_vt, R::ventricular_flutter, R::polymorphic_vt, R::vf, R::atrial_tachycardia, R::af})
    if (s == name_of(r)) return r;
  throw std::runtime_error("unknown rhythm");
}
core::Vec3 vec_from(const Json& j) { return {j.at(0).get<double>(), j.at(1).get<double>(), j.at(2).get<double>()}; }

Json protocol_json(const ep::Protocol& p) {
  return {{"kind", name_of(p.kind)}, {"s1_interval_ms", p.s1_interval_ms}, {"s1_beats", p.s1_beats}, {"extrastimuli", p.extrastimuli}, {"s2_first_ms", p.s2_first_ms}, {"step_ms", p.step_ms},
          {"shortest_ms", p.shortest_ms}, {"couplings_ms", p.couplings_ms}, {"burst_interval_ms", p.burst_interval_ms}, {"burst_beats", p.burst_beats}, {"observe_ms", p.observe_ms},
          {"cycles_needed", p.cycles_needed}, {"stimulus_ms", p.stimulus_ms}};
}

// A finished run with everything a later start needs: also the last cycles (base64-free: CBOR keeps them as numbers).
Json run_file(const ep::SiteRun& r) {
  Json j = to_json(r);
  j["nodes"] = r.site.nodes;
  j["last_cycles"] = {{"end_ms", r.last_cycles.end_ms}, {"begin", r.last_cycles.begin}, {"at_ms", r.last_cycles.at_ms}};
  Json until = Json::array();
  for (float x : r.last_cycles.repolarised_ms) until.push_back(number(double(x)));
  j["last_cycles"]["repolarised_ms"] = std::move(until);
  Json frames = Json::array();
  for (const auto& f : r.filaments) {
    Json points = Json::array();
    for (const auto& x : f.points) points.push_back(vec(x));
    frames.push_back({{"t_ms", f.t_ms}, {"count", f.count}, {"length_mm", f.length_mm}, {"points_mm", points}, {"filament", f.filament}, {"charge", f.charge}});
  }
  j["filament_frames"] = std::move(frames);
  return j;
}

ep::SiteRun run_from(const Json& j) {
  ep::SiteRun r;
  const Json& s = j.at("site");
  r.site = {s.at("key").get<std::string>(), s.at("name").get<std::string>(), vec_from(s.at("at_mm")), s.at("aha_segment").get<int>(), j.at("nodes").get<std::vector<core::Index>>()};
  for (const Json& a : j.at("attempts")) {
    ep::Attempt t;
    t.couplings_ms = a.at("couplings_ms").get<std::vector<double>>();
    t.last_stimulus_ms = a.at("last_stimulus_ms").get<double>();
    t.captured = a.at("captured").get<bool>();
    t.found.outcome = outcome_from(a.at("outcome").get<std::string>());
    t.found.rhythm = rhythm_from(a.at("rhythm").get<std::string>());
    t.found.cycle_length_ms = a.at("cycle_length_ms").get<double>();
    t.found.variation_ms = a.at("variation_ms").get<double>();
    t.found.cycles = a.at("cycles").get<int>();
    t.found.sustained = a.at("sustained").get<bool>();
    t.found.last_activation_ms = a.at("last_activation_ms").get<double>();
    r.attempts.push_back(std::move(t));
  }
  r.best = j.at("best").get<int>();
  if (r.best >= int(r.attempts.size())) throw std::runtime_error("an attempt is missing");
  r.finished = j.at("finished").get<bool>();
  r.refractory_ms = j.at("refractory_ms").get<double>();
  r.window_from_ms = j.at("window_ms").at(0).get<double>();
  r.window_to_ms = j.at("window_ms").at(1).get<double>();
  for (const Json& e : j.at("exits")) r.exits.push_back({vec_from(e.at("at_mm")), e.at("node").get<core::Index>(), e.at("time_ms").get<double>(), e.at("share_percent").get<double>()});
  for (const Json& f : j.at("filament_frames")) {
    ep::FilamentFrame frame;
    frame.t_ms = f.at("t_ms").get<double>();
    frame.count = f.at("count").get<int>();
    frame.length_mm = f.at("length_mm").get<double>();
    for (const Json& x : f.at("points_mm")) frame.points.push_back(vec_from(x));
    frame.filament = f.at("filament").get<std::vector<int>>();
    frame.charge = f.at("charge").get<std::vector<int>>();
    r.filaments.push_back(std::move(frame));
  }
  const Json& last = j.at("last_cycles");
  r.last_cycles.end_ms = last.at("end_ms").get<double>();
  r.last_cycles.begin = last.at("begin").get<std::vector<std::uint32_t>>();
  r.last_cycles.at_ms = last.at("at_ms").get<std::vector<float>>();
  for (const Json& x : last.at("repolarised_ms")) r.last_cycles.repolarised_ms.push_back(x.is_null() ? std::numeric_limits<float>::quiet_NaN() : x.get<float>());
  r.wall_s = j.at("wall_s").get<double>();
  r.notes = j.at("notes").get<std::vector<std::string>>();
  return r;
}

core::Result<void> write_cbor(const fs::path& path, const Json& j) {
  const auto bytes = Json::to_cbor(j);
  return core::write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string study_key(const ep::ElectroProblem& problem, const StudySpec& spec) {
  core::Hasher h;
  h.text("study 1").text(problem.sha256()).text(to_json(spec).dump());
  return h.hex().substr(0, 24);
}

std::string couplings_text(const ep::Attempt& a) {
  std::string s;
  for (double c : a.couplings_ms) s += (s.empty() ? "" : " ") + fmt::format("{:.0f}", c);
  return s;
}

StudySpec preset(ep::ProtocolKind kind, const std::string& name) {
  StudySpec s;
  s.name = name;
  s.protocol.kind = kind;
  return s;
}

}  // namespace

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
    StudySpec pace = preset(ep::ProtocolKind::fixed, "pace");
    p.push_back({"pace", "Pacing", "A train of S1 alone (or with given couplings)", "", pace});
    return p;
  }();
  return all;
}

nlohmann::json to_json(const StudySpec& s) {
  return {{"preset", s.name}, {"mode", core::name_of(s.mode)}, {"plan", s.plan}, {"sites", s.sites}, {"site_radius_mm", s.site_radius_mm}, {"protocol", protocol_json(s.protocol)}};
}

core::Result<StudySpec> study_from_json(const Json& j) {
  if (!j.is_object()) return core::bad_input("A study is a JSON object such as {\"preset\": \"vt-induction\"}.");
  StudySpec out = study_presets().front().spec;
  try {
    if (j.contains("preset")) {
      const std::string key = j.at("preset").get<std::string>();
      const auto& all = study_presets();
      const auto found = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.key == key; });
      if (found == all.end()) {
        std::string known;
        for (const auto& p : all) known += (known.empty() ? "" : ", ") + p.key;
        return core::wrong_usage(fmt::format("There is no study preset \"{}\". Choose one of: {}.", key, known));
      }
      out = found->spec;
    }
    for (const auto& [key, value] : j.items()) {
      if (key == "preset") continue;
      if (key == "mode") {
        const std::string m = value.get<std::string>();
        if (m != "fast" && m != "full") return core::wrong_usage("The mode of a study is fast or full.");
        out.mode = m == "fast" ? core::Mode::fast : core::Mode::full;
      } else if (key == "plan") out.plan = value.get<std::string>();
      else if (key == "sites") out.sites = value.get<std::vector<std::string>>();
      else if (key == "site_radius_mm") out.site_radius_mm = value.get<double>();
      else if (key == "protocol") {
        ep::Protocol& p = out.protocol;
        for (const auto& [k, v] : value.items()) {
          if (k == "kind") {
            bool known = false;
            for (auto kind : {ep::ProtocolKind::programmed, ep::ProtocolKind::fixed, ep::ProtocolKind::burst, ep::ProtocolKind::window})
              if (v.get<std::string>() == ep::name_of(kind)) p.kind = kind, known = true;
            if (!known) return core::wrong_usage("The kind of a protocol is programmed, fixed, burst or window.");
          } else if (k == "s1_interval_ms") p.s1_interval_ms = v.get<double>();
          else if (k == "s1_beats") p.s1_beats = v.get<int>();
          else if (k == "extrastimuli") p.extrastimuli = v.get<int>();
          else if (k == "s2_first_ms") p.s2_first_ms = v.get<double>();
          else if (k == "step_ms") p.step_ms = v.get<double>();
          else if (k == "shortest_ms") p.shortest_ms = v.get<double>();
          else if (k == "couplings_ms") p.couplings_ms = v.get<std::vector<double>>();
          else if (k == "burst_interval_ms") p.burst_interval_ms = v.get<double>();
          else if (k == "burst_beats") p.burst_beats = v.get<int>();
          else if (k == "observe_ms") p.observe_ms = v.get<double>();
          else if (k == "cycles_needed") p.cycles_needed = v.get<int>();
          else if (k == "stimulus_ms") p.stimulus_ms = v.get<double>();
          else return core::wrong_usage(fmt::format("A protocol has no key \"{}\" (it would be ignored). Keys: kind s1_interval_ms s1_beats extrastimuli s2_first_ms step_ms shortest_ms couplings_ms burst_interval_ms burst_beats observe_ms cycles_needed stimulus_ms.", k));
        }
      } else return core::wrong_usage(fmt::format("A study has no key \"{}\" (it would be ignored). Keys: preset mode plan sites site_radius_mm protocol.", key));
    }
  } catch (const Json::exception& e) {
    return core::bad_input(fmt::format("A value of the study has the wrong type ({}). See `study --help`.", e.what()));
  }
  if (!(out.site_radius_mm > 0 && out.site_radius_mm <= 20)) return core::wrong_usage("The stimulated tissue has a radius of 0 to 20 mm. Usual: 2.5.");
  if (auto ok = ep::check(out.protocol); !ok) return core::pass(ok);
  return out;
}

core::Result<std::vector<ep::StudySite>> study_sites(const twin::TwinModel& twin, const StudySpec& spec) {
  if (!twin.heart) return core::bad_input("The twin has no heart (nothing to stimulate). Open a case with a heart.");
  const twin::HeartModel& heart = *twin.heart;
  const core::TetMesh& mesh = *heart.baseline.mesh;
  const auto& p = heart.baseline;
  std::vector<char> excitable(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (p.regions.empty() || p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting)
      for (core::Index n : mesh.tets[t]) excitable[std::size_t(n)] = 1;
  std::vector<ep::StudySite> out;
  const auto add = [&](ep::StudySite site) {
    site.nodes = ep::nodes_near(p, site.at_mm, spec.site_radius_mm, 10.0);   // further off the muscle is a mistake
    if (std::none_of(out.begin(), out.end(), [&](const auto& s) { return s.key == site.key; })) out.push_back(std::move(site));
  };
  // The excitable node nearest to the centre of a group on the endocardium (inner fifth of the wall; all of the group when it has none there).
  const auto middle = [&](const auto& belongs) -> core::Index {
    for (const float inner : {0.2f, 2.0f}) {
      core::Vec3 centre = core::Vec3::Zero();
      std::size_t count = 0;
      const auto in = [&](std::size_t n) { return excitable[n] && belongs(n) && (heart.transmural.empty() || heart.transmural[n] <= inner); };
      for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
        if (in(n)) centre += mesh.nodes[n], ++count;
      if (count == 0) continue;
      centre /= double(count);
      core::Index best = -1;
      for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
        if (in(n) && (best < 0 || (mesh.nodes[n] - centre).squaredNorm() < (mesh.nodes[std::size_t(best)] - centre).squaredNorm())) best = core::Index(n);
      return best;
    }
    return -1;
  };
  const auto segment = [&](int s) {
    const core::Index n = middle([&](std::size_t i) { return i < heart.aha_segment.size() && heart.aha_segment[i] == s; });
    if (n >= 0) add({fmt::format("aha-{:02d}", s), fmt::format("{} {}", s, core::aha_name(s)), mesh.nodes[std::size_t(n)], s, {}});
    return n >= 0;
  };
  for (const std::string& text : spec.sites) {
    if (text == "aha") {
      for (int s = 1; s <= 17; ++s) segment(s);
    } else if (text == "rv") {
      int rv = -1;
      for (const auto& [value, name] : mesh.region_names)
        if (name == "rv_wall") rv = value;
      std::vector<char> in_rv(mesh.nodes.size(), 0);
      for (std::size_t t = 0; t < mesh.tets.size() && rv >= 0; ++t)
        if (t < mesh.region.size() && mesh.region[t] == rv)
          for (core::Index n : mesh.tets[t]) in_rv[std::size_t(n)] = 1;
      // Apex and outflow side: the usual two places of a catheter in the right ventricle.
      for (const bool apex : {true, false}) {
        const core::Index n = middle([&](std::size_t i) { return in_rv[i] && (heart.apicobasal.empty() || (apex ? heart.apicobasal[i] < 0.45f : heart.apicobasal[i] > 0.7f)); });
        if (n >= 0) add({apex ? "rv-apex" : "rv-base", apex ? "RV apex" : "RV base", mesh.nodes[std::size_t(n)], 0, {}});
      }
    } else if (text.find(',') != std::string::npos) {
      double x[3];
      std::istringstream in(text);
      char comma;
      if (!(in >> x[0] >> comma >> x[1] >> comma >> x[2]) || !in.eof()) return core::wrong_usage(fmt::format("\"{}\" is not a point. Write it as x,y,z in LPS mm.", text));
      ep::StudySite site{fmt::format("point-{:.0f}-{:.0f}-{:.0f}", x[0], x[1], x[2]), fmt::format("({:.0f}, {:.0f}, {:.0f})", x[0], x[1], x[2]), {x[0], x[1], x[2]}, 0, {}};
      if (ep::nodes_near(p, site.at_mm, spec.site_radius_mm, 10.0).empty())
        return core::bad_input(fmt::format("The point {} lies more than 10 mm from conducting muscle (it would capture nothing). Place it on the wall.", text));
      add(std::move(site));
    } else {
      const int s = std::atoi(text.c_str());
      if (s < 1 || s > 17 || text != std::to_string(s)) return core::wrong_usage(fmt::format("\"{}\" is no pacing site. Use aha, rv, a segment 1 to 17, or x,y,z in LPS mm.", text));
      if (!segment(s)) return core::bad_input(fmt::format("Segment {} holds no conducting muscle (it cannot be paced). Choose another.", s));
    }
  }
  if (out.empty()) return core::bad_input("None of the sites lies on conducting muscle (nothing to play). Choose others.");
  return out;
}

core::Result<SharedStudy> run_study(const CaseData& data, const StudySpec& spec, const fs::path& folder, const core::Progress& progress, const std::function<void(const ep::SiteRun&)>& on_run) {
  auto problem = problem_of(data, spec.plan);
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
  options.on_run = [&](const ep::SiteRun& r) {
    if (!where.empty())
      if (auto ok = write_cbor(where / (r.site.key + ".cbor"), run_file(r)); !ok && kept) kept = ok;
    if (on_run) on_run(r);
  };
  auto study = ep::run_study(*problem, *sites, spec.protocol, spec.mode, options, progress);
  if (!study) return core::pass(study);
  if (!kept) return core::pass(kept);
  if (!options.known.empty()) study->notes.push_back(fmt::format("{} of {} runs were taken over from an earlier start.", options.known.size(), study->runs.size()));
  if (!where.empty()) {
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

Json to_json(const ep::SiteRun& r) {
  Json attempts = Json::array(), exits = Json::array();
  for (const auto& a : r.attempts)
    attempts.push_back({{"couplings_ms", a.couplings_ms}, {"last_stimulus_ms", a.last_stimulus_ms}, {"captured", a.captured}, {"outcome", name_of(a.found.outcome)}, {"rhythm", name_of(a.found.rhythm)},
                        {"cycle_length_ms", a.found.cycle_length_ms}, {"variation_ms", a.found.variation_ms}, {"cycles", a.found.cycles}, {"sustained", a.found.sustained},
                        {"last_activation_ms", a.found.last_activation_ms}});
  for (const auto& e : r.exits) exits.push_back({{"at_mm", vec(e.at_mm)}, {"node", e.node}, {"time_ms", e.time_ms}, {"share_percent", e.share_percent}});
  Json filaments = Json::array();
  for (const auto& f : r.filaments) filaments.push_back({{"t_ms", f.t_ms}, {"count", f.count}, {"length_mm", f.length_mm}});
  return {{"site", {{"key", r.site.key}, {"name", r.site.name}, {"at_mm", vec(r.site.at_mm)}, {"aha_segment", r.site.aha_segment}}}, {"attempts", attempts}, {"best", r.best},
          {"induced", r.induced()}, {"finished", r.finished}, {"refractory_ms", r.refractory_ms}, {"window_ms", {r.window_from_ms, r.window_to_ms}}, {"exits", exits}, {"filaments", filaments},
          {"wall_s", r.wall_s}, {"notes", r.notes}};
}

Json to_json(const ep::StudyResult& s) {
  Json runs = Json::array();
  for (const auto& r : s.runs) runs.push_back(to_json(r));
  return {{"mode", core::name_of(s.mode)}, {"protocol", protocol_json(s.protocol)}, {"problem_sha256", s.problem_sha256}, {"mesh_sha256", s.mesh_sha256}, {"sites", s.runs.size()},
          {"induced_sites", s.induced}, {"shortest_cycle_ms", s.shortest_cycle_ms}, {"longest_cycle_ms", s.longest_cycle_ms}, {"runs", runs}, {"notes", s.notes}, {"wall_s", s.wall_s}};
}

std::string study_table(const ep::StudyResult& s) {
  std::string out = fmt::format("{:<26} {:>8} {:>12} {:<12} {:<20} {:>8} {:>7} {:>14}\n", "Site", "attempts", "couplings", "outcome", "rhythm", "cycle ms", "cycles", "window ms");
  for (const auto& r : s.runs) {
    if (r.best < 0) continue;
    const auto& a = r.attempts[std::size_t(r.best)];
    out += fmt::format("{:<26} {:>8} {:>12} {:<12} {:<20} {:>8} {:>7} {:>14}\n", r.site.name, r.attempts.size(), couplings_text(a), name_of(a.found.outcome), name_of(a.found.rhythm),
                       a.found.cycle_length_ms > 0 ? fmt::format("{:.0f}", a.found.cycle_length_ms) : "-", a.found.cycles, r.window_to_ms > 0 ? fmt::format("{:.0f}-{:.0f}", r.window_from_ms, r.window_to_ms) : "-");
    for (const auto& e : r.exits) out += fmt::format("    exit at ({:.1f}, {:.1f}, {:.1f}) mm, activates {:.0f} % of the healthy muscle\n", e.at_mm.x(), e.at_mm.y(), e.at_mm.z(), e.share_percent);
  }
  return out;
}

std::string study_csv(const ep::StudyResult& s) {
  std::string out = "site,name,aha_segment,x_mm,y_mm,z_mm,attempt,couplings_ms,captured,outcome,rhythm,cycle_length_ms,variation_ms,cycles,sustained\n";
  for (const auto& r : s.runs)
    for (std::size_t i = 0; i < r.attempts.size(); ++i) {
      const auto& a = r.attempts[i];
      out += fmt::format("{},\"{}\",{},{:.3f},{:.3f},{:.3f},{},{},{},{},{},{:.2f},{:.2f},{},{}\n", r.site.key, r.site.name, r.site.aha_segment, r.site.at_mm.x(), r.site.at_mm.y(), r.site.at_mm.z(), i + 1,
                         couplings_text(a), int(a.captured), name_of(a.found.outcome), name_of(a.found.rhythm), a.found.cycle_length_ms, a.found.variation_ms, a.found.cycles, int(a.found.sustained));
    }
  return out;
}

core::Result<std::vector<std::string>> export_study(const CaseData& data, const ep::StudyResult& study, const fs::path& folder) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to export on). Run `build` first.");
  const core::TetMesh& mesh = *data.twin->heart->baseline.mesh;
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}).", folder.string(), ec.message()));
  std::vector<std::string> files;
  const auto write = [&](const fs::path& path, const std::string& text) -> core::Result<void> {
    if (auto ok = core::write_file(path, text); !ok) return ok;
    files.push_back(path.string());
    return {};
  };
  if (auto ok = write(folder / "runs.csv", study_csv(study)); !ok) return core::pass(ok);
  for (const auto& r : study.runs) {
    if (!r.induced() || r.last_cycles.nodes() != mesh.nodes.size()) continue;
    const auto& a = r.attempts[std::size_t(r.best)];
    const double to = a.found.last_activation_ms, cycle = a.found.cycle_length_ms;
    core::Field activation{"activation_in_cycle_ms", "ms", core::Field::On::node, 1, {}, study.mesh_sha256}, phase{"phase_rad", "rad", core::Field::On::node, 1, {}, study.mesh_sha256};
    activation.values.assign(mesh.nodes.size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
      for (std::uint32_t k = r.last_cycles.begin[n]; k < r.last_cycles.begin[n + 1]; ++k)
        if (double(r.last_cycles.at_ms[k]) > to - cycle && double(r.last_cycles.at_ms[k]) <= to) activation.values[n] = float(double(r.last_cycles.at_ms[k]) - (to - cycle));
    phase.values = ep::phase_at(r.last_cycles, to - 0.5 * cycle, cycle);
    const fs::path path = folder / (r.site.key + ".vtu");
    if (auto ok = imaging::write_tet_mesh(mesh, path, {activation, phase}); !ok) return core::pass(ok);
    files.push_back(path.string());
    std::string csv = "t_ms,filament,charge,x_mm,y_mm,z_mm\n";
    for (const auto& f : r.filaments)
      for (std::size_t i = 0; i < f.points.size(); ++i)
        csv += fmt::format("{:.2f},{},{},{:.3f},{:.3f},{:.3f}\n", f.t_ms, f.filament[i], f.charge[i], f.points[i].x(), f.points[i].y(), f.points[i].z());
    if (auto ok = write(folder / (r.site.key + "-filaments.csv"), csv); !ok) return core::pass(ok);
  }
  return files;
}

core::Result<ep::BlockProof> prove_block(const CaseData& data, const std::string& plan, const core::Vec3& a, const core::Vec3& b, core::Mode mode, const core::Progress& progress) {
  auto with = problem_of(data, plan);
  if (!with) return core::pass(with);
  const auto& without = data.twin->heart->baseline;
  const auto site = [&](const char* key, const core::Vec3& at) { return ep::StudySite{key, key, at, 0, ep::nodes_near(*with, at, 2.5, 10.0)}; };
  return ep::prove_block(*with, without, site("a", a), site("b", b), mode, progress);
}

core::Result<std::vector<Target>> suggest_targets(const CaseData& data, const StudySpec& spec, const ep::StudyResult& study, double radius, double depth, const core::Progress& progress) {
  const twin::InterventionKind* kind = twin::find_intervention("ablation");
  if (!kind) return core::wrong_usage("This program knows no ablation.");
  if (spec.mode != core::Mode::fast) return core::wrong_usage("Targets are tried in FAST mode (hundreds of runs). Run the study in FAST mode first, confirm the chosen lesion in FULL.");
  std::vector<Target> out;
  const double apart = 6.0;   // mm: exits closer than a lesion is wide are one target
  for (const auto& r : study.runs)
    for (const auto& e : r.exits) {
      if (std::any_of(out.begin(), out.end(), [&](const Target& t) { return (t.at_mm - e.at_mm).norm() < apart; })) continue;
      Target t;
      t.at_mm = e.at_mm;
      t.why = fmt::format("exit of the re-entry induced at {}, activates {:.0f} % of the healthy muscle", r.site.name, e.share_percent);
      t.share_percent = e.share_percent;
      t.induced_before = study.induced;
      t.spec.kind = "ablation";
      t.spec.id = fmt::format("target-{}", out.size() + 1);
      t.spec.placement.kind = twin::Placement::Kind::point;
      t.spec.placement.points_mm = {e.at_mm};
      t.spec.params = kind->schema.defaults();
      t.spec.params.set("radius_mm", radius);
      t.spec.params.set("depth_mm", depth);
      t.spec.note = t.why;
      out.push_back(std::move(t));
    }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const core::Progress part = progress.part(double(i) / double(out.size()), double(i + 1) / double(out.size()));
    Target& t = out[i];
    auto problem = problem_of(data, spec.plan, &t.spec);
    if (!problem) {
      if (problem.error().code == core::ErrorCode::cancelled) return core::pass(problem);
      t.induced_after = t.induced_before;   // cannot be burned there
      t.why += " (no lesion fits: " + problem.error().message + ")";
      continue;
    }
    const auto& before = data.twin->heart->baseline;
    for (std::size_t e = 0; e < problem->tissue.size(); ++e)
      if (!problem->regions[problem->tissue[e]].conducting && before.regions[before.tissue[e]].conducting) {
        const auto& v = problem->mesh->tets[e];
        const auto& x = problem->mesh->nodes;
        t.lesion_cm3 += core::tet_volume(x[std::size_t(v[0])], x[std::size_t(v[1])], x[std::size_t(v[2])], x[std::size_t(v[3])]) / 1000.0;
      }
    // The whole protocol again at every site that was inducible: residual inducibility.
    std::vector<ep::StudySite> sites;
    for (const auto& r : study.runs)
      if (r.induced()) {
        sites.push_back(r.site);
        sites.back().nodes = ep::nodes_near(*problem, r.site.at_mm, spec.site_radius_mm, 10.0);
      }
    std::erase_if(sites, [](const auto& s) { return s.nodes.empty(); });
    auto again = ep::run_study(*problem, sites, spec.protocol, spec.mode, {}, part);
    if (!again) return core::pass(again);
    t.induced_after = again->induced;
  }
  std::stable_sort(out.begin(), out.end(), [](const Target& a, const Target& b) { return a.induced_after != b.induced_after ? a.induced_after < b.induced_after : a.lesion_cm3 < b.lesion_cm3; });
  return out;
}

}  // namespace ot::session
