// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "app/solve/revolution.hpp"
#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::solve {
namespace {

struct Domain {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const core::VesselNetwork> network;
};

Domain read_domain(const nlohmann::json& json, const SolveOptions& options, bool full, int inlet, const core::Progress& progress) {
  SpecReader spec(json, "\"domain\"");
  const double edge = spec.number("edge_mm", 0, 0, 100);
  core::SurfaceMesh surface;
  if (spec.has("surface")) {
    const std::string unit = spec.text("unit", "mm");
    const auto length = unit == "cm" ? imaging::LengthUnit::cm : unit == "um" ? imaging::LengthUnit::um : unit == "m" ? imaging::LengthUnit::m : imaging::LengthUnit::mm;
    if (unit != "mm" && unit != "cm" && unit != "um" && unit != "m") throw SpecError("\"unit\" is mm, cm, um or m.");
    auto closed = take(imaging::read_surface(options.base / spec.text("surface", {}), length, spec.text("cap_array", "")));
    auto lumen = take(imaging::lumen_from_surface(closed, inlet, {}, progress.part(0, 0.2)));
    surface = std::move(lumen.surface);
  } else {
    if (!(edge > 0)) throw SpecError("\"domain\" lacks \"edge_mm\".");
    std::vector<std::pair<double, double>> profile;
    if (spec.has("tube_mm")) {
      SpecReader tube(spec.at("tube_mm"), "\"tube_mm\"");
      const double r = tube.number("radius", {}, 1e-3, 1e3), l = tube.number("length", {}, 1e-3, 1e5);
      tube.finish();
      profile = {{0, r}, {l, r}};
    } else {
      profile = SpecReader::pairs(spec.at("profile_of_revolution_mm"), "\"profile_of_revolution_mm\"");
      for (std::size_t i = 0; i < profile.size(); ++i)
        if (!(profile[i].second > 0) || (i > 0 && !(profile[i].first >= profile[i - 1].first))) throw SpecError("\"profile_of_revolution_mm\" needs rising z and positive r.");
      if (profile.size() < 2) throw SpecError("\"profile_of_revolution_mm\" needs at least two points.");
    }
    surface = surface_of_revolution(profile, edge);
  }
  spec.finish();
  Domain domain;
  domain.network = std::make_shared<core::VesselNetwork>(take(imaging::centerline(surface, progress.part(0.2, 0.3))));
  if (full) domain.mesh = std::make_shared<core::TetMesh>(take(imaging::lumen_tets(surface, edge, progress.part(0.3, 0.5))));
  return domain;
}

}  // namespace

nlohmann::json solve_flow(const nlohmann::json& json, const SolveOptions& options, const core::Progress& progress) {
  SpecReader spec(json, "The flow spec");
  spec.text("kind", {});
  hemo::FlowProblem problem;
  const std::string mode = spec.text("mode", "full");
  if (mode != "full" && mode != "fast") throw SpecError("\"mode\" is fast or full.");
  if (spec.has("fluid")) {
    SpecReader fluid(spec.at("fluid"), "\"fluid\"");
    problem.fluid.density_g_per_mm3 = fluid.number("density_kg_per_m3", 1060, 1, 20000) * 1e-6;   // kg/m3 = 1e-6 g/mm3
    problem.fluid.viscosity_Pa_s = fluid.number("viscosity_Pa_s", 0.0035, 1e-6, 100);
    fluid.finish();
  }
  for (const auto& one : spec.at("inlets")) {
    SpecReader i(one, "\"inlets\"");
    hemo::Inlet inlet;
    inlet.patch = i.integer("cap", {}, -1000000, 1000000);
    for (const auto& point : SpecReader::pairs(i.at("flow_mm3_per_s"), "\"flow_mm3_per_s\"")) inlet.flow.push_back(point);
    const std::string profile = i.text("profile", "parabolic");
    if (profile != "plug" && profile != "parabolic" && profile != "womersley") throw SpecError("\"profile\" is plug, parabolic or womersley.");
    inlet.profile = profile == "plug" ? hemo::InletProfile::plug : profile == "parabolic" ? hemo::InletProfile::parabolic : hemo::InletProfile::womersley;
    i.finish();
    problem.inlets.push_back(std::move(inlet));
  }
  for (const auto& one : spec.at("outlets")) {
    SpecReader o(one, "\"outlets\"");
    hemo::Outlet outlet;
    outlet.patch = o.integer("cap", {}, -1000000, 1000000);
    if (o.has("rcr")) {
      SpecReader rcr(o.at("rcr"), "\"rcr\"");
      outlet.rp = rcr.number("rp_Pa_s_per_mm3", {}, 0, 1e9);
      outlet.c = rcr.number("c_mm3_per_Pa", {}, 0, 1e9);
      outlet.rd = rcr.number("rd_Pa_s_per_mm3", {}, 0, 1e9);
      outlet.pd = rcr.number("pd_Pa", 0, -1e6, 1e6);
      rcr.finish();
    } else {
      outlet.rp = o.number("resistance_Pa_s_per_mm3", {}, 0, 1e9);
    }
    o.finish();
    problem.outlets.push_back(outlet);
  }
  problem.steady = spec.flag("steady", true);
  problem.dt_s = spec.number("dt_s", 0.002, 1e-7, 10);
  problem.cycles = spec.integer("cycles", 1, 1, 1000);
  problem.cycle_s = 0;
  for (const auto& i : problem.inlets)
    if (!i.flow.empty()) problem.cycle_s = std::max(problem.cycle_s, i.flow.back().first);
  if (problem.cycle_s <= 0) problem.cycle_s = 0.8;
  const int sections = spec.integer("sections", 0, 0, 1000);
  const nlohmann::json domain_json = spec.at("domain");
  if (spec.has("outputs")) spec.at("outputs");
  spec.finish();
  const Domain domain = read_domain(domain_json, options, mode == "full", problem.inlets.empty() ? 0 : problem.inlets.front().patch, progress.part(0, 0.5));
  problem.mesh = domain.mesh;
  problem.network = domain.network;
  const hemo::FlowResult flow = take(mode == "full" ? hemo::run_navier_stokes(problem, progress.part(0.5, 1)) : hemo::run_network(problem, progress.part(0.5, 1)));
  nlohmann::json out;
  for (const auto& q : flow.quantities) out["quantities"][q.key] = quantity(q.value, q.unit);
  if (problem.mesh) {
    out["quantities"]["nodes"] = quantity(static_cast<double>(problem.mesh->nodes.size()), "");
    out["quantities"]["tets"] = quantity(static_cast<double>(problem.mesh->tets.size()), "");
  }
  for (const auto& s : flow.series) out["series"][s.name] = {{"t", s.t}, {"values", s.values}, {"unit", s.unit}};
  if (sections > 0 && !flow.pullback.empty()) {
    nlohmann::json arc = nlohmann::json::array(), pressure = nlohmann::json::array();
    for (int i = 0; i < sections; ++i) {
      const auto at = static_cast<std::size_t>((i + 0.5) / sections * static_cast<double>(flow.pullback.size()));
      arc.push_back(flow.pullback[at].arc_mm);
      pressure.push_back(std::isfinite(flow.pullback[at].pressure_Pa) ? nlohmann::json(flow.pullback[at].pressure_Pa) : nlohmann::json(nullptr));
    }
    out["series"]["pressure_along_centreline"] = {{"arc_mm", arc}, {"values", pressure}, {"unit", "Pa"}};
  }
  out["iterations"] = flow.steps;
  out["notes"] = flow.notes;
  if (!options.out.empty() && problem.mesh) {
    std::error_code ec;
    std::filesystem::create_directories(options.out, ec);
    const auto path = options.out / "flow.vtu";
    const std::string hash = problem.mesh->sha256();
    if (auto ok = imaging::write_tet_mesh(*problem.mesh, path, {{"pressure_Pa", "Pa", core::Field::On::node, 1, flow.pressure, hash}, {"velocity_mm_per_s", "mm/s", core::Field::On::node, 3, flow.velocity, hash},
                                                              {"wall_shear_Pa", "Pa", core::Field::On::node, 3, flow.wall_shear, hash}}); !ok)
      throw SolverFailed(ok.error());
    out["files"].push_back(path.string());
  }
  return out;
}

}  // namespace ot::solve
