// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/phantom.hpp"

#include <cmath>
#include <map>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"

namespace ot::ep {

using core::Index;
using core::Vec3;

PhantomVentricle make_infarct(const InfarctPhantom& s) {
  OT_EXPECT(s.edge_mm > 0 && s.wall_mm > 0 && s.radius_mm > s.wall_mm && s.shrink > 0);
  const double radius = s.radius_mm * s.shrink, length = s.length_mm * s.shrink, wall = s.wall_mm * s.shrink, scar = s.scar_radius_mm * s.shrink, channel = s.channel_mm * s.shrink;
  // An unrolled wall: x around, y base to apex, z inside to outside; even numbers of cubes, so that the alternating split closes.
  const int around = 2 * int(std::ceil(M_PI * (radius + wall) / s.edge_mm)), down = int(std::ceil(length / s.edge_mm)), through = std::max(2, int(std::ceil(wall / s.edge_mm)));
  core::TetMesh mesh = core::make_box({double(around), double(down), double(through)}, 1.0, core::BoxSplit::alternating);
  std::map<std::pair<int, int>, Index> first;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (mesh.nodes[n].x() < 0.5) first[{int(std::lround(mesh.nodes[n].y())), int(std::lround(mesh.nodes[n].z()))}] = Index(n);
  std::vector<Vec3> unrolled(mesh.nodes);
  const auto place = [&](double angle, double depth, double level) {   // depth 0..1 base to apex, level 0..1 inside to outside
    // Radius of the ellipsoid over the depth: 1 at a third, 0.35 at the cut apex.
    const double z = (depth - 0.3) / 0.75, r = (radius + wall * level) * std::sqrt(std::max(0.12, 1 - z * z * (z > 0 ? 1.0 : 0.3)));
    return Vec3(r * std::sin(angle), r * std::cos(angle), -length * depth);
  };
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    const Vec3 u = unrolled[n];
    mesh.nodes[n] = place(2 * M_PI * u.x() / around, u.y() / down, u.z() / through);
  }
  for (auto& t : mesh.tets)
    for (Index& n : t)
      if (unrolled[std::size_t(n)].x() > around - 0.5) n = first.at({int(std::lround(unrolled[std::size_t(n)].y())), int(std::lround(unrolled[std::size_t(n)].z()))});
  core::compact(mesh);
  for (auto& t : mesh.tets)
    if (core::tet_volume(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])], mesh.nodes[std::size_t(t[3])]) < 0) std::swap(t[2], t[3]);
  mesh.boundary = core::find_boundary(mesh.tets);
  mesh.region.assign(mesh.tets.size(), 1);
  mesh.region_names = {{1, "lv_myocardium"}};
  mesh.patch_names = {{0, "surface"}};

  PhantomVentricle out;
  ElectroProblem& p = out.problem;
  const double centre_depth = 0.45;
  out.scar_centre = place(0, centre_depth, 1);
  out.opposite = place(M_PI, centre_depth, 1);
  // Angle at which the channel leaves the scar, seen on the middle of the wall.
  const double mid_r = std::hypot(place(0, centre_depth, 0.5).x(), place(0, centre_depth, 0.5).y());
  out.mouth_a = place(-scar / mid_r, centre_depth, 1);
  out.mouth_b = place(scar / mid_r, centre_depth, 1);

  TissueRegion healthy, border, core_region;
  healthy.key = "healthy";
  border.key = "border_zone";
  border.sigma_scale = Vec3(1.0, 0.1, 0.1);
  border.channels.g_Na = 0.38;
  border.channels.g_CaL = 0.31;
  border.channels.g_Kr = 0.30;
  border.channels.g_Ks = 0.20;
  border.source = "Arevalo et al. 2016, Nat Commun 7:11437";
  core_region.key = "scar_core";
  core_region.conducting = false;
  p.regions = {healthy, border, core_region};
  auto fibres = std::make_shared<FibreField>();
  for (const auto& t : mesh.tets) {
    Vec3 c = Vec3::Zero();
    for (Index n : t) c += 0.25 * mesh.nodes[std::size_t(n)];
    const double angle = std::atan2(c.x(), c.y()), depth = -c.z() / length;
    const Vec3 outward = (place(angle, depth, 1) - place(angle, depth, 0)).normalized();
    const Vec3 round = Vec3(std::cos(angle), -std::sin(angle), 0);
    const double r0 = place(angle, depth, 0).head<2>().norm(), r1 = place(angle, depth, 1).head<2>().norm();
    const double level = std::clamp((c.head<2>().norm() - r0) / (r1 - r0), 0.0, 1.0), helix = (60.0 - 120.0 * level) * M_PI / 180.0;
    const Vec3 along = outward.cross(round).normalized();
    fibres->f.push_back((std::cos(helix) * round + std::sin(helix) * along).normalized());
    fibres->s.push_back(outward);
    const double x = angle * mid_r, y = (depth - centre_depth) * length;
    std::uint8_t region = 0;
    if (scar > 0 && x * x + y * y < scar * scar) region = std::abs(y) < 0.5 * channel ? 1 : 2;
    p.tissue.push_back(region);
  }
  p.mesh = std::make_shared<core::TetMesh>(std::move(mesh));
  p.fibres = fibres;
  p.cell_type.assign(p.mesh->nodes.size(), 0);
  p.cycle_length_ms = 600;
  const auto sigma = conductivity_for(p.ionic_model, p.velocity, p.chi_per_mm, p.cm_uF_per_mm2, true);
  OT_EXPECT(sigma);   // the default cells conduct
  p.sigma = *sigma;
  return out;
}

void burn(ElectroProblem& p, const Vec3& at, double radius) {
  std::size_t lesion = 0;
  while (lesion < p.regions.size() && p.regions[lesion].key != "lesion") ++lesion;
  if (lesion == p.regions.size()) {
    TissueRegion r;
    r.key = "lesion";
    r.conducting = false;
    r.source = "ablated tissue does not conduct: Prakosa et al. 2018, Nat Biomed Eng 2:732";
    p.regions.push_back(r);
  }
  // Through the wall: distance across the axis from the centre of the ventricle to the point.
  const Vec3 direction = Vec3(at.x(), at.y(), 0).normalized();
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    Vec3 c = Vec3::Zero();
    for (Index n : p.mesh->tets[t]) c += 0.25 * p.mesh->nodes[std::size_t(n)];
    const Vec3 d = c - at;
    const double inward = d.dot(direction);
    if (c.dot(direction) > 0 && (d - inward * direction).norm() <= radius) p.tissue[t] = std::uint8_t(lesion);
  }
}

}  // namespace ot::ep
