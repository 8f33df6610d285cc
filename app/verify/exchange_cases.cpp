// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out and comes back must be the same: label maps voxel by voxel, meshes node by node, and nothing of a patient in any file.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <set>

#include "app/verify/cases.hpp"
#include "imaging/exchange/labels_out.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/mesh.hpp"

namespace ot::verify {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A folder of this run that goes away with it.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("organtwin-verify-" + std::to_string(::getpid()))) { fs::create_directories(path_); }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Oblique, unevenly spaced, axes flipped as the bits say: a ball in a shell beside a bar of a structure without a number of ours.
core::LabelMap label_map(int flips) {
  core::LabelMap m;
  m.grid.size = {41, 37, 29};
  m.grid.spacing = core::Vec3(0.78125, 0.9, 2.3);
  m.grid.origin = core::Vec3(-123.456789, 45.6543217, -987.123456);
  m.grid.direction = (Eigen::AngleAxisd(0.4, core::Vec3::UnitZ()) * Eigen::AngleAxisd(-0.7, core::Vec3::UnitX()) * Eigen::AngleAxisd(1.1, core::Vec3::UnitY())).toRotationMatrix();
  for (int d = 0; d < 3; ++d)
    if (flips & (1 << d)) m.grid.direction.col(d) *= -1;
  m.labels = core::labels::heart();
  m.labels.push_back({77, "spleen", "Spleen", {12, 200, 99}, false});
  m.values.assign(m.grid.voxels(), 0);
  for (int k = 3; k < 25; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i) {
        const double r = core::Vec3((i - 20) / 15.0, (j - 18) / 14.0, (k - 14) / 10.0).norm();
        m.values[m.grid.offset(i, j, k)] = std::uint8_t(r < 0.6 ? 1 : r < 1 ? 2 : i < 5 && k < 9 ? 77 : 0);
      }
  return m;
}

Row row(const std::string& name, const std::string& quantity, double value, double tolerance, const std::string& source, Clock::time_point start) {
  return timed_row(name, quantity, value, 0, tolerance, source, false, start);
}

core::Result<double> differing_voxels(const core::LabelMap& map, const fs::path& file) {
  if (auto files = imaging::export_labels(map, file, {}, {}); !files) return core::pass(files);
  auto foreign = imaging::read_foreign_labels(file, {});
  if (!foreign) return core::pass(foreign);
  const auto proposals = imaging::propose_schemes(*foreign, file);
  const auto& scheme = !foreign->named.empty() ? proposals.front().scheme : imaging::builtin_schemes().front();
  auto taken = imaging::bring_labels(*foreign, imaging::mapping_of(*foreign, scheme), map.grid, {});
  if (!taken) return core::pass(taken);
  double different = 0;
  for (std::size_t i = 0; i < map.values.size(); ++i) different += map.values[i] != taken->labels.values[i];
  return different;
}

Rows labels_as(const std::string& name, const std::string& ending, const std::string& source, const core::Progress& progress) {
  const auto start = Clock::now();
  const Scratch scratch;
  double different = 0;
  for (int flips = 0; flips < 8; ++flips) {
    if (progress.cancelled()) return core::cancelled();
    const auto one = differing_voxels(label_map(flips), scratch.path() / ("l" + ending));
    if (!one) return core::pass(one);
    different += *one;
  }
  return std::vector<Row>{row(name, "differing_voxels_of_8_flips", different, 0, source, start)};
}

core::TetMesh tet_mesh() {
  core::TetMesh m = core::make_box(core::Vec3(61.3, 47.9, 33.1), 5.3, core::BoxSplit::alternating);
  m.region.clear();
  for (const auto& t : m.tets) m.region.push_back(m.nodes[std::size_t(t[0])].x() < 30 ? 1 : 8);
  m.region_names = {{1, "lv_myocardium"}, {8, "rv_wall"}};
  m.boundary = core::find_boundary(m.tets);
  for (auto& f : m.boundary) f.patch = m.nodes[std::size_t(f.nodes[0])].z() < 1e-9 ? 1 : 2;
  m.patch_names = {{1, "base"}, {2, "epicardium"}};
  return m;
}

Rows mesh_as(const std::string& name, const std::string& file, imaging::GmshVersion version, imaging::LengthUnit unit, const std::string& source) {
  const auto start = Clock::now();
  const Scratch scratch;
  const core::TetMesh mesh = tet_mesh();
  if (auto files = imaging::export_tets(mesh, scratch.path() / file, {version, {}, {}, {}}, {}); !files) return core::pass(files);
  auto mixed = imaging::read_mesh(scratch.path() / file, "", {});
  if (!mixed) return core::pass(mixed);
  auto back = imaging::to_tets(*mixed, unit);
  if (!back) return core::pass(back);
  double worst = back->mesh.nodes.size() == mesh.nodes.size() ? 0 : std::numeric_limits<double>::infinity(), cells = back->mesh.tets.size() == mesh.tets.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(mesh.nodes.size(), back->mesh.nodes.size()); ++i) worst = std::max(worst, (mesh.nodes[i] - back->mesh.nodes[i]).norm());
  for (std::size_t i = 0; i < std::min(mesh.tets.size(), back->mesh.tets.size()); ++i) cells += mesh.tets[i] != back->mesh.tets[i] || mesh.region[i] != back->mesh.region[i];
  return std::vector<Row>{row(name, "largest_node_shift_mm", worst, 1e-9, source, start), row(name, "differing_cells_or_regions", cells, 0, source, start)};
}

}  // namespace

Rows roundtrip_nifti(bool, const core::Progress& p) { return labels_as("imaging/roundtrip/nifti", ".nii.gz", "NIfTI-1.1 (nifti.nimh.nih.gov)", p); }
Rows roundtrip_nrrd(bool, const core::Progress& p) { return labels_as("imaging/roundtrip/nrrd", ".seg.nrrd", "teem.sourceforge.net/nrrd/format.html", p); }
Rows roundtrip_dicom_seg(bool, const core::Progress& p) { return labels_as("imaging/roundtrip/dicom-seg", ".dcm", "DICOM PS3.3 A.51", p); }
Rows roundtrip_opencarp(bool, const core::Progress&) { return mesh_as("imaging/roundtrip/opencarp", "m.elem", imaging::GmshVersion::v41, imaging::LengthUnit::um, "opencarp.org manual, mesh formats"); }
Rows roundtrip_gmsh(bool, const core::Progress&) {
  auto rows = mesh_as("imaging/roundtrip/gmsh", "m.msh", imaging::GmshVersion::v41, imaging::LengthUnit::mm, "Gmsh reference manual, MSH 4.1");
  if (!rows) return rows;
  auto old = mesh_as("imaging/roundtrip/gmsh-2.2", "m.msh", imaging::GmshVersion::v22, imaging::LengthUnit::mm, "Gmsh reference manual, MSH 2.2");
  if (!old) return old;
  rows->insert(rows->end(), old->begin(), old->end());
  return rows;
}

// A name, a birth date and a number planted where they could leak: the image's description and the file's folder.
Rows roundtrip_identity(bool, const core::Progress&) {
  const auto start = Clock::now();
  const Scratch scratch;
  const std::string planted[] = {"MUSTERMANN", "19641112", "PID-4711-0815"};
  const core::LabelMap map = label_map(0);
  core::Volume volume;
  volume.grid = map.grid;
  volume.description = "MUSTERMANN^ERIKA 19641112 PID-4711-0815";
  for (std::size_t i = 0; i < volume.grid.voxels(); ++i) volume.values.push_back(float(i % 1201) - 300);
  double found = 0, files = 0;
  for (const char* ending : {".nii", ".nii.gz", ".nrrd", ".mha", ".dcm"})
    if (auto ok = imaging::export_labels(map, scratch.path() / (std::string("l") + ending), {}, {}); !ok) return core::pass(ok);
  for (const char* ending : {".nii", ".nrrd", ".mha"})
    if (auto ok = imaging::write_volume(volume, scratch.path() / (std::string("v") + ending)); !ok) return core::pass(ok);
  for (const auto& file : fs::directory_iterator(scratch.path())) {
    auto text = core::read_file(file.path());
    if (!text) return core::pass(text);
    ++files;
    for (const std::string& word : planted) found += text->find(word) != std::string::npos;
  }
  // Every UID of the object is ours and of this object alone, but for the standard's own (root 1.2.840.10008) and GDCM's name.
  std::set<std::string> first, second;
  for (std::set<std::string>* uids : {&first, &second}) {
    if (auto ok = imaging::export_labels(map, scratch.path() / "l.dcm", {}, {}); !ok) return core::pass(ok);
    auto text = core::read_file(scratch.path() / "l.dcm");
    if (!text) return core::pass(text);
    for (std::size_t at = text->find("2.25."); at != std::string::npos; at = text->find("2.25.", at + 1)) {
      std::size_t end = at;
      while (end < text->size() && (std::isdigit(static_cast<unsigned char>((*text)[end])) || (*text)[end] == '.')) ++end;
      uids->insert(text->substr(at, end - at));
    }
  }
  double shared = 0;
  for (const std::string& u : first) shared += second.contains(u);
  std::vector<Row> rows{row("imaging/roundtrip/identity", "planted_identifiers_found", files == 9 ? found : std::numeric_limits<double>::infinity(), 0, "DICOM PS3.15 E, basic profile", start),
                        row("imaging/roundtrip/identity", "uids_shared_by_two_objects", first.size() >= 5 ? shared : std::numeric_limits<double>::infinity(), 0, "DICOM PS3.5 9 and B.2", start)};
  return rows;
}

}  // namespace ot::verify
