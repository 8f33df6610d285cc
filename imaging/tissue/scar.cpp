// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/scar.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "imaging/tissue/wall_grid.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

namespace l = core::labels;
using core::Vec3;
constexpr double nan_d = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t least_remote = 20;   // voxels; the SD of fewer is off by more than 16 %

// f(neighbour index) over the wall voxels around one, faces only or all 26.
template <class F>
void neighbours(const WallSample& s, std::size_t n, bool faces, F&& f) {
  const auto& g = s.grid;
  const std::size_t v = s.voxel[n];
  const int i = int(v % std::size_t(g.size[0])), j = int(v / std::size_t(g.size[0]) % std::size_t(g.size[1])), k = int(v / std::size_t(g.size[0]) / std::size_t(g.size[1]));
  for (int c = -1; c <= 1; ++c)
    for (int b = -1; b <= 1; ++b)
      for (int a = -1; a <= 1; ++a) {
        const int far = std::abs(a) + std::abs(b) + std::abs(c);
        if (far == 0 || (faces && far > 1) || !g.contains(i + a, j + b, k + c)) continue;
        f(s.number[g.offset(i + a, j + b, k + c)], g.offset(i + a, j + b, k + c));
      }
}

struct Remote {
  double mean = 0, sd = 0;
  std::size_t count = 0;
  std::vector<int> segments;
};

Remote statistics(const WallSample& s, const std::vector<std::size_t>& voxels) {
  Remote r;
  r.count = voxels.size();
  double sum = 0, square = 0;
  for (const std::size_t n : voxels) sum += double(s.value[n]);
  r.mean = r.count ? sum / double(r.count) : 0;
  for (const std::size_t n : voxels) square += (double(s.value[n]) - r.mean) * (double(s.value[n]) - r.mean);
  r.sd = r.count > 1 ? std::sqrt(square / double(r.count - 1)) : 0;
  return r;
}

// Away from both borders of the wall, where no blood or fat shares the voxel.
bool inner(const WallSample& s, std::size_t n) { return s.rim[n] == 0; }

core::Result<Remote> remote_of(const WallSample& s, const ScarParams& p, bool scar_is_dark) {
  std::vector<std::size_t> chosen;
  if (p.remote.radius_mm > 0) {
    for (std::size_t n = 0; n < s.voxel.size(); ++n) {
      const std::size_t v = s.voxel[n];
      const Vec3 x(double(v % std::size_t(s.grid.size[0])), double(v / std::size_t(s.grid.size[0]) % std::size_t(s.grid.size[1])),
                   double(v / std::size_t(s.grid.size[0]) / std::size_t(s.grid.size[1])));
      if ((s.grid.to_patient(x) - p.remote.centre).norm() <= p.remote.radius_mm) chosen.push_back(n);
    }
    if (chosen.size() < least_remote)
      return core::bad_input(fmt::format("The picked remote region holds {} voxels of LV wall, {} are needed (mean and SD of fewer are not reliable). Pick a point inside healthy wall or a larger radius.", chosen.size(), least_remote));
    return statistics(s, chosen);
  }
  std::array<std::vector<std::size_t>, 18> by_segment;
  for (std::size_t n = 0; n < s.voxel.size(); ++n)
    if (inner(s, n)) by_segment[s.segment[n]].push_back(n);
  if (!p.remote.segments.empty()) {
    for (const int segment : p.remote.segments) {
      if (segment < 1 || segment > 17) return core::wrong_usage(fmt::format("There is no segment {} (the remote region needs AHA segments 1 to 17). Give one of those.", segment));
      const auto& part = by_segment[std::size_t(segment)];
      chosen.insert(chosen.end(), part.begin(), part.end());
    }
    if (chosen.size() < least_remote)
      return core::bad_input(fmt::format("The remote segments hold {} inner wall voxels, {} are needed (mean and SD of fewer are not reliable). Choose more segments.", chosen.size(), least_remote));
    Remote r = statistics(s, chosen);
    r.segments = p.remote.segments;
    return r;
  }
  // Automatic: the segment that looks least like scar and is most uniform, and the ones like it.
  std::array<Remote, 18> each;
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int q = 1; q <= 17; ++q) {
    each[std::size_t(q)] = statistics(s, by_segment[std::size_t(q)]);
    const Remote& r = each[std::size_t(q)];
    if (r.count < least_remote) continue;
    const double score = (scar_is_dark ? -r.mean : r.mean) + r.sd;
    if (score < least) least = score, best = q;
  }
  if (best == 0) {   // a wall too thin or voxels too coarse for an inner layer: all of it
    for (std::size_t n = 0; n < s.voxel.size(); ++n) by_segment[s.segment[n]].push_back(n);
    for (int q = 1; q <= 17; ++q) {
      each[std::size_t(q)] = statistics(s, by_segment[std::size_t(q)]);
      const Remote& r = each[std::size_t(q)];
      const double score = (scar_is_dark ? -r.mean : r.mean) + r.sd;
      if (r.count >= least_remote && score < least) least = score, best = q;
    }
  }
  if (best == 0) return core::bad_input("No segment of the LV wall has enough voxels for a remote region (its mean and SD set the threshold). Pick a remote region by hand.");
  const Remote base = each[std::size_t(best)];
  std::vector<int> segments;
  for (int q = 1; q <= 17; ++q) {
    const Remote& r = each[std::size_t(q)];
    // Alike: mean within half an SD, spread within a quarter
    if (q != best && (r.count < least_remote || std::abs(r.mean - base.mean) > 0.5 * base.sd || r.sd > 1.25 * base.sd)) continue;
    segments.push_back(q);
    chosen.insert(chosen.end(), by_segment[std::size_t(q)].begin(), by_segment[std::size_t(q)].end());
  }
  Remote r = statistics(s, chosen);
  r.segments = segments;
  return r;
}

// Connected parts (26 neighbours) of the voxels with on != 0: number per voxel, sizes from 1.
std::vector<std::int32_t> parts_of(const WallSample& s, const std::vector<std::uint8_t>& on, std::vector<std::size_t>& sizes) {
  std::vector<std::int32_t> part(on.size(), 0);
  sizes.assign(1, 0);
  std::vector<std::size_t> stack;
  for (std::size_t n = 0; n < on.size(); ++n) {
    if (!on[n] || part[n]) continue;
    const std::int32_t id = std::int32_t(sizes.size());
    sizes.push_back(0);
    part[n] = id;
    stack.push_back(n);
    while (!stack.empty()) {
      const std::size_t m = stack.back();
      stack.pop_back();
      ++sizes.back();
      neighbours(s, m, false, [&](std::int32_t q, std::size_t) {
        if (q >= 0 && on[std::size_t(q)] && !part[std::size_t(q)]) {
          part[std::size_t(q)] = id;
          stack.push_back(std::size_t(q));
        }
      });
    }
  }
  return part;
}

std::size_t drop_islands(const WallSample& s, std::vector<std::uint8_t>& on, double least_ml) {
  std::vector<std::size_t> sizes;
  const auto part = parts_of(s, on, sizes);
  std::size_t dropped = 0;
  for (std::size_t n = 0; n < on.size(); ++n)
    if (on[n] && double(sizes[std::size_t(part[n])]) * s.voxel_ml < least_ml) on[n] = 0, ++dropped;
  return dropped;
}

// The layer that shares faces with blood or the outside: about a quarter of such a voxel is its neighbour (between none and half, for
// the label is the majority's), so its threshold moves a quarter that way. Where the neighbour itself looks like scar (bright blood), a
// voxel half filled with it would pass: there the wall beneath decides.
void settle_rim(const WallSample& s, const std::vector<float>& value, std::vector<std::uint8_t>& on, double threshold, bool above) {
  constexpr double shared = 0.25;
  const std::vector<std::uint8_t> before = on;
  for (std::size_t n = 0; n < on.size(); ++n) {
    if (std::isnan(s.beside[n])) continue;
    const double moved = (1 - shared) * threshold + shared * double(s.beside[n]);
    on[n] = above ? double(value[n]) > moved : double(value[n]) < moved;
    const double worst = double(above ? s.brightest[n] : s.darkest[n]);
    if (above ? worst <= threshold : worst >= threshold) continue;
    int inside = 0, scar = 0;
    for (const bool faces : {true, false}) {
      neighbours(s, n, faces, [&](std::int32_t q, std::size_t) {
        if (q < 0 || !std::isnan(s.beside[std::size_t(q)])) return;
        ++inside;
        scar += before[std::size_t(q)];
      });
      if (inside) break;
    }
    if (inside) on[n] = 2 * scar >= inside;   // else a wall of two voxels: its own value is all there is
  }
}

// Wall that scar closes in against the cavity and that is not bright: microvascular obstruction. Returns voxels added.
std::size_t fill_dark_core(const WallSample& s, std::vector<std::uint8_t>& scar) {
  std::vector<std::uint8_t> rest(scar.size());
  for (std::size_t n = 0; n < scar.size(); ++n) rest[n] = !scar[n];
  std::vector<std::size_t> sizes;
  const auto part = parts_of(s, rest, sizes);
  if (sizes.size() <= 2) return 0;
  std::vector<std::uint8_t> outside(sizes.size(), 0);
  for (std::size_t n = 0; n < scar.size(); ++n)
    if (rest[n] && (s.rim[n] & 2)) outside[std::size_t(part[n])] = 1;   // reaches the epicardium: not a core
  const std::size_t largest = std::size_t(std::max_element(sizes.begin() + 1, sizes.end()) - sizes.begin());
  std::size_t added = 0;
  for (std::size_t n = 0; n < scar.size(); ++n)
    if (rest[n] && std::size_t(part[n]) != largest && !outside[std::size_t(part[n])]) scar[n] = 1, ++added;
  return added;
}

double half_maximum(const WallSample& s, const Remote& remote, double& peak) {
  peak = -std::numeric_limits<double>::infinity();
  std::vector<std::uint8_t> bright(s.voxel.size());
  for (std::size_t n = 0; n < bright.size(); ++n) bright[n] = inner(s, n) && double(s.value[n]) > remote.mean + 5 * remote.sd;
  drop_islands(s, bright, 3 * s.voxel_ml);   // single bright voxels are noise
  for (std::size_t n = 0; n < bright.size(); ++n)
    if (bright[n]) peak = std::max(peak, double(s.smooth[n]));
  return std::isfinite(peak) ? remote.mean + 0.5 * (peak - remote.mean) : nan_d;
}

}  // namespace

const char* name_of(ScarMethod method) {
  switch (method) {
    case ScarMethod::none: return "none";
    case ScarMethod::n_sd: return "nsd";
    case ScarMethod::fwhm: return "fwhm";
    case ScarMethod::hu: return "hu";
    case ScarMethod::thinning: return "thinning";
  }
  return "none";
}

core::Result<ScarMethod> scar_method(const std::string& name) {
  for (const auto m : {ScarMethod::none, ScarMethod::n_sd, ScarMethod::fwhm, ScarMethod::hu, ScarMethod::thinning})
    if (name == name_of(m)) return m;
  return core::wrong_usage(fmt::format("There is no scar method '{}' (scar cannot be found with it). Use nsd, fwhm, hu, thinning or none.", name));
}

core::Result<WallSample> sample_wall(const core::LabelMap& labels, const core::Volume* image, const core::LvFrame& frame, const WallMap& wall, const core::Progress& progress) {
  if (image && !image->grid.same_as(labels.grid)) return core::bad_input("The image and its labels have different grids (values cannot be read per label). Bring the labels to the image's grid first.");
  const tissue::WallGrid w = tissue::wall_grid(labels, 3.0);
  if (w.wall == 0) return core::bad_input("The labels hold no LV myocardium (scar is looked for in the wall only). Segment the LV myocardium first.");
  OT_EXPECT(w.grid.size == wall.grid.size);
  WallSample s;
  s.grid = w.grid;
  s.low = w.low;
  s.ct = image && image->quantity == "HU";
  s.voxel_ml = w.grid.voxel_volume() / 1000.0;
  s.number.assign(w.part.size(), -1);
  const core::Grid& g = w.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t v = g.offset(i, j, k);
        if (w.part[v] != tissue::Part::wall) continue;
        s.number[v] = std::int32_t(s.voxel.size());
        s.voxel.push_back(std::uint32_t(v));
        s.source.push_back(std::uint32_t(labels.grid.offset(i + w.low[0], j + w.low[1], k + w.low[2])));
        const Vec3 x = g.to_patient(Vec3(i, j, k));
        const double depth = core::lv_depth(frame, x);
        s.depth.push_back(float(depth));
        s.segment.push_back(std::uint8_t(core::aha_segment(depth, core::lv_angle_deg(frame, x))));
        s.thickness_mm.push_back(wall.thickness_mm[v]);
        s.transmural.push_back(wall.transmural[v]);
      }
  if (progress.cancelled()) return core::cancelled();
  const std::size_t n_wall = s.voxel.size();
  s.rim.assign(n_wall, 0);
  if (image) {
    s.value.resize(n_wall);
    for (std::size_t n = 0; n < n_wall; ++n) {
      s.value[n] = image->values[s.source[n]];
      if (!std::isfinite(s.value[n])) s.value[n] = 0;
    }
    s.smooth.resize(n_wall);
    s.brightest.assign(n_wall, std::numeric_limits<float>::quiet_NaN());
    s.darkest = s.beside = s.brightest;
  }
  core::parallel_chunks(std::ptrdiff_t(n_wall), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t q = b; q < e; ++q) {
      const std::size_t n = std::size_t(q);
      neighbours(s, n, false, [&](std::int32_t m, std::size_t v) {
        if (m < 0) s.rim[n] |= w.part[v] == tissue::Part::blood ? 1 : 2;
      });
      if (!image) continue;
      double outside = 0;
      int outsides = 0;
      neighbours(s, n, true, [&](std::int32_t m, std::size_t v) {
        if (m >= 0) return;
        const int i = int(v % std::size_t(g.size[0])), j = int(v / std::size_t(g.size[0]) % std::size_t(g.size[1])), k = int(v / std::size_t(g.size[0]) / std::size_t(g.size[1]));
        const float value = image->at(i + w.low[0], j + w.low[1], k + w.low[2]);
        s.brightest[n] = std::isnan(s.brightest[n]) ? value : std::max(s.brightest[n], value);
        s.darkest[n] = std::isnan(s.darkest[n]) ? value : std::min(s.darkest[n], value);
        outside += double(value);
        ++outsides;
      });
      if (outsides) s.beside[n] = float(outside / outsides);
    }
  });
  if (progress.cancelled()) return core::cancelled();
  if (image)
    core::parallel_chunks(std::ptrdiff_t(n_wall), 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t q = b; q < e; ++q) {
        const std::size_t n = std::size_t(q);
        double sum = double(s.value[n]), count = 1;
        neighbours(s, n, false, [&](std::int32_t m, std::size_t) {
          if (m < 0 || (std::isnan(s.beside[n]) && !std::isnan(s.beside[std::size_t(m)]))) return;   // an outer voxel's blood or fat stays out
          sum += double(s.value[std::size_t(m)]);
          ++count;
        });
        s.smooth[n] = float(sum / count);
      }
    });
  return s;
}

core::Result<ScarResult> classify_wall(const WallSample& s, const ScarParams& p, const core::Progress& progress) {
  const std::size_t n_wall = s.voxel.size();
  ScarResult out;
  out.label.assign(n_wall, std::uint8_t(l::lv_myocardium));
  out.wall_ml = double(n_wall) * s.voxel_ml;
  out.threshold = out.border_threshold = out.peak = out.remote_mean = out.remote_sd = nan_d;
  const bool by_value = p.method == ScarMethod::n_sd || p.method == ScarMethod::fwhm || p.method == ScarMethod::hu;
  if ((by_value || p.fat) && s.value.empty()) return core::bad_input("There is no image under the labels (scar from intensities needs one). Use wall thinning, or import the image.");
  if (p.method == ScarMethod::n_sd && !(p.n >= 2 && p.n <= 6)) return core::wrong_usage(fmt::format("A threshold of {:g} SD is outside 2 to 6 (the range in which it was validated). Give n from 2 to 6.", p.n));
  if (!(p.border_n > 0) || !(p.island_ml >= 0) || !(p.thin_mm > 0)) return core::wrong_usage("Border zone, smallest island and thinning limit must be positive. Check the scar parameters.");
  if ((p.method == ScarMethod::hu || p.fat) && !s.ct)
    return core::bad_input("Ranges of HU were asked for on an image that is not CT (its intensities are no Hounsfield units). Use nsd or fwhm on MR.");
  std::vector<std::uint8_t> scar(n_wall, 0), border(n_wall, 0), fat(n_wall, 0);
  std::size_t dropped = 0;
  const auto pick = [&](auto&& accept, std::vector<std::uint8_t>& on) {
    core::parallel_chunks(std::ptrdiff_t(n_wall), 8192, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      for (std::ptrdiff_t n = b; n < e; ++n) on[std::size_t(n)] = accept(std::size_t(n));
    });
  };
  if (by_value) {
    auto remote = remote_of(s, p, p.method == ScarMethod::hu);
    if (!remote) return core::pass(remote);
    out.remote_mean = remote->mean;
    out.remote_sd = remote->sd;
    out.remote_voxels = remote->count;
    out.remote_segments = remote->segments;
    if (!(remote->sd > 0)) return core::bad_input("The remote region has the same value everywhere (no SD, no threshold). Pick another remote region.");
    if (progress.cancelled()) return core::cancelled();
    if (p.method == ScarMethod::hu) {
      out.threshold = std::isnan(p.hu_high) ? 0.5 * remote->mean : p.hu_high;
      pick([&](std::size_t n) { return double(s.smooth[n]) >= p.hu_low && double(s.smooth[n]) <= out.threshold; }, scar);
      settle_rim(s, s.smooth, scar, out.threshold, false);
      if (std::isnan(p.hu_high)) out.notes.push_back(fmt::format("Scar below {:.0f} HU: half the remote mean. Early contrast phase assumed; set the range for late iodine images.", out.threshold));
    } else {
      out.threshold = p.method == ScarMethod::n_sd ? remote->mean + p.n * remote->sd : half_maximum(s, *remote, out.peak);
      if (p.method == ScarMethod::fwhm && std::isnan(out.threshold)) {
        out.notes.push_back("Nothing in the wall is brighter than the remote mean + 5 SD: there is no maximum to take half of, so no scar.");
      } else {
        pick([&](std::size_t n) { return double(s.value[n]) > out.threshold; }, scar);
        settle_rim(s, s.value, scar, out.threshold, true);
      }
      out.border_threshold = remote->mean + p.border_n * remote->sd;
    }
    if (p.method != ScarMethod::hu && s.ct) out.notes.push_back("Brighter than remote wall is taken as scar: right for late iodine CT, wrong for the arterial phase.");
  } else if (p.method == ScarMethod::thinning) {
    out.threshold = p.thin_mm;
    // The tip and the edge at the valves are thin in every heart.
    pick([&](std::size_t n) { return s.segment[n] != 17 && s.depth[n] > 0.08f && s.thickness_mm[n] < float(p.thin_mm); }, scar);
    out.notes.push_back(fmt::format("Wall thinner than {:g} mm is taken as scar; segment 17 and the edge at the valves are left out.", p.thin_mm));
  }
  if (progress.cancelled()) return core::cancelled();
  dropped += drop_islands(s, scar, p.island_ml);
  if (p.method == ScarMethod::n_sd || p.method == ScarMethod::fwhm) {
    const std::size_t dark = fill_dark_core(s, scar);
    out.dark_core_ml = double(dark) * s.voxel_ml;
    if (dark) out.notes.push_back(fmt::format("{:.2f} ml of dark wall closed in by scar counts as scar (microvascular obstruction or noise).", out.dark_core_ml));
    if (progress.cancelled()) return core::cancelled();
    if (out.border_threshold < out.threshold) {
      std::vector<std::uint8_t> grey(n_wall);
      pick([&](std::size_t n) { return scar[n] || double(s.value[n]) > out.border_threshold; }, grey);
      std::vector<std::uint8_t> both = grey;
      settle_rim(s, s.value, both, out.border_threshold, true);
      for (std::size_t n = 0; n < n_wall; ++n) both[n] = both[n] || scar[n];
      // Grey voxels of plain noise hang on to each other everywhere; border zone lies within reach of scar.
      constexpr int reach = 4;   // voxels, so about 6 mm on CT
      std::vector<std::uint8_t> near = scar;
      for (int step = 0; step < reach; ++step) {
        std::vector<std::uint8_t> next = near;
        for (std::size_t n = 0; n < n_wall; ++n) {
          if (near[n] || !both[n]) continue;
          neighbours(s, n, true, [&](std::int32_t q, std::size_t) {
            if (q >= 0 && near[std::size_t(q)]) next[n] = 1;
          });
        }
        near.swap(next);
      }
      for (std::size_t n = 0; n < n_wall; ++n) border[n] = near[n] && !scar[n];
    }
    // Plateau of the scar: the mean of its voxels that have only scar around them; without any, of all.
    double plateau = 0, count = 0, all = 0, all_count = 0;
    for (std::size_t n = 0; n < n_wall; ++n) {
      if (!scar[n]) continue;
      all += double(s.value[n]);
      ++all_count;
      bool deep = inner(s, n);
      neighbours(s, n, false, [&](std::int32_t q, std::size_t) { deep = deep && q >= 0 && scar[std::size_t(q)]; });
      if (deep) plateau += double(s.value[n]), ++count;
    }
    if (all_count > 0) {
      plateau = count >= 5 ? plateau / count : all / all_count;
      double sum = 0;
      for (std::size_t n = 0; n < n_wall; ++n) {
        bool near = scar[n];
        neighbours(s, n, true, [&](std::int32_t q, std::size_t) { near = near || (q >= 0 && scar[std::size_t(q)]); });
        if (!near) continue;
        bool deep = scar[n];
        neighbours(s, n, true, [&](std::int32_t q, std::size_t) { deep = deep && (q < 0 || scar[std::size_t(q)]); });
        // whole in the middle, by its share at the edge; the rim's own value holds blood or the outside
        sum += deep || (!inner(s, n) && scar[n]) ? 1.0 : !inner(s, n) ? 0.0 : std::clamp((double(s.value[n]) - out.remote_mean) / (plateau - out.remote_mean), 0.0, 1.0);
      }
      out.scar_partial_ml = sum * s.voxel_ml;
    }
  }
  if (p.fat) {
    // The outer layer shares its voxels with epicardial fat.
    pick([&](std::size_t n) { return !(s.rim[n] & 2) && double(s.value[n]) >= p.fat_low && double(s.value[n]) <= p.fat_high; }, fat);
    dropped += drop_islands(s, fat, 0.5 * p.island_ml);   // fat stands out more than scar: half the size is still 5 SD off
    out.notes.push_back("The outermost layer of wall voxels is not searched for fat: it shares its voxels with the fat around the heart.");
  }
  std::size_t count[3] = {0, 0, 0}, dense = 0;
  for (std::size_t n = 0; n < n_wall; ++n) {
    if (fat[n]) {
      out.label[n] = std::uint8_t(l::myocardial_fat);
      ++count[2];
      dense += double(s.value[n]) < p.fat_dense;
    } else if (scar[n]) {
      out.label[n] = std::uint8_t(l::scar);
      ++count[0];
    } else if (border[n]) {
      out.label[n] = std::uint8_t(l::border_zone);
      ++count[1];
    }
  }
  out.scar_ml = double(count[0]) * s.voxel_ml;
  out.border_ml = double(count[1]) * s.voxel_ml;
  out.fat_ml = double(count[2]) * s.voxel_ml;
  out.fat_dense_ml = double(dense) * s.voxel_ml;
  out.dropped_ml = double(dropped) * s.voxel_ml;
  return out;
}

core::LabelMap with_tissue(const core::LabelMap& labels, const WallSample& s, const ScarResult& result) {
  OT_EXPECT(result.label.size() == s.source.size());
  core::LabelMap out = labels;
  for (auto& v : out.values)
    if (v == l::scar || v == l::border_zone || v == l::myocardial_fat) v = std::uint8_t(l::lv_myocardium);
  for (std::size_t n = 0; n < s.source.size(); ++n) out.values[s.source[n]] = result.label[n];
  for (const auto& info : l::heart()) {
    const bool wanted = info.value == l::scar || info.value == l::border_zone || info.value == l::myocardial_fat;
    const auto at = std::lower_bound(out.labels.begin(), out.labels.end(), info.value, [](const core::LabelInfo& a, int value) { return a.value < value; });
    if (wanted && (at == out.labels.end() || at->value != info.value)) out.labels.insert(at, info);
  }
  return out;
}

}  // namespace ot::imaging
