// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/report_studies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/session/report_svg.hpp"
#include "app/session/studies.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::session {
namespace {

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) html += fmt::format("<{0}{1}>{2}</{0}>", tag, i > 0 && tag[1] == 'd' ? " class=n" : "", html_escape(cells[i]));
  return html + "</tr>";
}
std::string head(const std::vector<std::string>& cells) { return "<table>" + row(cells, "th"); }
std::string ms(double v) { return std::isfinite(v) ? fmt::format("{:.0f} ms", v) : std::string("never"); }
std::string place(const core::Vec3& x) { return fmt::format("({:.1f}, {:.1f}, {:.1f})", x.x(), x.y(), x.z()); }

std::string couplings(const ep::Attempt& a) {
  std::string s;
  for (const double c : a.couplings_ms) s += fmt::format("{}{:.0f}", s.empty() ? "" : " ", c);
  return s.empty() ? "none" : s;
}

std::string plain(std::string words) {
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string notes(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string html = "<ul class=u>";
  for (const auto& line : lines) html += "<li>" + html_escape(line) + "</li>";
  return html + "</ul>";
}

const char* model_of(core::Mode mode) { return mode == core::Mode::full ? "FULL (monodomain)" : "FAST (event-driven eikonal)"; }

std::string title_of(const std::string& preset) {
  for (const auto& p : study_presets())
    if (p.key == preset) return p.title;
  return preset;
}

}  // namespace

std::string protocol_words(const ep::Protocol& p) {
  std::string s = fmt::format("S1 {} × {:.0f} ms", p.s1_beats, p.s1_interval_ms);
  switch (p.kind) {
    case ep::ProtocolKind::programmed:
      s += fmt::format(", S2{} from {:.0f} down to {:.0f} ms in steps of {:.0f}", p.extrastimuli > 1 ? fmt::format(" to S{}", p.extrastimuli + 1) : "", p.s2_first_ms, p.shortest_ms, p.step_ms);
      break;
    case ep::ProtocolKind::window: s += fmt::format(", every S2 from {:.0f} down to {:.0f} ms in steps of {:.0f}", p.s2_first_ms, p.shortest_ms, p.step_ms); break;
    case ep::ProtocolKind::burst: s += fmt::format(", burst of {} beats at {:.0f} ms", p.burst_beats, p.burst_interval_ms); break;
    case ep::ProtocolKind::fixed:
      for (std::size_t i = 0; i < p.couplings_ms.size(); ++i) s += fmt::format(", S{} {:.0f}", i + 2, p.couplings_ms[i]);
      if (!p.couplings_ms.empty()) s += " ms";
      break;
  }
  return s + fmt::format("; watched for {:.0f} ms, re-entry is at least {} cycles", p.observe_ms, p.cycles_needed);
}

std::string studies_section(const StudyRecords& records) {
  std::string html;
  for (const auto& s : records.studies) {
    if (!s.study) continue;
    const auto& study = *s.study;
    html += fmt::format("<h2>Stimulation study: {}, {}</h2>", html_escape(title_of(s.name)), html_escape(s.spec.plan));
    html += fmt::format("<p>{}. {}; stimulated tissue within {:g} mm of each site. {}</p>", model_of(s.spec.mode), html_escape(protocol_words(s.spec.protocol)), s.spec.site_radius_mm, html_escape(s.saved_utc));
    std::string result = fmt::format("{} of {} sites inducible", study.induced, study.runs.size());
    if (study.induced > 0) result += study.longest_cycle_ms - study.shortest_cycle_ms < 0.5 ? fmt::format(", cycle length {:.0f} ms", study.shortest_cycle_ms) : fmt::format(", cycle lengths {:.0f} to {:.0f} ms", study.shortest_cycle_ms, study.longest_cycle_ms);
    html += "<p><b>" + result + "</b></p>" + head({"Site", "Attempts", "Couplings, ms", "Outcome", "Rhythm", "Cycle length", "Cycles", "Vulnerable window", "Refractory at"});
    for (const auto& r : study.runs) {
      if (r.best < 0 || r.best >= int(r.attempts.size())) {
        html += row({r.site.name, std::to_string(r.attempts.size()), "", "not played", "", "", "", "", ""});
        continue;
      }
      const auto& a = r.attempts[std::size_t(r.best)];
      html += row({r.site.name, std::to_string(r.attempts.size()), couplings(a), plain(name_of(a.found.outcome)), a.found.rhythm == ep::Rhythm::none ? "" : plain(name_of(a.found.rhythm)),
                   a.found.cycle_length_ms > 0 ? ms(a.found.cycle_length_ms) : "", std::to_string(a.found.cycles), r.window_to_ms > 0 ? fmt::format("{:.0f} to {:.0f} ms", r.window_from_ms, r.window_to_ms) : "",
                   r.refractory_ms > 0 ? ms(r.refractory_ms) : ""});
    }
    html += "</table>";
    std::vector<std::string> lines;
    for (const auto& r : study.runs) {
      for (const auto& e : r.exits) lines.push_back(fmt::format("{}: exit at {} mm LPS, activates {:.0f} % of the healthy muscle.", r.site.name, place(e.at_mm), e.share_percent));
      for (const auto& n : r.notes) lines.push_back(r.site.name + ": " + n);
    }
    lines.insert(lines.end(), study.notes.begin(), study.notes.end());
    html += notes(lines);
  }
  return html;
}

std::string proofs_section(const std::vector<KeptProof>& proofs) {
  if (proofs.empty()) return {};
  std::string html = "<h2>Proofs of block</h2>" + head({"Plan", "Model", "From A, mm LPS", "to B, mm LPS", "A to B (before)", "B to A (before)", "Result"});
  for (const auto& p : proofs)
    html += row({p.plan, core::name_of(p.mode), place(p.a), place(p.b), ms(p.proof.delay_ab_ms) + " (" + ms(p.proof.delay_ab_without_ms) + ")", ms(p.proof.delay_ba_ms) + " (" + ms(p.proof.delay_ba_without_ms) + ")",
                 p.proof.block_ab && p.proof.block_ba ? "blocks both ways" : p.proof.block_ab || p.proof.block_ba ? "blocks one way only" : "conducts"});
  html += "</table><p class=u>Paced on one side, looked at on the other. Before: without the lesions of the plan.</p>";
  std::vector<std::string> verdicts;
  for (const auto& p : proofs) {
    verdicts.push_back(p.plan + ": " + p.proof.verdict);
    for (const auto& moved : moved_words(p.proof)) verdicts.push_back(p.plan + ": " + moved);
  }
  return html + notes(verdicts);
}

std::string restitution_section(const std::vector<KeptRestitution>& curves) {
  static const char* colors[] = {"#0b84c4", "#9c4fd0", "#2f9e63", "#c98a12", "#6b7885"};
  std::string html;
  for (const auto& c : curves) {
    html += fmt::format("<h2>Restitution, {}</h2><p>{}, S1 {:.0f} ms; measured in a strand of each kind of cell.</p>", html_escape(c.plan), html_escape(plain(c.study.ionic_model)), c.study.base_interval_ms);
    html += head({"Cells", "Share", "APD90", "Velocity, m/s", "Refractory", "Steepest slope S2", "Steepest slope of trains", "1:1 down to", "Alternans"});
    std::vector<LabelledCurve> drawn;
    for (const auto& k : c.study.kinds) {
      if (!k.s1s2.conducts()) {
        html += row({k.name, fmt::format("{:.1f} %", k.share_percent), "does not conduct", "", "", "", "", "", ""});
        continue;
      }
      html += row({k.name, fmt::format("{:.1f} %", k.share_percent), ms(k.s1s2.apd_base_ms), fmt::format("{:.2f}", k.velocity_m_per_s * k.s1s2.cv_base), ms(k.refractory_ms), fmt::format("{:.2f}", k.slope_s1s2),
                   fmt::format("{:.2f}", k.slope_dynamic), ms(k.shortest_interval_ms), k.alternans_from_ms > 0 ? "from " + ms(k.alternans_from_ms) : "none"});
      LabelledCurve curve{k.name, colors[std::min<std::size_t>(drawn.size(), 4)], {}};
      for (const auto& p : k.s1s2.points) curve.points.emplace_back(p.di_ms, p.apd_ms);
      drawn.push_back(std::move(curve));
    }
    html += "</table>" + curves_svg(drawn, "rest before the beat, ms", "APD90, ms");
  }
  return html;
}

std::string electrogram_section(const std::string& title, const std::vector<ProbeTrace>& traces) {
  if (traces.empty()) return {};
  std::string html = fmt::format("<h2>Electrograms, {}</h2>", html_escape(title)) + head({"Probe", "Place, mm LPS", "Unipolar, peak to peak", "Steepest fall at", "Bipolar to the next, peak to peak"});
  std::vector<LabelledCurve> drawn;
  const auto swing = [](const std::vector<double>& v) { return v.empty() ? 0.0 : *std::max_element(v.begin(), v.end()) - *std::min_element(v.begin(), v.end()); };
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const auto& t = traces[i];
    // Local activation is where the unipolar electrogram falls steepest.
    std::size_t steepest = 0;
    double fall = 0;
    for (std::size_t k = 1; k < t.mV.size(); ++k)
      if (const double slope = (t.mV[k] - t.mV[k - 1]) / (t.t_ms[k] - t.t_ms[k - 1]); slope < fall) fall = slope, steepest = k;
    html += row({t.name, place(t.at), fmt::format("{:.1f} mV", swing(t.mV)), steepest > 0 ? ms(0.5 * (t.t_ms[steepest] + t.t_ms[steepest - 1])) : "never",
                 i + 1 < traces.size() ? fmt::format("{:.1f} mV", swing(ep::bipolar(t.mV, traces[i + 1].mV))) : ""});
    static const char* colors[] = {"#0b84c4", "#9c4fd0", "#2f9e63", "#c98a12", "#6b7885"};
    LabelledCurve curve{t.name, colors[i % 5], {}};
    for (std::size_t k = 0; k < t.mV.size(); ++k) curve.points.emplace_back(t.t_ms[k], t.mV[k]);
    drawn.push_back(std::move(curve));
  }
  html += "</table>" + curves_svg(drawn, "ms", "mV, unipolar");
  return html + "<p class=u>Potential in an unbounded conductor, far field zero; sampled at the stored frames.</p>";
}

}  // namespace ot::session
