// SPDX-License-Identifier: GPL-3.0-or-later
// A small but complete case on code-generated geometry, for session tests: a slab of tissue with one pacing site and an image.
#pragma once
#include "app/session/case.hpp"

namespace ot::test {

session::CaseData small_case();

}  // namespace ot::test
