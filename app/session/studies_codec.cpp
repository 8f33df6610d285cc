// SPDX-License-Identifier: GPL-3.0-or-later
// Studies as JSON: what is asked, what was found, and the file of a finished run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "app/session/studies_impl.hpp"

namespace ot::session {
namespace {

using Json = nlohmann::json;

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
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

}  // namespace

core::Vec3 vec_from(const Json& j) { return {j.at(0).get<double>(), j.at(1).get<double>(), j.at(2).get<double>()}; }
Json vec_json(const core::Vec3& v) { return {v.x(), v.y(), v.z()}; }

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
    for (const auto& x : f.points) points.push_back(vec_json(x));
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
  for (const Json& e : j.at("exits")) {
    r.exits.push_back({vec_from(e.at("at_mm")), e.at("node").get<core::Index>(), e.at("time_ms").get<double>(), e.at("share_percent").get<double>()});
    if (!e.contains("isthmus_ms")) continue;   // runs of version 0.1
    r.exits.back().isthmus_ms = e.at("isthmus_ms").get<double>();
    r.exits.back().isthmus_mm = vec_from(e.at("isthmus_mm"));
  }
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

core::Result<std::vector<double>> couplings_from(const std::string& text) {
  std::string blanks = text;
  std::replace(blanks.begin(), blanks.end(), ',', ' ');
  std::istringstream in(blanks);
  std::vector<double> out;
  for (std::string word; in >> word;) {
    char* end = nullptr;
    const double ms = std::strtod(word.c_str(), &end);
    if (*end != 0 || !(ms >= 50 && ms <= 5000)) return core::wrong_usage(fmt::format("\"{}\" is no coupling. Write those of S2, S3 ... in ms (50 to 5000), for instance 350 300 280.", word));
    out.push_back(ms);
  }
  return out;
}

nlohmann::json to_json(const StudySpec& s) {
  Json out{{"preset", s.name}, {"mode", core::name_of(s.mode)}, {"plan", s.plan}, {"sites", s.sites}, {"site_radius_mm", s.site_radius_mm}, {"protocol", protocol_json(s.protocol)}};
  if (!s.added.empty()) out["scenario"] = twin::to_json(twin::Scenario{"added", s.added});   // absent: the keys of studies without it stay
  return out;
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
      else if (key == "scenario") {
        auto scenario = twin::scenario_from_json(value);
        if (!scenario) return core::pass(scenario);
        out.added = scenario->interventions;
      } else if (key == "protocol") {
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
      } else return core::wrong_usage(fmt::format("A study has no key \"{}\" (it would be ignored). Keys: preset mode plan sites site_radius_mm protocol scenario.", key));
    }
  } catch (const Json::exception& e) {
    return core::bad_input(fmt::format("A value of the study has the wrong type ({}). See `study --help`.", e.what()));
  }
  if (!(out.site_radius_mm > 0 && out.site_radius_mm <= 20)) return core::wrong_usage("The stimulated tissue has a radius of 0 to 20 mm. Usual: 2.5.");
  if (auto ok = ep::check(out.protocol); !ok) return core::pass(ok);
  return out;
}

Json to_json(const ep::SiteRun& r) {
  Json attempts = Json::array(), exits = Json::array();
  for (const auto& a : r.attempts)
    attempts.push_back({{"couplings_ms", a.couplings_ms}, {"last_stimulus_ms", a.last_stimulus_ms}, {"captured", a.captured}, {"outcome", name_of(a.found.outcome)}, {"rhythm", name_of(a.found.rhythm)},
                        {"cycle_length_ms", a.found.cycle_length_ms}, {"variation_ms", a.found.variation_ms}, {"cycles", a.found.cycles}, {"sustained", a.found.sustained},
                        {"last_activation_ms", a.found.last_activation_ms}});
  for (const auto& e : r.exits) exits.push_back({{"at_mm", vec_json(e.at_mm)}, {"node", e.node}, {"time_ms", e.time_ms}, {"share_percent", e.share_percent}, {"isthmus_mm", vec_json(e.isthmus_mm)}, {"isthmus_ms", e.isthmus_ms}});
  Json filaments = Json::array();
  for (const auto& f : r.filaments) filaments.push_back({{"t_ms", f.t_ms}, {"count", f.count}, {"length_mm", f.length_mm}});
  return {{"site", {{"key", r.site.key}, {"name", r.site.name}, {"at_mm", vec_json(r.site.at_mm)}, {"aha_segment", r.site.aha_segment}}}, {"attempts", attempts}, {"best", r.best},
          {"induced", r.induced()}, {"finished", r.finished}, {"refractory_ms", r.refractory_ms}, {"window_ms", {r.window_from_ms, r.window_to_ms}}, {"exits", exits}, {"filaments", filaments},
          {"wall_s", r.wall_s}, {"notes", r.notes}};
}

Json to_json(const ep::StudyResult& s) {
  Json runs = Json::array();
  for (const auto& r : s.runs) runs.push_back(to_json(r));
  return {{"mode", core::name_of(s.mode)}, {"protocol", protocol_json(s.protocol)}, {"problem_sha256", s.problem_sha256}, {"mesh_sha256", s.mesh_sha256}, {"sites", s.runs.size()},
          {"induced_sites", s.induced}, {"shortest_cycle_ms", s.shortest_cycle_ms}, {"longest_cycle_ms", s.longest_cycle_ms}, {"runs", runs}, {"notes", s.notes}, {"wall_s", s.wall_s}};
}

}  // namespace ot::session
