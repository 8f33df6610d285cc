// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/heart_wall.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "imaging/meshing/isosurface.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::imaging {

using core::LabelMap;
using core::Vec3;
namespace labels_of = core::labels;

namespace {

// Working grid no finer than this: the wall is several mm thick, finer fields only cost time.
constexpr double least_spacing_mm = 0.75;
// Standard deviation in voxels: the largest that keeps a wall one voxel thick (erf(0.5 / (0.7 sqrt 2)) = 0.525 > level).
constexpr double sigma_voxels = 0.75;
// Where labels leave LV blood bare, a skin closes the wall: the apex of a healthy LV thins to 1-2 mm (Bradfield et al., Am J
// Cardiol 39:806, 1977, "apical thin point"). Not within 15 mm of the base, where bare blood is valve or aorto-mitral curtain.
constexpr double thinnest_lv_mm = 2.0, skin_below_base_mm = 15.0;
// Beyond the annulus the outflow planes end; 12 mm covers the muscular sleeve below the semilunar cusps.
constexpr double outflow_reach_mm = 12.0, default_valve_radius_mm = 13.0;

Vec3 sigma_of(const core::Grid& grid) {
  const double s = sigma_voxels * grid.spacing.minCoeff();
  return (s * grid.spacing.cwiseInverse()).cwiseMax(0.7);
}

bool cavity(int value) {
  using namespace labels_of;
  return value == left_atrium || value == right_atrium || value == aorta || value == pulmonary_artery || value == descending_aorta;
}

}  // namespace

std::optional<Sampler> HeartWall::distance(const LabelMap& labels, const LabelSet& set, const core::Progress& progress) {
  core::Volume field = indicator(labels, set, window_);
  double covered = 0;
  for (float v : field.values) covered += v;
  if (covered == 0) return std::nullopt;
  gaussian(field, sigma_of(field.grid));
  const LevelSurface s = surface_of_volume(field, covered * field.grid.voxel_volume());
  if (s.surface.triangles.empty()) return std::nullopt;
  fields_.push_back(std::make_unique<core::Volume>(signed_band(s.surface, field, s.level, band_, progress)));
  return Sampler(*fields_.back());
}

std::optional<Sampler> HeartWall::share(const LabelMap& labels, const LabelSet& set) {
  auto field = std::make_unique<core::Volume>(indicator(labels, set, window_));
  gaussian(*field, Vec3::Constant(1.0));
  fields_.push_back(std::move(field));
  return Sampler(*fields_.back());
}

HeartWall::Tissue HeartWall::tissue(const Vec3& x) const {
  if (!muscle_) return Tissue::muscle;
  double most = (*muscle_)(x);
  Tissue out = Tissue::muscle;
  const auto weigh = [&](const std::optional<Sampler>& share, Tissue kind) {
    if (!share) return;
    if (const double s = (*share)(x); s > most) most = s, out = kind;
  };
  weigh(scar_, Tissue::scar);
  weigh(border_, Tissue::border);
  weigh(fat_, Tissue::fat);
  return out;
}

double HeartWall::scar_excess(const Vec3& x) const {
  double other = (*muscle_)(x);
  if (border_) other = std::max(other, (*border_)(x));
  if (fat_) other = std::max(other, (*fat_)(x));
  return (*scar_)(x) - other;
}

core::Result<void> HeartWall::fill(const LabelMap& labels, const HeartMeshParams& params, const core::Progress& progress) {
  using namespace labels_of;
  wall_mm_ = params.rv_wall_mm;
  window_ = window_around(labels, label_set({lv_blood_pool, lv_myocardium, scar, border_zone, myocardial_fat, rv_blood_pool}), params.rv_wall_mm + 3.0, least_spacing_mm);
  voxel_ = window_.grid.spacing.minCoeff();
  band_ = params.rv_wall_mm + 2.5 * window_.grid.spacing.maxCoeff();
  // The aortic root may be labelled under the mitral plane; only cavities that are not ventricular wall or blood block the shell.
  std::vector<int> around, blocked{lv_blood_pool};
  for (int v = 1; v < 256; ++v)
    if (cavity(v)) around.push_back(v), blocked.push_back(v);
  struct Item { std::optional<Sampler>* field; LabelSet set; const char* what; bool needed; };
  const Item items[] = {{&lv_wall_, label_set({lv_myocardium, scar, border_zone, myocardial_fat}), "LV wall", true},
                        {&lv_blood_, label_set({lv_blood_pool}), "LV blood", true},
                        {&rv_blood_, label_set({rv_blood_pool}), "RV blood", true},
                        {&blocked_, label_set(blocked), "cavities", true},
                        {&others_, label_set(around), "atria and great vessels", false}};
  int done = 0;
  for (const Item& item : items) {
    progress.report(0.15 * ++done, fmt::format("meshing: surface of {}", item.what));
    *item.field = distance(labels, item.set, progress);
    if (progress.cancelled()) return core::cancelled();
    if (item.needed && !*item.field) {
      return core::bad_input(fmt::format("The {} of the label map is too thin to mesh (it is less than a voxel thick). "
                                         "Check the segmentation.", item.what));
    }
  }
  const bool has_scar = core::has_label(labels, scar), has_border = core::has_label(labels, border_zone), has_fat = core::has_label(labels, myocardial_fat);
  if (has_scar) scar_ = share(labels, label_set({scar}));
  if (has_border) border_ = share(labels, label_set({border_zone}));
  if (has_fat) fat_ = share(labels, label_set({myocardial_fat}));
  if (has_scar || has_border || has_fat) muscle_ = share(labels, label_set({lv_myocardium}));
  return {};
}

void HeartWall::choose_cuts(const LabelMap& labels, const std::vector<Plane>& planes) {
  auto find = [&](const char* key) -> const Plane* {
    for (const Plane& p : planes)
      if (p.key == key && p.normal.norm() > 0.5 && p.centre.allFinite()) return &p;
    return nullptr;
  };
  auto add = [&](const Plane& p, double sense, double reach, bool lv, bool rv) {
    BaseCut cut;
    cut.plane = p;
    cut.outward = sense * p.normal.normalized();
    cut.reach_mm = reach;
    cut.cuts_lv = lv, cut.cuts_rv = rv;
    cuts_.push_back(cut);
    if (!p.fitted) notes_.push_back(fmt::format("The {} plane was not seen in the image; an assumed one cut the base.", p.key));
  };
  auto outflow_reach = [](const Plane& p) { return (p.radius_mm > 0 ? p.radius_mm : default_valve_radius_mm) + outflow_reach_mm; };
  const Plane *mitral = find("mitral"), *aortic = find("aortic"), *tricuspid = find("tricuspid"), *pulmonary = find("pulmonary");
  if (!mitral) {
    const Plane base = fit_base_plane(labels);
    add(base, 1, 1e9, true, true);
    notes_.pop_back();
    notes_.push_back("No mitral valve plane: the base of both ventricles was cut by one plane across the LV long axis, at the level "
                     "where the wall stops enclosing the blood.");
  } else {
    // Atrioventricular normals point into the ventricle (downstream), semilunar normals out of it.
    add(*mitral, -1, 1e9, true, tricuspid == nullptr);
    if (!tricuspid) notes_.push_back("No tricuspid valve plane: the mitral plane cut the base of the right ventricle too.");
    if (tricuspid) add(*tricuspid, -1, 1e9, false, true);
    if (aortic) add(*aortic, 1, outflow_reach(*aortic), true, false);
  }
  if (pulmonary) add(*pulmonary, 1, outflow_reach(*pulmonary), false, true);
}

core::Result<std::unique_ptr<HeartWall>> HeartWall::make(const LabelMap& labels, const std::vector<Plane>& planes,
                                                         const HeartMeshParams& params, const core::Progress& progress) {
  auto wall = std::make_unique<HeartWall>();
  if (const auto done = wall->fill(labels, params, progress); !done) return core::pass(done);
  wall->choose_cuts(labels, planes);
  wall->report_skin();
  return wall;
}

void HeartWall::report_skin() {
  const core::Grid& g = window_.grid;
  double added = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        const double labelled = (*lv_wall_)(x);
        if (labelled > 0.5 * voxel_ && lv_wall(x) < 0) added += 1;
      }
  const double ml = added * g.voxel_volume() / 1000.0;
  if (ml > 0.02) {
    notes_.push_back(fmt::format("LV wall assumed {:.0f} mm thick where the labels leave LV blood bare ({:.2f} ml added, mostly at the apex).",
                                 thinnest_lv_mm, ml));
  }
}

namespace {
double beyond(const BaseCut& c, const Vec3& x) {
  const Vec3 r = x - c.plane.centre;
  const double above = r.dot(c.outward);
  const double inside = c.reach_mm < 1e8 ? c.reach_mm - (r - above * c.outward).norm() : 1e9;
  return std::min(above, inside);
}
}  // namespace

double HeartWall::removed(const Vec3& x, bool lv) const {
  double most = -1e9;
  for (const BaseCut& c : cuts_)
    if (lv ? c.cuts_lv : c.cuts_rv) most = std::max(most, beyond(c, x));
  return most;
}

const BaseCut* HeartWall::cut_at(const Vec3& x, bool lv) const {
  // Just outside the cut surface x lies a little beyond its plane; where two planes meet, beyond the nearer valve's more centrally.
  const BaseCut* out = nullptr;
  double nearest = 1e9;
  for (const BaseCut& c : cuts_) {
    if (!(lv ? c.cuts_lv : c.cuts_rv) || beyond(c, x) <= 0) continue;
    const double d = (x - c.plane.centre).norm();
    if (d < nearest) nearest = d, out = &c;
  }
  return out;
}

double HeartWall::lv_wall(const Vec3& x) const {
  const double labelled = (*lv_wall_)(x), d = (*lv_blood_)(x);
  if (d > thinnest_lv_mm || d < -voxel_) return labelled;
  const double skin = std::max({-d, d - thinnest_lv_mm, -(*rv_blood_)(x), other_cavity_below(x), removed(x, true) + skin_below_base_mm});
  return std::min(labelled, skin);
}

double HeartWall::other_cavity_below(const Vec3& x) const { return others_ ? -(*others_)(x) : -band_; }

double HeartWall::shell(const Vec3& x, double lv) const {
  const double d = (*rv_blood_)(x);
  // The shell overlaps the LV wall by half a voxel so that both are one body.
  return std::max({-d, d - wall_mm_, -(*blocked_)(x), -lv - 0.5 * voxel_});
}

double HeartWall::uncut(const Vec3& x) const {
  const double lv = lv_wall(x);
  return std::min(lv, shell(x, lv));
}

double HeartWall::operator()(const Vec3& x) const {
  const double lv = lv_wall(x);
  const double f = lv < band_ ? std::max(lv, removed(x, true)) : 1e9;
  return std::min(f, std::max(shell(x, lv), removed(x, false)));
}

Plane fit_base_plane(const LabelMap& labels) {
  using namespace labels_of;
  const core::Grid& g = labels.grid;
  auto at = [&](int i, int j, int k) { return g.contains(i, j, k) ? int(labels.at(i, j, k)) : 0; };
  Vec3 mean = Vec3::Zero();
  double n = 0;
  core::Mat3 second = core::Mat3::Zero();
  struct Face { Vec3 x; bool covered; };
  std::vector<Face> faces;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.at(i, j, k) != lv_blood_pool) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        mean += x, n += 1;
        second += x * x.transpose();
        for (int d = 0; d < 6; ++d) {
          const int s = d % 2 ? 1 : -1, a = d / 2;
          const int v = at(i + (a == 0) * s, j + (a == 1) * s, k + (a == 2) * s);
          if (v != lv_blood_pool) faces.push_back({x, v == lv_myocardium || v == scar || v == border_zone || v == myocardial_fat});
        }
      }
  mean /= n;
  second = second / n - mean * mean.transpose();
  const Eigen::SelfAdjointEigenSolver<core::Mat3> eigen(second);
  Vec3 axis = eigen.eigenvectors().col(2);
  Vec3 open = Vec3::Zero();
  for (const Face& f : faces)
    if (!f.covered) open += f.x - mean;
  // The uncovered faces lie around the base; with none, the head end is taken.
  if (open.norm() < 1e-9) open = Vec3(0, 0, 1);
  if (open.dot(axis) < 0) axis = -axis;
  double low = 1e300, high = -1e300;
  for (const Face& f : faces) low = std::min(low, (f.x - mean).dot(axis)), high = std::max(high, (f.x - mean).dot(axis));
  const double bin = std::max(1.0, g.spacing.maxCoeff());
  const std::size_t bins = std::size_t((high - low) / bin) + 1;
  std::vector<double> covered(bins, 0), all(bins, 0);
  for (const Face& f : faces) {
    const std::size_t b = std::min(bins - 1, std::size_t(((f.x - mean).dot(axis) - low) / bin));
    all[b] += 1, covered[b] += f.covered;
  }
  // The most basal level still three quarters enclosed by wall; at least the basal tenth is cut so that the base is open.
  std::size_t level = bins - 1;
  while (level > 0 && covered[level] < 0.75 * all[level]) --level;
  const double t = std::min(low + double(level + 1) * bin, high - 0.1 * (high - low));
  Plane plane;
  plane.key = "base";
  plane.centre = mean + t * axis;
  plane.normal = axis;
  return plane;
}

}  // namespace ot::imaging
