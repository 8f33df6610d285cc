// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/atria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "app/session/muscle_choices.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/has_label.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::session {
namespace {

using core::Vec3;
namespace l = core::labels;
namespace voxels = imaging::voxels;

constexpr const char *left_region = organs::left_atrial_wall, *right_region = organs::right_atrial_wall;

// Distance in mm to the border of a set of voxels, negative inside, half a voxel taken off, smoothed by a voxel against the stairs.
core::Volume signed_distance(const core::Grid& grid, const std::vector<std::uint8_t>& values, const std::vector<int>& of) {
  voxels::Mask in(values.size(), 0), out(values.size(), 1);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::find(of.begin(), of.end(), int(values[i])) != of.end()) in[i] = 1, out[i] = 0;
  const auto outside = voxels::distance_to(grid, in), inside = voxels::distance_to(grid, out);
  const float half = float(0.5 * grid.spacing.minCoeff());
  std::vector<float> d(values.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = in[i] ? half - inside[i] : outside[i] - half;
  core::Volume v;
  v.grid = grid;
  v.values = voxels::gaussian(grid, d, 0.8 * grid.spacing.maxCoeff());
  v.quantity = "mm";
  return v;
}

Vec3 centroid(const core::LabelMap& labels, int value) {
  Vec3 sum = Vec3::Zero();
  double count = 0;
  const auto& g = labels.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (labels.at(i, j, k) == value) sum += Vec3(i, j, k), count += 1;
  return g.to_patient(count > 0 ? Vec3(sum / count) : sum);
}

// Where the atria are joined: the septum around the middle of where they are nearest, Bachmann's bundle at the top, the muscle of the coronary sinus below.
constexpr double septum_radius_mm = 10, bundle_radius_mm = 6;   // fossa ovalis 15 to 20 mm wide, bundles 5 to 10 mm: general anatomy
constexpr double widest_way_mm = 12;                            // further apart there is nothing to join
struct Joint {
  Vec3 at{0, 0, 0};
  double way = widest_way_mm;   // from blood to blood there, mm
  bool found = false;
  bool holds(const Vec3& x) const { return found && (x - at).norm() <= bundle_radius_mm; }
};
struct Joints {
  Vec3 septum{0, 0, 0};
  Joint top, bottom;
};
Joints joints(const core::Volume& la, const core::Volume& ra, double both_walls, double nearest) {
  Joints out;
  const auto& g = la.grid;
  double weight = 0, low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  // The range of heights both atria share; its upper third holds the bundle, its lower third the coronary sinus.
  for (const auto* v : {&la, &ra}) {
    double lo = std::numeric_limits<double>::infinity(), hi = -lo;
    for (int k = 0; k < g.size[2]; ++k)
      for (int j = 0; j < g.size[1]; ++j)
        for (int i = 0; i < g.size[0]; ++i)
          if (v->at(i, j, k) <= 0) {
            const double z = g.to_patient(Vec3(i, j, k)).z();
            lo = std::min(lo, z);
            hi = std::max(hi, z);
          }
    low = std::max(low, lo);
    high = std::min(high, hi);
  }
  const double third = (high - low) / 3;
  const double reach = std::max(both_walls, nearest + 1.5);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const double a = la.at(i, j, k), b = ra.at(i, j, k);
        if (a <= 0 || b <= 0) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        if (a + b <= reach) {
          out.septum += x;
          weight += 1;
        }
        for (auto* joint : {&out.top, &out.bottom})
          if ((joint == &out.top ? x.z() >= high - third : x.z() <= low + third) && a + b < joint->way) *joint = {x, a + b, true};
      }
  if (weight > 0) out.septum /= weight;
  return out;
}

// Nodes of faces that look into voxels of some values. (The mesher's patches leave out contacts as small as a rim.) step_mm: how far in front of a face is looked.
std::vector<core::Index> nodes_facing(const core::TetMesh& mesh, const core::LabelMap& labels, const std::vector<int>& values, double step_mm) {
  std::vector<char> on(mesh.nodes.size(), 0);
  const auto& g = labels.grid;
  for (const auto& f : mesh.boundary) {
    const Vec3 &a = mesh.nodes[std::size_t(f.nodes[0])], &b = mesh.nodes[std::size_t(f.nodes[1])], &c = mesh.nodes[std::size_t(f.nodes[2])];
    const Vec3 q = g.to_index((a + b + c) / 3 + step_mm * (b - a).cross(c - a).normalized());
    const int v[3] = {int(std::lround(q[0])), int(std::lround(q[1])), int(std::lround(q[2]))};
    if (g.contains(v[0], v[1], v[2]) && std::find(values.begin(), values.end(), int(labels.at(v[0], v[1], v[2]))) != values.end())
      for (core::Index n : f.nodes) on[std::size_t(n)] = 1;
  }
  std::vector<core::Index> out;
  for (std::size_t n = 0; n < on.size(); ++n)
    if (on[n]) out.push_back(core::Index(n));
  return out;
}

}  // namespace

Vec3 sinus_node_of(const core::LabelMap& labels) {
  const auto& g = labels.grid;
  const bool vein = core::has_label(labels, l::superior_vena_cava);
  const Vec3 towards = vein ? centroid(labels, l::superior_vena_cava) : Vec3::Zero();
  Vec3 best = Vec3::Zero();
  double least = std::numeric_limits<double>::infinity();
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.at(i, j, k) != l::right_atrium) continue;
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        // LPS: up, to the patient's right, to the back. Weights: the node lies high, then lateral (general anatomy).
        const double cost = vein ? (x - towards).norm() : -(0.8 * x.z() - 0.4 * x.x() + 0.3 * x.y());
        if (cost < least) least = cost, best = x;
      }
  return best;
}

core::Result<core::LabelMap> atrial_wall_labels(const core::LabelMap& labels, double left_wall, double right_wall, double voxel, const core::Progress& progress) {
  for (const double wall : {left_wall, right_wall})
    if (!(wall >= 1 && wall <= 8)) return core::wrong_usage("The atrial wall is 1 to 8 mm thick. Usual: 1.45 on the left, 2 on the right.");
  const double both = left_wall + right_wall;
  if (!(voxel >= 0.3 && voxel <= 2)) return core::wrong_usage("Walls are drawn on voxels of 0.3 to 2 mm. Usual: 0.8.");
  for (const auto& [value, name] : {std::pair<int, const char*>{l::left_atrium, "left atrium"}, {l::right_atrium, "right atrium"}, {l::lv_blood_pool, "left ventricle's blood"}, {l::rv_blood_pool, "right ventricle's blood"}})
    if (labels.volume_ml(value) < 5) return core::bad_input(fmt::format("The labels hold less than 5 ml of the {} (atria cannot be built). Segment the heart first.", name));
  // Around both atria, with room for the wall.
  std::array<int, 3> low{1 << 20, 1 << 20, 1 << 20}, high{0, 0, 0};
  const auto& g = labels.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (const int v = labels.at(i, j, k); v == l::left_atrium || v == l::right_atrium) {
          const int at[3] = {i, j, k};
          for (int a = 0; a < 3; ++a) low[std::size_t(a)] = std::min(low[std::size_t(a)], at[a]), high[std::size_t(a)] = std::max(high[std::size_t(a)], at[a]);
        }
  for (int a = 0; a < 3; ++a) {
    const int room = int(std::ceil((std::max(left_wall, right_wall) + 4) / g.spacing[a]));
    low[std::size_t(a)] -= room;
    high[std::size_t(a)] += room;
  }
  const core::Grid part = voxels::crop_grid(g, low, high);
  const auto values = voxels::crop(g, labels.values, low, high);
  const auto la = signed_distance(part, values, {l::left_atrium}), ra = signed_distance(part, values, {l::right_atrium});
  if (progress.cancelled()) return core::cancelled();
  const auto lv = signed_distance(part, values, {l::lv_blood_pool}), rv = signed_distance(part, values, {l::rv_blood_pool});
  const auto veins = signed_distance(part, values, {l::pulmonary_veins, l::superior_vena_cava, l::inferior_vena_cava, l::coronary_sinus});
  progress.report(0.4, "atria: distances");
  double nearest = std::numeric_limits<double>::infinity();   // way from blood to blood
  for (std::size_t i = 0; i < la.values.size(); ++i) nearest = std::min(nearest, double(std::max(0.0f, la.values[i]) + std::max(0.0f, ra.values[i])));
  if (nearest > 12) return core::bad_input(fmt::format("The atria lie {:.0f} mm apart in the labels (they would not be joined). Check the segmentation.", nearest));
  const double bridge = nearest > both ? nearest + 1.5 : 0;   // mm of both distances together; 1.5: a patch some millimetres wide
  const auto joined = joints(la, ra, both, nearest);

  core::LabelMap out;
  out.grid = part;
  for (int a = 0; a < 3; ++a) {
    out.grid.size[std::size_t(a)] = int(std::ceil(double(part.size[std::size_t(a)] - 1) * part.spacing[a] / voxel)) + 1;
    out.grid.spacing[a] = voxel;
  }
  out.values.assign(out.grid.voxels(), 0);
  core::parallel_chunks(out.grid.size[2], 1, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) {
        const Vec3 x = out.grid.to_patient(Vec3(i, j, double(k)));
        const double a = la.sample(x, 99), b = ra.sample(x, 99);
        std::uint8_t& v = out.values[out.grid.offset(i, j, int(k))];
        if (a <= 0 || b <= 0) {
          v = std::uint8_t(a <= b ? l::left_atrium : l::right_atrium);
          continue;
        }
        const bool is_left = a <= b;
        const bool at_top = joined.top.holds(x), at_bottom = joined.bottom.holds(x), at_septum = (x - joined.septum).norm() <= septum_radius_mm;
        const double wall = is_left ? left_wall : right_wall;
        const bool shell = std::min(a, b) <= wall || a + b <= bridge || (at_top && a + b <= joined.top.way + 1.5) || (at_bottom && a + b <= joined.bottom.way + 1.5);
        if (!shell) continue;
        // Elsewhere a groove of two voxels keeps the walls apart, as the fat between the atria does.
        if (!at_top && !at_bottom && !at_septum && a + b <= both + 4 * voxel && std::abs(a - b) <= 2 * voxel) continue;
        if ((is_left ? lv : rv).sample(x, 99) <= wall + 1) v = atrial_labels::opening;
        else if (veins.sample(x, 99) > 0) v = std::uint8_t(is_left ? atrial_labels::left_wall : atrial_labels::right_wall);
      }
  });
  const auto info = [&](int value, const char* key, const char* name) { out.labels.push_back({value, key, name, {200, 120, 120}, true}); };
  info(l::left_atrium, "left_atrium", "Left atrium");
  info(l::right_atrium, "right_atrium", "Right atrium");
  info(atrial_labels::left_wall, left_region, "Left atrial wall");
  info(atrial_labels::right_wall, right_region, "Right atrial wall");
  info(atrial_labels::opening, "av_opening", "Valve opening");
  return out;
}

void keep_atria(ModelChoices& choices, const AtriaCaseParams& atria) {
  const AtriaCaseParams usual;
  const auto unless_usual = [](double value, double same) { return value == same ? std::nullopt : std::optional(value); };
  choices.atrial_wall_mm = unless_usual(atria.wall_mm, usual.wall_mm);
  choices.atrial_right_wall_mm = unless_usual(atria.right_wall_mm, usual.right_wall_mm);
  choices.atrial_edge_mm = unless_usual(atria.edge_mm, usual.edge_mm);
  choices.atrial_fibres = atria.tissue.fibres == usual.tissue.fibres ? std::nullopt : std::optional<std::string>(organs::name_of(atria.tissue.fibres));
  choices.af_remodelled = atria.tissue.remodelled;
  choices.fibrosis_share = atria.tissue.fibrosis_share;
  choices.fibrosis_mm = unless_usual(atria.tissue.fibrosis_length_mm, usual.tissue.fibrosis_length_mm);
  choices.fibrosis_seed = atria.tissue.fibrosis_seed;
}

AtriaCaseParams chosen_atria(const ModelChoices& choices) {
  AtriaCaseParams atria;
  atria.wall_mm = choices.atrial_wall_mm.value_or(atria.wall_mm);
  atria.right_wall_mm = choices.atrial_right_wall_mm.value_or(atria.right_wall_mm);
  atria.edge_mm = choices.atrial_edge_mm.value_or(atria.edge_mm);
  if (choices.atrial_fibres)
    if (const auto rule = organs::atrial_fibre_rule(*choices.atrial_fibres)) atria.tissue.fibres = *rule;
  atria.tissue.remodelled = choices.af_remodelled;
  atria.tissue.fibrosis_share = choices.fibrosis_share;
  atria.tissue.fibrosis_length_mm = choices.fibrosis_mm.value_or(atria.tissue.fibrosis_length_mm);
  atria.tissue.fibrosis_seed = choices.fibrosis_seed;
  return atria;
}

std::vector<std::string> wall_assumptions(const AtriaCaseParams& params) {
  std::vector<std::string> out{fmt::format("Thickness of the atrial wall: {:g} mm left, {:g} mm right.", params.wall_mm, params.right_wall_mm)};
  // Measured (studies.md): up to this ratio the endocardium is whole within 1 %, at 1.2 a tenth of it is missing.
  constexpr double longest_edge = 1.05;
  if (const double thin = std::min(params.wall_mm, params.right_wall_mm); params.edge_mm > longest_edge * thin)
    out.push_back(fmt::format("The elements ({:g} mm) are longer than the atrial wall is thick ({:g} mm): it has holes, waves make detours and rings round the veins may be refused. Build with --edge {:g} or finer.", params.edge_mm, thin,
                              std::floor(10 * longest_edge * thin) / 10));
  return out;
}

core::Result<AtriaModel> make_atria(const core::LabelMap& labels, const AtriaCaseParams& params, const core::Progress& progress) {
  // Three voxels through the wall; not finer than the mesh can use.
  const double voxel = std::clamp(std::min(params.wall_mm, params.right_wall_mm) / 3, 0.6, 1.2);
  auto walls = atrial_wall_labels(labels, params.wall_mm, params.right_wall_mm, voxel, progress.part(0, 0.2));
  if (!walls) return core::pass(walls);
  imaging::MeshRequest request;
  request.parts = {{atrial_labels::left_wall, left_region, 0}, {atrial_labels::right_wall, right_region, 0}};
  request.edge_mm = params.edge_mm;
  request.keep_largest_part = true;
  auto made = imaging::tet_mesh_from_labels(*walls, request, progress.part(0.2, 0.7));
  if (!made) return core::pass(made);
  AtriaModel out;
  out.quality = made->quality;
  out.notes = made->notes;
  out.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  out.inputs.mesh = out.mesh;
  out.inputs.valve_rims = nodes_facing(*out.mesh, *walls, {atrial_labels::opening}, walls->grid.spacing.maxCoeff());
  const auto rim_of = [&](int vein) { return nodes_facing(*out.mesh, labels, {vein}, walls->grid.spacing.maxCoeff()); };
  out.inputs.ostia = {rim_of(l::pulmonary_veins), rim_of(l::superior_vena_cava), rim_of(l::inferior_vena_cava)};
  out.inputs.sinus_node = sinus_node_of(labels);
  // Axes of the heart from the blood of the chambers: enough to stand the electrodes around it.
  const Vec3 lv = centroid(labels, l::lv_blood_pool), rv = centroid(labels, l::rv_blood_pool), la = centroid(labels, l::left_atrium);
  out.inputs.axes.centre = 0.5 * (lv + rv);
  out.inputs.axes.long_axis = (lv - la).normalized();
  Vec3 towards_rv = rv - lv;
  towards_rv -= towards_rv.dot(out.inputs.axes.long_axis) * out.inputs.axes.long_axis;
  out.inputs.axes.rv_direction = towards_rv.normalized();
  out.inputs.params = params.tissue;
  auto heart = organs::build_atria(out.inputs, progress.part(0.7, 1));
  if (!heart) return core::pass(heart);
  out.heart = *heart;
  return out;
}

core::Result<AtriaModel> add_atria(CaseData& data, const std::string& labels_sha256, const AtriaCaseParams& params, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto image = std::find_if(data.images.begin(), data.images.end(), [&](const ImageData& i) {
    return i.labels && core::has_label(*i.labels, l::left_atrium) && core::has_label(*i.labels, l::right_atrium) && (labels_sha256.empty() || i.labels->sha256() == labels_sha256);
  });
  if (image == data.images.end()) return core::bad_input("No image of the case has labels of both atria (an atrial twin needs them). Run `segment` first.");
  auto made = make_atria(*image->labels, params, progress);
  if (!made) return core::pass(made);
  MeshedParts parts;
  parts.key = "atria";
  parts.name = "Atria";
  parts.mesh = made->mesh;
  parts.quality = made->quality;
  parts.edge_mm = params.edge_mm;
  parts.labels_sha256 = image->labels->sha256();
  parts.notes = made->notes;
  std::erase_if(data.part_meshes, [](const MeshedParts& p) { return p.key == "atria"; });
  data.part_meshes.push_back(std::move(parts));
  StageReport stage;
  stage.name = "build atria";
  const auto add = [&](const char* key, const char* label, const char* unit, double value) { stage.quantities.push_back({key, label, unit, value, ""}); };
  add("nodes", "Nodes", "", double(made->quality.nodes));
  add("tets", "Tetrahedra", "", double(made->quality.tets));
  add("min_dihedral_deg", "Smallest dihedral angle", "deg", made->quality.min_dihedral_deg);
  add("inverted", "Inverted", "", double(made->quality.inverted));
  add("parts", "Separate parts", "", double(made->quality.parts));
  stage.notes = organs::assumptions(made->inputs);
  for (auto& note : wall_assumptions(params)) stage.notes.push_back(std::move(note));
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  data.stages.push_back(std::move(stage));
  return made;
}

core::Result<void> build_atrial_twin(CaseData& data, const AtriaCaseParams& params, const core::Progress& progress) {
  auto made = add_atria(data, "", params, progress);
  if (!made) return core::pass(made);
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "atria";
  twin->source_labels_sha256 = data.part_meshes.back().labels_sha256;
  twin->heart = made->heart;
  twin->assumptions = data.stages.back().notes;
  if (auto ok = lay_muscle(data.choices.muscle, *twin); !ok) return ok;
  data.twin = std::move(twin);
  data.results.clear();
  data.choices.organ = "atria";
  keep_atria(data.choices, params);
  return {};
}

bool has_left_atrium(const twin::TwinModel& twin) {
  if (!twin.heart || !twin.heart->baseline.mesh) return false;
  const auto& names = twin.heart->baseline.mesh->region_names;
  return std::any_of(names.begin(), names.end(), [](const auto& r) { return r.second == left_region; });
}

}  // namespace ot::session
