// SPDX-License-Identifier: GPL-3.0-or-later
// Places in sentences: solvers name where a run failed, the window reads it there and flies to it.
// Units: mm, LPS, one decimal. Threads: pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "solvers/core/types.hpp"

namespace ot::core {

std::string place_words(const Vec3& lps_mm);                     // "(12.3, -4.5, 6.0) mm"
std::optional<Vec3> place_in(std::string_view sentence);         // the first one; nothing else in brackets is taken for one

}  // namespace ot::core
