// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/recipes.hpp"

namespace ot::imaging {

const std::vector<Recipe>& builtin_recipes() {
  static const std::vector<Recipe> all = {
      {"cardiac_ct", "Heart in contrast CT", "Chambers, great arteries, LV wall and scar from one contrast CT, with valve planes.",
       "Model-heart fit, Otsu thresholds, least-area cuts (Pock 2009), wall by rays; see cardiac_ct.cpp", segment_cardiac_ct},
      {"coronary_ct", "Coronary arteries in contrast CT", "Aorta and the coronary lumen that leaves it, from a contrast CT with voxels of 0.7 mm or less.",
       "Otsu thresholds, openings and connected lumen; see coronary_ct.cpp", segment_coronary_ct},
  };
  return all;
}

const Recipe* find_recipe(const std::string& key) {
  for (const Recipe& r : builtin_recipes())
    if (r.key == key) return &r;
  return nullptr;
}

}  // namespace ot::imaging
