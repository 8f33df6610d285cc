// SPDX-License-Identifier: GPL-3.0-or-later
// FULL runs of a case that go on where they stopped, and the electrograms they record. In the working folder of the case (the case's own, or the user's
// for a read-only one): runs/<key>/ while a run goes on (ep::KeepRun), electrograms/<key>.json when it is done. Keys are made of the problem's hash and the
// version of the answers; a state or a trace of another question is never taken.
// Threads: run on a worker thread.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

class Session;

int version_of_answers();                              // rises when the solvers answer the same plan otherwise than before (case_folder.cpp)
// Empty when nothing can be kept: a case that was never saved and has no twin.
std::filesystem::path working_folder(const Session& session);

struct RunAsked {
  std::filesystem::path folder;                     // working folder; empty: nothing is kept or found again
  bool fresh = false;                               // from the beginning, whatever is kept
  std::vector<core::Vec3> probes;                   // electrograms of FULL at 0.5 ms; FAST is sampled afterwards, at any time (electrograms.hpp)
  bool insist_on_probes = false;                    // FULL runs again when it is known without them
};
struct RunDone {
  std::shared_ptr<const twin::RunResult> result;
  double continued_ms = -1;                         // FULL went on from there; negative: from the beginning
  std::vector<std::string> notes;                   // about keeping; not part of the result
};
// run_scenario (pipeline.hpp) that keeps what it does. The result is the same bit for bit.
core::Result<RunDone> run_scenario_kept(CaseData& data, const twin::Scenario& scenario, core::Mode mode, const twin::RunOptions& options, const RunAsked& asked,
                                        const core::Progress& progress);
// "The full model went on from 212 ms, where it had been stopped." and the notes; empty when there is nothing to say.
std::string words_of(const RunDone& done);
// Whether a run that was stopped waits there.
bool holds_stopped_run(const std::filesystem::path& folder);
// Removes what was kept of runs whose results the case holds, and all but the newest few of the others.
void tidy_kept_runs(const CaseData& data, const std::filesystem::path& folder);

// What FULL recorded of this point at its sampling; empty t_ms: not recorded.
struct RecordedTrace {
  std::vector<double> t_ms, mV;
};
std::vector<RecordedTrace> recorded_traces(const std::filesystem::path& folder, const std::string& problem_sha256, const std::vector<core::Vec3>& points);

}  // namespace ot::session
