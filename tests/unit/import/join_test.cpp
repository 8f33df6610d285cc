// SPDX-License-Identifier: GPL-3.0-or-later
// A second series joins a case; labels and scar go from one image of a case to another.
#include <Eigen/Geometry>
#include <catch2/catch.hpp>

#include "app/session/deidentify.hpp"
#include "app/session/join_image.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/import/small_scan.hpp"

using namespace ot;
using core::Vec3;
namespace fs = std::filesystem;
namespace l = core::labels;

namespace {

core::Volume block(std::array<int, 3> size, const Vec3& spacing, const Vec3& origin) {
  core::Volume v;
  v.grid.size = size, v.grid.spacing = spacing, v.grid.origin = origin;
  v.quantity = "MR";
  v.values.resize(v.grid.voxels());
  for (std::size_t i = 0; i < v.values.size(); ++i) v.values[i] = float(i % 911);
  return v;
}

imaging::DicomSeriesParams series(const std::string& uid, const std::string& frame, const std::string& sex = "F") {
  imaging::DicomSeriesParams p;
  p.modality = "MR";
  p.study_uid = "1.2.3.1", p.series_uid = uid, p.frame_uid = frame;
  p.edit = [sex](int, imaging::DicomData& d) { d.text(0x00100040, "CS", sex).text(0x00101010, "AS", "057Y").text(0x00080020, "DA", "20140607"); };
  return p;
}

session::CaseData imported(const fs::path& folder) {
  const auto scan = session::scan_for_import(folder, {});
  REQUIRE(scan);
  REQUIRE(scan->recommended());
  auto data = session::import_reading(*scan, *scan->recommended(), {}, {});
  if (!data) FAIL(data.error().message);
  return *data;
}

core::Result<void> join(session::CaseData& data, const fs::path& folder, bool trust = false) {
  const auto scan = session::scan_for_import(folder, {});
  REQUIRE(scan);
  REQUIRE(scan->recommended());
  session::JoinParams params;
  params.trust_positions = trust;
  return session::join_reading(data, *scan, *scan->recommended(), params, {});
}

}  // namespace

TEST_CASE("The replaced UID of a frame of reference tells the same frame from 2,000 others, and an older case's UID is unknown") {
  const session::Pseudonyms one, other;
  const std::string frame = one.frame("1.2.840.1.77");
  CHECK(frame.size() <= 64);
  CHECK(frame.rfind("2.25.", 0) == 0);
  CHECK(one.frame("").empty());
  CHECK(one.frame("1.2.840.1.77") == frame);
  CHECK(other.frame("1.2.840.1.77") != frame);
  CHECK(session::same_frame(frame, "1.2.840.1.77") == session::FrameMatch::same);
  CHECK(session::same_frame(other.frame("1.2.840.1.77"), "1.2.840.1.77") == session::FrameMatch::same);
  int alike = 0;
  for (int i = 0; i < 2000; ++i) alike += session::same_frame(frame, "1.2.840.1." + std::to_string(1000 + i)) != session::FrameMatch::differs;
  CHECK(alike <= 2);   // one in 65,536 passes: more than two of 2,000 has a chance below 1e-5
  CHECK(session::same_frame(one.uid("1.2.840.1.77"), "1.2.840.1.77") == session::FrameMatch::unknown);
  CHECK(session::same_frame("", "1.2.3") == session::FrameMatch::unknown);
  CHECK(session::same_frame(frame, "") == session::FrameMatch::unknown);
  CHECK(session::same_frame("2.25.not", "1.2.3") == session::FrameMatch::unknown);
}

TEST_CASE("A second series joins a case in patient coordinates, another frame, another region, another sex and a taken key are refused and leave the case as it was") {
  const auto scratch = test::scratch_folder("join");
  test::write(block({40, 40, 20}, Vec3(2, 2, 3), Vec3(-40, -40, 0)), scratch / "cine", series("1.2.3.11", "1.2.3.100"));
  const auto lge = block({30, 30, 6}, Vec3(2.5, 2.5, 8), Vec3(-38, -37, 4));
  test::write(lge, scratch / "lge", series("1.2.3.12", "1.2.3.100"));
  test::write(lge, scratch / "moved", series("1.2.3.13", "1.2.3.101"));
  test::write(block({30, 30, 6}, Vec3(2.5, 2.5, 8), Vec3(400, 400, 900)), scratch / "knee", series("1.2.3.14", "1.2.3.100"));
  test::write(lge, scratch / "man", series("1.2.3.15", "1.2.3.100", "M"));
  auto data = imported(scratch / "cine");

  for (const char* refused : {"moved", "knee", "man"}) {
    INFO(refused);
    const auto r = join(data, scratch / refused);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == core::ErrorCode::bad_input);
    CHECK(data.images.size() == 1);
    CHECK(data.stages.size() == 1);
  }
  REQUIRE(join(data, scratch / "lge"));
  REQUIRE(data.images.size() == 2);
  const auto& image = data.images[1];
  CHECK(image.key == "mr");
  CHECK(test::worst_corner(image.volume->grid, lge.grid) < 1e-3);
  CHECK(image.source.frame_uid == data.images[0].source.frame_uid);
  CHECK(image.source.series_uid != data.images[0].source.series_uid);
  CHECK(image.source.study_date.empty());
  CHECK(image.source.notes.front().find("same frame of reference") != std::string::npos);

  REQUIRE(join(data, scratch / "moved", true));   // a person says so: taken, and said
  CHECK(data.images[2].key == "mr_2");
  CHECK(data.images[2].source.notes.front().find("differs") != std::string::npos);

  REQUIRE(session::save_case(data, scratch / "case", {}));   // and after opening again the frame is still known
  auto again = session::load_case(scratch / "case", {});
  REQUIRE(again);
  CHECK(again->images.size() == 3);
  CHECK(session::same_frame(again->images[1].source.frame_uid, "1.2.3.100") == session::FrameMatch::same);
  session::CaseData none;
  CHECK_FALSE(join(none, scratch / "lge"));
}

TEST_CASE("Scar found in a thick-slice, turned image arrives in the wall of another: volume within 10 %, 85 % of its voxels, nothing outside the wall changed") {
  // A shell with a scar in an octant; the second image: 1.4 x 1.4 x 6 mm, turned by 25 degrees.
  session::ImageData cine, lge;
  const auto paint = [](const core::Grid& grid) {
    core::LabelMap m;
    m.grid = grid;
    m.labels = l::heart();
    m.values.assign(grid.voxels(), 0);
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i) {
          const Vec3 p = grid.to_patient(Vec3(i, j, k));
          const double r = p.norm();
          std::uint8_t& v = m.values[grid.offset(i, j, k)];
          if (r < 22) v = l::lv_blood_pool;
          else if (r < 34) v = std::uint8_t(p.x() > 0 && p.y() > 0 && p.z() > 0 ? l::scar : l::lv_myocardium);
        }
    return m;
  };
  core::Grid fine, thick;
  fine.size = {54, 54, 54}, fine.spacing = Vec3::Constant(1.5), fine.origin = Vec3::Constant(-39.75);
  thick.size = {64, 64, 14}, thick.spacing = Vec3(1.4, 1.4, 6);
  thick.direction = Eigen::AngleAxisd(0.44, Vec3(1, 2, 0.5).normalized()).toRotationMatrix();
  thick.origin = -(thick.direction * Vec3(1.4 * 31.5, 1.4 * 31.5, 6 * 6.5));
  const auto truth = paint(fine);
  auto plain = truth;
  for (auto& v : plain.values)
    if (v == l::scar) v = l::lv_myocardium;
  cine.name = "cine", lge.name = "late enhancement";
  cine.labels = std::make_shared<core::LabelMap>(plain);
  lge.labels = std::make_shared<core::LabelMap>(paint(thick));
  core::Volume v;
  v.grid = fine, v.values.assign(fine.voxels(), 0);
  cine.volume = std::make_shared<core::Volume>(v);

  const auto change = session::labels_from_image(lge, cine, {"scar"}, {});
  REQUIRE(change);
  (*change)(cine);
  const double want = truth.volume_ml(l::scar);
  CHECK(cine.labels->volume_ml(l::scar) == Approx(want).epsilon(0.10));
  CHECK(core::dice(*cine.labels, truth, l::scar) > 0.85);
  std::size_t outside = 0;
  for (std::size_t i = 0; i < plain.values.size(); ++i) outside += plain.values[i] != l::lv_myocardium && cine.labels->values[i] != plain.values[i];
  CHECK(outside == 0);
  CHECK(cine.notes.back().find("late enhancement") != std::string::npos);

  // Once more gives the same; all labels, with their planes, the other way round.
  const auto twice = session::labels_from_image(lge, cine, {"scar"}, {});
  REQUIRE(twice);
  auto second = cine;
  (*twice)(second);
  CHECK(second.labels->values == cine.labels->values);
  session::ImageData bare;
  bare.name = "bare";
  bare.volume = cine.volume;
  const auto all = session::labels_from_image(lge, bare, {}, {});
  REQUIRE(all);
  (*all)(bare);
  // Steps of 6 and 1.4 mm put the nearest voxel's border 0.85 mm off in the mean (a quarter of the step times the mean cosine): 0.94 for a ball of 22 mm.
  CHECK(core::dice(*bare.labels, truth, l::lv_blood_pool) > 0.93);

  session::ImageData slice = bare;   // an image that shows a part of the heart only
  core::Volume one;
  one.grid = fine, one.grid.size[2] = 2, one.grid.origin.z() = 0;
  one.values.assign(one.grid.voxels(), 0);
  slice.volume = std::make_shared<core::Volume>(one);
  const auto part = session::labels_from_image(lge, slice, {}, {});
  REQUIRE(part);
  (*part)(slice);
  CHECK(slice.labels->grid.same_as(one.grid));
  CHECK(slice.labels->count(l::lv_blood_pool) > 1000);   // a disc of 22 mm in 2.25 mm2 pixels, twice: 1,350
  one.grid.origin.z() = 500;
  slice.volume = std::make_shared<core::Volume>(one);
  CHECK_FALSE(session::labels_from_image(lge, slice, {}, {}));   // elsewhere

  CHECK_FALSE(session::labels_from_image(lge, cine, {"aorta"}, {}));            // only tissue of the wall
  CHECK_FALSE(session::labels_from_image(lge, cine, {"border_zone"}, {}));      // it has none
  CHECK_FALSE(session::labels_from_image(bare, session::ImageData{}, {}, {}));  // no voxels
}
