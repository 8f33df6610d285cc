// SPDX-License-Identifier: GPL-3.0-or-later
// Editing tools on label maps: each is a value (parameters), pure and deterministic (same bits for every thread count), and gives back
// exactly what it changed. Points and directions in LPS mm, volumes in ml, intensities in the unit of the image (HU for CT).
// JSON form of every tool: edit_json.hpp. Threads: functions are safe on different maps.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "imaging/edit/label_delta.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// Which voxels an edit may change; everything else stays whatever the tool proposes.
struct EditScope {
  std::vector<int> protect;                        // labels that are never overwritten
  std::vector<int> only_over;                      // when not empty: only voxels of these labels (0: background) are overwritten
  std::optional<std::array<double, 2>> window;     // only voxels with low <= intensity <= high
};

enum class BrushShape { sphere, disc };
// Everything within radius of the polyline gets the label (0 erases). disc: only within half a voxel of the plane through the points.
struct Paint {
  int label = 0;
  std::vector<core::Vec3> points;
  double radius_mm = 3;
  BrushShape shape = BrushShape::sphere;
  core::Vec3 normal{0, 0, 1};                      // of the disc
};

// Region growing from seeds over connected voxels whose intensity lies in the window. Without a window: median of a 3 mm ball around the
// seeds, +- 2.5 robust standard deviations. Leaks are held by three limits: distance from the seeds, volume, and necks: a passage narrower
// than neck_mm is not entered (opening of the region before connecting).
struct GrowRegion {
  int label = 0;
  std::vector<core::Vec3> seeds;
  std::optional<std::array<double, 2>> window;
  double most_mm = 60, most_ml = 400, neck_mm = 0;
};

// Closed polygon pushed along a direction, or a cone from the eye when one is given: what lies inside (or outside) becomes `to`.
// depth: mm along the direction from the polygon's plane; without it the cut goes all the way through.
struct Scissors {
  std::vector<core::Vec3> polygon;                 // 3 or more, near one plane
  core::Vec3 direction{0, 0, 1};
  std::optional<core::Vec3> eye;
  std::optional<std::array<double, 2>> depth_mm;
  int label = 0, to = 0;                           // label 0: all labels
  bool inside = true;
};

enum class IslandRule { keep_largest, remove_small, keep_at, split };
// Connected parts (6-neighbours) of a label: `to` is what removed parts become. split: every part but the largest becomes `to`.
// keep_at: the part at `point` stays.
struct Islands {
  int label = 0, to = 0;
  IslandRule rule = IslandRule::keep_largest;
  double smaller_than_ml = 0.5;
  core::Vec3 point{0, 0, 0};
};

// Background enclosed by the label, in space or slice by slice along a grid axis (0 i, 1 j, 2 k), becomes the label.
struct FillHoles {
  int label = 0;
  std::optional<int> axis;
};

enum class SmoothKind { gaussian, median };
// Each voxel takes the label with the largest smoothed share around it, so neighbours meet without gaps. labels empty: all of them.
// Only borders of these labels move. Gaussian: sigma_mm; median: the majority in a ball of that radius.
struct Smooth {
  std::vector<int> labels;
  SmoothKind kind = SmoothKind::gaussian;
  double size_mm = 1.0;
};

// Distance from the border, exact Euclidean: > 0 grows, < 0 shrinks; what is given free becomes `to`.
struct Resize {
  int label = 0, to = 0;
  double by_mm = 1;
};

// The border moves to where the scan is half way between the label and its surroundings (recipe.hpp, lumen_level_set), at most most_mm.
struct Refine {
  int label = 0;
  double most_mm = 2;
};

// Shape-based interpolation between slices that hold the label along a grid axis: signed distances in the slices are blended linearly
// (Raya and Udupa, IEEE Trans Med Imaging 9:32, 1990, doi 10.1109/42.52980). Slices that hold the label already stay.
struct Interpolate {
  int label = 0;
  int axis = 2;
  int from = -1, to = -1;                          // slice numbers; -1: first and last slice with the label
};

enum class CombineRule { copy, unite, subtract, intersect };
// A voxel has one label, so: copy with within_mm = 0 and unite give the other's voxels to label; copy with within_mm > 0 lays a shell of
// that thickness around the other, which stays (a wall from a blood pool). subtract takes what lies within within_mm of the other out of
// label; intersect keeps only that.
struct Combine {
  int label = 0, other = 0;
  CombineRule rule = CombineRule::copy;
  double within_mm = 0;
};

// Everything of the label (0: all labels) on the side of the plane the normal points to becomes `to`.
struct PlaneCut {
  core::Vec3 point{0, 0, 0}, normal{0, 0, 1};
  int label = 0, to = 0;
};

using EditTool = std::variant<Paint, GrowRegion, Scissors, Islands, FillHoles, Smooth, Resize, Refine, Interpolate, Combine, PlaneCut>;
struct Edit {
  EditTool tool;
  EditScope scope;
};

// Changes `labels` and returns the change; `labels` is untouched when it fails or is cancelled. `volume` may be null for tools that do not
// look at intensities. Fails: label out of range or not in the table, points outside the image, empty input, another grid.
core::Result<LabelDelta> apply_edit(core::LabelMap& labels, const core::Volume* volume, const Edit& edit, const core::Progress& progress = {});

// Volume of every label in one pass (ml, by label number).
std::array<std::int64_t, 256> label_voxels(const core::LabelMap& labels);
std::array<double, 256> label_volumes_ml(const core::LabelMap& labels);

// "brush, LV myocardium": the name of the undo step.
std::string edit_name(const Edit& edit, const core::LabelMap& labels);
// The label an edit is about; 0 when it is about all.
int edited_label(const EditTool& tool);

// A brush stroke while it is being drawn: segments are painted at once, the whole stroke is one delta at the end.
class Stroke {
 public:
  // Contract: `labels` and `volume` outlive the stroke; volume may be null without a window.
  Stroke(core::LabelMap& labels, const core::Volume* volume, Paint brush, EditScope scope);
  VoxelBox extend(const core::Vec3& to_mm);        // box of what changed
  LabelDelta finish();                             // everything the stroke changed
  void give_up();                                  // puts everything back
  std::size_t changed() const { return changed_; }

 private:
  core::LabelMap& labels_;
  const core::Volume* volume_;
  Paint brush_;
  EditScope scope_;
  std::optional<core::Vec3> last_;
  std::vector<LabelDelta> parts_;
  std::size_t changed_ = 0;
};

}  // namespace ot::imaging
