// SPDX-License-Identifier: GPL-3.0-or-later
// Named kinds of diseased tissue with the source of their numbers: what a label of the image means electrically.
// In/out:  keys -> TissueRegion (problem.hpp): conducting or not, factors on the conductivity along f, s, n and on the channels.
// Source:  shared/reference/EP-FACTS.md sections 3-5, repeated in each entry. Threads: constant.
#pragma once
#include <string>
#include <vector>

#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

// healthy, border_zone, scar_core, myocardial_fat, fat_admixture, af_remodelled, atrial_fibrosis, atrial_fibrosis_dense.
const std::vector<TissueRegion>& builtin_tissue_regions();
// Contract: the key exists.
const TissueRegion& tissue_region(const std::string& key);
const TissueRegion* find_tissue_region(const std::string& key);   // nullptr when unknown

// Maxwell 1873: conductivity of a medium with a share of insulating spheres in it, relative to the medium.
double conductivity_with_insulating_spheres(double share);

}  // namespace ot::ep
