// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/report_plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "app/session/report_svg.hpp"
#include "solvers/core/units.hpp"

namespace ot::session {
namespace {

const core::Quantity* find(const PlanRun& r, const std::string& key) {
  const auto at = std::find_if(r.run->quantities.begin(), r.run->quantities.end(), [&](const core::Quantity& q) { return q.key == key; });
  return at == r.run->quantities.end() ? nullptr : &*at;
}

std::string point_words(const core::Vec3& x) { return fmt::format("({:.1f}, {:.1f}, {:.1f})", x.x(), x.y(), x.z()); }

std::string place_words(const twin::TwinModel& twin, const twin::Placement& p) {
  using Kind = twin::Placement::Kind;
  const auto* vessel = twin.find_vessel(p.vessel);
  const std::string name = vessel && !vessel->name.empty() ? vessel->name : p.vessel;
  const auto branch = [&](int b) { return vessel && vessel->network && vessel->network->branches.size() > 1 ? fmt::format(", branch {}", b + 1) : std::string(); };
  switch (p.kind) {
    case Kind::none: return "";
    case Kind::point: return p.points_mm.empty() ? "" : fmt::format("at {} mm (LPS)", point_words(p.points_mm.front()));
    case Kind::polyline:
      return p.points_mm.empty() ? "" : fmt::format("through {} points, {} to {} mm (LPS)", p.points_mm.size(), point_words(p.points_mm.front()), point_words(p.points_mm.back()));
    case Kind::segment: return fmt::format("{}{}, {:.1f} to {:.1f} mm from its start", name, branch(p.branch), p.start_mm, p.start_mm + p.length_mm);
    case Kind::bridge: return fmt::format("{}, from {:.1f} mm{} to {:.1f} mm{}", name, p.start_mm, branch(p.branch), p.to_mm, branch(p.to_branch));
  }
  return "";
}

std::string param_words(const core::ParamSpec& s, const core::ParamSet& params) {
  std::string value;
  if (std::holds_alternative<double>(s.fallback)) value = fmt::format("{:.4g}{}{}", params.number(s.key), s.unit.empty() ? "" : " ", s.unit);
  else if (std::holds_alternative<bool>(s.fallback)) value = params.flag(s.key) ? "yes" : "no";
  else value = params.text(s.key);
  return s.label + " " + value;
}

}  // namespace

std::string shown_number(double v) {
  if (!std::isfinite(v)) return "–";
  const double a = std::abs(v);
  return fmt::format("{:.{}f}", v, a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3);
}

std::string quantity_table(const std::vector<PlanRun>& runs, bool baseline_first) {
  std::string html = "<table><tr><th>Quantity</th>";
  for (std::size_t i = 0; i < runs.size(); ++i) html += fmt::format("<th class=n>{}</th>{}", html_escape(runs[i].plan->name), baseline_first && i > 0 ? "<th class=n>Δ</th>" : "");
  html += "</tr>";
  std::vector<const core::Quantity*> rows;   // what only a treated plan has (lesion volume, drug concentration) stands below, once
  for (const PlanRun& r : runs)
    for (const auto& q : r.run->quantities)
      if (std::none_of(rows.begin(), rows.end(), [&](const core::Quantity* have) { return have->key == q.key; })) rows.push_back(&q);
  for (const core::Quantity* q : rows) {
    html += fmt::format("<tr><td>{}{}</td>", html_escape(q->label), q->unit.empty() ? "" : " <span class=u>" + html_escape(q->unit) + "</span>");
    const auto* base = baseline_first ? find(runs.front(), q->key) : nullptr;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto* own = find(runs[i], q->key);
      const double v = own ? own->value : std::nan("");
      html += fmt::format("<td class=n>{}</td>", shown_number(v));
      if (baseline_first && i > 0) html += fmt::format("<td class=n>{}</td>", !base ? "" : v == base->value ? "0" : shown_number(v - base->value));
    }
    html += "</tr>";
  }
  return html + "</table>";
}

std::string plans_table(const CaseData& data) {
  std::string html = "<table><tr><th>Plan</th><th>Intervention</th><th>Where</th><th>Numbers</th></tr>";
  for (const auto& plan : data.plans)
    for (const auto& spec : plan.scenario.interventions) {
      const auto* kind = twin::find_intervention(spec.kind);
      std::vector<std::string> words;
      if (kind)
        for (const auto& s : kind->schema.params)
          if (spec.params.has(s.key) && kind->schema.applies(s.key, spec.params)) words.push_back(param_words(s, spec.params));
      html += fmt::format("<tr><td>{} {}</td><td>{}{}</td><td>{}</td><td>{}{}</td></tr>", html_escape(plan.name), html_escape(plan.title), html_escape(kind ? kind->label : spec.kind),
                          spec.enabled ? "" : " (off)", html_escape(place_words(*data.twin, spec.placement)), html_escape(fmt::format("{}", fmt::join(words, ", "))),
                          spec.note.empty() ? "" : "<br>" + html_escape(spec.note));
    }
  return html + "</table>";
}

}  // namespace ot::session
