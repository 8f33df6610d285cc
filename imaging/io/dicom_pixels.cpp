// SPDX-License-Identifier: GPL-3.0-or-later
// Pixels of one frame as rescaled numbers. Uncompressed ones are read straight from the file; GDCM unpacks the others.
// Stored values: PS3.5 section 8.1. Bits above Bits Stored are masked when the header says that an overlay lives there, or when a signed
// value is stored without its sign bits; otherwise the whole word counts (padding values of several scanners use it).
#include <fmt/format.h>
#include <gdcmImageReader.h>
#include <gdcmTrace.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "imaging/io/dicom.hpp"

namespace ot::imaging {
namespace {

struct Format {
  int bits_allocated, bits_stored, high_bit;
  bool is_signed, mask;
};

template <class T>
T value_at(const char* at, bool swap) {
  char b[sizeof(T)];
  std::memcpy(b, at, sizeof(T));
  if (swap) std::reverse(b, b + sizeof(T));
  T v;
  std::memcpy(&v, b, sizeof(T));
  return v;
}

// Word -> number; `word` has bits_allocated bits.
std::int64_t stored_value(std::uint32_t word, const Format& f) {
  const int shift = f.high_bit + 1 - f.bits_stored;
  const std::uint32_t low = f.bits_stored >= 32 ? word >> shift : (word >> shift) & ((1u << f.bits_stored) - 1);
  if (!f.is_signed) return f.mask || shift > 0 ? low : word;
  const auto widen = [](std::uint32_t v, int bits) { return bits >= 32 ? std::int64_t(std::int32_t(v)) : std::int64_t(v) - ((v >> (bits - 1)) & 1 ? std::int64_t(1) << bits : 0); };
  const std::int64_t narrow = widen(low, f.bits_stored), whole = widen(word, f.bits_allocated);
  if (f.mask || shift > 0 || f.bits_stored == f.bits_allocated) return narrow;
  return word == low ? narrow : whole;   // high bits empty: the sign was left out; else the word is what the scanner meant
}

template <class T>
void convert(const char* from, std::size_t n, bool swap, const Format& f, double slope, double intercept, std::vector<float>& out) {
  if (sizeof(T) <= 2) {   // a table: one look-up a pixel
    static thread_local std::vector<float> table;
    const std::size_t words = std::size_t(1) << (8 * std::min<std::size_t>(sizeof(T), 2));
    table.resize(words);
    for (std::size_t w = 0; w < words; ++w) table[w] = float(double(stored_value(std::uint32_t(w), f)) * slope + intercept);
    for (std::size_t i = 0; i < n; ++i) out[i] = table[value_at<T>(from + i * sizeof(T), swap)];
    return;
  }
  for (std::size_t i = 0; i < n; ++i) out[i] = float(double(stored_value(std::uint32_t(value_at<T>(from + i * sizeof(T), swap)), f)) * slope + intercept);
}

core::Result<void> convert_all(const char* from, std::size_t n, bool swap, const Format& f, double slope, double intercept, std::vector<float>& out) {
  out.resize(n);
  if (f.bits_allocated == 8) convert<std::uint8_t>(from, n, swap, f, slope, intercept, out);
  else if (f.bits_allocated == 16) convert<std::uint16_t>(from, n, swap, f, slope, intercept, out);
  else if (f.bits_allocated == 32) convert<std::uint32_t>(from, n, swap, f, slope, intercept, out);
  else return core::bad_input(fmt::format("its unpacked pixels take {} bits each (8, 16 and 32 are read)", f.bits_allocated));
  return {};
}

}  // namespace

struct FrameReader::Unpacked {
  std::vector<char> bytes;
  Format format{};
};

FrameReader::FrameReader() = default;
FrameReader::~FrameReader() = default;

// All frames of a packed file. The last multi-frame file is kept: its frames are asked for one after the other.
core::Result<std::shared_ptr<const FrameReader::Unpacked>> FrameReader::unpack(const DicomFile& file) {
  const bool keep = file.frame_count > 1;
  std::unique_lock guard(lock_, std::defer_lock);
  if (keep) {
    guard.lock();
    if (last_ && last_path_ == file.path) return last_;
    last_.reset();
  }
  const auto unreadable = [&] { return core::bad_input(fmt::format("its pixels are packed as {} and cannot be unpacked (not supported, or damaged)", transfer_syntax_name(file.transfer_syntax))); };
  try {
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
    gdcm::ImageReader reader;
    reader.SetFileName(file.path.c_str());
    if (!reader.Read()) return unreadable();
    const gdcm::Image& image = reader.GetImage();
    const gdcm::PixelFormat& p = image.GetPixelFormat();
    if (int(image.GetDimension(0)) != file.columns || int(image.GetDimension(1)) != file.rows || p.GetSamplesPerPixel() != 1) return unreadable();
    auto out = std::make_shared<Unpacked>();
    out->format = {p.GetBitsAllocated(), p.GetBitsStored(), p.GetHighBit(), p.GetPixelRepresentation() == 1, file.overlay_in_pixels};
    if (out->format.bits_stored <= 0 || out->format.high_bit >= out->format.bits_allocated || out->format.high_bit < out->format.bits_stored - 1) return unreadable();
    const std::size_t length = image.GetBufferLength();
    const std::size_t expected = std::size_t(file.rows) * std::size_t(file.columns) * std::size_t(file.frame_count) * std::size_t(p.GetBitsAllocated()) / 8;
    if (length < expected) return unreadable();
    out->bytes.resize(length);
    if (!image.GetBuffer(out->bytes.data())) return unreadable();
    if (keep) last_ = out, last_path_ = file.path;
    return std::shared_ptr<const Unpacked>(out);
  } catch (const std::bad_alloc&) {
    return core::bad_input("it does not fit into memory. Load it at a lower resolution");
  } catch (...) {
    return unreadable();
  }
}

std::string transfer_syntax_name(const std::string& uid) {
  static const std::map<std::string, std::string> names = {   // PS3.6 table A-1
      {"1.2.840.10008.1.2", "implicit little endian"}, {"1.2.840.10008.1.2.1", "explicit little endian"}, {"1.2.840.10008.1.2.2", "explicit big endian"},
      {"1.2.840.10008.1.2.1.99", "deflated explicit little endian"}, {"1.2.840.10008.1.2.5", "RLE lossless"}, {"1.2.840.10008.1.2.4.50", "JPEG baseline (8 bit, lossy)"},
      {"1.2.840.10008.1.2.4.51", "JPEG extended (lossy)"}, {"1.2.840.10008.1.2.4.53", "JPEG spectral selection (retired)"}, {"1.2.840.10008.1.2.4.55", "JPEG full progression (retired)"},
      {"1.2.840.10008.1.2.4.57", "JPEG lossless"}, {"1.2.840.10008.1.2.4.70", "JPEG lossless (first order)"}, {"1.2.840.10008.1.2.4.80", "JPEG-LS lossless"},
      {"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless"}, {"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless"}, {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
      {"1.2.840.10008.1.2.4.100", "MPEG-2 video"}, {"1.2.840.10008.1.2.4.102", "MPEG-4 video"}, {"1.2.840.10008.1.2.4.107", "HEVC video"},
      {"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 lossless"}, {"1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 lossless (RPCL)"}, {"1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"}};
  const auto at = names.find(uid);
  return at == names.end() ? "transfer syntax " + (uid.empty() ? std::string("(not stated)") : uid) : at->second;
}

core::Result<void> FrameReader::read(const DicomFile& file, int frame, std::vector<float>& values) {
  const std::size_t n = std::size_t(file.rows) * std::size_t(file.columns);
  const DicomFrame& f = file.frames[std::size_t(frame)];
  if (file.encapsulated || file.deflated) {
    const auto packed = unpack(file);
    if (!packed) return core::pass(packed);
    const Unpacked& u = **packed;
    return convert_all(u.bytes.data() + std::size_t(frame) * n * std::size_t(u.format.bits_allocated) / 8, n, false, u.format, f.slope, f.intercept, values);
  }
  const std::size_t bytes = n * std::size_t(file.bits_allocated) / 8;
  static thread_local std::vector<char> buffer;
  buffer.resize(bytes);
  std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(file.path.c_str(), "rb"), &std::fclose);
  if (!in) return core::bad_input("it can no longer be opened (moved or closed while it was read)");
  std::setvbuf(in.get(), nullptr, _IONBF, 0);
  if (::fseeko(in.get(), off_t(file.pixel_offset + std::uint64_t(frame) * bytes), SEEK_SET) != 0 || std::fread(buffer.data(), 1, bytes, in.get()) != bytes)
    return core::bad_input("it is truncated: its pixels end early");
  if (file.floating) {
    values.resize(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = value_at<float>(buffer.data() + i * 4, file.big_endian);
    return {};
  }
  return convert_all(buffer.data(), n, file.big_endian, {file.bits_allocated, file.bits_stored, file.high_bit, file.is_signed, file.overlay_in_pixels}, f.slope, f.intercept, values);
}

}  // namespace ot::imaging
