// SPDX-License-Identifier: GPL-3.0-or-later
// Three-dimensional flow against published benchmarks: the cylinder of Schaefer and Turek (the FDA's nozzle: nozzle_cases.cpp; speed: flow_speed_cases.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "app/verify/flow_cases.hpp"
#include "imaging/meshing/surface_tets.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"

namespace ot::verify {
namespace {

using namespace flow;
using core::Vec3;

struct Drag {
  double cd, cl, dp, wall_s;
  std::size_t tets;
};

// 3D-1Z: U = 0.45 m/s, mean 4/9 of it, rho 1 kg/m3, mu 1e-3 Pa s, H = 0.41 m, D = 0.1 m.
core::Result<Drag> drag_of(std::shared_ptr<const core::TetMesh> mesh, const core::Progress& progress) {
  hemo::FlowProblem p;
  p.mesh = std::move(mesh);
  p.fluid.density_g_per_mm3 = 1e-6, p.fluid.viscosity_Pa_s = 1e-3;
  const double u = 200, height = 410;
  p.inlets = {{hemo::domain_inlet, {{0.0, u * height * height}}, hemo::InletProfile::rectangular}};
  p.outlets = {{hemo::domain_outlet, 1e-12, 0, 0, 0}};
  p.force_patches = {hemo::domain_cylinder};
  p.probes = {Vec3(450, 200, 205), Vec3(550, 200, 205)};
  p.steady_tolerance = 2e-4;
  auto r = hemo::run_navier_stokes(p, progress);
  if (!r) return core::pass(r);
  const double unit = 0.5 * 1e-6 * u * u * 100 * height;
  return Drag{quantity_of(*r, "force_cylinder_x_uN") / unit, quantity_of(*r, "force_cylinder_y_uN") / unit, r->probes[0].pressure_Pa - r->probes[1].pressure_Pa, r->wall_s, p.mesh->tets.size()};
}

// The boundary of the layered mesh, filled with an unstructured mesh whose size grows away from the cylinder.
core::Result<core::TetMesh> unstructured_channel(double edge, double growth, double largest, const core::Progress& progress) {
  hemo::CylinderChannel c;
  c.around_quarter = 24, c.layers = 30;
  auto layered = hemo::cylinder_channel_mesh(c);
  if (!layered) return layered;
  core::SurfaceMesh s;
  std::map<core::Index, core::Index> known;
  s.patch_names = layered->patch_names;
  for (const auto& f : layered->boundary) {
    core::Triangle t;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto [at, fresh] = known.try_emplace(f.nodes[k], core::Index(s.points.size()));
      if (fresh) s.points.push_back(layered->nodes[std::size_t(f.nodes[k])]);
      t[k] = at->second;
    }
    s.triangles.push_back(t), s.patch.push_back(f.patch);
  }
  const auto size = [=](const Vec3& x) { return std::min(largest, edge + growth * std::max(0.0, std::hypot(x[0] - 500, x[1] - 200) - 50)); };
  auto mesh = imaging::tets_inside(s, imaging::patch_borders(s, 0), size, largest, progress);
  if (mesh) mesh->region_names = {{1, "lumen"}};
  return mesh;
}

}  // namespace

Rows flow_cylinder(bool quick, const core::Progress& progress) {
  hemo::CylinderChannel c;
  c.around_quarter = quick ? 17 : 20, c.layers = quick ? 18 : 22;
  auto mesh = hemo::cylinder_channel_mesh(c);
  if (!mesh) return core::pass(mesh);
  auto d = drag_of(std::make_shared<core::TetMesh>(std::move(*mesh)), progress.part(0, quick ? 1 : 0.3));
  if (!d) return core::pass(d);
  const auto rows_of = [&](const std::string& name, const Drag& v) {
    const std::string source = fmt::format("Schaefer & Turek 1996, 3D-1Z; Braack & Richter 2006; {} tets", v.tets);
    std::vector<Row> rows{close_to(name, "drag_coefficient", v.cd, 6.18533, 0.015, source, v.wall_s, quick), close_to(name, "pressure_difference_Pa", v.dp, 0.171007, 0.015, source, v.wall_s, quick)};
    if (!quick) rows.push_back(close_to(name, "lift_coefficient", v.cl, 0.009401, 0.10, source + "; aim of issue 5", v.wall_s, quick));
    return rows;
  };
  std::vector<Row> rows = rows_of("flow/dfg-cylinder-3d-layered", *d);
  if (quick) return rows;
  auto free = unstructured_channel(4.0, 0.1, 32, progress.part(0.3, 0.5));
  if (!free) return core::pass(free);
  auto e = drag_of(std::make_shared<core::TetMesh>(std::move(*free)), progress.part(0.5, 1));
  if (!e) return core::pass(e);
  for (Row& r : rows_of("flow/dfg-cylinder-3d-unstructured", *e)) rows.push_back(std::move(r));
  return rows;
}

}  // namespace ot::verify
