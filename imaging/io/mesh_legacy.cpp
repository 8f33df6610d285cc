// SPDX-License-Identifier: GPL-3.0-or-later
// Legacy VTK polygonal data, ASCII and binary, versions 2 to 5.1. Source: The VTK User's Guide, "VTK File Formats". VTK's own reader
// ends the program on damaged files.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <set>

#include "imaging/io/mesh_preflight.hpp"
#include "imaging/io/text_cursor.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::Index;
using core::Result;

// Thrown inside this file only.
struct Broken {
  std::string why;
};

struct Type {
  std::string_view name;
  std::size_t bytes;
  char kind;   // i signed, u unsigned, f real
};
constexpr Type types[] = {{"char", 1, 'i'}, {"signed_char", 1, 'i'}, {"unsigned_char", 1, 'u'}, {"short", 2, 'i'}, {"unsigned_short", 2, 'u'}, {"int", 4, 'i'}, {"unsigned_int", 4, 'u'}, {"long", 8, 'i'}, {"unsigned_long", 8, 'u'},
                          {"vtkIdType", 4, 'i'}, {"vtktypeint32", 4, 'i'}, {"vtktypeuint32", 4, 'u'}, {"vtktypeint64", 8, 'i'}, {"vtktypeuint64", 8, 'u'}, {"float", 4, 'f'}, {"double", 8, 'f'}};

class Legacy {
 public:
  Legacy(std::string_view text, std::string_view cap_array) : in_(text), wanted_(cap_array) {}

  core::SurfaceMesh run() {
    const std::string_view version = in_.line();
    if (version.substr(0, 22) != "# vtk DataFile Version") throw Broken{"it is no legacy VTK file"};
    in_.line();   // title
    const std::string_view encoding = in_.word();
    binary_ = encoding == "BINARY";
    if (!binary_ && encoding != "ASCII") throw Broken{"it is neither ASCII nor BINARY"};
    if (in_.word() != "DATASET") throw Broken{"it names no data set"};
    if (const std::string_view set = in_.word(); set != "POLYDATA") throw Broken{fmt::format("it holds {}, not a surface", set.substr(0, 24))};
    while (!in_.done()) {
      const std::string_view key = in_.word();
      if (key == "POINTS") points();
      else if (key == "VERTICES") other_ += cells(nullptr);
      else if (key == "LINES") other_ += cells(nullptr);
      else if (key == "POLYGONS") cells(&polygons_);
      else if (key == "TRIANGLE_STRIPS") cells(&strips_);
      else if (key == "POINT_DATA" || key == "CELL_DATA") owner_is_cell_ = key == "CELL_DATA", owner_ = count();
      else if (key == "METADATA") metadata();
      else attribute(key);
    }
    return build();
  }

 private:
  std::uint64_t count() {
    std::uint64_t n = 0;
    if (!in_.number(n) || n > in_.left()) throw Broken{"it promises more than it holds"};
    return n;
  }

  std::vector<double> values(std::string_view type, std::uint64_t n) {
    const Type* t = nullptr;
    for (const Type& one : types)
      if (one.name == type) t = &one;
    if (!t) throw Broken{fmt::format("\"{}\" is no known number type", type.substr(0, 24))};
    std::vector<double> out;
    if (!binary_) {
      if (n > in_.left()) throw Broken{"it is truncated"};
      out.resize(n);
      for (double& x : out)
        if (!in_.number(x)) {
          // "nan" of some C libraries carries a sign or brackets; as a value it is no number either way
          throw Broken{"a list holds something that is no number, or ends early"};
        }
      return out;
    }
    if (n > in_.left() / t->bytes) throw Broken{"it is truncated"};
    const std::string_view raw = in_.take(n * t->bytes);
    out.resize(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      std::uint64_t bits = 0;   // big endian
      for (std::size_t b = 0; b < t->bytes; ++b) bits = bits << 8 | static_cast<unsigned char>(raw[i * t->bytes + b]);
      if (t->kind == 'u') {
        out[i] = double(bits);
      } else if (t->kind == 'i') {
        const int shift = int(64 - 8 * t->bytes);
        out[i] = double(std::int64_t(bits << shift) >> shift);
      } else if (t->bytes == 4) {
        const auto word = std::uint32_t(bits);
        float f;
        std::memcpy(&f, &word, 4);
        out[i] = f;
      } else {
        std::memcpy(&out[i], &bits, 8);
      }
    }
    return out;
  }
  // The rest of the header line ends before binary data begin.
  std::vector<double> block(std::string_view type, std::uint64_t n) {
    in_.line();
    return values(type, n);
  }

  void points() {
    const std::uint64_t n = count();
    const std::vector<double> x = block(in_.word(), 3 * n);
    for (std::uint64_t i = 0; i < n; ++i) mesh_.points.emplace_back(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
  }

  Index index(double x) const {
    if (!(x >= 0 && x < double(mesh_.points.size()) && x == std::floor(x))) throw Broken{"a cell names a missing point"};
    return Index(x);
  }

  std::uint64_t cells(std::vector<std::vector<Index>>* into) {
    const std::uint64_t first = count(), second = count();
    in_.line();
    std::uint64_t made = 0;
    if (in_.peek() == "OFFSETS") {
      in_.word();
      const std::vector<double> offsets = block(in_.word(), first);
      if (in_.word() != "CONNECTIVITY") throw Broken{"a cell list has no CONNECTIVITY"};
      const std::vector<double> nodes = block(in_.word(), second);
      for (std::size_t c = 0; c + 1 < offsets.size(); ++c, ++made) {
        const double from = offsets[c], to = offsets[c + 1];
        if (!(from >= 0 && to >= from && to <= double(nodes.size()) && from == std::floor(from) && to == std::floor(to))) throw Broken{"a cell points outside its list"};
        if (into) add(*into, nodes, std::size_t(from), std::size_t(to));
      }
      return made;
    }
    const std::vector<double> all = values("int", second);
    for (std::size_t at = 0; made < first; ++made) {
      if (at >= all.size() || !(all[at] >= 0 && all[at] <= double(all.size() - at - 1) && all[at] == std::floor(all[at]))) throw Broken{"a cell points outside its list"};
      const auto n = std::size_t(all[at]);
      if (into) add(*into, all, at + 1, at + 1 + n);
      at += n + 1;
    }
    return made;
  }
  void add(std::vector<std::vector<Index>>& into, const std::vector<double>& nodes, std::size_t from, std::size_t to) const {
    std::vector<Index> cell;
    for (std::size_t i = from; i < to; ++i) cell.push_back(index(nodes[i]));
    into.push_back(std::move(cell));
  }

  void keep(std::string_view name, std::uint64_t components, std::vector<double> v) {
    if (!owner_is_cell_ || components != 1) return;
    there_ += (there_.empty() ? "" : ", ") + std::string(name.substr(0, 64));
    if (!wanted_.empty() && name == wanted_) caps_ = std::move(v);
  }

  void attribute(std::string_view key) {
    if (key == "SCALARS") {
      const std::string_view name = in_.word(), type = in_.word();
      std::uint64_t components = 1;
      TextCursor rest(in_.line());
      if (!rest.done() && (!rest.number(components) || components < 1 || components > 4)) throw Broken{"an array has an impossible width"};
      if (in_.peek() == "LOOKUP_TABLE") in_.line_of_word();
      keep(name, components, values(type, owner_ * components));
    } else if (key == "FIELD") {
      in_.word();
      const std::uint64_t arrays = count();
      for (std::uint64_t a = 0; a < arrays; ++a) {
        if (in_.peek() == "METADATA") in_.word(), metadata();
        const std::string_view name = in_.word();
        const std::uint64_t components = count(), tuples = count();
        if (components > 64 || tuples > in_.left()) throw Broken{"an array has an impossible size"};
        const std::string_view type = in_.word();
        if (type == "string") throw Broken{"it holds text arrays"};
        keep(name, components, block(type, components * tuples));
      }
    } else if (key == "VECTORS" || key == "NORMALS" || key == "TENSORS") {
      in_.word();
      block(in_.word(), owner_ * (key == "TENSORS" ? 9 : 3));
    } else if (key == "TEXTURE_COORDINATES") {
      in_.word();
      const std::uint64_t dimension = count();
      if (dimension > 3) throw Broken{"texture coordinates have an impossible width"};
      block(in_.word(), owner_ * dimension);
    } else if (key == "LOOKUP_TABLE" || key == "COLOR_SCALARS") {
      in_.word();
      std::uint64_t n = count();
      if (key == "LOOKUP_TABLE") n *= 4;
      else n *= owner_;
      block(binary_ ? "unsigned_char" : "float", n);
    } else if (key == "GLOBAL_IDS" || key == "PEDIGREE_IDS") {
      in_.word();
      block(in_.word(), owner_);
    } else {
      throw Broken{fmt::format("\"{}\" stands where a section should begin", key.substr(0, 24))};
    }
  }

  // Ends at an empty line.
  void metadata() {
    in_.line();
    while (in_.left() > 0 && !in_.line().empty()) {
    }
  }

  core::SurfaceMesh build() {
    if (!wanted_.empty() && caps_.empty()) throw Broken{fmt::format("it has no cell array \"{}\"; it has: {}", wanted_, there_.empty() ? "none" : there_)};
    std::size_t cell = other_;
    const auto triangle = [&](Index a, Index b, Index c) {
      if (a == b || b == c || a == c) return;
      mesh_.triangles.push_back({a, b, c});
      if (caps_.empty()) return;
      const double x = cell < caps_.size() ? caps_[cell] : -1;
      mesh_.patch.push_back(x >= -2147483647.0 && x <= 2147483647.0 ? int(std::lround(x)) : -1);
    };
    for (const auto& p : polygons_) {
      for (std::size_t i = 1; i + 1 < p.size(); ++i) triangle(p[0], p[i], p[i + 1]);
      ++cell;
    }
    for (const auto& s : strips_) {
      for (std::size_t i = 0; i + 2 < s.size(); ++i) triangle(s[i], s[i + 1 + i % 2], s[i + 2 - i % 2]);
      ++cell;
    }
    for (const int value : std::set<int>(mesh_.patch.begin(), mesh_.patch.end())) mesh_.patch_names[value] = fmt::format("patch {}", value);
    return std::move(mesh_);
  }

  TextCursor in_;
  std::string wanted_, there_;
  bool binary_ = false, owner_is_cell_ = false;
  std::uint64_t owner_ = 0;
  std::size_t other_ = 0;
  core::SurfaceMesh mesh_;
  std::vector<std::vector<Index>> polygons_, strips_;
  std::vector<double> caps_;
};

}  // namespace

Result<core::SurfaceMesh> parse_vtk_legacy(std::string_view content, const fs::path& path, const std::string& cap_array) {
  const auto refuse = [&](const std::string& why) { return core::bad_input(fmt::format("{} cannot be read as a surface ({}). Export the surface again.", path.string(), why)); };
  try {
    core::SurfaceMesh mesh = Legacy(content, cap_array).run();
    if (mesh.triangles.empty()) return refuse("it holds no triangles");
    for (const core::Vec3& p : mesh.points)
      if (!p.allFinite()) return refuse("a point is not a number");
    return mesh;
  } catch (const Broken& b) {
    return refuse(b.why);
  }
}

}  // namespace ot::imaging
