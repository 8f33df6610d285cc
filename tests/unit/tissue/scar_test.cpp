// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <iostream>

#include "imaging/tissue/phantom.hpp"
#include "imaging/tissue/scar.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {
struct Prepared {
  imaging::Ventricle v;
  imaging::WallSample sample;
};
Prepared prepare(const imaging::VentricleParams& p) {
  auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  auto wall = imaging::measure_wall(v->labels, v->frame);
  REQUIRE(wall);
  auto sample = imaging::sample_wall(v->labels, &v->image, v->frame, *wall);
  if (!sample) FAIL(sample.error().message);
  return {std::move(*v), std::move(*sample)};
}
imaging::ScarResult classified(const imaging::WallSample& s, const imaging::ScarParams& p) {
  auto r = imaging::classify_wall(s, p);
  if (!r) FAIL(r.error().message);
  return *r;
}
}  // namespace

TEST_CASE("scar of the phantom with Rician noise and partial volume: 5 SD and FWHM volumes within 5 % of the shape's, at three voxel sizes") {
  for (const Vec3& spacing : {Vec3(1.0, 1.0, 1.0), Vec3(1.5, 1.5, 1.5), Vec3(1.4, 1.4, 5)}) {
    imaging::VentricleParams p;
    p.spacing = spacing;
    const auto q = prepare(p);
    imaging::ScarParams s;
    const auto nsd = classified(q.sample, s);
    s.method = imaging::ScarMethod::fwhm;
    const auto fwhm = classified(q.sample, s);
    INFO("spacing " << spacing.transpose() << " true " << q.v.scar_ml << " nsd " << nsd.scar_ml << " fwhm " << fwhm.scar_ml << " partial " << nsd.scar_partial_ml << " " << fwhm.scar_partial_ml
                    << " remote " << nsd.remote_mean << " sd " << nsd.remote_sd << " thresholds " << nsd.threshold << " " << fwhm.threshold << " border " << nsd.border_ml << " wall " << nsd.wall_ml);
    CHECK(nsd.scar_ml == Approx(q.v.scar_ml).epsilon(0.05));
    CHECK(fwhm.scar_ml == Approx(q.v.scar_ml).epsilon(0.05));
    CHECK(fwhm.scar_partial_ml == Approx(q.v.scar_ml).epsilon(0.08));
  }
}

TEST_CASE("a wall without scar has less than 0.5 % scar and border zone by 5 SD and none by FWHM") {
  imaging::VentricleParams p;
  p.scar_radius_mm = 0;
  const auto q = prepare(p);
  imaging::ScarParams s;
  const auto nsd = classified(q.sample, s);
  CHECK(nsd.scar_ml + nsd.border_ml < 0.005 * nsd.wall_ml);
  s.method = imaging::ScarMethod::fwhm;
  const auto fwhm = classified(q.sample, s);
  CHECK(fwhm.scar_ml == 0);
  CHECK_FALSE(fwhm.notes.empty());
}

TEST_CASE("a dark core inside bright scar counts as scar and is named") {
  imaging::VentricleParams p;
  auto q = prepare(p);
  // Microvascular obstruction: 4 mm around the middle of the scar's endocardial half falls dark.
  const auto& g = q.v.labels.grid;
  const Vec3 lateral = -q.v.frame.septum;
  const Vec3 core = q.v.frame.base + 36 * q.v.frame.axis() + 25 * lateral;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if ((g.to_patient(Vec3(i, j, k)) - core).norm() < 3.2 && q.v.labels.at(i, j, k) == l::lv_myocardium) q.v.image.values[g.offset(i, j, k)] = 55;
  const auto wall = imaging::measure_wall(q.v.labels, q.v.frame);
  REQUIRE(wall);
  const auto sample = imaging::sample_wall(q.v.labels, &q.v.image, q.v.frame, *wall);
  REQUIRE(sample);
  const auto r = classified(*sample, {});
  CHECK(r.dark_core_ml > 0.05);
  CHECK(r.scar_ml == Approx(q.v.scar_ml).epsilon(0.06));
}

TEST_CASE("remote region picked by hand: by segments, by a ball, and refused when it holds too little wall") {
  const auto q = prepare({});
  imaging::ScarParams s;
  s.remote.segments = {8, 9};
  const auto a = classified(q.sample, s);
  CHECK(a.remote_segments == std::vector<int>{8, 9});
  CHECK(a.scar_ml == Approx(q.v.scar_ml).epsilon(0.06));
  s.remote = {{}, 6.0, q.v.frame.base + 36 * q.v.frame.axis() + 28 * q.v.frame.septum};
  const auto b = classified(q.sample, s);
  CHECK(b.remote_voxels > 20);
  CHECK(b.remote_mean == Approx(a.remote_mean).epsilon(0.1));
  s.remote.centre = Vec3(1000, 0, 0);
  const auto refused = imaging::classify_wall(q.sample, s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::ErrorCode::bad_input);
}

TEST_CASE("tissue labels replace the former ones and leave all other labels as they were") {
  const auto q = prepare({});
  const auto r = classified(q.sample, {});
  core::LabelMap before = q.v.labels;
  std::size_t at = 0;
  while (before.values[at] != l::lv_myocardium) ++at;
  before.values[at] = l::scar;   // an old, wrong scar far from the new one
  const auto after = imaging::with_tissue(before, q.sample, r);
  CHECK(double(after.count(l::scar)) * q.sample.voxel_ml == Approx(r.scar_ml));
  CHECK(double(after.count(l::border_zone)) * q.sample.voxel_ml == Approx(r.border_ml));
  CHECK(after.count(l::lv_blood_pool) == before.count(l::lv_blood_pool));
  CHECK(after.values[at] == l::lv_myocardium);
  CHECK(after.find("border_zone") != nullptr);
}

TEST_CASE("CT: low attenuation by half the remote mean, fat by HU off the outer layer, thinning below 5 mm") {
  imaging::VentricleParams p;
  p.remote = 110, p.scar = 40, p.blood = 350, p.outside = -80, p.noise_sd = 0;   // HU, early contrast phase, fat around
  auto q = prepare(p);
  q.sample.ct = true;
  imaging::ScarParams s;
  s.method = imaging::ScarMethod::hu;
  for (std::size_t n = 0; n < q.sample.value.size(); ++n) q.sample.value[n] += float(n * 7919 % 11) - 5;   // without any noise the remote SD is zero
  const auto r = classified(q.sample, s);
  INFO("true " << q.v.scar_ml << " found " << r.scar_ml << " threshold " << r.threshold);
  CHECK(r.threshold == Approx(55).margin(3));
  CHECK(r.scar_ml == Approx(q.v.scar_ml).epsilon(0.2));   // averaging over 3 x 3 x 3 and half of 110 against 40: not unbiased
  s.fat = true;
  s.method = imaging::ScarMethod::none;
  const auto none = classified(q.sample, s);
  CHECK(none.fat_ml == 0);   // fat lies outside the wall only
  for (std::size_t n = 0; n < q.sample.value.size(); ++n)
    if (q.sample.segment[n] == 11 && q.sample.rim[n] == 0) q.sample.value[n] = -70;
  const auto some = classified(q.sample, s);
  CHECK(some.fat_ml > 1);
  CHECK(some.fat_dense_ml == Approx(some.fat_ml).epsilon(0.01));
  q.sample.ct = false;
  CHECK_FALSE(imaging::classify_wall(q.sample, s));   // MR has no HU
}
