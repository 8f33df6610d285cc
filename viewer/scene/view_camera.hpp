// SPDX-License-Identifier: GPL-3.0-or-later
// The camera as plain numbers: perspective, looking at `center` from `frame.from`. Screen pixels from the top left. Any thread.
#pragma once
#include <array>
#include <optional>
#include <span>

#include "viewer/scene/ep_views.hpp"

namespace ot::viewer {

struct ViewCamera {
  core::Vec3 center{0, 0, 0};
  ViewFrame frame = frame_of(EpView::ap);
  double distance = 400;                       // mm
  double angle_deg = 24;                       // vertical opening: little perspective, as in a C-arm picture
  int width = 640, height = 480;               // pixels

  core::Vec3 eye() const { return center + distance * frame.from; }
  double mm_per_pixel() const;                 // at the depth of the centre
  struct Ray { core::Vec3 origin, direction; };
  Ray ray(double x, double y) const;           // unit direction
  std::optional<std::array<double, 2>> project(const core::Vec3& p) const;

  void rotate(double dx_px, double dy_px);     // the thing follows the mouse
  void roll(double degrees);
  void pan(double dx_px, double dy_px);
  void zoom(double factor);
  void fit(std::span<const core::Vec3> points, double margin);  // the tightest distance that shows all points
};

}  // namespace ot::viewer
