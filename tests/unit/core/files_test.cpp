// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <filesystem>

#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot::core;
namespace fs = std::filesystem;

TEST_CASE("a failed write leaves the old file whole and no temporary behind") {
  const fs::path folder = ot::test::scratch_folder("files");
  const fs::path path = folder / "a.json";
  REQUIRE(write_file(path, "old"));
  const auto failed = write_file_with(path, [&](const fs::path& temporary) -> Result<void> {
    REQUIRE(write_file(temporary, "half"));
    return bad_input("the disk is full");
  });
  CHECK(!failed);
  CHECK(*read_file(path) == "old");
  REQUIRE(write_file(path, "new"));
  CHECK(*read_file(path) == "new");
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);
}

TEST_CASE("a full disk is a sentence, not a crash (/dev/full)") {
  const auto failed = write_file_with("/tmp/organtwin-never-there/x", [](const fs::path&) -> Result<void> { return {}; });
  REQUIRE(!failed);
  CHECK(failed.error().code == ErrorCode::bad_input);
  const auto missing = write_file("/nowhere/at/all.txt", "x");
  REQUIRE(!missing);
  CHECK(missing.error().message.find("Cannot write /nowhere/at/all.txt") == 0);
}

TEST_CASE("reading a missing file, a folder and a too large file is refused in words") {
  const fs::path folder = ot::test::scratch_folder("read");
  CHECK(!read_file(folder / "none"));
  CHECK(read_file(folder).error().message.find("is a folder") != std::string::npos);
  REQUIRE(write_file(folder / "big", std::string(1000, 'x')));
  CHECK(!read_file(folder / "big", 999));
  CHECK(read_file(folder / "big", 1000));
}
