// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/results.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace ot::twin {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

}  // namespace

json to_json(const RunResult& result) {
  json out{{"mode", core::name_of(result.mode)}, {"source_labels_sha256", result.source_labels_sha256}, {"setup_sha256", result.setup_sha256}, {"wall_s", result.wall_s}, {"notes", result.notes}};
  out["electro"] = nullptr;
  if (result.electro)
    out["electro"] = {{"mode", core::name_of(result.electro->mode)}, {"problem_sha256", result.electro->problem_sha256}, {"mesh_sha256", result.electro->mesh_sha256},
                      {"nodes", result.electro->activation_ms.size()}, {"steps", result.electro->steps}, {"wall_s", result.electro->wall_s}, {"notes", result.electro->notes}};
  out["vessels"] = json::array();
  for (const VesselResult& v : result.vessels) {
    if (!v.flow) continue;
    out["vessels"].push_back({{"key", v.key}, {"mode", core::name_of(v.flow->mode)}, {"problem_sha256", v.flow->problem_sha256}, {"mesh_sha256", v.flow->mesh_sha256},
                              {"nodes", v.mesh ? v.mesh->nodes.size() : 0}, {"steps", v.flow->steps}, {"wall_s", v.flow->wall_s}, {"notes", v.flow->notes}});
  }
  out["quantities"] = json::object();
  for (const core::Quantity& q : result.quantities) {
    json one{{"label", q.label}, {"unit", q.unit}, {"value", number(q.value)}};
    if (!q.note.empty()) one["note"] = q.note;
    out["quantities"][q.key] = std::move(one);
  }
  return out;
}

json quantities_to_json(const RunResult& result) {
  json out = json::object();
  for (const core::Quantity& q : result.quantities) out[q.key] = number(q.value);
  return out;
}

json to_json(const std::vector<ComparisonRow>& rows) {
  json out = json::array();
  for (const ComparisonRow& r : rows)
    out.push_back({{"key", r.key}, {"label", r.label}, {"unit", r.unit}, {"a", number(r.a)}, {"b", number(r.b)}, {"difference", number(r.difference)}});
  return out;
}

std::vector<ComparisonRow> compare(const RunResult& a, const RunResult& b) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  std::vector<ComparisonRow> rows;
  for (const core::Quantity& q : a.quantities) {
    const core::Quantity* other = find_quantity(b.quantities, q.key);
    const double value = other ? other->value : none;
    rows.push_back({q.key, q.label, q.unit, q.value, value, value - q.value});
  }
  for (const core::Quantity& q : b.quantities)
    if (!find_quantity(a.quantities, q.key)) rows.push_back({q.key, q.label, q.unit, none, q.value, none});
  return rows;
}

}  // namespace ot::twin
