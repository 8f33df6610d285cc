// SPDX-License-Identifier: GPL-3.0-or-later
// What CLI11 does not tell by itself: the options of every command in each help text, --out where it has no effect, and which word is no command.
#pragma once
#include <string>
#include <vector>

#include "app/cli/context.hpp"

namespace ot::cli {

// The options of every command at the end of each command's help, --out only where it is used and with what it means there.
void tell_global_options(CLI::App& app);
// wrong_usage when --out was given to a command that writes nothing (it would be ignored silently).
core::Result<void> check_out(const CLI::App& app, const Context& context);
// A sentence when the first word that is no option names no command, with the nearest one; else empty.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace ot::cli
