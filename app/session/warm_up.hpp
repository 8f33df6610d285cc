// SPDX-License-Identifier: GPL-3.0-or-later
// What a first edit of the heart would have to wait for, made when a case opens.
// A case keeps its answers but not what FAST makes them with: paced cells (templates), velocities on a strand, eikonal and electrical geometry, lead fields. The job answers the plan once with
// FAST and throws the answer away; what was made stays in the solvers' own caches, and the first lesion is answered like every later one. It goes by the lane `quick`: a lesion placed meanwhile
// waits for it instead of making the same things beside it.
// Threads: owner's thread; the work is a job.
#pragma once

namespace ot::session {

class Session;

inline constexpr const char* warm_up_job = "prepare fast answers";
// Nothing is started where there is no heart, or no stored answer at all: computing the first one does the same. A stored answer of any plan may spare the others the heart (twin::run takes known
// parts), so one that is missing does not mean that FAST is prepared.
void start_warm_up(Session& session);

}  // namespace ot::session
