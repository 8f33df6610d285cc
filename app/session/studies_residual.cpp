// SPDX-License-Identifier: GPL-3.0-or-later
// Residual inducibility: what the lesions of a plan leave of what a protocol induced.
#include <fmt/format.h>

#include <algorithm>

#include "app/session/studies_impl.hpp"

namespace ot::session {
namespace {

bool captured(const ep::SiteRun& run) {
  return std::any_of(run.attempts.begin(), run.attempts.end(), [](const ep::Attempt& a) { return a.captured; });
}
double cycle_of(const ep::SiteRun& run) { return run.induced() ? run.attempts[std::size_t(run.best)].found.cycle_length_ms : 0; }

std::string verdict_of(const Residual& r) {
  const std::size_t paced = r.sites.size() - std::size_t(r.burned);
  std::string out = fmt::format("{} of {} sites inducible before, {} of {} after", r.induced_before, r.sites.size(), r.induced_after, paced);
  if (r.burned > 0) out += fmt::format(" ({} site{} burned: not paced)", r.burned, r.burned == 1 ? " was" : "s were");
  out += r.induced_before == 0                             ? ": nothing was inducible before, so the lesions show nothing here."
         : r.induced_after == 0                            ? ": not inducible any more by this protocol."
         : r.induced_after < r.induced_before              ? ": fewer, not none. Inducibility remains."
         : r.induced_after == r.induced_before && r.newly == 0 ? ": the lesions end no re-entry."
                                                           : ": no fewer. The re-entries are others.";
  return out;
}

}  // namespace

Residual residual_inducibility(const ep::StudyResult& before, const ep::StudyResult& after) {
  Residual out;
  for (const auto& b : before.runs) {
    ResidualSite site;
    site.key = b.site.key;
    site.name = b.site.name;
    site.captured_before = captured(b);
    site.induced_before = b.induced();
    site.cycle_before_ms = cycle_of(b);
    const auto a = std::find_if(after.runs.begin(), after.runs.end(), [&](const ep::SiteRun& r) { return r.site.key == b.site.key; });
    site.paced_after = a != after.runs.end();
    if (site.paced_after) {
      site.captured_after = captured(*a);
      site.induced_after = a->induced();
      site.cycle_after_ms = cycle_of(*a);
    }
    out.induced_before += site.induced_before;
    out.induced_after += site.induced_after;
    out.no_more += site.induced_before && !site.induced_after;
    out.newly += site.induced_after && !site.induced_before;
    out.burned += !site.paced_after;
    out.sites.push_back(std::move(site));
  }
  out.verdict = verdict_of(out);
  return out;
}

nlohmann::json to_json(const Residual& r) {
  nlohmann::json sites = nlohmann::json::array();
  for (const auto& s : r.sites)
    sites.push_back({{"key", s.key}, {"name", s.name}, {"paced_after", s.paced_after}, {"captured_before", s.captured_before}, {"captured_after", s.captured_after}, {"induced_before", s.induced_before},
                     {"induced_after", s.induced_after}, {"cycle_before_ms", s.cycle_before_ms}, {"cycle_after_ms", s.cycle_after_ms}});
  return {{"sites", sites}, {"induced_before", r.induced_before}, {"induced_after", r.induced_after}, {"no_more", r.no_more}, {"newly", r.newly}, {"burned", r.burned}, {"verdict", r.verdict}};
}

std::string residual_table(const Residual& r) {
  const auto words = [](bool paced, bool captured, bool induced, double cycle) {
    return !paced ? std::string("burned") : induced ? fmt::format("re-entry {:.0f} ms", cycle) : captured ? std::string("none") : std::string("no capture");
  };
  std::string out = fmt::format("{:<28} {:<18} {}\n", "site", "before", "after");
  for (const auto& s : r.sites)
    out += fmt::format("{:<28} {:<18} {}\n", s.name, words(true, s.captured_before, s.induced_before, s.cycle_before_ms), words(s.paced_after, s.captured_after, s.induced_after, s.cycle_after_ms));
  return out + "Residual inducibility: " + r.verdict + "\n";
}

core::Result<ResidualStudy> run_residual(const CaseData& data, const StudySpec& spec, const std::filesystem::path& folder, const core::Progress& progress,
                                         const std::function<void(const ep::SiteRun&)>& on_run) {
  StudySpec untreated = spec;
  untreated.plan = data.plans.front().name;
  untreated.added.clear();
  if (untreated.plan == spec.plan && spec.added.empty())
    return core::wrong_usage("Residual inducibility compares a plan with the untreated baseline (this is the baseline itself). Name a plan with lesions, or give lesions as a scenario.");
  ResidualStudy out;
  auto before = run_study(data, untreated, folder, progress.part(0, 0.5), on_run);
  if (!before) return core::pass(before);
  auto after = run_study(data, spec, folder, progress.part(0.5, 1), on_run);
  if (!after) return core::pass(after);
  out.before = *before;
  out.after = *after;
  out.residual = residual_inducibility(*out.before, *out.after);
  return out;
}

}  // namespace ot::session
