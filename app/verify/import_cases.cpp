// SPDX-License-Identifier: GPL-3.0-or-later
// Import: where the corners of an image lie, what of a person gets into a case, and how long 512 x 512 x 400 take.
#include <fmt/format.h>
#include <unistd.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "app/session/import_scan.hpp"
#include "app/verify/cases.hpp"
#include "imaging/io/dicom_elements.hpp"
#include "imaging/io/dicom_write.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/preflight.hpp"
#include "imaging/phantom/phantom.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using core::Vec3;

// A folder that goes away with the object.
struct Scratch {
  fs::path path = fs::temp_directory_path() / fmt::format("organtwin-verify-{}", ::getpid());
  Scratch() { fs::create_directories(path); }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

core::Volume oblique_volume() {
  core::Volume v;
  v.grid.size = {31, 23, 17};
  v.grid.spacing = Vec3(0.7, 0.9, 1.3);
  v.grid.origin = Vec3(-112.25, 48.5, -731.125);
  v.grid.direction = (Eigen::AngleAxisd(0.6, Vec3::UnitX()) * Eigen::AngleAxisd(-0.4, Vec3(1, 2, 3).normalized())).toRotationMatrix();
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(int(i * 7919 % 3001) - 1000));
  return v;
}

Vec3 corner(const core::Grid& g, int c) { return {c & 1 ? g.size[0] - 1.0 : 0.0, c & 2 ? g.size[1] - 1.0 : 0.0, c & 4 ? g.size[2] - 1.0 : 0.0}; }

Row millimetres(const std::string& name, double value, const std::string& source, Clock::time_point start) {
  return timed_row("imaging/geometry/" + name, "worst_corner_mm", value, 0, 1e-3, source, false, start);
}

// Position of pixel (i, j) from the text of the tags alone (PS3.3 equation C.7.6.2.1-1).
core::Result<Vec3> from_tags(const fs::path& file, double i, double j) {
  const auto e = imaging::read_dicom_elements(file);
  if (!e) return core::pass(e);
  const auto p = e->data.numbers(0x00200032), o = e->data.numbers(0x00200037), s = e->data.numbers(0x00280030);
  if (p.size() != 3 || o.size() != 6 || s.size() != 2) return core::bad_input("a slice has no position");
  return Vec3(p[0] + o[0] * s[1] * i + o[3] * s[0] * j, p[1] + o[1] * s[1] * i + o[4] * s[0] * j, p[2] + o[2] * s[1] * i + o[5] * s[0] * j);
}

// Position from the 348 bytes of a NIfTI header: sform when there is one, else the quaternion (nifti1.h), RAS turned to LPS.
core::Result<std::array<Vec3, 8>> from_nifti(const fs::path& file, const core::Grid& grid) {
  const std::string bytes = imaging::nifti_header_bytes(file);
  if (bytes.size() < 348) return core::bad_input("the NIfTI header is too short");
  const auto f = [&](std::size_t at) {
    float v;
    std::copy_n(bytes.data() + at, 4, reinterpret_cast<char*>(&v));
    return double(v);
  };
  const auto whole = [&](std::size_t at) { return int(static_cast<unsigned char>(bytes[at])) | int(static_cast<unsigned char>(bytes[at + 1])) << 8; };
  core::Mat3 m;
  Vec3 t;
  if (whole(254) > 0) {
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) m(r, c) = f(280 + 16 * std::size_t(r) + 4 * std::size_t(c));
      t[r] = f(292 + 16 * std::size_t(r));
    }
  } else {
    const double b = f(256), c = f(260), d = f(264), a = std::sqrt(std::max(0.0, 1 - b * b - c * c - d * d)), flip = f(76) < 0 ? -1 : 1;
    m << a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c), 2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b), 2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c;
    m.col(0) *= f(80), m.col(1) *= f(84), m.col(2) *= f(88) * flip;
    t = Vec3(f(268), f(272), f(276));
  }
  std::array<Vec3, 8> out;
  for (int c = 0; c < 8; ++c) {
    out[std::size_t(c)] = m * corner(grid, c) + t;
    out[std::size_t(c)].head<2>() *= -1;
  }
  return out;
}

core::Result<void> shared_rows(std::vector<Row>& rows, const fs::path& shared, const core::Progress& progress) {
  for (const char* name : {"dicom-ct-chest", "dicom-mr-brain-t1", "dicom-mr-cine-heart"}) {
    const auto start = Clock::now();
    const fs::path folder = shared / "data" / name;
    if (!fs::exists(folder)) continue;
    const auto scan = imaging::scan_dicom(folder, progress);
    if (!scan) return core::pass(scan);
    for (const auto& r : scan->readings) {
      if (r.state == imaging::ReadingState::refused) continue;
      double worst = 0;
      for (int c = 0; c < 8; ++c) {
        const auto& plane = c & 4 ? r.planes.back() : r.planes.front();
        const Vec3 at = corner(r.grid, c);
        const auto expected = from_tags(scan->files[std::size_t(plane.frames.at(0).first)].path, at[0], at[1]);
        if (!expected) return core::pass(expected);
        worst = std::max(worst, (r.grid.to_patient(at) - *expected).norm());
      }
      rows.push_back(millimetres(fmt::format("{}/{}:{}", name, r.series + 1, r.key), worst, "arithmetic of the header's own tags, PS3.3 C.7.6.2", start));
    }
  }
  for (const char* name : {"heart-cta-dissection/ct.nii.gz", "abdomen-ct-organs/example_ct.nii.gz", "brain-atlas-ch2/ch2bet.nii.gz", "pulmonary-artery-mask/PA000005.nii.gz"}) {
    const auto start = Clock::now();
    if (!fs::exists(shared / "data" / name)) continue;
    const auto grid = imaging::read_grid(shared / "data" / name, progress);
    if (!grid) return core::pass(grid);
    const auto expected = from_nifti(shared / "data" / name, *grid);
    if (!expected) return core::pass(expected);
    double worst = 0;
    for (int c = 0; c < 8; ++c) worst = std::max(worst, (grid->to_patient(corner(*grid, c)) - (*expected)[std::size_t(c)]).norm());
    rows.push_back(millimetres(fs::path(name).parent_path().string(), worst, "arithmetic of the NIfTI header's own bytes", start));
  }
  return {};
}

}  // namespace

Rows import_geometry(bool, const core::Progress& progress) {
  std::vector<Row> rows;
  Scratch scratch;
  const core::Volume v = oblique_volume();
  const auto compare = [&](const std::string& name, const core::Result<core::Volume>& back, Clock::time_point start) -> core::Result<void> {
    if (!back) return core::pass(back);
    double worst = back->values == v.values ? 0.0 : 1e9;   // other voxels count as a wrong place
    for (int c = 0; c < 8; ++c) worst = std::max(worst, (back->grid.to_patient(corner(back->grid, c)) - v.grid.to_patient(corner(v.grid, c))).norm());
    rows.push_back(millimetres(name, worst, "the grid that was written; voxels identical", start));
    return {};
  };
  auto start = Clock::now();
  if (auto ok = imaging::write_dicom_series(v, scratch.path / "dicom", {}, progress); !ok) return core::pass(ok);
  if (auto ok = compare("dicom-oblique", imaging::read_volume(scratch.path / "dicom", "", progress), start); !ok) return core::pass(ok);
  for (const char* ending : {"nii.gz", "nrrd", "mha"}) {
    start = Clock::now();
    const fs::path file = scratch.path / (std::string("v.") + ending);
    if (auto ok = imaging::write_volume(v, file); !ok) return core::pass(ok);
    if (auto ok = compare(fs::path(ending).stem().string() + "-oblique", imaging::read_volume(file, "", progress), start); !ok) return core::pass(ok);
  }
  if (const char* shared = std::getenv("ORGANTWIN_SHARED"); shared && *shared)
    if (auto ok = shared_rows(rows, shared, progress); !ok) return core::pass(ok);
  return rows;
}

Rows import_identity(bool, const core::Progress& progress) {
  const auto start = Clock::now();
  Scratch scratch;
  const std::vector<std::pair<std::uint32_t, const char*>> tags = {{0x00100010, "PN"}, {0x00100020, "LO"}, {0x00100030, "DA"}, {0x00080050, "SH"}, {0x00080080, "LO"}, {0x00080081, "ST"}, {0x00080090, "PN"}, {0x0008103e, "LO"},
                                                                   {0x00081030, "LO"}, {0x00104000, "LT"}, {0x0020000d, "UI"}, {0x0020000e, "UI"}, {0x00180015, "CS"}, {0x00080070, "LO"}, {0x00091001, "LO"}, {0x0040a160, "UT"}};
  std::vector<std::string> planted;
  imaging::DicomSeriesParams params;
  for (std::size_t i = 0; i < tags.size(); ++i)
    planted.push_back(std::string(tags[i].second) == "DA" ? "19510203" : std::string(tags[i].second) == "UI" ? fmt::format("1.9.87.654.{}", i) : fmt::format("PLANTED{}", i));
  params.edit = [&](int, imaging::DicomData& d) {
    for (std::size_t i = 0; i < tags.size(); ++i) d.text(tags[i].first, tags[i].second, planted[i]);
  };
  planted.push_back("PLANTEDFOLDER");
  if (auto ok = imaging::write_dicom_series(oblique_volume(), scratch.path / "PLANTEDFOLDER", params, progress); !ok) return core::pass(ok);
  const auto scan = session::scan_for_import(scratch.path / "PLANTEDFOLDER", progress);
  if (!scan) return core::pass(scan);
  const auto reading = scan->find("", "");
  if (!reading) return core::pass(reading);
  const auto data = session::import_reading(*scan, **reading, {}, progress);
  if (!data) return core::pass(data);
  if (auto ok = session::save_case(*data, scratch.path / "case", progress); !ok) return core::pass(ok);
  int found = 0;
  for (const auto& e : fs::recursive_directory_iterator(scratch.path / "case")) {
    if (!e.is_regular_file()) continue;
    const auto bytes = core::read_file(e.path());
    if (!bytes) return core::pass(bytes);
    for (const auto& p : planted) found += bytes->find(p) != std::string::npos;
  }
  Row r;
  r.name = "imaging/identity";
  r.quantity = "planted_identifiers_found";
  r.value = found;
  r.relative = false;
  r.source = "16 planted elements and a folder name; DICOM PS3.15 annex E";
  r.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
  return std::vector<Row>{r};
}

BenchRows bench_import(const core::Progress& progress) {
  Scratch scratch;
  constexpr int side = 512, slices = 400;
  double written_mb = 0;
  {
    auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.3));
    if (!phantom) return core::pass(phantom);
    const core::Grid from = phantom->ct.grid;
    core::Volume one;
    one.grid = from;
    one.grid.size = {side, side, 1};
    for (int a = 0; a < 3; ++a) one.grid.spacing[a] = from.spacing[a] * (from.size[std::size_t(a)] - 1) / ((a == 2 ? slices : side) - 1);
    one.values.resize(std::size_t(side) * side);
    imaging::DicomSeriesParams params;
    params.series_uid = "2.25.512";
    for (int k = 0; k < slices; ++k) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(0.3 + 0.3 * k / slices, "writing the phantom as DICOM");
      one.grid.origin = from.origin + from.direction.col(2) * (one.grid.spacing[2] * k);
      core::parallel_chunks(side, 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
        for (auto j = b; j < e; ++j)
          for (int i = 0; i < side; ++i) one.values[std::size_t(j) * side + std::size_t(i)] = std::round(phantom->ct.sample(one.grid.to_patient(Vec3(i, double(j), 0)), -1000));
      });
      params.edit = [k](int, imaging::DicomData& d) { d.text(0x00080018, "UI", fmt::format("2.25.512.{}", k)).text(0x00200013, "IS", std::to_string(k + 1)); };
      const std::string bytes = imaging::dicom_slice(one, 0, params).file();
      written_mb += double(bytes.size()) / 1e6;
      std::ofstream(scratch.path / fmt::format("{:04}.dcm", (k * 7) % slices), std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
    }
  }
  // The peak counts from here: the kernel's high-water mark is reset (Linux, proc(5) clear_refs).
  std::ofstream("/proc/self/clear_refs") << "5";
  const auto peak_mb = [] {
    std::ifstream in("/proc/self/status");
    for (std::string word; in >> word;)
      if (word == "VmHWM:") {
        double kb = 0;
        in >> kb;
        return kb * 1024 / 1e6;
      }
    return 0.0;
  };
  const auto start = Clock::now();
  const auto scan = session::scan_for_import(scratch.path, progress.part(0.6, 0.65));
  if (!scan) return core::pass(scan);
  const double scan_s = std::chrono::duration<double>(Clock::now() - start).count();
  const auto reading = scan->find("", "");
  if (!reading) return core::pass(reading);
  auto data = session::import_reading(*scan, **reading, {}, progress.part(0.65, 0.9));
  if (!data) return core::pass(data);
  const double read_s = std::chrono::duration<double>(Clock::now() - start).count();
  if (auto ok = session::save_case(*data, scratch.path / "case", progress.part(0.9, 1)); !ok) return core::pass(ok);
  const double all_s = std::chrono::duration<double>(Clock::now() - start).count(), peak = peak_mb();
  const std::vector<std::pair<std::string, double>> size = {{"columns", side}, {"rows", side}, {"slices", slices}, {"dicom_mb", written_mb}};
  const double bound_mb = 500 + 8 * double(side) * side * slices * 2 / 1e6;
  const int threads = core::thread_count();
  return std::vector<BenchRow>{{"imaging/import-512x512x400", size, threads, all_s, "s, scan, import and save", 15, "issue 3: at most 15 s on 2 cores", "imaging/geometry"},
                               {"imaging/import-512x512x400/in-memory", size, threads, read_s, "s, scan and import", 15, "issue 3", "imaging/geometry"},
                               {"imaging/import-512x512x400/scan", size, threads, scan_s, "s, headers only", 15, "issue 3", "imaging/geometry"},
                               {"imaging/import-512x512x400/peak", size, threads, peak, "MB resident", bound_mb, "issue 3: 500 MB + 8 x the int16 bytes", "imaging/geometry"}};
}

}  // namespace ot::verify
