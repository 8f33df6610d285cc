// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/mesh_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "imaging/centerline/branch_names.hpp"
#include "imaging/meshing/surface_repair.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::session {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

core::Result<MeshedVessel*> vessel_of(CaseData& data, const std::string& key) {
  for (auto& v : data.vessel_meshes)
    if (v.key == key) return &v;
  std::string known;
  for (const auto& v : data.vessel_meshes) known += (known.empty() ? "" : ", ") + v.key;
  return core::bad_input(fmt::format("The case has no vessel \"{}\" (it has: {}). Mesh it first.", key, known.empty() ? "none" : known));
}

void quality_into(StageReport& s, const core::MeshQuality& q) {
  s.quantities.push_back({"nodes", "Nodes", "", double(q.nodes), ""});
  s.quantities.push_back({"tets", "Tetrahedra", "", double(q.tets), ""});
  s.quantities.push_back({"min_dihedral_deg", "Smallest dihedral angle", "deg", q.min_dihedral_deg, ""});
  s.quantities.push_back({"median_dihedral_deg", "Median smallest dihedral", "deg", q.median_dihedral_deg, ""});
  s.quantities.push_back({"inverted", "Inverted", "", double(q.inverted), ""});
  s.quantities.push_back({"mean_edge_mm", "Mean edge", "mm", q.mean_edge_mm, ""});
  s.quantities.push_back({"parts", "Separate parts", "", double(q.parts), ""});
}

void model_changed(CaseData& data) {
  data.twin = nullptr;   // a twin on older meshes would mislead
  data.results.clear();
}

core::Result<void> plain_name(const std::string& name) {
  if (name.empty() || name.size() > 60 || std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32; }))
    return core::wrong_usage("A name has 1 to 60 printable characters. Choose another one.");
  return {};
}

imaging::VesselKind kind_of(const MeshedVessel& v) {
  if (v.key.find("aorta") != std::string::npos) return imaging::VesselKind::aorta;
  if (v.key.find("coronary") != std::string::npos) return imaging::VesselKind::left_coronary;
  return imaging::VesselKind::other;
}

// Lumen changed: centreline, names and tetrahedra again.
core::Result<void> remake(MeshedVessel& v, core::SurfaceMesh lumen, const core::Progress& progress) {
  auto network = imaging::centerline(lumen, progress.part(0, 0.3));
  if (!network) return core::pass(network);
  auto tets = imaging::lumen_tets(lumen, v.edge_mm, progress.part(0.3, 1));
  if (!tets) return core::pass(tets);
  imaging::name_branches(*network, kind_of(v));
  v.quality = core::measure_quality(*tets);
  v.mesh = std::make_shared<core::TetMesh>(std::move(*tets));
  v.network = std::make_shared<core::VesselNetwork>(std::move(*network));
  v.lumen = std::make_shared<core::SurfaceMesh>(std::move(lumen));
  return {};
}

}  // namespace

int label_value(const core::LabelMap& labels, const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number > 0 && number < 256 && core::has_label(labels, number) ? number : 0;
  return labels.value_of(text);
}

core::Result<void> mesh_labels(CaseData& data, const std::string& image_key, const imaging::MeshRequest& request, const std::string& key, const core::Progress& progress) {
  const auto image = std::find_if(data.images.begin(), data.images.end(), [&](const ImageData& i) { return i.key == image_key; });
  if (image == data.images.end() || !image->labels) return core::bad_input(fmt::format("The image \"{}\" has no labels (nothing to mesh). Segment it first.", image_key));
  if (auto ok = plain_name(key); !ok) return ok;
  if (key == "heart" || std::any_of(data.vessel_meshes.begin(), data.vessel_meshes.end(), [&](const auto& v) { return v.key == key; }))
    return core::wrong_usage(fmt::format("\"{}\" is the name of another mesh of this case. Choose another name.", key));
  const auto start = Clock::now();
  auto made = imaging::tet_mesh_from_labels(*image->labels, request, progress);
  if (!made) return core::pass(made);
  MeshedParts parts;
  parts.key = key;
  parts.name = key;
  parts.quality = made->quality;
  parts.edge_mm = request.edge_mm;
  parts.labels_sha256 = image->labels->sha256();
  parts.notes = made->notes;
  parts.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  StageReport stage;
  stage.name = "mesh " + key;
  quality_into(stage, parts.quality);
  stage.quantities.insert(stage.quantities.end(), made->quantities.begin(), made->quantities.end());
  stage.notes = parts.notes;
  for (const auto& [value, name] : parts.mesh->patch_names) {
    const auto faces = std::count_if(parts.mesh->boundary.begin(), parts.mesh->boundary.end(), [v = value](const auto& f) { return f.patch == v; });
    stage.notes.push_back(fmt::format("Patch \"{}\": {} faces.", name, faces));
  }
  stage.wall_s = since(start);
  std::erase_if(data.part_meshes, [&](const MeshedParts& p) { return p.key == key; });
  data.part_meshes.push_back(std::move(parts));
  data.stages.push_back(std::move(stage));
  return {};
}

std::vector<MeshEntry> meshes_of(const CaseData& data) {
  std::vector<MeshEntry> out;
  if (data.heart_mesh && data.heart_mesh->mesh) out.push_back({"heart", "Heart", data.heart_mesh->mesh});
  for (const auto& v : data.vessel_meshes)
    if (v.mesh) out.push_back({v.key, v.name, v.mesh});
  for (const auto& p : data.part_meshes)
    if (p.mesh) out.push_back({p.key, p.name, p.mesh});
  return out;
}

core::Result<void> rename_patch(CaseData& data, const std::string& mesh_key, const std::string& from, const std::string& to) {
  if (auto ok = plain_name(to); !ok) return ok;
  const auto renamed = [&](const std::map<int, std::string>& names) -> core::Result<std::map<int, std::string>> {
    std::map<int, std::string> out = names;
    std::string known;
    int value = -1;
    for (const auto& [v, name] : names) {
      if (name == from) value = v;
      if (name == to) return core::wrong_usage(fmt::format("The mesh has a patch \"{}\" already. Choose another name.", to));
      known += (known.empty() ? "" : ", ") + name;
    }
    if (value < 0) return core::wrong_usage(fmt::format("The mesh has no patch \"{}\" (it has: {}).", from, known));
    out[value] = to;
    return out;
  };
  StageReport stage;
  stage.name = "rename patch";
  stage.notes.push_back(fmt::format("{}: \"{}\" is \"{}\" now.", mesh_key, from, to));
  const auto apply = [&](std::shared_ptr<const core::TetMesh>& mesh) -> core::Result<void> {
    auto names = renamed(mesh->patch_names);
    if (!names) return core::pass(names);
    auto copy = std::make_shared<core::TetMesh>(*mesh);
    copy->patch_names = std::move(*names);
    mesh = std::move(copy);
    return {};
  };
  if (mesh_key == "heart" && data.heart_mesh) {
    if (auto ok = apply(data.heart_mesh->mesh); !ok) return ok;
    model_changed(data);
  } else if (const auto p = std::find_if(data.part_meshes.begin(), data.part_meshes.end(), [&](const auto& m) { return m.key == mesh_key; }); p != data.part_meshes.end()) {
    if (auto ok = apply(p->mesh); !ok) return ok;
  } else {
    auto v = vessel_of(data, mesh_key);
    if (!v) return core::pass(v);
    if (from == "wall" || from == "inlet" || to == "wall" || to == "inlet")
      return core::wrong_usage("The names \"wall\" and \"inlet\" of a vessel carry its flow. To take another cap as the inlet use --inlet (the desktop: click the cap, \"Use as inlet\").");
    auto names = renamed((*v)->lumen->patch_names);
    if (!names) return core::pass(names);
    if (to.rfind("outlet", 0) != 0) return core::wrong_usage("The name of an outlet begins with \"outlet\" (the flow conditions are found by it), for instance \"outlet LAD\".");
    if (auto ok = apply((*v)->mesh); !ok) return ok;
    auto lumen = std::make_shared<core::SurfaceMesh>(*(*v)->lumen);
    lumen->patch_names = std::move(*names);
    (*v)->lumen = std::move(lumen);
    model_changed(data);
  }
  data.stages.push_back(std::move(stage));
  return {};
}

namespace {

// The mesh whose faces a person may sort into patches: the heart's or one of labels.
core::Result<std::shared_ptr<const core::TetMesh>*> sortable_mesh(CaseData& data, const std::string& key) {
  if (key == "heart" && data.heart_mesh && data.heart_mesh->mesh) return &data.heart_mesh->mesh;
  for (auto& p : data.part_meshes)
    if (p.key == key && p.mesh) return &p.mesh;
  for (const auto& v : data.vessel_meshes)
    if (v.key == key) return core::wrong_usage("The patches of a vessel are its wall and its caps, which carry the flow: they are not sorted by hand. Choose another inlet with --inlet, or mesh the vessel again.");
  return core::bad_input(fmt::format("The case has no mesh \"{}\" (it has: {}). Mesh the labels first.", key, [&] {
    std::string known;
    for (const auto& e : meshes_of(data)) known += (known.empty() ? "" : ", ") + e.key;
    return known.empty() ? std::string("none") : known;
  }()));
}

std::optional<int> patch_of(const core::TetMesh& mesh, const std::string& name) {
  for (const auto& [value, known] : mesh.patch_names)
    if (known == name) return value;
  return std::nullopt;
}

// Puts the changed mesh in its place; a patch without a face loses its name.
core::Result<void> keep_sorted(CaseData& data, const std::string& key, core::TetMesh mesh, std::string note) {
  std::erase_if(mesh.patch_names, [&](const auto& entry) {
    return std::none_of(mesh.boundary.begin(), mesh.boundary.end(), [&](const core::BoundaryFace& f) { return f.patch == entry.first; });
  });
  auto place = sortable_mesh(data, key);
  if (!place) return core::pass(place);
  **place = std::make_shared<const core::TetMesh>(std::move(mesh));
  if (key == "heart") model_changed(data);
  StageReport stage;
  stage.name = "sort patches";
  stage.notes.push_back(std::move(note));
  data.stages.push_back(std::move(stage));
  return {};
}

}  // namespace

core::Result<void> merge_patch(CaseData& data, const std::string& mesh_key, const std::string& from, const std::string& into) {
  const auto place = sortable_mesh(data, mesh_key);
  if (!place) return core::pass(place);
  core::TetMesh mesh = ***place;
  const auto source = patch_of(mesh, from), target = patch_of(mesh, into);
  for (const auto& [value, name] : {std::pair{source, from}, {target, into}})
    if (!value) return core::wrong_usage(fmt::format("The mesh \"{}\" has no patch \"{}\". `patches` lists them.", mesh_key, name));
  if (source == target) return core::wrong_usage("A patch cannot join itself. Name two patches.");
  std::size_t moved = 0;
  for (auto& f : mesh.boundary)
    if (f.patch == *source) f.patch = *target, ++moved;
  return keep_sorted(data, mesh_key, std::move(mesh), fmt::format("{}: {} faces of \"{}\" belong to \"{}\" now.", mesh_key, moved, from, into));
}

core::Result<void> paint_patch(CaseData& data, const std::string& mesh_key, const std::string& name, const core::Vec3& centre, double radius) {
  if (auto ok = plain_name(name); !ok) return ok;
  if (!(radius > 0 && radius <= 200) || !centre.allFinite()) return core::wrong_usage("The ball that paints a patch has a finite centre and a radius over 0 and up to 200 mm.");
  const auto place = sortable_mesh(data, mesh_key);
  if (!place) return core::pass(place);
  core::TetMesh mesh = ***place;
  const auto known_patch = patch_of(mesh, name);
  int target = known_patch.value_or(0);
  if (!known_patch) {
    for (const auto& [value, known] : mesh.patch_names) target = std::max(target, value);
    for (const auto& f : mesh.boundary) target = std::max(target, f.patch);
    mesh.patch_names[++target] = name;
  }
  std::size_t moved = 0;
  for (auto& f : mesh.boundary) {
    const core::Vec3 middle = (mesh.nodes[std::size_t(f.nodes[0])] + mesh.nodes[std::size_t(f.nodes[1])] + mesh.nodes[std::size_t(f.nodes[2])]) / 3;
    if (f.patch != target && (middle - centre).norm() <= radius) f.patch = target, ++moved;
  }
  if (moved == 0) return core::wrong_usage(fmt::format("No face of \"{}\" that is not \"{}\" already lies within {:g} mm of that point. Choose a point on the surface, or a larger ball.", mesh_key, name, radius));
  return keep_sorted(data, mesh_key, std::move(mesh), fmt::format("{}: {} faces within {:g} mm of ({:.1f}, {:.1f}, {:.1f}) are \"{}\" now.", mesh_key, moved, radius, centre.x(), centre.y(), centre.z(), name));
}

core::Result<void> rename_branch(CaseData& data, const std::string& key, int branch, const std::string& name) {
  if (auto ok = plain_name(name); !ok) return ok;
  auto v = vessel_of(data, key);
  if (!v) return core::pass(v);
  if (branch < 0 || branch >= int((*v)->network->branches.size())) return core::wrong_usage(fmt::format("\"{}\" has branches 0 to {}.", key, (*v)->network->branches.size() - 1));
  auto network = std::make_shared<core::VesselNetwork>(*(*v)->network);
  StageReport stage;
  stage.name = "rename branch";
  stage.notes.push_back(fmt::format("{}: branch {} \"{}\" is \"{}\" now.", key, branch, network->branches[std::size_t(branch)].name, name));
  network->branches[std::size_t(branch)].name = name;
  (*v)->network = std::move(network);
  data.stages.push_back(std::move(stage));
  return {};
}

core::Result<void> choose_inlet(CaseData& data, const std::string& key, const std::string& outlet, const core::Progress& progress) {
  auto found = vessel_of(data, key);
  if (!found) return core::pass(found);
  const auto start = Clock::now();
  MeshedVessel v = **found;
  core::SurfaceMesh lumen = *v.lumen;
  int old_inlet = -1, chosen = -1;
  for (const auto& [value, name] : lumen.patch_names) {
    if (name == "inlet") old_inlet = value;
    if (name == outlet && name.rfind("outlet", 0) == 0) chosen = value;
  }
  if (chosen < 0) return core::wrong_usage(fmt::format("\"{}\" has no outlet \"{}\". See 'organtwin-cli vessels CASE'.", key, outlet));
  lumen.patch_names[chosen] = "inlet";
  if (old_inlet >= 0) lumen.patch_names[old_inlet] = outlet;
  if (auto ok = remake(v, std::move(lumen), progress); !ok) return ok;
  StageReport stage;
  stage.name = "inlet of " + key;
  stage.notes = {fmt::format("{}: \"{}\" is the inlet now; the centreline starts there.", key, outlet)};
  quality_into(stage, v.quality);
  stage.wall_s = since(start);
  v.notes.push_back(stage.notes.front());
  **found = std::move(v);
  model_changed(data);
  data.stages.push_back(std::move(stage));
  return {};
}

core::Result<void> extend_vessel(CaseData& data, const std::string& key, double diameters, const core::Progress& progress) {
  auto found = vessel_of(data, key);
  if (!found) return core::pass(found);
  const auto start = Clock::now();
  if (!(diameters > 0 && diameters <= 10)) return core::wrong_usage("Flow extensions are over 0 and up to 10 diameters long. Choose about 5 for an inlet; undo takes them away.");
  MeshedVessel v = **found;
  for (const auto& n : v.notes)
    if (n.rfind("Flow extensions", 0) == 0) return core::wrong_usage(fmt::format("\"{}\" has flow extensions already. Undo them, or mesh the vessel again, before others are added.", key));
  auto lumen = imaging::add_flow_extensions(*v.lumen, diameters);
  if (!lumen) return core::pass(lumen);
  if (auto ok = remake(v, std::move(*lumen), progress); !ok) return ok;
  StageReport stage;
  stage.name = "flow extensions of " + key;
  stage.notes = {fmt::format("Flow extensions of {:g} diameters at every cap, blended to a circle; they are not anatomy.", diameters)};
  quality_into(stage, v.quality);
  stage.wall_s = since(start);
  v.notes.push_back(stage.notes.front());
  **found = std::move(v);
  model_changed(data);
  data.stages.push_back(std::move(stage));
  return {};
}

VesselFindings find_in_vessel(const MeshedVessel& vessel, double voxel_mm, double least_percent) {
  VesselFindings out;
  if (!vessel.network) return out;
  out.stenoses = core::find_stenoses(*vessel.network, least_percent);
  out.bifurcations = core::find_bifurcations(*vessel.network);
  // twin_parts.cpp says so of a coronary whose thin places were measured in the scan.
  const bool from_brightness = std::any_of(vessel.notes.begin(), vessel.notes.end(), [](const std::string& n) { return n.find("sum of brightness") != std::string::npos; });
  for (const auto& s : out.stenoses)
    // Measured on voxelised cosine stenoses (verify vessels/stenosis): within 3 points from three voxels across the throat on.
    if (voxel_mm > 0 && s.min_diameter_mm < 3.0 * voxel_mm)
      out.doubts.push_back(from_brightness ? fmt::format("The throat in {} is {:.1f} voxels wide: its width follows from the sum of brightness across it, in which calcium and stents count as blood.",
                                                         vessel.network->branches[std::size_t(s.branch)].name, s.min_diameter_mm / voxel_mm)
                                           : fmt::format("The throat in {} is {:.1f} voxels wide: from such labels the degree may be off by 5 to 15 points. A finer image would tell.",
                                       vessel.network->branches[std::size_t(s.branch)].name, s.min_diameter_mm / voxel_mm));
  return out;
}

double voxel_of(const CaseData& data, const MeshedVessel& vessel) {
  for (const auto& image : data.images)
    if (image.labels && image.labels->sha256() == vessel.labels_sha256) return image.labels->grid.spacing.maxCoeff();
  return 0;
}

}  // namespace ot::session
