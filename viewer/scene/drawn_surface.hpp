// SPDX-License-Identifier: GPL-3.0-or-later
// One drawable triangle surface or set of line segments: geometry, colour or field, and ray hits. GUI thread. No VTK here.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "viewer/scene/palette.hpp"
#include "viewer/scene/surface_data.hpp"

class vtkProp;

namespace ot::viewer {

struct Material {
  double ambient = 0.16, diffuse = 0.84, specular = 0.20, power = 24;
};
struct HalfSpace { core::Vec3 origin, normal; };

class DrawnSurface {
 public:
  DrawnSurface();
  ~DrawnSurface();
  DrawnSurface(const DrawnSurface&) = delete;
  DrawnSurface& operator=(const DrawnSurface&) = delete;

  void set_geometry(DrawSurface surface);          // drops values
  const DrawSurface& geometry() const;
  // values [points], floats are copied; only the scalars go to the graphics card again.
  void set_values(std::span<const float> values, const FieldStyle& style);
  void set_style(const FieldStyle& style);         // same values, new colours
  void clear_values();
  bool has_values() const;
  std::span<const float> values() const;
  const FieldStyle& style() const;

  void set_color(core::Color color);
  void set_opacity(double opacity);
  double opacity() const;
  void set_visible(bool visible);
  bool visible() const;
  void set_material(const Material& material);
  void set_clip(const std::optional<HalfSpace>& keep);
  void use_proxy(bool on);                         // a coarse stand-in while the mouse drags (heavy surfaces only)

  struct Hit { core::Index triangle; core::Vec3 point; std::array<double, 3> weight; double distance; };
  std::optional<Hit> hit(const core::Vec3& from, const core::Vec3& to) const;  // first along the segment
  vtkProp* prop() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class DrawnLines {
 public:
  DrawnLines();
  ~DrawnLines();
  DrawnLines(const DrawnLines&) = delete;
  DrawnLines& operator=(const DrawnLines&) = delete;
  void set_segments(const std::vector<core::Vec3>& point_pairs);
  std::size_t segments() const;
  void set_look(core::Color color, double width_px);
  void set_over(bool over);                        // hide behind nothing
  void set_visible(bool visible);
  void set_clip(const std::optional<HalfSpace>& keep);
  vtkProp* prop() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
