// SPDX-License-Identifier: GPL-3.0-or-later
#include <zlib.h>

#include <Eigen/Geometry>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <sstream>

#include "imaging/io/io.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Vec3;

namespace {

// A volume with an oblique, left-handed grid and values that are all different.
core::Volume odd_volume() {
  core::Volume v;
  v.grid.size = {7, 5, 4};
  v.grid.spacing = Vec3(0.75, 1.25, 2.5);
  v.grid.origin = Vec3(-12.5, 33.25, -7.125);
  const core::Mat3 turn = (Eigen::AngleAxisd(0.4, Vec3::UnitX()) * Eigen::AngleAxisd(-0.3, Vec3::UnitY())).toRotationMatrix();
  v.grid.direction.col(0) = turn.col(1);
  v.grid.direction.col(1) = turn.col(0);
  v.grid.direction.col(2) = -turn.col(2);
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i) * 7 - 300);
  return v;
}

struct Affine {
  std::array<double, 12> row;
  Vec3 lps(double i, double j, double k) const {
    const auto at = [&](int r) { return row[std::size_t(4 * r)] * i + row[std::size_t(4 * r + 1)] * j + row[std::size_t(4 * r + 2)] * k + row[std::size_t(4 * r + 3)]; };
    return Vec3(-at(0), -at(1), at(2));  // NIfTI is RAS
  }
};

// The affine by the NIfTI-1 standard (nifti1.h, methods 2 and 3), read from the raw bytes.
Affine nifti_affine(const std::filesystem::path& path) {
  std::array<char, 348> h{};
  gzFile f = gzopen(path.c_str(), "rb");
  REQUIRE(f);
  REQUIRE(gzread(f, h.data(), 348) == 348);
  gzclose(f);
  const auto real = [&](int at) { float x; std::memcpy(&x, h.data() + at, 4); return double(x); };
  const auto whole = [&](int at) { short x; std::memcpy(&x, h.data() + at, 2); return int(x); };
  Affine a;
  if (whole(254) > 0) {  // sform
    for (int i = 0; i < 12; ++i) a.row[std::size_t(i)] = real(280 + 4 * i);
    return a;
  }
  const double b = real(256), c = real(260), d = real(264), w = std::sqrt(std::max(0.0, 1 - b * b - c * c - d * d)), q = real(76) < 0 ? -1 : 1;
  const core::Mat3 r = Eigen::Quaterniond(w, b, c, d).toRotationMatrix();
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) a.row[std::size_t(4 * i + j)] = r(i, j) * real(80 + 4 * j) * (j == 2 ? q : 1);
    a.row[std::size_t(4 * i + 3)] = real(268 + 4 * i);
  }
  return a;
}

}  // namespace

TEST_CASE("NIfTI, NRRD and MHA round trips keep every voxel and the 8 corners within 1e-3 mm, oblique and left-handed") {
  const auto folder = test::scratch_folder("roundtrip");
  for (const char* name : {"a.nii.gz", "a.nii", "a.nrrd", "a.mha"})
    for (bool fractions : {false, true}) {
      core::Volume v = odd_volume();
      if (fractions)
        for (float& x : v.values) x += 0.3125f;
      INFO(name);
      REQUIRE(imaging::write_volume(v, folder / name));
      const auto back = imaging::read_volume(folder / name, "", {});
      REQUIRE(back);
      REQUIRE(back->values == v.values);
      REQUIRE(back->grid.size == v.grid.size);
      for (int c = 0; c < 8; ++c) {
        const Vec3 corner(c & 1 ? 6 : 0, c & 2 ? 4 : 0, c & 4 ? 3 : 0);
        CHECK((back->grid.to_patient(corner) - v.grid.to_patient(corner)).norm() < 1e-3);
      }
    }
}

TEST_CASE("Label maps keep values and names, values without a known name become \"label N\"") {
  const auto folder = test::scratch_folder("labels");
  core::LabelMap m;
  m.grid = odd_volume().grid;
  m.values.assign(m.grid.voxels(), 0);
  m.values[3] = 1, m.values[9] = 200;
  REQUIRE(imaging::write_labels(m, folder / "l.nii.gz"));
  const auto back = imaging::read_labels(folder / "l.nii.gz", core::labels::heart());
  REQUIRE(back);
  CHECK(back->values == m.values);
  CHECK(back->value_of("lv_blood_pool") == 1);
  CHECK(back->labels.back().name == "label 200");
}

TEST_CASE("Labels are resampled by patient position, not by voxel number") {
  core::LabelMap m;
  m.grid.size = {10, 10, 10};
  m.values.assign(1000, 0);
  m.values[m.grid.offset(7, 2, 4)] = 5;
  core::Grid g;
  g.size = {6, 20, 20};
  g.origin = Vec3(9, -3, -2);
  g.direction.col(0) = -Vec3::UnitX();
  const auto r = imaging::resample_labels(m, g);
  CHECK(r.count(5) == 1);
  CHECK(r.at(2, 5, 6) == 5);
}

TEST_CASE("Every shared NIfTI has its 8 corners within 1e-3 mm of the header's arithmetic") {
  for (const char* name : {"heart-cta-dissection/ct.nii.gz", "heart-cta-dissection/heart_mask.nii.gz", "heart-cta-dissection/reference_heart_labels.nii.gz",
                           "heart-cta-dissection/annulus.nii.gz", "abdomen-ct-organs/example_ct.nii.gz", "abdomen-ct-organs/example_seg.nii.gz",
                           "brain-atlas-ch2/aal.nii.gz", "brain-atlas-ch2/ch2bet.nii.gz", "pulmonary-artery-mask/PA000005.nii.gz"}) {
    const auto path = test::shared_file(std::string("data/") + name);
    INFO(name);
    const auto v = imaging::read_volume(path, "", {});
    REQUIRE(v);
    const Affine a = nifti_affine(path);
    for (int c = 0; c < 8; ++c) {
      const Vec3 i(c & 1 ? v->grid.size[0] - 1 : 0, c & 2 ? v->grid.size[1] - 1 : 0, c & 4 ? v->grid.size[2] - 1 : 0);
      CHECK((v->grid.to_patient(i) - a.lps(i.x(), i.y(), i.z())).norm() < 1e-3);
    }
  }
}

TEST_CASE("The shared NRRD is read with 6.5 mm slices and its header's origin") {
  const auto path = test::shared_file("data/brain-tumour-t1c/brain1_image.nrrd");
  const auto v = imaging::read_volume(path, "", {});
  REQUIRE(v);
  std::ifstream f(path, std::ios::binary);
  std::string line;
  std::vector<double> n;
  while (std::getline(f, line) && !line.empty())
    if (line.rfind("space origin:", 0) == 0 || line.rfind("space directions:", 0) == 0) {
      for (char& c : line)
        if (c == '(' || c == ')' || c == ',') c = ' ';
      std::istringstream in(line.substr(line.find(':') + 1));
      double x;
      std::vector<double> here;
      while (in >> x) here.push_back(x);
      if (here.size() == 9) n.insert(n.begin(), here.begin(), here.end());
      else n.insert(n.end(), here.begin(), here.end());
    }
  REQUIRE(n.size() == 12);
  const Vec3 last(v->grid.size[0] - 1, v->grid.size[1] - 1, v->grid.size[2] - 1);
  const Vec3 expected = Vec3(n[9], n[10], n[11]) + last.x() * Vec3(n[0], n[1], n[2]) + last.y() * Vec3(n[3], n[4], n[5]) + last.z() * Vec3(n[6], n[7], n[8]);
  CHECK((v->grid.to_patient(last) - expected).norm() < 1e-3);
  CHECK(v->grid.spacing.z() == Approx(6.5).margin(1e-3));
}

TEST_CASE("The chest CT folder is sorted by position: 88 slices, 1 mm, z -617.8 to -530.8 (its SOURCE.md)") {
  const auto v = imaging::read_volume(test::shared_file("data/dicom-ct-chest"), "", {});
  REQUIRE(v);
  CHECK(v->grid.size == std::array<int, 3>{512, 512, 88});
  CHECK(v->grid.spacing.x() == Approx(0.78125));
  CHECK(v->grid.spacing.z() == Approx(1.0).margin(1e-4));
  CHECK(v->grid.to_patient(Vec3(0, 0, 0)).z() == Approx(-617.8).margin(0.05));
  CHECK(v->grid.to_patient(Vec3(0, 0, 87)).z() == Approx(-530.8).margin(0.05));
  CHECK(v->quantity == "HU");
  CHECK(v->at(0, 0, 0) < -500);
}

TEST_CASE("Series that are no volume say why: a missing slice, cine planes, single images") {
  const auto brain = imaging::list_series(test::shared_file("data/dicom-mr-brain-t1"), {});
  REQUIRE(brain);
  CHECK(brain->size() == 3);
  bool missing = false;
  for (const auto& s : *brain)
    if (s.files == 175) missing = !s.usable && s.verdict.find("a slice is missing") != std::string::npos;
  CHECK(missing);
  const auto cine = imaging::list_series(test::shared_file("data/dicom-mr-cine-heart"), {});
  REQUIRE(cine);
  CHECK(cine->size() == 11);
  for (const auto& s : *cine) CHECK_FALSE(s.usable);
}
