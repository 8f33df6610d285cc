// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/extracellular.hpp"

#include <algorithm>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/extracellular_space.hpp"

namespace ot::ep {
namespace {

using core::Vec3;

using Frames = std::vector<std::shared_ptr<const std::vector<float>>>;

constexpr double tolerance = 1e-8;
constexpr double flat_mV = 1e-3;   // less variation than this is rest: a template's sample is coarser

}  // namespace

core::Result<Frames> extracellular_potentials(const ElectroProblem& p, const std::vector<ElectroFrame>& frames, const core::Progress& progress, const Vec3& ratio) {
  OT_EXPECT(p.mesh && p.fibres && (ratio.array() > 0).all());
  for (const auto& f : frames) OT_EXPECT(f.v_mV && f.v_mV->size() == p.mesh->nodes.size());
  if (is_whole_heart(*p.mesh)) {   // each part with its own conductivities; no current between them
    std::vector<std::shared_ptr<std::vector<float>>> both;
    for (std::size_t k = 0; k < frames.size(); ++k) both.push_back(std::make_shared<std::vector<float>>());
    std::ptrdiff_t first = 0;
    for (const ChamberPart part : {ChamberPart::ventricles, ChamberPart::atria}) {
      const ElectroProblem half = part_of(p, part);
      const std::ptrdiff_t count = std::ptrdiff_t(half.mesh->nodes.size());
      std::vector<ElectroFrame> cut;
      for (const auto& f : frames) cut.push_back({f.t_ms, std::make_shared<const std::vector<float>>(f.v_mV->begin() + first, f.v_mV->begin() + first + count)});
      const auto mine = extracellular_potentials(half, cut, part == ChamberPart::ventricles ? progress.part(0, 0.5) : progress.part(0.5, 1), ratio);
      if (!mine) return core::pass(mine);
      for (std::size_t k = 0; k < frames.size(); ++k) both[k]->insert(both[k]->end(), (*mine)[k]->begin(), (*mine)[k]->end());
      first += count;
    }
    return Frames(both.begin(), both.end());
  }
  const std::size_t nn = p.mesh->nodes.size();
  const SpaceTensors tensors = space_tensors(p, p.sigma.cwiseProduct(Vec3::Ones() + ratio.cwiseInverse()), ratio, {}, true);   // sigma_i = sigma (1 + 1 / ratio)
  const ExtracellularSpace space(*p.mesh, tensors, {});
  if (progress.cancelled()) return core::cancelled();
  Frames out;
  std::vector<double> v(nn), x(nn, 0.0);
  for (std::size_t m = 0; m < frames.size(); ++m) {
    if (progress.cancelled()) return core::cancelled();
    const auto& now = *frames[m].v_mV;
    const auto [least, most] = std::minmax_element(now.begin(), now.end());
    if (!(*most - *least > flat_mV)) {
      out.push_back(std::make_shared<const std::vector<float>>(nn, 0.0f));
      continue;
    }
    for (std::size_t n = 0; n < nn; ++n) v[n] = double(now[n]) - double(now[0]);
    if (!space.solve(v, {}, tolerance, x)) return core::computation_failed("The extracellular potential did not converge (the mesh has flat elements, or a tissue conducts millions of times worse than its neighbour). Check the mesh.");
    const std::vector<double> centred = space.centred(x);
    out.push_back(std::make_shared<const std::vector<float>>(centred.begin(), centred.end()));
    progress.report(double(m + 1) / double(frames.size()), "extracellular potential");
  }
  return out;
}

}  // namespace ot::ep
