// SPDX-License-Identifier: GPL-3.0-or-later
// Ventricular coordinates and the 17 segments per voxel and per point, and what is measured in each segment.
// Model:   apicobasal along the long axis (0 epicardial apex, 1 base plane), rotational around it (core::lv_angle_deg), transmural from the
//          Laplace field of the wall: the axes of Bayer et al. 2018 (Med Image Anal 45:83), the first two geometric instead of Laplace fields.
//          Segments: core::aha_segment (Cerqueira 2002), the same function that the twin's mesh uses.
// Units:   mm, degrees. Threads: same bits for every count.
#pragma once
#include <array>
#include <vector>

#include "imaging/tissue/landmarks.hpp"
#include "imaging/tissue/thickness.hpp"

namespace ot::imaging {

// [voxels of labels] 1..17 in LV myocardium, scar, border zone and fat; 0 elsewhere.
std::vector<std::uint8_t> aha_segments(const core::LabelMap& labels, const core::LvFrame& frame);

struct VentricularPoint {
  double apicobasal = 0;      // 0 apex .. 1 base
  double angle_deg = 0;       // 0 middle of the septum, 90 anterior
  double transmural = 0;      // 0 endocardium .. 1 epicardium; NaN away from the wall
  double thickness_mm = 0;    // NaN away from the wall
  int segment = 0;            // 1..17
};
VentricularPoint ventricular_point(const HeartLandmarks& landmarks, const WallMap* wall, const core::Vec3& lps_mm);
std::vector<VentricularPoint> ventricular_points(const HeartLandmarks& landmarks, const WallMap* wall, const std::vector<core::Vec3>& lps_mm);

struct SegmentRow {
  double volume_ml = 0;
  double thickness_mm = 0, thinnest_mm = 0;        // mean and 5th percentile, NaN when empty
  double thinning_percent = 0;                     // how much thinner than the mean of the other segments, >= 0
  double intensity = 0, intensity_sd = 0;          // HU or MR units; NaN without an image
  double scar_percent = 0, border_percent = 0, fat_percent = 0;
};
// `image` may be null; then intensities are NaN. The grids must be the same when it is not.
std::array<SegmentRow, 17> measure_segments(const core::LabelMap& labels, const core::Volume* image, const core::LvFrame& frame, const WallMap& wall);

}  // namespace ot::imaging
