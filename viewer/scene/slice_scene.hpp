// SPDX-License-Identifier: GPL-3.0-or-later
// SliceScene: one axial, coronal, sagittal or oblique slice (or slab) of a Volume, right for any direction matrix (reslice, not index planes).
// Display: radiological. Axial seen from the feet (patient right on screen left, anterior up), coronal from the front
// (patient right on screen left, head up), sagittal with anterior at the left. Letters come from the matrix only.
// Pure C++ (no VTK, no Qt, no OpenGL): image and outlines are computed, whoever owns a painter draws them.
// Units: mm LPS; screen positions in pixels from the top left. Threads: one owner; draws with the shared thread budget.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::viewer {

enum class SlicePlane { axial, coronal, sagittal };
// patient: planes of the body. acquisition: the planes of the image grid that are nearest to them (oblique letters).
enum class SliceAlignment { patient, acquisition };
const char* name_of(SlicePlane plane);  // "Axial"

// Screen axes in patient space, unit and orthogonal. Position of a point = its coordinate along `normal`.
struct SliceAxes {
  core::Vec3 right, down, normal;  // normal: positions grow along it: to the head, to posterior, to the left (LPS)
};
SliceAxes slice_axes(SlicePlane plane, SliceAlignment alignment, const core::Mat3& grid_direction);
struct EdgeLetters { std::string left, right, top, bottom; };
EdgeLetters edge_letters(const SliceAxes& axes);

struct WindowLevel { double width = 600, level = 200; };   // CTA chambers
// 2 to 98 percent window of the values (MR and anything not in HU).
WindowLevel percentile_window(const core::Volume& volume);

// Thick slab: what is shown of the values along the normal.
enum class SlabMode { mip, minip, average };
const char* name_of(SlabMode mode);   // "MIP", "MinIP", "mean"
struct Slab { double mm = 0; SlabMode mode = SlabMode::mip; };   // 0 mm: one plane

// Where another view's plane cuts this one.
struct CrossPlane {
  core::Vec3 normal{0, 0, 1};
  core::Color color{0x4c, 0xc2, 0xff};
  int view = -1;                                // whose plane it is
};
struct CrossLine {
  std::array<double, 2> at, direction;          // through `at` (the crosshair) in pixels; unit direction on the screen
  core::Color color;
  int view = -1;
};
struct ScaleBar { double mm = 0, pixels = 0; };

struct Outline {
  int label = 0;
  core::Color color{200, 200, 200};
  std::vector<std::array<float, 4>> segments;   // x1 y1 x2 y2 in pixels
};
// Pixels left <= x < right, top <= y < bottom of a view.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool empty() const { return right <= left || bottom <= top; }
};
struct RgbaImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;             // RGBA, row by row from the top
};

class SliceScene {
 public:
  explicit SliceScene(SlicePlane plane);
  ~SliceScene();
  SliceScene(const SliceScene&) = delete;
  SliceScene& operator=(const SliceScene&) = delete;

  void set_volume(std::shared_ptr<const core::Volume> volume);   // null clears; the view is fitted, W/L chosen by quantity
  void set_labels(std::shared_ptr<const core::LabelMap> labels); // may have a grid of its own
  void set_equal_labels(std::shared_ptr<const core::LabelMap> labels);   // another map with the same voxels: nothing is computed again
  // The map of set_labels was written in this voxel box (inclusive) by its owner (a brush on a private copy): only the touched part
  // of the outlines is computed again. Returns where the view may look different now; nothing when this slice does not show it.
  std::optional<PixelBox> labels_changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi);
  const std::shared_ptr<const core::LabelMap>& labels() const;
  void set_label_visible(int value, bool visible);
  // Another image of the same patient space (the next phase of a cine): view, window and slice stay.
  void set_phase(std::shared_ptr<const core::Volume> volume, std::string label);
  void set_alignment(SliceAlignment alignment);
  // Any plane; nothing: back to the plane of the body. The crosshair stays where it is on the screen.
  void set_axes(std::optional<SliceAxes> axes, std::string name = {});
  bool oblique() const;
  std::string name() const;                                      // "Axial", "Short axis"
  void set_slab(Slab slab);
  Slab slab() const;
  // Planes drawn as the crosshair; empty: horizontal and vertical.
  void set_cross_planes(std::vector<CrossPlane> planes);
  std::vector<CrossLine> cross_lines() const;
  void set_neurological(bool on);                                // mirrored; `mirrored()` must then be shown as a badge
  bool mirrored() const;
  const std::shared_ptr<const core::Volume>& volume() const;

  SlicePlane plane() const;
  SliceAxes axes() const;
  EdgeLetters letters() const;
  std::string caption() const;              // "Axial 41.2 mm · MIP 10 mm · W 600 L 200"
  std::string window_text() const;          // "W 600 L 200" or "CTA chambers  W 600 L 200"
  std::string place_text() const;           // what the caption says of place, slab and phase, without the name
  WindowLevel window_level() const;
  void set_window_preset(const std::string& name, WindowLevel wl);   // the name is shown until the window changes
  ScaleBar scale_bar() const;               // 5, 10, 20, 50 or 100 mm, a fifth of the view at most
  void set_window_level(WindowLevel wl);    // width is kept >= 1

  // Position of the slice: mm along axes().normal of the patient origin.
  double position() const;
  void set_position(double mm);             // clamped to the volume
  std::array<double, 2> position_range() const;
  double step_mm() const;                   // one wheel notch
  void step(int notches);

  core::Vec3 crosshair() const;
  void set_crosshair(const core::Vec3& lps_mm);   // moves the slice through it

  // View: zoom and pan.
  void set_size(int width_px, int height_px);
  void fit();                                // whole slice in view, centred; also resets pan
  void reset();                              // fit, default window, crosshair at the middle
  void show_around(const core::Vec3& lps_mm, double radius_mm);  // that much about the point in the middle of the view
  void zoom_at(double factor, double x, double y);
  void pan(double dx_px, double dy_px);
  double mm_per_pixel() const;
  int width() const;
  int height() const;
  core::Vec3 to_patient(double x, double y) const;
  std::array<double, 2> to_screen(const core::Vec3& lps_mm) const;
  std::optional<float> value_at(double x, double y) const;   // nothing outside the volume
  std::string label_at(double x, double y) const;            // name, "" for none

  // --- results, for the present size ---
  RgbaImage image() const;                   // grey levels, outside the volume black; no text
  const std::vector<Outline>& outlines() const;  // cached until slice, view or labels change
  // Picture with outlines, crosshair, letters and caption; needs no display.
  core::Result<void> save_png(const std::filesystem::path& path, int width, int height);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
