// SPDX-License-Identifier: GPL-3.0-or-later
// Several volumes in one file: phases of a moving image.
#include <Eigen/Geometry>
#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Vec3;

namespace {

std::vector<core::Volume> beat(int phases) {
  core::Volume v;
  v.grid.size = {6, 5, 4};
  v.grid.spacing = Vec3(1.4, 1.4, 8);
  v.grid.origin = Vec3(-20.5, 31.25, -7);
  v.grid.direction = (Eigen::AngleAxisd(0.5, Vec3::UnitX()) * Eigen::AngleAxisd(-0.3, Vec3::UnitZ())).toRotationMatrix();
  std::vector<core::Volume> out;
  for (int p = 0; p < phases; ++p) {
    v.values.clear();
    for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i) * 3 + float(1000 * p) + 0.25f);
    out.push_back(v);
  }
  return out;
}
std::vector<const core::Volume*> pointers(const std::vector<core::Volume>& phases) {
  std::vector<const core::Volume*> out;
  for (const auto& v : phases) out.push_back(&v);
  return out;
}

template <class T>
void patch(std::string& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
void put(const std::filesystem::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size())); }

}  // namespace

TEST_CASE("4D NIfTI, MHA and Slicer sequences come back with every voxel of every phase, corners within 1e-3 mm and times within 0.01 ms") {
  const auto dir = test::scratch_folder("moving");
  const auto phases = beat(5);
  for (const char* name : {"a.nii", "a.nii.gz", "a.mha", "a.nrrd"}) {
    INFO(name);
    REQUIRE(imaging::write_moving(pointers(phases), {0, 42, 84, 126, 168}, dir / name, {}));
    const auto header = imaging::read_moving_header(dir / name, {});
    if (!header) FAIL(header.error().message);
    REQUIRE(header->time_ms.size() == 5);
    for (int p = 0; p < 5; ++p) CHECK(header->time_ms[std::size_t(p)] == Approx(42.0 * p).margin(0.01));
    CHECK(header->time_stated == (std::string(name) != "a.mha"));   // MetaImage has no unit of time
    const auto back = imaging::read_moving(dir / name, {});
    if (!back) FAIL(back.error().message);
    REQUIRE(back->size() == 5);
    for (std::size_t p = 0; p < 5; ++p) CHECK((*back)[p].values == phases[p].values);
    for (int c = 0; c < 8; ++c) {
      const Vec3 corner(c & 1 ? 5 : 0, c & 2 ? 4 : 0, c & 4 ? 3 : 0);
      CHECK((back->front().grid.to_patient(corner) - phases[0].grid.to_patient(corner)).norm() < 1e-3);
      CHECK((header->grid.to_patient(corner) - phases[0].grid.to_patient(corner)).norm() < 1e-3);
    }
    const auto one = imaging::read_volume(dir / name, "", {});
    REQUIRE_FALSE(one);   // where one volume is needed, five are still refused
    CHECK(one.error().message.find("5 volumes") != std::string::npos);
  }
}

TEST_CASE("Uneven times are kept by a Slicer sequence and said to be averaged by NIfTI") {
  const auto dir = test::scratch_folder("moving-uneven");
  const auto phases = beat(4);
  const std::vector<double> times{0, 30, 90, 400};
  const auto nrrd = imaging::write_moving(pointers(phases), times, dir / "u.nrrd", {});
  REQUIRE((nrrd && !nrrd->uneven));
  const auto back = imaging::read_moving_header(dir / "u.nrrd", {});
  REQUIRE(back);
  CHECK(back->time_ms == times);
  const auto nifti = imaging::write_moving(pointers(phases), times, dir / "u.nii", {});
  REQUIRE((nifti && nifti->uneven));
}

TEST_CASE("The unit of pixdim 4 is read from xyzt_units: seconds, milliseconds and microseconds, and without one a step of 5 or more is milliseconds and a smaller one seconds") {
  const auto dir = test::scratch_folder("moving-units");
  REQUIRE(imaging::write_moving(pointers(beat(3)), {0, 40, 80}, dir / "v.nii", {}));
  const std::string good = *core::read_file(dir / "v.nii");
  struct Case {
    int unit;
    float step;
    double ms;
    bool stated;
  };
  for (const Case& c : {Case{8, 0.05f, 50, true}, {16, 35.0f, 35, true}, {24, 25000.0f, 25, true}, {0, 33.0f, 33, false}, {0, 0.04f, 40, false}, {0, 1.0f, 1000.0 / 3, false}, {16, 0.0f, 1000.0 / 3, false}}) {
    INFO(c.unit << " " << c.step);
    std::string h = good;
    patch(h, 92, c.step);
    h[123] = char(2 | c.unit);
    put(dir / "u.nii", h);
    const auto header = imaging::read_moving_header(dir / "u.nii", {});
    if (!header) FAIL(header.error().message);
    CHECK(header->time_ms[1] == Approx(c.ms).margin(0.01));
    CHECK(header->time_stated == c.stated);
    CHECK(header->notes.empty() == c.stated);
  }
}

TEST_CASE("A truncated 4D file, a fifth axis, diffusion gradients and channels are refused with the reason") {
  const auto dir = test::scratch_folder("moving-bad");
  REQUIRE(imaging::write_moving(pointers(beat(3)), {0, 40, 80}, dir / "v.nii", {}));
  const std::string good = *core::read_file(dir / "v.nii");
  const auto refused = [&](const std::filesystem::path& path, const char* word) {
    INFO(path << " " << word);
    const auto header = imaging::read_moving_header(path, {});
    const auto all = imaging::read_moving(path, {});
    REQUIRE_FALSE(header);
    REQUIRE_FALSE(all);
    CHECK(header.error().message.find(word) != std::string::npos);
    CHECK(all.error().message.find(word) != std::string::npos);
  };
  put(dir / "short.nii", good.substr(0, good.size() - 100));
  refused(dir / "short.nii", "truncated");
  std::string five = good;
  patch<short>(five, 40, 5);
  patch<short>(five, 48, 1);    // 6 x 5 x 4 x 1 x 3: a vector per voxel
  patch<short>(five, 50, 3);
  put(dir / "five.nii", five);
  refused(dir / "five.nii", "5 axes");
  const auto nrrd = [&](const char* name, const char* more) {
    std::string h = std::string("NRRD0005\ntype: uint8\ndimension: 4\nspace: left-posterior-superior\nsizes: 3 4 4 4\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n") + more + "\n";
    put(dir / name, h + std::string(192, 'x'));
  };
  nrrd("dwi.nrrd", "kinds: list domain domain domain\nmodality:=DWMRI\n");
  refused(dir / "dwi.nrrd", "diffusion");
  nrrd("channels.nrrd", "kinds: list domain domain domain\n");
  refused(dir / "channels.nrrd", "channels");
  nrrd("vector.nrrd", "kinds: RGB-color domain domain domain\n");
  refused(dir / "vector.nrrd", "colour");
}
