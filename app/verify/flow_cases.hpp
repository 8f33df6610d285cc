// SPDX-License-Identifier: GPL-3.0-or-later
// What the flow verifications share: exact solutions, error norms, rows.
#pragma once
#include <complex>
#include <functional>

#include "app/verify/cases.hpp"
#include "solvers/hemodynamics/flow_domains.hpp"
#include "solvers/hemodynamics/problem.hpp"

namespace ot::verify::flow {

using VectorAt = std::function<core::Vec3(const core::Vec3&)>;
// Relative L2 error of a nodal velocity (mm/s) against an exact field: quadrature of degree 2 on every tet (Keast 1986, rule 1)
// whose centroid `where` accepts.
double velocity_error(const core::TetMesh& mesh, const std::vector<float>& velocity, const VectorAt& exact, const std::function<bool(const core::Vec3&)>& where = {});
// L2 over wall nodes that `where` accepts, of |shear - exact|, over `scale`.
double shear_error(const core::TetMesh& mesh, const std::vector<float>& shear, int wall_patch, const VectorAt& exact, double scale, const std::function<bool(const core::Vec3&)>& where);
double quantity_of(const hemo::FlowResult& r, const std::string& key);   // NaN when absent

// value must be at most `most`: reference 0, absolute tolerance.
Row at_most(std::string name, std::string quantity, double value, double most, std::string source, double wall_s, bool quick);
Row close_to(std::string name, std::string quantity, double value, double reference, double relative_tolerance, std::string source, double wall_s, bool quick);
Row at_least(std::string name, std::string quantity, double value, double least, std::string source, double wall_s, bool quick);  // shortfall, reference 0

struct Pipe {
  hemo::FlowProblem problem;
  double radius = 0, length = 0;
};
// Straight layered pipe along z; edge = radius / rings.
core::Result<Pipe> pipe(double radius_mm, double length_mm, int rings, double wall_grading = 1, double axial_ratio = 1);

// Womersley 1955 in a rigid pipe: -dp/dz = g0 + g1 cos(w t), Pa/mm.
struct Womersley {
  double radius = 1, mu = 0.004, rho = 1.06e-3, w = 1, g0 = 0, g1 = 1;
  std::complex<double> lambda() const;
  double speed(double r, double t) const;    // mm/s
  double flow(double t) const;               // mm3/s
  double shear(double t) const;              // Pa, along the flow
  double cycle() const;
};
std::complex<double> bessel_j0(std::complex<double> z);
std::complex<double> bessel_j1(std::complex<double> z);

}  // namespace ot::verify::flow
