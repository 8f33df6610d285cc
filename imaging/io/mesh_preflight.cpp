// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/mesh_preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include "imaging/io/text_cursor.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

// No compressor of VTK's XML files shrinks more: deflate 1032 to 1 (zlib technical notes), LZ4 255 to 1, LZMA is not read here.
constexpr double most_packing = 1040;

tl::unexpected<core::Error> damaged(const fs::path& path, const std::string& why) {
  return bad_input(fmt::format("{} cannot be read as a mesh ({}). Export it again.", path.string(), why));
}

using Attributes = std::map<std::string, std::string, std::less<>>;

// name="value" pairs of one start tag.
Attributes attributes(std::string_view tag) {
  Attributes out;
  std::size_t at = 0;
  while (at < tag.size() && out.size() < 64) {
    const auto equals = tag.find('=', at);
    if (equals == std::string_view::npos || equals + 1 >= tag.size()) break;
    auto from = tag.find_last_of(" \t\r\n", equals);
    from = from == std::string_view::npos ? 0 : from + 1;
    const char quote = tag[equals + 1];
    if (quote != '"' && quote != '\'') {
      at = equals + 1;
      continue;
    }
    const auto end = tag.find(quote, equals + 2);
    if (end == std::string_view::npos) break;
    out[std::string(tag.substr(from, equals - from))] = std::string(tag.substr(equals + 2, end - equals - 2));
    at = end + 1;
  }
  return out;
}

std::string get(const Attributes& a, std::string_view key) {
  const auto at = a.find(key);
  return at == a.end() ? std::string() : at->second;
}

// The first `bytes` of base64 text.
std::string base64(std::string_view text, std::size_t bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    int v = -1;
    if (c >= 'A' && c <= 'Z') v = c - 'A';
    else if (c >= 'a' && c <= 'z') v = c - 'a' + 26;
    else if (c >= '0' && c <= '9') v = c - '0' + 52;
    else if (c == '+') v = 62;
    else if (c == '/') v = 63;
    else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    else break;
    bits = (bits << 6 | std::uint32_t(v)) & 0xFFFFFF;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += char(bits >> have & 0xFF);
      if (out.size() == bytes) break;
    }
  }
  return out;
}

class Inspector {
 public:
  Inspector(std::string_view text, const fs::path& path) : text_(text), path_(path), most_(most_packing * double(text.size())) {}

  Result<void> run(std::string_view type) {
    const auto appended = text_.find("<AppendedData");
    if (appended != std::string_view::npos) {
      const auto close = text_.find('>', appended), mark = close == std::string_view::npos ? close : text_.find('_', close);
      if (mark == std::string_view::npos) return damaged(path_, "its appended data have no begin");
      appended_ = text_.substr(mark + 1);
      raw_ = get(attributes(text_.substr(appended, close - appended)), "encoding") == "raw";
    }
    const std::string_view markup = text_.substr(0, appended);
    bool root = false;
    for (std::size_t at = markup.find('<'); at != std::string_view::npos; at = markup.find('<', at + 1)) {
      const auto close = markup.find('>', at);
      if (close == std::string_view::npos) return damaged(path_, "a tag has no end: it is truncated");
      const std::string_view tag = markup.substr(at + 1, close - at - 1);
      const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
      if (name == "VTKFile") {
        if (auto ok = file(attributes(tag), type); !ok) return ok;
        root = true;
      } else if (name == "Piece") {
        for (const auto& [key, value] : attributes(tag))
          if (key.rfind("NumberOf", 0) == 0 && !plausible(value)) return damaged(path_, fmt::format("{} is \"{}\"", key, value.substr(0, 24)));
      } else if (name == "DataArray" || name == "Array") {
        if (auto ok = array(attributes(tag), markup.substr(close + 1)); !ok) return ok;
      }
      at = close;
    }
    if (!root) return damaged(path_, "it is no VTK XML file");
    return {};
  }

 private:
  bool plausible(const std::string& number) const {
    TextCursor in(number);
    std::uint64_t n = 0;
    return in.number(n) && double(n) <= most_ && n < (std::uint64_t(1) << 31);
  }

  Result<void> file(const Attributes& a, std::string_view type) {
    if (get(a, "type") != type) return damaged(path_, fmt::format("it holds \"{}\", not {}", get(a, "type").substr(0, 32), type));
    const std::string compressor = get(a, "compressor"), order = get(a, "byte_order"), header = get(a, "header_type");
    packed_ = !compressor.empty();
    if (packed_ && compressor != "vtkZLibDataCompressor" && compressor != "vtkLZ4DataCompressor") return damaged(path_, fmt::format("its compressor \"{}\" is not read", compressor.substr(0, 32)));
    if (order != "LittleEndian" && order != "BigEndian") return damaged(path_, "it does not say its byte order");
    if (!header.empty() && header != "UInt32" && header != "UInt64") return damaged(path_, "its header type is unknown");
    swap_ = order == "BigEndian";
    word_ = header == "UInt64" ? 8 : 4;
    return {};
  }

  std::uint64_t word(const std::string& bytes, std::size_t n) const {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < word_; ++i) out |= std::uint64_t(static_cast<unsigned char>(bytes[n * word_ + (swap_ ? word_ - 1 - i : i)])) << (8 * i);
    return out;
  }

  // The sizes that stand before the data: how many bytes VTK would allocate.
  Result<void> sizes(const std::string& head) const {
    const std::size_t words = packed_ ? 3 : 1;
    if (head.size() < words * word_) return damaged(path_, "a data array is truncated");
    const std::uint64_t first = word(head, 0);
    if (!packed_) {
      if (first > text_.size()) return damaged(path_, fmt::format("a data array promises {} bytes", first));
      return {};
    }
    const std::uint64_t block = word(head, 1), last = word(head, 2);
    // Each block takes one size word in the file; the last may be shorter than the others, never longer.
    if (first > text_.size() / word_ || double(first) * double(block) > most_ + double(block) || last > block || (first > 0 && block == 0) || double(block) > std::max(most_, 1e8))
      return damaged(path_, fmt::format("a data array promises {} blocks of {} bytes", first, block));
    return {};
  }

  Result<void> array(const Attributes& a, std::string_view behind) {
    const std::string components = get(a, "NumberOfComponents"), tuples = get(a, "NumberOfTuples"), format = get(a, "format");
    if (!components.empty()) {
      TextCursor in(components);
      int n = 0;
      if (!in.number(n) || n < 1 || n > 64) return damaged(path_, fmt::format("an array has \"{}\" components", components.substr(0, 24)));
    }
    if (!tuples.empty() && !plausible(tuples)) return damaged(path_, fmt::format("an array has \"{}\" tuples", tuples.substr(0, 24)));
    const std::size_t need = (packed_ ? 3 : 1) * word_;
    if (format == "binary") return sizes(base64(behind.substr(0, std::min(behind.find('<'), std::size_t(4096))), need));
    if (format == "appended") {
      const std::string where = get(a, "offset");   // the cursor only looks at it
      TextCursor in(where);
      std::uint64_t offset = 0;
      if (!in.number(offset) || offset >= appended_.size()) return damaged(path_, "an array lies behind the end of the file");
      const std::string_view data = appended_.substr(offset);
      return sizes(raw_ ? std::string(data.substr(0, need)) : base64(data.substr(0, 256), need));
    }
    return {};
  }

  std::string_view text_, appended_;
  const fs::path& path_;
  double most_;
  bool packed_ = false, swap_ = false, raw_ = false;
  std::size_t word_ = 4;
};

}  // namespace

Result<void> inspect_vtk_xml(const fs::path& path, std::string_view type) {
  auto text = core::read_file(path);
  if (!text) return core::pass(text);
  return Inspector(*text, path).run(type);
}

}  // namespace ot::imaging
