// SPDX-License-Identifier: GPL-3.0-or-later
// Parallel planes to one straight grid: spacing, gaps, tilt and times of a set of frames, judged in words.
#pragma once
#include <vector>

#include "imaging/io/dicom.hpp"

namespace ot::imaging {

// One frame on its normal.
struct PlacedFrame {
  int file = 0, frame = 0;
  double along = 0;
};
using FramesAtPlane = std::vector<PlacedFrame>;

// Sorted into planes along the common normal; frames closer than 0.01 mm are one plane.
std::vector<FramesAtPlane> planes_of(const DicomScan& scan, std::vector<PlacedFrame> frames);

enum class TimeSource { none, trigger, percent, temporal, clock };
// The first source that tells the frames of every plane apart; none when there is no such.
TimeSource time_source(const DicomScan& scan, const std::vector<FramesAtPlane>& planes, bool allow_clock);

// Geometry and times of the planes as one reading (kind, grid, planes, phases, verdict). More than one reading when only a part of
// the planes is evenly spaced.
std::vector<DicomReading> judge_planes(const DicomScan& scan, std::vector<FramesAtPlane> planes, TimeSource times);

}  // namespace ot::imaging
