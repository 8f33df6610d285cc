// SPDX-License-Identifier: GPL-3.0-or-later
// STL, PLY and OBJ. Sources: 3D Systems' StereoLithography interface specification (1989); Turk, The PLY Polygon File Format (1994);
// Wavefront OBJ appendix B1.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "imaging/io/mesh_preflight.hpp"
#include "imaging/io/text_cursor.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Index;
using core::Result;
using core::SurfaceMesh;

tl::unexpected<core::Error> damaged(const fs::path& path, const std::string& why) {
  return bad_input(fmt::format("{} cannot be read as a surface ({}). Export the surface again.", path.string(), why));
}

Result<SurfaceMesh> finish(SurfaceMesh mesh, const fs::path& path) {
  if (mesh.points.empty() || mesh.triangles.empty()) return damaged(path, "it holds no triangles");
  for (const core::Vec3& p : mesh.points)
    if (!p.allFinite()) return damaged(path, "a point is not a number");
  const auto n = Index(mesh.points.size());
  for (const core::Triangle& t : mesh.triangles)
    for (const Index i : t)
      if (i < 0 || i >= n) return damaged(path, "a triangle names a missing point");
  return mesh;
}

template <class T>
T load(const char* at, bool swap) {
  char b[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) b[i] = at[swap ? sizeof(T) - 1 - i : i];
  T out;
  std::memcpy(&out, b, sizeof(T));
  return out;
}

// Corners become points; equal coordinates are one point.
class Merge {
 public:
  explicit Merge(SurfaceMesh& mesh) : mesh_(mesh) {}
  Index number(const core::Vec3& p) {
    const auto [at, fresh] = known_.emplace(std::array<double, 3>{p[0] + 0.0, p[1] + 0.0, p[2] + 0.0}, Index(mesh_.points.size()));   // -0 + 0 = 0
    if (fresh) mesh_.points.push_back(p);
    return at->second;
  }

 private:
  SurfaceMesh& mesh_;
  std::map<std::array<double, 3>, Index> known_;
};

void add_triangle(SurfaceMesh& mesh, const core::Triangle& t) {
  if (t[0] != t[1] && t[1] != t[2] && t[0] != t[2]) mesh.triangles.push_back(t);   // a triangle without area says nothing
}

enum class Number { i8, u8, i16, u16, i32, u32, f32, f64 };
constexpr std::size_t bytes_of[] = {1, 1, 2, 2, 4, 4, 4, 8};

bool number_type(std::string_view word, Number& out) {
  static const std::map<std::string_view, Number> words{{"char", Number::i8}, {"int8", Number::i8}, {"uchar", Number::u8}, {"uint8", Number::u8}, {"short", Number::i16}, {"int16", Number::i16}, {"ushort", Number::u16}, {"uint16", Number::u16},
                                                        {"int", Number::i32}, {"int32", Number::i32}, {"uint", Number::u32}, {"uint32", Number::u32}, {"float", Number::f32}, {"float32", Number::f32}, {"double", Number::f64}, {"float64", Number::f64}};
  const auto at = words.find(word);
  if (at == words.end()) return false;
  out = at->second;
  return true;
}

struct Property {
  std::string name;
  Number type = Number::f32, count = Number::u8;
  bool list = false;
};
struct Element {
  std::string name;
  std::uint64_t count = 0;
  std::vector<Property> properties;
};

// The values behind a PLY header, whatever their encoding.
class PlyData {
 public:
  PlyData(std::string_view data, bool ascii, bool swap) : cursor_(data), data_(data), ascii_(ascii), swap_(swap) {}
  bool take(Number type, double& out) {
    if (ascii_) return cursor_.number(out);
    const std::size_t n = bytes_of[int(type)];
    if (at_ + n > data_.size()) return false;
    const char* p = data_.data() + at_;
    at_ += n;
    switch (type) {
      case Number::i8: out = load<std::int8_t>(p, swap_); break;
      case Number::u8: out = load<std::uint8_t>(p, swap_); break;
      case Number::i16: out = load<std::int16_t>(p, swap_); break;
      case Number::u16: out = load<std::uint16_t>(p, swap_); break;
      case Number::i32: out = load<std::int32_t>(p, swap_); break;
      case Number::u32: out = load<std::uint32_t>(p, swap_); break;
      case Number::f32: out = load<float>(p, swap_); break;
      case Number::f64: out = load<double>(p, swap_); break;
    }
    return true;
  }
  std::size_t left() const { return ascii_ ? cursor_.left() : data_.size() - at_; }

 private:
  TextCursor cursor_;
  std::string_view data_;
  bool ascii_, swap_;
  std::size_t at_ = 0;
};

bool whole(double x, double low, double high) { return x >= low && x <= high && x == std::floor(x); }

}  // namespace

Result<SurfaceMesh> parse_stl(std::string_view content, const fs::path& path) {
  SurfaceMesh mesh;
  Merge merge(mesh);
  // Binary files may begin with "solid" too: their size tells.
  std::uint32_t count = 0;
  if (content.size() >= 84) count = load<std::uint32_t>(content.data() + 80, std::endian::native == std::endian::big);
  if (content.size() >= 84 && content.size() == 84 + std::uint64_t(count) * 50) {
    for (std::uint32_t t = 0; t < count; ++t) {
      core::Triangle corner{};
      for (std::size_t c = 0; c < 3; ++c) {
        core::Vec3 p;
        for (std::size_t d = 0; d < 3; ++d) p[int(d)] = load<float>(content.data() + 84 + std::size_t(t) * 50 + 12 + 12 * c + 4 * d, std::endian::native == std::endian::big);
        if (!p.allFinite()) return damaged(path, "a point is not a number");
        corner[c] = merge.number(p);
      }
      add_triangle(mesh, corner);
    }
    return finish(std::move(mesh), path);
  }
  if (content.substr(0, 5) != "solid") return damaged(path, content.size() >= 84 ? fmt::format("it promises {} triangles and is {} bytes long", count, content.size()) : "it is too short");
  TextCursor in(content);
  core::Triangle corner{};
  std::size_t at = 0;
  bool ended = false;
  in.line();
  while (!in.done()) {
    const std::string_view word = in.word();
    if (word == "vertex") {
      core::Vec3 p;
      if (!in.number(p[0]) || !in.number(p[1]) || !in.number(p[2]) || !p.allFinite() || at > 2) return damaged(path, "a vertex is not three numbers");
      corner[at++] = merge.number(p);
    } else if (word == "endloop") {
      if (at != 3) return damaged(path, "a facet has not three vertices");
      add_triangle(mesh, corner);
      at = 0;
    } else if (word == "endsolid") {
      ended = true;
      in.line();
    } else if (word == "solid") {
      in.line();   // several solids in one file
    } else if (word == "facet") {
      in.line();
    } else if (word != "outer" && word != "loop" && word != "endfacet") {
      return damaged(path, "it holds words that STL does not know");
    }
  }
  if (!ended || at != 0) return damaged(path, "it is truncated");
  return finish(std::move(mesh), path);
}

Result<SurfaceMesh> parse_obj(std::string_view content, const fs::path& path) {
  SurfaceMesh mesh;
  if (content.find('\0') != std::string_view::npos) return damaged(path, "it holds binary data");
  TextCursor in(content);
  while (!in.done()) {
    const std::string_view line = in.line();
    TextCursor words(line);
    const std::string_view key = words.word();
    if (key == "v") {
      core::Vec3 p;
      if (!words.number(p[0]) || !words.number(p[1]) || !words.number(p[2])) return damaged(path, "a vertex is not three numbers");
      mesh.points.push_back(p);
    } else if (key == "f") {
      std::vector<Index> corner;
      while (!words.done()) {
        const std::string_view w = words.word();   // 7, 7/1, 7/1/3, 7//3
        TextCursor first(w.substr(0, w.find('/')));
        std::int64_t n = 0;
        if (!first.number(n)) return damaged(path, "a face is not made of numbers");
        const auto points = std::int64_t(mesh.points.size());
        n = n > 0 ? n - 1 : points + n;   // negative: counted from the end
        if (n < 0 || n >= (std::int64_t(1) << 31) - 1) return damaged(path, "a face names a missing point");
        corner.push_back(Index(n));
      }
      if (corner.size() < 3) return damaged(path, "a face has fewer than three corners");
      for (std::size_t i = 1; i + 1 < corner.size(); ++i) add_triangle(mesh, {corner[0], corner[i], corner[i + 1]});
    }
  }
  return finish(std::move(mesh), path);
}

Result<SurfaceMesh> parse_ply(std::string_view content, const fs::path& path) {
  TextCursor in(content);
  if (in.word() != "ply") return damaged(path, "it is no PLY file");
  std::vector<Element> elements;
  bool ascii = true, swap = false, ended = false, format = false;
  in.line();
  while (in.left() > 0 && !ended) {
    const std::string_view line = in.line();
    TextCursor words(line);
    const std::string_view key = words.word();
    if (key == "format") {
      const std::string_view f = words.word();
      ascii = f == "ascii";
      swap = f == (std::endian::native == std::endian::little ? "binary_big_endian" : "binary_little_endian");
      format = ascii || f == "binary_big_endian" || f == "binary_little_endian";
    } else if (key == "element") {
      Element e;
      e.name = std::string(words.word());
      if (!words.number(e.count) || elements.size() > 64) return damaged(path, "an element has no count");
      elements.push_back(std::move(e));
    } else if (key == "property") {
      Property p;
      std::string_view type = words.word();
      p.list = type == "list";
      if (p.list) {
        if (!number_type(words.word(), p.count)) return damaged(path, "a property has an unknown type");
        type = words.word();
      }
      if (!number_type(type, p.type) || elements.empty() || elements.back().properties.size() > 256) return damaged(path, "a property has an unknown type");
      p.name = std::string(words.word());
      elements.back().properties.push_back(std::move(p));
    } else if (key == "end_header") {
      ended = true;
    }
  }
  if (!ended || !format) return damaged(path, "its header has no end or names no known encoding");
  SurfaceMesh mesh;
  PlyData data(content.substr(content.size() - in.left()), ascii, swap);
  for (const Element& e : elements) {
    if (e.properties.empty() && e.count > 0) return damaged(path, fmt::format("the element \"{}\" has no properties", e.name.substr(0, 32)));
    if (e.count > data.left()) return damaged(path, fmt::format("it promises {} of \"{}\" and has {} bytes left", e.count, e.name.substr(0, 32), data.left()));
    for (std::uint64_t n = 0; n < e.count; ++n) {
      core::Vec3 p(0, 0, 0);
      for (const Property& q : e.properties) {
        double x = 0;
        if (!q.list) {
          if (!data.take(q.type, x)) return damaged(path, "it is truncated");
          if (q.name == "x") p[0] = x;
          if (q.name == "y") p[1] = x;
          if (q.name == "z") p[2] = x;
          continue;
        }
        double size = 0;
        if (!data.take(q.count, size) || !whole(size, 0, double(data.left()))) return damaged(path, "a list has an impossible length");
        const bool face = e.name == "face" && (q.name == "vertex_indices" || q.name == "vertex_index");
        std::vector<Index> corner;
        for (std::uint64_t i = 0; i < std::uint64_t(size); ++i) {
          if (!data.take(q.type, x)) return damaged(path, "it is truncated");
          if (!face) continue;
          if (!whole(x, 0, 2147483646.0)) return damaged(path, "a face names a missing point");
          corner.push_back(Index(x));
        }
        for (std::size_t i = 1; i + 1 < corner.size(); ++i) add_triangle(mesh, {corner[0], corner[i], corner[i + 1]});
      }
      if (e.name == "vertex") mesh.points.push_back(p);
    }
  }
  return finish(std::move(mesh), path);
}

}  // namespace ot::imaging
