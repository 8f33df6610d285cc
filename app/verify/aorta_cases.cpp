// SPDX-License-Identifier: GPL-3.0-or-later
// The real aorta with iliac arteries (shared/data/aorta-iliac-surface): grid convergence of the pressure drop on three meshes, and the waveforms
// of a beat.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "app/verify/flow_cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/meshing/surface_tets.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::verify {
using namespace flow;

namespace {

constexpr double mmhg = 133.322387415;

// Flow into the abdominal aorta over a beat, mm3/s, with the reflux of early diastole.
std::vector<std::pair<double, double>> published_inflow(const std::filesystem::path& shared) {
  std::vector<std::pair<double, double>> flow;
  std::ifstream file(shared / "reference/hemodynamics/boileau2015_1d/aortic_bifurcation_inlet_flow_m3s.csv");
  std::string line;
  std::getline(file, line);
  double t = 0, q = 0;
  char comma = 0;
  while (file >> t >> comma >> q) flow.emplace_back(t, q * 1e9);
  return flow;
}

// Walls of the publication that the inflow is from (Boileau 2015, aortic bifurcation): h = 0.12 r, E = 500 kPa in the aorta, 700 kPa in the
// iliac arteries; thin, Poisson's ratio 1/2.
constexpr double thickness = 0.12, aorta_Pa = 500e3, iliac_Pa = 700e3;

// Speed of a pulse in the iliac arteries (Moens-Korteweg with that ratio): c^2 = 2/3 E h / (rho r), 7.3 m/s.
double iliac_wave_speed(double density) { return std::sqrt(2.0 / 3.0 * thickness * iliac_Pa / density); }

// What the lumen itself would store, mm3/Pa: int 3/2 pi r^3/(E h) ds.
double wall_compliance(const core::VesselNetwork& network) {
  double sum = 0;
  for (const core::VesselBranch& v : network.branches)
    for (std::size_t k = 1; k < v.arc.size(); ++k) {
      const double r = 0.5 * (v.radius[k - 1] + v.radius[k]);
      sum += 1.5 * std::numbers::pi * r * r / (thickness * (v.parent < 0 ? aorta_Pa : iliac_Pa)) * (v.arc[k] - v.arc[k - 1]);
    }
  return sum;
}

// Waveforms of the beat. The published inflow as it is; outlets so that the mean pressure is 93 mmHg, with the distal vessels' share of the
// arterial compliance (by flow, of the 1-2 mL/mmHg and 5 L/min of an adult; the middle) and, the wall being rigid, that of the lumen; a pulse
// meets the impedance of the iliac arteries first. (With 0.09 of the resistance in its place, the share of the whole systemic bed seen from the
// aortic root, the peak of this inflow, eleven times its mean, gave 181 over 67 mmHg.) Nothing else is chosen: systolic and diastolic pressure
// follow, and must lie in the ranges of a healthy adult (physiology_and_models.json, normal_haemodynamics_adult).
core::Result<std::vector<Row>> waveforms(hemo::FlowProblem p, const std::filesystem::path& shared, double mean_flow, const core::Progress& progress) {
  const auto published = published_inflow(shared);
  if (published.size() < 10) return core::bad_input("The published inflow of the aortic bifurcation is missing (there is no beat to run). Set ORGANTWIN_SHARED to the shared folder.");
  p.steady = false, p.cycles = 3;
  p.cycle_s = published.back().first, p.dt_s = p.cycle_s / 220;
  p.inlets[0].flow = published, p.inlets[0].flow.pop_back();   // the last point is the first of the next beat
  p.inlets[0].profile = hemo::InletProfile::womersley;
  constexpr double whole_ml_mmhg = 1.5, output_mm3_s = 5e6 / 60;
  hemo::MurrayOptions bed;
  bed.total_compliance = whole_ml_mmhg * 1000 / mmhg * mean_flow / output_mm3_s + wall_compliance(*p.network);
  bed.wave_speed_mm_s = iliac_wave_speed(p.fluid.density_g_per_mm3), bed.density_g_per_mm3 = p.fluid.density_g_per_mm3;
  auto outlets = hemo::murray_outlets(hemo::outlet_sizes(*p.network), mean_flow, hemo::mean_aortic_pressure_Pa, 0, bed);
  if (!outlets) return core::pass(outlets);
  p.outlets = std::move(*outlets);
  auto r = hemo::run_navier_stokes(p, progress);
  if (!r) return core::pass(r);
  const std::size_t per_cycle = r->series.front().values.size() / std::size_t(p.cycles);
  double unperiodic = 0, least_mean = INFINITY, out = 0, in = 0, systolic = 0, diastolic = INFINITY;
  std::string listed;
  for (std::size_t s = 0; s < r->series.size(); ++s) {   // flow and pressure of the inlet, then of every outlet
    const auto& v = r->series[s].values;
    double low = INFINITY, high = -INFINITY, mean = 0, change = 0;
    for (std::size_t k = v.size() - per_cycle; k < v.size(); ++k) {
      low = std::min(low, v[k]), high = std::max(high, v[k]), mean += v[k] / double(per_cycle), change = std::max(change, std::abs(v[k] - v[k - per_cycle]));
    }
    unperiodic = std::max(unperiodic, change / (high - low));
    if (s % 2 == 0) {
      (s == 0 ? in : out) += mean;
      if (s > 0) least_mean = std::min(least_mean, mean / mean_flow);
      listed += fmt::format(" {} {:.1f} mL/s ({:.0f} to {:.0f});", r->series[s].name, mean / 1000, low / 1000, high / 1000);
    } else {
      systolic = std::max(systolic, high / mmhg), diastolic = std::min(diastolic, low / mmhg);
      listed += fmt::format(" {} {:.1f} mmHg ({:.1f} to {:.1f});", r->series[s].name, mean / mmhg, low / mmhg, high / mmhg);
    }
  }
  const char* name = "flow/aorta-iliac-beat";
  const std::string source = fmt::format("inflow of Boileau 2015, mean {:.1f} mL/s, Murray Windkessels, {} tets, {} steps;{}", mean_flow / 1000, p.mesh->tets.size(), r->steps, listed);
  const auto within = [&](const char* what, double value, double low, double high, const char* reason) {
    return close_to(name, what, value, 0.5 * (low + high), (high - low) / (high + low), fmt::format("{:g}-{:g} mmHg: {};{}", low, high, reason, listed), r->wall_s, false);
  };
  const char* normal = "normal adult (physiology_and_models.json, textbook ranges)";
  return std::vector<Row>{at_most(name, "change_from_beat_to_beat_over_the_amplitude", unperiodic, 0.02, source, r->wall_s, false),
                          at_least(name, "smallest_outlet_mean_flow_over_the_inflow", least_mean, 0.1, source + " (net flow leaves by every outlet)", r->wall_s, false),
                          at_most(name, "mean_flow_in_less_out_rel", std::abs(out / in - 1), 1e-3, source, r->wall_s, false),
                          within("systolic_pressure_mmhg", systolic, 90, 130, normal), within("diastolic_pressure_mmhg", diastolic, 60, 85, normal),
                          within("pulse_pressure_mmhg", systolic - diastolic, 0.25 * systolic, 60, "below a quarter of systolic it counts as narrow, from 60 on as a sign of stiff arteries (ESC/ESH 2018; general knowledge)")};
}

// Edges of a fixed share of the local radius.
core::Result<core::TetMesh> evenly_refined(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, double per_radius, const core::Progress& progress) {
  double largest = 0;
  for (const core::VesselBranch& v : network.branches) largest = std::max(largest, *std::max_element(v.radius.begin(), v.radius.end()));
  const auto size = [&](const core::Vec3& x) {
    double nearest = INFINITY, radius = largest;
    for (const core::VesselBranch& v : network.branches)
      for (std::size_t k = 0; k < v.points.size(); ++k)   // relative to the radius: a thin branch beside a thick one keeps its own size
        if (const double d = (v.points[k] - x).squaredNorm() / (v.radius[k] * v.radius[k]); d < nearest) nearest = d, radius = v.radius[k];
    return radius / per_radius;
  };
  auto mesh = imaging::tets_inside(lumen, imaging::patch_borders(lumen, 0), size, largest / per_radius, progress);
  if (mesh) mesh->region_names = {{1, "lumen"}};
  return mesh;
}

}  // namespace

// The published mean flow into the aortic bifurcation (8.0 mL/s, Boileau 2015), not scaled: a laminar flow that is steady on every mesh. At
// 1.5 L/min (Re 1330 in the iliac arteries) there is no steady flow to converge to. Edges are a fixed share of the local radius, so three
// meshes differ by one factor everywhere; order and grid convergence index after Roache (J Fluids Eng 116 (1994) 405-413), with the order
// of the scheme, two, as its upper limit and a safety factor of 1.25.
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
  hemo::Inlet published;
  published.flow = published_inflow(shared);
  if (published.flow.size() < 10) return core::bad_input("The published inflow of the aortic bifurcation is missing (there is no flow to run). Set ORGANTWIN_SHARED to the shared folder.");
  const double period = published.flow.back().first;
  published.flow.pop_back();   // the last point is the first of the next beat
  const double flow = hemo::mean_flow(published, period);
  p.inlets = {{p.network->inlet_patch, {{0.0, flow}}, hemo::InletProfile::parabolic}};
  auto outlets = hemo::murray_outlets(hemo::outlet_sizes(*p.network), flow, hemo::mean_aortic_pressure_Pa, 0);
  if (!outlets) return core::pass(outlets);
  p.outlets = std::move(*outlets);
  p.sections = 5;
  p.steady_tolerance = 2e-4;   // the changes between the meshes are half a per cent
  auto fast = hemo::run_network(p);
  if (!fast) return core::pass(fast);
  double drop[3] = {0, 0, 0}, mass = 0, balance = 0, wall = 0, unsettled = 0;
  std::string listed;
  constexpr double refined = 4.0 / 3.0, per_radius[3] = {3.0, 3.0 * refined, 3.0 * refined * refined};
  std::shared_ptr<const core::TetMesh> coarsest;
  for (int k = 0; k < 3; ++k) {
    const core::Progress part = progress.part(0.05 + 0.27 * k, 0.32 + 0.27 * k);
    auto mesh = evenly_refined(lumen->surface, *p.network, per_radius[k], part.part(0, 0.2));
    if (!mesh) return core::pass(mesh);
    p.mesh = std::make_shared<core::TetMesh>(std::move(*mesh));
    if (k == 0) coarsest = p.mesh;
    auto r = hemo::run_navier_stokes(p, part.part(0.2, 1));
    if (!r) return core::pass(r);
    drop[k] = quantity_of(*r, "pressure_drop_mmhg"), mass = quantity_of(*r, "section_flow_error_rel"), balance = std::max(balance, quantity_of(*r, "mass_balance_rel")), wall += r->wall_s;
    unsettled = std::max(unsettled, quantity_of(*r, "steady_change"));
    listed += fmt::format(" {:.2f} edges per radius ({} tets): {:.5f} mmHg, change {:.1e} per flow-through;", per_radius[k], p.mesh->tets.size(), drop[k], quantity_of(*r, "steady_change"));
  }
  const double coarse = drop[1] - drop[0], fine = drop[2] - drop[1];
  const double order = coarse * fine > 0 ? std::log(coarse / fine) / std::log(refined) : 0.0;   // they swing: none
  const double used = std::clamp(order, 0.5, 2.0), index = 1.25 * std::abs(fine / drop[2]) / (std::pow(refined, used) - 1);
  const std::string source = fmt::format("own meshes, {:.2f} mL/s steady, Re {:.0f} at the inlet;{} extrapolated {:.4f} mmHg; FAST network {:.4f} mmHg", flow / 1000, quantity_of(*fast, "reynolds"), listed,
                                         drop[2] + fine / (std::pow(refined, used) - 1), quantity_of(*fast, "pressure_drop_mmhg"));
  rows.push_back(at_most("flow/aorta-iliac", "change_per_flow_through_worst_mesh", unsettled, p.steady_tolerance, source, wall, quick));
  rows.push_back(close_to("flow/aorta-iliac", "pressure_drop_mmhg_on_the_second_mesh_against_the_finest", drop[1], drop[2], 0.05, source, wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "change_fine_over_change_coarse", std::abs(fine / coarse), 1.0, source, wall, quick));
  rows.push_back(at_least("flow/aorta-iliac", "observed_order", order, 1.0, source, wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "grid_convergence_index_finest", index, 0.05, source, wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "consistent_balance_rel", balance, 1e-5, "in less out of the discrete continuity equation", wall, quick));
  rows.push_back(at_most("flow/aorta-iliac", "section_flow_error_rel_finest", mass, 0.01, "integral of u.n over five interior sections of each branch", wall, quick));
  p.mesh = coarsest;   // waveforms are set by the ends, not by the mesh
  p.sections = 0;
  auto beat = waveforms(p, shared, flow, progress.part(0.86, 1));
  if (!beat) return core::pass(beat);
  rows.insert(rows.end(), beat->begin(), beat->end());
  return rows;
}

}  // namespace ot::verify
