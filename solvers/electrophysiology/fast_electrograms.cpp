// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/fast_electrograms.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/fast_answer.hpp"

namespace ot::ep {
namespace {

constexpr std::ptrdiff_t chunk = 1024;   // nodes that stay in cache while time runs over them

core::Result<FastSolution> solution_of(const ElectroProblem& p, const float* activation_ms, const float* repolarisation_ms, const core::Progress& progress) {
  auto templates = make_templates(p, progress);
  if (!templates) return core::pass(templates);
  FastSolution s;
  s.templates = std::move(*templates);
  s.shape = shapes_of(p, s.templates);
  const std::size_t nn = p.mesh->nodes.size();
  s.activation_ms.resize(nn);
  s.stretch.resize(nn);
  for (std::size_t n = 0; n < nn; ++n) {
    const bool on = std::isfinite(activation_ms[n]);
    s.activation_ms[n] = on ? double(activation_ms[n]) : std::numeric_limits<double>::infinity();
    s.stretch[n] = on && std::isfinite(repolarisation_ms[n]) ? float((double(repolarisation_ms[n]) - double(activation_ms[n])) / s.templates.shapes[s.shape[n]].apd90_ms) : 1.0f;
  }
  return s;
}

// Adds what this part gives to out.
core::Result<void> add_part(const ElectroProblem& p, const float* activation_ms, const float* repolarisation_ms, const std::vector<core::Vec3>& points, double every_ms,
                            const core::Progress& progress, std::vector<std::vector<double>>& out) {
  const auto solved = solution_of(p, activation_ms, repolarisation_ms, progress);
  if (!solved) return core::pass(solved);
  const FastSolution& s = *solved;
  const std::ptrdiff_t nn = std::ptrdiff_t(p.mesh->nodes.size());
  const std::size_t samples = out.empty() ? 0 : out.front().size();
  std::vector<std::vector<double>> weights;
  for (const core::Vec3& x : points) {
    if (progress.cancelled()) return core::cancelled();
    weights.push_back(point_weights(p, x));
  }
  std::vector<std::vector<double>> part(std::size_t((nn + chunk - 1) / chunk));   // [chunks][points * samples]
  std::atomic<bool> stop{false};
  const double level = s.templates.shapes[0].rest_mV;   // weights sum to zero: limits cancellation, changes nothing else
  core::parallel_chunks(nn, chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (stop) return;
    if (progress.cancelled()) {
      stop = true;
      return;
    }
    auto& sum = part[std::size_t(b / chunk)];
    sum.assign(points.size() * samples, 0.0);
    std::array<float, chunk> v;
    for (std::size_t k = 0; k < samples; ++k) {
      voltage_at(s, double(k) * every_ms, std::size_t(b), std::size_t(e), v.data());
      for (std::size_t i = 0; i < points.size(); ++i) {
        double x = 0;
        for (std::ptrdiff_t n = b; n < e; ++n) x += weights[i][std::size_t(n)] * (double(v[std::size_t(n - b)]) - level);
        sum[i * samples + k] = x;
      }
    }
  });
  if (stop) return core::cancelled();
  for (const auto& sum : part)   // in order
    for (std::size_t i = 0; i < points.size(); ++i)
      for (std::size_t k = 0; k < samples; ++k) out[i][k] += sum[i * samples + k];
  return {};
}

}  // namespace

core::Result<std::vector<std::vector<double>>> fast_electrograms(const ElectroProblem& problem, const ElectroResult& answer, const std::vector<core::Vec3>& points, double every_ms,
                                                                 const core::Progress& progress) {
  OT_EXPECT(problem.mesh && answer.mode == core::Mode::fast && every_ms > 0 && answer.activation_ms.size() == problem.mesh->nodes.size() &&
            answer.repolarisation_ms.size() == answer.activation_ms.size());
  std::vector<std::vector<double>> out(points.size(), std::vector<double>(std::size_t(std::floor(problem.end_ms / every_ms + 1e-9)) + 1, 0.0));
  if (points.empty()) return out;
  if (!is_whole_heart(*problem.mesh)) {
    if (auto ok = add_part(problem, answer.activation_ms.data(), answer.repolarisation_ms.data(), points, every_ms, progress, out); !ok) return core::pass(ok);
    return out;
  }
  std::size_t first = 0;
  for (const ChamberPart which : {ChamberPart::ventricles, ChamberPart::atria}) {
    const ElectroProblem p = part_of(problem, which);
    if (auto ok = add_part(p, answer.activation_ms.data() + first, answer.repolarisation_ms.data() + first, points, every_ms, progress, out); !ok) return core::pass(ok);
    first += p.mesh->nodes.size();
  }
  return out;
}

}  // namespace ot::ep
