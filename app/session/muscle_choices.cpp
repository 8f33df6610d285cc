// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/muscle_choices.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "app/session/codec_parts.hpp"
#include "app/session/conductivity_choices.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/recorded/scale_csv.hpp"

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

core::Result<ChosenCells> cells_from(const std::string& text) {
  ChosenCells out;
  for (const auto& part : split(text)) {
    const auto at = part.find('@');
    const std::string name = part.substr(0, at);
    const ep::IonicModel* one = ep::find_ionic_model(name);
    const ep::IonicFamily* family = one ? one->family : ep::find_ionic_family(name);
    if (!family) return core::wrong_usage(fmt::format("There is no family of cells \"{}\" (nothing could be paced). See 'organtwin-cli list ionic-models'.", name));
    if (at == std::string::npos) {
      if (!out.muscle.empty()) return core::wrong_usage(fmt::format("The muscle has cells of one model, not of {} and {} (name a place for the other). Example: {},{}@border_zone.", out.muscle, family->key, out.muscle, family->key));
      out.muscle = family->key;
    } else {
      const std::string where = part.substr(at + 1);
      if (where.empty()) return core::wrong_usage(fmt::format("\"{}\" names no place. Example: {}@border_zone, {}@mid or {}@segment_7.", part, family->key, family->key, family->key));
      out.places.push_back({family->key, where});
    }
  }
  return out;
}

core::Result<void> lay_muscle(const MuscleChoices& choices, twin::TwinModel& twin) {
  if (!twin.heart || (choices.conductances.empty() && choices.cells.empty() && choices.maps.empty())) return {};
  auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
  std::vector<std::string> lines;
  if (auto ok = organs::put_cells(*heart, choices.cells); !ok) return ok;
  lines.push_back(organs::cells_assumption(choices.cells));
  if (auto ok = organs::scale_conductances(*heart, choices.conductances); !ok) return ok;
  lines.push_back(organs::scale_assumption(choices.conductances));
  for (const auto& map : choices.maps) {
    const auto use = ep::scale_by_map(heart->baseline, map);
    if (!use) return core::pass(use);
    lines.push_back(ep::scale_map_words(map, *use) + " Drugs multiply it again.");
  }
  twin.heart = std::move(heart);
  for (auto& line : lines)
    if (!line.empty()) twin.assumptions.push_back(std::move(line));
  return {};
}

core::Result<ep::ScaleMapUse> take_scale_map(CaseData& data, const std::filesystem::path& file, const std::string& channel) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart muscle (there is nothing to lay a map on). Build the twin first.");
  ep::ScaleMap map;
  if (file.extension() == ".csv") {
    const auto text = core::read_file(file, std::size_t(1) << 30);
    if (!text) return core::pass(text);
    auto read = ep::read_scale_csv(*text, file.filename().string());
    if (!read) return core::pass(read);
    map = std::move(*read);
  } else {
    auto samples = imaging::read_vtu_samples(file, channel);
    if (!samples) return core::pass(samples);
    map = {channel, file.filename().string(), std::move(samples->points), std::move(samples->values)};
  }
  map.channel = channel;
  ep::ElectroProblem trial = data.twin->heart->baseline;
  const auto use = ep::scale_by_map(trial, map);
  if (!use) return use;
  auto& maps = data.choices.muscle.maps;
  std::erase_if(maps, [&](const ep::ScaleMap& m) { return m.channel == channel; });
  maps.push_back(std::move(map));
  return use;
}

nlohmann::json encode_muscle(const MuscleChoices& choices) {
  Json out = Json::object();
  if (choices.velocity) out["velocity_m_per_s"] = vec3(*choices.velocity);
  if (const auto& a = choices.fibres) out["fibre_angles_deg"] = {{"fibres", {a->alpha_endo, a->alpha_epi}}, {"sheets", {a->beta_endo, a->beta_epi}}, {"as_published", a->depth == ep::DepthLaw::as_published}};
  for (const auto& s : choices.conductances) out["conductances"].push_back({{"channel", s.channel}, {"factor", s.factor}, {"where", s.where}});
  for (const auto& c : choices.cells) out["cells"].push_back({{"family", c.family}, {"where", c.where}});
  for (const auto& m : choices.maps) {   // numbers, not packed: choices are kept as text
    Json points = Json::array();
    for (const core::Vec3& x : m.points)
      for (int a = 0; a < 3; ++a) points.push_back(x[a]);
    out["maps"].push_back({{"channel", m.channel}, {"name", m.name}, {"points_mm", std::move(points)}, {"factor", m.factor}});
  }
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
  if (json.contains("cells"))
    for (const auto& c : json.at("cells")) out.cells.push_back({c.at("family").get<std::string>(), c.at("where").get<std::string>()});
  if (json.contains("maps"))
    for (const auto& m : json.at("maps")) {
      ep::ScaleMap map{m.at("channel").get<std::string>(), m.at("name").get<std::string>(), {}, m.at("factor").get<std::vector<float>>()};
      const auto flat = m.at("points_mm").get<std::vector<double>>();
      for (std::size_t i = 0; i + 2 < flat.size(); i += 3) map.points.emplace_back(flat[i], flat[i + 1], flat[i + 2]);
      out.maps.push_back(std::move(map));
    }
  return out;
}

}  // namespace ot::session
