// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "imaging/exchange/mesh_file.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

int dimension_of(CellKind kind) { return kind >= CellKind::tetra ? 3 : kind == CellKind::line ? 1 : 2; }
int type_of(CellKind kind) {
  static constexpr int type[] = {1, 2, 3, 4, 7, 6, 5};
  return type[int(kind)];
}

}  // namespace

core::Result<void> write_gmsh(const MixedMesh& mesh, const fs::path& path, GmshVersion version, const core::Progress& progress) {
  if (mesh.points.empty() || mesh.cells.empty()) return core::bad_input("There is no mesh to write. Build it first.");
  // Physical tags are positive; a dimension that uses 0 or less is shifted as a whole (names keep their meaning).
  std::map<int, std::set<int>> groups;
  for (const MixedCell& c : mesh.cells) groups[dimension_of(c.kind)].insert(c.region);
  std::map<int, int> shift;
  for (const auto& [dimension, tags] : groups) shift[dimension] = *tags.begin() > 0 ? 0 : 1 - *tags.begin();
  const bool volume = mesh.has_volume();
  const auto name = [&](int dimension, int region) {
    const auto& table = dimension == 3 || !volume ? mesh.region_names : mesh.patch_names;
    const auto at = table.find(region);
    std::string text = at != table.end() ? at->second : fmt::format("{} {}", dimension == 3 ? "region" : "patch", region);
    std::replace_if(text.begin(), text.end(), [](char ch) { return ch == '"' || static_cast<unsigned char>(ch) < 0x20; }, '\'');
    return text.substr(0, 127);   // the format's limit
  };
  std::string out = version == GmshVersion::v41 ? "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n" : "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";
  const auto to = std::back_inserter(out);
  std::size_t named = 0;
  for (const auto& [dimension, tags] : groups) named += tags.size();
  fmt::format_to(to, "$PhysicalNames\n{}\n", named);
  for (const auto& [dimension, tags] : groups)
    for (const int tag : tags) fmt::format_to(to, "{} {} \"{}\"\n", dimension, tag + shift[dimension], name(dimension, tag));
  out += "$EndPhysicalNames\n";
  progress.report(0.2, "writing nodes");
  if (version == GmshVersion::v22) {
    fmt::format_to(to, "$Nodes\n{}\n", mesh.points.size());
    for (std::size_t i = 0; i < mesh.points.size(); ++i) fmt::format_to(to, "{} {} {} {}\n", i + 1, mesh.points[i][0], mesh.points[i][1], mesh.points[i][2]);
    fmt::format_to(to, "$EndNodes\n$Elements\n{}\n", mesh.cells.size());
    for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
      if (c % 65536 == 0 && progress.cancelled()) return core::cancelled();
      const MixedCell& cell = mesh.cells[c];
      const int tag = cell.region + shift[dimension_of(cell.kind)];
      fmt::format_to(to, "{} {} 2 {} {}", c + 1, type_of(cell.kind), tag, tag);
      for (int i = 0; i < nodes_of(cell.kind); ++i) fmt::format_to(to, " {}", cell.nodes[std::size_t(i)] + 1);
      out += '\n';
    }
    out += "$EndElements\n";
    return core::write_file(path, out);
  }
  core::Vec3 low = mesh.points.front(), high = low;
  for (const core::Vec3& p : mesh.points) low = low.cwiseMin(p), high = high.cwiseMax(p);
  const auto many = [&](int dimension) { return groups.contains(dimension) ? groups[dimension].size() : 0; };
  fmt::format_to(to, "$Entities\n0 {} {} {}\n", many(1), many(2), many(3));
  for (const auto& [dimension, tags] : groups)
    for (const int tag : tags)
      fmt::format_to(to, "{} {} {} {} {} {} {} 1 {} 0\n", tag + shift[dimension], low[0], low[1], low[2], high[0], high[1], high[2], tag + shift[dimension]);
  const int top = groups.rbegin()->first;
  fmt::format_to(to, "$EndEntities\n$Nodes\n1 {} 1 {}\n{} {} 0 {}\n", mesh.points.size(), mesh.points.size(), top, *groups[top].begin() + shift[top], mesh.points.size());
  for (std::size_t i = 0; i < mesh.points.size(); ++i) fmt::format_to(to, "{}\n", i + 1);
  for (const core::Vec3& p : mesh.points) fmt::format_to(to, "{} {} {}\n", p[0], p[1], p[2]);
  // Runs of equal kind and region keep the order of the cells.
  std::string blocks;
  std::size_t runs = 0;
  for (std::size_t c = 0; c < mesh.cells.size();) {
    if (progress.cancelled()) return core::cancelled();
    std::size_t end = c + 1;
    while (end < mesh.cells.size() && mesh.cells[end].kind == mesh.cells[c].kind && mesh.cells[end].region == mesh.cells[c].region) ++end;
    const int dimension = dimension_of(mesh.cells[c].kind);
    fmt::format_to(std::back_inserter(blocks), "{} {} {} {}\n", dimension, mesh.cells[c].region + shift[dimension], type_of(mesh.cells[c].kind), end - c);
    for (; c < end; ++c) {
      fmt::format_to(std::back_inserter(blocks), "{}", c + 1);
      for (int i = 0; i < nodes_of(mesh.cells[c].kind); ++i) fmt::format_to(std::back_inserter(blocks), " {}", mesh.cells[c].nodes[std::size_t(i)] + 1);
      blocks += '\n';
    }
    ++runs;
  }
  fmt::format_to(to, "$EndNodes\n$Elements\n{} {} 1 {}\n", runs, mesh.cells.size(), mesh.cells.size());
  out += blocks + "$EndElements\n";
  return core::write_file(path, out);
}

}  // namespace ot::imaging
