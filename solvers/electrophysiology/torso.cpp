// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/torso.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

constexpr const char* skin_name = "skin %02d %02d";   // level, direction
constexpr std::array<const char*, 6> body_names{"body left", "body right", "body back", "body front", "body top", "body bottom"};

// Unit ball of 20 * 4^n triangles, outward.
ConductorSurface unit_ball(int divisions) {
  ConductorSurface s;
  const double g = (1 + std::sqrt(5.0)) / 2;
  for (const Vec3& v : {Vec3(-1, g, 0), Vec3(1, g, 0), Vec3(-1, -g, 0), Vec3(1, -g, 0), Vec3(0, -1, g), Vec3(0, 1, g), Vec3(0, -1, -g), Vec3(0, 1, -g),
                        Vec3(g, 0, -1), Vec3(g, 0, 1), Vec3(-g, 0, -1), Vec3(-g, 0, 1)})
    s.points.push_back(v.normalized());
  s.triangles = {{0, 11, 5}, {0, 5, 1}, {0, 1, 7}, {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                 {3, 9, 4}, {3, 4, 2}, {3, 2, 6}, {3, 6, 8}, {3, 8, 9}, {4, 9, 5}, {2, 4, 11}, {6, 2, 10}, {8, 6, 7}, {9, 8, 1}};
  for (int d = 0; d < divisions; ++d) {
    std::map<std::pair<Index, Index>, Index> middle;
    const auto half = [&](Index a, Index b) {
      const auto [it, fresh] = middle.try_emplace(std::minmax(a, b), Index(s.points.size()));
      if (fresh) s.points.push_back((s.points[std::size_t(a)] + s.points[std::size_t(b)]).normalized());
      return it->second;
    };
    std::vector<core::Triangle> finer;
    for (const auto& t : s.triangles) {
      const Index a = half(t[0], t[1]), b = half(t[1], t[2]), c = half(t[2], t[0]);
      for (const core::Triangle& u : {core::Triangle{t[0], a, c}, core::Triangle{a, t[1], b}, core::Triangle{c, b, t[2]}, core::Triangle{a, b, c}}) finer.push_back(u);
    }
    s.triangles = std::move(finer);
  }
  return s;
}

// Solid angle of a triangle, positive when seen from behind its outward face (Van Oosterom & Strackee 1983, IEEE Trans Biomed Eng 30:125).
double solid_angle(const Vec3& from, const Vec3& p, const Vec3& q, const Vec3& r) {
  const Vec3 a = p - from, b = q - from, c = r - from;
  const double na = a.norm(), nb = b.norm(), nc = c.norm(), volume = a.dot(b.cross(c));
  const double flat = na * nb * nc;
  if (std::abs(volume) <= 1e-12 * flat) return 0;   // in its plane: the side it is seen from is undecided, its mean is 0
  return 2 * std::atan2(volume, flat + a.dot(b) * nc + a.dot(c) * nb + b.dot(c) * na);
}

// Place on the half-line u from the centre on a cylinder of elliptic section with rounded ends: ((x/a)^2 + (y/b)^2)^2 + (z/c)^4 = 1.
double radius_towards(const Torso& t, const Vec3& u) {
  const double round = std::pow(u.x() / t.half.x(), 2) + std::pow(u.y() / t.half.y(), 2), up = std::pow(u.z() / t.half.z(), 2);
  return 1 / std::sqrt(std::sqrt(round * round + up * up));
}

// First crossing of a half-line with a triangle, negative when there is none.
double crossing(const Vec3& from, const Vec3& u, const Vec3& a, const Vec3& b, const Vec3& c) {
  const Vec3 e1 = b - a, e2 = c - a, p = u.cross(e2);
  const double det = e1.dot(p);
  if (std::abs(det) < 1e-14) return -1;
  const Vec3 s = from - a;
  const double x = s.dot(p) / det;
  if (x < -1e-9 || x > 1 + 1e-9) return -1;
  const Vec3 q = s.cross(e1);
  const double y = u.dot(q) / det;
  if (y < -1e-9 || x + y > 1 + 1e-9) return -1;
  return e2.dot(q) / det;
}

// Solves a x = b (both overwritten, x in b) by blocks of columns, so that a cancel is seen between them; false: cancelled.
// Blocks do not depend on the number of threads. Golub & Van Loan, Matrix Computations, 4th ed., section 3.4.7 (right-looking LU).
bool solve_dense(Eigen::MatrixXd& a, Eigen::MatrixXd& b, const core::Progress& progress) {
  constexpr Eigen::Index block = 64;
  const Eigen::Index n = a.rows();
  for (Eigen::Index k = 0; k < n; k += block) {
    if (progress.cancelled()) return false;
    const Eigen::Index w = std::min(block, n - k), rest = n - k - w;
    std::vector<std::pair<Eigen::Index, Eigen::Index>> swaps;
    for (Eigen::Index j = k; j < k + w; ++j) {   // the panel
      Eigen::Index pivot;
      a.col(j).tail(n - j).cwiseAbs().maxCoeff(&pivot);
      pivot += j;
      if (pivot != j) {
        a.middleCols(k, w).row(pivot).swap(a.middleCols(k, w).row(j));
        swaps.emplace_back(j, pivot);
      }
      a.col(j).tail(n - j - 1) /= a(j, j);
      a.block(j + 1, j + 1, n - j - 1, k + w - j - 1).noalias() -= a.col(j).tail(n - j - 1) * a.row(j).segment(j + 1, k + w - j - 1);
    }
    const auto lower = a.block(k, k, w, w).triangularView<Eigen::UnitLower>();
    const auto under = a.block(k + w, k, rest, w);
    const auto eliminate = [&](auto&& columns) {
      for (const auto& [i, j] : swaps) columns.row(i).swap(columns.row(j));
      lower.solveInPlace(columns.middleRows(k, w));
      columns.bottomRows(rest).noalias() -= under * columns.middleRows(k, w);
    };
    core::parallel_chunks(rest, block, [&](std::ptrdiff_t from, std::ptrdiff_t to) { eliminate(a.middleCols(k + w + from, to - from)); });
    eliminate(b.leftCols(b.cols()));
  }
  if (progress.cancelled()) return false;
  a.triangularView<Eigen::Upper>().solveInPlace(b);
  return true;
}

}  // namespace

std::optional<Torso> find_torso(const std::vector<Electrode>& electrodes) {
  std::array<Vec3, 6> at;
  for (std::size_t k = 0; k < 6; ++k) {
    const auto it = std::find_if(electrodes.begin(), electrodes.end(), [&](const Electrode& e) { return e.name == body_names[k]; });
    if (it == electrodes.end() || !it->position.allFinite()) return std::nullopt;
    at[k] = it->position;
  }
  Torso t;
  t.centre = (at[0] + at[1] + at[2] + at[3] + at[4] + at[5]) / 6;
  const Vec3 up = at[4] - at[5], left = at[0] - at[1], back = at[2] - at[3];
  t.half = 0.5 * Vec3(left.norm(), back.norm(), up.norm());
  if (!(t.half.minCoeff() > 20)) return std::nullopt;   // no body is thinner than 4 cm
  t.axes.col(2) = up.normalized();
  const Vec3 side = left - left.dot(t.axes.col(2)) * t.axes.col(2);
  if (!(side.norm() > 0.1 * left.norm())) return std::nullopt;
  t.axes.col(0) = side.normalized();
  t.axes.col(1) = t.axes.col(2).cross(t.axes.col(0));
  if (t.axes.col(1).dot(back) < 0) t.axes.col(1) *= -1;   // a mirrored image stays mirrored
  std::vector<double> shape(std::size_t(skin_levels * skin_directions), 0.0);
  for (const Electrode& e : electrodes) {
    int level = -1, direction = -1;
    if (std::sscanf(e.name.c_str(), skin_name, &level, &direction) != 2 || level < 0 || level >= skin_levels || direction < 0 || direction >= skin_directions) continue;
    const Vec3 x = t.axes.transpose() * (e.position - t.centre);
    shape[std::size_t(level * skin_directions + direction)] = std::hypot(x.x(), x.y()) / t.plain_radius(x.x(), x.y(), t.level_mm(level));
  }
  if (std::all_of(shape.begin(), shape.end(), [](double v) { return v > 0.1 && v < 10; })) t.shape = std::move(shape);   // all of them, or the plain torso
  return t;
}

double Torso::plain_radius(double x, double y, double height) const {
  const double length = std::hypot(x, y), up = std::clamp(height / half.z(), -1.0, 1.0);
  if (!(length > 0)) return 0;
  const double across = std::hypot(x / length / half.x(), y / length / half.y());
  return std::pow(1 - std::pow(up, 4), 0.25) / across;
}

double Torso::radius(double x, double y, double height) const {
  const double plain = plain_radius(x, y, height);
  if (shape.empty()) return plain;
  const double level = std::clamp((height / half.z() + 0.9) / 1.8 * (skin_levels - 1), 0.0, skin_levels - 1.0);
  double turn = std::atan2(y, x) / (2 * M_PI) * skin_directions;
  if (turn < 0) turn += skin_directions;
  const int l = std::min(int(level), skin_levels - 2), d = int(turn) % skin_directions, next = (d + 1) % skin_directions;
  const double a = level - l, b = turn - std::floor(turn);
  const auto at = [&](int i, int j) { return shape[std::size_t(i * skin_directions + j)]; };
  return plain * ((1 - a) * ((1 - b) * at(l, d) + b * at(l, next)) + a * ((1 - b) * at(l + 1, d) + b * at(l + 1, next)));
}

bool is_body_point(const Electrode& e) { return e.name.rfind("body ", 0) == 0 || e.name.rfind("skin ", 0) == 0; }

std::vector<Electrode> body_points(const Torso& t) {
  std::vector<Electrode> out;
  for (std::size_t k = 0; k < 6; ++k) out.push_back({body_names[k], t.centre + (k % 2 ? -1.0 : 1.0) * t.half[Eigen::Index(k / 2)] * t.axes.col(Eigen::Index(k / 2))});
  if (t.shape.empty()) return out;
  for (int l = 0; l < skin_levels; ++l)
    for (int d = 0; d < skin_directions; ++d) {
      const double turn = 2 * M_PI * d / skin_directions, x = std::cos(turn), y = std::sin(turn), z = t.level_mm(l), r = t.plain_radius(x, y, z) * t.shape[std::size_t(l * skin_directions + d)];
      std::array<char, 16> name;
      std::snprintf(name.data(), name.size(), skin_name, l, d);
      out.push_back({name.data(), t.centre + t.axes * Vec3(r * x, r * y, z)});
    }
  return out;
}

core::Vec3 on_skin(const Torso& t, const Vec3& x) {
  Vec3 local = t.axes.transpose() * (x - t.centre);
  const double height = std::clamp(local.z(), -0.97 * t.half.z(), 0.97 * t.half.z());   // the rounded ends carry no electrode
  Vec3 side(local.x(), local.y(), 0);
  if (!(side.norm() > 1e-6)) side = Vec3(0, -1, 0);
  const double full = std::sqrt(1 - std::pow(height / t.half.z(), 4));
  const double now = std::pow(side.x() / t.half.x(), 2) + std::pow(side.y() / t.half.y(), 2);
  side *= std::sqrt(full / now);
  if (!t.shape.empty()) side *= t.radius(side.x(), side.y(), height) / t.plain_radius(side.x(), side.y(), height);
  return t.centre + t.axes * Vec3(side.x(), side.y(), height);
}

std::vector<Electrode> standard_body(const HeartAxes& axes, ElectrodeFrame frame) {
  // Breadth and depth of the chest and height of the shoulders over the seat of adult men: 322, 243, 598 mm (Gordon et al. 1989, ANSUR). The
  // ventricles' centre lies 25 mm to the left of the midline, 95 mm behind the skin of the chest and 175 mm below the shoulders, so that
  // the offsets of standard_electrodes() and the skin agree.
  Torso torso;
  torso.axes = frame == ElectrodeFrame::patient ? Mat3(Mat3::Identity()) : average_body_axes(axes);
  torso.half = Vec3(161, 121.5, 299);
  torso.centre = axes.centre + torso.axes * Vec3(-25, -95 + 121.5, 175 - 299);
  std::vector<Electrode> out = standard_electrodes(axes, frame);
  for (Electrode& e : out) e.position = on_skin(torso, e.position);
  for (Electrode& e : body_points(torso)) out.push_back(std::move(e));
  return out;
}

ConductorSurface torso_surface(const Torso& t) {
  ConductorSurface s = unit_ball(3);
  for (Vec3& x : s.points) {
    // Directions are spread over the scaled ball, so that triangles keep their shape on a long body.
    const Vec3 u = x.cwiseProduct(t.half);
    Vec3 at = u * radius_towards(t, u);
    if (!t.shape.empty() && std::hypot(at.x(), at.y()) > 1e-9) at.head<2>() *= t.radius(at.x(), at.y(), at.z()) / t.plain_radius(at.x(), at.y(), at.z());
    x = t.centre + t.axes * at;
  }
  if (t.axes.determinant() < 0)
    for (auto& f : s.triangles) std::swap(f[1], f[2]);
  s.inside = torso_conductivity;
  return s;
}

std::optional<ConductorSurface> cavity_surface(const core::TetMesh& mesh, const char* patch_prefix) {
  const auto values = mesh.patch_values(patch_prefix);
  std::vector<core::Triangle> wall;
  std::map<std::pair<Index, Index>, int> edges;   // directed edges; one without its opposite belongs to a rim
  Vec3 middle = Vec3::Zero();
  double area = 0;
  for (const auto& f : mesh.boundary) {
    if (std::find(values.begin(), values.end(), f.patch) == values.end()) continue;
    wall.push_back({f.nodes[0], f.nodes[1], f.nodes[2]});
    const Vec3 &a = mesh.nodes[std::size_t(f.nodes[0])], &b = mesh.nodes[std::size_t(f.nodes[1])], &c = mesh.nodes[std::size_t(f.nodes[2])];
    const double s = (b - a).cross(c - a).norm();
    middle += s * (a + b + c) / 3;
    area += s;
    for (int k = 0; k < 3; ++k) ++edges[{f.nodes[std::size_t(k)], f.nodes[std::size_t((k + 1) % 3)]}];
  }
  if (wall.size() < 20 || !(area > 0)) return std::nullopt;
  middle /= area;
  std::vector<std::array<Vec3, 3>> faces;
  for (const auto& t : wall) faces.push_back({mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])]});
  std::vector<std::pair<Index, Index>> rim;
  Vec3 ring = Vec3::Zero();
  for (const auto& [edge, count] : edges)
    if (!edges.count({edge.second, edge.first})) {
      rim.push_back(edge);
      ring += mesh.nodes[std::size_t(edge.first)];
    }
  if (!rim.empty()) {
    ring /= double(rim.size());
    for (const auto& [a, b] : rim) faces.push_back({ring, mesh.nodes[std::size_t(b)], mesh.nodes[std::size_t(a)]});
  }
  double seen = 0;
  for (const auto& f : faces) seen += solid_angle(middle, f[0], f[1], f[2]);
  if (std::abs(std::abs(seen) - 4 * M_PI) > 0.5) return std::nullopt;   // its middle lies outside, or the surface does not close
  ConductorSurface s = unit_ball(2);
  std::vector<double> radius;
  for (const Vec3& u : s.points) {
    double nearest = -1;
    for (const auto& f : faces) {
      const double x = crossing(middle, u, f[0], f[1], f[2]);
      if (x > 1e-6 && (nearest < 0 || x < nearest)) nearest = x;
    }
    radius.push_back(nearest);
  }
  std::vector<double> known;
  for (double r : radius)
    if (r > 0) known.push_back(r);
  if (known.size() < radius.size() / 2) return std::nullopt;
  std::nth_element(known.begin(), known.begin() + std::ptrdiff_t(known.size() / 2), known.end());
  const double usual = known[known.size() / 2];
  for (std::size_t k = 0; k < radius.size(); ++k) s.points[k] = middle + (radius[k] > 0 ? radius[k] : usual) * s.points[k];
  s.inside = blood_conductivity;
  s.outside = torso_conductivity;
  return s;
}

LeadPotential::LeadPotential(std::vector<ConductorSurface> surfaces, std::vector<Vec3> electrodes) {
  auto made = make(std::move(surfaces), std::move(electrodes), {});
  OT_EXPECT(bool(made));
  *this = std::move(*made);
}

core::Result<LeadPotential> LeadPotential::make(std::vector<ConductorSurface> surfaces, std::vector<Vec3> electrodes, const core::Progress& progress) {
  LeadPotential z;
  z.electrode_ = std::move(electrodes);
  auto& electrode_ = z.electrode_;
  auto& patch_ = z.patch_;
  auto& torso_ = z.torso_;
  OT_EXPECT(!surfaces.empty() && surfaces[0].outside == 0 && surfaces[0].inside > 0);
  torso_ = surfaces[0].inside;
  struct Face {
    Vec3 a, b, c;
    double step, mean;   // inside - outside, their mean
  };
  std::vector<Face> face;
  for (const auto& s : surfaces)
    for (const auto& t : s.triangles) face.push_back({s.points[std::size_t(t[0])], s.points[std::size_t(t[1])], s.points[std::size_t(t[2])], s.inside - s.outside, 0.5 * (s.inside + s.outside)});
  const Eigen::Index n = Eigen::Index(face.size());
  for (const Face& f : face) {
    Patch p{(f.a + f.b + f.c) / 3, 0.5 * (f.b - f.a).cross(f.c - f.a).norm(), {}};
    std::size_t k = 0;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; i + j < 4; ++j)
        for (int turned = 0; turned < 2; ++turned) {
          if (turned && i + j == 3) continue;
          const double x = (i + (turned ? 2.0 : 1.0) / 3) / 4, y = (j + (turned ? 2.0 : 1.0) / 3) / 4;
          p.part[k++] = f.a + x * (f.b - f.a) + y * (f.c - f.a);
        }
    patch_.push_back(p);
  }
  // mean_i phi_i - (1 / 4 pi) sum_j step_j Omega_ij phi_j = g_i; a constant on everything is fixed by a zero mean over the body.
  const std::size_t on_body = surfaces[0].triangles.size();
  double body = 0;
  for (std::size_t j = 0; j < on_body; ++j) body += patch_[j].area;
  Eigen::MatrixXd a(n, n);   // transposed
  core::parallel_chunks(n, 32, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    if (progress.cancelled()) return;
    for (Eigen::Index i = from; i < to; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        const Face& f = face[std::size_t(j)];
        a(j, i) = i == j ? f.mean : -f.step * solid_angle(patch_[std::size_t(i)].centre, f.a, f.b, f.c) / (4 * M_PI);
        if (std::size_t(j) < on_body) a(j, i) += torso_ * patch_[std::size_t(j)].area / body;
      }
  });
  // An electrode on facet k of the body sees g there and the potentials of all other facets; by the transposed system that is a weight of
  // the source's field at every facet.
  Vec3 middle = Vec3::Zero();
  for (const Vec3& x : surfaces[0].points) middle += x / double(surfaces[0].points.size());
  Eigen::MatrixXd rhs(n, Eigen::Index(electrode_.size()));
  for (std::size_t e = 0; e < electrode_.size(); ++e) {
    // Its facet: where the half-line from the middle of the body to it leaves the body.
    std::size_t own = 0;
    double out = -1;
    for (std::size_t j = 0; j < on_body; ++j) {
      const double x = crossing(middle, electrode_[e] - middle, face[j].a, face[j].b, face[j].c);
      if (x > out) {
        out = x;
        own = j;
      }
    }
    if (out > 0) electrode_[e] = middle + out * (electrode_[e] - middle);
    for (Eigen::Index j = 0; j < n; ++j)
      rhs(j, Eigen::Index(e)) = j == Eigen::Index(own) ? 0.0 : face[std::size_t(j)].step * solid_angle(electrode_[e], face[std::size_t(j)].a, face[std::size_t(j)].b, face[std::size_t(j)].c) / (4 * M_PI);
  }
  if (!solve_dense(a, rhs, progress)) return core::cancelled();
  for (Eigen::Index j = 0; j < n; ++j)
    for (Eigen::Index e = 0; e < rhs.cols(); ++e) z.weight_.push_back(rhs(j, e));
  return z;
}

std::vector<double> LeadPotential::at(const Vec3& x) const {
  const std::size_t ne = electrode_.size();
  std::vector<double> z(ne);
  for (std::size_t e = 0; e < ne; ++e) z[e] = 1 / std::max((x - electrode_[e]).norm(), 1e-3);
  for (std::size_t j = 0; j < patch_.size(); ++j) {
    const Patch& p = patch_[j];
    const double d2 = (x - p.centre).squaredNorm();
    double mean;   // of 1/r over the facet
    if (d2 > 25 * p.area) {
      mean = 1 / std::sqrt(d2);
    } else {
      // Within a part of area A the point counts as 0.28 sqrt(A) away: the mean of 1/r over a disc about its middle.
      const double least = 0.28 * 0.28 * p.area / 16;
      mean = 0;
      for (const Vec3& q : p.part) mean += 1 / std::sqrt(std::max((x - q).squaredNorm(), least)) / 16;
    }
    for (std::size_t e = 0; e < ne; ++e) z[e] += weight_[j * ne + e] * mean;
  }
  for (double& v : z) v *= 2 / torso_ / (4 * M_PI);
  return z;
}

}  // namespace ot::ep
