// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/pdf.hpp"

#include "app/print/report_pdf.hpp"

namespace ot::cli {

core::Result<void> check_pdf() { return {}; }

core::Result<void> write_pdf(const std::string& html, const std::filesystem::path& path, const std::string& footer) {
  const auto written = print::write_pdf(html, path, footer);
  return written ? core::Result<void>() : core::pass(written);
}

}  // namespace ot::cli
