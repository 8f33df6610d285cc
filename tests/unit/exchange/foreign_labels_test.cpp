// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <fstream>

#include "imaging/exchange/foreign_labels.hpp"
#include "imaging/io/io.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/exchange/label_cases.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

core::Grid grid_of(const char* file) {
  const auto v = imaging::read_volume(test::shared_file(file), "", {});
  REQUIRE(v);
  return v->grid;
}

imaging::ForeignLabels numbers(const core::LabelMap& from, const std::map<int, int>& to) {
  imaging::ForeignLabels out;
  out.grid = from.grid;
  for (const auto v : from.values) out.values.push_back(to.contains(v) ? to.at(v) : 0);
  for (const auto v : out.values)
    if (v != 0) ++out.count[v];
  return out;
}

}  // namespace

TEST_CASE("The heart's own numbers, MM-WHS, ACDC and TotalSegmentator's heart are told apart by numbers and by which wall encloses which cavity") {
  const auto heart = imaging::read_labels(test::shared_file("data/heart-cta-dissection/reference_heart_labels.nii.gz"), core::labels::heart());
  REQUIRE(heart);
  const std::map<std::string, std::map<int, int>> renumbered{
      {"organtwin", {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}}}, {"mm_whs", {{1, 500}, {2, 205}, {3, 600}, {4, 420}, {5, 550}, {6, 820}, {7, 850}}},
      {"acdc", {{3, 1}, {2, 2}, {1, 3}}}, {"totalsegmentator_heart", {{2, 1}, {4, 2}, {1, 3}, {5, 4}, {3, 5}, {6, 6}, {7, 7}}}};
  for (const auto& [key, to] : renumbered) {
    CAPTURE(key);
    const auto labels = numbers(*heart, to);
    const auto scheme = imaging::decide_scheme(imaging::propose_schemes(labels, "x.nii.gz"), labels, "x.nii.gz");
    if (!scheme) FAIL(scheme.error().message);
    CHECK(scheme->key == key);
    const auto taken = imaging::bring_labels(labels, imaging::mapping_of(labels, *scheme), heart->grid, {});
    REQUIRE(taken);
    for (const auto& [ours, theirs] : to) CHECK(taken->labels.count(ours) == heart->count(ours));
  }
}

TEST_CASE("A mask of one number fits every scheme and is asked about, not guessed") {
  const fs::path file = test::shared_file("data/pulmonary-artery-mask/PA000005.nii.gz");
  imaging::ForeignLabels labels;
  labels.grid.size = {4, 4, 4};
  labels.values.assign(64, 0);
  labels.values[21] = 1;
  labels.count[1] = 1;
  const auto scheme = imaging::decide_scheme(imaging::propose_schemes(labels, file), labels, file);
  REQUIRE_FALSE(scheme);
  CHECK(scheme.error().code == core::ErrorCode::bad_input);
  CHECK(scheme.error().message.find("--scheme") != std::string::npos);
}

TEST_CASE("An organ map of TotalSegmentator comes in with its own names, which of its versions is asked") {
  const fs::path file = test::shared_file("data/abdomen-ct-organs/example_seg.nii.gz");
  const auto labels = imaging::read_foreign_labels(file, {});
  REQUIRE(labels);
  const auto grid = grid_of("data/abdomen-ct-organs/example_ct_sm.nii.gz");
  const auto scheme = imaging::find_scheme("totalsegmentator_v2");
  REQUIRE(scheme);
  const auto taken = imaging::bring_labels(*labels, imaging::mapping_of(*labels, *scheme), grid, {});
  REQUIRE(taken);
  CHECK(taken->labels.value_of("aorta") == core::labels::aorta);
  CHECK(taken->labels.count(core::labels::aorta) == labels->count.at(52));
  CHECK(taken->labels.count(core::labels::liver) == labels->count.at(5));
  REQUIRE(taken->labels.find("spleen"));
  CHECK(taken->labels.count(taken->labels.value_of("spleen")) == labels->count.at(1));
}

TEST_CASE("The whole-heart mask on another grid is placed by patient coordinates: its volume within 2 %, and the grids are named") {
  const auto labels = imaging::read_foreign_labels(test::shared_file("data/heart-cta-dissection/heart_mask.nii.gz"), {});
  REQUIRE(labels);
  const auto grid = grid_of("data/heart-cta-dissection/ct.nii.gz");
  const auto place = imaging::place(*labels, grid);
  CHECK_FALSE(place.same_grid);
  CHECK(place.sentence.find("233x167x191") != std::string::npos);
  const auto scheme = imaging::parse_scheme("1 Whole heart\n", "mine.txt");
  const auto taken = imaging::bring_labels(*labels, imaging::mapping_of(*labels, *scheme), grid, {});
  REQUIRE(taken);
  CHECK(taken->labels.volume_ml(taken->labels.value_of("whole_heart")) == Approx(669 * (1 - place.outside_share)).epsilon(0.02));
}

TEST_CASE("A map of another patient is refused: most of it lies outside the image") {
  auto map = test::blobs(test::oblique_grid());
  auto labels = numbers(map, {{1, 1}, {2, 2}, {3, 3}});
  core::Grid elsewhere = map.grid;
  elsewhere.origin += map.grid.direction.col(0) * (0.6 * map.grid.size[0] * map.grid.spacing[0]);
  const auto& own = imaging::builtin_schemes().front();
  auto taken = imaging::bring_labels(labels, imaging::mapping_of(labels, own), elsewhere, {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("outside the image") != std::string::npos);
  elsewhere.origin += core::Vec3(5000, 0, 0);
  taken = imaging::bring_labels(labels, imaging::mapping_of(labels, own), elsewhere, {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("overlap") != std::string::npos);
}

TEST_CASE("Numbers that no scheme knows are kept as \"label N\" and said so, big numbers of 16 bits and more survive") {
  const auto map = test::blobs(test::oblique_grid());
  const auto labels = numbers(map, {{1, 1}, {2, 40000}, {3, 9000000}});
  const auto taken = imaging::bring_labels(labels, imaging::mapping_of(labels, imaging::builtin_schemes().front()), map.grid, {});
  REQUIRE(taken);
  CHECK(taken->labels.count(1) == map.count(1));
  REQUIRE(taken->labels.find("label_40000"));
  CHECK(taken->labels.find("label_40000")->name == "label 40000");
  CHECK(taken->labels.count(taken->labels.value_of("label_40000")) == map.count(2));
  CHECK(taken->labels.count(taken->labels.value_of("label_9000000")) == map.count(3));
  bool said = false;
  for (const auto& n : taken->notes) said = said || n.find("40000") != std::string::npos;
  CHECK(said);
}

TEST_CASE("The image itself given as labels is refused with its first odd value") {
  const auto labels = imaging::read_foreign_labels(test::shared_file("data/abdomen-ct-organs/example_ct_sm.nii.gz"), {});
  REQUIRE_FALSE(labels);
  CHECK(labels.error().message.find("not a label map") != std::string::npos);
}

TEST_CASE("A grid coarser than a thin label says that the label was lost") {
  auto map = test::blobs(test::oblique_grid());
  for (auto& v : map.values)
    if (v == 3) v = 0;
  map.values[map.grid.offset(5, 7, 3)] = 3;
  const auto labels = numbers(map, {{1, 1}, {2, 2}, {3, 3}});
  core::Grid coarse = map.grid;
  coarse.size = {map.grid.size[0] / 4, map.grid.size[1] / 4, map.grid.size[2] / 4};
  coarse.spacing *= 4;
  const auto taken = imaging::bring_labels(labels, imaging::mapping_of(labels, imaging::builtin_schemes().front()), coarse, {});
  REQUIRE(taken);
  bool said = false;
  for (const auto& n : taken->notes) said = said || n.find("is lost") != std::string::npos;
  CHECK(said);
}
