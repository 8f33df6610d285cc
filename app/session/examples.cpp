// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/examples.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace {

using core::Index;
using core::Vec3;

struct Lobe {
  std::vector<Index> nodes;
  std::size_t tets = 0;
};

// Connected parts of the scar, largest first.
std::vector<Lobe> scar_lobes(const core::TetMesh& mesh) {
  int scar = 0;
  for (const auto& [value, key] : mesh.region_names)
    if (key == "scar") scar = value;
  if (scar == 0) return {};
  std::vector<Index> parent(mesh.nodes.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](Index i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<std::uint8_t> in_scar(mesh.nodes.size(), 0);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    if (mesh.region[e] != scar) continue;
    for (Index i : mesh.tets[e]) {
      in_scar[i] = 1;
      const Index a = root(mesh.tets[e][0]), b = root(i);
      parent[std::max(a, b)] = std::min(a, b);
    }
  }
  std::vector<Lobe> by_root(mesh.nodes.size());
  for (Index i = 0; i < static_cast<Index>(mesh.nodes.size()); ++i)
    if (in_scar[i]) by_root[root(i)].nodes.push_back(i);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e)
    if (mesh.region[e] == scar) ++by_root[root(mesh.tets[e][0])].tets;
  std::erase_if(by_root, [](const Lobe& l) { return l.tets == 0; });
  std::stable_sort(by_root.begin(), by_root.end(), [](const Lobe& a, const Lobe& b) { return a.tets > b.tets; });
  return by_root;
}

std::vector<Index> patch_nodes(const core::TetMesh& mesh, const std::string& name) {
  const auto values = mesh.patch_values(name);
  std::vector<std::uint8_t> on(mesh.nodes.size(), 0);
  for (const auto& f : mesh.boundary)
    if (std::find(values.begin(), values.end(), f.patch) != values.end())
      for (Index i : f.nodes) on[i] = 1;
  std::vector<Index> nodes;
  for (Index i = 0; i < static_cast<Index>(on.size()); ++i)
    if (on[i]) nodes.push_back(i);
  return nodes;
}

Vec3 nearest(const core::TetMesh& mesh, const std::vector<Index>& nodes, const Vec3& x) {
  OT_EXPECT(!nodes.empty());
  return mesh.nodes[*std::min_element(nodes.begin(), nodes.end(), [&](Index a, Index b) { return (mesh.nodes[a] - x).squaredNorm() < (mesh.nodes[b] - x).squaredNorm(); })];
}

// The shortest bridge between two lobes, seen from the LV endocardium, drawn a little into each.
bool isthmus_line(const core::TetMesh& mesh, const std::vector<Lobe>& lobes, std::vector<Vec3>& line) {
  if (lobes.size() < 2 || lobes[1].tets * 5 < lobes[0].tets) return false;
  const auto endocardium = patch_nodes(mesh, "endocardium_lv");
  if (endocardium.empty()) return false;
  std::vector<std::uint8_t> on_endo(mesh.nodes.size(), 0);
  for (Index i : endocardium) on_endo[i] = 1;
  const auto surface_part = [&](const Lobe& lobe) {
    std::vector<Index> nodes;
    for (Index i : lobe.nodes)
      if (on_endo[i]) nodes.push_back(i);
    return nodes.empty() ? lobe.nodes : nodes;
  };
  const auto a = surface_part(lobes[0]), b = surface_part(lobes[1]);
  double best = std::numeric_limits<double>::max();
  Vec3 from, to;
  for (Index i : a)
    for (Index j : b)
      if (const double d = (mesh.nodes[i] - mesh.nodes[j]).squaredNorm(); d < best) best = d, from = mesh.nodes[i], to = mesh.nodes[j];
  const Vec3 along = (to - from).norm() > 0 ? Vec3((to - from).normalized()) : Vec3(1, 0, 0);
  constexpr double into_scar_mm = 3.0;
  const Vec3 start = from - into_scar_mm * along, end = to + into_scar_mm * along;
  constexpr int pieces = 4;   // follow the curved wall
  line.clear();
  for (int k = 0; k <= pieces; ++k) line.push_back(nearest(mesh, endocardium, start + (end - start) * (static_cast<double>(k) / pieces)));
  line.erase(std::unique(line.begin(), line.end(), [](const Vec3& x, const Vec3& y) { return (x - y).norm() < 0.5; }), line.end());
  return line.size() >= 2;
}

}  // namespace

core::Result<std::vector<Plan>> example_plans(const CaseData& data) {
  OT_EXPECT(data.twin != nullptr);
  std::vector<Plan> plans{{"Baseline", "untreated", {}}};
  const auto add = [&](const std::string& title, twin::InterventionSpec spec) -> core::Result<void> {
    const twin::InterventionKind* kind = twin::find_intervention(spec.kind);
    OT_EXPECT(kind != nullptr);
    if (auto ok = kind->schema.validate(spec.params); !ok) return ok;
    if (auto ok = kind->validate(*data.twin, spec); !ok) return ok;
    const std::string name(1, static_cast<char>('A' + plans.size() - 1));
    plans.push_back({name, title, {name, {std::move(spec)}}});
    return {};
  };

  if (data.twin->heart) {
    const core::TetMesh& mesh = *data.twin->heart->baseline.mesh;
    const auto lobes = scar_lobes(mesh);
    twin::InterventionSpec lesion;
    lesion.id = "ablation-1";
    lesion.kind = "ablation";
    lesion.params = twin::find_intervention("ablation")->schema.defaults();
    lesion.placement.kind = twin::Placement::Kind::polyline;
    std::string title = "isthmus line";
    if (!isthmus_line(mesh, lobes, lesion.placement.points_mm)) {
      // no isthmus was found: one lesion on the free wall, opposite the right ventricle, half way to the apex
      const auto endocardium = patch_nodes(mesh, "endocardium_lv");
      const auto& l = data.twin->heart->landmarks;
      const Vec3 middle = 0.5 * (l.apex + l.base_centre) - 30.0 * l.rv_direction;
      lesion.placement.kind = twin::Placement::Kind::point;
      lesion.placement.points_mm = {nearest(mesh, endocardium.empty() ? patch_nodes(mesh, "epicardium") : endocardium, middle)};
      title = "free-wall lesion";
    }
    if (auto ok = add(title, lesion); !ok) return core::pass(ok);
  }

  const twin::VesselModel* worst_vessel = nullptr;
  core::Stenosis worst;
  for (const auto& vessel : data.twin->vessels)
    for (const auto& s : vessel->stenoses)
      if (vessel->report_ffr && (!worst_vessel || s.diameter_percent > worst.diameter_percent)) worst_vessel = vessel.get(), worst = s;
  if (worst_vessel) {
    const auto& branch = worst_vessel->network->branches[static_cast<std::size_t>(worst.branch)];
    twin::InterventionSpec stent;
    stent.id = "stent-1";
    stent.kind = "stent";
    stent.params = twin::find_intervention("stent")->schema.defaults();
    stent.params.set("diameter_mm", worst.reference_diameter_mm);
    stent.placement.kind = twin::Placement::Kind::segment;
    stent.placement.vessel = worst_vessel->key;
    stent.placement.branch = worst.branch;
    constexpr double margin_mm = 2.0;   // landing zones beyond the lesion, usual practice
    stent.placement.start_mm = std::max(0.0, worst.start_mm - margin_mm);
    stent.placement.length_mm = std::min(branch.length(), worst.end_mm + margin_mm) - stent.placement.start_mm;
    if (auto ok = add(worst_vessel->name + " stent", stent); !ok) return core::pass(ok);
  }

  if (data.twin->heart) {
    twin::InterventionSpec drug;
    drug.id = "drug-1";
    drug.kind = "drug";
    drug.params = twin::find_intervention("drug")->schema.defaults();
    drug.params.set("drug", std::string("dofetilide"));
    drug.params.set("dose_x_cmax", 1.0);
    if (auto ok = add("dofetilide 1x Cmax", drug); !ok) return core::pass(ok);
  }
  return plans;
}

}  // namespace ot::session
