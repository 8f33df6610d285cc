// SPDX-License-Identifier: GPL-3.0-or-later
// Rings around the pulmonary veins and the roof line, laid on the endocardium of the left atrium and tried before they are offered.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "app/session/atria.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/structure/atrial_fibres.hpp"
#include "solvers/electrophysiology/structure/wall_surface.hpp"
#include "solvers/interventions/ablation/lesions.hpp"

namespace ot::session {
namespace {

using core::Index;
using core::Vec3;
using ep::WallSurface;

using organs::VeinLevel;
constexpr const char *left_region = organs::left_atrial_wall, *right_region = organs::right_atrial_wall, *left_endocardium = "left_atrial_wall/left_atrium";
constexpr double lesion_radius_mm = 3;
constexpr double thinnest_lesion_mm = 6;      // deep: through an atrial wall of up to 5 mm
constexpr double ostium_radius_mm = organs::vein_ostium_radius_mm;   // about the places that reach furthest, where no vein is labelled
// Of the way from ostium to ostium over the wall: what wide antral isolation takes on each side of the posterior wall, 59.2 +- 11.6 % on both (101 patients; PubMed 22752925, abstract).
constexpr double share_of_way = 0.3;
constexpr double towards_kept = 0.75;         // nearer to the veins than this times the way to what stays outside; below 1 nothing kept outside gets in
constexpr double clear_of_joint_mm = organs::vein_clear_mm;   // room for the ring, its lesions and muscle on both sides
constexpr double flaw_mm = 15;                // across; smaller holes of the surface are flaws of its patches (thin walls have some)
// Open edges of the endocardium per its area, mm per mm2: valve and veins of an intact one make 0.05 to 0.07, elements longer than the wall is thick 0.13 and more, where a tenth of the surface is missing (studies.md).
constexpr double torn_per_mm = 0.1;
constexpr double beside_line_mm = 9;          // from a line to the places that prove it: past its lesions, and a way round its ends is several times longer than the straight one
constexpr double point_spacing_mm = 4;

twin::InterventionSpec line_spec(const std::string& id, std::vector<Vec3> points, bool closed, double depth_mm) {
  const twin::InterventionKind* kind = twin::find_intervention("ablation");
  OT_EXPECT(kind != nullptr);
  twin::InterventionSpec spec;
  spec.id = id;
  spec.kind = "ablation";
  spec.placement.kind = twin::Placement::Kind::polyline;
  spec.placement.points_mm = std::move(points);
  spec.params = kind->schema.defaults();
  spec.params.set("closed", closed);
  spec.params.set("radius_mm", lesion_radius_mm);
  spec.params.set("depth_mm", depth_mm);
  return spec;
}

int region_value(const core::TetMesh& mesh, const char* key) {
  for (const auto& [value, name] : mesh.region_names)
    if (name == key) return value;
  return std::numeric_limits<int>::min();
}

// Groups of numbers joined pair by pair.
struct Groups {
  std::vector<Index> parent;
  explicit Groups(std::size_t n) : parent(n) { std::iota(parent.begin(), parent.end(), Index(0)); }
  Index of(Index x) {
    while (parent[std::size_t(x)] != x) x = parent[std::size_t(x)] = parent[std::size_t(parent[std::size_t(x)])];
    return x;
  }
  void join(Index a, Index b) { parent[std::size_t(std::max(of(a), of(b)))] = std::min(of(a), of(b)); }
};

// What lesions leave of the muscle of both atria: [tets] conducting, and nodes that hang together.
struct Alive {
  std::vector<char> conducts;
  Groups groups;
  std::size_t burned = 0;
};
Alive alive(const core::TetMesh& mesh, const std::vector<twin::InterventionSpec>& lesions) {
  const int left = region_value(mesh, left_region), right = region_value(mesh, right_region);
  Alive out{std::vector<char>(mesh.tets.size(), 0), Groups(mesh.nodes.size())};
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) out.conducts[t] = mesh.region[t] == left || mesh.region[t] == right;
  for (const auto& spec : lesions)
    for (Index t : interventions::burned_tets(mesh, interventions::plan_lesions(mesh, spec).lesions)) {
      out.burned += out.conducts[std::size_t(t)];
      out.conducts[std::size_t(t)] = 0;
    }
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (out.conducts[t])
      for (Index n : mesh.tets[t]) out.groups.join(mesh.tets[t][0], n);
  return out;
}

// Vertices of the endocardium that face places where both walls are joined.
std::vector<Index> joints(const core::TetMesh& mesh, const WallSurface& wall) {
  const int left = region_value(mesh, left_region), right = region_value(mesh, right_region);
  std::vector<char> of(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (Index n : mesh.tets[t]) of[std::size_t(n)] |= char(mesh.region[t] == left ? 1 : mesh.region[t] == right ? 2 : 0);
  std::vector<Index> out;
  for (std::size_t n = 0; n < of.size(); ++n)
    if (of[n] == 3)
      if (const auto foot = wall.nearest(mesh.nodes[n], 10.0, Vec3::Zero()); foot.triangle >= 0) out.push_back(wall.nearest_vertex(foot.triangle, foot.point));   // walls are at most 8 mm
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Where a field over the vertices crosses 1 around the tip: closed, in order. Pockets that are not the largest rest are filled.
struct Ring {
  std::vector<Vec3> line;
  Vec3 deepest{0, 0, 0};   // inside, furthest from the line
  double area_mm2 = 0;     // inside
};
Ring ring_around(const WallSurface& wall, Index tip, const std::vector<double>& field) {
  const std::size_t n = wall.points().size();
  const auto low = [&](Index v) { return field[std::size_t(v)] < 1; };
  Groups groups(n);
  for (const auto& t : wall.triangles())
    for (int k = 0; k < 3; ++k)
      if (low(t[k]) == low(t[(k + 1) % 3])) groups.join(t[k], t[(k + 1) % 3]);
  std::map<Index, std::size_t> size;
  for (std::size_t v = 0; v < n; ++v) ++size[groups.of(Index(v))];
  const Index inner = groups.of(tip);
  Index outer = -1;
  for (const auto& [g, count] : size)
    if (g != inner && !low(g) && (outer < 0 || count > size[outer])) outer = g;
  Ring out;
  if (outer < 0 || !low(tip)) return out;
  // From the largest rest inwards: all that it does not hold and that hangs together with the tip.
  Groups sides(n);
  for (const auto& t : wall.triangles())
    for (int k = 0; k < 3; ++k) {
      const Index a = t[k], b = t[(k + 1) % 3];
      if ((groups.of(a) == outer) == (groups.of(b) == outer)) sides.join(a, b);
    }
  const Index inside_group = sides.of(tip);
  const auto inside = [&](Index v) { return sides.of(v) == inside_group; };
  using Edge = std::pair<Index, Index>;
  std::map<Edge, std::vector<Edge>> next;
  for (const auto& t : wall.triangles()) {
    std::vector<Edge> cut;
    for (int k = 0; k < 3; ++k) {
      const Index a = t[k], b = t[(k + 1) % 3];
      if (inside(a) != inside(b)) cut.push_back({std::min(a, b), std::max(a, b)});
    }
    if (cut.size() == 2) next[cut[0]].push_back(cut[1]), next[cut[1]].push_back(cut[0]);
  }
  const auto place = [&](const Edge& e) {
    const double a = field[std::size_t(e.first)] - 1, b = field[std::size_t(e.second)] - 1;
    const double share = a * b < 0 ? a / (a - b) : 0.5;
    return Vec3((1 - share) * wall.points()[std::size_t(e.first)] + share * wall.points()[std::size_t(e.second)]);
  };
  // Chains; open ones, broken by flaws of the surface, begin at their ends.
  std::map<Edge, bool> seen;
  std::vector<std::vector<Vec3>> open_chains, closed_chains;
  for (const bool ends : {true, false})
    for (const auto& [start, beside] : next) {
      if (seen[start] || (ends && beside.size() != 1)) continue;
      std::vector<Vec3> chain;
      for (Edge at = start;;) {
        seen[at] = true;
        chain.push_back(place(at));
        const auto& to = next[at];
        const auto it = std::find_if(to.begin(), to.end(), [&](const Edge& e) { return !seen[e]; });
        if (it == to.end()) break;
        at = *it;
      }
      (ends ? open_chains : closed_chains).push_back(std::move(chain));
    }
  std::vector<Vec3> line;
  for (auto& c : closed_chains)
    if (c.size() > line.size()) line = c;
  std::size_t in_open = 0;
  for (const auto& c : open_chains) in_open += c.size();
  if (in_open > line.size()) {
    line = open_chains.front();
    open_chains.erase(open_chains.begin());
    while (!open_chains.empty()) {
      const auto gap = [&](const std::vector<Vec3>& c) { return std::min((c.front() - line.back()).norm(), (c.back() - line.back()).norm()); };
      const auto it = std::min_element(open_chains.begin(), open_chains.end(), [&](const auto& a, const auto& b) { return gap(a) < gap(b); });
      if ((it->back() - line.back()).norm() < (it->front() - line.back()).norm()) std::reverse(it->begin(), it->end());
      line.insert(line.end(), it->begin(), it->end());
      open_chains.erase(it);
    }
  }
  for (const Vec3& x : line)
    if (out.line.empty() || (x - out.line.back()).norm() >= point_spacing_mm) out.line.push_back(x);
  while (out.line.size() > 1 && (out.line.back() - out.line.front()).norm() < 0.5 * point_spacing_mm) out.line.pop_back();
  double most = -1;
  for (std::size_t v = 0; v < n; ++v) {
    if (!inside(Index(v))) continue;
    double d = std::numeric_limits<double>::infinity();
    for (const Vec3& x : out.line) d = std::min(d, (x - wall.points()[v]).norm());
    if (d > most) most = d, out.deepest = wall.points()[v];
  }
  for (const auto& t : wall.triangles()) {
    const Vec3 &a = wall.points()[std::size_t(t[0])], &b = wall.points()[std::size_t(t[1])], &c = wall.points()[std::size_t(t[2])];
    out.area_mm2 += (inside(t[0]) + inside(t[1]) + inside(t[2])) / 3.0 * 0.5 * (b - a).cross(c - a).norm();
  }
  return out;
}

// The veins of one side: vertices a ring keeps inside, and how far their ostia reach beyond these.
struct Ostia {
  std::vector<Index> at;
  double reach_mm = 0;
};
// With all vertices along the ways that join the first to the others, so that one ring goes round all of them.
Ostia joined(const WallSurface& wall, std::vector<Index> at, const std::vector<Index>& others, double reach) {
  if (!others.empty()) {
    const auto ways = wall.ways_from(at.front());
    for (const Index other : others)
      for (Index p = other; p >= 0; p = ways.before[std::size_t(p)]) at.push_back(ways.vertex[std::size_t(p)]);
  }
  std::sort(at.begin(), at.end());
  at.erase(std::unique(at.begin(), at.end()), at.end());
  return {std::move(at), reach};
}

}  // namespace

RingSides ring_sides(const core::TetMesh& mesh, const twin::InterventionSpec& ring, const Vec3& inside, const Vec3& outside) {
  const int left = region_value(mesh, left_region), right = region_value(mesh, right_region);
  auto [conducts, groups, burned] = alive(mesh, {ring});
  RingSides out;
  out.burned_tets = burned;
  for (const int region : mesh.region) out.left_tets += region == left;
  Index a = -1, b = -1;   // nearest conducting nodes
  const auto nearer = [&](Index& best, Index n, const Vec3& x) {
    if (best < 0 || (mesh.nodes[std::size_t(n)] - x).squaredNorm() < (mesh.nodes[std::size_t(best)] - x).squaredNorm()) best = n;
  };
  for (std::size_t t = 0; t < conducts.size(); ++t) {
    if (!conducts[t]) continue;
    for (Index n : mesh.tets[t]) {
      nearer(a, n, inside);
      nearer(b, n, outside);
    }
  }
  if (a < 0) return out;
  const Index in = groups.of(a), rest = groups.of(b);
  out.joined = in == rest;
  for (std::size_t t = 0; t < conducts.size(); ++t) {
    if (!conducts[t]) continue;
    const Index g = groups.of(mesh.tets[t][0]);
    out.inside_tets += g == in;
    out.outside_tets += g == rest;
    out.right_inside += g == in && mesh.region[t] == right;
  }
  return out;
}

bool ring_isolates(const RingSides& sides) { return !sides.joined && sides.inside_tets > 0 && sides.outside_tets > 0 && sides.right_inside == 0; }

core::Result<std::vector<LesionSet>> atrial_lesion_sets(const twin::TwinModel& twin, const AtrialLineParams& params, const core::Progress& progress) {
  if (!has_left_atrium(twin)) return core::bad_input("The twin has no wall of the left atrium (vein rings lie on it). Build a twin with atria first: --organ atria or whole_heart.");
  if (!(params.antral_margin_mm >= 0 && params.antral_margin_mm <= 25)) return core::wrong_usage("Rings lie 0 to 25 mm outside the veins' ostia (further out they would meet). Usual: 10.");
  const core::TetMesh& mesh = *twin.heart->baseline.mesh;
  const auto made = WallSurface::make(mesh, {left_endocardium});
  if (!made) return core::pass(made);
  const WallSurface& wall = *made;
  const auto& x = wall.points();
  auto holes = ep::open_rings(x, wall.triangles());
  double open_edges = 0;
  for (const auto& hole : holes) open_edges += double(hole.size());   // as many edges as vertices
  if (const double open_mm = open_edges * wall.mean_edge_mm(); open_mm > torn_per_mm * wall.area_mm2())
    return core::bad_input(fmt::format("The wall of the left atrium is full of holes ({:.0f} cm of open edges on {:.0f} cm2 of endocardium), so a ring round veins would enclose next to nothing: the elements are longer than the wall is thick. "
                                       "Build the atria with finer elements (--edge 1.5 for the usual walls) or a thicker wall.",
                                       open_mm / 10, wall.area_mm2() / 100));
  Vec3 middle = Vec3::Zero();
  for (const Vec3& p : x) middle += p / double(x.size());
  // LPS: the veins leave the atrium to the back, on the left and on the right. Holes there are veins cut off; the longest is the mitral valve.
  std::vector<Index> kept = joints(mesh, wall);
  std::vector<std::vector<Index>> cut_veins[2];
  bool valve = true;
  for (auto& hole : holes) {
    Vec3 low = x[std::size_t(hole.front())], high = low, centre = Vec3::Zero();
    for (Index v : hole) low = low.cwiseMin(x[std::size_t(v)]), high = high.cwiseMax(x[std::size_t(v)]), centre += x[std::size_t(v)] / double(hole.size());
    if ((high - low).maxCoeff() <= flaw_mm) continue;
    const Vec3 out = (centre - middle).normalized();
    const int side = out.x() > 0 ? 0 : 1;
    if (!valve && out.dot(Vec3(side == 0 ? 0.8 : -0.8, 0.6, 0.2).normalized()) > 0.3) cut_veins[side].push_back(std::move(hole));
    else kept.insert(kept.end(), hole.begin(), hole.end());
    valve = false;
  }
  const auto from_kept = wall.ways_from(kept).distance;   // infinite everywhere when nothing is kept
  progress.report(0.1, "atrial lines");
  const auto furthest = [&](const Vec3& direction) {
    Index best = -1;
    for (const double clear : {clear_of_joint_mm, 0.5 * clear_of_joint_mm, 0.0}) {
      for (std::size_t v = 0; v < x.size(); ++v)
        if (from_kept[v] >= clear && (best < 0 || x[v].dot(direction) > x[std::size_t(best)].dot(direction))) best = Index(v);
      if (best >= 0) break;
    }
    return best;
  };
  Ostia ostia[2];
  for (const int side : {0, 1}) {
    if (cut_veins[side].empty()) {   // one above the other
      const Index upper = furthest(organs::vein_direction(side == 0, VeinLevel::upper)), lower = furthest(organs::vein_direction(side == 0, VeinLevel::lower));
      ostia[side] = joined(wall, {upper}, {lower}, ostium_radius_mm);
    } else {
      std::vector<Index> all = cut_veins[side].front(), others;
      for (std::size_t k = 1; k < cut_veins[side].size(); ++k) {
        all.insert(all.end(), cut_veins[side][k].begin(), cut_veins[side][k].end());
        others.push_back(cut_veins[side][k].front());
      }
      ostia[side] = joined(wall, std::move(all), others, 0);
    }
  }
  if (progress.cancelled()) return core::cancelled();
  const std::vector<double> ways[2] = {wall.ways_from(ostia[0].at).distance, wall.ways_from(ostia[1].at).distance};
  progress.report(0.3, "atrial lines");
  const Vec3 front = mesh.nodes[std::size_t(organs::furthest_node(mesh, left_region, {0, -1, 0}))];
  std::vector<LesionSet> sets;
  for (const int side : {0, 1}) {
    const char* name = side == 0 ? "left" : "right";
    const auto &out = ways[side], &across = ways[1 - side];
    const auto attempt = [&](double scale, double depth) -> std::optional<LesionSet> {
      std::vector<double> field(x.size());
      for (std::size_t v = 0; v < field.size(); ++v) {
        const double ostium = ostia[side].reach_mm, between = std::max(0.0, out[v] + across[v] - ostium - ostia[1 - side].reach_mm);
        const double reach = std::min({ostium + params.antral_margin_mm, ostium + share_of_way * between, towards_kept * from_kept[v]});
        field[v] = out[v] / (scale * std::max(reach, 1e-9));
        if (!std::isfinite(field[v])) field[v] = 1e9;   // pieces of the surface that hang on nothing
      }
      Ring ring = ring_around(wall, ostia[side].at.front(), field);
      if (ring.line.size() < 8) return std::nullopt;
      LesionSet set{fmt::format("pvi-{}", name), fmt::format("Ring around the {} pulmonary veins", name), line_spec(fmt::format("pvi-{}", name), ring.line, true, depth), ring.deepest, front,
                    100 * ring.area_mm2 / wall.area_mm2(), ring.area_mm2 / 100};
      if (!ring_isolates(ring_sides(mesh, set.spec, set.inside, set.outside))) return std::nullopt;
      set.spec.note = fmt::format("{}: encloses {:.0f} cm2, {:.0f} % of the left atrial endocardium", set.title, set.enclosed_cm2, set.enclosed_percent);
      return set;
    };
    std::optional<LesionSet> found;
    // Deeper where the wall is thick, tighter where a wide ring meets something that leads round it.
    for (const double deeper : {1.0, 1.5, 2.0})
      for (const double tighter : {1.0, 0.8, 0.65, 0.5}) {
        if (progress.cancelled()) return core::cancelled();
        if (!found) found = attempt(tighter, deeper * thinnest_lesion_mm);
      }
    if (!found) return core::bad_input(fmt::format("No ring around the {} veins isolates them on this wall (it is too irregular, or joined to the right atrium right beside them). Draw the line by hand.", name));
    sets.push_back(std::move(*found));
    progress.report(side == 0 ? 0.6 : 0.9, "atrial lines");
  }
  // From ring to ring over the top: the highest endocardium near each step of the straight way.
  const auto highest = [](const std::vector<Vec3>& p) { return *std::max_element(p.begin(), p.end(), [](const Vec3& a, const Vec3& b) { return a.z() < b.z(); }); };
  const Vec3 a = highest(sets[0].spec.placement.points_mm), b = highest(sets[1].spec.placement.points_mm);
  std::vector<Vec3> over{a};
  std::vector<Index> on_line;
  for (int k = 1; k < 8; ++k) {
    const Vec3 step = a + k / 8.0 * (b - a);
    Index top = -1;
    for (std::size_t v = 0; v < x.size(); ++v)
      if (std::hypot(x[v].x() - step.x(), x[v].y() - step.y()) < 4 && (top < 0 || x[v].z() > x[std::size_t(top)].z())) top = Index(v);
    if (top < 0) continue;
    over.push_back(x[std::size_t(top)]);
    on_line.push_back(top);
  }
  over.push_back(b);
  if (on_line.empty()) return core::bad_input("The rings leave no roof between them (there is nothing to draw a line over). Use a smaller margin or draw the line by hand.");
  // Places right behind and right before its middle: a way round its ends is long beside that between them, so a wave that goes round is told from one that passes.
  const double depth = std::max(sets[0].spec.params.number("depth_mm"), sets[1].spec.params.number("depth_mm"));
  sets.push_back({"roof", "Line over the roof between the veins", line_spec("line-roof", over, false, depth), {}, {}, 0, 0});
  sets.back().spec.note = sets.back().title;
  auto after = alive(mesh, {sets[0].spec, sets[1].spec, sets[2].spec});
  std::map<Index, std::size_t> size;   // conducting tets of each group
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (after.conducts[t]) ++size[after.groups.of(mesh.tets[t][0])];
  const auto most = std::max_element(size.begin(), size.end(), [](const auto& p, const auto& q) { return p.second < q.second; });
  const Vec3 across = x[std::size_t(on_line[on_line.size() / 2])], backwards = (b - a).cross(Vec3(0, 0, 1)).normalized();
  const auto from_line = wall.ways_from(on_line).distance;
  const auto beside = [&](double sense) {
    Index best = on_line.front();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t v = 0; v < x.size(); ++v) {
      const double along = std::abs((x[v] - across).dot((b - a).normalized())), off = std::abs(from_line[v] - beside_line_mm);
      if (most != size.end() && after.groups.of(wall.mesh_node(Index(v))) == most->first && sense * (x[v] - across).dot(backwards) > 0.3 * beside_line_mm && along + 2 * off < least) least = along + 2 * off, best = Index(v);
    }
    return x[std::size_t(best)];
  };
  sets.back().inside = beside(1);
  sets.back().outside = beside(-1);
  progress.report(1, "atrial lines");
  return sets;
}

}  // namespace ot::session
