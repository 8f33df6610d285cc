// SPDX-License-Identifier: GPL-3.0-or-later
// Stage: the two VTK renderers of a 3D view with background, lights, colour bars, read-out and orientation cube. GUI thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "viewer/scene/palette.hpp"
#include "viewer/scene/view_camera.hpp"

class vtkProp;
class vtkRenderer;

namespace ot::viewer {

class Stage {
 public:
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void add(vtkProp* prop);
  void remove(vtkProp* prop);
  void apply(const ViewCamera& camera, const core::Vec3& bounds_lo, const core::Vec3& bounds_hi);
  void set_bars(std::vector<FieldStyle> styles);
  void set_readout(const std::string& text);
  void set_visible(bool bar, bool readout, bool cube);
  void set_light(bool light);
  void set_quick(bool on);   // without edge smoothing: for moving pictures drawn in software
  // Places bars, read-out and cube for this size.
  void lay_out(int width, int height, double ratio);
  // Rectangle of the bars in pixels from the top left: x, y, width, height; zero when there is none.
  std::array<double, 4> bar_area() const;
  vtkRenderer* main() const;
  vtkRenderer* overlay() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// About five labels of a bar, ends included; the FFR break is always one of them.
std::vector<double> bar_labels(const FieldStyle& style);

}  // namespace ot::viewer
