// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/flow_probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "app/session/pullback_table.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/flow_quantities.hpp"
#include "solvers/hemodynamics/sections.hpp"
#include "solvers/twin/one_vessel.hpp"

namespace ot::session {
namespace {

using core::units::mmhg_from_pa;
constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double ml_min = 60 / core::units::mm3_per_ml;

const core::Series* find_series(const hemo::FlowResult& flow, const std::string& name) {
  for (const auto& s : flow.series)
    if (s.name == name) return &s;
  return nullptr;
}

// The last beat of a series: values whose time lies in it, times from its beginning.
void last_beat(const core::Series& s, double cycle_s, std::vector<double>& t, std::vector<double>& values) {
  if (s.t.empty()) return;
  const double from = s.t.back() - cycle_s;
  for (std::size_t k = 0; k < s.t.size(); ++k)
    if (s.t[k] > from + 1e-9) t.push_back(s.t[k] - from), values.push_back(s.values[k]);
}

// From the curves that a run with probes brings.
bool from_series(const hemo::FlowResult& flow, std::size_t number, double cycle_s, ProbeReading& out) {
  const core::Series* p = find_series(flow, fmt::format("probe {} pressure", number + 1));
  if (!p) return false;
  last_beat(*p, cycle_s, out.t_s, out.beat_pressure_mmhg);
  for (double& v : out.beat_pressure_mmhg) v = mmhg_from_pa(v);
  out.beat_speed_mm_s.assign(out.t_s.size(), 0.0);
  for (const char* axis : {"x", "y", "z"})
    if (const core::Series* u = find_series(flow, fmt::format("probe {} velocity {}", number + 1, axis))) {
      std::vector<double> t, v;
      last_beat(*u, cycle_s, t, v);
      for (std::size_t k = 0; k < v.size(); ++k) out.beat_speed_mm_s[k] += v[k] * v[k];
    }
  for (double& v : out.beat_speed_mm_s) v = std::sqrt(v);
  return true;
}

double at_node_mix(const hemo::PointProbe& p, const std::vector<float>& values, int components, int c) {
  double v = 0;
  for (std::size_t j = 0; j < 4; ++j) v += p.weight[j] * double(values[std::size_t(components) * std::size_t(p.nodes[j]) + std::size_t(c)]);
  return v;
}

core::Result<void> from_fields(const twin::VesselResult& result, double radius_mm, ProbeReading& out) {
  const hemo::FlowResult& flow = *result.flow;
  const auto outside = [&](const char* why) { return core::bad_input(fmt::format("Probe {} cannot be read ({}). Move it into the vessel, or run FULL again.", out.probe.name, why)); };
  if (!result.mesh || flow.pressure.size() != result.mesh->nodes.size()) return outside("this FULL result has no fields");
  const hemo::PointProbe place = hemo::point_probe(*result.mesh, out.probe.at, 0.1 * radius_mm);
  if (!place.inside) return outside("it lies outside the blood");
  if (flow.series.empty()) {   // steady
    out.pressure_mmhg = mmhg_from_pa(at_node_mix(place, flow.pressure, 1, 0));
    for (int c = 0; c < 3; ++c) out.velocity_mm_s[c] = at_node_mix(place, flow.velocity, 3, c);
    return {};
  }
  if (flow.beat.empty()) return outside("no frames of the beat were kept");
  for (const hemo::FlowFrame& f : flow.beat) {
    core::Vec3 u(0, 0, 0);
    for (int c = 0; c < 3; ++c) u[c] = at_node_mix(place, f.velocity, 3, c);
    out.t_s.push_back(f.t_s);
    out.beat_pressure_mmhg.push_back(mmhg_from_pa(at_node_mix(place, f.pressure, 1, 0)));
    out.beat_speed_mm_s.push_back(u.norm());
    out.velocity_mm_s += u / double(flow.beat.size());
    out.pressure_mmhg += out.beat_pressure_mmhg.back() / double(flow.beat.size());
  }
  return {};
}

// Flow of the section over the beat: FAST has it (the wall gives way), FULL what the outlets behind it pass (the wall is rigid). number: of the probe in the run.
void flow_of_section(const twin::VesselModel& model, const twin::VesselResult& result, std::size_t number, ProbeReading& out) {
  const hemo::FlowResult& flow = *result.flow;
  if (const core::Series* own = flow.mode == core::Mode::fast ? find_series(flow, fmt::format("probe {} flow", number + 1)) : nullptr) {
    last_beat(*own, model.baseline.cycle_s, out.flow_t_s, out.beat_flow_ml_min);
    for (double& v : out.beat_flow_ml_min) v *= ml_min;
    return;
  }
  const core::VesselNetwork& network = *result.network;
  std::vector<double> sum;
  for (const hemo::Outlet& o : model.baseline.outlets) {
    bool behind = false;
    for (std::size_t b = 0; b < network.branches.size(); ++b)
      for (int at = network.branches[b].outlet_patch == o.patch && network.branches[b].children.empty() ? int(b) : -1; at >= 0 && !behind; at = network.branches[std::size_t(at)].parent) behind = at == out.branch;
    const core::Series* s = behind ? find_series(flow, hemo::patch_label(model.baseline.mesh.get(), o.patch) + " flow") : nullptr;
    if (behind && !s) s = find_series(flow, hemo::patch_label(nullptr, o.patch) + " flow");   // a FAST answer without the mesh knows no names
    if (!s) continue;
    std::vector<double> t, v;
    last_beat(*s, model.baseline.cycle_s, t, v);
    out.flow_t_s = t;
    sum.resize(v.size(), 0.0);
    for (std::size_t k = 0; k < v.size(); ++k) sum[k] += ml_min * v[k];
  }
  out.beat_flow_ml_min = std::move(sum);
}

double mean_flow_at(const hemo::FlowResult& flow, int branch, double arc) {
  double best = std::numeric_limits<double>::infinity(), value = none;
  for (const auto& p : flow.pullback)
    if (p.branch == branch && std::abs(p.arc_mm - arc) < best) best = std::abs(p.arc_mm - arc), value = ml_min * p.flow_mm3_s;
  return value;
}

}  // namespace

std::string vessel_of(const twin::TwinModel& twin, const core::Vec3& at) {
  std::string nearest;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& v : twin.vessels) {
    int branch = 0;
    double arc = 0, distance = 0;
    if (v->network && v->network->locate(at, branch, arc, distance) && distance < least) least = distance, nearest = v->key;
  }
  return nearest;
}

core::Vec3 on_centreline(const core::VesselNetwork& network, const core::Vec3& at) {
  int branch = 0;
  double arc = 0, distance = 0;
  return network.locate(at, branch, arc, distance) ? network.point_at(branch, arc) : at;
}

core::Result<std::vector<ProbeReading>> read_probes(const twin::TwinModel& twin, const twin::Scenario& scenario, const twin::VesselResult& result, const std::vector<PlacedProbe>& probes) {
  std::vector<ProbeReading> out;
  const twin::VesselModel* model = twin.find_vessel(result.key);
  if (!model || !result.flow || !result.network) return out;
  std::vector<PlacedProbe> here;
  for (const PlacedProbe& p : probes)
    if (vessel_of(twin, p.at) == result.key) here.push_back(p);
  if (here.empty()) return out;
  const bool fast = result.flow->mode == core::Mode::fast;
  std::shared_ptr<const twin::RunResult> again;   // FAST, with the probes in it
  if (fast) {
    auto alone = std::make_shared<twin::TwinModel>(*twin::vessel_twin(twin, result.key, false));
    auto vessel = std::make_shared<twin::VesselModel>(*alone->vessels.front());
    vessel->baseline.probes.clear();
    for (const PlacedProbe& p : here) vessel->baseline.probes.push_back(p.at);
    alone->vessels.front() = std::move(vessel);
    auto answer = twin::answer_flow(alone, scenario);
    if (!answer.run) return core::bad_input(answer.refused);
    again = answer.run;
  }
  const twin::VesselResult& read = fast ? again->vessels.front() : result;
  for (std::size_t k = 0; k < here.size(); ++k) {
    ProbeReading reading;
    reading.probe = here[k];
    reading.vessel = result.key;
    reading.mode = read.flow->mode;
    double arc = 0, distance = 0;
    result.network->locate(here[k].at, reading.branch, arc, distance);
    const PullbackWay way = way_through(*result.network, reading.branch);
    for (std::size_t b = 0; b < way.branches.size(); ++b)
      if (way.branches[b] == reading.branch) reading.from_inlet_mm = way.start_mm[b] + arc;
    reading.flow_ml_min = mean_flow_at(*read.flow, reading.branch, arc);
    const auto& laid = model->baseline.probes;
    const auto with_run = fast ? std::ptrdiff_t(k) : std::find(laid.begin(), laid.end(), here[k].at) - laid.begin();
    if (fast || with_run < std::ptrdiff_t(laid.size())) {   // the run had it
      const std::size_t number = std::size_t(with_run);
      if (number >= read.flow->probes.size()) return core::bad_input(fmt::format("Probe {} cannot be read (this result was stored without it). Run again.", here[k].name));
      reading.pressure_mmhg = mmhg_from_pa(read.flow->probes[number].pressure_Pa);
      reading.velocity_mm_s = read.flow->probes[number].velocity_mm_s;
      from_series(*read.flow, number, model->baseline.cycle_s, reading);
    } else if (auto ok = from_fields(result, result.network->radius_at(reading.branch, arc), reading); !ok) {
      return core::pass(ok);
    }
    if (!reading.t_s.empty()) flow_of_section(*model, read, k, reading);
    out.push_back(std::move(reading));
  }
  return out;
}

std::vector<ProbeGradient> probe_gradients(std::vector<ProbeReading> readings) {
  std::stable_sort(readings.begin(), readings.end(), [](const auto& a, const auto& b) { return a.from_inlet_mm < b.from_inlet_mm; });
  std::vector<ProbeGradient> out;
  for (std::size_t k = 0; k + 1 < readings.size(); ++k) {
    const ProbeReading &a = readings[k], &b = readings[k + 1];
    if (a.vessel != b.vessel) continue;
    ProbeGradient g{a.probe.name, b.probe.name, a.pressure_mmhg - b.pressure_mmhg, none, none};
    if (!a.t_s.empty() && a.t_s.size() == b.t_s.size()) {
      g.peak_to_peak_mmhg = *std::max_element(a.beat_pressure_mmhg.begin(), a.beat_pressure_mmhg.end()) - *std::max_element(b.beat_pressure_mmhg.begin(), b.beat_pressure_mmhg.end());
      g.peak_mmhg = -std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < a.t_s.size(); ++i) g.peak_mmhg = std::max(g.peak_mmhg, a.beat_pressure_mmhg[i] - b.beat_pressure_mmhg[i]);
    }
    out.push_back(std::move(g));
  }
  return out;
}

std::string probes_csv(const std::vector<ProbeReading>& readings) {
  std::string csv = "t_s";
  std::size_t rows = 0;
  for (const ProbeReading& r : readings) {
    std::string name = r.probe.name;
    std::replace(name.begin(), name.end(), ',', ' ');
    csv += fmt::format(",{0} pressure mmHg,{0} speed mm/s,{0} flow mL/min", name);
    rows = std::max(rows, r.t_s.size());
  }
  csv += "\n";
  if (rows == 0) {
    for (const ProbeReading& r : readings) csv += fmt::format(",{:.6g},{:.6g},{:.6g}", r.pressure_mmhg, r.velocity_mm_s.norm(), r.flow_ml_min);
    return csv + "\n";
  }
  // The flow is known at every step, the rest perhaps only at the kept instants: linear between steps.
  const auto flow_at = [](const ProbeReading& r, double t) {
    if (r.flow_t_s.empty()) return none;
    const auto after = std::min<std::size_t>(std::size_t(std::lower_bound(r.flow_t_s.begin(), r.flow_t_s.end(), t) - r.flow_t_s.begin()), r.flow_t_s.size() - 1);
    if (after == 0) return r.beat_flow_ml_min.front();
    const double w = std::clamp((t - r.flow_t_s[after - 1]) / (r.flow_t_s[after] - r.flow_t_s[after - 1]), 0.0, 1.0);
    return (1 - w) * r.beat_flow_ml_min[after - 1] + w * r.beat_flow_ml_min[after];
  };
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format(",{:.6g}", v) : std::string(","); };
  const ProbeReading& longest = *std::max_element(readings.begin(), readings.end(), [](const auto& a, const auto& b) { return a.t_s.size() < b.t_s.size(); });
  for (std::size_t k = 0; k < rows; ++k) {
    csv += fmt::format("{:.6g}", longest.t_s[k]);
    for (const ProbeReading& r : readings) csv += k < r.t_s.size() ? cell(r.beat_pressure_mmhg[k]) + cell(r.beat_speed_mm_s[k]) + cell(flow_at(r, r.t_s[k])) : std::string(",,,");
    csv += "\n";
  }
  return csv;
}

namespace {

nlohmann::json number(double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(nullptr); }

}  // namespace

nlohmann::json probes_json(const std::vector<ProbeReading>& readings) {
  nlohmann::json out = nlohmann::json::array();
  for (const ProbeReading& r : readings) {
    const auto& x = r.probe.at;
    const auto& u = r.velocity_mm_s;
    out.push_back({{"name", r.probe.name}, {"at_mm", {x.x(), x.y(), x.z()}}, {"from_inlet_mm", r.from_inlet_mm}, {"mode", core::name_of(r.mode)}, {"pressure_mmhg", number(r.pressure_mmhg)},
                   {"speed_mm_s", u.norm()}, {"velocity_mm_s", {u.x(), u.y(), u.z()}}, {"flow_ml_min", number(r.flow_ml_min)}});
    if (r.t_s.empty()) continue;
    out.back()["beat"] = {{"t_s", r.t_s}, {"pressure_mmhg", r.beat_pressure_mmhg}, {"speed_mm_s", r.beat_speed_mm_s}, {"flow_t_s", r.flow_t_s}, {"flow_ml_min", r.beat_flow_ml_min}};
  }
  return out;
}

nlohmann::json gradients_json(const std::vector<ProbeGradient>& gradients) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& g : gradients) out.push_back({{"from", g.from}, {"to", g.to}, {"mean_mmhg", number(g.mean_mmhg)}, {"peak_to_peak_mmhg", number(g.peak_to_peak_mmhg)}, {"peak_mmhg", number(g.peak_mmhg)}});
  return out;
}

}  // namespace ot::session
