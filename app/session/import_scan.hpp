// SPDX-License-Identifier: GPL-3.0-or-later
// From a file or folder to a case with one image, in two steps: scan (what is there, with a verdict each) and import (load one reading,
// without identity). The desktop's import browser and the command line call the same.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "imaging/io/dicom.hpp"

namespace ot::session {

// One line of the import browser.
struct ImportReading {
  std::string key;                       // "3:volume" (number in the list of series : reading), "0:stack", "file"
  std::string series;                    // as the header has it: shown while importing, may name a person, never saved
  std::string modality, name, verdict;
  std::vector<std::string> notes;        // what was corrected or assumed
  std::vector<std::string> warnings;     // burned-in text and the like
  imaging::ReadingKind kind = imaging::ReadingKind::volume;
  imaging::ReadingState state = imaging::ReadingState::refused;
  core::Grid grid;                       // at full resolution; no voxels when refused
  int phases = 1;
  std::size_t files = 1;
  bool recommended = false;
  int dicom = -1;                        // index in DicomScan::readings, -1: a NIfTI, NRRD or MetaImage file
};

struct ImportScan {
  std::filesystem::path path;
  std::shared_ptr<const imaging::DicomScan> dicom;   // null for other files
  std::vector<ImportReading> readings;               // in the order of the series
  std::vector<imaging::Quarantined> quarantine;
  std::vector<std::string> notes;
  const ImportReading* recommended() const;          // null when nothing can be imported
  // By number in the list (from 1), by key, or by series UID; the error lists what there is.
  core::Result<const ImportReading*> find(const std::string& reading, const std::string& series_uid) const;
};
core::Result<ImportScan> scan_for_import(const std::filesystem::path& path, const core::Progress& progress);

struct Resolution {
  enum class Kind { full, half, millimetres } kind = Kind::full;
  double mm = 0;
};
// "full", "half" or millimetres (0.1 to 20).
core::Result<Resolution> resolution_from(const std::string& text);
imaging::Reduction reduction_of(const ImportReading& reading, const Resolution& resolution);
imaging::MemoryNeed memory_need(const ImportReading& reading, const Resolution& resolution);
// Bytes free for the work now.
std::uint64_t free_memory();
// full when it fits, else half, else the coarsest of 1, 1.5, 2, 3, 4 mm that fits.
Resolution fitting_resolution(const ImportReading& reading);

struct ImportParams {
  Resolution resolution;
  std::string case_name;                 // shown instead of the pseudonym when given
};
// A new case: patient without identity, one image (with phases when it moves), one StageReport "import".
core::Result<CaseData> import_reading(const ImportScan& scan, const ImportReading& reading, const ImportParams& params, const core::Progress& progress);

core::Result<imaging::Thumbnail> thumbnail(const ImportScan& scan, const ImportReading& reading, int side);

}  // namespace ot::session
