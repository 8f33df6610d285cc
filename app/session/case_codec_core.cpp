// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "app/session/case_codec.hpp"
#include "app/session/codec_parts.hpp"

namespace ot::session {

Json numbers_or_null(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
double number_or_nan(const Json& j) { return j.is_null() ? std::nan("") : j.get<double>(); }

Json vec3(const core::Vec3& v) { return Json::array({v[0], v[1], v[2]}); }
core::Vec3 to_vec3(const Json& j) {
  if (!j.is_array() || j.size() != 3) throw DamagedCase("a point does not have three coordinates");
  return {j[0].get<double>(), j[1].get<double>(), j[2].get<double>()};
}

Json pack_points(const std::vector<core::Vec3>& points) {
  std::vector<double> flat(points.size() * 3);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int a = 0; a < 3; ++a) flat[3 * i + static_cast<std::size_t>(a)] = points[i][a];
  return pack(flat);
}
std::vector<core::Vec3> unpack_points(const Json& json) {
  const auto flat = unpack<double>(json);
  if (flat.size() % 3 != 0) throw DamagedCase("points do not have three coordinates each");
  std::vector<core::Vec3> points(flat.size() / 3);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]};
  return points;
}

namespace {

Json names_to_json(const std::map<int, std::string>& names) {
  Json out = Json::array();
  for (const auto& [value, name] : names) out.push_back({value, name});
  return out;
}
std::map<int, std::string> names_from_json(const Json& json) {
  std::map<int, std::string> names;
  for (const auto& pair : json) names[pair.at(0).get<int>()] = pair.at(1).get<std::string>();
  return names;
}

Json encode(const core::Grid& grid) {
  Json direction = Json::array();
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) direction.push_back(grid.direction(r, c));
  return {{"size", grid.size}, {"spacing_mm", vec3(grid.spacing)}, {"origin_mm", vec3(grid.origin)}, {"direction", direction}};
}
core::Grid decode_grid(const Json& json) {
  core::Grid grid;
  grid.size = json.at("size").get<std::array<int, 3>>();
  grid.spacing = to_vec3(json.at("spacing_mm"));
  grid.origin = to_vec3(json.at("origin_mm"));
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) grid.direction(r, c) = json.at("direction").at(static_cast<std::size_t>(3 * r + c)).get<double>();
  return grid;
}

void check_indices(const std::vector<core::Triangle>& triangles, std::size_t points) {
  for (const auto& t : triangles)
    for (core::Index i : t)
      if (i < 0 || static_cast<std::size_t>(i) >= points) throw DamagedCase("a triangle names a point that does not exist");
}

}  // namespace

Json encode(const core::Volume& v, BlobWriter&) {
  Json json{{"type", "volume"}, {"grid", encode(v.grid)}, {"quantity", v.quantity}, {"description", v.description}};
  bool small = true;  // whole numbers within int16, as CT is: half the bytes, nothing lost
  for (const float x : v.values)
    if (!(x >= -32768.f && x <= 32767.f) || x != static_cast<float>(static_cast<std::int16_t>(x))) {
      small = false;
      break;
    }
  if (small) {
    std::vector<std::int16_t> values(v.values.begin(), v.values.end());
    json["int16"] = pack(values);
  } else {
    json["float32"] = pack(v.values);
  }
  return json;
}
void decode(const Json& json, core::Volume& v, BlobReader&) {
  v.grid = decode_grid(json.at("grid"));
  v.quantity = json.at("quantity").get<std::string>();
  v.description = json.at("description").get<std::string>();
  if (json.contains("int16")) {
    const auto values = unpack<std::int16_t>(json.at("int16"));
    v.values.assign(values.begin(), values.end());
  } else {
    v.values = unpack<float>(json.at("float32"));
  }
  if (v.values.size() != v.grid.voxels()) throw DamagedCase("an image does not have as many voxels as its grid");
}

Json encode(const core::LabelMap& v, BlobWriter&) {
  Json labels = Json::array();
  for (const auto& l : v.labels) labels.push_back({{"value", l.value}, {"key", l.key}, {"name", l.name}, {"color", l.color}, {"assumed", l.assumed}});
  // run lengths: label maps are mostly background
  std::vector<std::uint32_t> length;
  std::vector<std::uint8_t> value;
  for (std::size_t i = 0; i < v.values.size(); ++i) {
    if (value.empty() || value.back() != v.values[i] || length.back() == UINT32_MAX) {
      value.push_back(v.values[i]);
      length.push_back(0);
    }
    ++length.back();
  }
  return {{"type", "labels"}, {"grid", encode(v.grid)}, {"labels", labels}, {"run_length", pack(length)}, {"run_value", pack(value)}};
}
void decode(const Json& json, core::LabelMap& v, BlobReader&) {
  v.grid = decode_grid(json.at("grid"));
  for (const auto& l : json.at("labels"))
    v.labels.push_back({l.at("value").get<int>(), l.at("key").get<std::string>(), l.at("name").get<std::string>(),
                        l.at("color").get<core::Color>(), l.at("assumed").get<bool>()});
  const auto length = unpack<std::uint32_t>(json.at("run_length"));
  const auto value = unpack<std::uint8_t>(json.at("run_value"));
  std::size_t total = 0;
  for (const auto n : length) total += n;
  if (length.size() != value.size() || total != v.grid.voxels()) throw DamagedCase("a label map does not have as many voxels as its grid");
  v.values.reserve(total);
  for (std::size_t i = 0; i < length.size(); ++i) v.values.insert(v.values.end(), length[i], value[i]);
}

Json encode(const core::SurfaceMesh& v, BlobWriter&) {
  return {{"type", "surface"}, {"points", pack_points(v.points)}, {"triangles", pack(v.triangles)}, {"patch", pack(v.patch)},
          {"patch_names", names_to_json(v.patch_names)}};
}
void decode(const Json& json, core::SurfaceMesh& v, BlobReader&) {
  v.points = unpack_points(json.at("points"));
  v.triangles = unpack<core::Triangle>(json.at("triangles"));
  v.patch = unpack<int>(json.at("patch"));
  v.patch_names = names_from_json(json.at("patch_names"));
  check_indices(v.triangles, v.points.size());
  if (!v.patch.empty() && v.patch.size() != v.triangles.size()) throw DamagedCase("a surface has patches for some triangles only");
}

Json encode(const core::TetMesh& v, BlobWriter&) {
  std::vector<std::array<core::Index, 5>> faces;
  faces.reserve(v.boundary.size());
  for (const auto& f : v.boundary) faces.push_back({f.nodes[0], f.nodes[1], f.nodes[2], f.patch, f.tet});
  return {{"type", "tets"}, {"nodes", pack_points(v.nodes)}, {"tets", pack(v.tets)}, {"region", pack(v.region)}, {"boundary", pack(faces)},
          {"region_names", names_to_json(v.region_names)}, {"patch_names", names_to_json(v.patch_names)}};
}
void decode(const Json& json, core::TetMesh& v, BlobReader&) {
  v.nodes = unpack_points(json.at("nodes"));
  v.tets = unpack<core::Tet>(json.at("tets"));
  v.region = unpack<int>(json.at("region"));
  for (const auto& f : unpack<std::array<core::Index, 5>>(json.at("boundary"))) v.boundary.push_back({{f[0], f[1], f[2]}, f[3], f[4]});
  v.region_names = names_from_json(json.at("region_names"));
  v.patch_names = names_from_json(json.at("patch_names"));
  if (auto ok = core::check_simulation_ready(v); !ok) throw DamagedCase(ok.error().message);
  for (const auto& f : v.boundary)
    for (core::Index i : f.nodes)
      if (i < 0 || static_cast<std::size_t>(i) >= v.nodes.size()) throw DamagedCase("a boundary face names a node that does not exist");
}

Json encode(const core::VesselNetwork& v, BlobWriter&) {
  Json branches = Json::array();
  for (const auto& b : v.branches)
    branches.push_back({{"name", b.name}, {"parent", b.parent}, {"points", pack_points(b.points)}, {"radius", pack(b.radius)}, {"arc", pack(b.arc)},
                        {"children", b.children}, {"outlet_patch", b.outlet_patch}});
  return {{"type", "network"}, {"branches", branches}, {"inlet_patch", v.inlet_patch}};
}
void decode(const Json& json, core::VesselNetwork& v, BlobReader&) {
  v.inlet_patch = json.at("inlet_patch").get<int>();
  for (const auto& b : json.at("branches")) {
    core::VesselBranch branch;
    branch.name = b.at("name").get<std::string>();
    branch.parent = b.at("parent").get<int>();
    branch.points = unpack_points(b.at("points"));
    branch.radius = unpack<double>(b.at("radius"));
    branch.arc = unpack<double>(b.at("arc"));
    branch.children = b.at("children").get<std::vector<int>>();
    branch.outlet_patch = b.at("outlet_patch").get<int>();
    if (branch.points.size() != branch.radius.size() || branch.points.size() != branch.arc.size())
      throw DamagedCase("a vessel branch has radii for some points only");
    v.branches.push_back(std::move(branch));
  }
}

Json encode(const std::vector<core::Quantity>& quantities) {
  Json out = Json::array();
  for (const auto& q : quantities) out.push_back({{"key", q.key}, {"label", q.label}, {"unit", q.unit}, {"value", numbers_or_null(q.value)}, {"note", q.note}});
  return out;
}
std::vector<core::Quantity> decode_quantities(const Json& json) {
  std::vector<core::Quantity> out;
  for (const auto& q : json)
    out.push_back({q.at("key").get<std::string>(), q.at("label").get<std::string>(), q.at("unit").get<std::string>(), number_or_nan(q.at("value")),
                   q.at("note").get<std::string>()});
  return out;
}

Json encode(const core::MeshQuality& q) {
  return {{"nodes", q.nodes}, {"tets", q.tets}, {"inverted", q.inverted}, {"min_dihedral_deg", q.min_dihedral_deg},
          {"median_dihedral_deg", q.median_dihedral_deg}, {"mean_edge_mm", q.mean_edge_mm}, {"volume_ml", q.volume_ml}, {"parts", q.parts},
          {"dihedral_histogram", q.dihedral_histogram}};
}
core::MeshQuality decode_quality(const Json& j) {
  core::MeshQuality q;
  q.nodes = j.at("nodes").get<std::size_t>();
  q.tets = j.at("tets").get<std::size_t>();
  q.inverted = j.at("inverted").get<std::size_t>();
  q.min_dihedral_deg = j.at("min_dihedral_deg").get<double>();
  q.median_dihedral_deg = j.at("median_dihedral_deg").get<double>();
  q.mean_edge_mm = j.at("mean_edge_mm").get<double>();
  q.volume_ml = j.at("volume_ml").get<double>();
  q.parts = j.at("parts").get<std::size_t>();
  q.dihedral_histogram = j.at("dihedral_histogram").get<std::vector<int>>();
  return q;
}

Json encode(const std::vector<imaging::Plane>& planes) {
  Json out = Json::array();
  for (const auto& p : planes)
    out.push_back({{"key", p.key}, {"centre_mm", vec3(p.centre)}, {"normal", vec3(p.normal)}, {"radius_mm", p.radius_mm}, {"fitted", p.fitted}});
  return out;
}
std::vector<imaging::Plane> decode_planes(const Json& json) {
  std::vector<imaging::Plane> planes;
  for (const auto& p : json) {
    imaging::Plane plane;
    plane.key = p.at("key").get<std::string>();
    plane.centre = to_vec3(p.at("centre_mm"));
    plane.normal = to_vec3(p.at("normal"));
    plane.radius_mm = p.at("radius_mm").get<double>();
    plane.fitted = p.at("fitted").get<bool>();
    planes.push_back(plane);
  }
  return planes;
}

}  // namespace ot::session
