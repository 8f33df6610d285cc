// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/flow_domain.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "app/solve/file_unit.hpp"
#include "app/solve/revolution.hpp"
#include "app/solve/spec_reader.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/lumen_ends.hpp"
#include "imaging/meshing/meshing.hpp"
#include "solvers/hemodynamics/flow_domains.hpp"

namespace ot::solve {
namespace {

std::vector<std::pair<double, double>> read_profile(SpecReader& spec) {
  if (spec.has("tube_mm")) {
    SpecReader tube(spec.at("tube_mm"), "\"tube_mm\"");
    const double r = tube.number("radius", {}, 1e-3, 1e3), l = tube.number("length", {}, 1e-3, 1e5);
    tube.finish();
    return {{0, r}, {l, r}};
  }
  if (spec.has("stenosis_mm")) {  // a cosine lesion: r = R (1 - s/2 (1 + cos(2 pi (z - centre) / lesion_length)))
    SpecReader s(spec.at("stenosis_mm"), "\"stenosis_mm\"");
    const double r = s.number("radius", {}, 1e-3, 1e3), l = s.number("length", {}, 1e-3, 1e5), severity = s.number("severity", {}, 0, 0.95);
    const double centre = s.number("centre", l / 3, 0, l), lesion = s.number("lesion_length", 4 * r, 1e-3, l);
    s.finish();
    if (centre - lesion / 2 < 0 || centre + lesion / 2 > l) throw SpecError("\"stenosis_mm\": the lesion does not lie within the length.");
    std::vector<std::pair<double, double>> profile{{0, r}};
    constexpr int pieces = 80;
    for (int k = 0; k <= pieces; ++k) {
      const double x = lesion * (double(k) / pieces - 0.5);
      profile.emplace_back(centre + x, r * (1 - severity / 2 * (1 + std::cos(2 * M_PI * x / lesion))));
    }
    profile.emplace_back(l, r);
    return profile;
  }
  auto profile = SpecReader::pairs(spec.at("profile_of_revolution_mm"), "\"profile_of_revolution_mm\"");
  for (std::size_t i = 0; i < profile.size(); ++i)
    if (!(profile[i].second > 0) || (i > 0 && !(profile[i].first >= profile[i - 1].first))) throw SpecError("\"profile_of_revolution_mm\" needs rising z and positive r.");
  if (profile.size() < 2) throw SpecError("\"profile_of_revolution_mm\" needs at least two points.");
  return profile;
}

// Every number a condition names must be one of these caps.
void check_named(const NamedCaps& caps, const std::map<int, std::string>& known, const std::string& where) {
  std::string list;
  for (const auto& [patch, what] : known) list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", patch, what);
  for (const auto* side : {&caps.inlets, &caps.outlets})
    for (int patch : *side)
      if (!known.count(patch)) throw SpecError(fmt::format("\"cap\": {} is no cap of {} (its condition would have no effect). Its caps are {}.", patch, where, list));
}

// The names that a centreline goes by, for what the conditions say of the caps.
void name_caps(const NamedCaps& caps, std::map<int, std::string>& names) {
  const auto outlet = [](int patch) { return fmt::format("outlet {}", patch); };
  for (auto& [patch, name] : names)
    if (name == "inlet" || name.rfind("outlet", 0) == 0) name = outlet(patch);   // one without a condition is refused later, not lost
  for (const auto* side : {&caps.inlets, &caps.outlets})
    for (int patch : *side) names[patch] = outlet(patch);
  if (!caps.inlets.empty()) names[caps.inlets.front()] = "inlet";   // the tree has one root
}

// One straight vessel, run from its other end.
core::VesselNetwork turned(core::VesselNetwork network) {
  core::VesselBranch& b = network.branches.front();
  const double length = b.length();
  std::reverse(b.points.begin(), b.points.end()), std::reverse(b.radius.begin(), b.radius.end()), std::reverse(b.arc.begin(), b.arc.end());
  for (double& arc : b.arc) arc = length - arc;
  std::swap(b.outlet_patch, network.inlet_patch);
  return network;
}

// Patches of the mesh, the lumen and the network by the numbers of the file again.
void renumber(const std::map<int, int>& given, core::TetMesh* mesh, core::SurfaceMesh& lumen, core::VesselNetwork& network) {
  const auto back = [&](int patch) {
    const auto at = given.find(patch);
    return at == given.end() ? patch : at->second;
  };
  network.inlet_patch = back(network.inlet_patch);
  for (core::VesselBranch& b : network.branches)
    if (b.children.empty()) b.outlet_patch = back(b.outlet_patch);
  const auto rename = [&](auto& patch_names) {
    std::map<int, std::string> names;
    for (const auto& [patch, name] : patch_names) names[back(patch)] = name;
    patch_names = std::move(names);
  };
  for (int& patch : lumen.patch) patch = back(patch);
  rename(lumen.patch_names);
  if (!mesh) return;
  for (core::BoundaryFace& f : mesh->boundary) f.patch = back(f.patch);
  rename(mesh->patch_names);
}

FlowDomain surface_domain(SpecReader& spec, double edge, const SolveOptions& options, bool meshed, const NamedCaps& caps, const core::Progress& progress) {
  FlowDomain domain;
  domain.edge_mm = edge;
  const FileUnit unit = file_unit(spec);
  const std::string file = spec.text("surface", {});
  auto read = take(imaging::read_surface(options.base / file, unit.unit, spec.text("cap_array", "")));
  spec.finish();
  check_unit(unit, read.points, file, domain.notes);
  auto ends = take(imaging::lumen_ends(read));
  std::map<int, std::string> known;
  for (const auto& [patch, area] : ends.area_mm2) known[patch] = fmt::format("{:.4g} mm2", area);
  check_named(caps, known, file);
  if (caps.inlets.empty()) throw SpecError("\"inlets\" is empty (nothing drives the blood). Name the cap that blood enters by.");
  auto lumen = take(imaging::lumen_from_surface(ends.surface, caps.inlets.front(), {}, progress.part(0, 0.2)));
  for (auto* notes : {&ends.notes, &lumen.notes}) domain.notes.insert(domain.notes.end(), notes->begin(), notes->end());
  auto network = take(imaging::centerline(lumen.surface, progress.part(0.2, 0.3)));
  std::shared_ptr<core::TetMesh> mesh;
  if (meshed) mesh = std::make_shared<core::TetMesh>(take(imaging::lumen_tets(lumen.surface, edge, progress.part(0.3, 0.5))));
  std::map<int, int> given;
  for (const auto& [patch, here] : imaging::lumen_patches(ends, caps.inlets.front())) given.try_emplace(here, patch);   // the wall: its lowest number
  renumber(given, mesh.get(), lumen.surface, network);
  domain.mesh = std::move(mesh);
  domain.lumen = std::make_shared<core::SurfaceMesh>(std::move(lumen.surface));
  domain.network = std::make_shared<core::VesselNetwork>(std::move(network));
  return domain;
}

}  // namespace

FlowDomain read_flow_domain(const nlohmann::json& json, const SolveOptions& options, bool full, bool meshed, const NamedCaps& caps, const core::Progress& progress) {
  SpecReader spec(json, "\"domain\"");
  FlowDomain domain;
  if (spec.has("cylinder_channel_mm")) {
    SpecReader c(spec.at("cylinder_channel_mm"), "\"cylinder_channel_mm\"");
    hemo::CylinderChannel shape;
    shape.length_mm = c.number("length", shape.length_mm, 1e-3, 1e6), shape.height_mm = c.number("height", shape.height_mm, 1e-3, 1e6), shape.depth_mm = c.number("depth", shape.depth_mm, 1e-3, 1e6);
    shape.x_mm = c.number("x", shape.x_mm, 0, 1e6), shape.y_mm = c.number("y", shape.y_mm, 0, 1e6), shape.diameter_mm = c.number("diameter", shape.diameter_mm, 1e-3, 1e6);
    shape.around_quarter = c.integer("around_quarter", shape.around_quarter, 4, 200), shape.layers = c.integer("layers", shape.layers, 4, 200);
    c.finish();
    spec.finish();
    if (!full) throw SpecError("A channel with a cylinder has no centreline tree: use \"mode\": \"full\".");
    domain.mesh = std::make_shared<core::TetMesh>(take(hemo::cylinder_channel_mesh(shape)));
    domain.cylinder_patch = hemo::domain_cylinder, domain.cylinder_mm = shape.diameter_mm, domain.depth_mm = shape.depth_mm, domain.height_mm = shape.height_mm;
    for (double side : {-0.5, 0.5}) domain.cylinder_probes.emplace_back(shape.x_mm + side * shape.diameter_mm, shape.y_mm, shape.depth_mm / 2);
    return domain;
  }
  const double edge = domain.edge_mm = spec.number("edge_mm", 0, 0, 100);
  if (spec.has("tetrahedra")) {
    const FileUnit unit = file_unit(spec);
    const std::string file = spec.text("tetrahedra", {});
    domain.mesh = std::make_shared<core::TetMesh>(take(imaging::read_tet_mesh(options.base / file, unit.unit)));
    check_unit(unit, domain.mesh->nodes, file, domain.notes);
    spec.finish();
    core::SurfaceMesh surface;
    surface.points = domain.mesh->nodes, surface.patch_names = domain.mesh->patch_names;
    for (const auto& f : domain.mesh->boundary) surface.triangles.push_back(f.nodes), surface.patch.push_back(f.patch);
    std::map<int, std::string> known;
    for (int patch : std::set<int>(surface.patch.begin(), surface.patch.end())) {
      const auto name = surface.patch_names.find(patch);
      known[patch] = name == surface.patch_names.end() ? "no name" : name->second;
    }
    check_named(caps, known, file);
    name_caps(caps, surface.patch_names);
    // Without a centreline the fields and caps are still computed; the pull-back and sections are not.
    if (auto network = imaging::centerline(surface, progress.part(0, 0.3))) domain.network = std::make_shared<core::VesselNetwork>(std::move(*network));
    else if (!full) throw SolverFailed(network.error());
    domain.lumen = std::make_shared<core::SurfaceMesh>(std::move(surface));
    return domain;
  }
  if (spec.has("surface")) return surface_domain(spec, edge, options, meshed, caps, progress);
  if (!(edge > 0)) throw SpecError("\"domain\" lacks \"edge_mm\".");
  const auto profile = read_profile(spec);
  const std::string style = spec.text("mesh", "layered");
  if (style != "layered" && style != "unstructured") throw SpecError("\"mesh\" is layered or unstructured.");
  hemo::Revolution shape;
  shape.profile = profile, shape.edge_mm = edge;
  shape.axial_ratio = spec.number("axial_ratio", 1, 0.2, 10), shape.wall_grading = spec.number("wall_grading", 1, 0.05, 1), shape.expanded_edge_ratio = spec.number("expanded_edge_ratio", 1, 1, 10);
  spec.finish();
  check_named(caps, {{hemo::domain_inlet, "at the first z"}, {hemo::domain_outlet, "at the last z"}}, "a shape of revolution");
  const bool backwards = !caps.inlets.empty() && caps.inlets.front() == hemo::domain_outlet;
  if (style == "layered" && meshed) {
    auto made = take(hemo::revolution_mesh(shape));
    domain.mesh = std::make_shared<core::TetMesh>(std::move(made.mesh));
    domain.network = std::make_shared<core::VesselNetwork>(backwards ? turned(std::move(made.network)) : std::move(made.network));
    return domain;
  }
  core::SurfaceMesh surface = surface_of_revolution(profile, edge);
  if (backwards) name_caps(caps, surface.patch_names);
  domain.network = std::make_shared<core::VesselNetwork>(take(imaging::centerline(surface, progress.part(0.2, 0.3))));
  if (meshed) domain.mesh = std::make_shared<core::TetMesh>(take(imaging::lumen_tets(surface, edge, progress.part(0.3, 0.5))));
  domain.lumen = std::make_shared<core::SurfaceMesh>(std::move(surface));
  return domain;
}

}  // namespace ot::solve
