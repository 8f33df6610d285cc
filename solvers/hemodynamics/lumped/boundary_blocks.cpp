// SPDX-License-Identifier: GPL-3.0-or-later
// Conditions at the ends of a network: prescribed flow or pressure, resistance, Windkessel, coronary beds.
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/lumped/blocks.hpp"

namespace ot::hemo::lumped {
namespace {

class OnePort : public Block {
 public:
  int equations() const override { return 1; }
};

class Flow : public OnePort {
 public:
  void layout() override { touch(0, 1); }
  void constant(System& s) override { s.f[at(0, 1)] = 1; }
  void in_time(System& s) override { s.c[std::size_t(eq[0])] = -p(0); }
};

class Pressure : public OnePort {
 public:
  void layout() override { touch(0, 0); }
  void constant(System& s) override { s.f[at(0, 0)] = 1; }
  void in_time(System& s) override { s.c[std::size_t(eq[0])] = -p(0); }
};

// P - R Q - Pd = 0
class Resistance : public OnePort {
 public:
  void layout() override { touch(0, 0), touch(0, 1); }
  void constant(System& s) override { s.f[at(0, 0)] = 1; }
  void in_time(System& s) override { s.f[at(0, 1)] = -p(0), s.c[std::size_t(eq[0])] = -p(1); }
};

// P - Rp Q - Pc = 0;  Rd Q - Pc + Pd - Rd C dPc = 0. Parameters Rp, C, Rd, Pd.
class Rcr : public OnePort {
 public:
  int equations() const override { return 2; }
  std::vector<std::string> inner() const override { return {"pressure_c"}; }
  void layout() override { touch(0, 0), touch(0, 1), touch(0, 2), touch(1, 1), touch(1, 2); }
  void constant(System& s) override { s.f[at(0, 0)] = 1, s.f[at(0, 2)] = -1, s.f[at(1, 2)] = -1; }
  void in_time(System& s) override {
    s.f[at(0, 1)] = -p(0), s.f[at(1, 1)] = p(2), s.e[at(1, 2)] = -p(2) * p(1), s.c[std::size_t(eq[1])] = p(3);
  }
};

// C dPc + Qo - Qi = 0;  Pi - Rp Qi - Pc = 0;  Pc - Rd Qo - Po = 0.
class ClosedLoopRcr : public Block {
 public:
  int equations() const override { return 3; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
  std::vector<std::string> inner() const override { return {"P_c"}; }
  void layout() override {
    touch(0, 1), touch(0, 3), touch(0, 4), touch(1, 0), touch(1, 1), touch(1, 4), touch(2, 2), touch(2, 3), touch(2, 4);
  }
  void constant(System& s) override {
    s.f[at(0, 1)] = -1, s.f[at(0, 3)] = 1, s.e[at(0, 4)] = p(1);
    s.f[at(1, 0)] = 1, s.f[at(1, 1)] = -p(0), s.f[at(1, 4)] = -1;
    s.f[at(2, 4)] = 1, s.f[at(2, 3)] = -p(2), s.f[at(2, 2)] = -1;
  }
};

// Coronary bed Ra - Ca - Ram - Cim(Pim) - Rv to Pv (Kim et al. 2010, Ann Biomed Eng 38:3195; volume form of svZeroDSolver).
// The inner variable V is the change of intramyocardial volume from the start; P0 = pressure on Cim and Pim0 at the start.
//   Cim Rv (Q - dV - Ca d/dt(P - Ra Q)) - V + Cim (Pv - Pim + Pim0 - P0) = 0
//   Cim Rv (P - Ra Q) - Cim Rv Ram dV - (Rv + Ram) V + Ram Cim Pv - Cim (Rv + Ram)(Pim + P0 - Pim0) = 0
// Parameters Ra1, Rv1, Ca, Cc, Pim, P_v, Ra2.
class Coronary : public OnePort {
 public:
  int equations() const override { return 2; }
  std::vector<std::string> inner() const override { return {"volume_im"}; }
  void layout() override { touch(0, 0), touch(0, 1), touch(0, 2), touch(1, 0), touch(1, 1), touch(1, 2); }
  void constant(System& s) override {
    const double ra = p(0), rv = p(1), ca = p(2), cim = p(3);
    if (steady) {
      s.f[at(0, 2)] = 1, s.f[at(1, 0)] = -1, s.f[at(1, 1)] = ra + ram(0) + rv;
      return;
    }
    s.f[at(0, 1)] = cim * rv, s.f[at(0, 2)] = -1;
    s.e[at(0, 0)] = -ca * cim * rv, s.e[at(0, 1)] = ra * ca * cim * rv, s.e[at(0, 2)] = -cim * rv;
    s.f[at(1, 0)] = cim * rv, s.f[at(1, 1)] = -cim * rv * ra;
  }
  void in_time(System& s) override {
    const double rv = p(1), cim = p(3), pim = p(4), pv = p(5);
    if (steady) {
      s.c[std::size_t(eq[1])] = pv;
      return;
    }
    const double rm = ram(clock->time);
    s.c[std::size_t(eq[0])] = cim * (pv - pim + pim_0_ - p_0_);
    s.c[std::size_t(eq[1])] = rm * cim * pv - cim * (rv + rm) * (pim + p_0_ - pim_0_);
    s.f[at(1, 2)] = -(rv + rm), s.e[at(1, 2)] = -cim * rv * rm;
  }
  void start(const Vector& y, const Vector& dy) override {
    const double before = of(y, 0) - p(0) * of(y, 1), change = of(dy, 0) - p(0) * of(dy, 1);
    p_0_ = before - ram(0) * (of(y, 1) - p(2) * change);
    pim_0_ = p(4);
  }

 protected:
  virtual double ram(double) const { return p(6); }

 private:
  double p_0_ = 0, pim_0_ = 0;
};

// sqrt(Ram) rises and falls with contraction (half cosines of T_vc and T_vr). Parameters ..., Ra2_min, Ra2_max, T_vc, T_vr.
class CoronaryVarying : public Coronary {
 protected:
  double ram(double time) const override {
    const double t = std::fmod(time, clock->period), contraction = p(8), relaxation = p(9);
    double active = 0;
    if (t <= contraction) active = 0.5 * (1 - std::cos(std::numbers::pi * t / contraction));
    else if (t <= contraction + relaxation) active = 0.5 * (1 + std::cos(std::numbers::pi * (t - contraction) / relaxation));
    const double root = std::sqrt(p(6)) + (std::sqrt(p(7)) - std::sqrt(p(6))) * active;
    return root * root;
  }
};

// Coronary bed between artery and right atrium; intramyocardial pressure = factor x pressure of a ventricle of the heart block.
// Variables Pi, Qi, Po, Qo, V. Parameters Ra, Ram, Rv, Ca, Cim.
class ClosedLoopCoronary : public Block {
 public:
  explicit ClosedLoopCoronary(bool left) : left_(left) {}
  int equations() const override { return 3; }
  int fixed_inlets() const override { return 1; }
  int fixed_outlets() const override { return 1; }
  std::vector<std::string> inner() const override { return {"volume_im"}; }
  void layout() override {
    for (std::size_t j = 0; j < 4; ++j) touch(0, j);
    touch(1, 0), touch(1, 1), touch(1, 3), touch(1, 4), touch(2, 2), touch(2, 3), touch(2, 4);
  }
  void link(const std::vector<std::unique_ptr<Block>>& all) override {
    for (const auto& b : all)
      if (b->type == "ClosedLoopHeartAndPulmonary") {
        factor_ = b->par[left_ ? 4 : 5];
        ventricle_ = b->var[left_ ? 13 : 6];
      }
  }
  bool linked() const { return ventricle_ >= 0; }
  void constant(System& s) override {
    const double ra = p(0), rm = p(1), rv = p(2), ca = p(3), cim = p(4);
    s.e[at(0, 0)] = -rm * ca, s.e[at(0, 1)] = rm * ra * ca;
    s.f[at(0, 0)] = -1, s.f[at(0, 1)] = ra + rm, s.f[at(0, 2)] = 1, s.f[at(0, 3)] = rv;
    s.e[at(1, 0)] = -ca, s.e[at(1, 1)] = ca * ra, s.e[at(1, 4)] = -1, s.f[at(1, 1)] = 1, s.f[at(1, 3)] = -1;
    s.f[at(2, 2)] = cim, s.f[at(2, 3)] = cim * rv, s.f[at(2, 4)] = -1;
  }
  void in_solution(System& s, const Vector& y, const Vector&) override {
    if (ventricle_ >= 0) s.c[std::size_t(eq[2])] = -p(4) * clock->values[std::size_t(factor_)] * y[std::size_t(ventricle_)];
  }

 private:
  bool left_;
  int factor_ = -1, ventricle_ = -1;
};

}  // namespace

void add_conditions(std::map<std::string, Kind>& k) {
  k["FLOW"] = {{{"t", Key::ignored}, {"Q", Key::curve}}, [] { return std::make_unique<Flow>(); }};
  k["PRESSURE"] = {{{"t", Key::ignored}, {"P", Key::curve}}, [] { return std::make_unique<Pressure>(); }};
  k["RESISTANCE"] = {{{"R"}, {"Pd"}}, [] { return std::make_unique<Resistance>(); }};
  k["RCR"] = {{{"Rp"}, {"C"}, {"Rd"}, {"Pd", Key::optional_number}}, [] { return std::make_unique<Rcr>(); }};
  const Key loop{"closed_loop_outlet", Key::ignored};
  k["ClosedLoopRCR"] = {{{"Rp"}, {"C"}, {"Rd"}, loop}, [] { return std::make_unique<ClosedLoopRcr>(); }};
  std::vector<Key> bed{{"Ra1"}, {"Rv1"}, {"Ca"}, {"Cc"}, {"t", Key::ignored}, {"Pim", Key::curve}, {"P_v"}};
  std::vector<Key> fixed = bed, varying = bed;
  fixed.insert(fixed.end(), {{"Ra2"}, loop});
  varying.insert(varying.end(), {{"Ra2_min"}, {"Ra2_max"}, {"T_vc"}, {"T_vr"}, loop});
  k["CORONARY"] = {fixed, [] { return std::make_unique<Coronary>(); }};
  k["CORONARY_VAR_RES"] = {varying, [] { return std::make_unique<CoronaryVarying>(); }};
  const std::vector<Key> closed{{"Ra"}, {"Ram"}, {"Rv"}, {"Ca"}, {"Cim"}};
  k["ClosedLoopCoronaryLeft"] = {closed, [] { return std::make_unique<ClosedLoopCoronary>(true); }};
  k["ClosedLoopCoronaryRight"] = {closed, [] { return std::make_unique<ClosedLoopCoronary>(false); }};
}

}  // namespace ot::hemo::lumped
