// SPDX-License-Identifier: GPL-3.0-or-later
// Tools that are pure geometry: brush, scissors, cut plane, and label against label.
#include <algorithm>
#include <cmath>

#include "imaging/edit/proposal.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging::tools {
namespace {
using core::Vec3;

constexpr double most_radius_mm = 200;   // wider than any organ: a slip of the hand or a wrong unit

// Patient mm in the frame of the grid's axes: the direction matrix is orthonormal, so lengths stay.
Vec3 in_grid(const core::Grid& grid, const Vec3& lps) { return grid.direction.transpose() * (lps - grid.origin); }

VoxelBox box_around(const core::Grid& grid, const std::vector<Vec3>& points_in_grid, double mm) {
  VoxelBox box;
  for (std::size_t a = 0; a < 3; ++a) {
    double low = 1e300, high = -1e300;
    for (const auto& p : points_in_grid) {
      low = std::min(low, p[Eigen::Index(a)]);
      high = std::max(high, p[Eigen::Index(a)]);
    }
    const double h = grid.spacing[Eigen::Index(a)], last = grid.size[a] - 1.0;
    box.low[a] = int(std::clamp(std::ceil((low - mm) / h), 0.0, last + 1));
    box.high[a] = int(std::clamp(std::floor((high + mm) / h), -1.0, last));
  }
  return box;
}

bool finite(const Vec3& p) { return p.allFinite(); }

// Point in polygon (even-odd), edges sorted into rows so that a lasso of hundreds of points stays quick.
class Polygon2 {
 public:
  explicit Polygon2(std::vector<std::array<double, 2>> points) : points_(std::move(points)) {
    low_ = high_ = points_.front()[1];
    for (const auto& p : points_) {
      low_ = std::min(low_, p[1]);
      high_ = std::max(high_, p[1]);
    }
    rows_.resize(rows);
    for (std::size_t n = 0; n < points_.size(); ++n) {
      const double a = points_[n][1], b = points_[(n + 1) % points_.size()][1];
      for (int r = row(std::min(a, b)); r <= row(std::max(a, b)); ++r) rows_[std::size_t(r)].push_back(n);
    }
  }
  bool contains(double x, double y) const {
    if (!(y >= low_ && y <= high_)) return false;
    bool in = false;
    for (std::size_t n : rows_[std::size_t(row(y))]) {
      const auto &a = points_[n], &b = points_[(n + 1) % points_.size()];
      if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) in = !in;
    }
    return in;
  }

 private:
  static constexpr int rows = 512;
  int row(double y) const { return high_ > low_ ? std::clamp(int((y - low_) / (high_ - low_) * rows), 0, rows - 1) : 0; }
  std::vector<std::array<double, 2>> points_;
  double low_ = 0, high_ = 0;
  std::vector<std::vector<std::size_t>> rows_;
};

// Voxels of the label (0: any label) for which `hit` of their patient point holds become `to`.
template <class F>
Proposal replace_where(const core::LabelMap& labels, int label, int to, F&& hit) {
  Proposal p(box_of(labels, label == 0 ? std::vector<int>{} : std::vector<int>{label}));
  if (p.box.empty()) return p;
  const auto& g = labels.grid;
  core::parallel_chunks(p.box.high[2] - p.box.low[2] + 1, 4, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int k = p.box.low[2] + int(b); k < p.box.low[2] + int(e); ++k)
      for (int j = p.box.low[1]; j <= p.box.high[1]; ++j)
        for (int i = p.box.low[0]; i <= p.box.high[0]; ++i) {
          const int v = labels.at(i, j, k);
          if (v == 0 || (label != 0 && v != label)) continue;
          if (hit(g.to_patient(Vec3(i, j, k)))) p.value[p.at(i, j, k)] = std::int16_t(to);
        }
  });
  return p;
}

}  // namespace

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Paint& paint, const core::Progress&) {
  const auto& g = labels.grid;
  if (paint.points.empty()) return core::wrong_usage("A brush stroke needs at least one point.");
  if (!(paint.radius_mm > 0 && paint.radius_mm <= most_radius_mm)) return core::wrong_usage("The radius of a brush lies between 0 and 200 mm.");
  if (!std::all_of(paint.points.begin(), paint.points.end(), finite) || !finite(paint.normal)) return core::wrong_usage("A brush stroke has a point that is no number.");
  const bool disc = paint.shape == BrushShape::disc;
  if (disc && paint.normal.norm() < 1e-9) return core::wrong_usage("A disc brush needs the normal of its plane.");
  const Vec3 n = disc ? Vec3(g.direction.transpose() * paint.normal.normalized()) : Vec3(0, 0, 0);
  // As thin as a plane of voxels can be without gaps: half the largest step along the normal on either side.
  const double half = disc ? 0.5 * n.cwiseAbs().cwiseProduct(g.spacing).maxCoeff() * (1 + 1e-9) : 0;
  std::vector<Vec3> x;
  for (const auto& p : paint.points) x.push_back(in_grid(g, p));
  Proposal out(box_around(g, x, paint.radius_mm + half));
  if (out.box.empty()) return out;
  const double r2 = paint.radius_mm * paint.radius_mm * (1 + 1e-12);
  const std::size_t segments = x.size() == 1 ? 1 : x.size() - 1;
  for (std::size_t s = 0; s < segments; ++s) {
    const Vec3 a = x[s], ab = x.size() == 1 ? Vec3(0, 0, 0) : Vec3(x[s + 1] - x[s]);
    const double length2 = ab.squaredNorm();
    const VoxelBox box = box_around(g, {a, a + ab}, paint.radius_mm + half);
    if (box.empty()) continue;
    core::parallel_chunks(box.high[2] - box.low[2] + 1, 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (int k = box.low[2] + int(b); k < box.low[2] + int(e); ++k)
        for (int j = box.low[1]; j <= box.high[1]; ++j) {
          std::int16_t* row = out.value.data() + out.at(box.low[0], j, k);
          for (int i = box.low[0]; i <= box.high[0]; ++i, ++row) {
            Vec3 d = Vec3(i * g.spacing[0], j * g.spacing[1], k * g.spacing[2]) - a;
            const double t = length2 > 0 ? std::clamp(d.dot(ab) / length2, 0.0, 1.0) : 0.0;
            d -= t * ab;
            if (disc) {
              const double off = d.dot(n);
              if (off < -half || off >= half) continue;
              d -= off * n;
            }
            if (d.squaredNorm() <= r2) *row = std::int16_t(paint.label);
          }
        }
    });
  }
  return out;
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Scissors& s, const core::Progress&) {
  if (s.polygon.size() < 3) return core::wrong_usage("Scissors need an outline of at least three points.");
  if (!std::all_of(s.polygon.begin(), s.polygon.end(), finite) || !finite(s.direction) || s.direction.norm() < 1e-9) return core::wrong_usage("Scissors need finite points and a direction to cut along.");
  const Vec3 n = s.direction.normalized();
  const Vec3 u = (std::abs(n[0]) < 0.9 ? Vec3::UnitX() : Vec3::UnitY()).cross(n).normalized(), v = n.cross(u);
  Vec3 centre(0, 0, 0);
  for (const auto& p : s.polygon) centre += p / double(s.polygon.size());
  // To the plane through the outline's centre, straight along the direction or towards the eye.
  const auto on_plane = [&](const Vec3& p, std::array<double, 2>& uv) {
    Vec3 q = p;
    if (s.eye) {
      const double to_plane = (centre - *s.eye).dot(n), to_point = (p - *s.eye).dot(n);
      if (to_plane * to_point <= 0) return false;   // behind the eye
      q = *s.eye + (p - *s.eye) * (to_plane / to_point);
    }
    uv = {(q - centre).dot(u), (q - centre).dot(v)};
    return true;
  };
  std::vector<std::array<double, 2>> flat;
  for (const auto& p : s.polygon) {
    std::array<double, 2> uv{};
    if (!on_plane(p, uv)) return core::wrong_usage("The outline of the scissors lies behind the eye.");
    flat.push_back(uv);
  }
  const Polygon2 polygon(flat);
  return replace_where(labels, s.label, s.to, [&](const Vec3& p) {
    if (s.depth_mm) {
      const double depth = (p - centre).dot(n);
      if (depth < (*s.depth_mm)[0] || depth > (*s.depth_mm)[1]) return false;
    }
    std::array<double, 2> uv{};
    const bool in = on_plane(p, uv) && polygon.contains(uv[0], uv[1]);
    return in == s.inside;
  });
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const PlaneCut& cut, const core::Progress&) {
  if (!finite(cut.point) || !finite(cut.normal) || cut.normal.norm() < 1e-9) return core::wrong_usage("A cut needs a point and a normal.");
  return replace_where(labels, cut.label, cut.to, [&](const Vec3& p) { return (p - cut.point).dot(cut.normal) > 0; });
}

core::Result<Proposal> propose(const core::LabelMap& labels, const core::Volume*, const Combine& c, const core::Progress& progress) {
  if (c.label == 0 || c.other == 0 || c.label == c.other) return core::wrong_usage("Two different labels are needed (background cannot be combined).");
  if (!(c.within_mm >= 0 && c.within_mm <= 100)) return core::wrong_usage("The margin lies between 0 and 100 mm.");
  const bool take = c.rule == CombineRule::copy || c.rule == CombineRule::unite;
  const VoxelBox other = box_of(labels, {c.other});
  if (other.empty() && c.rule != CombineRule::intersect) return core::bad_input("The other label is empty (there is nothing to combine with). Choose a label that is in the image.");
  if (c.rule == CombineRule::copy && c.within_mm > 0) {   // a shell around the other label, which stays
    Proposal p(other.grown(pad_voxels(labels.grid, c.within_mm), labels.grid.size));
    const auto mask = mask_of(labels, p.box, c.other);
    const auto far = voxels::distance_to(box_grid(labels.grid, p.box), mask);
    if (progress.cancelled()) return core::cancelled();
    for (std::size_t n = 0; n < mask.size(); ++n)
      if (!mask[n] && far[n] <= c.within_mm * (1 + 1e-6)) p.value[n] = std::int16_t(c.label);
    return p;
  }
  if (take) {
    Proposal p(other);
    const auto mask = mask_of(labels, other, c.other);
    for (std::size_t n = 0; n < mask.size(); ++n)
      if (mask[n]) p.value[n] = std::int16_t(c.label);
    return p;
  }
  const VoxelBox own = box_of(labels, {c.label});
  if (own.empty()) return core::bad_input("The label is empty (there is nothing to cut). Choose a label that is in the image.");
  VoxelBox box = own;
  box.add(other);
  const auto near = voxels::distance_to(box_grid(labels.grid, box), mask_of(labels, box, c.other));
  if (progress.cancelled()) return core::cancelled();
  // Touching voxels lie one spacing apart: that counts as distance 0.
  const double reach = c.within_mm + labels.grid.spacing.maxCoeff() * (1 + 1e-6);
  Proposal p(own);
  for (int k = own.low[2]; k <= own.high[2]; ++k)
    for (int j = own.low[1]; j <= own.high[1]; ++j)
      for (int i = own.low[0]; i <= own.high[0]; ++i) {
        if (labels.at(i, j, k) != c.label) continue;
        const bool close = near[index_in(box, i, j, k)] <= reach;
        if (close == (c.rule == CombineRule::subtract)) p.value[p.at(i, j, k)] = 0;
      }
  return p;
}

}  // namespace ot::imaging::tools
