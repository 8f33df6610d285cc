// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/recipes.hpp"

namespace ot::imaging {
namespace {

Fit no(std::string why) { return {false, 0, std::move(why)}; }
Fit yes(double score, std::string why) { return {true, score, std::move(why)}; }

Fit cardiac_fit(const ImageTraits& t) {
  if (!t.ct) return no("It is not a CT: this recipe measures contrast-filled blood.");
  if (t.coarsest_mm > 5) return no(fmt::format("Its slices are {:.1f} mm apart; walls and valves need 5 mm or less.", t.coarsest_mm));
  if (t.extent.minCoeff() < 60) return no(fmt::format("It covers only {:.0f} mm along one side; a heart needs about 120 mm.", t.extent.minCoeff()));
  if (!t.contrast) return t.certain ? no("No contrast-filled blood was seen: chambers and wall look alike.") : yes(0.65, "It looks like a rescaled CT; whether it has contrast is not certain. The recipe refuses it when it finds no filled heart.");
  return yes(0.9, "A CT with contrast-filled blood.");
}

Fit coronary_fit(const ImageTraits& t) {
  if (!t.ct) return no("It is not a CT.");
  if (t.coarsest_mm > 0.8) return no(fmt::format("Its voxels are up to {:.2g} mm; arteries of 2 to 4 mm need 0.8 mm or less.", t.coarsest_mm));
  if (!t.contrast) return no("No contrast-filled blood was seen.");
  // A field of view of a whole chest is scanned for the chambers, one of the heart alone for the arteries.
  return yes(t.extent.minCoeff() < 110 ? 0.95 : 0.7, "A contrast CT fine enough for coronary arteries.");
}

Fit vessels_fit(const ImageTraits& t) {
  if (!t.ct) return no("It is not a CT: this recipe measures contrast-filled lumen.");
  if (t.coarsest_mm > 3) return no(fmt::format("Its slices are {:.1f} mm apart; branches of 3 to 6 mm need 3 mm or less.", t.coarsest_mm));
  if (!t.contrast) return t.certain ? no("No contrast-filled blood was seen.") : yes(0.25, "It looks like a rescaled CT; whether it has contrast is not certain.");
  // With lungs in the picture the heart is usually what was scanned for.
  return yes(t.lungs ? 0.5 : 0.75, "A CT with contrast-filled blood.");
}

Fit chest_fit(const ImageTraits& t) {
  if (!t.ct) return no("It is not a CT.");
  if (t.coarsest_mm > 8) return no(fmt::format("Its slices are {:.1f} mm apart; lungs and ribs need 8 mm or less.", t.coarsest_mm));
  return yes(t.lungs ? 0.6 : 0.3, t.lungs ? "A CT that shows lung." : "A CT; little or no lung was seen, so body and bone are what it finds.");
}

Fit brain_fit(const ImageTraits& t) {
  if (t.ct) return no("It is a CT: grey and white matter differ by a few HU only.");
  if (t.phases > 1) return no("It moves (several phases): this recipe is for a still head.");
  if (t.coarsest_mm > 8) return no(fmt::format("Its slices are {:.1f} mm apart; grey and white matter need 8 mm or less.", t.coarsest_mm));
  if (t.extent.minCoeff() < 90) return no(fmt::format("It covers only {:.0f} mm along one side; a brain needs about 140 mm.", t.extent.minCoeff()));
  return yes(0.6, "A still MR large enough for a head. Whether it is T1-weighted is not in the image: grey matter must be darker than white.");
}

Fit cine_fit(const ImageTraits& t) {
  if (t.ct) return no("It is a CT.");
  if (t.phases < 4) return no("It does not move: a cine with at least 4 frames is needed. Import the short-axis stack as one reading.");
  if (t.finest_mm > 3.5) return no(fmt::format("Its pixels are {:.2g} mm; a wall of 6 to 12 mm needs 3.5 mm or less.", t.finest_mm));
  return yes(0.9, fmt::format("An MR with {} frames. The planes must lie in the heart's short axis.", t.phases));
}

}  // namespace

const std::vector<Recipe>& builtin_recipes() {
  static const std::vector<Recipe> all = {
      {"cardiac_ct", "Heart in contrast CT", "Chambers, great arteries, LV wall and scar from one contrast CT, with valve planes.",
       "Model-heart fit, Otsu thresholds, least-area cuts (Pock 2009), wall by rays; see cardiac_ct.cpp", segment_cardiac_ct,
       "Contrast CT of the whole heart, slices of 5 mm or less.", cardiac_fit},
      {"coronary_ct", "Coronary arteries in contrast CT", "Aorta and the coronary lumen that leaves it, from a contrast CT with voxels of 0.8 mm or less.",
       "Otsu thresholds, openings and connected lumen; see coronary_ct.cpp", segment_coronary_ct,
       "Coronary CT angiogram with the aortic root, voxels of 0.8 mm or less.", coronary_fit},
      {"contrast_vessels", "Vessels in contrast CT", "Lumen of all vessels connected to contrast-filled blood; chambers and great arteries too when the scan shows a heart.",
       "Tube filter (Sato 1998, Frangi 1998) and region growing from thick blood, bone kept out; see contrast_vessels.cpp", segment_contrast_vessels,
       "CT angiogram of any part with a great vessel of 8 mm or more, slices of 3 mm or less.", vessels_fit},
      {"chest_ct", "Chest in CT", "Body, left and right lung, airways and bone from a native or contrast CT of the trunk.",
       "Otsu thresholds, connected gas, airway growth (Hu 2001, Mori 2000); see chest_ct.cpp", segment_chest_ct,
       "Any CT of the trunk, native or contrast, slices of 8 mm or less.", chest_fit},
      {"mr_cine", "Ventricles in short-axis cine MR", "LV and RV blood and LV wall in every frame, volumes by Simpson's rule and ejection fraction.",
       "Motion, Otsu thresholds, closed paths in polar coordinates (Chan 2001, Gerard 2002), 50 % rule (Schulz-Menger 2020); see mr_cine.cpp", segment_mr_cine,
       "Short-axis bright-blood cine MR, several planes, at least 4 frames, imported as one reading.", cine_fit, segment_mr_cine_phases},
      {"t1_brain", "Brain in T1 MR", "Grey matter, white matter and cerebrospinal fluid from one T1-weighted MR of the head.",
       "Deformable brain surface (Smith 2002), N4 shading (Tustison 2010), Gaussian classes with neighbourhood (Zhang 2001); see t1_brain.cpp", segment_t1_brain,
       "T1-weighted MR of the whole head, with or without skull, slices of 8 mm or less.", brain_fit},
  };
  return all;
}

const Recipe* find_recipe(const std::string& key) {
  for (const Recipe& r : builtin_recipes())
    if (r.key == key) return &r;
  return nullptr;
}

}  // namespace ot::imaging
