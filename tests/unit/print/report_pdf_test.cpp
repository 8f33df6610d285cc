// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "app/print/report_pdf.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

namespace {

std::string table(int rows) {
  std::string html = "<table><tr><th>Quantity</th><th class=n>Value</th></tr>";
  for (int r = 0; r < rows; ++r) html += fmt::format("<tr><td>Quantity {} <span class=u>ms</span></td><td class=n>{}</td></tr>", r, 17 * r);
  return html + "</table>";
}
std::string drawing(double w, double h) {
  return fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}mm" height="{1}mm" viewBox="0 0 {0} {1}"><rect width="100%" height="100%" fill="#fbf3ee"/><path d="M0 0L{0} {1}" stroke="#12324a" stroke-width="0.3"/></svg>)", w, h);
}
std::string whole(const std::string& body) { return "<!doctype html><html><head><style>h2{color:red}</style></head><body><h1>Report</h1>" + body + "<script type=\"application/json\">{\"secret\":1}</script></body></html>"; }

int page_of(double mm) { return int(std::floor(mm / print::page_height_mm)); }
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

}  // namespace

TEST_CASE("a report as PDF keeps every drawing and short table on one page and every heading with what it names, at 24 offsets down the page") {
  const auto folder = test::scratch_folder("pdf");
  for (int offset = 0; offset < 24; ++offset) {
    std::string body;
    for (int n = 0; n < offset; ++n) body += "<p>One more line above.</p>";
    for (int n = 0; n < 5; ++n) body += fmt::format("<h2>Table {}</h2>{}<h2>ECG {}</h2>{}", n, table(9 + 4 * n), n, drawing(130, 98));
    const auto written = print::write_pdf(whole(body), folder / "report.pdf", "P-1");
    REQUIRE(written);
    int figures = 0, tables = 0;
    for (std::size_t i = 0; i < written->parts.size(); ++i) {
      const auto& part = written->parts[i];
      INFO("offset " << offset << ", part " << i << " from " << part.top_mm << " to " << part.bottom_mm << " mm");
      figures += part.kind == print::PartKind::figure;
      tables += part.kind == print::PartKind::table;
      if (part.kind != print::PartKind::text) {
        CHECK(page_of(part.top_mm + 0.5) == page_of(part.bottom_mm - 0.5));
        CHECK(part.bottom_mm - 0.5 <= (page_of(part.top_mm + 0.5) + 1) * print::page_height_mm - print::margin_mm);
      }
      if (part.kind == print::PartKind::heading && i + 1 < written->parts.size()) CHECK(page_of(part.top_mm + 0.5) == page_of(written->parts[i + 1].top_mm + 0.5));
      if (part.kind == print::PartKind::figure) CHECK(part.bottom_mm - part.top_mm >= 98);   // true millimetres: not made smaller
    }
    CHECK(figures == 5);
    CHECK(tables == 5);
  }
}

TEST_CASE("a table longer than a page goes on over the next ones, the HTML is attached, and each page of the file is one of the count") {
  const auto folder = test::scratch_folder("pdf-long");
  const auto written = print::write_pdf(whole("<h2>Long</h2>" + table(150)), folder / "report.pdf", "P-1");
  REQUIRE(written);
  CHECK(written->pages >= 3);
  CHECK(written->pages <= 6);
  const auto bytes = core::read_file(folder / "report.pdf");
  REQUIRE(bytes);
  CHECK(bytes->rfind("%PDF-", 0) == 0);
  CHECK(count(*bytes, "/Type /Page\n") == std::size_t(written->pages));
  CHECK(count(*bytes, "/EmbeddedFile") >= 1);
}

TEST_CASE("a wide drawing is made as small as the page, and a folder that is not there is refused in words") {
  const auto folder = test::scratch_folder("pdf-wide");
  const auto written = print::write_pdf(whole(drawing(400, 100)), folder / "report.pdf", "P-1");
  REQUIRE(written);
  bool seen = false;
  for (const auto& part : written->parts)
    if (part.kind == print::PartKind::figure) {
      seen = true;
      CHECK(part.bottom_mm - part.top_mm == Approx(45).margin(5));   // 180 mm of 400
    }
  CHECK(seen);
  const auto refused = print::write_pdf(whole(""), folder / "no" / "such" / "report.pdf", "P-1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("report.pdf") != std::string::npos);
}
