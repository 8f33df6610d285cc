// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/lumped/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "solvers/hemodynamics/lumped/lumped.hpp"

namespace ot::hemo::lumped {
namespace {

using Json = nlohmann::json;

class CaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string text_of(const Json& j, const char* key, const std::string& where) {
  if (!j.is_object() || !j.contains(key) || !j[key].is_string()) throw CaseError(fmt::format("{} lacks the text \"{}\" (the network cannot be built without it). Add it.", where, key));
  return j[key].get<std::string>();
}

double number_of(const Json& j, const std::string& what) {
  if (!j.is_number() || !std::isfinite(j.get<double>())) throw CaseError(fmt::format("{} must be a finite number. Correct the case.", what));
  return j.get<double>();
}

Vector numbers_of(const Json& j, const std::string& what) {
  Vector out;
  if (j.is_number()) return {number_of(j, what)};
  if (!j.is_array() || j.empty()) throw CaseError(fmt::format("{} must be a number or a list of numbers. Correct the case.", what));
  for (const Json& v : j) out.push_back(number_of(v, what));
  return out;
}

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json), model_(std::make_unique<Model>()) {}

  std::unique_ptr<Model> read() {
    for (const char* key : {"simulation_parameters", "boundary_conditions"})
      if (!json_.contains(key)) throw CaseError(fmt::format("The case lacks \"{}\" (it is not a svZeroDSolver case). See its documentation.", key));
    settings();
    vessels();
    couplings();
    conditions();
    junctions();
    heart();
    valves();
    chambers();
    connect();
    period_and_steps();
    initial();
    return std::move(model_);
  }

 private:
  const Json& list(const char* key) {
    static const Json none = Json::array();
    if (!json_.contains(key)) return none;
    if (!json_[key].is_array()) throw CaseError(fmt::format("\"{}\" must be a list. Correct the case.", key));
    return json_[key];
  }

  void settings() {
    const Json& j = json_["simulation_parameters"];
    Settings& s = model_->settings;
    const auto whole = [&](const char* key, int fallback, int least, bool needed) {
      if (!j.contains(key)) {
        if (needed) throw CaseError(fmt::format("simulation_parameters lacks \"{}\" (the number of steps is not known). Add it.", key));
        return fallback;
      }
      const double v = number_of(j[key], key);
      if (v < least || v > 1e8 || v != std::floor(v)) throw CaseError(fmt::format("\"{}\" is {:g}: a whole number of at least {} is needed. Correct the case.", key, v, least));
      return int(v);
    };
    const auto flag = [&](const char* key, bool fallback) {
      if (!j.contains(key)) return fallback;
      if (!j[key].is_boolean()) throw CaseError(fmt::format("\"{}\" must be true or false. Correct the case.", key));
      return j[key].get<bool>();
    };
    const auto real = [&](const char* key, double fallback) { return j.contains(key) ? number_of(j[key], key) : fallback; };
    s.coupled = flag("coupled_simulation", false);
    if (s.coupled) {
      s.points = s.steps = whole("number_of_time_pts", 2, 2, true);
      s.dt = real("external_step_size", 0.1) / (s.steps - 1);
    } else {
      s.cycles = whole("number_of_cardiac_cycles", 1, 1, true);
      s.points = whole("number_of_time_pts_per_cardiac_cycle", 2, 2, true);
      s.cycle_to_cycle = flag("use_cycle_to_cycle_error", false);
      s.cycle_error = real("sim_cycle_to_cycle_percent_error", 1.0) / 100;
      if (s.cycle_to_cycle && (s.cycles < 2 || !(s.cycle_error > 0)))
        throw CaseError("use_cycle_to_cycle_error needs at least two cycles and a positive percent error (two cycles are compared). Correct the case.");
    }
    s.tolerance = real("absolute_tolerance", 1e-8);
    if (!(s.tolerance > 0)) throw CaseError("absolute_tolerance must be positive (Newton would never end). Correct the case.");
    s.iterations = whole("maximum_nonlinear_iterations", 30, 1, false);
    s.rho = real("rho_infty", 0.5);
    if (s.rho < 0 || s.rho > 1) throw CaseError(fmt::format("rho_infty is {:g}: it must lie in 0 to 1 (else the scheme is unstable). Correct the case.", s.rho));
    s.steady_initial = flag("steady_initial", true);
    s.variable_based = flag("output_variable_based", false);
    s.mean_only = flag("output_mean_only", false);
    s.derivative = flag("output_derivative", false);
    s.all_cycles = flag("output_all_cycles", false);
    s.interval = whole("output_interval", 1, 1, false);
    given_period_ = real("cardiac_period", -1);
  }

  // svZeroDSolver names every resistance R..., capacity C... and inductance L...; the lists of BloodVesselJunction are fitted and may be negative.
  static bool never_negative(const std::string& key) { return key[0] == 'R' || key[0] == 'C' || key[0] == 'L'; }

  Block& add(const std::string& type, const std::string& name, const Json& values, bool periodic = true) {
    const auto kind = block_kinds().find(type);
    if (kind == block_kinds().end()) throw CaseError(fmt::format("\"{}\" is of the unknown type \"{}\" (no equations are known for it). Use a type of svZeroDSolver.", name, type));
    if (names_.count(name)) throw CaseError(fmt::format("Two elements are called \"{}\" (connections would be ambiguous). Rename one.", name));
    std::unique_ptr<Block> block = kind->second.make();
    block->name = name;
    block->type = type;
    block->clock = &model_->clock;
    if (!values.is_null() && !values.is_object()) throw CaseError(fmt::format("The values of \"{}\" must be a JSON object. Correct the case.", name));
    for (const auto& item : values.items()) {
      if (item.key().empty() || item.key()[0] == '_') continue;  // comment
      const bool known = std::any_of(kind->second.keys.begin(), kind->second.keys.end(), [&](const Key& k) { return k.name == item.key(); });
      if (!known) throw CaseError(fmt::format("\"{}\" of type {} has the unknown value \"{}\" (it would be ignored silently). Remove or correct it.", name, type, item.key()));
    }
    for (const Key& key : kind->second.keys) {
      if (key.kind == Key::ignored) continue;
      const std::string what = fmt::format("\"{}\" of \"{}\"", key.name, name);
      const bool there = values.is_object() && values.contains(key.name);
      if (!there && key.kind == Key::optional_number) {
        block->par.push_back(parameter(0.0));
        continue;
      }
      if (!there) throw CaseError(fmt::format("{} is missing (it cannot be guessed). Add it.", what));
      const Json& v = values[key.name];
      if (key.kind == Key::curve) {
        block->par.push_back(curve(values.contains("t") ? numbers_of(values["t"], "\"t\" of \"" + name + "\"") : Vector{}, numbers_of(v, what), name, periodic));
      } else if (key.kind == Key::list) {
        for (const double one : numbers_of(v, what)) block->par.push_back(parameter(one));
      } else {
        const double value = number_of(v, what);
        if (value < 0 && never_negative(key.name))
          throw CaseError(fmt::format("{} is {:g} (a resistance, capacity or inductance cannot be negative: it would make energy). Correct the case.", what, value));
        block->par.push_back(parameter(value));
      }
    }
    names_.insert(name);
    model_->blocks.push_back(std::move(block));
    return *model_->blocks.back();
  }

  int parameter(double value) {
    Parameter p;
    p.value = value;
    model_->clock.parameters.push_back(p);
    model_->clock.values.push_back(value);
    return int(model_->clock.values.size()) - 1;
  }

  int curve(Vector t, Vector v, const std::string& name, bool periodic) {
    if (v.size() == 1) return parameter(v[0]);
    if (t.size() != v.size()) throw CaseError(fmt::format("\"{}\" has {} times for {} values (the curve is not defined). Give one time per value.", name, t.size(), v.size()));
    for (std::size_t k = 1; k < t.size(); ++k)
      if (!(t[k] > t[k - 1])) throw CaseError(fmt::format("The times of \"{}\" do not increase (the curve is not defined). Sort them.", name));
    Parameter p;
    p.constant = false;
    p.periodic = periodic;
    p.period = t.back() - t.front();
    p.t = std::move(t);
    p.v = std::move(v);
    double& period = model_->clock.period;
    if (periodic) {
      if (period > 0 && std::abs(p.period - period) > 1e-9 * period)
        throw CaseError(fmt::format("\"{}\" repeats every {:g}, others every {:g} (there is no common heart beat). Make the curves equally long.", name, p.period, period));
      period = p.period;
    }
    model_->clock.values.push_back(p.at(0.0));
    model_->clock.parameters.push_back(std::move(p));
    return int(model_->clock.values.size()) - 1;
  }

  void link(const std::string& from, const std::string& to) { connections_.emplace_back(from, to); }

  void vessels() {
    for (const Json& v : list("vessels")) {
      const std::string name = text_of(v, "vessel_name", "A vessel");
      if (!v.contains("vessel_id") || !v["vessel_id"].is_number_integer()) throw CaseError(fmt::format("Vessel \"{}\" lacks a whole \"vessel_id\" (junctions name vessels by it). Add it.", name));
      vessel_[v["vessel_id"].get<int>()] = name;
      add(text_of(v, "zero_d_element_type", "Vessel \"" + name + "\""), name, v.contains("zero_d_element_values") ? v["zero_d_element_values"] : Json());
      if (!v.contains("boundary_conditions")) continue;
      const Json& ends = v["boundary_conditions"];
      if (ends.contains("inlet")) link(text_of(ends, "inlet", name), name);
      if (ends.contains("outlet")) link(name, text_of(ends, "outlet", name));
      if (ends.contains("inlet")) inlets_.push_back(name);
      if (ends.contains("outlet")) outlets_.push_back(name);
    }
  }

  // Ends that a 3D solver would drive: here their own curve drives them.
  void couplings() {
    for (const Json& c : list("external_solver_coupling_blocks")) {
      const std::string name = text_of(c, "name", "A coupling block"), other = text_of(c, "connected_block", name), side = text_of(c, "location", name);
      add(text_of(c, "type", name), name, c.contains("values") ? c["values"] : Json(), c.value("periodic", true));
      if (side == "inlet") link(name, other);
      else if (side == "outlet" && other != "ClosedLoopHeartAndPulmonary") link(other, name);
      else if (side != "outlet") throw CaseError(fmt::format("Coupling \"{}\" has the location \"{}\" (inlet or outlet is needed). Correct it.", name, side));
    }
  }

  void conditions() {
    for (const Json& b : list("boundary_conditions")) {
      const std::string name = text_of(b, "bc_name", "A boundary condition"), type = text_of(b, "bc_type", name);
      const Json values = b.contains("bc_values") ? b["bc_values"] : Json();
      const Block& block = add(type, name, values);
      if (type == "RCR") {
        model_->windkessel = true;
        model_->largest_time_constant = std::max(model_->largest_time_constant, model_->clock.values[std::size_t(block.par[1])] * model_->clock.values[std::size_t(block.par[2])]);
      }
      if ((type == "ClosedLoopRCR" && values.value("closed_loop_outlet", false)) || type == "ClosedLoopCoronaryLeft" || type == "ClosedLoopCoronaryRight") returning_.push_back(name);
    }
  }

  void junctions() {
    for (const Json& j : list("junctions")) {
      const std::string name = text_of(j, "junction_name", "A junction");
      add(text_of(j, "junction_type", name), name, j.contains("junction_values") ? j["junction_values"] : Json());
      const auto ends = [&](const char* vessels, const char* blocks, bool in) {
        if (j.contains(vessels)) {
          for (const Json& id : j[vessels]) {
            if (!id.is_number_integer() || !vessel_.count(id.get<int>())) throw CaseError(fmt::format("Junction \"{}\" names a vessel that does not exist. Correct its \"{}\".", name, vessels));
            in ? link(vessel_[id.get<int>()], name) : link(name, vessel_[id.get<int>()]);
          }
        } else if (j.contains(blocks)) {
          for (const Json& b : j[blocks]) {
            if (!b.is_string()) throw CaseError(fmt::format("\"{}\" of junction \"{}\" must be names. Correct it.", blocks, name));
            in ? link(b.get<std::string>(), name) : link(name, b.get<std::string>());
          }
        }
      };
      ends("inlet_vessels", "inlet_blocks", true);
      ends("outlet_vessels", "outlet_blocks", false);
    }
  }

  void heart() {
    bool found = false;
    for (const Json& h : list("closed_loop_blocks")) {
      const std::string type = text_of(h, "closed_loop_type", "A closed-loop block");
      if (type != "ClosedLoopHeartAndPulmonary") throw CaseError(fmt::format("The closed-loop type \"{}\" is not known. Use ClosedLoopHeartAndPulmonary.", type));
      if (found) throw CaseError("There are two hearts (only one can close the loop). Remove one.");
      found = true;
      if (!h.contains("cardiac_cycle_period")) throw CaseError("The heart lacks \"cardiac_cycle_period\" (its beat is not known). Add it.");
      const double period = number_of(h["cardiac_cycle_period"], "cardiac_cycle_period");
      double& known = model_->clock.period;
      if (!(period > 0) || (known > 0 && std::abs(period - known) > 1e-9 * known))
        throw CaseError(fmt::format("The heart beats every {:g}, the other curves repeat every {:g} (there is no common heart beat). Make them equal.", period, known));
      known = period;
      add(type, "CLH", h.contains("parameters") ? h["parameters"] : Json());
      add("NORMAL_JUNCTION", "J_heart_inlet", Json());
      link("J_heart_inlet", "CLH");
      for (const std::string& name : returning_) link(name, "J_heart_inlet");
      add("NORMAL_JUNCTION", "J_heart_outlet", Json());
      link("CLH", "J_heart_outlet");
      if (h.contains("outlet_blocks"))
        for (const Json& b : h["outlet_blocks"]) link("J_heart_outlet", b.get<std::string>());
    }
    if (found) return;
    for (const auto& b : model_->blocks)
      if (b->type.rfind("ClosedLoopCoronary", 0) == 0) throw CaseError(fmt::format("\"{}\" is a closed-loop coronary bed without a heart (its muscle pressure is not known). Add the heart or use CORONARY.", b->name));
  }

  void valves() {
    for (const Json& v : list("valves")) {
      const std::string name = text_of(v, "name", "A valve");
      const Json values = v.contains("params") ? v["params"] : Json();
      add(text_of(v, "type", name), name, values);
      link(text_of(values, "upstream_block", name), name);
      link(name, text_of(values, "downstream_block", name));
    }
  }

  void chambers() {
    if (model_->clock.period < 0 && given_period_ > 0) model_->clock.period = given_period_;
    for (const Json& c : list("chambers")) {
      const std::string name = text_of(c, "name", "A chamber");
      Block& block = add(text_of(c, "type", name), name, c.contains("values") ? c["values"] : Json());
      auto* chamber = dynamic_cast<ChamberBlock*>(&block);
      if (!chamber) continue;
      const Json a = c.contains("activation_function") ? c["activation_function"] : Json();
      const std::string type = text_of(a, "type", "The activation_function of \"" + name + "\"");
      const auto kind = activation_kinds().find(type);
      if (kind == activation_kinds().end()) throw CaseError(fmt::format("\"{}\" has the unknown activation \"{}\". Use half_cosine, piecewise_cosine, two_hill, fourier or wrapping_cosine.", name, type));
      std::map<std::string, double> values;
      for (const std::string& key : kind->second) {
        if (!a.contains(key)) throw CaseError(fmt::format("The activation of \"{}\" lacks \"{}\" (it cannot be guessed). Add it.", name, key));
        values[key] = number_of(a[key], key);
      }
      for (const auto& item : a.items())
        if (item.key() != "type" && !item.key().empty() && item.key()[0] != '_' && !values.count(item.key()))
          throw CaseError(fmt::format("The activation of \"{}\" has the unknown value \"{}\". Remove or correct it.", name, item.key()));
      if (!(model_->clock.period > 0)) model_->clock.period = 1;  // nothing in the case says otherwise
      if (type == "two_hill" && !(values["tau_1"] > 0 && values["tau_2"] > 0)) throw CaseError(fmt::format("tau_1 and tau_2 of \"{}\" must be positive. Correct them.", name));
      chamber->activation = make_activation(type, values, model_->clock.period);
    }
  }

  void connect() {
    Model& m = *model_;
    std::map<std::string, std::size_t> index;
    for (std::size_t k = 0; k < m.blocks.size(); ++k) index[m.blocks[k]->name] = k;
    for (const auto& [from, to] : connections_) {
      for (const std::string& name : {from, to})
        if (!index.count(name)) throw CaseError(fmt::format("\"{}\" is connected but not defined (the network has an open end). Define it or correct the name.", name));
      const int id = int(m.nodes.size());
      Node node;
      node.name = from + ":" + to;
      node.flow = variable("flow:" + node.name);
      node.pressure = variable("pressure:" + node.name);
      m.nodes.push_back(node);
      m.blocks[index[from]]->outlets.push_back(id);
      m.blocks[index[to]]->inlets.push_back(id);
    }
    int equations = 0;
    for (const auto& b : m.blocks) {
      const int in = int(b->inlets.size()), out = int(b->outlets.size());
      const bool one_port = b->fixed_inlets() < 0 && b->fixed_outlets() < 0 && b->equations() <= 2 && b->type.find("unction") == std::string::npos && b->type.find("JUNCTION") == std::string::npos;
      if (one_port && in + out != 1) throw CaseError(fmt::format("The condition \"{}\" is connected {} times (it belongs to exactly one end). Correct the connections.", b->name, in + out));
      if (b->fixed_inlets() >= 0 && in != b->fixed_inlets())
        throw CaseError(fmt::format("\"{}\" has {} connections at its inlet, {} needed (an end without a condition leaves the flow undefined). Give the end a boundary condition or a junction.", b->name, in, b->fixed_inlets()));
      if (b->fixed_outlets() >= 0 && out != b->fixed_outlets())
        throw CaseError(fmt::format("\"{}\" has {} connections at its outlet, {} needed (an end without a condition leaves the flow undefined). Give the end a boundary condition or a junction.", b->name, out, b->fixed_outlets()));
      if (in + out == 0) throw CaseError(fmt::format("\"{}\" is connected to nothing. Connect or remove it.", b->name));
      arms(*b);
      for (const int n : b->inlets) b->var.push_back(m.nodes[std::size_t(n)].pressure), b->var.push_back(m.nodes[std::size_t(n)].flow);
      for (const int n : b->outlets) b->var.push_back(m.nodes[std::size_t(n)].pressure), b->var.push_back(m.nodes[std::size_t(n)].flow);
      for (const std::string& inner : b->inner()) b->var.push_back(variable(inner + ":" + b->name));
      for (int k = 0; k < b->equations(); ++k) b->eq.push_back(equations++);
    }
    if (m.blocks.empty() || equations != int(m.variables.size()))
      throw CaseError(fmt::format("The network has {} equations for {} unknowns (an end has no condition or two). Check the boundary conditions.", equations, m.variables.size()));
    for (const auto& b : m.blocks) b->link(m.blocks);
    m.system.n = equations;
    m.system.c.assign(std::size_t(equations), 0.0);
    for (const auto& b : m.blocks) b->place(m.system);
    for (const std::string& name : inlets_) {
      const Node& n = m.nodes[std::size_t(m.find(name)->inlets[0])];
      m.caps.emplace_back(n.flow, n.pressure);
    }
    for (const std::string& name : outlets_) {
      const Node& n = m.nodes[std::size_t(m.find(name)->outlets[0])];
      m.caps.emplace_back(n.flow, n.pressure);
    }
  }

  // Junctions with values per arm must have one value per arm; a single R counts for all.
  void arms(Block& b) {
    const std::size_t in = b.inlets.size(), out = b.outlets.size();
    if (b.type == "resistive_junction" && b.par.size() == 1) b.par.assign(in + out, b.par[0]);
    const std::size_t needed = b.type == "resistive_junction" ? in + out : 3 * out;
    if ((b.type == "resistive_junction" || b.type == "BloodVesselJunction") && b.par.size() != needed)
      throw CaseError(fmt::format("Junction \"{}\" has {} values for its arms, {} needed. Give one per arm.", b.name, b.par.size(), needed));
  }

  int variable(std::string name) {
    model_->variables.push_back(std::move(name));
    return int(model_->variables.size()) - 1;
  }

  void period_and_steps() {
    Settings& s = model_->settings;
    double& period = model_->clock.period;
    if (given_period_ == 0 || (given_period_ < 0 && given_period_ != -1)) throw CaseError("cardiac_period must be positive. Correct the case.");
    if (period < 0) period = given_period_ > 0 ? given_period_ : 1.0;
    else if (given_period_ > 0 && std::abs(given_period_ - period) > 1e-9 * period)
      throw CaseError(fmt::format("cardiac_period is {:g}, the curves repeat every {:g} (there is no common heart beat). Make them equal.", given_period_, period));
    if (s.coupled) return;
    // Pfaller 2021, equation 21: cycles until the slowest Windkessel has settled.
    if (s.cycle_to_cycle && model_->windkessel) s.cycles = int(std::ceil(-model_->largest_time_constant / period * std::log(s.cycle_error)));
    s.steps = (s.points - 1) * s.cycles + 1;
    s.dt = period / (double(s.points) - 1.0);
  }

  void initial() {
    Model& m = *model_;
    m.y.assign(m.variables.size(), 0.0);
    m.ydot.assign(m.variables.size(), 0.0);
    const auto starts = [](const std::string& name, const char* with) { return name.rfind(with, 0) == 0; };
    if (json_.contains("initial_condition")) {
      const Json& j = json_["initial_condition"];
      for (std::size_t k = 0; k < m.variables.size(); ++k) {
        const std::string& name = m.variables[k];
        if (j.contains(name)) m.y[k] = number_of(j[name], name);
        else if (j.contains("pressure_all") && (starts(name, "pressure:") || starts(name, "P_c:"))) m.y[k] = number_of(j["pressure_all"], "pressure_all");
        else if (j.contains("flow_all") && starts(name, "flow:")) m.y[k] = number_of(j["flow_all"], "flow_all");
      }
    }
    if (json_.contains("initial_condition_d"))
      for (std::size_t k = 0; k < m.variables.size(); ++k)
        if (json_["initial_condition_d"].contains(m.variables[k])) m.ydot[k] = number_of(json_["initial_condition_d"][m.variables[k]], m.variables[k]);
  }

  const Json& json_;
  std::unique_ptr<Model> model_;
  double given_period_ = -1;
  std::set<std::string> names_;
  std::map<int, std::string> vessel_;
  std::vector<std::string> inlets_, outlets_, returning_;
  std::vector<std::pair<std::string, std::string>> connections_;
};

}  // namespace

Block* Model::find(const std::string& name) const {
  for (const auto& b : blocks)
    if (b->name == name) return b.get();
  return nullptr;
}

bool is_case(const std::string& json) {
  const Json j = Json::parse(json, nullptr, false);
  return j.is_object() && j.contains("simulation_parameters") && j.contains("boundary_conditions");
}

core::Result<std::unique_ptr<Model>> read_case(const std::string& json) {
  const Json j = Json::parse(json, nullptr, false);
  if (!j.is_object()) return core::bad_input("The case is not a JSON object (it cannot be read). Check it with a JSON tool.");
  try {
    return Reader(j).read();
  } catch (const CaseError& e) {
    return core::bad_input(e.what());
  } catch (const Json::exception&) {
    return core::bad_input("A value in the case has the wrong shape (a list, an object or a number where another is expected). Compare it with svZeroDSolver's documentation.");
  }
}

}  // namespace ot::hemo::lumped
