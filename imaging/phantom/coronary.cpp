// SPDX-License-Identifier: GPL-3.0-or-later
// A cardiac field of view with the left coronary artery. Lengths in mm, LPS.
// Lumen diameters: left main 4.2, LAD 3.6 falling to 1.8 over its length, diagonal 2.0 to 1.5 (normal right-dominant hearts: left main 4.5,
// LAD 3.7 to 1.9, Dodge et al., Circulation 1992, doi 10.1161/01.CIR.86.1.232). The stenosis is smooth (cosine), 12 mm long.
#include <cmath>

#include "imaging/phantom/phantom.hpp"
#include "imaging/phantom/render.hpp"
#include "imaging/phantom/shapes.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

enum : int { lung, fat, wall, lv, ao, ao_wall, artery, tissue_count };
constexpr double pi = 3.14159265358979323846;

class Coronary {
 public:
  explicit Coronary(double stenosis_percent) {
    root_ = shapes::Tube({Vec3(-22, -6, 10), Vec3(-22, -6, 26), Vec3(-22, -6, 60)}, {15.5, 14.5, 14}, 6);
    // Left main from inside the root to the heart's surface, then the LAD along it, half a millimetre above the wall.
    const std::vector<Vec3> way = {Vec3(-0.30, -0.35, 0.87), Vec3(0.08, -0.72, 0.69), Vec3(0.35, -0.90, 0.28), Vec3(0.55, -0.80, -0.22), Vec3(0.64, -0.55, -0.54)};
    std::vector<Vec3> knots;
    for (const Vec3& d : way) knots.push_back(on_surface(d, 2.6));
    std::vector<Vec3> all = {Vec3(-18, -8, 27), Vec3(-14, -14, 26.5)};
    all.insert(all.end(), knots.begin(), knots.end());
    lad_ = shapes::Tube(all, std::vector<double>(all.size(), 1.0), 24);
    const std::size_t start = 2 * 24;  // the LAD proper begins at the third knot
    double arc = 0, along = 0;
    std::vector<double> s(lad_.points.size(), 0.0);
    for (std::size_t i = 1; i < s.size(); ++i) s[i] = arc += (lad_.points[i] - lad_.points[i - 1]).norm();
    for (std::size_t i = 0; i < s.size(); ++i) {
      along = s[i] - s[start];
      double d = along < 0 ? 4.2 - 0.6 * std::clamp(1 + along / 8.0, 0.0, 1.0) : 3.6 - 1.8 * along / 90.0;
      const double x = along - 25.0, length = 12.0;
      if (std::abs(x) < length / 2) d *= 1 - 0.005 * stenosis_percent * (1 + std::cos(2 * pi * x / length));
      lad_.radius[i] = 0.5 * std::max(d, 0.2);
    }
    lad_.bound();
    std::size_t fork = start;
    while (fork + 1 < s.size() && s[fork] - s[start] < 42.0) ++fork;
    const Vec3 from = lad_.points[fork], out = (from - centre_).cwiseQuotient(semi_).normalized();
    std::vector<Vec3> side = {from};
    const Vec3 left = (lad_.points[fork] - lad_.points[fork - 1]).cross(out).normalized() * -1.0;
    for (int i = 1; i <= 4; ++i) {
      const Vec3 d = out + (left * 0.20 + (lad_.points[fork] - lad_.points[fork - 1]).normalized() * 0.12) * i;
      side.push_back(on_surface(d, 2.6));
    }
    diagonal_ = shapes::Tube(side, {1.0, 1.0, 0.92, 0.84, 0.75}, 10);
  }

  int at(const Vec3& p) const {
    if (lad_.distance(p) < 0 || diagonal_.distance(p) < 0) return root_.distance(p) < 0 ? ao : artery;
    const double d_root = root_.distance(p);
    if (d_root < 0) return ao;
    if (d_root < 1.5) return ao_wall;
    const double heart = shapes::ellipsoid(p, centre_, semi_);
    if (shapes::ellipsoid(p, centre_ + Vec3(2, 2, -2), semi_ - Vec3(9.5, 9.5, 9.5)) < 0) return lv;
    if (heart < 0) return wall;
    if (heart < 7 || d_root < 8) return fat;
    return p.y() < -40 ? fat : lung;
  }

 private:
  Vec3 on_surface(const Vec3& direction, double above) const {
    const Vec3 d = direction.normalized();
    return centre_ + d / d.cwiseQuotient(semi_).norm() + d * above;
  }
  const Vec3 centre_{6, 6, -8}, semi_{38, 34, 30};
  shapes::Tube root_, lad_, diagonal_;
};

}  // namespace

core::Result<Phantom> make_coronary_phantom(const PhantomParams& params, const core::Progress& progress) {
  const double spacing = std::min(params.spacing_mm, 0.6);
  if (!(spacing >= 0.3) || !(params.noise_hu >= 0 && params.noise_hu <= 200) || !(params.stenosis_percent >= 0 && params.stenosis_percent <= 90))
    return core::wrong_usage("The coronary phantom cannot be built with these values (it would be too large, all noise, or the artery closed). "
                             "Use a spacing of 0.3 mm or more, a noise of 0 to 200 HU and a stenosis of 0 to 90 %.");
  core::Grid grid;
  const Vec3 extent(100, 100, 80);  // mm
  for (int d = 0; d < 3; ++d) grid.size[std::size_t(d)] = int(std::lround(extent[d] / spacing));
  grid.spacing = Vec3::Constant(spacing);
  grid.origin = -0.5 * extent + 0.5 * grid.spacing;
  std::vector<Tissue> tissues(tissue_count);
  tissues[lung] = {-850, l::lung}, tissues[fat] = {-90, 0}, tissues[wall] = {110, l::lv_myocardium}, tissues[lv] = {380, l::lv_blood_pool};
  tissues[ao] = {380, l::aorta}, tissues[ao_wall] = {60, 0}, tissues[artery] = {370, l::coronary};
  const Coronary coronary(params.stenosis_percent);
  auto phantom = render_phantom(grid, tissues, [&](const Vec3& p) { return coronary.at(p); }, params.noise_hu, params.seed, progress);
  if (phantom) phantom->ct.description = "Phantom: contrast CT of the left coronary artery";
  return phantom;
}

}  // namespace ot::imaging
