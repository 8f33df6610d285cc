// SPDX-License-Identifier: GPL-3.0-or-later
// A map of factors as a table of text: four columns x, y, z in mm and the factor, with a header line or without; the separators of delimited.hpp.
// Fails: bad_input for fewer columns, no rows, or fields that are no number. Threads: pure.
#pragma once
#include "solvers/electrophysiology/structure/scale_map.hpp"

namespace ot::ep {

// channel is left empty.
core::Result<ScaleMap> read_scale_csv(const std::string& text, const std::string& name);

}  // namespace ot::ep
