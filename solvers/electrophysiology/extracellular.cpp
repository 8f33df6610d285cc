// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/extracellular.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/fem/amg.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

using Frames = std::vector<std::shared_ptr<const std::vector<float>>>;

constexpr double tolerance = 1e-8;
constexpr int most_iterations = 500;
constexpr double flat_mV = 1e-3;   // less variation than this is rest: a template's sample is coarser

// The separate piece of every node, numbered from 0 by their lowest nodes.
std::vector<Index> pieces(const core::TetMesh& mesh, Index& count) {
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

core::Result<Frames> extracellular_potentials(const ElectroProblem& p, const std::vector<ElectroFrame>& frames, const core::Progress& progress, const Vec3& ratio) {
  OT_EXPECT(p.mesh && p.fibres && (ratio.array() > 0).all());
  for (const auto& f : frames) OT_EXPECT(f.v_mV && f.v_mV->size() == p.mesh->nodes.size());
  if (is_whole_heart(*p.mesh)) {   // each part with its own conductivities; no current between them
    std::vector<std::shared_ptr<std::vector<float>>> both;
    for (std::size_t k = 0; k < frames.size(); ++k) both.push_back(std::make_shared<std::vector<float>>());
    std::ptrdiff_t first = 0;
    for (const ChamberPart part : {ChamberPart::ventricles, ChamberPart::atria}) {
      const ElectroProblem half = part_of(p, part);
      const std::ptrdiff_t count = std::ptrdiff_t(half.mesh->nodes.size());
      std::vector<ElectroFrame> cut;
      for (const auto& f : frames) cut.push_back({f.t_ms, std::make_shared<const std::vector<float>>(f.v_mV->begin() + first, f.v_mV->begin() + first + count)});
      const auto mine = extracellular_potentials(half, cut, part == ChamberPart::ventricles ? progress.part(0, 0.5) : progress.part(0.5, 1), ratio);
      if (!mine) return core::pass(mine);
      for (std::size_t k = 0; k < frames.size(); ++k) both[k]->insert(both[k]->end(), (*mine)[k]->begin(), (*mine)[k]->end());
      first += count;
    }
    return Frames(both.begin(), both.end());
  }
  const core::TetMesh& mesh = *p.mesh;
  const std::size_t nn = mesh.nodes.size(), nt = mesh.tets.size();
  // sigma_i = sigma (1 + 1 / ratio), sigma_e = ratio sigma_i.
  const Vec3 intra = p.sigma.cwiseProduct((Vec3::Ones() + ratio.cwiseInverse())), extra = intra.cwiseProduct(ratio);
  std::vector<Mat3> inside(nt), both(nt);
  for (std::size_t t = 0; t < nt; ++t) {
    const TissueRegion* region = p.regions.empty() ? nullptr : &p.regions[p.tissue.empty() ? 0 : p.tissue[t]];
    const Vec3 scale = region && region->conducting ? Vec3(region->sigma_scale.cwiseMin(1.0)) : Vec3::Ones();
    const Vec3 i = region && !region->conducting ? Vec3(Vec3::Zero()) : Vec3(intra.cwiseProduct(scale)), e = extra.cwiseProduct(scale);
    const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t], n = f.cross(s);
    const auto tensor = [&](const Vec3& d) { return Mat3(d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose()); };
    inside[t] = tensor(i);
    both[t] = tensor(i + e);
  }
  const auto around = fem::node_tets(mesh);
  const auto geometry = fem::tet_geometry(mesh);
  const fem::CsrMatrix ki = fem::assemble_stiffness(mesh, around, geometry, inside);
  fem::CsrMatrix k = fem::assemble_stiffness(mesh, around, geometry, both);
  const auto mass = fem::lumped_mass(mesh, around, geometry);
  Index count = 0;
  const auto piece = pieces(mesh, count);
  std::vector<char> tied(std::size_t(count), 0);
  for (std::size_t n = 0; n < nn; ++n)
    if (!tied[std::size_t(piece[n])]) {   // K phi + k phi_0 e_0 = b with sum(b) = 0 gives phi_0 = 0: the same solution, no null space
      tied[std::size_t(piece[n])] = 1;
      k.value[std::size_t(k.find(Index(n), Index(n)))] *= 2;
    }
  if (progress.cancelled()) return core::cancelled();
  const fem::Amg amg(k);
  Frames out;
  std::vector<double> v(nn), b(nn), x(nn, 0.0);
  for (std::size_t m = 0; m < frames.size(); ++m) {
    if (progress.cancelled()) return core::cancelled();
    const auto& now = *frames[m].v_mV;
    const auto [least, most] = std::minmax_element(now.begin(), now.end());
    if (!(*most - *least > flat_mV)) {
      out.push_back(std::make_shared<const std::vector<float>>(nn, 0.0f));
      continue;
    }
    for (std::size_t n = 0; n < nn; ++n) v[n] = -(double(now[n]) - double(now[0]));
    ki.multiply(v.data(), b.data());
    const auto report = fem::amg_conjugate_gradients(k, amg, b, x, tolerance, most_iterations);
    if (!report.converged) return core::computation_failed("The extracellular potential did not converge (the mesh has flat elements, or a tissue conducts millions of times worse than its neighbour). Check the mesh.");
    std::vector<double> sum(std::size_t(count), 0.0), volume(std::size_t(count), 0.0);
    for (std::size_t n = 0; n < nn; ++n) sum[std::size_t(piece[n])] += mass[n] * x[n], volume[std::size_t(piece[n])] += mass[n];
    auto phi = std::make_shared<std::vector<float>>(nn);
    for (std::size_t n = 0; n < nn; ++n) (*phi)[n] = float(x[n] - sum[std::size_t(piece[n])] / volume[std::size_t(piece[n])]);
    out.push_back(std::move(phi));
    progress.report(double(m + 1) / double(frames.size()), "extracellular potential");
  }
  return out;
}

}  // namespace ot::ep
