// SPDX-License-Identifier: GPL-3.0-or-later
// Electrograms of both parts at once (chambers.hpp).
#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::ep {

std::vector<std::vector<double>> chamber_electrograms(const ElectroProblem& whole, const std::vector<core::Vec3>& points, const std::vector<ElectroFrame>& frames) {
  std::vector<std::vector<double>> out(points.size(), std::vector<double>(frames.size(), 0.0));
  std::ptrdiff_t first = 0;
  for (const ChamberPart part : {ChamberPart::ventricles, ChamberPart::atria}) {
    const ElectroProblem p = part_of(whole, part);
    const std::ptrdiff_t count = std::ptrdiff_t(p.mesh->nodes.size());
    std::vector<ElectroFrame> cut;
    for (const auto& f : frames) {
      OT_EXPECT(std::ptrdiff_t(f.v_mV->size()) >= first + count);
      cut.push_back({f.t_ms, std::make_shared<const std::vector<float>>(f.v_mV->begin() + first, f.v_mV->begin() + first + count)});
    }
    first += count;
    const auto mine = electrograms(p, points, cut);
    for (std::size_t k = 0; k < points.size(); ++k)
      for (std::size_t f = 0; f < frames.size(); ++f) out[k][f] += mine[k][f];
  }
  return out;
}

}  // namespace ot::ep
