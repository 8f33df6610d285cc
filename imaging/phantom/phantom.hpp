// SPDX-License-Identifier: GPL-3.0-or-later
// Deterministic code-generated CT phantoms with known true labels: the built-in patient.
// Model: analytic shapes, HU per tissue, partial volume by supersampling, Gaussian noise from a counter-based generator
// (so that a voxel's noise depends only on seed and index). Not a real anatomy; positions LPS mm, patient supine.
#pragma once
#include <cstdint>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

struct Phantom {
  core::Volume ct;
  core::LabelMap truth;      // core::labels::heart() values
};

struct PhantomParams {
  double spacing_mm = 1.5;   // thorax 1.5; coronary <= 0.6
  double noise_hu = 20.0;    // standard deviation
  std::uint64_t seed = 20261121;
  bool infarct = true;       // healed infarct with a conducting isthmus in the LV wall (thorax)
  double stenosis_percent = 60.0;   // diameter stenosis of the LAD (coronary)
};

// Lungs, ribs, spine, four contrast-filled chambers, LV myocardium with infarct, RV wall, aorta (root, arch, descending).
core::Result<Phantom> make_thorax_phantom(const PhantomParams& params, const core::Progress& progress);
// Cardiac field of view with aortic root, left main and LAD with a smooth stenosis.
core::Result<Phantom> make_coronary_phantom(const PhantomParams& params, const core::Progress& progress);

}  // namespace ot::imaging
