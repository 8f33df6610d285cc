// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>

#include "imaging/io/io.hpp"
#include "imaging/tissue/landmarks.hpp"
#include "imaging/tissue/phantom.hpp"
#include "imaging/tissue/segments.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Mat3;
using core::Vec3;
namespace keys = imaging::landmark_keys;

namespace {

imaging::HeartLandmarks found(const core::LabelMap& labels, const std::vector<imaging::Landmark>& by_hand = {}, const std::vector<imaging::Plane>& planes = {}) {
  auto r = imaging::find_landmarks(labels, planes, by_hand);
  if (!r) FAIL(r.error().message);
  return *r;
}

double share_right(const imaging::Ventricle& v, const core::LvFrame& frame) {
  const auto mine = imaging::aha_segments(v.labels, frame);
  double right = 0, all = 0;
  for (std::size_t n = 0; n < mine.size(); ++n)
    if (v.segment[n]) ++all, right += mine[n] == v.segment[n];
  return right / all;
}

double angle_deg(const Vec3& a, const Vec3& b) { return std::acos(std::clamp(a.normalized().dot(b.normalized()), -1.0, 1.0)) * 180 / M_PI; }

}  // namespace

TEST_CASE("landmarks of the phantom: apex within 2 mm or a voxel, mitral centre within 2 mm, axis within 2 degrees, septum within 3 degrees, at 1 to 3 mm voxels") {
  for (const Vec3& spacing : {Vec3(1, 1, 1), Vec3(1.5, 1.5, 1.5), Vec3(3, 3, 3), Vec3(1.4, 1.4, 8)}) {
    imaging::VentricleParams p;
    p.spacing = spacing;
    const auto v = imaging::make_ventricle(p);
    REQUIRE(v);
    const auto lm = found(v->labels);
    const double tolerance = std::max(2.0, spacing.maxCoeff());   // one voxel
    INFO("spacing " << spacing.transpose() << " apex off " << (lm.frame.apex - v->frame.apex).norm() << " base off " << (lm.frame.base - v->frame.base).norm());
    CHECK((lm.frame.apex - v->frame.apex).norm() < tolerance);
    CHECK((lm.find(keys::apex_epi)->at - v->apex_epicardium).norm() < tolerance);
    CHECK((lm.frame.base - v->frame.base).norm() < 2.0);
    CHECK(angle_deg(lm.frame.axis(), v->frame.axis()) < (spacing.maxCoeff() > 4 ? 4.0 : 2.0));
    CHECK(angle_deg(lm.frame.septum, v->frame.septum) < 3.0);
    CHECK(angle_deg(lm.frame.anterior, v->frame.anterior) < 4.0);
    CHECK(lm.septum_known);
    CHECK_FALSE(lm.mirrored);
  }
}

TEST_CASE("AHA-17 is right in at least 95 % of wall voxels for any turn of the heart, any turn of the grid, and the mirrored image (Cerqueira 2002)") {
  const Mat3 turns[] = {Mat3::Identity(), Eigen::AngleAxisd(1.1, Vec3(1, 2, 3).normalized()).toRotationMatrix(), Eigen::AngleAxisd(M_PI, Vec3::UnitZ()).toRotationMatrix(),
                        Eigen::AngleAxisd(2.5, Vec3(-1, 1, 0.5).normalized()).toRotationMatrix()};
  for (const bool mirrored : {false, true})
    for (const auto& turn : turns) {
      imaging::VentricleParams p;
      p.spacing = Vec3(2, 2, 2);
      p.turn = turn;
      p.mirrored = mirrored;
      p.grid_direction = Eigen::AngleAxisd(0.4, Vec3(0.2, 1, -0.3).normalized()).toRotationMatrix();
      const auto v = imaging::make_ventricle(p);
      REQUIRE(v);
      const auto lm = found(v->labels);
      CHECK(share_right(*v, lm.frame) >= 0.95);
      CHECK(lm.mirrored == mirrored);
      CHECK(angle_deg(lm.frame.septum, v->frame.septum) < 3.0);   // towards the RV
    }
}

TEST_CASE("without atria and vessels the base is the open end and the patient's axes choose the anterior wall") {
  for (const bool mirrored : {false, true}) {
    imaging::VentricleParams p;
    p.spacing = Vec3(2, 2, 2);
    p.vessels = false;
    p.mirrored = mirrored;
    const auto v = imaging::make_ventricle(p);
    REQUIRE(v);
    const auto lm = found(v->labels);
    CHECK((lm.frame.base - v->frame.base).norm() < 3.0);
    CHECK(share_right(*v, lm.frame) >= 0.95);
    CHECK(lm.mirrored == mirrored);
  }
}

TEST_CASE("without a right ventricle the septum is said to be assumed, and two insertions by hand set it") {
  imaging::VentricleParams p;
  p.spacing = Vec3(2, 2, 2);
  p.right_ventricle = false;
  p.turn = Eigen::AngleAxisd(0.7, Vec3::UnitX()).toRotationMatrix();
  const auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  const auto guess = found(v->labels);
  CHECK_FALSE(guess.septum_known);
  CHECK_FALSE(guess.find(keys::rv_anterior));
  REQUIRE_FALSE(guess.notes.empty());
  const Vec3 mid = v->frame.base + 40 * v->frame.axis();
  const std::vector<imaging::Landmark> hand = {{keys::rv_anterior, mid + 33 * (0.5 * v->frame.septum + 0.866 * v->frame.anterior), true},
                                               {keys::rv_posterior, mid + 33 * (0.5 * v->frame.septum - 0.866 * v->frame.anterior), true}};
  const auto lm = found(v->labels, hand);
  CHECK(lm.septum_known);
  CHECK(lm.find(keys::rv_anterior)->by_hand);
  CHECK(share_right(*v, lm.frame) >= 0.95);
  CHECK(lm.insertion_angle_deg[0] == Approx(60).margin(3));
  CHECK(lm.insertion_angle_deg[1] == Approx(-60).margin(3));
}

TEST_CASE("a landmark set by hand wins over the found one and moves the frame") {
  imaging::VentricleParams p;
  p.spacing = Vec3(3, 3, 3);
  const auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  const Vec3 apex = v->frame.apex + Vec3(4, 0, 0);
  const auto lm = found(v->labels, {{keys::apex_endo, apex, true}});
  CHECK((lm.frame.apex - apex).norm() < 1e-9);
  CHECK(lm.find(keys::apex_endo)->by_hand);
  CHECK_FALSE(lm.find(keys::mitral)->by_hand);
}

TEST_CASE("ventricular coordinates: apicobasal 1 at the base and 0 at the epicardial apex, 90 degrees at the anterior wall, depth 0 to 1 through it within 0.15") {
  imaging::VentricleParams p;
  const auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  const auto lm = found(v->labels);
  const auto wall = imaging::measure_wall(v->labels, lm.frame);
  REQUIRE(wall);
  const auto at = [&](double depth_mm, double r, const Vec3& way) { return imaging::ventricular_point(lm, &*wall, v->frame.base + depth_mm * v->frame.axis() + r * way); };
  CHECK(at(0, 28, v->frame.anterior).apicobasal == Approx(1).margin(0.03));
  CHECK(imaging::ventricular_point(lm, &*wall, v->apex_epicardium).apicobasal == Approx(0).margin(0.03));
  CHECK(at(40, 25, v->frame.anterior).angle_deg == Approx(90).margin(4));
  CHECK(at(40, 25, v->frame.septum).angle_deg == Approx(0).margin(4));
  // wall at 40 mm: from 23 sqrt(1 - 0.25) = 19.9 to 33 sqrt(1 - 0.1975) = 29.6 mm
  CHECK(at(40, 20.4, v->frame.anterior).transmural < 0.15);
  CHECK(at(40, 29.1, v->frame.anterior).transmural > 0.85);
  CHECK(at(40, 24.7, v->frame.anterior).transmural == Approx(0.5).margin(0.15));
  CHECK(std::isnan(at(40, 5, v->frame.anterior).transmural));
  CHECK(at(40, 25, v->frame.anterior).segment == 7);
}

TEST_CASE("landmarks refuse labels without a left ventricle in words") {
  core::LabelMap empty;
  empty.grid.size = {8, 8, 8};
  empty.values.assign(512, 0);
  const auto r = imaging::find_landmarks(empty, {}, {});
  REQUIRE_FALSE(r);
  CHECK(r.error().code == core::ErrorCode::bad_input);
  CHECK(r.error().message.find("Segment") != std::string::npos);
}

TEST_CASE("landmarks and segments have the same bits for one and two threads") {
  imaging::VentricleParams p;
  p.spacing = Vec3(2.5, 2.5, 2.5);
  const auto v = imaging::make_ventricle(p);
  REQUIRE(v);
  core::set_thread_count(1);
  const auto a = found(v->labels);
  const auto sa = imaging::aha_segments(v->labels, a.frame);
  core::set_thread_count(2);
  const auto b = found(v->labels);
  CHECK(a.points == b.points);
  CHECK(sa == imaging::aha_segments(v->labels, b.frame));
}

TEST_CASE("real CT: landmarks from the reference labels alone lie within 10 mm of the rater's apex and mitral centre, axis within 8 degrees (5 mm and 5 degrees are no error)") {
  const auto labels = imaging::read_labels(test::shared_file("data/heart-cta-dissection/reference_heart_labels.nii.gz"), core::labels::heart());
  REQUIRE(labels);
  const auto lm = found(*labels);
  for (const auto& q : lm.points) std::cout << q.key << " " << q.at.transpose() << "\n";
  std::cout << "axis " << lm.frame.axis().transpose() << " insertions " << lm.insertion_angle_deg[0] << " " << lm.insertion_angle_deg[1] << "\n";
  CHECK((lm.frame.apex - Vec3(78.0, -219.7, 610.2)).norm() < 10);
  CHECK((lm.frame.base - Vec3(19.6, -168.9, 648.5)).norm() < 10);
  CHECK(angle_deg(lm.frame.axis(), Vec3(0.684, -0.593, -0.425)) < 8);
  CHECK(lm.septum_known);
  CHECK_FALSE(lm.mirrored);
  // The RV centre lies right and in front of the septum; the anterior wall faces the head and the front here.
  CHECK(lm.frame.anterior.dot(Vec3(0, -1, 1)) > 0);
  CHECK(lm.insertion_angle_deg[0] > 30);
  CHECK(lm.insertion_angle_deg[0] < 85);
}
