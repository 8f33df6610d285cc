// SPDX-License-Identifier: GPL-3.0-or-later
// A 4D file in the import browser, in the case and out again.
#include <catch2/catch.hpp>
#include <cmath>

#include "app/session/exchange.hpp"
#include "app/session/import_scan.hpp"
#include "app/session/preview.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

namespace {
// A disc that pulses, 8 phases of 33 ms.
std::vector<core::Volume> pulsing(int slices) {
  std::vector<core::Volume> out;
  for (int p = 0; p < 8; ++p) {
    core::Volume v;
    v.grid.size = {24, 24, slices};
    v.grid.spacing = core::Vec3(2, 2, 8);
    const double r = 6 + 2 * std::sin(p * 0.785);
    for (int k = 0; k < slices; ++k)
      for (int j = 0; j < 24; ++j)
        for (int i = 0; i < 24; ++i) v.values.push_back(std::hypot(i - 11.5, j - 11.5) < r ? 300.0f : 40.0f);
    out.push_back(std::move(v));
  }
  return out;
}
}  // namespace

TEST_CASE("A 4D NIfTI is offered as phases with its times, imported as a moving image, and exported to equal phases again") {
  const auto dir = test::scratch_folder("import-4d");
  const auto phases = pulsing(6);
  std::vector<const core::Volume*> all;
  std::vector<double> times;
  for (std::size_t p = 0; p < phases.size(); ++p) all.push_back(&phases[p]), times.push_back(33.0 * double(p));
  REQUIRE(imaging::write_moving(all, times, dir / "cine.nii.gz", {}));
  const auto scan = session::scan_for_import(dir / "cine.nii.gz", {});
  if (!scan) FAIL(scan.error().message);
  const auto* r = scan->recommended();
  REQUIRE(r);
  CHECK(r->kind == imaging::ReadingKind::phases);
  CHECK(r->phases == 8);
  CHECK(r->verdict.find("33 ms apart") != std::string::npos);
  CHECK(session::preview(*scan, *r, 40, {}).has_value());
  const auto data = session::import_reading(*scan, *r, {}, {});
  if (!data) FAIL(data.error().message);
  const auto& image = data->images.front();
  REQUIRE(image.phases.size() == 8);
  CHECK(image.volume == image.phases.front().volume);
  for (std::size_t p = 0; p < 8; ++p) {
    CHECK(image.phases[p].trigger_ms == Approx(times[p]).margin(0.01));
    CHECK(image.phases[p].volume->values == phases[p].values);
  }
  for (const char* name : {"out.nii.gz", "out.nrrd", "out.mha"}) {
    INFO(name);
    const auto written = session::export_part(*data, {"volume", "", "", "", dir / name, false}, {});
    if (!written) FAIL(written.error().message);
    const auto back = imaging::read_moving(dir / name, {});
    if (!back) FAIL(back.error().message);
    REQUIRE(back->size() == 8);
    for (std::size_t p = 0; p < 8; ++p) CHECK((*back)[p].values == phases[p].values);
  }
  session::ImportParams half;
  half.resolution = {session::Resolution::Kind::millimetres, 4};
  const auto small = session::import_reading(*scan, *r, half, {});
  REQUIRE(small);
  CHECK(small->images.front().phases.size() == 8);
  CHECK(small->images.front().volume->grid.size[0] == 12);
}

TEST_CASE("One slice over time in a 4D NIfTI is offered as a cine, and a file without a time step says that its times are assumed") {
  const auto dir = test::scratch_folder("import-4d-flat");
  const auto phases = pulsing(1);
  std::vector<const core::Volume*> all;
  std::vector<double> times;
  for (std::size_t p = 0; p < phases.size(); ++p) all.push_back(&phases[p]), times.push_back(double(p));   // MetaImage: a step of 1 says nothing
  REQUIRE(imaging::write_moving(all, times, dir / "flat.mha", {}));
  const auto scan = session::scan_for_import(dir / "flat.mha", {});
  if (!scan) FAIL(scan.error().message);
  const auto* r = scan->recommended();
  REQUIRE(r);
  CHECK(r->kind == imaging::ReadingKind::cine);
  CHECK(r->state == imaging::ReadingState::caution);
  REQUIRE(r->notes.size() == 1);
  CHECK(r->notes.front().find("60 beats a minute") != std::string::npos);
  const auto data = session::import_reading(*scan, *r, {}, {});
  if (!data) FAIL(data.error().message);
  CHECK(data->images.front().phases.back().trigger_ms == Approx(875));
}
