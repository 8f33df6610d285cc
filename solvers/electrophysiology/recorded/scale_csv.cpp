// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/scale_csv.hpp"

#include <fmt/format.h>

#include <cmath>

#include "solvers/electrophysiology/recorded/delimited.hpp"

namespace ot::ep {

core::Result<ScaleMap> read_scale_csv(const std::string& text, const std::string& name) {
  const auto table = read_delimited(text);
  if (!table) return core::fail(table.error().code, fmt::format("{}: {}", name, table.error().message));
  if (table->columns != 4 || table->rows == 0)
    return core::bad_input(fmt::format("{} has {} columns and {} rows (a map is x, y, z in mm and a factor). Export it with these four columns.", name, table->columns, table->rows));
  ScaleMap out;
  out.name = name;
  for (std::size_t r = 0; r < table->rows; ++r) {
    const double* row = table->values.data() + r * 4;
    for (int c = 0; c < 4; ++c)
      if (!std::isfinite(row[c])) return core::bad_input(fmt::format("{}: row {} holds a field that is no number (a place without a factor scales nothing). Correct or remove it.", name, r + 1));
    out.points.emplace_back(row[0], row[1], row[2]);
    out.factor.push_back(float(row[3]));
  }
  return out;
}

}  // namespace ot::ep
