// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cmath>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "app/verify/monodomain_block.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::verify {

using nlohmann::json;

json slab_spec(double edge, const std::string& split) {
  return {{"kind", "tissue"}, {"mesh", {{"box_mm", {20, 7, 3}}, {"edge_mm", edge}, {"split", split}}}, {"fibres", {{"direction", {1, 0, 0}}}},
          {"conductivity", {{"intra_S_per_m", {0.17, 0.019, 0.019}}, {"extra_S_per_m", {0.62, 0.24, 0.24}}}}, {"dt_ms", 0.05}, {"end_ms", 60},
          {"stimuli", {{{"box_mm", {{0, 0, 0}, {1.5, 1.5, 1.5}}}, {"start_ms", 0}, {"duration_ms", 2}, {"amplitude_mV_per_ms", 35.714}}}},
          {"sensors", {{{"activation_at_mm", {{0, 7, 0}, {20, 0, 0}, {20, 7, 0}, {0, 0, 3}, {0, 7, 3}, {20, 0, 3}, {20, 7, 3}, {10, 3.5, 1.5}}}}}}};
}

std::string slab_settings(const json& spec, const json& answer) {
  json rest = spec;
  for (const char* key : {"end_ms", "sensors"}) rest.erase(key);
  return fmt::format("defaults of solve but {}; mesh {}", rest.dump(), answer["mesh_sha256"].get<std::string>().substr(0, 16));
}

namespace {

Rows slab(const std::string& name, double edge, const std::string& split, double tolerance, bool quick, const core::Progress& progress, bool nothing_left_out = false, bool only_nearest = false) {
  json spec = slab_spec(edge, split);
  if (nothing_left_out) spec["skip_tissue_at_rest"] = false;
  if (only_nearest) spec["end_ms"] = 12;
  const auto answer = solve::solve(spec, {}, progress);
  if (!answer) return core::pass(answer);
  std::vector<Row> rows;
  for (int p = 0; p < 8; ++p) {
    if (accepted_slab_ms[p] > spec["end_ms"].get<double>()) continue;
    const auto& value = (*answer)["quantities"][fmt::format("activation_{}_ms", p)]["value"];
    Row row;
    row.name = name;
    row.quantity = fmt::format("P{}_activation_ms{}", p + 2, nothing_left_out ? "_nothing_left_out" : "");
    row.value = value.is_null() ? std::nan("") : value.get<double>();
    row.reference = accepted_slab_ms[p];
    row.tolerance = tolerance;
    row.source = "Niederer 2011; shared/reference/niederer/SPEC.md; mesh " + (*answer)["mesh_sha256"].get<std::string>().substr(0, 16);
    row.wall_s = (*answer)["wall_s"].get<double>();
    row.quick = quick;
    rows.push_back(with_settings(row, slab_settings(spec, *answer)));
  }
  return rows;
}

}  // namespace

Rows slab_half_alternating(bool quick, const core::Progress& p) { return slab("ep/slab-0.5-alternating", 0.5, "alternating", 0.08, quick, p); }
Rows slab_half_kuhn(bool quick, const core::Progress& p) { return slab("ep/slab-0.5-kuhn", 0.5, "kuhn", 0.13, quick, p); }
Rows slab_half_unstructured(bool quick, const core::Progress& p) { return slab("ep/slab-0.5-unstructured", 0.5, "unstructured", 0.13, quick, p); }
Rows slab_fifth_kuhn(bool quick, const core::Progress& p) {
  if (quick) return std::vector<Row>{};
  return slab("ep/slab-0.2-kuhn", 0.2, "kuhn", 0.04, quick, p);
}
Rows slab_fifth_unstructured(bool quick, const core::Progress& p) {
  if (quick) return std::vector<Row>{};
  return slab("ep/slab-0.2-unstructured", 0.2, "unstructured", 0.06, quick, p);
}
Rows slab_fifth_alternating(bool quick, const core::Progress& p) {
  auto rows = slab("ep/slab-0.2-alternating", 0.2, "alternating", 0.04, quick, p.part(0, 0.5), false, quick);
  if (!rows) return rows;
  const auto every_node = slab("ep/slab-0.2-alternating", 0.2, "alternating", 0.04, quick, p.part(0.5, 1), true, quick);   // bench ep/monodomain-slab times both
  if (!every_node) return every_node;
  rows->insert(rows->end(), every_node->begin(), every_node->end());
  return rows;
}

// A strand 24 mm long, velocity between 8 and 16 mm, tuning off; the plane wave of TT06 epi runs at 1.989 sqrt(D).
Rows cable_convergence(bool quick, const core::Progress& progress) {
  const double d = (0.17 * 0.62 / (0.17 + 0.62)) / (140 * 0.01);
  const double exact = 1.989 * std::sqrt(d);
  std::vector<double> error;
  std::vector<Row> rows;
  const std::vector<double> edges = quick ? std::vector<double>{0.4, 0.2} : std::vector<double>{0.4, 0.2, 0.1};
  for (const double h : edges) {
    json spec = slab_spec(h, "alternating");
    spec["mesh"]["box_mm"] = {24, h, h};
    spec["dt_ms"] = 0.01;
    spec["end_ms"] = 45;
    spec["conductivity_tuning"] = "off";
    spec["stimuli"][0]["box_mm"] = {{0, 0, 0}, {1.5, h, h}};
    spec["sensors"] = {{{"activation_at_mm", {{8, 0, 0}, {16, 0, 0}}}}};
    const auto answer = solve::solve(spec, {}, progress);
    if (!answer) return core::pass(answer);
    const auto &a = (*answer)["quantities"]["activation_0_ms"]["value"], &b = (*answer)["quantities"]["activation_1_ms"]["value"];
    const double v = a.is_number() && b.is_number() ? 8.0 / (b.get<double>() - a.get<double>()) : std::nan("");
    error.push_back(std::abs(v - exact) / exact);
    Row row;
    row.name = "ep/cable-convergence";
    row.quantity = fmt::format("velocity_m_per_s_at_{:g}_mm", h);
    row.value = v;
    row.reference = exact;
    row.tolerance = h > 0.3 ? 0.08 : h > 0.15 ? 0.06 : 0.04;
    row.source = "1.989 sqrt(D) m/s: design/ep-numerics.md section 3, converged one-dimensional runs";
    row.wall_s = (*answer)["wall_s"].get<double>();
    row.quick = quick;
    rows.push_back(row);
  }
  Row order;
  order.name = "ep/cable-convergence";
  order.quantity = "error_falls_under_refinement";
  order.value = error.back() < error.front() ? 1 : 0;
  order.reference = 1;
  order.tolerance = 0;
  order.relative = false;
  order.source = "convergence";
  order.quick = quick;
  rows.push_back(order);
  return rows;
}

Rows eikonal_point(bool quick, const core::Progress& progress) {
  const int n = 40;
  const double edge = 1.0;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(core::Vec3(n, n, n), edge, core::BoxSplit::alternating));
  auto fibres = std::make_shared<ep::FibreField>();
  const core::Vec3 f = core::Vec3(1, 1, 0).normalized(), s(0, 0, 1);
  fibres->f.assign(mesh->tets.size(), f);
  fibres->s.assign(mesh->tets.size(), s);
  const core::Vec3 velocity(0.6, 0.2, 0.2);   // squared ratio 9:1
  auto eikonal = ep::Eikonal::make(mesh, fibres, velocity);
  if (!eikonal) return core::pass(eikonal);
  const core::Index centre = (n / 2 * (n + 1) + n / 2) * (n + 1) + n / 2;
  auto times = eikonal->solve({{centre, 0}}, {}, progress);
  if (!times) return core::pass(times);
  const core::Vec3 x0 = mesh->nodes[static_cast<std::size_t>(centre)], third = f.cross(s);
  double worst = 0, latest = 0;
  for (std::size_t i = 0; i < times->size(); ++i) {
    const core::Vec3 d = mesh->nodes[i] - x0;
    const double exact = core::Vec3(d.dot(f) / velocity[0], d.dot(s) / velocity[1], d.dot(third) / velocity[2]).norm();
    worst = std::max(worst, std::abs((*times)[i] - exact));
    latest = std::max(latest, exact);
  }
  Row row;
  row.name = "ep/eikonal-point-source";
  row.quantity = "max_error_over_latest_arrival";
  row.value = worst / latest;
  row.reference = 0;
  row.tolerance = 0.01;
  row.relative = false;
  row.source = "closed form; 40 elements across, exact start within 3 edges";
  row.quick = quick;
  return std::vector<Row>{row};
}

Rows hill(bool quick, const core::Progress&) {
  const auto row = [&](const std::string& quantity, double value, double reference) {
    Row r;
    r.name = "drug/hill-at-ic50";
    r.quantity = quantity;
    r.value = value;
    r.reference = reference;
    r.tolerance = 1e-12;
    r.relative = false;
    r.source = "Hill 1910";
    r.quick = quick;
    return r;
  };
  return std::vector<Row>{row("remaining_at_ic50", pharma::remaining_fraction(7.3, 7.3, 1), 0.5), row("remaining_at_zero", pharma::remaining_fraction(0, 7.3, 1.2), 1.0)};
}

}  // namespace ot::verify
