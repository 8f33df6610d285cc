// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/solve_wave.hpp"

#include <algorithm>
#include <ctime>
#include <map>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/units.hpp"

namespace ot::solve {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

hemo::WaveEnd terminal(SpecReader& t) {
  hemo::WaveEnd e;
  if (t.has("reflection")) {
    e.kind = hemo::WaveEnd::reflection;
    e.coefficient = t.number("reflection", std::nullopt, -1, 1);
    return e;
  }
  e.kind = hemo::WaveEnd::windkessel;
  if (t.has("resistance_Pa_s_per_mm3")) e.r1 = t.number("resistance_Pa_s_per_mm3", std::nullopt, 0);
  else e.r1 = t.number("r1_Pa_s_per_mm3", std::nullopt, 0), e.r2 = t.number("r2_Pa_s_per_mm3", 0.0, 0), e.c = t.number("c_mm3_per_Pa", 0.0, 0);
  e.outlet_Pa = t.number("pd_Pa", 0.0);
  return e;
}

hemo::WaveProblem one_d(const Json& json, SpecReader& spec) {
  SpecReader r(json, "\"one_d\"");
  hemo::WaveProblem p;
  if (spec.has("fluid")) {
    SpecReader f(spec.at("fluid"), "\"fluid\"");
    p.fluid.density_g_per_mm3 = 1e-6 * f.number("density_kg_per_m3", 1060.0, 1e-3);
    p.fluid.viscosity_Pa_s = f.number("viscosity_Pa_s", 0.0035, 1e-9);
    f.finish();
  }
  std::map<std::string, std::size_t> index;
  bool nodes = false;
  for (const Json& one : r.at("segments")) {
    SpecReader s(one, "A segment");
    hemo::WaveSegment w;
    w.name = s.text("name", "segment " + std::to_string(p.segments.size() + 1));
    w.length_mm = s.number("length_mm", std::nullopt);
    w.radius_in_mm = s.number("radius_in_mm", std::nullopt);
    w.radius_out_mm = s.number("radius_out_mm", w.radius_in_mm);
    w.young_Pa = s.number("young_Pa", std::nullopt);
    w.wall_mm = s.number("wall_mm", 0.0, 0);
    w.reference_Pa = s.number("reference_pressure_Pa", 0.0);
    w.initial_Pa = s.number("initial_pressure_Pa", w.reference_Pa);
    w.zeta = s.number("zeta", 2.0);
    w.cells = s.integer("points", 0, 0, 1000000);
    nodes = nodes || s.has("from");
    if (s.has("from")) w.from = s.integer("from", std::nullopt, -1000000000, 1000000000), w.to = s.integer("to", std::nullopt, -1000000000, 1000000000);
    else w.from = int(2 * p.segments.size()), w.to = w.from + 1;
    s.finish();
    if (!index.emplace(w.name, p.segments.size()).second) throw SpecError("Two segments are called \"" + w.name + "\". Rename one.");
    p.segments.push_back(w);
  }
  const auto named = [&](const Json& name) -> hemo::WaveSegment& {
    if (!name.is_string() || !index.count(name.get<std::string>())) throw SpecError("A junction or terminal names a segment that does not exist: " + name.dump() + ".");
    return p.segments[index[name.get<std::string>()]];
  };
  if (r.has("junctions")) {
    if (nodes && !json["junctions"].empty()) throw SpecError("\"one_d\": give the connections either as \"from\" and \"to\" of the segments or as \"junctions\", not both.");
    for (const Json& one : json["junctions"]) {
      SpecReader j(one, "A junction");
      int node = 0;
      bool first = true;
      for (const Json& name : j.at("inlets")) node = first ? named(name).to : node, first = false, named(name).to = node;
      for (const Json& name : j.at("outlets")) named(name).from = node;
      j.finish();
    }
  }
  if (r.has("terminals"))
    for (const Json& one : json["terminals"]) {
      SpecReader t(one, "A terminal");
      named(t.at("segment")).end = terminal(t);
      t.finish();
    }
  for (const auto& [t, q] : SpecReader::pairs(r.at("inflow_mm3_per_s"), "\"inflow_mm3_per_s\"")) p.inflow.emplace_back(t, q);
  std::vector<int> arriving;
  for (const auto& s : p.segments) arriving.push_back(s.to);
  int roots = 0;
  for (const auto& s : p.segments)
    if (std::find(arriving.begin(), arriving.end(), s.from) == arriving.end()) p.inlet_node = s.from, ++roots;
  if (roots != 1) throw SpecError(fmt::format("The network has {} segments that begin at no junction (exactly one takes the inflow). Check the connections.", roots));
  r.finish();
  return p;
}

std::string table(const hemo::WaveResult& r) {
  std::string out = "name,time_s,place,pressure_Pa,flow_mm3_per_s,radius_mm\n";
  for (const auto& v : r.vessels)
    for (const auto& [place, c] : {std::pair<const char*, const hemo::WaveCurve*>{"in", &v.in}, {"mid", &v.middle}, {"out", &v.out}})
      for (std::size_t k = 0; k < r.t.size(); ++k) out += fmt::format("{},{:.10g},{},{:.10g},{:.10g},{:.10g}\n", v.name, r.t[k], place, c->pressure_Pa[k], c->flow_mm3_s[k], c->radius_mm[k]);
  return out;
}

}  // namespace

Json solve_wave(const Json& spec, SpecReader& reader, const SolveOptions& options, const core::Progress& progress) {
  hemo::WaveProblem p;
  if (reader.has("openbf")) {
    const std::string inflow = reader.text("inflow", "");
    p = take(hemo::load_openbf(options.base / reader.text("openbf", std::nullopt), inflow.empty() ? fs::path() : options.base / inflow));
  } else {
    p = one_d(reader.at("one_d"), reader);
  }
  p.cell_mm = reader.number("cell_mm", p.cell_mm, 1e-3, 1e3);
  p.cycles = reader.integer("cycles", p.cycles, 1, 10000);
  p.end_s = reader.number("end_s", 0.0, 0, 1e5);
  p.periodic = reader.number("periodic", p.end_s > 0 ? 0.0 : 1e-3, 0, 1);
  p.samples = reader.integer("samples", p.samples, 2, 100000);
  if (reader.has("initial_pressure_Pa")) {
    const double initial = reader.number("initial_pressure_Pa", std::nullopt);
    for (auto& s : p.segments) s.initial_Pa = initial;
  }
  if (reader.has("dt_s") && !(spec["dt_s"].is_string() && spec["dt_s"] == "auto")) throw SpecError("\"dt_s\" is \"auto\": the step follows from the cells and the wave speed.");
  reader.finish();
  const std::clock_t cpu = std::clock();
  const hemo::WaveResult r = take(hemo::run_wave_network(p, progress));

  Json out, series = Json::object(), q = Json::object();
  for (const auto& v : r.vessels) {
    const auto add = [&](const std::string& name, const std::vector<double>& values, const char* unit) { series[name] = {{"t", r.t}, {"values", values}, {"unit", unit}}; };
    for (const auto& [place, c] : {std::pair<const char*, const hemo::WaveCurve*>{"in", &v.in}, {"mid", &v.middle}, {"out", &v.out}}) {
      add(fmt::format("pressure_{}:{}", place, v.name), c->pressure_Pa, "Pa");
      add(fmt::format("flow_{}:{}", place, v.name), c->flow_mm3_s, "mm3/s");
    }
    add("radius_mid:" + v.name, v.middle.radius_mm, "mm");
    const auto [low, high] = std::minmax_element(v.middle.pressure_Pa.begin(), v.middle.pressure_Pa.end());
    q["systolic_pressure_mmHg:" + v.name] = quantity(core::units::mmhg_from_pa(*high), "mmHg");
    q["diastolic_pressure_mmHg:" + v.name] = quantity(core::units::mmhg_from_pa(*low), "mmHg");
    q["mean_flow_mm3_per_s:" + v.name] = quantity(mean_over_time(r.t, v.middle.flow_mm3_s), "mm3/s");
  }
  q["period"] = quantity(r.period_s, "s");
  q["cycles"] = quantity(r.cycles, "1");
  q["difference_of_last_two_cycles"] = quantity(r.periodicity, "1");
  q["mass_error_rel"] = quantity(r.mass_error, "1");
  q["cells"] = quantity(double(r.cells), "1");
  q["cpu"] = quantity(double(std::clock() - cpu) / CLOCKS_PER_SEC, "s");
  out["quantities"] = std::move(q);
  out["series"] = std::move(series);
  out["iterations"] = r.steps;
  out["notes"] = r.notes;
  out["files"] = Json::array();
  if (!options.out.empty()) {
    std::error_code ignored;
    fs::create_directories(options.out, ignored);
    const auto path = options.out / "waves.csv";
    if (auto ok = core::write_file(path, table(r)); !ok) throw SolverFailed(ok.error());
    out["files"].push_back(path.string());
  }
  return out;
}

}  // namespace ot::solve
