// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/chambers_full.hpp"

#include <algorithm>
#include <limits>

#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {

core::Result<MonodomainResult> at_rest(const ElectroProblem& p, core::Mode mode, const core::Progress& progress) {
  MonodomainResult out;
  out.mode = mode;
  float rest_mV = 0;
  const IonicFamily* family = find_ionic_family(p.ionic_model);
  if (family && p.cycle_length_ms <= 0) {   // FULL from the published state, unpaced
    rest_mV = float(family->initial(CellType::epi).front());
  } else {
    auto templates = make_templates(p, progress);
    if (!templates) return core::pass(templates);
    rest_mV = templates->shapes.front().rest_mV;
  }
  const std::size_t nn = p.mesh->nodes.size();
  out.activation_ms.assign(nn, std::numeric_limits<float>::quiet_NaN());
  out.repolarisation_ms.assign(nn, std::numeric_limits<float>::quiet_NaN());
  const auto v = std::make_shared<const std::vector<float>>(nn, rest_mV);
  for (long k = 0; double(k) * p.frame_every_ms <= p.end_ms + 1e-9; ++k) out.frames.push_back({double(k) * p.frame_every_ms, v});
  return out;
}

core::Result<MonodomainResult> run_part(const ElectroProblem& p, core::Mode mode, const MonodomainRun& run, const core::Progress& progress) {
  if (p.sites.empty()) return at_rest(p, mode, progress);
  if (mode == core::Mode::full) return run_monodomain_with(p, run, progress);
  auto templates = make_templates(p, progress.part(0, 0.4));
  if (!templates) return core::pass(templates);
  auto fast = run_fast(p, *templates, progress.part(0.4, 1));
  if (!fast) return core::pass(fast);
  MonodomainResult out;
  static_cast<ElectroResult&>(out) = std::move(*fast);
  return out;
}

MonodomainRun part_run(const MonodomainRun& whole, const char* name, double end_ms) {
  MonodomainRun part = whole;
  part.on_frame = part.on_live = nullptr;   // they show one part; who asked shows both
  if (whole.keep.folder.empty()) return part;
  part.keep.folder = whole.keep.folder / name;
  if (whole.keep.on_continued)   // a part that was finished is not worth a word
    part.keep.on_continued = [say = whole.keep.on_continued, end_ms](double t_ms) {
      if (t_ms < end_ms - 1e-9) say(t_ms);
    };
  return part;
}

void add_probes(const MonodomainResult& a, const MonodomainResult& b, MonodomainResult& out) {
  const MonodomainResult &longer = a.probe_t_ms.empty() ? b : a, &other = &longer == &a ? b : a;
  out.probe_t_ms = longer.probe_t_ms;   // a part at rest recorded none: nothing flows there
  out.probe_mV = longer.probe_mV;
  for (std::size_t k = 0; k < std::min(out.probe_mV.size(), other.probe_mV.size()); ++k)
    for (std::size_t i = 0; i < std::min(out.probe_mV[k].size(), other.probe_mV[k].size()); ++i) out.probe_mV[k][i] += other.probe_mV[k][i];
}

}  // namespace ot::ep
