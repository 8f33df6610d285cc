// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/solve.hpp"

#include <chrono>

#include "app/solve/flow_domain.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/core/hash.hpp"

namespace ot::solve {
namespace {

const char* cell_example = R"({"kind": "cell", "model": "ten_tusscher_panfilov_2006_epi", "cycle_length_ms": 600, "beats": 100,
 "record_last_beats": 1, "record": ["IKr", "total"], "initial_state": "published", "scale": {"GKr": 0.5},
 "block": [{"channel": "IKr", "ic50_nM": 5.0, "hill": 1.0, "concentration_nM": 2.1}], "dt_ms": 0.01,
 "stimulus": {"amplitude_A_per_F": -52, "duration_ms": 1, "start_ms": 10}})";
const char* tissue_example = R"({"kind": "tissue", "mesh": {"box_mm": [20, 7, 3], "edge_mm": 0.5, "split": "auto"},
 "fibres": {"direction": [1, 0, 0]}, "model": "ten_tusscher_panfilov_2006_epi",
 "conductivity": {"intra_S_per_m": [0.17, 0.019, 0.019], "extra_S_per_m": [0.62, 0.24, 0.24]}, "chi_per_mm": 140, "cm_uF_per_mm2": 0.01,
 "dt_ms": 0.05, "end_ms": 60, "mode": "full", "conductivity_tuning": "on", "upstroke": "sodium_interpolated",
 "sodium_interpolation_weight": 0.65, "skip_tissue_at_rest": true, "solver_tolerance": 1e-4, "initial_state": "published",
 "channels": {"g_Kr": 0.5}, "regions": [{"key": "border_zone", "box_mm": [[5, 0, 0], [8, 7, 3]], "conductivity_scale": [0.5, 0.1, 0.1],
 "channels": {"g_Na": 0.38}, "ionic_model": "courtemanche_1998", "conducting": true, "bath_S_per_m": 0}],
 "stimuli": [{"box_mm": [[0, 0, 0], [1.5, 1.5, 1.5]], "start_ms": [0, 50], "duration_ms": 2, "amplitude_mV_per_ms": 35.714}],
 "sensors": [{"activation_at_mm": [[20, 7, 3], [10, 3.5, 1.5]], "threshold_mV": 0}, {"ecg_electrodes": "standard12"}, {"potentials_at_mm": [[10, 3.5, 1.5]]}], "probes_mm": [[10, 3.5, 5]], "probe_every_ms": 0.5,
 "rotation": {"from_ms": 30, "every_ms": 5, "reach_mm": 5},
 "lesions": [{"sphere_mm": [[10, 3.5, 1.5], 1.0]}]})";
const char* eikonal_example = R"({"kind": "eikonal", "mesh": {"box_mm": [20, 7, 3], "edge_mm": 0.5, "split": "alternating"},
 "fibres": {"direction": [1, 0, 0]}, "velocity_m_per_s": [0.6, 0.3, 0.3], "sources": [{"at_mm": [0, 0, 0], "time_ms": 0}],
 "sensors": [{"activation_at_mm": [[20, 7, 3]]}], "lesions": []})";
const char* flow_example = R"({"kind": "flow", "domain": {"tube_mm": {"radius": 2, "length": 30}, "edge_mm": 0.4},
 "fluid": {"density_kg_per_m3": 1060, "viscosity_Pa_s": 0.0035},
 "inlets": [{"cap": 1, "flow_mm3_per_s": [[0.0, 1000]], "profile": "parabolic"}], "outlets": [{"cap": 2, "resistance_Pa_s_per_mm3": 0.2}],
 "steady": true, "dt_s": 0.002, "cycles": 1, "mode": "full", "sections": 5, "outputs": ["pressure", "velocity", "wall_shear"]})";

// Unit of a key by its ending; "" when the key has none.
std::string unit_of_key(const std::string& key) {
  static const std::vector<std::pair<const char*, const char*>> endings{   // longer ones first
      {"_Pa_s_per_mm3", "Pa s/mm3"}, {"_mm3_per_Pa", "mm3/Pa"}, {"_mm3_per_s", "mm3/s (lists: s, mm3/s)"}, {"_kg_per_m3", "kg/m3"}, {"_uF_per_mm2", "uF/mm2"}, {"_mV_per_ms", "mV/ms"}, {"_A_per_F", "A/F"}, {"_S_per_m", "S/m"},
      {"_m_per_s", "m/s"}, {"_per_mm", "1/mm"}, {"_per_ms", "1/ms"}, {"_Pa_s", "Pa s"}, {"_deg", "degree"}, {"_nM", "nM"}, {"_mV", "mV"}, {"_ms", "ms"}, {"_mm", "mm"}, {"_Pa", "Pa"}, {"_s", "s"}};
  for (const auto& [ending, unit] : endings)
    if (key.ends_with(ending)) return unit;
  return "";
}

// Variants of a kind's example that take the other ways through its reader.
std::vector<nlohmann::json> variants(const std::string& kind, const nlohmann::json& example) {
  std::vector<nlohmann::json> out{example};
  const auto with = [&](const char* merged) {
    out.push_back(example);
    out.back().merge_patch(nlohmann::json::parse(merged));
  };
  if (kind == "cell")
    with(R"({"record": ["IKr"], "herg_binding": {"concentration_nM": 1, "Kmax": 1, "Ku_per_ms": 1, "halfmax_nM_n": 1, "Vhalf_mV": -60}, "cipa_drug": {"name": "dofetilide"}, "drug": {"name": "dofetilide"}})");
  if (kind == "tissue")
    with(R"({"probes_mm": [], "bidomain": {"electrodes": [{"box_mm": [[9, 3, 3], [11, 4, 3]], "current_uA": -50, "start_ms": 0, "duration_ms": 2}, {"at_mm": [1, 1, 1], "current_uA": 50}], "ground_box_mm": [[20, 0, 0], [20, 7, 3]], "tolerance": 1e-6}})");
  if (kind == "tissue" || kind == "eikonal") {
    with(R"({"fibres": {"direction": null, "angle_deg": 30}})");
    with(R"({"mesh": {"file": "", "unit": "mm"}})");
    with(R"({"fibres": {"direction": null, "file": ""}})");
    with(R"({"fibres": {"direction": null, "rule": "default", "angles_deg": [60, -60], "patches": {"epicardium": "epi", "endocardium_lv": "lv", "endocardium_rv": "rv", "base": "base"}}})");
  }
  if (kind == "tissue") with(R"({"initial_state": "paced", "cycle_length_ms": 1000, "save_state": {"file": "state", "at_ms": 50}, "regions": [{"sphere_mm": [[10, 3.5, 1.5], 1.0]}]})");
  if (kind == "tissue") with(R"({"scale_field": {"file": "g_na.vtu", "channel": "g_Na"}})");
  if (kind == "flow") {
    with(R"({"fluid": {"carreau_yasuda": {}}, "outlets": [{"cap": 2, "rcr": {"rp_Pa_s_per_mm3": 1, "c_mm3_per_Pa": 1, "rd_Pa_s_per_mm3": 1}},
      {"cap": 3, "coronary": {"ra_Pa_s_per_mm3": 1, "ca_mm3_per_Pa": 1, "ra_micro_Pa_s_per_mm3": 1, "cim_mm3_per_Pa": 1, "rv_Pa_s_per_mm3": 1, "pim_Pa": [[0, 0]]}}]})");
    with(R"({"devices": [{"kind": "stent", "start_mm": 10, "length_mm": 8, "diameter_mm": 3}, {"kind": "angioplasty", "start_mm": 10, "length_mm": 8}, {"kind": "ideal_lumen", "start_mm": 10, "length_mm": 8},
      {"kind": "stenosis", "start_mm": 10, "length_mm": 8}, {"kind": "bypass", "start_mm": 5, "to_mm": 25}]})");
  }
  if (kind == "network") out.push_back(network_forms()["one_d example"]);
  return out;
}

nlohmann::json keys_of(const std::string& kind, const nlohmann::json& example) {
  SpecRecorder recorder;
  const auto read = [](const auto& reader) {
    try {
      reader();
    } catch (const SpecRecorder::Done&) {
    } catch (const SolverFailed&) {   // a file that is not there: its keys were asked for
    } catch (const SpecError&) {
    }
  };
  for (const nlohmann::json& spec : variants(kind, example))
    read([&] {
      if (kind == "cell") solve_cell(spec, {}, {});
      else if (kind == "tissue") solve_tissue(spec, {}, {});
      else if (kind == "eikonal") solve_eikonal(spec, {}, {});
      else if (kind == "flow") solve_flow(spec, {}, {});
      else solve_network(spec, {}, {});
    });
  if (kind == "flow")
    for (const char* domain : {R"({"tube_mm": {"radius": 2, "length": 30}, "edge_mm": 0.4})", R"({"stenosis_mm": {"radius": 2, "length": 30, "severity": 0.5}, "edge_mm": 0.4})", R"({"profile_of_revolution_mm": [[0, 1], [9, 1]], "edge_mm": 0.4})",
                               R"({"cylinder_channel_mm": {}})", R"({"surface": "", "unit": "mm"})", R"({"tetrahedra": "", "unit": "mm"})"}) {
      const nlohmann::json json = nlohmann::json::parse(domain);
      read([&] { read_flow_domain(json, {}, true, true, {{1}, {2}}, {}); });
    }
  nlohmann::json out = nlohmann::json::array();
  for (const SpecRecorder::Key& k : recorder.keys) {
    const bool whole = k.in.starts_with("The ");
    nlohmann::json one{{"in", whole ? "" : k.in.starts_with('"') ? k.in.substr(1, k.in.find('"', 1) - 1) : k.in}, {"key", k.key}, {"type", k.type == "any" ? "object, list or file" : k.type}, {"required", k.required}, {"default", k.fallback},
                       {"unit", unit_of_key(k.key)}, {"min", nullptr}, {"max", nullptr}};
    if (k.low > -1e300) one["min"] = k.low;
    if (k.high < 1e300) one["max"] = k.high;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::vector<std::string> kinds() { return {"cell", "tissue", "eikonal", "flow", "network"}; }

core::Result<nlohmann::json> schema(const std::string& kind) {
  const char* text = kind == "cell" ? cell_example : kind == "tissue" ? tissue_example : kind == "eikonal" ? eikonal_example : kind == "flow" ? flow_example : kind == "network" ? network_example() : nullptr;
  if (!text) return core::wrong_usage(fmt::format("There is no kind \"{}\". This version solves: cell, tissue, eikonal, flow, network.", kind));
  nlohmann::json out{{"kind", kind}, {"units", "lengths mm, times ms (flow: s), pressures Pa, flows mm3/s, conductivities S/m, unless the key says otherwise"}, {"example", nlohmann::json::parse(text)}};
  out["keys"] = keys_of(kind, out["example"]);
  if (kind == "flow")
    out["more"] = "domain: stenosis_mm, cylinder_channel_mm, tetrahedra FILE, mesh (layered, unstructured), axial_ratio, wall_grading, expanded_edge_ratio; fluid.carreau_yasuda; profile plug, parabolic, womersley, rectangular; "
                  "outlets: rcr, coronary; devices [{kind, centreline_branch, start_mm, length_mm or to_branch and to_mm, ...}]; preflight; network_model (FAST over a beat: automatic, quasi_steady, rlc, one_d), vessel_wall {young_Pa, thickness_mm}; start, largest_cfl, cycle_s, steady_tolerance, max_s, probes_mm, sections, force_on_caps, frames, resume: resources/docs/dev/flow-3d.md";
  if (kind == "flow")
    out["domain"] = "tube_mm {radius, length}; profile_of_revolution_mm [[z, r], ...] (inlet cap 1 at the first point, outlet cap 2 at the last); or surface FILE with unit and cap_array";
  if (kind == "network") out["forms"] = network_forms();
  if (kind == "tissue" || kind == "eikonal") out["mesh"] = "box_mm with edge_mm (a length, or three for stretched boxes) and split (auto: alternating, for tissue with fibres askew to the box fibres; kuhn, alternating, fibres, unstructured); or file FILE (.vtu, openCARP .pts/.elem/.lon or their common name, Gmsh .msh) with unit mm, cm, um, m";
  if (kind == "tissue")
    out["instead"] = "fibres {angle_deg} from x to y, {rule: bayer2012 or default, angles_deg, patches} on a mesh with named surfaces, {file: .lon}, or none: those of the mesh; velocity_m_per_s [f, s, n] in place of conductivity; bidomain {} with regions of bath_S_per_m, electrodes in the extracellular space and a ground; initial_state paced with cycle_length_ms; save_state {file, at_ms}; restart FILE of an earlier save_state (stimuli and end may differ); scale_field {file .vtu or .csv (x, y, z in mm, factor), channel} or a list of them: factors on a conductance from place to place";
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
    if (kind == "cell") out = solve_cell(spec, options, progress);
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
