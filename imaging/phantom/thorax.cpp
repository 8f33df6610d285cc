// SPDX-License-Identifier: GPL-3.0-or-later
// The built-in patient's chest. Lengths in mm, LPS. Where the chambers, valves and great vessels lie follows one real adult
// (shared/data/heart-cta-dissection/SOURCE.md: valve planes and long axis), shifted so that the heart is near the origin; wall 8 to 10 mm
// (normal 6 to 12, shared/design/heart-segmentation.md). HU: contrast blood 300 to 430, wall 110 (arterial phase, same source), old scar
// 45 (hypo-enhancing or fatty scar lies well below remote wall: Mahida et al., Europace 2017, doi 10.1093/europace/euw152).
#include <array>
#include <cmath>

#include "imaging/phantom/model_heart.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/phantom/render.hpp"
#include "imaging/phantom/shapes.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

enum : int { air, skin_fat, muscle, lung, bone, marrow, liver, organ_fat, lv, lv_wall, scar, rv, rv_wall, la, ra, thin_wall, ao, ao_desc,
             pa, svc, ivc, vein, tissue_count };

std::vector<Tissue> tissue_table() {
  std::vector<Tissue> t(tissue_count);
  t[air] = {-1000, 0}, t[skin_fat] = {-100, 0}, t[muscle] = {55, 0}, t[lung] = {-850, l::lung}, t[bone] = {600, l::bone};
  t[marrow] = {180, l::bone}, t[liver] = {95, 0}, t[organ_fat] = {-90, 0}, t[lv] = {380, l::lv_blood_pool};
  t[lv_wall] = {110, l::lv_myocardium}, t[scar] = {45, l::scar}, t[rv] = {330, l::rv_blood_pool}, t[rv_wall] = {105, l::rv_wall};
  t[la] = {410, l::left_atrium}, t[ra] = {310, l::right_atrium}, t[thin_wall] = {100, 0}, t[ao] = {370, l::aorta};
  t[ao_desc] = {360, l::descending_aorta}, t[pa] = {350, l::pulmonary_artery}, t[svc] = {430, 0}, t[ivc] = {130, 0}, t[vein] = {410, 0};
  return t;
}

struct Valve {
  Vec3 centre, normal;
  double radius;
};

class Thorax {
 public:
  explicit Thorax(bool infarct) : infarct_(infarct) {
    axis_ = Vec3(0.684, -0.593, -0.425).normalized();
    side_ = (Vec3(0.0, 0.0, 1.0) - axis_ * axis_.z()).normalized();
    third_ = axis_.cross(side_);
    rv_axes_.col(0) = Vec3(0.80, -0.28, -0.53).normalized();
    rv_axes_.col(2) = (Vec3(0.1, 0.6, 0.8) - rv_axes_.col(0) * rv_axes_.col(0).dot(Vec3(0.1, 0.6, 0.8))).normalized();
    rv_axes_.col(1) = rv_axes_.col(2).cross(rv_axes_.col(0));
    const Vec3 up = aortic_.normal;
    aorta_ = shapes::Tube({aortic_.centre - 2 * up, aortic_.centre + 10 * up, aortic_.centre + 24 * up, Vec3(-6, -28, 58), Vec3(-3, -20, 78),
                           Vec3(10, -2, 90), Vec3(21, 18, 86), Vec3(26, 32, 68), Vec3(28, 37, 40), Vec3(27, 38, 0), Vec3(24, 37, -50), Vec3(20, 36, -110)},
                          {14.0, 15.5, 14, 15, 14.5, 13.5, 12.5, 12, 11.5, 11.5, 11, 10.5}, 5);
    lvot_ = shapes::Tube({aortic_.centre - 26 * up + Vec3(6, -4, 0), aortic_.centre - 12 * up, aortic_.centre}, {12, 12, 12.5}, 4);
    rvot_ = shapes::Tube({Vec3(27, -70, 0), Vec3(29, -68, 18), Vec3(31, -58, 32), pulmonary_.centre + pulmonary_.normal}, {14, 15, 14, 13}, 4);
    trunk_ = shapes::Tube({pulmonary_.centre - pulmonary_.normal, Vec3(32, -26, 53), Vec3(31, -8, 64)}, {13, 14, 13}, 5);
    right_pa_ = shapes::Tube({Vec3(31, -8, 64), Vec3(12, 4, 63), Vec3(-18, 8, 60), Vec3(-48, 12, 54)}, {12, 10, 9, 7}, 4);
    left_pa_ = shapes::Tube({Vec3(31, -8, 64), Vec3(42, 8, 68), Vec3(58, 24, 64)}, {12, 10, 7}, 4);
    svc_ = shapes::Tube({Vec3(-32, -28, 34), Vec3(-35, -24, 60), Vec3(-34, -22, 110)}, {9, 9, 9}, 4);
    ivc_ = shapes::Tube({Vec3(-24, -28, -18), Vec3(-22, -18, -45), Vec3(-20, -4, -110)}, {11, 11, 12}, 4);
    veins_[0] = shapes::Tube({Vec3(-12, 12, 22), Vec3(-40, 16, 30), Vec3(-62, 20, 38)}, {8, 7, 5}, 3);
    veins_[1] = shapes::Tube({Vec3(-12, 18, 6), Vec3(-38, 26, 0), Vec3(-60, 34, -8)}, {8, 7, 5}, 3);
    veins_[2] = shapes::Tube({Vec3(28, 10, 26), Vec3(50, 18, 36), Vec3(70, 24, 44)}, {8, 7, 5}, 3);
    veins_[3] = shapes::Tube({Vec3(28, 18, 8), Vec3(48, 28, 2), Vec3(68, 36, -6)}, {8, 7, 5}, 3);
    for (int r = 0; r < 9; ++r) rib_level_[std::size_t(r)] = -100.0 + 24.0 * r;
  }

  int at(const Vec3& p) const {
    const double body = shapes::ellipsoid(p, Vec3(0, 0, 0), Vec3(158, 112, 900));
    if (body > 0) return air;
    const double heart = shapes::ellipsoid(p, Vec3(22, -28, 12), Vec3(100, 82, 112));
    if (heart < 0) {
      const int inside = heart_at(p);
      if (inside >= 0) return inside;
    } else {
      const int vessel = far_vessel(p);
      if (vessel >= 0) return vessel;
    }
    return chest_at(p, body);
  }

 private:
  // Radius of the LV cavity at distance s below the base plane; negative where there is none.
  static double cavity(double s, double grow) {
    const double belly = 30, long_down = 50 + grow, long_up = 48 + grow, widest = 25 + grow;
    const double x = s > belly ? (s - belly) / long_down : (s - belly) / long_up;
    return x * x < 1 ? widest * std::sqrt(1 - x * x) : -1;
  }
  struct Lv {
    double s = 0, rho = 0, angle = 0;
  };
  Lv lv_coordinates(const Vec3& p) const {
    const Vec3 q = p - base_;
    Lv c;
    c.s = q.dot(axis_);
    const double a = q.dot(side_), b = q.dot(third_);
    c.rho = std::sqrt(a * a + b * b);
    c.angle = std::atan2(b, a);
    return c;
  }
  static double wall_mm(const Lv& c) { return 9.0 + 0.9 * std::cos(c.angle - 0.6); }

  // Two lobes of a healed transmural infarct in the lateral wall, a channel of living wall between them.
  bool in_scar(const Lv& c) const {
    if (!infarct_) return false;
    const double mid = std::max(1.0, cavity(c.s, 0) + 4.5);
    double arc = (c.angle - scar_angle_);
    arc -= 6.283185307179586 * std::round(arc / 6.283185307179586);
    arc *= mid;                                 // mm along the wall
    const double lobe = std::abs(arc) - 16.0;   // lobe centres at +-16 mm, half widths 11 mm: a channel of 10 mm
    return std::pow(lobe / 11.0, 2) + std::pow((c.s - 40.0) / 20.0, 2) < 1.0;
  }

  int valve_plug(const Vec3& p) const {
    double axial = 0;
    if (shapes::plug(p, mitral_.centre, mitral_.normal, mitral_.radius, 9, axial) < 0) return axial < 0 ? la : lv;
    if (shapes::plug(p, aortic_.centre, aortic_.normal, aortic_.radius, 6, axial) < 0) return axial < 0 ? lv : ao;
    if (shapes::plug(p, tricuspid_.centre, tricuspid_.normal, tricuspid_.radius, 8, axial) < 0) return axial < 0 ? ra : rv;
    if (shapes::plug(p, pulmonary_.centre, pulmonary_.normal, pulmonary_.radius, 6, axial) < 0) return axial < 0 ? rv : pa;
    return -1;
  }

  // -1: outside the heart and its fat.
  int heart_at(const Vec3& p) const {
    const int plugged = valve_plug(p);
    if (plugged >= 0) return plugged;
    const Lv c = lv_coordinates(p);
    const double r_in = cavity(c.s, 0), r_out = cavity(c.s, wall_mm(c));
    const double d_lv = c.s > 0 && r_in > 0 ? c.rho - r_in : 20.0;
    const double below_aortic = (p - aortic_.centre).dot(aortic_.normal);
    const double d_lvot = below_aortic < 0 ? lvot_.distance(p) : 20.0;
    const double d_lv_all = std::min(d_lv, d_lvot);
    if (d_lv_all < 0) return lv;
    const double d_epi = c.s > -2 && r_out > 0 ? c.rho - r_out : 20.0;
    const double d_ao = below_aortic > 0 || p.y() > 14 ? aorta_.distance(p) : 20.0;
    if (d_ao < 0) return p.y() > 14 ? ao_desc : ao;
    if (d_epi < 0 && c.s > 1.0) return in_scar(c) ? scar : lv_wall;
    if (d_ao < 1.5 || d_lvot < 3.0) return d_ao < 1.5 ? thin_wall : lv_wall;
    const double past_pulmonary = (p - pulmonary_.centre).dot(pulmonary_.normal);
    const double d_trunk = past_pulmonary > 0 ? trunk_.distance(p) : 20.0;
    const double d_pa = std::min({d_trunk, right_pa_.distance(p), left_pa_.distance(p)});
    if (d_pa < 0) return pa;
    if (d_pa < 1.5) return thin_wall;
    const double d_la = la_distance(p);
    if (d_la < 0) return la;
    if (d_la < 2.2) return thin_wall;
    double d_vein = 20.0;
    for (const auto& v : veins_) d_vein = std::min(d_vein, v.distance(p));
    if (d_vein < 0) return vein;
    if (d_vein < 1.2) return thin_wall;
    const double past_tricuspid = (p - tricuspid_.centre).dot(tricuspid_.normal);
    const double d_rvot = past_pulmonary < 0 ? rvot_.distance(p) : 20.0;
    double d_rv = shapes::ellipsoid(p, Vec3(32, -56, -7), rv_axes_, Vec3(48, 27, 33));
    if (past_tricuspid < 0) d_rv = std::max(d_rv, -past_tricuspid);
    d_rv = std::min(d_rv, d_rvot);
    if (d_rv < 0) return rv;
    const double d_ra = shapes::ellipsoid(p, Vec3(-27, -38, 6), Vec3(25, 27, 33));
    if (d_ra < 0 && past_tricuspid < 0) return ra;
    if (d_rv < 3.0 && past_pulmonary < 1.0 && past_tricuspid > -1.0) return rv_wall;
    if (d_ra < 2.0) return thin_wall;
    const double d_svc = svc_.distance(p), d_ivc = ivc_.distance(p);
    if (d_svc < 0) return svc;
    if (d_ivc < 0) return ivc;
    if (std::min(d_svc, d_ivc) < 1.5) return thin_wall;
    const double any = std::min({d_epi, d_ao, d_pa, d_la, d_rv, d_ra, d_svc});
    return any < 5.0 && p.z() > -62 ? organ_fat : -1;
  }
  double la_distance(const Vec3& p) const {
    const double body = shapes::ellipsoid(p, Vec3(9, 8, 17), Vec3(33, 20, 27));
    const double past_mitral = (p - mitral_.centre).dot(mitral_.normal);
    const double appendage = shapes::ellipsoid(p, Vec3(44, -14, 30), Vec3(14, 11, 12));
    return std::max(std::min(body, appendage), past_mitral);
  }

  int far_vessel(const Vec3& p) const {
    const double d_ao = p.y() > 14 || p.z() > 60 ? aorta_.distance(p) : 20.0;
    if (d_ao < 0) return p.y() > 14 ? ao_desc : ao;
    const double d_svc = svc_.distance(p), d_ivc = ivc_.distance(p);
    if (d_svc < 0) return svc;
    if (d_ivc < 0) return ivc;
    return std::min({d_ao, d_svc, d_ivc}) < 1.5 ? thin_wall : -1;
  }

  int chest_at(const Vec3& p, double body) const {
    const double spine = std::hypot(p.x() / 20.0, (p.y() - 66) / 17.0) - 1;
    if (spine < 0) {
      const double level = std::fmod(p.z() + 300.0, 28.0);  // vertebral body 23 mm, disc 5 mm
      if (level < 5) return muscle;
      return spine > -0.12 ? bone : marrow;
    }
    if (std::abs(p.x()) < 7 && p.y() > 78 && p.y() < 100) return bone;
    const double cage = shapes::ellipsoid(p, Vec3(0, -4, -20), Vec3(136, 88, 320));  // inner chest wall
    if (cage > 0) {
      if (body > -9) return skin_fat;
      if (cage < 9 && cage > 1) {
        const double tilt = p.z() + 0.35 * p.y();  // ribs fall forwards
        for (double level : rib_level_)
          if (std::abs(tilt - level) < 5.5) return std::abs(tilt - level) > 3.8 || cage < 2.6 || cage > 7.4 ? bone : marrow;
      }
      if (std::abs(p.x()) < 16 && p.y() < -60 && p.z() > -60 && cage < 10) return cage < 2 || cage > 8 ? bone : marrow;  // sternum
      return muscle;
    }
    const double right_dome = shapes::ellipsoid(p, Vec3(-60, 0, -140), Vec3(88, 100, 105));
    const double left_dome = shapes::ellipsoid(p, Vec3(58, 0, -150), Vec3(90, 100, 92));
    if (right_dome < 0) return liver;
    if (left_dome < 0) return muscle;
    const bool mediastinum = std::abs(p.x() - 4) < 26 && (p.y() > 24 || p.y() < -62 || p.z() > 46);
    const bool flat_mediastinum = std::abs(p.x() - 6) < 38 && std::abs(p.y() + 10) < 40 && p.z() > 40;
    if (mediastinum || flat_mediastinum) return organ_fat;
    return lung;
  }

  bool infarct_;
  const Valve mitral_{Vec3(20, -9, 8), Vec3(0.45, -0.82, -0.36).normalized(), 15.0};
  const Valve aortic_{Vec3(14, -25, 20), Vec3(-0.57, -0.18, 0.80).normalized(), 12.0};
  const Valve tricuspid_{Vec3(-3, -48, 2), Vec3(0.91, -0.36, -0.23).normalized(), 17.0};
  const Valve pulmonary_{Vec3(32, -42, 44), Vec3(0.10, 0.87, 0.48).normalized(), 12.0};
  const Vec3 base_{19, -13, 10};
  const double scar_angle_ = -0.9;
  Vec3 axis_, side_, third_;
  core::Mat3 rv_axes_;
  shapes::Tube aorta_, lvot_, rvot_, trunk_, right_pa_, left_pa_, svc_, ivc_;
  std::array<shapes::Tube, 4> veins_;
  std::array<double, 9> rib_level_{};
};

}  // namespace

core::Result<Phantom> make_thorax_phantom(const PhantomParams& params, const core::Progress& progress) {
  if (!(params.spacing_mm >= 0.7 && params.spacing_mm <= 4.0) || !(params.noise_hu >= 0 && params.noise_hu <= 200))
    return core::wrong_usage("The thorax phantom cannot be built with a spacing of " + std::to_string(params.spacing_mm) + " mm and a noise of " +
                             std::to_string(params.noise_hu) + " HU (it would be too coarse, too large or all noise). Use 0.7 to 4 mm and 0 to 200 HU.");
  core::Grid grid;
  const Vec3 extent(330, 255, 210);  // mm
  for (int d = 0; d < 3; ++d) grid.size[std::size_t(d)] = int(std::lround(extent[d] / params.spacing_mm));
  grid.spacing = Vec3::Constant(params.spacing_mm);
  grid.origin = Vec3(-165, -127.5, -103) + 0.5 * grid.spacing;
  const Thorax thorax(params.infarct);
  auto phantom = render_phantom(grid, tissue_table(), [&](const Vec3& p) { return thorax.at(p); }, params.noise_hu, params.seed, progress);
  if (phantom) phantom->ct.description = "Phantom: contrast CT of the chest";
  return phantom;
}

core::LabelMap model_heart(double spacing) {
  core::LabelMap out;
  const Vec3 low(-85, -115, -95), high(115, 75, 105);
  out.grid.spacing = Vec3::Constant(spacing);
  out.grid.origin = low;
  for (int d = 0; d < 3; ++d) out.grid.size[std::size_t(d)] = int(std::floor((high[d] - low[d]) / spacing)) + 1;
  out.values.resize(out.grid.voxels());
  out.labels = core::labels::heart();
  const Thorax thorax(false);
  const auto tissues = tissue_table();
  const std::ptrdiff_t rows = std::ptrdiff_t(out.grid.size[1]) * out.grid.size[2];
  core::parallel_chunks(rows, 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % out.grid.size[1]), k = int(row / out.grid.size[1]);
      for (int i = 0; i < out.grid.size[0]; ++i) {
        const int tissue = thorax.at(out.grid.to_patient(Vec3(i, j, k)));
        int label = tissues[std::size_t(tissue)].label;
        if (tissue == svc) label = model_labels::svc;
        if (tissue == ivc) label = model_labels::ivc;
        if (tissue == vein) label = model_labels::pulmonary_vein;
        if (label == l::lung || label == l::bone) label = 0;
        out.values[out.grid.offset(i, j, k)] = std::uint8_t(label);
      }
    }
  });
  return out;
}

}  // namespace ot::imaging
