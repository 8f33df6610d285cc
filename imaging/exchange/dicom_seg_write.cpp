// SPDX-License-Identifier: GPL-3.0-or-later
// Writes a Segmentation object attribute by attribute; module names as in PS3.3 A.51.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gdcmDataSet.h>
#include <gdcmItem.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmUIDs.h>
#include <gdcmWriter.h>

#include <chrono>
#include <ctime>

#include "imaging/exchange/anatomy_codes.hpp"
#include "imaging/exchange/dicom_seg.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using gdcm::VR;

// Fills a data set; sequences through a function that fills one item.
class Fill {
 public:
  explicit Fill(gdcm::DataSet& set) : set_(set) {}

  Fill& text(std::uint16_t group, std::uint16_t element, VR::VRType vr, std::string value) {
    if (value.size() % 2) value += vr == VR::UI ? '\0' : ' ';
    return bytes(group, element, vr, value.data(), value.size());
  }
  Fill& us(std::uint16_t group, std::uint16_t element, std::uint16_t value) { return bytes(group, element, VR::US, &value, 2); }
  Fill& bytes(std::uint16_t group, std::uint16_t element, VR::VRType vr, const void* data, std::size_t size) {
    gdcm::DataElement e(gdcm::Tag(group, element));
    e.SetVR(vr);
    e.SetByteValue(static_cast<const char*>(data), gdcm::VL(std::uint32_t(size)));
    set_.Insert(e);
    return *this;
  }
  Fill& pointer(std::uint16_t group, std::uint16_t element, std::uint16_t to_group, std::uint16_t to_element) {
    const std::uint16_t tag[2] = {to_group, to_element};
    return bytes(group, element, VR::AT, tag, 4);
  }
  template <class... F>
  Fill& sequence(std::uint16_t group, std::uint16_t element, const F&... fill_item) {
    gdcm::SmartPointer<gdcm::SequenceOfItems> items = new gdcm::SequenceOfItems;
    items->SetLengthToUndefined();
    (add_item(*items, fill_item), ...);
    return put(group, element, *items);
  }
  template <class F>
  Fill& sequence_of(std::uint16_t group, std::uint16_t element, std::size_t count, const F& fill_item) {
    gdcm::SmartPointer<gdcm::SequenceOfItems> items = new gdcm::SequenceOfItems;
    items->SetLengthToUndefined();
    for (std::size_t i = 0; i < count; ++i) add_item(*items, [&](Fill& f) { fill_item(f, i); });
    return put(group, element, *items);
  }
  Fill& code(std::uint16_t group, std::uint16_t element, const Code& c) {
    return sequence(group, element, [&](Fill& f) { f.text(0x0008, 0x0100, VR::SH, c.value).text(0x0008, 0x0102, VR::SH, c.scheme).text(0x0008, 0x0104, VR::LO, c.meaning); });
  }

 private:
  template <class F>
  void add_item(gdcm::SequenceOfItems& items, const F& fill_item) {
    gdcm::Item item;
    item.SetVLToUndefined();
    Fill inner(item.GetNestedDataSet());
    fill_item(inner);
    items.AddItem(item);
  }
  Fill& put(std::uint16_t group, std::uint16_t element, gdcm::SequenceOfItems& items) {
    gdcm::DataElement e(gdcm::Tag(group, element));
    e.SetVR(VR::SQ);
    e.SetValue(items);
    e.SetVLToUndefined();
    set_.Insert(e);
    return *this;
  }
  gdcm::DataSet& set_;
};

// A decimal string: at most 16 characters, as many digits as fit (PS3.5 6.2).
std::string ds(double x) {
  if (x == 0) return "0";
  for (int digits = 15; digits > 0; --digits) {
    std::string s = fmt::format("{:.{}g}", x, digits);
    if (s.size() <= 16) return s;
  }
  return "0";
}

std::string ds(const core::Vec3& v) { return ds(v[0]) + "\\" + ds(v[1]) + "\\" + ds(v[2]); }

// PS3.5 B.2: "2.25." and a UUID as one decimal number; the 128 bits are of a hash of what the object is.
std::string uid(const std::string& of) {
  const std::string hex = core::sha256_hex(of);
  unsigned __int128 n = 0;
  for (int i = 0; i < 32; ++i) n = n * 16 + static_cast<unsigned>(hex[std::size_t(i)] <= '9' ? hex[std::size_t(i)] - '0' : hex[std::size_t(i)] - 'a' + 10);
  // Version 8 (custom) and variant bits of RFC 9562.
  n &= ~(static_cast<unsigned __int128>(0xF) << 76);
  n |= static_cast<unsigned __int128>(0x8) << 76;
  n &= ~(static_cast<unsigned __int128>(0x3) << 62);
  n |= static_cast<unsigned __int128>(0x2) << 62;
  std::string digits;
  for (; n > 0; n /= 10) digits.insert(digits.begin(), char('0' + int(n % 10)));
  return "2.25." + digits;
}

// PS3.5 6.2: no backslash, no control characters; ASCII only, since the character set stays the default one.
std::string plain(const std::string& text, std::size_t most) {
  std::string out;
  for (const char c : text) out += c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? ' ' : c;
  if (out.size() > most) out.resize(most);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

struct Segment {
  core::LabelInfo label;
  std::uint16_t number = 0;
};
struct Frame {
  std::uint16_t segment = 0;
  int value = 0, k = 0;
};

}  // namespace

core::Result<void> write_dicom_seg(const core::LabelMap& map, const fs::path& path, const SegOptions& options, const core::Progress& progress) {
  const core::Grid& g = map.grid;
  OT_EXPECT(map.values.size() == g.voxels());
  if (g.size[0] > 65535 || g.size[1] > 65535) return core::bad_input("The image has more than 65535 columns or rows (DICOM cannot hold it). Crop it.");
  const std::size_t plane = std::size_t(g.size[0]) * std::size_t(g.size[1]);
  std::vector<std::vector<bool>> there(256, std::vector<bool>(std::size_t(g.size[2]), false));
  for (int k = 0; k < g.size[2]; ++k)
    for (std::size_t i = 0; i < plane; ++i) there[map.values[std::size_t(k) * plane + i]][std::size_t(k)] = true;
  std::vector<Segment> segments;
  std::vector<Frame> frames;
  for (int value = 1; value < 256; ++value) {
    Segment s;
    for (int k = 0; k < g.size[2]; ++k) {
      if (!there[std::size_t(value)][std::size_t(k)]) continue;
      if (s.number == 0) {
        s.number = std::uint16_t(segments.size() + 1);
        const auto info = std::find_if(map.labels.begin(), map.labels.end(), [&](const core::LabelInfo& l) { return l.value == value; });
        s.label = info != map.labels.end() ? *info : core::LabelInfo{value, fmt::format("label_{}", value), fmt::format("label {}", value), own_color(value), false};
        segments.push_back(s);
      }
      frames.push_back({s.number, value, k});
    }
  }
  if (frames.empty()) return core::bad_input("The label map is empty (there is no segment to write). Segment the image first.");
  const std::size_t bits = frames.size() * plane;
  if (bits / 8 > 0xFFFFFFF0u) return core::bad_input("The segmentation is larger than 4 GB (DICOM cannot hold it in one object). Export NIfTI or NRRD.");
  std::vector<char> pixels((bits + 7) / 8 + ((bits + 7) / 8) % 2, 0);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (progress.cancelled()) return core::cancelled();
    if (f % 64 == 0) progress.report(0.8 * double(f) / double(frames.size()), "packing the segments");
    const std::uint8_t* slice = map.values.data() + std::size_t(frames[f].k) * plane;
    std::size_t bit = f * plane;   // frames follow one another without padding, first voxel in the lowest bit (PS3.5 8.1.1, D)
    for (std::size_t i = 0; i < plane; ++i, ++bit)
      if (slice[i] == frames[f].value) pixels[bit / 8] = char(pixels[bit / 8] | (1 << (bit % 8)));
  }

  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  const std::string identity = fmt::format("{} {}", map.sha256(), now);
  const std::time_t seconds = std::time(nullptr);
  const std::string date = fmt::format("{:%Y%m%d}", fmt::gmtime(seconds)), time = fmt::format("{:%H%M%S}", fmt::gmtime(seconds));
  const SegReference& ref = options.reference;
  const std::string instance = uid("instance " + identity), dimension = uid("dimension " + identity);
  const std::string frame_of_reference = !ref.frame_of_reference_uid.empty() ? ref.frame_of_reference_uid : uid(fmt::format("frame {} {} {}", ds(g.origin), ds(g.direction.col(0)), identity));
  const bool images_known = !ref.sop_class_uid.empty() && ref.sop_instance_uids.size() == std::size_t(g.size[2]);

  gdcm::Writer writer;
  gdcm::DataSet& data = writer.GetFile().GetDataSet();
  Fill out(data);
  // SOP Common, Patient, General Study, General Series, Segmentation Series
  out.text(0x0008, 0x0016, VR::UI, "1.2.840.10008.5.1.4.1.1.66.4").text(0x0008, 0x0018, VR::UI, instance);
  out.text(0x0008, 0x0020, VR::DA, "").text(0x0008, 0x0030, VR::TM, "").text(0x0008, 0x0050, VR::SH, "").text(0x0008, 0x0090, VR::PN, "");
  out.text(0x0010, 0x0010, VR::PN, "").text(0x0010, 0x0020, VR::LO, plain(options.case_id, 64)).text(0x0010, 0x0030, VR::DA, "").text(0x0010, 0x0040, VR::CS, "");
  out.text(0x0012, 0x0062, VR::CS, "YES").text(0x0012, 0x0063, VR::LO, "OrganTwin writes no identity");
  out.text(0x0020, 0x000d, VR::UI, ref.study_uid.empty() ? uid("study " + identity) : ref.study_uid).text(0x0020, 0x0010, VR::SH, "");
  out.text(0x0008, 0x0060, VR::CS, "SEG").text(0x0020, 0x000e, VR::UI, uid("series " + identity)).text(0x0020, 0x0011, VR::IS, "300").text(0x0008, 0x103e, VR::LO, plain(options.series_description, 64));
  // Frame of Reference, General and Enhanced General Equipment
  out.text(0x0020, 0x0052, VR::UI, frame_of_reference).text(0x0020, 0x1040, VR::LO, "");
  out.text(0x0008, 0x0070, VR::LO, "OrganTwin").text(0x0008, 0x1090, VR::LO, "OrganTwin").text(0x0018, 0x1000, VR::LO, "0").text(0x0018, 0x1020, VR::LO, OT_VERSION);
  // Segmentation Image, Image Pixel, Multi-frame
  out.text(0x0008, 0x0008, VR::CS, "DERIVED\\PRIMARY").text(0x0020, 0x0013, VR::IS, "1").text(0x0008, 0x0023, VR::DA, date).text(0x0008, 0x0033, VR::TM, time);
  out.text(0x0070, 0x0080, VR::CS, "SEGMENTATION").text(0x0070, 0x0081, VR::LO, "").text(0x0070, 0x0084, VR::PN, "");
  out.us(0x0028, 0x0002, 1).text(0x0028, 0x0004, VR::CS, "MONOCHROME2").text(0x0028, 0x0008, VR::IS, std::to_string(frames.size()));
  out.us(0x0028, 0x0010, std::uint16_t(g.size[1])).us(0x0028, 0x0011, std::uint16_t(g.size[0])).us(0x0028, 0x0100, 1).us(0x0028, 0x0101, 1).us(0x0028, 0x0102, 0).us(0x0028, 0x0103, 0);
  out.text(0x0028, 0x2110, VR::CS, "00").text(0x0062, 0x0001, VR::CS, "BINARY");
  out.sequence_of(0x0062, 0x0002, segments.size(), [&](Fill& f, std::size_t i) {
    const Segment& s = segments[i];
    const AnatomyCode code = code_of(s.label.key);
    const auto lab = dicom_lab(s.label.color);
    f.us(0x0062, 0x0004, s.number).text(0x0062, 0x0005, VR::LO, plain(s.label.name, 64)).text(0x0062, 0x0006, VR::ST, fmt::format("OrganTwin label {}: {}", s.label.value, plain(s.label.key, 64)));
    f.text(0x0062, 0x0008, VR::CS, "SEMIAUTOMATIC").text(0x0062, 0x0009, VR::LO, plain(options.algorithm, 64)).bytes(0x0062, 0x000d, VR::US, lab.data(), 6);
    f.code(0x0062, 0x0003, code.category).code(0x0062, 0x000f, code.type);
    if (!code.region.value.empty()) f.code(0x0008, 0x2218, code.region);
  });
  out.sequence(0x0020, 0x9221, [&](Fill& f) { f.text(0x0020, 0x9164, VR::UI, dimension); });
  out.sequence(0x0020, 0x9222,
               [&](Fill& f) { f.text(0x0020, 0x9164, VR::UI, dimension).pointer(0x0020, 0x9165, 0x0062, 0x000b).pointer(0x0020, 0x9167, 0x0062, 0x000a).text(0x0020, 0x9421, VR::LO, "Segment"); },
               [&](Fill& f) { f.text(0x0020, 0x9164, VR::UI, dimension).pointer(0x0020, 0x9165, 0x0020, 0x0032).pointer(0x0020, 0x9167, 0x0020, 0x9113).text(0x0020, 0x9421, VR::LO, "Slice"); });
  // Shared and per-frame functional groups
  out.sequence(0x5200, 0x9229, [&](Fill& f) {
    f.sequence(0x0020, 0x9116, [&](Fill& p) { p.text(0x0020, 0x0037, VR::DS, ds(core::Vec3(g.direction.col(0))) + "\\" + ds(core::Vec3(g.direction.col(1)))); });
    f.sequence(0x0028, 0x9110, [&](Fill& p) { p.text(0x0018, 0x0050, VR::DS, ds(g.spacing[2])).text(0x0018, 0x0088, VR::DS, ds(g.spacing[2])).text(0x0028, 0x0030, VR::DS, ds(g.spacing[1]) + "\\" + ds(g.spacing[0])); });
  });
  out.sequence_of(0x5200, 0x9230, frames.size(), [&](Fill& f, std::size_t i) {
    const Frame& frame = frames[i];
    f.sequence(0x0020, 0x9111, [&](Fill& p) {
      const std::uint32_t index[2] = {frame.segment, std::uint32_t(frame.k + 1)};
      p.bytes(0x0020, 0x9157, VR::UL, index, sizeof index);
    });
    f.sequence(0x0020, 0x9113, [&](Fill& p) { p.text(0x0020, 0x0032, VR::DS, ds(g.to_patient(core::Vec3(0, 0, frame.k)))); });
    f.sequence(0x0062, 0x000a, [&](Fill& p) { p.us(0x0062, 0x000b, frame.segment); });
    if (images_known)
      f.sequence(0x0008, 0x9124, [&](Fill& p) {
        p.code(0x0008, 0x9215, {"113076", "DCM", "Segmentation"});
        p.sequence(0x0008, 0x2112, [&](Fill& s) {
          s.text(0x0008, 0x1150, VR::UI, ref.sop_class_uid).text(0x0008, 0x1155, VR::UI, ref.sop_instance_uids[std::size_t(frame.k)]);
          s.code(0x0040, 0xa170, {"121322", "DCM", "Source image for image processing operation"});
        });
      });
  });
  if (images_known)   // Common Instance Reference
    out.sequence(0x0008, 0x1115, [&](Fill& f) {
      f.text(0x0020, 0x000e, VR::UI, ref.series_uid);
      f.sequence_of(0x0008, 0x114a, ref.sop_instance_uids.size(), [&](Fill& s, std::size_t i) { s.text(0x0008, 0x1150, VR::UI, ref.sop_class_uid).text(0x0008, 0x1155, VR::UI, ref.sop_instance_uids[i]); });
    });
  out.bytes(0x7fe0, 0x0010, VR::OB, pixels.data(), pixels.size());

  return core::write_file_with(path, [&](const fs::path& temporary) -> core::Result<void> {
    const auto failed = [&] { return core::bad_input(fmt::format("{} cannot be written (disk full or no permission). Free space or choose another folder.", path.string())); };
    try {
      gdcm::FileMetaInformation& meta = writer.GetFile().GetHeader();
      meta.SetDataSetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
      meta.SetSourceApplicationEntityTitle("ORGANTWIN");
      writer.SetFileName(temporary.c_str());
      progress.report(0.9, "writing the DICOM segmentation");
      if (!writer.Write()) return failed();
    } catch (const std::exception&) {
      return failed();
    }
    // GDCM does not report a full disk: the file must hold at least its voxels.
    std::error_code ec;
    if (fs::file_size(temporary, ec) < pixels.size() || ec) return failed();
    return {};
  });
}

}  // namespace ot::imaging
