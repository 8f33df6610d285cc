// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of the import list for files that are no DICOM.
#include <catch2/catch.hpp>

#include "app/session/preview.hpp"
#include "imaging/io/io.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Vec3;

TEST_CASE("NIfTI, NRRD and MHA get a preview with the patient's front up and left side on the right, the same for every flip of the stored axes") {
  const auto folder = test::scratch_folder("import-previews");
  for (int flips = 0; flips < 8; ++flips) {
    core::Volume v;
    v.grid.size = {40, 30, 12};
    v.grid.spacing = Vec3(2, 2, 5);
    for (int d = 0; d < 3; ++d)
      if (flips >> d & 1) v.grid.direction(d, d) = -1, v.grid.origin[d] = 100;
    v.values.assign(v.grid.voxels(), 0.0f);
    Vec3 low = Vec3::Constant(1e9), high = -low;
    for (int c = 0; c < 8; ++c) {
      const Vec3 p = v.grid.to_patient(Vec3(c & 1 ? 39 : 0, c & 2 ? 29 : 0, c & 4 ? 11 : 0));
      low = low.cwiseMin(p), high = high.cwiseMax(p);
    }
    for (int k = 0; k < 12; ++k)
      for (int j = 0; j < 30; ++j)
        for (int i = 0; i < 40; ++i) {
          const Vec3 s = (v.grid.to_patient(Vec3(i, j, k)) - low).cwiseQuotient(high - low);
          v.values[v.grid.offset(i, j, k)] = s.x() > 0.75 && s.y() < 0.25 ? 200.0f : 10.0f;   // a bright block at the left front (LPS)
        }
    for (const char* name : {"a.nii.gz", "a.nrrd", "a.mha"}) {
      INFO(name << ", flips " << flips);
      const auto file = folder / (std::to_string(flips) + name);
      REQUIRE(imaging::write_volume(v, file));
      const auto scan = session::scan_for_import(file, {});
      REQUIRE((scan && scan->recommended()));
      const auto t = session::preview(*scan, *scan->recommended(), 80, {});
      if (!t) FAIL(t.error().message);
      CHECK(t->width == 80);
      CHECK(t->height == 60);
      const auto grey = [&](double x, double y) { return int(t->grey[std::size_t(int(y * t->height)) * std::size_t(t->width) + std::size_t(int(x * t->width))]); };
      CHECK(grey(0.9, 0.1) == 255);
      CHECK(grey(0.1, 0.1) == 0);
      CHECK(grey(0.9, 0.9) == 0);
      CHECK(grey(0.1, 0.9) == 0);
    }
  }
}
