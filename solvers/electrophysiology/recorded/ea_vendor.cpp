// SPDX-License-Identifier: GPL-3.0-or-later
// Text exports of mapping systems. Layouts as documented by public readers (OpenEP for MATLAB and Python, carto readers on GitHub):
// facts only; where a column's meaning is not public it is not read.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/recorded/delimited.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"

namespace ot::ep {
namespace {

using core::bad_input;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_points = 5'000'000;

struct Lines {
  std::string_view text;
  std::size_t number = 0;
  bool next(std::string_view& line) {
    if (text.empty()) return false;
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
    ++number;
    return true;
  }
};

// CARTO writes -10000 where a value was not annotated; voltages below zero mean the same.
double annotated(double v) { return std::abs(v) >= 9999 ? nan : v; }

}  // namespace

core::Result<EaMap> parse_carto_car(std::string_view text) {
  Lines lines{text};
  std::string_view line;
  if (!lines.next(line) || line.rfind("VERSION_", 0) != 0) return bad_input("The file does not begin with VERSION_ (it is no CARTO point file *_car.txt). Choose the file ending in _car.txt.");
  EaMap out;
  out.format = "CARTO car";
  const std::string version(words_of(line).front());
  std::size_t marked = 0;
  while (lines.next(line)) {
    const auto w = words_of(line);
    if (w.empty()) continue;
    if (w[0] != "P") continue;   // only points; other record kinds are not documented
    if (w.size() < 13) return bad_input(fmt::format("Line {} of the CARTO point file has {} columns instead of 13 or more (it is truncated). Export the map again.", lines.number, w.size()));
    double v[9];
    const int at[9] = {4, 5, 6, 10, 11, 12, 0, 0, 0};
    for (int k = 0; k < 6; ++k)
      if (!read_number(w[std::size_t(at[k])], false, v[k])) return bad_input(fmt::format("Line {} of the CARTO point file holds \"{}\" where a number should be. Export the map again.", lines.number, std::string(w[std::size_t(at[k])].substr(0, 24))));
    // A letter in column 18 of version 6, A for most points: readers take others as not accepted, no public page says so.
    if (version == "VERSION_6_0" && w.size() > 17 && w[17].size() == 1 && std::isalpha(static_cast<unsigned char>(w[17][0])) && w[17] != "A") ++marked;
    if (out.points.size() >= most_points) return bad_input("The CARTO point file holds more than 5 million points (it is damaged). Export the map again.");
    EaPoint p;
    p.name = "P" + std::string(w[2].substr(0, 32));
    p.at = core::Vec3(v[0], v[1], v[2]);
    p.unipolar_mV = annotated(v[3]);
    p.bipolar_mV = annotated(v[4]);
    p.lat_ms = annotated(v[5]);
    out.points.push_back(std::move(p));
  }
  if (marked) out.notes.push_back(fmt::format("{} points carry another letter than A in column 18, which may mean \"not accepted\"; they were kept.", marked));
  if (auto ok = check_ea_map(out); !ok) return core::pass(ok);
  return out;
}

core::Result<EaMap> parse_carto_mesh(std::string_view text) {
  Lines lines{text};
  std::string_view line;
  enum class Section { none, general, vertices, triangles, colours, other } section = Section::none;
  EaMap out;
  out.format = "CARTO mesh";
  std::vector<char> active;
  std::vector<std::string> columns;
  std::vector<double> uni, bi, lat;
  const auto bad = [&](const char* what) { return bad_input(fmt::format("Line {} of the CARTO mesh: {} (the file is damaged or truncated). Export the map again.", lines.number, what)); };
  double promised_vertices = -1, promised_triangles = -1;
  while (lines.next(line)) {
    if (line.empty()) continue;
    if (line.front() == '[') {
      section = line == "[GeneralAttributes]" ? Section::general : line == "[VerticesSection]" ? Section::vertices : line == "[TrianglesSection]" ? Section::triangles : line == "[VerticesColorsSection]" ? Section::colours : Section::other;
      if (section == Section::colours) {
        uni.assign(out.shell.points.size(), nan);
        bi = lat = uni;
      }
      continue;
    }
    if (line.front() == '#' || section == Section::none || section == Section::other) continue;
    if (line.front() == ';') {
      // The last comment line of the colour section names its columns.
      if (section == Section::colours) {
        columns.clear();
        for (const auto w : words_of(line.substr(1))) columns.emplace_back(w);
      }
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = trim(line.substr(0, equals));
    const auto w = words_of(line.substr(equals + 1));
    if (section == Section::general) {
      if (key == "NumVertex" && !w.empty()) read_number(w[0], false, promised_vertices);
      if (key == "NumTriangle" && !w.empty()) read_number(w[0], false, promised_triangles);
      if (key == "ColorsNames") {
        columns.clear();
        for (const auto c : w) columns.emplace_back(c);
      }
      continue;   // MeshName and the like may hold identity: not read
    }
    double index = 0;
    if (!read_number(key, false, index) || index < 0 || index != std::floor(index)) return bad("a row without its number");
    if (section == Section::vertices) {
      double v[3], group = 0;
      if (w.size() < 3 || !read_number(w[0], false, v[0]) || !read_number(w[1], false, v[1]) || !read_number(w[2], false, v[2]) || std::size_t(index) != out.shell.points.size()) return bad("a vertex that is not three numbers in order");
      if (out.shell.points.size() >= most_points) return bad("more than 5 million vertices");
      if (w.size() > 6) read_number(w[6], false, group);
      out.shell.points.emplace_back(v[0], v[1], v[2]);
      active.push_back(group != -1000000);   // vertices that CARTO has cut away
    } else if (section == Section::triangles) {
      core::Triangle t{};
      if (w.size() < 3) return bad("a triangle with fewer than three corners");
      for (int k = 0; k < 3; ++k) {
        double c = 0;
        if (!read_number(w[std::size_t(k)], false, c) || !(c >= 0 && c < double(out.shell.points.size())) || c != std::floor(c)) return bad("a triangle names a vertex that is not there");
        t[std::size_t(k)] = core::Index(c);
      }
      double group = 0;
      if (w.size() > 6) read_number(w[6], false, group);
      if (group != -1000000) out.shell.triangles.push_back(t);
    } else if (section == Section::colours) {
      if (!(index < double(out.shell.points.size()))) return bad("a value for a vertex that is not there");
      // By the names the file gives; without names the first three are unipolar, bipolar and LAT.
      for (std::size_t c = 0; c < w.size(); ++c) {
        const std::string name = c < columns.size() ? columns[c] : columns.empty() ? (c == 0 ? "Unipolar" : c == 1 ? "Bipolar" : c == 2 ? "LAT" : "") : "";
        auto* into = name == "Unipolar" ? &uni : name == "Bipolar" ? &bi : name == "LAT" ? &lat : nullptr;
        double v = 0;
        if (into && !read_number(w[c], false, v)) return bad("a value that is no number");
        if (into) (*into)[std::size_t(index)] = annotated(v);
      }
    }
  }
  if (out.shell.points.empty()) return bad_input("The CARTO mesh has no vertices (it is empty or damaged). Export the map again.");
  if ((promised_vertices >= 0 && double(out.shell.points.size()) != promised_vertices))
    return bad_input(fmt::format("The CARTO mesh promises {:.0f} vertices and holds {} (it is truncated). Export the map again.", promised_vertices, out.shell.points.size()));
  if (uni.empty()) return bad_input("The CARTO mesh has no section of values (there is nothing to show). Import the *_car.txt file of the same map.");
  for (std::size_t n = 0; n < out.shell.points.size(); ++n) {
    if (!active[n] || (std::isnan(uni[n]) && std::isnan(bi[n]) && std::isnan(lat[n]))) continue;
    out.points.push_back({fmt::format("V{}", n), out.shell.points[n], lat[n], uni[n], bi[n]});
  }
  out.notes.push_back("Values of the mesh were interpolated by CARTO: vertices stand for points.");
  if (auto ok = check_ea_map(out); !ok) return core::pass(ok);
  return out;
}

// DxL: a head of "key:,value" lines, then one row per property: name, value of point 1, value of point 2 ... Times in s.
core::Result<EaMap> parse_ensite_dxl(std::string_view text) {
  Lines lines{text};
  std::string_view line;
  struct Row { const char* key; std::vector<double> v; };
  Row rows[] = {{"roving x", {}}, {"roving y", {}}, {"roving z", {}}, {"surfPt x", {}}, {"surfPt y", {}}, {"surfPt z", {}}, {"rov LAT", {}}, {"ref LAT", {}}, {"peak2peak", {}}, {"utilized", {}}, {"pt number", {}}};
  while (lines.next(line)) {
    const auto comma = line.find(',');
    if (comma == std::string_view::npos) continue;
    std::string key = trim(line.substr(0, comma));
    while (!key.empty() && key.back() == ':') key.pop_back();
    for (auto& row : rows) {
      if (key != row.key || !row.v.empty()) continue;
      std::string_view rest = line.substr(comma + 1);
      while (true) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string word = trim(rest.substr(0, end));
        double v = nan;
        if (!word.empty()) {
          if (!read_number(word, false, v)) v = nan;
          row.v.push_back(v);
        }
        if (row.v.size() > most_points) return bad_input("The EnSite file holds more than 5 million points (it is damaged). Export the map again.");
        if (end == rest.size()) break;
        rest.remove_prefix(end + 1);
      }
    }
  }
  const auto get = [&](const char* key) -> const std::vector<double>& { return std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return std::string_view(r.key) == key; })->v; };
  const auto &x = get("roving x"), &y = get("roving y"), &z = get("roving z");
  if (x.empty() || x.size() != y.size() || x.size() != z.size()) return bad_input("The EnSite file has no rows \"roving x\", \"roving y\" and \"roving z\" of one length (it is no DxL map, or damaged). Choose the file DxL_1.csv of the export.");
  EaMap out;
  out.format = "EnSite DxL";
  const auto at = [](const std::vector<double>& v, std::size_t i) { return i < v.size() ? v[i] : nan; };
  std::size_t unused = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (at(get("utilized"), i) == 0) {
      ++unused;
      continue;
    }
    EaPoint p;
    p.at = core::Vec3(x[i], y[i], z[i]);
    p.lat_ms = 1000 * (at(get("rov LAT"), i) - at(get("ref LAT"), i));
    p.bipolar_mV = at(get("peak2peak"), i);
    const double number = at(get("pt number"), i);
    p.name = std::isfinite(number) ? fmt::format("P{:.0f}", number) : fmt::format("P{}", i + 1);
    out.points.push_back(std::move(p));
  }
  if (unused) out.notes.push_back(fmt::format("{} points that the system marks as not used were left out.", unused));
  out.notes.push_back("LAT is the roving minus the reference time.");
  if (auto ok = check_ea_map(out); !ok) return core::pass(ok);
  return out;
}

}  // namespace ot::ep
