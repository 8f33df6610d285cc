// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/session/recorded.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/electrophysiology/recorded/delimited.hpp"
#include "solvers/electrophysiology/recorded/fibres_in.hpp"

namespace ot::session {
namespace fs = std::filesystem;

using core::bad_input;
using core::Result;

Result<ep::EaMap> read_ea_map(const fs::path& path) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return bad_input(fmt::format("There is no map at {} (nothing to import). Check the path.", path.string()));
  if (fs::is_directory(path, ec)) return bad_input(fmt::format("{} is a folder (a map is one file of the export). Choose the .csv, _car.txt or .mesh file in it.", path.string()));
  auto text = core::read_file(path, std::size_t(512) << 20);
  if (!text) return core::pass(text);
  auto map = ep::parse_ea_map(*text);
  if (!map) return core::fail(map.error().code, fmt::format("{}: {}", path.filename().string(), map.error().message));
  map->name = path.stem().string();
  map->source_file = path.filename().string();
  map->source_sha256 = core::sha256_hex(*text);
  return map;
}

std::string add_ea_map(CaseData& data, ep::EaMap map) {
  int n = 1;
  const auto taken = [&](const std::string& key) { return std::any_of(data.ea_maps.begin(), data.ea_maps.end(), [&](const auto& m) { return m->key == key; }); };
  while (taken(fmt::format("map{}", n))) ++n;
  map.key = fmt::format("map{}", n);
  data.ea_maps.push_back(std::make_shared<const ep::EaMap>(std::move(map)));
  return data.ea_maps.back()->key;
}

Result<std::shared_ptr<const ep::EaMap>> find_ea_map(const CaseData& data, const std::string& key) {
  if (data.ea_maps.empty()) return bad_input("The case holds no electro-anatomical map (there is nothing to project). Import one first: map import.");
  if (key.empty()) return data.ea_maps.back();
  std::string known;
  for (const auto& m : data.ea_maps) {
    if (m->key == key) return m;
    known += (known.empty() ? "" : ", ") + m->key;
  }
  return core::wrong_usage(fmt::format("The case has no map \"{}\". It has: {}.", key, known));
}

void replace_ea_map(CaseData& data, ep::EaMap map) {
  for (auto& m : data.ea_maps)
    if (m->key == map.key) {
      m = std::make_shared<const ep::EaMap>(std::move(map));
      return;
    }
}

Result<std::shared_ptr<const core::TetMesh>> mapped_heart(const CaseData& data) {
  if (data.twin && data.twin->heart && data.twin->heart->baseline.mesh) return data.twin->heart->baseline.mesh;
  if (data.heart_mesh && data.heart_mesh->mesh) return data.heart_mesh->mesh;
  return bad_input("The case has no mesh of the heart (a map has nothing to lie on). Build the model first.");
}

Result<std::vector<ep::EaPair>> read_landmark_pairs(const fs::path& path) {
  auto text = core::read_file(path, std::size_t(1) << 20);
  if (!text) return core::pass(text);
  auto table = ep::read_delimited(*text);
  if (!table) return core::fail(table.error().code, fmt::format("{}: {}", path.filename().string(), table.error().message));
  if (table->columns != 6) return bad_input(fmt::format("{} has {} columns (a landmark is six numbers: x,y,z in the map and x,y,z in the heart). Write one landmark a line.", path.filename().string(), table->columns));
  std::vector<ep::EaPair> out;
  for (std::size_t r = 0; r < table->rows; ++r) {
    const double* v = &table->values[6 * r];
    out.push_back({core::Vec3(v[0], v[1], v[2]), core::Vec3(v[3], v[4], v[5])});
  }
  return out;
}

void take_scar(CaseData& data, const ep::EaScar& scar, const std::string& map_name) {
  if (!data.heart_mesh) {
    data.heart_mesh.emplace();
    data.heart_mesh->labels_sha256 = scar.mesh->sha256();
  }
  data.heart_mesh->mesh = scar.mesh;
  data.heart_mesh->quality = core::measure_quality(*scar.mesh);
  std::erase_if(data.heart_mesh->notes, [](const std::string& n) { return n.rfind("Scar from map", 0) == 0; });
  data.heart_mesh->notes.push_back(fmt::format("Scar from map {}: {:.1f} ml dense, {:.1f} ml border zone. {}", map_name, scar.scar_ml, scar.border_ml, scar.notes.empty() ? "" : scar.notes.front()));
  data.twin.reset();
  data.results.clear();
}

Result<void> take_fibres(CaseData& data, const fs::path& path, const core::Progress& progress) {
  auto mesh = mapped_heart(data);
  if (!mesh) return core::pass(mesh);
  const core::TetMesh& heart = **mesh;
  const std::string name = path.filename().string();
  std::vector<core::Vec3> f, s;
  if (path.extension() == ".lon") {
    auto text = core::read_file(path, std::size_t(4) << 30);
    if (!text) return core::pass(text);
    auto lon = ep::parse_lon(*text);
    if (!lon) return core::fail(lon.error().code, fmt::format("{}: {}", name, lon.error().message));
    f = std::move(lon->f), s = std::move(lon->s);
  } else {
    auto v = imaging::read_vtu_vectors(path);
    if (!v) return core::pass(v);
    if (v->tet_fibre.size() == heart.tets.size()) {
      f = std::move(v->tet_fibre);
      if (v->tet_sheet.size() == f.size()) s = std::move(v->tet_sheet);
    } else if (v->node_fibre.size() == heart.nodes.size()) {
      f = ep::axes_of_tets(heart, v->node_fibre);
      if (v->node_sheet.size() == heart.nodes.size()) s = ep::axes_of_tets(heart, v->node_sheet);
    } else {
      f.resize(v->tets);   // counted below
    }
    // The same numbering is not enough: another heart may have as many nodes.
    if (v->points.size() == heart.nodes.size() && f.size() == heart.tets.size()) {
      double worst = 0;
      for (std::size_t n = 0; n < heart.nodes.size(); ++n) worst = std::max(worst, (v->points[n] - heart.nodes[n]).norm());
      if (worst > 0.1) return bad_input(fmt::format("{} lies up to {:.3g} mm away from the case's mesh (it belongs to another heart or unit). Export the mesh of this case, lay the fibres on it, and import them again.", name, worst));
    }
  }
  if (progress.cancelled()) return core::cancelled();
  if (f.size() != heart.tets.size())
    return bad_input(fmt::format("{} holds {} fibres and the case's mesh has {} tetrahedra (they belong to another mesh). Import mesh and fibres together.", name, f.size(), heart.tets.size()));
  auto taken = ep::taken_fibres(std::move(f), std::move(s), name);
  if (!taken) return core::pass(taken);
  if (!data.heart_mesh) {
    data.heart_mesh.emplace();
    data.heart_mesh->mesh = *mesh;
    data.heart_mesh->quality = core::measure_quality(heart);
    data.heart_mesh->labels_sha256 = heart.sha256();
  }
  if (data.heart_mesh->mesh != *mesh) data.heart_mesh->mesh = *mesh;
  data.heart_mesh->fibres = taken->field;
  data.heart_mesh->fibres_source = name;
  std::erase_if(data.heart_mesh->notes, [](const std::string& n) { return n.rfind("Fibres from", 0) == 0; });
  data.heart_mesh->notes.push_back(fmt::format("Fibres from {}.{}", name, taken->completed.empty() ? "" : " " + taken->completed));
  data.twin.reset();
  data.results.clear();
  return {};
}

}  // namespace ot::session
