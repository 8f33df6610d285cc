// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/inflow.hpp"

#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/core/contracts.hpp"
#include "solvers/hemodynamics/cap_system.hpp"

namespace ot::hemo {
namespace {
using core::Index;
using core::Vec3;
using Complex = std::complex<double>;

// -laplace w = 1.
std::vector<double> developed_profile(const CapSystem& cap) {
  const Eigen::Index n = cap.area.size();
  Eigen::SparseMatrix<double> k(n, n);
  k.setFromTriplets(cap.stiffness.begin(), cap.stiffness.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(k);
  OT_EXPECT(solver.info() == Eigen::Success);
  const Eigen::VectorXd w = solver.solve(cap.area);
  std::vector<double> shape(cap.unknown.size(), 0.0);
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (cap.unknown[i] >= 0) shape[i] = w[cap.unknown[i]];
  return shape;
}

// -laplace w + i omega/nu w = 1: what an oscillating pressure gradient moves on a cap of any shape; Womersley's profile on a round one.
std::vector<Complex> oscillating_profile(const CapSystem& cap, double omega_over_nu) {
  const Eigen::Index n = cap.area.size();
  std::vector<Eigen::Triplet<Complex>> entries;
  entries.reserve(cap.stiffness.size() + std::size_t(n));
  for (const auto& e : cap.stiffness) entries.emplace_back(e.row(), e.col(), Complex(e.value()));
  for (Eigen::Index i = 0; i < n; ++i) entries.emplace_back(int(i), int(i), Complex(0, omega_over_nu * cap.area[i]));
  Eigen::SparseMatrix<Complex> k(n, n);
  k.setFromTriplets(entries.begin(), entries.end());
  Eigen::SparseLU<Eigen::SparseMatrix<Complex>> solver;
  solver.compute(k);
  OT_EXPECT(solver.info() == Eigen::Success);
  const Eigen::VectorXcd w = solver.solve(Eigen::VectorXcd(cap.area.cast<Complex>()));
  std::vector<Complex> shape(cap.unknown.size(), Complex(0));
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (cap.unknown[i] >= 0) shape[i] = w[cap.unknown[i]];
  return shape;
}

// Product of two parabolas on the rectangle of the cap. Empty: the cap is no rectangle.
std::vector<double> rectangular_profile(const core::TetMesh& mesh, const Cap& cap) {
  // The bounding rectangle along one of the rim's edges that has the cap's area.
  for (Index f : cap.faces) {
    const core::Triangle& t = mesh.boundary[std::size_t(f)].nodes;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto on_rim = [&](Index v) { return cap.rim[std::size_t(std::lower_bound(cap.nodes.begin(), cap.nodes.end(), v) - cap.nodes.begin())] != 0; };
      if (!on_rim(t[k]) || !on_rim(t[(k + 1) % 3])) continue;
      const Vec3 a = (mesh.nodes[std::size_t(t[(k + 1) % 3])] - mesh.nodes[std::size_t(t[k])]).normalized(), b = cap.normal.cross(a);
      double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
      for (Index i : cap.nodes) {
        const Vec3& x = mesh.nodes[std::size_t(i)];
        low[0] = std::min(low[0], x.dot(a)), high[0] = std::max(high[0], x.dot(a)), low[1] = std::min(low[1], x.dot(b)), high[1] = std::max(high[1], x.dot(b));
      }
      if (std::abs((high[0] - low[0]) * (high[1] - low[1]) / cap.area_mm2 - 1) > 0.01) continue;
      std::vector<double> shape;
      for (std::size_t i = 0; i < cap.nodes.size(); ++i) {
        const Vec3& x = mesh.nodes[std::size_t(cap.nodes[i])];
        shape.push_back(cap.rim[i] ? 0.0 : (x.dot(a) - low[0]) * (high[0] - x.dot(a)) * (x.dot(b) - low[1]) * (high[1] - x.dot(b)));
      }
      return shape;
    }
  }
  return {};
}

// J0 by its power series: accurate to better than 1e-9 of the wall value for |z| <= 40 along the Womersley ray.
Complex bessel_j0(Complex z) {
  const Complex q = -0.25 * z * z;
  Complex term = 1, sum = 1;
  for (int k = 1; k < 400; ++k) {
    term *= q / double(k * k);
    sum += term;
    if (std::abs(term) < 1e-17 * std::abs(sum)) break;
  }
  return sum;
}

constexpr double least_roundness = 0.97;  // a regular decagon has 0.967: rounder caps count as circles
constexpr int most_harmonics = 20;        // cardiac flow waveforms have negligible content above (Nichols & O'Rourke 2011)
constexpr double largest_alpha = 40;      // of one harmonic, limit of the power series; beyond: the layer is thinner than any mesh

}  // namespace

InflowProfile::InflowProfile(const core::TetMesh& mesh, const Cap& cap, const Inlet& inlet, const Fluid& fluid, bool steady,
                             double cycle_s, std::string& note)
    : cap_(cap), inlet_(inlet), steady_(steady), cycle_(cycle_s) {
  const std::vector<double> weight = rate_weights(mesh, cap);
  const CapSystem system = cap_system(mesh, cap);
  if (inlet.profile == InletProfile::plug) {
    shape_.assign(cap.nodes.size(), 0.0);
    for (std::size_t i = 0; i < shape_.size(); ++i) shape_[i] = cap.rim[i] ? 0.0 : 1.0;
  } else {
    if (inlet.profile == InletProfile::rectangular) {
      shape_ = rectangular_profile(mesh, cap);
      if (shape_.empty()) note = "The inlet is not a rectangle, so the fully developed profile of its shape was used instead of the product of parabolas.";
    }
    if (shape_.empty()) shape_ = developed_profile(system);
  }
  double rate = 0;
  for (std::size_t i = 0; i < shape_.size(); ++i) rate += weight[i] * shape_[i];
  OT_EXPECT(rate > 0);
  for (double& s : shape_) s /= rate;

  if (inlet.profile != InletProfile::womersley || steady || inlet.flow.size() < 2) return;
  const bool round = cap.roundness >= least_roundness;
  const double radius = cap.radius_mm(), nu = fluid.viscosity_Pa_s / fluid.density_g_per_mm3;
  constexpr int samples = 512;
  std::vector<double> q(samples);
  for (int k = 0; k < samples; ++k) q[std::size_t(k)] = flow_at(inlet, cycle_s * k / samples, cycle_s);
  for (int m = 1; m <= most_harmonics; ++m) {
    Harmonic h;
    for (int k = 0; k < samples; ++k)
      h.amplitude += 2.0 / samples * q[std::size_t(k)] * std::polar(1.0, -2 * std::numbers::pi * m * k / samples);
    const double alpha = radius * std::sqrt(2 * std::numbers::pi * m / cycle_s / nu);
    if (alpha > largest_alpha) break;
    if (!round) h.shape = oscillating_profile(system, 2 * std::numbers::pi * m / cycle_s / nu);
    const Complex lambda = alpha * std::polar(1.0, 0.75 * std::numbers::pi);  // i^(3/2) alpha
    const Complex at_wall = bessel_j0(lambda);
    Complex total = 0;
    for (std::size_t i = 0; i < cap.nodes.size(); ++i) {
      if (round) {
        const Vec3 d = mesh.nodes[std::size_t(cap.nodes[i])] - cap.centre;
        const double r = std::min(1.0, (d - d.dot(cap.normal) * cap.normal).norm() / radius);
        h.shape.push_back(cap.rim[i] ? Complex(0) : 1.0 - bessel_j0(lambda * r) / at_wall);
      }
      total += weight[i] * h.shape[i];
    }
    for (Complex& s : h.shape) s /= total;
    harmonics_.push_back(std::move(h));
  }
}

double InflowProfile::rate(double t) const { return steady_ ? mean_flow(inlet_, cycle_) : flow_at(inlet_, t, cycle_); }

void InflowProfile::speeds(double t, std::vector<double>& speed) const {
  speed.assign(shape_.size(), 0.0);
  double rest = rate(t);  // what the harmonics do not carry keeps the steady profile, so the rate stays exact
  for (std::size_t m = 0; m < harmonics_.size(); ++m) {
    const Complex now = harmonics_[m].amplitude * std::polar(1.0, 2 * std::numbers::pi * double(m + 1) * t / cycle_);
    for (std::size_t i = 0; i < speed.size(); ++i) speed[i] += (now * harmonics_[m].shape[i]).real();
    rest -= now.real();
  }
  for (std::size_t i = 0; i < speed.size(); ++i) speed[i] += rest * shape_[i];
}

}  // namespace ot::hemo
