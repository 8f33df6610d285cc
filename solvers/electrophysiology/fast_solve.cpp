// SPDX-License-Identifier: GPL-3.0-or-later
// Activation and repolarisation of every node: whole, and repaired after lesions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/fast_answer.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

constexpr double coupling_ms = 100.0;   // tau of the smoothing, see fast.hpp
// Where lesions move repolarisation by less it stays: a 25th of a sample of the templates, a thousandth of a QT in the twelve leads.
constexpr double least_shift_ms = 0.01;

Mat3 diffusion(const ElectroProblem& p, std::size_t t, const Vec3& scale) {
  const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
  const Vec3 n = f.cross(s);
  const Vec3 d = p.sigma.cwiseProduct(scale) / (p.chi_per_mm * p.cm_uF_per_mm2);   // mS/mm / (uF/mm3) = mm2/ms
  return d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose();
}

// The tissue that holds most of the conducting volume around a node, as in FULL; ties go to the lower index.
std::uint8_t region_of(const ElectroProblem& p, const fem::NodeTets& around, std::size_t n, std::vector<double>& share) {
  share.assign(p.regions.size(), 0.0);
  for (std::ptrdiff_t k = around.begin[n]; k < around.begin[n + 1]; ++k) {
    const std::size_t t = std::size_t(around.tet[std::size_t(k)]);
    if (!p.regions[p.tissue[t]].conducting) continue;
    const auto& v = p.mesh->tets[t];
    share[p.tissue[t]] += core::tet_volume(p.mesh->nodes[v[0]], p.mesh->nodes[v[1]], p.mesh->nodes[v[2]], p.mesh->nodes[v[3]]);
  }
  std::uint8_t region = 0;
  double most = 0;
  for (std::size_t r = 0; r < share.size(); ++r)
    if (share[r] > most * (1 + 1e-9)) {
      most = share[r];
      region = std::uint8_t(r);
    }
  return region;
}

std::uint8_t shape_of(const ElectroProblem& p, const FastTemplates& templates, const fem::NodeTets& around, std::size_t n, std::vector<double>& share) {
  return templates.of_region[p.tissue.empty() || p.regions.size() < 2 ? 0 : region_of(p, around, n, share)][p.cell_type.empty() ? 0 : p.cell_type[n]];
}

// Solves for R from the given start; keeps target where tissue never activates.
core::Result<std::vector<double>> couple(const ElectroProblem& p, const RepolarisationCoupling& coupling, const std::vector<double>& target, std::vector<double> x) {
  fem::CsrMatrix a = coupling.stiffness;
  if (!p.tissue.empty())
    for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
      if (p.tissue[t] == 0 && p.regions[0].conducting && p.regions[0].sigma_scale == Vec3(1, 1, 1)) continue;
      const TissueRegion& r = p.regions[p.tissue[t]];
      const Vec3 missing = Vec3(1, 1, 1) - (r.conducting ? Vec3(r.sigma_scale.cwiseMin(1.0)) : Vec3(0, 0, 0));
      if (missing == Vec3(0, 0, 0)) continue;
      const auto& v = p.mesh->tets[t];
      const Vec3 &x0 = p.mesh->nodes[v[0]], &x1 = p.mesh->nodes[v[1]], &x2 = p.mesh->nodes[v[2]], &x3 = p.mesh->nodes[v[3]];
      std::array<Vec3, 4> g;   // volume times gradient
      g[1] = (x2 - x0).cross(x3 - x0) / 6.0;
      g[2] = (x3 - x0).cross(x1 - x0) / 6.0;
      g[3] = (x1 - x0).cross(x2 - x0) / 6.0;
      g[0] = -(g[1] + g[2] + g[3]);
      const double volume = core::tet_volume(x0, x1, x2, x3);
      const Mat3 d = diffusion(p, t, missing);
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) a.value[a.find(v[i], v[j])] -= g[i].dot(d * g[j]) / volume;
    }
  std::vector<double> b(target.size());
  for (double& value : a.value) value *= coupling_ms;
  for (Index n = 0; n < a.n; ++n) {
    a.value[a.find(n, n)] += coupling.mass[n];
    b[n] = coupling.mass[n] * target[n];
  }
  const auto report = fem::conjugate_gradients(a, b, x, fem::jacobi(a), 1e-5, 500);
  if (!report.converged)
    return core::computation_failed("Smoothing of repolarisation did not converge (the ECG would be wrong). Check the mesh for flat elements.");
  return x;
}

std::vector<EikonalSource> fast_sources(const ElectroProblem& p) {
  std::vector<EikonalSource> sources;
  for (const auto& site : p.sites)
    for (Index n : site.nodes) sources.push_back({n, site.start_ms + capture_delay_ms(site)});
  return sources;
}

double target_of(const FastSolution& s, std::size_t n) {
  return std::isfinite(s.activation_ms[n]) ? s.activation_ms[n] + s.templates.shapes[s.shape[n]].apd90_ms : 0.0;
}

void set_stretch(FastSolution& s, std::size_t n, double repolarisation) {
  s.stretch[n] = 1.0f;
  s.repolarisation_ms[n] = std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(s.activation_ms[n])) return;
  const double apd = s.templates.shapes[s.shape[n]].apd90_ms;
  // Coupling moves APD by tens of ms at most; the limits only guard tiny islands.
  s.stretch[n] = float(std::clamp((repolarisation - s.activation_ms[n]) / apd, 0.5, 1.5));
  s.repolarisation_ms[n] = s.activation_ms[n] + double(s.stretch[n]) * apd;
}

}  // namespace

std::vector<std::uint8_t> shapes_of(const ElectroProblem& p, const FastTemplates& templates) {
  const fem::NodeTets around = fem::node_tets(*p.mesh);
  std::vector<std::uint8_t> shape(p.mesh->nodes.size());
  std::vector<double> share;
  for (std::size_t n = 0; n < shape.size(); ++n) shape[n] = shape_of(p, templates, around, n, share);
  return shape;
}

core::Result<FastSolved> solve_whole(const ElectroProblem& p, const FastTemplates& templates, const FastPrepared& prepared, const core::Progress& progress) {
  FastSolved out;
  FastSolution& s = out.solution;
  s.templates = templates;
  const std::size_t nn = p.mesh->nodes.size();
  auto arrival = prepared.eikonal->arrive(fast_sources(p), carrying_tets(p, templates), progress.part(0.0, 0.9));
  if (!arrival) return core::pass(arrival);
  out.arrival = std::move(*arrival);
  s.activation_ms = prepared.eikonal->times(out.arrival);
  s.shape.resize(nn);
  s.stretch.resize(nn);
  s.repolarisation_ms.resize(nn);
  std::vector<double> target(nn), share;
  for (std::size_t n = 0; n < nn; ++n) {
    s.shape[n] = shape_of(p, templates, *prepared.around, n, share);
    target[n] = target_of(s, n);
  }
  if (progress.cancelled()) return core::cancelled();
  auto smoothed = couple(p, *prepared.coupling, target, target);
  if (!smoothed) return core::pass(smoothed);
  out.coupled_ms = std::move(*smoothed);
  for (std::size_t n = 0; n < nn; ++n) set_stretch(s, n, out.coupled_ms[n]);
  return out;
}

core::Result<FastSolved> solve_repaired(const ElectroProblem& p, const FastTemplates& templates, const FastPrepared& prepared, const FastSolved& before,
                                        const core::Progress& progress) {
  FastSolved out;
  FastSolution& s = out.solution;
  const std::size_t nn = p.mesh->nodes.size();
  auto arrival = prepared.eikonal->repair(before.arrival, fast_sources(p), carrying_tets(without_lesions(p), templates), carrying_tets(p, templates), progress.part(0.0, 0.9));
  if (!arrival) return core::pass(arrival);
  out.arrival = std::move(*arrival);
  s = before.solution;
  s.templates = templates;
  s.activation_ms = prepared.eikonal->times(out.arrival);
  std::vector<std::uint8_t> beside(nn, 0);   // nodes of lesions
  for (std::size_t t = 0; t < p.tissue.size(); ++t)
    if (p.tissue[t] != p.tissue_before[t])
      for (Index n : p.mesh->tets[t]) beside[std::size_t(n)] = 1;
  std::vector<double> target(nn), share;
  for (std::size_t n = 0; n < nn; ++n) {
    if (beside[n]) s.shape[n] = shape_of(p, templates, *prepared.around, n, share);
    target[n] = target_of(s, n);
  }
  if (progress.cancelled()) return core::cancelled();
  std::vector<double> start = before.coupled_ms;
  for (std::size_t n = 0; n < nn; ++n)
    if (target[n] != target_of(before.solution, n)) start[n] = target[n] + (before.coupled_ms[n] - target_of(before.solution, n)) * (target[n] > 0);
  auto smoothed = couple(p, *prepared.coupling, target, std::move(start));
  if (!smoothed) return core::pass(smoothed);
  out.coupled_ms = std::move(*smoothed);
  for (std::size_t n = 0; n < nn; ++n) {
    const bool same = s.activation_ms[n] == before.solution.activation_ms[n] && s.shape[n] == before.solution.shape[n];
    if (same && std::abs(out.coupled_ms[n] - before.coupled_ms[n]) < least_shift_ms) {
      out.coupled_ms[n] = before.coupled_ms[n];
      continue;
    }
    set_stretch(s, n, out.coupled_ms[n]);
  }
  return out;
}

}  // namespace ot::ep
