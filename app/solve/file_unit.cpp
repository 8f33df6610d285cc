// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/file_unit.hpp"

#include <algorithm>

#include "imaging/exchange/mesh_unit.hpp"

namespace ot::solve {

FileUnit file_unit(SpecReader& spec) {
  if (!spec.has("unit")) return {};
  const auto unit = imaging::unit_of(spec.text("unit", {}));
  if (!unit) throw SpecError("\"unit\" is mm, cm, um or m.");
  return {true, *unit};
}

void check_unit(const FileUnit& unit, const std::vector<core::Vec3>& points_mm, const std::string& file, std::vector<std::string>& notes) {
  if (unit.given) {
    core::Vec3 low = core::Vec3::Constant(1e300), high = -low;
    for (const core::Vec3& x : points_mm) low = low.cwiseMin(x), high = high.cwiseMax(x);
    constexpr double largest_mm = 1000, smallest_mm = 1;
    if (const double across = (high - low).maxCoeff(); !points_mm.empty() && (across > largest_mm || across < smallest_mm))
      notes.insert(notes.begin(), fmt::format("{} is {:.3g} mm across with the given unit: no organ is. Check \"unit\".", file, across));
    return;
  }
  imaging::MixedMesh cloud;
  cloud.points = points_mm;
  const auto proposal = imaging::propose_unit(cloud, "");
  const bool possible = std::any_of(proposal.readings.begin(), proposal.readings.end(), [](const auto& r) { return r.unit == imaging::LengthUnit::mm && !r.fits.empty(); });
  if (!possible)
    throw SpecError(fmt::format("The unit of {} is not known (a wrong one makes it ten or a thousand times too large). {} Say \"unit\": \"mm\", \"cm\", \"um\" or \"m\".", file, proposal.sentence));
  notes.push_back(fmt::format("{} was read as mm (no \"unit\" was given).", file));
}

}  // namespace ot::solve
