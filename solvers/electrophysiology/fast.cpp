// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/fast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/ecg_quantities.hpp"
#include "solvers/electrophysiology/fast_answer.hpp"
#include "solvers/electrophysiology/interval_notes.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Vec3;

constexpr std::size_t frame_bytes_limit = 256u << 20;    // frames kept in a result; beyond it they are spaced wider
constexpr std::ptrdiff_t chunk = 1024;                   // nodes that stay in cache while time runs over them

core::Result<void> check(const ElectroProblem& p, const FastTemplates& templates) {
  OT_EXPECT(p.mesh && p.fibres);
  const std::size_t nt = p.mesh->tets.size(), nn = p.mesh->nodes.size();
  OT_EXPECT(p.fibres->f.size() == nt && p.fibres->s.size() == nt);
  OT_EXPECT(p.tissue.empty() || p.tissue.size() == nt);
  OT_EXPECT(p.tissue_before.empty() || p.tissue_before.size() == nt);
  OT_EXPECT(p.cell_type.empty() || p.cell_type.size() == nn);
  OT_EXPECT(templates.speed.empty() || templates.speed.size() >= std::max<std::size_t>(p.regions.size(), 1));
  OT_EXPECT(!templates.shapes.empty() && templates.of_region.size() >= std::max<std::size_t>(p.regions.size(), 1));
  if (!(p.end_ms > 0) || !(p.frame_every_ms > 0) || !std::isfinite(p.end_ms) || p.end_ms / p.frame_every_ms > 1e6)
    return core::bad_input(fmt::format("End {} ms with a frame every {} ms is not possible. Set both above 0.", p.end_ms, p.frame_every_ms));
  if (!p.sigma.allFinite() || (p.sigma.array() < 0).any() || !(p.chi_per_mm > 0) || !(p.cm_uF_per_mm2 > 0))
    return core::bad_input("A conductivity or membrane constant is not a positive number (currents cannot be computed). Check the tissue parameters.");
  for (const auto& r : p.regions)
    if (r.conducting && (!r.sigma_scale.allFinite() || (r.sigma_scale.array() <= 0).any()))
      return core::bad_input(fmt::format("Tissue '{}' has a conductivity scale that is not positive (its speed would be 0). Mark it as not conducting instead.", r.key));
  for (const auto* tissue : {&p.tissue, &p.tissue_before})
    for (std::uint8_t t : *tissue)
      if (t >= p.regions.size()) return core::bad_input(fmt::format("A tetrahedron names tissue {} of {}. Build the tissue map again.", int(t), p.regions.size()));
  return {};
}


std::size_t sample_count(const ElectroProblem& p) { return std::size_t(std::floor(p.end_ms / p.frame_every_ms + 1e-9)) + 1; }

struct Clock {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
};

using LeadSums = std::vector<std::array<double, 8>>;   // [samples]

LeadSums added(const std::vector<LeadSums>& part, LeadSums sum) {
  for (const LeadSums& q : part)
    for (std::size_t k = 0; k < q.size(); ++k)
      for (int l = 0; l < 8; ++l) sum[k][l] += q[k][l];
  return sum;
}

}  // namespace

core::Result<std::shared_ptr<const FastAnswer>> answer_whole(const ElectroProblem& p, const FastTemplates& templates, const FastPrepared& prepared,
                                                             const core::Progress& progress) {
  auto solved = solve_whole(p, templates, prepared, progress.part(0.0, 0.5));
  if (!solved) return core::pass(solved);
  auto out = std::make_shared<FastAnswer>();
  out->solved = std::move(*solved);
  const FastSolution& s = out->solved.solution;
  const std::size_t nn = p.mesh->nodes.size(), samples = sample_count(p);
  while ((samples / out->stride + 1) * nn * sizeof(float) > frame_bytes_limit) out->stride *= 2;
  const std::size_t stride = out->stride;
  std::vector<std::shared_ptr<std::vector<float>>> frames;
  for (std::size_t k = 0; k < samples; k += stride) frames.push_back(std::make_shared<std::vector<float>>(nn));
  out->leads = *prepared.healthy_leads;
  apply_tissue(p, out->leads);
  const LeadField& leads = out->leads;
  std::vector<LeadSums> part(std::size_t((std::ptrdiff_t(nn) + chunk - 1) / chunk));
  std::atomic<bool> stop{false};
  const double level = s.templates.shapes[0].rest_mV;   // weights sum to zero: limits cancellation, changes nothing else
  // Frames and ECG together; partial sums are added in order.
  core::parallel_chunks(std::ptrdiff_t(nn), chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (stop) return;
    if (progress.cancelled()) {
      stop = true;
      return;
    }
    LeadSums& sum = part[std::size_t(b / chunk)];
    if (!leads.empty()) sum.assign(samples, {});
    std::array<float, chunk> v;
    for (std::size_t k = 0; k < samples; ++k) {
      float* const target = k % stride == 0 ? frames[k / stride]->data() + b : v.data();
      voltage_at(s, double(k) * p.frame_every_ms, std::size_t(b), std::size_t(e), target);
      if (leads.empty()) continue;
      std::array<double, 8> x{};
      for (std::ptrdiff_t n = b; n < e; ++n) {
        const double above = double(target[n - b]) - level;
        for (int l = 0; l < 8; ++l) x[l] += leads.weight[std::size_t(n)][l] * above;
      }
      sum[k] = x;
    }
  });
  if (stop) return core::cancelled();
  out->frames.assign(frames.begin(), frames.end());
  if (!leads.empty()) out->lead_sums = added(part, LeadSums(samples));
  return std::shared_ptr<const FastAnswer>(std::move(out));
}

// Frames and leads change by what the nodes with another time, shape or weight change.
core::Result<std::shared_ptr<const FastAnswer>> answer_repaired(const ElectroProblem& p, const FastTemplates& templates, const FastPrepared& prepared,
                                                                const FastAnswer& before, const core::Progress& progress) {
  auto solved = solve_repaired(p, templates, prepared, before.solved, progress.part(0.0, 0.5));
  if (!solved) return core::pass(solved);
  auto out = std::make_shared<FastAnswer>();
  out->solved = std::move(*solved);
  out->stride = before.stride;
  const FastSolution &now = out->solved.solution, &was = before.solved.solution;
  const std::size_t nn = p.mesh->nodes.size(), samples = sample_count(p);
  out->leads = *prepared.healthy_leads;
  apply_tissue(p, out->leads);
  std::vector<Index> changed;
  std::vector<char> reweighted;   // of those: whether their weights changed too
  for (std::size_t n = 0; n < nn; ++n) {
    const bool weights = !out->leads.empty() && out->leads.weight[n] != before.leads.weight[n];
    if (!weights && now.activation_ms[n] == was.activation_ms[n] && now.stretch[n] == was.stretch[n] && now.shape[n] == was.shape[n]) continue;
    changed.push_back(Index(n));
    reweighted.push_back(weights);
  }
  std::vector<std::shared_ptr<std::vector<float>>> frames(before.frames.size());
  core::parallel_chunks(std::ptrdiff_t(frames.size()), 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t k = b; k < e; ++k) frames[std::size_t(k)] = std::make_shared<std::vector<float>>(*before.frames[std::size_t(k)]);
  });
  std::vector<LeadSums> part(std::size_t((std::ptrdiff_t(changed.size()) + chunk - 1) / chunk));
  std::atomic<bool> stop{false};
  const double level = now.templates.shapes[0].rest_mV;
  core::parallel_chunks(std::ptrdiff_t(changed.size()), chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (stop) return;
    if (progress.cancelled()) {
      stop = true;
      return;
    }
    LeadSums& sum = part[std::size_t(b / chunk)];
    if (!out->leads.empty()) sum.assign(samples, {});
    for (std::size_t k = 0; k < samples; ++k) {
      const double t = double(k) * p.frame_every_ms;
      float* const frame = k % out->stride == 0 ? frames[k / out->stride]->data() : nullptr;
      std::array<double, 8> x{};
      for (std::ptrdiff_t i = b; i < e; ++i) {
        const std::size_t n = std::size_t(changed[std::size_t(i)]);
        float v, old;
        voltage_at(now, t, n, n + 1, &v);
        if (frame) {
          old = frame[n];   // still as before
          frame[n] = v;
        } else {
          voltage_at(was, t, n, n + 1, &old);
        }
        if (out->leads.empty()) continue;
        const auto &weight = out->leads.weight[n], &old_weight = before.leads.weight[n];
        if (reweighted[std::size_t(i)]) {
          const double above = double(v) - level, old_above = double(old) - level;
          for (int l = 0; l < 8; ++l) x[l] += weight[l] * above - old_weight[l] * old_above;
        } else if (v != old) {
          const double rise = double(v) - double(old);
          for (int l = 0; l < 8; ++l) x[l] += weight[l] * rise;
        }
      }
      if (!out->leads.empty()) sum[k] = x;
    }
  });
  if (stop) return core::cancelled();
  out->frames.assign(frames.begin(), frames.end());
  if (!out->leads.empty()) out->lead_sums = added(part, before.lead_sums);
  return std::shared_ptr<const FastAnswer>(std::move(out));
}

double capture_delay_ms(const ActivationSite& site) {
  // Under the benchmark's stimulus of 35.714 mV/ms tissue crosses 0 mV after 1.22 ms, whatever the mesh and scheme (Niederer P1:
  // design/ep-numerics.md, section 2); a weaker current charges the membrane in proportion longer.
  constexpr double benchmark = 35.714, delay = 1.22;
  return site.amplitude_mV_per_ms > 0 ? std::min(delay * benchmark / site.amplitude_mV_per_ms, site.duration_ms + delay) : 0.0;
}

double activated_percent(const ElectroProblem& p, const std::vector<float>& activation_ms) {
  OT_EXPECT(p.mesh && activation_ms.size() == p.mesh->nodes.size());
  double on = 0, all = 0;
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    const auto& v = p.mesh->tets[t];
    const double volume = core::tet_volume(p.mesh->nodes[v[0]], p.mesh->nodes[v[1]], p.mesh->nodes[v[2]], p.mesh->nodes[v[3]]);
    all += volume;
    if (!p.regions.empty() && !p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting) continue;
    int active = 0;
    for (Index n : v) active += std::isfinite(activation_ms[std::size_t(n)]);
    on += volume * (0.25 * active);
  }
  return all > 0 ? 100.0 * (on / all) : std::numeric_limits<double>::quiet_NaN();
}

void voltage_at(const FastSolution& s, double t_ms, std::size_t begin, std::size_t end, float* v) {
  for (std::size_t n = begin; n < end; ++n) {
    const ActionPotential& ap = s.templates.shapes[s.shape[n]];
    double u = t_ms - s.activation_ms[n];
    if (!(u > -ap.upstroke_ms)) {   // also never
      v[n - begin] = ap.rest_mV;
      continue;
    }
    if (u > 0) u /= double(s.stretch[n]);
    const double place = (u + ap.upstroke_ms) / ap.dt_ms;
    const std::size_t i = std::size_t(place);
    if (i + 1 >= ap.v_mV.size()) {
      v[n - begin] = ap.v_mV.back();
      continue;
    }
    const float w = float(place - double(i));
    v[n - begin] = ap.v_mV[i] + w * (ap.v_mV[i + 1] - ap.v_mV[i]);
  }
}

void voltage_at(const FastSolution& s, double t_ms, std::vector<float>& v) {
  v.resize(s.shape.size());
  core::parallel_chunks(std::ptrdiff_t(v.size()), 8192, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    voltage_at(s, t_ms, std::size_t(b), std::size_t(e), v.data() + b);
  });
}

core::Result<FastSolution> solve_fast(const ElectroProblem& p, const FastTemplates& templates, const core::Progress& progress) {
  if (auto ok = check(p, templates); !ok) return core::pass(ok);
  auto prepared = prepare_fast(p, templates, progress.part(0.0, 0.2));
  if (!prepared) return core::pass(prepared);
  core::Result<FastSolved> solved = core::computation_failed("");
  if (only_lesions(p, templates)) {
    auto before = solve_whole(without_lesions(p), templates, *prepared, progress.part(0.2, 0.6));
    if (!before) return core::pass(before);
    solved = solve_repaired(p, templates, *prepared, *before, progress.part(0.6, 1.0));
  } else {
    solved = solve_whole(p, templates, *prepared, progress.part(0.2, 1.0));
  }
  if (!solved) return core::pass(solved);
  return std::move(solved->solution);
}

core::Result<ElectroResult> run_fast(const ElectroProblem& p, const FastTemplates& templates, const core::Progress& progress) {
  const Clock clock;
  if (auto ok = check(p, templates); !ok) return core::pass(ok);
  auto prepared = prepare_fast(p, templates, progress.part(0.0, 0.3));
  if (!prepared) return core::pass(prepared);
  const bool lesions = only_lesions(p, templates);
  const ElectroProblem* whole = &p;
  ElectroProblem unlesioned;
  if (lesions) {
    unlesioned = without_lesions(p);
    whole = &unlesioned;
  }
  std::shared_ptr<const FastAnswer> answer = kept_answer(*whole, templates);
  if (!answer) {
    auto solved = answer_whole(*whole, templates, *prepared, progress.part(0.3, lesions ? 0.8 : 1.0));
    if (!solved) return core::pass(solved);
    answer = std::move(*solved);
    keep_answer(*whole, templates, answer);
  }
  if (lesions) {
    auto repaired = answer_repaired(p, templates, *prepared, *answer, progress.part(0.8, 1.0));
    if (!repaired) return core::pass(repaired);
    answer = std::move(*repaired);
  }
  const FastSolution& s = answer->solved.solution;

  ElectroResult out;
  out.mode = core::Mode::fast;
  out.problem_sha256 = p.sha256();
  out.mesh_sha256 = prepared->mesh_sha256;
  const std::size_t nn = p.mesh->nodes.size(), samples = sample_count(p), stride = answer->stride;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  out.activation_ms.resize(nn);
  out.repolarisation_ms.resize(nn);
  double first = std::numeric_limits<double>::infinity(), last = -first;
  std::size_t activated = 0;
  for (std::size_t n = 0; n < nn; ++n) {
    const double t = s.activation_ms[n];
    const bool on = t <= p.end_ms;
    out.activation_ms[n] = on ? float(t) : nan;
    out.repolarisation_ms[n] = on ? float(s.repolarisation_ms[n]) : nan;   // also beyond the end: the template knows it
    if (!on) continue;
    ++activated;
    first = std::min(first, t);
    last = std::max(last, t);
  }
  for (std::size_t k = 0; k < answer->frames.size(); ++k) out.frames.push_back({double(k * stride) * p.frame_every_ms, answer->frames[k]});
  if (stride > 1) out.notes.push_back(fmt::format("Frames are kept every {:g} ms to limit memory.", double(stride) * p.frame_every_ms));
  if (!answer->leads.empty()) {
    for (const char* name : lead_names()) out.ecg.leads.push_back(name);
    out.ecg.mV.assign(lead_count, std::vector<double>(samples));
    for (std::size_t k = 0; k < samples; ++k) {
      const auto lead = twelve_leads(answer->lead_sums[k]);
      for (int l = 0; l < lead_count; ++l) out.ecg.mV[l][k] = lead[l];
      out.ecg.t_ms.push_back(double(k) * p.frame_every_ms);
    }
  }

  const double none = std::numeric_limits<double>::quiet_NaN();
  auto add = [&](const char* key, const char* label, const char* unit, double value, std::string note = {}) {
    out.quantities.push_back({key, label, unit, value, std::move(note)});
  };
  add("total_activation_ms", "Total activation", "ms", activated ? last - first : none);
  add("activated_percent", "Activated tissue", "%", activated_percent(p, out.activation_ms), "of all myocardium by volume, scar and lesions included");
  add_ecg_quantities(p, out.ecg, out.quantities);
  out.notes.insert(out.notes.end(), templates.notes.begin(), templates.notes.end());
  if (std::string late = late_repolarisation_note(p, out.activation_ms, out.repolarisation_ms); !late.empty()) out.notes.push_back(std::move(late));
  out.steps = long(samples);
  out.wall_s = clock.seconds();
  progress.report(1.0, "FAST electrophysiology");
  return out;
}

}  // namespace ot::ep
