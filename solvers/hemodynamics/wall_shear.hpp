// SPDX-License-Identifier: GPL-3.0-or-later
// Wall shear stress from a local quadratic fit of the velocity that is exactly zero at the wall node.
// Model: u(x_w + d) = G d + d.H d over two rings of nodes, least squares; shear = viscosity * tangential part of G n, n inward.
// Accuracy (flow-numerics.md, part d): order about 1.5; 1-3 % at eight cells per radius, where element gradients are 7 % low.
// Threads: each wall node is one row of a fixed sparse operator, so evaluating costs one sparse product.
#pragma once
#include "solvers/hemodynamics/flow_mesh.hpp"

namespace ot::hemo {

class WallShear {
 public:
  explicit WallShear(const FlowMesh& m);
  // velocity [nodes*3] mm/s -> shear [nodes*3] Pa, zero off the wall
  void evaluate(const std::vector<double>& velocity, const Fluid& fluid, std::vector<double>& shear) const;
  const std::vector<core::Index>& nodes() const { return nodes_; }  // wall nodes, ascending
  double area(std::size_t k) const { return area_[k]; }             // lumped wall area of nodes()[k], mm2
  // Wall nodes that touch no cap: where maxima are looked for (rims of plug inlets are singular).
  bool inner(std::size_t k) const { return inner_[k] != 0; }
  // Area mean and largest magnitude over inner nodes; `at` = position of the largest in nodes().
  void summarise(const std::vector<double>& shear, double& mean, double& largest, std::size_t& at) const;

 private:
  std::vector<core::Index> nodes_;
  std::vector<core::Vec3> inward_;
  std::vector<double> area_;
  std::vector<std::uint8_t> inner_;
  std::vector<std::ptrdiff_t> begin_;
  std::vector<core::Index> col_;
  std::vector<double> weight_;  // d/dn, 1/mm
};

}  // namespace ot::hemo
