// SPDX-License-Identifier: GPL-3.0-or-later
// Electro-anatomical maps: points with local activation time (LAT) and voltage, registered to the heart and laid on its surface.
// Readers: our CSV (columns by name), CARTO 3 *_car.txt and *.mesh, EnSite Precision / NavX DxL CSV, Rhythmia-like CSV. Subset and
//   layouts: resources/docs/dev/ea-maps.md. Identity in the headers (patient, study) is never read.
// Registration: rigid. Landmarks by least squares (Kabsch 1976, Acta Cryst A32:922); surface by iterated closest points (Besl & McKay
//   1992, IEEE PAMI 14:239) with the farthest tenth left out.
// Projection: closest point of the chosen surface; farther than the limit: the point is not used. Interpolation: moving least squares of
//   first order (Lancaster & Salkauskas 1981, Math Comp 37:141) over neighbours by distance ALONG the surface, so that nothing leaks
//   through a thin wall; values stay within those of the neighbours; nodes farther from any point than the reach have none (NaN).
// Voltage: bipolar < 0.5 mV dense scar, 0.5-1.5 mV border zone (Marchlinski et al. 2000, Circulation 101:1288).
// Units: mm, ms, mV. Fails: bad_input with one sentence. Threads: same bits for every count.
#pragma once
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::ep {

struct EaPoint {
  std::string name;
  core::Vec3 at{0, 0, 0};                                       // in the frame of the mapping system, mm
  double lat_ms = std::numeric_limits<double>::quiet_NaN();     // NaN: not annotated
  double unipolar_mV = std::numeric_limits<double>::quiet_NaN();
  double bipolar_mV = std::numeric_limits<double>::quiet_NaN();
};

struct EaPair { core::Vec3 map, heart; };                       // one landmark in both frames

struct EaRegistration {
  core::Mat3 rotation = core::Mat3::Identity();
  core::Vec3 translation{0, 0, 0};                              // heart = rotation * map + translation
  std::string method = "as in the file";                        // "landmarks", "landmarks, then surface" ...
  std::vector<EaPair> landmarks;
  double landmark_rms_mm = std::numeric_limits<double>::quiet_NaN();
  double surface_rms_mm = std::numeric_limits<double>::quiet_NaN();      // of all points to the surface, after
  double surface_rms_before_mm = std::numeric_limits<double>::quiet_NaN();
  double surface_max_mm = std::numeric_limits<double>::quiet_NaN();
  int iterations = 0;
  core::Vec3 to_heart(const core::Vec3& p) const { return rotation * p + translation; }
};

struct EaMap {
  std::string key, name;            // "map1", shown
  std::string format;               // "CSV", "CARTO car", "CARTO mesh", "EnSite DxL"
  std::string source_file;          // without its folder
  std::string source_sha256;
  std::vector<EaPoint> points;
  core::SurfaceMesh shell;          // the mapping system's own surface; may be empty
  EaRegistration registration;
  std::string surface = "endocardium_lv";   // patch prefix of the heart's mesh it lies on; "" = nearest of all
  double limit_mm = 10;             // points farther from the surface are not used
  double reach_mm = 10;             // nodes farther from any point, along the surface, have no value
  std::vector<std::string> notes;
};

// What can be laid on the heart.
enum class EaQuantity { lat, unipolar, bipolar };
const char* name_of(EaQuantity q);                              // "lat" "unipolar" "bipolar"
const char* unit_of(EaQuantity q);
double value_of(const EaPoint& p, EaQuantity q);

// --- readers; `name` is the file's name, for sentences ---
core::Result<EaMap> parse_ea_csv(std::string_view text);
core::Result<EaMap> parse_carto_car(std::string_view text);
core::Result<EaMap> parse_carto_mesh(std::string_view text);    // points are the vertices that carry a value
core::Result<EaMap> parse_ensite_dxl(std::string_view text);
core::Result<EaMap> parse_ea_map(std::string_view text);        // by content
// Points must be finite, at least three, and the size of a heart; notes what was dropped.
core::Result<void> check_ea_map(EaMap& map);
std::string ea_csv(const EaMap& map);

// --- registration ---
// Least-squares rigid motion, no scaling, no mirror. Fails: fewer than three pairs, or all on a line.
core::Result<EaRegistration> register_landmarks(const std::vector<EaPair>& pairs);
// Without landmarks: centres and main axes, the best of the four turns after surface fitting. A guess: symmetric shapes fit in several ways.
enum class EaStart { as_given, axes };
core::Result<EaRegistration> register_surface(const EaMap& map, const core::TetMesh& heart, const EaRegistration& start, EaStart how, const core::Progress& progress);

// --- projection ---
struct EaOnHeart {
  std::vector<core::Vec3> on_surface;      // [points], closest points
  std::vector<float> distance_mm;          // [points]
  std::vector<char> used;                  // [points]
  std::vector<float> value;                // [nodes of the heart], NaN off the surface and where not covered
  double coverage_percent = 0;             // of the surface's area
  double mean_distance_mm = 0, max_distance_mm = 0;   // of the points used
  int points_used = 0, points_far = 0, points_without_value = 0;
};
core::Result<EaOnHeart> project_map(const EaMap& map, const core::TetMesh& heart, EaQuantity quantity, const core::Progress& progress);

// --- LAT against a simulation ---
struct EaLatComparison {
  std::vector<float> difference_ms;        // [nodes] simulated - measured - offset; NaN where either is missing
  double offset_ms = 0;                    // median of simulated - measured: the mapping system's zero is arbitrary
  double median_abs_ms = 0, p95_abs_ms = 0, rms_ms = 0, correlation = 0;
  double measured_span_ms = 0, simulated_span_ms = 0;
  int nodes = 0;
};
core::Result<EaLatComparison> compare_lat(const EaOnHeart& measured, const std::vector<float>& activation_ms);

// --- voltage to tissue ---
struct EaScarParams {
  EaQuantity quantity = EaQuantity::bipolar;
  double scar_below_mV = 0.5, border_below_mV = 1.5;
  double depth_mm = 0;                     // from the mapped surface; 0: through the wall
};
struct EaScar {
  std::shared_ptr<const core::TetMesh> mesh;   // regions "scar" and "border_zone" added
  double scar_ml = 0, border_ml = 0, scar_area_cm2 = 0, border_area_cm2 = 0;
  std::vector<std::string> notes;
};
// A proposal: nothing changes until the user takes it. Fails when the map covers nothing or the thresholds are out of order.
core::Result<EaScar> scar_from_voltage(const EaOnHeart& voltage, const core::TetMesh& heart, const EaScarParams& params, const core::Progress& progress);

}  // namespace ot::ep
