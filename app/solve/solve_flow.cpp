// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "app/solve/flow_devices.hpp"
#include "app/solve/flow_domain.hpp"
#include "app/solve/spec_reader.hpp"
#include "imaging/io/io.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/hemodynamics/flow_state.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/hemodynamics/preflight.hpp"

namespace ot::solve {
namespace {

hemo::InletProfile profile_of(const std::string& name) {
  if (name == "plug") return hemo::InletProfile::plug;
  if (name == "parabolic") return hemo::InletProfile::parabolic;
  if (name == "womersley") return hemo::InletProfile::womersley;
  if (name == "rectangular") return hemo::InletProfile::rectangular;
  throw SpecError("\"profile\" is plug, parabolic, womersley or rectangular.");
}

hemo::NetworkModel network_of(const std::string& name) {
  if (name == "automatic") return hemo::NetworkModel::automatic;
  if (name == "quasi_steady") return hemo::NetworkModel::quasi_steady;
  if (name == "rlc") return hemo::NetworkModel::rlc;
  if (name == "one_d") return hemo::NetworkModel::one_d;
  throw SpecError("\"network_model\" is automatic, quasi_steady, rlc or one_d.");
}

hemo::FlowStart start_of(const std::string& name) {
  if (name == "automatic") return hemo::FlowStart::automatic;
  if (name == "viscous") return hemo::FlowStart::viscous;
  if (name == "developed") return hemo::FlowStart::developed;
  if (name == "rest") return hemo::FlowStart::rest;
  throw SpecError("\"start\" is automatic, viscous, developed or rest.");
}

// "outputs": which fields flow.vtu holds (all when absent), and "ffr".
using Outputs = std::set<std::string>;
Outputs outputs_of(SpecReader& spec, bool steady) {
  static const std::vector<std::string> known{"pressure", "velocity", "wall_shear", "tawss", "osi", "rrt", "mean_wall_shear", "ffr"}, over_time{"tawss", "osi", "rrt", "mean_wall_shear"};
  Outputs out;
  if (!spec.has("outputs")) return out;
  const auto& list = spec.at("outputs");
  if (!list.is_array()) throw SpecError("\"outputs\" must be a list of names.");
  for (const auto& one : list) {
    const std::string name = one.is_string() ? one.get<std::string>() : one.dump();
    if (std::find(known.begin(), known.end(), name) == known.end()) throw SpecError(fmt::format("\"outputs\" names the unknown output \"{}\". Known: {}.", name, fmt::join(known, ", ")));
    if (steady && std::find(over_time.begin(), over_time.end(), name) != over_time.end()) throw SpecError(fmt::format("The output \"{}\" is an average over a beat (a steady run has none). Use \"steady\": false.", name));
    out.insert(name);
  }
  return out;
}

void write_fields(const core::TetMesh& mesh, const std::filesystem::path& path, const hemo::FlowFrame& f, const hemo::FlowResult* all, const Outputs& wanted = {}) {
  const std::string hash = mesh.sha256();
  std::vector<core::Field> fields;
  const auto add = [&](const char* output, const char* name, const char* unit, int components, const std::vector<float>& values) {
    if (wanted.empty() || wanted.count(output)) fields.push_back({name, unit, core::Field::On::node, components, values, hash});
  };
  add("pressure", "pressure_Pa", "Pa", 1, f.pressure);
  add("velocity", "velocity_mm_per_s", "mm/s", 3, f.velocity);
  add("wall_shear", "wall_shear_Pa", "Pa", 3, f.wall_shear);
  if (all && !all->tawss.empty()) {
    add("tawss", "tawss_Pa", "Pa", 1, all->tawss);
    add("osi", "osi", "", 1, all->osi);
    add("rrt", "rrt_per_Pa", "1/Pa", 1, all->rrt);
    add("mean_wall_shear", "mean_wall_shear_Pa", "Pa", 3, all->mean_wall_shear);
  }
  if (auto ok = imaging::write_tet_mesh(mesh, path, fields); !ok) throw SolverFailed(ok.error());
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
    if (fluid.has("carreau_yasuda")) {  // viscosity_Pa_s is that at infinite shear rate
      SpecReader c(fluid.at("carreau_yasuda"), "\"carreau_yasuda\"");
      problem.fluid.carreau_yasuda = true;
      problem.fluid.zero_shear_viscosity_Pa_s = c.number("zero_shear_viscosity_Pa_s", problem.fluid.zero_shear_viscosity_Pa_s, 1e-6, 1e4);
      problem.fluid.lambda_s = c.number("lambda_s", problem.fluid.lambda_s, 0, 1e6), problem.fluid.power_n = c.number("n", problem.fluid.power_n, -1, 3), problem.fluid.yasuda_a = c.number("a", problem.fluid.yasuda_a, 0.05, 20);
      c.finish();
    }
    fluid.finish();
  }
  for (const auto& one : spec.at("inlets")) {
    SpecReader i(one, "\"inlets\"");
    hemo::Inlet inlet;
    inlet.patch = i.integer("cap", {}, -1000000, 1000000);
    for (const auto& point : SpecReader::pairs(i.at("flow_mm3_per_s"), "\"flow_mm3_per_s\"")) inlet.flow.push_back(point);
    inlet.profile = profile_of(i.text("profile", "parabolic"));
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
    } else if (o.has("coronary")) {   // Kim et al. 2010
      SpecReader c(o.at("coronary"), "\"coronary\"");
      hemo::CoronaryBed bed;
      const double ra = c.number("ra_Pa_s_per_mm3", {}, 0, 1e9), venous = c.number("pv_Pa", 0, -1e6, 1e6);
      bed.ca = c.number("ca_mm3_per_Pa", {}, 0, 1e9), bed.ra_micro = c.number("ra_micro_Pa_s_per_mm3", {}, 1e-12, 1e9);
      bed.cim = c.number("cim_mm3_per_Pa", {}, 0, 1e9), bed.rv = c.number("rv_Pa_s_per_mm3", {}, 1e-12, 1e9);
      bed.pim = SpecReader::pairs(c.at("pim_Pa"), "\"pim_Pa\"");
      c.finish();
      outlet = hemo::coronary_outlet(outlet.patch, ra, std::move(bed), venous);
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
  problem.cycle_s = spec.number("cycle_s", problem.cycle_s, 1e-6, 1e4);
  for (auto& o : problem.outlets)
    if (o.coronary) {   // the bed beats with the heart
      hemo::CoronaryBed bed = *o.coronary;
      bed.cycle_s = problem.cycle_s;
      o.coronary = std::make_shared<const hemo::CoronaryBed>(std::move(bed));
    }
  problem.steady_tolerance = spec.number("steady_tolerance", problem.steady_tolerance, 1e-9, 1);
  problem.max_s = spec.number("max_s", 0, 0, 1e6);
  problem.largest_cfl = spec.number("largest_cfl", problem.largest_cfl, 0.1, 100);
  problem.start = start_of(spec.text("start", "automatic"));
  problem.network_model = network_of(spec.text("network_model", "automatic"));   // FAST over a beat
  if (spec.has("vessel_wall")) {
    SpecReader wall(spec.at("vessel_wall"), "\"vessel_wall\"");
    problem.vessel_wall.young_Pa = wall.number("young_Pa", {}, 1, 1e12), problem.vessel_wall.thickness_mm = wall.number("thickness_mm", {}, 1e-4, 100);
    wall.finish();
  }
  problem.sections = spec.integer("sections", 0, 0, 1000);
  const int sections = problem.sections;
  if (spec.has("probes_mm"))
    for (const auto& one : spec.at("probes_mm")) problem.probes.push_back(SpecReader::to_vec3(one, "\"probes_mm\""));
  if (spec.has("force_on_caps"))
    for (const auto& one : spec.at("force_on_caps")) problem.force_patches.push_back(one.get<int>());
  const int frames = spec.integer("frames", 0, 0, 10000);
  const std::string resume = spec.text("resume", "");
  const bool only_preflight = spec.flag("preflight", false);
  const nlohmann::json domain_json = spec.at("domain");
  const Outputs outputs = outputs_of(spec, problem.steady);
  const double aortic = spec.number("aortic_pressure_Pa", 0, 0, 1e6);   // of the FFR; 0: that at the inlet
  const twin::Scenario devices = spec.has("devices") ? read_devices(spec.at("devices")) : twin::Scenario{};
  const bool treated = !devices.interventions.empty();
  spec.finish();
  if (!resume.empty() && (mode != "full" || problem.steady))
    throw SpecError(fmt::format("\"resume\" goes on from a state of a pulsatile FULL run, and this run is {} (it would begin anew). Leave it out, or use \"mode\": \"full\" with \"steady\": false.", mode != "full" ? "FAST" : "steady"));
  NamedCaps caps;
  for (const auto& i : problem.inlets) caps.inlets.push_back(i.patch);
  for (const auto& o : problem.outlets) caps.outlets.push_back(o.patch);
  const FlowDomain domain = read_flow_domain(domain_json, options, mode == "full", mode == "full" && !treated, caps, progress.part(0, treated ? 0.2 : 0.5));
  problem.mesh = domain.mesh;
  problem.network = domain.network;
  nlohmann::json notes = domain.notes;
  std::vector<core::Quantity> of_devices;
  if (treated) {
    TreatedDomain after = put_devices(devices, domain, problem, mode == "full", options.tools, progress.part(0.2, 0.5));
    problem = std::move(after.problem), of_devices = std::move(after.quantities);
    for (std::string& note : after.notes) notes.push_back(std::move(note));
  }
  const std::size_t own_probes = problem.probes.size();
  if (domain.cylinder_patch) {
    problem.force_patches.push_back(domain.cylinder_patch);
    problem.probes.insert(problem.probes.end(), domain.cylinder_probes.begin(), domain.cylinder_probes.end());
  }
  if (outputs.count("ffr") && !problem.network) throw SpecError("The output \"ffr\" needs a centreline with its lesions (this domain has none). Leave it out, or give a surface or a profile of revolution.");
  const auto checked = hemo::preflight(problem, mode == "full");
  if (only_preflight) {
    nlohmann::json out;
    for (const auto& item : checked) {
      const char* level = item.level == hemo::PreflightItem::Level::good ? "good" : item.level == hemo::PreflightItem::Level::warning ? "warning" : "refused";
      out["preflight"].push_back({{"level", level}, {"key", item.key}, {"value", item.value}, {"unit", item.unit}, {"sentence", item.sentence}});
      out["notes"].push_back(fmt::format("{}: {}", level, item.sentence));
    }
    return out;
  }
  // What no living vessel has or the mesh does not resolve.
  for (const auto& item : checked)
    if (item.level == hemo::PreflightItem::Level::warning) notes.push_back(item.sentence);
    else if (item.level == hemo::PreflightItem::Level::refused) throw SpecError(item.sentence);
  std::vector<std::string> files;
  hemo::FlowOptions how;
  if (!options.out.empty()) {
    std::error_code ec;
    std::filesystem::create_directories(options.out, ec);
  }
  nlohmann::json frame_times = nlohmann::json::array();
  if (frames > 0 && !options.out.empty()) {
    how.frames_per_cycle = frames;
    how.on_frame = [&](const hemo::FlowFrame& f) {
      const auto path = options.out / fmt::format("flow_{:05d}.vtu", frame_times.size());
      write_fields(*problem.mesh, path, f, nullptr);
      files.push_back(path.string()), frame_times.push_back(f.t_s);
    };
  }
  if (!options.out.empty())
    how.on_divergence = [&](const hemo::FlowDivergence& d) { write_fields(*problem.mesh, options.out / "last_good.vtu", d.last_good, nullptr); };
  if (!resume.empty()) how.resume = std::make_shared<hemo::FlowState>(take(hemo::read_flow_state(options.base / resume)));
  hemo::FlowResult flow = take(mode == "full" ? hemo::run_navier_stokes(problem, progress.part(0.5, 1), how) : hemo::run_network(problem, progress.part(0.5, 1)));
  nlohmann::json out;
  for (const auto& q : flow.quantities) out["quantities"][q.key] = quantity(q.value, q.unit);
  for (const auto& q : of_devices) out["quantities"][q.key] = quantity(q.value, q.unit);
  if (problem.mesh) {
    out["quantities"]["nodes"] = quantity(static_cast<double>(problem.mesh->nodes.size()), "");
    out["quantities"]["tets"] = quantity(static_cast<double>(problem.mesh->tets.size()), "");
  }
  for (const auto& s : flow.series) out["series"][s.name] = {{"t", s.t}, {"values", s.values}, {"unit", s.unit}};
  if (flow.series.empty() && !problem.probes.empty() && flow.probes.size() >= own_probes) {   // steady: one value per probe
    for (std::size_t k = 0; k < own_probes; ++k) {
      out["quantities"][fmt::format("probe_{}_pressure_Pa", k + 1)] = quantity(flow.probes[k].pressure_Pa, "Pa");
      for (int c = 0; c < 3; ++c) out["quantities"][fmt::format("probe_{}_velocity_{}_mm_per_s", k + 1, "xyz"[c])] = quantity(flow.probes[k].velocity_mm_s[c], "mm/s");
    }
  }
  if (domain.cylinder_patch) {
    // c = 2 F / (rho U^2 D H), U the mean inlet speed (Schaefer and Turek 1996).
    const double u = hemo::mean_flow(problem.inlets.front(), problem.cycle_s) / (domain.height_mm * domain.depth_mm);
    const double unit = 0.5 * problem.fluid.density_g_per_mm3 * u * u * domain.cylinder_mm * domain.depth_mm;
    for (const auto& q : flow.quantities) {
      if (q.key == "force_cylinder_x_uN") out["quantities"]["drag_coefficient"] = quantity(q.value / unit, "");
      if (q.key == "force_cylinder_y_uN") out["quantities"]["lift_coefficient"] = quantity(q.value / unit, "");
    }
    out["quantities"]["cylinder_pressure_difference_Pa"] = quantity(flow.probes[own_probes].pressure_Pa - flow.probes[own_probes + 1].pressure_Pa, "Pa");
    out["quantities"]["mean_inlet_speed_mm_per_s"] = quantity(u, "mm/s");
  }
  if (!flow.sections.empty()) {
    nlohmann::json arc = nlohmann::json::array(), rate = nlohmann::json::array(), pressure = nlohmann::json::array(), branch = nlohmann::json::array();
    for (const auto& s : flow.sections) arc.push_back(s.arc_mm), rate.push_back(s.flow_mm3_s), pressure.push_back(s.pressure_Pa), branch.push_back(s.branch);
    out["series"]["flow_through_sections"] = {{"branch", branch}, {"arc_mm", arc}, {"values", rate}, {"pressure_Pa", pressure}, {"unit", "mm3/s"}};
  }
  if (!frame_times.empty()) out["series"]["frames"] = {{"t", frame_times}, {"values", files}, {"unit", ""}};
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
  if (outputs.count("ffr")) {
    if (flow.pullback.empty()) throw SpecError("The output \"ffr\" needs pressures along a centreline (this run has none). Leave it out.");
    const double pa = aortic > 0 ? aortic : flow.pullback.front().pressure_Pa;
    const auto reading = take(hemo::read_ffr(flow.pullback, *problem.network, core::find_stenoses(*domain.network), pa));
    out["quantities"]["ffr"] = quantity(reading.value, "");
    out["quantities"]["ffr_aortic_pressure_Pa"] = quantity(pa, "Pa");
    if (!reading.note.empty()) notes.push_back("ffr: " + reading.note);
  }
  for (const std::string& n : flow.notes) notes.push_back(n);
  out["notes"] = notes;
  for (const std::string& f : files) out["files"].push_back(f);
  if (!options.out.empty() && problem.mesh) {
    const auto path = options.out / "flow.vtu";
    write_fields(*problem.mesh, path, {0, flow.velocity, flow.pressure, flow.wall_shear}, &flow, outputs);
    out["files"].push_back(path.string());
    if (flow.state && !problem.steady) {
      const auto state = options.out / "flow.state";
      if (auto ok = hemo::write_flow_state(*flow.state, state); !ok) throw SolverFailed(ok.error());
      out["files"].push_back(state.string());
    }
  }
  return out;
}

}  // namespace ot::solve
