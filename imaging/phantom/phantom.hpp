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
// Its CT at 0.7 mm in the middle of 512 x 512 x 400 voxels of air: the size of a hospital's heart CT.
core::Result<core::Volume> make_hospital_ct(const core::Progress& progress);
// Trunk with an aorta, branches of 3.5 to 1 mm radius, a spine that one of them passes at 2 mm, and an enhanced kidney.
struct VesselPhantom : Phantom {
  struct Branch {
    std::vector<core::Vec3> points;   // centreline, LPS mm
    std::vector<double> radius;       // [points] mm
  };
  std::vector<Branch> branches;       // the first is the aorta
};
core::Result<VesselPhantom> make_vessel_phantom(const PhantomParams& params, const core::Progress& progress);
// Labels found in it (any label but bone, body and lung counts as lumen). Contract: on the phantom's grid.
struct VesselScore {
  double dice = 0;
  double centreline = 0;   // share of the centreline of branches at least `least_radius_mm` thick that lies in found lumen
  double outside = 0;      // share of the found lumen more than 1.5 mm outside the true one
  double bone = 0;         // share of the true bone called lumen
};
VesselScore score_vessels(const core::LabelMap& found, const VesselPhantom& phantom, double least_radius_mm);
// Cardiac field of view with aortic root, left main and LAD with a smooth stenosis.
core::Result<Phantom> make_coronary_phantom(const PhantomParams& params, const core::Progress& progress);

}  // namespace ot::imaging
