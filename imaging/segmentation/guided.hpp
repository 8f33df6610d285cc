// SPDX-License-Identifier: GPL-3.0-or-later
// What a person may tell the cardiac recipe, and the recipe that listens. Any subset may be given; what is missing comes from the automatic
// recipe. All points LPS mm of the patient, so that a file fits every resampling of the scan.
// File format: resources/docs/dev/guided-file.md. Threads: segment_guided as every recipe; the rest is plain values.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imaging/segmentation/recipe.hpp"

namespace ot::imaging {

enum class Papillary { blood, wall };   // papillary muscles and trabeculae of the left ventricle

// A plane that ends a label: what lies on the side the normal points to is no longer that label.
struct CutPlane {
  std::string name, label;              // "left upper vein", "left_atrium"
  core::Vec3 centre{0, 0, 0}, normal{0, 0, 1};
  double radius_mm = 0;                 // 0: unlimited
  bool operator==(const CutPlane&) const = default;
};

// A wall drawn by hand between two labels: polylines on a few slices, joined to a sheet.
struct SplitSheet {
  std::array<std::string, 2> between;   // "left_atrium", "right_atrium"
  std::vector<std::vector<core::Vec3>> strokes;
  bool operator==(const SplitSheet&) const = default;
};

struct GuidedInput {
  std::map<std::string, std::vector<core::Vec3>> seeds;   // by label key, see seed_keys()
  std::map<std::string, std::vector<core::Vec3>> valves;  // hinge points by valve key, see valve_keys()
  std::optional<core::Vec3> apex;                         // of the LV cavity
  std::vector<CutPlane> cuts;
  std::optional<double> threshold;                        // wall | blood, in the scan's values
  std::optional<double> right_atrium_threshold;
  Papillary papillary = Papillary::blood;
  std::vector<SplitSheet> splits;
  bool operator==(const GuidedInput&) const = default;
  bool empty() const { return *this == GuidedInput{}; }
};

// Keys of core::labels::heart() that take seeds: six chambers and vessels, then what is blood but not heart, then "not_heart" for anything.
const std::vector<std::string>& seed_keys();
const std::vector<std::string>& valve_keys();              // mitral, aortic, tricuspid, pulmonary

// Least-squares plane through hinge points with the circle through them. Needs three points that do not lie on a line.
struct HingeFit {
  Plane plane;                          // normal: not yet turned downstream
  double residual_mm = 0;               // mean distance of the points from the plane (0 for three)
  bool doubtful = false;                // above 3 mm: a click is likely off the valve (heart-segmentation.md)
};
core::Result<HingeFit> fit_hinges(const std::string& valve, const std::vector<core::Vec3>& points);

// Plausible for this scan? Unknown keys, points outside, two points on a line, thresholds outside the scan's values: refused in words.
core::Result<void> check_guided(const GuidedInput& input, const core::Volume& scan);

std::string write_guided(const GuidedInput& input);                       // JSON text
core::Result<GuidedInput> read_guided(std::string_view json, const std::string& name);   // `name` is used in messages

core::Result<Segmentation> segment_guided(const core::Volume& scan, const GuidedInput& input, const core::Progress& progress);

}  // namespace ot::imaging
