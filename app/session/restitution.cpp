// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/restitution.hpp"

#include <fmt/format.h>

#include <cmath>

#include "app/session/studies_impl.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::session {
namespace {

using Json = nlohmann::json;

constexpr int beats_of_a_train = 5;   // in the strand, after the cells were paced alone at the interval

Json points_json(const std::vector<ep::RestitutionPoint>& points, double velocity) {
  Json out = Json::array();
  for (const auto& p : points) out.push_back({{"interval_ms", p.interval_ms}, {"di_ms", p.di_ms}, {"apd90_ms", p.apd_ms}, {"cv_m_per_s", velocity * p.cv}});
  return out;
}

// cv in the strand's own unit again: velocity is that of a strand value of 1.
std::vector<ep::RestitutionPoint> points_from(const Json& list, double velocity) {
  std::vector<ep::RestitutionPoint> out;
  for (const Json& p : list) out.push_back({p.at("interval_ms").get<double>(), p.at("di_ms").get<double>(), velocity > 0 ? p.at("cv_m_per_s").get<double>() / velocity : 0, p.at("apd90_ms").get<double>()});
  return out;
}

}  // namespace

core::Result<ep::RestitutionStudy> run_restitution(const CaseData& data, const std::string& plan, double base, const core::Progress& progress) {
  auto problem = problem_of(data, plan, ep::ChamberPart::ventricles);
  if (!problem) return core::pass(problem);
  return ep::study_restitution(*problem, base, beats_of_a_train, progress);
}

Json to_json(const ep::RestitutionStudy& s) {
  Json kinds = Json::array();
  for (const auto& k : s.kinds)
    kinds.push_back({{"name", k.name}, {"region", k.kind.region}, {"share_percent", k.share_percent}, {"conducts", k.s1s2.conducts()}, {"apd90_base_ms", k.s1s2.apd_base_ms},
                     {"velocity_m_per_s", k.velocity_m_per_s}, {"cv_base_m_per_s", k.velocity_m_per_s * k.s1s2.cv_base}, {"refractory_ms", k.refractory_ms}, {"slope_s1s2", k.slope_s1s2}, {"slope_dynamic", k.slope_dynamic},
                     {"shortest_interval_ms", k.shortest_interval_ms}, {"alternans_from_ms", k.alternans_from_ms}, {"s1s2", points_json(k.s1s2.points, k.velocity_m_per_s)},
                     {"dynamic", points_json(k.dynamic, k.velocity_m_per_s)}});
  return {{"preset", "restitution"}, {"ionic_model", s.ionic_model}, {"base_interval_ms", s.base_interval_ms}, {"kinds", kinds}};
}

ep::RestitutionStudy restitution_from(const Json& j) {
  ep::RestitutionStudy s;
  s.ionic_model = j.at("ionic_model").get<std::string>();
  s.base_interval_ms = j.at("base_interval_ms").get<double>();
  for (const Json& k : j.at("kinds")) {
    ep::KindRestitution kind;
    kind.name = k.at("name").get<std::string>();
    kind.kind.region = k.at("region").get<std::string>();
    kind.share_percent = k.at("share_percent").get<double>();
    kind.velocity_m_per_s = k.at("velocity_m_per_s").get<double>();
    kind.s1s2.apd_base_ms = k.at("apd90_base_ms").get<double>();
    kind.s1s2.cv_base = kind.velocity_m_per_s > 0 ? k.at("cv_base_m_per_s").get<double>() / kind.velocity_m_per_s : 0;
    kind.refractory_ms = k.at("refractory_ms").get<double>();
    kind.slope_s1s2 = k.at("slope_s1s2").get<double>();
    kind.slope_dynamic = k.at("slope_dynamic").get<double>();
    kind.shortest_interval_ms = k.at("shortest_interval_ms").get<double>();
    kind.alternans_from_ms = k.at("alternans_from_ms").get<double>();
    kind.s1s2.points = points_from(k.at("s1s2"), kind.velocity_m_per_s);
    kind.dynamic = points_from(k.at("dynamic"), kind.velocity_m_per_s);
    s.kinds.push_back(std::move(kind));
  }
  return s;
}

std::string restitution_table(const ep::RestitutionStudy& s) {
  std::string out = fmt::format("{:<30} {:>7} {:>7} {:>8} {:>8} {:>9} {:>9} {:>9} {:>10}\n", "Cells", "share %", "APD90", "CV m/s", "ERP ms", "slope S2", "slope dyn", "1:1 to ms", "alternans");
  for (const auto& k : s.kinds) {
    if (!k.s1s2.conducts()) {
      out += fmt::format("{:<30} {:>7.1f} does not conduct at {:.0f} ms\n", k.name, k.share_percent, s.base_interval_ms);
      continue;
    }
    out += fmt::format("{:<30} {:>7.1f} {:>7.0f} {:>8.2f} {:>8.0f} {:>9.2f} {:>9.2f} {:>9.0f} {:>10}\n", k.name, k.share_percent, k.s1s2.apd_base_ms, k.velocity_m_per_s * k.s1s2.cv_base, k.refractory_ms,
                       k.slope_s1s2, k.slope_dynamic, k.shortest_interval_ms, k.alternans_from_ms > 0 ? fmt::format("{:.0f} ms", k.alternans_from_ms) : "none");
  }
  return out;
}

std::string restitution_csv(const ep::RestitutionStudy& s) {
  std::string out = "cells,protocol,interval_ms,di_ms,apd90_ms,cv_m_per_s\n";
  for (const auto& k : s.kinds)
    for (const auto& [name, points] : {std::pair<const char*, const std::vector<ep::RestitutionPoint>*>{"s1s2", &k.s1s2.points}, {"dynamic", &k.dynamic}})
      for (const auto& p : *points) out += fmt::format("\"{}\",{},{:.1f},{:.3f},{:.3f},{:.5f}\n", k.name, name, p.interval_ms, p.di_ms, p.apd_ms, k.velocity_m_per_s * p.cv);
  return out;
}

core::Result<std::string> export_restitution(const ep::RestitutionStudy& s, const std::filesystem::path& folder) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}).", folder.string(), ec.message()));
  const auto path = folder / "restitution.csv";
  if (auto ok = core::write_file(path, restitution_csv(s)); !ok) return core::pass(ok);
  return path.string();
}

}  // namespace ot::session
