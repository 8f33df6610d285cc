// SPDX-License-Identifier: GPL-3.0-or-later
// Edits as JSON (resources/docs/dev/edit-file.md): {"format": "organtwin-edits", "version": 1, "operations": [{"tool": "paint", ...}]}.
// Unknown keys, wrong types and values out of range are refused by name. Labels by key ("aorta") or number; "background" is 0.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "imaging/edit/edit.hpp"

namespace ot::imaging {

struct EditFile {
  std::string image;                 // key of the image the edits are for; empty: the first one with labels
  std::vector<Edit> edits;
};

// `table`: labels of the image; standard labels are known besides.
core::Result<Edit> edit_from_json(const nlohmann::json& json, const std::vector<core::LabelInfo>& table);
nlohmann::json to_json(const Edit& edit);
core::Result<EditFile> edit_file_from_text(const std::string& text, const std::vector<core::LabelInfo>& table);
nlohmann::json to_json(const EditFile& file);
// The key of the image only, before the table is known.
core::Result<std::string> image_of_edit_file(const std::string& text);

struct ToolHelp {
  std::string tool, summary;
  struct Key {
    std::string key, help;
  };
  std::vector<Key> keys;
};
const std::vector<ToolHelp>& edit_tools_help();

}  // namespace ot::imaging
