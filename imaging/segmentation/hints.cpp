// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/phantom/model_heart.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

constexpr double valve_reach = 12.0;   // mm on both sides of a disc in which the wrong pool is ruled out: longer than a leaflet's tenting
constexpr double cut_reach = 60.0;     // mm behind an unlimited cut plane
constexpr double sheet_reach = 8.0;    // mm on both sides of a split sheet
constexpr double sheet_step = 1.0;     // mm between the sheet's points

struct Ends {
  const char* key;
  int upstream, downstream;
};
constexpr std::array<Ends, 4> ends = {{{"mitral", l::left_atrium, l::lv_blood_pool}, {"aortic", l::lv_blood_pool, l::aorta},
                                       {"tricuspid", l::right_atrium, l::rv_blood_pool}, {"pulmonary", l::rv_blood_pool, l::pulmonary_artery}}};
const Ends* ends_of(const std::string& key) {
  for (const Ends& e : ends)
    if (key == e.key) return &e;
  return nullptr;
}

int value_of(const std::string& key) {
  if (key == "not_heart") return 255;
  for (const core::LabelInfo& info : l::heart())
    if (info.key == key) return info.value;
  return 0;
}

int in_model(int label) {
  switch (label) {
    case l::superior_vena_cava: return model_labels::svc;
    case l::inferior_vena_cava: return model_labels::ivc;
    case l::pulmonary_veins: return model_labels::pulmonary_vein;
    default: return label;
  }
}

double length(const std::vector<Vec3>& line) {
  double s = 0;
  for (std::size_t i = 1; i < line.size(); ++i) s += (line[i] - line[i - 1]).norm();
  return s;
}
Vec3 along(const std::vector<Vec3>& line, double share) {
  double left = share * length(line);
  for (std::size_t i = 1; i < line.size(); ++i) {
    const double d = (line[i] - line[i - 1]).norm();
    if (left <= d || i + 1 == line.size()) return d > 0 ? Vec3(line[i - 1] + std::min(1.0, left / d) * (line[i] - line[i - 1])) : line[i];
    left -= d;
  }
  return line.back();
}

}  // namespace

Hints::Hints(const GuidedInput& input) : input_(input) {
  for (const auto& [key, points] : input.seeds)
    for (const Vec3& p : points) seeds_.emplace_back(value_of(key), p);
  for (const auto& [key, points] : input.valves) {
    if (points.empty()) continue;
    if (const auto fit = fit_hinges(key, points)) {
      fits_.push_back(*fit);
      valves_.push_back(fit->plane);
    }
  }
  for (const CutPlane& c : input.cuts) cuts_.push_back({value_of(c.label), c.centre, c.normal.normalized(), c.radius_mm});
  for (const SplitSheet& s : input.splits) {
    Sheet sheet;
    sheet.label = {value_of(s.between[0]), value_of(s.between[1])};
    // Ruled surface between neighbouring strokes, the second turned so that its ends meet the first's; a single stroke is widened by
    // 3 mm to both sides across its slice (the patient axis along which it is flattest).
    std::vector<std::vector<Vec3>> lines = s.strokes;
    if (lines.size() == 1) {
      Vec3 low = lines[0][0], high = low;
      for (const Vec3& p : lines[0]) low = low.cwiseMin(p), high = high.cwiseMax(p);
      Eigen::Index flat = 2;
      (high - low).minCoeff(&flat);
      Vec3 across = Vec3::Zero();
      across[flat] = 3.0;
      auto a = lines[0], b = lines[0];
      for (Vec3& p : a) p -= across;
      for (Vec3& p : b) p += across;
      lines = {a, b};
    }
    for (std::size_t n = 0; n + 1 < lines.size(); ++n) {
      auto a = lines[n], b = lines[n + 1];
      if ((a.front() - b.front()).norm() + (a.back() - b.back()).norm() > (a.front() - b.back()).norm() + (a.back() - b.front()).norm()) {
        std::reverse(b.begin(), b.end());
        lines[n + 1] = b;
      }
      const int wide = std::clamp(int(std::ceil(std::max(length(a), length(b)) / sheet_step)), 2, 400);
      double gap = 0;
      for (int i = 0; i <= wide; ++i) gap = std::max(gap, (along(a, double(i) / wide) - along(b, double(i) / wide)).norm());
      const int deep = std::clamp(int(std::ceil(gap / sheet_step)), 1, 200);
      for (int i = 0; i <= wide; ++i)
        for (int j = 0; j <= deep; ++j) {
          const auto at = [&](double u, double v) -> Vec3 { return (1 - v) * along(a, std::clamp(u, 0.0, 1.0)) + v * along(b, std::clamp(u, 0.0, 1.0)); };
          const double u = double(i) / wide, v = double(j) / deep;
          const Vec3 normal = (at(u + 0.5 / wide, v) - at(u - 0.5 / wide, v)).cross(along(b, u) - along(a, u));
          if (normal.norm() < 1e-9) continue;
          sheet.point.push_back(at(u, v));
          sheet.normal.push_back(normal.normalized());
        }
    }
    if (!sheet.point.empty()) sheets_.push_back(std::move(sheet));
  }
}

std::vector<Anchor> Hints::anchors() const {
  std::vector<Anchor> out;
  for (const auto& [label, p] : seeds_)
    if (label != 255 && label != l::coronary_sinus) out.push_back({in_model(label), Vec3::Zero(), p});
  for (const Plane& v : valves_) out.push_back({0, model_valve(v.key).centre, v.centre});
  if (input_.apex) out.push_back({0, model_apex(), *input_.apex});
  return out;
}

void Hints::orient(const HeartFit& fit, const ShapePrior& prior) {
  const auto seed = [&](int label, Vec3& mean) {
    double n = 0;
    mean = Vec3::Zero();
    for (const auto& [value, p] : seeds_)
      if (value == label) mean += p, n += 1;
    if (n > 0) mean /= n;
    return n > 0;
  };
  for (Plane& v : valves_) {
    Vec3 up, down, flow = fit.linear() * model_valve(v.key).normal;
    const Ends* e = ends_of(v.key);
    if (e && seed(e->upstream, up) && seed(e->downstream, down)) flow = down - up;
    if (v.normal.dot(flow) < 0) v.normal = -v.normal;
  }
  for (Sheet& s : sheets_) {
    Vec3 a, b;
    const bool known = seed(s.label[0], a) && seed(s.label[1], b);
    if (!known) {
      const auto centre = [&](int label) {
        const auto at = prior.centre.find(in_model(label));
        return fit.to_patient(at == prior.centre.end() ? fit.centre : at->second);
      };
      a = centre(s.label[0]), b = centre(s.label[1]);
    }
    // Neighbouring normals agree by construction within a pair of strokes; each is turned towards the first label by itself.
    for (Vec3& n : s.normal)
      if (n.dot(a - b) < 0) n = -n;
  }
}

bool Hints::forbidden(int label, const Vec3& p) const {
  for (const Plane& v : valves_) {
    const Ends* e = ends_of(v.key);
    if (!e || (label != e->upstream && label != e->downstream)) continue;
    const Vec3 q = p - v.centre;
    const double s = q.dot(v.normal);
    if (std::abs(s) > valve_reach || (q - s * v.normal).norm() > v.radius_mm + 1.0) continue;
    if ((s > 0) == (label == e->upstream)) return true;
  }
  for (const Cut& c : cuts_) {
    if (c.label != label) continue;
    const Vec3 q = p - c.centre;
    const double s = q.dot(c.normal);
    if (s > 0 && (c.radius > 0 ? s < valve_reach && (q - s * c.normal).norm() < c.radius : s < cut_reach)) return true;
  }
  for (const Sheet& sheet : sheets_) {
    if (label != sheet.label[0] && label != sheet.label[1]) continue;
    double best = 1e18;
    std::size_t at = 0;
    for (std::size_t i = 0; i < sheet.point.size(); ++i)
      if (const double d = (sheet.point[i] - p).squaredNorm(); d < best) best = d, at = i;
    if (best > sheet_reach * sheet_reach) continue;
    const double s = (p - sheet.point[at]).dot(sheet.normal[at]);
    if (s * s < 0.6 * best) continue;      // past the sheet's rim
    if ((s > 0) == (label == sheet.label[1])) return true;
  }
  return false;
}

bool Hints::free_cut(const Vec3& p, double thickness) const {
  for (const Plane& v : valves_) {
    const Vec3 q = p - v.centre;
    const double s = q.dot(v.normal);
    if (std::abs(s) < 0.5 * thickness && (q - s * v.normal).norm() < v.radius_mm + 2.0) return true;
  }
  for (const Cut& c : cuts_) {
    const Vec3 q = p - c.centre;
    const double s = q.dot(c.normal);
    if (std::abs(s) < 0.5 * thickness && (c.radius <= 0 || (q - s * c.normal).norm() < c.radius + 1.0)) return true;
  }
  for (const Sheet& sheet : sheets_)
    for (const Vec3& point : sheet.point)
      if ((point - p).squaredNorm() < 0.25 * thickness * thickness) return true;
  return false;
}

int Hints::seeded(const Vec3& p, double reach) const {
  int label = 0;
  double best = reach * reach;
  for (const auto& [value, at] : seeds_)
    if (const double d = (at - p).squaredNorm(); d < best) best = d, label = value;
  return label;
}

const Plane* Hints::valve(const std::string& key) const {
  for (const Plane& v : valves_)
    if (v.key == key) return &v;
  return nullptr;
}

std::vector<std::string> Hints::notes() const {
  std::vector<std::string> out;
  for (const HingeFit& f : fits_)
    if (f.doubtful)
      out.push_back(fmt::format("The {} hinge points lie {:.1f} mm from their plane on average (more than 3 mm: one is likely off the ring). Check the points.", f.plane.key, f.residual_mm));
  return out;
}

}  // namespace ot::imaging
