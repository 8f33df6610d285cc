// SPDX-License-Identifier: GPL-3.0-or-later
// The headless build has no rendering: everything else is computed and written.
#include "app/cli/pictures.hpp"

namespace ot::cli {

core::Result<void> draw_case(const session::CaseData&, const std::filesystem::path&, std::vector<session::ReportPicture>&) {
  return core::bad_input("this is the headless build. Use the release preset on a machine with a display (or under xvfb-run) for pictures.");
}

}  // namespace ot::cli
