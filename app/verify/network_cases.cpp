// SPDX-License-Identifier: GPL-3.0-or-later
// The FAST network against our own FULL Navier-Stokes solver on narrowed tubes: K_t is calibrated on one lesion at one flow,
// everything else is a prediction. Sets: lesions that were looked at while the model was shaped, and four seeded random families, the
// third and the fourth drawn after the model was finished. Nothing is stored: both sides are computed here.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <numbers>
#include <random>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/hemodynamics/flow_domains.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"
#include "solvers/hemodynamics/network_flow.hpp"

namespace ot::verify {
namespace {

using Wall = std::chrono::steady_clock;
constexpr double base_radius_mm = 1.5;
constexpr double aortic_Pa = 93 * 133.322;

struct Narrow {
  double middle_mm, length_mm, degree;  // cosine; degree of the diameter
};
struct Lesion {
  std::string name;
  std::vector<Narrow> parts;
  double taper = 0;      // of the radius over the whole tube
  bool eccentric = false;
  double radius_mm = base_radius_mm, before_mm = 8, behind_mm = 28;
  double healthy_at(double z) const { return radius_mm * (1 - taper * (z + before_mm) / (before_mm + behind_mm)); }
  double radius_at(double z) const {
    double r = healthy_at(z);
    for (const Narrow& p : parts)
      if (std::abs(z - p.middle_mm) < p.length_mm / 2) r *= 1 - p.degree / 2 * (1 + std::cos(2 * std::numbers::pi * (z - p.middle_mm) / p.length_mm));
    return r;
  }
};

struct Pair {
  hemo::FlowProblem problem;
  std::vector<core::Stenosis> lesions;
};

// A layered mesh with ten cells across the radius everywhere: the jet behind a throat is as fine as the throat. Against 14 of them the
// drops of three of these lesions move by less than 0.2 %. (Unstructured lumen meshes that coarsen along the jet, which this row used
// until 2026-11-21, gave 4 to 12 % less than converged from throat Reynolds numbers of 500 on, and jets that did not settle.)
core::Result<Pair> build(const Lesion& l) {
  hemo::Revolution shape;
  double narrow = INFINITY;
  for (double z = -l.before_mm; z < l.behind_mm + 1e-9; z += 0.05) shape.profile.emplace_back(z, l.radius_at(z)), narrow = std::min(narrow, l.radius_at(z));
  shape.edge_mm = narrow / 10, shape.axial_ratio = 2.5, shape.wall_grading = 0.6;
  auto made = hemo::revolution_mesh(shape);
  if (!made) return core::pass(made);
  if (l.eccentric) {  // the whole narrowing from one side: sections are moved until they touch the same wall
    const auto move = [&](core::Vec3& x) { x.x() += l.healthy_at(x.z()) - l.radius_at(x.z()); };
    for (core::Vec3& x : made->mesh.nodes) move(x);
    core::VesselBranch& v = made->network.branches[0];
    for (std::size_t k = 0; k < v.points.size(); ++k) {
      move(v.points[k]);
      v.arc[k] = k > 0 ? v.arc[k - 1] + (v.points[k] - v.points[k - 1]).norm() : 0.0;
    }
  }
  Pair out;
  out.lesions = core::find_stenoses(made->network);
  out.problem.network = std::make_shared<core::VesselNetwork>(std::move(made->network));
  out.problem.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  out.problem.inlets = {{hemo::domain_inlet, {{0.0, 0.0}}, hemo::InletProfile::parabolic}};
  hemo::Outlet outlet;
  outlet.patch = hemo::domain_outlet, outlet.rp = 5;  // Pa s/mm3: sets the level of the pressure only
  out.problem.outlets = {outlet};
  return out;
}

struct Drop {
  double mmhg = NAN, ffr = NAN;
  std::string settled;   // of FULL
};
core::Result<Drop> drop_of(core::Result<hemo::FlowResult> r, const Pair& pair) {
  if (!r) return core::pass(r);
  Drop d;
  for (const core::Quantity& q : r->quantities) {
    if (q.key == "pressure_drop_mmhg") d.mmhg = q.value;
    if (q.key == "pressure_drop_spread_mmhg") d.settled = fmt::format(", FULL did not settle (spread {:.2f} mmHg)", q.value);
  }
  d.ffr = hemo::ffr(r->pullback, *pair.problem.network, pair.lesions, aortic_Pa);
  return d;
}

struct Score {
  Lesion lesion;
  double flow = 0;   // mm3/s; 0: what the aortic pressure drives through lesion and muscle
  double healthy_flow = 0;
};

// Lesions nobody has looked at: drawn from a seeded generator within the ranges of issue 5 (40-75 % of the diameter; concentric, one-sided,
// in series, long, tapered) in left coronary calibres (proximal to distal segments, 2.2 to 4 mm: Dodge et al. 1992, Circulation
// 86:232-246). Healthy hyperaemic flow 1.2-3 mL/s in a 3 mm vessel and with the cube of the calibre (Murray); the lesion then lowers it.
std::vector<Score> random_family(std::uint64_t seed, int count) {
  std::mt19937_64 generator(seed);
  const auto between = [&](double low, double high) { return low + (high - low) * double(generator() >> 11) * 0x1p-53; };  // the same everywhere
  std::vector<Score> out;
  for (int k = 0; k < count; ++k) {
    Score s;
    Lesion& l = s.lesion;
    l.radius_mm = between(1.1, 2.0);
    const double d = 2 * l.radius_mm, degree = between(0.40, 0.75);
    const auto piece = [&](double from, double length, double how_much) { l.parts.push_back({from + length / 2, length, how_much}); };
    double length = between(1.5, 3) * d;
    const char* kinds[] = {"concentric", "one-sided", "in series", "long", "tapered"};
    std::string shape;
    switch (k % 5) {
      case 2: {
        const double second = between(0.40, 0.60), gap = between(0.5, 2) * d, longer = between(1.5, 3) * d;
        piece(0, length, std::min(degree, 0.60)), piece(length + gap, longer, second);
        shape = fmt::format("{:.0f} and {:.0f} %, {:.1f} mm apart", 100 * std::min(degree, 0.60), 100 * second, gap);
        length += gap + longer;
        break;
      }
      case 3: length = between(4, 6) * d; [[fallthrough]];
      default: piece(0, length, degree), shape = fmt::format("{:.0f} % over {:.1f} mm", 100 * degree, length);
    }
    l.eccentric = k % 5 == 1;
    if (k % 5 == 4) l.taper = between(0.15, 0.35), shape += fmt::format(", taper {:.0f} %", 100 * l.taper);
    l.before_mm = 3 * d, l.behind_mm = length + 22;   // FFR is read 10-20 mm behind the lesion
    s.healthy_flow = between(1200, 3000) * std::pow(l.radius_mm / base_radius_mm, 3);
    l.name = fmt::format("{} {} in a {:.1f} mm vessel", kinds[k % 5], shape, d);
    out.push_back(std::move(s));
  }
  return out;
}

// FULL and FAST of one lesion; K_t is found on it when none is given.
struct Scored {
  std::vector<Row> rows;      // none when FULL did not settle: it is no reference then
  std::string unsettled;      // which lesion that was, with both answers
  double k_t = 0, drop_off = 0, ffr_off = 0;
};
core::Result<Scored> score(Score s, double k_t, const std::string& name, const std::string& listed, bool quick, const core::Progress& progress) {
  const auto start = Wall::now();
  auto pair = build(s.lesion);
  if (!pair) return core::pass(pair);
  if (s.healthy_flow > 0) {   // constant resistance of the muscle at hyperaemia (Pijls 1993)
    pair->problem.outlets[0].rp = aortic_Pa / s.healthy_flow;
    pair->problem.inlets[0].flow = {{0.0, s.healthy_flow}};
    auto driven = hemo::flow_for_inlet_pressure(pair->problem, aortic_Pa);
    if (!driven) return core::pass(driven);
    s.flow = *driven;
  }
  pair->problem.inlets[0].flow = {{0.0, s.flow}};
  auto full = drop_of(hemo::run_navier_stokes(pair->problem, progress), *pair);
  if (!full) return core::pass(full);
  const bool calibrates = !(k_t > 0);
  if (calibrates) {
    auto found = hemo::calibrated_expansion_loss(pair->problem, full->mmhg);
    if (!found) return core::pass(found);
    k_t = *found;
  }
  auto fast = drop_of(hemo::run_network(pair->problem, {}, k_t), *pair);
  if (!fast) return core::pass(fast);
  Scored out;
  out.k_t = k_t, out.drop_off = std::abs(fast->mmhg / full->mmhg - 1), out.ffr_off = std::abs(fast->ffr - full->ffr);
  Row row;
  row.name = name;
  row.source = fmt::format("own Navier-Stokes solve, {} tetrahedra{}; {}", pair->problem.mesh->tets.size(), full->settled, listed);
  row.quick = quick;
  row.wall_s = std::chrono::duration<double>(Wall::now() - start).count();
  if (calibrates) {
    row.quantity = "calibrated_K_t";
    row.value = k_t, row.reference = hemo::marched_expansion_loss, row.tolerance = 0.15, row.relative = false;  // the shipped value is this calibration
    out.rows.push_back(row);
    return out;
  }
  if (!full->settled.empty()) {
    out.unsettled = fmt::format(" [{} at {:.0f} mm3/s: drop FAST {:.3f}, FULL {:.3f} mmHg{}, {:+.1f} %; ffr FAST {:.3f}, FULL {:.3f}]", s.lesion.name, s.flow, fast->mmhg, full->mmhg, full->settled, 100 * (fast->mmhg / full->mmhg - 1), fast->ffr, full->ffr);
    return out;
  }
  const char* set = s.healthy_flow > 0 ? ", drawn" : "";
  row.quantity = fmt::format("pressure_drop_mmhg, {} at {:.0f} mm3/s{}", s.lesion.name, s.flow, set);
  row.value = fast->mmhg, row.reference = full->mmhg, row.tolerance = 0.08;
  out.rows.push_back(row);
  row.quantity = fmt::format("ffr, {} at {:.0f} mm3/s{}", s.lesion.name, s.flow, set);
  row.value = fast->ffr, row.reference = full->ffr, row.tolerance = 0.03, row.relative = false;
  out.rows.push_back(row);
  return out;
}

// Sets drawn so far. Each was unseen when it was first scored; a change of the model needs a new one. The model of 2026-11-21 was shaped
// with solves of the first two at hand and the third undrawn, the series of 2026-11-22 with those of all three, the fourth undrawn.
constexpr std::uint64_t first_seed = 20261121, second_seed = 20261122, third_seed = 20261123, fourth_seed = 20261124;
constexpr int drawn = 10;

std::string names_of(const std::vector<Score>& scores) {
  std::string listed;
  for (const Score& s : scores) listed += fmt::format(" [{}{}]", s.lesion.name, s.flow > 0 ? fmt::format(" at {:g}", s.flow) : "");
  return listed;
}

// The mean over the lesions that FULL settled on, and how many it did not: beyond a jet's transition its steady solve swings and scores nobody.
std::vector<Row> set_rows(const std::string& name, const std::vector<Scored>& scored, std::uint64_t seed, bool quick) {
  double off = 0, worst = 0, worst_ffr = 0;
  int inside = 0, settled = 0;
  std::string unsettled;
  for (const Scored& s : scored) {
    unsettled += s.unsettled;
    if (!s.unsettled.empty()) continue;
    ++settled;
    off += s.drop_off, worst = std::max(worst, s.drop_off), worst_ffr = std::max(worst_ffr, s.ffr_off), inside += s.drop_off <= 0.08;
  }
  Row mean;
  mean.name = name, mean.quantity = "mean_pressure_drop_error_of_the_settled_lesions_of_the_set_rel", mean.quick = quick;
  mean.value = settled ? off / settled : NAN, mean.reference = 0, mean.tolerance = 0.08, mean.relative = false;
  mean.source = fmt::format("{} of {} lesions, seed {}: {} within 8 %, worst drop {:.3f} of itself, worst FFR {:.3f}", settled, scored.size(), seed, inside, worst, worst_ffr);
  Row left = mean;
  constexpr double most_share = 0.3;   // a set of which FULL settles on less scores nothing
  left.quantity = "lesions_of_the_set_not_scored,_FULL_did_not_settle_on_them", left.value = double(scored.size()) - settled, left.tolerance = std::floor(most_share * double(scored.size()));
  left.source = fmt::format("of {} lesions, seed {}; an unsettled steady solve is no reference:{}", scored.size(), seed, unsettled.empty() ? " none" : unsettled);
  return {mean, left};
}

}  // namespace

Rows network_against_full(bool quick, const core::Progress& progress) {
  const Lesion base{"57.5 % concentric over 6 mm", {{0, 6, 0.575}}}, half{"50 % concentric over 6 mm", {{0, 6, 0.5}}};
  constexpr double base_flow = 1200;  // mm3/s = 72 mL/min, a narrowed left anterior descending artery at hyperaemia
  std::vector<Score> scores{{base, 0.5 * base_flow},
                            {{"75 % concentric", {{0, 6, 0.75}}}, 500},
                            {base, 1.5 * base_flow},
                            {base, 2 * base_flow},
                            {half, 750},
                            {half, 1500},
                            {half, 2250},
                            {half, 3000},
                            {{"40 % concentric", {{0, 6, 0.4}}}, 3000},
                            {{"55 % eccentric", {{0, 8, 0.55}}, 0, true}, 1500},
                            {{"50 % and 45 % in series", {{0, 6, 0.5}, {9, 6, 0.45}}}, 2000},
                            {{"60 % over 16 mm", {{2, 16, 0.6}}}, 1200},
                            {{"55 % in a vessel that tapers by 25 %", {{0, 8, 0.55}}, 0.25}, 1500}};
  std::vector<Score> unseen = random_family(first_seed, drawn);
  if (quick) scores.resize(2), unseen.resize(1);
  const std::string listed = fmt::format("calibrated on {} at {:g} mm3/s; some looked at while the model was shaped:{}; random, seed {}, seen since:{}", base.name, base_flow, names_of(scores), first_seed, names_of(unseen));
  const std::size_t seen = scores.size();
  scores.insert(scores.end(), unseen.begin(), unseen.end());
  const double part = 1.0 / double(scores.size() + 1);
  std::vector<Row> rows;
  std::vector<Scored> predicted;   // the drawn ones
  std::string unsettled;           // of the others
  double k_t = 0;
  for (std::size_t k = 0; k <= scores.size(); ++k) {
    auto one = score(k == 0 ? Score{base, base_flow} : scores[k - 1], k_t, "flow/network-against-full", listed, quick, progress.part(part * double(k), part * double(k + 1)));
    if (!one) return core::pass(one);
    k_t = one->k_t;
    rows.insert(rows.end(), one->rows.begin(), one->rows.end());
    if (k > seen) predicted.push_back(std::move(*one));
    else if (!one->unsettled.empty()) unsettled += one->unsettled;
  }
  for (Row& r : set_rows("flow/network-against-full", predicted, first_seed, quick)) rows.push_back(std::move(r));
  if (!unsettled.empty()) rows.back().source += "; of the lesions looked at:" + unsettled;
  return rows;
}

namespace {

// A whole set, with the model shipped.
Rows score_set(const std::string& name, std::uint64_t seed, bool quick, const core::Progress& progress) {
  std::vector<Score> scores = random_family(seed, drawn);
  if (quick) scores.resize(1);
  const std::string listed = fmt::format("K_t {} as shipped; drawn sets: seeds {} (flow/network-against-full), {} (-second), {} (-third), {} (-fourth); here:{}", hemo::marched_expansion_loss, first_seed, second_seed, third_seed, fourth_seed, names_of(scores));
  std::vector<Row> rows;
  std::vector<Scored> predicted;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    auto one = score(scores[k], hemo::marched_expansion_loss, name, listed, quick, progress.part(double(k) / double(scores.size()), double(k + 1) / double(scores.size())));
    if (!one) return core::pass(one);
    rows.insert(rows.end(), one->rows.begin(), one->rows.end());
    predicted.push_back(std::move(*one));
  }
  for (Row& r : set_rows(name, predicted, seed, quick)) rows.push_back(std::move(r));
  return rows;
}

}  // namespace

Rows network_against_full_second(bool quick, const core::Progress& progress) { return score_set("flow/network-against-full-second", second_seed, quick, progress); }
Rows network_against_full_third(bool quick, const core::Progress& progress) { return score_set("flow/network-against-full-third", third_seed, quick, progress); }
Rows network_against_full_fourth(bool quick, const core::Progress& progress) { return score_set("flow/network-against-full-fourth", fourth_seed, quick, progress); }

namespace {

// A tree of 31 branches, three of them narrowed; the lesion moves by a point between answers.
constexpr double tree_flow = 3000, tree_branch_mm = 30, tree_degree = 0.54;   // mm3/s; of the diameter
constexpr double tree_root_mm = 1.9, tree_lesion_mm = 8, tree_lesion_from_mm = 6;   // radius, length, begin
double tree_throat_at(int answer) { return tree_lesion_from_mm + tree_lesion_mm / 2 + 0.1 * answer; }

hemo::FlowProblem dragged_tree() {
  core::VesselNetwork n;
  n.inlet_patch = 1;
  hemo::FlowProblem p;
  int patch = 10;
  for (int b = 0; b < 31; ++b) {
    core::VesselBranch v;
    v.parent = b == 0 ? -1 : (b - 1) / 2;
    const int level = int(std::floor(std::log2(b + 1)));
    const double r = tree_root_mm * std::pow(0.8, level);
    for (int k = 0; k <= 60; ++k) {
      v.arc.push_back(0.5 * k), v.radius.push_back(r), v.points.push_back(core::Vec3(b, 0, 0.5 * k));
    }
    if (v.parent >= 0) n.branches[std::size_t(v.parent)].children.push_back(b);
    if (b >= 15) {
      v.outlet_patch = patch;
      hemo::Outlet o;
      o.patch = patch++, o.rp = 60;
      p.outlets.push_back(o);
    }
    n.branches.push_back(std::move(v));
  }
  p.inlets = {{1, {{0.0, tree_flow}}, hemo::InletProfile::parabolic}};
  p.network = std::make_shared<core::VesselNetwork>(std::move(n));
  return p;
}

// The tree with its lesions where they are at that answer.
std::shared_ptr<const core::VesselNetwork> dragged_to(const core::VesselNetwork& tree, int answer) {
  core::VesselNetwork moved = tree;
  for (const int b : {0, 1, 4})
    for (std::size_t i = 0; i < 61; ++i) {
      const double x = std::abs(0.5 * double(i) - tree_throat_at(answer));
      if (x < tree_lesion_mm / 2) moved.branches[std::size_t(b)].radius[i] *= 1 - tree_degree / 2 * (1 + std::cos(2 * std::numbers::pi * x / tree_lesion_mm));
    }
  return std::make_shared<core::VesselNetwork>(std::move(moved));
}

std::string drag_settings(const hemo::FlowProblem& tree) { return fmt::format("steady marched network, K_t {:g}, defaults of the solver; tree {}", hemo::marched_expansion_loss, tree.sha256().substr(0, 16)); }

}  // namespace

// The jet of the root's lesion ends in the root: a tube of its own in FULL loses as much.
Rows flow_ffr_drag(bool quick, const core::Progress& progress) {
  const auto start = Wall::now();
  hemo::FlowProblem tree = dragged_tree();
  const std::string settings = drag_settings(tree);
  const auto untreated = tree.network;
  std::vector<Row> rows;
  for (const int answer : quick ? std::vector<int>{0} : std::vector<int>{0, 49}) {
    tree.network = dragged_to(*untreated, answer);
    auto fast = hemo::run_network(tree, {}, hemo::marched_expansion_loss);
    if (!fast) return core::pass(fast);
    double ends = 0, in = NAN, out = NAN;
    for (std::size_t k = 0; k < fast->pullback.size(); ++k) {
      const hemo::PullbackPoint& x = fast->pullback[k];
      const bool last = k + 1 == fast->pullback.size() || fast->pullback[k + 1].branch != x.branch;
      if (x.branch == 0) (x.arc_mm == 0 ? in : out) = x.pressure_Pa;
      if (last && untreated->branches[std::size_t(x.branch)].children.empty()) ends += x.flow_mm3_s;
    }
    const std::string at = fmt::format("answer {} of the bench", answer);
    rows.push_back(timed_row("flow/ffr-drag", "flow_of_the_16_ends_over_the_inflow_less_1", ends / tree_flow - 1, 0, 1e-6, "mass; " + at, quick, start));
    rows.back() = with_settings(rows.back(), settings);
    Lesion root;
    root.parts = {{tree_throat_at(answer), tree_lesion_mm, tree_degree}};
    root.radius_mm = tree_root_mm, root.before_mm = 0, root.behind_mm = tree_branch_mm;
    auto pair = build(root);
    if (!pair) return core::pass(pair);
    pair->problem.inlets[0].flow = {{0.0, tree_flow}};
    auto full = drop_of(hemo::run_navier_stokes(pair->problem, progress), *pair);
    if (!full) return core::pass(full);
    Row drop = timed_row("flow/ffr-drag", fmt::format("pressure_drop_mmhg_along_the_root_with_its_lesion_at_{:.1f}_mm", tree_throat_at(answer)), (in - out) / 133.322387415, full->mmhg, 0.08,
                         fmt::format("own Navier-Stokes solve of that tube, {} tetrahedra{}; {}", pair->problem.mesh->tets.size(), full->settled, at), quick, start);
    drop.relative = true;
    rows.push_back(with_settings(std::move(drop), settings));
  }
  return rows;
}

BenchRows bench_network_drag(const core::Progress& progress) {
  hemo::FlowProblem p = dragged_tree();
  const std::string settings = drag_settings(p);
  const auto untreated = p.network;
  const int answers = 50;
  const auto start = Wall::now();
  const std::clock_t cpu = std::clock();
  for (int k = 0; k < answers; ++k) {
    if (progress.cancelled()) return core::cancelled();
    p.network = dragged_to(*untreated, k);
    auto r = hemo::run_network(p, {}, hemo::marched_expansion_loss);
    if (!r) return core::pass(r);
    const auto lesions = core::find_stenoses(*p.network);
    if (auto read = hemo::read_ffr(r->pullback, *p.network, lesions, aortic_Pa); !read) return core::pass(read);
  }
  const double each = 1e3 * std::chrono::duration<double>(Wall::now() - start).count() / answers;
  const double used = 1e3 * double(std::clock() - cpu) / CLOCKS_PER_SEC / answers;
  return std::vector<BenchRow>{{"flow/ffr-drag", {{"branches", 31}, {"lesions", 3}, {"answers", answers}, {"cpu_ms", used}}, 1, each, "ms per answer", 20, "issue 5: at most 20 ms", "flow/ffr-drag", settings}};
}

}  // namespace ot::verify
