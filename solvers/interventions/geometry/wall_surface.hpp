// SPDX-License-Identifier: GPL-3.0-or-later
// Places on the wall of a tetrahedral mesh: nearest surface point, inward direction, points along a line on the surface.
// Model: the outer surface without the patch "base" (the cut through the valve plane is not a wall a catheter lies on).
//   The inward direction is the area-weighted mean over faces within `reach` that look the same way.
// Numerics: exact point-triangle distances, all faces tried (pruned by bounding spheres), ties go to the lower face number.
// Threads: immutable after construction; holds a reference to the mesh.
#pragma once
#include <optional>
#include <vector>

#include "solvers/core/mesh.hpp"

namespace ot::interventions {

struct WallPoint {
  core::Vec3 position;    // on the surface, mm
  core::Vec3 inward;      // unit, into the tissue
  double distance_mm = 0; // from the asked point
};

class WallSurface {
 public:
  explicit WallSurface(const core::TetMesh& mesh);

  // Distance from x to the tissue: 0 inside it.
  double distance_to_tissue(const core::Vec3& x) const;
  // Nearest wall point. `facing`: only faces whose outward normal lies within 60 degrees of it, when there are any.
  WallPoint nearest(const core::Vec3& x, double reach_mm, const std::optional<core::Vec3>& facing = std::nullopt) const;
  // Places evenly along the line through `points` drawn on the surface, at most spacing_mm apart along it; both ends included,
  // or right round when closed. One point gives one place.
  std::vector<WallPoint> along(const std::vector<core::Vec3>& points, bool closed, double spacing_mm, double reach_mm) const;

 private:
  struct Face {
    core::Vec3 a, b, c, centre, normal;  // normal outward, unit
    double radius = 0, area = 0;
    bool base = false;
  };
  struct Hit {
    core::Vec3 position;
    double distance = 0;
    std::size_t face = 0;
    bool found = false;
  };
  Hit closest(const core::Vec3& x, bool with_base, const std::optional<core::Vec3>& facing) const;
  std::vector<Face> faces_;
  bool has_wall_ = false;  // any face that is not base
};

}  // namespace ot::interventions
