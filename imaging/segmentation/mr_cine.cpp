// SPDX-License-Identifier: GPL-3.0-or-later
// Recipe "mr_cine": short-axis cine MR (bright blood) -> LV and RV blood and LV wall in every frame, volumes, ejection fraction. No per-case number.
// Steps: where it moves (temporal standard deviation); blood | wall by Otsu there; the cavity that is round, moves and has a dark wall around it;
// from it, plane by plane, outlines by closed paths (cine_rings.cpp); RV: what is bright, moves and leans on the wall; Simpson's rule with the
// real distance of the planes. A plane counts for the LV when wall surrounds at least half of the cavity (Schulz-Menger et al., JCMR 22:19, 2020).
// Papillary muscles count as blood. The cavity's outline lies about 0.8 mm beyond half height (region energy; 8 % of the volume of a 24 mm disc).
// Neglects: motion between planes (breath-holds), the apex beyond the last plane, oblique cuts of the base.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/cine_parts.hpp"
#include "imaging/segmentation/recipes.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using namespace cine;
namespace l = core::labels;

constexpr double smooth_mm = 1.2;          // below the 1.5 to 2 mm of cine pixels
constexpr double heart_reach_mm = 75.0;    // half of an adult heart's width in the short axis
constexpr double least_cavity = 150, most_cavity = 5000;   // mm2: apex in systole to dilated base
constexpr double muscle_g_per_ml = 1.05;

double median_of(std::vector<float> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

struct Slice {
  Blob lv;
  std::vector<Ring> endo, epi;             // per frame
  std::vector<double> x, y;                // per frame
  std::vector<std::uint8_t> counts;        // per frame: wall around at least half
  std::vector<voxels::Mask> rv;            // per frame
};

struct Stack {
  core::Grid grid, flat;
  std::size_t per_slice = 0;
  std::vector<std::vector<Plane2>> planes;            // [slice][frame]
  std::vector<std::vector<float>> motion;             // [slice], temporal standard deviation
};

Result<Stack> prepare(const Phases& phases, const core::Progress& progress) {
  Stack s;
  s.grid = phases.front()->grid;
  s.flat = s.grid;
  s.flat.size[2] = 1;
  s.per_slice = s.flat.voxels();
  const int nz = s.grid.size[2];
  s.planes.resize(std::size_t(nz));
  s.motion.resize(std::size_t(nz));
  for (int k = 0; k < nz; ++k) {
    if (progress.cancelled()) return core::cancelled();
    std::vector<double> sum(s.per_slice, 0.0), squares(s.per_slice, 0.0);
    for (const auto& p : phases) {
      Plane2 plane{s.grid.size[0], s.grid.size[1], s.grid.spacing[0], s.grid.spacing[1], {}};
      const auto from = p->values.begin() + std::ptrdiff_t(s.per_slice * std::size_t(k));
      plane.values = voxels::gaussian(s.flat, std::vector<float>(from, from + std::ptrdiff_t(s.per_slice)), smooth_mm);
      for (std::size_t i = 0; i < s.per_slice; ++i) sum[i] += plane.values[i], squares[i] += double(plane.values[i]) * plane.values[i];
      s.planes[std::size_t(k)].push_back(std::move(plane));
    }
    const double n = double(phases.size());
    std::vector<float> sd(s.per_slice);
    for (std::size_t i = 0; i < s.per_slice; ++i) sd[i] = float(std::sqrt(std::max(0.0, squares[i] / n - sum[i] / n * sum[i] / n)));
    s.motion[std::size_t(k)] = voxels::gaussian(s.flat, sd, 2.0);
  }
  return s;
}

// Middle of what moves: the highest value of the motion of all planes, blurred to the size of a ventricle.
void motion_centre(const Stack& s, double& cx, double& cy) {
  std::vector<float> all(s.per_slice, 0.0f);
  for (const auto& m : s.motion)
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += m[i];
  core::Grid flat = s.flat;
  flat.spacing[2] = 1;
  const auto blurred = voxels::gaussian(flat, all, 20.0);
  const auto at = std::size_t(std::max_element(blurred.begin(), blurred.end()) - blurred.begin());
  cx = double(at % std::size_t(s.grid.size[0])) * s.grid.spacing[0];
  cy = double(at / std::size_t(s.grid.size[0])) * s.grid.spacing[1];
}

Result<Levels> find_levels(const Stack& s, double cx, double cy) {
  std::vector<float> around;
  for (std::size_t k = 0; k < s.planes.size(); ++k)
    for (std::size_t i = 0; i < s.per_slice; ++i) {
      const double x = double(i % std::size_t(s.grid.size[0])) * s.grid.spacing[0] - cx, y = double(i / std::size_t(s.grid.size[0])) * s.grid.spacing[1] - cy;
      if (x * x + y * y < 60.0 * 60.0) around.push_back(s.planes[k][0].values[i]);
    }
  const auto t = voxels::otsu(around, 3);
  if (t.size() < 2) return core::bad_input("The planes have no contrast between blood and wall. Use a bright-blood (SSFP or gradient echo) short-axis cine.");
  Levels out;
  std::vector<float> bright, middle;
  for (float v : around) (v > t[1] ? bright : middle).push_back(v);
  out.blood = median_of(bright);
  out.threshold = t[1];
  out.wall = median_of(middle);
  return out;
}

// Blood and wall measured where the ventricle is: cavity core and the dark rim around it.
void refine_levels(const Plane2& p, const Blob& b, Levels& levels) {
  std::vector<float> blood, wall;
  const double r = std::sqrt(b.area / 3.14159265358979);
  for (int a = 0; a < 72; ++a) {
    const double c = std::cos(a * 0.0872665), s = std::sin(a * 0.0872665);
    for (double q = 0; q < 0.6 * r; q += 2) blood.push_back(p.at(b.x + q * c, b.y + q * s));
    float least = 1e30f;
    for (double q = 0.8 * r; q < r + 8; q += 1) least = std::min(least, p.at(b.x + q * c, b.y + q * s));
    wall.push_back(least);
  }
  const double new_blood = median_of(blood), new_wall = median_of(wall);
  if (new_blood > new_wall * 1.2) levels.blood = new_blood, levels.wall = new_wall, levels.threshold = 0.5 * (new_blood + new_wall);
}

// RV of one plane and frame: bright, outside the LV's outer border, on the side that moves and touches the septum.
voxels::Mask find_rv(const Stack& s, std::size_t k, std::size_t frame, const Slice& slice, double threshold, double angle) {
  const Plane2& p = s.planes[k][frame];
  voxels::Mask bright(s.per_slice, 0);
  std::vector<float> moving = s.motion[k];
  std::nth_element(moving.begin(), moving.begin() + std::ptrdiff_t(moving.size() / 2), moving.end());
  const double still = moving[moving.size() / 2];
  const double x0 = slice.x[frame], y0 = slice.y[frame];
  for (std::size_t i = 0; i < s.per_slice; ++i) {
    const double x = double(i % std::size_t(p.nx)) * p.dx - x0, y = double(i / std::size_t(p.nx)) * p.dy - y0, r = std::hypot(x, y);
    if (p.values[i] <= threshold || r > heart_reach_mm || inside(slice.epi[frame], x, y)) continue;
    const double turn = std::remainder(std::atan2(y, x) - angle, 6.283185307179586);
    bright[i] = std::abs(turn) < 1.75;   // 100 degrees either way of the RV's direction
  }
  bright = voxels::open(s.flat, bright, 2.5);   // fat strands and small vessels
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(s.flat, bright, sizes);
  std::vector<double> touch(sizes.size(), 0), motion(sizes.size(), 0);
  for (std::size_t i = 0; i < s.per_slice; ++i) {
    const auto id = std::size_t(part[i]);
    if (!id) continue;
    motion[id] += s.motion[k][i];
    const double x = double(i % std::size_t(p.nx)) * p.dx - x0, y = double(i / std::size_t(p.nx)) * p.dy - y0, r = std::hypot(x, y);
    const double beyond = std::max(0.0, r - 6.0) / std::max(r, 1e-9);   // within 6 mm of the wall
    touch[id] += inside(slice.epi[frame], x * beyond, y * beyond);
  }
  std::size_t best = 0;
  double score = 0;
  for (std::size_t c = 1; c < sizes.size(); ++c) {
    if (motion[c] / double(sizes[c]) < still) continue;   // chest wall
    const double v = touch[c] * std::sqrt(double(sizes[c]));
    if (v > score) score = v, best = c;
  }
  voxels::Mask out(s.per_slice, 0);
  if (best == 0 || double(sizes[best]) * p.dx * p.dy < 60) return out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::size_t(part[i]) == best;
  out = voxels::fill_holes(s.flat, voxels::close(s.flat, out, 3.0));   // trabeculae
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double x = double(i % std::size_t(p.nx)) * p.dx - x0, y = double(i / std::size_t(p.nx)) * p.dy - y0;
    if (inside(slice.epi[frame], x, y)) out[i] = 0;
  }
  return out;
}

// Direction from the LV to the RV: where bright moving blood lies beyond the wall, in the middle planes at the first frame.
double rv_direction(const Stack& s, const std::vector<Slice>& slices, double threshold) {
  double sx = 0, sy = 0;
  for (std::size_t k = 0; k < slices.size(); ++k) {
    if (!slices[k].lv.found) continue;
    const Plane2& p = s.planes[k][0];
    for (std::size_t i = 0; i < s.per_slice; ++i) {
      const double x = double(i % std::size_t(p.nx)) * p.dx - slices[k].x[0], y = double(i / std::size_t(p.nx)) * p.dy - slices[k].y[0], r = std::hypot(x, y);
      if (r > 55 || p.values[i] <= threshold || inside(slices[k].epi[0], x, y)) continue;
      sx += s.motion[k][i] * x / r, sy += s.motion[k][i] * y / r;
    }
  }
  return std::atan2(sy, sx);
}

}  // namespace

Result<PhasedSegmentation> segment_mr_cine_phases(const Phases& phases, const core::Progress& progress) {
  if (phases.size() < 4)
    return core::bad_input(fmt::format("Only {} frames: the heart is found by its motion, which needs at least 4 over the beat. Import the whole cine.", phases.size()));
  for (const auto& p : phases)
    if (!p || !p->grid.same_as(phases.front()->grid)) return core::bad_input("The frames of the cine do not share one grid (they were not planned together). Import the short-axis stack as one reading.");
  const core::Grid& g = phases.front()->grid;
  if (std::max(g.spacing[0], g.spacing[1]) > 3.5)
    return core::bad_input(fmt::format("The pixels are {:.2g} mm: too coarse for a wall of 6 to 12 mm. Use a cine with pixels of 3.5 mm or less.", std::max(g.spacing[0], g.spacing[1])));
  auto stack = prepare(phases, progress.part(0, 0.3));
  if (!stack) return core::pass(stack);
  const Stack& s = *stack;
  const std::size_t frames = phases.size(), nz = s.planes.size();
  double cx = 0, cy = 0;
  motion_centre(s, cx, cy);
  auto levels = find_levels(s, cx, cy);
  if (!levels) return core::pass(levels);

  // The best cavity of the middle planes, then outwards plane by plane.
  std::vector<Slice> slices(nz);
  const auto score = [](const Blob& b) { return b.roundness * b.rim * b.rim * std::sqrt(b.area) * b.motion; };
  std::vector<std::vector<Blob>> blobs(nz);
  std::size_t start = 0;
  double best = 0;
  for (std::size_t k = 0; k < nz; ++k) {
    if (progress.cancelled()) return core::cancelled();
    blobs[k] = candidates(s.planes[k][0], s.motion[k], levels->threshold, cx, cy, heart_reach_mm);
    const bool middle = nz < 3 || (k > 0 && k + 1 < nz);
    for (const Blob& b : blobs[k])
      if (middle && b.area > 2 * least_cavity && b.area < most_cavity && b.roundness > 0.75 && b.rim > 0.7 && score(b) > best) best = score(b), slices[k].lv = b, start = k;
  }
  if (best <= 0)
    return core::bad_input("No beating round cavity with a dark wall around it was found. Use a short-axis, bright-blood cine through the left ventricle.");
  for (std::size_t k = 0; k < nz; ++k)
    if (k != start) slices[k].lv = {};
  for (int way : {-1, 1}) {
    Blob last = slices[start].lv;
    for (std::ptrdiff_t k = std::ptrdiff_t(start) + way; k >= 0 && k < std::ptrdiff_t(nz); k += way) {
      const Blob* near = nullptr;
      double least = 1e30;
      for (const Blob& b : blobs[std::size_t(k)]) {
        const double away = std::hypot(b.x - last.x, b.y - last.y);
        const double allowed = 8.0 + 0.8 * g.spacing[2];   // the axis leans by up to 40 degrees between planes, and breath-holds differ
        if (away < allowed && b.area > least_cavity && b.area < most_cavity && b.area < 1.8 * last.area + 300 && b.roundness > 0.55 && b.rim > 0.5 && away < least) least = away, near = &b;
      }
      if (!near) break;
      slices[std::size_t(k)].lv = last = *near;
    }
  }
  refine_levels(s.planes[start][0], slices[start].lv, *levels);
  for (std::size_t k = 0; k < nz; ++k) {
    Slice& slice = slices[k];
    if (!slice.lv.found) continue;
    Levels here = *levels;
    refine_levels(s.planes[k][0], slice.lv, here);   // coil shading differs from plane to plane
    slice.endo.resize(frames), slice.epi.resize(frames), slice.counts.resize(frames);
    slice.x.assign(frames, slice.lv.x), slice.y.assign(frames, slice.lv.y);
    for (std::size_t f = 0; f < frames; ++f) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(0.3 + 0.4 * (double(k) + double(f) / double(frames)) / double(nz), "outlines of the left ventricle");
      const Plane2& p = s.planes[k][f];
      for (int turn = 0; turn < 2; ++turn) {   // the second time around the centre of the first outline
        slice.endo[f] = endocardium(p, slice.x[f], slice.y[f], here, std::sqrt(most_cavity / 3.14159265) + 5);
        double mx = 0, my = 0, m = 0;
        for (int a = 0; a < angles; ++a) {
          const double r = slice.endo[f][std::size_t(a)], w = r * r;
          mx += w * r * 2 / 3 * std::cos(6.283185307179586 * a / angles), my += w * r * 2 / 3 * std::sin(6.283185307179586 * a / angles), m += w;
        }
        if (turn == 0 && m > 0) slice.x[f] += mx / m, slice.y[f] += my / m;
      }
      slice.epi[f] = epicardium(p, slice.x[f], slice.y[f], here, slice.endo[f]);
      slice.counts[f] = wall_share(p, slice.x[f], slice.y[f], here, slice.endo[f]) >= 0.5 && area_mm2(slice.endo[f]) > 25;
    }
  }
  const double angle = rv_direction(s, slices, levels->threshold);
  PhasedSegmentation out;
  std::vector<double> lv_ml(frames, 0.0), rv_ml(frames, 0.0), wall_ml(frames, 0.0);
  const double pixel_ml = g.voxel_volume() / 1000.0;
  for (std::size_t f = 0; f < frames; ++f) {
    core::LabelMap map;
    map.grid = g;
    map.labels = l::heart();
    map.values.assign(g.voxels(), 0);
    for (std::size_t k = 0; k < nz; ++k) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(0.7 + 0.3 * (double(f) + double(k) / double(nz)) / double(frames), "right ventricle");
      const Slice& slice = slices[k];
      if (!slice.lv.found || !slice.counts[f]) continue;
      const auto rv = find_rv(s, k, f, slice, levels->threshold, angle);
      for (std::size_t i = 0; i < s.per_slice; ++i) {
        const double x = double(i % std::size_t(g.size[0])) * g.spacing[0] - slice.x[f], y = double(i / std::size_t(g.size[0])) * g.spacing[1] - slice.y[f];
        const int v = inside(slice.endo[f], x, y) ? l::lv_blood_pool : inside(slice.epi[f], x, y) ? l::lv_myocardium : rv[i] ? l::rv_blood_pool : 0;
        map.values[s.per_slice * k + i] = std::uint8_t(v);
        lv_ml[f] += pixel_ml * (v == l::lv_blood_pool), wall_ml[f] += pixel_ml * (v == l::lv_myocardium), rv_ml[f] += pixel_ml * (v == l::rv_blood_pool);
      }
    }
    out.labels.push_back(std::move(map));
  }
  out.end_diastole = int(std::max_element(lv_ml.begin(), lv_ml.end()) - lv_ml.begin());
  out.end_systole = int(std::min_element(lv_ml.begin(), lv_ml.end()) - lv_ml.begin());
  const auto ed = std::size_t(out.end_diastole), es = std::size_t(out.end_systole);
  if (lv_ml[ed] < 10) return core::bad_input("The cavity found is smaller than 10 ml. Use a short-axis, bright-blood cine through the left ventricle.");
  int used = 0;
  for (const Slice& slice : slices) used += slice.lv.found && slice.counts[ed];
  const auto add = [&](std::string key, std::string label, std::string unit, double value, std::string note = "") {
    out.quantities.push_back({std::move(key), std::move(label), std::move(unit), value, std::move(note)});
  };
  const std::string simpson = fmt::format("Simpson's rule, {} planes {:.1f} mm apart", used, g.spacing[2]);
  add("lv_edv_ml", "LV end-diastolic volume", "ml", lv_ml[ed], simpson);
  add("lv_esv_ml", "LV end-systolic volume", "ml", lv_ml[es], simpson);
  add("lv_ef_percent", "LV ejection fraction", "%", 100 * (lv_ml[ed] - lv_ml[es]) / lv_ml[ed]);
  // Both ventricles pump the same volume unless a valve leaks or there is a shunt. Methods of one observer agree to about 20 % (Schulz-Menger
  // 2020 names the comparison as the check of a reading); beyond 30 % the right ventricle, the weaker half here, is doubted.
  constexpr double doubtful_share = 0.3;
  const double lv_stroke = lv_ml[ed] - lv_ml[es], rv_stroke = rv_ml[ed] - rv_ml[es];
  const bool rv_doubtful = rv_ml[ed] > 0 && std::abs(rv_stroke - lv_stroke) > doubtful_share * lv_stroke;
  const std::string rv_note = rv_doubtful ? "UNCERTAIN: the stroke volumes of both ventricles differ; " + simpson : simpson;
  add("rv_edv_ml", "RV volume at LV end-diastole", "ml", rv_ml[ed], rv_note);
  add("rv_esv_ml", "RV volume at LV end-systole", "ml", rv_ml[es], rv_note);
  if (rv_ml[ed] > 0) add("rv_ef_percent", "RV ejection fraction", "%", 100 * rv_stroke / rv_ml[ed], rv_note);
  if (rv_ml[ed] > 0 && lv_stroke > 0) add("rv_lv_stroke_ratio", "RV stroke volume / LV stroke volume", "1", rv_stroke / lv_stroke, "1 in a heart without leaking valves and shunts");
  add("lv_mass_g", "LV mass at end-diastole", "g", wall_ml[ed] * muscle_g_per_ml, "1.05 g/ml");
  add("threshold_blood", "Threshold blood | wall", phases.front()->quantity, levels->threshold, "half way, in the plane with the clearest cavity");
  add("planes_used", "Planes through the LV", "1", used);
  add("end_diastole_frame", "End-diastolic frame", "1", out.end_diastole + 1);
  add("end_systole_frame", "End-systolic frame", "1", out.end_systole + 1);
  out.notes.push_back("Papillary muscles and trabeculae count as blood. A plane counts when wall surrounds at least half of the cavity.");
  if (g.spacing[2] > 10) out.notes.push_back(fmt::format("The planes are {:.1f} mm apart: volumes are of slabs of that thickness; base and apex are off by up to half a slab each.", g.spacing[2]));
  out.notes.push_back("The labels shown belong to the first frame; volumes were measured in every frame.");
  if (rv_doubtful)
    out.notes.push_back(fmt::format("The right ventricle is UNCERTAIN: it would pump {:.0f} ml and the left {:.0f} ml a beat, which only a leaking valve or a shunt explains. Correct its outline at base and apex before using its volumes.",
                                    rv_stroke, lv_stroke));
  if (rv_ml[ed] < 0.3 * lv_ml[ed]) out.notes.push_back("The right ventricle was found only in part: look at it before using its volumes.");
  if (frames < 15) out.notes.push_back(fmt::format("Only {} frames of the beat: end-systole may lie between two of them, so the ejection fraction is a lower bound.", frames));
  progress.report(1.0, "segmented");
  return out;
}

Result<Segmentation> segment_mr_cine(const core::Volume& scan, const core::Progress&) {
  if (scan.quantity == "HU") return core::bad_input("This is a CT. This recipe is for a short-axis cine MR.");
  return core::bad_input(fmt::format("This image does not move ({:.3g} mm between planes, one frame): the heart is found by its motion. Import the short-axis cine as one reading with all its frames.", scan.grid.spacing.maxCoeff()));
}

}  // namespace ot::imaging
