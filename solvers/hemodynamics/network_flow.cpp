// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_flow.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/flow_quantities.hpp"
#include "solvers/hemodynamics/grafts.hpp"
#include "solvers/hemodynamics/junctions.hpp"
#include "solvers/hemodynamics/network_pieces.hpp"
#include "solvers/hemodynamics/network_probes.hpp"
#include "solvers/hemodynamics/vessel_march.hpp"

namespace ot::hemo {
namespace {

using core::units::mmhg_from_pa;

double area_of(double r) { return std::numbers::pi * r * r; }

struct Branch {
  BranchLosses losses;
  double area_end = 0;     // mm2
  std::vector<Narrowing> narrowings;
  double marched_at = 0;   // flow of the march behind `losses`; 0: the plain model
  std::vector<double> marched_Pa;   // its losses
  VelocityShape end;       // of that march
  double leaves = 0, joins = 0;   // Pa s2/mm6: total pressure lost where it begins and (grafts) where it ends, at the flows of the last march
  JunctionArm first, last; // where it leaves and meets its neighbours
};

// Newton on flows and distal total pressures. Unknowns: Q_0..Q_{n-1}, H_0..H_{n-1}, H_inlet, flows of the grafts.
class Tree {
 public:
  Tree(const FlowProblem& p, double k_t) : pieces_(cut_at_grafts(p)), network_(pieces_.network), rho_(p.fluid.density_g_per_mm3), k_t_(k_t) {
    branches_.resize(network_.branches.size());
    for (std::size_t b = 0; b < branches_.size(); ++b) {
      branches_[b].area_end = area_of(network_.branches[b].radius.back());
      branches_[b].narrowings = find_narrowings(network_.branches[b].radius);
      const core::VesselBranch& v = network_.branches[b];
      branches_[b].first = begin_arm(v, v.parent < 0 ? v.radius.front() : network_.branches[std::size_t(v.parent)].radius.back());
      branches_[b].last = end_arm(v, v.radius.back());
      set_plain(p, b);
    }
    grafts_.resize(pieces_.edges.size());
    for (std::size_t g = 0; g < grafts_.size(); ++g) {
      grafts_[g].narrowings = find_narrowings(pieces_.edges[g].line.radius);
      const core::VesselBranch& v = pieces_.edges[g].line;
      JunctionArm &first = grafts_[g].first = begin_arm(v, v.radius.front()), &last = grafts_[g].last = end_arm(v, v.radius.back());
      first.turned = last.turned = turned_at_anastomosis;
      if (!pieces_.edges[g].leaves.isZero()) first.direction = pieces_.edges[g].leaves;   // a bend outside does not turn it at the opening
      if (!pieces_.edges[g].joins.isZero()) last.direction = pieces_.edges[g].joins;
      grafts_[g].losses = branch_losses(v, p.fluid);
    }
    outlet_.resize(branches_.size(), -1);
    for (std::size_t b = 0; b < branches_.size(); ++b)
      if (network_.branches[b].children.empty())
        for (std::size_t k = 0; k < p.outlets.size(); ++k)
          if (p.outlets[k].patch == network_.branches[b].outlet_patch) outlet_[b] = int(k);
    x_ = Eigen::VectorXd::Zero(Eigen::Index(2 * branches_.size() + 1 + grafts_.size()));
  }

  bool solve(double inflow, const std::vector<double>& impedance, const std::vector<double>& history) {
    Eigen::VectorXd r = residual(x_, inflow, impedance, history);
    const double flow_scale = std::max(std::abs(inflow), 1e-6);
    double pressure_scale = 1.0;
    for (std::size_t k = 0; k < impedance.size(); ++k) pressure_scale = std::max({pressure_scale, std::abs(history[k]), impedance[k] * flow_scale});
    for (const Branch& b : branches_)
      pressure_scale = std::max(pressure_scale, b.losses.viscous.back() * flow_scale + b.losses.inertial.back() * flow_scale * flow_scale);
    const Eigen::Index n = Eigen::Index(branches_.size());
    Eigen::VectorXd scale(x_.size());
    scale.tail(x_.size() - 2 * n - 1).setConstant(pressure_scale);   // along the grafts
    scale.head(n).setConstant(pressure_scale);   // branch equations
    scale.segment(n, n).setConstant(flow_scale); // mass
    for (Eigen::Index b = 0; b < n; ++b)
      if (outlet_[std::size_t(b)] >= 0) scale[n + b] = pressure_scale;
    scale[2 * n] = flow_scale;
    const auto norm = [&](const Eigen::VectorXd& v) { return v.cwiseQuotient(scale).lpNorm<Eigen::Infinity>(); };
    double size = norm(r);
    for (int round = 0; round < 60; ++round) {
      if (size < 1e-11 && round > 0) return true;
      const Eigen::VectorXd d = jacobian(x_, impedance).partialPivLu().solve(r);
      if (!d.allFinite()) return false;
      double step = 1;
      Eigen::VectorXd trial = x_ - d;
      Eigen::VectorXd after = residual(trial, inflow, impedance, history);
      // The first two steps only find the level (from zero flow the quadratic losses are unknown): taken in full.
      while (round >= 2 && norm(after) > (1 - 0.1 * step) * size && step > 1e-3 && size > 1e-10) {
        step *= 0.5;
        trial = x_ - step * d;
        after = residual(trial, inflow, impedance, history);
      }
      const bool stalled = norm(after) >= size && round > 2;
      x_ = trial, r = after, size = norm(after);
      ++iterations;
      if (stalled) return size < 1e-8;
    }
    return size < 1e-8;
  }

  // Solves with the marched losses at the flows that result (they are neither linear nor quadratic in the flow).
  bool settle(const FlowProblem& p, double inflow, const std::vector<double>& impedance, const std::vector<double>& history) {
    if (!solve(inflow, impedance, history)) return false;
    if (!(k_t_ > 0) || !(inflow > 0)) return true;
    for (int round = 0; round < most_rounds; ++round) {
      if (!march_all(p)) return true;
      if (!solve(inflow, impedance, history)) return false;
    }
    return true;
  }
  // Marches every branch whose flow moved by more than this share since its last march. False: none did.
  bool march_all(const FlowProblem& p, double near = 0.02) {   // the line through two marches is off by less than 1e-4 of the loss there
    bool marched = false;
    for (std::size_t b = 0; b < branches_.size(); ++b) marched = march(p, b, near) || marched;
    for (std::size_t g = 0; g < grafts_.size(); ++g)   // with the profile of the blood it takes, like the branches of a fork
      marched = march(p, pieces_.edges[g].line, grafts_[g], graft_flow(g), branches_[std::size_t(pieces_.edges[g].from)].end, near) || marched;
    for (std::size_t b = 0; b < branches_.size(); ++b) marched = join(b, 0.05 * near) || marched;
    return marched;
  }
  static constexpr int most_rounds = 6;

  const Pieces& pieces() const { return pieces_; }
  double flow(std::size_t b) const { return x_[Eigen::Index(b)]; }
  double graft_flow(std::size_t g) const { return x_[Eigen::Index(2 * branches_.size() + 1 + g)]; }
  double total_begin(std::size_t b) const {
    const int parent = network_.branches[b].parent;
    return parent < 0 ? x_[Eigen::Index(2 * branches_.size())] : x_[Eigen::Index(branches_.size()) + parent];
  }
  double total_end(std::size_t b) const { return x_[Eigen::Index(branches_.size() + b)]; }
  // Static pressure at point k of branch b.
  double pressure(std::size_t b, std::size_t k) const {
    const double q = flow(b), a = area_of(network_.branches[b].radius[k]);
    return total_begin(b) - branches_[b].losses.viscous[k] * q - (branches_[b].losses.inertial[k] + branches_[b].leaves) * q * std::abs(q) - 0.5 * rho_ * q * std::abs(q) / (a * a);
  }
  int outlet(std::size_t b) const { return outlet_[b]; }
  long iterations = 0;

 private:
  void set_plain(const FlowProblem& p, std::size_t b) {
    const core::VesselBranch& v = network_.branches[b];
    BranchLosses& l = branches_[b].losses;
    l = branch_losses(v, p.fluid);
    if (b != 0 || p.inlets[0].profile != InletProfile::plug) return;
    // Developing from flat to parabolic: the momentum flux grows by a third, over the entrance length at most (0.06 Re D).
    const double a = area_of(v.radius[0]);
    for (std::size_t k = 0; k < v.arc.size(); ++k) l.inertial[k] += rho_ / 3.0 / (a * a) * std::min(1.0, v.arc[k] / (10.0 * v.radius[0]));
  }
  // The losses of a branch at its present flow: loss = a Q + b Q^2 through the march at that flow and another one, so that flows within
  // a few per cent need no other march. The other one is the march before when it was near, else one at nine tenths of the flow.
  // False: nothing to do. A branch without forward flow keeps the plain losses.
  bool march(const FlowProblem& p, std::size_t b, double near) {
    const core::VesselBranch& v = network_.branches[b];
    VelocityShape start;
    const bool mixed = std::any_of(pieces_.edges.begin(), pieces_.edges.end(), [&](const Pieces::Edge& e) { return e.to == v.parent; });
    if (v.parent >= 0 && !mixed) start = branches_[std::size_t(v.parent)].end;   // behind a graft's jet: a parabola
    else if (mixed) start.clear();
    else if (p.inlets[0].profile == InletProfile::plug) start = flat_shape();
    return march(p, v, branches_[b], flow(b), start, near);
  }
  bool march(const FlowProblem& p, const core::VesselBranch& v, Branch& branch, double q, const VelocityShape& start, double near) {
    constexpr double far = 0.25, least = 0.005;   // a march at a flow further away bends the line, one too near leaves the slope as it was
    if (!(q > 1e-9 * std::abs(flow(0))) || std::abs(q - branch.marched_at) <= near * q) return false;
    MarchedLoss at = march_branch(v, branch.narrowings, q, p.fluid, k_t_, start);
    double other = branch.marched_at;
    if (!(std::abs(q - other) <= far * q)) {
      other = 0.9 * q;
      branch.marched_Pa = march_branch(v, branch.narrowings, other, p.fluid, k_t_, start).loss_Pa;
    }
    for (std::size_t k = 0; k < v.arc.size(); ++k) {
      const double here = at.loss_Pa[k] / q, there = branch.marched_Pa[k] / other;
      if (std::abs(q - other) >= least * q) branch.losses.inertial[k] = (here - there) / (q - other);
      branch.losses.viscous[k] = here - branch.losses.inertial[k] * q;
    }
    branch.end = std::move(at.end);
    branch.marched_Pa = std::move(at.loss_Pa);
    branch.marched_at = q;
    return true;
  }
  // Pressure changes at the distal end of a branch, as losses of what leaves it and of the grafts that end there. False: they are what they were.
  bool join(std::size_t b, double near) {
    const Branch& trunk = branches_[b];
    std::vector<Branch*> takes, brings;
    std::vector<JunctionArm> in, out;
    const auto arm = [](JunctionArm a, double q, const VelocityShape& shape) {
      a.flow_mm3_s = q, a.momentum = momentum_coefficient(shape);
      return a;
    };
    bool forward = flow(b) > 0;
    in.push_back(arm(trunk.last, flow(b), trunk.end));
    for (int c : network_.branches[b].children) {
      Branch& child = branches_[std::size_t(c)];
      takes.push_back(&child), out.push_back(arm(child.first, flow(std::size_t(c)), {}));
      forward = forward && out.back().flow_mm3_s > 0;
    }
    for (std::size_t g = 0; g < grafts_.size(); ++g) {
      if (pieces_.edges[g].from == int(b)) takes.push_back(&grafts_[g]), out.push_back(arm(grafts_[g].first, graft_flow(g), {}));
      if (pieces_.edges[g].to == int(b)) brings.push_back(&grafts_[g]), in.push_back(arm(grafts_[g].last, graft_flow(g), grafts_[g].end));
      if (pieces_.edges[g].from == int(b) || pieces_.edges[g].to == int(b)) forward = forward && graft_flow(g) > 0;
    }
    if (takes.empty()) return false;
    const std::vector<double> drops = forward ? collector_drops(rho_, in, out) : std::vector<double>(out.size(), 0.0);
    const auto head = [&](const JunctionArm& a) { return 0.5 * rho_ * a.speed() * a.speed(); };
    double scale = 0, total = 0;
    for (const JunctionArm& a : in) scale = std::max(scale, head(a)), total += a.flow_mm3_s;
    bool changed = false;
    const auto set = [&](double& value, double q, double loss) {
      const double fresh = forward ? loss / std::pow(std::max(q, 1e-3 * total), 2) : 0.0;   // a closed branch stays solvable
      changed = changed || std::abs(fresh - value) * q * q > near * scale;
      value = fresh;
    };
    for (std::size_t k = 0; k < takes.size(); ++k) set(takes[k]->leaves, out[k].flow_mm3_s, drops[k] + head(in[0]) - head(out[k]));
    for (std::size_t k = 0; k < brings.size(); ++k) set(brings[k]->joins, in[k + 1].flow_mm3_s, head(in[k + 1]) - head(in[0]));
    return changed;
  }
  Eigen::VectorXd residual(const Eigen::VectorXd& x, double inflow, const std::vector<double>& z, const std::vector<double>& s) const {
    const Eigen::Index n = Eigen::Index(branches_.size());
    Eigen::VectorXd r(x_.size());
    for (Eigen::Index b = 0; b < n; ++b) {
      const Branch& v = branches_[std::size_t(b)];
      const int parent = network_.branches[std::size_t(b)].parent;
      const double q = x[b], from = parent < 0 ? x[2 * n] : x[n + parent];
      r[b] = from - x[n + b] - v.losses.viscous.back() * q - (v.losses.inertial.back() + v.leaves) * q * std::abs(q);
      if (outlet_[std::size_t(b)] >= 0) {
        const std::size_t k = std::size_t(outlet_[std::size_t(b)]);
        r[n + b] = x[n + b] - 0.5 * rho_ * q * std::abs(q) / (v.area_end * v.area_end) - s[k] - z[k] * q;
      } else {
        r[n + b] = q;
        for (int c : network_.branches[std::size_t(b)].children) r[n + b] -= x[c];
      }
    }
    r[2 * n] = x[0] - inflow;
    for (std::size_t g = 0; g < grafts_.size(); ++g) {
      const BranchLosses& l = grafts_[g].losses;
      const double quadratic = l.inertial.back() + grafts_[g].leaves + grafts_[g].joins;
      const Eigen::Index from = n + pieces_.edges[g].from, to = n + pieces_.edges[g].to, at = 2 * n + 1 + Eigen::Index(g);
      r[at] = x[from] - x[to] - l.viscous.back() * x[at] - quadratic * x[at] * std::abs(x[at]);
      r[from] -= x[at], r[to] += x[at];   // mass at both anastomoses; never the end of a vessel
    }
    return r;
  }
  Eigen::MatrixXd jacobian(const Eigen::VectorXd& x, const std::vector<double>& z) const {
    const Eigen::Index n = Eigen::Index(branches_.size());
    Eigen::MatrixXd j = Eigen::MatrixXd::Zero(x_.size(), x_.size());
    for (Eigen::Index b = 0; b < n; ++b) {
      const Branch& v = branches_[std::size_t(b)];
      const int parent = network_.branches[std::size_t(b)].parent;
      const double q = std::abs(x[b]);
      j(b, parent < 0 ? 2 * n : n + parent) += 1;
      j(b, n + b) -= 1;
      j(b, b) -= v.losses.viscous.back() + 2 * (v.losses.inertial.back() + v.leaves) * q;
      if (outlet_[std::size_t(b)] >= 0) {
        j(n + b, n + b) += 1;
        j(n + b, b) -= rho_ * q / (v.area_end * v.area_end) + z[std::size_t(outlet_[std::size_t(b)])];
      } else {
        j(n + b, b) += 1;
        for (int c : network_.branches[std::size_t(b)].children) j(n + b, c) -= 1;
      }
    }
    j(2 * n, 0) = 1;
    for (std::size_t g = 0; g < grafts_.size(); ++g) {
      const BranchLosses& l = grafts_[g].losses;
      const double quadratic = l.inertial.back() + grafts_[g].leaves + grafts_[g].joins;
      const Eigen::Index from = n + pieces_.edges[g].from, to = n + pieces_.edges[g].to, at = 2 * n + 1 + Eigen::Index(g);
      j(at, from) += 1, j(at, to) -= 1;
      j(at, at) -= l.viscous.back() + 2 * quadratic * std::abs(x[at]);
      j(from, at) -= 1, j(to, at) += 1;
    }
    return j;
  }

  Pieces pieces_;
  const core::VesselNetwork& network_;
  double rho_, k_t_;
  std::vector<Branch> branches_, grafts_;
  std::vector<int> outlet_;
  Eigen::VectorXd x_;
};

// What was asked and only the three-dimensional model has.
void say_left_out(const FlowProblem& p, std::vector<std::string>& notes) {
  if (p.fluid.carreau_yasuda)
    notes.push_back(fmt::format("FAST uses Newtonian blood of {:.3g} Pa s, the viscosity at infinite shear rate (Carreau-Yasuda was asked for). Use FULL for it.", p.fluid.viscosity_Pa_s));
  const InletProfile profile = p.inlets[0].profile;
  if (profile == InletProfile::womersley || profile == InletProfile::rectangular)
    notes.push_back(fmt::format("FAST uses the parabolic profile at the inlet (a {} one was asked for). Use FULL for it.", profile == InletProfile::womersley ? "Womersley" : "rectangular"));
  if (!p.force_patches.empty()) notes.push_back("FAST has no force of the fluid on a wall: it is left out. Use FULL for it.");
}

}  // namespace

core::Result<FlowResult> run_network(const FlowProblem& problem, const core::Progress& progress, double marched_k_t) {
  const auto begin = std::chrono::steady_clock::now();
  if (auto ok = check_conditions(problem); !ok) return core::pass(ok);
  if (auto ok = check_network_conditions(problem); !ok) return core::pass(ok);
  if (progress.cancelled()) return core::cancelled();
  const Inlet& inlet = problem.inlets[0];

  FlowResult r;
  r.mode = core::Mode::fast;
  r.problem_sha256 = problem.sha256();
  say_left_out(problem, r.notes);
  Tree tree(problem, marched_k_t);
  const core::VesselNetwork& network = tree.pieces().network;
  std::vector<Windkessel> windkessels;
  for (const Outlet& o : problem.outlets) windkessels.emplace_back(o, problem.steady);
  std::vector<double> z(windkessels.size()), s(windkessels.size());
  std::vector<double> point_pressure, outlet_flow(problem.outlets.size(), 0.0), outlet_pressure(problem.outlets.size(), 0.0);
  std::vector<double> branch_flow(network.branches.size(), 0.0), graft_flow(problem.grafts.size(), 0.0);
  double inlet_flow = 0, inlet_pressure = 0, power_loss = 0;   // the last Pa mm3/s = nW
  NetworkProbes probes(problem, tree.pieces(), r.notes);
  const auto pressure_of = [&](std::size_t piece, std::size_t k) { return tree.pressure(piece, k); };
  const auto flow_of = [&](std::size_t piece) { return tree.flow(piece); };
  // Adds the present state with a weight to the averages.
  const auto accumulate = [&](double weight) {
    std::size_t at = 0;
    std::size_t points = 0;
    for (const auto& v : network.branches) points += v.points.size();
    point_pressure.resize(points, 0.0);
    for (std::size_t b = 0; b < network.branches.size(); ++b) {
      branch_flow[b] += weight * tree.flow(b);
      for (std::size_t k = 0; k < network.branches[b].points.size(); ++k) point_pressure[at++] += weight * tree.pressure(b, k);
      if (tree.outlet(b) >= 0) {
        outlet_flow[std::size_t(tree.outlet(b))] += weight * tree.flow(b);
        outlet_pressure[std::size_t(tree.outlet(b))] += weight * tree.pressure(b, network.branches[b].points.size() - 1);
        power_loss -= weight * tree.flow(b) * tree.total_end(b);
      }
    }
    for (std::size_t g = 0; g < graft_flow.size(); ++g) graft_flow[g] += weight * tree.graft_flow(g);
    power_loss += weight * tree.flow(0) * tree.total_begin(0);
    probes.average(weight, pressure_of, flow_of);
    inlet_flow += weight * tree.flow(0);
    inlet_pressure += weight * tree.pressure(0, 0);
  };
  const auto unsolved = [&](double t) {
    return core::computation_failed(fmt::format("The fast flow was not solved at t = {:.3g} s (the pressures would be wrong). Check radii and resistances for extreme values.", t));
  };

  if (problem.steady) {
    for (std::size_t k = 0; k < windkessels.size(); ++k) z[k] = windkessels[k].impedance(1.0), s[k] = windkessels[k].history(1.0);
    if (!tree.settle(problem, mean_flow(inlet, problem.cycle_s), z, s)) return unsolved(0);
    accumulate(1.0);
    r.steps = 1;
  } else {
    const int steps = int(std::ceil(problem.cycle_s / problem.dt_s - 1e-9));
    const double dt = problem.cycle_s / steps;
    for (std::size_t k = 0; k < windkessels.size(); ++k) z[k] = problem.outlets[k].rp + problem.outlets[k].rd, s[k] = problem.outlets[k].pd;
    const double mean = mean_flow(inlet, problem.cycle_s), first = flow_at(inlet, 0, problem.cycle_s);
    if (!tree.settle(problem, mean, z, s)) return unsolved(0);
    std::vector<double> resting(problem.outlets.size(), 0.0);
    for (std::size_t b = 0; b < network.branches.size(); ++b)
      if (tree.outlet(b) >= 0) resting[std::size_t(tree.outlet(b))] = tree.flow(b);
    for (std::size_t k = 0; k < windkessels.size(); ++k) windkessels[k].start(mean != 0 ? resting[k] * first / mean : 0.0, resting[k], dt);
    const auto curve = [&](std::string name, std::string unit) { r.series.push_back({std::move(name), std::move(unit), "s", {}, {}}); };
    curve(patch_label(problem.mesh.get(), inlet.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), inlet.patch) + " pressure", "Pa");
    for (const Outlet& o : problem.outlets) curve(patch_label(problem.mesh.get(), o.patch) + " flow", "mm3/s"), curve(patch_label(problem.mesh.get(), o.patch) + " pressure", "Pa");
    probes.begin(r.series);
    for (int cycle = 0; cycle < problem.cycles; ++cycle)
      for (int k = 1; k <= steps; ++k) {
        if (k % 64 == 0 && progress.cancelled()) return core::cancelled();
        const double t = problem.cycle_s * (cycle + double(k) / steps);
        for (std::size_t o = 0; o < windkessels.size(); ++o) z[o] = windkessels[o].impedance(dt), s[o] = windkessels[o].history(dt);
        if (!tree.solve(flow_at(inlet, t, problem.cycle_s), z, s)) return unsolved(t);
        std::size_t c = 0;
        const auto push = [&](double v) { r.series[c].t.push_back(t), r.series[c].values.push_back(v), ++c; };
        push(tree.flow(0)), push(tree.pressure(0, 0));
        std::vector<double> q(windkessels.size(), 0.0), p(windkessels.size(), 0.0);
        for (std::size_t b = 0; b < network.branches.size(); ++b)
          if (tree.outlet(b) >= 0) {
            q[std::size_t(tree.outlet(b))] = tree.flow(b);
            p[std::size_t(tree.outlet(b))] = tree.pressure(b, network.branches[b].points.size() - 1);
          }
        for (std::size_t o = 0; o < windkessels.size(); ++o) {
          push(q[o]), push(p[o]);
          windkessels[o].advance(q[o], dt);
        }
        probes.record(t, pressure_of, flow_of, r.series);
        ++r.steps;
        if (cycle + 1 == problem.cycles) accumulate(1.0 / steps);
      }
    r.notes.push_back("Quasi-steady network: inertia and wall compliance are left out. Quantities and pull-back are averages of the last cycle.");
  }

  r.probes = probes.means();
  double most_shear = 0;
  std::size_t b = 0, at = 0;   // piece, and its first value in point_pressure
  for (std::size_t whole = 0; whole < problem.network->branches.size(); ++whole)
    for (std::size_t point = 0; point < problem.network->branches[whole].points.size(); ++point) {
      // The given points only, each once: on an anastomosis that of the piece upstream. Pieces lie in the order of the branches.
      const core::VesselBranch& v = problem.network->branches[whole];
      const auto& origin = tree.pieces().origin;
      constexpr double close = 1e-6;   // mm
      while (origin[b].first < int(whole) || origin[b].second + network.branches[b].length() < v.arc[point] - close) at += network.branches[b++].points.size();
      const auto& arcs = network.branches[b].arc;
      const std::size_t i = std::size_t(std::lower_bound(arcs.begin(), arcs.end(), v.arc[point] - origin[b].second - close) - arcs.begin());
      const std::size_t k = point;
      r.pullback.push_back({int(whole), v.arc[k], point_pressure[at + i], v.radius[k], branch_flow[b]});
      most_shear = std::max(most_shear, 4 * problem.fluid.viscosity_Pa_s * std::abs(branch_flow[b]) / (std::numbers::pi * v.radius[k] * v.radius[k] * v.radius[k]));
    }
  std::size_t largest = 0;
  double out = 0;
  for (std::size_t k = 0; k < outlet_flow.size(); ++k) {
    out += outlet_flow[k];
    if (outlet_flow[k] > outlet_flow[largest]) largest = k;
  }
  const core::TetMesh* names = problem.mesh.get();
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = {}) {
    r.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("pressure_drop_mmhg", "Pressure drop", "mmHg", mmhg_from_pa(inlet_pressure - outlet_pressure[largest]), fmt::format("static, inlet to {}", patch_label(names, problem.outlets[largest].patch)));
  add("max_wss_pa", "Largest wall shear stress", "Pa", most_shear, "of developed laminar flow at the local radius: an estimate");
  add("energy_loss_mw", "Energy loss", "mW", power_loss * 1e-6, "total pressure times flow, in less out, with the mean speed of each cap");
  add("reynolds", "Reynolds number at the inlet", "", 2 * problem.fluid.density_g_per_mm3 * std::abs(inlet_flow) / (std::numbers::pi * network.branches[0].radius[0] * problem.fluid.viscosity_Pa_s), "of the mean flow");
  add("mass_balance_rel", "Mass balance", "", inlet_flow != 0 ? std::abs(inlet_flow - out) / std::abs(inlet_flow) : 0.0, "|in - out| / in");
  const double per_min = 60 / core::units::mm3_per_ml;
  add(patch_key(names, inlet.patch) + "_flow_ml_min", "Flow, " + patch_label(names, inlet.patch), "mL/min", inlet_flow * per_min);
  add(patch_key(names, inlet.patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, inlet.patch), "mmHg", mmhg_from_pa(inlet_pressure), "static");
  for (std::size_t k = 0; k < outlet_flow.size(); ++k) {
    const int patch = problem.outlets[k].patch;
    add(patch_key(names, patch) + "_flow_ml_min", "Flow, " + patch_label(names, patch), "mL/min", outlet_flow[k] * per_min);
    add(patch_key(names, patch) + "_pressure_mmhg", "Pressure, " + patch_label(names, patch), "mmHg", mmhg_from_pa(outlet_pressure[k]), "static");
  }
  add_flow_shares(problem, outlet_flow, r.quantities);
  add_graft_quantities(problem, graft_flow, inlet_flow, r.quantities);
  r.momentum_iterations = tree.iterations;
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return r;
}

core::Result<double> flow_for_inlet_pressure(const FlowProblem& problem, double pressure_Pa) {
  FlowProblem trial = problem;
  trial.steady = true;
  if (auto ok = check_conditions(trial); !ok) return core::pass(ok);
  if (auto ok = check_network_conditions(trial); !ok) return core::pass(ok);
  // One tree for all flows that are tried: the flow is found for frozen losses, then the branches whose flow moved are marched again.
  Tree tree(trial, marched_expansion_loss);
  std::vector<double> z, s;
  for (const Outlet& o : trial.outlets) {
    const Windkessel w(o, true);
    z.push_back(w.impedance(1.0)), s.push_back(w.history(1.0));
  }
  const auto excess = [&](double q) -> core::Result<double> {
    if (!tree.solve(q, z, s)) return core::computation_failed(fmt::format("The fast flow was not solved at {:.3g} mm3/s (no flow could be found for the pressure). Check radii and resistances for extreme values.", q));
    return tree.pressure(0, 0) - pressure_Pa;
  };
  const double close = 1e-6 * std::max(1.0, std::abs(pressure_Pa));
  double q = mean_flow(problem.inlets[0], problem.cycle_s);
  for (int round = 0; round < Tree::most_rounds; ++round) {
    // Bracket around the last flow, then regula falsi (Illinois): the inlet pressure rises with the flow.
    double a = 1e-6 * q, b = q;
    auto above = excess(b), below = excess(a);
    if (!below) return core::pass(below);
    if (!above) return core::pass(above);
    for (int k = 0; k < 7 && *above < 0; ++k) {
      a = b, below = above;
      b *= 2;
      above = excess(b);
      if (!above) return core::pass(above);
    }
    if (!(*below <= 0) || !(*above >= 0))
      return core::bad_input(fmt::format("No flow gives an inlet pressure of {:.1f} mmHg with these outlets (their distal pressure alone gives {:.1f} mmHg). Check the outlet resistances.",
                                         mmhg_from_pa(pressure_Pa), mmhg_from_pa(*below + pressure_Pa)));
    double fa = *below, fb = *above;
    q = b;
    for (int k = 0; k < 60 && fb - fa > 0; ++k) {
      q = (a * fb - b * fa) / (fb - fa);
      const auto f = excess(q);
      if (!f) return core::pass(f);
      if (std::abs(*f) < close) break;
      if ((*f > 0) == (fb > 0)) {
        b = q, fb = *f;
        fa *= 0.5;
      } else {
        a = b, fa = fb;
        b = q, fb = *f;
      }
    }
    if (!tree.march_all(trial, 1e-4)) break;   // the pressure is met to 1e-5 of itself (tested)
  }
  return q;
}

}  // namespace ot::hemo
