// SPDX-License-Identifier: GPL-3.0-or-later
// Throats thinner than three voxels: from a scan with partial volume, scanner blur and noise to the degree of the stenosis.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "app/session/case.hpp"
#include "app/session/twin_parts.hpp"
#include "app/verify/cases.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/phantom/render.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "imaging/segmentation/throat_bridge.hpp"
#include "imaging/segmentation/voxels.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {
namespace {

using core::Vec3;
namespace l = core::labels;

constexpr double length_mm = 44, throat_mm = 22, half_mm = 6, fat_hu = -90, blood_hu = 370;

// A straight 3 mm vessel across the voxels, narrowed by a cosine of 12 mm; blood in fat as in the coronary phantom.
struct TubeScan {
  core::Volume ct;
  core::LabelMap labels;
};
core::Result<TubeScan> tube_scan(double percent, double h, double noise_hu, std::uint64_t seed, const core::Progress& progress) {
  const Vec3 axis = Vec3(0.48, 0.6, 0.64);
  TubeScan out;
  core::Grid& g = out.ct.grid;
  for (int d = 0; d < 3; ++d) g.size[std::size_t(d)] = int((length_mm * axis[d] + 14) / h);
  g.spacing = Vec3::Constant(h);
  g.origin = Vec3(-7.03, -6.91, -7.11);
  const auto inside = [&](const Vec3& x) {
    const double z = x.dot(axis), s = z - throat_mm;
    if (z < 0 || z > length_mm) return false;
    const double r = std::abs(s) < half_mm ? 1.5 * (1 - 0.005 * percent * (1 + std::cos(std::numbers::pi * s / half_mm))) : 1.5;
    return (x - z * axis).squaredNorm() < r * r;
  };
  constexpr int sub = 6;
  out.ct.values.resize(g.voxels());
  core::parallel_chunks(g.size[2], 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int k = int(b); k < int(e); ++k)
      for (int j = 0; j < g.size[1]; ++j)
        for (int i = 0; i < g.size[0]; ++i) {
          const Vec3 x = g.to_patient(Vec3(i, j, k));
          const double z = x.dot(axis), off = (x - z * axis).norm();
          int in = 0;
          if (off < 1.5 + h) {
            for (int n = 0; n < sub * sub * sub; ++n)
              in += inside(g.to_patient(Vec3(i + (n % sub + 0.5) / sub - 0.5, j + (n / sub % sub + 0.5) / sub - 0.5, k + (n / (sub * sub) + 0.5) / sub - 0.5)));
          }
          out.ct.values[g.offset(i, j, k)] = float(fat_hu + (blood_hu - fat_hu) * in / (sub * sub * sub));
        }
  });
  // Focus and kernel of a clinical scanner: 0.6 mm full width at half height with the voxel's own box.
  out.ct.values = imaging::voxels::gaussian(g, out.ct.values, 0.25);
  for (std::size_t n = 0; n < out.ct.values.size(); ++n) out.ct.values[n] += float(noise_hu * imaging::counter_normal(seed, n));
  out.ct.quantity = "HU";
  // Labels as the recipe for coronaries makes them (coronary_ct.cpp): half of the step, and a fifth of it within 1.6 mm of that.
  out.labels.grid = g;
  out.labels.labels = l::heart();
  const auto smooth = imaging::voxels::gaussian(g, out.ct.values, 0.35);
  imaging::voxels::Mask lumen(smooth.size()), wide(smooth.size());
  for (std::size_t n = 0; n < smooth.size(); ++n) lumen[n] = smooth[n] > 0.5 * (110 + blood_hu);
  const auto near = imaging::voxels::distance_to(g, lumen);
  for (std::size_t n = 0; n < smooth.size(); ++n) wide[n] = lumen[n] || (smooth[n] > 110 + 0.2 * (blood_hu - 110) && near[n] <= 1.6f);
  std::vector<std::size_t> sizes;
  const auto part = imaging::voxels::components(g, wide, sizes);
  std::vector<char> kept(sizes.size(), 0);
  kept[std::size_t(std::max_element(sizes.begin() + 1, sizes.end()) - sizes.begin())] = 1;
  const auto bridges = imaging::bridge_throats(g, out.ct.values, blood_hu - fat_hu, part, kept, progress);
  if (!bridges) return core::pass(bridges);
  out.labels.values.assign(smooth.size(), 0);
  for (std::size_t n = 0; n < wide.size(); ++n) out.labels.values[n] = part[n] && kept[std::size_t(part[n])] ? l::coronary : 0;
  for (const std::size_t n : *bridges) out.labels.values[n] = l::coronary;
  return out;
}

}  // namespace

Rows vessel_throats(bool quick, const core::Progress& progress) {
  std::vector<Row> rows;
  const std::string source = "issue 3: stenosis degree within 3 percentage points; known truth of the scan, throats of 1.2 to 2.3 voxels";
  const auto add = [&](const std::string& quantity, double value, double reference, double tolerance, double wall) {
    Row r;
    r.name = "vessels/throats";
    r.quantity = quantity;
    r.value = value, r.reference = reference, r.tolerance = tolerance;
    r.relative = false;
    r.source = source;
    r.wall_s = wall;
    r.threads = core::thread_count();
    r.quick = quick;
    rows.push_back(r);
  };
  const auto judge = [&](const std::string& tag, double percent, core::Volume ct, core::LabelMap labels) -> core::Result<void> {
    const auto start = std::chrono::steady_clock::now();
    session::ImageData image;
    image.key = "ct";
    image.volume = std::make_shared<const core::Volume>(std::move(ct));
    image.labels = std::make_shared<const core::LabelMap>(std::move(labels));
    const auto lumen = session::coronary_lumen(image, progress);
    if (!lumen && lumen.error().code == core::ErrorCode::cancelled) return core::pass(lumen);
    const auto found = lumen ? core::find_stenoses(lumen->network) : std::vector<core::Stenosis>{};
    double most = 0;
    for (const auto& s : found) most = std::max(most, s.diameter_percent);
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    add("percent_" + tag, most, percent, 3, wall);   // a lumen that is lost or broken counts as 0
    add("lesions_" + tag, double(found.size()), 1, 0, wall);
    return {};
  };
  for (const auto& [h, percent] : {std::pair(0.5, 70.0), std::pair(0.5, 80.0), std::pair(0.4, 70.0), std::pair(0.4, 80.0), std::pair(0.45, 75.0), std::pair(0.5, 55.0)}) {
    if (progress.cancelled()) return core::cancelled();
    auto scan = tube_scan(percent, h, 20, 7 + std::uint64_t(percent * 10 + h * 100), progress);
    if (!scan) return core::pass(scan);
    if (auto ok = judge(fmt::format("tube_{:g}_{:g}mm", percent, h), percent, std::move(scan->ct), std::move(scan->labels)); !ok) return core::pass(ok);
    if (quick && percent == 80) return rows;
  }
  // The whole way on the coronary phantom: recipe, border, mesh.
  for (const double percent : {70.0, 80.0}) {
    imaging::PhantomParams p;
    p.spacing_mm = 0.5;
    p.stenosis_percent = percent;
    auto phantom = imaging::make_coronary_phantom(p, progress);
    if (!phantom) return core::pass(phantom);
    auto made = imaging::find_recipe("coronary_ct")->run(phantom->ct, progress);
    if (!made) return core::pass(made);
    if (auto ok = judge(fmt::format("phantom_{:g}_0.5mm", percent), percent, std::move(phantom->ct), std::move(made->labels)); !ok) return core::pass(ok);
  }
  return rows;
}

}  // namespace ot::verify
