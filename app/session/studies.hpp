// SPDX-License-Identifier: GPL-3.0-or-later
// Stimulation studies on a case: presets, sites, running, saved runs, export. The command line (`study`) and the desktop call the same.
// Kept in the case folder: studies/<key>/study.json and one file per finished run, so that a study that was cancelled goes on where it stopped.
// Threads: run_study is called on a worker thread (heavy lane); it uses core::thread_count() threads itself.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/electrophysiology/studies/study.hpp"

namespace ot::session {

class Session;

// What a person asks for. As JSON: {"preset": "vt-induction", "mode": "fast", "plan": "Baseline", "sites": ["aha", "rv"], "protocol": {...}}.
struct StudySpec {
  std::string name = "vt-induction";          // preset it came from, shown
  core::Mode mode = core::Mode::fast;
  std::string plan = "Baseline";              // plan whose interventions apply (lesions, drugs)
  std::vector<std::string> sites{"aha", "rv"};   // "aha" = 17 segments, "rv" = RV septum and free wall, "atria" = eight places of the atria, "7" = one segment, "x,y,z" = a point, LPS mm
  ep::Protocol protocol;
  double site_radius_mm = 2.5;                // tissue stimulated
  std::vector<twin::InterventionSpec> added;  // on top of the plan, not kept in it: scenario files of the command line
};

struct StudyPreset {
  std::string key, title, summary, source;
  StudySpec spec;
};
const std::vector<StudyPreset>& study_presets();   // vt-induction, s1s2-sweep, vulnerable-window, burst, af-burst, pace
core::Result<StudySpec> study_from_json(const nlohmann::json& json);   // unknown keys are refused by name
nlohmann::json to_json(const StudySpec& spec);
// "350 300, 280": couplings of S2, S3 ... in ms, apart by blanks or commas; empty text: none.
core::Result<std::vector<double>> couplings_from(const std::string& text);

// Sites on the wall of the twin: LV ones under the endocardium of their segment.
core::Result<std::vector<ep::StudySite>> study_sites(const twin::TwinModel& twin, const StudySpec& spec);

using SharedStudy = std::shared_ptr<const ep::StudyResult>;
// folder: of the case, where finished runs are kept and found again; empty: nothing is kept.
core::Result<SharedStudy> run_study(const CaseData& data, const StudySpec& spec, const std::filesystem::path& folder, const core::Progress& progress,
                                    const std::function<void(const ep::SiteRun&)>& on_run = {});
// Saved studies of a case folder, newest first: name and result of each that is complete.
struct SavedStudy {
  std::string key, name, saved_utc;
  StudySpec spec;
  SharedStudy study;
};
std::vector<SavedStudy> saved_studies(const std::filesystem::path& folder);

nlohmann::json to_json(const ep::SiteRun& run);
nlohmann::json to_json(const ep::StudyResult& study);
std::string study_table(const ep::StudyResult& study);      // for a terminal or a monospaced panel
std::string study_csv(const ep::StudyResult& study);        // one line per attempt
// runs.csv and, for each re-entry, <site>.vtu with the activation of its last cycle and the phase, <site>-phase.pvd with the phase at twelve instants of it, <site>-filaments.csv,
// <site>-tracks.csv (ep::track). Returns the files.
core::Result<std::vector<std::string>> export_study(const CaseData& data, const ep::StudyResult& study, const std::filesystem::path& folder);

// --- residual inducibility: the same protocol at the same sites before and after what a plan holds ---
struct ResidualSite {
  std::string key, name;
  bool paced_after = true;                    // false: the lesions burned the muscle there
  bool captured_before = false, captured_after = false;
  bool induced_before = false, induced_after = false;
  double cycle_before_ms = 0, cycle_after_ms = 0;   // of the re-entry; 0 = none
};
struct Residual {
  std::vector<ResidualSite> sites;            // those of the study before, in its order
  int induced_before = 0, induced_after = 0, no_more = 0, newly = 0;   // sites; no_more: before and not after, newly: after and not before
  int burned = 0;                             // sites that cannot be paced any more
  std::string verdict;                        // in words; what was asked and found, no promise for a patient
};
// Contract: both studies played the same protocol. Sites of `after` that `before` does not have are left out.
Residual residual_inducibility(const ep::StudyResult& before, const ep::StudyResult& after);
nlohmann::json to_json(const Residual& residual);
std::string residual_table(const Residual& residual);
// Plays `spec` on the untreated baseline and on its plan with what is added. wrong_usage when there is nothing that could make a difference.
struct ResidualStudy {
  SharedStudy before, after;
  Residual residual;
};
core::Result<ResidualStudy> run_residual(const CaseData& data, const StudySpec& spec, const std::filesystem::path& folder, const core::Progress& progress,
                                         const std::function<void(const ep::SiteRun&)>& on_run = {});

// --- proof and targets ---
// Line or ring of lesions of a plan: pace at a, look at b, and back. Points in LPS mm on the wall.
core::Result<ep::BlockProof> prove_block(const CaseData& data, const std::string& plan, const core::Vec3& a, const core::Vec3& b, core::Mode mode, const core::Progress& progress);

// One sentence for each side that had to be moved onto conducting tissue: where it was paced and how far off.
std::vector<std::string> moved_words(const ep::BlockProof& proof);

// Lesions, lines or rings on top of the baseline, FAST, judged against the baseline.
core::Result<ep::BlockProof> prove_lesions(const CaseData& data, const std::vector<twin::InterventionSpec>& lesions, const core::Vec3& a, const core::Vec3& b, const core::Progress& progress);

// Where a lesion would end what was induced: exits of the study's re-entries and the middle of the slow way that leads to each, each tried with one lesion on top of the plan and all sequences that induced
// played again. Ranked: fewest sites still inducible, then least tissue. A suggestion; only a person puts it into a plan.
struct Target {
  core::Vec3 at_mm{0, 0, 0};
  std::string why;                            // "exit of the VT induced at 7 mid anterior, activates 62 % of the healthy muscle"
  int induced_before = 0, induced_after = 0;  // sites of the study
  double lesion_cm3 = 0, share_percent = 0;
  twin::InterventionSpec spec;                // ready for Session::add
};
core::Result<std::vector<Target>> suggest_targets(const CaseData& data, const StudySpec& spec, const ep::StudyResult& study, double radius_mm, double depth_mm,
                                                  const core::Progress& progress);

}  // namespace ot::session
