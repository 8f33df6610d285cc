// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of points: our CSV and what other systems name the same columns (Rhythmia-like exports).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/recorded/delimited.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"

namespace ot::ep {
namespace {

std::string plain(std::string_view s) {
  std::string out;
  for (char c : s)
    if (std::isalnum(static_cast<unsigned char>(c))) out += char(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

int find(const std::vector<std::string>& names, std::initializer_list<const char*> wanted) {
  for (const char* w : wanted)
    for (std::size_t c = 0; c < names.size(); ++c)
      if (plain(names[c]) == w) return int(c);
  return -1;
}

}  // namespace

core::Result<EaMap> parse_ea_csv(std::string_view text) {
  auto table = read_delimited(text, true);
  if (!table) return core::pass(table);
  const auto& names = table->names;
  const int x = find(names, {"xmm", "x", "posx", "positionx", "rovingx", "surfptx"}), y = find(names, {"ymm", "y", "posy", "positiony", "rovingy", "surfpty"}), z = find(names, {"zmm", "z", "posz", "positionz", "rovingz", "surfptz"});
  if (x < 0 || y < 0 || z < 0) return core::bad_input("The table has no columns x, y and z (points cannot be placed). Put a header line \"x_mm,y_mm,z_mm,lat_ms,unipolar_mV,bipolar_mV\" on top.");
  const int lat = find(names, {"latms", "lat", "activationms", "activationtime", "activation", "localactivationtime", "localactivationtimems"});
  const int uni = find(names, {"unipolarmv", "unipolar", "uni", "unipolarvoltage", "unipolarvoltagemv", "univoltage"});
  const int bi = find(names, {"bipolarmv", "bipolar", "bi", "bipolarvoltage", "bipolarvoltagemv", "bivoltage", "peak2peak", "voltagemv", "voltage"});
  const int name = find(names, {"name", "label", "id", "point", "pointnumber", "ptnumber"});
  EaMap out;
  out.format = "CSV";
  const auto value = [&](std::size_t r, int c) { return c < 0 ? std::numeric_limits<double>::quiet_NaN() : table->values[r * table->columns + std::size_t(c)]; };
  for (std::size_t r = 0; r < table->rows; ++r) {
    EaPoint p;
    p.at = core::Vec3(value(r, x), value(r, y), value(r, z));
    p.lat_ms = value(r, lat);
    p.unipolar_mV = value(r, uni);
    p.bipolar_mV = value(r, bi);
    p.name = name == 0 && !table->first_text[r].empty() ? table->first_text[r].substr(0, 64) : fmt::format("P{}", r + 1);
    out.points.push_back(std::move(p));
  }
  if (auto ok = check_ea_map(out); !ok) return core::pass(ok);
  return out;
}

core::Result<EaMap> parse_ea_map(std::string_view text) {
  const std::string_view head = text.substr(0, 4096);
  if (head.find("TriangulatedMeshVersion") != std::string_view::npos || head.find("[GeneralAttributes]") != std::string_view::npos) return parse_carto_mesh(text);
  if (head.rfind("VERSION_", 0) == 0) return parse_carto_car(text);
  if (head.find("Begin data") != std::string_view::npos || head.find("pt number") != std::string_view::npos || head.find("Map name") != std::string_view::npos) return parse_ensite_dxl(text);
  return parse_ea_csv(text);
}

}  // namespace ot::ep
