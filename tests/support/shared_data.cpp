// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/shared_data.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace ot::test {
namespace fs = std::filesystem;

fs::path shared_root() {
  if (const char* given = std::getenv("ORGANTWIN_SHARED"); given && *given) return given;
  return fs::path(OT_SOURCE_DIR).parent_path() / "shared";
}

fs::path shared_file(const std::string& relative) {
  const fs::path root = shared_root();
  if (!fs::exists(root)) {
    std::fprintf(stderr, "SKIPPED: %s is absent; set ORGANTWIN_SHARED to the folder with data/ and reference/.\n", root.c_str());
    std::fflush(nullptr);
    std::_Exit(skip_code);
  }
  const fs::path path = root / relative;
  if (!fs::exists(path)) throw std::runtime_error("missing in the shared data: " + path.string());
  return path;
}

namespace {
struct Scratch {
  std::vector<fs::path> folders;
  ~Scratch() {
    for (const auto& f : folders) {
      std::error_code ignored;
      fs::remove_all(f, ignored);
    }
  }
};
}  // namespace

fs::path scratch_folder(const std::string& name) {
  static Scratch scratch;
  const fs::path path = fs::temp_directory_path() / ("organtwin-test-" + std::to_string(::getpid()) + "-" + name);
  fs::remove_all(path);
  fs::create_directories(path);
  scratch.folders.push_back(path);
  return path;
}

}  // namespace ot::test
