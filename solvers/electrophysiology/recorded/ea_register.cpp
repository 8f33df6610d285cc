// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"
#include "solvers/electrophysiology/recorded/surface_finder.hpp"

namespace ot::ep {
namespace {

using core::Mat3;
using core::Vec3;

struct Motion {
  Mat3 r = Mat3::Identity();
  Vec3 t{0, 0, 0};
};

// Rigid motion that brings `from` to `to` in the least-squares sense; the determinant is kept at +1 (Kabsch).
Motion fit(const std::vector<Vec3>& from, const std::vector<Vec3>& to) {
  Vec3 cf = Vec3::Zero(), ct = Vec3::Zero();
  for (std::size_t i = 0; i < from.size(); ++i) cf += from[i], ct += to[i];
  cf /= double(from.size());
  ct /= double(from.size());
  Mat3 h = Mat3::Zero();
  for (std::size_t i = 0; i < from.size(); ++i) h += (from[i] - cf) * (to[i] - ct).transpose();
  const Eigen::JacobiSVD<Mat3> svd(h, Eigen::ComputeFullU | Eigen::ComputeFullV);
  Mat3 d = Mat3::Identity();
  d(2, 2) = (svd.matrixV() * svd.matrixU().transpose()).determinant() < 0 ? -1 : 1;
  Motion m;
  m.r = svd.matrixV() * d * svd.matrixU().transpose();
  m.t = ct - m.r * cf;
  return m;
}

Mat3 axes_of(const std::vector<Vec3>& points, const Vec3& centre) {
  Mat3 c = Mat3::Zero();
  for (const auto& p : points) c += (p - centre) * (p - centre).transpose();
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(c);
  Mat3 a = solver.eigenvectors();
  if (a.determinant() < 0) a.col(2) = -a.col(2);
  return a;
}

void closest_all(const SurfaceFinder& finder, const std::vector<Vec3>& p, std::vector<ClosestPoint>& out) {
  out.resize(p.size());
  core::parallel_chunks(std::ptrdiff_t(p.size()), 64, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) out[std::size_t(i)] = finder.closest(p[std::size_t(i)]);
  });
}

double rms_of(const std::vector<ClosestPoint>& c) {
  double s = 0;
  for (const auto& x : c) s += x.distance * x.distance;
  return std::sqrt(s / double(std::max<std::size_t>(1, c.size())));
}

}  // namespace

core::Result<EaRegistration> register_landmarks(const std::vector<EaPair>& pairs) {
  if (pairs.size() < 3) return core::bad_input(fmt::format("{} landmark pairs are given (a rigid motion needs three that are not on a line). Add landmarks, for example apex, mitral ring and septum.", pairs.size()));
  std::vector<Vec3> from, to;
  for (const auto& p : pairs) {
    if (!p.map.allFinite() || !p.heart.allFinite()) return core::bad_input("A landmark is no point (its coordinates are not numbers). Place it again.");
    from.push_back(p.map);
    to.push_back(p.heart);
  }
  // On a line: the second largest spread is under 2 % of the largest, so the turn around the line is free.
  for (const auto* points : {&from, &to}) {
    Vec3 c = Vec3::Zero();
    for (const auto& p : *points) c += p / double(points->size());
    Mat3 s = Mat3::Zero();
    for (const auto& p : *points) s += (p - c) * (p - c).transpose();
    const Eigen::SelfAdjointEigenSolver<Mat3> solver(s);
    const auto v = solver.eigenvalues();
    if (!(v[2] > 1) || std::sqrt(std::max(0.0, v[1])) < 0.02 * std::sqrt(v[2])) return core::bad_input("The landmarks lie on one line or in one place (the turn around it stays free). Choose landmarks that span the chamber.");
  }
  const Motion m = fit(from, to);
  EaRegistration out;
  out.rotation = m.r;
  out.translation = m.t;
  out.method = "landmarks";
  out.landmarks = pairs;
  double s = 0;
  for (std::size_t i = 0; i < from.size(); ++i) s += (m.r * from[i] + m.t - to[i]).squaredNorm();
  out.landmark_rms_mm = std::sqrt(s / double(from.size()));
  return out;
}

core::Result<EaRegistration> register_surface(const EaMap& map, const core::TetMesh& heart, const EaRegistration& start, EaStart how, const core::Progress& progress) {
  const SurfaceFinder finder(heart, map.surface);
  if (finder.empty()) return core::bad_input(fmt::format("The heart's mesh has no surface \"{}\" (the map has nothing to lie on). Choose endocardium_lv, endocardium_rv or epicardium.", map.surface));
  std::vector<Vec3> points;
  for (const auto& p : map.points) points.push_back(p.at);
  if (points.size() < 6) return core::bad_input(fmt::format("{} points are too few to fit to a surface (six are the least). Use landmarks.", points.size()));
  std::vector<ClosestPoint> close;
  std::vector<Vec3> moved(points.size());
  const auto move_all = [&](const Motion& m) {
    for (std::size_t i = 0; i < points.size(); ++i) moved[i] = m.r * points[i] + m.t;
    closest_all(finder, moved, close);
  };
  struct Run {
    Motion m;
    double rms = 0;
    int iterations = 0;
  };
  const auto refine = [&](Motion m, int most) -> core::Result<Run> {
    Run run{m, 0, 0};
    move_all(run.m);
    run.rms = rms_of(close);
    for (int it = 0; it < most; ++it) {
      if (progress.cancelled()) return core::cancelled();
      // The farthest tenth is left out: points inside the cavity or beyond the valve pull the fit away.
      std::vector<double> d;
      for (const auto& c : close) d.push_back(c.distance);
      const std::size_t keep = std::max<std::size_t>(6, d.size() * 9 / 10);
      std::nth_element(d.begin(), d.begin() + std::ptrdiff_t(std::min(keep, d.size()) - 1), d.end());
      const double limit = d[std::min(keep, d.size()) - 1];
      std::vector<Vec3> from, to;
      for (std::size_t i = 0; i < points.size(); ++i)
        if (close[i].distance <= limit) from.push_back(points[i]), to.push_back(close[i].at);
      const Motion next = fit(from, to);
      const double turned = (next.r - run.m.r).norm(), shifted = (next.t - run.m.t).norm();
      run.m = next;
      run.iterations = it + 1;
      move_all(run.m);
      run.rms = rms_of(close);
      if (turned < 1e-6 && shifted < 1e-4) break;
    }
    return run;
  };
  Motion first{start.rotation, start.translation};
  EaRegistration out = start;
  move_all(first);
  out.surface_rms_before_mm = rms_of(close);
  Run best;
  if (how == EaStart::as_given) {
    auto run = refine(first, 200);
    if (!run) return core::pass(run);
    best = *run;
    out.method = start.landmarks.empty() ? "surface" : "landmarks, then surface";
  } else {
    std::vector<Vec3> surface;
    for (core::Index n : finder.nodes()) surface.push_back(heart.nodes[n]);
    Vec3 cp = Vec3::Zero();
    for (const auto& p : points) cp += p / double(points.size());
    const Mat3 ap = axes_of(points, cp), as = axes_of(surface, finder.centroid());
    best.rms = std::numeric_limits<double>::infinity();
    for (int k = 0; k < 4; ++k) {
      progress.report(k / 4.0, "registering");
      Mat3 flip = Mat3::Identity();
      if (k & 1) flip(0, 0) = flip(1, 1) = -1;
      if (k & 2) flip.col(2) = -flip.col(2), flip.col(1) = -flip.col(1);
      Motion m;
      m.r = as * flip * ap.transpose();
      m.t = finder.centroid() - m.r * cp;
      auto run = refine(m, 200);
      if (!run) return core::pass(run);
      if (run->rms < best.rms) best = *run;
    }
    out.method = "main axes, then surface (a guess: check it)";
    out.landmarks.clear();
    out.landmark_rms_mm = std::numeric_limits<double>::quiet_NaN();
  }
  out.rotation = best.m.r;
  out.translation = best.m.t;
  out.iterations = best.iterations;
  move_all(best.m);
  out.surface_rms_mm = rms_of(close);
  out.surface_max_mm = 0;
  for (const auto& c : close) out.surface_max_mm = std::max(out.surface_max_mm, c.distance);
  if (!out.landmarks.empty()) {
    double s = 0;
    for (const auto& p : out.landmarks) s += (out.to_heart(p.map) - p.heart).squaredNorm();
    out.landmark_rms_mm = std::sqrt(s / double(out.landmarks.size()));
  }
  progress.report(1, "registered");
  return out;
}

}  // namespace ot::ep
