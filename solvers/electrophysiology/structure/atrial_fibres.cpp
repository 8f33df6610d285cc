// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/atrial_fibres.hpp"

#include <algorithm>
#include <map>

#include "solvers/core/contracts.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;
using Values = std::vector<std::pair<const std::vector<Index>*, double>>;   // nodes and what the field is there; the first mention of a node counts

// Fields of one wall: nodes of no tet of the wall are held, and what lies outside conducts next to nothing, so that no part of it is without a value.
class WallFields {
 public:
  WallFields(const core::TetMesh& mesh, const std::vector<char>& wall) : mesh_(mesh), wall_(wall), geometry_(fem::tet_geometry(mesh)), inside_(mesh.nodes.size(), 0) {
    OT_EXPECT(wall.size() == mesh.tets.size());
    for (std::size_t t = 0; t < wall.size(); ++t) {
      tensor_.push_back((wall[t] ? 1.0 : 1e-9) * core::Mat3::Identity());
      if (wall[t])
        for (Index n : mesh.tets[t]) inside_[std::size_t(n)] = 1;
    }
  }
  core::Result<std::vector<double>> solve(const Values& values, const core::Progress& progress) const {
    std::vector<std::pair<Index, double>> fixed;
    std::vector<char> held(mesh_.nodes.size(), 0);
    for (const auto& [nodes, value] : values)
      for (Index n : *nodes) {
        OT_EXPECT(n >= 0 && std::size_t(n) < held.size());
        if (!held[std::size_t(n)]) fixed.emplace_back(n, value);
        held[std::size_t(n)] = 1;
      }
    for (std::size_t n = 0; n < held.size(); ++n)
      if (!inside_[n] && !held[n]) fixed.emplace_back(Index(n), 0.0);
    return fem::solve_laplace(mesh_, tensor_, fixed, progress);
  }
  Vec3 gradient(std::size_t t, const std::vector<double>& u) const {
    Vec3 g = Vec3::Zero();
    for (int k = 0; k < 4; ++k) g += u[std::size_t(mesh_.tets[t][std::size_t(k)])] * geometry_.gradient[t][std::size_t(k)];
    return g;
  }
  double middle(std::size_t t, const std::vector<double>& u) const {
    double sum = 0;
    for (Index n : mesh_.tets[t]) sum += 0.25 * u[std::size_t(n)];
    return sum;
  }
  // choose: bundle and field of a tet of the wall.
  template <class Choose>
  AtrialBundles lay(const Choose& choose) const {
    AtrialBundles out{std::vector<AtrialBundle>(wall_.size(), AtrialBundle::none), std::vector<Vec3>(wall_.size(), Vec3::Zero())};
    for (std::size_t t = 0; t < wall_.size(); ++t) {
      if (!wall_[t]) continue;
      const auto [bundle, field] = choose(t);
      out.bundle[t] = bundle;
      out.across[t] = gradient(t, *field);
      if (out.across[t].norm() < flat) out.across[t].setZero();
    }
    return out;
  }

 private:
  static constexpr double flat = 1e-7;   // 1/mm: fields run from -1 to 2 over some centimetres
  const core::TetMesh& mesh_;
  const std::vector<char>& wall_;
  fem::TetGeometry geometry_;
  std::vector<char> inside_;
  std::vector<core::Mat3> tensor_;
};

using Chosen = std::pair<AtrialBundle, const std::vector<double>*>;

}  // namespace

std::vector<std::vector<Index>> open_rings(const std::vector<Vec3>& x, const std::vector<core::Triangle>& triangles) {
  std::map<std::pair<Index, Index>, int> edge;
  for (const auto& t : triangles)
    for (int k = 0; k < 3; ++k) ++edge[{std::min(t[k], t[(k + 1) % 3]), std::max(t[k], t[(k + 1) % 3])}];
  std::map<Index, std::vector<Index>> next;
  for (const auto& [e, uses] : edge)
    if (uses == 1) {
      next[e.first].push_back(e.second);
      next[e.second].push_back(e.first);
    }
  std::map<Index, bool> seen;
  std::vector<std::pair<double, std::vector<Index>>> rings;
  for (const auto& [start, ignored] : next) {
    if (seen[start]) continue;
    std::vector<Index> ring{start};
    seen[start] = true;
    double length = 0;
    for (std::size_t k = 0; k < ring.size(); ++k)
      for (const Index n : next[ring[k]]) {
        length += 0.5 * (x[n] - x[ring[k]]).norm();
        if (!seen[n]) {
          seen[n] = true;
          ring.push_back(n);
        }
      }
    std::sort(ring.begin(), ring.end());
    rings.emplace_back(length, std::move(ring));
  }
  std::stable_sort(rings.begin(), rings.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<Index>> out;
  for (auto& r : rings) out.push_back(std::move(r.second));
  return out;
}

core::Result<AtrialBundles> left_atrial_bundles(const core::TetMesh& mesh, const std::vector<char>& wall, const LeftAtrialBoundaries& on, const AtrialRule& rule, const core::Progress& progress) {
  if (on.mitral.empty() || on.left_veins.empty() || on.right_veins.empty() || on.appendage.empty())
    return core::bad_input("The left atrium needs places of the mitral ring, left veins, right veins and appendage (the bundles run between them). Label the missing ones, or lay fibres as rings.");
  if (!(rule.tau_mitral > 0 && rule.tau_mitral <= 1) || !(rule.tau_left >= 0 && rule.tau_left < rule.tau_right && rule.tau_right <= 1))
    return core::bad_input("The thresholds of the left atrial bundles are out of order (0 <= left < right <= 1, 0 < mitral <= 1). Use the defaults.");
  const WallFields fields(mesh, wall);
  const auto ab = fields.solve({{&on.mitral, 1}, {&on.left_veins, 0}, {&on.right_veins, 2}, {&on.appendage, -1}}, progress.part(0, 0.33));
  if (!ab) return core::pass(ab);
  const auto v = fields.solve({{&on.left_veins, 0}, {&on.right_veins, 1}}, progress.part(0.33, 0.66));
  if (!v) return core::pass(v);
  const auto r = fields.solve({{&on.mitral, 1}, {&on.left_veins, 0}, {&on.right_veins, 0}, {&on.appendage, 0}}, progress.part(0.66, 1));
  if (!r) return core::pass(r);
  return fields.lay([&](std::size_t t) -> Chosen {
    if (fields.middle(t, *r) >= rule.tau_mitral) return {AtrialBundle::mitral_ring, &*r};
    const double side = fields.middle(t, *v);
    if (side <= rule.tau_left) return {AtrialBundle::left_veins, &*v};
    if (side >= rule.tau_right) return {AtrialBundle::right_veins, &*v};
    return {AtrialBundle::left_body, &*ab};
  });
}

core::Result<AtrialBundles> right_atrial_bundles(const core::TetMesh& mesh, const std::vector<char>& wall, const RightAtrialBoundaries& on, const AtrialRule& rule, const core::Progress& progress) {
  if (on.tricuspid_septal.empty() || on.tricuspid_free.empty() || on.superior_cava.empty() || on.inferior_cava.empty() || on.appendage.empty() || on.top.empty())
    return core::bad_input("The right atrium needs places of both sides of the tricuspid ring, both venae cavae, the appendage and the wall between the cavae (the bundles run between them). Label the missing ones, or lay fibres as rings.");
  if (!(rule.tau_wall > 0 && rule.tau_wall < rule.tau_tricuspid && rule.tau_tricuspid <= 1) || !(rule.tau_crista_low < rule.tau_crista_high && rule.tau_crista_high <= rule.tau_isthmus && rule.tau_isthmus <= rule.tau_septum) ||
      !(rule.tau_superior_cava >= 0 && rule.tau_superior_cava < rule.tau_inferior_cava && rule.tau_inferior_cava <= 1))
    return core::bad_input("The thresholds of the right atrial bundles are out of order. Use the defaults.");
  const WallFields fields(mesh, wall);
  const auto ab = fields.solve({{&on.inferior_cava, 2}, {&on.tricuspid_septal, 1}, {&on.tricuspid_free, 1}, {&on.superior_cava, 0}, {&on.appendage, -1}}, progress.part(0, 0.25));
  if (!ab) return core::pass(ab);
  const auto v = fields.solve({{&on.inferior_cava, 1}, {&on.superior_cava, 0}, {&on.appendage, 0}}, progress.part(0.25, 0.5));
  if (!v) return core::pass(v);
  const auto r = fields.solve({{&on.tricuspid_septal, 1}, {&on.tricuspid_free, 1}, {&on.top, 0}}, progress.part(0.5, 0.75));
  if (!r) return core::pass(r);
  const auto w = fields.solve({{&on.tricuspid_septal, 1}, {&on.tricuspid_free, -1}, {&on.top, 0}}, progress.part(0.75, 1));
  if (!w) return core::pass(w);
  return fields.lay([&](std::size_t t) -> Chosen {
    const double to_valve = fields.middle(t, *r), to_inferior = fields.middle(t, *v), to_septum = fields.middle(t, *w);
    if (to_valve >= rule.tau_tricuspid) return {AtrialBundle::tricuspid_ring, &*r};
    const bool far_from_valve = to_valve < rule.tau_wall;
    if (far_from_valve && to_septum >= rule.tau_crista_low && to_septum <= rule.tau_crista_high) return {AtrialBundle::crista, &*w};
    if (to_inferior >= rule.tau_inferior_cava) return {AtrialBundle::inferior_cava, &*v};
    if (to_inferior <= rule.tau_superior_cava) return {AtrialBundle::superior_cava, &*v};
    if (!far_from_valve) return to_septum >= 0 ? Chosen{AtrialBundle::septum, &*r} : Chosen{AtrialBundle::right_body, &*ab};
    if (to_septum < rule.tau_crista_low) return {AtrialBundle::right_body, &*ab};
    if (to_septum < rule.tau_isthmus) return {AtrialBundle::isthmus, &*v};
    return {AtrialBundle::septum, to_septum > rule.tau_septum ? &*r : &*w};
  });
}

}  // namespace ot::ep
