// SPDX-License-Identifier: GPL-3.0-or-later
// Matrices and right-hand sides of one time step of the P1-P1 scheme, assembled row by row (bitwise reproducible).
// Model: momentum  sum_e (a0/dt_e) M + C(u*) + nu K + S(u*) + backflow;  C convective form, S streamline term with
//   orthogonal subscales, tau_s (u*.grad v)(u*.grad u - Pi(u*.grad u*)), Pi the lumped L2 projection;
//   pressure  sum_e (dt_e/a0 + tau_e)(grad q, grad phi) = (grad q, u) - flow through caps - sum_e tau_e (grad q, grad p - Pi grad p).
// Source: scheme and parameters of flow-numerics.md; Codina, Comput Methods Appl Mech Eng 191 (2002) 4295-4321 (orthogonal
//   subscales); backflow: Esmaily Moghadam et al., Comput Mech 48 (2011) 277-291 with beta = 1, acting on what differs from a given incoming
//   velocity (as Bruneau & Fabrie, Int J Numer Methods Fluids 19 (1994) 693-705, take a reference flow at an open boundary).
// Units: pressures are kinematic (mm2/s2) here, i.e. Pa / density.
// Threads: element loops write their own element, node loops their own row.
#pragma once
#include "solvers/hemodynamics/flow_mesh.hpp"

namespace ot::hemo {

// a0 u^{n+1} - a1 u^n + a2 u^{n-1}, over dt
struct TimeScheme {
  double a0, a1, a2;
};
inline constexpr TimeScheme bdf1{1.0, 1.0, 0.0}, bdf2{1.5, 2.0, 0.5};

class FlowOperators {
 public:
  // dt: per element; peak_speed: the constant reference of tau_e (flow-numerics.md, pitfall 2).
  FlowOperators(const FlowMesh& m, double nu, double peak_speed);
  void set_time_step(const std::vector<double>& dt);
  const std::vector<double>& time_step() const { return dt_; }
  double tau(std::size_t tet) const { return tau_[tet]; }

  // Rows scaled by their inverse diagonal; fixed nodes are identity rows whose right-hand side is `given`.
  // advect = u*, pressure_star = p*, pressure = p^n (for the pressure stabilisation of this step).
  void assemble_momentum(const TimeScheme& scheme, const std::vector<double>& u, const std::vector<double>& u_before,
                         const std::vector<double>& advect, const std::vector<double>& pressure_star,
                         const std::vector<double>& pressure, const std::vector<double>& given);
  // Kinematic viscosity per element from the strain rate of `u` (Carreau-Yasuda); to be called before assemble_momentum.
  // The transposed part of the stress, div(nu grad u^T), is then taken at `advect` on the right-hand side.
  void set_viscosity(const Fluid& fluid, const std::vector<double>& u);
  double viscosity(std::size_t tet) const { return nu_of_.empty() ? nu_ : double(nu_of_[tet]); }
  // [nodes*3] velocity that may enter through the outlets without resistance; empty: none may.
  std::vector<double>& incoming() { return incoming_; }
  // Sum over the nodes of the residual of the momentum equation: minus the force of those nodes on the fluid, i.e. the force of
  // the fluid on them, over density. Consistent with the scheme (flow-numerics.md, part b). Serial over the elements touched.
  core::Vec3 reaction(const std::vector<std::uint8_t>& on_patch, const TimeScheme& scheme, const std::vector<double>& u, const std::vector<double>& u_before,
                      const std::vector<double>& u_before2, const std::vector<double>& pressure) const;
  const fem::CsrMatrix& matrix() const { return a_; }
  const std::vector<double>& rhs() const { return b_; }
  double largest_cfl() const { return cfl_; }          // of the last assembly: dt_e |u*| / h_e
  core::Index fastest_tet() const { return cfl_tet_; }

  // Nodal (grad q, u) - tau_e (grad q, grad p^n - Pi grad p^n); uses the projection of the last assemble_momentum.
  void divergence(const std::vector<double>& u, std::vector<double>& out);

 private:
  struct Element {
    float a[3];    // mean advecting velocity
    float tau;     // tau_s * volume
    float r[3];    // -(volume/4) grad p*
    float c[3];    // volume * (a.grad u*), then tau * projected; then volume * mean velocity
    float d[3];    // volume * grad p^n, then tau_e * volume * (grad p^n - projected)
  };
  const FlowMesh& m_;
  void assemble_viscous();
  double nu_;
  std::ptrdiff_t row_chunk_, tet_chunk_;
  double cfl_ = 0;
  core::Index cfl_tet_ = 0;
  std::vector<float> tau_, nu_of_;
  std::vector<double> dt_;
  std::vector<double> mass_rate_, viscous_;   // constant parts on the pattern: M/dt and nu K
  std::vector<Element> element_;
  std::vector<double> projected_, history_, backflow_, incoming_, transposed_, b_;
  fem::CsrMatrix a_;
};

}  // namespace ot::hemo
