// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/electrograms.hpp"

#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {

core::Result<std::vector<ProbeTrace>> probe_electrograms(const std::shared_ptr<const twin::TwinModel>& twin, const std::vector<EgmProbe>& probes, const twin::Scenario& scenario,
                                                         const twin::RunResult& run, const core::Progress& progress) {
  std::vector<ProbeTrace> traces;
  if (probes.empty() || !twin || !twin->heart || !run.electro || run.electro->frames.size() < 2) return traces;
  auto setup = twin::prepare(twin, scenario, run.mode, progress);   // the tissue as this plan leaves it
  if (!setup) return core::pass(setup);
  if (progress.cancelled()) return core::cancelled();
  std::vector<core::Vec3> points;
  for (const auto& p : probes) points.push_back(p.at);
  const auto mV = ep::electrograms(*setup->electro, points, run.electro->frames);
  std::vector<double> t;
  for (const auto& f : run.electro->frames) t.push_back(f.t_ms);
  for (std::size_t i = 0; i < mV.size(); ++i) traces.push_back({probes[i].name, probes[i].at, t, mV[i]});
  return traces;
}

}  // namespace ot::session
