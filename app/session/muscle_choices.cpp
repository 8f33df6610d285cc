// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/muscle_choices.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "app/session/codec_parts.hpp"
#include "app/session/conductivity_choices.hpp"

namespace ot::session {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::optional<double> number(const std::string& text) {
  double x = 0;
  const auto [end, error] = std::from_chars(text.data() + (!text.empty() && text[0] == '+'), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(x)) return std::nullopt;
  return x;
}

}  // namespace

core::Result<std::optional<core::Vec3>> velocity_from(const std::string& text) {
  if (text == "default") return std::optional<core::Vec3>();
  const auto parts = split(text);
  core::Vec3 v;
  for (std::size_t k = 0; k < parts.size() && k < 3; ++k)
    if (const auto x = number(parts[k])) v[Eigen::Index(k)] = *x;
    else return core::wrong_usage(fmt::format("A velocity in m/s is a number, not \"{}\". Example: 0.6,0.3,0.2.", parts[k]));
  if (parts.size() != 3) return core::wrong_usage(fmt::format("Velocities are three numbers in m/s (along the fibres, in the sheets, across them), not \"{}\". Example: 0.6,0.3,0.2.", text));
  if (auto ok = organs::check_velocity(v); !ok) return core::pass(ok);
  return std::optional(v);
}

core::Result<std::optional<ep::FibreAngles>> fibre_angles_from(const std::string& text) {
  if (text == "default") return std::optional<ep::FibreAngles>();
  if (text == "bayer") return std::optional(ep::bayer_2012());
  const auto parts = split(text);
  ep::FibreAngles a;
  double* to[] = {&a.alpha_endo, &a.alpha_epi, &a.beta_endo, &a.beta_epi};
  for (std::size_t k = 0; k < parts.size() && k < 4; ++k)
    if (const auto x = number(parts[k])) *to[k] = *x;
    else return core::wrong_usage(fmt::format("An angle in degrees is a number, not \"{}\". Example: 60,-60 or the word bayer.", parts[k]));
  if (parts.size() != 2 && parts.size() != 4)
    return core::wrong_usage(fmt::format("Fibre angles are two numbers in degrees (endocardium, epicardium) or four (with those of the sheets), not \"{}\". Example: 60,-60.", text));
  if (auto ok = organs::check_fibre_angles(a); !ok) return core::pass(ok);
  return std::optional(a);
}

core::Result<std::vector<organs::ConductanceScale>> conductances_from(const std::string& text) {
  std::vector<organs::ConductanceScale> out;
  if (text == "none") return out;
  for (const auto& part : split(text)) {
    const auto equals = part.find('='), at = part.find('@');
    const auto factor = equals == std::string::npos ? std::nullopt : number(part.substr(equals + 1));
    if (!factor || equals == 0 || (at != std::string::npos && (at == 0 || at + 1 >= equals)))
      return core::wrong_usage(fmt::format("A scaled conductance reads NAME=FACTOR or NAME@PLACE=FACTOR, not \"{}\". Example: g_Kr=0.5,g_Na@border_zone=0.7.", part));
    organs::ConductanceScale s;
    s.channel = part.substr(0, std::min(at, equals));
    if (at != std::string::npos) s.where = part.substr(at + 1, equals - at - 1);
    s.factor = *factor;
    out.push_back(std::move(s));
  }
  return out;
}

core::Result<std::vector<organs::ConductanceScale>> conductivities_from(const std::string& text) {
  std::vector<organs::ConductanceScale> out;
  if (text == "none") return out;
  for (const auto& part : split(text)) {
    const auto equals = part.find('='), colon = part.find(':');
    const auto factor = equals == std::string::npos ? std::nullopt : number(part.substr(equals + 1));
    const std::string where = part.substr(0, std::min(colon, equals));
    const bool across = colon != std::string::npos && colon < equals;
    if (!factor || where.empty() || (across && part.substr(colon + 1, equals - colon - 1) != "across"))
      return core::wrong_usage(fmt::format("A scaled conductivity reads REGION=FACTOR or REGION:across=FACTOR, not \"{}\". Example: border_zone=0.5,segment_7:across=0.3,all=0.9.", part));
    out.push_back({across ? "sigma_across" : "sigma", *factor, where == "all" ? std::string() : where});
  }
  return out;
}

core::Result<void> lay_conductances(const MuscleChoices& choices, twin::TwinModel& twin) {
  if (choices.conductances.empty() || !twin.heart) return {};
  auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
  if (auto ok = organs::scale_conductances(*heart, choices.conductances); !ok) return ok;
  twin.heart = std::move(heart);
  twin.assumptions.push_back(organs::scale_assumption(choices.conductances));
  return {};
}

nlohmann::json encode_muscle(const MuscleChoices& choices) {
  Json out = Json::object();
  if (choices.velocity) out["velocity_m_per_s"] = vec3(*choices.velocity);
  if (const auto& a = choices.fibres) out["fibre_angles_deg"] = {{"fibres", {a->alpha_endo, a->alpha_epi}}, {"sheets", {a->beta_endo, a->beta_epi}}, {"as_published", a->depth == ep::DepthLaw::as_published}};
  for (const auto& s : choices.conductances) out["conductances"].push_back({{"channel", s.channel}, {"factor", s.factor}, {"where", s.where}});
  return out;
}

MuscleChoices decode_muscle(const nlohmann::json& json) {
  MuscleChoices out;
  if (json.contains("velocity_m_per_s")) out.velocity = to_vec3(json.at("velocity_m_per_s"));
  if (json.contains("fibre_angles_deg")) {
    const auto& j = json.at("fibre_angles_deg");
    ep::FibreAngles a;
    a.alpha_endo = j.at("fibres").at(0).get<double>(), a.alpha_epi = j.at("fibres").at(1).get<double>();
    a.beta_endo = j.at("sheets").at(0).get<double>(), a.beta_epi = j.at("sheets").at(1).get<double>();
    a.depth = j.at("as_published").get<bool>() ? ep::DepthLaw::as_published : ep::DepthLaw::linear;
    out.fibres = a;
  }
  if (json.contains("conductances"))
    for (const auto& s : json.at("conductances")) out.conductances.push_back({s.at("channel").get<std::string>(), s.at("factor").get<double>(), s.at("where").get<std::string>()});
  return out;
}

}  // namespace ot::session
