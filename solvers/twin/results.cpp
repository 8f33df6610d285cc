// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/results.hpp"

#include <algorithm>
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

ActivationDifference activation_difference(const std::vector<float>& a, const std::vector<float>& b) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  ActivationDifference out{none, none, none, none};
  if (a.size() != b.size() || a.empty()) return out;
  std::vector<double> apart;
  std::size_t only_a = 0, only_b = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    const bool in_a = std::isfinite(a[n]), in_b = std::isfinite(b[n]);
    if (in_a && in_b) apart.push_back(std::abs(double(a[n]) - double(b[n])));
    only_a += in_a && !in_b;
    only_b += in_b && !in_a;
  }
  out.only_a_percent = 100.0 * double(only_a) / double(a.size());
  out.only_b_percent = 100.0 * double(only_b) / double(a.size());
  if (apart.empty()) return out;
  const auto share = [&](double p) {
    const auto at = apart.begin() + std::ptrdiff_t(p * double(apart.size() - 1));
    std::nth_element(apart.begin(), at, apart.end());
    return *at;
  };
  out.median_ms = share(0.5);
  out.p95_ms = share(0.95);
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
