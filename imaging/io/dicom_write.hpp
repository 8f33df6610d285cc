// SPDX-License-Identifier: GPL-3.0-or-later
// Writing DICOM: a data set as plain elements, and a CT or MR volume as a classic single-frame series.
// Model: PS3.5 explicit or implicit little endian and explicit big endian, uncompressed; 16-bit stored values = (value - intercept) / slope.
// Fails: values outside the 16 bits of the chosen slope and intercept, a folder that cannot be written. Threads: each call is its own.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

enum class DicomSyntax { explicit_little, implicit_little, explicit_big };

// Elements by tag (0xGGGGEEEE), kept in tag order. Setting a tag again replaces it.
class DicomData {
 public:
  DicomData& text(std::uint32_t tag, std::string_view vr, std::string_view value);
  DicomData& number(std::uint32_t tag, std::uint16_t value);                                  // US
  DicomData& decimals(std::uint32_t tag, const std::vector<double>& values);                  // DS, 16 characters each
  DicomData& real(std::uint32_t tag, const std::vector<double>& values);                      // FD
  DicomData& words(std::uint32_t tag, std::string_view vr, std::vector<std::uint16_t> values);  // OW, US
  DicomData& bytes(std::uint32_t tag, std::string_view vr, std::string value);                // as they are
  DicomData& sequence(std::uint32_t tag, std::vector<DicomData> items);
  DicomData& erase(std::uint32_t tag);
  // The data set alone, and a whole file (preamble, meta group, data set).
  std::string encode(DicomSyntax syntax) const;
  std::string file(DicomSyntax syntax = DicomSyntax::explicit_little) const;

 private:
  struct Element {
    std::string vr, value;          // little endian
    int unit = 1;                   // bytes that swap together
    std::vector<DicomData> items;
  };
  std::map<std::uint32_t, Element> elements_;
};

struct DicomSeriesParams {
  std::string modality = "CT";                       // CT or MR
  std::string study_uid, series_uid, frame_uid;      // empty: made from the volume's hash, always the same for the same volume
  std::string patient_name = "ANONYMOUS", patient_id = "ANONYMOUS", series_description;
  int series_number = 1;
  double slope = 1, intercept = -1024;               // the usual ones of CT; MR: 1 and 0 by choose_scale
  DicomSyntax syntax = DicomSyntax::explicit_little;
  std::function<void(int slice, DicomData& data)> edit;   // last word on each slice: extra or broken elements
};

// One slice of the volume as a data set; k counts along the volume's third axis.
DicomData dicom_slice(const core::Volume& volume, int k, const DicomSeriesParams& params);
// folder/slice_0001.dcm ... ; the folder is made. Slices lie where volume.grid says (patient LPS mm).
core::Result<void> write_dicom_series(const core::Volume& volume, const std::filesystem::path& folder, const DicomSeriesParams& params,
                                      const core::Progress& progress);
// "2.25." and a decimal number made from the hash of `text` (PS3.5 annex B.2); at most 44 characters.
std::string dicom_uid_from(std::string_view text);
std::string dicom_uid_of_hex(std::string_view hex);        // "2.25." and the number; 31 digits at most

}  // namespace ot::imaging
