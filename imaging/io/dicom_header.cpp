// SPDX-License-Identifier: GPL-3.0-or-later
// One file's elements as a DicomFile: what it shows, where, when, and whether its pixels can be there at all.
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "imaging/io/dicom.hpp"
#include "imaging/io/dicom_elements.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;

std::string from_third(const std::string& image_type) {
  std::size_t at = image_type.find('\\');
  if (at != std::string::npos) at = image_type.find('\\', at + 1);
  return at == std::string::npos ? std::string() : image_type.substr(at + 1);
}

double seconds_of_day(const std::string& tm) {   // HHMMSS.ffffff
  if (tm.size() < 6 || !std::all_of(tm.begin(), tm.begin() + 6, [](unsigned char c) { return std::isdigit(c); })) return -1;
  double seconds = 0;
  std::from_chars(tm.data() + 4, tm.data() + tm.size(), seconds);   // the same in every locale
  return std::atoi(tm.substr(0, 2).c_str()) * 3600.0 + std::atoi(tm.substr(2, 2).c_str()) * 60.0 + seconds;
}

// Position, orientation and spacing of one plane from the sets that may hold them, in order of precedence.
void place(DicomFrame& f, const DicomSet& position, const DicomSet& orientation, const DicomSet& spacing) {
  const auto p = position.numbers(0x00200032), o = orientation.numbers(0x00200037);
  auto s = spacing.numbers(0x00280030);
  if (p.size() < 3 || o.size() < 6 || s.size() < 2) return;
  f.position = Vec3(p[0], p[1], p[2]);
  f.row = Vec3(o[0], o[1], o[2]);
  f.column = Vec3(o[3], o[4], o[5]);
  f.dy = s[0];
  f.dx = s[1];
  // Spacing outside 1 um .. 100 mm and positions beyond 100 m are damage.
  f.placed = f.dx > 1e-3 && f.dy > 1e-3 && f.dx < 100 && f.dy < 100 && f.position.cwiseAbs().maxCoeff() < 1e5 && std::abs(f.row.norm() - 1) < 1e-3 &&
             std::abs(f.column.norm() - 1) < 1e-3 && std::abs(f.row.dot(f.column)) < 1e-3;
}

void functional_groups(const DicomSet& data, DicomFile& file) {
  const DicomSet* shared = data.item(0x52009229);
  const DicomElement* each = data.find(0x52009230);
  static const DicomSet nothing;
  for (int i = 0; i < file.frame_count; ++i) {
    const DicomSet* own = each && std::size_t(i) < each->items.size() ? &each->items[std::size_t(i)] : nullptr;
    const auto group = [&](std::uint32_t tag) -> const DicomSet& {
      if (own)
        if (const DicomSet* g = own->item(tag)) return *g;
      if (shared)
        if (const DicomSet* g = shared->item(tag)) return *g;
      return nothing;
    };
    DicomFrame f = file.frames.front();
    place(f, group(0x00209113), group(0x00209116), group(0x00289110));
    const DicomSet& rescale = group(0x00289145);
    f.slope = rescale.number(0x00281053, f.slope);
    f.intercept = rescale.number(0x00281052, f.intercept);
    if (rescale.find(0x00281053)) file.rescaled = true;
    const DicomSet& beat = group(0x00189118);
    f.trigger_ms = beat.number(0x00209153, f.trigger_ms);
    f.percent = beat.number(0x00209241, f.percent);
    f.beat_ms = beat.number(0x00209251, f.beat_ms);
    const DicomSet& content = group(0x00209111);
    f.temporal = int(content.number(0x00209128, f.temporal));
    if (f.percent < 0) f.percent = content.number(0x00209241, -1);
    f.echo_ms = group(0x00189114).number(0x00189082, f.echo_ms);
    f.b_value = group(0x00189117).number(0x00189087, f.b_value);
    for (const std::uint32_t tag : {0x00189226u, 0x00189329u})
      if (const std::string type = group(tag).text(0x00089007); !type.empty()) f.type = from_third(type);
    file.frames.push_back(f);
  }
  file.frames.erase(file.frames.begin());
}

}  // namespace

core::Result<DicomFile> dicom_file(const std::filesystem::path& path) {
  const auto read = read_dicom_elements(path);
  if (!read) return core::pass(read);
  const DicomSet& d = read->data;
  DicomFile file;
  file.path = path;
  file.transfer_syntax = read->transfer_syntax;
  file.sop_class = d.text(0x00080016);
  if (file.sop_class.empty()) file.sop_class = read->meta.text(0x00020002);
  file.sop_uid = d.text(0x00080018);
  file.study_uid = d.text(0x0020000d);
  file.series_uid = d.text(0x0020000e);
  file.frame_uid = d.text(0x00200052);
  file.modality = d.text(0x00080060);
  file.series_description = d.text(0x0008103e);
  file.birth_date = d.text(0x00100030);
  file.study_date = d.text(0x00080020);
  file.sex = d.text(0x00100040);
  file.age = d.text(0x00101010);
  file.body_part = d.text(0x00180015);
  file.manufacturer = d.text(0x00080070);
  file.photometric = d.text(0x00280004);
  file.image_type = d.text(0x00080008);
  const auto whole = [&d](std::uint32_t tag, int fallback) {
    const double v = d.number(tag, fallback);
    return std::abs(v) > 2e9 ? fallback : int(v);
  };
  file.series_number = whole(0x00200011, 0);
  file.instance = whole(0x00200013, 0);
  file.acquisition = whole(0x00200012, 0);
  file.rows = whole(0x00280010, 0);
  file.columns = whole(0x00280011, 0);
  file.frame_count = whole(0x00280008, 1);
  file.samples = whole(0x00280002, 1);
  file.bits_allocated = whole(0x00280100, 0);
  file.bits_stored = whole(0x00280101, 0);
  file.high_bit = whole(0x00280102, file.bits_stored - 1);
  file.is_signed = whole(0x00280103, 0) == 1;
  file.temporal_step_ms = whole(0x00200110, 0);
  file.big_endian = read->big_endian;
  file.deflated = read->deflated;
  file.encapsulated = read->encapsulated;
  file.floating = read->pixel_tag == 0x7fe00008;
  file.pixel_offset = read->pixel_offset;
  file.localiser = file.image_type.find("LOCALIZER") != std::string::npos || file.image_type.find("SCOUT") != std::string::npos;
  file.derived = file.image_type.rfind("DERIVED", 0) == 0;
  file.screen_copy = file.sop_class.rfind("1.2.840.10008.5.1.4.1.1.7", 0) == 0 || !d.text(0x00080064).empty();
  file.contrast_agent = d.find(0x00180010) != nullptr;
  for (const auto& e : d.elements)
    if ((e.tag & 0xff00ffff) == 0x60000102 && d.number(e.tag, 0) > 0) file.overlay_in_pixels = true;
  if (const std::string burned = d.text(0x00280301); burned == "YES") file.burned_in = 1;
  else if (burned == "NO") file.burned_in = 0;
  file.thickness_mm = d.number(0x00180050, 0);
  file.kvp = d.number(0x00180060, 0);
  file.echo_ms = d.number(0x00180081, 0);
  file.repetition_ms = d.number(0x00180080, 0);
  file.flip_deg = d.number(0x00181314, 0);
  file.field_t = d.number(0x00180087, 0);
  file.tilt_deg = d.number(0x00181120, 0);

  DicomFrame f;
  place(f, d, d, d);
  file.rescaled = d.find(0x00281053) != nullptr;
  f.slope = d.number(0x00281053, 1);
  f.intercept = d.number(0x00281052, 0);
  f.trigger_ms = d.number(0x00181060, -1);
  f.beat_ms = d.number(0x00181062, -1);
  f.percent = d.number(0x00209241, -1);
  f.temporal = whole(0x00200100, -1);
  f.clock_s = seconds_of_day(d.text(0x00080032));
  if (f.clock_s < 0) f.clock_s = seconds_of_day(d.text(0x00080033));
  f.echo_ms = file.echo_ms;
  f.b_value = d.number(0x00189087, 0);
  f.type = from_third(file.image_type);

  if (read->pixel_tag == 0) {
    if (file.rows > 0 || file.columns > 0) return core::bad_input("its header describes an image, but the file has no pixels (it is cut off)");
    file.frames.clear();
    return file;   // a report, a presentation state, a surface ...: no image
  }
  if (file.rows <= 0 || file.columns <= 0) return core::bad_input("it has pixels but no rows or columns (the header is damaged)");
  if (file.rows > 65535 || file.columns > 65535 || file.frame_count < 1 || file.frame_count > 100000)
    return core::bad_input(fmt::format("it states an impossible size of {} x {} x {} (the header is damaged)", file.columns, file.rows, file.frame_count));
  if (read->pixel_tag == 0x7fe00009) return core::bad_input("its pixels are double-precision numbers (not read)");
  if (file.floating) {
    file.bits_allocated = file.bits_stored = 32;
    file.high_bit = 31;
  }
  if (file.bits_stored <= 0)
    return core::bad_input(fmt::format("it states {} bits stored: the pixels cannot be read (a known fault of some exports; export it again)", file.bits_stored));
  if (file.bits_allocated <= 0 || file.bits_stored > file.bits_allocated || file.high_bit < file.bits_stored - 1 || file.high_bit >= file.bits_allocated)
    return core::bad_input(fmt::format("its bits do not fit together ({} allocated, {} stored, highest {}): the pixels cannot be read", file.bits_allocated, file.bits_stored, file.high_bit));
  if (file.bits_allocated != 8 && file.bits_allocated != 16 && file.bits_allocated != 32 && file.bits_allocated != 1)
    return core::bad_input(fmt::format("its pixels take {} bits each (8, 16 and 32 are read)", file.bits_allocated));
  const double promised = double(file.rows) * file.columns * file.frame_count * std::max(1, file.samples) * file.bits_allocated / 8.0;
  if (!file.encapsulated) {
    const std::uint64_t there = read->file_bytes - std::min(read->file_bytes, read->pixel_offset);
    if (promised > double(there) + 1)
      return core::bad_input(fmt::format("it is truncated: {:.0f} bytes of pixels are promised, {} are there", promised, there));
    if (promised > double(read->pixel_bytes) + 1)
      return core::bad_input(fmt::format("its pixels are {} bytes where the header's size asks for {:.0f} (bits allocated or the size are wrong)", read->pixel_bytes, promised));
  } else if (promised > 2000.0 * double(read->pixel_bytes)) {   // no image coder reaches 2000:1 on real scans
    return core::bad_input(fmt::format("it states {} x {} x {} pixels, but holds {} bytes of packed pixels (the header is damaged)", file.columns, file.rows, file.frame_count, read->pixel_bytes));
  }
  for (double v : d.numbers(0x00280030))
    if (v <= 0) return core::bad_input(fmt::format("it states a pixel spacing of {:g} mm (lengths would be meaningless)", v));
  file.frames.push_back(f);
  if (d.find(0x52009229) || d.find(0x52009230)) {
    functional_groups(d, file);
  } else if (file.frame_count > 1) {
    // A classic multi-frame file states one position at most. NM reconstructions step along the normal by the stated spacing.
    const double step = d.number(0x00180088, 0);
    const bool stepped = file.modality == "NM" && f.placed && step != 0 && std::abs(step) < 100;
    DicomFrame one = f;
    if (!stepped) one.placed = false;
    for (int i = 1; i < file.frame_count; ++i) {
      one.position = f.position + f.row.cross(f.column) * (step * i);
      file.frames.push_back(one);
    }
    file.frames.front().placed = one.placed;
  }
  return file;
}

}  // namespace ot::imaging
