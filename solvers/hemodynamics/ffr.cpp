// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/ffr.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ot::hemo {
namespace {

constexpr double near_mm = 10, far_mm = 20;  // distal to the lesion, PMC7977999

double flow_in(const std::vector<PullbackPoint>& pullback, int branch) {
  for (const PullbackPoint& p : pullback)
    if (p.branch == branch) return p.flow_mm3_s;
  return 0;
}

}  // namespace

FfrMeaning ffr_meaning(double ffr) {
  if (ffr < ffr_grey_low) return FfrMeaning::reduced;
  return ffr <= ffr_break ? FfrMeaning::grey_zone : FfrMeaning::not_reduced;
}

std::string ffr_sentence(const FfrReading& r) {
  const char* meaning = ffr_meaning(r.value) == FfrMeaning::reduced     ? "below the grey zone: the lesion reduces the flow"
                        : ffr_meaning(r.value) == FfrMeaning::grey_zone ? "grey zone 0.76-0.80: decide with the clinical picture"
                                                                        : "above 0.80: not regarded as limiting the flow";
  return fmt::format("FFR {:.2f} (computed; limits of agreement with a measurement {:.2f}-{:.2f}): {}. Mean distal over mean aortic pressure at hyperaemia (microvascular resistance 0.24 of rest, Wilson 1990), {}.", r.value,
                     std::max(0.0, r.value - ffr_agreement), std::min(1.0, r.value + ffr_agreement), meaning, r.note);
}

double pressure_ratio(double pressure_Pa, double inlet_pressure_Pa, double aortic_pressure_Pa) { return 1 - (inlet_pressure_Pa - pressure_Pa) / aortic_pressure_Pa; }

double pressure_at(const std::vector<PullbackPoint>& pullback, int branch, double arc) {
  const PullbackPoint *before = nullptr, *after = nullptr;
  for (const PullbackPoint& p : pullback) {
    if (p.branch != branch || !std::isfinite(p.pressure_Pa)) continue;
    if (p.arc_mm <= arc && (!before || p.arc_mm > before->arc_mm)) before = &p;
    if (p.arc_mm >= arc && (!after || p.arc_mm < after->arc_mm)) after = &p;
  }
  if (!before && !after) return NAN;
  if (!before) return after->pressure_Pa;
  if (!after) return before->pressure_Pa;
  const double span = after->arc_mm - before->arc_mm;
  return span > 0 ? before->pressure_Pa + (after->pressure_Pa - before->pressure_Pa) * (arc - before->arc_mm) / span : before->pressure_Pa;
}

core::Result<FfrReading> read_ffr(const std::vector<PullbackPoint>& pullback, const core::VesselNetwork& network,
                                  const std::vector<core::Stenosis>& stenoses, double aortic_pressure_Pa) {
  if (pullback.empty() || network.branches.empty())
    return core::bad_input("There is no pull-back curve (FFR is read on it). Run the flow with a centreline network.");
  if (!(aortic_pressure_Pa > 0) || !std::isfinite(aortic_pressure_Pa))
    return core::bad_input(fmt::format("The aortic pressure is {} Pa (FFR is a ratio to it). Give the mean aortic pressure, for example 12400 Pa (93 mmHg).", aortic_pressure_Pa));
  const double inlet = pressure_at(pullback, 0, 0.0);
  const auto ratio = [&](double distal) { return pressure_ratio(distal, inlet, aortic_pressure_Pa); };
  FfrReading best;
  best.value = INFINITY;
  for (std::size_t s = 0; s < stenoses.size(); ++s) {
    int branch = stenoses[s].branch;
    if (branch < 0 || branch >= int(network.branches.size())) continue;
    double offset = 0;  // arc of the branch's beginning, counted from the lesion's branch
    double sum = 0, middle = 0;
    int count = 0, read_branch = branch;
    bool complete = true;
    const double end = stenoses[s].end_mm;
    for (double x = near_mm; x <= far_mm + 1e-9; x += 1.0) {
      double arc = end + x - offset;
      while (arc > network.branches[std::size_t(branch)].length() && !network.branches[std::size_t(branch)].children.empty()) {
        const auto& v = network.branches[std::size_t(branch)];
        offset += v.length();
        arc -= v.length();
        branch = *std::max_element(v.children.begin(), v.children.end(),
                                   [&](int a, int b) { return flow_in(pullback, a) < flow_in(pullback, b); });
      }
      const double length = network.branches[std::size_t(branch)].length();
      if (arc > length) {
        complete = false;
        if (count > 0) break;
        arc = length;  // the vessel ends before 10 mm: its last point
      }
      sum += pressure_at(pullback, branch, arc);
      middle += arc;
      ++count;
      read_branch = branch;
      if (!complete) break;
    }
    const double value = ratio(sum / count);
    if (!(value < best.value)) continue;
    best.value = value;
    best.branch = read_branch;
    best.arc_mm = read_branch == stenoses[s].branch ? middle / count : std::min(network.branches[std::size_t(read_branch)].length(), middle / count);
    best.lesion = int(s);
    best.note = complete ? "read 10-20 mm distal to the lesion" : "the vessel ends less than 20 mm distal to the lesion: read at its end";
  }
  if (best.lesion < 0) {
    for (const PullbackPoint& p : pullback) {
      if (!std::isfinite(p.pressure_Pa) || !network.branches[std::size_t(p.branch)].children.empty()) continue;
      const double length = network.branches[std::size_t(p.branch)].length();
      if (p.arc_mm < length - std::max(1e-9, 0.02 * length) || !(ratio(p.pressure_Pa) < best.value)) continue;
      best.value = ratio(p.pressure_Pa);
      best.branch = p.branch;
      best.arc_mm = p.arc_mm;
    }
    best.note = "no lesion was found: read at the distal end with the lowest pressure";
  }
  if (std::isfinite(best.value)) {
    const core::VesselBranch& v = network.branches[std::size_t(best.branch)];
    best.note += fmt::format(" ({}, {:.0f} mm from its beginning)", v.name.empty() ? fmt::format("branch {}", best.branch) : v.name, best.arc_mm);
  }
  if (!std::isfinite(best.value)) return core::computation_failed("FFR could not be read (the pull-back curve has no finite pressure there). Check that the centreline lies inside the mesh.");
  return best;
}

double ffr(const std::vector<PullbackPoint>& pullback, const core::VesselNetwork& network,
           const std::vector<core::Stenosis>& stenoses, double aortic_pressure_Pa) {
  const auto reading = read_ffr(pullback, network, stenoses, aortic_pressure_Pa);
  return reading ? reading->value : NAN;
}

}  // namespace ot::hemo
