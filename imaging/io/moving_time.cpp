// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "imaging/io/moving_image.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

constexpr double ms_from = 5;       // a beat has 10 to 40 phases of 20 to 100 ms, and no scan of 3D volumes takes less than 5 ms a volume: such a number is ms
constexpr double assumed_beat_ms = 1000;

// "ms" -> 1, "s" -> 1000; 0: not a unit of time.
double ms_per(std::string unit) {
  unit.erase(std::remove_if(unit.begin(), unit.end(), [](char c) { return c == '"' || c == ' ' || c == '\r'; }), unit.end());
  for (char& c : unit) c = char(std::tolower(static_cast<unsigned char>(c)));
  if (unit == "s" || unit == "sec" || unit == "second" || unit == "seconds") return 1000;
  if (unit == "ms" || unit == "msec" || unit == "millisecond" || unit == "milliseconds") return 1;
  if (unit == "us" || unit == "usec" || unit == "microsecond" || unit == "microseconds") return 1e-3;
  return 0;
}

TimeAxis even(std::size_t phases, double step_ms, double start_ms = 0) {
  TimeAxis out;
  for (std::size_t i = 0; i < phases; ++i) out.time_ms.push_back(start_ms + step_ms * double(i));
  return out;
}

TimeAxis not_stated(std::size_t phases) {
  TimeAxis out = even(phases, assumed_beat_ms / double(phases));
  out.stated = false;
  out.notes.push_back("The file does not state the time between its phases: they are spread over one second, as for 60 beats a minute.");
  return out;
}

// A step whose unit is not stated.
TimeAxis guessed(std::size_t phases, double step, const char* file_kind) {
  if (!(step > 0) || !std::isfinite(step) || step == 1.0) return not_stated(phases);
  const bool ms = step >= ms_from;
  TimeAxis out = even(phases, ms ? step : 1000 * step);
  out.stated = false;
  out.notes.push_back(fmt::format("{} states a step of {:g} between phases without a unit: taken for {}.", file_kind, step, ms ? "milliseconds" : "seconds"));
  return out;
}

template <class T>
T number(const std::string& h, std::size_t at, bool swap) {
  std::array<char, sizeof(T)> b;
  std::memcpy(b.data(), h.data() + at, sizeof(T));
  if (swap) std::reverse(b.begin(), b.end());
  return std::bit_cast<T>(b);
}

TimeAxis nifti_time(const fs::path& path, std::size_t phases) {
  const std::string h = nifti_header_bytes(path);
  if (h.size() < 348) return not_stated(phases);
  const bool swap = number<std::int32_t>(h, 0, false) != 348;
  const double step = number<float>(h, 92, swap), start = number<float>(h, 136, swap);   // pixdim[4], toffset
  const int unit = h[123] & 0x38;                                                        // NIFTI_UNITS_SEC 8, MSEC 16, USEC 24
  const double scale = unit == 8 ? 1000 : unit == 16 ? 1 : unit == 24 ? 1e-3 : 0;
  if (scale == 0) return guessed(phases, step, "NIfTI");
  if (!(step > 0) || !std::isfinite(step)) return not_stated(phases);
  // A float holds 7 digits: what was written as 0.042 s comes back as 42 ms.
  const auto tidy = [](double ms) { return std::round(ms * 1e4) / 1e4; };
  return even(phases, tidy(step * scale), std::isfinite(start) ? tidy(start * scale) : 0);
}

std::map<std::string, std::string> text_header(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::map<std::string, std::string> out;
  std::size_t read = 0;
  for (std::string line; read < (1 << 20) && std::getline(in, line);) {
    read += line.size() + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) break;
    if (line[0] == '#') continue;
    // NRRD "field: value" and "key:=value"; MetaImage "Key = value".
    const std::size_t pair = line.find(":="), colon = line.find(pair == std::string::npos ? ':' : '\0'), equal = line.find('=');
    std::size_t cut = pair, skip = 2;
    if (pair == std::string::npos) cut = colon != std::string::npos ? colon : equal, skip = 1;
    if (cut == std::string::npos) continue;
    std::string key = line.substr(0, cut), value = line.substr(cut + skip);
    while (!key.empty() && key.back() == ' ') key.pop_back();
    value.erase(0, value.find_first_not_of(' ') == std::string::npos ? value.size() : value.find_first_not_of(' '));
    for (char& c : key) c = char(std::tolower(static_cast<unsigned char>(c)));
    out[key] = value;
    if (key == "elementdatafile") break;
  }
  return out;
}

std::vector<std::string> words(std::string text) {
  // Vectors "(1,0,0)" and quoted words are one word each; a quoted word may be empty.
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    const char close = text[i] == '(' ? ')' : text[i] == '"' ? '"' : ' ';
    std::size_t end = text.find(close, i + 1);
    end = end == std::string::npos ? text.size() : end + (close != ' ');
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

std::vector<double> numbers(std::string text) {
  for (char& c : text)
    if (c == ',' || c == '(' || c == ')') c = ' ';
  std::istringstream in(text);
  std::vector<double> out;
  for (double x; in >> x;) out.push_back(x);
  return out;
}

std::string at(const std::map<std::string, std::string>& h, const std::string& key) {
  const auto found = h.find(key);
  return found == h.end() ? std::string() : found->second;
}

core::Result<TimeAxis> nrrd_time(const fs::path& path, const Promise& promise) {
  const auto h = text_header(path);
  if (at(h, "modality") == "DWMRI" || h.count("dwmri_b-value") || at(h, "multivolume.frameidentifyingdicomtagname") == "B-value")
    return core::bad_input(fmt::format("{} is diffusion weighted (its fourth axis is a gradient, not a time). Export one image.", path.string()));
  const auto kinds = words(at(h, "kinds")), labels = words(at(h, "labels")), units = words(at(h, "units"));
  int axis = 3;
  const bool list = kinds.size() == 4 && kinds[0] == "list";
  if (list) axis = 0;
  if (kinds.size() == 4 && !list && kinds[0] != "domain" && kinds[0] != "space" && kinds[0] != "???" && kinds[0] != "none")
    return core::bad_input(fmt::format("{} holds {} values per voxel (\"{}\": a colour or vector image). Export one number per voxel.", path.string(), promise.size[0], kinds[0]));
  const auto phases = std::size_t(promise.size[std::size_t(axis)]);
  const std::string n = fmt::format("axis {} ", axis);
  std::string unit = at(h, n + "index unit");
  if (unit.empty() && std::size_t(axis) < units.size()) unit = units[std::size_t(axis)];
  std::vector<double> given = numbers(at(h, n + "index values"));
  std::string label = std::size_t(axis) < labels.size() ? labels[std::size_t(axis)] : at(h, n + "label");
  if (given.empty() && h.count("multivolume.framelabels")) {
    given = numbers(at(h, "multivolume.framelabels"));
    unit = at(h, "multivolume.frameidentifyingdicomtagunits");
    label = "frame";
  }
  TimeAxis out;
  const bool rising = given.size() == phases && std::is_sorted(given.begin(), given.end(), [](double a, double b) { return a <= b; });   // no two equal
  if (rising) {
    bool counts = true;   // 0 1 2 ... says only the order
    for (std::size_t i = 0; i < given.size(); ++i) counts = counts && given[i] == double(i) + given[0];
    const double scale = ms_per(unit);
    if (scale > 0) {
      out.time_ms = given;
      for (double& t : out.time_ms) t *= scale;
    } else if (counts) {
      out = not_stated(phases);
    } else {
      const double step = (given.back() - given.front()) / double(phases - 1);
      out = guessed(phases, step, "NRRD");
      const double ms = step >= ms_from ? 1 : 1000;
      if (step != 1.0) for (std::size_t i = 0; i < phases; ++i) out.time_ms[i] = given[i] * ms;
    }
  } else {
    if (list && label.find("frame") == std::string::npos && label.find("time") == std::string::npos && label.find("phase") == std::string::npos && given.empty())
      return core::bad_input(fmt::format("{} holds {} values per voxel and does not call them frames (channels?). Export one number per voxel, or a sequence.", path.string(), phases));
    double step = 0;
    if (!list) {
      const auto spacings = words(at(h, "spacings")), directions = words(at(h, "space directions"));
      if (spacings.size() == 4) step = std::atof(spacings[3].c_str());
      if (!(step > 0) && directions.size() == 4)
        for (const double x : numbers(directions[3])) step = std::hypot(step, x);
      if (unit.empty() && words(at(h, "space units")).size() == 4) unit = words(at(h, "space units"))[3];
    }
    const double scale = ms_per(unit);
    out = scale > 0 && step > 0 && std::isfinite(step) ? even(phases, step * scale) : guessed(phases, step, "NRRD");
  }
  out.list_axis = list ? 0 : -1;
  return out;
}

}  // namespace

core::Result<TimeAxis> time_axis(const fs::path& path, const Promise& promise) {
  const auto phases = std::size_t(promise.size[3]);
  switch (promise.format) {
    case ImageFormat::nifti: return nifti_time(path, phases);
    case ImageFormat::nrrd: return nrrd_time(path, promise);
    case ImageFormat::meta: {
      const auto spacing = numbers(at(text_header(path), "elementspacing"));
      return guessed(phases, spacing.size() == 4 ? spacing[3] : 0, "MetaImage");
    }
    case ImageFormat::dicom: break;
  }
  return not_stated(phases);
}

core::Result<void> write_sequence(const std::vector<const core::Volume*>& phases, const std::vector<double>& time_ms, const fs::path& path, const core::Progress& progress) {
  const core::Grid& g = phases.front()->grid;
  const auto triple = [](const core::Vec3& v) { return fmt::format("({:.17g},{:.17g},{:.17g})", v[0], v[1], v[2]); };
  std::string times;
  for (const double t : time_ms) times += fmt::format("{}{:.10g}", times.empty() ? "" : " ", t);
  const std::string head = fmt::format(
      "NRRD0005\n# Written by OrganTwin\ntype: float\ndimension: 4\nspace: left-posterior-superior\nsizes: {} {} {} {}\nspace directions: none {} {} {}\nkinds: list domain domain domain\n"
      "labels: \"time\" \"\" \"\" \"\"\nunits: \"ms\" \"\" \"\" \"\"\nendian: little\nencoding: gzip\nspace origin: {}\nDataNodeClassName:=vtkMRMLScalarVolumeNode\n"
      "axis 0 index type:=numeric\naxis 0 index unit:=ms\naxis 0 index values:={}\n\n",
      phases.size(), g.size[0], g.size[1], g.size[2], triple(g.direction.col(0) * g.spacing[0]), triple(g.direction.col(1) * g.spacing[1]), triple(g.direction.col(2) * g.spacing[2]), triple(g.origin), times);
  static_assert(std::endian::native == std::endian::little, "the header says little endian");
  return core::write_file_with(path, [&](const fs::path& temporary) -> core::Result<void> {
    const auto failed = [&] { return core::bad_input(fmt::format("{} cannot be written (disk full or no permission). Free space or choose another folder.", path.string())); };
    {
      std::ofstream out(temporary, std::ios::binary);
      out.write(head.data(), std::streamsize(head.size()));
      if (!out) return failed();
    }
    gzFile packed = gzopen(temporary.c_str(), "ab6");   // the compressed data follow the header
    if (!packed) return failed();
    const std::size_t row = std::size_t(g.size[0]);
    std::vector<float> line(row * phases.size());
    bool whole = true;
    for (std::size_t from = 0; from < g.voxels() && whole; from += row) {
      if ((from / row) % 256 == 0) {
        if (progress.cancelled()) {
          gzclose(packed);
          return core::cancelled();
        }
        progress.report(double(from) / double(g.voxels()), "writing the phases");
      }
      for (std::size_t p = 0; p < phases.size(); ++p)
        for (std::size_t i = 0; i < row; ++i) line[i * phases.size() + p] = phases[p]->values[from + i];
      whole = gzwrite(packed, line.data(), unsigned(line.size() * sizeof(float))) > 0;
    }
    return gzclose(packed) == Z_OK && whole ? core::Result<void>() : failed();
  });
}

}  // namespace ot::imaging
