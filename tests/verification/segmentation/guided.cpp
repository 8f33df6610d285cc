// SPDX-License-Identifier: GPL-3.0-or-later
// The guided recipe: floors of issue 3 on the real CT, and what every kind of input does.
#include <catch2/catch.hpp>
#include <cstdio>

#include "imaging/io/io.hpp"
#include "imaging/segmentation/guided.hpp"
#include "imaging/segmentation/score.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
namespace l = core::labels;

namespace {

struct Real {
  core::Result<core::Volume> ct = imaging::read_volume(test::shared_file("data/heart-cta-dissection/ct.nii.gz"), "", {});
  core::Result<core::LabelMap> ref = imaging::read_labels(test::shared_file("data/heart-cta-dissection/reference_heart_labels.nii.gz"), l::heart());
  core::Result<core::LabelMap> ignore = imaging::read_labels(test::shared_file("data/heart-cta-dissection/reference_heart_labels_ignore.nii.gz"), {});
  imaging::GuidedInput guide;
  Real() {
    REQUIRE((ct && ref && ignore));
    const auto text = core::read_file(OT_CASES "/guided_heart_cta.json");
    REQUIRE(text);
    const auto read = imaging::read_guided(*text, "guided_heart_cta.json");
    if (!read) FAIL(read.error().message);
    guide = *read;
  }
  imaging::Segmentation run(const imaging::GuidedInput& g) const {
    auto s = imaging::segment_guided(*ct, g, {});
    if (!s) FAIL(s.error().message);
    return *s;
  }
};

}  // namespace

TEST_CASE("Guided on the real CT: Dice >= 0.95 LV, 0.88 wall, 0.93 LA and RV, 0.88 RA, 0.92 aorta (issue 3)") {
  const Real real;
  const auto s = real.run(real.guide);
  const auto scores = imaging::score_labels(s.labels, *real.ref, &*real.ignore);
  REQUIRE(scores);
  for (const auto& x : *scores) {
    std::printf("verify guided %s %.3f (%.2f mm, %.0f of %.0f ml)\n", l::heart()[std::size_t(x.label - 1)].key.c_str(), x.dice, x.surface_mm, x.found_ml, x.reference_ml);
    for (const auto& [label, floor] : {std::pair{l::lv_blood_pool, 0.95}, {l::lv_myocardium, 0.88}, {l::left_atrium, 0.93}, {l::rv_blood_pool, 0.93}, {l::right_atrium, 0.88}, {l::aorta, 0.92}})
      if (x.label == label) CHECK(x.dice >= floor);
  }
  for (const auto& p : s.planes) {
    CHECK(p.fitted);
    if (p.key == "mitral") CHECK(p.normal.dot(core::Vec3(0.45, -0.82, -0.36)) > 0.98);   // turned downstream
    if (p.key == "aortic") CHECK(p.normal.dot(core::Vec3(-0.57, -0.18, 0.80)) > 0.98);
  }
}

TEST_CASE("Guided without input is the automatic recipe, a threshold, papillary muscles as wall, a cut and a split do what they say") {
  const Real real;
  const auto plain = real.run({});
  const auto automatic = imaging::find_recipe("cardiac_ct")->run(*real.ct, {});
  REQUIRE(automatic);
  CHECK(plain.labels.sha256() == automatic->labels.sha256());

  imaging::GuidedInput wall;
  wall.papillary = imaging::Papillary::wall;
  wall.threshold = 330;
  const core::Vec3 cut(20, -185, 700);
  wall.cuts.push_back({"arch", "aorta", cut, core::Vec3(0, 0, 1), 0});
  const auto s = real.run(wall);
  CHECK(s.labels.volume_ml(l::lv_blood_pool) < plain.labels.volume_ml(l::lv_blood_pool) - 3);   // 10 ml of papillary muscle in the reference
  double above = 0;
  for (int k = 0; k < s.labels.grid.size[2]; ++k)
    for (int j = 0; j < s.labels.grid.size[1]; ++j)
      for (int i = 0; i < s.labels.grid.size[0]; ++i)
        if (s.labels.at(i, j, k) == l::aorta && s.labels.grid.to_patient(core::Vec3(i, j, k)).z() > cut.z() + 1.5) above += 1;
  CHECK(above == 0);
}
