// SPDX-License-Identifier: GPL-3.0-or-later
// A ring of tissue and a strip of it, fibres along; restitution given as numbers.
#pragma once
#include <cmath>
#include <map>
#include <memory>

#include "solvers/electrophysiology/reentry/reentry.hpp"

namespace ot::test {

inline ep::ElectroProblem strip(double length, double width, double edge) {
  ep::ElectroProblem p;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box({length, width, edge}, edge, core::BoxSplit::alternating));
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), {1, 0, 0});
  fibres->s.assign(mesh->tets.size(), {0, 1, 0});
  p.mesh = mesh;
  p.fibres = fibres;
  p.tissue.assign(mesh->tets.size(), 0);
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  return p;
}

// The strip bent to a closed ring around z, `radius` at its inner face (y = 0); the two ends are one.
inline ep::ElectroProblem ring(double radius, double width, double edge) {
  const double turn = 2 * M_PI * radius;
  const int pieces = 2 * int(std::ceil(turn / edge / 2));   // even: the alternating split closes
  ep::ElectroProblem p = strip(pieces * edge, width, edge);
  core::TetMesh mesh = *p.mesh;
  auto fibres = std::make_shared<ep::FibreField>();
  const double per = 2 * M_PI / (pieces * edge);
  std::map<std::pair<long, long>, core::Index> first;   // (y, z) -> node at x = 0
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (mesh.nodes[n].x() < 1e-9) first[{std::lround(mesh.nodes[n].y() / edge), std::lround(mesh.nodes[n].z() / edge)}] = core::Index(n);
  std::vector<core::Index> to(mesh.nodes.size());
  for (std::size_t n = 0; n < to.size(); ++n) {
    const core::Vec3 x = mesh.nodes[n];
    to[n] = x.x() > pieces * edge - 1e-6 ? first.at({std::lround(x.y() / edge), std::lround(x.z() / edge)}) : core::Index(n);
  }
  for (auto& x : mesh.nodes) {
    const double a = x.x() * per, r = radius + x.y();
    x = {r * std::sin(a), r * std::cos(a), x.z()};   // keeps the orientation of the tets
  }
  for (auto& t : mesh.tets)
    for (auto& n : t) n = to[std::size_t(n)];
  for (const auto& t : mesh.tets) {
    core::Vec3 c = core::Vec3::Zero();
    for (core::Index n : t) c += 0.25 * mesh.nodes[std::size_t(n)];
    const core::Vec3 s = core::Vec3(c.x(), c.y(), 0).normalized();
    fibres->s.push_back(s);
    fibres->f.push_back(core::Vec3(s.y(), -s.x(), 0));
  }
  core::compact(mesh);
  mesh.boundary = core::find_boundary(mesh.tets);
  p.mesh = std::make_shared<core::TetMesh>(std::move(mesh));
  p.fibres = fibres;
  return p;
}

// cv(DI) = 1 - 0.5 exp(-DI / 40), apd(DI) = 200 (1 - 0.5 exp(-DI / 60)); shortest DI 10 ms.
inline double curve_cv(double di) { return 1 - 0.5 * std::exp(-di / 40); }
inline double curve_apd(double di) { return 200 * (1 - 0.5 * std::exp(-di / 60)); }
inline ep::RestitutionCurve curve() {
  std::vector<ep::RestitutionPoint> points;
  for (double di = 10; di <= 800; di += 1) points.push_back({di + 200, di, curve_cv(di), curve_apd(di)});
  return ep::make_curve(points, 1.0, 200.0);
}
// The same velocities, one duration: steady wherever the wave fits (a slope of apd above 1 makes alternans, which blocks earlier).
inline ep::RestitutionCurve flat_curve(double apd) {
  std::vector<ep::RestitutionPoint> points;
  for (double di = 10; di <= 800; di += 1) points.push_back({di + apd, di, curve_cv(di), apd});
  return ep::make_curve(points, 1.0, apd);
}

}  // namespace ot::test
