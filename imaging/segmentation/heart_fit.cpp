// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/heart_fit.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "imaging/phantom/model_heart.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

struct ModelPoint {
  Vec3 at;
  int kind = 0;      // 0 blood, 1 thick wall, 2 surroundings
  int label = 0;
  double weight = 1;
};

// Gain of meeting gas, soft tissue or contrast where the model has blood, LV wall or surroundings (rough log-likelihood ratios; only their
// order of size matters: gas in a chamber is the worst, wall where wall should be is as good as blood where blood should be).
constexpr double gain[3][3] = {{-3.0, -1.0, 1.0}, {-2.5, 1.0, -1.2}, {0.25, 0.2, -0.7}};
// Beyond the scan nothing is known: little is lost where the model has surroundings (a scan cropped to the heart), more for heart outside.
constexpr double gain_outside_scan[3] = {-0.4, -0.4, 0.15};
constexpr double gain_unfilled_soft = 0.3, gain_unfilled_contrast = 0.0;  // right heart without contrast
constexpr double pull_of_anchor = 0.01;    // per mm of mean distance to the named points
constexpr double most_anchor_mm = 60.0;
// Usual spread of heart size and attitude between adults, about one standard deviation (assumed, deliberately wide).
constexpr double usual_rotation = 0.35;   // rad
constexpr double usual_log_scale = 0.18;

std::vector<ModelPoint> model_points(const ShapePrior& prior, double spacing) {
  std::vector<ModelPoint> out;
  const core::Grid& g = prior.grid;
  const int step = std::max(1, int(std::lround(spacing / g.spacing[0])));
  const auto& whole = prior.distance.at(0);
  for (int k = 0; k < g.size[2]; k += step)
    for (int j = 0; j < g.size[1]; j += step)
      for (int i = 0; i < g.size[0]; i += step) {
        const std::size_t o = g.offset(i, j, k);
        ModelPoint p;
        p.at = g.to_patient(Vec3(i, j, k));
        if (whole[o] > 10) continue;
        if (whole[o] > 0) {
          p.kind = 2;
          p.weight = 0.5;
        } else {
          for (const auto& [label, d] : prior.distance)
            if (label > 0 && d[o] < 0) p.label = label;
          p.kind = p.label == l::lv_myocardium || p.label == l::rv_wall ? 1 : 0;
          if (p.label == l::rv_wall || p.label == 0) continue;  // too thin to count on
          if (p.label == l::descending_aorta || p.label > 13) p.weight = 0.3;
        }
        out.push_back(p);
      }
  return out;
}

double penalty(const HeartFit& f) {
  const double mean = f.log_scale.mean();
  return 0.02 * (f.rotation.squaredNorm() / (usual_rotation * usual_rotation) + mean * mean / (usual_log_scale * usual_log_scale) +
                 (f.log_scale.array() - mean).matrix().squaredNorm() / (0.12 * 0.12));
}

double anchor_penalty(const HeartFit& fit, const ShapePrior& prior, const std::vector<Anchor>& anchors) {
  if (anchors.empty()) return 0;
  const Unfit unfit(fit);
  double sum = 0;
  for (const Anchor& a : anchors) {
    const double d = a.label > 0 ? std::max(0.0, unfit.scale * double(prior.at(a.label, unfit(a.patient))) + 3.0) : (fit.to_patient(a.model) - a.patient).norm();
    sum += std::min(d, most_anchor_mm);
  }
  return pull_of_anchor * sum / double(anchors.size());
}

bool right_heart(int label) { return label == l::rv_blood_pool || label == l::right_atrium || label == l::pulmonary_artery || label == model_labels::svc; }

template <class Agreement>
double score(const HeartFit& fit, const std::vector<ModelPoint>& points, const core::Grid& grid, const Agreement& agreement) {
  const core::Mat3 a = (grid.spacing.cwiseInverse().asDiagonal() * grid.direction.transpose()) * fit.linear();
  const Vec3 b = grid.to_index(fit.translation);
  double sum = 0, weight = 0;
  for (const ModelPoint& p : points) {
    const Vec3 q = b + a * (p.at - fit.centre);
    const int i = int(std::lround(q.x())), j = int(std::lround(q.y())), k = int(std::lround(q.z()));
    sum += p.weight * (grid.contains(i, j, k) ? agreement(p, grid.offset(i, j, k)) : gain_outside_scan[p.kind]);
    weight += p.weight;
  }
  return sum / std::max(weight, 1.0) - penalty(fit);
}

void shift(HeartFit& f, int dof, double by) {
  if (dof < 3) f.translation[dof] += by * 60;  // mm per radian-like unit: a rotation of 0.1 moves the heart's rim by about 6 mm
  else if (dof < 6) f.rotation[dof - 3] += by;
  else if (dof < 9) f.log_scale[dof - 6] += by;
  else f.log_scale.array() += by;
}

template <class Agreement, class Extra>
void pattern_search(HeartFit& best, const std::vector<ModelPoint>& points, const core::Grid& grid, const Agreement& agreement, const Extra& extra, double step, double least) {
  best.score = score(best, points, grid, agreement) - extra(best);
  while (step > least) {
    bool better = false;
    for (int dof = 0; dof < 10; ++dof)
      for (int sign = -1; sign <= 1; sign += 2) {
        HeartFit tried = best;
        shift(tried, dof, sign * step);
        tried.score = score(tried, points, grid, agreement) - extra(tried);
        if (tried.score > best.score + 1e-6) best = tried, better = true;
      }
    if (!better) step *= 0.6;
  }
}

}  // namespace

core::Mat3 HeartFit::linear() const {
  const double angle = rotation.norm();
  const core::Mat3 r = angle < 1e-12 ? core::Mat3::Identity() : core::Mat3(Eigen::AngleAxisd(angle, rotation / angle).toRotationMatrix());
  return r * core::Vec3(log_scale.array().exp()).asDiagonal();
}

Unfit::Unfit(const HeartFit& fit) : scale(std::exp(fit.log_scale.mean())), centre_(fit.centre), translation_(fit.translation), inverse_(fit.linear().inverse()) {}

float ShapePrior::at(int label, const Vec3& model_mm) const {
  const auto& d = distance.at(label);
  const Vec3 q = grid.to_index(model_mm), c = q.cwiseMax(Vec3::Zero()).cwiseMin(Vec3(grid.size[0] - 1.001, grid.size[1] - 1.001, grid.size[2] - 1.001));
  const int i = int(c.x()), j = int(c.y()), k = int(c.z());
  const double fx = c.x() - i, fy = c.y() - j, fz = c.z() - k;
  double v = 0;
  for (int n = 0; n < 8; ++n)
    v += (n & 1 ? fx : 1 - fx) * (n & 2 ? fy : 1 - fy) * (n & 4 ? fz : 1 - fz) * double(d[grid.offset(i + (n & 1), j + (n >> 1 & 1), k + (n >> 2))]);
  return float(v + (q - c).cwiseProduct(grid.spacing).norm());
}

ShapePrior make_shape_prior() {
  const core::LabelMap model = model_heart(2.0);
  ShapePrior out;
  out.grid = model.grid;
  const auto signed_distance = [&](auto&& belongs) {
    voxels::Mask in(model.values.size()), no(model.values.size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = belongs(model.values[i]), no[i] = !in[i];
    auto a = voxels::distance_to(model.grid, in);
    const auto b = voxels::distance_to(model.grid, no);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = in[i] ? 1.0f - b[i] : a[i] - 1.0f;  // half a voxel: the boundary lies between voxels
    return a;
  };
  out.distance[0] = signed_distance([](int v) { return v != 0; });
  for (int label : {l::lv_blood_pool, l::lv_myocardium, l::rv_blood_pool, l::left_atrium, l::right_atrium, l::aorta, l::pulmonary_artery, l::rv_wall,
                    l::descending_aorta, model_labels::svc, model_labels::ivc, model_labels::pulmonary_vein})
    out.distance[label] = signed_distance([label](int v) { return v == label; });
  std::map<int, double> count;
  for (int k = 0; k < model.grid.size[2]; ++k)
    for (int j = 0; j < model.grid.size[1]; ++j)
      for (int i = 0; i < model.grid.size[0]; ++i) {
        const int v = model.at(i, j, k);
        if (v == 0) continue;
        auto& sum = out.centre.try_emplace(v, Vec3::Zero()).first->second;
        sum += model.grid.to_patient(Vec3(i, j, k));
        count[v] += 1;
      }
  for (auto& [label, sum] : out.centre) sum /= count[label];
  return out;
}

core::Result<HeartFit> fit_heart(const MatterMap& matter, const ShapePrior& prior, const std::vector<Anchor>& anchors, bool right_filled, const core::Progress& progress) {
  const auto coarse = model_points(prior, 8.0), fine = model_points(prior, 4.0);
  const core::Grid& g = matter.grid;
  const auto agreement = [&](const ModelPoint& p, std::size_t o) {
    const Matter found = matter.values[o];
    if (!right_filled && p.kind == 0 && right_heart(p.label) && found != Matter::gas) return found == Matter::soft ? gain_unfilled_soft : gain_unfilled_contrast;
    return gain[p.kind][int(found)];
  };
  const auto extra = [&](const HeartFit& f) { return anchor_penalty(f, prior, anchors); };
  HeartFit base;
  base.centre = Vec3(25, -28, 5);
  const Vec3 low = g.to_patient(Vec3::Zero()), high = g.to_patient(Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1));
  std::vector<HeartFit> starts;
  const double step = 12.0;  // mm between starts: less than half the width of the smallest chamber
  std::array<int, 3> n{};
  for (std::size_t d = 0; d < 3; ++d) n[d] = std::max(1, int(std::floor((high[d] - low[d]) / step)) + 1);
  const std::ptrdiff_t count = std::ptrdiff_t(n[0]) * n[1] * n[2] * 3;
  starts.resize(std::size_t(count));
  for (std::ptrdiff_t from = 0; from < count; from += 6000) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.4 * double(from) / double(count), "looking for the heart");
    const std::ptrdiff_t to = std::min(count, from + 6000);
    core::parallel_chunks(to - from, 32, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t s = from + b; s < from + e; ++s) {
        HeartFit f = base;
        const std::ptrdiff_t t = s / 3;
        f.translation = low + step * Vec3(double(t % n[0]), double(t / n[0] % n[1]), double(t / (std::ptrdiff_t(n[0]) * n[1])));
        f.log_scale.setConstant(0.16 * double(s % 3 - 1));
        f.score = score(f, coarse, g, agreement) - extra(f);
        starts[std::size_t(s)] = f;
      }
    });
  }
  std::stable_sort(starts.begin(), starts.end(), [](const HeartFit& a, const HeartFit& b) { return a.score > b.score; });
  std::vector<HeartFit> kept;
  for (const HeartFit& f : starts) {
    const bool near = std::any_of(kept.begin(), kept.end(), [&](const HeartFit& o) { return (o.translation - f.translation).norm() < 15; });
    if (!near) kept.push_back(f);
    if (kept.size() == 12) break;
  }
  std::vector<HeartFit> turned;
  for (const HeartFit& f : kept)
    for (double about_z : {-0.35, 0.0, 0.35}) {
      turned.push_back(f);
      turned.back().rotation.z() = about_z;
    }
  if (progress.cancelled()) return core::cancelled();
  core::parallel_chunks(std::ptrdiff_t(turned.size()), 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t s = b; s < e; ++s)
      if (!progress.cancelled()) pattern_search(turned[std::size_t(s)], coarse, g, agreement, extra, 0.15, 0.02);
  });
  if (progress.cancelled()) return core::cancelled();
  std::stable_sort(turned.begin(), turned.end(), [](const HeartFit& a, const HeartFit& b) { return a.score > b.score; });
  turned.resize(4);
  progress.report(0.7, "fitting the model heart");
  core::parallel_chunks(4, 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t s = b; s < e; ++s)
      if (!progress.cancelled()) pattern_search(turned[std::size_t(s)], fine, g, agreement, extra, 0.06, 0.004);
  });
  if (progress.cancelled()) return core::cancelled();
  return *std::max_element(turned.begin(), turned.end(), [](const HeartFit& a, const HeartFit& b) { return a.score < b.score; });
}

HeartFit refit_heart(const HeartFit& start, const ShapePrior& prior, const std::vector<Anchor>& anchors, bool right_filled, const core::Grid& grid,
                     const std::vector<std::uint8_t>& labels) {
  const auto points = model_points(prior, 4.0);
  HeartFit best = start;
  const auto extra = [&](const HeartFit& f) { return anchor_penalty(f, prior, anchors); };
  pattern_search(best, points, grid, [&](const ModelPoint& p, std::size_t o) {
    const int found = labels[o];
    if (p.kind == 2) return found == 0 ? 0.2 : -0.5;
    if (p.label > 13 || (!right_filled && right_heart(p.label) && found == 0)) return 0.0;
    return found == p.label ? 1.0 : (found == 0 ? -0.4 : -1.0);
  }, extra, 0.06, 0.004);
  return best;
}

}  // namespace ot::imaging
