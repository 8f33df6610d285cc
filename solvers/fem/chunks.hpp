// SPDX-License-Identifier: GPL-3.0-or-later
// How the solvers cut their rows into chunks of parallel loops.
#pragma once
#include <algorithm>
#include <cstddef>

namespace ot::fem {

// Rows per chunk. Small systems are one chunk, because waking threads would cost more than it saves; larger ones are cut finely enough
// (eight chunks at least) that two or four threads get even shares.
inline std::ptrdiff_t chunk_for(std::ptrdiff_t rows) { return rows < 8192 ? std::max<std::ptrdiff_t>(rows, 1) : 1024; }

}  // namespace ot::fem
