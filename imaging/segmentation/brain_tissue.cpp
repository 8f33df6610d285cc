// SPDX-License-Identifier: GPL-3.0-or-later
// Tissue classes of a shading-corrected T1: CSF < grey < white. Gaussian mixture by expectation-maximisation (Wells et al., IEEE TMI 15:429, 1996,
// doi 10.1109/42.511747), started from Otsu thresholds, with a Potts neighbourhood prior (Zhang, Brady, Smith, IEEE TMI 20:45, 2001,
// doi 10.1109/42.906424). What is far brighter than white matter (contrast agent, fat, vessels) is left undecided.
#include <algorithm>
#include <cmath>

#include "imaging/segmentation/brain_parts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging::brain {
namespace {

constexpr double neighbour_weight = 0.35;   // per face neighbour at 1 mm; Zhang 2001 use 0.1 to 0.3 per neighbour of 26
constexpr int mixture_steps = 30, field_steps = 6;
constexpr double too_bright_sd = 4.0;

}  // namespace

core::Result<Tissues> classify(const core::Grid& g, const std::vector<float>& values, const voxels::Mask& mask, const core::Progress& progress) {
  namespace l = core::labels;
  Tissues out;
  out.label.assign(values.size(), 0);
  out.margin.assign(values.size(), 0.0f);
  std::vector<float> inside;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (mask[i]) inside.push_back(values[i]);
  if (inside.size() < 5000) return out;
  // Bright outliers would draw the third class up.
  std::vector<float> cut = inside;
  std::nth_element(cut.begin(), cut.begin() + std::ptrdiff_t(cut.size() * 98 / 100), cut.end());
  const float high = cut[cut.size() * 98 / 100];
  cut.resize(cut.size() * 98 / 100);
  const auto t = voxels::otsu(cut, 3);
  if (t.size() < 2) return out;
  std::array<double, 3> share{};
  {
    std::array<double, 3> n{}, sum{}, squares{};
    for (float v : cut) {
      const std::size_t c = v < t[0] ? 0 : v < t[1] ? 1 : 2;
      ++n[c], sum[c] += v, squares[c] += double(v) * v;
    }
    for (std::size_t c = 0; c < 3; ++c) {
      if (n[c] < 100) return out;
      out.mean[c] = sum[c] / n[c];
      out.sd[c] = std::sqrt(std::max(1e-12, squares[c] / n[c] - out.mean[c] * out.mean[c]));
      share[c] = n[c] / double(cut.size());
    }
  }
  // The mixture on a histogram: independent of the order of voxels and quick.
  constexpr int bins = 512;
  std::array<double, bins> h{};
  const double low = *std::min_element(cut.begin(), cut.end()), width = (double(high) - low) / bins;
  if (!(width > 0)) return out;
  for (float v : cut) h[std::size_t(std::clamp(int((v - low) / width), 0, bins - 1))] += 1;
  for (int step = 0; step < mixture_steps; ++step) {
    std::array<double, 3> n{}, sum{}, squares{};
    for (int b = 0; b < bins; ++b) {
      const double v = low + (b + 0.5) * width;
      std::array<double, 3> p{};
      double all = 1e-300;
      for (std::size_t c = 0; c < 3; ++c) {
        const double z = (v - out.mean[c]) / out.sd[c];
        all += p[c] = share[c] / out.sd[c] * std::exp(-0.5 * z * z);
      }
      for (std::size_t c = 0; c < 3; ++c) {
        const double w = h[std::size_t(b)] * p[c] / all;
        n[c] += w, sum[c] += w * v, squares[c] += w * v * v;
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      if (n[c] < 1) return out;
      out.mean[c] = sum[c] / n[c];
      out.sd[c] = std::max(2 * width, std::sqrt(std::max(0.0, squares[c] / n[c] - out.mean[c] * out.mean[c])));
      share[c] = n[c] / double(cut.size());
    }
  }
  out.separated = out.mean[0] < out.mean[1] && out.mean[1] < out.mean[2] && out.mean[2] - out.mean[1] > 0.8 * std::max(out.sd[1], out.sd[2]);
  // Iterated conditional modes with the neighbourhood prior; every sweep reads the last one, so threads do not matter.
  const std::array<std::uint8_t, 3> name{l::cerebrospinal_fluid, l::grey_matter, l::white_matter};
  const double brightest = out.mean[2] + too_bright_sd * out.sd[2];
  std::vector<std::uint8_t> now(values.size(), 0), then;   // class + 1
  const std::ptrdiff_t nx = g.size[0], nxy = nx * g.size[1];
  for (int sweep = 0; sweep <= field_steps; ++sweep) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(sweep) / field_steps, "tissue classes");
    then = now;
    core::parallel_chunks(g.size[2], 4, [&](std::ptrdiff_t k0, std::ptrdiff_t k1) {
      for (std::ptrdiff_t k = k0; k < k1; ++k)
        for (int j = 0; j < g.size[1]; ++j)
          for (int i = 0; i < g.size[0]; ++i) {
            const auto o = std::ptrdiff_t(g.offset(i, j, int(k)));
            if (!mask[std::size_t(o)]) continue;
            std::array<double, 3> cost{};
            for (std::size_t c = 0; c < 3; ++c) {
              const double v = values[std::size_t(o)];
              const double z = (v - out.mean[c]) / out.sd[c];
              cost[c] = 0.5 * z * z + std::log(out.sd[c]);
              if ((c == 0 && v < out.mean[0]) || (c == 2 && v > out.mean[2])) cost[c] = std::log(out.sd[c]);
            }
            if (sweep > 0) {
              const auto visit = [&](bool in, std::ptrdiff_t step) {
                if (in && then[std::size_t(o + step)]) cost[std::size_t(then[std::size_t(o + step)] - 1)] -= neighbour_weight;
              };
              visit(i > 0, -1), visit(i + 1 < g.size[0], 1), visit(j > 0, -nx), visit(j + 1 < g.size[1], nx), visit(k > 0, -nxy), visit(k + 1 < g.size[2], nxy);
            }
            std::size_t best = 0;
            for (std::size_t c = 1; c < 3; ++c)
              if (cost[c] < cost[best]) best = c;
            now[std::size_t(o)] = std::uint8_t(best + 1);
            if (sweep == field_steps) {
              double all = 0, second = 0;
              for (std::size_t c = 0; c < 3; ++c) {
                const double p = std::exp(cost[best] - cost[c]);
                all += p;
                if (c != best) second = std::max(second, p);
              }
              out.margin[std::size_t(o)] = float((1 - second) / all);
            }
          }
    });
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (now[i]) out.label[i] = values[i] > brightest ? std::uint8_t(l::brain) : name[std::size_t(now[i] - 1)];
  return out;
}

}  // namespace ot::imaging::brain
