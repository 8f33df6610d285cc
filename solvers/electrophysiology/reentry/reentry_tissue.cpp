// SPDX-License-Identifier: GPL-3.0-or-later
// From an ElectroProblem to what the event-driven runs need.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"
#include "solvers/electrophysiology/reentry/reentry.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

std::uint8_t region_of(const ElectroProblem& p, std::size_t t) { return p.tissue.empty() ? 0 : p.tissue[t]; }
bool conducts(const ElectroProblem& p, std::size_t t) { return p.regions.empty() || p.regions[region_of(p, t)].conducting; }

core::Result<void> check(const ElectroProblem& p, const ReentryParams& params) {
  OT_EXPECT(p.mesh && p.fibres);
  const std::size_t nt = p.mesh->tets.size();
  if (nt == 0) return core::bad_input("The mesh has no elements (there is no tissue to excite). Build the mesh first.");
  if (p.fibres->f.size() != nt || p.fibres->s.size() != nt || (!p.tissue.empty() && p.tissue.size() != nt) ||
      (!p.cell_type.empty() && p.cell_type.size() != p.mesh->nodes.size()))
    return core::bad_input("Fibres, tissue or cell types do not belong to this mesh (their numbers differ). Build the twin again.");
  if (!p.velocity.allFinite() || !(p.velocity.minCoeff() > 0) || p.velocity.maxCoeff() > 20)
    return core::bad_input(fmt::format("Conduction velocities {} {} {} m/s are impossible (no wave can travel so). Usual: 0.6 along, 0.2 across.", p.velocity.x(), p.velocity.y(), p.velocity.z()));
  if (!p.sigma.allFinite() || !(p.sigma.minCoeff() > 0) || !(p.chi_per_mm > 0) || !(p.cm_uF_per_mm2 > 0))
    return core::bad_input("A conductivity or membrane constant is not a positive number (repolarisation cannot be coupled). Check the tissue parameters.");
  for (const TissueRegion& r : p.regions)
    if (r.conducting && (!r.sigma_scale.allFinite() || !(r.sigma_scale.minCoeff() > 0)))
      return core::bad_input(fmt::format("Region \"{}\" has a conductivity that is not a positive number (it could not conduct). Mark it as not conducting instead.", r.key));
  for (std::size_t t = 0; t < nt; ++t)
    if (!p.regions.empty() && region_of(p, t) >= p.regions.size())
      return core::bad_input(fmt::format("Tet {} belongs to region {}, which is not described. Assign the tissue again.", t, int(region_of(p, t))));
  for (std::uint8_t c : p.cell_type)
    if (c > 2) return core::bad_input(fmt::format("Cell type {} is unknown (0 epi, 1 mid, 2 endo). Assign the cell types again.", int(c)));
  if (!(params.patience >= 0 && params.patience <= 10) || !(params.coupling_ms >= 0))
    return core::wrong_usage("The patience of a front lies between 0 and 10 and the coupling time is not negative. Use the defaults.");
  return {};
}

}  // namespace

core::Result<std::shared_ptr<const ReentryTissue>> ReentryTissue::make(const ElectroProblem& p, const ReentryParams& params, const core::Progress& progress) {
  if (auto ok = check(p, params); !ok) return core::pass(ok);
  if (auto ok = check_cells(p); !ok) return core::pass(ok);
  const auto drug = acting_drugs(p, progress.part(0, 0.05));
  if (!drug) return core::pass(drug);
  CellKinds kinds = cell_kinds(p, *drug);   // class 0 is healthy epicardium without drug: what problem.velocity belongs to
  const double base = p.cycle_length_ms > 0 ? p.cycle_length_ms : 1000;
  std::vector<RestitutionCurve> curves(kinds.kinds.size());
  std::vector<core::Result<void>> done(kinds.kinds.size());
  progress.report(0.05, "restitution curves");
  core::parallel_chunks(std::ptrdiff_t(kinds.kinds.size()), 1, [&](std::ptrdiff_t c, std::ptrdiff_t) {
    auto curve = restitution(kinds.kinds[std::size_t(c)].model, kinds.kinds[std::size_t(c)].type, kinds.kinds[std::size_t(c)].scales, base, progress.with(nullptr));
    if (curve) curves[std::size_t(c)] = **curve;
    else done[std::size_t(c)] = core::pass(curve);
  });
  for (const auto& ok : done)
    if (!ok) return core::pass(ok);
  if (!curves[0].conducts()) return core::bad_input(fmt::format("Healthy cells of {} do not conduct at an interval of {:g} ms (no wave could travel). Use a longer interval.", p.ionic_model, base));
  auto tissue = std::make_shared<ReentryTissue>();
  const double healthy = curves[0].cv_base;
  if (auto ok = tissue->build(p, std::move(curves), std::move(kinds.of_node), healthy, params, progress.part(0.7, 1.0)); !ok) return core::pass(ok);
  return std::shared_ptr<const ReentryTissue>(std::move(tissue));
}

core::Result<std::shared_ptr<const ReentryTissue>> ReentryTissue::make(const ElectroProblem& p, const std::vector<RestitutionCurve>& of_region, const ReentryParams& params,
                                                                       const core::Progress& progress) {
  if (auto ok = check(p, params); !ok) return core::pass(ok);
  OT_EXPECT(of_region.size() == std::max<std::size_t>(1, p.regions.size()));
  const auto region = node_regions(p);
  auto tissue = std::make_shared<ReentryTissue>();
  if (auto ok = tissue->build(p, of_region, {region.begin(), region.end()}, of_region[0].cv_base, params, progress); !ok) return core::pass(ok);
  return std::shared_ptr<const ReentryTissue>(std::move(tissue));
}

core::Result<void> ReentryTissue::build(const ElectroProblem& p, std::vector<RestitutionCurve> curves, std::vector<std::uint16_t> class_of_node, double healthy_cv,
                                        const ReentryParams& params, const core::Progress& progress) {
  const core::TetMesh& mesh = *p.mesh;
  const std::size_t nn = mesh.nodes.size();
  patience_ = params.patience;
  class_ = std::move(class_of_node);
  for (RestitutionCurve& curve : curves) {
    Class c;
    c.curve = std::move(curve);
    if (c.curve.conducts()) {
      c.speed = c.curve.cv_base / healthy_cv;
      c.shortest = c.curve.shortest_di();
      c.di_full = c.curve.points.back().di_ms;
      for (double di = c.shortest; di < c.di_full + 0.5; di += 0.5) {
        c.cv.push_back(float(c.curve.cv(di) * c.speed));
        c.apd.push_back(float(c.curve.apd(di)));
      }
    }
    classes_.push_back(std::move(c));
  }

  excitable_.assign(nn, 0);
  std::size_t dead = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    if (!conducts(p, t)) continue;
    Cell cell;
    const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
    const Vec3 n = f.cross(s);
    const Vec3 scale = p.regions.empty() ? Vec3(1, 1, 1) : p.regions[region_of(p, t)].sigma_scale;
    const Vec3 slow2 = p.velocity.cwiseAbs2().cwiseProduct(scale).cwiseInverse();   // CV ~ sqrt(sigma)
    const Mat3 m = slow2[0] * f * f.transpose() + slow2[1] * s * s.transpose() + slow2[2] * n * n.transpose();
    for (int i = 0; i < 4; ++i) {
      cell.node[i] = mesh.tets[t][std::size_t(i)];
      constexpr int first[6] = {0, 0, 0, 1, 1, 2}, second[6] = {1, 2, 3, 2, 3, 3};
      if (i == 0)
        for (int e = 0; e < 6; ++e) {
          const Vec3 d = mesh.nodes[std::size_t(mesh.tets[t][std::size_t(second[e])])] - mesh.nodes[std::size_t(mesh.tets[t][std::size_t(first[e])])];
          cell.l2[e] = float(d.dot(m * d));
          if (!(cell.l2[e] > 0) || !std::isfinite(cell.l2[e]))
            return core::bad_input(fmt::format("Tet {} has an edge without length or a fibre that is not a number (no travel time can be computed). Repair the mesh.", t));
        }
      if (classes_[class_[std::size_t(cell.node[i])]].cv.empty()) ++dead;
      else excitable_[std::size_t(cell.node[i])] = 1;
    }
    cells_.push_back(cell);
  }
  excitable_count_ = std::size_t(std::count(excitable_.begin(), excitable_.end(), 1));
  if (excitable_count_ == 0) return core::bad_input("No tissue conducts (nothing can be excited). Remove lesions or scar, or lessen the block.");
  if (dead > 0) notes_.push_back("Some cells do not conduct even in a strand of their own kind (their sodium current is too small): they are taken as inexcitable.");
  around_begin_.assign(nn + 1, 0);
  for (const Cell& c : cells_)
    for (Index n : c.node) ++around_begin_[std::size_t(n) + 1];
  for (std::size_t n = 0; n < nn; ++n) around_begin_[n + 1] += around_begin_[n];
  around_.resize(4 * cells_.size());
  std::vector<std::uint32_t> fill(around_begin_.begin(), around_begin_.end() - 1);
  for (std::size_t c = 0; c < cells_.size(); ++c)
    for (int k = 0; k < 4; ++k) around_[fill[std::size_t(cells_[c].node[k])]++] = std::uint32_t(4 * c) + std::uint32_t(k);

  // a0: APD of the cells, evened out by coupling.
  std::vector<double> apd(nn, 0.0);
  double typical = 0;
  for (std::size_t n = 0; n < nn; ++n) {
    if (excitable_[n]) apd[n] = classes_[class_[n]].curve.apd_base_ms;
    typical = std::max(typical, apd[n]);
  }
  for (double& a : apd)
    if (a == 0) a = typical;   // inert nodes: not coupled to anything
  if (params.smooth && params.coupling_ms > 0 && classes_.size() > 1) {
    if (progress.cancelled()) return core::cancelled();
    core::TetMesh part;
    std::vector<Index> inner(nn, -1), outer;
    for (const Cell& c : cells_)
      for (Index n : c.node) inner[std::size_t(n)] = 0;
    for (std::size_t n = 0; n < nn; ++n) {
      if (inner[n] < 0) continue;
      inner[n] = Index(outer.size());
      outer.push_back(Index(n));
      part.nodes.push_back(mesh.nodes[n]);
    }
    std::vector<Mat3> tensor;
    for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
      if (!conducts(p, t)) continue;
      core::Tet tet = mesh.tets[t];
      for (Index& n : tet) n = inner[std::size_t(n)];
      part.tets.push_back(tet);
      const Vec3 scale = p.regions.empty() ? Vec3(1, 1, 1) : p.regions[region_of(p, t)].sigma_scale;
      const Vec3 d = p.sigma.cwiseProduct(scale) / (p.chi_per_mm * p.cm_uF_per_mm2);
      const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
      const Vec3 n = f.cross(s);
      tensor.push_back(params.coupling_ms * (d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose()));
    }
    const auto around = fem::node_tets(part);
    const auto geometry = fem::tet_geometry(part);
    fem::CsrMatrix a = fem::assemble_stiffness(part, around, geometry, tensor);
    const auto mass = fem::lumped_mass(part, around, geometry);
    std::vector<double> b(outer.size()), x(outer.size());
    for (Index n = 0; n < Index(outer.size()); ++n) {
      a.value[std::size_t(a.find(n, n))] += mass[std::size_t(n)];
      x[std::size_t(n)] = apd[std::size_t(outer[std::size_t(n)])];
      b[std::size_t(n)] = mass[std::size_t(n)] * x[std::size_t(n)];
    }
    const auto report = fem::conjugate_gradients(a, b, x, fem::jacobi(a), 1e-6, 1000);
    if (!report.converged) return core::computation_failed("Coupling of repolarisation did not converge (refractoriness would be wrong). Check the mesh for flat elements.");
    for (std::size_t n = 0; n < outer.size(); ++n) apd[std::size_t(outer[n])] = x[n];
  }
  apd_base_.assign(apd.begin(), apd.end());
  notes_.push_back(fmt::format("FAST re-entry: {} kinds of cell, restitution from a strand of each; a front may wait {:g} % of its travel time for recovery.", classes_.size(), 100 * params.patience));
  progress.report(1.0, "tissue ready");
  return {};
}

double ReentryTissue::longest_apd_ms() const {
  double most = 0;
  for (std::size_t n = 0; n < apd_base_.size(); ++n)
    if (excitable_[n]) most = std::max(most, double(apd_base_[n]));
  return most;
}

}  // namespace ot::ep
