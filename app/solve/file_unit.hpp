// SPDX-License-Identifier: GPL-3.0-or-later
// The unit of lengths of a mesh file named in a spec. Files do not say it. Without "unit" a file is read as mm when some organ has that
// size in mm, and a note says so; else the spec is refused and the sizes in each unit are told (imaging/exchange/mesh_unit.hpp).
// Fails: SpecError. Threads: pure functions.
#pragma once
#include <string>
#include <vector>

#include "app/solve/spec_reader.hpp"
#include "imaging/exchange/mesh_file.hpp"

namespace ot::solve {

struct FileUnit {
  bool given = false;
  imaging::LengthUnit unit = imaging::LengthUnit::mm;
};
FileUnit file_unit(SpecReader& spec);   // key "unit"
// After the file was read with that unit.
void check_unit(const FileUnit& unit, const std::vector<core::Vec3>& points_mm, const std::string& file, std::vector<std::string>& notes);

}  // namespace ot::solve
