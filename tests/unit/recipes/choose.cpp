// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"

using namespace ot;

namespace {

const imaging::Fit& fit(const std::vector<imaging::Fit>& fits, const std::string& key) {
  const auto& all = imaging::builtin_recipes();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].key == key) return fits[i];
  throw std::runtime_error("no such recipe");
}

}  // namespace

TEST_CASE("The contrast thorax phantom is recommended the heart recipe, its 8-bit copy too, and MR recipes say that it is a CT") {
  imaging::PhantomParams p;
  p.spacing_mm = 2.0;
  const auto ph = imaging::make_thorax_phantom(p, {});
  REQUIRE(ph);
  const auto traits = imaging::image_traits(ph->ct);
  CHECK(traits.ct);
  CHECK(traits.certain);
  CHECK(traits.contrast);
  CHECK(traits.lungs);
  REQUIRE(imaging::recommended_recipe(traits));
  CHECK(imaging::recommended_recipe(traits)->key == "cardiac_ct");
  const auto fits = imaging::recipe_fits(traits);
  REQUIRE(fits.size() == imaging::builtin_recipes().size());
  CHECK(fit(fits, "chest_ct").possible);
  CHECK_FALSE(fit(fits, "t1_brain").possible);
  CHECK(fit(fits, "t1_brain").reason.find("CT") != std::string::npos);
  CHECK_FALSE(fit(fits, "coronary_ct").possible);   // 2 mm voxels
  core::Volume eight = ph->ct;
  for (float& v : eight.values) v = std::round(std::clamp((v + 200.0f) / 900.0f * 255.0f, 0.0f, 255.0f));
  // The phantom's brightest tissue stays under the window's end; real ones are clipped there.
  for (std::size_t i = 0; i < eight.values.size(); i += 500) eight.values[i] = 255.0f;
  eight.quantity = "intensity";
  REQUIRE(imaging::recommended_recipe(imaging::image_traits(eight)));
  CHECK(imaging::recommended_recipe(imaging::image_traits(eight))->key == "cardiac_ct");
}

TEST_CASE("A native CT is recommended the chest recipe and told why the heart recipe is not for it") {
  imaging::PhantomParams p;
  p.spacing_mm = 2.0;
  auto ph = imaging::make_thorax_phantom(p, {});
  REQUIRE(ph);
  for (std::size_t i = 0; i < ph->ct.values.size(); ++i)   // blood without contrast: 45 HU
    if (ph->truth.values[i] != core::labels::bone && ph->ct.values[i] > 150) ph->ct.values[i] = 45;
  const auto traits = imaging::image_traits(ph->ct);
  CHECK_FALSE(traits.contrast);
  REQUIRE(imaging::recommended_recipe(traits));
  CHECK(imaging::recommended_recipe(traits)->key == "chest_ct");
  CHECK(fit(imaging::recipe_fits(traits), "cardiac_ct").reason.find("contrast") != std::string::npos);
}

TEST_CASE("A still MR is recommended the brain recipe, a moving one the cine recipe, and thick CT slices nothing for the heart") {
  core::Volume mr;
  mr.quantity = "intensity";
  mr.grid.size = {90, 90, 70};
  mr.grid.spacing = core::Vec3::Constant(2.0);
  mr.values.resize(mr.grid.voxels());
  for (std::size_t i = 0; i < mr.values.size(); ++i) mr.values[i] = float(i * 7919 % 1201);
  CHECK(imaging::recommended_recipe(imaging::image_traits(mr))->key == "t1_brain");
  CHECK(imaging::recommended_recipe(imaging::image_traits(mr, 25))->key == "mr_cine");
  core::Volume thick = mr;
  thick.quantity = "HU";
  thick.grid.spacing[2] = 10.0;
  const auto fits = imaging::recipe_fits(imaging::image_traits(thick));
  for (const auto& f : fits) {
    CHECK_FALSE(f.possible);
    CHECK_FALSE(f.reason.empty());
  }
  CHECK(imaging::recommended_recipe(imaging::image_traits(thick)) == nullptr);
}
