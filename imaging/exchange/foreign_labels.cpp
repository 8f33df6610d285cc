// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/foreign_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include "imaging/exchange/dicom_seg.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

// First number for a structure that core::labels::heart() does not hold: behind the table, with room for its growth.
constexpr int first_own_number = 60;
constexpr std::size_t most_numbers = 65535;

// 3D Slicer writes each segment as text keys in the NRRD header: "Segment0_Name:=LV", "Segment0_LabelValue:=1", "Segment0_Color:=r g b".
std::map<std::int32_t, SchemeEntry> slicer_names(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::map<std::string, std::map<std::string, std::string>> segments;
  std::size_t read = 0;
  for (std::string line; std::getline(in, line) && !line.empty() && line != "\r" && read < (1u << 20);) {
    read += line.size();
    if (line.back() == '\r') line.pop_back();
    const auto split = line.find(":=");
    const auto under = line.find('_');
    if (line.rfind("Segment", 0) != 0 || split == std::string::npos || under == std::string::npos || under > split) continue;
    segments[line.substr(7, under - 7)][line.substr(under + 1, split - under - 1)] = line.substr(split + 2);
  }
  std::map<std::int32_t, SchemeEntry> out;
  for (auto& [number, keys] : segments) {
    const long value = std::strtol(keys["LabelValue"].c_str(), nullptr, 10);
    const std::string name = keys["Name"];
    if (value <= 0 || value > 65535 || own_key(name).empty()) continue;
    SchemeEntry e;
    e.value = std::int32_t(value);
    e.name = name.substr(0, 64);
    // "OrganTwinKey" is our own addition to Slicer's keys.
    const std::string key = own_key(keys["OrganTwinKey"]);
    e.key = !key.empty() ? key : !anatomy_key(name).empty() ? anatomy_key(name) : own_key(name);
    float r = 0, g = 0, b = 0;
    if (std::sscanf(keys["Color"].c_str(), "%f %f %f", &r, &g, &b) == 3 && r >= 0 && g >= 0 && b >= 0 && r <= 1 && g <= 1 && b <= 1)
      e.color = core::Color{std::uint8_t(std::lround(255 * r)), std::uint8_t(std::lround(255 * g)), std::uint8_t(std::lround(255 * b))};
    out[e.value] = std::move(e);
  }
  return out;
}

std::string grid_text(const core::Grid& g) {
  return fmt::format("{}x{}x{} voxels of {:.3g} x {:.3g} x {:.3g} mm", g.size[0], g.size[1], g.size[2], g.spacing[0], g.spacing[1], g.spacing[2]);
}

}  // namespace

Result<ForeignLabels> read_foreign_labels(const fs::path& path, const core::Progress& progress) {
  std::error_code ec;
  if (fs::is_regular_file(path, ec) && looks_like_dicom(path)) {
    if (is_dicom_seg(path)) return read_dicom_seg(path, progress);
    return bad_input(fmt::format("{} is a DICOM image, not a DICOM segmentation (it holds grey values, no labels). Choose the SEG object, or a NIfTI or NRRD label map.", path.string()));
  }
  if (fs::is_directory(path, ec)) return bad_input(fmt::format("{} is a folder (a label map is one file). Name the NIfTI, NRRD, MHA or DICOM SEG file.", path.string()));
  auto v = read_volume(path, "", progress.part(0, 0.8));
  if (!v) return core::pass(v);
  ForeignLabels out;
  out.grid = v->grid;
  const std::string ext = image_extension(path);
  out.format = ext.rfind(".ni", 0) == 0 ? "NIfTI" : ext == ".nrrd" || ext == ".nhdr" ? "NRRD" : "MetaImage";
  out.values.resize(v->values.size());
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const float x = v->values[i];
    if (!(x >= 0 && x <= 16777216.0f && x == std::floor(x)))
      return bad_input(fmt::format("{} is not a label map: it holds the value {} (labels are whole numbers from 0 up). Is this the image itself?", path.string(), x));
    out.values[i] = std::int32_t(x);
  }
  for (std::size_t i = 0; i < out.values.size();) {   // runs: labels come in long ones
    std::size_t end = i + 1;
    while (end < out.values.size() && out.values[end] == out.values[i]) ++end;
    if (out.values[i] != 0) out.count[out.values[i]] += end - i;
    i = end;
    if (out.count.size() > most_numbers) break;
  }
  if (out.count.empty()) return bad_input(fmt::format("{} is an empty label map (every voxel is 0, there is nothing to model). Check the segmentation.", path.string()));
  if (out.count.size() > most_numbers)
    return bad_input(fmt::format("{} holds more than {} different numbers (that is an image, not a label map). Choose the file with the labels.", path.string(), most_numbers));
  if (out.format == "NRRD") out.named = slicer_names(path);
  progress.report(1, "label map read");
  return out;
}

std::vector<MappingRow> mapping_of(const ForeignLabels& labels, const LabelScheme& scheme) {
  std::vector<MappingRow> rows;
  for (const auto& [number, voxels] : labels.count) {
    MappingRow row;
    row.number = number;
    row.voxels = voxels;
    if (const SchemeEntry* e = scheme.find(number)) {
      row.their_name = e->name;
      row.key = e->key;
      row.color = e->color;
      row.known = true;
    } else {
      row.their_name = fmt::format("label {}", number);
      row.key = fmt::format("label_{}", number);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Placement place(const ForeignLabels& labels, const core::Grid& image) {
  Placement out;
  out.same_grid = labels.grid.same_as(image);
  if (out.same_grid) {
    out.sentence = "The label map lies on the grid of the image.";
    return out;
  }
  const core::Grid& g = labels.grid;
  const std::ptrdiff_t rows = std::ptrdiff_t(g.size[1]) * g.size[2];
  // Whole numbers: their double sum is exact, hence the same for any thread count.
  const auto outside = core::ordered_sum(rows, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    double n = 0;
    for (std::ptrdiff_t row = b; row < e; ++row) {
      const int j = int(row % g.size[1]), k = int(row / g.size[1]);
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.values[g.offset(i, j, k)] == 0) continue;
        const core::Vec3 at = image.to_index(g.to_patient(core::Vec3(i, j, k)));
        for (int d = 0; d < 3; ++d)
          if (!(at[d] > -0.5 && at[d] < image.size[std::size_t(d)] - 0.5)) {
            n += 1;
            break;
          }
      }
    }
    return n;
  }, 64);
  std::size_t all = 0;
  for (const auto& [number, voxels] : labels.count) all += voxels;
  out.outside_share = all == 0 ? 0.0 : outside / double(all);
  out.sentence = fmt::format("The label map has another grid ({}; the image {}): placed by patient coordinates, nearest voxel. {:.1f} % of the labelled voxels lie outside the image{}.", grid_text(g), grid_text(image),
                             100 * out.outside_share, out.outside_share > 0 ? " and are lost" : "");
  return out;
}

Result<TakenLabels> bring_labels(const ForeignLabels& labels, const std::vector<MappingRow>& mapping, const core::Grid& image, const core::Progress& progress) {
  TakenLabels out;
  out.placement = place(labels, image);
  if (out.placement.outside_share >= 1.0)
    return bad_input("The label map and the image do not overlap in patient space (they belong to different scans or one lost its geometry). Check both headers.");
  if (out.placement.outside_share > 0.5)
    return bad_input(fmt::format("{:.0f} % of the labelled voxels lie outside the image (the label map belongs to another scan, or one of the two lost its position). Import the image it was drawn on.",
                                 100 * out.placement.outside_share));
  out.notes = labels.notes;
  out.notes.push_back(out.placement.sentence);
  std::map<std::int32_t, std::uint8_t> number_of;
  std::map<std::string, std::uint8_t> own;
  std::map<int, core::LabelInfo> table;
  for (const core::LabelInfo& l : core::labels::heart()) table[l.value] = l;
  int next = first_own_number;
  std::string unknown, left_out;
  std::vector<std::string> merged;
  // A number behind the table that the file already uses keeps its number: a map of ours comes back as it was.
  std::map<std::string, int> wish;
  for (const MappingRow& row : mapping)
    if (!row.key.empty() && !heart_label(row.key) && row.number >= first_own_number && row.number <= 255 && !wish.contains(row.key)) wish[row.key] = row.number;
  std::map<int, bool> taken;
  for (const auto& [key, number] : wish) taken[number] = true;
  for (const MappingRow& row : mapping) {
    if (row.key.empty()) {
      left_out += fmt::format("{}{} ({})", left_out.empty() ? "" : ", ", row.number, row.their_name);
      continue;
    }
    if (!row.known) unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", row.number);
    if (const core::LabelInfo* l = heart_label(row.key)) {
      number_of[row.number] = std::uint8_t(l->value);
      continue;
    }
    if (const auto at = own.find(row.key); at != own.end()) {
      number_of[row.number] = at->second;
      continue;
    }
    int number = 0;
    if (const auto at = wish.find(row.key); at != wish.end()) {
      number = at->second;
    } else {
      while (taken.contains(next)) ++next;
      number = next;
    }
    if (number > 255)
      return bad_input(fmt::format("The label map holds more than {} structures that OrganTwin has no number for (a label is one byte here). Leave some out, or give a scheme that maps them.", 256 - first_own_number));
    taken[number] = true;
    own[row.key] = std::uint8_t(number);
    number_of[row.number] = std::uint8_t(number);
    table[number] = {number, row.key, row.their_name, row.color.value_or(own_color(number)), false};
  }
  if (number_of.empty()) return bad_input("No label of the map is kept (every row of the table says \"leave out\"). Map at least one number to a structure.");
  if (!unknown.empty()) out.notes.push_back(fmt::format("Numbers that the scheme does not know are kept under their own name: label {}.", unknown));
  if (!left_out.empty()) out.notes.push_back(fmt::format("Left out as asked: {}.", left_out));

  // Small numbers through a table, the rare big ones through the map.
  std::vector<std::uint8_t> small(65536, 0);
  for (const auto& [from, to] : number_of)
    if (from < 65536) small[std::size_t(from)] = to;
  const auto translate = [&](std::int32_t v) -> std::uint8_t {
    if (v < 65536) return small[std::size_t(v)];
    const auto at = number_of.find(v);
    return at == number_of.end() ? std::uint8_t(0) : at->second;
  };
  out.labels.grid = image;
  out.labels.values.assign(image.voxels(), 0);
  const core::Grid& g = labels.grid;
  const std::ptrdiff_t rows = std::ptrdiff_t(image.size[1]) * image.size[2];
  const std::ptrdiff_t step = std::max<std::ptrdiff_t>(1, rows / 50);
  for (std::ptrdiff_t from = 0; from < rows; from += step) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(from) / double(rows), "placing the labels");
    const std::ptrdiff_t count = std::min(step, rows - from);
    core::parallel_chunks(count, 64, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t r = from + b; r < from + e; ++r) {
        const int j = int(r % image.size[1]), k = int(r / image.size[1]);
        std::uint8_t* row = out.labels.values.data() + image.offset(0, j, k);
        if (out.placement.same_grid) {
          const std::int32_t* source = labels.values.data() + g.offset(0, j, k);
          for (int i = 0; i < image.size[0]; ++i) row[i] = translate(source[i]);
          continue;
        }
        for (int i = 0; i < image.size[0]; ++i) {
          const core::Vec3 at = g.to_index(image.to_patient(core::Vec3(i, j, k)));
          const double x = std::round(at.x()), y = std::round(at.y()), z = std::round(at.z());
          if (!(x >= 0 && y >= 0 && z >= 0 && x < g.size[0] && y < g.size[1] && z < g.size[2])) continue;
          row[i] = translate(labels.values[g.offset(int(x), int(y), int(z))]);
        }
      }
    });
  }
  std::vector<std::size_t> kept(256, 0);
  for (const std::uint8_t v : out.labels.values) ++kept[v];
  if (kept[0] == out.labels.values.size())
    return bad_input("No labelled voxel falls into the image (the label map and the image do not overlap in patient space). Check both headers.");
  for (const MappingRow& row : mapping)
    if (const auto at = number_of.find(row.number); at != number_of.end() && kept[at->second] == 0)
      out.notes.push_back(fmt::format("{} ({} voxels) is lost on the image's grid: it is thinner than a voxel or lies outside.", row.their_name, row.voxels));
  for (auto& [number, info] : table)
    if (number >= 256 || heart_label(info.key) || kept[std::size_t(number)] > 0) out.labels.labels.push_back(info);
  progress.report(1, "labels placed");
  return out;
}

}  // namespace ot::imaging
