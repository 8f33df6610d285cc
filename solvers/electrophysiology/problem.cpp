// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/problem.hpp"

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::ep {
namespace {

void add(core::Hasher& h, const core::Vec3& v) { h.value(v.x()).value(v.y()).value(v.z()); }

void add(core::Hasher& h, const ChannelScales& c) {
  h.value(c.g_Na).value(c.g_CaL).value(c.g_Kr).value(c.g_Ks).value(c.g_K1).value(c.g_to).value(c.g_NaL);
}

void add(core::Hasher& h, const std::vector<core::Vec3>& v) {
  h.value<std::uint64_t>(v.size());
  for (const core::Vec3& x : v) add(h, x);
}

}  // namespace

std::string ElectroProblem::sha256() const {
  OT_EXPECT(mesh != nullptr);
  core::Hasher h;
  h.text("ElectroProblem 1").text(mesh->sha256());
  h.value(fibres != nullptr);
  if (fibres) {
    add(h, fibres->f);
    add(h, fibres->s);
  }
  h.array(tissue).array(cell_type).text(ionic_model);
  h.value<std::uint64_t>(regions.size());
  for (const TissueRegion& r : regions) {
    h.text(r.key).value(r.conducting);
    add(h, r.sigma_scale);
    add(h, r.channels);
  }
  add(h, sigma);
  h.value(chi_per_mm).value(cm_uF_per_mm2);
  add(h, velocity);
  add(h, channels);
  h.value<std::uint64_t>(sites.size());
  for (const ActivationSite& s : sites)
    h.text(s.name).array(s.nodes).array(s.weights).value(s.start_ms).value(s.duration_ms).value(s.amplitude_mV_per_ms);
  h.value<std::uint64_t>(electrodes.size());
  for (const Electrode& e : electrodes) {
    h.text(e.name);
    add(h, e.position);
  }
  h.value(cycle_length_ms).value(end_ms).value(dt_ms).value(frame_every_ms).value(solver_tolerance);
  h.value(upstroke_sodium_interpolation).value(conductivity_tuning);
  return h.hex();
}

}  // namespace ot::ep
