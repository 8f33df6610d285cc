// SPDX-License-Identifier: GPL-3.0-or-later
// Stimulation studies: sites x protocol -> runs -> outcome of each, on FAST and FULL alike. Plain data.
// Model:    a train of S1, then extra-stimuli. `programmed`: S2 is shortened step by step from s2_first until it no longer captures (lengthened first when s2_first itself does not capture); then S2 stays
//           at the shortest that captured + 20 ms and S3 is shortened, then S4; it ends at the first induced re-entry. `fixed`: one sequence of
//           couplings. `burst`: a train at one interval. `window`: every S2 of the range, none stops: the vulnerable window.
// Source:   S1 x 6 at 600 ms, S2 from 300-400 ms down in 10 ms steps, S3, S4 where needed, 17 segments + RV, re-entry = at least two cycles: Arevalo et al.
//           2016, Nat Commun 7:11437 and Prakosa et al. 2018 (EP-FACTS section 3). The 20 ms margin of S2 is our choice.
// Units:    ms, mm. Threads: see run_study.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reentry/record.hpp"
#include "solvers/electrophysiology/studies/classify.hpp"
#include "solvers/electrophysiology/studies/exits.hpp"
#include "solvers/electrophysiology/studies/phase.hpp"

namespace ot::ep {

struct StudySite {
  std::string key, name;             // "aha-07", "7 mid anterior"
  core::Vec3 at_mm{0, 0, 0};
  int aha_segment = 0;               // 0: none
  std::vector<core::Index> nodes;    // stimulated
};

enum class ProtocolKind { programmed, fixed, burst, window };
const char* name_of(ProtocolKind kind);

struct Protocol {
  ProtocolKind kind = ProtocolKind::programmed;
  double s1_interval_ms = 600;
  int s1_beats = 6;
  int extrastimuli = 2;              // programmed: 1 = S2, 2 = S3, 3 = S4
  double s2_first_ms = 400, step_ms = 10, shortest_ms = 200;   // programmed and window
  std::vector<double> couplings_ms;  // fixed: S2, S3 ...
  double burst_interval_ms = 250;
  int burst_beats = 10;
  double observe_ms = 1200;          // after the last stimulus
  int cycles_needed = 2;
  double stimulus_ms = 2;
  bool operator==(const Protocol&) const = default;
};
core::Result<void> check(const Protocol& protocol);

// One sequence played at one site.
struct Attempt {
  std::vector<double> couplings_ms;  // intervals after the last S1 (burst: of the train)
  double last_stimulus_ms = 0;
  bool captured = false;             // the last stimulus
  Classification found;
};

// All attempts at one site.
struct SiteRun {
  StudySite site;
  std::vector<Attempt> attempts;
  int best = -1;                     // the attempt with re-entry, else the last that captured
  bool finished = false;
  bool induced() const { return best >= 0 && attempts[std::size_t(best)].found.outcome == Outcome::reentry; }
  double refractory_ms = 0;          // longest S2 coupling that did not capture; 0 = not reached
  double window_from_ms = 0, window_to_ms = 0;   // S2 couplings that induce; 0 = none
  std::vector<Exit> exits;           // of the re-entry
  std::vector<FilamentFrame> filaments;          // of its last two cycles, every 10 ms
  ActivationRecord last_cycles;      // of the re-entry: its last three cycles; empty when none (not kept in the JSON of a run)
  double wall_s = 0;
  std::vector<std::string> notes;
};

struct StudyResult {
  core::Mode mode = core::Mode::fast;
  Protocol protocol;
  std::string problem_sha256, mesh_sha256;
  std::vector<SiteRun> runs;         // in the order of the sites
  int induced = 0;                   // sites with re-entry
  double shortest_cycle_ms = 0, longest_cycle_ms = 0;   // of the re-entries; 0 = none
  double wall_s = 0;
  std::vector<std::string> notes;
};

// Nodes of conducting tissue within radius_mm of a point; the nearest one when none is that near but some lies within reach_mm.
std::vector<core::Index> nodes_near(const ElectroProblem& problem, const core::Vec3& at_mm, double radius_mm, double reach_mm);

// Where a stimulus asked for at site.at_mm begins: there, or, when no conducting tissue lies within radius_mm of it, at the nearest node that conducts.
struct PacedPlace {
  core::Vec3 at_mm = core::Vec3::Zero();
  double moved_mm = 0;   // from where it was asked for; 0 = there
};
PacedPlace paced_place(const core::TetMesh& mesh, const StudySite& site, double radius_mm);

struct StudyOptions {
  std::vector<SiteRun> known;        // finished runs of the same problem and protocol: taken over by site key
  std::filesystem::path keep;        // FULL: attempts of each site lie here in a folder of its key until the caller removes it; empty: nothing is kept
  double keep_every_ms = 20, keep_least_s = 5;   // of the attempt under way: simulated time and time on the clock between states
  std::function<void(const StudySite&, double t_ms)> on_continued;   // an attempt was found as it was left at t_ms, or done; one at a time
  std::function<void(const SiteRun&)> on_run;   // called as each run ends, one at a time, on the thread that ran it
};

// Sites are shared out over core::thread_count() threads, one run per thread. Every run is serial and independent: the same bits for any count.
// The problem's own sites are not used. Fails: wrong_usage, bad_input; cancelled (what was finished has been handed to on_run).
core::Result<StudyResult> run_study(const ElectroProblem& problem, const std::vector<StudySite>& sites, const Protocol& protocol, core::Mode mode,
                                    const StudyOptions& options, const core::Progress& progress);

// Pace one side, look at the other, and the other way round.
struct BlockProof {
  double delay_ab_ms = 0, delay_ba_ms = 0;                   // infinity = never arrives
  double delay_ab_without_ms = 0, delay_ba_without_ms = 0;   // before the lesions
  bool block_ab = false, block_ba = false;
  std::string verdict;                                       // in words
  PacedPlace a, b;                                           // set by who chose the nodes
};
// Block: never arrives; or at least twice as late and 20 ms later than without the lesions and, with `sealed` (the same lesions burned without gaps, through the wall), no earlier than past those
// (a tenth and 2 ms less): else it has found a gap. Where a wave is only a little late the verdict says that a short way round cannot be told from a gap.
core::Result<BlockProof> prove_block(const ElectroProblem& with_lesions, const ElectroProblem& without, const StudySite& a, const StudySite& b, core::Mode mode,
                                     const core::Progress& progress, const ElectroProblem* sealed = nullptr);

}  // namespace ot::ep
