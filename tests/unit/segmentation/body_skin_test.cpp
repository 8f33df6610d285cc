// SPDX-License-Identifier: GPL-3.0-or-later
// The skin of the trunk on made bodies whose border is known, and on the real CTs beside the checkout.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/io/io.hpp"
#include "imaging/segmentation/body_skin.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/support/made_trunk.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Vec3;
using test::made_trunk;
using test::trunk_share;

TEST_CASE("skin: points lie within 1.5 mm of a made body at voxels of 2 mm, all the way round, none on an arm or a couch beside it") {
  const auto skin = imaging::find_skin(made_trunk(Vec3(-280, -160, -60), Vec3(280, 160, 60)));
  REQUIRE(skin);
  CHECK(skin->size() > 120 * 15);
  for (const Vec3& p : *skin) {
    const Vec3 on = p / trunk_share(p);
    CHECK(std::hypot(p.x() - on.x(), p.y() - on.y()) < 1.5);
  }
}

TEST_CASE("skin: a field that ends inside the body in front gives no point there, padding of a round field is no air, and 1 and 2 threads give the same bits") {
  const auto cut = imaging::find_skin(made_trunk(Vec3(-280, -90, -60), Vec3(280, 160, 60)));
  REQUIRE(cut);
  CHECK(cut->size() > 200);
  for (const Vec3& p : *cut) CHECK(p.y() > -92);
  core::Volume round = made_trunk(Vec3(-170, -170, -60), Vec3(170, 170, 60));
  for (int k = 0; k < round.grid.size[2]; ++k)
    for (int j = 0; j < round.grid.size[1]; ++j)
      for (int i = 0; i < round.grid.size[0]; ++i)
        if (const Vec3 p = round.grid.to_patient(Vec3(i, j, k)); std::hypot(p.x(), p.y()) > 140) round.values[round.grid.offset(i, j, k)] = -1024;
  // The body is 160 mm to each side and the field 140: what ends there is the field. (A round field that is smaller than the picture is padded far below air.)
  for (float& v : round.values)
    if (v == -1024) v = -3024;
  const auto seen = imaging::find_skin(round);
  REQUIRE(seen);
  CHECK(seen->size() > 200);
  for (const Vec3& p : *seen) CHECK(std::abs(trunk_share(p) - 1) < 0.02);
  const int before = core::thread_count();
  core::set_thread_count(1);
  const auto one = imaging::find_skin(round);
  core::set_thread_count(2);
  const auto two = imaging::find_skin(round);
  core::set_thread_count(before);
  REQUIRE((one && two));
  CHECK(*one == *two);
}

TEST_CASE("skin: a scan without air is refused in words, and a cancelled search ends as cancelled") {
  core::Volume full;
  full.grid.size = {80, 80, 40};
  full.grid.spacing = Vec3::Constant(3);
  full.values.assign(full.grid.voxels(), 40);
  const auto none = imaging::find_skin(full);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == core::ErrorCode::bad_input);
  CHECK(none.error().message.find("No body surrounded by air") != std::string::npos);
  auto flag = std::make_shared<core::CancelFlag>();
  flag->cancel();
  const auto stopped = imaging::find_skin(full, core::Progress({}, flag));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == core::ErrorCode::cancelled);
}

TEST_CASE("skin: the native chest CT shows it in 95 % of 120 directions at every height, and the heart CT, cropped in front, shows fewer than 10 points at the height of the heart") {
  const auto chest = imaging::read_volume(test::shared_file("data/dicom-ct-chest"), "", {});
  REQUIRE(chest);
  const auto all = imaging::find_skin(*chest);
  REQUIRE(all);
  CHECK(double(all->size()) > 0.95 * 120 * 14);   // 88 mm: 14 or 15 heights
  const auto heart = imaging::read_volume(test::shared_file("data/heart-cta-dissection/ct.nii.gz"), "", {});
  REQUIRE(heart);
  const auto some = imaging::find_skin(*heart);
  REQUIRE(some);
  CHECK(some->size() > 50);                        // over the sternum's upper end
  CHECK(std::count_if(some->begin(), some->end(), [](const Vec3& p) { return p.z() < 690; }) < 10);   // gas of the bowel at the edge; the ventricles lie at 590 to 680 mm (SOURCE.md of the data)
}
