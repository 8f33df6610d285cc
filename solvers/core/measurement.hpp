// SPDX-License-Identifier: GPL-3.0-or-later
// Measurements on images: distance, polyline, angle, closed contour, ellipse, sphere, and the statistics of the image in them.
// Points are LPS mm, so a number never depends on zoom, flip or the slice it was drawn in. Pure functions, any thread.
// Statistics: 3D sphere = voxels whose centres lie inside. Flat regions: when the plane is a plane of the image grid, the voxels of the
// nearest slice whose centres lie inside (as workstations do); otherwise trilinear samples on a lattice of the finest voxel spacing
// through the region's centre. SD divides by n.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::core {

enum class MeasurementKind { distance, polyline, angle, contour, ellipse, sphere };
const char* name_of(MeasurementKind kind);                     // "distance": the word in files
int least_points(MeasurementKind kind);

struct Measurement {
  std::string id;                      // "m1", unique in its image
  std::string name;                    // shown, editable
  MeasurementKind kind = MeasurementKind::distance;
  // distance 2; polyline >= 2; angle 3 (the corner is the second); contour >= 3 in one plane; ellipse: centre, end of one semi-axis, end of
  // the other; sphere: centre, a point on it.
  std::vector<Vec3> points;
  bool operator==(const Measurement&) const = default;
};

// Sentence when it makes no sense (too few points, not finite, a contour that is not flat within 0.5 mm, zero size).
Result<void> check(const Measurement& m);
// length_mm | angle_deg | area_mm2, perimeter_mm, diameters | volume_mm3, diameter_mm; with an image also mean, sd, min, max (in its
// quantity) and n. The keys are part of the CLI contract.
std::vector<Quantity> evaluate(const Measurement& m, const Volume* image);
// "42.3 mm", "128 mm² · mean 312 ± 18 HU": what is written beside it.
std::string summary(const Measurement& m, const Volume* image);

struct RegionStatistics { double mean = 0, sd = 0, min = 0, max = 0; std::size_t n = 0; };
// Nothing inside the image: n = 0.
RegionStatistics statistics(const Measurement& m, const Volume& image);

// Unit normal of a flat kind (contour, ellipse, angle); the sign is arbitrary but fixed. Zero when undefined.
Vec3 plane_normal(const Measurement& m);
// Closed outline of ellipse or contour, open line of the others, for drawing; `segments` points on an ellipse.
std::vector<Vec3> outline(const Measurement& m, int segments = 72);
// Moves one point and keeps the shape's rules (ellipse axes stay perpendicular, its centre carries the rest along).
void move_point(Measurement& m, std::size_t point, const Vec3& to);

nlohmann::json to_json(const Measurement& m);
Result<Measurement> measurement_from_json(const nlohmann::json& json);
// Header and one row per quantity: image,id,name,kind,quantity,value,unit,points_lps_mm
std::string measurements_csv_header();
std::string measurement_csv_rows(const std::string& image_key, const Measurement& m, const Volume* image);

// Perimeter of an ellipse with semi-axes a, b by the arithmetic-geometric mean (Gauss; Abramowitz & Stegun 17.6): full double accuracy.
double ellipse_perimeter(double a, double b);

}  // namespace ot::core
