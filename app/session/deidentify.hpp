// SPDX-License-Identifier: GPL-3.0-or-later
// De-identification on import, after the idea of the Basic Application Level Confidentiality Profile (DICOM PS3.15 annex E): nothing
// of a header is copied; a case gets only what is made here, from closed vocabularies and numbers.
//   Kept: modality, geometry, times within the beat, scan settings (numbers), sex (M, F, O), age (over 89 as "90 y or more"),
//   manufacturer and body part when they are on a list. Replaced: UIDs, patient id, dates. Everything else is left out.
// The secret is made from the system's random numbers for every import and is never stored, so nobody can compute the way back.
// One thing can be asked later: whether another series lies in the same frame of reference. The replaced frame UID carries 16 bits of a
// salted hash of the original for that: one other frame in 65,536 passes for the same, and the original cannot be told from them.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "app/session/case.hpp"
#include "imaging/io/dicom.hpp"

namespace ot::session {

class Pseudonyms {
 public:
  Pseudonyms();                                                  // a fresh secret
  explicit Pseudonyms(const std::array<std::uint8_t, 32>& secret) : secret_(secret) {}
  std::string uid(const std::string& original) const;            // "2.25. ...", "" stays ""
  std::string frame(const std::string& original) const;          // as uid(), and comparable: same_frame()
  std::string patient_id(const std::string& study_uid) const;    // "PT-3F9A2C71"
  // YYYYMMDD -> "YYYY-MM-DD", 1 to 3650 days earlier, the same number of days for every date of the case; "" when it is no date.
  std::string date(const std::string& yyyymmdd) const;

 private:
  std::string keyed(const std::string& what) const;
  std::array<std::uint8_t, 32> secret_{};
};

enum class FrameMatch { same, differs, unknown };
// `replaced` as Pseudonyms::frame() made it, `original` as a header has it. unknown: one of them is empty, or an older version made it.
FrameMatch same_frame(const std::string& replaced, const std::string& original);

// "57 y" from "057Y" or from two dates; "90 y or more" over 89; "" when not stated.
std::string safe_age(const std::string& dicom_age, const std::string& birth_date, const std::string& study_date);
std::string safe_sex(const std::string& dicom_sex);
std::string safe_modality(const std::string& modality);
// "Siemens", "GE" ... from a list, else "".
std::string safe_manufacturer(const std::string& text);
std::string safe_body_part(const std::string& text);

// Patient and source of the image from the header of one of its files.
PatientInfo safe_patient(const imaging::DicomFile& file, const Pseudonyms& pseudonyms);
ImageSource safe_source(const imaging::DicomFile& file, const Pseudonyms& pseudonyms);

}  // namespace ot::session
