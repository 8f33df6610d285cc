// SPDX-License-Identifier: GPL-3.0-or-later
// Tetrahedra of a lumen (graded by the local radius) and of any closed surface with patches.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "imaging/meshing/chords.hpp"
#include "imaging/meshing/graft.hpp"
#include "imaging/meshing/lumen_ends.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_edit.hpp"
#include "imaging/meshing/surface_tets.hpp"

namespace ot::imaging {

using core::Vec3;

namespace {

// Five edges across the local diameter resolve a parabolic profile; never finer than a quarter of the largest edge.
constexpr double edges_per_radius = 2.5, finest_share = 0.25;
// A narrowing and the jet behind it need more: with 2.5 edges per radius of the throat the steady pressure drop of a 50 % lesion (3 mm tube,
// Re 192) is 18 % too high. Behind the throat edges grow by 0.01 per length, a tenth of what a jet's own half-width does (0.1: Pope, Turbulent
// Flows, 2000, 5.1): its shear layer is thinnest where it leaves the wall, and cells that grow by 0.03 mix it there (short tube, drop 7.4 %
// below a layered mesh instead of 2.8 %; 12 edges per throat with 0.03 5.4 %; resources/docs/dev/flow-3d.md).
// Whoever asks for fewer than four edges per radius of the vessel wants a quick look and gets 0.03.
// Never finer than a sixth of the largest edge (a throat of a tenth of the lumen would ask for millions of cells).
constexpr double edges_per_throat = 8, jet_growth = 0.01, coarse_jet_growth = 0.03, coarse_per_radius = 4, finest_throat_share = 1.0 / 6;

// Edge length at every centreline point.
std::vector<std::vector<double>> wanted_edges(const core::VesselNetwork& network, double largest) {
  std::vector<std::vector<double>> out;
  for (const core::VesselBranch& b : network.branches) {
    out.emplace_back();
    for (double r : b.radius) out.back().push_back(std::clamp(r / edges_per_radius, finest_share * largest, largest));
  }
  for (const core::Stenosis& s : core::find_stenoses(network)) {
    const core::VesselBranch& b = network.branches[std::size_t(s.branch)];
    const double throat = 0.5 * s.min_diameter_mm / edges_per_throat;
    const double growth = largest > 0.5 * s.reference_diameter_mm / coarse_per_radius * 1.05 ? coarse_jet_growth : jet_growth;   // 5 %: radii are measured
    for (std::size_t p = 0; p < b.points.size(); ++p) {
      double& h = out[std::size_t(s.branch)][p];
      if (b.arc[p] < s.start_mm) continue;
      h = std::min(h, std::max(finest_throat_share * largest, b.arc[p] <= s.throat_mm ? b.radius[p] / edges_per_throat : throat + growth * (b.arc[p] - s.throat_mm)));
    }
  }
  return out;
}

// Edge length on a coarse grid over the surface's box, from the nearest centreline point.
class SizeMap {
 public:
  SizeMap(const core::SurfaceMesh& s, const core::VesselNetwork& network, double largest) {
    Vec3 hi = Vec3::Constant(-1e300);
    low_ = -hi;
    for (const Vec3& p : s.points) low_ = low_.cwiseMin(p), hi = hi.cwiseMax(p);
    step_ = std::max(largest, std::cbrt((hi - low_).prod() / 2e5));
    for (int a = 0; a < 3; ++a) n_[a] = int((hi[a] - low_[a]) / step_) + 2;
    value_.resize(std::size_t(n_[0]) * std::size_t(n_[1]) * std::size_t(n_[2]));
    const std::vector<std::vector<double>> wanted = wanted_edges(network, largest);
    for (int k = 0; k < n_[2]; ++k)
      for (int j = 0; j < n_[1]; ++j)
        for (int i = 0; i < n_[0]; ++i) {
          const Vec3 x = low_ + step_ * Vec3(i, j, k);
          double nearest = 1e300, edge = largest;
          for (std::size_t b = 0; b < network.branches.size(); ++b) {
            const core::VesselBranch& v = network.branches[b];
            for (std::size_t p = 0; p < v.points.size(); ++p) {
              // Relative to the radius, so that a thin branch beside a thick one keeps its own size.
              const double d = (v.points[p] - x).squaredNorm() / (v.radius[p] * v.radius[p]);
              if (d < nearest) nearest = d, edge = wanted[b][p];
            }
          }
          value_[at(i, j, k)] = edge;
        }
  }
  double operator()(const Vec3& x) const {
    int i[3];
    double u[3];
    for (int a = 0; a < 3; ++a) {
      const double q = std::clamp((x[a] - low_[a]) / step_, 0.0, double(n_[a] - 1));
      i[a] = std::min(int(q), n_[a] - 2);
      u[a] = q - i[a];
    }
    double sum = 0;
    for (int c = 0; c < 8; ++c) {
      const int d[3] = {c & 1, c >> 1 & 1, c >> 2};
      double w = 1;
      for (int a = 0; a < 3; ++a) w *= d[a] ? u[a] : 1 - u[a];
      sum += w * value_[at(i[0] + d[0], i[1] + d[1], i[2] + d[2])];
    }
    return sum;
  }

 private:
  std::size_t at(int i, int j, int k) const { return (std::size_t(k) * std::size_t(n_[1]) + std::size_t(j)) * std::size_t(n_[0]) + std::size_t(i); }
  Vec3 low_;
  double step_;
  int n_[3];
  std::vector<double> value_;
};

core::Result<core::TetMesh> checked(core::Result<core::TetMesh> mesh, const core::SurfaceMesh& surface) {
  if (!mesh) return mesh;
  if (const auto ready = core::check_simulation_ready(*mesh); !ready) return core::pass(ready);
  const core::MeshQuality q = core::measure_quality(*mesh);
  if (q.inverted > 0 || q.min_dihedral_deg < 8.0) {
    return core::computation_failed(fmt::format("The mesh has elements that are too flat ({:.1f} degrees; the solvers need 8). Use another edge length.",
                                                q.min_dihedral_deg));
  }
  for (const auto& [patch, name] : surface.patch_names)
    if (std::find(surface.patch.begin(), surface.patch.end(), patch) != surface.patch.end() &&
        std::none_of(mesh->boundary.begin(), mesh->boundary.end(), [p = patch](const core::BoundaryFace& f) { return f.patch == p; })) {
      return core::computation_failed(fmt::format("The mesh lost the patch \"{}\" (it is smaller than an element). Use a smaller edge length.", name));
    }
  return mesh;
}

}  // namespace

core::Result<core::TetMesh> lumen_tets(const core::SurfaceMesh& lumen, double edge_mm, const core::Progress& progress) {
  if (!(edge_mm >= 0) || !std::isfinite(edge_mm)) return core::wrong_usage("The edge length of a lumen mesh must be 0 mm or more. Check the call.");
  if (const auto ok = check_closed_surface(lumen, "the lumen"); !ok) return core::pass(ok);
  auto network = centerline(lumen, progress.part(0, 0.15));
  if (!network) return core::pass(network);
  return lumen_tets_along(lumen, *network, edge_mm, progress.part(0.15, 1));
}

core::Result<core::TetMesh> lumen_tets_along(const core::SurfaceMesh& lumen, const core::VesselNetwork& lines, double edge_mm, const core::Progress& progress) {
  if (!(edge_mm >= 0) || !std::isfinite(edge_mm)) return core::wrong_usage("The edge length of a lumen mesh must be 0 mm or more. Check the call.");
  if (edge_mm == 0) {
    std::vector<double> r;
    for (const auto& b : lines.branches) r.insert(r.end(), b.radius.begin(), b.radius.end());
    std::nth_element(r.begin(), r.begin() + std::ptrdiff_t(r.size() / 2), r.end());
    edge_mm = r[r.size() / 2] / edges_per_radius;
  }
  const SizeMap size(lumen, lines, edge_mm);
  auto mesh = tets_inside(lumen, patch_borders(lumen, 0), size, edge_mm, progress);
  if (mesh) {
    match_volume(mesh->nodes, mesh->boundary, lumen_wall, lumen);
    mesh->region_names = {{1, "lumen"}};
  }
  return checked(std::move(mesh), lumen);
}

core::Result<core::TetMesh> wall_from_surface(const core::SurfaceMesh& closed, double edge_mm, const std::string& region_key, const core::Progress& progress) {
  if (!(edge_mm > 0) || !std::isfinite(edge_mm)) return core::wrong_usage("The edge length of a mesh must be over 0 mm. Choose about 1.2 mm for a heart.");
  if (const auto ok = check_closed_surface(closed, "the wall"); !ok) return core::pass(ok);
  auto mesh = tets_inside(closed, patch_borders(closed, 40.0), [edge_mm](const Vec3&) { return edge_mm; }, edge_mm, progress);
  if (mesh) mesh->region_names = {{1, region_key}};
  return checked(std::move(mesh), closed);
}

}  // namespace ot::imaging
