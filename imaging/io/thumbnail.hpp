// SPDX-License-Identifier: GPL-3.0-or-later
// Small grey pictures of images that are in memory.
#pragma once
#include "imaging/io/dicom.hpp"

namespace ot::imaging {

// The axial plane through the middle, the patient's front up and left side on the right, at most `side` pixels.
core::Result<Thumbnail> volume_thumbnail(const core::Volume& volume, int side);
// Values as grey: HU from -160 to 440 (the chamber window 600/200 extended to fat), others from their 2nd to their 98th percentile.
core::Result<Thumbnail> grey_picture(const std::vector<float>& values, int width, int height, bool hounsfield);

}  // namespace ot::imaging
