// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

#include "imaging/exchange/anatomy_codes.hpp"
#include "imaging/exchange/dicom_seg.hpp"
#include "imaging/io/dicom_elements.hpp"
#include "imaging/io/preflight.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

constexpr const char* seg_class = "1.2.840.10008.5.1.4.1.1.66.4";

constexpr std::uint32_t tag_of(std::uint16_t group, std::uint16_t element) { return std::uint32_t(group) << 16 | element; }

std::string text(const DicomSet& set, std::uint16_t group, std::uint16_t element) {
  std::string s = set.text(tag_of(group, element));
  while (!s.empty() && (s.back() == ' ' || s.back() == '\0')) s.pop_back();
  return s;
}

// Little-endian numbers, whether or not the file names their type.
template <class T>
std::vector<T> binary(const DicomSet& set, std::uint16_t group, std::uint16_t element) {
  std::vector<T> out;
  const DicomElement* e = set.find(tag_of(group, element));
  if (!e) return out;
  for (std::size_t at = 0; at + sizeof(T) <= e->value.size(); at += sizeof(T)) {
    T x = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) x = T(x | T(static_cast<unsigned char>(e->value[at + i])) << (8 * i));
    out.push_back(x);
  }
  return out;
}

int us(const DicomSet& set, std::uint16_t group, std::uint16_t element, int otherwise) {
  const auto v = binary<std::uint16_t>(set, group, element);
  return v.empty() ? otherwise : v.front();
}

std::vector<double> decimals(const DicomSet& set, std::uint16_t group, std::uint16_t element) {
  std::vector<double> out;
  std::string s = text(set, group, element);
  for (std::size_t from = 0; from < s.size() && out.size() < 16;) {
    const std::size_t to = std::min(s.find('\\', from), s.size());
    char* end = nullptr;
    const std::string one = s.substr(from, to - from);
    const double x = std::strtod(one.c_str(), &end);
    if (end == one.c_str() || !std::isfinite(x)) return {};
    out.push_back(x);
    from = to + 1;
  }
  return out;
}

const std::vector<DicomSet>* items(const DicomSet& set, std::uint16_t group, std::uint16_t element) {
  const DicomElement* e = set.find(tag_of(group, element));
  return e && !e->items.empty() ? &e->items : nullptr;
}

Code code(const DicomSet& set, std::uint16_t group, std::uint16_t element) {
  const DicomSet* c = set.item(tag_of(group, element));
  return c ? Code{text(*c, 0x0008, 0x0100), text(*c, 0x0008, 0x0102), text(*c, 0x0008, 0x0104)} : Code{};
}

struct Frame {
  int segment = 0;
  core::Vec3 position{0, 0, 0};
  double along = 0;
  long index = 0;   // slice number among the dimensions, 0 when not given
};

std::map<std::int32_t, SchemeEntry> read_segments(const DicomSet& data, std::map<int, std::int32_t>& number_of) {
  std::map<std::int32_t, SchemeEntry> named;
  const auto* list = items(data, 0x0062, 0x0002);
  if (!list) return named;
  struct One {
    int segment = 0;
    std::int32_t wish = 0;
    SchemeEntry entry;
  };
  std::vector<One> all;
  for (const DicomSet& s : *list) {
    if (all.size() >= 65535) break;
    One one;
    one.segment = us(s, 0x0062, 0x0004, 0);
    if (one.segment <= 0) continue;
    one.entry.name = text(s, 0x0062, 0x0005).substr(0, 64);
    int value = 0;
    char key[80] = {};
    if (std::sscanf(text(s, 0x0062, 0x0006).c_str(), "OrganTwin label %d: %79s", &value, key) == 2 && value > 0 && value < 256) {
      one.wish = value;
      one.entry.key = own_key(key);
    }
    if (one.entry.key.empty()) one.entry.key = anatomy_key(one.entry.name);
    if (one.entry.key.empty()) one.entry.key = key_of(code(s, 0x0062, 0x000f), code(s, 0x0008, 0x2218));
    if (one.entry.key.empty()) one.entry.key = own_key(one.entry.name);
    if (one.entry.key.empty()) one.entry.key = fmt::format("segment_{}", one.segment);
    if (one.entry.name.empty()) one.entry.name = one.entry.key;
    if (const auto lab = binary<std::uint16_t>(s, 0x0062, 0x000d); lab.size() == 3) one.entry.color = from_dicom_lab({lab[0], lab[1], lab[2]});
    all.push_back(std::move(one));
  }
  // Our own numbers where we wrote them and they are unique, else the segment numbers.
  std::set<std::int32_t> wishes;
  bool ours = !all.empty();
  for (const One& one : all) ours = ours && one.wish > 0 && wishes.insert(one.wish).second;
  for (One& one : all) {
    one.entry.value = ours ? one.wish : one.segment;
    number_of[one.segment] = one.entry.value;
    named[one.entry.value] = one.entry;
  }
  return named;
}

Result<ForeignLabels> decode(const fs::path& path, const DicomElements& file, const core::Progress& progress) {
  const auto refuse = [&](const std::string& why) { return bad_input(fmt::format("{} cannot be used as a segmentation ({}). Export it again, or as NIfTI or NRRD.", path.string(), why)); };
  const DicomSet& data = file.data;
  if (text(data, 0x0008, 0x0016) != seg_class) return refuse("it is no DICOM segmentation object");
  if (file.encapsulated || file.deflated) return refuse("its frames are compressed");
  const std::string kind = text(data, 0x0062, 0x0001);
  const int bits = us(data, 0x0028, 0x0100, 0), rows = us(data, 0x0028, 0x0010, 0), columns = us(data, 0x0028, 0x0011, 0);
  if (!((kind == "BINARY" && bits == 1) || (kind == "FRACTIONAL" && bits == 8))) return refuse(fmt::format("type \"{}\" with {} bits per voxel is neither BINARY nor FRACTIONAL", kind, bits));
  const auto* per_frame = items(data, 0x5200, 0x9230);
  if (!per_frame || rows <= 0 || columns <= 0) return refuse("it has no frames");
  const std::size_t count = per_frame->size(), plane = std::size_t(rows) * std::size_t(columns);
  if (file.pixel_tag != 0x7fe00010 || count == 0 || count * plane > file.pixel_bytes * (bits == 1 ? 8 : 1)) return refuse("it is truncated: fewer voxels are stored than its frames need");

  ForeignLabels out;
  out.format = "DICOM SEG";
  std::map<int, std::int32_t> number_of;
  out.named = read_segments(data, number_of);
  const DicomSet* shared = data.item(0x52009229);
  std::vector<double> orientation, spacing, thickness, between;
  std::vector<Frame> frames(count);
  for (std::size_t f = 0; f < count; ++f) {
    if (f % 256 == 0 && progress.cancelled()) return core::cancelled();
    const DicomSet& own = (*per_frame)[f];
    // A functional group stands with the frame or once for all.
    const auto group = [&](std::uint16_t g, std::uint16_t e) -> const DicomSet* {
      const DicomSet* set = own.item(tag_of(g, e));
      return set ? set : shared ? shared->item(tag_of(g, e)) : nullptr;
    };
    if (const auto* s = group(0x0020, 0x9116)) {
      const auto o = decimals(*s, 0x0020, 0x0037);
      if (orientation.empty()) orientation = o;
      for (std::size_t i = 0; i < o.size() && i < orientation.size(); ++i)
        if (std::abs(o[i] - orientation[i]) > 1e-4) return refuse("its frames lie in different orientations");
    }
    if (const auto* s = group(0x0028, 0x9110); s && spacing.empty()) {
      spacing = decimals(*s, 0x0028, 0x0030);
      thickness = decimals(*s, 0x0018, 0x0050);
      between = decimals(*s, 0x0018, 0x0088);
    }
    const auto* position = group(0x0020, 0x9113);
    const auto at = position ? decimals(*position, 0x0020, 0x0032) : std::vector<double>{};
    const auto* segment = group(0x0062, 0x000a);
    frames[f].segment = segment ? us(*segment, 0x0062, 0x000b, 0) : 0;
    if (at.size() != 3 || frames[f].segment <= 0) return refuse(fmt::format("frame {} has no position or names no segment", f + 1));
    frames[f].position = core::Vec3(at[0], at[1], at[2]);
    if (const auto* s = group(0x0020, 0x9111))
      if (const auto index = binary<std::uint32_t>(*s, 0x0020, 0x9157); index.size() >= 2) frames[f].index = long(index.back());
    if (!number_of.contains(frames[f].segment)) number_of[frames[f].segment] = frames[f].segment;
  }
  if (orientation.size() != 6 || spacing.size() != 2 || spacing[0] <= 0 || spacing[1] <= 0 || spacing[0] > 1000 || spacing[1] > 1000) return refuse("its orientation or pixel spacing is missing");
  core::Vec3 row(orientation[0], orientation[1], orientation[2]), column(orientation[3], orientation[4], orientation[5]);
  if (std::abs(row.norm() - 1) > 1e-3 || std::abs(column.norm() - 1) > 1e-3 || std::abs(row.dot(column)) > 1e-3) return refuse("its row and column directions are no unit vectors at right angles");
  row.normalize();
  column = (column - column.dot(row) * row).normalized();
  core::Vec3 normal = row.cross(column);
  for (Frame& f : frames) f.along = f.position.dot(normal);

  std::vector<double> steps;
  {
    std::vector<double> along;
    for (const Frame& f : frames) along.push_back(f.along);
    std::sort(along.begin(), along.end());
    for (std::size_t i = 1; i < along.size(); ++i)
      if (along[i] - along[i - 1] > 1e-3) steps.push_back(along[i] - along[i - 1]);   // below a micrometre: the same slice
  }
  const auto fits = [&](double step) { return step > 1e-3 && step < 1000 && std::all_of(steps.begin(), steps.end(), [&](double s) { return std::abs(s / step - std::round(s / step)) < 0.02; }); };
  double step = 0;
  if (between.size() == 1 && fits(between[0])) step = between[0];
  else if (!steps.empty()) step = *std::min_element(steps.begin(), steps.end());
  else if (thickness.size() == 1) step = thickness[0];
  if (!fits(step)) return refuse("its slices are not evenly spaced");
  auto [low, high] = std::minmax_element(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) { return a.along < b.along; });
  const double slices = std::round((high->along - low->along) / step) + 1;
  // A gap of thousands of slices between two frames is a damaged position, and would cost its memory.
  if (!(slices >= 1 && slices <= 4096.0 + 4.0 * double(count))) return refuse("its slices lie implausibly far apart");
  if (slices * double(plane) * 6 > double(memory_budget())) return refuse("it needs more memory than this machine can give");
  // Slices were counted against the normal: keep the writer's order, so that a flipped grid comes back as it was.
  const bool flipped = low->index > high->index && high->index > 0;
  const core::Vec3 start = flipped ? high->position : low->position;
  if (flipped) normal = -normal;
  out.grid.size = {columns, rows, int(slices)};
  out.grid.spacing = core::Vec3(spacing[1], spacing[0], step);
  out.grid.origin = start;
  out.grid.direction.col(0) = row;
  out.grid.direction.col(1) = column;
  out.grid.direction.col(2) = normal;
  out.values.assign(out.grid.voxels(), 0);

  int most = 1;
  if (bits == 8) most = us(data, 0x0062, 0x000e, 255);
  std::size_t overlaps = 0;
  std::vector<unsigned char> bytes((count * plane * std::size_t(bits) + 7) / 8);
  {
    std::ifstream in(path, std::ios::binary);
    in.seekg(std::streamoff(file.pixel_offset));
    if (!in.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()))) return refuse("its voxels cannot be read");
  }
  for (std::size_t f = 0; f < count; ++f) {
    if (f % 64 == 0) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(f) / double(count), "unpacking the segments");
    }
    const core::Vec3 offset = frames[f].position - start;
    if (std::abs(offset.dot(row)) > 0.1 * spacing[1] || std::abs(offset.dot(column)) > 0.1 * spacing[0]) return refuse("its frames are shifted against one another");
    const auto k = std::size_t(std::lround(offset.dot(normal) / step));
    std::int32_t* slice = out.values.data() + k * plane;
    const std::int32_t value = number_of[frames[f].segment];
    for (std::size_t i = 0; i < plane; ++i) {
      const std::size_t n = f * plane + i;
      const bool in = bits == 1 ? (bytes[n / 8] >> (n % 8)) & 1 : 2 * int(bytes[n]) >= most && bytes[n] > 0;
      if (!in) continue;
      if (slice[i] != 0 && slice[i] != value) ++overlaps;
      slice[i] = value;
    }
  }
  for (const std::int32_t v : out.values)
    if (v != 0) ++out.count[v];
  if (out.count.empty()) return refuse("every voxel is background");
  if (overlaps > 0) out.notes.push_back(fmt::format("Segments overlap in {} voxels: the later segment was taken there.", overlaps));
  if (bits == 8) out.notes.push_back("A fractional segmentation: voxels of at least half were taken.");
  progress.report(1, "segmentation read");
  return out;
}

}  // namespace

bool is_dicom_seg(const fs::path& path) {
  const auto file = read_dicom_elements(path);
  return file && text(file->data, 0x0008, 0x0016) == seg_class;
}

Result<ForeignLabels> read_dicom_seg(const fs::path& path, const core::Progress& progress) {
  try {
    const auto file = read_dicom_elements(path);
    if (!file) return bad_input(fmt::format("{} cannot be read as DICOM ({}). Copy or export it again.", path.string(), file.error().message));
    return decode(path, *file, progress);
  } catch (const std::bad_alloc&) {
    return bad_input(fmt::format("{} does not fit into memory. Export the segments one by one.", path.string()));
  }
}

}  // namespace ot::imaging
