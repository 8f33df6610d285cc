// SPDX-License-Identifier: GPL-3.0-or-later
// Walking a folder: headers of all files, quickly, and a reason for every file that cannot be used.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "imaging/io/dicom.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

constexpr int most_depth = 64;                        // deeper than any archive; a guard, links are not followed
constexpr std::size_t most_files = 2'000'000;

struct Walk {
  std::vector<fs::path> files;
  std::vector<Quarantined> closed;                    // folders that may not be opened
};

core::Result<void> walk(const fs::path& folder, int depth, Walk& out, const core::Progress& progress) {
  if (progress.cancelled()) return core::cancelled();
  std::error_code ec;
  fs::directory_iterator it(folder, ec), end;
  if (ec) {
    out.closed.push_back({folder, fmt::format("this folder cannot be opened ({})", ec.message())});
    return {};
  }
  for (; it != end && out.files.size() < most_files; it.increment(ec)) {
    if (ec) break;
    std::error_code ignored;
    const bool link = it->is_symlink(ignored);
    if (it->is_directory(ignored)) {
      if (!link && depth < most_depth)
        if (auto ok = walk(it->path(), depth + 1, out, progress); !ok) return ok;
    } else if (it->is_regular_file(ignored)) {
      out.files.push_back(it->path());
    }
    if (out.files.size() % 512 == 0 && progress.cancelled()) return core::cancelled();
  }
  return {};
}

std::string lower_extension(const fs::path& path) {
  std::string e = path.extension().string();
  for (char& c : e) c = char(std::tolower(static_cast<unsigned char>(c)));
  return e;
}

std::string archive_kind(const fs::path& path) {
  std::ifstream f(path, std::ios::binary);
  std::array<char, 6> b{};
  f.read(b.data(), b.size());
  if (std::memcmp(b.data(), "PK\x03\x04", 4) == 0) return "zip";
  if (std::memcmp(b.data(), "7z\xbc\xaf\x27\x1c", 6) == 0) return "7z";
  if (std::memcmp(b.data(), "Rar!", 4) == 0) return "rar";
  const std::string name = path.filename().string(), ext = lower_extension(path);
  if (b[0] == '\x1f' && b[1] == '\x8b' && (ext == ".tgz" || name.ends_with(".tar.gz"))) return "tar";
  return ext == ".tar" ? "tar" : "";
}

// What became of one file.
struct Outcome {
  std::optional<DicomFile> file;
  std::string trouble, archive;
};

Outcome look_at(const fs::path& path) {
  Outcome out;
  try {
    std::error_code ec;
    const auto bytes = fs::file_size(path, ec);
    const std::string ext = lower_extension(path);
    const bool named = ext == ".dcm" || ext == ".dicom" || ext == ".ima";
    if (::access(path.c_str(), R_OK) != 0) {
      out.trouble = "it may not be read (permission denied)";
    } else if (ec || bytes == 0) {
      out.trouble = "it is empty (0 bytes)";
    } else if (!looks_like_dicom(path)) {
      out.archive = archive_kind(path);
      if (!out.archive.empty()) return out;
      if (named) out.trouble = bytes < 132 ? "it is too short for a DICOM image" : "it is not a DICOM file, whatever its name says";
    } else if (auto file = dicom_file(path); file) {
      out.file = std::move(*file);
    } else {
      out.trouble = file.error().message;
    }
  } catch (const std::exception&) {
    out.trouble = "it cannot be read (out of memory)";
  }
  return out;
}

}  // namespace

core::Result<DicomScan> scan_dicom(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return core::bad_input(fmt::format("{} does not exist (nothing to read). Check the path.", path.string()));
  const bool folder = fs::is_directory(path, ec);
  if (folder && ::access(path.c_str(), R_OK | X_OK) != 0)
    return core::bad_input(fmt::format("{} may not be read (permission denied). Change its permissions.", path.string()));
  Walk found;
  progress.report(0, "looking for images");
  if (!folder) found.files.push_back(path);
  else if (auto ok = walk(path, 0, found, progress); !ok) return core::pass(ok);
  std::sort(found.files.begin(), found.files.end());

  DicomScan scan;
  scan.quarantine = std::move(found.closed);
  std::map<std::string, std::size_t> by_image;   // SOP instance UID -> index in scan.files
  int twice = 0, objects = 0;
  std::set<std::string> archives;
  constexpr std::size_t block = 256;
  for (std::size_t from = 0; from < found.files.size(); from += block) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(from) / double(found.files.size()), "reading DICOM headers");
    const std::size_t n = std::min(block, found.files.size() - from);
    std::vector<Outcome> outcome(n);
    core::parallel_chunks(std::ptrdiff_t(n), 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (auto i = b; i < e && !progress.cancelled(); ++i) outcome[std::size_t(i)] = look_at(found.files[from + std::size_t(i)]);
    });
    for (std::size_t i = 0; i < n; ++i) {
      Outcome& o = outcome[i];
      if (!o.archive.empty()) archives.insert(o.archive);
      if (!o.trouble.empty()) scan.quarantine.push_back({found.files[from + i], o.trouble});
      else if (!o.file) ++scan.other_files;
      else if (o.file->frames.empty()) ++objects;
      else if (!o.file->sop_uid.empty() && !by_image.emplace(o.file->sop_uid, scan.files.size()).second) ++twice;
      else scan.files.push_back(std::move(*o.file));
    }
  }
  if (progress.cancelled()) return core::cancelled();
  const std::string where = path.string();
  if (!archives.empty()) {
    const std::string what = fmt::format("a {} archive", *archives.begin());
    if (scan.files.empty()) return core::bad_input(fmt::format("{} {} (OrganTwin does not look inside archives). Unpack it first.", where, folder ? "holds " + what : "is " + what));
    scan.notes.push_back(fmt::format("The folder also holds {}: unpack it to see what is inside.", what));
  }
  if (scan.files.empty()) {
    if (scan.quarantine.size() == 1 && !folder) return core::bad_input(fmt::format("{} cannot be used: {}. Copy or export it again.", where, scan.quarantine.front().reason));
    if (!scan.quarantine.empty())
      return core::bad_input(fmt::format("no images in {} can be used: {} damaged or closed files, the first because {}. Copy or export the scan again.", where,
                                         scan.quarantine.size(), scan.quarantine.front().reason));
    return core::bad_input(fmt::format("no images in {} ({} files looked at{}, none is a DICOM image). Name the folder that holds the scan.", where, found.files.size(),
                                       objects ? fmt::format(", {} DICOM objects without pixels", objects) : ""));
  }
  if (twice) scan.notes.push_back(fmt::format("{} files hold an image that another file holds too (same image UID): each image is taken once.", twice));
  if (objects) scan.notes.push_back(fmt::format("{} DICOM objects without pixels (reports, presentation states) were left out.", objects));
  find_readings(scan);
  return scan;
}

core::Result<std::vector<SeriesInfo>> list_series(const fs::path& path, const core::Progress& progress) {
  const auto scan = scan_dicom(path, progress);
  if (!scan) return core::pass(scan);
  std::vector<SeriesInfo> out;
  for (const DicomSeries& s : scan->series) out.push_back(s.info);
  return out;
}

}  // namespace ot::imaging
