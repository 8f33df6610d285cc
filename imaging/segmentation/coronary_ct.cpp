// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "coronary_ct": coronary CT angiogram -> aortic lumen and the coronary lumen that leaves it. No per-case number.
// Steps: gas | fat and soft | contrast by Otsu; the aorta is the round lumen that can be followed through the upper slices; what remains of the
// contrast after an opening wider than any coronary is thin; thin pieces that touch the aorta and reach away from it are coronary.
// Neglects: calcium and stents (bright, counted as lumen), arteries cut off by a complete occlusion.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/recipes.hpp"
#include "imaging/segmentation/throat_bridge.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "imaging/segmentation/working_grid.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using core::Vec3;
using voxels::Mask;
namespace l = core::labels;

constexpr double coarsest_mm = 0.8;        // a 1.8 mm artery needs at least two voxels
constexpr double widest_coronary_mm = 3.2; // radius: normal left main diameter 4.5 +- 0.5 mm (Dodge 1992), ectasia not included
constexpr double least_reach_mm = 10.0;    // how far a coronary gets from the aortic surface

struct Slice {
  double area = 0, x = 0, y = 0, roundness = 0;
  std::int32_t id = 0;
};

// Components of one axial slice.
std::vector<Slice> slice_parts(const core::Grid& g, const Mask& mask, int k, std::vector<std::int32_t>& part) {
  core::Grid flat = g;
  flat.size[2] = 1;
  const std::size_t n = flat.voxels();
  const Mask here(mask.begin() + std::ptrdiff_t(n * std::size_t(k)), mask.begin() + std::ptrdiff_t(n * std::size_t(k + 1)));
  std::vector<std::size_t> sizes;
  part = voxels::components(flat, here, sizes);
  std::vector<Slice> out(sizes.size());
  for (std::size_t i = 0; i < n; ++i) {
    Slice& s = out[std::size_t(part[i])];
    s.id = part[i];
    s.area += g.spacing[0] * g.spacing[1];
    s.x += double(i % std::size_t(g.size[0]));
    s.y += double(i / std::size_t(g.size[0]));
  }
  std::vector<double> far(sizes.size(), 0.0);
  for (std::size_t p = 0; p < out.size(); ++p) out[p].x /= double(sizes[p]), out[p].y /= double(sizes[p]);
  for (std::size_t i = 0; i < n; ++i) {
    const Slice& s = out[std::size_t(part[i])];
    const double dx = (double(i % std::size_t(g.size[0])) - s.x) * g.spacing[0], dy = (double(i / std::size_t(g.size[0])) - s.y) * g.spacing[1];
    far[std::size_t(part[i])] = std::max(far[std::size_t(part[i])], dx * dx + dy * dy);
  }
  for (std::size_t p = 0; p < out.size(); ++p) out[p].roundness = out[p].area / (3.14159265358979 * std::max(far[p], 1e-9));
  return out;
}

// Follows the round lumen downwards from slice `top`; marks it in `aorta`; returns how many mm it was followed.
double follow(const core::Grid& g, const Mask& wide, int top, const Slice& first, Mask* aorta) {
  Slice at = first;
  double length = 0;
  for (int k = top; k >= 0; --k) {
    std::vector<std::int32_t> part;
    const auto parts = slice_parts(g, wide, k, part);
    const Slice* best = nullptr;
    for (std::size_t p = 1; p < parts.size(); ++p) {
      const double dx = (parts[p].x - at.x) * g.spacing[0], dy = (parts[p].y - at.y) * g.spacing[1];
      if (std::hypot(dx, dy) > 3.0 || parts[p].area > 1.4 * at.area || parts[p].area < 0.5 * at.area || parts[p].roundness < 0.55) continue;
      if (!best || std::abs(parts[p].area - at.area) < std::abs(best->area - at.area)) best = &parts[p];
    }
    if (!best) break;
    if (aorta)
      for (std::size_t i = 0; i < part.size(); ++i)
        if (part[i] == best->id) (*aorta)[part.size() * std::size_t(k) + i] = 1;
    at = *best;
    length += g.spacing[2];
  }
  return length;
}

Result<Mask> find_aorta(const core::Grid& g, const Mask& wide, const core::Progress& progress) {
  // Aortic root to arch in adults: radius 10 to 25 mm.
  constexpr double least_area = 250, most_area = 2000;
  Slice best;
  int best_top = -1;
  double best_score = 0;
  const int stride = std::max(1, int(std::lround(5.0 / g.spacing[2])));
  for (int k = g.size[2] - 1; k >= g.size[2] / 2; k -= stride) {
    if (progress.cancelled()) return core::cancelled();
    std::vector<std::int32_t> part;
    const auto parts = slice_parts(g, wide, k, part);
    for (std::size_t p = 1; p < parts.size(); ++p) {
      const Slice& s = parts[p];
      if (s.area < least_area || s.area > most_area || s.roundness < 0.7) continue;
      // Long, round, wide, and not at the back of the field (descending aorta).
      const double back = s.y / g.size[1];
      const double score = follow(g, wide, k, s, nullptr) * s.roundness * std::sqrt(s.area) * (back > 0.75 ? 0.2 : 1.0);
      if (score > best_score) best_score = score, best = s, best_top = k;
    }
  }
  if (best_top < 0)
    return core::bad_input("No aorta was found in the upper half of the scan (no round contrast-filled lumen of 18 to 50 mm). Use a coronary CT angiogram that shows the aortic root.");
  Mask aorta(wide.size(), 0);
  follow(g, wide, best_top, best, &aorta);
  return aorta;
}

}  // namespace

Result<Segmentation> segment_coronary_ct(const core::Volume& scan, const core::Progress& progress) {
  if (scan.grid.spacing.maxCoeff() > coarsest_mm)
    return core::bad_input(fmt::format("The voxels are {:.2g} mm: too coarse for coronary arteries of 2 to 4 mm (they would be lost or too wide). Use a scan with voxels of {:.1f} mm or less.",
                                       scan.grid.spacing.maxCoeff(), coarsest_mm));
  const double h = std::clamp(scan.grid.spacing.minCoeff(), 0.4, coarsest_mm);
  const auto work = to_working_grid(scan, h, progress.part(0, 0.2));
  if (!work) return core::pass(work);
  const core::Grid& g = work->grid;
  const auto smooth = voxels::gaussian(g, work->values, 0.35);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.25, "contrast-filled lumen");
  std::vector<float> some;
  for (std::size_t i = 0; i < smooth.size(); i += 11) some.push_back(smooth[i]);
  const auto two = voxels::otsu(some, 2);
  std::vector<float> tissue;
  for (float v : some)
    if (!two.empty() && v > two[0]) tissue.push_back(v);
  const auto three = voxels::otsu(tissue, 3);
  if (three.size() < 2)
    return core::bad_input("The scan has no contrast between blood and tissue. Use a contrast CT.");
  std::vector<float> bright, middle;
  for (float v : tissue) (v > three[1] ? bright : v > three[0] ? middle : some).push_back(v);
  const auto median = [](std::vector<float>& v) {
    if (v.empty()) return 0.0;
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return double(v[v.size() / 2]);
  };
  const double blood = median(bright), wall = median(middle);
  const double threshold = 0.5 * (blood + wall);
  // Thin arteries in fat lose height to blur (a 1.2 mm lumen at 0.5 mm voxels keeps about 65 % of its step from fat): near lumen above the
  // threshold, 20 % of the step from wall is enough.
  const double lower = wall + 0.2 * (blood - wall);
  Mask lumen(smooth.size());
  for (std::size_t i = 0; i < lumen.size(); ++i) lumen[i] = smooth[i] > threshold;
  const Mask wide = voxels::open(g, lumen, widest_coronary_mm);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.5, "aorta");
  auto aorta = find_aorta(g, wide, progress);
  if (!aorta) return core::pass(aorta);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.7, "coronary lumen");
  const auto to_aorta = voxels::distance_to(g, *aorta);
  if (progress.cancelled()) return core::cancelled();
  const auto to_lumen = voxels::distance_to(g, lumen);
  Mask other_wide(lumen.size());
  for (std::size_t i = 0; i < lumen.size(); ++i) other_wide[i] = wide[i] && !(*aorta)[i];
  // The rim that an opening leaves on large chambers is not an artery.
  const auto to_chamber = voxels::distance_to(g, other_wide);
  if (progress.cancelled()) return core::cancelled();
  Mask thin(lumen.size());
  for (std::size_t i = 0; i < thin.size(); ++i) {
    const bool in = lumen[i] || (smooth[i] > lower && to_lumen[i] <= 1.6);
    thin[i] = in && !wide[i] && !(*aorta)[i] && to_chamber[i] > 1.5;
  }
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, thin, sizes);
  std::vector<float> nearest(sizes.size(), 1e9f), furthest(sizes.size(), 0.0f);
  for (std::size_t i = 0; i < thin.size(); ++i)
    if (thin[i]) {
      auto& a = nearest[std::size_t(part[i])];
      a = std::min(a, to_aorta[i]);
      auto& b = furthest[std::size_t(part[i])];
      b = std::max(b, to_aorta[i]);
    }
  core::LabelMap map;
  map.grid = g;
  map.labels = l::heart();
  map.values.assign(lumen.size(), 0);
  int arteries = 0;
  std::vector<char> kept(sizes.size(), 0);
  for (std::size_t p = 1; p < sizes.size(); ++p) arteries += kept[p] = nearest[p] <= 1.8 * h && furthest[p] >= least_reach_mm;
  // What lies beyond a throat too thin for the thresholds; brightness is counted from fat, in which these arteries run.
  std::vector<float> dark;
  for (const float v : tissue)
    if (v <= three[0]) dark.push_back(v);
  const auto bridges = bridge_throats(g, work->values, blood - median(dark), part, kept, progress);
  if (!bridges) return core::pass(bridges);
  for (std::size_t i = 0; i < thin.size(); ++i) {
    const auto p = std::size_t(part[i]);
    if ((*aorta)[i]) map.values[i] = l::aorta;
    else if (thin[i] && kept[p]) map.values[i] = l::coronary;
    else if (lumen[i] && !wide[i] && to_aorta[i] <= 1.8 * h) map.values[i] = l::aorta;  // the rim the opening took
  }
  for (const std::size_t i : *bridges)
    if (map.values[i] == 0) map.values[i] = l::coronary;
  if (arteries == 0)
    return core::bad_input("No coronary artery leaves the aorta in this scan (none is contrast-filled and continuous). Use a coronary CT angiogram.");
  auto back = from_working_grid(map, scan.grid, progress.part(0.9, 1.0));
  if (!back) return core::pass(back);
  Segmentation out;
  out.labels = std::move(*back);
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("aorta_ml", "Aorta volume", "ml", out.labels.volume_ml(l::aorta));
  add("coronary_ml", "Coronary lumen volume", "ml", out.labels.volume_ml(l::coronary));
  add("coronary_pieces", "Arteries leaving the aorta", "1", arteries);
  add("threshold_blood", "Threshold blood | wall", scan.quantity, threshold, "half way between wall and blood (Otsu classes)");
  out.notes.push_back("The coronary label is as fine as the voxels; diameters come from the half-maximum border (lumen_level_set).");
  progress.report(1.0, "segmented");
  return out;
}

}  // namespace ot::imaging
