// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/solve.hpp"

#include <chrono>

#include "app/solve/spec_reader.hpp"
#include "solvers/core/hash.hpp"

namespace ot::solve {
namespace {

const char* cell_example = R"({"kind": "cell", "model": "ten_tusscher_panfilov_2006_epi", "cycle_length_ms": 600, "beats": 100,
 "record_last_beats": 1, "initial_state": "published", "scale": {"GKr": 0.5},
 "block": [{"channel": "IKr", "ic50_nM": 5.0, "hill": 1.0, "concentration_nM": 2.1}], "dt_ms": 0.01,
 "stimulus": {"amplitude_A_per_F": -52, "duration_ms": 1, "start_ms": 10}})";
const char* tissue_example = R"({"kind": "tissue", "mesh": {"box_mm": [20, 7, 3], "edge_mm": 0.5, "split": "alternating"},
 "fibres": {"direction": [1, 0, 0]}, "model": "ten_tusscher_panfilov_2006_epi",
 "conductivity": {"intra_S_per_m": [0.17, 0.019, 0.019], "extra_S_per_m": [0.62, 0.24, 0.24]}, "chi_per_mm": 140, "cm_uF_per_mm2": 0.01,
 "dt_ms": 0.05, "end_ms": 60, "mode": "full", "conductivity_tuning": "on", "upstroke": "sodium_interpolated",
 "sodium_interpolation_weight": 0.65, "skip_tissue_at_rest": true, "solver_tolerance": 1e-4, "initial_state": "published",
 "channels": {"g_Kr": 0.5}, "regions": [{"key": "border_zone", "box_mm": [[5, 0, 0], [8, 7, 3]], "conductivity_scale": [0.5, 0.1, 0.1],
 "channels": {"g_Na": 0.38}, "conducting": true}],
 "stimuli": [{"box_mm": [[0, 0, 0], [1.5, 1.5, 1.5]], "start_ms": [0, 50], "duration_ms": 2, "amplitude_mV_per_ms": 35.714}],
 "sensors": [{"activation_at_mm": [[20, 7, 3], [10, 3.5, 1.5]], "threshold_mV": 0}], "probes_mm": [[10, 3.5, 5]], "probe_every_ms": 0.5,
 "rotation": {"from_ms": 30, "every_ms": 5, "reach_mm": 5},
 "lesions": [{"sphere_mm": [[10, 3.5, 1.5], 1.0]}]})";
const char* eikonal_example = R"({"kind": "eikonal", "mesh": {"box_mm": [20, 7, 3], "edge_mm": 0.5, "split": "alternating"},
 "fibres": {"direction": [1, 0, 0]}, "velocity_m_per_s": [0.6, 0.3, 0.3], "sources": [{"at_mm": [0, 0, 0], "time_ms": 0}],
 "sensors": [{"activation_at_mm": [[20, 7, 3]]}], "lesions": []})";
const char* flow_example = R"({"kind": "flow", "domain": {"tube_mm": {"radius": 2, "length": 30}, "edge_mm": 0.4},
 "fluid": {"density_kg_per_m3": 1060, "viscosity_Pa_s": 0.0035},
 "inlets": [{"cap": 1, "flow_mm3_per_s": [[0.0, 1000]], "profile": "parabolic"}], "outlets": [{"cap": 2, "resistance_Pa_s_per_mm3": 0.2}],
 "steady": true, "dt_s": 0.002, "cycles": 1, "mode": "full", "sections": 5})";

}  // namespace

std::vector<std::string> kinds() { return {"cell", "tissue", "eikonal", "flow", "network"}; }

core::Result<nlohmann::json> schema(const std::string& kind) {
  const char* text = kind == "cell" ? cell_example : kind == "tissue" ? tissue_example : kind == "eikonal" ? eikonal_example : kind == "flow" ? flow_example : kind == "network" ? network_example() : nullptr;
  if (!text) return core::wrong_usage(fmt::format("There is no kind \"{}\". This version solves: cell, tissue, eikonal, flow, network.", kind));
  nlohmann::json out{{"kind", kind}, {"units", "lengths mm, times ms (flow: s), pressures Pa, flows mm3/s, conductivities S/m, unless the key says otherwise"}, {"example", nlohmann::json::parse(text)}};
  if (kind == "flow")
    out["more"] = "domain: stenosis_mm, cylinder_channel_mm, tetrahedra FILE, mesh (layered, unstructured), axial_ratio, wall_grading, expanded_edge_ratio; fluid.carreau_yasuda; profile plug, parabolic, womersley, rectangular; "
                  "outlets: rcr, coronary; preflight; start, largest_cfl, cycle_s, steady_tolerance, max_s, probes_mm, sections, force_on_caps, frames, resume: resources/docs/dev/flow-3d.md";
  if (kind == "flow")
    out["domain"] = "tube_mm {radius, length}; profile_of_revolution_mm [[z, r], ...] (inlet cap 1 at the first point, outlet cap 2 at the last); or surface FILE with unit and cap_array";
  if (kind == "network") out["forms"] = network_forms();
  if (kind == "tissue" || kind == "eikonal") out["mesh"] = "box_mm with edge_mm (a length, or three for stretched boxes) and split (kuhn, alternating, unstructured); or file FILE.vtu with unit mm, cm, um, m";
  if (kind == "tissue")
    out["instead"] = "fibres {angle_deg} from x to y; velocity_m_per_s [f, s, n] in place of conductivity; initial_state paced with cycle_length_ms; save_state {file, at_ms}; restart FILE of an earlier save_state (stimuli and end may differ)";
  return out;
}

core::Result<nlohmann::json> solve(const nlohmann::json& spec, const SolveOptions& options, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  try {
    // A case of svZeroDSolver is solved as it is.
    if (spec.is_object() && !spec.contains("kind") && spec.contains("simulation_parameters") && spec.contains("boundary_conditions"))
      return solve({{"kind", "network"}, {"svzerod", spec}}, options, progress);
    if (!spec.is_object() || !spec.contains("kind") || !spec["kind"].is_string()) return core::bad_input("The spec must be a JSON object with a \"kind\". See 'solve --schema cell'.");
    const std::string kind = spec["kind"].get<std::string>();
    nlohmann::json out;
    if (kind == "cell") out = solve_cell(spec, progress);
    else if (kind == "tissue") out = solve_tissue(spec, options, progress);
    else if (kind == "eikonal") out = solve_eikonal(spec, options, progress);
    else if (kind == "flow") out = solve_flow(spec, options, progress);
    else if (kind == "network") out = solve_network(spec, options, progress);
    else return core::bad_input(fmt::format("There is no kind \"{}\". This version solves: cell, tissue, eikonal, flow, network.", kind));
    out["kind"] = kind;
    out["spec_sha256"] = core::sha256_hex(spec.dump());
    if (!out.contains("files")) out["files"] = nlohmann::json::array();
    if (!out.contains("series")) out["series"] = nlohmann::json::object();
    out["wall_s"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return out;
  } catch (const SolverFailed& e) {
    return tl::unexpected<core::Error>(e.error());
  } catch (const SpecError& e) {
    return core::bad_input(e.what());
  } catch (const nlohmann::json::exception&) {
    return core::bad_input("A value in the spec has the wrong shape (a list, an object or a number where another is expected). See 'solve --schema KIND'.");
  }
}

}  // namespace ot::solve
