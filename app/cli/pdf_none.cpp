// SPDX-License-Identifier: GPL-3.0-or-later
// The headless build has no Qt.
#include "app/cli/pdf.hpp"

namespace ot::cli {

core::Result<void> check_pdf() { return core::bad_input("This is the headless build: it writes reports as .html (a PDF is drawn with Qt, which it does not have). Give --out a name ending in .html, or use the release build."); }

core::Result<void> write_pdf(const std::string&, const std::filesystem::path&, const std::string&) { return check_pdf(); }

}  // namespace ot::cli
