// SPDX-License-Identifier: GPL-3.0-or-later
// What several case commands share: printing the stages that were done, and number options with a range.
#pragma once
#include "app/cli/context.hpp"
#include "app/session/case.hpp"

namespace ot::cli {

// The stages added since `from`, as JSON and as text.
core::Result<void> print_stages(Context& context, const session::CaseData& data, std::size_t from);
// CLI::Range lets "nan" through.
CLI::Validator within(double low, double high);

}  // namespace ot::cli
