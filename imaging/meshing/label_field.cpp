// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/label_field.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

// Smallest smoothing in voxels: at 0.7 a plane oblique to the grid shows stairs under a tenth of a voxel (surface.cpp uses the same).
constexpr double least_sigma_voxels = 0.7;
// A staircase one voxel thick peaks at a share of about 0.3 and needs an offset of 0.4 to win; at 0.6 a label still loses one voxel off
// its flat border, where its share is 0.08 at 0.7 voxel.
constexpr double largest_offset = 0.6;

}  // namespace

core::Result<std::unique_ptr<LabelField>> LabelField::make(const core::LabelMap& labels, const std::vector<int>& values, double smoothing,
                                                           double least_spacing, const core::Progress& progress) {
  if (labels.values.size() != labels.grid.voxels() || labels.values.empty()) {
    return core::bad_input("The label map is empty (nothing to draw or mesh). Run segmentation first.");
  }
  auto field = std::make_unique<LabelField>();
  field->window_ = window_around(labels, label_set(values), 2.0 * labels.grid.spacing.maxCoeff(), least_spacing);
  if (field->window_.empty) return core::bad_input("The label map has no voxel of the asked labels (nothing to draw or mesh). Run segmentation first.");
  const core::Grid& g = field->window_.grid;
  field->to_index_ = g.spacing.cwiseInverse().asDiagonal() * g.direction.transpose();
  field->shift_ = -(field->to_index_ * g.origin);
  for (std::size_t v = 0; v < values.size(); ++v) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(0.7 * double(v) / double(values.size()), "labels: smoothing");
    const LabelSet one = label_set({values[v]});
    const Vec3 spacing = field->window_.grid.spacing;
    const Vec3 sigma = (smoothing * spacing.cwiseInverse()).cwiseMax(least_sigma_voxels);
    const Window w = window_around(labels, one, (4.0 * sigma.cwiseProduct(spacing)).maxCoeff(), least_spacing);
    if (w.empty) continue;
    Part part;
    part.label = values[v];
    part.field = std::make_unique<core::Volume>(indicator(labels, one, w));
    double sum = 0;
    for (float s : part.field->values) sum += s;
    part.wanted = sum * w.grid.voxel_volume();
    gaussian(*part.field, sigma);
    part.first = field->window_.grid.to_index(w.grid.origin);
    field->slope_ = 0.39894228 / sigma.cwiseProduct(spacing).maxCoeff();   // derivative of the error function at 0
    field->parts_.push_back(std::move(part));
  }
  field->match_volumes(progress.part(0.7, 1));
  if (progress.cancelled()) return core::cancelled();
  return field;
}

double LabelField::at(const Part& p, const Vec3& q) {
  const core::Grid& g = p.field->grid;
  int i[3];
  double u[3];
  for (int a = 0; a < 3; ++a) {
    const double v = q[a] - p.first[a];
    if (!(v >= 0) || v > g.size[std::size_t(a)] - 1) return 0;
    i[a] = std::min(int(v), g.size[std::size_t(a)] - 2);
    u[a] = v - i[a];
  }
  const std::size_t nx = std::size_t(g.size[0]), nxy = nx * std::size_t(g.size[1]);
  const float* f = p.field->values.data() + g.offset(i[0], i[1], i[2]);
  const double c00 = f[0] + u[0] * (double(f[1]) - f[0]), c10 = f[nx] + u[0] * (double(f[nx + 1]) - f[nx]);
  const double c01 = f[nxy] + u[0] * (double(f[nxy + 1]) - f[nxy]), c11 = f[nxy + nx] + u[0] * (double(f[nxy + nx + 1]) - f[nxy + nx]);
  const double c0 = c00 + u[1] * (c10 - c00), c1 = c01 + u[1] * (c11 - c01);
  return c0 + u[2] * (c1 - c0);
}

double LabelField::share(int m, const Vec3& x) const {
  const Vec3 q = index_of(x);
  if (m > 0) return at(parts_[std::size_t(m - 1)], q) + parts_[std::size_t(m - 1)].offset;
  double rest = 1;
  for (const Part& p : parts_) rest -= at(p, q);
  return rest;
}

void LabelField::shares(const Vec3& x, double* out) const {
  const Vec3 q = index_of(x);
  double rest = 1;
  for (std::size_t m = 0; m < parts_.size(); ++m) {
    const double s = at(parts_[m], q);
    rest -= s;
    // A label that is not near cannot win by its offset.
    out[m + 1] = s > 1e-6 ? s + parts_[m].offset : -1.0;
  }
  out[0] = rest;
}

int LabelField::material(const Vec3& x) const {
  const Vec3 q = index_of(x);
  double rest = 1, best = -1;
  int winner = 0;
  for (std::size_t m = 0; m < parts_.size(); ++m) {
    const double s = at(parts_[m], q);
    rest -= s;
    if (s > 1e-6 && s + parts_[m].offset > best) best = s + parts_[m].offset, winner = int(m) + 1;
  }
  return rest > best ? 0 : winner;
}

void LabelField::match_volumes(const core::Progress& progress) {
  const core::Grid& g = window_.grid;
  const std::size_t n = parts_.size();
  const std::size_t nx = std::size_t(g.size[0]), nxy = nx * std::size_t(g.size[1]);
  double last_error = 1e300;
  std::vector<double> best(n, 0.0);
  for (int round = 0; round < 8; ++round) {
    if (progress.cancelled()) return;
    progress.report(0.125 * round, "labels: volumes");
    std::vector<std::int16_t> at(g.voxels());
    core::parallel_chunks(g.size[2], 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (int k = int(b); k < int(e); ++k)
        for (int j = 0; j < g.size[1]; ++j)
          for (int i = 0; i < g.size[0]; ++i) at[g.offset(i, j, k)] = std::int16_t(material(g.to_patient(Vec3(i, j, k))));
    });
    // Per slice, so that the sums have one order for every thread count. Voxels with another material beside them are sampled at
    // their eight octants.
    std::vector<std::vector<double>> volume(std::size_t(g.size[2]), std::vector<double>(n + 1, 0.0)), faces = volume;
    core::parallel_chunks(g.size[2], 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (int k = int(b); k < int(e); ++k)
        for (int j = 0; j < g.size[1]; ++j)
          for (int i = 0; i < g.size[0]; ++i) {
            const std::size_t o = g.offset(i, j, k);
            const int m = at[o];
            bool edge = false;
            const bool inner = i > 0 && j > 0 && k > 0 && i + 1 < g.size[0] && j + 1 < g.size[1] && k + 1 < g.size[2];
            if (inner)
              for (std::size_t s : {o - 1, o + 1, o - nx, o + nx, o - nxy, o + nxy})
                if (at[s] != m) edge = true, faces[std::size_t(k)][std::size_t(m)] += 1;
            if (!edge) {
              volume[std::size_t(k)][std::size_t(m)] += 1;
              continue;
            }
            for (int c = 0; c < 8; ++c) {
              const Vec3 x = g.to_patient(Vec3(i + (c & 1 ? 0.25 : -0.25), j + (c & 2 ? 0.25 : -0.25), k + (c & 4 ? 0.25 : -0.25)));
              volume[std::size_t(k)][std::size_t(material(x))] += 0.125;
            }
          }
    });
    double error = 0;
    std::vector<double> step(n, 0.0);
    for (std::size_t m = 0; m < n; ++m) {
      double v = 0, f = 0;
      for (std::size_t k = 0; k < volume.size(); ++k) v += volume[k][m + 1], f += faces[k][m + 1];
      const double wanted = parts_[m].wanted / g.voxel_volume();
      error = std::max(error, std::abs(v - wanted) / wanted);
      // Two thirds of the stair area is the area of an isotropic surface; the difference of two shares falls twice as fast as one.
      const double per_offset = std::max(f, 6.0) * 2.0 / 3.0 / (2.0 * slope_ * std::cbrt(g.voxel_volume()));
      step[m] = std::clamp(0.8 * (wanted - v) / per_offset, -0.1, 0.1);
    }
    if (error < last_error) {
      last_error = error;
      for (std::size_t m = 0; m < n; ++m) best[m] = parts_[m].offset;
    }
    if (error < 0.004) break;
    for (std::size_t m = 0; m < n; ++m) parts_[m].offset = std::clamp(parts_[m].offset + step[m], -largest_offset, largest_offset);
  }
  for (std::size_t m = 0; m < n; ++m) parts_[m].offset = best[m];
}

}  // namespace ot::imaging
