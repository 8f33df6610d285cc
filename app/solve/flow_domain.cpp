// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/flow_domain.hpp"

#include "app/solve/file_unit.hpp"
#include "app/solve/revolution.hpp"
#include "app/solve/spec_reader.hpp"
#include "imaging/io/io.hpp"
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

}  // namespace

FlowDomain read_flow_domain(const nlohmann::json& json, const SolveOptions& options, bool full, bool meshed, int inlet, const core::Progress& progress) {
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
    // Without a centreline the fields and caps are still computed; the pull-back and sections are not.
    if (auto network = imaging::centerline(surface, progress.part(0, 0.3))) domain.network = std::make_shared<core::VesselNetwork>(std::move(*network));
    else if (!full) throw SolverFailed(network.error());
    domain.lumen = std::make_shared<core::SurfaceMesh>(std::move(surface));
    return domain;
  }
  core::SurfaceMesh surface;
  if (spec.has("surface")) {
    const FileUnit unit = file_unit(spec);
    const std::string file = spec.text("surface", {});
    auto closed = take(imaging::read_surface(options.base / file, unit.unit, spec.text("cap_array", "")));
    check_unit(unit, closed.points, file, domain.notes);
    auto lumen = take(imaging::lumen_from_surface(closed, inlet, {}, progress.part(0, 0.2)));
    surface = std::move(lumen.surface);
  } else {
    if (!(edge > 0)) throw SpecError("\"domain\" lacks \"edge_mm\".");
    const auto profile = read_profile(spec);
    const std::string style = spec.text("mesh", "layered");
    if (style != "layered" && style != "unstructured") throw SpecError("\"mesh\" is layered or unstructured.");
    hemo::Revolution shape;
    shape.profile = profile, shape.edge_mm = edge;
    shape.axial_ratio = spec.number("axial_ratio", 1, 0.2, 10), shape.wall_grading = spec.number("wall_grading", 1, 0.05, 1), shape.expanded_edge_ratio = spec.number("expanded_edge_ratio", 1, 1, 10);
    if (style == "layered" && meshed) {
      spec.finish();
      auto made = take(hemo::revolution_mesh(shape));
      domain.mesh = std::make_shared<core::TetMesh>(std::move(made.mesh));
      domain.network = std::make_shared<core::VesselNetwork>(std::move(made.network));
      return domain;
    }
    surface = surface_of_revolution(profile, edge);
  }
  spec.finish();
  domain.network = std::make_shared<core::VesselNetwork>(take(imaging::centerline(surface, progress.part(0.2, 0.3))));
  if (meshed) domain.mesh = std::make_shared<core::TetMesh>(take(imaging::lumen_tets(surface, edge, progress.part(0.3, 0.5))));
  domain.lumen = std::make_shared<core::SurfaceMesh>(std::move(surface));
  return domain;
}

}  // namespace ot::solve
