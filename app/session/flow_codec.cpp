// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_codec.hpp"

#include <fmt/format.h>

#include <utility>

namespace ot::session {
namespace {

constexpr std::pair<hemo::InletProfile, const char*> profiles[] = {
    {hemo::InletProfile::plug, "plug"}, {hemo::InletProfile::parabolic, "parabolic"}, {hemo::InletProfile::womersley, "womersley"}, {hemo::InletProfile::rectangular, "rectangular"}};
constexpr std::pair<hemo::NetworkModel, const char*> models[] = {
    {hemo::NetworkModel::automatic, "automatic"}, {hemo::NetworkModel::quasi_steady, "quasi_steady"}, {hemo::NetworkModel::rlc, "rlc"}, {hemo::NetworkModel::one_d, "one_d"}};

template <class Table, class Value>
const char* name_in(const Table& table, Value value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  return "";
}
template <class Value, class Table>
core::Result<Value> value_in(const Table& table, const std::string& what, const std::string& name) {
  std::string list;
  for (const auto& [value, known] : table) {
    if (name == known) return value;
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  return core::bad_input(fmt::format("There is no {} \"{}\". Known: {}.", what, name, list));
}

}  // namespace

const char* name_of(hemo::InletProfile profile) { return name_in(profiles, profile); }
const char* name_of(hemo::NetworkModel model) { return name_in(models, model); }
core::Result<hemo::InletProfile> profile_from(const std::string& name) { return value_in<hemo::InletProfile>(profiles, "inlet profile", name); }
core::Result<hemo::NetworkModel> network_model_from(const std::string& name) { return value_in<hemo::NetworkModel>(models, "network model", name); }

void put_outlet(Json& into, const hemo::Outlet& o) {
  into["rp_Pa_s_per_mm3"] = o.rp, into["c_mm3_per_Pa"] = o.c, into["rd_Pa_s_per_mm3"] = o.rd, into["pd_Pa"] = o.pd;
  if (!o.coronary) return;
  const hemo::CoronaryBed& b = *o.coronary;
  into["coronary"] = {{"ca_mm3_per_Pa", b.ca}, {"ra_micro_Pa_s_per_mm3", b.ra_micro}, {"cim_mm3_per_Pa", b.cim}, {"rv_Pa_s_per_mm3", b.rv}, {"pim_Pa", b.pim}, {"cycle_s", b.cycle_s}};
}

void take_outlet(const Json& from, hemo::Outlet& o) {
  o.rp = from.at("rp_Pa_s_per_mm3").get<double>(), o.c = from.at("c_mm3_per_Pa").get<double>(), o.rd = from.at("rd_Pa_s_per_mm3").get<double>(), o.pd = from.at("pd_Pa").get<double>();
  o.coronary = nullptr;
  if (!from.contains("coronary")) return;
  const Json& c = from.at("coronary");
  hemo::CoronaryBed bed;
  bed.ca = c.at("ca_mm3_per_Pa").get<double>(), bed.ra_micro = c.at("ra_micro_Pa_s_per_mm3").get<double>(), bed.cim = c.at("cim_mm3_per_Pa").get<double>();
  bed.rv = c.at("rv_Pa_s_per_mm3").get<double>(), bed.cycle_s = c.at("cycle_s").get<double>();
  bed.pim = c.at("pim_Pa").get<std::vector<std::pair<double, double>>>();
  o.coronary = std::make_shared<const hemo::CoronaryBed>(std::move(bed));
}

void put_fluid(Json& into, const hemo::Fluid& f) {
  into["density_g_per_mm3"] = f.density_g_per_mm3, into["viscosity_Pa_s"] = f.viscosity_Pa_s;
  if (f.carreau_yasuda) into["carreau_yasuda"] = {{"zero_shear_viscosity_Pa_s", f.zero_shear_viscosity_Pa_s}, {"lambda_s", f.lambda_s}, {"n", f.power_n}, {"a", f.yasuda_a}};
}

void take_fluid(const Json& from, hemo::Fluid& f) {
  f.density_g_per_mm3 = from.value("density_g_per_mm3", f.density_g_per_mm3), f.viscosity_Pa_s = from.value("viscosity_Pa_s", f.viscosity_Pa_s);
  f.carreau_yasuda = from.contains("carreau_yasuda");
  if (!f.carreau_yasuda) return;
  const Json& c = from.at("carreau_yasuda");
  f.zero_shear_viscosity_Pa_s = c.at("zero_shear_viscosity_Pa_s").get<double>(), f.lambda_s = c.at("lambda_s").get<double>(), f.power_n = c.at("n").get<double>(), f.yasuda_a = c.at("a").get<double>();
}

void put_beat_model(Json& into, hemo::NetworkModel model, const hemo::VesselWall& w) {
  if (model != hemo::NetworkModel::automatic) into["network_model"] = name_of(model);
  if (w != hemo::VesselWall{}) into["vessel_wall"] = {{"k1_Pa", w.k1_Pa}, {"k2_per_mm", w.k2_per_mm}, {"k3_Pa", w.k3_Pa}, {"young_Pa", w.young_Pa}, {"thickness_mm", w.thickness_mm}};
}

void take_beat_model(const Json& from, hemo::NetworkModel& model, hemo::VesselWall& w) {
  model = hemo::NetworkModel::automatic;
  const std::string name = from.value("network_model", std::string("automatic"));
  if (const auto known = network_model_from(name)) model = *known;
  else throw DamagedCase(known.error().message);
  w = {};
  if (!from.contains("vessel_wall")) return;
  const Json& j = from.at("vessel_wall");
  w = {j.at("k1_Pa").get<double>(), j.at("k2_per_mm").get<double>(), j.at("k3_Pa").get<double>(), j.at("young_Pa").get<double>(), j.at("thickness_mm").get<double>()};
}

}  // namespace ot::session
