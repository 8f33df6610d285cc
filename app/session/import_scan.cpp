// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/import_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "app/session/deidentify.hpp"
#include "app/session/pipeline.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using imaging::ReadingState;

std::string size_text(const core::Grid& g) { return fmt::format("{}x{}x{}", g.size[0], g.size[1], g.size[2]); }

// What the import says about the case's one image, in our own words only.
std::string series_text(const std::string& modality, const core::Grid& g, std::size_t phases) {
  return fmt::format("{} {}, {:.3g} x {:.3g} x {:.3g} mm{}", modality, size_text(g), g.spacing[0], g.spacing[1], g.spacing[2], phases > 1 ? fmt::format(", {} phases", phases) : "");
}

core::Result<ImportScan> scan_file(const fs::path& path, const core::Progress& progress) {
  auto header = imaging::read_moving_header(path, progress);
  if (!header) return core::pass(header);
  const core::Grid* grid = &header->grid;
  ImportScan scan;
  scan.path = path;
  ImportReading r;
  r.key = "file";
  r.series = path.filename().string();
  r.modality = "file";
  r.name = fmt::format("Volume, {} slices", grid->size[2]);
  r.verdict = fmt::format("{} slices, {:.4g} mm apart: usable as a volume", grid->size[2], grid->spacing[2]);
  r.state = ReadingState::good;
  r.grid = *grid;
  r.recommended = true;
  if (const std::size_t phases = header->time_ms.size(); phases > 1) {
    const double beat = header->time_ms.back() - header->time_ms.front();
    const bool flat = grid->size[2] == 1;
    r.kind = flat ? imaging::ReadingKind::cine : imaging::ReadingKind::phases;
    r.phases = int(phases);
    r.name = flat ? fmt::format("Cine of one slice, {} phases", phases) : fmt::format("Moving volume, {} slices, {} phases", grid->size[2], phases);
    r.verdict = fmt::format("{} phases of {} slice{}{}, {:.4g} ms apart on average: usable as {}", phases, grid->size[2], flat ? "" : "s", flat ? "" : fmt::format(", {:.4g} mm apart", grid->spacing[2]), beat / double(phases - 1), flat ? "a cine" : "phases");
    r.notes = header->notes;
    if (!header->time_stated) r.state = ReadingState::caution;
  }
  const double thin = grid->spacing.minCoeff(), thick = grid->spacing.maxCoeff();
  if (thick > 3 * thin) {
    r.state = ReadingState::caution;
    r.verdict += fmt::format("; voxels are {:.1f} times longer than wide, fine structures are lost between slices", thick / thin);
  }
  scan.readings.push_back(std::move(r));
  return scan;
}

}  // namespace

const ImportReading* ImportScan::recommended() const {
  for (const auto& r : readings)
    if (r.recommended && r.state != ReadingState::refused) return &r;
  return nullptr;
}

core::Result<const ImportReading*> ImportScan::find(const std::string& wanted, const std::string& series_uid) const {
  const bool number = !wanted.empty() && wanted.size() < 6 && std::all_of(wanted.begin(), wanted.end(), [](unsigned char c) { return std::isdigit(c); });
  if (number) {
    const std::size_t n = std::stoul(wanted);
    if (n < 1 || n > readings.size()) return core::wrong_usage(fmt::format("There is no reading {} (the list has {}). See 'organtwin-cli import PATH' without --case.", wanted, readings.size()));
    return &readings[n - 1];
  }
  const auto in_series = [&](const ImportReading& r) {
    if (series_uid.empty()) return true;
    if (!dicom || r.dicom < 0) return false;
    const int s = dicom->readings[std::size_t(r.dicom)].series;
    return s >= 0 && dicom->series[std::size_t(s)].info.uid == series_uid;
  };
  const ImportReading* best = nullptr;
  bool series_known = false;
  for (const auto& r : readings) {
    if (!in_series(r)) continue;
    series_known = true;
    if (!wanted.empty()) {
      // The whole key, or what stands behind the series number.
      if (r.key == wanted || (r.key.find(':') != std::string::npos && r.key.substr(r.key.find(':') + 1) == wanted)) return &r;
      continue;
    }
    if (series_uid.empty() ? r.recommended : (!best || (best->state == ReadingState::refused && r.state != ReadingState::refused))) best = &r;
  }
  if (!series_uid.empty() && !series_known) return core::bad_input(fmt::format("{} has no series {}. List its series first.", path.string(), series_uid));
  if (!wanted.empty()) return core::wrong_usage(fmt::format("There is no reading \"{}\". See 'organtwin-cli import PATH' without --case.", wanted));
  if (!best || best->state == ReadingState::refused) {
    const ImportReading* why = best;
    for (const auto& r : readings)
      if (!why || (in_series(r) && r.files > why->files)) why = &r;
    return core::bad_input(fmt::format("{} holds nothing that can be imported as a scan: {}. Choose another folder or export the series completely.", path.string(), why ? why->verdict : "no images"));
  }
  return best;
}

// A case that holds a solver's problem and no patient, and what to do with it; empty: it is none.
static std::string solver_case(const fs::path& path) {
  constexpr std::size_t largest = std::size_t(16) << 20;   // bytes; such files are small
  const std::string ext = path.extension().string();
  const bool yaml = ext == ".yaml" || ext == ".yml";
  if (!yaml && ext != ".json") return {};
  const auto text = core::read_file(path, largest);
  if (!text) return {};
  std::string what;
  if (yaml) {   // a specification of openBF
    if (text->find("network:") != std::string::npos && text->find("solver:") != std::string::npos) what = "a case of openBF (pulse waves in a network of vessels)";
  } else {
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_object() && json.contains("simulation_parameters") && json.contains("boundary_conditions")) what = "a case of svZeroDSolver (a circulation of lumped elements)";
    else if (json.is_object() && json.contains("kind") && json["kind"].is_string() && json.size() > 1) what = "a spec of \"organtwin-cli solve\" (kind " + json["kind"].get<std::string>() + ")";
  }
  if (what.empty()) return {};
  return fmt::format("{} is {}: a solver's problem, no image of a patient, and the window shows patients. Solve it on the command line: organtwin-cli solve \"{}\" --json", path.filename().string(), what, path.string());
}

core::Result<ImportScan> scan_for_import(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  if (!fs::exists(path, ec)) return core::bad_input(fmt::format("{} does not exist (nothing to read). Check the path.", path.string()));
  if (fs::is_regular_file(path, ec) && !imaging::looks_like_dicom(path)) {
    if (const std::string words = solver_case(path); !words.empty()) return core::bad_input(words);
    const std::string ext = imaging::image_extension(path);
    for (const char* known : {".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"})
      if (ext == known) return scan_file(path, progress);
    if (ext == ".zip" || ext == ".7z" || ext == ".rar" || ext == ".tar" || ext == ".tgz")
      return core::bad_input(fmt::format("{} is an archive (OrganTwin does not look inside). Unpack it first and give the folder.", path.string()));
    if (const auto promise = imaging::inspect_image(path, progress); !promise) return core::pass(promise);
    return scan_file(path, progress);
  }
  auto found = imaging::scan_dicom(path, progress);
  if (!found) {
    // A folder with one NIfTI, NRRD or MetaImage in it and no DICOM means that image.
    if (fs::is_directory(path, ec) && found.error().code == core::ErrorCode::bad_input) {
      std::vector<fs::path> images;
      for (const auto& e : fs::directory_iterator(path, fs::directory_options::skip_permission_denied, ec)) {
        const std::string ext = imaging::image_extension(e.path());
        for (const char* known : {".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"})
          if (ext == known) images.push_back(e.path());
      }
      if (images.size() == 1) return scan_file(images.front(), progress);
      if (images.size() > 1) return core::bad_input(fmt::format("{} holds {} image files and no DICOM (one scan is imported at a time). Give one of the files.", path.string(), images.size()));
    }
    return core::pass(found);
  }
  ImportScan scan;
  scan.path = path;
  scan.dicom = std::make_shared<imaging::DicomScan>(std::move(*found));
  scan.quarantine = scan.dicom->quarantine;
  scan.notes = scan.dicom->notes;
  for (int i = 0; i < int(scan.dicom->readings.size()); ++i) {
    const imaging::DicomReading& d = scan.dicom->readings[std::size_t(i)];
    ImportReading r;
    r.key = fmt::format("{}:{}", d.series + 1, d.key);
    r.modality = d.modality;
    r.name = d.name;
    r.verdict = d.verdict;
    r.notes = d.notes;
    r.kind = d.kind;
    r.state = d.state;
    r.grid = d.grid;
    r.phases = int(std::max<std::size_t>(1, d.trigger_ms.size()));
    r.files = d.files;
    r.recommended = d.recommended;
    r.dicom = i;
    if (d.series >= 0) {
      const imaging::DicomSeries& s = scan.dicom->series[std::size_t(d.series)];
      const int number = scan.dicom->files[std::size_t(s.files.front())].series_number;
      r.series = fmt::format("{} {}", number, s.info.description);
      r.warnings = s.warnings;
      if (r.files == 0) r.files = s.files.size();
    } else {
      r.series = "several series";
    }
    scan.readings.push_back(std::move(r));
  }
  return scan;
}

core::Result<Resolution> resolution_from(const std::string& text) {
  if (text.empty() || text == "full") return Resolution{};
  if (text == "half") return Resolution{Resolution::Kind::half, 0};
  double mm = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), mm);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !(mm >= 0.1 && mm <= 20)) return core::wrong_usage(fmt::format("--resolution takes full, half or millimetres from 0.1 to 20, not \"{}\".", text));
  return Resolution{Resolution::Kind::millimetres, mm};
}

imaging::Reduction reduction_of(const ImportReading& reading, const Resolution& resolution) {
  switch (resolution.kind) {
    case Resolution::Kind::half: return imaging::half_resolution(reading.grid);
    case Resolution::Kind::millimetres: return imaging::reduction_for(reading.grid, resolution.mm);
    case Resolution::Kind::full: break;
  }
  return {};
}

imaging::MemoryNeed memory_need(const ImportReading& reading, const Resolution& resolution) {
  imaging::DicomReading d;
  d.grid = reading.grid;
  d.trigger_ms.assign(std::size_t(reading.phases), 0);
  return imaging::memory_need(d, reduction_of(reading, resolution));
}

std::uint64_t free_memory() { return imaging::memory_free(); }

Resolution fitting_resolution(const ImportReading& reading) {
  const auto fits = [&](const Resolution& r) { return memory_need(reading, r).work_bytes <= free_memory(); };
  if (fits({})) return {};
  const Resolution half{Resolution::Kind::half, 0};
  if (fits(half)) return half;
  for (const double mm : {1.0, 1.5, 2.0, 3.0}) {
    const Resolution r{Resolution::Kind::millimetres, mm};
    if (fits(r)) return r;
  }
  return {Resolution::Kind::millimetres, 4.0};
}

core::Result<CaseData> import_reading(const ImportScan& scan, const ImportReading& reading, const ImportParams& params, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  if (reading.state == ReadingState::refused)
    return core::bad_input(fmt::format("\"{}\" cannot be imported: {} (it would be measured wrongly). Choose another reading or export the series completely.", reading.name, reading.verdict));
  const imaging::Reduction reduction = reduction_of(reading, params.resolution);
  CaseData data;
  data.created_utc = now_utc();
  data.program_version = program_version();
  ImageData image;
  image.key = "image";
  const Pseudonyms pseudonyms;
  if (reading.dicom >= 0) {
    const imaging::DicomReading& d = scan.dicom->readings[std::size_t(reading.dicom)];
    auto loaded = imaging::load_reading(*scan.dicom, d, reduction, progress.part(0, 0.95));
    if (!loaded) return core::pass(loaded);
    const imaging::DicomFile* file = nullptr;
    for (const auto& p : d.planes)
      if (!p.frames.empty() && !file) file = &scan.dicom->files[std::size_t(p.frames.front().first)];
    data.patient = safe_patient(*file, pseudonyms);
    image.source = safe_source(*file, pseudonyms);
    image.source.notes.insert(image.source.notes.begin(), d.verdict);
    image.source.notes.insert(image.source.notes.end(), loaded->notes.begin(), loaded->notes.end());
    image.source.notes.insert(image.source.notes.end(), reading.warnings.begin(), reading.warnings.end());
    if (loaded->phases.size() > 1)
      for (auto& p : loaded->phases) image.phases.push_back({p.trigger_ms, std::make_shared<const core::Volume>(std::move(p.volume))});
    image.volume = image.phases.empty() ? std::make_shared<const core::Volume>(std::move(loaded->phases.front().volume)) : image.phases.front().volume;
  } else {
    const fs::path file = fs::is_directory(scan.path) ? scan.path / reading.series : scan.path;
    const auto header = imaging::read_moving_header(file, progress.part(0, 0.1));
    if (!header) return core::pass(header);
    auto volumes = imaging::read_moving(file, progress.part(0.1, 0.9));
    if (!volumes) return core::pass(volumes);
    if (volumes->size() != header->time_ms.size()) return core::bad_input(fmt::format("{} changed while it was read. Import it again.", file.string()));
    const bool reduced = reduction.factor != std::array<int, 3>{1, 1, 1};
    for (auto& v : *volumes) {
      v.description.clear();
      if (reduced) v = imaging::reduce_volume(v, reduction);
    }
    if (reduced) {
      image.source.notes.push_back(fmt::format("Imported at lower resolution: boxes of {} x {} x {} voxels were averaged.", reduction.factor[0], reduction.factor[1], reduction.factor[2]));
    }
    image.source.notes.insert(image.source.notes.end(), reading.notes.begin(), reading.notes.end());
    if (volumes->size() > 1)
      for (std::size_t p = 0; p < volumes->size(); ++p) image.phases.push_back({header->time_ms[p], std::make_shared<const core::Volume>(std::move((*volumes)[p]))});
    image.volume = image.phases.empty() ? std::make_shared<const core::Volume>(std::move(volumes->front())) : image.phases.front().volume;
    const bool hounsfield = image.volume->quantity == "HU";
    image.source.modality = hounsfield ? "CT" : "image";
    image.source.notes.insert(image.source.notes.begin(), reading.verdict);
    image.source.notes.push_back(hounsfield ? "The file does not state its modality: values below -500 are taken for Hounsfield units of a CT."
                                            : "The file does not state its modality, and its values do not reach below -500: they are not taken for Hounsfield units.");
    data.patient = PatientInfo{};
    data.patient.id = pseudonyms.patient_id("");
  }
  if (!params.case_name.empty()) data.patient.id = params.case_name;
  image.source.reading = reading.name;
  image.source.notes.push_back("Identity was left out on import: names, ids, free text and private elements; dates are shifted, UIDs replaced.");
  image.name = series_text(image.source.modality, image.volume->grid, image.phases.size());
  data.patient.series = image.name;
  StageReport stage;
  stage.name = "import";
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  stage.quantities = {{"voxels", "Voxels", "", double(image.volume->values.size()), ""}, {"phases", "Phases", "", double(std::max<std::size_t>(1, image.phases.size())), ""},
                      {"peak_memory_mb", "Peak memory", "MB", peak_memory_mb(), ""}};
  stage.notes = image.source.notes;
  data.stages.push_back(std::move(stage));
  data.images.push_back(std::move(image));
  progress.report(1, "imported");
  return data;
}

core::Result<imaging::Thumbnail> thumbnail(const ImportScan& scan, const ImportReading& reading, int side) {
  if (reading.dicom < 0) return core::bad_input("There is no preview of this file.");
  return imaging::reading_thumbnail(*scan.dicom, scan.dicom->readings[std::size_t(reading.dicom)], side);
}

}  // namespace ot::session
