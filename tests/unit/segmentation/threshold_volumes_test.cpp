// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/segmentation/threshold_volumes.hpp"

using namespace ot;
namespace l = core::labels;

TEST_CASE("Volumes by threshold: a ball whose brightness falls linearly over its border has the closed form's volume within 2 % for any slider value, and its own at its own") {
  // 400 inside 15 mm, falling to 100 at 20 mm: half height at 17.5 mm.
  const auto radius_at = [](double t) { return 15 + 5 * (400 - t) / 300; };
  for (const core::Vec3& spacing : {core::Vec3(1, 1, 1), core::Vec3(0.8, 0.8, 1.5)}) {
    core::Volume image;
    image.grid.spacing = spacing;
    for (std::size_t d = 0; d < 3; ++d) image.grid.size[d] = int(50 / spacing[Eigen::Index(d)]);
    core::LabelMap labels;
    labels.grid = image.grid;
    labels.labels = l::heart();
    const core::Vec3 middle = image.grid.to_patient(0.5 * core::Vec3(image.grid.size[0] - 1, image.grid.size[1] - 1, image.grid.size[2] - 1));
    for (int k = 0; k < image.grid.size[2]; ++k)
      for (int j = 0; j < image.grid.size[1]; ++j)
        for (int i = 0; i < image.grid.size[0]; ++i) {
          const double r = (image.grid.to_patient(core::Vec3(i, j, k)) - middle).norm();
          image.values.push_back(float(std::clamp(400 - 60 * (r - 15), 100.0, 400.0)));
          labels.values.push_back(image.values.back() > 250 ? std::uint8_t(l::lv_blood_pool) : r < 24 ? std::uint8_t(l::lv_myocardium) : std::uint8_t(0));
        }
    const auto v = imaging::threshold_volumes(image, labels, 250, {});
    REQUIRE(v);
    CHECK(v->volume_ml(l::lv_blood_pool, 250) == Approx(labels.volume_ml(l::lv_blood_pool)).epsilon(1e-9));
    for (double t : {150.0, 180.0, 220.0, 300.0, 350.0, 390.0}) {
      INFO("threshold " << t << ", slices of " << spacing.z());
      CHECK(v->volume_ml(l::lv_blood_pool, t) == Approx(4.0 / 3 * 3.14159265358979 * std::pow(radius_at(t), 3) / 1000).epsilon(0.02));
    }
    CHECK(v->volume_ml(l::left_atrium, 200) == 0);
    CHECK(v->volumes_ml().size() == 1);
  }
  core::Volume other;
  other.grid.size = {4, 4, 4};
  other.values.assign(64, 0);
  core::LabelMap small;
  small.grid.size = {3, 3, 3};
  small.values.assign(27, 0);
  CHECK_FALSE(imaging::threshold_volumes(other, small, 0, {}));
}
