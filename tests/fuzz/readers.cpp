// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/readers.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "imaging/exchange/foreign_labels.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/exchange/dicom_seg.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"
#include "solvers/electrophysiology/recorded/fibres_in.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::test {
namespace fs = std::filesystem;
namespace {

const fs::path& folder() {
  static const fs::path f = [] {
    const fs::path made = fs::temp_directory_path() / ("organtwin-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(made);
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(fs::temp_directory_path() / ("organtwin-fuzz-" + std::to_string(::getpid())), ignored);
    });
    return made;
  }();
  return f;
}

fs::path file(const char* name, const std::uint8_t* data, std::size_t size) {
  const fs::path path = folder() / name;
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), std::streamsize(size));
  return path;
}

template <class T>
bool says(const core::Result<T>& r) {
  return r.has_value() || r.error().message.size() > 10;
}

template <const char* Name>
bool volume(const std::uint8_t* data, std::size_t size) {
  const fs::path path = file(Name, data, size);
  const auto v = imaging::read_volume(path, "", {});
  if (!v) {   // several volumes are read as phases
    const auto moving = imaging::read_moving(path, {});
    if (moving && (moving->empty() || moving->front().values.size() != moving->front().grid.voxels())) return false;
    if (!says(moving) || !says(imaging::read_moving_header(path, {}))) return false;
  }
  return v ? v->values.size() == v->grid.voxels() && v->grid.spacing.minCoeff() > 0 : says(v);
}

bool series(const std::uint8_t* data, std::size_t size) {
  const fs::path path = file("x.dcm", data, size);
  return says(imaging::list_series(path, {})) && says(imaging::read_volume(path, "", {}));
}

bool seg(const std::uint8_t* data, std::size_t size) {
  const auto l = imaging::read_dicom_seg(file("s.dcm", data, size), {});
  return l ? l->values.size() == l->grid.voxels() && !l->count.empty() : says(l);
}

template <const char* Name>
bool labels(const std::uint8_t* data, std::size_t size) {
  const fs::path path = file(Name, data, size);
  const auto l = imaging::read_foreign_labels(path, {});
  if (!l) return says(l);
  const auto scheme = imaging::decide_scheme(imaging::propose_schemes(*l, path), *l, path);
  return says(scheme) && says(imaging::bring_labels(*l, imaging::mapping_of(*l, scheme ? *scheme : imaging::builtin_schemes().front()), l->grid, {}));
}

template <const char* Name>
bool surface(const std::uint8_t* data, std::size_t size) {
  const auto s = imaging::read_surface(file(Name, data, size), imaging::LengthUnit::mm, "");
  if (!s) return says(s);
  for (const auto& t : s->triangles)
    for (const auto i : t)
      if (i < 0 || std::size_t(i) >= s->points.size()) return false;
  return !s->triangles.empty();
}

bool tets(const std::uint8_t* data, std::size_t size) {
  const auto t = imaging::read_tet_mesh(file("m.vtu", data, size), imaging::LengthUnit::mm);
  return t ? core::check_simulation_ready(*t).has_value() : says(t);
}

bool both_ways(const core::Result<imaging::MixedMesh>& m) {
  if (!m) return says(m);
  return says(imaging::to_tets(*m, imaging::LengthUnit::um)) && says(imaging::to_surface(*m, imaging::LengthUnit::cm));
}

// The three files behind one another, separated by a form feed.
bool opencarp(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto first = all.find('\f'), second = first == std::string_view::npos ? first : all.find('\f', first + 1);
  const auto part = [&](std::size_t from, std::size_t to) { return from == std::string_view::npos ? std::string_view() : all.substr(from, to == std::string_view::npos ? to : to - from); };
  const auto write = [&](const char* name, std::string_view text) { file(name, reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); };
  write("c.pts", part(0, first));
  write("c.elem", part(first == std::string_view::npos ? first : first + 1, second));
  if (second != std::string_view::npos) write("c.lon", part(second + 1, std::string_view::npos));
  else fs::remove(folder() / "c.lon");
  return both_ways(imaging::read_opencarp(folder() / "c", {}));
}

bool gmsh(const std::uint8_t* data, std::size_t size) { return both_ways(imaging::parse_gmsh({reinterpret_cast<const char*>(data), size}, "fuzz.msh", {})); }

bool scheme(const std::uint8_t* data, std::size_t size) {
  const auto s = imaging::parse_scheme({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!s) return says(s);
  for (const auto& e : s->entries)
    if (e.value <= 0 || e.key.empty()) return false;
  return !s->entries.empty();
}

// A header and its data behind a form feed, as a reader of a record would meet them.
bool wfdb(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto feed = std::min(all.find('\f'), all.size());
  const auto header = ep::parse_wfdb_header(all.substr(0, feed));
  if (!header) return says(header);
  const auto samples = ep::decode_wfdb(*header, header->channels.front().file, all.substr(std::min(all.size(), feed + 1)));
  if (!samples) return says(samples);
  for (const auto& s : samples->physical)
    if (s.empty()) return false;
  std::vector<std::string> names;
  for (const int s : samples->signal) names.push_back(header->channels[std::size_t(s)].description);
  return says(ep::make_recorded(std::move(names), samples->physical, header->sample_hz));
}

bool ecg_csv(const std::uint8_t* data, std::size_t size) {
  const auto e = ep::parse_ecg_csv({reinterpret_cast<const char*>(data), size}, {});
  return e ? !e->ecg.leads.empty() && says(ep::representative_beat(e->ecg)) : says(e);
}

bool ea_map(const std::uint8_t* data, std::size_t size) {
  const auto m = ep::parse_ea_map({reinterpret_cast<const char*>(data), size});
  if (!m) return says(m);
  for (const auto& t : m->shell.triangles)
    for (const auto i : t)
      if (i < 0 || std::size_t(i) >= m->shell.points.size()) return false;
  return m->points.size() >= 3;
}

bool lon(const std::uint8_t* data, std::size_t size) {
  const auto v = ep::parse_lon({reinterpret_cast<const char*>(data), size});
  return v ? says(ep::taken_fibres(v->f, v->s, "fuzz.lon")) : says(v);
}

constexpr char nii[] = "v.nii", niigz[] = "v.nii.gz", nrrd[] = "v.nrrd", mha[] = "v.mha", label_nrrd[] = "l.nrrd";
constexpr char stl[] = "m.stl", ply[] = "m.ply", obj[] = "m.obj", vtp[] = "m.vtp", vtk[] = "m.vtk";

}  // namespace

const std::vector<Reader>& readers() {
  static const std::vector<Reader> all{{"nifti", volume<nii>}, {"nifti_gz", volume<niigz>}, {"nrrd", volume<nrrd>}, {"mha", volume<mha>}, {"dicom", series}, {"dicom_seg", seg}, {"label_nrrd", labels<label_nrrd>}, {"stl", surface<stl>},
                                       {"ply", surface<ply>}, {"obj", surface<obj>}, {"vtp", surface<vtp>}, {"vtk", surface<vtk>}, {"vtu", tets}, {"opencarp", opencarp}, {"gmsh", gmsh}, {"label_scheme", scheme},
                                       {"wfdb", wfdb}, {"ecg_csv", ecg_csv}, {"ea_map", ea_map}, {"lon", lon}};
  return all;
}

const Reader* find_reader(const std::string& name) {
  for (const Reader& r : readers())
    if (name == r.name) return &r;
  return nullptr;
}

}  // namespace ot::test
