// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/trust.hpp"

#include <set>

#include "app/present/numbers.hpp"

namespace ot::present {
namespace {

QString short_hash(const std::string& hash) {
  if (hash.empty()) return QStringLiteral("–");
  const QString h = QString::fromStdString(hash);
  return h.size() > 14 ? h.left(6) + QStringLiteral("…") + h.right(4) : h;
}

}  // namespace

std::vector<TrustSection> trust_sections(const session::Session& session, int plan, const HeartFacts* facts) {
  std::vector<TrustSection> sections;
  const auto data = session.data();
  const auto result = session.best_result(plan);

  TrustSection run{"This result", {}, {}};
  if (result) {
    const bool full = result->mode == core::Mode::full;
    run.facts.push_back({"Model", full ? "FULL  monodomain, Navier-Stokes" : "FAST  eikonal, 0D/1D network"});
    run.facts.push_back({"Computed in", show_number(result->wall_s) + " s"});
    if (result->electro && result->electro->steps > 0)
      run.facts.push_back({"Time steps", show_count(double(result->electro->steps))});
    run.facts.push_back({"Setup", short_hash(result->setup_sha256)});
    run.facts.push_back({"Labels", short_hash(result->source_labels_sha256)});
    if (session.stale(plan)) run.lines << "Out of date: the plan was edited after this was computed.";
    const auto fast = session.result(plan, core::Mode::fast);
    if (full && fast) {
      for (const auto& row : twin::compare(*fast, *result))
        if (row.key == "total_activation_ms" || row.key == "qrs_ms")
          run.facts.push_back({QString::fromStdString(row.label) + ", FULL − FAST",
                               show_difference(row.difference) + " " + QString::fromStdString(row.unit)});
    }
  } else {
    run.lines << "Nothing has been computed for this plan yet.";
  }
  sections.push_back(std::move(run));

  if (facts && facts->quality.tets > 0) {
    const auto& q = facts->quality;
    sections.push_back({"Mesh",
                        {{"Nodes", show_count(double(q.nodes))},
                         {"Tetrahedra", show_count(double(q.tets))},
                         {"Smallest angle", QStringLiteral("%1°").arg(q.min_dihedral_deg, 0, 'f', 1)},
                         {"Median angle", QStringLiteral("%1°").arg(q.median_dihedral_deg, 0, 'f', 1)},
                         {"Mean edge", QStringLiteral("%1 mm").arg(q.mean_edge_mm, 0, 'f', 2)},
                         {"Inverted", QString::number(q.inverted)}},
                        {}});
  }

  TrustSection assumed{"Assumed", {}, {}};
  std::set<std::string> seen;
  if (data->twin)
    for (const auto& line : data->twin->assumptions)
      if (seen.insert(line).second) assumed.lines << QString::fromStdString(line);
  for (const auto& surface : data->anatomy)
    if (surface.assumed && seen.insert(surface.key).second)
      assumed.lines << QString::fromStdString(surface.name) + " is assumed, not seen in the image.";
  if (!assumed.lines.isEmpty()) sections.push_back(std::move(assumed));

  TrustSection notes{"Notes from the solvers", {}, {}};
  if (result) {
    for (const auto& note : result->notes)
      if (seen.insert(note).second) notes.lines << QString::fromStdString(note);
    if (result->electro)
      for (const auto& note : result->electro->notes)
        if (seen.insert(note).second) notes.lines << QString::fromStdString(note);
    for (const auto& vessel : result->vessels)
      if (vessel.flow)
        for (const auto& note : vessel.flow->notes)
          if (seen.insert(vessel.key + note).second) notes.lines << QString::fromStdString(vessel.key + ": " + note);
    for (const auto& q : result->quantities)
      if (!q.note.empty() && seen.insert(q.label + q.note).second) notes.lines << QString::fromStdString(q.label + ": " + q.note);
  }
  if (!notes.lines.isEmpty()) sections.push_back(std::move(notes));

  TrustSection made{"Made with", {}, {}};
  if (!data->program_version.empty()) made.facts.push_back({"OrganTwin", QString::fromStdString(data->program_version)});
  if (!data->created_utc.empty()) made.facts.push_back({"Case made", QString::fromStdString(data->created_utc)});
  if (!made.facts.empty()) sections.push_back(std::move(made));
  return sections;
}

}  // namespace ot::present
