// SPDX-License-Identifier: GPL-3.0-or-later
// The file forms of a label scheme.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "imaging/exchange/label_scheme.hpp"

namespace ot::imaging {
namespace {

using core::bad_input;
using core::Result;
using nlohmann::json;

constexpr std::size_t most_entries = 65535;   // a uint16 label map cannot hold more
constexpr std::int64_t most_value = 16777216; // 2^24: whole numbers stay exact in the float volumes the readers give

std::string shown(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() > 64) text.resize(64);   // DICOM LO, the shortest home a name may get
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

Result<LabelScheme> finish(LabelScheme scheme, const std::string& name) {
  if (scheme.entries.empty())
    return bad_input(fmt::format("{} names no label (it holds no line with a number and a name). Give a scheme as JSON, Slicer .ctbl, ITK-SNAP label file or lines of number and name.", name));
  if (scheme.entries.size() > most_entries) return bad_input(fmt::format("{} names {} labels (a label map holds at most {}). Check that it is a label table.", name, scheme.entries.size(), most_entries));
  std::stable_sort(scheme.entries.begin(), scheme.entries.end(), [](const SchemeEntry& a, const SchemeEntry& b) { return a.value < b.value; });
  for (std::size_t i = 0; i < scheme.entries.size(); ++i) {
    const SchemeEntry& e = scheme.entries[i];
    if (e.value <= 0 || e.value > most_value) return bad_input(fmt::format("{} gives a name to {} (labels are whole numbers from 1 to {}). Correct the table.", name, e.value, most_value));
    if (i > 0 && scheme.entries[i - 1].value == e.value) return bad_input(fmt::format("{} names the number {} twice (which name holds is unknown). Keep one.", name, e.value));
    if (e.key.empty()) return bad_input(fmt::format("{} gives the number {} a name without a letter. Name it.", name, e.value));
  }
  return scheme;
}

std::int32_t whole(const json& j) {
  if (!j.is_number_integer()) return 0;
  if (j.is_number_unsigned() ? j.get<std::uint64_t>() > std::uint64_t(most_value) : std::abs(j.get<std::int64_t>()) > most_value) return 0;
  return std::int32_t(j.get<std::int64_t>());
}

std::optional<core::Color> color_of(const json& j) {
  if (!j.is_array() || j.size() != 3) return std::nullopt;
  core::Color c{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int32_t x = j[i].is_number_integer() ? (j[i] == 0 ? 0 : whole(j[i])) : -1;
    if (x < 0 || x > 255) return std::nullopt;
    c[i] = std::uint8_t(x);
  }
  return c;
}

SchemeEntry entry(std::int32_t value, const std::string& key, const std::string& name, std::optional<core::Color> color = {}) {
  const std::string anatomy = anatomy_key(key.empty() ? name : key);
  SchemeEntry e;
  e.value = value;
  e.key = !anatomy.empty() ? anatomy : own_key(key.empty() ? name : key);
  e.name = shown(name.empty() ? key : name);
  e.color = color;
  return e;
}

Result<LabelScheme> from_json(const json& doc, LabelScheme scheme, const std::string& name) {
  const auto refuse = [&](const char* why) { return bad_input(fmt::format("{} is not a label scheme ({}). See resources/docs/dev/formats.md.", name, why)); };
  if (!doc.is_object()) return refuse("it is JSON, but not an object");
  const auto text = [](const json& d, const char* key, std::string otherwise) { return d.contains(key) && d[key].is_string() ? d[key].get<std::string>() : otherwise; };
  scheme.key = own_key(text(doc, "key", scheme.key));
  scheme.name = shown(text(doc, "name", scheme.name));
  scheme.source = text(doc, "source", scheme.source);
  if (doc.contains("notes") && doc["notes"].is_array())
    for (const json& n : doc["notes"])
      if (n.is_string()) scheme.notes.push_back(n.get<std::string>());
  const json& labels = doc.contains("labels") ? doc["labels"] : doc;
  if (labels.is_array()) {   // OrganTwin
    for (const json& l : labels) {
      if (!l.is_object() || !l.contains("value") || whole(l["value"]) <= 0) return refuse("an entry has no whole number \"value\" above 0");
      const std::string key = text(l, "key", ""), shown_name = text(l, "name", key);
      if (key.empty() && shown_name.empty()) return refuse("an entry has neither \"key\" nor \"name\"");
      scheme.entries.push_back(entry(whole(l["value"]), key, shown_name, l.contains("color") ? color_of(l["color"]) : std::nullopt));
    }
  } else if (labels.is_object()) {   // nnU-Net: {"spleen": 1} (version 2) or {"1": "spleen"} (version 1)
    for (const auto& [key, value] : labels.items()) {
      if (value.is_number_integer()) {
        if (value == 0) continue;
        scheme.entries.push_back(entry(whole(value), "", key));
      } else if (value.is_string()) {
        char* end = nullptr;
        const long number = std::strtol(key.c_str(), &end, 10);
        if (end == key.c_str() || *end != '\0' || number < 0 || number > most_value) continue;   // other text of the document
        if (number != 0) scheme.entries.push_back(entry(std::int32_t(number), "", value.get<std::string>()));
      }
    }
  } else {
    return refuse("\"labels\" is neither a list nor an object");
  }
  return finish(std::move(scheme), name);
}

// One line of a table: "N Name R G B A" (Slicer .ctbl, FreeSurfer), "N R G B A vis mesh "Name"" (ITK-SNAP), "N Name [code]".
std::optional<SchemeEntry> from_line(const std::string& line) {
  std::istringstream in(line);
  long long value = -1;
  if (!(in >> value) || value <= 0 || value > most_value) return std::nullopt;
  if (const auto open = line.find('"'); open != std::string::npos) {   // ITK-SNAP
    const auto close = line.find('"', open + 1);
    if (close == std::string::npos) return std::nullopt;
    int r = 0, g = 0, b = 0;
    std::optional<core::Color> color;
    if (in >> r >> g >> b && r >= 0 && g >= 0 && b >= 0 && r <= 255 && g <= 255 && b <= 255) color = core::Color{std::uint8_t(r), std::uint8_t(g), std::uint8_t(b)};
    return entry(std::int32_t(value), "", line.substr(open + 1, close - open - 1), color);
  }
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  std::vector<int> tail;   // trailing small whole numbers: a colour when there are three or four
  while (!words.empty() && tail.size() < 4) {
    char* end = nullptr;
    const long n = std::strtol(words.back().c_str(), &end, 10);
    if (end == words.back().c_str() || *end != '\0') break;
    if (n < 0 || n > 255) {
      if (tail.empty()) words.pop_back();   // AAL's third column, a code such as 2001
      break;
    }
    tail.insert(tail.begin(), int(n));
    words.pop_back();
  }
  if (words.empty()) return std::nullopt;
  std::string name;
  for (const std::string& w : words) name += (name.empty() ? "" : " ") + w;
  if (tail.size() < 3 && words.size() == 1)   // "T1 4" of one word: the number belongs to nothing we know
    tail.clear();
  std::optional<core::Color> color;
  if (tail.size() >= 3) color = core::Color{std::uint8_t(tail[0]), std::uint8_t(tail[1]), std::uint8_t(tail[2])};
  return entry(std::int32_t(value), "", name, color);
}

}  // namespace

Result<LabelScheme> parse_scheme(std::string_view text, const std::string& name) {
  LabelScheme scheme;
  scheme.key = own_key(name.substr(0, name.find('.')));
  scheme.name = name;
  scheme.source = "file " + name;
  if (!is_text(text)) return bad_input(fmt::format("{} is not a label scheme (it holds binary data). Is this the label map itself?", name));
  const auto first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first != std::string_view::npos && text[first] == '{') {
    const json doc = json::parse(text.begin() + std::ptrdiff_t(first), text.end(), nullptr, false);
    if (doc.is_discarded()) return bad_input(fmt::format("{} is not valid JSON. Check it with a JSON tool.", name));
    return from_json(doc, std::move(scheme), name);
  }
  std::size_t lines = 0, read = 0;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    const auto start = line.find_first_not_of(" \t\r");
    if (start == std::string::npos || line[start] == '#') continue;
    ++lines;
    if (auto e = from_line(line); e && !e->key.empty()) {
      scheme.entries.push_back(std::move(*e));
      ++read;
    } else if (std::istringstream zero(line); true) {
      long long n = -1;
      if (zero >> n && n == 0) --lines;   // the background has a line in most tables
    }
    if (scheme.entries.size() > most_entries) break;
  }
  if (read * 2 < lines) return bad_input(fmt::format("{} is not a label table ({} of {} lines hold a number and a name). Give one label per line.", name, read, lines));
  return finish(std::move(scheme), name);
}

}  // namespace ot::imaging
