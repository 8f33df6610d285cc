// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/interventions/ablation/lesions.hpp"

#include <algorithm>

#include "solvers/interventions/ablation/lesion_size.hpp"
#include "solvers/interventions/geometry/wall_surface.hpp"

namespace ot::interventions {

LesionPlan plan_lesions(const core::TetMesh& mesh, const twin::InterventionSpec& spec) {
  const LesionSize size = lesion_size(spec.params);
  const double radius = size.radius_mm, depth = size.depth_mm;
  const bool line = spec.placement.kind == twin::Placement::Kind::polyline;
  const bool closed = line && spec.params.flag("closed") && spec.placement.points_mm.size() >= 3;
  LesionPlan plan;
  const WallSurface wall(mesh);
  const auto through = [&](const WallPoint& at, double reach) { return reach > 0 && wall.distance_to_tissue(at.position + reach * at.inward) > 0; };
  for (const WallPoint& at : wall.along(spec.placement.points_mm, closed, spec.params.number("spacing_mm"), radius)) {
    plan.lesions.push_back({at.position, at.inward, radius, depth});
    plan.through += through(at, depth);
    plan.through_when_shallow += through(at, depth - size.depth_sd_mm);
  }
  const std::size_t n = plan.lesions.size();
  for (std::size_t i = 0; i < (closed ? n : n - 1); ++i) {
    const double distance = (plan.lesions[(i + 1) % n].centre - plan.lesions[i].centre).norm();
    plan.largest_spacing_mm = std::max(plan.largest_spacing_mm, distance);
    plan.gaps += distance > 2 * radius;
  }
  plan.largest_gap_mm = std::max(0.0, plan.largest_spacing_mm - 2 * radius);
  return plan;
}

bool contains(const Lesion& lesion, const core::Vec3& x) {
  const core::Vec3 d = x - lesion.centre;
  const double along = d.dot(lesion.inward);
  const double across2 = (d - along * lesion.inward).squaredNorm();
  const double semi = along >= 0 ? lesion.depth_mm : std::min(lesion.radius_mm, lesion.depth_mm);
  return across2 / (lesion.radius_mm * lesion.radius_mm) + along * along / (semi * semi) <= 1.0;
}

std::vector<core::Index> burned_tets(const core::TetMesh& mesh, const std::vector<Lesion>& lesions) {
  std::vector<core::Index> burned;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const core::Tet& tet = mesh.tets[t];
    const core::Vec3 centroid = 0.25 * (mesh.nodes[tet[0]] + mesh.nodes[tet[1]] + mesh.nodes[tet[2]] + mesh.nodes[tet[3]]);
    for (const Lesion& lesion : lesions)
      if (contains(lesion, centroid)) {
        burned.push_back(static_cast<core::Index>(t));
        break;
      }
  }
  return burned;
}

}  // namespace ot::interventions
