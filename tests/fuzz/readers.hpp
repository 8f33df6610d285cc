// SPDX-License-Identifier: GPL-3.0-or-later
// Every reader that takes a file from outside, as a function over bytes. A fuzz target and the replay test call the same.
// Returns false when the reader gave neither a sound value nor a sentence; crashes are found by the process.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ot::test {

struct Reader {
  const char* name;      // "openCARP"
  bool (*feed)(const std::uint8_t* data, std::size_t size);
};
// volume formats, DICOM, DICOM SEG, surfaces, VTU, openCARP, Gmsh, label scheme
const std::vector<Reader>& readers();
const Reader* find_reader(const std::string& name);

}  // namespace ot::test
