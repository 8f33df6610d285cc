// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/network_beat.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "solvers/hemodynamics/conditions.hpp"

namespace ot::hemo {
namespace {

constexpr double longest_piece_mm = 12;   // a 25th of the wavelength of 16 Hz at 5 m/s: beyond what a beat holds
constexpr int most_rounds = 30;           // of Newton in a step
constexpr double settled = 1e-6;          // change of the flows over the largest one; Newton squares what is left

double area_of(double r) { return std::numbers::pi * r * r; }

// Between two nodes. `i` holds the kinetic head of an outlet too: there the node's unknown is the static pressure.
struct Segment {
  int from = 0;
  double l = 0, v = 0, i = 0;
};
struct Node {
  double c = 0, head = 0;   // mm3/Pa; rho/2 / A2, 0 where the unknown is the static pressure
  int outlet = -1;
};
struct Stretch {            // points of a piece within one segment
  std::size_t piece = 0, first = 0, last = 0;
  int segment = 0;          // of the tree, or of the grafts
  bool flat = false;        // a line of losses that falls at small flows: all of it counts as quadratic, equal at the mean flow
};

// Inertance over rho l / A of developed flow that swings with the Womersley number alpha: Re 1 / (1 - F), F = 2 J1(z) / (z J0(z)), z = i^(3/2) alpha
// (Womersley 1955). The parabola's 4/3 when slow, 1 when the core moves as a plug. J1 / J0 by its continued fraction, from behind.
double profile_inertia(double alpha) {
  constexpr double fast = 200;   // 1 + sqrt(2) / alpha from there on, to 1e-4
  if (!(alpha > 0)) return 4.0 / 3.0;
  if (alpha > fast) return 1 + std::numbers::sqrt2 / alpha;
  const std::complex<double> z = std::polar(alpha, 0.75 * std::numbers::pi);
  std::complex<double> ratio = 0;   // J_k / J_(k-1)
  for (int k = int(alpha) + 40; k >= 1; --k) ratio = 1.0 / (2.0 * k / z - ratio);
  return std::real(1.0 / (1.0 - 2.0 * ratio / z));
}

// Angular frequency that carries the swing of the inflow: rms of its rate over rms of its swing (of a sine its own; the beat's fundamental where flow is constant).
double swing_per_s(const FlowProblem& p) {
  constexpr int parts = 1000;
  double mean = 0, square = 0, rate = 0, before = flow_at(p.inlets[0], 0, p.cycle_s);
  const double dt = p.cycle_s / parts;
  for (int k = 1; k <= parts; ++k) {
    const double q = flow_at(p.inlets[0], k * dt, p.cycle_s);
    mean += q / parts, square += q * q / parts, rate += (q - before) * (q - before) / (dt * dt * parts);
    before = q;
  }
  const double swing = square - mean * mean;
  return swing > 1e-12 * square ? std::sqrt(rate / swing) : 2 * std::numbers::pi / p.cycle_s;
}

class Lumped {
 public:
  Lumped(const FlowProblem& p, const BeatNetwork& n, bool elastic) : problem_(p), rho_(p.fluid.density_g_per_mm3), swing_(swing_per_s(p)), elastic_(elastic), network_(n) {
    for (const auto* list : {&n.pieces, &n.grafts})
      for (const BeatPiece& piece : *list) piece_start_.push_back(points_), points_ += piece.line->points.size();
    nodes_.push_back({});
    std::vector<int> end(n.pieces.size(), 0);   // node at the distal end of each piece
    for (std::size_t b = 0; b < n.pieces.size(); ++b) {
      const BeatPiece& piece = n.pieces[b];
      int node = piece.from < 0 ? 0 : end[std::size_t(piece.from)];
      const std::vector<std::size_t> cuts = cut(*piece.line);
      for (std::size_t k = 1; k < cuts.size(); ++k) {
        stretches_.push_back({b, cuts[k - 1], cuts[k], int(segments_.size()), false});
        Segment s = make(piece, stretches_.back(), k == 1);
        s.from = node;
        segments_.push_back(s);
        nodes_.push_back({});
        const double half = 0.5 * compliance(*piece.line, cuts[k - 1], cuts[k]);
        nodes_[std::size_t(node)].c += half, nodes_.back().c += half;
        const double a = area_of(piece.line->radius[cuts[k]]);
        nodes_.back().head = 0.5 * rho_ / (a * a);
        node = int(nodes_.size()) - 1;
      }
      end[b] = node;
      if (piece.outlet >= 0) {
        Node& last = nodes_[std::size_t(node)];
        segments_.back().i += last.head;
        last.head = 0, last.outlet = piece.outlet;
      }
    }
    for (std::size_t g = 0; g < n.grafts.size(); ++g) {
      const BeatPiece& piece = n.grafts[g];
      stretches_.push_back({n.pieces.size() + g, 0, piece.line->points.size() - 1, int(g), false});
      Segment s = make(piece, stretches_.back(), true);
      s.from = end[std::size_t(piece.from)];
      grafts_.push_back(s);
      graft_to_.push_back(end[std::size_t(piece.to)]);
    }
    flow_.resize(segments_.size() + grafts_.size());
    for (const Stretch& s : stretches_) flow_[index(s)] = piece_of(s.piece).mean_flow;
    total_.assign(nodes_.size(), 0.0);
    stored_.assign(nodes_.size(), 0.0);
    total_[0] = n.total_Pa[0];
    for (std::size_t s = 0; s < segments_.size(); ++s) total_[s + 1] = total_[std::size_t(segments_[s].from)] - segments_[s].v * flow_[s] - segments_[s].i * flow_[s] * std::abs(flow_[s]);
    for (std::size_t k = 0; k < nodes_.size(); ++k) stored_[k] = total_[k] - head_at(k);
    flow1_ = flow2_ = flow_;
    stored1_ = stored2_ = stored_;
  }

  // One step of BDF2 with p = history + impedance Q at the outlets. False: Newton does not converge.
  bool step(double inflow, double dt, const std::vector<double>& impedance, const std::vector<double>& history) {
    flow2_.swap(flow1_), flow1_ = flow_;
    stored2_.swap(stored1_), stored1_ = stored_;
    for (std::size_t s = 0; s < flow_.size(); ++s) flow_[s] = 2 * flow1_[s] - flow2_[s];
    double scale = std::abs(inflow);
    for (double q : flow1_) scale = std::max(scale, std::abs(q));
    scale = std::max(scale, 1e-6);
    for (int round = 0; round < most_rounds; ++round) {
      ++iterations;
      const double change = solve(inflow, dt, impedance, history);
      if (!std::isfinite(change)) return false;
      if (change < settled * scale) {
        for (std::size_t k = 0; k < nodes_.size(); ++k) stored_[k] = total_[k] - head_at(k);
        dt_ = dt;
        return true;
      }
    }
    return false;
  }

  void write(double* pressure, double* flow) const {
    for (const Stretch& s : stretches_) {
      const BeatPiece& piece = piece_of(s.piece);
      const std::size_t at = index(s), first = piece_start_[s.piece];
      const Segment& segment = at < segments_.size() ? segments_[at] : grafts_[at - segments_.size()];
      const double q = flow_[at], qq = q * std::abs(q), rate = dt_ > 0 ? (1.5 * flow_[at] - 2 * flow1_[at] + 0.5 * flow2_[at]) / dt_ : 0.0;
      const double begin = total_[std::size_t(segment.from)];
      double inertance = 0;
      for (std::size_t k = s.first; k <= s.last; ++k) {
        if (k > s.first && elastic_) inertance += inertance_of(*piece.line, k - 1, k);
        double v = piece.viscous[k], i = piece.inertial[k];
        if (s.first > 0) v -= piece.viscous[s.first], i -= piece.inertial[s.first];
        if (s.flat) i += v / piece.mean_flow, v = 0;
        const double a = area_of(piece.line->radius[k]);
        pressure[first + k] = begin - v * q - i * qq - inertance * rate - 0.5 * rho_ * qq / (a * a);
        flow[first + k] = q;
      }
    }
  }
  // Flow into and static pressure at each outlet of the problem.
  void outlets(const std::vector<double>& impedance, const std::vector<double>& history, double* pressure, double* flow) const {
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      if (const int o = nodes_[k].outlet; o >= 0) pressure[o] = total_[k], flow[o] = (total_[k] - history[std::size_t(o)]) / impedance[std::size_t(o)];
  }
  std::size_t points() const { return points_; }
  double inlet_total() const { return total_[0]; }
  long iterations = 0;

 private:
  std::vector<std::size_t> cut(const core::VesselBranch& v) const {
    const std::size_t last = v.points.size() - 1;
    const int parts = elastic_ ? std::max(1, int(std::ceil(v.length() / longest_piece_mm))) : 1;
    std::vector<std::size_t> cuts{0};
    for (int k = 1; k < parts; ++k) {
      const std::size_t at = std::size_t(std::lower_bound(v.arc.begin(), v.arc.end(), v.length() * k / parts) - v.arc.begin());
      if (at > cuts.back() && at < last) cuts.push_back(at);
    }
    cuts.push_back(last);
    return cuts;
  }
  double inertance_of(const core::VesselBranch& v, std::size_t a, std::size_t b) const {   // a cone between two points
    const double r = std::sqrt(v.radius[a] * v.radius[b]);
    return rho_ * (v.arc[b] - v.arc[a]) / area_of(r) * profile_inertia(r * std::sqrt(swing_ * rho_ / problem_.fluid.viscosity_Pa_s));
  }
  double compliance(const core::VesselBranch& v, std::size_t from, std::size_t to) const {
    if (!elastic_) return 0;
    const auto per_length = [&](double r) { return 2 * area_of(r) / (4.0 / 3.0 * problem_.vessel_wall.stiffness_Pa(r)); };
    double sum = 0;
    for (std::size_t k = from + 1; k <= to; ++k) sum += 0.5 * (v.arc[k] - v.arc[k - 1]) * (per_length(v.radius[k - 1]) + per_length(v.radius[k]));
    return sum;
  }
  Segment make(const BeatPiece& piece, Stretch& at, bool first) const {
    Segment s;
    s.v = piece.viscous[at.last] - (first ? 0 : piece.viscous[at.first]), s.i = piece.inertial[at.last] - (first ? 0 : piece.inertial[at.first]);
    at.flat = s.v < 0 && piece.mean_flow > 0;
    if (at.flat) s.i += s.v / piece.mean_flow, s.v = 0;
    if (elastic_)
      for (std::size_t k = at.first + 1; k <= at.last; ++k) s.l += inertance_of(*piece.line, k - 1, k);
    return s;
  }
  const BeatPiece& piece_of(std::size_t k) const { return k < network_.pieces.size() ? network_.pieces[k] : network_.grafts[k - network_.pieces.size()]; }
  std::size_t index(const Stretch& s) const { return std::size_t(s.segment) + (s.piece < network_.pieces.size() ? 0 : segments_.size()); }
  double head_at(std::size_t node) const {
    const double q = node == 0 ? 0 : flow_[node - 1];   // at the inlet the head of the first segment is that of its own flow: no change of volume hangs on it
    return nodes_[node].head * q * std::abs(q);
  }

  // One Newton round; returns the largest change of a flow. Column 0 of j is the state with the given inflow and no flow in the grafts,
  // the others what 1 mm3/s in each graft does.
  double solve(double inflow, double dt, const std::vector<double>& impedance, const std::vector<double>& history) {
    const std::size_t n = nodes_.size(), columns = 1 + grafts_.size();
    y_.assign(n, 0.0), j_.assign(n * columns, 0.0), through_.assign(n, 0.0), source_.assign(n * columns, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      const double c = 1.5 * nodes_[k].c / dt;
      y_[k] = c;
      j_[k * columns] = c * head_at(k) + nodes_[k].c * (2 * stored1_[k] - 0.5 * stored2_[k]) / dt;
      if (const int o = nodes_[k].outlet; o >= 0) y_[k] += 1 / impedance[std::size_t(o)], j_[k * columns] += history[std::size_t(o)] / impedance[std::size_t(o)];
    }
    for (std::size_t g = 0; g < grafts_.size(); ++g) j_[std::size_t(grafts_[g].from) * columns + 1 + g] -= 1, j_[std::size_t(graft_to_[g]) * columns + 1 + g] += 1;
    const auto line_of = [&](const Segment& s, std::size_t at, double& z, double& push) {
      const double q = flow_[at];
      z = 1.5 * s.l / dt + s.v + 2 * s.i * std::abs(q);
      push = s.i * q * std::abs(q) + s.l * (2 * flow1_[at] - 0.5 * flow2_[at]) / dt;
    };
    for (std::size_t k = n - 1; k > 0; --k) {   // from the ends upstream: Q = y' H_from - j'
      const Segment& s = segments_[k - 1];
      double z = 0, push = 0;
      line_of(s, k - 1, z, push);
      const double passes = y_[k] / (z * y_[k] + 1);
      through_[k] = passes;
      y_[std::size_t(s.from)] += passes;
      for (std::size_t c = 0; c < columns; ++c) {
        source_[k * columns + c] = passes * (j_[k * columns + c] / y_[k] - (c == 0 ? push : 0.0));
        j_[std::size_t(s.from) * columns + c] += source_[k * columns + c];
      }
    }
    h_.assign(n * columns, 0.0), q_.assign(n * columns, 0.0);
    for (std::size_t c = 0; c < columns; ++c) {
      h_[c] = ((c == 0 ? inflow : 0.0) + j_[c]) / y_[0];
      for (std::size_t k = 1; k < n; ++k) {
        q_[k * columns + c] = through_[k] * h_[std::size_t(segments_[k - 1].from) * columns + c] - source_[k * columns + c];
        h_[k * columns + c] = (q_[k * columns + c] + j_[k * columns + c]) / y_[k];
      }
    }
    Eigen::VectorXd in_graft = Eigen::VectorXd::Zero(Eigen::Index(grafts_.size()));
    if (!grafts_.empty()) {
      Eigen::MatrixXd a(in_graft.size(), in_graft.size());
      Eigen::VectorXd b(in_graft.size());
      for (std::size_t g = 0; g < grafts_.size(); ++g) {
        double z = 0, push = 0;
        line_of(grafts_[g], segments_.size() + g, z, push);
        const auto difference = [&](std::size_t c) { return h_[std::size_t(grafts_[g].from) * columns + c] - h_[std::size_t(graft_to_[g]) * columns + c]; };
        for (std::size_t c = 0; c < grafts_.size(); ++c) a(Eigen::Index(g), Eigen::Index(c)) = (c == g ? z : 0.0) - difference(1 + c);
        b[Eigen::Index(g)] = difference(0) + push;
      }
      in_graft = a.partialPivLu().solve(b);
    }
    double change = 0;
    const auto take = [&](double& value, double fresh) { change = std::max(change, std::abs(fresh - value)), value = fresh; };
    for (std::size_t k = 0; k < n; ++k) {
      double h = h_[k * columns], q = q_[k * columns];
      for (std::size_t g = 0; g < grafts_.size(); ++g) h += in_graft[Eigen::Index(g)] * h_[k * columns + 1 + g], q += in_graft[Eigen::Index(g)] * q_[k * columns + 1 + g];
      total_[k] = h;
      if (k > 0) take(flow_[k - 1], q);
    }
    for (std::size_t g = 0; g < grafts_.size(); ++g) take(flow_[segments_.size() + g], in_graft[Eigen::Index(g)]);
    return change;
  }

  const FlowProblem& problem_;
  double rho_, swing_, dt_ = 0;
  bool elastic_;
  const BeatNetwork& network_;
  std::vector<Segment> segments_, grafts_;
  std::vector<int> graft_to_;
  std::vector<Node> nodes_;
  std::vector<Stretch> stretches_;
  std::vector<std::size_t> piece_start_;
  std::size_t points_ = 0;
  std::vector<double> flow_, flow1_, flow2_, total_, stored_, stored1_, stored2_;   // flows: segments of the tree, then grafts
  std::vector<double> y_, j_, through_, source_, h_, q_;
};

}  // namespace

NetworkModel network_model_of(const FlowProblem& p) { return p.network_model == NetworkModel::automatic ? NetworkModel::rlc : p.network_model; }

int samples_of_beat(const FlowProblem& p) {
  constexpr double least = 100, most = 2000;   // 8 ms of a beat of 0.8 s; beyond: nothing is gained
  return int(std::clamp(std::ceil(p.cycle_s / p.dt_s - 1e-9), least, most));
}

core::Result<BeatAnswer> run_lumped_beat(const FlowProblem& p, const BeatNetwork& network, const core::Progress& progress) {
  Lumped net(p, network, network_model_of(p) == NetworkModel::rlc);
  BeatAnswer out;
  out.points = net.points();
  const int steps = samples_of_beat(p);
  const double dt = p.cycle_s / steps;
  const std::size_t outlets = p.outlets.size();
  std::vector<Windkessel> ends;
  for (std::size_t o = 0; o < outlets; ++o) {
    ends.emplace_back(p.outlets[o], false);
    double q = 0;
    for (const BeatPiece& piece : network.pieces)
      if (piece.outlet == int(o)) q = piece.mean_flow;
    ends.back().start(q, q, dt);
  }
  out.pressure_Pa.resize(std::size_t(steps) * out.points), out.flow_mm3_s.resize(std::size_t(steps) * out.points);
  out.outlet_Pa.resize(std::size_t(steps) * outlets), out.outlet_mm3_s.resize(std::size_t(steps) * outlets);
  for (int k = 1; k <= steps; ++k) out.t_s.push_back(p.cycle_s * k / steps);
  std::vector<double> z(outlets), s(outlets), before;
  for (bool last = false;;) {   // the beat after one that followed itself is the one that is written down
    last = last || out.beats + 1 >= most_beats;
    std::vector<double> now;
    for (int k = 0; k < steps; ++k) {
      if (k % 64 == 0 && progress.cancelled()) return core::cancelled();
      for (std::size_t o = 0; o < outlets; ++o) z[o] = ends[o].impedance(dt), s[o] = ends[o].history(dt);
      if (!net.step(flow_at(p.inlets[0], out.t_s[std::size_t(k)], p.cycle_s), dt, z, s))
        return core::computation_failed(fmt::format("The fast flow was not solved at t = {:.3g} s of a beat (the pressures would be wrong). Check radii and resistances for extreme values.", out.t_s[std::size_t(k)]));
      if (last) {
        net.write(&out.pressure_Pa[std::size_t(k) * out.points], &out.flow_mm3_s[std::size_t(k) * out.points]);
        out.flow_mm3_s[std::size_t(k) * out.points] = flow_at(p.inlets[0], out.t_s[std::size_t(k)], p.cycle_s);
      }
      net.outlets(z, s, &out.outlet_Pa[std::size_t(k) * outlets], &out.outlet_mm3_s[std::size_t(k) * outlets]);
      for (std::size_t o = 0; o < outlets; ++o) ends[o].advance(out.outlet_mm3_s[std::size_t(k) * outlets + o], dt);
      now.push_back(net.inlet_total());
      ++out.steps;
    }
    ++out.beats;
    if (!before.empty()) {
      double sum = 0;
      for (int k = 0; k < steps; ++k) sum += std::pow(now[std::size_t(k)] - before[std::size_t(k)], 2);
      const auto [low, high] = std::minmax_element(now.begin(), now.end());
      out.periodicity = std::sqrt(sum / steps) / std::max(1.0, *high - *low);
    }
    if (last) break;
    last = !before.empty() && out.periodicity < periodic_enough;
    before = std::move(now);
  }
  out.iterations = net.iterations;
  return out;
}

}  // namespace ot::hemo
