// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "contrast_vessels": contrast CT of any part with a filled great vessel or heart -> lumen of all vessels connected to it.
// No per-case number. Steps: (1) thick homogeneous blood, bone and the levels of soft tissue and blood on a coarse grid (chest_bone.cpp);
// (2) on a finer grid u = (value - soft) / (blood - soft) cut to [0, 1], and how tube-like each voxel is (tubeness.hpp); (3) region growing from the
// thick blood through lumen and tubes outside bone; (4) the border at half the height of the tube it belongs to; (5) where the heart recipe
// finds a heart, its labels stay and "vessel" is the rest.
// Neglects: arteries and veins are not told apart; vessels inside or against bone are cut; calcium and stents count as lumen; a vessel beyond a
// complete occlusion is not reached.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/chest_parts.hpp"
#include "imaging/segmentation/recipes.hpp"
#include "imaging/segmentation/tubeness.hpp"
#include "imaging/segmentation/working_grid.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using voxels::Mask;
namespace l = core::labels;

constexpr double coarse_mm = 1.5;            // as in chest_ct: bone and thick blood need no more
constexpr double thickest_slice_mm = 3.0;    // a vessel of 6 mm has two voxels
constexpr double finest_mm = 0.5;            // finer than the focus of a clinical scanner shows
constexpr double most_voxels = 24e6;         // of the fine grid: half a gigabyte with everything around it
constexpr double widest_tube_mm = 6.0;       // radius: brachiocephalic and iliac arteries; thick blood (core_mm of chest_bone.cpp, 4 mm) overlaps with it
constexpr double peak_response = 0.36788;    // of a whole tube (tubeness.hpp)
constexpr double tube_share = 0.3;           // of it: a tube a third as bright as the blood, or one whose scale lies between two of ours
constexpr double rim_of_thin_mm = 3.0;       // two coarse voxels around a lumen beside bone
constexpr double least_u = 0.3;              // of the step from soft tissue to blood: enhanced liver, kidney and muscle stay below
constexpr double lumen_u = 0.5;              // half way
constexpr double compact_step = 0.3;         // of the step from soft tissue to blood above the blood: compact bone and calcium only
constexpr double most_compact = 0.05;        // of a vessel: its calcium
constexpr double least_tubular = 0.4;        // of a vessel's lumen: the filter answers inside, not at the rim; marrow and plates hardly answer
constexpr double least_seed_ml = 0.5;
constexpr double rim_mm = 8.0;               // pieces that stay nearer to heart labels than this are rims and trabeculae
constexpr double least_piece_ml = 1.0;       // unless they are this large

// Fine voxel number -> coarse one along an axis (both grids have the axes of the patient).
std::array<std::vector<int>, 3> nearest_voxels(const core::Grid& fine, const core::Grid& coarse) {
  std::array<std::vector<int>, 3> out;
  for (int axis = 0; axis < 3; ++axis) {
    const auto a = std::size_t(axis);
    for (int i = 0; i < fine.size[a]; ++i) {
      core::Vec3 index = core::Vec3::Zero();
      index[axis] = i;
      out[a].push_back(std::clamp(int(std::lround(coarse.to_index(fine.to_patient(index))[axis])), 0, coarse.size[a] - 1));
    }
  }
  return out;
}

struct Fine {
  core::Grid grid;
  std::vector<float> u;    // 0 soft tissue, 1 blood
  Mask bone, thick, thin;  // thick blood and thinner lumen beside bone, of the coarse grid
};

// chest_ct counts thin vessels as bone. Pieces of "bone" that are mostly tube and hold no compact bone are vessels: they become free again.
void release_vessels(Fine& f, const std::vector<float>& tube, const chest::Scan& coarse, const chest::Bones& bones, double compact_from) {
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(coarse.grid, bones.bone, sizes);
  std::vector<std::size_t> compact(sizes.size(), 0), tubular(sizes.size(), 0), bright(sizes.size(), 0);
  for (std::size_t i = 0; i < part.size(); ++i) compact[std::size_t(part[i])] += coarse.values[i] > compact_from;
  const auto near = nearest_voxels(f.grid, coarse.grid);
  const auto piece_of = [&](int i, int j, int k) { return std::size_t(part[coarse.grid.offset(near[0][std::size_t(i)], near[1][std::size_t(j)], near[2][std::size_t(k)])]); };
  for (int pass = 0; pass < 2; ++pass) {
    std::size_t at = 0;
    for (int k = 0; k < f.grid.size[2]; ++k)
      for (int j = 0; j < f.grid.size[1]; ++j)
        for (int i = 0; i < f.grid.size[0]; ++i, ++at) {
          if (!f.bone[at]) continue;
          const std::size_t p = piece_of(i, j, k);
          if (pass == 0) bright[p] += f.u[at] > lumen_u, tubular[p] += f.u[at] > lumen_u && tube[at] > tube_share * peak_response;
          else if (double(compact[p]) <= most_compact * double(sizes[p]) && double(tubular[p]) >= least_tubular * double(bright[p])) f.bone[at] = 0;
        }
  }
}

// Lumen of the tubes and the thick blood that hang together with it.
Mask grow(const Fine& f, const std::vector<float>& tube) {
  const core::Grid& g = f.grid;
  const std::size_t n = f.u.size();
  Mask pool(n), way(n);
  for (std::size_t i = 0; i < n; ++i) pool[i] = f.thick[i] && f.u[i] > lumen_u;
  // Where a branch leaves a wide lumen it is no tube to the filter yet: for one radius of the widest tube brightness alone leads on.
  const auto to_pool = voxels::distance_to(g, pool), to_thin = voxels::distance_to(g, f.thin);
  for (std::size_t i = 0; i < n; ++i)
    way[i] = pool[i] || (f.thin[i] && f.u[i] > lumen_u) || (!f.bone[i] && ((f.u[i] > lumen_u && (to_pool[i] <= widest_tube_mm || to_thin[i] <= rim_of_thin_mm)) || (f.u[i] > least_u && tube[i] > tube_share * peak_response)));
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, way, sizes);
  std::vector<std::size_t> seed(sizes.size(), 0);
  for (std::size_t i = 0; i < n; ++i) seed[std::size_t(part[i])] += pool[i];
  // A vessel that leaves the scan may come back into it (the subclavian artery over the lung's apex): lumen at the edge needs no way to the pool.
  std::size_t at = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i, ++at) {
        const bool edge = i == 0 || j == 0 || k == 0 || i + 1 == g.size[0] || j + 1 == g.size[1] || k + 1 == g.size[2];
        if (edge && f.thin[at] && part[at]) seed[std::size_t(part[at])] = std::max(seed[std::size_t(part[at])], sizes[std::size_t(part[at])]);
      }
  const double voxel_ml = g.voxel_volume() / 1000;
  std::vector<float> peak(n, 0);   // brightness of the tube a voxel belongs to
  for (std::size_t i = 0; i < n; ++i) {
    way[i] = part[i] && double(seed[std::size_t(part[i])]) * voxel_ml >= least_seed_ml;
    if (way[i]) peak[i] = f.u[i];
  }
  // The rim: tubeness falls off towards the border, which lies where the brightness has fallen to half of the tube's.
  const int rounds = std::max(1, int(std::ceil(1.5 / g.spacing.minCoeff())));
  const std::ptrdiff_t step[6] = {1, -1, g.size[0], -std::ptrdiff_t(g.size[0]), std::ptrdiff_t(g.size[0]) * g.size[1], -std::ptrdiff_t(g.size[0]) * g.size[1]};
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::pair<std::size_t, float>> joins;
    for (int k = 1; k + 1 < g.size[2]; ++k)
      for (int j = 1; j + 1 < g.size[1]; ++j)
        for (int i = 1; i + 1 < g.size[0]; ++i) {
          const std::size_t at = g.offset(i, j, k);
          if (way[at] || f.bone[at] || f.u[at] <= 0.5f * float(least_u)) continue;
          float most = 0;
          for (const auto s : step)
            if (way[std::size_t(std::ptrdiff_t(at) + s)]) most = std::max(most, peak[std::size_t(std::ptrdiff_t(at) + s)]);
          if (most > 0 && f.u[at] >= 0.5f * most) joins.emplace_back(at, most);
        }
    for (const auto& [at, most] : joins) way[at] = 1, peak[at] = most;
  }
  // The coarse tubes' voxels that are darker than half their surroundings' lumen stay out.
  for (std::size_t i = 0; i < n; ++i)
    if (way[i] && f.u[i] < 0.5f * peak[i]) way[i] = 0;
  return way;
}

}  // namespace

Result<Segmentation> segment_contrast_vessels(const core::Volume& scan, const core::Progress& progress) {
  const double coarsest = scan.grid.spacing.maxCoeff(), finest = scan.grid.spacing.minCoeff();
  if (coarsest > thickest_slice_mm)
    return core::bad_input(fmt::format("The slices are {:.3g} mm apart: too thick for vessels (branches of 3 to 6 mm would be cut into pieces). Use a CT with steps of {:.0f} mm or less.", coarsest, thickest_slice_mm));
  const auto no_contrast = [] {
    return core::bad_input("No thick contrast-filled vessel or heart chamber was found to start from (8 mm wide or more, brighter than soft tissue). "
                           "Use a CT angiogram, or click seeds with the Grow tool in the anatomy editor.");
  };
  Segmentation out;
  const auto heart = segment_cardiac_ct(scan, progress.part(0, 0.35));   // a refusal only means that there is no heart to keep apart
  if (progress.cancelled()) return core::cancelled();

  chest::Scan coarse;
  coarse.hounsfield = scan.quantity == "HU";
  {
    auto volume = to_working_grid(scan, std::clamp(finest, coarse_mm, thickest_slice_mm), progress.part(0.35, 0.42));
    if (!volume) return core::pass(volume);
    coarse.grid = volume->grid;
    coarse.values = std::move(volume->values);
  }
  chest::Levels levels;
  if (!chest::find_gas_level(coarse, levels)) return no_contrast();
  progress.report(0.42, "bone and blood");
  const Mask body = chest::find_body(coarse, levels);
  if (progress.cancelled()) return core::cancelled();
  const auto lungs = chest::find_lungs(coarse, body, levels, progress.part(0.42, 0.47));
  if (progress.cancelled()) return core::cancelled();
  const auto bones = chest::find_bone(coarse, body, lungs, levels, progress.part(0.47, 0.55));
  if (progress.cancelled()) return core::cancelled();
  if (!(bones.blood_level > levels.soft)) return no_contrast();

  Fine fine;
  const double extent = scan.grid.voxel_volume() * double(scan.grid.voxels());
  const double h = std::max({finest, finest_mm, std::cbrt(extent / most_voxels)});
  {
    auto volume = to_working_grid(scan, h, progress.part(0.55, 0.62));
    if (!volume) return core::pass(volume);
    fine.grid = volume->grid;
    fine.u = std::move(volume->values);
  }
  const double step = bones.blood_level - levels.soft;
  const std::size_t n = fine.u.size();
  fine.bone.assign(n, 0);
  fine.thick.assign(n, 0);
  fine.thin.assign(n, 0);
  Mask where(n, 0);
  {
    const auto near = nearest_voxels(fine.grid, coarse.grid);
    std::size_t at = 0;
    for (int k = 0; k < fine.grid.size[2]; ++k)
      for (int j = 0; j < fine.grid.size[1]; ++j)
        for (int i = 0; i < fine.grid.size[0]; ++i, ++at) {
          const std::size_t c = coarse.grid.offset(near[0][std::size_t(i)], near[1][std::size_t(j)], near[2][std::size_t(k)]);
          fine.u[at] = float(std::clamp((fine.u[at] - levels.soft) / step, 0.0, 1.0));
          fine.bone[at] = bones.bone[c];
          fine.thick[at] = bones.blood[c];
          fine.thin[at] = bones.lumen[c];
          where[at] = body[c] && fine.u[at] > least_u;
        }
  }
  if (progress.cancelled()) return core::cancelled();
  std::vector<double> sigmas;
  for (double s = 0.8 * fine.grid.spacing.maxCoeff(); s < widest_tube_mm / std::sqrt(2.0) * 1.2; s *= std::sqrt(2.0)) sigmas.push_back(s);
  const auto tube = tubeness(fine.grid, fine.u, where, sigmas, progress.part(0.62, 0.88));
  if (progress.cancelled()) return core::cancelled();
  release_vessels(fine, tube, coarse, bones, levels.soft + (1 + compact_step) * step);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.88, "growing");
  core::LabelMap map;
  map.grid = fine.grid;
  map.labels = l::heart();
  map.values = grow(fine, tube);
  for (auto& v : map.values) v = v ? std::uint8_t(l::vessel) : std::uint8_t(0);
  if (progress.cancelled()) return core::cancelled();
  auto back = from_working_grid(map, scan.grid, progress.part(0.92, 0.96));
  if (!back) return core::pass(back);
  out.labels = std::move(*back);
  const core::Grid& g = out.labels.grid;
  const double voxel_ml = g.voxel_volume() / 1000;

  if (heart) {
    // Labels of the heart stay; what is left of the vessels goes when it only lines them.
    Mask rest(g.voxels()), inside(g.voxels());
    for (std::size_t i = 0; i < rest.size(); ++i) {
      inside[i] = heart->labels.values[i] != 0;
      rest[i] = out.labels.values[i] != 0 && !inside[i];
    }
    const auto to_heart = voxels::distance_to(g, inside);
    if (progress.cancelled()) return core::cancelled();
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, rest, sizes);
    std::vector<float> furthest(sizes.size(), 0);
    for (std::size_t i = 0; i < rest.size(); ++i) furthest[std::size_t(part[i])] = std::max(furthest[std::size_t(part[i])], rest[i] ? to_heart[i] : 0.0f);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      const auto p = std::size_t(part[i]);
      const bool keep = p && (furthest[p] >= rim_mm || double(sizes[p]) * voxel_ml >= least_piece_ml);
      out.labels.values[i] = inside[i] ? heart->labels.values[i] : keep ? std::uint8_t(l::vessel) : std::uint8_t(0);
    }
    out.planes = heart->planes;
  }
  if (out.labels.count(l::vessel) == 0 && !heart) return no_contrast();

  // Doubtful: vessel voxels at the border whose brightness is within 15 % of the step from their threshold, as in the other recipes.
  std::size_t doubtful = 0, all = 0;
  for (std::size_t i = 0; i < out.labels.values.size(); ++i) {
    if (out.labels.values[i] != l::vessel) continue;
    ++all;
    doubtful += std::abs((double(scan.values[i]) - levels.soft) / step - lumen_u) < 0.15;
  }
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  add("vessel_ml", "Vessel lumen volume", "ml", double(all) * voxel_ml, heart ? "without the heart and the great arteries" : "all contrast-filled lumen");
  if (all > 0) add("vessel_uncertain_percent", "Vessel: uncertain share", "%", 100.0 * double(doubtful) / double(all), "voxels near the threshold of their border");
  if (heart)
    for (const auto& info : out.labels.labels)
      if (info.value != l::vessel && core::has_label(out.labels, info.value)) add(info.key + "_ml", info.name + " volume", "ml", out.labels.volume_ml(info.value));
  add("threshold_blood", "Threshold blood | soft tissue", scan.quantity, levels.soft + lumen_u * step, "half way; lower in branches that partial volume dims");
  add("contrast_level", "Contrast-filled blood", scan.quantity, bones.blood_level);
  out.notes.push_back(heart ? "A heart was found: its chambers and great arteries carry their own labels, \"vessel\" is every other lumen connected to contrast-filled blood."
                            : "No heart was recognised: all contrast-filled lumen is one label, heart chambers included if the scan shows any.");
  out.notes.push_back("Arteries and veins are not told apart. Vessels inside or against bone are cut, vessels behind a complete occlusion are not reached; complete them with the Grow tool.");
  out.notes.push_back(fmt::format("Looked for at {:.2g} mm: branches thinner than about {:.1f} mm may be missing.", h, 2.5 * h));
  progress.report(1.0, "segmented");
  return out;
}

}  // namespace ot::imaging
