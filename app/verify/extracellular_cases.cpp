// SPDX-License-Identifier: GPL-3.0-or-later
// The extracellular potential of field recovery against exact solutions.
#include <cmath>
#include <functional>

#include "app/verify/atria_cases.hpp"
#include "app/verify/cases.hpp"
#include "solvers/electrophysiology/extracellular.hpp"

namespace ot::verify {
namespace {

using core::Vec3;

// Largest and root-mean-square difference to factor Vm + constant, mV, on a box with fibres along x.
struct Difference {
  double most = 0, rms = 0;
};
core::Result<Difference> difference(const Vec3& size, double edge, const Vec3& ratio, double factor, const std::function<double(const Vec3&)>& wave, const core::Progress& progress) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(size, edge, core::BoxSplit::kuhn));
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  ep::ElectroProblem p;
  p.mesh = mesh;
  p.fibres = fibres;
  auto v = std::make_shared<std::vector<float>>();
  for (const Vec3& x : mesh->nodes) v->push_back(float(wave(x)));
  const auto phi = ep::extracellular_potentials(p, {{0.0, v}}, progress, ratio);
  if (!phi) return core::pass(phi);
  Difference out;
  double mean = 0;
  for (std::size_t n = 0; n < v->size(); ++n) mean += (double((*phi->front())[n]) - factor * double((*v)[n])) / double(v->size());
  for (std::size_t n = 0; n < v->size(); ++n) {
    const double d = double((*phi->front())[n]) - factor * double((*v)[n]) - mean;
    out.most = std::max(out.most, std::abs(d));
    out.rms += d * d / double(v->size());
  }
  out.rms = std::sqrt(out.rms);
  return out;
}

}  // namespace

Rows extracellular_rows(bool quick, const core::Progress& progress) {
  constexpr const char* name = "ep/extracellular";
  const auto start = std::chrono::steady_clock::now();
  std::vector<Row> rows;
  const Vec3 ratio = ep::extra_over_intra;
  const auto front = [](double x) { return -85 + 110 / (1 + std::exp((x - 8) / 1.5)); };
  const auto along = difference({20, 4, 4}, 1, ratio, -1 / (1 + ratio[0]), [&](const Vec3& x) { return front(x.x()); }, progress);
  if (!along) return core::pass(along);
  rows.push_back(timed_row(name, "plane_wave_worst_mV", along->most, 0, 1e-3, "exact: phi_e = -sigma_i / (sigma_i + sigma_e) (Vm - mean) for a plane wave along the fibres; Vm in floats", quick, start));
  const auto equal = difference({20, 4, 4}, 1, {3, 3, 3}, -0.25, [&](const Vec3& x) { return front(x.x() + 0.7 * x.y() - 0.4 * x.z()); }, progress);
  if (!equal) return core::pass(equal);
  rows.push_back(timed_row(name, "equal_anisotropy_worst_mV", equal->most, 0, 1e-3, "exact for any Vm at equal anisotropy ratios", quick, start));
  // Unequal anisotropy, fibres along the sides of a block: Vm = 50 cos(kx) cos(ky), zero flux on all sides.
  const ep::ElectroProblem usual;
  const Vec3 intra = usual.sigma.cwiseProduct(Vec3::Ones() + ratio.cwiseInverse()), all = intra.cwiseProduct(Vec3::Ones() + ratio);
  const auto wave = [](const Vec3& x) { return 50 * std::cos(M_PI / 10 * x.x()) * std::cos(M_PI / 10 * x.y()); };
  Difference error[2];
  for (int k = 0; k < 2; ++k) {
    const auto e = difference({10, 10, 2}, k == 0 ? 1.0 : 0.5, ratio, -(intra[0] + intra[1]) / (all[0] + all[1]), wave, progress);
    if (!e) return core::pass(e);
    error[k] = *e;
  }
  rows.push_back(timed_row(name, "unequal_anisotropy_worst_percent_at_20_elements", 100 * error[1].most / 50, 0, 1, "exact: cos kx cos ky in a block with fibres along its sides", quick, start));
  rows.push_back(timed_row(name, "order_l2", std::log2(error[0].rms / error[1].rms), 2, 0.2, "P1 elements: order 2 in L2", quick, start));
  return rows;
}

}  // namespace ot::verify
