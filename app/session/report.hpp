// SPDX-License-Identifier: GPL-3.0-or-later
// The report of a case: one self-contained HTML file with tables, 12-lead ECGs as SVG, electrograms, what was studied (runs, proofs of block,
// restitution), notes of the solvers, assumptions, hashes and versions. app/print lays the same HTML out as PDF.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/study_records.hpp"

namespace ot::session {

struct ReportPicture {
  std::string caption;
  std::filesystem::path png;   // embedded
};

core::Result<std::string> report_html(const CaseData& data, const std::vector<ReportPicture>& pictures = {}, const StudyRecords& studied = {}, const core::Progress& progress = {});
core::Result<void> write_report(const CaseData& data, const std::filesystem::path& path, const std::vector<ReportPicture>& pictures = {}, const StudyRecords& studied = {},
                                const core::Progress& progress = {});
// What a report was made from, read back out of the HTML: case twin hash, and setup hash and quantities of each run.
struct ReportClaims {
  std::string twin_sha256;
  struct Run {
    std::string plan, mode, setup_sha256, scenario_json;
    std::vector<core::Quantity> quantities;
  };
  std::vector<Run> runs;
};
core::Result<ReportClaims> read_report(const std::filesystem::path& path);

}  // namespace ot::session
