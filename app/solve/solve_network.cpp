// SPDX-License-Identifier: GPL-3.0-or-later
// kind network: lumped (0D) cases of svZeroDSolver, and one-dimensional networks (solve_wave.cpp).
#include <algorithm>

#include "app/solve/solve.hpp"
#include "app/solve/solve_wave.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/hemodynamics/lumped/lumped.hpp"

namespace ot::solve {
namespace {

using Json = nlohmann::json;

bool wanted(const std::vector<std::string>& kinds, const std::string& name) {
  const std::string quantity = name.substr(0, name.find(':'));
  return kinds.empty() || std::any_of(kinds.begin(), kinds.end(), [&](const std::string& k) {
           return quantity == k || quantity == k + "_in" || quantity == k + "_out" || name == k;
         });
}

std::string spec_file(const Json& v, const SolveOptions& options, const std::string& what) {
  if (!v.is_string()) throw SpecError(what + " must be the name of a file.");
  auto text = core::read_file(options.base / v.get<std::string>(), std::size_t(256) << 20);
  if (!text) throw SolverFailed(text.error());
  return std::move(*text);
}

Json lumped(const Json& spec, SpecReader& reader, const SolveOptions& options, const core::Progress& progress) {
  namespace lumped = hemo::lumped;
  const Json& given = reader.at("svzerod");
  const std::string text = given.is_object() ? given.dump() : spec_file(given, options, "\"svzerod\"");
  lumped::Options o;
  const std::string scheme = reader.text("scheme", "generalised_alpha");
  if (scheme == "own") o.scheme = lumped::Scheme::own;
  else if (scheme != "generalised_alpha") throw SpecError("\"scheme\" is generalised_alpha (that of the case) or own.");
  o.refine = reader.integer("refine", 1, 1, 1000);
  std::vector<std::string> kinds;
  if (reader.has("json_series")) {
    for (const Json& k : spec["json_series"]) {
      if (!k.is_string()) throw SpecError("\"json_series\" must be a list of names such as \"flow\", \"pressure\".");
      kinds.push_back(k.get<std::string>());
    }
  }
  reader.finish();
  const lumped::Result r = take(lumped::run(text, o, progress));

  Json out, series = Json::object(), quantities = Json::object();
  const auto add = [&](const std::string& name, int variable) {
    if (!wanted(kinds, name)) return;
    std::vector<double> values;
    for (const auto& y : r.y) values.push_back(y[std::size_t(variable)]);
    quantities["mean " + name] = quantity(mean_over_time(r.t, values), "of the case");
    series[name] = {{"t", r.t}, {"values", std::move(values)}, {"unit", "of the case"}};
  };
  if (!r.variable_based)
    for (const auto& v : r.vessels)
      add("flow_in:" + v.name, v.flow_in), add("flow_out:" + v.name, v.flow_out), add("pressure_in:" + v.name, v.pressure_in), add("pressure_out:" + v.name, v.pressure_out);
  for (std::size_t k = 0; k < r.variables.size(); ++k) add(r.variables[k], int(k));
  quantities["period"] = quantity(r.period_s, "s");
  quantities["step"] = quantity(r.dt_s, "s");
  quantities["newton_iterations_per_step"] = quantity(r.steps ? double(r.iterations) / double(r.steps) : 0, "1");
  out["quantities"] = std::move(quantities);
  out["series"] = std::move(series);
  out["iterations"] = r.iterations;
  out["steps"] = r.steps;
  out["notes"] = r.notes;
  out["files"] = Json::array();
  if (!options.out.empty()) {
    const auto path = options.out / "result.csv";  // the table of the source, column for column
    std::error_code ignored;
    std::filesystem::create_directories(options.out, ignored);
    if (auto ok = core::write_file(path, lumped::to_csv(r)); !ok) throw SolverFailed(ok.error());
    out["files"].push_back(path.string());
  }
  return out;
}

}  // namespace

const char* network_example() {
  return R"({"kind": "network", "svzerod": {"simulation_parameters": {"number_of_cardiac_cycles": 2, "number_of_time_pts_per_cardiac_cycle": 101},
 "boundary_conditions": [{"bc_name": "INFLOW", "bc_type": "FLOW", "bc_values": {"Q": [5.0, 5.0], "t": [0.0, 1.0]}},
                         {"bc_name": "OUT", "bc_type": "RCR", "bc_values": {"Rp": 100.0, "C": 0.0001, "Rd": 900.0, "Pd": 0.0}}],
 "vessels": [{"vessel_id": 0, "vessel_name": "branch0_seg0", "zero_d_element_type": "BloodVessel",
              "zero_d_element_values": {"R_poiseuille": 100.0}, "boundary_conditions": {"inlet": "INFLOW", "outlet": "OUT"}}]},
 "json_series": ["flow", "pressure"], "scheme": "generalised_alpha", "refine": 1})";
}

Json network_forms() {
  return {{"svzerod", "a case of svZeroDSolver, as a file name or as the object itself; such a file can also be given to solve directly. Series are named as the source names them (flow:FROM:TO, pressure:FROM:TO, Vc:CHAMBER ...), "
                      "per vessel also flow_in:VESSEL, flow_out:VESSEL, pressure_in:VESSEL, pressure_out:VESSEL; units are those of the case. With --out DIR the table result.csv is written as the source writes it"},
          {"json_series", "which series the answer holds: names before the colon, or whole names; all when absent"},
          {"scheme", "generalised_alpha: the source's scheme with the case's settings; own: Radau IIA of fifth order with error control, exact instants of valves and corners of curves"},
          {"refine", "divides the step of the case, for own also its tolerance by the fourth power"},
          {"one_d", "pulse waves in elastic vessels instead of svzerod: {segments: [{name, length_mm, radius_in_mm, radius_out_mm, young_Pa, wall_mm (0: from the radius), zeta (2), reference_pressure_Pa, initial_pressure_Pa, points (cells), from, to (nodes)}], "
                    "junctions: [{inlets: [names], outlets: [names]}] (instead of from and to), terminals: [{segment, r1_Pa_s_per_mm3, r2_Pa_s_per_mm3, c_mm3_per_Pa, pd_Pa} or {segment, resistance_Pa_s_per_mm3} or {segment, reflection}], "
                    "inflow_mm3_per_s: [[s, mm3/s], ...] over one period}; fluid as in kind flow"},
          {"openbf", "an openBF specification (YAML file, SI units) with inflow (table of s and m3/s); such a .yaml file can also be given to solve directly"},
          {"of both", "cell_mm (4), cycles, end_s (all times instead of the last cycle), periodic (1e-3: stop when two cycles differ by less), samples (200 per cycle), initial_pressure_Pa, dt_s (auto)"},
          {"one_d example", Json::parse(R"({"kind": "network", "one_d": {"segments": [{"name": "parent", "length_mm": 86, "radius_in_mm": 7.6, "young_Pa": 500000, "wall_mm": 0.9}, {"name": "left", "length_mm": 85, "radius_in_mm": 5.5, "young_Pa": 700000},
            {"name": "right", "length_mm": 85, "radius_in_mm": 5.5, "young_Pa": 700000}], "junctions": [{"inlets": ["parent"], "outlets": ["left", "right"]}],
            "terminals": [{"segment": "left", "r1_Pa_s_per_mm3": 0.068, "r2_Pa_s_per_mm3": 3.1, "c_mm3_per_Pa": 0.367}, {"segment": "right", "resistance_Pa_s_per_mm3": 3.2}],
            "inflow_mm3_per_s": [[0, 0], [0.15, 50000], [0.4, 0], [1.0, 0]]}, "cycles": 10})")}};
}

Json solve_network(const Json& spec, const SolveOptions& options, const core::Progress& progress) {
  SpecReader reader(spec, "The spec");
  reader.text("kind", "network");
  if (reader.has("svzerod")) return lumped(spec, reader, options, progress);
  if (reader.has("one_d") || reader.has("openbf")) return solve_wave(spec, reader, options, progress);
  throw SpecError("A network needs \"svzerod\" (a case of svZeroDSolver), \"one_d\" or \"openbf\" (pulse waves). See 'solve --schema network'.");
}

}  // namespace ot::solve
