// SPDX-License-Identifier: GPL-3.0-or-later
// Gmsh .msh, ASCII, versions 2.2 and 4.1 (gmsh.info, reference manual, "MSH file format"). Physical groups of
// dimension 3 become regions, of dimension 2 patches; a cell without one takes its elementary entity. Second-order cells are read by
// their corners.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/text_cursor.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Index;
using core::Result;

struct Element {
  int type, dimension, nodes, corners;
  CellKind kind;
};
constexpr Element elements[] = {
    {1, 1, 2, 2, CellKind::line},      {2, 2, 3, 3, CellKind::triangle}, {3, 2, 4, 4, CellKind::quad},   {4, 3, 4, 4, CellKind::tetra},  {5, 3, 8, 8, CellKind::hexa},   {6, 3, 6, 6, CellKind::prism},
    {7, 3, 5, 5, CellKind::pyramid},   {8, 1, 3, 2, CellKind::line},     {9, 2, 6, 3, CellKind::triangle}, {10, 2, 9, 4, CellKind::quad},  {11, 3, 10, 4, CellKind::tetra}, {16, 2, 8, 4, CellKind::quad},
    {12, 3, 27, 8, CellKind::hexa},    {13, 3, 18, 6, CellKind::prism},  {14, 3, 14, 5, CellKind::pyramid}, {17, 3, 20, 8, CellKind::hexa}, {18, 3, 15, 6, CellKind::prism}, {19, 3, 13, 5, CellKind::pyramid}};

const Element* element_of(int type) {
  const auto* at = std::find_if(std::begin(elements), std::end(elements), [&](const Element& e) { return e.type == type; });
  return at == std::end(elements) ? nullptr : at;
}

// One parse of one file.
class Reader {
 public:
  Reader(std::string_view text, std::string name, const core::Progress& progress) : in_(text), name_(std::move(name)), progress_(progress) {}

  Result<MixedMesh> run() {
    while (!in_.done()) {
      if (progress_.cancelled()) return core::cancelled();
      const std::string_view section = in_.word();
      Result<void> ok;
      if (section == "$MeshFormat") ok = format();
      else if (version_ == 0) return refuse("it does not begin with $MeshFormat");
      else if (section == "$PhysicalNames") ok = physical_names();
      else if (section == "$Entities") ok = entities();
      else if (section == "$Nodes") ok = version_ >= 4 ? nodes4() : nodes2();
      else if (section == "$Elements") ok = version_ >= 4 ? elements4() : elements2();
      else ok = skip(section);
      if (!ok) return core::pass(ok);
    }
    if (mesh_.points.empty() || mesh_.cells.empty()) return refuse("it holds no nodes or no cells");
    const bool volume = mesh_.has_volume();
    for (const MixedCell& c : mesh_.cells) {
      const int dimension = c.kind >= CellKind::tetra ? 3 : c.kind == CellKind::line ? 1 : 2;
      if (dimension == 1) continue;
      const auto named = names_.find({dimension, c.region});
      auto& table = dimension == 3 || !volume ? mesh_.region_names : mesh_.patch_names;
      table.emplace(c.region, named != names_.end() ? named->second : fmt::format("{} {}", dimension == 3 ? "region" : "patch", c.region));
    }
    if (corners_only_ > 0) mesh_.notes.push_back(fmt::format("{} second-order cells were read by their corner nodes.", corners_only_));
    return std::move(mesh_);
  }

 private:
  tl::unexpected<core::Error> refuse(const std::string& why) const { return bad_input(fmt::format("{} cannot be read as a Gmsh mesh ({}). Save it as version 4.1 or 2.2 ASCII.", name_, why)); }
  tl::unexpected<core::Error> damaged(const char* where) const { return refuse(fmt::format("{} are damaged or truncated", where)); }

  Result<void> end(std::string_view word, const char* where) {
    if (in_.word() != word) return damaged(where);
    return {};
  }
  // Each entry takes at least `bytes` of text: a count beyond that is a lie and must not be allocated.
  bool count(std::uint64_t& n, std::size_t bytes) { return in_.number(n) && n <= in_.left() / bytes + 1; }

  Result<void> skip(std::string_view section) {
    const std::string close = "$End" + std::string(section.substr(section.empty() || section[0] != '$' ? 0 : 1));
    if (section.empty() || section[0] != '$') return refuse(fmt::format("\"{}\" stands where a section should begin", std::string(section.substr(0, 20))));
    while (!in_.done())
      if (in_.word() == close) return {};
    return refuse("a section has no end");
  }

  Result<void> format() {
    double version = 0;
    int binary = 0, size = 0;
    if (!in_.number(version) || !in_.number(binary) || !in_.number(size)) return damaged("its first lines");
    if (binary != 0) return refuse("it is binary");
    if (!(version >= 2.0 && version < 3.0) && !(version >= 4.1 && version < 4.2)) return refuse(fmt::format("its version is {}", version));
    version_ = int(version);
    return end("$EndMeshFormat", "its first lines");
  }

  Result<void> physical_names() {
    std::uint64_t n = 0;
    if (!count(n, 6)) return damaged("its physical names");
    for (std::uint64_t i = 0; i < n; ++i) {
      int dimension = 0, tag = 0;
      if (!in_.number(dimension) || !in_.number(tag)) return damaged("its physical names");
      const std::string_view line = in_.line();
      const auto open = line.find('"'), close = line.rfind('"');
      if (open == std::string_view::npos || close <= open) return damaged("its physical names");
      names_[{dimension, tag}] = std::string(line.substr(open + 1, std::min<std::size_t>(close - open - 1, 127)));
    }
    return end("$EndPhysicalNames", "its physical names");
  }

  Result<void> entities() {
    std::uint64_t n[4] = {};
    for (auto& one : n)
      if (!count(one, 4)) return damaged("its entities");
    for (int dimension = 0; dimension < 4; ++dimension)
      for (std::uint64_t i = 0; i < n[dimension]; ++i) {
        int tag = 0, physical = 0;
        double x = 0;
        std::uint64_t many = 0;
        if (!in_.number(tag)) return damaged("its entities");
        for (int c = 0; c < (dimension == 0 ? 3 : 6); ++c)
          if (!in_.number(x)) return damaged("its entities");
        if (!count(many, 2)) return damaged("its entities");
        for (std::uint64_t p = 0; p < many; ++p) {
          if (!in_.number(physical)) return damaged("its entities");
          physical_of_.emplace(std::pair{dimension, tag}, physical);   // the first group of several
        }
        if (dimension == 0) continue;
        if (!count(many, 2)) return damaged("its entities");
        for (std::uint64_t b = 0; b < many; ++b)
          if (!in_.number(tag)) return damaged("its entities");
      }
    return end("$EndEntities", "its entities");
  }

  Result<void> add_node(std::int64_t tag, const core::Vec3& p) {
    if (!p.allFinite()) return refuse(fmt::format("node {} is not a number", tag));
    if (!number_.emplace(tag, Index(mesh_.points.size())).second) return refuse(fmt::format("node {} stands there twice", tag));
    mesh_.points.push_back(p);
    return {};
  }

  Result<void> nodes2() {
    std::uint64_t n = 0;
    if (!count(n, 8)) return damaged("its nodes");
    for (std::uint64_t i = 0; i < n; ++i) {
      if (i % 65536 == 0 && progress_.cancelled()) return core::cancelled();
      std::int64_t tag = 0;
      core::Vec3 p;
      if (!in_.number(tag) || !in_.number(p[0]) || !in_.number(p[1]) || !in_.number(p[2])) return damaged("its nodes");
      if (auto ok = add_node(tag, p); !ok) return ok;
    }
    return end("$EndNodes", "its nodes");
  }

  Result<void> nodes4() {
    std::uint64_t blocks = 0, n = 0, low = 0, high = 0;
    if (!count(blocks, 8) || !count(n, 6) || !in_.number(low) || !in_.number(high)) return damaged("its nodes");
    std::vector<std::int64_t> tags;
    for (std::uint64_t b = 0; b < blocks; ++b) {
      if (progress_.cancelled()) return core::cancelled();
      int dimension = 0, entity = 0, parametric = 0;
      std::uint64_t many = 0;
      if (!in_.number(dimension) || !in_.number(entity) || !in_.number(parametric) || !count(many, 6) || dimension < 0 || dimension > 3) return damaged("its nodes");
      tags.assign(many, 0);
      for (auto& t : tags)
        if (!in_.number(t)) return damaged("its nodes");
      for (const auto t : tags) {
        core::Vec3 p;
        double u = 0;
        if (!in_.number(p[0]) || !in_.number(p[1]) || !in_.number(p[2])) return damaged("its nodes");
        for (int extra = 0; parametric != 0 && extra < dimension; ++extra)
          if (!in_.number(u)) return damaged("its nodes");
        if (auto ok = add_node(t, p); !ok) return ok;
      }
    }
    return end("$EndNodes", "its nodes");
  }

  Result<void> add_cell(const Element& e, int region) {
    MixedCell c;
    c.kind = e.kind;
    c.region = region;
    for (int i = 0; i < e.nodes; ++i) {
      std::int64_t tag = 0;
      if (!in_.number(tag)) return damaged("its elements");
      if (i >= e.corners) continue;
      const auto at = number_.find(tag);
      if (at == number_.end()) return refuse(fmt::format("an element names node {}, which is not there", tag));
      c.nodes[std::size_t(i)] = at->second;
    }
    corners_only_ += e.nodes != e.corners;
    mesh_.cells.push_back(c);
    return {};
  }

  Result<void> elements2() {
    std::uint64_t n = 0;
    if (!count(n, 8)) return damaged("its elements");
    for (std::uint64_t i = 0; i < n; ++i) {
      if (i % 65536 == 0 && progress_.cancelled()) return core::cancelled();
      std::int64_t id = 0;
      int type = 0, tags = 0;
      if (!in_.number(id) || !in_.number(type) || !in_.number(tags) || tags < 0 || tags > 1024) return damaged("its elements");
      int physical = 0, entity = 0, other = 0;
      for (int t = 0; t < tags; ++t)
        if (!in_.number(t == 0 ? physical : t == 1 ? entity : other)) return damaged("its elements");
      if (type == 15) {   // a point
        if (!in_.number(id)) return damaged("its elements");
        continue;
      }
      const Element* e = element_of(type);
      if (!e) return refuse(fmt::format("element type {} is not known here", type));
      if (auto ok = add_cell(*e, physical != 0 ? physical : entity); !ok) return ok;
    }
    return end("$EndElements", "its elements");
  }

  Result<void> elements4() {
    std::uint64_t blocks = 0, n = 0, low = 0, high = 0;
    if (!count(blocks, 8) || !count(n, 4) || !in_.number(low) || !in_.number(high)) return damaged("its elements");
    for (std::uint64_t b = 0; b < blocks; ++b) {
      if (progress_.cancelled()) return core::cancelled();
      int dimension = 0, entity = 0, type = 0;
      std::uint64_t many = 0;
      if (!in_.number(dimension) || !in_.number(entity) || !in_.number(type) || !count(many, 4)) return damaged("its elements");
      const Element* e = element_of(type);
      if (!e && type != 15) return refuse(fmt::format("element type {} is not known here", type));
      const auto physical = physical_of_.find({dimension, entity});
      for (std::uint64_t i = 0; i < many; ++i) {
        std::int64_t id = 0;
        if (!in_.number(id)) return damaged("its elements");
        if (type == 15) {
          if (!in_.number(id)) return damaged("its elements");
          continue;
        }
        if (auto ok = add_cell(*e, physical != physical_of_.end() ? std::abs(physical->second) : entity); !ok) return ok;
      }
    }
    return end("$EndElements", "its elements");
  }

  TextCursor in_;
  std::string name_;
  const core::Progress& progress_;
  int version_ = 0;
  MixedMesh mesh_;
  std::map<std::pair<int, int>, std::string> names_;
  std::map<std::pair<int, int>, int> physical_of_;
  std::unordered_map<std::int64_t, Index> number_;
  std::size_t corners_only_ = 0;
};

}  // namespace

Result<MixedMesh> parse_gmsh(std::string_view text, const std::string& name, const core::Progress& progress) { return Reader(text, name, progress).run(); }

Result<MixedMesh> read_gmsh(const fs::path& path, const core::Progress& progress) {
  auto text = core::read_file(path);
  if (!text) return core::pass(text);
  return parse_gmsh(*text, path.string(), progress);
}

}  // namespace ot::imaging
