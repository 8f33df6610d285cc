// SPDX-License-Identifier: GPL-3.0-or-later
// Series to readings: which frames belong together, which of the results a clinician most likely wants.
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "imaging/io/dicom.hpp"
#include "imaging/io/dicom_stack.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;

const DicomFrame& frame_of(const DicomScan& scan, const PlacedFrame& f) { return scan.files[std::size_t(f.file)].frames[std::size_t(f.frame)]; }
const DicomFile& file_of(const DicomScan& scan, const PlacedFrame& f) { return scan.files[std::size_t(f.file)]; }

// Same raster: size, pixel spacing, orientation, localiser or not. (Frame of reference UIDs count only across series: some anonymisers
// give every file of one series its own.)
bool same_raster(const DicomScan& scan, const PlacedFrame& a, const PlacedFrame& b) {
  const DicomFile &fa = file_of(scan, a), &fb = file_of(scan, b);
  const DicomFrame &pa = frame_of(scan, a), &pb = frame_of(scan, b);
  return fa.rows == fb.rows && fa.columns == fb.columns && fa.localiser == fb.localiser && std::abs(pa.dx - pb.dx) < 1e-4 &&
         std::abs(pa.dy - pb.dy) < 1e-4 && (pa.row - pb.row).norm() < 1e-3 && (pa.column - pb.column).norm() < 1e-3;
}

// Parts of a raster group: "when needed" means that positions repeat and no time tells the frames apart.
std::vector<std::vector<PlacedFrame>> split(const DicomScan& scan, const std::vector<PlacedFrame>& group, TimeSource& times, std::string& by) {
  using Key = std::function<std::string(const PlacedFrame&)>;
  const Key type = [&](const PlacedFrame& f) { return frame_of(scan, f).type; };
  const Key echo = [&](const PlacedFrame& f) { return fmt::format("{:.2f}", frame_of(scan, f).echo_ms); };
  const Key b_value = [&](const PlacedFrame& f) { return fmt::format("{:.0f}", frame_of(scan, f).b_value); };
  const Key acquisition = [&](const PlacedFrame& f) { return std::to_string(file_of(scan, f).acquisition); };
  const Key origin = [&](const PlacedFrame& f) { return file_of(scan, f).derived ? "derived" : "original"; };
  struct Way {
    const char* name;
    std::vector<Key> keys;
    bool clock;
    std::size_t most_parts;
  };
  const std::vector<Way> ways = {{"", {}, false, 1}, {"image type", {type}, false, 12}, {"echo time", {echo}, false, 12}, {"image type and echo time", {type, echo}, false, 24},
                                 {"b value", {b_value}, false, 24}, {"original and derived images", {origin}, false, 2}, {"acquisition", {acquisition}, false, 4},
                                 {"image type and acquisition", {type, acquisition}, false, 8}, {"", {}, true, 1}, {"image type", {type}, true, 12}, {"acquisition", {acquisition}, false, 400}};
  for (const Way& way : ways) {
    std::map<std::string, std::vector<PlacedFrame>> parts;
    for (const auto& f : group) {
      std::string key;
      for (const Key& k : way.keys) key += k(f) + "|";
      parts[key].push_back(f);
    }
    if (parts.size() > way.most_parts || (!way.keys.empty() && parts.size() < 2)) continue;
    bool clean = true;
    TimeSource found = TimeSource::none;
    for (auto& [key, frames] : parts) {
      const auto planes = planes_of(scan, frames);
      std::size_t fewest = planes.front().size(), most = fewest;
      for (const auto& p : planes) fewest = std::min(fewest, p.size()), most = std::max(most, p.size());
      if (most == 1) continue;
      const TimeSource source = time_source(scan, planes, way.clock);
      if (source == TimeSource::none || double(fewest) < 0.7 * double(most)) clean = false;
      found = source;
    }
    if (!clean) continue;
    times = found;
    by = way.keys.empty() ? "" : way.name;
    std::vector<std::vector<PlacedFrame>> out;
    for (auto& [key, frames] : parts) out.push_back(std::move(frames));
    return out;
  }
  times = TimeSource::none;
  return {group};
}

std::vector<std::string> warnings_of(const DicomScan& scan, const std::vector<int>& files) {
  std::set<std::string> out;
  for (int i : files) {
    const DicomFile& f = scan.files[std::size_t(i)];
    if (f.burned_in == 1) out.insert("The header says that text is burned into the pixels: it may name the patient. OrganTwin cannot remove it.");
    else if (f.screen_copy) out.insert("A screen copy (secondary capture): text may be burned into the pixels. Look before you share the case.");
    else if (f.modality == "US" || f.modality == "XA" || f.modality == "ES") out.insert("Images of this kind often carry burned-in text with the patient's name. Look before you share the case.");
    else if (f.derived && f.burned_in < 0) out.insert("A derived image (reformatted or processed): check that no text is burned into the pixels.");
    if (f.modality == "CT" && !f.rescaled && !f.localiser) out.insert("No rescale slope and intercept are stated: the values may not be Hounsfield units.");
    if (f.photometric == "MONOCHROME1") out.insert("Stored inverted (MONOCHROME1): high values are dark on the scanner's screen; numbers are kept as they are.");
    static const std::set<std::string> lossy = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"};
    if (lossy.count(f.transfer_syntax)) out.insert("Stored with lossy compression (" + transfer_syntax_name(f.transfer_syntax) + "): values are close to the measured ones, not equal.");
  }
  return {out.begin(), out.end()};
}

DicomReading refused(int series, ReadingKind kind, std::string key, std::string name, std::string verdict) {
  DicomReading r;
  r.series = series;
  r.kind = kind;
  r.key = std::move(key);
  r.name = std::move(name);
  r.verdict = std::move(verdict);
  return r;
}

void readings_of_series(DicomScan& scan, int index) {
  DicomSeries& series = scan.series[std::size_t(index)];
  std::vector<std::vector<PlacedFrame>> rasters;
  std::vector<DicomReading> found;
  int unplaced = 0, colour = 0, objects = 0, frames = 0, unplaced_file = -1;
  for (int i : series.files) {
    const DicomFile& file = scan.files[std::size_t(i)];
    for (int k = 0; k < int(file.frames.size()); ++k) {
      ++frames;
      if (file.samples != 1 || file.photometric == "PALETTE COLOR") ++colour;
      else if (file.bits_allocated == 1) ++objects;
      else if (!file.frames[std::size_t(k)].placed) ++unplaced, unplaced_file = i;
      else {
        const PlacedFrame f{i, k, 0};
        auto at = std::find_if(rasters.begin(), rasters.end(), [&](const auto& r) { return same_raster(scan, r.front(), f); });
        if (at == rasters.end()) rasters.push_back({f});
        else at->push_back(f);
      }
    }
  }
  std::stable_sort(rasters.begin(), rasters.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  const bool mixed = rasters.size() > 1;
  constexpr std::size_t most_rasters = 12;   // beyond that a list of readings helps nobody: a set of separate planes
  std::size_t shown = 0;
  for (const auto& raster : rasters) {
    const bool localiser = file_of(scan, raster.front()).localiser;
    if (localiser) {
      found.push_back(refused(index, ReadingKind::localiser, "localiser", fmt::format("Localiser, {} image{}", raster.size(), raster.size() == 1 ? "" : "s"),
                              "a localiser (overview planes for planning the scan): not for modelling"));
      continue;
    }
    if (++shown > most_rasters) continue;
    TimeSource times = TimeSource::none;
    std::string by;
    const auto parts = split(scan, raster, times, by);
    for (const auto& part : parts) {
      auto planes = planes_of(scan, part);
      for (DicomReading& r : judge_planes(scan, std::move(planes), times)) {
        if (!by.empty()) r.notes.push_back(fmt::format("The series holds {} sets of images that differ by {}: each is a reading of its own.", parts.size(), by));
        if (mixed) {
          const std::size_t others = std::size_t(frames) - raster.size();
          r.notes.push_back(fmt::format("{} image{} of another orientation or size in the same series {} kept apart (a localiser?).", others, others == 1 ? "" : "s", others == 1 ? "was" : "were"));
        }
        found.push_back(std::move(r));
      }
    }
  }
  if (shown > most_rasters && rasters.front().size() == 1) {
    found.clear();
    found.push_back(refused(index, ReadingKind::planes, "planes", fmt::format("{} separate planes", rasters.size()), fmt::format("{} planes of different orientation: not one volume", rasters.size())));
  }
  if (colour) found.push_back(refused(index, ReadingKind::none, "colour", fmt::format("{} colour image{}", colour, colour == 1 ? "" : "s"), "a colour image, not a measured one: cannot be used as a scan"));
  if (objects) found.push_back(refused(index, ReadingKind::none, "segmentation", "Segmentation of another tool", "a segmentation, not an image: bring it in as labels"));
  if (unplaced) {
    const DicomFile& f = scan.files[std::size_t(unplaced_file)];
    found.push_back(refused(index, unplaced == 1 ? ReadingKind::image : ReadingKind::none, "unplaced", fmt::format("{} image{} without a position", unplaced, unplaced == 1 ? "" : "s"),
                            unplaced == 1 && frames == 1 ? "a single 2D image: not a volume (its position in the patient is not stated)"
                                                         : fmt::format("{} {} no usable position in the patient: not a volume", f.frame_count > 1 ? "its frames have" : "slices have", "")));
  }
  std::map<std::string, int> used;
  for (auto& r : found) {
    r.series = index;
    if (const int n = ++used[r.key]; n > 1) r.key += fmt::format("-{}", n);
    if (r.modality.empty()) r.modality = series.info.modality;
    scan.readings.push_back(std::move(r));
  }
}

// Planes that lie in series of their own (the usual short-axis stack of cine MR): parallel, same raster, same frame of reference.
void stacks_over_series(DicomScan& scan) {
  struct Member {
    int reading;
    PlacedFrame first;
  };
  std::vector<std::vector<Member>> groups;
  const int count = int(scan.readings.size());
  for (int i = 0; i < count; ++i) {
    const DicomReading& r = scan.readings[std::size_t(i)];
    if (r.planes.size() != 1 || (r.kind != ReadingKind::cine && r.kind != ReadingKind::image) || (r.kind == ReadingKind::cine && r.state == ReadingState::refused)) continue;
    // A single image keeps its frame in the series; cines keep theirs in the reading.
    PlacedFrame first;
    if (!r.planes[0].frames.empty()) first = {r.planes[0].frames[0].first, r.planes[0].frames[0].second, 0};
    else {
      bool hit = false;
      for (int f : scan.series[std::size_t(r.series)].files)
        for (int k = 0; k < int(scan.files[std::size_t(f)].frames.size()) && !hit; ++k)
          if (scan.files[std::size_t(f)].frames[std::size_t(k)].placed && scan.files[std::size_t(f)].frames[std::size_t(k)].position == r.planes[0].position) first = {f, k, 0}, hit = true;
      if (!hit) continue;
    }
    auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) {
      return scan.readings[std::size_t(g.front().reading)].kind == r.kind && file_of(scan, g.front().first).study_uid == file_of(scan, first).study_uid &&
             file_of(scan, g.front().first).frame_uid == file_of(scan, first).frame_uid && same_raster(scan, g.front().first, first) &&
             frame_of(scan, g.front().first).type == frame_of(scan, first).type;
    });
    if (at == groups.end()) groups.push_back({{i, first}});
    else at->push_back({i, first});
  }
  int number = 0;
  for (const auto& g : groups) {
    if (g.size() < 3) continue;
    std::vector<PlacedFrame> all;
    for (const Member& m : g) {
      const DicomReading& r = scan.readings[std::size_t(m.reading)];
      if (r.planes[0].frames.empty()) all.push_back(m.first);
      for (const auto& [file, frame] : r.planes[0].frames) all.push_back({file, frame, 0});
    }
    auto planes = planes_of(scan, all);
    if (planes.size() < 3 || planes.size() != g.size()) continue;   // two series at one place: not a stack
    const TimeSource times = time_source(scan, planes, false);
    const bool moving = planes.front().size() > 1;
    DicomReading r = judge_planes(scan, std::move(planes), times).front();
    r.series = -1;
    r.kind = moving ? ReadingKind::stack_phases : ReadingKind::stack;
    r.key = fmt::format("stack{}", ++number > 1 ? fmt::format("-{}", number) : "");
    r.name = fmt::format("{} of {} parallel planes{}", r.modality == "MR" && moving ? "Short-axis stack" : "Stack", g.size(), moving ? fmt::format(", {} phases", r.trigger_ms.size()) : "");
    r.notes.insert(r.notes.begin(), fmt::format("Put together from {} series of one study, in order of their position.", g.size()));
    if (r.state == ReadingState::good) r.state = ReadingState::caution;   // breath-holds differ from series to series
    r.notes.push_back("Each plane was taken in its own breath-hold: the heart may sit differently from plane to plane.");
    scan.readings.push_back(std::move(r));
  }
}

bool plain_volume(const DicomReading& r) { return r.state != ReadingState::refused && r.kind == ReadingKind::volume && r.interpolated == 0 && r.key.rfind("volume", 0) == 0; }

double worth(const DicomScan& scan, const DicomReading& r) {
  if (r.state == ReadingState::refused) return 0;
  double kind = 1;
  if (r.kind == ReadingKind::cine) kind = 0.02;
  if (r.kind == ReadingKind::stack || r.kind == ReadingKind::stack_phases) kind = 1.5;
  double derived = 1;
  for (const auto& p : r.planes)
    if (!p.frames.empty()) {
      if (scan.files[std::size_t(p.frames[0].first)].derived) derived = 0.5;
      break;
    }
  return double(r.grid.voxels()) * kind * derived * (r.state == ReadingState::good ? 1 : 0.6) * (r.trigger_ms.size() > 1 && r.kind != ReadingKind::cine ? (r.series < 0 && r.kind == ReadingKind::phases ? 0.5 : 1.5) : 1);   // many CT phases at once: offered, not preselected
}

}  // namespace

void find_readings(DicomScan& scan) {
  std::map<std::string, DicomSeries> by_uid;
  for (int i = 0; i < int(scan.files.size()); ++i) by_uid[scan.files[std::size_t(i)].study_uid + "|" + scan.files[std::size_t(i)].series_uid].files.push_back(i);
  for (auto& [uid, s] : by_uid) {
    const DicomFile& first = scan.files[std::size_t(s.files.front())];
    s.info.uid = first.series_uid;
    s.info.modality = first.modality;
    s.info.description = first.series_description;
    s.info.files = int(s.files.size());
    s.warnings = warnings_of(scan, s.files);
    scan.series.push_back(std::move(s));
  }
  std::stable_sort(scan.series.begin(), scan.series.end(), [&](const DicomSeries& a, const DicomSeries& b) {
    const int na = scan.files[std::size_t(a.files.front())].series_number, nb = scan.files[std::size_t(b.files.front())].series_number;
    return na != nb ? na < nb : a.info.uid < b.info.uid;
  });
  for (int s = 0; s < int(scan.series.size()); ++s) readings_of_series(scan, s);
  stacks_over_series(scan);
  find_phases_over_series(scan);
  DicomReading* best = nullptr;
  for (DicomReading& r : scan.readings) {
    if (worth(scan, r) > (best ? worth(scan, *best) : 0)) best = &r;
    if (r.series < 0) continue;
    SeriesInfo& info = scan.series[std::size_t(r.series)].info;
    const bool volume = plain_volume(r);
    if (info.verdict.empty() || (volume && !info.usable)) {
      info.verdict = r.verdict;
      info.usable = volume;
      info.size = r.grid.size;
      info.spacing = r.grid.spacing;
    }
  }
  if (best) best->recommended = true;
}

}  // namespace ot::imaging
