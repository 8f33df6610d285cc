// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/join_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "app/session/deidentify.hpp"
#include "app/session/exchange.hpp"
#include "imaging/exchange/foreign_labels.hpp"
#include "imaging/io/io.hpp"

namespace ot::session {
namespace {

using core::Result;
using core::Vec3;
namespace l = core::labels;

constexpr double other_person_years = 2;      // between two examinations of one stay; more is another person, or needs another case
constexpr double least_shared_ml = 10;        // of space that both images show: less cannot hold a piece of heart or vessel to look at
constexpr double well_placed = 0.7;           // of the brought volume lies in the target's wall: else the images do not match

// Volume (ml) of `a` inside the box of `b`, from a lattice of at most 40 points along each axis.
double shared_ml(const core::Grid& a, const core::Grid& b) {
  constexpr int points = 40;
  const Vec3 last(a.size[0] - 1, a.size[1] - 1, a.size[2] - 1);
  int inside = 0;
  for (int k = 0; k < points; ++k)
    for (int j = 0; j < points; ++j)
      for (int i = 0; i < points; ++i) {
        const Vec3 at = ((Vec3(i, j, k).array() + 0.5) / points * (last.array() + 1) - 0.5).matrix();
        const Vec3 q = b.to_index(a.to_patient(at));
        inside += (q.array() >= -0.5).all() && q.x() <= b.size[0] - 0.5 && q.y() <= b.size[1] - 0.5 && q.z() <= b.size[2] - 0.5;
      }
  return double(a.voxels()) * a.voxel_volume() / 1000 * inside / (points * points * points);
}

std::string free_key(const CaseData& data, const std::string& wanted) {
  const auto taken = [&](const std::string& key) { return std::any_of(data.images.begin(), data.images.end(), [&](const ImageData& i) { return i.key == key; }); };
  if (!taken(wanted)) return wanted;
  for (int n = 2;; ++n)
    if (const std::string key = fmt::format("{}_{}", wanted, n); !taken(key)) return key;
}

// Years from "57 y" or "18 months"; negative when not stated.
double years_of(const std::string& age) {
  if (age.empty()) return -1;
  const double n = std::atof(age.c_str());
  return age.find("month") != std::string::npos ? n / 12 : n;
}

// A sentence when the two cannot be one person.
std::string another_person(const PatientInfo& a, const PatientInfo& b) {
  if (!a.sex.empty() && !b.sex.empty() && a.sex != b.sex) return fmt::format("The series is of another patient: sex {} in the case, {} in the series", a.sex, b.sex);
  const double x = years_of(a.age), y = years_of(b.age);
  if (x >= 0 && y >= 0 && std::abs(x - y) > other_person_years) return fmt::format("The series is of another patient or another time: {} in the case, {} in the series", a.age, b.age);
  return {};
}

}  // namespace

Result<void> join_reading(CaseData& data, const ImportScan& scan, const ImportReading& reading, const JoinParams& params, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  if (data.images.empty()) return core::bad_input("The case holds no image that a second series could join. Import the series as the case's first image.");
  if (!params.key.empty() && free_key(data, params.key) != params.key) return core::bad_input(fmt::format("The case already has an image \"{}\" (it would be ambiguous). Choose another name.", params.key));
  // Frames first: they are known without reading the pixels.
  std::string original, shared_frame;
  bool differs = false;
  if (reading.dicom >= 0) {
    const imaging::DicomReading& d = scan.dicom->readings[std::size_t(reading.dicom)];
    const imaging::DicomFile* file = nullptr;
    for (const auto& p : d.planes)
      if (!p.frames.empty() && !file) file = &scan.dicom->files[std::size_t(p.frames.front().first)];
    if (file) original = file->frame_uid;
  }
  for (const ImageData& i : data.images) {
    const FrameMatch m = same_frame(i.source.frame_uid, original);
    if (m == FrameMatch::same && shared_frame.empty()) shared_frame = i.source.frame_uid;
    differs = differs || m == FrameMatch::differs;
  }
  if (shared_frame.empty() && differs && !params.trust_positions)
    return core::bad_input("The series lies in another frame of reference than the case's images (the patient was placed anew, so the same coordinates mean other places of the body). "
                           "Take a series of the same examination, or say that the positions can be trusted and compare both images in the slices.");
  ImportParams how;
  how.resolution = params.resolution;
  auto made = import_reading(scan, reading, how, progress);
  if (!made) return core::pass(made);
  if (const std::string why = data.patient.built_in ? std::string() : another_person(data.patient, made->patient); !why.empty())
    return core::bad_input(why + " (mixing two people in one twin is dangerous). Make a case of its own for it.");
  ImageData image = std::move(made->images.front());
  double shared = 0;
  for (const ImageData& i : data.images)
    if (i.volume) shared = std::max(shared, shared_ml(image.volume->grid, i.volume->grid));
  if (shared < least_shared_ml)
    return core::bad_input(fmt::format("The series shows no part of the body that the case's images show ({:.1f} ml in common): another region, or its positions were lost. Check the series.", shared));
  std::string word = image.source.modality;
  for (char& c : word) c = char(std::tolower(static_cast<unsigned char>(c)));
  image.key = params.key.empty() ? free_key(data, word == "other" || word.empty() ? "image" : word) : params.key;
  std::vector<std::string> notes;
  if (!shared_frame.empty()) {
    image.source.frame_uid = shared_frame;
    notes.push_back(fmt::format("Joined the case in the same frame of reference: {:.0f} ml of space in common, aligned by patient coordinates.", shared));
  } else if (differs) {
    notes.push_back("Joined the case although its frame of reference differs, as asked: compare it with the other images in the slices before using both together.");
  } else {
    notes.push_back(fmt::format("Joined the case by its coordinates alone, for no frame of reference is stated: {:.0f} ml of space in common. Compare it with the other images in the slices.", shared));
  }
  if (!image.source.study_date.empty()) notes.push_back("Its date is left out: dates of a series that joins later cannot be shifted by the case's number of days.");
  image.source.study_date.clear();
  image.source.notes.insert(image.source.notes.begin(), notes.begin(), notes.end());
  StageReport stage = std::move(made->stages.front());
  stage.name = "join " + image.key;
  stage.quantities.push_back({"shared_ml", "Space in common", "ml", shared, ""});
  stage.notes = image.source.notes;
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  data.stages.push_back(std::move(stage));
  data.images.push_back(std::move(image));
  return {};
}

Result<std::function<void(ImageData&)>> labels_from_image(const ImageData& from, const ImageData& target, const std::vector<std::string>& only, const core::Progress& progress) {
  if (!from.labels) return core::bad_input(fmt::format("\"{}\" has no labels to give (nothing to bring over). Segment it first.", from.name));
  if (!target.volume) return core::bad_input("The image has no voxels. Open the scan again.");
  if (only.empty()) {
    progress.report(0.1, "bringing labels over");
    imaging::TakenLabels taken;
    taken.labels = imaging::resample_labels(*from.labels, target.volume->grid);
    if (progress.cancelled()) return core::cancelled();
    double labelled = 0;
    for (const auto v : taken.labels.values) labelled += v != 0;
    if (labelled == 0) return core::bad_input(fmt::format("None of the labels of \"{}\" lies in \"{}\" (the images show different parts of the body). Compare both in the slices.", from.name, target.name));
    auto shared = std::make_shared<const imaging::TakenLabels>(std::move(taken));
    return std::function<void(ImageData&)>([shared, source = from.name, planes = from.planes, landmarks = from.landmarks](ImageData& i) {
      put_labels(i, *shared, fmt::format("the image {} of this case, by patient coordinates", source));
      i.planes = planes;
      i.landmarks = landmarks;
    });
  }
  if (!target.labels || target.labels->count(l::lv_myocardium) == 0) return core::bad_input(fmt::format("\"{}\" has no LV wall to put it into. Segment it first, or bring all labels over.", target.name));
  std::array<std::uint8_t, 256> becomes{};
  std::string words;
  for (const std::string& key : only) {
    const int mine = key == "scar" ? l::scar : key == "border_zone" ? l::border_zone : key == "myocardial_fat" ? l::myocardial_fat : 0;
    if (!mine) return core::wrong_usage(fmt::format("Only scar, border_zone and myocardial_fat can be brought into another wall, not \"{}\".", key));
    if (const int theirs = from.labels->value_of(key); theirs) becomes[std::size_t(theirs)] = std::uint8_t(mine);
    words += (words.empty() ? "" : ", ") + key;
  }
  const core::Grid &g = target.labels->grid, &s = from.labels->grid;
  auto map = std::make_shared<core::LabelMap>(*target.labels);
  double given = 0, landed = 0;
  for (const auto v : from.labels->values) given += becomes[v] != 0;
  if (given == 0) return core::bad_input(fmt::format("\"{}\" has no {} to give (its labels hold none). Find it there first.", from.name, words));
  for (const auto& info : l::heart())
    if (std::find(only.begin(), only.end(), info.key) != only.end() && !map->find(info.key)) {
      map->labels.push_back(info);
      std::sort(map->labels.begin(), map->labels.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
    }
  for (int k = 0; k < g.size[2]; ++k) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k) / g.size[2], "bringing labels over");
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        std::uint8_t& v = map->values[g.offset(i, j, k)];
        if (v != l::lv_myocardium && v != l::scar && v != l::border_zone && v != l::myocardial_fat) continue;
        const Vec3 q = s.to_index(g.to_patient(Vec3(i, j, k)));
        const int x = int(std::lround(q.x())), y = int(std::lround(q.y())), z = int(std::lround(q.z()));
        if (!s.contains(x, y, z)) continue;   // not looked at there: what the target says stays
        const std::uint8_t now = becomes[from.labels->at(x, y, z)];
        if (now) v = now, landed += 1;
        else if (std::any_of(becomes.begin(), becomes.end(), [v](std::uint8_t b) { return b == v; })) v = l::lv_myocardium;
      }
  }
  given *= s.voxel_volume() / 1000, landed *= g.voxel_volume() / 1000;
  if (landed == 0) return core::bad_input(fmt::format("None of the {:.1f} ml lies in the wall of \"{}\" (the images do not match). Compare both in the slices.", given, target.name));
  std::string note = fmt::format("{} of {}: {:.1f} of {:.1f} ml lie in this image's wall.", words, from.name, landed, given);
  if (landed < well_placed * given) note += " The rest falls outside the wall: breathing or the beat differ between the images, so look at both before going on.";
  return std::function<void(ImageData&)>([map, note](ImageData& i) {
    i.labels = map;
    i.notes.push_back(note);
  });
}

Result<void> take_labels_from(CaseData& data, const std::string& image_key, const LabelsFrom& what, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto find = [&](const std::string& key) { return std::find_if(data.images.begin(), data.images.end(), [&](const ImageData& i) { return i.key == key; }); };
  const auto target = find(image_key), from = find(what.from);
  std::string keys;
  for (const auto& i : data.images) keys += (keys.empty() ? "" : ", ") + i.key;
  if (target == data.images.end() || from == data.images.end())
    return core::bad_input(fmt::format("The case has no image \"{}\" (it has {}). Name one of these.", target == data.images.end() ? image_key : what.from, keys));
  if (target == from) return core::wrong_usage("An image cannot take labels from itself. Name another image of the case.");
  auto change = labels_from_image(*from, *target, what.only, progress);
  if (!change) return core::pass(change);
  (*change)(*target);
  StageReport stage;
  stage.name = "labels " + image_key;
  for (const auto& info : target->labels->labels)
    if (const double ml = target->labels->volume_ml(info.value); ml > 0) stage.quantities.push_back({"volume_" + info.key + "_ml", info.name + " volume", "ml", ml, ""});
  stage.notes = target->notes;
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  data.stages.push_back(std::move(stage));
  return {};
}

}  // namespace ot::session
