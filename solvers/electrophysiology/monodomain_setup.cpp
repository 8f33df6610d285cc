// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/lattice_strand.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/electrophysiology/sodium_interpolation.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {
namespace {

// For a note on coarse elements; far beyond the limit it is the unit of the mesh that is wrong, and no refinement is the way out.
std::string how_much_smaller(double now, double wanted) {
  constexpr double far = 5;
  return now < far * wanted ? fmt::format("{:.0f} %", 100 * (1 - wanted / now)) : fmt::format("{:.0f} times (check the unit of the mesh)", now / wanted);
}

using core::Index;
using core::Vec3;

std::uint8_t region_of(const ElectroProblem& p, std::size_t tet) { return p.tissue.empty() ? 0 : p.tissue[tet]; }

// Conducting nodes, those of one ionic model together, in Morton order: neighbours in space are neighbours in memory, so a block of 64 is a small cube.
std::vector<Index> conducting_nodes(const ElectroProblem& p, const Tissue& tissue, const std::vector<std::uint16_t>& class_of_node) {
  std::vector<const IonicFamily*> families;   // in the order of their first class
  for (const CellClass& c : tissue.classes)
    if (std::find(families.begin(), families.end(), c.family) == families.end()) families.push_back(c.family);
  const core::TetMesh& mesh = *p.mesh;
  std::vector<char> conducts(mesh.nodes.size(), 0);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e)
    if (p.regions[region_of(p, e)].conducting)
      for (Index i : mesh.tets[e]) conducts[std::size_t(i)] = 1;
  Vec3 low = mesh.nodes[0], high = mesh.nodes[0];
  for (const Vec3& x : mesh.nodes) {
    low = low.cwiseMin(x);
    high = high.cwiseMax(x);
  }
  const double scale = 2097151.0 / std::max(1e-12, (high - low).maxCoeff());  // 21 bits per axis
  struct Keyed {
    std::ptrdiff_t model;
    std::uint64_t key;
    Index node;
    auto operator<=>(const Keyed&) const = default;
  };
  std::vector<Keyed> keyed;
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i) {
    if (!conducts[i]) continue;
    std::uint64_t key = 0;
    for (int a = 0; a < 3; ++a) {
      const auto q = std::uint64_t((mesh.nodes[i][a] - low[a]) * scale);
      for (int bit = 0; bit < 21; ++bit) key |= ((q >> bit) & 1u) << (3 * bit + a);
    }
    keyed.push_back({std::find(families.begin(), families.end(), tissue.classes[class_of_node[i]].family) - families.begin(), key, Index(i)});
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<Index> order;
  for (const auto& k : keyed) order.push_back(k.node);
  return order;
}

// The region that holds most of the conducting volume around each mesh node (the first one in a tie); 0 for inert nodes.
std::vector<std::uint8_t> node_regions(const ElectroProblem& p) {
  const core::TetMesh& mesh = *p.mesh;
  std::vector<std::map<std::uint8_t, double>> share(mesh.nodes.size());
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    const std::uint8_t r = region_of(p, e);
    if (!p.regions[r].conducting) continue;
    const core::Tet& t = mesh.tets[e];
    const double v = core::tet_volume(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])],
                                      mesh.nodes[std::size_t(t[3])]);
    for (Index i : t) share[std::size_t(i)][r] += v;
  }
  std::vector<std::uint8_t> region(mesh.nodes.size(), 0);
  for (std::size_t i = 0; i < region.size(); ++i) {
    double most = 0;
    for (const auto& [r, v] : share[i])
      if (v > most * (1 + 1e-9)) {
        most = v;
        region[i] = r;
      }
  }
  return region;
}

// Initial states of the classes of one family, and what is said about them.
core::Result<void> start_cells(const ElectroProblem& p, const IonicFamily& family, bool named, Tissue& t, const core::Progress& progress) {
  const std::string of = named ? " of " + family_name(family.key) : std::string();
  std::vector<CellClass*> own;
  for (CellClass& c : t.classes)
    if (c.family == &family) own.push_back(&c);
  if (p.cycle_length_ms > 0) {
    std::vector<CellType> types;
    std::vector<ChannelScales> scales;
    for (const CellClass* c : own) {
      types.push_back(c->type);
      scales.push_back(c->scales);
    }
    constexpr double pacing_dt = 0.02;  // ms; single-cell accuracy tested at this step
    const auto states = paced_states(family.key, p.cycle_length_ms, family.pacing_beats, pacing_dt, types, scales, progress);
    if (!states) return core::pass(states);
    for (std::size_t c = 0; c < own.size(); ++c) own[c]->initial = (*states)[c];
    t.notes.push_back(fmt::format("Each of {} kinds of cell{} was paced alone for {} beats at {} ms before the beat.", own.size(), of, family.pacing_beats, p.cycle_length_ms));
  } else {
    for (CellClass* c : own) c->initial = family.initial(c->type);
    t.notes.push_back(fmt::format("Cells{} start from the published initial state.", of));
  }
  std::string absent;   // currents that are scaled and that this model does not have
  for (const ChannelKey& key : channel_keys()) {
    const bool has = std::find(family.scales.begin(), family.scales.end(), key.key) != family.scales.end();
    const bool scaled = std::any_of(own.begin(), own.end(), [&](const CellClass* c) { return c->scales.*key.member != 1.0; });
    if (scaled && !has) absent += fmt::format("{}{}", absent.empty() ? "" : ", ", key.current);
  }
  if (!absent.empty()) t.notes.push_back(fmt::format("This membrane model{} has no scale for {}: what is asked for there has no effect.", named ? " (" + family_name(family.key) + ")" : "", absent));
  return {};
}

core::Result<void> set_up_classes(const ElectroProblem& p, Tissue& t, std::vector<std::uint16_t>& class_of_node, const core::Progress& progress) {
  const std::vector<std::uint8_t> region = node_regions(p);
  const auto drug = acting_drugs(p, progress.part(0, 0.5), &t.notes);
  if (!drug) return core::pass(drug);
  std::map<std::pair<const IonicFamily*, std::vector<double>>, std::uint16_t> known;
  class_of_node.resize(p.mesh->nodes.size());
  for (std::size_t i = 0; i < class_of_node.size(); ++i) {
    CellClass c;
    c.type = p.cell_type.empty() ? CellType::epi : CellType(p.cell_type[i]);
    const std::string& model = ionic_model_of(p, region[i], c.type);
    c.family = model == t.family->key ? t.family : find_ionic_family(model);
    c.scales = p.regions[region[i]].channels * drug->at(c.family->key)[std::min<std::size_t>(std::size_t(c.type), 2)];
    c.parameters = c.family->parameters(c.type, c.scales);
    std::pair<const IonicFamily*, std::vector<double>> key{c.family, c.parameters};
    key.second.push_back(double(c.type));
    const auto [at, added] = known.try_emplace(std::move(key), std::uint16_t(t.classes.size()));
    if (added) t.classes.push_back(std::move(c));
    class_of_node[i] = at->second;
  }
  std::vector<const IonicFamily*> families;
  for (const CellClass& c : t.classes)
    if (std::find(families.begin(), families.end(), c.family) == families.end()) families.push_back(c.family);
  for (std::size_t f = 0; f < families.size(); ++f)
    if (auto ok = start_cells(p, *families[f], families.size() > 1, t, progress.part(0.5 + 0.5 * double(f) / double(families.size()), 0.5 + 0.5 * double(f + 1) / double(families.size()))); !ok)
      return ok;
  if (const std::string other = other_cells(p); !other.empty())
    t.notes.push_back(fmt::format("Other cells: {}; elsewhere {}. A node on a border has the cells of the region that holds most of the tissue around it. Edges between two models carry the nodal sodium current.",
                                  other, family_name(p.ionic_model)));
  constexpr double verified_dt = 0.05;   // ms, of the rows of issue 4
  if (p.dt_ms > verified_dt * (1 + 1e-9))
    t.notes.push_back(fmt::format("The time step of {:g} ms is larger than the {:g} ms that are verified: expect activation some 2 % late and APD90 2 to 5 ms short at 0.2 ms.", p.dt_ms, verified_dt));
  return {};
}

using Axes = std::array<Vec3, 3>;

Axes axes_of(const ElectroProblem& p, std::size_t tet) {
  const Vec3 f = p.fibres->f[tet].normalized(), n = f.cross(p.fibres->s[tet]).normalized();
  return {f, n.cross(f), n};
}

core::Mat3 tensor_of(const Axes& axes, const Vec3& along_axes) {
  core::Mat3 d = core::Mat3::Zero();
  for (int a = 0; a < 3; ++a) d += along_axes[a] * axes[std::size_t(a)] * axes[std::size_t(a)].transpose();
  return d;
}

// The spacing that counts, (h / sqrt D)^2 in ms per conducting tet and axis. A plane wave along the unit vector n (lengths over
// sqrt D) meets at node i the operator sum_j k_ij (V_j - V_i) = M_i (V_nn + h^2/12 V_nnnn + ...) with
//     h^2 = sum_j k_ij (y_ij . n)^4 / sum_j k_ij (y_ij . n)^2,
// the leading error of a strand of spacing h. On boxes along an axis this is the edge; on other meshes it is less than the edge, and
// negative where couplings of the wrong sign prevail: waves run fast there.
// The second sum is twice the node's mass; means over nodes and then over the tet's nodes, because single tets scatter.
std::vector<Vec3> spacings(const core::TetMesh& sub, const fem::NodeTets& around, const fem::TetGeometry& geometry, const std::vector<Axes>& axes,
                           const std::vector<Vec3>& diffusivity) {
  const std::ptrdiff_t tets = std::ptrdiff_t(sub.tets.size()), nodes = std::ptrdiff_t(sub.nodes.size());
  std::vector<Vec3> moment(sub.tets.size()), node(sub.nodes.size()), square(sub.tets.size());
  core::parallel_chunks(tets, 4096, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t c = begin; c < end; ++c) {
      const std::size_t e = std::size_t(c);
      const auto k = tet_couplings(geometry, e, tensor_of(axes[e], diffusivity[e]));
      moment[e].setZero();
      for (std::size_t x = 0; x < 6; ++x) {
        const Vec3 d = sub.nodes[std::size_t(sub.tets[e][tet_edges[x].second])] - sub.nodes[std::size_t(sub.tets[e][tet_edges[x].first])];
        for (int a = 0; a < 3; ++a) {
          const double y2 = d.dot(axes[e][std::size_t(a)]) * d.dot(axes[e][std::size_t(a)]) / diffusivity[e][a];
          moment[e][a] += k[x] * y2 * y2;
        }
      }
    }
  });
  core::parallel_chunks(nodes, 4096, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      Vec3 sum = Vec3::Zero();
      double volume = 0;
      for (std::ptrdiff_t at = around.begin[std::size_t(i)]; at < around.begin[std::size_t(i) + 1]; ++at) {
        const std::size_t e = std::size_t(around.tet[std::size_t(at)]);
        sum += moment[e];
        volume += geometry.volume[e];
      }
      node[std::size_t(i)] = sum / volume;
    }
  });
  core::parallel_chunks(tets, 4096, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t c = begin; c < end; ++c) {
      const std::size_t e = std::size_t(c);
      Vec3 mean = Vec3::Zero();
      for (Index i : sub.tets[e]) mean += 0.25 * node[std::size_t(i)];
      square[e] = mean;
    }
  });
  return square;
}

// Diffusivity tensors mm2/ms of the conducting tets, tuned.
std::vector<core::Mat3> diffusivities(const ElectroProblem& p, const std::vector<std::size_t>& conducting, const core::TetMesh& sub,
                                      const fem::NodeTets& around, const fem::TetGeometry& geometry,
                                      const std::vector<std::uint16_t>& class_of_node, Tissue& t, const core::Progress& progress) {
  std::vector<std::uint16_t> inner_class(sub.nodes.size());
  for (std::size_t i = 0; i < inner_class.size(); ++i) inner_class[i] = t.class_of[i];
  // One curve per set of channel scales; the cell type matters little for the upstroke.
  std::vector<std::shared_ptr<const TuningCurve>> curve(t.classes.size());
  if (p.conductivity_tuning) {
    std::vector<std::size_t> first;
    for (std::size_t c = 0; c < t.classes.size(); ++c) {
      std::size_t like = c;
      for (std::size_t f : first)
        if (t.classes[f].family == t.classes[c].family && t.classes[f].scales == t.classes[c].scales) like = f;
      if (like == c) first.push_back(c);
      const IonicFamily& family = *t.classes[c].family;
      curve[c] = tuning_curve(family, t.classes[like].parameters, t.classes[like].initial, p.dt_ms, family.sodium.present() ? sodium_weight(p) : 0.0);
    }
  }
  std::vector<Axes> axes(conducting.size());
  std::vector<Vec3> diffusivity(conducting.size());
  for (std::size_t c = 0; c < conducting.size(); ++c) {
    axes[c] = axes_of(p, conducting[c]);
    diffusivity[c] = p.sigma.cwiseProduct(p.regions[region_of(p, conducting[c])].sigma_scale) / (p.chi_per_mm * p.cm_uF_per_mm2);
  }
  const std::vector<Vec3> square = spacings(sub, around, geometry, axes, diffusivity);
  const TetLattices lattices = p.conductivity_tuning ? find_lattices(sub, around, geometry, axes, diffusivity, inner_class) : TetLattices{};
  std::vector<std::optional<Vec3>> of_lattice;
  for (std::size_t l = 0; l < lattices.kinds.size() && !progress.cancelled(); ++l) {
    const TetLattice& lattice = lattices.kinds[l];
    const TuningCurve& strand = *curve[lattice.cell];
    const auto some = std::size_t(std::find(lattices.of.begin(), lattices.of.end(), int(l)) - lattices.of.begin());
    if (some == conducting.size() || strand.q.empty()) {   // all its tets are another kind's too
      of_lattice.push_back(std::nullopt);
      continue;
    }
    Vec3 guess;
    for (int a = 0; a < 3; ++a) guess[a] = strand.factor_of_square(square[some][a]);
    of_lattice.push_back(lattice_factors(p, t.classes[lattice.cell], lattice, strand.velocity, TuningCurve::least_factor, guess));
  }
  if (progress.cancelled()) return {};
  std::vector<core::Mat3> tensor(conducting.size());
  std::vector<double> along(conducting.size()), across(conducting.size()), worst(conducting.size()), askew(conducting.size());
  core::parallel_chunks(std::ptrdiff_t(conducting.size()), 4096, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t at = begin; at < end; ++at) {
      const std::size_t c = std::size_t(at);
      const core::Tet& tet = p.mesh->tets[conducting[c]];
      // The class of most of its nodes, the lowest in a tie.
      std::array<std::uint16_t, 4> k;
      for (std::size_t a = 0; a < 4; ++a) k[a] = class_of_node[std::size_t(tet[a])];
      std::sort(k.begin(), k.end());
      std::uint16_t cell = k[0];
      std::ptrdiff_t most = 0;
      for (std::uint16_t x : k)
        if (const auto n = std::count(k.begin(), k.end(), x); n > most) {
          most = n;
          cell = x;
        }
      Vec3 factor = Vec3::Ones();
      if (curve[cell])
        for (int a = 0; a < 3; ++a) factor[a] = curve[cell]->factor_of_square(square[c][a]);
      if (!lattices.of.empty() && lattices.of[c] >= 0 && of_lattice[std::size_t(lattices.of[c])]) factor = *of_lattice[std::size_t(lattices.of[c])];
      along[c] = factor[0];
      across[c] = factor[1];
      worst[c] = std::sqrt(std::max(0.0, square[c].maxCoeff()));
      askew[c] = -square[c].minCoeff();
      tensor[c] = tensor_of(axes[c], diffusivity[c].cwiseProduct(factor));
    }
  });
  const auto median = [](std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  const double coarse = median(worst);
  if (p.conductivity_tuning) {
    t.notes.push_back(fmt::format("Conductivities are scaled for the element size: median factor {:.3f} along fibres, {:.3f} across (h/sqrt(D) {:.2f}).",
                                  median(along), median(across), coarse));
    if (std::any_of(of_lattice.begin(), of_lattice.end(), [](const auto& f) { return f.has_value(); }))
      t.notes.push_back("The elements are those of a regular lattice: the factors are the ones that plane waves along and across the fibres need on it.");
    for (const auto& c : curve)
      if (c->q.empty()) {
        t.notes.push_back("One kind of cell does not conduct even in a fine strand: its conductivity is not scaled.");
        break;
      }
    const auto dies = std::find_if(curve.begin(), curve.end(), [&](const auto& c) { return !c->q.empty() && c->stops_beyond && c->largest() < coarse; });
    if (dies != curve.end())
      t.notes.push_back(fmt::format("These cells pass no wave on where h/sqrt(D) is above {:.1f}; it is {:.1f} in the median element, so conduction may stop there. Elements {} smaller would do, or cells of another model, or FAST.",
                                    (*dies)->largest(), coarse, how_much_smaller(coarse, (*dies)->largest())));
    // O'Hara-Rudy on the benchmark's slab at 0.4 mm, 3.5 across where the curve ends at 2.9: activation across 37 % later than at 0.2 mm.
    const auto ends = std::find_if(curve.begin(), curve.end(), [&](const auto& c) { return !c->q.empty() && !c->stops_beyond && c->largest() < coarse; });
    if (ends != curve.end())
      t.notes.push_back(fmt::format("The scaling of these cells is known up to h/sqrt(D) {:.1f}; it is {:.1f} in the median element, so activation across fibres can be tens of percent off there. Elements {} smaller would do, or cells of another model.",
                                    (*ends)->largest(), coarse, how_much_smaller(coarse, (*ends)->largest())));
  } else {
    t.notes.push_back("Conductivities are not scaled for the element size.");
  }
  if (coarse > 3.5)  // ep-numerics.md section 1.5
    t.notes.push_back(fmt::format("The mesh is coarse for conduction across fibres: h/sqrt(D) is {:.1f} in the median element, above 3.5. "
                                  "Expect errors above 8 % in activation there; elements {} smaller would do.", coarse, how_much_smaller(coarse, 3.5)));
  // Measured on sheets (ep/rotated-fibres): -3 on a CGAL mesh of 0.2 mm, -10 to -30 on boxes whose diagonals lie across the fibres.
  constexpr double most_askew = 4;
  if (const double excess = median(askew); excess > most_askew)
    t.notes.push_back(fmt::format("Edges of the elements lie askew to the fibres (couplings of the wrong sign, excess {:.0f} where {:g} is harmless): waves ACROSS fibres can run 10 to 60 % fast on "
                                  "boxes cut into kuhn or alternating tetrahedra, a few percent on irregular meshes. Leave out the \"split\" of a box (it follows the fibres then), use an irregular mesh or smaller elements.", excess, most_askew));
  return tensor;
}

void note_parts(const ElectroProblem& p, Tissue& t) {
  std::vector<char> seen(std::size_t(t.n), 0), fed;
  std::vector<char> site(std::size_t(t.n), 0);
  for (const ActivationSite& s : p.sites)
    for (Index i : s.nodes)
      if (const Index k = t.inner_of[std::size_t(i)]; k >= 0) site[std::size_t(k)] = 1;
  long parts = 0, unfed = 0, unfed_nodes = 0;
  std::vector<std::ptrdiff_t> stack;
  for (std::ptrdiff_t seed = 0; seed < t.n; ++seed) {
    if (seen[std::size_t(seed)]) continue;
    bool has_site = false;
    long nodes = 0;
    seen[std::size_t(seed)] = 1;
    stack.assign(1, seed);
    while (!stack.empty()) {
      const std::size_t i = std::size_t(stack.back());
      stack.pop_back();
      ++nodes;
      has_site = has_site || site[i];
      for (std::ptrdiff_t k = t.row_begin[i]; k < t.row_begin[i + 1]; ++k)
        if (const Index j = t.col[std::size_t(k)]; !seen[std::size_t(j)]) {
          seen[std::size_t(j)] = 1;
          stack.push_back(j);
        }
    }
    ++parts;
    if (!has_site) {
      ++unfed;
      unfed_nodes += nodes;
    }
  }
  if (unfed > 0)
    t.notes.push_back(fmt::format("The conducting tissue has {} separate parts; {} of them ({} nodes) hold no stimulus and stay at rest.", parts, unfed,
                                  unfed_nodes));
  for (const ActivationSite& s : p.sites)
    if (std::none_of(s.nodes.begin(), s.nodes.end(), [&](Index i) { return t.inner_of[std::size_t(i)] >= 0; }))
      t.notes.push_back(fmt::format("The stimulus \"{}\" lies in tissue that does not conduct and has no effect.", s.name));
}

}  // namespace

std::array<double, 6> tet_couplings(const fem::TetGeometry& geometry, std::size_t tet, const core::Mat3& d) {
  std::array<double, 6> k;
  for (std::size_t e = 0; e < 6; ++e)
    k[e] = -geometry.volume[tet] * geometry.gradient[tet][tet_edges[e].first].dot(d * geometry.gradient[tet][tet_edges[e].second]);
  return k;
}

double sodium_weight(const ElectroProblem& p) {
  if (!p.upstroke_sodium_interpolation) return 0.0;
  if (p.sodium_interpolation_weight >= 0) return p.sodium_interpolation_weight;
  return p.conductivity_tuning ? sodium_weight_tuned : sodium_weight_untuned;
}

core::Result<Tissue> set_up_tissue(const ElectroProblem& p, const core::Progress& progress) {
  Tissue t;
  t.family = find_ionic_family(p.ionic_model);
  OT_EXPECT(t.family != nullptr);
  std::vector<std::uint16_t> class_of_node;
  if (const auto ok = set_up_classes(p, t, class_of_node, progress.part(0.0, 0.8)); !ok) return core::pass(ok);
  if (progress.cancelled()) return core::cancelled();
  t.node_of = conducting_nodes(p, t, class_of_node);
  t.n = std::ptrdiff_t(t.node_of.size());
  t.padded = (t.n + block_nodes - 1) / block_nodes * block_nodes;
  t.inner_of.assign(p.mesh->nodes.size(), -1);
  for (std::ptrdiff_t i = 0; i < t.n; ++i) t.inner_of[std::size_t(t.node_of[std::size_t(i)])] = Index(i);
  t.rest_mV.resize(class_of_node.size());
  for (std::size_t i = 0; i < class_of_node.size(); ++i) t.rest_mV[i] = float(t.classes[class_of_node[i]].initial[0]);
  t.class_of.resize(std::size_t(t.padded));
  for (std::ptrdiff_t i = 0; i < t.padded; ++i)
    t.class_of[std::size_t(i)] = class_of_node[std::size_t(t.node_of[std::size_t(std::min(i, t.n - 1))])];

  std::vector<std::size_t> conducting;
  for (std::size_t e = 0; e < p.mesh->tets.size(); ++e)
    if (p.regions[region_of(p, e)].conducting) conducting.push_back(e);
  // Along the curve of their nodes: a mesher's order is that of its insertions, and every block of nodes looks its tets up in each step of an upstroke.
  const auto first_node = [&](std::size_t e) {
    const core::Tet& tet = p.mesh->tets[e];
    return std::min({t.inner_of[std::size_t(tet[0])], t.inner_of[std::size_t(tet[1])], t.inner_of[std::size_t(tet[2])], t.inner_of[std::size_t(tet[3])]});
  };
  std::stable_sort(conducting.begin(), conducting.end(), [&](std::size_t x, std::size_t y) { return first_node(x) < first_node(y); });
  core::TetMesh sub;
  for (Index i : t.node_of) sub.nodes.push_back(p.mesh->nodes[std::size_t(i)]);
  for (std::size_t e : conducting) {
    core::Tet tet = p.mesh->tets[e];
    for (Index& i : tet) i = t.inner_of[std::size_t(i)];
    sub.tets.push_back(tet);
  }
  const fem::NodeTets around = fem::node_tets(sub);
  const fem::TetGeometry geometry = fem::tet_geometry(sub);
  progress.report(0.8, "scaling conductivities");
  const std::vector<core::Mat3> tensor = diffusivities(p, conducting, sub, around, geometry, class_of_node, t, progress);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.9, "assembling");
  const fem::CsrMatrix k = fem::assemble_stiffness(sub, around, geometry, tensor);
  const std::vector<double> mass = fem::lumped_mass(sub, around, geometry);
  t.mass.assign(std::size_t(t.padded), 0.0);
  std::copy(mass.begin(), mass.end(), t.mass.begin());
  t.k_diagonal.assign(std::size_t(t.padded), 0.0);
  t.row_begin.assign(std::size_t(t.padded) + 1, 0);
  for (std::size_t i = 0; i < std::size_t(t.padded); ++i) {
    if (std::ptrdiff_t(i) < t.n)
      for (std::ptrdiff_t at = k.row_begin[i]; at < k.row_begin[i + 1]; ++at) {
        const Index j = k.col[std::size_t(at)];
        const float value = float(k.value[std::size_t(at)]);
        // On boxes most couplings cancel to rounding; what is left of them would only cost time.
        if (j == Index(i) || std::abs(k.value[std::size_t(at)]) < 1e-12 * k.value[std::size_t(k.find(Index(i), Index(i)))]) continue;
        t.col.push_back(j);
        t.k.push_back(value);
        t.k_diagonal[i] -= double(value);
      }
    t.row_begin[i + 1] = std::ptrdiff_t(t.col.size());
  }
  t.tet_coupling.resize(sub.tets.size());
  t.tet_square.resize(sub.tets.size());
  for (std::size_t e = 0; e < sub.tets.size(); ++e) {
    const auto exact = tet_couplings(geometry, e, tensor[e]);
    const core::Mat3 inverse = tensor[e].inverse();
    for (std::size_t x = 0; x < 6; ++x) {
      const Vec3 d = sub.nodes[std::size_t(sub.tets[e][tet_edges[x].second])] - sub.nodes[std::size_t(sub.tets[e][tet_edges[x].first])];
      t.tet_coupling[e][x] = float(exact[x]);
      t.tet_square[e][x] = float(d.dot(inverse * d));
    }
  }
  t.tets = std::move(sub.tets);
  t.tet_volume = geometry.volume;
  note_parts(p, t);
  return t;
}

}  // namespace ot::ep
