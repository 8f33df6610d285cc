// SPDX-License-Identifier: GPL-3.0-or-later
// The table of numbers beside the pictures.
#include <catch2/catch.hpp>
#include <cmath>

#include "app/present/numbers.hpp"

using namespace ot;

namespace {

std::shared_ptr<const twin::RunResult> result(core::Mode mode, double qrs) {
  auto r = std::make_shared<twin::RunResult>();
  r->mode = mode;
  r->quantities = {{"qrs_ms", "QRS duration", "ms", qrs, ""}};
  if (mode == core::Mode::full) r->quantities.push_back({"steps", "Time steps", "", 1000, ""});
  return r;
}

}  // namespace

TEST_CASE("the difference of a FULL and a FAST plan is that of both in FAST, and unknown where one lacks it") {
  const auto base_full = result(core::Mode::full, 96), base_fast = result(core::Mode::fast, 88), a_fast = result(core::Mode::fast, 90), a_full = result(core::Mode::full, 99);
  auto table = present::number_table({{0, "Base", base_full, false, base_fast}, {1, "A", a_fast, false, a_fast}}, 0, 1);
  CHECK(table.mixed);
  CHECK(table.columns[0].mode == "FULL");
  CHECK(table.columns[1].mode == "FAST");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].values[0] == 96);
  CHECK(table.rows[0].difference == 2);     // not 90 - 96
  CHECK(std::isnan(table.rows[1].difference));

  table = present::number_table({{0, "Base", base_full, false, nullptr}, {1, "A", a_fast, false, a_fast}}, 0, 1);
  CHECK(table.mixed);
  CHECK(std::isnan(table.rows[0].difference));
  CHECK(table.rows[0].tone == present::Tone::neutral);

  table = present::number_table({{0, "Base", base_full, false, base_fast}, {1, "A", a_full, false, a_fast}}, 0, 1);
  CHECK(!table.mixed);
  CHECK(table.rows[0].difference == 3);
}
