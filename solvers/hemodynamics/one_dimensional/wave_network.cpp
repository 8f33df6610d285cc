// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "solvers/hemodynamics/conditions.hpp"

namespace ot::hemo {
namespace {

using Values = std::vector<double>;
constexpr double pi = std::numbers::pi;

double wall_of(double radius_mm) {
  const double r = 1e-3 * radius_mm;
  return radius_mm * (0.2802 * std::exp(-505.3 * r) + 0.1324 * std::exp(-11.14 * r));
}

// Tube law written as P = offset + slope sqrt(A).
struct Law {
  double offset = 0, slope = 0;
};
// Linear between the points of a course.
template <class Value>
double along(const std::vector<WavePoint>& course, double x, Value value) {
  const auto after = std::lower_bound(course.begin(), course.end(), x, [](const WavePoint& p, double at) { return p.arc_mm < at; });
  if (after == course.begin()) return value(course.front());
  if (after == course.end()) return value(course.back());
  const WavePoint &a = *(after - 1), &b = *after;
  return value(a) + (value(b) - value(a)) * (x - a.arc_mm) / (b.arc_mm - a.arc_mm);
}
Law law_at(const WaveSegment& s, double x) {
  if (!s.course.empty()) {
    const double r = along(s.course, x, [](const WavePoint& p) { return p.radius_mm; }), beta = along(s.course, x, [](const WavePoint& p) { return p.beta_Pa; });
    return {along(s.course, x, [](const WavePoint& p) { return p.reference_Pa; }) - beta, beta / (std::sqrt(pi) * r)};
  }
  const double r = s.radius_in_mm + (s.radius_out_mm - s.radius_in_mm) * x / s.length_mm;
  const double beta = 4.0 / 3.0 * s.young_Pa * (s.wall_mm > 0 ? s.wall_mm : wall_of(r)) / r;
  return {s.reference_Pa - beta, beta / (std::sqrt(pi) * r)};
}

struct EndState {  // what one end of a vessel offers to its node: Q* = Q + way Y (P - P*)
  double p = 0, q = 0, y = 0;
};
struct FaceState {
  double p = 0, q = 0;
};

class Vessel {
 public:
  Vessel(const WaveSegment& s, const Fluid& fluid, int cells) : n(cells), dx(s.length_mm / cells), rho_(fluid.density_g_per_mm3) {
    alpha_ = (s.zeta + 2) / (s.zeta + 1);
    friction_ = 2 * (s.zeta + 2) * pi * fluid.viscosity_Pa_s / rho_;
    for (int k = 0; k < n; ++k) cell_.push_back(law_at(s, (k + 0.5) * dx));
    for (int k = 0; k <= n; ++k) face_.push_back(law_at(s, k * dx));
    for (int k = 0; k < n; ++k) {
      const Law& l = cell_[std::size_t(k)];
      const double start = s.course.empty() ? s.initial_Pa : along(s.course, (k + 0.5) * dx, [](const WavePoint& p) { return p.reference_Pa; });
      const double root = (start - l.offset) / l.slope;
      area.push_back(root * root);
    }
    flow.assign(area.size(), s.initial_mm3_s);
    if (!s.course.empty()) follow_losses(s);
    for (Values* v : {&p_, &root_, &up_, &down_}) v->assign(area.size(), 0.0);
    for (Values* v : {&pf_, &qf_, &ff_}) v->assign(area.size() + 1, 0.0);
    for (Values* v : {&da, &dq}) v->assign(area.size(), 0.0);
  }

  // Pressures, impedances and the states offered at both ends for the given area and flow. False when a lumen has collapsed.
  bool prepare(const Values& a, const Values& q, double& fastest) {
    const double half = 0.5 / rho_;
    bool open = true;
    for (int k = 0; k < n; ++k) {
      open = open && a[std::size_t(k)] > 0;
      const double root = std::sqrt(a[std::size_t(k)]), slope = cell_[std::size_t(k)].slope;
      p_[std::size_t(k)] = cell_[std::size_t(k)].offset + slope * root;
      const double u = q[std::size_t(k)] / a[std::size_t(k)], c = std::sqrt(slope * root * half + alpha_ * (alpha_ - 1) * u * u);
      root_[std::size_t(k)] = u;
      const double y = 2 * root / slope;  // A / (rho c^2)
      down_[std::size_t(k)] = y * (c - alpha_ * u);  // met by a wave that runs downstream
      up_[std::size_t(k)] = y * (c + alpha_ * u);
      fastest = std::max(fastest, c + alpha_ * std::abs(u));
      open = open && c > alpha_ * std::abs(u);
    }
    const std::size_t m = std::size_t(n) - 1;
    first = {p_[0] - 0.5 * (p_[1] - p_[0]), q[0] - 0.5 * (q[1] - q[0]), up_[0]};
    last = {p_[m] + 0.5 * (p_[m] - p_[m - 1]), q[m] + 0.5 * (q[m] - q[m - 1]), down_[m]};
    return open;
  }

  // Rates of change with the states at the two ends given by the nodes.
  void rates(const Values& a, const Values& q, const FaceState& begin, const FaceState& end) {
    const auto slope = [&](const Values& v, int k) {
      if (k == 0) return v[1] - v[0];
      if (k == n - 1) return v[std::size_t(k)] - v[std::size_t(k) - 1];
      return 0.5 * (v[std::size_t(k) + 1] - v[std::size_t(k) - 1]);
    };
    pf_[0] = begin.p, qf_[0] = begin.q;
    pf_[std::size_t(n)] = end.p, qf_[std::size_t(n)] = end.q;
    double pl = p_[0] + 0.5 * slope(p_, 0), ql = q[0] + 0.5 * slope(q, 0);
    for (int k = 1; k < n; ++k) {
      const double sp = 0.5 * slope(p_, k), sq = 0.5 * slope(q, k);
      const double pr = p_[std::size_t(k)] - sp, qr = q[std::size_t(k)] - sq, yl = down_[std::size_t(k) - 1], yr = up_[std::size_t(k)];
      const double p = (yl * pl + yr * pr + ql - qr) / (yl + yr);
      pf_[std::size_t(k)] = p;
      qf_[std::size_t(k)] = ql + yl * (pl - p);
      pl = p_[std::size_t(k)] + sp, ql = q[std::size_t(k)] + sq;
    }
    for (int k = 0; k <= n; ++k) {
      const double root = (pf_[std::size_t(k)] - face_[std::size_t(k)].offset) / face_[std::size_t(k)].slope;
      ff_[std::size_t(k)] = alpha_ * qf_[std::size_t(k)] * qf_[std::size_t(k)] / (root * root);
    }
    const double inverse = 1 / dx;
    for (int k = 0; k < n; ++k) {
      const std::size_t i = std::size_t(k);
      da[i] = -(qf_[i + 1] - qf_[i]) * inverse;
      dq[i] = -(ff_[i + 1] - ff_[i] + a[i] / rho_ * (pf_[i + 1] - pf_[i])) * inverse - friction_ * root_[i];
      if (viscous_.empty()) continue;
      const double through = 0.5 * (qf_[i] + qf_[i + 1]);   // exact in steady flow, where the flow kept in a cell beside a steep loss is not
      dq[i] -= (viscous_[i] / a[i] + inertial_[i] * std::abs(through) * a[i]) * through;
    }
  }

  double end_area(double p, bool at_end) const {
    const Law& l = at_end ? face_.back() : face_.front();
    const double root = (p - l.offset) / l.slope;
    return root * root;
  }
  double impedance_out(double pressure) const {  // rho c / A at the outlet
    const double root = (pressure - face_.back().offset) / face_.back().slope;
    return rho_ * std::sqrt(face_.back().slope * root * 0.5 / rho_) / (root * root);
  }
  FaceState middle(const Values& a, const Values& q) const {  // at half the length
    const auto p = [&](std::size_t k) { return cell_[k].offset + cell_[k].slope * std::sqrt(a[k]); };
    const std::size_t k = std::size_t(n / 2);
    return n % 2 ? FaceState{p(k), q[k]} : FaceState{0.5 * (p(k - 1) + p(k)), 0.5 * (q[k - 1] + q[k])};
  }
  double middle_radius(const Values& a) const {
    const std::size_t k = std::size_t(n / 2);
    return n % 2 ? std::sqrt(a[k] / pi) : 0.5 * (std::sqrt(a[k] / pi) + std::sqrt(a[k - 1] / pi));
  }
  double volume() const { return dx * std::accumulate(area.begin(), area.end(), 0.0); }
  void record_cells(WaveVessel& to) const {
    to.cell_mm = dx;
    for (std::size_t k = 0; k < area.size(); ++k) to.cell_Pa.push_back(cell_[k].offset + cell_[k].slope * std::sqrt(area[k])), to.cell_mm3_s.push_back(flow[k]);
  }

  int n;
  double dx;
  Values area, flow, da, dq;
  EndState first, last;

 private:
  // The losses of the course per cell: friction falls as the wall gives way, (A_ref/A)2; a jet is that of its own stiff lesion.
  void follow_losses(const WaveSegment& s) {
    alpha_ = 1, friction_ = 0;
    // Within blocks of 12 mm all cells have one mixture of linear and quadratic loss, in the shares of the loss at the initial flow: the line
    // of a single cell may fall at small flows (a jet that mixes later), that of a block hardly does.
    constexpr double block_mm = 12;
    const double q = s.initial_mm3_s;
    const auto lost = [&](double x, auto value) { return along(s.course, x, value); };
    const auto viscous = [](const WavePoint& p) { return p.viscous; };
    const auto inertial = [](const WavePoint& p) { return p.inertial; };
    const auto at_start = [&](const WavePoint& p) { return p.viscous * q + p.inertial * q * std::abs(q); };
    const int blocks = std::clamp(int(std::ceil(s.length_mm / block_mm)), 1, n);
    for (int b = 0; b < blocks; ++b) {
      const int first = b * n / blocks, last = (b + 1) * n / blocks;
      double v = lost(last * dx, viscous) - lost(first * dx, viscous), i = lost(last * dx, inertial) - lost(first * dx, inertial);
      const double whole = lost(last * dx, at_start) - lost(first * dx, at_start);
      if (v < 0 && q > 0) i += v / q, v = 0;   // equal at the initial flow
      for (int k = first; k < last; ++k) {
        const double part = lost((k + 1) * dx, at_start) - lost(k * dx, at_start), share = whole > 0 ? part / whole : 1.0 / (last - first);
        const double r = along(s.course, (k + 0.5) * dx, [](const WavePoint& p) { return p.radius_mm; }), reference = pi * r * r, per_cell = share / (rho_ * dx);
        viscous_.push_back(per_cell * v * reference * reference), inertial_.push_back(per_cell * i);
      }
    }
  }

  double rho_, alpha_ = 1, friction_ = 0;
  Values viscous_, inertial_;
  std::vector<Law> cell_, face_;
  Values p_, root_, up_, down_, pf_, qf_, ff_;
};

struct Member {  // one vessel at a node
  std::size_t vessel;
  bool at_end;
  double kinetic = 0;
};

class Network {
 public:
  explicit Network(const WaveProblem& p) : problem_(p), rho_(p.fluid.density_g_per_mm3) {
    for (const WaveSegment& s : p.segments) {
      const int cells = s.cells > 0 ? std::max(3, s.cells) : std::max(3, int(std::lround(s.length_mm / p.cell_mm)));
      vessels_.emplace_back(s, p.fluid, cells);
      node_[s.from].push_back({vessels_.size() - 1, false});
      node_[s.to].push_back({vessels_.size() - 1, true});
      WaveEnd end = s.end;
      const double z = vessels_.back().impedance_out(s.reference_Pa);
      if (end.matched) end.r1 = std::min(z, 0.999 * end.r2), end.r2 -= end.r1;  // a total below the impedance: all of it proximal
      if (end.kind == WaveEnd::reflection) end.r1 = z * (1 + end.coefficient) / std::max(1e-9, 1 - end.coefficient), end.outlet_Pa = s.initial_Pa;
      ends_.push_back(end);
      capacitor_.push_back(end.started ? end.outlet_Pa + end.r2 * end.start_mm3_s : s.initial_Pa);
      wall_.push_back(0);
      if (end.bed) start_bed(vessels_.size() - 1);
      begin_.push_back({s.initial_Pa, s.initial_mm3_s});
      end_.push_back({s.initial_Pa, s.initial_mm3_s});
    }
    rate0_ = rate1_ = drive0_ = drive1_ = Values(vessels_.size(), 0.0);
  }

  // One step of Heun; returns the name of a vessel that collapsed, or nothing.
  const std::string* step(double dt, double inflow0, double inflow1) {
    const Values before_wall = wall_;
    if (const std::string* bad = stage(inflow0, true)) return bad;
    for (std::size_t v = 0; v < vessels_.size(); ++v) {
      Vessel& s = vessels_[v];
      before_area_.resize(std::max(before_area_.size(), v + 1)), before_flow_.resize(std::max(before_flow_.size(), v + 1));
      before_area_[v] = s.area, before_flow_[v] = s.flow;
      for (int k = 0; k < s.n; ++k) s.area[std::size_t(k)] += dt * s.da[std::size_t(k)], s.flow[std::size_t(k)] += dt * s.dq[std::size_t(k)];
    }
    const Values before = capacitor_;
    advance_capacitors(before, before_wall, rate0_, drive0_, dt);
    if (const std::string* bad = stage(inflow1, false)) return bad;
    for (std::size_t v = 0; v < vessels_.size(); ++v) {
      Vessel& s = vessels_[v];
      for (int k = 0; k < s.n; ++k) {
        const std::size_t i = std::size_t(k);
        s.area[i] = 0.5 * (before_area_[v][i] + s.area[i] + dt * s.da[i]);
        s.flow[i] = 0.5 * (before_flow_[v][i] + s.flow[i] + dt * s.dq[i]);
      }
      rate0_[v] = 0.5 * (rate0_[v] + rate1_[v]), drive0_[v] = 0.5 * (drive0_[v] + drive1_[v]);
    }
    advance_capacitors(before, before_wall, rate0_, drive0_, dt);
    time_ += dt;
    return nullptr;
  }

  // From the speeds of the last stage: they change by far less than the margin of the Courant number in one step.
  double stable_step() const { return problem_.courant * stable_; }

  void record(WaveResult& r) const {
    for (std::size_t v = 0; v < vessels_.size(); ++v) {
      const Vessel& s = vessels_[v];
      const auto push = [](WaveCurve& c, const FaceState& f, double radius) { c.pressure_Pa.push_back(f.p), c.flow_mm3_s.push_back(f.q), c.radius_mm.push_back(radius); };
      push(r.vessels[v].in, begin_[v], std::sqrt(s.end_area(begin_[v].p, false) / pi));
      push(r.vessels[v].middle, s.middle(s.area, s.flow), s.middle_radius(s.area));
      push(r.vessels[v].out, end_[v], std::sqrt(s.end_area(end_[v].p, true) / pi));
      if (problem_.along) s.record_cells(r.vessels[v]);
    }
  }
  // Brings the recorded end states to the present time.
  const std::string* refresh(double inflow) { return stage(inflow, true); }

  double volume() const {
    double sum = 0;
    for (const Vessel& s : vessels_) sum += s.volume();
    return sum;
  }
  double outflow() const {
    double sum = 0;
    for (std::size_t v = 0; v < vessels_.size(); ++v)
      if (ends_[v].kind != WaveEnd::none) sum += end_[v].q;
    return sum;
  }
  long cells() const {
    long sum = 0;
    for (const Vessel& s : vessels_) sum += s.n;
    return sum;
  }

 private:
  const std::string* stage(double inflow, bool first) {
    stable_ = INFINITY;
    for (std::size_t v = 0; v < vessels_.size(); ++v) {
      double fastest = 0;
      if (!vessels_[v].prepare(vessels_[v].area, vessels_[v].flow, fastest)) return &problem_.segments[v].name;
      stable_ = std::min(stable_, vessels_[v].dx / fastest);
    }
    for (auto& [id, members] : node_) {
      if (members.size() == 1 && !members[0].at_end) inlet(members[0], inflow);
      else if (members.size() == 1) outlet(members[0].vessel, first);
      else junction(members, id == problem_.inlet_node ? inflow : 0.0);
    }
    for (std::size_t v = 0; v < vessels_.size(); ++v) vessels_[v].rates(vessels_[v].area, vessels_[v].flow, begin_[v], end_[v]);
    return nullptr;
  }

  void inlet(const Member& m, double inflow) {
    const EndState& e = vessels_[m.vessel].first;
    begin_[m.vessel] = {e.p + (inflow - e.q) / e.y, inflow};
  }

  // Total pressure H is common: P = H - k with k = rho/2 (Q/A)^2; fixed point on k (contracts like u/c).
  void junction(std::vector<Member>& members, double source) {
    double admittance = 0;
    for (const Member& m : members) admittance += m.at_end ? vessels_[m.vessel].last.y : vessels_[m.vessel].first.y;
    for (int round = 0; round < 50; ++round) {
      double sum = source;
      for (const Member& m : members) {
        const EndState& e = m.at_end ? vessels_[m.vessel].last : vessels_[m.vessel].first;
        sum += e.y * (e.p + m.kinetic) + (m.at_end ? e.q : -e.q);
      }
      const double total = sum / admittance;
      double change = 0;
      for (Member& m : members) {
        const EndState& e = m.at_end ? vessels_[m.vessel].last : vessels_[m.vessel].first;
        FaceState& f = m.at_end ? end_[m.vessel] : begin_[m.vessel];
        f.p = total - m.kinetic;
        f.q = e.q + (m.at_end ? e.y * (e.p - f.p) : e.y * (f.p - e.p));
        const double u = f.q / vessels_[m.vessel].end_area(f.p, m.at_end), kinetic = 0.5 * rho_ * u * u;
        change = std::max(change, std::abs(kinetic - m.kinetic));
        m.kinetic = kinetic;
      }
      if (change < 1e-6) break;  // Pa
    }
  }

  void outlet(std::size_t v, bool first) {
    const EndState& e = vessels_[v].last;
    const WaveEnd& end = ends_[v];
    const double outside = e.p + e.q / e.y;  // pressure behind the impedance 1/Y
    if (end.kind == WaveEnd::reflection || (end.c <= 0 && !end.bed)) {
      const double r = end.r1 + (end.kind == WaveEnd::reflection ? 0 : end.r2);
      const double q = (outside - end.outlet_Pa) / (r + 1 / e.y);
      end_[v] = {end.outlet_Pa + r * q, q};
      return;
    }
    const double series = end.r1 + 1 / e.y, q = (outside - capacitor_[v]) / series;
    end_[v] = {capacitor_[v] + end.r1 * q, q};
    if (end.bed) {   // the bed takes the rest: see advance_capacitors
      (first ? rate0_ : rate1_)[v] = 1 / series;
      (first ? drive0_ : drive1_)[v] = outside / series;
      return;
    }
    const double leak = end.r2 > 0 ? 1 / end.r2 : 0;
    (first ? rate0_ : rate1_)[v] = (1 / series + leak) / end.c;
    (first ? drive0_ : drive1_)[v] = (outside / series + end.outlet_Pa * leak) / end.c;
  }

  // dPc/dt = drive - rate Pc, exact for constant drive and rate (a small capacitor is stiff).
  void advance_capacitors(const Values& before, const Values& before_wall, const Values& rate, const Values& drive, double dt) {
    for (std::size_t v = 0; v < vessels_.size(); ++v) {
      if (ends_[v].bed) advance_bed(v, before[v], before_wall[v], rate[v], drive[v], dt);
      else if (ends_[v].kind == WaveEnd::windkessel && ends_[v].c > 0) capacitor_[v] = drive[v] / rate[v] + (before[v] - drive[v] / rate[v]) * std::exp(-rate[v] * dt);
    }
  }

  // Coronary bed behind r1: p1 = capacitor_, w = wall_ = p2 - Pim.
  //   Ca p1' = drive - rate p1 - (p1 - p2)/Rm,   Cim w' = (p1 - p2)/Rm - (p2 - pv)/Rv;  implicit midpoint (second order, no bound on dt).
  void advance_bed(std::size_t v, double p1, double w, double rate, double drive, double dt) {
    const CoronaryBed& b = *ends_[v].bed;
    const double m = 1 / b.ra_micro, out = 1 / b.rv, pim = curve_at(b.pim, time_ + 0.5 * dt, b.cycle_s), h = 0.5 * dt;
    // Middle values x: (Ca + h (rate + m)) x1 - h m x2 = Ca p1 + h (drive + m pim);  -h m x1 + (Cim + h (m + out)) x2 = Cim w + h (out pv - (m + out) pim)
    const double a11 = b.ca + h * (rate + m), a12 = -h * m, a22 = b.cim + h * (m + out);
    const double r1 = b.ca * p1 + h * (drive + m * pim), r2 = b.cim * w + h * (out * ends_[v].outlet_Pa - (m + out) * pim);
    const double det = a11 * a22 - a12 * a12, x1 = (r1 * a22 - a12 * r2) / det, x2 = (a11 * r2 - a12 * r1) / det;
    capacitor_[v] = b.ca > 0 ? 2 * x1 - p1 : x1, wall_[v] = b.cim > 0 ? 2 * x2 - w : x2;
  }
  void start_bed(std::size_t v) {
    const WaveEnd& end = ends_[v];
    const CoronaryBed& b = *end.bed;
    constexpr int samples = 400;
    double mean = 0;
    for (int k = 0; k < samples; ++k) mean += curve_at(b.pim, b.cycle_s * k / samples, b.cycle_s) / samples;
    capacitor_[v] = end.outlet_Pa + (b.ra_micro + b.rv) * end.start_mm3_s, wall_[v] = end.outlet_Pa + b.rv * end.start_mm3_s - mean;
  }

  const WaveProblem& problem_;
  double rho_;
  std::vector<Vessel> vessels_;
  std::map<int, std::vector<Member>> node_;
  std::vector<WaveEnd> ends_;
  double stable_ = 0, time_ = 0;
  Values wall_, capacitor_, rate0_, rate1_, drive0_, drive1_;
  std::vector<FaceState> begin_, end_;
  std::vector<Values> before_area_, before_flow_;
};

double inflow_at(const WaveProblem& p, double t) {
  const double period = p.inflow.back().first - p.inflow.front().first;
  const double x = p.inflow.front().first + std::fmod(t, period);
  const auto after = std::upper_bound(p.inflow.begin(), p.inflow.end(), x, [](double v, const auto& point) { return v < point.first; });
  if (after == p.inflow.begin()) return p.inflow.front().second;
  if (after == p.inflow.end()) return p.inflow.back().second;
  const auto before = after - 1;
  return before->second + (after->second - before->second) * (x - before->first) / (after->first - before->first);
}

}  // namespace

namespace {

// Pulse wave speed at the reference state, mm/s: Pa = g / (mm s2).
double wave_speed(const WaveSegment& s, const Fluid& fluid) {
  const Law l = law_at(s, 0);
  return std::sqrt(0.5 * l.slope * std::sqrt(pi) * (s.course.empty() ? s.radius_in_mm : s.course.front().radius_mm) / fluid.density_g_per_mm3);
}
// Large veins have 1 m/s, stiff small arteries 20 m/s (McDonald's Blood Flow in Arteries); a factor of two to either side is let pass.
constexpr double slowest_mm_s = 500, fastest_mm_s = 40000;

void notes(const WaveProblem& p, WaveResult& r) {
  if (p.end_s <= 0 && r.cycles < 2) r.notes.push_back("One cycle was computed: whether it repeats itself is not known. Give more \"cycles\".");
  else if (p.end_s <= 0 && p.periodic > 0 && !(r.periodicity < p.periodic))
    r.notes.push_back(fmt::format("After {} cycles the pressures of the last two still differ by {:.2g} of the pulse ({:.2g} was asked for): this is no periodic state yet. Give more \"cycles\", or check stiffness and resistances.",
                                  r.cycles, r.periodicity, p.periodic));
  for (const WaveSegment& s : p.segments)
    if (const double c = wave_speed(s, p.fluid); c < slowest_mm_s || c > fastest_mm_s) {
      r.notes.push_back(fmt::format("The pulse wave of \"{}\" runs at {:.3g} m/s, vessels have 1 to 20: check the unit of its stiffness (young_Pa), wall and radius.", s.name, 1e-3 * c));
      break;   // one is enough: a wrong unit is in all
    }
}

}  // namespace

core::Result<WaveResult> run_wave_network(const WaveProblem& p, const core::Progress& progress) {
  if (auto ok = check_wave_problem(p); !ok) return core::pass(ok);
  Network net(p);
  WaveResult r;
  r.period_s = p.inflow.back().first - p.inflow.front().first;
  r.cells = net.cells();
  for (const WaveSegment& s : p.segments) r.vessels.push_back({s.name, {}, {}, {}, 0, {}, {}});
  const double start_volume = net.volume();
  double entered = 0, left = 0, moved = 0;
  auto polled = std::chrono::steady_clock::now();
  std::vector<WaveVessel> previous;
  const int most = p.end_s > 0 ? int(std::ceil(p.end_s / r.period_s - 1e-9)) : p.cycles;
  const auto collapsed = [&](const std::string& name, double t) {
    return core::computation_failed(fmt::format("The lumen of \"{}\" collapsed or its flow became faster than the pulse wave at t = {:.4f} s (the model has no answer there). Check its stiffness, radius and inflow.", name, t));
  };
  for (int cycle = 0; cycle < most; ++cycle) {
    if (p.end_s <= 0) {
      previous.clear();
      std::swap(previous, r.vessels);
      for (const WaveSegment& s : p.segments) r.vessels.push_back({s.name, {}, {}, {}, 0, {}, {}});
      r.t.clear();
    }
    const double shift = p.end_s > 0 ? cycle * r.period_s : 0;
    double t = cycle * r.period_s;
    if (const std::string* bad = net.refresh(inflow_at(p, t))) return collapsed(*bad, t);
    if (cycle == 0 || p.end_s <= 0) r.t.push_back(shift), net.record(r);
    for (int sample = 1; sample <= p.samples; ++sample) {
      const double until = r.period_s * (cycle + double(sample) / p.samples);
      if (p.end_s > 0 && t >= p.end_s - 1e-12) break;
      while (t < until - 1e-12) {
        if ((r.steps & 63) == 0 && std::chrono::steady_clock::now() - polled > std::chrono::milliseconds(200)) {
          polled = std::chrono::steady_clock::now();
          if (progress.cancelled()) return core::cancelled();
        }
        const double stable = net.stable_step();
        const double dt = (until - t) / std::ceil((until - t) / stable);
        const double q0 = inflow_at(p, t), q1 = inflow_at(p, t + dt * (1 - 1e-12));
        if (const std::string* bad = net.step(dt, q0, q1)) return collapsed(*bad, t);
        entered += 0.5 * dt * (q0 + q1), moved += 0.5 * dt * (std::abs(q0) + std::abs(q1));
        left += dt * net.outflow();
        t += dt;
        ++r.steps;
      }
      if (const std::string* bad = net.refresh(inflow_at(p, t))) return collapsed(*bad, t);
      r.t.push_back(shift + r.period_s * sample / p.samples);
      net.record(r);
    }
    ++r.cycles;
    if (!previous.empty() && previous[0].middle.pressure_Pa.size() == r.vessels[0].middle.pressure_Pa.size() && !r.vessels[0].middle.pressure_Pa.empty() && cycle > 0) {
      r.periodicity = 0;
      for (std::size_t v = 0; v < r.vessels.size(); ++v) {
        const auto &now = r.vessels[v].middle.pressure_Pa, &then = previous[v].middle.pressure_Pa;
        double sum = 0;
        for (std::size_t k = 0; k < now.size(); ++k) sum += (now[k] - then[k]) * (now[k] - then[k]);
        const auto [low, high] = std::minmax_element(now.begin(), now.end());
        r.periodicity = std::max(r.periodicity, std::sqrt(sum / double(now.size())) / std::max(1.0, *high - *low));
      }
      if (p.periodic > 0 && r.periodicity < p.periodic) break;
    }
  }
  notes(p, r);
  r.mass_error = std::abs(entered - left - (net.volume() - start_volume)) / std::max(moved, 1e-30);
  return r;
}

}  // namespace ot::hemo
