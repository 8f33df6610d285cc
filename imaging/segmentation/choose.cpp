// SPDX-License-Identifier: GPL-3.0-or-later
// What an image is and which recipe is for it: the chooser's facts. Every voxel of a fixed 6 mm stride is looked at.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::imaging {
namespace {

// Every `step`-th voxel along each axis, as a small grid.
core::Volume thinned(const core::Volume& image, double step_mm) {
  core::Volume out;
  std::array<int, 3> step{};
  out.grid = image.grid;
  for (std::size_t d = 0; d < 3; ++d) {
    step[d] = std::max(1, int(std::floor(step_mm / image.grid.spacing[Eigen::Index(d)])));
    out.grid.size[d] = std::max(1, image.grid.size[d] / step[d]);
    out.grid.spacing[Eigen::Index(d)] *= step[d];
  }
  out.values.reserve(out.grid.voxels());
  for (int k = 0; k < out.grid.size[2]; ++k)
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) out.values.push_back(image.at(i * step[0], j * step[1], k * step[2]));
  return out;
}

}  // namespace

ImageTraits image_traits(const core::Volume& image, int phases) {
  ImageTraits t;
  const core::Grid& g = image.grid;
  t.phases = std::max(1, phases);
  t.extent = core::Vec3(g.size[0], g.size[1], g.size[2]).cwiseProduct(g.spacing);
  t.finest_mm = g.spacing.minCoeff();
  t.coarsest_mm = g.spacing.maxCoeff();
  t.ct = t.certain = image.quantity == "HU";
  const core::Volume few = thinned(image, 6.0);
  const double voxel_ml = few.grid.voxel_volume() / 1000.0;
  if (!t.certain) {
    // An 8-bit CT: whole numbers of 0 .. 255 clipped at both ends of its window. MR magnitudes taper off instead of ending at a wall.
    std::size_t whole = 0, top = 0;
    float most = -1e30f, least = 1e30f;
    for (float v : few.values) most = std::max(most, v), least = std::min(least, v);
    for (float v : few.values) whole += v == std::round(v), top += v == most;
    t.ct = t.phases == 1 && least >= 0 && most == 255.0f && whole == few.values.size() && double(top) > 2e-4 * double(few.values.size());
    if (!t.ct) return t;
  }
  // Gas, soft tissue and what is far brighter, by Otsu; in HU the ends of the scale are cut where air and contrast-filled blood lie.
  std::vector<float> sample = few.values;
  if (t.certain)
    for (float& v : sample) v = std::clamp(v, -1024.0f, 700.0f);
  const auto gas = voxels::otsu(sample, t.certain ? 2 : 3);
  if (gas.empty()) return t;
  double lung_voxels = 0;
  std::vector<float> tissue;
  for (float v : sample) {
    if (v > gas[0]) tissue.push_back(v);
    else lung_voxels += !t.certain || (v > -960 && v < -600);   // lung density; air and padding lie below
  }
  t.lungs = lung_voxels * voxel_ml > 300;
  const auto classes = voxels::otsu(tissue, 3);
  if (classes.size() < 2) return t;
  // Contrast: bright and thick. Bone is bright but thin at 6 mm: an erosion of one voxel removes it. In HU, marrow of 100 to 250 HU is thick
  // too, so blood must lie above 180 HU (contrast phases of 200 HU and more; SCCT asks for 250, doi 10.1016/j.jcct.2009.03.004).
  const double bright = t.certain ? std::max(180.0, classes[1]) : classes[1];
  voxels::Mask mask(few.values.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = sample[i] > bright;
  const auto thick = voxels::largest_component(few.grid, voxels::erode(few.grid, mask, 1.01 * few.grid.spacing.maxCoeff()));
  std::size_t n = 0;
  for (auto m : thick) n += m;
  t.contrast = double(n) * voxel_ml > 15;   // 15 ml left of an eroded pool of 40 ml or more
  return t;
}

std::vector<Fit> recipe_fits(const ImageTraits& traits) {
  std::vector<Fit> out;
  for (const Recipe& r : builtin_recipes()) out.push_back(r.fit ? r.fit(traits) : Fit{true, 0.1, ""});
  return out;
}

const Recipe* recommended_recipe(const ImageTraits& traits) {
  const auto fits = recipe_fits(traits);
  const Recipe* best = nullptr;
  double score = 0;
  for (std::size_t i = 0; i < fits.size(); ++i)
    if (fits[i].possible && fits[i].score > score) score = fits[i].score, best = &builtin_recipes()[i];
  return best;
}

}  // namespace ot::imaging
