// SPDX-License-Identifier: GPL-3.0-or-later
// What the machine's memory gives right now: a = b + s c over arrays beyond every cache, with the threads in use.
#pragma once

namespace ot::verify {

// CPU seconds of this thread: what one thread costs on a machine shared with others.
double thread_cpu_s();
// Best of four passes over three arrays of 80 MB, GB/s. by_own_cpu: of this thread's processor time, so that other load takes from it what it takes from the
// step beside it; for one thread only. Source: McCalpin's STREAM triad, own code.
double triad_GB_per_s(bool by_own_cpu = false);

}  // namespace ot::verify
