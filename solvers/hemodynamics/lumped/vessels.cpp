// SPDX-License-Identifier: GPL-3.0-or-later
// Vessels, junctions and valves.
#include <cmath>

#include "solvers/hemodynamics/lumped/blocks.hpp"

namespace ot::hemo::lumped {
namespace {

double sign(double x) { return double(0 < x) - double(x < 0); }

class TwoPort : public Block {
 public:
  int equations() const override { return 2; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
};

// Pi - (R + S|Qi|) Qi - Po - L dQo = 0;  Qi - Qo - C d/dt(Pi - (R + S|Qi|) Qi) = 0.  Variables Pi, Qi, Po, Qo.
class BloodVessel : public TwoPort {
 public:
  void layout() override {
    touch(0, 0), touch(0, 1), touch(0, 2), touch(0, 3);
    touch(1, 0), touch(1, 1), touch(1, 3);
  }
  void constant(System& s) override {
    const double r = p(0), c = p(1), l = p(2);
    s.f[at(0, 0)] = 1, s.f[at(0, 1)] = -r, s.f[at(0, 2)] = -1, s.e[at(0, 3)] = -l;
    s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1, s.e[at(1, 0)] = -c, s.e[at(1, 1)] = c * r;
  }
  void in_solution(System& s, const Vector& y, const Vector& dy) override {
    const double k = p(3);
    if (k == 0) return;
    const double c = p(1), q = of(y, 1), dq = of(dy, 1), rs = k * std::abs(q);
    s.c[std::size_t(eq[0])] = -rs * q;
    s.c[std::size_t(eq[1])] = 2 * c * rs * dq;
    s.d[at(0, 1)] = -2 * rs;
    s.d[at(1, 1)] = 2 * c * k * sign(q) * dq;
    s.g[at(1, 1)] = 2 * c * rs;
  }
};

// Capacitor first: Pi - (R + S|Qo|) Qo - Po - L dQo = 0;  Qi - Qo - C dPi = 0.
class BloodVesselCRL : public TwoPort {
 public:
  void layout() override {
    touch(0, 0), touch(0, 2), touch(0, 3);
    touch(1, 0), touch(1, 1), touch(1, 3);
  }
  void constant(System& s) override {
    s.f[at(0, 0)] = 1, s.f[at(0, 3)] = -p(0), s.f[at(0, 2)] = -1, s.e[at(0, 3)] = -p(2);
    s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1, s.e[at(1, 0)] = -p(1);
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    const double k = p(3);
    if (k == 0) return;
    const double q = of(y, 3), rs = k * std::abs(q);
    s.c[std::size_t(eq[0])] = -rs * q;
    s.d[at(0, 3)] = -2 * rs;
  }
};

// C dPi + (Pi - Po) / R - Qi = 0;  Qi - Qo = 0.
class BloodVesselRC : public TwoPort {
 public:
  void layout() override { touch(0, 0), touch(0, 1), touch(0, 2), touch(1, 1), touch(1, 3); }
  void constant(System& s) override {
    s.e[at(0, 0)] = p(1), s.f[at(0, 0)] = 1 / p(0), s.f[at(0, 1)] = -1, s.f[at(0, 2)] = -1 / p(0);
    s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1;
  }
};

// Equal pressures, sum of flows zero.
class Junction : public Block {
 public:
  int equations() const override { return int(inlets.size() + outlets.size()); }
  void layout() override {
    const std::size_t n = inlets.size() + outlets.size();
    for (std::size_t i = 0; i + 1 < n; ++i) touch(i, 0), touch(i, 2 * i + 2);
    for (std::size_t k = 0; k < n; ++k) touch(n - 1, 2 * k + 1);
  }
  void constant(System& s) override {
    const std::size_t n = inlets.size() + outlets.size();
    for (std::size_t i = 0; i + 1 < n; ++i) s.f[at(i, 0)] = 1, s.f[at(i, 2 * i + 2)] = -1;
    for (std::size_t k = 0; k < n; ++k) s.f[at(n - 1, 2 * k + 1)] = k < inlets.size() ? 1 : -1;
  }
};

// A resistance per arm to one common pressure Pc: Pin - R Q - Pc = 0, Pc - R Q - Pout = 0, sum of flows zero.
class ResistiveJunction : public Block {
 public:
  int equations() const override { return int(inlets.size() + outlets.size()) + 1; }
  std::vector<std::string> inner() const override { return {"pressure_c"}; }
  void layout() override {
    const std::size_t n = inlets.size() + outlets.size();
    for (std::size_t k = 0; k < n; ++k) touch(k, 2 * k), touch(k, 2 * k + 1), touch(k, 2 * n), touch(n, 2 * k + 1);
  }
  void constant(System& s) override {
    const std::size_t n = inlets.size() + outlets.size();
    for (std::size_t k = 0; k < n; ++k) {
      const double way = k < inlets.size() ? 1 : -1;
      s.f[at(k, 2 * k)] = way, s.f[at(k, 2 * n)] = -way, s.f[at(k, 2 * k + 1)] = -p(k);
      s.f[at(n, 2 * k + 1)] = way;
    }
  }
};

// One inlet; to every outlet i: Pin - Pi - (Ri + Si|Qi|) Qi - Li dQi = 0. Parameters: all R, all L, all S.
class BloodVesselJunction : public Block {
 public:
  int equations() const override { return 1 + int(outlets.size()); }
  int fixed_inlets() const override { return 1; }
  void layout() override {
    touch(0, 1);
    for (std::size_t i = 0; i < outlets.size(); ++i) touch(0, 3 + 2 * i), touch(i + 1, 0), touch(i + 1, 2 + 2 * i), touch(i + 1, 3 + 2 * i);
  }
  void constant(System& s) override {
    s.f[at(0, 1)] = 1;
    for (std::size_t i = 0; i < outlets.size(); ++i) {
      s.f[at(0, 3 + 2 * i)] = -1;
      s.f[at(i + 1, 0)] = 1, s.f[at(i + 1, 2 + 2 * i)] = -1, s.f[at(i + 1, 3 + 2 * i)] = -p(i);
      s.e[at(i + 1, 3 + 2 * i)] = -p(outlets.size() + i);
    }
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    for (std::size_t i = 0; i < outlets.size(); ++i) {
      const double q = of(y, 3 + 2 * i), rs = p(2 * outlets.size() + i) * std::abs(q);
      s.c[std::size_t(eq[i + 1])] = -rs * q;
      s.d[at(i + 1, 3 + 2 * i)] = -2 * rs;
    }
  }
};

// Pi - Po - R Qi = 0 with R = Rmin while Po < Pi, else Rmax (Regazzoni et al. 2022); Qi = Qo.
class PiecewiseValve : public TwoPort {
 public:
  void layout() override { touch(0, 0), touch(0, 1), touch(0, 2), touch(1, 1), touch(1, 3); }
  void constant(System& s) override { s.f[at(0, 0)] = 1, s.f[at(0, 2)] = -1, s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1; }
  void in_solution(System& s, const Vector& y, const Vector&) override { s.f[at(0, 1)] = (held_ ? open_ : opens(y)) ? -p(1) : -p(0); }
  bool switches() const override { return true; }
  void hold(const Vector& y) override { held_ = true, open_ = opens(y); }
  double margin(const Vector& y) const override { return open_ ? of(y, 0) - of(y, 2) : of(y, 2) - of(y, 0); }

 private:
  bool opens(const Vector& y) const { return of(y, 2) < of(y, 0); }
  bool held_ = false, open_ = false;
};

// R = (Rmax + Rmin)/2 + (Rmax - Rmin)/2 tanh(k (Po - Pi)); status = (1 + tanh)/2 (Pfaller et al. 2019).
class ValveTanh : public TwoPort {
 public:
  int equations() const override { return 3; }
  std::vector<std::string> inner() const override { return {"valve_status"}; }
  void layout() override {
    touch(0, 0), touch(0, 1), touch(0, 2), touch(1, 1), touch(1, 3), touch(2, 0), touch(2, 2), touch(2, 4);
  }
  void constant(System& s) override {
    s.f[at(0, 0)] = 1, s.f[at(0, 2)] = -1, s.f[at(0, 1)] = -0.5 * (p(0) + p(1));
    s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1;
    s.f[at(2, 4)] = 1;
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    const double half = 0.5 * (p(0) - p(1)), k = p(2), q = of(y, 1);
    const double t = std::tanh(k * (of(y, 2) - of(y, 0))), slope = k * (1 - t * t);
    s.c[std::size_t(eq[0])] = -half * q * t;
    s.c[std::size_t(eq[2])] = -0.5 * (1 + t);
    s.d[at(0, 0)] = half * q * slope, s.d[at(0, 2)] = -half * q * slope, s.d[at(0, 1)] = -half * t;
    s.d[at(2, 0)] = 0.5 * slope, s.d[at(2, 2)] = -0.5 * slope;
  }
};

}  // namespace

void add_vessels(std::map<std::string, Kind>& k) {
  const std::vector<Key> rcl{{"R_poiseuille", Key::number}, {"C", Key::optional_number}, {"L", Key::optional_number}, {"stenosis_coefficient", Key::optional_number}};
  k["BloodVessel"] = {rcl, [] { return std::make_unique<BloodVessel>(); }};
  k["BloodVesselCRL"] = {rcl, [] { return std::make_unique<BloodVesselCRL>(); }};
  k["BloodVesselRC"] = {{{"Rpd"}, {"Cp"}}, [] { return std::make_unique<BloodVesselRC>(); }};
  k["NORMAL_JUNCTION"] = {{}, [] { return std::make_unique<Junction>(); }};
  k["internal_junction"] = k["NORMAL_JUNCTION"];  // the name that SimVascular's exporter writes
  k["resistive_junction"] = {{{"R", Key::list}}, [] { return std::make_unique<ResistiveJunction>(); }};
  k["BloodVesselJunction"] = {{{"R_poiseuille", Key::list}, {"L", Key::list}, {"stenosis_coefficient", Key::list}}, [] { return std::make_unique<BloodVesselJunction>(); }};
  const Key up{"upstream_block", Key::ignored}, down{"downstream_block", Key::ignored};
  k["PiecewiseValve"] = {{{"Rmax"}, {"Rmin"}, up, down}, [] { return std::make_unique<PiecewiseValve>(); }};
  k["ValveTanh"] = {{{"Rmax"}, {"Rmin"}, {"Steepness"}, up, down}, [] { return std::make_unique<ValveTanh>(); }};
}

const std::map<std::string, Kind>& block_kinds() {
  static const std::map<std::string, Kind> all = [] {
    std::map<std::string, Kind> k;
    add_vessels(k);
    add_conditions(k);
    add_hearts(k);
    return k;
  }();
  return all;
}

}  // namespace ot::hemo::lumped
