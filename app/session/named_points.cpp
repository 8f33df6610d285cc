// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/named_points.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/recorded/delimited.hpp"

namespace ot::session {
namespace {

using Json = nlohmann::json;

core::Result<core::Vec3> point_from(const Json& j, const std::string& name) {
  if (!j.is_array() || j.size() != 3 || !j[0].is_number() || !j[1].is_number() || !j[2].is_number())
    return core::bad_input(fmt::format("\"{}\" needs three numbers in mm, [x, y, z] (its place is not known otherwise).", name));
  return core::Vec3(j[0].get<double>(), j[1].get<double>(), j[2].get<double>());
}

core::Result<std::vector<NamedPoint>> from_json(const Json& json) {
  std::vector<NamedPoint> out;
  if (json.is_object()) {
    for (const auto& [name, at] : json.items()) {
      auto x = point_from(at, name);
      if (!x) return core::pass(x);
      out.push_back({name, *x});
    }
  } else if (json.is_array()) {
    for (const Json& p : json) {
      if (!p.is_object() || !p.contains("name") || !p["name"].is_string() || !p.contains("at_mm")) return core::bad_input("Each point of the list needs \"name\" and \"at_mm\": [x, y, z].");
      auto x = point_from(p["at_mm"], p["name"].get<std::string>());
      if (!x) return core::pass(x);
      out.push_back({p["name"].get<std::string>(), *x});
    }
  } else {
    return core::bad_input("The JSON is neither an object of points by name nor a list of points.");
  }
  return out;
}

core::Result<std::vector<NamedPoint>> from_csv(const std::string& text) {
  const auto table = ep::read_delimited(text, true);
  if (!table) return core::pass(table);
  if (table->columns != 4) return core::bad_input(fmt::format("The table has {} columns, not the four of name,x,y,z.", table->columns));
  std::vector<NamedPoint> out;
  for (std::size_t r = 0; r < table->rows; ++r) {
    const double* row = table->values.data() + r * table->columns;
    out.push_back({ep::trim(table->first_text[r]), {row[1], row[2], row[3]}});
  }
  return out;
}

}  // namespace

core::Result<std::vector<NamedPoint>> read_named_points(const std::filesystem::path& file) {
  const auto text = core::read_file(file, std::size_t(16) << 20);
  if (!text) return core::pass(text);
  const std::string words = ep::trim(*text);
  core::Result<std::vector<NamedPoint>> points = core::bad_input("");
  if (!words.empty() && (words.front() == '{' || words.front() == '[')) {
    const Json json = Json::parse(words, nullptr, false);
    if (json.is_discarded()) return core::bad_input(fmt::format("{} begins like JSON and is none (a bracket or comma may be missing).", file.filename().string()));
    points = from_json(json);
  } else {
    points = from_csv(*text);
  }
  if (!points) return core::bad_input(fmt::format("{}: {}", file.filename().string(), points.error().message));
  if (points->empty()) return core::bad_input(fmt::format("{} names no point. Write lines of name,x,y,z in mm.", file.filename().string()));
  std::set<std::string> names;
  for (const auto& p : *points) {
    if (p.name.empty() || !names.insert(p.name).second) return core::bad_input(fmt::format("{}: the name \"{}\" is empty or twice there (points are told apart by it).", file.filename().string(), p.name));
    if (!p.at.allFinite()) return core::bad_input(fmt::format("{}: the place of \"{}\" is not three numbers in mm.", file.filename().string(), p.name));
  }
  return points;
}

std::string named_points_csv(const std::vector<NamedPoint>& points) {
  std::string out = "name,x_mm,y_mm,z_mm\n";
  for (const auto& p : points) out += fmt::format("{},{},{},{}\n", p.name, p.at.x(), p.at.y(), p.at.z());
  return out;
}

}  // namespace ot::session
