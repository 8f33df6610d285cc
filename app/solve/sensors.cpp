// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/sensors.hpp"

#include "solvers/electrophysiology/ecg.hpp"

namespace ot::solve {
namespace {

using core::Vec3;
constexpr const char* electrode_names[9] = {"RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"};

std::vector<ep::Electrode> electrodes_of(const nlohmann::json& given, const core::TetMesh& mesh) {
  std::vector<ep::Electrode> out;
  if (given.is_string()) {
    if (given.get<std::string>() != "standard12") throw SpecError("\"ecg_electrodes\" is \"standard12\" or an object with the positions of RA, LA, LL, V1 to V6 in mm.");
    Vec3 low = mesh.nodes.front(), high = low;
    for (const Vec3& x : mesh.nodes) low = low.cwiseMin(x), high = high.cwiseMax(x);
    ep::HeartAxes axes;
    axes.centre = 0.5 * (low + high);
    const auto all = ep::standard_electrodes(axes, ep::ElectrodeFrame::patient);
    for (const char* name : electrode_names)
      for (const ep::Electrode& e : all)
        if (e.name == name) out.push_back(e);
    return out;
  }
  SpecReader spec(given, "\"ecg_electrodes\"");
  for (const char* name : electrode_names) out.push_back({name, spec.vec3(name)});
  spec.finish();
  return out;
}

}  // namespace

Place place_in_tissue(const core::TetMesh& mesh, const Vec3& x, const std::string& what) {
  if (!x.allFinite()) throw SpecError(fmt::format("{} holds a coordinate that is not a finite number.", what));
  const Place place = locate(mesh, x);
  if (place.inside) return place;
  const double away = (mesh.nodes[std::size_t(place.node[0])] - x).norm();
  if (away > mesh.mean_edge())
    throw SpecError(fmt::format("{} at ({:g}, {:g}, {:g}) mm lies {:.3g} mm outside the tissue (it would be moved there silently). Move it onto the mesh, or check the unit of the mesh.", what, x[0], x[1], x[2], away));
  return place;
}

Sensors read_sensors(SpecReader& spec, const core::TetMesh& mesh, bool ecg_possible) {
  Sensors sensors;
  if (!spec.has("sensors")) return sensors;
  for (const auto& one : spec.at("sensors")) {
    SpecReader sensor(one, "\"sensors\"");
    if (sensor.has("ecg_electrodes")) {
      if (!ecg_possible) throw SpecError("An ECG needs potentials, which kind eikonal does not compute. Use kind tissue.");
      if (!sensors.electrodes.empty()) throw SpecError("\"sensors\" names the electrodes of the ECG twice. Keep one.");
      sensors.electrodes = electrodes_of(sensor.at("ecg_electrodes"), mesh);
    } else if (sensor.has("potentials_at_mm")) {
      if (!ecg_possible) throw SpecError("Kind eikonal computes no potentials. Use kind tissue.");
      for (const auto& x : sensor.at("potentials_at_mm")) sensors.potentials.push_back(place_in_tissue(mesh, SpecReader::to_vec3(x, "\"potentials_at_mm\""), "A sensor"));
    } else {
      for (const auto& x : sensor.at("activation_at_mm")) sensors.places.push_back(place_in_tissue(mesh, SpecReader::to_vec3(x, "\"activation_at_mm\""), "A sensor"));
      if (sensor.number("threshold_mV", 0) != 0) throw SpecError("Activation is the crossing of 0 mV here; \"threshold_mV\" must be 0.");
    }
    sensor.finish();
  }
  return sensors;
}

nlohmann::json ecg_series(const std::vector<double>& t_ms, const std::vector<std::vector<double>>& e) {
  std::vector<std::vector<double>> leads(ep::lead_count);
  for (std::size_t k = 0; k < t_ms.size(); ++k) {
    const double wilson = (e[0][k] + e[1][k] + e[2][k]) / 3;
    std::array<double, 8> independent{e[1][k] - e[0][k], e[2][k] - e[0][k]};   // I = LA - RA, II = LL - RA
    for (std::size_t v = 0; v < 6; ++v) independent[2 + v] = e[3 + v][k] - wilson;
    const auto all = ep::twelve_leads(independent);
    for (std::size_t l = 0; l < leads.size(); ++l) leads[l].push_back(all[l]);
  }
  nlohmann::json out = nlohmann::json::object();
  for (std::size_t l = 0; l < leads.size(); ++l) out[std::string("ecg_") + ep::lead_names()[l]] = {{"t", t_ms}, {"values", leads[l]}, {"unit", "mV"}};
  return out;
}

}  // namespace ot::solve
