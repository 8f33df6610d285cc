// SPDX-License-Identifier: GPL-3.0-or-later
// Reads openBF's YAML specification (the subset of YAML it uses: nested keys by indentation, one list of vessels, flow lists) and checks
// wave problems. Keys: https://insigneo.github.io/openBF.jl (commit 0376f4d). `R1` without `R2` is the total peripheral resistance, its
// proximal part matched to the vessel; `gamma profile` and `gamma_profile` both give zeta.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include "solvers/core/atomic_file.hpp"
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"

namespace ot::hemo {
namespace {

class SpecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Keys = std::map<std::string, std::string>;

struct Document {
  Keys top, blood, solver;
  std::vector<Keys> vessels;
};

std::string trimmed(std::string s) {
  const auto blank = " \t\r\"'";
  const std::size_t a = s.find_first_not_of(blank);
  return a == std::string::npos ? std::string() : s.substr(a, s.find_last_not_of(blank) - a + 1);
}

Document read_yaml(const std::string& text) {
  Document d;
  std::istringstream in(text);
  std::string section;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (const std::size_t hash = line.find(" #"); hash != std::string::npos) line.resize(hash);
    if (trimmed(line).empty() || trimmed(line)[0] == '#' || line.rfind("---", 0) == 0) continue;
    std::size_t indent = line.find_first_not_of(' ');
    bool item = false;
    if (line[indent] == '-') {
      item = true;
      line[indent] = ' ';
      indent = line.find_first_not_of(' ');
      if (indent == std::string::npos) indent = 2;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
      if (section != "network") continue;  // an item of a plain list such as write_results
      throw SpecError(fmt::format("Line {} of the specification is not \"key: value\" (it cannot be read). Correct it.", number));
    }
    const std::string key = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (indent == 0 && !item) {
      section = value.empty() ? key : "";
      if (!value.empty()) d.top[key] = value;
    } else if (section == "blood") {
      d.blood[key] = value;
    } else if (section == "solver") {
      d.solver[key] = value;
    } else if (section == "network") {
      if (item) d.vessels.emplace_back();
      if (d.vessels.empty()) throw SpecError(fmt::format("Line {}: vessels must be list items beginning with \"-\". Correct it.", number));
      d.vessels.back()[key] = value;
    }
  }
  return d;
}

double number(const Keys& k, const std::string& key, const std::string& where) {
  const auto found = k.find(key);
  if (found == k.end()) throw SpecError(fmt::format("{} lacks \"{}\" (it cannot be guessed). Add it.", where, key));
  char* end = nullptr;
  const double v = std::strtod(found->second.c_str(), &end);
  if (end == found->second.c_str() || *end || !std::isfinite(v)) throw SpecError(fmt::format("\"{}\" of {} is \"{}\", not a number. Correct it.", key, where, found->second));
  return v;
}
double number(const Keys& k, const std::string& key, const std::string& where, double fallback) { return k.count(key) ? number(k, key, where) : fallback; }

constexpr double mm_per_m = 1e3, resistance_mm = 1e-9, compliance_mm = 1e9, flow_mm = 1e9;  // per m3 -> per mm3

WaveSegment segment(const Keys& k, std::size_t index) {
  static const std::set<std::string> known{"label", "sn", "tn", "L", "M", "E", "R0", "Rp", "Rd", "h0", "gamma_profile", "gamma profile", "Pext", "initial_pressure", "initial_flow", "R1", "R2", "Cc", "Rt",
                                           "Pout", "inlet_impedance_matching", "outlet", "inlet", "inlet file", "inlet number", "to_save", "visco-elastic"};
  WaveSegment s;
  s.name = k.count("label") ? k.at("label") : fmt::format("vessel {}", index + 1);
  const std::string where = "vessel \"" + s.name + "\"";
  for (const auto& [key, value] : k)
    if (!known.count(key)) throw SpecError(fmt::format("{} has the unknown key \"{}\" (it would be ignored silently). Remove or correct it.", where, key));
  if (k.count("visco-elastic") && k.at("visco-elastic") == "true") throw SpecError(fmt::format("{} asks for a visco-elastic wall (only elastic walls are solved here). Remove the key.", where));
  s.from = int(number(k, "sn", where)), s.to = int(number(k, "tn", where));
  s.length_mm = mm_per_m * number(k, "L", where);
  const double r0 = number(k, "R0", where, 0.0);
  s.radius_in_mm = mm_per_m * number(k, "Rp", where, r0);
  s.radius_out_mm = mm_per_m * number(k, "Rd", where, 1e-3 * s.radius_in_mm);
  s.young_Pa = number(k, "E", where);
  s.wall_mm = mm_per_m * number(k, "h0", where, 0.0);
  s.reference_Pa = number(k, "Pext", where, 0.0);
  s.initial_Pa = number(k, "initial_pressure", where, s.reference_Pa);
  s.zeta = number(k, k.count("gamma profile") ? "gamma profile" : "gamma_profile", where, 2.0);
  WaveEnd& e = s.end;
  if (k.count("R1")) {
    e.kind = WaveEnd::windkessel;
    e.r1 = resistance_mm * number(k, "R1", where);
    e.r2 = resistance_mm * number(k, "R2", where, 0.0);
    e.c = compliance_mm * number(k, "Cc", where, 0.0);
    e.outlet_Pa = number(k, "Pout", where, 0.0);
    if (e.r2 == 0 || (k.count("inlet_impedance_matching") && k.at("inlet_impedance_matching") == "true")) e.matched = true, e.r2 += e.r1;
  } else if (k.count("Rt")) {
    e.kind = WaveEnd::reflection;
    e.coefficient = number(k, "Rt", where);
  }
  return s;
}

}  // namespace

core::Result<std::vector<std::pair<double, double>>> read_two_columns(const std::string& text) {
  std::vector<std::pair<double, double>> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::replace_if(line.begin(), line.end(), [](char c) { return c == ',' || c == ';' || c == '\t'; }, ' ');
    std::istringstream parts(line);
    double a = 0, b = 0;
    if (!(parts >> a >> b)) continue;
    if (!std::isfinite(a) || !std::isfinite(b)) return core::bad_input("The table holds a value that is not finite. Correct it.");
    out.emplace_back(a, b);
  }
  if (out.size() < 2) return core::bad_input("The table holds fewer than two points (a curve needs two). Give time and flow in two columns.");
  return out;
}

core::Result<WaveProblem> read_openbf(const std::string& yaml, const std::vector<std::pair<double, double>>& inflow_m3_s) {
  try {
    const Document d = read_yaml(yaml);
    if (d.vessels.empty()) return core::bad_input("The specification has no vessels under \"network\" (nothing can be solved). Use an openBF specification.");
    WaveProblem p;
    p.fluid.density_g_per_mm3 = 1e-6 * number(d.blood, "rho", "\"blood\"");
    p.fluid.viscosity_Pa_s = number(d.blood, "mu", "\"blood\"");
    p.cycles = int(number(d.solver, "cycles", "\"solver\"", 10.0));
    std::set<int> ends;
    for (std::size_t k = 0; k < d.vessels.size(); ++k) {
      p.segments.push_back(segment(d.vessels[k], k));
      ends.insert(p.segments.back().to);
    }
    int roots = 0;
    for (const WaveSegment& s : p.segments)
      if (!ends.count(s.from)) ++roots, p.inlet_node = s.from;
    if (roots != 1) return core::bad_input(fmt::format("The network has {} inlets (one is needed for the inflow). Check sn and tn.", roots));
    for (const auto& [t, q] : inflow_m3_s) p.inflow.emplace_back(t, flow_mm * q);
    // Digitised tables hold points a millisecond out of order (the circle of Willis has four).
    std::stable_sort(p.inflow.begin(), p.inflow.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (auto ok = check_wave_problem(p); !ok) return core::pass(ok);
    return p;
  } catch (const SpecError& e) {
    return core::bad_input(e.what());
  }
}

core::Result<WaveProblem> load_openbf(const std::filesystem::path& yaml, const std::filesystem::path& inflow) {
  auto text = core::read_file(yaml, std::size_t(64) << 20);
  if (!text) return core::pass(text);
  std::vector<std::filesystem::path> candidates;
  if (!inflow.empty()) candidates.push_back(inflow);
  else {
    for (const char* key : {"inlet_file:", "project_name:"}) {
      const std::size_t at = text->find(key);
      if (at == std::string::npos) continue;
      std::string name = text->substr(at + std::string(key).size(), text->find('\n', at) - at - std::string(key).size());
      name.erase(std::remove_if(name.begin(), name.end(), [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r'; }), name.end());
      candidates.push_back(yaml.parent_path() / (std::string(key) == "project_name:" ? name + "_inlet.dat" : name));
    }
    std::string stem = yaml.stem().string();
    if (const std::size_t at = stem.find("_openbf_spec"); at != std::string::npos) stem.resize(at);
    candidates.push_back(yaml.parent_path() / (stem + "_inlet_flow_m3s.csv"));
  }
  for (const std::filesystem::path& c : candidates) {
    if (inflow.empty() && !std::filesystem::exists(c)) continue;
    auto curve = core::read_file(c, std::size_t(64) << 20);
    if (!curve) return core::pass(curve);
    auto points = read_two_columns(*curve);
    if (!points) return core::pass(points);
    return read_openbf(*text, *points);
  }
  return core::bad_input("The inflow of the specification was not found beside it (nothing would enter the network). Name a table of time (s) and flow (m3/s) as \"inflow\".");
}

core::Result<void> check_wave_problem(const WaveProblem& p) {
  const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
  if (!positive(p.fluid.density_g_per_mm3) || !positive(p.fluid.viscosity_Pa_s)) return core::bad_input("Density and viscosity must be positive (blood: 1.06e-3 g/mm3, 0.0035-0.004 Pa s). Correct them.");
  if (p.segments.empty()) return core::bad_input("The network has no vessels (nothing can be solved). Add segments.");
  if (p.inflow.size() < 2) return core::bad_input("The inflow needs at least two points (time, flow) over one period. Give the curve.");
  for (std::size_t k = 0; k < p.inflow.size(); ++k) {
    if (!std::isfinite(p.inflow[k].first) || !std::isfinite(p.inflow[k].second)) return core::bad_input("The inflow holds a value that is not finite. Correct it.");
    if (k > 0 && p.inflow[k].first < p.inflow[k - 1].first) return core::bad_input("The times of the inflow decrease (the curve is not defined). Sort them.");
  }
  double mean = 0;
  for (std::size_t k = 1; k < p.inflow.size(); ++k) mean += 0.5 * (p.inflow[k].second + p.inflow[k - 1].second) * (p.inflow[k].first - p.inflow[k - 1].first);
  if (!(p.inflow.back().first > p.inflow.front().first)) return core::bad_input("The inflow has no duration (its period is its last time minus its first). Give the curve over one period.");
  if (!(mean > 0)) return core::bad_input(fmt::format("The mean inflow is {:g} mm3/s (blood must enter the network). Check the sign and the unit of the curve.", mean / (p.inflow.back().first - p.inflow.front().first)));
  if (!positive(p.cell_mm) || !positive(p.courant) || p.courant > 0.9) return core::bad_input(fmt::format("Cell length and Courant number must be positive, the latter at most 0.9 (given {:g} mm, {:g}); beyond it the scheme is unstable.", p.cell_mm, p.courant));
  if (p.cycles < 1 || p.samples < 2) return core::bad_input("At least one cycle and two samples are needed. Correct them.");
  std::map<int, std::vector<int>> at;
  std::map<int, int> leaving, arriving;
  double scale = 0;
  for (const WaveSegment& s : p.segments) {
    if (!positive(s.length_mm) || !positive(s.radius_in_mm) || !positive(s.radius_out_mm) || !positive(s.young_Pa) || !std::isfinite(s.wall_mm) || s.wall_mm < 0)
      return core::bad_input(fmt::format("Vessel \"{}\" has a length, radius, stiffness or wall that is not positive (the wave speed is not defined). Correct it.", s.name));
    if (!(s.zeta > 0)) return core::bad_input(fmt::format("Vessel \"{}\" has the profile exponent {:g} (it must be positive: 2 parabolic, 9 blunt). Correct it.", s.name, s.zeta));
    if (s.from == s.to) return core::bad_input(fmt::format("Vessel \"{}\" ends where it begins. Check its nodes.", s.name));
    ++leaving[s.from], ++arriving[s.to];
    scale = std::max(scale, s.length_mm / p.cell_mm);
    const WaveEnd& e = s.end;
    if (e.kind == WaveEnd::windkessel && !(e.r1 >= 0 && e.r2 >= 0 && e.r1 + e.r2 > 0 && e.c >= 0 && std::isfinite(e.r1 + e.r2 + e.c)))
      return core::bad_input(fmt::format("The end of \"{}\" has a negative or no resistance (its outflow is not defined). Correct R1, R2, C.", s.name));
    if (e.kind == WaveEnd::reflection && !(std::abs(e.coefficient) <= 1)) return core::bad_input(fmt::format("The end of \"{}\" reflects {:g} (it must lie in -1 to 1). Correct it.", s.name, e.coefficient));
  }
  if (scale > 1e6) return core::bad_input("A vessel would have more than a million cells. Use longer cells.");
  if (!leaving.count(p.inlet_node) || arriving.count(p.inlet_node)) return core::bad_input(fmt::format("Node {} is the inlet but vessels do not only leave it. Check the inlet node.", p.inlet_node));
  for (const auto& [node, count] : leaving)
    if (!arriving.count(node) && node != p.inlet_node) return core::bad_input(fmt::format("Node {} has no vessel that brings blood (a second inlet has no flow condition). Connect it.", node));
  for (const WaveSegment& s : p.segments) {
    const bool terminal = !leaving.count(s.to);
    if (terminal && arriving[s.to] > 1) return core::bad_input(fmt::format("Node {} collects vessels but none leaves it (one end cannot serve two vessels). Give each its own end.", s.to));
    if (terminal && s.end.kind == WaveEnd::none) return core::bad_input(fmt::format("Vessel \"{}\" ends without a condition (its outflow is not defined). Give it a Windkessel, a resistance or a reflection.", s.name));
    if (!terminal && s.end.kind != WaveEnd::none) return core::bad_input(fmt::format("Vessel \"{}\" has an end condition but other vessels follow it. Remove one of the two.", s.name));
  }
  // Everything must be reached from the inlet.
  std::set<int> reached{p.inlet_node};
  for (bool grown = true; grown;) {
    grown = false;
    for (const WaveSegment& s : p.segments)
      if (reached.count(s.from) && reached.insert(s.to).second) grown = true;
  }
  for (const WaveSegment& s : p.segments)
    if (!reached.count(s.from)) return core::bad_input(fmt::format("Vessel \"{}\" is not reached from the inlet (no blood gets there). Check its nodes.", s.name));
  return {};
}

}  // namespace ot::hemo
