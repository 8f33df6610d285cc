// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/label_scheme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "imaging/io/preflight.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;

const std::vector<std::string_view>& embedded_scheme_files();

namespace {

LabelScheme own_scheme() {
  LabelScheme s{"organtwin", "OrganTwin's own numbers", "solvers/core/volume.hpp", {}, {}};
  for (const core::LabelInfo& l : core::labels::heart()) s.entries.push_back({l.value, l.key, l.name, l.color});
  return s;
}

// What other tools call the structures, beyond key and name of the heart table. Words as in TotalSegmentator's class_map, the
// DICOM context groups CID 3462 and 7152, MM-WHS and 3D Slicer's terminology files.
const std::map<std::string, std::string>& aliases() {
  static const std::map<std::string, std::string> table{
      {"lv", "lv_blood_pool"}, {"left_ventricle", "lv_blood_pool"}, {"left_ventricle_blood_cavity", "lv_blood_pool"}, {"lv_cavity", "lv_blood_pool"}, {"heart_ventricle_left", "lv_blood_pool"},
      {"left_ventricular_cavity", "lv_blood_pool"}, {"lv_blood", "lv_blood_pool"}, {"rv", "rv_blood_pool"}, {"right_ventricle", "rv_blood_pool"}, {"rv_cavity", "rv_blood_pool"},
      {"right_ventricle_blood_cavity", "rv_blood_pool"}, {"heart_ventricle_right", "rv_blood_pool"}, {"right_ventricular_cavity", "rv_blood_pool"}, {"rv_blood", "rv_blood_pool"},
      {"la", "left_atrium"}, {"heart_atrium_left", "left_atrium"}, {"left_atrium_blood_cavity", "left_atrium"}, {"ra", "right_atrium"}, {"heart_atrium_right", "right_atrium"},
      {"right_atrium_blood_cavity", "right_atrium"}, {"myo", "lv_myocardium"}, {"myocardium", "lv_myocardium"}, {"heart_myocardium", "lv_myocardium"}, {"left_ventricular_myocardium", "lv_myocardium"},
      {"myocardium_of_the_left_ventricle", "lv_myocardium"}, {"myocardium_of_left_ventricle", "lv_myocardium"}, {"lv_wall", "lv_myocardium"}, {"ao", "aorta"}, {"ascending_aorta", "aorta"},
      {"thoracic_aorta", "aorta"}, {"pa", "pulmonary_artery"}, {"pulmonary_trunk", "pulmonary_artery"}, {"right_ventricular_wall", "rv_wall"}, {"descending_thoracic_aorta", "descending_aorta"},
      {"coronary_artery", "coronary"}, {"coronary_arteries", "coronary"}, {"svc", "superior_vena_cava"}, {"ivc", "inferior_vena_cava"}, {"pulmonary_vein", "pulmonary_veins"},
      {"lungs", "lung"}, {"bones", "bone"}, {"trachea", "airway"}, {"airways", "airway"}, {"gray_matter", "grey_matter"}, {"csf", "cerebrospinal_fluid"}, {"blood_vessel", "vessel"}};
  return table;
}

}  // namespace

const SchemeEntry* LabelScheme::find(std::int32_t value) const {
  const auto at = std::lower_bound(entries.begin(), entries.end(), value, [](const SchemeEntry& e, std::int32_t v) { return e.value < v; });
  return at != entries.end() && at->value == value ? &*at : nullptr;
}

const core::LabelInfo* heart_label(const std::string& key) {
  static const std::vector<core::LabelInfo> table = core::labels::heart();
  const auto at = std::find_if(table.begin(), table.end(), [&](const core::LabelInfo& l) { return l.key == key; });
  return at == table.end() ? nullptr : &*at;
}

std::string own_key(const std::string& words) {
  std::string key;
  for (const char c : words) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || u >= 0x80) key += u >= 0x80 ? c : char(std::tolower(u));
    else if (!key.empty() && key.back() != '_') key += '_';
  }
  while (!key.empty() && key.back() == '_') key.pop_back();
  return key;
}

std::string anatomy_key(const std::string& words) {
  const std::string key = own_key(words);
  if (heart_label(key)) return key;
  for (const core::LabelInfo& l : core::labels::heart())
    if (own_key(l.name) == key) return l.key;
  const auto at = aliases().find(key);
  return at == aliases().end() ? std::string() : at->second;
}

core::Color own_color(int value) { return {std::uint8_t(60 + value * 67 % 190), std::uint8_t(60 + value * 131 % 190), std::uint8_t(60 + value * 29 % 190)}; }

const std::vector<LabelScheme>& builtin_schemes() {
  static const std::vector<LabelScheme> schemes = [] {
    std::vector<LabelScheme> out{own_scheme()};
    for (const std::string_view text : embedded_scheme_files()) {
      auto one = parse_scheme(text, "built-in scheme");
      OT_EXPECT(one.has_value());
      out.push_back(std::move(*one));
    }
    return out;
  }();
  return schemes;
}

core::Result<LabelScheme> find_scheme(const std::string& key_or_path) {
  for (const LabelScheme& s : builtin_schemes())
    if (s.key == key_or_path) return s;
  std::error_code ec;
  if (!fs::exists(key_or_path, ec)) {
    std::string known;
    for (const LabelScheme& s : builtin_schemes()) known += (known.empty() ? "" : ", ") + s.key;
    return core::wrong_usage(fmt::format("There is no label scheme \"{}\" and no file of that name (the numbers would mean nothing). Use one of {}, or a scheme file.", key_or_path, known));
  }
  auto text = core::read_file(key_or_path, std::size_t(1) << 24);   // 16 MB: the largest atlas tables are below 1 MB
  if (!text) return core::pass(text);
  return parse_scheme(*text, fs::path(key_or_path).filename().string());
}

std::optional<LabelScheme> scheme_beside(const fs::path& label_file) {
  std::string base = label_file.string();
  const std::string ext = image_extension(label_file);
  base.resize(base.size() - ext.size());
  std::vector<std::string> places;
  if (ext == ".nii.gz") places.push_back(base + ".nii.txt");
  for (const char* ending : {".txt", ".ctbl", ".label", ".json", ".labels.txt"}) places.push_back(base + ending);
  for (const std::string& place : places) {
    std::error_code ec;
    if (!fs::is_regular_file(place, ec) || fs::file_size(place, ec) > (1u << 24)) continue;
    if (auto found = find_scheme(place)) return std::move(*found);
  }
  return std::nullopt;
}

}  // namespace ot::imaging
