// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/views.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "app/session/wall_stations.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/ffr.hpp"

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

// What a pressure of this result is shown as: FFR when the vessel reports it, else mmHg.
struct ShownPressure {
  double aortic = 0, inlet = 0;   // aortic 0: mmHg
  ShownPressure(const twin::VesselModel& model, const twin::VesselResult& result)
      : aortic(model.report_ffr ? model.aortic_pressure_Pa : 0), inlet(hemo::pressure_at(result.flow->pullback, 0, 0.0)) {}
  double operator()(double pa) const { return aortic > 0 ? hemo::pressure_ratio(pa, inlet, aortic) : core::units::mmhg_from_pa(pa); }
};

}  // namespace

LumenArcs lumen_arcs(const core::SurfaceMesh& lumen, const core::VesselNetwork& network) {
  LumenArcs arcs;
  arcs.branch.reserve(lumen.points.size());
  arcs.arc_mm.reserve(lumen.points.size());
  for (const auto& x : lumen.points) {
    int branch = 0;
    double arc = 0, distance = 0;
    const bool found = network.locate(x, branch, arc, distance);
    arcs.branch.push_back(found ? branch : -1);
    arcs.arc_mm.push_back(float(arc));
  }
  return arcs;
}

namespace {

// Section means of every branch, sorted, as the asked quantity.
class SectionMeans {
 public:
  template <class Value>
  SectionMeans(const std::vector<hemo::PullbackPoint>& points, std::size_t branches, const Value& value) : of_(branches) {
    for (std::size_t k = 0; k < points.size(); ++k)
      if (const auto& p = points[k]; p.branch >= 0 && std::size_t(p.branch) < branches)
        if (const double v = value(k); std::isfinite(v)) of_[std::size_t(p.branch)].push_back({p.arc_mm, v});
    for (auto& b : of_) std::sort(b.begin(), b.end());
  }
  double at(int branch, double arc) const {   // linear, constant beyond the ends; NaN when the branch has none
    if (branch < 0 || std::size_t(branch) >= of_.size() || of_[std::size_t(branch)].empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto& b = of_[std::size_t(branch)];
    const auto after = std::lower_bound(b.begin(), b.end(), std::pair{arc, std::numeric_limits<double>::lowest()});
    if (after == b.begin()) return b.front().second;
    if (after == b.end()) return b.back().second;
    const auto before = after - 1;
    const double span = after->first - before->first;
    return span < 1e-9 ? after->second : before->second + (arc - before->first) / span * (after->second - before->second);
  }

 private:
  std::vector<std::vector<std::pair<double, double>>> of_;
};

void set_range(VesselPaint& paint) {
  float lo = std::numeric_limits<float>::max(), hi = std::numeric_limits<float>::lowest();
  for (const float v : paint.values)
    if (std::isfinite(v)) {
      lo = std::min(lo, v);
      hi = std::max(hi, v);
    }
  paint.lo = lo <= hi ? double(lo) : 0;
  paint.hi = lo <= hi ? double(hi) : 1;
}

// Of one result, as the asked quantity.
SectionMeans section_means(const twin::VesselModel& model, const twin::VesselResult& result, bool shear, std::size_t branches) {
  const ShownPressure shown(model, result);
  const auto& points = result.flow->pullback;
  const std::vector<double> shears = shear ? session::station_shear(model, result) : std::vector<double>();
  return SectionMeans(points, branches, [&](std::size_t k) { return shear ? shears[k] : shown(points[k].pressure_Pa); });
}

}  // namespace

VesselPaint paint_difference(const twin::VesselModel& model, const twin::VesselResult& result, const twin::VesselResult& other, LumenQuantity quantity, const LumenArcs* arcs) {
  VesselPaint paint;
  const bool shear = quantity == LumenQuantity::wall_shear;
  paint.ffr = !shear && model.report_ffr && model.aortic_pressure_Pa > 0;
  if (!result.lumen || !result.network || !result.flow || !other.flow) return paint;
  paint.developed = shear && !session::has_computed_shear(result);
  const std::size_t branches = result.network->branches.size();
  const SectionMeans here = section_means(model, result, shear, branches), there = section_means(model, other, shear, branches);
  LumenArcs own;
  if (!arcs || arcs->branch.size() != result.lumen->points.size()) {
    own = lumen_arcs(*result.lumen, *result.network);
    arcs = &own;
  }
  paint.values.reserve(arcs->branch.size());
  for (std::size_t n = 0; n < arcs->branch.size(); ++n) {
    const double arc = double(arcs->arc_mm[n]);
    paint.values.push_back(float(here.at(arcs->branch[n], arc) - there.at(arcs->branch[n], arc)));
  }
  set_range(paint);
  return paint;
}

bool has_wall_indices(const twin::VesselResult& result) {
  return result.mesh && result.flow && !result.flow->tawss.empty() && result.flow->tawss.size() == result.mesh->nodes.size() && result.flow->osi.size() == result.flow->tawss.size() && result.flow->rrt.size() == result.flow->tawss.size();
}

VesselPaint paint_vessel(const twin::VesselModel& model, const twin::VesselResult& result, LumenQuantity quantity, const LumenArcs* arcs) {
  VesselPaint paint;
  const bool shear = quantity == LumenQuantity::wall_shear;
  paint.ffr = quantity == LumenQuantity::pressure && model.report_ffr && model.aortic_pressure_Pa > 0;
  const hemo::FlowResult& flow = *result.flow;
  const std::size_t nodes = result.mesh ? result.mesh->nodes.size() : 0;
  paint.beat_mean = !flow.series.empty();
  if (quantity == LumenQuantity::osi || quantity == LumenQuantity::rrt || (shear && paint.beat_mean && has_wall_indices(result))) {
    if (!has_wall_indices(result)) return paint;
    paint.on_mesh = true;
    paint.values = quantity == LumenQuantity::osi ? flow.osi : quantity == LumenQuantity::rrt ? flow.rrt : flow.tawss;
    set_range(paint);
    return paint;
  }
  // The nodes hold the last instant of a beat, diastole; its mean is known on the sections.
  if (nodes > 0 && !(paint.beat_mean && !shear && !flow.pullback.empty()) && (shear ? flow.wall_shear.size() == 3 * nodes : flow.pressure.size() == nodes)) {
    const ShownPressure shown(model, result);
    paint.on_mesh = true;
    paint.values.reserve(nodes);
    for (std::size_t n = 0; n < nodes; ++n)
      paint.values.push_back(shear ? float(std::sqrt(double(flow.wall_shear[3 * n]) * double(flow.wall_shear[3 * n]) + double(flow.wall_shear[3 * n + 1]) * double(flow.wall_shear[3 * n + 1]) +
                                                     double(flow.wall_shear[3 * n + 2]) * double(flow.wall_shear[3 * n + 2])))
                                   : float(shown(double(flow.pressure[n]))));
  } else if (result.lumen && result.network) {
    const SectionMeans means = section_means(model, result, shear, result.network->branches.size());
    LumenArcs own;
    if (!arcs || arcs->branch.size() != result.lumen->points.size()) {
      own = lumen_arcs(*result.lumen, *result.network);
      arcs = &own;
    }
    paint.values.reserve(result.lumen->points.size());
    for (std::size_t n = 0; n < arcs->branch.size(); ++n) paint.values.push_back(float(means.at(arcs->branch[n], double(arcs->arc_mm[n]))));
  }
  set_range(paint);
  return paint;
}

InstantPaint paint_instant(const twin::VesselResult& result, bool shear, int frame) {
  InstantPaint paint;
  const auto& beat = result.flow->beat;
  const auto value = [&](const hemo::FlowFrame& f, std::size_t n) {
    return shear ? std::hypot(double(f.wall_shear[3 * n]), double(f.wall_shear[3 * n + 1]), double(f.wall_shear[3 * n + 2])) : core::units::mmhg_from_pa(double(f.pressure[n]));
  };
  paint.lo = shear ? 0 : std::numeric_limits<double>::infinity(), paint.hi = shear ? 0 : -paint.lo;
  for (const auto& f : beat)
    for (std::size_t n = 0; n < f.pressure.size() && !shear; ++n) {   // shear has a scale of its own
      const double v = value(f, n);
      paint.lo = std::min(paint.lo, v), paint.hi = std::max(paint.hi, v);
    }
  const auto& now = beat[std::size_t(frame)];
  paint.t_s = now.t_s;
  paint.values.resize(now.pressure.size());
  for (std::size_t n = 0; n < paint.values.size(); ++n) paint.values[n] = float(value(now, n));
  return paint;
}

std::optional<double> arc_on_way(const core::VesselNetwork& network, const PullbackWay& way, const core::Vec3& point, double reach_mm) {
  int branch = 0;
  double arc = 0, distance = 0;
  if (!network.locate(point, branch, arc, distance) || distance > reach_mm) return std::nullopt;
  for (std::size_t i = 0; i < way.branches.size(); ++i)
    if (way.branches[i] == branch) return way.start_mm[i] + arc;
  return std::nullopt;   // on a side branch
}

core::Vec3 point_on_way(const core::VesselNetwork& network, const PullbackWay& way, double arc_mm) {
  for (std::size_t i = way.branches.size(); i-- > 0;)
    if (arc_mm >= way.start_mm[i]) return network.point_at(way.branches[i], arc_mm - way.start_mm[i]);
  return network.branches.empty() || network.branches.front().points.empty() ? core::Vec3(0, 0, 0) : network.branches.front().points.front();
}

Pullback pullback(const twin::VesselModel& model, const twin::VesselResult& result, PullbackQuantity quantity) {
  Pullback out;
  const auto network = result.network ? result.network : model.network;
  if (!network || network->branches.empty() || !result.flow) return out;
  const PullbackWay way = longest_way(*network);
  out.branches = way.branches;
  out.branch_start_mm = way.start_mm;
  const auto& curve = result.flow->pullback;
  const double inlet = hemo::pressure_at(curve, 0, 0.0);
  const std::vector<double> shear = quantity == PullbackQuantity::wall_shear_pa ? session::station_shear(model, result) : std::vector<double>();
  for (std::size_t i = 0; i < way.branches.size(); ++i) {
    std::vector<std::size_t> here;
    for (std::size_t k = 0; k < curve.size(); ++k)
      if (curve[k].branch == way.branches[i]) here.push_back(k);
    std::sort(here.begin(), here.end(), [&](std::size_t a, std::size_t b) { return curve[a].arc_mm < curve[b].arc_mm; });
    for (const std::size_t k : here) {
      const auto& p = curve[k];
      out.arc_mm.push_back(way.start_mm[i] + p.arc_mm);
      out.value.push_back(quantity == PullbackQuantity::ffr             ? hemo::pressure_ratio(p.pressure_Pa, inlet, model.aortic_pressure_Pa)
                          : quantity == PullbackQuantity::pressure_mmhg ? core::units::mmhg_from_pa(p.pressure_Pa)
                                                                        : shear[k]);
    }
  }
  return out;
}

Pullback pullback(const twin::VesselModel& model, const twin::VesselResult& result) {
  return pullback(model, result, model.report_ffr && model.aortic_pressure_Pa > 0 ? PullbackQuantity::ffr : PullbackQuantity::pressure_mmhg);
}

std::string ecg_line(const twin::RunResult& result, double cycle_length_ms) {
  const auto value = [&](const char* key) {
    for (const auto& q : result.quantities)
      if (q.key == key) return q.value;
    return std::numeric_limits<double>::quiet_NaN();
  };
  std::string line;
  if (cycle_length_ms > 0) line += fmt::format("rate {:.0f}/min", 60000.0 / cycle_length_ms);
  const double p = value("p_wave_ms"), pr = value("pr_ms"), qrs = value("qrs_ms"), qt = value("qt_ms"), qtc = value("qtc_fridericia_ms"), axis = value("axis_deg");
  if (std::isfinite(p)) line += fmt::format("   P {:.0f} ms", p);
  if (std::isfinite(pr)) line += fmt::format("   PR {:.0f} ms", pr);
  if (std::any_of(result.quantities.begin(), result.quantities.end(), [](const auto& q) { return q.key == "pr_ms"; }) && !std::isfinite(qrs)) line += "   no QRS";
  if (std::isfinite(qrs)) line += fmt::format("   QRS {:.0f} ms", qrs);
  if (std::isfinite(qt) && std::isfinite(qtc)) line += fmt::format("   QT/QTcF {:.0f}/{:.0f} ms", qt, qtc);
  else if (std::isfinite(qt)) line += fmt::format("   QT {:.0f} ms", qt);
  if (std::isfinite(axis)) line += fmt::format("   axis {:.0f}°", axis);
  const double transition = value("r_transition_lead"), r1 = value("r_v1_mV"), s1 = value("s_v1_mV");
  if (std::isfinite(transition)) line += fmt::format("   R exceeds S from V{:.0f}", std::ceil(transition));
  else if (std::isfinite(r1) && std::isfinite(s1)) line += r1 >= s1 ? "   R exceeds S from V1" : "   R below S up to V6";
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
