// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/bidomain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double flat_mV = 1e-3;        // V that varies less is rest: phi_e of it is far below what anyone reads
constexpr double electrode_tolerance = 1e-9;
constexpr int power_iterations = 30;
constexpr double power_margin = 1.2;    // the quotient approaches the largest value from below

SpaceTensors tensors_of(const ElectroProblem& p) {
  return space_tensors(p, p.bidomain->sigma_i, p.bidomain->sigma_e.cwiseQuotient(p.bidomain->sigma_i), p.bidomain->bath, false);
}

// Ki - K of the monodomain tensor; both have the pattern of the mesh.
fem::CsrMatrix surplus_of(const ElectroProblem& p, const fem::CsrMatrix& ki) {
  const SpaceTensors mono = space_tensors(p, monodomain_sigma(p.bidomain->sigma_i, p.bidomain->sigma_e), Vec3::Ones(), p.bidomain->bath, false);
  const auto around = fem::node_tets(*p.mesh);
  const fem::CsrMatrix k = fem::assemble_stiffness(*p.mesh, around, fem::tet_geometry(*p.mesh), mono.intra);
  fem::CsrMatrix out = ki;
  OT_EXPECT(out.col == k.col);
  for (std::size_t at = 0; at < out.value.size(); ++at) out.value[at] -= k.value[at];
  return out;
}

bool close(const Vec3& a, const Vec3& b) { return (a - b).cwiseAbs().maxCoeff() <= 1e-9 * b.cwiseAbs().maxCoeff(); }

}  // namespace

Vec3 monodomain_sigma(const Vec3& sigma_i, const Vec3& sigma_e) { return sigma_i.cwiseProduct(sigma_e).cwiseQuotient(sigma_i + sigma_e); }

core::Result<void> check_bidomain(const ElectroProblem& p) {
  const Bidomain& b = *p.bidomain;
  if (is_whole_heart(*p.mesh))
    return core::wrong_usage("A bidomain run takes one piece of muscle (atria and ventricles of a whole heart are computed apart, their extracellular spaces are one). Use the ventricles or the atria alone.");
  for (const Vec3& s : {b.sigma_i, b.sigma_e})
    if (!s.allFinite() || !(s.minCoeff() > 0) || s.maxCoeff() > 10)
      return core::bad_input(fmt::format("Conductivities of {:g} {:g} {:g} mS/mm inside or outside the cells cannot be used (above 0, at most 10; 1 S/m = 1 mS/mm). Usual: 0.17 and 0.019, 0.62 and 0.24.", s[0], s[1], s[2]));
  OT_EXPECT(close(p.sigma, monodomain_sigma(b.sigma_i, b.sigma_e)));
  if (!b.bath.empty() && b.bath.size() != p.regions.size()) return core::bad_input("The conductivities of the bath do not belong to these regions (one each is needed). Give them again.");
  for (std::size_t r = 0; r < b.bath.size(); ++r) {
    if (!std::isfinite(b.bath[r]) || b.bath[r] < 0 || b.bath[r] > 10)
      return core::bad_input(fmt::format("A bath of {:g} mS/mm cannot be used (0 to 10; blood has 0.6, saline 2). Correct it.", b.bath[r]));
    if (b.bath[r] > 0 && p.regions[r].conducting) return core::bad_input(fmt::format("Region \"{}\" is muscle and a bath at once. Make it one of them.", p.regions[r].key));
  }
  if (!(b.tolerance > 0) || b.tolerance > 1e-2) return core::wrong_usage(fmt::format("A tolerance of {:g} for the extracellular potential cannot be used (above 0, at most 0.01). Try 1e-6.", b.tolerance));
  const auto outside = [&](Index n) { return n < 0 || std::size_t(n) >= p.mesh->nodes.size(); };
  if (std::any_of(b.ground.begin(), b.ground.end(), outside)) return core::bad_input("The ground names a node outside the mesh. Place it again.");
  for (const ExtracellularSite& s : b.sites) {
    double sum = 0;
    for (double w : s.weights) sum += w;
    if (s.nodes.empty() || s.weights.size() != s.nodes.size() || std::any_of(s.nodes.begin(), s.nodes.end(), outside) || !(std::abs(sum - 1) < 1e-6) ||
        std::any_of(s.weights.begin(), s.weights.end(), [](double w) { return !(w >= 0); }))
      return core::bad_input(fmt::format("The electrode \"{}\" lies outside the mesh, or its shares do not sum to 1 (its current would be lost). Place it again.", s.name));
    if (!std::isfinite(s.current_uA) || !std::isfinite(s.start_ms) || !(s.duration_ms > 0) || !std::isfinite(s.duration_ms))
      return core::bad_input(fmt::format("The electrode \"{}\" has an impossible time or current. Give a start, a duration above 0 and a current in uA.", s.name));
  }
  return {};
}

BidomainSource::BidomainSource(const ElectroProblem& problem, const Tissue& tissue)
    : problem_(problem), tissue_(tissue), tensors_(tensors_of(problem)), space_(*problem.mesh, tensors_, problem.bidomain->ground), surplus_(surplus_of(problem, space_.intra())) {
  tensors_ = {};
  const std::size_t nn = problem.mesh->nodes.size();
  v_.assign(nn, 0.0);
  phi_ = phi_before_ = v_;
  q_.assign(std::size_t(tissue.padded), 0.0);
  q_before_ = q_;
}

void BidomainSource::spread(const AlignedVector& inner, std::vector<double>& nodes) const {
  const double from = inner[0];   // a constant drives nothing: what is left is small where all are at rest
  for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) nodes[std::size_t(tissue_.node_of[std::size_t(i)])] = inner[std::size_t(i)] - from;
}

void BidomainSource::source_of(const std::vector<double>& v, const std::vector<double>& phi, AlignedVector& q) const {
  std::vector<double> a(v.size()), b(v.size());
  surplus_.multiply(v.data(), a.data());
  space_.intra().multiply(phi.data(), b.data());
  const double membrane = problem_.chi_per_mm * problem_.cm_uF_per_mm2;
  for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) {
    const std::size_t n = std::size_t(tissue_.node_of[std::size_t(i)]);
    q[std::size_t(i)] = -(a[n] + b[n]) / (tissue_.mass[std::size_t(i)] * membrane);
  }
}

core::Result<void> BidomainSource::prepare(const core::Progress& progress) {
  const Bidomain& b = *problem_.bidomain;
  const std::size_t nn = v_.size();
  const std::vector<double> none(nn, 0.0);
  // At every change of an electrode the currents that are on must balance in each piece without ground.
  std::vector<double> changes;
  for (const ExtracellularSite& s : b.sites) changes.insert(changes.end(), {s.start_ms, s.start_ms + s.duration_ms});
  for (const double t : changes) {
    std::vector<double> net(std::size_t(space_.pieces()), 0.0), size = net;
    for (const ExtracellularSite& s : b.sites)
      if (t >= s.start_ms && t < s.start_ms + s.duration_ms)
        for (std::size_t k = 0; k < s.nodes.size(); ++k) {
          net[std::size_t(space_.piece(s.nodes[k]))] += s.weights[k] * s.current_uA;
          size[std::size_t(space_.piece(s.nodes[k]))] += std::abs(s.weights[k] * s.current_uA);
        }
    for (Index piece = 0; piece < space_.pieces(); ++piece)
      if (!space_.grounded(piece) && std::abs(net[std::size_t(piece)]) > 1e-9 * size[std::size_t(piece)])
        return core::bad_input(fmt::format("The electrodes put {:g} uA net into a conductor without ground at {:g} ms (the current has no way out). Add an electrode of the opposite current with the same times, or a ground.",
                                           net[std::size_t(piece)], t));
  }
  for (const ExtracellularSite& s : b.sites) {
    if (progress.cancelled()) return core::cancelled();
    std::vector<double> current(nn, 0.0), phi(nn, 0.0);
    for (std::size_t k = 0; k < s.nodes.size(); ++k) current[std::size_t(s.nodes[k])] += s.weights[k] * s.current_uA;
    // Alone it need not balance: what is missing is drawn evenly from its piece here, and the shares of all electrodes of the piece cancel.
    for (Index piece = 0; piece < space_.pieces(); ++piece) {
      if (space_.grounded(piece)) continue;
      double sum = 0, count = 0;
      for (std::size_t n = 0; n < nn; ++n)
        if (space_.piece(Index(n)) == piece) sum += current[n], count += 1;
      if (sum == 0) continue;
      for (std::size_t n = 0; n < nn; ++n)
        if (space_.piece(Index(n)) == piece) current[n] -= sum / count;
    }
    if (!space_.solve(none, current, electrode_tolerance, phi)) return core::computation_failed("The potential of an electrode did not converge (the mesh has flat elements, or conductivities differ millions of times). Check the mesh.");
    AlignedVector q(q_.size(), 0.0);
    source_of(none, phi, q);
    site_phi_.push_back(std::move(phi));
    site_q_.push_back(std::move(q));
  }
  // The largest value of E = -q of V, in the inner product of the mass.
  AlignedVector x(q_.size(), 0.0), e(q_.size(), 0.0);
  std::uint64_t seed = 88172645463325252ull;
  for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) {   // xorshift: the same start everywhere
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    x[std::size_t(i)] = double(seed % 2001) / 1000.0 - 1.0;
  }
  double largest = 0;
  std::vector<double> phi(nn, 0.0);
  for (int k = 0; k < power_iterations; ++k) {
    if (progress.cancelled()) return core::cancelled();
    spread(x, v_);
    std::fill(phi.begin(), phi.end(), 0.0);
    if (!space_.solve(v_, {}, b.tolerance, phi)) return core::computation_failed("The extracellular potential did not converge (the mesh has flat elements, or conductivities differ millions of times). Check the mesh.");
    source_of(v_, phi, e);
    double xx = 0, xe = 0, ee = 0;
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) {
      const double m = tissue_.mass[std::size_t(i)];
      xx += m * x[std::size_t(i)] * x[std::size_t(i)];
      xe -= m * x[std::size_t(i)] * e[std::size_t(i)];
      ee += m * e[std::size_t(i)] * e[std::size_t(i)];
    }
    largest = std::max(largest, xe / xx);
    if (!(ee > 0)) break;
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) x[std::size_t(i)] = -e[std::size_t(i)] / std::sqrt(ee);
  }
  std::fill(v_.begin(), v_.end(), 0.0);
  const double rate = power_margin * largest;
  largest_dt_ = rate > 0 ? 1.0 / rate : INFINITY;
  if (!(problem_.dt_ms < largest_dt_))
    return core::wrong_usage(fmt::format("A time step of {:g} ms is too large for the extracellular space of this mesh (the part of its current that the monodomain step lacks would grow without limit). Take at most {:.3g} ms, or larger elements.",
                                         problem_.dt_ms, largest_dt_));
  notes_.push_back(fmt::format("Bidomain: extracellular potential solved in every step to {:g}; sigma_i {:g} {:g} {:g}, sigma_e {:g} {:g} {:g} S/m along fibre, sheet and across. Steps up to {:.2g} ms are stable here.", b.tolerance,
                               b.sigma_i[0], b.sigma_i[1], b.sigma_i[2], b.sigma_e[0], b.sigma_e[1], b.sigma_e[2], largest_dt_));
  return {};
}

bool BidomainSource::update(double t, const AlignedVector& v) {
  if (t == solved_t_) return true;
  solved_t_ = t;
  spread(v, v_);
  const auto [least, most] = std::minmax_element(v_.begin(), v_.end());
  std::vector<double> next(phi_.size());
  bool solved = true;
  if (*most - *least > flat_mV) {
    for (std::size_t n = 0; n < next.size(); ++n) next[n] = solves_ < 2 ? phi_[n] : 2 * phi_[n] - phi_before_[n];
    solved = space_.solve(v_, {}, problem_.bidomain->tolerance, next);
    ++solves_;
  } else {
    std::fill(next.begin(), next.end(), 0.0);
    solves_ = 0;
  }
  phi_before_ = std::move(phi_);
  phi_ = std::move(next);
  return solved;
}

bool BidomainSource::add(double t, const AlignedVector& v, AlignedVector& rate) {
  if (!update(t, v)) return false;
  source_of(v_, phi_, q_);
  const double now = has_before_ ? 1.5 : 1.0, before = has_before_ ? -0.5 : 0.0;
  for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) rate[std::size_t(i)] += now * q_[std::size_t(i)] + before * q_before_[std::size_t(i)];
  std::swap(q_, q_before_);
  has_before_ = true;
  for (std::size_t s = 0; s < site_q_.size(); ++s) {
    const ExtracellularSite& site = problem_.bidomain->sites[s];
    const double share = stimulus_share(t, problem_.dt_ms, site.start_ms, site.duration_ms);
    if (share == 0) continue;
    for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) rate[std::size_t(i)] += share * site_q_[s][std::size_t(i)];
  }
  return true;
}

std::vector<double> BidomainSource::potential(double t, const AlignedVector& v) {
  if (!update(t, v)) return {};
  std::vector<double> all = phi_;
  for (std::size_t s = 0; s < site_phi_.size(); ++s) {
    const ExtracellularSite& site = problem_.bidomain->sites[s];
    if (t < site.start_ms || t >= site.start_ms + site.duration_ms) continue;
    for (std::size_t n = 0; n < all.size(); ++n) all[n] += site_phi_[s][n];
  }
  return space_.centred(std::move(all));
}

}  // namespace ot::ep
