// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of the FAST solver at a steady flow: Newton on flows and pressures, losses marched at the flows that result. Internal to
// network_flow.cpp, which says the model, its sources and what fails. Threads: one.
#pragma once
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/junctions.hpp"
#include "solvers/hemodynamics/network_beat.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/hemodynamics/network_pieces.hpp"
#include "solvers/hemodynamics/vessel_march.hpp"

namespace ot::hemo {

inline double circle_area(double r) { return std::numbers::pi * r * r; }

struct TreeBranch {
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
class NetworkTree {
 public:
  NetworkTree(const FlowProblem& p, double k_t) : pieces_(cut_at_grafts(p)), network_(pieces_.network), rho_(p.fluid.density_g_per_mm3), k_t_(k_t) {
    branches_.resize(network_.branches.size());
    for (std::size_t b = 0; b < branches_.size(); ++b) {
      branches_[b].area_end = circle_area(network_.branches[b].radius.back());
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
    for (const TreeBranch& b : branches_)
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

  // Lines of losses for a beat: through the mean flow, where each branch was marched, and through `factor` times it, where most of the
  // beat's energy is lost.
  void span(const FlowProblem& p, double factor) {
    const auto widen = [&](const core::VesselBranch& v, TreeBranch& branch, double q, const VelocityShape& start) {
      if (!(branch.marched_at > 0) || !(q > 0) || std::abs(factor - 1) < 0.05) return;
      const std::vector<double> far = march_branch(v, branch.narrowings, factor * q, p.fluid, k_t_, start).loss_Pa;
      for (std::size_t k = 0; k < v.arc.size(); ++k) {
        const double here = branch.losses.viscous[k] + branch.losses.inertial[k] * q;   // over q
        branch.losses.inertial[k] = (far[k] / (factor * q) - here) / ((factor - 1) * q);
        branch.losses.viscous[k] = here - branch.losses.inertial[k] * q;
      }
    };
    for (std::size_t b = 0; b < branches_.size(); ++b) widen(network_.branches[b], branches_[b], flow(b), start_of(p, b));
    for (std::size_t g = 0; g < grafts_.size(); ++g) widen(pieces_.edges[g].line, grafts_[g], graft_flow(g), branches_[std::size_t(pieces_.edges[g].from)].end);
  }
  BeatNetwork beat() const {
    BeatNetwork out;
    const auto piece = [](const core::VesselBranch& v, const TreeBranch& b, double q) {
      BeatPiece p;
      p.line = &v, p.viscous = b.losses.viscous, p.inertial = b.losses.inertial, p.mean_flow = q;
      for (double& i : p.inertial) i += b.leaves;
      p.inertial.back() += b.joins;
      return p;
    };
    out.total_Pa.push_back(total_begin(0));
    for (std::size_t b = 0; b < branches_.size(); ++b) {
      out.pieces.push_back(piece(network_.branches[b], branches_[b], flow(b)));
      out.pieces[b].from = network_.branches[b].parent, out.pieces[b].to = int(b), out.pieces[b].outlet = outlet_[b];
      out.total_Pa.push_back(x_[Eigen::Index(branches_.size() + b)]);
    }
    for (std::size_t g = 0; g < grafts_.size(); ++g) {
      out.grafts.push_back(piece(pieces_.edges[g].line, grafts_[g], graft_flow(g)));
      out.grafts[g].from = pieces_.edges[g].from, out.grafts[g].to = pieces_.edges[g].to;
    }
    return out;
  }

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
    const double q = flow(b), a = circle_area(network_.branches[b].radius[k]);
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
    const double a = circle_area(v.radius[0]);
    for (std::size_t k = 0; k < v.arc.size(); ++k) l.inertial[k] += rho_ / 3.0 / (a * a) * std::min(1.0, v.arc[k] / (10.0 * v.radius[0]));
  }
  // The losses of a branch at its present flow: loss = a Q + b Q^2 through the march at that flow and another one, so that flows within
  // a few per cent need no other march. The other one is the march before when it was near, else one at nine tenths of the flow.
  // False: nothing to do. A branch without forward flow keeps the plain losses.
  bool march(const FlowProblem& p, std::size_t b, double near) { return march(p, network_.branches[b], branches_[b], flow(b), start_of(p, b), near); }
  VelocityShape start_of(const FlowProblem& p, std::size_t b) const {
    const core::VesselBranch& v = network_.branches[b];
    VelocityShape start;
    const bool mixed = std::any_of(pieces_.edges.begin(), pieces_.edges.end(), [&](const Pieces::Edge& e) { return e.to == v.parent; });
    if (v.parent >= 0 && !mixed) start = branches_[std::size_t(v.parent)].end;   // behind a graft's jet: a parabola
    else if (mixed) start.clear();
    else if (p.inlets[0].profile == InletProfile::plug) start = flat_shape();
    return start;
  }
  bool march(const FlowProblem& p, const core::VesselBranch& v, TreeBranch& branch, double q, const VelocityShape& start, double near) {
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
    const TreeBranch& trunk = branches_[b];
    std::vector<TreeBranch*> takes, brings;
    std::vector<JunctionArm> in, out;
    const auto arm = [](JunctionArm a, double q, const VelocityShape& shape) {
      a.flow_mm3_s = q, a.momentum = momentum_coefficient(shape);
      return a;
    };
    bool forward = flow(b) > 0;
    in.push_back(arm(trunk.last, flow(b), trunk.end));
    for (int c : network_.branches[b].children) {
      TreeBranch& child = branches_[std::size_t(c)];
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
      const TreeBranch& v = branches_[std::size_t(b)];
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
      const TreeBranch& v = branches_[std::size_t(b)];
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
  std::vector<TreeBranch> branches_, grafts_;
  std::vector<int> outlet_;
  Eigen::VectorXd x_;
};

}  // namespace ot::hemo
