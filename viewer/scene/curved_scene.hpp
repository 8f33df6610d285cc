// SPDX-License-Identifier: GPL-3.0-or-later
// CurvedScene: an image along a vessel's centreline, straightened or curved (stretched), and its cross-sections.
// Model:   frames that turn as little as possible along the line (double reflection, Wang et al. 2008, ACM TOG 27:2). Straightened: x = arc
//          length, y = offset across in the direction `angle` of the frame. Curved: stretched reformation (Kanitsar et al. 2002, IEEE Vis):
//          rows run along one fixed direction, lengths along the line are kept.
// Section: lumen = half-way line of the trilinear indicator of the label at the centre, the part that holds the centre. Area, smallest and
//          largest width (calipers at every degree).
// Units:   mm, degrees; pixels from the top left. Threads: one owner; samples with the shared thread budget. No Qt, no VTK.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/vessel_network.hpp"
#include "viewer/scene/slice_image.hpp"

namespace ot::viewer {

struct PathPoint {
  core::Vec3 at, tangent, u, v;          // u, v: unit, across
  double arc = 0, radius = 0;            // mm from the start of the path
};
struct VesselPath {
  std::string name;
  std::vector<PathPoint> points;         // evenly spaced
  std::vector<int> branches;             // from the root
  std::vector<double> branch_start;      // arc at which each begins
  double length() const { return points.empty() ? 0 : points.back().arc; }
  PathPoint at(double arc_mm) const;     // interpolated, clamped
  // Nearest place of the path: arc and distance.
  std::pair<double, double> locate(const core::Vec3& x) const;
};
// From the root to the end of `branch`; every step_mm. Empty when the network has no such branch or fewer than two points.
VesselPath path_to(const core::VesselNetwork& network, int branch, double step_mm = 0.25);
// One path per leaf, longest first.
std::vector<VesselPath> all_paths(const core::VesselNetwork& network);

struct CrossSection {
  int label = 0;                         // 0: no label at the centre, then no numbers
  std::string label_name;
  double area_mm2 = 0, min_diameter_mm = 0, max_diameter_mm = 0, equivalent_diameter_mm = 0;
  std::vector<std::array<double, 4>> outline;   // mm segments along u and v about the centre
  bool open = false;                     // the lumen leaves the field that was looked at: numbers are too small
};

struct PathSpan { double start_mm = 0, end_mm = 0, throat_mm = 0; std::string name; };

class CurvedScene {
 public:
  enum class Shape { straightened, curved };
  void set_volume(std::shared_ptr<const core::Volume> volume);
  void set_labels(std::shared_ptr<const core::LabelMap> labels);
  void set_path(VesselPath path);
  const VesselPath& path() const { return path_; }
  const std::shared_ptr<const core::Volume>& volume() const { return volume_; }
  void set_shape(Shape shape) { shape_ = shape; }
  Shape shape() const { return shape_; }
  void set_window_level(WindowLevel wl) { wl_ = wl; }
  WindowLevel window_level() const { return wl_; }
  void set_angle(double degrees);        // rotation about the line
  double angle() const { return angle_; }
  void set_cursor(double arc_mm);
  double cursor() const { return cursor_; }
  void set_size(int width, int height);

  RgbaImage image() const;
  double mm_per_pixel() const;
  double arc_at(double x, double y) const;
  std::optional<core::Vec3> patient_at(double x, double y) const;
  // Pixel of a place on the line, and the line itself (the curved shape bends).
  std::array<double, 2> place_of(double arc_mm) const;
  // Radius of the lumen above and below the line as the labels have it, in pixels per column step (straightened only): label outline.
  std::vector<std::array<float, 4>> lumen_edges() const;

  // Square of `size` pixels showing +- half_mm about the cursor, up = v.
  RgbaImage section_image(int size, double half_mm) const;
  CrossSection section(double half_mm) const;

 private:
  core::Vec3 across(const PathPoint& p) const;
  void lay_out() const;
  std::shared_ptr<const core::Volume> volume_;
  std::shared_ptr<const core::LabelMap> labels_;
  VesselPath path_;
  Shape shape_ = Shape::straightened;
  WindowLevel wl_{800, 300};
  double angle_ = 0, cursor_ = 0;
  int width_ = 400, height_ = 200;
  // Curved shape: pixel column of each path point along the stretched line and its offset along the fixed direction.
  mutable bool laid_out_ = false;
  mutable core::Vec3 fixed_{0, 1, 0};
  mutable std::vector<double> along_, offset_;
};

}  // namespace ot::viewer
