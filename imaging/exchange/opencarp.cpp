// SPDX-License-Identifier: GPL-3.0-or-later
// openCARP text meshes: .pts (points, micrometres), .elem (cells with a region), .lon (one or two unit vectors per cell).
// Source: opencarp.org, manual, section "Mesh formats". Files without their count lines exist (left-atrium-fibres-1) and are read.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/text_cursor.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Index;
using core::Result;

struct Kind {
  const char* word;
  CellKind kind;
};
constexpr Kind kinds[] = {{"Tt", CellKind::tetra}, {"Tr", CellKind::triangle}, {"Hx", CellKind::hexa}, {"Pr", CellKind::prism}, {"Py", CellKind::pyramid}, {"Qd", CellKind::quad}, {"Ln", CellKind::line}, {"Cx", CellKind::line}};

fs::path base_of(const fs::path& path) {
  const std::string ext = path.extension().string();
  return ext == ".pts" || ext == ".elem" || ext == ".lon" ? path.parent_path() / path.stem() : path;
}

fs::path with(const fs::path& base, const char* ending) { return fs::path(base.string() + ending); }

// Writers differ in the order of the upper nodes of prisms and hexahedra: the shorter uprights are the right ones.
void straighten(MixedCell& c, const std::vector<core::Vec3>& p) {
  const auto d = [&](int a, int b) { return (p[std::size_t(c.nodes[std::size_t(a)])] - p[std::size_t(c.nodes[std::size_t(b)])]).squaredNorm(); };
  if (c.kind == CellKind::prism && d(1, 4) + d(2, 5) > d(1, 5) + d(2, 4)) std::swap(c.nodes[4], c.nodes[5]);
  if (c.kind == CellKind::hexa && d(1, 5) + d(3, 7) > d(1, 7) + d(3, 5)) std::swap(c.nodes[5], c.nodes[7]);
}

// A count line, when there is one; checked against what is plausible for the bytes that follow.
Result<std::optional<std::size_t>> count_line(TextCursor& in, bool there, std::size_t least_bytes, const fs::path& path) {
  if (!there) return std::optional<std::size_t>();
  std::uint64_t n = 0;
  if (!in.number(n)) return bad_input(fmt::format("{} does not begin with the number of its entries (it is damaged or no openCARP file). Export it again.", path.string()));
  if (n > in.left() / least_bytes + 1) return bad_input(fmt::format("{} is truncated: it promises {} entries, but holds {} bytes. Copy or export it again.", path.string(), n, in.left()));
  return std::optional<std::size_t>(n);
}

}  // namespace

Result<MixedMesh> read_opencarp(const fs::path& path, const core::Progress& progress) {
  const fs::path base = base_of(path), pts = with(base, ".pts"), elem = with(base, ".elem"), lon = with(base, ".lon");
  MixedMesh mesh;
  progress.report(0, "reading points");
  auto text = core::read_file(pts);
  if (!text) return core::pass(text);
  {
    TextCursor in(*text);
    const auto promised = count_line(in, words_in_first_line(*text) == 1, 6, pts);   // "0 0 0\n"
    if (!promised) return core::pass(promised);
    for (core::Vec3 p; !in.done();) {
      if (mesh.points.size() % 65536 == 0 && progress.cancelled()) return core::cancelled();
      if (!in.number(p[0]) || !in.number(p[1]) || !in.number(p[2]) || !p.allFinite())
        return bad_input(fmt::format("{}: point {} is not three numbers (the file is damaged or truncated). Export the mesh again.", pts.string(), mesh.points.size()));
      mesh.points.push_back(p);
    }
    if (*promised && **promised != mesh.points.size())
      return bad_input(fmt::format("{} promises {} points and holds {} (it is truncated or damaged). Copy or export it again.", pts.string(), **promised, mesh.points.size()));
  }
  if (mesh.points.empty()) return bad_input(fmt::format("{} holds no points. Export the mesh again.", pts.string()));
  progress.report(0.3, "reading cells");
  text = core::read_file(elem);
  if (!text) return core::pass(text);
  {
    TextCursor in(*text);
    const auto promised = count_line(in, words_in_first_line(*text) == 1, 7, elem);   // "Ln 0 1\n"
    if (!promised) return core::pass(promised);
    while (!in.done()) {
      if (mesh.cells.size() % 65536 == 0 && progress.cancelled()) return core::cancelled();
      const std::string_view word = in.word();
      const auto k = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& one) { return word == one.word; });
      if (k == std::end(kinds))
        return bad_input(fmt::format("{}: cell {} is of the unknown type \"{}\" (known: Tt Hx Pr Py Tr Qd Ln). Export the mesh again.", elem.string(), mesh.cells.size(), std::string(word.substr(0, 16))));
      MixedCell c;
      c.kind = k->kind;
      for (int i = 0; i < nodes_of(c.kind); ++i) {
        Index n = -1;
        if (!in.number(n) || n < 0 || std::size_t(n) >= mesh.points.size())
          return bad_input(fmt::format("{}: cell {} names a point that is not there (the file is damaged, or belongs to other points). Export the mesh again.", elem.string(), mesh.cells.size()));
        c.nodes[std::size_t(i)] = n;
      }
      in.number(c.region);   // may be left out; then the next word is a cell type
      straighten(c, mesh.points);
      mesh.cells.push_back(c);
    }
    if (*promised && **promised != mesh.cells.size())
      return bad_input(fmt::format("{} promises {} cells and holds {} (it is truncated or damaged). Copy or export it again.", elem.string(), **promised, mesh.cells.size()));
  }
  if (mesh.cells.empty()) return bad_input(fmt::format("{} holds no cells. Export the mesh again.", elem.string()));
  std::error_code ec;
  if (fs::exists(lon, ec)) {
    progress.report(0.6, "reading fibres");
    text = core::read_file(lon);
    if (!text) return core::pass(text);
    TextCursor in(*text);
    int vectors = words_in_first_line(*text) == 6 ? 2 : 1;
    if (words_in_first_line(*text) == 1 && (!in.number(vectors) || vectors < 1 || vectors > 2))
      return bad_input(fmt::format("{} begins with neither 1 nor 2 (how many vectors a cell has). Export the fibres again.", lon.string()));
    while (!in.done()) {
      core::Vec3 f, s(0, 0, 0);
      bool good = in.number(f[0]) && in.number(f[1]) && in.number(f[2]) && f.allFinite();
      if (vectors == 2) good = good && in.number(s[0]) && in.number(s[1]) && in.number(s[2]) && s.allFinite();
      if (!good) return bad_input(fmt::format("{}: the fibre of cell {} is not {} numbers (the file is damaged or truncated). Export the fibres again.", lon.string(), mesh.fibre.size(), 3 * vectors));
      mesh.fibre.push_back(f);
      if (vectors == 2) mesh.sheet.push_back(s);
    }
    if (mesh.fibre.size() != mesh.cells.size())
      return bad_input(fmt::format("{} holds {} fibres for {} cells (it belongs to another mesh or is truncated). Export both again.", lon.string(), mesh.fibre.size(), mesh.cells.size()));
  }
  for (const MixedCell& c : mesh.cells) mesh.region_names.emplace(c.region, fmt::format("region {}", c.region));
  progress.report(1, "mesh read");
  return mesh;
}

Result<std::vector<fs::path>> write_opencarp(const MixedMesh& mesh, const fs::path& path, double scale, const core::Progress& progress) {
  const fs::path base = base_of(path);
  const bool volume = mesh.has_volume();
  const auto in_elem = [&](const MixedCell& c) { return !volume || c.kind >= CellKind::tetra; };
  std::vector<fs::path> files;
  const auto write = [&](const fs::path& file, const std::string& text) -> Result<void> {
    if (progress.cancelled()) return core::cancelled();
    files.push_back(file);
    return core::write_file(file, text);
  };
  std::string text = fmt::format("{}\n", mesh.points.size());
  for (const core::Vec3& p : mesh.points) {
    const core::Vec3 q = p * scale;
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", q[0], q[1], q[2]);
  }
  if (auto ok = write(with(base, ".pts"), text); !ok) return core::pass(ok);
  progress.report(0.3, "writing cells");
  text = fmt::format("{}\n", std::count_if(mesh.cells.begin(), mesh.cells.end(), in_elem));
  std::map<int, std::string> surfaces;
  std::map<int, std::size_t> faces;
  std::string lon = mesh.sheet.empty() ? "1\n" : "2\n";
  for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
    const MixedCell& cell = mesh.cells[c];
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return k.kind == cell.kind; });
    std::string row = kind->word;
    for (int i = 0; i < nodes_of(cell.kind); ++i) row += fmt::format(" {}", cell.nodes[std::size_t(i)]);
    if (!in_elem(cell)) {
      if (cell.kind == CellKind::triangle) surfaces[cell.region] += row + "\n", ++faces[cell.region];
      continue;
    }
    text += row + fmt::format(" {}\n", cell.region);
    if (!mesh.fibre.empty()) {
      const core::Vec3& f = mesh.fibre[c];
      lon += fmt::format("{} {} {}", f[0], f[1], f[2]);
      if (!mesh.sheet.empty()) lon += fmt::format(" {} {} {}", mesh.sheet[c][0], mesh.sheet[c][1], mesh.sheet[c][2]);
      lon += "\n";
    }
  }
  if (auto ok = write(with(base, ".elem"), text); !ok) return core::pass(ok);
  if (!mesh.fibre.empty())
    if (auto ok = write(with(base, ".lon"), lon); !ok) return core::pass(ok);
  for (const auto& [patch, rows] : surfaces) {
    const auto named = mesh.patch_names.find(patch);
    std::string name = named == mesh.patch_names.end() ? fmt::format("patch_{}", patch) : named->second;
    std::replace_if(name.begin(), name.end(), [](char ch) { return !std::isalnum(static_cast<unsigned char>(ch)) && ch != '-'; }, '_');
    if (auto ok = write(with(base, ("_" + name + ".surf").c_str()), fmt::format("{}\n", faces[patch]) + rows); !ok) return core::pass(ok);
  }
  progress.report(1, "mesh written");
  return files;
}

}  // namespace ot::imaging
