// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/preflight.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

// A deflate stream cannot shrink data by more than about 1032 to 1 (zlib technical notes, zlib.net/zlib_tech.html).
constexpr double most_deflate = 1040.0;

template <class T>
T load(const char* at, bool swap) {
  std::array<char, sizeof(T)> b;
  std::memcpy(b.data(), at, sizeof(T));
  if (swap) std::reverse(b.begin(), b.end());
  return std::bit_cast<T>(b);
}

std::string lower(std::string s) {
  for (char& c : s) c = char(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

struct GzClose {
  void operator()(gzFile_s* f) const { gzclose(f); }
};

// Bytes of the (possibly gzip) file from `offset` of the raw file on. Stops counting at `enough`. Negative: broken stream.
Result<std::int64_t> count_bytes(const fs::path& path, std::int64_t offset, std::int64_t enough, const core::Progress& progress) {
  const int fd = [&] {
    FILE* f = std::fopen(path.c_str(), "rb");
    if (!f) return -1;
    const int d = ::dup(::fileno(f));
    std::fclose(f);
    return d;
  }();
  if (fd < 0 || ::lseek(fd, offset, SEEK_SET) < 0) {
    if (fd >= 0) ::close(fd);
    return bad_input(fmt::format("{} cannot be read (permission or disk). Check that you may open it.", path.string()));
  }
  std::unique_ptr<gzFile_s, GzClose> gz(gzdopen(fd, "rb"));
  if (!gz) {
    ::close(fd);
    return bad_input(fmt::format("{} cannot be read (out of memory). Close other programs and try again.", path.string()));
  }
  gzbuffer(gz.get(), 1 << 18);
  std::vector<char> buffer(1 << 20);
  std::int64_t total = 0;
  while (true) {
    if (progress.cancelled()) return core::cancelled();
    const int got = gzread(gz.get(), buffer.data(), unsigned(buffer.size()));
    if (got < 0) return std::int64_t(-1 - total);
    total += got;
    if (got == 0) break;
    if (total > enough + (std::int64_t(1) << 30)) break;  // far more than promised: not our problem here
  }
  int code = Z_OK;
  gzerror(gz.get(), &code);
  if (code != Z_OK && code != Z_STREAM_END) return std::int64_t(-1 - total);
  return total;
}

Result<void> check_size(const fs::path& path, const Promise& p, std::int64_t& values) {
  values = 1;
  for (std::int64_t n : p.size) {
    if (n <= 0 || n > 100000)
      return bad_input(fmt::format("{} states a size of {} voxels along one side (the header is damaged). Export the image again.", path.string(), n));
    values *= n;
    if (values > (std::int64_t(1) << 40))
      return bad_input(fmt::format("{} states more than 10^12 voxels (the header is damaged). Export the image again.", path.string()));
  }
  // One float per voxel plus the stored values while they are converted.
  const double need = double(values) * (4.0 + p.bytes_per_value);
  if (need > double(memory_budget()))
    return bad_input(fmt::format("{} needs {:.1f} GB of memory (this machine can give {:.1f} GB). Load it at a lower resolution or crop it.",
                                 path.string(), need / 1e9, double(memory_budget()) / 1e9));
  return {};
}

Result<void> check_stored(const fs::path& path, std::int64_t raw_offset, bool compressed, std::int64_t promised, std::int64_t skip,
                          const core::Progress& progress) {
  std::error_code ec;
  const auto on_disk = std::int64_t(fs::file_size(path, ec)) - raw_offset;
  const std::int64_t need = promised + skip;
  if (compressed ? double(need) > most_deflate * double(std::max<std::int64_t>(on_disk, 1)) : need > on_disk)
    return bad_input(fmt::format("{} is truncated: its header promises {} bytes of image data, the file has {}{}. Copy or export it again.", path.string(),
                                 promised, std::max<std::int64_t>(on_disk - (compressed ? 0 : skip), 0), compressed ? " compressed" : ""));
  if (!compressed) return {};
  const auto stored = count_bytes(path, raw_offset, need, progress);
  if (!stored) return core::pass(stored);
  if (*stored < need) {
    const std::int64_t whole = *stored < 0 ? -1 - *stored : *stored;
    return bad_input(fmt::format("{} is truncated or damaged: only {:.0f} % of the promised image data can be unpacked. Copy or export it again.",
                                 path.string(), std::min(100.0, 100.0 * double(std::max<std::int64_t>(whole - skip, 0)) / double(std::max<std::int64_t>(promised, 1)))));
  }
  return {};
}

Result<std::string> head(const fs::path& path, bool gz, std::size_t bytes) {
  std::string out(bytes, '\0');
  if (gz) {
    std::unique_ptr<gzFile_s, GzClose> f(gzopen(path.c_str(), "rb"));
    const int got = f ? gzread(f.get(), out.data(), unsigned(bytes)) : -1;
    out.resize(got > 0 ? std::size_t(got) : 0);
  } else {
    std::ifstream f(path, std::ios::binary);
    if (!f) return bad_input(fmt::format("{} cannot be opened (permission or disk). Check that you may read it.", path.string()));
    f.read(out.data(), std::streamsize(bytes));
    out.resize(std::size_t(f.gcount()));
  }
  return out;
}

Result<Promise> inspect_nifti(const fs::path& path, const core::Progress& progress) {
  auto raw = head(path, false, 2);
  if (!raw) return core::pass(raw);
  const bool gz = raw->size() == 2 && (*raw)[0] == '\x1f' && (*raw)[1] == '\x8b';
  auto h = head(path, gz, 352);
  if (!h) return core::pass(h);
  const auto not_nifti = [&](const char* why) {
    return bad_input(fmt::format("{} is not a NIfTI image ({}). Check that the file is what its name says.", path.string(), why));
  };
  if (h->size() < 348) return not_nifti("it is too short for a header");
  bool swap = false;
  if (load<std::int32_t>(h->data(), false) != 348) {
    swap = true;
    if (load<std::int32_t>(h->data(), true) != 348) return not_nifti("the header does not begin with 348");
  }
  if (std::memcmp(h->data() + 344, "n+1", 3) != 0) return not_nifti("the signature n+1 is missing; detached .hdr/.img pairs are not read");
  Promise p;
  p.format = ImageFormat::nifti;
  const int rank = load<std::int16_t>(h->data() + 40, swap);
  if (rank < 1 || rank > 7) return not_nifti("a number of dimensions outside 1 to 7");
  for (int d = 0; d < rank; ++d) p.size.push_back(load<std::int16_t>(h->data() + 42 + 2 * d, swap));
  const int type = load<std::int16_t>(h->data() + 70, swap), bits = load<std::int16_t>(h->data() + 72, swap);
  static const std::map<int, int> bytes = {{2, 1}, {4, 2}, {8, 4}, {16, 4}, {64, 8}, {256, 1}, {512, 2}, {768, 4}, {1024, 8}, {1280, 8}};
  const auto known = bytes.find(type);
  if (known == bytes.end())
    return bad_input(fmt::format("{} holds values of NIfTI type {} (colour, complex or unknown; OrganTwin reads one number per voxel). Export a plain image.",
                                 path.string(), type));
  if (bits != known->second * 8) return not_nifti("value type and bits per voxel disagree");
  p.bytes_per_value = known->second;
  for (int d = 1; d <= 3 && d <= rank; ++d) {
    const float step = load<float>(h->data() + 76 + 4 * d, swap);
    if (!std::isfinite(step) || step == 0.0f)
      return bad_input(fmt::format("{} has a voxel size of {} mm (lengths would be meaningless). Export the image again.", path.string(), step));
  }
  // Geometry numbers: quaternion, offsets and the three affine rows (bytes 256..327).
  for (int at = 256; at < 328; at += 4)
    if (!std::isfinite(load<float>(h->data() + at, swap)))
      return bad_input(fmt::format("{} has a position that is not a number (it cannot be placed in the patient). Export the image again.", path.string()));
  const float start = load<float>(h->data() + 108, swap);
  if (!std::isfinite(start) || start < 348 || start > 1e9f) return not_nifti("the data offset is nonsense");
  std::int64_t values = 0;
  if (auto ok = check_size(path, p, values); !ok) return core::pass(ok);
  if (auto ok = check_stored(path, 0, gz, values * p.bytes_per_value, std::int64_t(start), progress); !ok) return core::pass(ok);
  return p;
}

Result<std::map<std::string, std::string>> header_lines(const fs::path& path, char separator, std::int64_t& end) {
  auto text = head(path, false, 1 << 20);
  if (!text) return core::pass(text);
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  end = -1;
  while (at < text->size()) {
    const std::size_t stop = text->find('\n', at);
    if (stop == std::string::npos) break;
    std::string line = text->substr(at, stop - at);
    at = stop + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) {  // NRRD: a blank line ends the header
      end = std::int64_t(at);
      break;
    }
    const std::size_t cut = line.find(separator);
    if (cut == std::string::npos || line[0] == '#') continue;
    std::string key = lower(line.substr(0, cut)), value = line.substr(cut + 1);
    while (!key.empty() && key.back() == ' ') key.pop_back();
    value.erase(0, value.find_first_not_of(" \t="));
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    out[key] = value;
    if (key == "elementdatafile") {  // MetaImage: this line ends the header
      end = std::int64_t(at);
      break;
    }
  }
  return out;
}

std::vector<std::int64_t> whole_numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::int64_t> out;
  std::int64_t n = 0;
  while (in >> n) out.push_back(n);
  return out;
}

Result<void> check_detached(const fs::path& path, const std::string& name) {
  if (!fs::exists(path.parent_path() / name))
    return bad_input(fmt::format("{} refers to the data file {}, which is missing. Copy both files together.", path.string(), name));
  return {};
}

Result<Promise> inspect_nrrd(const fs::path& path, const core::Progress& progress) {
  std::int64_t end = -1;
  auto h = header_lines(path, ':', end);
  if (!h) return core::pass(h);
  Promise p;
  p.format = ImageFormat::nrrd;
  p.size = whole_numbers((*h)["sizes"]);
  std::string type = lower((*h)["type"]);
  static const std::map<std::string, int> bytes = {
      {"signed char", 1}, {"int8", 1}, {"int8_t", 1}, {"uchar", 1}, {"unsigned char", 1}, {"uint8", 1}, {"uint8_t", 1}, {"short", 2}, {"short int", 2},
      {"signed short", 2}, {"int16", 2}, {"int16_t", 2}, {"ushort", 2}, {"unsigned short", 2}, {"uint16", 2}, {"uint16_t", 2}, {"int", 4}, {"signed int", 4},
      {"int32", 4}, {"int32_t", 4}, {"uint", 4}, {"unsigned int", 4}, {"uint32", 4}, {"uint32_t", 4}, {"longlong", 8}, {"long long", 8}, {"int64", 8},
      {"int64_t", 8}, {"uint64", 8}, {"uint64_t", 8}, {"float", 4}, {"double", 8}};
  const auto known = bytes.find(type);
  if (p.size.empty() || std::int64_t(p.size.size()) != std::strtoll((*h)["dimension"].c_str(), nullptr, 10) || known == bytes.end() || p.size.size() > 5)
    return bad_input(fmt::format("{} has no usable NRRD header (dimension, sizes or type are missing or disagree). Export the image again.", path.string()));
  p.bytes_per_value = known->second;
  std::int64_t values = 0;
  if (auto ok = check_size(path, p, values); !ok) return core::pass(ok);
  const std::string encoding = lower((*h)["encoding"]);
  const std::string detached = h->count("data file") ? (*h)["data file"] : (*h)["datafile"];
  if (!detached.empty()) {
    if (detached.rfind("LIST", 0) == 0 || detached.find('%') != std::string::npos)
      return bad_input(fmt::format("{} spreads its data over many files (not read). Save it as one .nrrd file.", path.string()));
    if (auto ok = check_detached(path, detached); !ok) return core::pass(ok);
    const bool gz = encoding == "gzip" || encoding == "gz";
    if (gz || encoding == "raw")
      if (auto ok = check_stored(path.parent_path() / detached, 0, gz, values * p.bytes_per_value, 0, progress); !ok) return core::pass(ok);
    return p;
  }
  if (end < 0) return bad_input(fmt::format("{} has no image data after its header (it is truncated). Copy or export it again.", path.string()));
  if (encoding == "raw" || encoding == "gzip" || encoding == "gz") {
    if (auto ok = check_stored(path, end, encoding != "raw", values * p.bytes_per_value, 0, progress); !ok) return core::pass(ok);
  } else if (encoding != "ascii" && encoding != "text" && encoding != "txt") {
    return bad_input(fmt::format("{} uses the NRRD encoding \"{}\" (not read). Save it with gzip or raw encoding.", path.string(), encoding));
  }
  return p;
}

Result<Promise> inspect_meta(const fs::path& path, const core::Progress& progress) {
  std::int64_t end = -1;
  auto h = header_lines(path, '=', end);
  if (!h) return core::pass(h);
  Promise p;
  p.format = ImageFormat::meta;
  p.size = whole_numbers((*h)["dimsize"]);
  static const std::map<std::string, int> bytes = {{"met_char", 1}, {"met_uchar", 1}, {"met_short", 2}, {"met_ushort", 2}, {"met_int", 4}, {"met_uint", 4},
                                                   {"met_long", 4}, {"met_ulong", 4}, {"met_long_long", 8}, {"met_ulong_long", 8}, {"met_float", 4}, {"met_double", 8}};
  const auto known = bytes.find(lower((*h)["elementtype"]));
  if (p.size.empty() || std::int64_t(p.size.size()) != std::strtoll((*h)["ndims"].c_str(), nullptr, 10) || known == bytes.end() || end < 0)
    return bad_input(fmt::format("{} has no usable MetaImage header (NDims, DimSize, ElementType or ElementDataFile are missing or disagree). Export the image again.",
                                 path.string()));
  p.bytes_per_value = known->second;
  // ITK would take the size of a negative step and mirror nothing: laterality would be lost in silence.
  for (const char* key : {"elementspacing", "elementsize"}) {
    std::istringstream steps((*h)[key]);
    for (std::string word; steps >> word;)
      if (const double step = std::strtod(word.c_str(), nullptr); !(step > 0) || !std::isfinite(step))
        return bad_input(fmt::format("{} has a voxel size of {} mm (lengths, or left and right, would be wrong). Export the image again; a mirrored axis belongs into TransformMatrix.", path.string(), word.substr(0, 24)));
  }
  std::int64_t values = 0;
  if (auto ok = check_size(path, p, values); !ok) return core::pass(ok);
  const std::string file = (*h)["elementdatafile"];
  const bool packed = lower((*h)["compresseddata"]) == "true";
  if (file == "LIST" || file.find('%') != std::string::npos)
    return bad_input(fmt::format("{} spreads its data over many files (not read). Save it as one .mha file.", path.string()));
  const std::int64_t promised = values * p.bytes_per_value;
  const fs::path data = lower(file) == "local" ? path : path.parent_path() / file;
  if (data != path)
    if (auto ok = check_detached(path, file); !ok) return core::pass(ok);
  const std::int64_t offset = data == path ? end : 0;
  if (!packed) {
    if (auto ok = check_stored(data, offset, false, promised, 0, progress); !ok) return core::pass(ok);
    return p;
  }
  // ITK allocates this number unseen (found by fuzz_replay under ASan: -1).
  if (const std::string stored = (*h)["compresseddatasize"]; !stored.empty()) {
    std::error_code ec;
    const auto n = std::strtoll(stored.c_str(), nullptr, 10);
    if (n < 0 || n > std::int64_t(fs::file_size(data, ec)))
      return bad_input(fmt::format("{} states {} bytes of compressed data (the file is smaller: it is truncated or its header is damaged). Export the image again.", path.string(), stored.substr(0, 24)));
  }
  // MetaImage packs with a bare zlib stream, which gzread does not unpack: unpack it here.
  std::ifstream in(data, std::ios::binary);
  in.seekg(offset);
  z_stream z{};
  if (inflateInit2(&z, 15 + 32) != Z_OK) return bad_input(fmt::format("{} cannot be unpacked (out of memory).", path.string()));
  std::vector<char> from(1 << 18), to(1 << 20);
  std::int64_t got = 0;
  int state = Z_OK;
  while (state == Z_OK && got < promised) {
    if (progress.cancelled()) {
      inflateEnd(&z);
      return core::cancelled();
    }
    if (z.avail_in == 0) {
      in.read(from.data(), std::streamsize(from.size()));
      z.avail_in = unsigned(in.gcount());
      z.next_in = reinterpret_cast<Bytef*>(from.data());
      if (z.avail_in == 0) break;
    }
    z.next_out = reinterpret_cast<Bytef*>(to.data());
    z.avail_out = unsigned(to.size());
    state = inflate(&z, Z_NO_FLUSH);
    got += std::int64_t(to.size() - z.avail_out);
  }
  inflateEnd(&z);
  if (got < promised)
    return bad_input(fmt::format("{} is truncated or damaged: only {:.0f} % of the promised image data can be unpacked. Copy or export it again.", path.string(),
                                 100.0 * double(got) / double(promised)));
  return p;
}

}  // namespace

std::string nifti_header_bytes(const fs::path& path) {
  std::unique_ptr<gzFile_s, GzClose> f(gzopen(path.c_str(), "rb"));   // reads plain files as they are
  std::string out(348, '\0');
  const int got = f ? gzread(f.get(), out.data(), 348) : -1;
  out.resize(got == 348 ? 348 : 0);
  return out;
}

std::string image_extension(const fs::path& path) {
  const std::string name = lower(path.filename().string());
  if (name.size() > 7 && name.ends_with(".nii.gz")) return ".nii.gz";
  return fs::path(name).extension().string();
}

std::uint64_t memory_budget() {
  std::uint64_t bytes = std::uint64_t(::sysconf(_SC_PHYS_PAGES)) * std::uint64_t(::sysconf(_SC_PAGE_SIZE));
  std::uint64_t allowed = 0;
  if (std::ifstream limit("/sys/fs/cgroup/memory.max"); limit >> allowed && allowed > 0) bytes = std::min(bytes, allowed);   // "max" is no number
  return bytes / 4 * 3;
}

std::uint64_t memory_free() {
  std::ifstream in("/proc/meminfo");
  std::uint64_t kb = 0;
  for (std::string word; in >> word;)
    if (word == "MemAvailable:" && in >> kb) return std::min(memory_budget(), kb * 1024);
  return memory_budget();
}

bool looks_like_dicom(const fs::path& path) {
  std::ifstream f(path, std::ios::binary);
  std::array<char, 132> b{};
  if (!f.read(b.data(), b.size())) return false;
  if (std::memcmp(b.data() + 128, "DICM", 4) == 0) return true;
  // Without preamble: first element in group 0002 or 0008, little endian, low element number.
  return (b[0] == 2 || b[0] == 8) && b[1] == 0 && b[3] == 0 && static_cast<unsigned char>(b[2]) <= 0x20;
}

Result<Promise> inspect_image(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  const auto status = fs::status(path, ec);
  if (!fs::exists(status)) return bad_input(fmt::format("{} does not exist (nothing to read). Check the path.", path.string()));
  if (!fs::is_regular_file(status)) return bad_input(fmt::format("{} is not a file (nothing to read). Name an image file or a DICOM folder.", path.string()));
  const auto bytes = fs::file_size(path, ec);
  if (ec || bytes == 0) return bad_input(fmt::format("{} is empty (0 bytes). Copy or export it again.", path.string()));
  if (::access(path.c_str(), R_OK) != 0) return bad_input(fmt::format("{} may not be read (permission denied). Change its permissions.", path.string()));
  const std::string ext = image_extension(path);
  auto first = head(path, false, 12);
  if (!first) return core::pass(first);
  if (first->rfind("NRRD000", 0) == 0) return inspect_nrrd(path, progress);
  if (ext == ".nii" || ext == ".nii.gz") return inspect_nifti(path, progress);
  if (ext == ".nrrd" || ext == ".nhdr")
    return bad_input(fmt::format("{} is not a NRRD image (it does not begin with NRRD). Check that the file is what its name says.", path.string()));
  if (ext == ".mha" || ext == ".mhd") return inspect_meta(path, progress);
  if (looks_like_dicom(path)) {
    Promise p;
    p.format = ImageFormat::dicom;
    return p;
  }
  return bad_input(fmt::format("{} is not an image that OrganTwin reads (its content is neither NIfTI, NRRD, MetaImage nor DICOM). "
                               "Give a .nii, .nii.gz, .nrrd, .mha, .mhd or DICOM file, or a DICOM folder.", path.string()));
}

}  // namespace ot::imaging
