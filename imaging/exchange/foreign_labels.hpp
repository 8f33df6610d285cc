// SPDX-License-Identifier: GPL-3.0-or-later
// A label map of another tool, and how it comes onto the grid of an image: read, understand (scheme), preview, take.
// Placement is by patient coordinates only (nearest voxel); an index never decides. Threads: pure functions; same bits for any count.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "imaging/exchange/label_scheme.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct ForeignLabels {
  core::Grid grid;
  std::vector<std::int32_t> values;                // [voxels], 0 = background
  std::map<std::int32_t, std::size_t> count;       // voxels of each number except 0
  std::map<std::int32_t, SchemeEntry> named;       // names that the file itself carries (Slicer NRRD, DICOM SEG)
  std::string format;                              // "NIfTI", "NRRD", "MetaImage", "DICOM SEG"
  std::vector<std::string> notes;                  // what was odd: overlapping segments, fractional values
};

// NIfTI, NRRD (with 3D Slicer's segment names), MetaImage, DICOM SEG (a file). Integer or float files with whole numbers up to 2^24.
// Refuses: fractions or negative numbers (an image, not labels), an empty map, more than 65535 numbers.
core::Result<ForeignLabels> read_foreign_labels(const std::filesystem::path& path, const core::Progress& progress);

// A scheme and how well it explains the map.
struct SchemeProposal {
  LabelScheme scheme;
  double named_share = 0;      // of the labelled voxels
  double enclosed_share = -1;  // of the faces of what it calls LV blood that touch LV wall (same slice axes); -1: not both present
  bool plausible = true;       // anatomy does not contradict it
};
// Best first: names in the file, the table beside the file, then the built-in schemes that name every number and that anatomy does
// not contradict. Schemes that would give the same anatomy appear once.
std::vector<SchemeProposal> propose_schemes(const ForeignLabels& labels, const std::filesystem::path& path);
// The first proposal when nothing else explains the map as well; else a sentence that lists the choices (bad_input: ask the user).
core::Result<LabelScheme> decide_scheme(const std::vector<SchemeProposal>& proposals, const ForeignLabels& labels, const std::filesystem::path& path);

// One row of the mapping table, editable by a user. An empty key leaves the label out.
struct MappingRow {
  std::int32_t number = 0;
  std::size_t voxels = 0;
  std::string their_name;      // "label 7" when the scheme does not know the number
  std::string key;
  bool known = false;          // the scheme names the number
  std::optional<core::Color> color;
};
std::vector<MappingRow> mapping_of(const ForeignLabels& labels, const LabelScheme& scheme);

// Where the labelled voxels lie relative to an image.
struct Placement {
  bool same_grid = false;
  double outside_share = 0;    // of the labelled voxels, centres outside the image
  std::string sentence;        // for the user; says both grids when they differ
};
Placement place(const ForeignLabels& labels, const core::Grid& image);

struct TakenLabels {
  core::LabelMap labels;       // on the image's grid
  Placement placement;
  std::vector<std::string> notes;
};
// Refuses: more than half of the labelled voxels outside the image, nothing mapped, more own names than numbers are free.
core::Result<TakenLabels> bring_labels(const ForeignLabels& labels, const std::vector<MappingRow>& mapping, const core::Grid& image, const core::Progress& progress);

}  // namespace ot::imaging
