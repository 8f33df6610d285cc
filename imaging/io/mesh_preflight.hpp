// SPDX-License-Identifier: GPL-3.0-or-later
// Mesh files that others wrote, without trusting their counts. STL, PLY and OBJ are parsed here (VTK's readers for them overrun
// buffers on damaged files and renumber points), and so are legacy VTK files; VTK's XML files are inspected before VTK allocates for them.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"

namespace ot::imaging {

// Points in the file's unit. STL: equal points are one (in order of appearance). PLY: ASCII and both binary orders. OBJ: v and f lines.
core::Result<core::SurfaceMesh> parse_stl(std::string_view content, const std::filesystem::path& path);
core::Result<core::SurfaceMesh> parse_ply(std::string_view content, const std::filesystem::path& path);
core::Result<core::SurfaceMesh> parse_obj(std::string_view content, const std::filesystem::path& path);

// Whether a .vtp or .vtu promises no more than it can hold: counts, components, blocks, encodings. type: "PolyData".
core::Result<void> inspect_vtk_xml(const std::filesystem::path& path, std::string_view type);
// Legacy .vtk polygonal data; `cap_array`: cell array that becomes patches, "" for none.
core::Result<core::SurfaceMesh> parse_vtk_legacy(std::string_view content, const std::filesystem::path& path, const std::string& cap_array);

}  // namespace ot::imaging
