// SPDX-License-Identifier: GPL-3.0-or-later
// The table of numbers beside the pictures.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

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

TEST_CASE("the difference of a FULL and a FAST plan is that of both in FAST, which the columns then show, and unknown where one lacks it") {
  const auto base_full = result(core::Mode::full, 96), base_fast = result(core::Mode::fast, 88), a_fast = result(core::Mode::fast, 90), a_full = result(core::Mode::full, 99);
  auto table = present::number_table({{0, "Base", base_full, false, base_fast}, {1, "A", a_fast, false, a_fast}}, 0, 1);
  CHECK(table.mixed);
  CHECK(table.columns[0].mode == "FAST");   // what was subtracted is what is shown
  CHECK(table.columns[1].mode == "FAST");
  REQUIRE(table.rows.size() == 1);          // the time steps of FULL have no place among FAST numbers
  CHECK(table.rows[0].values[0] == 88);
  CHECK(table.rows[0].full[0] == 96);
  CHECK(table.rows[0].difference == 2);     // not 90 - 96
  CHECK(table.difference_of == QStringLiteral("A \u2212 Base"));
  CHECK(table.remark.startsWith("Both in FAST: Base has a FULL result, A has none yet."));

  table = present::number_table({{0, "Base", base_full, false, nullptr}, {1, "A", a_fast, false, a_fast}}, 0, 1);
  CHECK(table.mixed);
  CHECK(table.columns[0].mode == "FULL");
  CHECK(table.rows[0].values[0] == 96);
  CHECK(std::isnan(table.rows[0].difference));
  CHECK(table.remark.startsWith("No difference"));
  CHECK(table.rows[0].tone == present::Tone::neutral);

  table = present::number_table({{0, "Base", base_full, false, base_fast}, {1, "A", a_full, false, a_fast}}, 0, 1);
  CHECK(!table.mixed);
  CHECK(table.remark.isEmpty());
  CHECK(table.rows[0].difference == 3);
}

TEST_CASE("in every row of a table the difference is the right number less the left one, whatever the modes of three plans") {
  const auto base_full = result(core::Mode::full, 96), base_fast = result(core::Mode::fast, 88), a_full = result(core::Mode::full, 99), a_fast = result(core::Mode::fast, 90), b_fast = result(core::Mode::fast, 120);
  const std::vector<present::PlanResult> plans{{0, "Base", base_full, false, base_fast}, {1, "A", a_full, false, a_fast}, {2, "B", b_fast, false, b_fast}};
  for (const auto& [left, right] : {std::pair{0, 1}, {0, 2}, {1, 2}, {2, 1}}) {
    const auto table = present::number_table(plans, left, right);
    CAPTURE(left, right);
    for (const auto& row : table.rows) {
      const double shown = row.values[std::size_t(table.right)] - row.values[std::size_t(table.left)];
      CHECK((std::isnan(shown) ? std::isnan(row.difference) : row.difference == shown));
    }
  }
}

TEST_CASE("a beat that ends before the muscle has repolarised says where, and the QTc row names the plan") {
  auto electro = std::make_shared<ep::ElectroResult>();
  electro->ecg.t_ms = {0, 65, 130};
  electro->activation_ms.assign(200, 20.f);
  electro->repolarisation_ms.assign(200, std::numeric_limits<float>::quiet_NaN());
  CHECK(present::computed_to_ms(*electro) == 130.0);
  auto whole = std::make_shared<ep::ElectroResult>(*electro);
  whole->repolarisation_ms.assign(200, 300.f);
  CHECK(present::computed_to_ms(*whole) == 130.0);   // FAST says when, the ECG does not show it
  whole->ecg.t_ms = {0, 200, 400};
  whole->repolarisation_ms[0] = std::numeric_limits<float>::quiet_NaN();   // one node in 200 is no T wave
  CHECK_FALSE(present::computed_to_ms(*whole));

  auto base = std::make_shared<twin::RunResult>(*result(core::Mode::full, 96)), a = std::make_shared<twin::RunResult>(*base);
  base->electro = electro;
  a->electro = whole;
  base->quantities.push_back({"qtc_fridericia_ms", "QTc (Fridericia)", "ms", std::numeric_limits<double>::quiet_NaN(), ""});
  a->quantities.push_back({"qtc_fridericia_ms", "QTc (Fridericia)", "ms", 400, ""});
  const auto table = present::number_table({{0, "Base", base, false, nullptr}, {1, "A", a, false, nullptr}}, 0, 1);
  for (const auto& row : table.rows) CHECK(row.missing == (row.key == "qtc_fridericia_ms" ? "Base ends at 130 ms" : ""));
}
