// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/views.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "solvers/core/units.hpp"

namespace ot::present {

std::vector<core::Vec3> wall_nodes(const core::TetMesh& mesh) {
  std::vector<std::uint8_t> on_wall(mesh.nodes.size(), 0);
  for (const auto& face : mesh.boundary)
    for (const auto node : face.nodes) on_wall[std::size_t(node)] = 1;
  std::vector<core::Vec3> nodes;
  for (std::size_t n = 0; n < on_wall.size(); ++n)
    if (on_wall[n]) nodes.push_back(mesh.nodes[n]);
  return nodes;
}

std::vector<core::Vec3> lesion_points(const twin::InterventionSpec& spec, const std::vector<core::Vec3>& wall) {
  const auto& drawn = spec.placement.points_mm;
  if (drawn.size() < 2) return drawn;
  const double spacing = spec.params.has("spacing_mm") ? spec.params.number("spacing_mm") : 4.0;
  const bool closed = spec.params.has("closed") && spec.params.flag("closed");
  std::vector<core::Vec3> points;
  const std::size_t spans = closed ? drawn.size() : drawn.size() - 1;
  for (std::size_t i = 0; i < spans; ++i) {
    const core::Vec3 a = drawn[i], b = drawn[(i + 1) % drawn.size()];
    const int parts = std::clamp(int(std::ceil((b - a).norm() / std::max(spacing, 0.5))), 1, 200);
    for (int k = 0; k < parts; ++k) {
      core::Vec3 x = a + (b - a) * (double(k) / parts);
      if (k > 0 && !wall.empty()) {
        double best = std::numeric_limits<double>::max();
        core::Vec3 nearest = x;
        for (const auto& n : wall)
          if (const double d = (n - x).squaredNorm(); d < best) {
            best = d;
            nearest = n;
          }
        x = nearest;
      }
      points.push_back(x);
    }
  }
  if (!closed) points.push_back(drawn.back());
  return points;
}

TissueClass class_of(const ep::TissueRegion& region) {
  if (!region.conducting) return TissueClass::scar;
  return region.key.find("border") != std::string::npos ? TissueClass::border : TissueClass::healthy;
}

std::vector<float> tissue_classes(const ep::ElectroProblem& problem) {
  std::vector<float> classes(problem.mesh ? problem.mesh->nodes.size() : 0, 0.5f);
  if (!problem.mesh) return classes;
  for (std::size_t t = 0; t < problem.mesh->tets.size() && t < problem.tissue.size(); ++t) {
    const std::size_t region = problem.tissue[t];
    if (region >= problem.regions.size()) continue;
    const float value = 0.5f + float(class_of(problem.regions[region]));
    for (const auto node : problem.mesh->tets[t]) classes[std::size_t(node)] = std::max(classes[std::size_t(node)], value);
  }
  return classes;
}

double band_step(double range, int bands) {
  if (!(range > 0) || !std::isfinite(range)) return 1;
  const double wanted = range / bands, power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double m : {1.0, 2.0, 5.0, 10.0})
    if (m * power >= wanted * 0.75) return m * power;
  return 10 * power;
}

const twin::VesselResult* find_vessel_result(const twin::RunResult& result, const std::string& key) {
  for (const auto& vessel : result.vessels)
    if (vessel.key == key && vessel.flow) return &vessel;
  return nullptr;
}

namespace {

// FFR when the vessel reports it, else mmHg.
double shown_pressure(const twin::VesselModel& model, double pa) {
  const bool ffr = model.report_ffr && model.aortic_pressure_Pa > 0;
  return ffr ? pa / model.aortic_pressure_Pa : core::units::mmhg_from_pa(pa);
}

// Section means of one branch, interpolated; NaN when the branch has none.
double pressure_at(const std::vector<hemo::PullbackPoint>& points, int branch, double arc) {
  const hemo::PullbackPoint *before = nullptr, *after = nullptr;
  for (const auto& p : points) {
    if (p.branch != branch) continue;
    if (p.arc_mm <= arc && (!before || p.arc_mm > before->arc_mm)) before = &p;
    if (p.arc_mm >= arc && (!after || p.arc_mm < after->arc_mm)) after = &p;
  }
  if (!before && !after) return std::numeric_limits<double>::quiet_NaN();
  if (!before || !after || after->arc_mm - before->arc_mm < 1e-9) return (before ? before : after)->pressure_Pa;
  const double s = (arc - before->arc_mm) / (after->arc_mm - before->arc_mm);
  return before->pressure_Pa + s * (after->pressure_Pa - before->pressure_Pa);
}

}  // namespace

VesselPaint paint_vessel(const twin::VesselModel& model, const twin::VesselResult& result) {
  VesselPaint paint;
  paint.ffr = model.report_ffr && model.aortic_pressure_Pa > 0;
  const hemo::FlowResult& flow = *result.flow;
  if (result.mesh && flow.pressure.size() == result.mesh->nodes.size()) {
    paint.on_mesh = true;
    paint.values.reserve(flow.pressure.size());
    for (const float p : flow.pressure) paint.values.push_back(float(shown_pressure(model, double(p))));
  } else if (result.lumen && result.network) {
    paint.values.reserve(result.lumen->points.size());
    for (const auto& x : result.lumen->points) {
      int branch = 0;
      double arc = 0, distance = 0;
      const bool found = result.network->locate(x, branch, arc, distance);
      paint.values.push_back(found ? float(shown_pressure(model, pressure_at(flow.pullback, branch, arc)))
                                   : std::numeric_limits<float>::quiet_NaN());
    }
  }
  float lo = std::numeric_limits<float>::max(), hi = std::numeric_limits<float>::lowest();
  for (const float v : paint.values)
    if (std::isfinite(v)) {
      lo = std::min(lo, v);
      hi = std::max(hi, v);
    }
  paint.lo = lo <= hi ? double(lo) : 0;
  paint.hi = lo <= hi ? double(hi) : 1;
  return paint;
}

Pullback pullback(const twin::VesselModel& model, const twin::VesselResult& result) {
  Pullback way;
  const auto network = result.network ? result.network : model.network;
  if (!network || network->branches.empty() || !result.flow) return way;
  // Longest distance from the root, by walking parents of every terminal branch.
  int last = 0;
  double longest = -1;
  for (std::size_t b = 0; b < network->branches.size(); ++b) {
    if (!network->branches[b].children.empty()) continue;
    double length = 0;
    for (int at = int(b), guard = 0; at >= 0 && guard < 1000; at = network->branches[std::size_t(at)].parent, ++guard)
      length += network->branches[std::size_t(at)].length();
    if (length > longest) {
      longest = length;
      last = int(b);
    }
  }
  for (int at = last, guard = 0; at >= 0 && guard < 1000; at = network->branches[std::size_t(at)].parent, ++guard) way.branches.push_back(at);
  std::reverse(way.branches.begin(), way.branches.end());
  double start = 0;
  for (const int branch : way.branches) {
    way.branch_start_mm.push_back(start);
    std::vector<hemo::PullbackPoint> here;
    for (const auto& p : result.flow->pullback)
      if (p.branch == branch) here.push_back(p);
    std::sort(here.begin(), here.end(), [](const auto& a, const auto& b) { return a.arc_mm < b.arc_mm; });
    for (const auto& p : here) {
      way.arc_mm.push_back(start + p.arc_mm);
      way.value.push_back(shown_pressure(model, p.pressure_Pa));
    }
    start += network->branches[std::size_t(branch)].length();
  }
  return way;
}

std::string ecg_line(const twin::RunResult& result, double cycle_length_ms) {
  const auto value = [&](const char* key) {
    for (const auto& q : result.quantities)
      if (q.key == key) return q.value;
    return std::numeric_limits<double>::quiet_NaN();
  };
  std::string line;
  if (cycle_length_ms > 0) line += fmt::format("rate {:.0f}/min", 60000.0 / cycle_length_ms);
  const double qrs = value("qrs_ms"), qt = value("qt_ms"), qtc = value("qtc_fridericia_ms"), axis = value("axis_deg");
  if (std::isfinite(qrs)) line += fmt::format("   QRS {:.0f} ms", qrs);
  if (std::isfinite(qt) && std::isfinite(qtc)) line += fmt::format("   QT/QTcF {:.0f}/{:.0f} ms", qt, qtc);
  else if (std::isfinite(qt)) line += fmt::format("   QT {:.0f} ms", qt);
  if (std::isfinite(axis)) line += fmt::format("   axis {:.0f}°", axis);
  return line;
}

int image_around(const session::CaseData& data, const std::vector<core::Vec3>& points) {
  int best = -1;
  double best_share = -1, best_voxel = 0;
  const std::size_t stride = std::max<std::size_t>(1, points.size() / 500);
  for (std::size_t i = 0; i < data.images.size(); ++i) {
    if (!data.images[i].volume) continue;
    const auto& grid = data.images[i].volume->grid;
    std::size_t inside = 0, all = 0;
    for (std::size_t p = 0; p < points.size(); p += stride) {
      const core::Vec3 at = grid.to_index(points[p]);
      inside += grid.contains(int(std::lround(at[0])), int(std::lround(at[1])), int(std::lround(at[2])));
      ++all;
    }
    const double share = all ? double(inside) / double(all) : 0;
    if (share > best_share + 0.05 || (share > best_share - 0.05 && grid.voxel_volume() < best_voxel)) {
      best = int(i);
      best_share = share;
      best_voxel = grid.voxel_volume();
    }
  }
  return best;
}

}  // namespace ot::present
