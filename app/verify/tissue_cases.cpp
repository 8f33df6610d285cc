// SPDX-License-Identifier: GPL-3.0-or-later
// Landmarks, segments, wall thickness and scar of imaging/tissue against shapes of known truth.
#include <algorithm>
#include <cmath>

#include "app/verify/cases.hpp"
#include "imaging/tissue/phantom.hpp"
#include "imaging/tissue/scar.hpp"
#include "imaging/tissue/segments.hpp"

namespace ot::verify {
namespace {

using core::Mat3;
using core::Vec3;

double angle_deg(const Vec3& a, const Vec3& b) { return std::acos(std::clamp(a.normalized().dot(b.normalized()), -1.0, 1.0)) * 180 / M_PI; }

double percent_right(const imaging::Ventricle& v, const core::LvFrame& frame) {
  const auto mine = imaging::aha_segments(v.labels, frame);
  double right = 0, all = 0;
  for (std::size_t n = 0; n < mine.size(); ++n)
    if (v.segment[n]) ++all, right += mine[n] == v.segment[n];
  return 100 * right / all;
}

}  // namespace

Rows tissue_landmarks(bool quick, const core::Progress& progress) {
  RowTable table{"imaging/tissue/landmarks", quick};
  for (const double spacing : {1.0, 1.5, 3.0}) {
    if (quick && spacing < 1.5) continue;
    imaging::VentricleParams p;
    p.spacing = Vec3::Constant(spacing);
    const auto v = imaging::make_ventricle(p, progress);
    if (!v) return core::pass(v);
    const auto lm = imaging::find_landmarks(v->labels, {}, {}, progress);
    if (!lm) return core::pass(lm);
    const std::string at = spacing < 1.2 ? "_1mm" : spacing < 2 ? "_1.5mm" : "_3mm";
    const std::string source = "known truth of the ventricle phantom, voxels of " + at.substr(1);
    table.add("apex_off_mm" + at, (lm->frame.apex - v->frame.apex).norm(), 0, std::max(2.0, spacing), source);
    table.add("base_off_mm" + at, (lm->frame.base - v->frame.base).norm(), 0, 2, source);
    table.add("long_axis_off_deg" + at, angle_deg(lm->frame.axis(), v->frame.axis()), 0, 3, source);
    table.add("septum_off_deg" + at, angle_deg(lm->frame.septum, v->frame.septum), 0, 3, source);
  }
  return table.rows;
}

Rows tissue_segments(bool quick, const core::Progress& progress) {
  RowTable table{"imaging/tissue/aha17", quick};
  const Mat3 turned = Eigen::AngleAxisd(1.1, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  const struct {
    const char* what;
    Mat3 turn;
    bool mirrored;
  } cases[] = {{"adult_pose", Mat3::Identity(), false}, {"turned", turned, false}, {"mirrored", Mat3::Identity(), true}, {"turned_and_mirrored", turned, true}};
  for (const auto& c : cases) {
    imaging::VentricleParams p;
    p.spacing = Vec3::Constant(quick ? 2.0 : 1.5);
    p.turn = c.turn;
    p.mirrored = c.mirrored;
    const auto v = imaging::make_ventricle(p, progress);
    if (!v) return core::pass(v);
    const auto lm = imaging::find_landmarks(v->labels, {}, {}, progress);
    if (!lm) return core::pass(lm);
    table.add(std::string("voxels_right_percent_") + c.what, percent_right(*v, lm->frame), 100, 5, "Cerqueira 2002 in the phantom's own axes");
    table.add(std::string("septum_to_rv_off_deg_") + c.what, angle_deg(lm->frame.septum, v->frame.septum), 0, 3, "the septum lies on the RV side");
    table.add(std::string("said_to_be_mirrored_") + c.what, lm->mirrored, c.mirrored, 0.5, "handedness of the phantom");
  }
  return table.rows;
}

Rows tissue_thickness(bool quick, const core::Progress& progress) {
  RowTable table{"imaging/tissue/wall-thickness", quick};
  const struct {
    const char* what;
    Vec3 spacing;
    double inner, outer, shift, angle;
  } cases[] = {{"concentric_10mm", Vec3(1, 1, 1), 22, 32, 0, 0}, {"eccentric_7_to_13mm", Vec3(1, 1, 1), 22, 32, 3, 0}, {"thin_5mm", Vec3(1, 1, 1), 26, 31, 0, 0}, {"anisotropic_1x1x3", Vec3(1, 1, 3), 22, 32, 3, 0.6}};
  for (const auto& c : cases) {
    const Mat3 direction = Eigen::AngleAxisd(c.angle, Vec3(1, 1, 0.3).normalized()).toRotationMatrix();
    const auto wall = imaging::measure_wall(imaging::make_shell(c.spacing, direction, c.inner, c.outer, c.shift), std::nullopt, progress);
    if (!wall) return core::pass(wall);
    std::vector<double> off;
    for (int k = 0; k < wall->grid.size[2]; ++k)
      for (int j = 0; j < wall->grid.size[1]; ++j)
        for (int i = 0; i < wall->grid.size[0]; ++i) {
          const float mm = wall->thickness_mm[wall->grid.offset(i, j, k)];
          if (std::isnan(mm) || (i + j + k) % 5) continue;   // every fifth: the reference line is marched in steps of 0.01 mm
          off.push_back(std::abs(double(mm) - imaging::shell_thickness(wall->grid.to_patient(Vec3(i, j, k)), c.inner, c.outer, c.shift)));
        }
    std::sort(off.begin(), off.end());
    double mean = 0;
    for (const double e : off) mean += e / double(off.size());
    const double voxel = c.spacing.maxCoeff();
    table.add(std::string("p95_off_voxels_") + c.what, off[std::size_t(0.95 * double(off.size() - 1))] / voxel, 0, 0.5, "field line between two spheres (bispherical coordinates)");
    table.add(std::string("mean_off_mm_") + c.what, mean, 0, 0.5, "the same");
  }
  return table.rows;
}

Rows tissue_scar(bool quick, const core::Progress& progress) {
  RowTable table{"imaging/tissue/scar-volume", quick};
  for (const Vec3& spacing : {Vec3(1, 1, 1), Vec3(1.5, 1.5, 1.5), Vec3(1.4, 1.4, 5)}) {
    if (quick && spacing.minCoeff() < 1.2) continue;
    imaging::VentricleParams p;
    p.spacing = spacing;
    const auto v = imaging::make_ventricle(p, progress);
    if (!v) return core::pass(v);
    const auto lm = imaging::find_landmarks(v->labels, {}, {}, progress);
    if (!lm) return core::pass(lm);
    const auto wall = imaging::measure_wall(v->labels, lm->frame, progress);
    if (!wall) return core::pass(wall);
    const auto sample = imaging::sample_wall(v->labels, &v->image, lm->frame, *wall, progress);
    if (!sample) return core::pass(sample);
    const std::string at = spacing.maxCoeff() > 2 ? "_1.4x1.4x5mm" : spacing.x() < 1.2 ? "_1mm" : "_1.5mm";
    for (const auto method : {imaging::ScarMethod::n_sd, imaging::ScarMethod::fwhm}) {
      imaging::ScarParams s;
      s.method = method;
      const auto r = imaging::classify_wall(*sample, s, progress);
      if (!r) return core::pass(r);
      table.add_relative(std::string(imaging::name_of(method)) + "_scar_ml" + at, r->scar_ml, v->scar_ml, 0.05, "known scar; Rician noise, contrast 10 SD, partial volume, automatic remote");
    }
  }
  return table.rows;
}

}  // namespace ot::verify
