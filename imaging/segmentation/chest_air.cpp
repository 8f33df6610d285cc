// SPDX-License-Identifier: GPL-3.0-or-later
// Gas, body, lungs and airways. Steps after Hu, Hoffman, Reinhardt (IEEE TMI 20:490, 2001, doi 10.1109/42.929615): optimal threshold, connected
// gas inside the body, airways taken out, left and right parted, vessels closed in. Airways: gas close to air, kept below the leak
// (Mori et al., IEEE TMI 19:1, 2000, doi 10.1109/42.832955: the largest threshold before the grown volume explodes).
#include <algorithm>
#include <cmath>

#include "imaging/segmentation/chest_parts.hpp"

namespace ot::imaging::chest {
namespace {

using voxels::Mask;

// Lung below this is emphysema (Gevenois et al., AJRCCM 154:187, 1996: -950 HU); a whole region whose median is lower is air.
constexpr double densest_air_hu = -955.0;
constexpr double vessel_closing_mm = 6.0;    // pulmonary vessels of up to 12 mm belong to the lung, the hilar ones do not
constexpr double least_lung_ml = 60.0;       // smaller pockets of gas are bowel, or too little of a lung to be worth a label

template <class T>
double median_of(std::vector<T>& v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return double(v[v.size() / 2]);
}

struct Pocket {
  std::size_t voxels = 0;
  bool side = false, end = false;
  double median = 0;             // of its interior
};

// What is known about each connected region of gas.
std::vector<Pocket> pockets(const Scan& s, const std::vector<std::int32_t>& part, std::size_t count) {
  const core::Grid& g = s.grid;
  std::vector<Pocket> out(count);
  std::vector<std::vector<float>> inner(count);
  const std::ptrdiff_t nx = g.size[0], nxy = nx * g.size[1];
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const auto o = std::ptrdiff_t(g.offset(i, j, k));
        const auto id = part[std::size_t(o)];
        if (!id) continue;
        Pocket& p = out[std::size_t(id)];
        ++p.voxels;
        p.side = p.side || i == 0 || j == 0 || i + 1 == g.size[0] || j + 1 == g.size[1];
        p.end = p.end || k == 0 || k + 1 == g.size[2];
        if (i > 0 && j > 0 && i + 1 < g.size[0] && j + 1 < g.size[1] && (i + j + k) % 3 == 0 && part[std::size_t(o - 1)] == id && part[std::size_t(o + 1)] == id &&
            part[std::size_t(o - nx)] == id && part[std::size_t(o + nx)] == id && (k == 0 || part[std::size_t(o - nxy)] == id) && (k + 1 == g.size[2] || part[std::size_t(o + nxy)] == id))
          inner[std::size_t(id)].push_back(s.values[std::size_t(o)]);
      }
  for (std::size_t p = 1; p < count; ++p) out[p].median = inner[p].size() < 8 ? -2000 : median_of(inner[p]);
  return out;
}

std::size_t count(const Mask& m) {
  std::size_t n = 0;
  for (auto v : m) n += v;
  return n;
}

// Airways inside the gas of the lungs: seeds are cores of air within walls; the threshold rises until the volume explodes into the lung.
Mask find_airway(const Scan& s, const Mask& gas, const Levels& levels, const core::Progress& progress) {
  Mask none(gas.size(), 0);
  if (!s.hounsfield || levels.lung - levels.air < 60) return none;   // lung as dark as air: no wall-free way to tell them apart
  const core::Grid& g = s.grid;
  const double voxel_ml = g.voxel_volume() / 1000;
  const auto dark = [&](double share) {
    Mask m(gas.size());
    const double t = levels.air + share * (levels.lung - levels.air);
    for (std::size_t i = 0; i < m.size(); ++i) m[i] = gas[i] && s.values[i] < t;
    return m;
  };
  // Cores: at least 4.5 mm of air in every direction, with a bright wall around most of it (a bulla has lung around it).
  const Mask base = dark(0.35);
  const Mask cores = voxels::open(g, base, 2.2);
  if (progress.cancelled()) return none;
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, cores, sizes);
  std::vector<double> wall(sizes.size(), 0), rim(sizes.size(), 0);
  const double bright = 0.5 * (levels.lung + levels.gas);
  const int reach = std::max(1, int(std::lround(3.0 / g.spacing[0])));   // airway walls begin within 3 mm of the core
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const auto id = part[g.offset(i, j, k)];
        if (!id) continue;
        const int step[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
        for (const auto& d : step) {
          if (!g.contains(i + d[0], j + d[1], k) || part[g.offset(i + d[0], j + d[1], k)] == id) continue;
          ++rim[std::size_t(id)];
          for (int r = 1; r <= reach; ++r)
            if (g.contains(i + r * d[0], j + r * d[1], k) && s.values[g.offset(i + r * d[0], j + r * d[1], k)] > bright) {
              ++wall[std::size_t(id)];
              break;
            }
        }
      }
  Mask seeds(gas.size(), 0);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const auto p = std::size_t(part[i]);
    seeds[i] = p && double(sizes[p]) * voxel_ml > 0.3 && wall[p] > 0.75 * rim[p];
  }
  if (count(seeds) == 0) return none;
  Mask best(gas.size(), 0);
  double before = 0;
  for (double share : {0.35, 0.45, 0.55, 0.65, 0.75}) {
    if (progress.cancelled()) return none;
    const Mask m = dark(share);
    std::vector<std::size_t> size;
    const auto id = voxels::components(g, m, size);
    std::vector<std::uint8_t> keep(size.size(), 0);
    for (std::size_t i = 0; i < m.size(); ++i)
      if (seeds[i] && id[i]) keep[std::size_t(id[i])] = 1;
    keep[0] = 0;
    double ml = 0;
    for (std::size_t p = 1; p < size.size(); ++p) ml += keep[p] ? double(size[p]) * voxel_ml : 0;
    // The whole tree of an adult holds about 100 ml, two thirds of it in trachea and main bronchi: a growth by half is a leak.
    if (before > 0 && (ml > 1.5 * before + 1.0 || ml > 200)) break;
    if (before == 0 && ml > 200) break;
    for (std::size_t i = 0; i < m.size(); ++i) best[i] = keep[std::size_t(id[i])];
    before = ml;
  }
  // The blurred rim of the lumen belongs to it.
  const Mask grown = voxels::dilate(g, best, 1.05 * g.spacing.maxCoeff());
  for (std::size_t i = 0; i < grown.size(); ++i) best[i] = best[i] || (grown[i] && s.values[i] < levels.gas && s.values[i] < levels.air + 0.9 * (levels.lung - levels.air));
  return best;
}

}  // namespace

bool find_gas_level(const Scan& s, Levels& levels) {
  std::vector<float> some;
  for (std::size_t i = 0; i < s.values.size(); i += 7) some.push_back(s.hounsfield ? std::clamp(s.values[i], -1024.0f, 200.0f) : s.values[i]);
  const auto t = voxels::otsu(some, s.hounsfield ? 2 : 3);   // in HU air is -1000 and soft tissue 0 to 100 by definition: two classes
  if (t.empty()) return false;
  levels.gas = t[0];
  std::vector<float> dark;
  for (float v : some)
    if (v < levels.gas) dark.push_back(v);
  if (dark.size() < 16) return false;
  std::nth_element(dark.begin(), dark.begin() + std::ptrdiff_t(dark.size() / 50), dark.end());
  levels.air = s.hounsfield ? -1000.0 : double(dark[dark.size() / 50]);
  return !s.hounsfield || (levels.gas > -850 && levels.gas < -150);
}

Mask find_body(const Scan& s, Levels& levels) {
  const core::Grid& g = s.grid;
  Mask gas(s.values.size());
  for (std::size_t i = 0; i < gas.size(); ++i) gas[i] = s.values[i] < levels.gas;
  Mask inner(gas.size());   // 1 = not outside air
  {
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, gas, sizes);
    const auto pocket = pockets(s, part, sizes.size());
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const Pocket& p = pocket[std::size_t(part[i])];
      inner[i] = !part[i] || !p.side || (s.hounsfield && p.median > densest_air_hu);
    }
  }
  // An opening of 3 mm takes the couch, blankets and leads off; the largest piece is the patient, and gas inside comes back with it.
  Mask opened = voxels::open(g, inner, 3.0);
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, opened, sizes);
  // Cropped fields can cut the patient into pieces: every piece of at least a tenth of the largest that is not a flat shell counts.
  std::size_t most = 0;
  for (std::size_t p = 1; p < sizes.size(); ++p) most = std::max(most, sizes[p]);
  const Mask core = voxels::erode(g, opened, 12.0);   // a couch is thinner than 24 mm
  std::vector<std::size_t> thick(sizes.size(), 0);
  for (std::size_t i = 0; i < core.size(); ++i) thick[std::size_t(part[i])] += core[i];
  for (std::size_t i = 0; i < opened.size(); ++i) {
    const auto p = std::size_t(part[i]);
    opened[i] = p && sizes[p] * 10 >= most && thick[p] * 10 > sizes[p];
  }
  const Mask body = voxels::fill_holes(g, opened);
  // Fat | soft tissue, and the commonest soft-tissue value.
  std::vector<float> tissue;
  for (std::size_t i = 0; i < body.size(); i += 3)
    if (body[i] && !gas[i]) tissue.push_back(s.values[i]);
  if (tissue.size() < 1000) return body;
  // Three classes: fat with what gas blurs into | soft | contrast and bone; metal and enamel cut off (otsu() drops 0.1 %, they can be more).
  std::vector<float> sorted = tissue;
  std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() * 98 / 100), sorted.end());
  const float high = sorted[sorted.size() * 98 / 100];
  for (float& v : sorted) v = std::min(v, high);
  std::vector<double> t;
  if (s.hounsfield) {
    // In HU fat and soft tissue lie within -200 .. 150 by definition of the scale; how much of each there is must not matter.
    std::vector<float> both;
    for (float v : tissue)
      if (v > -200 && v < 150) both.push_back(v);
    t = voxels::otsu(std::move(both), 2);
    t.push_back(150);
  } else {
    t = voxels::otsu(std::move(sorted), 3);
  }
  if (t.size() < 2) return body;
  levels.fat = t[0];
  std::array<std::size_t, 128> bins{};
  const double width = (t[1] - t[0]) / 128;
  for (float v : tissue) {
    const int b = int(std::floor((v - levels.fat) / width));
    if (b >= 0 && b < 128) ++bins[std::size_t(b)];
  }
  std::size_t best = 0, top = 0;
  for (std::size_t b = 2; b + 2 < bins.size(); ++b) {
    const std::size_t n = bins[b - 2] + bins[b - 1] + bins[b] + bins[b + 1] + bins[b + 2];
    if (n > top) top = n, best = b;
  }
  levels.soft = levels.fat + (double(best) + 0.5) * width;
  return body;
}

Lungs find_lungs(const Scan& s, const Mask& body, Levels& levels, const core::Progress& progress) {
  Lungs out;
  const core::Grid& g = s.grid;
  const double voxel_ml = g.voxel_volume() / 1000;
  Mask gas(body.size());
  for (std::size_t i = 0; i < gas.size(); ++i) gas[i] = body[i] && s.values[i] < levels.gas;
  out.left.assign(gas.size(), 0);
  out.right = out.airway = out.left;
  {
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, gas, sizes);
    const auto pocket = pockets(s, part, sizes.size());
    std::vector<float> inside;
    std::vector<std::uint8_t> keep(sizes.size(), 0);
    for (std::size_t p = 1; p < sizes.size(); ++p)
      keep[p] = double(sizes[p]) * voxel_ml > least_lung_ml && (!s.hounsfield || (pocket[p].median > densest_air_hu && pocket[p].median < -500));
    for (std::size_t i = 0; i < gas.size(); ++i) {
      const auto p = std::size_t(part[i]);
      gas[i] = keep[p];
      if (keep[p]) inside.push_back(s.values[i]);
    }
    for (std::size_t p = 1; p < sizes.size(); ++p) out.cut_by_sides = out.cut_by_sides || (keep[p] && pocket[p].side), out.cut_by_ends = out.cut_by_ends || (keep[p] && pocket[p].end);
    if (inside.empty()) return out;
    out.found = true;
    levels.lung = median_of(inside);
    if (progress.cancelled()) return out;
    // The trachea may be a pocket of its own where the scan begins below or above its branches.
    Mask all_gas = gas;
    for (std::size_t i = 0; i < gas.size(); ++i) {
      const auto p = std::size_t(part[i]);
      all_gas[i] = gas[i] || (p && !pocket[p].side && double(sizes[p]) * voxel_ml < 150);
    }
    out.airway = find_airway(s, all_gas, levels, progress.part(0, 0.5));
  }
  if (progress.cancelled()) return out;
  Mask lung(gas.size());
  for (std::size_t i = 0; i < gas.size(); ++i) lung[i] = gas[i] && !out.airway[i];
  lung = voxels::open(g, lung, 1.01 * g.spacing.maxCoeff());   // walls of airways and slivers between them
  // Left and right: cores shrink until no core of note reaches across; every lung voxel then joins the nearest core.
  double middle = 0;
  {
    double n = 0, sum = 0;
    for (std::size_t i = 0; i < body.size(); ++i)
      if (body[i]) sum += double(i % std::size_t(g.size[0])), ++n;
    middle = n > 0 ? sum / n : 0.5 * g.size[0];
  }
  const auto sides = [&](const std::vector<std::int32_t>& part, const std::vector<std::size_t>& sizes, Mask& l, Mask& r) {
    std::vector<double> x(sizes.size(), 0), lowest(sizes.size(), 1e9), highest(sizes.size(), -1e9);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const double at = double(i % std::size_t(g.size[0]));
      const auto p = std::size_t(part[i]);
      x[p] += at, lowest[p] = std::min(lowest[p], at), highest[p] = std::max(highest[p], at);
    }
    bool both = true;
    std::size_t nl = 0, nr = 0;
    for (std::size_t p = 1; p < sizes.size(); ++p) {
      const double centre = x[p] / double(sizes[p]);
      // One core on both sides of the middle by more than 30 mm is both lungs.
      if (double(sizes[p]) * voxel_ml > 30 && lowest[p] < middle - 30 / g.spacing[0] && highest[p] > middle + 30 / g.spacing[0]) both = false;
      (centre > middle ? nl : nr) += sizes[p];
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto p = std::size_t(part[i]);
      if (!p) continue;
      (x[p] / double(sizes[p]) > middle ? l : r)[i] = 1;
    }
    return both && nl + nr > 0;
  };
  bool parted = false;
  for (double radius : {0.0, 2.0, 4.0, 6.0, 9.0}) {
    if (progress.cancelled()) return out;
    const Mask core = radius > 0 ? voxels::erode(g, lung, radius) : lung;
    std::vector<std::size_t> sizes;
    const auto part = voxels::components(g, core, sizes);
    Mask l(core.size(), 0), r(core.size(), 0);
    parted = sides(part, sizes, l, r);
    if (!parted) continue;
    if (radius > 0 && count(l) > 0 && count(r) > 0) {
      const auto to_l = voxels::distance_to(g, l), to_r = voxels::distance_to(g, r);
      for (std::size_t i = 0; i < core.size(); ++i) l[i] = lung[i] && to_l[i] <= to_r[i], r[i] = lung[i] && !l[i];
    }
    out.left = std::move(l), out.right = std::move(r);
    break;
  }
  if (!parted) {   // as one
    out.separated = false;
    out.left = lung;
  }
  for (Mask* side : {&out.left, &out.right}) {
    if (progress.cancelled()) return out;
    if (count(*side) == 0) continue;
    const Mask closed = voxels::fill_holes(g, voxels::close(g, *side, vessel_closing_mm));
    const Mask& other = side == &out.left ? out.right : out.left;
    for (std::size_t i = 0; i < closed.size(); ++i) (*side)[i] = (*side)[i] || (closed[i] && body[i] && !out.airway[i] && !other[i]);
  }
  return out;
}

}  // namespace ot::imaging::chest
