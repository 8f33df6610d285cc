// SPDX-License-Identifier: GPL-3.0-or-later
// Volume rendering: a reduced copy of an image made off the GUI thread, transfer-function presets, and the VTK prop that draws it.
// Software OpenGL draws by ray casting on the processor: the image is reduced and rays are thinned so that a moving picture stays under
// frame_budget_ms and one that stands still under still_budget_ms; with a graphics card the card casts the rays. make_volume_texture: any thread; DrawnVolume: the GUI thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

class vtkProp;

namespace ot::viewer {

// HU as they are; other quantities scaled so that 0 and 1000 are the 2nd and 98th percentile.
struct VolumeTexture {
  core::Grid grid;                          // right-handed
  std::vector<std::int16_t> values;
  bool hounsfield = true;
  int reduced = 1;                          // voxels of the image per voxel here, along each axis
};
struct VolumeBox { core::Vec3 lo, hi; };    // LPS mm

inline constexpr std::size_t software_voxels = std::size_t(128) * 128 * 128, hardware_voxels = std::size_t(320) * 320 * 320;
inline constexpr double frame_budget_ms = 80, still_budget_ms = 400;

// Means of blocks of voxels inside the box (nothing: the whole image), coarse enough for `most_voxels`.
core::Result<std::shared_ptr<const VolumeTexture>> make_volume_texture(const core::Volume& volume, const std::optional<VolumeBox>& box, std::size_t most_voxels,
                                                                       const core::Progress& progress);

struct VolumePreset {
  struct Knot { double value; double r, g, b, opacity; };
  std::string key, name;
  std::vector<Knot> knots;
  bool maximum = false;                     // MIP instead of compositing
  bool hounsfield = true;
};
const std::vector<VolumePreset>& volume_presets();

class DrawnVolume {
 public:
  DrawnVolume();
  ~DrawnVolume();
  DrawnVolume(const DrawnVolume&) = delete;
  DrawnVolume& operator=(const DrawnVolume&) = delete;
  void set_texture(std::shared_ptr<const VolumeTexture> texture);
  bool set_preset(const std::string& key);  // false: no such preset
  void set_clip(const std::optional<VolumeBox>& box);   // whole texture when none
  void set_software(bool software);
  void set_ratio(double device_pixels_per_point);   // of the screen; 1 until told
  // The next picture is one of many that follow each other, or the one that stays.
  void set_quick(bool on);
  // The time the last picture took: thins or thickens the rays of the next one of its kind (software only). After set_quick.
  void tell_frame_ms(double ms);
  double ray_step() const;                  // pixels per ray of the next picture
  bool visible() const;
  vtkProp* prop() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
