// SPDX-License-Identifier: GPL-3.0-or-later
// The real aorta with iliac arteries (shared/data/aorta-iliac-surface): grid convergence of the pressure drop on three meshes.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "app/verify/flow_cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::verify {
using namespace flow;

// 1.5 L/min: resting flow below the renal arteries (Re about 400), where the steady flow settles.
Rows flow_aorta(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  if (quick || !shared || !*shared) return rows;
  const std::filesystem::path file = std::filesystem::path(shared) / "data/aorta-iliac-surface/aorta_iliac.vtp";
  auto surface = imaging::read_surface(file, imaging::LengthUnit::cm, "ModelFaceID");
  if (!surface) return core::pass(surface);
  auto lumen = imaging::lumen_from_surface(*surface, 3, {}, progress.part(0, 0.02));
  if (!lumen) return core::pass(lumen);
  auto line = imaging::centerline(lumen->surface, progress.part(0.02, 0.05));
  if (!line) return core::pass(line);
  hemo::FlowProblem p;
  p.network = std::make_shared<core::VesselNetwork>(std::move(*line));
  const double flow = 1.5e6 / 60;
  p.inlets = {{p.network->inlet_patch, {{0.0, flow}}, hemo::InletProfile::parabolic}};
  auto outlets = hemo::murray_outlets(hemo::outlet_sizes(*p.network), flow, 12400, 0);
  if (!outlets) return core::pass(outlets);
  p.outlets = std::move(*outlets);
  p.sections = 5;
  auto fast = hemo::run_network(p);
  if (!fast) return core::pass(fast);
  double drop[3] = {0, 0, 0}, mass = 0, balance = 0, wall = 0;
  std::string listed;
  const double edges[3] = {2.6, 1.9, 1.4};
  for (int k = 0; k < 3; ++k) {
    const core::Progress part = progress.part(0.05 + 0.3 * k, 0.35 + 0.3 * k);
    auto mesh = imaging::lumen_tets(lumen->surface, edges[k], part.part(0, 0.2));
    if (!mesh) return core::pass(mesh);
    p.mesh = std::make_shared<core::TetMesh>(std::move(*mesh));
    auto r = hemo::run_navier_stokes(p, part.part(0.2, 1));
    if (!r) return core::pass(r);
    drop[k] = quantity_of(*r, "pressure_drop_mmhg"), mass = quantity_of(*r, "section_flow_error_rel"), balance = std::max(balance, quantity_of(*r, "mass_balance_rel")), wall += r->wall_s;
    listed += fmt::format(" {:g} mm ({} tets): {:.3f} mmHg, change {:.1e};", edges[k], p.mesh->tets.size(), drop[k], quantity_of(*r, "steady_change"));
  }
  const std::string source = fmt::format("own meshes, 1.5 L/min steady;{} FAST network {:.3f} mmHg", listed, quantity_of(*fast, "pressure_drop_mmhg"));
  rows.push_back(close_to("flow/aorta-iliac", "pressure_drop_mmhg_on_the_second_mesh_against_the_finest", drop[1], drop[2], 0.05, source, wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "change_fine_over_change_coarse", std::abs(drop[2] - drop[1]) / std::abs(drop[1] - drop[0]), 1.0, source, wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "consistent_balance_rel", balance, 1e-5, "in less out of the discrete continuity equation", wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "section_flow_error_rel_finest", mass, 0.01, "integral of u.n over five interior sections of each branch", wall, quick));
  return rows;
}

}  // namespace ot::verify
