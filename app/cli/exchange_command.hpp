// SPDX-License-Identifier: GPL-3.0-or-later
// The part of `import` and `segment` that takes meshes and label maps of other tools.
#pragma once
#include <filesystem>
#include <string>

#include "app/cli/context.hpp"
#include "app/session/exchange.hpp"

namespace ot::cli {

// A new case (or one more part of `case_folder`) from a mesh file.
core::Result<void> import_mesh(Context& context, const std::filesystem::path& case_folder, const std::string& case_name, const session::ForeignMesh& mesh, double edge_mm);
nlohmann::json label_schemes();   // for `list schemes`
// The unit of a surface when --unit was not given: detected and said, or refused with a question.
core::Result<std::string> unit_or_question(Context& context, const std::filesystem::path& path, const std::string& name, const std::string& given);

}  // namespace ot::cli
