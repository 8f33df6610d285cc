// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/dicom_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "stored words are copied as they lie in memory");

template <class T>
std::string little(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  if (!out.empty()) std::memcpy(out.data(), values.data(), out.size());
  return out;
}

void put(std::string& out, std::uint64_t value, int bytes, bool big) {
  for (int i = 0; i < bytes; ++i) out += char((value >> (8 * (big ? bytes - 1 - i : i))) & 0xff);
}

bool long_length(const std::string& vr) {   // PS3.5 table 7.1-1
  return vr == "OB" || vr == "OW" || vr == "OF" || vr == "OD" || vr == "OL" || vr == "SQ" || vr == "UN" || vr == "UT" || vr == "UC" || vr == "UR";
}

std::string decimal(double v) {   // DS holds 16 characters: as many digits as fit
  for (int digits = 15; digits > 4; --digits) {
    std::string s = fmt::format("{:.{}g}", v, digits);
    if (s.size() <= 16) return s;
  }
  return fmt::format("{:.4g}", v);
}

std::string joined(const std::vector<double>& values) {
  std::string out;
  for (double v : values) out += (out.empty() ? "" : "\\") + decimal(v);
  return out;
}

}  // namespace

DicomData& DicomData::text(std::uint32_t tag, std::string_view vr, std::string_view value) {
  std::string v(value);
  if (v.size() % 2) v += vr == "UI" ? '\0' : ' ';
  elements_[tag] = {std::string(vr), std::move(v), 1, {}};
  return *this;
}
DicomData& DicomData::number(std::uint32_t tag, std::uint16_t value) { return words(tag, "US", {value}); }
DicomData& DicomData::decimals(std::uint32_t tag, const std::vector<double>& values) { return text(tag, "DS", joined(values)); }
DicomData& DicomData::real(std::uint32_t tag, const std::vector<double>& values) {
  elements_[tag] = {"FD", little(values), 8, {}};
  return *this;
}
DicomData& DicomData::words(std::uint32_t tag, std::string_view vr, std::vector<std::uint16_t> values) {
  elements_[tag] = {std::string(vr), little(values), 2, {}};
  return *this;
}
DicomData& DicomData::bytes(std::uint32_t tag, std::string_view vr, std::string value) {
  if (value.size() % 2) value += '\0';
  elements_[tag] = {std::string(vr), std::move(value), 1, {}};
  return *this;
}
DicomData& DicomData::sequence(std::uint32_t tag, std::vector<DicomData> items) {
  elements_[tag] = {"SQ", "", 1, std::move(items)};
  return *this;
}
DicomData& DicomData::erase(std::uint32_t tag) {
  elements_.erase(tag);
  return *this;
}

std::string DicomData::encode(DicomSyntax syntax) const {
  const bool big = syntax == DicomSyntax::explicit_big, named = syntax != DicomSyntax::implicit_little;
  std::string out;
  for (const auto& [tag, e] : elements_) {
    std::string value = e.value;
    if (big && e.unit > 1)
      for (std::size_t at = 0; at + std::size_t(e.unit) <= value.size(); at += std::size_t(e.unit))
        std::reverse(value.begin() + std::ptrdiff_t(at), value.begin() + std::ptrdiff_t(at) + e.unit);
    for (const DicomData& item : e.items) {
      const std::string inside = item.encode(syntax);
      put(value, 0xfffe, 2, big), put(value, 0xe000, 2, big), put(value, inside.size(), 4, big);
      value += inside;
    }
    put(out, tag >> 16, 2, big), put(out, tag & 0xffff, 2, big);
    if (!named) {
      put(out, value.size(), 4, big);
    } else {
      out += e.vr;
      if (long_length(e.vr)) put(out, 0, 2, big), put(out, value.size(), 4, big);
      else put(out, value.size(), 2, big);
    }
    out += value;
  }
  return out;
}

std::string DicomData::file(DicomSyntax syntax) const {
  static const char* const uid[] = {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"};
  const auto value_of = [&](std::uint32_t tag) {
    const auto at = elements_.find(tag);
    return at == elements_.end() ? std::string("2.25.1") : at->second.value;
  };
  DicomData meta;
  meta.bytes(0x00020001, "OB", std::string("\0\1", 2));
  meta.text(0x00020002, "UI", value_of(0x00080016)).text(0x00020003, "UI", value_of(0x00080018));
  meta.text(0x00020010, "UI", uid[int(syntax)]).text(0x00020012, "UI", "2.25.20261121");
  const std::string group = meta.encode(DicomSyntax::explicit_little);
  std::string out(128, '\0');
  out += "DICM";
  put(out, 0x0002, 2, false), put(out, 0x0000, 2, false);
  out += "UL";
  put(out, 4, 2, false), put(out, group.size(), 4, false);
  return out + group + encode(syntax);
}

std::string dicom_uid_of_hex(std::string_view hex) {
  OT_EXPECT(hex.size() <= 31);
  unsigned __int128 n = 0;
  for (char c : hex) n = n * 16 + unsigned(c <= '9' ? c - '0' : c - 'a' + 10);
  std::string digits;
  for (; n > 0; n /= 10) digits.insert(digits.begin(), char('0' + int(n % 10)));
  return "2.25." + (digits.empty() ? "1" : digits);
}

std::string dicom_uid_from(std::string_view text) { return dicom_uid_of_hex(core::sha256_hex(text).substr(0, 30)); }

DicomData dicom_slice(const core::Volume& volume, int k, const DicomSeriesParams& params) {
  const core::Grid& g = volume.grid;
  OT_EXPECT(k >= 0 && k < g.size[2] && volume.values.size() == g.voxels());
  const std::string seed = params.series_uid.empty() ? fmt::format("{} {} {} {}", g.origin[0], g.origin[1], g.origin[2], params.series_number) : params.series_uid;
  const bool ct = params.modality == "CT";
  DicomData d;
  d.text(0x00080005, "CS", "ISO_IR 192");
  d.text(0x00080008, "CS", ct ? "ORIGINAL\\PRIMARY\\AXIAL" : "ORIGINAL\\PRIMARY\\M");
  d.text(0x00080016, "UI", ct ? "1.2.840.10008.5.1.4.1.1.2" : "1.2.840.10008.5.1.4.1.1.4");
  d.text(0x00080018, "UI", dicom_uid_from(fmt::format("image {} {}", seed, k)));
  d.text(0x00080060, "CS", params.modality);
  if (!params.series_description.empty()) d.text(0x0008103e, "LO", params.series_description);
  d.text(0x00100010, "PN", params.patient_name).text(0x00100020, "LO", params.patient_id);
  d.decimals(0x00180050, {g.spacing.z()});
  d.text(0x0020000d, "UI", params.study_uid.empty() ? dicom_uid_from("study " + seed) : params.study_uid);
  d.text(0x0020000e, "UI", params.series_uid.empty() ? dicom_uid_from("series " + seed) : params.series_uid);
  d.text(0x00200011, "IS", std::to_string(params.series_number)).text(0x00200013, "IS", std::to_string(k + 1));
  const core::Vec3 at = g.to_patient(core::Vec3(0, 0, k));
  d.decimals(0x00200032, {at.x(), at.y(), at.z()});
  d.decimals(0x00200037, {g.direction(0, 0), g.direction(1, 0), g.direction(2, 0), g.direction(0, 1), g.direction(1, 1), g.direction(2, 1)});
  d.text(0x00200052, "UI", params.frame_uid.empty() ? dicom_uid_from("frame " + seed) : params.frame_uid);
  d.number(0x00280002, 1).text(0x00280004, "CS", "MONOCHROME2");
  d.number(0x00280010, std::uint16_t(g.size[1])).number(0x00280011, std::uint16_t(g.size[0]));
  d.decimals(0x00280030, {g.spacing.y(), g.spacing.x()});
  d.number(0x00280100, 16).number(0x00280101, 16).number(0x00280102, 15).number(0x00280103, 1);
  const double slope = params.slope, intercept = ct ? params.intercept : (params.intercept == -1024 ? 0 : params.intercept);
  d.decimals(0x00281052, {intercept}).decimals(0x00281053, {slope});
  if (ct) d.text(0x00281054, "LO", "HU");
  const std::size_t n = std::size_t(g.size[0]) * std::size_t(g.size[1]);
  std::vector<std::uint16_t> pixels(n);
  const float* from = volume.values.data() + std::size_t(k) * n;
  for (std::size_t i = 0; i < n; ++i)
    pixels[i] = std::uint16_t(std::int16_t(std::clamp(std::lround((double(from[i]) - intercept) / slope), -32768L, 32767L)));
  d.words(0x7fe00010, "OW", std::move(pixels));
  if (params.edit) params.edit(k, d);
  return d;
}

core::Result<void> write_dicom_series(const core::Volume& volume, const fs::path& folder, const DicomSeriesParams& params, const core::Progress& progress) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("{} cannot be made ({}). Choose a folder you may write to.", folder.string(), ec.message()));
  if (volume.grid.size[0] > 65535 || volume.grid.size[1] > 65535)
    return core::bad_input("The image is larger than 65535 pixels along a side (DICOM cannot hold it). Resample it first.");
  const double intercept = params.modality == "CT" || params.intercept != -1024 ? params.intercept : 0;
  for (float x : volume.values)
    if (!(std::abs((double(x) - intercept) / params.slope) <= 32767.5))
      return core::bad_input(fmt::format("The value {} does not fit into 16 bits with slope {} and intercept {}. Choose a larger slope.", x, params.slope, intercept));
  for (int k = 0; k < volume.grid.size[2]; ++k) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k) / volume.grid.size[2], "writing DICOM");
    if (auto ok = core::write_file(folder / fmt::format("slice_{:04}.dcm", k + 1), dicom_slice(volume, k, params).file(params.syntax)); !ok) return ok;
  }
  return {};
}

}  // namespace ot::imaging
