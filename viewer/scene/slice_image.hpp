// SPDX-License-Identifier: GPL-3.0-or-later
// What a slice is made of: grey image, label outlines, text and PNG. Needs no display.
#pragma once
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "viewer/scene/slice_scene.hpp"

namespace ot::viewer {

// Pixel (x, y) shows the patient point corner + (x + 0.5) * right + (y + 0.5) * down; right and down are mm steps per pixel.
struct PixelPlane {
  core::Vec3 corner, right, down;
  int width = 0, height = 0;
  int layers = 1;                              // of a thick slab, each `layer_step` further
  core::Vec3 layer_step{0, 0, 0};
  SlabMode mode = SlabMode::mip;
};
// Trilinear; black outside the voxels' extent.
RgbaImage sample_slice(const core::Volume& volume, const PixelPlane& plane, WindowLevel wl);

// Outlines in plane coordinates (mm along axes.right and axes.down), independent of zoom.
struct LabelContour {
  int label = 0;
  std::vector<std::array<float, 4>> segments;
};
// The half-way line of each label's smoothed indicator.
std::vector<LabelContour> label_contours(const core::LabelMap& labels, const SliceAxes& axes, double position_mm);

// Corners of the grid's extent (voxel faces, not centres).
std::array<core::Vec3, 8> extent_corners(const core::Grid& grid);

enum class TextAnchor { left_top, center_top, center_bottom, left_middle, right_middle };
void draw_line(RgbaImage& image, double x1, double y1, double x2, double y2, core::Color color, double width, double alpha);
// Soft-edged outlines; `corner` is the place of the picture's first pixel in the view the outlines belong to, so a part of a view can be
// drawn alone. Segments of one outline that touch are one line (no beads where they overlap).
void draw_outlines(RgbaImage& image, const std::array<int, 2>& corner, const std::vector<Outline>& outlines, double width, double alpha);
void draw_text(RgbaImage& image, const std::string& text, double x, double y, TextAnchor anchor, int size_px, bool bold, core::Color color);
core::Result<void> write_png(const std::filesystem::path& path, const RgbaImage& image);

}  // namespace ot::viewer
