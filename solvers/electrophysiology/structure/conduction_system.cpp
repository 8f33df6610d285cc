// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/conduction_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double site_step_ms = 1.0;   // delays within a site are rounded to it, so that sites stay few

// Trunks along shortest ways from `from` (a mesh node) to the ends; common stretches are shared. Returns the tree point of each end
// and the direction in which it was reached. `first_own[e]`: the first point only end e uses (where its fascicle can be cut).
struct Trunks {
  Index root = -1;
  std::vector<Index> end, first_own;
  std::vector<Vec3> direction;
};
core::Result<Trunks> lay_trunks(const WallSurface& surface, Index from, const std::vector<FascicleEnd>& ends, Index his, Bundle main, PurkinjeTree& tree) {
  Trunks out;
  const Index start = surface.vertex_of(from);
  if (start < 0) return core::bad_input("The root of a bundle branch does not lie on the endocardium (the conduction system cannot begin there). Check the patches of the heart mesh.");
  const auto ways = surface.ways_from(start);
  const Vec3 x0 = surface.points()[std::size_t(start)];
  out.root = tree.add(x0, his, his >= 0 ? (x0 - tree.points[std::size_t(his)]).norm() : 0.0, std::uint8_t(main), from);
  std::map<Index, Index> point_of{{start, out.root}};   // point of the ways -> tree point
  std::map<Index, int> uses;
  std::vector<std::vector<Index>> way(ends.size());
  for (std::size_t e = 0; e < ends.size(); ++e) {
    Index v = surface.vertex_of(ends[e].node);
    if (v < 0 || !std::isfinite(ways.distance[std::size_t(v)]))
      return core::bad_input("The end of a fascicle cannot be reached along the endocardium (the surface falls into parts or the end lies elsewhere). Keep the largest part of the mesh.");
    for (; v >= 0 && v != start; v = ways.before[std::size_t(v)]) way[e].push_back(v);   // points of the ways, most of them on edges
    std::reverse(way[e].begin(), way[e].end());
    for (const Index w : way[e]) ++uses[w];
  }
  for (std::size_t e = 0; e < ends.size(); ++e) {
    Index at = out.root, own = -1;
    for (const Index v : way[e]) {
      auto [it, fresh] = point_of.try_emplace(v, -1);
      if (fresh) {
        const Vec3& x = ways.place[std::size_t(v)];
        const Bundle bundle = uses[v] > 1 ? main : ends[e].bundle;
        it->second = tree.add(x, at, (x - tree.points[std::size_t(at)]).norm(), std::uint8_t(bundle), surface.mesh_node(ways.vertex[std::size_t(v)]));
      }
      if (own < 0 && uses[v] == 1) own = it->second;
      at = it->second;
    }
    out.end.push_back(at);
    out.first_own.push_back(own);
    // Its direction over the last few millimetres: single steps follow the triangulation.
    constexpr double look_back_mm = 6.0;
    const Vec3 x1 = tree.points[std::size_t(at)];
    Vec3 back = x0;
    for (std::size_t k = way[e].size(); k-- > 0 && (back - x1).norm() != 0;)
      if (const Vec3& x = ways.place[std::size_t(way[e][k])]; (x - x1).norm() >= look_back_mm) {
        back = x;
        break;
      }
    Vec3 d = x1 - back;
    out.direction.push_back(d.norm() > 1e-9 ? Vec3(d.normalized()) : Vec3(0, 0, 1));
  }
  return out;
}

std::vector<Index> cuts(const ConductionNetwork& n, ConductionBlock block) {
  switch (block) {
    case ConductionBlock::none: return {};
    case ConductionBlock::lbbb: return {n.left_root};
    case ConductionBlock::rbbb: return n.right_root >= 0 ? std::vector<Index>{n.right_root} : std::vector<Index>{};
    case ConductionBlock::lafb: return n.anterior_cut;
    case ConductionBlock::lpfb: return n.posterior_cut;
  }
  return {};
}

}  // namespace

const char* name_of(Bundle b) {
  constexpr const char* names[] = {"His", "left bundle", "left anterior fascicle", "left posterior fascicle", "left septal fascicle", "right bundle"};
  return names[int(b)];
}

const char* name_of(ConductionBlock b) {
  constexpr const char* names[] = {"none", "lbbb", "rbbb", "lafb", "lpfb"};
  return names[int(b)];
}

core::Result<ConductionBlock> conduction_block(const std::string& name) {
  for (const auto b : {ConductionBlock::none, ConductionBlock::lbbb, ConductionBlock::rbbb, ConductionBlock::lafb, ConductionBlock::lpfb})
    if (name == name_of(b)) return b;
  return core::wrong_usage(fmt::format("There is no conduction block \"{}\". Choose one of: none, lbbb, rbbb, lafb, lpfb.", name));
}

std::string ConductionNetwork::sha256() const {
  core::Hasher h;
  h.text("conduction network 1").value<std::uint64_t>(tree.points.size());
  for (const Vec3& x : tree.points) h.value(x.x()).value(x.y()).value(x.z());
  h.array(tree.parent).array(tree.length_mm).array(tree.bundle).array(tree.closed).array(tree.node).array(junctions);
  h.value(left_root).value(right_root).array(anterior_cut).array(posterior_cut);
  h.value(params.speed_m_per_s).value(params.junction_delay_ms).value(params.retrograde_delay_ms).value(params.site_radius_mm);
  return h.hex();
}

core::Result<ConductionNetwork> grow_conduction_network(const core::TetMesh& mesh, const ConductionRoots& roots, const ConductionParams& par,
                                                        const core::Progress& progress) {
  if (!(par.speed_m_per_s >= 0.5 && par.speed_m_per_s <= 10) || !(par.junction_delay_ms >= 0 && par.junction_delay_ms <= 100) ||
      !(par.retrograde_delay_ms >= 0 && par.retrograde_delay_ms <= 100) || !(par.site_radius_mm > 0 && par.site_radius_mm <= 20))
    return core::bad_input("The conduction system has an impossible speed, delay or radius (0.5-10 m/s, 0-100 ms, up to 20 mm). Use the defaults.");
  const std::size_t nn = mesh.nodes.size();
  OT_EXPECT(roots.left >= 0 && std::size_t(roots.left) < nn);
  ConductionNetwork net;
  net.params = par;
  auto left = WallSurface::make(mesh, {"endocardium_lv"});
  if (!left) return core::pass(left);
  const bool has_right = roots.right >= 0 && roots.right_septal >= 0;
  const Vec3 his = has_right ? Vec3(0.5 * (mesh.nodes[std::size_t(roots.left)] + mesh.nodes[std::size_t(roots.right)])) : mesh.nodes[std::size_t(roots.left)];
  const Index his_point = net.tree.add(his, -1, 0, std::uint8_t(Bundle::his), -1);

  auto trunks = lay_trunks(*left, roots.left, roots.left_ends, his_point, Bundle::left, net.tree);
  if (!trunks) return core::pass(trunks);
  net.left_root = trunks->root;
  std::vector<PurkinjeBud> buds;
  for (std::size_t e = 0; e < trunks->end.size(); ++e) {
    buds.push_back({trunks->end[e], trunks->direction[e], std::uint8_t(roots.left_ends[e].bundle)});
    if (trunks->first_own[e] < 0) continue;
    if (roots.left_ends[e].bundle == Bundle::left_anterior) net.anterior_cut.push_back(trunks->first_own[e]);
    if (roots.left_ends[e].bundle == Bundle::left_posterior) net.posterior_cut.push_back(trunks->first_own[e]);
  }
  if (auto ok = grow_purkinje(*left, buds, par.tree, roots.open, net.tree, progress.part(0.0, 0.5)); !ok) return core::pass(ok);
  if (has_right) {
    auto right = WallSurface::make(mesh, {"endocardium_rv"});
    if (!right) return core::pass(right);
    auto trunk = lay_trunks(*right, roots.right, {{roots.right_septal, Bundle::right}}, his_point, Bundle::right, net.tree);
    if (!trunk) return core::pass(trunk);
    net.right_root = trunk->root;
    buds = {{trunk->end[0], trunk->direction[0], std::uint8_t(Bundle::right)}};
    if (roots.right_free_wall >= 0 && right->vertex_of(roots.right_free_wall) >= 0) {
      const Vec3& a = net.tree.points[std::size_t(trunk->end[0])];
      const Vec3& b = mesh.nodes[std::size_t(roots.right_free_wall)];
      const Index moderator = net.tree.add(b, trunk->end[0], (b - a).norm(), std::uint8_t(Bundle::right), roots.right_free_wall);
      // The band arrives across the cavity; on the wall it goes on towards the apex, along the bundle's own direction.
      buds.push_back({moderator, trunk->direction[0], std::uint8_t(Bundle::right)});
    }
    PurkinjeParams tree = par.tree;
    tree.seed = par.tree.seed + 1;
    if (auto ok = grow_purkinje(*right, buds, tree, roots.open, net.tree, progress.part(0.5, 1.0)); !ok) return core::pass(ok);
  }
  net.junctions = net.tree.leaves();
  if (net.junctions.empty()) return core::bad_input("The conduction system has no junction with muscle (the heart would not beat). Check the endocardial surfaces.");
  return net;
}

core::Result<ConductionResult> conduct(const ElectroProblem& p, const ConductionNetwork& net, ConductionBlock block,
                                       const AccessoryPathway* accessory, const core::Progress& progress) {
  OT_EXPECT(p.mesh && p.fibres);
  const core::TetMesh& mesh = *p.mesh;
  const std::size_t nn = mesh.nodes.size();
  auto eikonal = Eikonal::make(p.mesh, p.fibres, p.velocity, speed_map(p));
  if (!eikonal) return core::pass(eikonal);
  const auto conducting = conducting_tets(p);
  std::vector<char> excitable(nn, 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (conducting.empty() || conducting[t])
      for (const Index n : mesh.tets[t]) excitable[std::size_t(n)] = 1;
  std::vector<std::vector<Index>> around(nn), tets_of(nn);
  for (std::size_t k = 0; k < mesh.tets.size(); ++k)
    for (const Index n : mesh.tets[k]) tets_of[std::size_t(n)].push_back(Index(k));
  for (const auto& t : mesh.tets)
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < 4; ++b)
        if (a != b) around[std::size_t(t[a])].push_back(t[b]);
  // Excitable nodes within the radius, walking along edges from the centre.
  const auto ball = [&](Index centre, double radius) {
    std::vector<Index> found{centre};
    for (std::size_t k = 0; k < found.size(); ++k)
      for (const Index n : around[std::size_t(found[k])])
        if (excitable[std::size_t(n)] && (mesh.nodes[std::size_t(n)] - mesh.nodes[std::size_t(centre)]).norm() <= radius && std::find(found.begin(), found.end(), n) == found.end())
          found.push_back(n);
    std::sort(found.begin(), found.end());
    return found;
  };

  ConductionResult out;
  const auto& par = net.params;
  std::vector<Index> junction;   // those on excitable muscle
  for (const Index j : net.junctions)
    if (const Index n = net.tree.node[std::size_t(j)]; n >= 0 && excitable[std::size_t(n)]) junction.push_back(j);
  const auto cut = cuts(net, block);
  const double radius = std::max(par.site_radius_mm, 1.05 * eikonal->mean_edge_mm());
  // Muscle within site_radius_mm of a junction is excited at once. On coarse meshes neighbours further out are needed as well (one
  // node alone may not capture); they come later by the time a wave needs from that radius to them, so that the mesh has no say.
  struct Near {
    Index node;
    double delay_ms;
  };
  const auto mean_metric = [&](Index n) {
    core::Mat3 m = core::Mat3::Zero();
    int count = 0;
    for (const Index t : tets_of[std::size_t(n)]) {
      const Vec3 &f = p.fibres->f[std::size_t(t)], &s = p.fibres->s[std::size_t(t)], e = f.cross(s);
      const TissueRegion* region = p.regions.empty() ? nullptr : &p.regions[p.tissue.empty() ? 0 : p.tissue[std::size_t(t)]];
      if (region && !region->conducting) continue;
      const Vec3 v = region ? Vec3(p.velocity.cwiseProduct(region->sigma_scale.cwiseSqrt())) : p.velocity;
      m += f * f.transpose() / (v[0] * v[0]) + s * s.transpose() / (v[1] * v[1]) + e * e.transpose() / (v[2] * v[2]);
      ++count;
    }
    return core::Mat3(m / std::max(count, 1));
  };
  std::vector<std::vector<Near>> near(junction.size());
  for (std::size_t k = 0; k < junction.size(); ++k) {
    const Index centre = net.tree.node[std::size_t(junction[k])];
    const core::Mat3 m = mean_metric(centre);
    for (const Index n : ball(centre, radius)) {
      const Vec3 d = mesh.nodes[std::size_t(n)] - mesh.nodes[std::size_t(centre)];
      const double beyond = std::max(0.0, 1.0 - par.site_radius_mm / std::max(d.norm(), 1e-9));
      near[k].push_back({n, std::round(beyond * std::sqrt(d.dot(m * d)) / site_step_ms) * site_step_ms});
    }
  }
  std::vector<Index> bypass;
  double bypass_ms = never;
  const bool silent = accessory && std::isinf(accessory->lead_ms);
  std::vector<TreeEntry> entries;
  if (!silent) entries.push_back({0, 0.0});   // His at 0
  out.tree_ms = tree_times(net.tree, entries, cut, par.speed_m_per_s);
  double first = never;
  for (const Index j : junction) first = std::min(first, out.tree_ms[std::size_t(j)] + par.junction_delay_ms);
  if (accessory) {
    OT_EXPECT(accessory->node >= 0 && std::size_t(accessory->node) < nn);
    if (!excitable[std::size_t(accessory->node)])
      return core::bad_input(fmt::format("The accessory pathway {} ends in tissue that does not conduct (it would do nothing). Choose another place.", accessory->name));
    bypass = ball(accessory->node, std::max(accessory->radius_mm, radius));
    bypass_ms = silent ? 0.0 : (std::isfinite(first) ? first : 0.0) - accessory->lead_ms;
  }
  if (!std::isfinite(first) && !accessory) return core::bad_input("The block leaves no way from the His bundle to the ventricles (they would not be excited). Choose another block.");

  std::vector<double> muscle;
  const double zero = std::min(first, bypass_ms);
  for (out.rounds = 1; out.rounds <= 30; ++out.rounds) {
    std::vector<EikonalSource> sources;
    for (const Index n : bypass) sources.push_back({n, bypass_ms - zero});
    for (std::size_t k = 0; k < junction.size(); ++k) {
      const double t = out.tree_ms[std::size_t(junction[k])] + par.junction_delay_ms - zero;
      if (!std::isfinite(t)) continue;
      for (const Near& n : near[k]) sources.push_back({n.node, t + n.delay_ms});
    }
    auto solved = eikonal->solve(sources, conducting, progress.part(std::min(0.9, 0.3 * (out.rounds - 1)), std::min(1.0, 0.3 * out.rounds)));
    if (!solved) return core::pass(solved);
    muscle = std::move(*solved);
    std::vector<TreeEntry> all = entries;
    int back = 0;
    for (const Index j : junction) {
      const double t = muscle[std::size_t(net.tree.node[std::size_t(j)])] + zero + par.retrograde_delay_ms;
      if (t < out.tree_ms[std::size_t(j)] - 1e-6) {
        all.push_back({j, t});
        ++back;
      }
    }
    if (back == 0) break;
    // Entries of earlier rounds stay: their times are in tree_ms already.
    for (std::size_t i = 0; i < net.tree.points.size(); ++i)
      if (std::isfinite(out.tree_ms[i])) all.push_back({Index(i), out.tree_ms[i]});
    out.tree_ms = tree_times(net.tree, all, cut, par.speed_m_per_s);
    out.entered_backwards += back;
    if (progress.cancelled()) return core::cancelled();
  }

  if (!bypass.empty()) {
    ActivationSite site;
    site.name = "accessory pathway " + accessory->name;
    site.nodes = bypass;
    site.start_ms = bypass_ms - zero;
    out.sites.push_back(std::move(site));
  }
  out.first_junction_ms = never;
  for (std::size_t k = 0; k < junction.size(); ++k) {
    const std::size_t j = std::size_t(junction[k]);
    const double t = out.tree_ms[j] + par.junction_delay_ms - zero;
    // A junction that muscle reached before is not a source: its tree was entered from there.
    if (!std::isfinite(t) || t > muscle[std::size_t(net.tree.node[j])] + 1e-6) continue;
    ++out.junctions_used;
    out.first_junction_ms = std::min(out.first_junction_ms, t);
    std::map<double, ActivationSite> rings;   // by delay
    for (const Near& n : near[k]) {
      if (n.delay_ms > 0 && t + n.delay_ms > muscle[std::size_t(n.node)] + 1e-6) continue;   // reached from elsewhere before
      ActivationSite& site = rings[n.delay_ms];
      site.name = fmt::format("{} {}", name_of(Bundle(net.tree.bundle[j])), j);
      site.start_ms = t + n.delay_ms;
      site.nodes.push_back(n.node);
    }
    for (auto& [delay, site] : rings) out.sites.push_back(std::move(site));
  }
  for (double& t : out.tree_ms) t -= zero;
  return out;
}

}  // namespace ot::ep
