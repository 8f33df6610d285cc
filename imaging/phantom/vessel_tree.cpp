// SPDX-License-Identifier: GPL-3.0-or-later
// The trunk phantom with a contrast-filled aorta, four generations of branches, a spine beside them and an enhanced kidney.
#include <cmath>

#include "imaging/phantom/render.hpp"
#include "imaging/phantom/shapes.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

enum { air, soft, fat, kidney, cortex, marrow, blood, tissue_count };

struct Tree {
  std::vector<shapes::Tube> tubes;

  Tree() {
    // Aorta of 22 mm in front of the spine; radii of branches as in adults: renal 3 mm, mesenteric 3.5 mm, then 2, 1.5 and 1 mm.
    const auto add = [&](std::vector<Vec3> knots, std::vector<double> radius) { tubes.emplace_back(std::move(knots), std::move(radius), 12); };
    add({{0, -4, -80}, {2, -6, -30}, {-1, -5, 20}, {0, -4, 80}}, {10.5, 11, 11, 11.5});
    add({{4, -6, 10}, {20, 0, 8}, {38, 4, 2}, {48, 4, 0}}, {3, 3, 2.8, 2.6});                           // to the kidney, in front of the spine's edge
    add({{-1, -14, 25}, {-6, -24, 10}, {-8, -30, -15}, {-6, -34, -45}}, {3.5, 3.3, 3, 2.6});            // forwards and down
    add({{-8, -30, -15}, {-22, -30, -22}, {-38, -26, -30}, {-52, -20, -34}}, {2, 2, 1.8, 1.5});
    add({{-38, -26, -30}, {-44, -34, -40}, {-46, -40, -52}}, {1.5, 1.3, 1});
    add({{-4, -4, -20}, {-14, 6, -20}, {-19, 18, -22}, {-22, 32, -26}}, {2, 2, 2, 1.8});                // passes the vertebra 2 mm away
  }
  double distance(const Vec3& p) const {
    double best = 1e9;
    for (const auto& t : tubes) best = std::min(best, t.distance(p));
    return best;
  }
  int at(const Vec3& p) const {
    const double body = std::hypot(p.x() / 78, p.y() / 62);
    if (body > 1) return air;
    if (distance(p) < 0) return blood;
    const double spine = std::hypot(p.x(), p.y() - 27) - 14;
    if (spine < -2) return marrow;
    if (spine < 0) return cortex;
    if (shapes::ellipsoid(p, Vec3(56, 8, -4), Vec3(9, 14, 26)) < 0) return kidney;
    return body > 0.9 || distance(p) < 2 ? fat : soft;
  }
};

}  // namespace

core::Result<VesselPhantom> make_vessel_phantom(const PhantomParams& params, const core::Progress& progress) {
  if (!(params.spacing_mm >= 0.5 && params.spacing_mm <= 3) || !(params.noise_hu >= 0 && params.noise_hu <= 200))
    return core::wrong_usage("The vessel phantom cannot be built with these values (it would be too large, too coarse or all noise). "
                             "Use a spacing of 0.5 to 3 mm and a noise of 0 to 200 HU.");
  core::Grid grid;
  const Vec3 extent(168, 136, 150);
  for (int d = 0; d < 3; ++d) grid.size[std::size_t(d)] = int(std::lround(extent[d] / params.spacing_mm));
  grid.spacing = Vec3::Constant(params.spacing_mm);
  grid.origin = -0.5 * extent + 0.5 * grid.spacing;
  // Typical HU of an arterial phase; marrow and an enhanced kidney lie between soft tissue and blood.
  std::vector<Tissue> tissues(tissue_count);
  tissues[air] = {-1000, 0}, tissues[soft] = {50, 0}, tissues[fat] = {-90, 0}, tissues[kidney] = {150, 0};
  tissues[cortex] = {800, l::bone}, tissues[marrow] = {220, l::bone}, tissues[blood] = {350, l::vessel};
  const Tree tree;
  auto made = render_phantom(grid, tissues, [&](const Vec3& p) { return tree.at(p); }, params.noise_hu, params.seed, progress);
  if (!made) return core::pass(made);
  VesselPhantom out;
  out.ct = std::move(made->ct);
  out.truth = std::move(made->truth);
  out.ct.description = "Phantom: contrast CT of a vessel tree beside a spine";
  for (const auto& t : tree.tubes) out.branches.push_back({t.points, t.radius});
  return out;
}

VesselScore score_vessels(const core::LabelMap& found, const VesselPhantom& phantom, double least_radius_mm) {
  const core::Grid& g = phantom.truth.grid;
  OT_EXPECT(found.grid.same_as(g));
  const auto lumen = [&](std::size_t i) {
    const int v = found.values[i];
    return v != 0 && v != l::bone && v != l::body && v != l::lung;
  };
  const Tree tree;
  double both = 0, mine = 0, truth = 0, outside = 0, bone = 0, bone_found = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t at = g.offset(i, j, k);
        const bool is = phantom.truth.values[at] == l::vessel, in = lumen(at);
        both += is && in, mine += in, truth += is;
        if (in && !is && tree.distance(g.to_patient(Vec3(i, j, k))) > 1.5) ++outside;
        if (phantom.truth.values[at] == l::bone) ++bone, bone_found += in;
      }
  double asked = 0, hit = 0;
  for (const auto& b : phantom.branches)
    for (std::size_t p = 0; p < b.points.size(); ++p) {
      const Vec3 index = g.to_index(b.points[p]);
      const int i = int(std::lround(index.x())), j = int(std::lround(index.y())), k = int(std::lround(index.z()));
      if (b.radius[p] < least_radius_mm || !g.contains(i, j, k)) continue;
      ++asked, hit += lumen(g.offset(i, j, k));
    }
  return {mine + truth > 0 ? 2 * both / (mine + truth) : 1, asked > 0 ? hit / asked : 1, mine > 0 ? outside / mine : 0, bone > 0 ? bone_found / bone : 0};
}

}  // namespace ot::imaging
