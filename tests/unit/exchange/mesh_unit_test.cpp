// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "imaging/exchange/mesh_file.hpp"
#include "imaging/exchange/mesh_unit.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using imaging::LengthUnit;

namespace {

imaging::MixedMesh shared(const char* file) {
  auto m = imaging::read_mesh(test::shared_file(file), "", {});
  if (!m) FAIL(m.error().message);
  return std::move(*m);
}

}  // namespace

TEST_CASE("The shared meshes are recognised: ventricles in mm, left atrium in mm, measured atrium in micrometres") {
  auto heart = imaging::propose_unit(shared("data/biventricle-surface/heart.vtp"), "");
  CAPTURE(heart.sentence);
  CHECK(heart.unit == LengthUnit::mm);
  auto atrium = imaging::propose_unit(shared("data/left-atrium-lasc/atrium.vtp"), "");
  CAPTURE(atrium.sentence);
  CHECK(atrium.unit == LengthUnit::mm);
  auto measured = imaging::propose_unit(shared("data/left-atrium-fibres-1/Labelled.elem"), "");
  CAPTURE(measured.sentence);
  CHECK(measured.unit == LengthUnit::um);
}

TEST_CASE("The aorta in cm could be a coronary artery in mm: without a word it is asked, called \"aorta\" it is cm, and the sentence says both lengths") {
  const auto mesh = shared("data/aorta-iliac-surface/aorta_iliac.vtp");
  const auto open = imaging::propose_unit(mesh, "");
  CAPTURE(open.sentence);
  CHECK_FALSE(open.unit);
  const auto asked = imaging::decide_unit(open, "aorta_iliac.vtp");
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == core::ErrorCode::bad_input);   // exit code 3
  CHECK(asked.error().message.find("--unit") != std::string::npos);
  const auto named = imaging::propose_unit(mesh, "aorta");
  CAPTURE(named.sentence);
  CHECK(named.unit == LengthUnit::cm);
  CHECK(named.sentence.find("cm") != std::string::npos);
}

TEST_CASE("The ventricles scaled to cm, m and micrometres are recognised as such, and ten times too large a heart is not believed to be mm") {
  const auto mesh = shared("data/biventricle-surface/heart.vtp");
  for (const auto& [unit, scale] : std::map<LengthUnit, double>{{LengthUnit::cm, 0.1}, {LengthUnit::um, 1000.0}, {LengthUnit::m, 0.001}}) {
    auto scaled = mesh;
    for (auto& p : scaled.points) p *= scale;
    const auto p = imaging::propose_unit(scaled, "heart");
    CAPTURE(p.sentence);
    CHECK(p.unit == unit);
  }
  auto huge = mesh;
  for (auto& p : huge.points) p *= 10;
  CHECK_FALSE(imaging::propose_unit(huge, "heart").unit == LengthUnit::mm);
}
