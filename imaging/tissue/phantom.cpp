// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/phantom.hpp"

#include <cmath>

#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Mat3;
using core::Vec3;
namespace l = core::labels;
constexpr double cavity_radius = 23, cavity_length = 80, wall_mm = 10;

// Model axes: origin at the middle of the base, apex at +z, septum at +x, anterior wall at -y.
int shape_at(const Vec3& p, bool rv, bool vessels) {
  const auto inside = [&](double r, double length) { return (p.x() * p.x() + p.y() * p.y()) / (r * r) + p.z() * p.z() / (length * length) < 1; };
  if (p.z() >= 0) {
    if (inside(cavity_radius, cavity_length)) return l::lv_blood_pool;
    if (inside(cavity_radius + wall_mm, cavity_length + wall_mm)) return l::lv_myocardium;
    if (rv) {
      const Vec3 q = p - Vec3(24, 0, 18);
      const double blood = Vec3(q.x() / 30, q.y() / 36, q.z() / 52).norm(), wall = Vec3(q.x() / 33, q.y() / 39, q.z() / 55).norm();
      if (blood < 1) return l::rv_blood_pool;
      if (wall < 1) return l::rv_wall;
    }
    return 0;
  }
  if (!vessels || p.z() < -22) return 0;
  if (std::hypot(p.x(), p.y()) < 20) return l::left_atrium;
  if (rv && std::hypot(p.x() - 40, p.y() + 12) < 10) return l::pulmonary_artery;
  if (rv && std::hypot(p.x() - 40, p.y() - 12) < 12) return l::right_atrium;
  return 0;
}

// Segment in model axes, from the definition and without core::LvFrame: a compass of degrees from the anterior wall over lateral,
// inferior and septal. Septum +x, anterior -y.
int segment_at(const Vec3& p) {
  if (p.z() > cavity_length) return 17;
  double compass = std::atan2(-p.x(), -p.y()) * 180 / M_PI;   // 0 anterior, 90 lateral, 180 inferior, 270 septal
  if (compass < 0) compass += 360;
  if (3 * p.z() > 2 * cavity_length) return compass < 45 || compass >= 315 ? 13 : compass < 135 ? 16 : compass < 225 ? 15 : 14;
  const int six = int((compass + 30) / 60) % 6;                // anterior, anterolateral, inferolateral, inferior, inferoseptal, anteroseptal
  static constexpr int order[6] = {1, 6, 5, 4, 3, 2};
  return order[six] + (3 * p.z() > cavity_length ? 6 : 0);
}

std::uint64_t mix(std::uint64_t x) {   // splitmix64
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}
double uniform(std::uint64_t seed, std::uint64_t index, std::uint64_t channel) { return (double(mix(mix(seed + channel) ^ index) >> 11) + 0.5) * 0x1.0p-53; }

}  // namespace

core::LabelMap make_shell(const Vec3& spacing, const Mat3& direction, double inner, double outer, double shift) {
  core::LabelMap m;
  m.grid.spacing = spacing;
  m.grid.direction = direction;
  for (int d = 0; d < 3; ++d) m.grid.size[std::size_t(d)] = 2 * int(std::ceil((outer + 5) / spacing[d])) + 1;
  // off the symmetric place, so that no border falls onto voxel centres by design
  m.grid.origin = -(direction * Vec3(m.grid.size[0] / 2, m.grid.size[1] / 2, m.grid.size[2] / 2).cwiseProduct(spacing)) + Vec3(0.31, -0.17, 0.23);
  m.labels = l::heart();
  m.values.resize(m.grid.voxels());
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i) {
        const Vec3 x = m.grid.to_patient(Vec3(i, j, k));
        m.values[m.grid.offset(i, j, k)] = std::uint8_t((x - Vec3(shift, 0, 0)).norm() < inner ? l::lv_blood_pool : x.norm() < outer ? l::lv_myocardium : 0);
      }
  return m;
}

double shell_thickness(const Vec3& x, double inner, double outer, double shift) {
  if (std::abs(shift) < 1e-9) return outer - inner;
  // mu = log(|y - p| / |y - q|) of the limit points p, q on the x axis, inverse to each other in both spheres.
  const double sum = (outer * outer - inner * inner + shift * shift) / shift;   // p + q, with p q = outer^2
  const double root = std::sqrt(sum * sum / 4 - outer * outer);
  const Vec3 p(sum / 2 - root, 0, 0), q(sum / 2 + root, 0, 0);
  const auto way = [&](const Vec3& y) { return Vec3((y - p) / (y - p).squaredNorm() - (y - q) / (y - q).squaredNorm()).normalized(); };
  double length = 0;
  constexpr double h = 0.01;   // mm
  for (const double sign : {1.0, -1.0}) {
    Vec3 y = x;
    while (length < 10 * outer && !(sign > 0 ? y.norm() > outer : (y - Vec3(shift, 0, 0)).norm() < inner)) {
      y += sign * h * way(y + 0.5 * sign * h * way(y));
      length += h;
    }
  }
  return length;
}

core::Result<Ventricle> make_ventricle(const VentricleParams& p, const core::Progress& progress) {
  if (!(p.spacing.minCoeff() >= 0.4 && p.spacing.maxCoeff() <= 12)) return core::wrong_usage("The ventricle phantom needs voxels of 0.4 to 12 mm (others make it too large or shapeless). Change the spacing.");
  Ventricle out;
  // Adult pose: axis to the left, front and below (heart-cta-dissection), septum to the right and front.
  const Vec3 axis = Vec3(0.684, -0.593, -0.425).normalized();
  const Vec3 septum = (Vec3(-0.62, -0.78, 0) - axis * axis.dot(Vec3(-0.62, -0.78, 0))).normalized();
  Mat3 pose;
  pose.col(0) = septum;
  pose.col(2) = axis;
  pose.col(1) = -septum.cross(axis);   // anterior is -y
  pose = p.turn * pose;
  if (p.mirrored) pose = Mat3(Vec3(-1, 1, 1).asDiagonal()) * pose;
  const Vec3 base(19, -13, 10);
  const auto to_patient = [&](const Vec3& model) { return Vec3(base + pose * model); };
  out.frame = core::make_lv_frame(base, to_patient(Vec3(0, 0, cavity_length)), pose.col(0), -pose.col(1));
  out.apex_epicardium = to_patient(Vec3(0, 0, cavity_length + wall_mm));

  // Grid around the shape's bounding box.
  Vec3 low = Vec3::Constant(1e9), high = -low;
  for (int c = 0; c < 8; ++c) {
    const Vec3 corner(c & 1 ? 62 : -40, c & 2 ? 46 : -46, c & 4 ? 96 : -26);
    const Vec3 x = p.grid_direction.transpose() * to_patient(corner);
    low = low.cwiseMin(x);
    high = high.cwiseMax(x);
  }
  core::Grid g;
  g.spacing = p.spacing;
  g.direction = p.grid_direction;
  for (int d = 0; d < 3; ++d) g.size[std::size_t(d)] = 1 + int(std::ceil((high[d] - low[d]) / p.spacing[d]));
  g.origin = p.grid_direction * low;
  out.image.grid = out.labels.grid = g;
  out.image.quantity = "intensity";
  out.image.description = "Phantom: late enhancement of a ventricle";
  out.image.values.resize(g.voxels());
  out.labels.values.resize(g.voxels());
  out.labels.labels = l::heart();
  out.segment.assign(g.voxels(), 0);
  const Vec3 scar_centre(-26, 0, 36);   // lateral wall, mid level
  constexpr int sub = 4;
  std::vector<double> scar_row(std::size_t(g.size[1]) * std::size_t(g.size[2]), 0.0);
  core::parallel_chunks(std::ptrdiff_t(scar_row.size()), 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (progress.cancelled()) return;
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % g.size[1]), k = int(row / g.size[1]);
      for (int i = 0; i < g.size[0]; ++i) {
        double signal = 0;
        int count[32] = {};
        int scars = 0;
        const auto look = [&](const Vec3& offset, bool& scar) {
          const Vec3 m = pose.transpose() * (g.to_patient(Vec3(i, j, k) + offset) - base);
          const int label = shape_at(m, p.right_ventricle, p.vessels);
          scar = label == l::lv_myocardium && p.scar_radius_mm > 0 && (m - scar_centre).norm() < p.scar_radius_mm;
          return label;
        };
        // A voxel whose corners and middle agree is all of one kind: the shapes have no detail below a voxel.
        bool middle_scar = false, same = true;
        const int middle = look(Vec3::Zero(), middle_scar);
        for (int c = 0; c < 8 && same; ++c) {
          bool scar = false;
          same = look(Vec3(c & 1 ? 0.5 : -0.5, c & 2 ? 0.5 : -0.5, c & 4 ? 0.5 : -0.5), scar) == middle && scar == middle_scar;
        }
        for (int s = 0; s < sub * sub * sub; ++s) {
          const Vec3 offset((s % sub + 0.5) / sub - 0.5, (s / sub % sub + 0.5) / sub - 0.5, (s / sub / sub + 0.5) / sub - 0.5);
          bool scar = middle_scar;
          const int label = same ? middle : look(offset, scar);
          ++count[label];
          scars += scar;
          signal += scar ? p.scar : label == l::lv_myocardium || label == l::rv_wall ? p.remote : label == 0 ? p.outside : p.blood;
        }
        const std::size_t v = g.offset(i, j, k);
        const double a = signal / (sub * sub * sub);
        const double u1 = uniform(p.seed, v, 1), u2 = uniform(p.seed, v, 2), r = p.noise_sd * std::sqrt(-2 * std::log(u1));
        out.image.values[v] = float(p.noise_sd > 0 ? std::hypot(a + r * std::cos(2 * M_PI * u2), r * std::sin(2 * M_PI * u2)) : a);
        int most = 0;
        for (int q = 1; q < 32; ++q)
          if (count[q] > count[most]) most = q;
        out.labels.values[v] = std::uint8_t(most);
        if (most == l::lv_myocardium) out.segment[v] = std::uint8_t(segment_at(pose.transpose() * (g.to_patient(Vec3(i, j, k)) - base)));
        scar_row[std::size_t(row)] += double(scars) / (sub * sub * sub);
      }
    }
  });
  if (progress.cancelled()) return core::cancelled();
  for (const double s : scar_row) out.scar_ml += s * g.voxel_volume() / 1000.0;
  return out;
}

}  // namespace ot::imaging
