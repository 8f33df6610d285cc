// SPDX-License-Identifier: GPL-3.0-or-later
// A label scheme says what the numbers of another tool's label map mean. Schemes are data: resources/label_schemes/*.json (each
// with its source), or a file of the user: OrganTwin JSON, nnU-Net dataset.json, Slicer .ctbl, ITK-SNAP label file, "N Name" text.
// A key of core::labels::heart() maps onto that structure; any other key is kept under its own name.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct SchemeEntry {
  std::int32_t value = 0;              // > 0
  std::string key;                     // "lv_blood_pool", or the tool's own: "spleen"
  std::string name;                    // as the tool calls it: "heart_ventricle_left"
  std::optional<core::Color> color;
};

struct LabelScheme {
  std::string key, name, source;
  std::vector<std::string> notes;      // what a user should know before trusting the mapping
  std::vector<SchemeEntry> entries;    // sorted by value, no number twice

  const SchemeEntry* find(std::int32_t value) const;
};

// "organtwin" (core::labels::heart()) first, then the embedded files.
const std::vector<LabelScheme>& builtin_schemes();
// Refuses what is no scheme, names that hold no letter, numbers twice, more than 65535 entries. `name` is for messages and the key.
core::Result<LabelScheme> parse_scheme(std::string_view text, const std::string& name);
// A built-in key, else a file.
core::Result<LabelScheme> find_scheme(const std::string& key_or_path);
// "labels.nii.gz" -> the scheme in "labels.nii.txt", "labels.txt", "labels.ctbl", "labels.label", "labels.json" beside it, if one reads.
std::optional<LabelScheme> scheme_beside(const std::filesystem::path& label_file);

// "Left ventricle", "heart_ventricle_left", "LV blood pool" -> "lv_blood_pool"; "" when the words name no structure of the heart table.
std::string anatomy_key(const std::string& words);
// "Spleen, upper part" -> "spleen_upper_part".
std::string own_key(const std::string& words);
const core::LabelInfo* heart_label(const std::string& key);
core::Color own_color(int value);

}  // namespace ot::imaging
