// SPDX-License-Identifier: GPL-3.0-or-later
// Gated CT as scanners export it: one series per phase of the beat, all with the same slices. Offered together as one moving volume.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "imaging/io/dicom.hpp"

namespace ot::imaging {
namespace {

// "CTA 0.6 BestDiast 74 %" -> 74; the header often states the phase nowhere else. Only a number before a per cent sign counts.
std::optional<double> percent_in(const std::string& text) {
  for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
    std::size_t end = at;
    while (end > 0 && text[end - 1] == ' ') --end;
    std::size_t from = end;
    while (from > 0 && (std::isdigit(static_cast<unsigned char>(text[from - 1])) || text[from - 1] == '.')) --from;
    if (from == end || end - from > 5) continue;
    double v = -1;
    std::from_chars(text.data() + from, text.data() + end, v);
    if (v >= 0 && v <= 100) return v;
  }
  return {};
}

struct Phase {
  const DicomReading* reading;
  double percent = -1, trigger_ms = -1, beat_ms = -1;
};

const DicomFile& first_file(const DicomScan& scan, const DicomReading& r) { return scan.files[std::size_t(r.planes.front().frames.front().first)]; }

bool same_slices(const DicomReading& a, const DicomReading& b) {
  if (a.grid.size != b.grid.size || !a.grid.same_as(b.grid)) return false;
  for (std::size_t k = 0; k < a.planes.size(); ++k)
    if ((a.planes[k].position - b.planes[k].position).norm() > 0.01) return false;
  return true;
}

}  // namespace

void find_phases_over_series(DicomScan& scan) {
  std::vector<std::vector<Phase>> groups;
  for (const DicomReading& r : scan.readings) {
    if (r.kind != ReadingKind::volume || r.state == ReadingState::refused || r.interpolated > 0 || r.resampled || r.series < 0) continue;
    const DicomFile& file = first_file(scan, r);
    const DicomFrame& frame = file.frames[std::size_t(r.planes.front().frames.front().second)];
    Phase p{&r, frame.percent, frame.trigger_ms, frame.beat_ms};
    if (p.percent < 0) p.percent = percent_in(file.series_description).value_or(-1);
    if (p.percent < 0 && p.trigger_ms < 0) continue;
    auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) {
      const DicomFile& other = first_file(scan, *g.front().reading);
      return other.study_uid == file.study_uid && other.frame_uid == file.frame_uid && (g.front().percent >= 0) == (p.percent >= 0) && same_slices(*g.front().reading, r);
    });
    if (at == groups.end()) groups.push_back({p});
    else at->push_back(p);
  }
  std::vector<DicomReading> found;
  for (auto& g : groups) {
    const bool by_percent = g.front().percent >= 0;
    const auto time = [&](const Phase& p) { return by_percent ? p.percent : p.trigger_ms; };
    std::stable_sort(g.begin(), g.end(), [&](const Phase& a, const Phase& b) { return time(a) < time(b); });
    const std::size_t all = g.size();
    g.erase(std::unique(g.begin(), g.end(), [&](const Phase& a, const Phase& b) { return std::abs(time(a) - time(b)) < 1e-6; }), g.end());
    if (g.size() < 2) continue;
    DicomReading r = *g.front().reading;
    r.key = fmt::format("phases{}", found.empty() ? "" : fmt::format("-{}", found.size() + 1));
    r.kind = ReadingKind::phases;
    r.series = -1;
    r.recommended = false;
    r.name = fmt::format("Moving volume, {} slices, {} phases", r.planes.size(), g.size());
    r.verdict = fmt::format("{} series with the same {} slices, {:.3g} mm apart: phases of one beat", g.size(), r.planes.size(), r.grid.spacing.z());
    r.notes = {by_percent ? "Phases are ordered by their per cent of the beat." : "Phases are ordered by their trigger times."};
    if (all > g.size()) r.notes.push_back(fmt::format("{} more series show a phase that is there already (another reconstruction): the first of each is taken.", all - g.size()));
    r.files = 0;
    r.trigger_ms.clear();
    for (auto& p : r.planes) p.frames.clear();
    const double beat = g.front().beat_ms > 0 ? g.front().beat_ms : 1000;
    if (by_percent && g.front().beat_ms <= 0) r.notes.push_back("No heart rate is stated: times assume 60 beats a minute.");
    for (const Phase& p : g) {
      r.trigger_ms.push_back(by_percent ? p.percent / 100 * beat : p.trigger_ms);
      r.files += p.reading->files;
      for (std::size_t k = 0; k < r.planes.size(); ++k) r.planes[k].frames.push_back(p.reading->planes[k].frames.front());
    }
    found.push_back(std::move(r));
  }
  for (auto& r : found) scan.readings.push_back(std::move(r));
}

}  // namespace ot::imaging
