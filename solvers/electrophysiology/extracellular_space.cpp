// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/extracellular_space.hpp"

#include <algorithm>
#include <numeric>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

constexpr int most_iterations = 500;

// The separate piece of every node, numbered from 0 by their lowest nodes.
std::vector<Index> pieces_of(const core::TetMesh& mesh, Index& count) {
  std::vector<Index> up(mesh.nodes.size());
  std::iota(up.begin(), up.end(), Index(0));
  const auto root = [&](Index n) {
    while (up[std::size_t(n)] != n) n = up[std::size_t(n)] = up[std::size_t(up[std::size_t(n)])];
    return n;
  };
  for (const auto& v : mesh.tets)
    for (int k = 1; k < 4; ++k) {
      const Index a = root(v[0]), b = root(v[std::size_t(k)]);
      up[std::size_t(std::max(a, b))] = std::min(a, b);
    }
  std::vector<Index> piece(mesh.nodes.size());
  count = 0;
  for (std::size_t n = 0; n < piece.size(); ++n) {
    const Index r = root(Index(n));
    piece[n] = r == Index(n) ? count++ : piece[std::size_t(r)];
  }
  return piece;
}

}  // namespace

SpaceTensors space_tensors(const ElectroProblem& p, const Vec3& sigma_i, const Vec3& ratio, const std::vector<double>& bath, bool cap_scales) {
  OT_EXPECT(p.mesh && p.fibres && (ratio.array() > 0).all() && (bath.empty() || bath.size() == p.regions.size()));
  const std::size_t nt = p.mesh->tets.size();
  SpaceTensors out;
  out.intra.resize(nt);
  out.both.resize(nt);
  for (std::size_t t = 0; t < nt; ++t) {
    const std::size_t r = p.tissue.empty() ? 0 : p.tissue[t];
    const TissueRegion* region = p.regions.empty() ? nullptr : &p.regions[r];
    const bool alive = !region || region->conducting;
    if (!alive && !bath.empty() && bath[r] > 0) {
      out.intra[t] = Mat3::Zero();
      out.both[t] = bath[r] * Mat3::Identity();
      continue;
    }
    Vec3 scale = Vec3::Ones();
    if (region && alive) scale = cap_scales ? Vec3(region->sigma_scale.cwiseMin(1.0)) : region->sigma_scale;
    const Vec3 i = alive ? Vec3(sigma_i.cwiseProduct(scale)) : Vec3(Vec3::Zero()), e = sigma_i.cwiseProduct(ratio).cwiseProduct(scale);
    const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t], n = f.cross(s);
    const auto tensor = [&](const Vec3& d) { return Mat3(d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose()); };
    out.intra[t] = tensor(i);
    out.both[t] = tensor(i + e);
  }
  return out;
}

ExtracellularSpace::ExtracellularSpace(const core::TetMesh& mesh, const SpaceTensors& tensors, const std::vector<Index>& ground) : ground_(ground) {
  const auto around = fem::node_tets(mesh);
  const auto geometry = fem::tet_geometry(mesh);
  ki_ = fem::assemble_stiffness(mesh, around, geometry, tensors.intra);
  k_ = fem::assemble_stiffness(mesh, around, geometry, tensors.both);
  mass_ = fem::lumped_mass(mesh, around, geometry);
  piece_ = pieces_of(mesh, pieces_);
  grounded_.assign(std::size_t(pieces_), 0);
  std::vector<char> held(mesh.nodes.size(), 0);
  for (Index n : ground_) held[std::size_t(n)] = 1, grounded_[std::size_t(piece(n))] = 1;
  if (!ground_.empty())
    for (std::size_t i = 0; i < mesh.nodes.size(); ++i)
      for (std::ptrdiff_t at = k_.row_begin[i]; at < k_.row_begin[i + 1]; ++at)
        if (const std::size_t j = std::size_t(k_.col[std::size_t(at)]); j != i && (held[i] || held[j])) k_.value[std::size_t(at)] = 0;
  std::vector<char> tied(grounded_.begin(), grounded_.end());
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (!tied[std::size_t(piece_[n])]) {   // K phi + k phi_0 e_0 = b with sum(b) = 0 gives phi_0 = 0: the same solution, no null space
      tied[std::size_t(piece_[n])] = 1;
      k_.value[std::size_t(k_.find(Index(n), Index(n)))] *= 2;
    }
  amg_ = std::make_unique<fem::Amg>(k_);
}

bool ExtracellularSpace::solve(const std::vector<double>& v, const std::vector<double>& current, double tolerance, std::vector<double>& phi) const {
  std::vector<double> b(v.size());
  ki_.multiply(v.data(), b.data());
  for (std::size_t n = 0; n < b.size(); ++n) b[n] = (current.empty() ? 0.0 : current[n]) - b[n];
  for (Index n : ground_) b[std::size_t(n)] = phi[std::size_t(n)] = 0;
  if (std::all_of(b.begin(), b.end(), [](double x) { return x == 0; })) {
    std::fill(phi.begin(), phi.end(), 0.0);
    return true;
  }
  return fem::amg_conjugate_gradients(k_, *amg_, b, phi, tolerance, most_iterations).converged;
}

std::vector<double> ExtracellularSpace::centred(std::vector<double> phi) const {
  std::vector<double> sum(std::size_t(pieces_), 0.0), volume(std::size_t(pieces_), 0.0);
  for (std::size_t n = 0; n < phi.size(); ++n) sum[std::size_t(piece_[n])] += mass_[n] * phi[n], volume[std::size_t(piece_[n])] += mass_[n];
  for (std::size_t n = 0; n < phi.size(); ++n)
    if (!grounded_[std::size_t(piece_[n])]) phi[n] -= sum[std::size_t(piece_[n])] / volume[std::size_t(piece_[n])];
  return phi;
}

}  // namespace ot::ep
