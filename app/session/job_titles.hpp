// SPDX-License-Identifier: GPL-3.0-or-later
// Titles of jobs that others look for among the running ones.
#pragma once

namespace ot::session {

inline constexpr const char* rebuild_title = "Building the model";   // Session::rebuild

}  // namespace ot::session
