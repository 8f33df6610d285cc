// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/pullback_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/session/wall_stations.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// Parents come before their children (check_network_conditions), so one pass gives the distance of every branch's beginning.
std::vector<double> starts(const core::VesselNetwork& network) {
  std::vector<double> out(network.branches.size(), 0.0);
  for (std::size_t b = 0; b < out.size(); ++b)
    if (const int parent = network.branches[b].parent; parent >= 0 && std::size_t(parent) < b) out[b] = out[std::size_t(parent)] + network.branches[std::size_t(parent)].length();
  return out;
}

bool leads_through(const core::VesselNetwork& network, int leaf, int branch) {
  for (int at = leaf; at >= 0; at = network.branches[std::size_t(at)].parent)
    if (at == branch) return true;
  return false;
}

const core::Quantity* ffr_of(const twin::VesselModel& model, const twin::RunResult& run) {
  const core::Quantity* q = model.report_ffr ? twin::find_quantity(run.quantities, model.key + "_ffr") : nullptr;
  return q && std::isfinite(q->value) ? q : nullptr;
}

nlohmann::json number(double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(nullptr); }

}  // namespace

PullbackWay way_through(const core::VesselNetwork& network, int branch) {
  PullbackWay way;
  if (branch < 0 || std::size_t(branch) >= network.branches.size()) return way;
  const std::vector<double> start = starts(network);
  int last = branch;
  double longest = -1;
  for (std::size_t b = 0; b < network.branches.size(); ++b)
    if (network.branches[b].children.empty() && leads_through(network, int(b), branch) && start[b] + network.branches[b].length() > longest) longest = start[b] + network.branches[b].length(), last = int(b);
  for (int at = last; at >= 0; at = network.branches[std::size_t(at)].parent) way.branches.push_back(at);
  std::reverse(way.branches.begin(), way.branches.end());
  for (int at : way.branches) way.start_mm.push_back(start[std::size_t(at)]);
  way.length_mm = longest;
  return way;
}

PullbackWay longest_way(const core::VesselNetwork& network) { return way_through(network, 0); }

std::vector<PullbackWay> ways_with_lesions(const core::VesselNetwork& network, const std::vector<core::Stenosis>& lesions) {
  std::vector<PullbackWay> ways{longest_way(network)};
  for (const core::Stenosis& lesion : lesions) {
    const bool drawn = std::any_of(ways.begin(), ways.end(), [&](const PullbackWay& w) { return std::find(w.branches.begin(), w.branches.end(), lesion.branch) != w.branches.end(); });
    if (!drawn && lesion.branch >= 0 && std::size_t(lesion.branch) < network.branches.size()) ways.push_back(way_through(network, lesion.branch));
  }
  return ways;
}

std::string name_of(const core::VesselNetwork& network, const PullbackWay& way) {
  if (way.branches.empty()) return {};
  const std::string& name = network.branches[std::size_t(way.branches.back())].name;
  return name.empty() ? fmt::format("branch {}", way.branches.back()) : name;
}

std::vector<PullbackRow> pullback_rows(const twin::VesselModel& model, const twin::VesselResult& result) {
  std::vector<PullbackRow> rows;
  if (!result.flow || !result.network) return rows;
  const auto& curve = result.flow->pullback;
  const std::vector<double> start = starts(*result.network);
  const double inlet = hemo::pressure_at(curve, 0, 0.0), ml_min = 60 / core::units::mm3_per_ml;
  const bool ffr = model.report_ffr && model.aortic_pressure_Pa > 0;
  const std::vector<double> shear = station_shear(model, result);
  for (std::size_t k = 0; k < curve.size(); ++k)
    if (const auto& p = curve[k]; p.branch >= 0 && std::size_t(p.branch) < start.size())
      rows.push_back({p.branch, p.arc_mm, start[std::size_t(p.branch)] + p.arc_mm, p.radius_mm, ml_min * p.flow_mm3_s, core::units::mmhg_from_pa(p.pressure_Pa), ffr ? hemo::pressure_ratio(p.pressure_Pa, inlet, model.aortic_pressure_Pa) : none, shear[k]});
  std::stable_sort(rows.begin(), rows.end(), [](const PullbackRow& a, const PullbackRow& b) { return a.branch != b.branch ? a.branch < b.branch : a.arc_mm < b.arc_mm; });
  return rows;
}

std::string pullback_csv(const twin::VesselModel& model, const twin::VesselResult& result) {
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format(",{:.6g}", v) : std::string(","); };
  std::string csv = "branch,name,arc_mm,from_inlet_mm,radius_mm,flow_ml_min,pressure_mmhg,ffr,wall_shear_pa\n";
  for (const PullbackRow& r : pullback_rows(model, result)) {
    std::string name = result.network->branches[std::size_t(r.branch)].name;
    std::replace(name.begin(), name.end(), ',', ' ');
    csv += fmt::format("{},{}", r.branch, name) + cell(r.arc_mm) + cell(r.from_inlet_mm) + cell(r.radius_mm) + cell(r.flow_ml_min) + cell(r.pressure_mmhg) + cell(r.ffr) + cell(r.wall_shear_pa) + "\n";
  }
  return csv;
}

std::string waveforms_csv(const hemo::FlowResult& flow) {
  std::string csv = "t_s";
  std::size_t steps = 0;
  for (const auto& s : flow.series) {
    std::string name = s.name;
    std::replace(name.begin(), name.end(), ',', ' ');
    csv += fmt::format(",{} {}", name, s.unit);
    steps = std::max(steps, s.t.size());
  }
  csv += "\n";
  for (std::size_t k = 0; k < steps; ++k) {
    csv += fmt::format("{:.6g}", flow.series.front().t[k]);
    for (const auto& s : flow.series) csv += k < s.values.size() ? fmt::format(",{:.6g}", s.values[k]) : std::string(",");
    csv += "\n";
  }
  return csv;
}

nlohmann::json pullback_json(const twin::VesselModel& model, const twin::VesselResult& result) {
  nlohmann::json out = nlohmann::json::array();
  for (const PullbackRow& r : pullback_rows(model, result)) {
    if (out.empty() || out.back()["branch"] != r.branch)
      out.push_back({{"branch", r.branch}, {"name", result.network->branches[std::size_t(r.branch)].name}, {"arc_mm", nlohmann::json::array()}, {"from_inlet_mm", nlohmann::json::array()}, {"pressure_mmhg", nlohmann::json::array()}, {"ffr", nlohmann::json::array()}});
    nlohmann::json& b = out.back();
    b["arc_mm"].push_back(r.arc_mm), b["from_inlet_mm"].push_back(r.from_inlet_mm), b["pressure_mmhg"].push_back(number(r.pressure_mmhg)), b["ffr"].push_back(number(r.ffr));
  }
  return out;
}

std::string ffr_words(const twin::VesselModel& model, const twin::RunResult& run) {
  const core::Quantity* q = ffr_of(model, run);
  if (!q) return {};
  hemo::FfrReading reading;
  reading.value = q->value;
  reading.note = q->note;
  return hemo::ffr_sentence(reading);
}

nlohmann::json ffr_json(const twin::VesselModel& model, const twin::RunResult& run) {
  const core::Quantity* q = ffr_of(model, run);
  if (!q) return nullptr;
  const auto meaning = hemo::ffr_meaning(q->value);
  return {{"value", q->value}, {"low", std::max(0.0, q->value - hemo::ffr_agreement)}, {"high", std::min(1.0, q->value + hemo::ffr_agreement)},
          {"meaning", meaning == hemo::FfrMeaning::reduced ? "reduced" : meaning == hemo::FfrMeaning::grey_zone ? "grey_zone" : "not_reduced"}, {"where", q->note}, {"sentence", ffr_words(model, run)}};
}

}  // namespace ot::session
