// SPDX-License-Identifier: GPL-3.0-or-later
// The slab of Niederer et al. 2011 (Phil Trans R Soc A 369:4331, tables 1-3; shared/reference/niederer/SPEC.md).
#pragma once
#include "solvers/electrophysiology/problem.hpp"

namespace ot::test {

inline std::shared_ptr<const ep::FibreField> uniform_fibres(std::size_t tets, const core::Vec3& f, const core::Vec3& s) {
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(tets, f);
  fibres->s.assign(tets, s);
  return fibres;
}

// The stimulated cube, each node weighted by the part of its dual box that lies inside.
inline ep::ActivationSite corner_cube(const core::TetMesh& mesh, double edge, double cube) {
  ep::ActivationSite site;
  site.name = "corner cube";
  core::Vec3 high = mesh.nodes[0];
  for (const core::Vec3& x : mesh.nodes) high = high.cwiseMax(x);
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) {
    double share = 1;
    for (int a = 0; a < 3; ++a) {
      const double from = std::max(0.0, mesh.nodes[i][a] - edge / 2), to = std::min(high[a], mesh.nodes[i][a] + edge / 2);
      share *= std::max(0.0, std::min(to, cube) - from) / (to - from);
    }
    if (share > 0) {
      site.nodes.push_back(core::Index(i));
      site.weights.push_back(float(share));
    }
  }
  return site;
}

inline ep::ElectroProblem slab(const core::Vec3& size, double edge, core::BoxSplit split) {
  ep::ElectroProblem p;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(size, edge, split));
  p.mesh = mesh;
  p.fibres = uniform_fibres(mesh->tets.size(), {1, 0, 0}, {0, 1, 0});
  p.tissue.assign(mesh->tets.size(), 0);
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.cell_type.assign(mesh->nodes.size(), 0);
  p.sigma = {0.17 * 0.62 / (0.17 + 0.62), 0.019 * 0.24 / (0.019 + 0.24), 0.019 * 0.24 / (0.019 + 0.24)};
  p.sites = {corner_cube(*mesh, edge, 1.5)};
  p.cycle_length_ms = 0;   // the published initial state
  p.dt_ms = 0.05;
  p.end_ms = 60;
  p.frame_every_ms = 20;
  return p;
}

inline ep::ElectroProblem niederer(double edge, core::BoxSplit split) { return slab({20, 7, 3}, edge, split); }

inline float value_at(const core::TetMesh& mesh, const std::vector<float>& values, const core::Vec3& x) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i)
    if ((mesh.nodes[i] - x).squaredNorm() < (mesh.nodes[best] - x).squaredNorm()) best = i;
  return values[best];
}

}  // namespace ot::test
