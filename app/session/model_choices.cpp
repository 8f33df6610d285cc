// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/model_choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "app/session/codec_parts.hpp"
#include "app/session/electrode_choices.hpp"
#include "app/session/flow_assumptions.hpp"
#include "app/session/flow_codec.hpp"
#include "app/session/muscle_choices.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/organs/heart/atrial_wall.hpp"
#include "solvers/organs/heart/muscle.hpp"

namespace ot::session {
std::vector<LumenCap> lumen_caps(const core::SurfaceMesh& lumen) {
  std::map<int, LumenCap> caps;
  std::map<int, core::Vec3> area;
  std::map<int, double> weight;
  for (std::size_t t = 0; t < lumen.triangles.size() && t < lumen.patch.size(); ++t) {
    const auto name = lumen.patch_names.find(lumen.patch[t]);
    if (name == lumen.patch_names.end() || name->second == "wall") continue;
    const auto& [a, b, c] = lumen.triangles[t];
    const core::Vec3 x = lumen.points[std::size_t(a)], y = lumen.points[std::size_t(b)], z = lumen.points[std::size_t(c)];
    const core::Vec3 normal = 0.5 * (y - x).cross(z - x);
    LumenCap& cap = caps[name->first];
    cap.patch = name->first;
    cap.name = name->second;
    cap.centre += normal.norm() * (x + y + z) / 3;
    weight[name->first] += normal.norm();
    area.try_emplace(name->first, core::Vec3(0, 0, 0)).first->second += normal;
  }
  std::vector<LumenCap> found;
  for (auto& [patch, cap] : caps) {
    if (!(weight[patch] > 0)) continue;
    cap.centre /= weight[patch];
    cap.normal = area[patch].normalized();
    cap.radius_mm = std::sqrt(weight[patch] / 3.14159265358979323846);
    found.push_back(cap);
  }
  return found;
}

PipelineParams with_choices(PipelineParams params, const ModelChoices& choices) {
  const PipelineParams usual;
  if (params.conduction == usual.conduction && params.block == usual.block && params.accessory == usual.accessory) {
    params.conduction = choices.conduction;
    params.block = choices.block;
    params.accessory = choices.accessory;
  }
  return params;
}

FlowConditions conditions_of(const twin::VesselModel& vessel) {
  FlowConditions out;
  out.steady = vessel.baseline.steady;
  out.cycle_s = vessel.baseline.cycle_s;
  out.cycles = vessel.baseline.cycles, out.dt_s = vessel.baseline.dt_s, out.steady_tolerance = vessel.baseline.steady_tolerance;
  out.fluid = vessel.baseline.fluid, out.network_model = vessel.baseline.network_model, out.vessel_wall = vessel.baseline.vessel_wall;
  if (!vessel.lumen) return out;
  for (const LumenCap& cap : lumen_caps(*vessel.lumen)) {
    CapCondition c;
    c.patch = cap.name;
    c.centre = cap.centre;
    c.inflow.patch = c.outflow.patch = -1;
    for (const auto& i : vessel.baseline.inlets)
      if (i.patch == cap.patch) c.inlet = true, c.inflow = i;
    for (const auto& o : vessel.baseline.outlets)
      if (o.patch == cap.patch) c.outflow = o;
    out.caps.push_back(std::move(c));
  }
  return out;
}

core::Result<std::shared_ptr<const twin::VesselModel>> with_conditions(const twin::VesselModel& vessel, const FlowConditions& conditions) {
  auto out = std::make_shared<twin::VesselModel>(vessel);
  out->baseline.inlets.clear();
  out->baseline.outlets.clear();
  out->baseline.steady = conditions.steady;
  out->baseline.cycle_s = conditions.cycle_s;
  out->baseline.cycles = conditions.cycles, out->baseline.dt_s = conditions.dt_s, out->baseline.steady_tolerance = conditions.steady_tolerance;
  out->baseline.fluid = conditions.fluid, out->baseline.network_model = conditions.network_model, out->baseline.vessel_wall = conditions.vessel_wall;
  for (const LumenCap& cap : lumen_caps(*vessel.lumen)) {
    const auto chosen = std::find_if(conditions.caps.begin(), conditions.caps.end(),
                                     [&](const CapCondition& c) { return c.patch == cap.name && (c.centre - cap.centre).norm() < same_cap_mm; });
    if (chosen == conditions.caps.end())
      return core::bad_input(fmt::format("{}: no condition was chosen for the end \"{}\" (it is new or has moved). Look at the ends of the vessel again.", vessel.name, cap.name));
    if (chosen->inlet) {
      out->baseline.inlets.push_back(chosen->inflow);
      out->baseline.inlets.back().patch = cap.patch;
    } else {
      out->baseline.outlets.push_back(chosen->outflow);
      out->baseline.outlets.back().patch = cap.patch;
    }
  }
  return std::shared_ptr<const twin::VesselModel>(std::move(out));
}

ElectroChoices electro_of(const ep::ElectroProblem& p) {
  return {p.ionic_model, p.dt_ms, p.end_ms, p.cycle_length_ms, p.sodium_interpolation_weight, {}, {}};
}

core::Result<std::shared_ptr<const twin::HeartModel>> with_electro(const twin::HeartModel& heart, const ElectroChoices& choices, const core::Progress& progress) {
  auto out = std::make_shared<twin::HeartModel>(heart);
  ep::ElectroProblem& p = out->baseline;
  p.dt_ms = choices.dt_ms;
  p.end_ms = choices.end_ms;
  p.cycle_length_ms = choices.cycle_length_ms;
  if (p.ionic_model != choices.ionic_model)
    if (auto ok = ep::choose_cells(p, choices.ionic_model, progress); !ok) return core::pass(ok);
  p.sodium_interpolation_weight = choices.sodium_interpolation_weight;
  for (auto& e : p.electrodes) {
    if (const auto moved = choices.electrodes.find(e.name); moved != choices.electrodes.end()) e.position = moved->second;
    else if (const auto placed = choices.electrodes_placed.find(e.name); placed != choices.electrodes_placed.end()) e.position = placed->second;
  }
  return std::shared_ptr<const twin::HeartModel>(std::move(out));
}

void note_electrodes(ElectroChoices& choices, const ep::ElectroProblem& built) {
  choices.electrodes_placed.clear();
  for (const auto& e : built.electrodes)
    if (choices.electrodes.count(e.name)) choices.electrodes_placed[e.name] = e.position;
}

void lay_choices(const ModelChoices& choices, twin::TwinModel& twin) {
  if (choices.electro && twin.heart) {
    if (auto laid = with_electro(*twin.heart, *choices.electro)) {
      twin.heart = *laid;
      organs::restate_muscle(twin.assumptions, twin.heart->baseline);
      restate_electrodes(twin.assumptions, choices.electro->electrodes);
    } else {
      twin.assumptions.push_back(laid.error().message + " The beat is computed as the twin was built.");
    }
  }
  for (auto& vessel : twin.vessels) {
    const auto chosen = choices.flow.find(vessel->key);
    if (chosen == choices.flow.end()) continue;
    if (auto laid = with_conditions(*vessel, chosen->second)) {
      vessel = *laid;
      say_flow_assumptions(twin.assumptions, *vessel, true);
    } else {
      twin.assumptions.push_back(laid.error().message + " Until then the vessel has the conditions it was built with.");
    }
  }
}

namespace {

constexpr const char* aside = "aside ";
constexpr std::size_t most_aside = 6;   // of each mode: the last few plans; a FULL beat is some hundred megabytes

}  // namespace

// Known parts are found by the hash of their problem, so these may serve again; as answers they are out of reach.
void set_results_aside(CaseData& data) {
  std::size_t fast = 0, full = 0;
  std::vector<StoredRun> kept;
  for (auto r = data.results.rbegin(); r != data.results.rend(); ++r) {
    std::size_t& count = r->result->mode == core::Mode::full ? full : fast;
    if (++count > most_aside) continue;
    kept.push_back(*r);
    if (kept.back().scenario_sha256.rfind(aside, 0) != 0) kept.back().scenario_sha256 = aside + kept.back().scenario_sha256;
  }
  data.results.assign(kept.rbegin(), kept.rend());
}

core::Result<void> set_conditions(CaseData& data, const std::string& key, const FlowConditions& conditions) {
  if (!data.twin || !data.twin->find_vessel(key)) return core::bad_input("The case has no such vessel (nothing to set). Open or build it first.");
  auto laid = with_conditions(*data.twin->find_vessel(key), conditions);
  if (!laid) return core::pass(laid);
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  for (auto& v : twin->vessels)
    if (v->key == key) v = *laid;
  say_flow_assumptions(twin->assumptions, **laid, true);
  data.choices.flow[key] = conditions;
  data.twin = std::move(twin);
  set_results_aside(data);
  return {};
}

core::Result<void> set_electro(CaseData& data, const ElectroChoices& choices, const core::Progress& progress) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart muscle (nothing to set). Open or build it first.");
  ElectroChoices kept = choices;
  kept.electrodes_placed = data.choices.electro ? data.choices.electro->electrodes_placed : std::map<std::string, core::Vec3>{};
  for (const auto& e : data.twin->heart->baseline.electrodes)
    if (kept.electrodes.count(e.name)) kept.electrodes_placed.try_emplace(e.name, e.position);   // moved for the first time
  auto laid = with_electro(*data.twin->heart, kept, progress);
  if (!laid) return core::pass(laid);
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  twin->heart = *laid;
  organs::restate_muscle(twin->assumptions, twin->heart->baseline);
  restate_electrodes(twin->assumptions, kept.electrodes);
  data.choices.electro = std::move(kept);
  data.twin = std::move(twin);
  set_results_aside(data);
  return {};
}

nlohmann::json encode_choices(const ModelChoices& choices) {
  Json out{{"conduction", choices.conduction}, {"block", choices.block}, {"accessory", choices.accessory}, {"organ", choices.organ}, {"av", choices.av}, {"torso", choices.torso},
           {"af_remodelled", choices.af_remodelled}, {"atrial_fibrosis_share", choices.fibrosis_share}, {"atrial_fibrosis_seed", choices.fibrosis_seed}, {"flow", Json::object()}};
  for (const auto& [key, value] : {std::pair{"atrial_wall_mm", choices.atrial_wall_mm}, {"atrial_right_wall_mm", choices.atrial_right_wall_mm}, {"atrial_edge_mm", choices.atrial_edge_mm},
                                   {"atrial_fibrosis_mm", choices.fibrosis_mm}})
    if (value) out[key] = *value;
  if (choices.atrial_fibres) out["atrial_fibres"] = *choices.atrial_fibres;
  if (choices.muscle != MuscleChoices{}) out["muscle"] = encode_muscle(choices.muscle);
  for (const auto& [key, flow] : choices.flow) {
    Json caps = Json::array();
    for (const auto& c : flow.caps) {
      caps.push_back({{"patch", c.patch}, {"name", c.name}, {"centre_mm", vec3(c.centre)}, {"inlet", c.inlet}, {"flow_s_mm3_per_s", c.inflow.flow}, {"profile", int(c.inflow.profile)}});
      put_outlet(caps.back(), c.outflow);
    }
    Json& one = out["flow"][key] = {{"caps", caps}, {"steady", flow.steady}, {"cycle_s", flow.cycle_s}, {"cycles", flow.cycles}, {"dt_s", flow.dt_s}, {"steady_tolerance", flow.steady_tolerance}};
    put_fluid(one, flow.fluid);
    put_beat_model(one, flow.network_model, flow.vessel_wall);
  }
  if (choices.electro) {
    const auto& e = *choices.electro;
    Json moved = Json::object(), placed = Json::object();
    for (const auto& [name, at] : e.electrodes) moved[name] = vec3(at);
    for (const auto& [name, at] : e.electrodes_placed) placed[name] = vec3(at);
    out["electro"] = {{"ionic_model", e.ionic_model}, {"dt_ms", e.dt_ms}, {"end_ms", e.end_ms}, {"cycle_length_ms", e.cycle_length_ms},
                      {"sodium_interpolation_weight", e.sodium_interpolation_weight}, {"electrodes_mm", moved}, {"electrodes_placed_mm", placed}};
  }
  return out;
}

ModelChoices decode_choices(const nlohmann::json& json) {
  ModelChoices out;
  if (json.is_null()) return out;   // saved before there were choices
  out.conduction = json.at("conduction").get<std::string>();
  out.block = json.at("block").get<std::string>();
  out.accessory = json.at("accessory").get<std::string>();
  out.organ = json.value("organ", out.organ);   // not in older cases
  out.av = json.value("av", out.av);
  out.torso = json.value("torso", out.torso);
  out.af_remodelled = json.value("af_remodelled", false);
  out.fibrosis_share = json.value("atrial_fibrosis_share", out.fibrosis_share);   // older cases did not keep it
  out.fibrosis_seed = json.value("atrial_fibrosis_seed", out.fibrosis_seed);
  for (auto [key, value] : {std::pair{"atrial_wall_mm", &out.atrial_wall_mm}, {"atrial_right_wall_mm", &out.atrial_right_wall_mm}, {"atrial_edge_mm", &out.atrial_edge_mm},
                            {"atrial_fibrosis_mm", &out.fibrosis_mm}})
    if (json.contains(key)) *value = json.at(key).get<double>();
  if (json.contains("atrial_fibres")) {
    out.atrial_fibres = json.at("atrial_fibres").get<std::string>();
    if (const auto known = organs::atrial_fibre_rule(*out.atrial_fibres); !known) throw std::invalid_argument(known.error().message);
  }
  if (json.contains("muscle")) out.muscle = decode_muscle(json.at("muscle"));
  for (const auto& [key, j] : json.at("flow").items()) {
    FlowConditions flow;
    flow.steady = j.at("steady").get<bool>();
    flow.cycle_s = j.at("cycle_s").get<double>();
    flow.cycles = j.value("cycles", flow.cycles), flow.dt_s = j.value("dt_s", flow.dt_s), flow.steady_tolerance = j.value("steady_tolerance", flow.steady_tolerance);   // older cases did not keep them
    take_fluid(j, flow.fluid);
    take_beat_model(j, flow.network_model, flow.vessel_wall);
    for (const auto& c : j.at("caps")) {
      CapCondition cap;
      cap.patch = c.at("patch").get<std::string>();
      cap.name = c.at("name").get<std::string>();
      cap.centre = to_vec3(c.at("centre_mm"));
      cap.inlet = c.at("inlet").get<bool>();
      cap.inflow.flow = c.at("flow_s_mm3_per_s").get<std::vector<std::pair<double, double>>>();
      cap.inflow.profile = hemo::InletProfile(c.at("profile").get<int>());
      take_outlet(c, cap.outflow);
      flow.caps.push_back(std::move(cap));
    }
    out.flow[key] = std::move(flow);
  }
  if (json.contains("electro")) {
    const auto& j = json.at("electro");
    ElectroChoices e{j.at("ionic_model").get<std::string>(), j.at("dt_ms").get<double>(), j.at("end_ms").get<double>(), j.at("cycle_length_ms").get<double>(),
                     j.at("sodium_interpolation_weight").get<double>(), {}, {}};
    for (const auto& [name, at] : j.at("electrodes_mm").items()) e.electrodes[name] = to_vec3(at);
    const Json placed = j.value("electrodes_placed_mm", Json::object());   // of its own: items() keeps a reference
    for (const auto& [name, at] : placed.items()) e.electrodes_placed[name] = to_vec3(at);
    out.electro = std::move(e);
  }
  return out;
}

}  // namespace ot::session
