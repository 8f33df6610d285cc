// SPDX-License-Identifier: GPL-3.0-or-later
// A report as PDF: the HTML of session::report_html laid out on A4 pages. Pictures, ECGs and short tables are kept whole, longer tables break
// between rows under a repeated head, a heading stays with what it names. ECGs and curves are vectors in true millimetres (25 mm/s, 10 mm/mV).
// Threads: any, one call at a time per document; without an application object of Qt one is made and kept (fonts need it).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::print {

inline constexpr double page_width_mm = 210, page_height_mm = 297, margin_mm = 15;

enum class PartKind { text, heading, figure, table };
// Where a paragraph, a figure or a table lies. Heights run through all pages: page n is from n * page_height_mm on.
struct PlacedPart {
  PartKind kind = PartKind::text;
  double top_mm = 0, bottom_mm = 0;
};

struct PdfWritten {
  int pages = 0;
  std::vector<PlacedPart> parts;   // from top to bottom
};

// `html` is attached to the document as report.html, so that a PDF can be repeated as well (`rerun`). `footer` stands on every page beside its
// number. Fails: computation_failed when the file cannot be written or this installation of Qt cannot draw without a display.
core::Result<PdfWritten> write_pdf(const std::string& html, const std::filesystem::path& path, const std::string& footer);

}  // namespace ot::print
