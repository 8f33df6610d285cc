// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/dicom_stack.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace ot::imaging {
namespace {

using core::Vec3;

// Frames closer than this are at one place: far below any slice spacing, above the rounding of decimal strings.
constexpr double same_place_mm = 0.01;
// Steps may differ by 1 % and 0.01 mm before they count as uneven (decimal strings of scanners differ by that much).
constexpr double step_share = 0.01, step_mm = 0.01;
// Planes that lie sideways by less than a twentieth of a pixel are left where they are: moving them would only blur.
constexpr double still_px = 0.05;
// A missing slice is filled by its neighbours only when the gap is short against anatomy and there are few of them.
constexpr double most_gap_mm = 5.0, most_filled_share = 0.05;

const DicomFrame& frame_of(const DicomScan& scan, const PlacedFrame& f) { return scan.files[std::size_t(f.file)].frames[std::size_t(f.frame)]; }
const DicomFile& file_of(const DicomScan& scan, const PlacedFrame& f) { return scan.files[std::size_t(f.file)]; }

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

double time_of(const DicomScan& scan, const PlacedFrame& f, TimeSource source) {
  const DicomFrame& d = frame_of(scan, f);
  switch (source) {
    case TimeSource::trigger: return d.trigger_ms;
    case TimeSource::percent: return d.percent;
    case TimeSource::temporal: return d.temporal;
    case TimeSource::clock: return d.clock_s < 0 ? -1 : d.clock_s * 1000;
    case TimeSource::none: break;
  }
  return -1;
}

std::string mm(double v) { return fmt::format("{:.4g} mm", v); }

struct Beat {
  std::vector<double> time;       // ms, sorted as the frames
  std::vector<double> fraction;   // of the beat
  double length = 0;
};

Beat beat_of(const DicomScan& scan, FramesAtPlane& frames, TimeSource source) {
  std::stable_sort(frames.begin(), frames.end(), [&](const PlacedFrame& a, const PlacedFrame& b) { return time_of(scan, a, source) < time_of(scan, b, source); });
  Beat beat;
  const double n = double(frames.size());
  double stated = frame_of(scan, frames.front()).beat_ms;
  const double step = file_of(scan, frames.front()).temporal_step_ms;
  for (const PlacedFrame& f : frames) {
    double t = time_of(scan, f, source);
    if (source == TimeSource::percent) t *= (stated > 0 ? stated : 1000) / 100;
    if (source == TimeSource::temporal) t = (t - time_of(scan, frames.front(), source)) * (step > 0 ? step : (stated > 0 ? stated : 1000) / n);
    if (source == TimeSource::clock) t -= time_of(scan, frames.front(), source);
    beat.time.push_back(t);
  }
  const double span = beat.time.back() - beat.time.front();
  // Without a stated beat: the last interval is as long as the mean of the others.
  if (!(stated > span)) stated = frames.size() > 1 ? span * n / (n - 1) : 1000;
  beat.length = source == TimeSource::percent && frame_of(scan, frames.front()).beat_ms <= 0 ? 1000 : stated;
  for (double t : beat.time) beat.fraction.push_back(t / beat.length);
  return beat;
}

// Which frame each plane shows in each phase: nearest in the normalised beat, since beats differ from plane to plane.
void set_phases(const DicomScan& scan, std::vector<FramesAtPlane>& planes, TimeSource source, DicomReading& r) {
  std::vector<Beat> beats;
  for (auto& p : planes) beats.push_back(beat_of(scan, p, source));
  std::size_t fewest = planes.front().size(), most = fewest;
  for (const auto& p : planes) fewest = std::min(fewest, p.size()), most = std::max(most, p.size());
  std::vector<double> lengths;
  for (const auto& b : beats) lengths.push_back(b.length);
  const double length = median(lengths);
  std::vector<double> target(fewest);
  for (std::size_t i = 0; i < fewest; ++i) {
    std::vector<double> here;
    for (std::size_t k = 0; k < planes.size(); ++k)
      if (planes[k].size() == fewest) here.push_back(beats[k].fraction[i]);
    target[i] = median(here);
    r.trigger_ms.push_back(target[i] * length);
  }
  double worst = 0;
  for (std::size_t k = 0; k < planes.size(); ++k)
    for (double t : target) {
      std::size_t best = 0;
      double least = 1e9;
      for (std::size_t i = 0; i < planes[k].size(); ++i) {
        double d = std::abs(beats[k].fraction[i] - t);
        if (source != TimeSource::clock) d = std::min(d, std::abs(1 - d));   // the beat is a circle
        if (d < least - 1e-12) least = d, best = i;
      }
      worst = std::max(worst, least);
      r.planes[k].frames.push_back({planes[k][best].file, planes[k][best].frame});
    }
  if (planes.size() > 1) {
    const auto [lo, hi] = std::minmax_element(lengths.begin(), lengths.end());
    if (*hi - *lo > 1 && source != TimeSource::clock)
      r.notes.push_back(fmt::format("Beats differ from plane to plane ({:.0f} to {:.0f} ms): phases are matched by their share of the beat, at most {:.1f} % apart; times are those of a beat of {:.0f} ms.",
                                    *lo, *hi, 100 * worst, length));
    if (fewest != most) {
      r.notes.push_back(fmt::format("Planes have {} to {} phases: the nearest in time is shown, {:.1f} % of the beat away at most.", fewest, most, 100 * worst));
      r.state = ReadingState::caution;
    }
  }
  if (source == TimeSource::percent && frame_of(scan, planes.front().front()).beat_ms <= 0)
    r.notes.push_back("The file states phases as per cent of the beat and no heart rate: times assume 60 beats a minute.");
  if (source == TimeSource::temporal && file_of(scan, planes.front().front()).temporal_step_ms <= 0 && frame_of(scan, planes.front().front()).beat_ms <= 0)
    r.notes.push_back("The file numbers its phases without times: one beat of 1000 ms is assumed.");
  if (source == TimeSource::clock) r.notes.push_back("Phases are ordered by acquisition time; they are not parts of one heart beat.");
}

// Sideways position of every plane in pixels against a straight stack through the first one.
void set_shifts(const DicomScan& scan, const std::vector<FramesAtPlane>& planes, DicomReading& r) {
  const DicomFrame& first = frame_of(scan, planes.front().front());
  double worst = 0;
  for (auto& p : r.planes) {
    const Vec3 d = p.position - first.position;
    p.shift = {d.dot(first.row) / first.dx, d.dot(first.column) / first.dy};
    worst = std::max({worst, std::abs(p.shift[0]), std::abs(p.shift[1])});
  }
  if (worst < still_px) {
    for (auto& p : r.planes) p.shift = {0, 0};
    return;
  }
  r.resampled = true;
  const double run = r.planes.back().along - r.planes.front().along;
  const Vec3 lateral = (r.planes.back().position - first.position) - first.row.cross(first.column).normalized() * run;
  double uneven = 0;
  for (const auto& p : r.planes) {
    const double share = (p.along - r.planes.front().along) / run;
    uneven = std::max({uneven, std::abs(p.shift[0] - share * r.planes.back().shift[0]), std::abs(p.shift[1] - share * r.planes.back().shift[1])});
  }
  const double degrees = std::atan2(lateral.norm(), std::abs(run)) * 57.29577951308232;
  if (uneven < 0.5 && degrees > 0.3) {
    r.verdict += fmt::format("; gantry tilt of {:.1f} degrees, corrected by moving each slice back in its plane (resampled)", degrees);
  } else {
    r.verdict += fmt::format("; slices lie sideways by up to {}, each is moved back in its plane (resampled)", mm(worst * std::max(first.dx, first.dy)));
  }
  r.state = ReadingState::caution;
  // The straight grid holds every moved plane: it starts at the least shift and ends at the largest.
  std::array<double, 2> low{0, 0}, high{0, 0};
  for (const auto& p : r.planes)
    for (std::size_t a = 0; a < 2; ++a) low[a] = std::min(low[a], p.shift[a]), high[a] = std::max(high[a], p.shift[a]);
  const std::array<double, 2> from{std::floor(low[0]), std::floor(low[1])};
  r.grid.origin += first.row * (from[0] * first.dx) + first.column * (from[1] * first.dy);
  for (std::size_t a = 0; a < 2; ++a) {
    r.grid.size[a] += int(std::ceil(high[a]) - from[a]);
    for (auto& p : r.planes) p.shift[a] -= from[a];
  }
}

void number_notes(const DicomScan& scan, const std::vector<FramesAtPlane>& planes, DicomReading& r) {
  if (planes.front().size() != 1 || planes.size() < 3) return;
  std::vector<int> numbers;
  int series = file_of(scan, planes.front().front()).series_number;
  for (const auto& p : planes) {
    if (file_of(scan, p.front()).frame_count != 1 || file_of(scan, p.front()).series_number != series) return;
    numbers.push_back(file_of(scan, p.front()).instance);
  }
  const auto [lo, hi] = std::minmax_element(numbers.begin(), numbers.end());
  if (*lo > 1 && *hi - *lo == int(numbers.size()) - 1)
    r.notes.push_back(fmt::format("Images are numbered {} to {}: {} before the first of them may be missing from this folder.", *lo, *hi,
                                  *lo == 2 ? "one image" : fmt::format("{} images", *lo - 1)));
}

DicomReading start(const DicomScan& scan, const std::vector<FramesAtPlane>& planes) {
  DicomReading r;
  const PlacedFrame& one = planes.front().front();
  const DicomFrame& f = frame_of(scan, one);
  const DicomFile& file = file_of(scan, one);
  r.modality = file.modality;
  r.grid.size = {file.columns, file.rows, int(planes.size())};
  r.grid.spacing = Vec3(f.dx, f.dy, file.thickness_mm > 0 ? file.thickness_mm : 1.0);
  r.grid.origin = f.position;
  r.grid.direction.col(0) = f.row;
  r.grid.direction.col(1) = f.column;
  r.grid.direction.col(2) = f.row.cross(f.column).normalized();
  for (const auto& p : planes) {
    DicomPlane plane;
    plane.position = frame_of(scan, p.front()).position;
    plane.along = p.front().along;
    r.planes.push_back(plane);
    r.files += p.size();
  }
  return r;
}

// One plane: a picture, or a cine of it.
DicomReading judge_single(const DicomScan& scan, std::vector<FramesAtPlane>& planes, TimeSource times) {
  DicomReading r = start(scan, planes);
  const std::size_t n = planes.front().size();
  if (n == 1) {
    r.key = "image";
    r.kind = ReadingKind::image;
    r.name = "Single image";
    r.verdict = "a single 2D image: not a volume";
    return r;
  }
  r.key = "cine";
  r.kind = ReadingKind::cine;
  r.name = fmt::format("Cine of one plane, {} phases", n);
  if (times == TimeSource::none) {
    r.verdict = fmt::format("{} images at one position without times: repeated slices, neither a volume nor a cine", n);
    return r;
  }
  r.state = ReadingState::good;
  r.verdict = fmt::format("{} images at one position: a cine of one plane, not a volume", n);
  set_phases(scan, planes, times, r);
  return r;
}

}  // namespace

std::vector<FramesAtPlane> planes_of(const DicomScan& scan, std::vector<PlacedFrame> frames) {
  const DicomFrame& first = frame_of(scan, frames.front());
  const Vec3 normal = first.row.cross(first.column).normalized();
  for (auto& f : frames) f.along = frame_of(scan, f).position.dot(normal);
  std::stable_sort(frames.begin(), frames.end(), [](const PlacedFrame& a, const PlacedFrame& b) { return a.along < b.along; });
  std::vector<FramesAtPlane> planes;
  for (const auto& f : frames) {
    if (planes.empty() || f.along - planes.back().front().along > same_place_mm) planes.emplace_back();
    planes.back().push_back(f);
  }
  return planes;
}

TimeSource time_source(const DicomScan& scan, const std::vector<FramesAtPlane>& planes, bool allow_clock) {
  for (const TimeSource s : {TimeSource::trigger, TimeSource::percent, TimeSource::temporal, TimeSource::clock}) {
    if (s == TimeSource::clock && !allow_clock) continue;
    bool apart = true;
    for (const auto& p : planes) {
      std::vector<double> t;
      for (const auto& f : p) t.push_back(time_of(scan, f, s));
      std::sort(t.begin(), t.end());
      if (t.front() < 0) apart = false;
      for (std::size_t i = 1; i < t.size() && apart; ++i) apart = t[i] - t[i - 1] > 1e-3;
      if (!apart) break;
    }
    if (apart) return s;
  }
  return TimeSource::none;
}

std::vector<DicomReading> judge_planes(const DicomScan& scan, std::vector<FramesAtPlane> planes, TimeSource times) {
  if (planes.size() == 1) return {judge_single(scan, planes, times)};
  DicomReading r = start(scan, planes);
  std::size_t fewest = planes.front().size(), most = fewest;
  for (const auto& p : planes) fewest = std::min(fewest, p.size()), most = std::max(most, p.size());
  const bool moving = most > 1;
  r.key = moving ? "phases" : "volume";
  r.kind = moving ? ReadingKind::phases : ReadingKind::volume;
  const std::size_t n = planes.size();
  r.name = moving ? fmt::format("Moving volume, {} slices, {} phases", n, fewest) : fmt::format("Volume, {} slices", n);
  if (moving && (times == TimeSource::none || double(fewest) < 0.7 * double(most))) {
    std::size_t shared = 0;
    for (const auto& p : planes) shared += p.size() > 1;
    r.verdict = fmt::format("{} of {} positions hold more than one image ({} at most) that no time, type, echo or acquisition tells apart (phases or duplicates): not one volume", shared, n, most);
    return {r};
  }
  std::vector<double> steps;
  for (std::size_t i = 1; i < n; ++i) steps.push_back(planes[i].front().along - planes[i - 1].front().along);
  const double step = median(steps);
  const auto even = [&](double s) { return std::abs(s - step) <= step_share * step + step_mm; };
  std::vector<int> missing(n, 0);   // slices missing after slice i
  bool uneven = false;
  int gone = 0;
  std::string where;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    if (even(steps[i])) continue;
    const double ratio = steps[i] / step;
    if (ratio > 1.5 && std::abs(ratio - std::round(ratio)) < 0.1) missing[i] = int(std::lround(ratio)) - 1, gone += missing[i];
    else uneven = true;
    if (where.empty()) where = fmt::format("step {} after slice {} where the others are {}", mm(steps[i]), i + 1, mm(step));
  }
  r.grid.spacing.z() = (planes.back().front().along - planes.front().front().along) / double(n - 1 + std::size_t(gone));
  const std::string count = fmt::format("{} slices, {} apart", n, mm(r.grid.spacing.z()));
  std::vector<DicomReading> all;
  if (uneven) {
    r.verdict = fmt::format("{} slices with uneven spacing ({}): not one volume", n, where);
    r.grid = core::Grid{{0, 0, 0}, Vec3(r.grid.spacing.x(), r.grid.spacing.y(), step), {0, 0, 0}, core::Mat3::Identity()};
    all.push_back(r);
    // The longest evenly spaced part is offered when it is at least half of the slices.
    std::size_t best_from = 0, best_to = 0;
    for (std::size_t from = 0; from + 1 < n;) {
      std::size_t to = from + 1;
      while (to + 1 < n && std::abs(steps[to] - steps[from]) <= step_share * steps[from] + step_mm) ++to;
      if (to - from > best_to - best_from) best_from = from, best_to = to;
      from = to;
    }
    if (best_to - best_from + 1 >= std::max<std::size_t>(8, n / 2)) {
      auto part = judge_planes(scan, {planes.begin() + std::ptrdiff_t(best_from), planes.begin() + std::ptrdiff_t(best_to) + 1}, times).front();
      part.key = "even-part";
      part.name += " (part)";
      part.verdict = fmt::format("slices {} to {} of {}: the longest evenly spaced part ({}); the rest is left out", best_from + 1, best_to + 1, n, part.verdict);
      if (part.state == ReadingState::good) part.state = ReadingState::caution;
      all.push_back(part);
    }
    return all;
  }
  if (gone > 0) {
    const int longest = *std::max_element(missing.begin(), missing.end());
    int gaps = 0;
    for (int m : missing) gaps += m > 0;
    const std::string what = gone == 1 ? "a slice is missing" : fmt::format("{} slices are missing in {} place{}", gone, gaps, gaps == 1 ? "" : "s");
    const bool fill = longest == 1 && 2 * step <= most_gap_mm && gone <= std::max(1, int(most_filled_share * double(n)));
    if (!fill) {
      r.verdict = fmt::format("{}: {} ({}): not a volume, what lies in between is not known", where, what, longest > 1 ? "several in a row" : "too wide or too many to fill");
      r.grid.size = {0, 0, 0};
      return {r};
    }
    r.key += "-filled";
    r.name = fmt::format("{}, {} slices ({} filled){}", moving ? "Moving volume" : "Volume", int(n) + gone, gone, moving ? fmt::format(", {} phases", fewest) : "");
    r.verdict = fmt::format("{}: {}; filled with the mean of its neighbours, {} slices in all, {} of them not measured", where, what, int(n) + gone, gone);
    r.state = ReadingState::caution;
    r.interpolated = gone;
    std::vector<FramesAtPlane> whole;
    std::vector<DicomPlane> filled;
    for (std::size_t i = 0; i < n; ++i) {
      filled.push_back(r.planes[i]);
      if (missing[i] == 0) continue;
      DicomPlane between;
      between.position = (r.planes[i].position + r.planes[i + 1].position) / 2;
      between.along = (r.planes[i].along + r.planes[i + 1].along) / 2;
      filled.push_back(between);
      r.notes.push_back(fmt::format("Slice {} was not in the folder; it is interpolated from slices {} and {}.", filled.size(), filled.size() - 1, filled.size() + 1));
    }
    // Times go to the measured planes first, then the filled ones are put between them.
    if (moving) set_phases(scan, planes, times, r);
    else
      for (std::size_t i = 0; i < n; ++i) r.planes[i].frames = {{planes[i].front().file, planes[i].front().frame}};
    for (std::size_t i = 0, at = 0; i < n; ++i, ++at) {
      filled[at].frames = r.planes[i].frames;
      if (missing[i]) ++at;
    }
    r.planes = std::move(filled);
    r.grid.size[2] = int(r.planes.size());
  } else {
    r.state = ReadingState::good;
    r.verdict = fmt::format("{}: usable as a {}volume{}", count, moving ? "moving " : "", moving ? fmt::format(" with {} phases", fewest) : "");
    if (moving) set_phases(scan, planes, times, r);
    else
      for (std::size_t i = 0; i < n; ++i) r.planes[i].frames = {{planes[i].front().file, planes[i].front().frame}};
  }
  if (r.trigger_ms.empty()) r.trigger_ms = {0};
  set_shifts(scan, planes, r);
  number_notes(scan, planes, r);
  const double thick = file_of(scan, planes.front().front()).thickness_mm;
  if (thick > 0 && step > 1.5 * thick) {
    r.verdict += fmt::format("; slices are {} thick, {:.0f} % of the depth lies in the gaps between them", mm(thick), 100 * (1 - thick / step));
    r.state = ReadingState::caution;
  }
  all.push_back(std::move(r));
  return all;
}

}  // namespace ot::imaging
