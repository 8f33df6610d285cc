// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses the ending, the rest is the file. Anything but a clean value or a sentence is a finding.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "imaging/io/io.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const char* const ending[] = {".nii.gz", ".nii", ".nrrd", ".mha"};
  if (size < 1) return 0;
  static const std::filesystem::path folder = [] {
    const auto f = std::filesystem::temp_directory_path() / ("organtwin-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(f);
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(std::filesystem::temp_directory_path() / ("organtwin-fuzz-" + std::to_string(::getpid())), ignored);
    });
    return f;
  }();
  const auto path = folder / (std::string("input") + ending[data[0] % 4]);
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data + 1), std::streamsize(size - 1));
  const auto v = ot::imaging::read_volume(path, "", {});
  const bool sound = v ? v->values.size() == v->grid.voxels() && v->grid.spacing.minCoeff() > 0 : !v.error().message.empty();
  if (!sound) std::abort();
  return 0;
}
