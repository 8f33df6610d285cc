// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/import/small_scan.hpp"

#include <Eigen/Geometry>
#include <catch2/catch.hpp>
#include <limits>

namespace ot::test {

core::Volume small_ct(std::array<int, 3> size, bool oblique) {
  core::Volume v;
  v.grid.size = size;
  v.grid.spacing = core::Vec3(0.75, 0.5, 1.25);
  v.grid.origin = core::Vec3(-31.5, 12.25, -200.5);
  if (oblique) v.grid.direction = (Eigen::AngleAxisd(0.5, core::Vec3::UnitX()) * Eigen::AngleAxisd(-0.7, core::Vec3(1, 2, 3).normalized())).toRotationMatrix();
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(int(i * 7919 % 3001) - 1000));
  return v;
}

void write(const core::Volume& volume, const std::filesystem::path& folder, const imaging::DicomSeriesParams& params) {
  const auto ok = imaging::write_dicom_series(volume, folder, params, {});
  INFO((ok ? std::string() : ok.error().message));
  REQUIRE(ok);
}

imaging::DicomScan scan(const std::filesystem::path& folder) {
  auto s = imaging::scan_dicom(folder, {});
  INFO((s ? std::string() : s.error().message));
  REQUIRE(s);
  return std::move(*s);
}

const imaging::DicomReading& reading(const imaging::DicomScan& scan, const std::string& key) {
  for (const auto& r : scan.readings)
    if (r.key == key) return r;
  std::string have;
  for (const auto& r : scan.readings) have += r.key + " (" + r.verdict + ") ";
  INFO("wanted " << key << ", there is " << have);
  REQUIRE(false);
  return scan.readings.front();
}

core::Volume load(const imaging::DicomScan& scan, const imaging::DicomReading& reading, std::size_t phase) {
  auto l = imaging::load_reading(scan, reading, {}, {});
  INFO((l ? std::string() : l.error().message));
  REQUIRE(l);
  REQUIRE(phase < l->phases.size());
  return std::move(l->phases[phase].volume);
}

double worst_corner(const core::Grid& a, const core::Grid& b) {
  if (a.size != b.size) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (int c = 0; c < 8; ++c) {
    const core::Vec3 i(c & 1 ? a.size[0] - 1 : 0, c & 2 ? a.size[1] - 1 : 0, c & 4 ? a.size[2] - 1 : 0);
    worst = std::max(worst, (a.to_patient(i) - b.to_patient(i)).norm());
  }
  return worst;
}

}  // namespace ot::test
