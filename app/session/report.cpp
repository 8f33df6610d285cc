// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <nlohmann/json.hpp>

#include "app/session/codec_parts.hpp"
#include "app/session/case_codec.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/pullback_table.hpp"
#include "app/session/report_plans.hpp"
#include "app/session/report_studies.hpp"
#include "app/session/report_svg.hpp"
#include "app/session/tissue_factors.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/ffr.hpp"

namespace ot::session {
namespace {

constexpr const char* claims_open = "<script type=\"application/json\" id=\"organtwin-report\">";
constexpr const char* claims_close = "</script>";

std::string base64(const std::string& bytes) {
  static const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned v = 0;
    for (std::size_t k = 0; k < 3; ++k) v = (v << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? digits[(v >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string list(const std::vector<std::string>& lines) {
  std::string html = "<ul>";
  for (const auto& line : lines) html += "<li>" + html_escape(line) + "</li>";
  return html + "</ul>";
}

std::string vessel_section(const twin::TwinModel& twin, const std::vector<PlanRun>& rows) {
  static const char* colors[] = {"#6b7885", "#0b84c4", "#9c4fd0", "#2f9e63", "#c98a12"};
  std::string html;
  for (const auto& vessel : twin.vessels) {
    if (!vessel->network || vessel->network->branches.empty()) continue;
    for (const PullbackWay& way : ways_with_lesions(*vessel->network, vessel->stenoses)) {
      std::vector<LabelledCurve> curves;
      for (const PlanRun& r : rows)
        for (const auto& v : r.run->vessels) {
          if (v.key != vessel->key || !v.flow) continue;
          LabelledCurve curve{r.plan->name, colors[std::min<std::size_t>(curves.size(), 4)], {}};
          const auto points = pullback_rows(*vessel, v);
          for (int branch : way.branches)
            for (const auto& p : points)
              if (p.branch == branch) curve.points.emplace_back(p.from_inlet_mm, vessel->report_ffr && vessel->aortic_pressure_Pa > 0 ? p.ffr : p.pressure_mmhg);
          curves.push_back(std::move(curve));
        }
      const std::string down = vessel->network->branches.size() > 1 ? fmt::format(", from the inlet down to {}", html_escape(name_of(*vessel->network, way))) : std::string();
      html += fmt::format("<h2>{}: {} along the vessel{}</h2>", html_escape(vessel->name), vessel->report_ffr ? "FFR" : "pressure, mmHg", down);
      html += pullback_svg(curves, vessel->report_ffr ? "FFR" : "mmHg", vessel->report_ffr);
    }
    if (!vessel->report_ffr) continue;
    for (const PlanRun& r : rows)
      if (const std::string words = ffr_words(*vessel, *r.run); !words.empty()) html += fmt::format("<p>{}: {}</p>", html_escape(r.plan->name), html_escape(words));
    html += "<p class=u>Break at 0.80, grey zone 0.76 to 0.80. Read 10 to 20 mm beyond the lesion. Published limits of agreement of computed FFR are about ±0.1.</p>";
  }
  return html;
}

// What the solvers noted beyond the assumptions of the twin, plan by plan; the same note once.
std::string solver_notes(const std::vector<PlanRun>& rows, const std::vector<std::string>& assumptions) {
  std::vector<std::string> lines;
  std::set<std::string> said(assumptions.begin(), assumptions.end());
  for (const PlanRun& r : rows)
    for (const auto& note : r.run->notes)
      if (said.insert(note).second) lines.push_back(r.plan->name + ": " + note);
  return lines.empty() ? std::string() : "<h2>Notes of the solvers</h2>" + list(lines);
}

}  // namespace

core::Result<std::string> report_html(const CaseData& data, const std::vector<ReportPicture>& pictures, const StudyRecords& studied, const core::Progress& progress) {
  if (!data.twin) return core::bad_input("There is no twin to report on. Run `build` first.");
  std::string body;
  Json claims{{"twin_sha256", data.twin->sha256()}, {"program_version", data.program_version}, {"runs", Json::array()}};
  for (const core::Mode mode : {core::Mode::full, core::Mode::fast}) {
    std::vector<PlanRun> rows;
    for (const auto& plan : data.plans)
      if (auto run = find_result(data, plan.scenario, mode)) rows.push_back({&plan, run});
    for (const auto& r : rows) {
      Json quantities = encode(r.run->quantities);
      claims["runs"].push_back({{"plan", r.plan->name}, {"mode", core::name_of(mode)}, {"setup_sha256", r.run->setup_sha256}, {"scenario", twin::to_json(r.plan->scenario)}, {"quantities", quantities}});
    }
    if (rows.empty()) continue;
    const bool with_base = rows.front().plan == &data.plans.front();
    body += fmt::format("<h2>Results, {} model</h2>", mode == core::Mode::full ? "FULL (monodomain, Navier-Stokes)" : "FAST (eikonal, vessel network)");
    body += quantity_table(rows, with_base);
    std::vector<std::string> missing;
    for (const auto& plan : data.plans)
      if (std::none_of(rows.begin(), rows.end(), [&](const PlanRun& r) { return r.plan == &plan; })) missing.push_back(html_escape(plan.name + (plan.title.empty() ? "" : " (" + plan.title + ")")));
    if (!missing.empty()) body += fmt::format("<p>Not computed with this model: {}.</p>", fmt::join(missing, ", "));
    // FAST is drawn where FULL has not answered for the same plan.
    std::vector<PlanRun> drawn;
    for (const auto& r : rows)
      if (mode == core::Mode::full || !find_result(data, r.plan->scenario, core::Mode::full)) drawn.push_back(r);
    if (!drawn.empty()) {
      const auto* base = with_base ? rows.front().run->electro.get() : nullptr;
      for (const auto& r : drawn) {
        if (!r.run->electro) continue;
        if (r.plan != rows.front().plan && base && r.run->electro->problem_sha256 == base->problem_sha256) continue;   // same heart, same ECG
        body += fmt::format("<h2>12-lead ECG, {}{}</h2>", html_escape(r.plan->name), r.plan->title.empty() ? "" : ": " + html_escape(r.plan->title));
        body += ecg_svg(r.run->electro->ecg, r.plan == rows.front().plan || !base ? nullptr : &base->ecg);
      }
      for (const auto& r : drawn) {
        auto traces = probe_electrograms(data.twin, data.egm_probes, r.plan->scenario, *r.run, progress);
        if (!traces) return core::pass(traces);
        body += electrogram_section(fmt::format("{}, {} model", r.plan->name, mode == core::Mode::full ? "FULL" : "FAST"), *traces);
      }
      body += vessel_section(*data.twin, drawn);
    }
    body += solver_notes(rows, data.twin->assumptions);
  }
  std::string html = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>OrganTwin report</title><style>"
                     "body{font:14px/1.45 Inter,system-ui,sans-serif;color:#1c232b;max-width:210mm;margin:12mm auto;padding:0 6mm}h1{font-size:22px;margin:0}h2{font-size:15px;margin:22px 0 6px}"
                     "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #dde3e8;padding:3px 6px;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}.u{color:#6b7885}"
                     ".badge{border:1px solid #c98a12;color:#8a5c00;border-radius:6px;padding:2px 8px;float:right}img{max-width:100%}code{font-size:11px;word-break:break-all}svg{max-width:100%;height:auto}"
                     "@media print{body{margin:0}svg.ecg{max-width:none}}</style></head><body>";
  html += "<span class=badge>Research and education only, not for diagnosis</span><h1>OrganTwin report</h1>";
  html += fmt::format("<p>{} {} {} · {} · created {}</p>", html_escape(data.patient.id), html_escape(data.patient.age), html_escape(data.patient.sex), html_escape(data.patient.series), html_escape(data.created_utc));
  for (const auto& picture : pictures) {
    auto png = core::read_file(picture.png);
    if (!png) return core::pass(png);
    html += fmt::format("<figure><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"><figcaption class=u>{0}</figcaption></figure>", html_escape(picture.caption), base64(*png));
  }
  html += "<h2>Plans</h2>" + plans_table(data) + body + studies_section(studied) + proofs_section(studied.proofs) + restitution_section(studied.curves);
  if (data.twin->heart) html += tissue_factors_html(data.twin->heart->baseline.regions);
  html += "<h2>What is assumed</h2>" + list(data.twin->assumptions);
  html += "<h2>Images and labels</h2><table><tr><th>Image</th><th>Quantity</th><th></th></tr>";
  for (const auto& image : data.images)
    for (const auto& q : image.quantities) html += fmt::format("<tr><td>{}</td><td>{} <span class=u>{}</span></td><td class=n>{}</td></tr>", html_escape(image.name), html_escape(q.label), html_escape(q.unit), shown_number(q.value));
  html += "</table><h2>Meshes</h2><table><tr><th>Mesh</th><th>Nodes</th><th>Tetrahedra</th><th>Smallest dihedral</th><th>Median</th><th>Inverted</th></tr>";
  const auto mesh_row = [&](const std::string& name, const core::MeshQuality& q) {
    html += fmt::format("<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{:.1f}°</td><td class=n>{:.1f}°</td><td class=n>{}</td></tr>", html_escape(name), q.nodes, q.tets, q.min_dihedral_deg, q.median_dihedral_deg, q.inverted);
  };
  if (data.heart_mesh) mesh_row("Ventricles", data.heart_mesh->quality);
  for (const auto& v : data.vessel_meshes) mesh_row(v.name, v.quality);
  html += "</table><h2>Time</h2><table><tr><th>Stage</th><th>Seconds</th></tr>";
  for (const auto& s : data.stages) html += fmt::format("<tr><td>{}</td><td class=n>{:.1f}</td></tr>", html_escape(s.name), s.wall_s);
  html += fmt::format("</table><h2>Provenance</h2><p>Twin <code>{}</code><br>Labels <code>{}</code><br>Program {}. Repeat with <code>organtwin-cli rerun</code> on this file.</p>", data.twin->sha256(), data.twin->source_labels_sha256, html_escape(data.program_version));
  std::string embedded = claims.dump();
  for (std::size_t at = 0; (at = embedded.find("</", at)) != std::string::npos; at += 3) embedded.replace(at, 2, "<\\/");   // never close the script early
  return html + claims_open + embedded + claims_close + "</body></html>\n";
}

core::Result<void> write_report(const CaseData& data, const std::filesystem::path& path, const std::vector<ReportPicture>& pictures, const StudyRecords& studied, const core::Progress& progress) {
  const auto html = report_html(data, pictures, studied, progress);
  return html ? core::write_file(path, *html) : core::pass(html);
}

core::Result<ReportClaims> read_report(const std::filesystem::path& path) {
  auto text = core::read_file(path, std::size_t(512) << 20);
  if (!text) return core::pass(text);
  if (text->rfind("%PDF-", 0) == 0) return core::bad_input(path.string() + " is a PDF (its results are in the file attached to it). Save the attachment report.html with a PDF reader and give that.");
  const auto from = text->find(claims_open);
  const auto to = from == std::string::npos ? from : text->find(claims_close, from);
  if (to == std::string::npos) return core::bad_input(path.string() + " holds no OrganTwin results (another program wrote it, or it was cut). Choose a report made by `report`.");
  try {
    const auto start = from + std::string_view(claims_open).size();
    const Json json = Json::parse(text->substr(start, to - start));
    ReportClaims claims;
    claims.twin_sha256 = json.at("twin_sha256").get<std::string>();
    for (const auto& r : json.at("runs"))
      claims.runs.push_back({r.at("plan").get<std::string>(), r.at("mode").get<std::string>(), r.at("setup_sha256").get<std::string>(), r.at("scenario").dump(), decode_quantities(r.at("quantities"))});
    return claims;
  } catch (const std::exception& e) {
    return core::bad_input(fmt::format("The results inside {} are damaged ({}). Make the report again.", path.string(), e.what()));
  }
}

}  // namespace ot::session
