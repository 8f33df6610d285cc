// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/deidentify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <utility>

#include "imaging/io/dicom_write.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace {

std::optional<std::chrono::sys_days> day_of(const std::string& text) {
  if (text.size() != 8 || !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); })) return {};
  const std::chrono::year_month_day d{std::chrono::year(std::stoi(text.substr(0, 4))), std::chrono::month(unsigned(std::stoi(text.substr(4, 2)))), std::chrono::day(unsigned(std::stoi(text.substr(6, 2))))};
  if (!d.ok() || int(d.year()) < 1800) return {};
  return std::chrono::sys_days(d);
}

std::string upper(std::string s) {
  for (char& c : s) c = char(std::toupper(static_cast<unsigned char>(c)));
  return s;
}

// The name of the first entry whose word the text contains. The name is ours, never the header's.
template <std::size_t N>
std::string listed(const std::string& text, const std::pair<const char*, const char*> (&list)[N]) {
  const std::string t = upper(text);
  for (const auto& [word, name] : list)
    if (t.find(word) != std::string::npos) return name;
  return {};
}

// A frame's UID: 2.25. and a number of 120 bits, in hexadecimal digits a 1, 16 of salt, 5 of a mark that says what this is, 4 of check, 4 of salt.
constexpr std::size_t salt_digits = 16, mark_digits = 5, check_digits = 4, frame_digits = 30;

std::string frame_mark(const std::string& salt) { return core::sha256_hex(fmt::format("frame mark {}", salt)).substr(0, mark_digits); }
std::string frame_check(const std::string& salt, const std::string& original) { return core::sha256_hex(fmt::format("frame check {} {}", salt, original)).substr(0, check_digits); }

std::string hex_of(const std::string& decimal) {
  unsigned __int128 n = 0;
  for (char c : decimal) n = n * 10 + unsigned(c - '0');
  std::string hex;
  for (; n > 0; n >>= 4) hex.insert(hex.begin(), "0123456789abcdef"[unsigned(n & 15)]);
  return hex;
}

}  // namespace

Pseudonyms::Pseudonyms() {
  std::random_device device;
  for (auto& b : secret_) b = std::uint8_t(device());
}

std::string Pseudonyms::keyed(const std::string& what) const {
  core::Hasher inner;
  inner.bytes(secret_.data(), secret_.size()).text(what);
  core::Hasher outer;   // nested as in HMAC (RFC 2104), so that a longer text cannot be guessed from a shorter one
  outer.bytes(secret_.data(), secret_.size()).text(inner.hex());
  return outer.hex();
}

std::string Pseudonyms::uid(const std::string& original) const { return original.empty() ? std::string() : imaging::dicom_uid_from(keyed("uid " + original)); }
std::string Pseudonyms::frame(const std::string& original) const {
  if (original.empty()) return {};
  const std::string salt = keyed("frame salt").substr(0, salt_digits);
  const std::size_t rest = frame_digits - 1 - salt_digits - mark_digits - check_digits;
  const std::string hex = fmt::format("1{}{}{}{}", salt, frame_mark(salt), frame_check(salt, original), keyed(fmt::format("frame {}", original)).substr(0, rest));
  return imaging::dicom_uid_of_hex(hex);
}

FrameMatch same_frame(const std::string& replaced, const std::string& original) {
  const std::string lead = "2.25.", number = replaced.size() > lead.size() ? replaced.substr(lead.size()) : std::string();
  const bool digits = std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); });
  if (original.empty() || replaced.rfind(lead, 0) != 0 || !digits || number.size() > 38) return FrameMatch::unknown;
  const std::string hex = hex_of(number);
  if (hex.size() != frame_digits || hex[0] != '1') return FrameMatch::unknown;
  const std::string salt = hex.substr(1, salt_digits);
  if (hex.substr(1 + salt_digits, mark_digits) != frame_mark(salt)) return FrameMatch::unknown;
  return hex.substr(1 + salt_digits + mark_digits, check_digits) == frame_check(salt, original) ? FrameMatch::same : FrameMatch::differs;
}

std::string Pseudonyms::patient_id(const std::string& study_uid) const { return "PT-" + upper(keyed("patient " + study_uid).substr(0, 8)); }

std::string Pseudonyms::date(const std::string& yyyymmdd) const {
  const auto day = day_of(yyyymmdd);
  if (!day) return {};
  const long shift = 1 + long(std::stoul(keyed("dates").substr(0, 8), nullptr, 16) % 3650);
  const std::chrono::year_month_day moved(*day - std::chrono::days(shift));
  return fmt::format("{:04}-{:02}-{:02}", int(moved.year()), unsigned(moved.month()), unsigned(moved.day()));
}

std::string safe_age(const std::string& dicom_age, const std::string& birth_date, const std::string& study_date) {
  double years = -1;
  if (dicom_age.size() == 4 && std::all_of(dicom_age.begin(), dicom_age.begin() + 3, [](unsigned char c) { return std::isdigit(c); })) {
    const int n = std::stoi(dicom_age.substr(0, 3));
    switch (dicom_age[3]) {
      case 'Y': years = n; break;
      case 'M': years = n / 12.0; break;
      case 'W': years = n / 52.18; break;
      case 'D': years = n / 365.25; break;
      default: break;
    }
  }
  if (years < 0) {
    const auto born = day_of(birth_date), seen = day_of(study_date);
    if (born && seen && *seen >= *born) years = double((*seen - *born).count()) / 365.25;
  }
  if (years < 0 || years > 150) return {};
  if (years >= 90) return "90 y or more";
  if (years < 2) return fmt::format("{} months", int(years * 12));
  return fmt::format("{} y", int(years + 1e-9));
}

std::string safe_sex(const std::string& s) { return s == "M" || s == "F" || s == "O" ? s : std::string(); }

std::string safe_modality(const std::string& m) {
  for (const char* known : {"CT", "MR", "PT", "NM", "US", "XA", "CR", "DX", "MG", "RF", "SC", "OT", "IVUS", "OCT"})
    if (m == known) return m;
  return "other";
}

std::string safe_manufacturer(const std::string& text) {
  static constexpr std::pair<const char*, const char*> list[] = {{"SIEMENS", "Siemens"}, {"GE MEDICAL", "GE"}, {"GE HEALTHCARE", "GE"}, {"PHILIPS", "Philips"}, {"TOSHIBA", "Toshiba"}, {"CANON", "Canon"},
                                                                 {"HITACHI", "Hitachi"}, {"UIH", "United Imaging"}, {"UNITED IMAGING", "United Imaging"}, {"FUJI", "Fujifilm"}, {"NEUSOFT", "Neusoft"}};
  return listed(text, list);
}

std::string safe_body_part(const std::string& text) {
  static constexpr std::pair<const char*, const char*> list[] = {{"HEART", "heart"}, {"CARDIAC", "heart"}, {"CORONARY", "heart"}, {"CHEST", "chest"}, {"THORAX", "chest"}, {"ABDOMEN", "abdomen"},
                                                                 {"BRAIN", "brain"}, {"HEAD", "head"}, {"NECK", "neck"}, {"AORTA", "aorta"}, {"PELVIS", "pelvis"}, {"LUNG", "chest"}, {"SPINE", "spine"}};
  return listed(text, list);
}

PatientInfo safe_patient(const imaging::DicomFile& file, const Pseudonyms& pseudonyms) {
  PatientInfo p;
  p.id = pseudonyms.patient_id(file.study_uid);
  p.age = safe_age(file.age, file.birth_date, file.study_date);
  p.sex = safe_sex(file.sex);
  return p;
}

ImageSource safe_source(const imaging::DicomFile& file, const Pseudonyms& pseudonyms) {
  ImageSource s;
  s.modality = safe_modality(file.modality);
  s.study_date = pseudonyms.date(file.study_date);
  s.study_uid = pseudonyms.uid(file.study_uid);
  s.series_uid = pseudonyms.uid(file.series_uid);
  s.frame_uid = pseudonyms.frame(file.frame_uid);
  const auto fact = [&](const char* key, const char* label, const char* unit, double value) {
    if (value > 0 && value < 1e6) s.facts.push_back({key, label, unit, value, ""});
  };
  fact("kvp", "Tube voltage", "kV", file.kvp);
  fact("slice_thickness_mm", "Slice thickness", "mm", file.thickness_mm);
  fact("echo_time_ms", "Echo time", "ms", file.echo_ms);
  fact("repetition_time_ms", "Repetition time", "ms", file.repetition_ms);
  fact("flip_angle_deg", "Flip angle", "deg", file.flip_deg);
  fact("field_t", "Field strength", "T", file.field_t);
  if (const std::string m = safe_manufacturer(file.manufacturer); !m.empty()) s.notes.push_back("Scanner: " + m + ".");
  if (const std::string b = safe_body_part(file.body_part); !b.empty()) s.notes.push_back("Body part: " + b + ".");
  if (file.contrast_agent) s.notes.push_back("The header states a contrast agent.");
  return s;
}

}  // namespace ot::session
