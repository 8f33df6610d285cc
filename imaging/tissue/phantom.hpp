// SPDX-License-Identifier: GPL-3.0-or-later
// Code-generated ventricle with known landmarks, segments, scar and noise, in any pose, grid and handedness: what the numbers of
// this folder are checked against. Truth comes from the shapes, never from the code under test.
// Model: LV half ellipsoid, cavity 46 mm across and 80 mm long, wall 10 mm; RV a truncated ellipsoid beside it, symmetric about the
// septum's middle; atrium, pulmonary trunk and right atrium as caps above the base. Scar a ball cut with the wall. Partial volume by
// 4 x 4 x 4 samples, Rician noise (Gudbjartsson and Patz 1995, Magn Reson Med 34:910) from a counter-based generator.
#pragma once
#include <array>
#include <cstdint>

#include "solvers/core/lv_frame.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct VentricleParams {
  core::Vec3 spacing{1.5, 1.5, 1.5};        // mm
  core::Mat3 grid_direction = core::Mat3::Identity();
  core::Mat3 turn = core::Mat3::Identity(); // of the heart, on top of its adult pose
  bool mirrored = false;                    // left-right flipped image
  bool right_ventricle = true, vessels = true;
  double scar_radius_mm = 16;               // 0: none
  double remote = 60, scar = 210, blood = 130, outside = 25;   // intensities; scar - remote is 10 SD of the noise
  double noise_sd = 15;                     // Gaussian noise of each channel of the Rician
  std::uint64_t seed = 20261121;
};

struct Ventricle {
  core::Volume image;                       // quantity "intensity"
  core::LabelMap labels;                    // no scar in it: wall is lv_myocardium
  std::vector<std::uint8_t> segment;        // truth, [voxels] 1..17 in the wall
  core::LvFrame frame;                      // truth
  core::Vec3 apex_epicardium{0, 0, 0};
  double scar_ml = 0;                       // of the shape, by the samples
};

// Labels of a shell of LV wall around LV blood between two spheres, the inner one shifted along x; centre of the outer one at the origin.
core::LabelMap make_shell(const core::Vec3& spacing, const core::Mat3& direction, double inner_mm, double outer_mm, double shift_mm);
// Length of the line through x that crosses both spheres at right angles along the gradient of the bispherical coordinate: the line of
// steepest descent between them but for a term of second order in the shift.
double shell_thickness(const core::Vec3& x, double inner_mm, double outer_mm, double shift_mm);

core::Result<Ventricle> make_ventricle(const VentricleParams& params, const core::Progress& progress = {});

}  // namespace ot::imaging
