// SPDX-License-Identifier: GPL-3.0-or-later
// One line per recipe; builtin.cpp lists them.
#pragma once
#include "imaging/segmentation/recipe.hpp"

namespace ot::imaging {

core::Result<Segmentation> segment_cardiac_ct(const core::Volume& scan, const core::Progress& progress);
core::Result<Segmentation> segment_coronary_ct(const core::Volume& scan, const core::Progress& progress);
core::Result<Segmentation> segment_contrast_vessels(const core::Volume& scan, const core::Progress& progress);
core::Result<Segmentation> segment_chest_ct(const core::Volume& scan, const core::Progress& progress);
core::Result<Segmentation> segment_t1_brain(const core::Volume& scan, const core::Progress& progress);
core::Result<Segmentation> segment_mr_cine(const core::Volume& scan, const core::Progress& progress);   // refuses: one frame does not move
core::Result<PhasedSegmentation> segment_mr_cine_phases(const Phases& phases, const core::Progress& progress);

}  // namespace ot::imaging
