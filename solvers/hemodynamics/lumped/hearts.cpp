// SPDX-License-Identifier: GPL-3.0-or-later
// Heart chambers and the closed-loop heart with the pulmonary circulation.
#include <array>
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/lumped/blocks.hpp"

namespace ot::hemo::lumped {
namespace {

constexpr double pi = std::numbers::pi;

// Pi = E (V - Vrest), E = Epass + Emax a(t); Pi = Po; dV = Qi - Qo. Variables Pi, Qi, Po, Qo, V. Parameters Emax, Epass, Vrest.
class LinearElastance : public ChamberBlock {
 public:
  int equations() const override { return 3; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
  std::vector<std::string> inner() const override { return {"Vc"}; }
  void layout() override {
    touch(0, 0), touch(0, 4), touch(1, 0), touch(1, 2), touch(1, 3), touch(2, 1), touch(2, 3), touch(2, 4);
  }
  void constant(System& s) override {
    s.f[at(0, 0)] = 1;
    s.f[at(1, 0)] = 1, s.f[at(1, 2)] = -1, s.e[at(1, 3)] = -inertance();
    s.f[at(2, 1)] = 1, s.f[at(2, 3)] = -1, s.e[at(2, 4)] = -1;
  }
  void in_time(System& s) override {
    const double e = p(1) + p(0) * activation->at(clock->time);
    s.f[at(0, 4)] = -e, s.c[std::size_t(eq[0])] = e * p(2);
  }

 protected:
  virtual double inertance() const { return 0; }
};

// The same with an inertance at the outlet, E = Emin + (Emax - Emin) a and a rest volume that moves from Vrd to Vrs with a.
// Parameters Impedance, Emax, Emin, Vrd, Vrs.
class ElastanceInductor : public LinearElastance {
 public:
  void in_time(System& s) override {
    const double a = activation->at(clock->time), e = p(2) + (p(1) - p(2)) * a, rest = p(4) + (1 - a) * (p(3) - p(4));
    s.f[at(0, 4)] = -e, s.c[std::size_t(eq[0])] = e * rest;
  }

 protected:
  double inertance() const override { return p(0); }
};

// Atrium: Pi = a Emax (V - Vaso) + (1 - a) Kxp (exp(Kxv (V - Vaso)) - 1). Parameters Impedance, Emax, Kxp, Kxv, Vaso.
class ElastanceInductorExponential : public LinearElastance {
 public:
  void in_time(System& s) override {
    a_ = activation->at(clock->time);
    s.f[at(0, 4)] = -a_ * p(1);
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    const double grown = std::exp(p(3) * (of(y, 4) - p(4)));
    s.c[std::size_t(eq[0])] = a_ * p(1) * p(4) - (1 - a_) * p(2) * (grown - 1);
    s.d[at(0, 4)] = -(1 - a_) * p(2) * p(3) * grown;
  }

 protected:
  double inertance() const override { return p(0); }

 private:
  double a_ = 0;
};

// Spherical ventricle of Caruel et al. 2014 (Biomech Model Mechanobiol 13:897): wall momentum, passive (W1, W2), viscous and active stress.
// Variables Pi, Qi, Po, Qo, r, v, stress, tau, V; l = (r + R0)/R0. Parameters rho, d0, R0, W1, W2, eta, sigma, alpha_max, alpha_min,
// tsys, tdias, steepness.
class Sphere : public Block {
 public:
  int equations() const override { return 7; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
  std::vector<std::string> inner() const override { return {"radius", "velo", "stress", "tau", "volume"}; }
  void layout() override {
    touch(0, 2), touch(0, 4), touch(0, 5), touch(0, 6);
    touch(1, 4), touch(1, 6), touch(1, 7);
    touch(2, 4), touch(2, 5), touch(2, 8);
    touch(3, 7), touch(4, 4), touch(4, 5);
    touch(5, 1), touch(5, 3), touch(5, 8), touch(6, 0), touch(6, 2);
  }
  void constant(System& s) override {
    s.e[at(0, 5)] = p(0) * p(1);
    s.f[at(1, 6)] = -1, s.f[at(1, 7)] = 1;
    s.e[at(2, 8)] = -1;
    s.e[at(3, 7)] = 1;
    s.e[at(4, 4)] = 1, s.f[at(4, 5)] = -1;
    s.f[at(5, 1)] = 1, s.f[at(5, 3)] = -1, s.e[at(5, 8)] = -1;
    s.f[at(6, 0)] = 1, s.f[at(6, 2)] = -1;
  }
  void in_time(System& s) override {
    const double t = std::fmod(clock->time, clock->period);
    const double on = 0.5 * (1 + std::tanh((t - p(9)) / p(11))), off = 0.5 * (1 - std::tanh((t - p(10)) / p(11)));
    const double rate = p(7) * on * off + p(8) * (1 - on * off);
    s.f[at(3, 7)] = std::abs(rate);
    s.c[std::size_t(eq[3])] = -std::max(rate, 0.0) * p(6);
  }
  void in_solution(System& s, const Vector& y, const Vector& dy) override {
    const double d0 = p(1), r0 = p(2), w1 = p(3), w2 = p(4), eta = p(5);
    const double l = (of(y, 4) + r0) / r0, po = of(y, 2), v = of(y, 5), stress = of(y, 6), dr = of(dy, 4);
    s.c[std::size_t(eq[0])] = l * (stress * d0 / r0 - po * l);
    s.d[at(0, 2)] = -l * l;
    s.d[at(0, 4)] = (stress * d0 / r0 - 2 * po * l) / r0;
    s.d[at(0, 6)] = l * d0 / r0;
    const double l6 = std::pow(l, -6);
    s.c[std::size_t(eq[1])] = 4 * (1 - l6) * (w1 + w2 * l * l) + 2 * eta * dr / r0 * (l + 2 * l6 * l6 * l);
    s.d[at(1, 4)] = (24 * l6 / l * w1 + 8 * w2 * l + 16 * w2 * l6 * l) / r0 + 2 * eta * dr / (r0 * r0) * (1 - 22 * l6 * l6);
    s.g[at(1, 4)] = 2 * eta / r0 * (l + 2 * l6 * l6 * l);
    const double r = l * r0;
    s.c[std::size_t(eq[2])] = 4 * pi * v * r * r;
    s.d[at(2, 4)] = 8 * pi * v * r, s.d[at(2, 5)] = 4 * pi * r * r;
  }
};

// Four chambers, four valves, pulmonary capacitor, aortic capacitor (Sankaran et al. 2012, Ann Biomed Eng 40:2228; Menon et al. 2023).
// Variables 0 P_RA, 1 Q_in, 2 P_aorta, 3 Q_out, 4 V_RA, 5 Q_RA, 6 P_RV, 7 V_RV, 8 Q_RV, 9 P_pul, 10 P_LA, 11 V_LA, 12 Q_LA, 13 P_LV,
// 14 V_LV, 15 Q_LV. A valve is shut while its pressure difference and its flow are both not forward.
class Heart : public Block {
 public:
  enum : std::size_t { tsa, tpwave, erv, elv, iml, imr, lra, rra, lrv, rrv, lla, rla, llv, rlv, vrv, vlv, rpd, cp, cpa, kxp_ra, kxv_ra, kxp_la, kxv_la, emax_ra, emax_la, vaso_ra, vaso_la };
  int equations() const override { return 14; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
  std::vector<std::string> inner() const override { return {"V_RA", "Q_RA", "P_RV", "V_RV", "Q_RV", "P_pul", "P_LA", "V_LA", "Q_LA", "P_LV", "V_LV", "Q_LV"}; }
  void layout() override {
    for (const auto& [i, j] : std::initializer_list<std::pair<int, int>>{
             {0, 0}, {0, 4}, {1, 2}, {1, 3}, {1, 15}, {2, 1}, {2, 4}, {2, 5}, {3, 0}, {3, 5}, {3, 6}, {4, 6}, {4, 7}, {5, 5}, {5, 7}, {5, 8},
             {6, 6}, {6, 8}, {6, 9}, {7, 8}, {7, 9}, {7, 10}, {8, 10}, {8, 11}, {9, 8}, {9, 11}, {9, 12}, {10, 10}, {10, 12}, {10, 13},
             {11, 13}, {11, 14}, {12, 12}, {12, 14}, {12, 15}, {13, 2}, {13, 13}, {13, 15}})
      touch(std::size_t(i), std::size_t(j));
  }
  void constant(System& s) override {
    s.f[at(0, 0)] = 1;
    s.e[at(1, 2)] = p(cpa), s.f[at(1, 3)] = 1;
    s.e[at(2, 4)] = 1, s.f[at(2, 1)] = -1;
    s.e[at(3, 5)] = p(lra), s.f[at(3, 0)] = -1, s.f[at(3, 6)] = 1;
    s.f[at(4, 6)] = 1;
    s.e[at(5, 7)] = 1;
    s.e[at(6, 8)] = p(lrv), s.f[at(6, 6)] = -1, s.f[at(6, 9)] = 1;
    s.e[at(7, 9)] = p(cp), s.f[at(7, 9)] = 1 / p(rpd), s.f[at(7, 10)] = -1 / p(rpd);
    s.f[at(8, 10)] = 1;
    s.e[at(9, 11)] = 1;
    s.e[at(10, 12)] = p(lla), s.f[at(10, 10)] = -1, s.f[at(10, 13)] = 1;
    s.f[at(11, 13)] = 1;
    s.e[at(12, 14)] = 1;
    s.e[at(13, 15)] = p(llv), s.f[at(13, 2)] = 1, s.f[at(13, 13)] = -1;
  }
  void in_time(System& s) override {
    const double period = clock->period;
    atrial_ = wrapping_cosine(clock->time, period, period * p(tsa), period / p(tpwave));
    const double e = elastance_series(std::fmod(clock->time, period) / period);
    s.f[at(0, 4)] = -atrial_ * p(emax_ra);
    s.f[at(8, 11)] = -atrial_ * p(emax_la);
    s.f[at(4, 7)] = -e * p(erv), s.c[std::size_t(eq[4])] = e * p(erv) * p(vrv);
    s.f[at(11, 14)] = -e * p(elv), s.c[std::size_t(eq[11])] = e * p(elv) * p(vlv);
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    const auto atrium = [&](std::size_t e, std::size_t v, double emax, double kxp, double kxv, double vaso) {
      const double grown = std::exp((of(y, v) - vaso) * kxv);
      s.c[std::size_t(eq[e])] = atrial_ * emax * vaso - (1 - atrial_) * kxp * (grown - 1);
      s.d[at(e, v)] = -(1 - atrial_) * kxp * kxv * grown;
    };
    atrium(0, 4, p(emax_ra), p(kxp_ra), p(kxv_ra), p(vaso_ra));
    atrium(8, 11, p(emax_la), p(kxp_la), p(kxv_la), p(vaso_la));
    if (!held_)
      for (std::size_t k = 0; k < valve_.size(); ++k) valve_[k] = opens(y, k) ? 1 : 0;
    s.f[at(1, 15)] = -valve_[3];
    s.f[at(2, 5)] = valve_[0], s.f[at(5, 5)] = -valve_[0], s.f[at(3, 5)] = p(rra) * valve_[0];
    s.f[at(5, 8)] = valve_[1], s.f[at(7, 8)] = -valve_[1], s.f[at(9, 8)] = -valve_[1], s.f[at(6, 8)] = p(rrv) * valve_[1];
    s.f[at(9, 12)] = valve_[2], s.f[at(12, 12)] = -valve_[2], s.f[at(10, 12)] = p(rla) * valve_[2];
    s.f[at(12, 15)] = valve_[3], s.f[at(13, 15)] = p(rlv) * valve_[3];
    if (held_)
      for (std::size_t k = 0; k < valve_.size(); ++k) {   // a valve held shut carries nothing: Q = 0 in place of its inertance
        const Gate& g = gates[k];
        const bool open = valve_[k] > 0.5;
        s.e[at(g.row, g.flow)] = open ? p(g.inertance) : 0;
        s.f[at(g.row, g.from)] = open ? -1 : 0, s.f[at(g.row, g.to)] = open ? 1 : 0;
        if (!open) s.f[at(g.row, g.flow)] = 1;
      }
  }
  void after_solve(Vector& y) override {
    for (std::size_t k = 0; k < valve_.size(); ++k)
      if (valve_[k] < 0.5) y[std::size_t(var[gates[k].flow])] = 0;
  }
  bool switches() const override { return true; }
  void hold(const Vector& y) override {
    held_ = true;
    for (std::size_t k = 0; k < valve_.size(); ++k) valve_[k] = opens(y, k) ? 1 : 0;
  }
  double margin(const Vector& y) const override {
    double least = INFINITY;
    for (std::size_t k = 0; k < valve_.size(); ++k) {
      const double forward = std::max(of(y, gates[k].flow), of(y, gates[k].from) - of(y, gates[k].to));
      least = std::min(least, valve_[k] > 0.5 ? forward : -forward);
    }
    return least;
  }

 private:
  struct Gate {
    std::size_t from, to, flow, row, inertance;
  };
  static constexpr std::array<Gate, 4> gates{{{0, 6, 5, 3, lra}, {6, 9, 8, 6, lrv}, {10, 13, 12, 10, lla}, {13, 2, 15, 13, llv}}};
  bool opens(const Vector& y, std::size_t k) const { return of(y, gates[k].from) > of(y, gates[k].to) || of(y, gates[k].flow) > 0; }
  double atrial_ = 0;
  bool held_ = false;
  std::array<double, 4> valve_{1, 1, 1, 1};
};

}  // namespace

void add_hearts(std::map<std::string, Kind>& k) {
  k["LinearElastanceChamber"] = {{{"Emax"}, {"Epass"}, {"Vrest"}}, [] { return std::make_unique<LinearElastance>(); }};
  k["ChamberElastanceInductor"] = {{{"Impedance"}, {"Emax"}, {"Emin"}, {"Vrd"}, {"Vrs"}}, [] { return std::make_unique<ElastanceInductor>(); }};
  k["ChamberElastanceInductorExponential"] = {{{"Impedance"}, {"Emax"}, {"Kxp"}, {"Kxv"}, {"Vaso"}}, [] { return std::make_unique<ElastanceInductorExponential>(); }};
  k["ChamberSphere"] = {{{"rho"}, {"thick0"}, {"radius0"}, {"W1"}, {"W2"}, {"eta"}, {"sigma_max"}, {"alpha_max"}, {"alpha_min"}, {"tsys"}, {"tdias"}, {"steepness"}},
                        [] { return std::make_unique<Sphere>(); }};
  k["ClosedLoopHeartAndPulmonary"] = {{{"Tsa"}, {"tpwave"}, {"Erv_s"}, {"Elv_s"}, {"iml"}, {"imr"}, {"Lra_v"}, {"Rra_v"}, {"Lrv_a"}, {"Rrv_a"}, {"Lla_v"}, {"Rla_v"}, {"Llv_a"}, {"Rlv_ao"},
                                       {"Vrv_u"}, {"Vlv_u"}, {"Rpd"}, {"Cp"}, {"Cpa"}, {"Kxp_ra"}, {"Kxv_ra"}, {"Kxp_la"}, {"Kxv_la"}, {"Emax_ra"}, {"Emax_la"}, {"Vaso_ra"}, {"Vaso_la"}},
                                      [] { return std::make_unique<Heart>(); }};
}

}  // namespace ot::hemo::lumped
