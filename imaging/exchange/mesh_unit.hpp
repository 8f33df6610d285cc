// SPDX-License-Identifier: GPL-3.0-or-later
// Which unit a mesh file is in. Files rarely say; a wrong guess makes a heart ten times too large. So each unit is tried against the
// sizes of organs, and only a unit that alone is possible is proposed as certain.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "imaging/exchange/mixed_mesh.hpp"

namespace ot::imaging {

// What a mesh may be. `extent`: longest side of its bounding box; `calibre`: 4 volume / area of a closed surface, the diameter when
// it is a tube.
struct OrganSize {
  std::string key, name;
  double least_extent_mm, most_extent_mm, least_calibre_mm, most_calibre_mm;   // calibre 0, 0: not looked at
  std::string source;
};
const std::vector<OrganSize>& organ_sizes();

struct UnitReading {
  LengthUnit unit;
  double extent_mm = 0, calibre_mm = 0;   // calibre 0: not closed
  std::vector<std::string> fits;          // names of organs
};
struct UnitProposal {
  std::optional<LengthUnit> unit;         // the only possible one
  std::vector<UnitReading> readings;      // possible ones, else all
  std::string sentence;                   // "It looks like cm: in mm it would be 8.5 mm long, smaller than any organ known here; in cm ..."
};

// `organ`: key of organ_sizes(), or a word such as a name the user gave ("aorta"); "" tries all.
UnitProposal propose_unit(const MixedMesh& mesh, const std::string& organ);
// The proposal when certain, else a refusal that lists the readings and asks for --unit (bad_input).
core::Result<LengthUnit> decide_unit(const UnitProposal& proposal, const std::string& file);

}  // namespace ot::imaging
