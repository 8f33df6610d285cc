// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "solvers/core/contracts.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/grafts.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {

// The equations are those of an incompressible fluid, good to a Mach number of 0.3 (the usual bound; density changes by Mach^2 / 2 = 5 %).
// Sound in blood: 1570 m/s at 37 C (Duck 1990, Physical Properties of Tissue). No vessel comes near: such a flow has a wrong unit.
constexpr double fastest_mm_s = 0.3 * 1.57e6;
// A micrometre in a quarter of an hour. Platelets drift faster by themselves; below it only a wrong unit is meant, and nothing is left of the digits.
constexpr double slowest_mm_s = 1e-6;
// Blood gives way by 0.5 % at this pressure (bulk modulus about 2.2 GPa, that of water): no incompressible fluid there either.
constexpr double most_pressure_Pa = 1e7;

double peak_flow(const FlowProblem& p, const Inlet& i) {
  double peak = std::abs(mean_flow(i, p.cycle_s));
  if (!p.steady)
    for (const auto& [t, q] : i.flow) peak = std::max(peak, std::abs(q));
  return peak;
}

core::Result<void> check_speed(const FlowProblem& p, const Inlet& i, double area_mm2) {
  const double peak = peak_flow(p, i);
  if (peak > 0 && peak / area_mm2 < slowest_mm_s)
    return core::bad_input(fmt::format("Blood would enter patch {} at {:.3g} mm/s ({:.3g} mm3/s through {:.4g} mm2), slower than {:.0e} mm/s, which is rest for any vessel. Check the units of flow (mm3/s) and lengths (mm).",
                                       i.patch, peak / area_mm2, peak, area_mm2, slowest_mm_s));
  if (peak / area_mm2 <= fastest_mm_s) return {};
  return core::bad_input(fmt::format("Blood would enter patch {} at {:.4g} m/s ({:.4g} mL/min through {:.4g} mm2), more than 0.3 of the speed of sound, where blood is no incompressible fluid. Check the units of flow (mm3/s) and lengths (mm).",
                                     i.patch, 1e-3 * peak / area_mm2, 0.06 * peak, area_mm2));
}

core::Result<void> check_outlet_pressure(const FlowProblem& p) {
  double conductance = 0, mean = 0;
  for (const Outlet& o : p.outlets) conductance += 1 / (o.rp + o.rd);
  for (const Inlet& i : p.inlets) mean += mean_flow(i, p.cycle_s);
  if (std::abs(mean) / conductance > most_pressure_Pa)
    return core::bad_input(fmt::format("The outlets' resistances need {:.3g} mmHg to let {:.4g} mm3/s pass ({:.3g} Pa s/mm3 together), where blood is no incompressible fluid. Check their units (Pa s/mm3; an artery's bed has 0.1 to 100).",
                                       std::abs(mean) / conductance / core::units::pa_per_mmhg, mean, 1 / conductance));
  return {};
}

}  // namespace

double Cap::radius_mm() const { return std::sqrt(area_mm2 / std::numbers::pi); }

Cap make_cap(const core::TetMesh& mesh, int patch) {
  Cap cap;
  cap.patch = patch;
  std::map<std::pair<Index, Index>, int> edges;
  std::set<Index> nodes, rim;
  Vec3 area = Vec3::Zero(), moment = Vec3::Zero();
  double sum = 0;
  for (std::size_t f = 0; f < mesh.boundary.size(); ++f) {
    if (mesh.boundary[f].patch != patch) continue;
    const core::Triangle& t = mesh.boundary[f].nodes;
    cap.faces.push_back(Index(f));
    const Vec3 &a = mesh.nodes[std::size_t(t[0])], &b = mesh.nodes[std::size_t(t[1])], &c = mesh.nodes[std::size_t(t[2])];
    const Vec3 n = 0.5 * (b - a).cross(c - a);
    area += n;
    moment += n.norm() * (a + b + c) / 3.0;
    sum += n.norm();
    for (int k = 0; k < 3; ++k) {
      nodes.insert(t[std::size_t(k)]);
      const Index p = t[std::size_t(k)], q = t[std::size_t((k + 1) % 3)];
      ++edges[{std::min(p, q), std::max(p, q)}];
    }
  }
  double perimeter = 0;
  for (const auto& [edge, count] : edges)
    if (count == 1) {
      rim.insert(edge.first), rim.insert(edge.second);
      perimeter += (mesh.nodes[std::size_t(edge.first)] - mesh.nodes[std::size_t(edge.second)]).norm();
    }
  if (sum > 0) {
    cap.area_mm2 = area.norm();
    cap.normal = area.normalized();
    cap.centre = moment / sum;
    if (perimeter > 0) cap.roundness = 4 * std::numbers::pi * cap.area_mm2 / (perimeter * perimeter);
  }
  cap.nodes.assign(nodes.begin(), nodes.end());
  for (Index i : cap.nodes) cap.rim.push_back(rim.count(i) > 0);
  return cap;
}

core::Result<void> check_conditions(const FlowProblem& p) {
  if (!(p.fluid.viscosity_Pa_s > 0) || !std::isfinite(p.fluid.viscosity_Pa_s))
    return core::bad_input(fmt::format("The viscosity is {} Pa s (it must be positive for the flow to have a solution). Blood is about 0.0035 Pa s.", p.fluid.viscosity_Pa_s));
  if (!(p.fluid.density_g_per_mm3 > 0) || !std::isfinite(p.fluid.density_g_per_mm3))
    return core::bad_input(fmt::format("The density is {} g/mm3 (it must be positive). Blood is about 0.00106 g/mm3.", p.fluid.density_g_per_mm3));
  if (p.inlets.empty()) return core::bad_input("The flow problem has no inlet (nothing drives the blood). Give one inlet with a flow.");
  if (p.outlets.empty()) return core::bad_input("The flow problem has no outlet (blood cannot leave a rigid vessel). Give every outlet a resistance.");
  if (!p.steady) {
    if (!(p.cycle_s > 0) || p.cycles < 1)
      return core::bad_input(fmt::format("The cycle lasts {} s and {} cycles are asked for (there is nothing to simulate). Use a positive cycle and at least one.", p.cycle_s, p.cycles));
    if (!(p.dt_s > 0) || p.dt_s > p.cycle_s / 20)
      return core::bad_input(fmt::format("The time step of {} s does not resolve the cycle of {} s (at least 20 steps per cycle are needed). Use {:.4g} s or less.", p.dt_s, p.cycle_s, p.cycle_s / 200));
  }
  if (!(p.steady_tolerance > 0)) return core::bad_input("The steady tolerance must be positive (the run would never stop). Use 0.001.");
  for (const Inlet& i : p.inlets) {
    if (i.flow.empty()) return core::bad_input(fmt::format("Inlet patch {} has no flow (every inlet needs a rate). Give its flow in mm3/s.", i.patch));
    double last = -1;
    for (const auto& [t, q] : i.flow) {
      if (!std::isfinite(t) || !std::isfinite(q))
        return core::bad_input(fmt::format("The flow at inlet patch {} holds a value that is not a number (the flow there is unknown). Correct the waveform.", i.patch));
      if (t < 0 || t <= last) return core::bad_input(fmt::format("The times of the waveform at inlet patch {} do not rise from 0 (it cannot be read in order). Sort it by time.", i.patch));
      last = t;
    }
    if (!p.steady && i.flow.size() > 1 && i.flow.back().first > p.cycle_s * (1 + 1e-9))
      return core::bad_input(fmt::format("The waveform at inlet patch {} lasts {} s, longer than the cycle of {} s (its end would never be used). Set the cycle to its length.", i.patch, i.flow.back().first, p.cycle_s));
    const double q = mean_flow(i, p.cycle_s);
    if (p.steady && !(q > 0))
      return core::bad_input(fmt::format("The flow at inlet patch {} is {} mm3/s (a steady inlet must bring blood in). Give a positive flow; positive is into the vessel.", i.patch, q));
  }
  if (std::none_of(p.inlets.begin(), p.inlets.end(), [&](const Inlet& i) { return peak_flow(p, i) > 0; }))
    return core::bad_input("The inflow is zero throughout the cycle (there is no flow to compute). Give a waveform that moves blood.");
  for (const Outlet& o : p.outlets) {
    for (double v : {o.rp, o.c, o.rd, o.pd})
      if (!std::isfinite(v)) return core::bad_input(fmt::format("Outlet patch {} has a value that is not a number (its pressure is unknown). Correct its resistances.", o.patch));
    if (o.rp < 0 || o.rd < 0 || o.c < 0 || !(o.rp + o.rd > 0))
      return core::bad_input(fmt::format("Outlet patch {} has resistances {} and {} Pa s/mm3 and a compliance of {} mm3/Pa (resistance must be positive, compliance not negative). For a free outlet use a small resistance such as 1e-6.", o.patch, o.rp, o.rd, o.c));
  }
  for (const Outlet& o : p.outlets) {
    if (!o.coronary) continue;
    const CoronaryBed& b = *o.coronary;
    if (!(b.ca >= 0) || !(b.cim >= 0) || !(b.ra_micro > 0) || !(b.rv > 0) || !(b.cycle_s > 0) || !std::isfinite(b.ca + b.cim + b.ra_micro + b.rv))
      return core::bad_input(fmt::format("The coronary bed of outlet patch {} has compliances {} and {} mm3/Pa and resistances {} and {} Pa s/mm3 (resistances must be positive, compliances not negative). Correct it.", o.patch, b.ca, b.cim, b.ra_micro, b.rv));
    if (std::abs(o.rd - b.ra_micro - b.rv) > 1e-9 * o.rd)
      return core::wrong_usage(fmt::format("The resistance behind outlet patch {} is not that of its coronary bed (steady and pulsatile flow would differ). Make it with coronary_outlet().", o.patch));
    if (b.pim.empty()) return core::bad_input(fmt::format("The coronary bed of outlet patch {} has no intramyocardial pressure (the squeeze of the heart is unknown). Give a curve, or one value of 0.", o.patch));
    double last = -1;
    for (const auto& [t, v] : b.pim) {
      if (!std::isfinite(t) || !std::isfinite(v) || t < 0 || t <= last || t > b.cycle_s * (1 + 1e-9))
        return core::bad_input(fmt::format("The intramyocardial pressure of outlet patch {} is not a curve over one cycle (its times do not rise from 0 to at most {} s, or a value is not a number). Correct it.", o.patch, b.cycle_s));
      last = t;
    }
  }
  std::set<int> seen;
  for (const Inlet& i : p.inlets)
    if (!seen.insert(i.patch).second) return core::bad_input(fmt::format("Patch {} has two conditions (they contradict each other). Keep one.", i.patch));
  for (const Outlet& o : p.outlets)
    if (!seen.insert(o.patch).second) return core::bad_input(fmt::format("Patch {} has two conditions (they contradict each other). Keep one.", o.patch));
  return {};
}

core::Result<void> check_mesh_conditions(const FlowProblem& p) {
  if (!p.mesh) return core::wrong_usage("A three-dimensional flow needs a mesh (there is none in the problem). Mesh the lumen first.");
  if (auto ready = core::check_simulation_ready(*p.mesh); !ready) return core::pass(ready);
  std::set<int> present, given;
  for (const core::BoundaryFace& f : p.mesh->boundary) present.insert(f.patch);
  const auto name = [&](int patch) {
    const auto at = p.mesh->patch_names.find(patch);
    return at == p.mesh->patch_names.end() ? fmt::format("patch {}", patch) : fmt::format("patch {} ({})", patch, at->second);
  };
  for (const Inlet& i : p.inlets) given.insert(i.patch);
  for (const Outlet& o : p.outlets) given.insert(o.patch);
  for (int patch : given)
    if (!present.count(patch))
      return core::bad_input(fmt::format("The mesh has no boundary {} that a condition names (it would have no effect). Check the patch numbers.", name(patch)));
  for (const auto& [patch, label] : p.mesh->patch_names)
    if (present.count(patch) && !given.count(patch) && (label.rfind("inlet", 0) == 0 || label.rfind("outlet", 0) == 0))
      return core::bad_input(fmt::format("The {} has no condition (the flow there is undetermined). Give it a flow or a resistance.", name(patch)));
  if (present.size() == given.size())
    return core::bad_input("The mesh has no wall: every patch is an inlet or an outlet (a vessel needs a wall). Check the patch numbers.");
  for (int patch : given) {
    const Cap cap = make_cap(*p.mesh, patch);
    if (std::all_of(cap.rim.begin(), cap.rim.end(), [](auto r) { return r != 0; }))
      return core::bad_input(fmt::format("The {} is only one cell wide (no blood can pass between the wall nodes). Mesh with a shorter edge.", name(patch)));
    if (!(cap.area_mm2 > 0)) return core::bad_input(fmt::format("The {} has no area (no blood can pass). Check the geometry.", name(patch)));
    for (const Inlet& i : p.inlets)
      if (i.patch == patch)
        if (auto ok = check_speed(p, i, cap.area_mm2); !ok) return ok;
  }
  return check_outlet_pressure(p);
}

core::Result<void> check_network_conditions(const FlowProblem& p) {
  if (!p.network || p.network->branches.empty())
    return core::wrong_usage("The fast flow needs a centreline network (there is none in the problem). Extract the centreline first.");
  const auto& branches = p.network->branches;
  if (p.inlets.size() != 1)
    return core::bad_input(fmt::format("The fast flow takes one inlet but the problem has {} (a tree has one root). Use the full solver.", p.inlets.size()));
  if (p.network->inlet_patch != 0 && p.inlets[0].patch != p.network->inlet_patch)
    return core::bad_input(fmt::format("The inlet is patch {} but the network begins at patch {} (the flow would enter elsewhere). Check the patch numbers.", p.inlets[0].patch, p.network->inlet_patch));
  for (std::size_t b = 0; b < branches.size(); ++b) {
    const core::VesselBranch& v = branches[b];
    if (v.points.size() < 2 || v.radius.size() != v.points.size() || v.arc.size() != v.points.size())
      return core::bad_input(fmt::format("Branch {} of the network has fewer than two points (it has no length). Extract the centreline again.", b));
    for (std::size_t k = 0; k < v.radius.size(); ++k) {
      if (!(v.radius[k] > 0) || !std::isfinite(v.radius[k]))
        return core::bad_input(fmt::format("Branch {} has a radius of {} mm at {:.1f} mm (no blood can pass). Correct the lumen there.", b, v.radius[k], v.arc[k]));
      if (k > 0 && !(v.arc[k] > v.arc[k - 1])) return core::bad_input(fmt::format("The arc of branch {} does not rise (its length is unknown). Extract the centreline again.", b));
    }
    if (b > 0 && (v.parent < 0 || v.parent >= int(b)))
      return core::bad_input(fmt::format("Branch {} has parent {} (parents must come first and the tree has one root). Extract the centreline again.", b, v.parent));
    if (!v.children.empty()) continue;
    const auto match = [&](const Outlet& o) { return o.patch == v.outlet_patch; };
    if (std::none_of(p.outlets.begin(), p.outlets.end(), match))
      return core::bad_input(fmt::format("The end of branch {} (patch {}) has no outlet condition (the flow there is undetermined). Give it a resistance.", b, v.outlet_patch));
  }
  if (auto ok = check_speed(p, p.inlets[0], std::numbers::pi * branches[0].radius[0] * branches[0].radius[0]); !ok) return ok;
  if (auto ok = check_outlet_pressure(p); !ok) return ok;
  return check_grafts(p);
}

double curve_at(const std::vector<std::pair<double, double>>& f, double t, double cycle) {
  OT_EXPECT(!f.empty());
  if (f.size() == 1) return f[0].second;
  t = std::fmod(t, cycle);
  if (t < 0) t += cycle;
  const auto at = std::upper_bound(f.begin(), f.end(), t, [](double x, const auto& point) { return x < point.first; });
  // Before the first and after the last point the curve closes periodically.
  const auto& a = at == f.begin() ? f.back() : *(at - 1);
  const auto& b = at == f.end() ? f.front() : *at;
  const double ta = at == f.begin() ? a.first - cycle : a.first, tb = at == f.end() ? b.first + cycle : b.first;
  return tb > ta ? a.second + (b.second - a.second) * (t - ta) / (tb - ta) : a.second;
}

double flow_at(const Inlet& inlet, double t, double cycle) { return curve_at(inlet.flow, t, cycle); }

double mean_flow(const Inlet& inlet, double cycle) {
  const auto& f = inlet.flow;
  if (f.empty()) return 0;
  if (f.size() == 1) return f[0].second;
  double sum = 0;
  for (std::size_t k = 0; k < f.size(); ++k) {
    const auto& a = f[k];
    const auto& b = f[(k + 1) % f.size()];
    const double span = (k + 1 < f.size() ? b.first : b.first + cycle) - a.first;
    sum += 0.5 * (a.second + b.second) * std::max(0.0, span);
  }
  return sum / cycle;
}

std::pair<double, double> Windkessel::bed_pressures(double q, double dt) const {
  const CoronaryBed& b = *o_.coronary;
  const double a = 1.5 / dt, pim = curve_at(b.pim, t_ + dt, b.cycle_s);
  // (Ca a + 1/Rm) p1 - p2/Rm = q + Ca h1;  -p1/Rm + (Cim a + 1/Rm + 1/Rv) p2 = Cim (a Pim + h2) + pd/Rv
  const double h1 = (2 * pc_ - 0.5 * before_) / dt, h2 = (2 * wall_ - 0.5 * wall_before_) / dt;
  const double m = 1 / b.ra_micro, d1 = b.ca * a + m, d2 = b.cim * a + m + 1 / b.rv;
  const double r1 = q + b.ca * h1, r2 = b.cim * (a * pim + h2) + o_.pd / b.rv;
  const double det = d1 * d2 - m * m;
  return {(r1 * d2 + r2 * m) / det, (r2 * d1 + r1 * m) / det};
}

void Windkessel::start(double q, double mean_q, double dt) {
  if (const CoronaryBed* b = bed()) {
    double mean = 0;   // of Pim: what the capacitor holds against on average
    constexpr int samples = 400;
    for (int k = 0; k < samples; ++k) mean += curve_at(b->pim, b->cycle_s * k / samples, b->cycle_s) / samples;
    t_ = 0;
    pc_ = o_.pd + o_.rd * mean_q, wall_ = o_.pd + b->rv * mean_q - mean;
    const double p2 = wall_ + curve_at(b->pim, 0, b->cycle_s), through = (pc_ - p2) / b->ra_micro;
    before_ = b->ca > 0 ? pc_ - dt * (q - through) / b->ca : pc_;
    wall_before_ = b->cim > 0 ? wall_ - dt * (through - (p2 - o_.pd) / b->rv) / b->cim : wall_;
    return;
  }
  if (steady_ || o_.c <= 0) {
    pc_ = before_ = o_.rd * q;
    return;
  }
  pc_ = o_.rd * mean_q;
  before_ = pc_ - dt * (q - pc_ / o_.rd) / o_.c;  // one step back along the slope, so that BDF2 starts at second order
}

double Windkessel::impedance(double dt) const {
  if (bed()) return o_.rp + bed_pressures(1, dt).first - bed_pressures(0, dt).first;
  if (steady_) return o_.rp + o_.rd;
  return o_.rp + 1.0 / coefficient(dt);
}

double Windkessel::history(double dt) const {
  if (bed()) return bed_pressures(0, dt).first;
  if (steady_) return o_.pd;
  return o_.pd + o_.c * (2.0 * pc_ - 0.5 * before_) / dt / coefficient(dt);
}

void Windkessel::advance(double q, double dt) {
  if (const CoronaryBed* b = bed()) {
    const auto [p1, p2] = bed_pressures(q, dt);
    t_ += dt;
    before_ = pc_, wall_before_ = wall_;
    pc_ = p1, wall_ = p2 - curve_at(b->pim, t_, b->cycle_s);
    return;
  }
  if (steady_) {
    pc_ = before_ = o_.rd * q;
    return;
  }
  const double next = (q + o_.c * (2.0 * pc_ - 0.5 * before_) / dt) / coefficient(dt);
  before_ = pc_;
  pc_ = next;
}

double Windkessel::pressure(double q) const {
  if (bed()) return o_.rp * q + pc_;
  return o_.pd + o_.rp * q + (steady_ ? o_.rd * q : pc_);
}

void Windkessel::change_step(double old_dt, double new_dt) {
  before_ = pc_ - (pc_ - before_) * new_dt / old_dt;
  wall_before_ = wall_ - (wall_ - wall_before_) * new_dt / old_dt;
}

void Windkessel::save(std::vector<double>& to) const {
  to.push_back(pc_), to.push_back(before_);
  if (bed()) to.push_back(wall_), to.push_back(wall_before_), to.push_back(t_);
}

const double* Windkessel::load(const double* from) {
  pc_ = from[0], before_ = from[1];
  if (bed()) wall_ = from[2], wall_before_ = from[3], t_ = from[4];
  return from + memory();
}

}  // namespace ot::hemo
