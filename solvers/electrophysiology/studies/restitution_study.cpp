// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/studies/restitution_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"

namespace ot::ep {
namespace {

constexpr double alternans_ms = 5;   // see the header

const char* layer(CellType type) { return type == CellType::epi ? "epicardial" : type == CellType::mid ? "mid-wall" : "endocardial"; }

void describe_trains(KindRestitution& k) {
  std::vector<RestitutionPoint> mean;
  for (std::size_t i = 0; i + 1 < k.dynamic.size(); i += 2) {
    const RestitutionPoint &a = k.dynamic[i], &b = k.dynamic[i + 1];
    k.shortest_interval_ms = a.interval_ms;
    if (std::abs(a.apd_ms - b.apd_ms) > alternans_ms) {
      k.alternans_from_ms = std::max(k.alternans_from_ms, a.interval_ms);
      continue;   // two branches: no slope through their mean
    }
    mean.push_back({a.interval_ms, 0.5 * (a.di_ms + b.di_ms), 0.5 * (a.cv + b.cv), 0.5 * (a.apd_ms + b.apd_ms)});
  }
  std::reverse(mean.begin(), mean.end());
  k.slope_dynamic = steepest_slope(mean);
}

}  // namespace

std::vector<double> dynamic_intervals(double base) {
  std::vector<double> out{base};
  const auto step = [](double x) { return x > 800 ? 200.0 : x > 400 ? 50.0 : 20.0; };
  for (double x = base - step(base); x >= 150; x -= step(x)) out.push_back(x);
  return out;
}

double steepest_slope(const std::vector<RestitutionPoint>& p) {
  double most = 0;
  for (std::size_t i = 1; i < p.size(); ++i)
    if (const double d = p[i].di_ms - p[i - 1].di_ms; d > 0.5) most = std::max(most, (p[i].apd_ms - p[i - 1].apd_ms) / d);   // closer points measure noise
  return most;
}

core::Result<RestitutionStudy> study_restitution(const ElectroProblem& p, double base, int beats, const core::Progress& progress) {
  OT_EXPECT(p.mesh != nullptr);
  if (!(base >= 250 && base <= 5000)) return core::wrong_usage(fmt::format("Restitution starts from an interval of 250 to 5000 ms, not {:g} (cells are paced at it). Usual: 600.", base));
  if (beats < 3 || beats > 100) return core::wrong_usage("Trains of a restitution study have 3 to 100 beats. Usual: 8.");
  if (auto ok = check_cells(p); !ok) return core::pass(ok);
  const auto drug = acting_drugs(p, progress.part(0, 0.05));
  if (!drug) return core::pass(drug);
  const CellKinds found = cell_kinds(p, *drug);
  RestitutionStudy out;
  out.base_interval_ms = base;
  out.ionic_model = p.ionic_model;
  double all = 0;
  for (const CellKind& k : found.kinds) all += double(k.nodes);
  if (all == 0) return core::bad_input("No tissue conducts (no restitution can be measured). Remove lesions or scar.");
  // The reference of velocity is measured too when no node is of its kind.
  std::vector<KindRestitution> kinds;
  for (std::size_t i = 0; i < found.kinds.size(); ++i) {
    const CellKind& k = found.kinds[i];
    if (i > 0 && k.nodes == 0) continue;
    KindRestitution r;
    r.kind = k;
    r.name = fmt::format("{}, {}{}", k.region, layer(k.type), k.model == p.ionic_model ? "" : ", " + family_name(k.model));
    std::replace(r.name.begin(), r.name.end(), '_', ' ');
    r.share_percent = 100.0 * double(k.nodes) / all;
    kinds.push_back(std::move(r));
  }
  std::vector<core::Result<void>> done(kinds.size());
  std::vector<double> part(kinds.size(), 0);
  std::mutex mutex;
  core::parallel_chunks(std::ptrdiff_t(kinds.size()), 1, [&](std::ptrdiff_t c, std::ptrdiff_t) {
    KindRestitution& k = kinds[std::size_t(c)];
    const auto sink = [&, c](double from, double to) {
      return progress.with([&, c, from, to](double f, std::string_view) {
        const std::lock_guard lock(mutex);
        part[std::size_t(c)] = from + (to - from) * f;
        progress.report(std::accumulate(part.begin(), part.end(), 0.0) / double(part.size()), fmt::format("restitution of {} kinds of cell", part.size()));
      });
    };
    auto curve = restitution(k.kind.model, k.kind.type, k.kind.scales, base, sink(0, 0.3));
    if (!curve) {
      done[std::size_t(c)] = core::pass(curve);
      return;
    }
    k.s1s2 = **curve;
    if (!k.s1s2.conducts() || k.kind.nodes == 0) return;
    auto trains = dynamic_restitution(k.kind.model, k.kind.type, k.kind.scales, dynamic_intervals(base), beats, sink(0.3, 1));
    if (!trains) {
      done[std::size_t(c)] = core::pass(trains);
      return;
    }
    k.dynamic = std::move(*trains);
    k.slope_s1s2 = steepest_slope(k.s1s2.points);
    k.refractory_ms = k.s1s2.shortest_interval_ms() - 1;
    describe_trains(k);
  });
  for (const auto& ok : done)
    if (!ok) return core::pass(ok);
  const double healthy = kinds.front().s1s2.cv_base;
  if (!(healthy > 0)) return core::bad_input(fmt::format("Healthy cells of {} do not conduct at an interval of {:g} ms (velocities have no reference). Use a longer interval.", p.ionic_model, base));
  for (KindRestitution& k : kinds) {
    k.velocity_m_per_s = p.velocity[0] * std::sqrt(k.kind.sigma_scale[0]) / healthy;
    if (k.kind.nodes > 0) out.kinds.push_back(std::move(k));
  }
  std::stable_sort(out.kinds.begin(), out.kinds.end(), [](const auto& a, const auto& b) { return a.kind.nodes > b.kind.nodes; });
  progress.report(1.0, "restitution done");
  return out;
}

}  // namespace ot::ep
