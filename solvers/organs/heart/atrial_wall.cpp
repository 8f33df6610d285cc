// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/atrial_wall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::organs {
namespace {

using core::Index;
using core::Vec3;
using Fixed = std::vector<std::pair<Index, double>>;

constexpr double tip_radius_mm = 2;        // of an appendage: a few nodes
constexpr double cava_radius_mm = 10;      // unlabelled: venae cavae about 20 mm wide (general anatomy)
constexpr double top_half_width_mm = 2;    // of the line from cava to cava: through the wall, whatever the mesh
// LPS, general anatomy: the left appendage points to the left and forwards, the right one forwards, up and over the aorta's root; the cavae enter above and below at the back.
const Vec3 left_tip{1, -0.5, 0.3}, right_tip{0.2, -1, 0.6}, upper_cava{-0.1, 0.4, 1}, lower_cava{-0.1, 0.5, -1};

bool ends_with(const std::string& s, const std::string& end) { return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0; }

// Across the wall: blood of the left atrium 0, of the right one 1, everything else on the surface a half. So the septum runs from 0 to 1.
Fixed across_wall(const core::TetMesh& mesh, const std::vector<char>& la, const std::vector<char>& ra) {
  Fixed fixed;
  std::vector<char> surface(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary)
    for (Index n : f.nodes) surface[std::size_t(n)] = 1;
  for (std::size_t n = 0; n < surface.size(); ++n)
    if (surface[n]) fixed.emplace_back(Index(n), la[n] && !ra[n] ? 0.0 : ra[n] && !la[n] ? 1.0 : 0.5);
  return fixed;
}

// Both atria, each from its own rim.
core::Result<Fixed> around_valves(const core::TetMesh& mesh, const std::vector<Index>& rims) {
  Fixed fixed;
  for (const char* region : {left_atrial_wall, right_atrial_wall}) {
    auto one = from_rim_to_far(mesh, nodes_of(mesh, region), rims, region);
    if (!one) return core::pass(one);
    fixed.insert(fixed.end(), one->begin(), one->end());
  }
  // A node of both walls appears twice: the first counts.
  std::stable_sort(fixed.begin(), fixed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  fixed.erase(std::unique(fixed.begin(), fixed.end(), [](const auto& a, const auto& b) { return a.first == b.first; }), fixed.end());
  return fixed;
}

std::vector<Index> within(const core::TetMesh& mesh, const std::vector<char>& in, const Vec3& middle, double radius) {
  std::vector<Index> out;
  for (std::size_t n = 0; n < in.size(); ++n)
    if (in[n] && (mesh.nodes[n] - middle).norm() <= radius) out.push_back(Index(n));
  return out;
}

Vec3 middle_of(const core::TetMesh& mesh, const std::vector<Index>& nodes) {
  Vec3 sum = Vec3::Zero();
  for (Index n : nodes) sum += mesh.nodes[std::size_t(n)] / double(nodes.size());
  return sum;
}

std::vector<Index> those_in(const std::vector<Index>& nodes, const std::vector<char>& in) {
  std::vector<Index> out;
  for (Index n : nodes)
    if (in[std::size_t(n)]) out.push_back(n);
  return out;
}

// Whether none of the kept places lies within so many mm, straight; nearer than along the wall, so on the safe side.
bool clear_of(const core::TetMesh& mesh, const std::vector<Index>& kept, const Vec3& x, double mm) {
  return std::none_of(kept.begin(), kept.end(), [&](Index n) { return (mesh.nodes[std::size_t(n)] - x).squaredNorm() < mm * mm; });
}

// Furthest along a direction, clear of places that are kept; less clear where there is no such place.
Index furthest_clear(const core::TetMesh& mesh, const std::vector<char>& in, const std::vector<Index>& kept, const Vec3& direction) {
  std::vector<std::pair<double, Index>> order;
  for (std::size_t n = 0; n < in.size(); ++n)
    if (in[n]) order.emplace_back(-mesh.nodes[n].dot(direction), Index(n));
  std::sort(order.begin(), order.end());
  for (const double clear : {vein_clear_mm, 0.5 * vein_clear_mm, 0.0})
    for (const auto& [ignored, n] : order)
      if (clear_of(mesh, kept, mesh.nodes[std::size_t(n)], clear)) return n;
  return -1;
}

}  // namespace

Vec3 vein_direction(bool left_side, VeinLevel level) { return {left_side ? 0.8 : -0.8, 0.6, level == VeinLevel::upper ? 0.5 : -0.2}; }

core::Result<AtrialFibreRule> atrial_fibre_rule(const std::string& name) {
  if (name == "rings") return AtrialFibreRule::rings;
  if (name == "piersanti") return AtrialFibreRule::piersanti;
  return core::wrong_usage(fmt::format("There is no rule \"{}\" for atrial fibres. Choose one of: piersanti, rings.", name));
}

const char* name_of(AtrialFibreRule rule) { return rule == AtrialFibreRule::rings ? "rings" : "piersanti"; }

std::vector<char> nodes_beside(const core::TetMesh& mesh, const std::string& blood) {
  std::vector<char> on(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary) {
    const auto name = mesh.patch_names.find(f.patch);
    if (name != mesh.patch_names.end() && ends_with(name->second, "/" + blood))
      for (Index n : f.nodes) on[std::size_t(n)] = 1;
  }
  return on;
}

std::vector<char> tets_of(const core::TetMesh& mesh, const std::string& region) {
  std::vector<char> in(mesh.tets.size(), 0);
  for (const auto& [value, name] : mesh.region_names)
    if (name == region)
      for (std::size_t t = 0; t < in.size(); ++t) in[t] = char(in[t] || mesh.region[t] == value);
  return in;
}

std::vector<char> nodes_of(const core::TetMesh& mesh, const std::string& region) {
  const auto tets = tets_of(mesh, region);
  std::vector<char> in(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < tets.size(); ++t)
    if (tets[t])
      for (Index n : mesh.tets[t]) in[std::size_t(n)] = 1;
  return in;
}

std::vector<Vec3> tet_gradients(const core::TetMesh& mesh, const std::vector<double>& u) {
  const auto geometry = fem::tet_geometry(mesh);
  std::vector<Vec3> g(mesh.tets.size(), Vec3::Zero());
  for (std::size_t t = 0; t < g.size(); ++t)
    for (int k = 0; k < 4; ++k) g[t] += u[std::size_t(mesh.tets[t][std::size_t(k)])] * geometry.gradient[t][std::size_t(k)];
  return g;
}

core::Result<Fixed> from_rim_to_far(const core::TetMesh& mesh, const std::vector<char>& in, const std::vector<Index>& rim, const std::string& wall) {
  std::vector<char> on_rim(mesh.nodes.size(), 0);
  for (Index n : rim) on_rim[std::size_t(n)] = 1;
  Vec3 centre = Vec3::Zero();
  std::size_t count = 0, all = 0;
  for (std::size_t n = 0; n < in.size(); ++n) {
    all += in[n] != 0;
    if (in[n] && on_rim[n]) centre += mesh.nodes[n], ++count;
  }
  if (all == 0) return core::bad_input(fmt::format("The mesh has no region \"{}\" (both atria are needed). Mesh the atria from labels of both.", wall));
  if (count == 0) return core::bad_input(fmt::format("The wall \"{}\" has no rim at its valve (fibres run around it). Labels of the ventricles' blood are needed beside the atria.", wall));
  centre /= double(count);
  Fixed fixed;
  std::vector<std::pair<double, Index>> far;
  for (std::size_t n = 0; n < in.size(); ++n) {
    if (!in[n]) continue;
    if (on_rim[n]) fixed.emplace_back(Index(n), 0.0);
    else far.emplace_back(-(mesh.nodes[n] - centre).norm(), Index(n));
  }
  std::sort(far.begin(), far.end());
  far.resize(std::min(far.size(), std::max<std::size_t>(3, all / 1000)));
  for (const auto& [d, n] : far) fixed.emplace_back(n, 1.0);
  return fixed;
}

WallWays::WallWays(const core::TetMesh& mesh, std::vector<char> in) : mesh_(mesh), in_(std::move(in)), begin_(mesh.nodes.size() + 1, 0) {
  static constexpr int pairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<std::ptrdiff_t> fill(begin_.begin(), begin_.end() - 1);
    for (const auto& v : mesh.tets)
      for (const auto& e : pairs) {
        const Index x = v[std::size_t(e[0])], y = v[std::size_t(e[1])];
        if (!in_[std::size_t(x)] || !in_[std::size_t(y)]) continue;
        if (pass == 0) {
          ++begin_[std::size_t(x) + 1], ++begin_[std::size_t(y) + 1];
        } else {
          to_[std::size_t(fill[std::size_t(x)]++)] = y, to_[std::size_t(fill[std::size_t(y)]++)] = x;
        }
      }
    if (pass == 1) break;
    for (std::size_t n = 0; n + 1 < begin_.size(); ++n) begin_[n + 1] += begin_[n];
    to_.resize(std::size_t(begin_.back()));
  }
}

std::vector<Index> WallWays::between(Index from, Index to) const {
  const double far = std::numeric_limits<double>::infinity();
  std::vector<double> d(mesh_.nodes.size(), far);
  std::vector<Index> before(mesh_.nodes.size(), -1);
  std::set<std::pair<double, Index>> open{{0.0, from}};
  d[std::size_t(from)] = 0;
  while (!open.empty() && open.begin()->second != to) {
    const auto [at, n] = *open.begin();
    open.erase(open.begin());
    for (std::ptrdiff_t k = begin_[std::size_t(n)]; k < begin_[std::size_t(n) + 1]; ++k) {
      const Index m = to_[std::size_t(k)];
      const double next = at + (mesh_.nodes[std::size_t(m)] - mesh_.nodes[std::size_t(n)]).norm();
      if (!(next < d[std::size_t(m)])) continue;
      open.erase({d[std::size_t(m)], m});
      open.insert({d[std::size_t(m)] = next, m});
      before[std::size_t(m)] = n;
    }
  }
  if (!(d[std::size_t(to)] < far)) return {};
  std::vector<Index> way{to};
  while (way.back() != from) way.push_back(before[std::size_t(way.back())]);
  return {way.rbegin(), way.rend()};
}

core::Index furthest_node(const core::TetMesh& mesh, const std::string& region, const Vec3& direction) {
  const auto in = nodes_of(mesh, region);
  Index best = -1;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < in.size(); ++n)
    if (in[n] && mesh.nodes[n].dot(direction) > most) {
      most = mesh.nodes[n].dot(direction);
      best = Index(n);
    }
  return best;
}

core::Result<AtrialBoundaries> atrial_boundaries(const core::TetMesh& mesh, const std::vector<Index>& valve_rims, const AtrialOstia& ostia) {
  const auto in_left = nodes_of(mesh, left_atrial_wall), in_right = nodes_of(mesh, right_atrial_wall);
  AtrialBoundaries out;
  auto& l = out.left;
  auto& r = out.right;
  l.mitral = those_in(valve_rims, in_left);
  const auto tricuspid = those_in(valve_rims, in_right);
  if (l.mitral.empty() || tricuspid.empty()) return core::bad_input("A wall of the atria has no rim at its valve (fibres run around it). Labels of the ventricles' blood are needed beside the atria.");
  std::vector<Index> joints, all_left;
  for (std::size_t n = 0; n < in_left.size(); ++n) {
    if (in_left[n] && in_right[n]) joints.push_back(Index(n));
    if (in_left[n]) all_left.push_back(Index(n));
  }
  const auto cap = [&](const std::vector<char>& in, Index at, double radius, std::vector<Index>& side) {
    out.caps.emplace_back(mesh.nodes[std::size_t(at)], within(mesh, in, mesh.nodes[std::size_t(at)], radius));
    side.insert(side.end(), out.caps.back().second.begin(), out.caps.back().second.end());
  };
  const Vec3 middle = middle_of(mesh, all_left);
  for (Index n : those_in(ostia.pulmonary_veins, in_left)) (mesh.nodes[std::size_t(n)].x() > middle.x() ? l.left_veins : l.right_veins).push_back(n);
  std::vector<Index> kept = l.mitral;
  kept.insert(kept.end(), joints.begin(), joints.end());
  for (const bool left_side : {true, false}) {
    auto& side = left_side ? l.left_veins : l.right_veins;
    if (!side.empty()) continue;
    for (const VeinLevel level : {VeinLevel::upper, VeinLevel::lower}) cap(in_left, furthest_clear(mesh, in_left, kept, vein_direction(left_side, level)), vein_ostium_radius_mm, side);
  }
  l.appendage = within(mesh, in_left, mesh.nodes[std::size_t(furthest_node(mesh, left_atrial_wall, left_tip))], tip_radius_mm);

  r.superior_cava = those_in(ostia.superior_cava, in_right);
  r.inferior_cava = those_in(ostia.inferior_cava, in_right);
  if (r.superior_cava.empty()) cap(in_right, furthest_clear(mesh, in_right, tricuspid, upper_cava), cava_radius_mm, r.superior_cava);
  if (r.inferior_cava.empty()) cap(in_right, furthest_clear(mesh, in_right, tricuspid, lower_cava), cava_radius_mm, r.inferior_cava);
  r.appendage = within(mesh, in_right, mesh.nodes[std::size_t(furthest_node(mesh, right_atrial_wall, right_tip))], tip_radius_mm);
  // The plane of valve and cavae parts the rim into the side of the septum and the free one; the top is the shortest way from cava to cava, away from the valve.
  const Vec3 valve = middle_of(mesh, tricuspid), upper = middle_of(mesh, r.superior_cava), lower = middle_of(mesh, r.inferior_cava);
  Vec3 normal = (upper - valve).cross(lower - valve);
  if (normal.dot(middle - valve) < 0) normal = -normal;
  for (Index n : tricuspid) (normal.dot(mesh.nodes[std::size_t(n)] - valve) >= 0 ? r.tricuspid_septal : r.tricuspid_free).push_back(n);
  const auto furthest_from_valve = [&](const std::vector<Index>& nodes) {
    return *std::max_element(nodes.begin(), nodes.end(), [&](Index a, Index b) { return (mesh.nodes[std::size_t(a)] - valve).squaredNorm() < (mesh.nodes[std::size_t(b)] - valve).squaredNorm(); });
  };
  const auto way = WallWays(mesh, in_right).between(furthest_from_valve(r.superior_cava), furthest_from_valve(r.inferior_cava));
  if (way.empty()) return core::bad_input("The wall of the right atrium is in pieces (there is no way from cava to cava). Check the labels, or lay fibres as rings.");
  for (std::size_t n = 0; n < in_right.size(); ++n)
    if (in_right[n] && std::any_of(way.begin(), way.end(), [&](Index w) { return (mesh.nodes[std::size_t(w)] - mesh.nodes[n]).squaredNorm() <= top_half_width_mm * top_half_width_mm; })) r.top.push_back(Index(n));
  return out;
}

ep::FibreField in_the_wall(const std::vector<Vec3>& through, const std::vector<Vec3>& across, const std::vector<Vec3>& else_across) {
  ep::FibreField out;
  for (std::size_t t = 0; t < through.size(); ++t) {
    const Vec3 n = through[t].squaredNorm() > 1e-20 ? Vec3(through[t].normalized()) : Vec3(0, 0, 1);
    Vec3 f = across[t].cross(n), along = across[t];
    if (!(f.squaredNorm() > 1e-6 * along.squaredNorm()) || !(f.squaredNorm() > 1e-24)) f = else_across[t].cross(n), along = else_across[t];
    if (!(f.squaredNorm() > 1e-12 * along.squaredNorm()) || !(f.squaredNorm() > 1e-24)) f = n.unitOrthogonal();
    f.normalize();
    out.f.push_back(f);
    out.s.push_back(n.cross(f).normalized());
  }
  return out;
}

core::Result<AtrialFibreField> lay_atrial_fibres(const core::TetMesh& mesh, const std::vector<Index>& valve_rims, const AtrialOstia& ostia, AtrialFibreRule rule, const core::Progress& progress) {
  const auto la = nodes_beside(mesh, "left_atrium"), ra = nodes_beside(mesh, "right_atrium");
  for (const auto& [side, name] : {std::pair<const std::vector<char>&, const char*>{la, "left"}, {ra, "right"}})
    if (std::find(side.begin(), side.end(), 1) == side.end()) return core::bad_input(fmt::format("No wall faces the blood of the {} atrium (its inside is not known). Mesh the atria from labels of both.", name));
  const std::vector<core::Mat3> even(mesh.tets.size(), core::Mat3::Identity());
  auto across = fem::solve_laplace(mesh, even, across_wall(mesh, la, ra), progress.part(0.0, 0.2));
  if (!across) return core::pass(across);
  auto rims = around_valves(mesh, valve_rims);
  if (!rims) return core::pass(rims);
  auto away = fem::solve_laplace(mesh, even, *rims, progress.part(0.2, 0.4));
  if (!away) return core::pass(away);
  AtrialFibreField out;
  out.bundle.assign(mesh.tets.size(), ep::AtrialBundle::none);
  const auto through = tet_gradients(mesh, *across), from_valve = tet_gradients(mesh, *away);
  auto chosen = from_valve;
  if (rule == AtrialFibreRule::piersanti) {
    const auto on = atrial_boundaries(mesh, valve_rims, ostia);
    if (!on) return core::pass(on);
    const auto left = ep::left_atrial_bundles(mesh, tets_of(mesh, left_atrial_wall), on->left, {}, progress.part(0.4, 0.7));
    if (!left) return core::pass(left);
    const auto right = ep::right_atrial_bundles(mesh, tets_of(mesh, right_atrial_wall), on->right, {}, progress.part(0.7, 1));
    if (!right) return core::pass(right);
    std::vector<int> cap_of(mesh.nodes.size(), -1);
    for (std::size_t c = 0; c < on->caps.size(); ++c)
      for (Index n : on->caps[c].second) cap_of[std::size_t(n)] = int(c);
    for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
      const auto& from = left->bundle[t] != ep::AtrialBundle::none ? *left : *right;
      out.bundle[t] = from.bundle[t];
      chosen[t] = from.across[t];
      // Inside an unlabelled ostium every field is flat: round its middle there.
      const int cap = cap_of[std::size_t(mesh.tets[t][0])];
      if (cap < 0 || chosen[t].squaredNorm() > 0) continue;
      Vec3 c = Vec3::Zero();
      for (Index n : mesh.tets[t]) c += 0.25 * mesh.nodes[std::size_t(n)];
      chosen[t] = c - on->caps[std::size_t(cap)].first;
    }
  }
  out.fibres = in_the_wall(through, chosen, from_valve);
  out.across_wall = std::move(*across);
  out.from_valve = std::move(*away);
  return out;
}

}  // namespace ot::organs
