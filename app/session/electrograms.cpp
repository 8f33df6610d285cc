// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/electrograms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/session/kept_runs.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/fast_electrograms.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {

core::Result<std::vector<ProbeTrace>> probe_electrograms(const std::shared_ptr<const twin::TwinModel>& twin, const std::vector<EgmProbe>& probes, const twin::Scenario& scenario,
                                                         const twin::RunResult& run, const core::Progress& progress, const std::filesystem::path& folder) {
  std::vector<ProbeTrace> traces;
  if (probes.empty() || !twin || !twin->heart || !run.electro || run.electro->frames.size() < 2) return traces;
  std::vector<core::Vec3> points;
  for (const auto& p : probes) points.push_back(p.at);
  if (run.mode == core::Mode::full) {
    auto recorded = recorded_traces(folder, run.electro->problem_sha256, points);
    if (std::all_of(recorded.begin(), recorded.end(), [](const RecordedTrace& t) { return !t.t_ms.empty(); })) {
      for (std::size_t i = 0; i < probes.size(); ++i) traces.push_back({probes[i].name, probes[i].at, std::move(recorded[i].t_ms), std::move(recorded[i].mV)});
      return traces;
    }
  }
  auto setup = twin::prepare(twin, scenario, run.mode, progress);   // the tissue as this plan leaves it
  if (!setup) return core::pass(setup);
  if (progress.cancelled()) return core::cancelled();
  std::vector<double> t;
  std::vector<std::vector<double>> mV;
  if (run.mode == core::Mode::fast) {
    auto found = ep::fast_electrograms(*setup->electro, *run.electro, points, electrogram_every_ms, progress);
    if (!found) return core::pass(found);
    mV = std::move(*found);
    for (std::size_t k = 0; k < mV.front().size(); ++k) t.push_back(double(k) * electrogram_every_ms);
  } else {
    mV = ep::electrograms(*setup->electro, points, run.electro->frames);
    for (const auto& f : run.electro->frames) t.push_back(f.t_ms);
  }
  for (std::size_t i = 0; i < mV.size(); ++i) traces.push_back({probes[i].name, probes[i].at, t, std::move(mV[i])});
  return traces;
}

std::vector<ProbeTrace> bipolar_pairs(const std::vector<ProbeTrace>& unipolar) {
  std::vector<ProbeTrace> pairs;
  for (std::size_t i = 0; i + 1 < unipolar.size(); ++i)
    pairs.push_back({unipolar[i].name + "-" + unipolar[i + 1].name, 0.5 * (unipolar[i].at + unipolar[i + 1].at), unipolar[i].t_ms, ep::bipolar(unipolar[i].mV, unipolar[i + 1].mV)});
  return pairs;
}

std::string sampling_words(const std::vector<ProbeTrace>& traces) {
  if (traces.empty() || traces.front().t_ms.size() < 2) return {};
  const double step = traces.front().t_ms[1] - traces.front().t_ms[0];
  std::string words = fmt::format("sampled every {:g} ms", step);
  if (step > 1 + 1e-9) words += fmt::format(" (the stored frames; a full run that starts with these probes records them every {:g} ms)", electrogram_every_ms);
  return words;
}

std::string electrograms_csv(const std::vector<ProbeTrace>& unipolar) {
  std::vector<ProbeTrace> all = unipolar;
  for (auto& pair : bipolar_pairs(unipolar)) all.push_back(std::move(pair));
  std::string out = "t_ms";
  for (const auto& trace : all) {
    std::string name = trace.name;
    std::replace(name.begin(), name.end(), ',', ' ');
    out += fmt::format(",{} mV", name);
  }
  out += "\n";
  for (std::size_t k = 0; !all.empty() && k < all.front().t_ms.size(); ++k) {
    out += fmt::format("{:g}", all.front().t_ms[k]);
    for (const auto& trace : all) {
      OT_EXPECT(trace.mV.size() == all.front().t_ms.size());
      out += fmt::format(",{:.6g}", trace.mV[k]);
    }
    out += "\n";
  }
  return out;
}

nlohmann::json electrograms_json(const std::vector<ProbeTrace>& unipolar) {
  nlohmann::json out{{"t_ms", nlohmann::json::array()}, {"unipolar", nlohmann::json::array()}, {"bipolar", nlohmann::json::array()}, {"sampling", sampling_words(unipolar)}};
  if (!unipolar.empty()) out["t_ms"] = unipolar.front().t_ms;
  for (const auto& t : unipolar) out["unipolar"].push_back({{"name", t.name}, {"at_mm", {t.at.x(), t.at.y(), t.at.z()}}, {"mV", t.mV}});
  for (const auto& t : bipolar_pairs(unipolar)) out["bipolar"].push_back({{"name", t.name}, {"mV", t.mV}});
  return out;
}

}  // namespace ot::session
