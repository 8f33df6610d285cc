// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/dicom.hpp"

#include <fmt/format.h>
#include <gdcmAttribute.h>
#include <gdcmReader.h>
#include <gdcmStringFilter.h>
#include <gdcmTrace.h>
#include <unistd.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "imaging/io/preflight.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::Vec3;

struct Header {
  std::string series_uid, modality, description, trouble;
  int rows = 0, columns = 0, frames = 1;
  bool has_geometry = false;
  Vec3 position{0, 0, 0}, row{1, 0, 0}, column{0, 1, 0};
  double dx = 0, dy = 0;
};

std::string text_of(const gdcm::StringFilter& f, std::uint16_t group, std::uint16_t element) {
  std::string s = f.ToString(gdcm::Tag(group, element));
  while (!s.empty() && (s.back() == ' ' || s.back() == '\0')) s.pop_back();
  return s;
}

std::vector<double> numbers_of(const gdcm::StringFilter& f, std::uint16_t group, std::uint16_t element) {
  std::vector<double> out;
  std::istringstream in(text_of(f, group, element));
  std::string piece;
  while (std::getline(in, piece, '\\')) {
    char* end = nullptr;
    const double v = std::strtod(piece.c_str(), &end);
    if (end == piece.c_str() || !std::isfinite(v)) return {};
    out.push_back(v);
  }
  return out;
}

// GDCM throws and prints on damaged files; nothing of either gets out.
bool read_header(const fs::path& path, Header& h) {
  try {
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
    gdcm::Reader reader;
    reader.SetFileName(path.c_str());
    if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0010))) return false;
    const gdcm::DataSet& data = reader.GetFile().GetDataSet();
    gdcm::StringFilter f;
    f.SetFile(reader.GetFile());
    const auto whole = [&](std::uint16_t g, std::uint16_t e, int fallback) {
      if (!data.FindDataElement(gdcm::Tag(g, e))) return fallback;
      const auto v = numbers_of(f, g, e);
      return v.empty() || std::abs(v[0]) > 1e6 ? fallback : int(v[0]);
    };
    if (!data.FindDataElement(gdcm::Tag(0x0020, 0x000e))) return false;
    h.series_uid = text_of(f, 0x0020, 0x000e);
    h.modality = text_of(f, 0x0008, 0x0060);
    h.description = text_of(f, 0x0008, 0x103e);
    h.rows = whole(0x0028, 0x0010, 0);
    h.columns = whole(0x0028, 0x0011, 0);
    h.frames = whole(0x0028, 0x0008, 1);
    const int stored = whole(0x0028, 0x0101, -1), allocated = whole(0x0028, 0x0100, -1), samples = whole(0x0028, 0x0002, 1);
    if (h.rows <= 0 || h.columns <= 0) h.trouble = "no image in it (no rows or columns)";
    else if (h.rows > 65535 || h.columns > 65535 || h.frames < 1 || h.frames > 100000) h.trouble = "an impossible image size";
    else if (stored <= 0 || allocated <= 0 || stored > allocated) h.trouble = fmt::format("{} bits stored of {} allocated: unreadable", stored, allocated);
    else if (samples != 1) h.trouble = "a colour image, not a measured one";
    const auto p = numbers_of(f, 0x0020, 0x0032), o = numbers_of(f, 0x0020, 0x0037), s = numbers_of(f, 0x0028, 0x0030);
    if (p.size() == 3 && o.size() == 6 && s.size() >= 2 && s[0] > 0 && s[1] > 0) {
      h.position = Vec3(p[0], p[1], p[2]);
      h.row = Vec3(o[0], o[1], o[2]);
      h.column = Vec3(o[3], o[4], o[5]);
      h.dy = s[0];
      h.dx = s[1];
      h.has_geometry = std::abs(h.row.norm() - 1) < 1e-3 && std::abs(h.column.norm() - 1) < 1e-3 && std::abs(h.row.dot(h.column)) < 1e-3;
    }
    return true;
  } catch (...) {
    return false;
  }
}

void judge(DicomSeries& s, const std::vector<Header>& headers) {
  SeriesInfo& info = s.info;
  const Header& first = headers.front();
  info.size = {first.columns, first.rows, int(headers.size())};
  for (const Header& h : headers)
    if (!h.trouble.empty()) {
      info.verdict = h.trouble + ": cannot be read";
      return;
    }
  if (headers.size() == 1) {
    s.frames = first.frames;
    info.size[2] = first.frames;
    info.usable = first.frames > 1 && first.has_geometry;
    info.verdict = first.frames > 1 ? fmt::format("one file with {} frames: {}", first.frames, info.usable ? "usable as a volume" : "its position in the patient is missing")
                                    : "a single 2D image: not a volume";
    info.spacing = Vec3(first.dx, first.dy, 0);
    return;
  }
  for (const Header& h : headers) {
    if (!h.has_geometry) {
      info.verdict = "a slice has no position in the patient: not a volume";
      return;
    }
    if (h.rows != first.rows || h.columns != first.columns || std::abs(h.dx - first.dx) > 1e-4 || std::abs(h.dy - first.dy) > 1e-4) {
      info.verdict = "slices of different size are mixed (a localiser?): not a volume";
      return;
    }
    if (h.frames != 1) {
      info.verdict = "several multi-frame files: not read as one volume";
      return;
    }
    if ((h.row - first.row).norm() > 1e-3 || (h.column - first.column).norm() > 1e-3) {
      info.verdict = "slices with different orientation are mixed: not a volume";
      return;
    }
  }
  const Vec3 normal = first.row.cross(first.column).normalized();
  for (DicomSlice& slice : s.slices) slice.along = slice.position.dot(normal);
  std::stable_sort(s.slices.begin(), s.slices.end(), [](const DicomSlice& a, const DicomSlice& b) {
    return a.along != b.along ? a.along < b.along : a.path.string() < b.path.string();
  });
  std::vector<double> steps;
  std::size_t same = 0;
  for (std::size_t i = 1; i < s.slices.size(); ++i) {
    steps.push_back(s.slices[i].along - s.slices[i - 1].along);
    if (steps.back() < 1e-3) ++same;
  }
  if (same == steps.size()) {
    info.verdict = fmt::format("{} images at one position: a cine or repeated slice, not a volume", s.slices.size());
    return;
  }
  if (same > 0) {
    info.verdict = fmt::format("{} slices share a position with another (phases or duplicates): not one volume", same);
    return;
  }
  std::vector<double> sorted = steps;
  std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() / 2), sorted.end());
  const double step = sorted[sorted.size() / 2];
  info.spacing = Vec3(first.dx, first.dy, step);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (std::abs(steps[i] - step) > 0.01 * step + 0.01) {
      const double ratio = steps[i] / step;
      const bool gap = ratio > 1.5 && std::abs(ratio - std::round(ratio)) < 0.1;
      info.verdict = fmt::format("step {:.3g} mm after slice {}{}: {}", steps[i], i + 1, gap ? "" : fmt::format(" where the others are {:.3g} mm", step),
                                 gap ? (ratio > 2.5 ? "slices are missing" : "a slice is missing") : "uneven spacing");
      return;
    }
  const Vec3 travel = s.slices.back().position - s.slices.front().position;
  const double lean = (travel - normal * travel.dot(normal)).norm() / std::abs(travel.dot(normal));
  if (lean > 0.005) {
    info.verdict = fmt::format("the slices are shifted sideways (gantry tilt of {:.1f} degrees): not read as a straight volume", std::atan(lean) * 57.29577951308232);
    return;
  }
  s.grid.size = {first.columns, first.rows, int(s.slices.size())};
  s.grid.spacing = Vec3(first.dx, first.dy, travel.dot(normal) / double(s.slices.size() - 1));
  s.grid.origin = s.slices.front().position;
  s.grid.direction.col(0) = first.row;
  s.grid.direction.col(1) = first.column;
  s.grid.direction.col(2) = normal;
  info.spacing = s.grid.spacing;
  info.usable = true;
  info.verdict = fmt::format("{} slices, {:.3g} mm apart: usable as a volume", s.slices.size(), s.grid.spacing.z());
}

core::Result<std::vector<fs::path>> files_below(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  std::vector<fs::path> files;
  if (fs::is_regular_file(path, ec)) return std::vector<fs::path>{path};
  fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, ec), end;  // does not follow links to folders
  if (ec) return core::bad_input(fmt::format("{} cannot be opened ({}). Check the folder and its permissions.", path.string(), ec.message()));
  for (; it != end; it.increment(ec)) {
    if (progress.cancelled()) return core::cancelled();
    if (ec) break;
    std::error_code ignored;
    if (it->is_regular_file(ignored)) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

core::Result<std::vector<DicomSeries>> scan_dicom(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return core::bad_input(fmt::format("{} does not exist (nothing to read). Check the path.", path.string()));
  if (fs::is_directory(path, ec) && ::access(path.c_str(), R_OK | X_OK) != 0)
    return core::bad_input(fmt::format("{} may not be read (permission denied). Change its permissions.", path.string()));
  const auto files = files_below(path, progress);
  if (!files) return core::pass(files);
  std::map<std::string, std::pair<DicomSeries, std::vector<Header>>> found;
  std::size_t done = 0;
  for (const fs::path& file : *files) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(done++) / double(files->size()), "reading DICOM headers");
    if (::access(file.c_str(), R_OK) != 0 || !looks_like_dicom(file)) continue;
    Header h;
    if (!read_header(file, h)) continue;
    auto& [series, headers] = found[h.series_uid];
    DicomSlice slice;
    slice.path = file;
    slice.position = h.position;
    slice.row = h.row;
    slice.column = h.column;
    series.slices.push_back(slice);
    series.info.uid = h.series_uid;
    series.info.modality = h.modality;
    series.info.description = h.description;
    series.info.files = int(series.slices.size());
    headers.push_back(h);
  }
  if (found.empty())
    return core::bad_input(fmt::format("no images in {} ({} files looked at, none is a DICOM image). Name the folder that holds the scan.", path.string(), files->size()));
  std::vector<DicomSeries> out;
  for (auto& [uid, entry] : found) {
    judge(entry.first, entry.second);
    out.push_back(std::move(entry.first));
  }
  return out;
}

core::Result<std::vector<SeriesInfo>> list_series(const fs::path& path, const core::Progress& progress) {
  const auto all = scan_dicom(path, progress);
  if (!all) return core::pass(all);
  std::vector<SeriesInfo> out;
  for (const DicomSeries& s : *all) out.push_back(s.info);
  return out;
}

}  // namespace ot::imaging
